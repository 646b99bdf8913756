"""Which records of a text are damaged, how each is read then, and what was done about it, by line."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from data.reading.cells import clean, filled
from data.reading.columns import ROWS_LEARNT, Column, learnt
from data.reading.mending import Fault, Mend, mended, strange
from data.reading.types import Dialect, Record

# Of one file, in characters or half the places that cells can have in columns, whichever are more. Where more is damaged,
# damage is its way, and the plain reading does. And of one line.
_MOST_SEARCHED, _MOST_OF_A_LINE, _LEAST_OF_A_LINE = 100_000, 20_000, 80
_SPARE = 3.0  # how much odder than the rows learnt a row may be that is left as it is
_TORN, _GLUED = 2.5, 2.0  # what it costs to take two lines for a row, or a line for two rows
_OTHERS = ",;\t|"
_SELDOM = 0.05  # of the rows
_IN_VAIN = 3  # a search that finds nothing better counts as so many more: such rows are often the way of a file
_WIDE_TO_TELL = 4  # columns from which on two short rows are told from one that is torn
_LINE_ENDS = "\r\n"


class Mender:
    """Fits damaged records to the columns of a table, as learnt from its whole rows."""

    def __init__(self, dialect: Dialect, width: int, rows: Iterable[Sequence[str]]) -> None:
        """rows: some of those that are whole, looked at when the first damage is found."""
        self.faults: defaultdict[Fault, list[int]] = defaultdict(list)
        self._dialect, self._width, self._rows = dialect, width, rows
        self._columns: list[Column] = []
        self._usual = 0.0  # how odd a whole row can be
        self._ends_filled = False
        self._left = _MOST_SEARCHED

    def is_whole(self, text: str, cells: Sequence[str]) -> bool:
        """Whether a record that follows the rules of CSV is a row beyond doubt, or nothing at all.

        text: its first line. A quote within a cell, another quote around them, or an end that is empty where no other
        row has an empty one, can stand in a row that has the right width by chance.
        """
        quote = self._dialect.quote
        if len(cells) == self._width:
            if cells[-1] and quote not in text and not (text[:1] == "'" != quote):
                return True
            doubt = (
                (not cells[-1] and self._is_filled_at_its_end()) or (text[:1] == "'" != quote) or "\\" + quote in text
            )
            return not doubt and not any(map(self._is_odd_end, cells))
        return not any(map(clean, cells))

    def read(
        self, line: int, text: str, cells: list[str], used: int, is_sloppy: bool, following: Callable[[], str]
    ) -> tuple[list[str], int]:
        """The cells of a damaged record, and how many lines they take. Two rows in one line stay one record: a row is known
        by its line.

        text: its first line. cells and used: its plain reading, whose quotes broke the rules if is_sloppy.
        following: gives the line after the first, "" at the end.
        """
        if not any(map(clean, cells)):
            return cells, used
        self._learn()
        text = text.rstrip(_LINE_ENDS)
        most = self._usual + _SPARE
        plain = self._plain(cells, is_sloppy)
        is_doubtful = not self._dialect.escape and "\\" + self._dialect.quote in text
        if used > 1 and following().count(self._dialect.delimiter) >= self._width - 1:
            is_doubtful = True  # a row of its own, it seems, not a line of a cell
        is_doubtful |= self._ends_filled and len(cells) >= self._width and not any(map(clean, cells[self._width - 1 :]))
        if plain and plain.price <= most and not is_doubtful:
            return self._said(line, plain), used
        if other := self._by_another_delimiter(text):
            return self._said(line, other), 1
        places, quotes = text.count(self._dialect.delimiter) * self._width, text.count(self._dialect.quote) ** 2
        effort = max(_LEAST_OF_A_LINE, len(text), places // 2, quotes // 2)
        if self._left <= 0 or effort > _MOST_OF_A_LINE:
            return cells, used
        self._left -= effort
        torn = self._torn(text, following().rstrip(_LINE_ENDS)) if used == 1 else None
        if torn and torn.price <= most and not (plain and plain.price < torn.price + _TORN):
            self._note(line, torn.faults | {Fault.TORN})
            return torn.cells, 2
        if self._is_a_remark(text, cells):
            return cells, used
        best = mended(text, self._dialect, self._columns)
        if plain and (not best or plain.price <= best.price + (_TORN if used > 1 else 0)):
            self._left -= _IN_VAIN * effort
            return self._said(line, plain), used
        two = self._glued(text, cells)
        if two and (not best or two.price + _GLUED < best.price):
            self._note(line, {Fault.GLUED})
            last = self._width - 1
            return [*two.cells[:last], self._dialect.delimiter.join(two.cells[last:])], 1
        return (self._said(line, best), 1) if best else (cells, used)

    def _is_odd_end(self, cell: str) -> bool:
        """Whether a cell could be half of one, or hold a row: a quote stands at its edge, or whole lines are in it."""
        quote = self._dialect.quote
        return cell.startswith(quote) or cell.endswith(quote) or (
            "\n" in cell and 2 * cell.count(self._dialect.delimiter) >= self._width
        )  # fmt: skip

    def _is_filled_at_its_end(self) -> bool:
        """Whether the last cell of hardly any row is empty."""
        self._learn()
        return self._ends_filled

    def _learn(self) -> None:
        if self._columns:
            return
        rows = [[clean(cell) for cell in row] for row, _ in zip(self._rows, range(ROWS_LEARNT), strict=False)]
        self._columns = learnt(rows, self._width)
        prices = sorted(strange(row, self._columns) for row in rows[:200])
        self._usual = prices[len(prices) * 9 // 10] if prices else 0.0
        self._ends_filled = len(rows) > 9 and sum(not row[-1] for row in rows) < _SELDOM * len(rows)

    def _plain(self, cells: list[str], is_sloppy: bool) -> Mend | None:
        """The record as it is, with cells missing at its end as empty ones; None if it has cells too many."""
        missing = self._width - len(cells)
        if missing < 0 and any(map(clean, cells[self._width :])):
            return None
        fitted = [*map(clean, cells[: self._width]), *[""] * missing]
        faults = ({Fault.SHORT} if missing > 0 else set()) | ({Fault.QUOTE} if is_sloppy else set())
        return Mend(strange(fitted, self._columns), fitted, frozenset(faults))

    def _by_another_delimiter(self, text: str) -> Mend | None:
        """The row as another delimiter splits it, where that is beyond doubt."""
        for other in _OTHERS:
            if other == self._dialect.delimiter or text.count(other) < self._width - 1:
                continue
            cells = next(csv.reader([text], delimiter=other, quotechar=self._dialect.quote), [])
            plain = self._plain(cells, False) if len(cells) == self._width else None
            if plain and plain.price <= self._usual + _SPARE:
                return plain._replace(faults=frozenset({Fault.DELIMITER}))
        return None

    def _is_a_remark(self, text: str, cells: list[str]) -> bool:
        """A footer, a note or a total rather than a row: a cell or two of many, and no other delimiter."""
        few = filled(cells) <= (2 if self._width > 4 else 1)
        return few and max(map(text.count, (*",;\t|", " "))) < self._width - 1

    def _glued(self, text: str, cells: list[str]) -> Mend | None:
        if len(cells) < 2 * self._width - 1:
            return None
        found = mended(text, self._dialect, [*self._columns, *self._columns])
        return found and found._replace(price=found.price / 2)

    def _torn(self, text: str, next_text: str) -> Mend | None:
        """The row of two lines of which neither is one, joined where the break stands."""
        delimiter = self._dialect.delimiter
        here, below = self._count(text), self._count(next_text)
        if (
            self._width < _WIDE_TO_TELL
            or not clean(next_text)
            or below >= self._width
            or not self._width <= here + below <= self._width + 1
        ):
            return None
        choices = [mended(text + joint + next_text, self._dialect, self._columns) for joint in ("", " ", delimiter)]
        alone = mended(next_text, self._dialect, self._columns)
        price = alone.price if alone else math.inf
        found = min((choice for choice in choices if choice), key=lambda choice: choice.price, default=None)
        return found if found and price > self._usual + _SPARE else None

    def _count(self, text: str) -> int:
        """How many cells a line has by itself."""
        return len(next(csv.reader([text], delimiter=self._dialect.delimiter, quotechar=self._dialect.quote), []))

    def _said(self, line: int, mend: Mend) -> list[str]:
        self._note(line, mend.faults)
        return mend.cells

    def _note(self, line: int, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self.faults[fault].append(line)


def mender_of(dialect: Dialect, width: int, sample: Sequence[Record], after: int) -> Mender | None:
    """A mender that learns from the records of a sample below line `after`; None where cells stand apart by spaces."""
    if dialect.layout is not None or width < 2:
        return None
    rows = [record.cells for record in sample if record.line > after and _fits(record.cells, width)]
    exact = [cells for cells in rows if len(cells) == width]
    return Mender(dialect, width, exact if 2 * len(exact) >= len(rows) else [cells[:width] for cells in rows])


def _fits(cells: Sequence[str], width: int) -> bool:
    return len(cells) >= width and not any(map(clean, cells[width:])) and any(map(clean, cells))
