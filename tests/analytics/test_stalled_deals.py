"""Which open deals wait longer than deals that moved on did."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.stalled_deals import DEFAULT_DAYS, LEAST_DAYS, stalled_deals
from data.engine import Engine
from tests.analytics.sample import STAGES, day, stays

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
