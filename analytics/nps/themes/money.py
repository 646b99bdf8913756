"""What customers brought in the last twelve months, whatever the data tells it by; no model is needed."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import contracts, purchases
from analytics.customers.basis import Source
from analytics.customers.purchases import YEAR_DAYS
from analytics.filters import Filters
from data.tables import Tables


def revenue(tables: Tables, filters: Filters, source: Source | None) -> ir.Table | None:
    """One row a customer: `customer_id, currency, revenue_12m`, returns taken off; None where no file says what customers buy when."""
    if source is None or source.basis == "summary":
        return None
    if source.is_contract:
        return contracts.contracts(tables, filters, source).select("customer_id", "currency", "revenue_12m")
    bought = purchases.purchases(tables, filters, source)
    recent = bought.filter(ibis.date(filters.as_of).delta(bought.day, unit="day") < YEAR_DAYS)
    # Money of several currencies is never added: the customer's commonest one stands for it.
    each = recent.group_by("customer_id", "currency").agg(amount=_.amount.sum(), days=_.count())
    return each.group_by("customer_id").agg(
        currency=_.currency.argmax(_.days), revenue_12m=_.amount.argmax(_.days).fill_null(0.0)
    )
