"""A page of several views: a switch between them, and the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui import session
from ui.parts import no_data

Views = Mapping[str, tuple[str, Callable[[], None]]]


def show(title: str, views: Views) -> None:
    """The switch and the view that the address or the reader chose, at first the first of them. Without data, how to bring some."""
    if session.is_empty():
        no_data(title)
        return
    view = session.place("view", views, next(iter(views)))
    st.segmented_control(
        session.locale()._("View"),
        list(views),
        format_func=lambda name: views[name][0],
        default=view,
        required=True,
        key=session.place_key("view"),
        on_change=session.keep_place,
        args=("view",),
        label_visibility="collapsed",
    )
    views[view][1]()
