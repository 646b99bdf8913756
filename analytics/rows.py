"""Between the engine's frames and plain rows, where unknown is None."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.intervals import benjamini_hochberg

Row = dict[str, Any]

MICROSECONDS_A_DAY = 86_400_000_000
MICROSECONDS_AN_HOUR = 3_600_000_000


def rows(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dictionaries, every kind of missing value as None."""
    names, columns = list(frame.columns), [_plain(column) for _name, column in frame.items()]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain(column: pd.Series | pd.Index) -> list[Any]:
    values = column.tolist()
    for place in np.flatnonzero(column.isna()):
        values[place] = None
    return values


def frame(found: Iterable[Row], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns; a key that a row lacks is unknown."""
    kept = list(found)
    made: dict[str, Any] = {name: [row.get(name) for row in kept] for name in columns}
    for name, values in made.items():
        if all(value is None or value != value for value in values):
            made[name] = np.full(len(kept), np.nan)
    return pd.DataFrame(made)


def split(frame: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """The rows of each combination of `keys`, by that combination; what is missing is None."""
    if not keys:
        return {(): frame}
    parts = frame.groupby(keys, dropna=False, sort=False)
    return {tuple(None if pd.isna(part) else part for part in key): rows_ for key, rows_ in parts}


def numbered(frame: pd.DataFrame, keys: list[str]) -> tuple[NDArray[np.int64], list[tuple[Any, ...]]]:
    """The number of each row's combination of `keys`, and the combinations by number; what is missing is None."""
    numbers, found = np.zeros(len(frame), dtype=np.int64), [()]
    for key in keys:
        own, values = pd.factorize(frame[key], use_na_sentinel=False)
        numbers, used = pd.factorize(numbers * len(values) + own)
        plain = _plain(values)
        found = [(*found[number // len(plain)], plain[number % len(plain)]) for number in used.tolist()]
    return numbers, found


def places_in(kinds: Sequence[str], column: pd.Series) -> NDArray[np.int64]:
    """The place in `kinds` of each value, -1 for what is not among them."""
    numbers, values = pd.factorize(column)
    return np.append(pd.Index(kinds).get_indexer(values), -1)[numbers]


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


def counted_days(days: ir.NumericValue, is_open: ir.BooleanValue) -> ir.IntegerValue:
    """A time in whole days: begun ones for what has ended, so that a chance by a day holds all of it; full ones for what has not.

    Days bound how many different lengths a breakdown can have.
    """
    return is_open.ifelse(days.floor(), days.ceil()).cast("int64")


def full_hours(microseconds: ir.IntegerValue) -> ir.IntegerValue:
    """The full hours in a time.

    Survival estimates are made from counts of equal durations: hours bound how many different ones a history of years
    can have, and no sales question needs a finer answer.
    """
    return (microseconds / MICROSECONDS_AN_HOUR).floor().cast("int64")
