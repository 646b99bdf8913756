"""The shifted beta-geometric: how long contracts are renewed.

Fader and Hardie (2007, 2010). At the end of each period a customer leaves with a chance of its own, theta ~ Beta(alpha,
beta). A cohort's renewal rises with age because those likely to leave have left, not because anybody grows more loyal.
"""

from __future__ import annotations

import copy
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma, hyp2f1, polygamma

from analytics.intervals import Z
from analytics.lifetime.climbing import in_logs, maximise
from analytics.lifetime.histories import NoModel
from data.messages import say

Floats = NDArray[np.float64]
LEAST_LOST = 30


class ShiftedBetaGeometric:
    """`alpha_`, `beta_`, `covariance_` of their logarithms (observed information), `log_likelihood_`, `converged_`, `n_iter_`.

    Age is in full periods: of age 0 is a customer in its first period.
    """

    names: ClassVar[tuple[str, str]] = ("alpha", "beta")
    title: ClassVar[str] = "shifted_beta_geometric"

    alpha_: float
    beta_: float
    covariance_: Floats
    log_likelihood_: float
    converged_: bool = False
    is_held_: bool = False
    n_iter_: int = 0

    def fit(self, age: ArrayLike, lost: ArrayLike, still: ArrayLike) -> Self:
        """From counts by age: `lost[i]` left at the end of their `age[i]`-th period (from 1), `still[i]` were last seen having
        renewed `age[i]` times (from 0). Raises NoModel where fewer than 30 left, none stayed or nothing is settled."""
        ages, left, going = (np.asarray(each, dtype=np.float64).ravel() for each in (age, lost, still))
        _check(ages, left, going)
        gone = left > 0
        lost_at, lost_n, still_at, still_n = ages[gone] - 1, left[gone], ages[going > 0], going[going > 0]
        everyone = lost_n.sum() + still_n.sum()

        def likelihood(logs: Floats) -> tuple[float, Floats, Floats]:
            a, b = np.exp(logs)
            value = (
                lost_n @ betaln(a + 1, b + lost_at)
                + still_n @ betaln(a, b + still_at)
                - everyone * betaln(a, b)
            )  # fmt: skip
            total = (
                lost_n @ digamma(a + b + 1 + lost_at) + still_n @ digamma(a + b + still_at) - everyone * digamma(a + b)
            )
            slope = np.array([
                lost_n.sum() * digamma(a + 1) + still_n.sum() * digamma(a) - everyone * digamma(a) - total,
                lost_n @ digamma(b + lost_at) + still_n @ digamma(b + still_at) - everyone * digamma(b) - total,
            ])  # fmt: skip
            both = (
                lost_n @ polygamma(1, a + b + 1 + lost_at)
                + still_n @ polygamma(1, a + b + still_at)
                - everyone * polygamma(1, a + b)
            )
            curved = np.full((2, 2), -both)
            curved[0, 0] += lost_n.sum() * (polygamma(1, a + 1) - polygamma(1, a))
            curved[1, 1] += lost_n @ polygamma(1, b + lost_at) + still_n @ polygamma(1, b + still_at)
            curved[1, 1] -= everyone * polygamma(1, b)
            by_log, curved_log = in_logs(np.array([a, b]), slope, curved)
            return float(value), by_log, curved_log

        starts = [np.log([a, b]) for a, b in ((1.0, 4.0), (0.5, 1.0), (5.0, 20.0), (0.3, 10.0))]
        top = maximise(likelihood, starts)
        self.alpha_, self.beta_ = (float(each) for each in np.exp(top.at))
        self.log_likelihood_, self.covariance_ = top.value, top.covariance
        self.converged_, self.is_held_, self.n_iter_ = True, top.is_held, top.steps
        return self

    @classmethod
    def known(cls, alpha: float, beta: float, covariance: ArrayLike | None = None) -> Self:
        made = cls()
        made.alpha_, made.beta_ = float(alpha), float(beta)
        made.covariance_ = np.zeros((2, 2)) if covariance is None else np.asarray(covariance, dtype=np.float64)
        made.converged_ = True
        return made

    @property
    def parameters_(self) -> Floats:
        return np.array([self.alpha_, self.beta_])

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
        other.alpha_, other.beta_ = (float(each) for each in parameters)
        return other

    def retention(self, period: ArrayLike) -> Floats:
        """Of those in their `period`-th period (from 1), the share that renews at its end: (b + t - 1) / (a + b + t - 1)."""
        t = np.asarray(period, dtype=np.float64)
        return (self.beta_ + t - 1) / (self.alpha_ + self.beta_ + t - 1)

    def survival(self, period: ArrayLike) -> Floats:
        """The share that renewed at least so often."""
        t = np.asarray(period, dtype=np.float64)
        return np.exp(betaln(self.alpha_, self.beta_ + t) - betaln(self.alpha_, self.beta_))

    def staying(self, age: ArrayLike, horizon: int) -> Floats:
        """The chance that customers who renewed `age` times renew 1, 2, ... `horizon` times more; a row a customer."""
        ages = np.asarray(age, dtype=np.float64).reshape(-1, 1)
        return np.cumprod(self.retention(ages + np.arange(1, horizon + 1)), axis=1, dtype=np.float64)

    def residual_periods(self, age: ArrayLike, discount: float = 0.0) -> Floats:
        """The discounted expected number of further periods of customers who renewed `age` times, the first of them a period
        from now: sum over h of S(age + h) / S(age) / (1 + discount)^h, in closed form.

        Fader and Hardie's DERL is what it is just before the next renewal: this, times 1 + discount. Without a discount it is
        endless where alpha <= 1.
        """
        n = np.asarray(age, dtype=np.float64)
        kept = 1 / (1 + discount)
        if discount <= 0:
            return (self.beta_ + n) / (self.alpha_ - 1) if self.alpha_ > 1 else np.full_like(n, np.inf)
        whole = self.alpha_ + self.beta_ + n
        return kept * (self.beta_ + n) / whole * hyp2f1(1, self.beta_ + n + 1, whole + 1, kept)


def _check(age: Floats, lost: Floats, still: Floats) -> None:
    if ((age < 0) | (age != np.floor(age)) | (lost < 0) | (still < 0)).any() or ((age < 1) & (lost > 0)).any():
        raise NoModel(
            say("Ages of contracts must be whole periods, and nobody can leave before the end of the first."),
            say("Correct the file and import it again."),
        )
    if lost.sum() < LEAST_LOST:
        raise NoModel(
            say("Only {n} contracts ended; the model of renewals needs {least}.", n=int(lost.sum()), least=LEAST_LOST),
            say("The share still there by age can be read without a model."),
        )
    if len(np.unique(age[(lost > 0) | (still > 0)])) < 2:
        raise NoModel(
            say("Every contract was followed for one period only, which tells one share and not how it changes."),
            say("A longer history would help."),
        )
