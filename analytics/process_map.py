"""The map of the process: how deals come into each stage, wait there and go on, and how long each way out takes."""

from __future__ import annotations

from functools import partial
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.first_seen import known_before, seen_again
from analytics.funnel import FATES
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, numbered, rows, whole
from analytics.stage_paths import deals_among, kind_of_move, money_of, one_currency, stage_moves
from analytics.survival import Lengths, kaplan_meier, weighted_quantile
from analytics.time_in_stage import (
    MINUTES_A_DAY,
    counts_of,
    is_told,
    steps_for,
    visits,
    watched_by,
    watched_visits,
)
from data.tables import Tables

ARROW_COLUMNS = (
    "pipeline", "from_stage", "from_order", "to_stage", "to_order", "move", "moves", "deals", "move_share", "low", "high",
    "timed", "mean_completed_days", "median_completed_days", "p75_completed_days", "money", "value_known", "currency",
)  # fmt: skip
NODE_COLUMNS = (
    "pipeline", "stage", "stage_order", "visits", "deals", "open", "median_days", "median_low", "median_high",
    "longest_days", "money", "open_money", "value_known", "currency",
)  # fmt: skip


def process_map(tables: Tables, filters: Filters) -> Question:
    """One row an arrow: a direct move from one stage to the next, with how often, how long and how much. `ARROW_COLUMNS`.

    The moves of `stage_moves`, and how deals come in: `start`, and `came_in` from another pipeline or after being closed.
    What comes to a stage is what leaves it and what is still there. Days are those in `from_stage` before the move, of the
    moves made; unknown at a stage of which no file tells when deals came and left. The period bounds the creation of deals.
    """
    moves = stage_moves(tables, filters)
    each = _visits(tables, filters)
    asks = dict(moves.asks) | {
        "visits": each.count().name("visits").as_table(),
        "starts": _sums(each.filter(_.turn == 1)),
        "came": each.agg(visits=_.count(), starts=_.count(where=_.turn == 1), by=["pipeline", "stage"]),
        "again": _again(each, tables),
    }

    def more(answers: Answers) -> dict[str, ir.Table]:
        moved = visits(tables, filters, steps=steps_for(answers, None), dated="created")
        lengths = {"lengths": _lengths(moved, "next_stage")}
        # Few data have any, and to find them is slow.
        return lengths | (
            {"came_in": _sums(_coming_in(each), deals=_.deal_no.nunique())} if _has_come_in(answers) else {}
        )

    return Question(asks, lambda answers: _arrow_rows(moves.finish(answers), answers), (more,))


def process_stages(tables: Tables, filters: Filters) -> Question:
    """One row an open stage that deals were in: its visits, those waiting now, and how long it takes. `NODE_COLUMNS`.

    `median_days` counts those that wait for as long as they have, as in `time_in_stage`; here the period bounds the
    creation of deals, so that stages and moves are about the same visits.
    """
    each = _visits(tables, filters)
    asks = {
        "visits": each.count().name("visits").as_table(),
        "seen_again": seen_again(tables),
        "stays": _sums(each, _.fate == "still", visits=_.count(), deals=_.count(where=_.visit == 1)),
    }

    def lengths(answers: Answers) -> dict[str, ir.Table]:
        return {"lengths": _lengths(watched_visits(tables, filters, None, answers, "created"), "delay")}

    return Question(asks, _node_rows, (partial(known_before, tables, filters), lengths))


def deals_coming_in(tables: Tables, filters: Filters, stage: str) -> ir.Table:
    """The deals that came to `stage` from another pipeline or after being closed, largest first. Its columns are those of `deals_of_move`."""
    return deals_among(tables, filters, _coming_in(_visits(tables, filters)).filter(_.stage == stage))


def _visits(tables: Tables, filters: Filters) -> ir.Table:
    return visits(tables, filters, dated="created")


def _sums(stays: ir.Table, among: Any = None, **counts: Any) -> ir.Table:
    """Of each stage, its stays and their money; with `among` the money and number of those among them too."""
    open_ = {} if among is None else {"open": _.count(where=among), "open_money": _.deal_amount.sum(where=among)}
    return stays.agg(
        moves=_.count(),
        money=_.deal_amount.sum(),
        known=_.deal_amount.count(),
        first_currency=_.deal_currency.min(),
        last_currency=_.deal_currency.max(),
        **(open_ | counts),
        by=["pipeline", "stage", "stage_order"],
    )


def _lengths(each: ir.Table, apart: str) -> ir.Table:
    """How many visits lasted how long, told apart also by `apart`."""
    return each.agg(
        n=_.count(),
        days=_.days.sum(),
        stage_order=_.stage_order.min(),
        by=["pipeline", "stage", "fate", apart, "is_recorded", "length"],
    )


def _again(each: ir.Table, tables: Tables) -> ir.Table:
    """How often a move was made by a deal that had made it before: only deals that came back to a stage can."""
    won = tables.stages.filter(_.outcome == "won").select(won_in="pipeline", won_stage="stage").distinct()
    returned = each.filter(_.visit > 1).select(returned_no="deal_no").distinct()
    stays = each.semi_join(returned, [("deal_no", "returned_no")])
    stays = stays.left_join(won, [("pipeline", "won_in"), ("next_stage", "won_stage")])
    # All won stages are one place to go.
    way = (stays.won_stage.notnull() & (stays.fate == "advanced")).ifelse("won", stays.fate)
    stays = stays.mutate(way=way, to=way.isin(["advanced", "back", "handed_off"]).ifelse(stays.next_stage, None))
    made = stays.agg(n=_.count(), by=["deal_no", "pipeline", "stage", "way", "to"]).filter(_.n > 1)
    return made.agg(again=(_.n - 1).sum(), by=["pipeline", "stage", "way", "to"])


def _has_come_in(answers: Answers) -> bool:
    came = answers["came"]
    arrived = answers["moves"][answers["moves"]["next_stage"].notna()]
    arrived = arrived[arrived["fate"].isin(["advanced", "back"])].merge(
        came[["pipeline", "stage"]].rename(columns={"stage": "next_stage"}), on=["pipeline", "next_stage"]
    )
    return int(came["visits"].sum()) > int(came["starts"].sum()) + int(arrived["moves"].sum())


def _coming_in(each: ir.Table) -> ir.Table:
    """Visits that were neither a deal's beginning nor come to from an open stage of the pipeline."""
    before = each.select(before_no="deal_no", before_in="pipeline", before_turn=_.turn + 1)
    keys = [("deal_no", "before_no"), ("pipeline", "before_in"), ("turn", "before_turn")]
    return each.filter(_.turn > 1).anti_join(before, keys)


def _arrow_rows(moves: pd.DataFrame, answers: Answers) -> pd.DataFrame:
    times = _times(answers)
    again = {
        (row["pipeline"], row["stage"], row["way"], row["to"]): whole(row["again"]) for row in rows(answers["again"])
    }
    found = [*_from_outside(answers, "start"), *(_from_outside(answers, "came_in") if "came_in" in answers else [])]
    for row in rows(moves):
        kind, to = row["move"], row["next_stage"]
        way = "advanced" if kind in ("forward", "skip") else kind
        before = again.get((row["pipeline"], row["stage"], way, None if kind == "won" else to), 0)
        found.append(
            row
            | times.get((row["pipeline"], row["stage"], kind, to), {})
            | {
                "from_stage": row["stage"], "from_order": row["stage_order"], "to_stage": to,
                "to_order": row["next_order"], "deals": row["moves"] - before,
            }
        )  # fmt: skip
    found.sort(key=lambda row: (str(row["pipeline"]), row.get("from_stage") is not None))
    return frame(found, ARROW_COLUMNS)


def _from_outside(answers: Answers, kind: str) -> list[Row]:
    """The arrows that come from no stage."""
    parts = one_currency(rows(answers["starts" if kind == "start" else kind]))
    found = [
        {
            "pipeline": part["pipeline"], "to_stage": part["stage"], "to_order": whole(part["stage_order"]), "move": kind,
            "moves": whole(part["moves"]), "deals": whole(part.get("deals") or part["moves"]),
        }
        | money_of(part, whole(part["moves"]))
        for part in parts
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row["to_order"], str(row["to_stage"])))


def _times(answers: Answers) -> dict[tuple[Any, ...], Row]:
    """How long stays lasted before each move, by pipeline, stage, move and where to; of the stages whose times are told."""
    lengths = answers["lengths"]
    counts = counts_of(lengths, ["pipeline", "stage"])
    lengths = lengths[(lengths["fate"] != "still") & (lengths["length"] >= 0)]
    if lengths.empty:
        return {}
    stages = {(row["pipeline"], row["stage"]): row for row in rows(answers["stages"])}
    numbers, ways = numbered(lengths, ["pipeline", "stage", "fate", "next_stage"])
    keys = []
    for pipeline, stage, fate, to in ways:
        way = {"pipeline": pipeline, "stage": stage, "fate": fate, "next_stage": to}
        way["stage_order"] = stages.get((pipeline, stage), {}).get("stage_order", 0)
        kind, target, _order = kind_of_move(way, stages)
        keys.append((pipeline, stage, kind, target))
    arrows = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    of_row = np.array([arrows[key] for key in keys])[numbers]
    days = np.bincount(of_row, lengths["days"], len(arrows))
    took = Lengths.by(lengths.assign(arrow=of_row).rename(columns={"length": "hours"}), ["arrow"], "fate", FATES)
    found: dict[tuple[Any, ...], Row] = {}
    for key, place in arrows.items():
        if not is_told(counts[key[:2]]):
            continue
        own = took[(place,)]
        each, n = own.hours / MINUTES_A_DAY, own.counts.sum(axis=1)
        found[key] = {
            "timed": own.n, "mean_completed_days": float(days[place]) / own.n,
            "median_completed_days": weighted_quantile(each, n, 0.5), "p75_completed_days": weighted_quantile(each, n, 0.75),
        }  # fmt: skip
    return found


def _node_rows(answers: Answers) -> pd.DataFrame:
    lengths, keys = answers["lengths"], ["pipeline", "stage"]
    counts = counts_of(lengths, keys)
    took = watched_by(lengths, keys)
    found: list[Row] = []
    for part in one_currency(rows(answers["stays"])):
        place = (part["pipeline"], part["stage"])
        row = {"pipeline": place[0], "stage": place[1], "stage_order": whole(part["stage_order"])}
        row |= {name: whole(part[name]) for name in ("visits", "deals", "open")} | money_of(part, whole(part["visits"]))
        if row.get("money") is not None:
            row["open_money"] = number(part["open_money"])
        watched = took[place]
        if is_told(counts[place]) and watched.is_enough:
            own = watched.known
            each = own.hours / MINUTES_A_DAY
            median = kaplan_meier(each, own.counts[:, :-1].sum(axis=1), own.counts[:, -1], watched.late).time_of(0.5)
            row |= {
                "median_days": median.days, "median_low": median.low, "median_high": median.high,
                "longest_days": float(each[-1]),
            }  # fmt: skip
        found.append(row)
    found.sort(key=lambda row: (str(row["pipeline"]), row["stage_order"], str(row["stage"])))
    return frame(found, NODE_COLUMNS)
