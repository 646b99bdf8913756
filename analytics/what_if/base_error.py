"""By how much what came differed from what the models said, beyond what they say of themselves.

A back-test tells the log of actual over predicted, e, of which the model expects the standard deviation s. What is looked for is tau with
e ~ N(0, s^2 + tau^2 years). There are one to three origins, so an estimate alone would often take chance for error; it is shrunk as a
hierarchical model does it (Gelman 2006): the mode of the posterior under a half-Cauchy prior of scale 0.10. That is 0 where the
errors lie within what the model says of itself, and nears sqrt(sum of e^2 / (n + 2)) where they lie far beyond. Origins whose stretches overlap
tell the same in part: each counts by one over the number of those it overlaps, itself among them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from analytics.what_if.base import Floats

SCALE = 0.10  # of the prior: errors of a tenth beyond what models say of themselves are usual
MOST = 1.0
_Z80 = 1.2815515655446004
_WEEKS_A_YEAR = 365.25 / 7
_GRID = 4001


@dataclass(frozen=True)
class Missed:
    """One back-test: log of actual over the middle of what was predicted, its standard deviation by the model, over how many years;
    `weight` how much of it no other one tells."""

    error: float
    sd: float
    years: float
    weight: float = 1.0


def error_of(report: Mapping[str, Any]) -> float | None:
    """The standard deviation of the log of a year's revenue beyond the models' own; None where nothing could be tested."""
    missed = of_purchases(report) if "curves" not in (report.get("fitted") or {}) else of_contracts(report)
    return shrunk(missed) if missed else None


def shrunk(missed: Sequence[Missed]) -> float:
    """The mode of tau; see above."""
    error, sd, years, weight = (
        np.array([getattr(each, name) for each in missed]) for name in ("error", "sd", "years", "weight")
    )
    # In the logarithm of tau^2 the posterior is flat at 0: even steps of tau find the mode, and 0 among them.
    tau = np.linspace(0.0, MOST, _GRID)
    variance = np.maximum(sd**2 + tau[:, None] ** 2 * years, 1e-12)
    likelihood = -0.5 * (weight * (np.log(variance) + error**2 / variance)).sum(axis=1)
    return float(tau[int(np.argmax(likelihood - np.log1p((tau / SCALE) ** 2)))])


def of_purchases(report: Mapping[str, Any]) -> list[Missed]:
    """The origins of the back-test of who buys freely, as the model in use would have done."""
    test = report.get("back_test")
    if not isinstance(test, dict):
        return []
    origins = [row for row in test.get("origins", ()) if _is_told(row, bool(test.get("is_money")))]
    is_rate = report.get("model") == "last_year"
    found = []
    for row in origins:
        prefix = "revenue_" if test.get("is_money") else ""
        actual, weeks = float(row[f"{prefix}actual"]), float(row["weeks"])
        if is_rate:
            middle, sd = _by_rate(report, row, prefix, weeks)
        else:
            low, high = (max(float(row[f"{name}"]), 1e-9) for name in (
                ("revenue_low", "revenue_high") if prefix else ("predicted_low", "predicted_high")
            ))  # fmt: skip
            middle, sd = math.sqrt(low * high), math.log(high / low) / (2 * _Z80)
        overlapping = sum(_overlaps(row, other) for other in origins)
        if middle > 0 and actual > 0:
            found.append(Missed(math.log(actual / middle), sd, weeks / _WEEKS_A_YEAR, 1 / overlapping))
    return found


def of_contracts(report: Mapping[str, Any]) -> list[Missed]:
    """How many customers with contracts stayed, of those there a horizon ago, against what a fit of then says."""
    row = report.get("back_test_stays")
    if not row or row["predicted"] <= 0 or row["observed"] <= 0:
        return []
    stayed, n = float(row["predicted"]), float(row["n"])
    by_chance = stayed * max(1 - stayed / n, 0.0) / stayed**2
    sd = math.sqrt(by_chance + float(row["doubt"]) ** 2)
    return [Missed(math.log(float(row["observed"]) / stayed), sd, float(row["months"]) / 12)]


def _is_told(row: Mapping[str, Any], is_money: bool) -> bool:
    actual, predicted = ("revenue_actual", "revenue_predicted") if is_money else ("actual", "predicted")
    return bool(row.get(actual)) and bool(row.get(predicted))


def _by_rate(report: Mapping[str, Any], row: Mapping[str, Any], prefix: str, weeks: float) -> tuple[float, float]:
    """What a stretch like the one before it would bring, less those who leave: as `LastYear` tells it. Its orders are a count."""
    rate = next(float(each["estimate"]) for each in report["parameters"] if each["model"] == "last_year")
    months = np.arange(1, max(round(weeks / _WEEKS_A_YEAR * 12), 1) + 1)
    again = float(row.get(f"{prefix}naive") or 0.0)
    orders = max(float(row.get("naive") or 0.0), 1.0)
    stays: Floats = np.exp(-rate * months)
    # Both stretches are off by chance, and orders are as uneven as an exponential's.
    return again * float(stays.mean()), math.sqrt(4 / orders)


def _overlaps(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    begins, ends = ([date.fromisoformat(row[name]) for row in (one, other)] for name in ("cutoff", "until"))
    return max(begins) < min(ends)
