"""When customers were last spoken with, how often usually, and by how many of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.rows import Row, in_zone
from data.tables import Tables

YEAR_DAYS = 365
# What is noted or left to do reaches nobody.
OF_ACTIVITIES = ("activity_id", "activity_type", "subject", "owner_id", "owner", "planned_on", "day")
_NOT_CONTACT = r"(?i)task|to-?do|note|reminder|משימ|הערה|תזכורת"


def day_of(moment: ir.TimestampValue, filters: Filters) -> ir.DateValue:
    """The day of a moment, where the workspace is."""
    return in_zone(moment, filters.time_zone).date()


def as_of_day(filters: Filters) -> ir.DateValue:
    """The as-of date, for the engine."""
    return ibis.date(filters.as_of)


def plain_day(value: Any) -> date | None:
    """A day as the engine gives it, without the time it does not have."""
    return value.date() if isinstance(value, datetime) else value


def with_days(row: Row) -> Row:
    """The row with each `day` and `..._on` as a day."""
    return {name: plain_day(value) if name == "day" or name.endswith("_on") else value for name, value in row.items()}


def reaching(tables: Tables) -> ir.Table:
    """The activities, done or planned, that are with people: tasks and notes reach nobody."""
    return tables.activities.filter(~_.activity_type.fill_null("").re_search(_NOT_CONTACT))


def done(tables: Tables, filters: Filters) -> ir.Table:
    """Those of them that were done on a known date until the as-of date, with their `day`."""
    found = reaching(tables).filter(
        _.is_done.fill_null(True), _.happened_at.notnull(), _.happened_at < ibis.timestamp(filters.now)
    )
    return found.mutate(day=day_of(found.happened_at, filters))


def of_customers(tables: Tables, activities: ir.Table) -> ir.Table:
    """The activities that name a customer, or a deal of one: `customer_id`, `contact_id` (the deal's where they name none) and
    what else is asked of activities, `OF_ACTIVITIES`."""
    kept = [name for name in OF_ACTIVITIES if name in activities.columns]
    direct = activities.filter(_.customer_id.notnull()).select("customer_id", "contact_id", *kept)
    deals = tables.deals.filter(_.customer_id.notnull()).select(of_deal=_.deal_id, of=_.customer_id, who=_.contact_id)
    through = activities.filter(_.customer_id.isnull() & _.deal_id.notnull()).inner_join(
        deals, [("deal_id", "of_deal")]
    )
    return direct.union(
        through.select(*kept, customer_id=_.of, contact_id=_.contact_id.coalesce(_.who)).select(*direct.columns)
    )


def touches(tables: Tables, filters: Filters) -> ir.Table:
    """One row an activity that reached a customer until the as-of date: `customer_id, day, contact_id, owner`.

    Activities that were done on a known date and name the customer, or a deal of it; tasks and notes reach nobody.
    """
    return of_customers(tables, done(tables, filters)).select("customer_id", "day", "contact_id", "owner")


def contact(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer that was ever in contact: `customer_id, last_contact_on, contact_gap_days` (the median between days of
    contact), `contact_days` (how many), `people_met` (contacts named in the last twelve months)."""
    daily = touches(tables, filters).group_by("customer_id", "day").agg(n=_.count())
    in_order = ibis.window(group_by="customer_id", order_by="day")
    daily = daily.mutate(gap=_.day.delta(_.day.lag().over(in_order), unit="day"))
    rhythm = daily.group_by("customer_id").agg(
        last_contact_on=_.day.max(), contact_gap_days=_.gap.median().cast("float64"), contact_days=_.count()
    )
    as_of = ibis.date(filters.as_of)
    met = touches(tables, filters).filter(_.contact_id.notnull())
    met = met.filter(as_of.delta(met.day, unit="day") < YEAR_DAYS)
    met = met.group_by("customer_id").agg(people_met=_.contact_id.nunique())
    return rhythm.left_join(met, "customer_id").drop("customer_id_right").mutate(people_met=_.people_met.fill_null(0))


def people(tables: Tables) -> ir.Table:
    """One row a customer with contacts on file: `customer_id, contacts`."""
    known = tables.contacts.filter(_.customer_id.notnull())
    return known.group_by("customer_id").agg(contacts=_.contact_id.nunique())


def cases(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer with service cases: `customer_id, open_cases, cases_12m, last_case_on`."""
    now = ibis.timestamp(filters.now)
    opened = tables.cases.filter(_.customer_id.notnull(), _.opened_at < now)
    is_open = opened.closed_at.isnull() & ~opened.status.fill_null("").re_search(
        r"(?i)closed|resolved|solved|done|סגור|טופל|הסתיים"
    )
    day = day_of(opened.opened_at, filters)
    ago = ibis.date(filters.as_of).delta(day, unit="day")
    each = opened.mutate(day=day, ago=ago, is_open=is_open | (opened.closed_at >= now).fill_null(False))
    return each.group_by("customer_id").agg(
        open_cases=_.is_open.sum(), cases_12m=(_.ago < YEAR_DAYS).sum(), last_case_on=_.day.max()
    )


def answers(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer that answered an NPS survey: `customer_id, last_score, score_before, last_answer_on`.

    Scores of a day of one customer are averaged.
    """
    told = tables.survey_responses.filter(
        _.customer_id.notnull(), _.answered_at < ibis.timestamp(filters.now), _.score.notnull(),
        _.scale.fill_null("nps") == "nps",
    )  # fmt: skip
    day = day_of(told.answered_at, filters)
    daily = told.mutate(day=day).group_by("customer_id", "day").agg(score=_.score.mean())
    in_order = ibis.window(group_by="customer_id", order_by="day")
    daily = daily.mutate(before=_.score.lag().over(in_order))
    return daily.group_by("customer_id").agg(
        last_score=_.score.argmax(_.day), score_before=_.before.argmax(_.day), last_answer_on=_.day.max()
    )


def open_deals(tables: Tables, filters: Filters) -> ir.Table:
    """One row a customer with open deals: `customer_id, open_deals, open_amount`."""
    deals = filters_of_all(filters).deals(tables).filter(_.status == "open", _.customer_id.notnull())
    return deals.group_by("customer_id").agg(open_deals=_.count(), open_amount=_.amount.sum().fill_null(0.0))


def filters_of_all(filters: Filters) -> Filters:
    """The same day and time zone, without what the reader chose."""
    return Filters(filters.as_of, time_zone=filters.time_zone, recorded_until=filters.recorded_until)
