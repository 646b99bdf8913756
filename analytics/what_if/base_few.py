"""Customers of whom too little is known for a model of purchases: last year's revenue, and one rate at which all leave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analytics.customers.few_buyers import PRIOR
from analytics.what_if.base import Floats
from analytics.what_if.base_models import DAYS_A_MONTH, LEAST_HAZARD, YEAR, Bought, Newcomer, Told, ratio, steady

_Z80 = 1.2815515655446004


@dataclass(frozen=True)
class LastYear:
    """`rate` a month at which customers leave, and the standard deviation of its logarithm: the one direction of doubt."""

    rate: float
    doubt: float

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Self:
        row = next(row for row in report["parameters"] if row["model"] == "last_year")
        low, high = (max(float(row[name]), LEAST_HAZARD) for name in ("low", "high"))
        return cls(max(float(row["estimate"]), LEAST_HAZARD), (math.log(high) - math.log(low)) / (2 * _Z80))

    def keys(self, found: ir.Table) -> Mapping[str, ir.Value]:
        return {}

    def sums(self, found: ir.Table) -> Mapping[str, ir.Value]:
        yearly = _yearly(found)
        typical = (found.mean_value > 0).ifelse(found.mean_value, yearly / ibis.greatest(found.purchases, 1))
        typical = typical.coalesce(yearly)
        orders = (yearly / typical.nullif(0.0)).fill_null(0.0)
        return {
            "yearly": yearly.sum(),
            "squared": (yearly * yearly).sum(),
            "apart": (yearly * yearly / (orders + PRIOR)).sum(),
            "single": (yearly * typical).sum(),
        }

    def told(self, groups: pd.DataFrame, months: int) -> Told:
        """A year's orders were a count with Jeffreys' prior, and their sizes are as uneven as an exponential's (as scores take them)."""
        months = max(months, YEAR)
        there = steady(groups["customers"])
        yearly, squared, apart, single = (steady(groups[name]) for name in ("yearly", "squared", "apart", "single"))
        stays = np.exp(-self.rate * np.arange(1, months + 1))
        year = float(stays[:YEAR].sum()) / YEAR
        hazard = np.full((len(groups), months), self.rate)
        shift = np.full((len(groups), 1), self.doubt)
        reached = float((stays[:YEAR] * self.rate * np.arange(1, YEAR + 1)).sum() / stays[:YEAR].sum())
        return Told(
            alive=there,
            hazard=hazard,
            revenue=yearly[:, None] / 12 * stays,
            squares=squared * year**2,
            differing=apart * year**2,
            purchase=2 * ratio(single, yearly),
            hazard_shifts=shift,
            alive_shifts=np.zeros_like(shift),
            revenue_shifts=-shift * reached,
        )

    def new_keys(self, found: ir.Table) -> Mapping[str, ir.Value]:
        return {}

    def new_sums(self, found: ir.Table) -> Mapping[str, ir.Value]:
        """What all brought in the last twelve months beside first purchases, and for how many months they were there."""
        months = ibis.least(found.age_weeks * 7 / DAYS_A_MONTH, float(YEAR))
        return {
            "again": (_yearly(found) - (found.ago < YEAR).ifelse(found.first_value, 0.0)).sum(),
            "months": (found.lifecycle == "lost").ifelse(0.0, months).sum(),
        }

    def newcomer(self, groups: pd.DataFrame, bought: Bought, months: int) -> Newcomer:
        again = float(ratio(np.maximum(steady(groups["again"]), 0.0), steady(groups["months"])).sum())
        age = np.arange(1, months + 1) - 0.5
        staying: Floats = np.exp(-self.rate * age)
        revenue = again * staying
        revenue[0] = revenue[0] / 2 + bought.first
        return Newcomer(staying, revenue, np.array([self.doubt]), np.zeros(1), bought.uneven)


def _yearly(found: ir.Table) -> ir.FloatingValue:
    """What a customer brought in the last twelve months; where purchases have no dates, in a year on average."""
    average = found.revenue / ibis.greatest(found.age_weeks * 7 / 365.25, 1.0)
    return found.revenue_12m.coalesce(average).fill_null(0.0)
