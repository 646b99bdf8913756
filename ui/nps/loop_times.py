"""How fast the unhappy are called: by the days since their answer, and by owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import find
from analytics.nps.loop_times import counted_since, loop_curve, loop_times
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_loop import curve_figure, shares_figure
from ui.parts import Piece, chart, drawn, legend, note, nothing, paper, section, told, under_chart

REAL = 0.05
ON_SCREEN = 12
MEANS = ("contacted_in_time_share", "cases_judged", "contact_days", "close_days", "waiting_days", "counted_since")


def show_times(noted: Mapping[str, Any]) -> None:
    """The cards: the curve of all, and the share in time by owner."""
    _ = session.locale()._
    times = session.answer(loop_times, **noted)
    if times.empty:
        with st.container(border=True, key="card_loop_times"):
            section(_("How fast the unhappy are called"))
            _too_early(counted_since(noted["kept"], noted["sla_days"]))
        return
    left, right = st.columns(2, gap="small")
    with left.container(border=True, key="card_loop_times", height="stretch"):
        drawn(_curve, times, noted["kept"], noted["sla_days"])
    with right.container(border=True, key="card_loop_owners", height="stretch"):
        drawn(_owners, times, noted["kept"], noted["sla_days"])


def _too_early(since: date | None) -> None:
    locale = session.locale()
    _ = locale._
    if since is None:
        why = _("Note one above, or bring a worked file back: from then on this shows within how many days people are called, and whose cases wait longest.")  # fmt: skip
        nothing("timer_off", _("No call is noted yet"), why)
        return
    why = _("How fast is told of answers since {day}, when work on the list began; none of those here is from 0 to 6.")
    nothing("timer_off", _("Nothing to tell yet"), why.format(day=locale.day(since)))


@told
def _curve(times: pd.DataFrame, kept: Any, sla_days: int) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    every = times.iloc[0]
    curve = session.answer(loop_curve, kept=kept, sla_days=sla_days)
    yield partial(section, _("How fast the unhappy are called"), times_sentence(every, sla_days))
    if len(curve):
        last = curve[curve["loop_step"] == "contact"]["reached_share"]
        said = _("Share of detractors contacted, and closed, by days after the answer; contacted in the end: {share}.")
        figure = curve_figure(curve, sla_days, look)
        yield partial(
            chart, figure, "loop_curve", said.format(share=locale.share(float(last.iloc[-1]) if len(last) else 0.0))
        )
    steps = {"contact": _("contacted"), "close": _("closed")}
    rows, kinds = tables.columns_once(
        curve.assign(loop_step=[steps[step] for step in curve["loop_step"]]),
        [
            ("loop_step", _("Step"), "text"), ("day_after", _("Days after the answer"), "days"), ("reached_share", _("Reached"), "share"),
            ("reached_low", _("95% from"), "share"), ("reached_high", _("95% to"), "share"), ("still_waiting", _("Watched"), "count"),
        ],
    )  # fmt: skip
    means = words.meanings("reached_share", *MEANS, of="loop_times")
    basis = [
        locale.n_("{n} answer from 0 to 6", "{n} answers from 0 to 6", int(every["cases"])),
        _("since {day}").format(day=locale.day(every["counted_since"])), _("who waits counts for as long as he has waited"),
    ]  # fmt: skip
    stands_on = " · ".join(basis)
    what = paper("loop_curve", _("How fast the unhappy are called"), rows, kinds, meanings=means, basis=stands_on)
    sql = session.asked(loop_curve, kept=kept, sla_days=sla_days)
    yield partial(under_chart, what, sql, means, stands_on, picture="chart_loop_curve")


def times_sentence(every: pd.Series, sla_days: int) -> str:
    """The share called in time, half the days it takes, and how many wait."""
    locale = session.locale()
    _ = locale._
    days = locale.days(sla_days, 0)
    judged = int(every["cases_judged"])
    if judged >= LEAST_SHOWN:
        said = _("**{share}** ({interval}) of {answers} were called within {days}.").format(
            share=locale.share(every["contacted_in_time_share"]), interval=locale.shares(every["contacted_low"], every["contacted_high"]),
            answers=locale.n_("{n} answer", "{n} answers", judged), days=days,
        )  # fmt: skip
    else:
        said = _("{answers} are more than {days} old: too few for a share.").format(
            answers=locale.n_("{n} answer", "{n} answers", judged), days=days
        )
    if pd.notna(every["contact_days"]) and int(every["cases"]) >= LEAST_SHOWN:
        said += " " + _("Half are called within {days}.").format(days=locale.days(every["contact_days"], 0))
    waiting = int(every["waiting_now"])
    if waiting and pd.notna(every["waiting_days"]):
        said += " " + locale.n_("{n} waits", "{n} wait", waiting) + _(", half of them for longer than {days}.").format(
            days=locale.days(every["waiting_days"], 0)
        )  # fmt: skip
    return said


@told
def _owners(times: pd.DataFrame, kept: Any, sla_days: int) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    field = find("owner", session.tables(), "customers")
    asked = {"by": field, "kept": kept, "sla_days": sla_days}
    found = session.answer(loop_times, **asked)
    called = [owner_words(owner, locale) for owner in found.iloc[:, 0]]
    real = (pd.to_numeric(found["q_value"]) < REAL).fillna(False)
    drawn_ = found.assign(
        share=found["contacted_in_time_share"], low=found["contacted_low"], high=found["contacted_high"], is_real=real
    )
    yield partial(section, _("Called in time, by owner"), _("Whose customers they are; those called within {days}.").format(days=locale.days(sla_days, 0)))  # fmt: skip
    if real.any():
        key = [(look.colors.accent, _("differs from the others: stands after correction")), (look.colors.neutral, _("could be chance, or too few to test"))]  # fmt: skip
        yield partial(legend, key)
    else:
        yield partial(note, _("The differences between owners could be chance, or there are too few to test."))
    every = times.iloc[0]
    typical = float(every["contacted_in_time_share"]) if every["cases_judged"] >= LEAST_SHOWN else None
    shown = drawn_.head(ON_SCREEN)
    said = ", ".join(
        f"{locale.name(name)} {locale.share(row.share)}"
        if row.cases_judged >= LEAST_SHOWN
        else f"{locale.name(name)} –"
        for name, row in zip(called, shown.itertuples(), strict=False)
    )
    figure = shares_figure(shown, called[:ON_SCREEN], "cases_judged", typical, look)
    yield partial(chart, figure, "loop_owners", _("Share of detractors called in time: {owners}.").format(owners=said))
    few = found["cases_judged"] < LEAST_SHOWN
    hidden = {
        name: pd.to_numeric(found[name]).mask(few)
        for name in ("contacted_in_time_share", "contacted_low", "contacted_high")
    }
    rows, kinds = tables.columns_once(
        found.assign(name=called, **hidden),
        [
            ("name", _("Owner"), "text"), ("cases", _("Answers"), "count"), ("cases_judged", _("Old enough"), "count"),
            ("contacted_in_time", _("In time"), "count"), ("contacted_in_time_share", _("Share in time"), "share"),
            ("contacted_low", _("95% from"), "share"), ("contacted_high", _("95% to"), "share"),
            ("contact_days", _("Days to contact"), "days"), ("close_days", _("Days to close"), "days"),
            ("waiting_now", _("Still waiting"), "count"), ("waiting_days", _("Waiting for, days"), "days"), ("q_value", _("q-value"), "number"),
        ],
    )  # fmt: skip
    means = words.meanings(*MEANS, of="loop_times")
    tests = int(found["tests"].max()) if found["tests"].notna().any() else 0
    basis = [locale.n_("{n} answer from 0 to 6", "{n} answers from 0 to 6", int(every["cases"])), session.as_of_words()]
    basis.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", tests))
    stands_on = " · ".join(basis)
    what = paper("loop_owners", _("Called in time, by owner"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(loop_times, **asked), means, stands_on, picture="chart_loop_owners")
