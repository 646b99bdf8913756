"""What was sold in all, returns taken off, and how much of it nobody is named for."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.customers.basis import Source, by_source
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import frame, rows
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "currency", "sale_lines", "sale_orders", "buying_customers", "net_revenue", "revenue_returned", "revenue_unnamed",
    "lines_unnamed",
)  # fmt: skip


def sales_totals(tables: Tables, filters: Filters) -> Question:
    """One row a currency, of all lines of orders (or won deals) until the as-of date: `COLUMNS`.

    The period bounds the day of the order. Lines that name no customer are in, unless a filter chooses among customers.
    Raises RequestProblem where nothing was sold one by one.
    """

    def build(source: Source) -> Question:
        if source.basis not in ("orders", "deals"):
            raise RequestProblem(
                say("Nothing here was sold order by order."),
                say("Add an export of orders, or deals with their close date."),
            )
        return Question({"totals": totals(tables, filters, source)}, _rows)

    return by_source(tables, filters, build)


def totals(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """The rows of `sales_totals`."""
    if source.basis == "deals":
        deals = tables.deals.filter(_.status == "won")
        each = deals.select("customer_id", "amount", "currency", number=_.deal_id, at=_.closed_at)
    else:
        each = tables.orders.select("customer_id", "amount", "currency", number=_.order_id, at=_.ordered_at)
    each = each.filter([each.at < ibis.timestamp(filters.now), *filters.period_bounds(each.at)])
    if filters.where:
        each = each.semi_join(who.chosen(who.customers(tables, filters), tables, filters), "customer_id")
    return each.group_by("currency").agg(
        sale_lines=_.count(),
        sale_orders=_.number.nunique(),
        buying_customers=_.customer_id.nunique(),
        net_revenue=_.amount.sum().fill_null(0.0),
        revenue_returned=(-_.amount).sum(where=_.amount < 0).fill_null(0.0),
        revenue_unnamed=_.amount.sum(where=_.customer_id.isnull()).fill_null(0.0),
        lines_unnamed=_.customer_id.isnull().sum(),
    )


def _rows(answers: Answers) -> pd.DataFrame:
    found = sorted(rows(answers["totals"]), key=lambda row: (-row["sale_lines"], str(row["currency"])))
    return frame(found, COLUMNS)
