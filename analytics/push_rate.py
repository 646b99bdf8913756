"""How often deals are put off: the expected close date moves to a later month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.deal_history import changes_of
from analytics.fields import Field, with_value
from analytics.filters import Filters
from analytics.intervals import share, share_difference, wilson
from analytics.periods import first_moment
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.working_time import days_apart
from data.tables import Tables

COLUMNS = (
    "n", "pushed", "push_rate", "low", "high", "pushes", "mean_pushes", "mean_days_pushed", "unobserved", "interval_method",
)  # fmt: skip


def push_rate(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """One row, or one a group in a column named as the field: the share of deals put off at least once. Columns: `COLUMNS`.

    A push moves the expected close of an open deal to a later month. Counted are the deals seen at two times: by two files,
    the second while the deal was open, or by a file that records changes of it, where it records expected closes at all. A
    period bounds when deals were put off, among those open within it.
    """
    deals = _seen(tables, filters, by)
    put_off = pushes_of(tables, filters, deals)
    deals = deals.left_join(put_off, [("deal_id", "of_deal")])
    cells = deals.agg(
        n=_.count(where=_.is_seen),
        unobserved=_.count(where=~_.is_seen),
        pushed=_.count(where=_.is_seen & (_.pushes > 0)),
        pushes=_.pushes.sum(where=_.is_seen),
        days=_.days.sum(where=_.is_seen),
        by=["group"] if by else [],
    )
    key = by.name if by else None
    return Question({"cells": cells}, lambda answers: _rows(answers, key))


def pushed_deals(tables: Tables, filters: Filters) -> ir.Table:
    """The deals put off, most often first. Columns: those of `deals`, `pushes` and `days_pushed`."""
    deals = _seen(tables, filters, None).filter(_.is_seen)
    put_off = pushes_of(tables, filters, deals)
    found = deals.inner_join(put_off, [("deal_id", "of_deal")]).rename(days_pushed="days").drop("of_deal", "is_seen")
    return found.order_by(_.pushes.desc(), _.days_pushed.desc(), "deal_id")


def _seen(tables: Tables, filters: Filters, by: Field | None) -> ir.Table:
    """The deals the question is about, with `is_seen`: whether they were seen at two times. With `by`, their `group` too."""
    deals = filters.deals(tables)
    start = first_moment(filters.since, filters.time_zone) if filters.since else None
    end = filters.now
    if filters.until:
        end = min(end, first_moment(filters.until + timedelta(days=1), filters.time_zone))
    if start is not None:
        deals = deals.filter(_.closed_at.isnull() | (_.closed_at >= start))
    if filters.until:
        deals = deals.filter(_.created_at.isnull() | (_.created_at < end))
    if by is not None:
        deals = with_value(deals, tables, by, "group", time_zone=filters.time_zone)
    changes = tables.deal_changes
    recorded = changes.filter(_.changed_after.isnull() & (_.changed_at < end))
    # A file that never names the expected close does not show that it stayed.
    tells = recorded.filter(_.field == "expected_close_on").limit(1).select(is_told=True)
    named = recorded.select(named_deal=_.deal_id).distinct().cross_join(tells).drop("is_told")
    # The days that files show, as far as they left a trace.
    all_deals = tables.deals
    days = ibis.union(
        all_deals.select(seen_on=_.first_seen_on),
        all_deals.select(seen_on=_.last_seen_on),
        changes.select(seen_on=_.changed_after),
    )
    days = days.filter(_.seen_on.notnull()).distinct()
    days = days.mutate(second_on=_.seen_on.lead().over(order_by=_.seen_on)).rename(first_on="seen_on")
    deals = deals.left_join(days, [("first_seen_on", "first_on")]).left_join(named, [("deal_id", "named_deal")])
    second_at = _.second_on.cast("timestamp")
    is_seen_twice = (
        (_.second_on <= _.last_seen_on) & (second_at < end) & (_.closed_at.isnull() | (_.closed_at >= second_at))
    )
    if filters.since is not None:
        is_seen_twice &= _.last_seen_on >= ibis.date(filters.since)
    return deals.mutate(is_seen=is_seen_twice.fill_null(False) | _.named_deal.notnull()).drop(
        "first_on", "second_on", "named_deal"
    )


def pushes_of(tables: Tables, filters: Filters, deals: ir.Table) -> ir.Table:
    """Of each deal put off: `of_deal`, `pushes` and `days`, the days that all of them came to."""
    changes = changes_of(tables, "expected_close_on").filter(_.changed_at < filters.now, *_in_period(filters))
    changes = changes.select(
        "changed_at", of_deal=_.deal_id, old=_.old_value.try_cast("date"), new=_.new_value.try_cast("date")
    )
    closing = deals.select(deal_closing="deal_id", closing_at="closed_at")
    changes = changes.inner_join(closing, [("of_deal", "deal_closing")])
    # The day a deal closes on is no forecast any more.
    changes = changes.filter(_.closing_at.isnull() | (_.changed_at < _.closing_at))
    is_later_month = _.new.truncate("M") > _.old.truncate("M")
    return changes.filter(is_later_month).agg(
        pushes=_.count(), days=days_apart(_.new, _.old, filters.calendar).sum(), by="of_deal"
    )


def _in_period(filters: Filters) -> list[ibis.Deferred]:
    return [filters.in_period(_.changed_at)] if filters.has_period else []


def _rows(answers: Mapping[str, pd.DataFrame], key: str | None) -> pd.DataFrame:
    cells = rows(answers["cells"])
    total, total_pushed = (sum(whole(cell[name]) for cell in cells) for name in ("n", "pushed"))
    found: list[Row] = []
    tests: list[float | None] = []
    for cell in sorted(cells, key=lambda each: (each.get("group") is None, str(each.get("group")))):
        n, pushed = whole(cell["n"]), whole(cell["pushed"])
        rate = share(pushed, n)
        low, high = wilson(rate, n)
        found.append(
            ({} if key is None else {key: cell["group"]})
            | {
                "n": n, "pushed": pushed, "push_rate": rate, "low": low, "high": high, "pushes": whole(cell["pushes"]),
                "mean_pushes": share(number(cell["pushes"]), pushed), "mean_days_pushed": share(number(cell["days"]), pushed),
                "unobserved": whole(cell["unobserved"]), "interval_method": "wilson",
            }
        )  # fmt: skip
        rest, rest_pushed = total - n, total_pushed - pushed
        tests.append(share_difference(pushed / n, n, rest_pushed / rest, rest) if n and rest else None)
    if key is None:
        return frame(found, COLUMNS)
    with_q_values(found, tests)
    return frame(found, (key, *COLUMNS, "q_value", "tests"))
