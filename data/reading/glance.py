"""A large regular file by some of its rows: they tell what it is, and the file itself is parsed once, when it is loaded.

The rows are those at its start and end and stretches from all over it, so that what is rare or comes late has its chance.
Nothing rests on the rest being like them: whoever loads the file checks every row, and falls back on reading all of it first.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np

from data.reading import loading
from data.reading.encoding import Text
from data.reading.header import Header
from data.reading.records import records
from data.reading.relations import count, take_out
from data.reading.types import Dialect, Glance

LARGE = 64 << 20  # bytes
_CHUNK, _LINE_FEED, _RETURN = 1 << 18, 10, 13
_FIRST_ROWS, _TAIL = 8_000, 256 << 10  # the latter in bytes
_STRETCHES, _STRETCH = 64, 96 << 10  # bytes


def glance(
    scratch: duckdb.DuckDBPyConnection, relation: str, text: Text, dialect: Dialect, header: Header, folder: Path, lasting: Path
) -> Glance | None:  # fmt: skip
    """Make `relation` a view that parses the file when it is asked; None, and nothing made, where that is not safe to promise.

    What the file was turned into moves from `folder` to `lasting`, where it must stay as long as the view. The lines of the
    view are right where no cell goes over several.
    """
    if (
        text.path.stat().st_size < LARGE
        or text.blank_lines_at_end > 1
        or header.skipped
        or header.line < 1
        or len(header.names) < 2
    ):
        return None
    select = loading.regular_select(text, dialect, header)
    if select is None:
        return None
    part, some = folder / "part", f"{relation}_some"
    lines = _write_part(text.path, part, dialect, header)
    part_text = replace(text, path=part, lines=lines, blank_lines_at_end=0)
    if not loading.load_regular(scratch, some, part_text, dialect, header) or take_out(scratch, some, header):
        return None
    path = text.path
    if folder in path.parents:
        path = Path(shutil.move(path, lasting / f"{relation}.csv"))
    scratch.execute(
        f"""create view {relation}_whole as {select(path)};
        create view {relation} as select row_number() over () + {header.last_line} as line, * from {relation}_whole"""
    )
    lines = text.lines - text.blank_lines_at_end - header.last_line
    return Glance(some, count(scratch, some), f"{relation}_whole", lines, _has_empty_lines(path))


def _has_empty_lines(path: Path) -> bool:
    """Whether line ends stand next to each other, but at the end of the file."""
    left, last = path.stat().st_size, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            codes = np.frombuffer(last + (chunk if left else chunk.rstrip(b"\r\n")), np.uint8)
            if ((codes[:-1] == _LINE_FEED) & ((codes[1:] == _LINE_FEED) | (codes[1:] == _RETURN))).any():
                return True
            last = chunk[-1:]
    return False


def _write_part(path: Path, part: Path, dialect: Dialect, header: Header) -> int:
    """Write header and chosen rows; returns how many lines that are."""
    with path.open(encoding="utf-8-sig", newline="") as file, part.open("w", encoding="utf-8", newline="") as out:
        heading = list(islice(file, header.last_line))
        out.writelines(heading)
        end = "\r\n" if heading[-1].endswith("\r\n") else "\n"
        writer = csv.writer(out, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=end)
        writer.writerows(_chosen(path, dialect, header))
    with part.open("rb") as file:
        return sum(1 for _ in file)


def _chosen(path: Path, dialect: Dialect, header: Header) -> Iterator[list[str]]:
    """The cells of the chosen rows; those at the end with whatever may stand among them."""
    width, size = len(header.names), path.stat().st_size
    with path.open("rb") as file:
        first = islice(records(_decoded(file), dialect, width, header.last_line), _FIRST_ROWS)
        yield from (record.cells for record in first)
        start, end = file.tell(), size - _TAIL
        for at in range(start, end - _STRETCH, max(_STRETCH, (end - start) // _STRETCHES)):
            file.seek(at)
            rows = _rows_at(file.read(_STRETCH), dialect, width)
            yield from (cells for cells in rows[:-1] if len(cells) == width)
        file.seek(max(start, end))
        yield from _rows_at(file.read(), dialect, width)


def _decoded(file: BinaryIO) -> Iterator[str]:
    while line := file.readline():
        yield line.decode("utf-8-sig")


def _rows_at(stretch: bytes, dialect: Dialect, width: int) -> list[list[str]]:
    """The rows of a stretch from the middle of a file, from the first line on that is one by itself: it may begin inside a cell."""
    lines = stretch.split(b"\n", 1)[-1].decode("utf-8", "replace").split("\n")
    lines = [f"{line}\n" for line in lines if line]
    start = next((at for at, line in enumerate(lines) if _is_row(line, dialect, width)), len(lines))
    return [record.cells for record in records(lines[start:], dialect, width)]


def _is_row(line: str, dialect: Dialect, width: int) -> bool:
    return line.count(dialect.quote) % 2 == 0 and [len(record.cells) for record in records([line], dialect)] == [width]
