"""The Net Promoter Score by windows that wait until they have enough answers."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from analytics.filters import Filters
from analytics.nps.daily import Days, between, by_day, dated, days_of
from analytics.nps.trend import chooses_answers, in_order, paired
from analytics.periods import local
from analytics.question import Answers, Question
from analytics.rows import rows, whole
from data.tables import Tables

LEAST = 100
MOST_WINDOWS = 60
_DAY = timedelta(days=1)


def nps_windows(tables: Tables, filters: Filters, least: int = LEAST) -> Question:
    """One row a window of whole days, in order, with at least `least` answers each. Columns: those of `trend.nps`.

    Windows do not overlap. They are cut from the newest answer back, each as short as it can be; what is left at the
    beginning, too little for a window, belongs to the oldest. So that no more than 60 come of it, a window of very many answers
    has more than asked for. Each is tested against the one before it, as in `trend.nps`.
    """
    found = dated(tables, filters)

    def pairs(answers: Answers) -> dict[str, ir.Table]:
        found_windows = windows(days_of(answers["days"]), least)
        if len(found_windows) < 2 or chooses_answers(filters):
            return {}
        before = local(found.previous_at, filters.time_zone, filters.as_of).date()
        known = found.filter(found.previous_vote.notnull()).mutate(previous_day=before)
        known = known.mutate(
            start=_window(known.day, found_windows), previous_start=_window(known.previous_day, found_windows)
        )
        return {"paired": known.group_by("start").agg(**paired(known.previous_start == known.start - 1))}

    def finish(answers: Answers) -> pd.DataFrame:
        days = days_of(answers["days"])
        shared = {whole(row["start"]): row for row in rows(answers["paired"])} if "paired" in answers else {}
        made = []
        for place, (since, until) in enumerate(windows(days, least)):
            named = {"period": since.isoformat(), "starts_on": since, "ends_on": until, "is_complete": True}
            made.append((named, between(days, since, until), shared.get(place)))
        return in_order(made)

    return Question({"days": by_day(found)}, finish, (pairs,))


def windows(days: Days, least: int = LEAST) -> list[tuple[date, date]]:
    """The first and last day of each window, the oldest first: without gaps, from the first answer to the last."""
    if not days:
        return []
    least = max(least, 1, -(-sum(tally.n for tally in days.values()) // MOST_WINDOWS))
    starts: list[date] = []
    n = 0
    for day in sorted(days, reverse=True):
        n += days[day].n
        if n >= least:
            starts.append(day)
            n = 0
    first = min(days)
    # The rest at the beginning, and the days without answers before a window, belong to the window after them.
    starts = [*sorted(starts)[1:]] if starts else []
    bounds = [first, *starts]
    ends = [*(start - _DAY for start in starts), max(days)]
    return list(zip(bounds, ends, strict=True))


def _window(day: ir.DateValue, found: list[tuple[date, date]]) -> ir.IntegerValue:
    """The number of the window a day is in, the newest asked first; nothing before the first."""
    cases = [(day >= ibis.date(since), place) for place, (since, _until) in reversed(list(enumerate(found)))]
    return ibis.cases(*cases, else_=ibis.null("int64"))
