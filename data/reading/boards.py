"""Boards: one sheet with the same header again under the title of each group, and lists of subitems among the rows.

monday.com writes them so: the board's name and description, then for each group its title, the header and the items; below
an item perhaps its subitems, under a header of their own that starts one column further right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

from data.messages import Message, say
from data.reading.cells import clean, clean_header, filled, is_number_like
from data.reading.header import BLANK, GROUP, REPEATED, TITLE, TOTAL, Header
from data.reading.types import Record, SkippedLine

GROUP_COLUMN, PARENT_COLUMN, PARENT_ID_COLUMN = "Group", "Parent item", "Parent item ID"

# Why lines of subitems are no items.
SUBITEM = say("A subitem: it is in the table of subitems.")
SUBITEM_HEADER = say("A header of subitems: it is in the table of subitems.")

_SUBITEMS = {"subitems", "subitem", "תתי פריטים", "תת פריטים", "תת-פריטים", "פריטי משנה"}
_ITEM_ID = "item id (auto generated)"
_END = Record(0, 0, [])


@dataclass
class Board:
    """What a board's lines are, by line; filled by `recognise`."""

    header: Header
    groups: dict[int, str] = field(default_factory=dict)  # by the line from which the group goes on
    skipped: dict[int, Message] = field(default_factory=dict)  # below the header
    width: int = 0  # of the items
    subitems: list[Record] = field(default_factory=list)  # parent, its id, and cells as in `sub_names`
    sub_line: int = 0  # of the first header of subitems; 0 where there are none
    sub_label: str = ""
    sub_names: list[str] = field(default_factory=list)
    sub_skipped: dict[int, Message] = field(default_factory=dict)

    @property
    def above(self) -> tuple[SkippedLine, ...]:
        """What was skipped above the header, the group's title for what it is."""
        return tuple(
            SkippedLine(skip.line, GROUP) if skip.line in self.groups and skip.reason == TITLE else skip
            for skip in self.header.skipped
        )


def recognise(records: Iterable[Record], header: Header) -> Board | None:
    """The board that the records of a sheet make, all or the first of them; None where they are a plain table.

    It is one where the header stands again under different titles, or over subitems, or under one title when it has
    the columns that only monday.com writes.
    """
    names = list(header.cells)
    if len(names) < 2 or header.names != (*header.cells, *header.names[len(names) :]):
        return None
    board = Board(header)
    state = _State(board, names)
    for record, following in pairwise(chain(_stripped(records), [_END])):
        state.take(record, following)
    titles = set(board.groups.values())
    if board.sub_line or len(titles) > 1 or (state.is_marked and titles):
        board.width = max(state.width, max(i + 1 for i, name in enumerate(names) if name))
        return board
    return None


def _stripped(records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        cells = [clean(cell) for cell in record.cells]
        while cells and not cells[-1]:
            cells.pop()
        yield Record(record.line, record.last_line, cells)


class _State:
    """Where in the board the lines read so far have come."""

    def __init__(self, board: Board, names: list[str]) -> None:
        self.board = board
        self.names = names
        while self.names and not self.names[-1]:
            self.names.pop()
        folded = [name.casefold() for name in names]
        self.is_marked = bool({*folded} & (_SUBITEMS | {_ITEM_ID}))  # as only monday.com does
        self.id_at = folded.index(_ITEM_ID) if _ITEM_ID in folded else None
        self.parent: list[str] = []
        self.places: list[int] | None = None  # of the columns of the list of subitems that is open
        self.width = 0

    def take(self, record: Record, following: Record) -> None:
        cells, board = record.cells, self.board
        is_above = record.line < board.header.line
        if len(cells) == 1 and following.cells == self.names and following.line == record.last_line + 1:
            board.groups[record.line] = cells[0]
            self._skip(record, GROUP)
        elif is_above or not cells:
            self.parent, self.places = [], None
            if not cells:
                self._skip(record, BLANK)
        elif cells == self.names:
            self.parent, self.places = [], None
            if record.line != board.header.line:
                self._skip(record, REPEATED)
        elif self._starts_subitems(cells):
            self._start_subitems(record)
        elif self.places is not None and not cells[0]:
            if len(cells) > 1 and cells[1]:
                self._add_subitem(record)
            else:
                self._skip(record, TOTAL)
        elif not cells[0] and self.parent and len(following.cells) < 2 and self._sums_up(cells):
            self._skip(record, TOTAL)
        else:
            self.parent, self.places = cells, None
            self.width = max(self.width, len(cells))

    def _skip(self, record: Record, reason: Message) -> None:
        if record.line > self.board.header.line:
            self.board.skipped[record.line] = reason

    def _sums_up(self, cells: list[str]) -> bool:
        """Whether a last row without a name sums its group up: monday.com's items all have names, and ids."""
        if self.is_marked:
            return self.id_at is None or self.id_at >= len(cells) or not cells[self.id_at]
        return 2 * filled(cells) < len(self.names) and all(is_number_like(cell) for cell in cells if cell)

    def _starts_subitems(self, cells: list[str]) -> bool:
        label = clean_header(cells[0])
        known = label.casefold() in _SUBITEMS or label in self.names[1:]
        return len(cells) > 1 and bool(self.parent) and known and clean_header(cells[1]) == self.names[0]

    def _start_subitems(self, record: Record) -> None:
        """A list of subitems; it may have other columns than those before it."""
        board, names = self.board, [clean_header(cell) for cell in record.cells[1:]]
        if board.sub_line:
            board.sub_skipped[record.line] = REPEATED
        else:
            board.sub_line, board.sub_label = record.line, clean_header(record.cells[0])
        self.places, taken = [], set[int]()
        for name in names:
            at = next((i for i, known in enumerate(board.sub_names) if known == name and i not in taken), None)
            if at is None:
                board.sub_names.append(name)
                at = len(board.sub_names) - 1
            taken.add(at)
            self.places.append(at)

    def _add_subitem(self, record: Record) -> None:
        assert self.places is not None
        board, cells = self.board, record.cells[1:]
        while len(self.places) < len(cells):  # beyond the header
            board.sub_names.append("")
            self.places.append(len(board.sub_names) - 1)
        placed = [""] * len(board.sub_names)
        for at, cell in zip(self.places, cells, strict=False):
            placed[at] = cell
        of = self.parent[self.id_at] if self.id_at is not None and self.id_at < len(self.parent) else ""
        board.subitems.append(Record(record.line, record.last_line, [self.parent[0], of, *placed]))
