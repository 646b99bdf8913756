"""What is asked of some of the customers only, and how far a goal spreads where its middle is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.rows import frame
from analytics.what_if.base import Base
from analytics.what_if.changed import at_amount, one_on_everyone, today_only
from analytics.what_if.goal_seek import OF_TODAY, Goal, rates
from analytics.what_if.retention_effect import retention_effect
from analytics.what_if.scenario import Scenario
from data.errors import RequestProblem
from data.messages import say

DRAWS = 2000
SPREAD_COLUMNS = ("goal_sought", "needed_amount", "goal_p10", "goal_median", "goal_p90", "goal_chance")


def target_only(base: Base, place: int = 0) -> Base:
    """The base with nobody but the customers that the lever at `place` acts on. Raises RequestProblem where there are none."""
    cells = base.cells
    if cells is None:
        return base
    chosen = cells.acted_on[:, place]
    if not (cells.customers[chosen].sum() > 0):
        raise RequestProblem(say("Nobody is in this group."), say("Choose another group of customers."))
    parts: dict[str, Any] = {
        name: getattr(cells, name)[chosen]
        for name in (
            "acted_on", "is_new", "customers", "alive", "hazard", "spend", "hazard_shifts", "alive_shifts", "spend_shifts", "concentration",
            "spread", "purchase",
        )
    }  # fmt: skip
    for name in ("largest", "owner"):
        parts[name] = tuple(each for each, is_in in zip(getattr(cells, name), chosen, strict=True) if is_in)
    return replace(base, cells=replace(cells, **parts), revenue_12m=float(base.revenue_of[place]), settled_12m=None)


def effect_on_target(base: Base, scenario: Scenario, points: float) -> pd.DataFrame:
    """`retention_effect` of the customers that the scenario's first lever acts on: the same columns."""
    return retention_effect(target_only(base), scenario, points)


def goal_spread(base: Base, scenario: Scenario, goal: Goal, amount: float, value: float, draws: int = DRAWS) -> pd.DataFrame:  # fmt: skip
    """One row: what a rate of the next twelve months comes to with the first lever (retention of everyone, if there is none) at
    `amount`: its middle with an 80% interval over the draws, and the share of them in which it is at least `value`.

    Columns: `SPREAD_COLUMNS`; rates are shares. Rates as `goal_seek` has them. Raises RequestProblem for other goals.
    """
    if goal not in OF_TODAY:
        raise RequestProblem(
            say('There is no goal called "{goal}".', goal=goal),
            say("The goals are: {names}.", names=", ".join(sorted(OF_TODAY))),
        )
    if not scenario.levers:
        base, scenario = one_on_everyone(base, scenario)
    base, scenario, _kept = today_only(base, scenario)
    found = rates(base, at_amount(scenario, 0, amount), goal, draws)
    low, middle, high = np.quantile(found, [0.10, 0.50, 0.90])
    row = {
        "goal_sought": goal, "needed_amount": amount, "goal_p10": float(low), "goal_median": float(middle), "goal_p90": float(high),
        "goal_chance": float((found >= value).mean()),
    }  # fmt: skip
    return frame([row], SPREAD_COLUMNS)
