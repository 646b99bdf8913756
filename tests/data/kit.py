"""What tests of the import share: files written on the spot, imported, and asked with plain SQL."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from data.importer import Draft, ImportReport, Upload
from data.load import FileReport
from data.recognise import FileOptions
from data.stages import StageChoices
from data.store import Workspace
from data.values import Reading, read_as

Rows = list[tuple[Any, ...]]
_DATABASE = duckdb.connect()


@contextmanager
def empty_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own, attached to one that is there, which is ten times as quick as another instance of DuckDB."""
    name = f"empty_{uuid4().hex}"
    with _DATABASE.cursor() as database:
        database.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
        try:
            yield database
        finally:
            database.execute(f"USE memory; DETACH {name}")


def read_column(cells: Sequence[str | None], kind: Any, **options: Any) -> tuple[list[Any], Reading]:
    """The values of a column of text, and how it was read."""
    database = texts(cells)
    reading = read_as(database, "texts", "c0", kind, **options)
    return values(database, reading.sql), reading


def texts(cells: Sequence[str | None]) -> duckdb.DuckDBPyConnection:
    """A database with the cells in column c0 of `texts`."""
    database = _DATABASE.cursor()
    database.execute("SET TimeZone = 'UTC'")
    database.execute(
        "CREATE OR REPLACE TABLE texts AS SELECT generate_subscripts($c, 1) AS line, unnest($c::VARCHAR[]) AS c0",
        {"c": list(cells)},
    )
    return database


def values(database: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return [value for (value,) in database.execute(f"SELECT {sql} FROM texts ORDER BY line").fetchall()]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(header)
        lines.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return path


def load(workspace: Workspace, *files: Path, choices: StageChoices | None = None, **options: Any) -> ImportReport:
    """Import files; `options` are those of every file."""
    uploads = [Upload(path, path.name, FileOptions(**options)) for path in files]
    with Draft(workspace, uploads, choices) as draft:
        report = draft.publish()
    assert all(balanced(file) for file in report.files)
    return report


def balanced(file: FileReport) -> bool:
    """Every row that was read is somewhere."""
    parts = (file.rows_loaded, file.rows_updated, file.rows_unchanged, file.rows_removed, file.rows_rejected)
    return min(parts) >= 0 and file.rows_read == sum(parts)


def ask(workspace: Workspace, sql: str) -> Rows:
    """The rows of a query on the workspace's data, NULL as None."""
    with _opened(workspace) as database:
        return database.execute(sql).fetchall()


def tables(workspace: Workspace) -> Mapping[str, Rows]:
    """All rows of what the analyses read."""
    left_out = {"imports", "facts", "rejects"}
    with _opened(workspace) as database:
        named = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1"
        names = sorted({name for (name,) in database.execute(named).fetchall()} | {"stage_entries"})
        # deal_no only tells deals apart.
        return {
            name: database.execute(
                f"""SELECT COLUMNS(lambda c: c <> 'deal_no') FROM "{name}" ORDER BY ALL"""
            ).fetchall()
            for name in names
            if name not in left_out
        }


@contextmanager
def _opened(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's data for reading; attached, which is ten times as quick as another instance of DuckDB."""
    name = f"asked_{uuid4().hex}"
    path = str(workspace.data_file).replace("'", "''")
    with _DATABASE.cursor() as database:
        database.execute(f"ATTACH '{path}' AS {name} (READ_ONLY); USE {name}")
        try:
            yield database
        finally:
            database.execute(f"USE memory; DETACH {name}")
