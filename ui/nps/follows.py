"""What follows from the score: whether detractors leave sooner, buy less, and what rests on them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.at_stake import nps_at_stake
from analytics.nps.leaving import HORIZONS, nps_and_leaving
from data.errors import DataError
from ui import session
from ui.customers import guard as customers_guard
from ui.nps import guard
from ui.nps.follows_lead import show_lead
from ui.nps.follows_moves import show_moves
from ui.nps.follows_outcomes import show_leaving, show_repeat, show_revenue
from ui.nps.follows_stake import show_stake
from ui.nps.follows_words import ratio, ratios, row_of, within
from ui.parts import Piece, drawn, heading, nothing, told

MONTHS = HORIZONS[0]


def show() -> None:
    """The view: what is known in a sentence, leaving, buying again and revenue by answer, what rests on detractors, and who moved."""
    title = session.locale()._("NPS")
    if not guard.are_any(title):
        return
    if not customers_guard.is_ready(title):
        show_moves(has_customers=False)
        return
    try:
        found = session.answer(nps_and_leaving, months=MONTHS)
    except DataError as problem:
        _without_dates(title, problem)
        show_moves(has_customers=True)
        return
    drawn(_heading, found, session.answer(nps_at_stake, months=MONTHS))
    show_leaving()
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch", key="card_follows_repeat"):
        show_repeat()
    with right, st.container(border=True, height="stretch", key="card_follows_revenue"):
        show_revenue()
    show_stake()
    show_moves(has_customers=True)
    show_lead()


def _without_dates(title: str, problem: DataError) -> None:
    locale = session.locale()
    _ = locale._
    heading(title, _("**What follows from an answer cannot be told from this data.**"))
    with st.container(border=True, key="card_nothing_follows"):
        nothing(
            "event_busy",
            _("No days of purchases or contracts"),
            locale.say(problem.sentence),
            [locale.say(problem.hint)],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


@told
def _heading(found: pd.DataFrame, stake: pd.DataFrame) -> Iterator[Piece]:
    first, rests = finding(found), resting(stake)
    yield partial(heading, session.locale()._("NPS"), f"{first} {rests}" if rests else first, remark(found))


def finding(found: pd.DataFrame) -> str:
    """Whether detractors leave sooner than promoters, by how much, and how sure that is."""
    locale = session.locale()
    _ = locale._
    promoter, detractor = row_of(found, "promoter"), row_of(found, "detractor")
    if detractor is None or promoter is None or detractor["hazard_ratio"] is None:
        came = sum(int(row["outcome_customers"]) for row in (promoter, detractor) if row is not None)
        return _("**Too little has happened to tell whether detractors leave sooner:** after answers of promoters and detractors {customers} left within {months} months. It takes 30 answers of each, and 5 customers that left after each.").format(
            customers=locale.n_("{n} customer", "{n} customers", came), months=locale.count(MONTHS)
        )  # fmt: skip
    said: dict[str, Any] = {
        "ratio": ratio(detractor["hazard_ratio"], locale), "interval": ratios(detractor["low"], detractor["high"], locale),
        "share": locale.share(detractor["outcome_chance"]), "of_promoters": locale.share(promoter["outcome_chance"]),
        "time": within(detractor["within_days"], MONTHS, locale), "seen": ratio(detractor["detectable_ratio"], locale),
    }  # fmt: skip
    if detractor["stands"] and detractor["hazard_ratio"] > 1:
        return _("**After a detractor's answer customers leave {ratio} times as fast as after a promoter's** (95%: {interval}): {share} against {of_promoters} within {time}.").format(**said)  # fmt: skip
    if detractor["stands"]:
        return _("**After a detractor's answer customers leave more slowly than after a promoter's**, {ratio} times as fast (95%: {interval}): {share} against {of_promoters} within {time}.").format(**said)  # fmt: skip
    return _("**No relation between the answer and leaving was found in this data**: {share} of detractors against {of_promoters} of promoters within {time}, {ratio} times as fast (95%: {interval}), which could be chance. A ratio of {seen} or more would have been seen.").format(**said)  # fmt: skip


def resting(stake: pd.DataFrame) -> str:
    """The revenue that rests on customers that are detractors now."""
    locale = session.locale()
    rows = stake[stake["answered_as"] == "detractor"]
    if rows.empty:
        return ""
    money = " + ".join(
        locale.money(row.revenue_12m, row.currency if isinstance(row.currency, str) else None)
        for row in rows.itertuples()
    )
    customers = locale.n_("{n} customer", "{n} customers", int(rows["customers"].sum()))
    return locale._("{money} of the last 12 months' revenue rests on {customers} that are detractors now.").format(
        money=money, customers=customers
    )


def remark(found: pd.DataFrame) -> str:
    """What it says nothing of, and what is not counted."""
    locale = session.locale()
    _ = locale._
    parts = [_("A relation is no proof that a better score keeps a customer.")]
    if bool(found["is_inferred"].any()):
        parts.append(
            _("Nobody says when these customers left: one has left once it is silent for longer than its own limit, counted from the answer or a later purchase.")
        )  # fmt: skip
    out = {
        "not_there": _("the customer had not bought yet, or had been silent too long already: {n}"),
        "unplaced": _("without a customer or a day: {n}"), "no_limit": _("without a limit of silence: {n}"),
        "too_recent": _("too recent: {n}"), "not_sampled": _("beyond the sample of 10,000 customers: {n}"),
    }  # fmt: skip
    left = [words.format(n=locale.count(found[name].sum())) for name, words in out.items() if found[name].sum()]
    if left:
        parts.append(_("Answers not followed: {reasons}.").format(reasons="; ".join(left)))
    return " ".join(parts)
