"""How much a lever must do for the scenario to pay: the amount at which the median profit delta is 0 (S4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.rows import Row, frame
from analytics.what_if.base import Base
from analytics.what_if.changed import at_amount, off, scaled, searched, with_lever
from analytics.what_if.scenario import LEVERS, Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.told import profit_delta
from data.messages import Message, say

DRAWS = 1000
COLUMNS = (
    "lever_place", "lever_kind", "lever_name", "amount_low", "amount_likely", "amount_high", "lever_unit", "break_even_amount",
    "break_even_state", "pays_beyond", "own_break_even_amount", "own_break_even_state", "profit_delta", "break_even_reason", "currency",
)  # fmt: skip
# In `break_even_state`: found; always, it pays even where the lever does nothing; never, not even at the most the lever can be.
State = Literal["found", "always", "never"]
ALL = "all"  # the `lever_kind` of the row for all levers together, whose amount is a factor on all amounts
MOST_FACTOR = 10.0
_SURE = 2e-3  # of the stretch that is searched


@dataclass(frozen=True)
class Crossing:
    """Where a function of an amount comes to 0, if it does; what it is at the beginning of the stretch and at its end."""

    at: float | None
    first: float
    last: float
    rises: bool = True  # whether it is above 0 beyond that place, and below 0 before it

    @property
    def state(self) -> State:
        return "found" if self.at is not None else "always" if self.first >= 0 and self.last >= 0 else "never"


def break_even(base: Base, scenario: Scenario, draws: int = DRAWS) -> pd.DataFrame:
    """One row a lever that has an amount, in their order, then one for all of them times a factor, if there are several.

    Columns: `COLUMNS`. `break_even_amount` is in the unit of the lever (of the last row a factor: 0.5 is half of everything), known
    for sure while all else is as the scenario has it, under the same random numbers. Where other levers make the scenario pay anyway,
    `own_break_even_amount` says more: from there on the scenario is better with the lever, and its costs, than without it.
    `profit_delta` is the scenario's median.
    """
    found: list[Row] = []
    base = searched(base)
    whole = _median(base, scenario, draws)
    ranged = [place for place, lever in enumerate(scenario.levers) if LEVERS[lever.kind].unit != "none"]
    for place in ranged:
        lever = scenario.levers[place]
        kind = LEVERS[lever.kind]
        crossing, own = _of_lever(base, scenario, place, draws)
        found.append({
            "lever_place": place, "lever_kind": lever.kind, "lever_name": lever.name or None, "lever_unit": kind.unit,
            "amount_low": lever.amount.low, "amount_likely": lever.amount.likely, "amount_high": lever.amount.high,
            "own_break_even_amount": own.at, "own_break_even_state": own.state,
        } | _of(crossing))  # fmt: skip
    if len(ranged) > 1:
        crossing = crossed(lambda factor: _median(base, scaled(scenario, factor), draws), 1.0, MOST_FACTOR)
        found.append({
            "lever_place": None, "lever_kind": ALL, "lever_unit": "factor", "amount_low": 1.0, "amount_likely": 1.0, "amount_high": 1.0,
        } | _of(crossing))  # fmt: skip
    told = [row | {"profit_delta": whole, "currency": base.currency or None} for row in found]
    return frame([row | {"break_even_reason": str(reason(row))} for row in told], COLUMNS)


def reason(row: Mapping[str, Any]) -> Message:
    """A row in words."""
    state, is_all = row["break_even_state"], row["lever_kind"] == ALL
    if state == "always":
        if is_all:
            return say("It pays whatever the levers do, even if nothing.")
        if row["own_break_even_state"] == "found":
            return say("It pays even without this lever; the lever pays for itself at {amount}.", amount=round(float(row["own_break_even_amount"]), 2))  # fmt: skip
        if row["own_break_even_state"] == "never":
            return say("It pays even without this lever, which never pays for itself.")
        return say("It pays whatever this lever does, even if nothing.")
    if state == "never":
        return say("It does not pay, however much this lever does.") if not is_all else say("It does not pay, even at ten times the amounts or the most the levers can be.")  # fmt: skip
    amount, low, high = float(row["break_even_amount"]), row["amount_low"], row["amount_high"]
    said = {"amount": round(amount, 2), "low": low, "high": high}
    if not row["pays_beyond"]:
        return say("It pays up to {amount} times the amounts only.", **said) if is_all else say("It pays up to {amount} only; the range given is {low} to {high}.", **said)  # fmt: skip
    if is_all:
        return say("It pays from {amount} times the amounts on.", **said)
    if low <= amount <= high:
        return say("It pays from {amount} on; that is within the range given, {low} to {high}.", **said)
    if abs(amount) < min(abs(low), abs(high)):
        return say("It pays from {amount} on; the range given, {low} to {high}, is beyond that.", **said)
    return say("It pays from {amount} on only; the range given, {low} to {high}, does not reach that.", **said)


def crossed(of: Callable[[float], float], near: float, end: float) -> Crossing:
    """Where `of` comes to 0 between 0 and `end`; it is looked for up to `near` first. Where it is 0 at 0 and falls, there is none.

    By Brent's method (1973), to two thousandths of the stretch.
    """
    from scipy.optimize import brentq

    at = cache(of)
    first = at(0.0)
    stops = [near, end] if 0 < abs(near) < abs(end) else [end]
    before = 0.0
    for stop in stops:
        if (at(before) < 0) != (at(stop) < 0):
            if before == 0 and first == 0:
                break  # any effect at all is a loss
            root = float(brentq(at, before, stop, xtol=max(abs(stop - before) * _SURE, 1e-9), rtol=_SURE))
            return Crossing(root, first, at(stop), at(before) < 0)
        before = stop
    return Crossing(None, first, at(stops[-1]))


def _of_lever(base: Base, scenario: Scenario, place: int, draws: int) -> tuple[Crossing, Crossing]:
    """Of the scenario, and of what the lever adds to it: on the side of its most likely amount, then on the other where the range
    reaches there."""
    lever = scenario.levers[place]
    kind, given = LEVERS[lever.kind], lever.amount

    @cache
    def median(amount: float) -> float:
        return _median(base, at_amount(scenario, place, amount), draws)

    up, down = (given.high, kind.most), (given.low, kind.least)
    sides = [*([down] if given.likely < 0 else [up]), *([up] if given.likely < 0 < given.high else [])]
    sides += [down] if given.likely >= 0 > given.low else []
    found = [_first(median, sides)]
    if len(scenario.levers) == 1:
        return found[0], found[0]
    without = _median(base, with_lever(scenario, place, off(lever)), draws)
    return found[0], _first(lambda amount: median(amount) - without, sides)


def _first(of: Callable[[float], float], sides: Sequence[tuple[float, float]]) -> Crossing:
    tried = [crossed(of, near, end) for near, end in sides]
    return next((each for each in tried if each.at is not None), tried[0])


def _median(base: Base, scenario: Scenario, draws: int) -> float:
    return float(np.median(profit_delta(simulate(base, scenario, draws))))


def _of(crossing: Crossing) -> Row:
    found = crossing.state == "found"
    return {
        "break_even_amount": crossing.at,
        "break_even_state": crossing.state,
        "pays_beyond": crossing.rises if found else None,
    }
