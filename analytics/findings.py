"""What is worth acting on first: where groups of deals are lost or wait more than the rest, and on whom much depends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.dependency import by_owner, dependency
from analytics.fields import BANDS, LINKS, Field, fields, with_value
from analytics.filters import Filters
from analytics.funnel import MOST_ASSUMED, Counting, first_stays
from analytics.intervals import benjamini_hochberg, share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, hours, number, rows, split, whole
from analytics.segment_pairs import REAL, Counts, Pair, compared
from analytics.stakes import KINDS, groups_of, prices, to_price
from data.schema import Tables

COLUMNS = (
    "rank", "kind", "pipeline", "stage", "field", "segment", "n", "conversion", "conversion_rest", "difference", "low",
    "high", "stay_days", "stay_days_rest", "days_difference", "days_low", "days_high", "within_days", "open_share",
    "open_share_low", "open_share_high", "owners", "p_value", "q_value", "tests", "certainty", "money", "money_low",
    "money_high", "currency", "value_known", "win_rate_after", "value_per_day", "deals_open", "value_open", "repeats",
)  # fmt: skip
# A field with more values than this tells people or places apart, not kinds of deals.
MOST_VALUES = 30
# What says how a deal stands or ended, and fields that repeat another, are no causes.
NOT_CAUSES = frozenset({"pipeline", "stage", "status", "currency", "lost_reason", "forecast_category"})
REPEATED = {"person_name": "owner", "product_name": "product"}
# A field filled for one outcome this much less than for another is filled after the outcome is known.
WRITTEN_AFTERWARDS = 0.5
# Above so many deals lengths are counted in days: the chances differ by less than they are rounded to.
IN_DAYS_FROM = 50_000
VERY_LIKELY, LIKELY = 0.001, 0.01


def findings(tables: Tables, filters: Filters, has_history: bool = True) -> Question:
    """One row a stage, group and kind compared, those worth acting on first by `rank`. Columns: `COLUMNS`.

    Groups are the values of every field with 2 to 30 of them; each is compared with the rest of the deals at the
    stage: by the chance to move on that `stage_conversion` tells (kind leak), and by how long they stay (delay). Without
    a stage history (`has_history` false) the stage is null, and the chance is that of a deal created to be won
    (win_rate). All of these are one family of tests. Of the kind dependency there is at most one row: the owner who
    holds very much of the open pipeline's money, counted and not tested. The period bounds the creation of deals. Only
    what is real and worse has a rank and money; `repeats` names the costlier one of its kind that it disappears with.
    """
    search = Search.of(tables, filters, has_history)
    return Question({"fields": search.fields()}, search.finish, (search.scan, search.closer))


def open_deals(tables: Tables, filters: Filters, by: Field, segment: str, stage: str | None) -> ir.Table:
    """The deals behind a finding that are still open, largest first: in the stage, or anywhere. The columns of `deals`."""
    dated: Literal["created"] | None = "created" if filters.has_period else None
    deals = filters.deals(tables, dated)
    if stage is None:
        deals = with_value(deals, tables, by, "group", time_zone=filters.time_zone)
        found = deals.filter((_.group == segment) & (_.status == "open")).drop("group")
    else:
        stays = first_stays(tables, filters, Counting(), by)
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
    # The groups last compared and what came of it: two rounds need the same.
    last: list[tuple[pd.DataFrame, list[Pair]]] = field(default_factory=list, compare=False)

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
            # The engine's count is near enough to pass over names of people; the values themselves are counted in `pairs`.
            if 1 <= distinct[place] <= MOST_VALUES * 1.5 and is_cause and REPEATED.get(each.name) not in several:
                found.append(place)
        return found

    # second round: every stage in every group

    def _stays(self, answers: Answers) -> ir.Table:
        """One row a deal and open stage: `deal_no, stage, fate, length` (hours, -1 unknown), times, amount, currency."""
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
                stage=ibis.null("string"), stage_order=0.0, entered_at=_.created_at, left_at=ibis.null("timestamp"), is_assumed=False,
                fate=_.status.cases(("won", "advanced"), ("lost", "lost"), else_="still"),
                taken=hours(end, _.created_at).fill_null(-1).clip(lower=-1),
            )  # fmt: skip
        return stays.select(
            "deal_no", "stage", "stage_order", "fate", "entered_at", "left_at", "is_assumed", "amount", "currency",
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
            ),
            "owners": by_owner(self.filters.deals(self.tables, "created" if self.filters.has_period else None)),
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
        if not self.last or self.last[0][0] is not answers["groups"]:
            self.last[:] = [(answers["groups"], self._compared(answers))]
        return self.last[0][1]

    def _compared(self, answers: Answers) -> list[Pair]:
        stages = {row["stage"]: row for row in rows(answers["stages"])}
        names = {(row["place"], row["code"]): row["name"] for row in rows(answers["names"])}
        values = Counter(place for (place, _code), name in names.items() if name is not None)
        found: list[Pair] = []
        seen: set[tuple[Any, ...]] = set()
        for (place,), part in sorted(split(answers["groups"], ["place"]).items(), key=lambda each: each[0]):
            if not 2 <= values[place] <= MOST_VALUES:
                continue
            counted = Counts.of(part)
            # Two fields that part the deals alike ask the same question twice.
            if counted.mark in seen:
                continue
            seen.add(counted.mark)
            for stage, at_stage in stages.items():
                # Deals without a creation date are left out of the chance to be won, as in the matured win rate.
                if not self.has_history or _is_known(at_stage):
                    found += compared(stage, place, counted, names)
        for at, q in enumerate(benjamini_hochberg([pair.p for pair in found])):
            found[at] = replace(found[at], q=q)
        order = {stage: number(row["order"]) for stage, row in stages.items()}
        return sorted(found, key=lambda pair: (order[pair.stage], pair.place, pair.segment, pair.kind == "delay"))

    # third round: the deals of what is real

    def closer(self, answers: Answers) -> dict[str, ir.Table]:
        wanted = to_price(self.pairs(answers))
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
            (_[f"f{place}"] == ibis.literal(code, "int64")).fill_null(False).ifelse(1 << bit, 0)
            for bit, (place, code) in enumerate(groups_of(wanted))
        ]
        asks = {
            "cells": stays.mutate(cell=reduce(add, bits).cast("int64"), square=_.amount * _.amount)
            .group_by("stage", "cell", "fate", "length")
            .agg(
                n=_.count(),
                known=_.amount.count(),
                amount=_.amount.sum(),
                squares=_.square.sum(),
                first_entered=_.entered_at.min(),
                last_entered=_.entered_at.max(),
            )
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
        priced = {each.pair.key: each for each in prices(answers, to_price(pairs))}
        ends = {row[end] for row in rows(answers["stages"]) for end in ("first_currency", "last_currency")} - {None}
        one = next(iter(ends), None) if len(ends) <= 1 else None
        found = []
        for pair in pairs:
            row: Row = {
                "kind": pair.kind, "stage": pair.stage, "field": self.causes[pair.place].name, "segment": pair.segment,
                "n": pair.n, "p_value": pair.p, "q_value": pair.q, "certainty": _certainty(pair.q), **_numbers(pair),
            }  # fmt: skip
            each = priced.get(pair.key)
            if each is not None and pair.is_worse:
                row |= {**each.row, "currency": one}
                if len(ends) > 1:
                    row |= dict.fromkeys(("money", "money_low", "money_high", "value_per_day", "value_open"))
                    row["careful"] = each.row["deals_low"]
                else:
                    row["careful"] = each.careful
                if each.same_as is not None:
                    del row["careful"]
                    row["repeats"] = f"{self.causes[each.same_as.place].name}={each.same_as.segment}"
            found.append(row)
        depends = dependency(answers["owners"])
        if depends is not None:
            found.append({**depends, "currency": one, "careful": depends["money_low"]})
        worst = sorted((row for row in found if "careful" in row), key=lambda row: -number(row["careful"]))
        for rank, row in enumerate(worst, start=1):
            row["rank"] = rank
        for row in found:
            row |= {"pipeline": self.filters.pipeline, "tests": tests}
        found.sort(
            key=lambda row: (
                row.get("rank") is None,
                row.get("rank") or 0,
                row.get("p_value") is None,
                row.get("p_value"),
            )
        )
        return frame(found, COLUMNS)


def _is_known(stage: Row) -> bool:
    """Whether what became of the deals at the stage, and how long it took, is known from records, up to a few."""
    most = MOST_ASSUMED * whole(stage["entered"])
    return whole(stage["assumed"]) <= most and whole(stage["untimed"]) <= most


def _numbers(pair: Pair) -> Row:
    """What was compared, in the columns of its kind."""
    if pair.kind == "delay":
        return {
            "stay_days": pair.value, "stay_days_rest": pair.rest, "days_difference": pair.difference,
            "days_low": pair.low, "days_high": pair.high, "within_days": pair.within,
        }  # fmt: skip
    return {
        "conversion": pair.value, "conversion_rest": pair.rest, "difference": pair.difference,
        "low": pair.low, "high": pair.high,
    }  # fmt: skip


def _certainty(q: float | None) -> str | None:
    """How sure a difference is, in a word."""
    if q is None:
        return None
    return "very_likely" if q < VERY_LIKELY else "likely" if q < LIKELY else "fairly_likely" if q < REAL else "chance"
