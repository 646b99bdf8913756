"""Where deals stop: one funnel, and several ways to look into it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import session
from ui.funnel import changes, compare, groups, losses, paths, stages, timing, trend, velocity
from ui.parts import no_data

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: dict[str, tuple[str, Callable[[], None]]] = {
    "stages": (_("Stages"), stages.show),
    "groups": (_("Groups"), groups.show),
    "time": (_("Time to convert"), timing.show),
    "trend": (_("Trend"), trend.show),
    "compare": (_("Compare"), compare.show),
    "paths": (_("Paths"), paths.show),
    "losses": (_("Losses"), losses.show),
    "velocity": (_("Velocity"), velocity.show),
    "changes": (_("Pipeline changes"), changes.show),
}


def page() -> None:
    if session.is_empty():
        no_data(_("Funnel"))
        return
    view = session.place("view", VIEWS, "stages")
    st.segmented_control(
        _("View"),
        list(VIEWS),
        format_func=lambda name: VIEWS[name][0],
        default=view,
        required=True,
        key=session.place_key("view"),
        on_change=session.keep_place,
        args=("view",),
        label_visibility="collapsed",
    )
    VIEWS[view][1]()


page()
