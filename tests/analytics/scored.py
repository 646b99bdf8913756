"""Scores of customers written by hand, for tests of what is told from them."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from analytics.customers import lifecycle_months, scores
from analytics.customers.scores import FACTS, SCORED
from analytics.customers.thresholds import LEVELS, Thresholds
from analytics.filters import Filters
from data.engine import Engine

AS_OF = date(2026, 6, 30)
# What is so of a customer unless a test says otherwise.
USUAL: dict[str, Any] = {
    "currency": "USD", "purchases": 5, "lifecycle": "core", "people_met": 0, "contacts": 0, "contact_days": 0, "open_cases": 0,
    "cases_12m": 0, "open_deals": 0, "open_amount": 0.0, "other_currencies": 0, "variance": 0.0, "risk_variance": 0.0,
    **{name: 0.0 for name in SCORED if "_shift_" in name},
}  # fmt: skip
_COLUMNS = FACTS | SCORED
# After so many silent days, for 80, 90, 95 and 75% of the gaps, whoever it is.
THRESHOLDS = Thresholds(LEVELS, 120.0, (None,) * 4, *((100.0, 150.0, 200.0, 80.0),) * 2, {})


def scored(*customers: dict[str, Any], filters: Filters | None = None, **tables: Any) -> Engine:
    """An engine in memory that has these customers, and their scores as the default filters ask for them at `AS_OF`.

    A customer has columns of `FACTS` and `SCORED`; `customer_id` and `customer` are made where they are missing, and
    `expected` and `value_at_risk` where there is a value and a risk: what is expected is value less risk x value.
    """
    made = [_whole(number, row) for number, row in enumerate(customers, 1)]
    known = pd.DataFrame(
        [
            {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row.get("owner")}
            for row in made
        ]
    )
    listed = {"customers": known.astype("str").where(known.notna(), None)} if made else {}
    engine = Engine.in_memory(listed | tables)
    keep(engine, filters or Filters(AS_OF), made)
    return engine


def keep(engine: Engine, filters: Filters, customers: list[dict[str, Any]], **report: Any) -> None:
    """Keep the scores of customers that the table of customers has, and a report of the fit."""
    made = [_whole(number, row) for number, row in enumerate(customers, 1)]
    raw = pd.DataFrame({name: _typed([row.get(name) for row in made], kind) for name, kind in _COLUMNS.items()})
    name = scores.name(filters)
    ids = engine.tables.customers.select("customer_id")
    engine.keep_scores(f"{name}_raw", ids, raw, "customer_id")
    kinds = {column: "timestamp" if kind == "date" else kind for column, kind in _COLUMNS.items()}
    kept = ibis.table(kinds, name=f"{name}_raw")
    engine.keep_scores(name, kept.select(**{column: kept[column].cast(kind) for column, kind in _COLUMNS.items()}))
    engine.drop_scores(f"{name}_raw")
    told = {
        "basis": "orders",
        "customers": len(made),
        "refused": None,
        "model": "mbg_nbd",
        "thresholds": THRESHOLDS.written(),
    }
    if (told | report)["basis"] in lifecycle_months.DATED:
        engine.keep_scores(f"{name}_months", _months(scores.every(filters)))
    scores.keep_report(engine, filters, told | report)


def _months(every: ir.Table) -> ir.Table:
    """Every customer where it stands now, for all of the year, and with what it brought in it."""
    letter = ibis.cases(
        *((every.lifecycle == stage, own) for stage, own in lifecycle_months.LETTERS.items()), else_="."
    )
    brought = every.revenue_12m.fill_null(0.0)
    return every.select(
        "customer_id", "owner", "owner_id", "currency", path=letter.repeat(lifecycle_months.MONTHS + 1),
        **{name: brought for name in lifecycle_months.COLUMNS if name.startswith("revenue_")},
    )  # fmt: skip


def _whole(number: int, row: dict[str, Any]) -> dict[str, Any]:
    whole = {"customer_id": f"C{number:03}"} | USUAL | row
    whole.setdefault("customer", f"Customer {whole['customer_id']}")
    value, risk = whole.get("value"), whole.get("risk")
    if value is not None and risk is not None:
        whole.setdefault("value_at_risk", value * risk)
        whole.setdefault("expected", value * (1 - risk))
        for name, given in (("value", value), ("risk", risk)):
            whole.setdefault(f"{name}_low", given)
            whole.setdefault(f"{name}_high", given)
    return whole


def _typed(values: list[Any], kind: str) -> pd.Series:
    if kind == "date":
        return pd.to_datetime(pd.Series(values, dtype=object))
    return pd.Series(values, dtype={"string": "str", "float64": "float64", "int64": "Int64"}[kind])
