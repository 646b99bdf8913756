"""What a view says where the data cannot tell what it shows, and which file would."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui import session
from ui.parts import heading, nothing


def has_history() -> bool:
    """Whether any file says when deals came to their stages."""
    return session.facts().get("has_history") == "true"


def without_history(shows: str) -> None:
    """Say that a stage history is missing, and where to get one; `shows` is a sentence of what the view does with it."""
    _ = session.locale()._
    heading(
        _("Bottlenecks"),
        _("**This data does not say how deals moved.** It holds each deal as it stands, not its way there."),
    )
    with st.container(border=True, key="card_nothing_history"):
        nothing(
            "route",
            _("This needs a stage history"),
            shows,
            [
                _("Salesforce: the report **Opportunity History**."),
                _("HubSpot: an export of deals with the columns **Date entered** of each stage."),
                _("Any other system: one row a stay, with **deal, stage and date entered**."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def nothing_left(name: str) -> None:
    """Say that the filters leave nothing to show; `name` tells the view from others."""
    _ = session.locale()._
    heading(_("Bottlenecks"), _("**No deal is left to show.**"))
    with st.container(border=True, key=f"card_nothing_{name}"):
        nothing("filter_alt_off", _("The filters leave no deal"), _("Take a filter away, or widen the dates."))
        if session.chosen().any:
            st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


def too_few(name: str, title: str, why: str, add: Sequence[str] = ()) -> None:
    """Say that there is too little to tell, why, and what to add."""
    _ = session.locale()._
    with st.container(border=True, key=f"card_nothing_{name}"):
        nothing("hourglass_empty", title, why, add)
