"""The cells of a sheet as text: row by row to look at, column by column into DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from data.reading.cells import OUTER
from data.reading.types import Progress, Record

Rows = Callable[[], Iterator[Sequence[object]]]  # from the first line of the sheet, all as long; as often as asked

_CELLS_AT_ONCE = 1 << 16
_EXACT = 2.0**53  # whole numbers up to here are exact
_LINE_END, _NOTHING = "_x000D_", "\0"  # as some programs write it; what no text may hold


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _span(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _words(value: str) -> str:
    return value.replace(_LINE_END, "").replace(_NOTHING, "")


# Whole numbers without a point, dates in ISO 8601, true and false; errors come as "".
_TEXT_OF: dict[type, Callable[[Any], str]] = {
    str: _words,
    float: _number,
    int: str,
    bool: {True: "true", False: "false"}.__getitem__,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _span,
}


def records(rows: Iterator[Sequence[object]]) -> Iterator[Record]:
    """The rows of a sheet, numbered as Excel does, without the empty cells at their ends."""
    for line, row in enumerate(rows, 1):
        cells = [_TEXT_OF[type(value)](value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield Record(line, line, cells)


def load(
    scratch: duckdb.DuckDBPyConnection, relation: str, rows: Rows, after: int, least: int, height: int, progress: Progress,
) -> int:  # fmt: skip
    """Load the rows below line `after`, cells trimmed and empty ones NULL, blank lines as rows without values.

    Returns how many columns there are: `least`, or more where a row goes further.
    """
    width = max(least, len(next(rows(), ())))
    names = [f"c{i}" for i in range(width)]
    schema = pa.schema([("line", pa.int64()), *((name, pa.string()) for name in names)])
    extent, raised = least, list[BaseException]()

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal extent
        body, line = islice(rows(), after, None), after + 1
        try:
            while batch := list(islice(body, max(1, _CELLS_AT_ONCE // max(1, width)))):
                columns = list(zip(*batch, strict=True))
                beyond = range(extent, len(columns))
                extent = max((i + 1 for i in beyond if any(map(_is_filled, columns[i]))), default=extent)
                lines = pa.array(range(line, line + len(batch)), pa.int64())
                missing = [pa.nulls(len(batch), pa.string())] * (width - len(columns))
                line += len(batch)
                yield pa.RecordBatch.from_arrays([lines, *map(_texts, columns), *missing], schema=schema)
                progress(min(1.0, line / max(1, height)))
        except BaseException as error:
            raised.append(error)  # DuckDB would tell it as its own
            raise

    source = f"{relation}_cells"
    scratch.complete()  # of what is left of an answer, nothing may be registered
    scratch.register(source, pa.RecordBatchReader.from_batches(schema, batches()))
    try:
        # Read once or a few times and thrown away: not worth compressing.
        scratch.execute("set force_compression = 'uncompressed'")
        scratch.execute(f"create table {relation} as from {source}")
    except duckdb.Error:
        if raised:
            raise raised[0] from None
        raise
    finally:
        scratch.execute("reset force_compression")
        scratch.unregister(source)
    if extent < width:
        kept = ", ".join(["line", *names[:extent]])
        scratch.execute(f"create or replace table {relation} as select {kept} from {relation}")
    return extent


def _is_filled(value: object) -> bool:
    return not isinstance(value, str) or _words(value) != ""


def _texts(column: Sequence[Any]) -> pa.Array:
    """The cells of a column as trimmed text, empty ones as nulls."""
    kinds = {*map(type, column)}
    if kinds == {float}:
        numbers = np.array(column)
        if (np.abs(numbers) < _EXACT).all() and (numbers == np.trunc(numbers)).all():
            return pa.array(numbers.astype(np.int64)).cast(pa.string())
    if kinds != {str}:
        column = [value if type(value) is str else _TEXT_OF[type(value)](value) for value in column]
    together = "".join(column)
    if not together:
        return pa.nulls(len(column), pa.string())
    if _LINE_END in together or _NOTHING in together:
        column = [*map(_words, column)]
    return pa.array([text.strip(OUTER) or None for text in column], pa.string())
