"""Every customer there is, with name and owner; and which of them the reader's filters leave."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import prepared
from analytics.customers.basis import Source
from analytics.fields import Field, with_value
from analytics.filters import Filters, is_chosen
from data.tables import Tables

# Tables whose rows name customers, with the day from which they do.
_NAMING = {"orders": "ordered_at", "deals": "created_at", "subscriptions": "started_on"}


def customers(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer known at the as-of date: `customer_id, customer, owner, owner_id, segment, created_on`.

    The owner is the customer's own, else that of its latest deal; one that no file of customers has is called as its orders,
    contracts or deals call it.
    """
    now = ibis.timestamp(filters.now)
    listed = tables.customers.filter(_.customer_id.notnull(), (_.created_at < now) | _.created_at.isnull())
    listed = listed.group_by("customer_id").agg(
        name=_.customer_name.max(), own=_.owner.max(), own_id=_.owner_id.max(), segment=_.segment.max(),
        created_on=_.created_at.min().date(),
    )  # fmt: skip
    named = None
    for table, since in _NAMING.items():
        moment = tables[table][since]
        rows = tables[table].filter(_.customer_id.notnull(), (moment.cast("timestamp") < now) | moment.isnull())
        # To find those that no file of customers has is quicker than to tell apart all that are named.
        each = rows.anti_join(listed, "customer_id").group_by("customer_id").agg(called=_.customer.max())
        named = each if named is None else named.union(each)
    assert named is not None
    unlisted = named.group_by("customer_id").agg(name=_.called.max())
    deals = tables.deals.filter(_.customer_id.notnull(), (_.created_at < now) | _.created_at.isnull())
    latest = deals.group_by("customer_id").agg(
        last_owner=_.owner.argmax(_.created_at), last_owner_id=_.owner_id.argmax(_.created_at)
    )
    nothing = {"own": "string", "own_id": "string", "segment": "string", "created_on": "date"}
    unlisted = unlisted.mutate(**{column: ibis.null(kind) for column, kind in nothing.items()})
    columns = ("customer_id", "name", *nothing)
    every = listed.select(*columns).union(unlisted.select(*columns))
    every = every.left_join(latest, "customer_id", rname="of_deal_{name}")
    every = every.drop("of_deal_customer_id")
    has_own = every.own.notnull() | every.own_id.notnull()
    owner = has_own.ifelse(every.own, every.last_owner)
    owner_id = has_own.ifelse(every.own_id, every.last_owner_id)
    every = every.mutate(owned_by=owner, owned_by_id=owner_id)
    by_name = (
        tables.people.filter(_.person_name.notnull()).group_by(owner_name=_.person_name).agg(number=_.person_id.max())
    )
    every = every.left_join(by_name, [("owned_by", "owner_name")])
    return every.select(
        "customer_id",
        customer=_.name.coalesce(_.customer_id),
        owner=_.owned_by.coalesce(_.owned_by_id),
        owner_id=_.owned_by_id.coalesce(_.number),
        segment=_.segment.nullif(""),
        created_on=_.created_on,
    )


def known(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """The same during a fit, where `customer_id` is that of the prepared purchases."""
    return prepared.customers(source) if source.prepared else customers(tables, filters)


def reaches(field: Field) -> bool:
    """Whether a filter by this field says anything of customers: fields of theirs, and of who looks after them."""
    return field.table in ("customers", "people") or of_customer(field) != field


def of_customer(field: Field) -> Field:
    """The same said of the customer: the owner of deals is, here, who looks after the customer."""
    if field.table == "deals" and not field.band and field.column in ("owner", "owner_id", "customer_id"):
        return replace(field, table="customers")
    return field


def chosen(rows: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """The rows whose customer the filters leave. They have `customer_id`, `owner` and `owner_id` as `customers` gives them."""
    for found, values in filters.chosen_values().items():
        field = of_customer(found)
        if not reaches(found):
            continue
        if field.table == "customers" and field.column in ("owner", "owner_id", "customer_id"):
            rows = rows.filter(is_chosen(rows, tables, field, values, filters.time_zone, "customers"))
        else:
            rows = rows.filter(is_chosen(rows, tables, field, values, filters.time_zone, "deals"))
    return rows


def with_group(rows: ir.Table, tables: Tables, filters: Filters, by: Field) -> ir.Table:
    """The rows with the value of a field of the customer, or of its owner, in a new column `group`."""
    field = of_customer(by)
    near = "customers" if field.table == "customers" and field.column in rows.columns else "deals"
    return with_value(rows, tables, field, "group", near, filters.time_zone)


def values(tables: Tables, filters: Filters, field: Field) -> ir.Table:
    """The values of a field among customers: `value` (null where there is none) and `customers`, the commonest first."""
    grouped = with_group(customers(tables, filters), tables, filters, field)
    return (
        grouped.group_by(value=grouped.group)
        .agg(customers=_.count())
        .order_by(_.customers.desc(), _.value.asc(nulls_first=False))
    )
