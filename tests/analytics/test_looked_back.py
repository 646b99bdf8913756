"""A forecast is held against what came: whole months, the customers it was about, and the two futures told apart by evidence."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest

from analytics.customers.contracts import GRACE_DAYS
from analytics.fields import find
from analytics.filters import Choice, Filters
from analytics.rows import rows
from analytics.what_if import forecast
from analytics.what_if.forecast import LEVEL_NAMES
from analytics.what_if.looked_back import COLUMNS, VERDICT_COLUMNS, looked_back, looked_back_verdict
from analytics.what_if.scenario import Scenario
from data.engine import Engine
from data.errors import RequestProblem
from data.scenarios import SavedScenario
from tests.analytics.kept_forecast import AS_OF, MONTHS, base, outcome, saved


def orders(*lines):
    """Engine with orders (customer, day, amount[, currency])."""
    frame = pd.DataFrame(
        {
            "order_id": [str(number) for number in range(len(lines))],
            "customer_id": [line[0] for line in lines],
            "ordered_at": pd.to_datetime([line[1] for line in lines], format="ISO8601"),
            "amount": [float(line[2]) for line in lines],
            "currency": [line[3] if len(line) > 3 else "USD" for line in lines],
        }
    )
    names = sorted({line[0] for line in lines if line[0]})
    owners = {"A": "Dana", "B": "Noa"}
    customers = {"customer_id": names, "customer_name": names, "owner": [owners.get(name, "Dana") for name in names]}
    return Engine.in_memory({"orders": frame, "customers": customers})


# A and B bought before the as-of date, N after it; somebody buys without a number.
LINES = (
    ("A", "2026-01-10", 50), ("B", "2026-02-10", 50), ("A", "2026-04-01", 60), ("B", "2026-04-30 23:59", 30),
    ("N", "2026-04-15", 10), (None, "2026-04-20", 7), ("A", "2026-05-05", 120), ("A", "2026-05-06", -20), ("A", "2026-06-10", 40),
)  # fmt: skip


def told(engine, now, kept, quantity="revenue", **filters):
    found = looked_back(engine.tables, Filters(now, **filters), kept).answer(engine.run)
    assert tuple(found.columns) == COLUMNS
    return [row for row in rows(found) if row["quantity"] == quantity]


def verdict(engine, now, kept, **filters):
    found = looked_back_verdict(engine.tables, Filters(now, **filters), kept).answer(engine.run)
    assert tuple(found.columns) == VERDICT_COLUMNS
    (row,) = rows(found)
    return row


def test_months_are_whole_and_of_the_customers_of_the_forecast():
    engine = orders(*LINES)
    april, may, june = told(engine, date(2026, 6, 15), saved())
    assert [(each["starts_on"], each["ends_on"]) for each in (april, june)] == [
        (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 6, 1), date(2026, 6, 30))
    ]  # fmt: skip
    assert (april["actual_then"], april["actual_new"], april["actual_compared"], april["actual_total"]) == (
        90,
        10,
        100,
        107,
    )
    assert (may["actual_compared"], may["actual_total"]) == (100, 100)  # a return counts when it comes
    assert (june["actual_compared"], june["is_complete"], june["baseline_band"], june["scenario_rank"]) == (
        40,
        False,
        None,
        None,
    )
    assert (april["is_complete"], april["baseline_band"], april["scenario_band"]) == (True, 50, 100)
    assert april["baseline_rank"] == pytest.approx(0.5)
    assert april["scenario_rank"] == 0.05  # as far as is known
    so_far = told(engine, date(2026, 6, 15), saved(), "revenue_so_far")
    assert [each["actual_compared"] for each in so_far] == [100, 200, 240]
    assert all(each["actual_compared"] is None for each in told(engine, date(2026, 6, 15), saved(), "customers"))


def test_customers_still_to_come_count_only_where_they_were_forecast():
    engine = orders(*LINES)
    (april, *_rest) = told(engine, date(2026, 4, 30), saved(counts_new=False))
    assert (april["actual_compared"], april["actual_new"], april["actual_total"]) == (90, 10, 107)


@pytest.mark.parametrize(
    ("amounts", "looks_like"),
    [
        ((100, 100), "baseline"),
        ((200, 200), "scenario"),
        ((150, 150), "between"),
        ((10, 10), "below"),
        ((300, 300), "above"),
        ((62, 138), "baseline"),  # together usual, though no month is
    ],
)
def test_the_future_it_looks_like_is_that_of_all_months_together(amounts, looks_like):
    engine = orders(
        ("A", "2026-01-01", 5), *(("A", day, each) for day, each in zip(("2026-04-02", "2026-05-02"), amounts, strict=True))
    )  # fmt: skip
    found = verdict(engine, date(2026, 6, 1), saved())
    assert (found["looks_like"], found["months_complete"], found["actual_compared"]) == (looks_like, 2, sum(amounts))
    assert (found["baseline_p50"], found["scenario_p50"]) == (200, 400)
    assert found["not_counted"] == 0
    assert found["months_in_baseline"] == (2 if amounts == (100, 100) else 0)


def test_two_futures_that_hardly_differ_are_not_told_apart():
    engine = orders(("A", "2026-01-01", 5), ("A", "2026-04-02", 100))
    bands = forecast.bands(outcome(with_it=105.0))
    text = forecast.written(bands, base(), Scenario("x", horizon_months=MONTHS), Filters(AS_OF), 1)
    kept = SavedScenario.of("x", "{}", AS_OF, AS_OF, text)
    found = verdict(engine, date(2026, 4, 30), kept)
    assert (found["looks_like"], found["months_in_baseline"], found["months_in_scenario"]) == ("both", 1, 1)


@pytest.mark.parametrize("now", [date(2026, 3, 1), AS_OF, date(2026, 4, 1), date(2026, 4, 29)])
def test_nothing_is_judged_before_a_month_is_over(now):
    found = verdict(orders(*LINES), now, saved())
    assert (found["looks_like"], found["months_complete"], found["actual_compared"]) == ("nothing", 0, None)
    months = told(orders(*LINES), now, saved())
    assert len(months) == MONTHS
    assert not any(each["is_complete"] or each["baseline_band"] for each in months)
    assert (months[0]["actual_compared"] is not None) == (now > AS_OF)


def test_what_came_after_the_horizon_is_in_no_month():
    engine = orders(*LINES, ("A", "2026-07-01", 999), ("A", "2026-12-01", 999))
    assert [each["actual_compared"] for each in told(engine, date(2026, 12, 31), saved())] == [100, 100, 40]
    assert verdict(engine, date(2026, 12, 31), saved())["months_complete"] == MONTHS


def test_the_filters_of_the_forecast_hold_not_those_of_now():
    engine = orders(*LINES)
    owner = find("owner", engine.tables, "customers")
    then = Filters(AS_OF, where=(Choice(owner, ("Noa",)),))
    kept = saved(then)
    (april, *_rest) = told(engine, date(2026, 4, 30), kept, since=date(2026, 4, 20))
    assert (april["actual_compared"], april["actual_total"]) == (30, 30)
    assert forecast.read(kept.forecast).where == (("owner", ("Noa",)),)


def test_other_currencies_and_lines_without_a_customer_are_counted_not_added():
    engine = orders(*LINES, ("A", "2026-04-03", 1000, "EUR"), ("B", "2026-02-03", 10, "EUR"))
    (april, *_rest) = told(engine, date(2026, 4, 30), saved())
    assert (april["actual_compared"], april["actual_total"]) == (100, 107)
    assert verdict(engine, date(2026, 4, 30), saved())["not_counted"] == 2


def test_contracts_bring_what_is_paid_a_month_for_the_part_that_they_run_and_tell_who_is_there():
    end = date(2026, 4, 15)
    engine = Engine.in_memory(
        {
            "subscriptions": {
                "subscription_id": ["1", "2", "3", "4"],
                "customer_id": ["A", "B", "N", "gone"],
                "started_on": [date(2025, 1, 1), date(2025, 1, 1), date(2026, 5, 1), date(2024, 1, 1)],
                "ended_on": [None, end, None, date(2025, 1, 1)],
                "monthly_revenue": [60.0, 30.0, 31.0, 100.0],
                "currency": ["USD"] * 4,
            }
        }
    )
    now = date(2026, 5, 20)
    kept = saved(basis="subscriptions")
    april, may, _june = told(engine, now, kept)
    assert (april["actual_compared"], april["actual_new"]) == (75, 0)  # half a month of B
    assert (may["actual_then"], may["actual_new"]) == (pytest.approx(60), pytest.approx(31))
    assert may["is_complete"] is False
    april, may, _june = told(engine, now, kept, "customers")
    assert (april["actual_compared"], april["is_complete"], may["actual_compared"]) == (
        2,
        True,
        None,
    )  # B within the days of grace
    later = told(engine, end + timedelta(days=GRACE_DAYS + 17), kept, "customers")
    assert [each["actual_compared"] for each in later] == [2, 2, None]  # N came, B went


def test_where_nothing_tells_of_customers_won_deals_are_what_came():
    engine = Engine.in_memory(
        {
            "deals": {
                "deal_id": ["1", "2", "3", "4"],
                "created_at": pd.to_datetime(["2026-01-01"] * 4),
                "closed_at": pd.to_datetime(["2026-04-10", "2026-05-10", "2026-03-10", "2026-04-11"]),
                "status": ["won", "won", "won", "lost"],
                "amount": [100.0, 50.0, 70.0, 60.0],
                "currency": ["USD"] * 4,
            }
        }
    )
    months = told(engine, date(2026, 5, 31), saved(basis="", new=False))
    assert [each["actual_compared"] for each in months] == [100, 50, None]
    assert forecast.read(saved(basis="", new=False).forecast).counts_wins


def test_a_forecast_is_kept_as_it_was():
    kept = forecast.read(saved().forecast)
    assert (kept.months, kept.currency, kept.revision, kept.model) == (MONTHS, "USD", 7, "mbg_nbd")
    assert kept.starts == (date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1))
    assert kept.level("scenario", "revenue", "p50").tolist() == [200, 200, 200]
    assert kept.level("baseline", "revenue_so_far", "p05").tolist() == pytest.approx([64, 128, 192])
    assert saved().forecast == saved().forecast


def _with(**changes):
    return json.dumps(json.loads(saved().forecast) | changes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Nothing was forecast"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read"),
        (_with(version=2), "cannot be read"),
        (_with(starts=["2026-04-01"]), "cannot be read"),
        (_with(starts=[None] * 4), "no dates"),
        (_with(starts=["2026-04-01"] * 4), "cannot be read"),
        (_with(bands={}), "cannot be read"),
    ],
)
def test_what_cannot_be_looked_back_on_is_said(text, why):
    kept = SavedScenario("x", "{}", AS_OF, AS_OF, text)
    for question in (looked_back, looked_back_verdict):
        with pytest.raises(RequestProblem, match=why):
            question(orders(*LINES).tables, Filters(AS_OF), kept)


def test_data_without_days_cannot_be_looked_back_on():
    engine = Engine.in_memory(
        {"customers": {"customer_id": ["A"], "tenure_months": [5.0], "is_churned": [False], "monthly_revenue": [5.0]}}
    )
    with pytest.raises(RequestProblem, match="which day"):
        looked_back(engine.tables, Filters(date(2026, 5, 1)), saved(basis="tenure")).answer(engine.run)


def test_the_narrowest_band_that_holds_a_number():
    levels = dict(zip(LEVEL_NAMES, (70, 80, 90, 100, 110, 120, 130), strict=True))
    assert [forecast.band_of(value, levels) for value in (100, 90, 89, 120, 121, 130, 131, 0)] == [
        50, 50, 80, 80, 90, 90, 100, 100,
    ]  # fmt: skip
