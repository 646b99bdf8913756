"""How the headline figures went: the period cut into equal parts, and as many parts of the time before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.filters import Filters
from analytics.intervals import Interval, Z, mean_interval, median_interval, share, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, numbered, places_in, rows
from analytics.summary import before_period
from analytics.summary_customers import there
from analytics.summary_trend_customers import CustomerTrend
from analytics.survival import Floats, weighted_quantile
from data.tables import Tables

COLUMNS = ("metric", "since", "until", "value", "low", "high", "n", "currency", "unit", "is_before")
SUMS = ("n", "known", "total", "squares")
CREATED, CLOSED = ("created", "open"), ("won", "lost")  # open: created, and still open
KINDS = (*CREATED, *CLOSED)
PARTS = 6  # of the period; as many of the time before it


def summary_trend(tables: Tables, filters: Filters) -> Question:
    """One row a headline figure and part of time, money one row a currency where there are several. Columns: `COLUMNS`.

    With both ends of a period: six equal parts of it, and six of as many days before it. Without: twelve parts of all
    the time since the first deal was created. The open pipeline is as it stood at the end of each part. Deals as they
    stand at the as-of date; those without the date that is needed are left out. Then net revenue and NPS, where there are orders
    and answers that the filters reach.
    """
    trend = _Trend(tables, filters)
    return Question({"span": trend.span(), "there": there(tables)}, trend.finish, (trend.events,))


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
        taken = self.filters.days(_.closed_at, _.created_at)
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
        } | CustomerTrend(self.tables, self.filters).events(answers, ends)

    def _start(self, day: date) -> datetime:
        return Filters(day - timedelta(days=1), time_zone=self.filters.time_zone).now

    def _day(self, moment: datetime) -> date:
        """The day of a moment in UTC, as days are cut."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.filters.time_zone)).date()

    def finish(self, answers: Answers) -> pd.DataFrame:
        parts, before = self.limits(answers)
        if not parts:
            return frame([], COLUMNS)
        everything = _Events.of(answers["events"], len(parts) + 3)
        known = everything.known_currencies
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
        CustomerTrend(self.tables, self.filters).add(answers, add)
        return frame(found, COLUMNS)


def _cut(since: date, until: date, parts: int = PARTS) -> list[tuple[date, date]]:
    """The days from `since` to `until` in parts as equal as whole days allow."""
    length = (until - since).days + 1
    parts = min(parts, length)
    starts = [since + timedelta(days=length * at // parts) for at in range(parts + 1)]
    return [(start, end - timedelta(days=1)) for start, end in pairwise(starts)]


@dataclass(frozen=True)
class _Events:
    """What happened in each part of time, column by column. Place 0 is before the first part, the last after all, -1 without a date.

    A kind is a place in KINDS, a currency one in `currencies`, a day -1 where none is told.
    """

    places: int
    currencies: tuple[str | None, ...]
    place: NDArray[np.int64]
    kind: NDArray[np.int64]
    currency: NDArray[np.int64]
    day: Floats
    sums: Mapping[str, Floats]

    @classmethod
    def of(cls, events: pd.DataFrame, places: int) -> _Events:
        """From the answer, `places` of time in all."""

        def numbers(name: str) -> Floats:
            return events[name].fillna(0).to_numpy(dtype=np.float64)

        kind = places_in(KINDS, events["kind"])
        kind[(kind == KINDS.index("created")) & events["is_open"].to_numpy(dtype=bool)] = KINDS.index("open")
        currency, found = numbered(events, ["currency"])
        return cls(
            places, tuple(each for (each,) in found), events["place"].to_numpy(dtype=np.int64), kind, currency,
            events["day"].fillna(-1).to_numpy(dtype=np.float64), {name: numbers(name) for name in SUMS},
        )  # fmt: skip

    @property
    def known_currencies(self) -> list[str]:
        """The currencies of amounts."""
        places = np.unique(self.currency[self.sums["known"] > 0]).tolist()
        return sorted(name for name in (self.currencies[place] for place in places) if name is not None)

    def only(self, currency: str | None) -> _Events:
        if currency is None:
            return self
        kept = self.currency == self.currencies.index(currency)
        return replace(
            self, place=self.place[kept], kind=self.kind[kept], currency=self.currency[kept], day=self.day[kept],
            sums={name: values[kept] for name, values in self.sums.items()},
        )  # fmt: skip

    @cached_property
    def _tables(self) -> dict[str, Floats]:
        """Each sum by kind and place of time; the first place is -1."""
        cells = self.kind * self.places + self.place + 1
        size = len(KINDS) * self.places
        return {
            name: np.bincount(cells, values, size).reshape(-1, self.places).astype(np.float64)
            for name, values in self.sums.items()
        }

    def _at(self, place: int, *kinds: str) -> dict[str, float]:
        """The sums of some kinds in one part."""
        chosen = [KINDS.index(kind) for kind in kinds]
        return {name: float(table[chosen, place + 1].sum()) for name, table in self._tables.items()}

    def deals(self, place: int) -> tuple[float | None, Interval, int]:
        n = int(self._at(place, *CREATED)["n"])
        # The square root of a Poisson count has a standard deviation of a half.
        return n, (max(n**0.5 - Z / 2, 0.0) ** 2, (n**0.5 + Z / 2) ** 2), n

    def revenue(self, place: int) -> tuple[float | None, Interval, int]:
        sums = self._at(place, "won")
        half = Z * sums["squares"] ** 0.5
        value = sums["total"] if sums["known"] or not sums["n"] else None
        return value, (max(sums["total"] - half, 0.0), sums["total"] + half), int(sums["known"])

    def win_rate(self, place: int) -> tuple[float | None, Interval, int]:
        won, closed = (int(self._at(place, *kinds)["n"]) for kinds in (("won",), CLOSED))
        rate = share(won, closed)
        return rate, wilson(rate, closed), closed

    def average(self, place: int) -> tuple[float | None, Interval, int]:
        sums = self._at(place, "won")
        n = int(sums["known"])
        return share(sums["total"], n), mean_interval(n, sums["total"], sums["squares"]), n

    def cycle(self, place: int) -> tuple[float | None, Interval, int]:
        taken = np.flatnonzero((self.place == place) & (self.day >= 0))
        if not len(taken):
            return None, (None, None), 0
        taken = taken[np.argsort(self.day[taken], kind="stable")]
        values, counts = self.day[taken], self.sums["n"][taken]
        return weighted_quantile(values, counts, 0.5), median_interval(values, counts), int(counts.sum())

    def pipeline(self, place: int) -> tuple[float | None, Interval, int]:
        """What was open at the end of the part: what is open now, less what came later, and what closed later."""

        def value(name: str) -> float:
            table = self._tables[name]
            later = dict(zip(KINDS, table[:, place + 2 :].sum(axis=1), strict=True))
            now = table[KINDS.index("open")].sum()
            return float(now - sum(later[kind] for kind in CREATED) + sum(later[kind] for kind in CLOSED))

        return value("total"), (None, None), int(value("n"))
