"""The day a file of deals shows: said by a person, written in its name, or the day of the latest event in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb

from data.database import quoted
from data.values import DateOrder

_SIGN = r"[-_. ]?"
_YEAR_FIRST = re.compile(
    rf"(?<!\d)(20\d\d)({_SIGN})(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:[ T_-]?[0-2]\d(?:[-_.:]?[0-5]\d){{1,2}})?(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-_. ])(\d{1,2})\2(20\d\d)(?!\d)")
_MILLISECONDS = re.compile(r"(?<!\d)1[3-9]\d{11}(?!\d)")  # as Salesforce names the files of its reports
# What happens to a deal and is written down when it happens.
_EVENTS = ("created_at", "stage_changed_at", "last_modified_at", "last_activity_at")


def day_said(
    name: str, seen_on: date | None, today: date, order: DateOrder | None = None, time_zone: str = "UTC"
) -> date | None:
    """The day that a person, or else the name of a file, says it shows. None where the name tells no day, or several."""
    if seen_on is not None:
        return seen_on
    # An export may be named by the clock of a place where it is tomorrow already.
    found = {day for day in _days_in(name, order, time_zone) if day <= today + timedelta(days=1)}
    return found.pop() if len(found) == 1 else None


def _days_in(name: str, order: DateOrder | None, time_zone: str) -> Iterator[date]:
    for match in _YEAR_FIRST.finditer(name):
        yield from _day(int(match[1]), int(match[3]), int(match[4]))
    for match in _YEAR_LAST.finditer(name):
        first, sign, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
        if first > 12 or (second <= 12 and (sign == "." or order == "dmy")):
            yield from _day(year, second, first)
        elif second > 12 or order == "mdy":
            yield from _day(year, first, second)
    for match in _MILLISECONDS.finditer(name):
        yield datetime.fromtimestamp(int(match[0]) / 1000, ZoneInfo(time_zone)).date()


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def day_of_rows(
    database: duckdb.DuckDBPyConnection, table: str, names: Collection[str], today: date, time_zone: str
) -> date:
    """The day of the latest event in `table` that `today` knows of; today where it tells none."""
    moments = [quoted(name) for name in _EVENTS if name in names]
    if {"file_close", "file_status"} <= set(names):
        moments.append("CASE WHEN file_status <> 'open' THEN file_close END")
    if not moments:
        return today
    end = start_of(today + timedelta(days=1), time_zone)
    latest = ", ".join(f"max({moment}) FILTER ({moment} < $end)" for moment in moments)
    row = database.execute(f"SELECT {latest} FROM {table}", {"end": end}).fetchone()
    known = [moment for moment in row or () if moment is not None]
    return max(known).replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).date() if known else today


def start_of(day: date, time_zone: str) -> datetime:
    """The moment a day begins in `time_zone`, in UTC without a zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)
