"""How long customers with contracts have been there, whether they have left, and what they pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers.basis import Source
from analytics.customers.purchases import YEAR_DAYS
from analytics.filters import Filters
from data.tables import Tables

DAYS_A_MONTH = 365.25 / 12
# A contract that ended may be signed again late: until then its customer is still one (R2).
GRACE_DAYS = 30


def contracts(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row a customer with contracts, as they stood at the as-of date.

    `customer_id, currency, first_on, last_on` (the day the last one ended; empty while one runs), `ends_on` (the day the running
    ones end, where that is known), `tenure_months, has_left, monthly_revenue` (of those running, else of the last), `revenue,
    revenue_12m, revenue_before_12m, last_gap_days` (without a contract before the latest one), `purchases` (contracts).
    """
    return _told(tables) if source.basis == "tenure" else _dated(tables, filters, source)


def _told(tables: Tables) -> ir.Table:
    """Where a file says of each customer how long it has been one. A number given twice counts as its longest."""
    known = tables.customers.filter(_.customer_id.notnull(), _.tenure_months >= 0, _.is_churned.notnull())
    each = known.group_by("customer_id").agg(
        tenure_months=_.tenure_months.max(), has_left=_.is_churned.any(), monthly_revenue=_.monthly_revenue.max()
    )
    months, paid = each.tenure_months, each.monthly_revenue.fill_null(0.0)

    def within(first: float, last: float) -> ir.FloatingValue:
        """Months of the tenure between so many and so many months ago, of a customer who is still there."""
        return ibis.least(months, last) - ibis.least(months, first)

    nothing = ibis.null("date")
    return each.select(
        "customer_id", "tenure_months", "has_left", "monthly_revenue",
        currency=ibis.literal(""), first_on=nothing, last_on=nothing, ends_on=nothing,
        revenue=paid * months,
        revenue_12m=paid * within(0.0, 12.0),
        revenue_before_12m=paid * within(12.0, 24.0),
        last_gap_days=ibis.null("float64"),
        purchases=ibis.literal(1, "int64"),
    )  # fmt: skip


def _dated(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """Where contracts have a first and a last day. Those that begin later are not there yet."""
    as_of = ibis.date(filters.as_of)
    known = tables.subscriptions.filter(
        _.customer_id.notnull(), _.started_on <= as_of, _.ended_on.isnull() | (_.ended_on >= _.started_on)
    )
    if source.several_currencies:
        commonest = known.group_by("customer_id").agg(commonest=_.currency.mode())
        known = known.inner_join(commonest, "customer_id").filter(_.currency.fill_null("") == _.commonest.fill_null(""))
    is_running = known.ended_on.isnull() | (known.ended_on >= as_of)
    until = is_running.ifelse(as_of, known.ended_on)
    paid = known.monthly_revenue.fill_null(0.0)

    def brought(first: int, last: int) -> ir.FloatingValue:
        """What a contract brought between so many and so many days ago."""
        began, ended = as_of.delta(known.started_on, unit="day"), as_of.delta(until, unit="day")
        days = ibis.least(began, last) - ibis.greatest(ended, first)
        return paid * ibis.greatest(days, 0) / DAYS_A_MONTH

    in_order = ibis.window(group_by="customer_id", order_by="started_on")
    each = known.mutate(
        is_running=is_running,
        until=until,
        brought=paid * ibis.greatest(until.delta(known.started_on, unit="day"), 0) / DAYS_A_MONTH,
        brought_12m=brought(0, YEAR_DAYS),
        brought_before=brought(YEAR_DAYS, 2 * YEAR_DAYS),
    )
    each = each.mutate(gap=each.started_on.delta(each.until.lag().over(in_order), unit="day"))
    summed = each.group_by("customer_id").agg(
        currency=_.currency.max().fill_null(""),
        first_on=_.started_on.min(),
        ended=_.until.max(),
        runs=_.is_running.any(),
        ends_on=_.ended_on.max(where=_.is_running),
        is_endless=(_.is_running & _.ended_on.isnull()).any(),
        # A price that nobody knows is not 0.
        running=_.monthly_revenue.sum(where=_.is_running),
        last_paid=_.monthly_revenue.argmax(_.until),
        revenue=_.brought.sum(),
        revenue_12m=_.brought_12m.sum(),
        revenue_before_12m=_.brought_before.sum(),
        last_gap_days=ibis.greatest(_.gap.argmax(_.started_on), 0).cast("float64"),
        purchases=_.count(),
    )
    silent = as_of.delta(summed.ended, unit="day")
    return summed.select(
        "customer_id", "currency", "first_on", "revenue", "revenue_12m", "revenue_before_12m", "last_gap_days", "purchases",
        last_on=summed.runs.ifelse(ibis.null("date"), summed.ended),
        ends_on=summed.is_endless.ifelse(ibis.null("date"), summed.ends_on),
        tenure_months=summed.ended.delta(summed.first_on, unit="day") / DAYS_A_MONTH,
        has_left=~summed.runs & (silent > GRACE_DAYS),
        monthly_revenue=summed.runs.ifelse(summed.running, summed.last_paid),
    )  # fmt: skip


def late_renewals(tables: Tables, filters: Filters) -> ir.Table:
    """One row: of the contracts that had ended more than `GRACE_DAYS` ago with none after them that day, how many were signed again within
    those days (`renewed`), for how many days these had none by then (`renewed_days`), and how many were not (`not_renewed`)."""
    known = tables.subscriptions.filter(
        _.customer_id.notnull(),
        _.started_on <= ibis.date(filters.as_of),
        _.ended_on.isnull() | (_.ended_on >= _.started_on),
    )
    so_far = ibis.cumulative_window(group_by="customer_id", order_by=["started_on", "subscription_id"])
    in_order = ibis.window(group_by="customer_id", order_by=["started_on", "subscription_id"])
    # One that has no last day runs on.
    each = known.mutate(until=_.ended_on.fill_null(ibis.date(filters.as_of))).mutate(
        ended=_.until.max().over(so_far), following=_.started_on.lead().over(in_order)
    )
    each = each.filter(_.ended < (ibis.date(filters.as_of) - ibis.interval(days=GRACE_DAYS)).cast("date"))
    days = each.following.delta(each.ended, unit="day")
    late = (days > 1) & (days <= GRACE_DAYS)
    return each.agg(
        renewed=late.sum().fill_null(0),
        renewed_days=(days - 1).sum(where=late).fill_null(0),
        not_renewed=(each.following.isnull() | (days > GRACE_DAYS)).sum().fill_null(0),
    )


def renewing(row: Mapping[str, Any]) -> float:
    """The chance that a customer whose last contract has just ended is still one, from the row of `late_renewals`: of the days that
    customers were without a contract for up to `GRACE_DAYS`, the part of those who then signed again (half a customer either way beside,
    Jeffreys' prior)."""
    back = float(row["renewed_days"]) / GRACE_DAYS
    return (back + 0.5) / (back + float(row["not_renewed"]) + 1.0)
