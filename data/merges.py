"""Customers that a person said are one: a step of the history, which names each of the others and the one it is merged into.

`merged_customers` keeps that. What is known of the others fills what the one kept lacks; whatever names them, by number or by
name, names the one kept, also in files loaded later. What files said of a deal or an order is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from data import remake
from data.database import connect
from data.history import Done, ImportRecord, Progress, make
from data.merged import chosen
from data.messages import say

if TYPE_CHECKING:
    from data.store import Workspace


def merge(workspace: Workspace, pairs: Mapping[str, str], progress: Progress | None = None) -> ImportRecord:
    """Say that customers are others: number (or name, of one that only deals name) -> the one kept. It can be taken back."""
    settings = workspace.settings()
    kept = {"time_zone": settings.time_zone, "currency": settings.currency}
    return make(workspace, {"kind": "merge", "pairs": dict(pairs), "settings": kept}, progress)


def replay(workspace: Workspace, copy: Path, step: ImportRecord, progress: Progress) -> Done:
    """Merge customers in the data file `copy`; those that are not there are passed over."""
    settings = replace(workspace.settings(), **step.recipe["settings"])
    progress(0.0, say("Merging customers"))
    with connect(copy) as database:
        names = _names(database)
        chosen(database, {other: kept for other, kept in step.recipe["pairs"].items() if {other, kept} <= names.keys()})
        remake.rework(database, settings.time_zone, settings.currency)
        database.execute("UPDATE facts SET value = ? WHERE name = 'revision'", [str(step.revision)])
        database.execute("CHECKPOINT")
    merged = [[names.get(other, other), names.get(kept, kept)] for other, kept in step.recipe["pairs"].items()]
    return Done(0, {"files": [], "merged": merged})


def _names(database: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the customers are called, by number, and those that only deals name, by name."""
    rows = database.execute(
        """SELECT customer_id, coalesce(customer_name, customer_id) FROM customers
           UNION SELECT coalesce(customer_id, customer), coalesce(customer, customer_id) FROM deals ANTI JOIN customers USING (customer_id)
           WHERE coalesce(customer_id, customer) IS NOT NULL"""
    )
    return dict(rows.fetchall())
