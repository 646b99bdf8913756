"""What is known of each customer, in one row: the columns `FACTS` of the scores."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from analytics.customers import contacts, prepared
from analytics.customers.basis import Source
from analytics.customers.contracts import contracts
from analytics.customers.purchases import histories
from analytics.customers.scores import FACTS
from analytics.filters import Filters
from data.tables import Tables

# What there is none of where nothing is on record.
_COUNTED = (
    "purchases", "contact_days", "people_met", "contacts", "open_cases", "cases_12m", "open_deals", "open_amount", "other_currencies",
)  # fmt: skip


def facts(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row a customer known at the as-of date, with the columns of `FACTS`, and `has_left` for customers with contracts.

    Customers, and the purchases of those who buy freely, are `prepared`.
    """
    found = prepared.every_customer(source.prepared)
    if source.basis in ("orders", "deals"):
        told = histories(tables, filters, source).rename(of="customer_id")
        found = found.left_join(told, [("number", "of")])
    else:
        told = contracts(tables, filters, source) if source.is_contract else histories(tables, filters, source)
        found = found.left_join(told, "customer_id").drop("customer_id_right")
    parts = (
        contacts.contact(tables, filters), contacts.people(tables), contacts.cases(tables, filters),
        contacts.answers(tables, filters), contacts.open_deals(tables, filters),
    )  # fmt: skip
    for part in parts:
        found = found.left_join(part, "customer_id").drop("customer_id_right")
    columns = {}
    for name, kind in FACTS.items():
        value = found[name].cast(kind) if name in found.columns else ibis.null(kind)
        columns[name] = value.fill_null(ibis.literal(0).cast(kind)) if name in _COUNTED else value
    left = found.has_left.fill_null(False) if "has_left" in found.columns else ibis.literal(False)
    return found.select(**columns, has_left=left)
