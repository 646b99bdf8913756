"""How long contracts are renewed."""

import numpy as np
import pytest

from analytics.lifetime.contracts import ShiftedBetaGeometric
from analytics.lifetime.histories import NoModel

# Fader and Hardie (2007), of 1,000 customers of a high-end segment those still there after 0 to 7 years.
STILL = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
AGES = np.arange(1, 8)
LAST = np.r_[np.zeros(6), 491]


def fitted():
    return ShiftedBetaGeometric().fit(AGES, -np.diff(STILL), LAST)


def test_published_example():
    found = fitted()
    assert found.parameters_ == pytest.approx([0.668, 3.806], rel=0.001)
    assert found.log_likelihood_ == pytest.approx(-1611.2, abs=0.1)
    assert found.survival(np.arange(8)) == pytest.approx(STILL / 1000, abs=0.02)
    assert found.converged_ and not found.is_held_


def test_covariance_is_of_the_observed_information():
    from scipy.special import betaln

    def value(logs):
        a, b = np.exp(logs)
        lost = -np.diff(STILL) @ (betaln(a + 1, b + AGES - 1) - betaln(a, b))
        return lost + 491 * (betaln(a, b + 7) - betaln(a, b))

    found, h = fitted(), 1e-3
    at, step = np.log(found.parameters_), h * np.eye(2)
    second = [[(value(at + i + j) - value(at + i - j) - value(at - i + j) + value(at - i - j)) / 4 / h**2 for j in step] for i in step]  # fmt: skip
    assert found.covariance_ == pytest.approx(np.linalg.inv(-np.array(second)), rel=1e-3)
    assert value(at) == pytest.approx(found.log_likelihood_)


def test_fit_finds_what_was_planted_among_cohorts_of_all_ages():
    random = np.random.default_rng(3)
    n = 30_000
    leaves_after = random.geometric(random.beta(0.8, 3.0, n))
    followed = random.integers(0, 12, n)
    gone = leaves_after <= followed
    age = np.arange(13)
    lost, still = np.bincount(leaves_after[gone], minlength=13), np.bincount(followed[~gone], minlength=13)
    found = ShiftedBetaGeometric().fit(age, lost, still)
    off = np.log(found.parameters_ / [0.8, 3.0])
    assert off @ np.linalg.solve(found.covariance_, off) < 13.8  # the 99.9% point of chi-squared with 2 degrees


def test_renewal_survival_and_what_is_left_agree():
    found = ShiftedBetaGeometric.known(0.7, 3.8)
    periods = np.arange(1, 40)
    assert np.cumprod(found.retention(periods)) == pytest.approx(found.survival(periods))
    assert (np.diff(found.retention(periods)) > 0).all()
    staying = found.staying([0, 5], 30)
    assert staying[1] == pytest.approx(found.survival(5 + np.arange(1, 31)) / found.survival(5))
    assert ((staying > 0) & (staying < 1)).all() and (np.diff(staying, axis=1) < 0).all()


@pytest.mark.parametrize("discount", [0.01, 0.1, 0.5])
def test_residual_periods_are_their_sum(discount):
    found = ShiftedBetaGeometric.known(0.7, 3.8)
    summed = found.staying([0, 4, 50], 5000) @ (1 + discount) ** -np.arange(1.0, 5001)
    assert found.residual_periods([0, 4, 50], discount) == pytest.approx(summed, rel=1e-9)


def test_without_a_discount_a_lifetime_may_have_no_end():
    assert np.isinf(ShiftedBetaGeometric.known(0.9, 3.0).residual_periods([0, 3])).all()
    known = ShiftedBetaGeometric.known(4.0, 3.0)
    assert known.residual_periods([0, 3]) == pytest.approx(known.staying([0, 3], 20_000).sum(axis=1), rel=1e-6)


@pytest.mark.parametrize(
    ("age", "lost", "still", "words"),
    [
        ([1, 2], [20, 9], [0, 50], "Only 29 contracts"),
        ([0, 1], [5, 90], [0, 50], "whole periods"),
        ([1.5, 2], [50, 90], [0, 50], "whole periods"),
        ([1, 2], [50, -1], [0, 50], "whole periods"),
        ([1], [50], [50], "one period only"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_words(age, lost, still, words):
    with pytest.raises(NoModel, match=words):
        ShiftedBetaGeometric().fit(age, lost, still)
