"""Runs Ibis expressions on a workspace's data: DuckDB, one database, a fresh cursor for each query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd

from data.schema import SCHEMA, SQL_TYPES, Header, Tables

# A laptop's share: a query that needs more spills to disk instead of taking the machine.
MEMORY_LIMIT = "2GB"


def connect(
    path: Path | str = ":memory:", *, read_only: bool = False, scratch: Path | None = None, **more: str
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB database that never fetches anything; it spills to `scratch` where given."""
    config: dict[str, Any] = {
        "memory_limit": MEMORY_LIMIT,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        **more,
    }
    if scratch is not None:
        config["temp_directory"] = str(scratch)
    database = duckdb.connect(str(path), read_only=read_only, config=config)
    database.execute("SET TimeZone = 'UTC'")
    return database


def quoted(name: str) -> str:
    """An identifier, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def create_tables(database: duckdb.DuckDBPyConnection) -> None:
    """Make the canonical tables, empty, and the tables that describe them."""
    for table in SCHEMA.values():
        columns = ", ".join(f"{quoted(column.name)} {SQL_TYPES[column.kind]}" for column in table)
        database.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
    database.execute(
        """CREATE TABLE headers ("table" VARCHAR, "column" VARCHAR, header VARCHAR, is_attribute BOOLEAN);
           CREATE TABLE facts (name VARCHAR PRIMARY KEY, value VARCHAR)"""
    )


class Engine:
    """Answers Ibis expressions from one immutable database; safe to share between threads."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Engine:
        """Open a data file for reading. Other processes may read it too."""
        return cls(connect(path, read_only=True, enable_external_access="false"))

    @classmethod
    def in_memory(
        cls, tables: Mapping[str, Mapping[str, list[Any]] | pd.DataFrame], headers: tuple[Header, ...] = ()
    ) -> Engine:
        """Build an engine from hand-written rows: missing columns are empty."""
        database = connect()
        create_tables(database)
        for header in headers:
            database.execute(
                "INSERT INTO headers VALUES (?, ?, ?, ?)",
                [header.table, header.column, header.header, header.is_attribute],
            )
            if header.is_attribute:
                database.execute(f"ALTER TABLE {quoted(header.table)} ADD COLUMN {quoted(header.column)} VARCHAR")
        for name, rows in tables.items():
            database.register("_rows", pd.DataFrame(rows))
            database.execute(f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM _rows")
            database.unregister("_rows")
        return cls(database)

    def run(self, expression: ir.Expr) -> pd.DataFrame:
        """The rows of `expression`, one column a field."""
        return self.query(self.sql(expression))

    def query(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """The rows of a SQL query."""
        with self._database.cursor() as cursor:
            return cursor.execute(sql, parameters).df()

    @staticmethod
    def sql(expression: ir.Expr) -> str:
        """The SQL that answers `expression`, for people to read."""
        return str(ibis.to_sql(expression, dialect="duckdb"))

    @property
    def headers(self) -> tuple[Header, ...]:
        """What the columns were called in the files they came from, latest import first."""
        rows = self.query('SELECT "table", "column", header, is_attribute FROM headers')
        return tuple(Header(*row) for row in rows.itertuples(index=False, name=None))

    @property
    def tables(self) -> Tables:
        return Tables(self.headers)

    def facts(self) -> dict[str, str]:
        """Small things known of the data: its company's name, its currency, its latest event."""
        rows = self.query("SELECT name, value FROM facts")
        return dict(zip(rows["name"], rows["value"], strict=True))

    @property
    def latest_event(self) -> datetime | None:
        """The latest recorded past event, in UTC: the moment from which an age is counted."""
        value = self.facts().get("latest_event_at")
        return datetime.fromisoformat(value) if value else None

    def count(self, table: str) -> int:
        return cast(int, self.query(f"SELECT count(*) AS n FROM {quoted(table)}")["n"].iloc[0])

    def close(self) -> None:
        self._database.close()
