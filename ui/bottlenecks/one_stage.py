"""One stage: who is still there by when, and how its visits have ended."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import Field
from analytics.stage_curve import stage_curve
from analytics.time_in_stage import time_in_stage
from ui import session, tables, words
from ui.bottlenecks.guard import too_few
from ui.bottlenecks.times_words import flags
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import curve_figure, ends_figure, length
from ui.funnel import field_choice
from ui.funnel.groups import value_words
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

REAL = 0.05
MOST_LINES = 5
CURVE_MEANS = ("still_chance", "at_risk")
ENDS_MEAN = ("advance_chance", "loss_chance", "back_chance", "handoff_chance", "still_chance")


def one_stage(rows: pd.DataFrame, stages: list[str], stage: str) -> None:
    """The card of the stage chosen; `rows` are those of `time_in_stage`, a row a stage."""
    locale = session.locale()
    _ = locale._
    names = field_choice.choices()
    by = session.place("by", names, "")
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        section(
            _("How {stage} empties").format(stage=plain(stage)),
            _("Every visit counts; those that go on count for as long as they have lasted."),
        )
        with st.container(
            horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="stage_switches"
        ):
            st.selectbox(
                _("Stage"), stages, index=stages.index(stage), width=190, format_func=locale.name,
                key=session.place_key("stage_of"), on_change=session.keep_place, args=("stage_of",),
            )  # fmt: skip
            st.selectbox(
                _("Lines by"), ["", *names], index=["", *names].index(by), width=190,
                key=session.place_key("by"), on_change=session.keep_place, args=("by",),
                format_func=lambda name: field_choice.words(names[name], names) if name else _("All together"),
            )  # fmt: skip
    row = rows[rows["stage"] == stage].iloc[0]
    if row["visits"] < LEAST_SHOWN or pd.isna(row["longest_days"]):
        if row["visits"] < LEAST_SHOWN:
            why = locale.n_("{n} visit is at hand.", "{n} visits are at hand.", int(row["visits"]))
            too_few("curve", _("It takes 10 visits to show how a stage empties"), why)
        else:
            said = [said for _kind, said in flags(rows[rows["stage"] == stage])]
            too_few("curve", _("The times of this stage are not known"), _("No file says when its deals came and left."), said)  # fmt: skip
        return
    left, right = st.columns(2, gap="medium")
    with left:
        drawn(_still, stage, row, names.get(by))
    with right:
        drawn(_ends, stage)


def curves_of(stage: str, field: Field) -> tuple[Field, list[tuple[str, pd.DataFrame, float | None]]]:
    """The curves of the commonest groups at a stage with 10 visits or more; and the field that tells them apart."""
    names = list(session.counts(field))[:MOST_LINES]
    folded = field.folded(name for name in names if name)
    rows = session.answer(stage_curve, stage=stage, by=folded)
    key = rows.columns[0]
    found: list[tuple[str, pd.DataFrame, float | None]] = []
    for name in names:
        part = rows[rows[key].isna() if not name else rows[key] == name].reset_index(drop=True)
        if len(part) and part["n"].iloc[0] >= LEAST_SHOWN and part["still_chance"].notna().any():
            found.append((value_words(folded, name or None), part, median_of(part)))
    return folded, found


def median_of(curve: pd.DataFrame) -> float | None:
    """The day by which half have left, where they have."""
    median = curve["median_days"].iloc[0]
    return None if pd.isna(median) else float(median)


@told
def _still(stage: str, row: pd.Series, field: Field | None) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    folded: Field | None = None
    curves: list[tuple[str, pd.DataFrame, float | None]] = []
    if field is not None:
        folded, curves = curves_of(stage, field)
        if not curves:
            yield partial(note, _("No group has 10 visits here, so the line is of all together."))
    options: dict[str, Any] = {"stage": stage} | ({"by": folded} if curves else {})
    rows = session.answer(stage_curve, **options)
    if curves and folded is not None:
        yield partial(note, verdict(stage, folded))
    else:
        curves = [("", rows, median_of(rows))]
        yield partial(note, _left_by(stage, row))
    yield partial(
        chart,
        curve_figure(curves, look),
        "stage_still",
        _("The chance to be still at {stage} by each day: {curves}.").format(
            stage=locale.name(stage),
            curves=", ".join(f"{locale.name(name)} {_half(median)}".strip() for name, _part, median in curves),
        ),
        wide=True,
    )
    stands_on = _basis(rows)
    what = _paper("stage_still", _("How {stage} empties").format(stage=stage), rows, CURVE_MEANS, stands_on)
    means = words.meanings(*CURVE_MEANS, of="stage_curve")
    yield partial(
        under_chart, what, session.asked(stage_curve, **options), means, stands_on, picture="wide_stage_still"
    )


def _half(median: float | None) -> str:
    locale = session.locale()
    if median is None:
        return locale._("half have not left")
    return locale._("half have left after {days}").format(days=length(locale, median))


def _left_by(stage: str, row: pd.Series) -> str:
    """What the curve says: when half have left, and when nine in ten."""
    locale = session.locale()
    _ = locale._
    said = {
        "stage": plain(stage), "days": length(locale, row["median_days"]), "late": length(locale, row["p90_days"]),
        "longest": length(locale, row["longest_days"]),
    }  # fmt: skip
    if pd.isna(row["median_days"]):
        return _("Half of the visits of {stage} have not left yet, up to {longest}.").format(**said)
    if pd.isna(row["p90_days"]):
        return _("**Half have left {stage} after {days}**; one in ten or more has not left yet.").format(**said)
    return _("**Half have left {stage} after {days}**, and one in ten is still there after {late}.").format(**said)


def verdict(stage: str, folded: Field) -> str:
    """Which groups stay longer or shorter than the others, corrected over all stages and groups."""
    locale = session.locale()
    _ = locale._
    rows = session.answer(time_in_stage, by=folded)
    family = locale.n_("{n} comparison at all stages", "{n} comparisons at all stages", int(rows["tests"].max()))
    here = rows[(rows["stage"] == stage) & (rows["visits"] >= LEAST_SHOWN)]
    real = here[pd.to_numeric(here["q_value"]) < REAL]
    if not len(real):
        return _("**No group stays longer or shorter than the others by more than could be chance** ({family}).").format(family=family)  # fmt: skip
    sides: dict[bool, list[str]] = {True: [], False: []}
    for group, row in zip(real[rows.columns[0]], real.to_dict("records"), strict=True):
        name = plain(value_words(folded, group if isinstance(group, str) else None))
        half = None if pd.isna(row["median_days"]) else row["median_days"]
        sides[bool(row["days_difference"] > 0)].append(f"{name} ({_half(half)})")
    said = []
    if sides[True]:
        said.append(_("**Longer than the others: {groups}.**").format(groups=locale.listed(sides[True])))
    if sides[False]:
        said.append(_("**Shorter: {groups}.**").format(groups=locale.listed(sides[False])))
    return " ".join(said) + " " + _("Stands after correction ({family}).").format(family=family)


def end_words() -> dict[str, str]:
    """The ways a visit ends, as labels of lines."""
    _ = session.locale()._
    return {
        "advance": _("moved on"), "loss": _("lost"), "back": _("went back"), "handoff": _("handed off"),
        "still": _("still there"),
    }  # fmt: skip


@told
def _ends(stage: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    rows = session.answer(stage_curve, stage=stage)
    last = rows.iloc[-1]
    names = [(kind, said) for kind, said in end_words().items() if kind in ("advance", "loss", "still") or last[f"{kind}_chance"] > 0]  # fmt: skip
    shares = [f"{said} {locale.share(last[f'{kind}_chance'])}" for kind, said in names]
    said = _("**By {days}, {advance} have moved on and {loss} were lost**; {still} are still there.").format(
        days=length(locale, last["within_days"]), advance=locale.share(last["advance_chance"]),
        loss=locale.share(last["loss_chance"]), still=locale.share(last["still_chance"]),
    )  # fmt: skip
    yield partial(note, said)
    yield partial(
        chart,
        ends_figure(rows, names, look),
        "stage_ends",
        _("How visits of {stage} have ended by {days}: {ends}.").format(
            stage=locale.name(stage), days=length(locale, last["within_days"]), ends=", ".join(shares)
        ),
        wide=True,
    )
    stands_on = _("the lines make 100%")
    what = _paper("stage_ends", _("How visits of {stage} end").format(stage=stage), rows, ENDS_MEAN, _basis(rows))
    means = words.meanings(*ENDS_MEAN, of="stage_curve")
    asked = session.asked(stage_curve, stage=stage)
    yield partial(under_chart, what, asked, means, stands_on, picture="wide_stage_ends")


def _basis(rows: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    firsts = rows.drop_duplicates(rows.columns[0]) if rows.columns[0] != "pipeline" else rows.head(1)
    parts = [locale.n_("{n} visit", "{n} visits", int(firsts["n"].sum()))]
    parts.append(_("dotted under 10"))
    return " · ".join(parts)


def _paper(name: str, title: str, rows: pd.DataFrame, means: tuple[str, ...], stands_on: str) -> Any:
    shown, kinds = curve_table(rows)
    return paper(name, title, shown, kinds, meanings=words.meanings(*means, of="stage_curve"), basis=stands_on)


def curve_table(rows: pd.DataFrame) -> tables.Table:
    """The rows of a curve as a table; chances of fewer than 10 visits are not shown."""
    _ = session.locale()._
    ends = end_words()
    kinds = ("still", "advance", "loss", "back", "handoff")
    few = rows["n"] < LEAST_SHOWN
    names = [f"{kind}_{part}" for kind in kinds for part in ("chance", "low", "high")]
    group = [(rows.columns[0], _("Group"), "text")] if rows.columns[0] != "pipeline" else []
    low, high = _("{what}: 95% from"), _("{what}: 95% to")
    return tables.columns(
        rows.assign(**{name: pd.to_numeric(rows[name]).mask(few) for name in names}),
        [
            *group,
            ("within_days", _("Days"), "days"),
            ("at_risk", _("Still watched"), "count"),
            *(
                column
                for kind in kinds
                for column in (
                    (f"{kind}_chance", ends[kind], "share"),
                    (f"{kind}_low", low.format(what=ends[kind]), "share"),
                    (f"{kind}_high", high.format(what=ends[kind]), "share"),
                )
            ),
            ("n", _("Visits"), "count"),
        ],
    )
