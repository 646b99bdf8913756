"""Everything that is on record of one customer, by the day it happened."""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts, who
from analytics.customers.one_customer import of_customer
from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import frame, rows, whole
from data.tables import Tables

EVENTS = (
    "deal_created", "deal_won", "deal_lost", "order", "return", "survey_answer", "contact", "case_opened", "case_closed",
    "contract_started", "contract_ended",
)  # fmt: skip
COLUMNS = ("day", "event", "what", "detail", "amount", "currency", "score", "scale", "who", "contact_name", "event_id")
CHANGE_COLUMNS = (
    "event", "recent", "earlier_count", "money_recent", "money_before", "currency", "score_recent", "score_before",
)  # fmt: skip
PERIOD_DAYS = 90
_TYPES = {
    "day": "date", "event": "string", "what": "string", "detail": "string", "amount": "float64", "currency": "string",
    "score": "float64", "scale": "string", "who": "string", "contact_name": "string", "event_id": "string",
}  # fmt: skip


def customer_timeline(
    tables: Tables, filters: Filters, customer: str = "", most: int | None = None, is_number: bool = False
) -> Question:
    """One row an event of one customer until the as-of date, the newest first. Columns: `COLUMNS`.

    The customer is asked for by number or by name; with `is_number` only by number, and not looked for. Deals stand as they did
    at the as-of date; the lines of an order are one event, a return where they come to less than nothing. Tasks and notes are no
    contacts; what has no date is not here. Raises RequestProblem for an unknown customer.
    """

    def events_of(number: str) -> dict[str, ir.Table]:
        found = events(tables, filters, number).order_by(_.day.desc(), "event", "event_id")
        return {"events": found if most is None else found.limit(most)}

    def told(answers: Answers) -> pd.DataFrame:
        return frame(map(contacts.with_days, rows(answers["events"])), COLUMNS)

    if is_number:
        return Question(events_of(customer), told)
    return of_customer(_everybody(tables, filters), customer, events_of, told)


def customer_changes(
    tables: Tables, filters: Filters, customer: str = "", days: int = PERIOD_DAYS, is_number: bool = False
) -> Question:
    """One row a kind of event and currency of one customer: the last `days` days against as many before.

    Columns: `CHANGE_COLUMNS`, events in the order of `EVENTS`; kinds of which there is nothing in both are left out.
    """

    def counted(number: str) -> dict[str, ir.Table]:
        found = events(tables, filters, number)
        ago = ibis.date(filters.as_of).delta(found.day, unit="day")
        recent, before = ago < days, (ago >= days) & (ago < 2 * days)
        is_nps = found.scale.fill_null("nps") == "nps"
        summed = found.group_by("event", "currency").agg(
            recent=recent.sum(),
            earlier_count=before.sum(),
            money_recent=found.amount.sum(where=recent),
            money_before=found.amount.sum(where=before),
            score_recent=found.score.mean(where=recent & is_nps),
            score_before=found.score.mean(where=before & is_nps),
        )
        return {"changes": summed.filter(_.recent + _.earlier_count > 0)}

    def told(answers: Answers) -> pd.DataFrame:
        found = [
            row | {name: whole(row[name]) for name in ("recent", "earlier_count")} for row in rows(answers["changes"])
        ]
        found.sort(key=lambda row: (EVENTS.index(row["event"]), row["currency"] or ""))
        return frame(found, CHANGE_COLUMNS)

    if is_number:
        return Question(counted(customer), told)
    return of_customer(_everybody(tables, filters), customer, counted, told)


def _everybody(tables: Tables, filters: Filters) -> ir.Table:
    return who.customers(tables, contacts.filters_of_all(filters))


def events(tables: Tables, filters: Filters, customer: str) -> ir.Table:
    """One row an event of the customer with this number, in no order: `COLUMNS`."""
    parts = (
        *_deals(tables, filters, customer), _orders(tables, filters, customer), _answers(tables, filters, customer),
        _contacts(tables, filters, customer), *_cases(tables, filters, customer), *_contracts(tables, filters, customer),
    )  # fmt: skip
    return reduce(lambda one, other: one.union(other), parts)


def _events(rows: ir.Table, event: str | ir.Value, **columns: ir.Value | str) -> ir.Table:
    """The rows as events: columns that are not given are unknown."""
    given = {"event": ibis.literal(event) if isinstance(event, str) else event} | {
        name: rows[value] if isinstance(value, str) else value for name, value in columns.items()
    }
    return rows.select(
        **{name: given[name].cast(kind) if name in given else ibis.null(kind) for name, kind in _TYPES.items()}
    )


def _deals(tables: Tables, filters: Filters, customer: str) -> tuple[ir.Table, ...]:
    deals = contacts.filters_of_all(filters).deals(tables).filter(_.customer_id == customer)
    said = {
        "what": deals.deal_name.coalesce(deals.deal_id), "amount": "amount", "currency": "currency", "who": "owner", "event_id": "deal_id",
    }  # fmt: skip
    created = _events(
        deals, "deal_created", day=contacts.day_of(deals.created_at, filters), detail=(deals.status == "open").ifelse(deals.stage, None), **said
    )  # fmt: skip
    closed = _events(
        deals, ibis.literal("deal_") + deals.status, day=contacts.day_of(deals.closed_at, filters),
        detail=(deals.status == "lost").ifelse(deals.lost_reason, None), **said,
    )  # fmt: skip
    return created.filter(_.day.notnull()), closed.filter(_.day.notnull(), _.event.isin(("deal_won", "deal_lost")))


def _orders(tables: Tables, filters: Filters, customer: str) -> ir.Table:
    lines = tables.orders.filter(_.customer_id == customer, _.ordered_at < ibis.timestamp(filters.now))
    lines = lines.mutate(day=contacts.day_of(lines.ordered_at, filters))
    orders = lines.group_by("day", "order_id", "currency").agg(
        amount=_.amount.sum(), products=_.product.nunique(), product=_.product.max()
    )
    event = (orders.amount < 0).fill_null(False).ifelse("return", "order")
    what = (orders.products == 1).ifelse(orders.product, orders.order_id).coalesce(orders.order_id)
    return _events(orders, event, day="day", what=what, amount="amount", currency="currency", event_id="order_id")


def _answers(tables: Tables, filters: Filters, customer: str) -> ir.Table:
    told = tables.survey_responses.filter(_.customer_id == customer, _.answered_at < ibis.timestamp(filters.now))
    return _events(
        told, "survey_answer", day=contacts.day_of(told.answered_at, filters), what="comment", score="score", scale="scale",
        contact_name=told.respondent.coalesce(told.email), event_id="response_id",
    )  # fmt: skip


def _contacts(tables: Tables, filters: Filters, customer: str) -> ir.Table:
    met = contacts.of_customers(tables, contacts.done(tables, filters)).filter(_.customer_id == customer)
    names = tables.contacts.filter(_.contact_id.notnull()).group_by(met_id=_.contact_id).agg(met=_.contact_name.max())
    met = met.left_join(names, [("contact_id", "met_id")])
    return _events(
        met, "contact", day="day", what="subject", detail="activity_type", who=met.owner.coalesce(met.owner_id),
        contact_name=met.met.coalesce(met.contact_id), event_id="activity_id",
    )  # fmt: skip


def _cases(tables: Tables, filters: Filters, customer: str) -> tuple[ir.Table, ...]:
    now = ibis.timestamp(filters.now)
    cases = tables.cases.filter(_.customer_id == customer)
    names = (
        tables.contacts.filter(_.contact_id.notnull()).group_by(asked_by=_.contact_id).agg(asker=_.contact_name.max())
    )
    cases = cases.left_join(names, [("contact_id", "asked_by")])
    said = {
        "what": "subject",
        "detail": "priority",
        "contact_name": cases.asker.coalesce(cases.contact_id),
        "event_id": "case_id",
    }
    opened = _events(cases.filter(_.opened_at < now), "case_opened", day=contacts.day_of(_.opened_at, filters), **said)
    closed = _events(cases.filter(_.closed_at < now), "case_closed", day=contacts.day_of(_.closed_at, filters), **said)
    return opened, closed


def _contracts(tables: Tables, filters: Filters, customer: str) -> tuple[ir.Table, ...]:
    as_of = ibis.date(filters.as_of)
    contracts = tables.subscriptions.filter(_.customer_id == customer)
    said = {
        "what": _.product.coalesce(_.subscription_id),
        "amount": _.monthly_revenue,
        "currency": _.currency,
        "event_id": _.subscription_id,
    }
    started = _events(contracts.filter(_.started_on <= as_of), "contract_started", day=_.started_on, **said)
    ended = _events(contracts.filter(_.ended_on <= as_of), "contract_ended", day=_.ended_on, **said)
    return started, ended
