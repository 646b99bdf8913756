"""What the imports in force set aside, and which deals no file of deals has."""

from __future__ import annotations

from dataclasses import dataclass

from data.engine import Engine
from data.store import Workspace


@dataclass(frozen=True)
class Aside:
    """How many whole rows and single cells an import could not use."""

    number: int
    rows: int
    cells: int


def set_aside(workspace: Workspace) -> list[Aside]:
    """The imports in force that set something aside, the latest first."""
    standing = {record.number for record in workspace.history() if not record.undone}
    if not standing:
        return []
    rejects = workspace.rejects()
    found = []
    for number, its in rejects[rejects["import"].isin(standing)].groupby("import"):
        rows = int(its["is_row"].sum())
        found.append(Aside(int(number), rows, len(its) - rows))
    return sorted(found, key=lambda each: -each.number)


def deals_of_history_only(engine: Engine) -> int:
    """How many deals only a stage history knows, where other deals came from files of deals."""
    named = engine.query(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'deals' AND column_name = 'said_is_from_history'"
    )
    if named.empty:  # then no deal is, or all of them are
        return 0
    counts = engine.query("SELECT count(*) AS deals, count(*) FILTER (said_is_from_history) AS only FROM deals").iloc[0]
    return int(counts["only"]) if counts["only"] < counts["deals"] else 0
