"""One customer: which is meant, what is told of it, and what happened with it when."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from analytics.customers import scores
from analytics.customers.customer_card import (
    COLUMNS,
    customer_card,
    customer_contacts,
    customer_open_deals,
    customer_row,
    stage_said,
)
from analytics.customers.one_customer import search
from analytics.customers.timeline import customer_changes, customer_timeline, events
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import AS_OF, scored

FILTERS = Filters(AS_OF)


def at(month, day, hour=12):
    return datetime(2026, month, day, hour)


def answer(question, engine):
    return rows(question.answer(engine.run))


TABLES: dict[str, Any] = {
    "deals": {
        "deal_id": ["won", "lost", "open", "other", "tomorrow"], "deal_name": ["Won deal", None, "Open deal", "Other", "Later"],
        "customer_id": ["007", "007", "007", "7", "007"], "owner": ["Ann"] * 5, "contact_id": ["p1", None, None, None, None],
        "status": ["won", "lost", "open", "won", "open"], "stage": ["Won", "Lost", "Demo", "Won", "Demo"],
        "lost_reason": [None, "Price", None, None, None], "amount": [100.0, 50.0, 70.0, 9.0, 1.0], "currency": ["USD"] * 5,
        "created_at": [at(1, 5), at(2, 1), at(6, 1), at(1, 1), at(7, 1)], "closed_at": [at(2, 5), at(7, 5), None, at(1, 2), None],
    },
    "orders": {
        "order_id": ["o1", "o1", "o2", "o3"], "customer_id": ["007"] * 4, "product": ["Scanner", "Stand", "Scanner", None],
        "ordered_at": [at(2, 6, 8), at(2, 6, 9), at(6, 20), at(7, 2)], "amount": [80.0, 20.0, -30.0, 5.0], "currency": ["USD"] * 4,
    },
    "activities": {
        "activity_id": ["a", "b", "c", "d"], "customer_id": ["007", None, "007", "007"], "deal_id": [None, "won", None, None],
        "activity_type": ["Call", "Meeting", "Task", "Call"], "subject": ["Hello", "Demo", "Write offer", "Planned"],
        "contact_id": ["p1", None, None, None], "owner": ["Ann", "Ann", "Ann", "Ann"], "is_done": [True, True, True, False],
        "happened_at": [at(6, 10), at(1, 20), at(6, 11), None], "planned_on": [None, None, None, date(2026, 7, 9)],
    },
    "contacts": {
        "contact_id": ["p1", "p2", "p3"], "contact_name": ["Pat", "Sam", "Zoe"], "title": ["Buyer", None, None],
        "customer_id": ["007", "007", "7"],
    },
    "cases": {
        "case_id": ["c1", "c2"], "customer_id": ["007", "007"], "subject": ["Broken", "Late"], "opened_at": [at(3, 1), at(6, 25)],
        "closed_at": [at(3, 4), at(7, 4)],
    },
    "survey_responses": {
        "response_id": ["s1", "s2"], "customer_id": ["007", "007"], "answered_at": [at(3, 20), at(6, 3)], "score": [9.0, 4.0],
        "respondent": ["Pat", "Pat"], "comment": [None, "<b>too slow</b>"],
    },
    "subscriptions": {
        "subscription_id": ["k"], "customer_id": ["007"], "product": ["Service"], "started_on": [date(2026, 1, 1)],
        "ended_on": [date(2026, 12, 31)], "monthly_revenue": [10.0],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    bond = {"customer_id": "007", "customer": "Bond", "owner": "Ann", "value": 1000.0, "risk": 0.4, "revenue": 170.0,
            "value_low": 800.0, "value_high": 1300.0, "none_chance": 0.3, "likely_low": 50.0, "likely_high": 900.0, "tier": "A",
            "first_on": date(2026, 2, 5), "last_on": date(2026, 2, 6)}  # fmt: skip
    seven = {"customer_id": "7", "customer": "Seven", "owner": "Bob", "value": 10.0, "risk": 0.1, "tier": "C"}
    gone = {"customer_id": "g", "customer": "Gone", "lifecycle": "lost", "value": 400.0, "risk": 1.0}
    twins = [{"customer_id": f"t{n}", "customer": "Twin", "value": 5.0, "risk": 0.1} for n in (1, 2)]
    maybe = {"customer_id": "m", "customer": "Maybe", "lifecycle": "potential", "purchases": 0}
    return scored(bond, seven, gone, *twins, maybe, **TABLES)


# which is meant


def test_a_customer_is_asked_for_by_number_or_by_name(engine):
    def number(asked):
        found = answer(customer_card(engine.tables, FILTERS, asked), engine)
        return next(row["said"] for row in found if row["fact"] == "customer_id")

    assert (number("007"), number("7"), number("bond"), number(" Seven ")) == ("007", "7", "007", "7")


@pytest.mark.parametrize(
    "metric", [customer_card, customer_timeline, customer_changes, customer_contacts, customer_open_deals]
)
def test_an_unknown_one_is_refused_with_the_nearest(engine, metric):
    with pytest.raises(RequestProblem) as refused:
        metric(engine.tables, FILTERS, "Bnod").answer(engine.run)
    assert 'no customer called "Bnod"' in str(refused.value) and "Bond (007)" in str(refused.value)
    with pytest.raises(RequestProblem, match="Ask for one by its number: t1, t2"):
        metric(engine.tables, FILTERS, "twin").answer(engine.run)


def test_search_finds_parts_of_names_and_numbers_those_that_begin_with_it_first(engine):
    def found(text, most=50):
        return [row["customer_id"] for row in rows(engine.run(search(scores.every(FILTERS), text, most)))]

    assert found("7") == ["7", "007"]
    assert found("ON") == ["007", "g"]
    assert found("nobody") == [] and found("%") == []
    assert found("") == ["007", "g", "m", "7", "t1", "t2"] and found("", 2) == ["007", "g"]


def test_filters_do_not_hide_a_customer_that_is_asked_for(engine):
    bobs = replace(FILTERS, where=(Choice(find("owner", engine.tables, "customers"), ("Bob",)),))
    assert len(answer(customer_row(engine.tables, bobs, "007"), engine)) == 1
    assert answer(customer_row(engine.tables, bobs, "nobody"), engine) == []


# the facts


def test_the_card_tells_what_is_known_with_its_range(engine):
    found = {row["fact"]: row for row in answer(customer_card(engine.tables, FILTERS, "007"), engine)}
    assert list(found["value"]) == list(COLUMNS)
    assert (found["value"]["value"], found["value"]["low_80"], found["value"]["high_80"]) == (1000.0, 800.0, 1300.0)
    assert (found["value"]["unit"], found["value"]["currency"], found["value"]["records"]) == ("money", "USD", 5)
    assert found["value_at_risk"]["value"] == 400.0 and found["risk"]["value"] == 0.4
    assert (found["none_chance"]["value"], found["if_anything"]["low_80"], found["if_anything"]["high_80"]) == (
        0.3,
        50.0,
        900.0,
    )
    assert found["quadrant"]["said"] == "protect" and found["tier"]["said"] == "A"
    assert found["lifecycle"]["said"] == "A regular customer since 2026-02-05."
    assert found["first_on"]["said"] == "2026-02-05"
    assert "segment" not in found and "gap_days" not in found  # unknown


def test_one_that_is_lost_has_nothing_at_risk_and_one_that_never_bought_no_value(engine):
    lost = {row["fact"]: row for row in answer(customer_card(engine.tables, FILTERS, "g"), engine)}
    assert not {"value_at_risk", "expected", "quadrant"} & set(lost)
    assert lost["play"]["said"] == "win_back"
    maybe = {row["fact"]: row for row in answer(customer_card(engine.tables, FILTERS, "m"), engine)}
    assert maybe["lifecycle"]["said"] == "May become a customer: it has not bought yet."
    assert not {"value", "risk", "value_at_risk", "quadrant", "play"} & set(maybe)


BUYER = {"tenure_months": None, "ends_on": None, "first_on": date(2025, 1, 1), "last_on": date(2026, 1, 1), "purchases": 4,
         "gap_warning_days": 59.5, "gap_limit_days": 120.0}  # fmt: skip
CONTRACT = BUYER | {"tenure_months": 14.2, "last_on": None, "purchases": 1}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (BUYER | {"lifecycle": "core"}, "A regular customer since 2025-01-01."),
        (BUYER | {"lifecycle": "core", "first_on": None}, "A regular customer."),
        (BUYER | {"lifecycle": "first_time"}, "New: it bought once, on 2025-01-01."),
        (BUYER | {"lifecycle": "defecting"}, "Drifting away: silent for longer than is usual since 2026-03-02."),
        (
            BUYER | {"lifecycle": "defecting", "gap_warning_days": 400.0},
            "Drifting away: by how it bought, it may well have left.",
        ),
        (BUYER | {"lifecycle": "defecting", "purchases": 1}, "Bought once, on 2025-01-01, and has not come back yet."),
        (BUYER | {"lifecycle": "lost"}, "Lost: silent for so long that it has counted as lost since 2026-05-02."),
        (BUYER | {"lifecycle": "lost", "gap_limit_days": 900.0}, "Lost: by how it bought, it has most probably left."),
        (
            BUYER | {"lifecycle": "returned"},
            "Came back: it was silent for so long that it counted as lost, and bought again.",
        ),
        (CONTRACT | {"lifecycle": "core"}, "Under contract since 2025-01-01."),
        (CONTRACT | {"lifecycle": "core", "first_on": None}, "Under contract for 14 months."),
        (
            CONTRACT | {"lifecycle": "defecting", "ends_on": date(2026, 8, 1)},
            "At stake: its contract ends on 2026-08-01 and is not signed again.",
        ),
        (CONTRACT | {"lifecycle": "lost", "last_on": date(2026, 4, 1)}, "Lost: its contract ended on 2026-04-01."),
        (CONTRACT | {"lifecycle": "lost"}, "Lost: it has left."),
        (CONTRACT | {"lifecycle": "returned"}, "Came back: it signed again after a time without a contract."),
    ],
)
def test_the_stage_is_said_with_since_when(row, said):
    assert str(stage_said(row, AS_OF)) == said


# what happened


def test_everything_until_the_as_of_date_the_newest_first(engine):
    found = answer(customer_timeline(engine.tables, FILTERS, "007"), engine)
    assert [(row["day"], row["event"], row["event_id"]) for row in found] == [
        (date(2026, 6, 25), "case_opened", "c2"),
        (date(2026, 6, 20), "return", "o2"),
        (date(2026, 6, 10), "contact", "a"),
        (date(2026, 6, 3), "survey_answer", "s2"),
        (date(2026, 6, 1), "deal_created", "open"),
        (date(2026, 3, 20), "survey_answer", "s1"),
        (date(2026, 3, 4), "case_closed", "c1"),
        (date(2026, 3, 1), "case_opened", "c1"),
        (date(2026, 2, 6), "order", "o1"),
        (date(2026, 2, 5), "deal_won", "won"),
        (date(2026, 2, 1), "deal_created", "lost"),  # lost in July only: at the as-of date it is open
        (date(2026, 1, 20), "contact", "b"),
        (date(2026, 1, 5), "deal_created", "won"),
        (date(2026, 1, 1), "contract_started", "k"),
    ]
    by = {(row["event"], row["event_id"]): row for row in found}
    assert (by["order", "o1"]["amount"], by["order", "o1"]["what"]) == (100.0, "o1")  # two products: its number
    assert (by["return", "o2"]["amount"], by["return", "o2"]["what"]) == (-30.0, "Scanner")
    call = by["contact", "a"]
    assert (call["what"], call["detail"], call["who"], call["contact_name"]) == ("Hello", "Call", "Ann", "Pat")
    assert by["contact", "b"]["contact_name"] == "Pat"  # the deal's
    assert (by["survey_answer", "s2"]["score"], by["survey_answer", "s2"]["what"]) == (4.0, "<b>too slow</b>")
    assert by["deal_created", "lost"]["what"] == "lost"  # without a name its number
    assert [row["event_id"] for row in answer(customer_timeline(engine.tables, FILTERS, "007", most=2), engine)] == [
        "c2",
        "o2",
    ]


def test_a_later_as_of_date_knows_more(engine):
    found = answer(customer_timeline(engine.tables, Filters(date(2027, 1, 31)), "007", is_number=True), engine)
    assert {"deal_lost", "contract_ended"} <= {row["event"] for row in found}
    lost = next(row for row in found if row["event"] == "deal_lost")
    assert (lost["day"], lost["detail"]) == (date(2026, 7, 5), "Price")


def test_every_event_is_of_one_customer_and_a_day_is_where_the_workspace_is(engine):
    assert [row["event_id"] for row in answer(customer_timeline(engine.tables, FILTERS, "7"), engine)] == [
        "other",
        "other",
    ]
    late = Engine.in_memory({"customers": {"customer_id": ["1"], "customer_name": ["A"]}, "orders": {"customer_id": ["1"], "ordered_at": [at(6, 1, 23)], "amount": [1.0]}})  # fmt: skip
    (row,) = answer(customer_timeline(late.tables, Filters(AS_OF, time_zone="Asia/Jerusalem"), "1"), late)
    assert row["day"] == date(2026, 6, 2)


def test_no_event_is_lost_or_counted_twice(engine):
    """The parts of the time line add up to the rows of the tables, as of a day after all of them."""
    late = Filters(date(2027, 12, 31))
    found = engine.run(events(engine.tables, late, "007"))["event"].value_counts().to_dict()
    assert found == {
        "deal_created": 4, "deal_won": 1, "deal_lost": 1, "order": 2, "return": 1, "contact": 2, "case_opened": 2, "case_closed": 2,
        "survey_answer": 2, "contract_started": 1, "contract_ended": 1,
    }  # fmt: skip


def test_ninety_days_against_the_ninety_before(engine):
    found = {row["event"]: row for row in answer(customer_changes(engine.tables, FILTERS, "007"), engine)}
    # The last ninety days begin on 2 April, those before on 2 January.
    assert (found["order"]["recent"], found["order"]["earlier_count"], found["order"]["money_before"]) == (0, 1, 100.0)
    assert (found["return"]["recent"], found["return"]["money_recent"]) == (1, -30.0)
    assert (found["contact"]["recent"], found["contact"]["earlier_count"]) == (1, 1)
    assert (found["survey_answer"]["score_recent"], found["survey_answer"]["score_before"]) == (4.0, 9.0)
    assert (found["case_opened"]["recent"], found["case_opened"]["earlier_count"]) == (1, 1)
    assert "contract_started" not in found  # before both
    edges = {row["event"]: row for row in answer(customer_changes(engine.tables, FILTERS, "007", days=10), engine)}
    first = AS_OF - timedelta(days=9)
    assert first == date(2026, 6, 21)
    assert set(edges) == {"case_opened", "return"} and edges["return"]["earlier_count"] == 1


# who and which deals


def test_contacts_on_file_and_met(engine):
    pat, sam = answer(customer_contacts(engine.tables, FILTERS, "007"), engine)
    assert (pat["contact_name"], pat["job_title"], pat["last_met_on"], pat["meetings"]) == (
        "Pat",
        "Buyer",
        date(2026, 6, 10),
        2,
    )
    assert (sam["contact_name"], sam["last_met_on"], sam["meetings"]) == ("Sam", None, 0)


def test_open_deals_as_of_the_day(engine):
    first, second = answer(customer_open_deals(engine.tables, FILTERS, "007"), engine)
    assert (first["deal_id"], first["age_days"], first["stage"]) == ("open", 29, "Demo")
    assert second["deal_id"] == "lost"  # not lost yet
