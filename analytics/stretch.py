"""A run of weeks, months or quarters up to the as-of date, and which of them a moment falls in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from analytics.filters import ENDLESS, Filters
from analytics.periods import Grain, WeekStart, every, first_moment, following, named

# How many full periods are told where no dates are chosen, and at the most.
USUAL: dict[Grain, int] = {"week": 26, "month": 12, "quarter": 12}
MOST = 160
BEFORE = -1


@dataclass(frozen=True)
class Stretch:
    """Periods one after another. `first` and `last` are the days counted of each, `is_complete` whether those are all it has.

    `bounds` are the moments each begins, in UTC without a zone, and the one the last ends: one more than there are periods.
    """

    grain: Grain
    starts: tuple[date, ...]
    first: tuple[date, ...]
    last: tuple[date, ...]
    bounds: tuple[datetime, ...]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def is_complete(self) -> tuple[bool, ...]:
        return tuple(
            first == start and last == following(start, self.grain) - timedelta(days=1)
            for start, first, last in zip(self.starts, self.first, self.last, strict=True)
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(named(start, self.grain) for start in self.starts)

    def place(self, moment: ir.TimestampValue) -> ir.IntegerValue:
        """The place of the period that a moment falls in, `BEFORE` for one before them all; none is after the last."""
        ends = [(moment < ibis.timestamp(bound), place - 1) for place, bound in enumerate(self.bounds[:-1])]
        return ibis.cases(*ends, else_=len(self) - 1)

    def clock(self, now: Filters) -> ir.Table:
        """How many days there are from each bound to the as-of date of `now`: one row a bound, in order, `bound` and `days`."""
        bounds = ibis.array([ibis.timestamp(bound) for bound in self.bounds]).unnest().name("bound").as_table()
        return bounds.mutate(days=now.days(ibis.timestamp(now.now), bounds.bound)).order_by("bound")


def stood(filters: Filters) -> Filters:
    """The same filters as of the end of their period, since what waits there is counted as it stood then."""
    end = min(filters.until or filters.as_of, filters.as_of)
    recorded = filters.recorded_until or filters.as_of
    return replace(filters, as_of=end, since=None, until=None, recorded_until=recorded)


def stretch(
    filters: Filters, grain: Grain, week_start: WeekStart = "sunday", fiscal_year_start: int = 1
) -> Stretch | None:
    """The periods of the filters' dates, at most the last `MOST`; without a first date the last `USUAL` full ones and the one
    that is not over. The first and the last may be cut short by those dates or the as-of date. None where no date is known."""
    end = min(filters.until or filters.as_of, filters.as_of)
    if end == ENDLESS or (filters.since is not None and filters.since > end):
        return None
    newest = containing(end, grain, week_start, fiscal_year_start)
    if filters.since is None:
        is_over = following(newest, grain) - timedelta(days=1) == end
        oldest = _earlier(newest, grain, USUAL[grain] - is_over)
    else:
        oldest = containing(filters.since, grain, week_start, fiscal_year_start)
        oldest = max(oldest, _earlier(newest, grain, MOST - 1))
    starts = tuple(every(oldest, newest, grain))
    first = tuple(max(start, filters.since or start) for start in starts)
    last = tuple(min(following(start, grain) - timedelta(days=1), end) for start in starts)
    days = (*first, last[-1] + timedelta(days=1))
    return Stretch(grain, starts, first, last, tuple(first_moment(day, filters.time_zone) for day in days))


def containing(day: date, grain: Grain, week_start: WeekStart = "sunday", fiscal_year_start: int = 1) -> date:
    """The first day of the period that `day` is in."""
    if grain == "week":
        return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
    back = 0 if grain == "month" else (day.month - 1 - (fiscal_year_start - 1)) % 3
    return _months_back(day, back)


def _earlier(start: date, grain: Grain, periods: int) -> date:
    """The first day of the period `periods` before the one that begins on `start`."""
    if grain == "week":
        return start - timedelta(days=7 * periods)
    return _months_back(start, periods * (1 if grain == "month" else 3))


def _months_back(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)
