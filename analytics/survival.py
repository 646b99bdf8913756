"""How long things take and how they end, where some have not ended yet.

Everything works on counts: `durations` are the distinct lengths in rising order, `events[i, j]` how many ended at
`durations[i]` for cause `j`, `censored[i]` how many were last seen at `durations[i]` still going on. Events come before
censorings of the same length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.intervals import NOT_KNOWN, Interval, Z, normal_p, wilson
from analytics.rows import numbered, places_in

Floats = NDArray[np.float64]
LEAST_AT_RISK = 10


@dataclass(frozen=True)
class Time:
    """A time in days and its 95% interval; None where it was not reached."""

    days: float | None
    low: float | None
    high: float | None


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


@dataclass(frozen=True)
class Lengths:
    """Counts of lengths in full hours: `counts[i, j]` lasted `hours[i]` and were of kind `j`."""

    hours: NDArray[np.int64]
    counts: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame, column: str, kinds: tuple[str, ...]) -> Lengths:
        """From rows of `hours`, `n` and one of `kinds` in `column`."""
        return cls.by(frame, [], column, kinds).get((), cls(np.empty(0, dtype=np.int64), np.empty((0, len(kinds)))))

    @classmethod
    def by(
        cls, frame: pd.DataFrame, keys: list[str], column: str, kinds: tuple[str, ...]
    ) -> dict[tuple[Any, ...], Lengths]:
        """The lengths of each combination of `keys`; what is missing is None. There may be hundreds of thousands of rows."""
        if frame.empty:
            return {}
        groups, found = numbered(frame, keys)
        hours = frame["hours"].to_numpy(dtype=np.int64)
        first, span = int(hours.min()), int(np.ptp(hours)) + 1
        rows, cells = pd.factorize(groups * span + (hours - first), sort=True)
        kind = places_in(kinds, frame[column])
        n = frame["n"].to_numpy(dtype=np.float64)
        size = len(cells) * len(kinds)
        counts: Floats = np.bincount(rows * len(kinds) + kind, n, size).reshape(-1, len(kinds)).astype(np.float64)
        starts = np.searchsorted(cells, np.arange(len(found) + 1) * span)
        return {
            group: cls(cells[start:end] % span + first, counts[start:end])
            for group, (start, end) in zip(found, pairwise(starts), strict=True)
        }

    @property
    def days(self) -> Floats:
        return self.hours / 24

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def known(self) -> Lengths:
        """Those of 0 hours and more: numbers below 0 stand for lengths that are not known."""
        kept = self.hours >= 0
        return Lengths(self.hours[kept], self.counts[kept])

    def n_of(self, hours: int) -> int:
        """How many lasted so many hours."""
        return int(self.counts[self.hours == hours].sum())

    def without(self, part: Lengths) -> Lengths:
        """These counts less those of a part of them."""
        counts = self.counts.copy()
        counts[np.searchsorted(self.hours, part.hours)] -= part.counts
        kept = counts.any(axis=1)
        return Lengths(self.hours[kept], counts[kept])

    def with_(self, other: Lengths) -> Lengths:
        """These counts and others of the same kinds."""
        hours = np.union1d(self.hours, other.hours)
        counts = np.zeros((len(hours), self.counts.shape[1]))
        for part in (self, other):
            counts[np.searchsorted(hours, part.hours)] += part.counts
        return Lengths(hours, counts)

    def risks(self) -> CompetingRisks:
        """How they ended, in days; the last kind is those that have not."""
        return aalen_johansen(self.days, self.counts[:, :-1], self.counts[:, -1])


@dataclass(frozen=True)
class CompetingRisks:
    """The Aalen-Johansen estimate: for each duration, who was at risk and the chance to have ended by each cause."""

    durations: Floats
    events: Floats  # duration x cause
    censored: Floats
    at_risk: Floats  # just before each duration
    survival: Floats  # at each duration: the chance to be still there after it
    survival_before: Floats
    incidence: Floats  # duration x cause: the chance to have ended by that cause, up to and at the duration

    @cached_property
    def of_any(self) -> Floats:
        """How many ended at each duration, by whatever cause."""
        return np.asarray(self.events.sum(axis=1), dtype=np.float64)

    @cached_property
    def n(self) -> float:
        return float(self.events.sum() + self.censored.sum())

    def incidence_at(self, time: float, cause: int) -> float:
        """The chance to end by `cause` within `time`."""
        place = self._place(time)
        return float(self.incidence[place, cause]) if place >= 0 else 0.0

    def variance_at(self, time: float, cause: int) -> float:
        """The variance of `incidence_at`, by the delta method.

        Marubini and Valsecchi (1995), Klein and Moeschberger (2003), 4.7. With nothing censored it is the
        binomial F(1 - F) / n.
        """
        place = self._place(time)
        if place < 0:
            return 0.0
        rows = slice(0, place + 1)
        n, of_cause = self.at_risk[rows], self.events[rows, cause]
        of_any = self.of_any[rows]
        ahead = self.incidence[place, cause] - self.incidence[rows, cause]
        before = self.survival_before[rows]
        return float(
            (
                ahead**2 * _divided(of_any, n * (n - of_any))
                + before**2 * of_cause * (n - of_cause) / n**3
                - 2 * ahead * before * of_cause / n**2
            ).sum()
        )

    def effective_n(self, time: float, cause: int) -> float:
        """How many fully followed cases would be as sure as these: F(1 - F) / variance (Rothman 1978).

        At a chance of 0 or 1, where the variance vanishes, those at risk for each share still there.
        """
        chance, variance = self.incidence_at(time, cause), self.variance_at(time, cause)
        if variance > 1e-15 and 0 < chance < 1:
            return min(self.n, chance * (1 - chance) / variance)
        place = max(self._place(time), 0)
        return min(self.n, float(self.at_risk[place] / self.survival_before[place]))

    def interval(self, time: float, cause: int) -> Interval:
        """The 95% interval of `incidence_at`: Wilson's on the effective number; with nothing censored, Wilson's own."""
        return (
            wilson(self.incidence_at(time, cause), self.effective_n(time, cause)) if len(self.durations) else NOT_KNOWN
        )

    def horizon(self, least: int = LEAST_AT_RISK) -> float | None:
        """The longest duration up to which chances are told; None where nothing is known.

        It is the longest one with `least` still at risk, or, where later, the longest that at least half of the cases
        were followed to: late exits of a group that is small but fully followed are facts, not noise.
        """
        if not len(self.durations):
            return None
        followed = _divided(self.at_risk, self.n * self.survival_before)
        fit = (self.at_risk >= least) | (followed >= 0.5)
        return float(self.durations[np.flatnonzero(fit)[-1]])

    def usual_age(self) -> float | None:
        """The age to tell chances by: the 75th percentile of the time to end, in full days; None where nothing has ended."""
        if not self.of_any.any():
            return None
        return max(1.0, float(math.floor(weighted_quantile(self.durations, self.of_any, 0.75))))

    def _place(self, time: float) -> int:
        return int(np.searchsorted(self.durations, time, side="right")) - 1


def aalen_johansen(
    durations: ArrayLike, events: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
) -> CompetingRisks:
    """The chances to have ended by each cause (Aalen and Johansen 1978). Arguments as the module says.

    `entered[i]` came under watch at `durations[i]` and are at risk after it (left truncation); by default all from the start.
    """
    at, ended, going = (np.asarray(each, dtype=np.float64) for each in (durations, events, censored))
    of_any = ended.sum(axis=1)
    leaving = of_any + going
    late = 0.0 if entered is None else np.asarray(entered, dtype=np.float64)[::-1].cumsum()[::-1]
    at_risk = leaving.sum() - np.cumsum(leaving) + leaving - late
    survival = np.cumprod(1 - _divided(of_any, at_risk), dtype=np.float64)
    before = np.concatenate(([1.0], survival[:-1]))[: len(at)]
    each = _divided(ended, at_risk[:, None] + np.zeros_like(ended))
    incidence = np.cumsum(before[:, None] * each, axis=0, dtype=np.float64)
    return CompetingRisks(at, ended, going, at_risk, survival, before, incidence)


@dataclass(frozen=True)
class Survival:
    """The Kaplan-Meier estimate: for each duration, the chance to be still there after it."""

    durations: Floats
    at_risk: Floats
    survival: Floats
    variance: Floats  # Greenwood's

    def at(self, time: float) -> float:
        place = int(np.searchsorted(self.durations, time, side="right")) - 1
        return float(self.survival[place]) if place >= 0 else 1.0

    def quantile(self, share: float) -> float | None:
        """The first duration by which `share` have ended; None where so many never did."""
        reached = np.flatnonzero(self.survival <= 1 - share + 1e-12)
        return float(self.durations[reached[0]]) if len(reached) else None

    def time_of(self, share: float) -> Time:
        """`quantile` with its 95% interval: the times at which `share` is within the interval of the chance to have ended.

        Brookmeyer and Crowley (1982), with Wilson's interval on the effective number.
        """
        fits = self.survival * (1 - self.survival)
        before = np.concatenate(([1.0], self.survival[:-1]))[: len(self.survival)]
        is_sure = (self.variance <= 1e-15) | (fits <= 0)
        n = np.where(is_sure, _divided(self.at_risk, before), _divided(fits, np.where(is_sure, 1.0, self.variance)))
        n = np.maximum(n, 1e-9)
        centre = (self.survival + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * np.sqrt(np.maximum(fits, 0.0) / n + Z * Z / (4 * n * n))

        def first(chance: Floats) -> float | None:
            reached = np.flatnonzero(chance <= 1 - share + 1e-12)
            return float(self.durations[reached[0]]) if len(reached) else None

        return Time(first(self.survival), first(centre - half), first(centre + half))

    def interval(self, time: float) -> Interval:
        """The 95% interval of `at`: Wilson's on the effective number (Rothman 1978)."""
        place = int(np.searchsorted(self.durations, time, side="right")) - 1
        if place < 0:
            return NOT_KNOWN
        chance, variance = float(self.survival[place]), float(self.variance[place])
        before = float(self.survival[place - 1]) if place else 1.0
        n = float(self.at_risk[place]) / before if before else float(self.at_risk[place])
        return wilson(chance, chance * (1 - chance) / variance if variance > 1e-15 and chance < 1 else n)


def kaplan_meier(
    durations: ArrayLike, events: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
) -> Survival:
    """The chance to be still there (Kaplan and Meier 1958), one kind of event. Arguments as `aalen_johansen`."""
    risks = aalen_johansen(durations, np.asarray(events, dtype=float)[:, None], censored, entered)
    of_any = risks.events[:, 0]
    greenwood = np.cumsum(_divided(of_any, risks.at_risk * (risks.at_risk - of_any)))
    return Survival(risks.durations, risks.at_risk, risks.survival, risks.survival**2 * greenwood)


def log_rank(events: ArrayLike, censored: ArrayLike) -> float | None:
    """The p-value of two groups lasting equally long (Mantel 1966). Arguments are duration x group."""
    ended = np.asarray(events, dtype=float)
    leaving = ended + np.asarray(censored, dtype=float)
    at_risk = leaving.sum(axis=0) - np.cumsum(leaving, axis=0) + leaving
    all_events, everyone = ended.sum(axis=1), at_risk.sum(axis=1)
    part = _divided(at_risk[:, 0], everyone)
    excess = (ended[:, 0] - all_events * part).sum()
    spread = (all_events * part * (1 - part) * _divided(everyone - all_events, np.maximum(everyone - 1, 0.0))).sum()
    return normal_p(excess / math.sqrt(spread)) if spread > 0 else None


def weighted_quantile(values: Floats, counts: Floats, share: float) -> float:
    """The quantile of values given as counts, between neighbours by straight line (Hyndman and Fan 1996, type 7)."""
    n = float(counts.sum())
    order = np.argsort(values, kind="stable")
    ordered, last = values[order], np.cumsum(counts[order])
    place = share * (n - 1)
    low, high = (ordered[np.searchsorted(last, rank, side="right")] for rank in (math.floor(place), math.ceil(place)))
    return float(low + (high - low) * (place - math.floor(place)))
