"""A file -> the tables in it, with every line accounted for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data.errors import FileProblem
from data.messages import say, say_n
from data.reading import dialect as dialects
from data.reading import encoding as encodings
from data.reading import header as headers
from data.reading import loading, workbook
from data.reading.types import Progress, ReadOptions, SkippedLine, TextTable
from data.reading.unpack import Kind, unpack

_SAMPLE_LINES = 2000
_SAMPLE_CHARACTERS = 1 << 18


def read_tables(
    path: Path,
    scratch: duckdb.DuckDBPyConnection,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    name: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[TextTable]:
    """Read one table from a CSV, and one from each sheet with data of a workbook.

    name: what people call the file; `path` may be a temporary one. progress: called with shares from 0 to 1.
    `scratch` must not be inside a transaction. Raises FileProblem.
    """
    report = progress or (lambda share: None)
    name = (name or path.name).replace("\\", "/").rsplit("/", 1)[-1]
    with TemporaryDirectory() as made:
        folder = Path(made)
        try:
            kind, content = unpack(path, name, folder)
        except OSError as error:
            raise FileProblem(
                say("{name} cannot be opened.", name=name), say("Check that the file is there and may be read.")
            ) from error
        read = _read_workbook if kind is Kind.WORKBOOK else _read_text
        tables = read(content, scratch, options, name, folder, report)
    report(1.0)
    return tables


def _read_text(
    path: Path, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, name: str, folder: Path, progress: Progress
) -> list[TextTable]:
    text = encodings.decode(path, name, folder, options.encoding, lambda share: progress(0.3 * share))
    lines = _sample(text.path, options.header_line or 1)
    dialect, dialect_reason = dialects.decide(lines, options.delimiter, name)
    header = headers.find(list(dialects.records(lines, dialect)), options.header_line, name)
    width, relation = len(header.names), _new_relation(scratch)
    repairs = list(text.repairs)
    if loading.load_regular(scratch, relation, text, dialect, header):
        ragged = loading.Ragged()
        blank = range(text.lines - text.blank_lines_at_end + 1, text.lines + 1)
    else:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            body = dialects.records(file, dialect, width, after=header.last_line)
            ragged = loading.load_records(
                scratch, relation, body, width, folder, dialect.delimiter, text.lines,
                lambda share: progress(0.3 + 0.6 * share),
            )  # fmt: skip
        blank = range(0)
    skipped = _take_out(scratch, relation, header)
    skipped += [SkippedLine(line, headers.BLANK) for line in blank]
    if header.unnamed:
        repairs.append(say_n("The rows have {n} more column than the header names.",
                             "The rows have {n} more columns than the header names.", header.unnamed))  # fmt: skip
    repairs += ragged.repairs({skip.line for skip in skipped})
    return [
        TextTable(
            name=name, sheet=None, encoding=text.encoding, encoding_reason=text.reason,
            delimiter="" if dialect.delimiter == dialects.ONE_COLUMN else dialect.delimiter,
            delimiter_reason=dialect_reason, header_line=header.line, header_reason=header.reason,
            headers=header.names, rows_read=_count(scratch, relation), skipped_lines=tuple(skipped),
            repairs=tuple(repairs), relation=relation,
        )
    ]  # fmt: skip


def _read_workbook(
    path: Path, scratch: duckdb.DuckDBPyConnection, options: ReadOptions, name: str, folder: Path, progress: Progress
) -> list[TextTable]:
    tables = []
    for sheet in workbook.sheets(path, name, options.sheet):
        sample = list(islice(workbook.records(sheet), max(_SAMPLE_LINES, (options.header_line or 0) + 1)))
        header = headers.find(sample, options.header_line, name)
        extent = max(len(record.cells) for record in workbook.records(sheet))
        names = (*header.names, *[""] * (extent - len(header.names)))
        header = replace(header, names=names)
        relation, height = _new_relation(scratch), sheet.total_height
        body = (record for record in workbook.records(sheet) if record.line > header.last_line)
        loading.load_records(scratch, relation, body, len(names), folder, None, height, progress)
        skipped = _take_out(scratch, relation, header)
        tables.append(TextTable(
            name=name, sheet=sheet.name, encoding="xlsx", encoding_reason=say("It is an Excel workbook."),
            delimiter="", delimiter_reason=say("A workbook keeps its cells apart."),
            header_line=header.line, header_reason=header.reason,
            headers=_without_phantoms(scratch, relation, names), rows_read=_count(scratch, relation),
            skipped_lines=tuple(skipped), repairs=(), relation=relation,
        ))  # fmt: skip
    return tables


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


def _take_out(scratch: duckdb.DuckDBPyConnection, relation: str, header: headers.Header) -> list[SkippedLine]:
    """Delete the lines that are no rows; returns them with those around the header, in file order."""
    columns = [f"c{i}" for i in range(len(header.names))]
    rows: Callable[..., list[headers.Row]] = lambda query, **values: list(  # noqa: E731
        loading.rows_at(scratch, f"select line, {', '.join(columns)} from {relation} {query}", values)
    )
    headings = [skip.line for skip in header.skipped if skip.line > header.line]
    if headings:
        loading.leave_out(scratch, relation, headings)
    key = next((i for i, name in enumerate(header.names) if name), 0)
    suspects = rows(
        f"""where coalesce({", ".join(columns)}) is null or c{key} = $key
            or (c0 is not null and regexp_matches(c0, $total)) order by line""",
        key=header.names[key], total=headers.TOTAL_STARTS,
    )  # fmt: skip
    repeated = [line for line, cells in suspects if cells == list(header.names)]
    if repeated:
        suspects += rows("where line in (select unnest($lines))", lines=[line - 1 for line in repeated])
    first = rows("order by line limit 10")
    tail = rows(
        f"where line in (select line from {relation} order by line desc limit $n) order by line", n=headers.TAIL
    )
    found = headers.no_rows(header.names, first, suspects, tail)
    if found:
        loading.leave_out(scratch, relation, [*headings, *found])
    return sorted([*header.skipped, *(SkippedLine(*item) for item in found.items())], key=lambda skip: skip.line)


def _without_phantoms(scratch: duckdb.DuckDBPyConnection, relation: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the last columns while they have neither a name nor a value."""
    while len(names) > 1 and not names[-1]:
        column = f"c{len(names) - 1}"
        row = scratch.execute(f"select count({column}) from {relation}").fetchone()
        if row and row[0]:
            break
        scratch.execute(f"alter table {relation} drop column {column}")
        names = names[:-1]
    return names


def _new_relation(scratch: duckdb.DuckDBPyConnection) -> str:
    taken: set[str] = {
        name
        for (name,) in scratch.execute(
            "select table_name from duckdb_tables() union all select view_name from duckdb_views()"
        ).fetchall()
    }
    return next(name for n in range(1, len(taken) + 2) if (name := f"text_{n}") not in taken)


def _count(scratch: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = scratch.execute(f"select count(*) from {relation}").fetchone()
    assert row is not None
    return int(row[0])
