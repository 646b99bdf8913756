"""What customers bought, by hand: days merged, returns netted, currencies apart, and which data tells of it at all."""

from datetime import date, datetime

import pytest

from analytics.customers.basis import Source, by_source, counts, known_source, source
from analytics.customers.contracts import contracts
from analytics.customers.purchases import histories, purchases
from analytics.customers.sales_totals import sales_totals
from analytics.filters import Filters
from analytics.question import Question
from analytics.rows import rows
from data.engine import Engine
from data.errors import RequestProblem

AS_OF = date(2026, 6, 30)
ORDERS = Source("orders")


def orders(*lines, **more):
    """Lines of (customer, day, amount)."""
    return Engine.in_memory({
        "orders": [
            {"order_id": str(n), "customer_id": who, "ordered_at": datetime.fromisoformat(day), "amount": amount} | more
            for n, (who, day, amount) in enumerate(lines)
        ]
    } if lines else {})  # fmt: skip


def bought(engine, as_of=AS_OF, source=ORDERS, **choices):
    found = rows(engine.run(purchases(engine.tables, Filters(as_of, **choices), source)))
    return sorted((row["customer_id"], str(row["day"])[:10], row["amount"], row["returned"]) for row in found)


def history(engine, as_of=AS_OF, source=ORDERS):
    found = rows(engine.run(histories(engine.tables, Filters(as_of), source)))
    return {row["customer_id"]: row for row in found}


def test_orders_of_a_day_are_one_purchase():
    engine = orders(("a", "2026-01-05 09:00", 10.0), ("a", "2026-01-05 17:00", 5.0), ("a", "2026-01-06", 1.0))
    assert bought(engine) == [("a", "2026-01-05", 15.0, 0.0), ("a", "2026-01-06", 1.0, 0.0)]


def test_days_are_cut_in_the_time_zone_of_the_workspace():
    engine = orders(("a", "2026-01-05 22:30", 10.0))
    assert bought(engine, time_zone="Asia/Jerusalem") == [("a", "2026-01-06", 10.0, 0.0)]


def test_what_came_back_is_taken_off_the_purchase_before_it():
    engine = orders(("a", "2026-01-05", 10.0), ("a", "2026-02-01", 20.0), ("a", "2026-02-03", -4.0))
    assert bought(engine) == [("a", "2026-01-05", 10.0, 0.0), ("a", "2026-02-01", 16.0, 4.0)]


def test_a_purchase_that_came_back_wholly_is_none():
    engine = orders(("a", "2026-01-05", 10.0), ("a", "2026-02-01", 20.0), ("a", "2026-02-03", -20.0))
    assert bought(engine) == [("a", "2026-01-05", 10.0, 0.0)]


def test_refunds_above_purchases_leave_no_purchase_and_stay_in_the_totals():
    engine = orders(("a", "2026-01-05", -7.0), ("b", "2026-01-05", 10.0), ("b", "2026-01-09", -30.0))
    assert bought(engine) == []
    (found,) = rows(sales_totals(engine.tables, Filters(AS_OF)).answer(engine.run))
    assert (found["net_revenue"], found["revenue_returned"], found["sale_lines"]) == (-27.0, 37.0, 3)


def test_what_was_given_away_was_bought_all_the_same():
    engine = orders(("a", "2026-01-05", 0.0), ("a", "2026-02-05", 8.0), ("b", "2026-01-05", None))
    assert bought(engine) == [
        ("a", "2026-01-05", 0.0, 0.0),
        ("a", "2026-02-05", 8.0, 0.0),
        ("b", "2026-01-05", None, 0.0),
    ]


def test_later_orders_and_those_of_nobody_are_not_seen():
    engine = orders(("a", "2026-01-05", 10.0), ("a", "2026-07-01", 5.0), (None, "2026-01-05", 9.0))
    assert bought(engine) == [("a", "2026-01-05", 10.0, 0.0)]
    (found,) = rows(sales_totals(engine.tables, Filters(AS_OF)).answer(engine.run))
    assert (found["net_revenue"], found["buying_customers"], found["lines_unnamed"]) == (19.0, 1, 1)
    assert found["revenue_unnamed"] == 9.0


def test_a_history_as_models_need_it():
    engine = orders(
        ("a", "2025-01-01", 100.0), ("a", "2025-12-31", 30.0), ("a", "2026-02-11", 50.0), ("0a", "2026-06-23", 5.0)
    )
    found = history(engine)
    own = found["a"]
    assert (own["purchases"], own["repeat_purchases"], own["mean_repeat_value"]) == (3, 2, 40.0)
    assert own["recency_weeks"] == pytest.approx(406 / 7)
    assert own["age_weeks"] == pytest.approx(545 / 7)
    assert (own["days_since"], own["gap_days"], own["last_gap_days"]) == (139.0, 203.0, 42.0)
    assert (own["revenue"], own["revenue_12m"], own["revenue_before_12m"]) == (180.0, 80.0, 100.0)
    # An id that differs by a leading zero is another customer, and one with a single purchase has no gap.
    other = found["0a"]
    assert (other["purchases"], other["repeat_purchases"], other["gap_days"], other["mean_repeat_value"]) == (
        1,
        0,
        None,
        None,
    )


def test_money_is_in_the_commonest_currency_and_the_rest_is_counted():
    engine = Engine.in_memory({
        "orders": [
            {"order_id": str(n), "customer_id": "a", "ordered_at": datetime(2026, month, 1), "amount": amount, "currency": currency}
            for n, (month, amount, currency) in enumerate([(1, 10.0, "USD"), (2, 20.0, "USD"), (3, 900.0, "ILS")])
        ]
    })  # fmt: skip
    several = known_source(engine.run(counts(engine.tables, Filters(AS_OF))))
    assert several.several_currencies
    own = history(engine, source=several)["a"]
    assert (own["purchases"], own["revenue"], own["currency"], own["other_currencies"]) == (3, 30.0, "USD", 1)


def test_won_deals_are_purchases_where_nothing_else_is():
    engine = Engine.in_memory({
        "deals": [
            {"deal_id": "1", "customer_id": "a", "status": "won", "closed_at": datetime(2026, 1, 1), "amount": 5.0},
            {"deal_id": "2", "customer_id": "a", "status": "lost", "closed_at": datetime(2026, 2, 1), "amount": 5.0},
            {"deal_id": "3", "customer_id": "b", "status": "open", "amount": 5.0},
        ]
    })  # fmt: skip
    found = known_source(engine.run(counts(engine.tables, Filters(AS_OF))))
    assert found == Source("deals", False, 1)
    assert bought(engine, source=found) == [("a", "2026-01-01", 5.0, 0.0)]


def test_the_basis_that_tells_of_most_customers_is_taken():
    row = dict.fromkeys(("subscriptions", "tenure", "orders", "summary", "deals"), 0)
    assert source(row) is None
    assert source(row | {"deals": 900, "orders": 3}).basis == "orders"  # type: ignore[union-attr]
    assert source(row | {"subscriptions": 5, "orders": 5}).basis == "subscriptions"  # type: ignore[union-attr]
    assert source(row | {"subscriptions": 5, "orders": 6, "currencies_orders": 2}) == Source("orders", True, 6)


def test_without_anything_bought_it_is_refused_in_words():
    engine = Engine.in_memory({"customers": {"customer_id": ["a"]}})
    never = by_source(engine.tables, Filters(AS_OF), lambda known: Question({}, lambda answers: answers["basis"]))
    with pytest.raises(RequestProblem, match="Nothing says what customers buy"):
        never.answer(engine.run)


def subscriptions(*contracts_):
    return Engine.in_memory({
        "subscriptions": [
            {"subscription_id": str(n), "customer_id": who, "started_on": date.fromisoformat(start),
             "ended_on": date.fromisoformat(end) if end else None, "monthly_revenue": paid}
            for n, (who, start, end, paid) in enumerate(contracts_)
        ]
    })  # fmt: skip


def held(engine, as_of=AS_OF):
    known = Source("subscriptions")
    return {row["customer_id"]: row for row in rows(engine.run(contracts(engine.tables, Filters(as_of), known)))}


def test_a_customer_has_left_when_its_contract_ended_and_the_grace_is_over():
    engine = subscriptions(
        ("gone", "2025-01-01", "2026-05-01", 100.0), ("late", "2025-01-01", "2026-06-15", 100.0),
        ("runs", "2025-06-30", None, 50.0), ("ends", "2025-06-30", "2026-07-20", 70.0), ("soon", "2026-07-15", None, 9.0),
    )  # fmt: skip
    found = held(engine)
    assert {who: row["has_left"] for who, row in found.items()} == {
        "gone": True,
        "late": False,
        "runs": False,
        "ends": False,
    }
    assert str(found["ends"]["ends_on"])[:10] == "2026-07-20"
    assert found["runs"]["ends_on"] is None
    assert found["runs"]["tenure_months"] == pytest.approx(365 / (365.25 / 12))


def test_contracts_that_run_side_by_side_add_up_and_a_break_between_two_is_told():
    engine = subscriptions(
        ("a", "2025-01-01", None, 100.0), ("a", "2026-01-01", None, 20.0),
        ("b", "2024-01-01", "2024-12-31", 10.0), ("b", "2025-07-01", None, 30.0),
    )  # fmt: skip
    found = held(engine)
    assert found["a"]["monthly_revenue"] == 120.0
    assert found["b"]["monthly_revenue"] == 30.0
    assert found["b"]["last_gap_days"] == 182.0
    assert found["a"]["revenue_12m"] == pytest.approx((100 * 365 + 20 * 180) / (365.25 / 12))


def test_a_price_that_nobody_knows_is_not_nothing():
    engine = subscriptions(
        ("unknown", "2025-01-01", None, None),
        ("gone", "2024-01-01", "2025-01-01", None),
        ("free", "2025-01-01", None, 0.0),
    )
    found = held(engine)
    assert found["unknown"]["monthly_revenue"] is None and found["gone"]["monthly_revenue"] is None
    assert found["free"]["monthly_revenue"] == 0.0


def test_an_end_in_the_future_of_the_as_of_date_has_not_come():
    engine = subscriptions(("gone", "2025-01-01", "2026-05-01", 100.0))
    assert not held(engine, date(2026, 4, 1))["gone"]["has_left"]


def test_tenure_and_flag_are_taken_as_a_file_gives_them():
    engine = Engine.in_memory({
        "customers": {
            "customer_id": ["a", "b", "c"], "tenure_months": [5.0, 30.0, None], "is_churned": [True, False, False],
            "monthly_revenue": [10.0, 20.0, 5.0],
        }
    })  # fmt: skip
    found = {
        row["customer_id"]: row for row in rows(engine.run(contracts(engine.tables, Filters(AS_OF), Source("tenure"))))
    }
    assert set(found) == {"a", "b"}
    assert (found["a"]["has_left"], found["b"]["has_left"]) == (True, False)
    assert (found["b"]["revenue_12m"], found["b"]["revenue_before_12m"], found["b"]["revenue"]) == (240.0, 240.0, 600.0)
