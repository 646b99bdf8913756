"""A file -> the tables in it, with every line accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count as from_number
from itertools import islice, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data.errors import FileProblem
from data.files import NO_ROOM
from data.messages import say, say_n
from data.reading import boards, loading, stacked, webpage, workbook
from data.reading import dialect as dialects
from data.reading import encoding as encodings
from data.reading import glance as glances
from data.reading import header as headers
from data.reading.archive import Archive
from data.reading.cells import clean
from data.reading.grids import Grid, read_board, read_grid
from data.reading.mender import Mender, mender_of
from data.reading.records import records
from data.reading.relations import count, new_relation, take_out, without_phantoms
from data.reading.types import Dialect, Progress, ReadOptions, Record, SkippedLine, TextTable
from data.reading.unpack import Kind, NoTable, unpack

_SAMPLE_LINES = 2000
_SAMPLE_CHARACTERS = 1 << 18
_SEVERAL_WITHIN, _SEVERAL_LINES = (
    4 << 20,
    20_000,
)  # of a text that can hold several tables: people lay out no larger one


def read_tables(
    path: Path,
    scratch: duckdb.DuckDBPyConnection,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    name: str | None = None,
    progress: Callable[[float], None] | None = None,
    lasting: Path | None = None,
) -> list[TextTable]:
    """Read the tables that a person sees in a file.

    One from a text; one from each visible sheet of a workbook, and from the largest table of a web page; those of each
    file in a zip file; of a board its items and its subitems. `sheet` of each tells them apart, and chooses one.

    name: what people call the file; `path` may be a temporary one. progress: called with shares from 0 to 1.
    lasting: a folder that stays as long as `scratch`; with it a large regular text may come as a glance (data.reading.glance),
    which needs `path` to stay too.
    `scratch` must not be inside a transaction. Raises FileProblem.
    """
    report = progress or (lambda share: None)
    name = (name or path.name).replace("\\", "/").rsplit("/", 1)[-1]
    with TemporaryDirectory() as made:
        folder = Path(made)
        try:
            kind, content, said = unpack(path, name, folder)
        except OSError as error:
            if error.errno in NO_ROOM:  # for what is unpacked; the file itself is fine
                raise
            raise FileProblem(
                say("{name} cannot be opened.", name=name), say("Check that the file is there and may be read.")
            ) from error
        read = _read_archive if kind is Kind.ARCHIVE else partial(_read, kind, lasting=lasting)
        tables = read(content, scratch, options, name, folder, report)
    if said and tables:
        tables[0] = replace(tables[0], repairs=(*said, *tables[0].repairs))
    report(1.0)
    return tables


def _read(
    kind: Kind, path: Path, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, name: str, folder: Path,
    progress: Progress, lasting: Path | None = None,
) -> list[TextTable]:  # fmt: skip
    """The tables of a file that is no archive, or the one that is wanted."""
    if kind is Kind.TEXT:
        tables = _read_text(path, scratch, options, name, folder, progress, lasting)
    else:
        grids: Iterable[Grid] = (
            webpage.grids(path, name, folder, options, progress)
            if kind is Kind.WEB_PAGE
            else workbook.grids(path, name, kind, options.sheet)
        )
        tables = [table for grid in grids for table in read_grid(grid, scratch, options, folder, progress)]
    wanted = [table for table in tables if options.sheet and table.sheet == options.sheet]
    return wanted or tables


def _read_archive(
    path: Path, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, name: str, folder: Path, progress: Progress
) -> list[TextTable]:
    """The tables of each file in a zip file; what is no table is left out, and said with the first table."""
    archive, tables, no_tables = Archive(path, name), list[TextTable](), list[str]()
    wanted = options.sheet
    problem: NoTable | None = None
    for place, member in enumerate(archive.members(folder)):
        if wanted is not None and wanted != member.name and not wanted.startswith(f"{member.name} / "):
            continue
        sheet = (wanted or "").removeprefix(member.name).removeprefix(" / ") or None
        try:
            kind, content, _ = unpack(member.path, f"{name} / {member.name}", folder)
            if kind is Kind.ARCHIVE or content != member.path:
                archive.refuse_nested(member.name)
            share = partial(_part, progress, place, len(archive.parts))
            found = _read(
                kind, content, scratch, replace(options, sheet=sheet), f"{name} / {member.name}", folder, share
            )
        except NoTable as refused:
            problem = refused
            no_tables.append(member.name)
            continue
        tables += [
            replace(table, name=name, sheet=f"{member.name} / {table.sheet}" if table.sheet else member.name)
            for table in found
        ]
    if not tables:
        if problem and wanted is None and len(archive.parts) == 1:
            raise problem
        raise FileProblem(*archive.without_table(wanted))
    if wanted is None:
        tables[0] = replace(tables[0], repairs=(*archive.said(no_tables), *tables[0].repairs))
    return tables


def _part(progress: Progress, place: int, of: int, share: float) -> None:
    progress((place + share) / of)


def _read_text(
    path: Path, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, name: str, folder: Path, progress: Progress,
    lasting: Path | None = None,
) -> list[TextTable]:  # fmt: skip
    text = encodings.decode(path, name, folder, options.encoding, lambda share: progress(0.3 * share))
    lines = _sample(text.path, options.header_line or 1)
    dialect, dialect_reason = dialects.decide(lines, options.delimiter, name)
    sample = list(records(lines, dialect))
    header = headers.find(sample, options.header_line, name)
    repairs = list(text.repairs)

    def rows() -> Iterator[Record]:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            yield from records(file, dialect, len(header.names))

    grid = Grid(
        name=name, sheet=None, encoding=text.encoding, encoding_reason=text.reason,
        delimiter="" if dialect.delimiter == dialects.ONE_COLUMN else dialect.delimiter,
        delimiter_reason=dialect_reason, rows=rows, height=text.lines, repairs=text.repairs,
    )  # fmt: skip
    if boards.recognise(sample, header) and (board := boards.recognise(rows(), header)):
        return read_board(grid, board, scratch, folder, progress)
    is_whole = options.header_line is not None and options.sheet is None  # a person chose the header of all
    is_small = text.lines <= _SEVERAL_LINES and text.path.stat().st_size <= _SEVERAL_WITHIN
    may_be_several = is_small and not is_whole
    if may_be_several and (parts := stacked.parts(list(rows()), header)):
        return _read_parts(parts, grid, text, dialect, scratch, options, folder)
    width, relation = len(header.names), new_relation(scratch)
    if lasting is not None and (seen := glances.glance(scratch, relation, text, dialect, header, folder, lasting)):
        table = grid.table(relation, header, seen.lines, [])
        return [replace(table, glance=seen)]
    is_worth = _may_be_regular(sample, header, text.lines, dialect.quote)
    if is_worth and loading.load_regular(scratch, relation, text, dialect, header):
        ragged = loading.Ragged()
        blank = range(text.lines - text.blank_lines_at_end + 1, text.lines + 1)
    else:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            mender = mender_of(dialect, width, sample, header.last_line)
            body = records(file, dialect, width, after=header.last_line, mender=mender)
            ragged = loading.load_records(
                scratch, relation, body, width, folder, dialect.delimiter, text.lines,
                lambda share: progress(0.3 + 0.6 * share),
            )  # fmt: skip
        ragged.add(mender.faults if mender else {})
        blank = range(0)
    skipped = take_out(scratch, relation, header)
    if any(skip.reason is headers.GROUP for skip in skipped) and (board := boards.recognise(rows(), header)):
        return read_board(grid, board, scratch, folder, progress)
    skipped += map(SkippedLine, blank, repeat(headers.BLANK))
    if header.unnamed:
        repairs.append(say_n("The rows have {n} more column than the header names.",
                             "The rows have {n} more columns than the header names.", header.unnamed))  # fmt: skip
    left_out = {skip.line for skip in skipped}
    repairs += ragged.repairs(left_out)
    if dialect.layout is not None:
        repairs += loading.out_of_place(dialect.layout.misfits - left_out)
    table = replace(grid, repairs=tuple(repairs)).table(relation, header, count(scratch, relation), skipped)
    return [table]


def _may_be_regular(sample: Sequence[Record], header: headers.Header, lines: int, quote: str) -> bool:
    """Whether no row at the start is wider or narrower than the header: then it is no use to try.

    A sample that ends inside a quoted cell says nothing from the quote on.
    """
    width = len(header.names)
    is_cut = sample[-1].last_line < lines
    for record in sample[:-1] if is_cut else sample:
        if record.line > header.last_line and len(record.cells) != width and any(map(clean, record.cells)):
            return is_cut and any(quote in cell for cell in record.cells)
    return True


def _read_parts(
    parts: list[stacked.Part], grid: Grid, text: encodings.Text, dialect: Dialect, scratch: duckdb.DuckDBPyConnection,
    options: ReadOptions, folder: Path,
) -> list[TextTable]:  # fmt: skip
    """The tables of a text that stand one below the other, each called by its title or its number."""
    names: list[str] = []
    for n, part in enumerate(parts, 1):
        name = part.title or f"table {n}"
        same = (f"{name} ({again})" for again in from_number(2))
        names.append(name if name not in names else next(each for each in same if each not in names))
    said = say("The file holds {n} tables, one below the other; each was read on its own.", n=len(parts))
    tables = []
    for name, part in zip(names, parts, strict=True):
        if options.sheet in (None, name) or options.sheet not in names:
            own = replace(grid, sheet=name, repairs=(*grid.repairs, said))
            wanted = options.header_line if options.sheet == name else None
            tables.append(_read_part(part, own, text, dialect, scratch, wanted, folder))
    return tables


def _read_part(
    part: stacked.Part, grid: Grid, text: encodings.Text, dialect: Dialect, scratch: duckdb.DuckDBPyConnection,
    wanted: int | None, folder: Path,
) -> TextTable:  # fmt: skip
    def rows(width: int | None, after: int, mender: Mender | None = None) -> Iterator[Record]:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            yield from records(islice(file, part.last), dialect, width, after, mender)

    sample = list(islice(rows(None, part.first - 1), _SAMPLE_LINES))
    header = headers.find(sample, wanted, grid.name)
    width, relation = len(header.names), new_relation(scratch)
    mender = mender_of(dialect, width, sample, header.last_line)
    ragged = loading.load_records(
        scratch, relation, rows(width, header.last_line, mender), width, folder, dialect.delimiter, text.lines,
        lambda share: None,
    )  # fmt: skip
    ragged.add(mender.faults if mender else {})
    skipped = take_out(scratch, relation, header)
    header = replace(header, names=without_phantoms(scratch, relation, header.names))
    repairs = (*grid.repairs, *ragged.repairs({skip.line for skip in skipped}))
    table = replace(grid, repairs=repairs).table(relation, header, count(scratch, relation), skipped)
    return replace(table, is_part=True)


def _sample(path: Path, at_least: int) -> list[str]:
    """The first lines of the text, up to the wanted header line at least."""
    lines: list[str] = []
    size = 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line in file:
            if len(lines) > at_least and (len(lines) >= _SAMPLE_LINES or size > _SAMPLE_CHARACTERS):
                break
            lines.append(line)
            size += len(line)
    return lines
