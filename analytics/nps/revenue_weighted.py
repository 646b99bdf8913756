"""The Net Promoter Score with each account weighing as much as it brings, and the accounts behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import who
from analytics.customers.basis import Source, counts, source
from analytics.customers.contacts import with_days
from analytics.customers.revenue import MONTH_DAYS, YEAR_DAYS, Window, has_days, lines
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import NOT_KNOWN, Interval, share
from analytics.nps.accounts import of_accounts
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "currency", "accounts", "n", "weighed_share", "revenue_weight", "revenue_nps", "low", "high", "nps", "effective_accounts",
    "weight_warning", "customer_id", "customer", "largest_share", "without_largest", "unhappy_accounts", "unhappy_revenue", "weighed_by",
)  # fmt: skip
ACCOUNTS = (
    "customer_id", "customer", "owner", "n", "account_score", "answered_on", "revenue_weight", "currency", "weight_share", "pull",
)  # fmt: skip
# Fewer accounts than these, were they of one size, say too little; one that has this part of all revenue drives the score.
LEAST_EFFECTIVE = 10
LARGE_SHARE = 0.25
_LONG_AGO = date(1900, 1, 1)


def revenue_weighted_nps(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """One row a currency, with `by` a group and currency, the most revenue first. Columns: `COLUMNS`, with `by` the field's name in front.

    The weight of an account is its revenue in the 365 days before its last answer that counts; its score as in
    `account_nps`. N = sum(w s) / sum(w), SE = sqrt(sum w^2 (s - N)^2) / sum(w), `effective_accounts` = sum(w)^2 / sum(w^2), and the
    interval is Student's with `effective_accounts` - 1 degrees of freedom. `weighed_share` is the share of the answers whose account had such
    revenue; the others weigh nothing. `weight_warning`: "few" below an `effective_accounts` of 10, "one" where the largest customer has a
    quarter of the revenue, or the score without it is outside the interval. Raises RequestProblem where nothing dated tells of revenue.
    """
    keys = ["group"] if by is not None else []

    def weighed_ones(asked: Answers) -> Mapping[str, ir.Table]:
        known = _source(asked)
        if known is None:
            raise _no_revenue()
        accounts = _accounts(tables, filters, by)
        found = weighed(accounts, tables, filters, known, keys).mutate(
            currency=_.currency.fill_null(""), score=100.0 * _.votes / _.n, w=_.revenue_weight
        )
        held = found.filter(_.w > 0)
        w, s = held.w, held.score
        summed = held.group_by([*keys, "currency"]).agg(
            accounts=_.count(), n=_.n.sum(), votes=_.votes.sum(), w1=w.sum(), w2=(w * w).sum(), ws=(w * s).sum(),
            wws=(w * w * s).sum(), wwss=(w * w * s * s).sum(), top_w=w.max(), top_s=s.argmax(w), top_id=_.customer_id.argmax(w),
            top_called=_.called.argmax(w), unhappy=(s < 0).sum(), unhappy_w=w.sum(where=s < 0).fill_null(0.0),
        )  # fmt: skip
        named = summed.left_join(_names(tables), [("top_id", "listed")])
        named = named.mutate(top_name=_.name.coalesce(_.top_called, _.top_id)).drop("listed", "name", "top_called")
        return {"all": accounts.agg(all_n=_.n.sum(), by=keys), "weighed": named}

    def finish(asked: Answers) -> pd.DataFrame:
        known = _source(asked)
        told_by = known.basis if known else None
        every = {row.get("group"): whole(row["all_n"]) for row in rows(asked["all"])}
        made = [
            {"group": row.get("group")} | _told(row, every[row.get("group")]) | {"weighed_by": told_by}
            for row in rows(asked["weighed"])
        ]
        made.sort(key=lambda row: (-number(row["revenue_weight"]), str(row["group"])))
        key = by.key(COLUMNS) if by is not None else "group"
        return frame([{key: row["group"]} | row for row in made], [*([key] if by is not None else []), *COLUMNS])

    return Question({"basis": counts(tables, filters)}, finish, (weighed_ones,))


def nps_accounts(tables: Tables, filters: Filters, most: int | None = None) -> Question:
    """One row an account that answered, and currency of its revenue; those that pull the score down most first. Columns: `ACCOUNTS`.

    `pull` is what the account takes off, or adds to, the revenue-weighted score of its currency: w (s - N) / sum(w), points.
    Accounts without revenue before their answer have none, and follow: the lowest scores first. `most` cuts the list.
    """

    def listed(asked: Answers) -> Mapping[str, ir.Table]:
        known = _source(asked)
        found = weighed(_accounts(tables, filters), tables, filters, known)
        each = ibis.window(group_by="currency")
        # Without revenue there is no weight.
        w = (found.revenue_weight > 0).ifelse(found.revenue_weight, ibis.null("float64"))
        found = found.mutate(w=w, account_score=100.0 * found.votes / found.n)
        found = found.mutate(all_w=_.w.sum().over(each), all_ws=(_.w * _.account_score).sum().over(each))
        found = found.mutate(
            weight_share=_.w / _.all_w, pull=_.w * (_.account_score - _.all_ws / _.all_w) / _.all_w,
        )  # fmt: skip
        order = [_.pull.asc(nulls_first=False), _.account_score.asc(), _.n.desc(), _.account, _.currency]
        found = found.order_by(*order)
        # Names are looked up for those that are listed.
        found = found if most is None else found.limit(most)
        named = who.customers(tables, filters).select(of_named=_.customer_id, known_name=_.customer, owner=_.owner)
        found = found.left_join(named, [("customer_id", "of_named")])
        found = found.mutate(customer=_.known_name.coalesce(_.called, _.account))
        return {"listed": found.order_by(*order).select(*ACCOUNTS)}

    def finish(asked: Answers) -> pd.DataFrame:
        made = rows(asked["listed"])
        return frame(map(with_days, made), ACCOUNTS)

    return Question({"basis": counts(tables, filters)}, finish, (listed,))


def weighed(
    accounts: ir.Table, tables: Tables, filters: Filters, known: Source | None, keys: Sequence[str] = ()
) -> ir.Table:
    """One row an account and currency of its revenue: `keys`, `account, customer_id, called, n, votes, answered_on, revenue_weight, currency`.

    `accounts` are those of `of_accounts`; without revenue in the 365 days before their last answer they have one row, with neither.
    """
    columns = ("customer_id", "called", "n", "votes", "answered_on")
    accounts = accounts.select(*keys, "account", *columns)
    if known is None:
        return accounts.mutate(revenue_weight=ibis.null("float64"), currency=ibis.null("string"))
    a_year_ago = accounts.answered_on - ibis.interval(days=YEAR_DAYS)
    if known.basis == "subscriptions":
        ran = _contracts(tables)
        has_not_ended = ran.ended_on.isnull() | (ran.ended_on >= a_year_ago)
        found = accounts.left_join(
            ran, [accounts.customer_id == ran.buyer, ran.started_on < accounts.answered_on, has_not_ended]
        )
        eve, year = ((found.answered_on - ibis.interval(days=days)).cast("date") for days in (1, YEAR_DAYS))
        first, last = ibis.greatest(found.started_on, year), ibis.least(found.ended_on.coalesce(eve), eve)
        found = found.mutate(amount=found.monthly_revenue * (last.delta(first, unit="day") + 1) / MONTH_DAYS)
    else:
        # What one currency is called is known: to find it again takes a look at all that was ever sold.
        every = lines(tables, filters, replace(known, several_currencies=True), Window(_LONG_AGO, filters.as_of))
        sold = every.filter(_.amount.notnull()).select("currency", "amount", "day", buyer=_.customer_id)
        found = accounts.left_join(
            sold, [accounts.customer_id == sold.buyer, sold.day < accounts.answered_on, sold.day >= a_year_ago]
        )
    if not known.several_currencies:
        only = ibis.literal(known.currency, "string") if known.currency else ibis.null("string")
        found = found.mutate(currency=found.amount.notnull().ifelse(only, ibis.null("string")))
    return found.group_by([*keys, "account", "currency"]).agg(
        **{name: found[name].max() for name in columns}, revenue_weight=found.amount.sum()
    )


def _contracts(tables: Tables) -> ir.Table:
    """Contracts with a start and a monthly revenue, and whose they are, `buyer`."""
    known = tables.subscriptions.filter(_.started_on.notnull(), _.monthly_revenue.notnull())
    return known.select(
        "started_on", "ended_on", "monthly_revenue", buyer=_.customer_id, currency=_.currency.nullif("")
    )


def _accounts(tables: Tables, filters: Filters, by: Field | None = None) -> ir.Table:
    return of_accounts(tables, filters, by).filter(_.account.notnull())


def _names(tables: Tables) -> ir.Table:
    """One row a customer that a file of customers has: `listed`, `name`."""
    known = tables.customers.filter(_.customer_id.notnull())
    return known.group_by(listed=_.customer_id).agg(name=_.customer_name.max())


# figures


def _source(asked: Answers) -> Source | None:
    """What tells of revenue with its days; None where nothing does."""
    known = source(rows(asked["basis"])[0])
    return known if known is not None and has_days(known) else None


def _no_revenue() -> RequestProblem:
    return RequestProblem(
        say("Nothing says when customers bought, so no answer can be weighed by the revenue before it."),
        say(
            "Add an export of orders or invoices, a list of subscriptions, or deals with their customer and close date."
        ),
    )


def _told(row: Row, all_n: int) -> Row:
    w1, w2, accounts, n = number(row["w1"]), number(row["w2"]), whole(row["accounts"]), whole(row["n"])
    score = number(row["ws"]) / w1
    squares = max(number(row["wwss"]) - 2 * score * number(row["wws"]) + score * score * w2, 0.0)
    effective = w1 * w1 / w2
    low, high = _interval(score, math.sqrt(squares) / w1, effective)
    top = number(row["top_w"])
    without = (number(row["ws"]) - top * number(row["top_s"])) / (w1 - top) if accounts > 1 and w1 > top else None
    return {
        "currency": row["currency"] or None, "accounts": accounts, "n": n, "weighed_share": share(n, all_n), "revenue_weight": w1,
        "revenue_nps": score, "low": low, "high": high, "nps": 100 * whole(row["votes"]) / n, "effective_accounts": effective,
        "customer_id": row["top_id"], "customer": row["top_name"], "largest_share": top / w1, "without_largest": without,
        "weight_warning": _warning(effective, top / w1, without, low, high), "unhappy_accounts": whole(row["unhappy"]),
        "unhappy_revenue": number(row["unhappy_w"]),
    }  # fmt: skip


def _interval(score: float, error: float, effective: float) -> Interval:
    """Student's interval with as many degrees of freedom as there are effective accounts less one; unknown below two, and where
    all accounts say the same."""
    if effective < 2 or error == 0:
        return NOT_KNOWN
    from scipy.special import stdtrit

    half = float(stdtrit(effective - 1, 0.975)) * error
    return max(score - half, -100.0), min(score + half, 100.0)


def _warning(
    effective: float, largest: float, without: float | None, low: float | None, high: float | None
) -> str | None:
    is_outside = without is not None and low is not None and high is not None and not low <= without <= high
    if largest >= LARGE_SHARE or is_outside:
        return "one"
    return "few" if effective < LEAST_EFFECTIVE else None
