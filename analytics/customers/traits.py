"""What is known of a customer apart from what it buys now: the traits that could tell a good customer before it is one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers.basis import Source
from analytics.customers.contracts import DAYS_A_MONTH
from analytics.customers.purchases import DAYS_A_WEEK
from analytics.fields import Field
from analytics.filters import Filters
from data.messages import N_
from data.schema import SCHEMA
from data.tables import Tables

# Who looks after a customer, what it is called, and what follows from its having stayed or left are no traits of it.
_NO_TRAITS = frozenset(("owner", "owner_id", "customer_id", "customer_name", "is_churned"))
# Columns whose name says that they are made of the value itself.
_MADE_OF_VALUE = re.compile(
    r"\b(revenues?|amounts?|spend\w*|spent|turnover|values?|tiers?|ltv|clv|arr|mrr|acv|tcv|gmv|billings?|billed|purchas\w*|rfm)\b"
    r"|הכנס|מחזור|סכום|שווי|רכישות|קניות|הוצא",
    re.IGNORECASE,
)
SIZES = ((10, "1–9"), (50, "10–49"), (250, "50–249"), (1000, "250–999"))
LARGEST = "1000+"
EMPLOYEES = Field("customers", "employees", N_("Employees"), "employees")
FIRST_PRODUCT = Field("orders", "product", N_("First product bought"), "first_product")
FIRST_SOURCE = Field("deals", "source", N_("Source of the first deal"), "first_source")


def is_made_of_value(field: Field) -> bool:
    """Whether the name of a column says that it holds what is to be explained."""
    return bool(_MADE_OF_VALUE.search(re.sub(r"[_\W]+", " ", f"{field.label} {field.name}")))


def candidates(tables: Tables) -> list[Field]:
    """The fields of customers that could be traits, and `EMPLOYEES`, `FIRST_PRODUCT`, `FIRST_SOURCE`."""
    attributes = [header for header in tables.headers if header.table == "customers" and header.is_attribute]
    own = [
        Field("customers", column.name, column.label)
        for column in SCHEMA["customers"]
        if column.kind in ("category", "flag") and column.name not in _NO_TRAITS
    ]
    own += [Field("customers", header.column, header.header, header.header) for header in attributes]
    return [*own, EMPLOYEES, FIRST_PRODUCT, FIRST_SOURCE]


def attributes(fields: list[Field]) -> list[Field]:
    """Those of files that have no meaning of their own to us: they may hold numbers."""
    return [field for field in fields if field.table == "customers" and field.column.startswith("attr_")]


def with_traits(
    customers: ir.Table, tables: Tables, filters: Filters, source: Source, fields: Mapping[str, Field]
) -> ir.Table:
    """The rows with each field as text in the column it is called by in `fields`; unknown is null. They have `customer_id`."""
    listed = tables.customers.filter(_.customer_id.notnull())
    own = {name: field for name, field in fields.items() if field.table == "customers"}
    if own:
        told = {
            name: _size(listed.employees.max()) if field == EMPLOYEES else listed[field.column].cast("string").nullif("").max()
            for name, field in own.items()
        }  # fmt: skip
        customers = _joined(customers, listed.group_by("customer_id").agg(**told))
    for name, field in fields.items():
        if field == FIRST_PRODUCT:
            customers = _joined(customers, _first_product(tables, filters, source, name))
        elif field == FIRST_SOURCE:
            customers = _joined(customers, _first_source(tables, filters, name))
    return customers


def _joined(customers: ir.Table, told: ir.Table) -> ir.Table:
    return customers.left_join(told, "customer_id").drop("customer_id_right")


def _size(employees: ir.FloatingValue) -> ir.StringValue:
    return ibis.cases(
        (employees.isnull() | (employees <= 0), ibis.null("string")),
        *((employees < most, name) for most, name in SIZES),
        else_=LARGEST,
    )


def _first_product(tables: Tables, filters: Filters, source: Source, name: str) -> ir.Table:
    """The product of the first purchase with one; of several at once, the one that brought most."""
    now = ibis.timestamp(filters.now)
    if source.basis == "subscriptions":
        bought = tables.subscriptions.select(
            "customer_id", "product", at=_.started_on.cast("timestamp"), amount=_.monthly_revenue
        )
    elif source.basis == "deals":
        won = tables.deals.filter(_.status == "won")
        bought = won.select("customer_id", "product", "amount", at=_.closed_at)
    else:
        bought = tables.orders.filter(_.amount > 0).select("customer_id", "product", "amount", at=_.ordered_at)
    bought = bought.mutate(product=_.product.cast("string").nullif(""))
    bought = bought.filter(_.customer_id.notnull(), _.product.notnull(), _.at < now)
    first = ibis.window(group_by="customer_id", order_by=[_.at, _.amount.desc(nulls_first=False), _.product])
    return bought.mutate(place=ibis.row_number().over(first)).filter(_.place == 0).select(
        "customer_id", **{name: _.product}
    )  # fmt: skip


def _first_source(tables: Tables, filters: Filters, name: str) -> ir.Table:
    """Where the first deal with a source came from."""
    deals = tables.deals.mutate(source=_.source.cast("string").nullif(""))
    known = deals.filter(_.customer_id.notnull(), _.source.notnull(), _.created_at < ibis.timestamp(filters.now))
    return known.group_by("customer_id").agg(**{name: _.source.argmin(_.created_at)})


def known_days(table: ir.Table, filters: Filters) -> ir.FloatingValue:
    """Since how many days a customer of the scores has been one."""
    since = ibis.date(filters.as_of).delta(table.first_on, unit="day").cast("float64")
    return since.coalesce(table.age_weeks * DAYS_A_WEEK, table.tenure_months * DAYS_A_MONTH)
