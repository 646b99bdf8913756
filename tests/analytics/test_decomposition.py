import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.decomposition import effects, mix_and_rate, rounded


def test_mix_and_rate_by_hand():
    # Half and half at 10% and 30%, then a quarter and three quarters at 10% and 20%: 20% becomes 17.5%.
    mix, rate = mix_and_rate(*map(np.array, ([0.5, 0.5], [0.1, 0.3], [0.25, 0.75], [0.1, 0.2])))
    assert mix.sum() == pytest.approx(0.25 * (0.25 - 0.10))  # a quarter of the deals moved to a group 15 points better
    assert rate.tolist() == pytest.approx([0, -0.1 * 0.625])
    assert mix.sum() + rate.sum() == pytest.approx(0.175 - 0.2)
    # Against the mean rate of 18.75%, growing where rates are better helps, and so does shrinking where they are worse.
    assert mix.tolist() == pytest.approx([-0.25 * (0.1 - 0.1875), 0.25 * (0.25 - 0.1875)])


def test_effects_of_two_factors_are_kitagawas():
    before, after = [np.array([2.0]), np.array([3.0])], [np.array([5.0]), np.array([7.0])]
    assert effects(before, after).ravel().tolist() == [3 * 5.0, 4 * 3.5]


def test_effects_of_three_factors_by_hand():
    # Das Gupta (1993): (b c + B C) / 3 + (b C + B c) / 6, times the change of a.
    found = effects([np.array([each]) for each in (1.0, 2.0, 3.0)], [np.array([each]) for each in (4.0, 6.0, 5.0)])
    assert found[0, 0] == pytest.approx(3 * ((2 * 3 + 6 * 5) / 3 + (2 * 5 + 6 * 3) / 6))
    assert found.sum() == pytest.approx(4 * 6 * 5 - 1 * 2 * 3)


sides = st.lists(st.tuples(*(st.floats(0, 100) for _ in range(8))), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(sides)
def test_effects_add_up_and_do_not_depend_on_which_side_is_first(groups):
    columns = np.array(groups).T
    before, after = list(columns[:4]), list(columns[4:])
    found = effects(before, after)
    scale = np.abs(columns).max() ** 4 + 1
    assert found.sum(axis=0) / scale == pytest.approx((np.prod(after, axis=0) - np.prod(before, axis=0)) / scale)
    assert effects(after, before) / scale == pytest.approx(-found / scale)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), st.integers(-5, 5))
def test_rounded_parts_add_up_and_stay_near(parts, off):
    total = round(sum(parts)) + off
    found = rounded(parts, total)
    assert sum(found) == total
    assert all(
        abs(each - part) <= 1 + (abs(off) + 2) / len(parts) + 1e-6 for each, part in zip(found, parts, strict=True)
    )


def test_rounding_leaves_whole_numbers_alone():
    assert rounded([3.0, -2.0, 0.0], 1) == [3, -2, 0]
    assert rounded([0.5, 0.5, 0.0], 1) == [1, 0, 0]
    assert rounded([], 0) == []
