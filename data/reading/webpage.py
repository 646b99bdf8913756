"""The tables of a web page, or of a workbook as XML, which banks and web programs name like an Excel file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple, NoReturn

from data.errors import FileProblem
from data.messages import listed, say, say_n
from data.reading import encoding as encodings
from data.reading.cells import clean, filled
from data.reading.grids import Grid, check_tables
from data.reading.header import MOST_COLUMNS, check_width
from data.reading.types import Progress, ReadOptions, Record
from data.reading.unpack import CHUNK, refuse_web_page

MOST_CELLS = 50_000_000
_FEW_CELLS, _SPANNED = 1_000_000, 10  # above so many, cells may stand in so many places each on average
_GAPS = 10_000  # rows that are left out
_DEEPEST = 100  # tables inside tables
_LEFT_OPEN = 100  # places where a page breaks its own rules so that its parser must start again

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_AS_BROWSERS_DO = {"iso-8859-8": "windows-1255", "iso-8859-8-i": "windows-1255", "iso-8859-1": "windows-1252"}
_NAMED = 20  # tables left out
_BLANKS = re.compile(r"[ \t\r\n\f\v\xa0]+")
_BREAK = "\x1e"  # a line break that shows, apart from those of the source
_UNSEEN = {"script", "style", "template", "noscript", "comment"}
_BLOCKS = {"br", "p", "div", "li", "dd", "h1", "h2", "h3", "h4", "h5", "h6"}
_OF_XML = {"row": "tr", "cell": "td"}  # a workbook as XML has the same shape under other names


class _Cell(NamedTuple):
    text: str
    columns: int
    rows: int
    repeats: bool  # in each of the rows it spans


@dataclass
class PageTable:
    """Rows of cells; a cell that spans columns stands in the first, a cell of data that spans rows in each of them."""

    title: str | None = None  # of a sheet
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # the number of each row, from 1
    repeated: int = 0  # cells that stand in several rows

    def records(self) -> Iterator[Record]:
        """The rows by their numbers."""
        for line, cells in zip(self.lines, self.rows, strict=True):
            yield Record(line, line, list(cells))

    @cached_property
    def size(self) -> int:
        """How many cells hold something; 0 for what is no table of data: fewer than two rows or columns. Asked when it is whole."""
        columns = {i for row in self.rows for i, cell in enumerate(row) if cell}
        rows = sum(1 for row in self.rows if any(row))
        return sum(map(filled, self.rows)) if len(columns) > 1 and rows > 1 else 0


def grids(path: Path, name: str, folder: Path, options: ReadOptions, progress: Progress) -> list[Grid]:
    """The largest table of data on a page, with those of the same first row, or all sheets of a workbook as XML.

    Tables that are one, two or more of them, are called `Table 1` and so on; the wanted one can be any.
    Raises NoTable for a page without a table of data or that asks to sign in, and FileProblem for bytes that the wanted
    encoding does not have, for more cells than can be held, and where there is no such table.
    """
    text = _decoded(path, name, folder, options.encoding, progress)
    parser = _Parser(name)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        while part := file.read(CHUNK):
            parser.feed(part)
    parser.close()
    tables = [table for table in parser.tables if table.size]
    if not tables or parser.asks_for_password:
        refuse_web_page(name)
    names = [table.title or f"Table {n}" for n, table in enumerate(tables, 1)]
    chosen = _main(tables)
    if options.sheet is not None:
        chosen = [i for i, own in enumerate(names) if options.sheet == own or options.sheet.startswith(f"{own} / ")]
        if not chosen:
            raise FileProblem(
                say("{name} has no table named {table}.", name=name, table=options.sheet),
                say("Its tables are: {tables}.", tables=", ".join(names)),
            )
    check_tables(len(chosen), name)
    grids = []
    rows = [f"{own} ({len(table.rows)})" for own, table in zip(names, tables, strict=True)]
    left = [rows[i] for i in sorted({*range(len(rows))} - {*chosen})]
    for i in chosen:
        table, repairs = tables[i], [*text.repairs] if i == chosen[0] else []
        if left and i == chosen[0] and options.sheet is None:
            repairs.append(say_n(
                "{n} smaller table of the page was left out, here with its rows: {tables}.",
                "{n} smaller tables of the page were left out, here with their rows: {tables}.",
                len(left), tables=listed(left, _NAMED),
            ))  # fmt: skip
        if table.repeated:
            repairs.append(say_n(
                "{n} cell spans several rows and stands in each of them.",
                "{n} cells span several rows and stand in each of them.", table.repeated,
            ))  # fmt: skip
        grids.append(Grid(
            name=name, sheet=names[i] if len(chosen) > 1 or options.sheet or table.title else None,
            encoding=text.encoding, encoding_reason=text.reason,
            delimiter_reason=say("A web page keeps its cells apart."), rows=table.records, height=table.lines[-1],
            repairs=tuple(repairs),
        ))  # fmt: skip
    return grids


def _main(tables: Sequence[PageTable]) -> list[int]:
    """The places of all sheets of a workbook; of a page, of the largest table and those of its first row: its parts."""
    if any(table.title for table in tables):
        return [*range(len(tables))]
    largest = max(tables, key=lambda table: table.size)
    heading = _heading(largest)
    return [i for i, table in enumerate(tables) if table is largest or _heading(table) == heading]


def _heading(table: PageTable) -> list[str]:
    return next((row for row in table.rows if filled(row) > 1), [])


def _decoded(path: Path, name: str, folder: Path, wanted: str | None, progress: Progress) -> encodings.Text:
    with path.open("rb") as file:
        stated = _CHARSET.search(file.read(1 << 14))
    if wanted is None and stated:
        said = stated[1].decode("ascii").lower()
        with suppress(FileProblem, LookupError):  # a page can be wrong about itself
            said = codecs.lookup(_AS_BROWSERS_DO.get(said, said)).name
            if not said.startswith("utf-16"):  # then the statement could not have been found
                return replace(encodings.decode(path, name, folder, said, progress), reason=say("The page says so."))
    return encodings.decode(path, name, folder, wanted, progress)


class _Open:
    """A table whose end has not come yet."""

    def __init__(self, title: str | None) -> None:
        self.title = title
        self.rows: list[list[_Cell]] = []
        self.lines: list[int] = []  # the number of each row
        self.columns = 0  # that the cells of the open row take
        self.gaps = _GAPS
        self.in_row = False
        self.pieces: list[str] | None = None  # of the open cell
        self.shape = (1, 1, True)  # columns, rows, repeats

    def start_row(self, line: int = 0) -> None:
        """Start the row of a number, or else the next. Rows that a number leaves out are blank; of far too many the first."""
        self.end_row()
        following = self.lines[-1] + 1 if self.lines else 1
        gap = range(following, min(line, following + max(1, self.gaps)))
        for blank in gap:
            self._add_row(blank)
        self.gaps -= len(gap)
        self._add_row(max(line, following))
        self.in_row = True

    def _add_row(self, line: int) -> None:
        self.rows.append([])
        self.lines.append(line)
        self.columns = 0

    def end_row(self) -> None:
        self.end_cell()
        self.in_row = False

    def start_cell(self, columns: int, rows: int, repeats: bool) -> None:
        self.end_cell()
        if not self.in_row:
            self.start_row()
        self.pieces, self.shape = [], (columns, rows, repeats)

    def end_cell(self) -> None:
        if self.pieces is not None:
            self.rows[-1].append(_Cell(_shown("".join(self.pieces)), *self.shape))
            self.columns += self.shape[0]
            self.pieces = None

    def leave_out(self, columns: int) -> None:
        """Leave columns empty before the cell that is open."""
        self.rows[-1].append(_Cell("", columns, 1, False))
        self.columns += columns


class _Parser(HTMLParser):
    """Collects the tables of a page, also those inside others; forgives ends that are missing."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.tables: list[PageTable] = []
        self.asks_for_password = False
        self._open: list[_Open] = []
        self._title: str | None = None
        self._unseen = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag, has = tag.removeprefix("ss:"), {name.removeprefix("ss:"): value or "" for name, value in attrs}
        tag = _OF_XML.get(tag, tag)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "input" and has.get("type", "").lower() == "password":
            self.asks_for_password = True
        elif tag == "worksheet":
            self._title = has.get("name")
        elif tag == "table":
            if len(self._open) == _DEEPEST:
                raise FileProblem(
                    say("{name} has tables inside tables, more than {n} deep.", name=self.name, n=_DEEPEST),
                    say("Export the table as CSV and import that."),
                )
            self._open.append(_Open(self._title))
        elif self._open:
            self._start_in_table(tag, has)

    def _start_in_table(self, tag: str, has: dict[str, str]) -> None:
        table = self._open[-1]
        if tag == "tr":
            table.start_row(_number(has.get("index"), 0))
        elif tag in ("td", "th"):
            columns = max(_number(has.get("colspan"), 1), _number(has.get("mergeacross"), 0) + 1)
            rows = max(_number(has.get("rowspan"), 1), _number(has.get("mergedown"), 0) + 1)
            table.start_cell(columns, rows, repeats=tag == "td")
            if (gap := _number(has.get("index"), 0) - 1 - table.columns) > 0:
                table.leave_out(gap)
        elif tag in _BLOCKS and table.pieces is not None:
            table.pieces.append(_BREAK)

    def handle_endtag(self, tag: str) -> None:
        tag = tag.removeprefix("ss:")
        tag = _OF_XML.get(tag, tag)
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif self._open and tag == "table":
            self._end_table()
        elif self._open and tag == "tr":
            self._open[-1].end_row()
        elif self._open and tag in ("td", "th"):
            self._open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self._open and not self._unseen and (pieces := self._open[-1].pieces) is not None:
            pieces.append(data)

    def close(self) -> None:
        """Read what is left, and end every table.

        What is left begins with something that has no end; it is text, up to the first `>`. HTMLParser would look for an end
        from each `<` to the end of the file.
        """
        for _ in range(_LEFT_OPEN):
            if not self.rawdata or self.cdata_elem:
                break
            end = self.rawdata.find(">") + 1 or len(self.rawdata)
            left, self.rawdata = self.rawdata[:end], self.rawdata[end:]
            self.handle_data(unescape(left))
            self.goahead(False)
        else:
            if self.rawdata and not self.cdata_elem:
                raise FileProblem(
                    say("{name} is a broken web page: too many of its tags and comments have no end.", name=self.name),
                    say("Export the table as CSV and import that."),
                )
        while self._open:
            self._end_table()

    def _end_table(self) -> None:
        ended = self._open.pop()
        ended.end_row()
        table = PageTable(ended.title)
        table.lines = ended.lines
        stated = sum(map(len, ended.rows))
        self._count(stated)
        places = 0
        for row, hanging, repeated in _laid_out(ended.rows, self.name):
            places += len(row) + hanging
            if places > max(_FEW_CELLS, _SPANNED * stated):
                self._refuse_spans()
            table.rows.append(row)
            table.repeated += repeated
        self._count(max(0, places - stated))
        self.tables.append(table)
        outer = self._open[-1].pieces if self._open else None
        if outer is not None and not table.size:  # it only arranges what the cell around it says
            outer.append(_BREAK + _BREAK.join(cell for row in table.rows for cell in row if cell) + _BREAK)

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > MOST_CELLS:
            raise FileProblem(
                say("{name} is a web page with more than {n} cells.", name=self.name, n=MOST_CELLS),
                say("Export the table as CSV and import that."),
            )

    def _refuse_spans(self) -> NoReturn:
        raise FileProblem(
            say("{name} is a web page whose cells span far more rows and columns than it has.", name=self.name),
            say("Export the table as CSV and import that."),
        )


def _laid_out(rows: Sequence[Sequence[_Cell]], name: str) -> Iterator[tuple[list[str], int, int]]:
    """Each row as its cells stand in columns, without empty ones at its end; in how many columns they go on in the row
    below, and how many cells stand in rows below too. Raises FileProblem for a cell further right than any table goes.
    """
    hanging: dict[int, tuple[int, str]] = {}  # by column: in how many rows more, and what
    for cells in rows:
        row: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        repeated = at = 0

        def put(text: str, more: int, at: int, row: list[str] = row, below: dict[int, tuple[int, str]] = below) -> None:
            if text:
                check_width(at + 1, name)
                row += [""] * (at - len(row))
                row.append(text)
            if more > 0:
                below[at] = (more, text)

        for cell in cells:
            while at in hanging:
                more, text = hanging.pop(at)
                put(text, more - 1, at)
                at += 1
            repeated += cell.rows > 1 and cell.repeats and bool(cell.text)
            put(cell.text, 0, at)
            if cell.rows > 1:  # what goes on further right than any table holds nothing
                for column in range(at, min(at + cell.columns, max(at + 1, MOST_COLUMNS))):
                    below[column] = (cell.rows - 1, cell.text if column == at and cell.repeats else "")
            at += cell.columns
        for column in sorted(column for column in hanging if column >= at):
            more, text = hanging[column]
            put(text, more - 1, column)
        hanging = below
        yield row, len(below), repeated


def _shown(text: str) -> str:
    """The text of a cell as a page shows it: blanks and source lines run together."""
    lines = (clean(_BLANKS.sub(" ", line)) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"\d{1,6}", value.strip()) else default
