"""AUC, Brier, calibration and lift: by hand, against scikit-learn, and an interval that holds what it should."""

import numpy as np
import pytest

from analytics.churn.judging import (
    auc,
    auc_interval,
    brier,
    calibration_bins,
    calibration_error,
    deciles,
    judged,
    lift,
)

LEFT = np.array([True, True, False, False, False])
CHANCE = np.array([0.95, 0.5, 0.5, 0.15, 0.05])


def test_by_hand():
    # Of six pairs five are in order and one is a tie.
    assert auc(LEFT, CHANCE) == pytest.approx(5.5 / 6)
    assert brier(LEFT, CHANCE) == pytest.approx((0.05**2 + 0.5**2 + 0.5**2 + 0.15**2 + 0.05**2) / 5)
    # Bins 0.9-1: 0.05 off; 0.5-0.6: two, 0.5 said and 0.5 came; 0.1-0.2: 0.15; 0-0.1: 0.05.
    assert calibration_error(LEFT, CHANCE) == pytest.approx((0.05 + 0 + 0.15 + 0.05) / 5)
    found = {row["bin"]: row for row in calibration_bins(LEFT, CHANCE)}
    assert list(found) == [1, 2, 6, 10]
    assert (found[6]["n"], found[6]["events"], found[6]["chance_predicted"], found[6]["share_left"]) == (2, 1, 0.5, 0.5)
    # The top fifth is one customer who left, of 40% who did; the top two fifths share a tie: 1 + 1/2 of 2.
    assert lift(LEFT, CHANCE, 0.2) == pytest.approx(1 / 0.4)
    assert lift(LEFT, CHANCE, 0.4) == pytest.approx(1.5 / 2 / 0.4)


def test_against_scikit_learn():
    from sklearn.metrics import brier_score_loss, roc_auc_score

    random = np.random.default_rng(3)
    left = random.uniform(size=500) < 0.3
    chance: np.ndarray = np.round(np.clip(random.normal(0.3 + 0.2 * left.astype(float), 0.2), 0, 1), 2)
    assert auc(left, chance) == pytest.approx(roc_auc_score(left, chance))
    assert brier(left, chance) == pytest.approx(brier_score_loss(left, chance))


def test_parts_add_up_and_nobody_is_lost():
    random = np.random.default_rng(4)
    left = random.uniform(size=503) < 0.3
    chance = random.uniform(size=503)
    for rows in (calibration_bins(left, chance), deciles(left, chance)):
        assert (sum(row["n"] for row in rows), sum(row["events"] for row in rows)) == (503, left.sum())
    tenths = deciles(left, chance)
    assert tenths[-1]["events_so_far"] == left.sum()
    assert [row["chance_predicted"] for row in tenths] == sorted(
        (row["chance_predicted"] for row in tenths), reverse=True
    )
    assert lift(left, chance) == pytest.approx(tenths[0]["lift"], rel=0.05)


def test_nobody_or_everybody_left():
    nobody = np.zeros(5, dtype=bool)
    assert auc(nobody, CHANCE) == auc(~nobody, CHANCE) == 0.5
    assert lift(nobody, CHANCE) is None
    assert auc_interval(nobody, CHANCE) == (0.0, 1.0)


def test_a_perfect_order_is_not_certain():
    low, high = auc_interval(np.arange(40) < 10, -np.arange(40.0))
    assert low == pytest.approx(0.7) and high == 1


def test_skill_needs_both_order_and_chances():
    random = np.random.default_rng(6)
    left = random.uniform(size=2000) < 0.3
    good = np.where(left, 0.35, 0.28)
    assert judged(left, good).has_skill
    assert not judged(left, good + 0.5).has_skill  # in order, and no use as chances
    assert not judged(left, random.uniform(0.25, 0.35, 2000)).has_skill


def test_the_interval_of_the_auc_holds_the_truth_as_often_as_promised():
    from scipy.stats import norm

    random, hits, rounds = np.random.default_rng(8), 0, 400
    truth = norm.cdf(1 / np.sqrt(2))
    for _round in range(rounds):
        left = np.arange(150) < 50
        low, high = auc_interval(left, random.normal(left.astype(float)))
        hits += low <= truth <= high
    assert 0.92 <= hits / rounds <= 0.98
