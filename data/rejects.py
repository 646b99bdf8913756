"""The rows and cells an import set aside, as a table that can be mended and loaded again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from data.database import quoted
from data.errors import FileProblem, RequestProblem
from data.messages import Message, say
from data.reading import SkippedLine, TextTable
from data.sources import fold
from data.store import Workspace

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What stands before the columns of the file itself, folded, in the languages of the app.
TOLD = (("file", "line", "column", "value", "reason"), ("קובץ", "שורה", "עמודה", "ערך", "סיבה"))


def harmless(text: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    return "'" + text if text.startswith(_FORMULA) else text


def rejected_rows(
    workspace: Workspace, number: int, translate: Callable[[Message], str] = str
) -> tuple[list[str], list[list[str]]]:
    """Headers and rows: file, line, column, value, reason, and then the file's own columns for whole rows."""
    record = next((record for record in workspace.history() if record.number == number), None)
    if record is None:
        raise RequestProblem(
            say("There is no import {number}.", number=str(number)), say("`history` lists the imports.")
        )
    own = {
        f"{file['path']} / {file['sheet']}" if file["sheet"] else file["path"]: file["headers"]
        for file in record.report.get("files", ())
    }
    columns = list(dict.fromkeys(header for headers in own.values() for header in headers))
    rows = []
    for reject in workspace.rejects(number).itertuples():
        kept = isinstance(reject.row, str)
        cells = dict(zip(own.get(reject.file, []), json.loads(reject.row), strict=False)) if kept else {}
        reason = translate(Message.parse(reject.reason))
        said = [reject.file, str(int(reject.line)), reject.column, _text(reject.value), reason]
        rows.append([*said, *(_text(cells.get(column)) for column in columns)])
    return ["file", "line", "column", "value", "reason", *columns], rows


def as_csv(headers: list[str], rows: list[list[str]]) -> bytes:
    """The rows as a CSV that Excel opens in any language, with nothing in it that computes."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[harmless(cell) for cell in row] for row in (headers, *rows)])
    return out.getvalue().encode("utf-8-sig")


def write_rejects(workspace: Workspace, number: int, out: Path) -> int:
    """Write them to a file; returns how many there are."""
    headers, rows = rejected_rows(workspace, number)
    try:
        out.write_bytes(as_csv(headers, rows))
    except OSError as problem:
        raise FileProblem(
            say("{path} cannot be written: {problem}.", path=str(out), problem=problem.strerror or str(problem)),
            say("Choose another place."),
        ) from problem
    return len(rows)


def mended(database: duckdb.DuckDBPyConnection, text: TextTable) -> TextTable:
    """A table of rows that were set aside and put right, as the file they came from would hold it; any other table as it is."""
    told = len(TOLD[0])
    if tuple(fold(header) for header in text.headers[:told]) not in TOLD or len(text.headers) == told:
        return text
    places = range(told, len(text.headers))
    name, relation = f"{text.relation}_mended", quoted(text.relation)
    is_empty = f"coalesce({', '.join(f'c{place}' for place in places)}) IS NULL"
    marks = ", ".join(f"chr({ord(mark)})" for mark in _FORMULA)
    cells = ", ".join(
        f"CASE WHEN left(c{place}, 1) = chr(39) AND substr(c{place}, 2, 1) IN ({marks}) THEN substr(c{place}, 2) ELSE c{place} END AS c{place - told}"
        for place in places
    )
    lines = database.execute(f"SELECT line FROM {relation} WHERE {is_empty} ORDER BY line").fetchall()
    database.execute(
        f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT line, {cells} FROM {relation} WHERE NOT ({is_empty}) ORDER BY line"
    )
    only_told = say("It tells of a cell that was left empty in a row that is in.")
    skipped = sorted(
        [*text.skipped_lines, *(SkippedLine(line, only_told) for (line,) in lines)], key=lambda one: one.line
    )
    return replace(
        text, relation=name, headers=text.headers[told:], rows_read=text.rows_read - len(lines), skipped_lines=tuple(skipped),
        repairs=(*text.repairs, say("The columns that say why rows were set aside were left out.")),
    )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
