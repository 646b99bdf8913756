"""Whether the first line of a table is a row like those below it, and no header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from data.reading.cells import clean, is_number_like
from data.reading.types import Record

LOOKED_AT = 500  # rows
_SHARE = 0.8  # of the cells of a column that are of one kind
_REPEATS = 0.1  # of the rows that say the same as the first line, where it is one of them
_DATE = re.compile(r"\d[/.-]\d+[/.-]\d|\d:\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w+")
_UNIT = re.compile(
    r"[(\[{].{0,24}[)\]}]|[%₪$€£#°]|°?[CFK]|[kmµcMG]?(?:g|m|s|A|V|W|Hz|Pa|B|l|L)|(?:m|cm|mm|km)[²³23]|sec|min|h|hrs?|hours?|days?|"
    r"USD|ILS|NIS|EUR|GBP|units?|pcs|ש[\"״]?ח|יח[\'׳]?|ימים|שעות|ק[\"״]ג|אחוז(?:ים)?"
)
_NOTHING = {"n/a", "na", "-", "--", "null", "none", "nan", "nil", "?", "אין", "לא ידוע"}  # said instead of any value


def kind(cell: str) -> str | None:
    """What a cell is written like: a date, a number, an address, or a code by its pattern; None for words."""
    if is_number_like(cell):
        return "date" if _DATE.search(cell) else "number"
    if _LINK.match(cell):
        return "link"
    if _MAIL.fullmatch(cell):
        return "mail"
    if any(map(str.isdigit, cell)):
        return re.sub(r"[^\W\d]+", "A", re.sub(r"\d+", "9", cell))
    return None


def column_kinds(rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """The columns whose cells are nearly all of one kind, and which."""
    seen: dict[int, Counter[str | None]] = {}
    for row in rows[:LOOKED_AT]:
        for i, cell in enumerate(map(clean, row)):
            if cell and cell.lower() not in _NOTHING:
                seen.setdefault(i, Counter())[kind(cell)] += 1
    found = {i: max(kinds, key=lambda each: kinds[each]) for i, kinds in seen.items()}
    return {i: own for i, own in found.items() if own is not None and seen[i][own] >= _SHARE * seen[i].total()}


def names_columns(cells: Sequence[str], kinds: dict[int, str]) -> int:
    """In how many columns of dates, numbers or codes a line has something else, as a header has."""
    said = [clean(cell) for cell in cells]
    return sum(
        1
        for i, own in kinds.items()
        if i < len(said) and said[i] and said[i].lower() not in _NOTHING and kind(said[i]) != own
    )


def is_row(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a line holds what the lines below it hold: dates among dates, a stage among stages; and names nothing."""
    said = [clean(cell) for cell in cells]
    rows = [row for row in below[:LOOKED_AT] if [clean(cell) for cell in row] != said]
    filled = [cell for cell in said if cell]
    if not filled:
        return False
    if not rows:
        told = [cell for cell in filled if kind(cell) in ("date", "mail", "link") or _is_amount(cell)]
        return 2 * len(told) >= len(filled) and not _counts_up(told)
    kinds = column_kinds(rows)
    if names_columns(said, kinds):
        return False
    alike = [said[i] for i in kinds if i < len(said) and said[i] and kind(said[i]) == kinds[i]]
    telling = [cell for cell in alike if not _YEAR.fullmatch(cell) and (len(alike) > 2 or not _is_small(cell))]
    if telling and not _counts_up(alike):
        return True
    return _repeats(said, rows)


def _is_amount(cell: str) -> bool:
    return is_number_like(cell) and not _YEAR.fullmatch(cell)


def _is_small(cell: str) -> bool:
    """Whether a cell is a number that can number a column as well."""
    return cell.isdecimal() and len(cell) < 3


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers that grow from each to the next, as days of a month or 30, 60, 90 in a header."""
    if len(cells) < 2 or not all(cell.isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(low < high for low, high in pairwise(numbers))


def _repeats(said: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether most cells say what rows below say again and again in the same columns."""
    filled = [i for i, cell in enumerate(said) if cell]
    again = [
        i for i in filled
        if sum(1 for row in rows if i < len(row) and clean(row[i]) == said[i]) >= max(2, _REPEATS * len(rows))
    ]  # fmt: skip
    return len(again) >= 2 and 2 * len(again) >= len(filled)


def says_more(header: Record, second: Record, rows: Sequence[Record]) -> bool:
    """Whether the line under a header says units, `(₪)` or `kg`, or the names in the other script, and is no row."""
    kinds = column_kinds([row.cells for row in rows])
    if not names_columns(second.cells, kinds):
        return False
    said = [clean(cell) for cell in second.cells if clean(cell)]
    if len(said) > 1 and all(map(_UNIT.fullmatch, said)):
        return True
    if not all(any(map(str.isalpha, cell)) for cell in said):
        return False  # names are words; a row has dates and numbers
    pairs = [(clean(own), clean(other)) for own, other in zip(header.cells, second.cells, strict=False)]
    scripts = [(_is_in_hebrew(own), _is_in_hebrew(other)) for own, other in pairs if own and other]
    return len(scripts) == len(said) > 1 and any(
        sum(pair == turned for pair in scripts) >= 0.8 * len(scripts) for turned in ((True, False), (False, True))
    )


def _is_in_hebrew(cell: str) -> bool:
    return any("א" <= character <= "ת" for character in cell)
