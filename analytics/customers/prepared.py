"""Customers and purchases as a fit works with them: made once, with numbers in the place of the customers' own ids.

Nearly all of a fit's time would go into telling texts apart, and into merging the orders of a day again for each question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

if TYPE_CHECKING:
    from analytics.customers.basis import Source

# The bases whose purchases are prepared.
_NUMBERED = ("orders", "deals")
_CUSTOMERS = {
    "customer_id": "string", "customer": "string", "owner": "string", "owner_id": "string", "segment": "string",
    "created_on": "date", "number": "int32",
}  # fmt: skip
_PURCHASES = {
    "customer_id": "int32", "currency": "string", "day": "date", "amount": "float64", "returned": "float64", "is_other": "boolean",
    "previous": "date", "following": "date", "place": "int32",
}  # fmt: skip


def name_of_customers(name: str) -> str:
    """The part of the scores `name` that holds the prepared customers."""
    return f"{name}_who"


def name_of_purchases(name: str) -> str:
    return f"{name}_bought"


def numbered(customers: ir.Table) -> ir.Table:
    """Customers with a `number` each, the same for the same customers, to be kept as `name_of_customers`."""
    return customers.mutate(number=ibis.row_number().over(ibis.window(order_by="customer_id")).cast("int32"))


def renumbered(lines: ir.Table, name: str) -> ir.Table:
    """Lines of orders by the customers' numbers."""
    who = every_customer(name).select("number", known="customer_id")
    return lines.inner_join(who, [("customer_id", "known")]).drop("customer_id", "known").rename(customer_id="number")


def every_customer(name: str) -> ir.Table:
    """The prepared customers, by their own ids, each with its `number`."""
    return ibis.table(_CUSTOMERS, name=name_of_customers(name))


def customers(source: Source) -> ir.Table:
    """The prepared customers: by number where their purchases are, else by their own ids."""
    every = every_customer(source.prepared)
    if source.basis not in _NUMBERED:
        return every.drop("number")
    return every.drop("customer_id").rename(customer_id="number")


def purchases(source: Source) -> ir.Table:
    """The prepared purchases, by number: the columns of `purchases.in_order`."""
    return ibis.table(_PURCHASES, name=name_of_purchases(source.prepared))
