"""How sure a score is: the interval by hand and by every survey there can be, and tests of differences."""

from math import comb, sqrt

import pytest

from analytics.intervals import Interval, Z
from analytics.nps.evidence import (
    Tally,
    adjusted_error,
    answers_needed,
    covariance,
    difference_interval,
    difference_p,
    interval,
)


def known(found: Interval) -> tuple[float, float]:
    low, high = found
    assert low is not None and high is not None
    return low, high


def test_the_interval_by_hand():
    # 50 promoters, 20 detractors of 100: p' = 50.75 / 103, d' = 20.75 / 103.
    p, d = 50.75 / 103, 20.75 / 103
    half = 1.96 * sqrt((p + d - (p - d) ** 2) / 103)
    low, high = known(interval(Tally(100, 50, 20)))
    assert low == pytest.approx(100 * (p - d - half), abs=0.01)
    assert high == pytest.approx(100 * (p - d + half), abs=0.01)
    assert (round(low, 1), round(high, 1)) == (14.1, 44.2)


def test_no_answers_have_no_interval_and_no_score():
    assert Tally(0, 0, 0).score is None and interval(Tally(0, 0, 0)) == (None, None)
    assert difference_interval(Tally(0, 0, 0), Tally(10, 5, 5)) == (None, None)


def test_one_answer_is_unsure_and_stays_on_the_scale():
    low, high = known(interval(Tally(1, 1, 0)))
    assert -100 <= low < 0 < high <= 100
    assert interval(Tally(3, 3, 0))[1] == 100


def test_asking_many_of_all_there_are_makes_it_narrower():
    few, most = (known(interval(Tally(100, 50, 20), population)) for population in (10_000, 101))
    assert few == interval(Tally(100, 50, 20))  # 1% of all
    assert most[1] - most[0] == pytest.approx((few[1] - few[0]) * sqrt(1 / 100))
    low, high = interval(Tally(100, 50, 20), 100)
    assert low == pytest.approx(high)


@pytest.mark.parametrize(
    ("shares", "n", "held"),
    [
        ((0.5, 0.3, 0.2), 10, 0.9625), ((0.5, 0.3, 0.2), 30, 0.9461), ((0.85, 0.10, 0.05), 10, 0.9452),
        ((0.85, 0.10, 0.05), 30, 0.9634),
    ],
)  # fmt: skip
def test_the_interval_holds_the_truth_in_94_to_97_of_100_surveys(shares, n, held):
    """Over every survey there can be, each with its chance: no simulation."""
    up, same, down = shares
    truth, chance = 100 * (up - down), 0.0
    for promoters in range(n + 1):
        for detractors in range(n + 1 - promoters):
            low, high = known(interval(Tally(n, promoters, detractors)))
            if low <= truth <= high:
                ways = comb(n, promoters) * comb(n - promoters, detractors)
                chance += ways * up**promoters * down**detractors * same ** (n - promoters - detractors)
    assert chance == pytest.approx(held, abs=1e-4) and 0.94 < chance < 0.97


def test_a_difference_is_tested_from_thirty_answers_on_either_side():
    assert difference_p(Tally(29, 20, 5), Tally(300, 100, 100)) is None
    one, other = Tally(100, 50, 20), Tally(100, 30, 40)
    error = sqrt(adjusted_error(one) ** 2 + adjusted_error(other) ** 2)
    low, high = known(difference_interval(one, other))
    assert (low + high) / 2 == pytest.approx(40) and high - low == pytest.approx(2 * Z * error)
    p = difference_p(one, other)
    assert p is not None and p < 0.001
    assert difference_p(one, Tally(100, 50, 20)) == 1


def test_what_the_same_people_say_twice_is_taken_into_account():
    # Forty people, each says the same in both surveys: the covariance is that of the votes, and nearly all the error is shared.
    one = other = Tally(40, 20, 10)
    mean = 10 / 40
    shared = covariance(one, other, 40, products=30, votes=10, other_votes=10)
    expected = 1e4 * (30 - 2 * mean * 10 + 40 * mean**2) / 43**2
    assert shared == pytest.approx(expected) and shared < adjusted_error(one) ** 2
    wide, narrow = known(difference_interval(one, other)), known(difference_interval(one, other, shared))
    assert 0 < narrow[1] - narrow[0] < 0.4 * (wide[1] - wide[0])
    assert covariance(one, other, 0, 0, 0, 0) == 0


def test_answers_needed_grow_with_the_square_and_with_the_number_of_comparisons():
    # Twenty points with answers that vary by 78: 2 x (1.96 + 0.84)^2 x (78 / 20)^2.
    assert answers_needed(78, 20) == 239
    assert answers_needed(78, 10) == pytest.approx(4 * 239, abs=4)
    assert answers_needed(78, 20, tests=23) == pytest.approx(2 * (3.065 + 0.8416) ** 2 * 15.21, abs=2)
