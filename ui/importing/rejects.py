"""The rows and cells an import set aside, each with its reason, to look at and to take away."""

from __future__ import annotations

import streamlit as st

from data import aside
from data.again import fix_again
from data.errors import DataError
from data.rejects import as_csv
from ui import import_words, session
from ui.importing import steps
from ui.parts import note, plain, problem, rich, table

MOST_ROWS = 50
MOST_LETTERS = 80


def rejects_table(number: int, *, key: str) -> int:
    """The first of them, and a button for all; returns how many there are."""
    locale = session.locale()
    _ = locale._
    headers, rows = import_words.rejected(session.workspace(), number, locale)
    if not rows:
        return 0
    table(
        [_("File, line"), _("Column"), _("What was there"), _("Why")],
        [
            [
                f"<bdi>{rich(plain(row[0]))} : {rich(row[1])}</bdi>",
                f"<bdi>{rich(plain(row[2]))}</bdi>",
                f"<bdi>{rich(plain(row[3][:MOST_LETTERS]))}</bdi>",
                rich(plain(row[4])),
            ]
            for row in rows[:MOST_ROWS]
        ],
        caption=_("Rows set aside"),
    )
    if len(rows) > MOST_ROWS:
        note(locale.n_("and {n} more", "and {n} more", len(rows) - MOST_ROWS))
    st.download_button(
        _("Download them with their reasons"),
        lambda: as_csv(headers, rows),
        f"set-aside-{number}.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"download_rejects{key}",
    )
    return len(rows)


def mend_button(number: int) -> None:
    """What was set aside becomes an import of its own, to be put right and loaded."""
    _ = session.locale()._
    if st.button(_("Mend and load them"), icon=":material/build:", key=f"mend_{number}"):
        bar, workspace = st.progress(0.0), session.workspace()
        try:
            draft = aside.run(
                lambda told: fix_again(workspace, number, {}, told), steps.telling(bar), steps.size(workspace)
            )
        except DataError as wrong:
            bar.empty()
            problem(wrong)
            return
        steps.forget()
        session.put("draft", draft)
        st.rerun()
