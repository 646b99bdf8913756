"""A forecast held against what came: month by month, inside its bands or not, and which of the two futures it looks like.

The forecast is of everybody who was a customer on its as-of date, customers lost by then bringing nothing, and, where it counts
them, of those still to come. So that is what is compared, in the forecast's currency and under its filters; money of other
customers stands beside it. Revenue is by the day of the order, the won deal, or the days a contract ran; returns count when they
come. Customers can be counted only where contracts say who is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from analytics.customers import revenue
from analytics.customers.basis import BASES, Basis, Source, by_source
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.what_if import forecast, what_came
from analytics.what_if.forecast import COURSES, LEVEL_NAMES, LEVELS, QUANTITIES, Forecast
from analytics.what_if.what_came import Months
from data.errors import RequestProblem
from data.messages import say
from data.scenarios import SavedScenario
from data.tables import Tables

# Of a month: what of it looks like which future. "both": it would be usual in either; "between": in neither, and between them.
Likeness = Literal["nothing", "both", "baseline", "scenario", "between", "above", "below"]
LIKENESSES: tuple[Likeness, ...] = get_args(Likeness)
USUAL = 80  # percent: the band that what is usual lies in
_BANDS = tuple(f"{course}_{level}" for course in COURSES for level in LEVEL_NAMES)
COLUMNS = (
    "month", "starts_on", "ends_on", "quantity", "is_complete", "actual_compared", "actual_then", "actual_new", "actual_total",
    "baseline_band", "scenario_band", "baseline_rank", "scenario_rank", *_BANDS, "unit", "currency",
)  # fmt: skip
VERDICT_COLUMNS = (
    "scenario", "forecast_as_of", "looked_at", "months_complete", "months_forecast", "looks_like", "actual_compared", "baseline_p10",
    "baseline_p50", "baseline_p90", "scenario_p10", "scenario_p50", "scenario_p90", "baseline_rank", "scenario_rank", "months_in_baseline",
    "months_in_scenario", "not_counted", "unit", "currency",
)  # fmt: skip


def looked_back(tables: Tables, filters: Filters, saved: SavedScenario) -> Question:
    """What came in the months of a forecast, up to the as-of date, beside what was forecast. Columns: `COLUMNS`.

    One row a quantity (`QUANTITIES`) and month of the horizon; of months not begun what came is unknown. `is_complete`: the month
    was over by the as-of date. `actual_compared` is what compares with the forecast: of the customers there were (`actual_then`)
    and, where it counts them, of those since (`actual_new`); `actual_total` is all that was sold. A band is the narrowest of 50, 80
    and 90% that this lies in, 100 outside all; a rank the share of the forecast below it, 0.05 to 0.95. Months not
    complete are not judged. The filters are those of the forecast.

    Raises RequestProblem where nothing was forecast, or no day tells when anything was sold.
    """
    said = forecast.read(saved.forecast)
    return _question(tables, filters, said, lambda found: _months_told(Months(said, filters.as_of), found))


def looked_back_verdict(tables: Tables, filters: Filters, saved: SavedScenario) -> Question:
    """One row: which of the two futures the revenue of all complete months together looks like. Columns: `VERDICT_COLUMNS`.

    `looks_like`: baseline or scenario, where the revenue so far lies in the 80% band of that one alone; both; between them, above or
    below both; nothing where no month is complete. `months_in_baseline` and `months_in_scenario`: complete months whose revenue
    lies in the 80% band. `not_counted`: lines of other currencies or without a customer, which are in no month.
    """
    said = forecast.read(saved.forecast)

    def told(found: pd.DataFrame) -> pd.DataFrame:
        return frame([_verdict(saved.name, Months(said, filters.as_of), found)], VERDICT_COLUMNS)

    return _question(tables, filters, said, told)


def _question(tables: Tables, filters: Filters, said: Forecast, finish: Any) -> Question:
    months = Months(said, filters.as_of)
    within = replace(
        filters, since=None, until=None, pipeline=None, without=(),
        where=tuple(Choice(find(name, tables, "customers"), values) for name, values in said.where),
    )  # fmt: skip
    if not months.begun:
        return Question({}, lambda answers: finish(pd.DataFrame()))
    if said.basis not in BASES:
        asks = {"sold": what_came.won(tables, within, months)}
        return Question(asks, lambda answers: finish(answers["sold"]))

    def build(found: Source) -> Question:
        source = found
        if source.basis != said.basis:  # what tells of customers now is not what told of them then
            source = Source(cast(Basis, said.basis), several_currencies=True)
        if not revenue.has_days(source):
            raise RequestProblem(
                say("Nothing says on which day anything was sold, so months cannot be looked back on."),
                say("Add an export of orders or contracts with their dates."),
            )
        asks = {"sold": what_came.sold(tables, within, source, months)}
        if source.basis == "subscriptions":
            asks["there"] = what_came.there(tables, within, source, months)
        return Question(asks, lambda answers: finish(_joined(answers)))

    return by_source(tables, within, build)


def _joined(answers: Answers) -> pd.DataFrame:
    if "there" not in answers:
        return answers["sold"]
    return pd.concat([answers["sold"], answers["there"]], ignore_index=True)


def _actuals(months: Months, found: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """By quantity and who, the actual of each month begun; of customers only where they could be counted."""
    told: dict[str, dict[str, list[float]]] = {"revenue": {}, "customers": {}}
    for row in rows(found):
        for quantity, by_who in told.items():
            if row.get(quantity) is not None:
                by_who.setdefault(row["who"], [0.0] * months.begun)[row["month"]] += number(row[quantity])
    if not told["customers"]:
        del told["customers"]
    told["revenue_so_far"] = {name: np.cumsum(values).tolist() for name, values in told["revenue"].items()}
    return told


def _months_told(months: Months, found: pd.DataFrame) -> pd.DataFrame:
    actuals = _actuals(months, found)
    return frame(
        (_month(months, actuals, quantity, place) for quantity in QUANTITIES for place in range(months.of.months)), COLUMNS
    )  # fmt: skip


def _month(months: Months, actuals: Mapping[str, Mapping[str, list[float]]], quantity: str, place: int) -> Row:
    said = months.of
    is_complete = place < months.complete
    row: Row = {
        "month": place + 1, "starts_on": said.starts[place], "ends_on": said.starts[place + 1] - timedelta(days=1),
        "quantity": quantity, "is_complete": is_complete, "unit": "customers" if quantity == "customers" else "money",
        "currency": None if quantity == "customers" else said.currency or None,
    }  # fmt: skip
    for course in COURSES:
        row |= {f"{course}_{level}": float(said.level(course, quantity, level)[place]) for level in LEVEL_NAMES}
    # Who is there is known at the end of a month only.
    if quantity not in actuals or place >= (months.complete if quantity == "customers" else months.begun):
        return row
    of = {name: values[place] for name, values in actuals[quantity].items()}
    then, new = of.get("then", 0.0), of.get("new", 0.0)
    row |= {"actual_then": then, "actual_new": new, "actual_compared": _compared(said, then, new)}
    row["actual_total"] = then + new + of.get("nobody", 0.0)
    return row | (_held_against(row, row["actual_compared"]) if is_complete else {})


def _compared(said: Forecast, then: float, new: float) -> float:
    return then + new if said.counts_new else then


def _held_against(row: Mapping[str, Any], actual: float) -> Row:
    """The narrowest band the actual lies in, and its rank, in either future."""
    found: Row = {}
    for course in COURSES:
        levels = {level: row[f"{course}_{level}"] for level in LEVEL_NAMES}
        found[f"{course}_band"] = forecast.band_of(actual, levels)
        found[f"{course}_rank"] = float(np.interp(actual, _rising(list(levels.values())), LEVELS))
    return found


def _rising(values: list[float]) -> list[float]:
    """Where quantiles are equal, a rank is that of the last of them: steps too small to see make it so."""
    steps = np.arange(len(values)) * 1e-9 * (abs(values[-1]) + 1)
    return (np.asarray(values) + steps).tolist()


def _verdict(name: str, months: Months, found: pd.DataFrame) -> Row:
    said = months.of
    row: Row = {
        "scenario": name, "forecast_as_of": said.as_of, "looked_at": months.as_of, "months_complete": months.complete,
        "months_forecast": said.months, "looks_like": "nothing", "unit": "money", "currency": said.currency or None,
        "not_counted": sum(whole(each.get("lines")) for each in rows(found) if each["who"] in ("nobody", "other")),
    }  # fmt: skip
    if not months.complete:
        return row
    told = rows(_months_told(months, found))
    by_month = [each for each in told if each["quantity"] == "revenue" and each["is_complete"]]
    for course in COURSES:
        row[f"months_in_{course}"] = sum(each[f"{course}_band"] <= USUAL for each in by_month)
    last = next(each for each in told if each["quantity"] == "revenue_so_far" and each["month"] == months.complete)
    row |= {"actual_compared": last["actual_compared"], "looks_like": _likeness(last)}
    names = [f"{course}_{level}" for course in COURSES for level in ("p10", "p50", "p90")]
    return row | {each: last[each] for each in (*names, "baseline_rank", "scenario_rank")}


def _likeness(so_far: Mapping[str, Any]) -> Likeness:
    usual = {course: so_far[f"{course}_band"] <= USUAL for course in COURSES}
    if usual["baseline"] and usual["scenario"]:
        return "both"
    if usual["baseline"] or usual["scenario"]:
        return "baseline" if usual["baseline"] else "scenario"
    above = {course: so_far["actual_compared"] > so_far[f"{course}_p90"] for course in COURSES}
    if above["baseline"] != above["scenario"]:
        return "between"
    return "above" if above["baseline"] else "below"
