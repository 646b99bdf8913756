"""What became of customers after their people answered: each answer followed from the day after it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.customers import contacts, scores
from analytics.customers.basis import Source
from analytics.customers.contracts import DAYS_A_MONTH, GRACE_DAYS
from analytics.customers.purchases import YEAR_DAYS, purchase_days
from analytics.filters import Filters
from analytics.nps.answers import answers
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

VOTES = {1: "promoter", 0: "passive", -1: "detractor"}
# What may stand in the way of following an answer, in the order it is asked; the last ones are followed.
NOT_FOLLOWED = ("unplaced", "not_sampled", "not_there", "no_limit", "too_recent")
FOLLOWED = "followed"
# So many customers are followed, always the same ones: more would only make intervals narrower than any decision needs.
MOST_CUSTOMERS = 10_000
_NEVER = ibis.date("9999-12-30")


def vote_name(vote: ir.IntegerValue) -> ir.StringValue:
    """What somebody is who answered so, as `VOTES` has it; unknown without a vote."""
    return ibis.cases(*((vote == number, name) for number, name in VOTES.items()), else_=ibis.null("string"))


def check_dated(source: Source) -> None:
    """Raises RequestProblem where nothing says when customers bought or left."""
    if source.basis in ("tenure", "summary"):
        raise RequestProblem(
            say("Nothing says when customers bought or left, so an answer cannot be told from what came after it."),
            say("Add an export of orders or invoices, or a list of subscriptions with their start and end."),
        )


def followed(tables: Tables, filters: Filters, source: Source, *, everyone: bool = False) -> ir.Table:
    """One row a customer, day and vote among the answers that the filters leave, with what came strictly after that day.

    Of the customers of the sample, or of `everyone`: `customer_id, day, vote, n` (answers), `state` ("followed", or what of
    `NOT_FOLLOWED` stands in the way), `currency`, `tenure_days` (since the
    first purchase or contract), `watched_days` (how long leaving could be seen), `bought_watched_days` (the same for buying), `left_days`
    and `next_days` (from the answer until the customer had left, and until it bought again), `stopped_days` (until the last purchase,
    or the last day of contract, before it left), all null where it did not, and `revenue_before, revenue_after` (of the 365 days
    up to the answer and of those after it).

    With contracts a customer has left the day after its last one ended, once 30 days passed without another. Who buys freely
    has left on the first day of a silence longer than its own limit (`gap_limit_days` of the scores, learnt once, as of now).
    Silence is counted from the answer, or from a later purchase: what had stopped before the answer counts for nothing until
    as long a silence has passed again. Who is silent beyond its limit on the day of the answer is no customer then.
    """
    check_dated(source)
    days = _days(tables, filters)
    if not everyone:
        days = days.semi_join(_sampled(days), "customer_id")
    asked = days.select("customer_id").distinct()
    told = (
        _of_contracts(days, tables, filters)
        if source.is_contract
        else _of_purchases(days, asked, tables, filters, source)
    )
    state = ibis.cases(
        (~told.is_there.fill_null(False), "not_there"), (told.no_limit, "no_limit"), (told.watched_days < 1, "too_recent"),
        else_=FOLLOWED,
    )  # fmt: skip
    return told.mutate(state=state).drop("is_there", "no_limit")


def _days(tables: Tables, filters: Filters) -> ir.Table:
    """The answers of which customer and day are known: `customer_id, day, vote, n`."""
    given = answers(tables, filters)
    given = given.filter(given.customer_id.notnull(), given.answered_at.notnull())
    day = contacts.day_of(given.answered_at, filters)
    return given.mutate(day=day).group_by("customer_id", "day", "vote").agg(n=_.count())


def _sampled(days: ir.Table) -> ir.Table:
    """The customers that are followed: `customer_id`."""
    asked = days.select("customer_id").distinct()
    return asked.order_by(_.customer_id.hash(), "customer_id").limit(MOST_CUSTOMERS)


def left_out(tables: Tables, filters: Filters) -> ir.Table:
    """How many answers of each `vote` are not in `followed`, by `state`, "unplaced" or "not_sampled": `n`."""
    given = answers(tables, filters)
    unplaced = given.filter(given.customer_id.isnull() | given.answered_at.isnull()).group_by("vote").agg(n=_.count())
    days = _days(tables, filters)
    beyond = days.anti_join(_sampled(days), "customer_id").group_by("vote").agg(n=_.n.sum())
    return unplaced.mutate(state=ibis.literal("unplaced")).union(beyond.mutate(state=ibis.literal("not_sampled")))


# who buys freely


def _of_purchases(days: ir.Table, asked: ir.Table, tables: Tables, filters: Filters, source: Source) -> ir.Table:
    as_of = ibis.date(filters.as_of)
    limits = scores.every(filters).select(limit_id=_.customer_id, limit_days=_.gap_limit_days.floor().cast("int64"))
    bought = purchase_days(tables, filters, source).semi_join(asked, "customer_id")
    bought = bought.left_join(limits, [("customer_id", "limit_id")])
    silent = bought.following.coalesce(as_of).delta(bought.day, unit="day")
    each = bought.select(
        "currency", "amount", "limit_days", buyer=_.customer_id, bought_on=_.day,
        lapsed_on=(silent > bought.limit_days).ifelse(_later(bought.day, bought.limit_days + 1), ibis.null("date")),
    )  # fmt: skip
    joined = days.left_join(each, [("customer_id", "buyer")])
    is_before, ago = joined.bought_on <= joined.day, joined.day.delta(joined.bought_on, unit="day")
    found = joined.group_by("customer_id", "day", "vote", "n").agg(
        currency=_.currency.max(),
        limit_days=_.limit_days.max(),
        first_on=_.bought_on.min(where=is_before),
        last_on=_.bought_on.max(where=is_before),
        next_on=_.bought_on.min(where=~is_before),
        lapsed_on=_.lapsed_on.min(where=~is_before),
        stopped_on=_.bought_on.min(where=~is_before & joined.lapsed_on.notnull()),
        revenue_before=_.amount.sum(where=is_before & (ago < YEAR_DAYS)).fill_null(0.0),
        revenue_after=_.amount.sum(where=~is_before & (ago >= -YEAR_DAYS)).fill_null(0.0),
    )
    pause = found.next_on.coalesce(as_of).delta(found.day, unit="day")
    left_on = (pause > found.limit_days).ifelse(_later(found.day, found.limit_days + 1), found.lapsed_on)
    watched = as_of.delta(found.day, unit="day")
    return found.select(
        "customer_id", "day", "vote", "n", "currency", "revenue_before", "revenue_after",
        is_there=found.last_on.notnull() & ~(found.day.delta(found.last_on, unit="day") > found.limit_days).fill_null(False),
        no_limit=found.limit_days.isnull(),
        tenure_days=found.day.delta(found.first_on, unit="day"),
        watched_days=watched, bought_watched_days=watched, stopped_days=found.stopped_on.delta(found.day, unit="day"),
        left_days=left_on.delta(found.day, unit="day"), next_days=found.next_on.delta(found.day, unit="day"),
    )  # fmt: skip


def _later(day: ir.DateValue, days: ir.IntegerValue) -> ir.DateValue:
    return (day + days.as_interval("D")).cast("date")


# who has contracts


def with_leaving(tables: Tables, filters: Filters) -> ir.Table:
    """One row a contract that had begun: `buyer, started_on, end` (far off where it has none), `paid, currency`, and `left_on`, the day
    after the last of those that follow each other within the days of grace; null where the customer has not left."""
    as_of = ibis.date(filters.as_of)
    known = tables.subscriptions.filter(
        _.customer_id.notnull(), _.started_on <= as_of, _.ended_on.isnull() | (_.ended_on >= _.started_on)
    )
    known = known.select(
        "currency",
        "started_on",
        buyer=_.customer_id,
        end=_.ended_on.coalesce(_NEVER),
        paid=_.monthly_revenue.fill_null(0.0),
    )
    in_order = ibis.cumulative_window(group_by="buyer", order_by=["started_on", "end"])
    reached = known.mutate(reach=known.end.max().over(in_order))
    following = reached.started_on.lead().over(ibis.window(group_by="buyer", order_by=["started_on", "end"]))
    reached = reached.mutate(following=following)
    is_over = (as_of.delta(reached.reach, unit="day") > GRACE_DAYS) & (
        reached.following.isnull() | (reached.following.delta(reached.reach, unit="day") > GRACE_DAYS)
    )
    return reached.mutate(left_on=is_over.ifelse(_later(reached.reach, ibis.literal(1)), ibis.null("date")))


def _of_contracts(days: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    as_of = ibis.date(filters.as_of)
    joined = days.left_join(with_leaving(tables, filters), [("customer_id", "buyer")])
    day = joined.day
    has_begun = joined.started_on <= day
    until_now = (
        ibis.least(joined.end, day).delta(
            ibis.greatest(joined.started_on, day - ibis.interval(days=YEAR_DAYS - 1)), unit="day"
        )
        + 1
    )
    year_on = day + ibis.interval(days=YEAR_DAYS)
    later = (
        ibis.least(joined.end, year_on).delta(ibis.greatest(joined.started_on, day + ibis.interval(days=1)), unit="day")
        + 1
    )
    found = joined.group_by("customer_id", "day", "vote", "n").agg(
        currency=_.currency.max(),
        is_there=(has_begun & (joined.end >= day)).any(),
        first_on=_.started_on.min(where=has_begun),
        next_on=_.started_on.min(where=joined.started_on > day),
        left_on=_.left_on.min(where=joined.left_on > day),
        revenue_before=(joined.paid * ibis.greatest(until_now, 0) / DAYS_A_MONTH).sum().fill_null(0.0),
        revenue_after=(joined.paid * ibis.greatest(later, 0) / DAYS_A_MONTH).sum().fill_null(0.0),
    )
    watched = as_of.delta(found.day, unit="day")
    return found.select(
        "customer_id", "day", "vote", "n", "currency", "revenue_before", "revenue_after", "is_there",
        no_limit=ibis.literal(False),
        tenure_days=found.day.delta(found.first_on, unit="day"),
        # That a contract is not renewed is known once the grace is over.
        watched_days=watched - GRACE_DAYS, bought_watched_days=watched, stopped_days=found.left_on.delta(found.day, unit="day"),
        left_days=found.left_on.delta(found.day, unit="day"), next_days=found.next_on.delta(found.day, unit="day"),
    )  # fmt: skip
