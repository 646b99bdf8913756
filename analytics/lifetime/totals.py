"""What customers come to together, and how sure that is.

Of each customer three things are kept: what to expect, its variance given the models, and `shifts`: how much the expectation
moves as the models' parameters move by one standard deviation along each principal direction of what is not known of them
(the delta method, by differences over that step). Given the models customers are independent, and the parameters are shared,
so that of any of them together

    variance of the sum = sum of variances + sum over directions of (sum of shifts)^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv, ndtri

from analytics.lifetime.ages import distinct_counts
from analytics.lifetime.purchase_model import PurchaseModel
from analytics.lifetime.spend import GammaGamma

Floats = NDArray[np.float64]
M = TypeVar("M", PurchaseModel, GammaGamma)
WEEKS_A_MONTH = 365.25 / 12 / 7
_SHAPES = np.geomspace(0.05, 1e6, 3000)
LEVEL = 0.8  # of the intervals of a customer's value and of totals (R13)


@dataclass(frozen=True)
class Horizon:
    """Periods ahead: when each ends, in weeks from the as-of date, and what money in it is worth today."""

    ends: Floats
    factors: Floats

    @classmethod
    def of_weeks(cls, weeks: float) -> Self:
        """One period, undiscounted."""
        return cls(np.array([float(weeks)]), np.ones(1))

    @classmethod
    def of_months(cls, months: int, discount_rate: float) -> Self:
        """Months, money discounted by the yearly rate at the end of each (R13)."""
        number = np.arange(1.0, months + 1)
        return cls(np.asarray(number * WEEKS_A_MONTH, dtype=np.float64), np.exp(-np.log1p(discount_rate) * number / 12))

    @property
    def weeks(self) -> float:
        return float(self.ends[-1])

    @property
    def worth(self) -> float:
        """Weeks, each counted at what its money is worth."""
        return float(np.diff(self.ends, prepend=0.0) @ self.factors)

    @property
    def steps(self) -> Floats:
        """The weights of figures up to each end that give the discounted sum of what comes between the ends."""
        return self.factors - np.append(self.factors[1:], 0.0)


@dataclass(frozen=True)
class Outlook:
    """Revenue of the horizon, a row a customer; variances given the models, shifts customer x direction."""

    value: Floats  # if the customer stays
    expected: Floats
    variance: Floats  # of what it comes to
    shifts: Floats
    risk_variance: Floats  # of what is missed by leaving, whose expectation is `at_risk`
    value_shifts: Floats
    none: Floats  # chance of no purchase at all

    @cached_property
    def at_risk(self) -> Floats:
        """Value - expected."""
        return self.value - self.expected

    @cached_property
    def risk_shifts(self) -> Floats:
        return self.value_shifts - self.shifts

    def likely(self, level: float = LEVEL) -> tuple[Floats, Floats]:
        """The range of what a single customer comes to if it comes to anything, beside the chance that it does not."""
        some = np.maximum(1 - self.none, 1e-12)
        mean = self.expected / some
        variance = np.maximum((self.variance + self.expected**2) / some - mean**2, 1e-12 * mean**2)
        return gamma_range(mean, variance, level)


def outlook(
    model: PurchaseModel, spend: GammaGamma, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, m: ArrayLike, horizon: Horizon
) -> Outlook:
    """The revenue of each customer over the horizon; m is the mean value of its repeat purchases, NaN or 0 where unknown."""
    x, t_x, T, m = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T, m))
    mean, squared = spend.mean_value(x, m), spend.squared_value(x, m)
    alive, rate = model.alive(x, t_x, T), model.rate_if_staying(x, T)
    bought = alive * model.if_there(x, T, horizon.ends, horizon.steps)
    plain = alive * model.if_there(x, T, horizon.weeks)
    # The variance is that of undiscounted money, brought down as far as the expectation is.
    down = np.divide(bought, plain, out=np.ones_like(plain), where=plain > 0) ** 2
    pairs = model.pairs(x, t_x, T, horizon.weeks)
    variance = (squared * (pairs + plain * (1 + 1 / spend.p_)) - (plain * mean) ** 2) * down

    missed = rate * horizon.weeks - plain
    rate_squared = rate**2 * (model.r_ + x + 1) / (model.r_ + x)
    missed_squared = (1 - alive) * rate_squared * horizon.weeks**2 + alive * model.missed_squared(x, T, horizon.weeks)
    fair = (horizon.worth / horizon.weeks) ** 2
    risk_variance = (squared * missed_squared - (missed * mean) ** 2) * fair

    shifts, value_shifts = [], []
    for low, high in steps(model):
        ends = [each.alive(x, t_x, T) * each.if_there(x, T, horizon.ends, horizon.steps) for each in (low, high)]
        shifts.append((ends[1] - ends[0]) / 2 * mean)
        rates = [each.rate_if_staying(x, T) for each in (low, high)]
        value_shifts.append((rates[1] - rates[0]) / 2 * horizon.worth * mean)
    for less, more in steps(spend):
        change = (more.mean_value(x, m) - less.mean_value(x, m)) / 2
        shifts.append(bought * change)
        value_shifts.append(rate * horizon.worth * change)
    return Outlook(
        value=rate * horizon.worth * mean,
        expected=bought * mean,
        variance=np.maximum(variance, 0.0),
        shifts=np.stack(shifts, axis=1),
        risk_variance=np.maximum(risk_variance, 0.0),
        value_shifts=np.stack(value_shifts, axis=1),
        none=model.none(x, t_x, T, horizon.weeks),
    )


def total(
    expected: ArrayLike, variance: ArrayLike, shifts: ArrayLike, level: float = LEVEL
) -> tuple[float, float, float]:
    """What customers come to together, with its `level` interval."""
    middle = float(np.sum(expected))
    spread = float(np.sum(variance)) + float((np.sum(shifts, axis=0) ** 2).sum())
    low, high = log_normal(np.array([middle]), np.array([spread]), level)
    return middle, float(low[0]), float(high[0])


def value_interval(
    model: PurchaseModel, spend: GammaGamma, x: ArrayLike, T: ArrayLike, m: ArrayLike, horizon: Horizon, level: float = LEVEL
) -> tuple[Floats, Floats]:  # fmt: skip
    """Between which bounds the value of each customer lies, if it stays: lambda x zeta x horizon.

    Exact, the models taken as known: lambda ~ Gamma(R, A) and zeta = p / nu, nu ~ Gamma(Q, V), so that lambda zeta is
    p V / A times a beta-prime(R, Q) variable.
    """
    x, T = (np.asarray(each, dtype=np.float64).ravel() for each in (x, T))
    shape, whole = spend.shape_and_scale(x, m)
    unit = spend.p_ * whole / (model.alpha_ + T) * horizon.worth
    # The shapes hang on x, and on whether the spend of the customer is known at all.
    is_told = shape > spend.q_
    values, code = distinct_counts(2 * x + is_told)
    first, also = np.divmod(values, 2)
    R, Q = model.r_ + first, spend.q_ + spend.p_ * first * also
    bounds = []
    for at in ((1 - level) / 2, (1 + level) / 2):
        bounds.append(unit * (betaincinv(R, Q, at) / betaincinv(Q, R, 1 - at))[code])
    return bounds[0], bounds[1]


def log_normal(mean: Floats, variance: Floats, level: float) -> tuple[Floats, Floats]:
    """The `level` interval of the log-normal variable with this mean and variance: what is never below 0 and skewed."""
    safe = np.maximum(mean, 1e-100)
    scale = np.log1p(np.maximum(variance, 0.0) / safe**2)
    z = float(ndtri((1 + level) / 2)) * np.sqrt(scale)
    middle = np.log(safe) - scale / 2
    is_any = mean > 0
    return np.where(is_any, np.exp(middle - z), 0.0), np.where(is_any, np.exp(middle + z), 0.0)


def gamma_range(mean: Floats, variance: Floats, level: float) -> tuple[Floats, Floats]:
    """The `level` interval of the Gamma variable with this mean and variance, read between close points of its shape."""
    shape = np.clip(
        np.divide(mean**2, variance, out=np.full_like(mean, _SHAPES[-1]), where=variance > 0), _SHAPES[0], _SHAPES[-1]
    )
    place, scale = np.log(shape), mean / shape
    bounds = [
        scale * np.exp(np.interp(place, np.log(_SHAPES), np.log(gammaincinv(_SHAPES, at))))
        for at in ((1 - level) / 2, (1 + level) / 2)
    ]
    return bounds[0], bounds[1]


def steps(model: M) -> list[tuple[M, M]]:
    """The model one standard deviation off, either way, along each principal direction of its parameters' covariance."""
    spread, axes = np.linalg.eigh(model.covariance_)
    logs = np.log(model.parameters_)
    found = []
    for size, axis in zip(spread, axes.T, strict=True):
        move = math.sqrt(max(float(size), 0.0)) * axis
        found.append((model.with_parameters(np.exp(logs - move)), model.with_parameters(np.exp(logs + move))))
    return found
