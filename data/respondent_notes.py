"""The decisions on whose survey answers are, in a data file."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data.respondents import TABLE, Decision


def add(database: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Keep decisions; of two about the same subject the later one holds."""
    for each in decisions:
        of = [each.subject, each.written]
        pair = "subject = ? AND written = ? AND customer_id IS NOT DISTINCT FROM ?"
        database.execute(f"DELETE FROM {TABLE} WHERE {pair}", [*of, each.customer_id])
        if each.is_same:
            database.execute(f"DELETE FROM {TABLE} WHERE subject = ? AND written = ? AND is_same", of)
        database.execute(f"INSERT INTO {TABLE} VALUES (?, ?, ?, ?)", [*of, each.customer_id, each.is_same])


def any_decided(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to follow."""
    return bool(database.execute(f"SELECT 1 FROM {TABLE} LIMIT 1").fetchall())
