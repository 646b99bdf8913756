"""BG/NBD and MBG/NBD: customers who may leave right after a purchase.

Fader, Hardie and Lee (2005), and for the second Batislam, Denizel and Filiztekin (2007), Wagner and Hoppe (2008). They
differ in one thing: whether the first purchase too may be the last. With k the purchases after which a customer could have
left (x or x + 1), the likelihood of both is

    Gamma(r + x) / Gamma(r) alpha^r (alpha + T)^-(r + x)  B(a, b + k) / B(a, b)  (1 + [k > 0] odds),
    odds = a / (b + k - 1) ((alpha + T) / (alpha + t_x))^(r + x)   that it left after the last purchase.

Of one who is there, lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + k), apart from each other; of one who left,
Gamma(r + x, alpha + t_x) and Beta(a + 1, b + k - 1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, expit, gammaln, polygamma

from analytics.lifetime.ages import by_age, distinct_counts
from analytics.lifetime.climbing import Likelihood, dot, in_logs
from analytics.lifetime.histories import Histories
from analytics.lifetime.mixing import beta_points, first, second, staying, third
from analytics.lifetime.purchase_model import Posterior, PurchaseModel, Simulated

Floats = NDArray[np.float64]
_ROWS = 4096


class BgNbd(PurchaseModel):
    """BG/NBD. A customer who bought once cannot have left, so that it is never used alone."""

    names = ("r", "alpha", "a", "b")
    title = "bg_nbd"
    first_may_be_last: ClassVar[int] = 0

    a_: float
    b_: float

    def alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        x, t_x, T = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T))
        return expit(-self._log_odds(x, t_x, T))

    def simulate(self, T: ArrayLike, horizon: float, seed: int) -> Simulated:
        random = np.random.default_rng(seed)
        T = np.asarray(T, dtype=np.float64).ravel()
        rate = random.gamma(self.r_, 1 / self.alpha_, len(T))
        p = np.clip(random.beta(self.a_, self.b_, len(T)), 1e-12, 1.0)
        most = random.geometric(p) - self.first_may_be_last  # the repeat purchase after which it leaves
        happened = random.poisson(rate * T)
        x = np.minimum(happened, most)
        # The x-th of so many times that are uniform on (0, T).
        share = random.beta(np.maximum(x, 1), happened - x + 1)
        left = happened >= most
        later = random.poisson(rate * horizon)
        rest = np.where(left, 0, most - happened)
        return Simulated(
            x.astype(float), np.where(x > 0, T * share, 0.0), T, rate, ~left,
            np.minimum(later, rest).astype(float), left | (later >= rest),
        )  # fmt: skip

    def posterior(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, draws: int, seed: int) -> Posterior:
        random = np.random.default_rng(seed)
        x, t_x, T = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T))
        size = (draws, len(x))
        is_alive = random.random(size) < self.alive(x, t_x, T)
        rate = random.gamma(self.r_ + x, size=size) / (self.alpha_ + np.where(is_alive, T, t_x))
        gone = (~is_alive).astype(float)
        return Posterior(is_alive, rate, random.beta(self.a_ + gone, self.b_ + x + self.first_may_be_last - gone))

    def _log_odds(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Of having left, before T, to being there."""
        k = x + self.first_may_be_last
        log_odds = np.log(self.a_ / np.where(k > 0, self.b_ + k - 1, 1.0)) + (self.r_ + x) * np.log(
            (self.alpha_ + T) / (self.alpha_ + t_x)
        )
        return np.where(k > 0, log_odds, -np.inf)

    # Of one who is there.

    def _purchases(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        R, y = self._shape(x, T, horizon)
        return R * y * self._over_dropout(lambda R, y, p: first(R, p * y), x, y)

    def _pairs(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        R, y = self._shape(x, T, horizon)
        return R * (R + 1) * y**2 * self._over_dropout(lambda R, y, p: (1 - p) * second(R, p * y), x, y)

    def _stays(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        return self._over_dropout(lambda R, y, p: staying(R, p * y), x, self._shape(x, T, horizon)[1])

    def _missed_squared(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        R, y = self._shape(x, T, horizon)
        return R * (R + 1) * y**2 * (1 - self._over_dropout(lambda R, y, p: third(R, p * y), x, y))

    def _buys_none(self, x: Floats, T: Floats, horizon: Floats) -> Floats:
        return staying(*self._shape(x, T, horizon))

    def _shape(self, x: Floats, T: Floats, horizon: Floats) -> tuple[Floats, Floats]:
        return self.r_ + x, horizon / (self.alpha_ + T)

    def _over_dropout(self, of: Callable[[Floats, Floats, Floats], Floats], x: Floats, y: Floats) -> Floats:
        """The average of `of(r + x, y, p)` over p, of a column x and a matrix y."""

        def average(counts: Floats, at: Floats) -> Floats:
            values, code = distinct_counts(counts)
            points, weights = beta_points(self.a_, self.b_ + values + self.first_may_be_last)
            out = np.empty(len(counts))
            for start in range(0, len(counts), _ROWS):
                rows = slice(start, start + _ROWS)
                each = of(self.r_ + counts[rows, None], at[rows, None], points[code[rows]])
                out[rows] = np.einsum("rp,rp->r", each, weights[code[rows]])
            return out

        return by_age(average, np.repeat(x[:, 0], y.shape[1]), y.ravel(), 1.0).reshape(y.shape)

    # Fitting.

    def _starts(self, histories: Histories, scale: float) -> list[Floats]:
        again = histories.x > 0
        rate = float((histories.n * histories.x)[again].sum() / (histories.n * histories.T)[again].sum()) / scale
        return [
            np.log([r, r / rate * wide, a, b])
            for r, wide in ((0.3, 0.3), (0.6, 0.6), (2.0, 1.0), (8.0, 1.0))
            for a, b in ((0.8, 2.5), (0.3, 3.0), (3.0, 9.0))
        ]

    def _likelihood(self, histories: Histories, scale: float) -> Likelihood:
        x, t, T, n = histories.x, histories.t_x * scale, histories.T * scale, histories.n
        values, code = distinct_counts(x)
        counts = np.bincount(code, n)
        k = values + self.first_may_be_last
        could = (k > 0)[code]
        everyone = float(n.sum())

        def at(logs: Floats) -> tuple[float, Floats, Floats]:
            r, alpha, a, b = np.exp(logs)
            until, last = alpha + T, alpha + t
            log_until = np.log(until)
            apart = log_until - np.log(last)
            R = r + x
            # k - 1 + b below 0 cannot be: where k is 0 nobody could have left.
            tries = np.where(k > 0, b + k - 1, 1.0)
            log_odds = np.where(could, R * apart + np.log(a / tries)[code], -np.inf)
            gone = expit(log_odds)
            value = (
                counts @ (gammaln(r + values) + gammaln(b + k) - gammaln(a + b + k))
                + everyone * (r * np.log(alpha) - gammaln(r) - gammaln(b) + gammaln(a + b))
                + dot(n, np.logaddexp(0.0, log_odds) - R * log_until)
            )
            nearer = 1 / until - 1 / last
            lost = n * gone
            lost_by_x = np.bincount(code, lost, len(values))
            slope = np.array([
                counts @ digamma(r + values) + everyone * (np.log(alpha) - digamma(r)) - dot(n, log_until) + dot(lost, apart),
                everyone * r / alpha - dot(n, R / until) + dot(lost, R * nearer),
                everyone * digamma(a + b) - counts @ digamma(a + b + k) + lost.sum() / a,
                counts @ (digamma(b + k) - digamma(a + b + k)) + everyone * (digamma(a + b) - digamma(b)) - lost_by_x @ (1 / tries),
            ])  # fmt: skip
            # Of log(1 + odds): gone (1 - gone) (d log odds)^2 + gone d^2 log odds.
            odds_by = np.stack((apart, R * nearer, np.full(len(x), 1 / a), (-1 / tries)[code]))
            curved = np.einsum("ir,jr->ij", odds_by * (lost * (1 - gone)), odds_by)
            both = everyone * polygamma(1, a + b) - counts @ polygamma(1, a + b + k)
            curved[0, 0] += counts @ polygamma(1, r + values) - everyone * polygamma(1, r)
            curved[0, 1] += everyone / alpha - dot(n, 1 / until) + dot(lost, nearer)
            curved[1, 0] = curved[0, 1]
            curved[1, 1] += dot(n, R / until**2) - everyone * r / alpha**2 - dot(lost, R * (1 / until**2 - 1 / last**2))
            curved[2, 2] += both - lost.sum() / a**2
            curved[2, 3] += both
            curved[3, 2] = curved[2, 3]
            curved[3, 3] += both + counts @ polygamma(1, b + k) - everyone * polygamma(1, b) + lost_by_x @ tries**-2.0
            by_log, curved_log = in_logs(np.array([r, alpha, a, b]), slope, curved)
            return float(value), by_log, curved_log

        return at


class MbgNbd(BgNbd):
    """MBG/NBD: the first purchase may be the last, too. The usual choice."""

    title = "mbg_nbd"
    first_may_be_last = 1
