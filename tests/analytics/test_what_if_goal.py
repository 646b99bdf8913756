"""What a goal takes, and how often this company was there: on baselines and purchases one can count by hand."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.what_if.goal_seek import goal_seek, rates
from analytics.what_if.past_retention import COLUMNS, past_retention, reached
from analytics.what_if.scenario import NOTHING, Lever, Range, Scenario
from data.engine import Engine
from data.errors import RequestProblem
from tests.analytics.scored import keep
from tests.analytics.what_if_bases import PlainPipeline, base, cells

AS_OF = date(2026, 6, 30)


def given(hazard=0.02, months=24, levers=1, **more):
    """200 customers who bring 10 a month; in the last twelve months all of them did."""
    row = {"customers": 200, "spend": 10.0, "hazard": hazard, "acted_on": tuple(range(levers))}
    return base(cells(row, months=months, levers=levers), **({"revenue_12m": 24_000.0} | more))


def asked(*levers, months=24):
    return Scenario("", levers, horizon_months=months, draws=200)


def only(frame):
    (row,) = rows(frame)
    return row


# goal seek


def test_without_a_lever_retention_of_everyone_is_looked_for():
    row = only(goal_seek(given(), asked(), "retention", 0.85))
    before = np.exp(-0.24)
    assert row["goal_state"] == "found"
    assert row["retention_before"] == pytest.approx(before)
    assert row["needed_amount"] == pytest.approx(100 * (0.85 - before), abs=0.5)
    assert row["retention_needed"] == pytest.approx(0.85, abs=0.005)
    assert (row["lever_kind"], row["lever_unit"], row["goal_at_most"]) == (
        "retention",
        "points",
        pytest.approx(0.99, abs=0.01),
    )


def test_a_price_for_a_net_retention():
    # Nobody leaves: a price of 5% more is an nrr of 105%.
    row = only(goal_seek(given(hazard=0.0), asked(Lever("price", Range(1, 2, 3))), "nrr", 1.05))
    assert (row["goal_now"], row["needed_amount"]) == (pytest.approx(1.0), pytest.approx(5, abs=0.02))
    assert row["retention_needed"] is None


def test_profit_and_revenue_are_over_the_horizon():
    profit = only(goal_seek(given(hazard=0.0), asked(Lever("price", Range(1, 2, 3))), "profit_delta", 480))
    assert profit["needed_amount"] == pytest.approx(1.0, abs=0.02)  # 1% of 48,000
    revenue = only(goal_seek(given(hazard=0.0), asked(Lever("price", Range(1, 2, 3))), "revenue", 52_800))
    assert revenue["needed_amount"] == pytest.approx(10, abs=0.1)


def test_reached_already_and_out_of_reach():
    assert only(goal_seek(given(), asked(), "retention", 0.5))["goal_state"] == "already"
    far = only(goal_seek(given(), asked(), "nrr", 1.3))
    assert (far["goal_state"], far["needed_amount"], far["most_amount"]) == ("out_of_reach", None, 100)


def test_gross_retention_counts_customers_by_what_they_bring():
    told = cells(
        {"customers": 100, "spend": 90.0, "hazard": 0.0},
        {"customers": 100, "spend": 10.0, "hazard": 0.1},
        months=12,
        levers=0,
    )
    kept = rates(base(told), Scenario("", horizon_months=12, draws=200), "grr", 200)
    assert np.median(kept) == pytest.approx(0.9 + 0.1 * np.exp(-1.2), abs=0.01)
    heads = rates(base(told), Scenario("", horizon_months=12, draws=200), "retention", 200)
    assert np.median(heads) == pytest.approx((1 + np.exp(-1.2)) / 2, abs=0.03)


def test_net_retention_leaves_out_who_has_no_full_year_and_contracts_compare_what_is_paid_a_month():
    told = cells(
        {"customers": 100, "spend": 10.0}, {"customers": 100, "spend": 10.0, "is_new": True}, months=12, levers=0
    )
    scenario = Scenario("", horizon_months=12, draws=200)
    assert np.median(
        rates(base(told, revenue_12m=15_000.0, settled_12m=10_000.0), scenario, "nrr", 200)
    ) == pytest.approx(1.2)
    leaving = cells({"customers": 100, "spend": 10.0, "hazard": 0.02}, months=12, levers=0)
    paid = rates(base(leaving, revenue_12m=1.0, report={"basis": "subscriptions"}), scenario, "nrr", 200)
    assert np.median(paid) == pytest.approx(np.exp(-0.24), abs=0.02)


def past(*logos, nrr=1.0, customers=50):
    return pd.DataFrame(
        [
            {"logo_retention": logo, "nrr": nrr, "grr": 0.8, "currency": "USD", "customers_before": customers}
            for logo in logos
        ]
    )


def test_how_often_it_was_reached_before_is_counted():
    row = only(goal_seek(given(), asked(), "retention", 0.85, past=past(0.80, 0.85, 0.90)))
    assert (row["reached_windows"], row["windows"], row["best_window"]) == (2, 3, 0.9)
    assert row["goal_reason"] == "Reached in 2 of the past 3 twelve-month windows, one a month."
    never = only(goal_seek(given(), asked(), "retention", 0.95, past=past(0.80, 0.85, 0.90)))
    assert never["goal_reason"] == "Never reached: in none of the past 3 twelve-month windows, one a month."
    none = only(goal_seek(given(), asked(), "retention", 0.95, past=past()))
    assert (none["windows"], none["best_window"]) == (0, None)
    assert none["goal_reason"].startswith("The data do not reach back far enough")


def test_of_money_the_retention_it_takes_is_held_against_the_past():
    row = only(goal_seek(given(), asked(), "profit_delta", 2000, past=past(0.80, 0.99)))
    assert row["reached_windows"] is None
    assert (
        row["goal_reason"]
        == "The retention this takes was reached in 1 of the past 2 twelve-month windows, one a month."
    )
    price = only(goal_seek(given(), asked(Lever("price", Range(1, 2, 3))), "profit_delta", 2000, past=past(0.80)))
    assert price["goal_reason"].startswith("The data do not reach") or "retention only" in price["goal_reason"]


def test_windows_of_few_customers_and_of_other_currencies_do_not_count():
    assert reached(past(0.9, customers=9), "logo_retention", 0.5, "USD") == (0, 0)
    assert reached(past(0.9), "logo_retention", 0.5, "EUR") == (0, 0)


@pytest.mark.parametrize(
    ("goal", "value", "lever", "said"),
    [
        ("churn", 0.1, None, "no goal called"),
        ("nrr", float("nan"), None, "has no number"),
        ("retention", 1.2, None, "is no share"),
        ("nrr", 105, None, "is no share"),
        ("nrr", 1.05, 3, "no lever with the number 3"),
    ],
)
def test_what_cannot_be_a_goal_is_refused(goal, value, lever, said):
    with pytest.raises(RequestProblem, match=said):
        goal_seek(given(), asked(Lever("price", Range(1, 2, 3))), goal, value, lever)


def test_levers_that_do_not_move_it_are_refused():
    pipeline = given(pipeline=PlainPipeline(), levers=1)
    with pytest.raises(RequestProblem, match="does not act on customers of today"):
        goal_seek(pipeline, asked(Lever("win_rate", Range(1, 2, 3))), "nrr", 1.1)
    with pytest.raises(RequestProblem, match="no amount to look for"):
        goal_seek(given(), asked(Lever("largest_leaves", NOTHING)), "nrr", 1.1)
    with pytest.raises(RequestProblem, match="stay and leave"):
        goal_seek(base(None), asked(), "nrr", 1.1)
    with pytest.raises(RequestProblem, match="twelve months, and the horizon is 6"):
        goal_seek(given(months=6), asked(months=6), "nrr", 1.1)
    with pytest.raises(RequestProblem, match="nothing to compare"):
        goal_seek(given(revenue_12m=0.0), asked(), "nrr", 1.1)
    with pytest.raises(RequestProblem, match="for a year yet"):
        goal_seek(given(settled_12m=0.0), asked(), "nrr", 1.1)


# the past


def orders(*bought):
    """An order for each of (customer, day, amount)."""
    return {
        "order_id": [str(n) for n in range(len(bought))], "customer_id": [who for who, _day, _amount in bought],
        "ordered_at": [datetime.fromisoformat(day) for _who, day, _amount in bought], "amount": [float(amount) for *_, amount in bought],
        "currency": ["USD"] * len(bought),
    }  # fmt: skip


def told(*bought, limit=100.0, owners=None, where=(), **tables):
    names = sorted({who for who, *_rest in bought})
    engine = Engine.in_memory(
        {
            "orders": orders(*bought),
            "customers": {"customer_id": names, "owner": [(owners or {}).get(name) for name in names]},
        }
        | tables
    )
    filters = Filters(
        AS_OF, where=tuple(Choice(find(name, engine.tables, "customers"), values) for name, values in where)
    )
    keep(engine, filters, [{"customer_id": name, "gap_limit_days": limit} for name in names])
    return rows(past_retention(engine.tables, filters).answer(engine.run))


MONTHLY = [f"{2024 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-15" for month in range(1, 31)]  # to June 2026


def test_each_window_holds_the_twelve_months_after_it_against_those_before():
    # One buys for 10 each month, and for 20 from July 2025 on; the other stops in December 2025.
    steady = [("a", day, 20 if day > "2025-06-30" else 10) for day in MONTHLY]
    stopping = [("b", day, 10) for day in MONTHLY if day < "2026-01-01"]
    found = told(*steady, *stopping)
    assert tuple(found[0]) == COLUMNS
    latest = found[0]
    assert (latest["from_day"], latest["to_day"]) == ("2025-06-30", "2026-06-30")
    assert (latest["customers_before"], latest["customers_kept"]) == (2, 1)  # b silent for more than 100 days
    assert (latest["revenue_before"], latest["revenue_after"]) == (240, 240 + 60)
    assert (latest["nrr"], latest["grr"], latest["logo_retention"]) == (300 / 240, 180 / 240, 0.5)
    # A window a month, the earliest beginning where a full year lies before it: the first order was on 15 January 2024.
    assert [row["to_day"] for row in found] == [
        f"2026-0{month}-{day}" for month, day in ((6, 30), (5, 30), (4, 30), (3, 30), (2, 28), (1, 30))
    ]
    # a: five months of 10 and seven of 20; b: eleven of 10.
    assert (found[-1]["revenue_before"], found[-1]["revenue_after"]) == (240, 190 + 110)


def test_new_customers_and_who_comes_back_are_in_neither():
    steady = [("a", day, 10) for day in MONTHLY]
    new = [("new", day, 50) for day in MONTHLY if day > "2025-02-01"]
    back = [("back", "2024-01-20", 30), ("back", "2026-06-01", 30)]
    latest = told(*steady, *new, *back)[0]
    assert (latest["customers_before"], latest["revenue_before"], latest["revenue_after"]) == (1, 120, 120)


def test_filters_choose_among_customers():
    bought = [(name, day, amount) for name, amount in (("a", 10), ("b", 30)) for day in MONTHLY]
    owners = {"a": "Ann", "b": "Bob"}
    assert told(*bought, owners=owners)[0]["revenue_before"] == 480
    assert told(*bought, owners=owners, where=(("owner", ("Bob",)),))[0]["revenue_before"] == 360


def test_too_short_a_history_has_no_windows_and_sums_without_dates_none_either():
    assert told(("a", "2025-07-15", 10), ("a", "2026-06-15", 10)) == []
    engine = Engine.in_memory(
        {"customers": {"customer_id": ["a"], "tenure_months": [30.0], "is_churned": [False], "monthly_revenue": [5.0]}}
    )
    keep(engine, Filters(AS_OF), [{"customer_id": "a"}], basis="tenure")
    found = past_retention(engine.tables, Filters(AS_OF)).answer(engine.run)
    assert (list(found.columns), len(found)) == (list(COLUMNS), 0)


def test_contracts_compare_what_is_paid_a_month_then_and_now():
    # a pays 10, then 15; b leaves; c ended and was signed again within the days of grace; d is new.
    contracts = [
        ("a", "2024-01-01", "2025-12-31", 10), ("a", "2026-01-01", None, 15), ("b", "2024-01-01", "2025-10-31", 20),
        ("c", "2024-01-01", "2026-06-15", 5), ("d", "2026-02-01", None, 99),
    ]  # fmt: skip
    subscriptions = {
        "subscription_id": [str(n) for n in range(5)], "customer_id": [row[0] for row in contracts],
        "started_on": [date.fromisoformat(row[1]) for row in contracts], "ended_on": [row[2] and date.fromisoformat(row[2]) for row in contracts],
        "monthly_revenue": [float(row[3]) for row in contracts], "currency": ["USD"] * 5,
    }  # fmt: skip
    engine = Engine.in_memory({"subscriptions": subscriptions, "customers": {"customer_id": list("abcd")}})
    keep(engine, Filters(AS_OF), [{"customer_id": name} for name in "abcd"], basis="subscriptions")
    latest = rows(past_retention(engine.tables, Filters(AS_OF)).answer(engine.run))[0]
    assert (latest["customers_before"], latest["customers_kept"]) == (3, 2)  # c's thirty days are not over
    assert (latest["revenue_before"], latest["revenue_after"], latest["nrr"]) == (35, 15, 15 / 35)
    assert latest["grr"] == 10 / 35
