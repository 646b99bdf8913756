"""How long deals stay in a stage: every visit, those that go on counted for as long as they have lasted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.against_rest import lasting_against_rest, restricted_means
from analytics.fields import Field
from analytics.filters import Filters, StayDated
from analytics.first_seen import is_watched_late, known_before, seen_again, with_delay
from analytics.funnel import FATES, MOST_ASSUMED
from analytics.intervals import Z
from analytics.question import Answers, Question
from analytics.rows import Row, frame, in_zone, number, rows, whole, with_q_values
from analytics.survival import LEAST_AT_RISK, Lengths, kaplan_meier, weighted_quantile
from data.tables import Tables

COLUMNS = (
    "pipeline", "stage", "stage_order", "visits", "open", "mean_completed_days", "median_completed_days", "median_days",
    "median_low", "median_high", "p75_days", "p90_days", "restricted_mean_days", "restricted_mean_low", "restricted_mean_high",
    "within_days", "longest_days", "at_zero", "together", "assumed", "untimed", "negative", "first_seen",
)  # fmt: skip
COMPARED = ("stay_days", "stay_days_rest", "days_difference", "days_low", "days_high")
NEGATIVE, UNTIMED, SINCE_UNKNOWN = -1, -2, -3
MINUTES_A_DAY = 1440
# Up to so many days lengths are told to so many minutes, beyond to the day, so that there are not as many different ones as visits.
Steps = tuple[tuple[int, int], ...]
FINE: Steps = ((2, 1), (20, 5), (90, 60))
COARSE: Steps = ((1, 5), (20, 60))
OF_MANY_GROUPS: Steps = ((2, 60),)
FINE_UP_TO = 50_000  # visits
# So many deals that came to one stage in the same minute were moved at once, by an import or a clean-up.
AT_ONCE = 20
MOST_LISTED = 1000  # minutes

Floats = NDArray[np.float64]


def time_in_stage(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """One row an open stage, or with `by` a stage and group. Columns: `COLUMNS`; with `by` also `COMPARED`, `q_value`, `tests`.

    Every visit of a stage counts, a return as another one; leaving in any way ends it, and one that goes on is censored at
    the as-of date. Durations in days, unknown for a stage of which no file tells when deals came and left. The period bounds
    the entry of visits. A visit that had begun before its deal was first seen counts from then on (`first_seen.py`), and
    not in comparisons. Groups are compared with all others at the stage by the log-rank test.
    """
    keys = [*(["group"] if by else []), "pipeline", "stage"]

    def lengths(answers: Answers) -> dict[str, ir.Table]:
        each = watched_visits(tables, filters, by, answers)
        return {
            "lengths": each.agg(
                n=_.count(),
                days=_.days.sum(),
                stage_order=_.stage_order.min(),
                by=[*keys, "fate", "is_recorded", "length", "delay"],
            ),
        } | (
            {"together": _together(each, keys, answers["crowded"], filters.time_zone)}
            if len(answers["crowded"])
            else {}
        )

    asks = first_asks(tables, filters, by) | {"crowded": _crowded(visits(tables, filters, by), filters.time_zone)}
    rounds = (partial(known_before, tables, filters), lengths)
    return Question(asks, partial(_rows, key=by.key(COLUMNS) if by else None), rounds)


def first_asks(tables: Tables, filters: Filters, by: Field | None = None) -> dict[str, ir.Table]:
    """What `watched_visits` hangs on, to be asked before it; then `known_before`."""
    return {"visits": visits(tables, filters, by).count().name("visits").as_table(), "seen_again": seen_again(tables)}


def watched_visits(
    tables: Tables, filters: Filters, by: Field | None, answers: Answers, dated: StayDated = "entered"
) -> ir.Table:
    """`visits` with `delay`: the minutes, told like `length`, after which a visit was first seen, or 0."""
    steps = steps_for(answers, by)
    each = visits(tables, filters, by, steps, dated)
    if not is_watched_late(answers):
        return each.mutate(delay=0)
    late = with_delay(each, tables, filters)
    late = late.mutate(delay=(late.delay > 0).ifelse(_told(late.delay, steps), 0))
    is_lost = late.is_since_unknown | ((late.delay > 0) & (late.delay >= late.length))
    return late.mutate(length=is_lost.ifelse(SINCE_UNKNOWN, late.length), is_recorded=is_lost | late.is_recorded)


def steps_for(answers: Answers, by: Field | None) -> Steps:
    """How lengths are told, by how many `visits` there are."""
    is_few = whole(answers["visits"]["visits"].iloc[0]) <= FINE_UP_TO
    return FINE if is_few else OF_MANY_GROUPS if by else COARSE


def visits(
    tables: Tables, filters: Filters, by: Field | None = None, steps: Steps = FINE, dated: StayDated = "entered"
) -> ir.Table:
    """One row a visit of an open stage, with its `length` in minutes (`UNTIMED`, `NEGATIVE`) and `days`; with `by` its `group`."""
    stays = filters.stage_entries(tables, dated if filters.has_period else None, by)
    stays = stays.filter((_.outcome == "open") & ~_.is_skipped)
    end = (_.fate == "still").ifelse(ibis.timestamp(filters.now), _.left_at)
    stays = stays.mutate(taken=filters.microseconds(end, _.entered_at))
    length = ibis.cases((_.taken.isnull(), UNTIMED), (_.taken < 0, NEGATIVE), else_=_told(_.taken, steps))
    return stays.mutate(length=length, days=_.taken / (MINUTES_A_DAY * 60_000_000))


def _told(microseconds: ir.IntegerValue, steps: Steps) -> ir.IntegerValue:
    """A length in minutes, rounded down."""
    minutes = (microseconds / 60_000_000).floor().cast("int64")
    told = [(minutes < days * MINUTES_A_DAY, minutes - minutes % step) for days, step in steps]
    return ibis.cases(*told, else_=minutes - minutes % MINUTES_A_DAY)


def _minute(entered_at: ir.TimestampValue) -> ir.IntegerValue:
    """The minutes since 1970; as a small number, millions of which are counted fastest."""
    return (entered_at.epoch_seconds() / 60).floor().cast("int32")


def _has_time(minute: ir.IntegerColumn, time_zone: str) -> ir.BooleanValue:
    """Whether a minute is not the first of a day as clocks in `time_zone` show it: dates without a time of day are stored as that."""
    shown = in_zone((minute.cast("int64") * 60).as_timestamp("s"), time_zone)
    return shown != shown.truncate("D")


def _crowded(each: ir.Table, time_zone: str) -> ir.Table:
    """The minutes in which at least `AT_ONCE` visits began, at whatever stage. Dates without a time of day do not tell."""
    counted = each.filter(_.is_recorded).agg(n=_.count(), by=_minute(each.entered_at).name("minute"))
    crowded = counted.filter(_.n >= AT_ONCE)
    return crowded.filter(_has_time(crowded.minute, time_zone)).select("minute")


def _together(each: ir.Table, keys: list[str], crowded: pd.DataFrame, time_zone: str) -> ir.Table:
    """How many visits began in the same minute as at least `AT_ONCE` at their stage; it can only have been in a crowded one."""
    counted = each.mutate(minute=_minute(each.entered_at)).filter(_.is_recorded)
    if len(crowded) <= MOST_LISTED:
        counted = counted.filter(_.minute.isin(crowded["minute"].tolist()))
    counted = counted.agg(n=_.count(), by=[*keys, "minute"]).filter(_.n >= AT_ONCE)
    return counted.filter(_has_time(counted.minute, time_zone)).agg(together=_.n.sum(), by=keys)


def _rows(answers: Answers, key: str | None) -> pd.DataFrame:
    lengths = answers["lengths"]
    keys = [*(["group"] if key else []), "pipeline", "stage"]
    counted = counts_of(lengths, keys)
    moved = rows(answers["together"]) if "together" in answers else []
    together = {tuple(row[name] for name in keys): whole(row["together"]) for row in moved}
    places = sorted(
        counted,
        key=lambda at: (str(at[-2]), number(counted[at]["stage_order"]), str(at[-1]), at[0] is None, str(at[0])),
    )
    took = watched_by(lengths, keys)
    found: list[Row] = []
    for place in places:
        row = {} if key is None else {key: place[0]}
        row |= {"pipeline": place[-2], "stage": place[-1], "together": together.get(place, 0)} | counted[place]
        if is_told(counted[place]):
            row |= _times(took[place])
            row["mean_completed_days"] = row["days"] / row["completed"] if row["completed"] else None
        found.append(row)
    if key is None:
        return frame(found, COLUMNS)
    _compare(found, places, took)
    return frame(found, [key, *COLUMNS, *COMPARED, "q_value", "tests"])


def counts_of(lengths: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Row]:
    """Of each combination of `keys`, how many visits there are of each sort, and the `days` of the `completed` ones."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows(lengths):
        counts = found.setdefault(
            tuple(row[name] for name in keys),
            dict.fromkeys(("visits", "open", "completed", "assumed", "untimed", "negative", "at_zero", "first_seen"), 0)
            | {"days": 0.0, "stage_order": whole(row["stage_order"])},
        )
        n, length = whole(row["n"]), whole(row["length"])
        is_open = row["fate"] == "still"
        counts["visits"] += n
        counts["open"] += n if is_open else 0
        counts["assumed"] += 0 if row["is_recorded"] else n
        counts["untimed"] += n if length == UNTIMED else 0
        counts["negative"] += n if length == NEGATIVE else 0
        counts["first_seen"] += n if length == SINCE_UNKNOWN or whole(row.get("delay")) else 0
        if length >= 0 and not is_open:
            counts["at_zero"] += n if length == 0 else 0
            counts["completed"] += n
            counts["days"] += number(row["days"])
    return found


def is_told(counts: Row) -> bool:
    """Whether all visits but a few have times that a file gave."""
    most = MOST_ASSUMED * counts["visits"]
    return counts["assumed"] <= most and counts["untimed"] + counts["negative"] <= max(most, 1)


@dataclass(frozen=True)
class Watched:
    """Visits of known length, in minutes: `known` all of them, `begun` those watched from their beginning; `late[i]` of the
    others came under watch after `known.hours[i]`, None where there are none."""

    known: Lengths
    begun: Lengths
    late: Floats | None = None

    @property
    def is_enough(self) -> bool:
        """Whether anything can be told: by when the first had left nobody saw, where few were watched from the beginning."""
        return bool(self.known.n) and (self.late is None or self.begun.n >= LEAST_AT_RISK)


def watched_by(lengths: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Watched]:
    """The visits of each combination of `keys`, from rows of `fate, length, delay, n`."""
    every = Lengths.by(lengths.rename(columns={"length": "hours"}), keys, "fate", FATES)
    is_late = (lengths["delay"] > 0) & (lengths["length"] >= 0)
    if not is_late.any():
        return {place: Watched(own.known, own.known) for place, own in every.items()}
    begun = Lengths.by(lengths[~is_late].rename(columns={"length": "hours"}), keys, "fate", FATES)
    delays = Lengths.by(lengths[is_late].rename(columns={"delay": "hours"}), keys, "fate", FATES)
    none = Lengths(np.empty(0, dtype=np.int64), np.empty((0, len(FATES))))
    found = {}
    for place, own in every.items():
        delay = delays.get(place, none)
        known = own.known.with_(Lengths(delay.hours, np.zeros_like(delay.counts)))
        late = np.zeros(len(known.hours))
        late[np.searchsorted(known.hours, delay.hours)] = delay.counts.sum(axis=1)
        found[place] = Watched(known, begun.get(place, none).known, late if delay.n else None)
    return found


def _times(watched: Watched) -> Row:
    """The columns of time."""
    if not watched.is_enough:
        return {}
    known, late = watched.known, watched.late
    days, ended, still = known.hours / MINUTES_A_DAY, known.counts[:, :-1].sum(axis=1), known.counts[:, -1]
    lasting = kaplan_meier(days, ended, still, late)
    entered = None if late is None else late[None]
    mean, error, within = (float(each[0]) for each in restricted_means(known.counts[None], days, entered=entered))
    median = lasting.time_of(0.5)
    found: Row = {
        "median_days": median.days, "median_low": median.low, "median_high": median.high,
        "p75_days": lasting.quantile(0.75), "p90_days": lasting.quantile(0.9), "longest_days": float(days[-1]),
    }  # fmt: skip
    if ended.any():
        found["median_completed_days"] = weighted_quantile(days, ended, 0.5)
    if mean == mean:
        found |= {
            "restricted_mean_days": mean, "restricted_mean_low": max(mean - Z * error, 0.0),
            "restricted_mean_high": min(mean + Z * error, within), "within_days": within,
        }  # fmt: skip
    return found


def _compare(found: list[Row], places: list[tuple[Any, ...]], took: dict[tuple[Any, ...], Watched]) -> None:
    """Give each row how long its group stays against all others at the stage, of the visits watched from the beginning."""
    tests: list[float | None] = [None] * len(found)
    for stage in dict.fromkeys(place[1:] for place in places):
        here = [at for at, place in enumerate(places) if place[1:] == stage and "longest_days" in found[at]]
        if len(here) < 2:
            continue
        lengths = [took[places[at]].begun for at in here]
        minutes = np.unique(np.concatenate([each.hours for each in lengths]))
        counts = np.zeros((len(here), len(minutes), len(FATES)))
        for group, each in enumerate(lengths):
            counts[group, np.searchsorted(minutes, each.hours)] = each.counts
        lasting = lasting_against_rest(counts, minutes / MINUTES_A_DAY)
        for group, at in enumerate(here):
            if lasting.days[group] == lasting.days[group]:
                values = (lasting.days, lasting.days_rest, lasting.days - lasting.days_rest, lasting.low, lasting.high)
                found[at] |= dict(zip(COMPARED, (float(each[group]) for each in values), strict=True))
            p = float(lasting.p[group])
            tests[at] = p if p == p else None
    with_q_values(found, tests)
