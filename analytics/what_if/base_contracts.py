"""Customers with contracts: the fee while they are there, and curves of leaving by age, scaled by what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.churn.baseline import Baseline
from analytics.what_if.base import Floats
from analytics.what_if.base_models import LEAST_HAZARD, YEAR, Bought, Newcomer, Told, ratio, spend_shift, steady

_SHIFTS = ("hazard_shift_1", "hazard_shift_2")
_RELATIVE = 10  # groups to a factor of e in the relative hazard


@dataclass(frozen=True)
class Contracts:
    """The fit's curves of leaving. Directions of doubt: one for each curve, two for what all ratios share."""

    curves: tuple[Baseline, ...]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Self:
        return cls(tuple(
            Baseline(np.array(each["hazard"]), np.array(each["variance"]), each["rate_variance"], each["credible"], each["tail"])
            for each in report["fitted"]["curves"]
        ))  # fmt: skip

    @property
    def directions(self) -> int:
        return len(self.curves) + len(_SHIFTS)

    def keys(self, found: ir.Table) -> dict[str, ir.Value]:
        return self.new_keys(found) | {"age_bin": found.tenure_months.floor().cast("int64").fill_null(0)}

    def sums(self, found: ir.Table) -> dict[str, ir.Value]:
        fee = found.monthly_revenue.fill_null(0.0) * found.alive.fill_null(0.0)
        there = {"there": found.alive.sum(), "there_fees": fee.sum(), "there_squared": (fee * fee).sum()}
        return self.new_sums(found) | there | {"age": found.tenure_months.mean()}

    def new_keys(self, found: ir.Table) -> dict[str, ir.Value]:
        relative = found.relative_hazard.fill_null(1.0)
        return {
            "curve": found.curve.fill_null(0),
            "relative_bin": (relative.ln() * _RELATIVE).floor().cast("int64"),
        }

    def new_sums(self, found: ir.Table) -> dict[str, ir.Value]:
        fee = found.monthly_revenue.fill_null(0.0)
        return {
            "n": found.count(), "fees": fee.sum(), "fees_squared": (fee * fee).sum(),
            "relative": found.relative_hazard.fill_null(1.0).mean(),
            **{name: found[name].fill_null(0.0).mean() for name in _SHIFTS},
        }  # fmt: skip

    def told(self, groups: pd.DataFrame, months: int) -> Told:
        """Fees are paid by the day: who leaves in a month has paid for half of it."""
        months = max(months, YEAR)
        age, curve = steady(groups["age"]), groups["curve"].to_numpy(dtype=np.int64)
        there, fees, squares = (steady(groups[name]) for name in ("there", "there_fees", "there_squared"))
        cumulative, hazard_shifts = self._ahead(groups, age, curve, fees, months)
        ends = np.exp(-cumulative)
        stays = (np.concatenate([np.ones((len(groups), 1)), ends[:, :-1]], axis=1) + ends) / 2
        revenue = fees[:, None] * stays
        hazard = np.diff(cumulative, axis=1, prepend=0.0)
        nothing = np.zeros_like(hazard_shifts)
        # A fee that is agreed has no doubt of its own, so revenue moves by who stays alone: what `spend_shift` makes 0.
        revenue_shifts = -spend_shift(revenue, hazard, hazard_shifts, nothing, nothing)
        return Told(
            alive=there,
            hazard=hazard,
            revenue=revenue,
            squares=squares * stays[:, :YEAR].sum(axis=1) ** 2,
            differing=np.zeros(len(groups)),
            purchase=np.zeros(len(groups)),
            hazard_shifts=hazard_shifts,
            alive_shifts=nothing,
            revenue_shifts=revenue_shifts,
        )

    def newcomer(self, groups: pd.DataFrame, bought: Bought, months: int) -> Newcomer:
        """As those who signed lately: what they pay, and their curves from the first month on."""
        kept, months = months, max(months, YEAR) + 1
        n, fees = steady(groups["n"]), steady(groups["fees"])
        curve = groups["curve"].to_numpy(dtype=np.int64)
        cumulative, shifts = self._ahead(groups, np.zeros(len(groups)), curve, fees, months)
        # Who comes in the middle of a month is half a month old at its end.
        half = (np.concatenate([np.zeros((len(groups), 1)), cumulative[:, :-1]], axis=1) + cumulative) / 2
        stays = np.exp(-half[:, :-1])
        share = n / n.sum()
        staying = (share[:, None] * stays).sum(axis=0)
        revenue = (fees[:, None] * stays).sum(axis=0) / n.sum()
        revenue[0] /= 2
        left = (share * stays[:, YEAR - 1] * half[:, YEAR - 1])[:, None]
        hazard_shift = (left * shifts).sum(axis=0) / max(float(left.sum()), LEAST_HAZARD)
        # What one pays within a year: fee x months, E[(fee x months)^2] by the months it is there for at least.
        months_squared = 1 + (stays[:, : YEAR - 1] * (2 * np.arange(1, YEAR) + 1)).sum(axis=1)
        year = float((fees * (1 + stays[:, : YEAR - 1].sum(axis=1))).sum())
        squared = float((steady(groups["fees_squared"]) * months_squared).sum()) * float(n.sum())
        spread = float(np.sqrt(max(squared / year**2 - 1, 0.0))) if year > 0 else 0.0
        return Newcomer(staying[:kept], revenue[:kept], hazard_shift, np.zeros_like(hazard_shift), 0.0, spread)

    def _ahead(
        self, groups: pd.DataFrame, age: Floats, curve: NDArray[np.int64], fees: Floats, months: int
    ) -> tuple[Floats, Floats]:
        """The cumulative hazard within 1 ... `months`, row x month, and the shifts of its logarithm."""
        relative = np.maximum(steady(groups["relative"]), LEAST_HAZARD)
        cumulative, shifts = np.zeros((len(groups), months)), np.zeros((len(groups), self.directions))
        for number, baseline in enumerate(self.curves):
            rows = np.flatnonzero(curve == number)
            if not len(rows):
                continue
            cumulative[rows] = baseline.ahead(age[rows], months) * relative[rows, None]
            year = cumulative[rows, YEAR - 1]
            weight = fees[rows] * relative[rows] * np.exp(-year)
            shifts[rows, number] = ratio(_shared(baseline, age[rows], weight) * relative[rows], year)
        for place, name in enumerate(_SHIFTS, len(self.curves)):
            shifts[:, place] = steady(groups[name])
        return cumulative, shifts


def _shared(baseline: Baseline, age: Floats, weight: Floats) -> Floats:
    """How much the hazard of the year ahead of each age moves by one standard deviation of what is not known of the curve.

    The estimate of each month of age is off by itself, and beyond what is known all months by the same rate. Along one direction each
    moves by its covariance with the weighted sum of all over the standard deviation of that sum, so that the sum moves as it should.
    """
    ends = np.arange(len(baseline.hazard))[None, :]
    covered = np.clip(np.minimum(ends, age[:, None] + YEAR) - np.maximum(ends - 1, age[:, None]), 0.0, 1.0)
    carried = np.clip(age + YEAR - np.maximum(age, baseline.credible), 0.0, None)
    if not weight.any():
        weight = np.ones_like(weight)
    each = (weight[:, None] * covered).sum(axis=0) * baseline.variance
    beyond = float((weight * carried).sum()) * baseline.rate_variance
    apart = (covered * each[None, :]).sum(axis=1) + carried * beyond
    spread = float(np.sqrt((weight * apart).sum()))
    return apart / spread if spread > 0 else np.zeros_like(age)
