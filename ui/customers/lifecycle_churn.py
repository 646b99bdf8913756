"""When a customer counts as lost: what several definitions come to, and whom each counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers import churn_definitions as definitions
from analytics.customers.churn_definitions import churn_definitions
from analytics.filters import Filters
from analytics.intervals import wilson
from data.tables import Tables
from ui import session, tables, words
from ui.charts.lifecycle import LEAST_SHOWN
from ui.customers.lifecycle_list import money_of, show_customers
from ui.customers.lifecycle_words import definition_words
from ui.locale import Locale
from ui.parts import Piece, drawn, nothing, paper, plain, rich, section, table, told, under_chart

MEANS = ("churn_definition", "counted_lost", "counted_share", "one_time_lost", "also_lost", "revenue_before_12m")
IN_FORCE = {"q95", "alive_20", "ended_30"}


def show_definitions(churn: pd.DataFrame | None) -> None:
    """The card: the table of definitions and the customers of the chosen one."""
    locale = session.locale()
    _ = locale._
    known = definitions.names(session.report())
    if not known:
        with st.container(border=True, key="card_nothing_definitions"):
            nothing(
                "rule",
                _("One definition of lost only"),
                _("The data say who has left, and not when, so there is nothing to compare."),
                [_("Add the first and last day of contracts, or an export of orders.")],
            )
        return
    found = session.answer(churn_definitions)
    if not found["bought_customers"].max():
        return
    with st.container(border=True, key="card_churn_definitions"):
        drawn(_table, found)
        counts = found.groupby("churn_definition")["counted_lost"].sum().to_dict()
        offered = [name for name in known if counts.get(name)]
        if not offered:
            return
        if session.get("churn_definition") not in offered:
            session.put("churn_definition", next((name for name in ("q95", "ended_30") if name in offered), offered[0]))
        said = definition_words(locale)
        st.selectbox(
            _("Customers lost by"), offered, key="churn_definition", persist_state="session", width=420,
            format_func=lambda name: f"{said[name]} · {locale.count(counts[name])}",
        )  # fmt: skip
        name = session.get("churn_definition") or offered[0]
        own = found[found["churn_definition"] == name]
        money = money_of(own, "revenue_before_12m", locale) if counts[name] >= LEAST_SHOWN else ""
        sentence = locale.n_("{n} customer", "{n} customers", int(counts[name]))
        if money:
            sentence = _("{customers}, who brought {money} in the year before the last.").format(
                customers=sentence, money=money
            )
        query = session.expression(listed, definition=name)
        show_customers(query, "churn_list", _("Who that is"), sentence, _line, list_table)


def listed(tables_: Tables, filters: Filters, definition: str) -> Any:
    """The customers that a definition counts as lost."""
    return definitions.counted_lost(tables_, filters, session.report(), definition)


@told
def _table(found: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    said = definition_words(locale)
    counts = found.groupby("churn_definition", sort=False)[["counted_lost", "one_time_lost", "also_lost"]].sum()
    least, most = counts["counted_lost"].min(), counts["counted_lost"].max()
    sentence = (
        _("The same customers by other rules: from {least} to {most} of {all} are lost. The rule in force is marked.")
        if least != most
        else _("By every rule {most} of {all} customers are lost. The rule in force is marked.")
    ).format(least=locale.count(least), most=locale.count(most), all=locale.count(found["bought_customers"].max()))
    yield partial(section, _("How much hangs on when a customer counts as lost"), sentence)
    lines = []
    for name, row in counts.iterrows():
        own = found[found["churn_definition"] == name]
        part = own.iloc[0]
        few = row["counted_lost"] < LEAST_SHOWN
        in_force = _("in force")
        mark = f" <small>({rich(in_force)})</small>" if name in IN_FORCE else ""
        rate = row["counted_lost"] / part["bought_customers"]
        low, high = wilson(rate, part["bought_customers"])
        money = money_of(own, "revenue_before_12m", locale)
        lines.append([
            f"{rich(said[str(name)])}{mark}",
            f"<b>{rich(locale.count(row['counted_lost']))}</b>",
            f"{rich(locale.share(rate))}<br><small>{rich(locale.shares(low, high))}</small>",
            rich(locale.count(row["also_lost"])),
            rich(locale.count(row["one_time_lost"])),
            rich(_("not enough")) if few else rich(money or "–"),
        ])  # fmt: skip
    heads = [
        _("Counts as lost"),
        _("Customers"),
        _("Share"),
        _("by the rule in force"),
        _("bought once"),
        _("Brought, year before"),
    ]
    yield partial(table, heads, lines, caption=_("Definitions of lost"), numbers=(1, 2, 3, 4, 5))
    rows, kinds = definitions_table(found, locale)
    means = words.meanings(*MEANS, of="churn_definitions")
    stands_on = " · ".join([
        locale.n_("{n} customer who ever bought", "{n} customers who ever bought", int(found["bought_customers"].max())),
        session.as_of_words(),
    ])  # fmt: skip
    what = paper("churn_definitions", _("Definitions of lost"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(churn_definitions), means, stands_on)


def definitions_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    said = definition_words(locale)
    few = found["counted_lost"] < LEAST_SHOWN
    money = ("revenue_12m", "revenue_before_12m")
    return tables.columns_once(
        found.assign(
            name=[said[name] for name in found["churn_definition"]],
            **{name: pd.to_numeric(found[name]).mask(few) for name in money},
        ),
        [
            ("name", _("Counts as lost"), "text"),
            ("counted_lost", _("Customers"), "count"),
            ("counted_share", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("also_lost", _("Lost by the rule in force"), "count"),
            ("one_time_lost", _("Bought once"), "count"),
            ("revenue_before_12m", _("Revenue, year before"), "money"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def _line(row: Mapping[str, Any], locale: Locale) -> tuple[str, list[str]]:
    _ = locale._
    facts = [plain(row["owner"] or _("No owner"))]
    if row["days_since"] is not None:
        facts.append(_("silent for {days}").format(days=locale.days(row["days_since"], 0)))
    if row["limit_days"] is not None:
        facts.append(_("lost after {days}").format(days=locale.days(row["limit_days"], 0)))
    if row["gap_days"] is not None:
        facts.append(_("usual gap {days}").format(days=locale.days(row["gap_days"], 0)))
    if row["alive"] is not None:
        facts.append(_("still there with a chance of {share}").format(share=locale.share(row["alive"])))
    if not row["also_lost"]:
        facts.append(_("not lost by the rule in force"))
    brought = [row[name] for name in ("revenue_12m", "revenue_before_12m") if row[name] is not None]
    if not brought:
        return "", facts
    return _("{money} in two years").format(money=locale.money(sum(brought), row["currency"] or None)), facts


def list_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    return tables.columns_once(
        found.assign(in_force=[_("yes") if flag else _("no") for flag in found["also_lost"]]),
        [
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("last_on", _("Last purchase"), "day"),
            ("days_since", _("Days since"), "days"),
            ("gap_days", _("Usual gap, days"), "days"),
            ("limit_days", _("Lost after, days"), "days"),
            ("alive", _("Still a customer"), "share"),
            ("purchases", _("Purchases"), "count"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("revenue_before_12m", _("Revenue, year before"), "money"),
            ("currency", _("Currency"), "text"),
            ("in_force", _("Lost by the rule in force"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
