"""How much of their customers and revenue this company kept in each of its own past twelve months (R4, R5, R6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import scores, who
from analytics.customers.basis import Source, by_source
from analytics.customers.contracts import GRACE_DAYS
from analytics.customers.lifecycle_months import DATED
from analytics.customers.purchases import YEAR_DAYS, purchase_days
from analytics.filters import Filters
from analytics.intervals import share, wilson
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole
from data.tables import Tables

COLUMNS = (
    "from_day", "to_day", "customers_before", "customers_kept", "logo_retention", "logo_low", "logo_high", "revenue_before",
    "revenue_after", "nrr", "grr", "currency",
)  # fmt: skip
YEAR = 12
LEAST = 10  # customers of a window that counts
WINDOWS = 48  # the last four years of windows


def past_retention(tables: Tables, filters: Filters) -> Question:
    """One row a window of twelve months and currency, a window for every month, the latest first. Columns: `COLUMNS`.

    Of customers with contracts: those who had one when the window began, and what they paid a month then and when it ended. Of
    customers who buy freely: those of twelve months or more who bought in the twelve months before the window, and what they brought in
    those and in the window; kept are those who were not silent for longer than their own rhythm allows (R3) at its beginning, nor at its end.
    What came back from more than twelve months of silence, and new customers, are in neither. A window counts only if the data reach
    back twelve months before it. No rows where nothing has dates. The scores must be there.
    """

    def build(source: Source) -> Question:
        if source.basis not in DATED:
            return Question({}, lambda answers: frame([], COLUMNS))
        ends = moments(filters)
        told = _of_contracts(tables, filters, source, ends) if source.is_contract else _of_purchases(tables, filters, source, ends)  # fmt: skip
        return Question({"windows": told}, lambda answers: _told(answers["windows"], ends))

    return by_source(tables, filters, build)


def moments(filters: Filters) -> tuple[date, ...]:
    """The ends of months from two years before the first window's end to the as-of date, oldest first."""
    as_of = pd.Timestamp(filters.as_of)
    months = WINDOWS + 2 * YEAR - 1
    return tuple((as_of - pd.DateOffset(months=months - place)).date() for place in range(months + 1))


def reached(past: pd.DataFrame, column: str, value: float, currency: str | None = None) -> tuple[int, int]:
    """In how many of the windows a rate was at least so high, and how many windows there are, of at least `LEAST` customers."""
    known = windows_of(past, currency, column)
    return sum(row[column] >= value for row in known), len(known)


def windows_of(past: pd.DataFrame, currency: str | None, column: str) -> list[Row]:
    """The windows of a currency whose rate says something: those of `LEAST` customers or more."""
    return [
        row for row in rows(past)
        if row[column] is not None and row["currency"] == (currency or None) and row["customers_before"] >= LEAST
    ]  # fmt: skip


# the expressions: one row a window (`place` of its end among the moments) and currency


def _place(day: ir.DateValue, ends: tuple[date, ...]) -> ir.IntegerValue:
    """How many of the ends of months are before a day: the place of the first that is not."""
    return ibis.cases(*((day <= ibis.date(moment), place) for place, moment in enumerate(ends)), else_=len(ends))


def _moment(place: ir.IntegerValue, ends: tuple[date, ...]) -> ir.DateValue:
    return ibis.cases(*((place == at, ibis.date(moment)) for at, moment in enumerate(ends)))


def _own(tables: Tables, filters: Filters) -> ir.Table:
    return who.chosen(who.customers(tables, filters), tables, filters).select("customer_id")


def _of_purchases(tables: Tables, filters: Filters, source: Source, ends: tuple[date, ...]) -> ir.Table:
    bought = purchase_days(tables, filters, source).semi_join(_own(tables, filters), "customer_id")
    bought = bought.mutate(since=_place(bought.day, ends))
    first = bought.group_by("customer_id").agg(first_on=_.day.min(), currency=_.currency.max())
    # What a year to the end of a month brought: each month's purchases count for twelve ends.
    monthly = bought.group_by("customer_id", "since").agg(amount=_.amount.sum().fill_null(0.0))
    spread = monthly.mutate(place=ibis.range(monthly.since, monthly.since + YEAR).unnest())
    # A purchase before the first moment may be of any year before it.
    spread = spread.filter(_.since > 0, _.place < len(ends))
    yearly = spread.group_by("customer_id", "place").agg(brought=_.amount.sum())
    limits = scores.every(filters).select("customer_id", "gap_limit_days")
    covered = bought.inner_join(limits, "customer_id")
    limit = covered.gap_limit_days.fill_null(float(YEAR_DAYS)).floor().cast("int64")
    silent_from = (covered.day + (limit + 1).as_interval("D")).cast("date")
    # There from each purchase to the next, or until it is silent for too long.
    until = ibis.least(_place(silent_from, ends), _place(covered.following, ends))
    there = covered.select("customer_id", place=ibis.range(covered.since, until).unnest())
    each = yearly.rename(before="brought").join(
        yearly.mutate(place=_.place - YEAR), ["customer_id", "place"], how="left"
    )
    each = each.drop("customer_id_right", "place_right").inner_join(first, "customer_id")
    # A customer of twelve months at the beginning of the window; the data, too, must reach so far.
    oldest = first.agg(oldest=_.first_on.min())
    each = each.cross_join(oldest)
    began = _moment(each.place - YEAR, ends)
    each = each.filter(_.place >= YEAR, _.place + YEAR < len(ends), _.first_on <= began, _.oldest <= began)
    for name, at in (("at_start", 0), ("at_end", YEAR)):
        marked = there.mutate(place=_.place - at, **{name: ibis.literal(True)})
        each = each.left_join(marked, ["customer_id", "place"]).drop("customer_id_right", "place_right")
    before, after = each.before.fill_null(0.0), each.brought.fill_null(0.0)
    each = each.mutate(
        before=before, after=after, was=each.at_start.fill_null(False), stays=each.at_end.fill_null(False)
    )
    return _summed(each.mutate(place=_.place + YEAR))


def _of_contracts(tables: Tables, filters: Filters, source: Source, ends: tuple[date, ...]) -> ir.Table:
    as_of = ibis.date(filters.as_of)
    known = tables.subscriptions.filter(_.customer_id.notnull(), _.started_on <= as_of, _.ended_on.isnull() | (_.ended_on >= _.started_on))  # fmt: skip
    known = known.semi_join(_own(tables, filters), "customer_id").mutate(currency=_.currency.fill_null(""))
    if source.several_currencies:
        commonest = known.group_by("customer_id").agg(commonest=_.currency.mode())
        known = known.inner_join(commonest, "customer_id").filter(_.currency == _.commonest)
    oldest = known.agg(oldest=_.started_on.min())
    paid = known.monthly_revenue.fill_null(0.0)
    # A contract is seen at the ends of months from its first day to its last, and its customer within the days of grace too.
    grace = known.ended_on + ibis.interval(days=GRACE_DAYS + 1)
    known = known.mutate(
        first_place=_place(known.started_on, ends),
        last_place=known.ended_on.isnull().ifelse(len(ends), _place(known.ended_on + ibis.interval(days=1), ends)),
        grace_place=known.ended_on.isnull().ifelse(len(ends), _place(grace, ends)),
        paid=paid,
    )
    seen = known.mutate(place=ibis.range(known.first_place, known.grace_place).unnest())
    each = seen.group_by("customer_id", "place").agg(
        currency=_.currency.max(), runs=(_.place < _.last_place).any(), paid=_.paid.sum(where=_.place < _.last_place)
    )
    later = each.select("customer_id", place=_.place - YEAR, paid_then=_.paid)
    joined = each.left_join(later, ["customer_id", "place"]).filter(_.runs).cross_join(oldest)
    began = _moment(joined.place, ends)
    joined = joined.filter(_.place + YEAR < len(ends), _.oldest <= began)
    joined = joined.mutate(
        before=joined.paid.fill_null(0.0), after=joined.paid_then.fill_null(0.0), was=ibis.literal(True),
        stays=joined.place_right.notnull(),
    )  # fmt: skip
    return _summed(joined.mutate(place=_.place + YEAR))


def _summed(each: ir.Table) -> ir.Table:
    return each.group_by("place", "currency").agg(
        customers_before=_.was.sum(),
        customers_kept=(_.was & _.stays).sum(),
        revenue_before=_.before.sum(),
        revenue_after=_.after.sum(),
        kept=ibis.least(_.before, ibis.greatest(_.after, 0.0)).sum(),
    )


def _told(found: pd.DataFrame, ends: tuple[date, ...]) -> pd.DataFrame:
    return frame((_row(row, ends) for row in sorted(rows(found), key=lambda row: (-row["place"], str(row["currency"])))), COLUMNS)  # fmt: skip


def _row(row: Mapping[str, Any], ends: tuple[date, ...]) -> Row:
    there, kept = whole(row["customers_before"]), whole(row["customers_kept"])
    before = number(row["revenue_before"])
    rate = share(kept, there)
    low, high = wilson(rate, there)
    place = whole(row["place"])
    return {
        "from_day": ends[place - YEAR].isoformat(), "to_day": ends[place].isoformat(), "customers_before": there, "customers_kept": kept,
        "logo_retention": rate, "logo_low": low, "logo_high": high, "revenue_before": before, "revenue_after": number(row["revenue_after"]),
        "nrr": number(row["revenue_after"]) / before if before > 0 else None,
        "grr": number(row["kept"]) / before if before > 0 else None, "currency": row["currency"] or None,
    }  # fmt: skip
