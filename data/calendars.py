"""Working days: which days of the week, which holidays, and the SQL that counts time in them.

A calendar is a SQL function of its name: the working microseconds from a Sunday long ago to a moment as the clocks show
it. The time worked between two moments is the difference of the two.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Literal

Calendar = Literal["every_day", "sunday_thursday", "monday_friday"]
CALENDARS: tuple[Calendar, ...] = ("every_day", "sunday_thursday", "monday_friday")
LONG_AGO = date(1899, 12, 31)  # a Sunday
YEARS = range(2005, 2041)
# The first of five working days in a row, Sunday being 0, and the country whose holidays are off.
_STARTS = {"sunday_thursday": 0, "monday_friday": 1}
_COUNTRIES = {"sunday_thursday": "IL"}
_NAMES = re.compile(rf"\b({'|'.join(_STARTS)})\(", re.IGNORECASE)
_DAY = 86_400_000_000


def known(name: str) -> Calendar:
    """The calendar of that name; every day where there is none."""
    return next((each for each in CALENDARS if each == name), "every_day")


@lru_cache
def holidays(calendar: str) -> frozenset[date]:
    """The holidays of a calendar, 2005 to 2040: those of Israel for Sunday to Thursday, none for Monday to Friday."""
    country = _COUNTRIES.get(calendar)
    if country is None:
        return frozenset()
    import holidays as library  # takes a tenth of a second, and is seldom needed

    return frozenset(library.country_holidays(country, years=YEARS))


def is_working(day: date, calendar: str) -> bool:
    """Whether a day counts."""
    return _weekday(day, calendar) < 5 and day not in holidays(calendar)


def _weekday(day: date, calendar: str) -> int:
    """The place of a day in the calendar's week; the first five count."""
    return (day.isoweekday() - _STARTS[calendar]) % 7


def needed(sql: str) -> list[str]:
    """The statements to run before a query that counts time in working days."""
    return [macro(name) for name in sorted({found.lower() for found in _NAMES.findall(sql)})]


def with_macros(sql: str) -> str:
    """A query that counts time in working days, with the statements it needs before it: for people to run."""
    return "\n\n".join([*(f"{statement};" for statement in needed(sql)), sql])


@lru_cache
def macro(calendar: str) -> str:
    """The statement that makes the SQL function of a calendar.

    The list holds a number for each month: which of its days are holidays, a bit each, and from the 32nd bit on how many
    there were before. Only those on days that would count are in it.
    """
    day, start = "CAST(moment AS DATE)", _STARTS[calendar]
    counted = f"({day} - (DATE '{LONG_AGO}' + {start}))"
    full, part = f"{counted} // 7 * 5 + least({counted} % 7, 5)", f"{counted} % 7 < 5"
    off = sorted(each for each in holidays(calendar) if _weekday(each, calendar) < 5)
    if off:
        month = f"('{_months(off)}'::BIGINT[])[greatest(1, least({12 * len(YEARS) + 1}, (year({day}) - {YEARS[0]}) * 12 + month({day})))]"
        of_month = f"(1 << (day({day}) - 1))"
        full += f" - ({month} >> 31) - bit_count({month} & ({of_month} - 1))"
        part += f" AND {month} & {of_month} = 0"
    return (
        f"CREATE OR REPLACE TEMP MACRO {calendar}(moment) AS "
        f"({full}) * {_DAY} + CASE WHEN {part} THEN epoch_us(moment) - epoch_us({day}) ELSE 0 END"
    )


def _months(off: list[date]) -> str:
    months, before = [], 0
    for year in YEARS:
        for month in range(1, 13):
            days = [each.day for each in off if (each.year, each.month) == (year, month)]
            months.append(before << 31 | sum(1 << day - 1 for day in days))
            before += len(days)
    return str([*months, before << 31])
