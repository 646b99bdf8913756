"""The past as it was known on an earlier day, and what came after it: what a back-test is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers import scores
from analytics.customers.basis import Source
from analytics.customers.purchases import DAYS_A_WEEK, histories, lines, purchases
from analytics.customers.scores import Keeper
from analytics.filters import Filters
from data.tables import Tables

# More customers than these tell no more of a model; then whole customers are drawn, always the same ones.
MOST = 100_000
LEAST_WEEKS = 8
ORIGINS = 3
WEEKS_A_MONTH = 365.25 / 12 / DAYS_A_WEEK
_PARTS = 10_000
# A stray order of long ago does not make the history longer.
_STRAY = 0.01


@dataclass(frozen=True)
class Origin:
    """A day up to which the past is known to the model, and the stretch after it that it has to foretell."""

    cutoff: date
    weeks: int

    @property
    def until(self) -> date:
        return self.cutoff + timedelta(days=self.weeks * DAYS_A_WEEK)


@dataclass(frozen=True)
class Span:
    """How long the history is in weeks, and the currency of most of what was bought."""

    weeks: float
    currency: str


class _Sampled(Tables):
    """The tables, one of them put in place of another."""

    def __init__(self, tables: Tables, name: str, table: ir.Table) -> None:
        super().__init__(tables.headers)
        self._tables[name] = table

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def sample(keeper: Keeper, tables: Tables, filters: Filters, source: Source) -> tuple[Tables, str | None]:
    """The tables with the purchases of at most about `MOST` customers, and the name these are kept under, if they are.

    Whole customers are drawn by a hash of their number.
    """
    if source.customers <= MOST:
        return tables, None
    of = "deals" if source.basis == "deals" else "orders"
    share = MOST / source.customers
    drawn = (tables[of].customer_id.hash() % _PARTS).abs() < max(round(share * _PARTS), 1)
    kept = tables[of].filter(drawn)
    if of == "deals":
        kept = kept.filter(_.status == "won").select("customer_id", "status", "closed_at", "amount", "currency")
    else:
        kept = kept.select("customer_id", "ordered_at", "amount", "currency")
    name = f"{scores.name(filters)}_sample"
    keeper.keep_scores(name, kept)
    return _Sampled(tables, of, ibis.table(kept.schema(), name=name)), name


def span(keeper: Keeper, tables: Tables, filters: Filters, source: Source) -> Span | None:
    """How long the history is, and its commonest currency; None where there is none."""
    each = lines(tables, filters, source)
    ago = ibis.date(filters.as_of).delta(each.day, unit="day")
    found = keeper.run(each.agg(days=ago.cast("float64").quantile(1 - _STRAY), currency=each.currency.mode()))
    days = found["days"].iloc[0]
    if pd.isna(days):
        return None
    # With one currency that is what all purchases are in, those with a blank too (`purchases.netted`).
    currency = str(found["currency"].iloc[0] or "") if source.several_currencies else source.currency
    return Span(float(days) / DAYS_A_WEEK, currency)


def least_weeks(usual_gap: float | None) -> int:
    """The shortest stretch that says anything: 8 weeks, and two usual gaps between purchases."""
    return max(LEAST_WEEKS, int(np.ceil(2 * (usual_gap or 0.0))))


def origins(as_of: date, weeks: float, horizon_months: int, least: int) -> list[Origin]:
    """The cut-off days, the one that counts most first: the longest stretch up to the as-of date.

    At most the horizon is held back and at most half of the history, in whole weeks; then the same stretch before that one
    where at least half of the history lies before it, too, and a half and a third of the stretch.
    """
    longest = min(round(horizon_months * WEEKS_A_MONTH), round(weeks / 2))
    if longest < least:
        return []
    found = [_before(as_of, longest, longest)]
    if weeks >= 4 * longest:
        found.append(_before(as_of, 2 * longest, longest))
    for part in (2, 3):
        if longest // part >= least:
            found.append(_before(as_of, longest // part, longest // part))
    return found[:ORIGINS]


def _before(as_of: date, ago: int, weeks: int) -> Origin:
    return Origin(as_of - timedelta(days=ago * DAYS_A_WEEK), weeks)


def known_and_came(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, origin: Origin, currency: str
) -> pd.DataFrame:
    """One row a customer who had bought by the cut-off, in the order of their numbers.

    `currency, repeat_purchases, recency_weeks, age_weeks, mean_repeat_value, mean_value` as they were known then, `bought`
    and `brought`: days of purchase and net money in `currency` of the stretch after it, `bought_before, brought_before` of
    as long a stretch before it. What came back until the end of a stretch is taken off what was bought in it.
    """
    then = replace(filters, as_of=origin.cutoff)
    known = histories(tables, then, source).select(
        "customer_id", "currency", "repeat_purchases", "recency_weeks", "age_weeks", "mean_repeat_value", "mean_value"
    )
    ahead = _sums(tables, replace(filters, as_of=origin.until), source, origin.cutoff, currency, ("bought", "brought"))
    start = origin.cutoff - timedelta(days=origin.weeks * DAYS_A_WEEK)
    behind = _sums(tables, then, source, start, currency, ("bought_before", "brought_before"))
    both = known.left_join(ahead, "customer_id").drop("customer_id_right")
    both = both.left_join(behind, "customer_id").drop("customer_id_right")
    zeros: dict[str, Any] = {name: both[name].fill_null(0.0) for name in _names("bought", "brought")}
    return keeper.run(both.mutate(**zeros).order_by("customer_id").drop("customer_id"))


def _names(*names: str) -> Sequence[str]:
    return [f"{name}{when}" for when in ("", "_before") for name in names]


def _sums(
    tables: Tables, filters: Filters, source: Source, after: date, currency: str, names: tuple[str, str]
) -> ir.Table:
    days, money = names
    bought = purchases(tables, filters, source).filter(_.day > ibis.date(after))
    return bought.group_by("customer_id").agg(
        **{
            days: bought.day.nunique().cast("float64"),
            money: bought.amount.sum(where=bought.currency == currency).cast("float64"),
        }
    )
