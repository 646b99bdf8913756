"""What every model of repeat purchases answers, from what it knows of a customer who is still there."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from analytics.intervals import Z
from analytics.lifetime.ages import by_age, distinct_counts
from analytics.lifetime.climbing import Likelihood, maximise
from analytics.lifetime.histories import Histories

Floats = NDArray[np.float64]
_SPAN = 10.0  # what the longest age is scaled to while fitting
_SAMPLE = 3_000  # histories


@dataclass(frozen=True)
class Simulated:
    """Made-up customers: their histories up to `T`, what each truly is, and what came in the `horizon` after it."""

    x: Floats
    t_x: Floats
    T: Floats
    rate: Floats
    is_alive: NDArray[np.bool_]
    purchases: Floats
    has_left: NDArray[np.bool_]


@dataclass(frozen=True)
class Posterior:
    """Draws of what customers may be, draw x customer: still there, purchases a week, and `leaving`: the chance to drop out at
    a purchase (BG/NBD, MBG/NBD) or the rate of dropping out (Pareto/NBD)."""

    is_alive: NDArray[np.bool_]
    rate: Floats
    leaving: Floats


class PurchaseModel(ABC):
    """Customers buy at a rate lambda ~ Gamma(r, alpha) a week until they leave unseen.

    Results of `fit`: the parameters (`r_`, `alpha_` and two more), `log_likelihood_`, `covariance_` of the logarithms of the
    parameters, in the order of `names`, from the observed information, `converged_`, `n_iter_`, and `is_held_`: true where
    the data left a parameter open and a weak prior holds it. In every method x, t_x and T are arrays of a row a customer, and
    a horizon in weeks is a number (a number each) or an array (a column each).
    """

    names: ClassVar[tuple[str, str, str, str]]
    title: ClassVar[str]

    r_: float
    alpha_: float
    log_likelihood_: float
    covariance_: Floats
    converged_: bool = False
    is_held_: bool = False
    n_iter_: int = 0

    # What a model has to say of itself.

    @abstractmethod
    def alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """The chance that a customer with this history has not left at T."""

    @abstractmethod
    def _likelihood(self, histories: Histories, scale: float) -> Likelihood:
        """The log-likelihood of the logarithms of the parameters, times multiplied by `scale`."""

    @abstractmethod
    def _starts(self, histories: Histories, scale: float) -> list[Floats]: ...

    @abstractmethod
    def _purchases(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """Expected purchases within the horizon of one who is there at T; row x horizon, as those that follow."""

    @abstractmethod
    def _pairs(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """E[N (N - 1)] of the same purchases N."""

    @abstractmethod
    def _stays(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that one who is there at T is there at the end of the horizon."""

    @abstractmethod
    def _buys_none(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that one who is there at T buys nothing within the horizon."""

    @abstractmethod
    def _missed_squared(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """E[(lambda x weeks of the horizon after leaving)^2] of one who is there at T."""

    @abstractmethod
    def simulate(self, T: ArrayLike, horizon: float, seed: int) -> Simulated:
        """Customers as the model has them, one for each age in T."""

    @abstractmethod
    def posterior(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, draws: int, seed: int) -> Posterior:
        """What customers with these histories may be, the parameters taken as known."""

    # Fitting.

    def fit(self, histories: Histories) -> Self:
        """Maximum likelihood. Raises NoModel, in words, where the histories are too few, too short or settle nothing."""
        histories.check_enough()
        scale = _SPAN / float(histories.T.max())
        starts = self._starts(histories, scale)
        if len(histories.x) > 2 * _SAMPLE:
            # The starts are tried on a sample; its top is where to start with all.
            starts = [maximise(self._likelihood(histories.sample(_SAMPLE), scale), starts).at]
        top = maximise(self._likelihood(histories, scale), starts)
        self._take(np.exp(top.at) / self._in_weeks(scale))
        self.log_likelihood_ = top.value + float((histories.n * histories.x).sum()) * np.log(scale)
        self.covariance_ = top.covariance
        self.converged_, self.is_held_, self.n_iter_ = True, top.is_held, top.steps
        return self

    @classmethod
    def known(cls, *parameters: float, covariance: ArrayLike | None = None) -> Self:
        """The model with these parameters, in the order of `names`, and the covariance of their logarithms (none: known for sure)."""
        made = cls()
        made._take(np.asarray(parameters, dtype=np.float64))
        made.covariance_ = np.zeros((4, 4)) if covariance is None else np.asarray(covariance, dtype=np.float64)
        made.converged_ = True
        return made

    @property
    def parameters_(self) -> Floats:
        return np.array([getattr(self, f"{name}_") for name in self.names])

    def intervals(self, z: float = Z) -> list[tuple[float, float]]:
        """The 95% interval of each parameter, from the normal distribution of its logarithm."""
        error = np.sqrt(np.diag(self.covariance_))
        low, high = self.parameters_ * np.exp(-z * error), self.parameters_ * np.exp(z * error)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    def draws(self, n: int, seed: int) -> list[Self]:
        """Models that the data allow as well: parameters from the normal distribution of their logarithms."""
        random = np.random.default_rng(seed)
        found = random.multivariate_normal(np.log(self.parameters_), self.covariance_, size=n, method="eigh")
        return [self.with_parameters(np.exp(each)) for each in found]

    def with_parameters(self, parameters: Floats) -> Self:
        other = copy.copy(self)
        other._take(parameters)
        return other

    @property
    def _origin(self) -> float:
        """What depends on the age is smooth in the logarithm of this + age."""
        return self.alpha_

    def _take(self, parameters: Floats) -> None:
        for name, value in zip(self.names, parameters, strict=True):
            setattr(self, f"{name}_", float(value))

    def _in_weeks(self, scale: float) -> Floats:
        return np.array([scale if name in ("alpha", "beta") else 1.0 for name in self.names])

    # What is asked of a customer.

    def expected(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """Expected purchases within the horizon, whether or not the customer is still there."""
        return _each(self.alive(x, t_x, T), horizon) * self.if_there(x, T, horizon)

    def if_there(self, x: ArrayLike, T: ArrayLike, horizon: ArrayLike, factors: ArrayLike | None = None) -> Floats:
        """Expected purchases within the horizon of one who is there at T and may leave in it.

        With `factors`, one for each of several horizons, the sum of factor x purchases instead of a column each.
        """
        if factors is None:
            return self._smooth(self._purchases, x, T, horizon)
        weights = np.asarray(factors, dtype=np.float64)[:, None]
        return self._smooth(lambda *given: self._purchases(*given) @ weights, x, T, horizon)[:, 0]

    def expected_new(self, horizon: ArrayLike) -> Floats:
        """Expected repeat purchases within the horizon of a customer just acquired."""
        return self.expected([0.0], [0.0], [0.0], horizon)[0]

    def rate_if_staying(self, x: ArrayLike, T: ArrayLike) -> Floats:
        """Purchases a week of one who stays: (r + x) / (alpha + T)."""
        counts, ages = _floats(x, T)
        return (self.r_ + counts) / (self.alpha_ + ages)

    def rate_quantile(self, x: ArrayLike, T: ArrayLike, level: float) -> Floats:
        """The `level` quantile of the rate of one who stays, of its Gamma(r + x, alpha + T) distribution."""
        counts, ages = _floats(x, T)
        values, code = distinct_counts(counts)
        return gammaincinv(self.r_ + values, level)[code] / (self.alpha_ + ages)

    def leaving(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """The chance to have left by the end of the horizon, those that left before T among them."""
        stays = np.clip(self._smooth(self._stays, x, T, horizon), 0.0, 1.0)
        return 1 - _each(self.alive(x, t_x, T), horizon) * stays

    def none(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """The chance of no purchase within the horizon."""
        buys_none = np.clip(self._smooth(self._buys_none, x, T, horizon), 0.0, 1.0)
        return 1 - _each(self.alive(x, t_x, T), horizon) * (1 - buys_none)

    def pairs(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """E[N (N - 1)] of the purchases N within the horizon: with `expected` it gives their variance."""
        return _each(self.alive(x, t_x, T), horizon) * self._smooth(self._pairs, x, T, horizon)

    def missed_squared(self, x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """E[M^2] of the purchases M that one who is there at T misses in the horizon by leaving, at its rate."""
        return self._smooth(self._missed_squared, x, T, horizon)

    def _smooth(self, of, x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:  # type: ignore[no-untyped-def]
        counts, ages = _floats(x, T)
        weeks = np.asarray(horizon, dtype=np.float64)
        found = by_age(lambda c, t: of(c[:, None], t[:, None], weeks.reshape(1, -1)), counts, ages, self._origin)
        return found if weeks.ndim else found[:, 0]


def _floats(*arrays: ArrayLike) -> list[Floats]:
    return [np.asarray(each, dtype=np.float64).ravel() for each in arrays]


def _each(chance: Floats, horizon: ArrayLike) -> Floats:
    return chance[:, None] if np.ndim(horizon) else chance
