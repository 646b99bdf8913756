"""Checked rows into their tables: new ones inserted, those with a known key compared, stays appended."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data.becoming import FIRST_POSITION, PUT_IN, Becoming
from data.database import quoted
from data.recognise import FilePlan
from data.said import show
from data.sql import literal, number_of, same

RECORDED = ("deal_id", "pipeline", "stage", "entered_at")  # what tells two stays apart


def is_simple(database: duckdb.DuckDBPyConnection, plan: FilePlan, fields: dict[str, str], rows: str) -> bool:
    """Whether every row can go straight into its table: the table is empty, and no row is deleted, lacking or a double.

    So it is with the first load of a clean file; then no copy of its rows is needed to look into.
    """
    needed = {"deals": ("deal_id",), "stage_entries": ("deal_id", "stage", "entered_at")}.get(plan.table)
    if needed is None or any(plan.column(name) is None for name in needed):
        return False
    if {"is_deleted", "is_move", "from_stage"} & set(fields) or number_of(
        database,
        f"SELECT count(*) FROM {PUT_IN[plan.table]}{' WHERE NOT is_from_history' if plan.table == 'deals' else ''}",
    ):
        return False
    keys = RECORDED if plan.table == "stage_entries" else needed
    # Equal rows have equal hashes, so as many hashes as rows means that no two are alike.
    row = database.execute(
        f"SELECT count(*), count(DISTINCT hash({', '.join(keys)})), {', '.join(f'count({name})' for name in needed)} FROM ({rows})"
    ).fetchone()
    return row is not None and len(set(row)) == 1


def put_all(database: duckdb.DuckDBPyConnection, plan: FilePlan, incoming: str, rows: str, names: Sequence[str]) -> int:
    """Put all rows into the table, which is empty; returns how many."""
    if plan.table == "stage_entries":
        # Nothing is looked up in them one by one, so they need not be copied out of the text.
        show(database, "recorded_stages", names, rows)
        return plan.text.rows_read
    database.execute("DELETE FROM loaded_deals WHERE is_from_history")
    columns = ", ".join(quoted(name) for name in names)
    done = database.execute(f"INSERT INTO loaded_deals BY NAME SELECT {columns} FROM {incoming}").fetchone()
    return int(done[0]) if done else 0


def append_stays(database: duckdb.DuckDBPyConnection, incoming: str, names: Sequence[str]) -> tuple[int, int, int]:
    """Insert the stays that are not there yet; returns loaded, updated (none), unchanged."""
    rows = int(number_of(database, f"SELECT count(*) FROM {incoming}"))
    columns = ", ".join(f"i.{quoted(name)}" for name in names)
    done = database.execute(
        f"INSERT INTO recorded_stages BY NAME SELECT {columns} FROM {incoming} i ANTI JOIN recorded_stages t ON {same(RECORDED)}"
    ).fetchone()
    loaded = int(done[0]) if done else 0
    return loaded, 0, rows - loaded


def record_changed_stages(database: duckdb.DuckDBPyConnection, changes: str, number: int) -> None:
    """Stays out of the rows of a log that say which stage a deal came to."""
    database.execute(
        f"""INSERT INTO recorded_stages BY NAME
            SELECT i.deal_id, i.new_value AS stage, i.changed_at AS entered_at, {number * FIRST_POSITION} + i.line AS position
            FROM {changes} i ANTI JOIN recorded_stages t ON t.deal_id = i.deal_id AND t.stage = i.new_value AND t.entered_at = i.changed_at
            WHERE i.field = 'stage' AND i.new_value IS NOT NULL AND i.deal_id IS NOT NULL AND i.changed_at IS NOT NULL"""
    )


def record_stage_columns(
    database: duckdb.DuckDBPyConnection, becoming: Becoming, plan: FilePlan, incoming: str, pipeline: str
) -> None:
    """Stage history out of the columns that say when each stage was entered."""
    relation = f"scratch.{quoted(plan.text.relation)}"
    for place, column in enumerate(plan.stage_columns):
        assert column.stage is not None and column.reading is not None
        stage = literal(becoming.name_of("stage", column.stage.stage))
        own = literal(becoming.name_of("pipeline", column.stage.pipeline)) if column.stage.pipeline else pipeline
        database.execute(
            f"""DELETE FROM recorded_stages r USING {incoming} i WHERE r.deal_id = i.deal_id AND r.stage = {stage}
                AND r.position BETWEEN 0 AND {FIRST_POSITION - 1} AND r.pipeline IS NOT DISTINCT FROM {own}"""
        )
        database.execute(
            f"""INSERT INTO recorded_stages BY NAME SELECT i.deal_id, {own} AS pipeline, {stage} AS stage, m.entered_at, {place} AS position
                FROM {incoming} i JOIN (SELECT line, {column.reading.sql} AS entered_at FROM {relation}) m USING (line)
                WHERE m.entered_at IS NOT NULL"""
        )
