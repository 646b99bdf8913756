"""Up to six scenarios side by side: each against going on as now, and each against the best of them in the same draws (S5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.rows import Row, frame
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import Scenario
from analytics.what_if.told import verdict
from data.errors import RequestProblem
from data.messages import say

MOST_COMPARED = 6
COLUMNS = (
    "scenario", "lever_count", "horizon_months", "probability_pays", "profit_delta", "profit_delta_p10", "profit_delta_p90", "revenue_delta",
    "revenue_delta_p10", "revenue_delta_p90", "cost", "cost_p10", "cost_p90", "payback_month", "saved", "saved_p10", "saved_p90",
    "is_best", "to_best", "to_best_p10", "to_best_p90", "beats_best", "not_compared", "currency", "margin_used", "seed", "draws",
)  # fmt: skip
_MONEY = ("profit_delta", "revenue_delta", "cost")


@dataclass(frozen=True)
class Side:
    """One of the scenarios, and what `by_draw` and `told.verdict` say of it."""

    scenario: Scenario
    draws: pd.DataFrame
    verdict: pd.DataFrame


def alike(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """The scenarios in the same draws: seed and number of those of the first, so that what differs is what is done. Raises
    RequestProblem for more than `MOST_COMPARED`, for none, and for two of one name."""
    if not 1 <= len(scenarios) <= MOST_COMPARED:
        raise RequestProblem(
            say("{n} scenarios cannot be compared.", n=len(scenarios)), say("Choose one to {most}.", most=MOST_COMPARED)
        )
    names = [scenario.name.casefold() for scenario in scenarios]
    if len(set(names)) < len(names):
        raise RequestProblem(
            say("Two of the scenarios have one name."), say("Give each a name of its own.")
        )  # fmt: skip
    first = scenarios[0]
    return tuple(replace(each, seed=first.seed, draws=first.draws) for each in scenarios)


def by_draw(outcome: Outcome) -> pd.DataFrame:
    """One row a draw: `profit_delta, revenue_delta, cost` over the horizon."""
    with_it, without = outcome.scenario, outcome.baseline
    return pd.DataFrame({
        "profit_delta": (with_it.profit - without.profit).sum(axis=1),
        "revenue_delta": (with_it.revenue - without.revenue).sum(axis=1),
        "cost": with_it.cost.sum(axis=1),
    })  # fmt: skip


def side(scenario: Scenario, outcome: Outcome) -> Side:
    """A scenario for comparing, from its outcome."""
    return Side(scenario, by_draw(outcome), verdict(outcome))


def compared(sides: Sequence[Side]) -> pd.DataFrame:
    """One row a scenario, in their order. Columns: `COLUMNS`.

    Money is over the horizon, undiscounted: the median over the draws, with p10 and p90. `is_best`: the highest median profit
    delta of those that can be compared with the first: over the same horizon, in the same currency, counted alike. `to_best` is the
    difference in profit to the best one draw by draw (0 for itself) and `beats_best` the share of draws in which it does better;
    both are unknown where `not_compared` says why: horizon, currency, margin, new_customers or draws.
    """
    first = sides[0]
    reasons = [_not_compared(each, first) for each in sides]
    among = [place for place, reason in enumerate(reasons) if reason is None]
    best = max(among, key=lambda place: (_quantile(sides[place], "profit_delta", 0.5), -place))
    found: list[Row] = []
    for place, each in enumerate(sides):
        told = each.verdict.iloc[0]
        row: Row = {
            "scenario": each.scenario.name, "lever_count": len(each.scenario.levers), "horizon_months": each.scenario.horizon_months,
            "not_compared": reasons[place], "is_best": place == best, "seed": each.scenario.seed,
            **{name: told[name] for name in ("probability_pays", "payback_month", "saved", "saved_p10", "saved_p90", "currency",
                                             "margin_used", "draws")},
        }  # fmt: skip
        for name in _MONEY:
            row |= {name: _quantile(each, name, 0.5)}
            row |= {f"{name}_p10": _quantile(each, name, 0.1), f"{name}_p90": _quantile(each, name, 0.9)}
        if reasons[place] is None:
            row |= _to_best(each.draws["profit_delta"].to_numpy(), sides[best].draws["profit_delta"].to_numpy())
        found.append(row)
    return frame(found, COLUMNS)


def _to_best(own: np.ndarray, best: np.ndarray) -> Row:
    low, middle, high = (float(each) for each in np.quantile(own - best, (0.1, 0.5, 0.9)))
    return {"to_best": middle, "to_best_p10": low, "to_best_p90": high, "beats_best": float((own > best).mean())}


def _quantile(of: Side, name: str, level: float) -> float:
    return float(np.quantile(of.draws[name], level))


def _not_compared(one: Side, first: Side) -> str | None:
    told, said = one.verdict.iloc[0], first.verdict.iloc[0]
    if one.scenario.horizon_months != first.scenario.horizon_months:
        return "horizon"
    if _differs(told["currency"], said["currency"]):
        return "currency"
    if _differs(told["margin_used"], said["margin_used"]):
        return "margin"
    if one.scenario.counts_new != first.scenario.counts_new:
        return "new_customers"
    if one.scenario.seed != first.scenario.seed or len(one.draws) != len(first.draws):
        return "draws"
    return None


def _differs(one: object, other: object) -> bool:
    return not (one == other or (pd.isna(one) and pd.isna(other)))
