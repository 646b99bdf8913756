"""What part of those who were asked answered: of the people, of their companies, and of the revenue behind them."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.customers.basis import CONTRACTS, Source, counts, source
from analytics.customers.contacts import plain_day
from analytics.customers.contracts import contracts
from analytics.customers.purchases import histories
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import NOT_KNOWN, Interval, ratio_variance, share, share_difference, wilson
from analytics.nps import answers
from analytics.nps.invitations import ANSWERED_WITHIN, SETTLED_AFTER, invitations
from analytics.nps.spans import SPANS, Span, name_of, span_start, stretches
from analytics.periods import WeekStart, local
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.survival import kaplan_meier
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "period", "starts_on", "ends_on", "is_complete",
    "invited", "undelivered", "undecided_invited", "settled", "answered", "response_rate", "response_low", "response_high",
    "effective_n", "against", "difference", "p_value", "q_value", "tests",
    "eventual_rate", "eventual_low", "eventual_high",
    "accounts_asked", "accounts_answered", "account_rate", "account_low", "account_high",
    "revenue_asked", "revenue_answered", "revenue_rate", "revenue_rate_low", "revenue_rate_high",
    "revenue_of_all", "revenue_reached", "currency",
)  # fmt: skip
_SUMS = (
    "invited", "undelivered", "undecided_invited", "settled", "answered", "units", "answered_squares", "settled_squares",
    "products", "accounts_asked", "accounts_answered", "revenue_asked", "revenue_answered", "revenue_squares",
)  # fmt: skip


def response_rate(
    tables: Tables,
    filters: Filters,
    grain: Span = "month",
    by: Field | None = None,
    week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:
    """One row a period in which somebody was asked, or between such periods; with `by`, for each group. Columns: `COLUMNS`, with
    `by` the field's name in front. No row where no list of invitations is loaded.

    invited = undelivered + undecided_invited + settled: what was sent in the last 30 days may still be answered, so the rates
    are of what is older. Its 95% interval is Wilson's on the effective number, since people of one customer answer alike.
    `eventual_rate` is the share that answers within 60 days by Kaplan and Meier, those of the last 30 days included for as long
    as they were watched; unknown where nobody was watched for 30 days. Revenue is that of the twelve months to the as-of date.
    With grain "all" groups are compared with all others, else each period with the one before it.

    Raises RequestProblem for a field that only answers have.
    """
    if grain not in SPANS:
        raise ValueError(grain)
    if by is not None and who.of_customer(by).table == answers.TABLE:
        raise RequestProblem(
            say('Only those who answered have "{field}", so it has no response rate.', field=by.label),
            say("Choose a field of customers or of who looks after them."),
        )
    asked = invitations(tables, filters)
    if by is not None:
        asked = answers.with_group(asked, tables, filters, by)
    else:
        asked = asked.mutate(group=ibis.null("string"))
    if grain == "all":
        asked = asked.mutate(start=ibis.null("date"))
    else:
        moment = local(asked.sent_at, filters.time_zone, filters.as_of)
        asked = asked.mutate(start=span_start(moment, grain, week_start, fiscal_year_start))

    def more(told: Answers) -> dict[str, ir.Table]:
        known = source(rows(told["basis"])[0])
        bought = revenue(tables, filters, known)
        return {
            "sums": _sums(asked, bought),
            "waits": _waits(asked),
            "every": _every(tables, filters, bought, by),
        }

    def finish(told: Answers) -> pd.DataFrame:
        every = {row["group"]: row for row in rows(told["every"])}
        return _told(rows(told["sums"]), rows(told["waits"]), every, filters, grain, by)

    return Question({"basis": counts(tables, filters)}, finish, (more,))


def revenue(tables: Tables, filters: Filters, known: Source | None) -> ir.Table:
    """One row a customer that ever bought: `customer_id, currency, revenue_12m`, never below 0. No row where nothing says it."""
    if known is None:
        nothing = tables.customers.filter(ibis.literal(False))
        return nothing.select("customer_id", currency=ibis.literal(""), revenue_12m=ibis.null("float64"))
    found = (contracts if known.basis in CONTRACTS else histories)(tables, filters, known)
    return found.select("customer_id", "currency", revenue_12m=ibis.greatest(found.revenue_12m, 0.0))


# the expressions


def _sums(asked: ir.Table, bought: ir.Table) -> ir.Table:
    """Sums for each period and group, over customers; who has no customer is one by the email address."""
    is_answered = asked.response_id.notnull()
    counted = asked.arrived & asked.is_settled
    unit = asked.customer_id.coalesce(ibis.literal("@") + asked.email, "")
    each = asked.mutate(unit=unit, counted=counted, is_answered=is_answered).group_by("start", "group", "unit").agg(
        customer_id=_.customer_id.max(),
        invited=_.count(),
        undelivered=(~_.arrived).sum(),
        undecided_invited=(_.arrived & ~_.is_settled).sum(),
        settled=_.counted.sum(),
        answered=(_.counted & _.is_answered).sum(),
    )  # fmt: skip
    valued = each.left_join(bought, "customer_id").drop("customer_id_right")
    is_account = valued.customer_id.notnull() & (valued.settled > 0)
    revenue_12m = is_account.ifelse(valued.revenue_12m.fill_null(0.0), 0.0)
    valued = valued.mutate(is_account=is_account, revenue_12m=revenue_12m)
    return valued.group_by("start", "group").agg(
        invited=_.invited.sum(), undelivered=_.undelivered.sum(), undecided_invited=_.undecided_invited.sum(),
        settled=_.settled.sum(), answered=_.answered.sum(), units=(_.settled > 0).sum(),
        answered_squares=(_.answered * _.answered).sum(), settled_squares=(_.settled * _.settled).sum(),
        products=(_.answered * _.settled).sum(),
        accounts_asked=_.is_account.sum(), accounts_answered=(_.is_account & (_.answered > 0)).sum(),
        revenue_asked=_.revenue_12m.sum(), revenue_answered=_.revenue_12m.sum(where=_.answered > 0).fill_null(0.0),
        revenue_squares=(_.revenue_12m * _.revenue_12m).sum(),
    )  # fmt: skip


def _waits(asked: ir.Table) -> ir.Table:
    """How many answered so many days after they were asked, and how many have not, watched for so long."""
    arrived = asked.filter(asked.arrived)
    is_answered = arrived.response_id.notnull()
    days = is_answered.ifelse(arrived.days_to_answer, ibis.least(arrived.age, ANSWERED_WITHIN))
    return arrived.mutate(days=days, is_answered=is_answered).group_by("start", "group", "days").agg(
        came=_.is_answered.sum(), left=(~_.is_answered).sum(),
        longest=_.age.max(),
    )  # fmt: skip


def _every(tables: Tables, filters: Filters, bought: ir.Table, by: Field | None) -> ir.Table:
    """The revenue of all customers that the filters leave, in each group, and in how many currencies it is."""
    found = who.chosen(who.customers(tables, filters), tables, filters)
    found = found.mutate(group=ibis.null("string")) if by is None else who.with_group(found, tables, filters, by)
    valued = found.left_join(bought, "customer_id").filter(_.revenue_12m > 0)
    return valued.group_by("group").agg(
        revenue_of_all=_.revenue_12m.sum(), currencies=_.currency.fill_null("").nunique(), currency=_.currency.max()
    )


# the answer


def _told(
    sums: list[Row], waits: list[Row], every: dict[Any, Row], filters: Filters, grain: Span, by: Field | None
) -> pd.DataFrame:
    in_period = {(row["group"], plain_day(row["start"])): row for row in sums}
    waited: dict[Any, list[Row]] = {}
    for row in waits:
        waited.setdefault((row["group"], plain_day(row["start"])), []).append(row)
    currencies = {row["currency"] or "" for row in every.values()} | {""}
    is_one = len(currencies) <= 2 and all(row["currencies"] == 1 for row in every.values()) and bool(every)
    currency = max(currencies) if is_one else None
    total = {name: sum(number(row[name]) for row in sums) for name in _SUMS}
    sizes: dict[Any, int] = {}
    for row in sums:
        sizes[row["group"]] = sizes.get(row["group"], 0) + whole(row["invited"])
    made: list[Row] = []
    p_values: list[float | None] = []
    for group in sorted(sizes, key=lambda group: (-sizes[group], str(group))):
        before: Row | None = None
        for period in _periods(in_period, filters, grain):
            start = period.pop("start")
            own = in_period.get((group, start)) or dict.fromkeys(_SUMS, 0)
            said = _rates(own) | _eventual(waited.get((group, start), []), own)
            other, against = before, "before"
            if grain == "all":
                other = {name: total[name] - number(own[name]) for name in _SUMS} if by is not None else None
                against = "rest"
            p = None
            if other is not None and other["settled"] and own["settled"]:
                theirs = _rates(other)
                said |= {"against": against, "difference": said["response_rate"] - theirs["response_rate"]}
                p = share_difference(
                    said["response_rate"], said["effective_n"], theirs["response_rate"], theirs["effective_n"]
                )
            p_values.append(p)
            money = _money(own, every.get(group), currency) if is_one else {}
            made.append({"group": group} | period | said | money)
            before = own
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
    key = by.key(COLUMNS) if by is not None else "group"
    named = [{key: row["group"]} | row for row in made]
    return frame(named, [*([key] if by is not None else []), *COLUMNS])


def _periods(in_period: dict[Any, Row], filters: Filters, grain: Span) -> list[Row]:
    if grain == "all":
        return [{"start": None, "period": "all", "is_complete": True}]
    days = [start for _group, start in in_period]
    if not days:
        return []
    return [
        {"start": span.start, "period": name_of(span.start, grain), "starts_on": span.first, "ends_on": span.last,
         "is_complete": span.is_complete}
        for span in stretches(min(days), max(days), filters, grain)
    ]  # fmt: skip


def _rates(sums: Row) -> Row:
    """Counts, and the rates of people and of accounts with their intervals."""
    told: Row = {name: whole(sums[name]) for name in _SUMS[:5]}
    rate = share(told["answered"], told["settled"])
    n = effective_number(sums)
    accounts, answered = whole(sums["accounts_asked"]), whole(sums["accounts_answered"])
    of_accounts = share(answered, accounts)
    low, high = wilson(rate, n)
    account_low, account_high = wilson(of_accounts, accounts)
    return told | {
        "response_rate": rate, "response_low": low, "response_high": high, "effective_n": n if rate is not None else None,
        "accounts_asked": accounts, "accounts_answered": answered, "account_rate": of_accounts,
        "account_low": account_low, "account_high": account_high,
    }  # fmt: skip


def effective_number(sums: Row) -> float:
    """As how many independent people those asked tell: fewer where people of one customer answer alike (Cochran 1977, 6.4).

    Never more than were asked. Where all or none answered, as many as there are customers.
    """
    n, answered, units = (number(sums[name]) for name in ("settled", "answered", "units"))
    if not n or not 0 < answered < n or units < 2:
        return units
    variance = ratio_variance(
        int(units), answered, n, *(number(sums[name]) for name in ("answered_squares", "settled_squares", "products"))
    )
    rate = answered / n
    # Rounded, so that 30 people of as many customers are 30 and not a hair less.
    return min(n, max(round(rate * (1 - rate) / variance * units / (units - 1), 6), 1.0)) if variance else n


def _eventual(waits: list[Row], sums: Row) -> Row:
    """The share that answers within 60 days, with what is not decided yet."""
    if not waits or max(whole(row["longest"]) for row in waits) < SETTLED_AFTER:
        return {}
    waits = sorted(waits, key=lambda row: whole(row["days"]))
    days, came, left = (np.array([number(row[name]) for row in waits]) for name in ("days", "came", "left"))
    there = kaplan_meier(days, came, left)
    last = float(days.max())
    rate = 1 - there.at(last)
    # People of one customer answer alike here too.
    n = _own_number(there.interval(last), 1 - rate, float((came + left).sum()))
    settled = number(sums["settled"])
    low, high = wilson(rate, n * effective_number(sums) / settled if settled else n)
    return {"eventual_rate": rate, "eventual_low": low, "eventual_high": high}


def _own_number(interval: Interval, rate: float, most: float) -> float:
    """The number on which Wilson's interval of a rate is as wide as this one."""
    low, high = interval
    if low is None or high is None:
        return most
    few, many = 1.0, max(most, 1.0)
    for _step in range(40):
        middle = (few + many) / 2
        lower, upper = wilson(rate, middle)
        if (upper or 0.0) - (lower or 0.0) > high - low:
            few = middle
        else:
            many = middle
    return many


def _money(sums: Row, every: Row | None, currency: str | None) -> Row:
    asked, answered = number(sums["revenue_asked"]), number(sums["revenue_answered"])
    rate = share(answered, asked)
    squares = number(sums["revenue_squares"])
    low, high = wilson(rate, asked * asked / squares) if squares else NOT_KNOWN
    total = number(every["revenue_of_all"]) if every is not None else 0.0
    return {
        "revenue_asked": asked, "revenue_answered": answered, "revenue_rate": rate, "revenue_rate_low": low,
        "revenue_rate_high": high, "revenue_of_all": total, "revenue_reached": share(answered, total), "currency": currency,
    }  # fmt: skip
