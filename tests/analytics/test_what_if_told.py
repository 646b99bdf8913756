"""What is told of an outcome, on outcomes of a few draws that one can add up by eye."""

from datetime import date

import numpy as np
import pytest

from analytics.filters import ENDLESS, UNDATED
from analytics.rows import rows
from analytics.what_if import told
from analytics.what_if.outcome import Course, Outcome
from analytics.what_if.scenario import Lever, Range, Scenario
from analytics.what_if.simulate import simulate
from tests.analytics.what_if_bases import base, cells, new_customers

AS_OF = date(2026, 11, 14)


def course(revenue, cost, customers, came=None, left=None):
    nothing = np.zeros_like(revenue)
    came = nothing if came is None else came
    return Course(revenue, cost, revenue * 0.5 - cost, customers, came, nothing if left is None else left)


def outcome(gain=10.0, cost=0.0, months=3, draws=4):
    """Without: 100 a month and 10 customers, one of whom leaves each month. With: `gain` more from the second month on, of which half
    is profit, for `cost` in the first; one more customer stays from the second month on."""
    plain, nothing = np.full((draws, months), 100.0), np.zeros((draws, months))
    more = np.where(np.arange(months) > 0, gain, 0.0) * np.arange(1, draws + 1)[:, None] / draws
    paid = np.where(np.arange(months) == 0, cost, 0.0) + nothing
    there = np.tile(10.0 - np.arange(1, months + 1), (draws, 1))
    saved = np.tile((np.arange(months) > 0).astype(float), (draws, 1))
    left = np.ones((draws, months))
    kept = left - np.diff(saved, axis=1, prepend=0.0)
    return Outcome(
        course(plain, nothing, there, left=left), course(plain + more, paid, there + saved, left=kept), np.full((draws, 1), 5.0),
        np.full(draws, 10.0), saved, np.array([10.0]), "EUR", 0.10, 0.5,
    )  # fmt: skip


def by(frame, *keys):
    return {tuple(row[key] for key in keys): row for row in rows(frame)}


def test_totals_add_the_months_and_count_customers_at_the_end():
    found = by(told.totals(outcome(gain=8.0, cost=3.0)), "quantity")
    assert tuple(told.totals(outcome()).columns) == told.TOTAL_COLUMNS
    assert [key[0] for key in found] == [*told.QUANTITIES, *told.DELTAS]
    assert found[("revenue",)]["baseline"] == 300
    # 2, 4, 6 and 8 more in each of two months.
    assert found[("revenue_delta",)]["median"] == 10
    assert (found[("revenue_delta",)]["p10"], found[("revenue_delta",)]["p90"]) == (5.2, 14.8)
    assert found[("profit_delta",)]["median"] == 2
    assert found[("profit_delta",)]["probability_positive"] == 0.75
    assert (found[("cost",)]["baseline"], found[("cost",)]["median"]) == (0, 3)
    assert (found[("customers",)]["baseline"], found[("customers",)]["median"]) == (7, 8)
    assert (found[("customers",)]["unit"], found[("customers",)]["currency"]) == ("customers", None)
    assert (found[("profit",)]["unit"], found[("profit",)]["currency"]) == ("money", "EUR")
    assert {row["horizon_months"] for row in found.values()} == {3}
    assert {row["baseline"] for (name,), row in found.items() if name.endswith("_delta")} == {0}


def test_months_begin_after_the_as_of_date_and_bands_lie_within_one_another():
    found = told.by_month(outcome(), AS_OF)
    assert tuple(found.columns) == told.MONTH_COLUMNS
    months = by(found, "quantity", "month")
    assert [months["revenue", month]["starts_on"] for month in (1, 2, 3)] == ["2026-11-15", "2026-12-15", "2027-01-15"]
    for row in months.values():
        levels = [row[name] for name in ("p05", "p10", "p25", "median", "p75", "p90", "p95")]
        assert levels == sorted(levels)
    assert months["revenue_delta", 3]["median"] == 6.25
    assert months["revenue_delta_cumulative", 3]["median"] == 12.5
    assert months["profit_delta_cumulative", 1]["median"] == 0
    assert months["revenue", 2]["baseline"] == 100


def test_months_without_dates_have_no_first_day():
    assert told.starts_on(ENDLESS, 2) == told.starts_on(UNDATED, 2) == [None, None]
    assert told.starts_on(date(2025, 12, 31), 2) == ["2026-01-01", "2026-02-01"]


def test_flows_add_up_exactly():
    found = by(told.flows(outcome(), AS_OF), "course", "month")
    assert found["baseline", 1]["customers_start"] == found["scenario", 1]["customers_start"] == 10
    for course_ in told.COURSES:
        before = 10.0
        for month in (1, 2, 3):
            row = found[course_, month]
            assert row["customers_start"] == before
            assert row["customers_end"] == row["customers_start"] + row["came"] - row["left"]
            before = row["customers_end"]
    assert [found["scenario", month]["saved"] for month in (1, 2, 3)] == [0, 1, 1]
    assert [found["baseline", month]["saved"] for month in (1, 2, 3)] == [0, 0, 0]
    assert found["scenario", 3]["customers_end"] == found["baseline", 3]["customers_end"] + 1


def test_flows_of_a_simulation_end_where_its_customers_do():
    given = base(
        cells({"customers": 40, "hazard": 0.05, "spend": 10, "acted_on": (0,)}, months=12),
        new=new_customers(3, months=12),
    )
    scenario = Scenario("", (Lever("retention", Range(2, 5, 9)),), horizon_months=12, draws=200)
    found = simulate(given, scenario)
    ends = by(told.flows(found, AS_OF), "course", "month")
    assert ends["baseline", 12]["customers_end"] == pytest.approx(found.baseline.customers[:, -1].mean())
    assert ends["scenario", 12]["customers_end"] == pytest.approx(found.scenario.customers[:, -1].mean())
    assert ends["scenario", 12]["saved"] == pytest.approx(
        ends["scenario", 12]["customers_end"] - ends["baseline", 12]["customers_end"]
    )


def test_the_verdict_says_when_it_has_paid_back():
    # Profit of 1, 2, 3 and 4 in the second month and again in the third, for 3 in the first.
    (row,) = rows(told.verdict(outcome(gain=8.0, cost=3.0)))
    assert row["probability_pays"] == 0.75
    assert row["payback_month"] == 3  # of the median: -3, -0.5, 2
    assert (row["payback_p10"], row["payback_p90"]) == (2, None)
    assert row["never_share"] == 0.25
    assert (row["cost"], row["saved"], row["margin_used"], row["currency"]) == (3, 1, 0.5, "EUR")
    assert row["return_on_cost"] == pytest.approx(2 / 3)
    monthly = 1.1 ** (1 / 12)
    assert row["npv"] == pytest.approx(-3 / monthly + 2.5 / monthly**2 + 2.5 / monthly**3)


def test_nothing_done_never_pays_and_costs_nothing():
    (row,) = rows(told.verdict(outcome(gain=0.0)))
    assert (row["probability_pays"], row["payback_month"], row["never_share"], row["npv"]) == (0, None, 1, 0)
    assert row["return_on_cost"] is None
    found = by(told.totals(outcome(gain=0.0)), "quantity")
    assert (found[("profit_delta",)]["p05"], found[("profit_delta",)]["p95"]) == (0, 0)


@pytest.mark.parametrize(
    ("cumulative", "month"),
    [([-1, 0, 1], 2), ([-1, 2, -1], np.inf), ([-1, 2, 1], 2), ([1, -1, 2], 3), ([0, 0, 0], np.inf), ([0, 0, 1], 1)],
)
def test_payback_is_the_month_after_which_it_is_never_below_zero(cumulative, month):
    assert told.payback_months(np.array([cumulative], dtype=float))[0] == month


def test_spans_say_which_months_they_are():
    found = by(told.spans(outcome(gain=8.0, months=36)), "span", "quantity")
    assert tuple(told.spans(outcome()).columns) == told.SPAN_COLUMNS
    year, pace, life = (found[span, "revenue_delta"] for span in told.SPANS)
    assert [(row["months_from"], row["months_to"]) for row in (year, pace, life)] == [(1, 12), (25, 36), (1, 36)]
    assert (year["median"], pace["median"]) == (5 * 11, 5 * 12)
    assert (year["baseline"], year["share_of_baseline"]) == (1200, pytest.approx(55 / 1200))
    assert life["median"] == pytest.approx(sum(5 * 1.1 ** (-month / 12) for month in range(2, 37)))
    assert [row["is_discounted"] for row in (year, pace, life)] == [False, False, True]


def test_a_short_horizon_has_the_pace_of_its_last_month():
    found = by(told.spans(outcome(gain=8.0, months=6)), "span", "quantity")
    assert (found["run_rate", "revenue_delta"]["months_from"], found["run_rate", "revenue_delta"]["median"]) == (6, 60)
    assert found["in_year", "revenue_delta"]["months_to"] == 6


def test_a_baseline_of_nothing_has_no_share():
    plain = outcome()
    nothing = np.zeros((4, 3))
    empty = Outcome(
        course(nothing, nothing, nothing),
        plain.scenario,
        plain.amounts,
        plain.start,
        plain.saved,
        plain.reached,
        "",
        0.1,
        None,
    )
    row = by(told.spans(empty), "span", "quantity")["in_year", "revenue_delta"]
    assert (row["share_of_baseline"], row["currency"]) == (None, None)
