"""How much money the pipeline turns into sales a day, and which of its four levers moved it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import (
    LEAST_TESTED,
    NOT_KNOWN,
    Interval,
    Z,
    equal_counts_p,
    mean_interval,
    normal_p,
    share,
    share_difference,
    welch,
    wilson,
)
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.sales_cycle import log_rank_of
from analytics.summary import QUARTER
from analytics.survival import Lengths
from data.messages import N_
from data.tables import Tables

Counted = Literal["created", "open"]
COUNTED: tuple[Counted, ...] = ("created", "open")
PARTS = ("now", "before")
LEVERS = ("deals", "average_won_value", "win_rate", "sales_cycle_days")
COLUMNS = (
    "currency", "lever", "value", "low", "high", "n", "unit", "previous", "change_share", "change_low", "change_high",
    "contribution", "worth_of_tenth", "value_known", "undated", "counted", "since", "until", "previous_since",
    "previous_until", "reason",
)  # fmt: skip
TENTH = 0.1

NO_WON = N_("No deal was won in the period, so there is no velocity.")
NO_AMOUNTS = N_("No won deal has an amount, so there is no velocity.")
NO_LENGTH = N_("The won deals have no usable time from creation to closing, so there is no velocity.")
NO_DEALS = N_("No deal was counted in the period, so there is nothing to be fast with.")


@dataclass(frozen=True)
class Periods:
    """The days a velocity is told for, and as many days just before; all four are included."""

    since: date
    until: date
    before_since: date
    before_until: date


def periods(filters: Filters) -> Periods:
    """The reader's period, ended by the as-of date at the latest; a side that is open is 91 days from the other."""
    until = min(filters.until or filters.as_of, filters.as_of)
    since = filters.since or until - timedelta(days=QUARTER - 1)
    since = min(since, until)
    length = until - since + timedelta(days=1)
    return Periods(since, until, since - length, until - length)


def sales_velocity(tables: Tables, filters: Filters, counted: Counted = "created") -> Question:
    """Five rows a currency: the velocity in money a day, and its four levers. Columns: `COLUMNS`, `q_value`, `tests`.

    Velocity = deals x average won value x win rate / median cycle of the won. Deals are those created in the period or, with
    `counted="open"`, those open at its end; the other three are of the deals closed in it. Each is set against the same
    number of days just before.
    """
    when = periods(filters)
    parts = _parts(filters, when)
    deals = filters.deals(tables)
    is_closed = deals.status != "open"
    is_undated = is_closed & deals.closed_at.isnull()
    if counted == "created":
        is_undated = is_undated | deals.created_at.isnull()
    in_parts = [(part.in_period(deals.closed_at), name) for name, part in parts.items()]
    deals = deals.mutate(
        is_undated=is_undated,
        closed_in=ibis.cases(*in_parts, else_=ibis.null("string")),
        days=filters.days(deals.closed_at, deals.created_at),
        **{f"in_{name}": _is_counted(deals, part, counted) for name, part in parts.items()},
    )
    cells = deals.agg(
        n=_.count(),
        known=_.amount.count(),
        total=_.amount.sum(),
        squares=(_.amount * _.amount).sum(),
        undated=_.count(where=_.is_undated),
        by=["currency", "status", "closed_in", *(f"in_{name}" for name in PARTS)],
    )
    # The two parts lie side by side: as one period, the engine can leave out what closed at other times.
    both = replace(filters, since=when.before_since, until=when.until).deals(tables, "closed")
    won = both.filter(_.status == "won").select(
        "currency",
        closed_in=parts["now"].in_period(both.closed_at).ifelse("now", "before"),
        days=filters.days(both.closed_at, both.created_at),
    )
    return Question({"cells": cells}, partial(_rows, when=when, counted=counted), (partial(_times, won=won),))


def _times(answers: Mapping[str, pd.DataFrame], won: ir.Table) -> dict[str, ir.Table]:
    """How many of the won deals took so many hours, and without hours their median; of each currency where there are several."""
    keys = ["closed_in", *(["currency"] if len(_known(rows(answers["cells"]))) > 1 else [])]
    won = won.filter(_.days >= 0)
    lengths = won.mutate(hours=(_.days * 24).floor().cast("int64")).agg(
        n=_.count(), median=ibis.null("float64"), by=[*keys, "hours"]
    )
    medians = won.agg(n=_.count(), median=_.days.quantile(0.5), by=keys).mutate(hours=ibis.null("int64"))
    return {"times": lengths.union(medians.select(*lengths.columns))}


def _known(cells: list[Row]) -> list[str]:
    """The currencies of the amounts."""
    return sorted({row["currency"] for row in cells if row["currency"] is not None and row["known"]})


def _parts(filters: Filters, when: Periods) -> dict[str, Filters]:
    return {
        name: Filters(until, since, until, time_zone=filters.time_zone)
        for name, since, until in zip(
            PARTS, (when.since, when.before_since), (when.until, when.before_until), strict=True
        )
    }


def _is_counted(deals: ir.Table, part: Filters, counted: Counted) -> ir.BooleanValue:
    """Whether a deal was created in a part, or was open at its end."""
    if counted == "created":
        return part.in_period(deals.created_at)
    was_created = (deals.created_at < part.now) | deals.created_at.isnull()
    return was_created & ((deals.status == "open") | (deals.closed_at >= part.now).fill_null(False))


@dataclass(frozen=True)
class _Levers:
    """The four levers in one period, and the variance of the logarithm of each; unknown where it has none."""

    deals: int
    average: float | None
    rate: float | None
    cycle: float | None
    intervals: Mapping[str, Interval]
    counts: Row
    lengths: Lengths

    @property
    def values(self) -> dict[str, float | None]:
        return dict(zip(LEVERS, (float(self.deals), self.average, self.rate, self.cycle), strict=True))

    @property
    def velocity(self) -> float | None:
        known = self.values
        if any(value is None for value in known.values()) or not known["sales_cycle_days"]:
            return None
        average, rate, cycle = self.average or 0.0, self.rate or 0.0, self.cycle or 1.0
        return self.deals * average * rate / cycle if rate else None

    @property
    def variance(self) -> float | None:
        """Of the logarithm of the velocity: the sum over its levers, taken as independent (delta method)."""
        if not self.velocity:
            return None
        found = [_log_variance(value, self.intervals[name]) for name, value in self.values.items()]
        known = [each for each in found if each is not None]
        return sum(known) if len(known) == len(LEVERS) else None

    @property
    def interval(self) -> Interval:
        variance, velocity = self.variance, self.velocity
        if variance is None or velocity is None:
            return NOT_KNOWN
        factor = math.exp(Z * variance**0.5)
        return velocity / factor, velocity * factor

    @property
    def reason(self) -> str | None:
        if not self.counts["won"]:
            return NO_WON
        if self.average is None:
            return NO_AMOUNTS
        if not self.cycle:
            return NO_LENGTH
        return None if self.deals else NO_DEALS


def _log_variance(value: float | None, interval: Interval) -> float | None:
    """The variance of a logarithm, from its 95% interval: half its width on that scale is 1.96 standard errors."""
    low, high = interval
    if not value or low is None or high is None or low <= 0:
        return None
    return (math.log(high / low) / (2 * Z)) ** 2


def _counts(cells: list[Row], name: str) -> Row:
    """Deals, and what closed, was won and has an amount, in one part."""
    closed = [row for row in cells if row["closed_in"] == name and row["status"] in ("won", "lost")]
    won = [row for row in closed if row["status"] == "won"]
    return {
        "deals": sum(whole(row["n"]) for row in cells if row[f"in_{name}"]),
        "closed": sum(whole(row["n"]) for row in closed),
        "won": sum(whole(row["n"]) for row in won),
        "n": sum(whole(row["known"]) for row in won),
        "total": sum(number(row["total"]) for row in won),
        "squares": sum(number(row["squares"]) for row in won),
    }


def _levers(counts: Row, lengths: Lengths, counted: str) -> _Levers:
    deals, closed, won, n = (counts[key] for key in ("deals", "closed", "won", "n"))
    total, squares = counts["total"], counts["squares"]
    average, rate = share(total, n), share(won, closed)
    intervals = {
        "deals": _poisson(deals) if counted == "created" else (float(deals), float(deals)),
        "average_won_value": mean_interval(n, total, squares),
        "win_rate": wilson(rate, closed),
        "sales_cycle_days": _median_interval(lengths),
    }
    return _Levers(deals, average, rate, counts["median"], intervals, counts, lengths)


def _poisson(n: int) -> Interval:
    """The exact interval of a Poisson count (Garwood 1936)."""
    from scipy.special import gammaincinv

    return (float(gammaincinv(n, 0.025)) if n else 0.0), float(gammaincinv(n + 1, 0.975))


def _median_interval(lengths: Lengths) -> Interval:
    """The interval of a median from order statistics, to the hour (David and Nagaraja 2003, 7.1); unknown below six."""
    n = lengths.n
    if n < 6:
        return NOT_KNOWN
    rank = max(math.floor(n / 2 - Z / 2 * n**0.5), 1)
    last = np.cumsum(lengths.counts.sum(axis=1))
    low, high = (lengths.days[np.searchsorted(last, place)] for place in (rank, n + 1 - rank))
    return float(low), float(high)


def shares_of_change(previous: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """How much of the change of deals x average x rate / cycle each lever made; they add up to the change exactly.

    The logarithms of the levers add; the logarithmic mean of the two products turns them into money (the LMDI of
    Ang 2005). All values must be above zero.
    """
    first, last = (
        each["deals"] * each["average_won_value"] * each["win_rate"] / each["sales_cycle_days"]
        for each in (previous, now)
    )
    weight = first if first == last else (last - first) / math.log(last / first)
    sign = {"sales_cycle_days": -1.0}
    return {name: weight * sign.get(name, 1.0) * math.log(now[name] / previous[name]) for name in LEVERS}


def _rows(answers: Mapping[str, pd.DataFrame], when: Periods, counted: Counted) -> pd.DataFrame:
    known = _known(rows(answers["cells"]))
    found: list[Row] = []
    for currency in known if len(known) > 1 else [None]:
        of = {
            name: told if currency is None else told[(told["currency"] == currency).fillna(False)]
            for name, told in answers.items()
        }
        cells, times = rows(of["cells"]), of["times"]
        is_length = times["hours"].notna()
        parts: dict[str, _Levers] = {}
        for name in PARTS:
            own = times["closed_in"] == name
            median = next(iter(times.loc[own & ~is_length, "median"]), None)
            lengths = Lengths.of(times[own & is_length].assign(kind="won"), "kind", ("won",))
            parts[name] = _levers(_counts(cells, name) | {"median": median}, lengths, counted)
        found += _told(parts["now"], parts["before"], counted)
        for row in found[-5:]:
            row["currency"] = currency or next(iter(known), None)
            row["undated"] = sum(whole(cell["undated"]) for cell in cells)
            row |= {"counted": counted, "since": when.since, "until": when.until}
            row |= {"previous_since": when.before_since, "previous_until": when.before_until}
    return frame(found, [*COLUMNS, "q_value", "tests"])


def _told(now: _Levers, before: _Levers, counted: Counted) -> list[Row]:
    """The row of the velocity and those of its levers."""
    velocity, earlier = now.velocity, before.velocity
    first: Row = {
        "lever": "velocity", "value": velocity, "n": now.counts["won"], "unit": "money", "previous": earlier,
        "reason": now.reason, "value_known": share(now.counts["n"], now.counts["won"]),
    }  # fmt: skip
    first["low"], first["high"] = now.interval
    tests: list[float | None] = []
    if velocity is not None and earlier:
        first["change_share"] = velocity / earlier - 1
        first["contribution"] = velocity - earlier
        both = now.variance, before.variance
        if velocity and both[0] is not None and both[1] is not None:
            error = (both[0] + both[1]) ** 0.5
            log = math.log(velocity / earlier)
            first["change_low"], first["change_high"] = (math.exp(log + side * Z * error) - 1 for side in (-1, 1))
            if min(now.counts["won"], before.counts["won"]) >= LEAST_TESTED:
                first["q_value"], first["tests"] = normal_p(log / error) if error else None, 1
    ready = velocity and earlier
    parts = shares_of_change(_positive(before), _positive(now)) if ready else {}
    units = {"deals": "count", "average_won_value": "money", "win_rate": "share", "sales_cycle_days": "days"}
    of = {"deals": now.deals, "average_won_value": now.counts["n"], "win_rate": now.counts["closed"], "sales_cycle_days": now.lengths.n}  # fmt: skip
    levers: list[Row] = []
    for name in LEVERS:
        value, previous = now.values[name], before.values[name]
        row: Row = {
            "lever": name, "value": value, "n": of[name], "unit": units[name], "previous": previous,
            "contribution": parts.get(name),
        }  # fmt: skip
        # Deals open at one moment are counted, not estimated.
        row["low"], row["high"] = NOT_KNOWN if name == "deals" and counted == "open" else now.intervals[name]
        if value is not None and previous:
            row["change_share"] = value / previous - 1
        if velocity is not None:
            row["worth_of_tenth"] = velocity * (1 / (1 - TENTH) - 1 if name == "sales_cycle_days" else TENTH)
        levers.append(row)
        tests.append(_p(name, now, before, counted))
    with_q_values(levers, tests)
    return [first, *levers]


def _positive(levers: _Levers) -> dict[str, float]:
    return {name: value for name, value in levers.values.items() if value}


def _p(name: str, now: _Levers, before: _Levers, counted: Counted) -> float | None:
    """The p-value of a lever being the same in both periods, by the test that `summary` gives it."""
    one, other = now.counts, before.counts
    match name:
        case "deals":
            # The same deals may be open at both ends, so two such counts are not tested.
            return None if counted == "open" else equal_counts_p(now.deals, before.deals)
        case "average_won_value":
            return welch(one["n"], one["total"], one["squares"], other["n"], other["total"], other["squares"])
        case "win_rate":
            if now.rate is None or before.rate is None:
                return None
            return share_difference(now.rate, one["closed"], before.rate, other["closed"])
        case _:
            return log_rank_of(now.lengths, before.lengths)


def deals_of_lever(tables: Tables, filters: Filters, lever: str, counted: Counted = "created") -> ir.Table:
    """The deals a lever is made of in the period, largest first, with the columns of `deals`."""
    now = _parts(filters, periods(filters))["now"]
    deals = filters.deals(tables)
    if lever == "deals":
        chosen = deals.filter(_is_counted(deals, now, counted))
    else:
        chosen = deals.filter((_.status != "open") & now.in_period(_.closed_at))
        if lever != "win_rate":
            chosen = chosen.filter(_.status == "won")
    return chosen.order_by(_.amount.desc(nulls_first=False), "deal_id")
