"""What to call a column whose heading goes over several lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from data.messages import Message, say
from data.reading.cells import clean_header, filled, is_number_like
from data.reading.types import Record

_LEVELS = 3  # lines of a heading that divide each other; more are words broken over lines
_LOOKED_AT = 12  # records in which the heading of a survey starts
_IMPORT_ID = re.compile(r"""\{\s*["']+ImportId["']+\s*:\s*["']+(.*?)["']""")
_ONLY_ANSWER = {"response", "open-ended response", "תשובה", "תגובה"}  # it says nothing beyond the question
_YEAR = re.compile(r"(?:19|20)\d\d")


class Heading(NamedTuple):
    """A heading over several lines."""

    at: int  # the place of its main line among the records that hold something
    below: int  # how many lines it has below that
    names: tuple[str, ...]
    reason: Message


def survey(table: Sequence[Record]) -> Heading | None:
    """The heading of a survey export, if it is one that goes over two or three lines."""
    for at, record in enumerate(table[:_LOOKED_AT]):
        if at and _import_ids(record):
            return _of_qualtrics(table, at)
        if at + 1 < len(table) and _starts_survey_monkey(record.cells, table[at + 1].cells):
            names = spread(record.cells, table[at + 1].cells)
            return Heading(at, 1, names, say("SurveyMonkey writes a question, and its answers in the line below."))
    return None


def _import_ids(record: Record) -> list[str]:
    """The ids in Qualtrics' third line, `{"ImportId":"QID1"}`, if it is that."""
    ids = [found[1] if (found := _IMPORT_ID.match(cell.strip())) else "" for cell in record.cells]
    return ids if 2 * sum(map(bool, ids)) > filled(record.cells) else []


def _of_qualtrics(table: Sequence[Record], at: int) -> Heading:
    """Names such as StartDate stay; those of questions, which say nothing, get their text: `Q1: How likely ...`."""
    ids, top = _import_ids(table[at]), max(0, at - 2)
    texts = table[at - 1].cells
    names = []
    for i, cell in enumerate(table[top].cells):
        name, text = clean_header(cell), _in_one_line(texts[i]) if i < len(texts) else ""
        is_question = i < len(ids) and ids[i].upper().startswith("QID")
        names.append(f"{name}: {text}" if is_question and text and text != name else name)
    lines = at - top + 1
    return Heading(top, at - top, tuple(names), say("Qualtrics writes its heading over {lines} lines.", lines=lines))


def _starts_survey_monkey(cells: Sequence[str], below: Sequence[str]) -> bool:
    first = [re.sub(r"\W", "", cell).lower() for cell in cells[:2]]
    return first == ["respondentid", "collectorid"] and not any(map(clean_header, below[:2])) and filled([*below]) > 0


def spread(top: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """The names of a line whose cells spread over the columns that the line below divides: `question / answer`.

    A column alone under its cell is called like that cell, and so is one whose answer says nothing by itself.
    """
    width = max(len(top), len(below))
    upper = [_in_one_line(cell) for cell in top] + [""] * (width - len(top))
    lower = [_in_one_line(cell) for cell in below] + [""] * (width - len(below))
    names, group = [], ""
    for i in range(width):
        group = upper[i] or (group if lower[i] else "")
        shared = not upper[i] or (i + 1 < width and not upper[i + 1] and bool(lower[i + 1]))
        answer = lower[i] if shared and lower[i].lower() not in _ONLY_ANSWER else ""
        names.append(" / ".join(filter(None, (group, answer))))
    return tuple(names)


def tree(lines: Sequence[Sequence[str]], main: int) -> tuple[str, ...] | None:
    """The names of a heading whose main line leaves columns unnamed that the others name: `group / part / part`.

    A cell holds over the empty ones on its right, as far as the lines below it go on and no line above starts anew. None
    where the main line names by itself all that is named, or the heading has more lines than levels.
    """
    width = max(map(len, lines))
    texts = [[_in_one_line(cell) for cell in line] + [""] * (width - len(line)) for line in lines]
    if not 1 < len(texts) <= _LEVELS or all(column[main] or not any(column) for column in zip(*texts, strict=True)):
        return None
    groups, names = [""] * len(texts), []
    for i in range(width):
        for level, line in enumerate(texts):
            if line[i]:
                groups[level:] = [line[i], *[""] * (len(texts) - level - 1)]
            elif not any(below[i] for below in texts[level + 1 :]):
                groups[level] = ""
        names.append(" / ".join(filter(None, groups)))
    return tuple(names)


def divides(cells: Sequence[str], below: Record, next_below: Record | None, line: int) -> bool:
    """Whether the line below a header names the parts of its merged cells, and nothing else."""
    names = [clean_header(cell) for cell in cells]
    parts = [clean_header(cell) for cell in below.cells]
    names += [""] * (len(parts) - len(names))
    parts += [""] * (len(names) - len(parts))
    unnamed = {i for i, name in enumerate(names) if not name}
    merged = unnamed | {i - 1 for i in unnamed if i}
    if below.line != line + 1 or not unnamed or not names[0] or next_below is None:
        return False
    if not all(parts[i] for i in unnamed) or any(part and i not in merged for i, part in enumerate(parts)):
        return False
    if any(is_number_like(part) and not _YEAR.fullmatch(part) for part in parts if part):
        return False
    row = next_below.cells
    return any(i < len(row) and row[i] and i not in merged for i in range(len(names)))


def under(above: Record, header: Record) -> tuple[str, ...] | None:
    """The names of a header below a line of groups, where that line tells more; None where it does not.

    A column without a name takes that of its group, and one whose name is a year, or that of another column, both.
    """
    names = [clean_header(cell) for cell in header.cells]
    groups = [_in_one_line(cell) for cell in above.cells]
    if above.last_line + 1 != header.line or len(groups) > len(names) or not _are_groups(groups):
        return None
    groups += [""] * (len(names) - len(groups))
    times, told, group = Counter(names), [], ""
    for own, name in zip(groups, names, strict=True):
        group = own or group
        if not name:
            told.append(own)
        elif group and (times[name] > 1 or _YEAR.fullmatch(name)):
            told.append(f"{group} / {name}")
        else:
            told.append(name)
    return tuple(told) if told != names else None


def _are_groups(cells: Sequence[str]) -> bool:
    """At least two, or one that stands over a column inside the table; words, and no label of something beside it."""
    named = [cell for cell in cells if cell]
    inside = len(named) > 1 or (bool(named) and not cells[0])
    return inside and all(any(map(str.isalpha, cell)) or _YEAR.fullmatch(cell) for cell in named) and not any(
        cell.endswith(":") for cell in named
    )  # fmt: skip


def _in_one_line(cell: str) -> str:
    return " ".join(clean_header(cell).split())
