"""The customers behind a number: those of a stage, of an RFM segment, of a cell of its grid."""

from __future__ import annotations

import ibis.expr.types as ir
from ibis import _

from analytics.customers import scores
from analytics.filters import Filters
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "lifecycle", "rfm_segment", "last_on", "days_since", "purchases", "revenue_12m",
    "revenue", "value", "risk", "value_at_risk", "open_deals", "open_amount", "currency",
)  # fmt: skip


def members(
    tables: Tables,
    filters: Filters,
    lifecycle: str = "",
    segment: str = "",
    cell: tuple[int, int] | None = None,
    margin: float | None = None,
) -> ir.Table:
    """Columns: `COLUMNS`; those with most at risk first, then what they brought. `cell` is a recency and a frequency score."""
    found = scores.chosen(tables, filters)
    if lifecycle:
        found = found.filter(_.lifecycle == lifecycle)
    if segment:
        found = found.filter(_.rfm_segment == segment)
    if cell is not None:
        found = found.filter(_.recency_score == cell[0], _.frequency_score == cell[1])
    part = 1.0 if margin is None else float(margin)
    told = found.mutate(value=_.value * part, value_at_risk=_.value_at_risk * part)
    return told.order_by(
        _.value_at_risk.desc(nulls_first=False), _.revenue.desc(nulls_first=False), _.open_amount.desc(nulls_first=False),
        _.customer_id,
    ).select(*COLUMNS)  # fmt: skip
