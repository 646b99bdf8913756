"""The deals behind a number: how many, the first of them, and all of them to take away."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from ui import session, tables
from ui.locale import Locale
from ui.parts import ROWS_ON_SCREEN, downloads, grid, note, paper


def deal_list(query: ir.Table, title: str, name: str) -> None:
    """Show the deals of `query`, which has the columns of deals; `name` tells this list from others on the page."""
    locale = session.locale()
    _ = locale._
    found = session.count(query)
    rows, kinds = listed(session.run(query.limit(ROWS_ON_SCREEN)), locale)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"under_list_{name}"):
        if found > ROWS_ON_SCREEN:
            note(
                _("The first {shown} of {n} deals; a download has them all.").format(
                    shown=locale.count(ROWS_ON_SCREEN), n=locale.count(found)
                )
            )
        else:
            note(locale.n_("{n} deal", "{n} deals", found))
        with st.popover(_("Download"), icon=":material/download:", type="tertiary", key=f"list_get_{name}"):
            whole = session.later(query, lambda frame: listed(frame, locale)[0])
            downloads(paper(f"deals_{name}", title, rows, kinds), whole)
        with st.popover("SQL", icon=":material/code:", type="tertiary", key=f"list_sql_{name}"):
            st.code(session.sql(query), language="sql", height=420, width=680)
    if len(rows):
        grid(rows, kinds, key=f"deals_{name}")


def listed(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """Deals as they stand, with the `days` something took where there is such a column."""
    _ = locale._
    words = {"open": _("open"), "won": _("won"), "lost": _("lost")}
    return tables.columns(
        rows.assign(status=rows["status"].map(words)),
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("amount", _("Amount"), "money"),
            ("currency", _("Currency"), "text"),
            ("status", _("Status"), "text"),
            ("stage", _("Stage"), "text"),
            ("created_at", _("Created"), "day"),
            ("closed_at", _("Closed"), "day"),
            ("days", _("Days"), "days"),
        ],
    )
