"""A scenario as a workbook: the answer, its months, every assumption, and the customers it acts on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from analytics.catalog import METRICS
from analytics.filters import UNDATED, Filters
from analytics.what_if import told
from analytics.what_if.acted_on import acted_on
from analytics.what_if.assumptions import Assumption, assumptions
from analytics.what_if.base import Base
from analytics.what_if.scenario import Scenario
from data.messages import Message
from ui import export, session
from ui.charts.quadrant import quadrant_words
from ui.customers.value_risk_words import lifecycle_words
from ui.export import Kind, Paper
from ui.locale import ISOLATES, Locale
from ui.tables import Table
from ui.what_if import asked
from ui.what_if.levers import lever_words
from ui.what_if.results_basis import by_month

NO_DAY = date(2000, 1, 1)  # of a workbook on data without dates
_ANSWER: Mapping[str, Kind] = {
    "quantity": "text", "horizon_months": "count", "baseline": "number", "median": "number", "p10": "number", "p90": "number",
    "probability_positive": "share", "p05": "number", "p25": "number", "p75": "number", "p95": "number", "baseline_p10": "number",
    "baseline_p90": "number", "currency": "text", "draws": "count",
}  # fmt: skip
_MONTHS: Mapping[str, Kind] = {
    "month": "count", "starts_on": "text", "quantity": "text", "baseline": "number", "baseline_p10": "number",
    "baseline_p90": "number", "median": "number", "p05": "number", "p10": "number", "p25": "number", "p75": "number",
    "p90": "number", "p95": "number", "currency": "text",
}  # fmt: skip
_CUSTOMERS: Mapping[str, Kind] = {
    "customer_id": "text", "customer": "text", "owner": "text", "levers": "text", "quadrant": "text", "lifecycle": "text",
    "value": "money", "risk": "share", "value_at_risk": "money", "revenue_12m": "money", "currency": "text",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a workbook is made of: `told.totals`, `told.by_month`, `assumptions`, and a call for `acted_on`, None where no customers are known."""

    scenario: Scenario
    totals: pd.DataFrame
    months: pd.DataFrame
    assumed: tuple[Assumption, ...]
    customers: Callable[[], pd.DataFrame] | None
    as_of: date


def of_scenario(scenario: Scenario) -> Callable[[], bytes]:
    """The workbook of a scenario, made when called, which may be outside a run."""
    base, locale, now = asked.base(scenario), session.locale(), session.filters()
    made = Told(
        scenario, asked.of_outcome(told.totals, scenario), asked.of_outcome(by_month, scenario),
        assumptions(base, scenario, now, session.workspace().revision), _customers_later(base, scenario), _dated(now),
    )  # fmt: skip
    return lambda: workbook(made, locale)


def _customers_later(base: Base, scenario: Scenario) -> Callable[[], pd.DataFrame] | None:
    if base.cells is None or not scenario.levers:
        return None
    return session.answer_later(
        acted_on, lambda found: found, scenario=scenario, settings=session.customer_settings()
    )  # fmt: skip


def _dated(filters: Filters) -> date:
    return filters.as_of if filters.as_of < UNDATED else NO_DAY


def workbook(made: Told, locale: Locale) -> bytes:
    """Sheets: the answer, its months, assumptions, customers. Right to left in Hebrew; the same answer, the same bytes."""
    _ = locale._
    papers = [
        _paper(_("Answer"), _named(made.totals, locale), _ANSWER, locale),
        _paper(_("Months"), _named(made.months, locale), _MONTHS, locale),
        _assumed(made.assumed, locale),
    ]
    if made.customers is not None:
        papers.append(_paper(_("Customers"), _in_words(made.customers(), locale), _CUSTOMERS, locale))
    return export.several(papers, made.as_of)


def _paper(title: str, found: pd.DataFrame, kinds: Mapping[str, Kind], locale: Locale) -> Paper:
    headings = {name: locale._(METRICS[name].label) for name in kinds}
    headings = {name: label if list(headings.values()).count(label) == 1 else f"{label} ({name})" for name, label in headings.items()}  # fmt: skip
    shown = found[list(kinds)].rename(columns=headings)
    return Paper("what_if", title, shown, {headings[name]: kind for name, kind in kinds.items()}, (), (), locale)


def quantity_words(locale: Locale) -> dict[str, str]:
    """What the rows of an answer are about."""
    _ = locale._
    return {
        "revenue": _("Revenue"), "profit": _("Profit"), "customers": _("Customers"), "cost": _("Cost"),
        "revenue_delta": _("Revenue delta"), "profit_delta": _("Profit delta"), "customers_delta": _("Saved customers"),
        "cost_delta": _("Added cost"), "revenue_delta_cumulative": _("Revenue delta, from the start"),
        "profit_delta_cumulative": _("Profit delta, from the start"),
    }  # fmt: skip


def _named(found: pd.DataFrame, locale: Locale) -> pd.DataFrame:
    words = quantity_words(locale)
    return found.assign(quantity=[words.get(name, name) for name in found["quantity"]])


def _in_words(found: pd.DataFrame, locale: Locale) -> pd.DataFrame:
    quadrants: Mapping[str, str] = quadrant_words(locale)
    lifecycles: Mapping[str, str] = lifecycle_words(locale)
    return found.assign(
        quadrant=[quadrants.get(name, name) for name in found["quadrant"]],
        lifecycle=[lifecycles.get(name, name) for name in found["lifecycle"]],
    )


def _assumed(assumed: tuple[Assumption, ...], locale: Locale) -> Paper:
    _ = locale._
    parts = {"scenario": _("Scenario"), "lever": _("Lever"), "data": _("Data"), "model": _("Model")}
    units = {
        "points": _("percentage points"), "percent": _("percent"), "days": _("days"), "per_hundred": _("a year for each 100 customers"),
        "months": _("months"), "share": _("share"), "money": _("money"),
    }  # fmt: skip
    lines = [
        {
            _("Part"): parts[each.part] + (f" {each.lever}" if each.lever else ""),
            _("What"): _said(each.what, locale),
            _("Value"): _value(each, locale),
            _("As low as"): each.low,
            _("As high as"): each.high,
            _("Unit"): units.get(each.unit, ""),
            _("From"): _said(each.source, locale),
        }
        for each in assumed
    ]
    found = pd.DataFrame(lines).astype(object)
    kinds: dict[str, Kind] = dict.fromkeys(found.columns, "text")
    kinds |= {_("Value"): "number", _("As low as"): "number", _("As high as"): "number"}
    return Paper("what_if_assumptions", _("Assumptions"), found, kinds, (), (), locale)


def _value(each: Assumption, locale: Locale) -> object:
    value = each.value
    match value:
        case Message():
            return _said(value, locale)
        case bool():
            return locale._("yes") if value else locale._("no")
        case date():
            return value.isoformat()
        case str() if each.unit == "kind":
            return next(words.label for kind, words in lever_words(locale).items() if kind == value)
        case _:
            return value


def _said(message: Message, locale: Locale) -> str:
    return locale.say(message).translate(ISOLATES).replace("\u2068", "")


def assumptions_table(scenario: Scenario) -> Table:
    """Every assumption of a scenario, as its workbook has them. Raises RequestProblem where it cannot be worked out."""
    assumed = assumptions(asked.base(scenario), scenario, session.filters(), session.workspace().revision)
    made = _assumed(assumed, session.locale())
    return made.rows, made.kinds
