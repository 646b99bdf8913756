"""What it comes to in a year, at the pace of the end and over the whole time; and who comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.rows import Row, rows
from analytics.what_if import told as told_
from ui import session, tables
from ui.charts.what_if_fan import counted
from ui.charts.what_if_flows import flows_figure, periods
from ui.parts import Piece, chart, drawn, legend, rich, section, table, told
from ui.what_if.results_basis import HARDLY, SURE, About, eighty, flows, short_chance, under
from ui.what_if.words import months_words

SPAN_MEANS = ("share_of_baseline", "probability_positive")
FLOW_MEANS = ("customers_start", "came", "left", "customers_end", "saved")


def show(about: About) -> None:
    """The card of the three stretches of time."""
    with st.container(border=True, key=about.key("spans_card")):
        drawn(_spans, about)


@told
def _spans(about: About) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = about.of(told_.spans)
    every = rows(found)
    is_profit = about.verdict()["margin_used"] is not None
    yield partial(section, _("In the first year, at the pace of the end, over the whole time"), _same(every))
    by = {(row["span"], row["quantity"]): row for row in every}
    lines = []
    for span in told_.SPANS:
        profit, revenue = by[span, "profit_delta"], by[span, "revenue_delta"]
        name, what = _span_words(profit)
        lines.append([
            f'<div style="min-width:9rem"><b>{rich(name)}</b><br><span class="sh-small">{rich(what)}</span></div>', _amount(profit), _amount(revenue),
            rich(_share(profit)), rich(short_chance(profit["probability_positive"])),
        ])  # fmt: skip
    heads = [_("Time"), _("Profit") if is_profit else _("Revenue after costs"), _("Revenue"), _("of what comes anyway"), _("Chance of a gain")]  # fmt: skip
    yield partial(table, heads, lines, caption=_("The scenario over three stretches of time"), numbers=(1, 2, 3, 4))
    shown = tables.columns(
        found.assign(name=[_span_words(row)[0] for row in every], what=[_quantity(row["quantity"], is_profit) for row in every]),
        [
            ("name", _("Time"), "text"), ("what", _("What"), "text"), ("months_from", _("From month"), "count"), ("months_to", _("To month"), "count"),
            ("median", _("Difference, middle"), "money"), ("p10", _("80% from"), "money"), ("p90", _("80% to"), "money"),
            ("baseline", _("Without it, middle"), "money"), ("share_of_baseline", _("of what comes anyway"), "share"),
            ("probability_positive", _("Chance of a gain"), "share"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield under(about, "spans", _("Three stretches of time"), shown, SPAN_MEANS, "what_if_spans")


def _same(every: list[Row]) -> str:
    """That the same scenario looks small in a year's accounts and large over a lifetime, where it does."""
    _ = session.locale()._
    profit = {row["span"]: row for row in every if row["quantity"] == "profit_delta"}
    by = {span: row["median"] for span, row in profit.items()}
    first, whole = (profit[span]["probability_positive"] for span in ("in_year", "lifetime"))
    if first <= HARDLY and whole >= SURE:
        return _("The first year shows a loss, and the whole time a gain: what is kept pays back later than it costs.")
    if first <= HARDLY and by["in_year"] < 0:
        return _("The accounts of the first year show a loss: it costs before it brings.")
    if whole >= SURE and 0 < by["in_year"] < by["lifetime"] / 2:
        return _("What shows in the accounts of the first year is the smaller part of it.")
    return _("The same scenario, told three ways.")


def _span_words(row: Row) -> tuple[str, str]:
    locale = session.locale()
    _ = locale._
    first, last = locale.count(row["months_from"]), locale.count(row["months_to"])
    match row["span"]:
        case "in_year":
            return _("In the first year"), _("months {first} to {last}, as in the accounts").format(first=first, last=last)  # fmt: skip
        case "run_rate" if row["months_from"] == row["months_to"]:
            return _("Run rate"), _("a year at the pace of month {n}").format(n=last)
        case "run_rate":
            return _("Run rate"), _("the last twelve months, {first} to {last}").format(first=first, last=last)
        case _:
            return _("The whole time"), _("{months}, discounted to today").format(months=months_words(row["months_to"], locale))  # fmt: skip


def _quantity(name: str, is_profit: bool) -> str:
    _ = session.locale()._
    if name == "revenue_delta":
        return _("Revenue")
    return _("Profit") if is_profit else _("Revenue after costs")


def _amount(row: Row) -> str:
    locale = session.locale()
    return f'{rich(locale.money(row["median"], row["currency"], signed=True))}<br><span class="sh-range">{rich(eighty(row, "", row["currency"]))}</span>'  # fmt: skip


def _share(row: Row) -> str:
    locale = session.locale()
    return locale.change(row["share_of_baseline"]) if row["share_of_baseline"] is not None else locale.share(None)


# who comes and goes


def show_flows(about: About) -> None:
    """The card of customers: there at the start, came, left, there at the end."""
    with st.container(border=True, key=about.key("flows_card")):
        drawn(_flows, about)


@told
def _flows(about: About) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = about.of(flows)
    told_by = {name: _whole(found[found["course"] == name]) for name in told_.COURSES}
    without, with_it = told_by["baseline"], told_by["scenario"]
    yield partial(section, _("Customers who come and go"), _says(without, with_it))
    if not any(row[name] for row in (without, with_it) for name in ("customers_start", "came", "left")):
        return
    heads = [_("Which future"), _("At the start"), _("Came"), _("Left"), _("At the end")]
    names = ("customers_start", "came", "left", "customers_end")
    lines = [
        [rich(_("Without it")), *(rich(counted(look, without[name])) for name in names)],
        [rich(_("With it")), *(rich(counted(look, with_it[name])) for name in names)],
        [rich(_("Difference")), *(rich(counted(look, with_it[name] - without[name], signed=True)) for name in names)],
    ]
    yield partial(table, heads, lines, caption=_("Customers who come and go"), numbers=(1, 2, 3, 4))
    summed = periods(found)
    yield partial(legend, [(look.colors.accent, _("came, with it")), (look.colors.neutral, _("left, with it")), ("line:" + look.colors.ink, _("without it"))])  # fmt: skip
    alt = _("Over {months} with it {came} customers come and {left} leave; without it {came_without} come and {left_without} leave.").format(
        months=months_words(with_it["month"], locale), came=counted(look, with_it["came"]), left=counted(look, with_it["left"]),
        came_without=counted(look, without["came"]), left_without=counted(look, without["left"]),
    )  # fmt: skip
    yield partial(chart, flows_figure(summed, look), about.key("flows"), alt, wide=True)
    courses = {"baseline": _("Without it"), "scenario": _("With it")}
    shown = tables.columns(
        found.assign(course=found["course"].map(courses)),
        [
            ("month", _("Month"), "count"), ("starts_on", _("Begins on"), "day"), ("course", _("Which future"), "text"),
            ("customers_start", _("At the start"), "number"), ("came", _("Came"), "number"), ("left", _("Left"), "number"),
            ("customers_end", _("At the end"), "number"), ("saved", _("More than without it"), "number"),
        ],
    )  # fmt: skip
    stands = _("averages of all futures")
    yield under(about, "flows", _("Customers who come and go"), shown, FLOW_MEANS, "what_if_flows", stands, picture=f"wide_{about.key('flows')}")  # fmt: skip


def _whole(found: pd.DataFrame) -> Row:
    """The whole horizon of one course as one row."""
    found = found.sort_values("month")
    return {
        "month": int(found["month"].iloc[-1]), "customers_start": float(found["customers_start"].iloc[0]), "came": float(found["came"].sum()),
        "left": float(found["left"].sum()), "customers_end": float(found["customers_end"].iloc[-1]),
    }  # fmt: skip


def _says(without: Row, with_it: Row) -> str:
    locale, look = session.locale(), session.look()
    _ = locale._
    more = with_it["customers_end"] - without["customers_end"]
    months = months_words(with_it["month"], locale)
    if not round(more, 1):
        return _("As many are there after {months} as without it.").format(months=months)
    words = _("After {months}, {n} more are there than without it, on average.") if more > 0 else _("After {months}, {n} fewer are there than without it, on average.")  # fmt: skip
    return words.format(months=months, n=counted(look, abs(more)))
