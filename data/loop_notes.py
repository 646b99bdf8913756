"""What was noted of complaints, in the notes of a workspace."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from data.loop_cases import COLUMNS, LoopCase, LoopCases
from data.sql import columns_of


def read(notes: duckdb.DuckDBPyConnection) -> LoopCases:
    """What was noted, in the order of the numbers."""
    if not columns_of(notes, "loop_cases"):
        return LoopCases()
    rows = notes.execute(f"SELECT {', '.join(COLUMNS)} FROM loop_cases ORDER BY number").fetchall()
    return LoopCases(tuple(LoopCase(**dict(zip(COLUMNS, row, strict=True))) for row in rows))


def keep(notes: duckdb.DuckDBPyConnection, cases: Iterable[LoopCase]) -> None:
    """Keep what is noted of these cases, all of them or none; what else is noted stays."""
    rows = [[getattr(case, name) for name in COLUMNS] for case in cases]
    if not rows:
        return
    notes.execute(
        "CREATE TABLE IF NOT EXISTS loop_cases (number VARCHAR PRIMARY KEY, status VARCHAR, owner VARCHAR, due_on DATE, "
        "note VARCHAR, contacted_on DATE, closed_on DATE)"
    )
    notes.execute("BEGIN")
    try:
        notes.executemany(f"INSERT OR REPLACE INTO loop_cases VALUES ({', '.join('?' * len(COLUMNS))})", rows)
        notes.execute("COMMIT")
    except BaseException:
        notes.execute("ROLLBACK")
        raise
