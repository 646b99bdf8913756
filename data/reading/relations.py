"""Tables of text in the scratch database: named, counted, and rid of the lines that are no rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from operator import itemgetter

import duckdb

from data.reading import header as headers
from data.reading import loading
from data.reading.types import SkippedLine


def new_relation(scratch: duckdb.DuckDBPyConnection) -> str:
    """A name that is not taken."""
    known = scratch.execute(
        "select table_name from duckdb_tables() union all select view_name from duckdb_views() where not internal"
    ).fetchall()
    taken = {name for (name,) in known}
    return next(name for n in itertools.count(1) if (name := f"text_{n}") not in taken)


def count(scratch: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = scratch.execute(f"select count(*) from {relation}").fetchone()
    assert row is not None
    return int(row[0])


def take_out(scratch: duckdb.DuckDBPyConnection, relation: str, header: headers.Header) -> list[SkippedLine]:
    """Delete the lines that are no rows; returns them with those around the header, in file order."""
    columns = [f"c{i}" for i in range(len(header.names))]
    written = [*header.cells, *[""] * (len(columns) - len(header.cells))]
    rows: Callable[..., list[headers.Row]] = lambda query, **values: list(  # noqa: E731
        loading.rows_at(scratch, f"select line, {', '.join(columns)} from {relation} {query}", values)
    )
    headings = [skip.line for skip in header.skipped if skip.line > header.line]
    if headings:
        loading.leave_out(scratch, relation, headings)
    key = next((i for i, name in enumerate(written) if name), 0)
    label = f"coalesce({', '.join(columns[:3])})"
    is_blank = f"coalesce({', '.join(columns)}) is null"
    blank = _lines(scratch, f"select line from {relation} where {is_blank} order by line")
    repeated = []
    if any(written):
        same = f"[{', '.join(columns)}] is not distinct from $written::varchar[]"  # one expression, of any width
        values = {"written": [name or None for name in written]}
        # Most tables have none, and the first cell alone tells: many columns are slow to compare.
        if rows(f"where c{key} = $key limit 1", key=written[key]):
            repeated = _lines(scratch, f"select line from {relation} where {same} order by line", values)
    suspects = rows(
        f"where {label} is not null and regexp_matches({label}, $start) order by line", start=headers.SUSPECT_STARTS
    )
    if repeated:
        above = f"select line - 1 from {relation} where {same}"
        suspects += rows(f"where line in ({above}) and list_count([{', '.join(columns)}]) = 1", **values)
    first = rows("order by line limit 10")
    tail = rows(
        f"where line in (select line from {relation} order by line desc limit $n) order by line", n=headers.TAIL
    )
    found = headers.no_rows(written, first, suspects, tail, blank, repeated)
    if found:
        loading.leave_out(scratch, relation, [*headings, *found])
    return sorted([*header.skipped, *map(SkippedLine._make, found.items())], key=itemgetter(0))


def _lines(scratch: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None) -> list[int]:
    """The lines that a query gives, millions of them too."""
    found: list[int] = scratch.execute(query, values).fetchnumpy()["line"].tolist()
    return found


def without_phantoms(scratch: duckdb.DuckDBPyConnection, relation: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the last columns while they have neither a name nor a value."""
    while len(names) > 1 and not names[-1]:
        column = f"c{len(names) - 1}"
        row = scratch.execute(f"select count({column}) from {relation}").fetchone()
        if row and row[0]:
            break
        scratch.execute(f"alter table {relation} drop column {column}")
        names = names[:-1]
    return names


def add_column(scratch: duckdb.DuckDBPyConnection, relation: str, place: int, values: Mapping[int, str]) -> None:
    """Add column `place` to a table: each row's is the value of the last line at or above it that has one."""
    scratch.execute(
        f"""create or replace table {relation} as
            select own.*, nullif(below.value, '') as c{place}
            from {relation} own
            asof left join (select unnest($lines)::bigint as line, unnest($values)::varchar as value) below
                on own.line >= below.line""",
        {"lines": list(values), "values": list(values.values())},
    )
