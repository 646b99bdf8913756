"""Whether anything changed on a day: what began before it against what began after, both told by the same age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics import around_mark
from analytics.around_mark import Span, first_moments, spans
from analytics.filters import Filters
from analytics.funnel import FATES, MOST_ASSUMED
from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, split, whole, with_q_values
from analytics.stakes import DRAWS
from analytics.survival import Lengths, kaplan_meier
from analytics.two_sides import compared_chance, compared_days
from data.tables import Tables

COLUMNS = (
    "measure", "pipeline", "stage", "stage_order", "on", "is_placebo", "compared_days", "n_before", "n_after", "undecided_before",
    "undecided_after", "before", "before_low", "before_high", "after", "after_low", "after_high", "difference", "low", "high",
    "unit", "within_days", "p_value", "q_value", "tests", "trend_before", "money", "money_low", "money_high", "currency",
    "value_known",
)  # fmt: skip
CURVE_COLUMNS = ("side", "within_days", "still_chance", "still_low", "still_high", "at_risk", "n")
MEASURES = ("move_on", "days", "come_back", "win", "cycle")
RETURNS = ("back", "closed", "still")
ENDS = ("won", "lost", "still")
WINDOW = 90
REAL = 0.05
POINTS = 120

Price = Callable[[], Row]


def before_after(
    tables: Tables, filters: Filters, on: date, window_days: int | None = WINDOW, stage: str | None = None
) -> Question:
    """Rows of each open stage (move_on, days, come_back) and of whole deals (win, cycle): before the day `on`, from it on, and the difference.

    Compared is what began in the `window_days` before and after (as many as the data has on both sides; None: all of them).
    What began before is followed to the start of `on` and no further, the rest to the as-of date; both are told by the longest age
    to which both were followed. Rows with `is_placebo` compare earlier days, with half the days, by what was known before
    `on`: `trend_before` says whether they differ. Each of the two is a family of tests. Only what is real has money.
    The period bounds what began. Columns: `COLUMNS`. Raises RequestProblem where the data lies on one side of `on`.
    """

    def counts(answers: Answers) -> dict[str, ir.Table]:
        asks: dict[str, ir.Table] = {}
        for (kind, place), span in _all_spans(answers, filters, on, window_days).items():
            made = _visit_asks if kind == "visits" else _deal_asks
            found = made(tables, filters, span, stage, is_earlier=place > 0)
            asks |= {f"{name}_{place}": ask for name, ask in found.items()}
        return asks

    finish = partial(_rows, filters=filters, on=on, window_days=window_days)
    return Question({"first": first_moments(tables, filters)}, finish, (counts,))


def before_after_curves(
    tables: Tables, filters: Filters, on: date, window_days: int | None = WINDOW, stage: str | None = None
) -> Question:
    """The chance to be still at `stage` (without one, still open) by each age, of either `side`. Columns: `CURVE_COLUMNS`.

    Sides, windows and follow-up are those of `before_after`; at most `POINTS` ages a side.
    """
    kind = "deals" if stage is None else "visits"

    def lengths(answers: Answers) -> dict[str, ir.Table]:
        found = spans(answers, filters, on, window_days).get(kind)
        if found is None:
            return {}
        each = (
            around_mark.deals(tables, filters, found[0])
            if stage is None
            else around_mark.visits(tables, filters, found[0], stage)
        )
        return {"lengths": each.agg(n=_.count(), by=["is_after", "fate", "hours"])}

    finish = partial(_curves, kinds=ENDS if stage is None else FATES)
    return Question({"first": first_moments(tables, filters)}, finish, (lengths,))


# What is asked


def _all_spans(answers: Answers, filters: Filters, on: date, window_days: int | None) -> dict[tuple[str, int], Span]:
    """The windows of visits and deals by number: 0 is the day itself, the others are the earlier days."""
    found = {}
    for kind, (span, known_days) in spans(answers, filters, on, window_days).items():
        for place, each in enumerate([span, *span.earlier(known_days)]):
            found[kind, place] = each
    return found


def _visit_asks(
    tables: Tables, filters: Filters, span: Span, stage: str | None, *, is_earlier: bool
) -> dict[str, ir.Table]:
    """Of an earlier day, only what is compared there: not who came back, which few do, and no money."""
    keys = ["pipeline", "stage", "is_after", "fate", "hours"]
    visits = around_mark.visits(tables, filters, span, stage)
    asks = {"visits": visits.agg(n=_.count(), stage_order=_.stage_order.min(), by=[*keys, "is_first", "is_recorded"])}
    if is_earlier:
        return asks
    returns = around_mark.returns(tables, filters, span, stage)
    later = around_mark.afterwards(tables, filters, span, stage)
    worth = _amounts(visits.filter(_.is_after), "deal_amount")
    return asks | {
        "returns": returns.agg(n=_.count(), by=keys),
        "later": later.agg(n=_.count(), by=["pipeline", "stage", "fate", "hours"]),
        "worth_of_visits": worth.agg(**SUMS, by=["pipeline", "stage", "is_first", _.deal_currency.name("currency")]),
    }


def _deal_asks(
    tables: Tables, filters: Filters, span: Span, stage: str | None, *, is_earlier: bool
) -> dict[str, ir.Table]:
    if stage is not None:
        return {}
    deals = around_mark.deals(tables, filters, span)
    asks = {"deals": deals.agg(n=_.count(), by=["is_after", "fate", "hours"])}
    worth = _amounts(deals.filter(_.is_after), "amount").agg(**SUMS, by="currency")
    return asks if is_earlier else asks | {"worth_of_deals": worth}


SUMS: dict[str, Any] = {
    "n": _.count(), "known": _.worth.count(), "amount": _.worth.sum(), "squares": (_.worth * _.worth).sum()
}  # fmt: skip


def _amounts(table: ir.Table, column: str) -> ir.Table:
    return table.mutate(worth=table[column])


# The answer


@dataclass(frozen=True)
class _Worth:
    """What deals of the later window bring to a row: how many, how many have an amount, their sum and its squares."""

    n: int
    known: int
    total: float
    squares: float
    currencies: frozenset[str]

    @classmethod
    def of(cls, after: pd.DataFrame) -> _Worth:
        known = after[after["known"] > 0]
        total, squares = (number(known[name].sum()) for name in ("amount", "squares"))
        n, with_amount = int(after["n"].sum()), int(known["known"].sum())
        return cls(n, with_amount, total, squares, frozenset(known["currency"].dropna()))

    @property
    def is_told(self) -> bool:
        return self.known > 0 and len(self.currencies) <= 1

    def facts(self) -> Row:
        return {"currency": next(iter(self.currencies), None), "value_known": share(self.known, self.n)}


def _rows(answers: Answers, filters: Filters, on: date, window_days: int | None) -> pd.DataFrame:
    every = _all_spans(answers, filters, on, window_days)
    found: list[Row] = []
    prices: list[Price] = []
    placebos: list[Row] = []
    for (kind, place), span in every.items():
        facts: Row = {"on": span.on, "is_placebo": place > 0, "compared_days": span.days}
        made = (
            _of_visits(answers, place, span, filters) if kind == "visits" else _of_deals(answers, place, span, filters)
        )
        for row, price in made:
            (placebos if place else found).append(facts | row)
            if not place:
                prices.append(price)
    for family in (found, placebos):
        with_q_values(family, [row["p_value"] for row in family])
    for row, price in zip(found, prices, strict=True):
        row["trend_before"] = _trend_before(row, placebos)
        if row["q_value"] is not None and row["q_value"] < REAL:
            row |= price()
    return frame(found + placebos, COLUMNS)


def _trend_before(row: Row, placebos: list[Row]) -> bool | None:
    """Whether the same measure had already differed at an earlier day; None where that could not be tested."""
    names = ("measure", "pipeline", "stage")
    same = [each for each in placebos if all(each[name] == row[name] for name in names)]
    tested = [each["q_value"] for each in same if each["q_value"] is not None]
    return any(q < REAL for q in tested) if tested else None


def _of_visits(answers: Answers, place: int, span: Span, filters: Filters) -> list[tuple[Row, Price]]:
    keys = ["pipeline", "stage"]
    visits, returns = answers[f"visits_{place}"], answers.get(f"returns_{place}")
    parts = split(visits, keys)
    order = {at: whole(part["stage_order"].min()) for at, part in parts.items()}
    worths = split(answers["worth_of_visits_0"], keys)
    later = _later(answers["later_0"])
    every, firsts, back = (
        {} if part is None else Lengths.by(part, [*keys, "is_after"], "fate", kinds)
        for part, kinds in ((visits, FATES), (visits[visits["is_first"].astype(bool)], FATES), (returns, RETURNS))
    )
    found: list[tuple[Row, Price]] = []
    for at in sorted(parts, key=lambda at: (str(at[0]), order[at], str(at[1]))):
        place_ = {"pipeline": at[0], "stage": at[1], "stage_order": order[at]}
        is_told = all(_is_told(parts[at][parts[at]["is_after"] == side]) for side in (False, True))
        worth = worths.get(at, answers["worth_of_visits_0"].head(0))
        all_worth, first_worth = _Worth.of(worth), _Worth.of(worth[worth["is_first"].astype(bool)])
        moved = compared_chance("move_on", _sides(firsts, at, FATES), is_told)
        lasting = compared_days("days", _sides(every, at, FATES), is_told)
        found += [
            (place_ | moved, partial(_worth_of_chance, moved, first_worth, later.get(at))),
            (place_ | lasting, partial(_worth_of_days, lasting, all_worth, span.counted_days(filters))),
        ]
        if returns is not None:
            found.append((place_ | compared_chance("come_back", _sides(back, at, RETURNS), is_told), dict))
    return found


def _sides(lengths: Mapping[tuple[Any, ...], Lengths], at: tuple[Any, ...], kinds: tuple[str, ...]) -> list[Lengths]:
    return [lengths.get((*at, side), _none(kinds)) for side in (False, True)]


def _is_told(visits: pd.DataFrame) -> bool:
    """Whether all visits of one side but a few have times that a file gave."""
    n, most = visits["n"].sum(), MOST_ASSUMED
    is_odd = ~visits["is_recorded"].astype(bool) | (visits["hours"] < 0)
    return bool(visits.loc[is_odd, "n"].sum() <= most * n)


def _of_deals(answers: Answers, place: int, span: Span, filters: Filters) -> list[tuple[Row, Price]]:
    deals = answers.get(f"deals_{place}")
    if deals is None:
        return []
    sides = _sides(Lengths.by(deals, ["is_after"], "fate", ENDS), (), ENDS)
    at: Row = {"pipeline": filters.pipeline, "stage": None}
    worth = _Worth.of(answers["worth_of_deals_0"])
    win, cycle = compared_chance("win", sides, True), compared_days("cycle", sides, True)
    return [
        (at | win, partial(_worth_of_chance, win, worth, (1.0, 0.0))),
        (at | cycle, partial(_worth_of_days, cycle, worth, span.counted_days(filters))),
    ]


def _none(kinds: tuple[str, ...]) -> Lengths:
    return Lengths(np.empty(0, dtype=np.int64), np.empty((0, len(kinds))))


# What a difference is worth


def _later(afterwards: pd.DataFrame) -> Mapping[tuple[Any, ...], tuple[float, float]]:
    """By pipeline and stage, the chance of a deal that moved on to be won in the end, and the effective number behind it."""
    found = {}
    for place, lengths in Lengths.by(afterwards, ["pipeline", "stage"], "fate", ENDS).items():
        risks = lengths.known.risks()
        time = risks.horizon()
        if time is not None:
            found[place] = risks.incidence_at(time, 0), risks.effective_n(time, 0)
    return found


def _worth_of_chance(row: Row, worth: _Worth, win: tuple[float, float] | None) -> Row:
    """Difference x how many came x average amount x chance to be won afterwards; its interval from seeded draws of all four."""
    if not worth.is_told or win is None:
        return worth.facts()
    random = np.random.default_rng(1)
    gap = _beta(random, row["after"], row["after_n"]) - _beta(random, row["before"], row["before_n"])
    mean = worth.total / worth.known
    error = (max(worth.squares / worth.known - mean**2, 0.0) / max(worth.known - 1, 1)) ** 0.5
    value = np.maximum(random.normal(mean, error, DRAWS), 0.0)
    chance, n = win
    wins = _beta(random, chance, n) if n else np.ones(DRAWS)
    low, high = np.quantile(gap * value * wins, [0.025, 0.975]) * worth.n
    money = row["difference"] * worth.n * mean * chance
    return worth.facts() | {"money": money, "money_low": float(low), "money_high": float(high)}


def _worth_of_days(row: Row, worth: _Worth, days: float) -> Row:
    """Difference in days x what came a day since, `days` of the same kind: so much more waits there at any time (Little 1961)."""
    if not worth.is_told:
        return worth.facts()
    random = np.random.default_rng(1)
    extra = random.normal(row["difference"], row["error"], DRAWS)
    scale = worth.n / worth.known / days
    flow = np.maximum(random.normal(worth.total, worth.squares**0.5, DRAWS), 0.0) * scale
    low, high = np.quantile(extra * flow, [0.025, 0.975])
    money = row["difference"] * worth.total * scale
    return worth.facts() | {"money": money, "money_low": float(low), "money_high": float(high)}


def _beta(random: np.random.Generator, chance: float, n: float) -> NDArray[np.float64]:
    """Draws of a share seen in `n` cases: its posterior after Jeffreys' prior."""
    return random.beta(chance * n + 0.5, (1 - chance) * n + 0.5, DRAWS)


# Curves


def _curves(answers: Answers, kinds: tuple[str, ...]) -> pd.DataFrame:
    found: list[Row] = []
    by_side = Lengths.by(answers["lengths"], ["is_after"], "fate", kinds) if "lengths" in answers else {}
    for side, name in ((False, "before"), (True, "after")):
        lengths = by_side.get((side,), _none(kinds)).known
        if not lengths.n:
            continue
        lasting = kaplan_meier(lengths.days, lengths.counts[:, :-1].sum(axis=1), lengths.counts[:, -1])
        ages = np.union1d([0.0], lengths.days)
        if len(ages) > POINTS:
            ages = np.linspace(0.0, float(lengths.days[-1]), POINTS)
        for age in ages.tolist():
            low, high = lasting.interval(age)
            at_risk = int(lengths.counts[lengths.days >= age].sum())
            found.append({
                "side": name, "within_days": age, "still_chance": lasting.at(age), "still_low": 1.0 if low is None else low,
                "still_high": 1.0 if high is None else high, "at_risk": at_risk, "n": lengths.n,
            })  # fmt: skip
    return frame(found, CURVE_COLUMNS)
