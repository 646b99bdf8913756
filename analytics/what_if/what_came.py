"""What customers brought in the months of a forecast, and who was there: what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import revenue, who
from analytics.customers.basis import Source
from analytics.customers.contracts import GRACE_DAYS
from analytics.customers.revenue import Window
from analytics.filters import Filters
from analytics.rows import in_zone
from analytics.what_if.forecast import Forecast
from data.tables import Tables


@dataclass(frozen=True)
class Months:
    """The months of a forecast that have begun by the as-of date."""

    of: Forecast
    as_of: date

    @property
    def begun(self) -> int:
        return sum(start <= self.as_of for start in self.of.starts[:-1])

    @property
    def complete(self) -> int:
        return sum(start <= self.as_of + timedelta(days=1) for start in self.of.starts[1:])

    def window(self, month: int) -> Window:
        """Its first and last day, the as-of date where it is not over."""
        last = self.of.starts[month + 1] - timedelta(days=1)
        return Window(self.of.starts[month], min(last, self.as_of))

    def number(self, day: ir.DateValue) -> ir.IntegerValue:
        """The place of the month that a day is in, from 0."""
        later = ((day >= ibis.date(self.of.starts[month]), month) for month in reversed(range(self.begun)))
        return ibis.cases(*later, else_=-1)


def sold(tables: Tables, filters: Filters, source: Source, months: Months) -> ir.Table:
    """One row a month and `who` (then, new, nobody, other: of another currency): `revenue`, `lines`."""
    if source.basis == "subscriptions":
        found = ibis.union(*(_of_contracts(tables, months.window(place), place) for place in range(months.begun)))
        first = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull())
        first = first.group_by("customer_id").agg(first_on=_.started_on.min())
    else:
        whole_time = Window(months.window(0).since, months.window(months.begun - 1).until)
        found = revenue.lines(tables, filters, source, whole_time).select("customer_id", "currency", "amount", "day")
        found = found.mutate(month=months.number(found.day)).drop("day")
        known = revenue.lines(tables, filters, source, Window(date(1900, 1, 1), filters.as_of))
        first = known.filter(_.customer_id.notnull()).group_by("customer_id").agg(first_on=_.day.min())
    found = _of_chosen(found, tables, filters)
    found = found.left_join(first, "customer_id").drop("customer_id_right")
    told = ibis.cases(
        (_is_other(found.currency, source, months.of), "other"),
        (found.customer_id.isnull(), "nobody"),
        (found.first_on <= ibis.date(months.of.as_of), "then"),
        else_="new",
    )
    return found.group_by(month=found.month, who=told).agg(revenue=_.amount.sum().fill_null(0.0), lines=_.count())


def _is_other(currency: ir.StringValue, source: Source, said: Forecast) -> ir.BooleanValue:
    if not (source.several_currencies and said.currency):
        return ibis.literal(False)
    return (currency != said.currency).fill_null(True)


def _of_contracts(tables: Tables, month: Window, place: int) -> ir.Table:
    """What contracts bring in a month: what is paid a month, for the part of it that they run."""
    known = tables.subscriptions.filter(_.started_on.notnull(), _.started_on <= ibis.date(month.until))
    known = known.filter(_.ended_on.isnull() | (_.ended_on >= ibis.date(month.since)))
    first = ibis.greatest(known.started_on, ibis.date(month.since))
    last = ibis.least(known.ended_on.coalesce(ibis.date(month.until)), ibis.date(month.until))
    part = (last.delta(first, unit="day") + 1) / month.days
    return known.select(
        "customer_id", currency=_.currency.nullif(""), amount=known.monthly_revenue * part, month=ibis.literal(place)
    )  # fmt: skip


def there(tables: Tables, filters: Filters, source: Source, months: Months) -> ir.Table:
    """One row a complete month and `who`: `customers` whose contract runs at its end, or ended less than the grace ago."""
    known = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.notnull())
    known = known.filter(~_is_other(known.currency.nullif(""), source, months.of))
    first = known.group_by("customer_id").agg(first_on=_.started_on.min())
    parts = []
    for place in range(max(months.complete, 1)):
        end = months.window(place).until
        stood = known.filter(
            _.started_on <= ibis.date(end),
            _.ended_on.isnull() | (_.ended_on > ibis.date(end - timedelta(days=GRACE_DAYS))),
        )
        parts.append(stood.select("customer_id", month=ibis.literal(place)).distinct())
    found = _of_chosen(ibis.union(*parts), tables, filters)
    found = found.inner_join(first, "customer_id")
    told = (found.first_on <= ibis.date(months.of.as_of)).ifelse("then", "new")
    return found.group_by(month=found.month, who=told).agg(customers=_.count())


def _of_chosen(found: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    if not any(who.reaches(field) for field in filters.chosen_values()):
        return found
    chosen = who.chosen(who.customers(tables, filters), tables, filters).select("customer_id")
    return found.semi_join(chosen, "customer_id")


def won(tables: Tables, filters: Filters, months: Months) -> ir.Table:
    """The same of won deals, where nothing told of customers: all of them are new business."""
    deals = filters.deals(tables).filter(_.status == "won", _.closed_at.notnull())
    deals = deals.mutate(day=in_zone(deals.closed_at, filters.time_zone).date())
    until = months.window(months.begun - 1).until
    found = deals.filter(_.day >= ibis.date(months.of.starts[0]), _.day <= ibis.date(until))
    said = months.of.currency
    is_other = (found.currency.nullif("") != said).fill_null(False) if said else ibis.literal(False)
    told = found.select("amount", month=months.number(found.day), who=is_other.ifelse("other", "new"))
    return told.group_by("month", "who").agg(revenue=_.amount.sum().fill_null(0.0), lines=_.count())
