"""The sheets of an Excel workbook as records of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from data.errors import FileProblem
from data.messages import say
from data.reading.types import Record


def sheets(path: Path, name: str, wanted: str | None) -> Iterator[CalamineSheet]:
    """The visible sheets that hold anything, or the wanted one.

    Raises FileProblem for a workbook that is broken, protected or empty, or has no such sheet.
    """
    found = 0
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            if wanted is not None and wanted not in workbook.sheet_names:
                raise FileProblem(
                    say("{name} has no sheet named {sheet}.", name=name, sheet=wanted),
                    say("Its sheets are: {sheets}.", sheets=", ".join(workbook.sheet_names)),
                )
            for sheet in workbook.sheets_metadata:
                visible = sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
                if sheet.name == wanted or (wanted is None and visible):
                    content = workbook.get_sheet_by_name(sheet.name)
                    if any(any(record.cells) for record in records(content)):
                        found += 1
                        yield content
    except PasswordError as error:
        raise FileProblem(
            say("{name} is protected by a password.", name=name),
            say("Open it in Excel, save it without the password, and import that."),
        ) from error
    except CalamineError as error:
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
