"""The periods that surveys are told by: days and years too, and all of the time at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast

import ibis
import ibis.expr.types as ir

from analytics import periods
from analytics.filters import Filters
from analytics.periods import Grain, WeekStart

Span = Literal["day", "week", "month", "quarter", "year", "all"]
SPANS: tuple[Span, ...] = ("day", "week", "month", "quarter", "year", "all")


@dataclass(frozen=True)
class Stretch:
    """A period: its first day by the calendar, and the first and last of its days that are looked at."""

    start: date
    first: date
    last: date
    is_complete: bool


def span_start(
    moment: ir.TimestampValue, grain: Span, week_start: WeekStart = "sunday", fiscal_year_start: int = 1
) -> ir.DateValue:
    """The first day of the period that a local moment falls in; "all" has none."""
    if grain == "day":
        return moment.date()
    if grain == "year":
        months = ibis.interval(months=fiscal_year_start - 1)
        return ((moment - months).truncate("Y") + months).date() if fiscal_year_start > 1 else moment.truncate("Y").date()  # fmt: skip
    return periods.start_of(moment, cast(Grain, grain), week_start, fiscal_year_start)


def after(start: ir.DateValue, grain: Span) -> ir.DateValue:
    """The first day of the period after the one that begins on `start`."""
    if grain in ("day", "week"):
        return start + ibis.interval(days=7 if grain == "week" else 1)
    return start + ibis.interval(months={"month": 1, "quarter": 3, "year": 12}[grain])


def following(start: date, grain: Span) -> date:
    """The same of a day that is known."""
    if grain == "day":
        return start + timedelta(days=1)
    if grain == "year":
        return date(start.year + 1, start.month, 1)
    return periods.following(start, cast(Grain, grain))


def stretches(first: date, last: date, filters: Filters, grain: Span) -> Iterator[Stretch]:
    """The periods that begin from `first` to `last`, both of them such beginnings, and what of them the filters look at."""
    end = min(filters.until or filters.as_of, filters.as_of)
    while first <= last:
        ends = following(first, grain) - timedelta(days=1)
        seen_from, seen_to = max(first, filters.since or first), min(ends, end)
        yield Stretch(first, seen_from, seen_to, (seen_from, seen_to) == (first, ends))
        first = following(first, grain)


def name_of(start: date, grain: Span) -> str:
    """2026-03-01, 2026-03, 2026-Q1, 2026; what begins elsewhere in the year is named by its first month."""
    if grain == "day":
        return start.isoformat()
    if grain == "year":
        return str(start.year) if start.month == 1 else f"{start:%Y-%m}"
    return periods.named(start, cast(Grain, grain))


def day_of(value: Any) -> date:
    """A day as the engine gives it."""
    found: date = value.date() if hasattr(value, "date") else value
    return found
