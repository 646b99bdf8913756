"""Close the loop: the answers that need one back, who sees to them and until when, how fast that goes, and whether it pays."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.loop import WITHIN_DAYS, loop_standing
from data.loop_cases import LoopCases
from ui import session, tables, words
from ui.charts.nps_loop import standing_figure
from ui.nps import guard
from ui.nps.loop_effect import show_effect
from ui.nps.loop_file import show_file
from ui.nps.loop_form import show_case
from ui.nps.loop_list import show_list
from ui.nps.loop_times import show_times
from ui.nps.loop_words import names
from ui.parts import Piece, chart, drawn, heading, legend, note, nothing, paper, section, told, under_chart

ON_SCREEN = 12
MEANS = (
    "cases",
    "overdue_cases",
    "open_cases_now",
    "contacted_cases",
    "closed_cases",
    "revenue_overdue",
    "answer_due_on",
)
WITHIN = (WITHIN_DAYS, 180, 365, 0)  # 0: of any age
Noted = dict[str, Any]


def show() -> None:
    """The view: the sentence, whose cases wait, the list, one case to work on, the file, how fast, and whether it pays."""
    title = session.locale()._("NPS")
    if not guard.are_any(title):
        return
    noted: Noted = {"kept": session.loop_cases(), "sla_days": session.survey_settings().sla_days}
    within = chosen_age()
    asked = noted | {"within_days": within or None}
    standing = session.answer(loop_standing, **asked)
    drawn(_heading, standing, noted["kept"], within)
    if standing["cases"].iloc[0]:
        with st.container(border=True, key="card_loop_standing"):
            drawn(_standing, standing, asked)
    else:
        _none(standing)
    show_list(asked, standing, WITHIN)
    if standing["cases"].iloc[0]:
        show_case(asked, standing)
    show_file(noted)
    show_times(noted)
    show_effect(noted["kept"])


def chosen_age() -> int:
    """Answers of how many days are listed; 0: of any age."""
    chosen = session.get("loop_within", WITHIN_DAYS)
    return chosen if chosen in WITHIN else WITHIN_DAYS


# the sentence


@told
def _heading(standing: pd.DataFrame, kept: LoopCases, within: int) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("NPS"), finding(standing, kept), remark(standing, within))


def finding(standing: pd.DataFrame, kept: LoopCases) -> str:
    """How many answers wait for longer than they should, and the revenue of who gave them."""
    locale = session.locale()
    _ = locale._
    every = standing.iloc[0]
    n, late, waiting = (int(every[name]) for name in ("cases", "overdue_cases", "open_cases_now"))
    if not n:
        return _("**No answer needs one back now.**")
    if late:
        first = _("**{late} of {answers} that need one back are overdue.**").format(
            late=locale.count(late), answers=locale.n_("{n} answer", "{n} answers", n)
        )
        if pd.notna(every["revenue_overdue"]):
            first += " " + _("Customers who bring {money} a year wait for longer than promised.").format(
                money=locale.money(every["revenue_overdue"], every["currency"])
            )
    elif waiting:
        first = _("**Nothing is overdue.** Of {answers} that need one back, {n} are still to be called.").format(
            answers=locale.n_("{n} answer", "{n} answers", n), n=locale.count(waiting)
        )
    else:
        first = _("**Everybody was called.** None of {answers} waits.").format(
            answers=locale.n_("{n} answer", "{n} answers", n)
        )
    if not any(True for _day in kept.days):
        first += " " + _("Nobody has noted a call yet, so all of them count as open.")
    return first


def remark(standing: pd.DataFrame, within: int) -> str:
    """Which answers are on the list, and which are not."""
    locale = session.locale()
    _ = locale._
    every = standing.iloc[0]
    days = locale.days(session.survey_settings().sla_days, 0)
    parts = [_("On the list: answers from 0 to 6, and 7 or 8 of people who gave 9 or 10 before; to be called within {days}.").format(days=days)]  # fmt: skip
    older, again = int(every["older_cases"]), int(every["answered_again"])
    if older and within:
        parts.append(
            _("{answers} more than {days} old are not on it.").format(
                answers=locale.n_("{n} answer", "{n} answers", older), days=locale.days(within, 0)
            )
        )
    if again:
        parts.append(
            locale.n_(
                "Nor is {n} answer of somebody who answered again since.",
                "Nor are {n} answers of people who answered again since.",
                again,
            )
        )
    return " ".join(parts)


def _none(standing: pd.DataFrame) -> None:
    _ = session.locale()._
    with st.container(border=True, key="card_nothing_loop"):
        why = _("Nobody scored 0 to 6 or fell from 9 or 10 among the answers on the list.")
        older = _("Choose answers of any age below to see the older ones.") if standing["older_cases"].iloc[0] else ""
        nothing("sentiment_satisfied", _("Nothing to do"), f"{why} {older}".strip())


# whose cases wait


@told
def _standing(standing: pd.DataFrame, asked: Noted) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    owners = standing.iloc[1:].reset_index(drop=True)
    shown = owners.head(ON_SCREEN)
    called = names(list(owners["owner"]), locale)
    yield partial(section, _("Whose cases wait"))
    key = [(look.colors.lost_fill, _("overdue")), ("hatch", _("open, still in time"))]
    if owners["contacted_cases"].sum():
        key.append((look.colors.neutral, _("contacted")))
    if owners["closed_cases"].sum():
        key.append((look.colors.won_fill, _("closed")))
    yield partial(legend, key)
    said = ", ".join(
        f"{locale.name(name)} {locale.count(row.overdue_cases)}/{locale.count(row.cases)}"
        for name, row in zip(called, shown.itertuples(), strict=False)
    )
    yield partial(
        chart, standing_figure(shown, called[:ON_SCREEN], look), "loop_standing",
        _("Cases by owner, overdue of all: {owners}.").format(owners=said), wide=True,
    )  # fmt: skip
    if len(owners) > len(shown):
        yield partial(note, locale.n_("{n} more owner in the table.", "{n} more owners in the table.", len(owners) - len(shown)))  # fmt: skip
    rows, kinds = tables.columns_once(
        owners.assign(owner=called),
        [
            ("owner", _("Owner"), "text"), ("cases", _("On the list"), "count"), ("overdue_cases", _("Overdue cases"), "count"),
            ("open_cases_now", _("Not contacted"), "count"), ("contacted_cases", _("Contacted cases"), "count"), ("closed_cases", _("Closed cases"), "count"),
            ("customers", _("Customers"), "count"), ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("revenue_open", _("Revenue, not closed"), "money"), ("revenue_overdue", _("Revenue, overdue"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings(*MEANS, of="loop_standing")
    basis = [
        locale.n_("{n} answer", "{n} answers", int(standing["cases"].iloc[0])), session.as_of_words(),
        _("each customer's revenue in 12 months counted once"),
    ]  # fmt: skip
    stands_on = " · ".join(basis)
    what = paper("loop_standing", _("Whose cases wait"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(loop_standing, **asked), means, stands_on, picture="wide_loop_standing"
    )
