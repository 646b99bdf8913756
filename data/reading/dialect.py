"""Which delimiter and quote a text uses, and its records read by them, sloppy quotes included."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import NamedTuple

from data.errors import FileProblem
from data.messages import Message, say
from data.reading.cells import clean, filled, is_number_like
from data.reading.types import Record

DELIMITERS = (",", ";", "\t", "|")
ONE_COLUMN = "\x1f"  # stands in no text: the delimiter of a file of one column
CELL_LIMIT = 4 << 20  # characters of a cell that goes over several lines
_LINES_IN_SLOPPY_CELL = 30
_UNQUOTED = 0  # no closing quote can stand there
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE | re.DOTALL)


class Dialect(NamedTuple):
    delimiter: str
    quote: str = '"'


def decide(lines: list[str], wanted: str | None, name: str) -> tuple[Dialect, Message]:
    """The dialect under which the records of `lines` agree best on how many cells they have.

    Raises FileProblem for a wanted delimiter that cannot be one.
    """
    quote = _quote(lines)
    if wanted is not None:
        wanted = {"tab": "\t", "\\t": "\t", "": ONE_COLUMN}.get(wanted.lower(), wanted)
        if len(wanted) != 1 or wanted in "\r\n\0" or wanted == quote:
            raise FileProblem(
                say("{delimiter} cannot separate the cells of {name}.", delimiter=repr(wanted), name=name),
                say("Give one character, such as a comma, or the word tab."),
            )
        return Dialect(wanted, quote), say("You chose it.")
    if lines and (hint := sep_line(lines[0])):
        return Dialect(hint, quote), say("The first line of the file says so.")
    candidates = [(*_agreement(lines, Dialect(delimiter, quote)), delimiter) for delimiter in DELIMITERS]
    best = max(candidates, key=lambda candidate: (candidate[0], candidate[3]))
    on_all_lines = [candidate for candidate in candidates if candidate[0] and candidate[1] == candidate[2]]
    widest = max(on_all_lines, key=lambda candidate: candidate[3], default=best)
    score, agreeing, total, width, delimiter = widest if widest[3] > best[3] else best
    if not score:
        return Dialect(ONE_COLUMN, quote), say("No delimiter splits the lines into the same number of cells.")
    seen = {"agreeing": agreeing, "total": total, "width": width}
    if delimiter == "\t":
        return Dialect(delimiter, quote), say(
            "Split at tabs, {agreeing} of the first {total} lines have {width} cells.", **seen
        )
    return Dialect(delimiter, quote), say(
        "Split at “{delimiter}”, {agreeing} of the first {total} lines have {width} cells.", delimiter=delimiter, **seen
    )


def sep_line(line: str) -> str | None:
    """The delimiter named by Excel's `sep=;` line, if it is one."""
    found = _SEP_LINE.fullmatch(line)
    return found[1] if found else None


def _quote(lines: list[str]) -> str:
    """An apostrophe where it stands on both sides of cells and there is no double quote; else the double quote."""
    text = "".join(lines)
    if '"' in text or text.count("'") < 4:
        return '"'
    ends = f"[{re.escape(''.join(DELIMITERS))}\n\r]"
    opened = len(re.findall(f"(?:^|(?<={ends})) *'", text))
    closed = len(re.findall(f"(?:^|(?<={ends})) *'[^'\n\r]*' *(?={ends}|$)", text))
    return "'" if closed > 1 and closed == opened else '"'


def _agreement(lines: list[str], dialect: Dialect) -> tuple[float, int, int, int]:
    """Score (0 to 1, 0 is refused), how many records agree, of how many, on how many cells."""
    if not any(dialect.delimiter in line for line in lines):
        return 0.0, 0, 0, 0
    rows = [record.cells for record in records(lines, dialect) if any(map(clean, record.cells))]
    counts = [len(row) for row in rows]
    agreeing, width = max(((n, width) for width, n in Counter(counts).items() if width > 1), default=(0, 0))
    if not agreeing or (agreeing == 1 and width == 2 and counts[0] != 2):
        return 0.0, 0, 0, 0
    first, last = counts.index(width), len(counts) - 1 - counts[::-1].index(width)
    block = [row for row in rows[first : last + 1] if len(row) == width]
    factor = 1.0
    names = [clean(cell) for cell in _below_titles(block)[0] if clean(cell)]
    if any(map(is_number_like, names)) or len(set(names)) < max(len(names), width / 2):
        factor *= 0.7  # does not start with a header
    text = "".join(lines)
    if first and width == 2 and text.count(dialect.delimiter) == text.count(f"{dialect.delimiter} "):
        factor *= 0.4  # "Smith, John" under a heading of one cell
    if agreeing / (last + 1 - first) * factor < 0.5:
        return 0.0, 0, 0, 0
    return agreeing / len(counts) * factor, agreeing, len(counts), width


def _below_titles(block: list[list[str]]) -> list[list[str]]:
    """The rows without those at the start that hold at most half of what a row usually does: padded titles."""
    fills = [filled(row) for row in block]
    usual = sorted(fills)[len(fills) // 2]
    return block[next(i for i, fill in enumerate(fills) if 2 * fill > usual) :]


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
    csv.field_size_limit(64 << 20)  # lines are limited already
    feed = _Feed(lines, after)
    reader = csv.reader(feed, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True, skipinitialspace=True)
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
        if width is not None and len(cells) > width and dialect.quote not in feed.taken[0]:
            cells = feed.taken[0].rstrip("\r\n").split(dialect.delimiter)  # with the blanks that joining needs
        yield Record(first, feed.number, cells)


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
    delimiter, quote = dialect
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
    delimiter, quote = dialect
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
