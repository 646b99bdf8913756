"""Where every customer stood at the ends of the last twelve months, kept beside the scores so that filters only choose among them.

A month ends on the day of the as-of date, so that each is whole and the last one is what the scores say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import prepared, scores
from analytics.customers.basis import Basis, Source
from analytics.customers.contracts import contracts
from analytics.customers.lifecycle import as_expression, contract_rule, purchase_rule
from analytics.customers.purchases import DAYS_A_WEEK, YEAR_DAYS, purchase_days
from analytics.filters import Filters
from data.tables import Tables

MONTHS = 12
# One letter an end of a month, the oldest first; a customer nobody knew of yet has NOT_YET.
LETTERS = {"potential": "p", "first_time": "f", "core": "c", "returned": "r", "defecting": "d", "lost": "l"}
NOT_YET = "."
_DIGITS = len(LETTERS) + 1
DATED: frozenset[Basis] = frozenset({"orders", "deals", "subscriptions"})
COLUMNS = {"customer_id": "string", "owner": "string", "owner_id": "string", "currency": "string", "path": "string"} | {
    f"revenue_{place}": "float64" for place in range(MONTHS + 1)
}


def ends(filters: Filters) -> tuple[date, ...]:
    """The last days of twelve months and of the one before them, oldest first; the as-of date is the last."""
    as_of = pd.Timestamp(filters.as_of)
    return tuple((as_of - pd.DateOffset(months=MONTHS - place)).date() for place in range(MONTHS + 1))


def table(filters: Filters) -> ir.Table:
    """One row a customer: `COLUMNS`. `path` has a letter an end of a month, `revenue_0` and so on the revenue of the 365 days
    to each. It is there once the scores are, where the data tell when customers bought."""
    return ibis.table(COLUMNS, name=f"{scores.name(filters)}_months")


def months(tables: Tables, filters: Filters, source: Source, report: Mapping[str, Any]) -> ir.Table:
    """The rows of `table`, from the scores and from what was bought, by the rules the scores stand on.

    What is learnt is learnt once, as of now: the silent days that each customer's own rhythm allows, and the parameters of the
    model. What a customer had bought, how long it was silent and its chance to be still there are told as they were.
    """
    every = _told_apart(scores.every(filters), source)
    moments = ends(filters)
    if source.is_contract:
        stood, brought = _of_contracts(tables, filters, source, moments)
    else:
        bought = purchase_days(tables, filters, source)
        stood = _of_purchases(bought, every, report, moments)
        brought = _brought(bought, moments)
    known = every.select("customer_id", "own_id", "owner", "owner_id", "currency", "first_on", "created_on")
    found = known.left_join(stood, "customer_id").drop("customer_id_right")
    found = found.left_join(brought, "customer_id").drop("customer_id_right")
    # Before the first purchase a customer was a potential one from the day it was recorded, if that is known.
    unbought = MONTHS + 1 - found.path.fill_null("").length()
    unseen = ibis.cases(
        (found.created_on.notnull(), _before(found.created_on, moments)), (found.path.isnull(), 0), else_=unbought
    )
    unseen = ibis.least(unseen, unbought)
    before = ibis.literal(NOT_YET).repeat(unseen) + ibis.literal(LETTERS["potential"]).repeat(unbought - unseen)
    revenue = {name: found[name].fill_null(0.0) for name in COLUMNS if name.startswith("revenue_")}
    return found.select(
        "owner", "owner_id", "currency", customer_id=_.own_id, path=before + found.path.fill_null(""), **revenue
    )  # fmt: skip


def _told_apart(every: ir.Table, source: Source) -> ir.Table:
    """The scores with `customer_id` as the purchases have it, and the customer's own as `own_id`."""
    if not source.prepared or source.is_contract:
        return every.mutate(own_id=_.customer_id)
    numbers = prepared.every_customer(source.prepared).select("number", known="customer_id")
    joined = every.inner_join(numbers, [("customer_id", "known")])
    return joined.rename(own_id="customer_id").rename(customer_id="number")


def _before(day: ir.DateValue, moments: tuple[date, ...]) -> ir.IntegerValue:
    """How many of the ends of months are before a day."""
    return ibis.cases(
        *((day <= ibis.date(moment), place) for place, moment in enumerate(moments)), else_=len(moments)
    )  # fmt: skip


# who buys freely


def _of_purchases(bought: ir.Table, every: ir.Table, report: Mapping[str, Any], moments: tuple[date, ...]) -> ir.Table:
    """The letters from the first purchase on: one pass over the purchases, each standing for the ends of months up to the next."""
    first = bought.filter(_.place == 1).select("customer_id", first_on=_.day)
    # Each stands for the ends of months from its day up to the day before the next.
    covered = bought.mutate(since=_before(bought.day, moments), until=_before(bought.following, moments))
    covered = covered.filter(_.since < _.until)
    covered = covered.mutate(place_of=ibis.range(covered.since, covered.until).unnest())
    ends_of = ((covered.place_of == place, ibis.date(moment)) for place, moment in enumerate(moments))
    each = covered.mutate(moment=ibis.cases(*ends_of))
    each = each.mutate(purchases=_.place).inner_join(first, "customer_id")
    limits = every.select("customer_id", "gap_limit_days", "gap_warning_days")
    each = each.inner_join(limits, "customer_id")
    # Columns of their own: what the rule asks twice would be worked out twice, millions of times.
    each = each.mutate(
        age_days=each.moment.delta(each.first_on, unit="day"), recency=each.day.delta(each.first_on, unit="day"),
        days_since=each.moment.delta(each.day, unit="day"), last_gap_days=each.day.delta(each.previous, unit="day"),
    )  # fmt: skip
    each = each.mutate(
        alive=_alive(each.purchases - 1, each.recency / DAYS_A_WEEK, each.age_days / DAYS_A_WEEK, report)
    )
    at = {
        "limit_days": each.gap_limit_days, "warning_days": each.gap_warning_days,
        "window_days": ibis.literal(float(report["thresholds"]["window_days"])),
        **{name: each[name] for name in ("purchases", "days_since", "age_days", "last_gap_days", "alive")},
    }  # fmt: skip
    # As digits of one number: millions of short texts would take far longer to put together.
    stages = list(LETTERS)
    rule = ((condition, stages.index(stage) + 1) for stage, condition in purchase_rule(at))
    digit = ibis.cases(*rule, else_=stages.index("core") + 1).cast("int64")
    worth = ibis.cases(*((each.place_of == place, _DIGITS**place) for place in range(len(moments))), else_=0)
    told = each.mutate(share=digit * worth.cast("int64"))
    told = told.group_by("customer_id").agg(number=_.share.sum().cast("int64"))
    alphabet = ibis.literal("".join(LETTERS.values()))
    path = ibis.literal("")
    for place in range(len(moments)):
        found = told.number // _DIGITS**place % _DIGITS
        path = path + (found > 0).ifelse(alphabet.substr(found - 1, 1), "")
    return told.select("customer_id", path=path)


def _alive(
    x: ir.NumericValue, t_x: ir.NumericValue, age: ir.NumericValue, report: Mapping[str, Any]
) -> ir.FloatingValue:
    """The chance to be still there, from `x` repeat purchases, the last at `t_x` weeks, `age` weeks after the first.

    MBG/NBD (Wagner and Hoppe 2008): 1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))^(r + x)). Unknown where another model
    was used: then the silent days alone decide, as they do in the scores.
    """
    found = {
        row["parameter"]: float(row["estimate"]) for row in report.get("parameters", ()) if row["model"] == "mbg_nbd"
    }
    if report.get("model") != "mbg_nbd" or not {"r", "alpha", "a", "b"} <= set(found):
        return ibis.null("float64")
    r, alpha, a, b = (found[name] for name in ("r", "alpha", "a", "b"))
    odds = (a / (b + x)).log() + (r + x) * ((alpha + age) / (alpha + t_x)).log()
    return 1 / (1 + odds.clip(upper=700.0).exp())


def _brought(bought: ir.Table, moments: tuple[date, ...]) -> ir.Table:
    """What each customer brought in the 365 days to each end of a month."""
    first = moments[0] - timedelta(days=YEAR_DAYS)
    recent = bought.filter(_.day > ibis.date(first))
    return recent.group_by("customer_id").agg(**{
        f"revenue_{place}": _.amount.sum(where=_within_year(_.day, moment)) for place, moment in enumerate(moments)
    })  # fmt: skip


def _within_year(day: ir.DateValue, moment: date) -> ir.BooleanValue:
    return (day <= ibis.date(moment)) & (day > ibis.date(moment - timedelta(days=YEAR_DAYS)))


def _letter(stage: ir.StringValue) -> ir.StringValue:
    return ibis.cases(*((stage == name, letter) for name, letter in LETTERS.items()), else_=NOT_YET)


# who has contracts


def _of_contracts(
    tables: Tables, filters: Filters, source: Source, moments: tuple[date, ...]
) -> tuple[ir.Table, ir.Table]:
    """The letters and the revenue, from the contracts as they stood at each end of a month."""
    parts = []
    for place, moment in enumerate(moments):
        stood = contracts(tables, replace(filters, as_of=moment), source)
        ends_on = stood.ends_on.coalesce(stood.last_on)
        at = {
            "purchases": stood.purchases, "has_left": stood.has_left, "tenure_months": stood.tenure_months,
            "days_to_end": ends_on.delta(ibis.date(moment), unit="day"), "last_gap_days": stood.last_gap_days,
        }  # fmt: skip
        letter = _letter(as_expression(contract_rule(at)))
        parts.append(stood.select("customer_id", "revenue_12m", place=ibis.literal(place), letter=letter))
    each = ibis.union(*parts)
    path = each.group_by("customer_id").agg(path=_.letter.group_concat(sep="", order_by=_.place))
    brought = each.group_by("customer_id").agg(**{
        f"revenue_{place}": _.revenue_12m.sum(where=_.place == place) for place in range(len(moments))
    })  # fmt: skip
    return path, brought
