"""The scenarios of a workspace, in its notes."""

from __future__ import annotations

from datetime import date

import duckdb

from data import scenarios
from data.errors import RequestProblem
from data.messages import say
from data.scenarios import MOST_SCENARIOS, SavedScenario, same
from data.sql import columns_of

_TABLE = "saved_scenarios"
_COLUMNS = "name, written, saved_on, as_of, forecast"


def read(notes: duckdb.DuckDBPyConnection) -> list[SavedScenario]:
    """The scenarios, the one saved last first."""
    if not columns_of(notes, _TABLE):
        return []
    found = notes.execute(f"SELECT {_COLUMNS} FROM {_TABLE} ORDER BY number DESC").fetchall()
    return [SavedScenario(*row) for row in found]


def save(notes: duckdb.DuckDBPyConnection, scenario: SavedScenario, *, replacing: bool = False) -> SavedScenario:
    """Keep a scenario; with `replacing` in place of one of its name. Raises RequestProblem for one that cannot be kept."""
    made = SavedScenario.of(scenario.name, scenario.written, scenario.saved_on, scenario.as_of, scenario.forecast)
    known = read(notes)
    there = next((each for each in known if same(each.name, made.name)), None)
    if there is not None and not replacing:
        raise _taken(there.name)
    if there is None and len(known) >= MOST_SCENARIOS:
        raise RequestProblem(
            say("There are {n} scenarios already, as many as are kept.", n=len(known)), say("Remove one first.")
        )
    _keep(notes, made, instead_of=there.name if there is not None else None)
    return made


def rename(notes: duckdb.DuckDBPyConnection, name: str, to: str) -> SavedScenario:
    """Call a scenario something else. Raises RequestProblem where it is not there, or another one is called so."""
    known = read(notes)
    before = scenarios.found(known, name)
    made = before.renamed(to)
    if any(same(each.name, made.name) for each in known if each is not before):
        raise _taken(made.name)
    notes.execute(
        f"UPDATE {_TABLE} SET name = ?, written = ? WHERE name = ?", [made.name, made.written, before.name]
    )  # fmt: skip
    return made


def duplicate(notes: duckdb.DuckDBPyConnection, name: str, on: date) -> SavedScenario:
    """Keep a copy of a scenario under a name of its own. Raises RequestProblem where it is not there, or there are too many."""
    known = read(notes)
    copy = scenarios.copied(scenarios.found(known, name), scenarios.free_name(known, name), on)
    return save(notes, copy)


def remove(notes: duckdb.DuckDBPyConnection, name: str) -> None:
    """Forget a scenario; nothing happens where it is not there."""
    if columns_of(notes, _TABLE):
        for each in read(notes):
            if same(each.name, name):
                notes.execute(f"DELETE FROM {_TABLE} WHERE name = ?", [each.name])


def _keep(notes: duckdb.DuckDBPyConnection, made: SavedScenario, instead_of: str | None) -> None:
    notes.execute("BEGIN")
    notes.execute(
        f"CREATE TABLE IF NOT EXISTS {_TABLE} (number INTEGER, name VARCHAR PRIMARY KEY, written VARCHAR, saved_on DATE, "
        "as_of DATE, forecast VARCHAR)"
    )
    row = notes.execute(f"SELECT coalesce(max(number), 0) + 1 FROM {_TABLE}").fetchone()
    values = [made.name, made.written, made.saved_on, made.as_of, made.forecast]
    if instead_of is None:
        notes.execute(f"INSERT INTO {_TABLE} VALUES (?, ?, ?, ?, ?, ?)", [row[0] if row else 1, *values])
    else:
        notes.execute(
            f"UPDATE {_TABLE} SET number = ?, name = ?, written = ?, saved_on = ?, as_of = ?, forecast = ? WHERE name = ?",
            [row[0] if row else 1, *values, instead_of],
        )
    notes.execute("COMMIT")


def _taken(name: str) -> RequestProblem:
    return RequestProblem(
        say('A scenario is called "{name}" already.', name=name), say("Take another name, or save it in its place.")
    )
