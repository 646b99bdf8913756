"""What is known of the data as a whole: small values by name, in the table `facts`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data.database import opened
from data.messages import Message, say
from data.sql import number_of


def fact(database: duckdb.DuckDBPyConnection, name: str) -> str | None:
    row = database.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
    return row[0] if row else None


def holds_demo(path: Path, within: duckdb.DuckDBPyConnection | None = None) -> bool:
    """Whether the data file at `path` holds the made-up company; it is opened in the connection `within`, if there is one."""
    with opened(path, within, read_only=True) as database:
        return fact(database, "is_demo") == "true"


def write_facts(
    database: duckdb.DuckDBPyConnection, revision: int, at: datetime, said: Mapping[str, str]
) -> list[Message]:
    """Write what is known of the data as a whole at the moment `at`, of an import; returns what is wrong with its dates."""
    moments = {
        "deals": ("created_at", "closed_at", "stage_changed_at", "last_activity_at", "last_modified_at"),
        "stage_entries": ("entered_at",),
        "customers": ("created_at", "last_activity_at"),
        "leads": ("created_at", "converted_at"),
        "deal_changes": ("changed_at",),
        "activities": ("happened_at",),
        "orders": ("ordered_at",),
        "cases": ("opened_at", "closed_at"),
        "survey_responses": ("answered_at",),
        "survey_invitations": ("sent_at",),
    }
    # The import's day is a fact of the import; metrics only ever see the moment written here.
    tomorrow = f"TIMESTAMP '{at:%Y-%m-%d}' + INTERVAL 1 DAY"
    parts = []
    for table, columns in moments.items():
        latest = ", ".join(f"max({column}) FILTER ({column} < {tomorrow})" for column in columns)
        late = " + ".join(f"count(*) FILTER ({column} >= {tomorrow})" for column in columns)
        parts.append(f"SELECT greatest({latest}) AS latest, {late} AS late FROM {table}")
    # A contract may be agreed ahead, at both ends. Where none ends later than today, the ends on record are those that came.
    began, ended = (f"max({day}) FILTER ({day} < {tomorrow})" for day in ("started_on", "ended_on"))
    is_planned = f"count(*) FILTER (ended_on >= {tomorrow}) > 0"
    parts.append(
        f"SELECT CAST(CASE WHEN {is_planned} THEN {began} ELSE greatest({began}, {ended}) END AS TIMESTAMP) AS latest, 0 AS late FROM subscriptions"
    )
    latest, late = database.execute(f"SELECT max(latest), sum(late) FROM ({' UNION ALL '.join(parts)})").fetchone() or (
        None,
        0,
    )
    facts = {
        "latest_event_at": latest.isoformat() if latest else None,
        "has_history": "true" if number_of(database, "SELECT count(*) FROM recorded_stages") else "false",
        "currency": _only(database, "SELECT mode(currency) FROM deals"),
        "pipeline": _only(database, "SELECT mode(pipeline) FROM deals"),
        "revision": str(revision),
        "is_empty": "false",
        **said,
    }
    database.execute("DELETE FROM facts WHERE name IN (SELECT unnest(?))", [list(facts)])
    known = {name: value for name, value in facts.items() if value is not None}
    database.execute(
        "INSERT INTO facts SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", [list(known), list(known.values())]
    )
    if late:
        return [
            say("Dates after today cannot have been recorded: {n} of them do not move the as-of date.", n=int(late))
        ]
    return []


def _only(database: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = database.execute(sql).fetchone()
    return row[0] if row else None
