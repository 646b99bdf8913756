"""Records into a DuckDB table of text: straight from the file where it is regular, one by one where it is not.

Both ways give the same table: line BIGINT, c0 VARCHAR, c1 VARCHAR, ...; `line` is the physical line a row starts on.
"""

from __future__ import annotations

import csv
import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain, islice
from pathlib import Path

import duckdb
import numpy as np

from data.messages import Message, say_n
from data.reading.cells import OUTER, clean, is_number_like
from data.reading.dialect import DELIMITERS, ONE_COLUMN
from data.reading.encoding import Text
from data.reading.header import Header
from data.reading.types import Dialect, Progress, Record
from data.reading.unpack import CHUNK
from data.sql import is_view

_LINES_NAMED = 5
_WIDE = 60  # columns
_BREAKS = "length({0}) - length(replace({0}, chr(10), ''))"  # line breaks in a cell
_OVERLAP = 64  # bytes of a chunk looked at again with the next one
_ROWS_LEARNT = 1000
_OUTER_SQL = f"'{OUTER}'"
_WIDE_LEADS = {character.encode()[:1] for character in OUTER if not character.isascii()}


@dataclass
class Ragged:
    """Lines whose cells did not fit the header, by what was done about it."""

    short: list[int] = field(default_factory=list)  # missing cells are empty
    joined: list[int] = field(default_factory=list)  # a delimiter inside a cell was not quoted

    def repairs(self, skipped: set[int]) -> list[Message]:
        """What was repaired in lines that are rows."""
        short = [line for line in self.short if line not in skipped]
        joined = [line for line in self.joined if line not in skipped]
        messages = []
        if short:
            messages.append(say_n(
                "{n} row has fewer cells than the header; the missing ones are empty. Line {lines}.",
                "{n} rows have fewer cells than the header; the missing ones are empty. Lines {lines}.",
                len(short), lines=_named(short),
            ))  # fmt: skip
        if joined:
            messages.append(say_n(
                "{n} row has more cells than the header, as if a delimiter inside a cell was not quoted; "
                "neighbouring cells were joined. Check line {lines}.",
                "{n} rows have more cells than the header, as if a delimiter inside a cell was not quoted; "
                "neighbouring cells were joined. Check lines {lines}.",
                len(joined), lines=_named(joined),
            ))  # fmt: skip
        return messages


def out_of_place(lines: set[int]) -> list[Message]:
    """What is said of lines that do not keep to the fixed places of the columns."""
    if not lines:
        return []
    return [say_n(
        "In {n} row a word stands across two columns and was left whole, in the first of them. Check line {lines}.",
        "In {n} rows a word stands across two columns and was left whole, in the first of them. Check lines {lines}.",
        len(lines), lines=_named(sorted(lines)),
    )]  # fmt: skip


def load_regular(
    scratch: duckdb.DuckDBPyConnection, relation: str, text: Text, dialect: Dialect, header: Header
) -> bool:
    """Let DuckDB parse the whole file. False, and no table, where that could lose or misplace anything."""
    width, delimiter = len(header.names), dialect.delimiter
    if dialect.layout is not None or dialect.escape:
        return False
    if text.lone_returns or (width == 1 and text.blank_lines_at_end):  # DuckDB counts blank lines in one column only
        return False
    blanks = _blanks(text.path, dialect)
    if blanks is None:
        return False
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    source = f"""read_csv($path, columns={{{columns}}}, auto_detect=false, header=false, skip={header.records},
        delim=$delimiter, quote=$quote, escape=$quote, nullstr='', strict_mode=true, null_padding=false,
        max_line_size={4 << 20}, buffer_size={32 << 20}, store_rejects=true,
        rejects_table='{relation}_rejects', rejects_scan='{relation}_scans', rejects_limit=1)"""
    values = {"path": glob.escape(str(text.path)), "delimiter": delimiter, "quote": dialect.quote}
    names = [f"c{i}" for i in range(width)]
    breaks = f"coalesce(list_sum(list_transform([{', '.join(names)}], lambda c: {_BREAKS.format('c')})), 0)"
    if width <= _WIDE:  # faster so, but slow to plan
        breaks = " + ".join(f"coalesce({_BREAKS.format(name)}, 0)" for name in names)
    expected = text.lines - text.blank_lines_at_end - header.last_line
    try:
        # Read once or a few times and thrown away: not worth compressing.
        scratch.execute("set force_compression = 'uncompressed'")
        outer = _with_blanks(scratch, source, values, blanks) if width > _WIDE else {*names}
        cells = ", ".join(_trimmed(name, blanks) if name in outer else name for name in names)
        scratch.execute(f"create table {relation}_rows as select {cells} from {source}", values)
        rows = _one(scratch, f"select count(*) from {relation}_rows")
        if not _one(scratch, f"select count(*) from {relation}_rejects"):
            if rows == expected:
                scratch.execute(
                    f"""create view {relation}_numbered as select rowid + 1 + {header.last_line} as line, * from {relation}_rows;
                    create view {relation} as from {relation}_numbered"""
                )
                return True
            if rows < expected:
                scratch.execute(f"create table {relation} as select null::bigint as line, * from {relation}_rows")
                below = _blank_lines(text.path, header.last_line, expected)
                if below and rows + len(below) == expected:  # then no cell has a break: k blank lines in one take k + 1
                    _number_around(scratch, relation, below, header.last_line, expected)
                    return True
                scratch.execute(f"""create or replace table {relation} as
                    select row_number() over () + {header.last_line} + coalesce(sum(breaks) over
                        (rows between unbounded preceding and 1 preceding), 0)::bigint as line, {cells}, breaks
                    from (select *, {breaks} as breaks from {source})""", values)  # fmt: skip
                if _one(scratch, f"select count(*) + coalesce(sum(breaks), 0) from {relation}") == expected:
                    scratch.execute(f"alter table {relation} drop column breaks")
                    return True
    except duckdb.InvalidInputException:
        pass  # not regular; said better by the careful way
    finally:
        scratch.execute("reset force_compression")
        if not is_view(scratch, relation):
            scratch.execute(f"drop table if exists {relation}_rows")
        for table in (f"{relation}_rejects", f"{relation}_scans"):
            scratch.execute(f"drop table if exists {table}")
    scratch.execute(f"drop table if exists {relation}")
    return False


def leave_out(scratch: duckdb.DuckDBPyConnection, relation: str, lines: Sequence[int]) -> None:
    """Take the rows of these lines out of a relation; called again, `lines` must hold those of before too."""
    if not is_view(scratch, relation):
        scratch.execute(f"delete from {relation} where line in (select unnest($lines))", {"lines": list(lines)})
        return
    # Where lines are the places of rows, no row may go: the places of those after it would change.
    scratch.execute(f"create or replace table {relation}_gone as select unnest($lines) as line", {"lines": list(lines)})
    scratch.execute(
        f"create or replace view {relation} as from {relation}_numbered anti join {relation}_gone using (line)"
    )


def _blank_lines(path: Path, after: int, count: int) -> list[int]:
    """The lines that hold nothing among the `count` below line `after`."""
    with path.open("rb") as file:
        return [n for n, line in enumerate(islice(file, after, after + count), after + 1) if line in (b"\n", b"\r\n")]


def _number_around(scratch: duckdb.DuckDBPyConnection, relation: str, blank: list[int], after: int, count: int) -> None:
    """Number the rows of the `count` lines below `after` of which some are blank, and add those as rows without values."""
    values = {"blank": blank, "start": after + 1, "stop": after + 1 + count}
    scratch.execute(
        f"""update {relation} set line = kept.line from (
                select line, row_number() over (order by line) - 1 as at from range($start, $stop) lines(line)
                where line not in (select unnest($blank))
            ) kept where {relation}.rowid = kept.at""",
        values,
    )
    scratch.execute(f"insert into {relation} (line) select unnest($blank)", {"blank": blank})


def load_records(
    scratch: duckdb.DuckDBPyConnection, relation: str, records: Iterable[Record], width: int, folder: Path,
    joint: str | None, last_line: int, progress: Progress,
) -> Ragged:  # fmt: skip
    """Load records one by one, fitted to the width of the header; blank lines are rows without values.

    joint: what joins cells that an unquoted delimiter tore apart; None where short records are the rule (a workbook).
    """
    ragged, path, shapes = Ragged(), folder / f"{relation}.csv", _Shapes(width)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)  # else a lone CR is not quoted
        for n, record in enumerate(records):
            cells = [cell.strip(OUTER) for cell in record.cells]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            if len(cells) > width:
                cells = shapes.joined(record.cells, joint or " ")
                ragged.joined.append(record.line)
            elif len(cells) < width:
                if joint is not None and any(cells):
                    ragged.short.append(record.line)
                cells += [""] * (width - len(cells))
            elif n < _ROWS_LEARNT:
                shapes.learn(cells)
            writer.writerow([record.line, *cells])
            if n % 10_000 == 0:
                progress(min(1.0, record.line / max(1, last_line)))
    columns = ", ".join(["'line': 'BIGINT'", *(f"'c{i}': 'VARCHAR'" for i in range(width))])
    scratch.execute(
        f"""create table {relation} as from read_csv($path, columns={{{columns}}}, auto_detect=false, header=false,
            delim=',', quote='"', escape='"', nullstr='', new_line='\\n',
            max_line_size={64 << 20}, buffer_size={128 << 20})""",
        {"path": glob.escape(str(path))},
    )
    path.unlink()
    return ragged


class _Shapes:
    """Which columns hold numbers, learnt from the rows that fit, to find the cell that was torn apart."""

    def __init__(self, width: int) -> None:
        self.numbers, self.words = [0] * width, [0] * width

    def learn(self, cells: Sequence[str]) -> None:
        for i, cell in enumerate(cells):
            if cell:
                kind = self.numbers if is_number_like(cell) else self.words
                kind[i] += 1

    def joined(self, cells: list[str], joint: str) -> list[str]:
        """The cells with neighbours joined where the rest then suits its columns best; at the end where all do."""
        extra = len(cells) - len(self.numbers)
        choices = [
            [*map(clean, cells[:i]), clean(joint.join(cells[i : i + extra + 1])), *map(clean, cells[i + extra + 1 :])]
            for i in range(len(self.numbers))
        ]
        spaced = [all(cell[:1] == " " for cell in cells[i + 1 : i + extra + 1]) for i in range(len(choices))]
        return max(zip(choices, spaced, range(len(choices)), strict=True), key=lambda c: (self._fit(c[0]), *c[1:]))[0]

    def _fit(self, cells: list[str]) -> int:
        fit = 0
        for cell, numbers, words in zip(cells, self.numbers, self.words, strict=True):
            if cell and numbers != words:
                fit += 1 if is_number_like(cell) == (numbers > words) else -1
        return fit


class _Blanks(Enum):
    """Which blanks can stand at the end of a cell: what decides how cheaply cells can be trimmed."""

    NONE = "none"
    ASCII = "ascii"
    ANY = "any"  # wide blanks and bidi controls at either end


def _blanks(path: Path, dialect: Dialect) -> _Blanks | None:
    """Never less than what is there; cheaper than looking at every cell.

    None where a quote opens again after the one that closed its cell (`"a" "b"`): DuckDB would drop both unsaid.
    """
    quote, separates = ord(dialect.quote), np.zeros(256, bool)
    separates[[*dialect.delimiter.encode(), ord("\n"), ord("\r")]] = True
    mark, edge = re.escape(dialect.quote), f"{re.escape(dialect.delimiter)}\r\n"
    blanks = " \t".replace(dialect.delimiter, "")
    reopened = re.compile(
        f"(?:[^{mark}{edge}]{mark}|(?:^|[{edge}]) *{mark}{mark})(?:{mark}{mark})*[{blanks}]+{mark}".encode(),
        re.MULTILINE,
    )
    found, last = _Blanks.NONE if dialect.delimiter in (*DELIMITERS, ONE_COLUMN) else _Blanks.ANY, b"\n"
    with path.open("rb") as file:
        for chunk in chain(iter(lambda: file.read(CHUNK), b""), [b"\n\n"]):
            chunk = last + chunk
            codes = np.frombuffer(chunk, np.uint8)
            low = np.flatnonzero(codes[1:-2] <= ord(" ")) + 1  # blanks and line ends
            if ((codes[low - 1] == quote) & ~separates[codes[low]]).any() and reopened.search(chunk):
                return None
            if found is not _Blanks.ANY and not chunk.isascii() and any(lead in chunk for lead in _WIDE_LEADS):
                found = _Blanks.ANY
            if found is _Blanks.NONE:
                low = low[(separates | (np.arange(256) == quote))[codes[low + 1]]]  # few: the rest is inside words
                after, quoted = codes[low + 1], codes[low + 1] == quote
                ends = separates[np.where(quoted, codes[low + 2], after)] & (quoted | ~separates[codes[low]])
                found = _Blanks.ASCII if ends.any() else found
            last = chunk[-_OVERLAP:]
    return found


def _with_blanks(scratch: duckdb.DuckDBPyConnection, source: str, values: dict[str, str], blanks: _Blanks) -> set[str]:
    """The columns with a cell to be trimmed. Where columns are many, trimming each is slow to plan."""
    rows = scratch.execute(
        f"""select distinct name from (unpivot (from {source}) on columns(*) into name name value value)
            where {_suspect("value", blanks)}""",
        values,
    ).fetchall()
    return {name for (name,) in rows}


def _trimmed(column: str, blanks: _Blanks) -> str:
    bare = f"trim({column})"  # spaces only: many times faster, and most often enough
    rest = f"case when {bare} <> '' and ({_suspect(bare, blanks)}) then trim({column}, {_OUTER_SQL}) else {bare} end"
    return f"case when {_suspect(column, blanks)} then nullif({rest}, '') else {column} end as {column}"


def _suspect(value: str, blanks: _Blanks) -> str:
    """Whether something may have to be trimmed from a value."""
    if blanks is _Blanks.ANY:
        return f"contains({_OUTER_SQL}, left({value}, 1)) or contains({_OUTER_SQL}, right({value}, 1))"
    starts = f"{value} < '!'"  # with a blank or a control character
    return starts if blanks is _Blanks.NONE else f"{starts} or right({value}, 1) < '!'"


def _named(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:_LINES_NAMED])) + (", ..." if len(lines) > _LINES_NAMED else "")


def _one(scratch: duckdb.DuckDBPyConnection, query: str) -> int:
    row = scratch.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def rows_at(
    scratch: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]
) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of the rows a query gives, empty cells as ""."""
    for line, *cells in scratch.execute(query, values).fetchall():
        yield line, [cell or "" for cell in cells]
