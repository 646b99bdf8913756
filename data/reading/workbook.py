"""The sheets of a workbook (.xlsx, .xlsb, .xls, .ods) as records of text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
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
from data.messages import say, say_n
from data.reading.cells_of_workbooks import records
from data.reading.grids import Grid, check_tables
from data.reading.readable import check_readable
from data.reading.sheet_xml import Look, Package, refuse_broken
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
    for place, (sheet, hidden, look) in enumerate(_sheets(path, name, kind, wanted)):
        repairs = [say_n("{n} hidden sheet was left out: {sheets}.", "{n} hidden sheets were left out: {sheets}.",
                         len(hidden), sheets=", ".join(hidden))] if hidden and not place else []  # fmt: skip
        tall = sum(last > first for (first, _), (last, _) in sheet.merged_cell_ranges or ())
        if tall:
            repairs.append(say_n("{n} cell is merged over several rows: only the first of them has its value. Unmerge it and fill it down, if the others mean it too.",
                                 "{n} cells are merged over several rows: only the first of them has their value. Unmerge them and fill them down, if the others mean it too.",
                                 tall))  # fmt: skip
        repairs += look.repairs()
        yield Grid(
            name=name, sheet=sheet.name, encoding=kind.value, encoding_reason=_WHAT[kind],
            delimiter_reason=say("A workbook keeps its cells apart."), rows=partial(_records, sheet),
            cells=sheet.iter_rows, height=sheet.total_height, repairs=tuple(repairs),
        )  # fmt: skip


def _sheets(
    path: Path, name: str, kind: Kind, wanted: str | None
) -> Iterator[tuple[CalamineSheet, tuple[str, ...], Look]]:
    """The sheets to read, each with the names of those left out because they are hidden, and what its XML tells."""
    found = 0
    if kind is not Kind.XLSX:
        check_readable(path, name)
    try:
        with (
            Package(path, name) if kind is Kind.XLSX else nullcontext() as package,
            path.open("rb") as file,
            CalamineWorkbook.from_filelike(file) as workbook,
        ):
            if package and package.names != workbook.sheet_names:
                refuse_broken(name)
            asked = next((own for own in workbook.sheet_names if wanted and wanted.startswith(f"{own} / ")), wanted)
            wanted = wanted if wanted in workbook.sheet_names else asked
            if wanted is not None and wanted not in workbook.sheet_names:
                raise FileProblem(
                    say("{name} has no sheet named {sheet}.", name=name, sheet=wanted),
                    say("Its sheets are: {sheets}.", sheets=", ".join(workbook.sheet_names)),
                )
            cells = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            seen = [sheet.name for sheet in cells if sheet.visible == SheetVisibleEnum.Visible]
            check_tables(0 if wanted else len(seen), name)
            hidden = () if wanted else tuple(sheet.name for sheet in cells if sheet.name not in seen)
            for place, sheet in enumerate(workbook.sheets_metadata):
                if sheet.name == wanted or (wanted is None and sheet.name in seen):
                    look = package.look(place) if package else Look()
                    content = workbook.get_sheet_by_name(sheet.name)
                    if any(any(record.cells) for record in _records(content)):
                        found += 1
                        yield content, hidden, look
    except PasswordError:
        refuse_protected(name)
    except CalamineError as error:
        refuse_broken(name, error)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the reader, which is no Exception
            raise
        refuse_broken(name, error)
    if not found:
        raise FileProblem(
            say("{name} has no sheet with data in it.", name=name), say("Check that the rows are on a visible sheet.")
        )


def _records(sheet: CalamineSheet) -> Iterator[Record]:
    return records(sheet.iter_rows())
