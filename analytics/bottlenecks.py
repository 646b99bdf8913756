"""Where deals leak, wait and come back: every stage in every group against a reference, with the money at stake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import references, reworked
from analytics.fields import Field
from analytics.filters import Filters
from analytics.findings import MOST_GROUPS, STAGES, Search, certainty, told_apart
from analytics.intervals import benjamini_hochberg
from analytics.question import Answers, Question
from analytics.references import REST_NAME, WHOLE, Against, Reference, Targets
from analytics.rows import Row, frame
from analytics.segment_pairs import Counts, Groups, Pair, known, with_rest
from analytics.stakes import Worth, after, delay, leak, prices, rework, to_price
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "rank", "kind", "pipeline", "stage", "field", "segment", "reference", "reference_name", "n", "share", "share_rest",
    "share_delta", "share_low", "share_high", "stay_days", "stay_days_rest", "days_delta", "days_low", "days_high", "within_days",
    "p_value", "q_value", "tests", "certainty", "money", "money_low", "money_high", "currency", "value_known", "deals_open",
    "value_open", "repeats",
)  # fmt: skip
KINDS = ("leak", "delay", "rework")
LastedBy = Mapping[tuple[int, str | None, int], reworked.Lasted]


def bottlenecks(
    tables: Tables,
    filters: Filters,
    by: Field | None = None,
    reference: Reference = "rest",
    target: Targets = (),
    target_days: Targets = (),
) -> Question:
    """One row a stage, group and kind, tested or not; those real and worse by kind and the low end of their money. Columns: `COLUMNS`.

    Groups are the values of `by`, or of every field that `findings` compares; each is compared by the chance to move on (leak),
    by how long they stay (delay), and by how many come back (rework), with its `reference`: all other deals at the stage (rest),
    the group itself in the period before (previous), the best credible group of the field (best), or what is given for a stage
    (target: shares of moving on, and `target_days` of the average stay; stages without are left out, and rework). In previous and
    target the stage as a whole is compared too: its field and segment are null. All are one family of tests. Only what is real
    and worse has money: of a leak what is lost, of a delay and of rework what waits longer. `repeats` names the costlier one of
    its kind that a row disappears with (looked for among the costliest, and against the rest only). The period bounds the
    creation of deals. Raises RequestProblem where a field has more than 200 values, where previous has no period, or target none.
    """
    against = Against(reference, target, target_days)
    references.check(against, filters)
    return Ranking(tables, filters, by, against).question()


@dataclass(frozen=True)
class Earlier:
    """What is known of the period before: the stays, with the place of their field, who came back, and what its days are."""

    counted: Counts
    places: NDArray[np.int64]
    again: reworked.Returned
    followed: reworked.Returned
    days: str

    def pairs(
        self, groups: Groups, counted: Counts, back: NDArray[np.float64], n: NDArray[np.float64]
    ) -> Iterator[Pair]:
        """Every group against itself in the period before."""
        is_whole = groups.place == WHOLE
        there = self.places == (self.places.max(initial=0) if is_whole else groups.place)
        then = self.counted.only(there)
        then = references.whole_stages(then) if is_whole else then
        yield from references.with_previous(groups, counted, then, self.days)
        before, back_before = (reworked.returned(each, groups) for each in (self.followed, self.again))
        yield from references.rework_with_previous(replace(groups, entered=n), back, before, back_before, self.days)


@dataclass(frozen=True)
class Ranking:
    """The rounds of the question, each made of the answers to those before it."""

    tables: Tables
    filters: Filters
    by: Field | None = None
    against: Against = field(default_factory=Against)
    # The answers last compared and what came of it: two rounds need the same.
    last: list[tuple[pd.DataFrame, list[Pair]]] = field(default_factory=list, compare=False)

    @cached_property
    def search(self) -> Search:
        return Search(self.tables, self.filters, True, self.by, with_worth=True)

    @cached_property
    def earlier(self) -> Search | None:
        """The same in the period before, where that is the reference."""
        if self.against.kind != "previous":
            return None
        return replace(self.search, filters=references.before(self.filters), with_worth=False, last=[])

    def question(self) -> Question:
        search = self.search
        return Question(
            {"told_apart": told_apart(self.tables)},
            self.finish,
            (search.fields, search.scan, self.repeats, self.closer),
        )

    def repeats(self, answers: Answers) -> dict[str, ir.Table]:
        _check_number(self.search, answers)
        asks = reworked.repeats(self.search, answers) if self.against.kind != "target" else {}
        if self.earlier is not None:
            asks["groups_before"] = self.earlier.counted(answers)
            asks |= {
                f"{name}_before": ask
                for name, ask in reworked.repeats(self.earlier, answers).items()
                if name == "again"
            }
        return asks

    def closer(self, answers: Answers) -> dict[str, ir.Table]:
        pairs = self.pairs(answers)
        leaks = sorted({pair.stage or "" for pair in pairs if pair.kind == "leak" and pair.is_real and pair.is_worse})
        return self.search.closer(answers, self._alike(pairs), leaks)

    def _alike(self, pairs: list[Pair]) -> list[Pair]:
        """The pairs among which the same difference is looked for."""
        return to_price([pair for pair in pairs if pair.kind != "rework"]) if self.against.kind == "rest" else []

    # What is compared

    def pairs(self, answers: Answers) -> list[Pair]:
        """All that is compared, with the q-values over all of it."""
        if not self.last or self.last[0][0] is not answers["groups"]:
            found = self.search.in_order(self._compared(answers), answers)
            made = [pair for pair in found if pair.kind != "rework"] + [pair for pair in found if pair.kind == "rework"]
            q_values = benjamini_hochberg([pair.p for pair in made])
            pairs = [replace(pair, q=q) for pair, q in zip(made, q_values, strict=True)]
            self.last[:] = [(answers["groups"], pairs)]
        return self.last[0][1]

    def names(self, answers: Answers) -> dict[tuple[int, int], str]:
        return {**self.search.names(answers), (WHOLE, 0): ""}

    def _parts(self, answers: Answers) -> Iterator[tuple[str | None, int, Counts]]:
        """What is compared, by stage and field; where the reference allows, the stages as a whole too."""
        whole: set[str | None] = set()
        for stage, place, counted in self.search.parts(answers):
            if self.against.kind in ("previous", "target") and stage not in whole:
                whole.add(stage)
                yield stage, WHOLE, references.whole_stages(counted)
            yield stage, place, counted

    def _compared(self, answers: Answers) -> Iterator[Pair]:
        names, again = self.names(answers), reworked.came_back(answers.get("again"))
        followed, earlier = reworked.followed(answers["groups"]), self._earlier(answers)
        for stage, place, counted in self._parts(answers):
            groups = Groups.at(stage, place, counted, names)
            if self.against.kind == "target":
                yield from references.with_target(groups, self.against)
                continue
            back, n = (reworked.returned(each, groups) for each in (again, followed))
            if earlier is not None:
                yield from earlier.pairs(groups, counted, back, n)
            elif self.against.kind == "best":
                yield from references.with_best(groups)
                yield from references.rework_with_best(replace(groups, entered=n), back)
            else:
                yield from (replace(pair, rest_name=REST_NAME) for pair in with_rest(groups))
                yield from references.rework_with_rest(replace(groups, entered=n), back)

    def _earlier(self, answers: Answers) -> Earlier | None:
        """The period before, where that is the reference."""
        if self.earlier is None:
            return None
        counted, again = answers["groups_before"], reworked.came_back(answers.get("again_before"))
        days = f"{self.earlier.filters.since}:{self.earlier.filters.until}"
        followed = reworked.followed(counted)
        return Earlier(Counts.of(counted), counted["place"].to_numpy(), again, followed, days)

    # The answer

    def finish(self, answers: Answers) -> pd.DataFrame:
        pairs, lasted = self.pairs(answers), reworked.lasted(answers.get("again"))
        money, repeated = self.money(answers, pairs, lasted), self._repeated(answers, pairs)
        currencies = self.currencies(answers)
        tests = sum(pair.p is not None for pair in pairs)
        found: list[Row] = []
        for pair in pairs:
            row = self._row(pair, lasted) | {"tests": tests, "currency": next(iter(currencies), None)}
            row |= {name: value for name, value in money.get(pair.key, {}).items() if name in COLUMNS}
            if len(currencies) > 1:  # no money of several currencies is ever added
                row |= dict.fromkeys(("money", "money_low", "money_high", "value_open", "currency"))
            if pair.key in money and pair.key in repeated:
                other = repeated[pair.key]
                row["repeats"] = f"{self.search.causes[other.place].name}={other.segment}"
            found.append(row)
        _rank(found)
        return frame(found, [*COLUMNS, *([self.by.key(COLUMNS)] if self.by else [])])

    def _repeated(self, answers: Answers, pairs: list[Pair]) -> dict[tuple[object, ...], Pair]:
        alike = prices(answers.get("cells"), self._alike(pairs), self.search.days_between)
        return {each.pair.key: each.same_as for each in alike if each.same_as is not None}

    def standing(self, answers: Answers) -> list[tuple[Pair, Row]]:
        """The pairs that are real and worse and repeat no other, with what they cost."""
        pairs, lasted = self.pairs(answers), reworked.lasted(answers.get("again"))
        money, repeated = self.money(answers, pairs, lasted), self._repeated(answers, pairs)
        return [(pair, money[pair.key]) for pair in pairs if pair.key in money and pair.key not in repeated]

    def currencies(self, answers: Answers) -> set[str]:
        stages = self.search.about_stages(answers)
        return {currency for about in stages.values() for currency in about.currencies}

    def money(self, answers: Answers, pairs: list[Pair], lasted: LastedBy) -> dict[tuple[object, ...], Row]:
        """What each pair that is real and worse costs; `lasted` is how long repeated visits last."""
        groups = answers["groups"]
        at_stage = groups[groups["place"] == STAGES]
        ends = at_stage.groupby("stage", as_index=False).agg(first=("first", "min"), last=("last", "max"))
        came = reworked.spans(self.search, ends)
        visited = reworked.spans(self.search, answers["spans"]) if "spans" in answers else {}
        won = after(answers["cells"]) if "cells" in answers else {}
        found: dict[tuple[object, ...], Row] = {}
        for pair in pairs:
            if not (pair.is_real and pair.is_worse):
                continue
            worth = Worth.of(reworked.of_group(groups, pair))
            if pair.kind == "leak":
                row = leak(pair, worth, *won.get(pair.stage, (1.0, 0.0)))
            elif pair.kind == "delay":
                row = delay(pair, worth, came.get(pair.stage, 1.0))
            elif (pair.place, pair.stage, pair.code) in lasted:
                days, error, _within = lasted[pair.place, pair.stage, pair.code]
                again = Worth.of(reworked.of_group(answers["again"], pair))
                row = rework(pair, again, days, error, visited.get(pair.stage, 1.0))
            else:
                row = {}
            found[pair.key] = row | worth.row
        return found

    def _row(self, pair: Pair, lasted: LastedBy) -> Row:
        is_whole = pair.place == WHOLE
        row: Row = {
            "kind": pair.kind, "pipeline": self.filters.pipeline, "stage": pair.stage, "n": pair.n,
            "field": None if is_whole else self.search.causes[pair.place].name,
            "segment": None if is_whole else pair.segment,
            "reference": self.against.kind, "reference_name": pair.rest_name,
            "p_value": pair.p, "q_value": pair.q, "certainty": certainty(pair.q),
        }  # fmt: skip
        if self.by is not None:
            row[self.by.key(COLUMNS)] = row["segment"]
        value, rest, delta, low, high = map(known, (pair.value, pair.rest, pair.difference, pair.low, pair.high))
        if pair.kind == "delay":
            days = {"stay_days": value, "stay_days_rest": rest, "days_delta": delta, "days_low": low, "days_high": high}
            return row | days | {"within_days": pair.within}
        row |= {"share": value, "share_rest": rest, "share_delta": delta, "share_low": low, "share_high": high}
        again = lasted.get((pair.place, pair.stage, pair.code)) if pair.kind == "rework" and pair.value else None
        return row | ({"days_delta": again[0], "within_days": again[2]} if again else {})


def _check_number(search: Search, answers: Answers) -> None:
    if search.only is None:
        return
    values = len(search.names(answers))
    if values > MOST_GROUPS:
        raise RequestProblem(
            say("{field} has {n} different values; at most {most} groups can be compared.",
                field=search.only.name, n=values, most=MOST_GROUPS),
            say("Choose a field with fewer values, or filter first."),
        )  # fmt: skip


def _rank(found: list[Row]) -> None:
    """Sort: by kind, first what is real and worse by the low end of its money; then by how sure the difference is."""
    for kind in KINDS:
        worst = [
            row for row in found if row["kind"] == kind and row.get("money_low") is not None and not row.get("repeats")
        ]
        for rank, row in enumerate(sorted(worst, key=lambda row: -row["money_low"]), start=1):
            row["rank"] = rank
    found.sort(
        key=lambda row: (
            KINDS.index(row["kind"]), row.get("rank") is None, row.get("rank") or 0,
            1.0 if row["p_value"] is None else row["p_value"],
        )
    )  # fmt: skip
