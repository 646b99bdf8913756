"""Deals that a file first shows in the midst of a stage: they are watched from that day on, not from when they came.

A history that grows out of the same export week after week knows nothing of stays that ended before the first file. The
slow ones among those that began before it are all there, the quick ones are not: counted from their beginning, stays would
look too long. So such a stay is at risk only from the day it was first seen (left truncation, or delayed entry: Klein and
Moeschberger 2003, 4.6); one of which nothing says since when it lasts is left out.
"""

from __future__ import annotations

import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.question import Answers
from analytics.rows import in_zone, whole
from analytics.working_time import between
from data.tables import Tables


def seen_again(tables: Tables) -> ir.Table:
    """One row: whether any file shows a deal that an earlier one has shown (`is_seen_again`)."""
    return tables.deals.agg(is_seen_again=(_.last_seen_on > _.first_seen_on).any().fill_null(False))


def known_before(tables: Tables, filters: Filters, answers: Answers) -> dict[str, ir.Table]:
    """Where files were seen again: how many stays are known that ended before their deal was first seen."""
    if not bool(answers["seen_again"]["is_seen_again"].iloc[0]):
        return {}
    stays = _with_first_day(filters.stage_entries(tables), tables)
    before = stays.filter(_.is_recorded & (in_zone(stays.left_at, filters.time_zone) <= _.first_day))
    return {"known_before": before.count().name("stays").as_table()}


def is_watched_late(answers: Answers) -> bool:
    """Whether stays that began before their deal was first seen are only those that lasted until then."""
    known = answers.get("known_before")
    return known is not None and whole(known["stays"].iloc[0]) == 0


def with_delay(stays: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """`stays` with `delay`: the microseconds from its beginning to the day its deal was first seen, 0 where watched from
    the beginning; and `is_since_unknown`: true where it had begun before, and nothing says when."""
    stays = _with_first_day(stays, tables)
    entered = in_zone(stays.entered_at, filters.time_zone)
    created = in_zone(stays.deal_created_at, filters.time_zone)
    delay = between(stays.first_day, entered, filters.calendar, "UTC")
    # What nobody recorded begins, at the latest, with the day that shows it.
    is_unknown = (entered.isnull() | (entered == stays.first_day)) & (created < stays.first_day)
    return stays.mutate(
        delay=(entered < stays.first_day).fill_null(False).ifelse(delay, 0),
        is_since_unknown=((stays.turn == 1) & is_unknown).fill_null(False),
    ).drop("first_day")


def _with_first_day(stays: ir.Table, tables: Tables) -> ir.Table:
    first = tables.deals.select(seen_no=_.deal_no, first_day=_.first_seen_on.cast("timestamp"))
    return stays.left_join(first, [("deal_no", "seen_no")]).drop("seen_no")
