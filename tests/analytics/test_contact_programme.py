"""Who is to be contacted: against what is promised, and what the customer is used to."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from analytics.customers import contacts
from analytics.customers.contact_programme import (
    COLUMNS,
    STATES,
    contact_breaches,
    contact_coverage,
    contact_programme,
)
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import wilson
from analytics.rows import rows
from data.engine import Engine
from tests.analytics.scored import AS_OF, scored

FILTERS = Filters(AS_OF)


def ago(days):
    return AS_OF - timedelta(days=days)


def customer(name, tier="A", last=None, **said):
    """A customer last contacted so many days ago, every ten days until then."""
    known = {} if last is None else {"last_contact_on": ago(last), "contact_days": 5, "contact_gap_days": 10.0}
    return {"customer_id": name, "customer": name, "tier": tier, "value": 100.0, "risk": 0.5} | known | said


def listed(engine, filters=FILTERS, **options):
    return rows(contact_programme(engine.tables, filters, **options).answer(engine.run))


def names(found):
    return [row["customer_id"] for row in found]


@pytest.fixture(scope="module")
def five():
    return scored(
        customer("fresh", last=10),
        customer("due", last=20),
        customer("late", last=75, owner="Ann"),
        customer("patient", "C", last=75),
        customer("never", "B", first_on=ago(100), owner="Ann"),
        customer("new", "B", first_on=ago(3)),
        customer("gone", None, last=400, lifecycle="lost", value=None, risk=None),
        customer("maybe", None, lifecycle="potential", value=None, risk=None),
    )


def test_a_contact_is_overdue_once_the_promised_days_are_over(five):
    found = {row["customer_id"]: row for row in listed(five)}
    assert list(next(iter(found.values()))) == list(COLUMNS)
    late = found["late"]
    assert (late["target_days"], late["days_since_contact"], late["days_overdue"]) == (30, 75, 45)
    assert late["due_on"] == date(2026, 5, 16) and late["last_contact_on"] == date(2026, 4, 16)
    assert (late["own_rhythm_days"], late["rhythm_ratio"]) == (10, 7.5)
    assert late["contact_state"] == "overdue" and late["is_due"] is True
    assert late["contact_reason"] == (
        "75 days without contact, where 30 are promised and this customer is used to one every 10."
    )
    # The same silence is within what its tier is promised, and its own rhythm stands beside without moving that.
    patient = found["patient"]
    assert (patient["target_days"], patient["contact_state"], patient["days_overdue"]) == (90, "in_time", None)
    assert "within the 90 promised, but this customer is used to one every 10" in patient["contact_reason"]
    assert found["fresh"]["contact_reason"] == "10 days without contact, within the 30 promised."


def test_what_is_due_is_within_the_days_asked_for(five):
    states = {row["customer_id"]: row["contact_state"] for row in listed(five)}
    assert states == {
        "late": "overdue", "never": "overdue", "due": "due", "fresh": "in_time", "patient": "in_time", "new": "in_time",
    }  # fmt: skip
    # Due on the very day that the promised days end, which is ten days from now.
    assert {row["customer_id"] for row in listed(five, due_within=10, only="due")} == {"late", "never", "due"}
    assert {row["customer_id"] for row in listed(five, due_within=9, only="due")} == {"late", "never"}


def test_one_on_its_last_promised_day_is_due_and_not_overdue():
    engine = scored(customer("today", last=30), customer("yesterday", last=31))
    assert [(row["customer_id"], row["contact_state"], row["days_overdue"]) for row in listed(engine)] == [
        ("yesterday", "overdue", 1), ("today", "due", None),
    ]  # fmt: skip


def test_never_in_contact_is_due_that_long_after_it_came(five):
    found = {row["customer_id"]: row for row in listed(five)}
    assert found["never"]["never_contacted"] is True and found["never"]["days_overdue"] == 40
    assert found["never"]["contact_reason"] == "No contact is on record; at least one every 60 days is promised."
    assert (found["new"]["never_contacted"], found["new"]["contact_state"]) == (True, "in_time")
    assert set(names(listed(five, only="never"))) == {"never", "new"}
    unknown = scored(customer("other", last=1), customer("who", "A"))
    (row,) = (row for row in listed(unknown) if row["customer_id"] == "who")
    assert (row["contact_state"], row["due_on"], row["days_overdue"]) == ("overdue", None, None)


def test_only_customers_of_now_unless_everyone_is_asked_for(five):
    assert not {"gone", "maybe"} & set(names(listed(five)))
    everyone = {row["customer_id"]: row for row in listed(five, everyone=True)}
    assert {"gone", "maybe"} <= set(everyone)
    assert everyone["gone"]["target_days"] == 90 and everyone["gone"]["value_at_risk"] is None


def test_overdue_come_first_then_due_each_by_value_at_risk():
    engine = scored(
        customer("small", last=80, value=10.0), customer("large", last=40, value=1000.0),
        customer("huge_but_due", last=25, value=9000.0), customer("in_time", last=1, value=99000.0),
    )  # fmt: skip
    assert names(listed(engine)) == ["large", "small", "huge_but_due", "in_time"]
    assert names(listed(engine, most=2)) == ["large", "small"]


def test_several_currencies_are_not_ranked_by_money():
    engine = scored(
        customer("dollars", "B", last=100, value=10.0), customer("shekels", "A", last=40, value=1.0, currency="ILS"),
        customer("more", "B", last=70, value=5000.0),
    )  # fmt: skip
    assert names(listed(engine)) == ["shekels", "dollars", "more"]  # by tier, then by days overdue
    (every, *_tiers) = rows(contact_coverage(engine.tables, FILTERS).answer(engine.run))
    assert (every["customers_now"], every["value"], every["currency"]) == (3, None, None)


def test_other_targets_and_a_margin():
    engine = scored(customer("a", last=20), customer("b", "B", last=20), customer("c", "C", last=20))
    found = {row["customer_id"]: row for row in listed(engine, tier_days=(10, 20, 30), margin=0.5)}
    assert [found[name]["contact_state"] for name in "abc"] == ["overdue", "due", "due"]
    assert (found["a"]["value"], found["a"]["value_at_risk"]) == (50.0, 25.0)


def test_fewer_than_three_days_of_contact_make_no_rhythm():
    engine = scored(customer("a", last=20, contact_days=2), customer("b", last=20, contact_days=3))
    assert {row["customer_id"]: row["own_rhythm_days"] for row in listed(engine)} == {"a": None, "b": 10.0}


def test_a_case_counts_as_contact_where_that_is_asked_for():
    engine = scored(
        customer("a", last=75, last_case_on=ago(5)),
        customer("b", last=4, last_case_on=ago(50)),
        customer("c", last_case_on=ago(2)),
    )
    plain = {row["customer_id"]: row for row in listed(engine)}
    assert (plain["a"]["contact_state"], plain["a"]["contact_source"]) == ("overdue", "activity")
    counted = {row["customer_id"]: row for row in listed(engine, counts_cases=True)}
    assert (counted["a"]["days_since_contact"], counted["a"]["contact_source"]) == (5, "case")
    assert (counted["b"]["days_since_contact"], counted["b"]["contact_source"]) == (4, "activity")
    assert counted["c"]["never_contacted"] is False


def test_without_any_activity_the_last_one_of_customers_and_deals_serves():
    engine = scored(customer("a", first_on=ago(300)), customer("b"), customer("c"))
    engine._database.execute("UPDATE customers SET last_activity_at = TIMESTAMP '2026-06-20' WHERE customer_id = 'a'")
    engine._database.execute("UPDATE customers SET last_activity_at = TIMESTAMP '2026-07-20' WHERE customer_id = 'c'")
    engine._database.execute(
        "INSERT INTO deals BY NAME SELECT 'd' AS deal_id, 'b' AS customer_id, TIMESTAMP '2026-05-01' AS last_activity_at"
    )
    found = {row["customer_id"]: row for row in listed(engine)}
    assert (found["a"]["contact_source"], found["a"]["days_since_contact"]) == ("last_activity", 10)
    assert (found["b"]["contact_source"], found["b"]["days_overdue"]) == ("last_activity", 30)
    assert found["c"]["never_contacted"] is True  # what happens after the as-of date is not known yet


def test_where_activities_are_known_a_note_in_the_file_of_customers_is_no_contact():
    engine = scored(customer("a", last=60), customer("b", first_on=ago(60)))
    engine._database.execute("UPDATE customers SET last_activity_at = TIMESTAMP '2026-06-29'")
    assert {row["customer_id"]: row["contact_state"] for row in listed(engine)} == {"a": "overdue", "b": "overdue"}


def test_the_next_planned_contact_is_said():
    activities = {
        "activity_id": ["1", "2", "3", "4"], "customer_id": ["a", "a", "a", "b"],
        "activity_type": ["Call", "Task", "Call", "Call"], "is_done": [False, False, False, True],
        "planned_on": [date(2026, 7, 9), date(2026, 7, 1), date(2026, 6, 1), date(2026, 7, 2)],
    }  # fmt: skip
    deals = {"deal_id": ["d", "e"], "customer_id": ["c", "c"], "status": ["open", "won"],
             "next_activity_on": [date(2026, 7, 4), date(2026, 7, 3)]}  # fmt: skip
    engine = scored(*(customer(name, last=75) for name in "abc"), activities=activities, deals=deals)
    planned = {row["customer_id"]: row["planned_contact_on"] for row in listed(engine)}
    assert planned == {"a": date(2026, 7, 9), "b": None, "c": date(2026, 7, 4)}


def test_filters_and_owners_choose(five):
    ann = replace(FILTERS, where=(Choice(find("owner", five.tables, "customers"), ("Ann",)),))
    assert names(listed(five, ann)) == ["late", "never"]
    assert names(listed(five, owner="Ann")) == ["late", "never"]
    assert set(names(listed(five, owner=""))) == {"due", "fresh", "patient", "new"}
    assert names(listed(five, tier="C")) == ["patient"]


def test_a_later_as_of_date_makes_contacts_older():
    filters = Filters(date(2026, 12, 31))
    engine = scored(customer("a", last=1), filters=filters)
    (row,) = listed(engine, filters)
    assert row["days_since_contact"] == 185 and row["days_overdue"] == 155


def test_coverage_adds_up_and_compares_owners():
    made = [
        customer(f"{owner}{n}", "AB"[n % 2], last=5 if n < kept else 100, owner=owner)
        for owner, kept in (("Ann", 36), ("Bob", 8))
        for n in range(40)
    ]
    made += [customer(f"x{n}", None, last=1, owner=None) for n in range(5)]
    engine = scored(*made)
    every, a, b = rows(contact_coverage(engine.tables, FILTERS).answer(engine.run))
    assert (every["tier"], a["tier"], b["tier"]) == (None, "A", "B")
    assert (every["customers_now"], every["in_time"], every["overdue"]) == (85, 49, 36)
    assert a["customers_now"] + b["customers_now"] + 5 == 85
    assert every["in_time_share"] == 49 / 85
    assert (every["in_time_low"], every["in_time_high"]) == wilson(49 / 85, 85)
    assert (every["value_overdue"], every["risk_overdue"], every["value"]) == (3600.0, 1800.0, 8500.0)
    by = find("owner", engine.tables, "customers")
    found = rows(contact_coverage(engine.tables, FILTERS, by).answer(engine.run))
    ann, bob, none = (row for row in found if row["tier"] is None)
    assert (ann["owner"], bob["owner"], none["owner"]) == ("Ann", "Bob", None)
    assert (ann["in_time"], bob["in_time"], none["in_time"]) == (36, 8, 5)
    assert ann["q_value"] < 0.05 and bob["q_value"] < 0.05 and none["q_value"] is None  # five are too few to test
    assert ann["tests"] == 2


def test_coming_weeks():
    engine = scored(
        customer("week1", last=29), customer("week1_too", last=23), customer("week2", last=22),
        customer("late", last=31), customer("today", last=30), customer("far", "C", last=0),
        activities={"activity_id": ["1"], "customer_id": ["week2"], "is_done": [False], "planned_on": [date(2026, 7, 3)]},
    )  # fmt: skip
    found = rows(contact_breaches(engine.tables, FILTERS).answer(engine.run))
    assert len(found) == 12
    first, second = found[:2]
    assert (first["starts_on"], first["ends_on"]) == (date(2026, 7, 1), date(2026, 7, 7))
    assert (first["due_soon"], second["due_soon"], second["planned_contacts"]) == (2, 1, 1)
    assert (first["value"], first["value_at_risk"], first["currency"]) == (200.0, 100.0, "USD")
    assert sum(row["due_soon"] for row in found) == 3  # 90 days from now is in the thirteenth week


# what counts as a contact


def test_what_reaches_a_customer():
    at = datetime(2026, 6, 1)
    activities = [
        ("call", "c", None, "Call", at, True), ("dates only", "c", None, None, at, None), ("planned", "c", None, "Call", None, False),
        ("not done", "c", None, "Call", at, False), ("later", "c", None, "Call", datetime(2026, 7, 2), True),
        ("task", "c", None, "Task", at, True), ("note", "c", None, "הערה", at, True), ("of a deal", None, "d", "Meeting", at, True),
        ("nobody's", None, None, "Call", at, True),
    ]  # fmt: skip
    columns = ("activity_id", "customer_id", "deal_id", "activity_type", "happened_at", "is_done")
    engine = Engine.in_memory({
        "deals": {"deal_id": ["d"], "customer_id": ["c"], "contact_id": ["p"]},
        "activities": {name: [row[place] for row in activities] for place, name in enumerate(columns)},
    })  # fmt: skip
    met = contacts.of_customers(engine.tables, contacts.done(engine.tables, FILTERS))
    found = {row["activity_id"]: row for row in rows(engine.run(met))}
    assert set(found) == {"call", "dates only", "of a deal"}
    assert (found["of a deal"]["customer_id"], found["of a deal"]["contact_id"]) == ("c", "p")
    assert engine.run(contacts.touches(engine.tables, FILTERS).count().name("n").as_table())["n"].iloc[0] == 3


# against plain SQL, on customers with every kind of trouble


def test_the_same_by_hand(root):
    draw = np.random.default_rng(7)
    made = []
    for n in range(400):
        last = None if draw.random() < 0.15 else int(draw.integers(0, 200))
        value = None if draw.random() < 0.1 else float(draw.integers(1, 500))
        made.append(customer(
            f"{n:04}", draw.choice(np.array(["A", "B", "C", None], dtype=object)), last, value=value, risk=None if value is None else 0.25,
            lifecycle=str(draw.choice(["core", "lost", "potential", "defecting"])), contact_days=int(draw.integers(0, 6)) if last else 0,
            first_on=None if draw.random() < 0.3 else ago(int(draw.integers(0, 900))), owner=str(draw.choice(["Ann", "Bob"])),
            last_case_on=None if draw.random() < 0.7 else ago(int(draw.integers(0, 200))),
        ))  # fmt: skip
    engine = scored(*made)
    sql = (root / "tests/sql/contact_programme.sql").read_text("utf-8")
    from analytics.customers import scores

    sql = sql.replace("the_scores", scores.name(FILTERS))
    for counts_cases in (False, True):
        by_hand = rows(engine.query(sql, {"as_of": AS_OF, "counts_cases": counts_cases}))
        found = listed(engine, counts_cases=counts_cases)
        assert names(found) == [row["customer_id"] for row in by_hand]
        assert {row["contact_state"] for row in found} == set(STATES)
        for row, expected in zip(found, by_hand, strict=True):
            for name in ("target_days", "days_since_contact", "days_overdue", "contact_state", "own_rhythm_days"):
                assert row[name] == expected[name], (row["customer_id"], name)
