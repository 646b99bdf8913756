"""Whether more deals come than leave by more than chance: two counts over the same time, with their interval and test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.intervals import Z, equal_counts_p

Floats = NDArray[np.float64]
RECENT = 3  # periods in a row that growth is told by
LEAST_EARLIER = 4  # periods that scatter is told by


@dataclass(frozen=True)
class Evidence:
    """By how much a queue grew a period, with a 95% interval, and the p-value of as many leaving as coming.

    `rises` where more came than left in every period, `falls` the other way round; `spread` is how many times the variance of
    single independent deals was taken.
    """

    growth: float
    low: float
    high: float
    p: float | None
    rises: bool
    falls: bool
    periods: int
    spread: float

    def of_sums(self, total: float, squares: float) -> tuple[float, float]:
        """The 95% interval a period of a sum over independent deals that came, less those that left; `squares` is the sum of
        the squared amounts of both (a compound Poisson sum has that variance)."""
        half = Z * math.sqrt(self.spread * squares)
        return (total - half) / self.periods, (total + half) / self.periods


def evidence(came: Floats, went: Floats, spread: float = 1.0) -> Evidence:
    """Compare what came with what left over the same periods.

    The test is the conditional one of two Poisson counts, the interval that of their difference from two score intervals
    (Zou and Donner 2008). Where periods scatter by more than the chance of single deals, both are widened: the variance is
    multiplied by `spread` (McCullagh and Nelder 1989, 4.5). Unknown p below 30 deals in all.
    """
    arrived, left, periods = float(came.sum()), float(went.sum()), len(came)
    net = arrived - left
    (came_low, came_high), (went_low, went_high) = _score(arrived), _score(left)
    wider = math.sqrt(spread)
    below = wider * math.hypot(arrived - came_low, went_high - left)
    above = wider * math.hypot(came_high - arrived, left - went_low)
    return Evidence(
        growth=net / periods, low=(net - below) / periods, high=(net + above) / periods,
        p=_widened(equal_counts_p(int(arrived), int(left)), spread), rises=bool((came > went).all()),
        falls=bool((came < went).all()), periods=periods, spread=spread,
    )  # fmt: skip


def scatter(came: Floats, went: Floats) -> float:
    """How many times as much the net flow of these periods varies as that of single independent deals would: Pearson's
    chi-square around their own mean by its degrees of freedom, never below 1, and 1 where periods are few."""
    both = came + went
    if (both > 0).sum() < LEAST_EARLIER:
        return 1.0
    net, both = (came - went)[both > 0], both[both > 0]
    mean = net.mean()
    return max(1.0, float(((net - mean) ** 2 / both).sum()) / (len(net) - 1))


def _score(count: float) -> tuple[float, float]:
    """The score interval of a Poisson mean (Rao)."""
    half = Z * math.sqrt(count + Z * Z / 4)
    return count + Z * Z / 2 - half, count + Z * Z / 2 + half


def _widened(p: float | None, spread: float) -> float | None:
    if p is None or spread <= 1.0:
        return p
    from scipy.special import chdtrc, chdtri

    return float(chdtrc(1, float(chdtri(1, max(p, 1e-300))) / spread))
