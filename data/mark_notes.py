"""The marked days of a workspace, in its notes."""

from __future__ import annotations

from datetime import date

import duckdb

from data.errors import RequestProblem
from data.marks import MOST_MARKS, Mark
from data.messages import say
from data.sql import columns_of


def read(notes: duckdb.DuckDBPyConnection) -> list[Mark]:
    """The marks, the earliest first."""
    if not columns_of(notes, "marks"):
        return []
    return [Mark(*row) for row in notes.execute('SELECT "on", name FROM marks ORDER BY "on", name').fetchall()]


def add(notes: duckdb.DuckDBPyConnection, on: date, name: str) -> Mark:
    """Keep a mark; one that is there already stays as it is. Raises RequestProblem for one that cannot be kept."""
    mark = Mark.of(on, name)
    notes.execute('CREATE TABLE IF NOT EXISTS marks ("on" DATE, name VARCHAR, PRIMARY KEY ("on", name))')
    if mark not in (known := read(notes)) and len(known) >= MOST_MARKS:
        raise RequestProblem(
            say("There are {n} marks already, as many as are kept.", n=len(known)), say("Remove one first.")
        )
    notes.execute("INSERT OR IGNORE INTO marks VALUES (?, ?)", [mark.on, mark.name])
    return mark


def remove(notes: duckdb.DuckDBPyConnection, mark: Mark) -> None:
    """Forget a mark; nothing happens where it is not there."""
    if columns_of(notes, "marks"):
        notes.execute('DELETE FROM marks WHERE "on" = ? AND name = ?', [mark.on, mark.name])
