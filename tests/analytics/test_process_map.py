"""The map of the process: by eye, by what must hold, and against plain SQL."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.filters import Filters
from analytics.process_map import deals_coming_in, process_map, process_stages
from analytics.rows import rows
from analytics.stage_paths import deals_of_move
from analytics.time_in_stage import time_in_stage
from data.engine import Engine
from tests.analytics.sample import STAGES, day, deals, five_deals, random_workspace, stays
from tests.analytics.test_stage_paths import with_next

NOW = Filters(date(2026, 1, 31), pipeline="Sales")
LATER = Filters(date(2026, 6, 30), pipeline="Sales")
OUTSIDE = ("start", "came_in")


@pytest.fixture(scope="module")
def five() -> Engine:
    return with_next(five_deals.__wrapped__())


@pytest.fixture(scope="module")
def many() -> Engine:
    return with_next(random_workspace.__wrapped__())


def ask(engine, filters=NOW, metric=process_map):
    return rows(metric(engine.tables, filters).answer(engine.run))


def engine_of(*visits, **columns):
    names = list(dict.fromkeys(visit[0] for visit in visits))
    made = deals(*((name, "open", None, 10.0, day(1), None) for name in names)).assign(**columns)
    return with_next(Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits)}))


def told(found):
    return {(row["from_stage"], row["move"], row["to_stage"]): row["moves"] for row in found}


def balanced(arrows, nodes):
    """What comes to a stage is its visits, and what leaves it with what is still there too."""
    assert len(nodes)
    for node in nodes:
        into = sum(row["moves"] for row in arrows if row["to_stage"] == node["stage"] and row["move"] != "handed_off")
        out = sum(row["moves"] for row in arrows if row["from_stage"] == node["stage"])
        assert into == out == node["visits"]
        assert node["open"] == sum(
            row["moves"] for row in arrows if row["from_stage"] == node["stage"] and row["move"] == "still"
        )


def test_arrows_by_eye(five):
    found = ask(five)
    assert told(found) == {
        (None, "start", "Lead"): 5,
        ("Lead", "forward", "Offer"): 3,
        ("Lead", "skip", "Deal"): 1,
        ("Lead", "still", None): 2,
        ("Offer", "forward", "Deal"): 1,
        ("Offer", "lost", None): 1,
        ("Offer", "back", "Lead"): 1,
        ("Deal", "won", "Won"): 2,
    }
    arrow = {(row["from_stage"], row["move"]): row for row in found}
    # Deals 1, 2 and 5 left Lead for Offer after 2, 1 and 3 days.
    onward = arrow["Lead", "forward"]
    assert (onward["timed"], onward["mean_completed_days"], onward["median_completed_days"]) == (3, 2, 2)
    assert onward["p75_completed_days"] == 2.5
    assert (onward["money"], onward["value_known"]) == (400, pytest.approx(2 / 3))
    # 4 and 12 days at Deal before being won.
    assert (arrow["Deal", "won"]["median_completed_days"], arrow["Deal", "won"]["money"]) == (8, 700)
    assert arrow["Lead", "still"]["median_completed_days"] is None
    assert arrow[None, "start"]["money"] == 1050 and arrow[None, "start"]["deals"] == 5
    balanced(found, ask(five, metric=process_stages))


def test_stages_by_eye(five):
    lead, offer, deal = ask(five, metric=process_stages)
    # Deal 5 is twice at Lead; it and deal 3 are there now.
    assert (lead["visits"], lead["deals"], lead["open"], lead["money"], lead["open_money"]) == (6, 5, 2, 1050, 50)
    assert (offer["visits"], offer["open"], offer["open_money"]) == (3, 0, 0)
    assert (deal["median_days"], deal["longest_days"]) == (4, 12)


def test_a_deal_that_makes_a_move_twice_is_one_deal():
    engine = engine_of(
        ("1", "Lead", day(1), day(2), "advanced"), ("1", "Offer", day(2), day(3), "back"),
        ("1", "Lead", day(3), day(4), "advanced", 2), ("1", "Offer", day(4), day(5), "back", 2),
        ("1", "Lead", day(5), day(6), "advanced", 3), ("1", "Deal", day(6), None, "still"),
        ("2", "Lead", day(1), day(2), "advanced"), ("2", "Offer", day(2), None, "still"),
    )  # fmt: skip
    found = ask(engine)
    deals_ = {(row["from_stage"], row["to_stage"]): (row["moves"], row["deals"]) for row in found}
    assert deals_["Lead", "Offer"] == (3, 2)
    assert deals_["Offer", "Lead"] == (2, 1)
    assert deals_["Lead", "Deal"] == (1, 1)
    balanced(found, ask(engine, metric=process_stages))


def test_a_deal_that_was_closed_and_opened_again_comes_in():
    engine = engine_of(
        ("1", "Lead", day(1), day(2), "lost"), ("1", "Lost", day(2), None, "lost"),
        ("1", "Offer", day(9), day(12), "advanced"), ("1", "Deal", day(12), None, "still"),
        ("2", "Offer", day(1), None, "still"),
    )  # fmt: skip
    found = ask(engine)
    assert told(found) == {
        (None, "start", "Lead"): 1,
        (None, "start", "Offer"): 1,
        (None, "came_in", "Offer"): 1,
        ("Lead", "lost", None): 1,
        ("Offer", "forward", "Deal"): 1,
        ("Offer", "still", None): 1,
        ("Deal", "still", None): 1,
    }
    balanced(found, ask(engine, metric=process_stages))
    assert list(engine.run(deals_coming_in(engine.tables, NOW, "Offer"))["deal_id"]) == ["1"]
    assert list(engine.run(deals_of_move(engine.tables, NOW, "Offer", "start", None))["deal_id"]) == ["2"]
    assert len(engine.run(deals_of_move(engine.tables, NOW, "Offer", "visited", None))) == 2


@pytest.mark.parametrize("as_of", [date(2025, 3, 31), date(2025, 6, 30), date(2026, 6, 30)])
@pytest.mark.parametrize("since", [None, date(2025, 2, 15)])
def test_what_comes_in_goes_out_or_is_there(many, as_of, since):
    filters = Filters(as_of, since=since, pipeline="Sales")
    found, nodes = ask(many, filters), ask(many, filters, process_stages)
    balanced(found, nodes)
    for row in found:
        assert 0 < row["deals"] <= row["moves"]
        assert (row["timed"] or 0) <= row["moves"]
    starts = sum(row["moves"] for row in found if row["move"] == "start")
    assert starts == many.run(filters.stage_entries(many.tables, "created" if since else None))["deal_id"].nunique()


def test_deals_behind_an_arrow(many):
    for row in ask(many, LATER):
        stage = row["to_stage"] if row["move"] in OUTSIDE else row["from_stage"]
        to = None if row["move"] in OUTSIDE else row["to_stage"]
        assert len(many.run(deals_of_move(many.tables, LATER, stage, row["move"], to))) == row["deals"]
    for node in ask(many, LATER, process_stages):
        assert len(many.run(deals_of_move(many.tables, LATER, node["stage"], "visited", None))) == node["deals"]


def test_stages_last_as_time_in_stage_says(many):
    times = {row["stage"]: row for row in ask(many, LATER, time_in_stage)}
    for node in ask(many, LATER, process_stages):
        for name in ("visits", "open", "median_days", "median_low", "median_high", "longest_days"):
            assert node[name] == times[node["stage"]][name]


def test_several_currencies_have_no_money(many):
    for row in [*ask(many, LATER), *ask(many, LATER, process_stages)]:
        assert row["money"] is None


def test_without_a_history_there_are_no_days():
    visits = stays(("1", "Lead", day(1), day(3), "advanced"), ("1", "Offer", day(3), None, "still"))
    made = deals(("1", "open", None, None, day(1), None))
    engine = with_next(
        Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": visits.assign(is_recorded=False)})
    )
    found, nodes = ask(engine), ask(engine, metric=process_stages)
    balanced(found, nodes)
    assert all(row["median_completed_days"] is None for row in found)
    assert all(row["median_days"] is None for row in nodes)
    assert all(row["money"] is None and row["value_known"] == 0 for row in found)


def test_stays_of_no_time_and_of_time_below_zero():
    engine = engine_of(
        ("1", "Lead", day(4), day(4), "advanced"), ("2", "Lead", day(4), day(2), "advanced"),
        ("3", "Lead", day(1), day(3), "lost"), ("4", "Lead", None, day(3), "advanced"),
        *((str(n), "Lead", day(1), day(3), "lost") for n in range(5, 80)),
    )  # fmt: skip
    found = {row["move"]: row for row in ask(engine)}
    assert (found["forward"]["moves"], found["forward"]["timed"]) == (3, 1)
    assert found["forward"]["median_completed_days"] == 0
    assert found["lost"]["mean_completed_days"] == 2


def test_no_deal_has_no_arrow():
    engine = Engine.in_memory({"stages": STAGES})
    assert ask(engine) == [] and ask(engine, metric=process_stages) == []


@pytest.mark.parametrize("as_of", [date(2025, 6, 30), date(2026, 6, 30)])
def test_the_same_by_hand_in_sql(many, root: Path, as_of):
    filters = Filters(as_of, pipeline="Sales")
    by_hand = rows(many.query((root / "tests/sql/process_map.sql").read_text("utf-8"), {"now": filters.now}))
    named = {"lost", "handed_off", "still", "start"}
    found = {(row["from_stage"], row["to_stage"], row["move"] if row["move"] in named else None): row for row in ask(many, filters)}  # fmt: skip
    assert found.keys() == {(row["from_stage"], row["to_stage"], row["way"]) for row in by_hand}
    for row in by_hand:
        arrow = found[row["from_stage"], row["to_stage"], row["way"]]
        assert (arrow["moves"], arrow["deals"]) == (row["moves"], row["deals"])
        assert arrow["value_known"] == pytest.approx(row["known"] / row["moves"])
        if row["way"] not in ("still", "start"):
            assert arrow["timed"] == row["timed"]
            assert arrow["mean_completed_days"] == pytest.approx(row["mean_days"])


def test_the_middle_of_moves_is_that_of_their_days(many):
    days = many.query(
        """SELECT stage, fate, next_stage, median(date_diff('minute', entered_at, left_at) / 1440) AS half, count(*) AS n
           FROM stage_entries WHERE outcome = 'open' AND fate <> 'still' AND NOT is_skipped GROUP BY ALL"""
    )
    expected = {(row["stage"], row["next_stage"]): row["half"] for row in rows(days) if row["fate"] == "back"}
    backs = [row for row in ask(many, LATER) if row["move"] == "back"]
    assert backs and {(row["from_stage"], row["to_stage"]) for row in backs} == expected.keys()
    for row in backs:
        # Lengths beyond twenty days are told to the hour.
        assert 0 <= expected[row["from_stage"], row["to_stage"]] - row["median_completed_days"] <= 1 / 24
        assert row["median_completed_days"] <= row["p75_completed_days"]
    assert pd.notna(backs[0]["move_share"])
