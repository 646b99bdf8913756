"""How a funnel counts, and the stays it is made of: the first one of each deal in each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from analytics.fields import Field
from analytics.filters import KEPT_TABLES, Filters, Ownership, StayDated
from data.messages import N_
from data.tables import Tables

Rule = Literal["visited", "filled", "strict"]
RULES: tuple[Rule, ...] = ("visited", "filled", "strict")
Dating = Literal["created", "active"]
FATES = ("advanced", "lost", "back", "handed_off", "still")
WON = N_("Won")


@dataclass(frozen=True)
class Counting:
    """How the funnel counts.

    rule: what a stage that a deal went past counts as. dated: a period bounds the creation of deals ("created": a cohort), or
    the day a deal came to the stage ("active"). window_days: a deal that moves on later than this many days after it came to
    a stage did not move on in time; step_windows: the same for single stages, before window_days. optional: stages that a
    deal may go past without having skipped them. excluded: stages, and excluded_reasons: lost reasons, whose deals are taken
    out whole. owner: owners are those of the deal now, or those at the time of the stay ("then"). from_leads: the funnel
    begins with the leads.
    """

    rule: Rule = "visited"
    dated: Dating = "created"
    window_days: float | None = None
    step_windows: tuple[tuple[str, float], ...] = ()
    optional: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    owner: Ownership = "now"
    from_leads: bool = False
    excluded_reasons: tuple[str, ...] = ()

    @property
    def windows(self) -> Mapping[str, float]:
        """The stages that have a window of their own."""
        return dict(self.step_windows)

    def window(self, stage: str) -> float | None:
        """How many days a deal has to move on from `stage`; None for as long as it takes."""
        return self.windows.get(stage, self.window_days)

    @property
    def has_windows(self) -> bool:
        return self.window_days is not None or bool(self.step_windows)


PLAIN = Counting()


def first_stays(
    tables: Tables,
    filters: Filters,
    counting: Counting = PLAIN,
    by: Field | None = None,
    merge_won: bool = False,
) -> ir.Table:
    """The first stay of each deal in each stage that `counting` counts, one row a deal and stage.

    The columns of `Filters.stage_entries`, with `by` the `group`; `hours` in the stage so far (0 for a skipped one, null
    without times, below 0 by mistake), `is_assumed`, `is_untimed`, `is_negative`. With `merge_won` the won stages of a pipeline
    are one, called `WON`, and the lost ones are left out.
    """
    stays = firsts(tables, filters, counting, by)
    kept = []
    if merge_won:
        kept.append((stays.outcome != "lost") & ((stays.outcome != "won") | (stays.outcome_visit == 1)))
    if counting.rule != "filled":
        kept.append(~stays.is_skipped)
    if counting.rule == "strict":
        kept.append(stays.is_strict)
    stays = stays.filter(kept) if kept else stays
    marks: dict[str, ir.Value] = {
        "is_assumed": ~stays.is_recorded & ~stays.is_skipped,
        "is_untimed": stays.hours.isnull(),
        "is_negative": (stays.hours < 0).fill_null(False),
    }
    if not merge_won:
        return stays.mutate(**marks).drop("is_strict")
    is_won = stays.outcome == "won"
    won = tables.stages.filter(_.outcome == "won")
    if filters.pipeline is not None:
        first = won.filter(_.pipeline == filters.pipeline).agg(won_order=_.stage_order.min()).as_scalar()
        marks |= {"stage": is_won.ifelse(WON, stays.stage), "stage_order": is_won.ifelse(first, stays.stage_order)}
        return stays.mutate(**marks).drop("is_strict")
    orders = won.agg(won_order=_.stage_order.min(), by=_.pipeline.name("won_in"))
    joined = stays.mutate(**marks).left_join(orders, [("pipeline", "won_in")])
    is_won = joined.outcome == "won"
    return joined.mutate(
        stage=is_won.ifelse(WON, joined.stage), stage_order=is_won.ifelse(joined.won_order, joined.stage_order)
    ).drop("won_in", "won_order", "is_strict")


@lru_cache(maxsize=KEPT_TABLES)
def firsts(tables: Tables, filters: Filters, counting: Counting, by: Field | None = None) -> ir.Table:
    """The first stays by any rule, with `hours` and `is_strict`: whether the deal skipped nothing on its way there."""
    stays = without_excluded(entries(tables, filters, counting, by), tables, filters, counting)
    kept = [stays.visit == 1]
    if counting.excluded:
        kept.append(stays.stage.notin(counting.excluded))
    if counting.optional:
        kept.append(~(stays.is_skipped & stays.stage.isin(counting.optional)))
    stays = stays.filter(kept)
    skips = _.skips_before.fill_null(0)
    if counting.optional:
        stays = _with_optional(stays, tables, filters, counting.optional)
        skips = skips - _.optional_before
    end = (_.fate == "still").ifelse(ibis.timestamp(filters.now), _.left_at)
    hours = filters.hours(end, _.entered_at)
    stays = stays.mutate(hours=_.is_skipped.ifelse(0, hours), is_strict=skips <= 0)
    return stays.drop("optional_before") if counting.optional else stays


def entries(tables: Tables, filters: Filters, counting: Counting, by: Field | None = None) -> ir.Table:
    """The stays of the period and owner that `counting` means."""
    dated: StayDated | None = "created" if counting.dated == "created" else "entered"
    if not filters.has_period:
        dated = None
    return filters.stage_entries(tables, dated, by, counting.owner)


def without_excluded(stays: ir.Table, tables: Tables, filters: Filters, counting: Counting) -> ir.Table:
    """`stays` without those of the deals that `counting` takes out."""
    for out in _taken_out(tables, filters, counting):
        stays = stays.anti_join(out, [("deal_no", "out_no")])
    return stays


def excluded_deals(tables: Tables, filters: Filters, counting: Counting) -> ir.Table:
    """How many deals of the funnel `counting` takes out: one row, `excluded`."""
    numbers = [out.select("out_no") for out in _taken_out(tables, filters, counting)]
    taken = numbers[0] if len(numbers) == 1 else ibis.union(*numbers)
    return (
        entries(tables, filters, counting)
        .semi_join(taken, [("deal_no", "out_no")])
        .agg(excluded=_.deal_no.nunique())
    )  # fmt: skip


def _taken_out(tables: Tables, filters: Filters, counting: Counting) -> list[ir.Table]:
    """The deals that had been in an excluded stage by then, and those lost by then for an excluded reason."""
    now = filters.now
    found = []
    if counting.excluded:
        been = [
            _.stage.isin(counting.excluded), ~_.is_skipped,
            (_.entered_at < now) | (_.entered_at.isnull() & ((_.deal_closed_at < now) | _.deal_closed_at.isnull())),
        ]  # fmt: skip
        if filters.pipeline is not None:
            been.append(_.pipeline == filters.pipeline)
        found.append(tables.stage_entries.filter(been).select(out_no=_.deal_no))
    if counting.excluded_reasons:
        lost = [
            _.status == "lost", _.lost_reason.isin(counting.excluded_reasons),
            (_.closed_at < now) | _.closed_at.isnull(),
        ]  # fmt: skip
        found.append(tables.deals.filter(lost).select(out_no=_.deal_no))
    return found


def _with_optional(stays: ir.Table, tables: Tables, filters: Filters, optional: tuple[str, ...]) -> ir.Table:
    """`optional_before`: how many of the optional stages before this one the deal had not been seen in when it came here."""
    seen = tables.stage_entries.filter(_.stage.isin(optional), ~_.is_skipped, _.visit == 1, _.outcome == "open")
    turns = {f"turn_{place}": _.turn.min(where=_.stage == stage) for place, stage in enumerate(optional)}
    seen = seen.agg(**turns, by=[_.deal_no.name("seen_no"), _.pipeline.name("seen_in")])
    places = tables.stages.filter(_.stage.isin(optional), _.outcome == "open").agg(
        **{f"order_{place}": _.stage_order.max(where=_.stage == stage) for place, stage in enumerate(optional)},
        by=_.pipeline.name("placed_in"),
    )
    joined = stays.left_join(seen, [("deal_no", "seen_no"), ("pipeline", "seen_in")])
    joined = joined.left_join(places, [("pipeline", "placed_in")])
    missing = []
    for place in range(len(optional)):
        passed = (_[f"order_{place}"] < _.stage_order) & (_.outcome != "lost")
        unseen = _[f"turn_{place}"].isnull() | (_[f"turn_{place}"] > _.turn)
        missing.append((passed & unseen).fill_null(False).cast("int64"))
    made = [name.format(place) for place in range(len(optional)) for name in ("turn_{}", "order_{}")]
    return joined.mutate(optional_before=reduce(add, missing)).drop(*made, "seen_no", "seen_in", "placed_in")
