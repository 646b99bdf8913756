"""The last step: what came in, what did not, what can be seen now, and the way back."""

from __future__ import annotations

import streamlit as st

from data.uploads import ImportReport
from ui import session
from ui.importing import steps
from ui.importing.history import take_back
from ui.importing.rejects import mend_button, rejects_table
from ui.importing.told import told_card, unlocks_card
from ui.importing.totals import agree, totals_card
from ui.parts import heading, section


def done(report: ImportReport) -> None:
    """What the import did."""
    locale = session.locale()
    _ = locale._
    whole = sum(file.rows_read for file in report.files)
    aside = sum(file.rows_rejected for file in report.files)
    inside = sum(file.rows_loaded + file.rows_updated + file.rows_unchanged for file in report.files)
    finding = _("**{n} of {all} rows are in.**").format(n=locale.count(inside), all=locale.count(whole))
    if aside:
        finding += " " + locale.n_(
            "{n} row was set aside, and says why.", "{n} rows were set aside, and each says why.", aside
        )
    heading(
        _("Import"),
        finding,
        _("Totals match the files.")
        if agree(report) and not aside
        else _("Some totals differ from the files; the table says why."),
    )
    with st.container(horizontal=True, vertical_alignment="center", key="import_next"):
        st.page_link("../pages/funnel.py", label=_("See the funnel"), icon=":material/filter_alt:")
        st.page_link("../pages/quality.py", label=_("See what is wrong in the data"), icon=":material/fact_check:")
        st.button(_("Import more files"), type="tertiary", key="import_more", on_click=steps.forget)
        undo = st.button(_("Undo this import"), type="tertiary", icon=":material/undo:", key="undo_this")
    if undo:
        take_back(report.number)
    totals_card(report, loaded=True)
    _rejected_card(report)
    told_card(report)
    unlocks_card(report)


def _rejected_card(report: ImportReport) -> None:
    locale = session.locale()
    _ = locale._
    aside = len(session.workspace().rejects(report.number))
    if not aside:
        return
    with st.container(border=True, key="card_rejected"):
        section(
            locale.n_("{n} row or cell set aside", "{n} rows and cells set aside", aside),
            _("Put them right here: the file was kept, and rows that are in are not doubled."),
        )
        mend_button(report.number)
        rejects_table(report.number, key="")
