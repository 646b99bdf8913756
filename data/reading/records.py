"""The records of a text under a dialect, line for line, sloppy quotes included."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice

from data.reading.types import Dialect, Record

CELL_LIMIT = 4 << 20  # characters of a cell that goes over several lines
_LINES_IN_SLOPPY_CELL = 30
_UNQUOTED = 0  # no closing quote can stand there


class _Feed:
    """Lines with a memory of the ones since the last mark, that can be given back."""

    def __init__(self, lines: Iterable[str], after: int) -> None:
        self._lines, self._pending = islice(lines, after, None), deque[str]()
        self.taken: list[str] = []
        self._size = 0
        self.number = after  # of the line given last

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._pending.popleft() if self._pending else next(self._lines)
        self.taken.append(line)
        self.number += 1
        self._size += len(line)
        if self._size > CELL_LIMIT and len(self.taken) > 1:
            raise csv.Error("a quote that is never closed")
        return line

    def mark(self) -> None:
        self.taken, self._size = [], 0

    def give_back(self, used: int) -> None:
        rest = self.taken[used:]
        self._pending.extendleft(reversed(rest))
        self.number -= len(rest)


def records(lines: Iterable[str], dialect: Dialect, width: int | None = None, after: int = 0) -> Iterator[Record]:
    """The records of a text below its first `after` lines, blank lines as records without cells.

    Strict CSV first; a record that is not strict CSV (a quote inside a quoted cell, a quote never closed) is read
    again so that it has `width` cells if it can.
    """
    if dialect.layout is not None:
        for number, line in enumerate(islice(lines, after, None), after + 1):
            yield Record(number, number, dialect.layout.cells(line.rstrip("\r\n"), number))
        return
    csv.field_size_limit(64 << 20)  # lines are limited already
    feed = _Feed(lines, after)
    reader = _strict(feed, dialect)
    while True:
        first = feed.number + 1
        feed.mark()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, used = _sloppy(feed, dialect, width)
            feed.give_back(used)
        plain = dialect.quote not in feed.taken[0] and not (dialect.escape and dialect.escape in feed.taken[0])
        if width is not None and len(cells) > width and plain:
            cells = feed.taken[0].rstrip("\r\n").split(dialect.delimiter)  # with the blanks that joining needs
        yield Record(first, feed.number, cells)


def errors(lines: Iterable[str], dialect: Dialect) -> int:
    """How many times a text breaks the rules of strict CSV."""
    reader, found = _strict(lines, dialect), 0
    while True:
        try:
            next(reader)
        except StopIteration:
            return found
        except csv.Error:
            found += 1


def _strict(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    if not dialect.escape:
        return csv.reader(
            lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True, skipinitialspace=True
        )
    escape = dialect.escape
    meant = {dialect.quote, dialect.delimiter, escape}
    pair = re.compile(re.escape(escape) + "(.?)", re.DOTALL)

    def kept(match: re.Match[str]) -> str:
        """A backslash before any other character is a backslash: of a path, say."""
        return match[0] if match[1] in meant else escape * 2 + match[1]

    return csv.reader(
        (pair.sub(kept, line) for line in lines),
        delimiter=dialect.delimiter, quotechar=dialect.quote, escapechar=escape, strict=True, skipinitialspace=True,
    )  # fmt: skip


class _Quotes(Enum):
    """What is forgiven in a record that is not strict CSV; each forgives what those before it do."""

    BLANKS = 0  # blanks between a closing quote and the delimiter
    INNER = 1  # single quotes inside a quoted cell: a quote closes only before a delimiter or the end
    INNER_AT_END = 2  # the same at the end of the cell: `"a "b"",` is `a "b"`
    NEVER_CLOSED = 3  # an opening quote without a closing one is a character like any other


def _sloppy(feed: _Feed, dialect: Dialect, width: int | None) -> tuple[list[str], int]:
    """The cells of the record that starts the lines taken, and how many of the lines it holds.

    The first reading that gives `width` cells, or where none does, the cells of its first line.
    """

    def reading(quotes: _Quotes, most: int = 1, any_width: bool = False) -> tuple[list[str], int] | None:
        for used in range(1, most + 1):
            if used > len(feed.taken) and next(feed, "") == "":
                break
            try:
                cells = _split("".join(feed.taken[:used]).rstrip("\r\n"), dialect, quotes)
            except _LeftOpen:
                continue
            if cells is None:
                break
            if any_width or len(cells) == width:
                return cells, used
        return None

    most = _LINES_IN_SLOPPY_CELL
    return (
        reading(_Quotes.BLANKS, most, any_width=True)
        or reading(_Quotes.INNER)
        or reading(_Quotes.INNER_AT_END)
        or reading(_Quotes.NEVER_CLOSED)
        or reading(_Quotes.INNER, most if width else 1)
        or reading(_Quotes.INNER_AT_END, most if width else 1)
        or reading(_Quotes.INNER, any_width=True)
        or reading(_Quotes.NEVER_CLOSED, any_width=True)
        or ([], 1)
    )


class _LeftOpen(Exception):
    """The quote that opens a cell is not closed; it may be on the next line."""


def _split(text: str, dialect: Dialect, quotes: _Quotes) -> list[str] | None:
    """Cells of one record; None if there is more wrong than forgiven. Raises _LeftOpen."""
    delimiter, quote = dialect.delimiter, dialect.quote
    cells, at = [], 0
    while True:
        start = _after(text, at, " ")
        end = _closing(text, start + 1, dialect, quotes) if text.startswith(quote, start) else _UNQUOTED
        if end is None:
            return None
        at = text.find(delimiter, end or start)
        if end == _UNQUOTED:
            cells.append(text[start : at if at >= 0 else None])
        else:
            cells.append(text[start + 1 : end].replace(quote * 2, quote))
        if at < 0:
            return cells
        at += 1


def _closing(text: str, at: int, dialect: Dialect, quotes: _Quotes) -> int | None:
    """Where the quote stands that closes the cell whose content starts at `at`; None if more is wrong than forgiven.

    Raises _LeftOpen.
    """
    delimiter, quote = dialect.delimiter, dialect.quote
    while (at := text.find(quote, at)) >= 0:
        end = _after(text, at, quote)
        odd = (end - at) % 2 == 1
        after = _after(text, end, " ")
        if text[after : after + 1] in (delimiter, "") and (odd or quotes is _Quotes.INNER_AT_END):
            return end - 1
        if odd and quotes is _Quotes.BLANKS:
            return None
        at = end
    if quotes is _Quotes.NEVER_CLOSED:
        return _UNQUOTED
    raise _LeftOpen


def _after(text: str, at: int, character: str) -> int:
    """The first place from `at` on where another character stands."""
    while text.startswith(character, at):
        at += 1
    return at
