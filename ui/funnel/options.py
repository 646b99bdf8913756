"""How the reader wants the funnel to count, the same in every view of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.filters import is_of_owner
from analytics.funnel import RULES, Counting
from analytics.leads import can_tell
from analytics.owners import names_owners
from ui import session
from ui.parts import note

_KEYS = ("dated", "window", "windowed", "optional", "taken_out", "reasons_out", "owner_at", "start_at")
REASONS_OFFERED = 50


def counting() -> Counting:
    """The reader's choice; without a stage history only the rule that needs none."""
    has_history = session.facts().get("has_history") == "true"
    rule = session.get("rule")
    if not has_history:
        return Counting("filled", from_leads=_from_leads(), excluded_reasons=tuple(_get("reasons_out") or ()))
    known = set(_stage_names(("open", "lost")))
    return Counting(
        rule=rule if rule in RULES else "filled",
        dated="active" if _get("dated") == "active" else "created",
        window_days=_get("window"),
        step_windows=tuple(
            (stage, days) for stage in _of(known, "windowed") if (days := session.get(_window_key(stage))) is not None
        ),
        optional=_of(known, "optional"),
        excluded=_of(known, "taken_out"),
        owner="then" if _get("owner_at") == "then" and has_owners() else "now",
        from_leads=_from_leads(),
        excluded_reasons=tuple(_get("reasons_out") or ()),
    )


def has_leads() -> bool:
    return session.kept(_has_leads)


def _has_leads() -> bool:
    return bool(len(session.run(session.tables().leads.select("lead_id").limit(1))))


def has_owners() -> bool:
    """Whether the history says who owned a deal at the time."""
    return session.kept(_has_owners)


def _has_owners() -> bool:
    return bool(len(session.run(names_owners(session.tables()))))


def show_options() -> None:
    """The popover in which the reader chooses how to count, each choice explained in a sentence."""
    _ = session.locale()._
    with (
        st.popover(
            _("How to count"),
            icon=":material/tune:",
            type="tertiary",
            key="how_to_count",
            on_change="rerun",
        ) as popover,
        st.container(width=460),
    ):
        # What is behind a closed popover is not made; what was chosen there is kept.
        if popover.open:
            _show_controls()


def _show_controls() -> None:
    locale = session.locale()
    _ = locale._
    has_history = session.facts().get("has_history") == "true"
    stages = _stage_names(("open",))
    if has_history:
        _switch(
            "dated",
            _("Dates are about"),
            {"created": _("Deals created then"), "active": _("Stages entered then")},
            _(
                "Created: all that became of the deals of these dates, whenever. Entered: what happened to deals "
                "that came to a stage in these dates, however old they are."
            ),
        )
        st.number_input(
            _("Conversion window, in days"),
            min_value=1.0,
            max_value=9999.0,
            step=1.0,
            format="%g",
            value=None,
            placeholder=_("None: as long as it takes"),
            key=_key("window"),
            persist_state="session",
        )
        note(
            _(
                "A deal that moves on later than this after it came to the stage is still in the bar, but does not "
                "count in the share that moves on."
            )
        )
        windowed = _choose("windowed", _("Stages with a window of their own"), stages)
        for stage in windowed:
            st.number_input(
                _("Days for {stage}").format(stage=_label(stage)),
                min_value=1.0,
                max_value=9999.0,
                step=1.0,
                format="%g",
                value=30.0,
                key=_window_key(stage),
                persist_state="session",
            )
        _choose("optional", _("Optional stages"), stages[1:])
        note(_("A deal that goes past an optional stage has not skipped it."))
        _choose("taken_out", _("Leave out deals that were ever in"), _stage_names(("open", "lost"))[1:])
    reasons = _reasons()
    if reasons:
        _choose("reasons_out", _("Leave out deals lost because of"), reasons)
        note(
            _("Those deals are taken out of every stage, as if they had never been; how many is said below the chart.")
        )
    if has_history:
        if has_owners():
            _switch(
                "owner_at",
                _("Owners are"),
                {"now": _("Owners now"), "then": _("Owners then")},
                _(
                    "Whom a filter or a breakdown by owner or team means: who owns the deal now, or who owned it in the stage."
                ),
            )
        else:
            note(_("The history does not say who owned a deal at the time, so owners are those of today."))
    if has_leads():
        _switch(
            "start_at",
            _("Start at"),
            {"stage": _("First stage"), "lead": _("Lead")},
            _("A lead and the deal it became are one, never counted twice.")
            if _leads_can_tell()
            else _("The filters ask for what leads do not have, so the funnel starts at the first stage."),
        )
    if said(counting()):
        st.button(_("Count as usual"), icon=":material/restart_alt:", on_click=_reset, key="count_as_usual")


def said(chosen: Counting) -> list[str]:
    """What differs from the usual way to count, a few words each; names are as in the data."""
    locale = session.locale()
    _ = locale._
    parts = []
    if chosen.dated == "active" and session.filters().has_period:
        parts.append(_("stages entered in these dates"))
    if chosen.window_days is not None:
        parts.append(_("moved on within {days}").format(days=locale.days(chosen.window_days)))
    parts += [
        _("{stage} within {days}").format(stage=_label(stage), days=locale.days(days))
        for stage, days in chosen.step_windows
    ]
    if chosen.optional:
        parts.append(_("optional: {stages}").format(stages=", ".join(map(_label, chosen.optional))))
    if chosen.excluded or chosen.excluded_reasons:
        names = ", ".join(map(_label, (*chosen.excluded, *chosen.excluded_reasons)))
        parts.append(_("without deals of {names}").format(names=names))
    if chosen.owner == "then":
        parts.append(_("owners at the time"))
    if chosen.from_leads:
        parts.append(_("from the lead"))
    return parts


def _label(name: str) -> str:
    return session.locale().name(name).replace("*", "\u2217")


def _key(name: str) -> str:
    """Keys that a click on *Count as usual* makes forget what they showed."""
    return f"count_{name}_{session.get('count_round', 0)}"


def _window_key(stage: str) -> str:
    return _key(f"window_of_{stage}")


def _get(name: str) -> Any:
    return session.get(_key(name))


def _of(known: set[str], name: str) -> tuple[str, ...]:
    return tuple(stage for stage in _get(name) or () if stage in known)


def _reset() -> None:
    session.put("count_round", session.get("count_round", 0) + 1)


def _from_leads() -> bool:
    return _get("start_at") == "lead" and has_leads() and _leads_can_tell()


def _leads_can_tell() -> bool:
    return all(can_tell(choice.field) or is_of_owner(choice.field) for choice in session.filters().where)


def _choose(name: str, label: str, options: list[str]) -> list[str]:
    key = _key(name)
    kept = [each for each in session.get(key) or () if each in options]
    if kept != list(session.get(key) or ()):
        session.put(key, kept)
    return st.multiselect(label, options, format_func=_label, key=key, placeholder="–", persist_state="session")


def _switch(name: str, label: str, choices: dict[str, str], explained: str) -> None:
    st.segmented_control(
        label,
        list(choices),
        format_func=lambda each: choices[each],
        default=next(iter(choices)),
        required=True,
        key=_key(name),
        persist_state="session",
    )
    note(explained)


def _stage_names(outcomes: tuple[str, ...]) -> list[str]:
    return session.kept(_stages_in_order, outcomes)


def _stages_in_order(outcomes: tuple[str, ...]) -> list[str]:
    stages = session.tables().stages.filter(col.outcome.isin(outcomes))
    pipeline = session.filters().pipeline
    if pipeline is not None:
        stages = stages.filter(col.pipeline == pipeline)
    order = {"open": 0, "lost": 1}
    found = session.run(stages.select("stage", "stage_order", "outcome")).drop_duplicates("stage")
    found = found.assign(place=found["outcome"].map(order)).sort_values(["place", "stage_order", "stage"])
    return list(found["stage"])


def _reasons() -> list[str]:
    deals = session.tables().deals.filter(col.lost_reason.nullif("").notnull())
    found = session.run(
        deals.group_by("lost_reason").agg(n=col.count()).order_by(col.n.desc(), col.lost_reason).limit(REASONS_OFFERED)
    )
    return list(found["lost_reason"])


def open_stages() -> pd.DataFrame:
    """The open stages of the pipeline on screen, in order: stage and stage_order."""
    return session.kept(_open_stages)


def _open_stages() -> pd.DataFrame:
    stages = session.tables().stages.filter(col.outcome == "open")
    pipeline = session.filters().pipeline
    if pipeline is not None:
        stages = stages.filter(col.pipeline == pipeline)
    return session.run(stages.select("stage", "stage_order").distinct().order_by("stage_order", "stage"))
