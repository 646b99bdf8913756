"""What follows from the files, made anew: deals and their stays, leads, who names whom, and whose answers belong together."""

from __future__ import annotations

import duckdb

from data import following, leads, merged, references, repeat_answers, said
from data.messages import Message
from data.stays import DEFAULT_PIPELINE, add_deals_of_history, derive


def remake(database: duckdb.DuckDBPyConnection, pipeline: str, time_zone: str, currency: str) -> list[Message]:
    """Make it, once the stages are decided; returns what there is to say of it."""
    merged.fill_kept(database)
    notes = derive(database, pipeline, time_zone, currency)
    notes += leads.derive(database, time_zone)
    notes += references.resolve_leads(database)
    merged.follow_numbers(database, "leads")
    notes += following.resolve(database)
    repeat_answers.mark(database)
    return notes


def rework(database: duckdb.DuckDBPyConnection, time_zone: str, currency: str) -> None:
    """Make it in a whole data file, with the stages as they were decided."""
    row = database.execute("SELECT value FROM facts WHERE name = 'default_pipeline'").fetchone()
    said.take_up(database)
    following.take_back(database)
    add_deals_of_history(database)
    remake(database, row[0] if row else DEFAULT_PIPELINE, time_zone, currency)
    said.put_down(database)
