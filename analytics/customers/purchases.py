"""What customers bought and when, with same-day orders merged and returns netted, and what of it models need."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import prepared
from analytics.customers.basis import Source
from analytics.filters import Filters
from analytics.rows import in_zone
from data.tables import Tables

DAYS_A_WEEK = 7
YEAR_DAYS = 365


def lines(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """What was bought or returned until the as-of date: `customer_id, day, amount, currency`; amounts may be unknown."""
    now = ibis.timestamp(filters.now)
    if source.basis == "deals":
        deals = tables.deals.filter(_.status == "won", _.customer_id.notnull(), _.closed_at < now)
        return deals.select(
            "customer_id", "amount", day=in_zone(deals.closed_at, filters.time_zone).date(), currency=_.currency.fill_null("")
        )  # fmt: skip
    orders = tables.orders.filter(_.customer_id.notnull(), _.ordered_at < now)
    return orders.select(
        "customer_id", "amount", day=in_zone(orders.ordered_at, filters.time_zone).date(), currency=_.currency.fill_null("")
    )  # fmt: skip


def purchases(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row a customer and day of purchase: `customer_id, currency, day, amount` (net, never below 0; may be unknown), `returned`.

    What came back on a later day is taken off the purchase before it; a purchase that came back wholly is none, and what
    came back before any purchase, or beyond it, is only in `totals`. With several currencies a day has one row for each.
    """
    return netted(lines(tables, filters, source), source)


def netted(lines: ir.Table, source: Source) -> ir.Table:
    """The purchases that lines of orders come to."""
    keys = ["customer_id", "currency"] if source.several_currencies else ["customer_id"]
    daily = lines.group_by([*keys, "day"]).agg(
        net=_.amount.sum(), came_back=(-_.amount).sum(where=_.amount < 0).fill_null(0.0)
    )  # fmt: skip
    # Few customers return anything: only theirs have to be put in order.
    returning = daily.filter(_.came_back > 0).select("customer_id").distinct()
    plain = daily.anti_join(returning, "customer_id").mutate(returned=ibis.literal(0.0))
    mixed = daily.semi_join(returning, "customer_id")
    # What was given away was bought all the same; what came back to nothing was not.
    is_purchase = (mixed.net > 0) | mixed.net.isnull() | ((mixed.net == 0) & (mixed.came_back == 0))
    in_order = ibis.cumulative_window(group_by=keys, order_by="day")
    numbered = mixed.mutate(number=is_purchase.cast("int64").sum().over(in_order))
    summed = numbered.group_by([*keys, "number"]).agg(day=_.day.min(), net=_.net.sum(), returned=_.came_back.sum())
    kept = summed.filter(_.number > 0, (_.net > 0) | _.net.isnull() | ((_.net == 0) & (_.returned == 0)))
    columns = (*keys, "day", "net", "returned")
    both = plain.select(*columns).union(kept.select(*columns)).rename(amount="net")
    return both if source.several_currencies else both.mutate(currency=ibis.literal(source.currency))


def purchase_days(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row a customer and day of purchase, as `in_order` gives them; during a fit those that are prepared for its as-of date."""
    return prepared.purchases(source) if source.prepared else in_order(purchases(tables, filters, source), source)


def in_order(bought: ir.Table, source: Source) -> ir.Table:
    """Purchases with the day before and the day after of the same customer, `previous` and `following`, and their `place` from 1.

    With several currencies a day has the money of the customer's commonest one; `is_other` where there is none of it.
    """
    each = _in_commonest(bought) if source.several_currencies else bought.mutate(is_other=ibis.literal(False))
    by_day = ibis.window(group_by="customer_id", order_by="day")
    return each.select(
        "customer_id", "currency", "day", "amount", "returned", "is_other",
        previous=each.day.lag().over(by_day),
        following=each.day.lead().over(by_day),
        place=(ibis.row_number().over(by_day) + 1).cast("int32"),
    )  # fmt: skip


def histories(tables: Tables, filters: Filters, source: Source) -> ir.Table:
    """One row a customer who bought, as models need it, at the as-of date.

    `customer_id, currency, first_on, last_on, purchases` (days of purchase), `repeat_purchases, recency_weeks, age_weeks,
    mean_repeat_value` (of repeat purchases with a known amount), `mean_value, revenue, revenue_12m, revenue_before_12m` (the
    twelve months before those), `returned, days_since, gap_days` (median between purchases), `last_gap_days` (before the last
    purchase), `other_currencies` (purchases in others than `currency`, whose money is left out).
    """
    if source.basis == "summary":
        return _told(tables)
    as_of = ibis.date(filters.as_of)
    bought = purchase_days(tables, filters, source)
    aged = bought.mutate(
        gap=bought.day.delta(bought.previous, unit="day"), ago=as_of.delta(bought.day, unit="day")
    )  # fmt: skip
    summed = aged.group_by("customer_id").agg(
        currency=_.currency.max(),
        first_on=_.day.min(),
        last_on=_.day.max(),
        purchases=_.count(),
        known=_.amount.count(),
        revenue=_.amount.sum(),
        first_amount=_.amount.argmin(_.day),
        revenue_12m=_.amount.sum(where=_.ago < YEAR_DAYS),
        revenue_before_12m=_.amount.sum(where=(_.ago >= YEAR_DAYS) & (_.ago < 2 * YEAR_DAYS)),
        returned=_.returned.sum(),
        gap_days=_.gap.median(),
        last_gap_days=_.gap.argmax(_.day),
        other_currencies=_.is_other.sum(),
    )
    days_since, age = (as_of.delta(summed[name], unit="day") for name in ("last_on", "first_on"))
    repeats = summed.purchases - 1
    return summed.select(
        "customer_id", "currency", "first_on", "last_on", "purchases",
        repeat_purchases=repeats.cast("float64"),
        recency_weeks=(age - days_since) / DAYS_A_WEEK,
        age_weeks=age / DAYS_A_WEEK,
        mean_repeat_value=((_.revenue - _.first_amount) / (_.known - 1).nullif(0)).nullif(0.0),
        mean_value=_.revenue / _.known.nullif(0),
        revenue=_.revenue.fill_null(0.0),
        revenue_12m=_.revenue_12m.fill_null(0.0),
        revenue_before_12m=_.revenue_before_12m.fill_null(0.0),
        returned=_.returned,
        days_since=days_since.cast("float64"),
        gap_days=_.gap_days.cast("float64"),
        last_gap_days=_.last_gap_days.cast("float64"),
        other_currencies=_.other_currencies.fill_null(0),
    )  # fmt: skip


def _in_commonest(bought: ir.Table) -> ir.Table:
    """One row a customer and day, with the money of the customer's commonest currency; `is_other` where there is none of it."""
    commonest = bought.group_by("customer_id").agg(commonest=_.currency.mode())
    joined = bought.inner_join(commonest, "customer_id")
    is_own = joined.currency == joined.commonest
    return joined.group_by("customer_id", "day").agg(
        currency=joined.commonest.max(),
        amount=joined.amount.sum(where=is_own),
        returned=joined.returned.sum(where=is_own).fill_null(0.0),
        is_other=~is_own.any(),
    )


def _told(tables: Tables) -> ir.Table:
    """The same where a file says it of each customer, without dates."""
    known = tables.customers.filter(
        _.repeat_purchases.notnull(), _.recency_weeks.notnull(), _.age_weeks.notnull(), _.customer_id.notnull()
    )
    repeats, value = known.repeat_purchases, known.mean_repeat_value
    nothing = ibis.null("float64")
    return known.select(
        "customer_id",
        currency=ibis.literal(""),
        first_on=ibis.null("date"),
        last_on=ibis.null("date"),
        purchases=(repeats + 1).cast("int64"),
        repeat_purchases=repeats,
        recency_weeks=_.recency_weeks,
        age_weeks=_.age_weeks,
        mean_repeat_value=value.nullif(0.0),
        mean_value=value.nullif(0.0),
        revenue=(value.fill_null(0.0) * repeats),
        revenue_12m=nothing,
        revenue_before_12m=nothing,
        returned=ibis.literal(0.0),
        days_since=(_.age_weeks - _.recency_weeks) * DAYS_A_WEEK,
        gap_days=(repeats > 0).ifelse(known.recency_weeks * DAYS_A_WEEK / repeats.nullif(0), nothing),
        last_gap_days=nothing,
        other_currencies=ibis.literal(0),
    )
