"""Whether the Net Promoter Score changed on the days people marked: as many days before as from the day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis.expr.types as ir
import pandas as pd

from analytics.filters import Filters
from analytics.nps.compared import Sides, difference, shared
from analytics.nps.daily import Days, by_day, dated, days_of
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, with_q_values
from data.marks import Mark
from data.tables import Tables

COLUMNS = (
    "mark", "on", "compared_days", "n_before", "n_after", "before", "before_low", "before_high", "after", "after_low", "after_high",
    "difference", "low", "high", "pairs_of_answers", "p_value", "q_value", "real_change", "tests",
)  # fmt: skip
WINDOW = 90
REAL = 0.05
_DAY = timedelta(days=1)


def nps_marks(tables: Tables, filters: Filters, marks: Sequence[Mark] = (), window_days: int = WINDOW) -> Question:
    """One row a marked day, in order: the score of the days before it and of as many from it on. Columns: `COLUMNS`.

    Compared are `window_days` on either side, fewer where the answers, the period or the as-of date leave fewer: `compared_days`, 0 for a
    mark on the first day with answers or before, or after the last. The correction is over all marks. Who answered on
    both sides is counted as the same person. What else happened in those days is in the difference too.
    """
    found = dated(tables, filters)

    def repeats(answers: Answers) -> dict[str, ir.Table]:
        compared = [sides for sides in _sides(days_of(answers["days"]), marks, filters, window_days) if sides]
        return shared(found, answers["days"], compared)

    def finish(answers: Answers) -> pd.DataFrame:
        days = days_of(answers["days"])
        together = rows(answers["shared"])[0] if "shared" in answers else {}
        made: list[Row] = []
        place = 0
        for mark, sides in zip(marks, _sides(days, marks, filters, window_days), strict=True):
            row: Row = {"mark": mark.name, "on": mark.on, "compared_days": 0, "n_before": 0, "n_after": 0}
            if sides is not None:
                row |= {"compared_days": (sides.after[1] - sides.after[0]).days + 1} | difference(
                    days, sides, together, place
                )
                place += 1
            made.append(row)
        p_values = [row.get("p_value") for row in made]
        with_q_values(made, p_values)
        for row in made:
            row["real_change"] = None if row.get("p_value") is None else bool(row["q_value"] < REAL)
        return frame(made, COLUMNS)

    return Question({"days": by_day(found)}, finish, (repeats,))


def _sides(days: Days, marks: Sequence[Mark], filters: Filters, window_days: int) -> list[Sides | None]:
    if not days:
        return [None] * len(marks)
    first = filters.since or min(days)
    last = min(filters.until or filters.as_of, filters.as_of)
    return [_around(mark.on, first, last, window_days) for mark in marks]


def _around(on: date, first: date, last: date, window_days: int) -> Sides | None:
    length = min(window_days, (on - first).days, (last - on).days + 1)
    if length < 1:
        return None
    return Sides((on - length * _DAY, on - _DAY), (on, on + (length - 1) * _DAY))
