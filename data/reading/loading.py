"""Records into a DuckDB table of text: straight from the file where it is regular, one by one where it is not.

Both ways give the same table: line BIGINT, c0 VARCHAR, c1 VARCHAR, ...; `line` is the physical line a row starts on.
"""

from __future__ import annotations

import csv
import glob
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate, chain, islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from data.messages import Message, N_n, say_n
from data.reading.cells import OUTER, clean, is_number_like
from data.reading.dialect import DELIMITERS, ONE_COLUMN
from data.reading.encoding import Text
from data.reading.header import Header
from data.reading.mending import Fault
from data.reading.types import Dialect, Progress, Record
from data.sql import is_view, literal

_LINES_NAMED = 5
_WIDE = 60  # columns
_BREAKS = "length({0}) - length(replace({0}, chr(10), ''))"  # line breaks in a cell
_OVERLAP = 64  # bytes of a chunk looked at again with the next one
_LOOKED_AT = 1 << 18  # bytes at once: what is made of them stays in the cache of a core
_ROWS_LEARNT = 1000
_LETTER, _DIGIT = re.compile(r"[^\W\d]"), re.compile(r"\d")
_OUTER_SQL = f"'{OUTER}'"
_WIDE_LEADS = {character.encode()[:1] for character in OUTER if not character.isascii()}


@dataclass
class Ragged:
    """Lines whose cells did not fit the header, by what was done about it."""

    faults: defaultdict[Fault, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, faults: Mapping[Fault, Sequence[int]]) -> None:
        for kind, lines in faults.items():
            self.faults[kind] += lines

    def repairs(self, skipped: set[int]) -> list[Message]:
        """What was repaired in lines that are rows."""
        kinds = {kind: [line for line in lines if line not in skipped] for kind, lines in self.faults.items()}
        return [
            say_n(*_REPAIRED[kind], len(kinds[kind]), lines=_named(sorted(kinds[kind])))
            for kind in Fault if kinds.get(kind)
        ]  # fmt: skip


_REPAIRED = {
    Fault.SHORT: N_n(
        "{n} row has fewer cells than the header; the missing ones are empty. Line {lines}.",
        "{n} rows have fewer cells than the header; the missing ones are empty. Lines {lines}.",
    ),
    Fault.GAP: N_n(
        "{n} row has a cell too few; one is empty where the others then suit their columns. Check line {lines}.",
        "{n} rows have a cell too few; one is empty where the others then suit their columns. Check lines {lines}.",
    ),
    Fault.JOINED: N_n(
        "{n} row has more cells than the header, as if a delimiter inside a cell was not quoted; "
        "neighbouring cells were joined. Check line {lines}.",
        "{n} rows have more cells than the header, as if a delimiter inside a cell was not quoted; "
        "neighbouring cells were joined. Check lines {lines}.",
    ),
    Fault.EXTRA: N_n(
        "{n} row has a delimiter too many; an empty cell was left out where the others then suit their columns. "
        "Check line {lines}.",
        "{n} rows have a delimiter too many; an empty cell was left out where the others then suit their columns. "
        "Check lines {lines}.",
    ),
    Fault.SPLIT: N_n(
        "In {n} row a delimiter is missing; a cell was divided where both parts suit their columns. Check line {lines}.",
        "In {n} rows a delimiter is missing; a cell was divided where both parts suit their columns. Check lines {lines}.",
    ),
    Fault.QUOTE: N_n(
        "{n} row has a quote that does not belong there or is never closed; it was kept as a character. "
        "Check line {lines}.",
        "{n} rows have a quote that does not belong there or is never closed; it was kept as a character. "
        "Check lines {lines}.",
    ),
    Fault.DELIMITER: N_n(
        "{n} row uses another delimiter than the others, and was split at that one. Check line {lines}.",
        "{n} rows use another delimiter than the others, and were split at that one. Check lines {lines}.",
    ),
    Fault.QUOTES: N_n(
        "{n} row quotes its cells in another way than the others, and was read in that way. Check line {lines}.",
        "{n} rows quote their cells in another way than the others, and were read in that way. Check lines {lines}.",
    ),
    Fault.TORN: N_n(
        "{n} row was torn over two lines, and joined again. Check line {lines}.",
        "{n} rows were torn over two lines, and joined again. Check lines {lines}.",
    ),
    Fault.GLUED: N_n(
        "{n} line holds two rows; the second is in the last cell of the first. Put it on a line of its own. Line {lines}.",
        "{n} lines hold two rows each; the second is in the last cell of the first. Put it on a line of its own. Lines {lines}.",
    ),
}


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
    width = len(header.names)
    blanks = _blanks(text.path, dialect) if _is_regular(text, dialect, width) else None
    if blanks is None:
        return False
    source = f"{_read_csv('$path', '$delimiter', '$quote', header)})"
    values = {"path": glob.escape(str(text.path)), "delimiter": dialect.delimiter, "quote": dialect.quote}
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
    scratch.execute(f"drop table if exists {relation}")
    return False


def regular_select(text: Text, dialect: Dialect, header: Header) -> Callable[[Path], str] | None:
    """A query that parses a file with these cells at another place, and fails where it is not regular; None where none can."""
    width = len(header.names)
    blanks = _blanks(text.path, dialect) if _is_regular(text, dialect, width) and width <= _WIDE else None
    if blanks is None:
        return None
    cells = ", ".join(_trimmed(f"c{i}", blanks) for i in range(width))

    def select(path: Path) -> str:
        file, delimiter, quote = map(literal, (glob.escape(str(path)), dialect.delimiter, dialect.quote))
        return f"select {cells} from {_read_csv(file, delimiter, quote, header)})"

    return select


def _is_regular(text: Text, dialect: Dialect, width: int) -> bool:
    """Whether DuckDB's rules are those of the text. It counts blank lines in one column only."""
    return not (
        dialect.layout is not None
        or dialect.escape
        or len(dialect.delimiter) > 1
        or text.lone_returns
        or (width == 1 and text.blank_lines_at_end)
    )


def _read_csv(path: str, delimiter: str, quote: str, header: Header) -> str:
    """The call that parses the file, left open for more options; path and the rest as SQL."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header.names)))
    return f"""read_csv({path}, columns={{{columns}}}, auto_detect=false, header=false, skip={header.records},
        delim={delimiter}, quote={quote}, escape={quote}, nullstr='', strict_mode=true, null_padding=false,
        max_line_size={4 << 20}, buffer_size={32 << 20}"""


def leave_out(scratch: duckdb.DuckDBPyConnection, relation: str, lines: Sequence[int]) -> None:
    """Take the rows of these lines out of a relation; called again, `lines` must hold those of before too."""
    with _as_table(scratch, lines) as gone:
        if not is_view(scratch, relation):
            scratch.execute(f"delete from {relation} where line in (from {gone})")
            return
        # Where lines are the places of rows, no row may go: the places of those after it would change.
        scratch.execute(f"create or replace table {relation}_gone as from {gone}")
    scratch.execute(
        f"create or replace view {relation} as from {relation}_numbered anti join {relation}_gone using (line)"
    )


@contextmanager
def _as_table(scratch: duckdb.DuckDBPyConnection, lines: Sequence[int]) -> Iterator[str]:
    """The name of a table with a column `line`; a million numbers as a parameter take seconds."""
    name = "some_lines"
    scratch.complete()  # of what is left of an answer, nothing may be registered
    scratch.register(name, pa.table({"line": pa.array(lines, pa.int64())}))
    try:
        yield name
    finally:
        scratch.unregister(name)


def _blank_lines(path: Path, after: int, count: int) -> list[int]:
    """The lines that hold nothing among the `count` below line `after`."""
    with path.open("rb") as file:
        return [n for n, line in enumerate(islice(file, after, after + count), after + 1) if line in (b"\n", b"\r\n")]


def _number_around(scratch: duckdb.DuckDBPyConnection, relation: str, blank: list[int], after: int, count: int) -> None:
    """Number the rows of the `count` lines below `after` of which some are blank, and add those as rows without values."""
    with _as_table(scratch, blank) as blank_lines:
        scratch.execute(
            f"""update {relation} set line = kept.line from (
                    select line, row_number() over (order by line) - 1 as at from range($start, $stop) lines(line)
                    where line not in (from {blank_lines})
                ) kept where {relation}.rowid = kept.at""",
            {"start": after + 1, "stop": after + 1 + count},
        )
        scratch.execute(f"insert into {relation} (line) from {blank_lines}")


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
                ragged.faults[Fault.JOINED].append(record.line)
            elif len(cells) < width:
                if joint is not None and any(cells):
                    ragged.faults[Fault.SHORT].append(record.line)
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
        said, width, extra = [*map(clean, cells)], len(self.numbers), len(cells) - len(self.numbers)
        kinds = [is_number_like(cell) if cell else None for cell in said]
        # How well the cells before each place fit there, and those after it one column further left for each cell too many.
        left = [0, *accumulate(map(self._fit, range(width), kinds))]
        right = [*accumulate(map(self._fit, reversed(range(width)), reversed(kinds)), initial=0)][::-1]
        letters = [0, *accumulate(_LETTER.search(cell) is not None for cell in said)]
        digits = [0, *accumulate(_DIGIT.search(cell) is not None for cell in said)]
        blanks = [0, *accumulate(cell[:1] == " " for cell in cells)]
        is_filled = bool(clean(joint))

        def price(i: int) -> tuple[int, bool, int]:
            end = i + extra + 1
            is_number = letters[end] == letters[i] and digits[end] > digits[i]
            kind = is_number if is_filled or any(said[i:end]) else None
            return left[i] + self._fit(i, kind) + right[i + 1], blanks[end] - blanks[i + 1] == extra, i

        at = max(map(price, range(width)))[2]
        return [*said[:at], clean(joint.join(cells[at : at + extra + 1])), *said[at + extra + 1 :]]

    def _fit(self, column: int, is_number: bool | None) -> int:
        """Whether a cell suits its column: 1, or -1 if not; 0 where it is empty, or the column has not told."""
        numbers, words = self.numbers[column], self.words[column]
        return 0 if is_number is None or numbers == words else 1 if is_number == (numbers > words) else -1


class _Blanks(Enum):
    """Which blanks can stand at the end of a cell: what decides how cheaply cells can be trimmed."""

    NONE = "none"
    ASCII = "ascii"
    ANY = "any"  # wide blanks and bidi controls at either end


def _blanks(path: Path, dialect: Dialect) -> _Blanks | None:
    """Never less than what is there; cheaper than looking at every cell.

    None where a quote opens again after the one that closed its cell (`"a" "b"`): DuckDB would drop both unsaid.
    """
    quote, delimiter = ord(dialect.quote), dialect.delimiter.encode()[-1]
    mark, edge = re.escape(dialect.quote), f"{re.escape(dialect.delimiter)}\r\n"
    blanks = " \t".replace(dialect.delimiter, "")
    reopened = re.compile(
        f"(?:[^{mark}{edge}]{mark}|(?:^|[{edge}]) *{mark}{mark})(?:{mark}{mark})*[{blanks}]+{mark}".encode(),
        re.MULTILINE,
    )
    found, last = _Blanks.NONE if dialect.delimiter in (*DELIMITERS, ONE_COLUMN) else _Blanks.ANY, b"\n"
    with path.open("rb") as file:
        for chunk in chain(iter(lambda: file.read(_LOOKED_AT), b""), [b"\n\n"]):
            chunk = last + chunk
            codes = np.frombuffer(chunk, np.uint8)
            low, quoted = codes <= ord(" "), codes == quote
            separates = (codes == delimiter) | (codes == ord("\n")) | (codes == ord("\r"))
            blank = low & ~separates
            if (quoted[:-2] & blank[1:-1] & (quoted[2:] | low[2:])).any() and reopened.search(chunk):
                return None
            if found is not _Blanks.ANY and not chunk.isascii() and any(lead in chunk for lead in _WIDE_LEADS):
                found = _Blanks.ANY
            at_end = blank[1:-2] & separates[2:-1] | low[1:-2] & quoted[2:-1] & separates[3:]
            if found is _Blanks.NONE and at_end.any():
                found = _Blanks.ASCII
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
