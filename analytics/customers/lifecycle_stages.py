"""How many customers stand where on their way, and what they are worth."""

from __future__ import annotations

from functools import partial

import pandas as pd
from ibis import _

from analytics.customers import scores, who
from analytics.customers.scores import LIFECYCLE
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from data.tables import Tables

COLUMNS = (
    "lifecycle", "customers", "share_of_customers", "low", "high", "customers_all", "currency", "revenue_12m", "value",
    "value_at_risk",
)  # fmt: skip


def lifecycle_stages(
    tables: Tables, filters: Filters, by: Field | None = None, margin: float | None = None
) -> Question:
    """One row a stage and currency, with `by` also a group; a stage that nobody is in has one row. Columns: `COLUMNS`.

    `share_of_customers` is of all customers of the group, `customers_all`, with Wilson's 95% interval. `margin` turns value into
    profit.
    """
    found = scores.chosen(tables, filters)
    keys = ["lifecycle", "currency"]
    if by is not None:
        found = who.with_group(found, tables, filters, by)
        keys = ["group", *keys]
    part = 1.0 if margin is None else float(margin)
    counted = found.mutate(currency=_.currency.nullif("")).group_by(keys).agg(
        customers=_.count(),
        revenue_12m=_.revenue_12m.sum(),
        value=_.value.sum() * part,
        value_at_risk=_.value_at_risk.sum() * part,
    )  # fmt: skip
    return Question({"stages": counted}, partial(_stages, by=by))


def _stages(answers: Answers, by: Field | None) -> pd.DataFrame:
    counted = rows(answers["stages"])
    names = list(dict.fromkeys(row.get("group") for row in counted)) if by is not None else [None]
    found: list[Row] = []
    for name in sorted(names, key=lambda each: (each is None, each or "")):
        own = [row for row in counted if row.get("group") == name]
        everyone = sum(row["customers"] for row in own)
        for stage in LIFECYCLE:
            parts = [row for row in own if row["lifecycle"] == stage] or [{"lifecycle": stage, "customers": 0}]
            parts.sort(key=lambda row: (-row["customers"], str(row.get("currency"))))
            for row in parts:
                rate = share(row["customers"], everyone)
                low, high = wilson(rate, everyone)
                told = {"share_of_customers": rate, "low": low, "high": high, "customers_all": everyone}
                found.append({"group": name} | row | told)
    columns = COLUMNS if by is None else ("group", *COLUMNS)
    return frame(found, columns).rename(columns={} if by is None else {"group": by.name})
