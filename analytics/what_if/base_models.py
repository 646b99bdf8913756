"""What a model of customers says of rows of them: who is there month by month, what they bring, and how unsure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from analytics.what_if.base import Floats

YEAR = 12
DAYS_A_MONTH = 365.25 / 12
LEAST_HAZARD = 1e-12


@dataclass(frozen=True)
class Told:
    """R rows of customers alike, T months (a year at least), K directions of what is not known.

    `squares` is the sum of squares of what each is expected to bring within a year, `differing` that of the standard deviations of what each will
    bring if it stays. Shifts are of logarithms, by one standard deviation: of the cumulative hazard of a year, of how many are there today, and of
    the year's revenue with both of these in it.
    """

    alive: Floats  # R: how many are expected to be there today
    hazard: Floats  # R x T
    revenue: Floats  # R x T, leaving and all
    squares: Floats  # R
    differing: Floats  # R
    purchase: Floats  # R: what a single purchase is worth, sum of squares over sum
    hazard_shifts: Floats  # R x K
    alive_shifts: Floats  # R x K
    revenue_shifts: Floats  # R x K


@dataclass(frozen=True)
class Newcomer:
    """What one new customer does by months since it came, the first of the month it comes in (about its middle): as `base.NewCustomers`."""

    staying: Floats
    revenue: Floats
    hazard_shift: Floats
    spend_shift: Floats
    purchase: float
    spread: float = 0.0


@dataclass(frozen=True)
class Bought:
    """What those who came lately bought: `first`, the mean value of a first purchase, `uneven`, its sum of squares over its sum, and `again`, the mean
    value of a later one (None: too few)."""

    first: float
    uneven: float
    again: float | None


class Model(Protocol):
    """A fitted model, made again from the report of the scores.

    `keys` are what customers alike are told apart by, and `sums` what has to be known of each group, as columns over scores; `told`
    is what the model says of these groups. `new_keys` and `new_sums` the same of those who came lately, for `newcomer`.
    """

    def keys(self, found: ir.Table) -> Mapping[str, ir.Value]: ...
    def sums(self, found: ir.Table) -> Mapping[str, ir.Value]: ...
    def told(self, groups: pd.DataFrame, months: int) -> Told: ...
    def new_keys(self, found: ir.Table) -> Mapping[str, ir.Value]: ...
    def new_sums(self, found: ir.Table) -> Mapping[str, ir.Value]: ...
    def newcomer(self, groups: pd.DataFrame, bought: Bought, months: int) -> Newcomer: ...


def model_of(report: Mapping[str, Any], currency: str) -> Model | None:
    """The model that the scores of customers in this currency rest on; None where the fit had none."""
    fitted = report.get("fitted") or {}
    if "curves" in fitted:
        from analytics.what_if.base_contracts import Contracts

        return Contracts.of(report)
    if "purchases" in fitted:
        from analytics.what_if.base_free import FreeBuyers

        return FreeBuyers.of(report, currency)
    if any(row["model"] == "last_year" for row in report.get("parameters", ())):
        from analytics.what_if.base_few import LastYear

        return LastYear.of(report)
    return None


def spend_shift(
    revenue: Floats, hazard: Floats, hazard_shift: Floats, alive_shift: Floats, revenue_shift: Floats
) -> Floats:
    """The shift of what one who is there brings, so that together with those of the hazard and of who is there today a year's
    revenue moves as the model has it: to first order d log revenue = alive - hazard x sum of (share of month x cumulative hazard) + spend.

    R x T, R x T, then R x K.
    """
    year = revenue[:, :YEAR]
    whole = year.sum(axis=1, keepdims=True)
    share = np.divide(year, whole, out=np.zeros_like(year), where=whole > 0)
    reached = (share * np.cumsum(hazard[:, :YEAR], axis=1)).sum(axis=1, keepdims=True)
    return np.where(whole > 0, revenue_shift - alive_shift + hazard_shift * reached, 0.0)


def steady(values: Any) -> Floats:
    """Sums with what may differ in the last digits by the order they were added up in taken off."""
    found = np.nan_to_num(np.asarray(values, dtype=np.float64))
    size = 10.0 ** (11 - np.floor(np.log10(np.maximum(np.abs(found), 1e-250))))
    return np.where(found == 0, 0.0, np.round(found * size) / size)


def ratio(part: Floats, whole: Floats) -> Floats:
    """0 where there is nothing to divide by."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
