"""The rows and cells an import set aside, as a table that can be mended and loaded again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from data.errors import FileProblem, RequestProblem
from data.messages import Message, say
from data.store import Workspace

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
        for file in record.report["files"]
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


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
