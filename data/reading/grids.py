"""Rows of cells -> tables: a sheet, a table of a web page, or a text whose lines make a board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from itertools import count as from_number
from operator import itemgetter
from pathlib import Path

import duckdb

from data.errors import FileProblem
from data.messages import Message, say, say_n
from data.reading import boards, loading
from data.reading import cells_of_workbooks as sheets
from data.reading import header as headers
from data.reading.cells_of_workbooks import Rows
from data.reading.relations import add_column, count, new_relation, take_out, without_phantoms
from data.reading.types import Progress, ReadOptions, Record, SkippedLine, TextTable

SAMPLE_ROWS = 2000
MOST_TABLES = 255  # of one file, each of which is read and recognised


@dataclass(frozen=True)
class Grid:
    """Rows of cells, and what is said of where they come from."""

    name: str
    sheet: str | None
    encoding: str
    encoding_reason: Message
    delimiter_reason: Message
    rows: Callable[[], Iterator[Record]]  # as often as asked
    height: int
    repairs: tuple[Message, ...] = ()
    delimiter: str = ""
    cells: Rows | None = None  # the same of a sheet, as they come

    def table(self, relation: str, header: headers.Header, rows: int, skipped: list[SkippedLine]) -> TextTable:
        names, repairs = headers.bounded(header.names)
        return TextTable(
            name=self.name, sheet=self.sheet, encoding=self.encoding, encoding_reason=self.encoding_reason,
            delimiter=self.delimiter, delimiter_reason=self.delimiter_reason,
            header_line=header.line, header_reason=header.reason, headers=names, rows_read=rows,
            skipped_lines=tuple(sorted(skipped, key=itemgetter(0))), repairs=(*self.repairs, *repairs), relation=relation,
        )  # fmt: skip


def check_tables(tables: int, name: str) -> None:
    """Raises FileProblem for more sheets or tables with rows than anybody would import at once."""
    if tables > MOST_TABLES:
        raise FileProblem(
            say(
                "{name} has {n} sheets or tables; more than {most} are refused.", name=name, n=tables, most=MOST_TABLES
            ),
            say("Choose one of them, or delete those you do not need."),
        )


def read_grid(
    grid: Grid, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, folder: Path, progress: Progress
) -> list[TextTable]:
    """The table in the grid; or those of a board: its items, and its subitems if it has any. Raises FileProblem."""
    sample = list(islice(grid.rows(), max(SAMPLE_ROWS, (options.header_line or 0) + 1)))
    header = headers.find(sample, options.header_line, grid.name)
    if boards.recognise(sample, header) and (board := boards.recognise(grid.rows(), header)):
        return read_board(grid, board, scratch, folder, progress)
    relation = new_relation(scratch)
    if grid.cells:
        least = max(len(header.names), *(len(record.cells) for record in sample))
        headers.check_width(max(least, len(next(grid.cells(), ()))), grid.name)
        extent = sheets.load(scratch, relation, grid.cells, header.last_line, least, grid.height, progress)
    else:
        extent = max(len(record.cells) for record in grid.rows())
        body = (record for record in grid.rows() if record.line > header.last_line)
        loading.load_records(
            scratch, relation, body, max(extent, len(header.names)), folder, None, grid.height, progress
        )
    header = replace(header, names=(*header.names, *[""] * (extent - len(header.names))))
    skipped = take_out(scratch, relation, header)
    if any(skip.reason is headers.GROUP for skip in skipped) and (board := boards.recognise(grid.rows(), header)):
        scratch.execute(f"drop table {relation}")
        return read_board(grid, board, scratch, folder, progress)
    header = replace(header, names=without_phantoms(scratch, relation, header.names))
    return [grid.table(relation, header, count(scratch, relation), skipped)]


def read_board(
    grid: Grid, board: boards.Board, scratch: duckdb.DuckDBPyConnection, folder: Path, progress: Progress
) -> list[TextTable]:
    """The items with the group of each, and the subitems with the item of each. Every line is in one of the two, and
    lines of subitems are told among those the items skip.
    """
    header, width = board.header, board.width
    header = replace(
        header, cells=header.cells[:width], names=(*header.names, *[""] * (width - len(header.names)))[:width],
        skipped=board.above,
    )  # fmt: skip
    of_subitems = dict.fromkeys((record.line for record in board.subitems), boards.SUBITEM)
    if board.sub_line:
        of_subitems |= dict.fromkeys((board.sub_line, *board.sub_skipped), boards.SUBITEM_HEADER)
    elsewhere = board.skipped | of_subitems
    relation = new_relation(scratch)
    body = (record for record in grid.rows() if record.line > header.last_line and record.line not in elsewhere)
    loading.load_records(scratch, relation, body, width, folder, None, grid.height, progress)
    skipped = take_out(scratch, relation, header)
    skipped += [SkippedLine(*item) for item in elsewhere.items()]
    repairs = list(grid.repairs)
    if board.groups:
        add_column(scratch, relation, width, board.groups)
        column = _free(boards.GROUP_COLUMN, header.names)
        header = replace(header, names=(*header.names, column))
        repairs.append(say_n(
            "The title of a group stands above its rows; it was added to them as the column “{column}”.",
            "The titles of {n} groups stand above their rows; they were added to them as the column “{column}”.",
            len(board.groups), column=column,
        ))  # fmt: skip
    if board.sub_line:
        repairs.append(say_n(
            "{n} subitem among the rows is a table of its own.",
            "{n} subitems among the rows are a table of their own.", len(board.subitems),
        ))  # fmt: skip
    tables = [replace(grid, repairs=tuple(repairs)).table(relation, header, count(scratch, relation), skipped)]
    if board.sub_line:
        tables.append(_read_subitems(grid, board, scratch, folder, progress))
    return tables


def _read_subitems(
    grid: Grid, board: boards.Board, scratch: duckdb.DuckDBPyConnection, folder: Path, progress: Progress
) -> TextTable:
    names = [boards.PARENT_COLUMN, boards.PARENT_ID_COLUMN, *board.sub_names]
    relation = new_relation(scratch)
    loading.load_records(scratch, relation, board.subitems, len(names), folder, None, grid.height, progress)
    if not any(record.cells[1] for record in board.subitems):  # items without ids
        scratch.execute(f"alter table {relation} drop column c1")
        for i in range(2, len(names)):
            scratch.execute(f"alter table {relation} rename column c{i} to c{i - 1}")
        del names[1]
    header = headers.Header(
        line=board.sub_line, last_line=board.sub_line, records=0, cells=(), names=tuple(names), unnamed=0, skipped=(),
        reason=say("It is the first header of subitems, one column further right than their items."),
    )  # fmt: skip
    if board.groups:
        add_column(scratch, relation, len(names), board.groups)
        header = replace(header, names=(*names, _free(boards.GROUP_COLUMN, names)))
    said = say("The name of the item above them was added to the subitems as the column “{column}”.", column=names[0])
    part = replace(grid, sheet=f"{grid.sheet} / {board.sub_label}" if grid.sheet else board.sub_label, repairs=(said,))
    skipped = [SkippedLine(*item) for item in board.sub_skipped.items()]
    return part.table(relation, header, count(scratch, relation), skipped)


def _free(name: str, names: Sequence[str]) -> str:
    """The name, or a variant of it that no column has."""
    taken = {known.casefold() for known in names}
    choices = chain([name], (f"{name} {n}" for n in from_number(2)))
    return next(choice for choice in choices if choice.casefold() not in taken)
