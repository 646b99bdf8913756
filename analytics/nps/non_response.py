"""Whether those who answer differ from those who were asked and do not, in what is known of both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.customers import scores
from analytics.fields import find, with_value
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.invitations import invitations
from analytics.question import Question
from analytics.rows import Row, frame, with_q_values
from data.tables import Tables

COLUMNS = (
    "known_of", "level", "asked_answered", "asked_silent", "mean_answered", "mean_silent",
    "standardised", "standardised_low", "standardised_high", "p_value", "q_value", "tests",
)  # fmt: skip
# Amounts, shares of flags, and what has groups.
NUMBERS = ("revenue_12m", "months_known", "days_since_contact")
FLAGS = ("has_open_case", "has_left")
GROUPS = ("segment", "region", "lifecycle", "owner")
LOST = "lost"
MONTH_DAYS = 365.25 / 12
# With more customers than that, so many of them tell of all.
MOST_CUSTOMERS = 20_000
Floats = NDArray[np.float64]


def non_response(tables: Tables, filters: Filters) -> Question:
    """One row a fact known of customers, or a value of it (`level`): those asked who answered against those who did not.

    Columns: `COLUMNS`. The scores must be there. Counted are invitations that arrived, sent at least 30 days ago to a known
    customer; what is known of customers is so at the as-of date. The standardised difference is in standard deviations (Austin
    2009); its 95% interval takes the invitations of one customer together. Without 30 customers on either side there is no test.
    """
    return Question({"asked": asked(tables, filters)}, lambda told: _compared(told["asked"]))


def asked(tables: Tables, filters: Filters, late_after: float | None = None) -> ir.Table:
    """One row a customer asked: `settled` and `answered` invitations, `votes` (the sum of the votes of those answers), with
    `late_after` also `late` and `late_votes` of those that came so many days after asking or later, and what is known of it:
    `NUMBERS`, `FLAGS`, `GROUPS`."""
    sent = invitations(tables, filters).filter(_.arrived, _.is_settled, _.customer_id.notnull())
    is_late = (sent.days_to_answer >= late_after) if late_after is not None else ibis.literal(False)
    each = sent.mutate(is_late=is_late.fill_null(False)).group_by("customer_id").agg(
        settled=_.count(), answered=_.response_id.count(), votes=_.vote.sum().fill_null(0),
        late=_.is_late.sum(), late_votes=_.vote.sum(where=_.is_late).fill_null(0),
    )  # fmt: skip
    as_of = ibis.date(filters.as_of)
    known = scores.every(filters)
    known = with_value(known, tables, find("region", tables, "customers"), "region", "deals", filters.time_zone)
    known = known.select(
        "customer_id", "revenue_12m", "segment", "region", "lifecycle", "owner",
        months_known=_.tenure_months.coalesce(as_of.delta(known.first_on, unit="day") / MONTH_DAYS),
        days_since_contact=as_of.delta(known.last_contact_on, unit="day").cast("float64"),
        has_open_case=(_.open_cases > 0).cast("float64"),
        has_left=(_.lifecycle == LOST).cast("float64"),
    )  # fmt: skip
    found = each.inner_join(known, "customer_id")
    found = found.select("customer_id", *each.columns[1:], *NUMBERS, *FLAGS, *GROUPS)
    return found.order_by(found.customer_id.hash(), "customer_id").limit(MOST_CUSTOMERS)


def _compared(told: pd.DataFrame) -> pd.DataFrame:
    answered = told["answered"].to_numpy(dtype=float)
    silent = told["settled"].to_numpy(dtype=float) - answered
    made: list[Row] = []
    for name in (*NUMBERS, *FLAGS):
        values = pd.to_numeric(told[name]).to_numpy(dtype=float)
        known = ~np.isnan(values)
        made.append({"known_of": name} | difference(values[known], answered[known], silent[known]))
    for name in GROUPS:
        levels = told[name].astype(object).where(told[name].notna(), None)
        weights = pd.Series(answered + silent).groupby(levels.to_numpy(), dropna=False).sum()
        for level in weights.sort_values(ascending=False, kind="stable").index:
            own = None if pd.isna(level) else level
            # Nothing to compare where nobody has a value; who is lost is told of as `has_left`.
            if (own is None and len(weights) == 1) or (name == "lifecycle" and own == LOST):
                continue
            is_own = (levels.isna() if own is None else levels == own).to_numpy(dtype=float)
            made.append({"known_of": name, "level": own} | difference(is_own, answered, silent))
    made = [row for row in made if row["asked_answered"] or row["asked_silent"]]
    p_values = [row.pop("p") for row in made]
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
    return frame(made, COLUMNS)


def difference(values: Floats, answered: Floats, silent: Floats) -> Row:
    """The mean over answered invitations against that over unanswered ones, of customers with so many of either.

    The error is that of two ratios over the same customers, linearised (Cochran 1977, 6.4).
    """
    n, m = float(answered.sum()), float(silent.sum())
    row: Row = {"asked_answered": int(n), "asked_silent": int(m), "p": None}
    if not n or not m:
        return row
    mean, other = float(answered @ values / n), float(silent @ values / m)
    row |= {"mean_answered": mean, "mean_silent": other}
    spread = float(answered @ (values - mean) ** 2 / n + silent @ (values - other) ** 2 / m) / 2
    if spread <= 0:
        return row
    scale = math.sqrt(spread)
    each = answered / n * (values - mean) - silent / m * (values - other)
    error = math.sqrt(float(each @ each)) / scale
    standardised = (mean - other) / scale
    row |= {"standardised": standardised}
    sides = min(int((answered > 0).sum()), int((silent > 0).sum()))
    if sides >= 2 and error > 0:
        row |= {"standardised_low": standardised - Z * error, "standardised_high": standardised + Z * error}
    if sides >= LEAST_TESTED and error > 0:
        row["p"] = normal_p(standardised / error)
    return row


def traits(told: pd.DataFrame, least: int = LEAST_TESTED) -> tuple[Floats, Sequence[str]]:
    """What is known of customers as numbers on one scale, a column a fact or a value that at least so many invitations have."""
    columns: list[Floats] = []
    names: list[str] = []
    weights = told["settled"].to_numpy(dtype=float)
    for name in (*NUMBERS, *FLAGS):
        values = pd.to_numeric(told[name]).to_numpy(dtype=float)
        missing = np.isnan(values)
        values = np.log1p(np.maximum(values, 0.0)) if name in NUMBERS else values
        if not missing.all():
            filled = np.where(missing, np.nanmean(values), values)
            if filled.std() > 0:
                columns.append((filled - filled.mean()) / filled.std())
                names.append(name)
        if missing.any() and not missing.all():
            columns.append(missing.astype(float))
            names.append(f"{name}=")
    for name in GROUPS:
        levels = told[name].astype(object).where(told[name].notna(), "")
        sizes = pd.Series(weights).groupby(levels.to_numpy()).sum().sort_values(ascending=False, kind="stable")
        for level in sizes[sizes >= least].index[1:]:  # the largest is what the others are held against
            columns.append((levels == level).to_numpy(dtype=float))
            names.append(f"{name}={level}")
    return (np.column_stack(columns) if columns else np.zeros((len(told), 0))), names
