"""How many customers came, by month, as the simulation counts them."""

from __future__ import annotations

import math
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers import scores
from analytics.filters import Filters
from analytics.rows import rows, whole
from analytics.what_if.base_models import DAYS_A_MONTH
from data.tables import Tables
from ui import session


def came_by_month(currency: str, months: int) -> pd.DataFrame:
    """One row for each of the last `months`, the oldest first: `month` (its first day) and `new_customers`, whose first purchase
    or contract was in it. Months are of equal length and end on the as-of date."""
    found = session.run(session.expression(_by_month, currency=currency, months=months))
    counts = np.zeros(months, dtype=int)
    for row in rows(found):
        counts[whole(row["ago"])] = whole(row["new_customers"])
    as_of = session.filters().as_of
    ago = range(months - 1, -1, -1)
    return pd.DataFrame({
        "month": [as_of - timedelta(days=math.floor((each + 1) * DAYS_A_MONTH) - 1) for each in ago],
        "new_customers": [int(counts[each]) for each in ago],
    })  # fmt: skip


def came_sql(currency: str, months: int) -> str:
    """The query behind `came_by_month`."""
    return session.readable_sql(session.expression(_by_month, currency=currency, months=months))


def _by_month(tables: Tables, filters: Filters, currency: str, months: int) -> ir.Table:
    came = scores.chosen(tables, filters).filter(
        _.currency.fill_null("") == currency, _.lifecycle != "potential", _.first_on.notnull()
    )
    days = ibis.date(filters.as_of).delta(came.first_on, unit="day")
    came = came.mutate(ago=(days / DAYS_A_MONTH).floor().cast("int64"))
    return came.filter(_.ago >= 0, _.ago < months).group_by("ago").agg(new_customers=_.count()).order_by("ago")
