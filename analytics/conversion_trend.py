"""Conversion of deals by when they began, young ones told apart from those old enough to judge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.filters import ENDLESS, Filters
from analytics.intervals import LEAST_TESTED, share, share_difference, wilson
from analytics.periods import Grain, WeekStart, every, following, local, named, start_of
from analytics.question import Question
from analytics.rows import MICROSECONDS_A_DAY, Row, counted_days, frame, places_in, whole, with_q_values
from analytics.survival import CompetingRisks, Floats, Lengths
from data.tables import Tables

ENDS = ("converted", "lost", "open")
ALL_ENDS = (*ENDS, "untimed", "negative")
ALL = "all"
COLUMNS = (
    "period", "starts_on", "ends_on", "is_partial", "n", "value_created", "currency", "value_known", "horizon_days",
    "chance", "low", "high", "is_mature", "followed_days", "converted", "undecided", "undecided_share", "rate_so_far", "untimed",
    "negative", "undated", "slope", "slope_low", "slope_high", "real_change", "q_value", "tests",
)  # fmt: skip
REAL = 0.05
LEAST_PERIODS = 3
LEAST_STEPS = 3
MEDIAN_OF_CHANCE = 0.4549364231195724  # of chi-square with one degree of freedom

Groups = Mapping[str, pd.DataFrame]


def conversion_trend(
    tables: Tables,
    filters: Filters,
    grain: Grain = "month",
    stage: str | None = None,
    horizon: float | None = None,
    week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:
    """A row for each period in which deals were created, or with `stage` came there first; and a row `all`.

    `chance` is that to be won (to move on from the stage) by `horizon` days, by default the 75th percentile of the time
    to close (to leave the stage). A period too young to tell has what is sure so far, and `is_mature` false. Columns:
    `COLUMNS`; the period of the filters bounds the creation of deals.
    """
    began = _deals(tables, filters) if stage is None else _stays(tables, filters, stage)
    began = began.mutate(
        period=start_of(local(_.began_at, filters.time_zone, filters.as_of), grain, week_start, fiscal_year_start),
        hours=counted_days(_.length / MICROSECONDS_A_DAY, _.way == "open") * 24,
        end=ibis.cases((_.length.isnull(), "untimed"), (_.length < 0, "negative"), else_=_.way),
    )
    asks = {
        "began": began.filter(_.began_at.notnull()).agg(
            n=_.count(), known=_.amount.count(), value=_.amount.sum(), by=["period", "end", "hours"],
        ),
        # Beside the counts it would cost as much again.
        "currencies": began.filter(_.amount.notnull() & _.currency.notnull()).select("currency").distinct(),
        "undated": began.filter(_.began_at.isnull()).count().name("undated").as_table(),
    }  # fmt: skip
    return Question(asks, partial(_rows, filters=filters, grain=grain, horizon=horizon))


def deals_of(tables: Tables, filters: Filters, first: date, last: date, stage: str | None = None) -> ir.Table:
    """The deals of one period of `conversion_trend`, from its first to its last day, largest first."""
    days = replace(filters, since=first, until=last)
    deals = filters.deals(tables, "created" if filters.has_period else None)
    if stage is None:
        deals = deals.filter(days.in_period(_.created_at))
    else:
        stays = _came_to(tables, filters, stage).filter(days.in_period(_.entered_at))
        deals = deals.semi_join(stays.select("deal_no"), "deal_no")
    return deals.order_by(_.amount.desc(nulls_first=False), "deal_id")


def _came_to(tables: Tables, filters: Filters, stage: str) -> ir.Table:
    stays = filters.stage_entries(tables, "created" if filters.has_period else None)
    return stays.filter((_.stage == stage) & (_.visit == 1) & _.is_recorded & ~_.is_skipped)


def _deals(tables: Tables, filters: Filters) -> ir.Table:
    deals = filters.deals(tables, "created" if filters.has_period else None)
    ended_at = (_.status == "open").ifelse(ibis.timestamp(filters.now), _.closed_at)
    return deals.mutate(length=filters.microseconds(ended_at, _.created_at)).select(
        "amount", "currency", "length", began_at=_.created_at, way=(_.status == "won").ifelse("converted", _.status)
    )


def _stays(tables: Tables, filters: Filters, stage: str) -> ir.Table:
    stays = _came_to(tables, filters, stage)
    ended_at = (_.fate == "still").ifelse(ibis.timestamp(filters.now), _.left_at)
    return stays.mutate(length=filters.microseconds(ended_at, _.entered_at)).select(
        "length", amount=_.deal_amount, currency=_.deal_currency, began_at=_.entered_at,
        way=ibis.cases((_.fate == "advanced", "converted"), (_.fate == "still", "open"), else_="lost"),
    )  # fmt: skip


@dataclass(frozen=True)
class _Cells:
    """The counts of some periods, column by column: pandas would cost more than all the arithmetic."""

    end: NDArray[np.int64]  # a place in ALL_ENDS
    hours: NDArray[np.int64]
    n: Floats
    known: Floats
    value: Floats

    def of(self, rows: NDArray[np.bool_]) -> _Cells:
        return _Cells(self.end[rows], self.hours[rows], self.n[rows], self.known[rows], self.value[rows])

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many ended in each way."""
        return dict(zip(ALL_ENDS, np.bincount(self.end, self.n, len(ALL_ENDS)).astype(int).tolist(), strict=True))

    def lengths(self) -> Lengths:
        timed = self.end < len(ENDS)
        hours, places = np.unique(self.hours[timed], return_inverse=True)
        counts = np.zeros((len(hours), len(ENDS)))
        np.add.at(counts, (places, self.end[timed]), self.n[timed])
        return Lengths(hours, counts)


def _cells(began: pd.DataFrame) -> _Cells:
    def numbers(name: str) -> Floats:
        return np.nan_to_num(began[name].to_numpy(dtype=np.float64, na_value=np.nan))

    return _Cells(
        places_in(ALL_ENDS, began["end"]),
        numbers("hours").astype(np.int64),
        numbers("n"),
        numbers("known"),
        numbers("value"),
    )


def _rows(answers: Groups, filters: Filters, grain: Grain, horizon: float | None) -> pd.DataFrame:
    began = answers["began"]
    if not len(began):
        return frame([], COLUMNS)
    cells = _cells(began)
    days = pd.to_datetime(began["period"]).to_numpy(dtype="datetime64[D]")
    undated = whole(answers["undated"]["undated"].iloc[0])
    risks = cells.lengths().risks()
    horizon = risks.usual_age() if horizon is None else horizon
    currencies = set(answers["currencies"]["currency"])

    found: list[Row] = []
    told: list[tuple[float, float] | None] = []
    tests: list[float | None] = []
    for start in every(days.min().item(), days.max().item(), grain):
        part = cells.of(days == np.datetime64(start))
        row = _counts(part, currencies) | {
            "period": named(start, grain), "starts_on": start, "ends_on": following(start, grain) - timedelta(days=1),
            "undated": 0, "horizon_days": horizon,
        }  # fmt: skip
        row["is_partial"] = _is_partial(row, filters)
        rate = _rate(part, horizon)
        found.append(row | rate[0])
        told.append(rate[1])
        before = told[-2] if len(told) > 1 else None
        tests.append(share_difference(*rate[1], *before) if rate[1] and before else None)
    whole_row = _counts(cells, currencies) | {"period": ALL, "undated": undated, "horizon_days": horizon}
    whole_row |= _rate(cells, horizon)[0]
    with_q_values(found, _widened(tests))
    slope, p = _slope(told)
    # Whether there is a trend is one question of its own; the steps are many.
    found.append(whole_row | slope)
    with_q_values(found[-1:], [p])
    for row in found:
        row["real_change"] = None if row["q_value"] is None else row["q_value"] < REAL
    return frame(found, COLUMNS)


def _counts(part: _Cells, currencies: set[Any]) -> Row:
    n, known = int(part.n.sum()), int(part.known.sum())
    converted, still = part.counts["converted"], part.counts["open"]
    row: Row = {
        "n": n, "converted": converted, "undecided": still, "untimed": part.counts["untimed"],
        "negative": part.counts["negative"], "undecided_share": share(still, n), "rate_so_far": share(converted, n),
        "value_known": share(known, n),
    }  # fmt: skip
    # Amounts of different currencies do not add up.
    if len(currencies) <= 1 and (known or not n):
        row |= {"value_created": float(part.value.sum()), "currency": next(iter(currencies), None)}
    return row


def _is_partial(row: Row, filters: Filters) -> bool:
    """Whether the period is cut off by the as-of date or by the dates of the filters."""
    first, last = row["starts_on"], row["ends_on"]
    return (
        (filters.as_of != ENDLESS and last > filters.as_of)
        or (filters.since is not None and first < filters.since)
        or (filters.until is not None and last > filters.until)
    )


def _rate(part: _Cells, horizon: float | None) -> tuple[Row, tuple[float, float] | None]:
    """The chance by the horizon, and what a test needs of it; of a young period what is sure so far."""
    lengths = part.lengths()
    if horizon is None or not lengths.n:
        return {"is_mature": None}, None
    risks = lengths.risks()
    followed = risks.horizon() or 0.0
    if followed >= horizon or _is_over(risks):
        rate, n = risks.incidence_at(horizon, 0), risks.effective_n(horizon, 0)
        low, high = wilson(rate, n)
        return {"chance": rate, "low": low, "high": high, "is_mature": True, "followed_days": horizon}, (rate, n)
    # What is sure so far: those still open may add to it, and nothing can take from it.
    won = float(lengths.counts[lengths.days <= horizon, 0].sum())
    return {"chance": won / lengths.n, "is_mature": False, "followed_days": followed}, None


def _is_over(risks: CompetingRisks) -> bool:
    """True where nothing more can happen: everyone has ended."""
    return not risks.censored.any()


def _slope(told: list[tuple[float, float] | None]) -> tuple[Row, float | None]:
    """By how much the rate changes a period, over those old enough, and the p-value of it not changing.

    Cochran (1954) and Armitage (1955) on the effective numbers: the regression of the rate on time, weighted by them.
    Periods may vary by more than the chance of single deals, so its variance is multiplied by how much they scatter around
    the line: Pearson's chi-square by its degrees of freedom, never below 1 (McCullagh and Nelder 1989, 4.5).
    """
    known = [(place, *each) for place, each in enumerate(told) if each is not None]
    if len(known) < LEAST_PERIODS:
        return {}, None
    place, rate, n = (np.array(column, dtype=np.float64) for column in zip(*known, strict=True))
    if n.sum() < LEAST_TESTED:
        return {}, None
    centred = place - (n * place).sum() / n.sum()
    spread = (n * centred**2).sum()
    slope = float((n * centred * rate).sum() / spread)
    pooled = float((n * rate).sum() / n.sum())
    own = float((n * centred**2 * rate * (1 - rate)).sum()) ** 0.5 / spread
    binomial = pooled * (1 - pooled)
    if not binomial:
        return {"slope": slope, "slope_low": slope, "slope_high": slope}, None
    from scipy.special import stdtr, stdtrit

    freedom = len(known) - 2
    around = float((n * (rate - pooled - slope * centred) ** 2).sum()) / binomial
    scatter = math.sqrt(max(1.0, around / freedom))
    half = float(stdtrit(freedom, 0.975)) * scatter * own
    score = slope / (scatter * math.sqrt(binomial / spread))
    row = {"slope": slope, "slope_low": slope - half, "slope_high": slope + half}
    return row, float(2 * stdtr(freedom, -abs(score)))


def _widened(tests: list[float | None]) -> list[float | None]:
    """The p-values of the steps, where steps are usually larger than the chance of single deals makes them.

    The squares of their scores are divided by how far the median one exceeds that of chance (genomic control: Devlin and
    Roeder 1999). Unlike the scatter around the trend's line, it is not moved by the few real steps it is to tell apart.
    """
    from scipy.special import chdtrc, chdtri

    squares = [float(chdtri(1, max(p, 1e-300))) for p in tests if p is not None]
    if len(squares) < LEAST_STEPS:
        return tests
    usual = max(1.0, float(np.median(squares)) / MEDIAN_OF_CHANCE)
    scores = iter(squares)
    return [None if p is None else float(chdtrc(1, next(scores) / usual)) for p in tests]
