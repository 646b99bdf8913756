"""The card that lists the deals behind whatever was clicked or chosen on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import ibis.expr.types as ir
import streamlit as st

from ui import session
from ui.funnel.deal_list import deal_list
from ui.parts import section


def chart_key(name: str, chart: str) -> str:
    """The key of a chart whose marks are clicked: a new one each time a list is closed, so that the same mark can be clicked again."""
    return f"{chart}_{session.get(f'{name}_round', 0)}"


def pick(name: str, code: str) -> None:
    """List the deals behind `code`."""
    session.put(f"{name}_pick", code)


def deals_behind(
    name: str, title: str, label: str, choices: Mapping[str, str], query: Callable[[str], ir.Table]
) -> None:
    """The deals of one of `choices` (words by code), clicked or chosen; `query` gives the deals of a code."""
    _ = session.locale()._
    key = f"{name}_pick"
    if session.get(key) not in choices:
        session.put(key, None)
    with st.container(border=True, key=f"card_{name}_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(title, _("Click a mark in the chart, or choose here."))
            picked = st.selectbox(
                label,
                list(choices),
                index=None,
                key=key,
                placeholder=_("Choose a move or a path"),
                width=360,
                format_func=lambda code: choices[code],
            )
        if picked is not None:
            deal_list(query(picked), choices[picked], f"{name}_deals", close=partial(_close, name))


def _close(name: str) -> None:
    session.put(f"{name}_pick", None)
    session.put(f"{name}_round", session.get(f"{name}_round", 0) + 1)
