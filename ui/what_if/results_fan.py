"""The card of the fan: the scenario against doing nothing, month by month."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal, get_args

import pandas as pd
import streamlit as st

from analytics.rows import Row, rows
from ui import session, tables
from ui.charts.what_if_fan import Measure, bands_key, counted, fan_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, legend, section, told
from ui.what_if.results_basis import About, by_month, under
from ui.what_if.words import months_words, range_words

Shown = Literal["difference", "revenue", "profit", "customers"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
QUANTITY: dict[Shown, str] = {
    "difference": "profit_delta_cumulative", "revenue": "revenue", "profit": "profit", "customers": "customers",
}  # fmt: skip
MEANS = ("baseline", "median", "p10", "p90")


def show(about: About) -> None:
    """The card, with the switch between what is added up, revenue, profit and customers."""
    locale = session.locale()
    words = shown_words(locale)
    with st.container(border=True, key=about.key("fan_card")):
        with st.container(horizontal=True, vertical_alignment="top", horizontal_alignment="distribute"):
            title = st.container(width="content")
            shown = _switch(words)
        with title:
            drawn(_title, about, shown)
        drawn(_fan, about, shown)


def shown_words(locale: Locale) -> dict[Shown, str]:
    """What the fan can show, as people read it."""
    _ = locale._
    return {"difference": _("Difference"), "revenue": _("Revenue"), "profit": _("Profit"), "customers": _("Customers")}


def _switch(words: dict[Shown, str]) -> Shown:
    st.segmented_control(
        session.locale()._("Shown"), SHOWN, default=None if session.get("what_if_fan_shown") else "difference", required=True,
        format_func=lambda name: words[name], label_visibility="collapsed", key="what_if_fan_shown", persist_state="session",
    )  # fmt: skip
    found = session.get("what_if_fan_shown")
    return found if found in SHOWN else "difference"


@told
def _title(about: About, shown: Shown) -> Iterator[Piece]:
    _ = session.locale()._
    is_profit = about.verdict()["margin_used"] is not None
    title, note = {
        "difference": (
            _("Profit against doing nothing, added up") if is_profit else _("Revenue after costs against doing nothing, added up"),
            _("Both futures share the same draws, so what is unknown of both does not blur the difference."),
        ),
        "revenue": (_("Revenue by month"), _LEVEL),
        "profit": (_("Profit by month") if is_profit else _("Revenue after costs by month"), _LEVEL),
        "customers": (_("Customers at the end of the month"), _LEVEL),
    }[shown]  # fmt: skip
    if note == _LEVEL:
        note = _("The bands are what nobody knows of the future, with the scenario or without; the difference is known better than they look.")  # fmt: skip
    yield partial(section, title, note)


_LEVEL = "level"


@told
def _fan(about: About, shown: Shown) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    every = about.of(by_month)
    found = every[every["quantity"] == QUANTITY[shown]]
    verdict = about.verdict()
    measure: Measure = "customers" if shown == "customers" else "money"
    is_difference = shown == "difference"
    paid_back = verdict["payback_month"] if is_difference and verdict["cost_p90"] > 0 else None
    figure = fan_figure(
        found, look, measure=measure, currency=verdict["currency"] or "", is_difference=is_difference,
        paid_back=int(paid_back) if paid_back is not None else None,
    )  # fmt: skip
    yield partial(legend, bands_key(look, is_difference=is_difference))
    alt = _alt(found, shown, verdict)
    yield partial(chart, figure, about.key("fan"), alt, wide=True)
    title = _("By month: {shown}").format(shown=shown_words(locale)[shown])
    yield under(about, "fan", title, _table(found), MEANS, "what_if_months", picture=f"wide_{about.key('fan')}")


def _alt(found: pd.DataFrame, shown: Shown, verdict: Row) -> str:
    """The fan in a sentence: where it ends, and when it is back at zero."""
    locale = session.locale()
    _ = locale._
    last = rows(found.sort_values("month"))[-1]
    money = verdict["currency"]

    def written(value: float, signed: bool = False) -> str:
        if shown == "customers":
            return counted(session.look(), value, signed=signed)
        return locale.money(value, money, signed=signed)

    said = {
        "what": shown_words(locale)[shown], "months": months_words(last["month"], locale), "range": range_words(written(last["p10"]), written(last["p90"]), locale),
        "without": written(last["baseline"]),
    }  # fmt: skip
    if shown != "difference":
        return _("{what} in the last of {months}: {middle} with the scenario in the middle (80%: {range}), {without} without it.").format(
            **said, middle=written(last["median"])
        )  # fmt: skip
    sentence = _("Profit against doing nothing, added up over {months}: {middle} in the middle (80%: {range}).").format(
        **said, middle=written(last["median"], signed=True)
    )
    if verdict["payback_month"] is not None and verdict["cost_p90"] > 0:
        sentence += " " + _("Paid back in month {n}.").format(n=locale.count(verdict["payback_month"]))
    return sentence


def _table(found: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    return tables.columns(
        found,
        [
            ("month", _("Month"), "count"), ("starts_on", _("Begins on"), "day"), ("baseline", _("Without it, middle"), "money"),
            ("baseline_p10", _("Without it, 80% from"), "money"), ("baseline_p90", _("Without it, 80% to"), "money"),
            ("median", _("With it, middle"), "money"), ("p05", _("90% from"), "money"), ("p10", _("80% from"), "money"),
            ("p25", _("50% from"), "money"), ("p75", _("50% to"), "money"), ("p90", _("80% to"), "money"), ("p95", _("90% to"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
