"""Several tables in one text, one below the other: where each starts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from data.reading import headless
from data.reading.cells import clean, filled, is_number_like
from data.reading.header import Header, is_total
from data.reading.types import Record

_TITLES = 4  # lines above the header of a further table that can be its titles
_BELOW = 30  # rows under a header that tell what it names
_YEARS = range(1900, 2101)
_LETTER, _DIGITS = re.compile(r"[^\W_]"), re.compile(r"\d+")
_NUMBERED = re.compile(r"[^\W\d_].*\d")  # a word and a number


class Part(NamedTuple):
    """A table among others: its lines, titles above its header included, and what it is called there."""

    first: int
    last: int
    title: str | None


class _Table:
    """What the rows of the table so far look like."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = [clean(name) for name in names]
        self.rows: list[list[str]] = []
        self.seen: dict[int, set[str]] = {}
        self.widths = Counter[int]()
        self.has_rows = False  # and not only lines of a word or two, as titles are
        self._kinds: dict[int, str] = {}
        self._kinds_of = 0  # so many rows

    def add(self, record: Record) -> None:
        self.widths[len(record.cells)] += 1
        self.has_rows = self.has_rows or filled(record.cells) > 1
        if len(self.rows) < 1000:
            self.rows.append(record.cells)
        for i, cell in enumerate(map(clean, record.cells)):
            if cell:
                self.seen.setdefault(i, set()).add(cell)

    @property
    def kinds(self) -> dict[int, str]:
        """What the columns hold, by the rows that tell; worked out once for as many."""
        rows = min(len(self.rows), headless.LOOKED_AT)
        if rows != self._kinds_of:
            self._kinds, self._kinds_of = headless.column_kinds(self.rows), rows
        return self._kinds

    @property
    def width(self) -> int:
        return max(self.widths, key=lambda n: (self.widths[n], n), default=len(self.names))


def parts(rows: Sequence[Record], header: Header) -> list[Part]:
    """The tables in the records of a text whose first header is known, in their order; one where all is one table.

    A line starts a further table only where it is certain: it names columns, it does not fit among the rows above it, and
    what follows fits under it. A header that stands again as it was starts nothing: it is a page break.
    """
    earlier = next((i for i, record in enumerate(rows) if record.line < header.line and _starts_early(rows, i)), None)
    table = _Table(header.names if earlier is None else rows[earlier].cells)
    below = header.last_line if earlier is None else rows[earlier].last_line
    found: list[tuple[int, int]] = []  # places of the first line of a part, and of its header
    for i, record in enumerate(rows):
        if record.line <= below or not filled(record.cells):
            continue
        if header.line and table.has_rows and _starts(rows, i, table):
            top = _top(rows, i)
            found.append((top, i))
            table = _Table(record.cells)
            continue
        table.add(record)
    if not found:
        return []
    starts = [(rows[top].line, _title(rows[top:at])) for top, at in found]
    head = [record for record in rows if record.last_line < min(below, rows[found[0][0]].line)]
    cuts = [(rows[0].line, _title(head)), *starts]
    ends = [line - 1 for line, _ in starts] + [rows[-1].last_line]
    return [Part(first, last, title) for (first, title), last in zip(cuts, ends, strict=True)]


def _starts_early(rows: Sequence[Record], i: int) -> bool:
    """Whether record `i`, above the header of the largest table, is itself the header of a table of three columns or more."""
    said = [clean(cell) for cell in rows[i].cells]
    names = [cell for cell in said if cell]
    below = _below(rows, i)
    if len(names) < 3 or len(below) < 2 or not _are_names(said, names) or any(len(row) != len(said) for row in below):
        return False
    values = [
        column
        for column in zip(*below, strict=True)
        if all(headless.kind(clean(cell)) in ("number", "date") for cell in column)
    ]
    end = i + 1 + len(below)
    is_closed = end < len(rows) and filled(rows[end].cells) < 2
    return bool(values) and is_closed and headless.names_columns(said, headless.column_kinds(below)) > 0


def _starts(rows: Sequence[Record], i: int, table: _Table) -> bool:
    """Whether record `i` is the header of a further table."""
    said = [clean(cell) for cell in rows[i].cells]
    names = [cell for cell in said if cell]
    if len(names) < 2 or not _are_names(said, names) or is_total(names, anywhere=False):
        return False
    if said == table.names[: len(said)] and not any(table.names[len(said) :]):
        return False  # the header again
    shared = len({name.casefold() for name in names} & {name.casefold() for name in table.names if name})
    is_apart = _is_apart(rows, i)
    starts_alike = is_apart and any(name and name.casefold() == said[0].casefold() for name in table.names[:1])
    is_named_again = shared >= max(2, len(names) / 2) or starts_alike
    if not is_named_again:  # said first, for it is true of nearly all rows, and the rest takes long
        if not is_apart and len(said) == table.width:
            return False
        if any(cell in table.seen.get(n, ()) for n, cell in enumerate(said) if cell):
            return False  # a row among rows
        if _NUMBERED.search(said[0]) and _shape(said[0]) in map(_shape, table.seen.get(0, ())):
            return False  # by a number like theirs, such as D-12
    below = _below(rows, i)
    if not below:
        return False
    unlike = headless.names_columns(said, table.kinds)  # among the rows above
    if is_named_again and (unlike or is_apart):
        return True
    if any(cell in table.seen.get(n, ()) for n, cell in enumerate(said) if cell):
        return False
    over = headless.names_columns(said, headless.column_kinds(below))  # over the rows below
    is_wider = len(said) != table.width and all(len(row) == len(said) for row in below) and len(below) > 1
    has_other_extent = len(names) != filled([*table.names])
    if is_apart:
        return bool(over) and (has_other_extent or _has_title(rows, i) or is_wider or (over > 1 and unlike > 0))
    return is_wider and over > 1 and unlike > 0


def _shape(cell: str) -> str:
    return _DIGITS.sub("0", cell)


def _are_names(said: Sequence[str], names: Sequence[str]) -> bool:
    """Different words, side by side; years are names too."""
    first = next(i for i, cell in enumerate(said) if cell)
    if len(set(names)) < len(names) or not all(said[first : first + len(names)]) or first > 1:
        return False
    words = [name for name in names if not _is_year(name)]
    return len(words) > 0 and all(map(_LETTER.search, words)) and not any(map(is_number_like, words)) and not any(
        headless.kind(word) in ("mail", "link") or word.endswith(":") for word in words
    )  # fmt: skip


def _is_year(cell: str) -> bool:
    return cell.isdecimal() and int(cell) in _YEARS


def _below(rows: Sequence[Record], i: int) -> list[list[str]]:
    """The rows right under record `i`, down to a blank line."""
    found: list[list[str]] = []
    for record in rows[i + 1 : i + 1 + _BELOW]:
        if not filled(record.cells):
            if found:
                break
            continue
        found.append(record.cells)
    return found if found and any(filled(row) > 1 for row in found) else []


def _is_apart(rows: Sequence[Record], i: int) -> bool:
    """Whether a blank line, or a title, stands above record `i`."""
    return i > 0 and filled(rows[i - 1].cells) < 2


def _has_title(rows: Sequence[Record], i: int) -> bool:
    return _top(rows, i) < i


def _top(rows: Sequence[Record], i: int) -> int:
    """The place of the first of the titles above record `i`, with at most blank lines between; `i` without any."""
    top = i
    for place in range(i - 1, max(-1, i - 1 - 2 * _TITLES), -1):
        if not filled(rows[place].cells):
            if top < i:
                break
        elif _is_title(rows[place]):
            top = place
        else:
            break
    return top


def _is_title(record: Record) -> bool:
    return filled(record.cells) == 1 and bool(clean(record.cells[0]))


def _title(above: Sequence[Record]) -> str | None:
    return next((clean(cell) for record in above if _is_title(record) for cell in record.cells[:1]), None)
