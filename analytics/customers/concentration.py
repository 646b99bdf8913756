"""On how few customers, owners, products and contacts the revenue rests (R18)."""

from __future__ import annotations

import math
from functools import partial

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import contacts
from analytics.customers.basis import Source, by_source
from analytics.customers.revenue import Window, first_day, groups_of_companies, has_days, owners, sold, window
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, NOT_KNOWN, Interval, Z, share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from data.tables import Tables

HOLDERS = ("customer", "owner", "product", "contact")
COLUMNS = (
    "by", "currency", "n", "revenue", "top1", "top5", "top10", "hhi", "low", "high", "effective", "concentration_band",
    "previous", "largest", "revenue_without", "revenue_negative", "since", "until", "revenue_basis",
)  # fmt: skip
CURVE = ("place", "n_customers", "customers_share", "customer", "revenue", "revenue_share", "currency")
# The bands of the index; above the second a market counts as highly concentrated.
MODERATE, HIGH = 0.10, 0.25
NAMED = 10
CURVE_POINTS = 100


def concentration(tables: Tables, filters: Filters, holders: tuple[str, ...] = HOLDERS) -> Question:
    """A row for each of `holders` that is known and each currency. Columns: `COLUMNS`.

    Revenue is that of the period, by default of the twelve months to the as-of date. Shares are of the revenue of those with
    revenue above 0 (`n` of them, `revenue`); what returns left below 0 is in `revenue_negative`, what names nobody in `revenue_without`. Companies
    with a known parent count as one customer, several owners of one customer have equal parts; where sales name no contact, a
    customer's revenue is shared by the contacts met in the twelve months. `hhi` is the sum of the squared shares, from 1/n to 1,
    `effective` = 1/hhi; `low` and `high` its 95% interval, were the customers a sample of such customers (delta method on the
    logarithm; None below 30); `previous` the same of as many days before, where those are known wholly. `largest`: the first ten, with their shares.
    """

    def build(source: Source) -> Question:
        now = window(filters)
        asks = {by: _summed(_ranked(_held(tables, filters, source, now, by, has_days(source)))) for by in holders}
        if has_days(source):
            asks["first"] = first_day(tables, filters, source)
        return Question(asks, partial(_rows, source=source, now=now, holders=holders))

    return by_source(tables, filters, build)


def revenue_curve(tables: Tables, filters: Filters) -> Question:
    """The share of the revenue that the largest customers bring: a row for each of the first ten, named, and further ones at even
    steps up to all, at most 110 a currency. Columns: `CURVE`; customers and revenue as in `concentration`."""
    return by_source(tables, filters, lambda source: _curve_question(tables, filters, source))


def _curve_question(tables: Tables, filters: Filters, source: Source) -> Question:
    ranked = _ranked(_held(tables, filters, source, window(filters), "customer")).filter(_.place.notnull())
    every, so_far = ibis.window(group_by="currency"), ibis.cumulative_window(group_by="currency", order_by="place")
    told = ranked.mutate(
        customers=_.count().over(every), whole=_.amount.sum().over(every), up_to=_.amount.sum().over(so_far)
    )
    # The first customer at or after each hundredth.
    is_told = (told.place * CURVE_POINTS // told.customers) > ((told.place - 1) * CURVE_POINTS // told.customers)
    told = told.filter(is_told | (told.place <= NAMED)).order_by("currency", "place")
    told = told.select("place", "customers", "name", "amount", "up_to", "whole", "currency")
    return Question({"curve": told}, _curve_rows)


def _curve_rows(answers: Answers) -> pd.DataFrame:
    found = [
        {
            "place": whole(row["place"]), "n_customers": whole(row["customers"]), "currency": row["currency"],
            "customers_share": row["place"] / row["customers"], "revenue": row["amount"],
            "customer": row["name"] if row["place"] <= NAMED else None, "revenue_share": share(row["up_to"], row["whole"]),
        }
        for row in rows(answers["curve"])
    ]  # fmt: skip
    return frame(found, CURVE)


# expressions


def _held(
    tables: Tables, filters: Filters, source: Source, now: Window, by: str, with_before: bool = False
) -> ir.Table:
    """A row a holder and currency: `holder` (null for nobody), `name, currency, amount`, and `earlier`, that of as long before."""
    lines = sold(tables, filters, source, now.with_before() if with_before else now)
    if source.basis == "subscriptions" and with_before:
        # A contract that ran through both is in both.
        parts = [sold(tables, filters, source, of) for of in (now, now.before())]
        lines = parts[0].mutate(earlier=0.0).union(parts[1].mutate(earlier=_.amount, amount=0.0))
    elif with_before:
        is_now = lines.day >= ibis.date(now.since)
        lines = lines.mutate(earlier=is_now.ifelse(0.0, lines.amount), amount=is_now.ifelse(lines.amount, 0.0))
    else:
        lines = lines.mutate(earlier=ibis.null("float64"))
    if by == "customer":
        above = groups_of_companies(tables)
        called = tables.customers.group_by(called_id=_.customer_id).agg(root_name=_.customer_name.max())
        joined = lines.left_join(above, [("customer_id", "child_id")]).drop("child_id")
        joined = joined.filter(_.amount.notnull())
        joined = joined.left_join(called, [("root_id", "called_id")]).drop("called_id")
        each = joined.select(
            "amount", "earlier", "currency", holder=_.root_id.coalesce(_.customer_id),
            name=_.root_id.notnull().ifelse(_.root_name, _.name),
        )  # fmt: skip
    elif by == "owner":
        each = owners(lines.group_by("owner", "currency").agg(amount=_.amount.sum(), earlier=_.earlier.sum()))
        each = each.select(
            "currency", holder=_.owner, name=_.owner, amount=_.amount * _.part, earlier=_.earlier * _.part
        )
    elif by == "product":
        product = lines.product.nullif("").coalesce(lines.product_id)
        each = lines.select("amount", "earlier", "currency", holder=product, name=product)
    else:
        each = _of_contacts(tables, filters, source, lines)
    each = each.group_by("holder", "currency").agg(name=_.name.max(), amount=_.amount.sum(), earlier=_.earlier.sum())
    return each.mutate(amount=_.amount.fill_null(0.0), name=_.name.coalesce(_.holder))


def _of_contacts(tables: Tables, filters: Filters, source: Source, lines: ir.Table) -> ir.Table:
    called = tables.contacts.filter(_.contact_id.notnull()).group_by(number=_.contact_id).agg(name=_.contact_name.max())
    if source.basis == "deals":
        each = lines.select("amount", "earlier", "currency", holder=_.contact_id, part=ibis.literal(1.0))
    else:
        met = met_contacts(tables, filters)
        met = met.mutate(part=1.0 / _.count().over(ibis.window(group_by="of")))
        summed = lines.group_by("customer_id", "currency").agg(amount=_.amount.sum(), earlier=_.earlier.sum())
        each = summed.left_join(met, [("customer_id", "of")])
        each = each.select("amount", "earlier", "currency", holder=_.contact_id, part=_.part.fill_null(1.0))
    each = each.filter(_.amount.notnull())
    each = each.left_join(called, [("holder", "number")])
    return each.select("currency", "holder", "name", amount=_.amount * _.part, earlier=_.earlier * _.part)


def met_contacts(tables: Tables, filters: Filters) -> ir.Table:
    """The contacts met in the twelve months to the as-of date: `of` (the customer), `contact_id`."""
    as_of = ibis.date(filters.as_of)
    touches = contacts.touches(tables, filters).filter(_.contact_id.notnull())
    touches = touches.filter(as_of.delta(touches.day, unit="day") < contacts.YEAR_DAYS)
    return touches.select(of=_.customer_id, contact_id=_.contact_id).distinct()


def _ranked(held: ir.Table) -> ir.Table:
    """The same with the `place` of holders with revenue, from 1; null for those without, and for nobody."""
    is_counted = held.holder.notnull() & (held.amount > 0)
    order = [ibis.desc(is_counted), ibis.desc(held.amount), held.holder]
    place = ibis.row_number().over(group_by=held.currency, order_by=order) + 1
    return held.mutate(place=is_counted.ifelse(place, ibis.null("int64")))


def _summed(ranked: ir.Table) -> ir.Table:
    """One row a currency: power sums of what is counted, the largest, and the same of the time before."""
    a, before, is_counted = ranked.amount, ranked.earlier, ranked.place.notnull()
    was_counted = ranked.holder.notnull() & (before > 0)
    is_first = ranked.place <= NAMED
    return ranked.group_by("currency").agg(
        n=is_counted.sum(),
        **{f"sum{power}": (a**power).sum(where=is_counted) for power in (1, 2, 3, 4)},
        **{f"top{n}": a.sum(where=ranked.place <= n) for n in (1, 5, 10)},
        without=a.sum(where=ranked.holder.isnull()),
        negative=a.sum(where=ranked.holder.notnull() & (a < 0)),
        names=ranked.name.collect(where=is_first, order_by=ranked.place),
        amounts=a.collect(where=is_first, order_by=ranked.place),
        before_n=was_counted.sum(),
        **{f"before_sum{power}": (before**power).sum(where=was_counted) for power in (1, 2)},
    )


# figures


def _rows(answers: Answers, source: Source, now: Window, holders: tuple[str, ...]) -> pd.DataFrame:
    first = rows(answers["first"])[0]["first"] if "first" in answers else None
    is_known_before = first is not None and pd.Timestamp(first).date() <= now.before().since
    found = []
    for by in holders:
        for row in sorted(answers[by].to_dict("records"), key=lambda row: -_sum(row, "sum1")):
            if not whole(row["n"]) and by != "customer":
                continue
            told = _told(row) | {"by": by, "revenue_basis": source.basis}
            if has_days(source):
                told |= {"since": now.since, "until": now.until}
            if is_known_before:
                told["previous"] = _index(row, "before_")
            found.append(told)
    return frame(found, COLUMNS)


def _sum(row: Row, name: str) -> float:
    """A sum, 0 where there was nothing to add."""
    return 0.0 if pd.isna(row[name]) else float(row[name])


def _told(row: Row) -> Row:
    n, total, index = whole(row["n"]), _sum(row, "sum1"), _index(row)
    low, high = _interval(row)
    names = [] if row["names"] is None or not n else zip(row["names"], row["amounts"], strict=True)
    return {
        "currency": None if pd.isna(row["currency"]) else row["currency"], "n": n, "revenue": total, "hhi": index,
        "low": low, "high": high, "effective": None if index is None else 1 / index, "concentration_band": band(index),
        "revenue_without": _sum(row, "without"), "revenue_negative": _sum(row, "negative"),
        "largest": [{"name": name, "share": share(float(amount), total)} for name, amount in names],
        **{name: share(_sum(row, name), total) for name in ("top1", "top5", "top10")},
    }  # fmt: skip


def band(index: float | None) -> str | None:
    """How concentrated that is: low, moderate or high."""
    if index is None:
        return None
    return "low" if index < MODERATE else "moderate" if index < HIGH else "high"


def _index(row: Row, before: str = "") -> float | None:
    """The Herfindahl-Hirschman index, kept within what its n allows."""
    n, total = whole(row[f"{before}n"]), _sum(row, f"{before}sum1")
    if not n or not total:
        return None
    return min(max(_sum(row, f"{before}sum2") / total**2, 1 / n), 1.0)


def _interval(row: Row) -> Interval:
    """The delta method for S2 / S1^2 of n independent amounts, from their power sums; None below 30."""
    n, index = whole(row["n"]), _index(row)
    if index is None or n < LEAST_TESTED:
        return NOT_KNOWN
    one, two, three, four = (_sum(row, f"sum{power}") for power in (1, 2, 3, 4))
    # Each amount's influence on the logarithm: x^2/S2 - 2x/S1, whose sum is -1.
    squares = four / two**2 - 4 * three / (two * one) + 4 * two / one**2
    half = Z * math.sqrt(max(n / (n - 1) * (squares - 1 / n), 0.0))
    return max(index * math.exp(-half), 1 / n), min(index * math.exp(half), 1.0)
