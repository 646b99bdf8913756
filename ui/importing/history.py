"""What was imported before: when, which files, what became of their rows; and the way back from any of it."""

from __future__ import annotations

from html import escape

import streamlit as st

from data import aside
from data.errors import DataError
from data.history import ImportRecord
from ui import session
from ui.importing import steps
from ui.importing.happens import COUNTS
from ui.importing.rejects import mend_button, rejects_table
from ui.parts import md, note, plain, problem, rich, section, table

MOST_SHOWN = 8
DIGITS = 10  # of a file's hash: enough to tell files apart by eye


def take_back(number: int) -> None:
    """Take an import back; what stands in the way is said on the next run."""
    bar, workspace = st.progress(0.0), session.workspace()
    try:
        aside.run(lambda told: workspace.undo(number, told), steps.telling(bar), steps.size(workspace))
        session.put("undone", number)
        session.clear()
    except DataError as wrong:
        session.put("undo_problem", wrong)
    steps.forget()
    session.drop("undo_asked")
    st.rerun()


def history_card() -> None:
    """The imports made, the last one first."""
    locale = session.locale()
    _ = locale._
    records = session.workspace().history()
    undone, wrong = session.get("undone"), session.get("undo_problem")
    session.drop("undone", "undo_problem")
    if wrong is not None:
        problem(wrong)
    if undone is not None:
        is_merge = any(record.number == undone and _is_merge(record) for record in records)
        said = _("Import {n} was taken back: the data is as if it had never been loaded.").format(n=undone)
        st.success(_("The merge was taken back.") if is_merge else said, icon=":material/undo:")
    if not records:
        return
    standing = [record.number for record in records if not record.undone]
    with st.container(border=True, key="card_history"):
        section(_("Imports made"))
        all_of_them = session.get("history_all", False)
        newest = list(reversed(records))
        for record in newest if all_of_them else newest[:MOST_SHOWN]:
            _record(record, is_last=bool(standing) and record.number == standing[-1])
        if len(newest) > MOST_SHOWN and not all_of_them:
            st.button(
                locale.n_("Show {n} earlier import", "Show {n} earlier imports", len(newest) - MOST_SHOWN),
                type="tertiary", key="history_more", on_click=session.put, args=("history_all", True),
            )  # fmt: skip


def _record(record: ImportRecord, *, is_last: bool) -> None:
    """One import: a line, and under it what it did, once it is opened."""
    locale = session.locale()
    _ = locale._
    words = [f"**{locale.count(record.number)}**", locale.moment(record.at), _what(record)]
    if record.rows_loaded:
        words.append(locale.n_("{n} new row", "{n} new rows", record.rows_loaded))
    updated = sum(file["rows_updated"] for file in record.report.get("files", ()))
    if updated:
        words.append(locale.n_("{n} updated row", "{n} updated rows", updated))
    if record.who:
        words.append(md(record.who))
    if record.undone:
        words.append(_("taken back"))
    with st.container(horizontal=True, key=f"import_row_{record.number}"):
        opened = st.expander(" · ".join(words), key=f"import_{record.number}", on_change="rerun")
        if not record.undone:
            st.button(
                _take_back_words(record),
                icon=":material/undo:", type="tertiary", key="undo_last" if is_last else f"undo_{record.number}",
                on_click=session.put, args=("undo_asked", record.number),
            )  # fmt: skip
    if not record.undone and session.get("undo_asked") == record.number:
        _confirm(record)
    if opened.open:
        with opened:
            _details(record)


def _what(record: ImportRecord) -> str:
    """The files of an import, or what else a step of the history did."""
    locale = session.locale()
    if record.files:
        return locale.listed([md(name) for name in dict.fromkeys(record.files)])
    kinds = {"merge": locale._("Duplicates merged"), "respondents": locale._("Respondents matched to customers")}
    return kinds.get(record.recipe.get("kind", ""), locale._("Change of the data"))


def _take_back_words(record: ImportRecord) -> str:
    """What the button says that takes a step back."""
    _ = session.locale()._
    if _is_merge(record):
        return _("Take back the merge")
    if record.recipe.get("kind") == "respondents":
        return _("Take back the decision")
    return _("Take back import {n}").format(n=record.number)


def _is_merge(record: ImportRecord) -> bool:
    return record.recipe.get("kind") == "merge"


def _details(record: ImportRecord) -> None:
    """What became of the rows of each file, and those set aside."""
    locale = session.locale()
    _ = locale._
    files = record.report.get("files", ())
    if not files:
        return
    labels = (_("New"), _("Updated"), _("Unchanged"), _("Left out"), _("Set aside"), _("Rows in the file"))
    table(
        [_("File"), _("Fingerprint"), *labels],
        [
            [
                f"<bdi>{rich(plain(file['path']))}</bdi>",
                _fingerprint(file.get("digest") or ""),
                *(locale.count(file[name]) for name in (*COUNTS, "rows_read")),
            ]
            for file in files
        ],
        numbers=range(2, 8),
        caption=_("What became of every row"),
    )
    if not record.undone and rejects_table(record.number, key=f"_{record.number}"):
        mend_button(record.number)


def _fingerprint(digest: str) -> str:
    """The beginning of a file's hash, all of it where a pointer rests."""
    return f'<code title="{escape(digest)}">{escape(digest[:DIGITS])}</code>' if digest else "–"


def _confirm(record: ImportRecord) -> None:
    """What taking it back means, and the two answers."""
    locale = session.locale()
    _ = locale._
    later = [each for each in session.workspace().history() if not each.undone and each.number > record.number]
    with st.container(border=True, key="undo_sure"):
        words = _("**Take back import {n}?** The data will be as if it had never been loaded.").format(n=record.number)
        if _is_merge(record):
            words = _("**Take back the merge?** The customers will be as they were before it.")
        if record.recipe.get("kind") == "respondents":
            words = _("**Take back the decision?** The answers will be of the customers that they were of before it.")
        if later:
            words += " " + locale.n_(
                "{n} later import is loaded again on top, from the files that were kept.",
                "{n} later imports are loaded again on top, from the files that were kept.",
                len(later),
            )
        note(words)
        with st.container(horizontal=True):
            sure = st.button(_("Take it back"), type="primary", key="undo_yes")
            st.button(_("Keep it"), type="tertiary", key="undo_no", on_click=session.drop, args=("undo_asked",))
        if sure:
            take_back(record.number)
