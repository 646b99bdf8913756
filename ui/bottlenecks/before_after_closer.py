"""One stage before and since a day: how it empties, how it went over time, and the deals on either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.before_after import before_after_curves
from analytics.conversion_trend import ALL, conversion_trend, deals_of
from data.marks import Mark
from ui import session, tables, words
from ui.bottlenecks import before_after_words as say
from ui.charts.before_after import marked_figure, place_of
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import curve_figure
from ui.charts.trend import trend_figure
from ui.funnel.deal_list import deal_list
from ui.funnel.trend import label as period_label
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

LEAST_AT_RISK = 10
TREND_MEANS = ("chance", "is_mature", "rate_so_far")


def closer(rows: pd.DataFrame, stages: list[str], stage: str, on: date, window: int | None) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_before_after_stage"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(
                _("{stage}, closer").format(stage=plain(stage)) if stage else _("Whole deals, closer"),
                _("Left, who is still there by each day; right, how it went over time."),
            )
            st.selectbox(
                _("Stage"), ["", *stages], key="ba_stage", width=210, persist_state="session",
                format_func=lambda name: locale.name(name) if name else _("Whole deals"),
            )  # fmt: skip
        left, right = st.columns(2, gap="medium")
        with left:
            drawn(_curves, stage or None, on, window)
        with right:
            drawn(_trend, stage or None, on, tuple(session.marks()))


@told
def _curves(stage: str | None, on: date, window: int | None) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    curves = session.answer(before_after_curves, on=on, window_days=window, stage=stage)
    watched = curves[curves["at_risk"] >= LEAST_AT_RISK]
    parts = {side: curves[curves["side"] == side] for side in ("since", "before")}
    parts["since"] = curves[curves["side"] == "after"]
    if any(part.empty or part["n"].iloc[0] < LEAST_SHOWN for part in parts.values()) or watched.empty:
        few = min(int(part["n"].iloc[0]) if len(part) else 0 for part in parts.values())
        yield partial(note, _("not enough · {n}").format(n=locale.count(few)))
        return
    until = 1.15 * float(watched["within_days"].max())
    told_ = []
    for side, part in parts.items():
        near = part[part["within_days"] <= until].reset_index(drop=True)
        half = near.loc[near["still_chance"] <= 0.5, "within_days"]
        told_.append(({"since": _("since"), "before": _("before")}[side], near, float(half.iloc[0]) if len(half) else None))  # fmt: skip
    yield partial(note, say.left_by(curves, stage))
    yield partial(
        chart,
        curve_figure(told_, look),
        "before_after_curves",
        _("The chance to be still there by each day, before and since {day}. {said}").format(
            day=locale.day(on), said=say.left_by(curves, stage).replace("**", "")
        ),
        wide=True,
    )
    rows, kinds = tables.columns(
        curves.assign(side=curves["side"].map({"before": _("before"), "after": _("since")})),
        [
            ("side", _("Side"), "text"),
            ("within_days", _("Days"), "days"),
            ("still_chance", _("Still there"), "share"),
            ("still_low", _("95% from"), "share"),
            ("still_high", _("95% to"), "share"),
            ("at_risk", _("Still watched"), "count"),
        ],
    )
    counts = [int(part["n"].iloc[0]) for part in (parts["before"], parts["since"])]
    stands_on = _("{before} before, {after} since · dotted under 10").format(
        before=locale.count(counts[0]), after=locale.count(counts[1])
    )
    means = words.meanings("undecided_before", "at_risk", of="before_after")
    what = paper("before_after_curves", _("Still there"), rows, kinds, meanings=means, basis=stands_on)
    asked = session.asked(before_after_curves, on=on, window_days=window, stage=stage)
    yield partial(under_chart, what, asked, means, stands_on, picture="wide_before_after_curves")


@told
def _trend(stage: str | None, on: date, marks: tuple[Mark, ...]) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    settings = session.settings()
    options: dict[str, Any] = {
        "grain": "month", "stage": stage, "week_start": settings.week_start, "fiscal_year_start": settings.fiscal_year_start,
    }  # fmt: skip
    rows = session.answer(conversion_trend, **options)
    periods = rows[rows["period"] != ALL].reset_index(drop=True)
    if periods.empty or not periods["n"].sum() or not periods["is_mature"].eq(True).any():
        yield partial(note, _("There are too few months old enough for a trend."))
        return
    together = rows[rows["period"] == ALL].iloc[0]
    said = {"days": locale.days(together["horizon_days"]), "stage": plain(stage or ""), "day": locale.day(on)}
    words_ = (
        _("**Moved on from {stage} within {days}**, by the month deals came there; dashed is {day}.")
        if stage
        else _("**Won within {days}**, by the month deals were created; dashed is {day}.")
    )
    yield partial(note, words_.format(**said))
    starts, end = list(periods["starts_on"]), periods["ends_on"].iloc[-1] + timedelta(days=1)
    lines = [(mark.on, mark.name, mark.on == on) for mark in marks]
    if on not in [mark.on for mark in marks]:
        lines.append((on, locale.day(on), True))
    placed = [
        (place, name, is_chosen) for day, name, is_chosen in lines if (place := place_of(day, starts, end)) is not None
    ]
    plain_trend = trend_figure(
        periods.assign(value_created=None), [period_label(each, "month") for each in starts], look
    )
    yield partial(
        chart,
        marked_figure(plain_trend, tuple(placed), look),
        "before_after_trend",
        words_.format(**said).replace("**", ""),
        wide=True,
    )
    shown, kinds = tables.columns(
        periods,
        [
            ("period", _("Period"), "text"),
            ("n", _("Deals"), "count"),
            ("chance", _("Converted by the same age"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
        ],
    )
    stands_on = " · ".join(
        [
            locale.n_("{n} deal", "{n} deals", int(periods["n"].sum())),
            _("months too young are hatched"),
        ]
    )
    means = words.meanings(*TREND_MEANS, of="conversion_trend")
    what = paper("before_after_trend", _("Over time"), shown, kinds, meanings=means, basis=stands_on)
    asked = session.asked(conversion_trend, **options)
    yield partial(under_chart, what, asked, means, stands_on, picture="wide_before_after_trend")


# The deals


def deals(rows: pd.DataFrame, stages: list[str], stage: str, on: date) -> None:
    locale = session.locale()
    _ = locale._
    days = int(rows.loc[rows["stage"].eq(stage) if stage else rows["stage"].isna(), "compared_days"].max())
    if session.get("ba_side") not in ("before", "after"):
        session.put("ba_side", "after")
    with st.container(border=True, key="card_before_after_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(
                _("The deals that came to {stage}").format(stage=plain(stage)) if stage else _("The deals created"),
                _("Within {days} of {day}, those with most money first.").format(
                    days=locale.days(days), day=locale.day(on)
                ),
            )
            side = st.segmented_control(
                _("Side"), ["before", "after"], format_func=lambda name: {"before": _("Before"), "after": _("Since")}[name],
                required=True, key="ba_side", label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        first, last = (on, on + timedelta(days=days - 1)) if side == "after" else (on - timedelta(days=days), on - timedelta(days=1))  # fmt: skip
        now = session.filters()
        last, first = min(last, now.until or last), max(first, now.since or first)
        query = session.expression(_listed, first=first, last=last, stage=stage or None)
        deal_list(query, _("Deals before and since"), "around_deals")


def _listed(known: Any, filters: Any, first: date, last: date, stage: str | None) -> Any:
    """The deals of the window: the period of the filters is in its days already."""
    return deals_of(known, replace(filters, since=None, until=None), first, last, stage)
