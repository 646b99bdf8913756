"""Scenarios side by side: the same draws for all, the best by profit, and no comparison of what is not alike."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.filters import Filters
from analytics.rows import rows
from analytics.what_if.compared import COLUMNS, Side, alike, compared, side
from analytics.what_if.kept_scenarios import scenarios
from analytics.what_if.outcome import Course, Outcome
from analytics.what_if.scenario import Lever, Range, Scenario
from analytics.what_if.scenario_file import as_json
from data.engine import Engine
from data.errors import RequestProblem
from data.scenarios import SavedScenario
from tests.analytics.kept_forecast import AS_OF, saved

DRAWS, MONTHS = 101, 12
NOISE = np.linspace(-50, 50, DRAWS)[:, None] * np.ones((1, MONTHS))


def outcome(gain, cost=0.0, spread=0.0, currency="USD", margin=None):
    """A scenario that adds `gain` a month, give or take, in futures that differ by far more."""
    nothing = np.zeros((DRAWS, MONTHS))
    revenue, paid = 1000 + NOISE + gain + spread * NOISE, np.full((DRAWS, MONTHS), cost)
    baseline = Course(1000 + NOISE, nothing, 1000 + NOISE, nothing, nothing, nothing)
    return Outcome(
        baseline, Course(revenue, paid, revenue - paid, nothing, nothing, nothing), nothing[:, :1], nothing[:, 0], nothing + 2,
        nothing[0, :1], currency, 0.1, margin,
    )  # fmt: skip


def of(name, gain, horizon=12, counts_new=True, **options):
    return side(Scenario(name, horizon_months=horizon, counts_new=counts_new), outcome(gain, **options))


def test_the_best_brings_most_profit_and_the_others_are_held_against_it_draw_by_draw():
    found = compared([of("Small", 10), of("Best", 30, cost=5), of("Dear", 40, cost=100), of("Unsure", 10, spread=1)])
    assert tuple(found.columns) == COLUMNS
    small, best, dear, unsure = rows(found)
    assert [row["is_best"] for row in (small, best, dear, unsure)] == [False, True, False, False]
    assert (best["profit_delta"], best["revenue_delta"], best["cost"]) == pytest.approx((300, 360, 60))
    assert (best["to_best"], best["to_best_p10"], best["to_best_p90"], best["beats_best"]) == (0, 0, 0, 0)
    # Futures differ by hundreds, and the difference of two scenarios that both add for sure does not.
    assert (small["to_best"], small["to_best_p10"], small["to_best_p90"]) == pytest.approx((-180, -180, -180))
    assert dear["probability_pays"] == 0 and dear["payback_month"] is None
    assert unsure["to_best"] == pytest.approx(-180)
    assert unsure["to_best_p10"] < -180 < 0 < unsure["to_best_p90"]
    assert unsure["beats_best"] == pytest.approx(np.mean(10 + NOISE[:, 0] > 25))
    assert small["saved"] == 2 and small["payback_month"] == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (of("b", 99, horizon=24), "horizon"),
        (of("b", 99, currency="EUR"), "currency"),
        (of("b", 99, margin=0.5), "margin"),
        (of("b", 99, counts_new=False), "new_customers"),
        (Side(Scenario("b", horizon_months=12, seed=2), of("b", 99).draws, of("b", 99).verdict), "draws"),
    ],
)
def test_what_is_not_alike_is_shown_and_not_compared(other, reason):
    first, second = rows(compared([of("a", 10), other]))
    assert (first["is_best"], first["to_best"]) == (True, 0)
    assert (second["is_best"], second["not_compared"], second["to_best"], second["beats_best"]) == (False, reason, None, None)  # fmt: skip
    assert second["profit_delta"] == pytest.approx(99 * 12)


def test_all_are_drawn_alike_and_there_are_at_most_six_of_different_names():
    made = alike([Scenario("a", seed=7, draws=500), Scenario("b", seed=8)])
    assert [(each.seed, each.draws) for each in made] == [(7, 500)] * 2
    for wrong in ([], [Scenario(str(n)) for n in range(7)], [Scenario("a"), Scenario("A")]):
        with pytest.raises(RequestProblem):
            alike(wrong)


def test_what_is_kept_is_listed_with_how_much_of_its_forecast_is_over():
    engine = Engine.in_memory({})
    levers = (Lever("price", Range.of(1)), Lever("retention", Range.of(2)), Lever("price", Range.of(3)))
    whole = replace(saved(), written=as_json(Scenario("Plan", levers, seed=4)))
    bare = SavedScenario("Bare", as_json(Scenario("Bare")), AS_OF, AS_OF)
    torn = SavedScenario("Torn", '{"levers": 5}', AS_OF, AS_OF)
    found = rows(scenarios(engine.tables, Filters(date(2026, 5, 31)), (whole, bare, torn)).answer(engine.run))
    assert [row["scenario"] for row in found] == ["Plan", "Bare", "Torn"]
    assert [row["is_readable"] for row in found] == [True, True, False]
    assert (found[0]["lever_count"], found[0]["lever_kinds"], found[0]["seed"]) == (3, "price, retention", 4)
    assert [row["months_complete"] for row in found] == [2, None, None]
