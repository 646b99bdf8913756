"""What comes of a scenario, told: totals, months, flows of customers, whether it pays, and over which stretch of time.

A quantity ending in `_delta` is scenario less baseline in the same draw (S5). Money is undiscounted unless a function says otherwise.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from analytics.filters import UNDATED
from analytics.rows import Row, frame
from analytics.what_if.outcome import Course, Floats, Outcome

YEAR = 12
QUANTITIES = ("revenue", "profit", "customers", "cost")
DELTAS = tuple(f"{name}_delta" for name in QUANTITIES)
CUMULATIVE = ("revenue_delta_cumulative", "profit_delta_cumulative")
LEVELS = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}

TOTAL_COLUMNS = (
    "quantity", "horizon_months", "baseline", "median", "p10", "p90", "probability_positive", "p05", "p25", "p75", "p95",
    "baseline_p10", "baseline_p90", "unit", "currency", "draws",
)  # fmt: skip
MONTH_COLUMNS = (
    "month", "starts_on", "quantity", "baseline", "baseline_p10", "baseline_p90", "median", "p05", "p10", "p25", "p75",
    "p90", "p95", "unit", "currency",
)  # fmt: skip
FLOW_COLUMNS = ("month", "starts_on", "course", "customers_start", "came", "left", "customers_end", "saved")
COURSES = ("baseline", "scenario")
VERDICT_COLUMNS = (
    "probability_pays", "payback_month", "payback_p10", "payback_p90", "never_share", "npv", "npv_p10", "npv_p90", "cost", "cost_p10",
    "cost_p90", "saved", "saved_p10", "saved_p90", "return_on_cost", "return_p10", "return_p90", "discount_rate",
    "horizon_months", "margin_used", "currency", "draws",
)  # fmt: skip
SPAN_COLUMNS = (
    "span", "quantity", "months_from", "months_to", "baseline", "median", "p10", "p90", "probability_positive",
    "share_of_baseline", "is_discounted", "unit", "currency",
)  # fmt: skip
SPANS = ("in_year", "run_rate", "lifetime")


def totals(outcome: Outcome) -> pd.DataFrame:
    """One row a quantity, then one for each of `DELTAS`. Columns: `TOTAL_COLUMNS`.

    Money is summed over the horizon; customers are those there at its end. `baseline` is the median without the scenario, 0 for
    deltas, and `median`, `p10` and so on are quantiles over the draws with it. `probability_positive` is the share of draws above 0.
    """
    found = []
    for name in (*QUANTITIES, *DELTAS):
        without, with_it = (_over_horizon(each, name) for each in _of(outcome, name))
        found.append(
            {"quantity": name, "horizon_months": outcome.months, "draws": outcome.draws}
            | _baseline(without) | _spread(with_it) | _measure(outcome, name)
            | {"probability_positive": float((with_it > 0).mean())}
        )  # fmt: skip
    return frame(found, TOTAL_COLUMNS)


def by_month(outcome: Outcome, as_of: date) -> pd.DataFrame:
    """One row a quantity and month: `QUANTITIES`, `DELTAS` and `CUMULATIVE`. Columns: `MONTH_COLUMNS`.

    Of 80% of the draws the value lies between `p10` and `p90`, of half between `p25` and `p75`, of 90% between `p05` and `p95`. Month 1
    begins on the day after `as_of`.
    """
    starts = starts_on(as_of, outcome.months)
    found: list[Row] = []
    for name in (*QUANTITIES, *DELTAS, *CUMULATIVE):
        without, with_it = (_along(each, name) for each in _of(outcome, name.removesuffix("_cumulative")))
        low, middle, high = np.quantile(without, [LEVELS["p10"], 0.5, LEVELS["p90"]], axis=0)
        levels = np.quantile(with_it, list(LEVELS.values()), axis=0)
        found += [
            {"month": month + 1, "starts_on": starts[month], "quantity": name, "baseline": float(middle[month]),
             "baseline_p10": float(low[month]), "baseline_p90": float(high[month])}
            | {level: float(levels[place, month]) for place, level in enumerate(LEVELS)}
            | _measure(outcome, name)
            for month in range(outcome.months)
        ]  # fmt: skip
    return frame(found, MONTH_COLUMNS)


def flows(outcome: Outcome, as_of: date) -> pd.DataFrame:
    """One row a course (`COURSES`) and month, means over the draws, so that start + came - left = end and each end is the next
    start. Columns: `FLOW_COLUMNS`. `saved` is how many more are there at the end of the month than without the scenario."""
    starts = starts_on(as_of, outcome.months)
    found: list[Row] = []
    for name, course in zip(COURSES, (outcome.baseline, outcome.scenario), strict=True):
        came, left = course.came.mean(axis=0), course.left.mean(axis=0)
        saved = outcome.saved.mean(axis=0) if course is outcome.scenario else np.zeros(outcome.months)
        there = float(outcome.start.mean())
        for month in range(outcome.months):
            end = there + float(came[month]) - float(left[month])
            found.append({
                "month": month + 1, "starts_on": starts[month], "course": name, "customers_start": there,
                "came": float(came[month]), "left": float(left[month]), "customers_end": end, "saved": float(saved[month]),
            })  # fmt: skip
            there = end
    return frame(found, FLOW_COLUMNS)


def verdict(outcome: Outcome) -> pd.DataFrame:
    """One row: whether it pays. Columns: `VERDICT_COLUMNS`.

    `probability_pays`: the share of draws in which profit over the horizon is higher than without the scenario. `payback_month`:
    the first month from which on the median of the cumulative profit delta is 0 or more to the end; `payback_p10` and
    `payback_p90` the same month draw by draw, unknown where so many draws never get there; `never_share` is the share of draws that
    do not. `npv`: the profit delta discounted by month at `discount_rate` a year (R13). `saved`: customers there at the end
    because of the scenario. `return_on_cost`: profit delta over cost, median of the draws; unknown where it costs nothing.
    `margin_used` null: profit is revenue less costs.
    """
    delta = outcome.scenario.profit - outcome.baseline.profit
    cumulative = np.cumsum(delta, axis=1)
    cost = outcome.scenario.cost.sum(axis=1)
    months = payback_months(cumulative)
    row: Row = {
        "probability_pays": float((cumulative[:, -1] > 0).mean()),
        "payback_month": _month(payback_months(np.median(cumulative, axis=0)[None, :])[0]),
        "never_share": float(np.isinf(months).mean()),
        "discount_rate": outcome.discount_rate, "horizon_months": outcome.months, "margin_used": outcome.margin,
        "currency": outcome.currency or None, "draws": outcome.draws,
    }  # fmt: skip
    for name, level in (("payback_p10", 0.10), ("payback_p90", 0.90)):
        row[name] = _month(float(np.quantile(months, level, method="higher")))
    parts = {"npv": (delta * discount(outcome)).sum(axis=1), "cost": cost, "saved": outcome.saved[:, -1]}
    for name, values in parts.items():
        row |= _three(name, values)
    if np.median(cost) > 0:
        paid = cost > 0
        row |= _three("return", cumulative[paid, -1] / cost[paid])
        row["return_on_cost"] = row.pop("return")
    return frame([row], VERDICT_COLUMNS)


def spans(outcome: Outcome) -> pd.DataFrame:
    """Revenue and profit deltas over three stretches of time, side by side. Columns: `SPAN_COLUMNS`.

    `in_year`: summed over the first twelve months. `run_rate`: what a year brings at the pace of the end: the last twelve months
    of a horizon of 24 or more, else the last month times twelve. `lifetime`: the whole horizon, discounted. `share_of_baseline`: median
    delta over the baseline's median of the same stretch.
    """
    found: list[Row] = []
    months, late = outcome.months, outcome.months >= 2 * YEAR
    ones = np.ones(months)
    stretches = {
        "in_year": (0, min(YEAR, months), ones),
        "run_rate": (months - YEAR, months, ones) if late else (months - 1, months, ones * YEAR),
        "lifetime": (0, months, discount(outcome)),
    }
    for span, (first, last, weight) in stretches.items():
        for name in ("revenue", "profit"):
            without, with_it = (
                (getattr(course, name) * weight)[:, first:last].sum(axis=1) for course in (outcome.baseline, outcome.scenario)
            )  # fmt: skip
            delta, usual = with_it - without, float(np.median(without))
            spread = _spread(delta)
            found.append({
                "span": span, "quantity": f"{name}_delta", "months_from": first + 1, "months_to": last, "baseline": usual,
                **{level: spread[level] for level in ("median", "p10", "p90")},
                "probability_positive": float((delta > 0).mean()),
                "share_of_baseline": spread["median"] / usual if usual > 0 else None,
                "is_discounted": span == "lifetime",
            } | _measure(outcome, name))  # fmt: skip
    return frame(found, SPAN_COLUMNS)


def starts_on(as_of: date, months: int) -> list[str | None]:
    """The first day of each month: month 1 begins on the day after `as_of`. Unknown where the data have no dates."""
    if as_of >= UNDATED:
        return [None] * months
    first = pd.Timestamp(as_of + timedelta(days=1))
    return [(first + pd.DateOffset(months=month)).date().isoformat() for month in range(months)]


def profit_delta(outcome: Outcome) -> Floats:
    """By draw, over the horizon."""
    return np.asarray((outcome.scenario.profit - outcome.baseline.profit).sum(axis=1))


def discount(outcome: Outcome) -> Floats:
    """What money at the end of each month is worth today."""
    return np.asarray((1 + outcome.discount_rate) ** (-np.arange(1, outcome.months + 1) / YEAR))


def payback_months(cumulative: Floats) -> Floats:
    """By row, the first month (from 1) from which on a cumulative sum is never below 0 again; infinity where it ends below 0 or
    nothing was ever paid or gained."""
    below = cumulative < 0
    months = cumulative.shape[1]
    last = np.where(below.any(axis=1), months - np.argmax(below[:, ::-1], axis=1), 0)
    never = (last >= months) | ~(cumulative != 0).any(axis=1)
    return np.where(never, np.inf, last + 1.0)


def _of(outcome: Outcome, name: str) -> tuple[Floats, Floats]:
    """draw x month of a quantity without the scenario and with it, or of a delta: nothing, and the difference."""
    plain = name.removesuffix("_delta")
    courses: tuple[Course, Course] = (outcome.baseline, outcome.scenario)
    without, with_it = (np.asarray(getattr(course, plain)) for course in courses)
    if plain == name:
        return without, with_it
    return np.zeros_like(without), with_it - without


def _over_horizon(values: Floats, name: str) -> Floats:
    """By draw: a sum of money, or the customers at the end."""
    return np.asarray(values[:, -1] if name.startswith("customers") else values.sum(axis=1))


def _along(values: Floats, name: str) -> Floats:
    return np.cumsum(values, axis=1) if name.endswith("_cumulative") else values


def _spread(values: Floats) -> dict[str, float]:
    found = np.quantile(values, list(LEVELS.values()))
    return {name: float(value) for name, value in zip(LEVELS, found, strict=True)}


def _three(name: str, values: Floats) -> Row:
    spread = _spread(values)
    return {name: spread["median"], f"{name}_p10": spread["p10"], f"{name}_p90": spread["p90"]}


def _baseline(values: Floats) -> Row:
    spread = _spread(values)
    return {"baseline": spread["median"], "baseline_p10": spread["p10"], "baseline_p90": spread["p90"]}


def _measure(outcome: Outcome, name: str) -> dict[str, Any]:
    is_count = name.startswith("customers")
    return {"unit": "customers" if is_count else "money", "currency": None if is_count else outcome.currency or None}


def _month(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None
