"""How deals move from stage to stage, and what became of those that came to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
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
from analytics.question import Question
from analytics.rows import MICROSECONDS_A_DAY, Row, frame, full_hours, number, rows, split, whole, with_q_values
from analytics.survival import Lengths
from data.messages import N_
from data.schema import Tables

Rule = Literal["visited", "filled", "strict"]
RULES: tuple[Rule, ...] = ("visited", "filled", "strict")
FATES = ("advanced", "lost", "back", "handed_off", "still")
ENDED = FATES[:-1]
COUNTS = ("entered", *FATES, "skipped", "assumed", "untimed", "negative")
NO_LENGTHS = Lengths(np.empty(0, dtype=np.int64), np.empty((0, len(FATES))))
WON = N_("Won")
COLUMNS = (
    "pipeline", "stage", "stage_order", "outcome", "entered", *FATES, "conversion", "conversion_ended", "low", "high",
    "value_entered", *(f"{fate}_value" for fate in FATES), "value_known", "currency", "of_first", "undecided_share",
    "method", "horizon_days", "is_recorded", "skipped", "assumed", "negative", "undated",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "created_at", "stage", "entered_at", "left_at",
    "days", "fate", "next_stage", "is_recorded", "is_skipped",
)  # fmt: skip
SKIPPER_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "pipeline", "stage", "stage_order",
    "reached", "at",
)  # fmt: skip
# With more stays than this share whose time no file gives, durations would be made up.
MOST_ASSUMED = 0.05


def stage_conversion(
    tables: Tables, filters: Filters, by: Field | None = None, rule: Rule = "visited", merge_won: bool = False
) -> Question:
    """One row a stage, or a stage and group of `by`, of `filters.pipeline` (None: of each). Columns: `COLUMNS`.

    The period bounds the creation of deals. A deal counts once a stage, with its first stay. `merge_won` makes the won
    stages one row and leaves out the lost ones.
    """
    keys = ["group"] if by else []
    stage = ["pipeline", "stage", "stage_order", "outcome"]
    stays = _first_stays(tables, filters, rule, merge_won, by)
    money = {f"{fate}_value": _.deal_amount.sum(where=_.fate == fate) for fate in FATES}
    asks = {
        "stages": stays.agg(
            entered=_.count(),
            **{fate: _.count(where=_.fate == fate) for fate in FATES},
            **money,
            known=_.deal_amount.count(),
            skipped=_.count(where=_.is_skipped),
            assumed=_.count(where=_.is_assumed),
            untimed=_.count(where=_.is_untimed),
            negative=_.count(where=_.is_negative),
            first_currency=_.deal_currency.min(),
            last_currency=_.deal_currency.max(),
            by=[*keys, *stage],
        ),
        "lengths": stays.filter((_.outcome == "open") & ~_.is_untimed & ~_.is_negative)
        .mutate(hours=full_hours(_.microseconds))
        .agg(n=_.count(), by=[*keys, "pipeline", "stage", "fate", "hours"]),
        "order": _order(tables, filters, merge_won),
    }
    if filters.has_period:
        undated = filters.stage_entries(tables).filter(_.deal_created_at.isnull())
        asks["undated"] = undated.agg(undated=_.deal_id.nunique())
    return Question(asks, partial(_rows, key=by.key(COLUMNS) if by else None))


def skippers(tables: Tables, filters: Filters) -> ir.Table:
    """The deals that went past an open stage without being seen in it, one row a deal and stage skipped.

    Columns: `SKIPPER_COLUMNS`; `stage` is the one skipped, `reached` the one the deal came to instead, `at` when.
    """
    entries = filters.stage_entries(tables, "created" if filters.has_period else None)
    seen = entries.filter(~_.is_skipped & _.entered_at.notnull()).select(
        of_deal=_.deal_id, of_pipeline=_.pipeline, came_at=_.entered_at, came_to=_.stage, came_order=_.stage_order
    )
    reached = (
        entries.filter(_.is_skipped)
        .inner_join(seen, [("deal_id", "of_deal"), ("pipeline", "of_pipeline"), ("entered_at", "came_at")])
        .filter(_.stage_order < _.came_order)
        .agg(reached=_.came_to.argmin(_.came_order), by=["deal_id", "pipeline", "stage"])
        .rename(of_deal="deal_id", of_pipeline="pipeline", of_stage="stage")
    )
    skipped = (
        entries.filter(_.is_skipped)
        .left_join(reached, [("deal_id", "of_deal"), ("pipeline", "of_pipeline"), ("stage", "of_stage")])
        .select(
            "deal_id", "pipeline", "stage", "stage_order", reached=_.reached.fill_null(_.next_stage), at=_.entered_at
        )
    )
    return _with_deals(skipped, tables).select(
        *SKIPPER_COLUMNS
    ).order_by(_.amount.desc(nulls_first=False), "deal_id", "stage_order")  # fmt: skip


def deals_in_stage(
    tables: Tables,
    filters: Filters,
    stage: str,
    fate: str | None = None,
    rule: Rule = "visited",
    merge_won: bool = False,
) -> ir.Table:
    """The deals behind one bar of `stage_conversion`, or one fate in it, largest first. Columns: `DEAL_COLUMNS`.

    `entered_at`, `left_at` and `days` are null for a stay no file recorded: its times are those of other events.
    """
    stays = _first_stays(tables, filters, rule, merge_won).filter(_.stage == stage)
    if fate is not None:
        stays = stays.filter(_.fate == fate)
    seen = _.is_recorded & ~_.is_skipped
    stays = stays.mutate(
        entered_at=seen.ifelse(_.entered_at, ibis.null("timestamp")),
        left_at=seen.ifelse(_.left_at, ibis.null("timestamp")),
        days=(seen & ~_.is_untimed).ifelse(_.microseconds / MICROSECONDS_A_DAY, ibis.null("float64")),
    ).select("deal_id", "stage", "entered_at", "left_at", "days", "fate", "next_stage", "is_recorded", "is_skipped")
    return _with_deals(stays, tables).select(*DEAL_COLUMNS).order_by(_.amount.desc(nulls_first=False), "deal_id")


def _with_deals(stays: ir.Table, tables: Tables) -> ir.Table:
    deals = tables.deals.select("deal_name", "customer", "owner", "amount", "currency", "created_at", of_deal=_.deal_id)
    return stays.left_join(deals, [("deal_id", "of_deal")])


def _merged(table: ir.Table, merge_won: bool) -> ir.Table:
    """With `merge_won`, the won stages of a pipeline under one name and order, without the lost ones."""
    if not merge_won:
        return table
    first_won = _.stage_order.min().over(group_by=["pipeline", "outcome"])
    return (
        table.filter(_.outcome != "lost")
        .mutate(first_order=first_won)
        .mutate(
            stage=(_.outcome == "won").ifelse(WON, _.stage),
            stage_order=(_.outcome == "won").ifelse(_.first_order, _.stage_order),
        )
        .drop("first_order")
    )


def _order(tables: Tables, filters: Filters, merge_won: bool) -> ir.Table:
    stages = tables.stages
    if filters.pipeline is not None:
        stages = stages.filter(_.pipeline == filters.pipeline)
    stages = stages.select("pipeline", "stage", "stage_order", "outcome")
    return _merged(stages, merge_won).distinct().order_by("pipeline", "stage_order", "stage")


def _first_stays(tables: Tables, filters: Filters, rule: Rule, merge_won: bool, by: Field | None = None) -> ir.Table:
    """The first stay of each deal in each stage, by the rule for skipped ones; a seen stay goes before a filled one."""
    entries = filters.stage_entries(tables, "created" if filters.has_period else None, by)
    if rule != "filled":
        entries = entries.filter(~_.is_skipped)
    first = ibis.row_number().over(
        group_by=["pipeline", "stage", "deal_id"],
        order_by=[_.is_skipped, _.visit, _.entered_at.asc(nulls_first=False)],
    )
    stays = _merged(entries, merge_won).mutate(place=first).filter(_.place == 0)
    if rule == "strict":
        stays = stays.filter(_.skips_before.fill_null(0) == 0)
    return (
        stays.mutate(end=(_.fate == "still").ifelse(ibis.timestamp(filters.now), _.left_at))
        .mutate(
            is_assumed=~_.is_recorded & ~_.is_skipped,
            is_untimed=~_.is_skipped & (_.entered_at.isnull() | _.end.isnull()),
            microseconds=_.is_skipped.ifelse(0, _.end.delta(_.entered_at, unit="microsecond")),
        )
        .mutate(is_negative=(_.microseconds < 0).fill_null(False))
    )


Groups = Mapping[str, pd.DataFrame]
Place = tuple[Any, Any]  # pipeline, stage


@dataclass
class _Stage:
    """What is known of one stage in one group: counts, and how long stays took until each fate."""

    counts: Row
    lengths: Lengths

    @property
    def ended(self) -> int:
        return sum(whole(self.counts[fate]) for fate in ENDED)

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

    def without(self, part: _Stage) -> _Stage:
        counts = {name: whole(self.counts[name]) - whole(part.counts[name]) for name in COUNTS}
        return _Stage(counts, self.lengths.without(part.lengths))


def _rows(answers: Groups, key: str | None) -> pd.DataFrame:
    stages = _stages(answers)
    everyone = _everyone(answers, stages) if key is not None else {}
    undated = whole(answers["undated"]["undated"].iloc[0]) if "undated" in answers else 0
    order = {(row["pipeline"], row["stage"]): row for row in rows(answers["order"])}
    for found_here in stages.values():
        for place, stage in found_here.items():
            order.setdefault(place, stage.counts)
    in_order = sorted(order, key=lambda place: (str(place[0]), number(order[place]["stage_order"]), str(place[1])))

    found: list[Row] = []
    tests: list[float | None] = []
    groups = sorted(stages, key=lambda name: (name is None, str(name)))
    for group in groups or ([None] if key is None else []):
        own = stages.get(group, {})
        seen = [own[place].counts for place in in_order if place in own]
        currencies = {row[end] for row in seen for end in ("first_currency", "last_currency")} - {None}
        firsts: dict[Any, int] = {}
        for place in in_order:
            stage = own.get(place) or _nothing(order[place])
            if key is not None and not any(other[0] == place[0] for other in own):
                continue
            first = firsts.setdefault(place[0], whole(stage.counts["entered"]))
            row = {} if key is None else {key: group}
            row |= {name: order[place][name] for name in ("pipeline", "stage", "outcome")}
            row |= {"stage_order": whole(order[place]["stage_order"]), "undated": undated}
            row["is_recorded"] = stage.is_recorded
            row |= {"of_first": share(whole(stage.counts["entered"]), first)}
            row |= _identity(stage.counts, currencies) | _conversion(stage, order[place]["outcome"])
            found.append(row)
            is_tested = key is not None and row["outcome"] == "open" and place in own
            tests.append(_p(stage, everyone[place].without(stage)) if is_tested else None)
    columns = list(COLUMNS)
    if key is not None:
        with_q_values(found, tests)
        columns = [key, *columns, "q_value", "tests"]
    return frame(found, columns)


def _stages(answers: Groups) -> dict[Any, dict[Place, _Stage]]:
    lengths = {
        (row_key[0] if len(row_key) == 3 else None, row_key[-2], row_key[-1]): Lengths.of(part, "fate", FATES)
        for row_key, part in split(answers["lengths"], _keys(answers["lengths"])).items()
    }
    stages: dict[Any, dict[Place, _Stage]] = defaultdict(dict)
    for row in rows(answers["stages"]):
        group, *place = (row.get("group"), row["pipeline"], row["stage"])
        stages[group][place[0], place[1]] = _Stage(row, lengths.get((group, *place), NO_LENGTHS))
    return stages


def _everyone(answers: Groups, stages: Mapping[Any, Mapping[Place, _Stage]]) -> dict[Place, _Stage]:
    """Each stage, all groups together."""
    counts: dict[Place, Row] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for own in stages.values():
        for place, stage in own.items():
            for name in COUNTS:
                counts[place][name] += whole(stage.counts[name])
    lengths = {
        (key[0], key[1]): Lengths.of(part, "fate", FATES)
        for key, part in split(answers["lengths"], ["pipeline", "stage"]).items()
    }
    return {place: _Stage(row, lengths.get(place, NO_LENGTHS)) for place, row in counts.items()}


def _keys(lengths: pd.DataFrame) -> list[str]:
    return [name for name in ("group", "pipeline", "stage") if name in lengths]


def _nothing(stage: Row) -> _Stage:
    """A stage that no deal of the group came to."""
    counts: Row = dict.fromkeys((*COUNTS, "known"), 0)
    return _Stage(counts | dict.fromkeys(f"{fate}_value" for fate in FATES) | stage, NO_LENGTHS)


def _identity(counts: Row, currencies: set[str]) -> Row:
    entered = whole(counts["entered"])
    row: Row = {name: whole(counts[name]) for name in ("entered", *FATES, "skipped", "assumed", "negative")}
    row["undecided_share"] = share(row["still"], entered)
    row["value_known"] = share(whole(counts["known"]), entered)
    # Amounts of different currencies do not add up.
    if len(currencies) <= 1 and (counts["known"] or not entered):
        values = {fate: number(counts[f"{fate}_value"]) for fate in FATES}
        row |= {"value_entered": sum(values.values()), "currency": next(iter(currencies), None)}
        row |= {f"{fate}_value": value for fate, value in values.items()}
    return row


def _conversion(stage: _Stage, outcome: str) -> Row:
    if outcome != "open":
        return {}
    ratio = share(whole(stage.counts["advanced"]), stage.ended)
    row: Row = {"conversion_ended": ratio, "conversion": None, "low": None, "high": None}
    if whole(stage.counts["entered"]) and not stage.has_records:
        return row | {"method": "not_recorded"}
    if not stage.ended:
        return row
    if not stage.has_lengths:
        low, high = wilson(ratio, stage.ended)
        return row | {"conversion": ratio, "low": low, "high": high, "method": "ended"}
    risks = stage.lengths.risks()
    horizon = risks.horizon()
    if horizon is None:
        return row
    low, high = risks.interval(horizon, 0)
    return row | {
        "conversion": risks.incidence_at(horizon, 0), "low": low, "high": high, "method": "aalen_johansen",
        "horizon_days": horizon,
    }  # fmt: skip


def _p(stage: _Stage, rest: _Stage) -> float | None:
    """Whether the stage's conversion differs from the rest's, both told by the same time."""
    if not all(each.ended and each.has_records for each in (stage, rest)):
        return None
    if not (stage.has_lengths and rest.has_lengths):
        ratios = [whole(each.counts["advanced"]) / each.ended for each in (stage, rest)]
        return share_difference(ratios[0], stage.ended, ratios[1], rest.ended)
    own, other = stage.lengths.risks(), rest.lengths.risks()
    horizons = own.horizon(), other.horizon()
    if horizons[0] is None or horizons[1] is None:
        return None
    time = min(horizons[0], horizons[1])
    shares = [(risks.incidence_at(time, 0), risks.effective_n(time, 0)) for risks in (own, other)]
    return share_difference(*shares[0], *shares[1])
