"""How long each customer has been one, and whether it has left: what survival curves and hazards are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.customers.basis import Source
from analytics.customers.contracts import DAYS_A_MONTH, GRACE_DAYS
from analytics.customers.purchases import DAYS_A_WEEK, histories
from analytics.customers.thresholds import LOST, Thresholds, gap_counts
from analytics.fields import Field
from analytics.filters import Filters
from analytics.question import Answers
from analytics.rows import rows, whole
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

# Why a customer is not counted, or "known".
STATES = ("known", "untimed", "negative", "contradictory")
KNOWN = STATES[0]


def asked_first(tables: Tables, filters: Filters, source: Source) -> dict[str, ir.Table]:
    """What `lengths` hangs on, to be asked before it: of purchases, the gaps that say from when on silence is leaving."""
    return {} if source.is_contract else {"gaps": gap_counts(tables, filters, source)}


def lengths(tables: Tables, filters: Filters, source: Source, first: Answers) -> ir.Table:
    """One row a customer, whatever the filters: `customer_id, months, has_left, state` at the as-of date.

    `months` are counted from the first day to the day of leaving, or as far as is known; of contracts calendar months with
    parts. `state` is one of `STATES`; what is not known is left out of curves and counted. `first` has the answers to
    `asked_first`.
    """
    if source.basis == "tenure":
        return _told(tables, filters)
    if source.basis == "subscriptions":
        return _of_contracts(tables, filters)
    return _of_purchases(tables, filters, source, Thresholds.of(first["gaps"]))


def chosen_lengths(
    tables: Tables, filters: Filters, source: Source, first: Answers, by: Mapping[str, Field] | None = None
) -> ir.Table:
    """The same of the customers the filters leave; `by` gives columns with the value of a field, blank as null."""
    each = lengths(tables, filters, source, first)
    fields = dict(by or {})
    for field in fields.values():
        if not who.reaches(field):
            raise RequestProblem(
                say('"{field}" says nothing of customers.', field=field.name),
                say("Choose a field of the customers, or of who looks after them."),
            )
    if filters.where or fields:
        known = who.customers(tables, filters).select("customer_id", "owner", "owner_id")
        each = each.left_join(known, "customer_id", rname="{name}_known").drop("customer_id_known")
        each = who.chosen(each, tables, filters)
    for name, field in fields.items():
        each = who.with_group(each, tables, filters, field).rename({name: "group"})
    return each


def states(found: pd.DataFrame) -> dict[str, int]:
    """How many customers are in each state, from rows of `state` and `n`."""
    counted = dict.fromkeys(STATES, 0)
    for row in rows(found):
        counted[row["state"]] += whole(row["n"])
    return counted


def _state(cases: Sequence[tuple[ir.BooleanValue, str]]) -> ir.StringValue:
    return ibis.cases(*cases, else_=KNOWN)


def _told(tables: Tables, filters: Filters) -> ir.Table:
    """As a file says it: tenure in months, and whether the customer left.

    A flag is contradicted by another row of the same customer, by a contract that is still open, and by a tenure that
    began with the customer's creation and would only end after the as-of date.
    """
    customers = tables.customers.filter(
        _.customer_id.notnull(), _.is_churned.notnull() | _.tenure_months.notnull(),
    )  # fmt: skip
    told = customers.group_by("customer_id").agg(
        months=_.tenure_months.max(), has_left=_.is_churned.any(), stayed=(~_.is_churned).any(),
        created_on=_.created_at.max().date(),
    )  # fmt: skip
    now, as_of = ibis.timestamp(filters.now), ibis.date(filters.as_of)
    contracts = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on.cast("timestamp") < now)
    open_ones = contracts.filter(_.ended_on.isnull() | (_.ended_on > as_of)).group_by("customer_id").agg(open=_.count())
    told = told.left_join(open_ones, "customer_id", rname="{name}_open").drop("customer_id_open")
    begun = told.created_on.delta(ibis.date(1970, 1, 1), unit="day")
    today = as_of.delta(ibis.date(1970, 1, 1), unit="day")
    is_later = (begun + told.months * DAYS_A_MONTH > today + 31).fill_null(False)
    contradicts = (told.has_left & told.stayed) | (told.has_left & (told["open"].notnull() | is_later))
    return told.select(
        "customer_id",
        months=told.months.round(2).cast("float64"),
        has_left=told.has_left.fill_null(False),
        state=_state(
            [
                (contradicts.fill_null(False), "contradictory"),
                (told.months.isnull() | told.has_left.isnull(), "untimed"),
                (told.months < 0, "negative"),
            ]
        ),
    )


def _of_contracts(tables: Tables, filters: Filters) -> ir.Table:
    """From the first day of the first contract to the end of the last one: who came back after a break never left.

    A contract that ended within the grace before the as-of date may yet be renewed, so its customer is still there.
    """
    now, as_of = ibis.timestamp(filters.now), ibis.date(filters.as_of)
    begun = tables.subscriptions.filter(_.customer_id.notnull())
    begun = begun.filter((_.started_on.cast("timestamp") < now) | _.started_on.isnull())
    is_open = begun.ended_on.isnull() | (begun.ended_on > as_of)
    each = begun.mutate(until=is_open.ifelse(as_of, begun.ended_on), is_open=is_open).group_by("customer_id").agg(
        first_on=_.started_on.min(), last_on=_.until.max(), is_open=_.is_open.any()
    )  # fmt: skip
    has_left = ~each.is_open & (as_of.delta(each.last_on, unit="day") > GRACE_DAYS)
    # The last day is one of the customer's: a year's contract lasts twelve months.
    months = _months(each.last_on + ibis.interval(days=1)) - _months(each.first_on)
    return each.select(
        "customer_id",
        months=months.round(2).cast("float64"),
        has_left=has_left.fill_null(False),
        state=_state([(each.first_on.isnull(), "untimed"), (each.last_on < each.first_on, "negative")]),
    )


def _of_purchases(tables: Tables, filters: Filters, source: Source, limits: Thresholds) -> ir.Table:
    """From the first purchase to the last, where the silence since is longer than the customer's limit (R3); else to today."""
    each = histories(tables, filters, source).select(
        "customer_id", "purchases", "gap_days", "days_since", "recency_weeks", "age_weeks"
    )
    segments = who.customers(tables, filters).select("customer_id", "segment")
    each = each.left_join(segments, "customer_id", rname="{name}_known").drop("customer_id_known")
    is_lost = (each.days_since > limits.expression(each, LOST)).fill_null(False)
    weeks = is_lost.ifelse(each.recency_weeks, each.age_weeks)
    return each.select(
        "customer_id",
        months=(weeks * (DAYS_A_WEEK / DAYS_A_MONTH)).round(2).cast("float64"),
        has_left=is_lost,
        state=_state([(weeks.isnull(), "untimed"), (weeks < 0, "negative")]),
    )


def _months(day: ir.DateValue) -> ir.FloatingValue:
    """Calendar months since year 0: the same day of two months is a whole number of months apart."""
    return day.year() * 12 + day.month() + (day.day() - 1) / 31
