"""Cells put right as the person says, before anything is made of them; and what was set aside, so that it can be put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from data.database import quoted
from data.errors import RequestProblem
from data.messages import Message, listed, say, say_n
from data.reading import TextTable
from data.reading.cells import clean
from data.recognise import Fix
from data.sources import fold

_SAID = 20  # fixes of a file that are told one by one


@dataclass(frozen=True)
class SetAside:
    """A row, or a cell, that a draft would set aside, and why."""

    place: int  # of the upload it came from
    file: str  # what people call the file, or the sheet of it
    line: int
    header: str  # "" where no column of the file is at fault
    value: str | None
    reason: Message
    cells: Mapping[str, str | None]  # of the whole row, by header
    is_row: bool  # false: only the cell is left empty


@dataclass(frozen=True)
class Alike:
    """Rows and cells set aside for one reason, with one value in one column: one fix puts them all right."""

    place: int
    file: str
    header: str
    value: str | None
    rows: int
    reason: Message
    is_row: bool


def fixed(database: duckdb.DuckDBPyConnection, text: TextTable, fixes: Sequence[Fix], name: str) -> TextTable:
    """The table with those of `fixes` that name one of its columns made, in a relation called `name`; said in its repairs.

    A fix of one line goes before one of all that read so; of two that say otherwise, the later.
    """
    wanted: dict[tuple[int, int | None, str | None], Fix] = {}
    for fix in fixes:
        place = _place_of(text.headers, fix.header)
        if place is not None and fix.sheet in (None, text.sheet):
            wanted[place, fix.line, _cell(fix.was)] = fix
    if not wanted:
        return text
    database.execute(
        f"""CREATE OR REPLACE TABLE {quoted(name + "_list")} AS SELECT unnest($places::BIGINT[]) AS place, unnest($lines::BIGINT[]) AS line,
            unnest($was::VARCHAR[]) AS was, unnest($becomes::VARCHAR[]) AS becomes""",
        {
            "places": [place for place, _, _ in wanted], "lines": [line for _, line, _ in wanted], "was": [was for _, _, was in wanted],
            "becomes": [_cell(fix.becomes) for fix in wanted.values()],
        },
    )  # fmt: skip
    repairs = _said(wanted, _counts(database, text, name))
    joins, cells = "", []
    for place in range(len(text.headers)):
        if place not in {place for place, _, _ in wanted}:
            cells.append(f"t.c{place}")
            continue
        same = f"place = {place} AND {{0}}.was IS NOT DISTINCT FROM t.c{place}"
        joins += f""" LEFT JOIN {quoted(name + "_list")} l{place} ON l{place}.line = t.line AND l{place}.{same.format(f"l{place}")}
                      LEFT JOIN {quoted(name + "_list")} a{place} ON a{place}.line IS NULL AND a{place}.{same.format(f"a{place}")}"""
        cells.append(
            f"CASE WHEN l{place}.place IS NOT NULL THEN l{place}.becomes WHEN a{place}.place IS NOT NULL THEN a{place}.becomes ELSE t.c{place} END AS c{place}"
        )
    database.execute(
        f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT t.line, {', '.join(cells)} FROM {quoted(text.relation)} t{joins} ORDER BY t.line"
    )
    database.execute(f"DROP TABLE {quoted(name + '_list')}")
    return replace(text, relation=name, repairs=(*text.repairs, *repairs))


def check(fixes: Iterable[Fix], texts: Sequence[TextTable]) -> None:
    """A column that a fix names must be in one of the tables of its file."""
    for fix in fixes:
        if all(_place_of(text.headers, fix.header) is None for text in texts):
            columns = listed(dict.fromkeys(header for text in texts for header in text.headers if header), most=100)
            raise RequestProblem(
                say("No file has a column called {header}.", header=fix.header),
                say("The columns are: {columns}.", columns=columns),
            )


def _place_of(headers: Sequence[str], header: str) -> int | None:
    return next(
        (place for place, own in enumerate(headers) if own == header),
        next((place for place, own in enumerate(headers) if fold(header) and fold(own) == fold(header)), None),
    )


def _cell(text: str | None) -> str | None:
    """As cells are read: without the space around them, None where nothing is left."""
    return clean(text or "") or None


def _counts(
    database: duckdb.DuckDBPyConnection, text: TextTable, name: str
) -> dict[tuple[int, int | None, str | None], int]:
    """How many cells each fix changes."""
    counts: dict[tuple[int, int | None, str | None], int] = {}
    listed = quoted(name + "_list")
    places = [place for (place,) in database.execute(f"SELECT DISTINCT place FROM {listed} ORDER BY 1").fetchall()]
    for place in places:
        of_line = f"SELECT line, was FROM {listed} WHERE place = {place} AND line IS NOT NULL"
        rows = database.execute(
            f"""SELECT f.line, f.was, count(t.line) FROM {listed} f
                LEFT JOIN {quoted(text.relation)} t ON t.c{place} IS NOT DISTINCT FROM f.was AND (
                    f.line = t.line OR f.line IS NULL AND NOT EXISTS (FROM ({of_line}) o WHERE o.line = t.line AND o.was IS NOT DISTINCT FROM t.c{place})
                ) WHERE f.place = {place} GROUP BY f.line, f.was"""
            if database.execute(f"SELECT 1 FROM ({of_line}) LIMIT 1").fetchone()
            else f"""SELECT f.line, f.was, count(t.line) FROM {listed} f
                LEFT JOIN {quoted(text.relation)} t ON t.c{place} IS NOT DISTINCT FROM f.was WHERE f.place = {place} GROUP BY f.line, f.was"""
        ).fetchall()
        counts |= {(place, line, was): cells for line, was, cells in rows}
    return counts


def _said(
    wanted: Mapping[tuple[int, int | None, str | None], Fix], counts: Mapping[tuple[int, int | None, str | None], int]
) -> list[Message]:
    """What was changed, alike changes of several lines together."""
    cells: dict[tuple[str, str | None, str | None], int] = {}
    for key, fix in wanted.items():
        change = (fix.header, _cell(fix.was), _cell(fix.becomes))
        cells[change] = cells.get(change, 0) + counts.get(key, 0)
    nothing = say("nothing")
    said = [
        say_n(
            "{header}: {n} cell changed from {was} to {becomes}, as you said.",
            "{header}: {n} cells changed from {was} to {becomes}, as you said.",
            n, header=header, was=was or nothing, becomes=becomes or nothing,
        )
        if n
        else say("{header}: no cell reads {was}, so nothing was changed there.", header=header, was=was or nothing)
        for (header, was, becomes), n in cells.items()
    ]  # fmt: skip
    more = sum(list(cells.values())[_SAID:])
    if more:
        said[_SAID:] = [say_n("{n} more cell changed as you said.", "{n} more cells changed as you said.", more)]
    return said


def set_aside(
    database: duckdb.DuckDBPyConnection, number: int, texts: Mapping[str, tuple[int, TextTable]], limit: int | None
) -> list[SetAside]:
    """What import `number` set aside in the database `target`; `texts` has the place and the table of each file by its name.

    The texts are in the database in use.
    """
    most = "" if limit is None else f"LIMIT {int(limit)}"
    rows = database.execute(
        f'SELECT file, line, "column", value, reason, is_row FROM target.rejects WHERE import = ? ORDER BY file, line, "column" {most}',
        [number],
    ).fetchall()
    cells: dict[tuple[str, int], Mapping[str, str | None]] = {}
    for label, (_, text) in texts.items():
        lines = [line for file, line, *_ in rows if file == label]
        columns = ", ".join(f"c{place}" for place in range(len(text.headers)))
        found = database.execute(
            f"SELECT line, [{columns}] FROM {quoted(text.relation)} WHERE line IN (SELECT unnest(?::BIGINT[]))", [lines]
        ).fetchall()
        names = unique(text.headers)
        cells |= {(label, line): dict(zip(names, row, strict=True)) for line, row in found}
    return [
        SetAside(
            texts[file][0] if file in texts else 0, file, line, header or "", value, Message.parse(reason),
            cells.get((file, line), {}), is_row,
        )
        for file, line, header, value, reason, is_row in rows
    ]  # fmt: skip


def alike(database: duckdb.DuckDBPyConnection, number: int, texts: Mapping[str, tuple[int, TextTable]]) -> list[Alike]:
    """The same, grouped: the most frequent first."""
    rows = database.execute(
        """SELECT file, "column", value, reason, is_row, count(*) FROM target.rejects WHERE import = ?
           GROUP BY ALL ORDER BY 6 DESC, file, "column", value""",
        [number],
    ).fetchall()
    return [
        Alike(
            texts[file][0] if file in texts else 0, file, header or "", value, count, Message.parse(reason), is_row,
        )
        for file, header, value, reason, is_row, count in rows
    ]  # fmt: skip


def unique(headers: Sequence[str]) -> list[str]:
    """Each header once, those that repeat marked as in reports."""
    names: list[str] = []
    for header in headers:
        while header in names:
            header += "'"
        names.append(header)
    return names
