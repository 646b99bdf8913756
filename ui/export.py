"""What is on screen, taken away: CSV, Excel, and a picture of the chart."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st
import xlsxwriter

from data import rejects
from ui.charts.theme import Look
from ui.locale import CONTROLS, Locale

Kind = Literal["text", "count", "number", "money", "share", "days", "day"]

NUMBER_FORMATS: Mapping[str, str] = {
    "count": "#,##0",
    "number": "#,##0.##",
    "money": "#,##0.00",
    "share": "0.0%",
    "days": "#,##0.0",
    "day": "yyyy-mm-dd",
}
DIGITS: Mapping[str, int] = {"money": 2, "share": 6, "days": 4}  # beyond them is the noise of adding
WIDEST = 48
LONGEST_SHEET, LONGEST_FOOTER = 31, 120  # characters
MOST_SHEETS = 100
RESERVED = "history"  # a name Excel keeps for itself
BOOK = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "default_date_format": "yyyy-mm-dd",
}


@dataclass(frozen=True)
class Paper:
    """A table as it is on screen, with what it rests on.

    `rows` has the shown words as its columns' names; `kinds` says how a column is written; `about` holds (name, value)
    pairs: data, as-of date, filters; `meanings` (name, what it means) pairs; `legend` (swatch, words) pairs, the key to
    the colours of the chart the table belongs to, as `ui.parts.legend` takes them. A workbook gives each value of the
    column `sheets_by` a sheet of its own, after one with all rows.
    """

    name: str
    title: str
    rows: pd.DataFrame
    kinds: Mapping[str, Kind]
    about: tuple[tuple[str, str], ...]
    meanings: tuple[tuple[str, str], ...]
    locale: Locale
    legend: tuple[tuple[str, str], ...] = ()
    sheets_by: str = ""

    def file_name(self, ending: str) -> str:
        return f"shimur_{re.sub(r'[^a-z0-9]+', '_', self.name.lower()).strip('_')}.{ending}"


def harmless(value: object) -> object:
    """A cell as it may be written: text a spreadsheet would run gets a leading apostrophe; numbers stay numbers."""
    return rejects.harmless(value) if isinstance(value, str) else value


def csv(paper: Paper) -> bytes:
    """The rows as CSV for Excel (UTF-8 with a byte order mark); the last two columns say date and filters."""
    rows = paper.rows.copy()
    for name in rows.columns:
        if paper.kinds.get(name) == "day":
            rows[name] = pd.to_datetime(rows[name]).dt.strftime("%Y-%m-%d")
        elif paper.kinds.get(name) in DIGITS:
            rows[name] = rows[name].round(DIGITS[paper.kinds[name]])
        elif _is_text(rows[name]):
            rows[name] = rows[name].map(harmless, na_action="ignore")
    as_of, filters = paper.locale._("As of"), paper.locale._("Filters")
    facts = dict(paper.about)
    given = [f"{name}: {value}" for name, value in paper.about if name not in (as_of, paper.locale._("Basis"))]
    rows[_new(rows, as_of)] = facts.get(as_of, "")
    rows[_new(rows, filters)] = harmless("; ".join(given))
    rows.columns = pd.Index([harmless(str(name)) for name in rows.columns])
    return rows.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def xlsx(paper: Paper) -> bytes:
    """The rows as a formatted workbook; a second sheet says what they rest on. Right to left in Hebrew."""
    _ = paper.locale._
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, BOOK) as book:
        head, formats = _formats(book)
        strong, wrapped = (
            book.add_format({"bold": True, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )

        taken = {RESERVED}
        for name, rows in _sheets(paper):
            sheet = book.add_worksheet(_sheet_name(name, taken))
            _fill(sheet, rows, paper, head, formats)
        notes = book.add_worksheet(_sheet_name(_("About"), taken))
        if paper.locale.rtl:
            notes.right_to_left()
        lines = [(_("Page"), paper.title), *paper.about, (_("Rows"), f"{len(paper.rows):,}"), ("", ""), *paper.meanings]
        for line, (name, value) in enumerate(lines):
            notes.write_string(line, 0, str(harmless(name)), strong)
            notes.write_string(line, 1, str(harmless(CONTROLS.sub("", value))), wrapped)
        notes.set_column(0, 0, 28)
        notes.set_column(1, 1, 100)
    return target.getvalue()


def several(papers: Sequence[Paper], on: date) -> bytes:
    """A workbook with a sheet for each table. It is dated `on`: the same tables and day, the same bytes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, BOOK) as book:
        book.set_properties({"created": datetime(on.year, on.month, on.day)})
        head, formats = _formats(book)
        taken = {RESERVED}
        for paper in papers:
            _fill(book.add_worksheet(_sheet_name(paper.title, taken)), paper.rows, paper, head, formats)
    return target.getvalue()


def _formats(book: Any) -> tuple[Any, Mapping[str, Any]]:
    """How the head of a table looks, and how each kind of column is written."""
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F6F7F9", "text_wrap": True, "valign": "top"})
    return head, {kind: book.add_format({"num_format": code}) for kind, code in NUMBER_FORMATS.items()}


def _sheets(paper: Paper) -> Iterator[tuple[str, pd.DataFrame]]:
    """The names and rows of a workbook's sheets: all rows, then those of each value of `sheets_by`."""
    _ = paper.locale._
    yield (_("All") if paper.sheets_by else paper.title), paper.rows
    if paper.sheets_by:
        parts = paper.rows.groupby(paper.sheets_by, sort=True)
        for value, rows in islice(parts, MOST_SHEETS):
            yield str(value), rows


def _fill(sheet: Any, rows: pd.DataFrame, paper: Paper, head: Any, formats: Mapping[str, Any]) -> None:
    """Write rows into a sheet, which prints on the width of one page with what the rows rest on below."""
    if paper.locale.rtl:
        sheet.right_to_left()
    for column, name in enumerate(rows.columns):
        kind = paper.kinds.get(name, "text")
        sheet.write_string(0, column, str(harmless(str(name))), head)
        for line, value in enumerate(rows[name], 1):
            _write(sheet, line, column, value, formats.get(kind), is_day=kind == "day")
        longest = max([len(str(name)), *(_length(value, kind) for value in rows[name].head(500))])
        sheet.set_column(column, column, min(max(longest + 2, 8), WIDEST))
    sheet.freeze_panes(1, 1)
    if len(rows):
        sheet.autofilter(0, 0, len(rows), len(rows.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    said = " · ".join(f"{name}: {CONTROLS.sub('', value)}" for name, value in paper.about)
    if said:
        sheet.set_footer("&L" + said[:LONGEST_FOOTER].replace("&", "&&"))


def _write(sheet: Any, line: int, column: int, value: object, style: Any, *, is_day: bool) -> None:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value) or value is pd.NA:
        sheet.write_blank(line, column, None)
    elif is_day:
        sheet.write_datetime(line, column, pd.Timestamp(value).tz_localize(None).normalize().to_pydatetime(), style)
    elif isinstance(value, str):
        sheet.write_string(line, column, str(harmless(value)))
    elif isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif hasattr(value, "item") or isinstance(value, (int, float)):
        sheet.write_number(line, column, float(value), style)  # type: ignore[arg-type]
    else:
        sheet.write_string(line, column, str(harmless(str(value))))


def _length(value: object, kind: str) -> int:
    return 12 if kind in NUMBER_FORMATS else len(str(value))


def _is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column)


def _new(rows: pd.DataFrame, name: str) -> str:
    """A column's name that is not taken."""
    while name in rows.columns:
        name += " "
    return name


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel takes and that is not among those `taken`; it is among them then."""
    words = " ".join(re.sub(r"[\[\]:*?/\\']", " ", CONTROLS.sub("", title)).split())
    name = words[:LONGEST_SHEET].strip() or "Shimur"
    first, number = name, 1
    while name.casefold() in taken:
        number += 1
        name = f"{first[: LONGEST_SHEET - len(str(number)) - 3].strip()} ({number})"
    taken.add(name.casefold())
    return name


PICTURE = (Path(__file__).parent / "picture.js").read_text("utf-8")
PICTURE_HTML = """<button type="button"><svg aria-hidden="true" viewBox="0 0 18 18" width="18" height="18">
<path d="M9 3v8M5.500 8 9 11.500 12.500 8M3.500 12v3h11v-3" fill="none" stroke="currentColor" stroke-width="1.500"/>
</svg><span class="name"></span></button>"""
PICTURE_CSS = """
button { display: flex; align-items: center; justify-content: center; gap: .4rem; width: 100%; min-height: 2.5rem;
  font: inherit; font-size: .9286rem;
  color: var(--st-text-color); background: none; border: 0; border-radius: var(--st-button-radius); cursor: pointer }
button:hover { color: var(--st-primary-color) }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px }
"""


def picture_button(paper: Paper, chart: str, basis: str, look: Look) -> None:
    """A button that makes a PNG of the chart `chart` in the browser, at twice its size.

    With it come its title, the key to its colours, its basis, and the as-of date and filters.
    """
    show = st.components.v2.component("shimur_picture", html=PICTURE_HTML, css=PICTURE_CSS, js=PICTURE)
    show(
        key=f"get_{paper.name}_png",
        data=picture(paper, chart, basis, look),
    )


def picture(paper: Paper, chart: str, basis: str, look: Look) -> dict[str, Any]:
    """What picture.js draws around the chart. Names from the data keep their own direction."""
    locale, colors = look.locale, look.colors
    said = [f"{name}: {locale.name(value)}" for name, value in paper.about[1:] if name != locale._("Basis")]
    return {
        "label": "PNG",
        "chart": chart,
        "file": paper.file_name("png"),
        "title": " · ".join((paper.title, *(locale.name(value) for _name, value in paper.about[:1]))),
        "legend": [{"swatch": swatch, "words": words} for swatch, words in paper.legend],
        "basis": basis,
        "about": " · ".join(said),
        "rtl": locale.rtl,
        "surface": colors.surface,
        "ink": colors.ink,
        "muted": colors.muted,
        "neutral": colors.neutral,
        "scale": look.scale,
    }
