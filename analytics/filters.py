"""The choices a reader makes once and every page obeys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.fields import Field, with_value
from data.schema import Tables

Dated = Literal["created", "closed"]
StayDated = Literal["created", "closed", "entered"]
Ownership = Literal["now", "then"]
_STAY_DATES = {"created": "deal_created_at", "closed": "deal_closed_at", "entered": "entered_at"}
# The as-of date of data without any date: nothing in it can be later.
ENDLESS = date(9999, 12, 30)


@dataclass(frozen=True)
class Choice:
    """One field and the values to keep; "" stands for rows without a value."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """What to count. The end of the day `as_of` stands for now, so no metric ever reads the clock.

    `since` and `until` are the first and the last day of a period; which date they bound depends on the metric.
    Days are cut in `time_zone`.
    """

    as_of: date
    since: date | None = None
    until: date | None = None
    where: tuple[Choice, ...] = ()
    pipeline: str | None = None
    time_zone: str = "UTC"

    @property
    def now(self) -> datetime:
        """The first moment after the as-of day, in UTC without a zone, as the tables hold time."""
        return _start(self.as_of + timedelta(days=1), self.time_zone)

    @property
    def has_period(self) -> bool:
        return self.since is not None or self.until is not None

    def in_period(self, moment: ir.TimestampColumn) -> ir.BooleanValue:
        """True where `moment` lies in the period: always without bounds, never with bounds where it is unknown."""
        inside = ibis.literal(True)
        if self.since:
            inside = inside & (moment >= _start(self.since, self.time_zone))
        if self.until:
            inside = inside & (moment < _start(self.until + timedelta(days=1), self.time_zone))
        return inside.fill_null(False) if self.has_period else inside

    def deals(self, tables: Tables, dated: Dated | None = None) -> ir.Table:
        """The deals these filters let through, as they stood at the as-of date, with the columns of `deals`.

        A deal created later is not there, a deal closed later is open. With `dated`, the period bounds that date.
        """
        deals = self._chosen(tables).drop("is_reopened")
        if self.pipeline is not None:
            deals = deals.filter(_.pipeline == self.pipeline)
        if dated is None:
            return deals
        column = {"created": "created_at", "closed": "closed_at"}[dated]
        return deals.filter(self.in_period(_[column])) if self.has_period else deals

    def stage_entries(
        self, tables: Tables, dated: StayDated | None = None, by: Field | None = None, owner: Ownership = "now"
    ) -> ir.Table:
        """The stays of the chosen deals, as they stood at the as-of date.

        The columns of `stage_entries`, and with `by` the `group` of each stay's deal. A stay entered later is not there;
        one that ended later has the fate 'still', and a deal that closed later has no `deal_closed_at`. With `dated`, the
        period bounds that date of the deal, or the entry of the stay. With `owner` "then", filters and groups by owner, and
        by what is known of people, are about who owned the deal during the stay.
        """
        now = self.now
        entries = tables.stage_entries
        # Stays without any time follow from how the deal ended; before it ended, it was somewhere unknown. What is seldom so
        # is asked last, and the engine leaves out what no date of the data can change.
        is_timed = _.entered_at.notnull() | _.left_at.notnull() | (_.fate == "still")
        has_ended = is_timed | (_.deal_closed_at < now) | _.deal_closed_at.isnull()
        bounds = [
            (_.entered_at < now) | _.entered_at.isnull(),
            (_.deal_created_at < now) | _.deal_created_at.isnull(),
            has_ended | (_.stage_order == 1),
        ]
        if self.pipeline is not None:
            bounds.append(_.pipeline == self.pipeline)
        if dated and self.has_period:
            bounds.append(self.in_period(_[_STAY_DATES[dated]]))
            if dated == "closed":
                bounds.append(_.deal_closed_at < now)
        entries = self._of_chosen(entries.filter(bounds), tables, dated, by, owner)
        still = (_.left_at >= now).fill_null(False) | (~has_ended).fill_null(False)
        return entries.mutate(
            fate=still.ifelse("still", _.fate),
            left_at=still.ifelse(ibis.null("timestamp"), _.left_at),
            next_stage=still.ifelse(ibis.null("string"), _.next_stage),
            deal_closed_at=(_.deal_closed_at < now).ifelse(_.deal_closed_at, ibis.null("timestamp")),
        )

    def _of_chosen(
        self, entries: ir.Table, tables: Tables, dated: StayDated | None, by: Field | None, owner: Ownership
    ) -> ir.Table:
        """The stays of the deals that `where` lets through, with the `group`; deals are looked up only where they must be."""
        where = self.chosen_values()
        of_stay = {field: _of_stay(field, owner) for field in where} | ({by: _of_stay(by, owner)} if by else {})
        # What is asked of the owner then is asked of the stay; a copy of the deal's currency serves where no deal is needed.
        needs_deals = any(found is None for found in of_stay.values())
        of_deal = {}
        for field, chosen in where.items():
            found = of_stay[field]
            if found is None or (needs_deals and found.column == "deal_currency"):
                of_deal[field] = chosen
            else:
                entries = _with_own(entries, tables, found, "chosen").filter(kept_values(chosen)).drop("chosen")
        own_group = of_stay[by] if by else None
        if needs_deals:
            deals = self._chosen(tables, of_deal)
            if dated in ("created", "closed"):
                deals = deals.filter(self.in_period(_[f"{dated}_at"]))
            if by and own_group is None:
                deals = with_value(deals, tables, by, "group", time_zone=self.time_zone)
                entries = entries.inner_join(deals.select("group", of_deal=_.deal_no), [("deal_no", "of_deal")])
                return entries.drop("of_deal")
            entries = entries.semi_join(deals.select(of_deal=_.deal_no), [("deal_no", "of_deal")])
        return _with_own(entries, tables, own_group, "group") if own_group else entries

    def chosen_values(self) -> dict[Field, tuple[str, ...]]:
        merged: dict[Field, tuple[str, ...]] = {}
        for choice in self.where:
            merged[choice.field] = merged.get(choice.field, ()) + choice.values
        return merged

    def _chosen(self, tables: Tables, where: Mapping[Field, tuple[str, ...]] | None = None) -> ir.Table:
        """The deals let through by `where`, of any pipeline, as they stood; `is_reopened` where they closed later."""
        now = self.now
        deals = (
            tables.deals.filter((_.created_at < now) | _.created_at.isnull())
            .mutate(is_reopened=(_.closed_at >= now).fill_null(False))
            .mutate(
                status=_.is_reopened.ifelse("open", _.status),
                closed_at=_.is_reopened.ifelse(ibis.null("timestamp"), _.closed_at),
            )
        )
        for field, chosen in (self.chosen_values() if where is None else where).items():
            deals = with_value(deals, tables, field, "chosen", time_zone=self.time_zone)
            deals = deals.filter(kept_values(chosen)).drop("chosen")
        return deals


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


def kept_values(chosen: tuple[str, ...]) -> Callable[[ir.Table], ir.BooleanValue]:
    """What keeps the rows whose column `chosen` holds one of these; "" stands for none."""

    def kept(table: ir.Table) -> ir.BooleanValue:
        known = [value for value in chosen if value]
        among = table.chosen.isin(known).fill_null(False) if known else ibis.literal(False)
        return among | table.chosen.isnull() if "" in chosen else among

    return kept


def _start(day: date, time_zone: str) -> datetime:
    """The moment `day` begins in `time_zone`, in UTC without a zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)
