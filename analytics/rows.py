"""Between the engine's frames and plain rows, where unknown is None."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from analytics.intervals import benjamini_hochberg

Row = dict[str, Any]

MICROSECONDS_A_DAY = 86_400_000_000
MICROSECONDS_AN_HOUR = 3_600_000_000


def rows(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dictionaries, every kind of missing value as None."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


def frame(found: Iterable[Row], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns; a key that a row lacks is unknown."""
    made = pd.DataFrame(list(found), columns=list(columns))
    empty = [name for name in made.columns if made[name].isna().all()]
    return made.astype(dict.fromkeys(empty, "float64"))


def split(frame: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """The rows of each combination of `keys`, by that combination; what is missing is None."""
    if not keys:
        return {(): frame}
    parts = frame.groupby(keys, dropna=False, sort=False)
    return {tuple(None if pd.isna(part) else part for part in key): rows_ for key, rows_ in parts}


def whole(value: object) -> int:
    """A count, 0 where the engine had nothing to count."""
    return 0 if value is None else int(value)  # type: ignore[call-overload]


def number(value: object) -> float:
    """A sum, 0 where the engine had nothing to add."""
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]


def with_q_values(found: list[Row], p_values: list[float | None]) -> None:
    """Give each row its `q_value`, and `tests`: how many tests the correction is over."""
    tests = sum(p is not None for p in p_values)
    for row, q in zip(found, benjamini_hochberg(p_values), strict=True):
        row["q_value"] = q
        row["tests"] = tests


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Timestamp("UTC")), dt.timestamp))  # type: ignore[untyped-decorator]
def timezone(zone: str, moment: ir.TimestampValue) -> ir.TimestampValue:
    """The engine's own: the time that clocks in `zone` show."""


def in_zone(moment: ir.TimestampValue, time_zone: str) -> ir.TimestampValue:
    """A moment held in UTC as the clocks of `time_zone` show it."""
    return moment if time_zone == "UTC" else timezone(time_zone, moment.cast("timestamp('UTC')"))


def days(later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.FloatingValue:
    """The time between two moments in days."""
    return later.delta(earlier, unit="microsecond") / MICROSECONDS_A_DAY


def hours(later: ir.TimestampValue, earlier: ir.TimestampValue) -> ir.IntegerValue:
    """The full hours between two moments."""
    return full_hours(later.delta(earlier, unit="microsecond"))


def full_hours(microseconds: ir.IntegerValue) -> ir.IntegerValue:
    """The full hours in a time.

    Survival estimates are made from counts of equal durations: hours bound how many different ones a history of years
    can have, and no sales question needs a finer answer.
    """
    return (microseconds / MICROSECONDS_AN_HOUR).floor().cast("int64")
