"""What the load will do: how many rows go where, what changes of those known, which days, and how rows will look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

import streamlit as st

from data.importer import Draft
from data.load import FileReport
from data.recognise import FilePlan, targets
from data.schema import SCHEMA
from data.uploads import ImportReport
from ui import session, visitors
from ui.importing import steps
from ui.importing.columns import doubtful, maybe_amount
from ui.locale import NOTHING
from ui.parts import heading, plain, rich, section, table, tag

MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d+)?)?")
COUNTS = ("rows_loaded", "rows_updated", "rows_unchanged", "rows_removed", "rows_rejected")
MOST_LETTERS = 40
MOST_PERIODS = 8
MOST_COLUMNS = 9
NUMBERS = ("money", "number", "integer")


def headline(draft: Draft) -> None:
    """The page's first sentence: what will happen, and whether there is something to look at first."""
    locale = session.locale()
    _ = locale._
    report = draft.report
    if report is None:
        finding = _("**None of the files is recognised yet.** Say below what they hold.")
    else:
        whole = sum(file.rows_read for file in report.files)
        come = sum(file.rows_read - file.rows_rejected - file.rows_removed for file in report.files)
        finding = locale.n_(
            "**{{come}} of {{all}} rows of {n} file will come in.** {{what}}.",
            "**{{come}} of {{all}} rows of {n} files will come in.** {{what}}.",
            steps.files_known(draft),
        ).format(come=locale.count(come), all=locale.count(whole), what=_by_table(report))
        if is_nothing_new(report):
            finding = _("**Nothing in these files is new: every row they bring is here already.**")
        finding += " " + _todo(draft, report)
    heading(_("Import"), finding, _("Nothing is written until you load."))


def _by_table(report: ImportReport) -> str:
    locale = session.locale()
    rows: Counter[str] = Counter()
    for file in report.files:
        rows[file.table] += file.rows_read - file.rows_rejected - file.rows_removed
    return ", ".join(f"{locale._(SCHEMA[name].label)}: {locale.count(n)}" for name, n in rows.items())


def is_nothing_new(report: ImportReport) -> bool:
    """Whether the load would change nothing: files that were loaded before, or rows that say what is here."""
    same = sum(file.rows_unchanged for file in report.files)
    return same > 0 and not any(file.rows_loaded or file.rows_updated for file in report.files)


def _todo(draft: Draft, report: ImportReport) -> str:
    """What is left to look at, the most important first."""
    locale = session.locale()
    _ = locale._
    if draft.unrecognised:
        return locale.n_("{n} table is not recognised.", "{n} tables are not recognised.", len(draft.unrecognised))
    to_check = sum(doubtful(draft, plan) for plan in draft.plans)
    aside = sum(file.rows_rejected for file in report.files)
    parts = []
    if aside:
        parts.append(locale.n_("{n} row can be mended below.", "{n} rows can be mended below.", aside))
    if to_check:
        parts.append(locale.n_("{n} column should be checked.", "{n} columns should be checked.", to_check))
    parts += [_money_of(draft, plan) for plan in draft.plans]
    nothing = _("There is no need to load.") if is_nothing_new(report) else _("Look it over, then load.")
    return " ".join(filter(None, parts)) or nothing


def _money_of(draft: Draft, plan: FilePlan) -> str:
    """A question where a file of deals has no amount, and a column that may be it: without it no figure of money can be shown."""
    found = maybe_amount(draft, plan)
    if found is None:
        return ""
    return (
        session.locale()._("No column is the amount of the deals: is it {header}?").format(header=plain(found.header))
    )


def happens_card(draft: Draft, report: ImportReport) -> None:
    """Counts, changes, days and sample rows."""
    _ = session.locale()._
    with st.container(border=True, key="card_happens"):
        section(_("What will happen"), _here_already(report))
        _counts(report)
        advice = _advice(report)
        if advice:
            st.html(f"<p>{tag('warn', _('please check'))} {rich(advice)}</p>")
        _changes(report)
        _periods(report)
        for file in report.files:
            _first_rows(file, is_open=len(report.files) == 1)


def _here_already(report: ImportReport) -> str:
    """How much is here, and what came last."""
    locale = session.locale()
    _ = locale._
    if session.is_empty() or session.facts().get("is_demo") == "true":  # made-up deals make room, which is said below
        return ""
    here = locale.n_(
        "**{n} deal is here already.**", "**{n} deals are here already.**", session.count(session.tables().deals)
    )
    made = [record for record in session.workspace().history() if record.files and not record.undone]
    if made:
        names = locale.listed([plain(name) for name in made[-1].files])
        here += " " + _("The last import was on {day}: {files}.").format(day=locale.day(made[-1].at), files=names)
    return here


def _counts(report: ImportReport) -> None:
    """Every row of every file, by what becomes of it: the parts add up to the whole."""
    locale = session.locale()
    _ = locale._
    labels = dict(
        zip(COUNTS, (_("New"), _("Updated"), _("Unchanged"), _("Left out"), _("Set aside")), strict=True)
    )  # fmt: skip
    some = [name for name in COUNTS if name == "rows_loaded" or any(getattr(file, name) for file in report.files)]
    table(
        [_("File"), _("Holds"), *(labels[name] for name in some), _("Rows in the file")],
        [
            [
                _named(file),
                rich(_(SCHEMA[file.table].label)),
                *(_count(file, name) for name in some),
                locale.count(file.rows_read),
            ]
            for file in report.files
        ],
        numbers=range(2, 3 + len(some)),
        caption=_("What becomes of every row"),
    )


def _named(file: FileReport) -> str:
    _ = session.locale()._
    name = f"<bdi>{rich(plain(f'{file.name} / {file.sheet}' if file.sheet else file.name))}</bdi>"
    if file.loaded_before is None:
        return name
    before = _("loaded before, as import {n}").format(n=file.loaded_before)
    return f"{name} {tag('warn', before)}"


def _count(file: FileReport, name: str) -> str:
    n = getattr(file, name)
    words = session.locale().count(n)
    return tag("warn", words) if name == "rows_rejected" and n else words


def _advice(report: ImportReport) -> str:
    """Whether the deals of these files belong with those that are here; other rows may well all be new."""
    _ = session.locale()._
    if session.is_empty() or session.facts().get("is_demo") == "true":
        return ""
    if any(file.rows_updated or file.rows_unchanged for file in report.files):
        return ""
    if not any(file.table == "deals" and file.rows_loaded for file in report.files) or not session.count(
        session.tables().deals
    ):
        return ""
    return (
        _("None of the rows is known there: if this is another company's data, wipe yours in the settings first.")
        if visitors.public()
        else _("None of the rows is known there: if this is other data, make a workspace of its own in the settings.")
    )


def _changes(report: ImportReport) -> None:
    """What an update changes: of each column in how many rows, with one example."""
    locale = session.locale()
    _ = locale._
    rows = [
        [
            f"<bdi>{rich(plain(column_label(file.table, change.column)))}</bdi>",
            locale.count(change.rows),
            " → ".join(f"<bdi>{rich(_changed(file, change.column, text))}</bdi>" for text in (change.old, change.new)),
        ]
        for file in report.files
        for change in file.changes
    ]
    if rows:
        st.html(f'<h3 class="sh-h3">{rich(_("What changes in rows that are here"))}</h3>')
        table(
            [_("Column"), _("Rows"), _("For example")],
            rows,
            numbers=[1],
            caption=_("What changes in rows that are here"),
        )


def _changed(file: FileReport, column: str, text: str | None) -> str:
    """A value that changes, which is told as text: amounts and numbers are written as such."""
    kind = next((each.kind for each in targets(file.table) if each.name == column), "text")
    return value(float(text) if text is not None and kind in NUMBERS else text, says_empty=True)


def column_label(table_name: str, name: str) -> str:
    """What people call a column, one of the file's own by its header."""
    own = {column.name: session.locale()._(column.label) for column in targets(table_name)}
    return own.get(name, name)


def value(cell: object, *, says_empty: bool = False) -> str:
    """A cell as the reader writes it: days, amounts, yes and no; what is empty says so."""
    locale = session.locale()
    match cell:
        case None:
            return locale._("empty") if says_empty else NOTHING
        case bool():
            return locale._("yes") if cell else locale._("no")
        case datetime():
            return locale.day(cell) if cell.time() == time() else locale.moment(cell)
        case date():
            return locale.day(cell)
        case int() | float() | Decimal():
            return locale.money_exact(float(cell), "")
        case _:
            return _text(str(cell))


def _text(cell: str) -> str:
    """A cell that is kept as text: a moment or an amount is told from other words by how it is written."""
    if MOMENT.fullmatch(cell):
        return value(datetime.fromisoformat(cell))
    return plain(cell[:MOST_LETTERS])


def _periods(report: ImportReport) -> None:
    """The first and the last day in each column of dates."""
    locale = session.locale()
    _ = locale._
    said = []
    for file in report.files:
        name = f"<bdi>{rich(plain(file.name))}</bdi>: " if len(report.files) > 1 else ""
        for header, (first, last) in file.periods.items():
            days = " – ".join(dict.fromkeys((locale.day(first), locale.day(last))))
            said.append(f"<li>{name}<b><bdi>{rich(plain(header))}</bdi></b> {rich(days)}</li>")
    if len(said) > MOST_PERIODS:
        said[MOST_PERIODS:] = [f"<li>{rich(locale.n_('and {n} more', 'and {n} more', len(said) - MOST_PERIODS))}</li>"]
    if said:
        title = _("Dates in the files")
        st.html(f'<h3 class="sh-h3">{rich(title)}</h3><ul class="sh-plain">{"".join(said)}</ul>')


def _first_rows(file: FileReport, *, is_open: bool) -> None:
    """The first rows, as they will be stored; of several files they are folded, so that the counts stay in sight."""
    _ = session.locale()._
    names = list(file.first_rows[0])[:MOST_COLUMNS] if file.first_rows else []
    if not names:
        return
    title = _("How rows of {name} will look").format(name=plain(file.name))
    with st.expander(title, expanded=is_open, key=f"first_rows_{file.relation}"):
        table(
            [column_label(file.table, name) for name in names],
            [[f"<bdi>{rich(_stored(name, row[name]))}</bdi>" for name in names] for row in file.first_rows],
            numbers=[place for place, name in enumerate(names) if _is_number(file.first_rows, name)],
            caption=title,
        )


def _stored(name: str, cell: object) -> str:
    """A cell of a sample row; what we call the outcome of a deal is in the reader's language."""
    _ = session.locale()._
    outcomes = {"open": _("open"), "won": _("won"), "lost": _("lost")}
    return outcomes.get(str(cell), value(cell)) if name == "status" else value(cell)


def _is_number(rows: Sequence[Mapping[str, object]], name: str) -> bool:
    return all(row[name] is None or _is_amount(row[name]) for row in rows)


def _is_amount(cell: object) -> bool:
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)
