"""What customers bring after what they cost, and the curve of it."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from analytics.customers.profit import COLUMNS, CURVE, Costs, customer_profit, whale_curve
from analytics.filters import Filters
from analytics.rows import rows
from data.engine import Engine

END = Filters(date(2026, 6, 30))
NONE = Costs()
DAY = datetime(2026, 3, 1)
PRODUCTS = {"product_id": ["p", "q"], "list_price": [10.0, None], "unit_cost": [6.0, None]}


def orders(*lines):
    """Order lines: order, customer, product, quantity, amount."""
    frame = pd.DataFrame(list(lines), columns=["order_id", "customer_id", "product_id", "quantity", "amount"])
    return frame.astype({"quantity": "float64", "amount": "float64"}).assign(ordered_at=DAY)


def calls(**numbers):
    """So many calls with each customer."""
    names = [name for name, n in numbers.items() for _each in range(n)]
    return {
        "customer_id": names,
        "happened_at": [DAY] * len(names),
        "activity_type": ["call"] * len(names),
        "is_done": [True] * len(names),
    }


def by_customer(engine, costs=NONE, **options):
    return {
        row["customer_id"]: row
        for row in rows(customer_profit(engine.tables, END, costs, **options).answer(engine.run))
    }


def curve(engine, costs=NONE):
    return whale_curve(engine.tables, END, costs).answer(engine.run)


@pytest.fixture
def three():
    """A earns; B earns before its calls; C sells for less than the goods cost, and sends some back."""
    lines = orders(
        ("1", "A", "p", 10, 95),
        ("2", "B", "p", 5, 50),
        ("3", "C", "p", 10, 50),
        ("4", "C", "p", -2, -10),
        ("5", "C", "p", -1, -5),
    )
    cases = {"case_id": ["1", "2"], "customer_id": ["B", "B"], "opened_at": [DAY, datetime(2020, 1, 1)]}
    return Engine.in_memory({"orders": lines, "products": PRODUCTS, "activities": calls(A=1, B=4), "cases": cases})


def test_by_eye(three):
    found = by_customer(three, Costs(visit=6, case=5, returned=1))
    assert list(found) == ["B", "C", "A"] or list(found) == ["C", "B", "A"]
    a, b, c = (found[name] for name in "ABC")
    assert list(a) == list(COLUMNS)
    assert (a["revenue"], a["discounts"], a["cost_of_goods"], a["cost_to_serve"], a["profit"]) == (95, 5, 60, 6, 29)
    # 50 - 30 of goods - 4 calls - the one case of this year.
    assert (b["contacts_made"], b["cases_opened"], b["profit"], b["is_unprofitable"]) == (4, 1, -9, True)
    assert (b["turns"], b["contacts_affordable"]) == (["visits"], 2)
    # 35 net for seven pieces of 6, and two returns.
    assert (c["revenue"], c["cost_of_goods"], c["orders_returned"], c["profit"]) == (35, 42, 2, -9)
    assert c["discounts"] == 50 and c["turns"] == ["discounts"]
    assert a["costs_counted"] == "goods, visits, cases, returns" and a["turns"] == []


def test_profit_is_revenue_less_what_is_counted(three):
    for costs in (Costs(), Costs(visit=6), Costs(case=5, returned=2), Costs(margin=0.1, visit=1)):
        for row in by_customer(three, costs).values():
            served = row["cost_to_serve"] or 0
            assert row["profit"] == pytest.approx(row["revenue"] - row["cost_of_goods"] - served)
            assert served == pytest.approx(sum(row[f"{kind}_cost"] or 0 for kind in ("visits", "cases", "returns")))


def test_nothing_alone_turns_a_loss_that_is_too_large():
    engine = Engine.in_memory(
        {"orders": orders(("1", "A", "p", 10, 20)), "products": PRODUCTS | {"list_price": [2.0, None]}}
    )
    assert by_customer(engine)["A"]["turns"] == ["reconsider"]


def test_a_cost_nobody_gave_is_unknown_and_not_nothing(three):
    row = by_customer(three)["B"]
    assert row["costs_counted"] == "goods" and row["cost_to_serve"] is None and row["visits_cost"] is None
    assert row["profit"] == 20


def test_a_cost_of_what_the_data_lacks_is_not_counted():
    engine = Engine.in_memory({"orders": orders(("1", "A", "p", 1, 10)), "products": PRODUCTS})
    assert by_customer(engine, Costs(visit=6, case=5))["A"]["costs_counted"] == "goods"


def test_without_any_cost_there_is_no_profit_and_the_curve_is_of_revenue():
    engine = Engine.in_memory({"orders": orders(("1", "A", None, 1, 10), ("2", "B", None, 1, 30))})
    assert by_customer(engine)["A"]["profit"] is None and by_customer(engine)["A"]["is_unprofitable"] is None
    found = curve(engine)
    assert set(found["curve_measure"]) == {"revenue"} and set(found["cost_scenario"]) == {"as_given"}
    assert found["profit_share"].tolist() == [0, 0.75, 1]


def test_a_margin_serves_where_no_unit_cost_is_known():
    engine = Engine.in_memory({"orders": orders(("1", "A", "p", 1, 10), ("2", "A", "q", 1, 30)), "products": PRODUCTS})
    # A quarter of the revenue has unit costs: too little to be used.
    assert by_customer(engine)["A"]["profit"] is None
    assert by_customer(engine, Costs(margin=0.4))["A"]["profit"] == pytest.approx(16)
    mixed = Engine.in_memory({"orders": orders(("1", "A", "p", 3, 30), ("2", "A", "q", 1, 10)), "products": PRODUCTS})
    assert by_customer(mixed, Costs(margin=0.4))["A"]["profit"] == pytest.approx(40 - 18 - 6)


def test_a_customer_whose_goods_are_known_in_part_has_no_profit():
    lines = orders(
        ("1", "A", "p", 10, 100),
        ("2", "B", "p", 8, 80),
        ("3", "B", "q", 1, 20),
        ("4", "C", "p", 9.5, 95),
        ("5", "C", "q", 1, 5),
    )
    engine = Engine.in_memory({"orders": lines, "products": PRODUCTS})
    found = by_customer(engine)
    assert (found["B"]["goods_known"], found["B"]["profit"]) == (0.8, None)
    assert found["C"]["cost_of_goods"] == pytest.approx(57 / 0.95)  # the rest costs as much
    assert set(curve(engine)["profit_unknown"]) == {1}


def test_all_returned_and_one_customer():
    engine = Engine.in_memory({"orders": orders(("1", "A", "p", -1, -10)), "products": PRODUCTS})
    row = by_customer(engine)["A"]
    assert (row["revenue"], row["cost_of_goods"], row["profit"], row["profit_margin"]) == (-10, -6, -4, None)
    found = curve(engine)
    assert found["profit_share"].isna().all() and found["top20_share"].isna().all()
    one = curve(Engine.in_memory({"orders": orders(("1", "A", "p", 1, 10)), "products": PRODUCTS}))
    given = one[one["cost_scenario"] == "as_given"]
    assert given["profit_share"].tolist() == [0, 1] and given["peak_share"].iloc[0] == 1


def test_costs_are_in_the_currency_of_most():
    lines = orders(("1", "A", "p", 1, 10), ("2", "B", "p", 1, 10), ("3", "C", "p", 1, 10)).assign(
        currency=["USD", "USD", "EUR"]
    )
    engine = Engine.in_memory({"orders": lines, "products": PRODUCTS, "activities": calls(A=1)})
    assert by_customer(engine)["C"]["profit"] is None
    assert by_customer(engine, Costs(margin=0.5))["C"]["profit"] == 5  # the margin knows no currency
    assert by_customer(engine, Costs(margin=0.5, visit=1))["C"]["profit"] is None
    assert set(curve(engine, Costs(margin=0.5))["currency"]) == {"USD", "EUR"}


def test_what_was_given_away_has_no_revenue_and_its_goods_cost():
    engine = Engine.in_memory({"orders": orders(("1", "A", "p", 1, 0), ("2", "B", "p", 1, 10)), "products": PRODUCTS})
    assert (by_customer(engine)["A"]["revenue"], by_customer(engine)["A"]["profit"]) == (0, -6)


def test_only_the_worst(three):
    found = by_customer(three, Costs(visit=6), only_unprofitable=True)
    assert set(found) == {"B", "C"}
    assert len(by_customer(three, Costs(visit=6), most=1)) == 1


# the curve


def random(n=250):
    draws = np.random.default_rng(5)
    quantity = draws.integers(1, 50, n)
    price = draws.uniform(4, 14, n)
    lines = orders(*((str(k), f"c{k}", "p", quantity[k], quantity[k] * price[k]) for k in range(n)))
    return Engine.in_memory(
        {
            "orders": lines,
            "products": PRODUCTS,
            "activities": calls(**{f"c{k}": int(draws.integers(0, 9)) for k in range(n)}),
        }
    )


def test_the_curve_ends_at_everything_and_is_highest_where_losses_begin():
    engine = random()
    costs = Costs(visit=2)
    found = curve(engine, costs)
    assert list(found.columns) == list(CURVE)
    profits = np.array([row["profit"] for row in by_customer(engine, costs).values()])
    for name, factor in (("as_given", 1.0), ("lower", 2 / 3), ("higher", 4 / 3)):
        part = found[found["cost_scenario"] == name]
        assert len(part) == 101 and part["place"].tolist()[-1] == 250
        assert part["profit_share"].iloc[0] == 0 and part["profit_share"].iloc[-1] == pytest.approx(1)
        revenue = part["revenue"].iloc[0]
        assert part["total_profit"].iloc[0] == pytest.approx(revenue - factor * (revenue - profits.sum()))
        slopes = np.diff(part["cumulative_profit"]) / np.diff(part["place"])
        assert (np.diff(slopes) <= 1e-6).all()
        assert part["peak_share"].iloc[0] >= part["profit_share"].max() - 1e-9
    given = found[found["cost_scenario"] == "as_given"].iloc[0]
    assert given["unprofitable"] == (profits < 0).sum() and given["loss_together"] == pytest.approx(
        profits[profits < 0].sum()
    )
    assert given["peak_share"] == pytest.approx(profits[profits > 0].sum() / profits.sum())
    assert given["top20_share"] == pytest.approx(np.sort(profits)[::-1][:50].sum() / profits.sum())
    assert given["unprofitable"] <= found.loc[found["cost_scenario"] == "higher", "unprofitable"].iloc[0]


def test_against_sql(root):
    engine = random()
    costs = Costs(visit=2.0)
    by_hand = rows(
        engine.query(
            (root / "tests/sql/customer_profit.sql").read_text("utf-8"),
            {"now": END.now, "since": date(2025, 7, 1), "until": END.as_of, "visit": 2.0},
        )
    )
    found = by_customer(engine, costs)
    assert len(by_hand) == len(found) == 250
    for row in by_hand:
        own = found[row["customer_id"]]
        for name in ("revenue", "discounts", "cost_of_goods", "contacts_made", "cost_to_serve", "profit"):
            assert own[name] == pytest.approx(row[name]), name
