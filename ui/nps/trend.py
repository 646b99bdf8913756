"""The score over time: is it really moving, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.intervals import LEAST_TESTED
from analytics.nps.adaptive import LEAST, nps_windows
from analytics.nps.change_points import nps_change_points
from analytics.nps.trend import nps
from data.marks import Mark
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_trend import Level, Step, trend_figure
from ui.nps import guard, trend_compared, trend_marks, trend_target
from ui.nps import trend_words as say
from ui.nps.distribution import show_distribution
from ui.nps.scales import show_scales
from ui.nps.trend_words import GRAINS, Grain
from ui.parts import Piece, chart, drawn, heading, legend, note, nothing, paper, section, table, told, under_chart

MEANS = ("nps", "low", "against", "q_value", "real_change")
LEAST_CHOICES = (30, 50, 100, 200, 400)


def show() -> None:
    """The view: the sentence, the trend, the changes, any two periods, and the days people marked."""
    title = session.locale()._("NPS")
    if not guard.are_any(title):
        return
    grain: Grain = session.get("nps_grain") if session.get("nps_grain") in GRAINS else "month"
    least = session.get("nps_least") if session.get("nps_least") in LEAST_CHOICES else LEAST
    metric, options = asked(grain, least)
    rows = session.answer(metric, **options)
    if rows.empty:
        _without_days(title)
        return
    changes = session.answer(nps_change_points)
    marks = tuple(session.marks())
    drawn(_heading, rows, changes, grain)
    with st.container(border=True, key="card_nps_trend"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            _ = session.locale()._
            section(_("Score over time"), _("A large point differs from the one before by a real change; small ones could be chance.") if rows["tests"].iloc[0] else "")  # fmt: skip
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="switches_nps_trend", width="content"):  # fmt: skip
                _switches(grain, least)
                trend_target.show()
        drawn(_chart, rows, changes, grain, least, marks)
    with st.container(border=True, key="card_nps_changes"):
        drawn(_changes, changes, int(rows["n"].sum()))
    trend_compared.show(rows, grain)
    trend_marks.show(marks)
    show_distribution()
    show_scales()


def asked(grain: Grain, least: int) -> tuple[Callable[..., Any], dict[str, Any]]:
    """What a trend is asked of, and how."""
    if grain == "enough":
        return nps_windows, {"least": least}
    settings = session.settings()
    return nps, {"grain": grain, "week_start": settings.week_start, "fiscal_year_start": settings.fiscal_year_start}


def _without_days(title: str) -> None:
    _ = session.locale()._
    heading(title, _("**No answer has a day, so there is no trend.**"))
    with st.container(border=True, key="card_nothing_nps_trend"):
        nothing("event_busy", _("This needs the day of each answer"), _("Add the column with the day people answered."))


def _switches(grain: Grain, least: int) -> None:
    _ = session.locale()._
    names = say.grain_words()
    st.segmented_control(
        _("By"), GRAINS, format_func=lambda name: names[name], default=None if session.get("nps_grain") else grain,
        required=True, key="nps_grain", label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if grain == "enough":
        st.selectbox(
            _("Answers a window waits for"), LEAST_CHOICES, index=LEAST_CHOICES.index(least), key="nps_least", width=190,
            persist_state="session",
        )  # fmt: skip


@told
def _heading(rows: pd.DataFrame, changes: pd.DataFrame, grain: Grain) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("NPS"), say.finding(rows, changes, grain), say.remark(rows, grain))


def levels_of(rows: pd.DataFrame, changes: pd.DataFrame) -> list[Level]:
    """The score before the first change, and from each change to the next; none where nothing changed."""
    if not len(changes):
        return []
    first = changes.iloc[0]
    found = [Level(first["before_since"], first["on"], float(first["before"]))]
    return found + [Level(row.on, row.after_until, float(row.after)) for row in changes.itertuples()]


@told
def _chart(
    rows: pd.DataFrame, changes: pd.DataFrame, grain: Grain, least: int, marks: tuple[Mark, ...]
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    if not (rows["n"] >= LEAST_SHOWN).any():
        few = rows["n"].sum() < LEAST_SHOWN
        yield partial(
            note,
            _("Fewer than 10 answers in all: only their number is shown.") if few
            else _("No period has 10 answers or more. Choose longer periods, or windows that wait for enough answers."),
        )  # fmt: skip
    labels = [say.label(row, grain) for row in rows.itertuples()]
    if len(changes):
        yield partial(legend, [(f"line:{look.colors.ink}", _("level between changes")), (look.colors.ribbon, _("95% interval"))])  # fmt: skip
    steps = [Step(row.on, float(row.difference)) for row in changes.itertuples()]
    named: list[tuple[date, str]] = [(mark.on, mark.name) for mark in marks]
    figure = trend_figure(rows, labels, levels_of(rows, changes), steps, named, session.survey_settings().target, look)
    yield partial(chart, figure, "nps_trend", say.alt(rows, labels, changes), wide=True)
    metric, options = asked(grain, least)
    hidden = rows["n"] < LEAST_SHOWN
    shown = rows.assign(**{name: pd.to_numeric(rows[name]).mask(hidden).round(1) for name in ("nps", "low", "high")})
    shown = shown.assign(
        name=labels, difference=pd.to_numeric(rows["difference"]).mask(hidden | hidden.shift(fill_value=False)).round(1),
        verdict=[say.verdict(each) for each in rows["real_change"]],
    )  # fmt: skip
    columns, kinds = tables.columns(shown, [
        ("name", _("Period"), "text"), ("starts_on", _("From"), "day"), ("ends_on", _("To"), "day"), ("n", _("Answers"), "count"),
        ("promoters", _("Promoters"), "count"), ("passives", _("Passives"), "count"), ("detractors", _("Detractors"), "count"),
        ("nps", _("NPS"), "number"), ("low", _("95% from"), "number"), ("high", _("95% to"), "number"),
        ("difference", _("Against the one before"), "number"), ("verdict", _("Is it real"), "text"), ("q_value", _("q-value"), "number"),
    ])  # fmt: skip
    basis = " · ".join([
        locale.n_("{n} answer", "{n} answers", int(rows["n"].sum())), session.as_of_words(),
        locale.n_("{n} comparison", "{n} comparisons", int(rows["tests"].iloc[0])),
    ])  # fmt: skip
    means = words.meanings(*MEANS, of="nps_windows" if grain == "enough" else "nps")
    what = paper("nps_trend", _("Score over time"), columns, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(metric, **options), means, basis, picture="wide_nps_trend")


@told
def _changes(changes: pd.DataFrame, answers: int) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    about = say.needed(changes)
    if not len(changes) and answers < 2 * LEAST_TESTED:
        yield partial(section, _("Since when"), _("Too few answers to look for a day: that takes 30 on both sides."))
        return
    if not len(changes):
        yield partial(section, _("Since when"), _("No day parts the answers so clearly that chance would not do as well in one history of a hundred."))  # fmt: skip
        return
    yield partial(section, _("Since when"), about)
    cells = [[
        locale.day(row.on), say.scored(row.before, row.n_before), say.scored(row.after, row.n_after),
        f'<b>{locale.score(row.difference)}</b> <small>{locale.scores(row.low, row.high)}</small>',
        locale.ltr("≤ 0.001" if row.p_value <= 0.001 else f"{row.p_value:.3f}"),
    ] for row in changes.itertuples()]  # fmt: skip
    head = [_("Changed around"), _("Before"), _("After"), _("Change, 95%"), "p"]
    yield partial(table, head, cells, caption=_("Changes of the score"), numbers=(1, 2, 3, 4))
    numbers = {name: pd.to_numeric(changes[name]).round(1) for name in ("before", "after", "difference", "low", "high", "answers_a_month")}  # fmt: skip
    columns, kinds = tables.columns(changes.assign(**numbers), [
        ("on", _("Day"), "day"), ("before_since", _("Before, from"), "day"), ("after_until", _("After, to"), "day"),
        ("n_before", _("Answers before"), "count"), ("n_after", _("Answers after"), "count"), ("before", _("Before"), "number"),
        ("after", _("After"), "number"), ("difference", _("Difference"), "number"), ("low", _("95% from"), "number"),
        ("high", _("95% to"), "number"), ("p_value", _("p-value"), "number"), ("answers_a_month", _("Answers a month"), "number"),
        ("answers_needed", _("Answers needed"), "count"),
    ])  # fmt: skip
    basis = " · ".join([
        locale.n_("{n} answer", "{n} answers", int(changes["n_before"].iloc[0] + changes["n_after"].sum())),
        session.as_of_words(), _("the day is the likeliest one"),
    ])  # fmt: skip
    means = words.meanings("difference", "p_value", "answers_a_month", "answers_needed", of="nps_change_points")
    what = paper("nps_changes", _("Since when"), columns, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(nps_change_points), means, basis)
    worse = changes["difference"].iloc[-1] < 0
    if worse:
        yield partial(
            st.page_link, "../pages/nps.py", label=_("The customers behind it: close the loop"), icon=":material/arrow_back:" if locale.rtl else ":material/arrow_forward:",
            query_params=session.link_to(view="loop"),
        )  # fmt: skip
