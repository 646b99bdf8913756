"""Days that people mark with a short name: a new price list, a new script, a new team."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import duckdb

from data.errors import RequestProblem
from data.messages import say
from data.sql import columns_of

LONGEST_NAME = 60
MOST_MARKS = 100
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, order=True)
class Mark:
    """A day, and what happened on it. A day can have several, each of another name."""

    on: date
    name: str


def read(notes: duckdb.DuckDBPyConnection) -> list[Mark]:
    """The marks, the earliest first."""
    if not columns_of(notes, "marks"):
        return []
    return [Mark(*row) for row in notes.execute('SELECT "on", name FROM marks ORDER BY "on", name').fetchall()]


def add(notes: duckdb.DuckDBPyConnection, on: date, name: str) -> Mark:
    """Keep a mark; one that is there already stays as it is. Raises RequestProblem for one that cannot be kept."""
    mark = Mark(on, " ".join(_CONTROLS.sub(" ", name).split())[:LONGEST_NAME].strip())
    if not mark.name:
        raise RequestProblem(say("A mark needs a name."), say("Say in a few words what happened on that day."))
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
