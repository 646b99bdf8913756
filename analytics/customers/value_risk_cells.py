"""All customers as a few hundred squares of value and risk: what a chart of any number of them is drawn from."""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers.value_risk import PLAIN, Lines, placed
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import frame, rows, whole
from data.tables import Tables

CELL_COLUMNS = (
    "across",
    "up",
    "quadrant",
    "customers",
    "value_mid",
    "risk_mid",
    "value_at_risk",
    "uncertain_customers",
)
# Squares: so many to a tenfold value, from so small a one on, and so many from no risk to all.
_A_DECADE, _RISKS = 6, 16
_SMALLEST = 1e-3


def quadrant_cells(tables: Tables, filters: Filters, lines: Lines = PLAIN, currency: str | None = None) -> Question:
    """One row a square with customers in it. Columns: `CELL_COLUMNS`.

    A square is `across` (sixths of a tenfold value), `up` (sixteenths of risk) and quadrant, so that no square lies on both
    sides of a line; `value_mid, risk_mid` is where its customers lie on average (of values the geometric mean). Values run
    over ten powers of ten at most in practice, so a million customers are at most a few hundred squares.
    """
    inside = _with_cell(placed(tables, filters, lines, is_narrow=True).filter(_.quadrant.notnull()))
    if currency is not None:
        inside = inside.filter(_.currency == currency)
    cells = inside.group_by("across", "up", "quadrant").agg(
        customers=_.count(),
        log_value=_.log_value.mean(),
        risk_mid=_.risk.mean(),
        value_at_risk=_.value_at_risk.sum(),
        uncertain_customers=_.uncertain.sum(),
    )
    return Question({"cells": cells.order_by("across", "up", "quadrant")}, _finished)


def in_cells(found: ir.Table, cells: tuple[tuple[int, int, str], ...], ids: tuple[str, ...] = ()) -> ir.Table:
    """The customers in these squares, and those with these numbers."""
    named = _with_cell(found)
    key = named.across.cast("string") + "|" + named.up.cast("string") + "|" + named.quadrant
    kept = [f"{across}|{up}|{quadrant}" for across, up, quadrant in cells]
    is_in = key.isin(kept).fill_null(False) if kept else ibis.literal(False)
    is_named = named.customer_id.isin(ids) if ids else ibis.literal(False)
    return named.filter(is_in | is_named).drop("across", "up", "log_value")


def cell_of(value: float, risk: float, quadrant: str) -> tuple[int, int, str]:
    """The square of one customer."""
    across = math.floor(math.log10(max(value, _SMALLEST)) * _A_DECADE)
    return across, min(math.floor(risk * _RISKS), _RISKS - 1), quadrant


def _with_cell(found: ir.Table) -> ir.Table:
    log_value = ibis.greatest(found.value, _SMALLEST).log10()
    return found.mutate(
        log_value=log_value,
        across=(log_value * _A_DECADE).floor().cast("int64"),
        up=ibis.least((found.risk * _RISKS).floor(), _RISKS - 1).cast("int64"),
    )


def _finished(answers: Answers) -> pd.DataFrame:
    told = rows(answers["cells"])
    for row in told:
        row["value_mid"] = 10 ** row["log_value"]
        row["customers"], row["uncertain_customers"] = whole(row["customers"]), whole(row["uncertain_customers"])
    return frame(told, CELL_COLUMNS)
