"""What customers come to together: parts add up, and what is planted lies within the intervals as often as they say."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import gamma

from analytics.lifetime.dropout import BgNbd, MbgNbd
from analytics.lifetime.histories import Histories
from analytics.lifetime.pareto import ParetoNbd
from analytics.lifetime.purchase_model import PurchaseModel, Simulated
from analytics.lifetime.spend import GammaGamma, spend_model
from analytics.lifetime.totals import Horizon, Outlook, gamma_range, log_normal, outlook, steps, total, value_interval

YEAR = Horizon.of_weeks(52)
SPEND = GammaGamma.known(6.0, 4.0, 15.0)
MODELS = (BgNbd.known(0.4, 5, 0.8, 2.4), MbgNbd.known(0.8, 6, 0.9, 2.6), ParetoNbd.known(0.7, 8.0, 0.6, 12.0))


@dataclass(frozen=True)
class Company:
    """Made-up customers: what is known of them, and what came of each in the 52 weeks after it."""

    model: PurchaseModel
    spend: GammaGamma
    made: Simulated
    mean: np.ndarray
    true_mean: np.ndarray
    revenue: np.ndarray

    @property
    def history(self):
        return self.made.x, self.made.t_x, self.made.T

    def outlook(self, model=None, spend=None, horizon=YEAR):
        x, t_x, T = self.history
        return outlook(model or self.model, spend or self.spend, x, t_x, T, self.mean, horizon)


def company(model, spend=SPEND, customers=20_000, seed=0, weeks=156):
    random = np.random.default_rng([seed, 1])
    made = model.simulate(random.integers(20 * 7, weeks * 7, customers) / 7, YEAR.weeks, seed)
    zeta, mean = spend.simulate(made.x, seed + 100_000)
    spent = random.gamma(spend.p_ * np.maximum(made.purchases, 1)) * zeta / spend.p_
    return Company(model, spend, made, mean, zeta, np.where(made.purchases > 0, spent, 0.0))


def test_a_horizon_is_months_discounted_at_their_ends():
    year = Horizon.of_months(12, 0.1)
    assert year.weeks == pytest.approx(365.25 / 7)
    assert year.worth == pytest.approx(365.25 / 7 / 12 * sum(1.1 ** (-month / 12) for month in range(1, 13)))
    assert (YEAR.weeks, YEAR.worth) == (52, 52)
    came = np.array([3.0, 1.0, 4.0, *np.ones(9)])
    assert np.cumsum(came) @ year.steps == pytest.approx(came @ year.factors)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
def test_expectation_and_variance_are_those_of_what_comes(model):
    found = company(model, customers=60_000)
    told = found.outlook()
    for kept in (found.made.x == 0, found.made.x == 1, found.made.x > 4):
        off = (found.revenue - told.expected)[kept]
        assert abs(off.mean()) < 4.5 * off.std() / np.sqrt(kept.sum())
        assert (off**2).mean() == pytest.approx(told.variance[kept].mean(), rel=0.25)
    assert ((found.made.purchases == 0) - told.none).mean() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
def test_what_is_missed_is_value_less_what_is_expected(model):
    x, t_x, T, m = np.array([0.0, 1, 6]), np.array([0.0, 10, 80]), np.array([40.0, 60, 100]), np.array([np.nan, 20, 60])
    told = outlook(model, SPEND, x, t_x, T, m, YEAR)
    drawn = model.posterior(x, t_x, T, 60_000, 1)
    # Of one who is gone the counterfactual: what it would have bought as one who is there.
    there = drawn.is_alive
    random = np.random.default_rng(2)
    stayed = random.gamma(model.r_ + x, size=there.shape) / (model.alpha_ + T)
    rate = np.where(there, drawn.rate, stayed)
    hazard = drawn.leaving if isinstance(model, ParetoNbd) else drawn.rate * drawn.leaving
    left = random.exponential(size=there.shape) / np.maximum(hazard, 1e-300)
    missed = rate * np.where(there, np.maximum(YEAR.weeks - left, 0.0), YEAR.weeks)
    shape, whole = SPEND.shape_and_scale(x, m)
    lost = missed * SPEND.p_ * whole / random.gamma(shape, size=there.shape)
    error = lost.std(axis=0) / np.sqrt(len(lost))
    assert (np.abs(lost.mean(axis=0) - told.at_risk) < 4.5 * error).all()
    assert lost.var(axis=0)[1:] == pytest.approx(told.risk_variance[1:], rel=0.2)
    assert (told.at_risk > 0).all() and (told.expected < told.value).all()


def test_any_customers_add_up():
    model = MbgNbd().fit(Histories.of(*company(MODELS[1], customers=3000).history))
    found = company(MODELS[1], customers=3000)
    spend = GammaGamma().fit(found.made.x, found.mean)
    told = found.outlook(model, spend, Horizon.of_months(12, 0.1))
    assert told.at_risk + told.expected == pytest.approx(told.value)
    assert told.risk_shifts + told.shifts == pytest.approx(told.value_shifts)
    assert told.shifts.shape == (3000, 7)
    part = found.made.x > 2
    whole = [total(told.expected[of], told.variance[of], told.shifts[of]) for of in (part, ~part, part | ~part)]
    assert whole[0][0] + whole[1][0] == pytest.approx(whole[2][0])
    for middle, low, high in whole:
        assert 0 < low < middle < high
    # What all share does not average out: together they are less sure than if each stood alone.
    assert (told.shifts.sum(axis=0) ** 2).sum() > (told.shifts**2).sum() * 100


def test_shifts_are_what_drawn_models_say():
    found = company(MODELS[1], customers=2500)
    model, spend = MbgNbd().fit(Histories.of(*found.history)), GammaGamma().fit(found.made.x, found.mean)
    told = found.outlook(model, spend)
    drawn = zip(model.draws(100, 1), spend.draws(100, 2), strict=True)
    x, t_x, T = found.history
    sums = [one.expected(x, t_x, T, 52.0) @ other.mean_value(found.made.x, found.mean) for one, other in drawn]
    assert np.sqrt((told.shifts.sum(axis=0) ** 2).sum()) == pytest.approx(np.std(sums), rel=0.25)


def test_discounting_makes_less_of_it_and_changes_no_chance():
    found = company(MODELS[1], customers=500)
    plain, discounted = (found.outlook(horizon=Horizon.of_months(12, rate)) for rate in (0.0, 0.1))
    assert (discounted.expected < plain.expected).all() and (discounted.variance < plain.variance).all()
    assert discounted.value / plain.value == pytest.approx(np.full(500, discounted.value[0] / plain.value[0]))
    assert (discounted.none == plain.none).all()


def test_models_that_are_known_for_sure_shift_nothing():
    told = company(MODELS[1], customers=50).outlook()
    assert not told.shifts.any() and not told.value_shifts.any()
    assert len(steps(MODELS[1])) == 4 and len(steps(SPEND)) == 3


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
def test_value_intervals_are_quantiles_of_rate_times_spend(model):
    x, T, m = np.array([0.0, 2, 2, 9]), np.array([40.0, 60, 60, 100]), np.array([np.nan, 20, np.nan, 60])
    random, n = np.random.default_rng(5), 200_000
    shape, whole = SPEND.shape_and_scale(x, m)
    drawn = random.gamma(model.r_ + x, size=(n, 4)) / (model.alpha_ + T) * 52 * SPEND.p_ * whole / random.gamma(shape, size=(n, 4))  # fmt: skip
    low, high = value_interval(model, SPEND, x, T, m, YEAR)
    assert low == pytest.approx(np.quantile(drawn, 0.1, axis=0), rel=0.03)
    assert high == pytest.approx(np.quantile(drawn, 0.9, axis=0), rel=0.03)


def test_a_customer_without_a_future_has_a_range_of_nothing():
    told = outlook(MODELS[1], SPEND, [300.0], [100.0], [1e5], [20.0], YEAR)
    low, high = told.likely()
    assert told.none[0] == pytest.approx(1) and np.isfinite([low[0], high[0]]).all()


def test_ranges_are_those_of_their_distributions():
    mean, variance = np.array([3.0, 50.0, 0.0]), np.array([4.0, 9.0, 0.0])
    low, high = gamma_range(mean[:2], variance[:2], 0.8)
    known = gamma(mean[:2] ** 2 / variance[:2], scale=variance[:2] / mean[:2])
    assert low == pytest.approx(known.ppf(0.1), rel=1e-4) and high == pytest.approx(known.ppf(0.9), rel=1e-4)
    low, high = log_normal(mean, variance, 0.8)
    assert (low[2], high[2]) == (0, 0)
    sample = np.exp(np.random.default_rng(0).normal(np.log(3) - np.log1p(4 / 9) / 2, np.sqrt(np.log1p(4 / 9)), 400_000))
    assert (low[0], high[0]) == pytest.approx(tuple(np.quantile(sample, [0.1, 0.9])), rel=0.02)


@dataclass
class _Covered:
    """How often what came, or what was true, lay within its 80% interval."""

    inside: float = 0
    all: float = 0

    def add(self, truth, low, high):
        within = (np.asarray(low) <= truth) & (truth <= np.asarray(high))
        self.inside += np.sum(within)
        self.all += np.size(within)

    @property
    def share(self):
        return self.inside / self.all


@pytest.mark.truth
def test_intervals_cover_what_is_planted_in_companies():
    """200 companies at random, each fitted anew: the realised revenue of all and of parts of them, what each customer who is
    there is worth if it stays, and what single customers come to where they come to anything."""
    random = np.random.default_rng(2026)
    totals, parts, values, single, none = _Covered(), _Covered(), _Covered(), _Covered(), []
    held = 0
    for seed in range(200):
        planted = MbgNbd.known(*random.uniform((0.4, 3, 0.4, 1.5), (1.5, 12, 1.2, 4)))
        spend = GammaGamma.known(*random.uniform((3, 3, 10), (8, 6, 40)))
        found = company(planted, spend, int(random.integers(400, 3000)), seed)
        model, worth = MbgNbd().fit(Histories.of(*found.history)), spend_model(found.made.x, found.mean).model
        held += model.is_held_ or worth.is_held_
        told: Outlook = found.outlook(model, worth)
        totals.add(found.revenue.sum(), *total(told.expected, told.variance, told.shifts)[1:])
        for part in (found.made.x == 0, found.made.x > np.median(found.made.x[found.made.x > 0])):
            parts.add(
                found.revenue[part].sum(), *total(told.expected[part], told.variance[part], told.shifts[part])[1:]
            )
        there = found.made.is_alive
        low, high = value_interval(model, worth, found.made.x, found.made.T, found.mean, YEAR)
        values.add((found.made.rate * found.true_mean * YEAR.weeks)[there], low[there], high[there])
        some = found.revenue > 0
        low, high = told.likely()
        single.add(found.revenue[some], low[some], high[some])
        none.append(np.mean(~some) - told.none.mean())
    print(
        f"totals {totals.share:.3f}, parts {parts.share:.3f}, values {values.share:.3f}, single {single.share:.3f}, held {held}"
    )
    assert 0.75 <= totals.share <= 0.85
    assert 0.75 <= parts.share <= 0.85
    assert 0.75 <= values.share <= 0.85
    assert 0.75 <= single.share <= 0.86
    assert abs(np.mean(none)) < 0.005
    assert held <= 2
