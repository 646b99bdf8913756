"""What was forecast when a scenario was saved, kept as text: bands by month of both futures, and what they stand on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.filters import Filters
from analytics.rows import frame
from analytics.what_if.base import Base
from analytics.what_if.outcome import Course, Outcome
from analytics.what_if.scenario import LONGEST, Scenario
from analytics.what_if.told import starts_on
from data.errors import RequestProblem
from data.messages import say

Floats = NDArray[np.float64]
LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
LEVEL_NAMES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
# The widest first: what is inside one is inside those before it.
BANDS = ((90, "p05", "p95"), (80, "p10", "p90"), (50, "p25", "p75"))
COURSES = ("baseline", "scenario")
# `revenue_so_far` is summed from the first month on: quantiles of sums are not sums of quantiles.
QUANTITIES = ("revenue", "revenue_so_far", "customers")
BAND_COLUMNS = ("course", "quantity", "month", *LEVEL_NAMES)
_DIGITS = 2


@dataclass(frozen=True)
class Forecast:
    """A forecast as it was kept. `bands` has levels by months, by course and quantity; `starts` the first day of each month, and
    the day after the last. `where` are the filters it was made under: pairs of a field's name and its values."""

    as_of: date
    starts: tuple[date, ...]
    bands: Mapping[tuple[str, str], Floats]
    currency: str
    counts_new: bool
    counts_wins: bool  # new business was told in won deals: nothing told of customers
    seed: int
    draws: int
    revision: int
    basis: str
    model: str
    where: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def months(self) -> int:
        return len(self.starts) - 1

    def level(self, course: str, quantity: str, name: str) -> Floats:
        """A quantile by month."""
        return np.asarray(self.bands[course, quantity][LEVEL_NAMES.index(name)])


def bands(outcome: Outcome) -> pd.DataFrame:
    """One row a course, quantity (`QUANTITIES`) and month: quantiles over the draws. Columns: `BAND_COLUMNS`."""
    found = []
    courses: tuple[Course, Course] = (outcome.baseline, outcome.scenario)
    for name, course in zip(COURSES, courses, strict=True):
        told = {
            "revenue": course.revenue,
            "revenue_so_far": np.cumsum(course.revenue, axis=1),
            "customers": course.customers,
        }
        for quantity, values in told.items():
            levels = np.quantile(values, LEVELS, axis=0)
            for month in range(outcome.months):
                at = dict(zip(LEVEL_NAMES, levels[:, month].tolist(), strict=True))
                found.append({"course": name, "quantity": quantity, "month": month + 1} | at)
    return frame(found, BAND_COLUMNS)


def written(found: pd.DataFrame, base: Base, scenario: Scenario, filters: Filters, revision: int) -> str:
    """`bands` of the scenario as JSON, for keeping beside it, with what they stand on. `revision` is that of the data."""
    told = {
        f"{course} {quantity}": [[round(float(value), _DIGITS) for value in part[name]] for name in LEVEL_NAMES]
        for (course, quantity), part in found.groupby(["course", "quantity"], sort=True)
    }
    about: dict[str, Any] = {
        "version": 1,
        "as_of": filters.as_of.isoformat(),
        "starts": starts_on(filters.as_of, scenario.horizon_months + 1),
        "currency": base.currency,
        "counts_new": scenario.counts_new,
        "counts_wins": scenario.counts_new and base.new is None and base.pipeline is not None,
        "seed": scenario.seed,
        "draws": scenario.draws,
        "revision": revision,
        "basis": str(base.report.get("basis") or ""),
        "model": str(base.report.get("model") or ""),
        "where": [[choice.field.name, list(choice.values)] for choice in filters.where],
    }
    return json.dumps(about | {"bands": told}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read(text: str) -> Forecast:
    """The forecast of such a text. Raises RequestProblem where none was kept, or it cannot be read."""
    if not text:
        raise RequestProblem(
            say("Nothing was forecast when this scenario was saved."), say("Open it, run it and save it again.")
        )
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged() from None


def _read(said: Mapping[str, Any]) -> Forecast:
    if None in said["starts"]:
        raise RequestProblem(
            say("The data had no dates when this was forecast, so months cannot be told apart."),
            say("Add an export with dates, and save the scenario again."),
        )
    starts = tuple(date.fromisoformat(day) for day in said["starts"])
    if said["version"] != 1 or not 2 <= len(starts) <= LONGEST + 1 or list(starts) != sorted(set(starts)):
        raise _damaged()
    bands = {
        (course, quantity): np.asarray(said["bands"][f"{course} {quantity}"], dtype=np.float64)
        for course in COURSES
        for quantity in QUANTITIES
    }
    shape = (len(LEVEL_NAMES), len(starts) - 1)
    if any(each.shape != shape or not np.isfinite(each).all() for each in bands.values()):
        raise _damaged()
    where = tuple((str(name), tuple(str(value) for value in values)) for name, values in said["where"])
    return Forecast(
        date.fromisoformat(said["as_of"]), starts, bands, str(said["currency"]), bool(said["counts_new"]),
        bool(said["counts_wins"]), int(said["seed"]), int(said["draws"]), int(said["revision"]), str(said["basis"]),
        str(said["model"]), where,
    )  # fmt: skip


def _damaged() -> RequestProblem:
    return RequestProblem(
        say("What was forecast of this scenario cannot be read any more."), say("Open it, run it and save it again.")
    )


def band_of(value: float, levels: Mapping[str, float]) -> int:
    """The narrowest of the 50, 80 and 90% bands that a number lies in; 100 outside all of them."""
    return min([width for width, low, high in BANDS if levels[low] <= value <= levels[high]], default=100)
