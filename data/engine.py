"""Runs Ibis expressions on a workspace's data: DuckDB, one database, a fresh cursor for each query."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, cast
from weakref import WeakKeyDictionary

import duckdb
import ibis.expr.types as ir
import pandas as pd

from data import calendars, limits, scores
from data.compiling import to_sql
from data.database import connect, create_tables, fill_computed, quoted, to_read
from data.files import spilling, writing
from data.schema import Header
from data.sql import columns_of, literal
from data.tables import Tables


class Engine:
    """Answers Ibis expressions from one immutable database; safe to share between threads."""

    def __init__(self, database: duckdb.DuckDBPyConnection, path: Path | None = None) -> None:
        self._database = database
        self._path = path

    @classmethod
    def open(cls, path: Path) -> Engine:
        """Open a data file for reading. Other processes may read it too."""
        engine = cls(to_read(path), path)
        _readers.add(engine, path)
        return engine

    @classmethod
    def in_memory(
        cls, tables: Mapping[str, Mapping[str, list[Any]] | pd.DataFrame], headers: tuple[Header, ...] = ()
    ) -> Engine:
        """Build an engine from hand-written rows: missing columns are empty, save those `fill_computed` fills."""
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
        fill_computed(database)
        return cls(database)

    def run(self, expression: ir.Expr) -> pd.DataFrame:
        """The rows of `expression`, one column a field."""
        return self.query(self.sql(expression))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a SQL query as they are, for few of them."""
        with limits.kept(), spilling(), self._database.cursor() as cursor:
            self._prepare(cursor, sql)
            return cursor.execute(sql).fetchall()

    def query(self, sql: str, parameters: list[Any] | dict[str, Any] | None = None) -> pd.DataFrame:
        """The rows of a SQL query."""
        with limits.kept(), spilling(), self._database.cursor() as cursor:
            self._prepare(cursor, sql)
            rows = cursor.execute(sql, parameters).df()
        for place, kind in enumerate(rows.dtypes):
            if isinstance(
                kind, pd.CategoricalDtype
            ):  # text with few values is stored as numbers, which is nobody else's business
                rows.isetitem(place, rows.iloc[:, place].astype("str"))
        return rows

    # Scores (data/scores.py)

    def has_scores(self, name: str) -> bool:
        """Whether a set of scores, or a part of one, is there for this data."""
        if self._path is None:
            return bool(self.columns(name))
        return scores.file_of(self._path, name).is_file()

    def keep_scores(self, name: str, expression: ir.Expr, beside: pd.DataFrame | None = None, key: str = "") -> None:
        """Keep the rows of an expression as a set of scores; `beside` has further columns for them, found by `key`."""
        sql = self.sql(expression)
        with limits.kept(), spilling(), self._database.cursor() as cursor:
            self._prepare(cursor, sql)
            if beside is not None:
                cursor.register("scored_beside", beside)
                sql = f"SELECT * FROM ({sql}) LEFT JOIN scored_beside USING ({quoted(key)})"
            if self._path is None:
                cursor.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {sql}")
                return
            file = scores.file_of(self._path, name)
            with writing(file.parent):
                file.parent.mkdir(exist_ok=True)
                passing = file.with_name(f"{uuid.uuid4().hex}.parquet")
                try:
                    cursor.execute(f"COPY ({sql}) TO {literal(str(passing.absolute()))} (FORMAT parquet)")
                    os.replace(passing, file)
                finally:
                    passing.unlink(missing_ok=True)
        scores.sweep(self._path)

    def drop_scores(self, name: str) -> None:
        """Forget a set of scores, or a part of one; nothing happens where it is not there."""
        if self._path is not None:
            scores.file_of(self._path, name).unlink(missing_ok=True)
        else:
            with self._database.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {quoted(name)}")

    def _prepare(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
        """Give a cursor what a query names beyond the tables: functions of calendars, and scores."""
        for statement in calendars.needed(sql):
            cursor.execute(statement)
        if self._path is not None:
            for name in scores.named_in(sql):
                file = literal(str(scores.file_of(self._path, name).absolute()))
                cursor.execute(f"CREATE TEMP VIEW {quoted(name)} AS FROM read_parquet({file})")

    @staticmethod
    def sql(expression: ir.Expr) -> str:
        """The SQL that answers `expression`, for people to read."""
        return to_sql(expression)

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table with their types; none where there is no such table."""
        with self._database.cursor() as cursor:
            return columns_of(cursor, quoted(table))

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

    def take_at_most(self, memory: int) -> None:
        """Keep to so many bytes from now on; what is in use this moment may go on to be."""
        with suppress(duckdb.Error), self._database.cursor() as cursor:
            cursor.execute(f"SET memory_limit = '{memory}B'")

    def close(self) -> None:
        _readers.remove(self)
        self._database.close()


class _Readers:
    """The engines on data files that are open, which share the memory that one may take."""

    def __init__(self) -> None:
        self._paths: WeakKeyDictionary[Engine, Path] = WeakKeyDictionary()
        self._lock = Lock()

    def add(self, engine: Engine, path: Path) -> None:
        with self._lock:
            self._paths[engine] = path
            self._share()

    def remove(self, engine: Engine) -> None:
        with self._lock:
            if self._paths.pop(engine, None) is not None:
                self._share()

    def _share(self) -> None:
        # Two engines on one file are one database.
        each = limits.share(len(set(self._paths.values())))
        for engine in list(self._paths):
            engine.take_at_most(each)


_readers = _Readers()
