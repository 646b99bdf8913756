"""What tests of the import share: files written on the spot, imported, and asked with plain SQL."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from data.importer import Draft, ImportReport, Upload
from data.load import FileReport
from data.recognise import FileOptions
from data.stages import StageChoices
from data.store import Workspace
from data.values import Reading, read_as

Rows = list[tuple[Any, ...]]
_DATABASE = duckdb.connect()


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
    with duckdb.connect(str(workspace.data_file), read_only=True) as database:
        return database.execute(sql).fetchall()


def tables(workspace: Workspace) -> Mapping[str, Rows]:
    """All rows of what the analyses read."""
    names = [name for (name,) in ask(workspace, "SELECT table_name FROM duckdb_tables() ORDER BY 1")]
    left_out = {"imports", "facts", "rejects"}
    # deal_no only tells deals apart.
    return {
        name: ask(workspace, f"""SELECT COLUMNS(lambda c: c <> 'deal_no') FROM "{name}" ORDER BY ALL""")
        for name in names
        if name not in left_out
    }
