"""The hazard of the average customer by age in months, carried on beyond what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.lifetime.contracts import ShiftedBetaGeometric
from data.errors import DataError

Floats = NDArray[np.float64]
Tail = Literal["observed", "last_year", "shifted_beta_geometric", "constant"]
LEAST_AT_RISK = 30  # below it a month's hazard is not believed
YEAR = 12
FEW_EVENTS = 30  # below it one hazard for all ages
FITS = 0.25  # a model's last year may differ by so much from what was seen, to be trusted beyond it


@dataclass(frozen=True)
class Baseline:
    """`hazard[k]` is what is added to the cumulative hazard in the month up to age `k`, `variance[k]` its variance.

    `credible` is the last age with at least 30 at risk; beyond it the hazard is carried on, as `tail` says, at a rate whose
    variance is `rate_variance`. Where so few left that one rate stands for all ages, `credible` is -1.
    """

    hazard: Floats
    variance: Floats
    rate_variance: float
    credible: int
    tail: Tail

    @classmethod
    def of(cls, age: Floats, has_left: NDArray[np.bool_], relative: Floats | None = None, ahead: int = 120) -> Baseline:
        """From ages in months and each customer's hazard relative to the average (Breslow 1974, ties as Efron); without those, Kaplan-Meier's.

        Who left in the course of a month is counted at its end. Told for `ahead` months beyond the longest age.
        """
        weight = np.ones(len(age)) if relative is None else relative
        end = np.where(has_left, np.ceil(age - 1e-9), np.floor(age + 1e-9)).astype(np.int64).clip(min=0)
        size = int(end.max(initial=0)) + 1
        lost = np.bincount(end, has_left.astype(float), size)
        leaving = np.bincount(end, weight, size)
        at_risk = leaving[::-1].cumsum()[::-1]
        n = np.bincount(end, minlength=size)[::-1].cumsum()[::-1]
        events = lost.sum()
        if events < FEW_EVENTS:
            # So few tell no shape: one hazard for every age; half an event where there was none.
            exposure = float((np.maximum(end, 0.5) * weight).sum())
            level = max(events, 0.5) / exposure if exposure else 0.0
            hazard = np.full(size + ahead, level)
            return cls(hazard, np.zeros(size + ahead), level**2 / max(events, 0.5), -1, "constant")
        # Those who leave in one month leave one after the other (Efron 1977): where all are alike, that is Kaplan-Meier's.
        lost_weight = np.bincount(end, has_left * weight, size)
        share = np.divide(lost_weight, at_risk, out=np.zeros(size), where=at_risk > 0)
        each = np.divide(lost, lost_weight, out=np.zeros(size), where=lost_weight > 0)
        hazard = -each * np.log1p(-np.minimum(share, 1 - 1e-9))
        variance = np.divide(lost, at_risk**2, out=np.zeros(size), where=at_risk > 0)
        credible = int(np.flatnonzero(n >= min(LEAST_AT_RISK, len(age)))[-1])
        hazard, variance = hazard[: credible + 1], variance[: credible + 1]
        last = slice(max(credible - YEAR + 1, 0), credible + 1)
        carried = np.full(size - 1 - credible + ahead, hazard[last].mean())
        tail: Tail = "last_year"
        if relative is None:
            model = _renewals(end, has_left, credible, float(hazard[last].sum()))
            if model is not None:
                ages = np.arange(credible + 1, credible + 1 + len(carried))
                carried, tail = -np.log(model.retention(ages)), "shifted_beta_geometric"
        rate_variance = float(variance[last].sum()) / len(hazard[last]) ** 2
        both = np.concatenate([variance, np.zeros(len(carried))])
        return cls(np.concatenate([hazard, carried]), both, rate_variance, credible, tail)

    @property
    def longest(self) -> int:
        return len(self.hazard) - 1

    def cumulative(self, age: Floats) -> Floats:
        """The cumulative hazard up to an age, between months by straight line."""
        return _at(np.cumsum(self.hazard), age)

    def variance_ahead(self, age: Floats, months: int) -> Floats:
        """The variance of what is added within `months`. What is carried on is off by the same rate in every month."""
        totals = np.cumsum(self.variance)
        carried = np.clip(age + months - np.maximum(age, self.credible), 0.0, None)
        return _at(totals, age + months) - _at(totals, age) + carried**2 * self.rate_variance

    def ahead(self, age: Floats, months: int) -> Floats:
        """customers x months: what is added to the cumulative hazard within 1, 2, ... `months` from each age on."""
        now = self.cumulative(age)
        return np.stack([self.cumulative(age + month) - now for month in range(1, months + 1)], axis=1)


def _at(totals: Floats, age: Floats) -> Floats:
    """A running total at an age; beyond its end it goes on as in its last month."""
    last = len(totals) - 1
    step = totals[-1] - totals[-2] if last else totals[-1]
    inside = np.interp(age, np.arange(len(totals)), totals)
    return inside + np.maximum(age - last, 0.0) * step


def _renewals(
    end: NDArray[np.int64], has_left: NDArray[np.bool_], credible: int, seen: float
) -> ShiftedBetaGeometric | None:
    """The model of renewals, month by month, where it does as the last year did that is known; else None."""
    lost_at, lost = np.unique(np.maximum(end[has_left], 1), return_counts=True)
    still_at, still = np.unique(end[~has_left], return_counts=True)
    ages = np.union1d(lost_at, still_at)
    counts = np.zeros((2, len(ages)))
    counts[0, np.searchsorted(ages, lost_at)] = lost
    counts[1, np.searchsorted(ages, still_at)] = still
    try:
        model = ShiftedBetaGeometric().fit(ages, counts[0], counts[1])
    except DataError:
        return None
    months = np.arange(max(credible - YEAR + 1, 1), credible + 1)
    said = float(-np.log(model.retention(months)).sum())
    return model if seen > 0 and abs(said / seen - 1) <= FITS else None
