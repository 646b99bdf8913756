"""Deals of which no file tells the stays: where they must have been follows from a few things, so it is worked out once for all that are alike.

Such deals have the same `stays_like` in `deals`. `like_stays` has the stays of each of these numbers, and of a time only which
date of the deal it is; `own_stays` has those of the other deals, row by row. `stage_entries` shows both as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import duckdb

from data.database import quoted
from data.sql import columns_of, drop

COLUMN = "stays_like"
# The dates of a deal that can be the time of a stay, by their numbers in `like_stays`.
_DATES = {1: "created_at", 2: "closed_at", 3: "stage_changed_at"}
_TIMES = ("entered_at", "left_at")
# Columns of `stage_entries` that are those of the deal.
_OF_DEALS = {
    "deal_id": "deal_id", "deal_no": "deal_no", "deal_amount": "amount", "deal_currency": "currency",
    "deal_created_at": "created_at", "deal_closed_at": "closed_at",
}  # fmt: skip
_STATUSES = 3
_ORDERS = 8 * 27  # ways in which three dates can be there and follow each other, counted generously


def stays_like_sql(
    pipeline: str, stage: str, status: str, created_at: str, closed_at: str, changed_at: str, stages: int
) -> str:
    """SQL: a whole number that two deals have in common if, without a history, their stays are the same ones.

    It asks for SQL of the values that `deals` holds, of ENUM types and TIMESTAMP; only pipeline and status cannot be NULL.
    `stages` is how many values the type of the stage has.
    """
    place = f"(CAST(enum_code({pipeline}) AS BIGINT) * {stages + 1} + coalesce(enum_code({stage}) + 1::BIGINT, 0))"
    there = (f"CAST({date} IS NOT NULL AS BIGINT)" for date in (created_at, closed_at, changed_at))
    pairs = ((created_at, closed_at), (created_at, changed_at), (closed_at, changed_at))
    order = (f"coalesce(CAST({a} >= {b} AS BIGINT) + CAST({a} > {b} AS BIGINT), 0)" for a, b in pairs)
    number = f"{place} * {_STATUSES} + enum_code({status})"
    for base, digits in ((2, there), (3, order)):
        for digit in digits:
            number = f"({number}) * {base} + {digit}"
    return number


def single_out(database: duckdb.DuckDBPyConnection, row_by_row: bool = False) -> None:
    """The temporary tables `alike` (stays_like, deal_no: one deal for each number) and `looked_at`: the deals whose stays are to be found.

    Of the deals in `made_deals` those with an end in `ends` have stays of their own; with `row_by_row` all are treated like that.
    """
    columns = f"deal_no, pipeline, stage, status, {', '.join(_DATES.values())}"
    has_numbers = not row_by_row and COLUMN in columns_of(database, "temp.made_deals")
    number = COLUMN if has_numbers else f"0::BIGINT AS {COLUMN}"
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE own AS SELECT deal_no FROM ends;
        CREATE OR REPLACE TEMP TABLE alike AS
            SELECT {COLUMN}, min(deal_no) AS deal_no FROM (SELECT deal_no, {number} FROM made_deals) m ANTI JOIN own USING (deal_no)
            WHERE {has_numbers} GROUP BY {COLUMN};
        """
    )
    if not any_alike(database):
        database.execute(f"CREATE OR REPLACE TEMP VIEW looked_at AS SELECT {columns} FROM made_deals")
        return
    database.execute(
        f"""CREATE OR REPLACE TEMP VIEW looked_at AS SELECT {columns} FROM made_deals
            WHERE deal_no IN (SELECT deal_no FROM own UNION ALL SELECT deal_no FROM alike)"""
    )


def any_alike(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are deals that take their stays from others."""
    return bool(database.execute("SELECT 1 FROM alike LIMIT 1").fetchall())


def number_of_deal(database: duckdb.DuckDBPyConnection, deals: str) -> str:
    """SQL: the column `stays_like` of the rows of `made_deals`, called `deals`: NULL for deals that have stays of their own."""
    if not database.execute("SELECT 1 FROM own LIMIT 1").fetchall():
        return f"{deals}.{COLUMN}"
    return f"CASE WHEN {deals}.deal_no NOT IN (SELECT deal_no FROM own) THEN {deals}.{COLUMN} END"


def write(
    database: duckdb.DuckDBPyConnection, entries: Callable[[str], str], columns: Sequence[str], more: Sequence[str]
) -> None:
    """Make `stage_entries` of its `columns`: a table where all deals have stays of their own, else a view.

    `entries` gives SQL of the stays `v` that meet a condition, with `columns` and `more`, which only rows of their own have.
    `deals` has been made. Drops what `single_out` has made.
    """
    for table in ("stage_entries", "own_stays", "like_stays"):
        drop(database, table)
    everything = ", ".join(map(quoted, (*columns, *more)))
    if not any_alike(database):
        database.execute(f"CREATE TABLE stage_entries AS SELECT {everything} FROM ({entries('true')})")
    else:
        is_alike = "v.deal_no IN (SELECT deal_no FROM alike)"
        database.execute(f"CREATE TEMP TABLE found_stays AS {entries(is_alike)}")
        parts = []
        if database.execute("SELECT 1 FROM own LIMIT 1").fetchall():
            database.execute(f"CREATE TABLE own_stays AS SELECT {everything} FROM ({entries(f'NOT {is_alike}')})")
            parts.append(f"SELECT {', '.join(map(quoted, columns))} FROM own_stays")
        _write_like(database, columns)
        parts += _parts_of_like(database, columns)
        database.execute(f"CREATE VIEW stage_entries AS {' UNION ALL '.join(parts)}")
        database.execute("DROP TABLE found_stays")
    database.execute("DROP VIEW temp.looked_at; DROP TABLE temp.own; DROP TABLE temp.alike")


def recorded_rows(database: duckdb.DuckDBPyConnection, place: str) -> tuple[str, Mapping[str, str]]:
    """SQL of the stays that files told, from FROM on, and the columns there; `place` is that of the tables.

    It does not speak of `stage_entries` where that is a view, which is dropped when what it is made of changes.
    """
    if columns := columns_of(database, f"{place}.own_stays"):
        return "FROM own_stays WHERE is_recorded", columns
    if columns_of(database, f"{place}.like_stays"):
        return "WHERE false", {}
    return "FROM stage_entries WHERE is_recorded", columns_of(database, f"{place}.stage_entries")


def _parts_of_like(database: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> list[str]:
    """SQL of the stays of deals that are alike: a query for each pair of dates that they last from and to.

    Then the times are columns of `deals`, which the engine knows the bounds of and can skip by, and nothing is decided row by row.
    """
    times = ", ".join(_TIMES)
    pairs = database.execute(f"SELECT DISTINCT {times} FROM like_stays ORDER BY ALL").fetchall()
    parts = []
    for pair in pairs:
        dates = dict(zip(_TIMES, pair, strict=True))
        shown = ", ".join(f"{_shown(name, dates)} AS {quoted(name)}" for name in columns)
        kept = " AND ".join(f"l.{time} IS NOT DISTINCT FROM {date or 'NULL'}" for time, date in dates.items())
        parts.append(f"SELECT {shown} FROM deals d JOIN like_stays l ON l.{COLUMN} = d.{COLUMN} WHERE {kept}")
    return parts


def _shown(name: str, dates: Mapping[str, int | None]) -> str:
    """SQL of a column of `stage_entries`, for the deals `d` and the stays `l` of those alike, which last between these dates."""
    if name in _OF_DEALS:
        return f"d.{_OF_DEALS[name]}"
    if name in _TIMES:
        number = dates[name]
        return f"d.{_DATES[number]}" if number else "CAST(NULL AS TIMESTAMP)"
    if name == "is_recorded":  # as a word, so that the engine need not look
        return "false"
    return f"l.{quoted(name)}"


def _write_like(database: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    def date_of(time: str) -> str:
        cases = " ".join(f"WHEN s.{time} = d.{date} THEN {number}" for number, date in _DATES.items())
        return f"CAST(CASE {cases} WHEN s.{time} IS NOT NULL THEN 0 END AS UTINYINT)"

    kept = [
        f"{date_of(name) if name in _TIMES else f's.{quoted(name)}'} AS {quoted(name)}"
        for name in columns
        if name not in _OF_DEALS and name != "is_recorded"
    ]
    database.execute(
        f"""CREATE TABLE like_stays AS SELECT a.{COLUMN}, {", ".join(kept)}
            FROM found_stays s JOIN alike a USING (deal_no) JOIN deals d USING (deal_no) ORDER BY a.{COLUMN}, s.turn, s.is_skipped, s.stage_order"""
    )
    other = " OR ".join(f"{time} = 0" for time in _TIMES)
    if database.execute(f"SELECT 1 FROM like_stays WHERE {other} LIMIT 1").fetchall():
        raise RuntimeError("a stay without a record has a time that is no date of its deal")
