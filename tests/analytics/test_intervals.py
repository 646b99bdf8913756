import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analytics.intervals import (
    benjamini_hochberg,
    equal_counts_p,
    mean_interval,
    newcombe,
    ratio_bootstrap,
    ratio_variance,
    share,
    share_difference,
    welch,
    wilson,
)


def test_share_of_nothing_is_unknown():
    assert share(0, 0) is None
    assert share(1, 4) == 0.25


@pytest.mark.parametrize(("won", "n"), [(5, 10), (0, 7), (7, 7), (4238, 6711)])
def test_wilson_is_the_published_one(won, n):
    assert wilson(won / n, n) == pytest.approx(proportion_confint(won, n, method="wilson"))


def test_nothing_gives_no_interval():
    assert wilson(None, 0) == (None, None)


@given(st.floats(0, 1), st.floats(0.5, 1e6))
def test_wilson_holds_the_rate_and_stays_a_share(rate, n):
    low, high = wilson(rate, n)
    assert low is not None and high is not None
    assert 0 <= low <= rate + 1e-12 and rate - 1e-12 <= high <= 1


def test_newcombe_is_his_own_example():
    # Newcombe (1998), table II, example (a): 56/70 against 48/80.
    assert newcombe(56 / 70, 70, 48 / 80, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_shares_are_compared_by_the_score_test():
    table = np.array([[60, 40], [40, 60]])
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert share_difference(0.6, 100, 0.4, 100) == pytest.approx(expected)


def test_small_cells_are_compared_exactly():
    assert share_difference(1 / 40, 40, 6 / 40, 40) == pytest.approx(stats.fisher_exact([[1, 39], [6, 34]]).pvalue)


def test_groups_below_thirty_are_not_compared():
    assert share_difference(0.1, 29, 0.9, 1000) is None
    assert welch(29, 29.0, 40.0, 100, 0.0, 100.0) is None


def test_correction_by_hand():
    # Sorted p x tests / rank: 0.03, 0.03, 0.04; each at most the next.
    assert benjamini_hochberg([0.01, None, 0.04, 0.02]) == pytest.approx([0.03, None, 0.04, 0.03])
    assert benjamini_hochberg([None, None]) == [None, None]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_correction_never_makes_a_test_look_better(p_values):
    for p, q in zip(p_values, benjamini_hochberg(p_values), strict=True):
        assert q is not None and p - 1e-12 <= q <= 1


def test_means():
    random = np.random.default_rng(3)
    one, other = random.normal(10, 3, 50), random.normal(11, 5, 80)
    sums = [(len(group), group.sum(), (group**2).sum()) for group in (one, other)]
    error = stats.sem(one)
    assert mean_interval(*sums[0]) == pytest.approx(stats.t.interval(0.95, 49, one.mean(), error))
    assert welch(*sums[0], *sums[1]) == pytest.approx(stats.ttest_ind(one, other, equal_var=False).pvalue)
    assert mean_interval(1, 5.0, 25.0) == (None, None)


def test_bootstrap_of_a_ratio_is_repeatable_and_agrees_with_the_linearised_interval():
    random = np.random.default_rng(5)
    amounts, counts = random.lognormal(8, 0.5, 400), np.full(400, 3)
    won = amounts * (random.random(400) < 0.6)
    low, high = ratio_bootstrap(won, amounts, counts)
    assert (low, high) == ratio_bootstrap(won, amounts, counts)
    squares = (won**2 * 3).sum()
    variance = ratio_variance(1200, won.sum() * 3, amounts.sum() * 3, squares, (amounts**2 * 3).sum(), squares)
    assert variance is not None and low is not None and high is not None
    assert high - low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.08)
    assert low < won.sum() / amounts.sum() < high


def test_equal_amounts_vary_like_a_share():
    # 60 of 100 equal amounts won: the variance of the ratio is the share's, p (1 - p) / (n - 1).
    assert ratio_variance(100, 60, 100, 60, 100, 60) == pytest.approx(0.6 * 0.4 / 99)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_values_are_those_of_scipy(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist(), rel=1e-9)


@given(st.integers(0, 3000), st.integers(30, 3000))
def test_two_counts_are_compared_as_scipy_would(one, other):
    assert equal_counts_p(one, other) == pytest.approx(stats.binomtest(one, one + other, 0.5).pvalue, abs=1e-6)


def test_few_counts_are_not_compared():
    assert equal_counts_p(10, 19) is None
