"""The first step: drop files."""

from __future__ import annotations

import streamlit as st

from data import receiving
from ui import session
from ui.importing import steps
from ui.importing.history import history_card
from ui.parts import demo_offer, heading, privacy, problem, rich, section
from ui.uploading import component, route

KINDS = ["csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "html", "htm", "gz", "zip", "json"]


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
        drop_zone = st.container(key="drop_zone", gap="xsmall")
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
        with drop_zone:
            _receive()
    if right is not None:
        with right, st.container(border=True, height="stretch", key="card_made_up"):
            demo_offer()
    history_card()


def _receive() -> None:
    """The drop zone, and what becomes of what is dropped; where files cannot be sent in pieces, or on request, Streamlit's own."""
    _ = session.locale()._
    desk, wrong = route.desk(), session.get("sent_problem")
    is_simple = desk is None or session.get("simple_upload", False)
    round_ = session.get("files_round", 0)
    if desk is None or is_simple:
        files = st.file_uploader(
            _("Files"),
            accept_multiple_files=True,
            type=KINDS,
            max_upload_size=_simple_limit(),
            label_visibility="collapsed",
            key=f"files_{round_}",
        )
    else:
        sent = component.files_sent(desk, KINDS, round_)
    if wrong is not None:
        problem(wrong)
    if desk is not None:
        words = _("Use the upload for large files") if is_simple else _("Use the simple upload instead")
        if st.button(words, type="tertiary", key="other_upload"):
            session.put("simple_upload", not is_simple)
            st.rerun()
    if desk is None or is_simple:
        if files:
            steps.prepare(files)
    else:
        steps.prepare_sent(desk, sent)


def _simple_limit() -> int:
    """In MB: Streamlit holds the whole file in memory, so its own limit stays where it is lower."""
    return max(1, min(int(st.get_option("server.maxUploadSize")), receiving.largest() // receiving.MB))
