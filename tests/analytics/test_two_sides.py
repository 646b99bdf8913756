"""Two sides by the same age: as far as both were followed, and no shorter because one of them is over."""

import numpy as np
import pytest

from analytics.against_rest import restricted_means
from analytics.survival import Lengths
from analytics.two_sides import compared_chance, compared_days, restricted_mean


def side(*lines):
    """Lengths of hours, moved on, lost, still there."""
    hours, *kinds = zip(*lines, strict=True)
    return Lengths(np.array(hours, dtype=np.int64), np.array(kinds, dtype=np.float64).T)


SLOW = side((24, 20, 20, 0), (240, 10, 10, 0), (480, 10, 10, 20))  # 100, of which 20 wait after 20 days
FAST = side((24, 60, 20, 0), (48, 10, 10, 0))  # all over after 2 days


def test_a_side_that_is_over_does_not_cut_the_other_short():
    days = compared_days("days", [SLOW, FAST], True)
    assert days["within_days"] == 20
    # 40 of 100 for 1 day, 20 for 10, 40 for 20; 80 of 100 for 1 day and 20 for 2.
    assert (days["before"], days["after"]) == (pytest.approx(0.4 + 2 + 8), pytest.approx(0.8 + 0.4))
    assert days["difference"] == pytest.approx(-9.2) and days["low"] < -9.2 < days["high"] < 0
    assert days["p_value"] < 0.001 and (days["undecided_before"], days["undecided_after"]) == (20, 0)
    moved = compared_chance("move_on", [SLOW, FAST], True)
    assert (moved["within_days"], moved["before"], moved["after"]) == (20, pytest.approx(0.4), pytest.approx(0.7))


def test_a_side_of_which_few_were_followed_stops_there():
    cut = side((24, 30, 0, 0), (48, 0, 0, 60), (240, 1, 0, 0))  # one alone to the tenth day says little
    assert compared_days("days", [SLOW, cut], True)["within_days"] == 2


def test_the_mean_is_that_of_many_groups():
    counts, days = SLOW.counts[None], SLOW.days
    mean, error, within = (float(each[0]) for each in restricted_means(counts, days))
    assert restricted_mean(SLOW, within) == pytest.approx((mean, error))


@pytest.mark.parametrize("few", [side((24, 3, 2, 0)), Lengths(np.empty(0, dtype=np.int64), np.empty((0, 3)))])
def test_too_few_have_no_mean_and_no_test(few):
    row = compared_days("days", [SLOW, few], True)
    assert "before" not in row and row["p_value"] is None and row["n_before"] == 100
    assert compared_chance("move_on", [SLOW, few], True)["p_value"] is None


def test_what_is_not_recorded_is_only_counted():
    for row in (compared_days("days", [SLOW, FAST], False), compared_chance("move_on", [SLOW, FAST], False)):
        assert row["n_after"] == 100 and "difference" not in row
