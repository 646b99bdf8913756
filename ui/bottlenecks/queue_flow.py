"""The card with the cumulative-flow diagram."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from analytics.cumulative_flow import cumulative_flow
from analytics.periods import Grain
from ui import session, tables
from ui.bottlenecks.queue_words import LEAST_SHOWN, is_known
from ui.charts.queue import flow_figure
from ui.funnel.trend import label
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart
from ui.words import meanings

MEANT = ("cumulative", "since_start", "in_between", "approximate_days")


def show(grain: Grain, options: dict[str, Any], stage: str | None) -> None:
    """The card, the line of `stage` set off; the page has several stages or it says why nothing is drawn."""
    rows = session.answer(cumulative_flow, **options)
    drawn(_card, rows, grain, options, stage)


@told
def _card(rows: pd.DataFrame, grain: Grain, options: dict[str, Any], stage: str | None) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    yield partial(section, _("Cumulative flow"), _("A line counts the deals that came to a stage or got past it. Where two lines part, deals pile up between them. A deal that went back counts at the furthest stage it got to."))  # fmt: skip
    known = rows[rows["since_start"].notna()]
    last = rows[rows["starts_on"] == rows["starts_on"].max()]
    lines = [
        (name, kind) for name, kind in zip(last["stage"], last["line"], strict=True) if name in set(known["stage"])
    ]
    if not lines or not is_known(known["since_start"].max()) or known["starts_on"].nunique() < 2:
        yield partial(note, _("It takes two periods to draw it."))
        return
    yield partial(note, lead(last))
    places = {name: place for place, name in enumerate(lines)}
    keys = list(zip(known["stage"], known["line"], strict=True))
    drawn_rows = known.assign(line=[places[key] for key in keys], day=known["ends_on"])
    named = [(name if kind == "stage" else _(name), kind) for name, kind in lines]
    labels = [label(start, grain) for start in sorted(set(known["starts_on"]))]
    chosen = next((place for place, (name, kind) in enumerate(lines) if name == stage and kind == "stage"), None)
    yield partial(
        chart,
        flow_figure(drawn_rows, named, labels, chosen, look),
        "queue_flow",
        _("Deals that had come to each stage by each day, with those between it and the next at the end: {lines}.").format(
            lines=", ".join(
                f"{locale.name(name)} {locale.count(between)}"
                for name, between in zip(last["stage"], last["in_between"], strict=True)
                if is_known(between)
            )
        ),
        wide=True,
    )  # fmt: skip
    means = meanings(*MEANT, of="cumulative_flow")
    stands_on = _basis(rows, last)
    cells, kinds = flow_table(rows)
    what = paper("cumulative_flow", _("Cumulative flow"), cells, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(cumulative_flow, **options), means, stands_on, picture="wide_queue_flow"
    )


def lead(last: pd.DataFrame) -> str:
    """How many are in progress, between which lines most pile up, and about how long that takes."""
    locale = session.locale()
    _ = locale._
    stages = last[(last["line"] == "stage") & last["in_between"].notna()]
    if stages.empty:
        return ""
    total = int(stages["in_between"].sum())
    row = stages.loc[stages["in_between"].astype(float).idxmax()]
    said = {
        "total": locale.n_("{n} deal is in progress", "{n} deals are in progress", total),
        "stage": plain(row["stage"]), "n": locale.count(row["in_between"]), "days": locale.days(row["approximate_days"]),
    }  # fmt: skip
    if row["in_between"] >= LEAST_SHOWN and is_known(row["approximate_days"]):
        return _("**{total}**, most of them at {stage}: {n}. A deal takes about {days} to get across it.").format(
            **said
        )
    return _("**{total}**, most of them at {stage}: {n}.").format(**said)


def _basis(rows: pd.DataFrame, last: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    first = last["since_start"].iloc[0]
    parts = [
        locale.n_("{n} deal", "{n} deals", int(first) if is_known(first) else 0),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
        _("without those that had ended before {day}").format(day=locale.day(rows["starts_on"].min())),
    ]
    return " · ".join(parts)


def flow_table(rows: pd.DataFrame) -> tables.Table:
    """Every line and period; times across fewer than ten deals are hidden."""
    _ = session.locale()._
    ends = {name: _(name) for name in rows.loc[rows["line"] != "stage", "stage"].unique()}
    few = ~(pd.to_numeric(rows["in_between"]) >= LEAST_SHOWN)
    shown = rows.assign(
        stage=[ends.get(name, name) if kind != "stage" else name for name, kind in zip(rows["stage"], rows["line"], strict=True)],
        approximate_days=pd.to_numeric(rows["approximate_days"]).mask(few),
    )  # fmt: skip
    return tables.columns(
        shown,
        [
            ("stage", _("Line"), "text"),
            ("period", _("Period"), "text"),
            ("ends_on", _("Last day"), "day"),
            ("reached_in_period", _("Reached in the period"), "count"),
            ("cumulative", _("Reached so far"), "count"),
            ("since_start", _("Reached, without old ends"), "count"),
            ("in_between", _("In between"), "count"),
            ("approximate_days", _("Approximate time"), "days"),
        ],
    )
