"""How sure a number is: intervals for shares, means and medians, tests between groups, correction for many tests.

Every interval is 95%. Shares may rest on a real-valued effective number, so that censored data use the same formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Z = 1.959963984540054  # the 97.5% point of the normal distribution
LEAST_TESTED = 30  # below it a group is not compared: "not enough data"
SMALL_CELL = 5.0  # below it in any cell the normal approximation is not used

Interval = tuple[float | None, float | None]
NOT_KNOWN: Interval = (None, None)


def share(part: float, whole: float) -> float | None:
    """`part / whole`, unknown where there is nothing to divide by."""
    return part / whole if whole else None


def wilson(rate: float | None, n: float) -> Interval:
    """The score interval of a share observed in `n` cases, which may be an effective number (Wilson 1927)."""
    if rate is None or n <= 0:
        return NOT_KNOWN
    z2 = Z * Z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(max(rate * (1 - rate), 0.0) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(rate1: float, n1: float, rate2: float, n2: float) -> tuple[float, float]:
    """The interval of `rate1 - rate2` for independent groups (Newcombe 1998, method 10: from two score intervals)."""
    low1, high1 = _bounds(wilson(rate1, n1))
    low2, high2 = _bounds(wilson(rate2, n2))
    difference = rate1 - rate2
    return (
        difference - math.hypot(rate1 - low1, high2 - rate2),
        difference + math.hypot(high1 - rate1, rate2 - low2),
    )


def share_difference(rate1: float, n1: float, rate2: float, n2: float) -> float | None:
    """The two-sided p-value of two independent shares being the same.

    The score test the score intervals belong to (pooled z); Fisher's exact test where a cell holds fewer than five.
    Unknown where a group is below 30.
    """
    if min(n1, n2) < LEAST_TESTED:
        return None
    pooled = (rate1 * n1 + rate2 * n2) / (n1 + n2)
    cells = [n * part for n, rate in ((n1, rate1), (n2, rate2)) for part in (rate, 1 - rate)]
    if min(cells) < SMALL_CELL:
        from scipy.stats import fisher_exact

        return float(fisher_exact(np.array(cells).round().astype(int).reshape(2, 2)).pvalue)
    return normal_p((rate1 - rate2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2)))


def equal_counts_p(one: int, other: int) -> float | None:
    """Whether two Poisson counts of equal exposure differ (Przyborowski and Wilenski 1940): half of all would fall in each.

    Unknown below 30 in all.
    """
    if one + other < LEAST_TESTED:
        return None
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(one, other), one + other, 0.5)))


def normal_p(z: float) -> float:
    """The two-sided p-value of a standard normal score."""
    return math.erfc(abs(z) / math.sqrt(2))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """The q-values of a family of tests (Benjamini and Hochberg 1995); rows without a test are not in the family."""
    tested = np.array([p for p in p_values if p is not None])
    falling = np.argsort(tested)[::-1]
    of_rank = tested[falling] * len(tested) / np.arange(len(tested), 0, -1)
    corrected = np.empty(len(tested))
    corrected[falling] = np.minimum.accumulate(of_rank).clip(max=1.0)
    given = iter(corrected.tolist())
    return [None if p is None else next(given) for p in p_values]


def mean_interval(n: int, total: float, squares: float) -> Interval:
    """Student's interval of a mean, from the number of values, their sum and the sum of their squares."""
    if n < 2:
        return NOT_KNOWN
    from scipy.special import stdtrit

    mean = total / n
    variance = max(squares - n * mean * mean, 0.0) / (n - 1)
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(variance / n)
    return mean - half, mean + half


def median_interval(values: NDArray[np.float64], counts: NDArray[np.float64]) -> Interval:
    """The 95% interval of a median from order statistics; `values` rise, each seen `counts` times.

    David and Nagaraja (2003), 7.1. Unknown below six.
    """
    n = float(counts.sum())
    if n < 6:
        return NOT_KNOWN
    rank = max(math.floor(n / 2 - Z / 2 * math.sqrt(n)), 1)
    up_to = np.cumsum(counts)
    low, high = (float(values[np.searchsorted(up_to, each)]) for each in (rank, n + 1 - rank))
    return low, high


def welch(n1: int, total1: float, squares1: float, n2: int, total2: float, squares2: float) -> float | None:
    """The p-value of two means being the same (Welch 1947); unknown where a group is below 30."""
    if min(n1, n2) < LEAST_TESTED:
        return None
    mean1, mean2 = total1 / n1, total2 / n2
    error1 = max(squares1 - n1 * mean1**2, 0.0) / (n1 - 1) / n1
    error2 = max(squares2 - n2 * mean2**2, 0.0) / (n2 - 1) / n2
    error = error1 + error2
    if error == 0:
        return 1.0 if mean1 == mean2 else 0.0
    from scipy.special import stdtr

    freedom = error**2 / (error1**2 / (n1 - 1) + error2**2 / (n2 - 1))
    return float(2 * stdtr(freedom, -abs(mean1 - mean2) / math.sqrt(error)))


def ratio_bootstrap(
    parts: NDArray[np.float64],
    wholes: NDArray[np.float64],
    counts: NDArray[np.int64],
    draws: int = 1000,
    seed: int = 1,
) -> Interval:
    """The percentile bootstrap interval of `sum(parts) / sum(wholes)`, rows given as counts.

    Efron and Tibshirani (1993). Seeded: the same data give the same interval. Unknown below two rows.
    """
    n = int(counts.sum())
    if n < 2:
        return NOT_KNOWN
    chances = counts / n
    random = np.random.default_rng(seed)
    both = np.stack([parts, wholes], axis=1)
    ratios: list[NDArray[np.float64]] = []
    step = max(1, 2_000_000 // len(counts))
    for first in range(0, draws, step):
        drawn = random.multinomial(n, chances, size=min(step, draws - first))
        above, below = (drawn @ both).T
        ratios.append(above[below != 0] / below[below != 0])
    together = np.concatenate(ratios)
    if not len(together):
        return NOT_KNOWN
    low, high = np.quantile(together, [0.025, 0.975])
    return float(low), float(high)


def ratio_variance(
    n: int, part: float, whole: float, part_squares: float, whole_squares: float, cross: float
) -> float | None:
    """The linearised variance of `part / whole`, two sums over the same `n` rows (Cochran 1977, 6.4).

    `cross` is the sum of the products of a row's two values.
    """
    if n < 2 or not whole:
        return None
    ratio = part / whole
    residual = max(part_squares - 2 * ratio * cross + ratio * ratio * whole_squares, 0.0)
    return n / (n - 1) * residual / (whole * whole)


def _bounds(interval: Interval) -> tuple[float, float]:
    low, high = interval
    if low is None or high is None:
        raise ValueError("an interval needs at least one case")
    return low, high
