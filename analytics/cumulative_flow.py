"""How many deals had come to each stage by when: the cumulative-flow diagram, its lines apart by the deals in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.filters import Filters
from analytics.funnel import MOST_ASSUMED, WON
from analytics.periods import Grain, WeekStart
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from analytics.stretch import BEFORE, Stretch, stood, stretch
from data.messages import N_
from data.tables import Tables

COLUMNS = (
    "pipeline", "stage", "stage_order", "line", "period", "starts_on", "ends_on", "is_complete", "reached_in_period", "cumulative",
    "since_start", "in_between", "approximate_days", "assumed", "untimed",
)  # fmt: skip
LOST, HANDED_OFF = N_("Lost"), N_("Handed off")
# What comes after the last open stage, in this order: a deal that ended in one way has got past those before it.
ENDS = ("lost", "handed_off", "won")
END_NAMES = {"lost": LOST, "handed_off": HANDED_OFF, "won": WON}
NEVER = 1_000_000  # the place of a period that never comes

Floats = NDArray[np.float64]


def cumulative_flow(
    tables: Tables,
    filters: Filters,
    grain: Grain = "month",
    week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:
    """One row a line and period: the open stages in order, then lost, handed off where there is any, and won. `COLUMNS`.

    `cumulative` is how many deals had come to the stage or got past it by the end of the period, counted when they first did; a
    deal that ended has got past all stages. So no line falls, none crosses the one before it, and `in_between`, the distance to
    the next, is the deals there. Periods as in `queue_growth`. Unknown for a stage of which no file tells when deals came.
    """
    told = stretch(filters, grain, week_start, fiscal_year_start)
    if told is None:
        return Question({"stages": _stages(tables, filters)}, lambda _answers: frame([], COLUMNS))
    return Question(
        {"stages": _stages(tables, filters), "visits": _visits(tables, filters), "clock": told.clock(stood(filters))},
        partial(_rows, told=told, trims=filters.since is None),
        (lambda answers: {"reached": _reached(tables, filters, told, _orders(answers))},),
    )


def _stages(tables: Tables, filters: Filters) -> ir.Table:
    found = tables.stages.filter(_.outcome == "open")
    if filters.pipeline is not None:
        found = found.filter(_.pipeline == filters.pipeline)
    return found.select("pipeline", "stage", "stage_order").order_by("pipeline", "stage_order", "stage")


def _visits(tables: Tables, filters: Filters) -> ir.Table:
    found = stood(filters).stage_entries(tables).filter((_.outcome == "open") & ~_.is_skipped)
    return found.agg(
        visits=_.count(), assumed=_.count(where=~_.is_recorded), untimed=_.count(where=_.entered_at.isnull()),
        by=["pipeline", "stage_order"],
    )  # fmt: skip


def _orders(answers: Answers) -> list[int]:
    return sorted({whole(order) for order in answers["stages"]["stage_order"]})


def _reached(tables: Tables, filters: Filters, told: Stretch, orders: list[int]) -> ir.Table:
    """By pipeline, line and period, how many deals first came there or got past it. Lines are numbered: the open stages in the
    order of `orders`, then `ENDS`."""
    stays = stood(filters).stage_entries(tables)
    lines = len(orders) + len(ENDS)
    number = ibis.cases(
        (stays.outcome == "lost", len(orders) + ENDS.index("lost")),
        (stays.outcome == "won", len(orders) + ENDS.index("won")),
        *((stays.stage_order == order, line) for line, order in enumerate(orders)),
        else_=BEFORE,
    )
    is_off = (stays.fate == "handed_off") & stays.left_at.notnull()
    moves = stays.mutate(
        line=number,
        came=stays.entered_at.notnull().ifelse(told.place(stays.entered_at), NEVER),
        off=is_off.ifelse(told.place(stays.left_at), NEVER),
    )
    first = {f"line_{line}": _.came.min(where=_.line >= line) for line in range(lines)}
    # Grouping by a name as well costs as much again.
    keys = ["deal_no"] if filters.pipeline is not None else ["pipeline", "deal_no"]
    deals = moves.agg(**first, off=_.off.min(), by=keys)
    if filters.pipeline is not None:
        deals = deals.mutate(pipeline=ibis.literal(filters.pipeline))
    parts = []
    for line in range(lines):
        came = deals[f"line_{line}"].fill_null(NEVER)
        place = came if line == lines - 1 else ibis.least(came, deals.off)
        counted = deals.select("pipeline", place=place).filter(_.place < NEVER)
        parts.append(counted.agg(deals=_.count(), by=["pipeline", "place"]).mutate(line=ibis.literal(line)))
    return reduce(lambda one, other: one.union(other), parts)


@dataclass(frozen=True)
class _Lines:
    """The lines of one pipeline, the first above: counts by the end of each period, the first place before them all."""

    names: tuple[tuple[str, int | None, str], ...]  # stage, stage_order, kind
    counts: Floats
    assumed: tuple[int, ...]
    untimed: tuple[int, ...]
    known: tuple[bool, ...]
    clock: Floats

    @property
    def open(self) -> int:
        """How many of them are open stages."""
        return sum(kind == "stage" for _name, _order, kind in self.names)

    def since_start(self, line: int) -> Floats:
        """Without the deals that had ended before the first period."""
        return self.counts[line] - self.counts[max(line, self.open)][0]

    def in_between(self, line: int) -> Floats:
        below = self.counts[line + 1] if line + 1 < len(self.counts) else np.zeros(self.counts.shape[1])
        return self.counts[line] - below

    def behind(self, line: int, place: int) -> float | None:
        """How many days before the end of a period this line stood where the next stands now, between bounds along a straight
        line; None where that was before the first period."""
        if line + 1 >= len(self.counts):
            return None
        own, now = self.counts[line], float(self.counts[line + 1][place + 1])
        after = int(np.searchsorted(own, now))  # the first bound by which as many had come
        if after == 0 and own[0] > now:
            return None
        if after == 0:
            moment = float(self.clock[int(np.searchsorted(own, now, side="right")) - 1])
        else:
            share = (now - own[after - 1]) / (own[after] - own[after - 1])
            moment = float(self.clock[after - 1] + share * (self.clock[after] - self.clock[after - 1]))
        return max(moment - float(self.clock[place + 1]), 0.0)


def _rows(answers: Answers, told: Stretch, trims: bool) -> pd.DataFrame:
    found: list[Row] = []
    orders, stages, visits = _orders(answers), answers["stages"], rows(answers["visits"])
    clock = answers["clock"]["days"].to_numpy(dtype=np.float64)
    seen = {(row["pipeline"], whole(row["stage_order"])): row for row in visits}
    for pipeline in dict.fromkeys(stages["pipeline"]):
        reached = answers["reached"]
        own = reached[reached["pipeline"] == pipeline]
        named = {whole(row["stage_order"]): row["stage"] for row in rows(stages[stages["pipeline"] == pipeline])}
        lines = _lines(own, orders, named, pipeline, seen, clock)
        first = int(np.flatnonzero(lines.counts[0])[0]) - 1 if lines.counts[0].any() else len(told)
        found += _of_pipeline(pipeline, lines, told, max(first, 0) if trims else 0)
    return frame(found, COLUMNS)


def _lines(
    reached: pd.DataFrame, orders: list[int], named: Mapping[int, str], pipeline: Any, seen: Mapping[Any, Row], clock: Floats
) -> _Lines:  # fmt: skip
    counts = np.zeros((len(orders) + len(ENDS), len(clock)))
    places = (reached["line"].to_numpy(dtype=np.int64), reached["place"].to_numpy(dtype=np.int64) + 1)
    np.add.at(counts, places, reached["deals"].to_numpy(dtype=np.float64))
    counts = counts.cumsum(axis=1)
    kept = [line for line, order in enumerate(orders) if order in named]
    ends = len(orders)
    off, won = ends + ENDS.index("handed_off"), ends + ENDS.index("won")
    is_off = bool((counts[off] > counts[won]).any())
    kept += [ends + place for place, end in enumerate(ENDS) if end != "handed_off" or is_off]
    visits = [seen.get((pipeline, orders[line]), {}) if line < ends else {} for line in kept]
    return _Lines(
        names=tuple(
            (named[orders[line]], orders[line], "stage") if line < ends else (END_NAMES[ENDS[line - ends]], None, ENDS[line - ends])
            for line in kept
        ),
        counts=counts[kept],
        assumed=tuple(whole(row.get("assumed")) for row in visits),
        untimed=tuple(whole(row.get("untimed")) for row in visits),
        known=tuple(_is_told(row) for row in visits),
        clock=clock,
    )  # fmt: skip


def _is_told(visits: Row) -> bool:
    """Whether all stays but a few have times that a file gave; of an end the deal itself tells."""
    most = MOST_ASSUMED * whole(visits.get("visits"))
    return whole(visits.get("assumed")) <= most and whole(visits.get("untimed")) <= max(most, 1)


def _of_pipeline(pipeline: Any, lines: _Lines, told: Stretch, skipped: int) -> list[Row]:
    found: list[Row] = []
    for place in range(skipped, len(told)):
        for line, (stage, order, kind) in enumerate(lines.names):
            row: Row = {
                "pipeline": pipeline, "stage": stage, "stage_order": order, "line": kind, "period": told.names[place],
                "starts_on": told.first[place], "ends_on": told.last[place], "is_complete": told.is_complete[place],
                "assumed": lines.assumed[line], "untimed": lines.untimed[line],
            }  # fmt: skip
            if lines.known[line]:
                row |= {
                    "cumulative": int(lines.counts[line][place + 1]),
                    "reached_in_period": int(lines.counts[line][place + 1] - lines.counts[line][place]),
                    "since_start": int(lines.since_start(line)[place + 1]),
                }  # fmt: skip
                if line + 1 == len(lines.names) or lines.known[line + 1]:
                    row["in_between"] = int(lines.in_between(line)[place + 1])
                    row["approximate_days"] = lines.behind(line, place) if line < lines.open else None
            found.append(row)
    return found
