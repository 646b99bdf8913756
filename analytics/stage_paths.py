"""The ways deals take from stage to stage: every move, forward, back and out, what going back costs, and the commonest paths."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.funnel import WON
from analytics.intervals import share, share_difference, wilson
from analytics.question import Question
from analytics.rows import MICROSECONDS_A_DAY, Row, frame, number, rows, whole, with_q_values
from analytics.survival import Lengths
from data.tables import Tables

MOVES = ("forward", "skip", "won", "lost", "back", "handed_off", "still")
MOVE_COLUMNS = (
    "pipeline", "stage", "stage_order", "move", "next_stage", "next_order", "moves", "leaving", "move_share", "low", "high",
    "returns", "money", "value_known", "currency",
)  # fmt: skip
PATH_COLUMNS = (
    "path_key", "path", "deals", "deal_share", "low", "high", "won", "lost", "undecided", "rate", "rate_low", "rate_high",
    "median_days", "money", "value_known", "currency", "is_reworked",
)  # fmt: skip
WAYS = ("reworked", "straight", "first_only")
REWORK_COLUMNS = (
    "way", "deals", "deal_share", "low", "high", "won", "total", "undecided", "undecided_share", "rate", "rate_low",
    "rate_high", "horizon_days", "matured", "matured_low", "matured_high", "repeat_days", "money", "open_money",
    "value_known", "currency",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "created_at", "status", "repeats",
    "repeat_days",
)  # fmt: skip

# A path is one whole number: six bits a stay, the stage's place in the pipeline, the first stay lowest. Ten stays fit.
STAYS_TOLD = 10
BITS = 6
LAST_PLACE = 2**BITS - 1
# More than a screen can list; past them a path is "other".
MOST_PATHS = 200
ENDINGS = ("open", "won", "lost")
KINDS = ("won", "lost", "open")


def stage_moves(tables: Tables, filters: Filters) -> Question:
    """One row a stage and move out of it: on, past a stage, won, lost, back, handed off, or still there. `MOVE_COLUMNS`.

    A stay is counted each time, so that a stage's moves add up to its stays; its money is counted with it. The period
    bounds the creation of deals. The won stages are one. Money is left out where there are several currencies.
    """
    stays = known_stays(tables, filters).filter(_.outcome == "open")
    asks = {
        "moves": stays.agg(
            moves=_.count(),
            returns=_.count(where=_.visit > 1),
            money=_.deal_amount.sum(),
            known=_.deal_amount.count(),
            first_currency=_.deal_currency.min(),
            last_currency=_.deal_currency.max(),
            by=["pipeline", "stage", "stage_order", "fate", "next_stage"],
        ),
        "stages": stages_of(tables, filters),
    }
    return Question(asks, _move_rows)


def stage_paths(tables: Tables, filters: Filters, most: int = 12) -> Question:
    """The `most` commonest paths, one row each, and a last row for all others together, so that deals add up. `PATH_COLUMNS`.

    A path is the stages a deal was in, in order; what became of it in the end is told beside it. The period bounds the
    creation of deals.
    """
    most = min(max(most, 1), MOST_PATHS)
    asks = {"deals": _told(tables, filters), "stages": stages_of(tables, filters)}
    return Question(asks, partial(_path_rows, most=most))


def rework(tables: Tables, filters: Filters) -> Question:
    """Three rows: deals that came back to a stage, those that went through two stages or more without, and those seen in
    one stage only. Columns: `REWORK_COLUMNS`, `q_value`, `tests`; days run from the first stay to the end.

    The third is told apart because a deal that ended in its first stage had no chance to go back: counting it with the
    second would make going back look good.
    """
    return Question({"deals": _told(tables, filters)}, _rework_rows)


def _told(tables: Tables, filters: Filters) -> ir.Table:
    """The commonest paths, the ways deals went with how they ended, and how long those took: one query, so that the deals
    are put together from their stays once. `part` says which of the three a row is.
    """
    deals = _deals(tables, filters)
    sums = {
        "n": deals.count(),
        "won": deals.count(where=deals.ending == ENDINGS.index("won")),
        "lost": deals.count(where=deals.ending == ENDINGS.index("lost")),
        "repeat_days": deals.repeat_days.sum(),
        "money": deals.amount.sum(),
        "known": deals.amount.count(),
        "first_currency": deals.currency.min(),
        "last_currency": deals.currency.max(),
    }
    paths = (
        deals.agg(
            **sums,
            median_days=deals.days.quantile(0.5, where=deals.ending == ENDINGS.index("won")),
            by=["code", "is_longer"],
        )
        .order_by(_.n.desc(), _.code, _.is_longer)
        .limit(MOST_PATHS)
    )
    ways = deals.agg(**sums, by=["way", "ending"])
    lengths = (
        deals.filter(_.days >= 0)
        .mutate(hours=(_.days.floor() * 24).cast("int64"))
        .agg(n=_.count(), by=["way", "ending", "hours"])
    )
    shape = ["code", "is_longer", "way", "ending", "hours", *sums, "median_days"]
    kinds = dict.fromkeys(("code", "hours", "n", "won", "lost", "known", "way", "ending"), "int64") | {
        "is_longer": "boolean"
    }
    kinds |= dict.fromkeys(("first_currency", "last_currency"), "string")

    def shaped(part: ir.Table, name: str) -> ir.Table:
        return part.select(
            part=ibis.literal(name),
            **{
                each: (part[each] if each in part.columns else ibis.null()).cast(kinds.get(each, "float64"))
                for each in shape
            },
        )

    return shaped(paths, "path").union(shaped(ways, "way"), shaped(lengths, "length"))


def deals_of_move(tables: Tables, filters: Filters, stage: str, move: str, next_stage: str | None) -> ir.Table:
    """The deals behind a row of `stage_moves`, each once, largest first. Columns: `DEAL_COLUMNS`.

    The move `advanced` means every way on; `visited` every stay in the stage, `start` those with which deals began.
    """
    stays = known_stays(tables, filters).filter((_.outcome == "open") & (_.stage == stage))
    if move == "start":
        stays = stays.filter(_.turn == 1)
    elif move != "visited":
        stays = stays.filter(_.fate == ("advanced" if move in ("forward", "skip", "won", "advanced") else move))
    if move == "won":
        order = tables.stages
        if filters.pipeline is not None:
            order = order.filter(_.pipeline == filters.pipeline)
        stays = stays.filter(_.next_stage.isin(order.filter(_.outcome == "won").stage))
    elif next_stage is not None:
        stays = stays.filter(_.next_stage == next_stage)
    return deals_among(tables, filters, stays)


def deals_among(tables: Tables, filters: Filters, stays: ir.Table) -> ir.Table:
    """The deals of some stays, each once, largest first. Columns: `DEAL_COLUMNS`."""
    wanted = stays.select(wanted_no="deal_no").distinct()
    return _listed(_deals(tables, filters).inner_join(wanted, [("deal_no", "wanted_no")]), tables)


def deals_of_path(tables: Tables, filters: Filters, path_key: str) -> ir.Table:
    """The deals behind a row of `stage_paths`, largest first. Columns: `DEAL_COLUMNS`."""
    code, is_longer = _coded(path_key)
    return _listed(_deals(tables, filters).filter((_.code == code) & (_.is_longer == is_longer)), tables)


def deals_of_way(tables: Tables, filters: Filters, way: str) -> ir.Table:
    """The deals behind a row of `rework`, largest first. Columns: `DEAL_COLUMNS`."""
    return _listed(_deals(tables, filters).filter(_.way == WAYS.index(way)), tables)


def _listed(chosen: ir.Table, tables: Tables) -> ir.Table:
    told = tables.deals.select("deal_id", "deal_name", "customer", "owner", "created_at", listed_no=_.deal_no)
    return (
        chosen.inner_join(told, [("deal_no", "listed_no")])
        .mutate(status=_.ending.cases(*enumerate(ENDINGS)))
        .select(*DEAL_COLUMNS)
        .order_by(_.amount.desc(nulls_first=False), "deal_id")
    )


def known_stays(tables: Tables, filters: Filters) -> ir.Table:
    """Every stay a deal is known to have made; a stage it went past is none."""
    return filters.stage_entries(tables, "created" if filters.has_period else None).filter(~_.is_skipped)


def stages_of(tables: Tables, filters: Filters) -> ir.Table:
    stages = tables.stages
    if filters.pipeline is not None:
        stages = stages.filter(_.pipeline == filters.pipeline)
    return stages.select("pipeline", "stage", "stage_order", "outcome").distinct()


def _deals(tables: Tables, filters: Filters) -> ir.Table:
    """One row a deal that was in an open stage: its path as a number, how it ended, how long it took, what it repeated.

    `ending` is a place in `ENDINGS`, `way` one in `WAYS`: with a million deals, numbers are read faster than words.
    """
    now = ibis.timestamp(filters.now)
    is_open = _.outcome == "open"
    stays = known_stays(tables, filters).select(
        "deal_no",
        "entered_at",
        "deal_amount",
        "deal_currency",
        last=_.turn.cast("int64") * 4 + is_open.ifelse(0, (_.outcome == "won").ifelse(1, 2)),
        digit=(is_open & (_.turn <= STAYS_TOLD)).ifelse(_.stage_order.clip(upper=LAST_PLACE).cast("int64"), 0)
        << ((_.turn.clip(upper=STAYS_TOLD).cast("int64") - 1) * BITS),
        closed=is_open.ifelse(ibis.null("timestamp"), _.entered_at),
        repeated=(is_open & (_.visit > 1)).ifelse(
            filters.microseconds(_.left_at.fill_null(now), _.entered_at).cast("float64"), ibis.null("float64")
        ),
        again=(is_open & (_.visit > 1)).cast("int64"),
    )
    return (
        stays.agg(
            raw=_.digit.bit_or(),
            repeats=_.again.sum().cast("int64"),
            repeated=_.repeated.sum(),
            last=_["last"].max(),
            began=_.entered_at.min(),
            closed=_.closed.max(),
            amount=_.deal_amount.max(),
            currency=_.deal_currency.arbitrary(),
            by="deal_no",
        )
        .filter(_.raw > 0)
        .select(
            "deal_no",
            "amount",
            "currency",
            "repeats",
            # A deal that came from another pipeline begins here at a later turn: the empty turns before are dropped.
            code=(_.raw & LAST_PLACE > 0).ifelse(
                _.raw, _.raw >> ((_.raw & -_.raw).log2() / BITS).floor().cast("int64") * BITS
            ),
            is_longer=_["last"] >= 4 * (STAYS_TOLD + 1) + (_["last"] % 4 > 0).ifelse(4, 0),
            ending=_["last"] % 4,
            repeat_days=_.repeated.clip(lower=0).fill_null(0) / MICROSECONDS_A_DAY,
            days=filters.days((_["last"] % 4 > 0).ifelse(_.closed, now), _.began),
        )
        .mutate(way=(_.repeats > 0).ifelse(0, (_.code > LAST_PLACE).ifelse(1, 2)))
    )


Answers = Mapping[str, pd.DataFrame]


def money_of(part: Row, deals: int, name: str = "money") -> Row:
    """Money, unless it is of several currencies; the share of `deals` it is known for."""
    known = whole(part["known"])
    told: Row = {"value_known": share(known, deals), "currency": part["first_currency"]}
    if part["first_currency"] != part["last_currency"]:
        return told | {"currency": None}
    return told | {name: number(part["money"]) if known or not deals else None}


def one_currency(parts: list[Row]) -> list[Row]:
    """The rows, all without money where they do not share one currency."""
    seen = {part[end] for part in parts for end in ("first_currency", "last_currency")} - {None}
    return parts if len(seen) <= 1 else [part | {"first_currency": "", "last_currency": None} for part in parts]


def _move_rows(answers: Answers) -> pd.DataFrame:
    stages = {(row["pipeline"], row["stage"]): row for row in rows(answers["stages"])}
    merged: dict[tuple[Any, ...], Row] = {}
    for part in one_currency(rows(answers["moves"])):
        move, next_stage, next_order = kind_of_move(part, stages)
        key = (part["pipeline"], part["stage"], move, next_stage)
        row = merged.setdefault(
            key,
            {
                "pipeline": part["pipeline"], "stage": part["stage"], "stage_order": whole(part["stage_order"]),
                "move": move, "next_stage": next_stage, "next_order": next_order, "moves": 0, "returns": 0,
                "known": 0, "money": 0.0, "first_currency": None, "last_currency": None,
            },
        )  # fmt: skip
        for name in ("moves", "returns", "known"):
            row[name] += whole(part[name])
        row["money"] += number(part["money"])
        for name in ("first_currency", "last_currency"):
            row[name] = part[name] if part[name] is not None else row[name]
    leaving: dict[tuple[Any, Any], int] = {}
    for row in merged.values():
        if row["move"] != "still":
            place = (row["pipeline"], row["stage"])
            leaving[place] = leaving.get(place, 0) + row["moves"]
    found = []
    for row in merged.values():
        told = {name: row[name] for name in MOVE_COLUMNS if name in row and name != "money"}
        told |= {"leaving": leaving.get((row["pipeline"], row["stage"]), 0)}
        if row["move"] != "still":
            told["move_share"] = share(row["moves"], told["leaving"])
            told["low"], told["high"] = wilson(told["move_share"], told["leaving"])
        found.append(told | money_of(row, row["moves"]))
    order = {name: place for place, name in enumerate(MOVES)}
    found.sort(
        key=lambda row: (
            str(row["pipeline"]),
            row["stage_order"],
            str(row["stage"]),
            order[row["move"]],
            row["next_order"] or 0,
        )
    )
    return frame(found, MOVE_COLUMNS)


def kind_of_move(part: Row, stages: Mapping[tuple[Any, Any], Row]) -> tuple[str, str | None, int | None]:
    """What kind of move a stay ended in, and where to; all won stages are one."""
    fate, to = part["fate"], stages.get((part["pipeline"], part["next_stage"]))
    if fate == "advanced" and to is not None:
        if to["outcome"] == "won":
            first = min(
                whole(each["stage_order"])
                for place, each in stages.items()
                if place[0] == part["pipeline"] and each["outcome"] == "won"
            )
            return "won", WON, first
        between = [
            each
            for place, each in stages.items()
            if place[0] == part["pipeline"]
            and each["outcome"] == "open"
            and part["stage_order"] < each["stage_order"] < to["stage_order"]
        ]
        return ("skip" if between else "forward"), cast(str, part["next_stage"]), whole(to["stage_order"])
    if fate == "advanced":
        return "forward", part["next_stage"], None
    if fate == "back" and to is not None:
        return "back", part["next_stage"], whole(to["stage_order"])
    return fate, (part["next_stage"] if fate in ("back", "handed_off") else None), None


def _coded(path_key: str) -> tuple[int, bool]:
    places = [int(each) for each in path_key.removesuffix("+").split(".")]
    return sum(place << BITS * turn for turn, place in enumerate(places)), path_key.endswith("+")


def _places(code: int) -> list[int]:
    """The stages of a path by their place in the pipeline; 0 where the deal was closed, or in another pipeline."""
    found = []
    while code:
        found.append(code & LAST_PLACE)
        code >>= BITS
    return found


def _path_rows(answers: Answers, most: int) -> pd.DataFrame:
    names: dict[int, str] = {}
    for stage in sorted(rows(answers["stages"]), key=lambda row: str(row["stage"])):
        if stage["outcome"] == "open":
            names.setdefault(min(whole(stage["stage_order"]), LAST_PLACE), stage["stage"])
    ranked = one_currency(rows(_of(answers, "path")))
    ranked.sort(key=lambda part: (-whole(part["n"]), whole(part["code"]), bool(part["is_longer"])))
    total = _added(one_currency(rows(_of(answers, "way"))))
    everyone = whole(total["n"])
    found: list[Row] = []
    kept = ranked[:most]
    rest: Row = {
        name: number(total[name]) - sum(number(part[name]) for part in kept)
        for name in ("n", "won", "lost", "money", "known")
    } | {name: total[name] for name in ("first_currency", "last_currency")}
    for part in [*kept, rest] if round(rest["n"]) else kept:
        deals, won, lost = (round(number(part[name])) for name in ("n", "won", "lost"))
        rate, of = share(won, won + lost), share(deals, everyone)
        row: Row = {
            "deals": deals, "deal_share": of, "won": won, "lost": lost, "undecided": deals - won - lost, "rate": rate,
            "median_days": part.get("median_days"),
        } | money_of(part, deals)  # fmt: skip
        row["low"], row["high"] = wilson(of, everyone)
        row["rate_low"], row["rate_high"] = wilson(rate, won + lost)
        if part is not rest:
            places = _places(whole(part["code"]))
            more = "+" if part["is_longer"] else ""
            row["path_key"] = ".".join(map(str, places)) + more
            told = [names.get(place, "…" if not place else str(place)) for place in places]
            row["path"] = " → ".join([*told, *(["…"] if more else [])])
            seen = [place for place in places if place]
            row["is_reworked"] = len(set(seen)) < len(seen)
        found.append(row)
    return frame(found, PATH_COLUMNS)


def _of(answers: Answers, name: str) -> pd.DataFrame:
    """One of the three parts of `_told`, in words."""
    told = answers["deals"]
    kept = told[told["part"] == name]
    words = {"way": dict(enumerate(WAYS)), "ending": dict(enumerate(ENDINGS))}
    return kept.assign(**{column: kept[column].map(each) for column, each in words.items()})


def _added(parts: list[Row]) -> Row:
    """Rows of `_told` put together."""
    added: Row = {
        name: sum(number(part[name]) for part in parts)
        for name in ("n", "won", "lost", "repeat_days", "money", "known")
    }
    for name in ("first_currency", "last_currency"):
        added[name] = next((part[name] for part in parts if part[name] is not None), None)
    return added


def _rework_rows(answers: Answers) -> pd.DataFrame:
    told = one_currency(rows(_of(answers, "way")))
    parts = {way: _added([part for part in told if part["way"] == way]) for way in {part["way"] for part in told}}
    still = {way: _added([part for part in told if (part["way"], part["ending"]) == (way, "open")]) for way in parts}
    lengths = {way: each for (way,), each in Lengths.by(_of(answers, "length"), ["way"], "ending", KINDS).items()}
    everyone = sum(whole(part["n"]) for part in parts.values())
    horizon = _horizon(lengths)
    found: list[Row] = []
    for way in WAYS:
        if way not in parts:
            continue
        part = parts[way]
        deals, won, lost = (whole(part[name]) for name in ("n", "won", "lost"))
        rate, of = share(won, won + lost), share(deals, everyone)
        row: Row = {
            "way": way, "deals": deals, "deal_share": of, "won": won, "total": won + lost, "undecided": deals - won - lost,
            "undecided_share": share(deals - won - lost, deals), "rate": rate,
            "repeat_days": number(part["repeat_days"]),
        } | money_of(part, deals)  # fmt: skip
        if "money" in row and row["money"] is not None:
            row["open_money"] = still[way]["money"]
        row["low"], row["high"] = wilson(of, everyone)
        row["rate_low"], row["rate_high"] = wilson(rate, won + lost)
        if horizon is not None and way != "first_only" and way in lengths:
            risks = lengths[way].risks()
            row |= {"horizon_days": horizon, "matured": risks.incidence_at(horizon, 0)}
            row["matured_low"], row["matured_high"] = risks.interval(horizon, 0)
        found.append(row)
    p = None
    if horizon is not None:
        both = [lengths[way].risks() for way in ("reworked", "straight")]
        (one, other) = [(risks.incidence_at(horizon, 0), risks.effective_n(horizon, 0)) for risks in both]
        p = share_difference(*one, *other)
    with_q_values(found, [p if row["way"] == "reworked" else None for row in found])
    return frame(found, [*REWORK_COLUMNS, "q_value", "tests"])


def _horizon(lengths: Mapping[Any, Lengths]) -> float | None:
    """The age up to which both ways are followed; a shorter one would be unfair to deals that take longer."""
    both = [lengths[way].risks().horizon() for way in ("reworked", "straight") if way in lengths]
    known = [horizon for horizon in both if horizon is not None]
    return min(known) if len(known) == 2 else None
