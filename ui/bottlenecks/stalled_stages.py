"""After how many days deals are stalled, by stage, and how long open deals have been there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from zlib import crc32

import pandas as pd
import streamlit as st

from analytics.stall_thresholds import DEFAULT_DAYS, LEAST_ADVANCED
from analytics.stalled_stages import open_deal_ages, stalled_stages
from ui import session, tables, words
from ui.charts.stalled import ages_figure
from ui.funnel.options import open_stages
from ui.parts import Piece, chart, drawn, legend, md, note, paper, plain, rich, section, table, told, under_chart

STAGE_MEANS = ("threshold_days", "is_learnt", "learnt_from", "stalled", "planned", "undated", "value_stalled")
Thresholds = dict[str, Any]  # what the reader set, as the metrics take it


# what the reader set, as the metrics take it


# what the reader set


def _key(stage: str) -> str:
    """The key of a stage's threshold: other pipelines have stages of the same name."""
    return f"stall_days_{crc32(f'{session.filters().pipeline}/{stage}'.encode()):08x}"


def thresholds() -> Thresholds:
    """The thresholds that the reader gave, by stage, and the one of stages that have not learnt any."""
    own = {stage: float(days) for stage in open_stages()["stage"] if (days := session.get(_key(stage)))}
    return {"overrides": own, "default": float(session.get("stall_default") or DEFAULT_DAYS)}


def _thresholds_form(stages: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    with (
        st.popover(_("Thresholds"), icon=":material/tune:", key="stall_thresholds", width="content"),
        st.form("stall_form", border=False),
    ):
        note(_("After how many days a deal is stalled. Leave a stage empty to use what is learnt."))
        for row in stages.to_dict("records"):
            st.number_input(
                md(row["stage"]),
                min_value=0.5,
                max_value=9999.0,
                value=None,
                step=1.0,
                format="%g",
                key=_key(row["stage"]),
                persist_state="session",
                placeholder=_learnt_words(row),
            )
        st.number_input(
            _("Where too few moved on to learn it"),
            min_value=0.5,
            max_value=9999.0,
            value=DEFAULT_DAYS,
            step=1.0,
            format="%g",
            key="stall_default",
            persist_state="session",
        )
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button(_("Use these"), key="stall_use")
            st.form_submit_button(
                _("All as learnt"), key="stall_reset", on_click=_reset, args=(list(stages["stage"]),), type="tertiary"
            )


def _reset(stages: list[str]) -> None:
    session.put("stall_default", DEFAULT_DAYS)
    for stage in stages:
        session.put(_key(stage), None)


def _learnt_words(row: Mapping[str, Any]) -> str:
    """What a stage uses where the reader sets nothing."""
    locale = session.locale()
    if row["is_learnt"]:
        return locale._("learnt: {days}").format(days=locale.days(row["threshold_days"]))
    if row["learnt_from"] >= LEAST_ADVANCED:
        return locale._("as learnt")
    return locale._("as below: too few moved on")


# ages against thresholds


def show_stages(stages: pd.DataFrame, set_: Thresholds) -> None:
    """The card: ages of open deals against the threshold of each stage, and a form to set thresholds."""
    with st.container(border=True, key="card_stall_ages"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(session.locale()._("How long open deals have been at their stage"))
            _thresholds_form(stages)
        drawn(_ages, stages, set_)


def _sentence(stages: pd.DataFrame) -> str:
    """What the dots and lines are, and where the lines come from."""
    locale = session.locale()
    _ = locale._
    learnt = stages[stages["is_learnt"].astype(bool)]
    if learnt.empty:
        return _(
            "A dot is open deals of one age; beyond the line they are stalled. No threshold could be learnt here: that takes a stage history with 10 deals that moved on."
        )
    first, last = learnt["threshold_days"].min(), learnt["threshold_days"].max()
    return _(
        "A dot is open deals of one age; beyond the line they are stalled. The lines are learnt: by then 90% of the deals that ever move on have done so, {range} by stage."
    ).format(range=locale.days_between(first, last) if first < last else locale.days(first))


@told
def _ages(stages: pd.DataFrame, set_: Thresholds) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    colors = look.colors
    ages = session.answer(open_deal_ages, **set_)
    yield partial(note, _sentence(stages))
    shown = stages[stages["deals_open"] > 0].reset_index(drop=True)
    key = [(colors.neutral, _("within the threshold")), (colors.accent, _("stalled"))]
    if (ages["is_past"].astype(bool) & ages["is_planned"].astype(bool)).any():
        key.insert(1, (f"hollow:{colors.accent}", _("past it, next activity planned")))
    key.append((f"line:{colors.ink}", _("threshold")))
    if not shown["is_learnt"].all():
        key[-1] = (f"line:{colors.ink}", _("threshold, dotted where it was not learnt"))
    if len(ages):
        yield partial(legend, tuple(key))
        yield partial(
            chart,
            ages_figure(ages, shown, look),
            "stall_ages",
            _("Open deals past the threshold of their stage: {stages}.").format(
                stages=", ".join(
                    _("{stage} {n} of {open} ({days})").format(
                        stage=locale.name(row["stage"]), n=locale.count(row["stalled"]),
                        open=locale.count(row["deals_open"]), days=locale.days(row["threshold_days"]),
                    )
                    for row in shown.to_dict("records")
                )
            ),
            wide=True,
        )  # fmt: skip
    else:
        yield partial(_stage_table, shown)
    rows, kinds = stages_table(stages, set_["overrides"])
    means = words.meanings(*STAGE_MEANS, of="stalled_stages")
    parts = [
        locale.n_("{n} open deal", "{n} open deals", int(stages["deals_open"].sum())),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
    ]
    if stages["is_learnt"].any():
        parts.append(_("thresholds learnt from all deals of the pipeline, whatever the filters"))
    basis = " · ".join(parts)
    what = paper("stalled_stages", _("Stalled deals by stage"), rows, kinds, meanings=means, basis=basis)
    asked = session.asked(stalled_stages, **set_) + "\n\n" + session.asked(open_deal_ages, **set_)
    picture = "wide_stall_ages" if len(ages) else ""
    yield partial(under_chart, replace(what, legend=tuple(key)), asked, means, basis, picture=picture)


def _stage_table(stages: pd.DataFrame) -> None:
    """Where no age is known there is nothing to draw."""
    locale = session.locale()
    _ = locale._
    table(
        [_("Stage"), _("Open deals"), _("Stalled"), _("Threshold")],
        [
            [
                rich(plain(row["stage"])), locale.count(row["deals_open"]), locale.count(row["stalled"]),
                rich(locale.days(row["threshold_days"])),
            ]
            for row in stages.to_dict("records")
        ],
        caption=_("Stalled deals by stage"), numbers=range(1, 4),
    )  # fmt: skip


def stages_table(stages: pd.DataFrame, given: Mapping[str, float]) -> tables.Table:
    """Every stage with its threshold, where that comes from, and its open deals."""
    _ = session.locale()._
    said = stages.assign(
        source=[
            _("learnt") if row.is_learnt else _("set by you") if row.stage in given else _("default")
            for row in stages.itertuples()
        ]
    )
    return tables.columns(
        said,
        [
            ("stage", _("Stage"), "text"),
            ("deals_open", _("Open deals"), "count"),
            ("stalled", _("Stalled"), "count"),
            ("planned", _("Past it, planned"), "count"),
            ("undated", _("Not known since when"), "count"),
            ("threshold_days", _("Threshold, days"), "days"),
            ("source", _("Threshold is"), "text"),
            ("learnt_from", _("Visits that moved on"), "count"),
            ("chance_30d", _("Moves on in 30 days, when it comes"), "share"),
            ("chance_low", _("95% from"), "share"),
            ("chance_high", _("95% to"), "share"),
            ("value_stalled", _("Money stalled"), "money"),
            ("value_open", _("Money open"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )
