"""The sheets of a workbook (.xlsx, .xlsb, .xls, .ods) as records of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from data.errors import FileProblem
from data.messages import say, say_n
from data.reading.grids import Grid
from data.reading.types import Record
from data.reading.unpack import Kind, refuse_protected

_WHAT = {
    Kind.XLSX: say("It is an Excel workbook."),
    Kind.XLSB: say("It is a binary Excel workbook."),
    Kind.XLS: say("It is an Excel workbook of the old kind."),
    Kind.ODS: say("It is an OpenDocument spreadsheet."),
}


def grids(path: Path, name: str, kind: Kind, wanted: str | None) -> Iterator[Grid]:
    """The visible sheets that hold anything, or the wanted one, hidden or not; a table of the wanted sheet also wants it.

    Raises FileProblem for a workbook that is broken, protected or empty, or has no such sheet.
    """
    for place, (sheet, hidden) in enumerate(_sheets(path, name, wanted)):
        repairs = [say_n("{n} hidden sheet was left out: {sheets}.", "{n} hidden sheets were left out: {sheets}.",
                         len(hidden), sheets=", ".join(hidden))] if hidden and not place else []  # fmt: skip
        tall = sum(last > first for (first, _), (last, _) in sheet.merged_cell_ranges or ())
        if tall:
            repairs.append(say_n("{n} cell is merged over several rows: only the first of them has its value. Unmerge it and fill it down, if the others mean it too.",
                                 "{n} cells are merged over several rows: only the first of them has their value. Unmerge them and fill them down, if the others mean it too.",
                                 tall))  # fmt: skip
        yield Grid(
            name=name, sheet=sheet.name, encoding=kind.value, encoding_reason=_WHAT[kind],
            delimiter_reason=say("A workbook keeps its cells apart."), rows=partial(records, sheet),
            height=sheet.total_height, repairs=tuple(repairs),
        )  # fmt: skip


def _sheets(path: Path, name: str, wanted: str | None) -> Iterator[tuple[CalamineSheet, tuple[str, ...]]]:
    """The sheets to read, each with the names of those left out because they are hidden."""
    found = 0
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            asked = next((own for own in workbook.sheet_names if wanted and wanted.startswith(f"{own} / ")), wanted)
            wanted = wanted if wanted in workbook.sheet_names else asked
            if wanted is not None and wanted not in workbook.sheet_names:
                raise FileProblem(
                    say("{name} has no sheet named {sheet}.", name=name, sheet=wanted),
                    say("Its sheets are: {sheets}.", sheets=", ".join(workbook.sheet_names)),
                )
            cells = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            seen = [sheet.name for sheet in cells if sheet.visible == SheetVisibleEnum.Visible]
            hidden = () if wanted else tuple(sheet.name for sheet in cells if sheet.name not in seen)
            for sheet in workbook.sheets_metadata:
                if sheet.name == wanted or (wanted is None and sheet.name in seen):
                    content = workbook.get_sheet_by_name(sheet.name)
                    if any(any(record.cells) for record in records(content)):
                        found += 1
                        yield content, hidden
    except PasswordError:
        refuse_protected(name)
    except (CalamineError, XmlError, ZipError) as error:
        raise FileProblem(
            say("{name} is a broken workbook.", name=name),
            say("Open it in Excel, save it again as .xlsx, and import that."),
        ) from error
    if not found:
        raise FileProblem(
            say("{name} has no sheet with data in it.", name=name), say("Check that the rows are on a visible sheet.")
        )


def records(sheet: CalamineSheet) -> Iterator[Record]:
    """The rows of a sheet, numbered as Excel does, without the empty cells at their ends."""
    for line, row in enumerate(sheet.iter_rows(), 1):
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield Record(line, line, cells)


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates in ISO 8601, true and false; errors are empty already."""
    if isinstance(value, str):
        return value.replace("_x000D_", "").replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)
