"""A data file written by an earlier version, made as this one writes it: nothing that files said is lost or asked for again."""

from __future__ import annotations

import duckdb

from data import leads, references, said
from data.engine import Engine, quoted
from data.schema import SCHEMA, SQL_TYPES
from data.stays import DEFAULT_PIPELINE, add_deals_of_history, derive


def is_current(engine: Engine) -> bool:
    """Whether a data file has every table and column that is asked for."""
    rows = engine.query("SELECT table_name, column_name FROM duckdb_columns()")
    there = set(rows.itertuples(index=False, name=None))
    return all((table.name, column.name) in there for table in SCHEMA.values() for column in table)


def add_missing(database: duckdb.DuckDBPyConnection) -> None:
    """Add the tables and columns that the file in use lacks, empty; what is worked out from others stays so until `rework`."""
    for table in SCHEMA.values():
        columns = ", ".join(f"{quoted(column.name)} {SQL_TYPES[column.kind]}" for column in table)
        database.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({columns})")
        for column in table:
            database.execute(
                f"ALTER TABLE {quoted(table.name)} ADD COLUMN IF NOT EXISTS {quoted(column.name)} {SQL_TYPES[column.kind]}"
            )
    database.execute("CREATE TABLE IF NOT EXISTS loaded_leads AS FROM leads")


def rework(database: duckdb.DuckDBPyConnection, time_zone: str, currency: str) -> None:
    """Make what follows from the files anew, with the stages as they were decided."""
    row = database.execute("SELECT value FROM facts WHERE name = 'default_pipeline'").fetchone()
    said.take_up(database)
    add_deals_of_history(database)
    derive(database, row[0] if row else DEFAULT_PIPELINE, time_zone, currency)
    leads.derive(database, time_zone)
    references.resolve_leads(database)
    said.put_down(database)
