"""On whom of ours, and on which single contacts, the customers' value rests."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from analytics.customers.rep_dependency import (
    AT_STAKE,
    COLUMNS,
    SINGLE,
    if_leaves,
    leavers,
    rep_dependency,
    single_contacts,
    single_totals,
)
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from tests.analytics.scored import AS_OF, scored

END = Filters(AS_OF)
ORDERS = {"customer_id": ["C001", "C002"], "amount": [1.0, 1.0], "ordered_at": [datetime(2026, 1, 1)] * 2}
FOUR = (
    {"owner": "Ann", "value": 100.0, "risk": 0.4, "revenue_12m": 50.0, "contacts": 1},
    {"owner": "Ann; Ben", "value": 80.0, "risk": 0.0, "revenue_12m": 70.0, "contacts": 2, "people_met": 1},
    {"owner": None, "value": 20.0, "risk": 0.5, "revenue_12m": 30.0},
    {"owner": "Ben", "value": 900.0, "risk": 1.0, "lifecycle": "lost", "revenue_12m": 9.0},
)


def by_owner(engine, filters=END, **options):
    return {row["owner"]: row for row in rows(rep_dependency(engine.tables, filters, **options).answer(engine.run))}


def people(*pairs):
    """Contacts: number and customer."""
    return {
        "contact_id": [number for number, _of in pairs], "customer_id": [of for _number, of in pairs],
        "contact_name": [f"Person {number}" for number, _of in pairs],
    }  # fmt: skip


def met(*calls):
    """Calls: customer, contact, owner, days before the as-of date."""
    return pd.DataFrame(
        [(of, contact, owner, datetime(2026, 6, 30, 9) - timedelta(days=ago), "call", True) for of, contact, owner, ago in calls],
        columns=["customer_id", "contact_id", "owner", "happened_at", "activity_type", "is_done"],
    )  # fmt: skip


def open_deals(*deals, won=0, lost=0):
    """Open deals (customer, owner, amount), and closed ones of 10 each."""
    found = [(of, owner, amount, "open") for of, owner, amount in deals]
    found += [(None, "Ann", 10.0, "won")] * won + [(None, "Ann", 10.0, "lost")] * lost
    frame = pd.DataFrame(found, columns=["customer_id", "owner", "amount", "status"])
    closed = [pd.NaT if status == "open" else datetime(2026, 2, 1) for status in frame["status"]]
    return frame.assign(deal_id=[str(n) for n in range(len(frame))], created_at=datetime(2026, 1, 1), closed_at=closed)


def test_by_eye():
    found = by_owner(scored(*FOUR, orders=ORDERS))
    ann, ben, nobody = (found[name] for name in ("Ann", "Ben", None))
    assert list(ann) == list(COLUMNS)
    # 60 of the first, half of 80 each; the lost one counts for nobody.
    assert (ann["held"], ben["held"], nobody["held"]) == (100, 40, 10)
    assert (ann["held_share"], ben["held_share"], nobody["held_share"]) == (100 / 140, 40 / 140, None)
    assert ann["held_share"] + ben["held_share"] == pytest.approx(1)
    assert (ann["customers_held"], ben["customers_held"], ann["one_contact"], ann["one_contact_held"]) == (2, 1, 1, 60)
    assert (ann["revenue_12m"], ann["even_share"], ann["owners_holding"], ann["held_by_nobody"]) == (85, 0.5, 2, 10)
    assert (ann["handover_low"], ann["handover_high"]) == (pytest.approx(10), pytest.approx(30))
    assert ann["hhi"] == pytest.approx((100 / 140) ** 2 + (40 / 140) ** 2) and ann["low"] is None


def test_the_handover_is_an_assumption_to_give():
    ann = by_owner(scored(*FOUR, orders=ORDERS), handover=(0.0, 1.0))["Ann"]
    assert (ann["handover_low"], ann["handover_high"]) == (0, 100)


def test_open_deals_count_at_the_win_rate_by_their_own_owner():
    deals = open_deals(("C001", "Cy", 400.0), ("C001", "Ann", 100.0), won=10, lost=30)
    found = by_owner(scored(*FOUR, orders=ORDERS, deals=deals))
    assert found["Cy"]["win_rate_open"] == 0.25
    assert (found["Cy"]["open_amount"], found["Cy"]["held"], found["Cy"]["expected"]) == (400, 100, 0)
    assert found["Ann"]["held"] == 100 + 25
    named = [row["held_share"] for name, row in found.items() if name]
    assert sum(named) == pytest.approx(1)


def test_without_a_win_rate_open_deals_are_told_and_not_counted():
    found = by_owner(scored(*FOUR, orders=ORDERS, deals=open_deals(("C001", "Cy", 400.0), won=1)))
    assert (found["Cy"]["open_amount"], found["Cy"]["held"], found["Cy"]["win_rate_open"]) == (400, 0, None)


def test_where_purchases_are_won_deals_open_ones_are_not_counted_twice():
    deals = open_deals(("C001", "Cy", 400.0), ("C005", "Cy", 40.0), won=10, lost=30)
    deals.loc[deals["status"] == "won", "customer_id"] = "C001"
    who = {"owner": "Dov", "lifecycle": "potential", "purchases": 0}
    found = by_owner(scored(*FOUR, who, deals=deals))
    assert (found["Cy"]["open_amount"], found["Cy"]["held"]) == (440, 10)


def test_each_currency_is_apart():
    found = rows(
        rep_dependency(
            (engine := scored(FOUR[0], FOUR[0] | {"currency": "EUR", "owner": "Eve"}, orders=ORDERS)).tables, END
        ).answer(engine.run)
    )
    assert {(row["owner"], row["currency"]): row["held_share"] for row in found} == {
        ("Ann", "USD"): 1,
        ("Eve", "EUR"): 1,
    }


def test_everything_rests_on_one_or_on_nobody():
    (row,) = by_owner(scored(FOUR[0], orders=ORDERS)).values()
    assert (row["held_share"], row["hhi"], row["effective"], row["concentration_band"]) == (1, 1, 1, "high")
    (row,) = by_owner(scored(FOUR[2], orders=ORDERS)).values()
    assert (row["owner"], row["held_share"], row["hhi"], row["held"]) == (None, None, None, 10)


def test_only_lost_customers():
    assert by_owner(scored(FOUR[3], orders=ORDERS)) == {}


def test_filters_choose_customers():
    engine = scored(*FOUR, orders=ORDERS)
    filters = Filters(AS_OF, where=(Choice(find("customer_id", engine.tables, "customers"), ("C002",)),))
    assert {name: row["held_share"] for name, row in by_owner(engine, filters).items()} == {"Ann": 0.5, "Ben": 0.5}


def test_the_interval_of_a_share_needs_thirty_customers_and_holds_it():
    many = [{"owner": ("Ann", "Ben", "Cy")[n % 3], "value": 10.0 + n % 7, "risk": 0.1} for n in range(40)]
    for row in by_owner(scored(*many, orders=ORDERS)).values():
        assert 0 < row["low"] < row["held_share"] < row["high"] < 1


# single contacts

CALLS = met(
    ("C001", "p1", "Ann", 10), ("C001", "p1", "Ann", 20), ("C002", "p2", "Ann", 5), ("C002", "p3", "Ben", 400),
    ("C003", "p4", "Ann", 5), ("C003", "p5", "Ben", 5),
)  # fmt: skip
FILE = people(("p1", "C001"), ("p2", "C002"), ("p3", "C002"), ("p4", "C003"), ("p5", "C003"))
THREE = (
    {"owner": "Ann", "value": 100.0, "risk": 0.4, "contacts": 1, "people_met": 1},
    {"owner": "Ben", "value": 90.0, "risk": 0.0, "contacts": 2, "people_met": 1},
    {"owner": "Ben", "value": 80.0, "risk": 0.0, "contacts": 2, "people_met": 2},
)


def test_who_rests_on_one_person():
    engine = scored(*THREE, orders=ORDERS, contacts=FILE, activities=CALLS)
    found = single_contacts(engine.tables, END).answer(engine.run)
    assert list(found.columns) == list(SINGLE)
    told = rows(found)
    assert [(row["customer_id"], row["rests_on"], row["contact_name"]) for row in told] == [
        ("C002", ["one_contact_met", "one_of_us"], "Person p2"),
        ("C001", ["one_contact_known", "one_of_us"], "Person p1"),
    ]
    assert (told[1]["handover_low"], told[1]["handover_high"]) == (pytest.approx(6), pytest.approx(18))
    sums = {row["rests_on"]: row for row in rows(single_totals(engine.tables, END).answer(engine.run))}
    assert {name: row["customers_resting"] for name, row in sums.items()} == {
        "one_contact_known": 1, "one_contact_met": 1, "one_of_us": 2, "any_contact": 2,
    }  # fmt: skip
    assert sums["any_contact"]["resting_share"] == pytest.approx(150 / 230)


def test_without_contacts_nobody_rests_on_one():
    engine = scored(*FOUR[2:], orders=ORDERS)
    assert not len(single_contacts(engine.tables, END).answer(engine.run))
    assert set(single_totals(engine.tables, END).answer(engine.run)["customers_resting"]) == {0}


# who leaves


def stakes(engine, leaver, name, **options):
    return rows(if_leaves(engine.tables, END, leaver, name, **options).answer(engine.run))


def test_if_an_owner_leaves():
    engine = scored(*FOUR, orders=ORDERS)
    found = stakes(engine, "owner", "Ann")
    assert [(row["customer_id"], row["held_part"], row["held"]) for row in found] == [
        ("C001", 1, 60),
        ("C002", 0.5, 40),
    ]
    assert list(found[0]) == list(AT_STAKE)
    whole = by_owner(engine)["Ann"]
    assert sum(row["handover_high"] for row in found) == pytest.approx(whole["handover_high"])
    assert [row["customer_id"] for row in stakes(engine, "owner", "")] == ["C003"]
    assert len(stakes(engine, "owner", "Ann", most=1)) == 1 and not stakes(engine, "owner", "Nobody")


def test_if_a_customer_leaves_it_takes_its_value():
    engine = scored(FOUR[0] | {"value_low": 70.0, "value_high": 150.0}, FOUR[3], orders=ORDERS)
    (row,) = stakes(engine, "customer", "C001")
    assert (row["held"], row["handover_low"], row["handover_high"]) == (100, 70, 150)
    assert not stakes(engine, "customer", "C002")  # it has left already


def test_if_a_contact_leaves_the_others_stay():
    engine = scored(*THREE, orders=ORDERS, contacts=FILE, activities=CALLS)
    (row,) = stakes(engine, "contact", "p4")
    assert (row["customer_id"], row["held_part"], row["contacts"]) == ("C003", 0.5, 2)
    assert (row["handover_low"], row["handover_high"]) == (pytest.approx(4), pytest.approx(12))


def test_who_may_leave_is_listed_by_what_is_expected():
    engine = scored(*THREE, orders=ORDERS, contacts=FILE, activities=CALLS)
    assert list(engine.run(leavers(engine.tables, END, "customer"))["code"]) == ["C002", "C003", "C001"]
    found = engine.run(leavers(engine.tables, END, "contact"))
    assert found["code"].iloc[0] == "p1" and found["name"].iloc[0] == "Person p1 · Customer C001"
