"""Since when the Net Promoter Score is another: the days on which it changed, with the levels before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import Z
from analytics.nps.daily import Days, between, by_day, dated, days_of, repeated
from analytics.nps.evidence import Tally, adjusted_error, answers_needed
from analytics.nps.scan import Change, Daily, Repeats, changes
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.tables import Tables

COLUMNS = (
    "period", "on", "before_since", "after_until", "n_before", "n_after", "before", "after", "difference", "low", "high", "p_value",
    "answers_a_month", "answers_needed",
)  # fmt: skip
BLOCKS = 32
DAYS_A_MONTH = 365.25 / 12


def nps_change_points(tables: Tables, filters: Filters) -> Question:
    """One row a day on which the score really changed, in order; none where nothing stands. Columns: `COLUMNS`.

    `before` is the score from the change before (or the first answer) to the day before, `after` that from the day to the next
    change (or the last answer). How days are found and held against chance: `scan.changes`; answers of one person count as such.
    `low` and `high` are the 95% interval of the difference. `answers_needed` are the answers that each of two months needs for a
    difference this large to stand out from one month to the next in four of five cases, with as many months as there are.
    """
    found = dated(tables, filters)

    def repeats(answers: Answers) -> dict[str, ir.Table]:
        known = repeated(found, answers["days"])
        if known is None or len(answers["days"]) < 2:
            return {}
        return {"repeated": _pairs(*known, *_blocks(list(days_of(answers["days"]))))}

    return Question({"days": by_day(found)}, _finish, (repeats,))


def _blocks(days: Sequence[date]) -> tuple[date, int]:
    """The first day, and how many days a block has so that there are at most `BLOCKS`."""
    return days[0], -(-((days[-1] - days[0]).days + 1) // BLOCKS)


def _pairs(known: ir.Table, one_in: int, first: date, days: int) -> ir.Table:
    """A row a pair of blocks (`one`, `other`): what pairs of answers of one person sum to, one answer in each."""
    block = (known.day.delta(ibis.date(first), unit="day") / days).floor().cast("int64")
    own = known.mutate(block=block).group_by("person", "block").agg(
        n=_.count(), votes=_.vote.cast("int64").sum(), squares=(_.vote.cast("int64") * _.vote).sum()
    )  # fmt: skip
    other = own.rename({f"other_{name}": name for name in own.columns})
    pairs = own.join(other, own.person == other.other_person)
    is_same = (pairs.block == pairs.other_block).cast("int64")
    return pairs.group_by(one=pairs.block, other=pairs.other_block).agg(
        n=(pairs.n * pairs.other_n - is_same * pairs.n).sum() * one_in,
        votes=(pairs.votes * pairs.other_n - is_same * pairs.votes).sum() * one_in,
        products=(pairs.votes * pairs.other_votes - is_same * pairs.squares).sum() * one_in,
    )


def _finish(answers: Answers) -> pd.DataFrame:
    days = days_of(answers["days"])
    if not days:
        return frame([], COLUMNS)
    known = list(days)
    first, length = _blocks(known)
    daily = Daily(
        np.array([(day - first).days for day in known]),
        *(np.array([getattr(tally, name) for tally in days.values()]) for name in ("n", "promoters", "detractors")),
    )
    repeats = _squares(rows(answers["repeated"]), length) if "repeated" in answers else None
    return frame(_rows(days, known, changes(daily, repeats)), COLUMNS)


def _squares(pairs: list[Row], days: int) -> Repeats:
    made = {name: np.zeros((BLOCKS, BLOCKS)) for name in ("n", "votes", "products")}
    for row in pairs:
        for name, square in made.items():
            square[whole(row["one"]), whole(row["other"])] = number(row[name])
    return Repeats(days, **made)


def _rows(days: Days, known: list[date], found: list[Change]) -> list[Row]:
    bounds = [known[0], *(known[change.place] for change in found), known[-1] + timedelta(days=1)]
    months = max(((known[-1] - known[0]).days + 1) / DAYS_A_MONTH, 1.0)
    made: list[Row] = []
    for place, change in enumerate(found, 1):
        on, since, until = bounds[place], bounds[place - 1], bounds[place + 1] - timedelta(days=1)
        before, after = between(days, since, on - timedelta(days=1)), between(days, on, until)
        difference = (after.score or 0.0) - (before.score or 0.0)
        half = Z * change.error_times * float(np.hypot(adjusted_error(before), adjusted_error(after)))
        made.append({
            "period": f"{on:%Y-%m}", "on": on, "before_since": since, "after_until": until, "n_before": before.n, "n_after": after.n,
            "before": before.score, "after": after.score, "difference": difference, "low": max(difference - half, -200.0),
            "high": min(difference + half, 200.0), "p_value": change.p_value,
            "answers_a_month": (before.n + after.n) / max(((until - since).days + 1) / DAYS_A_MONTH, 1.0),
            "answers_needed": needed(before, after, max(round(months) - 1, 1)),
        })  # fmt: skip
    return made


def needed(before: Tally, after: Tally, tests: int) -> int | None:
    """How many answers each of two periods needs for the difference of two scores to stand among `tests` comparisons."""
    difference = abs((after.score or 0.0) - (before.score or 0.0))
    spread = float(np.sqrt((_variance(before) + _variance(after)) / 2))
    return answers_needed(spread, difference, tests) if difference and spread else None


def _variance(tally: Tally) -> float:
    """Of one answer, in points squared."""
    return adjusted_error(tally) ** 2 * (tally.n + 3)
