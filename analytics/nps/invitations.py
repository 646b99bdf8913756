"""Who was asked, and which answer came of it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.filters import Filters
from analytics.nps import answers
from analytics.rows import in_zone
from data.tables import Tables

TABLE = "survey_invitations"
# Within so many days an answer belongs to an invitation; before the others are over, most of those who answer have done so.
ANSWERED_WITHIN, SETTLED_AFTER = 60, 30


def invitations(tables: Tables, filters: Filters) -> ir.Table:
    """One row an invitation sent until the as-of date that the filters let through; the period bounds the day it was sent.

    `customer_id, customer, email, sent_at, sent_on, age` (days to the as-of date), `arrived` (false where the list says it did
    not), `is_settled` (sent at least 30 days ago: who has not answered by then hardly will), and of its answer, null without one,
    `response_id, reply_at, days_to_answer, vote`. Fields of answers choose no invitations.

    An answer belongs to the latest invitation of the same email address sent within 60 days before it; of an address that nobody
    asked, or without one, to the latest of the customer that has no answer yet. Each invitation has one answer at most, and
    what did not arrive has none.
    """
    sent = tables[TABLE]
    sent = sent.filter(sent.sent_at < ibis.timestamp(filters.now))
    sent_on = in_zone(sent.sent_at, filters.time_zone).date()
    age = ibis.date(filters.as_of).delta(sent_on, unit="day")
    sent = sent.select(
        "customer_id", "customer", "sent_at", email=_address(sent.email), sent_on=sent_on, age=age,
        arrived=sent.is_delivered.fill_null(True), is_settled=age >= SETTLED_AFTER,
    )  # fmt: skip
    found = _with_answers(sent.filter(_.arrived), _replies(tables, filters))
    nothing = {name: ibis.null(found[name].type()) for name in (*_OF_ANSWER, "days_to_answer")}
    every = found.union(sent.filter(~_.arrived).mutate(**nothing).select(*found.columns))
    every = answers.chosen(every, tables, filters)
    return every.filter(filters.period_bounds(every.sent_at)) if filters.has_period else every


_OF_ANSWER = ("response_id", "reply_at", "vote")


def _address(email: ir.StringValue) -> ir.StringValue:
    return email.strip().lower().nullif("")


def _replies(tables: Tables, filters: Filters) -> ir.Table:
    """The answers that count and have a day."""
    given = answers.given(tables, filters).filter(_.answered_at.notnull())
    return given.select(
        "response_id", "customer_id", email=_address(given.email), vote=_.vote, reply_at=_.answered_at,
        reply_on=in_zone(given.answered_at, filters.time_zone).date(),
    )  # fmt: skip


def _with_answers(asked: ir.Table, replies: ir.Table) -> ir.Table:
    by_address = _near(asked, replies, "email")
    first = _joined(asked, by_address, "email")
    # A second answer to the same invitation is nobody else's.
    others = replies.anti_join(by_address, "response_id")
    unanswered = first.filter(_.response_id.isnull()).drop(*_OF_ANSWER, "reply_on")
    second = _joined(unanswered, _near(unanswered, others, "customer_id"), "customer_id")
    both = first.filter(_.response_id.notnull()).union(second)
    reply_on = both.reply_on
    return both.mutate(days_to_answer=reply_on.delta(both.sent_on, unit="day")).drop("reply_on")


def _near(asked: ir.Table, replies: ir.Table, key: str) -> ir.Table:
    """The replies with the day of the latest invitation before them that has the same `key`, and their turn among those of it."""
    waves = asked.filter(asked[key].notnull()).select(key, "sent_on").distinct()
    met = replies.inner_join(waves, key)
    days = met.reply_on.delta(met.sent_on, unit="day")
    met = met.filter(days >= 0, days <= ANSWERED_WITHIN)
    latest = met.group_by("response_id", key, *_OF_ANSWER[1:], "reply_on").agg(sent_on=_.sent_on.max())
    return latest.mutate(turn=_turn(key, ["reply_at", "response_id"]))


def _joined(asked: ir.Table, near: ir.Table, key: str) -> ir.Table:
    """The invitations with what answers them: of several on one day the first answer belongs to the first."""
    each = asked.mutate(turn=_turn(key, ["sent_at", "email", "customer_id"]))
    near = near.select(*_OF_ANSWER, "reply_on", of=near[key], on=near.sent_on, at=near.turn)
    met = each.left_join(near, [each[key] == near.of, each.sent_on == near.on, each.turn == near["at"]])
    return met.select(*asked.columns, *_OF_ANSWER, "reply_on")


def _turn(key: str, order: list[str]) -> ir.IntegerValue:
    return ibis.row_number().over(ibis.window(group_by=[key, "sent_on"], order_by=order))
