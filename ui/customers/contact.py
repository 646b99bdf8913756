"""The contact programme: who has not been heard from for longer than promised, and whose turn comes next."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.customers import scores
from analytics.customers.contact_programme import contact_breaches, contact_coverage
from data.customer_settings import TIERS
from ui import session, tables, words
from ui.charts.contact import weeks_figure
from ui.customers import guard
from ui.customers.contact_coverage import show_coverage
from ui.customers.contact_list import show_list
from ui.parts import Piece, chart, drawn, heading, legend, nothing, paper, section, told, under_chart

ON_SCREEN = 12
REAL = 0.05
MEANS = ("in_time_share", "target_days", "overdue", "due_soon", "never", "risk_overdue")
Promised = dict[str, Any]


def show() -> None:
    """The view: the sentence, who is contacted in time, what falls due week by week, and the customers to contact."""
    title = session.locale()._("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    promised = promised_now()
    coverage = session.answer(contact_coverage, **promised)
    if coverage.empty:
        _without_customers(title)
        return
    every = coverage.iloc[0]
    if every["never"] == every["customers_now"] and not has_activities():
        _without_contacts(title, int(every["customers_now"]))
        return
    drawn(_heading, coverage)
    show_coverage(coverage, promised)
    if every["overdue"] < every["customers_now"]:
        with st.container(border=True, key="card_contact_weeks"):
            drawn(_weeks, promised)
    show_list(promised)


def promised_now() -> Promised:
    """What the workspace promises its customers, as the metrics take it."""
    set_ = session.customer_settings()
    return {"tier_days": set_.tier_days, "counts_cases": set_.counts_cases, "margin": set_.margin}


def has_activities() -> bool:
    """Whether any contact with any customer is on record."""
    return session.kept(_has_activities)


def _has_activities() -> bool:
    known = scores.every(session.filters()).filter(col.contact_days > 0)
    return bool(len(session.run(known.select("customer_id").limit(1))))


# nothing to show


def _without_customers(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**No one here is a customer now.** Those left by the filters are lost, or have not bought yet."))
    with st.container(border=True, key="card_nothing_contact"):
        nothing(
            "person_off",
            _("Nobody to contact"),
            _("The programme is for customers that are there: take a filter away."),
        )


def _without_contacts(title: str, n: int) -> None:
    locale = session.locale()
    _ = locale._
    heading(
        title,
        _("**Nothing says when customers were last contacted.** So nobody can tell which of {customers} wait too long.").format(
            customers=locale.n_("{n} customer", "{n} customers", n)
        ),
    )  # fmt: skip
    with st.container(border=True, key="card_nothing_contact"):
        nothing(
            "phone_disabled",
            _("This needs contacts with customers"),
            _(
                "With them, this view holds the days without contact against what each customer is promised and used to."
            ),
            [
                _("Best: an export of **activities**, with date, type and customer or deal."),
                _("Or a column with the **last activity** in the file of customers or deals."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


# the sentence


@told
def _heading(coverage: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Customers"), finding(coverage), remark(coverage))


def finding(coverage: pd.DataFrame) -> str:
    """How many wait for longer than promised, what rests on them, and how many of them are of the first tier."""
    locale = session.locale()
    _ = locale._
    every = coverage.iloc[0]
    late, n = int(every["overdue"]), int(every["customers_now"])
    if not late:
        return _("**Every customer was contacted as promised.** None of {n} waits for longer.").format(
            n=locale.count(n)
        )
    first = _late_words(late, n)
    if pd.notna(every["risk_overdue"]):
        money = locale.money(every["risk_overdue"], every["currency"])
        share = locale.share(every["risk_overdue"] / every["value_at_risk"] if every["value_at_risk"] else None)
        first += _(": {money} at risk rests on them, {share} of all.").format(money=money, share=share)
    else:
        first += "."
    top = coverage[coverage["tier"] == "A"]
    if len(top) and top["overdue"].iloc[0]:
        first += " " + _("{n} of them are of tier A, the customers with the first 80% of all value.").format(
            n=locale.count(top["overdue"].iloc[0])
        )
    return first


def _late_words(late: int, n: int) -> str:
    locale = session.locale()
    return locale._("**{late} of {customers} have not been heard from for longer than promised**").format(
        late=locale.count(late), customers=locale.n_("{n} customer", "{n} customers", n)
    )


def remark(coverage: pd.DataFrame) -> str:
    """Against what it is told, and what is not counted."""
    locale = session.locale()
    _ = locale._
    set_ = session.customer_settings()
    days = ", ".join(f"{tier} {locale.days(days)}" for tier, days in zip(TIERS, set_.tier_days, strict=True))
    parts = [_("Promised at least once in: {days}.").format(days=days)]
    if not has_activities():
        parts.append(
            _("No activities are loaded: the last activity that the files of customers and deals tell of stands for contact, and may hold more than that.")
        )  # fmt: skip
    else:
        parts.append(_("Tasks and notes reach nobody and are not counted."))
    if set_.counts_cases:
        parts.append(_("A service case counts as contact."))
    never = int(coverage["never"].iloc[0])
    if never:
        parts.append(
            locale.n_(
                "No contact with {n} customer is on record: it is due that long after it came.",
                "No contact with {n} customers is on record: they are due that long after they came.",
                never,
            )
        )
    parts.append(_("Customers that are lost, and those that never bought, are left out."))
    return " ".join(parts)


# what falls due


@told
def _weeks(promised: Promised) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    weeks = session.answer(contact_breaches, **promised)
    yield partial(section, _("Coming due"), weeks_sentence(weeks))
    if not weeks["due_soon"].sum():
        return
    if weeks["planned_contacts"].sum():
        yield partial(
            legend, [(look.colors.accent, _("nothing planned")), ("hatch", _("a contact is planned by then"))]
        )
    said = ", ".join(
        f"{locale.day(row.starts_on)} {locale.count(row.due_soon)}" for row in weeks.itertuples() if row.due_soon
    )
    yield partial(chart, weeks_figure(weeks, look), "contact_weeks", _("Customers whose contact falls due, by the week that begins on: {weeks}.").format(weeks=said), wide=True)  # fmt: skip
    rows, kinds = tables.columns_once(
        weeks,
        [
            ("starts_on", _("From"), "day"), ("ends_on", _("To"), "day"), ("due_soon", _("Customers"), "count"),
            ("planned_contacts", _("Planned"), "count"), ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings("due_on", "due_soon", "planned_contacts", of="contact_breaches")
    stands_on = " · ".join([
        locale.n_("{n} customer", "{n} customers", int(weeks["due_soon"].sum())),
        session.as_of_words(),
        _("weeks begin on the day shown"),
    ])  # fmt: skip
    what = paper("contact_weeks", _("Coming due"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(contact_breaches, **promised), means, stands_on, picture="wide_contact_weeks"
    )


def weeks_sentence(weeks: pd.DataFrame) -> str:
    """How many fall due in the next weeks if nobody is in touch."""
    locale = session.locale()
    _ = locale._
    n = int(weeks["due_soon"].sum())
    if not n:
        return _("Nobody else falls due within {n} weeks.").format(n=locale.count(len(weeks)))
    soon = int(weeks["due_soon"].head(2).sum())
    said = locale.n_(
        "If nobody calls, {n} more customer falls due within two weeks",
        "If nobody calls, {n} more customers fall due within two weeks",
        soon,
    )
    return said + _(", and {n} within {weeks} weeks.").format(n=locale.count(n), weeks=locale.count(len(weeks)))
