"""Many groups at once, each against all the others together: the chances that `survival.aalen_johansen` tells, in bulk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.survival import LEAST_AT_RISK

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Compared:
    """For each group its chance and the rest's by the same time, and the effective numbers; NaN where none is known."""

    chance: Floats
    n: Floats
    chance_rest: Floats
    n_rest: Floats


def against_rest(counts: Floats) -> Compared:
    """Compare each group with the rest. `counts[g, i, j]` of group `g` lasted the i-th length and were of kind `j`.

    Lengths rise; the first kind is the one whose chance is told, the last those still going on. The time is the shorter
    of the two horizons, as `CompetingRisks.horizon` tells them; the numbers are those of `CompetingRisks.effective_n`.
    """
    rest = counts.sum(axis=0) - counts
    own, other = _Risks.of(counts), _Risks.of(rest)
    time = np.minimum(own.horizon, other.horizon)
    chance, n = own.at(time)
    chance_rest, n_rest = other.at(time)
    unknown = (time < 0) | ~(n > 0) | ~(n_rest > 0)
    return Compared(*(np.where(unknown, np.nan, each) for each in (chance, n, chance_rest, n_rest)))


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


@dataclass(frozen=True)
class _Risks:
    total: Floats
    at_risk: Floats
    before: Floats
    chance: Floats
    variance: Floats
    last: Places  # the last length up to each at which anything ended or was last seen
    horizon: Places  # -1 where there is none

    @classmethod
    def of(cls, counts: Floats) -> _Risks:
        of_any, of_cause = counts[:, :, :-1].sum(axis=2), counts[:, :, 0]
        leaving = counts.sum(axis=2)
        total = leaving.sum(axis=1)
        at_risk = total[:, None] - np.cumsum(leaving, axis=1) + leaving
        survival = np.cumprod(1 - _divided(of_any, at_risk), axis=1)
        before = np.concatenate((np.ones((len(counts), 1)), survival[:, :-1]), axis=1)
        chance = np.cumsum(before * _divided(of_cause, at_risk), axis=1)
        # The delta method of `CompetingRisks.variance_at`, its square multiplied out so that sums run on.
        ended = _divided(of_any, at_risk * (at_risk - of_any))
        own = _divided(before**2 * of_cause * (at_risk - of_cause), at_risk**3)
        cross = _divided(before * of_cause, at_risk**2)
        variance = (
            chance**2 * np.cumsum(ended, axis=1)
            - 2 * chance * np.cumsum(chance * ended + cross, axis=1)
            + np.cumsum(chance**2 * ended + own + 2 * chance * cross, axis=1)
        )
        places = np.arange(counts.shape[1])
        last = np.maximum.accumulate(np.where(leaving > 0, places, -1), axis=1)
        fit = (leaving > 0) & ((at_risk >= LEAST_AT_RISK) | (_divided(at_risk, total[:, None] * before) >= 0.5))
        return cls(total, at_risk, before, chance, variance, last, np.where(fit, places, -1).max(axis=1))

    def at(self, time: Places) -> tuple[Floats, Floats]:
        groups = np.arange(len(time))
        place = np.maximum(self.last[groups, np.maximum(time, 0)], 0)
        chance, variance = self.chance[groups, place], self.variance[groups, place]
        is_sure = (variance <= 1e-12) | (chance <= 0) | (chance >= 1 - 1e-12)
        seen = np.where(
            is_sure,
            _divided(self.at_risk[groups, place], self.before[groups, place]),
            _divided(chance * (1 - chance), np.where(is_sure, 0.0, variance)),
        )
        return chance, np.minimum(self.total, seen)
