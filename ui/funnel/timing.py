"""How long deals take from one step to another, those still open included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.time_to_convert import deals_that, time_to_convert
from data.errors import DataError
from ui import session, tables, words
from ui.charts.timing import timing_figure
from ui.funnel import field_choice
from ui.funnel.deal_list import deal_list
from ui.funnel.groups import value_words
from ui.funnel.options import open_stages
from ui.locale import NOTHING
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    note,
    nothing,
    paper,
    plain,
    problem,
    rich,
    section,
    table,
    told,
    under_chart,
)

POINTS = 80
MOST_LINES = 5
LEAST_SHOWN = 10
MEANT = ("chance", "convert_median_days", "half_of_all_days", "naive_median_days", "at_risk", "undecided")
# A median of the completed this much too short is worth a sentence.
WORTH_SAYING = 0.03


def show() -> None:
    """The view: the sentence, the curve with its histogram, the times side by side, and the deals."""
    _ = session.locale()._
    stages = list(open_stages()["stage"])
    start = session.place("stage_of", stages, "") or None
    later = stages[stages.index(start) + 1 :] if start else stages[1:]
    goal = session.get("time_goal") if session.get("time_goal") in later else None
    group = _group()
    steps: dict[str, Any] = {"start": start, "goal": goal}
    try:
        marks = session.answer(time_to_convert, **steps)
    except DataError as error:
        heading(_("Funnel"), _("**This cannot be told.**"))
        problem(error)
        return
    first = marks.iloc[0]
    if first["n"] < LEAST_SHOWN:
        heading(_("Funnel"), _("**Too few deals to say how long they take.**"))
        with st.container(border=True, key="card_timing"):
            _choices(stages, start, later, goal)
            why = session.locale().n_("{n} deal is at hand.", "{n} deals are at hand.", int(first["n"]))
            with st.container(border=True, key="card_nothing_timing"):
                nothing("hourglass_empty", _("It takes 10 deals to show how long they take"), why,
                        [_("Choose another step, take a filter away, or add more deals with **dates**.")])  # fmt: skip
                if session.chosen().any:
                    st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")
        return
    drawn(_heading, marks, goal)
    with st.container(border=True, key="card_timing"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(
                title(start, goal),
                _("Open deals count for as long as they have been open, neither as lost nor left out."),
            )
            _choices(stages, start, later, goal)
        drawn(_curves, steps, group)
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch", key="card_timing_shares"):
        drawn(_shares, marks, steps, goal)
    with right, st.container(border=True, height="stretch", key="card_timing_times"):
        drawn(_times, marks, steps, goal)
    _deals(steps, goal)


def _group() -> Any:
    """The field the curves are told apart by, if any."""
    return field_choice.choices().get(session.place("by", field_choice.choices(), ""))


def title(start: str | None, goal: str | None) -> str:
    _ = session.locale()._
    if start and goal:
        return _("From {start} to {goal}").format(start=plain(start), goal=plain(goal))
    if start:
        return _("From {start} to won").format(start=plain(start))
    if goal:
        return _("From creation to {goal}").format(goal=plain(goal))
    return _("From creation to won")


def _choices(stages: list[str], start: str | None, later: list[str], goal: str | None) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(
        horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_timing"
    ):
        st.selectbox(
            _("From step"), ["", *stages], index=stages.index(start) + 1 if start else 0, width=170,
            key=session.place_key("stage_of"), on_change=session.keep_place, args=("stage_of",),
            format_func=lambda name: locale.name(name) if name else _("Creation"),
        )  # fmt: skip
        if session.get("time_goal") not in later:
            session.put("time_goal", "")
        st.selectbox(
            _("To step"), [*later, ""], key="time_goal", width=170, persist_state="session",
            format_func=lambda name: locale.name(name) if name else _("Won"),
        )  # fmt: skip
        names = field_choice.choices()
        by = session.place("by", names, "")
        st.selectbox(
            _("Lines by"), ["", *names], index=["", *names].index(by), width=170,
            key=session.place_key("by"), on_change=session.keep_place, args=("by",),
            format_func=lambda name: field_choice.words(names[name], names) if name else _("All together"),
        )  # fmt: skip


@told
def _heading(marks: pd.DataFrame, goal: str | None) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Funnel"), finding(marks, goal), remark(marks.iloc[0]))


def finding(marks: pd.DataFrame, goal: str | None) -> str:
    """What share gets there by three months, and how long those take that do."""
    locale = session.locale()
    _ = locale._
    known = marks[marks["chance"].notna()]
    first = marks.iloc[0]
    if known.empty or not first["converted"]:
        return _("**No deal has got there yet.**")
    late = known[known["within_days"] >= first["convert_median_days"]]
    row = late.iloc[0] if len(late) else known.iloc[-1]
    said = {
        "share": locale.share(row["chance"]), "range": locale.shares(row["low"], row["high"]),
        "days": locale.days(row["within_days"]), "typical": locale.days(first["convert_median_days"]),
        "times": day_range(first["convert_median_low"], first["convert_median_high"]),
        "goal": plain(goal or ""),
    }  # fmt: skip
    if goal is None:
        words_ = _(
            "**{share} of deals are won within {days}** ({range}). Those that are won typically take {typical} ({times})."
        )
    else:
        words_ = _(
            "**{share} of deals come to {goal} within {days}** ({range}). Those that do typically take {typical} ({times})."
        )
    return words_.format(**said)


def day_range(low: float | None, high: float | None) -> str:
    """An interval in days with the unit once; an end that was not reached is left open."""
    locale = session.locale()
    if low is None or low != low:
        return ""
    if high is None or high != high:
        return locale._("from {days}").format(days=locale.days(low))
    return locale.days_between(low, high)


def remark(first: pd.Series) -> str:
    """How the completed ones alone would look, and what was not counted."""
    locale = session.locale()
    _ = locale._
    parts = []
    gap = first["naive_gap"]
    if gap == gap and abs(gap) >= WORTH_SAYING:
        said = {"naive": locale.days(first["naive_median_days"]), "share": locale.share(abs(gap), 0)}
        parts.append(
            _(
                "The completed ones alone would say {naive}, {share} too short, because slow deals are still open."
            ).format(**said)
            if gap < 0
            else _("The completed ones alone would say {naive}, {share} too long.").format(**said)
        )
    if first["undecided"]:
        parts.append(
            locale.n_(
                "{n} deal is still open. It is not counted as lost.",
                "{n} deals are still open. They are not counted as lost.",
                int(first["undecided"]),
            )
        )
    return " ".join(parts)


def basis(first: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    parts = [locale.n_("{n} deal", "{n} deals", int(first["n"]))]
    if session.chosen().as_of or session.latest_day():
        parts.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    parts.append(_("{share} undecided").format(share=locale.share(first["undecided_share"])))
    parts.append(_("shown up to {days}").format(days=locale.days(first["horizon_days"])))
    left_out = int(first["untimed"] + first["negative"] + first["undated"])
    if left_out:
        parts.append(_("{n} without usable dates left out").format(n=locale.count(left_out)))
    if first["earlier"]:
        parts.append(_("{n} had been there before").format(n=locale.count(first["earlier"])))
    return " · ".join(parts)


@told
def _curves(steps: dict[str, Any], group: Any) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    goal = steps["goal"]
    there = _("won") if goal is None else _("come there")
    options: dict[str, Any] = {**steps, "points": POINTS}
    folded = None
    if group is None:
        rows = session.answer(time_to_convert, **options)
        curves = [("", rows)]
    else:
        names = list(session.counts(group))[:MOST_LINES]
        folded = group.folded(name for name in names if name)
        options["by"] = folded
        rows = session.answer(time_to_convert, **options)
        key = rows.columns[0]
        wanted = [(name, rows[rows[key].isna() if not name else rows[key] == name]) for name in names]
        curves = [
            (value_words(folded, name or None), part.reset_index(drop=True))
            for name, part in wanted
            if len(part) and part["n"].iloc[0] >= LEAST_SHOWN and part["chance"].notna().any()
        ]
        if not curves:
            yield partial(
                nothing,
                "hourglass_empty",
                _("No group has 10 deals"),
                _("Choose another field, or take a filter away."),
            )
            return
    first = rows.iloc[0]
    marks_at = []
    if group is None and first["converted"] >= LEAST_SHOWN:
        marks_at.append(
            (
                float(first["convert_median_days"]),
                _("half of those that get there: {days}").format(days=locale.days(first["convert_median_days"])),
            )
        )
    yield partial(
        chart,
        timing_figure(curves, look, ends=(there, _("lost")), marks=marks_at),
        "timing",
        _("The chance to get there by each day: {ends}.").format(
            ends=", ".join(
                f"{locale.name(name) if name else there} {locale.share(part['chance'].dropna().iloc[-1])}"
                for name, part in curves
            )
        ),
        wide=True,
    )
    yield partial(
        note,
        _(
            "Below the days: deals still watched. Dotted where they are fewer than 10. The bars count the deals that got there."
        )
        if group is None
        else _groups_note(rows, curves),
    )
    shown, kinds = chances(rows)
    meanings = words.meanings(*MEANT, of="time_to_convert")
    stands_on = basis(session.answer(time_to_convert, **steps).iloc[0])
    what = paper("time_to_convert", title(steps["start"], goal), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(time_to_convert, **options), meanings, stands_on, picture="wide_timing"
    )


def _groups_note(rows: pd.DataFrame, curves: list[tuple[str, pd.DataFrame]]) -> str:
    """Which groups differ from all others together, corrected, and over how many."""
    locale = session.locale()
    _ = locale._
    real = [name for name, part in curves if (part["q_value"].iloc[0] or 1) < 0.05]
    family = locale.n_("{n} group tested", "{n} groups tested", int(rows["tests"].max()))
    if real:
        said = _("Differs from the rest, and stands after correction: {names} ({family}).")
        return said.format(names=locale.listed([plain(name) for name in real]), family=family)
    return _("No group differs from the rest by more than could be chance ({family}).").format(family=family)


@told
def _shares(marks: pd.DataFrame, steps: dict[str, Any], goal: str | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(section, _("How many get there by when"), _("Of all deals that set out, the lost ones too."))
    lines = []
    for row in marks.to_dict("records"):
        known = row["chance"] == row["chance"] and row["chance"] is not None
        range_ = locale.shares(row["low"], row["high"]) if known else _("not followed that long")
        lines.append(
            [
                f'<span style="white-space:nowrap">{rich(locale.days(row["within_days"]))}</span>', f"<b>{locale.share(row['chance'])}</b> <small>{rich(range_)}</small>",
                locale.count(row["converted_by"]), locale.count(row["at_risk"]),
            ]
        )  # fmt: skip
    yield partial(
        table,
        [_("Within"), _("Get there"), _("Seen so far"), _("Still watched")], lines,
        caption=_("Share of deals that get there, by days"), numbers=range(1, 4),
    )  # fmt: skip
    shown, kinds = chances(marks)
    meanings = words.meanings("chance", "converted_by", "at_risk", of="time_to_convert")
    stands_on = basis(marks.iloc[0])
    what = paper("time_shares", title(steps["start"], goal), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(under_chart, what, session.asked(time_to_convert, **steps), meanings, _same_basis(marks.iloc[0]))


def _same_basis(first: pd.Series) -> str:
    """Under the tables beside the chart: its deals, without saying all of it again. A download still has it whole."""
    return session.locale().n_("{n} deal, as in the chart above", "{n} deals, as in the chart above", int(first["n"]))


@told
def _times(marks: pd.DataFrame, steps: dict[str, Any], goal: str | None) -> Iterator[Piece]:
    """Times of those that get there, of all, and as they look without the open deals."""
    locale = session.locale()
    _ = locale._
    first = marks.iloc[0]
    yield partial(section, _("How long it takes"), _("Of the deals that get there within the time told."))
    not_yet = _("≥ {days}").format(days=locale.days(first["horizon_days"]))

    def time(name: str, missing: str = NOTHING) -> str:
        value = first[name]
        return missing if value is None or value != value else locale.days(value)

    half = time("half_of_all_days", not_yet)
    median = day_range(first["convert_median_low"], first["convert_median_high"])
    gap = first["naive_gap"]
    off = locale.change(gap) if gap == gap and gap is not None else NOTHING
    is_reached = first["half_of_all_days"] is not None and first["half_of_all_days"] == first["half_of_all_days"]
    half_range = day_range(first["half_of_all_low"], first["half_of_all_high"]) if is_reached else _("not reached")
    lines = [
        (_("A quarter is there by"), time("convert_p25_days"), ""),
        (_("Half is there by (typical)"), time("convert_median_days"), median),
        (_("Three quarters by"), time("convert_p75_days"), ""),
        (_("Nine in ten by"), time("convert_p90_days"), ""),
        (_("Half of all deals, lost ones too"), half, half_range),
        (
            _("The completed ones alone, half by"),
            time("naive_median_days"),
            _("{off} against the typical time").format(off=off),
        ),
    ]
    yield partial(
        table,
        [_("Time"), _("Days"), _("Remark")],
        [[rich(name), f"<b>{rich(value)}</b>", f"<small>{rich(more)}</small>"] for name, value, more in lines],
        caption=_("How long deals take"), numbers=(1,),
    )  # fmt: skip
    shown, kinds = times(lines)
    names = (
        "convert_median_days",
        "convert_p75_days",
        "convert_p90_days",
        "half_of_all_days",
        "naive_median_days",
        "naive_gap",
    )
    meanings = words.meanings(*names)
    stands_on = basis(first)
    what = paper("time_quantiles", title(steps["start"], goal), shown, kinds, meanings=meanings, basis=stands_on)
    yield partial(under_chart, what, session.asked(time_to_convert, **steps), meanings, _same_basis(first))


def chances(rows: pd.DataFrame) -> tables.Table:
    """The rows of the answer as a table; shares of fewer than 10 deals are not shown."""
    _ = session.locale()._
    few = rows["n"] < LEAST_SHOWN
    rows = rows.assign(
        **{name: pd.to_numeric(rows[name]).mask(few) for name in ("chance", "low", "high", "lost_chance")}
    )
    group = [(rows.columns[0], _("Group"), "text")] if rows.columns[0] != "start" else []
    return tables.columns(
        rows,
        [
            *group,
            ("within_days", _("Within days"), "days"),
            ("chance", _("Get there"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("lost_chance", _("Lost before"), "share"),
            ("converted_by", _("Seen so far"), "count"),
            ("at_risk", _("Still watched"), "count"),
            ("n", _("Deals"), "count"),
            ("undecided", _("Undecided"), "count"),
        ],
    )


def times(lines: list[tuple[str, str, str]]) -> tables.Table:
    """The times as they are written on screen."""
    _ = session.locale()._
    rows = pd.DataFrame(lines, columns=["name", "days", "more"])
    return tables.columns(
        rows, [("name", _("Time"), "text"), ("days", _("Days"), "text"), ("more", _("95% interval, or remark"), "text")]
    )


def _deals(steps: dict[str, Any], goal: str | None) -> None:
    _ = session.locale()._
    ends = {
        "converted": _("Won") if goal is None else _("Came there"),
        "lost": _("Lost before"),
        "open": _("Still open"),
    }
    with st.container(border=True, key="card_timing_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind it"), _("With the days each took, or has taken so far."))
            end = st.selectbox(
                _("What became of them"), list(ends), index=None, key="time_end", placeholder=_("Choose"), width=220,
                format_func=lambda name: ends[name],
            )  # fmt: skip
        if end:
            deal_list(deals_that(session.tables(), session.filters(), end, **steps), ends[end], "timing_deals")
