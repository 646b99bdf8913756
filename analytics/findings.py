"""What is worth acting on first: where groups of deals are lost or wait more than the rest, and on whom much depends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, reduce
from operator import add
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.dependency import by_owner, dependency
from analytics.fields import BANDS, LINKS, SIZES, Field, fields, own_value, with_value
from analytics.filters import Filters
from analytics.funnel import MOST_ASSUMED, Counting, first_stays
from analytics.intervals import benjamini_hochberg
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, split, whole
from analytics.segment_pairs import REAL, Counts, Pair, compared
from analytics.stakes import AFTERWARDS, KINDS, groups_of, prices, to_price
from analytics.working_time import days_between
from data.tables import Tables

COLUMNS = (
    "rank", "kind", "pipeline", "stage", "field", "segment", "n", "conversion", "conversion_rest", "difference", "low",
    "high", "stay_days", "stay_days_rest", "days_difference", "days_low", "days_high", "within_days", "open_share",
    "open_share_low", "open_share_high", "owners", "p_value", "q_value", "tests", "certainty", "money", "money_low",
    "money_high", "currency", "value_known", "win_rate_after", "value_per_day", "deals_open", "value_open", "repeats",
)  # fmt: skip
# A field with more values than this tells people or places apart, not kinds of deals.
MOST_VALUES = 30
# Of a field that was asked for.
MOST_GROUPS = 200
# What says how a deal stands or ended, and fields that repeat another, are no causes.
NOT_CAUSES = frozenset({"pipeline", "stage", "status", "currency", "lost_reason", "forecast_category"})
REPEATED = {"person_name": "owner", "product_name": "product"}
# The engine counts values only nearly: of a field that may have so many, they are looked at one by one.
MOST_LOOKED_AT = MOST_VALUES * 1.5
# A field filled for one outcome this much less than for another is filled after the outcome is known.
WRITTEN_AFTERWARDS = 0.5
# Above so many deals lengths are counted in days: the chances differ by less than they are rounded to.
IN_DAYS_FROM = 50_000
# The numbers of `SIZES`, in order; 0 is for deals without an amount.
SIZE_CODES = range(1, len(SIZES) + 1)
NO_NAMES = pd.DataFrame({"place": [], "code": [], "name": []})
# In `groups`, the place of the rows that tell of whole stages, by currency; columns that only other rows have.
STAGES = -1
NOTHING_OF_STAGES = {
    "currency": ibis.null("string"), "untimed": ibis.literal(0, "int64"), "assumed": ibis.literal(0, "int64"),
    "order": ibis.null("float64"),
}  # fmt: skip
NOTHING_OF_GROUPS = {
    "fate": ibis.null("string"), "length": ibis.literal(0, "int64"), "code": ibis.literal(0, "int64"),
    "amount": ibis.null("float64"), "followed": ibis.literal(0, "int64"),
}  # fmt: skip
# What `bottlenecks` asks for beside: the worth of the deals of each group, and when deals came to each stage.
WORTH_OF_STAGES = {"known": ibis.literal(0, "int64"), "squares": ibis.null("float64")}
WORTH_OF_GROUPS = {"first": ibis.null("timestamp"), "last": ibis.null("timestamp")}
NOTHING_OF_CELLS = {
    "known": ibis.literal(0, "int64"), "amount": ibis.null("float64"), "squares": ibis.null("float64"),
    "first_entered": ibis.null("timestamp"), "last_entered": ibis.null("timestamp"),
}  # fmt: skip
# Whether deals come back to a stage is told within so many days, of those that were followed as long.
FOLLOWED_DAYS = 90
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
    search = _search(tables, filters, has_history)
    return Question({"told_apart": told_apart(tables)}, search.finish, (search.fields, search.scan, search.closer))


def not_compared(tables: Tables, filters: Filters) -> Question:
    """One row a field that `findings` leaves out because it has more than 30 values. Columns: `field`."""
    search = _search(tables, filters, True)
    return Question({"told_apart": told_apart(tables)}, search.left_out, (search.fields, search.values))


def followed_from(filters: Filters) -> ir.TimestampScalar:
    """Deals that came to a stage before it were followed for at least `FOLLOWED_DAYS`."""
    return ibis.timestamp(filters.now - timedelta(days=FOLLOWED_DAYS))


def open_deals(tables: Tables, filters: Filters, by: Field | None, segment: str, stage: str | None) -> ir.Table:
    """The deals behind a finding that are still open, largest first: in the stage, or anywhere. The columns of `deals`.

    Without `by` they are those of all groups.
    """
    dated: Literal["created"] | None = "created" if filters.has_period else None
    deals = filters.deals(tables, dated)
    if by is None:
        stays = first_stays(tables, filters)
        there = stays.filter((_.stage == stage) & (_.fate == "still")).select(of_deal=_.deal_no)
        found = deals.semi_join(there, [("deal_no", "of_deal")])
    elif stage is None:
        deals = with_value(deals, tables, by, "group", time_zone=filters.time_zone)
        found = deals.filter((_.group == segment) & (_.status == "open")).drop("group")
    else:
        stays = first_stays(tables, filters, Counting(), by)
        there = stays.filter((_.stage == stage) & (_.fate == "still") & (_.group == segment)).select(of_deal=_.deal_no)
        found = deals.semi_join(there, [("deal_no", "of_deal")])
    return found.order_by(_.amount.desc(nulls_first=False), "deal_id")


@lru_cache(maxsize=64)
def causes(tables: Tables) -> tuple[Field, ...]:
    """The fields that could be a cause of what becomes of deals."""
    found = [each for each in fields(tables) if each.table != "deals" or each.column not in NOT_CAUSES]
    return (*found, *(band for band in BANDS if band.band == "size"))


@lru_cache(maxsize=64)
def told_apart(tables: Tables) -> ir.Table:
    """One row: whether each cause, `f<place>`, has different values anywhere in the data; null where it has none.

    No filter changes it, so that the columns nobody filled are looked for once, and then never asked for again.
    """
    known: dict[str, dict[str, ir.BooleanValue]] = defaultdict(dict)
    for place, each in enumerate(causes(tables)):
        column = tables[each.table][each.column]
        text = column if each.band else column.cast("string").nullif("")
        known[each.table][f"f{place}"] = text.max() > text.min()
    first, *others = (tables[name].agg(**found) for name, found in known.items())
    return reduce(lambda one, other: one.cross_join(other), others, first)


@lru_cache(maxsize=16)
def _open_stays(tables: Tables, filters: Filters, in_days: bool) -> ir.Table:
    """One row a deal and open stage: `deal_no, stage, fate, length` (hours, -1 unknown), times, amount, currency."""
    stays = first_stays(tables, filters)
    taken = (stays.is_untimed | stays.is_negative).ifelse(-1, stays.hours)
    return stays.filter(stays.outcome == "open").select(
        "deal_no", "stage", "stage_order", "fate", "entered_at", "left_at", "next_stage", "turn", "is_assumed",
        length=_length(taken, in_days), amount=stays.deal_amount, currency=stays.deal_currency,
    )  # fmt: skip


def _lives(deals: ir.Table, filters: Filters, in_days: bool) -> ir.Table:
    """The same columns where there is no history: one row a deal, from its creation to its end, at no stage."""
    end = (deals.status == "open").ifelse(ibis.timestamp(filters.now), deals.closed_at)
    taken = filters.hours(end, deals.created_at).fill_null(-1).clip(lower=-1)
    return deals.select(
        "deal_no", "amount", "currency", stage=ibis.null("string"), stage_order=ibis.literal(0.0),
        fate=deals.status.cases(("won", "advanced"), ("lost", "lost"), else_="still"),
        entered_at=deals.created_at, left_at=ibis.null("timestamp"), is_assumed=ibis.literal(False),
        length=_length(taken, in_days),
    )  # fmt: skip


def _length(taken: ir.IntegerValue, in_days: bool) -> ir.IntegerValue:
    return taken - taken % 24 if in_days else taken


@lru_cache(maxsize=16)
def _search(tables: Tables, filters: Filters, has_history: bool) -> Search:
    return Search(tables, filters, has_history)


@dataclass(frozen=True)
class Search:
    """The rounds of the question, each made of the answers to those before it."""

    tables: Tables
    filters: Filters
    has_history: bool = True
    only: Field | None = None  # compare by this field alone, whatever it is
    with_worth: bool = False  # whether to ask what the deals of each group are worth
    # The groups last compared and what came of it: two rounds need the same.
    last: list[tuple[pd.DataFrame, list[Pair]]] = field(default_factory=list, compare=False)

    @cached_property
    def causes(self) -> tuple[Field, ...]:
        return (self.only,) if self.only else causes(self.tables)

    @cached_property
    def deals(self) -> ir.Table:
        """The deals let through."""
        return self.filters.deals(self.tables, "created" if self.filters.has_period else None)

    # first round: which fields make groups

    def fields(self, answers: Answers) -> dict[str, ir.Table]:
        if self.only:
            return {"fields": _filled(self, (0,))}
        apart = answers["told_apart"].iloc[0].to_dict()
        places = [place for place in range(len(self.causes)) if apart[f"f{place}"] is True]
        return {"fields": _filled(self, tuple(places))}

    def with_values(self, places: Sequence[int], *kept: str) -> ir.Table:
        """The deals let through, `deal_no` and `kept`, with the values of some fields as text, `f<place>`; blank is null."""
        deals = self.deals
        wanted: dict[str, list[int]] = defaultdict(list)
        for place in places:
            wanted[self.causes[place].band or self.causes[place].table].append(place)
        bands = wanted.pop("size", [])
        of_deals = [place for table in ("deals", "quarter", "month") for place in wanted.pop(table, [])]
        own = {f"f{place}": own_value(deals, self.causes[place], self.filters.time_zone) for place in of_deals}
        needed = {"deal_no", *kept, *(["amount", "currency"] if bands else []), *(LINKS[table][0] for table in wanted)}
        deals = deals.select(*sorted(needed), **own)
        for table, linked in wanted.items():
            ours, theirs = LINKS[table]
            rows_ = self.tables[table]
            # A key that a hostile file gives twice must not double the deals.
            found = rows_.filter(rows_[theirs].notnull()).agg(
                **{f"f{place}": own_value(rows_, self.causes[place]).max() for place in linked},
                by=rows_[theirs].name(f"key_{table}"),
            )
            deals = deals.left_join(found, [(ours, f"key_{table}")]).drop(f"key_{table}")
        for place in bands:
            deals = with_value(deals, self.tables, self.causes[place], f"f{place}")
        return deals

    def fit(self, answers: Answers) -> list[int]:
        """The fields with 2 to 30 values that were not filled in once the outcome was known; or the one asked for."""
        if self.only:
            return [0]
        return [place for place, n in self._filled_before(answers).items() if n <= MOST_LOOKED_AT]

    def _filled_before(self, answers: Answers) -> dict[int, int]:
        """How many values each field has, nearly, of those that were not filled in once the outcome was known."""
        row = answers["fields"].iloc[0].to_dict()
        several = [place for place in range(len(self.causes)) if row.get(f"differ_{place}") is True]
        names = {self.causes[place].name for place in several}
        found = {}
        for place in several:
            if REPEATED.get(self.causes[place].name) in names:
                continue
            parts = [row[f"{kind}_{place}"] / row[kind] for kind in KINDS if row[kind] >= 10]
            if not parts or min(parts) >= WRITTEN_AFTERWARDS * max(parts):
                found[place] = whole(row[f"values_{place}"])
        return found

    # second round: every stage in every group

    def values(self, answers: Answers) -> dict[str, ir.Table]:
        """The different values of each field, with the code that stands for each; those of sizes are known."""
        named = tuple(place for place in self.fit(answers) if self.causes[place].band != "size")
        return {"names": _coded(self, named)} if named else {}

    def code(self, deals: ir.Table, place: int) -> ir.IntegerValue:
        """A number for each value of a field."""
        text = deals[f"f{place}"]
        if self.causes[place].band == "size":
            return text.cases(*zip(SIZES, SIZE_CODES, strict=True), else_=0).cast("int64")
        return text.hash()

    def names(self, answers: Answers) -> dict[tuple[int, int], str]:
        """What each code of each field stands for."""
        names = answers.get("names", NO_NAMES)
        known = names[names["name"].notna()]
        found = dict(zip(zip(known["place"], known["code"], strict=True), known["name"], strict=True))
        bands = (place for place in self.fit(answers) if self.causes[place].band == "size")
        return found | {(place, code): size for place in bands for code, size in zip(SIZE_CODES, SIZES, strict=True)}

    def stays(self, answers: Answers) -> ir.Table:
        """The stays to compare, of any deal: which of them are let through, the deals say that they are joined with."""
        is_long = whole(answers["fields"]["deals"].iloc[0]) > IN_DAYS_FROM
        if self.has_history:
            return _open_stays(self.tables, replace(self.filters, where=()), is_long)
        return _lives(self.deals, self.filters, is_long)

    def scan(self, answers: Answers) -> dict[str, ir.Table]:
        return {"groups": self.counted(answers), "owners": by_owner(self.deals), **self.values(answers)}

    def counted(self, answers: Answers) -> ir.Table:
        """The stays by group, stage, fate and length, and by stage alone."""
        fit = self.fit(answers)
        deals = self.with_values(fit)
        # Numbers instead of names: millions of stays are counted by each field.
        coded = deals.select(of_deal=deals.deal_no, **{f"f{place}": self.code(deals, place) for place in fit})
        stays = self.stays(answers).inner_join(coded, [("deal_no", "of_deal")])
        worth: dict[str, ir.Value] = {}
        span: dict[str, ir.Value] = {}
        if self.with_worth:
            worth = {"known": stays.amount.count(), "squares": (stays.amount * stays.amount).sum()}
            span = {"first": stays.entered_at.min(), "last": stays.entered_at.max()}
        # All at once: reading the stays takes longest.
        parts = [
            stays.agg(
                n=stays.count(),
                amount=stays.amount.sum(),
                followed=stays.count(where=stays.entered_at < followed_from(self.filters)),
                **worth,
                by=["stage", "fate", "length", stays[f"f{place}"].name("code")],
            ).mutate(place=ibis.literal(place), **NOTHING_OF_STAGES, **(WORTH_OF_GROUPS if worth else {}))
            for place in fit
        ]
        of_stages = stays.agg(
            n=stays.count(),
            untimed=stays.count(where=stays.length < 0),
            assumed=stays.count(where=stays.is_assumed),
            order=stays.stage_order.min(),
            **span,
            by=["stage", "currency"],
        ).mutate(place=ibis.literal(STAGES), **NOTHING_OF_GROUPS, **(WORTH_OF_STAGES if worth else {}))
        return ibis.union(*parts, of_stages) if parts else of_stages

    def pairs(self, answers: Answers) -> list[Pair]:
        """Every stage in every group, with the q-value over all that were tested."""
        if not self.last or self.last[0][0] is not answers["groups"]:
            self.last[:] = [(answers["groups"], self._compared(answers))]
        return self.last[0][1]

    def _compared(self, answers: Answers) -> list[Pair]:
        names = self.names(answers)
        found: list[Pair] = []
        for stage, place, counted in self.parts(answers):
            found += compared(stage, place, counted, names)
        for at, q in enumerate(benjamini_hochberg([pair.p for pair in found])):
            found[at] = replace(found[at], q=q)
        return self.in_order(found, answers)

    def in_order(self, found: Iterable[Pair], answers: Answers) -> list[Pair]:
        stages = self.about_stages(answers)
        return sorted(
            found, key=lambda pair: (stages[pair.stage].order, pair.place, pair.segment, pair.kind == "delay")
        )

    def parts(self, answers: Answers) -> Iterator[tuple[str | None, int, Counts]]:
        """What is compared: each stage and field, and the stays by that field at all stages."""
        groups, stages = answers["groups"], self.about_stages(answers)
        values = Counter(place for place, _code in self.names(answers))
        seen: set[tuple[Any, ...]] = set()
        everything, places = Counts.of(groups), groups["place"].to_numpy()
        for place in sorted(values):
            if not 2 <= values[place] <= (MOST_GROUPS if self.only else MOST_VALUES):
                continue
            counted = everything.only(places == place)
            # Two fields that part the deals alike ask the same question twice.
            if counted.mark in seen:
                continue
            seen.add(counted.mark)
            for stage, about in stages.items():
                # Deals without a creation date are left out of the chance to be won, as in the matured win rate.
                if not self.has_history or about.is_known:
                    yield stage, place, counted

    def about_stages(self, answers: Answers) -> dict[str | None, _Stage]:
        groups = answers["groups"]
        parts = split(groups[groups["place"] == STAGES], ["stage"])
        return {
            stage: _Stage(
                order=float(part["order"].min()),
                entered=whole(part["n"].sum()),
                assumed=whole(part["assumed"].sum()),
                untimed=whole(part["untimed"].sum()),
                currencies=frozenset(part["currency"].dropna()),
            )
            for (stage,), part in parts.items()
        }

    def order(self, answers: Answers) -> list[str]:
        """The open stages that deals came to, in order."""
        stages = self.about_stages(answers)
        return [name for name in sorted(stages, key=lambda name: (stages[name].order, str(name))) if name is not None]

    # third round: the deals of what is real

    def closer(
        self, answers: Answers, wanted: Sequence[Pair] | None = None, also: Iterable[str | None] = ()
    ) -> dict[str, ir.Table]:
        """The stays at the stages of the pairs `wanted`, by which of their groups they belong to; and at the stages of `also`."""
        wanted = to_price(self.pairs(answers)) if wanted is None else wanted
        if not wanted and not also:
            return {}
        deals = self.with_values(sorted({pair.place for pair in wanted}), "status", "closed_at")
        names = {(pair.place, pair.code): pair.segment for pair in wanted}
        bits = [
            deals[f"f{group[0]}"].isin([names[group]]).fill_null(False).ifelse(1 << bit, 0)
            for bit, group in enumerate(groups_of(wanted))
        ]
        coded = deals.select(
            "status", "closed_at", of_deal=deals.deal_no, cell=reduce(add, bits, ibis.literal(0)).cast("int64")
        )
        stays = self.stays(answers)
        if self.has_history:
            stays = stays.filter(stays.stage.isin(sorted({*(pair.stage or "" for pair in wanted), *map(str, also)})))
        stays = stays.inner_join(coded, [("deal_no", "of_deal")])
        cells = stays.agg(
            n=stays.count(),
            known=stays.amount.count(),
            amount=stays.amount.sum(),
            squares=(stays.amount * stays.amount).sum(),
            first_entered=stays.entered_at.min(),
            last_entered=stays.entered_at.max(),
            by=["stage", "cell", "fate", "length"],
        )
        if not self.has_history:
            return {"cells": cells}
        end = (stays.status == "open").ifelse(ibis.timestamp(self.filters.now), stays.closed_at)
        moved_on = stays.mutate(hours=self.filters.hours(end, stays.left_at)).filter(_.fate == "advanced", _.hours >= 0)
        # What became of those that moved on, read with the rest: the deals' status in place of the fate.
        after = moved_on.agg(n=_.count(), by=["stage", _.status.name("fate"), (_.hours - _.hours % 24).name("length")])
        after = after.mutate(cell=ibis.literal(AFTERWARDS, "int64"), **NOTHING_OF_CELLS)
        return {"cells": ibis.union(cells, after.select(*cells.columns))}

    def days_between(self, later: datetime, earlier: datetime) -> float:
        """The days from one moment to another that durations count."""
        return days_between(later, earlier, self.filters.calendar, self.filters.time_zone)

    def left_out(self, answers: Answers) -> pd.DataFrame:
        """The fields that have too many values."""
        values = Counter(place for place, _code in self.names(answers))
        many = [
            self.causes[place].name
            for place, n in self._filled_before(answers).items()
            if n > MOST_LOOKED_AT or values[place] > MOST_VALUES
        ]
        return pd.DataFrame({"field": pd.Series(many, dtype=object)})

    def finish(self, answers: Answers) -> pd.DataFrame:
        pairs = self.pairs(answers)
        tests = sum(pair.p is not None for pair in pairs)
        priced = {each.pair.key: each for each in prices(answers.get("cells"), to_price(pairs), self.days_between)}
        ends = {currency for about in self.about_stages(answers).values() for currency in about.currencies}
        one = next(iter(ends), None) if len(ends) <= 1 else None
        found = []
        for pair in pairs:
            row: Row = {
                "kind": pair.kind, "stage": pair.stage, "field": self.causes[pair.place].name, "segment": pair.segment,
                "n": pair.n, "p_value": pair.p, "q_value": pair.q, "certainty": certainty(pair.q), **_numbers(pair),
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


@lru_cache(maxsize=16)
def _filled(search: Search, places: tuple[int, ...]) -> ir.Table:
    """One row: the deals by how they ended, those of them with a value in each field, and how many values there are."""
    deals = search.with_values([place for place in places if search.causes[place].band != "size"], "status", "amount")
    is_of = {kind: deals.status == kind for kind in KINDS}
    counts = {kind: deals.count(where=is_) for kind, is_ in is_of.items()}
    for place in places:
        # Sizes are cut from amounts, so that there are some of each kind where there are amounts.
        column = deals[search.causes[place].column if search.causes[place].band == "size" else f"f{place}"]
        counts |= {f"{kind}_{place}": column.count(where=is_) for kind, is_ in is_of.items()}
        counts[f"differ_{place}"] = column.max() > column.min()
        counts[f"values_{place}"] = (
            ibis.literal(len(SIZES)) if search.causes[place].band == "size" else column.approx_nunique()
        )
    return deals.agg(deals=deals.count(), **counts)


@lru_cache(maxsize=16)
def _coded(search: Search, places: tuple[int, ...]) -> ir.Table:
    """The different values of some fields: `place, code, name`."""
    deals = search.with_values(places)
    found = [
        deals.select(place=ibis.literal(place), code=search.code(deals, place), name=f"f{place}").distinct()
        for place in places
    ]
    return ibis.union(*found)


@dataclass(frozen=True)
class _Stage:
    """The stays at one stage, of every group."""

    order: float
    entered: int
    assumed: int
    untimed: int
    currencies: frozenset[str]

    @property
    def is_known(self) -> bool:
        """Whether what became of the deals, and how long it took, is known from records, up to a few."""
        most = MOST_ASSUMED * self.entered
        return self.assumed <= most and self.untimed <= most


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


def certainty(q: float | None) -> str | None:
    """How sure a difference is, in a word."""
    if q is None:
        return None
    return "very_likely" if q < VERY_LIKELY else "likely" if q < LIKELY else "fairly_likely" if q < REAL else "chance"
