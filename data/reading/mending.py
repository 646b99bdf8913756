"""A damaged line -> its cells, read as a careful person would: so that each suits its column and as little as can be is wrong.

Every way to read the line has a price: what had to be forgiven, and how odd each cell is in its column. The cheapest
way is found place by place. No character of the line is lost but quotes and delimiters that a way explains.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from data.reading.cells import OUTER
from data.reading.columns import Column
from data.reading.types import Dialect


class Fault(Enum):
    """What is wrong with a line, by what was done about it."""

    SHORT = "short"  # cells are missing at its end
    GAP = "gap"  # a cell is missing before its end
    JOINED = "joined"  # a delimiter inside a cell was not quoted
    EXTRA = "extra"  # a delimiter too many
    SPLIT = "split"  # a delimiter too few: two cells in one
    QUOTE = "quote"  # a quote too many, or never closed
    DELIMITER = "delimiter"  # another delimiter than the other lines
    QUOTES = "quotes"  # another kind of quote, or of escape, than the other lines
    TORN = "torn"  # over two lines
    GLUED = "glued"  # two rows in one line

    __hash__ = object.__hash__  # that of Enum is slow


_PRICE = {
    Fault.SHORT: 0.4, Fault.GAP: 0.8, Fault.JOINED: 1.6, Fault.EXTRA: 1.0, Fault.SPLIT: 4.5, Fault.QUOTE: 1.0,
    Fault.DELIMITER: 5.0, Fault.QUOTES: 2.0,
}  # fmt: skip
_MOST = (12.0, 25.0, 60.0)  # prices of a reading: tried one after the other
_ESCAPED = 0.3  # the price of a backslash before a quote as an escape
_WITHIN_A_WORD = 1.5  # dearer is a delimiter too few where letters or digits just go on
_AT_A_QUOTE = 2.5  # the price of a delimiter too few where a quote tells the place
_BETWEEN_WORDS = 0.25  # of a blank inside a cell, where blanks are the delimiter
_OTHERS = (",", ";", "\t", "|", " ")
_MOST_JOINED = 4  # delimiters in one cell
_MOST_WORDS = 60
_LONGEST = 20_000  # characters of a line worth the search
_LONGEST_SPLIT = 120  # characters of a cell that is tried at every place
_CLASS_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)|(?<=\W)(?=\w)|(?<=\w)(?=\W)")


class Mend(NamedTuple):
    """A reading of a line: what it costs, its cells, and what was wrong."""

    price: float
    cells: list[str]
    faults: frozenset[Fault]


class _Step(NamedTuple):
    """A part of a line read as cells, up to where the next cell starts."""

    end: int
    cells: tuple[str, ...]
    price: float
    fault: Fault | None = None


def mended(text: str, dialect: Dialect, columns: Sequence[Column]) -> Mend | None:
    """The best reading of a line as one cell a column, with its own delimiter and quote or others that it could use."""
    if len(text) > _LONGEST:
        return None
    best = _best(_unescaped(text, dialect) if dialect.escape else text, dialect, columns, math.inf)
    for changed, price, fault in _variants(text, dialect, len(columns)):
        most = best.price - price if best else math.inf
        found = _best(text if not changed.escape else _unescaped(text, changed), changed, columns, most)
        if found and found.price < most:
            best = Mend(found.price + price, found.cells, found.faults | {fault})
    return best


def _variants(text: str, dialect: Dialect, width: int) -> Iterator[tuple[Dialect, float, Fault]]:
    for other in _OTHERS:
        if other != dialect.delimiter and text.count(other) >= max(1, (width - 1) // 2):
            yield dialect._replace(delimiter=other, escape=""), _PRICE[Fault.DELIMITER], Fault.DELIMITER
    other = "'" if dialect.quote == '"' else '"'
    ends = re.escape(dialect.delimiter)
    if re.search(rf"(?:^|{ends}) *{other}.*{other} *(?:{ends}|$)", text):
        yield dialect._replace(quote=other), _PRICE[Fault.QUOTES], Fault.QUOTES
    if not dialect.escape and "\\" + dialect.quote in text:
        yield dialect._replace(escape="\\"), _ESCAPED, Fault.QUOTES


def _unescaped(text: str, dialect: Dialect) -> str:
    return text.replace("\\\\", "\\").replace("\\" + dialect.quote, dialect.quote * 2)


def _best(text: str, dialect: Dialect, columns: Sequence[Column], most: float) -> Mend | None:
    """The cheapest reading of a line as one cell a column, that costs no more than `most`."""
    limits = [*(limit for limit in _MOST if limit < most), most] if most > 0 else []
    return next(filter(None, (_within(limit, text, dialect, columns) for limit in limits)), None)


def _within(most: float, text: str, dialect: Dialect, columns: Sequence[Column]) -> Mend | None:
    """The cheapest reading that costs no more than `most`, if there is one; the less, the sooner it is found."""
    line, width = _Line(text, dialect, columns), len(columns)
    ways: list[dict[int, tuple[float, tuple[int, int] | None, tuple[str, ...], Fault | None]]]
    ways = [{} for _ in range(width + 1)]  # by the column that comes next, then by place
    ways[0][0] = (0.0, None, (), None)
    for place in line.places():
        for at in range(width + 1):
            way = ways[at].get(place)
            if way is None:
                continue
            for step in line.steps(place, at, most - way[0]):
                into = at + len(step.cells)
                price = way[0] + step.price
                if price > most:
                    continue
                known = ways[into].get(step.end)
                if known is None or price < known[0] - 1e-9:
                    ways[into][step.end] = (price, (at, place), step.cells, step.fault)
                    line.reach(step.end)
    end = ways[width].get(line.end)
    if end is None:
        return None
    cells: list[str] = []
    faults: set[Fault] = set()
    key: tuple[int, int] | None = (width, line.end)
    while key is not None:
        _, before, said, fault = ways[key[0]][key[1]]
        cells[:0] = said
        faults |= {fault} if fault else set()
        key = before
    return Mend(end[0], cells, frozenset(faults))


class _Line:
    """A line, and the steps that can be taken from each place in it."""

    def __init__(self, text: str, dialect: Dialect, columns: Sequence[Column]) -> None:
        self.text, self.delimiter, self.quote, self.columns = text, dialect.delimiter, dialect.quote, columns
        self.end = len(text) + 1
        self._waiting, self._done = [0], -1
        self._steps: dict[int, list[tuple[int, str, float, Fault | None]]] = {}
        self._few = self.delimiter != " " and (text.count(self.delimiter) < len(columns) - 1 or self.quote in text)

    def places(self) -> Iterator[int]:
        """The places reached, in order, while steps are taken."""
        while ahead := [place for place in self._waiting if place > self._done]:
            self._waiting = ahead
            self._done = min(ahead)
            yield self._done

    def reach(self, place: int) -> None:
        if place > self._done and place not in self._waiting:
            self._waiting.append(place)

    def steps(self, place: int, at: int, most: float) -> Iterator[_Step]:
        """The steps from a place where the cell of column `at` starts, none that surely costs more than `most`."""
        width = len(self.columns)
        later = 1 - at / (1000 * width)  # of ways that are as good, the one further right
        if place == self.end:
            if at < width:
                yield from self._rest(place, at)
            return
        if place not in self._steps:
            self._steps[place] = list(self._cells(place))
        for end, cell, price, fault in self._steps[place]:
            if fault is Fault.EXTRA:
                yield _Step(end, (), price * later, fault)
            elif at < width:
                bare = cell.strip(self.quote) if fault is Fault.QUOTE else cell  # the stray quote is paid for
                yield _Step(end, (cell,), price * later + self.columns[at].odd(bare), fault)
                if self._few and fault is None and cell and at + 1 < width and most > _PRICE[Fault.SPLIT]:
                    yield from self._apart(end, cell, price, at)
        if at < width:
            yield _Step(place, ("",), _PRICE[Fault.GAP] * later + self.columns[at].odd(""), Fault.GAP)

    def _rest(self, place: int, at: int) -> Iterator[_Step]:
        yield _Step(place, ("",), _PRICE[Fault.SHORT] + self.columns[at].odd(""), Fault.SHORT)

    def _apart(self, end: int, cell: str, price: float, at: int) -> Iterator[_Step]:
        """Two cells in one, where each part is at home in its column."""
        left, right = self.columns[at], self.columns[at + 1]
        if len(cell) <= _LONGEST_SPLIT:
            places: Sequence[int] = range(1, len(cell))
        else:
            places = [found.start() for found in _CLASS_ENDS.finditer(cell)]
        edges = {found.start() for found in _CLASS_ENDS.finditer(cell)}
        best, parts = math.inf, ("", "")
        for p in places:
            first, second = cell[:p].strip(OUTER), cell[p:].strip(OUTER)
            cost = left.odd(first) + right.odd(second) + (0 if p in edges else _WITHIN_A_WORD)
            if cost < best and first and second:
                best, parts = cost, (first, second)
        if best < math.inf:
            yield _Step(end, parts, price + _PRICE[Fault.SPLIT] + best, Fault.SPLIT)

    def _cells(self, start: int) -> Iterator[tuple[int, str, float, Fault | None]]:
        """The cells that can start at a place: where the next one starts, the cell, its price, and what is wrong."""
        text, quote, delimiter = self.text, self.quote, self.delimiter
        words = delimiter == " "
        first = start
        while not words and text.startswith(" ", first):
            first += 1
        opens = text.startswith(quote, first)
        if opens:
            yield from self._quoted(first)
        end, joined = start - 1, -1
        while joined < (_MOST_WORDS if words else _MOST_JOINED) and end < len(text):
            end = text.find(delimiter, end + 1)
            end = len(text) if end < 0 else end
            joined += 1
            cell = text[start:end]
            stray = cell.count(quote)
            price = joined * (_BETWEEN_WORDS if words else _PRICE[Fault.JOINED])
            if joined and not words and text.startswith(delimiter + " ", start + len(cell.split(delimiter, 1)[0])):
                price -= 0.4  # "Smith, John"
            price += stray * _PRICE[Fault.QUOTE] if opens else stray * 0.8
            fault = Fault.JOINED if joined and not words else Fault.QUOTE if opens else None
            yield end + 1, cell.strip(OUTER), price, fault
            if not joined and not cell.strip(OUTER) and end < len(text):
                yield end + 1, "", _PRICE[Fault.EXTRA] if not words else _BETWEEN_WORDS, Fault.EXTRA
        if not opens:
            ahead = text.find(quote, start)
            cut = text.find(delimiter, start)
            if start < ahead and (cut < 0 or ahead < cut) and text[start:ahead].strip(OUTER):
                yield ahead, text[start:ahead].strip(OUTER), _AT_A_QUOTE, Fault.SPLIT

    def _quoted(self, start: int) -> Iterator[tuple[int, str, float, Fault | None]]:
        """The ways to close the quote that opens at a place."""
        text, quote = self.text, self.quote
        stray = 0
        for found in re.finditer(re.escape(quote) + "+", text[start + 1 :]):
            begin, end = start + 1 + found.start(), start + 1 + found.end()
            odd = (end - begin) % 2 == 1
            after = end
            while self.delimiter != " " and text.startswith(" ", after):
                after += 1
            if after == len(text) or text.startswith(self.delimiter, after):
                wrong = stray + (not odd)
                cell = text[start + 1 : end - 1].replace(quote * 2, quote).strip(OUTER)
                yield after + 1, cell, wrong * _PRICE[Fault.QUOTE], Fault.QUOTE if wrong else None
            elif begin > start + 1 and (odd or after == end):
                cell = text[start + 1 : end - (1 if odd else 2)].replace(quote * 2, quote).strip(OUTER)
                price = _AT_A_QUOTE + stray * _PRICE[Fault.QUOTE]
                yield (end if odd else end - 1), cell, price, Fault.SPLIT
            stray += odd


def strange(cells: Sequence[str], columns: Sequence[Column]) -> float:
    """How odd cells are in their columns, all together."""
    return sum(map(Column.odd, columns, cells))
