"""The headline figures, and with a period how they stand against the same length of time before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers.value_risk import Lines
from analytics.filters import Filters
from analytics.intervals import (
    LEAST_TESTED,
    benjamini_hochberg,
    equal_counts_p,
    mean_interval,
    median_interval,
    normal_p,
    share,
    share_difference,
    welch,
    wilson,
)
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.sales_cycle import log_rank_of
from analytics.summary_customers import CustomerFigures, Found
from analytics.survival import Lengths
from data.tables import Tables

METRICS = ("deals", "revenue_won", "win_rate", "average_won_value", "sales_cycle_days", "open_pipeline")
COLUMNS = (
    "metric", "value", "low", "high", "n", "undecided", "previous", "real_change", "currency", "unit", "undated",
    "value_known", "q_value",
)  # fmt: skip
REAL = 0.05
QUARTER = 91
USUAL_LENGTHS = (365, 182, QUARTER, 30)


def summary(tables: Tables, filters: Filters, lines: Lines | None = None) -> Question:
    """One row a metric of `METRICS`; money one row a currency where there are several. Columns: `COLUMNS`.

    The period bounds creation in deals, the close date in won figures; the open pipeline is what is open at the as-of
    date. `previous` and `real_change` need both ends of a period.

    Then, as far as files tell of them, the rows of `summary_customers.METRICS`: `customers` who bought within the window of R1
    or have a contract, at the end of the period; `net_revenue` by the day of the order, its `n` the customers who bought; `nps`
    by the day of the answer; with `lines` the value at risk of the scores, which must be there. A figure is left out where a
    filter is by a field that says nothing of what it counts.
    """
    before = before_period(filters)
    beside = CustomerFigures(tables, filters, before, lines)

    def finish(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return _rows(answers, before is not None, filters.has_period, beside=beside.rows(answers))

    return Question(_asks(tables, filters, before) | beside.asks(), finish, beside.rounds())


def before_period(filters: Filters) -> Filters | None:
    """The same number of days just before the period, which ends with the as-of date at the latest."""
    if filters.since is None or filters.until is None:
        return None
    until = min(filters.until, filters.as_of)
    if until < filters.since:
        return None
    length = until - filters.since + timedelta(days=1)
    return replace(filters, as_of=filters.as_of - length, since=filters.since - length, until=until - length)


def span(tables: Tables, filters: Filters) -> ir.Table:
    """One row: when the `first` deal was created, and by how many `days` three quarters of closed deals were closed.

    Deals begun before the data are not in them, so that what closes in the first days is too little.
    """
    deals = filters.deals(tables).mutate(days=filters.days(_.closed_at, _.created_at))
    return deals.agg(first=_.created_at.min(), days=_.days.quantile(0.75))


def usual_period(first: date, as_of: date) -> tuple[date, date] | None:
    """The period to look at when none was chosen: the longest of the last 365, 182, 91 or 30 days up to the as-of date.

    As long before it must lie after `first` too. None where there is none.
    """
    for length in USUAL_LENGTHS:
        if as_of - timedelta(days=2 * length - 1) >= first:
            return as_of - timedelta(days=length - 1), as_of
    return None


def _asks(tables: Tables, filters: Filters, before: Filters | None) -> dict[str, ir.Table]:
    deals = stood(filters.deals(tables), filters).mutate(period=ibis.literal("now"))
    if before is not None:
        earlier = stood(before.deals(tables), before).mutate(period=ibis.literal("before"))
        deals = deals.union(earlier)
    return sums(deals)


def sums(deals: ir.Table) -> dict[str, ir.Table]:
    """What the figures are made from, for each `period` of deals as `stood` gives them."""
    won = deals.filter(_.is_won & _.is_closed_in & (_.days >= 0))
    return {
        "figures": deals.mutate(has_no_length=_.days.isnull()).agg(
            n=_.count(),
            known=_.amount.count(),
            total=_.amount.sum(),
            squares=_.square.sum(),
            by=["period", "currency", "is_won", "is_open", *MARKS],
        ),
        "cycle": won.agg(deals=_.count(), median_days=_.days.quantile(0.5), by="period"),
        "hours": won.mutate(hours=(_.days * 24).floor().cast("int64")).agg(
            n=_.count(), by=["period", "status", "hours"]
        ),
    }


def stood(deals: ir.Table, filters: Filters, *more: str) -> ir.Table:
    """The deals of `filters`, marked by what of them lies in the period; columns in `more` are kept."""
    is_open = _.status == "open"
    return deals.select(
        "currency", "amount", "status", *more,
        square=_.amount * _.amount, is_won=_.status == "won", is_open=is_open,
        is_closed_in=~is_open & filters.in_period(_.closed_at), is_created_in=filters.in_period(_.created_at),
        has_no_creation=_.created_at.isnull(), has_no_close=~is_open & _.closed_at.isnull(),
        days=filters.days(_.closed_at, _.created_at),
    )  # fmt: skip


# What tells deals apart for the counts; deals alike in all of it make one row.
MARKS = ("is_created_in", "is_closed_in", "has_no_creation", "has_no_close", "has_no_length")


class _Figures:
    """The answers of one period, by name."""

    def __init__(self, answers: Mapping[str, pd.DataFrame], period: str) -> None:
        self.rows = [row for row in rows(answers["figures"]) if row["period"] == period]
        self.counts = {
            "created": self._n(lambda row: row["is_created_in"]),
            "created_open": self._n(lambda row: row["is_created_in"] and row["is_open"]),
            "created_undated": self._n(lambda row: row["has_no_creation"]),
            "won": self._n(_is_won_in),
            "closed": self._n(lambda row: row["is_closed_in"]),
            "closed_undated": self._n(lambda row: row["has_no_close"]),
            "cycle_undated": self._n(
                lambda row: row["is_won"] and row["has_no_length"] and (row["is_closed_in"] or row["has_no_close"])
            ),
            "open": self._n(_is_open),
        }
        self.cycle = next((row for row in rows(answers["cycle"]) if row["period"] == period), {})
        hours = answers["hours"]
        self.lengths = Lengths.of(hours[hours["period"] == period], "status", ("won",))

    def _n(self, is_in: Callable[[Row], bool]) -> int:
        return sum(whole(row["n"]) for row in self.rows if is_in(row))

    def currencies(self) -> set[str]:
        """The currencies of the amounts that are told."""
        told = {row["currency"] for row in self.rows if row["known"] and (_is_won_in(row) or _is_open(row))}
        return told - {None}

    def sums(self, is_won: bool, currency: str | None) -> tuple[int, int, float, float]:
        """Deals, those with an amount, their sum and the sum of squares; of every currency where None."""
        is_in = _is_won_in if is_won else _is_open
        kept = [row for row in self.rows if is_in(row) and currency in (None, row["currency"])]
        return (
            sum(whole(row["n"]) for row in kept),
            sum(whole(row["known"]) for row in kept),
            sum(number(row["total"]) for row in kept),
            sum(number(row["squares"]) for row in kept),
        )


def _is_won_in(row: Row) -> bool:
    return bool(row["is_won"] and row["is_closed_in"])


def _is_open(row: Row) -> bool:
    return bool(row["is_open"])


def figures(answers: Mapping[str, pd.DataFrame], period: str, has_period: bool) -> list[Row]:
    """The rows of `summary` for one period of `sums`, compared with none."""
    return rows(_rows(answers, False, has_period, period))


def _rows(
    answers: Mapping[str, pd.DataFrame], compared: bool, has_period: bool, period: str = "now", beside: Found = ()
) -> pd.DataFrame:
    now = _Figures(answers, period)
    before = _Figures(answers, "before") if compared else None
    known = now.currencies()
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
    for row, p in beside:
        add(row, p)
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
    return row, equal_counts_p(n, earlier)


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
    low, high = median_interval(now.lengths.days, now.lengths.counts[:, 0])
    row: Row = {
        "metric": "sales_cycle_days", "value": now.cycle.get("median_days"), "low": low, "high": high,
        "n": whole(now.cycle.get("deals")), "undecided": now.counts["open"], "unit": "days",
        "undated": now.counts["cycle_undated"],
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
