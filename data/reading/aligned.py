"""Text whose cells stand apart by spaces: how, and the cells of a line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from data.reading.cells import clean, is_number_like

_LINES_LOOKED_AT = 500
_SHARE = 0.95  # of the lines that must agree
_GAP = re.compile(r" {2,}|\t+")
_BLANK = " \t"
csv.field_size_limit(64 << 20)  # lines are limited already


@dataclass(frozen=True)
class Layout:
    """Where a line is cut: at its blanks, at gaps of two blanks or more, or at fixed places."""

    gap: int = 1  # blanks that stand between cells
    places: tuple[tuple[int, int], ...] = ()  # from and to where the rows are blank, between columns that stand fixed
    misfits: set[int] = field(default_factory=set, compare=False)  # lines seen that do not keep to the places

    def cells(self, text: str, line: int) -> list[str]:
        """The cells of a line without its end; none in a blank one."""
        if not text.strip(_BLANK):
            return []
        if self.places:
            return self._cut(text, line)
        return _GAP.split(text.strip(_BLANK)) if self.gap > 1 else _words(text)

    def _cut(self, text: str, line: int) -> list[str]:
        cells, at = [], 0
        for start, end in self.places:
            cut = next((i for i in range(max(start, at), min(end, len(text))) if text[i] == " "), None)
            if cut is None:
                cut = max(at, min(start, len(text)))
                if cut < len(text):  # a word over the whole gap stays whole, on its left
                    self.misfits.add(line)
                    found = text.find(" ", cut)
                    cut = found if found >= 0 else len(text)
            cells.append(text[at:cut].strip())
            at = cut
        return [*cells, text[at:].strip()]


class Found(NamedTuple):
    """A layout, how many of the lines agree on how many cells, and how much speaks for it."""

    layout: Layout
    header: str
    agreeing: int
    total: int
    width: int
    numeric: int  # columns of numbers


def find(lines: Sequence[str], is_chosen: bool = False) -> Found | None:
    """The layout under which the lines agree, if they are a table apart by spaces.

    Words alone are no table: either most lines must have wide gaps, or columns must hold numbers. Not so where a person
    said (`is_chosen`) that spaces separate the cells.
    """
    texts = [text for line in lines[:_LINES_LOOKED_AT] if (text := line.rstrip("\r\n")).strip(_BLANK)]
    gapped = [i for i, text in enumerate(texts) if _GAP.search(text.strip(_BLANK))]
    wide = len(gapped) / (gapped[-1] + 1 - gapped[0]) if len(gapped) > 1 else 0.0
    first = gapped[0] if gapped else len(texts)
    words = _judged(Layout(), texts, first)
    if is_chosen:
        return words or _judged(Layout(gap=2), texts, first)
    found = []
    if words and words.agreeing == words.total and words.numeric >= (1 if wide >= 0.5 else 2):
        found.append((words, 0))
    if wide >= 0.8:
        gaps = _judged(Layout(gap=2), texts, first)
        if gaps:
            found.append((gaps, 2))
        places = _places(texts[first : gapped[-1] + 1])
        fixed = _judged(Layout(places=places), texts, first) if places else None
        if fixed:
            found.append((fixed, 1))
    best = max(found, key=lambda item: (item[0].agreeing == item[0].total, item[0].numeric, item[1]), default=None)
    return best[0] if best else None


def _words(text: str) -> list[str]:
    """The words of a line; one in quotes can have blanks."""
    if text.count('"') and text.count('"') % 2 == 0:
        return next(csv.reader([text.replace("\t", " ").strip()], delimiter=" ", skipinitialspace=True))
    return text.split()


def _judged(layout: Layout, texts: Sequence[str], first_gapped: int) -> Found | None:
    """How well a layout fits, if it does: the first row names the columns, and hardly a line has another width."""
    rows = [layout.cells(text, 0) for text in texts]
    fitting = not layout.misfits
    layout.misfits.clear()
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths or len(rows) < 2:
        return None
    width = max(widths, key=lambda n: (widths[n], n))
    at = [i for i, row in enumerate(rows) if len(row) == width]
    header, body = rows[at[0]], [rows[i] for i in at[1:]]
    total = at[-1] + 1 - at[0]
    if at[0] > first_gapped or not body or not fitting or len(at) < _SHARE * total:
        return None  # above it stands a line that could be the true header
    if any(map(is_number_like, header)) or not all(map(clean, header)) or len(set(header)) < width:
        return None
    numeric = sum(1 for i in range(width) if _is_numeric([row[i] for row in body]))
    return Found(layout, texts[at[0]], len(at), total, width, numeric)


def _is_numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers or dates, one to a cell."""
    values = [cell for cell in map(clean, cells) if cell]
    return bool(values) and sum(is_number_like(cell) and " " not in cell for cell in values) >= _SHARE * len(values)


def _places(texts: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where all lines are blank between columns. A gap of one blank can be by chance among few lines."""
    if len(texts) < 4 or any("\t" in text for text in texts):
        return ()
    length = max(map(len, texts))
    filled = [False] * length
    for text in texts:
        for i, character in enumerate(text):
            if character != " ":
                filled[i] = True
    left, right = filled.index(True), length - filled[::-1].index(True)
    places, start = [], None
    for i in range(left, right):
        if not filled[i] and start is None:
            start = i
        elif filled[i] and start is not None:
            if i - start > 1 or len(texts) >= 20:
                places.append((start, i))
            start = None
    return tuple(places)
