"""A data file written by an earlier version, made as this one writes it: nothing that files said is lost or asked for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb

from data import history, merged, respondents
from data.database import quoted
from data.schema import SCHEMA, SQL_TYPES
from data.sql import columns_of, drop, is_view

_Columns = Callable[[str], Mapping[str, str]]


def is_current(columns: _Columns) -> bool:
    """Whether a data file, of which `columns` tells the columns of a table, has every table and column that is asked for."""
    return not _missing(columns)


def add_missing(database: duckdb.DuckDBPyConnection) -> None:
    """Add the tables and columns that the file in use lacks, empty; what is worked out from others stays so until it is made anew."""
    missing = _missing(lambda table: columns_of(database, quoted(table)))
    if any(name == "stage_entries" for name, *_ in missing) and is_view(database, "stage_entries"):
        drop(database, "stage_entries")  # what files said of stays is elsewhere then
    for name, column, kind in missing:
        database.execute(f"CREATE TABLE IF NOT EXISTS {quoted(name)} ({quoted(column)} {kind})")
        database.execute(f"ALTER TABLE {quoted(name)} ADD COLUMN IF NOT EXISTS {quoted(column)} {kind}")
    merged.create(database)
    database.execute("CREATE TABLE IF NOT EXISTS loaded_leads AS FROM leads")


def _missing(columns: _Columns) -> list[tuple[str, str, str]]:
    """The tables and columns that are asked for and are not there, with their types."""
    asked = {table.name: {column.name: SQL_TYPES[column.kind] for column in table} for table in SCHEMA.values()}
    asked["imports"] = dict(history.COLUMNS)
    asked[respondents.TABLE] = dict(respondents.COLUMNS)
    missing = []
    for table, kinds in asked.items():
        there = columns(table)
        missing += [(table, name, kind) for name, kind in kinds.items() if name not in there]
    return missing
