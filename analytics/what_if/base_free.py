"""Customers who buy without a contract: MBG/NBD for when, Gamma-Gamma for how much.

Of one who is there, all that is to come follows from its repeat purchases x and its age T, and the mean value of its purchases is
linear in the mean m of those it made: so customers of like x and T are one row, with the sums of alive, alive m and their squares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analytics.customers.reporting import purchases_of, spend_of
from analytics.lifetime.dropout import MbgNbd
from analytics.lifetime.spend import GammaGamma
from analytics.lifetime.totals import WEEKS_A_MONTH, steps
from analytics.what_if.base import Floats
from analytics.what_if.base_models import LEAST_HAZARD, YEAR, Bought, Newcomer, Told, ratio, spend_shift, steady

M = TypeVar("M", MbgNbd, GammaGamma)
# Up to so many repeat purchases each number is a row of its own; beyond, sixteenths of a doubling. Ages in eighths of one.
_EACH, _COUNTS, _AGES, _CHANCES = 40, 16, 8, 5


@dataclass(frozen=True)
class FreeBuyers:
    """The models of one currency; `purchase_steps` and `spend_steps` are one standard deviation off, either way, in each direction."""

    model: MbgNbd
    spend: GammaGamma
    purchase_steps: tuple[tuple[MbgNbd, MbgNbd], ...]
    spend_steps: tuple[tuple[GammaGamma, GammaGamma], ...]

    @classmethod
    def of(cls, report: Mapping[str, Any], currency: str) -> Self | None:
        fitted = report["fitted"]
        written = next((row for row in fitted["spend"] if (row["currency"] or "") == currency), None)
        if written is None:
            return None
        model, spend = purchases_of(fitted["purchases"]), spend_of(written)
        return cls(model, spend, _unsure(model), _unsure(spend))

    @property
    def directions(self) -> int:
        return len(self.purchase_steps) + len(self.spend_steps)

    @property
    def usual(self) -> float:
        """What a purchase of a customer is worth of whom no amount is known."""
        return float(self.spend.mean_value([0.0], [0.0])[0])

    def keys(self, found: ir.Table) -> Mapping[str, ir.Value]:
        x, age = found.repeat_purchases, found.age_weeks
        many = (x.log2() * _COUNTS).floor() + 1000
        return {
            "count_bin": (x <= _EACH).ifelse(x, many).cast("int64"),
            "age_bin": ((age + 1).log2() * _AGES).floor().cast("int64"),
            "alive_bin": ibis.least((found.alive * _CHANCES).floor(), _CHANCES - 1).cast("int64"),
        }

    def sums(self, found: ir.Table) -> Mapping[str, ir.Value]:
        a, m = found.alive, (found.mean_repeat_value > 0).ifelse(found.mean_repeat_value, self.usual)
        m = m.fill_null(self.usual)
        return {
            "a": a.sum(), "am": (a * m).sum(), "amm": (a * m * m).sum(),
            "aa": (a * a).sum(), "aam": (a * a * m).sum(), "aamm": (a * a * m * m).sum(),
            "ax": (a * found.repeat_purchases).sum(), "at": (a * found.age_weeks).sum(), "al": (a * found.recency_weeks).sum(),
        }  # fmt: skip

    def told(self, groups: pd.DataFrame, months: int) -> Told:
        months = max(months, YEAR)
        a, am, amm, aa, aam, aamm, ax, at, al = (
            steady(groups[name]) for name in ("a", "am", "amm", "aa", "aam", "aamm", "ax", "at", "al")
        )
        x, T = np.round(ratio(ax, a)), ratio(at, a)
        last = np.where(x > 0, np.minimum(np.maximum(ratio(al, a), 1e-9), T), 0.0)
        weeks = np.arange(1, months + 1) * WEEKS_A_MONTH
        chance = np.maximum(self.model.alive(x, last, T), 1e-9)
        stays = _never_rising((1 - self.model.leaving(x, last, T, weeks)) / chance[:, None])
        bought = np.diff(self.model.if_there(x, T, weeks), axis=1, prepend=0.0)
        year = bought[:, :YEAR].sum(axis=1)
        mean, plain, slope = self._mean(x, ratio(am, a))
        worth = plain * a + slope * am
        squared = ratio(self.spend.squared_value(x, ratio(am, a)), mean**2)
        squares = year**2 * (plain**2 * aa + 2 * plain * slope * aam + slope**2 * aamm)
        R = self.model.r_ + x
        own = ratio(plain**2 * a + 2 * plain * slope * am + slope**2 * amm, worth)
        hazard_shifts, alive_shifts, revenue_shifts = self._shifts(x, last, T, ratio(am, a))
        return Told(
            alive=a,
            hazard=_hazard(stays),
            revenue=bought * worth[:, None],
            squares=squares,
            # lambda ~ Gamma(R, .) and the mean value are apart from each other.
            differing=squares * np.maximum((1 + 1 / R) * squared - 1, 0.0),
            purchase=own * squared * (1 + 1 / self.spend.p_),
            hazard_shifts=hazard_shifts,
            alive_shifts=alive_shifts,
            revenue_shifts=revenue_shifts,
        )

    def _mean(self, x: Floats, m: Floats) -> tuple[Floats, Floats, Floats]:
        """The mean value of a purchase at m, and what it is linear by: plain + slope x m."""
        mean, more = self.spend.mean_value(x, m), self.spend.mean_value(x, 2 * m)
        slope = ratio(more - mean, m)
        return mean, mean - slope * m, slope

    def _shifts(self, x: Floats, last: Floats, T: Floats, m: Floats) -> tuple[Floats, Floats, Floats]:
        n, of_purchases = len(x), len(self.purchase_steps)
        hazard, alive, revenue = np.zeros((3, n, self.directions))
        year = YEAR * WEEKS_A_MONTH
        for place, (less, more) in enumerate(self.purchase_steps):
            chance, cumulative, bought = [], [], []
            for each in (less, more):
                there = np.maximum(each.alive(x, last, T), 1e-9)
                chance.append(np.log(there))
                cumulative.append(_log_hazard((1 - each.leaving(x, last, T, year)) / there))
                bought.append(np.log(np.maximum(each.if_there(x, T, year), 1e-300)))
            hazard[:, place] = (cumulative[1] - cumulative[0]) / 2
            alive[:, place] = (chance[1] - chance[0]) / 2
            revenue[:, place] = alive[:, place] + (bought[1] - bought[0]) / 2
        for place, (less_worth, more_worth) in enumerate(self.spend_steps, of_purchases):
            revenue[:, place] = _half_apart(less_worth.mean_value(x, m), more_worth.mean_value(x, m))
        return hazard, alive, revenue

    # Customers to come.

    def new_keys(self, found: ir.Table) -> Mapping[str, ir.Value]:
        return {}

    def new_sums(self, found: ir.Table) -> Mapping[str, ir.Value]:
        return {}

    def newcomer(self, groups: pd.DataFrame, bought: Bought, months: int) -> Newcomer:
        """Of the first month its second half, the first purchase in it. Later purchases are worth what those of customers who came lately
        were: the mean over all customers there might be hangs on the model's tail, of which one who comes has told nothing yet."""
        kept, months = months, max(months, YEAR)
        weeks: Floats = (np.arange(1, months + 1, dtype=np.float64) - 0.5) * WEEKS_A_MONTH
        again = self.usual if bought.again is None else bought.again
        staying, revenue = self._newcomer(self.model, bought.first, again, weeks)
        hazard_shift, revenue_shift = np.zeros((2, 1, self.directions))
        pairs = [((less, again), (more, again)) for less, more in self.purchase_steps]
        worth = [[float(each.mean_value([0.0], [0.0])[0]) / self.usual for each in pair] for pair in self.spend_steps]
        pairs += [((self.model, less * again), (self.model, more * again)) for less, more in worth]
        for place, pair in enumerate(pairs):
            ends = [self._newcomer(model, bought.first, each, weeks) for model, each in pair]
            low, high = (_log_hazard(stays[YEAR - 1 : YEAR]) for stays, _brought in ends)
            hazard_shift[0, place] = float(((high - low) / 2)[0])
            brought = [np.array([brings[:YEAR].sum()]) for _stays, brings in ends]
            revenue_shift[0, place] = float(_half_apart(*brought)[0])
        spend = spend_shift(
            revenue[None], _hazard(staying[None]), hazard_shift, np.zeros_like(hazard_shift), revenue_shift
        )
        year = float(revenue[:YEAR].sum())
        single = again * float(ratio(self.spend.squared_value([0.0], [0.0]), np.array([self.usual**2]))[0])
        later = (year - bought.first) * single * (1 + 1 / self.spend.p_)
        purchase = (bought.first * bought.uneven + later) / year if year > 0 else 0.0
        return Newcomer(staying[:kept], revenue[:kept], hazard_shift[0], spend[0], purchase, self._spread())

    def _spread(self) -> float:
        """How much newcomers differ in what they bring within a year: of N later purchases, each worth as much as the first on average, E[(1 + N)^2] of
        pairs of purchases of one customer, less the 1 + N that single purchases and the count of those who come have anyway."""
        nobody, year = np.zeros(1), np.array([YEAR * WEEKS_A_MONTH])
        later = float(self.model.expected_new(year)[0])
        pairs = float(self.model.pairs(nobody, nobody, nobody, year)[0, 0]) + 2 * later
        level = float(self.spend.squared_value([0.0], [0.0])[0]) / self.usual**2
        return float(np.sqrt(max(level * pairs / (1 + later) ** 2 - 1, 0.0)))

    @staticmethod
    def _newcomer(model: MbgNbd, first: float, again: float, weeks: Floats) -> tuple[Floats, Floats]:
        nobody = np.zeros(1)
        stays = _never_rising(1 - model.leaving(nobody, nobody, nobody, weeks))[0]
        revenue = np.diff(model.expected_new(weeks), prepend=0.0) * again
        revenue[0] += first
        return stays, revenue


def _unsure(model: M) -> tuple[tuple[M, M], ...]:
    """Steps along the directions in which anything is unsure."""
    pairs: Any = steps(model)
    return tuple(pair for pair in pairs if not np.allclose(pair[0].parameters_, pair[1].parameters_, rtol=1e-9))


def _never_rising(stays: Floats) -> Floats:
    """A chance to be there, by month, without what rounding makes of it."""
    return np.minimum.accumulate(np.clip(stays, 1e-12, 1.0), axis=1)


def _hazard(stays: Floats) -> Floats:
    """What is added to the cumulative hazard in each month."""
    return np.maximum(-np.diff(np.log(stays), axis=1, prepend=0.0), 0.0)


def _log_hazard(stays: Floats) -> Floats:
    return np.log(np.maximum(-np.log(np.clip(stays, 1e-12, 1.0)), LEAST_HAZARD))


def _half_apart(less: Floats, more: Floats) -> Floats:
    return np.where((less > 0) & (more > 0), np.log(np.maximum(more, 1e-300) / np.maximum(less, 1e-300)) / 2, 0.0)
