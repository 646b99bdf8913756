"""The second step: what the load will do, and everything that can be decided otherwise before it does."""

from __future__ import annotations

import streamlit as st

from data.importer import Draft
from ui import session
from ui.importing import mend, steps
from ui.importing.columns import grid_key
from ui.importing.files import file_card, mapping_file, unrecognised_card
from ui.importing.happens import happens_card, headline
from ui.importing.mend import mend_card
from ui.importing.stages import stages_card
from ui.importing.told import told_card, unlocks_card
from ui.importing.totals import totals_card
from ui.parts import problem


def check(draft: Draft) -> None:
    """The whole step, what matters most first; the bar with the button to load stays in sight at the bottom."""
    headline(draft)
    wrong = session.get("draft_problem")
    if wrong is not None:
        problem(wrong)
    for place, unknown in enumerate(draft.unrecognised):
        unrecognised_card(draft, unknown, place)
    if draft.report is not None:
        happens_card(draft, draft.report)
        totals_card(draft.report)
        mend_card(draft)
    if draft.stages:
        stages_card(draft)
    if draft.report is not None:
        told_card(draft.report)
    for place, plan in enumerate(draft.plans):
        file_card(draft, plan, place)
    if draft.plans:
        mapping_file(draft)
    if draft.report is not None:
        unlocks_card(draft.report, loaded=False)
    actions(draft)


def actions(draft: Draft) -> None:
    """Load, or start over; what was typed and not applied yet comes first."""
    locale = session.locale()
    _ = locale._
    waiting = mend.is_edited(draft) or any(steps.is_edited(grid_key(place)) for place in range(len(draft.plans)))
    with st.container(horizontal=True, vertical_alignment="center", key="import_actions"):
        if draft.report is not None:
            words = locale.n_("Load {n} file", "Load {n} files", steps.files_known(draft))
            if st.button(words, type="primary", icon=":material/check:", key="import_confirm", disabled=waiting):
                steps.load(draft)
        if waiting:
            st.caption(_("Apply what you changed first."), width="content")
        st.button(_("Start over"), type="tertiary", key="import_start_over", on_click=steps.forget)
