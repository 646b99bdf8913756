"""From the profit without a scenario to the profit with it: what each lever adds, in order, and what all of them cost."""

from __future__ import annotations

import pandas as pd

from analytics.rows import Row, frame
from analytics.what_if.base import Base
from analytics.what_if.changed import free, off, searched, with_lever
from analytics.what_if.scenario import Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.told import profit_delta

DRAWS = 2000
COLUMNS = ("bar", "lever_place", "lever_kind", "lever_name", "profit_change", "profit_after", "unit", "currency")
# In `bar`: what comes without a scenario, one lever more, what all levers cost, what comes with the scenario.
BARS = ("baseline", "lever", "cost", "scenario")


def waterfall(base: Base, scenario: Scenario, draws: int = DRAWS) -> pd.DataFrame:
    """One row a bar: baseline, each lever in its order, cost, scenario. Columns: `COLUMNS`.

    Means over the draws, profit over the horizon, so that the changes add up exactly from the first bar to the last; medians would
    not. Levers are added one by one without their costs: what two do together counts for the one that comes later.
    """
    base, current = searched(base), scenario
    for place, lever in enumerate(scenario.levers):
        current = with_lever(current, place, off(lever))
    found: list[tuple[str, int | None, float]] = []
    before = 0.0
    for place, lever in enumerate(scenario.levers):
        current = with_lever(current, place, free(lever))
        after = float(profit_delta(simulate(base, current, draws)).mean())
        found.append(("lever", place, after - before))
        before = after
    outcome = simulate(base, scenario, draws)
    start = float(outcome.baseline.profit.sum(axis=1).mean())
    whole = float(profit_delta(outcome).mean())
    if any(not lever.cost.is_free for lever in scenario.levers):
        found.append(("cost", None, whole - before))
    rows: list[Row] = [{"bar": "baseline", "profit_change": start, "profit_after": start}]
    for bar, at, change in found:
        own = scenario.levers[at] if at is not None else None
        rows.append({
            "bar": bar, "lever_place": at, "lever_kind": own.kind if own else None, "lever_name": (own.name or None) if own else None,
            "profit_change": change, "profit_after": rows[-1]["profit_after"] + change,
        })  # fmt: skip
    rows.append({"bar": "scenario", "profit_change": start + whole, "profit_after": start + whole})
    return frame([row | {"unit": "money", "currency": base.currency or None} for row in rows], COLUMNS)
