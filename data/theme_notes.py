"""Where a workspace keeps its list of themes: among what people write."""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb

from data.sql import columns_of
from data.theme_list import Theme, checked

_TABLE = "comment_themes"


def read(notes: duckdb.DuckDBPyConnection) -> tuple[Theme, ...] | None:
    """The themes as people left them, in their order; None where nobody changed any."""
    if not columns_of(notes, _TABLE):
        return None
    rows = notes.execute(f"SELECT name, words FROM {_TABLE} ORDER BY place").fetchall()
    return tuple(Theme(name, tuple(json.loads(words))) for name, words in rows)


def save(notes: duckdb.DuckDBPyConnection, themes: Sequence[Theme]) -> tuple[Theme, ...]:
    """Keep these themes instead of those before. Raises RequestProblem for what cannot be kept; nothing changes then."""
    kept = checked(themes)
    notes.execute("BEGIN")
    notes.execute(f"CREATE OR REPLACE TABLE {_TABLE} (place INTEGER, name VARCHAR, words VARCHAR)")
    for place, theme in enumerate(kept):
        words = json.dumps(theme.words, ensure_ascii=False)
        notes.execute(f"INSERT INTO {_TABLE} VALUES (?, ?, ?)", [place, theme.name, words])
    notes.execute("COMMIT")
    return kept


def forget(notes: duckdb.DuckDBPyConnection) -> None:
    """Back to the list that everybody starts with."""
    notes.execute(f"DROP TABLE IF EXISTS {_TABLE}")
