"""Traits of the best customers: a planted one is found, chance is not, and what says the value itself is left out."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.customers.ideal import ideal_customer, ideal_prospects
from analytics.customers.traits import is_made_of_value
from analytics.fields import Field
from analytics.filters import Filters
from analytics.rows import rows
from data.engine import Engine
from data.schema import Header
from tests.analytics.scored import AS_OF, keep

FILTERS = Filters(AS_OF)
OLD, YOUNG = AS_OF - timedelta(days=400), AS_OF - timedelta(days=100)


def engine_of(customers, headers=(), **tables):
    """Customers as rows of `value`, `first_on`, `lifecycle` and columns of the table of customers."""
    made = [
        {"customer_id": f"C{number:03}", "first_on": OLD, "owner": "Ann"} | row for number, row in enumerate(customers)
    ]
    listed = pd.DataFrame([
        {name: value for name, value in row.items() if name not in ("value", "first_on", "lifecycle", "purchases", "currency", "open_deals")}
        for row in made
    ])  # fmt: skip
    engine = Engine.in_memory({"customers": listed} | tables, headers=tuple(headers))
    keep(engine, FILTERS, [{name: row[name] for name in row if name in _KEPT} for row in made])
    return engine


_KEPT = {"customer_id", "first_on", "owner", "value", "lifecycle", "purchases", "currency", "open_deals"}


def ask(engine, metric=ideal_customer, **options):
    return metric(engine.tables, FILTERS, **options).answer(engine.run)


def hundreds(n=300, **columns):
    """Customers worth 1 to n, the best the last fifth; `columns` say of a number what else is so of the customer."""
    return [{"value": float(number + 1)} | {name: of(number) for name, of in columns.items()} for number in range(n)]


def test_a_planted_trait_is_found_by_eye():
    # Of 60 best 45 are in Mining, of 240 others 30.
    is_mining = [number % 8 == 0 for number in range(240)] + [number % 4 != 0 for number in range(60)]
    found = rows(ask(engine_of(hundreds(industry=lambda number: "Mining" if is_mining[number] else "Retail"))))
    (row,) = [row for row in found if row["left_out"] is None]
    assert (row["trait"], row["trait_value"], row["customers"], row["best_customers"]) == ("Industry", "Mining", 75, 45)
    assert (row["compared_customers"], row["best_all"], row["tests"]) == (300, 60, 1)
    assert row["best_rate"] == pytest.approx(45 / 75) and row["best_rate_all"] == pytest.approx(0.2)
    assert row["times_as_often"] == pytest.approx(3)
    assert row["share_of_best"] == pytest.approx(45 / 60) and row["share_of_rest"] == pytest.approx(30 / 240)
    assert row["trait_odds"] == pytest.approx((45.5 * 210.5) / (30.5 * 15.5))
    assert row["odds_low"] < row["trait_odds"] < row["odds_high"] and row["q_value"] < 1e-6


def test_values_of_few_customers_are_not_compared():
    found = ask(engine_of(hundreds(industry=lambda number: "Rare" if number > 270 else "A" if number % 2 else "B")))
    assert set(found["trait_value"]) == {"A", "B"}


def test_shuffled_traits_are_mostly_chance():
    random = np.random.default_rng(1)
    false = 0
    for _company in range(12):
        traits = {
            name: random.choice([f"{name} {level}" for level in range(4)], 300)
            for name in ("industry", "region", "city", "country", "customer_type")
        }
        found = ask(engine_of(hundreds(**{name: values.__getitem__ for name, values in traits.items()})))
        assert found["tests"].max() == 20
        false += bool((found["q_value"] < 0.05).any())
    assert false <= 3


def test_new_customers_and_those_who_never_bought_are_not_compared():
    customers = hundreds(industry=lambda number: ("A", "B")[number % 2])
    young = [{"value": 9999.0, "first_on": YOUNG, "industry": "A"} for _number in range(50)]
    never = [
        {"value": None, "first_on": None, "purchases": 0, "lifecycle": "potential", "industry": "A"}
        for _number in range(50)
    ]
    found = ask(engine_of([*customers, *young, *never]))
    assert found["compared_customers"].max() == 300


def test_the_lost_are_among_the_others():
    customers = hundreds(industry=lambda number: ("A", "B")[number % 2])
    lost = [{"value": None, "lifecycle": "lost", "industry": "A"} for _number in range(60)]
    found = rows(ask(engine_of([*customers, *lost])))[0]
    assert (found["compared_customers"], found["best_all"]) == (360, 72)


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([1.0] * 100 + [2.0] * 40, 40),  # more than a fifth pay the highest price: all of them are the best
        ([1.0] * 40 + [2.0] * 90 + [3.0] * 10, 10),  # those who pay the middle one would be far more than a fifth
        ([1.0] * 140, None),  # nobody stands out
    ],
)
def test_equal_values_stand_together(values, best):
    customers = [{"value": value, "industry": "AB"[number % 2]} for number, value in enumerate(values)]
    found = ask(engine_of(customers))
    assert found["best_all"].tolist() == ([] if best is None else [best])


def test_the_best_are_of_each_currency():
    customers = hundreds(
        currency=lambda number: "USD" if number < 150 else "JPY", industry=lambda number: "AB"[number < 150]
    )
    assert ask(engine_of(customers))["best_rate"].dropna().tolist() == [pytest.approx(0.2)]


def test_what_says_the_value_itself_is_left_out_and_named():
    headers = [
        Header("customers", "attr_1", "Revenue band", True), Header("customers", "attr_2", "Points", True),
        Header("customers", "attr_3", "Class", True), Header("customers", "attr_4", "Star", True),
        Header("customers", "attr_5", "Floor", True),
    ]  # fmt: skip
    customers = hundreds(
        attr_1=lambda number: str(number % 3), attr_2=lambda number: str(7 * number + 3),
        attr_3=lambda number: "ABCDE"[number // 60], attr_4=lambda number: str(number >= 240), attr_5=lambda number: str(number % 4),
    )  # fmt: skip
    found = rows(ask(engine_of(customers, headers)))
    left = {row["trait"]: row["left_out"] for row in found if row["left_out"]}
    assert left == {
        "Revenue band": "named",
        "Points": "rises_with_value",
        "Class": "says_it_itself",
        "Star": "says_it_itself",
    }
    assert {row["trait"] for row in found if not row["left_out"]} == {"Floor"}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Annual spend", True), ("Account tier", True), ("Revenue 2024", True), ("total_amount", True), ("CLV", True),
        ("מחזור שנתי", True), ("Sales region", False), ("Industry", False), ("Evaluated by", False), ("Frontier", False),
    ],
)  # fmt: skip
def test_names_that_say_value(label, expected):
    assert is_made_of_value(Field("customers", "attr_1", label, label)) is expected


def test_sizes_first_products_and_sources_are_traits():
    customers = hundreds(employees=lambda number: 5.0 if number % 2 else 300.0)
    ids = [f"C{number:03}" for number in range(300)]
    orders = pd.DataFrame({
        "customer_id": ids * 2, "order_id": [str(place) for place in range(600)], "amount": 10.0,
        "ordered_at": pd.to_datetime([date(2025, 1, 1)] * 300 + [date(2024, 1, 1)] * 300),
        "product": ["Later"] * 300 + ["First A" if number % 3 else "First B" for number in range(300)],
    })  # fmt: skip
    deals = pd.DataFrame({
        "deal_id": [str(place) for place in range(300)], "customer_id": ids, "status": "lost",
        "source": ["Fair" if number < 100 else "Web" for number in range(300)], "created_at": pd.Timestamp(2024, 1, 1),
    })  # fmt: skip
    found = ask(engine_of(customers, orders=orders, deals=deals))
    assert set(zip(found["trait"], found["trait_value"], strict=True)) <= {
        ("Employees", "1–9"), ("Employees", "250–999"), ("First product bought", "First A"), ("First product bought", "First B"),
        ("Source of the first deal", "Fair"), ("Source of the first deal", "Web"),
    }  # fmt: skip
    assert set(found["trait"]) == {"Employees", "First product bought", "Source of the first deal"}


def test_prospects_are_ranked_by_the_traits_that_stand():
    is_mining = [number % 8 == 0 for number in range(240)] + [number % 4 != 0 for number in range(60)]
    customers = hundreds(
        industry=lambda number: "Mining" if is_mining[number] else "Retail", region=lambda number: "NS"[number % 2]
    )
    blank = {"value": None, "first_on": None, "purchases": 0, "lifecycle": "potential", "currency": None, "region": "N"}
    never = [blank | {"industry": "Retail"}, blank | {"industry": "Mining"}, blank | {"industry": None}]
    engine = engine_of([*customers, *never])
    (row,) = rows(ask(engine, ideal_prospects))
    assert (row["customer_id"], row["matched_traits"], row["traits_for"]) == ("C301", 1, "Industry: Mining")
    assert row["match"] > 0 and row["traits_against"] is None
    assert len(ask(engine, ideal_prospects, most=1)) == 1


def test_where_no_trait_stands_nobody_is_listed():
    engine = engine_of(
        [
            *hundreds(industry=lambda number: "AB"[number % 2]),
            {"value": None, "purchases": 0, "lifecycle": "potential", "industry": "A"},
        ]
    )
    assert ask(engine, ideal_prospects).empty


@pytest.mark.parametrize("n", [0, 1, 59])
def test_too_few_customers_are_compared_with_nobody(n):
    found = ask(engine_of(hundreds(n, industry=lambda number: "AB"[number % 2])) if n else engine_of([{"value": None, "purchases": 0, "lifecycle": "potential", "industry": "A"}]))  # fmt: skip
    assert found[found["left_out"].isna()].empty
