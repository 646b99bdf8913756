"""Customers still to come, with the scenario and without: those that come anyway, those the pipeline adds, those referred, those won back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analytics.what_if.draws import Floats
from analytics.what_if.staying import Stock


@dataclass(frozen=True)
class Curve:
    """One newcomer by months since it came (the first is the month it comes in): what is added to its cumulative hazard, and what it
    brings in the month while it is there; `scale` and `worth` multiply them in each draw."""

    hazard: Floats  # T
    revenue: Floats  # T
    scale: Floats  # D
    worth: Floats  # D
    purchase: float

    @classmethod
    def of(cls, staying: Floats, revenue: Floats, scale: Floats, worth: Floats, purchase: float) -> Curve:
        safe = np.clip(staying, 1e-12, 1.0)
        hazard = np.maximum(-np.diff(np.log(safe), prepend=0.0), 0.0)
        return cls(hazard, revenue / safe, scale, worth, purchase)


@dataclass(frozen=True)
class Arrivals:
    """Who comes in each month (draw x month) whatever happens; `referred` (draw x month) new ones for each customer that is there at the end
    of the month before; `back` who is won back, and `back_monthly` what all of them bring in a month if none left (both by lever)."""

    usual: Floats
    referred: Mapping[int, Floats] = field(default_factory=dict)
    back: Mapping[int, Floats] = field(default_factory=dict)
    back_monthly: Mapping[int, Floats] = field(default_factory=dict)
    added: Mapping[int, Floats] = field(default_factory=dict)  # by levers on the pipeline; below 0 where deals are lost
    worth: Floats | None = None  # draw x month it comes in: what a newcomer is worth beside the usual


@dataclass(frozen=True)
class Newcomers:
    """How newcomers come and go in one future: `leaving` and `paying` are factors by calendar month (draw x month, None: 1)."""

    curve: Curve
    arrivals: Arrivals
    leaving: Floats | None = None
    paying: Floats | None = None


@dataclass(frozen=True)
class Came:
    """draw x month: newcomers there at its end, revenue from them in it, its variance by single purchases, who came; `extra` by lever
    who came because of it; `held` how many newcomers a scenario's levers hold back in the month, `usual` who came without a lever."""

    customers: Floats
    revenue: Floats
    variance: Floats
    came: Floats
    extra: Mapping[int, Floats]
    held: Floats
    usual: Floats


def nobody(draws: int, months: int) -> Came:
    nothing = np.zeros((draws, months))
    return Came(nothing, nothing, nothing, nothing, {}, nothing, nothing)


def come(given: Newcomers | None, stock: Stock) -> Came:
    """Month after month: who comes, who of those that came is still there, what they bring."""
    draws, months = stock.customers.shape
    if given is None:
        return nobody(draws, months)
    who = given.arrivals
    # By the month they came in: how many, what of them is counted by money, the cumulative hazard.
    number, money, back_money, total = np.zeros((4, months, draws))
    shape = (draws, months)
    found = Came(
        np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), {place: np.zeros(shape) for place in _levers(who)},
        np.zeros(shape), np.zeros(shape),
    )  # fmt: skip
    before = stock.start
    for month in range(months):
        now = who.usual[:, month].copy()
        for place, each in who.added.items():
            # No fewer than none can come.
            change = np.maximum(each[:, month], -now)
            now = now + change
            found.extra[place][:, month] = change
        for place, each in who.referred.items():
            referred = before * each[:, month]
            now = now + referred
            found.extra[place][:, month] = referred
        new = now if who.worth is None else now * who.worth[:, month]
        for place, each in who.back.items():
            now = now + each[:, month]
            found.extra[place][:, month] = each[:, month]
            back_money[month] += who.back_monthly[place][:, month]
        number[month], money[month] = now, new
        _month(given, found, month, number, money, back_money, total)
        found.came[:, month] = now
        found.usual[:, month] = who.usual[:, month]
        before = stock.customers[:, month] + found.customers[:, month]
    return found


def _levers(who: Arrivals) -> Sequence[int]:
    return [*who.added, *who.referred, *who.back]


def _month(
    given: Newcomers, found: Came, month: int, number: Floats, money: Floats, back_money: Floats, total: Floats
) -> None:  # fmt: skip
    """Add a month: who came until then ages by it."""
    curve, so_far = given.curve, slice(0, month + 1)
    hazard = curve.hazard[month::-1][:, None]
    was = np.exp(-curve.scale * total[so_far])
    if given.leaving is None:
        total[so_far] += hazard
    else:
        factor = given.leaving[:, month]
        total[so_far] += hazard * factor
        would = -np.expm1(-curve.scale * hazard)
        does = -np.expm1(-curve.scale * hazard * factor)
        found.held[:, month] = (number[so_far] * was * (would - does)).sum(axis=0)
    there = np.exp(-curve.scale * total[so_far])
    found.customers[:, month] = (number[so_far] * there).sum(axis=0)
    brought = (money[so_far] * there * curve.revenue[month::-1][:, None]).sum(axis=0) * curve.worth
    brought = brought + (back_money[so_far] * there).sum(axis=0)
    if given.paying is not None:
        brought = brought * given.paying[:, month]
    found.revenue[:, month] = brought
    found.variance[:, month] = brought * curve.purchase


def per_month(yearly: Floats, strength: Floats, first: int) -> Floats:
    """draw x month: a share of a whole that happens evenly within the twelve months from `first` on, at a strength in each."""
    months = np.arange(len(strength))
    window = ((months >= first) & (months < first + 12)).astype(np.float64)
    return np.asarray(yearly[:, None] / 12 * (strength * window)[None, :])
