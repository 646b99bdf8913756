"""Moves, paths and going back: on five deals by eye, on random ones by what must hold, and on planted truth."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.filters import Filters
from analytics.rows import rows
from analytics.stage_paths import (
    deals_of_move,
    deals_of_path,
    deals_of_way,
    rework,
    stage_moves,
    stage_paths,
)
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, five_deals, random_workspace, stays

NOW = Filters(date(2026, 1, 31), pipeline="Sales")
LATER = Filters(date(2026, 6, 30), pipeline="Sales")


def with_next(engine: Engine) -> Engine:
    """Stays that say where the deal went, as an import writes them."""
    engine._database.execute(
        """UPDATE stage_entries e SET next_stage = n.next_stage FROM (
               SELECT rowid AS row, lead(stage) OVER (PARTITION BY deal_id ORDER BY turn) AS next_stage
               FROM stage_entries WHERE NOT is_skipped
           ) n WHERE n.row = e.rowid AND e.outcome = 'open' AND e.fate <> 'still'"""
    )
    return engine


@pytest.fixture(scope="module")
def five() -> Engine:
    return with_next(five_deals.__wrapped__())  # of its own: it is written to


@pytest.fixture(scope="module")
def many() -> Engine:
    return with_next(random_workspace.__wrapped__())


def test_every_way_out_of_a_stage(five):
    found = rows(stage_moves(five.tables, NOW).answer(five.run))
    told = {(row["stage"], row["move"], row["next_stage"]): (row["moves"], row["leaving"]) for row in found}
    assert told == {
        ("Lead", "forward", "Offer"): (3, 4),
        ("Lead", "skip", "Deal"): (1, 4),
        ("Lead", "still", None): (2, 4),
        ("Offer", "forward", "Deal"): (1, 3),
        ("Offer", "lost", None): (1, 3),
        ("Offer", "back", "Lead"): (1, 3),
        ("Deal", "won", "Won"): (2, 2),
    }
    back = next(row for row in found if row["move"] == "back")
    assert back["move_share"] == pytest.approx(1 / 3)
    assert 0 < back["low"] < 1 / 3 < back["high"] < 1
    assert next(row for row in found if row["move"] == "still")["move_share"] is None


def test_paths_of_five_deals(five):
    found = {row["path"]: row for row in rows(stage_paths(five.tables, NOW).answer(five.run))}
    assert {path: (row["deals"], row["won"], row["lost"], row["undecided"]) for path, row in found.items()} == {
        "Lead": (1, 0, 0, 1),
        "Lead → Offer": (1, 0, 1, 0),
        "Lead → Offer → Deal": (1, 1, 0, 0),
        "Lead → Deal": (1, 1, 0, 0),
        "Lead → Offer → Lead": (1, 0, 0, 1),
    }
    assert found["Lead → Offer → Deal"]["median_days"] == 10
    assert [path for path, row in found.items() if row["is_reworked"]] == ["Lead → Offer → Lead"]


def test_before_it_ended_a_deal_is_open_and_its_path_short(five):
    found = rows(stage_paths(five.tables, Filters(date(2026, 1, 4), pipeline="Sales")).answer(five.run))
    assert {row["path"]: (row["deals"], row["undecided"]) for row in found} == {"Lead": (1, 1), "Lead → Offer": (3, 3)}


def test_what_is_not_named_is_in_the_last_row(many):
    all_paths = stage_paths(many.tables, LATER, most=200).answer(many.run)
    short = stage_paths(many.tables, LATER, most=3).answer(many.run)
    assert len(short) == 4
    assert pd.isna(short["path"].iloc[-1])
    for name in ("deals", "won", "lost", "undecided"):
        assert short[name].sum() == all_paths[name].sum()
    assert short["deals"].sum() == many.count("deals")


def test_moves_add_up_to_the_stays(many):
    found = stage_moves(many.tables, LATER).answer(many.run)
    open_stays = many.query("SELECT stage, count(*) AS n FROM stage_entries WHERE outcome = 'open' GROUP BY 1")
    assert found.groupby("stage")["moves"].sum().to_dict() == dict(
        zip(open_stays["stage"], open_stays["n"], strict=True)
    )
    left = found[found["move"] != "still"]
    assert left.groupby("stage")["move_share"].sum().to_numpy() == pytest.approx(1)
    # Two currencies: no sum of money.
    assert found["money"].isna().all()


def test_money_of_one_currency_is_told(five):
    found = stage_moves(five.tables, NOW).answer(five.run).set_index(["stage", "move"])
    assert found.loc[("Offer", "lost"), "money"] == 300
    assert found.loc[("Deal", "won"), "money"] == 700


def test_deals_behind_the_numbers(many):
    for row in rows(stage_moves(many.tables, LATER).answer(many.run)):
        listed = many.run(deals_of_move(many.tables, LATER, row["stage"], row["move"], row["next_stage"]))
        assert 0 < len(listed) <= row["moves"]
        if not row["returns"]:
            assert len(listed) == row["moves"]
    for row in rows(stage_paths(many.tables, LATER, most=5).answer(many.run))[:-1]:
        assert len(many.run(deals_of_path(many.tables, LATER, row["path_key"]))) == row["deals"]
    for row in rows(rework(many.tables, LATER).answer(many.run)):
        listed = many.run(deals_of_way(many.tables, LATER, row["way"]))
        assert len(listed) == row["deals"]
        assert listed["repeat_days"].sum() == pytest.approx(row["repeat_days"])


def test_going_back_on_five_deals(five):
    found = rework(five.tables, NOW).answer(five.run).set_index("way")
    assert found["deals"].to_dict() == {"reworked": 1, "straight": 3, "first_only": 1}
    # Deal 5 came back to Lead on the 8th and is still there at the end of the 31st.
    assert found.loc["reworked", "repeat_days"] == 24
    assert found.loc["straight", "won"] == 2
    assert found["q_value"].isna().all()


def test_a_long_path_is_told_by_its_first_ten_stays():
    steps, stage = [], "Lead"
    for turn in range(12):
        stage = ("Lead", "Offer")[turn % 2]
        steps.append(("1", stage, day(1 + turn), day(2 + turn), "back" if turn % 2 else "advanced", turn // 2 + 1, 0))
    engine = Engine.in_memory(
        {"deals": deals(("1", "open", "Ann", 5, day(1), None)), "stages": STAGES, "stage_entries": stays(*steps)}
    )
    (row,) = rows(stage_paths(engine.tables, NOW).answer(engine.run))
    assert row["path_key"] == "1.2.1.2.1.2.1.2.1.2+"
    assert row["path"].endswith("Offer → …")
    assert len(engine.run(deals_of_path(engine.tables, NOW, row["path_key"]))) == 1


def test_a_deal_handed_in_begins_its_path_here():
    entries = stays(("1", "Lead", day(3), day(5), "advanced"), ("1", "Offer", day(5), None, "still"))
    entries["turn"] = [4.0, 5.0]
    engine = Engine.in_memory(
        {"deals": deals(("1", "open", "Ann", 5, day(1), None)), "stages": STAGES, "stage_entries": entries}
    )
    (row,) = rows(stage_paths(engine.tables, NOW).answer(engine.run))
    assert (row["path_key"], row["path"]) == ("1.2", "Lead → Offer")


def planted(chance_back: float, seed: int) -> Engine:
    """Deals of which a third go back once; those are won with `chance_back`, the others with 0.5."""
    random = np.random.default_rng(seed)
    steps: list[tuple] = []
    made: list[tuple] = []
    for number in range(600):
        name, start = str(number), datetime(2026, 1, 1) + timedelta(hours=number)
        back, moment = number % 3 == 0, start
        path = ["Lead", "Offer", "Lead", "Offer"] if back else ["Lead", "Offer"]
        won = random.random() < (chance_back if back else 0.5)
        for turn, stage in enumerate(path):
            left = moment + timedelta(hours=float(random.exponential(24)))
            last = turn == len(path) - 1
            fate = ("advanced" if won else "lost") if last else "back" if path[turn + 1] == "Lead" else "advanced"
            steps.append((name, stage, moment, left, fate, turn // 2 + 1, 0))
            moment = left
        steps.append((name, "Won" if won else "Lost", moment, None, "advanced" if won else "lost", 1, 0))
        made.append((name, "won" if won else "lost", "Ann", 100, start, moment))
    return Engine.in_memory({"deals": deals(*made), "stages": STAGES, "stage_entries": stays(*steps)})


def test_a_planted_difference_is_found_and_none_is_not():
    for chance, is_real in ((0.25, True), (0.5, False)):
        engine = planted(chance, 3)
        found = rework(engine.tables, LATER).answer(engine.run).set_index("way")
        assert found.loc["reworked", "deals"] == 200
        assert (found.loc["reworked", "q_value"] < 0.05) == is_real
        assert found.loc["reworked", "matured"] == pytest.approx(found.loc["reworked", "rate"], abs=0.03)


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), date(2026, 6, 30)])
def test_the_same_by_hand_in_sql(many, root: Path, as_of):
    filters = Filters(as_of, pipeline="Sales")

    def by_hand(name: str) -> list[dict]:
        return rows(many.query((root / f"tests/sql/{name}.sql").read_text("utf-8"), {"now": filters.now}))

    paths = {row["path"]: row for row in rows(stage_paths(many.tables, filters, most=200).answer(many.run))}
    expected = by_hand("stage_paths")
    assert paths.keys() == {row["path"] for row in expected}
    for row in expected:
        assert [paths[row["path"]][name] for name in ("deals", "won", "lost")] == [
            row["deals"],
            row["won"],
            row["lost"],
        ]

    moves = stage_moves(many.tables, filters).answer(many.run)
    fate = moves["move"].replace({"forward": "advanced", "skip": "advanced", "won": "advanced"})
    sums = moves.assign(fate=fate).groupby(["stage", "fate"])[["moves", "returns"]].sum()
    expected = by_hand("stage_moves")
    assert len(sums) == len(expected)
    for row in expected:
        assert list(sums.loc[(row["stage"], row["fate"])]) == [row["moves"], row["returns"]]

    ways = {row["way"]: row for row in rows(rework(many.tables, filters).answer(many.run))}
    for row in by_hand("rework"):
        for name in ("deals", "won", "total"):
            assert ways[row["way"]][name] == row[name], name
        assert ways[row["way"]]["repeat_days"] == pytest.approx(row["repeat_days"])
