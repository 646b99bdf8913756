"""The first step: drop files."""

from __future__ import annotations

import streamlit as st

from ui import session
from ui.importing import steps
from ui.importing.history import history_card
from ui.parts import demo_offer, heading, privacy, rich, section

KINDS = ["csv", "tsv", "txt", "xlsx", "xls", "ods", "html", "htm", "gz", "zip", "json"]


def choose() -> None:
    """Where files are dropped, and what was loaded before."""
    _ = session.locale()._
    empty = session.is_empty()
    heading(
        _("Import"),
        _("Bring an export from your CRM. **{where}**").format(where=privacy()),
        _("Drop several files at once: deals, accounts, products, the sales team, a stage history."),
    )
    left, right = st.columns([1.6, 1], gap="small") if empty else (st.container(), None)
    with left, st.container(border=True, height="stretch", key="card_drop"):
        section(
            _("Your files"),
            _(
                "CSV, Excel, OpenDocument or a table saved as HTML, also in a zip or gzip. Hebrew files in any encoding are fine."
            ),
        )
        files = st.file_uploader(
            _("Files"),
            accept_multiple_files=True,
            type=KINDS,
            label_visibility="collapsed",
            key=f"files_{session.get('files_round', 0)}",
        )
        st.html(
            '<ul class="sh-plain">'
            + "".join(
                f"<li><b>{rich(what)}</b> {rich(opens)}</li>"
                for what, opens in (
                    (_("Deals"), _("open the funnel and the win rates")),
                    (_("Stage history"), _("shows where deals were lost, and how they moved")),
                    (_("Accounts, products, sales team"), _("add filters and breakdowns")),
                    (_("A mapping file"), _("saved here before, says how the others are read")),
                )
            )
            + "</ul>"
        )
        if files:
            steps.prepare(files)
    if right is not None:
        with right, st.container(border=True, height="stretch", key="card_made_up"):
            demo_offer()
    history_card()
