"""What makes the bands of a simulation as wide as they are: the models' own doubt, what back-tests showed beyond it, the pipeline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.rows import Row, frame
from analytics.what_if.base import Base
from analytics.what_if.scenario import Scenario
from analytics.what_if.simulate import simulate

YEAR = 12
# Told alone, and with what back-tests showed beyond what the models say of themselves, which is how everything else is told.
PARTS = ("models", "with_error")
BAND_COLUMNS = ("part", "revenue", "revenue_p10", "revenue_p90", "error", "months", "currency")
PIPELINE_COLUMNS = (
    "won", "won_p10", "won_p90", "deals", "deals_p10", "deals_p90", "deals_open", "deals_seen", "size", "months", "currency",
)  # fmt: skip


def widening(base: Base, scenario: Scenario) -> pd.DataFrame:
    """One row for each of `PARTS`: the revenue of the first twelve months (of all, where there are fewer) without the scenario,
    in the same draws. Columns: `BAND_COLUMNS`. The scenario may have no levers."""
    found: list[Row] = []
    for part, error in zip(PARTS, (0.0, base.error), strict=True):
        revenue = simulate(replace(base, error=error), scenario).baseline.revenue[:, :YEAR].sum(axis=1)
        found.append({"part": part, "error": error, "months": min(YEAR, scenario.horizon_months), "currency": base.currency or None} | _three("revenue", revenue))  # fmt: skip
    return frame(found, BAND_COLUMNS)


def pipeline_won(base: Base, scenario: Scenario) -> pd.DataFrame:
    """One row, none without a pipeline: what it is told to win in the first twelve months without the scenario, by what is not
    known of it. Columns: `PIPELINE_COLUMNS`."""
    if base.pipeline is None:
        return frame([], PIPELINE_COLUMNS)
    months, levers = min(YEAR, scenario.horizon_months), len(scenario.levers)
    money, deals = base.pipeline.won(np.zeros((base.pipeline.draws, levers)), np.zeros((levers, months)))
    row: Row = {
        "deals_open": base.pipeline.deals_open, "deals_seen": base.pipeline.deals_seen, "size": base.pipeline.size, "months": months,
        "currency": base.currency or None,
    }  # fmt: skip
    return frame([row | _three("won", money.sum(axis=1)) | _three("deals", deals.sum(axis=1))], PIPELINE_COLUMNS)


def _three(name: str, values: np.ndarray) -> Row:
    low, middle, high = (float(each) for each in np.quantile(values, (0.1, 0.5, 0.9)))
    return {name: middle, f"{name}_p10": low, f"{name}_p90": high}
