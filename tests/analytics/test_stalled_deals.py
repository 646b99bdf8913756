"""Which open deals wait longer than deals that moved on did."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import wilson
from analytics.rows import rows
from analytics.stall_thresholds import DEFAULT_DAYS, LEAST_DAYS
from analytics.stalled_deals import stalled_deals, stalled_reasons
from analytics.stalled_stages import open_deal_ages, stalled_owners, stalled_stages
from data.engine import Engine
from tests.analytics.sample import STAGES, day, random_workspace, stays

END = date(2026, 1, 31)
NOW = Filters(END, pipeline="Sales")


def engine_of(open_days, moved=(), told=None, more=None):
    """Deals at Lead: open ones called by their age in days, and some that moved on after so many days."""
    names = [f"open {age}" for age in open_days] + [f"moved {n}" for n in range(len(moved))]
    made = pd.DataFrame({"deal_id": names, "deal_name": names, "status": "open", "pipeline": "Sales", "stage": "Lead"})
    made["amount"] = [float(n) for n in range(len(names))]
    made["created_at"] = day(1) - timedelta(days=300)
    for name, values in (told or {}).items():
        made[name] = [values.get(deal) for deal in names]
    visits: list[Any] = [(f"open {age}", "Lead", day(32) - timedelta(days=age), None, "still") for age in open_days]
    start = day(1) - timedelta(days=200)
    for n, length in enumerate(moved):
        visits.append((f"moved {n}", "Lead", start, start + timedelta(days=length), "advanced"))
        visits.append((f"moved {n}", "Offer", start + timedelta(days=length), None, "still"))
    return Engine.in_memory({"stages": STAGES, "deals": made, "stage_entries": stays(*visits), **(more or {})})


def told(metric, engine, filters=NOW, **options):
    return rows(metric(engine.tables, filters, **options).answer(engine.run))


def ask(engine, filters=NOW, **options):
    found = rows(stalled_deals(engine.tables, filters, **options).answer(engine.run))
    return [row for row in found if row["stage"] == "Lead"]


def test_the_threshold_is_learnt_of_those_that_moved_on():
    # 20 deals moved on after 1 to 20 days, 18 of them (90%) within 18; one open deal is beyond that.
    engine = engine_of([10, 25], moved=range(1, 21))
    (row,) = ask(engine)
    assert (row["deal_id"], row["is_learnt"], row["reasons"]) == ("open 25", True, ["slow"])
    assert row["age_days"] == pytest.approx(25)
    assert 17 <= row["threshold_days"] <= 20
    assert row["chance_30d"] is None  # nobody stayed as long


def test_the_chance_to_move_on_yet_is_of_those_that_waited_as_long():
    # Of 20, ten leave on day 10 and ten on day 40; who is still there after 15 days moves on within 30.
    engine = engine_of([15], moved=[10] * 10 + [40] * 10)
    assert ask(engine) == []  # the threshold is 40 days
    (row,) = ask(engine, overrides={"Lead": 12})
    assert row["threshold_days"] == 12 and not row["is_learnt"]
    # The open deal itself was there for 15 days: 20 of 21 at risk on day 10, then half of the rest.
    assert row["chance_30d"] == pytest.approx(1.0)
    assert row["chance_n"] == 10
    assert row["chance_low"] == pytest.approx(wilson(1.0, 10)[0]) and row["chance_high"] == pytest.approx(1.0)


def test_too_few_to_learn_from_take_the_default_and_no_threshold_is_under_a_week():
    engine = engine_of([20, 40], moved=[5] * 9)
    (row,) = ask(engine)
    assert (row["deal_id"], row["threshold_days"], row["is_learnt"]) == ("open 40", DEFAULT_DAYS, False)
    assert [row["deal_id"] for row in ask(engine, default=10)] == ["open 40", "open 20"]
    (fast,) = ask(engine_of([6, 8], moved=[1] * 30))
    assert (fast["deal_id"], fast["threshold_days"]) == ("open 8", LEAST_DAYS)


def test_a_planned_activity_is_no_stall_and_is_counted():
    told = {
        "next_activity_on": {"open 50": date(2026, 2, 10), "open 60": date(2026, 3, 30), "open 70": date(2026, 1, 20)}
    }
    found = ask(engine_of([50, 60, 70], told=told))
    assert [row["deal_id"] for row in found] == ["open 70", "open 60"]
    assert {row["planned"] for row in found} == {1}


def test_reasons():
    told = {
        "expected_close_on": {"open 50": date(2026, 1, 21), "open 60": date(2026, 6, 1)},
        "last_activity_at": {"open 50": day(30), "open 60": day(1) - timedelta(days=20)},
        "customer_id": {"open 50": "C1", "open 60": "C2"},
    }
    contacts = {"contact_id": ["a", "b", "c"], "customer_id": ["C1", "C2", "C2"]}
    changes = {
        "deal_id": ["open 60"], "field": ["expected_close_on"], "old_value": ["2026-02-01"], "new_value": ["2026-06-01"],
        "changed_at": [day(3)],
    }  # fmt: skip
    engine = engine_of([50, 60], told=told, more={"contacts": contacts, "deal_changes": changes})
    found = {row["deal_id"]: row for row in ask(engine)}
    assert found["open 50"]["reasons"] == ["slow", "overdue", "single_contact"]
    assert found["open 50"]["overdue_days"] == 10
    assert found["open 60"]["reasons"] == ["slow", "quiet", "pushed"]
    assert (found["open 60"]["pushes"], found["open 60"]["overdue_days"]) == (1, None)


def test_filters_choose_deals_and_not_what_is_learnt():
    told = {"owner": {"open 25": "Ann", "open 30": "Bob"}}
    engine = engine_of([25, 30], moved=range(1, 21), told=told)
    ann = Filters(END, pipeline="Sales", where=(Choice(find("owner", engine.tables), ("Ann",)),), since=END)
    (row,) = ask(engine, ann)
    assert (row["deal_id"], row["is_learnt"]) == ("open 25", True)


def test_deals_of_which_nothing_says_since_when_are_counted():
    engine = engine_of([50])
    engine.rows("UPDATE stage_entries SET entered_at = NULL WHERE deal_id = 'open 50'")
    found = stalled_deals(engine.tables, NOW).answer(engine.run)
    assert found.empty
    again = engine_of([50, 60])
    again.rows("UPDATE stage_entries SET entered_at = NULL WHERE deal_id = 'open 50'")
    (row,) = ask(again)
    assert (row["deal_id"], row["undated"]) == ("open 60", 1)


def test_of_fully_followed_deals_the_chance_is_the_plain_share():
    # Of 40, ten leave on day 10, twelve on day 30, eighteen on day 100: of 30 there on day 15, 12 leave within 30 days.
    engine = engine_of([15], moved=[10] * 10 + [30] * 12 + [100] * 18)
    (row,) = ask(engine, overrides={"Lead": 12})
    assert (row["chance_30d"], row["chance_n"]) == (pytest.approx(0.4), 30)
    assert (row["chance_low"], row["chance_high"]) == pytest.approx(wilson(0.4, 30))


def test_no_chance_is_told_of_ages_that_too_few_were_followed_to():
    # Twenty moved on by day 20; of the twelve still there at day 40 all but one are censored before day 70.
    engine = engine_of([40.5] * 1 + [41 + n for n in range(11)], moved=range(1, 21))
    found = {row["deal_id"]: row for row in ask(engine)}
    first = found["open 40.5"]
    assert (first["chance_n"], first["chance_30d"], first["chance_low"]) == (11, None, None)
    assert found["open 51"]["chance_n"] == 0 and found["open 51"]["chance_30d"] is None


def test_a_chance_of_nothing_is_told_where_enough_were_followed():
    # Twelve deals stayed beyond day 100; nobody leaves between day 20 and day 80.
    engine = engine_of([50], moved=[*range(1, 21), *[200] * 12])
    (row,) = ask(engine, overrides={"Lead": 30})
    assert (row["chance_30d"], row["chance_n"]) == (0.0, 12)
    assert row["chance_high"] == pytest.approx(wilson(0, 12)[1])


def test_thresholds_are_not_learnt_of_stays_that_nobody_told():
    engine = engine_of([25, 40], moved=range(1, 21))
    assert ask(engine)[0]["is_learnt"]
    assumed = engine_of([25, 40], moved=range(1, 21))
    assumed.rows("UPDATE stage_entries SET is_recorded = false WHERE stage = 'Lead'")
    (row,) = ask(assumed)
    assert (row["deal_id"], row["threshold_days"], row["is_learnt"], row["chance_30d"]) == (
        "open 40", DEFAULT_DAYS, False, None,
    )  # fmt: skip
    untimed = engine_of([25, 40], moved=range(1, 21))
    untimed.rows("UPDATE stage_entries SET entered_at = NULL WHERE fate = 'advanced' AND deal_id < 'moved 15'")
    assert [row["is_learnt"] for row in ask(untimed)] == [False]
    lead = next(row for row in told(stalled_stages, assumed) if row["stage"] == "Lead")
    assert (lead["learnt_from"], lead["chance_30d"]) == (0, None)


def test_a_deal_without_a_date_counts_once_it_was_quiet_for_as_long():
    told_ = {"last_activity_at": {"open 50": day(1) - timedelta(days=20), "open 60": day(30)}}
    engine = engine_of([50, 60], told=told_)
    engine.rows("UPDATE stage_entries SET entered_at = NULL WHERE fate = 'still'")
    (row,) = ask(engine)
    assert (row["deal_id"], row["age_days"], row["reasons"], row["undated"]) == ("open 50", None, ["quiet"], 2)
    assert row["quiet_days"] == pytest.approx(51)


def five():
    """Lead: stalled are 50, 60 and 70 of five; Ann has 50 and 60, nobody 70; 90 has a next activity."""
    told_ = {
        "next_activity_on": {"open 90": date(2026, 2, 3)},
        "owner": {"open 5": "Ann", "open 50": "Ann", "open 60": "Ann", "open 90": "Bob"},
        "amount": {"open 5": 10.0, "open 50": 100.0, "open 60": 200.0, "open 70": None, "open 90": 1000.0},
        "expected_close_on": {"open 60": date(2026, 1, 1), "open 70": date(2026, 1, 5)},
    }
    return engine_of([5, 50, 60, 70, 90], told=told_)


def test_stages_say_how_many_wait_even_where_none_is_stalled():
    (row,) = told(stalled_stages, five())
    assert (row["deals_open"], row["stalled"], row["planned"], row["undated"]) == (5, 3, 1, 0)
    assert (row["value_stalled"], row["value_open"], row["value_known"]) == (300.0, 1310.0, 0.8)
    assert (row["threshold_days"], row["is_learnt"], row["learnt_from"]) == (DEFAULT_DAYS, False, 0)
    (none,) = told(stalled_stages, engine_of([5]))
    assert (none["deals_open"], none["stalled"]) == (1, 0)
    lead, offer = told(stalled_stages, engine_of([25], moved=range(1, 21)))
    assert (lead["learnt_from"], lead["is_learnt"], offer["deals_open"]) == (20, True, 20)
    assert lead["chance_30d"] == pytest.approx(20 / 21, abs=0.05) and lead["chance_n"] == 21


def test_owners_and_reasons_add_up_to_the_stages():
    engine = five()
    owners = told(stalled_owners, engine)
    assert [(row["owner"], row["stalled"], row["value_stalled"], row["deals_open"]) for row in owners] == [
        ("Ann", 2, 300.0, 3), (None, 1, None, 1), ("Bob", 0, 0.0, 1),
    ]  # fmt: skip
    everyone = {row["wait_reason"]: row["stalled"] for row in told(stalled_reasons, engine)}
    assert everyone == {None: 3, "slow": 3, "overdue": 2}
    assert {row["wait_reason"]: row["stalled"] for row in told(stalled_reasons, engine, owner="")} == {
        None: 1, "slow": 1, "overdue": 1,
    }  # fmt: skip
    listed = told(stalled_deals, engine, owner="Ann", reason="overdue")
    assert [row["deal_id"] for row in listed] == ["open 60"]
    assert [row["deal_id"] for row in told(stalled_deals, engine, most=1)] == ["open 60"]
    assert [row["deal_id"] for row in told(stalled_deals, engine, order="age")] == ["open 70", "open 60", "open 50"]


def test_ages_are_counted_against_the_threshold():
    found = {(row["age_days"], row["is_past"], row["is_planned"]): row["n"] for row in told(open_deal_ages, five())}
    assert found == {
        (5, False, False): 1, (50, True, False): 1, (60, True, False): 1, (70, True, False): 1, (90, True, True): 1,
    }  # fmt: skip


def test_money_of_several_currencies_is_not_added():
    engine = engine_of([50, 60], told={"currency": {"open 50": "USD", "open 60": "EUR"}})
    (row,) = told(stalled_stages, engine)
    assert (row["stalled"], row["value_stalled"], row["value_open"], row["currency"]) == (2, None, None, None)
    assert {row["currency"]: row["value_stalled"] for row in told(stalled_owners, engine)} == {"USD": 0.0, "EUR": 1.0}


@pytest.mark.parametrize("metric", [stalled_deals, stalled_stages, stalled_owners, stalled_reasons, open_deal_ages])
def test_of_no_deals_nothing_is_said(metric):
    empty = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["won"]}})
    assert told(metric, empty) == []


def test_the_parts_add_up_on_a_random_company():
    engine = random_workspace()
    filters = Filters(date(2025, 12, 31), pipeline="Sales")
    stages, owners = told(stalled_stages, engine, filters), told(stalled_owners, engine, filters)
    listed, ages = told(stalled_deals, engine, filters), told(open_deal_ages, engine, filters)
    open_ = sum(row["deals_open"] for row in stages)
    assert open_ == sum(row["deals_open"] for row in owners)
    assert len(listed) == sum(row["stalled"] for row in stages) == sum(row["stalled"] for row in owners) > 0
    assert sum(row["n"] for row in ages) == open_ - sum(row["undated"] for row in stages)
    for row in listed:
        assert row["age_days"] > row["threshold_days"] >= LEAST_DAYS
        if row["chance_30d"] is not None:
            assert 0 <= row["chance_low"] <= row["chance_30d"] <= row["chance_high"] <= 1 and row["chance_n"] >= 10


def test_the_list_is_that_of_plain_sql(root):
    engine, filters = random_workspace(), Filters(date(2025, 12, 31), pipeline="Sales")
    same = {"overrides": {"Lead": 20.0, "Offer": 20.0, "Deal": 20.0}}
    listed = told(stalled_deals, engine, filters, **same)
    by_hand = rows(engine.query((root / "tests/sql/stalled_deals.sql").read_text("utf-8"), {"now": filters.now}))
    assert {row["deal_id"] for row in listed} == {row["deal_id"] for row in by_hand} and len(by_hand) > 20
    expected = {row["deal_id"]: row for row in by_hand}
    for row in listed:
        hand = expected[row["deal_id"]]
        assert (row["stage"], row["owner"], row["amount"]) == (hand["stage"], hand["owner"], hand["amount"])
        assert row["age_days"] == pytest.approx(hand["age_days"])
        assert row["overdue_days"] == hand["overdue_days"]
        assert ("returned" in row["reasons"]) == hand["is_back"]
    for owner in told(stalled_owners, engine, filters, **same):
        own = [row for row in by_hand if (row["owner"], row["currency"]) == (owner["owner"], owner["currency"])]
        assert owner["stalled"] == len(own)
        assert (owner["value_stalled"] or 0) == pytest.approx(sum(row["amount"] or 0 for row in own))
