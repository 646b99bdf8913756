"""DuckDB databases as the app opens them, and the canonical tables in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from data import limits, repeat_answers, respondents, scores
from data.schema import SCHEMA, SQL_TYPES

# With them DuckDB 2.0 fails on a join whose smaller side is a union ("dict-surviving join: narrowed column ... build
# pipeline is not single-source"), and such a failure takes the whole database down until it is opened again.
BROKEN_OPTIMIZERS = "projection_pullup,projection_placement"


_opening = Lock()


def connect(
    path: Path | str = ":memory:", *, read_only: bool = False, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB database that never fetches anything and keeps to the limits of data/limits.py; it spills to `scratch` where given."""
    config: dict[str, Any] = {
        **limits.settings(scratch),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "catalog_error_max_schemas": "0",  # to ask for a table that is not there must not search for names like it
    }
    database = duckdb.connect(str(path), read_only=read_only, config=config)
    database.execute("SET TimeZone = 'UTC'")
    database.execute(f"SET disabled_optimizers = '{BROKEN_OPTIMIZERS}'")
    return database


def to_read(path: Path) -> duckdb.DuckDBPyConnection:
    """A data file for reading, always with the same settings: DuckDB refuses a second way in one process."""
    # Threads that open a file at once share it: only the first says how it is to be read, and the others wait until it has.
    with _opening:
        database = connect(path, read_only=True)
        # Not among the settings it is opened with: then DuckDB refuses to be told a folder to spill to. A file that is open
        # already has them, and they cannot be said twice.
        if database.execute("SELECT current_setting('enable_external_access')").fetchall() == [(True,)]:
            beside = str(scores.folder_of(path).absolute()).replace("'", "''")
            database.execute(f"SET allowed_directories = ['{beside}/']")
            database.execute("SET enable_external_access = false")
    return database


@contextmanager
def opened(
    path: Path, within: duckdb.DuckDBPyConnection | None = None, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database file in use: in a connection that is there, which costs next to nothing, or else in one of its own."""
    if within is None:
        with to_read(path) if read_only else connect(path) as database:
            yield database
        return
    row = within.execute("SELECT current_database()").fetchone()
    assert row is not None
    file = str(path).replace("'", "''")
    within.execute(f"ATTACH '{file}' AS opened{' (READ_ONLY)' if read_only else ''}; USE opened")
    try:
        yield within
    finally:
        within.execute(f"USE {quoted(row[0])}; DETACH opened")


def quoted(name: str) -> str:
    """An identifier, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def create_tables(database: duckdb.DuckDBPyConnection) -> None:
    """Make the canonical tables, empty, and the tables that describe them."""
    tables = ""
    for table in SCHEMA.values():
        columns = ", ".join(f"{quoted(column.name)} {SQL_TYPES[column.kind]}" for column in table)
        tables += f"CREATE TABLE {quoted(table.name)} ({columns});"
    database.execute(
        f"""BEGIN; {tables}
           CREATE TABLE headers ("table" VARCHAR, "column" VARCHAR, header VARCHAR, is_attribute BOOLEAN);
           CREATE TABLE facts (name VARCHAR PRIMARY KEY, value VARCHAR);
           CREATE TABLE {respondents.TABLE} ({", ".join(f"{name} {kind}" for name, kind in respondents.COLUMNS.items())});
           COMMIT"""
    )


def fill_computed(database: duckdb.DuckDBPyConnection) -> None:
    """Fill what hand-written deals, stays and answers leave out of the columns an import works out, by the same rules.

    These are deals.deal_no, and the visit, turn, outcome_visit, deal_no and deal_* of stays; a stay without a time comes first
    while its stage is open, and last where the deal ended. Of survey answers it is what `repeat_answers` marks.
    """
    repeat_answers.mark(database)
    database.execute(
        """
        UPDATE deals SET deal_no = rowid + 1 WHERE deal_no IS NULL;
        CREATE TEMP TABLE placed AS
            SELECT rowid AS row, deal_id, pipeline, stage, stage_order, outcome, visit, coalesce(is_skipped, false) AS skipped,
                   coalesce(turn, row_number() OVER (PARTITION BY deal_id, coalesce(is_skipped, false)
                                                     ORDER BY entered_at IS NULL AND outcome <> 'open', entered_at NULLS FIRST, rowid)) AS place
            FROM stage_entries;
        UPDATE placed SET place = b.place FROM (
            SELECT p.row, min(b.place) AS place FROM placed p JOIN placed b ON b.deal_id = p.deal_id AND b.pipeline = p.pipeline
            WHERE p.skipped AND NOT b.skipped AND b.outcome <> 'lost' AND b.stage_order > p.stage_order GROUP BY p.row
        ) b WHERE b.row = placed.row;
        UPDATE stage_entries e SET
            visit = coalesce(e.visit, n.nth), turn = coalesce(e.turn, n.place), outcome_visit = coalesce(e.outcome_visit, least(n.of_outcome, 2)),
            deal_no = coalesce(e.deal_no, n.deal_no), deal_amount = coalesce(e.deal_amount, n.amount),
            deal_currency = coalesce(e.deal_currency, n.currency), deal_created_at = coalesce(e.deal_created_at, n.created_at),
            deal_closed_at = coalesce(e.deal_closed_at, n.closed_at)
        FROM (
            SELECT p.*, d.deal_no, d.amount, d.currency, d.created_at, d.closed_at,
                   row_number() OVER (PARTITION BY deal_id, p.pipeline, p.stage ORDER BY skipped, place, row) AS nth,
                   row_number() OVER (PARTITION BY deal_id, p.pipeline, p.outcome ORDER BY skipped, place, stage_order, row) AS of_outcome
            FROM placed p LEFT JOIN deals d USING (deal_id)
        ) n WHERE n.row = e.rowid;
        DROP TABLE placed
        """
    )
