"""Which answer belongs to which invitation, and what part of those asked answered."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.intervals import wilson
from analytics.nps.invitations import invitations
from analytics.nps.response_rate import COLUMNS, effective_number, response_rate
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.nps_asked import AS_OF, at, invited, replied, survey

FILTERS = Filters(AS_OF)


def engine(asked, answers=(), **tables):
    return Engine.in_memory(survey(list(asked), list(answers)) | tables)


def met(made, filters=FILTERS):
    """The answer of each invitation, by its day and address."""
    found = rows(made.run(invitations(made.tables, filters)))
    return {(row["customer_id"], row["email"], row["age"]): row["response_id"] for row in found}


def rates(made, filters=FILTERS, grain="all", by=None):
    return rows(response_rate(made.tables, filters, grain, by).answer(made.run))


def customers(*names, **columns):
    made = {"customer_id": list(names), "customer_name": list(names)} | columns
    return {"customers": made}


def bought(**amounts):
    """An order of each customer ten days ago."""
    return {"orders": {"order_id": list(amounts), "customer_id": list(amounts), "ordered_at": [at(10)] * len(amounts),
                       "amount": list(amounts.values()), "currency": ["USD"] * len(amounts)}}  # fmt: skip


# which answer belongs to which invitation


def test_an_answer_belongs_to_the_latest_invitation_of_its_address():
    made = engine(
        [invited("A", 100, "ann@a"), invited("A", 50, "Ann@A "), invited("A", 50, "bob@a")],
        [replied("A", 48, email=" ann@a")],
    )
    assert met(made) == {("A", "ann@a", 100): None, ("A", "ann@a", 50): "R00000", ("A", "bob@a", 50): None}


def test_it_may_come_up_to_sixty_days_after_and_on_the_same_day_but_not_before():
    asked = [
        invited("A", 100, "ann@a"),
        invited("B", 100, "bea@b"),
        invited("C", 100, "cy@c"),
        invited("D", 100, "di@d"),
    ]
    came = [replied("A", 40, email="ann@a"), replied("B", 39, email="bea@b"), replied("C", 101, email="cy@c")]
    came.append(replied("D", 100, email="di@d", answered_at=at(100, 0)))  # a file with days only
    found = met(engine(asked, came))
    assert [found[key] for key in sorted(found)] == ["R00000", None, None, "R00003"]


def test_an_invitation_is_answered_once_and_a_second_answer_is_nobody_elses():
    made = engine(
        [invited("A", 50, "ann@a"), invited("A", 50, "bob@a")],
        [replied("A", 48, email="ann@a"), replied("A", 40, email="ann@a")],
    )
    assert met(made) == {("A", "ann@a", 50): "R00000", ("A", "bob@a", 50): None}


def test_without_a_known_address_the_customer_decides():
    asked = [invited("A", 50, "ann@a"), invited("A", 50, "bob@a"), invited("B", 50)]
    came = [replied("A", 49), replied("A", 48, email="new@a"), replied("A", 47), replied("B", 45), replied(None, 45)]
    assert met(engine(asked, came)) == {
        ("A", "ann@a", 50): "R00000", ("A", "bob@a", 50): "R00001", ("B", None, 50): "R00003",
    }  # fmt: skip


def test_what_did_not_arrive_has_no_answer_and_what_is_no_nps_answer_is_none():
    asked = [invited("A", 50, "ann@a", is_delivered=False), invited("B", 50, "bea@b", is_delivered=None)]
    came = [
        replied("A", 49, email="ann@a"),
        replied("B", 49, 4.0, "bea@b", scale="csat"),
        replied("B", 48, email="bea@b", score=None),
    ]
    (row,) = rates(engine(asked, came))
    assert (row["invited"], row["undelivered"], row["settled"], row["answered"]) == (2, 1, 1, 0)


def test_what_happens_after_the_as_of_date_is_not_known_yet():
    made = engine([invited("A", 50, "ann@a"), invited("A", 5, "bob@a")], [replied("A", 20, email="ann@a")])
    assert met(made, Filters(date(2026, 6, 1))) == {("A", "ann@a", 21): None}


# rates


def test_the_parts_of_invitations_add_up_and_the_young_are_in_no_rate():
    asked = [invited("A", 90, "a1@a"), invited("A", 90, "a2@a"), invited("B", 90, "b@b"), invited("C", 90, "c@c", is_delivered=False),
             invited("D", 30, "d@d"), invited("E", 29, "e@e"), invited("F", 3, "f@f")]  # fmt: skip
    came = [replied("A", 88, email="a1@a"), replied("F", 2, email="f@f")]
    made = engine(asked, came, **customers(*"ABCDEFG"), **bought(A=300.0, B=100.0, G=600.0, F=1000.0))
    (row,) = rates(made)
    assert list(row) == list(COLUMNS)
    assert (row["invited"], row["undelivered"], row["undecided_invited"], row["settled"], row["answered"]) == (
        7,
        1,
        2,
        4,
        1,
    )
    assert row["response_rate"] == 0.25
    assert (row["accounts_asked"], row["accounts_answered"], row["account_rate"]) == (3, 1, 1 / 3)
    assert (row["account_low"], row["account_high"]) == wilson(1 / 3, 3)
    assert (row["revenue_asked"], row["revenue_answered"], row["revenue_rate"]) == (400.0, 300.0, 0.75)
    assert (row["revenue_of_all"], row["revenue_reached"], row["currency"]) == (2000.0, 0.15, "USD")
    # 400 of two customers, 300 and 100, are as concentrated as 1.6 equal ones.
    assert (row["revenue_rate_low"], row["revenue_rate_high"]) == pytest.approx(wilson(0.75, 1.6))


def test_those_asked_lately_are_in_the_expected_rate_for_as_long_as_they_were_watched():
    old = [invited(f"A{n}", 100, f"a{n}@a") for n in range(10)]
    young = [invited(f"B{n}", 5, f"b{n}@b") for n in range(10)]
    came = [replied(f"A{n}", 98, email=f"a{n}@a") for n in range(4)] + [replied("A9", 80, email="a9@a")]
    came += [replied(f"B{n}", 3, email=f"b{n}@b") for n in range(2)]
    (row,) = rates(engine(old + young, came))
    assert row["response_rate"] == 0.5
    # Six of twenty answer on the second day; one of the six still watched on the twentieth.
    assert row["eventual_rate"] == pytest.approx(1 - 14 / 20 * 5 / 6)
    assert row["eventual_low"] < row["eventual_rate"] < row["eventual_high"]
    (row,) = rates(engine(young, came[5:]))
    assert row["response_rate"] is None and row["eventual_rate"] is None and row["undecided_invited"] == 10


def test_without_a_list_of_invitations_there_is_no_rate_rather_than_a_full_one():
    assert rates(engine([], [replied("A", 10)])) == [] == rates(engine([], [replied("A", 10)]), grain="month")
    (row,) = rates(engine([invited("A", 50)]))
    assert (row["settled"], row["response_rate"], row["revenue_rate"]) == (1, 0.0, None)


def test_people_of_one_customer_who_answer_alike_count_for_less():
    alike = {
        "settled": 100,
        "answered": 50,
        "units": 20,
        "answered_squares": 250,
        "settled_squares": 500,
        "products": 250,
    }
    assert effective_number(alike) == pytest.approx(20)  # 20 customers of five, all or none
    apart = {
        "settled": 100,
        "answered": 50,
        "units": 100,
        "answered_squares": 50,
        "settled_squares": 100,
        "products": 50,
    }
    assert effective_number(apart) == pytest.approx(100)
    nobody = alike | {"answered": 0, "answered_squares": 0, "products": 0}
    assert effective_number(nobody) == 20


def test_several_currencies_have_no_share_of_revenue():
    made = engine([invited("A", 50)], **customers("A", "B"), **bought(A=1.0, B=2.0))
    made._database.execute("UPDATE orders SET currency = 'ILS' WHERE customer_id = 'B'")
    (row,) = rates(made)
    assert (row["revenue_rate"], row["revenue_of_all"], row["currency"], row["response_rate"]) == (
        None,
        None,
        None,
        0.0,
    )


def test_periods_follow_each_other_and_are_compared_with_the_one_before():
    asked = [invited(f"A{n}", 150, f"a{n}@a") for n in range(40)] + [invited(f"A{n}", 90, f"a{n}@a") for n in range(40)]
    came = [replied(f"A{n}", 149, email=f"a{n}@a") for n in range(30)] + [
        replied(f"A{n}", 89, email=f"a{n}@a") for n in range(10)
    ]
    found = rates(engine(asked, came), grain="month")
    assert [row["period"] for row in found] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert [row["settled"] for row in found] == [40, 0, 0, 40]
    # The month before it asked nobody; a quarter later there is something to hold it against.
    assert found[1]["response_rate"] is None and found[3]["difference"] is None
    _first, second = rates(engine(asked, came), grain="quarter")
    assert (second["against"], second["difference"], second["tests"]) == ("before", -0.5, 1)
    assert second["q_value"] < 0.001


def test_groups_are_compared_with_all_others():
    asked = [invited(f"{owner}{n}", 90, f"{owner}{n}@x") for owner in ("Ann", "Bob") for n in range(60)]
    came = [replied(f"Ann{n}", 88, email=f"Ann{n}@x") for n in range(45)] + [
        replied(f"Bob{n}", 88, email=f"Bob{n}@x") for n in range(15)
    ]
    names = [row["customer_id"] for row in asked]
    made = engine(asked, came, **customers(*names, owner=[name[:3] for name in names]))
    by = find("owner", made.tables, "customers")
    ann, bob = rates(made, by=by)
    assert (ann["owner"], ann["response_rate"], bob["response_rate"]) == ("Ann", 0.75, 0.25)
    assert (ann["against"], ann["difference"], ann["tests"]) == ("rest", 0.5, 2) and ann["q_value"] < 0.001
    only = replace(FILTERS, where=(Choice(by, ("Bob",)),))
    assert [row["settled"] for row in rates(made, only)] == [60]


def test_what_only_answers_have_makes_no_groups_and_filters_no_invitations():
    made = engine([invited("A", 50, "ann@a")], [replied("A", 49, email="ann@a", score=3)])
    by = find("scale", made.tables, "survey_responses")
    with pytest.raises(RequestProblem, match="no response rate"):
        response_rate(made.tables, FILTERS, "all", by)
    other = replace(FILTERS, where=(Choice(by, ("csat",)),))
    assert [(row["settled"], row["answered"]) for row in rates(made, other)] == [(1, 1)]


def test_the_period_is_that_of_the_asking():
    made = engine([invited("A", 90, "a@a"), invited("B", 50, "b@b")], [replied("A", 45, email="a@a")])
    april = replace(FILTERS, until=date(2026, 4, 30))
    assert [(row["settled"], row["answered"]) for row in rates(made, april)] == [(1, 1)]


def test_the_same_by_hand(root):
    draw = np.random.default_rng(3)
    asked, came = [], []
    for n in range(900):
        of, ago = f"C{draw.integers(40)}", int(draw.integers(0, 300))
        email = None if draw.random() < 0.2 else f"p{draw.integers(3)}@{of}"
        asked.append(
            invited(of, ago, email, is_delivered=bool(draw.random() < 0.95), sent_at=at(ago, int(draw.integers(24))))
        )
        if draw.random() < 0.5:
            after = ago - int(draw.integers(0, 80))
            said = [email, None, f"stranger{n}@x"][draw.choice(3, p=[0.8, 0.15, 0.05])]
            came.append(replied(of if draw.random() < 0.9 else None, max(after, 0), int(draw.integers(0, 11)), said))
    made = engine(asked, came)
    (row,) = rates(made)
    by_hand = rows(made.query((root / "tests/sql/response_rate.sql").read_text("utf-8"), {"as_of": AS_OF}))[0]
    assert {name: row[name] for name in by_hand} == by_hand
    assert row["answered"] > 100
