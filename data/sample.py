"""The first rows of a file as they are stored, for a person to look at."""

from __future__ import annotations

import duckdb

from data.database import quoted
from data.schema import COMPUTED, SCHEMA

Row = dict[str, object]
ROWS = 5


def first_rows(database: duckdb.DuckDBPyConnection, table: str, incoming: str) -> tuple[Row, ...]:
    """Of the first lines in `incoming` that came in: each column of `table` with its value, columns without any left out."""
    schema = SCHEMA[table]
    names = [column.name for column in schema if column.name not in COMPUTED.get(table, ())]
    lines = f"FROM {incoming} ORDER BY line LIMIT {ROWS}"
    if schema.key is None:
        known = {name for name, *_ in database.execute(f"DESCRIBE {incoming}").fetchall()}
        names = [name for name in names if name in known]
        sql = f"SELECT {', '.join(map(quoted, names))} {lines}"
    else:
        columns = ", ".join(f"t.{quoted(name)}" for name in names)
        sql = f"SELECT {columns} FROM {quoted(table)} t JOIN (SELECT {quoted(schema.key)}, line {lines}) i USING ({quoted(schema.key)}) ORDER BY i.line"
    rows = database.execute(sql).fetchall() if names else []
    filled = [place for place in range(len(names)) if any(row[place] is not None for row in rows)]
    return tuple({names[place]: row[place] for place in filled} for row in rows)
