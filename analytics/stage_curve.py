"""How a stage empties: the chance to be still there by each day, and to have moved on, been lost or gone back instead."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.against_rest import lasting_against_rest
from analytics.fields import OTHERS, Field
from analytics.filters import Filters
from analytics.first_seen import known_before
from analytics.funnel import FATES
from analytics.question import Answers, Question
from analytics.rows import Row, frame, with_q_values
from analytics.survival import CompetingRisks, aalen_johansen, kaplan_meier
from analytics.time_in_stage import (
    MINUTES_A_DAY,
    Watched,
    counts_of,
    first_asks,
    is_told,
    visits,
    watched_by,
    watched_visits,
)
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

ENDS = ("advance", "loss", "back", "handoff")  # the ends of `FATES`, in their order
KINDS = ("still", *ENDS)
COLUMNS = (
    "pipeline", "stage", "n", "median_days", "within_days", "at_risk",
    *(f"{kind}_{part}" for kind in KINDS for part in ("chance", "low", "high")), "q_value", "tests",
)  # fmt: skip
POINTS = 80
# The slowest tenth may take many times as long as all others: twice the time by which nine in ten left shows it.
AS_FAR_AS = 2
# Minutes up to half a day, then days.
STEPS = (
    *(minutes / MINUTES_A_DAY for minutes in (1, 5, 15, 60, 180, 360, 720)), 1.0, 2.0, 5.0, 7.0, 10.0, 14.0, 28.0, 56.0,
)  # fmt: skip


def stage_curve(
    tables: Tables,
    filters: Filters,
    stage: str | None = None,
    by: Field | None = None,
    points: int = POINTS,
    segment: str | None = None,
) -> Question:
    """One row for each of about `points` even steps of days, and with `by` for each group. Columns: `COLUMNS`.

    Of the visits of `stage` that `time_in_stage` tells of. A row's chances add up to 1: still there (Kaplan-Meier), and by
    each end (Aalen-Johansen), none of them censored by another. They are told up to the longest time with 10 still there,
    and no further than twice the time by which 90% have left; at a stage of which no file tells times they are unknown.
    With `segment`, that group of `by` is told from all other visits together, called `OTHERS`. Groups are compared with the
    other visits by the log-rank test. Finishing raises RequestProblem for a stage that is not there.
    """

    def lengths(answers: Answers) -> dict[str, ir.Table]:
        told = watched_visits(tables, filters, by, answers)
        here = told.filter(told.stage == (stage or ""))
        if by is not None and segment is not None:
            here = here.mutate(group=(here.group == segment).fill_null(False).ifelse(segment, OTHERS))
        return {
            "lengths": here.agg(
                n=_.count(),
                days=_.days.sum(),
                stage_order=_.stage_order.min(),
                by=[*(["group"] if by else []), "pipeline", "fate", "is_recorded", "length", "delay"],
            )
        }

    asks = first_asks(tables, filters, by) | {"stages": _stages(tables, filters)}
    key = by.key(COLUMNS) if by else None
    rounds = (partial(known_before, tables, filters), lengths)
    return Question(asks, partial(_rows, stage=stage, key=key, points=points), rounds)


def _stages(tables: Tables, filters: Filters) -> ir.Table:
    stages = tables.stages.filter(_.outcome == "open")
    if filters.pipeline is not None:
        stages = stages.filter(_.pipeline == filters.pipeline)
    return stages.select("stage", "stage_order").distinct().order_by("stage_order", "stage")


def _rows(answers: Answers, stage: str | None, key: str | None, points: int) -> pd.DataFrame:
    names = list(answers["stages"]["stage"])
    if names and stage not in names:
        raise RequestProblem(
            say('There is no open stage called "{stage}".', stage=stage or ""),
            say("The stages are: {names}.", names=", ".join(dict.fromkeys(names))),
        )
    keys = [*(["group"] if key else []), "pipeline"]
    lengths = answers["lengths"]
    counts = counts_of(lengths, keys)
    took = watched_by(lengths, keys)
    places = sorted(counts, key=lambda at: (str(at[-1]), at[0] is None, str(at[0])))
    known = {place: took[place] for place in places if is_told(counts[place])}
    firsts: list[Row] = []
    for place in places:
        row: Row = {} if key is None else {key: place[0]}
        firsts.append(row | {"pipeline": place[-1], "stage": stage})
    with_q_values(firsts, _tests(places, known) if key else [None] * len(places))
    found: list[Row] = []
    for place, first in zip(places, firsts, strict=True):
        own = known.get(place)
        if own is None or not own.is_enough:
            n = own.known.n if own else counts[place]["visits"]
            found.append(first | {"n": n, "within_days": 0.0, "at_risk": 0})
        else:
            found += [first | row for row in _curve(own, points)]
    return frame(found, [*([key] if key else []), *COLUMNS])


def _curve(watched: Watched, points: int) -> list[Row]:
    """The chances of visits."""
    own = watched.known
    days, ended = own.hours / MINUTES_A_DAY, own.counts[:, :-1]
    risks = aalen_johansen(days, ended, own.counts[:, -1], watched.late)
    lasting = kaplan_meier(days, ended.sum(axis=1), own.counts[:, -1], watched.late)
    median = lasting.quantile(0.5)
    found: list[Row] = []
    for time in _times(risks, lasting.quantile(0.9), points):
        row: Row = {"n": own.n, "median_days": median, "within_days": time}
        later = np.searchsorted(days, time)
        row["at_risk"] = int(risks.at_risk[later]) if later < len(days) else 0
        # Nobody has left before the first time: that is known, and has no doubt.
        is_after = time >= days[0]
        low, high = lasting.interval(time) if is_after else (1.0, 1.0)
        row |= {"still_chance": lasting.at(time), "still_low": low, "still_high": high}
        for cause, end in enumerate(ENDS):
            low, high = risks.interval(time, cause) if is_after else (0.0, 0.0)
            row |= {f"{end}_chance": risks.incidence_at(time, cause), f"{end}_low": low, f"{end}_high": high}
        found.append(row)
    return found


def _times(risks: CompetingRisks, p90: float | None, points: int) -> list[float]:
    """Even steps up to where chances are told, a round number of days or minutes each."""
    last = risks.horizon() or 0.0
    if p90:
        last = min(last, AS_FAR_AS * p90)
    step = next((step for step in STEPS if step >= last / points), float(math.ceil(last / points)))
    return [step * number for number in range(max(math.ceil(last / step - 1e-9), 1) + 1)]


def _tests(places: list[tuple[Any, ...]], known: dict[tuple[Any, ...], Watched]) -> list[float | None]:
    """Of each group the p-value of its visits lasting as long as all others of the pipeline."""
    tests: dict[tuple[Any, ...], float] = {}
    for pipeline in dict.fromkeys(place[-1] for place in places):
        here = [place for place in places if place[-1] == pipeline and place in known]
        if len(here) < 2:
            continue
        minutes = np.unique(np.concatenate([known[place].begun.hours for place in here]))
        counts = np.zeros((len(here), len(minutes), len(FATES)))
        for group, place in enumerate(here):
            counts[group, np.searchsorted(minutes, known[place].begun.hours)] = known[place].begun.counts
        tests |= dict(zip(here, lasting_against_rest(counts, minutes / MINUTES_A_DAY).p.tolist(), strict=True))
    found = (tests.get(place) for place in places)
    return [p if p is not None and p == p else None for p in found]


def deals_waiting(tables: Tables, filters: Filters, stage: str) -> ir.Table:
    """The deals that are at `stage` now, the longest there first: the columns of `deals`, and `entered_at`, `days` since.

    `days` is null where no file says when a deal came; such deals come last. A period bounds when they came.
    """
    there = visits(tables, filters).filter((_.stage == stage) & (_.fate == "still"))
    is_known = _.is_recorded & (_.days >= 0)
    there = there.select(
        of_deal=_.deal_no,
        stood_at=_.stage,
        entered_at=_.is_recorded.ifelse(_.entered_at, ibis.null("timestamp")),
        days=is_known.ifelse(_.days, ibis.null("float64")),
    )
    return (
        filters.deals(tables)
        .inner_join(there, [("deal_no", "of_deal")])
        .mutate(stage=_.stood_at)
        .drop("of_deal", "stood_at")
        .order_by(_.days.desc(nulls_first=False), "deal_id")
    )
