"""Where deals are lost that need not be: every stage in every group of deals against the rest, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from functools import reduce
from operator import add
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.against_rest import against_rest
from analytics.fields import BANDS, LINKS, Field, fields, with_value
from analytics.filters import Filters
from analytics.funnel import FATES, MOST_ASSUMED, Counting, first_stays
from analytics.intervals import benjamini_hochberg, newcombe, share, share_difference
from analytics.question import Answers, Question
from analytics.rows import Row, frame, hours, number, rows, split, whole
from analytics.survival import Lengths
from data.schema import Tables

COLUMNS = (
    "rank", "kind", "pipeline", "stage", "field", "segment", "n", "conversion", "conversion_rest", "difference", "low",
    "high", "p_value", "q_value", "tests", "certainty", "money", "money_low", "money_high", "currency", "value_known",
    "win_rate_after", "deals_open", "value_open", "repeats",
)  # fmt: skip
REAL = 0.05
# A field with more values than this tells people or places apart, not kinds of deals.
MOST_VALUES = 30
# What says how a deal stands or ended, and fields that repeat another, are no causes.
NOT_CAUSES = frozenset({"pipeline", "stage", "status", "currency", "lost_reason", "forecast_category"})
REPEATED = {"person_name": "owner", "product_name": "product"}
# A field filled for one outcome this much less than for another is filled after the outcome is known.
WRITTEN_AFTERWARDS = 0.5
# Above so many deals lengths are counted in days: the chances differ by less than they are rounded to.
IN_DAYS_FROM = 50_000
MOST_PRICED = 12
MOST_STRENGTHS = 4
DRAWS = 4000
KINDS = ("won", "lost", "open")
VERY_LIKELY, LIKELY = 0.001, 0.01


@dataclass(frozen=True)
class Pair:
    """One stage in one group of deals, compared with the rest of the deals at that stage."""

    stage: str | None
    place: int
    segment: str
    code: int
    n: int
    conversion: float
    conversion_rest: float
    low: float
    high: float
    p: float | None
    q: float | None = None
    amount: float = 0.0

    @property
    def difference(self) -> float:
        return self.conversion - self.conversion_rest

    @property
    def is_real(self) -> bool:
        return self.q is not None and self.q < REAL

    @property
    def key(self) -> tuple[str | None, int, int]:
        return self.stage, self.place, self.code


@dataclass
class Priced:
    """What is known of a real pair once its deals were counted by which other real pairs they belong to."""

    pair: Pair
    row: Row = field(default_factory=dict)
    same_as: Pair | None = None


def findings(tables: Tables, filters: Filters, has_history: bool = True) -> Question:
    """One row a stage and group compared, those worth acting on first by `rank`. Columns: `COLUMNS`.

    Groups are the values of every field with 2 to 30 of them; each is compared with the rest of the deals at the
    stage, by the chance to move on that `stage_conversion` tells. Without a stage history (`has_history` false) the
    stage is null, and the chance is that of a deal created to be won. The period bounds the creation of deals. Only a
    real leak has a rank, money and certainty; `same_as` names the stronger one that a leak disappears with.
    """
    search = Search.of(tables, filters, has_history)
    return Question({"fields": search.fields()}, search.finish, (search.scan, search.closer))


def open_deals(tables: Tables, filters: Filters, field: Field, segment: str, stage: str | None) -> ir.Table:
    """The deals behind a finding that are still open, largest first: in the stage, or anywhere. The columns of `deals`."""
    dated: Literal["created"] | None = "created" if filters.has_period else None
    deals = filters.deals(tables, dated)
    if stage is None:
        deals = with_value(deals, tables, field, "group", time_zone=filters.time_zone)
        found = deals.filter((_.group == segment) & (_.status == "open")).drop("group")
    else:
        stays = first_stays(tables, filters, Counting(), field)
        there = stays.filter((_.stage == stage) & (_.fate == "still") & (_.group == segment)).select(of_deal=_.deal_no)
        found = deals.semi_join(there, [("deal_no", "of_deal")])
    return found.order_by(_.amount.desc(nulls_first=False), "deal_id")


def _causes(tables: Tables) -> list[Field]:
    causes = [each for each in fields(tables) if each.table != "deals" or each.column not in NOT_CAUSES]
    return [*causes, *(band for band in BANDS if band.band == "size")]


@dataclass(frozen=True)
class Search:
    """The rounds of the question, each made of the answers to those before it."""

    tables: Tables
    filters: Filters
    causes: list[Field]
    has_history: bool

    @classmethod
    def of(cls, tables: Tables, filters: Filters, has_history: bool = True) -> Search:
        """The search over every field that could be a cause."""
        return cls(tables, filters, _causes(tables), has_history)

    # first round: which fields make groups

    def fields(self) -> ir.Table:
        deals = self._with_values(range(len(self.causes)))
        counts = {kind: _.count(where=_.status == kind) for kind in KINDS}
        for place in range(len(self.causes)):
            column = _[f"f{place}"]
            counts[f"distinct_{place}"] = column.approx_nunique()
            counts |= {f"{kind}_{place}": column.count(where=_.status == kind) for kind in KINDS}
        return deals.agg(deals=_.count(), **counts)

    def _with_values(self, places: Sequence[int] | range) -> ir.Table:
        """The deals let through with the values of some fields as text, `f<place>`; blank is null."""
        deals = self.filters.deals(self.tables, "created" if self.filters.has_period else None)
        wanted: dict[str, list[int]] = defaultdict(list)
        bands = [place for place in places if self.causes[place].band]
        for place in places:
            if place not in bands:
                wanted[self.causes[place].table].append(place)

        def text(place: int) -> ir.StringValue:
            return _[self.causes[place].column].cast("string").nullif("")

        own = {f"f{place}": text(place) for place in wanted.pop("deals", [])}
        keys = [LINKS[table][0] for table in wanted]
        kept = ["deal_no", "status", "amount", "currency", "created_at", "closed_at"]
        deals = deals.select(*kept, *keys, **own)
        for table, linked in wanted.items():
            ours, theirs = LINKS[table]
            # A key that a hostile file gives twice must not double the deals.
            found = (
                self.tables[table]
                .filter(_[theirs].notnull())
                .group_by(_[theirs].name(f"key_{table}"))
                .agg(**{f"f{place}": text(place).max() for place in linked})
            )
            deals = deals.left_join(found, [(ours, f"key_{table}")]).drop(f"key_{table}")
        for place in bands:
            deals = with_value(deals, self.tables, self.causes[place], f"f{place}", time_zone=self.filters.time_zone)
        return deals

    def _fit(self, answers: Answers) -> list[int]:
        """The fields with 2 to 30 values that were not filled in once the outcome was known."""
        (row,) = rows(answers["fields"])
        distinct = [whole(row[f"distinct_{place}"]) for place in range(len(self.causes))]
        several = {each.name for each, n in zip(self.causes, distinct, strict=True) if n >= 2}
        found = []
        for place, each in enumerate(self.causes):
            filled = [
                share(whole(row[f"{kind}_{place}"]), whole(row[kind])) for kind in KINDS if whole(row[kind]) >= 10
            ]
            known = [part for part in filled if part is not None]
            is_cause = not known or min(known) >= WRITTEN_AFTERWARDS * max(known)
            if 2 <= distinct[place] <= MOST_VALUES and is_cause and REPEATED.get(each.name) not in several:
                found.append(place)
        return found

    # second round: every stage in every group

    def _stays(self, answers: Answers) -> ir.Table:
        """One row a deal and open stage: `deal_no, stage, fate, length` (hours, -1 unknown), amount, currency."""
        step = 24 if whole(answers["fields"]["deals"].iloc[0]) > IN_DAYS_FROM else 1
        if self.has_history:
            stays = first_stays(self.tables, self.filters, Counting()).filter(_.outcome == "open")
            stays = stays.mutate(
                taken=(_.is_untimed | _.is_negative).ifelse(-1, _.hours), amount=_.deal_amount, currency=_.deal_currency
            )
        else:
            deals = self.filters.deals(self.tables, "created" if self.filters.has_period else None)
            end = (_.status == "open").ifelse(ibis.timestamp(self.filters.now), _.closed_at)
            stays = deals.mutate(
                stage=ibis.null("string"), stage_order=0.0, left_at=ibis.null("timestamp"), is_assumed=False,
                fate=_.status.cases(("won", "advanced"), ("lost", "lost"), else_="still"),
                taken=hours(end, _.created_at).fill_null(-1).clip(lower=-1),
            )  # fmt: skip
        return stays.select(
            "deal_no", "stage", "stage_order", "fate", "left_at", "is_assumed", "amount", "currency",
            length=(_.taken - _.taken % step) if step > 1 else _.taken,
        )  # fmt: skip

    def scan(self, answers: Answers) -> dict[str, ir.Table]:
        fit = self._fit(answers)
        stays = self._stays(answers)
        asks = {
            "stages": stays.agg(
                entered=_.count(),
                assumed=_.count(where=_.is_assumed),
                untimed=_.count(where=_.length < 0),
                order=_.stage_order.min(),
                first_currency=_.currency.min(),
                last_currency=_.currency.max(),
                by="stage",
            )
        }
        if not fit:
            return asks
        deals = self._with_values(fit)
        # Numbers instead of names: millions of stays are counted by each field.
        coded = deals.select(of_deal=_.deal_no, **{f"f{place}": _[f"f{place}"].hash() for place in fit})
        base = stays.inner_join(coded, [("deal_no", "of_deal")])
        asks["groups"] = ibis.union(
            *(
                base.group_by("stage", "fate", "length", code=_[f"f{place}"])
                .agg(n=_.count(), amount=_.amount.sum())
                .mutate(place=ibis.literal(place))
                for place in fit
            )
        )
        asks["names"] = ibis.union(
            *(
                deals.select(place=ibis.literal(place), code=_[f"f{place}"].hash(), name=_[f"f{place}"]).distinct()
                for place in fit
            )
        )
        return asks

    def pairs(self, answers: Answers) -> list[Pair]:
        """Every stage in every group, with the q-value over all that were tested."""
        if "groups" not in answers:
            return []
        stages = {row["stage"]: row for row in rows(answers["stages"])}
        names = {(row["place"], row["code"]): row["name"] for row in rows(answers["names"])}
        found: list[Pair] = []
        seen: set[tuple[Any, ...]] = set()
        for (place,), part in sorted(split(answers["groups"], ["place"]).items(), key=lambda each: each[0]):
            counted = _Counts.of(part)
            # Two fields that part the deals alike ask the same question twice.
            if counted.mark in seen:
                continue
            seen.add(counted.mark)
            for stage, at_stage in stages.items():
                # Deals without a creation date are left out of the chance to be won, as in the matured win rate.
                if not self.has_history or _is_known(at_stage):
                    found += _compared(stage, place, counted, names)
        for at, q in enumerate(benjamini_hochberg([pair.p for pair in found])):
            found[at] = replace(found[at], q=q)
        order = {stage: number(row["order"]) for stage, row in stages.items()}
        return sorted(found, key=lambda pair: (order[pair.stage], pair.place, pair.segment))

    # third round: the deals of what is real

    def closer(self, answers: Answers) -> dict[str, ir.Table]:
        wanted = _priced(self.pairs(answers))
        if not wanted:
            return {}
        places = sorted({pair.place for pair in wanted})
        coded = self._with_values(places).select(
            "status", "closed_at", of_deal=_.deal_no, **{f"f{place}": _[f"f{place}"].hash() for place in places}
        )
        among = [pair.stage for pair in wanted if pair.stage is not None]
        stays = self._stays(answers)
        stays = stays.filter(_.stage.isin(among)) if self.has_history else stays
        stays = stays.inner_join(coded, [("deal_no", "of_deal")])
        bits = [
            (_[f"f{pair.place}"] == ibis.literal(pair.code, "int64")).fill_null(False).ifelse(1 << place, 0)
            for place, pair in enumerate(wanted)
        ]
        asks = {
            "cells": stays.mutate(cell=reduce(add, bits).cast("int64"), square=_.amount * _.amount)
            .group_by("stage", "cell", "fate", "length")
            .agg(n=_.count(), known=_.amount.count(), amount=_.amount.sum(), squares=_.square.sum())
        }
        if self.has_history:
            end = (_.status == "open").ifelse(ibis.timestamp(self.filters.now), _.closed_at)
            asks["after"] = (
                stays.filter(_.fate == "advanced")
                .mutate(hours=hours(end, _.left_at))
                .filter(_.hours >= 0)
                .mutate(hours=_.hours - _.hours % 24)
                .group_by("stage", "status", "hours")
                .agg(n=_.count())
            )
        return asks

    def finish(self, answers: Answers) -> pd.DataFrame:
        pairs = self.pairs(answers)
        tests = sum(pair.p is not None for pair in pairs)
        kind = "leak" if self.has_history else "win_rate"
        priced = {each.pair.key: each for each in _prices(answers, _priced(pairs))}
        currencies = {row[end] for row in rows(answers["stages"]) for end in ("first_currency", "last_currency")} - {
            None
        }
        one = next(iter(currencies), None) if len(currencies) <= 1 else None
        leaks = [each for each in priced.values() if each.pair.difference < 0]
        _without_repeats(leaks, list(priced.values()), answers)
        worst = sorted(
            (each for each in leaks if each.same_as is None),
            key=lambda each: -number(each.row["money_low"] if len(currencies) <= 1 else each.row["deals_low"]),
        )
        ranks = {each.pair.key: rank for rank, each in enumerate(worst, start=1)}
        found = []
        for pair in pairs:
            row: Row = {
                "kind": kind, "pipeline": self.filters.pipeline, "stage": pair.stage,
                "field": self.causes[pair.place].name, "segment": pair.segment, "n": pair.n,
                "conversion": pair.conversion, "conversion_rest": pair.conversion_rest, "difference": pair.difference,
                "low": pair.low, "high": pair.high, "p_value": pair.p, "q_value": pair.q, "tests": tests,
                "certainty": _certainty(pair.q),
            }  # fmt: skip
            each = priced.get(pair.key)
            if each is not None and pair.difference < 0:
                row |= {name: value for name, value in each.row.items() if name != "deals_low"}
                if len(currencies) > 1:
                    row |= dict.fromkeys(("money", "money_low", "money_high", "value_open"))
                row |= {"rank": ranks.get(pair.key), "currency": one}
                if each.same_as is not None:
                    row["repeats"] = f"{self.causes[each.same_as.place].name}={each.same_as.segment}"
            found.append(row)
        found.sort(
            key=lambda row: (row.get("rank") is None, row.get("rank") or 0, row["p_value"] is None, row["p_value"])
        )
        return frame(found, COLUMNS)


def _is_known(stage: Row) -> bool:
    """Whether what became of the deals at the stage, and how long it took, is known from records, up to a few."""
    most = MOST_ASSUMED * whole(stage["entered"])
    return whole(stage["assumed"]) <= most and whole(stage["untimed"]) <= most


@dataclass(frozen=True)
class _Counts:
    """Rows of stays counted by stage, code, fate and length, as columns."""

    stages: NDArray[Any]
    codes: NDArray[np.int64]
    fates: NDArray[np.intp]
    lengths: NDArray[np.int64]
    n: NDArray[np.float64]
    amount: NDArray[np.float64]

    @classmethod
    def of(cls, counts: pd.DataFrame, code: str = "code") -> _Counts:
        fates = counts["fate"].map({fate: place for place, fate in enumerate(FATES)})
        return cls(
            counts["stage"].astype(object).where(counts["stage"].notna(), None).to_numpy(),
            counts[code].to_numpy(dtype=np.int64),
            fates.to_numpy(dtype=np.intp),
            counts["length"].to_numpy(dtype=np.int64),
            counts["n"].to_numpy(dtype=float),
            counts["amount"].fillna(0).to_numpy(dtype=float),
        )

    @property
    def mark(self) -> tuple[Any, ...]:
        """The same for two sets of codes that part the rows alike."""
        _codes, places = np.unique(self.codes, return_inverse=True)
        sums = (np.bincount(places, weights) for weights in (self.n, self.amount, self.n * (self.lengths + 2.0)))
        return tuple(sorted(zip(*(each.round(6) for each in sums), strict=True)))

    def only(self, kept: NDArray[np.bool_]) -> _Counts:
        return _Counts(*(getattr(self, column.name)[kept] for column in fields_of(self)))

    def at(self, stage: str | None) -> _Counts:
        return self.only(np.array([each == stage for each in self.stages], dtype=bool))

    def by(self, groups: NDArray[np.intp], size: int) -> NDArray[np.float64]:
        """Counts by group, length and fate, of the stays whose length is known."""
        timed = self.lengths >= 0
        different, places = np.unique(self.lengths[timed], return_inverse=True)
        counts = np.zeros((size, len(different), len(FATES)))
        np.add.at(counts, (groups[timed], places, self.fates[timed]), self.n[timed])
        return counts


def _compared(
    stage: str | None, place: int, counted: _Counts, names: Mapping[tuple[int, int], str | None]
) -> list[Pair]:
    here = counted.at(stage)
    codes, groups = np.unique(here.codes, return_inverse=True)
    entered, amounts = (np.bincount(groups, weights, len(codes)) for weights in (here.n, here.amount))
    seen = against_rest(here.by(groups, len(codes)))
    found = []
    for at, code in enumerate(codes.tolist()):
        name = names[place, code]
        one, n1, other, n2 = (float(each[at]) for each in (seen.chance, seen.n, seen.chance_rest, seen.n_rest))
        if name is None or one != one:
            continue
        low, high = newcombe(one, n1, other, n2)
        p = share_difference(one, n1, other, n2)
        found.append(
            Pair(stage, place, name, code, int(entered[at]), one, other, low, high, p, amount=float(amounts[at]))
        )
    return found


def _parted(cells: _Counts, inside: NDArray[np.bool_]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The chances of those inside and outside, by the same time, each with its effective number."""
    seen = against_rest(cells.by(inside.astype(np.intp), 2))
    one, n1, other, n2 = (float(each[1]) for each in (seen.chance, seen.n, seen.chance_rest, seen.n_rest))
    return None if one != one else ((one, n1), (other, n2))


def _priced(pairs: list[Pair]) -> list[Pair]:
    """The real pairs to look at closer: leaks by what they may cost at the most careful, and the clearest strengths."""
    real = [pair for pair in pairs if pair.is_real]
    leaks = sorted((pair for pair in real if pair.difference < 0), key=lambda pair: pair.high * (pair.amount or pair.n))
    stages = {pair.stage for pair in leaks[:MOST_PRICED]}
    strengths = sorted(
        (pair for pair in real if pair.difference > 0 and pair.stage in stages), key=lambda pair: pair.p or 0
    )
    return leaks[:MOST_PRICED] + strengths[:MOST_STRENGTHS]


def _prices(answers: Answers, wanted: list[Pair]) -> list[Priced]:
    """What each pair cost: (conversion of the rest - its own) x entries x average amount x chance to be won afterwards.

    The interval carries the doubt of all four: draws from the distributions of the two conversions and of the win rate
    (beta, by their effective numbers) and of the average (normal). Seeded.
    """
    if not wanted:
        return []
    after = _after(answers)
    counted = _Counts.of(answers["cells"], "cell")
    found = []
    for place, pair in enumerate(wanted):
        cells = _at(answers["cells"], pair.stage)
        own = cells[(cells["cell"].to_numpy() >> place) % 2 == 1]
        at_stage = counted.at(pair.stage)
        seen = _parted(at_stage, (at_stage.codes >> place) % 2 == 1)
        if seen is None:
            raise ValueError("a pair that was compared cannot be compared again")
        n, known = int(own["n"].sum()), int(own["known"].sum())
        open_ = own[own["fate"] == "still"]
        win, win_n = after.get(pair.stage, (1.0, 0.0))
        random = np.random.default_rng(1)
        gap = _beta(random, *seen[1]) - _beta(random, *seen[0])
        row: Row = {
            "deals_low": float(np.quantile(gap, 0.025)) * n,
            "win_rate_after": win,
            "value_known": share(known, n),
        }
        if known:
            total, squares = number(own["amount"].sum()), number(own["squares"].sum())
            mean = total / known
            error = (max(squares / known - mean**2, 0.0) / max(known - 1, 1)) ** 0.5
            value = np.maximum(random.normal(mean, error, DRAWS), 0.0)
            wins: NDArray[np.float64] | float = _beta(random, win, win_n) if win_n else win
            low, high = np.quantile(gap * value * wins, [0.025, 0.975]) * n
            money = (seen[1][0] - seen[0][0]) * n * mean * win
            row |= {"money": money, "money_low": float(low), "money_high": float(high)}
            row["value_open"] = number(open_["amount"].sum())
        row["deals_open"] = int(open_["n"].sum())
        found.append(Priced(pair, row))
    return found


def _at(cells: pd.DataFrame, stage: str | None) -> pd.DataFrame:
    return cells[cells["stage"].isna()] if stage is None else cells[(cells["stage"] == stage).fillna(False)]


def _beta(random: np.random.Generator, chance: float, n: float) -> NDArray[np.float64]:
    """Draws of a share seen in `n` cases: its posterior after Jeffreys' prior."""
    return random.beta(chance * n + 0.5, (1 - chance) * n + 0.5, DRAWS)


def _after(answers: Answers) -> dict[str | None, tuple[float, float]]:
    """The chance that a deal that moved on from a stage is won in the end, and the effective number behind it."""
    found = {}
    for (stage,), part in split(answers["after"], ["stage"]).items() if "after" in answers else ():
        risks = Lengths.of(part, "status", KINDS).risks()
        time = risks.horizon()
        if time is not None:
            found[stage] = risks.incidence_at(time, 0), risks.effective_n(time, 0)
    return found


def _without_repeats(leaks: list[Priced], every: list[Priced], answers: Answers) -> None:
    """Set `same_as` where a leak disappears once the deals of a stronger one, or of a strength, are left out.

    Two that disappear without each other cannot be told apart: the one with less money names the other.
    """
    if not leaks:
        return
    bit = {each.pair.key: place for place, each in enumerate(every)}
    order = sorted(leaks, key=lambda each: -number(each.row.get("money_low") or each.row["deals_low"]))
    strengths = [each for each in every if each.pair.difference > 0]

    counted = _Counts.of(answers["cells"], "cell")

    def remains(one: Priced, other: Priced) -> bool:
        cells = counted.at(one.pair.stage)
        cells = cells.only((cells.codes >> bit[other.pair.key]) % 2 == 0)
        seen = _parted(cells, (cells.codes >> bit[one.pair.key]) % 2 == 1)
        if seen is None:
            return False
        (mine, n), (theirs, rest) = seen
        p = share_difference(mine, n, theirs, rest)
        return p is not None and p < REAL and (mine < theirs) == (one.pair.difference < 0)

    shown: list[Priced] = []
    for each in order:
        for other in [*shown, *strengths]:
            if other.pair.stage != each.pair.stage or other.same_as is not None or remains(each, other):
                continue
            back = remains(other, each)
            if back or other.pair.difference < 0:
                each.same_as = other.pair
                break
        if each.same_as is not None:
            continue
        for other in shown:
            if other.same_as is None and other.pair.stage == each.pair.stage and not remains(other, each):
                other.same_as = each.pair
        shown.append(each)


def _certainty(q: float | None) -> str | None:
    """How sure a difference is, in a word."""
    if q is None:
        return None
    return "very_likely" if q < VERY_LIKELY else "likely" if q < LIKELY else "fairly_likely" if q < REAL else "chance"
