"""The customers that a scenario acts on: who they are, who looks after them, and what rests on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from analytics.customers.value_risk import QUADRANTS
from analytics.filters import Filters
from analytics.rows import Row, rows
from analytics.what_if.acted_on import acted_on
from analytics.what_if.fitted import without_amounts
from analytics.what_if.scenario import LEVERS, Scenario
from data.customer_settings import CustomerSettings
from data.tables import Tables
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.quadrant import quadrant_words
from ui.customer.links import customer_links
from ui.locale import NOTHING, Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    drawn,
    first_lines,
    note,
    paper,
    plain,
    rich,
    section,
    table,
    told,
    under_chart,
)
from ui.what_if.results_basis import About
from ui.what_if.words import levers_named

ON_SCREEN = 12
NAMED = 2
MEANS = ("value", "risk", "value_at_risk", "revenue_12m")


def show(about: About) -> None:
    """The card: those with most at risk first."""
    with st.container(border=True, key=about.key("customers_card")):
        drawn(_list, about)


def named(about: About) -> str:
    """On how many customers it acts and who comes first, as a sentence; nothing where it acts on none of today."""
    locale = session.locale()
    _ = locale._
    n = count(about.scenario)
    if not n:
        return ""
    first = [plain(row["customer"]) for row in rows(_found(about).head(NAMED))]
    customers = locale.n_("{n} customer", "{n} customers", n)
    if n <= NAMED:
        said = _("It acts on {names}.").format(names=locale.listed(first))
    else:
        said = _("It acts on {customers}, first {names}.").format(customers=customers, names=locale.listed(first))
    # A name may end in a full stop of its own: "Acme Inc."
    return re.sub(r"\.(\W?)\.$", r".\1", said)


def count(scenario: Scenario) -> int:
    """How many customers it acts on."""
    return session.count(session.expression(_listed, **_asked(scenario)))


def _listed(tables_: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings) -> ir.Table:
    return acted_on(tables_, filters, scenario, settings).asks["acted_on"].select("customer_id")


def _asked(scenario: Scenario) -> dict[str, Any]:
    # Whom it acts on is asked once for all amounts.
    return {"scenario": without_amounts(scenario), "settings": session.customer_settings()}


def _found(about: About) -> pd.DataFrame:
    return session.answer(acted_on, most=ROWS_ON_SCREEN, **_asked(about.scenario))


@told
def _list(about: About) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = _found(about)
    n = count(about.scenario) if len(found) else 0
    if not n:
        yield partial(section, _("Whom it acts on"))
        yield partial(note, _nobody(about))
        return
    every = rows(found)
    names = levers_named(about.scenario, locale)
    several = len(about.scenario.levers) > 1
    customers = locale.n_("{n} customer", "{n} customers", n)
    yield partial(section, _("Whom it acts on"), _("{customers}, those with most at risk first.").format(customers=customers))  # fmt: skip
    heads = [
        _("Customer"), _("Owner"), _("Quadrant"), *([_("Levers")] if several else []), _("Value"), _("Risk"), _("Value at risk"),
        _("Revenue, 12 months"),
    ]  # fmt: skip
    lines = [_line(row, names if several else []) for row in every[:ON_SCREEN]]
    numbers = range(len(heads) - 4, len(heads))
    yield partial(table, heads, lines, caption=_("Customers the scenario acts on"), numbers=numbers)
    yield partial(customer_links, every[:ON_SCREEN], about.key("customers_open"))
    means = words.meanings(*MEANS, of="what_if_customers")
    first = _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(n))
    basis = " · ".join([*first_lines(n, min(ON_SCREEN, n), first), session.as_of_words()])
    shown, kinds = _sheet(found, names, locale)
    what = paper(about.key("customers"), _("Whom it acts on"), shown, kinds, meanings=means, basis=basis)
    whole = session.answer_later(acted_on, lambda all_: _sheet(all_, names, locale)[0], **_asked(about.scenario))
    listed = session.asked(acted_on, most=ROWS_ON_SCREEN, **_asked(about.scenario))
    yield partial(under_chart, what, listed, means, basis, whole=whole)


def _nobody(about: About) -> str:
    _ = session.locale()._
    acts = {LEVERS[lever.kind].acts for lever in about.scenario.levers}
    if acts <= {"pipeline"}:
        return _("It works on deals, and on no customer of today.")
    if acts <= {"pipeline", "new"}:
        return _("It works on new customers and deals, and on no customer of today.")
    return _("It acts on no customer of today.")


def _line(row: Row, names: list[tuple[str, str]]) -> list[str]:
    locale = session.locale()
    money = row["currency"]
    quadrant = quadrant_words(locale).get(row["quadrant"] or "", locale._("has left") if row["lifecycle"] == "lost" else NOTHING)  # fmt: skip
    levers = [rich(plain(", ".join(names[int(place)][0] for place in row["lever_places"])))] if names else []
    return [
        f'<strong>{rich(plain(row["customer"] or row["customer_id"]))}</strong>', rich(plain(owner_words(row["owner"], locale))), rich(quadrant),
        *levers, rich(locale.money(row["value"], money)), rich(locale.share(row["risk"])), rich(locale.money(row["value_at_risk"], money)),
        rich(locale.money(row["revenue_12m"], money)),
    ]  # fmt: skip


def _sheet(found: pd.DataFrame, names: list[tuple[str, str]], locale: Locale) -> tables.Table:
    _ = locale._
    quadrants = {name: quadrant_words(locale)[name] for name in QUADRANTS}
    shown = found.assign(
        quadrant=found["quadrant"].map(quadrants),
        owner=[owner_words(name, locale) for name in found["owner"]],
        levers=[", ".join(names[int(place)][0] for place in places) for places in found["lever_places"]],
    )
    return tables.columns_once(
        shown,
        [
            ("customer", _("Customer"), "text"), ("customer_id", _("Customer number"), "text"), ("owner", _("Owner"), "text"),
            ("levers", _("Levers"), "text"), ("quadrant", _("Quadrant"), "text"), ("value", _("Value"), "money"), ("risk", _("Risk"), "share"),
            ("value_at_risk", _("Value at risk"), "money"), ("revenue_12m", _("Revenue, 12 months"), "money"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
