"""Bits of SQL that loading is written with."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def same(names: Sequence[str]) -> str:
    """True where a row `i` equals a row `t` in these columns."""
    return " AND ".join(f"t.{name} IS NOT DISTINCT FROM i.{name}" for name in names)


def columns_of(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns of a table or view with their types, in order; none where there is no such table. `table` is SQL for its name.

    The database's own tables of columns tell the same, but to fill them takes longer than a small import.
    """
    try:
        found = database.table(table)
    except duckdb.CatalogException:
        return {}
    return dict(zip(found.columns, map(str, found.types), strict=True))


def is_view(database: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is a view of this name, which cannot be changed."""
    try:
        database.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except duckdb.BinderException:  # only rows that are stored have a number
        return True
    except duckdb.CatalogException:
        return False
    return False


def plain_number(sql: str) -> str:
    """A number as text, in plain decimals."""
    return f"CASE WHEN ({sql}) = trunc({sql}) AND abs({sql}) < 1e15 THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) ELSE CAST({sql} AS VARCHAR) END"


def number_of(database: duckdb.DuckDBPyConnection, sql: str) -> float:
    """The one number that a query gives; 0 where it gives none."""
    row = database.execute(sql).fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0


def delete(database: duckdb.DuckDBPyConnection, table: str, condition: str) -> int:
    """Delete rows; returns how many."""
    gone = database.execute(f"DELETE FROM {table} WHERE {condition}").fetchone()
    return int(gone[0]) if gone else 0
