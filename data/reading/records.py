"""The records of a text under a dialect, line for line, sloppy quotes included."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from itertools import islice

from data.reading.mender import Mender
from data.reading.types import Dialect, Record

CELL_LIMIT = 4 << 20  # characters of a cell that goes over several lines
_LINES_IN_SLOPPY_CELL = 30
_ONE = "\x1e"  # stands in no text: for a delimiter of several characters
# Instead of where a quote closes: what opens is a character like any other; the quote may be closed on the next line; neither.
_UNQUOTED, _LEFT_OPEN, _WRONG = 0, -1, -2


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

    def second(self) -> str:
        """The line after the first one taken; "" at the end."""
        return self.taken[1] if len(self.taken) > 1 else next(self, "")

    def give_back(self, used: int) -> None:
        rest = self.taken[used:]
        del self.taken[used:]
        self._pending.extendleft(reversed(rest))
        self.number -= len(rest)


def records(
    lines: Iterable[str], dialect: Dialect, width: int | None = None, after: int = 0, mender: Mender | None = None
) -> Iterator[Record]:
    """The records of a text below its first `after` lines, blank lines as records without cells.

    Strict CSV first; a record that is not strict CSV (a quote inside a quoted cell, a quote never closed) is read
    again so that it has `width` cells if it can. What is still no row of `width` cells is left to the mender.
    """
    if dialect.layout is not None:
        for number, line in enumerate(islice(lines, after, None), after + 1):
            yield Record(number, number, dialect.layout.cells(line.rstrip("\r\n"), number))
        return
    if len(dialect.delimiter) > 1:
        long = dialect.delimiter
        for record in records(
            (line.replace(long, _ONE) for line in lines), dialect._replace(delimiter=_ONE), width, after
        ):
            yield record._replace(cells=[cell.replace(_ONE, long) for cell in record.cells])
        return
    csv.field_size_limit(64 << 20)  # lines are limited already
    feed = _Feed(lines, after)
    reader = _strict(feed, dialect)
    while True:
        first = feed.number + 1
        feed.mark()
        is_sloppy = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, used, is_sloppy = _sloppy(feed, dialect, width)
            feed.give_back(used)
        plain = dialect.quote not in feed.taken[0] and not (dialect.escape and dialect.escape in feed.taken[0])
        if width is not None and len(cells) > width and plain:
            cells = feed.taken[0].rstrip("\r\n").split(dialect.delimiter)  # with the blanks that joining needs
        if mender is None or (not is_sloppy and mender.is_whole(feed.taken[0], cells)):
            yield Record(first, feed.number, cells)
            continue
        row, used = mender.read(first, feed.taken[0], cells, feed.number - first + 1, is_sloppy, feed.second)
        feed.give_back(used)
        yield Record(first, first + used - 1, row)


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

    __hash__ = object.__hash__  # that of Enum is slow


def _sloppy(feed: _Feed, dialect: Dialect, width: int | None) -> tuple[list[str], int, bool]:
    """The cells of the record that starts the lines taken, how many of the lines it holds, whether quotes are stray.

    The first reading that gives `width` cells, or where none does, the cells of its first line.
    """

    known: dict[_Quotes, list[str] | int] = {}  # readings of the first line
    first = feed.taken[0].rstrip("\r\n")

    def read(quotes: _Quotes, used: int) -> list[str] | int:
        if used == 1 and quotes in known:
            return known[quotes]
        text = first if used == 1 else "".join(feed.taken[:used]).rstrip("\r\n")
        cells = _split(text, dialect, quotes)
        if used == 1:
            known[quotes] = cells
        return cells

    def reading(quotes: _Quotes, most: int = 1, any_width: bool = False) -> tuple[list[str], int] | None:
        for used in range(1, most + 1):
            if used > len(feed.taken) and next(feed, "") == "":
                break
            cells = read(quotes, used)
            if cells == _LEFT_OPEN:
                continue
            if isinstance(cells, int):
                break
            if any_width or len(cells) == width:
                return cells, used
        return None

    most = _LINES_IN_SLOPPY_CELL
    if spaced := reading(_Quotes.BLANKS, most, any_width=True):
        return *spaced, False
    fitting = width is not None and (
        reading(_Quotes.INNER)
        or (reading(_Quotes.INNER_AT_END) if dialect.quote * 2 in feed.taken[0] else None)
        or reading(_Quotes.NEVER_CLOSED)
        or reading(_Quotes.INNER, most)
        or reading(_Quotes.INNER_AT_END, most)
    )
    any_width = fitting or reading(_Quotes.INNER, any_width=True) or reading(_Quotes.NEVER_CLOSED, any_width=True)
    found = any_width or ([], 1)
    return *found, True


def _split(text: str, dialect: Dialect, quotes: _Quotes) -> list[str] | int:
    """Cells of one record, or else why not: _LEFT_OPEN, or _WRONG if there is more wrong than forgiven."""
    delimiter, quote = dialect.delimiter, dialect.quote
    content, closes = _patterns(delimiter, quote, quotes)
    cells, at, is_open, length = [], 0, False, len(text)
    while True:
        start = _after(text, at, " ") if text.startswith(" ", at) else at
        end = _UNQUOTED
        if text.startswith(quote, start):
            if is_open:
                end = _closed_at_once(text, start + 1, quote, closes)
            else:
                found = content.match(text, start + 1)
                assert found is not None  # it can be empty
                end = found.end()
                if end == length:
                    if quotes is not _Quotes.NEVER_CLOSED:
                        return _LEFT_OPEN
                    end, is_open = _UNQUOTED, True
                elif not closes.match(text, end):
                    return _WRONG
        at = text.find(delimiter, end or start)
        if end == _UNQUOTED:
            cells.append(text[start : at if at >= 0 else None])
        else:
            cells.append(text[start + 1 : end].replace(quote * 2, quote))
        if at < 0:
            return cells
        at += 1


def _closed_at_once(text: str, at: int, quote: str, closes: re.Pattern[str]) -> int:
    """Where the cell closes whose content starts at `at`, after one that is not closed to the end: no later one is, but among
    the quotes that stand at `at`."""
    end = _after(text, at, quote) - 1
    return end if (end - at) % 2 == 0 and closes.match(text, end) else _UNQUOTED


@cache
def _patterns(delimiter: str, quote: str, quotes: _Quotes) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What can stand in a quoted cell, up to the quote that closes it or to the end; and such a quote.

    Possessive, so that a megabyte of quotes is read once.
    """
    mark, before = re.escape(quote), f" *+(?:{re.escape(delimiter)}|\\Z)"
    pair, single = f"{mark}{mark}", f"{mark}(?!{before})"
    forgiven = {_Quotes.BLANKS: pair, _Quotes.INNER_AT_END: single}.get(quotes, f"{pair}|{single}")
    return re.compile(f"(?:[^{mark}]++|{forgiven})*+"), re.compile(f"{mark}(?={before})")


def _after(text: str, at: int, character: str) -> int:
    """The first place from `at` on where another character stands."""
    if not text.startswith(character, at):
        return at
    found = _run(character).match(text, at)
    assert found is not None
    return found.end()


@cache
def _run(character: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(character)}*+")
