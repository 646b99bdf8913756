"""What goes into reading a file, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from data.messages import Message
from data.reading.aligned import Layout

Progress = Callable[[float], None]


@dataclass(frozen=True)
class ReadOptions:
    """What the person decides instead of us; None leaves it to us."""

    encoding: str | None = None
    delimiter: str | None = None  # one character (some of two or three are known), or the word "tab"
    sheet: str | None = None  # of a workbook, a table of a page, or a file in a zip file
    header_line: int | None = None  # physical line of the file (row of the sheet), from 1; 0: there is none


class SkippedLine(NamedTuple):
    """A line that is no row of the table; the first one, where a quoted cell spreads it over several."""

    line: int
    reason: Message


@dataclass(frozen=True)
class Glance:
    """Some of the rows of a large file, to decide by."""

    relation: str  # a table of these rows, like that of a file
    rows: int
    whole: str  # a view of all rows, without their lines, which costs less to ask
    lines: int  # of the whole file, below the header
    may_skip_lines: bool  # whether a line without anything could stand among the rows


@dataclass(frozen=True)
class TextTable:
    """A table found in a file, stored as text in the scratch database."""

    name: str
    sheet: str | None  # what tells it from the other tables of the file
    encoding: str  # a Python codec name, or "xlsx", "xlsb", "xls", "ods"
    encoding_reason: Message
    delimiter: str  # "" for a workbook and for a file of one column
    delimiter_reason: Message
    header_line: int  # 0 where the table has none, and its columns are numbered
    header_reason: Message
    headers: tuple[str, ...]
    rows_read: int
    skipped_lines: tuple[SkippedLine, ...]
    repairs: tuple[Message, ...]
    relation: str  # line BIGINT, c0 VARCHAR, c1 VARCHAR, ... one a header; empty cells are NULL
    is_part: bool = False  # whether it is one of several tables in one text
    glance: Glance | None = None  # then `relation` is a view that parses the file, and `rows_read` a guess


class Dialect(NamedTuple):
    """How the cells of a text are kept apart."""

    delimiter: str
    quote: str = '"'
    escape: str = ""  # a backslash where one makes the quote or delimiter after it a plain character
    layout: Layout | None = None  # of cells that stand apart by spaces


class Record(NamedTuple):
    """The cells that stand on the physical lines `line` to `last_line`."""

    line: int
    last_line: int
    cells: list[str]
