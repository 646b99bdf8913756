"""Customers whose relation rests on one contact, or on one of our people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.rep_dependency import REASONS, single_contacts
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.locale import NOTHING, Locale
from ui.parts import ROWS_ON_SCREEN, Piece, drawn, note, paper, plain, rich, section, table, tag, told, under_chart

ON_SCREEN = 10
MEANS = ("rests_on", "expected", "risk", "contacts", "people_met", "people_of_ours", "handover_low")


def show_single(single: pd.DataFrame, handover: tuple[float, float]) -> None:
    """The card: the list, the most valuable first."""
    counts = single.groupby("rests_on")["customers_resting"].sum().to_dict()
    with st.container(border=True, key="card_dependency_single"):
        if not any(counts.get(name) for name in REASONS):
            drawn(_none, single)
            return
        drawn(_single, single, handover)


@told
def _none(single: pd.DataFrame) -> Iterator[Piece]:
    _ = session.locale()._
    yield partial(section, _("Customers that rest on one person"))
    yield partial(
        note,
        _(
            "No customer is known to rest on one person. That takes an export of contacts, or activities that name whom they were with."
        ),
    )


@told
def _single(single: pd.DataFrame, handover: tuple[float, float]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(single_contacts, handover=handover, most=ROWS_ON_SCREEN)
    counts = {
        name: int(single.loc[single["rests_on"] == name, "customers_resting"].sum())
        for name in (*REASONS, "any_contact")
    }
    here = int(single.loc[single["rests_on"] == "any_contact", "customers_here"].sum())
    sentence = _("Of {here} customers, {known} have a single contact on file, and at {met} only one of several was met in twelve months; at {ours}, only one of our people met anybody.").format(
        here=locale.count(here), known=locale.count(counts["one_contact_known"]), met=locale.count(counts["one_contact_met"]),
        ours=locale.count(counts["one_of_us"]),
    )  # fmt: skip
    yield partial(
        section,
        _("Customers that rest on one person"),
        sentence + " " + _("A second person on either side is the way out."),
    )
    heads = [
        _("Customer"),
        _("Owner"),
        _("Contact"),
        _("Expected"),
        _("Value at risk"),
        _("At stake in a handover"),
        _("Rests on"),
    ]
    lines = [_line(row) for row in rows.head(ON_SCREEN).to_dict("records")]
    yield partial(table, heads, lines, caption=_("Customers that rest on one person"), numbers=(3, 4, 5))
    shown, kinds = single_table(rows, locale)
    means = words.meanings(*MEANS, of="single_contacts")
    parts = [
        _("the first {shown}, most expected first").format(shown=locale.count(min(ON_SCREEN, len(rows)))),
        session.as_of_words(),
        _("a handover loses {range}").format(range=locale.shares(*handover)),
    ]
    basis = " · ".join(parts)
    what = paper("single_contacts", _("Customers that rest on one person"), shown, kinds, meanings=means, basis=basis)
    more = session.answer_later(single_contacts, lambda found: single_table(found, locale)[0], handover=handover)
    asked = session.asked(single_contacts, handover=handover, most=ROWS_ON_SCREEN)
    yield partial(under_chart, what, asked, means, basis, whole=more)


def reason_words(locale: Locale) -> dict[str, str]:
    """What a customer rests on, as people read it."""
    _ = locale._
    return {
        "one_contact_known": _("one contact on file"),
        "one_contact_met": _("one contact met"),
        "one_of_us": _("one of us"),
    }


def _line(row: Mapping[str, Any]) -> list[str]:
    locale = session.locale()
    currency = row["currency"] if isinstance(row["currency"], str) else None
    said = reason_words(locale)
    lost = locale.between(locale.money(row["handover_low"], currency), locale.money(row["handover_high"], currency))
    return [
        f'<b style="display:inline-block;min-width:11rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(plain(row["contact_name"])) if isinstance(row["contact_name"], str) else NOTHING,
        rich(locale.money(row["expected"], currency)),
        rich(locale.money(row["value_at_risk"], currency)),
        NOTHING if pd.isna(row["handover_low"]) else rich(lost),
        " ".join(tag("plain", said[name]) for name in row["rests_on"]),
    ]


def single_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """All of them."""
    _ = locale._
    said = reason_words(locale)
    rows = rows.assign(
        owner=[owner_words(name, locale) for name in rows["owner"]],
        why=[locale.listed([said[name] for name in names]) for names in rows["rests_on"]],
    )
    return tables.columns_once(
        rows,
        [
            ("customer", _("Customer"), "text"),
            ("customer_id", _("Customer number"), "text"),
            ("owner", _("Owner"), "text"),
            ("contact_name", _("Contact"), "text"),
            ("expected", _("Expected"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("risk", _("Risk"), "share"),
            ("handover_low", _("At stake, from"), "money"),
            ("handover_high", _("At stake, to"), "money"),
            ("contacts", _("Contacts on file"), "count"),
            ("people_met", _("Contacts met"), "count"),
            ("people_of_ours", _("Our people"), "count"),
            ("why", _("Rests on"), "text"),
            ("currency", _("Currency"), "text"),
        ],
    )
