"""Where deals wait and leak, what it costs, and which of them to go after."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import session
from ui.bottlenecks import before_after, causes, heat, process, queue, ranking, stalled, times
from ui.parts import no_data

_ = session.locale()._

# The views of the page; each reads the filters and asks only for what it shows.
VIEWS: dict[str, tuple[str, Callable[[], None]]] = {
    "ranking": (_("Bottlenecks"), ranking.show),
    "times": (_("Time in stage"), times.show),
    "heat": (_("Heat map"), heat.show),
    "stalled": (_("Stalled deals"), stalled.show),
    "queue": (_("Queues"), queue.show),
    "process": (_("Process"), process.show),
    "before_after": (_("Before and after"), before_after.show),
    "causes": (_("What helps"), causes.show),
}


def page() -> None:
    if session.is_empty():
        no_data(_("Bottlenecks"))
        return
    view = session.place("view", VIEWS, "ranking")
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
