"""What rests on customers who are detractors now, told without any model: what they bought in twelve months, and who they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import revenue, who
from analytics.customers.basis import Source, counts, source
from analytics.customers.revenue import Window
from analytics.filters import Filters
from analytics.nps.at_stake import NOW_DAYS, standing
from analytics.question import Answers, Question
from analytics.rows import frame, rows
from data.tables import Tables

COLUMNS = (
    "customer_id", "customer", "owner", "lowest_score", "answered_on", "detractors", "revenue_12m", "currency",
)  # fmt: skip
TOTAL_COLUMNS = ("currency", "customers", "revenue_12m")


def detractor_revenue(tables: Tables, filters: Filters) -> Question:
    """One row a currency: how many customers are detractors now (`nps.at_stake.standing`), and what they bought in the 365 days to
    the as-of date. Columns: `TOTAL_COLUMNS`; without money where nothing tells of any, and of customers who bought nothing."""

    def asked(basis: Source | None) -> ir.Table:
        found = _detractors(tables, filters, basis)
        told = found.group_by("currency").agg(customers=_.count(), revenue_12m=_.revenue_12m.sum())
        return told.order_by(_.currency.asc(nulls_first=False))

    return _by_basis(tables, filters, asked, TOTAL_COLUMNS)


def detractors_listed(tables: Tables, filters: Filters, most: int | None = None) -> Question:
    """One row a customer of those, with most revenue first, currency by currency. Columns: `COLUMNS`; `most` lists so many."""

    def asked(basis: Source | None) -> ir.Table:
        found = _detractors(tables, filters, basis)
        found = found.order_by(
            _.currency.asc(nulls_first=False), _.revenue_12m.desc(nulls_first=False), _.lowest_score, _.customer_id
        )
        found = found.select(*COLUMNS)
        return found if most is None else found.limit(most)

    return _by_basis(tables, filters, asked, COLUMNS)


def _by_basis(
    tables: Tables, filters: Filters, asked: Callable[[Source | None], ir.Table], columns: tuple[str, ...]
) -> Question:
    def further(answers: Answers) -> dict[str, ir.Table]:
        return {"found": asked(source(rows(answers["basis"])[0]))}

    def finish(answers: Answers) -> pd.DataFrame:
        return frame(rows(answers["found"]), columns)

    return Question({"basis": counts(tables, filters)}, finish, (further,))


def _detractors(tables: Tables, filters: Filters, basis: Source | None) -> ir.Table:
    """One row a customer that the filters leave and that is a detractor now: `COLUMNS`."""
    found = standing(tables, filters).filter(_.vote == -1)
    known = who.customers(tables, filters).select("customer_id", "customer", "owner")
    found = found.inner_join(known, "customer_id")
    if basis is None:
        return found.mutate(revenue_12m=ibis.null("float64"), currency=ibis.null("string"))
    year = Window(filters.as_of - timedelta(days=NOW_DAYS - 1), filters.as_of)
    sold = revenue.lines(tables, filters, basis, year).filter(_.customer_id.notnull())
    # Of a customer with several currencies the one with most counts: amounts are never added across.
    each = sold.group_by(sold_to=_.customer_id, money=_.currency).agg(bought=_.amount.sum())
    each = each.group_by("sold_to").agg(currency=_.money.argmax(_.bought.fill_null(0.0)), revenue_12m=_.bought.max())
    return found.left_join(each, [("customer_id", "sold_to")]).drop("sold_to")
