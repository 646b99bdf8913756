"""What falls out by chance in a scenario: the same whatever is done, and as wide as it is for customers one by one."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.spend import GammaGamma
from analytics.lifetime.totals import WEEKS_A_MONTH
from analytics.what_if import effects
from analytics.what_if.base_free import FreeBuyers
from analytics.what_if.base_models import Bought
from analytics.what_if.outcome import Outcome
from analytics.what_if.retention_effect import retention_effect
from analytics.what_if.scenario import Cost, Lever, Range, Scenario, Target
from analytics.what_if.simulate import simulate
from tests.analytics.what_if_bases import PlainPipeline, base, cells, new_customers

PROTECT = Target(quadrants=("protect",))
MANY = {"customers": 1000, "hazard": 0.04, "spend": 10.0, "acted_on": (0,), "shifts": (0.2, 0.02, 0.05), "spread": 0.5}
FEW = {"customers": 50, "alive": 20, "hazard": 0.1, "spend": 100.0, "acted_on": (0,), "concentration": 0.05}
LARGE = {"customers": 1, "hazard": 0.02, "spend": 900.0, "acted_on": (0,), "largest": "big", "spread": 0.5}
OTHERS = {"customers": 1000, "hazard": 0.05, "spend": 5.0}
PER_SAVE = Cost(per_save=Range.of(7))


def lever(kind: Any = "retention", amount: float = 5.0, target: Target = PROTECT, **other: Any) -> Lever:
    return Lever(kind, Range.of(amount), target, **other)


def run(told: Any, *levers: Lever, draws: int = 400) -> Outcome:
    return simulate(told, Scenario("test", levers, horizon_months=24, draws=draws))


def test_more_is_never_less_and_later_never_more_in_any_draw():
    told = base(cells(MANY, FEW, LARGE, OTHERS), new=new_customers())
    tried = [run(told, lever(amount=points)) for points in (-30.0, -5.0, -1.0, 0.0, 0.1, 1.0, 5.0, 20.0, 60.0, 100.0)]
    for less, more in pairwise(tried):
        # What comes without a scenario does not hang on the scenario.
        assert np.array_equal(less.baseline.revenue, more.baseline.revenue)
        assert np.array_equal(less.baseline.customers, more.baseline.customers)
        assert (more.scenario.revenue >= less.scenario.revenue - 1e-6).all()
        assert (more.scenario.customers >= less.scenario.customers - 1e-9).all()
    late = [run(told, lever(amount=10.0, delay_months=months)).scenario.revenue for months in (0, 1, 3, 12, 23, 24)]
    for sooner, later in pairwise(late):
        assert (later.sum(axis=1) <= sooner.sum(axis=1) + 1e-6).all()


def test_the_largest_have_the_same_luck_whichever_levers_act_on_them():
    smaller = LARGE | {"largest": "next", "spend": 500.0, "acted_on": ()}
    one = run(base(cells(LARGE, smaller)), lever())
    two = run(base(cells(smaller | {"acted_on": (0,)}, LARGE | {"acted_on": ()})), lever())
    assert np.allclose(one.baseline.revenue, two.baseline.revenue, rtol=1e-12)


def test_points_less_never_hold_anybody_back():
    nearly_none = np.array([[-np.log(0.005)]])
    assert effects.hazard_factor(nearly_none, np.ones((1, 1)), np.array([-0.05])) == pytest.approx(1.0)
    told = base(cells(MANY | {"hazard": 0.5, "shifts": (0.0, 0.0, 0.0)}))
    worse = run(told, lever(amount=-5.0))
    assert (worse.scenario.revenue <= worse.baseline.revenue + 1e-9).all()
    scenario = Scenario("test", (), horizon_months=24, draws=400)
    row = retention_effect(told, scenario, -5.0, 400).iloc[0]
    assert row["retention_after"] == pytest.approx(row["retention_before"])


@pytest.mark.parametrize("hazard", [(0.0, 0.0), (0.0, 0.5), (5000.0, 5000.0)])
@pytest.mark.parametrize("points", [0.05, -0.05])
def test_where_nobody_leaves_or_all_do_nothing_is_divided_by_zero(hazard, points):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        factor = effects.hazard_factor(np.array([hazard]), np.ones((1, 2)), np.array([points]))
    before, after = (np.exp(-np.array(hazard) * each).mean() for each in (1.0, factor[0]))
    can_move = {(0.0, 0.0): False, (0.0, 0.5): True, (5000.0, 5000.0): points > 0}[hazard]
    assert after - before == pytest.approx(points if can_move else 0.0, abs=1e-9)


class Dearer(PlainPipeline):
    """Deals that are worth more by the first lever's percent, as many as ever."""

    def won(self, amounts, strength):
        wins = np.full((self.draws, strength.shape[1]), self.wins)
        return wins * self.value * (1 + amounts[:, :1] / 100 * strength[:1]), wins


def test_deals_of_higher_value_change_nothing_before_they_come():
    told = base(cells(OTHERS), new=new_customers(rate=20.0), pipeline=Dearer())
    outcome = run(told, lever("deal_value", 10.0, Target(), delay_months=12))
    delta = outcome.scenario.revenue - outcome.baseline.revenue
    assert not delta[:, :12].any()
    assert (delta[:, 12:] > 0).all()


@pytest.mark.parametrize("told_of", [cells(OTHERS, levers=2), None], ids=["customers", "deals alone"])
def test_a_lever_of_nothing_takes_no_part_of_what_another_is_paid_for(told_of):
    new = None if told_of is None else new_customers(rate=20.0)
    told = base(told_of, new=new, pipeline=PlainPipeline(), levers=2)
    paid = lever("win_rate", 10.0, Target(), cost=PER_SAVE)
    beside, before = (
        run(told, paid, other) for other in (lever("cycle", 0.0, Target()), lever("cycle", 9.0, Target(), delay_months=24))
    )  # fmt: skip
    added = (beside.scenario.came - beside.baseline.came).sum(axis=1)
    for outcome in (beside, before):
        assert outcome.scenario.cost.sum(axis=1) == pytest.approx(7 * added)


def test_newcomers_that_are_held_back_are_paid_for_though_nobody_is_new_today():
    told = base(cells(OTHERS), new=new_customers(rate=20.0, hazard=0.1))
    outcome = run(told, lever("onboarding", 10.0, Target(), cost=PER_SAVE))
    held = outcome.scenario.cost.mean(axis=0)[:6].sum() / 7
    assert held == pytest.approx(outcome.saved[:, 5].mean(), rel=0.3) and held > 0


def test_onboarding_of_some_reaches_as_many_newcomers_as_are_among_those_of_today():
    some = {"customers": 25, "hazard": 0.1, "spend": 0.0, "is_new": True}
    told = base(
        cells(some | {"acted_on": (0, 1)}, some | {"customers": 75, "acted_on": (1,)}, levers=2),
        new=new_customers(rate=2000.0, hazard=0.03, dispersion=1.0),
    )  # fmt: skip
    per_customer = Cost(per_customer=Range.of(1))
    of_some = run(told, lever("onboarding", 8.0, cost=per_customer), lever("price", 0.0))
    of_all = run(told, lever("price", 0.0), lever("onboarding", 8.0, Target(), cost=per_customer))
    # 2000 a month, a quarter of them reached.
    assert of_some.saved[:, 23].mean() == pytest.approx(of_all.saved[:, 23].mean() / 4, rel=0.05)
    assert of_some.scenario.cost.mean(axis=0)[5] == pytest.approx(of_all.scenario.cost.mean(axis=0)[5] / 4, rel=0.01)


def test_so_many_deals_are_won_as_chance_has_it():
    outcome = run(base(None, pipeline=PlainPipeline()), lever("win_rate", 0.0, Target()), draws=4000)
    there = outcome.baseline.customers[:, 23]
    assert there.mean() == pytest.approx(120, rel=0.01)
    assert there.std() == pytest.approx(np.sqrt(120), rel=0.05)
    assert np.array_equal(outcome.scenario.customers, outcome.baseline.customers)


def test_newcomers_that_differ_widen_what_they_bring():
    """A Poisson number of customers a month, each with a mean of its own: the variance of a month is its number times (1 + spread^2)."""
    told = base(cells(OTHERS | {"spend": 0.0}), new=new_customers(rate=20.0, hazard=0.0, spend=100.0, spread=1.5))
    revenue = run(told, draws=10_000).baseline.revenue.sum(axis=1)
    # Who comes in month n is there for 24 - n more.
    months = np.arange(1, 25)
    assert revenue.mean() == pytest.approx(20 * 100 * months.sum(), rel=0.01)
    assert revenue.std() == pytest.approx(100 * np.sqrt(20 * (1 + 1.5**2) * (months**2).sum()), rel=0.05)


@pytest.mark.parametrize(
    "model, spend",
    [
        (MbgNbd.known(1.15, 8.1, 0.6, 5.6), GammaGamma.known(6.0, 4.6, 16.9)),
        (MbgNbd.known(0.5, 2.6, 0.5, 3.5), GammaGamma.known(3.5, 3.5, 15.0)),
    ],
    ids=["alike", "apart"],
)
def test_one_newcomer_is_as_unsure_as_customers_drawn_one_by_one(model, spend):
    """The second moment of what one brings in a year: its mean squared, how much newcomers differ, and single purchases."""
    buys = FreeBuyers(model, spend, (), ())
    random, n = np.random.default_rng(3), 400_000
    r, alpha, a, b = model.parameters_
    p, q, gamma = spend.parameters_
    ever = random.geometric(random.beta(a, b, n))
    bought = np.minimum(1 + random.poisson(random.gamma(r, 1 / alpha, n) * 12 * WEEKS_A_MONTH), ever)
    brought = random.gamma(p * bought) / random.gamma(q, 1 / gamma, n)
    usual = buys.usual
    single = float(spend.squared_value([0.0], [0.0])[0]) * (1 + 1 / spend.p_) / usual
    one = buys.newcomer(pd.DataFrame(), Bought(usual, single, None), 12)
    mean = brought.mean()
    assert one.purchase == pytest.approx(single, rel=1e-6)
    # Whoever comes is counted by itself: a mean squared for its coming is in the formula.
    said = mean**2 * (1 + one.spread**2) + mean * one.purchase
    assert said == pytest.approx((brought**2).mean(), rel=0.08)
