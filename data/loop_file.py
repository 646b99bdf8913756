"""The list of cases as a file that people work on without the app, and what of it is taken back."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from data import limits
from data.database import connect, quoted
from data.errors import FileProblem, RequestProblem
from data.files import scratching
from data.loop_cases import NUMBER, LoopCase, LoopCases, Status
from data.messages import Message, say
from data.reading import ReadOptions, TextTable, read_tables
from data.rejects import harmless
from data.sources import fold

# What is taken back, and the day of the answer, which says how the file writes days.
FIELDS = ("status", "owner", "due_on", "contacted_on", "closed_on", "note")
DAYS = ("due_on", "contacted_on", "closed_on")
_ANSWERED = "answer_on"
MOST_LINES = 50_000
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_OTHER = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?: 00:00(?::00)?)?")
_WHERE = tuple[str, int]


@dataclass(frozen=True)
class Line:
    """A line of the file: where it stands, the number of its case, and its cells by field; "" is a blank cell."""

    sheet: str
    line: int
    number: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """A case as it is now: the answer's day, and what holds of it. `exported` are its cells as a file has them."""

    customer: str
    answer_on: date | None
    status: Status
    owner: str | None
    due_on: date | None
    note: str
    contacted_on: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True)
class Change:
    """What a line of the file changes: by field, what holds now and what would."""

    case: LoopCase
    customer: str
    changed: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Refusal:
    """A line, or a cell of it, that cannot be used, and why."""

    sheet: str
    line: int
    why: Message


@dataclass(frozen=True)
class Plan:
    """What a file would change; `lines` with a case's number were read, of which `unchanged` say what holds already."""

    changes: tuple[Change, ...]
    refused: tuple[Refusal, ...]
    lines: int
    unchanged: int


def lines(path: Path, name: str, headings: Mapping[str, Iterable[str]]) -> list[Line]:
    """The lines of a file, of all its sheets, that have the number of a case.

    `headings` are the words that a column of a field may be called by, in whatever language the file was written. Raises
    FileProblem for a file that cannot be read, has no numbers of cases, or too many lines.
    """
    known = {fold(word): field for field, words in headings.items() for word in words}
    found: list[Line] = []
    with limits.kept(), scratching(), tempfile.TemporaryDirectory() as folder:
        scratch = connect(Path(folder) / "scratch.duckdb", scratch=Path(folder))
        try:
            for table in read_tables(path, scratch, ReadOptions(), name):
                rows = scratch.execute(f"FROM {quoted(table.relation)} ORDER BY line LIMIT {MOST_LINES + 1}").fetchall()
                found += _lines_of(table, rows, known)
                if len(found) > MOST_LINES:
                    raise FileProblem(
                        say("{name} has more than {n} lines with cases.", name=name, n=MOST_LINES),
                        say("Give it in several parts."),
                    )
        finally:
            scratch.close()
    if not found:
        raise FileProblem(
            say("{name} is no list of cases: no column has their numbers.", name=name),
            say("Take the file that this page exports, and leave its column of case numbers as it is."),
        )
    return found


def _lines_of(table: TextTable, rows: Sequence[tuple[Any, ...]], known: Mapping[str, str]) -> Iterable[Line]:
    at = next(
        (place for place in range(len(table.headers)) if any(NUMBER.fullmatch(_cell(row[place + 1])) for row in rows)),
        None,
    )
    if at is None:
        return
    fields: dict[str, int] = {}
    for place, header in enumerate(table.headers):
        field = known.get(fold(header))
        if field is not None and place != at:
            fields.setdefault(field, place)
    for line, *cells in rows:
        number = _cell(cells[at])
        if number:
            said = {field: _cell(cells[place]) for field, place in fields.items()}
            yield Line(table.sheet or "", int(line), number, said)


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()


def plan(
    found: Sequence[Line],
    standing: Mapping[str, Standing],
    kept: LoopCases,
    statuses: Mapping[Status, Iterable[str]],
    day: date,
    nobody: Iterable[str] = (),
) -> Plan:
    """What the lines would change of the cases as they stand.

    A blank cell leaves what there is, save that of a note, which takes the note away. `statuses` are the words for each status,
    `nobody` those that stand for no owner. A status without a day of its own is taken to have come on `day`, and none may come
    later. A case can be on several sheets: it may be changed on one of them, or alike on all.
    """
    words = {fold(word): status for status, said in statuses.items() for word in (status, *said)}
    nameless = {fold(word) for word in nobody}
    day_first = {sheet: _day_first(found, sheet, standing) for sheet in {line.sheet for line in found}}
    refused: list[Refusal] = []
    wanted: dict[str, dict[str, dict[Any, _WHERE]]] = {}
    unchanged: set[str] = set()
    misread: set[str] = set()
    for line in found:
        now = standing.get(line.number)
        where = (line.sheet, line.line)
        if now is None:
            refused.append(Refusal(*where, say("No answer has the case number {number}.", number=line.number)))
            continue
        unchanged.add(line.number)
        for field in FIELDS:
            cell = line.cells.get(field)
            if cell is None or (not cell and field != "note") or cell == written(getattr(now, field)):
                continue
            if field == "owner" and fold(cell) in nameless:
                continue
            read = _read(field, cell, words, day_first[line.sheet])
            if isinstance(read, Message):
                refused.append(Refusal(*where, read))
                misread.add(line.number)
            elif read != getattr(now, field):
                wanted.setdefault(line.number, {}).setdefault(field, {}).setdefault(read, where)
    changes = []
    for number, fields in wanted.items():
        made = _change(number, fields, standing[number], kept, day, refused)
        if made is not None:
            changes.append(made)
    changed = {change.case.number for change in changes}
    refused.sort(key=lambda refusal: (refusal.sheet, refusal.line))
    return Plan(tuple(changes), tuple(refused), len(found), len(unchanged - changed - set(wanted) - misread))


def _change(
    number: str,
    fields: Mapping[str, Mapping[Any, _WHERE]],
    now: Standing,
    kept: LoopCases,
    day: date,
    refused: list[Refusal],
) -> Change | None:
    new: dict[str, Any] = {}
    where: _WHERE = ("", 0)
    for field, values in fields.items():
        where = next(iter(values.values()))
        if len(values) > 1:
            refused.append(Refusal(*where, say("Other sheets say something else of the case {number}.", number=number)))
            return None
        new[field] = next(iter(values))
    for field in ("contacted_on", "closed_on"):
        said = new.get(field)
        if said is not None and (said > day or (now.answer_on is not None and said < now.answer_on)):
            why = say("{day} is not between the answer and today.", day=said)
            refused.append(Refusal(*where, why))
            return None
    try:
        case = _noted(kept.by_number.get(number) or LoopCase(number), new, day)
    except RequestProblem as problem:
        refused.append(Refusal(*where, problem.sentence))
        return None
    after = {
        "status": case.status, "owner": case.owner or now.owner, "due_on": case.due_on or now.due_on, "note": case.note,
        "contacted_on": case.contacted_on, "closed_on": case.closed_on,
    }  # fmt: skip
    changed = {field: (getattr(now, field), after[field]) for field in FIELDS if getattr(now, field) != after[field]}
    return Change(case, now.customer, changed) if changed else None


def _noted(case: LoopCase, new: Mapping[str, Any], day: date) -> LoopCase:
    """The case with what is new of it; days without a status say which it is."""
    contacted, closed = new.get("contacted_on"), new.get("closed_on")
    status: Status | None = new.get("status")
    if status is None and closed is not None:
        status = "closed"
    elif status is None and contacted is not None and case.status == "open":
        status = "contacted"
    if status is not None:
        case = case.at(status, (closed if status == "closed" else contacted) or day)
    if status != "open":
        begun, ended = contacted or case.contacted_on, case.closed_on
        if case.status == "closed" and closed is not None:
            ended = closed
            begun = min(begun, closed) if contacted is None and begun is not None else begun
        case = replace(case, contacted_on=begun, closed_on=ended)
    return replace(case, **{field: new[field] for field in ("owner", "due_on", "note") if field in new})


def _read(field: str, cell: str, words: Mapping[str, Status], day_first: bool | None) -> Any:
    """What a cell says; a Message where it cannot be told."""
    if field == "status":
        status = words.get(fold(cell))
        return status or say("{cell} is no status: write open, contacted or closed.", cell=cell)
    if field in DAYS:
        known = _days(cell)
        if not known:
            return say("{cell} is no day: write it as 2026-12-31.", cell=cell)
        if len(known) == 1:
            return known[0]
        if day_first is None:
            return say("{cell} can be two days: write it as 2026-12-31.", cell=cell)
        return known[0] if day_first else known[1]
    # As `harmless` wrote it out; compared as written, so that an apostrophe of one's own stays.
    text = cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell
    return " ".join(text.split())


def _days(cell: str) -> list[date]:
    """The days that a cell can mean: the day first, then the month first, where that is another."""
    if match := _ISO.fullmatch(cell):
        parts = [(int(match[1]), int(match[2]), int(match[3]))]
    elif match := _OTHER.fullmatch(cell):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        parts = list(dict.fromkeys([(year, second, first), (year, first, second)]))
    else:
        return []
    found = []
    for part in parts:
        try:
            found.append(date(*part))
        except ValueError:
            continue
    return found


def _day_first(found: Sequence[Line], sheet: str, standing: Mapping[str, Standing]) -> bool | None:
    """Whether a sheet writes the day before the month: as it writes the days that are known. None where none tells."""
    for line in found:
        now = standing.get(line.number)
        if line.sheet != sheet or now is None:
            continue
        for field in (_ANSWERED, *DAYS):
            days, known = _days(line.cells.get(field, "")), getattr(now, field)
            if len(days) == 2 and known in days:
                return days[0] == known
            match = _OTHER.fullmatch(line.cells.get(field, ""))
            if match and len(days) == 1 and match[1] != match[2]:
                return int(match[1]) > 12
    return None


def written(value: Any) -> str:
    """A value as a cell of the file has it."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else " ".join(harmless(str(value)).split())
