"""Where deals leak, wait and come back: every stage in every group against all others, with the money at stake."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.against_rest import restricted_means
from analytics.fields import Field
from analytics.filters import Filters
from analytics.findings import MOST_GROUPS, Search, told_apart
from analytics.funnel import FATES, Counting
from analytics.intervals import benjamini_hochberg, newcombe, share, share_difference
from analytics.question import Answers, Question
from analytics.rows import Row, frame, full_hours, number, rows, whole
from analytics.segment_pairs import REAL, Pair
from analytics.stakes import DRAWS, prices, to_price
from analytics.stays import entries
from analytics.survival import Lengths
from data.errors import RequestProblem
from data.messages import say
from data.tables import Tables

COLUMNS = (
    "rank", "kind", "pipeline", "stage", "field", "segment", "n", "share", "share_rest", "share_delta", "share_low", "share_high",
    "stay_days", "stay_days_rest", "days_delta", "days_low", "days_high", "within_days", "p_value", "q_value", "tests", "money",
    "money_low", "money_high", "currency", "value_known", "deals_open", "value_open",
)  # fmt: skip
KINDS = ("leak", "delay", "rework")


def bottlenecks(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """One row a stage, group and kind, tested or not; those real and worse by kind and the low end of their money. Columns: `COLUMNS`.

    Groups are the values of `by`, or of every field that `findings` compares; each is compared with all other deals at the
    stage: by the chance to move on (leak), by how long they stay (delay), and by how many come back (rework). All are one
    family of tests. Only what is real and worse has money: of a leak what is lost, of a delay and of rework what waits longer.
    The period bounds the creation of deals. Raises RequestProblem where a field has more than 200 values.
    """
    search = Search(tables, filters, True, by)
    return Question(
        {"told_apart": told_apart(tables)},
        partial(_rows, search),
        (search.fields, search.scan, partial(_repeats, search), partial(_closer, search)),
    )


# Visits of deals that came back


def _repeats(search: Search, answers: Answers) -> dict[str, ir.Table]:
    """By stage and group, the visits after the first: how many deals came back, how long they then stay, what they are worth."""
    _check_number(search, answers)
    places = search.fit(answers)
    deals = search.with_values(places)
    coded = deals.select(of_deal=deals.deal_no, **{f"f{place}": search.code(deals, place) for place in places})
    every = entries(search.tables, replace(search.filters, where=()), Counting())
    every = every.filter((_.outcome == "open") & ~_.is_skipped)
    end = (_.fate == "still").ifelse(ibis.timestamp(search.filters.now), _.left_at)
    taken = full_hours(end.delta(_.entered_at, unit="microsecond")).fill_null(-1)
    again = every.filter(_.visit > 1).mutate(hours=(taken < 0).ifelse(-1, taken - taken % 24))
    again = again.inner_join(coded, [("deal_no", "of_deal")])
    parts = [
        again.agg(
            n=again.count(), deals=again.count(where=again.visit == 2), known=again.deal_amount.count(),
            amount=again.deal_amount.sum(), squares=(again.deal_amount * again.deal_amount).sum(),
            by=["stage", "fate", "hours", again[f"f{place}"].name("code")],
        ).mutate(place=ibis.literal(place))
        for place in places
    ]  # fmt: skip
    spans = every.agg(first=_.entered_at.min(), last=_.entered_at.max(), by="stage")
    return {"spans": spans} | ({"again": ibis.union(*parts) if len(parts) > 1 else parts[0]} if parts else {})


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


@dataclass(frozen=True)
class Rework:
    """One stage in one group: how many of its deals came back, against all others at the stage."""

    stage: str | None
    place: int
    code: int
    segment: str
    n: int
    n_rest: int
    back: int
    back_rest: int
    p: float | None
    q: float | None = None

    @property
    def is_worse(self) -> bool:
        return self.q is not None and self.q < REAL and self.back * self.n_rest > self.back_rest * self.n


def _rework(search: Search, answers: Answers) -> list[Rework]:
    groups = answers["groups"]
    entered = groups[groups["place"] >= 0].groupby(["place", "stage", "code"])["n"].sum()
    again = answers.get("again")
    returned = again.groupby(["place", "stage", "code"])["deals"].sum() if again is not None else entered * 0
    totals, back_totals = entered.groupby(level=[0, 1]).sum(), returned.groupby(level=[0, 1]).sum()
    known = {(pair.stage, pair.place) for pair in search.pairs(answers)}
    found = []
    for (place, code), segment in sorted(search.names(answers).items(), key=lambda each: (each[0][0], each[1])):
        for stage in search.about_stages(answers):
            if (stage, place) not in known:
                continue
            n, back = int(entered.get((place, stage, code), 0)), int(returned.get((place, stage, code), 0))
            rest, back_rest = int(totals.get((place, stage), 0)) - n, int(back_totals.get((place, stage), 0)) - back
            if n:
                p = share_difference(min(back, n) / n, n, min(back_rest, rest) / rest, rest) if rest else None
                found.append(Rework(stage, place, code, segment, n, rest, min(back, n), min(back_rest, rest), p))
    return found


def _family(search: Search, answers: Answers) -> tuple[list[Pair], list[Rework]]:
    """All that is tested, with the q-values over all of it."""
    pairs, rework = search.pairs(answers), _rework(search, answers)
    q_values = benjamini_hochberg([pair.p for pair in pairs] + [each.p for each in rework])
    return (
        [replace(pair, q=q) for pair, q in zip(pairs, q_values[: len(pairs)], strict=True)],
        [replace(each, q=q) for each, q in zip(rework, q_values[len(pairs) :], strict=True)],
    )


def _closer(search: Search, answers: Answers) -> dict[str, ir.Table]:
    return search.closer(answers, _family(search, answers)[0])


# The answer


def _rows(search: Search, answers: Answers) -> pd.DataFrame:
    pairs, rework = _family(search, answers)
    priced = {each.pair.key: each.row for each in prices(answers.get("cells"), to_price(pairs))}
    stages = search.about_stages(answers)
    currencies = {currency for about in stages.values() for currency in about.currencies}
    found: list[Row] = []
    for pair in pairs:
        row: Row = {
            "kind": pair.kind,
            "stage": pair.stage,
            "field": search.causes[pair.place].name,
            "segment": pair.segment,
        }
        row |= {"n": pair.n, "p_value": pair.p, "q_value": pair.q} | _compared(pair)
        if pair.is_real and pair.is_worse and pair.key in priced:
            row |= {name: value for name, value in priced[pair.key].items() if name in COLUMNS}
        found.append(row)
    for each in rework:
        row = {"kind": "rework", "stage": each.stage, "field": search.causes[each.place].name, "segment": each.segment}
        found.append(row | {"n": each.n, "p_value": each.p, "q_value": each.q} | _came_back(each, answers))
    tests = sum(row["p_value"] is not None for row in found)
    for row in found:
        row |= {"pipeline": search.filters.pipeline, "tests": tests, "currency": next(iter(currencies), None)}
        if len(currencies) > 1:  # no money of several currencies is ever added
            row |= dict.fromkeys(("money", "money_low", "money_high", "value_open", "currency"))
        if search.only:
            row[search.only.key(COLUMNS)] = row["segment"]
    _rank(found)
    columns = [*COLUMNS, *([search.only.key(COLUMNS)] if search.only else [])]
    return frame(found, columns)


def _compared(pair: Pair) -> Row:
    if pair.kind == "delay":
        return {
            "stay_days": pair.value, "stay_days_rest": pair.rest, "days_delta": pair.difference, "days_low": pair.low,
            "days_high": pair.high, "within_days": pair.within,
        }  # fmt: skip
    return {
        "share": pair.value, "share_rest": pair.rest, "share_delta": pair.difference, "share_low": pair.low, "share_high": pair.high
    }  # fmt: skip


def _came_back(each: Rework, answers: Answers) -> Row:
    """How many came back, how long they then stayed, and what waits longer for that: (share - share of the rest) x what
    deals of the group that come to the stage bring back a day x days of the repeated visits."""
    own, rest = each.back / each.n, share(each.back_rest, each.n_rest)
    row: Row = {"share": own, "share_rest": rest}
    if rest is not None:
        low, high = newcombe(own, each.n, rest, each.n_rest)
        row |= {"share_delta": own - rest, "share_low": low, "share_high": high}
    again = answers.get("again")
    if again is None or not each.back or rest is None:
        return row
    is_own = (again["place"] == each.place) & (again["stage"] == each.stage) & (again["code"] == each.code)
    visits = again[is_own]
    lengths = Lengths.of(visits, "fate", FATES).known
    if not lengths.n:
        return row
    days, error, within = (float(found[0]) for found in restricted_means(lengths.counts[None], lengths.days))
    if days != days:
        return row
    row |= {"days_delta": days, "within_days": within}
    known = whole(visits["known"].sum())
    if not each.is_worse or not known:
        return row
    spans = {span["stage"]: span for span in rows(answers["spans"])}
    span = spans[each.stage]
    a_day = 1 / max((span["last"] - span["first"]).total_seconds() / 86_400, 1.0)
    total, squares = number(visits["amount"].sum()), number(visits["squares"].sum())
    scale = whole(visits["n"].sum()) / known * a_day
    random = np.random.default_rng(1)
    mine, others = (
        random.beta(back + 0.5, n - back + 0.5, DRAWS)
        for back, n in ((each.back, each.n), (each.back_rest, each.n_rest))
    )
    flow = np.maximum(random.normal(total, squares**0.5, DRAWS), 0.0) * scale
    extra = (1 - others / mine) * np.maximum(random.normal(days, error, DRAWS), 0.0) * flow
    money_low, money_high = np.quantile(extra, [0.025, 0.975])
    return row | {
        "money": (1 - rest / own) * days * total * scale, "money_low": float(money_low), "money_high": float(money_high),
        "value_known": share(known, whole(visits["n"].sum())),
    }  # fmt: skip


def _rank(found: list[Row]) -> None:
    """Sort: by kind, first what is real and worse by the low end of its money; then by how sure the difference is."""

    def is_worst(row: Row) -> bool:
        return row.get("money_low") is not None

    for kind in KINDS:
        worst = sorted(
            (row for row in found if row["kind"] == kind and is_worst(row)), key=lambda row: -row["money_low"]
        )
        for rank, row in enumerate(worst, start=1):
            row["rank"] = rank
    found.sort(
        key=lambda row: (
            KINDS.index(row["kind"]), row.get("rank") is None, row.get("rank") or 0,
            1.0 if row["p_value"] is None else row["p_value"],
        )
    )  # fmt: skip
