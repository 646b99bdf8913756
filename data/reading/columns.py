"""What the cells of each column look like, learnt from rows that are whole, to tell where a damaged row came apart.

A cell is known by three looks: itself where its column holds a few words, its characters by class (`99/99/9999`), and
these with runs as one (`9/9/9`). What was seen often in a column is expected there; a look never seen is as unlikely as
new looks were among the rows learnt. So a date is at home in a column of dates alone, and any words are in one of notes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from data.reading.cells import clean, is_number_like

ROWS_LEARNT = 2000
_FEW_WORDS = 0.2  # distinct cells of a column of few words, of its rows
_KEPT = 5_000  # cells whose oddness is kept in mind
_LONGEST_SAID = 60  # characters of a cell whose look is worth keeping


class _Classes(dict[int, str]):
    """The class of a character: 9 for digits, A, a and x (letters without case), else itself."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isdigit():
            name = "9"
        elif character.isalpha():
            name = "A" if character.isupper() else "a" if character.islower() else "x"
        else:
            name = character
        self[code] = name
        return name


_CLASSES = _Classes()


def look(cell: str) -> str:
    """The cell with its letters and digits as classes: `99/99/9999` of `28/01/2018`."""
    return cell.translate(_CLASSES)


def runs(look: str) -> str:
    """A look with equal characters that follow each other as one: `9/9/9` of `99/99/9999`."""
    return "".join(character for character, _ in groupby(look))


class _Looks(NamedTuple):
    exact: str
    runs: str
    is_number: bool
    length: float  # logarithm


@lru_cache(maxsize=20_000)
def _looks(cell: str) -> _Looks:
    exact = look(cell[:_LONGEST_SAID])
    return _Looks(exact, runs(exact), is_number_like(cell), math.log1p(len(cell)))


class _Seen:
    """How often each of some things was seen, and how likely a new one is."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._once = self._all = 0

    def add(self, thing: str) -> None:
        self._times[thing] += 1
        times = self._times[thing]
        self._once += (times == 1) - (times == 2)
        self._all += 1

    @property
    def distinct(self) -> int:
        return len(self._times)

    @property
    def new(self) -> float:
        return (self._once + 0.5) / (self._all + 1)

    def share(self, thing: str) -> float:
        """The share of a thing, from 0 (new, or seen once: that may be damage) to 1, rare ones lifted: seen is seen."""
        return math.sqrt(max(0, self._times[thing] - 1) / self._all) if self._all else 0.0


class Column:
    """One column: what stands in it, and how odd a cell would be there."""

    def __init__(self) -> None:
        self.rows = self._empty = self._numbers = 0
        self._cells, self._looks, self._runs = _Seen(), _Seen(), _Seen()
        self._characters: set[str] = set()  # by class
        self._length = self._square = 0.0
        self._odd: dict[str, float] = {}

    def learn(self, cell: str) -> None:
        self.rows += 1
        self._odd.clear()
        if not cell:
            self._empty += 1
            return
        looks = _looks(cell)
        self._cells.add(cell)
        self._looks.add(looks.exact)
        self._runs.add(looks.runs)
        self._characters.update(looks.runs)
        self._numbers += looks.is_number
        self._length += looks.length
        self._square += looks.length * looks.length

    def odd(self, cell: str) -> float:
        """How odd a cell without outer blanks would be here: from 0, as usual, to about 12."""
        known = self._odd.get(cell)
        if known is None:
            if len(self._odd) > _KEPT:
                self._odd.clear()
            known = self._odd[cell] = self._oddness(cell)
        return known

    def _oddness(self, cell: str) -> float:
        filled = self.rows - self._empty
        empty = (self._empty + 0.3) / (self.rows + 0.6)
        if not cell:
            return -0.8 * math.log(empty)
        looks = _looks(cell)
        kind = ((self._numbers if looks.is_number else filled - self._numbers) + 0.1) / (filled + 0.2)
        likely = 0.5 * kind * self._as_long(looks.length) + 1e-4
        usual = self._characters.issuperset(looks.runs)
        for seen, thing, least in ((self._runs, looks.runs, 0.1), (self._looks, looks.exact, 0.1)):
            new = max(seen.new, least) if usual else seen.new  # `$72` among `$9.50` is new, but not strange
            share = seen.share(thing)
            likely = (1 - new) * share + new * likely if share else new * likely
        if self.is_of_few_words:
            likely = max(likely, 1 - self._cells.new) if self._cells.share(cell) else self._cells.new * likely
        return -math.log(max(likely, 1e-5)) - 0.3 * math.log(1 - empty + 0.01)

    def _as_long(self, length: float) -> float:
        """1 for a cell about as long as the others, down to a twentieth; `length` is the logarithm."""
        filled = self.rows - self._empty
        if filled < 5:
            return 1.0
        mean = self._length / filled
        spread = max(0.35, math.sqrt(max(0.0, self._square / filled - mean * mean)))
        return math.exp(-min(3.0, ((length - mean) / spread) ** 2 / 2))

    @property
    def is_of_few_words(self) -> bool:
        filled = self.rows - self._empty
        return filled >= 8 and self._numbers < filled / 2 and self._cells.distinct <= max(3, _FEW_WORDS * filled)


def learnt(rows: Iterable[Sequence[str]], width: int) -> list[Column]:
    """The columns of rows that each have `width` cells."""
    columns = [Column() for _ in range(width)]
    for cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            column.learn(clean(cell))
    return columns
