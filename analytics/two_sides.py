"""Two sides told by the same age: chances by Aalen and Johansen, mean times by Kaplan and Meier."""

from __future__ import annotations

import math

import numpy as np

from analytics.against_rest import lasting_against_rest
from analytics.intervals import LEAST_TESTED, Z, newcombe, share_difference, wilson
from analytics.rows import Row
from analytics.survival import LEAST_AT_RISK, Lengths

SIDES = ("before", "after")
ENDLESS = math.inf


def compared_chance(measure: str, sides: list[Lengths], is_told: bool) -> Row:
    """The chances to end in the first way by the age to which both sides were followed, and the score test.

    `before_n` and `after_n` are the effective numbers. Without numbers where `is_told` is false, or a side has none.
    """
    row = _counted(measure, sides, "share")
    known = [side.known for side in sides]
    risks = [side.risks() for side in known]
    if not is_told or not all(each.events.any() for each in risks):
        return row
    within = _common_age(known, [each.horizon() for each in risks])
    if within is None:
        return row
    told = [(each.incidence_at(within, 0), each.effective_n(within, 0)) for each in risks]
    if min(n for _chance, n in told) <= 0:
        return row
    for name, (chance, n) in zip(SIDES, told, strict=True):
        low, high = wilson(chance, n)
        row |= {name: chance, f"{name}_low": low, f"{name}_high": high, f"{name}_n": n}
    low_, high_ = newcombe(*told[1], *told[0])
    # Where it never happened on either side there is nothing to test.
    is_enough = min(side.n for side in known) >= LEAST_TESTED and any(chance for chance, _n in told)
    p = share_difference(*told[1], *told[0]) if is_enough else None
    return row | {
        "difference": told[1][0] - told[0][0], "low": low_, "high": high_, "within_days": within, "p_value": p
    }  # fmt: skip


def compared_days(measure: str, sides: list[Lengths], is_told: bool) -> Row:
    """How long they last on average, of each no more than the age to which both sides were followed, and the log-rank test.

    `error` is the standard error of the difference. Without numbers where `is_told` is false, or fewer than 10 are on a side.
    """
    row = _counted(measure, sides, "days")
    known = [side.known for side in sides]
    if not is_told or min(side.n for side in known) < LEAST_AT_RISK:
        return row
    within = _common_age(known, [_watched(side) for side in known])
    if within is None or not any(side.counts[:, :-1].any() for side in known):
        return row
    means = [restricted_mean(side, within) for side in known]
    for name, (mean, error) in zip(SIDES, means, strict=True):
        row |= {name: mean, f"{name}_low": max(mean - Z * error, 0.0), f"{name}_high": min(mean + Z * error, within)}
    difference, error = means[1][0] - means[0][0], math.hypot(means[0][1], means[1][1])
    return row | {
        "difference": difference, "low": difference - Z * error, "high": difference + Z * error,
        "within_days": within, "p_value": _log_rank(known), "error": error,
    }  # fmt: skip


def restricted_mean(lengths: Lengths, within: float) -> tuple[float, float]:
    """The mean time, of each no more than `within` days, and its standard error (Klein and Moeschberger 2003, 4.5)."""
    days, ended, at_risk, survival = _lasting(lengths)
    seen = days <= within
    days, ended, at_risk, survival = days[seen], ended[seen], at_risk[seen], survival[seen]
    steps = np.diff(np.append(days, within))
    ahead = np.cumsum((survival * steps)[::-1])[::-1]  # the area from each time on
    mean = (float(days[0]) if len(days) else within) + float((survival * steps).sum())
    stays = at_risk - ended
    doubt = np.divide(ended, at_risk * stays, out=np.zeros_like(ended), where=stays > 0)
    return mean, math.sqrt(float((ahead**2 * doubt).sum()))


def _counted(measure: str, sides: list[Lengths], unit: str) -> Row:
    row: Row = {"measure": measure, "unit": unit, "p_value": None}
    for name, side in zip(SIDES, sides, strict=True):
        row |= {f"n_{name}": side.n, f"undecided_{name}": int(side.counts[:, -1].sum())}
    return row


def _common_age(sides: list[Lengths], horizons: list[float | None]) -> float | None:
    """The shorter of the ages both sides are told to. A side of which all have ended is told for good: nothing of it is to come,
    and to stop when it is over would leave out what the slower side does later."""
    known = [ENDLESS if _is_over(side) else horizon for side, horizon in zip(sides, horizons, strict=True)]
    if None in known:
        return None
    age = min(each for each in known if each is not None)
    return float(max(side.days[-1] for side in sides)) if age == ENDLESS else age


def _is_over(lengths: Lengths) -> bool:
    """Whether none is left at the end, while most were followed to their own: its curve ends at 0."""
    if not lengths.n:
        return False
    days, _ended, at_risk, survival = _lasting(lengths)
    before = survival[-2] if len(days) > 1 else 1.0
    return bool(survival[-1] <= 1e-12 and at_risk[-1] >= 0.5 * lengths.n * before)


def _watched(lengths: Lengths) -> float | None:
    """The longest time at which 10 were still there."""
    days, _ended, at_risk, _survival = _lasting(lengths)
    enough = days[at_risk >= LEAST_AT_RISK]
    return float(enough[-1]) if len(enough) else None


def _lasting(lengths: Lengths) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times in days, how many ended at each, how many were there just before, and the chance to be there after it."""
    ended, leaving = lengths.counts[:, :-1].sum(axis=1), lengths.counts.sum(axis=1)
    at_risk = leaving.sum() - np.cumsum(leaving) + leaving
    return lengths.days, ended, at_risk, np.cumprod(1 - ended / at_risk)


def _log_rank(sides: list[Lengths]) -> float | None:
    hours = np.union1d(sides[0].hours, sides[1].hours)
    counts = np.zeros((2, len(hours), sides[0].counts.shape[1]))
    for place, side in enumerate(sides):
        counts[place, np.searchsorted(hours, side.hours)] = side.counts
    p = float(lasting_against_rest(counts, hours / 24).p[1])
    return p if p == p else None
