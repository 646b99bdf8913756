"""What a purchase is worth: Gamma-Gamma, means by frequency, and which of them."""

import numpy as np
import pytest
from scipy.stats import betaprime, invgamma, spearmanr

from analytics.lifetime.histories import NoModel
from analytics.lifetime.spend import GammaGamma, rank_correlation, spend_model
from analytics.lifetime.stratified import StratifiedSpend

TRUE = GammaGamma.known(6.0, 4.0, 15.0)


def customers(n=4000, seed=0, frequency=3.0):
    x = np.random.default_rng(seed).geometric(1 / (1 + frequency), n) - 1.0
    zeta, m = TRUE.simulate(x, seed + 1)
    return x, m, zeta


def test_fit_finds_what_was_planted():
    x, m, _zeta = customers(20_000)
    found = GammaGamma().fit(x, m)
    off = np.log(found.parameters_ / TRUE.parameters_)
    assert found.converged_ and not found.is_held_
    assert off @ np.linalg.solve(found.covariance_, off) < 16.3  # the 99.9% point of chi-squared with 3 degrees
    assert all(low < value < high for value, (low, high) in zip(found.parameters_, found.intervals(), strict=True))


def test_money_may_come_in_any_unit_and_rows_may_stand_for_many():
    x, m, _zeta = customers(2000)
    one, cents = GammaGamma().fit(x, m), GammaGamma().fit(x, m * 100)
    assert cents.parameters_ / one.parameters_ == pytest.approx([1, 1, 100], rel=1e-5)
    twice = GammaGamma().fit(np.r_[x, x], np.r_[m, m])
    counted = GammaGamma().fit(x, m, np.full(len(x), 2.0))
    assert counted.parameters_ == pytest.approx(twice.parameters_, rel=1e-5)
    assert counted.log_likelihood_ == pytest.approx(twice.log_likelihood_)
    assert counted.covariance_ * 2 == pytest.approx(one.covariance_, rel=1e-5)


def test_the_likelihood_is_that_of_the_means():
    # m given x is p v / x times a beta-prime, shape (p x, q): its density by SciPy.
    x, m, _zeta = customers(300)
    found = GammaGamma().fit(x, m)
    kept = x > 0
    density = betaprime.logpdf(m[kept] * x[kept] / found.v_, found.p_ * x[kept], found.q_) + np.log(x[kept] / found.v_)
    assert found.log_likelihood_ == pytest.approx(density.sum())


def test_a_customer_is_drawn_to_the_mean_by_how_little_it_bought():
    mean = TRUE.p_ * TRUE.v_ / (TRUE.q_ - 1)
    assert TRUE.mean_value([0], [np.nan])[0] == pytest.approx(mean)
    told = TRUE.mean_value([1, 3, 30, 3000], [90.0] * 4)
    assert (np.diff(told) > 0).all() and mean < told[0] and told[-1] == pytest.approx(90, rel=0.01)


def test_an_unknown_or_worthless_mean_tells_nothing():
    assert TRUE.mean_value([5, 5, 5, 0], [np.nan, 0.0, -3.0, 70.0]) == pytest.approx(
        TRUE.mean_value([0] * 4, [0.0] * 4)
    )


def test_quantiles_and_squares_are_those_of_the_posterior():
    x, m = np.array([0.0, 1, 8]), np.array([np.nan, 12.0, 60.0])
    shape, whole = TRUE.shape_and_scale(x, m)
    posterior = invgamma(shape, scale=TRUE.p_ * whole)
    for level in (0.1, 0.5, 0.9):
        assert TRUE.quantile(x, m, level) == pytest.approx(posterior.ppf(level))
    assert TRUE.mean_value(x, m) == pytest.approx(posterior.mean())
    assert TRUE.squared_value(x, m) == pytest.approx(posterior.var() + posterior.mean() ** 2)


def test_intervals_cover_the_true_means():
    x, m, zeta = customers(20_000)
    found = GammaGamma().fit(x, m)
    inside = (found.quantile(x, m, 0.1) <= zeta) & (zeta <= found.quantile(x, m, 0.9))
    assert inside.mean() == pytest.approx(0.8, abs=0.012)
    assert found.mean_value(x, m).mean() == pytest.approx(zeta.mean(), rel=0.03)


def test_rank_correlation_is_spearmans():
    x, m, _zeta = customers(500)
    kept = x > 0
    assert rank_correlation(x[kept], m[kept]) == pytest.approx(spearmanr(x[kept], m[kept]).statistic)
    assert rank_correlation([1, 2], [3, 3]) == 0.0


def test_spend_that_follows_frequency_is_learnt_by_stratum():
    x, m, zeta = customers(6000)
    level = 1 + 0.5 * x
    choice = spend_model(x, m * level)
    assert isinstance(choice.model, StratifiedSpend) and choice.correlation > 0.3
    assert "rank correlation" in str(choice.reason)
    told, plain = choice.model.mean_value(x, m * level), GammaGamma().fit(x, m * level).mean_value(x, m * level)
    rare = x == 1
    assert abs(told[rare].mean() / (zeta * level)[rare].mean() - 1) < 0.06
    assert abs(plain[rare].mean() / (zeta * level)[rare].mean() - 1) > 0.06
    low, high = (choice.model.quantile(x, m * level, at) for at in (0.1, 0.9))
    inside = (low <= zeta * level) & (zeta * level <= high)
    assert inside[(x > 0) & (x < 4)].mean() == pytest.approx(0.8, abs=0.05)
    assert (choice.model.squared_value(x, m * level) > told**2).all()


def test_spend_that_does_not_is_gamma_gamma():
    x, m, _zeta = customers()
    choice = spend_model(x, m)
    assert type(choice.model) is GammaGamma and abs(choice.correlation) < 0.1


def test_strata_hold_enough_customers():
    x, m, _zeta = customers(400)
    found = StratifiedSpend().fit(x, m)
    repeats = x[x > 0]
    sizes = np.bincount(np.searchsorted(found.limits_, repeats, side="right") - 1)
    assert sizes.min() >= 30 and len(sizes) == len(found.limits_) > 1
    assert found.means_[0] == pytest.approx(m[(x > 0) & (x < found.limits_[1])].mean())


@pytest.mark.parametrize(
    ("x", "m", "words"),
    [
        ([1.0] * 49, np.arange(1.0, 50), "Only 49 customers"),
        ([0.0] * 500, [5.0] * 500, "Only 0 customers"),
        ([2.0] * 500, [-5.0] * 250 + [0.0] * 250, "Only 0 customers"),
        ([2.0] * 500, [5.0] * 500, "worth the same"),
    ],
)
def test_too_little_to_tell_is_said_in_words(x, m, words):
    with pytest.raises(NoModel, match=words):
        spend_model(x, m)
