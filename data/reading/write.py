"""The tables of files written as plain CSV, to see and to test what was understood.

RFC 4180 in UTF-8 without a byte order mark: lines end in CR LF, cells are quoted where they must be. A faithful copy: cells
are as they were read, so a formula stays one. It is for programs and for comparing; what people open in a spreadsheet goes
through data.rejects.harmless.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data import limits
from data.database import connect
from data.errors import FileProblem, RequestProblem
from data.files import scratching
from data.messages import say
from data.reading.table import read_tables
from data.reading.types import ReadOptions, TextTable

_ROWS_AT_ONCE = 5_000
_PACKED = (".gz", ".zip", ".zst")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True)
class Written:
    """A table of a file, and where it was written."""

    path: str  # of the file, as given
    table: TextTable
    out: Path


def write_tables(
    files: Sequence[Path],
    out: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    progress: Callable[[float], None] | None = None,
) -> list[Written]:
    """Write every table in the files: the only one to `out` where that ends in .csv, else each into the folder `out`.

    Of several tables in one text, the one of most rows goes to the .csv, and the others beside it by their titles. A table
    without a header is written without one.

    Raises FileProblem for a file that cannot be read, and RequestProblem where `out` cannot take the tables; nothing is
    written then.
    """
    with (
        limits.kept(),
        scratching(),
        TemporaryDirectory(prefix="shimur-") as made,
        connect(Path(made) / "scratch.duckdb", scratch=Path(made)) as scratch,
    ):
        scratch.execute("PRAGMA disable_checkpoint_on_shutdown")  # it is thrown away
        tables = [(file, table) for file in files for table in read_tables(file, scratch, options, file.name, progress)]
        is_file = out.suffix.lower() == ".csv" and not out.is_dir()
        parts_of_one = len(files) == 1 and all(table.is_part for _, table in tables)
        if is_file and len(tables) > 1 and not parts_of_one:
            raise RequestProblem(
                say("{n} tables do not fit into one CSV file, {out}.", n=len(tables), out=out.name),
                say("Give a folder, such as {folder}.", folder=out.stem),
            )
        places = (
            _beside(out, [table for _, table in tables]) if is_file else _places(out, [table for _, table in tables])
        )
        for place in places:
            if any(place.exists() and file.exists() and place.samefile(file) for file in files):
                raise RequestProblem(
                    say("{out} is a file to be read; it would be lost.", out=place.name), say("Give another place.")
                )
        try:
            places[0].parent.mkdir(parents=True, exist_ok=True)
            for (_, table), place in zip(tables, places, strict=True):
                _write(scratch, table, place)
        except OSError as error:
            raise FileProblem(
                say("{out} cannot be written.", out=out.name),
                say("Check that the folder is there and may be written to."),
            ) from error
    return [Written(str(file), table, place) for (file, table), place in zip(tables, places, strict=True)]


def _beside(out: Path, tables: Sequence[TextTable]) -> list[Path]:
    """`out` for the table of most rows, the first of them, and files beside it for the others."""
    main = max(range(len(tables)), key=lambda i: (tables[i].rows_read, -i))
    named = [replace(table, name=out.name) for table in tables]
    others = _places(out.parent, [table for i, table in enumerate(named) if i != main])
    return [*others[:main], out, *others[main:]]


def _places(folder: Path, tables: Sequence[TextTable]) -> list[Path]:
    """A file for each table, named by the file it comes from and its sheet; no two alike, in any case of letters."""
    places: list[Path] = []
    taken: set[str] = set()
    for table in tables:
        stem = _stem(table.name) + (f" - {table.sheet}" if table.sheet is not None else "")
        stem = _NOT_IN_NAMES.sub("_", stem).strip(" .") or "table"
        n, name = 1, stem
        while name.casefold() in taken:
            n += 1
            name = f"{stem} ({n})"
        taken.add(name.casefold())
        places.append(folder / f"{name}.csv")
    return places


def _stem(name: str) -> str:
    path = Path(name)
    while path.suffix.lower() in _PACKED:
        path = path.with_suffix("")
    return path.stem


def _write(scratch: duckdb.DuckDBPyConnection, table: TextTable, place: Path) -> None:
    """Write header and rows; the file is there as a whole or not at all."""
    columns = ", ".join(f"c{i}" for i in range(len(table.headers)))
    rows = scratch.execute(f"SELECT {columns} FROM {table.relation} ORDER BY line")
    part = place.with_name(f"{place.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\r\n")
            if table.header_line:
                lines.writerow(table.headers)
            while batch := rows.fetchmany(_ROWS_AT_ONCE):
                lines.writerows(batch)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)
