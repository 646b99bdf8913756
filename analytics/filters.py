"""The choices a reader makes once and every page obeys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.fields import Field, with_value
from data.schema import Tables

Dated = Literal["created", "closed"]
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

    def stage_entries(self, tables: Tables, dated: Dated | None = None, by: Field | None = None) -> ir.Table:
        """The stays of the chosen deals, as they stood at the as-of date.

        The columns of `stage_entries`, and of each stay's deal `deal_amount`, `deal_currency`, `deal_created_at`, and
        with `by` its `group`. A stay entered later is not there; one that ended later has the fate 'still'.
        """
        now = self.now
        deals = self._chosen(tables)
        if dated:
            deals = deals.filter(self.in_period(_[f"{dated}_at"]))
        deals = deals if by is None else with_value(deals, tables, by, "group")
        deals = deals.select(
            *(["group"] if by else []),
            "is_reopened",
            of_deal=_.deal_id,
            deal_amount=_.amount,
            deal_currency=_.currency,
            deal_created_at=_.created_at,
        )
        entries = tables.stage_entries.filter((_.entered_at < now) | _.entered_at.isnull())
        if self.pipeline is not None:
            entries = entries.filter(_.pipeline == self.pipeline)
        entries = entries.inner_join(deals, [("deal_id", "of_deal")]).mutate(
            # Stays without any time follow from how the deal ended; before it ended, it was somewhere unknown.
            is_undone=_.is_reopened & _.entered_at.isnull() & _.left_at.isnull() & (_.fate != "still")
        )
        return (
            entries.filter(~_.is_undone | (_.stage_order == 1))
            .mutate(is_still=_.is_undone | (_.left_at >= now).fill_null(False))
            .mutate(
                fate=_.is_still.ifelse("still", _.fate),
                left_at=_.is_still.ifelse(ibis.null("timestamp"), _.left_at),
                next_stage=_.is_still.ifelse(ibis.null("string"), _.next_stage),
            )
            .drop("of_deal", "is_reopened", "is_undone", "is_still")
        )

    def _chosen(self, tables: Tables) -> ir.Table:
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
        merged: dict[Field, tuple[str, ...]] = {}
        for choice in self.where:
            merged[choice.field] = merged.get(choice.field, ()) + choice.values
        for field, chosen in merged.items():
            deals = with_value(deals, tables, field, "chosen").filter(_one_of(chosen)).drop("chosen")
        return deals


def values(tables: Tables, field: Field) -> ir.Table:
    """The values of `field` among deals: `value` (null where there is none) and `deals`, most frequent first."""
    return (
        with_value(tables.deals, tables, field, "value")
        .group_by("value")
        .agg(deals=_.count())
        .order_by(_.deals.desc(), _.value.asc(nulls_first=False))
    )


def _one_of(chosen: tuple[str, ...]) -> Callable[[ir.Table], ir.BooleanValue]:
    def kept(table: ir.Table) -> ir.BooleanValue:
        known = [value for value in chosen if value]
        among = table.chosen.isin(known).fill_null(False) if known else ibis.literal(False)
        return among | table.chosen.isnull() if "" in chosen else among

    return kept


def _start(day: date, time_zone: str) -> datetime:
    """The moment `day` begins in `time_zone`, in UTC without a zone."""
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC).replace(tzinfo=None)
