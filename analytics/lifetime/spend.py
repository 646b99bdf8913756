"""What a purchase is worth: the Gamma-Gamma model, and the choice between it and means by frequency.

Fader and Hardie (2013). A customer's purchases are Gamma(p, nu), nu ~ Gamma(q, v) over customers, so that the mean of x of
them, m, tells of its true mean zeta = p / nu through nu ~ Gamma(q + p x, v + x m). Spend and frequency are taken to be
unrelated; where the rank correlation says otherwise `stratified` is used (R12).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaincinv, gammaln, polygamma

from analytics.intervals import Z
from analytics.lifetime.ages import distinct_counts
from analytics.lifetime.climbing import dot, in_logs, maximise
from analytics.lifetime.histories import LEAST_REPEATERS, NoModel
from data.messages import Message, say

Floats = NDArray[np.float64]
RELATED = 0.3  # a rank correlation of frequency and spend beyond it is too much for Gamma-Gamma
_THIN = 0.25  # the variance of a mean with hardly any moments is held at that of q + p x = 2 + this


class GammaGamma:
    """Gamma-Gamma: `p_`, `q_`, `v_` (in money), `covariance_` of their logarithms, `log_likelihood_`, `converged_`, `n_iter_`.

    In every method x are repeat purchases and m their mean value (not read where x is 0; NaN or 0 where it is not known), a row a
    customer.
    """

    names: ClassVar[tuple[str, str, str]] = ("p", "q", "v")
    title: ClassVar[str] = "gamma_gamma"

    p_: float
    q_: float
    v_: float
    covariance_: Floats
    log_likelihood_: float
    converged_: bool = False
    is_held_: bool = False
    n_iter_: int = 0

    def fit(self, x: ArrayLike, m: ArrayLike, n: ArrayLike | None = None) -> Self:
        """Maximum likelihood over customers with x > 0 and m > 0. Raises NoModel with fewer than 50 of them."""
        counts, means, many = _repeaters(x, m, n)
        scale = float(many.sum() / (many @ means))
        purchases = counts * means * scale
        values, code = distinct_counts(counts)
        by_count = np.bincount(code, many)
        everyone = float(many.sum())
        fixed = -float(many @ np.log(means * scale))
        log_sum = float(many @ (counts * np.log(purchases)))

        def likelihood(logs: Floats) -> tuple[float, Floats, Floats]:
            p, q, v = np.exp(logs)
            alike = p * values
            whole = v + purchases
            log_whole = np.log(whole)
            value = (
                by_count @ (gammaln(alike + q) - gammaln(alike))
                + everyone * (q * np.log(v) - gammaln(q))
                + p * log_sum + fixed
                - dot(many, (p * counts + q) * log_whole)
            )  # fmt: skip
            both, own = digamma(alike + q), digamma(alike)
            slope = np.array([
                by_count @ (values * (both - own)) + log_sum - dot(many, counts * log_whole),
                by_count @ both + everyone * (np.log(v) - digamma(q)) - dot(many, log_whole),
                everyone * q / v - dot(many, (p * counts + q) / whole),
            ])  # fmt: skip
            both, own = polygamma(1, alike + q), polygamma(1, alike)
            curved = np.empty((3, 3))
            curved[0, 0] = by_count @ (values**2 * (both - own))
            curved[0, 1] = curved[1, 0] = by_count @ (values * both)
            curved[0, 2] = curved[2, 0] = -dot(many, counts / whole)
            curved[1, 1] = by_count @ both - everyone * polygamma(1, q)
            curved[1, 2] = curved[2, 1] = everyone / v - dot(many, 1 / whole)
            curved[2, 2] = -everyone * q / v**2 + dot(many, (p * counts + q) / whole**2)
            by_log, curved_log = in_logs(np.array([p, q, v]), slope, curved)
            return float(value), by_log, curved_log

        starts = [np.log([p, q, max(q - 1, 0.5) / p]) for p, q in ((6.0, 4.0), (1.5, 2.0), (15.0, 10.0), (2.0, 15.0))]
        top = maximise(likelihood, starts)
        self._take(np.exp(top.at) / np.array([1.0, 1.0, scale]))
        self.log_likelihood_ = top.value + everyone * float(np.log(scale))
        self.covariance_ = top.covariance
        self.converged_, self.is_held_, self.n_iter_ = True, top.is_held, top.steps
        return self

    @classmethod
    def known(cls, p: float, q: float, v: float, covariance: ArrayLike | None = None) -> Self:
        made = cls()
        made._take(np.array([p, q, v]))
        made.covariance_ = np.zeros((3, 3)) if covariance is None else np.asarray(covariance, dtype=np.float64)
        made.converged_ = True
        return made

    @property
    def parameters_(self) -> Floats:
        return np.array([self.p_, self.q_, self.v_])

    def intervals(self, z: float = Z) -> list[tuple[float, float]]:
        """The 95% interval of each parameter, from the normal distribution of its logarithm."""
        error = np.sqrt(np.diag(self.covariance_))
        low, high = self.parameters_ * np.exp(-z * error), self.parameters_ * np.exp(z * error)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    def with_parameters(self, parameters: Floats) -> Self:
        other = copy.copy(self)
        other._take(parameters)
        return other

    def draws(self, n: int, seed: int) -> list[Self]:
        """Models that the data allow as well: parameters from the normal distribution of their logarithms."""
        random = np.random.default_rng(seed)
        found = random.multivariate_normal(np.log(self.parameters_), self.covariance_, size=n, method="eigh")
        return [self.with_parameters(np.exp(each)) for each in found]

    def mean_value(self, x: ArrayLike, m: ArrayLike) -> Floats:
        """The expected mean value of the customer's purchases: p (v + x m) / (q + p x - 1)."""
        shape, whole = self.shape_and_scale(x, m)
        return self.p_ * whole / np.maximum(shape - 1, _THIN)

    def squared_value(self, x: ArrayLike, m: ArrayLike) -> Floats:
        """E[zeta^2]. Where the tail is too heavy to have one (q + p x near 2) that of a slightly lighter one."""
        shape, whole = self.shape_and_scale(x, m)
        return (self.p_ * whole) ** 2 / (np.maximum(shape - 1, _THIN) * np.maximum(shape - 2, _THIN))

    def quantile(self, x: ArrayLike, m: ArrayLike, level: float) -> Floats:
        """The `level` quantile of the customer's true mean value."""
        _shape, whole = self.shape_and_scale(x, m)
        values, code = distinct_counts(_told(x, m)[0])
        return self.p_ * whole / gammaincinv(self.q_ + self.p_ * values, 1 - level)[code]

    def shape_and_scale(self, x: ArrayLike, m: ArrayLike) -> tuple[Floats, Floats]:
        """(Q, V): the customer's nu ~ Gamma(Q, rate V), and its mean value is p / nu."""
        counts, means = _told(x, m)
        return self.q_ + self.p_ * counts, self.v_ + counts * means

    def simulate(self, x: ArrayLike, seed: int) -> tuple[Floats, Floats]:
        """Made-up customers of x repeat purchases: their true mean values, and the means of their purchases (NaN of none)."""
        random = np.random.default_rng(seed)
        counts = np.asarray(x, dtype=np.float64).ravel()
        zeta = self.p_ * self.v_ / random.gamma(self.q_, size=len(counts))
        mean = random.gamma(self.p_ * np.maximum(counts, 1)) * zeta / (self.p_ * np.maximum(counts, 1))
        return zeta, np.where(counts > 0, mean, np.nan)

    def _take(self, parameters: Floats) -> None:
        self.p_, self.q_, self.v_ = (float(each) for each in parameters)


@dataclass(frozen=True)
class SpendChoice:
    """The model of spend for this data, why it is this one, and the rank correlation of frequency and spend."""

    model: GammaGamma
    reason: Message
    correlation: float


def spend_model(x: ArrayLike, m: ArrayLike, n: ArrayLike | None = None) -> SpendChoice:
    """Gamma-Gamma, or means by frequency where frequent buyers spend more or less (R12), fitted. Raises NoModel as `fit`."""
    from analytics.lifetime.stratified import StratifiedSpend

    counts, means, many = _repeaters(x, m, n)
    correlation = rank_correlation(counts, means, many)
    if abs(correlation) > RELATED:
        reason = say(
            "Customers who buy more often spend otherwise a purchase (rank correlation {rho}), so the mean value is learnt apart for each frequency.",
            rho=round(correlation, 2),
        )
        return SpendChoice(StratifiedSpend().fit(counts, means, many), reason, correlation)
    reason = say(
        "What a purchase is worth hardly hangs on how often a customer buys (rank correlation {rho}).",
        rho=round(correlation, 2),
    )
    return SpendChoice(GammaGamma().fit(counts, means, many), reason, correlation)


def rank_correlation(x: ArrayLike, m: ArrayLike, n: ArrayLike | None = None) -> float:
    """Spearman's, of rows that stand for n customers each; 0 where either does not vary."""
    one, other = np.asarray(x, dtype=np.float64), np.asarray(m, dtype=np.float64)
    many = np.ones(len(one)) if n is None else np.asarray(n, dtype=np.float64)
    ranks = [_ranks(each, many) for each in (one, other)]
    centred = [each - (many @ each) / many.sum() for each in ranks]
    spread = np.sqrt((many @ centred[0] ** 2) * (many @ centred[1] ** 2))
    return float(many @ (centred[0] * centred[1]) / spread) if spread > 0 else 0.0


def _ranks(values: Floats, n: Floats) -> Floats:
    code, distinct = pd.factorize(values, sort=True)
    counts = np.bincount(code, n, len(distinct))
    return (np.cumsum(counts) - counts / 2)[code]


def _told(x: ArrayLike, m: ArrayLike) -> tuple[Floats, Floats]:
    """How many purchases of each customer tell of its spend, and their mean: none where it is not known or not above 0."""
    counts, means = (np.asarray(each, dtype=np.float64).ravel() for each in (x, m))
    is_known = (counts > 0) & (means > 0) & np.isfinite(means)
    return np.where(is_known, counts, 0.0), np.where(is_known, means, 0.0)


def _repeaters(x: ArrayLike, m: ArrayLike, n: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    counts, means = (np.asarray(each, dtype=np.float64).ravel() for each in (x, m))
    many = np.ones(len(counts)) if n is None else np.asarray(n, dtype=np.float64).ravel()
    kept = (counts > 0) & (means > 0) & np.isfinite(means) & (many > 0)
    if many[kept].sum() < LEAST_REPEATERS:
        raise NoModel(
            say(
                "Only {n} customers bought again at a value above 0; a model of spend needs {least}.",
                n=int(many[kept].sum()),
                least=LEAST_REPEATERS,
            ),
            say("The value then rests on the revenue of the last twelve months."),
        )
    counts, means, many = counts[kept], means[kept], many[kept]
    if np.ptp(means) <= 1e-9 * means.mean():
        raise NoModel(
            say("Every purchase is worth the same, so that there is no model of spend to fit."),
            say("Use the value of a purchase as it is."),
        )
    return counts, means, many
