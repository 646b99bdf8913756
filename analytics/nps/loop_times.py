"""How fast somebody gets back to the people who are unhappy, those who still wait counted for as long as they have waited."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import share, share_difference, wilson
from analytics.nps.answers import with_group
from analytics.nps.loop import NOBODY, SLA_DAYS, loop_day, needing, noted, with_later
from analytics.periods import local
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from analytics.survival import LEAST_AT_RISK, Survival, kaplan_meier
from data.loop_cases import LoopCases
from data.tables import Tables

COLUMNS = (
    "cases", "contacted_ever", "closed_cases", "cases_judged", "contacted_in_time", "contacted_in_time_share", "contacted_low",
    "contacted_high", "contact_days", "contact_days_low", "contact_days_high", "close_days", "close_days_low", "close_days_high",
    "waiting_now", "waiting_days", "counted_since", "p_value", "q_value", "tests",
)  # fmt: skip
CURVE_COLUMNS = ("loop_step", "day_after", "reached_share", "reached_low", "reached_high", "still_waiting", "is_sure")
Step = Literal["contact", "close"]
STEPS: tuple[Step, ...] = ("contact", "close")
LONGEST = 365  # days; what takes longer is as good as never


def counted_since(kept: LoopCases, sla_days: int = SLA_DAYS) -> date | None:
    """The first day of answers that are counted: those that were still to be answered in time when work on the list began.

    What nobody noted anything of before then says nothing of how fast anybody was.
    """
    first = min(kept.days, default=None)
    return None if first is None else first - timedelta(days=sla_days)


def loop_times(
    tables: Tables, filters: Filters, by: Field | None = None, kept: LoopCases = NOBODY, sla_days: int = SLA_DAYS
) -> Question:
    """How fast detractors are contacted: one row, or with `by` one a group, the largest first. Columns: `COLUMNS`, with `by` the
    field's name in front; no row where nobody was contacted yet.

    `cases_judged` are the answers more than `sla_days` old; the share of them contacted within `sla_days` has Wilson's
    interval, and each group of at least 30 is held against all others. Days to contact and to
    close are Kaplan-Meier medians: who waits still is counted for as long as he has, and who answered again until then. `waiting_now` were not contacted yet, and
    `waiting_days` is the median of how long. Answers from before work on the list began are left out (`counted_since`).
    """
    since = counted_since(kept, sla_days)
    counted = _lengths(tables, filters, kept, by, sla_days)
    counted = counted if since else counted.limit(0)
    return Question({"lengths": counted}, partial(_told, by=by, sla_days=sla_days, since=since))


def loop_curve(tables: Tables, filters: Filters, kept: LoopCases = NOBODY, sla_days: int = SLA_DAYS) -> Question:
    """What share of detractors was contacted, and closed, by each day after the answer: Kaplan-Meier. Columns: `CURVE_COLUMNS`.

    The interval is Wilson's on the effective number; below 10 who still wait a point is not `is_sure`. No row where nobody
    was contacted yet.
    """
    counted = _lengths(tables, filters, kept, None, sla_days)
    return Question({"lengths": counted if counted_since(kept, sla_days) else counted.limit(0)}, _curves)


def _lengths(tables: Tables, filters: Filters, kept: LoopCases, by: Field | None, sla_days: int) -> ir.Table:
    """How many detractors, by `step` and whole days: `days` until it was taken, or, `is_taken` false, until the day they
    stand at, or the same person answered again (`is_replaced`);
    `is_judged` once the days to answer in are over."""
    day = loop_day(filters, kept)
    since = counted_since(kept, sla_days) or day
    found = needing(tables, filters).filter(_.case_reason != "fallen", _.answer_on.notnull())
    found = found.filter(_.answer_on >= ibis.date(since))
    if by is not None:
        found = with_group(found, tables, filters, by)
    keys = ["group"] if by is not None else []
    found = with_later(found, tables, filters).left_join(noted(kept.known_by(day)), [("case_number", "number")])
    is_judged = ibis.date(day).delta(found.answer_on, unit="day") > sla_days
    # Nobody calls about an answer that another one took the place of.
    later = local(found.later_at, filters.time_zone, filters.as_of).date()
    parts = []
    for step, column in zip(STEPS, ("contacted_on", "closed_on"), strict=True):
        until = found[column].coalesce(ibis.least(later.coalesce(ibis.date(day)), ibis.date(day)))
        # Who noted a day before the answer meant its first day.
        days = ibis.greatest(until.delta(found.answer_on, unit="day"), 0)
        each = found.select(
            *keys, step=ibis.literal(step), days=days, is_taken=found[column].notnull(), is_judged=is_judged, is_replaced=found.later_at.notnull(),
        )  # fmt: skip
        parts.append(each.group_by(list(each.columns)).agg(n=_.count()))
    return parts[0].union(parts[1])


def _told(told: Answers, by: Field | None, sla_days: int, since: date | None) -> pd.DataFrame:
    parts: dict[Any, list[Row]] = {}
    for row in rows(told["lengths"]):
        parts.setdefault(row.get("group"), []).append(row)
    made = [{"group": group, "counted_since": since} | _summed(own, sla_days) for group, own in parts.items()]
    made.sort(key=lambda row: (-row["cases"], str(row["group"])))
    judged, in_time = (sum(row[name] for row in made) for name in ("cases_judged", "contacted_in_time"))
    p_values: list[float | None] = []
    for row in made:
        rest, rest_in_time = judged - row["cases_judged"], in_time - row["contacted_in_time"]
        rate = share(row["contacted_in_time"], row["cases_judged"])
        is_pair = by is not None and rate is not None and rest
        p_values.append(
            share_difference(rate or 0.0, row["cases_judged"], rest_in_time / rest, rest) if is_pair else None
        )
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
    key = by.key(COLUMNS) if by is not None else "group"
    return frame([{key: row["group"]} | row for row in made], [*([key] if by is not None else []), *COLUMNS])


def _summed(own: list[Row], sla_days: int) -> Row:
    contact, close = ([row for row in own if row["step"] == step] for step in STEPS)
    n = sum(whole(row["n"]) for row in contact)
    contacted = sum(whole(row["n"]) for row in contact if row["is_taken"])
    waiting = [row for row in contact if not row["is_taken"] and not row["is_replaced"]]
    # Of younger answers those already contacted would stand for all: none of them is judged.
    old = [row for row in contact if row["is_judged"]]
    judged = sum(whole(row["n"]) for row in old)
    in_time = sum(whole(row["n"]) for row in old if row["is_taken"] and row["days"] <= sla_days)
    rate = share(in_time, judged)
    low, high = wilson(rate, judged)
    made: Row = {
        "cases": n, "contacted_ever": contacted, "closed_cases": sum(whole(row["n"]) for row in close if row["is_taken"]),
        "cases_judged": judged, "contacted_in_time": in_time, "contacted_in_time_share": rate, "contacted_low": low,
        "contacted_high": high, "waiting_now": sum(whole(row["n"]) for row in waiting), "waiting_days": _median(waiting),
    }  # fmt: skip
    for name, part in (("contact_days", contact), ("close_days", close)):
        time = _survival(part).time_of(0.5)
        made |= {name: time.days, f"{name}_low": time.low, f"{name}_high": time.high}
    return made


def _survival(part: list[Row]) -> Survival:
    days = np.array(sorted({row["days"] for row in part}), dtype=float)
    events, censored = np.zeros(len(days)), np.zeros(len(days))
    for row in part:
        (events if row["is_taken"] else censored)[np.searchsorted(days, row["days"])] += whole(row["n"])
    return kaplan_meier(days, events, censored)


def _median(waiting: list[Row]) -> float | None:
    if not waiting:
        return None
    days = np.repeat([row["days"] for row in waiting], [whole(row["n"]) for row in waiting])
    return float(np.median(days))


def _curves(told: Answers) -> pd.DataFrame:
    found, made = rows(told["lengths"]), []
    for step in STEPS:
        part = [row for row in found if row["step"] == step]
        if not any(row["is_taken"] for row in part):
            continue
        curve = _survival(part)
        n = float(curve.at_risk[0])
        made.append(_point(step, 0, 0.0, (0.0, 0.0), n))
        for place, day in enumerate(curve.durations):
            if day > LONGEST:
                break
            low, high = curve.interval(day)
            reached = 1 - float(curve.survival[place])
            made.append(_point(step, day, reached, (1 - (high or 0.0), 1 - (low or 0.0)), float(curve.at_risk[place])))
    return frame(made, CURVE_COLUMNS)


def _point(step: Step, day: float, reached: float, interval: tuple[float, float], waiting: float) -> Row:
    return {
        "loop_step": step, "day_after": float(day), "reached_share": reached, "reached_low": interval[0], "reached_high": interval[1],
        "still_waiting": int(waiting), "is_sure": waiting >= LEAST_AT_RISK,
    }  # fmt: skip
