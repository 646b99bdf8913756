"""Every stay of every deal, by hand on small tables and by what must hold on random ones."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pandas as pd
import pytest

from data.database import connect
from data.engine import Engine
from data.errors import FileProblem, RequestProblem
from data.stages import StageChoices, decide_stages
from data.stays import add_deals_of_history, derive
from data.store import _create_all

A, B, C, D = "Lead", "Demo", "Proposal", "Contract"
ORDER = StageChoices(order=(A, B, C, D))


def day(number: int) -> datetime:
    return datetime(2024, 1, 1) + timedelta(days=number)


def database_of(
    deals: list[dict[str, Any]], history: list[tuple[Any, ...]], choices: StageChoices = ORDER, pipeline: str = "Sales"
) -> duckdb.DuckDBPyConnection:
    """`history`: deal, stage, day, and the pipeline where there are several."""
    database = connect()
    _create_all(database)
    rows = [
        {"deal_id": deal, "stage": stage, "entered_at": day(at), "position": place, "pipeline": (*more, None)[0]}
        for place, (deal, stage, at, *more) in enumerate(history)
    ]
    for table, content in (("loaded_deals", deals), ("recorded_stages", rows)):
        if content:
            database.register("content", pd.DataFrame(content))
            database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM content")
    there = {deal.get("stage") for deal in deals} | {stage for _, stage, *_ in history}
    again(database, replace(choices, order=tuple(stage for stage in choices.order if stage in there)), pipeline)
    return database


def again(database: duckdb.DuckDBPyConnection, choices: StageChoices = StageChoices(), pipeline: str = "Sales"):  # noqa: B008
    add_deals_of_history(database)
    decided = decide_stages(database, choices, pipeline)
    derive(database, pipeline)
    return decided


def stays(
    database: duckdb.DuckDBPyConnection, deal: str = "1", columns: str = "stage, visit, fate, skips_before"
) -> list[tuple[Any, ...]]:
    """The stays that were not filled in, in order."""
    return database.execute(
        f"SELECT {columns} FROM stage_entries WHERE deal_id = ? AND NOT is_skipped ORDER BY coalesce(left_at, TIMESTAMP '2999-01-01'), entered_at, turn",
        [deal],
    ).fetchall()


def filled(database: duckdb.DuckDBPyConnection, deal: str = "1") -> list[tuple[Any, ...]]:
    return database.execute(
        "SELECT stage, entered_at, left_at, next_stage, fate FROM stage_entries WHERE deal_id = ? AND is_skipped ORDER BY stage_order",
        [deal],
    ).fetchall()


def outcomes(database: duckdb.DuckDBPyConnection, pipeline: str = "Sales") -> list[tuple[str, str]]:
    return database.execute(
        "SELECT stage, outcome FROM stages WHERE pipeline = ? ORDER BY stage_order", [pipeline]
    ).fetchall()


WON, LOST = "Closed Won", "Closed Lost"


def test_straight_through():
    database = database_of([], [("1", A, 0), ("1", B, 2), ("1", C, 5), ("1", D, 9), ("1", WON, 10)])
    assert stays(database, columns="stage, fate, entered_at, left_at, next_stage, skips_before") == [
        (A, "advanced", day(0), day(2), B, 0),
        (B, "advanced", day(2), day(5), C, 0),
        (C, "advanced", day(5), day(9), D, 0),
        (D, "advanced", day(9), day(10), WON, 0),
        (WON, "advanced", day(10), None, None, 0),
    ]
    assert filled(database) == []
    assert database.execute("SELECT status, stage, created_at, closed_at FROM deals").fetchall() == [
        ("won", WON, day(0), day(10))
    ]


def test_stages_that_were_skipped_are_filled_without_length():
    database = database_of([], [("1", A, 0), ("1", D, 4), ("1", WON, 6), ("2", A, 0), ("2", B, 1), ("2", C, 2)])
    assert stays(database) == [(A, 1, "advanced", 0), (D, 1, "advanced", 2), (WON, 1, "advanced", 2)]
    assert filled(database) == [(B, day(4), day(4), D, "advanced"), (C, day(4), day(4), D, "advanced")]


def test_a_lost_deal_is_filled_below_the_highest_stage_it_reached_only():
    database = database_of([], [("1", A, 0), ("1", C, 3), ("1", LOST, 5), ("2", B, 0), ("2", D, 1)])
    assert stays(database) == [(A, 1, "advanced", 0), (C, 1, "lost", 1), (LOST, 1, "lost", 0)]
    assert [row[0] for row in filled(database)] == [B]


def test_going_back_is_a_new_visit_and_the_first_one_keeps_its_fate():
    database = database_of([], [("1", A, 0), ("1", B, 1), ("1", C, 2), ("1", B, 3), ("1", D, 4)])
    assert stays(database) == [
        (A, 1, "advanced", 0),
        (B, 1, "advanced", 0),
        (C, 1, "back", 0),
        (B, 2, "advanced", 0),
        (D, 1, "still", 0),
    ]


def test_coming_back_to_a_stage_never_seen_counts_only_what_lies_before_it():
    database = database_of([], [("1", C, 0), ("1", B, 1), ("1", D, 2), ("2", A, 0)])
    assert stays(database) == [(C, 1, "back", 2), (B, 1, "advanced", 1), (D, 1, "still", 1)]
    assert filled(database) == [(A, day(0), day(0), C, "advanced")]


def test_a_deal_handed_to_another_pipeline():
    database = database_of(
        [], [("1", A, 0, "New"), ("1", B, 1, "New"), ("1", A, 2, "Renewal"), ("1", WON, 3, "Renewal")]
    )
    assert stays(database, columns="pipeline, stage, visit, fate") == [
        ("New", A, 1, "advanced"), ("New", B, 1, "handed_off"), ("Renewal", A, 1, "advanced"), ("Renewal", WON, 1, "advanced"),
    ]  # fmt: skip
    assert database.execute("SELECT pipeline, status FROM deals").fetchall() == [("Renewal", "won")]


PLACES = "stage, turn, visit, outcome_visit, is_skipped"


def test_a_stay_knows_its_place_and_its_deal():
    deal = {"deal_id": "1", "amount": 70.0, "currency": "EUR", "file_status": "won", "created_at": day(0)}
    history = [("1", A, 1), ("1", C, 2), ("1", A, 3), ("1", WON, 4), ("2", B, 1)]
    database = database_of([deal], history, StageChoices(order=(A, B, C, D)))
    assert database.execute(f"SELECT {PLACES} FROM stage_entries WHERE deal_id = '1' ORDER BY is_skipped, turn").fetchall() == [
        (A, 1, 1, 1, False), (C, 2, 1, 2, False), (A, 3, 2, 2, False), (WON, 4, 1, 1, False), (B, 2, 1, 2, True),
    ]  # fmt: skip
    # The close date is the history's, and every stay has it.
    assert database.execute(
        """SELECT DISTINCT deal_amount, deal_currency, deal_created_at, deal_closed_at, e.deal_no = d.deal_no
           FROM stage_entries e JOIN deals d USING (deal_id) WHERE deal_id = '1'"""
    ).fetchall() == [(70.0, "EUR", day(0), day(4), True)]
    assert database.execute("SELECT count(DISTINCT deal_no) FROM deals").fetchall() == [(2,)]


def test_deals_and_stays_are_stored_in_the_order_deals_were_created():
    deals = [{"deal_id": "late", "created_at": day(5)}, {"deal_id": "early", "created_at": day(1)}]
    history = [("late", A, 5), ("history only", B, 3), ("early", A, 1), ("late", B, 6), ("early", C, 7)]
    database = database_of(deals, history)
    order = [("early", 1), ("history only", 2), ("late", 3)]
    assert database.execute("SELECT deal_id, deal_no FROM deals ORDER BY rowid").fetchall() == order
    stays = database.execute("SELECT deal_id, deal_no, turn FROM stage_entries ORDER BY rowid").fetchall()
    assert stays == sorted(stays, key=lambda stay: stay[1:])
    assert {stay[:2] for stay in stays} == set(order)


def test_text_stored_as_numbers_sorts_and_comes_out_as_text():
    deals = [{"deal_id": str(n), "stage": A, "source": source} for n, source in enumerate(["b", "ב", "B'", None, "b"])]
    engine = Engine(database_of(deals, []))
    assert engine.query("SELECT DISTINCT typeof(source)[1:4] AS kind FROM deals")["kind"].tolist() == ["ENUM"]
    rows = engine.query(
        "SELECT source, coalesce(source, 'none') AS said FROM deals ORDER BY source NULLS LAST, deal_id"
    )
    assert rows["source"].dropna().tolist() == ["B'", "b", "b", "ב"]
    assert rows["source"].dtype == rows["said"].dtype == "str"
    assert engine.query("SELECT deal_id FROM deals WHERE source = 'no such'").empty


def test_a_deal_seen_in_no_open_stage_came_first_to_the_first_one_it_skipped():
    database = database_of([], [("1", WON, 1), ("2", A, 0), ("2", B, 1)], StageChoices(order=(A, B)))
    assert database.execute(f"SELECT {PLACES} FROM stage_entries WHERE deal_id = '1' ORDER BY stage_order").fetchall() == [
        (A, 1, 1, 1, True), (B, 1, 1, 2, True), (WON, 1, 1, 1, False),
    ]  # fmt: skip


def test_more_stages_than_a_number_has_bits_change_nothing(monkeypatch):
    history = [("1", A, 0), ("1", C, 1), ("1", B, 2), ("1", C, 3), ("1", WON, 4), ("2", D, 0), ("2", B, 1), ("2", LOST, 2),
               ("3", A, 0), ("3", A, 1), ("3", B, 2, "Renewal"), ("4", C, 0)]  # fmt: skip
    deals = [{"deal_id": "4", "file_status": "won", "stage": C}, {"deal_id": "5", "file_status": "open", "stage": D}]
    database = database_of(deals, history)
    everything = "SELECT * FROM stage_entries ORDER BY ALL"
    few = database.execute(everything).fetchall()
    monkeypatch.setattr("data.stays._BITS", 1)
    derive(database)
    assert database.execute(everything).fetchall() == few
    monkeypatch.undo()
    more = [(f"x{n}", f"Stage {n}", 0, f"Pipeline {n // 10}") for n in range(80)]
    wide = database_of(deals, history + more)
    assert len(wide.execute("SELECT 1 FROM stages").fetchall()) > 62
    columns = "* EXCLUDE (deal_no)"
    here = "WHERE deal_id IN ('1', '2', '3', '4', '5') ORDER BY ALL"
    assert (
        wide.execute(f"SELECT {columns} FROM stage_entries {here}").fetchall()
        == database.execute(f"SELECT {columns} FROM stage_entries {here}").fetchall()
    )


def test_two_stays_in_a_row_are_one():
    database = database_of([], [("1", A, 0), ("1", A, 1), ("1", B, 2), ("1", B, 3), ("1", A, 4), ("1", A, 5)])
    assert stays(database, columns="stage, entered_at, left_at, fate, visit") == [
        (A, day(0), day(2), "advanced", 1), (B, day(2), day(4), "back", 1), (A, day(4), None, "still", 2),
    ]  # fmt: skip


def test_final_stages_that_share_a_moment_are_taken_in_the_order_of_the_file():
    history = [("1", A, 0), ("1", "Approved", 3), ("1", "Registered", 3), ("1", "Activated", 3)]
    database = database_of([], history, StageChoices(won=("Approved", "Registered", "Activated")))
    assert stays(database, columns="stage, fate, entered_at, left_at") == [
        (A, "advanced", day(0), day(3)), *((stage, "advanced", day(3), None) for stage in ("Approved", "Registered", "Activated")),
    ]  # fmt: skip
    assert database.execute("SELECT stage, status, closed_at FROM deals").fetchall() == [("Activated", "won", day(3))]


def test_without_history_a_won_deal_went_all_the_way_and_a_lost_one_was_lost_from_the_first_stage():
    deals: list[dict[str, Any]] = [
        {"deal_id": "1", "stage": "Won", "created_at": day(0), "file_close": day(9)},
        {"deal_id": "2", "stage": "Lost", "created_at": day(1), "file_close": day(4)},
        {"deal_id": "3", "stage": C, "created_at": day(2), "file_close": day(99)},
        {"deal_id": "4", "stage": A, "created_at": day(3)},
        {"deal_id": "5", "stage": B},
        {"deal_id": "6", "stage": D, "stage_changed_at": day(7)},
    ]
    database = database_of(deals, [])
    columns = "stage, fate, entered_at, left_at, is_recorded"
    assert stays(database, "1", columns) == [
        (A, "advanced", day(0), day(9), False),
        ("Won", "advanced", day(9), None, False),
    ]
    assert [row[0] for row in filled(database, "1")] == [B, C, D]
    assert stays(database, "2", columns) == [(A, "lost", day(1), day(4), False), ("Lost", "lost", day(4), None, False)]
    assert filled(database, "2") == []
    assert stays(database, "3", columns) == [(C, "still", None, None, False)]
    assert [row[0] for row in filled(database, "3")] == [A, B]
    assert stays(database, "4", columns) == [(A, "still", day(3), None, False)]
    assert stays(database, "6", columns) == [(D, "still", day(7), None, False)]
    assert database.execute(
        "SELECT status, closed_at, expected_close_on FROM deals WHERE deal_id = '3'"
    ).fetchall() == [("open", None, day(99).date())]


def test_a_deal_lost_in_an_open_stage_by_its_status():
    """As Pipedrive writes it: the stage stays, the status changes."""
    deals: list[dict[str, Any]] = [
        {"deal_id": "1", "stage": C, "file_status": "lost", "file_close": day(5)},
        {"deal_id": "2", "stage": D, "file_status": "won", "file_close": day(6)},
        {"deal_id": "3", "stage": B, "file_status": "open"},
        {"deal_id": "4", "stage": A, "file_status": "open"},
    ]
    database = database_of(deals, [])
    assert outcomes(database) == [(A, "open"), (B, "open"), (C, "open"), (D, "open"), ("Won", "won"), ("Lost", "lost")]
    assert stays(database, "1", "stage, fate") == [(C, "lost"), ("Lost", "lost")]
    assert [row[0] for row in filled(database, "1")] == [A, B]
    assert stays(database, "2", "stage, fate") == [(D, "advanced"), ("Won", "advanced")]
    assert database.execute("SELECT stage, status FROM deals ORDER BY deal_id LIMIT 2").fetchall() == [
        (C, "lost"),
        (D, "won"),
    ]


def test_the_status_closes_what_the_history_leaves_open():
    deals: list[dict[str, Any]] = [
        {"deal_id": "1", "stage": B, "file_status": "lost", "file_close": day(3)},
        {"deal_id": "2", "stage": B, "file_status": "won"},
    ]
    database = database_of(deals, [("1", A, 0), ("1", B, 5), ("2", A, 0), ("2", B, 2)])
    # Closed before it came to its last stage: it cannot have left earlier than it came.
    assert stays(database, "1", "stage, fate, entered_at, left_at") == [
        (A, "advanced", day(0), day(5)), (B, "lost", day(5), day(5)), ("Lost", "lost", day(5), None),
    ]  # fmt: skip
    assert stays(database, "2", "stage, fate, left_at, is_recorded")[-1] == ("Won", "advanced", None, False)


def test_a_reopened_deal_is_open_and_still_somewhere():
    history = [("1", A, 0), ("1", LOST, 2), ("1", A, 5), ("1", C, 6), ("2", A, 0), ("2", B, 1), ("2", LOST, 2)]
    deals: list[dict[str, Any]] = [
        {"deal_id": "2", "stage": B, "file_status": "open", "stage_changed_at": day(8)},
        {"deal_id": "1", "stage": C},
    ]
    database = database_of(deals, history)
    assert stays(database, "1", "stage, visit, fate, left_at") == [
        (A, 1, "lost", day(2)), (A, 2, "advanced", day(6)), (LOST, 1, "lost", None), (C, 1, "still", None),
    ]  # fmt: skip
    assert stays(database, "2", "stage, visit, fate, is_recorded")[1:] == [
        (B, 1, "lost", True),
        (LOST, 1, "lost", True),
        (B, 2, "still", False),
    ]
    assert database.execute("SELECT status, closed_at FROM deals").fetchall() == [("open", None)] * 2


def test_a_deal_lost_reopened_and_won_closed_when_it_was_won():
    database = database_of([], [("1", A, 0), ("1", LOST, 2), ("1", A, 5), ("1", WON, 6)])
    assert database.execute("SELECT status, closed_at FROM deals").fetchall() == [("won", day(6))]
    won_again = database_of(
        [{"deal_id": "1", "stage": WON, "file_status": "won"}], [("1", A, 0), ("1", WON, 2), ("1", A, 5)],
    )  # fmt: skip
    assert [fate for (fate,) in stays(won_again, "1", "fate")] == ["advanced", "advanced", "advanced", "advanced"]


def test_a_stage_that_only_the_deals_own_file_knows():
    """A history that was exported without the last stages does not hold the deal back."""
    deals: list[dict[str, Any]] = [
        {"deal_id": "1", "stage": D, "stage_changed_at": day(9)},
        {"deal_id": "2", "stage": C},
    ]
    database = database_of(deals, [("1", A, 0), ("1", B, 1), ("2", A, 0)])
    assert stays(database, "1", "stage, fate, entered_at, is_recorded") == [
        (A, "advanced", day(0), True), (B, "advanced", day(1), True), (D, "still", day(9), False),
    ]  # fmt: skip
    assert stays(database, "2", "stage, fate") == [(A, "advanced"), (C, "still")]


def test_a_file_of_deals_that_is_older_than_the_history_does_not_pull_them_back():
    database = database_of(
        [{"deal_id": "1", "stage": A, "stage_changed_at": day(0)}], [("1", A, 0), ("1", B, 1), ("1", C, 2)]
    )
    assert stays(database, "1", "stage, fate") == [(A, "advanced"), (B, "advanced"), (C, "still")]


def test_deals_without_a_stage_still_have_a_place():
    deals: list[dict[str, Any]] = [
        {"deal_id": str(n), "file_status": status} for n, status in enumerate(("open", "won", "lost", None))
    ]
    database = database_of(deals, [], StageChoices())
    assert outcomes(database) == [("Open", "open"), ("Won", "won"), ("Lost", "lost")]
    assert database.execute("SELECT count(DISTINCT deal_id) FROM stage_entries").fetchall() == [(4,)]


def test_the_history_says_the_stage_and_the_status_the_deals_file_does_not():
    database = database_of([{"deal_id": "1", "pipeline": "New"}], [("1", A, 0), ("1", WON, 3)])
    assert database.execute("SELECT stage, status, closed_at, pipeline FROM deals").fetchall() == [
        (WON, "won", day(3), "New")
    ]


def test_a_history_without_pipelines_follows_its_deals():
    """No stay is lost and no pipeline appears that nobody has."""
    deals: list[dict[str, Any]] = [
        {"deal_id": "1", "pipeline": "Big", "stage": C},
        {"deal_id": "2", "pipeline": "Small", "stage": B},
    ]
    database = database_of(deals, [("1", A, 0), ("1", B, 1), ("1", C, 2), ("2", A, 0), ("2", B, 1)])
    assert database.execute("SELECT pipeline, count(*) FROM stage_entries GROUP BY 1 ORDER BY 1").fetchall() == [
        ("Big", 3),
        ("Small", 2),
    ]
    assert {pipeline for (pipeline,) in database.execute("SELECT DISTINCT pipeline FROM stages").fetchall()} == {
        "Big",
        "Small",
    }
    assert outcomes(database, "Small") == [(A, "open"), (B, "open")]


# Which stages mean what


def test_the_order_comes_from_the_history():
    history = [
        (str(n), stage, n + place)
        for n in range(20)
        for place, stage in enumerate(("Zeta", "Alpha", "Mu", "Won"))
        if n % 3 or stage != "Alpha"
    ]
    database = database_of([], history, StageChoices())
    assert outcomes(database) == [("Zeta", "open"), ("Alpha", "open"), ("Mu", "open"), ("Won", "won")]


def test_where_the_status_hangs_on_the_stage_foreign_names_are_understood():
    statuses = {"Prospecto": "open", "Propuesta": "open", "Chiusa": "won", "Cerrada": "lost"}
    deals: list[dict[str, Any]] = [
        {"deal_id": f"{stage}{n}", "stage": stage, "file_status": status}
        for stage, status in statuses.items()
        for n in range(6)
    ]
    assert dict(outcomes(database_of(deals, [], StageChoices()))) == {
        "Prospecto": "open",
        "Propuesta": "open",
        "Chiusa": "won",
        "Cerrada": "lost",
    }


def test_where_every_stage_has_deals_of_every_status_chance_makes_no_stage_final():
    deals: list[dict[str, Any]] = [
        {"deal_id": f"l{n}", "stage": "Contact made", "file_status": "lost"} for n in range(6)
    ]
    deals += [{"deal_id": f"w{n}", "stage": "Negotiation", "file_status": "won"} for n in range(6)]
    deals += [
        {"deal_id": f"m{n}", "stage": "Demo", "file_status": status} for n, status in enumerate(("open", "lost", "won"))
    ]
    assert outcomes(database_of(deals, [], StageChoices())) == [
        ("Contact made", "open"), ("Demo", "open"), ("Negotiation", "open"), ("Won", "won"), ("Lost", "lost"),
    ]  # fmt: skip


def put_in(database: duckdb.DuckDBPyConnection, statuses: dict[str, str], **more: Any) -> None:
    """Six deals in each of the stages, all of the status named."""
    content = pd.DataFrame(
        [
            {"deal_id": f"{stage}{n}", "stage": stage, "file_status": status} | more
            for stage, status in statuses.items()
            for n in range(6)
        ]
    )
    database.register("content", content)
    database.execute("INSERT INTO loaded_deals BY NAME SELECT * FROM content")


@pytest.mark.parametrize("status", [None, "mixed"])
def test_new_stages_are_judged_by_their_own_deals_beside_stages_whose_status_is_apart(status):
    deals: list[dict[str, Any]] = [
        {"deal_id": f"{n}", "stage": (WON, "Proposal")[n % 2], "file_status": status and ("won", "lost", "open")[n % 3]}
        for n in range(12)
    ]
    database = database_of(deals, [], StageChoices())
    put_in(database, {"Propuesta": "open", "Chiusa": "won", "Persa": "lost"})
    told = {stage.stage: (stage.outcome, str(stage.reason)) for stage in again(database)}
    assert told["Chiusa"] == ("won", "All 6 deals in it are won. Please check.")
    assert told["Persa"] == ("lost", "All 6 deals in it are lost. Please check.")
    assert (told["Propuesta"][0], told["Proposal"][0], told[WON][0]) == ("open", "open", "won")
    # They stay what they were found to be, as long as their deals say so.
    assert {stage.stage: stage.outcome for stage in again(database)} == {name: told[name][0] for name in told}
    database.execute("UPDATE loaded_deals SET file_status = 'open' WHERE deal_id = 'Chiusa0'")
    again(database)
    assert (dict(outcomes(database))["Chiusa"], dict(outcomes(database))["Persa"]) == ("open", "lost")


def test_stages_that_a_file_numbers_are_judged_among_themselves():
    database = database_of([], [], StageChoices())
    put_in(database, {"Propuesta": "open", "Chiusa": "won", "Persa": "lost"}, file_stage_order=3.0)
    content = [("Demo", status) for status in ("won", "lost", "open")]
    database.executemany("INSERT INTO loaded_deals (deal_id, stage, file_status) VALUES (uuid(), ?, ?)", content)
    again(database)
    assert dict(outcomes(database)) == {"Propuesta": "open", "Demo": "open", "Chiusa": "won", "Persa": "lost"}


def test_a_stage_the_history_does_not_speak_of_is_to_be_checked():
    deals = [{"deal_id": "9", "stage": "Trial"}]
    database = database_of(deals, [("1", A, 0), ("1", B, 2), ("2", A, 0), ("2", B, 1)], StageChoices())
    told = {stage.stage: str(stage.reason) for stage in again(database)}
    assert told[A] == told[B] == "In the order most deals went through them."
    assert told["Trial"].endswith("Please check.")


def test_one_deal_alone_makes_no_stage_final():
    database = database_of([{"deal_id": "1", "stage": B, "file_status": "won"}], [], StageChoices())
    assert outcomes(database) == [(B, "open"), ("Won", "won")]


def test_names_chosen_in_one_pipeline_leave_the_others_to_their_own():
    deals: list[dict[str, Any]] = [
        {"deal_id": str(n), "pipeline": p, "stage": s}
        for n, (p, s) in enumerate([("New", A), ("New", "Signed"), ("Old", B), ("Old", "Won")])
    ]
    database = database_of(deals, [], StageChoices(order=("Lead",), won=("Signed",)))
    assert outcomes(database, "New") == [(A, "open"), ("Signed", "won")]
    assert outcomes(database, "Old") == [(B, "open"), ("Won", "won")]
    assert database.execute("SELECT DISTINCT pipeline, is_confirmed FROM stages ORDER BY 1").fetchall() == [
        ("New", True),
        ("Old", False),
    ]


def test_what_was_chosen_holds_for_the_next_import_and_new_stages_find_their_place():
    database = database_of(
        [], [("1", C, 0), ("1", B, 1), ("1", A, 2), ("1", "Signed", 3)], StageChoices(order=(A, B, C), won=("Signed",))
    )
    assert outcomes(database) == [(A, "open"), (B, "open"), (C, "open"), ("Signed", "won")]
    moves = [
        [str(n), stage, day(n + place), 100 * n + place]
        for n in range(2, 9)
        for place, stage in enumerate((A, "New stage", B))
    ]
    database.executemany(
        "INSERT INTO recorded_stages (deal_id, stage, entered_at, position) VALUES (?, ?, ?, ?)", moves
    )
    again(database)
    assert outcomes(database) == [(A, "open"), ("New stage", "open"), (B, "open"), (C, "open"), ("Signed", "won")]


def test_a_name_that_no_deal_has_is_refused():
    with pytest.raises(RequestProblem, match=r"No deal is in a stage called Signd. The stages are: Lead\."):
        database_of([{"deal_id": "1", "stage": A}], [], StageChoices(won=("Signd",)))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("ליד", "הדגמה", "הצעת מחיר", "נסגר בהצלחה", "נסגר ללא הצלחה"), ("open", "open", "open", "won", "lost")),
        (("New", "Closed Won", "Closed Lost"), ("open", "won", "lost")),
        (("1 - Lead Outreach", "4 - Won", "5 - Lost"), ("open", "won", "lost")),
        (("Qualified", "Won - Upsell", "Disqualified"), ("open", "won", "lost")),
    ],
)
def test_names_that_say_it(names, expected):
    database = database_of([{"deal_id": name, "stage": name} for name in names], [], StageChoices())
    assert dict(outcomes(database)) == dict(zip(names, expected, strict=True))


# What must hold whatever the history


@pytest.mark.parametrize("seed", range(4))
def test_conservation_on_random_histories(seed):
    generator = random.Random(seed)
    stages = [A, B, C, D, WON, LOST]
    deals: list[dict[str, Any]] = []
    history: list[tuple[Any, ...]] = []
    for number in range(300):
        at = generator.randint(0, 30)
        moves = generator.randint(0, 8)
        for _ in range(moves):
            pipeline = generator.choice([None, None, "Other"])
            history.append((str(number), generator.choice(stages), at, pipeline))
            at += generator.choice([0, 0, 1, 5])
        if generator.random() < 0.7 or not moves:
            deals.append({
                "deal_id": str(number), "pipeline": generator.choice([None, "Sales", "Other"]), "stage": generator.choice([*stages, None]),
                "file_status": generator.choice([None, "open", "won", "lost"]), "created_at": day(0), "file_close": day(60),
                "stage_changed_at": generator.choice([None, day(at)]),
            })  # fmt: skip
    generator.shuffle(history)
    database = database_of(deals, history, StageChoices(order=(A, B, C, D)))
    one = lambda sql: database.execute(sql).fetchall()  # noqa: E731
    assert one("SELECT count(*) FROM deals") == [(300,)]
    assert one("SELECT deal_id FROM deals ANTI JOIN stage_entries USING (deal_id)") == []
    assert one("SELECT deal_id FROM stage_entries ANTI JOIN deals USING (deal_id)") == []
    assert one("SELECT * FROM stage_entries WHERE left_at < entered_at") == []
    assert (
        one(
            "SELECT * FROM stage_entries WHERE fate NOT IN ('advanced', 'lost', 'back', 'handed_off', 'still') OR fate IS NULL"
        )
        == []
    )
    # First visits: one a deal and stage, filled or not, and numbered without gaps.
    by_stage = defaultdict(list)
    for deal, pipeline, stage, visit in one("SELECT deal_id, pipeline, stage, visit FROM stage_entries ORDER BY ALL"):
        by_stage[deal, pipeline, stage].append(visit)
    assert all(visits == list(range(1, len(visits) + 1)) for visits in by_stage.values())
    # An open deal is in exactly one place; a closed one is in none, and ended as its status says.
    still = one(
        "SELECT status, count(*) FILTER (fate = 'still') AS n FROM deals JOIN stage_entries USING (deal_id) GROUP BY deal_id, status"
    )
    assert {(status, n) for status, n in still} == {("open", 1), ("won", 0), ("lost", 0)}
    assert (
        one(
            "SELECT * FROM deals d WHERE status <> 'open' AND status NOT IN (SELECT outcome FROM stage_entries e WHERE e.deal_id = d.deal_id)"
        )
        == []
    )
    # Strict is within visited is within filled.
    counts = one("""SELECT pipeline, stage, count(*) FILTER (visit = 1), count(*) FILTER (visit = 1 AND NOT is_skipped),
                    count(*) FILTER (visit = 1 AND NOT is_skipped AND skips_before = 0) FROM stage_entries GROUP BY ALL""")
    assert all(all_ >= visited >= strict for _, _, all_, visited, strict in counts)
    assert one("SELECT * FROM stage_entries WHERE skips_before < 0 OR (is_skipped AND outcome <> 'open')") == []
    # Below whatever open or won stage a deal reached, every stage is there.
    gaps = one("""SELECT e.deal_id, s.stage FROM (SELECT deal_id, pipeline, max(stage_order) AS top FROM stage_entries
                  WHERE outcome IN ('open', 'won') GROUP BY ALL) e JOIN stages s ON s.pipeline = e.pipeline AND s.outcome = 'open' AND s.stage_order < e.top
                  ANTI JOIN stage_entries v ON v.deal_id = e.deal_id AND v.pipeline = e.pipeline AND v.stage = s.stage""")
    assert gaps == []
    # A stay ends when the next begins.
    walked = defaultdict(list)
    for deal, stage, entered, left, after in one(
        "SELECT deal_id, stage, entered_at, left_at, next_stage FROM stage_entries WHERE is_recorded AND outcome = 'open' ORDER BY deal_id, entered_at, left_at"
    ):
        walked[deal].append((stage, entered, left, after))
    assert all(a[2] is None or a[2] <= b[1] for steps in walked.values() for a, b in pairwise(steps))


def test_more_stages_than_any_process_has_are_refused():
    """Whoever says that a column of names is the stage gets a sentence, and not every deal compared with every other."""
    deals = [{"deal_id": str(n), "stage": f"Stage {n}"} for n in range(501)]
    with pytest.raises(FileProblem, match="pipeline Sales are in 501 different stages; more than 500 are refused"):
        database_of(deals, [], StageChoices())
