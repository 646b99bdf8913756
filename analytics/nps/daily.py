"""Survey answers day by day, and which days a comparison is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.nps.answers import answers, tallied
from analytics.nps.evidence import Tally
from analytics.nps.spans import day_of
from analytics.nps.trend import tally_of
from analytics.periods import local
from analytics.rows import rows
from data.tables import Tables

Days = dict[date, Tally]
# What answers of the same people have in common is told from some of the people where more answers than these repeat earlier ones.
MOST_REPEATED = 100_000


def dated(tables: Tables, filters: Filters) -> ir.Table:
    """The answers with a day that the filters let through, with `day` by the clocks of the workspace."""
    found = answers(tables, filters)
    found = found.filter(_.answered_at.notnull())
    return found.mutate(day=local(found.answered_at, filters.time_zone, filters.as_of).date())


def by_day(found: ir.Table) -> ir.Table:
    """One row a day with answers: `day`, the sums of votes, and how many are of people who answered before (`again`)."""
    return tallied(found, ["day"], again=_.previous_at.notnull().sum()).order_by("day")


def days_of(told: pd.DataFrame) -> Days:
    """The rows of `by_day`, in order of the day."""
    return {day_of(row["day"]): tally_of(row) for row in rows(told)}


def between(days: Days, since: date, until: date) -> Tally:
    """All answers of a stretch of days, its last day included."""
    return total(tally for day, tally in days.items() if since <= day <= until)


def total(tallies: Iterable[Tally]) -> Tally:
    found = Tally(0, 0, 0)
    for tally in tallies:
        found = found.plus(tally)
    return found


def in_days(day: ir.DateValue, since: date, until: date) -> ir.BooleanValue:
    return (day >= ibis.date(since)) & (day <= ibis.date(until))


def repeated(found: ir.Table, told: pd.DataFrame) -> tuple[ir.Table, int] | None:
    """The answers of people with more than one, each person a number (`person`); None where, by the rows of `by_day`, there are none.

    Of very many they are of one person in so many, which is the second value: what they sum to is that many times as much.
    """
    again = int(told["again"].sum()) if len(told) else 0
    if not again:
        return None
    one_in = -(-again // MOST_REPEATED)
    known = found.filter(_.respondent_key.notnull()).mutate(person=_.respondent_key.hash())
    if one_in > 1:
        known = known.filter(_.person % one_in == 0)
    people = known.filter(_.previous_at.notnull()).select("person").distinct()
    return known.semi_join(people, "person"), one_in
