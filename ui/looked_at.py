"""Which days figures are about where the reader has chosen none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from analytics.filters import Filters
from analytics.summary import span, usual_period
from ui import session


def looked_at(is_all: bool = False) -> tuple[Filters, Filters]:
    """The filters of the figures, and the first of them whose time before is whole: its as-of date is when data begin.

    With `is_all` the figures are about all the time, where the reader has chosen no period; else about the usual one.
    """
    filters = session.filters()
    known = session.run(span(session.tables(), filters)).iloc[0]
    if pd.isna(known["first"]):
        return filters, filters
    lasting = 0 if pd.isna(known["days"]) else round(known["days"])
    settled = replace(filters, as_of=known["first"].date() + timedelta(days=lasting))
    usual = usual_period(settled.as_of, filters.as_of)
    if filters.has_period or is_all or usual is None:
        return filters, settled
    return replace(filters, since=usual[0], until=usual[1]), settled
