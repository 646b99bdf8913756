"""The score aimed at: a line in the trend, kept for the workspace."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from data.errors import DataError
from ui import session
from ui.parts import problem


def show() -> None:
    """A popover to set, change or take away the target."""
    _ = session.locale()._
    now = session.survey_settings()
    key = f"nps_target_{now.target}"
    with st.popover(_("Target"), icon=":material/flag:", key="pop_nps_target"), st.container(width=260):
        # Blank must stay possible where there is a target: the widget has no value of its own to go back to.
        if session.get(key, ...) is ...:
            session.put(key, now.target)
        st.number_input(
            _("NPS aimed at"), min_value=-100.0, max_value=100.0, value=None, step=5.0, format="%g", key=key,
            placeholder=_("no target"),
        )  # fmt: skip
        st.button(_("Keep"), icon=":material/check:", key="keep_nps_target", on_click=_keep, args=(key,))
        if (failed := session.get("nps_target_problem")) is not None:
            problem(failed)
            session.drop("nps_target_problem")


def _keep(key: str) -> None:
    try:
        kept = replace(session.survey_settings(), target=session.get(key))
        session.workspace().keep_survey_settings(kept)
    except DataError as failed:
        session.put("nps_target_problem", failed)
