"""The customers who say nothing, with what is at risk there and who looks after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import find
from analytics.nps.silent import SILENT, reason, silence, silent_accounts
from analytics.rows import rows as records
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import ISOLATES, NOTHING, Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    drawn,
    first_lines,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

ON_SCREEN = 12
MEANS = ("silence", "is_out_of_contact", "days_since_contact", "revenue_12m", "value_at_risk", "days_silent")


def show_silent(promised: dict[str, Any]) -> None:
    """The card: silent customers, of an owner or of a kind, those out of contact first."""
    locale = session.locale()
    _ = locale._
    owners = _owners(promised)
    if not owners:
        return
    kinds = {name: kind for name, kind in kind_words(locale).items() if name in _kinds(promised)}
    for key, known in (("reach_owner", owners), ("reach_silence", kinds)):
        if session.get(key) not in known:
            session.put(key, None)
    with st.container(border=True, key="card_reach_silent"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_reach_silent"
            ):
                st.selectbox(
                    _("Owner"), list(owners), index=None, key="reach_owner", width=190, persist_state="session",
                    placeholder=_("All owners"), format_func=lambda name: owners[name],
                )  # fmt: skip
                st.selectbox(
                    _("Silent how"), list(kinds), index=None, key="reach_silence", width=230, persist_state="session",
                    placeholder=_("However they are"), format_func=lambda name: kinds[name],
                )  # fmt: skip
        asked = {**promised, "owner": session.get("reach_owner"), "silence": session.get("reach_silence")}
        found = session.answer(silent_accounts, most=ROWS_ON_SCREEN, **asked)
        with title:
            drawn(_title, len(found), owners.get(asked["owner"]), kinds.get(asked["silence"]))
        if len(found):
            drawn(_list, asked)


def kind_words(locale: Locale) -> dict[str, str]:
    """The kinds of silence in words."""
    _ = locale._
    return {
        "never_answered": _("asked, never answered"), "long_ago": _("not for twelve months"), "never_asked": _("never asked"),
        "no_answer": _("no answer on record"),
    }  # fmt: skip


def _kinds(promised: dict[str, Any]) -> list[str]:
    return [kind for kind in session.answer(silence, **promised)["silence"] if kind in SILENT]


def _owners(promised: dict[str, Any]) -> dict[str, str]:
    """The owners of silent customers by their code, "" for none; those with most at risk first."""
    locale = session.locale()
    found = session.answer(silence, by=find("owner", session.tables(), "customers"), **promised)
    found = found[(found["silence"] == "silent") & (found["customers_now"] > 0)]
    found = found.sort_values(["value_at_risk", "customers_now"], ascending=False, kind="stable")
    return {"" if pd.isna(name) else str(name): locale.name(owner_words(name, locale)) for name in found.iloc[:, 0]}


@told
def _title(n: int, owner: str | None, kind: str | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    said = [
        _("more than {n} customers").format(n=locale.count(n))
        if n >= ROWS_ON_SCREEN
        else locale.n_("{n} customer", "{n} customers", n)
    ]
    said += [plain(name) for name in (kind, owner) if name]
    yield partial(section, _("Silent customers"), " · ".join(said))


@told
def _list(asked: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(silent_accounts, most=ROWS_ON_SCREEN, **asked)
    heads = [
        _("Customer"), _("Owner"), _("Survey"), _("Last contact"), _("Last purchase"), _("Revenue, 12 months"), _("Value at risk"), _("Remark"),
    ]  # fmt: skip
    yield partial(
        table,
        heads,
        [_line(row) for row in records(rows.head(ON_SCREEN))],
        caption=_("Silent customers"),
        numbers=(3, 4, 5, 6),
    )
    shown, kinds = sheet(rows, locale)
    means = words.meanings(*MEANS, of="silent_accounts")
    basis = [session.as_of_words(), _("out of contact first, then most value at risk")]
    first = _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
    basis[:0] = first_lines(len(rows), ON_SCREEN, first)
    about = paper("reach_silent", _("Silent customers"), shown, kinds, meanings=means, basis=" · ".join(basis[-2:]))
    what = replace(about, about=(*about.about, *_chosen_words(asked)))
    yield partial(customer_links, records(rows.head(ON_SCREEN)), "reach_open")
    whole = session.answer_later(silent_accounts, lambda found: sheet(found, locale)[0], **asked)
    listed = session.asked(silent_accounts, most=ROWS_ON_SCREEN, **asked)
    yield partial(under_chart, what, listed, means, " · ".join(basis), whole=whole)


def _chosen_words(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the list was narrowed to, for whoever reads it on paper."""
    locale = session.locale()
    if asked["owner"] is not None:
        yield locale._("Owner"), owner_words(asked["owner"], locale)
    if asked["silence"] is not None:
        yield locale._("Silent how"), kind_words(locale)[asked["silence"]]


def _line(row: Mapping[str, Any]) -> list[str]:
    """A customer as a line of the table."""
    locale = session.locale()
    _ = locale._
    contact, bought = (
        [row[day], row[since]] for day, since in (("last_contact_on", "days_since_contact"), ("last_on", "days_since"))
    )
    remarks = [tag("warn", _("out of contact"))] if row["is_out_of_contact"] else []
    if row["lifecycle"] == "defecting":
        remarks.append(tag("warn", _("drifting away")))
    if row["tier"]:
        remarks.append(tag("plain", _("tier {tier}").format(tier=row["tier"])))
    return [
        f'<b style="display:inline-block;min-width:10rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        f'<span style="display:inline-block;min-width:12rem">{rich(locale.say(reason(row)))}</span>',
        _days(contact, _("none on record")),
        _days(bought, _("none")),
        rich(locale.money(row["revenue_12m"], row["currency"])) if row["revenue_12m"] is not None else NOTHING,
        rich(locale.money(row["value_at_risk"], row["currency"])) if row["value_at_risk"] is not None else NOTHING,
        " ".join(remarks),
    ]


def _days(known: list[Any], otherwise: str) -> str:
    locale = session.locale()
    day, since = known
    if since is None:
        return f"{NOTHING}<br><small>{rich(otherwise)}</small>"
    said = rich(locale.days(since, 0))
    return said if day is None else f"{said}<br><small>{rich(locale.day(day))}</small>"


def sheet(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a customer, as it is taken away."""
    _ = locale._
    told_ = records(rows)
    kinds = kind_words(locale)
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told_],
        silence=[kinds[row["silence"]] for row in told_],
        why=[locale.say(reason(row)).translate(ISOLATES) for row in told_],
        out=[_("yes") if row["is_out_of_contact"] else _("no") for row in told_],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("customer", _("Customer"), "text"),
            ("tier", _("Tier"), "text"),
            ("silence", _("Silent how"), "text"),
            ("why", _("Survey"), "text"),
            ("times_asked", _("Times asked"), "count"),
            ("last_asked_on", _("Last asked"), "day"),
            ("last_answered_on", _("Last answer"), "day"),
            ("out", _("Out of contact"), "text"),
            ("last_contact_on", _("Last contact"), "day"),
            ("days_since_contact", _("Days without contact"), "days"),
            ("last_on", _("Last purchase"), "day"),
            ("days_since", _("Days since the last purchase"), "days"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("value", _("Value"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
