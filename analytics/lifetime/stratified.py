"""What a purchase is worth where frequent buyers spend otherwise than rare ones."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.lifetime.spend import GammaGamma, _repeaters

Floats = NDArray[np.float64]
STRATA = 6
LEAST_IN_STRATUM = 30


class StratifiedSpend(GammaGamma):
    """Gamma-Gamma around the mean of customers of like frequency.

    The mean value of each stratum (`means_`, customers with at least `limits_[i]` repeat purchases) is the plain mean over
    its customers; the spread around it, and so how far a customer is drawn towards it, is one Gamma-Gamma model of the
    ratios. Customers without a repeat purchase are taken to be like the least frequent ones. `v_` has no unit: it is of the
    ratios. Methods as GammaGamma.
    """

    title = "stratified_spend"

    limits_: Floats
    means_: Floats

    def fit(self, x: ArrayLike, m: ArrayLike, n: ArrayLike | None = None) -> Self:
        """Strata of about equally many customers, then maximum likelihood. Raises NoModel with fewer than 50 repeaters."""
        counts, means, many = _repeaters(x, m, n)
        self.limits_ = _limits(counts, many)
        place = self._stratum(counts)
        total = np.bincount(place, many, len(self.limits_))
        self.means_ = np.bincount(place, many * means, len(self.limits_)) / total
        super().fit(counts, means / self.means_[place], many)
        self.log_likelihood_ -= float(many @ np.log(self.means_[place]))
        return self

    def shape_and_scale(self, x: ArrayLike, m: ArrayLike) -> tuple[Floats, Floats]:
        level = self._level(x)
        shape, whole = super().shape_and_scale(x, np.asarray(m, dtype=np.float64) / level)
        return shape, level * whole

    def simulate(self, x: ArrayLike, seed: int) -> tuple[Floats, Floats]:
        zeta, mean = super().simulate(x, seed)
        level = self._level(x)
        return zeta * level, mean * level

    def _level(self, x: ArrayLike) -> Floats:
        return self.means_[self._stratum(np.asarray(x, dtype=np.float64).ravel())]

    def _stratum(self, x: Floats) -> NDArray[np.int64]:
        return np.maximum(np.searchsorted(self.limits_, x, side="right") - 1, 0)


def _limits(x: Floats, n: Floats) -> Floats:
    """From how many repeat purchases each stratum begins: about equal parts, none of fewer than 30 customers."""
    values = np.unique(x)
    counts = np.array([n[x == value].sum() for value in values])
    least = max(counts.sum() / STRATA, LEAST_IN_STRATUM)
    limits, held = [values[0]], 0.0
    for value, count, rest in zip(values, counts, counts[::-1].cumsum()[::-1], strict=True):
        if held >= least and rest >= LEAST_IN_STRATUM:
            limits.append(value)
            held = 0.0
        held += count
    return np.array(limits)
