"""Both futures: what a lever does to customers, money and costs, on baselines one can work out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics.what_if import effects
from analytics.what_if.draws import triangular
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario, Target
from analytics.what_if.simulate import simulate
from data.errors import RequestProblem
from tests.analytics.what_if_bases import PlainPipeline, base, cells, lost, new_customers

PROTECT = Target(quadrants=("protect",))
MANY = {"customers": 40_000, "hazard": 0.03, "spend": 10.0, "acted_on": (0,)}
OTHERS = {"customers": 60_000, "hazard": 0.05, "spend": 5.0}


def lever(kind: Any = "retention", amount: float | Range = 5.0, target: Target = PROTECT, **other: Any) -> Lever:
    return Lever(kind, amount if isinstance(amount, Range) else Range.of(amount), target, **other)


def scenario(*levers: Lever, months: int = 24, draws: int = 400, **other: Any) -> Scenario:
    return Scenario("test", levers, horizon_months=months, draws=draws, **other)


def delta(outcome: Outcome, name: str = "revenue") -> np.ndarray:
    found: np.ndarray = getattr(outcome.scenario, name) - getattr(outcome.baseline, name)
    return found


def same_course(outcome: Outcome) -> bool:
    return all(
        np.array_equal(getattr(outcome.baseline, name), getattr(outcome.scenario, name))
        for name in ("revenue", "cost", "profit", "customers", "came", "left")
    )


RICH = {"spread": 0.6, "purchase": 30.0, "shifts": (0.1, 0.02, 0.05)}


@pytest.mark.parametrize(
    "kind", ["retention", "onboarding", "loyalty", "save_rate", "contact_coverage", "price", "discount", "win_back", "referral", "market", "owner_leaves"]
)  # fmt: skip
def test_a_lever_of_nothing_changes_nothing_at_all(kind):
    told = base(
        cells(MANY | RICH, OTHERS | RICH, {"customers": 1, "hazard": 0.02, "spend": 5e4, "largest": "big", "acted_on": (0,)} | RICH),
        new=new_customers(rate_sd=1.0), lost=lost(), error=0.1, contacted_of=np.array([0.5]), margin=0.4,
    )  # fmt: skip
    extra: dict[str, Any] = {"save_rate": Range.of(20)} if kind == "contact_coverage" else {}
    extra |= {"owner": "Dana"} if kind == "owner_leaves" else {}
    outcome = simulate(told, scenario(lever(kind, 0.0, **extra)))
    assert same_course(outcome)
    assert not outcome.saved.any()


def test_flows_sum_to_what_the_stock_changes_by():
    told = base(
        cells(MANY | {"acted_on": (0, 1)}, OTHERS, levers=3),
        new=new_customers(),
        lost=lost(levers=3),
        size_of=np.full(3, 100.0),
    )
    outcome = simulate(told, scenario(lever(), lever("referral", 10.0, Target()), lever("win_back", 20.0, Target())))
    for course in (outcome.baseline, outcome.scenario):
        before = np.concatenate([outcome.start[:, None], course.customers[:, :-1]], axis=1)
        assert np.allclose(before + course.came - course.left, course.customers, rtol=0, atol=1e-6)
        assert (course.left >= -1e-6).all()


def test_retention_rises_by_its_points_in_every_draw():
    """5 points for a target of two kinds of customers whose chance to stay a year is uncertain: 5 points whatever it truly is."""
    random = np.random.default_rng(3)
    hazard = np.stack([0.02 * 12 * np.exp(0.3 * random.standard_normal(200)), np.full(200, 0.9)], axis=1)
    weight = np.tile([300.0, 100.0], (200, 1))
    factor = effects.hazard_factor(hazard, weight, np.full(200, 0.05))
    before, after = ((weight * np.exp(-each)).sum(axis=1) / 400 for each in (hazard, hazard * factor[:, None]))
    assert np.allclose(after - before, 0.05, atol=1e-9)
    assert (factor < 1).all()
    # The other way round too, and who does not move a point is left alone.
    worse = effects.hazard_factor(hazard, weight, np.full(200, -0.05))
    assert np.allclose((weight * np.exp(-hazard * worse[:, None])).sum(axis=1) / 400 - before, -0.05, atol=1e-9)
    assert (effects.hazard_factor(hazard, weight, np.zeros(200)) == 1).all()


def test_no_lever_brings_retention_above_what_is_possible():
    hazard, weight = np.full((1, 1), 0.5), np.ones((1, 1))
    factor = effects.hazard_factor(hazard, weight, np.array([0.9]))
    assert np.exp(-hazard[0, 0] * factor[0]) == pytest.approx(1 - effects.CHURN_FLOOR)
    # Of whom fewer than one in a hundred leave anyway, no more stay for it.
    safe = effects.hazard_factor(np.full((1, 1), 0.004), weight, np.array([0.05]))
    assert np.exp(-0.004 * safe[0]) == pytest.approx(np.exp(-0.004))


def test_the_points_show_in_the_customers_that_are_there():
    told = base(cells(MANY, OTHERS))
    outcome = simulate(told, scenario(lever(), draws=2000))
    expected = 40_000 * 0.05
    assert outcome.saved[:, 11].mean() == pytest.approx(expected, rel=0.01)
    assert delta(outcome)[:, 11].mean() == pytest.approx(expected * 10.0, rel=0.01)
    assert (outcome.saved >= -1e-6).all()


def test_the_baseline_is_what_the_curve_says():
    outcome = simulate(base(cells(MANY, OTHERS, levers=0)), scenario(draws=2000))
    months = np.arange(1, 25)
    there = 40_000 * np.exp(-0.03 * months), 60_000 * np.exp(-0.05 * months)
    assert outcome.baseline.customers.mean(axis=0) == pytest.approx(there[0] + there[1], rel=2e-3)
    assert outcome.baseline.revenue.mean(axis=0) == pytest.approx(there[0] * 10 + there[1] * 5, rel=2e-3)
    # Binomial: how far single draws lie apart.
    chance = np.exp(-0.03 * 12)
    only = simulate(base(cells(MANY, levers=0)), scenario(draws=4000)).baseline.customers[:, 11]
    assert only.std() == pytest.approx(np.sqrt(40_000 * chance * (1 - chance)), rel=0.1)


def test_customers_who_are_not_there_cannot_be_kept():
    gone = simulate(base(cells(MANY | {"alive": 0.0})), scenario(lever()))
    assert not gone.scenario.revenue.any()
    assert same_course(gone)
    half = simulate(base(cells(MANY | {"alive": 20_000.0})), scenario(lever(), draws=2000))
    assert half.start.mean() == pytest.approx(20_000, rel=0.01)
    assert half.saved[:, 11].mean() == pytest.approx(20_000 * 0.05, rel=0.02)


def test_what_back_tests_showed_grows_with_the_horizon():
    """A year's revenue is off by the error, four years' by twice as much; a scenario is off as its baseline is."""
    told = base(cells({"customers": 10_000_000, "hazard": 1e-9, "spend": 1.0, "acted_on": (0,)}, months=48), error=0.1)
    outcome = simulate(told, scenario(lever("price", 10.0), months=48, draws=4000))
    log = [np.log(outcome.baseline.revenue[:, :months].sum(axis=1)) for months in (12, 48)]
    assert log[0].std() == pytest.approx(0.1, rel=0.05)
    assert log[1].std() == pytest.approx(0.2, rel=0.08)
    assert outcome.scenario.revenue == pytest.approx(1.1 * outcome.baseline.revenue)


def test_the_same_seed_gives_the_same_bytes_and_another_one_the_same_median():
    told = base(cells(MANY | RICH, OTHERS | RICH), new=new_customers(rate_sd=1.0), error=0.05)
    asked = scenario(lever(amount=Range(3, 5, 8)), draws=10_000)
    one, again, other = (simulate(told, each) for each in (asked, asked, replace(asked, seed=2)))
    assert one.scenario.profit.tobytes() == again.scenario.profit.tobytes()
    totals = [delta(each, "profit").sum(axis=1) for each in (one, other)]
    low, high = np.quantile(one.baseline.profit.sum(axis=1), [0.1, 0.9])
    assert abs(np.median(totals[0]) - np.median(totals[1])) < 0.01 * (high - low)
    middles = [np.median(each.baseline.profit.sum(axis=1)) for each in (one, other)]
    assert abs(middles[0] - middles[1]) < 0.01 * (high - low)


def test_costs_fall_when_they_are_due_and_double_when_doubled():
    cost = Cost(fixed=Range.of(1000), monthly=Range.of(50), per_customer=Range.of(2), per_save=Range.of(30))
    twice = Cost(*(Range.of(2 * each.likely) for each in (cost.fixed, cost.monthly, cost.per_customer, cost.per_save)))
    told = base(cells(MANY, OTHERS))
    one, two = (
        simulate(told, scenario(lever(cost=each, delay_months=2, ramp_months=4))).scenario.cost
        for each in (cost, twice)
    )
    assert np.array_equal(two, 2 * one)
    assert not one[:, :2].any()
    free_of_saves = simulate(
        told, scenario(lever(cost=replace(cost, per_save=Range.of(0)), delay_months=2, ramp_months=4))
    )
    assert free_of_saves.scenario.cost[0].sum() == pytest.approx(1000 + 22 * 50 + 40_000 * 2)
    assert free_of_saves.scenario.cost[0, 2] == pytest.approx(1000 + 50 + 20_000)
    assert free_of_saves.scenario.cost[0, 6] == pytest.approx(50)


def test_every_save_is_paid_for():
    """Who is held back may have to be held back again: a little more is paid for than are there in the end."""
    told = base(cells(MANY))
    outcome = simulate(told, scenario(lever(cost=Cost(per_save=Range.of(1))), draws=2000))
    held = outcome.scenario.cost.mean(axis=0)
    assert held[:12].sum() >= outcome.saved[:, 11].mean()
    assert held[:12].sum() == pytest.approx(outcome.saved[:, 11].mean(), rel=0.2)


def test_an_effect_starts_late_grows_and_fades():
    late = effects.strength(lever(delay_months=3, ramp_months=4), 12)
    assert late.tolist() == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]
    fading = effects.strength(lever(half_life_months=2.0), 5)
    assert fading.tolist() == [1.0, 2**-0.5, 0.5, 2**-1.5, 0.25]
    assert effects.strength(lever(delay_months=24), 12).tolist() == [0.0] * 12


def test_a_ceiling_lets_each_further_step_bring_less():
    found = effects.saturated(np.array([0.0, 5.0, 10.0, 1000.0]), 10.0)
    assert found[0] == 0 and found[3] == pytest.approx(10.0)
    assert found[1] > found[2] - found[1] > 0


def test_the_range_of_a_lever_is_a_triangle():
    u = (np.arange(100_000) + 0.5) / 100_000
    found = triangular(Range(3, 5, 8), u)
    assert found.mean() == pytest.approx((3 + 5 + 8) / 3, rel=1e-4)
    assert found.min() >= 3 and found.max() <= 8
    assert (found < 5).mean() == pytest.approx(2 / 5, abs=1e-4)
    assert triangular(Range.of(4), u[:3]).tolist() == [4, 4, 4]


def test_price_and_discount_act_on_their_target_alone():
    told = base(cells(MANY, OTHERS))
    dearer = simulate(told, scenario(lever("price", 10.0), draws=100))
    own = dearer.baseline.revenue - simulate(base(cells(MANY | {"spend": 0.0}, OTHERS)), scenario(lever("price", 10.0), draws=100)).baseline.revenue  # fmt: skip
    assert delta(dearer) == pytest.approx(0.1 * own, rel=0.02)
    cheaper = simulate(told, scenario(lever("discount", 10.0), draws=100))
    assert delta(cheaper) == pytest.approx(-delta(dearer), rel=1e-6)
    assert not dearer.saved.any()


def test_contact_saves_the_share_that_is_reached_and_stays():
    told = base(cells(MANY), contacted_of=np.array([0.4]))
    by_coverage = simulate(told, scenario(lever("contact_coverage", 50.0, save_rate=Range.of(20.0))))
    by_rate = simulate(told, scenario(lever("save_rate", 25.0)))
    months = np.arange(1, 25)
    for outcome in (by_coverage, by_rate):  # 10% fewer leave: 0.5 x 0.2 and 0.4 x 0.25
        expected = 40_000 * (np.exp(-0.027 * months) - np.exp(-0.03 * months))
        assert outcome.saved.mean(axis=0) == pytest.approx(expected, rel=0.03, abs=5)
    # No more can be contacted than are not yet.
    most = simulate(told, scenario(lever("contact_coverage", 100.0, save_rate=Range.of(20.0))))
    assert most.saved[:, 11].mean() == pytest.approx(40_000 * (np.exp(-0.03 * 0.88 * 12) - np.exp(-0.36)), rel=0.03)


def test_a_save_rate_needs_to_know_who_is_contacted():
    with pytest.raises(RequestProblem, match="coverage"):
        simulate(base(cells(MANY)), scenario(lever("save_rate", 10.0)))
    known = simulate(base(cells(MANY)), scenario(lever("save_rate", 10.0, coverage=Range.of(50))))
    assert known.saved[:, 5].mean() > 0


def test_newcomers_come_and_go_as_their_curve_says():
    told = base(cells(OTHERS | {"customers": 1000}, levers=0), new=new_customers(rate=20.0, hazard=0.1, spend=100.0))
    outcome = simulate(told, scenario(draws=4000))
    only = simulate(replace(told, new=None), scenario(draws=4000))
    expected = 20 * np.cumsum(np.exp(-0.1 * np.arange(24)))
    assert outcome.baseline.came.mean(axis=0) == pytest.approx(np.full(24, 20.0), rel=0.02)
    assert (outcome.baseline.customers - only.baseline.customers).mean(axis=0) == pytest.approx(expected, rel=0.02)
    assert (outcome.baseline.revenue - only.baseline.revenue).mean(axis=0) == pytest.approx(100 * expected, rel=0.02)
    unasked = simulate(told, scenario(counts_new=False))
    assert not unasked.baseline.came.any()


def test_who_is_referred_or_won_back_comes_on_top():
    told = base(
        cells(OTHERS | {"customers": 1000, "hazard": 0.0}),
        new=new_customers(rate=0.0, hazard=0.0, spend=100.0),
        lost=lost(100, 50.0),
    )
    referred = simulate(told, scenario(lever("referral", 12.0, Target())))
    assert referred.scenario.came[:, 0] == pytest.approx(np.full(400, 10.0))
    assert referred.scenario.came[:, 1] == pytest.approx(np.full(400, 10.1))
    back = simulate(
        replace(told, size_of=np.array([100.0])),
        scenario(lever("win_back", 24.0, Target(), cost=Cost(per_save=Range.of(7)))),
    )
    assert back.scenario.came[0].sum() == pytest.approx(24.0)
    assert not back.scenario.came[:, 12:].any()
    assert delta(back)[0, 23] == pytest.approx(24 * 50.0)
    assert back.scenario.cost[0].sum() == pytest.approx(24 * 7.0)


def test_customers_who_were_lost_add_nothing_without_a_lever_that_brings_them_back():
    without, with_ = (
        simulate(base(cells(MANY), new=new_customers(), lost=each), scenario(lever()))
        for each in (None, lost(1e6, 1e3))
    )
    assert np.array_equal(without.scenario.revenue, with_.scenario.revenue)


def test_when_the_largest_leaves_it_brings_nothing_any_more():
    big = {"customers": 1, "hazard": 0.0, "spend": 5e4, "largest": "big"}
    smaller = {"customers": 1, "hazard": 0.0, "spend": 2e4, "largest": "next"}
    outcome = simulate(
        base(cells(big, smaller, OTHERS)), scenario(lever("largest_leaves", 0.0, Target(), delay_months=6))
    )
    assert not delta(outcome)[:, :6].any()
    assert delta(outcome)[:, 6:] == pytest.approx(np.full((400, 18), -5e4))
    assert (outcome.saved[:, 6:] == -1).all()


def test_when_an_owner_leaves_a_part_of_its_customers_does():
    own = {"customers": 1000, "hazard": 0.0, "spend": 10.0, "owner": "Dana", "acted_on": (0,)}
    outcome = simulate(base(cells(own, OTHERS)), scenario(lever("owner_leaves", 20.0, owner="Dana"), draws=2000))
    assert outcome.saved[:, 0].mean() == pytest.approx(-200, rel=0.02)
    assert outcome.saved[:, 23].mean() == pytest.approx(-200, rel=0.02)


def test_when_the_market_halves_everything_bought_does():
    told = base(cells(OTHERS | {"hazard": 0.0}), new=new_customers(rate=0.0))
    outcome = simulate(told, scenario(lever("market", -50.0, Target())))
    assert outcome.scenario.revenue == pytest.approx(0.5 * outcome.baseline.revenue)
    fewer = simulate(replace(told, new=new_customers()), scenario(lever("market", -50.0, Target())))
    assert fewer.scenario.came == pytest.approx(0.5 * fewer.baseline.came)


def test_an_owner_saves_no_more_than_there_is_time_for():
    own = {"customers": 20_000, "hazard": 0.05, "spend": 10.0, "acted_on": (0,)}
    told = base(cells(own | {"owner": "Dana"}, own | {"owner": "Noa"}))
    paid = Cost(per_save=Range.of(1))
    free = simulate(told, scenario(lever(amount=10.0, cost=paid)))
    tight = simulate(told, scenario(lever(amount=10.0, cost=paid), capacity=Capacity(30)))
    none = simulate(told, scenario(lever(amount=10.0, cost=paid), capacity=Capacity(0)))
    assert free.scenario.cost[:, 0].mean() > 60
    assert tight.scenario.cost.max() <= 60 + 1e-9
    assert tight.scenario.cost[:, 0] == pytest.approx(np.full(400, 60.0))
    assert 0 < tight.saved[:, 11].mean() < free.saved[:, 11].mean()
    assert same_course(none)
    ample = simulate(told, scenario(lever(amount=10.0, cost=paid), capacity=Capacity(1e6)))
    assert np.array_equal(ample.scenario.revenue, free.scenario.revenue)


def test_without_customers_new_business_is_what_is_won():
    told = base(None, pipeline=PlainPipeline())
    outcome = simulate(told, scenario(lever("win_rate", 10.0, Target(), cost=Cost(per_save=Range.of(3)))))
    assert outcome.baseline.revenue == pytest.approx(np.full((400, 24), 5000.0))
    assert outcome.scenario.revenue == pytest.approx(np.full((400, 24), 5500.0))
    assert outcome.baseline.customers[:, -1].mean() == pytest.approx(120, rel=0.02)
    assert outcome.scenario.cost.mean() == pytest.approx(0.5 * 3, rel=0.1)


def test_with_customers_more_wins_are_more_newcomers():
    told = base(cells(OTHERS), new=new_customers(rate=20.0), pipeline=PlainPipeline())
    outcome = simulate(told, scenario(lever("win_rate", 10.0, Target())))
    assert delta(outcome, "came").mean() == pytest.approx(2.0, rel=0.01)
    assert (
        simulate(told, scenario(lever("win_rate", 0.0, Target()))).scenario.came.tolist()
        == outcome.baseline.came.tolist()
    )


def test_what_cannot_be_simulated_says_so():
    told = base(cells(MANY, OTHERS))
    for asked, word in (
        (lever("win_rate", 5.0, Target()), "deals"),
        (lever("referral", 5.0, Target()), "new customer"),
        (lever("win_back", 5.0, Target()), "new customer|nobody"),
    ):
        with pytest.raises(RequestProblem, match=word):
            simulate(told, scenario(asked))
    with pytest.raises(RequestProblem, match="nobody"):
        simulate(base(cells(OTHERS)), scenario(lever()))
    with pytest.raises(RequestProblem, match="what they buy"):
        simulate(base(None, pipeline=PlainPipeline()), scenario(lever()))


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: lever(amount=101.0), "cannot be"),
        (lambda: Range(5, 3, 8), "in order"),
        (lambda: Range(float("nan"), 1, 2), "three numbers"),
        (lambda: Cost(fixed=Range.of(-1)), "below 0"),
        (lambda: lever("contact_coverage", 5.0), "save rate"),
        (lambda: lever("stage_time", 5.0), "stage"),
        (lambda: scenario(months=61), "61 months"),
        (lambda: scenario(draws=1), "draws"),
        (lambda: scenario(margin=1.2), "share"),
    ],
)
def test_nonsense_is_refused_before_anything_is_computed(make, word):
    with pytest.raises(RequestProblem, match=word):
        make()
