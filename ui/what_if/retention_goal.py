"""What retention a goal takes, and how often this company has been there before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
import streamlit as st

from analytics.rows import Row, rows
from analytics.what_if.goal_seek import Goal, goal_seek
from analytics.what_if.of_target import DRAWS, goal_spread
from analytics.what_if.past_retention import past_retention
from analytics.what_if.scenario import Scenario
from data.errors import DataError
from ui import session, tables, words
from ui.charts.what_if_retention import history_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, legend, note, paper, problem, section, told, under_chart
from ui.what_if import asked
from ui.what_if.results_basis import chance_words

MONTHS = 24  # enough for the next twelve
FIRST: dict[Goal, float] = {"nrr": 105.0, "grr": 90.0, "retention": 85.0}
COLUMN: dict[Goal, str] = {"nrr": "nrr", "grr": "grr", "retention": "logo_retention"}
MOST: dict[Goal, float] = {"nrr": 1000.0, "grr": 100.0, "retention": 100.0}
FEW = 6  # windows below which it is not said how often
MEANS = ("nrr", "grr", "logo_retention")


@dataclass(frozen=True)
class Sought:
    """A goal for the next twelve months, as a share, on the customers of today."""

    scenario: Scenario
    goal: Goal
    value: float


def show(current: Scenario) -> None:
    """The card: choose a rate and its goal; the retention it takes, and the company's own past."""
    locale = session.locale()
    _ = locale._
    names = goal_words(locale)
    with st.container(border=True, key="card_retention_goal"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            head = st.container(width="content")
            with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_goal"):  # fmt: skip
                st.selectbox(
                    _("Goal"), list(names), key="retention_goal", width=260, persist_state="session", format_func=lambda name: names[name]
                )  # fmt: skip
                goal: Goal = session.get("retention_goal") or "nrr"
                percent = st.number_input(
                    _("Percent"), 1.0, MOST[goal], key=f"retention_goal_{goal}", width=120, step=1.0, format="%g", persist_state="session",
                    value=None if session.get(f"retention_goal_{goal}") is not None else FIRST[goal],
                )  # fmt: skip
        value = (percent if percent is not None else FIRST[goal]) / 100
        sought = Sought(_scenario(current), goal, float(value))
        try:
            found = _answer(sought)
        except DataError as error:
            with head:
                section(_("What retention does a goal take?"))
            problem(error)
            return
        with head:
            drawn(_title, sought, found)
        drawn(_past, sought, found)


def goal_words(locale: Locale) -> dict[Goal, str]:
    """The rates that can be aimed at."""
    _ = locale._
    return {
        "nrr": _("Net revenue retention"),
        "grr": _("Gross revenue retention"),
        "retention": _("Customers kept"),
    }


def _scenario(current: Scenario) -> Scenario:
    return replace(current, name="", levers=(), horizon_months=MONTHS, draws=DRAWS, budget=None, counts_new=False)


def _answer(sought: Sought) -> Row:
    past = session.answer(past_retention)
    return rows(asked.of_base(goal_seek, sought.scenario, goal=sought.goal, value=sought.value, past=past))[0]


@told
def _title(sought: Sought, found: Row) -> Iterator[Piece]:
    _ = session.locale()._
    yield partial(
        section, _("What retention does a goal take?"), f"{answer_words(sought, found)} {reached_words(found)}"
    )


def answer_words(sought: Sought, found: Row) -> str:
    """The retention it takes, or that it is there already, or that no retention gets there."""
    locale = session.locale()
    _ = locale._
    said = {
        "goal": goal_words(locale)[sought.goal], "value": locale.share(sought.value), "now": locale.share(found["goal_now"], 1),
        "before": locale.share(found["retention_before"], 1),
    }  # fmt: skip
    if found["goal_state"] == "already":
        return _("**{goal} of {value} is there already**: {now} is expected over the next twelve months.").format(**said)  # fmt: skip
    if found["goal_state"] == "out_of_reach":
        return _("**{goal} of {value} is out of reach by keeping customers alone.** {now} is expected, and keeping nearly everyone gives {most}; the rest must come from what customers spend.").format(
            **said, most=locale.share(found["goal_at_most"], 1)
        )  # fmt: skip
    spread = rows(
        asked.of_base(goal_spread, sought.scenario, goal=sought.goal, amount=float(found["needed_amount"]), value=sought.value)
    )[0]  # fmt: skip
    return _("**{goal} of {value} takes a retention of {needed}**, {points} more than the {before} expected now. With that it is {range} in 8 of 10 futures, and the goal is reached in {chance} of them.").format(
        **said, needed=locale.share(found["retention_needed"], 1), points=locale.points(found["needed_amount"]),
        range=locale.shares(spread["goal_p10"], spread["goal_p90"]), chance=chance_words(spread["goal_chance"]),
    )  # fmt: skip


def reached_words(found: Row) -> str:
    """How often it was so before."""
    locale = session.locale()
    _ = locale._
    windows = int(found["windows"] or 0)
    if windows < FEW:
        return _("The data do not reach back far enough to say how often you have been there.")
    many = locale.n_("{n} past stretch of twelve months", "{n} past stretches of twelve months", windows)
    parts = []
    if found["reached_windows"] is not None:
        times = int(found["reached_windows"])
        if not times:
            parts.append(_("You have never been there, in {windows}; the best was {best}.").format(windows=many, best=locale.share(found["best_window"], 1)))  # fmt: skip
        else:
            parts.append(_("You have been there in {n} of {windows}.").format(n=locale.count(times), windows=many))
    if found["retention_reached_windows"] is not None and found["goal_sought"] != "retention":
        parts.append(_("The retention it takes was reached in {n} of them.").format(n=locale.count(found["retention_reached_windows"])))  # fmt: skip
    return " ".join(parts)


@told
def _past(sought: Sought, found: Row) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    every = session.answer(past_retention)
    own = every[every["currency"].isna()] if not found["currency"] else every[every["currency"] == found["currency"]]
    column = COLUMN[sought.goal]
    known = own[own[column].notna()].sort_values("to_day", kind="stable")
    if len(known) < FEW:
        yield partial(note, _("With more than two years of data, this shows how often you have been there."))
        return
    name = goal_words(locale)[sought.goal]
    rows_ = pd.DataFrame({"until": known["to_day"].tolist(), "rate": known[column].astype(float).tolist()})
    yield partial(legend, [(look.colors.accent, _("reached")), (f"hollow:{look.colors.neutral}", _("not reached"))])
    figure = history_figure(rows_, sought.value, look, label=_("the twelve months to"))
    low, high = float(rows_["rate"].min()), float(rows_["rate"].max())
    alt = _("{goal} over past stretches of twelve months: between {low} and {high}, last {last}; the goal is {value}.").format(
        goal=name, low=locale.share(low, 1), high=locale.share(high, 1), last=locale.share(float(rows_["rate"].iloc[-1]), 1),
        value=locale.share(sought.value),
    )  # fmt: skip
    yield partial(chart, figure, "retention_history", alt, wide=True)
    shown = tables.columns(
        known,
        [
            ("from_day", _("From"), "day"), ("to_day", _("To"), "day"), ("nrr", _("Net revenue retention"), "share"),
            ("grr", _("Gross revenue retention"), "share"), ("logo_retention", _("Customers kept"), "share"),
            ("logo_low", _("95% from"), "share"), ("logo_high", _("95% to"), "share"), ("customers_before", _("Customers at the start"), "count"),
            ("customers_kept", _("of them kept"), "count"), ("revenue_before", _("Revenue before"), "money"), ("revenue_after", _("Revenue after"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings(*MEANS, of="past_retention")
    stands_on = " · ".join([
        locale.n_("{n} stretch, one a month", "{n} stretches, one a month", len(known)), _("they overlap"), session.as_of_words(),
    ])  # fmt: skip
    what = paper("retention_history", _("Past stretches of twelve months"), *shown, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(past_retention), means, stands_on, picture="wide_retention_history")
