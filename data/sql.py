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


def drop(database: duckdb.DuckDBPyConnection, table: str) -> None:
    """Drop the table or view of this name, where there is one."""
    try:
        database.execute(f"DROP TABLE IF EXISTS {table}")
    except duckdb.CatalogException:
        database.execute(f"DROP VIEW {table}")


# A table of so few rows is sooner made anew with many columns than told of them one at a time.
_FEW_ROWS, _FEW_COLUMNS = 10_000, 20


def add_texts(database: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> None:
    """Add those columns of text that are not there yet; `table`, which has no constraints, is SQL for its name."""
    known = columns_of(database, table)
    new = [name for name in names if name not in known]
    if len(new) <= _FEW_COLUMNS or number_of(database, f"SELECT count(*) FROM {table}") > _FEW_ROWS:
        for name in new:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {name} VARCHAR")
        return
    defaults = [(row[0], row[4]) for row in database.execute(f"DESCRIBE {table}").fetchall() if row[4] is not None]
    kind = "TEMP TABLE" if columns_of(database, f"temp.{table}") else "TABLE"
    columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in new)
    database.execute(f"CREATE OR REPLACE {kind} {table} AS SELECT *, {columns} FROM {table}")
    for column, default in defaults:  # which the rows do not carry
        database.execute(f"ALTER TABLE {table} ALTER {column} SET DEFAULT {default}")


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
