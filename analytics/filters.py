"""The choices a reader makes once and every page obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, reduce
from operator import and_
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics import problems
from analytics.fields import LINKS, Field, columns_for, linked_values, own_value, with_value
from analytics.problem_marks import When
from analytics.rows import MICROSECONDS_A_DAY, full_hours
from analytics.working_time import between
from data.calendars import Calendar
from data.tables import Tables

Dated = Literal["created", "closed"]
StayDated = Literal["created", "closed", "entered"]
Ownership = Literal["now", "then"]
_STAY_DATES = {"created": "deal_created_at", "closed": "deal_closed_at", "entered": "entered_at"}
# The as-of date of data without any date: nothing in it can be later.
ENDLESS = date(9999, 12, 30)
UNDATED = date(2999, 12, 31)  # from here on an as-of date is no day: there is none in the data
KEPT_TABLES = 64


@dataclass(frozen=True)
class Models:
    """What models of customers are asked to look at: a horizon in months, and what a year's wait costs (0 to 1)."""

    horizon_months: int = 12
    discount_rate: float = 0.10


@dataclass(frozen=True)
class Choice:
    """One field and the values to keep; "" stands for rows without a value."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """What to count. The end of the day `as_of` stands for now, so no metric ever reads the clock.

    `since` and `until` are the first and the last day of a period; which date they bound depends on the metric.
    Days are cut in `time_zone`. `without` names data problems (`problems.PROBLEMS`): deals that have one are left out. Nothing
    can have been recorded after the day `recorded_until`, by default the as-of day. Durations count the days of `calendar`.
    Raises RequestProblem for an unknown name.
    """

    as_of: date
    since: date | None = None
    until: date | None = None
    where: tuple[Choice, ...] = ()
    pipeline: str | None = None
    time_zone: str = "UTC"
    without: tuple[str, ...] = ()
    recorded_until: date | None = None
    calendar: Calendar = "every_day"
    models: Models = Models()

    def __post_init__(self) -> None:
        problems.check_names(self.without)

    @property
    def now(self) -> datetime:
        """The first moment after the as-of day, in UTC without a zone, as the tables hold time."""
        return _start(self.as_of + timedelta(days=1), self.time_zone)

    def microseconds(self, later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.IntegerValue:
        """The time between two moments, of the days that `calendar` counts; below 0 where they are the wrong way round."""
        return between(later, earlier, self.calendar, self.time_zone)

    def hours(self, later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.IntegerValue:
        """The same in full hours."""
        return full_hours(self.microseconds(later, earlier))

    def days(self, later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.FloatingValue:
        """The same in days."""
        return self.microseconds(later, earlier) / MICROSECONDS_A_DAY

    @property
    def judged(self) -> When:
        """When data problems are judged."""
        recorded = self.recorded_until or self.as_of
        return When(self.as_of, self.now, _start(recorded + timedelta(days=1), self.time_zone))

    @property
    def has_period(self) -> bool:
        return self.since is not None or self.until is not None

    def in_period(self, moment: ir.TimestampColumn) -> ir.BooleanValue:
        """True where `moment` lies in the period: always without bounds, never with bounds where it is unknown."""
        bounds = self.period_bounds(moment)
        return reduce(and_, bounds).fill_null(False) if bounds else ibis.literal(True)

    def period_bounds(self, moment: ir.TimestampColumn) -> list[ir.BooleanValue]:
        """What keeps the rows whose `moment` lies in the period, as the engine can best skip the others."""
        bounds = []
        if self.since:
            bounds.append(moment >= _start(self.since, self.time_zone))
        if self.until:
            bounds.append(moment < _start(self.until + timedelta(days=1), self.time_zone))
        return bounds

    def deals(self, tables: Tables, dated: Dated | None = None) -> ir.Table:
        """The deals these filters let through, as they stood at the as-of date, with the columns of `deals`.

        A deal created later is not there, a deal closed later is open. With `dated`, the period bounds that date.
        """
        return _deals(tables, self, dated)

    def stage_entries(
        self, tables: Tables, dated: StayDated | None = None, by: Field | None = None, owner: Ownership = "now"
    ) -> ir.Table:
        """The stays of the chosen deals, as they stood at the as-of date.

        The columns of `stage_entries`, and with `by` the `group` of each stay's deal. A stay entered later is not there;
        one that ended later has the fate 'still', and a deal that closed later has no `deal_closed_at`. With `dated`, the
        period bounds that date of the deal, or the entry of the stay. With `owner` "then", filters and groups by owner, and
        by what is known of people, are about who owned the deal during the stay.
        """
        return _stays(tables, self, dated, by, owner)

    def chosen_values(self) -> dict[Field, tuple[str, ...]]:
        merged: dict[Field, tuple[str, ...]] = {}
        for choice in self.where:
            merged[choice.field] = merged.get(choice.field, ()) + choice.values
        return merged


# Ibis takes a millisecond or two for each step on tables this wide, so what the questions of a page share is put together
# once. The keys compare exactly.


@lru_cache(maxsize=KEPT_TABLES)
def _deals_as_of(tables: Tables, now: datetime, closed_in: Filters | None = None) -> ir.Table:
    """Every deal there was at `now`, as it stood then; or those only that closed in the period of `closed_in` and before `now`."""
    deals = tables.deals
    bounds = [(deals.created_at < now) | deals.created_at.isnull()]
    if (
        closed_in is not None
    ):  # asked of the column itself, since the engine can skip by that and not by what is made of it
        bounds += [*closed_in.period_bounds(deals.closed_at), deals.closed_at < now]
    deals = deals.filter(bounds)
    is_reopened = (deals.closed_at >= now).fill_null(False)
    return deals.mutate(
        status=is_reopened.ifelse("open", deals.status),
        closed_at=is_reopened.ifelse(ibis.null("timestamp"), deals.closed_at),
    )


@lru_cache(maxsize=KEPT_TABLES)
def _stays_as_of(tables: Tables, now: datetime) -> ir.Table:
    """Every stay there had been at `now`, as it stood then."""
    stays = tables.stage_entries
    # Stays without any time follow from how the deal ended; before it ended, it was somewhere unknown. What is seldom so
    # is asked last, and the engine leaves out what no date of the data can change.
    is_timed = stays.entered_at.notnull() | stays.left_at.notnull() | (stays.fate == "still")
    has_ended = is_timed | (stays.deal_closed_at < now) | stays.deal_closed_at.isnull()
    stays = stays.filter(
        (stays.entered_at < now) | stays.entered_at.isnull(),
        (stays.deal_created_at < now) | stays.deal_created_at.isnull(),
        has_ended | (stays.stage_order == 1),
    )
    still = (stays.left_at >= now).fill_null(False) | (~has_ended).fill_null(False)
    return stays.mutate(
        fate=still.ifelse("still", stays.fate),
        left_at=still.ifelse(ibis.null("timestamp"), stays.left_at),
        next_stage=still.ifelse(ibis.null("string"), stays.next_stage),
        deal_closed_at=(stays.deal_closed_at < now).ifelse(stays.deal_closed_at, ibis.null("timestamp")),
    )


@lru_cache(maxsize=KEPT_TABLES)
def _deals(tables: Tables, filters: Filters, dated: Dated | None) -> ir.Table:
    """`Filters.deals`."""
    deals, kept = _chosen(tables, filters, filters.chosen_values(), dated)
    if filters.pipeline is not None:
        kept.append(deals.pipeline == filters.pipeline)
    return _kept(deals, kept)


def _chosen(
    tables: Tables, filters: Filters, where: Mapping[Field, tuple[str, ...]], dated: Dated | None
) -> tuple[ir.Table, list[ir.BooleanValue]]:
    """The deals of any pipeline as they stood, and what keeps those of the period that `where` lets through."""
    if not filters.has_period:
        dated = None
    deals = _deals_as_of(tables, filters.now, filters if dated == "closed" else None)
    kept = filters.period_bounds(deals.created_at) if dated == "created" else []
    if filters.without:
        kept.append(~deals.deal_no.isin(_troubled(tables, filters).troubled_no))
    for field, chosen in where.items():
        if field.band == "size":  # cut among the deals kept so far
            sized = with_value(_kept(deals, kept), tables, field, "chosen")
            deals = sized.filter(_among(sized.chosen, chosen)).drop("chosen")
            kept = []
        else:
            kept.append(is_chosen(deals, tables, field, chosen, filters.time_zone))
    return deals, kept


@lru_cache(maxsize=KEPT_TABLES)
def _stays(tables: Tables, filters: Filters, dated: StayDated | None, by: Field | None, owner: Ownership) -> ir.Table:
    """`Filters.stage_entries`; deals are looked up only where they must be."""
    stays = _stays_as_of(tables, filters.now)
    kept: list[ir.BooleanValue] = []
    if filters.pipeline is not None:
        kept.append(stays.pipeline == filters.pipeline)
    if dated and filters.has_period:
        kept += filters.period_bounds(stays[_STAY_DATES[dated]])
    where = filters.chosen_values()
    of_stay = {field: _of_stay(field, owner) for field in where} | ({by: _of_stay(by, owner)} if by else {})
    # What is asked of the owner then is asked of the stay; a copy of the deal's currency serves where no deal is needed.
    needs_deals = any(found is None for found in of_stay.values())
    of_deal = {}
    of_person = {}
    for field, chosen in where.items():
        found = of_stay[field]
        if found is None or (needs_deals and found.column == "deal_currency"):
            of_deal[field] = chosen
        elif found.table == "people":
            of_person[found] = chosen
        else:
            kept.append(is_chosen(stays, tables, found, chosen, filters.time_zone, "stage_entries"))
    own_group = of_stay[by] if by else None
    groups = None
    if needs_deals:
        deals = _kept(*_chosen(tables, filters, of_deal, None if dated == "entered" else dated))
        if by is None or own_group is not None:
            kept.append(stays.deal_no.isin(deals.deal_no))
        else:
            groups = with_value(
                deals.select("deal_no", *columns_for(by)), tables, by, "group", time_zone=filters.time_zone
            )
    if filters.without and not needs_deals:
        kept.append(~stays.deal_no.isin(_troubled(tables, filters).troubled_no))
    stays = _kept(stays, kept)
    for field, chosen in of_person.items():
        owned = _with_own(stays, tables, field, "chosen")
        stays = owned.filter(_among(owned.chosen, chosen)).drop("chosen")
    if own_group is not None:
        return _with_own(stays, tables, own_group, "group")
    if groups is None:
        return stays
    return stays.inner_join(groups.select("group", of_deal=_.deal_no), [("deal_no", "of_deal")]).drop("of_deal")


def _troubled(tables: Tables, filters: Filters) -> ir.Table:
    """The deals that `without` leaves out."""
    return problems.deals_with(tables, filters.judged, filters.without)


def _kept(table: ir.Table, bounds: list[ir.BooleanValue]) -> ir.Table:
    return table.filter(bounds) if bounds else table


def values(tables: Tables, field: Field) -> ir.Table:
    """The values of `field` among deals: `value` (null where there is none) and `deals`, most frequent first."""
    return (
        with_value(tables.deals, tables, field, "value")
        .group_by("value")
        .agg(deals=_.count())
        .order_by(_.deals.desc(), _.value.asc(nulls_first=False))
    )


def is_of_owner(field: Field) -> bool:
    """Whether a field tells who owns the deal, or something of that person."""
    return field.table == "people" or (field.table == "deals" and field.column in ("owner", "owner_id"))


def _of_stay(field: Field, owner: Ownership) -> Field | None:
    """The field of the stay that answers for a field of its deal; None where the deal must be asked."""
    if owner == "then" and is_of_owner(field):
        return replace(field, table="stage_entries") if field.table == "deals" else field
    if field.table == "deals" and field.column == "currency":
        return replace(field, table="stage_entries", column="deal_currency")
    return None


def _with_own(entries: ir.Table, tables: Tables, field: Field, name: str) -> ir.Table:
    """A field of the stay, or of the person who owned the deal during it, found by number or else by name."""
    if field.table == "people":
        named = tables.people.filter(_.person_name.notnull()).agg(
            number_of_name=_.person_id.max(), by=_.person_name.name("name_of_number")
        )
        entries = entries.left_join(named, [("owner", "name_of_number")]).drop("name_of_number")
        entries = entries.mutate(owner_id=_.owner_id.coalesce(_.number_of_name)).drop("number_of_name")
    return with_value(entries, tables, field, name, near="stage_entries")


def is_chosen(
    table: ir.Table,
    tables: Tables,
    field: Field,
    chosen: tuple[str, ...],
    time_zone: str = "UTC",
    near: str = "deals",
) -> ir.BooleanValue:
    """What keeps the rows of `table` whose `field`, of any band but sizes, holds one of these; "" stands for none."""
    if field.table == near or field.band:
        return _among(own_value(table, field, time_zone), chosen)
    key = table[LINKS[field.table][0]]
    linked = linked_values(tables, field, "value")
    known = [value for value in chosen if value]
    among = key.isin(linked.filter(linked.value.isin(known)).linked_key) if known else ibis.literal(False)
    if "" not in chosen:
        return among
    return among | ~key.isin(linked.filter(linked.value.notnull()).linked_key).fill_null(False)


def _among(value: ir.StringValue, chosen: tuple[str, ...]) -> ir.BooleanValue:
    known = [each for each in chosen if each]
    among = value.isin(known).fill_null(False) if known else ibis.literal(False)
    return among | value.isnull() if "" in chosen else among


def _start(day: date, time_zone: str) -> datetime:
    """The moment `day` begins in `time_zone`, in UTC without a zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)
