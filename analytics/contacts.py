"""What was done about a deal while it was open: the activities that name it, or only its customer."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.rows import in_zone
from data.tables import Tables


def chosen_deals(tables: Tables, filters: Filters) -> ir.Table:
    """The deals, those created in the period, as of when each `ended` (or the as-of date), with their `life` in full hours.

    `is_undated` where a date is missing that is needed, `is_negative` where they closed before they were created.
    """
    deals = filters.deals(tables, "created" if filters.has_period else None)
    is_undated = _.created_at.isnull() | ((_.status != "open") & _.closed_at.isnull())
    deals = deals.mutate(is_undated=is_undated, ended=_.closed_at.fill_null(ibis.timestamp(filters.now)))
    return deals.mutate(
        is_negative=~_.is_undated & (_.ended < _.created_at), life=filters.hours(deals.ended, deals.created_at)
    )


def touches(tables: Tables, filters: Filters, deals: ir.Table) -> ir.Table:
    """One row an activity done about a deal until it closed: `of_deal` (its `deal_no`), `moment`, `is_early` (before the deal
    was created), `is_of_customer` (the activity names the customer and no deal).

    Of a file that does not say what was done, each activity counts on its date. One that names only the customer counts for
    each of the customer's deals that was open. An activity or a closing without a time of day counts at any time of its day.
    `deals` are those of `chosen_deals`.
    """
    done = tables.activities.filter(
        _.is_done.fill_null(True), _.happened_at.notnull(), _.happened_at < ibis.timestamp(filters.now)
    )
    known = deals.filter(~_.is_undated).select(
        of_deal=_.deal_no, deal=_.deal_id, of_customer=_.customer_id, born=_.created_at, ended=_.ended
    )
    named = done.filter(_.deal_id.notnull()).select("deal_id", "happened_at")
    named = named.inner_join(known, [("deal_id", "deal")]).mutate(is_of_customer=ibis.literal(False))
    wide = done.filter(_.deal_id.isnull() & _.customer_id.notnull()).select("customer_id", "happened_at")
    wide = wide.inner_join(known, [("customer_id", "of_customer")]).mutate(is_of_customer=ibis.literal(True))
    columns = ("of_deal", "happened_at", "born", "ended", "is_of_customer")
    each = named.select(*columns).union(wide.select(*columns))

    happened, born, ended = (in_zone(each[name], filters.time_zone) for name in ("happened_at", "born", "ended"))
    is_that_day = (happened == happened.truncate("D")) & (happened == born.truncate("D"))
    is_over = (happened > ended) & ~((ended == ended.truncate("D")) & (happened.truncate("D") == ended))
    each = each.filter(~is_over).mutate(moment=is_that_day.ifelse(each.born, each.happened_at))
    each = each.mutate(is_early=_.moment < _.born)
    return each.filter(~(_.is_early & _.is_of_customer)).select("of_deal", "moment", "is_early", "is_of_customer")


def usable_activities(tables: Tables) -> ir.Table:
    """One row: how many `activities` there are that were done on a known date and name a deal or a customer."""
    return tables.activities.filter(
        _.is_done.fill_null(True), _.happened_at.notnull(), _.deal_id.notnull() | _.customer_id.notnull()
    ).agg(activities=_.count())


def told_hours(life: ir.IntegerValue, fine: int) -> ir.IntegerValue:
    """Full hours up to `fine` of them, beyond in full days."""
    return (life < fine).ifelse(life, life - life % 24)
