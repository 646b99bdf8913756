"""The deals behind a number: how many, the first of them, and all of them to take away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from ui import session, tables
from ui.locale import Locale
from ui.parts import ROWS_ON_SCREEN, downloads, grid, md, note, paper
from ui.words import Meaning


def deal_list(
    query: ir.Table,
    title: str,
    name: str,
    as_table: Callable[[pd.DataFrame, Locale], tables.Table] = tables.standing,
    close: Callable[[], None] | None = None,
    meanings: Sequence[Meaning] = (),
) -> None:
    """Show the deals of `query`; `name` tells this list from others on the page. With `close`, the title is a chip that closes it."""
    locale = session.locale()
    _ = locale._
    rows, kinds = as_table(session.run(query.limit(ROWS_ON_SCREEN)), locale)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"under_list_{name}"):
        if close is not None:
            with st.container(key=f"chip_on_{name}", width="content"):
                st.button(
                    md(title), icon=":material/close:", on_click=close, key=f"close_{name}", help=_("Close the list")
                )
        note(count_of(session.count(query)))
        with st.popover(_("Download"), icon=":material/download:", type="tertiary", key=f"list_get_{name}"):
            whole = session.later(query, lambda frame: as_table(frame, locale)[0])
            downloads(paper(name, title, rows, kinds, meanings=meanings), whole)
        with st.popover("SQL", icon=":material/code:", type="tertiary", key=f"list_sql_{name}"):
            st.code(session.readable_sql(query), language="sql", height=420, width=680)
    if len(rows):
        grid(rows, kinds, key=name)


def count_of(n: int) -> str:
    """How many deals there are, and that the screen shows the first of them."""
    locale = session.locale()
    if n > ROWS_ON_SCREEN:
        return locale._("The first {shown} of {n} deals; a download has them all.").format(
            shown=locale.count(ROWS_ON_SCREEN), n=locale.count(n)
        )
    return locale.n_("{n} deal", "{n} deals", n)
