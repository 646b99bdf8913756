"""The headline figures of sales, and with a period how they stand against the same length of time before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import (
    LEAST_TESTED,
    benjamini_hochberg,
    mean_interval,
    normal_p,
    share,
    share_difference,
    welch,
    wilson,
)
from analytics.question import Question
from analytics.rows import Row, days, frame, number, rows, whole
from analytics.sales_cycle import log_rank_of, sales_cycle
from analytics.survival import Lengths
from data.schema import Tables

METRICS = ("deals", "revenue_won", "win_rate", "average_won_value", "sales_cycle_days", "open_pipeline")
COLUMNS = (
    "metric", "value", "low", "high", "n", "undecided", "previous", "real_change", "currency", "unit", "undated",
    "value_known", "q_value",
)  # fmt: skip
REAL = 0.05


def summary(tables: Tables, filters: Filters) -> Question:
    """One row a metric of `METRICS`; money one row a currency where there are several. Columns: `COLUMNS`.

    The period bounds creation in deals, the close date in won figures; the open pipeline is what is open at the as-of
    date. `previous` and `real_change` need both ends of a period.
    """
    asks = _asks(tables, filters, "now")
    before = _before(filters)
    if before:
        asks |= _asks(tables, before, "before")
    return Question(asks, partial(_rows, compared=before is not None, has_period=filters.has_period))


def _before(filters: Filters) -> Filters | None:
    """The same number of days just before the period, which ends with the as-of date at the latest."""
    if filters.since is None or filters.until is None:
        return None
    until = min(filters.until, filters.as_of)
    if until < filters.since:
        return None
    length = until - filters.since + timedelta(days=1)
    return replace(filters, as_of=filters.as_of - length, since=filters.since - length, until=until - length)


def _asks(tables: Tables, filters: Filters, name: str) -> dict[str, ir.Table]:
    deals = filters.deals(tables).mutate(
        is_won=_.status == "won",
        is_open=_.status == "open",
        is_closed_in=(_.status != "open") & filters.in_period(_.closed_at),
        is_created_in=filters.in_period(_.created_at),
        days=days(_.closed_at, _.created_at),
    )
    won = deals.filter(_.is_won & _.is_closed_in)
    cycle = sales_cycle(tables, filters).asks
    return {
        f"{name}_counts": deals.agg(
            created=_.count(where=_.is_created_in),
            created_open=_.count(where=_.is_created_in & _.is_open),
            created_undated=_.count(where=_.created_at.isnull()),
            won=_.count(where=_.is_won & _.is_closed_in),
            closed=_.count(where=_.is_closed_in),
            closed_undated=_.count(where=~_.is_open & _.closed_at.isnull()),
            open=_.count(where=_.is_open),
        ),
        f"{name}_money": deals.filter((_.is_won & _.is_closed_in) | _.is_open)
        .mutate(square=_.amount * _.amount)
        .agg(
            deals=_.count(), n=_.amount.count(), total=_.amount.sum(), squares=_.square.sum(), by=["currency", "is_won"]
        ),
        f"{name}_lengths": cycle["lengths"].filter(_.outcome == "won"),
        f"{name}_medians": cycle["medians"].filter(_.outcome == "won"),
        f"{name}_hours": won.filter(_.days >= 0)
        .mutate(hours=(_.days * 24).floor().cast("int64"))
        .agg(n=_.count(), by=["status", "hours"]),
        f"{name}_cycle": cycle["counts"].filter(_.outcome == "won"),
    }


class _Figures:
    """The answers of one period, by name."""

    def __init__(self, answers: Mapping[str, pd.DataFrame], name: str) -> None:
        self.counts = {key: whole(value) for key, value in rows(answers[f"{name}_counts"])[0].items()}
        self.money = rows(answers[f"{name}_money"])
        self.cycle = self._first(answers[f"{name}_lengths"])
        self.median = self._first(answers[f"{name}_medians"])
        self.cycle_counts = self._first(answers[f"{name}_cycle"])
        self.lengths = Lengths.of(answers[f"{name}_hours"], "status", ("won",))

    @staticmethod
    def _first(found: pd.DataFrame) -> Row:
        return rows(found)[0] if len(found) else {}

    def sums(self, is_won: bool, currency: str | None) -> tuple[int, int, float, float]:
        """Deals, those with an amount, their sum and the sum of squares; of every currency where None."""
        kept = [row for row in self.money if row["is_won"] == is_won and currency in (None, row["currency"])]
        return (
            sum(whole(row["deals"]) for row in kept),
            sum(whole(row["n"]) for row in kept),
            sum(number(row["total"]) for row in kept),
            sum(number(row["squares"]) for row in kept),
        )


def _rows(answers: Mapping[str, pd.DataFrame], compared: bool, has_period: bool) -> pd.DataFrame:
    now = _Figures(answers, "now")
    before = _Figures(answers, "before") if compared else None
    known = {row["currency"] for row in now.money if row["n"]} - {None}
    currencies: list[str | None] = [*sorted(known)] if len(known) > 1 else [None]
    currency = next(iter(known), None) if len(known) == 1 else None

    found: list[Row] = []
    tests: list[float | None] = []

    def add(row: Row, p: float | None = None) -> None:
        found.append(row)
        tests.append(p)

    add(*_deals(now, before, has_period))
    for each in currencies:
        add(*_revenue(now, before, each, each or currency, has_period))
    add(*_win_rate(now, before, has_period))
    for each in currencies:
        add(*_average(now, before, each, each or currency, has_period))
    add(*_cycle(now, before, has_period))
    for each in currencies:
        add(_pipeline(now, before, each, each or currency))
    for row, q in zip(found, benjamini_hochberg(tests), strict=True):
        row["q_value"] = q
        row["real_change"] = None if q is None else q < REAL
    return frame(found, COLUMNS)


def _deals(now: _Figures, before: _Figures | None, has_period: bool) -> tuple[Row, float | None]:
    n = now.counts["created"]
    row: Row = {
        "metric": "deals", "value": n, "n": n, "undecided": now.counts["created_open"], "unit": "count",
        "undated": now.counts["created_undated"] if has_period else 0,
    }  # fmt: skip
    if before is None:
        return row, None
    row["previous"] = earlier = before.counts["created"]
    # Two Poisson counts of equal exposure (Przyborowski and Wilenski 1940): half of all would fall in each.
    if n + earlier < LEAST_TESTED:
        return row, None
    from scipy.stats import binomtest

    return row, float(binomtest(n, n + earlier, 0.5).pvalue)


def _revenue(
    now: _Figures, before: _Figures | None, only: str | None, currency: str | None, has_period: bool
) -> tuple[Row, float | None]:
    deals, n, total, squares = now.sums(True, only)
    row = _money_row("revenue_won", deals, n, currency, now, has_period)
    row["value"] = total if n or not deals else None
    if before is None:
        return row, None
    earlier_deals, earlier_n, earlier, earlier_squares = before.sums(True, only)
    row["previous"] = earlier if earlier_n or not earlier_deals else None
    # Sums over a random number of deals: their variance is the expected sum of squares (compound Poisson).
    spread = squares + earlier_squares
    if min(n, earlier_n) < LEAST_TESTED or not spread:
        return row, None
    return row, normal_p((total - earlier) / spread**0.5)


def _average(
    now: _Figures, before: _Figures | None, only: str | None, currency: str | None, has_period: bool
) -> tuple[Row, float | None]:
    deals, n, total, squares = now.sums(True, only)
    row = _money_row("average_won_value", deals, n, currency, now, has_period)
    row["value"] = share(total, n)
    row["low"], row["high"] = mean_interval(n, total, squares)
    if before is None:
        return row, None
    _all, earlier_n, earlier, earlier_squares = before.sums(True, only)
    row["previous"] = share(earlier, earlier_n)
    return row, welch(n, total, squares, earlier_n, earlier, earlier_squares)


def _money_row(metric: str, deals: int, n: int, currency: str | None, now: _Figures, has_period: bool) -> Row:
    return {
        "metric": metric, "n": n, "currency": currency, "unit": "money", "value_known": share(n, deals),
        "undated": now.counts["closed_undated"] if has_period else 0,
    }  # fmt: skip


def _win_rate(now: _Figures, before: _Figures | None, has_period: bool) -> tuple[Row, float | None]:
    won, closed = now.counts["won"], now.counts["closed"]
    rate = share(won, closed)
    low, high = wilson(rate, closed)
    row: Row = {
        "metric": "win_rate", "value": rate, "low": low, "high": high, "n": closed, "undecided": now.counts["open"],
        "unit": "share", "undated": now.counts["closed_undated"] if has_period else 0,
    }  # fmt: skip
    if before is None:
        return row, None
    earlier_n = before.counts["closed"]
    row["previous"] = earlier = share(before.counts["won"], earlier_n)
    if rate is None or earlier is None:
        return row, None
    return row, share_difference(rate, closed, earlier, earlier_n)


def _cycle(now: _Figures, before: _Figures | None, has_period: bool) -> tuple[Row, float | None]:
    row: Row = {
        "metric": "sales_cycle_days", "value": now.cycle.get("median_days"), "low": now.median.get("median_low"),
        "high": now.median.get("median_high"), "n": whole(now.cycle.get("deals")), "undecided": now.counts["open"],
        "unit": "days", "undated": whole(now.cycle_counts.get("undated")),
    }  # fmt: skip
    if before is None:
        return row, None
    row["previous"] = before.cycle.get("median_days")
    return row, log_rank_of(now.lengths, before.lengths)


def _pipeline(now: _Figures, before: _Figures | None, only: str | None, currency: str | None) -> Row:
    """A stock, not a flow: the same deals may be open at both dates, so the two are not tested against each other."""
    deals, n, total, _squares = now.sums(False, only)
    row: Row = {
        "metric": "open_pipeline", "value": total if n or not deals else None, "n": n, "undecided": deals,
        "currency": currency, "unit": "money", "value_known": share(n, deals), "undated": 0,
    }  # fmt: skip
    if before is not None:
        earlier_deals, earlier_n, earlier, _earlier_squares = before.sums(False, only)
        row["previous"] = earlier if earlier_n or not earlier_deals else None
    return row
