"""How the answers spread over the scores from 0 to 10, and which scores are given more or less often than before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import mean_interval, share, share_difference, wilson
from analytics.nps.answers import LEAST_PROMOTER, MOST_DETRACTOR, TABLE, answers, chosen
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "answer_kind", "score", "n", "answer_share", "low", "high", "earlier_n", "earlier_share", "difference", "p_value",
    "q_value", "real_change", "tests", "mean_score", "mean_low", "mean_high", "starts_on", "ends_on",
)  # fmt: skip
SCORES = range(11)
REAL = 0.05
Counts = dict[int, int]  # how many gave each score


def nps_distribution(tables: Tables, filters: Filters, days: int | None = None) -> Question:
    """A row a score from 0 to 10, then promoters, passives, detractors, all answers, and blank ones. Columns: `COLUMNS`.

    With `days` they are the answers of so many days up to the as-of date, beside those of as many days before; else those of the
    filters' period, beside the stretch of the same length before where the period has a beginning. Shares are of all answers
    with a score, with Wilson's interval. Each score and kind is tested, from 30 answers on either side on; the correction is
    over those tests. The mean has Student's interval. Answers without a score are counted apart and are in no share.
    """
    now, before = windows(filters, days)
    asks = {"now": _by_score(tables, now), "blank": _blank(tables, now)}
    if before is not None:
        asks["before"] = _by_score(tables, before)

    def finish(told: Answers) -> pd.DataFrame:
        earlier = _counts(told["before"]) if before is not None else None
        blank = whole(rows(told["blank"])[0]["n"])
        return frame(_told(_counts(told["now"]), earlier, blank, now), COLUMNS)

    return Question(asks, finish)


def windows(filters: Filters, days: int | None) -> tuple[Filters, Filters | None]:
    """The filters for the answers told of, and for those before them; none where nothing says how far they reach back."""
    end = min(filters.until or filters.as_of, filters.as_of)
    if days is not None:
        first = filters.as_of - timedelta(days=days - 1)
        now = replace(filters, since=first, until=filters.as_of)
        return now, replace(filters, since=first - timedelta(days=days), until=first - timedelta(days=1))
    if filters.since is None or filters.since > end:
        return filters, None
    length = end - filters.since + timedelta(days=1)
    if (filters.since - date.min) < length:
        return filters, None
    return filters, replace(filters, since=filters.since - length, until=filters.since - timedelta(days=1))


def _by_score(tables: Tables, filters: Filters) -> ibis.expr.types.Table:
    found = answers(tables, filters)
    return found.group_by(score=found.score.cast("int64")).agg(n=_.count())


def _blank(tables: Tables, filters: Filters) -> ibis.expr.types.Table:
    """How many answers have no score; those on other scales have one."""
    now = ibis.timestamp(filters.now)
    found = tables[TABLE].filter(_.score.isnull(), (_.answered_at < now) | _.answered_at.isnull())
    found = chosen(found, tables, filters)
    if filters.has_period:
        found = found.filter(filters.period_bounds(found.answered_at))
    return found.agg(n=_.count())


def _counts(counted: pd.DataFrame) -> Counts:
    return {whole(row["score"]): whole(row["n"]) for row in rows(counted)}


def _told(now: Counts, before: Counts | None, blank: int, filters: Filters) -> list[Row]:
    kinds = {
        "promoters": range(LEAST_PROMOTER, 11),
        "passives": range(MOST_DETRACTOR + 1, LEAST_PROMOTER),
        "detractors": range(MOST_DETRACTOR + 1),
    }
    made: list[Row] = [{"answer_kind": "score", "score": score} | _share(now, before, (score,)) for score in SCORES]
    made += [{"answer_kind": kind} | _share(now, before, tuple(of)) for kind, of in kinds.items()]
    p_values = [_p_value(row, sum(now.values()), before) for row in made]
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["p_value"] = p
        row["real_change"] = None if p is None else bool(row["q_value"] < REAL)
    n, total = sum(now.values()), sum(score * count for score, count in now.items())
    low, high = mean_interval(n, total, sum(score * score * count for score, count in now.items()))
    mean = {"mean_score": share(total, n), "mean_low": low, "mean_high": high}
    made.append({"answer_kind": "all", "n": n, "earlier_n": None if before is None else sum(before.values())} | mean)
    made.append({"answer_kind": "blank", "n": blank})
    return [row | {"starts_on": filters.since, "ends_on": filters.until} for row in made]


def _share(now: Counts, before: Counts | None, of: tuple[int, ...]) -> Row:
    n, part = sum(now.values()), sum(now.get(score, 0) for score in of)
    rate = share(part, n)
    low, high = wilson(rate, n)
    row: Row = {"n": part, "answer_share": rate, "low": low, "high": high}
    if before is not None:
        row["earlier_n"] = sum(before.get(score, 0) for score in of)
        row["earlier_share"] = share(row["earlier_n"], sum(before.values()))
        if rate is not None and row["earlier_share"] is not None:
            row["difference"] = rate - row["earlier_share"]
    return row


def _p_value(row: Row, n: int, before: Counts | None) -> float | None:
    if before is None or row.get("difference") is None or not (row["n"] or row["earlier_n"]):
        return None  # a score that nobody ever gave is no comparison
    return share_difference(row["answer_share"], n, row["earlier_share"], sum(before.values()))
