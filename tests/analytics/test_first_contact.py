"""The first contact: by eye, by SQL written by hand, with an effect planted and with the trap of immortal time."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from analytics.filters import Filters
from analytics.first_contact import COLUMNS, first_contact, uncontacted
from analytics.rows import rows
from tests.analytics.sample import day
from tests.analytics.selling import contacted, engine_of

AS_OF = Filters(date(2026, 9, 30))
END = Filters(date(2026, 1, 31))


def ask(engine, filters=AS_OF):
    return rows(first_contact(engine.tables, filters).answer(engine.run))


def by_landmark(found, days):
    return {row["contact"]: row for row in found if row["landmark_days"] == days}


def deal(name, status, created, closed=None, **more):
    return {"deal_id": name, "status": status, "created_at": created, "closed_at": closed, "amount": 10.0, **more}


@pytest.fixture
def four():
    """1: after 12 hours; 2: lost after 2 days without contact; 3: after 5 days; 4: never, open."""
    noon = datetime(2026, 1, 1, 12)
    return engine_of(
        [deal("1", "won", noon, day(21)), deal("2", "lost", noon, datetime(2026, 1, 3, 12)), deal("3", "lost", noon, day(11)),
         deal("4", "open", noon)],
        [{"deal_id": "1", "happened_at": day(2)}, {"deal_id": "1", "happened_at": day(4)},
         {"deal_id": "3", "happened_at": datetime(2026, 1, 6, 12)}, {"deal_id": "4", "happened_at": day(3), "is_done": False},
         {"deal_id": "2", "happened_at": day(9)}],
    )  # fmt: skip


def test_landmarks_by_eye(four):
    found = ask(four, END)
    assert list(found[0]) == list(COLUMNS) and (found[0]["n"], found[0]["contacted"]) == (4, 2)
    day_one, day_three, day_seven = (by_landmark(found, days) for days in (1, 3, 7))
    assert [day_one["contacted"][name] for name in ("n", "won", "lost", "undecided")] == [1, 1, 0, 0]
    assert [day_one["not_contacted"][name] for name in ("n", "won", "lost", "undecided")] == [3, 0, 2, 1]
    # By the third day deal 2 is lost: it counts on neither side. What was done after its end is no contact.
    assert [day_three["not_contacted"][name] for name in ("n", "won", "lost", "undecided")] == [2, 0, 1, 1]
    assert [day_seven["contacted"][name] for name in ("n", "won", "lost")] == [2, 1, 1]
    assert (day_one["contacted"]["contacted_share"], day_seven["contacted"]["contacted_share"]) == (0.25, 0.5)
    assert found[0]["median_hours"] is None or found[0]["median_hours"] == 120  # half by the fifth day
    assert [row["deal_id"] for row in rows(four.run(uncontacted(four.tables, END, 1)))] == ["4"]


def test_contacted_in_time_is_to_the_minute():
    """Contacted after 24 hours and three minutes is not contacted within a day, in either number."""
    noon = datetime(2026, 1, 1, 12)
    engine = engine_of([deal("1", "open", noon)], [{"deal_id": "1", "happened_at": datetime(2026, 1, 2, 12, 3)}])
    found = ask(engine, END)
    assert [by_landmark(found, days)["contacted"]["contacted_share"] for days in (1, 3)] == [0, 1]
    assert [by_landmark(found, days)["contacted"]["n"] for days in (1, 3)] == [0, 1]


def test_everybody_is_somewhere(four):
    engine = engine_of(
        [deal("1", "open", None), deal("2", "won", day(5), day(1)), deal("3", "won", day(2), None), deal("4", "open", day(9)),
         deal("5", "open", day(3))],
        [{"deal_id": "4", "happened_at": day(1)}],
    )  # fmt: skip
    first = ask(engine, END)[0]
    assert (first["n"], first["undated"], first["negative"], first["contacted_before"]) == (1, 2, 1, 1)
    assert first["n"] + first["undated"] + first["negative"] + first["contacted_before"] == 5


def test_an_activity_of_the_customer_counts_for_the_deals_open_then():
    engine = engine_of(
        [deal("1", "open", day(3), customer_id="c"), deal("2", "won", day(1), day(2), customer_id="c"),
         deal("3", "open", day(9), customer_id="c"), deal("4", "open", day(3), customer_id="d")],
        [{"customer_id": "c", "happened_at": day(5.5)}, {"customer_id": "d", "deal_id": "9", "happened_at": day(6)}],
    )  # fmt: skip
    first = ask(engine, END)[0]
    assert (first["contacted"], first["via_customer"], first["activities"]) == (1, 1, 2)
    # Calling the customer before deal 3 began is not a contact of that deal, and does not leave it out.
    assert first["contacted_before"] == 0


def test_days_without_a_time_are_the_whole_day():
    engine = engine_of(
        [deal("1", "open", datetime(2026, 1, 5, 15)), deal("2", "won", day(5), day(6))],
        [{"deal_id": "1", "happened_at": day(5)}, {"deal_id": "2", "happened_at": datetime(2026, 1, 6, 11)}],
    )
    first = ask(engine, END)[0]
    assert (first["contacted"], first["contacted_before"]) == (2, 0)
    # Nobody can be contacted within the hour where most deals have no hour.
    dated = engine_of([deal("1", "open", day(5))], [{"deal_id": "1", "happened_at": day(6)}])
    assert [row["landmark_days"] for row in ask(dated, END)] == [None, 1, 1, 3, 3, 7, 7, 14, 14]


def test_what_happens_after_the_as_of_date_is_not_known(four):
    found = ask(four, Filters(date(2026, 1, 1)))
    assert (found[0]["n"], found[0]["contacted"], found[0]["undecided"]) == (4, 0, 4)


def test_a_planted_effect_is_found_and_priced():
    engine = contacted(1200, 3, lambda wait, _touches: 0.65 if wait < 1 else 0.35, mean_wait=3)
    found = ask(engine)
    both = by_landmark(found, 1)
    row, late = both["contacted"], both["not_contacted"]
    assert row["q_value"] < 0.05 and row["difference_low"] < 0.3 < row["difference_high"]
    assert row["difference"] == pytest.approx(row["chance"] - late["chance"])
    assert row["low"] < row["chance"] < row["high"]
    mean = float(engine.run(engine.tables.deals.amount.mean().name("m").as_table())["m"].iloc[0])
    assert row["money"] == pytest.approx(row["difference"] * late["n"] * mean, rel=0.1)
    assert 0 < row["money_low"] < row["money"] < row["money_high"]
    assert row["tests"] == sum(each["p_value"] is not None for each in found) > 1


def test_deals_lost_before_they_could_be_contacted_are_no_proof_of_contact():
    """Contact has no effect; a third of the deals is lost within two days, mostly without one."""
    false_alarms = 0
    for seed in range(3):
        engine = contacted(700, 100 + seed, lambda _wait, _touches: 0.5, mean_wait=6, early_losers=0.35)
        found = ask(engine)
        naive = engine.run(engine.tables.deals.filter(engine.tables.deals.status != "open"))
        called = set(engine.run(engine.tables.activities)["deal_id"])
        is_called = naive["deal_id"].isin(called)
        is_won = naive["status"] == "won"
        assert is_won[is_called].mean() - is_won[~is_called].mean() > 0.2  # what a plain comparison would say
        false_alarms += any(
            row["q_value"] is not None and row["q_value"] < 0.05 for row in found if (row["landmark_days"] or 0) >= 3
        )
    assert false_alarms == 0


def test_nothing_is_tested_or_priced_below_30(four):
    for row in ask(four, END):
        assert row["p_value"] is row["q_value"] is row["money"] is None


def test_several_currencies_have_no_sum():
    engine = contacted(1200, 3, lambda wait, _touches: 0.65 if wait < 1 else 0.35, mean_wait=3)
    frame = engine.run(engine.tables.deals)
    frame.loc[frame.index % 2 == 0, "currency"] = "EUR"
    activities = engine.run(engine.tables.activities)
    mixed = engine_of(frame.drop(columns=["deal_no"]).to_dict("records"), activities.to_dict("records"))
    assert all(row["money"] is None for row in ask(mixed))
    assert by_landmark(ask(mixed), 1)["contacted"]["q_value"] < 0.05


@pytest.mark.parametrize("kind", ["none", "one", "all_open", "all_lost", "no_activities"])
def test_edges(kind):
    deals = {
        "none": [deal("1", "open", datetime(2027, 1, 1))], "one": [deal("1", "won", day(1), day(3))],
        "all_open": [deal(str(n), "open", day(1 + n)) for n in range(12)],
        "all_lost": [deal(str(n), "lost", day(1), day(20)) for n in range(12)],
        "no_activities": [deal(str(n), "won", day(1), day(20)) for n in range(12)],
    }[kind]  # fmt: skip
    activities = [] if kind == "no_activities" else [{"deal_id": "1", "happened_at": day(2)}]
    found = ask(engine_of(deals, activities), END)
    for row in found:
        assert row["n"] == row["won"] + row["lost"] + row["undecided"]
        assert row["chance"] is None or 0 <= row["low"] <= row["chance"] + 1e-9 <= row["high"] + 2e-9 <= 1 + 1e-8


@pytest.mark.parametrize("as_of", [date(2026, 6, 30), date(2026, 9, 30)])
def test_counts_are_those_of_sql_written_by_hand(as_of, root: Path):
    engine = contacted(700, 5, lambda _wait, _touches: 0.5, early_losers=0.2)
    filters = replace(AS_OF, as_of=as_of)
    found = {(row["landmark_days"], row["contact"]): row for row in ask(engine, filters) if row["landmark_days"]}
    sql = (root / "tests/sql/first_contact.sql").read_text("utf-8")
    by_hand = rows(engine.query(sql, {"now": filters.now}))
    assert len(by_hand) >= 9
    for expected in by_hand:
        row = found[expected["landmark_days"], expected["contact"]]
        for name in ("n", "won", "lost", "undecided"):
            assert row[name] == expected[name], (expected, name)
    # Conservation: whoever is still open at a landmark is on one of its two sides.
    for days in (1, 3, 7, 14):
        assert sum(found[days, side]["n"] for side in ("contacted", "not_contacted")) == sum(
            row["n"] for row in by_hand if row["landmark_days"] == days
        )
