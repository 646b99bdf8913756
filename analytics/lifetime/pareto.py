"""Pareto/NBD: customers who may leave at any time.

Schmittlein, Morrison and Colombo (1987). Each buys at the rate lambda ~ Gamma(r, alpha) until it leaves, at the rate
mu ~ Gamma(s, beta). The likelihood is a mixture over when it left, and over not having left:

    Gamma(r + x) / Gamma(r) alpha^r beta^s ( (alpha + T)^-(r + x) (beta + T)^-s
        + s integral from t_x to T of (alpha + u)^-(r + x) (beta + u)^-(s + 1) du ).

The integral has a form in Gauss hypergeometric functions (Fader and Hardie 2005), which loses its digits where alpha and
beta differ much, on one side of the other or for frequent buyers; here it is summed by Gauss-Legendre points in
log(min(alpha, beta) + u), where it is smooth, and the derivatives are averages of the same mixture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, exprel, gammaln, polygamma

from analytics.lifetime.ages import distinct_counts
from analytics.lifetime.climbing import Likelihood, dot, in_logs
from analytics.lifetime.histories import Histories
from analytics.lifetime.purchase_model import Posterior, PurchaseModel, Simulated

Floats = NDArray[np.float64]
_POINTS, _WEIGHTS = leggauss(28)
_LOG_WEIGHTS = np.log(_WEIGHTS / 2)
_DEEP = 34.0  # e^-34 of the integrand at its start is nothing
_ROWS = 1 << 15


@dataclass(frozen=True)
class _Mixture:
    """When a customer left: at `moments` (row x point; the last one is T, of one who is there) with `shares` that add up to 1."""

    moments: Floats
    shares: Floats
    log_total: Floats


def _mixture(R: Floats, alpha: Floats, s: Floats, beta: Floats, t_x: Floats, T: Floats) -> _Mixture:
    """(alpha + T)^-R (beta + T)^-s + s integral from t_x to T of (alpha + u)^-R (beta + u)^-(s + 1) du, part by part."""
    nearer = np.minimum(alpha, beta)
    start = nearer + t_x
    end = np.log((nearer + T) / start)

    def depth(at: Floats) -> tuple[Floats, Floats]:
        """How far the logarithm of the integrand has fallen since t_x, and how fast it falls there."""
        on = start * np.expm1(at)
        a, b = alpha + t_x, beta + t_x
        fallen = R * np.log1p(on / a) + (s + 1) * np.log1p(on / b) - at
        return fallen, R * (start + on) / (a + on) + (s + 1) * (start + on) / (b + on) - 1

    # It falls faster and faster, so that Newton's steps from the right come down on the place where nothing is left.
    for _step in range(6):
        fallen, speed = depth(end)
        end = np.where(fallen > _DEEP, np.maximum(end - (fallen - _DEEP) / np.maximum(speed, 1e-12), 0.0), end)
    on = start[:, None] * np.exp(end[:, None] * (_POINTS + 1) / 2)  # nearer + u
    parts = np.empty((len(start), len(_POINTS) + 1))
    parts[:, :-1] = (
        (np.log(s) + np.log(np.maximum(end, 1e-300)))[:, None] + _LOG_WEIGHTS + np.log(on)
        - R[:, None] * np.log((alpha - nearer)[:, None] + on)
        - (s[:, None] + 1) * np.log((beta - nearer)[:, None] + on)
    )  # fmt: skip
    parts[:, -1] = -R * np.log(alpha + T) - s * np.log(beta + T)
    highest = parts.max(axis=1, keepdims=True)
    shares = np.exp(parts - highest)
    total = shares.sum(axis=1, keepdims=True)
    moments = np.concatenate((on - nearer[:, None], T[:, None]), axis=1)
    return _Mixture(moments, shares / total, (highest + np.log(total))[:, 0])


class ParetoNbd(PurchaseModel):
    """Pareto/NBD: the alternative to compare with."""

    names = ("r", "alpha", "s", "beta")
    title = "pareto_nbd"

    s_: float
    beta_: float

    def alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        x, t_x, T = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T))
        out = np.empty(len(x))
        for begin in range(0, len(x), _ROWS):
            rows = slice(begin, begin + _ROWS)
            out[rows] = self._mixture(x[rows], t_x[rows], T[rows]).shares[:, -1]
        return out

    def simulate(self, T: ArrayLike, horizon: float, seed: int) -> Simulated:
        random = np.random.default_rng(seed)
        T = np.asarray(T, dtype=np.float64).ravel()
        rate = random.gamma(self.r_, 1 / self.alpha_, len(T))
        with np.errstate(divide="ignore", over="ignore"):
            leaves = random.exponential(size=len(T)) / random.gamma(self.s_, 1 / self.beta_, len(T))
        until = np.minimum(leaves, T)
        x = random.poisson(rate * until).astype(float)
        t_x = np.where(x > 0, until * random.random(len(T)) ** (1 / np.maximum(x, 1)), 0.0)
        later = random.poisson(rate * np.clip(leaves - T, 0, horizon)).astype(float)
        return Simulated(x, t_x, T, rate, leaves > T, later, leaves <= T + horizon)

    def posterior(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, draws: int, seed: int) -> Posterior:
        random = np.random.default_rng(seed)
        x, t_x, T = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T))
        mixture = self._mixture(x, t_x, T)
        reached = np.cumsum(mixture.shares, axis=1)
        drawn = random.random((draws, len(x)))
        # Between the points of the mixture the moment of leaving is taken as uniform.
        place = np.stack([np.searchsorted(row, one) for row, one in zip(reached, drawn.T, strict=True)], axis=1)
        last = mixture.shares.shape[1] - 1
        place = np.minimum(place, last)
        is_alive = place == last
        edges = np.concatenate((t_x[:, None], (mixture.moments[:, :-2] + mixture.moments[:, 1:-1]) / 2, T[:, None]), axis=1)  # fmt: skip
        column = np.arange(len(x))
        low, high = edges[column, np.minimum(place, last - 1)], edges[column, np.minimum(place + 1, last)]
        left = np.where(is_alive, T, low + (high - low) * random.random(place.shape))
        rate = random.gamma(self.r_ + x, size=place.shape) / (self.alpha_ + left)
        return Posterior(is_alive, rate, random.gamma(self.s_ + ~is_alive) / (self.beta_ + left))

    def _mixture(self, x: Floats, t_x: Floats, T: Floats) -> _Mixture:
        alpha, s, beta = (np.full(len(x), each) for each in (self.alpha_, self.s_, self.beta_))
        return _mixture(self.r_ + x, alpha, s, beta, t_x, T)

    @property
    def _origin(self) -> float:
        return min(self.alpha_, self.beta_)

    # Of one who is there: lambda ~ Gamma(r + x, alpha + T), mu ~ Gamma(s, beta + T), apart from each other.

    def _purchases(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        return (self.r_ + x) / (self.alpha_ + T) * self._weeks(T, horizon, 0)

    def _pairs(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        return self._rate_squared(x, T) * 2 * self._weeks(T, horizon, 1)

    def _stays(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        return np.exp(-self.s_ * np.log1p(horizon / (self.beta_ + T))) + 0 * x

    def _missed_squared(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        kept = 2 * horizon * self._weeks(T, horizon, 0) - 2 * self._weeks(T, horizon, 1)
        return self._rate_squared(x, T) * np.maximum(horizon**2 - kept, 0.0)

    def _buys_none(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        # 1 - the chance of a first purchase at u, still there, over u in the horizon: the same integral, with lambda and mu
        # in each other's place.
        shape = np.broadcast_shapes(x.shape, horizon.shape)
        A, B, R, weeks = (
            np.broadcast_to(each, shape).ravel() for each in (self.alpha_ + T, self.beta_ + T, self.r_ + x, horizon)
        )
        s = np.full(len(R), self.s_)
        found = np.empty(len(R))
        for begin in range(0, len(R), _ROWS):
            rows = slice(begin, begin + _ROWS)
            mixture = _mixture(s[rows], B[rows], R[rows], A[rows], np.zeros(len(R[rows])), weeks[rows])
            log_whole = mixture.log_total + R[rows] * np.log(A[rows]) + s[rows] * np.log(B[rows])
            found[rows] = 1 - np.exp(log_whole) * (1 - mixture.shares[:, -1])
        return np.clip(found, 0.0, 1.0).reshape(shape)

    def _rate_squared(self, x: Floats, T: Floats) -> Floats:
        R = self.r_ + x
        return R * (R + 1) / (self.alpha_ + T) ** 2

    def _weeks(self, T: Floats, horizon: Floats, power: int) -> Floats:
        """The integral over u in the horizon of u^power times the chance to be there after u more weeks; power 0 or 1."""
        B, s = self.beta_ + T, self.s_
        length = np.log1p(horizon / B)
        flat = length * exprel((1 - s) * length)
        if power == 0:
            return B * flat
        return B**2 * np.maximum(length * exprel((2 - s) * length) - flat, 0.0)

    # Fitting.

    def _starts(self, histories: Histories, scale: float) -> list[Floats]:
        again = histories.x > 0
        rate = float((histories.n * histories.x)[again].sum() / (histories.n * histories.T)[again].sum()) / scale
        return [
            np.log([r, r / rate * wide, s, beta])
            for r, wide in ((0.3, 0.3), (0.6, 0.6), (2.0, 1.0), (8.0, 1.0))
            for s, beta in ((0.6, 3.0), (0.3, 10.0), (3.0, 30.0))
        ]

    def _likelihood(self, histories: Histories, scale: float) -> Likelihood:
        x, t, T, n = histories.x, histories.t_x * scale, histories.T * scale, histories.n
        values, code = distinct_counts(x)
        counts = np.bincount(code, n)
        everyone = float(n.sum())

        def at(logs: Floats) -> tuple[float, Floats, Floats]:
            r, alpha, s, beta = np.exp(logs)
            value = float(
                counts @ gammaln(r + values) - everyone * gammaln(r) + everyone * (r * np.log(alpha) + s * np.log(beta))
            )
            slope = np.array([
                counts @ digamma(r + values) + everyone * (np.log(alpha) - digamma(r)),
                everyone * r / alpha,
                everyone * np.log(beta),
                everyone * s / beta,
            ])  # fmt: skip
            curved = np.diag([
                counts @ polygamma(1, r + values) - everyone * polygamma(1, r),
                -everyone * r / alpha**2,
                0.0,
                -everyone * s / beta**2,
            ])  # fmt: skip
            curved[0, 1] = curved[1, 0] = everyone / alpha
            curved[2, 3] = curved[3, 2] = everyone / beta
            for begin in range(0, len(x), _ROWS):
                rows = slice(begin, begin + _ROWS)
                more = _mixed(r, alpha, s, beta, x[rows], t[rows], T[rows], n[rows])
                value, slope, curved = value + more[0], slope + more[1], curved + more[2]
            by_log, curved_log = in_logs(np.array([r, alpha, s, beta]), slope, curved)
            return value, by_log, curved_log

        return at


def _mixed(
    r: float, alpha: float, s: float, beta: float, x: Floats, t: Floats, T: Floats, n: Floats
) -> tuple[float, Floats, Floats]:
    """The logarithm of the mixture, its slope E g and second derivatives E h + E g g' - E g E g'.

    g and h are the derivatives of the logarithm of each part of it, E their average over the parts.
    """
    alphas, shapes, betas = (np.full(len(x), each) for each in (alpha, s, beta))
    mixture = _mixture(r + x, alphas, shapes, betas, t, T)
    R = (r + x)[:, None]
    is_gone = np.ones(mixture.shares.shape[1])
    is_gone[-1] = 0.0
    near, far = 1 / (alpha + mixture.moments), 1 / (beta + mixture.moments)
    g = (np.log(near), -R * near, is_gone / s + np.log(far), -(s + is_gone) * far)
    shares = mixture.shares
    weighted = shares * n[:, None]
    averages = np.stack([np.einsum("rp,rp->r", shares, each) for each in g])
    curved = -np.einsum("ir,jr->ij", averages * n, averages)
    for i in range(4):
        left = weighted * g[i]
        for j in range(i, 4):
            both = _sum(left, g[j])
            curved[i, j] += both
            if i != j:
                curved[j, i] += both
    in_near, in_far = -_sum(weighted, near), -_sum(weighted, far)
    curved[0, 1] += in_near
    curved[1, 0] += in_near
    curved[1, 1] += _sum(weighted, R * near**2)
    curved[2, 2] -= float(weighted[:, :-1].sum()) / s**2
    curved[2, 3] += in_far
    curved[3, 2] += in_far
    curved[3, 3] += _sum(weighted, (s + is_gone) * far**2)
    return dot(n, mixture.log_total), np.einsum("ir,r->i", averages, n), curved


def _sum(one: Floats, other: Floats) -> float:
    return float(np.einsum("rp,rp->", one, other))
