"""How long deals stay in each stage, those still there counted, and how the visits of one stage end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.stage_curve import deals_waiting
from analytics.time_in_stage import time_in_stage
from ui import session, tables, words
from ui.bottlenecks.guard import has_history, nothing_left, too_few, without_history
from ui.bottlenecks.one_stage import one_stage
from ui.bottlenecks.times_words import basis, finding, flags, remark, spread
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import is_short, length, lengths, times_figure
from ui.export import Kind
from ui.funnel.deal_list import deal_list
from ui.locale import Locale
from ui.parts import (
    Piece,
    chart,
    drawn,
    heading,
    legend,
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

TIMES_MEAN = ("median_days", "p75_days", "p90_days", "median_completed_days", "visits", "open", "at_zero", "together")
TABLE_MEANS = ("median_days", "p75_days", "p90_days", "restricted_mean_days", "mean_completed_days", "median_completed_days")  # fmt: skip


def show() -> None:
    """The view: all stages, the one chosen, the table and the deals that have waited longest."""
    _ = session.locale()._
    if not has_history():
        without_history(_("With it, this view shows how long deals stay in each stage, and how those stays end."))
        return
    rows = session.kept(_stages, session.answer(time_in_stage))
    if rows.empty or not rows["visits"].sum():
        nothing_left("times")
        return
    known = rows[(rows["visits"] >= LEAST_SHOWN) & rows["longest_days"].notna()]
    if known.empty:
        _nothing_known(rows)
        return
    stages = list(rows["stage"])
    stage = session.place("stage_of", stages, str(known.loc[slowest(known), "stage"]))
    drawn(_heading, rows)
    with st.container(border=True, key="card_stage_times"):
        drawn(_all_stages, rows, stage, _chart_key())
    with st.container(border=True, key="card_stage_curve"):
        one_stage(rows, stages, stage)
    with st.container(border=True, key="card_stage_table"):
        drawn(_table, rows)
    with st.container(border=True, key="card_stage_deals"):
        section(
            _("Longest at {stage}").format(stage=plain(stage)),
            _("The deals that are there now, those that have been there longest first."),
        )
        deal_list(session.expression(deals_waiting, stage=stage), _("Deals at the stage"), "stage_deals", waiting_table)


def waiting_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """The deals of a stage with how long they have been there."""
    _ = locale._
    known: list[tuple[str, str, Kind]] = [
        ("deal_name", _("Deal"), "text"),
        ("days", _("Days there"), "days"),
        ("entered_at", _("Came to the stage"), "day"),
        ("owner", _("Owner"), "text"),
        ("customer", _("Customer"), "text"),
        ("amount", _("Amount"), "money"),
        ("currency", _("Currency"), "text"),
        ("expected_close_on", _("Expected close"), "day"),
        ("deal_id", _("Deal number"), "text"),
    ]
    return tables.columns(rows, [column for column in known if rows[column[0]].notna().any()])


def _stages(answer: pd.DataFrame) -> pd.DataFrame:
    """A row a stage; one that two pipelines have is that of the pipeline with most visits."""
    rows = answer.sort_values("visits", ascending=False).drop_duplicates("stage")
    return rows.sort_values(["pipeline", "stage_order"]).reset_index(drop=True)


def slowest(known: pd.DataFrame) -> Any:
    """The place of the stage that takes longest, by its median, or by the least that can be said of it."""
    return known["median_days"].fillna(known["longest_days"]).astype(float).idxmax()


def _nothing_known(rows: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    heading(_("Bottlenecks"), _("**How long deals stay cannot be told.**"))
    if rows["visits"].max() < LEAST_SHOWN:
        why = locale.n_("No stage has more than {n} visit.", "No stage has more than {n} visits.", int(rows["visits"].max()))  # fmt: skip
        add = [_("Take a filter away, widen the dates, or add more deals with their **stage history**.")]
        too_few("times", _("It takes 10 visits of a stage to say how long they last"), why, add)
    else:
        why = _("The files say when deals came to their stages for too few of them.")
        too_few("times", _("The times of the stages are not known"), why, [said for _kind, said in flags(rows)])
    if session.chosen().any:
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


@told
def _heading(rows: pd.DataFrame) -> Iterator[Piece]:
    known = rows[(rows["visits"] >= LEAST_SHOWN) & rows["longest_days"].notna()]
    yield partial(heading, session.locale()._("Bottlenecks"), finding(known, slowest(known)), remark(rows))


# All stages


def _chart_key() -> str:
    return f"stage_times_{session.get('stage_times_round', 0)}"


def _pick(stages: list[str]) -> None:
    """Look at the clicked stage, on the page and in its address."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    place = (points[0].get("customdata") or [None])[0] if points else None
    if place is not None and int(place) < len(stages):
        session.put(session.place_key("stage_of"), stages[int(place)])
        session.keep_place("stage_of")


@told
def _all_stages(rows: pd.DataFrame, stage: str, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    yield partial(section, _("How long deals stay in each stage"), spread(rows))
    key = [
        (colors.accent, _("half have left, with 95% interval")),
        (f"line:{colors.neutral}", _("small marks: 75% and 90% have left")),
    ]
    if any(map(is_short, rows.itertuples())):
        key.append((f"hollow:{colors.neutral}", _("half of the completed visits alone: looks too short")))
    yield partial(legend, key)
    stages = list(rows["stage"])
    yield partial(
        chart,
        times_figure(rows, look, chosen=stage),
        chart_key,
        _("Days until half of the visits have left: {stages}.").format(
            stages=", ".join(
                f"{locale.name(row.stage)} {typical(row)}" for row in rows.itertuples() if row.visits >= LEAST_SHOWN
            )
        ),
        wide=True,
        on_select=partial(_pick, stages),
    )
    yield partial(note, _("Click a stage for its curve below."))
    for kind, said in flags(rows):
        label = _("please check") if kind == "warn" else _("left out")
        yield partial(st.html, f'<p class="sh-note">{tag("warn", label)} {rich(said)}</p>')
    shown, kinds = times_table(rows)
    means = words.meanings(*TIMES_MEAN, of="time_in_stage")
    what = paper("stage_times", _("Time in stage"), shown, kinds, meanings=means, basis=basis(rows))
    yield partial(under_chart, what, session.asked(time_in_stage), means, basis(rows), picture=f"wide_{chart_key}")


def typical(row: Any) -> str:
    """After how long half have left, with its interval, or the least that can be said."""
    locale = session.locale()
    if pd.isna(row.longest_days):
        return locale._("not known")
    if pd.isna(row.median_days):
        return locale._("at least {days}").format(days=length(locale, row.longest_days))
    range_ = lengths(locale, row.median_low, row.median_high)
    return f"{length(locale, row.median_days)} ({range_})" if range_ else length(locale, row.median_days)


def times_table(rows: pd.DataFrame) -> tables.Table:
    """The answer as a table; times of fewer than 10 visits are not shown."""
    _ = session.locale()._
    few = rows["visits"] < LEAST_SHOWN
    days = (
        "median_days", "median_low", "median_high", "p75_days", "p90_days", "restricted_mean_days", "restricted_mean_low",
        "restricted_mean_high", "within_days", "mean_completed_days", "median_completed_days", "longest_days",
    )  # fmt: skip
    return tables.columns(
        rows.assign(**{name: pd.to_numeric(rows[name]).mask(few) for name in days}),
        [
            ("stage", _("Stage"), "text"),
            ("visits", _("Visits"), "count"),
            ("open", _("Going on"), "count"),
            ("median_days", _("Half have left after, days"), "days"),
            ("median_low", _("95% from"), "days"),
            ("median_high", _("95% to"), "days"),
            ("p75_days", _("Three quarters, days"), "days"),
            ("p90_days", _("Nine in ten, days"), "days"),
            ("restricted_mean_days", _("Average, days"), "days"),
            ("restricted_mean_low", _("Average: 95% from"), "days"),
            ("restricted_mean_high", _("Average: 95% to"), "days"),
            ("within_days", _("Days counted of each stay"), "days"),
            ("mean_completed_days", _("Average of the completed"), "days"),
            ("median_completed_days", _("Median of the completed"), "days"),
            ("longest_days", _("Longest seen, days"), "days"),
            ("at_zero", _("Over at once"), "count"),
            ("together", _("Moved together"), "count"),
            ("assumed", _("Follow from the status"), "count"),
            ("untimed", _("Without times"), "count"),
            ("negative", _("Ended before they began"), "count"),
        ],
    )


# The table


@told
def _table(rows: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(
        section,
        _("Stage by stage"),
        _(
            "The completed visits alone look too short, because the slow ones still go on. They stand beside for comparison."
        ),
    )
    lines = []
    for row in rows.itertuples():
        cells = [rich(plain(row.stage)), locale.count(row.visits), locale.count(row.open)]
        if row.visits < LEAST_SHOWN:
            cells += [rich(_("not enough · {n}").format(n=locale.count(row.visits))), *["–"] * 4]
        else:
            cells += _cells(row)
        lines.append(cells)
    yield partial(
        table,
        [
            _("Stage"),
            _("Visits"),
            _("Going on"),
            _("Half have left after"),
            _("Three quarters"),
            _("Nine in ten"),
            _("Average"),
            _("Completed only: median, average"),
        ],
        lines,
        caption=_("Time in stage"),
        numbers=range(1, 8),
    )
    shown, kinds = times_table(rows)
    means = words.meanings(*TABLE_MEANS, of="time_in_stage")
    what = paper("stage_by_stage", _("Time in stage"), shown, kinds, meanings=means, basis=basis(rows))
    yield partial(under_chart, what, session.asked(time_in_stage), means, basis(rows))


def _cells(row: Any) -> list[str]:
    """The times of one stage with 10 visits or more."""
    locale = session.locale()
    _ = locale._
    if pd.isna(row.longest_days):
        return [rich(_("not known")), *["–"] * 4]
    if pd.isna(row.median_days):
        half = f"<b>{rich('≥ ' + length(locale, row.longest_days))}</b> <small>{rich(_('not reached'))}</small>"
    else:
        half = f"<b>{rich(length(locale, row.median_days))}</b> <small>{rich(lengths(locale, row.median_low, row.median_high))}</small>"
    average = "–"
    if not pd.isna(row.restricted_mean_days):
        within = _("of each up to {days}").format(days=length(locale, row.within_days)) if row.within_days else ""
        average = f"{rich(length(locale, row.restricted_mean_days))} <small>{rich(within)}</small>"
    completed = f"{rich(length(locale, row.median_completed_days))}, {rich(length(locale, row.mean_completed_days))}"
    if is_short(row) and (pd.isna(row.median_days) or row.median_completed_days < row.median_days):
        short = rich(_("too short"))
        completed += f" <small>{short}</small>"
    late = [
        rich(length(locale, days)) if not pd.isna(days) else rich(_("not reached"))
        for days in (row.p75_days, row.p90_days)
    ]
    return [half, *late, average, completed]
