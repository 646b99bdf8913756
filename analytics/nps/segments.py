"""Two stretches of time to compare the answers of: the latest, and as long before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import ibis.expr.types as ir
from ibis import _

from analytics.customers.revenue import YEAR_DAYS, Window
from analytics.fields import Field
from analytics.filters import Filters
from analytics.nps.answers import TABLE, chosen, given
from analytics.nps.spans import day_of
from analytics.question import Answers
from analytics.rows import in_zone, rows
from data.tables import Tables


@dataclass(frozen=True)
class Halves:
    """The two stretches, of the same length and next to each other."""

    earlier: Window
    later: Window


def groups_of(tables: Tables, filters: Filters, fields: Sequence[Field]) -> dict[str, ir.Table]:
    """How many groups each field makes, blank ones together: of each table a row with a column `field_<place>` a field.

    Of customers those count that answered, of who looks after them all. Fields of other tables are left out.
    """
    found = given(tables, filters)
    near = {
        TABLE: found,
        "customers": tables.customers.filter(tables.customers.customer_id.isin(found.customer_id)),
        "people": tables.people,
        "deals": tables.deals,
    }
    asks = {}
    for table, rows_ in near.items():
        own = {f"field_{place}": field for place, field in enumerate(fields) if field.table == table}
        if own:
            asks[table] = rows_.agg(**{
                name: rows_[field.column].cast("string").fill_null("").nunique() for name, field in own.items()
            })  # fmt: skip
    return asks


def first_answer(tables: Tables, filters: Filters) -> ir.Table:
    """One row: `first_on`, the day of the first answer that the filters let through, whatever the period."""
    found = chosen(given(tables, filters), tables, filters)
    return found.agg(first_on=in_zone(found.answered_at, filters.time_zone).date().min())


def halves(answers: Answers, filters: Filters, days: int | None = None) -> Halves | None:
    """The period chosen and as long before; without one the last 365 days and the 365 before, or the halves of what there is.

    `days` is the length of each, where that is given. None where there is not a day for each. `answers` has the row of `first_answer` under "first".
    """
    until = min(filters.until or filters.as_of, filters.as_of)
    if days is not None:
        later = Window(until - timedelta(days=days - 1), until)
    elif filters.since is not None:
        later = Window(filters.since, until)
    else:
        first = rows(answers["first"])[0]["first_on"]
        if first is None:
            return None
        known = (until - day_of(first)).days + 1
        later = Window(until - timedelta(days=min((known + 1) // 2, YEAR_DAYS) - 1), until)
    return Halves(later.before(), later) if later.days >= 1 else None


def within(found: ir.Table, filters: Filters, both: Halves) -> ir.Table:
    """The answers of both stretches, with `is_later`."""
    day = in_zone(found.answered_at, filters.time_zone).date()
    found = found.mutate(day=day).filter(_.day >= both.earlier.since, _.day <= both.later.until)
    return found.mutate(is_later=_.day >= both.later.since)
