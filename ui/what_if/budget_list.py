"""Whom to treat: the customers of the best use of a budget, by owner, and the workbook to hand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.rows import Row
from analytics.rows import rows as records
from analytics.what_if.budget import budget
from analytics.what_if.scenario import Scenario
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import NOTHING, Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    downloads,
    drawn,
    first_lines,
    note,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)
from ui.what_if.levers import lever_words
from ui.what_if.words import range_words

ON_SCREEN = 12
MEANS = ("cost", "expected_gain", "net_gain", "saves")


def show(scenario: Scenario, asked: Mapping[str, Any]) -> None:
    """The card of the chosen customers."""
    drawn(_list, scenario, asked)


@told
def _list(scenario: Scenario, asked: Mapping[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(budget, **asked)
    rows = found.head(ROWS_ON_SCREEN)
    owners = found["owner"].nunique()
    many = locale.n_("{n} customer", "{n} customers", len(found))
    of = [locale.n_("{n} owner", "{n} owners", int(owners))] if owners else []
    yield partial(section, _("Whom to treat"), " · ".join([many, *of, _("the largest gain less cost first")]))
    heads = [
        _("Customer"),
        _("Owner"),
        _("What to do"),
        _("Cost"),
        _("Expected gain"),
        _("Gain for its cost"),
        _("Risk"),
        _("Note"),
    ]
    lines = [_line(row, locale) for row in records(rows.head(ON_SCREEN))]
    yield partial(table, heads, lines, caption=_("Customers to treat"), numbers=(3, 4, 5, 6))
    shown, kinds = sheet(rows, locale)
    means = words.meanings(*MEANS, of="budget")
    first = _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(len(found)))
    basis = " · ".join([
        *first_lines(len(found), ON_SCREEN, first), _("80% by levers and models; whether a customer itself stays is chance beside it"),
        session.as_of_words(),
    ])  # fmt: skip
    what = paper("what_if_chosen", _("Whom to treat"), shown, kinds, meanings=means, basis=basis)
    what = replace(what, about=(*what.about, *_spent_words(scenario, found, locale)))
    whole = session.answer_later(budget, lambda every: sheet(every, locale)[0], **asked)
    yield partial(_take, replace(what, name="what_if_action_sheet", sheets_by=_("Owner")), whole, rows.head(ON_SCREEN))
    yield partial(under_chart, what, session.asked(budget, **asked), means, basis, whole=whole)


def _spent_words(scenario: Scenario, found: pd.DataFrame, locale: Locale) -> Iterator[tuple[str, str]]:
    """What was asked, for whoever reads it on paper."""
    _ = locale._
    currency = next(iter(found["currency"].dropna()), None)
    yield _("Budget"), locale.money_exact(scenario.budget, currency)
    most = scenario.capacity.per_owner_per_month
    if most is not None:
        yield _("An owner can save, a month"), f"{most:g}"
    yield _("Seed"), str(scenario.seed)


def _take(what: Any, whole: Any, first: pd.DataFrame) -> None:
    """The plan to hand out, all customers and then those of each owner."""
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_if_take"):
        customer_links(records(first), "what_if_open")
        with st.popover(_("Action sheet by owner"), icon=":material/assignment_turned_in:", key="what_if_action_sheet"):
            downloads(what, whole)
        note(_("A workbook with a sheet an owner: customer, what to do, what it costs and what it is expected to bring."))  # fmt: skip


def _line(row: Row, locale: Locale) -> list[str]:
    _ = locale._
    name = row["customer"] or row["customer_id"]
    currency = row["currency"]
    gain = rich(locale.money(row["expected_gain"], currency))
    range_ = range_words(locale.money(row["low"], currency), locale.money(row["high"], currency), locale)
    times = NOTHING if row["gain_per_cost"] is None else rich(_times(row["gain_per_cost"], locale))
    return [
        f'<b style="display:inline-block;min-width:10rem">{rich(plain(name))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        f'<span style="display:inline-block;min-width:8rem">{rich(plain(_lever(row, locale)))}</span>',
        rich(locale.money(row["cost"], currency)),
        f"<b>{gain}</b><br><small>{rich(range_)}</small>",
        times,
        rich(_("has left")) if row["risk"] is None else rich(locale.share(row["risk"])),
        tag("warn", _("may not pay")) if row["uncertain_gain"] else "",
    ]


def _times(value: float, locale: Locale) -> str:
    return locale.ltr(f"{value:,.0f}×" if value >= 10 else f"{value:.1f}×")


def _lever(row: Row, locale: Locale) -> str:
    return str(row["lever_name"]) if row["lever_name"] else lever_words(locale)[row["lever"]].label


def sheet(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a customer, as it is handed out."""
    _ = locale._
    each = records(found)
    said = found.assign(
        owner=[owner_words(row["owner"], locale) for row in each],
        customer=[row["customer"] or row["customer_id"] for row in each],
        what=[_lever(row, locale) for row in each],
        sure=[_("may not pay") if row["uncertain_gain"] else _("pays in 9 of 10 cases") for row in each],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"), ("customer", _("Customer"), "text"), ("what", _("What to do"), "text"), ("cost", _("Cost"), "money"),
            ("expected_gain", _("Expected gain"), "money"), ("low", _("80% from"), "money"), ("high", _("80% to"), "money"),
            ("net_gain", _("Gain less cost"), "money"), ("gain_per_cost", _("Gain for its cost"), "number"), ("sure", _("How sure"), "text"),
            ("saves", _("Kept or won back"), "number"), ("risk", _("Risk"), "share"), ("value", _("Value"), "money"),
            ("value_at_risk", _("Value at risk"), "money"), ("currency", _("Currency"), "text"), ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip
