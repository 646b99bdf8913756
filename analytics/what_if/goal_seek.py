"""How much of a lever a goal takes, and how often this company has been there before (F13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analytics.customers.basis import CONTRACTS
from analytics.rows import Row, frame
from analytics.what_if import retention_effect
from analytics.what_if.base import Base, Floats
from analytics.what_if.break_even import crossed
from analytics.what_if.changed import at_amount, one_on_everyone, searched, today_only
from analytics.what_if.effects import CHURN_FLOOR
from analytics.what_if.past_retention import reached, windows_of
from analytics.what_if.scenario import LEVERS, Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.told import YEAR, profit_delta
from data.errors import RequestProblem
from data.messages import Message, say

DRAWS = 1000
COLUMNS = (
    "goal_sought", "goal_value", "lever_place", "lever_kind", "lever_name", "lever_unit", "needed_amount", "goal_state", "goal_now",
    "goal_at_most", "most_amount", "retention_before", "retention_needed", "reached_windows", "retention_reached_windows", "windows",
    "best_window", "goal_reason", "currency",
)  # fmt: skip
# Net and gross revenue retention and retention of customers over the next twelve months, of today's customers, as shares;
# profit against the baseline and revenue, over the horizon.
Goal = Literal["nrr", "grr", "retention", "profit_delta", "revenue"]
GOALS: tuple[Goal, ...] = get_args(Goal)
OF_TODAY: frozenset[Goal] = frozenset({"nrr", "grr", "retention"})
# In `goal_state`: found; already, it is reached with the lever at 0; out_of_reach, not even at the most.
_PAST = {"nrr": "nrr", "grr": "grr", "retention": "logo_retention"}


def goal_seek(
    base: Base,
    scenario: Scenario,
    goal: Goal,
    value: float,
    lever: int | None = None,
    draws: int = DRAWS,
    past: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row: the amount of a lever at which the median of a goal is `value`. Columns: `COLUMNS`.

    `lever` is the place of a lever of the scenario (default: its first; without levers, retention of everyone), moved alone from 0 to
    the most it can be, the others as they are. Rates are shares: 1.05 is 105%. `nrr`: what customers of a year or more bring in the next
    twelve months over what such customers brought in the last; with contracts, what today's customers bring in the twelfth month over
    what they bring now; `grr`: the same customers weighted by what they bring, how much of
    it is there after twelve months; `retention`: how many of them are. `past` is an answer of `past_retention`: in how many windows the goal was reached,
    and the retention it takes. Raises RequestProblem where the goal cannot be asked, or the lever does not reach it.
    """
    _check(base, scenario, goal, value, lever)
    if not scenario.levers:
        base, scenario = one_on_everyone(base, scenario)
        place = 0
    else:
        place = lever or 0
    own_place = place
    scenario_lever = scenario.levers[place]
    if goal in OF_TODAY:
        base, scenario, kept = today_only(base, scenario)
        if place not in kept:
            raise RequestProblem(
                say("The lever {lever} does not act on customers of today, so it cannot move this goal.", lever=scenario_lever.kind),
                say("Choose a lever on customers, or another goal."),
            )  # fmt: skip
        place = kept.index(place)
    found = scenario.levers[place]
    kind = LEVERS[found.kind]
    if kind.unit == "none":
        raise RequestProblem(
            say("The lever {lever} has no amount to look for.", lever=found.kind), say("Choose another lever.")
        )
    measured = _measure(searched(base), goal, draws)
    end = kind.least if found.amount.likely < 0 else kind.most
    near = abs(found.amount.likely) or min(5.0, kind.most)
    crossing = crossed(lambda amount: measured(at_amount(scenario, place, amount)) - value, near, end)
    row: Row = {
        "goal_sought": goal, "goal_value": value, "lever_place": own_place, "lever_kind": found.kind, "lever_name": found.name or None,
        "lever_unit": kind.unit, "goal_now": crossing.first + value, "currency": base.currency or None,
    }  # fmt: skip
    if crossing.first >= 0:
        row |= {"goal_state": "already", "needed_amount": 0.0}
    else:
        at_most = measured(at_amount(scenario, place, end))
        row |= {"goal_at_most": at_most, "most_amount": end, "needed_amount": crossing.at}
        row["goal_state"] = "found" if crossing.at is not None else "out_of_reach"
    if base.cells is not None:
        now = float(np.median(retention_effect.retention(base, scenario, draws)))
        row["retention_before"] = now
        is_everyone = found.kind == "retention" and found.target.is_everyone
        if is_everyone and row["needed_amount"] is not None:
            row["retention_needed"] = float(np.clip(now + row["needed_amount"] / 100, 0.0, max(1 - CHURN_FLOOR, now)))
    if past is not None:
        row |= _feasible(past, goal, value, row.get("retention_needed"), base.currency)
    return frame([row | {"goal_reason": str(reason(row))}], COLUMNS)


def reason(row: Row) -> Message:
    """How often the goal was reached before, in words."""
    windows, times = row.get("windows"), row.get("reached_windows")
    if not windows:
        return say("The data do not reach back far enough to tell how often this was reached before.")
    if times is None:
        again = row.get("retention_reached_windows")
        if again is None:
            return say(
                "The past windows of twelve months tell of retention only, so they do not say how often this was reached."
            )
        if again == 0:
            return say("The retention this takes was never reached: in none of the past {windows} twelve-month windows, one a month.", windows=int(windows))  # fmt: skip
        return say(
            "The retention this takes was reached in {times} of the past {windows} twelve-month windows, one a month.",
            times=int(again), windows=int(windows),
        )  # fmt: skip
    if times == 0:
        return say("Never reached: in none of the past {windows} twelve-month windows, one a month.", windows=int(windows))  # fmt: skip
    return say(
        "Reached in {times} of the past {windows} twelve-month windows, one a month.", times=int(times or 0), windows=int(windows)
    )  # fmt: skip


def _check(base: Base, scenario: Scenario, goal: Goal, value: float, lever: int | None) -> None:
    if goal not in GOALS:
        raise RequestProblem(
            say('There is no goal called "{goal}".', goal=goal),
            say("The goals are: {names}.", names=", ".join(GOALS)),
        )
    if not np.isfinite(value):
        raise RequestProblem(say("The goal has no number."), say("Write 1.05 for 105%."))
    if goal in OF_TODAY and not 0 < value <= (1 if goal in ("retention", "grr") else 10):
        raise RequestProblem(
            say("{value} is no share that {goal} can be.", value=value, goal=goal), say("Write 1.05 for 105%, 0.8 for 80%.")
        )  # fmt: skip
    if lever is not None and scenario.levers and not 0 <= lever < len(scenario.levers):
        raise RequestProblem(
            say("The scenario has no lever with the number {place}.", place=lever),
            say("Choose from {least} to {most}.", least=0, most=len(scenario.levers) - 1),
        )
    if base.cells is None and (goal in OF_TODAY or not scenario.levers):
        raise RequestProblem(
            say("Nothing tells how customers of this workspace stay and leave."),
            say("Add an export of orders, or of subscriptions with their first and last day."),
        )
    if goal in OF_TODAY and base.cells is not None and base.cells.months < YEAR:
        raise RequestProblem(
            say("This goal is about twelve months, and the horizon is {months}.", months=base.cells.months),
            say("Choose a horizon of {months} months or more.", months=YEAR),
        )
    if goal == "nrr" and base.settled_12m == 0 and base.revenue_12m > 0 and not _is_contract(base):
        raise RequestProblem(
            say("No customer has been there for a year yet, so there is nothing to compare with."), say("Choose another goal.")
        )  # fmt: skip
    if goal == "nrr" and not (_now(base) if _is_contract(base) else _last_year(base)) > 0:
        raise RequestProblem(
            say("Nothing was bought in the last twelve months, so there is nothing to compare with."), say("Choose another goal.")
        )  # fmt: skip


def _measure(base: Base, goal: Goal, draws: int) -> Callable[[Scenario], float]:
    """The median of the goal under a scenario."""
    if goal == "profit_delta":
        return lambda scenario: float(np.median(profit_delta(simulate(base, scenario, draws))))
    if goal == "revenue":
        return lambda scenario: float(np.median(simulate(base, scenario, draws).scenario.revenue.sum(axis=1)))
    return lambda scenario: float(np.median(rates(base, scenario, goal, draws)))


def rates(base: Base, scenario: Scenario, goal: Goal, draws: int) -> Floats:
    """By draw, a rate of the next twelve months of today's customers, as `goal_seek` has it; the base has nobody else (`today_only`)."""
    if goal == "nrr":
        settled = _settled(base)
        revenue = simulate(settled, scenario, draws).scenario.revenue
        if _is_contract(base):
            return np.asarray(revenue[:, YEAR - 1] / _now(settled))
        return np.asarray(revenue[:, :YEAR].sum(axis=1) / _last_year(base))
    outcome = simulate(by_money(base, scenario) if goal == "grr" else base, scenario, draws)
    there, start = outcome.scenario.customers[:, YEAR - 1], outcome.start
    return np.divide(there, start, out=np.zeros_like(there), where=start > 0)


def _settled(base: Base) -> Base:
    """Without customers of less than a year, who have no full year to compare with, as far as others are known; of contracts
    everybody."""
    cells = base.cells
    if cells is None or base.settled_12m is None or _is_contract(base):
        return base
    old = np.where(cells.is_new, 0.0, 1.0)
    return replace(base, cells=replace(cells, spend=cells.spend * old[:, None]))


def _is_contract(base: Base) -> bool:
    return base.report.get("basis") in CONTRACTS


def _now(base: Base) -> float:
    """What today's customers bring in the first month."""
    cells = base.cells
    return 0.0 if cells is None else float((cells.alive * cells.spend[:, 0]).sum())


def _last_year(base: Base) -> float:
    return base.revenue_12m if base.settled_12m is None else base.settled_12m


def by_money(base: Base, scenario: Scenario) -> Base:
    """The base with each customer counted by what it brings, as many of them in all."""
    cells = base.cells
    if cells is None:
        return base
    monthly = cells.spend[:, :YEAR].mean(axis=1)
    whole = float((cells.alive * monthly).sum())
    weight = monthly * (float(cells.alive.sum()) / whole) if whole > 0 else np.ones_like(monthly)
    # A customer that is a cell of its own counts as one; among others it has its weight.
    is_needed = any(lever.kind == "largest_leaves" for lever in scenario.levers)
    largest = cells.largest if is_needed else (None,) * len(weight)
    return replace(
        base, cells=replace(cells, alive=cells.alive * weight, customers=cells.customers * weight, largest=largest)
    )


def _feasible(past: pd.DataFrame, goal: Goal, value: float, retention: float | None, currency: str) -> Row:
    found: Row = {}
    if goal in _PAST:
        found["reached_windows"], found["windows"] = reached(past, _PAST[goal], value, currency)
        if found["windows"]:
            found["best_window"] = max(row[_PAST[goal]] for row in windows_of(past, currency, _PAST[goal]))
    if retention is not None:
        found["retention_reached_windows"], windows = reached(past, "logo_retention", retention, currency)
        found.setdefault("windows", windows)
    return found
