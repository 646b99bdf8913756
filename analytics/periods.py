"""Weeks, months and quarters as clocks in the workspace's time zone cut them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from analytics.rows import in_zone

Grain = Literal["week", "month", "quarter"]
GRAINS: tuple[Grain, ...] = ("week", "month", "quarter")
WeekStart = Literal["sunday", "monday"]
# Clock changes of these years before the as-of date are compared as numbers; older moments take the engine's slower way.
YEARS_NEAR = 6


def local(moment: ir.TimestampColumn, time_zone: str, as_of: date) -> ir.TimestampValue:
    """A moment held in UTC as the clocks of `time_zone` show it.

    The engine's own conversion costs more than the whole aggregate around it, so moments of the last years before `as_of`
    are shifted by the offsets in force between the changes of the clock.
    """
    if time_zone == "UTC":
        return moment
    shifts = _shifts(time_zone, min(as_of.year, 2200))  # data without a date has no end
    first = shifts[-1][0]
    if len({minutes for _since, minutes in shifts}) == 1:
        shifted = moment + ibis.interval(minutes=shifts[0][1])
    else:
        cases = [(moment >= since, ibis.literal(minutes, "int64")) for since, minutes in shifts]
        shifted = moment + ibis.cases(*cases, else_=ibis.null("int64")).as_interval("m")
    return ibis.cases((moment >= first, shifted), else_=in_zone(moment, time_zone))


@cache
def _shifts(time_zone: str, year: int) -> tuple[tuple[datetime, int], ...]:
    """(moment in UTC, minutes clocks are ahead of UTC from then on), latest first."""
    zone = ZoneInfo(time_zone)

    def minutes(at: datetime) -> int:
        return int(at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).utcoffset().total_seconds() // 60)  # type: ignore[union-attr]

    found = [(datetime(year - YEARS_NEAR, 1, 1), minutes(datetime(year - YEARS_NEAR, 1, 1)))]
    for number in range((YEARS_NEAR + 1) * 366):
        day = found[0][0].replace(hour=0, minute=0) + timedelta(days=number)
        if minutes(day + timedelta(days=1)) != found[-1][1]:
            early, late = day, day + timedelta(days=1)
            while late - early > timedelta(minutes=1):
                middle = early + (late - early) / 2
                middle = middle.replace(second=0, microsecond=0)
                early, late = (middle, late) if minutes(middle) == found[-1][1] else (early, middle)
            found.append((late, minutes(late)))
    return tuple(reversed(found))


def start_of(
    moment: ir.TimestampValue, grain: Grain, week_start: WeekStart = "sunday", fiscal_year_start: int = 1
) -> ir.DateValue:
    """The first day of the period that a local moment falls in."""
    if grain == "week":
        if week_start == "monday":
            return moment.truncate("W").date()
        return ((moment + ibis.interval(days=1)).truncate("W") - ibis.interval(days=1)).date()
    if grain == "month":
        return moment.truncate("M").date()
    late = (fiscal_year_start - 1) % 3
    if not late:
        return moment.truncate("Q").date()
    return ((moment.truncate("M") - ibis.interval(months=late)).truncate("Q") + ibis.interval(months=late)).date()


def following(start: date, grain: Grain) -> date:
    """The first day of the period after the one that begins on `start`."""
    if grain == "week":
        return start + timedelta(days=7)
    months = start.month - 1 + (1 if grain == "month" else 3)
    return date(start.year + months // 12, months % 12 + 1, 1)


def every(first: date, last: date, grain: Grain) -> Iterator[date]:
    """The first days of all periods from `first` to `last`, those without a deal too."""
    while first <= last:
        yield first
        first = following(first, grain)


def named(start: date, grain: Grain) -> str:
    """2026-03, 2026-Q1, or for a week its first day; a quarter that begins elsewhere is named by its first month too."""
    if grain == "week":
        return start.isoformat()
    if grain == "quarter" and start.month % 3 == 1:
        return f"{start.year}-Q{start.month // 3 + 1}"
    return f"{start:%Y-%m}"


def first_moment(day: date, time_zone: str) -> datetime:
    """The moment `day` begins in `time_zone`, in UTC without a zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
