"""How long deals take from one step to a later one, open deals followed for as long as they have been open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.fields import Field, with_value
from analytics.filters import Filters
from analytics.incidence import mean_time_gained, mean_time_spread, quantile_of_those, time_of_all, time_of_those
from analytics.intervals import LEAST_TESTED, SMALL_CELL, normal_p, share, share_difference
from analytics.question import Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from analytics.survival import CompetingRisks, Lengths, weighted_quantile
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

ENDS = ("converted", "lost", "handed_off", "open")
LEFT_OUT = ("untimed", "negative", "earlier")
MARKS = (30.0, 60.0, 90.0, 180.0)
COLUMNS = (
    "start", "goal", "n", "converted", "lost_before", "handed_off_before", "undecided", "undecided_share", "within_days",
    "chance", "low", "high", "lost_chance", "at_risk", "converted_by", "horizon_days", "convert_median_days",
    "convert_median_low", "convert_median_high", "convert_p25_days", "convert_p75_days", "convert_p90_days",
    "half_of_all_days", "half_of_all_low", "half_of_all_high", "naive_median_days", "naive_gap", "untimed", "negative",
    "earlier", "undated",
)  # fmt: skip

Groups = Mapping[str, pd.DataFrame]


def time_to_convert(
    tables: Tables,
    filters: Filters,
    by: Field | None = None,
    start: str | None = None,
    goal: str | None = None,
    at: Sequence[float] = MARKS,
    points: int | None = None,
) -> Question:
    """Rows for each of the days `at`, or for `points` even steps as far as chances are told, and with `by` for each group.

    From the first stay in the stage `start` (None: from creation) to the first stay in `goal` (None: to being won); going
    past a stage counts as coming to it. Columns: `COLUMNS`; durations in days. The period bounds the creation of deals.
    Finishing raises RequestProblem for a stage that is not there or does not come later.
    """
    keys = ["group"] if by else []
    paths = _paths(tables, filters, by, start, goal)
    asks = {
        "ends": paths.agg(n=_.count(), by=[*keys, "end", "hours"]),
        "stages": _stages(tables, filters),
    }
    if filters.has_period:
        undated = filters.deals(tables).filter(_.created_at.isnull())
        asks["undated"] = undated.count().name("undated").as_table()
    key = by.key(COLUMNS) if by else None
    return Question(asks, partial(_rows, key=key, start=start, goal=goal, at=tuple(at), points=points))


def _stages(tables: Tables, filters: Filters) -> ir.Table:
    stages = tables.stages
    if filters.pipeline is not None:
        stages = stages.filter(_.pipeline == filters.pipeline)
    return stages.select("stage", "stage_order", "outcome").distinct().order_by("stage_order", "stage")


def _paths(tables: Tables, filters: Filters, by: Field | None, start: str | None, goal: str | None) -> ir.Table:
    """One row a deal that came to the start: `deal_no`, its `end`, after how many full `hours`, and its `group`."""
    now = ibis.timestamp(filters.now)
    # A deal now in another pipeline was in this one, unless it is followed from creation.
    everywhere = filters if start is None else replace(filters, pipeline=None)
    deals = everywhere.deals(tables, "created" if filters.has_period else None)
    deals = deals if by is None else with_value(deals, tables, by, "group", time_zone=filters.time_zone)
    kept = [*(["group"] if by else []), "deal_no", "status", "closed_at"]
    entries = tables.stage_entries.filter((_.visit == 1) & (_.entered_at < filters.now))
    if filters.pipeline is not None:
        entries = entries.filter(_.pipeline == filters.pipeline)
    if start is None:
        deals = deals.select(*kept, began_at=_.created_at, is_gone=ibis.literal(False), gone_at=ibis.null("timestamp"))
    else:
        is_gone = ibis.literal(False) if filters.pipeline is None else (_.pipeline != filters.pipeline).fill_null(False)
        deals = deals.select(*kept, is_gone=is_gone)
        seen = entries.filter((_.stage == start) & _.is_recorded & ~_.is_skipped)
        deals = deals.inner_join(seen.select(began_at=_.entered_at, of_deal=_.deal_no), [("deal_no", "of_deal")]).drop(
            "of_deal"
        )
        left = tables.stage_entries.filter((_.fate == "handed_off") & (_.left_at < filters.now))
        if filters.pipeline is not None:
            left = left.filter(_.pipeline == filters.pipeline)
        left = left.agg(gone_at=_.left_at.max(), by=_.deal_no.name("of_deal"))
        deals = deals.left_join(left, [("deal_no", "of_deal")]).drop("of_deal")
    if goal is None:
        reached = ((_.status == "won") & ~_.is_gone).ifelse(_.closed_at, ibis.null("timestamp"))
        deals = deals.mutate(reached_at=reached)
    else:
        came = entries.filter(_.stage == goal).select(came_at=_.entered_at, of_deal=_.deal_no)
        if filters.pipeline is None:  # else a deal comes to a stage for the first time once
            came = came.agg(came_at=_.came_at.min(), by="of_deal")
        deals = deals.left_join(came, [("deal_no", "of_deal")]).drop("of_deal")
        # A won deal that was never seen at the goal went past it.
        won_at = ((_.status == "won") & ~_.is_gone).ifelse(_.closed_at, ibis.null("timestamp"))
        deals = deals.mutate(reached_at=_.came_at.fill_null(won_at))
    is_won = (_.status == "won") & ~_.is_gone
    deals = deals.mutate(
        way=ibis.cases(
            (_.reached_at.notnull() | is_won, "converted"), (_.is_gone, "handed_off"), (_.status == "lost", "lost"),
            else_="open",
        )
    ).mutate(
        ended_at=ibis.cases(
            (_.way == "converted", _.reached_at), (_.way == "handed_off", _.gone_at), (_.way == "lost", _.closed_at),
            else_=now,
        )
    )  # fmt: skip
    hours = filters.hours(_.ended_at, _.began_at)
    before = (_.way == "converted").ifelse("earlier", "negative") if goal is not None else ibis.literal("negative")
    return deals.mutate(hours=hours).select(
        *(["group"] if by else []),
        "deal_no",
        end=ibis.cases((_.hours.isnull(), "untimed"), (_.hours < 0, before), else_=_.way),
        hours=(_.hours >= 0).ifelse(_.hours, ibis.null("int64")),
    )


def _rows(
    answers: Groups, key: str | None, start: str | None, goal: str | None, at: tuple[float, ...], points: int | None
) -> pd.DataFrame:
    _check_order(answers["stages"], start, goal)
    undated = whole(answers["undated"]["undated"].iloc[0]) if "undated" in answers else 0
    ends = answers["ends"]
    timed = ends[ends["end"].isin(ENDS)]
    everyone = Lengths.of(timed, "end", ENDS)
    by_group = Lengths.by(timed, ["group"] if key else [], "end", ENDS)
    own_lengths = {(group[0] if group else None): each for group, each in by_group.items()}
    left_out: dict[Any, dict[str, int]] = {}
    for row in rows(ends[~ends["end"].isin(ENDS)]):
        of_group = left_out.setdefault(row.get("group"), {})
        of_group[row["end"]] = of_group.get(row["end"], 0) + whole(row["n"])
    groups = sorted(own_lengths.keys() | left_out.keys(), key=lambda name: (name is None, str(name)))
    if key is None:
        groups = [None]

    tests: list[float | None] = []
    found: list[list[Row]] = []
    for group in groups:
        lengths = own_lengths.get(group, everyone.without(everyone))
        shared: Row = {} if key is None else {key: group}
        shared |= {"start": start, "goal": goal, "undated": undated}
        shared |= {name: left_out.get(group, {}).get(name, 0) for name in LEFT_OUT}
        found.append([shared | row for row in _of_one(lengths, at, points)])
        tests.append(_p(lengths, everyone.without(lengths)) if key is not None else None)
    columns = list(COLUMNS)
    if key is not None:
        firsts = [rows_[0] for rows_ in found]
        with_q_values(firsts, tests)
        for rows_ in found:
            for row in rows_:
                row |= {name: rows_[0][name] for name in ("q_value", "tests")}
        columns = [key, *columns, "q_value", "tests"]
    return frame((row for rows_ in found for row in rows_), columns)


def _check_order(stages: pd.DataFrame, start: str | None, goal: str | None) -> None:
    known = {row["stage"]: row for row in rows(stages)}
    names = ", ".join(name for name, row in known.items() if row["outcome"] == "open")
    for stage in (start, goal):
        if stage is not None and (stage not in known or known[stage]["outcome"] != "open"):
            raise RequestProblem(
                say('There is no open stage called "{stage}".', stage=stage),
                say("The stages are: {names}.", names=names),
            )
    if start is not None and goal is not None and known[goal]["stage_order"] <= known[start]["stage_order"]:
        raise RequestProblem(
            say('"{goal}" does not come after "{start}".', goal=goal, start=start),
            say("In their order, the stages are: {names}.", names=names),
        )


def _of_one(lengths: Lengths, at: tuple[float, ...], points: int | None) -> list[Row]:
    counts = [int(each) for each in lengths.counts.sum(axis=0)] if lengths.n else [0] * len(ENDS)
    shared: Row = dict(zip(("converted", "lost_before", "handed_off_before", "undecided"), counts, strict=True))
    shared |= {"n": lengths.n, "undecided_share": share(shared["undecided"], lengths.n)}
    if not lengths.n:
        return [shared | {"within_days": time, "at_risk": 0, "converted_by": 0} for time in at]
    risks = lengths.risks()
    horizon = risks.horizon() or 0.0
    shared["horizon_days"] = horizon
    shared |= _times(risks, horizon)
    if points:
        step = _step(horizon, points)
        at = tuple(step * number for number in range(math.ceil(horizon / step - 1e-9) + 1))
    reached = risks.events[:, 0].cumsum()
    found = []
    for time in at:
        place = int((risks.durations <= time).sum()) - 1
        row: Row = {"within_days": time, "converted_by": int(reached[place]) if place >= 0 else 0}
        row["at_risk"] = int(risks.at_risk[risks.durations >= time][0]) if time <= risks.durations[-1] else 0
        if time <= horizon or _is_over(risks, horizon) or points:
            told = min(time, horizon)
            row["chance"], row["lost_chance"] = risks.incidence_at(told, 0), risks.incidence_at(told, 1)
            row["low"], row["high"] = risks.interval(told, 0)
        found.append(shared | row)
    return found


def _is_over(risks: CompetingRisks, horizon: float) -> bool:
    """True where nothing more can happen after the horizon: every deal has ended by then."""
    return horizon >= risks.durations[-1] and not risks.censored.any()


def _step(horizon: float, points: int) -> float:
    """A round number of days that cuts the time up to the horizon into about `points` parts."""
    least = max(horizon / points, 1 / 24)
    return next((float(step) for step in (0.25, 0.5, 1, 2, 5, 7, 10, 14, 28, 56) if step >= least), math.ceil(least))


def _times(risks: CompetingRisks, horizon: float) -> Row:
    """When deals convert: among those that do within the horizon, among all, and as it looks without the open ones."""
    found: Row = {}
    if risks.events[:, 0].any():
        median = time_of_those(risks, 0, 0.5, horizon)
        found |= {
            "convert_median_days": median.days, "convert_median_low": median.low, "convert_median_high": median.high
        }  # fmt: skip
        for share_ in (25, 75, 90):
            found[f"convert_p{share_}_days"] = quantile_of_those(risks, 0, share_ / 100, horizon)
        naive = weighted_quantile(risks.durations, risks.events[:, 0], 0.5)
        found["naive_median_days"] = naive
        found["naive_gap"] = naive / median.days - 1 if median.days else None
    half = time_of_all(risks, 0, 0.5, horizon)
    return found | {"half_of_all_days": half.days, "half_of_all_low": half.low, "half_of_all_high": half.high}


def _p(own: Lengths, rest: Lengths) -> float | None:
    """Whether a group converts as much and as soon as the rest: the areas under both chances by the same time.

    The doubt is what it would be if both were alike; where fewer than five would convert, only how many did is compared.
    """
    if min(own.n, rest.n) < LEAST_TESTED:
        return None
    risks = own.risks(), rest.risks()
    until = min(each.horizon() or 0.0 for each in risks)
    everyone = own.with_(rest).risks()
    shares = [(each.incidence_at(until, 0), each.effective_n(until, 0)) for each in risks]
    spread = sum(mean_time_spread(everyone, each, 0, until) for each in risks)
    if min(n for _chance, n in shares) * everyone.incidence_at(until, 0) >= SMALL_CELL and spread > 0:
        mean, rest_mean = (mean_time_gained(each, 0, until)[0] for each in risks)
        return normal_p((mean - rest_mean) / math.sqrt(spread))
    return share_difference(*shares[0], *shares[1])


def deals_that(
    tables: Tables, filters: Filters, end: str, start: str | None = None, goal: str | None = None
) -> ir.Table:
    """The deals with one `end` (converted, lost, handed_off or open), largest first, with the `days` it took so far."""
    paths = _paths(tables, filters, None, start, goal).filter(_.end == end)
    paths = paths.select(days=_.hours / 24, of_deal=_.deal_no)
    return (
        tables.deals.inner_join(paths, [("deal_no", "of_deal")])
        .drop("of_deal")
        .order_by(_.amount.desc(nulls_first=False), "deal_id")
    )
