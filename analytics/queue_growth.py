"""Whether deals come to a stage faster than they leave it: arrivals, departures and who waits, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.filters import Filters
from analytics.funnel import MOST_ASSUMED
from analytics.funnel_deals import listed
from analytics.periods import Grain, WeekStart
from analytics.question import Answers, Question
from analytics.queue_evidence import RECENT, Evidence, evidence, scatter
from analytics.rows import Row, frame, split, with_q_values
from analytics.stretch import BEFORE, Stretch, stood, stretch
from data.tables import Tables

ALL = "all"
REAL = 0.05
WAYS = ("advanced", "lost", "back", "handed_off")
COLUMNS = (
    "pipeline", "stage", "stage_order", "period", "starts_on", "ends_on", "is_complete", "arrivals", "departures", *WAYS, "net",
    "waiting", "waiting_value", "value_known", "currency", "waiting_age_days", "average_waiting", "little_days", "measured_days",
    "little_gap_days", "little_reason", "growth_per_period", "growth_low", "growth_high", "growth_value", "growth_value_low",
    "growth_value_high", "p_value", "q_value", "tests", "is_growing", "is_shrinking", "assumed", "untimed", "negative",
)  # fmt: skip
REASONS = ("agrees", "more_wait", "older", "fewer_wait", "younger")
# Up to this share of the measured time, Little's law is said to agree with it.
CLOSE = 0.1

Floats = NDArray[np.float64]


def queue_growth(
    tables: Tables,
    filters: Filters,
    grain: Grain = "month",
    week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:
    """One row an open stage and period, and a row `all` for its complete periods together. Columns: `COLUMNS`.

    waiting before + arrivals - departures = waiting. Every stay counts, a return as another arrival. `average_waiting` is the
    time all stays spent there within the period by the length of the period, exactly. The row `all` says whether the queue
    grows: by its last `RECENT` complete periods, corrected over the stages. The period of the filters chooses the periods;
    without one they are the last year of months, half year of weeks or three years of quarters. A stage of which no file tells
    when deals came and left has the row `all` only, with what is not known.
    """
    told = stretch(filters, grain, week_start, fiscal_year_start)
    if told is None:
        return Question({"stays": stays(tables, filters).agg(n=_.count())}, lambda _answers: frame([], COLUMNS))
    return Question(
        {"stays": _cells(tables, filters, told), "clock": told.clock(stood(filters))},
        partial(_rows, told=told, trims=filters.since is None),
    )


def stays(tables: Tables, filters: Filters) -> ir.Table:
    """The stays in open stages as they stood at the end of the period, with their `sort`: timed, untimed or negative."""
    found = stood(filters).stage_entries(tables).filter((_.outcome == "open") & ~_.is_skipped)
    is_over = found.fate != "still"
    sort = ibis.cases(
        (found.entered_at.isnull() | (is_over & found.left_at.isnull()), "untimed"),
        (is_over & (found.left_at < found.entered_at), "negative"),
        else_="timed",
    )
    return found.mutate(sort=sort)


def deals_waiting(tables: Tables, filters: Filters, stage: str) -> ir.Table:
    """The deals that `queue_growth` counts as waiting at a stage in the end, largest first, as `funnel_deals.listed` has them."""
    waiting = stays(tables, filters).filter((_.stage == stage) & (_.sort == "timed") & (_.fate == "still"))
    return listed(waiting, tables, stood(filters))


def _cells(tables: Tables, filters: Filters, told: Stretch) -> ir.Table:
    """The stays by stage, the periods they began and ended in, how they ended and what their money is in: one pass tells all.

    `came_days` and `went_days` sum the days from their beginnings and ends to the end of the stretch.
    """
    now = stood(filters)
    end = ibis.timestamp(now.now)
    each = stays(tables, filters)
    has_left = (each.sort == "timed") & (each.fate != "still")
    left_at = has_left.ifelse(each.left_at, ibis.null("timestamp"))
    placed = each.mutate(
        came=(each.sort == "timed").ifelse(told.place(each.entered_at), ibis.null("int8")),
        went=left_at.notnull().ifelse(told.place(left_at), ibis.null("int8")),
        came_days=now.days(end, each.entered_at), went_days=now.days(end, left_at),
    )  # fmt: skip
    return placed.agg(
        n=_.count(), stage_order=_.stage_order.min(), assumed=_.count(where=~_.is_recorded),
        came_days=_.came_days.sum(), went_days=_.went_days.sum(), known=_.deal_amount.count(), value=_.deal_amount.sum(),
        squares=(_.deal_amount * _.deal_amount).sum(),
        by=["pipeline", "stage", "sort", "fate", "came", "went", "deal_currency"],
    )  # fmt: skip


@dataclass(frozen=True)
class _Flow:
    """What came to a stage or left it, by period; the first place is all that happened before them.

    `days` sums the days from each event to the end of the stretch, `known` and `value` the deals with an amount and their
    money, `squares` that squared.
    """

    n: Floats
    days: Floats
    known: Floats
    value: Floats
    squares: Floats

    @classmethod
    def of(cls, cells: pd.DataFrame, event: str, periods: int) -> _Flow:
        cells = cells[cells[event].notna()]
        places = cells[event].to_numpy(dtype=np.int64) - BEFORE

        def summed(name: str) -> Floats:
            values = np.nan_to_num(cells[name].to_numpy(dtype=np.float64, na_value=np.nan))
            return np.bincount(places, values, periods + 1).astype(np.float64)

        return cls(*(summed(name) for name in ("n", f"{event}_days", "known", "value", "squares")))


@dataclass(frozen=True)
class _Queue:
    """One stage through a stretch; arrays have a place a period, and those of `waiting` one more in front."""

    came: _Flow
    went: _Flow
    taken: Floats  # the days that the stays which ended had lasted
    ways: Mapping[str, Floats]
    clock: Floats  # days from each bound to the end

    @property
    def waiting(self) -> Floats:
        return np.cumsum(self.came.n - self.went.n)

    @property
    def waiting_known(self) -> Floats:
        return np.cumsum(self.came.known - self.went.known)

    @property
    def waiting_value(self) -> Floats:
        value = np.cumsum(self.came.value - self.went.value).round(4)
        return np.where(self.waiting_known > 0, value, np.nan)

    @property
    def lengths(self) -> Floats:
        return self.clock[:-1] - self.clock[1:]

    @property
    def spent(self) -> Floats:
        """The days all stays together spent in the stage within each period: those there before spend all of it, who comes
        the rest of it, who leaves does not spend the rest."""
        end = self.clock[1:]
        rest_of_came = self.came.days[1:] - self.came.n[1:] * end
        rest_of_left = self.went.days[1:] - self.went.n[1:] * end
        return self.waiting[:-1] * self.lengths + rest_of_came - rest_of_left

    @property
    def ages(self) -> Floats:
        """How long those who wait have waited, all together, at each bound."""
        began = np.cumsum(self.came.days - self.went.days - self.taken)
        return np.maximum(began - self.waiting * self.clock, 0.0)


def _queue(cells: pd.DataFrame, clock: Floats) -> _Queue:
    timed = cells[cells["sort"] == "timed"]
    over = timed[timed["went"].notna()]
    periods = len(clock) - 1
    came, went = _Flow.of(timed, "came", periods), _Flow.of(over, "went", periods)
    began = _Flow.of(over.assign(went_days=over["came_days"]), "went", periods)
    ways = {way: _Flow.of(over[over["fate"] == way], "went", periods).n for way in WAYS}
    return _Queue(came, went, began.days - went.days, ways, clock)


def _rows(answers: Answers, told: Stretch, trims: bool) -> pd.DataFrame:
    clock = answers["clock"]["days"].to_numpy(dtype=np.float64)
    parts = split(answers["stays"], ["pipeline", "stage"])
    places = sorted(parts, key=lambda at: (str(at[0]), parts[at]["stage_order"].min(), str(at[1])))
    queues = {place: _queue(parts[place], clock) for place in places}
    valued = answers["stays"][answers["stays"]["known"] > 0]
    currencies = [name for name in valued["deal_currency"].unique() if isinstance(name, str)]
    has_money = len(currencies) <= 1  # amounts of several currencies do not add up
    skipped = _empty_before(list(queues.values())) if trims else 0
    found: list[Row] = []
    together: list[Row] = []
    for place, queue in queues.items():
        counts = _counted(parts[place])
        same = {
            "pipeline": place[0],
            "stage": place[1],
            "currency": currencies[0] if len(currencies) == 1 else None,
        } | counts
        last = same | {"period": ALL, "is_complete": True}
        if _is_told(counts):
            found += [same | _period(queue, told, each, has_money) for each in range(skipped, len(told))]
            last |= _all(queue, told, skipped, has_money)
        together.append(last)
        found.append(last)
    with_q_values(together, [row.get("p_value") for row in together])
    for row in together:
        if row["q_value"] is not None:
            is_real = row["q_value"] < REAL
            row["is_growing"], row["is_shrinking"] = is_real and row["rises"], is_real and row["falls"]
    return frame(found, COLUMNS)


def _counted(cells: pd.DataFrame) -> Row:
    by_sort = cells.groupby("sort")["n"].sum()
    return {
        "stage_order": int(cells["stage_order"].min()), "visits": int(cells["n"].sum()), "assumed": int(cells["assumed"].sum()),
        "untimed": int(by_sort.get("untimed", 0)), "negative": int(by_sort.get("negative", 0)),
    }  # fmt: skip


def _is_told(counts: Row) -> bool:
    """Whether all stays but a few have times that a file gave."""
    most = MOST_ASSUMED * counts["visits"]
    return counts["assumed"] <= most and counts["untimed"] + counts["negative"] <= max(most, 1)


def _empty_before(queues: list[_Queue]) -> int:
    """How many of the first periods came before anything was in any stage."""
    if not queues:
        return 0
    events = np.sum([queue.came.n for queue in queues], axis=0)
    first = int(np.flatnonzero(events)[0]) if events.any() else len(events) - 1
    return max(first - 1, 0)


def _period(queue: _Queue, told: Stretch, place: int, has_money: bool) -> Row:
    row: Row = {
        "period": told.names[place], "starts_on": told.first[place], "ends_on": told.last[place],
        "is_complete": told.is_complete[place], "tests": None,
    }  # fmt: skip
    return row | _counts(queue, place, place, has_money)


def _counts(queue: _Queue, first: int, last: int, has_money: bool) -> Row:
    """What came, left and waits, of the periods from the place `first` to `last`."""
    these = slice(first + 1, last + 2)
    days, spent = float(queue.lengths[first : last + 1].sum()), float(queue.spent[first : last + 1].sum())
    arrivals, departures = int(queue.came.n[these].sum()), int(queue.went.n[these].sum())
    waiting, known = int(queue.waiting[last + 1]), int(queue.waiting_known[last + 1])
    row: Row = {"arrivals": arrivals, "departures": departures, "net": arrivals - departures, "waiting": waiting}
    row |= {way: int(counts[these].sum()) for way, counts in queue.ways.items()}
    if waiting:
        row |= {"value_known": known / waiting, "waiting_age_days": float(queue.ages[last + 1]) / waiting}
    if has_money and (known or not waiting):
        row["waiting_value"] = float(queue.waiting_value[last + 1]) if known else 0.0
    if days > 0:
        row["average_waiting"] = max(spent, 0.0) / days
    if departures and days > 0:
        row |= {
            "little_days": max(spent, 0.0) / departures,
            "measured_days": float(queue.taken[these].sum()) / departures,
        }
        row["little_gap_days"] = row["little_days"] - row["measured_days"]
    return row


def _all(queue: _Queue, told: Stretch, skipped: int, has_money: bool) -> Row:
    """The complete periods together, and whether the queue grows by the last of them."""
    complete = [place for place in range(skipped, len(told)) if told.is_complete[place]]
    if not complete:
        return {}
    first, last = complete[0], complete[-1]
    row = _counts(queue, first, last, has_money) | {"starts_on": told.first[first], "ends_on": told.last[last]}
    row["little_reason"] = _reason(queue, row, first, last)
    if len(complete) < RECENT:
        return row
    came, went = queue.came.n[first + 1 : last + 2], queue.went.n[first + 1 : last + 2]
    recent = slice(last + 2 - RECENT, last + 2)
    spread = scatter(came[:-RECENT], went[:-RECENT])
    sure = evidence(queue.came.n[recent], queue.went.n[recent], spread)
    row |= _evidence(sure)
    if has_money and queue.came.known[recent].sum() + queue.went.known[recent].sum():
        money = float(queue.came.value[recent].sum() - queue.went.value[recent].sum())
        squares = float(queue.came.squares[recent].sum() + queue.went.squares[recent].sum())
        low, high = sure.of_sums(money, squares)
        row |= {"growth_value": money / RECENT, "growth_value_low": low, "growth_value_high": high}
    return row


def _evidence(sure: Evidence) -> Row:
    return {
        "growth_per_period": sure.growth, "growth_low": sure.low, "growth_high": sure.high, "p_value": sure.p,
        "rises": sure.rises, "falls": sure.falls,
    }  # fmt: skip


def _reason(queue: _Queue, row: Row, first: int, last: int) -> str | None:
    """Why Little's time and the measured one differ: their gap is how much longer those who wait have waited in all, at the
    end than at the start, a departure. So either other numbers wait, or they have waited for another time each."""
    gap, measured = row.get("little_gap_days"), row.get("measured_days")
    if gap is None or measured is None:
        return None
    if abs(gap) <= CLOSE * measured:
        return "agrees"
    before, after = float(queue.waiting[first]), float(queue.waiting[last + 1])
    ages = queue.ages[[first, last + 1]] / np.maximum([before, after], 1.0)
    by_number = (after - before) * float(ages.mean())
    by_age = (before + after) / 2 * float(ages[1] - ages[0])
    if gap > 0:
        return "more_wait" if by_number >= by_age else "older"
    return "fewer_wait" if by_number <= by_age else "younger"
