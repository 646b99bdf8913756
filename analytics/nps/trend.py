"""The Net Promoter Score period by period, and whether it really moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandas as pd
from ibis import Deferred, _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.nps.answers import TABLE, TALLY, answers, tallied, with_group
from analytics.nps.evidence import Tally, clustered_more, covariance, difference_p, interval
from analytics.nps.spans import SPANS, Span, after, day_of, name_of, span_start, stretches
from analytics.periods import WeekStart, local
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "period", "starts_on", "ends_on", "is_complete", *TALLY, "nps", "low", "high", "against", "difference", "p_value", "q_value",
    "real_change", "tests",
)  # fmt: skip
REAL = 0.05
PAIRED = ("pairs", "products", "pair_votes", "previous_votes")


def nps(
    tables: Tables,
    filters: Filters,
    grain: Span = "month",
    by: Field | None = None,
    week_start: WeekStart = "sunday",
    fiscal_year_start: int = 1,
) -> Question:
    """One row a period with or without answers, from the first answer to the last; with `by`, for each group. Columns: `COLUMNS`,
    with `by` the field's name in front.

    The interval is the adjusted Wald of each period by itself. Each period is tested against the one before it (`against`
    "before"), people who answered in both counted as the same where neither filters nor groups are of the answers themselves
    (then one of the two may not be counted); with grain "all" groups are tested against all other answers ("rest"), with the error of answers
    that go together in accounts where that is larger. Below 30
    answers on either side there is no test. The correction is over all tests of the table. Answers without a day are only in "all".
    Raises ValueError for a grain there is not.
    """
    if grain not in SPANS:
        raise ValueError(grain)
    found = answers(tables, filters)
    keys = ["group"] if by is not None else []
    if by is not None:
        found = with_group(found, tables, filters, by)
    if grain == "all":
        asks = {"all": tallied(found, keys)} | ({"accounts": _of_accounts(found)} if by is not None else {})
        return Question(
            asks, lambda told: _whole(rows(told["all"]), rows(told["accounts"]) if "accounts" in told else [], by)
        )

    def start(moment: ir.TimestampColumn) -> ir.DateValue:
        return span_start(local(moment, filters.time_zone, filters.as_of), grain, week_start, fiscal_year_start)

    found = found.filter(_.answered_at.notnull())
    found = found.mutate(start=start(found.answered_at), previous_start=start(found.previous_at))
    pairs: dict[str, ir.Value | Deferred] = {}
    if not chooses_answers(filters) and (by is None or by.table != TABLE):
        pairs = paired(found.previous_vote.notnull() & (after(found.previous_start, grain) == found.start))
    counted = tallied(found, [*keys, "start"], **pairs)
    return Question({"periods": counted}, lambda told: _periods(rows(told["periods"]), filters, grain, by))


_ACCOUNTS = ("accounts", "squares", "n_squares", "cross")


def _of_accounts(found: ir.Table) -> ir.Table:
    """Of each group the sums over accounts that `clustered_more` takes; who names no account is one by himself."""
    account = found.customer_id.nullif("").coalesce(
        found.customer.nullif(""), "#" + found.respondent_key, "#" + found.response_id
    )
    each = found.mutate(account=account).group_by("group", "account").agg(n=_.count(), votes=_.vote.cast("int64").sum())
    return each.group_by("group").agg(
        accounts=_.count(), squares=(_.votes * _.votes).sum(), n_squares=(_.n * _.n).sum(), cross=(_.n * _.votes).sum()
    )


def paired(is_pair: ir.BooleanValue) -> dict[str, ir.Value | Deferred]:
    """What the answers that count as pairs, each with the one of the same person before it, sum to: the columns `PAIRED`."""
    return {
        "pairs": _.count(where=is_pair),
        "products": (_.vote.cast("int64") * _.previous_vote).sum(where=is_pair),
        "pair_votes": _.vote.sum(where=is_pair),
        "previous_votes": _.previous_vote.sum(where=is_pair),
    }


def chooses_answers(filters: Filters) -> bool:
    """Whether a filter chooses among the answers of one person: then the answer before may not be among those counted."""
    return any(field.table == TABLE for field in filters.chosen_values())


def tally_of(row: Row) -> Tally:
    """The counts of a row with `TALLY`."""
    return Tally(whole(row["n"]), whole(row["promoters"]), whole(row["detractors"]))


def told(tally: Tally) -> Row:
    """The columns that a tally gives."""
    low, high = interval(tally)
    return {
        "n": tally.n, "promoters": tally.promoters, "passives": tally.n - tally.promoters - tally.detractors,
        "detractors": tally.detractors, "nps": tally.score, "low": low, "high": high,
    }  # fmt: skip


def _periods(counted: list[Row], filters: Filters, grain: Span, by: Field | None) -> pd.DataFrame:
    tallies: dict[Any, dict[date, Tally]] = {}
    for row in counted:
        tallies.setdefault(row.get("group"), {})[day_of(row["start"])] = tally_of(row)
    shared = {(row.get("group"), day_of(row["start"])): row for row in counted if row.get("pairs")}
    days = [day for found in tallies.values() for day in found]
    made: list[tuple[Row, Tally, Row | None]] = []
    groups = sorted(tallies, key=lambda group: (-sum(each.n for each in tallies[group].values()), str(group)))
    for group in groups:
        for span in stretches(min(days), max(days), filters, grain):
            named = {"group": group, "period": name_of(span.start, grain), "starts_on": span.first, "ends_on": span.last,
                     "is_complete": span.is_complete}  # fmt: skip
            made.append((named, tallies[group].get(span.start, Tally(0, 0, 0)), shared.get((group, span.start))))
    return in_order(made, by)


def in_order(periods: Sequence[tuple[Row, Tally, Row | None]], by: Field | None = None) -> pd.DataFrame:
    """The rows of `nps` from periods in order, each tested against the one before it of its `group`: what names it, its tally, and the
    row of `paired` with the answers it shares with the one before."""
    made: list[Row] = []
    p_values: list[float | None] = []
    before: Tally | None = None
    for place, (named, now, pair) in enumerate(periods):
        if place and named.get("group") != periods[place - 1][0].get("group"):
            before = None
        row, p = named | told(now), None
        if before is not None and before.n and now.n:
            row |= {"against": "before", "difference": (now.score or 0.0) - (before.score or 0.0)}
            p = difference_p(now, before, _shared(now, before, pair))
        made.append(row)
        p_values.append(p)
        before = now
    return _named(made, p_values, by)


def _shared(now: Tally, before: Tally, pair: Row | None) -> float:
    if pair is None:
        return 0.0
    count, products, votes, previous = (number(pair[name]) for name in PAIRED)
    return covariance(now, before, int(count), products, votes, previous)


def _whole(counted: list[Row], accounts: list[Row], by: Field | None) -> pd.DataFrame:
    of = {row["group"]: {name: number(row[name]) for name in _ACCOUNTS} for row in accounts}
    of_all = {name: sum(row[name] for row in of.values()) for name in _ACCOUNTS}
    every = Tally(0, 0, 0)
    for row in counted:
        every = every.plus(tally_of(row))
    made, p_values = [], []
    for row in sorted(counted, key=lambda row: (-whole(row["n"]), str(row.get("group")))):
        own = tally_of(row)
        if not own.n:
            continue
        rest = every.less(own)
        said: Row = {"group": row.get("group"), "period": "all", "is_complete": True} | told(own)
        if by is not None and rest.n:
            said |= {"against": "rest", "difference": (own.score or 0.0) - (rest.score or 0.0)}
        made.append(said)
        p_values.append(_of_group(own, rest, of[row["group"]], of_all) if by is not None else None)
    return _named(made, p_values, by)


def _of_group(own: Tally, rest: Tally, sums: Row, of_all: Row) -> float | None:
    """The p-value of a group against all other answers: those of one account go together on either side."""
    others = {name: of_all[name] - sums[name] for name in _ACCOUNTS}
    more = sum(
        clustered_more(tally, int(part["accounts"]), part["squares"], part["n_squares"], part["cross"])
        for tally, part in ((own, sums), (rest, others))
    )
    return difference_p(own, rest, -more / 2)


def _named(made: list[Row], p_values: list[float | None], by: Field | None) -> pd.DataFrame:
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
        row["real_change"] = None if p is None else bool(row["q_value"] < REAL)
    key = by.key(COLUMNS) if by is not None else "group"
    named = [{key: row.get("group")} | row for row in made]
    return frame(named, [*([key] if by is not None else []), *COLUMNS])
