"""Where a customer stands on its way: potential, first-time, core, returned, defecting or lost (R23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.customers.contracts import GRACE_DAYS
from analytics.customers.scores import LIFECYCLE

LEAST_ALIVE = 0.2  # below this chance to be still a customer it counts as lost
LESS_ALIVE = 0.6  # below this one it is leaving
FIRST_MONTHS = 3  # a contract is young for so long
NOTICE_DAYS = 90  # a contract that ends within so many days and is not signed again is at stake

Rule = list[tuple[str, Any]]


def purchase_rule(at: Mapping[str, Any]) -> Rule:
    """The stages in the order they are asked, each with what is true of its customers; who is left is core.

    `at` has columns, of NumPy or of Ibis: `purchases` (days of purchase), `days_since, age_days` (since the last and the first),
    `last_gap_days, alive, limit_days, warning_days, window_days`. What is unknown is not true.
    """
    bought, silent = at["purchases"], at["days_since"]
    return [
        ("potential", bought == 0),
        ("first_time", (bought == 1) & (at["age_days"] < at["window_days"])),
        ("lost", (silent > at["limit_days"]) | (at["alive"] < LEAST_ALIVE)),
        ("defecting", (silent > at["warning_days"]) | (at["alive"] < LESS_ALIVE) | (bought == 1)),
        ("returned", at["last_gap_days"] > at["limit_days"]),
    ]


def contract_rule(at: Mapping[str, Any]) -> Rule:
    """The same for customers with contracts: `purchases` (contracts so far), `has_left` (ended, and 30 days of grace over),
    `days_to_end` (of the contract that runs or ran last; below 0 after it, unknown without an end), `tenure_months`,
    `last_gap_days` (without a contract before the latest).

    The models' risk says nothing here: it has an axis of its own, and a stage must follow from what is on record.
    """
    return [
        ("potential", at["purchases"] == 0),
        ("lost", at["has_left"]),
        ("defecting", at["days_to_end"] <= NOTICE_DAYS),
        ("first_time", at["tenure_months"] < FIRST_MONTHS),
        ("returned", at["last_gap_days"] > GRACE_DAYS),
    ]


def lifecycle(frame: pd.DataFrame) -> NDArray[np.object_]:
    """The stage of each row, one of `LIFECYCLE`, by `purchase_rule`; columns as there, NaN for unknown."""
    at = {name: frame[name].to_numpy(dtype=np.float64) for name in (
        "purchases", "days_since", "age_days", "last_gap_days", "alive", "limit_days", "warning_days", "window_days",
    )}  # fmt: skip
    return _chosen(purchase_rule(at), len(frame))


def contract_lifecycle(frame: pd.DataFrame) -> NDArray[np.object_]:
    """The stage of each row by `contract_rule`; columns as there, NaN for unknown."""
    at: dict[str, Any] = {
        name: frame[name].to_numpy(dtype=np.float64)
        for name in ("purchases", "days_to_end", "tenure_months", "last_gap_days")
    }
    at["has_left"] = frame["has_left"].fillna(False).to_numpy(dtype=bool)
    return _chosen(contract_rule(at), len(frame))


def as_expression(rule: Rule) -> ir.StringValue:
    """The stage that a rule of Ibis columns comes to."""
    return ibis.cases(*((condition, stage) for stage, condition in rule), else_="core")


def _chosen(rule: Rule, n: int) -> NDArray[np.object_]:
    numbers = np.select(
        [condition for _stage, condition in rule],
        [LIFECYCLE.index(stage) for stage, _condition in rule],
        LIFECYCLE.index("core"),
    )
    return np.array(LIFECYCLE, dtype=object)[np.broadcast_to(numbers, n)]
