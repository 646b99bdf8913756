"""The survey answers that count, each as a vote: 1 for a promoter, 0 for a passive, -1 for a detractor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

import ibis
import ibis.expr.types as ir
from ibis import Deferred, _

from analytics.customers import who
from analytics.fields import Field, find, own_value, with_value
from analytics.filters import KEPT_TABLES, Filters, is_chosen
from data.errors import RequestProblem
from data.tables import Tables

TABLE = "survey_responses"
NPS = "nps"
LEAST_PROMOTER, MOST_DETRACTOR = 9, 6
PROMOTER, PASSIVE, DETRACTOR = 1, 0, -1
_OF_ANSWERS = "answered_at"  # what answers have and invitations have not
# Sums over votes, as `tallied` makes them.
TALLY = ("n", "promoters", "passives", "detractors")


def answers(tables: Tables, filters: Filters, *, in_period: bool = True) -> ir.Table:
    """One row an answer on the scale of NPS that counts, with the columns of `survey_responses`, `vote` and `previous_vote`.

    Blank answers and those on other scales are none. Of several answers of one person within 24 hours the last one counts; what
    came after the as-of date is not there. The period bounds the day of the answer, so that answers without a day are
    in none; `in_period` False leaves it out of account. Filters are by fields of the answer, of its customer, and of who looks after it.
    """
    return _answers(tables, filters if in_period else replace(filters, since=None, until=None))


# To put the expression together takes longer than many a query, and all that a page asks begins with it.
@lru_cache(maxsize=KEPT_TABLES)
def _answers(tables: Tables, filters: Filters) -> ir.Table:
    found = chosen(given(tables, filters), tables, filters)
    return found.filter(filters.period_bounds(found.answered_at)) if filters.has_period else found


def given(tables: Tables, filters: Filters) -> ir.Table:
    """The same, whatever the filters let through and whenever it was."""
    now = ibis.timestamp(filters.now)
    rows = tables[TABLE]
    rows = rows.filter(
        rows.scale == NPS,
        is_on_scale(rows.score),
        (rows.answered_at < now) | rows.answered_at.isnull(),
        rows.superseded_at.isnull() | (rows.superseded_at >= now),
    )
    return rows.mutate(vote=vote(rows.score), previous_vote=vote(rows.previous_score))


def is_on_scale(score: ir.NumericValue) -> ir.BooleanValue:
    """Whether a score is a whole number from 0 to 10."""
    return (score >= 0) & (score <= 10) & (score == score.floor())


def vote(score: ir.NumericValue) -> ir.IntegerValue:
    """1 for 9 and 10, 0 for 7 and 8, -1 for 0 to 6 (Reichheld 2003); null where there is no score."""
    return ibis.cases(
        (score >= LEAST_PROMOTER, PROMOTER),
        (score > MOST_DETRACTOR, PASSIVE),
        (score.notnull(), DETRACTOR),
        else_=ibis.null("int8"),
    )


def tallied(rows: ir.Table, by: Sequence[str | ir.Value] = (), **more: ir.Value | Deferred) -> ir.Table:
    """How many answers there are, and of each kind: the columns `TALLY` and those of `more`, one row for each of `by`."""
    return rows.agg(
        n=_.count(),
        promoters=(_.vote == PROMOTER).sum().fill_null(0),
        passives=(_.vote == PASSIVE).sum().fill_null(0),
        detractors=(_.vote == DETRACTOR).sum().fill_null(0),
        **more,
        by=list(by),
    )


# what filters and groups reach


def reaches(field: Field) -> bool:
    """Whether a filter by this field says anything of answers: fields of theirs, of their customers, and of who looks after those."""
    return field.table == TABLE or who.reaches(field)


def chosen(rows: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """The answers, or invitations, that the filters let through. They have `customer_id`; fields of answers reach only answers."""
    for found, values in filters.chosen_values().items():
        field = who.of_customer(found)
        if field.table == TABLE:
            if _OF_ANSWERS in rows.columns:
                rows = rows.filter(is_chosen(rows, tables, field, values, filters.time_zone, TABLE))
        elif field.table == "people" or (field.table == "customers" and field.column in ("owner", "owner_id")):
            # The owner of a customer may be known from its deals only.
            alone = replace(filters, where=tuple(choice for choice in filters.where if choice.field == found))
            kept = who.chosen(who.customers(tables, filters), tables, alone)
            rows = rows.filter(_among(rows.customer_id, kept.customer_id, values))
        elif who.reaches(found):
            rows = rows.filter(is_chosen(rows, tables, field, values, filters.time_zone, TABLE))
    return rows


def _among(number: ir.StringColumn, kept: ir.StringColumn, values: tuple[str, ...]) -> ir.BooleanValue:
    among = number.isin(kept).fill_null(False)
    return among | number.isnull() if "" in values else among


def with_group(rows: ir.Table, tables: Tables, filters: Filters, by: Field) -> ir.Table:
    """The answers, or invitations, with the value of a field in a new column `group`; without one it is null."""
    field = who.of_customer(by)
    if field.table == TABLE:
        return rows.mutate(group=own_value(rows, field, filters.time_zone))
    if field.table == "people" or (field.table == "customers" and field.column in ("owner", "owner_id")):
        # A step of its own: Ibis cannot go on joining a join.
        known = who.customers(tables, filters).filter(_.customer_id.notnull())
        every = who.with_group(known, tables, filters, by)
        grouped = every.select(of_group=_.customer_id, group=_.group)
        return rows.left_join(grouped, [("customer_id", "of_group")]).drop("of_group")
    return with_value(rows, tables, field, "group", TABLE, filters.time_zone)


def fields(tables: Tables) -> list[Field]:
    """What only the files of surveys say of an answer and makes groups: the columns that no other table has."""
    found = []
    for header in tables.headers:
        if header.table == TABLE and header.is_attribute:
            with suppress(RequestProblem):
                found.append(_named_apart(find(f"{TABLE}.{header.column}", tables, TABLE), tables))
    return found


def _named_apart(field: Field, tables: Tables) -> Field:
    """The field under a name that no field of deals and what they are linked to has."""
    with suppress(RequestProblem):
        find(field.name, tables)
        return replace(field, name=f"{TABLE}.{field.column}")
    return field


def values(tables: Tables, filters: Filters, field: Field) -> ir.Table:
    """The values of a field among the answers: `value` (null where there is none) and `answers`, the commonest first."""
    grouped = with_group(given(tables, filters), tables, filters, field)
    return (
        grouped.group_by(value=grouped.group)
        .agg(answers=_.count())
        .order_by(_.answers.desc(), _.value.asc(nulls_first=False))
    )
