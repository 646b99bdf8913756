"""The scores of all customers: what is known of each, and what the models say of it.

Models are fitted on the whole workspace, once for a state of the data, an as-of date and the model settings; their scores are
kept beside the data. Filters select among them and never fit anything anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd

from analytics.customers import who
from analytics.filters import Filters
from data.messages import Message
from data.scores import name_of
from data.tables import Tables

# What changes when these scores are made otherwise than before: older files are then passed over.
VERSION = 6
# Columns for the uncertainty that customers share: the directions in which the models' parameters may be off.
SHIFTS = 8
_TEXT, _NUMBER, _DAY, _COUNT = "string", "float64", "date", "int64"

# What is known of a customer. Money is in its `currency`; unknown is null.
FACTS = {
    "customer_id": _TEXT, "customer": _TEXT, "owner": _TEXT, "owner_id": _TEXT, "segment": _TEXT, "currency": _TEXT,
    "created_on": _DAY,
    "first_on": _DAY, "last_on": _DAY,  # first and last purchase, or start and end of contracts
    "purchases": _COUNT,  # days of purchase; 0 for who never bought
    "days_since": _NUMBER,  # days since the last purchase
    "gap_days": _NUMBER,  # median days between its purchases
    "last_gap_days": _NUMBER,  # between its last two
    "revenue": _NUMBER, "revenue_12m": _NUMBER, "revenue_before_12m": _NUMBER, "returned": _NUMBER,
    "tenure_months": _NUMBER, "monthly_revenue": _NUMBER, "ends_on": _DAY,  # of contracts
    "last_contact_on": _DAY, "contact_gap_days": _NUMBER, "contact_days": _COUNT, "people_met": _COUNT, "contacts": _COUNT,
    "open_cases": _COUNT, "cases_12m": _COUNT, "last_case_on": _DAY,
    "last_score": _NUMBER, "score_before": _NUMBER, "last_answer_on": _DAY,
    "open_deals": _COUNT, "open_amount": _NUMBER,
    "repeat_purchases": _NUMBER, "recency_weeks": _NUMBER, "age_weeks": _NUMBER, "mean_repeat_value": _NUMBER,
    "mean_value": _NUMBER, "other_currencies": _COUNT,
}  # fmt: skip
# What the models say of it, over the horizon; money is revenue, discounted. Null where no model tells.
SCORED = {
    "lifecycle": _TEXT,  # one of LIFECYCLE
    "gap_limit_days": _NUMBER,  # silent for longer, it counts as lost (R3)
    "gap_warning_days": _NUMBER,  # silent for longer, it is defecting (R23)
    "alive": _NUMBER,  # chance that it is still a customer today
    "risk": _NUMBER, "risk_low": _NUMBER, "risk_high": _NUMBER,  # chance to have left by the end of the horizon; 80%
    "value": _NUMBER, "value_low": _NUMBER, "value_high": _NUMBER,  # if it stays; 80%
    "expected": _NUMBER,  # what to expect of it, leaving and all
    "value_at_risk": _NUMBER,  # value - expected; null for those lost
    "none_chance": _NUMBER,  # chance that nothing comes of it
    "likely_low": _NUMBER, "likely_high": _NUMBER,  # 80% range of what comes of it if anything does
    "variance": _NUMBER,  # of what comes of it, given the models
    "risk_variance": _NUMBER,  # of value_at_risk, given the models
    "raised_by": _TEXT,  # what raises the risk of a contract most: JSON rows of field, value, hazard ratio
    "tier": _TEXT,  # A: the customers with the first 80% of all value; B: the next 15%; C: the rest
    # Of contracts: the hazard of leaving against the average customer's, which of the report's `fitted` curves it follows, and
    # how much its logarithm moves along what all are unsure of together.
    "relative_hazard": _NUMBER, "curve": _COUNT, "hazard_shift_1": _NUMBER, "hazard_shift_2": _NUMBER,
    "recency_score": _COUNT, "frequency_score": _COUNT, "monetary_score": _COUNT, "rfm_segment": _TEXT,
} | {f"{of}_shift_{n}": _NUMBER for of in ("expected", "risk") for n in range(1, SHIFTS + 1)}  # fmt: skip
LIFECYCLE = ("potential", "first_time", "core", "returned", "defecting", "lost")
RFM_SEGMENTS = (
    "champions", "loyal", "promising", "new", "needs_attention", "at_risk", "cannot_lose", "hibernating",
)  # fmt: skip
PARTS = {"report": {"report": _TEXT}}

Progress = Callable[[float, Message], None]


class Keeper(Protocol):
    """Who runs expressions and keeps scores: `data.engine.Engine`."""

    def run(self, expression: ir.Expr) -> pd.DataFrame: ...
    def has_scores(self, name: str) -> bool: ...
    def keep_scores(
        self, name: str, expression: ir.Expr, beside: pd.DataFrame | None = None, key: str = ""
    ) -> None: ...
    def drop_scores(self, name: str) -> None: ...


def name(filters: Filters) -> str:
    """What the scores that stand on these choices are called."""
    return name_of(VERSION, filters.as_of, filters.time_zone, filters.models)


def every(filters: Filters) -> ir.Table:
    """The scores of all customers, whatever the filters: columns of `FACTS` and `SCORED`."""
    return ibis.table(FACTS | SCORED, name=name(filters))


def chosen(tables: Tables, filters: Filters) -> ir.Table:
    """The scores of the customers that the filters leave."""
    return who.chosen(every(filters), tables, filters)


def report_table(filters: Filters) -> ir.Table:
    """One row: `report`, what to say of the models, as JSON (`read_report`)."""
    return ibis.table(PARTS["report"], name=f"{name(filters)}_report")


def read_report(rows: pd.DataFrame) -> dict[str, Any]:
    """The report of the fit, from the row of `report_table`; see `analytics/customers/scoring.py` for what is in it.

    Where no model could be fitted it has `refused`, a dumped Message.
    """
    found: dict[str, Any] = json.loads(rows["report"].iloc[0])
    return found


def told(dumped: str | None) -> Message | None:
    """A sentence of the report."""
    return Message.parse(dumped) if dumped else None


def is_there(keeper: Keeper, filters: Filters) -> bool:
    """Whether the scores need not be made any more."""
    return keeper.has_scores(f"{name(filters)}_report")


def ensure(keeper: Keeper, tables: Tables, filters: Filters, progress: Progress = lambda share, what: None) -> None:
    """Make the scores, unless they are there. Raises RequestProblem where nothing tells of customers."""
    if is_there(keeper, filters):
        return
    from analytics.customers.scoring import score  # scikit-learn and SciPy are slow to load, and most calls find scores

    score(keeper, tables, replace(filters, since=None, until=None, where=(), pipeline=None, without=()), progress)


def keep_report(keeper: Keeper, filters: Filters, report: dict[str, Any]) -> None:
    """Keep what is said of the fit. It comes last: scores count once it is there."""
    written = json.dumps(report, ensure_ascii=False, allow_nan=False, default=_plain)
    row = ibis.literal(written).name("report").as_table()
    keeper.keep_scores(f"{name(filters)}_report", row)


def _plain(value: object) -> object:
    if isinstance(value, Message):
        return value.dump()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value)} has no place in a report")
