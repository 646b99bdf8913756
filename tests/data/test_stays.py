"""Deals without a history: what is kept once for all that are alike is what each of them would have as rows of its own."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest

from data import alike
from data.database import connect
from data.schema import SCHEMA
from data.sql import columns_of, is_view
from data.stages import StageChoices, decide_stages
from data.stays import add_deals_of_history, derive
from data.store import _create_all
from data.upgrade import add_missing

Rows = list[dict[str, Any]]
COLUMNS = ", ".join(column.name for column in SCHEMA["stage_entries"])
ORDER = StageChoices(order=("Lead", "Demo", "Offer"), won=("Won",))


def day(number: int | None) -> datetime | None:
    return None if number is None else datetime(2024, 1, 1) + timedelta(days=number)


def database_of(
    deals: Rows, history: Sequence[dict[str, Any]] = (), choices: StageChoices = ORDER, *, row_by_row: bool = False
) -> duckdb.DuckDBPyConnection:
    """Deals and stays as files say them, and what follows."""
    database = connect()
    _create_all(database)
    for table, rows in (("loaded_deals", deals), ("recorded_stages", history)):
        if rows:
            database.register("content", pd.DataFrame(list(rows)))
            database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM content")
    add_deals_of_history(database)
    decide_stages(database, choices, "Sales")
    derive(database, "Sales", row_by_row=row_by_row)
    return database


def stays(database: duckdb.DuckDBPyConnection, columns: str = COLUMNS) -> list[tuple[Any, ...]]:
    return database.execute(f"SELECT {columns} FROM stage_entries ORDER BY ALL").fetchall()


def deal(number: str, stage: str | None, status: str | None, *days: int | None, **more: Any) -> dict[str, Any]:
    """`days`: created, closed, stage changed."""
    dates = dict(zip(("created_at", "file_close", "stage_changed_at"), map(day, days), strict=False))
    return {"deal_id": number, "stage": stage, "file_status": status, **dates, **more}


DEALS = [
    deal("open", "Offer", "open", 1, None, 5),
    deal("first", "Lead", "open", 2, None),
    deal("won", "Won", "won", 3, 9),
    deal("lost", "Demo", "lost", 4, 6, 8),
    deal("won too", "Won", "won", 5, 30),
]  # fmt: skip
SHOWN = "deal_id, stage, day(entered_at), day(left_at), next_stage, fate, is_skipped, CAST(turn AS INT), CAST(skips_before AS INT), deal_no"


def test_stays_follow_from_stage_status_and_dates():
    database = database_of(DEALS)
    assert database.execute(f"SELECT {SHOWN} FROM stage_entries ORDER BY deal_no, is_skipped, turn, stage_order").fetchall() == [
        ("open", "Offer", 6, None, None, "still", False, 1, 2, 1),
        ("open", "Lead", 6, 6, "Offer", "advanced", True, 1, 0, 1),
        ("open", "Demo", 6, 6, "Offer", "advanced", True, 1, 0, 1),
        ("first", "Lead", 3, None, None, "still", False, 1, 0, 2),
        ("won", "Lead", 4, 10, "Won", "advanced", False, 1, 0, 3),
        ("won", "Won", 10, None, None, "advanced", False, 2, 2, 3),
        ("won", "Demo", 10, 10, "Won", "advanced", True, 2, 0, 3),
        ("won", "Offer", 10, 10, "Won", "advanced", True, 2, 0, 3),
        # It changed its stage after it closed, so it was there when it closed.
        ("lost", "Demo", 7, 7, "Lost", "lost", False, 1, 1, 4),
        ("lost", "Lost", 7, None, None, "lost", False, 2, 0, 4),
        ("lost", "Lead", 7, 7, "Demo", "advanced", True, 1, 0, 4),
        ("won too", "Lead", 6, 31, "Won", "advanced", False, 1, 0, 5),
        ("won too", "Won", 31, None, None, "advanced", False, 2, 2, 5),
        ("won too", "Demo", 31, 31, "Won", "advanced", True, 2, 0, 5),
        ("won too", "Offer", 31, 31, "Won", "advanced", True, 2, 0, 5),
    ]  # fmt: skip
    # Both won deals are alike, so what is kept is of four deals.
    assert database.execute("SELECT count(DISTINCT stays_like) FROM deals").fetchall() == [(4,)]
    assert database.execute("SELECT count(*), count(DISTINCT stays_like) FROM like_stays").fetchall() == [(11, 4)]


def test_a_table_where_files_tell_all_stays_else_a_view():
    told = [{"deal_id": each["deal_id"], "stage": "Lead", "entered_at": day(1), "position": 1} for each in DEALS]
    kinds = []
    for history in (told, told[:2], []):
        database = database_of(DEALS, history)
        there = [bool(columns_of(database, name)) for name in ("own_stays", "like_stays")]
        alike_too = "stays_like" in columns_of(database, "deals")
        kinds.append((is_view(database, "stage_entries"), *there, alike_too))
    assert kinds == [(False, False, False, False), (True, True, True, True), (True, False, True, True)]
    numbers = database_of(DEALS, told[:2]).execute("SELECT deal_id FROM deals WHERE stays_like IS NULL ORDER BY 1")
    assert numbers.fetchall() == [("first",), ("open",)]


def test_what_is_derived_again_takes_the_place_of_what_was():
    database = database_of(DEALS)
    told = pd.DataFrame([{"deal_id": "won", "stage": "Demo", "entered_at": day(7), "position": 1}])
    database.register("content", told)
    for rows in ("DELETE FROM recorded_stages", "INSERT INTO recorded_stages BY NAME SELECT * FROM content"):
        database.execute(rows)
        decide_stages(database, ORDER, "Sales")
        derive(database, "Sales")
    assert stays(database) == stays(database_of(DEALS, told.to_dict("records")))


def test_a_view_that_lacks_a_column_makes_room_for_a_table():
    database = database_of(DEALS)
    database.execute("DROP VIEW stage_entries; CREATE VIEW stage_entries AS SELECT deal_id, stays_like FROM deals")
    add_missing(database)
    assert not is_view(database, "stage_entries")
    decide_stages(database, ORDER, "Sales")
    derive(database, "Sales")
    assert stays(database) == stays(database_of(DEALS))


def test_the_order_of_dates_decides_with_those_that_are_missing():
    """Numbers are equal just where the same dates are there, in the same order."""
    days = (None, 1, 2, 3)
    rows = list(itertools.product(days, days, days))
    database = connect()
    database.register("content", pd.DataFrame([{"a": day(a), "b": day(b), "c": day(c)} for a, b, c in rows]))
    number = alike.stays_like_sql("CAST('p' AS ENUM('p'))", "CAST(NULL AS ENUM('s'))", "CAST('won' AS ENUM('lost', 'open', 'won'))", "a", "b", "c", 1)  # fmt: skip
    found = [n for (n,) in database.execute(f"SELECT {number} FROM content").fetchall()]

    def meaning(dates: tuple[int | None, ...]) -> tuple[int | None, ...]:
        there = sorted({each for each in dates if each is not None})
        return tuple(None if each is None else there.index(each) for each in dates)

    pairs = set(zip(found, map(meaning, rows), strict=True))
    assert len(pairs) == len({n for n, _ in pairs}) == len({m for _, m in pairs}) == 26


def random_deals(chance: random.Random) -> tuple[Rows, Rows]:
    stages = [
        None,
        *(["Lead", "Demo", "Offer", "Won", "Lost"] if chance.random() < 0.8 else [f"S{n}" for n in range(70)]),
    ]
    pipelines = [None, "East", "West"][: chance.randint(1, 3)]
    days = (None, 0, 0, 1, 2, 3)
    deals = [
        deal(str(n), chance.choice(stages), chance.choice((None, "open", "won", "lost")), *chance.choices(days, k=3),
             pipeline=chance.choice(pipelines), amount=chance.choice((None, 5.0)), owner=chance.choice("xy"))
        for n in range(chance.randint(1, 60))
    ]  # fmt: skip
    told = chance.choice((0.0, 0.0, 0.3, 0.9))
    history = [
        {"deal_id": each["deal_id"], "stage": chance.choice(stages[1:]), "entered_at": day(chance.randint(0, 4)), "position": n,
         "pipeline": chance.choice(pipelines), "owner": chance.choice("xy")}
        for n, each in enumerate(deals * 2) if chance.random() < told
    ]  # fmt: skip
    return deals, history


@pytest.mark.parametrize("seed", range(3))
def test_any_deals_have_the_stays_they_would_have_one_by_one(seed):
    deals, history = random_deals(random.Random(seed))
    shared, single = (database_of(deals, history, StageChoices(), row_by_row=each) for each in (False, True))
    assert not is_view(single, "stage_entries")
    assert stays(shared) == stays(single)
    kinds = (
        {name: columns_of(each, "stage_entries")[name] for name in COLUMNS.split(", ")} for each in (shared, single)
    )
    assert next(kinds) == next(kinds)
