"""The segments that recency, frequency and money make of customers, and the grid of scores behind them (R9)."""

from __future__ import annotations

from functools import partial

import pandas as pd
from ibis import _

from analytics.customers import scores
from analytics.customers.scores import RFM_SEGMENTS
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from data.tables import Tables

COLUMNS = (
    "rfm_segment", "customers", "share_of_customers", "low", "high", "customers_all", "revenue_12m", "median_days_since",
    "mean_purchases", "value", "value_at_risk", "currency",
)  # fmt: skip
CELL_COLUMNS = ("recency_score", "frequency_score", "customers", "revenue_12m", "revenue_all", "currency")


def rfm(tables: Tables, filters: Filters, margin: float | None = None) -> Question:
    """One row a segment and currency, of customers who ever bought; a segment that nobody is in has one row. Columns: `COLUMNS`.

    `share_of_customers` is of all who ever bought, `customers_all`, with Wilson's 95% interval. No row where purchases have no
    dates, as with contracts. `margin` turns value into profit.
    """
    part = 1.0 if margin is None else float(margin)
    found = scores.chosen(tables, filters).filter(_.rfm_segment.notnull())
    counted = found.mutate(currency=_.currency.nullif("")).group_by("rfm_segment", "currency").agg(
        customers=_.count(),
        revenue_12m=_.revenue_12m.sum(),
        median_days_since=_.days_since.median(),
        mean_purchases=_.purchases.mean(),
        value=_.value.sum() * part,
        value_at_risk=_.value_at_risk.sum() * part,
    )  # fmt: skip
    return Question({"segments": counted}, partial(_segments))


def rfm_cells(tables: Tables, filters: Filters) -> Question:
    """One row a pair of recency and frequency scores and currency. Columns: `CELL_COLUMNS`; `revenue_all` is that of the whole history."""
    found = scores.chosen(tables, filters).filter(_.rfm_segment.notnull()).mutate(currency=_.currency.nullif(""))
    cells = found.group_by("recency_score", "frequency_score", "currency").agg(
        customers=_.count(), revenue_12m=_.revenue_12m.sum(), revenue_all=_.revenue.sum()
    )
    ordered = cells.order_by(_.recency_score.desc(), _.frequency_score, _.currency)
    return Question({"cells": ordered}, lambda answers: frame(rows(answers["cells"]), CELL_COLUMNS))


def _segments(answers: Answers) -> pd.DataFrame:
    counted = rows(answers["segments"])
    everyone = sum(row["customers"] for row in counted)
    found: list[Row] = []
    for segment in RFM_SEGMENTS if everyone else ():
        own = [row for row in counted if row["rfm_segment"] == segment] or [{"rfm_segment": segment, "customers": 0}]
        for row in sorted(own, key=lambda each: (-each["customers"], str(each.get("currency")))):
            rate = share(row["customers"], everyone)
            low, high = wilson(rate, everyone)
            found.append(row | {"share_of_customers": rate, "low": low, "high": high, "customers_all": everyone})
    return frame(found, COLUMNS)
