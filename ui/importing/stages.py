"""The stages of the files: their order, and which mean won and lost."""

from __future__ import annotations

import streamlit as st

from data.importer import Draft
from data.stages import StageChoices
from ui import session
from ui.importing import steps
from ui.parts import md, plain, rich, section

WITH_STAGES = ("deals", "stage_entries", "deal_changes")


def stages_card(draft: Draft) -> None:
    """Show them in order, to be changed."""
    locale = session.locale()
    _ = locale._
    meanings = {"open": _("Open stage"), "won": _("Won"), "lost": _("Lost stage")}
    # Files of other things leave the stages as they are: the card is there for who looks for it.
    is_about = any(plan.table in WITH_STAGES or plan.stage_columns for plan in draft.plans)
    title = _("Stages, in order")
    with st.container(border=True, key="card_stages_check") if is_about else st.expander(title, key="stages_folded"):
        if is_about:
            section(title, _("Which stages mean won and lost decides every rate: please confirm."))
        pipelines = list(dict.fromkeys(stage.pipeline for stage in draft.stages))
        orders: dict[str, float] = {}
        means: dict[str, str] = {}
        for number, stage in enumerate(draft.stages):
            if len(pipelines) > 1 and stage.order == 1:
                st.html(f'<h3 class="sh-h3">{rich(plain(stage.pipeline))}</h3>')
            with st.container(horizontal=True, vertical_alignment="center", key=f"stage_row_{number}"):
                st.html(
                    f'<div class="sh-stage"><b><bdi>{rich(plain(stage.stage))}</bdi></b> <small>{rich(plain(locale.say(stage.reason)))}</small></div>'
                )
                orders[stage.stage] = st.number_input(
                    _("Place of {stage}").format(stage=md(stage.stage)), min_value=1, max_value=99, value=stage.order,
                    key=f"stage_order_{number}_{stage.stage}_{stage.order}", label_visibility="collapsed", width=110,
                )  # fmt: skip
                means[stage.stage] = st.segmented_control(
                    _("Meaning of {stage}").format(stage=md(stage.stage)), list(meanings), default=stage.outcome, required=True,
                    format_func=lambda name: meanings[name], key=f"stage_means_{number}_{stage.stage}_{stage.outcome}",
                    label_visibility="collapsed",
                )  # fmt: skip
        changed = any(orders[s.stage] != s.order or means[s.stage] != s.outcome for s in draft.stages)
        if st.button(_("Apply"), key="stages_apply", disabled=not changed):
            ranked = sorted(orders, key=lambda name: orders[name])
            known = {stage.stage for stage in draft.stages if stage.is_in_data}
            steps.revise(
                draft,
                list(draft.uploads),
                StageChoices(
                    order=tuple(name for name in ranked if means[name] == "open" and name in known),
                    won=tuple(name for name in ranked if means[name] == "won" and name in known),
                    lost=tuple(name for name in ranked if means[name] == "lost" and name in known),
                    pipeline=draft.choices.pipeline,
                ),
            )
