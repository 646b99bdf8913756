"""Who has not been seen: the customers to contact, by owner, and the workbook to hand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.contact_programme import contact_coverage, contact_programme, reason
from analytics.fields import find
from analytics.rows import rows as records
from data.customer_settings import TIERS
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import ISOLATES, NOTHING, Locale
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

ON_SCREEN = 12
MEANS = ("days_since_contact", "target_days", "own_rhythm_days", "rhythm_ratio", "due_on", "value_at_risk")


def show_list(promised: dict[str, Any]) -> None:
    """The card: the customers to contact, of an owner, a tier, overdue or due."""
    locale = session.locale()
    _ = locale._
    owners = _owners(promised)
    if session.get("contact_owner") not in owners:
        session.put("contact_owner", None)
    shown = {"overdue": _("overdue"), "due": _("overdue or due in 14 days"), "never": _("never in contact")}
    with st.container(border=True, key="card_contact_list"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_contact"
            ):
                st.selectbox(
                    _("Owner"), list(owners), index=None, key="contact_owner", width=190, persist_state="session",
                    placeholder=_("All owners"), format_func=lambda name: owners[name],
                )  # fmt: skip
                st.selectbox(
                    _("Tier"),
                    TIERS,
                    index=None,
                    key="contact_tier",
                    width=120,
                    persist_state="session",
                    placeholder=_("All tiers"),
                )
                st.selectbox(
                    _("Shown"),
                    list(shown),
                    key="contact_only",
                    width=230,
                    persist_state="session",
                    format_func=lambda name: shown[name],
                )
        asked = {
            **promised, "owner": session.get("contact_owner"), "tier": session.get("contact_tier"),
            "only": session.get("contact_only") or "overdue",
        }  # fmt: skip
        rows = session.answer(contact_programme, most=ROWS_ON_SCREEN, **asked)
        with title:
            drawn(_title, len(rows), asked["only"], owners.get(asked["owner"]))
        if len(rows):
            drawn(_list, asked)


def _owners(promised: dict[str, Any]) -> dict[str, str]:
    """The owners of customers by their code, "" for none; those with most overdue first."""
    locale = session.locale()
    field = find("owner", session.tables(), "customers")
    found = session.answer(contact_coverage, by=field, **promised)
    found = found[found["tier"].isna()].sort_values("overdue", ascending=False, kind="stable")
    return {"" if pd.isna(name) else str(name): locale.name(owner_words(name, locale)) for name in found.iloc[:, 0]}


@told
def _title(n: int, only: str, owner: str | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    many = (
        _("more than {n} customers").format(n=locale.count(n))
        if n >= ROWS_ON_SCREEN
        else locale.n_("{n} customer", "{n} customers", n)
    )
    what = {"overdue": _("overdue"), "due": _("overdue or due in 14 days"), "never": _("never in contact")}[only]
    said = f"{many} · {what}" if n else _("Nobody: {what}").format(what=what)
    yield partial(section, _("Who has not been seen"), f"{said} · {plain(owner)}" if owner else said)


@told
def _list(asked: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(contact_programme, most=ROWS_ON_SCREEN, **asked)
    heads = [
        _("Customer"),
        _("Owner"),
        _("Tier"),
        _("Last contact"),
        _("Promised"),
        _("Its own rhythm"),
        _("Value at risk"),
        _("Remark"),
    ]
    lines = [_line(row) for row in records(rows.head(ON_SCREEN))]
    yield partial(table, heads, lines, caption=_("Customers to contact"), numbers=(3, 4, 5, 6))
    shown, kinds = sheet(rows, locale)
    means = words.meanings(*MEANS, of="contact_programme")
    basis = [session.as_of_words(), _("most value at risk first")]
    first = _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
    basis[:0] = first_lines(len(rows), ON_SCREEN, first)
    about = paper("contact_list", _("Contact programme"), shown, kinds, meanings=means, basis=" · ".join(basis[-2:]))
    what = replace(about, about=(*about.about, *_chosen_words(asked)))
    whole = session.answer_later(contact_programme, lambda found: sheet(found, locale)[0], **asked)
    yield partial(_take, replace(what, name="contact_sheet", sheets_by=_("Owner")), whole, rows.head(ON_SCREEN))
    listed = session.asked(contact_programme, most=ROWS_ON_SCREEN, **asked)
    yield partial(under_chart, what, listed, means, " · ".join(basis), whole=whole)


def _take(what: Any, whole: Any, first: pd.DataFrame) -> None:
    """The programme to hand out, all customers and then those of each owner."""
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="contact_take"):
        customer_links(records(first), "contact_open")
        with st.popover(_("Contact sheet by owner"), icon=":material/assignment_turned_in:", key="contact_sheet"):
            downloads(what, whole)
        note(_("A workbook with a sheet an owner: customer, last contact, what is promised, and why it is due."))


def _chosen_words(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the list was narrowed to, and what is promised, for whoever reads it on paper."""
    locale = session.locale()
    _ = locale._
    if asked["owner"] is not None:
        yield _("Owner"), owner_words(asked["owner"], locale)
    if asked["tier"] is not None:
        yield _("Tier"), asked["tier"]
    promised = ", ".join(f"{tier} {days}" for tier, days in zip(TIERS, asked["tier_days"], strict=True))
    yield _("Promised, days"), promised


def _line(row: Mapping[str, Any]) -> list[str]:
    """A customer as a line of the table."""
    locale = session.locale()
    _ = locale._
    customer = f'<b style="display:inline-block;min-width:10rem">{rich(plain(row["customer"]))}</b>'
    if row["never_contacted"]:
        never = _("none on record")
        last = f"{NOTHING}<br><small>{rich(never)}</small>"
    else:
        last = f"{rich(locale.days(row['days_since_contact'], 0))}<br><small>{rich(locale.day(row['last_contact_on']))}</small>"
    overdue = ""
    if row["days_overdue"] is not None:
        late = _("{days} overdue").format(days=locale.days(row["days_overdue"], 0))
        overdue = f"<br><small>{rich(late)}</small>"
    rhythm = NOTHING
    if row["own_rhythm_days"] is not None:
        rhythm = rich(locale.days(row["own_rhythm_days"]))
        if row["rhythm_ratio"] is not None and row["rhythm_ratio"] >= 1.5:
            times = _("{times} times that").format(times=locale.ltr(f"{row['rhythm_ratio']:.1f}"))
            rhythm += f"<br><small>{rich(times)}</small>"
    remarks = []
    if row["planned_contact_on"] is not None:
        remarks.append(tag("good", _("planned {day}").format(day=locale.day(row["planned_contact_on"]))))
    if row["contacts"] == 1:
        remarks.append(tag("plain", _("one contact")))
    if row["lifecycle"] == "defecting":
        remarks.append(tag("warn", _("drifting away")))
    return [
        customer,
        rich(plain(owner_words(row["owner"], locale))),
        rich(row["tier"] or NOTHING),
        last,
        rich(locale.days(row["target_days"])) + overdue,
        rhythm,
        rich(locale.money(row["value_at_risk"], row["currency"])) if row["value_at_risk"] is not None else NOTHING,
        " ".join(remarks),
    ]


def sheet(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a customer, as it is handed out."""
    _ = locale._
    told_ = records(rows)
    states = {"overdue": _("overdue"), "due": _("due"), "in_time": _("in time")}
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told_],
        contact_state=[states[row["contact_state"]] for row in told_],
        why=[locale.say(reason(row)).translate(ISOLATES) for row in told_],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("customer", _("Customer"), "text"),
            ("tier", _("Tier"), "text"),
            ("contact_state", _("Contact is"), "text"),
            ("due_on", _("Due on"), "day"),
            ("days_overdue", _("Days overdue"), "days"),
            ("why", _("Why"), "text"),
            ("last_contact_on", _("Last contact"), "day"),
            ("days_since_contact", _("Days without contact"), "days"),
            ("target_days", _("Promised, days"), "days"),
            ("own_rhythm_days", _("Own rhythm, days"), "days"),
            ("planned_contact_on", _("Next planned"), "day"),
            ("contacts", _("Contacts on file"), "count"),
            ("people_met", _("People met in 12 months"), "count"),
            ("value", _("Value"), "money"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
