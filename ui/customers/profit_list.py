"""The customers that cost more than they bring, with what would turn each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.profit import Costs, customer_profit
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.locale import NOTHING, Locale
from ui.parts import ROWS_ON_SCREEN, Piece, drawn, paper, plain, rich, section, table, tag, told, under_chart

ON_SCREEN = 12
MEANS = ("revenue", "discounts", "cost_of_goods", "cost_to_serve", "profit", "turns", "contacts_affordable")


def show_list(mine: pd.DataFrame, costs: Costs) -> None:
    """The card: those with a loss, the largest first."""
    row = mine[mine["cost_scenario"] == "as_given"].iloc[0]
    with st.container(border=True, key="card_unprofitable"):
        drawn(_none if not row["unprofitable"] else _list, costs)


@told
def _none(costs: Costs) -> Iterator[Piece]:
    _ = session.locale()._
    yield partial(
        section, _("Customers that cost more than they bring"), _("There is none, of the costs that are known.")
    )


@told
def _list(costs: Costs) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    asked: dict[str, Any] = {"costs": costs, "only_unprofitable": True}
    rows = session.answer(customer_profit, most=ROWS_ON_SCREEN, **asked)
    hopeless = int(sum(turns == ["reconsider"] for turns in rows["turns"]))
    sentence = _("{customers} cost more than they bring. {turned} would bring a profit if one thing changed; for {rest}, no single one is enough.").format(
        customers=locale.n_("{n} customer", "{n} customers", len(rows)), turned=locale.count(len(rows) - hopeless), rest=locale.count(hopeless),
    )  # fmt: skip
    yield partial(section, _("Customers that cost more than they bring"), sentence)
    heads = [_("Customer"), _("Owner"), _("Revenue"), _("Goods"), _("Service"), _("Profit"), _("What would turn it")]
    lines = [_line(row) for row in rows.head(ON_SCREEN).to_dict("records")]
    yield partial(table, heads, lines, caption=_("Customers that cost more than they bring"), numbers=(2, 3, 4, 5))
    shown, kinds = profit_table(rows, locale)
    means = words.meanings(*MEANS, of="customer_profit")
    parts = [
        _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
        if len(rows) > ON_SCREEN
        else locale.n_("{n} customer", "{n} customers", len(rows)),
        session.as_of_words(),
    ]
    basis = " · ".join(parts)
    what = paper(
        "unprofitable", _("Customers that cost more than they bring"), shown, kinds, meanings=means, basis=basis
    )
    more = session.answer_later(customer_profit, lambda found: profit_table(found, locale)[0], **asked)
    yield partial(
        under_chart, what, session.asked(customer_profit, most=ROWS_ON_SCREEN, **asked), means, basis, whole=more
    )


def turn_words(row: Mapping[str, Any], locale: Locale) -> list[str]:
    """What alone would end the loss, in words; the play is to reconsider where nothing would."""
    _ = locale._
    bearable = row["contacts_affordable"]
    few = 0 if bearable is None or pd.isna(bearable) else int(bearable)
    said = {
        "discounts": _("sell at list price"),
        "visits": locale.n_("at most {n} contact", "at most {n} contacts", few) if few else _("no contacts"),
        "cases": _("fewer service cases"),
        "returns": _("no returns"),
        "reconsider": _("reconsider: drop what costs more than it brings"),
    }
    return [said[name] for name in row["turns"]]


def _line(row: Mapping[str, Any]) -> list[str]:
    locale = session.locale()
    currency = row["currency"] if isinstance(row["currency"], str) else None
    goods, service = (None if pd.isna(row[name]) else row[name] for name in ("cost_of_goods", "cost_to_serve"))
    quiet = _service_words(row, locale)
    return [
        f'<b style="display:inline-block;min-width:11rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.money(row["revenue"], currency)),
        NOTHING if goods is None else rich(locale.money(goods, currency)),
        NOTHING if service is None else f"{rich(locale.money(service, currency))}<br><small>{rich(quiet)}</small>",
        f"<b>{rich(locale.money(row['profit'], currency))}</b>",
        " ".join(
            tag("warn" if row["turns"] == ["reconsider"] else "plain", words_) for words_ in turn_words(row, locale)
        ),
    ]


def _service_words(row: Mapping[str, Any], locale: Locale) -> str:
    """What the service was, of the kinds that are counted."""
    parts = []
    if "visits" in row["costs_counted"]:
        parts.append(locale.n_("{n} contact", "{n} contacts", int(row["contacts_made"])))
    if "cases" in row["costs_counted"] and row["cases_opened"]:
        parts.append(locale.n_("{n} case", "{n} cases", int(row["cases_opened"])))
    if "returns" in row["costs_counted"] and row["orders_returned"]:
        parts.append(locale.n_("{n} return", "{n} returns", int(row["orders_returned"])))
    return " · ".join(parts)


def profit_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """All of them."""
    _ = locale._
    told_ = [locale.listed(turn_words(row, locale)) for row in rows.to_dict("records")]
    return tables.columns_once(
        rows.assign(owner=[owner_words(name, locale) for name in rows["owner"]], turning=told_),
        [
            ("customer", _("Customer"), "text"),
            ("customer_id", _("Customer number"), "text"),
            ("owner", _("Owner"), "text"),
            ("revenue", _("Revenue"), "money"),
            ("discounts", _("Below list price"), "money"),
            ("cost_of_goods", _("Cost of goods"), "money"),
            ("cost_to_serve", _("Cost to serve"), "money"),
            ("contacts_made", _("Contacts"), "count"),
            ("cases_opened", _("Cases"), "count"),
            ("orders_returned", _("Returns"), "count"),
            ("profit", _("Profit"), "money"),
            ("profit_margin", _("Margin"), "share"),
            ("turning", _("What would turn it"), "text"),
            ("currency", _("Currency"), "text"),
        ],
    )
