"""Many groups at once, each against all the others together: the chances that `survival.aalen_johansen` tells, and how
long stays last, in bulk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.intervals import LEAST_TESTED, SMALL_CELL, Z, normal_p
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
    return against(counts, counts.sum(axis=0) - counts)


def against(counts: Floats, others: Floats) -> Compared:
    """Compare each group with the one at its place among `others`, both as in `against_rest`."""
    if not counts.shape[1]:  # no length is known
        return Compared(*(np.full(len(counts), np.nan) for _each in range(4)))
    own, other = _Risks.of(counts), _Risks.of(others)
    time = np.minimum(own.horizon, other.horizon)
    chance, n = own.at(time)
    chance_rest, n_rest = other.at(time)
    unknown = (time < 0) | ~(n > 0) | ~(n_rest > 0)
    return Compared(*(np.where(unknown, np.nan, each) for each in (chance, n, chance_rest, n_rest)))


def chances(counts: Floats, together: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """The chance of each group by the longest time it is told to, and the effective number; NaN where none is known.

    Groups of `together` are told by the same time, the shortest of theirs, and no other group by a longer one.
    """
    if not counts.shape[1]:
        return np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    risks = _Risks.of(counts)
    time = risks.horizon
    if together is not None and together.any():
        time = np.minimum(time, time[together].min())
    chance, n = risks.at(time)
    unknown = (time < 0) | ~(n > 0)
    return np.where(unknown, np.nan, chance), np.where(unknown, np.nan, n)


@dataclass(frozen=True)
class Lasting:
    """For each group how long its stays last on average and the rest's, in days, no more than `within` of each counted.

    `error` is the standard error of the difference, `p` the p-value of the two lasting equally long; NaN where unknown.
    """

    days: Floats
    days_rest: Floats
    error: Floats
    p: Floats
    within: Floats

    @property
    def low(self) -> Floats:
        return self.days - self.days_rest - Z * self.error

    @property
    def high(self) -> Floats:
        return self.days - self.days_rest + Z * self.error


def lasting_against_rest(counts: Floats, days: Floats) -> Lasting:
    """Compare how long each group stays with the rest. `counts` as in `against_rest`, `days` the lengths, rising.

    Leaving in any way ends a stay; those still going on count for as long as they were followed. Means are restricted to the
    longest time at which 10 of the group and 10 of the rest were still there (Klein and Moeschberger 2003, 4.5); the test is
    the log-rank test over all times (Mantel 1966), unknown below 30 stays or 5 expected to have ended on either side.
    """
    return lasting_against(counts, counts.sum(axis=0) - counts, days)


def lasting_against(counts: Floats, others: Floats, days: Floats) -> Lasting:
    """Compare each group with the one at its place among `others`, both as in `lasting_against_rest`."""
    own, other = _Lasted.of(counts, days), _Lasted.of(others, days)
    is_fit = np.minimum(own.at_risk, other.at_risk) >= LEAST_AT_RISK
    time = np.where(is_fit, np.arange(len(days)), -1).max(axis=1, initial=-1)
    mean, variance = own.mean(time)
    mean_rest, variance_rest = other.mean(time)
    everyone, ended = own.at_risk + other.at_risk, own.ended + other.ended
    part = _divided(own.at_risk, everyone)
    expected = (ended * part).sum(axis=1)
    spread = ended * part * (1 - part) * _divided(everyone - ended, np.maximum(everyone - 1, 0.0))
    excess, error = own.ended.sum(axis=1) - expected, np.sqrt(spread.sum(axis=1))
    few = np.minimum(counts.sum(axis=(1, 2)), others.sum(axis=(1, 2))) < LEAST_TESTED
    few |= (np.minimum(expected, ended.sum(axis=1) - expected) < SMALL_CELL) | ~(error > 0)
    scores = _divided(excess, error)
    p = np.array([np.nan if is_few else normal_p(z) for is_few, z in zip(few.tolist(), scores.tolist(), strict=True)])
    within = days[time] if len(days) else np.zeros(len(time))
    each = (mean, mean_rest, np.sqrt(variance + variance_rest), p, within)
    return Lasting(*(np.where(time < 0, np.nan, known) for known in each))


def restricted_means(
    counts: Floats, days: Floats, together: NDArray[np.bool_] | None = None, entered: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """How long each group stays on average, its standard error, and the longest time counted; NaN below 10 stays.

    `counts` and `days` as in `lasting_against_rest`. Means are restricted to the longest time at which 10 were still there
    (Klein and Moeschberger 2003, 4.5); groups of `together` to the same time, the shortest of theirs, and no other group to a
    longer one. `entered[g, i]` of a group came under watch at the i-th length (left truncation); by default all from the start.
    """
    own = _Lasted.of(counts, days, entered)
    time = np.where(own.at_risk >= LEAST_AT_RISK, np.arange(len(days)), -1).max(axis=1, initial=-1)
    if together is not None and together.any():
        time = np.minimum(time, time[together].min())
    mean, variance = own.mean(time)
    within = days[time] if len(days) else np.zeros(len(time))
    return tuple(np.where(time < 0, np.nan, each) for each in (mean, np.sqrt(variance), within))  # type: ignore[return-value]


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


@dataclass(frozen=True)
class _Lasted:
    ended: Floats
    at_risk: Floats
    area: Floats  # under the chance to be still there, up to each length
    doubt: Floats  # Greenwood's terms, not summed

    @classmethod
    def of(cls, counts: Floats, days: Floats, entered: Floats | None = None) -> _Lasted:
        ended, leaving = counts[:, :, :-1].sum(axis=2), counts.sum(axis=2)
        at_risk = leaving.sum(axis=1)[:, None] - np.cumsum(leaving, axis=1) + leaving
        if entered is not None:
            at_risk -= entered[:, ::-1].cumsum(axis=1)[:, ::-1]
        survival = np.cumprod(1 - _divided(ended, at_risk), axis=1)
        before = np.concatenate((np.ones((len(counts), 1)), survival), axis=1)[:, : len(days)]
        area = np.cumsum(before * np.diff(days, prepend=0.0), axis=1)
        return cls(ended, at_risk, area, _divided(ended, at_risk * (at_risk - ended)))

    def mean(self, time: Places) -> tuple[Floats, Floats]:
        """The means restricted to the lengths at these places, and their variances."""
        if not self.area.shape[1]:
            return np.zeros(len(time)), np.zeros(len(time))
        until = self.area[np.arange(len(time)), np.maximum(time, 0)]
        ahead = np.maximum(until[:, None] - self.area, 0.0)
        return until, (ahead**2 * self.doubt).sum(axis=1)
