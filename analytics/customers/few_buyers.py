"""Value and risk where too little is known to fit a model of purchases (R14): last year's revenue, and how many leave a month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincinv

from analytics.customers.scores import SHIFTS
from analytics.filters import Filters
from data.messages import say

Floats = NDArray[np.float64]
DAYS_A_MONTH = 365.25 / 12
LOW, HIGH = 0.10, 0.90
# Jeffreys' prior of a rate: half an event before any is seen.
PRIOR = 0.5


def few_buyers(buyers: pd.DataFrame, limit_days: Floats, filters: Filters) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns of `SCORED` for customers who bought, and the report.

    One who has been silent beyond its limit has left. That is known only so much later, so of the last days nobody is known to have
    left: all are watched to half a limit before now, and those who left, half a limit beyond their last purchase, which comes
    nearest to the truth in simulations. All leave at one rate a month, events over
    months watched: a Kaplan-Meier curve of so few has nothing to say beyond their own ages. The value of one who stays is what
    it brought in the last twelve months, as sure as the number of its purchases in them. Where nobody ever came back, nothing tells
    who will: then all of it is unknown.
    """
    columns = ("days_since", "age_weeks", "revenue_12m", "mean_value", "revenue", "purchases")
    since, age, brought, mean, total, bought = (buyers[name].to_numpy(dtype=np.float64) for name in columns)
    days = age * 7
    has_left = since > limit_days
    half = np.nan_to_num(limit_days) / 2
    watched = np.where(has_left, days - since + half, np.maximum(days - half, days - since)) / DAYS_A_MONTH
    months = filters.models.horizon_months
    rate_low, rate, rate_high = _rate(float(has_left.sum()), float(np.maximum(watched, 0.5).sum()))
    ahead = np.arange(1, months + 1)
    discount = (1 + filters.models.discount_rate) ** (-ahead / 12)
    # A file that only sums up histories says nothing of the last twelve months: then the yearly average of all of them.
    yearly = np.where(np.isfinite(brought), brought, total / np.maximum(days / 365.25, 1.0))
    monthly = np.nan_to_num(yearly) / 12
    value = monthly * discount.sum()
    typical = np.where(np.isfinite(mean) & (mean > 0), mean, np.nan_to_num(yearly) / np.maximum(bought, 1))
    orders = np.divide(yearly, typical, out=np.zeros_like(typical), where=typical > 0)
    stays = np.exp(-rate * ahead)
    alive = np.where(has_left, 0.0, 1.0)
    expected = monthly * float(stays @ discount) * alive
    risk = np.where(has_left, 1.0, 1 - np.exp(-rate * months))
    nothing = np.zeros(len(buyers))
    low, high = (gammaincinv(orders + PRIOR, level) * typical * discount.sum() / 12 for level in (LOW, HIGH))
    ahead_orders = orders * months / 12 * float(stays.mean()) * alive
    found = {
        "alive": alive, "risk": risk,
        "risk_low": np.where(has_left, 1.0, 1 - np.exp(-rate_low * months)),
        "risk_high": np.where(has_left, 1.0, 1 - np.exp(-rate_high * months)),
        "value": value, "value_low": np.minimum(low, value), "value_high": np.maximum(high, value),
        "expected": expected, "value_at_risk": value - expected,
        "none_chance": np.exp(-ahead_orders),
        "likely_low": gammaincinv(np.maximum(ahead_orders, PRIOR), LOW) * typical,
        "likely_high": gammaincinv(np.maximum(ahead_orders, PRIOR) + 1, HIGH) * typical,
        "variance": expected * typical * 2 + value**2 * risk * (1 - risk),
        "risk_variance": value**2 * risk * (1 - risk),
    }  # fmt: skip
    # Along the rate at which customers leave all of them are off together.
    doubt = (rate_high - rate_low) / 2 / 1.2815515655446004
    slope = -monthly * float((ahead * stays) @ discount) * alive
    for place in range(1, SHIFTS + 1):
        found[f"expected_shift_{place}"] = slope * doubt if place == 1 else nothing
        found[f"risk_shift_{place}"] = -slope * doubt if place == 1 else nothing
    if not (bought > 1).any():
        return pd.DataFrame({name: np.full(len(buyers), np.nan) for name in found}), _nobody_came_back()
    report: dict[str, Any] = {
        "model": "last_year",
        "model_reason": say(
            "Too little is known for a model of purchases: value is what a customer brought in the last twelve months, and risk the share of customers who leave in such a time."
        ),
        "parameters": [
            {"model": "last_year", "parameter": "monthly_churn", "estimate": rate, "low": rate_low, "high": rate_high}
        ],
        "spend": [],
        "left": int(has_left.sum()),
    }
    return pd.DataFrame(found), report


def _nobody_came_back() -> dict[str, Any]:
    return {
        "model": "last_year",
        "model_reason": say("Nobody has bought a second time yet, so nothing tells who will: no value and no risk can be told."),
        "parameters": [],
        "spend": [],
        "left": 0,
    }  # fmt: skip


def _rate(events: float, months: float) -> tuple[float, float, float]:
    """Events a month with the 80% interval, of a Poisson count with Jeffreys' prior."""
    months = max(months, 1.0)
    low, high = (float(gammaincinv(events + PRIOR, level)) / months for level in (LOW, HIGH))
    return low, max(events, PRIOR) / months, high
