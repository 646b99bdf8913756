"""When things happen, from chances over time: quantiles with their intervals, and the mean time gained.

Everything follows from how a chance changes when the observed rate of one moment does; of each moment the counts are
multinomial, and moments are independent (Klein and Moeschberger 2003, 4.7).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics.intervals import Z
from analytics.survival import CompetingRisks, Time

Floats = NDArray[np.float64]


NEVER = Time(None, None, None)


def time_of_all(risks: CompetingRisks, cause: int, share: float, until: float) -> Time:
    """When `share` of all cases have ended by `cause`, those that never do counted too.

    The interval holds the times at which `share` is within the interval of the chance (Brookmeyer and Crowley 1982).
    """
    until_place = _place(risks, until)
    chances = risks.incidence[: until_place + 1, cause]
    times = risks.durations

    def first(reached: NDArray[np.bool_]) -> float | None:
        found = np.flatnonzero(reached)
        return float(times[found[0]]) if len(found) else None

    def bound(end: int) -> float | None:
        """The first moment at which that end of the interval reaches `share`."""
        return _first_place(
            risks, until_place, cause, lambda place: (risks.interval(float(times[place]), cause)[end] or 0.0) >= share
        )

    return Time(first(chances >= share - 1e-12), bound(1), bound(0))


def time_of_those(risks: CompetingRisks, cause: int, share: float, until: float) -> Time:
    """When `share` of the cases that end by `cause` within `until` have done so.

    The quantile of incidence(t) / incidence(until), with the interval of that ratio turned around.
    """
    days = quantile_of_those(risks, cause, share, until)
    if days is None:
        return NEVER
    last = _place(risks, until)
    ratios = risks.incidence[: last + 1, cause] / risks.incidence[last, cause]

    def edge(place: int, sign: int) -> float:
        return float(ratios[place]) + sign * Z * math.sqrt(_ratio_variance(risks, cause, place, last))

    low = _first_place(risks, last, cause, lambda place: edge(place, 1) >= share)
    high = _first_place(risks, last, cause, lambda place: edge(place, -1) >= share)
    return Time(days, low, high)


def quantile_of_those(risks: CompetingRisks, cause: int, share: float, until: float) -> float | None:
    """When `share` of the cases that end by `cause` within `until` have done so; None where none do."""
    chances = risks.incidence[: _place(risks, until) + 1, cause]
    if not len(chances) or chances[-1] <= 0:
        return None
    return float(risks.durations[np.flatnonzero(chances / chances[-1] >= share - 1e-12)[0]])


def mean_time_gained(risks: CompetingRisks, cause: int, until: float) -> tuple[float, float]:
    """The mean number of days, within `until`, after having ended by `cause`; and its variance.

    The area under the chance: more, and sooner, both make it larger (restricted mean time lost: Andersen 2013).
    """
    last = _place(risks, until)
    if last < 0:
        return 0.0, 0.0
    area, gain, ahead = _area(risks, cause, last, until)
    return area, _variance(risks, cause, last, gain, ahead)


def mean_time_spread(everyone: CompetingRisks, part: CompetingRisks, cause: int, until: float) -> float:
    """The variance of `mean_time_gained` of `part`, if it fared like `everyone`: the rates of all, its own cases at risk.

    A part where nothing happened yet says nothing of its own doubt. `until` is no later than its last duration.
    """
    last = _place(everyone, until)
    if last < 0:
        return 0.0
    _all, gain, ahead = _area(everyone, cause, last, until)
    at_risk = part.at_risk[np.searchsorted(part.durations, everyone.durations[: last + 1])]
    return _variance(everyone, cause, last, gain, ahead, at_risk)


def _area(risks: CompetingRisks, cause: int, last: int, until: float) -> tuple[float, Floats, Floats]:
    """The area under a chance up to `until`, and what an event at each moment adds to it and takes from those still there."""
    times = risks.durations[: last + 1]
    chances = risks.incidence[: last + 1, cause]
    steps = np.diff(np.append(times, until))
    area_after = np.cumsum((chances * steps)[::-1])[::-1]
    left = until - times
    return float(area_after[0]), risks.survival_before[: last + 1] * left, area_after - chances * left


def _place(risks: CompetingRisks, time: float) -> int:
    return int(np.searchsorted(risks.durations, time, side="right")) - 1


def _first_place(risks: CompetingRisks, last: int, cause: int, is_reached: Callable[[int], bool]) -> float | None:
    """The first duration of an event at which a condition that stays true once it is, is true; by halving."""
    events = np.flatnonzero(risks.events[: last + 1, cause] > 0)
    if not len(events) or not is_reached(int(events[-1])):
        return None
    early, late = -1, len(events) - 1
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (early, middle) if is_reached(int(events[middle])) else (middle, late)
    return float(risks.durations[events[late]])


def _variance(
    risks: CompetingRisks, cause: int, last: int, gain: Floats, ahead: Floats, seen: Floats | None = None
) -> float:
    """The variance of a sum of chances that an event by `cause` at a moment raises by `gain`, while every event there
    takes what lies `ahead` for those still there; with `seen`, as told from so many cases at each moment."""
    rows = slice(0, last + 1)
    at_risk = risks.at_risk[rows]
    n = at_risk if seen is None else seen
    of_any = risks.of_any[rows] / at_risk
    of_cause = risks.events[rows, cause] / at_risk
    stay = 1 - of_any
    lost = np.divide(ahead, stay, out=np.zeros_like(ahead), where=stay > 1e-12)
    raised = gain - lost
    others = of_any - of_cause
    squares = raised**2 * of_cause + lost**2 * others
    mean = raised * of_cause - lost * others
    return max(float(((squares - mean**2) / n).sum()), 0.0)


def _ratio_variance(risks: CompetingRisks, cause: int, place: int, last: int) -> float:
    """The variance of incidence(durations[place]) / incidence(durations[last]), by the delta method."""
    chances = risks.incidence[: last + 1, cause]
    whole, before = float(chances[last]), risks.survival_before[: last + 1]
    ratio = float(chances[place]) / whole
    early = np.arange(last + 1) <= place
    gain = before * (early - ratio) / whole
    ahead = (np.where(early, chances[place] - chances, 0.0) - ratio * (whole - chances)) / whole
    return _variance(risks, cause, last, gain, ahead)
