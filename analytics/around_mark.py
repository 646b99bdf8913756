"""What began in equal windows before and after a day: visits of stages, returns to them and deals, followed to the day or beyond.

Whatever began before the day is followed up to it and no further, so that nothing after it can reach back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.question import Answers
from analytics.working_time import days_between
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

NEGATIVE, UNTIMED = -1, -2
# Up to so many hours lengths are told in full hours, longer ones in full days: it bounds how many different ones there are.
LONG_HOURS = 20 * 24
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """`days` on either side of the day `on`; what began later than `on` is followed to the end of the day `as_of`."""

    on: date
    days: int
    as_of: date

    def within(self, filters: Filters) -> Filters:
        """The filters of what began in either window, as it stood at `as_of`."""
        return replace(
            filters, as_of=self.as_of, since=self.on - self.days * DAY, until=self.on + (self.days - 1) * DAY
        )

    def moment(self, filters: Filters) -> datetime:
        """When the day begins, in UTC without a zone."""
        return replace(filters, as_of=self.on - DAY).now

    def counted_days(self, filters: Filters) -> float:
        """How many of the days from `on` to the end of the window durations count; at least one."""
        end = replace(filters, as_of=self.on + (self.days - 1) * DAY).now
        return max(days_between(end, self.moment(filters), filters.calendar, filters.time_zone), 1.0)

    def earlier(self, known_days: int) -> list[Span]:
        """The same with half the days at earlier days, told by what was known when `on` began: nothing was marked there.

        The second is there where `known_days` before `on` hold all of it.
        """
        half = self.days // 2
        if not half:
            return []
        found = [Span(self.on - half * DAY, half, self.on - DAY)]
        if known_days >= 3 * half:
            found.append(Span(self.on - 2 * half * DAY, half, self.on - DAY))
        return found


def first_moments(tables: Tables, filters: Filters) -> ir.Table:
    """One row: when the first recorded visit of an open stage (`entered`) and the first deal (`created`) began."""
    stays = filters.stage_entries(tables, "entered" if filters.has_period else None)
    stays = stays.filter((_.outcome == "open") & ~_.is_skipped & _.is_recorded)
    deals = filters.deals(tables, "created" if filters.has_period else None)
    return stays.agg(entered=_.entered_at.min()).cross_join(deals.agg(created=_.created_at.min()))


def spans(answers: Answers, filters: Filters, on: date, window_days: int | None) -> dict[str, tuple[Span, int]]:
    """The windows of `visits` and of `deals`, and how many days before `on` there are; what never began has none.

    Raises RequestProblem where the data, or the period, lies on one side of `on`.
    """
    last = min(filters.as_of, filters.until or filters.as_of)
    first = answers["first"].iloc[0]
    zone = ZoneInfo(filters.time_zone)
    days = {
        kind: first[column].to_pydatetime().replace(tzinfo=UTC).astimezone(zone).date()
        for kind, column in (("visits", "entered"), ("deals", "created"))
        if first[column] is not None and first[column] == first[column]
    }
    if days and (on > last or on <= min(days.values())):
        raise RequestProblem(
            say("There is nothing to compare on both sides of {day}: the data begins on {first} and ends on {last}.",
                day=on, first=min(days.values()), last=last),
            say("Choose a day in between."),
        )  # fmt: skip
    after = (last - on).days + 1
    found = {}
    for kind, day in days.items():
        before = (on - day).days
        if before > 0:
            found[kind] = Span(on, min(before, after, window_days or after), filters.as_of), before
    return found


def visits(tables: Tables, filters: Filters, span: Span, stage: str | None = None) -> ir.Table:
    """One row a visit of an open stage: `is_after`, `is_first`, the `fate` by then and the `hours` so far, and the stay's columns."""
    stays = _stays(tables, filters, span, stage)
    goes_on = (_.fate == "still") | (~_.is_after & (_.left_at >= span.moment(filters)).fill_null(False))
    stays = stays.mutate(goes_on=goes_on, is_first=_.visit == 1)
    stays = stays.mutate(
        fate=_.goes_on.ifelse("still", _.fate), end=_.goes_on.ifelse(_followed_to(span, filters), _.left_at)
    )
    return stays.mutate(hours=_hours(filters, _.end, _.entered_at)).drop("goes_on", "end")


def returns(tables: Tables, filters: Filters, span: Span, stage: str | None = None) -> ir.Table:
    """One row a deal and open stage it came to for the first time: whether it came `back` by then, its end (`closed`) came
    first, or neither (`still`), as `fate`, and the `hours` until then."""
    firsts = _stays(tables, filters, span, stage).filter(_.visit == 1)
    # Who came first in a window comes back later: the period of entry has no end, but the same beginning.
    again = replace(span.within(filters), until=None).stage_entries(tables, "entered")
    again = again.filter((_.visit == 2) & (_.outcome == "open") & ~_.is_skipped).select(
        again_no=_.deal_no, again_in=_.pipeline, again_at=_.stage, back_at=_.entered_at
    )
    both = firsts.left_join(again, [("deal_no", "again_no"), ("pipeline", "again_in"), ("stage", "again_at")])
    both = both.mutate(until=_followed_to(span, filters))
    fate = ibis.cases((_.back_at < _.until, "back"), (_.deal_closed_at < _.until, "closed"), else_="still")
    both = both.mutate(fate=fate)
    end = ibis.cases((_.fate == "back", _.back_at), (_.fate == "closed", _.deal_closed_at), else_=_.until)
    return both.mutate(end=end).mutate(hours=_hours(filters, _.end, _.entered_at))


def deals(tables: Tables, filters: Filters, span: Span) -> ir.Table:
    """One row a deal: `is_after`, how it had ended by then (`won`, `lost`, `still`) as `fate`, and the `hours` until then."""
    within = span.within(filters).deals(tables, "created")
    moment = span.moment(filters)
    within = within.mutate(is_after=_.created_at >= moment)
    goes_on = (_.status == "open") | (~_.is_after & (_.closed_at >= moment).fill_null(False))
    within = within.mutate(goes_on=goes_on)
    within = within.mutate(
        fate=_.goes_on.ifelse("still", _.status), end=_.goes_on.ifelse(_followed_to(span, filters), _.closed_at)
    )
    return within.mutate(hours=_hours(filters, _.end, _.created_at)).drop("goes_on", "end")


def afterwards(tables: Tables, filters: Filters, span: Span, stage: str | None = None) -> ir.Table:
    """One row a deal that moved on from a stage it had come to in either window: how it ended since, as `fate`, and in how many `hours`."""
    moved = _stays(tables, filters, span, stage).filter((_.visit == 1) & (_.fate == "advanced") & _.left_at.notnull())
    known = replace(span.within(filters), since=None, until=None).deals(tables)
    known = known.select(of_deal=_.deal_no, status=_.status, closed_at=_.closed_at)
    both = moved.inner_join(known, [("deal_no", "of_deal")])
    is_open = _.status == "open"
    end = is_open.ifelse(ibis.timestamp(span.within(filters).now), _.closed_at)
    hours = _hours(filters, end, _.left_at)
    return both.mutate(fate=is_open.ifelse("still", _.status), hours=hours - hours % 24)


def _stays(tables: Tables, filters: Filters, span: Span, stage: str | None) -> ir.Table:
    stays = span.within(filters).stage_entries(tables, "entered").filter((_.outcome == "open") & ~_.is_skipped)
    if stage is not None:
        stays = stays.filter(_.stage == stage)
    return stays.mutate(is_after=_.entered_at >= span.moment(filters))


def _followed_to(span: Span, filters: Filters) -> ir.TimestampValue:
    """When what still goes on was last seen: at the end of the day `as_of`, or of the window before."""
    return _.is_after.ifelse(ibis.timestamp(span.within(filters).now), ibis.timestamp(span.moment(filters)))


def _hours(filters: Filters, later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.IntegerValue:
    taken = filters.hours(later, earlier)
    told = ibis.cases((taken < 0, NEGATIVE), (taken > LONG_HOURS, taken - taken % 24), else_=taken)
    return told.fill_null(UNTIMED)
