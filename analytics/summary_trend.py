"""How the headline figures went: the period cut into equal parts, and as many parts of the time before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import Interval, Z, mean_interval, median_interval, share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, days, frame, rows
from analytics.summary import before_period
from analytics.survival import weighted_quantile
from data.schema import Tables

COLUMNS = ("metric", "since", "until", "value", "low", "high", "n", "currency", "unit", "is_before")
PARTS = 6  # of the period; as many of the time before it


def summary_trend(tables: Tables, filters: Filters) -> Question:
    """One row a headline figure and part of time, money one row a currency where there are several. Columns: `COLUMNS`.

    With both ends of a period: six equal parts of it, and six of as many days before it. Without: twelve parts of all
    the time since the first deal was created. The open pipeline is as it stood at the end of each part. Deals as they
    stand at the as-of date; those without the date that is needed are left out.
    """
    trend = _Trend(tables, filters)
    return Question({"span": trend.span()}, trend.finish, (trend.events,))


@dataclass(frozen=True)
class _Trend:
    tables: Tables
    filters: Filters

    def span(self) -> ir.Table:
        """When the first deal was created."""
        return self.filters.deals(self.tables).agg(first=_.created_at.min())

    def limits(self, answers: Answers) -> tuple[list[tuple[date, date]], int]:
        """The first and last day of each part, and how many parts are of the time before."""
        before = before_period(self.filters)
        until = min(self.filters.until or self.filters.as_of, self.filters.as_of)
        if before is not None and before.since is not None and self.filters.since is not None:
            old, new = _cut(before.since, before.until or before.since), _cut(self.filters.since, until)
            return [*old, *new], len(old)
        (row,) = rows(answers["span"])
        first = self.filters.since or (None if row["first"] is None else self._day(row["first"]))
        return ([], 0) if first is None or first > until else (_cut(first, until, 2 * PARTS), 0)

    def events(self, answers: Answers) -> dict[str, ir.Table]:
        parts, _before = self.limits(answers)
        if not parts:
            return {}
        ends = [self._start(since) for since, _until in parts] + [self._start(parts[-1][1] + timedelta(days=1))]
        is_won = _.status == "won"
        taken = days(_.closed_at, _.created_at)
        deals = self.filters.deals(self.tables).mutate(square=_.amount * _.amount)
        created = deals.select(
            "currency", "amount", "square", moment=_.created_at, kind=ibis.literal("created"),
            is_open=_.status == "open", day=ibis.null("int64"),
        )  # fmt: skip
        closed = deals.filter((_.status != "open") & _.closed_at.notnull()).select(
            "currency", "amount", "square", moment=_.closed_at, kind=_.status, is_open=ibis.literal(False),
            day=(is_won & (taken >= 0)).ifelse(taken.floor().cast("int64"), ibis.null("int64")),
        )  # fmt: skip
        place = ibis.cases(
            (_.moment.isnull(), -1), *((_.moment < end, at) for at, end in enumerate(ends)), else_=len(ends)
        )
        return {
            "events": created.union(closed)
            .mutate(place=place)
            .group_by("kind", "place", "currency", "is_open", "day")
            .agg(n=_.count(), known=_.amount.count(), total=_.amount.sum(), squares=_.square.sum())
        }

    def _start(self, day: date) -> datetime:
        return Filters(day - timedelta(days=1), time_zone=self.filters.time_zone).now

    def _day(self, moment: datetime) -> date:
        """The day of a moment in UTC, as days are cut."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.filters.time_zone)).date()

    def finish(self, answers: Answers) -> pd.DataFrame:
        parts, before = self.limits(answers)
        if not parts:
            return frame([], COLUMNS)
        events = answers["events"]
        known = sorted({row["currency"] for row in rows(events[events["known"] > 0])} - {None})
        currencies: list[str | None] = [*known] if len(known) > 1 else [None]
        found: list[Row] = []

        def add(
            metric: str, unit: str, of: Callable[[int], tuple[float | None, Interval, int]], currency: str | None = None
        ) -> None:
            for at, (since, until) in enumerate(parts):
                value, (low, high), n = of(at + 1)
                found.append(
                    {
                        "metric": metric, "since": since, "until": until, "value": value, "low": low,
                        "high": high, "n": n, "currency": currency, "unit": unit, "is_before": at < before,
                    }
                )  # fmt: skip

        everything = _Events(events)
        add("deals", "count", everything.deals)
        for currency in currencies:
            part = everything.only(currency)
            add("revenue_won", "money", part.revenue, currency or next(iter(known), None))
        add("win_rate", "share", everything.win_rate)
        for currency in currencies:
            part = everything.only(currency)
            add("average_won_value", "money", part.average, currency or next(iter(known), None))
        add("sales_cycle_days", "days", everything.cycle)
        for currency in currencies:
            part = everything.only(currency)
            add("open_pipeline", "money", part.pipeline, currency or next(iter(known), None))
        return frame(found, COLUMNS)


def _cut(since: date, until: date, parts: int = PARTS) -> list[tuple[date, date]]:
    """The days from `since` to `until` in parts as equal as whole days allow."""
    length = (until - since).days + 1
    parts = min(parts, length)
    starts = [since + timedelta(days=length * at // parts) for at in range(parts + 1)]
    return [(start, end - timedelta(days=1)) for start, end in pairwise(starts)]


@dataclass(frozen=True)
class _Events:
    """What happened in each part of time. Place 0 is before the first part, -1 without a date."""

    rows: pd.DataFrame

    def only(self, currency: str | None) -> _Events:
        return self if currency is None else _Events(self.rows[(self.rows["currency"] == currency).fillna(False)])

    @cached_property
    def _sums(self) -> dict[tuple[int, str, bool], Mapping[str, float]]:
        """Sums by place, kind and whether a created deal is still open."""
        keys, sums = ["place", "kind", "is_open"], ["n", "known", "total", "squares"]
        found = self.rows.groupby(keys, sort=False)[sums].sum()
        return {
            (int(place), str(kind), bool(is_open)): dict(zip(sums, map(float, values), strict=True))
            for (place, kind, is_open), values in zip(found.index, found.to_numpy(), strict=True)
        }

    def _sum(self, name: str, is_in: Callable[[int, str, bool], bool]) -> float:
        return sum(sums[name] for key, sums in self._sums.items() if is_in(*key))

    def _at(self, place: int, *kinds: str) -> dict[str, float]:
        """The sums of some kinds in one part."""
        return {
            name: self._sum(name, lambda at, kind, is_open: at == place and kind in kinds)
            for name in ("n", "known", "total", "squares")
        }

    @cached_property
    def _lengths(self) -> dict[int, pd.DataFrame]:
        """Won deals by how many days they took, for each place."""
        won = self.rows[(self.rows["kind"] == "won") & self.rows["day"].notna()]
        counts = won.groupby(["place", "day"], sort=True)["n"].sum().reset_index()
        return {int(str(place)): part for place, part in counts.groupby("place")}

    def deals(self, place: int) -> tuple[float | None, Interval, int]:
        n = int(self._at(place, "created")["n"])
        # The square root of a Poisson count has a standard deviation of a half.
        return n, (max(n**0.5 - Z / 2, 0.0) ** 2, (n**0.5 + Z / 2) ** 2), n

    def revenue(self, place: int) -> tuple[float | None, Interval, int]:
        sums = self._at(place, "won")
        half = Z * sums["squares"] ** 0.5
        value = sums["total"] if sums["known"] or not sums["n"] else None
        return value, (max(sums["total"] - half, 0.0), sums["total"] + half), int(sums["known"])

    def win_rate(self, place: int) -> tuple[float | None, Interval, int]:
        won, closed = (int(self._at(place, *kinds)["n"]) for kinds in (("won",), ("won", "lost")))
        rate = share(won, closed)
        return rate, wilson(rate, closed), closed

    def average(self, place: int) -> tuple[float | None, Interval, int]:
        sums = self._at(place, "won")
        n = int(sums["known"])
        return share(sums["total"], n), mean_interval(n, sums["total"], sums["squares"]), n

    def cycle(self, place: int) -> tuple[float | None, Interval, int]:
        part = self._lengths.get(place)
        if part is None:
            return None, (None, None), 0
        values, counts = part["day"].to_numpy(dtype=np.float64), part["n"].to_numpy(dtype=np.float64)
        return weighted_quantile(values, counts, 0.5), median_interval(values, counts), int(counts.sum())

    def pipeline(self, place: int) -> tuple[float | None, Interval, int]:
        """What was open at the end of the part: what is open now, less what came later, and what closed later."""

        def value(name: str) -> float:
            now = self._sum(name, lambda at, kind, is_open: kind == "created" and is_open)
            came = self._sum(name, lambda at, kind, is_open: kind == "created" and at > place)
            went = self._sum(name, lambda at, kind, is_open: kind != "created" and at > place)
            return now - came + went

        return value("total"), (None, None), int(value("n"))
