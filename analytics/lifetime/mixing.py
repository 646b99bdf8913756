"""Averages over the chance to drop out, where that is Beta-distributed and purchases are Gamma-Poisson.

With lambda ~ Gamma(R, A), p ~ Beta(a, B), leaving has the rate lambda x p, and in y = horizon / A all that is asked is an
average over p of powers of 1 + p y. The closed forms are Gauss hypergeometric functions, which lose every digit for
frequent buyers; the average itself is a smooth integral in log(p / (1 - p)), where the trapezoidal rule is exact to rounding
with some eighty points (Trefethen and Weideman 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, log_expit, polygamma

Floats = NDArray[np.float64]
_FLOOR = 31.0  # below e^-31 a chance is none, and above 1 - e^-31 certain
_STEP = 0.35
_TAIL = 24.0
_MOST = 400


def beta_points(a: float, b: Floats) -> tuple[Floats, Floats]:
    """Points p and weights to average over Beta(a, b), a row for each b: sum(weights x f(points), axis=1)."""
    b = np.asarray(b, dtype=np.float64)[:, None]
    middle = digamma(a) - digamma(b)
    spread = np.sqrt(polygamma(1, a) + polygamma(1, b))
    low = np.maximum(middle - _TAIL / a - 6.5 * spread, -_FLOOR - np.log1p(b))
    high = np.minimum(middle + _TAIL / b + 6.5 * spread, _FLOOR + np.log1p(a))
    count = int(np.ceil(((high - low) / np.minimum(_STEP, 0.6 * spread)).max())) + 1 if len(b) else 2
    count = min(count, _MOST)
    step = (high - low) / (count - 1)
    at = low + step * np.arange(count)
    log_p, log_rest = log_expit(at), log_expit(-at)
    weights = a * log_p + b * log_rest
    weights = np.exp(weights - weights.max(axis=1, keepdims=True))
    # Beyond the ends the points go on for ever, with weights that fall by the same factor each.
    below = weights[:, :1] / np.expm1(np.minimum(a * step, 700))
    above = weights[:, -1:] / np.expm1(np.minimum(b * step, 700))
    weights = np.concatenate((below, weights, above), axis=1)
    points = np.concatenate((np.zeros_like(below), np.exp(log_p), np.ones_like(above)), axis=1)
    return points, weights / weights.sum(axis=1, keepdims=True)


def staying(R: Floats, t: Floats) -> Floats:
    """E exp(-lambda s), lambda ~ Gamma(R, 1), t = s: (1 + t)^-R."""
    return np.exp(-R * np.log1p(t))


def first(R: Floats, t: Floats) -> Floats:
    """(1 - (1 + t)^-R) / (R t), 1 at t = 0: the share of its purchases a customer makes before it leaves."""
    small = np.maximum(t, 1e-300)
    return np.where(t > 1e-290, -np.expm1(-R * np.log1p(small)) / (R * small), 1.0)


def second(R: Floats, t: Floats) -> Floats:
    """2 (1 - (1 + t)^-R (1 + R t / (1 + t))) / (R (R + 1) t^2), 1 at t = 0: the same of pairs of purchases."""
    t, R = np.broadcast_arrays(t, R)
    near = (R + 3) * t < 5e-3
    safe = np.where(near, 1.0, t)
    far = -np.expm1(-R * np.log1p(safe) + np.log1p(R * safe / (1 + safe))) * 2 / (R * (R + 1) * safe**2)
    return np.where(near, _series(R, t, (1, 2 / 3, 1 / 2, 2 / 5)), far)


def third(R: Floats, t: Floats) -> Floats:
    """2 (1 - first(R, t)) / ((R + 1) t), 1 at t = 0."""
    t, R = np.broadcast_arrays(t, R)
    near = (R + 3) * t < 5e-3
    safe = np.where(near, 1.0, t)
    return np.where(near, _series(R, t, (1, 1 / 3, 1 / 6, 1 / 10)), 2 * (1 - first(R, safe)) / ((R + 1) * safe))


def _series(R: Floats, t: Floats, factors: tuple[float, float, float, float]) -> Floats:
    """sum_n (-t)^n (R + 2)_n / n! x factor_n."""
    zero, one, two, three = factors
    z = -t
    return zero + (R + 2) * z * (one + (R + 3) * z / 2 * (two + (R + 4) * z / 3 * three))
