"""The models of repeat purchases: against differences, integrals, simulation, and histories out of the ordinary."""

import numpy as np
import pytest
from scipy.special import betaln, expit, hyp2f1
from scipy.stats import gamma as gamma_of

from analytics.lifetime.ages import NODES, by_age
from analytics.lifetime.dropout import BgNbd, MbgNbd
from analytics.lifetime.histories import Histories, NoModel
from analytics.lifetime.pareto import ParetoNbd

MODELS = (
    BgNbd.known(0.25, 4.4, 0.8, 2.4),
    MbgNbd.known(0.6, 6.0, 0.9, 1.6),
    MbgNbd.known(2.0, 3.0, 0.1, 0.4),
    ParetoNbd.known(0.55, 10.6, 0.6, 11.7),
    ParetoNbd.known(1.2, 2.0, 0.4, 30.0),
    ParetoNbd.known(0.8, 40.0, 2.0, 1.5),
)
NAMES = [f"{model.title} {model.parameters_}" for model in MODELS]
each_model = pytest.mark.parametrize("model", MODELS, ids=NAMES)
FEW = (np.array([0.0, 0, 1, 3, 12]), np.array([0.0, 0, 4, 20, 50]), np.array([10.0, 60, 30, 40, 52]))


def simulated(model, customers=3000, seed=0, weeks=104):
    T = np.random.default_rng(seed).integers(7, weeks * 7, customers) / 7
    return model.simulate(T, 52.0, seed)


def histories(found):
    return Histories.of(found.x, found.t_x, found.T)


# Histories


def test_equal_histories_are_counted_once():
    found = Histories.of([2, 0, 2, 0, 0], [3, 0, 3, 0, 0], [9, 9, 9, 5, 9])
    assert [found.x.tolist(), found.t_x.tolist(), found.T.tolist(), found.n.tolist()] == [
        [0, 0, 2], [0, 0, 3], [5, 9, 9], [1, 2, 2]
    ]  # fmt: skip
    assert (found.customers, found.repeaters, found.usual_gap) == (5, 2, 1.5)


def test_grouping_keeps_every_customer_in_any_order():
    made = simulated(MODELS[1], 5000)
    shuffled = np.random.default_rng(1).permutation(5000)
    one, other = histories(made), Histories.of(made.x[shuffled], made.t_x[shuffled], made.T[shuffled])
    for name in ("x", "t_x", "T", "n"):
        assert (getattr(one, name) == getattr(other, name)).all()
    assert one.n.sum() == 5000
    assert one.n @ one.x == made.x.sum()


@pytest.mark.parametrize(
    ("x", "t_x", "T", "words"),
    [
        ([1], [5], [4], "cannot come after"),
        ([0], [2], [4], "recency of 0"),
        ([2], [0], [4], "recency above 0"),
        ([-1], [0], [4], "whole numbers"),
        ([1.5], [1], [4], "whole numbers"),
        ([1], [1], [-4], "below 0"),
        ([1], [1], [np.nan], "known numbers"),
    ],
)
def test_contradictory_histories_are_refused_in_words(x, t_x, T, words):
    with pytest.raises(NoModel, match=words):
        Histories.of(x, t_x, T)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Histories.of([], [], []), "no customers"),
        (Histories.of([0] * 500, [0] * 500, [30] * 500), "bought once"),
        (Histories.of([2] * 49 + [0] * 500, [9] * 49 + [0] * 500, [30] * 549), "Only 49 customers bought again"),
        (Histories.of([1] * 80, [20] * 80, [30] * 80), "too short"),
    ],
)
@pytest.mark.parametrize("model", [BgNbd, MbgNbd, ParetoNbd])
def test_too_little_to_fit_is_said_in_words(model, found, words):
    with pytest.raises(NoModel, match=words):
        model().fit(found)


# Likelihoods


def likelihood_of_one(model, x, t_x, T):
    """By numerical integration over what the customer may be, on a grid of logarithms."""
    step = 0.06
    v, w = np.arange(-120, 8, step)[:, None], np.arange(-70, 60, step)[None, :]
    rate = np.exp(v)
    weight = gamma_of.pdf(rate, model.r_, scale=1 / model.alpha_) * rate * step**2
    if isinstance(model, ParetoNbd):
        mu = np.exp(np.minimum(w, 20))
        weight = weight * gamma_of.pdf(mu, model.s_, scale=1 / model.beta_) * mu
        both = rate + mu
        given = mu / both * np.exp(-both * t_x) + rate / both * np.exp(-both * T)
    else:
        p, rest = expit(w), expit(-w)
        weight = weight * np.exp(model.a_ * np.log(p) + model.b_ * np.log(rest) - betaln(model.a_, model.b_))
        k = x + model.first_may_be_last
        gone = p * rest ** (k - 1) if k else 0.0
        given = rest**k * np.exp(-rate * T) + gone * np.exp(-rate * t_x)
    return (weight * rate**x * given).sum()


@pytest.mark.parametrize("model", [MODELS[0], MODELS[1], MODELS[3]], ids=lambda model: model.title)
@pytest.mark.parametrize(("x", "t_x", "T"), [(0, 0, 20), (2, 9, 30)])
def test_likelihood_is_the_integral_over_what_a_customer_may_be(model, x, t_x, T):
    value, _slope, _second = model._likelihood(Histories.of([x], [t_x], [T]), 1.0)(np.log(model.parameters_))
    assert np.exp(value) == pytest.approx(likelihood_of_one(model, x, t_x, T), rel=1e-7)


@each_model
def test_derivatives_are_those_of_the_likelihood(model):
    likelihood = model._likelihood(histories(simulated(model, 400)), 0.1)
    at = np.log(model.parameters_) + 0.1
    step = 1e-5 * np.eye(4)
    _value, slope, second = likelihood(at)
    differences = [(likelihood(at + each)[0] - likelihood(at - each)[0]) / 2e-5 for each in step]
    assert slope == pytest.approx(differences, rel=1e-6, abs=1e-5)
    differences = [(likelihood(at + each)[1] - likelihood(at - each)[1]) / 2e-5 for each in step]
    assert second == pytest.approx(np.array(differences), rel=1e-5, abs=1e-4)


@each_model
def test_fit_finds_what_was_planted(model):
    found = type(model)().fit(histories(simulated(model, 30_000, seed=4)))
    assert found.converged_ and not found.is_held_
    off = np.log(found.parameters_ / model.parameters_)
    error = np.sqrt(np.diag(found.covariance_))
    assert (np.abs(off) < 3.5 * error).all()
    assert off @ np.linalg.solve(found.covariance_, off) < 18.5  # the 99.9% point of chi-squared with 4 degrees
    for value, (low, high) in zip(found.parameters_, found.intervals(), strict=True):
        assert low < value < high


def test_time_may_come_in_any_unit():
    made = simulated(MODELS[1], 4000)
    weeks, days = MbgNbd().fit(histories(made)), MbgNbd().fit(Histories.of(made.x, made.t_x * 7, made.T * 7))
    assert days.parameters_ / weeks.parameters_ == pytest.approx([1, 7, 1, 1], rel=1e-6)
    assert days.log_likelihood_ == pytest.approx(weeks.log_likelihood_ - made.x.sum() * np.log(7), rel=1e-9)


def test_what_the_data_leave_open_is_held_and_said():
    # Everybody buys every week to the end: nothing tells of leaving, and all are alike.
    x = np.full(300, 50.0)
    found = MbgNbd().fit(Histories.of(x, np.full(300, 50.0), np.full(300, 51.0)))
    assert found.is_held_ and found.converged_
    assert np.isfinite(found.covariance_).all()
    assert found.alive([50], [50], [51])[0] > 0.9
    assert found.expected([50], [50], [51], 10)[0] == pytest.approx(10, rel=0.15)


# What is asked of a customer


@each_model
def test_forecasts_are_what_comes_to_pass_in_simulation(model):
    made = model.simulate(np.random.default_rng(1).integers(7, 700, 60_000) / 7, 40.0, 1)
    history = made.x, made.t_x, made.T
    figures = (
        (made.is_alive, model.alive(*history)),
        (made.purchases, model.expected(*history, 40.0)),
        (made.purchases == 0, model.none(*history, 40.0)),
        (made.has_left, model.leaving(*history, 40.0)),
        (made.purchases * (made.purchases - 1), model.pairs(*history, 40.0)),
    )
    for few, many in ((0, 0), (1, 2), (3, 9), (0, 10**9)):
        kept = (made.x >= few) & (made.x <= many)
        for seen, told in figures:
            error = seen[kept].std() / np.sqrt(kept.sum()) + 1e-9
            assert abs(seen[kept].mean() - told[kept].mean()) < 4.5 * error


@each_model
def test_forecasts_are_integrals_over_the_posterior(model):
    x, t_x, T = FEW
    draws = model.posterior(x, t_x, T, 60_000, 3)
    weeks = 26.0
    there, rate, leaving = draws.is_alive, draws.rate, draws.leaving
    hazard = leaving if isinstance(model, ParetoNbd) else rate * leaving
    stays = np.exp(-hazard * weeks)
    with np.errstate(divide="ignore", invalid="ignore"):
        bought = np.where(hazard > 1e-12, rate * (1 - stays) / hazard, rate * weeks)
    # Of the purchases it misses: E (weeks after leaving)^2 for an exponential time.
    missed_squared = rate**2 * np.where(
        hazard * weeks > 1e-3,
        weeks**2 - 2 * weeks / hazard + 2 * (1 - stays) / hazard**2,
        hazard * weeks**3 / 3,
    )

    def close(drawn, told, rel=0.0):
        error = drawn.std(axis=0) / np.sqrt(len(drawn))
        assert (np.abs(drawn.mean(axis=0) - told) < 4.5 * error + 1e-9 + rel * np.abs(told)).all()

    # Pareto/NBD draws when a customer left from the points of a quadrature, which moves what it was by a little.
    close(there, model.alive(x, t_x, T))
    close(there * bought, model.expected(x, t_x, T, weeks))
    close(1 - there * stays, model.leaving(x, t_x, T, weeks))
    alive = model.alive(x, t_x, T)
    close(there * missed_squared, alive * model.missed_squared(x, T, weeks), 1e-3)
    close(there * rate, alive * model.rate_if_staying(x, T))


@each_model
def test_a_new_customer_is_one_with_no_history(model):
    assert model.expected_new([10, 52])[1] == pytest.approx(model.expected([0], [0], [0], 52.0)[0])
    made = model.simulate(np.full(100_000, 30.0), 1.0, 2)
    assert model.expected_new(30.0) == pytest.approx(made.x.mean(), abs=4.5 * made.x.std() / np.sqrt(100_000))


@each_model
def test_extreme_histories_stay_within_bounds(model):
    x = np.array([0.0, 0, 0, 1, 1, 500, 500, 500, 5000, 7])
    t_x = np.array([0.0, 0, 0, 1 / 7, 1999, 500 / 7, 500, 2000, 2000, 1e-3])
    T = np.array([0.0, 1 / 7, 2000, 2000, 2000, 72, 2000, 2000, 2000, 1e-3])
    horizons = np.array([0.0, 1e-3, 1, 52, 520, 5200])
    with np.errstate(all="raise", under="ignore"):
        alive = model.alive(x, t_x, T)
        found = {
            "leaving": model.leaving(x, t_x, T, horizons), "none": model.none(x, t_x, T, horizons),
            "expected": model.expected(x, t_x, T, horizons), "pairs": model.pairs(x, t_x, T, horizons),
            "missed": model.missed_squared(x, T, horizons),
        }  # fmt: skip
    assert ((alive >= 0) & (alive <= 1)).all()
    for name, values in found.items():
        assert np.isfinite(values).all() and (values >= 0).all(), name
        # Further ahead there is more of each, but for the chance of nothing, of which there is less.
        ahead = np.diff(values, axis=1) * (-1 if name == "none" else 1)
        assert (ahead >= -1e-9 * np.maximum(1, np.abs(values[:, 1:]))).all(), name
    assert (found["leaving"] <= 1).all() and (found["none"] <= 1).all()
    assert found["leaving"][:, 0] == pytest.approx(1 - alive)
    assert (found["expected"] <= model.rate_if_staying(x, T)[:, None] * horizons * (1 + 1e-9)).all()
    second = found["pairs"] + found["expected"]
    assert (second >= found["expected"] ** 2 * (1 - 1e-9)).all()


@each_model
def test_silence_tells_of_having_left(model):
    T = np.linspace(20.0, 300.0, 50)
    alive = model.alive(np.full(50, 6.0), np.full(50, 20.0), T)
    assert (np.diff(alive) < 0).all()


def test_bg_nbd_takes_one_time_buyers_for_customers_and_mbg_nbd_does_not():
    assert MODELS[0].alive([0], [0], [500])[0] == 1.0
    assert MODELS[1].alive([0], [0], [500])[0] < 0.2


@each_model
def test_many_customers_are_told_what_one_is(model):
    made = simulated(model, 20_000, weeks=520)
    pick = np.random.default_rng(2).integers(0, 20_000, 60)
    horizons = np.array([4.0, 26.0, 104.0])
    rest = made.x[pick], made.t_x[pick], made.T[pick]
    for ask in (model.expected, model.leaving, model.none, model.pairs):
        many = ask(made.x, made.t_x, made.T, horizons)[pick]
        assert many == pytest.approx(ask(*rest, horizons), rel=1e-8, abs=1e-12)
        assert ask(made.x, made.t_x, made.T, 26.0)[pick] == pytest.approx(many[:, 1])


def test_discounting_sums_over_horizons():
    model, horizons, factors = MODELS[1], np.array([4.0, 8.0, 12.0]), np.array([0.2, -0.1, 0.8])
    each = model.if_there(FEW[0], FEW[2], horizons)
    assert model.if_there(FEW[0], FEW[2], horizons, factors) == pytest.approx(each @ factors)


@each_model
def test_rates_are_those_of_the_gamma_posterior(model):
    x, _t_x, T = FEW
    posterior = gamma_of(model.r_ + x, scale=1 / (model.alpha_ + T))
    assert model.rate_if_staying(x, T) == pytest.approx(posterior.mean())
    for level in (0.1, 0.5, 0.9):
        assert model.rate_quantile(x, T, level) == pytest.approx(posterior.ppf(level))


def test_expectations_match_the_hypergeometric_form_where_it_can_be_computed():
    for model in MODELS[:3]:
        x, _t_x, T = FEW
        R, A, B = model.r_ + x, model.alpha_ + T, model.b_ + x + model.first_may_be_last
        for weeks in (1.0, 39.0, 200.0):
            y = weeks / A
            whole = model.a_ + B - 1
            expected = whole / (model.a_ - 1) * (1 - hyp2f1(R, model.a_ - 1, whole, -y))
            assert model.if_there(x, T, weeks) == pytest.approx(expected, rel=1e-7)


def test_draws_are_spread_as_the_covariance_says():
    found = MbgNbd().fit(histories(simulated(MODELS[1], 4000)))
    drawn = np.log([each.parameters_ for each in found.draws(4000, 1)])
    assert np.cov(drawn.T) == pytest.approx(found.covariance_, rel=0.2, abs=0.002)
    assert [each.parameters_.tolist() for each in found.draws(2, 7)] == [each.parameters_.tolist() for each in found.draws(2, 7)]  # fmt: skip


def test_interpolation_is_as_good_as_the_function():
    x, age = np.repeat([0.0, 3.0, 40.0], 100), np.tile(np.linspace(0.5, 900, 100), 3)
    found = by_age(lambda c, t: (1 + c) / (5 + t) ** 1.5, x, age, 5.0)
    assert len(x) > 3 * NODES
    assert found == pytest.approx((1 + x) / (5 + age) ** 1.5, rel=1e-8)
    assert by_age(lambda c, t: c * t, np.zeros(0), np.zeros(0), 1.0).shape == (0,)
