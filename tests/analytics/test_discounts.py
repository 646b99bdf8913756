"""Discounts: by eye, by SQL written by hand, what cannot be compared, and what they gain or cost."""

from datetime import date
from pathlib import Path

import pytest

from analytics.discounts import BANDS, COLUMNS, NO_LOST, NO_LOST_AMOUNTS, NOT_UNIT_PRICES, deals_by_discount, discounts
from analytics.fields import find
from analytics.filters import Filters
from analytics.rows import rows
from data.schema import Header
from tests.analytics.sample import day
from tests.analytics.selling import engine_of, priced

AS_OF = Filters(date(2026, 9, 30))
END = Filters(date(2026, 3, 31))
PRODUCTS = [{"product_id": "p", "list_price": 100.0}, {"product_id": "q", "list_price": 0.0}]


def ask(engine, filters=AS_OF, by=None):
    field = find(by, engine.tables) if by else None
    return rows(discounts(engine.tables, filters, field).answer(engine.run))


def by_band(engine, filters=AS_OF):
    return {row["band"]: row for row in ask(engine, filters)}


def deal(name, status, amount, product="p", **more):
    closed = None if status == "open" else day(20)
    return {"deal_id": name, "status": status, "amount": amount, "product_id": product, "created_at": day(1), "closed_at": closed, **more}  # fmt: skip


def test_bands_by_eye():
    engine = engine_of(
        [deal("1", "won", 120.0), deal("2", "won", 100.0), deal("3", "lost", 99.0), deal("4", "won", 95.0), deal("5", "lost", 90.0),
         deal("6", "open", 80.0), deal("7", "won", 70.0), deal("8", "won", 60.0), deal("9", "won", 101.0)],
        products=PRODUCTS,
    )  # fmt: skip
    found = by_band(engine, END)
    assert tuple(found) == ("all", *BANDS) and list(found["all"]) == list(COLUMNS)
    assert [found[band]["deals"] for band in BANDS] == [1, 3, 1, 1, 1, 1, 1]
    assert (found["all"]["won"], found["all"]["lost"], found["all"]["undecided"]) == (6, 2, 1)
    # Won below list price: 5, 30 and 40 shekels. What was above it does not make up for that.
    assert found["all"]["given_away"] == pytest.approx(75) and found["over_30"]["given_away"] == pytest.approx(40)
    assert found["all"]["discount"] == pytest.approx((-20 + 0 + 5 + 30 + 40 - 1) / 600)
    assert found["all"]["discounted_share"] == pytest.approx(3 / 6)
    listed = rows(engine.run(deals_by_discount(engine.tables, END, "up_to_30")))
    assert [(row["deal_id"], row["list_price"], round(row["discount"], 9)) for row in listed] == [("7", 100.0, 0.3)]


def test_several_units_are_not_taken_for_above_list():
    engine = engine_of(
        [deal(str(n), "won", 100.0) for n in range(6)]
        + [deal("a", "won", 300.0), deal("b", "won", 270.0), deal("c", "won", 5.0), deal("d", "won", None), deal("e", "won", 0.0),
           deal("f", "won", 50.0, "q"), deal("g", "won", 50.0, None), deal("h", "won", 100.0, currency="EUR")],
        products=PRODUCTS,
    )  # fmt: skip
    every = by_band(engine, END)["all"]
    assert (every["deals"], every["not_comparable"], every["multiples"], every["no_amount"]) == (6, 3, 1, 2)
    assert (every["no_list_price"], every["other_currency"], every["currency"]) == (2, 1, "USD")
    names = ("deals", "not_comparable", "no_amount", "no_list_price", "other_currency")
    assert sum(every[name] for name in names) == 14
    assert every["given_away"] == 0


def test_a_column_of_quantities_is_used():
    header = Header("deals", "attr_1", "Quantity", True)
    deals = [
        deal("1", "won", 270.0, attr_1="3"),
        deal("2", "won", 100.0, attr_1=""),
        deal("3", "won", 90.0, attr_1="many"),
    ]
    found = by_band(engine_of(deals, products=PRODUCTS, headers=(header,)), END)
    assert (found["up_to_10"]["deals"], found["none"]["deals"], found["all"]["not_comparable"]) == (2, 1, 0)
    assert found["all"]["given_away"] == pytest.approx(40)


def test_a_discount_that_buys_nothing_costs_what_it_gives_away():
    found = by_band(priced(2500, 4, lambda _discount: 0.5))
    row = found["up_to_30"]
    assert row["q_value"] > 0.05
    assert row["expected"] == pytest.approx(row["chance"] * row["mean_amount"])
    assert row["expected_at_list"] == pytest.approx(found["none"]["chance"] * row["mean_list_price"])
    assert row["pays_low"] < row["pays"] < row["pays_high"] < 0
    # A quarter off pays from a chance of four thirds of that at list price.
    assert row["break_even"] == pytest.approx(found["none"]["chance"] / 0.75)
    assert found["none"]["pays"] is None and found["all"]["chance"] == pytest.approx(0.5, abs=0.05)


def test_a_discount_that_wins_more_deals_is_seen_to_pay():
    found = by_band(priced(2500, 4, lambda discount: 0.8 if discount > 0.1 else 0.3))
    row = found["up_to_20"]
    assert row["q_value"] < 0.05 and row["difference"] > 0.2 and row["pays_low"] > 0
    assert row["break_even"] < row["low"]


def test_where_lost_deals_have_no_amount_no_chance_is_told():
    def close_value(status):
        return 95.0 if status == "won" else 0.0 if status == "lost" else None

    found = ask(priced(600, 4, lambda _discount: 0.5, amount=close_value, product_id=lambda _status: "p1"))
    assert {row["reason"] for row in found} == {NO_LOST_AMOUNTS}
    assert all(row["chance"] is row["q_value"] is row["pays"] is row["break_even"] is None for row in found)
    assert found[0]["lost_known"] == 0 and found[0]["discount"] == pytest.approx(0.05) and found[0]["given_away"] > 0


def test_where_amounts_have_nothing_to_do_with_list_prices_no_chance_is_told():
    engine = engine_of(
        [deal(str(n), "won" if n % 2 else "lost", 1000.0 + 37 * n) for n in range(60)], products=PRODUCTS
    )
    every = by_band(engine, END)["all"]
    assert every["reason"] is None and every["deals"] == 0  # nothing at all can be compared
    near = [deal(f"n{n}", "won" if n % 2 else "lost", 90.0) for n in range(40)]
    engine = engine_of([deal(str(n), "won", 1000.0 + 37 * n) for n in range(60)] + near, products=PRODUCTS)
    every = by_band(engine, END)["all"]
    assert (every["reason"], every["chance"], every["comparable_share"]) == (NOT_UNIT_PRICES, None, 0.4)


def test_no_lost_deal_at_all_is_said():
    engine = engine_of([deal(str(n), "won", 90.0) for n in range(40)], products=PRODUCTS)
    assert by_band(engine, END)["all"]["reason"] == NO_LOST


def test_owners_are_compared_by_the_discounts_of_their_won_deals():
    deals = [
        deal(str(n), "won" if n % 3 else "lost", 100.0 - (20 if n % 2 else 2) - n % 5, owner="AB"[n % 2])
        for n in range(200)
    ]
    found = {row["owner"]: row for row in ask(engine_of(deals, products=PRODUCTS), END, by="owner")}
    assert found["B"]["q_value"] < 0.05 and found["B"]["difference"] == pytest.approx(0.18, abs=0.01)
    assert found["A"]["difference"] == pytest.approx(-found["B"]["difference"])
    assert found["A"]["discount_low"] < found["A"]["discount"] < found["A"]["discount_high"]
    assert sum(row["deals"] for row in found.values()) == 200


def test_sums_are_those_of_sql_written_by_hand(root: Path):
    engine = priced(900, 11, lambda discount: 0.5 + discount)
    found = by_band(engine)
    by_hand = rows(engine.query((root / "tests/sql/discounts.sql").read_text("utf-8"), {"now": AS_OF.now}))
    assert len(by_hand) == 5
    for expected in by_hand:
        for name, value in expected.items():
            assert found[expected["band"]][name] == (value if name == "band" else pytest.approx(value)), name
    assert sum(row["deals"] for row in by_hand) == found["all"]["deals"]


@pytest.mark.parametrize("deals", [[deal("1", "open", 100.0)], [deal("1", "lost", 90.0)], [deal("1", "won", None)],
                                   [deal(str(n), "open", 90.0) for n in range(40)], [deal("1", "won", 90.0, created_at=None)]])  # fmt: skip
def test_edges(deals):
    for row in ask(engine_of(deals, products=PRODUCTS), END):
        assert row["deals"] == row["won"] + row["lost"] + row["undecided"]
        assert row["chance"] is None or 0 <= row["low"] <= row["chance"] + 1e-9 <= row["high"] + 2e-9 <= 1 + 1e-8
    assert by_band(engine_of(deals), END)["all"]["no_list_price"] == len(deals)
