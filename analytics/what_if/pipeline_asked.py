"""What of deals is asked of the engine: who is new, how long stays last and how they end, how many deals come and what they are worth."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.first_seen import with_delay
from analytics.rows import MICROSECONDS_A_DAY, days, in_zone
from analytics.time_in_stage import visits
from analytics.what_if.pipeline_stays import LONGEST_BAND, MONTH_DAYS
from data.tables import Tables

YEAR_MONTHS, RECENT_DAYS = 12, 730


def plain(filters: Filters) -> Filters:
    """Weekends pass in a simulation as in life, and what will be won hangs on all of the history."""
    return replace(filters, since=None, until=None, calendar="every_day")


def standing(tables: Tables, filters: Filters, known_customers: bool) -> ir.Table:
    """One row a deal of the filters with its `standing`: see `pipeline_asks`."""
    deals = filters.deals(tables)
    created_on = in_zone(deals.created_at, filters.time_zone).date()
    each = deals.select(
        "deal_no", "pipeline", "status", "amount", "customer_id", "created_at", "closed_at", "first_seen_on",
        currency=deals.currency.nullif(""), has_amount=deals.amount.notnull(), created_on=created_on,
        is_undated=deals.created_at.isnull() | ((deals.status != "open") & deals.closed_at.isnull()),
    )  # fmt: skip
    if not known_customers:
        return each.mutate(standing=ibis.literal("new"))
    each = each.left_join(first_bought(tables, filters), [("customer_id", "buyer")]).drop("buyer")
    is_known = (each.bought_on < each.created_on).fill_null(False)
    return each.mutate(standing=ibis.cases((is_known, "known"), (each.customer_id.isnull(), "unlinked"), else_="new"))


def first_bought(tables: Tables, filters: Filters) -> ir.Table:
    """The day each customer first bought: `buyer, bought_on`."""
    now, zone = ibis.timestamp(filters.now), filters.time_zone
    won = tables.deals.filter(_.status == "won", _.customer_id.notnull(), _.closed_at < now)
    orders = tables.orders.filter(_.customer_id.notnull(), _.ordered_at < now)
    contracts = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull())
    parts = (
        won.group_by(buyer=won.customer_id).agg(bought_on=in_zone(won.closed_at, zone).date().min()),
        orders.group_by(buyer=orders.customer_id).agg(bought_on=in_zone(orders.ordered_at, zone).date().min()),
        contracts.group_by(buyer=contracts.customer_id).agg(bought_on=contracts.started_on.min()),
    )
    return ibis.union(*parts).group_by("buyer").agg(bought_on=_.bought_on.min())


def _band(length: ir.FloatingValue) -> ir.IntegerValue:
    """The place of a length in days among `pipeline_chances.EDGES`: to the nearest day, beyond two months to the week and
    beyond fourteen to four weeks."""
    nearest = (length + 0.5).floor()
    band = ibis.cases(
        (nearest <= 60, nearest), (nearest <= 424, 60 + ((nearest - 60) / 7).ceil()),
        else_=112 + ((nearest - 424) / 28).ceil(),
    )  # fmt: skip
    return ibis.least(band, ibis.literal(float(LONGEST_BAND))).cast("int64")


def from_creation(deals: ir.Table, filters: Filters) -> dict[str, ir.Table]:
    """Deals from creation to their end; arrivals of each of the last twelve months need the stage they begin at: `_by_stage`."""
    now = ibis.timestamp(filters.now)
    mine = deals.filter(_.standing != "known")
    end = (mine.status == "open").ifelse(now, mine.closed_at)
    length = days(end, mine.created_at)
    first = mine.first_seen_on.cast("timestamp")
    created = in_zone(mine.created_at, filters.time_zone)
    watched = (created < first).fill_null(False).ifelse(days(first, created), 0.0)
    lengths = mine.mutate(
        band=ibis.cases((length.isnull(), -1), (length < 0, -1), else_=_band(length)),
        delay=(watched > 0).ifelse(_band(watched), 0),
    )
    is_recent = (days(now, mine.closed_at) < RECENT_DAYS).fill_null(False)
    return {
        "pipeline_lengths": lengths.agg(
            n=_.count(), known=_.amount.count(), amount=_.amount.sum(), by=["status", "band", "delay", "standing"]
        ),
        "pipeline_amounts": mine.mutate(is_recent=is_recent).agg(
            n=_.count(), known=_.amount.count(), total=_.amount.sum(), squares=(_.amount * _.amount).sum(),
            by=["status", "is_recent", "standing"],
        ),
    }  # fmt: skip


def by_stage(tables: Tables, filters: Filters, deals: ir.Table) -> dict[str, ir.Table]:
    now = ibis.timestamp(filters.now)
    mine = deals.filter(_.standing != "known")
    of_deal = mine.select("standing", "status", of_deal=_.deal_no)
    each = visits(tables, filters).inner_join(of_deal, [("deal_no", "of_deal")]).drop("of_deal")
    late = with_delay(each, tables, filters)
    length, delay = late.days, late.delay / MICROSECONDS_A_DAY
    is_lost = late.is_since_unknown | ((delay > 0) & (delay >= length)).fill_null(False)
    stays = late.mutate(
        band=ibis.cases((length.isnull(), -1), (length < 0, -1), else_=_band(length)),
        watched=ibis.cases((is_lost, -1), (delay > 0, _band(delay)), else_=0),
    )
    firsts = filters.stage_entries(tables).filter(~_.is_skipped)
    firsts = firsts.group_by(first_no=firsts.deal_no).agg(
        began=_.stage.argmin(_.turn), began_outcome=_.outcome.argmin(_.turn), entered_at=_.entered_at.argmin(_.turn),
        turn=_.turn.min(),
    )  # fmt: skip
    came = deals.left_join(firsts, [("deal_no", "first_no")])
    moment = ((came.turn > 1) & came.entered_at.notnull()).fill_null(False).ifelse(
        came.entered_at, came.created_at.coalesce(came.entered_at)
    )  # fmt: skip
    age = days(now, moment)
    ago = ibis.least((age / MONTH_DAYS).floor(), ibis.literal(float(YEAR_MONTHS)))
    arrivals = came.mutate(ago=ago, age=age)
    return {
        "pipeline_stays": stays.agg(
            n=_.count(), known=_.deal_amount.count(), amount=_.deal_amount.sum(),
            by=["stage", "next_stage", "fate", "band", "watched", "standing", "is_recorded"],
        ),
        "pipeline_arrivals": arrivals.filter(_.ago.notnull()).agg(
            n=_.count(), longest=_.age.max(), by=["ago", "began", "began_outcome", "standing"]
        ),
        "pipeline_stage_amounts": each.filter(_.visit == 1).agg(
            n=_.count(), known=_.deal_amount.count(), total=_.deal_amount.sum(),
            squares=(_.deal_amount * _.deal_amount).sum(), by=["stage", "status", "standing"],
        ),
    }  # fmt: skip
