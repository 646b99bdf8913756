"""Value, risk and what is at risk, on scores that can be checked by eye."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.customers import scores
from analytics.customers.reasons import next_step, play_of, reasons
from analytics.customers.value_risk import PLAIN, Lines, Part, customer_value_risk, customers_listed
from analytics.customers.value_risk_cells import cell_of, quadrant_cells
from analytics.customers.value_risk_totals import part_sums, value_at_risk
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from data.errors import RequestProblem
from tests.analytics.scored import AS_OF, scored

FILTERS = Filters(AS_OF)
LOST = {
    "customer_id": "gone", "lifecycle": "lost", "value": 500.0, "risk": 1.0, "last_on": date(2026, 1, 1), "gap_limit_days": 60.0,
    "revenue_12m": 40.0, "revenue_before_12m": 60.0, "revenue": 1000.0,
}  # fmt: skip
LONG_LOST = LOST | {
    "customer_id": "long gone",
    "last_on": date(2024, 1, 1),
    "revenue_12m": 0.0,
    "revenue_before_12m": 0.0,
}
NEVER = {"customer_id": "never", "lifecycle": "potential", "purchases": 0, "currency": None}
FIVE = (
    {"customer_id": "a", "owner": "Ann", "value": 100.0, "risk": 0.5, "revenue_12m": 10.0},
    {"customer_id": "b", "owner": "Bob", "value": 300.0, "risk": 0.1, "revenue_12m": 20.0},
    {"customer_id": "c", "owner": "Ann", "value": 20.0, "risk": 0.9},
    {"customer_id": "d", "value": 20.0, "risk": 0.1},
    {"customer_id": "e", "owner": "Bob", "value": 160.0, "risk": 0.4},
)
# The mean value is 600 / 5 = 120, the mean risk by value 164 / 600; at risk are 50 + 30 + 18 + 2 + 64 = 164 of 600.


@pytest.fixture(scope="module")
def engine():
    return scored(*FIVE, LOST, LONG_LOST, NEVER)


def ask(engine, lines=PLAIN, filters=FILTERS, **options):
    return rows(customer_value_risk(engine.tables, filters, lines, **options).answer(engine.run))


def totals(engine, filters=FILTERS, by=None, **lines):
    return rows(value_at_risk(engine.tables, filters, by, Lines(**lines)).answer(engine.run))


def test_customers_by_eye(engine):
    found = ask(engine)
    assert [row["customer_id"] for row in found] == ["e", "a", "b", "c", "d", "gone", "long gone", "never"]
    assert {row["customer_id"]: row["quadrant"] for row in found[:5]} == {
        "e": "protect", "a": "watch", "b": "keep", "c": "watch", "d": "grow",
    }  # fmt: skip
    assert {row["value_limit"] for row in found[:5]} == {120}
    assert found[0]["risk_limit"] == pytest.approx(164 / 600)
    for row in found[:5]:
        assert row["value_at_risk"] == pytest.approx(row["value"] - row["expected"])
        assert not row["uncertain"]


def test_who_is_lost_has_nothing_to_be_saved_and_who_never_bought_has_no_value(engine):
    *_others, gone, long_gone, never = ask(engine)
    for row in (long_gone, gone):
        assert (row["lifecycle"], row["play"]) == ("lost", "win_back")
        assert row["value_at_risk"] is row["expected"] is row["quadrant"] is None
    assert (never["lifecycle"], never["value"], never["play"]) == ("potential", None, None)


def test_the_first_few_are_those_most_at_risk(engine):
    assert [row["customer_id"] for row in ask(engine, most=2)] == ["e", "a"]


def test_a_margin_makes_profit_of_revenue(engine):
    plain, profit = ask(engine), ask(engine, Lines(margin=0.25))
    for one, other in zip(plain[:5], profit[:5], strict=True):
        for name in ("value", "value_low", "expected", "value_at_risk", "value_limit"):
            assert other[name] == pytest.approx(one[name] / 4)
        assert (other["risk"], other["quadrant"]) == (one["risk"], one["quadrant"])
        assert other["revenue_12m"] == one["revenue_12m"]


def test_lines_can_be_moved(engine):
    found = {row["customer_id"]: row["quadrant"] for row in ask(engine, Lines(value_limit=20, risk_limit=0.5))[:5]}
    assert found == {"a": "protect", "b": "keep", "c": "protect", "d": "keep", "e": "keep"}  # on a line is above it
    (whole, *_rest) = totals(engine, value_limit=20, risk_limit=0.5)
    assert whole["moved_customers"] == 4  # all but b
    assert totals(engine)[0]["moved_customers"] == 0


@pytest.mark.parametrize(
    "wrong", [{"margin": 1.5}, {"risk_limit": -0.1}, {"value_limit": -1.0}, {"value_limit": float("nan")}]
)
def test_lines_that_cannot_be_are_refused(wrong):
    with pytest.raises(RequestProblem):
        Lines(**wrong)


def test_filters_choose_and_do_not_move_the_lines(engine):
    anns = Filters(AS_OF, where=(Choice(find("owner", engine.tables, "customers"), ("Ann",)),))
    found = ask(engine, filters=anns)
    assert [row["customer_id"] for row in found] == ["a", "c"]
    assert {(row["value_limit"], row["quadrant"]) for row in found} == {(120, "watch")}
    whole, watch = totals(engine, filters=anns)
    assert (whole["customers"], whole["value"], whole["value_at_risk"]) == (2, 120, 68)
    assert whole["value_limit"] == watch["value_limit"] == 120


def test_nobody_was_lost_after_the_as_of_date():
    engine = scored(
        LOST,
        LOST | {"customer_id": "unlikely", "last_on": date(2026, 6, 20)},
        LOST | {"customer_id": "undated", "last_on": None},
    )
    found = {
        row["customer_id"]: row["lost_on"]
        for row in rows(customers_listed(engine.tables, FILTERS, part=Part(quadrant="lost")).answer(engine.run))
    }
    days = {name: None if day is None else pd.Timestamp(day).date() for name, day in found.items()}
    assert days == {"gone": date(2026, 3, 2), "unlikely": AS_OF, "undated": None}


def test_near_a_line_the_quadrant_is_uncertain():
    engine = scored(
        {"customer_id": "sure", "value": 90.0, "risk": 0.5, "value_low": 80.0, "value_high": 99.0},
        {"customer_id": "value", "value": 110.0, "risk": 0.5, "value_low": 90.0, "value_high": 130.0},
        {"customer_id": "risk", "value": 110.0, "risk": 0.5, "risk_low": 0.3, "risk_high": 0.6},
    )
    found = {row["customer_id"]: row["uncertain"] for row in ask(engine, Lines(value_limit=100, risk_limit=0.4))}
    assert found == {"sure": False, "value": True, "risk": True}


def test_one_right_at_both_lines_loses_what_one_loses_on_average():
    # Who leaves within the horizon has brought half of its value by then.
    engine = scored(*(
        {"customer_id": name, "value": value, "risk": risk, "value_at_risk": value * risk / 2, "expected": value * (1 - risk / 2)}
        for name, value, risk in (("low", 100.0, 0.1), ("middle", 200.0, 0.3), ("high", 300.0, 0.4))
    ))  # fmt: skip
    whole, *_parts = totals(engine)
    assert whole["risk_limit"] == pytest.approx((10 + 60 + 120) / 600)
    assert whole["value_limit"] * whole["risk_limit"] / 2 == pytest.approx(whole["value_at_risk"] / 3)
    assert {row["customer_id"]: row["quadrant"] for row in ask(engine)} == {
        "low": "grow", "middle": "keep", "high": "protect",
    }  # fmt: skip


def test_where_all_have_one_risk_all_are_on_one_side_of_its_line():
    for risk in (0.1, 0.3, 1 / 3, 0.7):
        engine = scored(*({"customer_id": str(n), "value": 7.0 / n, "risk": risk} for n in range(1, 12)))
        assert {row["quadrant"] for row in ask(engine)} == {"protect", "watch"}


def test_quadrants_add_up_to_the_whole(engine):
    whole, *parts = totals(engine)
    assert [row["quadrant"] for row in parts] == ["protect", "keep", "grow", "watch"]
    for name in ("customers", "value", "expected", "value_at_risk", "revenue_12m"):
        assert sum(row[name] for row in parts) == pytest.approx(whole[name]), name
    assert (whole["customers"], whole["value"], whole["value_at_risk"]) == (5, 600, 164)
    assert whole["value"] == whole["expected"] + whole["value_at_risk"]
    # 64 of 164 is less than half, with 50 more it is not.
    assert whole["half_customers"] == 2


def test_lost_customers_are_counted_beside(engine):
    whole = totals(engine)[0]
    assert (whole["lost_customers"], whole["lost_12m"], whole["potential_customers"]) == (2, 1, 1)
    assert whole["lost_revenue"] == 100  # of the one lost within a year, over two years
    (undated,) = totals(scored(LOST | {"last_on": None}))
    assert (undated["lost_customers"], undated["lost_12m"], undated["lost_revenue"]) == (1, None, None)


def test_groups_of_the_owner_add_up_too(engine):
    found = totals(engine, by=find("owner", engine.tables, "customers"))
    whole = {row["owner"]: row for row in found if row["quadrant"] is None}
    assert {name: row["value_at_risk"] for name, row in whole.items()} == {"Ann": 68, "Bob": 94, None: 2}
    assert whole[None]["lost_customers"] == 2


def test_the_doubt_that_customers_share_adds_up_and_their_own_averages_out():
    customer = {
        "value": 100.0,
        "risk": 0.5,
        "variance": 9.0,
        "risk_variance": 4.0,
        "expected_shift_2": 1.0,
        "risk_shift_1": 3.0,
    }
    engine = scored(*({**customer, "customer_id": f"c{n}"} for n in range(100)))
    whole = totals(engine)[0]
    half = 1.2815515655446004 * (100 * 4 + (100 * 3) ** 2) ** 0.5
    assert whole["value_at_risk_high"] - whole["value_at_risk"] == pytest.approx(half)
    assert whole["value_at_risk"] - whole["value_at_risk_low"] == pytest.approx(half)
    assert whole["expected_high"] - whole["expected"] == pytest.approx(1.2815515655446004 * (900 + 100**2) ** 0.5)
    margin = totals(engine, margin=0.5)[0]
    assert margin["value_at_risk_high"] - margin["value_at_risk"] == pytest.approx(half / 2)


def test_the_sum_of_a_part_has_its_own_interval(engine):
    for part, n, money in ((Part(), 5, 164), (Part(quadrant="watch"), 2, 68), (Part(search="nobody"), 0, None)):
        (found,) = rows(part_sums(engine.tables, FILTERS, PLAIN, part).answer(engine.run))
        assert (found["customers"], found["value_at_risk"]) == (n, money)
        assert found["value_at_risk_low"] == found["value_at_risk_high"] == (money if n else None)


def test_an_interval_is_never_below_nothing():
    engine = scored({"value": 10.0, "risk": 0.5, "variance": 1e6, "risk_variance": 1e6})
    whole = totals(engine)[0]
    assert whole["value_at_risk_low"] == whole["expected_low"] == 0


def test_currencies_are_never_added():
    engine = scored(
        *({"customer_id": f"e{n}", "value": 10.0, "risk": 0.5, "currency": "EUR"} for n in range(3)),
        *({"customer_id": f"u{n}", "value": 1000.0 * (n + 1), "risk": 0.2} for n in range(2)),
        NEVER,
    )
    wholes = [row for row in totals(engine) if row["quadrant"] is None]
    assert [(row["currency"], row["customers"], row["value"], row["value_limit"]) for row in wholes] == [
        ("EUR", 3, 30, 10), ("USD", 2, 3000, 1500),
    ]  # fmt: skip
    assert {row["potential_customers"] for row in wholes} == {1}
    assert [row["currency"] for row in ask(engine)] == ["EUR", "EUR", "EUR", "USD", "USD", None]
    # A value line holds for the currency of most customers.
    moved = {row["currency"]: row["value_limit"] for row in totals(engine, value_limit=77)}
    assert moved == {"EUR": 77, "USD": 1500}


@pytest.mark.parametrize(
    ("customers", "expected"),
    [((), []), ((NEVER,), [(0, 0, 1)]), ((LOST,), [(0, 1, 0)]), (({"customer_id": "x", "value": None, "risk": None},), [(0, 0, 0)])],
)  # fmt: skip
def test_without_a_customer_that_is_worth_anything(customers, expected):
    engine = scored(*customers)
    found = totals(engine)
    assert [(row["customers"], row["lost_customers"], row["potential_customers"]) for row in found] == expected
    assert all(row["value_at_risk_low"] is None for row in found)
    assert len(ask(engine)) == len(customers)
    assert quadrant_cells(engine.tables, FILTERS).answer(engine.run).empty


def test_squares_hold_every_customer_once_and_find_them_again(engine):
    cells = rows(quadrant_cells(engine.tables, FILTERS).answer(engine.run))
    assert sum(row["customers"] for row in cells) == 5
    assert sum(row["value_at_risk"] for row in cells) == pytest.approx(164)
    for row in cells:
        cell = (row["across"], row["up"], row["quadrant"])
        (found,) = rows(customers_listed(engine.tables, FILTERS, Lines(), Part(cells=(cell,))).answer(engine.run))
        assert cell == cell_of(found["value"], found["risk"], found["quadrant"])


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part(), "eabcd"), (Part(quadrant="watch"), "ac"), (Part(search="ANN"), "ac"), (Part(search=" customer b "), "b"),
        (Part(search="%"), ""), (Part(currency="EUR"), ""), (Part(cells=()), ""),
        (Part(cells=(), ids=("b", "gone")), "b"),
    ],
)  # fmt: skip
def test_a_part_of_the_customers(engine, part, expected):
    found = rows(customers_listed(engine.tables, FILTERS, Lines(), part).answer(engine.run))
    assert "".join(row["customer_id"] for row in found) == expected


def test_against_sql_by_hand(root: Path):
    engine = scored(
        *(
            {
                "customer_id": f"c{n:03}", "owner": ("Ann", "Bob", None)[n % 3], "currency": ("USD", "EUR")[n % 7 == 0],
                "value": float(n * 37 % 101 + 1), "risk": n * 13 % 97 / 97, "lifecycle": ("core", "lost")[n % 11 == 0],
                "value_low": float(n * 37 % 101), "value_high": float(n * 37 % 101 + 20), "risk_shift_3": n / 10,
                "risk_variance": float(n),
            }
            for n in range(200)
        )
    )  # fmt: skip
    for name, found in (("customer_value_risk", ask(engine)), ("value_at_risk", totals(engine))):
        sql = (root / f"tests/sql/{name}.sql").read_text("utf-8").replace("scores_of_customers", scores.name(FILTERS))
        by_hand = rows(engine.query(sql))
        assert len(by_hand) == len(found)
        for row, expected in zip(found, by_hand, strict=True):
            for column, value in expected.items():
                assert row[column] == (pytest.approx(value) if isinstance(value, float) else value), (name, column)


# reasons


def said(**row):
    return [str(message) for message in reasons(row, AS_OF)]


def test_a_reason_needs_what_it_says():
    assert said() == []
    assert said(days_since=90.0, gap_days=30.0, purchases=5) == ["silent for 90 days, usually buys every 30 days"]
    assert said(days_since=90.0, gap_days=30.0, purchases=2) == []  # two purchases are no habit
    assert said(days_since=40.0, gap_days=30.0, purchases=5) == []
    assert said(days_since=200.0, purchases=1) == ["never came back after a first purchase 200 days ago"]
    assert said(days_since=200.0, purchases=1, gap_warning_days=300.0) == []
    assert said(days_since=200.0, purchases=1, tenure_months=30.0) == []  # one contract
    assert said(ends_on=date(2026, 7, 10), tenure_months=30.0) == ["the contract ends in 10 days"]
    assert said(ends_on=date(2027, 7, 10), tenure_months=30.0) == []
    assert said(last_score=4.0, score_before=9.0, last_answer_on=date(2026, 5, 1)) == ["score fell from 9 to 4"]
    assert said(last_score=4.0, score_before=9.0, last_answer_on=date(2024, 5, 1)) == []
    assert said(last_score=9.0, score_before=9.0, last_answer_on=date(2026, 5, 1)) == []
    assert said(open_cases=1) == ["1 open case"] and said(open_cases=3) == ["3 open cases"]
    assert said(last_contact_on=date(2026, 4, 1), contact_gap_days=20.0, contact_days=8) == [
        "not contacted for 90 days, usually every 20"
    ]
    assert said(contacts=1) == ["only one contact known"] and said(contacts=2) == []


def test_less_is_said_only_of_who_buys_often_enough():
    often = {
        "revenue_12m": 40.0,
        "revenue_before_12m": 100.0,
        "gap_days": 30.0,
        "purchases": 20,
        "first_on": date(2023, 1, 1),
    }
    assert said(**often) == ["bought 60% less than in the twelve months before"]
    assert said(**often | {"gap_days": 200.0}) == []
    assert said(**often | {"first_on": date(2025, 1, 1)}) == []  # not there for two whole years
    assert said(**often | {"revenue_12m": 90.0}) == []
    assert said(**often | {"revenue_12m": 0.0}) == [
        "bought nothing in the last twelve months, unlike in the twelve before"
    ]


def test_the_strongest_come_first_and_no_more_than_three():
    row = {
        "days_since": 300.0, "gap_days": 10.0, "purchases": 9, "contacts": 1, "open_cases": 2, "last_score": 3.0,
        "last_answer_on": date(2026, 6, 1),
    }  # fmt: skip
    found = said(**row)
    assert found == ["silent for 300 days, usually buys every 10 days", "2 open cases", "gave a score of 3"]


def test_who_left_is_told_of_as_left():
    ended = {"lifecycle": "lost", "tenure_months": 14.0, "last_on": date(2026, 6, 20)}
    assert said(**ended) == ["the contract ended 10 days ago"]
    assert play_of(ended) == "win_back" and "why it left" in str(next_step(ended, AS_OF))
    assert said(lifecycle="potential", contacts=1) == []


def test_the_step_is_the_first_thing_to_do():
    protect = {"quadrant": "protect", "lifecycle": "core"}
    assert str(next_step(protect, AS_OF)).startswith("Call now")
    assert str(next_step(protect | {"open_cases": 1}, AS_OF)) == "Close the open case, then call."
    assert str(next_step(protect | {"ends_on": date(2026, 7, 9)}, AS_OF)) == "Talk about the renewal now."
    assert next_step({"lifecycle": "potential"}, AS_OF) is None


def test_what_raises_the_risk_of_a_contract_is_said_the_strongest_first():
    row = {"lifecycle": "core", "raised_by": '[["Plan", "basic", 3.1], ["Region", null, 1.4], ["Size", "small", 1.2]]'}
    said = [str(message) for message in reasons(row, AS_OF)]
    assert said == ["Plan basic: such leave 3.1 times as often", "no Region on record: such leave 1.4 times as often"]
    assert reasons(row | {"lifecycle": "lost"}, AS_OF) == []
