"""What the files said of deals and of their stays, beside what follows from it.

Rows are put into `loaded_deals` and `recorded_stages`, which are temporary tables while an import is made. A data file keeps
them as views: `deals` and `stage_entries` hold the same, with a column `said_...` for whatever came to differ from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from data import alike
from data.database import quoted
from data.schema import COMPUTED, SCHEMA, SQL_TYPES
from data.sql import columns_of, drop, is_view

TABLES: Mapping[str, Mapping[str, str]] = {
    "loaded_deals": {
        column.name: SQL_TYPES[column.kind]
        for column in SCHEMA["deals"]
        if column.name not in COMPUTED["deals"] | {"status", "closed_at"}
    }
    | {"file_status": "VARCHAR", "file_close": "TIMESTAMP", "file_stage_order": "DOUBLE", "is_from_history": "BOOLEAN"}
    | {"first_seen_on": "DATE", "last_seen_on": "DATE"},
    "recorded_stages": {
        "deal_id": "VARCHAR", "pipeline": "VARCHAR", "stage": "VARCHAR", "entered_at": "TIMESTAMP", "position": "BIGINT",
        "owner_id": "VARCHAR", "owner": "VARCHAR", "amount": "DOUBLE", "deal_name": "VARCHAR", "customer_id": "VARCHAR",
        "customer": "VARCHAR", "currency": "VARCHAR", "created_at": "TIMESTAMP",
    },
}  # fmt: skip
# The columns of `deals` that hold what a column of `loaded_deals` of another name says.
SHOWN = {"file_status": "status", "file_close": "closed_at"}
_NOT_FROM_HISTORY = "ALTER is_from_history SET DEFAULT false"


def create(database: duckdb.DuckDBPyConnection) -> None:
    """Make both tables, empty."""
    for table, kinds in TABLES.items():
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
        database.execute(f"CREATE TABLE {table} ({columns})")
    database.execute(f"ALTER TABLE loaded_deals {_NOT_FROM_HISTORY}")


def take_up(database: duckdb.DuckDBPyConnection) -> None:
    """Move both out of the data file in use, into temporary tables that an import can change."""
    place = _in_use(database)
    for table, kinds in TABLES.items():
        stored = f"{place}.{table}"
        drop(database, f"temp.{table}")
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in kinds.items())
        # An earlier version kept also what follows from other columns.
        own = [n for n in columns_of(database, stored) if n in kinds or n.startswith("attr_")]
        kept = f"SELECT {', '.join(map(quoted, own))} FROM {stored}"
        database.execute(f"CREATE TEMP TABLE {table} AS (SELECT {empty} LIMIT 0) UNION ALL BY NAME {kept}")
        drop(database, stored)
    database.execute(f"ALTER TABLE temp.loaded_deals {_NOT_FROM_HISTORY}")


def let_go(database: duckdb.DuckDBPyConnection) -> None:
    """Drop what an import that failed left of both."""
    for table in TABLES:
        drop(database, f"temp.{table}")


def show(database: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: str) -> None:
    """Let one of the two, which is empty, show the `columns` of a query, and not keep them."""
    kinds = columns_of(database, f"temp.{table}")
    listed = ", ".join(
        quoted(n) if n in columns else f"CAST(NULL AS {kind}) AS {quoted(n)}" for n, kind in kinds.items()
    )
    drop(database, f"temp.{table}")
    database.execute(f"CREATE TEMP VIEW {table} AS SELECT {listed} FROM ({rows})")


def keep(database: duckdb.DuckDBPyConnection, table: str) -> None:
    """Keep what one of the two only shows, so that it can be changed."""
    if is_view(database, f"temp.{table}"):
        database.execute(
            f"CREATE TEMP TABLE kept AS FROM {table}; DROP VIEW temp.{table}; ALTER TABLE kept RENAME TO {table}"
        )


def show_deals(database: duckdb.DuckDBPyConnection) -> None:
    """Let `loaded_deals` show what `deals` that are written hold of it, and not keep it."""
    kinds = columns_of(database, "temp.loaded_deals")
    shown = _shown(kinds, columns_of(database, f"{_in_use(database)}.deals"))
    drop(database, "temp.loaded_deals")
    database.execute(f"CREATE TEMP VIEW loaded_deals AS SELECT {shown} FROM deals")


def put_down(database: duckdb.DuckDBPyConnection) -> None:
    """Keep both as views of the `deals` and `stage_entries` that were made of them."""
    place = _in_use(database)
    deals = columns_of(database, f"{place}.deals")
    said = {table: columns_of(database, f"temp.{table}") for table in TABLES}
    counts = {table: _count(database, table) for table in TABLES}
    for table in TABLES:
        drop(database, f"temp.{table}")
    database.execute(f"CREATE VIEW {place}.loaded_deals AS SELECT {_shown(said['loaded_deals'], deals)} FROM deals")
    repeated = " UNION ALL BY NAME FROM repeated_stays" if columns_of(database, f"{place}.repeated_stays") else ""
    rows, stays = alike.recorded_rows(database, place)
    database.execute(
        f"CREATE VIEW {place}.recorded_stages AS SELECT {_shown(said['recorded_stages'], stays)} {rows}{repeated}"
    )
    for table, count in counts.items():
        if _count(database, table) != count:
            raise RuntimeError(f"{table} would lose rows")


def _shown(said: Mapping[str, str], kept: Mapping[str, str]) -> str:
    """The columns of what was said, out of the columns of what follows from it."""

    def sql(name: str, kind: str) -> str:
        found = next((own for own in (f"said_{name}", SHOWN.get(name, name)) if own in kept), None)
        absent = "false" if name == "is_from_history" else "NULL"
        return f"CAST({quoted(found) if found else absent} AS {kind}) AS {quoted(name)}"

    return ", ".join(sql(name, kind) for name, kind in said.items())


def _in_use(database: duckdb.DuckDBPyConnection) -> str:
    row = database.execute("SELECT current_database()").fetchone()
    assert row is not None
    return f"{quoted(row[0])}.main"


def _count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])
