from datetime import date

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Filters
from analytics.rows import rows
from analytics.survival import Lengths
from analytics.time_to_convert import ENDS, _p, deals_that, time_to_convert
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.sample import STAGES, day, deals, five_deals, stays

END = date(2026, 1, 31)


@pytest.fixture(scope="module")
def engine():
    return five_deals()


def ask(engine, filters=None, **options):
    return rows(time_to_convert(engine.tables, filters or Filters(END, pipeline="Sales"), **options).answer(engine.run))


def test_from_creation_to_won(engine):
    found = ask(engine, at=(5, 10, 20))
    # 1 is won on day 10, 4 on day 20, 2 lost on day 5; 3 and 5 are open until the end of January.
    assert [row["chance"] for row in found] == pytest.approx([0, 0.2, 0.4])
    assert [row["lost_chance"] for row in found] == pytest.approx([0.2, 0.2, 0.2])
    assert [row["converted_by"] for row in found] == [0, 1, 2]
    assert [row["at_risk"] for row in found] == [5, 4, 3]
    first = found[0]
    assert (first["n"], first["converted"], first["lost_before"], first["undecided"]) == (5, 2, 1, 2)
    assert first["undecided_share"] == 0.4
    assert (first["convert_median_days"], first["naive_median_days"]) == (10, 15)
    assert first["half_of_all_days"] is None


def test_from_one_stage_to_another(engine):
    found = ask(engine, start="Lead", goal="Deal", at=(6, 8, 20))
    # From Lead, 1 comes to Deal after 6 days and 4 after 8; 2 is lost, 3 and 5 are open.
    assert [row["converted_by"] for row in found] == [1, 2, 2]
    assert [row["chance"] for row in found] == pytest.approx([0.2, 0.4, 0.4])
    assert found[0]["lost_before"] == 1


def test_going_past_a_stage_is_coming_to_it(engine):
    found = ask(engine, goal="Offer", at=(30,))
    # 1, 2 and 5 were at Offer, 4 went past it to Deal; 3 waits in Lead.
    assert (found[0]["converted"], found[0]["undecided"]) == (4, 1)


def test_as_of_turns_later_events_back(engine):
    found = ask(engine, Filters(date(2026, 1, 12), pipeline="Sales"), at=(10,))[0]
    assert (found["converted"], found["lost_before"], found["undecided"]) == (1, 1, 3)


def test_counts_add_up_by_group(engine):
    found = ask(engine, by=find("owner", engine.tables), at=(30,))
    assert [row["owner"] for row in found] == ["Ann", "Bob", None]
    for row in found:
        assert row["converted"] + row["lost_before"] + row["handed_off_before"] + row["undecided"] == row["n"]
        assert row["q_value"] is None  # nobody has 30
    assert sum(row["n"] for row in found) == 5


def test_a_deal_that_was_there_before_is_left_out():
    made = Engine.in_memory(
        {
            "deals": deals(("1", "open", "Ann", 1, day(1), None), ("2", "open", "Ann", 1, day(1), None)),
            "stages": STAGES,
            "stage_entries": stays(
                ("1", "Offer", day(1), day(3), "back"), ("1", "Lead", day(3), None, "still"),
                ("2", "Lead", day(1), day(3), "advanced"), ("2", "Offer", day(3), None, "still"),
            ),
        }
    )  # fmt: skip
    found = ask(made, start="Lead", goal="Offer", at=(2,))[0]
    assert (found["n"], found["converted"], found["earlier"]) == (1, 1, 1)


def test_handed_off_deals_are_neither_lost_nor_open():
    frame = deals(("1", "open", "Ann", 1, day(1), None)).assign(pipeline="Service")
    made = Engine.in_memory(
        {"deals": frame, "stages": STAGES, "stage_entries": stays(("1", "Lead", day(1), day(4), "handed_off"))}
    )
    found = ask(made, start="Lead", at=(5,))[0]
    assert (found["n"], found["handed_off_before"], found["undecided"]) == (1, 1, 0)


@pytest.mark.parametrize(("start", "goal"), [("Nowhere", None), ("Deal", "Lead"), ("Deal", "Deal"), (None, "Lost")])
def test_steps_that_make_no_sense_are_refused(engine, start, goal):
    with pytest.raises(RequestProblem):
        ask(engine, start=start, goal=goal)


def test_no_deals_at_all(engine):
    found = ask(engine, Filters(date(2020, 1, 1), pipeline="Sales"))
    assert [row["n"] for row in found] == [0, 0, 0, 0]
    assert all(row["chance"] is None for row in found)


def test_even_steps_go_as_far_as_chances_are_told(engine):
    found = ask(engine, points=10)
    steps = np.diff([row["within_days"] for row in found])
    assert len(set(steps.round(9))) == 1
    assert found[-1]["within_days"] >= found[0]["horizon_days"] > found[-2]["within_days"]
    assert all(row["low"] <= row["chance"] <= row["high"] for row in found)


def test_the_deals_behind_an_end(engine):
    found = engine.run(deals_that(engine.tables, Filters(END, pipeline="Sales"), "converted"))
    assert list(found["deal_id"]) == ["4", "1"]
    assert list(found["days"]) == [20, 10]


@pytest.fixture(scope="module")
def planted():
    """North converts after 20 days on average, South after 45; both 60%; watched for up to 100 days."""
    random = np.random.default_rng(3)
    made = []
    for number in range(900):
        owner = "North" if number % 2 else "South"
        created = day(1 + float(random.uniform(0, 100)))
        wins = random.random() < 0.6
        last = float(random.exponential((20 if owner == "North" else 45) if wins else 30))
        closed = created + (day(2) - day(1)) * last
        made.append((str(number), "won" if wins else "lost", owner, 1, created, closed))
    return Engine.in_memory({"deals": deals(*made)})


def test_a_slower_group_is_found_and_open_deals_are_not_left_out(planted):
    as_of = Filters(date(2026, 4, 10))
    found = {row["owner"]: row for row in ask(planted, as_of, by=find("owner", planted.tables), at=(60,))}
    assert found["North"]["q_value"] < 0.01
    assert found["North"]["tests"] == 2
    # The completed ones alone make South look much faster than it is.
    south = found["South"]
    assert south["naive_gap"] < -0.1
    assert south["naive_median_days"] < south["convert_median_low"]


def lengths(random, size, chance):
    """Deals of which a share converts, the rest is lost; followed for 10 to 200 days."""
    converts = random.random(size) < chance
    lasts = np.where(converts, random.exponential(20, size), random.exponential(30, size))
    seen = random.uniform(10, 200, size)
    hours, places = np.unique((np.minimum(lasts, seen) * 24).astype(int), return_inverse=True)
    counts = np.zeros((len(hours), len(ENDS)))
    np.add.at(counts, (places, np.where(lasts > seen, len(ENDS) - 1, np.where(converts, 0, 1))), 1)
    return Lengths(hours, counts)


@pytest.mark.parametrize("chance", [0.02, 0.1, 0.5])
def test_small_groups_that_are_like_the_rest_are_not_found_different(chance):
    random = np.random.default_rng(3)
    found = [_p(lengths(random, 30, chance), lengths(random, 600, chance)) for _again in range(200)]
    # Of 200 tests without a difference, 10 are expected below 5%; 20 or more have a chance of 1 in 400.
    assert sum(p is not None and p < 0.05 for p in found) < 20


def test_a_group_without_a_conversion_is_not_surely_worse():
    none = Lengths(np.array([240]), np.array([[0.0, 30.0, 0.0, 0.0]]))
    some = Lengths(np.array([120, 240]), np.array([[30.0, 0.0, 0.0, 0.0], [0.0, 970.0, 0.0, 0.0]]))
    p = _p(none, some)
    assert p is not None and p > 0.3
