"""How deals move from stage to stage, and what became of those that came to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
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
from analytics.rows import Row, frame, number, rows, split, whole, with_q_values
from analytics.stays import FATES as FATES
from analytics.stays import PLAIN, entries, excluded_deals, firsts
from analytics.stays import RULES as RULES
from analytics.stays import WON as WON
from analytics.stays import Counting as Counting
from analytics.stays import Dating as Dating
from analytics.stays import Rule as Rule
from analytics.stays import first_stays as first_stays
from analytics.survival import CompetingRisks, Lengths
from data.schema import Tables

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
NEGATIVE = -1
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
Tidy = tuple[pd.DataFrame, pd.DataFrame, dict[Place, Row]]


@dataclass
class _Stage:
    """What is known of one stage in one group: counts, and how long stays took until each fate."""

    counts: Row
    lengths: Lengths
    window: float | None = None

    @property
    def ended(self) -> int:
        return sum(whole(self.counts[fate]) for fate in ENDED)

    @property
    def late(self) -> int:
        """How many moved on after the window."""
        return self._after_window(FATES.index("advanced"))

    @property
    def settled(self) -> tuple[int, int]:
        """How many moved on in time, and of how many that is known: they left, or the window closed on them."""
        overdue = self._after_window(FATES.index("still"))
        return whole(self.counts["advanced"]) - self.late, self.ended + overdue

    def _after_window(self, fate: int) -> int:
        if self.window is None:
            return 0
        return int(self.lengths.counts[self.lengths.days > self.window, fate].sum())

    @property
    def has_records(self) -> bool:
        """False where every stay follows from the deals' status or from a later stage."""
        return whole(self.counts["entered"]) > whole(self.counts["skipped"]) + whole(self.counts["assumed"])

    @property
    def is_recorded(self) -> bool:
        """Whether what became of the deals is known from records, up to a few; of no deals it is."""
        entered = whole(self.counts["entered"])
        return not entered or (self.has_records and whole(self.counts["assumed"]) <= MOST_ASSUMED * entered)

    @property
    def has_lengths(self) -> bool:
        """False where too many stays follow from the deals' status, or have no times."""
        entered = whole(self.counts["entered"])
        most = MOST_ASSUMED * entered
        assumed, untimed = whole(self.counts["assumed"]), whole(self.counts["untimed"]) + whole(self.counts["negative"])
        return entered > 0 and assumed <= most and untimed <= most

    def horizon(self, risks: CompetingRisks) -> float | None:
        """By when the conversion is told: the window, if deals were followed that far."""
        longest = risks.horizon()
        return longest if self.window is None or longest is None else min(longest, self.window)

    def without(self, part: _Stage) -> _Stage:
        counts = {name: whole(self.counts[name]) - whole(part.counts[name]) for name in COUNTS}
        return _Stage(counts, self.lengths.without(part.lengths), self.window)


def _rows(answers: Groups, key: str | None, counting: Counting, merge_won: bool) -> pd.DataFrame:
    return _told(answers, _tidy(answers, merge_won), key, counting)


def _told(answers: Groups, tidy: Tidy, key: str | None, counting: Counting) -> pd.DataFrame:
    counted, lengths, order = tidy
    pipelines = {place[0] for place in order} | set(counted["pipeline"])
    if counting.from_leads:
        counted, lengths, order = _with_leads(answers["leads"], counted, lengths, order, pipelines)
    stages = _stages(counted, lengths, key, counting)
    everyone = _stages(counted, lengths, None, counting).get(None, {}) if key is not None else {}
    said = {name: whole(answers[name][name].iloc[0]) if name in answers else 0 for name in SAID}
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
            first = firsts_.setdefault(place[0], whole(stage.counts["entered"]))
            row = {} if key is None else {key: group}
            row |= {"pipeline": place[0], "stage": place[1], "outcome": order[place]["outcome"]} | said
            row |= {"stage_order": whole(order[place]["stage_order"]), "is_optional": place[1] in counting.optional}
            row |= {"is_recorded": stage.is_recorded, "of_first": share(whole(stage.counts["entered"]), first)}
            row |= _identity(stage.counts, currencies) | _conversion(stage, row["outcome"])
            found.append(row)
            is_tested = key is not None and row["outcome"] == "open" and place in own
            tests.append(_p(stage, everyone[place].without(stage)) if is_tested else None)
    columns = list(COLUMNS)
    if key is not None:
        with_q_values(found, tests)
        columns = [key, *columns, "q_value", "tests"]
    return frame(found, columns)


def _rows_by_rule(answers: Groups, counting: Counting) -> pd.DataFrame:
    found = []
    tidy = _tidy(answers, merge_won=True)
    for rule in RULES:
        by_rule = replace(counting, rule=rule)
        kept = _by_rule(tidy[0], rule)
        money: dict[Place, dict[str, Row]] = defaultdict(dict)
        for (*place, currency), part in split(kept, ["pipeline", "stage", "currency"]).items():
            if currency is not None:
                money[place[0], place[1]][currency] = _money(part)
        rows_ = _told(answers, tidy, None, by_rule)
        places = zip(rows_["pipeline"], rows_["stage"], strict=True)
        found.append(rows_.assign(rule=rule, by_currency=[money[place] for place in places]))
    return pd.concat(found, ignore_index=True)


def _tidy(answers: Groups, merge_won: bool) -> Tidy:
    """The counts and lengths with their pipeline, and each stage's place; with `merge_won` won stages under one name."""
    order = {(row["pipeline"], row["stage"]): row for row in rows(answers["order"])}
    only = next(iter(order), (None, None))[0]
    counted, lengths = (
        part if "pipeline" in part else part.assign(pipeline=only) for part in (answers["stages"], answers["lengths"])
    )
    outcomes = ("open", "won") if merge_won else ("open", "won", "lost")
    for row in rows(counted[["pipeline", "stage", "stage_order", "outcome"]].drop_duplicates(["pipeline", "stage"])):
        order.setdefault((row["pipeline"], row["stage"]), row)
    order = {place: row for place, row in order.items() if row["outcome"] in outcomes}
    if merge_won:
        merged: dict[Place, Row] = {}
        for place, row in sorted(order.items(), key=lambda each: number(each[1]["stage_order"])):
            merged.setdefault((place[0], WON) if row["outcome"] == "won" else place, row)
        # A deal that came to two won stages is one.
        is_won = counted["outcome"] == "won"
        counted = counted.assign(stage=counted["stage"].mask(is_won, WON))
        counted = counted[(counted["outcome"] == "open") | is_won & counted["is_first"].astype(bool)]
        order = merged
    return counted, lengths, order


def _with_leads(
    leads: pd.DataFrame, counted: pd.DataFrame, lengths: pd.DataFrame, order: dict[Place, Row], pipelines: set[Any]
) -> Tidy:
    """The leads before the first stage of each pipeline."""
    seen = {"stage": LEADS, "outcome": "open", "is_skipped": False, "is_strict": True, "is_recorded": True}
    leads = pd.concat([leads.assign(pipeline=pipeline, **seen) for pipeline in pipelines], ignore_index=True)
    first = {(pipeline, LEADS): {"stage_order": 0, "outcome": "open"} for pipeline in pipelines}
    return pd.concat([counted, leads], ignore_index=True), pd.concat([lengths, leads], ignore_index=True), first | order


def _by_rule(part: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    if rule == "filled":
        return part
    kept = ~part["is_skipped"].astype(bool)
    return part[kept & part["is_strict"].astype(bool)] if rule == "strict" else part[kept]


def _stages(
    counted: pd.DataFrame, lengths: pd.DataFrame, key: str | None, counting: Counting
) -> dict[Any, dict[Place, _Stage]]:
    """What is known of each stage, by group; without `key` all groups together, as None."""
    keys = [*(["group"] if key is not None else []), "pipeline", "stage"]
    counted, lengths = _by_rule(counted, counting.rule), _by_rule(lengths, counting.rule)
    skipped, recorded = counted["is_skipped"].astype(bool), counted["is_recorded"].astype(bool)
    timed = lengths["hours"] >= 0
    parts = {
        "skipped": _sums(counted[skipped], keys),
        "assumed": _sums(counted[~skipped & ~recorded], keys),
        "negative": _sums(lengths[lengths["hours"] < 0], keys),
        "untimed": _sums(lengths[lengths["hours"].isna()], keys),
        "known": _sums(counted, keys, "known"),
    }
    counts, money = _sums(counted, [*keys, "fate"]), _sums(counted, [*keys, "fate"], "amount")
    currencies: dict[Any, set[str]] = defaultdict(set)
    for each in _sums(counted[counted["currency"].notna()], [*keys, "currency"]):
        currencies[each[:-1]].add(each[-1])
    took = _lengths(lengths[timed], keys)
    stages: dict[Any, dict[Place, _Stage]] = defaultdict(dict)
    for place in dict.fromkeys(each[:-1] for each in counts):
        of_fate = {fate: whole(counts.get((*place, fate))) for fate in FATES}
        row: Row = of_fate | {name: whole(part.get(place)) for name, part in parts.items()}
        row |= {f"{fate}_value": number(money.get((*place, fate))) for fate in FATES}
        row |= {
            "entered": sum(of_fate.values()),
            "value_entered": sum(row[f"{fate}_value"] for fate in FATES),
            "currencies": currencies[place],
        }
        group = place[0] if key is not None else None
        stages[group][place[-2], place[-1]] = _Stage(row, took.get(place, NO_LENGTHS), _window(counting, place[-1]))
    return stages


def _lengths(timed: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Lengths]:
    """The lengths of each combination of `keys`; there may be hundreds of thousands of rows."""
    if timed.empty:
        return {}
    groups = timed.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    in_order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[in_order], prepend=-1))
    hours = timed["hours"].to_numpy(dtype=np.int64)[in_order]
    n = timed["n"].to_numpy(dtype=np.float64)[in_order]
    fates = pd.Categorical(timed["fate"], categories=FATES).codes[in_order]
    firsts_of = timed[keys].take(in_order[starts])
    found = {}
    for key, start, end in zip(
        firsts_of.itertuples(index=False, name=None), starts, [*starts[1:], len(hours)], strict=True
    ):
        each, places = np.unique(hours[start:end], return_inverse=True)
        counts = np.zeros((len(each), len(FATES)))
        np.add.at(counts, (places, fates[start:end]), n[start:end])
        found[tuple(None if pd.isna(part) else part for part in key)] = Lengths(each, counts)
    return found


def _window(counting: Counting, stage: str) -> float | None:
    """The window of a stage; leads have one only by name, since when they were given up no file says."""
    return counting.windows.get(stage) if stage == LEADS else counting.window(stage)


def _sums(part: pd.DataFrame, keys: list[str], column: str = "n") -> dict[tuple[Any, ...], float]:
    """The sum of `column` for each combination of `keys`; what is missing is None."""
    sums = part.groupby(keys, dropna=False, sort=False)[column].sum()
    return {
        tuple(None if pd.isna(each) else each for each in key): value
        for key, value in zip(sums.index, sums.to_numpy(), strict=True)
    }


def _money(part: pd.DataFrame) -> Row:
    """The columns of money of one stage in one currency."""
    of_fate = part.groupby("fate")["amount"].sum()
    values = {f"{fate}_value": float(of_fate.get(fate, 0.0)) for fate in FATES}
    known = part["known"].sum()
    return values | {
        "value_entered": sum(values.values()),
        "known": int(known),
        "value_known": share(known, part["n"].sum()),
    }


def _no_counts() -> Row:
    """Of a stage that no deal of the group came to."""
    money = dict.fromkeys((*(f"{fate}_value" for fate in FATES), "value_entered"), 0.0)
    return dict.fromkeys((*COUNTS, "known"), 0) | money | {"currencies": set()}


def _identity(counts: Row, currencies: set[str]) -> Row:
    entered = whole(counts["entered"])
    row: Row = {name: whole(counts[name]) for name in ("entered", *FATES, "skipped", "assumed", "negative")}
    row["undecided_share"] = share(row["still"], entered)
    row["value_known"] = share(whole(counts["known"]), entered)
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
    if whole(stage.counts["entered"]) and not stage.has_records:
        return row | {"method": "not_recorded"}
    if not settled:
        return row
    if not stage.has_lengths:
        # Without times nobody can say what moved on within a window.
        if stage.window is not None:
            return row | {"method": "no_times", "conversion_ended": None, "late": None}
        low, high = wilson(ratio, settled)
        return row | {"conversion": ratio, "low": low, "high": high, "method": "ended"}
    risks = stage.lengths.risks()
    horizon = stage.horizon(risks)
    if horizon is None:
        return row
    low, high = risks.interval(horizon, 0)
    return row | {
        "conversion": risks.incidence_at(horizon, 0), "low": low, "high": high, "method": "aalen_johansen",
        "horizon_days": horizon,
    }  # fmt: skip


def _p(stage: _Stage, rest: _Stage) -> float | None:
    """Whether the stage's conversion differs from the rest's, both told by the same time."""
    if not all(each.settled[1] and each.has_records for each in (stage, rest)):
        return None
    if not (stage.has_lengths and rest.has_lengths):
        if stage.window is not None:
            return None
        ratios = [whole(each.counts["advanced"]) / each.ended for each in (stage, rest)]
        return share_difference(ratios[0], stage.ended, ratios[1], rest.ended)
    own, other = stage.lengths.risks(), rest.lengths.risks()
    horizons = stage.horizon(own), rest.horizon(other)
    if horizons[0] is None or horizons[1] is None:
        return None
    time = min(horizons[0], horizons[1])
    shares = [(risks.incidence_at(time, 0), risks.effective_n(time, 0)) for risks in (own, other)]
    return share_difference(*shares[0], *shares[1])
