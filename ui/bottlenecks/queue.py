"""Which stage's queue grows: arrivals, departures and who waits, the cumulative flow, and the deals that wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.filters import Choice
from analytics.periods import GRAINS, Grain
from analytics.queue_growth import ALL, deals_waiting, queue_growth
from ui import session, tables
from ui.bottlenecks import guard, queue_flow
from ui.bottlenecks.queue_words import (
    LEAST_SHOWN,
    basis,
    finding,
    growth_lines,
    growth_table,
    growth_words,
    lead,
    per_period,
    reason_words,
    remark,
    verdict_tag,
    way_of,
)
from ui.charts.queue import Panel, queue_figure
from ui.funnel.deal_list import deal_list
from ui.funnel.trend import label
from ui.parts import Piece, chart, drawn, heading, legend, note, paper, plain, rich, section, table, told, under_chart
from ui.words import meanings

MEANT = ("arrivals", "departures", "waiting", "waiting_value", "growth_per_period", "is_growing", "q_value")
LITTLE_MEANT = ("average_waiting", "little_days", "measured_days", "little_reason", "growth_per_period", "q_value")


def show() -> None:
    """The view: the sentence, a panel a stage, the table of stages, the cumulative flow, and the deals of a stage."""
    _ = session.locale()._
    if not guard.has_history():
        guard.without_history(
            _(
                "With it, this view shows how many deals come to each stage, leave it and wait there, and whose queue grows."
            )
        )
        return
    grain: Grain = session.get("queue_grain") if session.get("queue_grain") in GRAINS else "month"
    options = _options(grain)
    rows = session.answer(queue_growth, **options)
    if rows.empty:
        guard.nothing_left("queue")
        return
    periods, stages = session.kept(_split, rows)
    if periods.empty:
        heading(_("Bottlenecks"), _("**The queues cannot be told.**"))
        guard.too_few(
            "queue",
            _("No stage has the times of its deals"),
            _("No file tells when deals came to the stages and left them."),
            [_("Add a stage history with **deal, stage and date entered**.")],
        )
        return
    several = session.currencies()
    money, currency = _money(rows, several, options)
    drawn(_heading, money, grain, currency)
    with st.container(border=True, key="card_queue"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(
                _("Who comes, who leaves and who waits"),
                _("Above, deals that arrive and leave; below, deals waiting at the end of each period. Click a bar."),
            )
            _choices(grain, several)
        drawn(_panels, periods, money, grain, currency, options, _chart_key())
    with st.container(border=True, key="card_queue_stages"):
        drawn(_stages, money, grain, currency, options)
    with st.container(border=True, key="card_queue_flow"):
        queue_flow.show(grain, options, session.get("queue_stage"))
    _deals(list(stages["stage"]))


def _options(grain: Grain) -> dict[str, Any]:
    settings = session.settings()
    return {"grain": grain, "week_start": settings.week_start, "fiscal_year_start": settings.fiscal_year_start}


def _split(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of single periods, and those of whole stages."""
    return rows[rows["period"] != ALL].reset_index(drop=True), rows[rows["period"] == ALL].reset_index(drop=True)


def _money(rows: pd.DataFrame, several: list[str], options: dict[str, Any]) -> tuple[pd.DataFrame, str | None]:
    """A row a stage: its complete periods together, who waits there now (`waiting_now`, `value_now`), and its money, of one
    currency where there are several, which is told too."""
    field = session.find("currency") if len(several) > 1 else None
    if field is None:
        return session.kept(_told_now, rows, rows), None
    chosen = session.get("queue_currency") if session.get("queue_currency") in several else several[0]
    within = replace(session.filters(), where=(*session.filters().where, Choice(field, (chosen,))))
    return session.kept(_told_now, rows, session.answer(queue_growth, within=within, **options)), chosen


def _told_now(rows: pd.DataFrame, valued: pd.DataFrame) -> pd.DataFrame:
    periods, stages = _split(rows)
    now = periods.groupby("stage", sort=False).last()
    of_money, of_money_stages = _split(valued)
    money_now = of_money.groupby("stage", sort=False).last()
    stages = stages.assign(
        waiting_now=stages["stage"].map(now["waiting"]),
        value_now=stages["stage"].map(money_now["waiting_value"]),
        periods=stages["stage"].map(periods[periods["is_complete"]].groupby("stage").size()).fillna(0),
    )
    by_stage = of_money_stages.set_index("stage")
    names = ("growth_value", "growth_value_low", "growth_value_high", "currency")
    return stages.assign(**{name: stages["stage"].map(by_stage[name]) for name in names})


@told
def _heading(stages: pd.DataFrame, grain: Grain, currency: str | None) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), finding(stages, grain), remark(stages, grain, currency))


def _choices(grain: Grain, several: list[str]) -> None:
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_queue"):
        st.segmented_control(
            _("Period"), GRAINS, default=grain, required=True, key="queue_grain", label_visibility="collapsed",
            format_func=lambda name: {"week": _("Weeks"), "month": _("Months"), "quarter": _("Quarters")}[name],
            persist_state="session",
        )  # fmt: skip
        if len(several) > 1:
            st.selectbox(
                _("Currency"), several, key="queue_currency", label_visibility="collapsed", width=110,
                persist_state="session",
            )  # fmt: skip


def _chart_key() -> str:
    return f"queue_{session.get('queue_round', 0)}"


def _pick(names: list[str]) -> None:
    """Take the stage of the clicked bar as the one to list."""
    points = (session.get(_chart_key()) or {}).get("selection", {}).get("points", [])
    if points and points[0].get("customdata"):
        place = int(points[0]["customdata"][0])
        if place < len(names):
            session.put("queue_stage", names[place])


@told
def _panels(
    periods: pd.DataFrame, stages: pd.DataFrame, grain: Grain, currency: str | None, options: dict[str, Any], key: str
) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    yield partial(note, lead(stages, grain))
    swatches = [
        (f"line:{colors.accent}", _("arrived")),
        (f"line:{colors.neutral}", _("left")),
        (colors.neutral, _("waiting")),
    ]
    ways = {way_of(row) for row in stages.to_dict("records")}
    if "growing" in ways:
        swatches.append((colors.lost_fill, _("a queue that really grows")))
    if "shrinking" in ways:
        swatches.append((colors.won_fill, _("a queue that really shrinks")))
    if not periods["is_complete"].all():
        swatches.append(("hatch", _("the period is not over")))
    yield partial(legend, tuple(swatches))
    shown = stages[stages["periods"].notna() & stages["waiting_now"].notna()]
    names = list(shown["stage"])
    starts = sorted(set(periods["starts_on"]))
    placed = periods.assign(
        panel=periods["stage"].map({name: place for place, name in enumerate(names)}),
        place=periods["starts_on"].map({start: place for place, start in enumerate(starts)}),
    )
    panels = [Panel(row["stage"], growth_lines(row, grain), way_of(row)) for row in shown.to_dict("records")]
    yield partial(
        chart,
        queue_figure(placed, panels, [label(start, grain) for start in starts], look),
        key,
        _("Deals that arrive at each stage, leave it and wait there, by period; waiting now: {stages}.").format(
            stages=", ".join(f"{locale.name(row['stage'])} {locale.count(row['waiting_now'])}" for row in shown.to_dict("records"))
        ),
        wide=True,
        on_select=partial(_pick, names),
    )  # fmt: skip
    means = meanings(*MEANT, of="queue_growth")
    stands_on = basis(stages, grain)
    cells, kinds = _period_table(periods)
    what = paper("queue_growth", _("Queues"), cells, kinds, meanings=means, basis=stands_on)
    asked = session.asked(queue_growth, **options)
    yield partial(
        under_chart, replace(what, legend=tuple(swatches)), asked, means, stands_on, picture=f"wide_{key}"
    )  # fmt: skip


def _period_table(periods: pd.DataFrame) -> tables.Table:
    """Every stage and period; times of fewer than ten that left are hidden."""
    _ = session.locale()._
    few = periods["departures"] < LEAST_SHOWN
    over = {True: _("yes"), False: _("no")}
    shown = periods.assign(
        is_complete=[over[bool(value)] for value in periods["is_complete"]],
        **{name: pd.to_numeric(periods[name]).mask(few) for name in ("little_days", "measured_days")},
    )
    return tables.columns(
        shown,
        [
            ("stage", _("Stage"), "text"),
            ("period", _("Period"), "text"),
            ("starts_on", _("First day"), "day"),
            ("ends_on", _("Last day"), "day"),
            ("is_complete", _("Complete"), "text"),
            ("arrivals", _("Arrived"), "count"),
            ("departures", _("Left"), "count"),
            ("advanced", _("moved on"), "count"),
            ("lost", _("lost"), "count"),
            ("back", _("went back"), "count"),
            ("handed_off", _("handed off"), "count"),
            ("net", _("Net"), "count"),
            ("waiting", _("Waiting"), "count"),
            ("waiting_value", _("Money waiting"), "money"),
            ("currency", _("Currency"), "text"),
            ("average_waiting", _("Waiting on average"), "number"),
            ("little_days", _("Days by Little's law"), "days"),
            ("measured_days", _("Days measured"), "days"),
        ],
    )


@told
def _stages(stages: pd.DataFrame, grain: Grain, currency: str | None, options: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(
        section,
        _("Each queue in numbers"),
        _("Little's law tells the days to get through from how many wait and how many leave. In a steady queue that is what was measured; where it is more, the queue grew or aged."),
    )  # fmt: skip
    lines = []
    for row in stages.to_dict("records"):
        has_times = row["departures"] is not None and row["departures"] == row["departures"]
        left = row["departures"] if has_times else 0
        few = rich(_("not enough · {n}").format(n=locale.count(left)))
        is_enough = left >= LEAST_SHOWN
        lines.append(
            [
                rich(plain(row["stage"])),
                locale.count(row["waiting_now"]) if row["waiting_now"] == row["waiting_now"] else "–",
                locale.money(row["value_now"], row["currency"]),
                per_period(row, "arrivals"),
                per_period(row, "departures"),
                f"<bdi>{rich(growth_words(row))}</bdi><br>{verdict_tag(row)}",
                locale.days(row["little_days"]) if is_enough else few,
                f"{locale.days(row['measured_days'])}<br><small>{rich(reason_words(row))}</small>"
                if is_enough
                else "–",
            ]
        )
    arrivals, departures, growth = {
        "week": (_("Come a week"), _("Leave a week"), _("Growth a week, last 3")),
        "month": (_("Come a month"), _("Leave a month"), _("Growth a month, last 3")),
        "quarter": (_("Come a quarter"), _("Leave a quarter"), _("Growth a quarter, last 3")),
    }[grain]
    yield partial(
        table,
        [_("Stage"), _("Waiting now"), _("Money waiting"), arrivals, departures, growth, _("Days by Little's law"), _("Days measured")],
        lines,
        caption=_("Queues by stage"),
        numbers=range(1, 8),
    )  # fmt: skip
    means = meanings(*LITTLE_MEANT, of="queue_growth")
    stands_on = basis(stages, grain)
    cells, kinds = growth_table(stages)
    what = paper("queues_by_stage", _("Queues by stage"), cells, kinds, meanings=means, basis=stands_on)
    yield partial(under_chart, what, session.asked(queue_growth, **options), means, stands_on)


def _deals(names: list[str]) -> None:
    """The deals that wait at a stage, reached by a click or by the choice."""
    locale = session.locale()
    _ = locale._
    if session.get("queue_stage") not in names:
        session.put("queue_stage", None)
    with st.container(border=True, key="card_queue_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals that wait at a stage"), _("Click a bar above, or choose here."))
            stage = st.selectbox(
                _("Stage"), names, index=None, key="queue_stage", width=260, placeholder=_("Choose a stage"),
                format_func=locale.name, persist_state="session",
            )  # fmt: skip
        if stage is not None:
            query = session.expression(deals_waiting, stage=stage)
            deal_list(
                query, _("Waiting at {stage}").format(stage=locale.name(stage)), "queue_deals", tables.deals, _close
            )


def _close() -> None:
    session.put("queue_stage", None)
    session.put("queue_round", session.get("queue_round", 0) + 1)
