"""Scores of customers with contracts: what they pay, and how long customers like them stay."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analytics.churn.contract_risk import fit_contract_risk
from analytics.customers.basis import Source
from analytics.customers.contracts import late_renewals, renewing
from analytics.customers.lifecycle import contract_lifecycle
from analytics.customers.scores import SHIFTS, Keeper, Progress
from analytics.filters import Filters
from analytics.rows import rows
from data.messages import say
from data.tables import Tables

LEVEL = 0.8


def of_contracts(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, known: pd.DataFrame, progress: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns of `SCORED` for every customer of `known`, and the report.

    The value of one who stays is what it pays now, discounted: a price that is agreed has no interval of its own. Those who
    pay nothing known have no value.
    """
    months, rate = filters.models.horizon_months, filters.models.discount_rate
    discount = (1 + rate) ** (-np.arange(1, months + 1) / 12)
    has_contract = (known["purchases"] > 0).to_numpy()
    has_left = known["has_left"].to_numpy(dtype=bool)
    there = has_contract & ~has_left
    progress(0.3, say("Fitting how long customers stay…"))
    risks = fit_contract_risk(keeper, tables, filters, source, known[has_contract])
    progress(0.7, say("Scoring every customer…"))
    alive = _still(keeper, tables, filters, source, known[there])
    staying = risks.staying(known[there], months) * alive[:, None]
    low, high = (1 - alive * (1 - bound) for bound in risks.risk_interval(known[there], months, LEVEL))
    monthly = known.loc[there, "monthly_revenue"].to_numpy(dtype=np.float64)
    value = monthly * discount.sum()
    expected = monthly * (staying @ discount)
    left_by_end = 1 - staying[:, -1]
    # Who leaves in month t loses what was left of the horizon: the spread of what is brought is that of t.
    ends = np.diff(1 - staying, axis=1, prepend=0.0)
    brought = np.cumsum(discount) - discount
    second = ends @ brought**2 + staying[:, -1] * discount.sum() ** 2
    variance = np.maximum(monthly**2 * (second - (staying @ discount) ** 2), 0.0)
    told = pd.DataFrame(index=known.index)
    columns = {
        "alive": alive, "risk": left_by_end, "risk_low": low, "risk_high": high,
        "value": value, "value_low": value, "value_high": value, "expected": expected,
        "value_at_risk": np.maximum(value - expected, 0.0),
        "none_chance": ends[:, 0], "likely_low": _quantile(staying, monthly, discount, 0.1),
        "likely_high": _quantile(staying, monthly, discount, 0.9),
        "variance": variance, "risk_variance": variance,
    }  # fmt: skip
    # All are off together by what is not known of the curve: as much as the middle customer's risk may be off.
    doubt = (high - low) / 2 / 1.2815515655446004
    slope = np.divide(value - expected, left_by_end, out=np.zeros_like(value), where=left_by_end > 0)
    for place in range(1, SHIFTS + 1):
        columns[f"expected_shift_{place}"] = -slope * doubt if place == 1 else np.zeros(len(value))
        columns[f"risk_shift_{place}"] = slope * doubt if place == 1 else np.zeros(len(value))
    for name, values in columns.items():
        told[name] = np.nan
        told.loc[there, name] = values
    told.loc[has_contract & has_left, ["alive", "risk"]] = [0.0, 1.0]
    # Of those who left as well: what is known of who signed lately tells of who comes next.
    every = risks.hazards(known[has_contract])
    told.loc[has_contract, "relative_hazard"] = every.relative
    for place, shift in enumerate(every.shared.T, start=1):
        told.loc[has_contract, f"hazard_shift_{place}"] = shift
    told["curve"] = pd.array([pd.NA] * len(known), dtype="Int64")
    told.loc[has_contract, "curve"] = every.curve
    told["raised_by"] = known["customer_id"].map(_raised_by(risks.reasons(known[there])))
    told["gap_limit_days"] = told["gap_warning_days"] = np.nan
    told["lifecycle"] = contract_lifecycle(known.assign(days_to_end=_days_to_end(known, filters.as_of)))
    told = told.reset_index(drop=True)
    return told, dict(risks.report) | {"refused": None, "spend": [], "thresholds": {}}


def _still(keeper: Keeper, tables: Tables, filters: Filters, source: Source, known: pd.DataFrame) -> np.ndarray:
    """The chance that each is a customer today: of one whose contract ended a few days ago it is not known yet."""
    found = np.ones(len(known))
    has_ended = known["last_on"].notna().to_numpy()
    if source.basis == "subscriptions" and has_ended.any():
        found[has_ended] = renewing(rows(keeper.run(late_renewals(tables, filters)))[0])
    return found


def _raised_by(found: pd.DataFrame) -> dict[str, str]:
    """For each customer what raises its risk most, as the scores keep it."""
    written: dict[str, list[list[Any]]] = {}
    for row in found.itertuples():
        value = None if pd.isna(row.value) else str(row.value)
        written.setdefault(row.customer_id, []).append([row.field, value, round(float(row.hazard_ratio), 2)])
    return {customer: json.dumps(rows, ensure_ascii=False) for customer, rows in written.items()}


def _days_to_end(known: pd.DataFrame, as_of: date) -> pd.Series:
    """Days until the contract that runs, or ran last, ends; below 0 after it."""
    ends = pd.to_datetime(known["ends_on"]).fillna(pd.to_datetime(known["last_on"]))
    return (ends - pd.Timestamp(as_of)).dt.days.astype("float64") if as_of.year < 3000 else ends.map(lambda _: np.nan)


def _quantile(staying: np.ndarray, monthly: np.ndarray, discount: np.ndarray, level: float) -> np.ndarray:
    """The `level` quantile of what is brought, of those who stay a month at least."""
    first = np.maximum(staying[:, :1], 1e-12)
    left = 1 - staying / first
    months = (left <= level).sum(axis=1)
    return monthly * np.concatenate([[0.0], np.cumsum(discount)])[months]
