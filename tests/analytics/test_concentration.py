"""On how few the revenue rests: by eye, against SQL, and where there is little or nothing to tell."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from analytics.customers.concentration import COLUMNS, CURVE, concentration, revenue_curve
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem

END = Filters(date(2026, 6, 30))


def orders(*lines, columns="customer_id amount ordered_at"):
    """Order lines; a day without a year is of 2026."""
    frame = pd.DataFrame(list(lines), columns=columns.split())
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["amount"] = frame["amount"].astype("float64")
    return frame


def told(engine, filters=END):
    return {(row["by"], row["currency"]): row for row in rows(concentration(engine.tables, filters).answer(engine.run))}


def customers(**columns):
    return pd.DataFrame(columns)


@pytest.fixture
def four():
    """Customers with 50, 30, 20 and, of returns, -10; 40 of nobody; and last year's 10 and 10."""
    lines = [
        ("A", 60, "2026-01-05"), ("A", -10, "2026-02-05"), ("B", 30, "2026-03-01"), ("C", 20, "2026-06-30"),
        ("D", 5, "2026-03-01"), ("D", -15, "2026-03-02"), (None, 40, "2026-04-01"),
        ("A", 10, "2024-07-02"), ("B", 10, "2025-06-30"), ("A", 70, "2026-07-01"),
    ]  # fmt: skip
    people = customers(
        customer_id=["A", "B", "C", "D"],
        customer_name=["Ada", "Bet", "Cid", "Dov"],
        owner=["Ann; Ben", "Ann", None, "Ben"],
    )
    return Engine.in_memory({"orders": orders(*lines), "customers": people})


def test_by_eye(four):
    found = told(four)
    row = found["customer", None]
    assert list(row) == list(COLUMNS)
    assert (row["n"], row["revenue"], row["top1"], row["top5"], row["top10"]) == (3, 100, 0.5, 1, 1)
    assert row["hhi"] == pytest.approx(0.25 + 0.09 + 0.04) and row["effective"] == pytest.approx(1 / 0.38)
    assert row["concentration_band"] == "high" and row["low"] is None
    assert (row["revenue_without"], row["revenue_negative"]) == (40, -10)
    assert [each["name"] for each in row["largest"]] == ["Ada", "Bet", "Cid"]
    assert (row["since"], row["until"]) == (date(2025, 7, 1), date(2026, 6, 30))


def test_owners_share_a_customer_equally_and_customers_without_one_are_said(four):
    row = told(four)["owner", None]
    # Ann 25 + 30; Ben 25 - 10, of Dov's returns; Cid and the line of nobody have no owner.
    assert row["revenue"] == pytest.approx(70) and row["top1"] == pytest.approx(55 / 70)
    assert row["revenue_without"] == pytest.approx(60)


def test_the_time_before_is_compared_only_where_it_is_known_wholly(four):
    # The first day known is 2 July 2024; the time before begins on 1 July.
    assert told(four)["customer", None]["previous"] is None
    earlier = Filters(date(2026, 6, 30), since=date(2026, 1, 1), until=date(2026, 6, 30))
    assert told(four, earlier)["customer", None]["previous"] is None  # nothing between July and the end of 2025
    half = Filters(date(2026, 6, 30), since=date(2026, 2, 1), until=date(2026, 4, 30))
    row = told(four, half)["customer", None]
    assert row["revenue"] == 30 and row["hhi"] == 1  # Bet; Ada and Dov only returned on balance
    assert row["previous"] == 1  # Ada, in the 89 days before


def test_companies_of_one_group_are_one_customer():
    lines = orders(("A", 10, "2026-01-05"), ("B", 10, "2026-01-05"), ("C", 20, "2026-01-05"))
    known = customers(customer_id=["A", "B", "C"], customer_name=["a", "b", "c"], parent_id=["B", "P", None])
    known = pd.concat([known, customers(customer_id=["P"], customer_name=["Parent"])])
    row = told(Engine.in_memory({"orders": lines, "customers": known}))["customer", None]
    assert (row["n"], row["hhi"]) == (2, 0.5)
    assert {each["name"] for each in row["largest"]} == {"Parent", "c"}


def test_companies_that_own_each_other_keep_their_revenue():
    lines = orders(("A", 10, "2026-01-05"), ("B", 30, "2026-01-05"))
    known = customers(customer_id=["A", "B"], customer_name=["a", "b"], parent_id=["B", "A"])
    assert told(Engine.in_memory({"orders": lines, "customers": known}))["customer", None]["revenue"] == 40


def test_one_customer_is_the_most_that_can_be():
    engine = Engine.in_memory({"orders": orders(("A", 10, "2026-01-05"))})
    row = told(engine)["customer", None]
    assert (row["n"], row["hhi"], row["effective"], row["top1"]) == (1, 1, 1, 1)
    curve = rows(revenue_curve(engine.tables, END).answer(engine.run))
    assert [(row["place"], row["revenue_share"]) for row in curve] == [(1, 1.0)]


def test_nothing_but_returns():
    engine = Engine.in_memory({"orders": orders(("A", -10, "2026-01-05"), ("B", -5, "2026-02-05"))})
    (row,) = told(engine).values()
    assert (row["n"], row["hhi"], row["top1"], row["revenue_negative"]) == (0, None, None, -15)
    assert row["largest"] == []
    assert not len(revenue_curve(engine.tables, END).answer(engine.run))


def test_each_currency_has_a_row():
    lines = orders(
        ("A", 10, "2026-01-05", "USD"), ("B", 30, "2026-01-05", "USD"), ("A", 8, "2026-01-05", "EUR"),
        columns="customer_id amount ordered_at currency",
    )  # fmt: skip
    found = told(Engine.in_memory({"orders": lines}))
    assert found["customer", "USD"]["hhi"] == pytest.approx(0.0625 + 0.5625)
    assert found["customer", "EUR"]["hhi"] == 1


def test_filters_choose_customers(four):
    filters = Filters(END.as_of, where=(Choice(find("customer_name", four.tables, "customers"), ("Bet", "Cid")),))
    row = told(four, filters)["customer", None]
    assert (row["n"], row["revenue"], row["revenue_without"]) == (2, 50, 0)


def test_contracts_bring_their_days():
    contracts = pd.DataFrame({
        "subscription_id": ["1", "2"], "customer_id": ["A", "B"], "monthly_revenue": [100.0, 100.0],
        "started_on": [datetime(2020, 1, 1), datetime(2026, 1, 1)], "ended_on": [pd.NaT, datetime(2026, 1, 31)],
    })  # fmt: skip
    row = told(Engine.in_memory({"subscriptions": contracts}))["customer", None]
    assert row["revenue"] == pytest.approx(100 * 12 * (365 + 31) / 365.25)
    assert row["previous"] == pytest.approx(1)


def test_customers_with_a_tenure_and_won_deals_serve_too():
    known = customers(
        customer_id=["A", "B", "C"], tenure_months=[24.0, 3.0, 5.0], monthly_revenue=[10.0, 40.0, 99.0],
        is_churned=[False, False, True],
    )  # fmt: skip
    row = told(Engine.in_memory({"customers": known}))["customer", None]
    assert (row["n"], row["revenue"], row["since"], row["revenue_basis"]) == (2, 240, None, "tenure")
    deals = pd.DataFrame({
        "deal_id": ["1", "2"], "status": ["won", "won"], "customer_id": ["A", "B"], "amount": [10.0, 30.0],
        "closed_at": [datetime(2026, 1, 1)] * 2, "product": ["x", "x"], "contact_id": ["p", "q"],
    })  # fmt: skip
    found = told(Engine.in_memory({"deals": deals}))
    assert found["customer", None]["top1"] == 0.75
    assert (found["product", None]["n"], found["contact", None]["n"]) == (1, 2)


def test_no_customers_at_all():
    engine = Engine.in_memory({"deals": {"deal_id": ["1"], "status": ["open"]}})
    with pytest.raises(RequestProblem):
        concentration(engine.tables, END).answer(engine.run)


@pytest.fixture(scope="module")
def random():
    """Orders of 200 customers with returns, in two currencies, over three years."""
    draws = np.random.default_rng(7)
    n = 3000
    days = pd.Timestamp("2023-07-01") + pd.to_timedelta(draws.integers(0, 1095 * 24, n), unit="h")
    frame = pd.DataFrame({
        "order_id": [f"o{each}" for each in draws.integers(0, 1500, n)],
        "customer_id": [f"c{each}" if each else None for each in draws.integers(0, 200, n)],
        "amount": np.where(draws.random(n) < 0.1, -1, 1) * draws.lognormal(4, 1.2, n).round(2),
        "currency": draws.choice(["USD", "EUR"], n, p=[0.8, 0.2]), "ordered_at": days,
    })  # fmt: skip
    return Engine.in_memory({"orders": frame})


@pytest.mark.parametrize("zone", ["UTC", "Asia/Jerusalem"])
def test_against_sql(random, root, zone):
    filters = Filters(END.as_of, time_zone=zone)
    by_hand = rows(
        random.query(
            (root / "tests/sql/concentration.sql").read_text("utf-8"),
            {"now": filters.now, "zone": zone, "since": date(2025, 7, 1), "until": END.as_of},
        )
    )
    found = told(random, filters)
    assert len(by_hand) == 2
    for row in by_hand:
        own = found["customer", row["currency"]]
        assert own["n"] == row["n"]
        for name in ("revenue", "top1", "top5", "top10", "hhi", "effective", "revenue_without", "revenue_negative"):
            assert own[name] == pytest.approx(row[name]), name
        assert 1 / own["n"] <= own["low"] < own["hhi"] < own["high"] <= 1
        assert 1 / own["n"] <= own["previous"] <= 1


def test_the_curve_rises_to_one_and_says_the_same(random):
    curve = revenue_curve(random.tables, END).answer(random.run)
    assert list(curve.columns) == list(CURVE)
    for currency, part in curve.groupby("currency"):
        row = told(random)["customer", currency]
        shares = part["revenue_share"].to_numpy()
        assert (np.diff(shares) > 0).all() and shares[-1] == pytest.approx(1) and len(part) <= 110
        by_place = dict(zip(part["place"], shares, strict=True))
        assert [by_place[place] for place in (1, 5, 10)] == pytest.approx([row["top1"], row["top5"], row["top10"]])
        assert part["customer"].notna().sum() == 10


def test_the_interval_covers_what_repeated_samples_show(random):
    """Drawn anew from amounts as skew as these, the index lies within the interval about as often as it says."""
    amounts = np.random.default_rng(3).lognormal(0, 0.8, 400)
    engine = Engine.in_memory(
        {"orders": orders(*((f"c{place}", amount, "2026-01-05") for place, amount in enumerate(amounts)))}
    )
    row = told(engine)["customer", None]
    draws = np.random.default_rng(4).choice(amounts, (2000, 400))
    indexes = (draws**2).sum(axis=1) / draws.sum(axis=1) ** 2
    assert 0.92 < ((indexes > row["low"]) & (indexes < row["high"])).mean() < 0.98
