"""Time between two moments, counted in every day or in working days only."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np

from analytics.rows import MICROSECONDS_A_DAY, in_zone
from data import calendars
from data.calendars import Calendar

_WEEKMASKS = {"sunday_thursday": "Sun Mon Tue Wed Thu", "monday_friday": "Mon Tue Wed Thu Fri"}


@ibis.udf.scalar.builtin(signature=((dt.timestamp,), dt.int64))  # type: ignore[untyped-decorator]
def sunday_thursday(moment: ir.TimestampValue) -> ir.IntegerValue:
    """The working microseconds up to a moment, as `data/calendars.py` makes them."""


@ibis.udf.scalar.builtin(signature=((dt.timestamp,), dt.int64))  # type: ignore[untyped-decorator]
def monday_friday(moment: ir.TimestampValue) -> ir.IntegerValue:
    """The same from Monday to Friday, without holidays."""


_WORKED = {"sunday_thursday": sunday_thursday, "monday_friday": monday_friday}


def between(
    later: ir.TimestampValue, earlier: ir.TimestampValue, calendar: Calendar, time_zone: str
) -> ir.IntegerValue:
    """The microseconds from `earlier` to `later` that fall on days of `calendar`, days cut in `time_zone`."""
    if calendar == "every_day":
        return later.delta(earlier, unit="microsecond")
    worked = _WORKED[calendar]
    return worked(in_zone(later, time_zone)) - worked(in_zone(earlier, time_zone))


def days_apart(later: ir.DateValue, earlier: ir.DateValue, calendar: Calendar) -> ir.IntegerValue:
    """The days of `calendar` from one date to another."""
    if calendar == "every_day":
        return later.delta(earlier, unit="day")
    return between(later.cast("timestamp"), earlier.cast("timestamp"), calendar, "UTC") // MICROSECONDS_A_DAY


def days_between(later: datetime, earlier: datetime, calendar: Calendar, time_zone: str) -> float:
    """The same of two moments held in UTC without a zone, in days."""
    if calendar == "every_day":
        return (later - earlier).total_seconds() / 86_400
    zone = ZoneInfo(time_zone)
    return _worked_days(_local(later, zone), calendar) - _worked_days(_local(earlier, zone), calendar)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _worked_days(moment: datetime, calendar: Calendar) -> float:
    off = np.array(sorted(calendars.holidays(calendar)), dtype="datetime64[D]")
    full = np.busday_count(calendars.LONG_AGO, moment.date(), _WEEKMASKS[calendar], holidays=off)
    begun = moment - datetime.combine(moment.date(), datetime.min.time())
    part = begun.total_seconds() / 86_400 if calendars.is_working(moment.date(), calendar) else 0.0
    return float(full) + part
