"""Rows into the tables that have no key. Two rows equal in all columns may both be meant, so they are counted: a file that holds
a line twice brings it twice, and brings none when it is loaded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from data.database import quoted
from data.messages import Message, say_n
from data.schema import SCHEMA
from data.sql import columns_of, delete, number_of

# The columns that say which line of an order was cancelled.
_OF_A_LINE = ("order_id", "product_id", "product")


@dataclass(frozen=True)
class Appended:
    """How many rows are new and how many were there, and the sum of each column of money over both."""

    loaded: int
    unchanged: int
    totals: dict[str, float]


def append(database: duckdb.DuckDBPyConnection, table: str, incoming: str, names: Sequence[str]) -> Appended:
    """Insert the rows of `incoming` (with the columns `names`) that are not in `table` yet, as often as they are not."""
    rows = int(number_of(database, f"SELECT count(*) FROM {incoming}"))
    listed = ", ".join(map(quoted, names))
    money = [name for name in names if name in SCHEMA[table] and SCHEMA[table][name].kind == "money"]
    if not number_of(database, f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table)} LIMIT 1)"):
        database.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT {listed} FROM {incoming} ORDER BY line")
        return Appended(rows, 0, _sums(database, quoted(table), money))
    columns = _columns_of(database, table)
    here = ", ".join(quoted(name) if name in names else f"NULL AS {quoted(name)}" for name in columns)
    every = ", ".join(map(quoted, columns))
    equal = " AND ".join(f"k.{quoted(name)} IS NOT DISTINCT FROM n.{quoted(name)}" for name in columns)
    database.execute(
        f"""CREATE OR REPLACE TEMP TABLE appended AS
            WITH n AS (SELECT line, {every}, row_number() OVER (PARTITION BY {every} ORDER BY line) AS turn FROM (SELECT line, {here} FROM {incoming})),
                 k AS (SELECT {every}, count(*) AS there FROM {quoted(table)} GROUP BY ALL)
            SELECT n.line FROM n LEFT JOIN k ON {equal} WHERE n.turn > coalesce(k.there, 0)"""
    )
    before = number_of(database, f"SELECT max(rowid) FROM {quoted(table)}")
    loaded = database.execute(
        f"INSERT INTO {quoted(table)} BY NAME SELECT {listed} FROM {incoming} SEMI JOIN appended USING (line) ORDER BY line"
    ).fetchone()
    new = int(loaded[0]) if loaded else 0
    added = _sums(database, f"{quoted(table)} WHERE rowid > {int(before)}", money)
    there = _sums(database, f"{incoming} ANTI JOIN appended USING (line)", money)
    database.execute("DROP TABLE appended")
    return Appended(new, rows - new, {name: round(added[name] + there[name], 6) for name in money})


def say_deleted(rows: int) -> Message:
    """Say how many rows went because the source marks them as deleted."""
    return say_n(
        "{n} row that the source marks as deleted was left out.",
        "{n} rows that the source marks as deleted were left out.",
        rows,
    )


def remove_lines(
    database: duckdb.DuckDBPyConnection, table: str, incoming: str, names: Sequence[str], warnings: list[Message]
) -> int:
    """Leave out of `incoming` what is deleted or cancelled; a cancelled line of an order that was loaded goes too."""
    removed = 0
    if "is_deleted" in names:
        deleted = delete(database, incoming, "is_deleted")
        removed += deleted
        if deleted:
            warnings.append(say_deleted(deleted))
    if "is_cancelled" not in names:
        return removed
    if table == "orders" and "order_id" in names:
        own = " AND ".join(f"t.{name} IS NOT DISTINCT FROM i.{name}" for name in _OF_A_LINE if name in names)
        before = delete(
            database,
            f"{table} t",
            f"EXISTS (SELECT 1 FROM {incoming} i WHERE i.is_cancelled AND i.order_id IS NOT NULL AND {own})",
        )
        if before:
            warnings.append(
                say_n(
                    "{n} order line that was loaded before is cancelled now and was taken out.",
                    "{n} order lines that were loaded before are cancelled now and were taken out.",
                    before,
                )
            )
    cancelled = delete(database, incoming, "is_cancelled")
    if cancelled:
        warnings.append(
            say_n(
                "{n} line is of a cancelled order, or of a quote, and was left out.",
                "{n} lines are of cancelled orders, or of quotes, and were left out.",
                cancelled,
            )
        )
    return removed + cancelled


def _columns_of(database: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [name for name in columns_of(database, quoted(table)) if not name.startswith("said_")]


def _sums(database: duckdb.DuckDBPyConnection, source: str, money: Sequence[str]) -> dict[str, float]:
    return {
        name: number_of(database, f"SELECT round(coalesce(fsum({quoted(name)}), 0), 6) FROM {source}") for name in money
    }
