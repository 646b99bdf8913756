"""Who says nothing, what is at risk there, and what follows silence."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import wilson
from analytics.nps.silence_follows import silence_follows
from analytics.nps.silent import COLUMNS, SILENCES, TOTAL_COLUMNS, silence, silent_accounts
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from data.schema import Header
from tests.analytics import nps_asked
from tests.analytics.nps_asked import AS_OF, at, invited, replied
from tests.analytics.scored import scored

FILTERS = Filters(AS_OF)


def survey(asked, came) -> dict[str, Any]:
    """Both tables, to be given beside other options or tables."""
    return nps_asked.survey(asked, came)


def customer(name, contact=5, **said):
    """A customer of tier A last in contact so many days ago, with 100 of value and half of it at risk."""
    known = (
        {} if contact is None else {"last_contact_on": at(contact).date(), "contact_days": 5, "contact_gap_days": 10.0}
    )
    return (
        {"customer_id": name, "customer": name, "tier": "A", "value": 100.0, "risk": 0.5, "revenue_12m": 10.0}
        | known
        | said
    )


def listed(engine, filters=FILTERS, **options):
    return rows(silent_accounts(engine.tables, filters, **options).answer(engine.run))


def totals(engine, filters=FILTERS, by=None):
    return rows(silence(engine.tables, filters, by).answer(engine.run))


ASKED = [
    invited("never", 90), invited("never", 40), invited("heard", 90), invited("old", 500), invited("old_asked", 500), invited("old_asked", 50),
    invited("waiting", 10), invited("bounced", 90, is_delivered=False), invited("gone", 90),
]  # fmt: skip
CAME = [replied("heard", 80), replied("old", 480), replied("old_asked", 480)]
NAMES = ("never", "heard", "old", "old_asked", "waiting", "bounced", "unasked")


@pytest.fixture(scope="module")
def seven():
    known = [customer(name, 75 if name == "old" else 5) for name in NAMES]
    known += [customer("gone", lifecycle="lost"), customer("maybe", lifecycle="potential")]
    return scored(*known, **survey(ASKED, CAME))


def test_every_kind_of_silence(seven):
    found = {row["customer_id"]: row for row in listed(seven)}
    assert list(next(iter(found.values()))) == list(COLUMNS)
    assert {name: row["silence"] for name, row in found.items()} == {
        "never": "never_answered", "old": "long_ago", "old_asked": "long_ago", "bounced": "never_asked", "unasked": "never_asked",
    }  # fmt: skip
    assert (found["never"]["times_asked"], found["never"]["last_asked_on"]) == (2, at(40).date())
    assert (found["old"]["days_silent"], found["old"]["times_answered"]) == (480, 1)
    assert found["never"]["silence_reason"] == "Asked 2 times, last on 2026-05-21, and never answered."
    assert found["old"]["silence_reason"] == "Last answer 480 days ago. Not asked since."
    assert found["old_asked"]["silence_reason"] == "Last answer 480 days ago. Asked again on 2026-05-11."
    assert found["bounced"]["silence_reason"] == "Was never asked."


def test_a_year_is_the_line():
    made = scored(customer("A"), customer("B"), **survey([invited("A", 400)], [replied("A", 365), replied("B", 364)]))
    assert [row["customer_id"] for row in listed(made)] == ["A"]


def test_who_is_out_of_contact_comes_first_then_value_at_risk():
    known = [
        customer("near", value=900.0),
        customer("far", 75, value=10.0),
        customer("far_rich", 75, value=20.0),
        customer("far_unknown", None, value=None),
    ]
    made = scored(*known, **survey([invited(row["customer_id"], 90) for row in known], []))
    found = listed(made)
    assert [row["customer_id"] for row in found] == ["far_rich", "far", "far_unknown", "near"]
    assert [row["is_out_of_contact"] for row in found] == [True, True, True, False]
    assert [row["customer_id"] for row in listed(made, most=1)] == ["far_rich"]


def test_without_a_list_nobody_knows_who_was_asked():
    made = scored(customer("A"), customer("B"), **survey([], [replied("A", 500)]))
    found = {row["customer_id"]: row for row in listed(made)}
    assert (found["A"]["silence"], found["A"]["silence_reason"]) == ("long_ago", "Last answer 500 days ago.")
    assert (found["B"]["silence"], found["B"]["times_asked"], found["B"]["silence_reason"]) == (
        "no_answer", None, "No answer is on record.",
    )  # fmt: skip


def test_filters_owners_kinds_and_an_earlier_day_choose(seven):
    made = scored(
        customer("A", owner="Ann"), customer("B", owner=None), **survey([invited("A", 90), invited("B", 90)], [])
    )
    ann = replace(FILTERS, where=(Choice(find("owner", made.tables, "customers"), ("Ann",)),))
    assert (
        [row["customer_id"] for row in listed(made, ann)]
        == ["A"]
        == [row["customer_id"] for row in listed(made, owner="Ann")]
    )
    assert [row["customer_id"] for row in listed(made, owner="")] == ["B"]
    assert {row["customer_id"] for row in listed(seven, silence="long_ago")} == {"old", "old_asked"}
    # A period is no limit: silence is told at the as-of date.
    assert len(listed(seven, replace(FILTERS, since=date(2026, 6, 1)))) == 5
    before = Filters(date(2026, 4, 5))
    early = scored(customer("A"), filters=before, **survey([invited("A", 90)], []))
    assert listed(early, before) == [] and totals(early, before)[1]["silence"] == "waiting"


def test_the_kinds_add_up_to_all_customers(seven):
    every = totals(seven)
    assert list(every[0]) == list(TOTAL_COLUMNS)
    silent, kinds = every[0], every[1:]
    assert [row["silence"] for row in kinds] == [kind for kind in SILENCES if kind != "no_answer"]
    assert (silent["silence"], silent["customers_now"], silent["silent_share"]) == ("silent", 5, 5 / 7)
    assert (silent["silent_low"], silent["silent_high"]) == wilson(5 / 7, 7)
    assert sum(row["customers_now"] for row in kinds) == 7
    assert (silent["out_of_contact"], silent["value_at_risk"], silent["risk_out_of_contact"]) == (1, 250.0, 50.0)
    assert (silent["value"], silent["revenue_12m"], silent["currency"]) == (500.0, 50.0, "USD")


def test_owners_are_compared_in_how_many_are_silent():
    known = [customer(f"{owner}{n}", owner=owner) for owner in ("Ann", "Bob") for n in range(40)]
    asked = [invited(row["customer_id"], 90) for row in known]
    came = [replied(f"Ann{n}", 80) for n in range(38)] + [replied(f"Bob{n}", 80) for n in range(10)]
    made = scored(*known, **survey(asked, came))
    found = {
        row["owner"]: row
        for row in totals(made, by=find("owner", made.tables, "customers"))
        if row["silence"] == "silent"
    }
    assert (found["Ann"]["customers_now"], found["Bob"]["customers_now"]) == (2, 30)
    assert found["Bob"]["q_value"] < 0.001 and found["Bob"]["tests"] == 2


def test_a_column_of_answers_makes_no_groups_of_customers():
    header = Header("survey_responses", "region", "Region", True)
    made = Engine.in_memory(survey([], [replied("A", 9)]), (header,))
    with pytest.raises(RequestProblem, match='"Region" says nothing of customers'):
        silence(made.tables, FILTERS, find("Region", made.tables, "survey_responses"))


def test_several_currencies_have_no_sum():
    made = scored(
        customer("A"), customer("B", currency="ILS", contact=75), **survey([invited("A", 90), invited("B", 90)], [])
    )
    assert totals(made)[0]["value_at_risk"] is None
    assert [row["customer_id"] for row in listed(made)] == ["B", "A"]


def test_nobody(seven):
    nobody = replace(FILTERS, where=(Choice(find("owner", seven.tables, "customers"), ("Nobody",)),))
    assert listed(seven, nobody) == [] == totals(seven, nobody)


# what follows


def followed(engine, filters=FILTERS):
    return {row["followed_months"]: row for row in rows(silence_follows(engine.tables, filters).answer(engine.run))}


def orders(*bought):
    """Orders of 10, by customer and so many days ago."""
    return {"orders": {"order_id": [str(n) for n, _each in enumerate(bought)], "customer_id": [of for of, _ago in bought],
                       "ordered_at": [at(ago) for _of, ago in bought], "amount": [10.0] * len(bought)}}  # fmt: skip


def test_who_buys_nothing_after_the_thirtieth_day_is_gone():
    asked = [invited(name, 400) for name in ("back", "gone", "soon", "new", "late")] + [invited("young", 200)]
    bought = [(name, 410) for name in ("back", "gone", "soon", "late", "young")]
    # A purchase up to the thirtieth day is before anything is told of; one after the months comes too late.
    bought += [("back", 369), ("soon", 370), ("late", 186), ("new", 300)]
    found = followed(Engine.in_memory(survey(asked, [replied("back", 399)]) | orders(*bought)))
    half, year = found[6], found[12]
    assert (half["asked_answered"], half["gone_answered"], half["asked_silent"], half["gone_silent"]) == (1, 0, 3, 3)
    assert (year["asked_silent"], year["gone_silent"], year["gone_silent_share"]) == (3, 2, 2 / 3)
    assert (year["difference"], year["p_value"], year["gone_as"], year["customers_followed"]) == (
        2 / 3,
        None,
        "no_purchase",
        4,
    )


def test_people_of_one_customer_asked_on_one_day_are_one():
    asked = [invited("A", 400, "a@a"), invited("A", 400, "b@a"), invited("A", 700, "a@a")]
    made = Engine.in_memory(
        survey(asked, [replied("A", 398, email="b@a")]) | orders(("A", 410), ("A", 705), ("A", 650))
    )
    assert (followed(made)[12]["asked_answered"], followed(made)[12]["asked_silent"]) == (1, 1)


def test_what_comes_after_the_thirtieth_day_says_nothing_of_who_answered():
    """An answer on the 45th day is given by who is still there; who is gone on the fifth can give none."""
    asked, bought = [invited("late", 400), invited("soon", 400)], orders(("late", 410), ("soon", 410))
    year = followed(Engine.in_memory(survey(asked, [replied("late", 355), replied("soon", 370)]) | bought))[12]
    assert (year["asked_answered"], year["asked_silent"]) == (1, 1)
    contracts = {
        "subscription_id": ["1", "2"], "customer_id": ["gone", "there"], "started_on": [at(800).date()] * 2,
        "ended_on": [at(395).date(), at(369).date()], "monthly_revenue": [10.0] * 2,
    }  # fmt: skip
    asked = [invited("gone", 400), invited("there", 400)]
    year = followed(Engine.in_memory(survey(asked, []) | {"subscriptions": contracts}))[12]
    assert (year["asked_silent"], year["gone_silent"]) == (1, 1)


def test_contracts_that_ended_and_those_signed_again_within_the_grace():
    names = ("stays", "ends", "again", "before")
    subscriptions = {
        "subscription_id": [*names, "again2"], "customer_id": [*names, "again"], "started_on": [at(800).date()] * 4 + [at(190).date()],
        "ended_on": [None, at(300).date(), at(210).date(), at(420).date(), None], "monthly_revenue": [10.0] * 5,
    }  # fmt: skip
    made = Engine.in_memory(survey([invited(name, 400) for name in names], []) | {"subscriptions": subscriptions})
    found = followed(made)[6]
    assert (found["asked_silent"], found["gone_silent"], found["gone_as"]) == (3, 1, "contract_ended")


def test_without_purchases_by_day_nothing_is_told():
    assert followed(Engine.in_memory(survey([invited("A", 400)], []))) == {}
    made = {"customers": {"customer_id": ["A"], "tenure_months": [12.0], "is_churned": [False]}}
    assert followed(Engine.in_memory(survey([invited("A", 400)], []) | made)) == {}


def made_up(silent_leave, n=300, seed=1):
    """Customers asked twice, who leave after it by chance, those who answer neither more often by `silent_leave`."""
    draw = np.random.default_rng(seed)
    asked, came, bought = [], [], []
    for number in range(n):
        of, answers = f"C{number:04}", draw.random() < 0.5
        leaves = draw.random() < 0.2 + (0 if answers else silent_leave)
        for ago in (500, 480):
            asked.append(invited(of, ago))
            if answers:
                came.append(replied(of, ago - 2))
        bought += [(of, 510)] + ([] if leaves else [(of, 350), (of, 300)])
    return Engine.in_memory(survey(asked, came) | orders(*bought))


def test_a_planted_difference_is_found_with_customers_counted_once():
    year = followed(made_up(0.3))[12]
    assert year["low"] < 0.3 < year["high"] and year["q_value"] < 0.001
    # Two invitations of 150 customers a side are no more than 150 customers tell.
    width = year["gone_silent_high"] - year["gone_silent_low"]
    low, high = wilson(year["gone_silent_share"], year["asked_silent"] / 2)
    assert low is not None and high is not None
    assert width == pytest.approx(high - low, rel=0.1)


@pytest.mark.truth
def test_where_silence_tells_nothing_it_is_seldom_said_to():
    false = sum(followed(made_up(0.0, 200, seed))[12]["p_value"] < 0.05 for seed in range(100))
    assert false <= 11
