"""How deals move from stage to stage, and what became of those that came to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import share, share_difference, wilson
from analytics.leads import LEADS, deals_without_lead, lead_stays
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from analytics.stays import FATES as FATES
from analytics.stays import PLAIN, entries, excluded_deals, firsts
from analytics.stays import RULES as RULES
from analytics.stays import WON as WON
from analytics.stays import Counting as Counting
from analytics.stays import Dating as Dating
from analytics.stays import Rule as Rule
from analytics.stays import first_stays as first_stays
from analytics.survival import CompetingRisks, Lengths
from data.tables import Tables

ENDED = FATES[:-1]
COUNTS = ("entered", *FATES, "skipped", "assumed", "untimed", "negative")
NO_LENGTHS = Lengths(np.empty(0, dtype=np.int64), np.empty((0, len(FATES))))
COLUMNS = (
    "pipeline", "stage", "stage_order", "outcome", "entered", *FATES, "late", "conversion", "conversion_ended", "low", "high",
    "value_entered", *(f"{fate}_value" for fate in FATES), "value_known", "currency", "of_first", "undecided_share",
    "method", "horizon_days", "window_days", "is_optional", "is_recorded", "skipped", "assumed", "negative", "undated",
    "excluded", "without_lead",
)  # fmt: skip
# With more stays than this share whose time no file gives, durations would be made up.
MOST_ASSUMED = 0.05
# Stays up to this long are told in full hours, longer ones in full days: it bounds how many different lengths there are.
LONG_HOURS = 240
NEGATIVE, UNTIMED = -1, -2
SAID = ("undated", "excluded", "without_lead")  # counted once, and the same in every row


def stage_conversion(
    tables: Tables,
    filters: Filters,
    by: Field | None = None,
    counting: Counting = PLAIN,
    merge_won: bool = False,
) -> Question:
    """One row a stage, or a stage and group of `by`, of `filters.pipeline` (None: of each). Columns: `COLUMNS`.

    The period bounds the creation of deals, or the entry of stays: see `Counting`. A deal counts once a stage, with its first
    stay. `merge_won` makes the won stages one row and leaves out the lost ones. Raises RequestProblem where the funnel shall
    begin with the leads and a filter or `by` asks for what leads do not have.
    """
    asks = _asks(tables, filters, by, counting)
    return Question(asks, partial(_rows, key=by.key(COLUMNS) if by else None, counting=counting, merge_won=merge_won))


def conversion_by_rule(tables: Tables, filters: Filters, counting: Counting = PLAIN) -> Question:
    """`stage_conversion` with the won stages as one, by each of `RULES`: its columns, `rule`, and `by_currency`.

    `by_currency` maps a currency to the columns of money in it alone. One set of queries serves all of it.
    """
    return Question(_asks(tables, filters, None, counting), partial(_rows_by_rule, counting=counting))


def _asks(tables: Tables, filters: Filters, by: Field | None, counting: Counting) -> dict[str, ir.Table]:
    """The queries are the same for every rule, so a reader who changes it waits for none."""
    stays = firsts(tables, filters, counting, by)
    keys = [*(["group"] if by else []), *(["pipeline"] if filters.pipeline is None else []), "stage", "fate"]
    hours = _.hours
    if not counting.has_windows:
        hours = (hours > LONG_HOURS).ifelse(hours - hours % 24, hours)
    asks = {
        "stages": stays.agg(
            n=_.count(),
            known=_.deal_amount.count(),
            amount=_.deal_amount.sum(),
            stage_order=_.stage_order.min(),
            outcome=_.outcome.arbitrary(),
            by=[
                *keys,
                "is_skipped",
                "is_strict",
                "is_recorded",
                _.deal_currency.name("currency"),
                (_.outcome_visit == 1).name("is_first"),
            ],
        ),
        "lengths": stays.filter(_.outcome == "open").agg(
            n=_.count(), by=[*keys, "is_skipped", "is_strict", (_.hours < 0).ifelse(NEGATIVE, hours).name("hours")]
        ),
        "order": _order(tables, filters, counting),
    }
    if filters.has_period:
        date = "deal_created_at" if counting.dated == "created" else "entered_at"
        everything = entries(tables, replace(filters, since=None, until=None), counting)
        asks["undated"] = everything.filter(_[date].isnull()).agg(undated=_.deal_no.nunique())
    if counting.excluded or counting.excluded_reasons:
        asks["excluded"] = excluded_deals(tables, filters, counting)
    if counting.from_leads:
        asks["leads"] = lead_stays(tables, filters, by)
        asks["without_lead"] = deals_without_lead(tables, filters)
    return asks


def _order(tables: Tables, filters: Filters, counting: Counting) -> ir.Table:
    stages = tables.stages
    if filters.pipeline is not None:
        stages = stages.filter(_.pipeline == filters.pipeline)
    if counting.excluded:
        stages = stages.filter(_.stage.notin(counting.excluded))
    return stages.select("pipeline", "stage", "stage_order", "outcome").order_by("pipeline", "stage_order", "stage")


Groups = Mapping[str, pd.DataFrame]
Place = tuple[Any, Any]  # pipeline, stage


@dataclass(frozen=True)
class _Tidy:
    """The answers of the engine: counts, lengths (their `hours` UNTIMED where not known), and each stage of the funnel."""

    counted: list[Row]
    lengths: pd.DataFrame
    order: dict[Place, Row]

    def by(self, rule: Rule) -> _Tidy:
        """What counts by a rule."""
        if rule == "filled":
            return self
        is_strict = rule == "strict"
        counted = [row for row in self.counted if not row["is_skipped"] and (row["is_strict"] or not is_strict)]
        kept = ~self.lengths["is_skipped"].astype(bool)
        if is_strict:
            kept &= self.lengths["is_strict"].astype(bool)
        return replace(self, counted=counted, lengths=self.lengths[kept])


@dataclass
class _Stage:
    """What is known of one stage in one group: counts, and how long stays took until each fate."""

    counts: Row
    lengths: Lengths
    window: float | None = None

    @property
    def ended(self) -> int:
        return sum(self.counts[fate] for fate in ENDED)

    @property
    def late(self) -> int:
        """How many moved on after the window."""
        return self._after_window(FATES.index("advanced"))

    @property
    def settled(self) -> tuple[int, int]:
        """How many moved on in time, and of how many that is known: they left, or the window closed on them."""
        overdue = self._after_window(FATES.index("still"))
        return self.counts["advanced"] - self.late, self.ended + overdue

    def _after_window(self, fate: int) -> int:
        if self.window is None:
            return 0
        return int(self.lengths.counts[self.lengths.days > self.window, fate].sum())

    @property
    def has_records(self) -> bool:
        """False where every stay follows from the deals' status or from a later stage."""
        return self.counts["entered"] > self.counts["skipped"] + self.counts["assumed"]

    @property
    def is_recorded(self) -> bool:
        """Whether what became of the deals is known from records, up to a few; of no deals it is."""
        entered = self.counts["entered"]
        return not entered or (self.has_records and self.counts["assumed"] <= MOST_ASSUMED * entered)

    @property
    def has_lengths(self) -> bool:
        """False where too many stays follow from the deals' status, or have no times."""
        entered = self.counts["entered"]
        most = MOST_ASSUMED * entered
        assumed, untimed = self.counts["assumed"], self.counts["untimed"] + self.counts["negative"]
        return entered > 0 and assumed <= most and untimed <= most

    @cached_property
    def risks(self) -> CompetingRisks:
        return self.lengths.risks()

    @cached_property
    def horizon(self) -> float | None:
        """By when the conversion is told: the window, if deals were followed that far."""
        longest = self.risks.horizon()
        return longest if self.window is None or longest is None else min(longest, self.window)

    def without(self, part: _Stage) -> _Stage:
        counts = {name: self.counts[name] - part.counts[name] for name in COUNTS}
        return _Stage(counts, self.lengths.without(part.lengths), self.window)


def _rows(answers: Groups, key: str | None, counting: Counting, merge_won: bool) -> pd.DataFrame:
    found = _told(answers, _tidy(answers, counting, merge_won).by(counting.rule), key, counting)
    return frame(found, COLUMNS if key is None else [key, *COLUMNS, "q_value", "tests"])


def _rows_by_rule(answers: Groups, counting: Counting) -> pd.DataFrame:
    tidy = _tidy(answers, counting, merge_won=True)
    found: list[Row] = []
    for rule in RULES:
        by_rule = tidy.by(rule)
        money: dict[Place, dict[str, Row]] = defaultdict(dict)
        for (pipeline, stage, currency), counts in _counts(by_rule.counted, ["pipeline", "stage", "currency"]).items():
            if currency is not None:
                money[pipeline, stage][currency] = _money(counts)
        for row in _told(answers, by_rule, None, replace(counting, rule=rule)):
            found.append(row | {"rule": rule, "by_currency": money[row["pipeline"], row["stage"]]})
    return frame(found, [*COLUMNS, "rule", "by_currency"])


def _told(answers: Groups, tidy: _Tidy, key: str | None, counting: Counting) -> list[Row]:
    stages = _stages(tidy, key, counting)
    everyone = _stages(tidy, None, counting).get(None, {}) if key is not None else {}
    said = {name: whole(answers[name][name].iloc[0]) if name in answers else 0 for name in SAID}
    order = tidy.order
    in_order = sorted(order, key=lambda place: (str(place[0]), number(order[place]["stage_order"]), str(place[1])))

    found: list[Row] = []
    tests: list[float | None] = []
    groups = sorted(stages, key=lambda name: (name is None, str(name)))
    for group in groups or ([None] if key is None else []):
        own = stages.get(group, {})
        currencies = {currency for stage in own.values() for currency in stage.counts["currencies"]}
        firsts_: dict[Any, int] = {}
        for place in in_order:
            stage = own.get(place) or _Stage(_no_counts(), NO_LENGTHS, _window(counting, place[1]))
            if key is not None and not any(other[0] == place[0] for other in own):
                continue
            first = firsts_.setdefault(place[0], stage.counts["entered"])
            row = {} if key is None else {key: group}
            row |= {"pipeline": place[0], "stage": place[1], "outcome": order[place]["outcome"]} | said
            row |= {"stage_order": whole(order[place]["stage_order"]), "is_optional": place[1] in counting.optional}
            row |= {"is_recorded": stage.is_recorded, "of_first": share(stage.counts["entered"], first)}
            row |= _identity(stage.counts, currencies) | _conversion(stage, row["outcome"])
            found.append(row)
            is_tested = key is not None and row["outcome"] == "open" and place in own
            tests.append(_p(stage, everyone[place].without(stage)) if is_tested else None)
    if key is not None:
        with_q_values(found, tests)
    return found


def _tidy(answers: Groups, counting: Counting, merge_won: bool) -> _Tidy:
    """The answers by stages of the funnel: with `merge_won` the won stages under one name, with leads these as the first."""
    order = {(row["pipeline"], row["stage"]): row for row in rows(answers["order"])}
    only = next(iter(order), (None, None))[0]
    counted = [{"pipeline": only} | row for row in rows(answers["stages"])]
    for row in counted:
        order.setdefault((row["pipeline"], row["stage"]), row)
    outcomes = ("open", "won") if merge_won else ("open", "won", "lost")
    order = {place: row for place, row in order.items() if row["outcome"] in outcomes}
    if merge_won:
        merged: dict[Place, Row] = {}
        for place, row in sorted(order.items(), key=lambda each: number(each[1]["stage_order"])):
            merged.setdefault((place[0], WON) if row["outcome"] == "won" else place, row)
        order = merged
        # A deal that came to two won stages is one.
        counted = [row for row in counted if row["outcome"] == "open" or (row["outcome"] == "won" and row["is_first"])]
        counted = [row if row["outcome"] == "open" else row | {"stage": WON} for row in counted]
    lengths = answers["lengths"]
    lengths = lengths if "pipeline" in lengths else lengths.assign(pipeline=only)
    if counting.from_leads:
        seen = {"stage": LEADS, "outcome": "open", "is_skipped": False, "is_strict": True, "is_recorded": True}
        pipelines = {place[0] for place in order} | {row["pipeline"] for row in counted}
        leads = [row | seen | {"pipeline": pipeline} for pipeline in pipelines for row in rows(answers["leads"])]
        counted += leads
        lengths = pd.concat([lengths, pd.DataFrame(leads, columns=lengths.columns)], ignore_index=True)
        order = {(pipeline, LEADS): {"stage_order": 0, "outcome": "open"} for pipeline in pipelines} | order
    return _Tidy(counted, lengths.assign(hours=lengths["hours"].fillna(UNTIMED)), order)


def _stages(tidy: _Tidy, key: str | None, counting: Counting) -> dict[Any, dict[Place, _Stage]]:
    """What is known of each stage, by group; without `key` all groups together, as None."""
    keys = [*(["group"] if key is not None else []), "pipeline", "stage"]
    took = Lengths.by(tidy.lengths, keys, "fate", FATES)
    stages: dict[Any, dict[Place, _Stage]] = defaultdict(dict)
    for place, counts in _counts(tidy.counted, keys).items():
        lengths = took.get(place, NO_LENGTHS)
        counts |= {"untimed": lengths.n_of(UNTIMED), "negative": lengths.n_of(NEGATIVE)}
        group = place[0] if key is not None else None
        stages[group][place[-2], place[-1]] = _Stage(counts, lengths.known, _window(counting, place[-1]))
    return stages


def _counts(counted: list[Row], keys: list[str]) -> dict[tuple[Any, ...], Row]:
    """The counts and sums of money of each combination of `keys`."""
    found: dict[tuple[Any, ...], Row] = defaultdict(_no_counts)
    for row in counted:
        counts = found[tuple(row[key] for key in keys)]
        n, amount = whole(row["n"]), number(row["amount"])
        counts["entered"] += n
        counts[row["fate"]] += n
        counts["known"] += whole(row["known"])
        counts["value_entered"] += amount
        counts[f"{row['fate']}_value"] += amount
        if row["is_skipped"]:
            counts["skipped"] += n
        elif not row["is_recorded"]:
            counts["assumed"] += n
        if row["currency"] is not None:
            counts["currencies"].add(row["currency"])
    return found


def _window(counting: Counting, stage: str) -> float | None:
    """The window of a stage; leads have one only by name, since when they were given up no file says."""
    return counting.windows.get(stage) if stage == LEADS else counting.window(stage)


def _money(counts: Row) -> Row:
    """The columns of money, from counts in one currency."""
    columns = ("value_entered", "known", *(f"{fate}_value" for fate in FATES))
    return {name: counts[name] for name in columns} | {"value_known": share(counts["known"], counts["entered"])}


def _no_counts() -> Row:
    """Of a stage that no deal of the group came to."""
    money = dict.fromkeys((*(f"{fate}_value" for fate in FATES), "value_entered"), 0.0)
    return dict.fromkeys((*COUNTS, "known"), 0) | money | {"currencies": set()}


def _identity(counts: Row, currencies: set[str]) -> Row:
    entered = counts["entered"]
    row: Row = {name: counts[name] for name in ("entered", *FATES, "skipped", "assumed", "negative")}
    row["undecided_share"] = share(row["still"], entered)
    row["value_known"] = share(counts["known"], entered)
    # Amounts of different currencies do not add up.
    if len(currencies) <= 1 and (counts["known"] or not entered):
        row |= {"value_entered": counts["value_entered"], "currency": next(iter(currencies), None)}
        row |= {f"{fate}_value": counts[f"{fate}_value"] for fate in FATES}
    return row


def _conversion(stage: _Stage, outcome: str) -> Row:
    row: Row = {"late": 0 if stage.window is not None else None}
    if outcome != "open":
        return row
    in_time, settled = stage.settled
    row |= {"late": stage.late if stage.window is not None else None, "window_days": stage.window}
    ratio = share(in_time, settled)
    row |= {"conversion_ended": ratio, "conversion": None, "low": None, "high": None}
    if stage.counts["entered"] and not stage.has_records:
        return row | {"method": "not_recorded"}
    if not settled:
        return row
    if not stage.has_lengths:
        # Without times nobody can say what moved on within a window.
        if stage.window is not None:
            return row | {"method": "no_times", "conversion_ended": None, "late": None}
        low, high = wilson(ratio, settled)
        return row | {"conversion": ratio, "low": low, "high": high, "method": "ended"}
    horizon = stage.horizon
    if horizon is None:
        return row
    low, high = stage.risks.interval(horizon, 0)
    return row | {
        "conversion": stage.risks.incidence_at(horizon, 0), "low": low, "high": high, "method": "aalen_johansen",
        "horizon_days": horizon,
    }  # fmt: skip


def _p(stage: _Stage, rest: _Stage) -> float | None:
    """Whether the stage's conversion differs from the rest's, both told by the same time."""
    if not all(each.settled[1] and each.has_records for each in (stage, rest)):
        return None
    if not (stage.has_lengths and rest.has_lengths):
        if stage.window is not None:
            return None
        ratios = [each.counts["advanced"] / each.ended for each in (stage, rest)]
        return share_difference(ratios[0], stage.ended, ratios[1], rest.ended)
    if stage.horizon is None or rest.horizon is None:
        return None
    time = min(stage.horizon, rest.horizon)
    shares = [(each.risks.incidence_at(time, 0), each.risks.effective_n(time, 0)) for each in (stage, rest)]
    return share_difference(*shares[0], *shares[1])
