"""Which delimiter, quote and escape a text uses, or which layout of spaces."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from data.errors import FileProblem
from data.messages import Message, say
from data.reading import aligned
from data.reading.cells import clean, filled, is_number_like
from data.reading.records import errors, records
from data.reading.types import Dialect

DELIMITERS = (",", ";", "\t", "|")
ONE_COLUMN = "\x1f"  # stands in no text: the delimiter of a file of one column
_SELDOM = ("~", "^", "¦", "§")  # in texts; where all lines agree on one, it is meant
_DOUBLED = (
    "||",
    ";;",
    "\t\t",
    "::",
    "~~",
    "^^",
    "##",
    "§§",
    "¦¦",
    "|~|",
    "~|~",
    "|^|",
    "^|^",
)  # of two characters or three
_SPACED = (", ", "; ")  # where the sign without a blank is a part of cells, as in 1,200
_IN_WORDS = tuple(":*#+&?=@$%!")  # also parts of words, times and addresses
_ESCAPE = "\\"
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE | re.DOTALL)


class _Fit(NamedTuple):
    """How well a delimiter splits the lines: score from 0 (refused) to 1, how many records agree on how many cells."""

    score: float
    agreeing: int
    total: int
    width: int
    delimiter: str
    span: int = 0  # records from the first to the last that agrees

    @property
    def is_solid(self) -> bool:
        """Whether nearly all records between the first and the last that agree do so: a table, with text around it."""
        return bool(self.score) and self.agreeing >= max(3, 0.9 * self.span)

    @property
    def is_whole(self) -> bool:
        return bool(self.score) and self.agreeing == self.total


def decide(lines: list[str], wanted: str | None, name: str) -> tuple[Dialect, Message]:
    """The dialect under which the records of `lines` agree best on how many cells they have.

    Raises FileProblem for a wanted delimiter that cannot be one.
    """
    quote = _quote(lines)
    if wanted is not None:
        wanted = {"tab": "\t", "\\t": "\t", "": ONE_COLUMN}.get(wanted.lower(), wanted)
        if (len(wanted) != 1 and wanted not in (*_DOUBLED, *_SPACED)) or wanted in "\r\n\0" or wanted == quote:
            raise FileProblem(
                say("{delimiter} cannot separate the cells of {name}.", delimiter=repr(wanted), name=name),
                say("Give one character, such as a comma, or the word tab."),
            )
        apart = aligned.find(lines, is_chosen=True) if wanted == " " else None
        chosen = Dialect(" ", layout=apart.layout) if apart else _escaped(lines, Dialect(wanted, quote))
        return chosen, say("You chose it.")
    if lines and (hint := sep_line(lines[0])):
        return _escaped(lines, Dialect(hint, quote)), say("The first line of the file says so.")
    best = _best(lines, quote)
    apart = None if best.is_whole else aligned.find(lines)
    if (
        apart
        and apart.agreeing >= best.agreeing
        and (not best.score or (apart.width > best.width and best.delimiter not in apart.header))
    ):
        return Dialect(" ", layout=apart.layout), say(
            "Split where spaces stand between cells, {agreeing} of the first {total} lines have {width} cells.",
            agreeing=apart.agreeing, total=apart.total, width=apart.width,
        )  # fmt: skip
    if not best.score:
        return Dialect(ONE_COLUMN, quote), say("No delimiter splits the lines into the same number of cells.")
    dialect = _escaped(lines, Dialect(best.delimiter, quote))
    if dialect.escape:
        best = _fit(lines, dialect)
    seen = {"agreeing": best.agreeing, "total": best.total, "width": best.width}
    if best.delimiter == "\t":
        return dialect, say("Split at tabs, {agreeing} of the first {total} lines have {width} cells.", **seen)
    return dialect, say(
        "Split at “{delimiter}”, {agreeing} of the first {total} lines have {width} cells.",
        delimiter=best.delimiter, **seen,
    )  # fmt: skip


def sep_line(line: str) -> str | None:
    """The delimiter named by Excel's `sep=;` line, if it is one."""
    found = _SEP_LINE.fullmatch(line)
    return found[1] if found else None


def _best(lines: list[str], quote: str) -> _Fit:
    """The delimiter that fits best; one that fits all lines and splits them wider is better still.

    A character that exports seldom use must fit all lines, or all of a table with text around it; one that is also a
    part of words must fit all lines and give columns that each hold one kind of thing.
    """
    text = "".join(lines)
    doubled = [_fit(lines, Dialect(each, quote)) for each in _DOUBLED if _stands_alone(each, text)]
    if solid := [fit for fit in doubled if fit.is_solid]:
        return max(solid, key=lambda fit: (fit.agreeing, fit.width))
    usual = [_fit(lines, Dialect(delimiter, quote)) for delimiter in DELIMITERS]
    seldom = [_fit(lines, Dialect(delimiter, quote)) for delimiter in _SELDOM if delimiter in text]
    fits = [*usual, *(fit for fit in seldom if fit.is_whole or fit.is_solid)]
    best = max(fits, key=lambda fit: (fit.score, fit.width))
    widest = max((fit for fit in fits if fit.is_whole), key=lambda fit: fit.width, default=best)
    best = widest if widest.width > best.width else best
    if best.score and not best.is_whole:
        spaced = [_fit(lines, Dialect(each, quote)) for each in _SPACED if each in text]
        meant = [fit for fit in spaced if fit.is_solid and _bare(lines, fit.delimiter) <= fit.width]
        best = max([best, *meant], key=lambda fit: fit.agreeing)
    if best.score:
        return best
    in_words = [_fit(lines, Dialect(delimiter, quote)) for delimiter in _IN_WORDS if delimiter in text]
    alike = [
        fit for fit in in_words if fit.is_whole and fit.width > 2 and _is_even(lines, Dialect(fit.delimiter, quote))
    ]
    return max(alike, key=lambda fit: fit.width, default=best)


def _bare(lines: list[str], spaced: str) -> int:
    """How often at most a line has the sign of a delimiter that a blank belongs to without the blank."""
    return max((line.count(spaced[0]) - line.count(spaced) for line in lines), default=0)


def _stands_alone(delimiter: str, text: str) -> bool:
    """Whether a text has a long delimiter, and none of its characters that is a delimiter itself stands alone in it."""
    return delimiter in text and not any(
        mark in text.replace(delimiter, "") for mark in set(delimiter) & {*DELIMITERS, *_SELDOM}
    )


def _is_even(lines: list[str], dialect: Dialect) -> bool:
    """Whether every column holds numbers and dates alone, or words alone, or nothing."""
    rows = [record.cells for record in records(lines, dialect) if any(map(clean, record.cells))][1:]
    columns = [[cell for cell in map(clean, column) if cell] for column in zip(*rows, strict=True)]
    return bool(rows) and all(len({is_number_like(cell) for cell in column}) <= 1 for column in columns)


def _quote(lines: list[str]) -> str:
    """An apostrophe where it stands on both sides of cells and no cell opens with a double quote; else that."""
    text = "".join(lines)
    if text.count("'") < 4:
        return '"'
    ends = f"[{re.escape(''.join((*DELIMITERS, *_SELDOM, *_IN_WORDS)))}\n\r]"
    opens = f"(?:^|(?<={ends})) *"
    if re.search(f'{opens}"', text):
        return '"'
    opened = len(re.findall(f"{opens}'", text))
    whole = len(re.findall(f"{opens}'(?:[^'\n\r]|'')*' *(?={ends}|$)", text))
    closed = len(re.findall(f"(?<!{ends})' *(?={ends}|$)", text))  # with apostrophes inside as well
    return "'" if whole > 1 and (whole == opened or (opened >= 4 and 0.9 <= closed / opened <= 1.1)) else '"'


def _escaped(lines: list[str], dialect: Dialect) -> Dialect:
    """The dialect with the backslash as escape where the lines fit it better so: fewer broken rules, more agreement."""
    if len(dialect.delimiter) > 1 or not any(
        _ESCAPE + mark in line for line in lines for mark in (dialect.quote, dialect.delimiter)
    ):
        return dialect
    escaping = dialect._replace(escape=_ESCAPE)
    wrong, agreeing = (
        [f(lines, each) for each in (dialect, escaping)] for f in (errors, lambda *given: _fit(*given).agreeing)
    )
    better = wrong[1] < wrong[0] and agreeing[1] >= agreeing[0]
    return escaping if better or (wrong[1] <= wrong[0] and agreeing[1] > agreeing[0]) else dialect


def _fit(lines: list[str], dialect: Dialect) -> _Fit:
    refused = _Fit(0.0, 0, 0, 0, dialect.delimiter)
    if not any(dialect.delimiter in line for line in lines):
        return refused
    rows = [record.cells for record in records(lines, dialect) if any(map(clean, record.cells))]
    counts = [len(row) for row in rows]
    agreeing, width = max(((n, width) for width, n in Counter(counts).items() if width > 1), default=(0, 0))
    if not agreeing or (agreeing == 1 and width == 2 and counts[0] != 2):
        return refused
    first, last = counts.index(width), len(counts) - 1 - counts[::-1].index(width)
    block = [row for row in rows[first : last + 1] if len(row) == width]
    factor = 1.0
    names = [clean(cell) for cell in _below_titles(block)[0] if clean(cell)]
    if any(map(is_number_like, names)) or len(set(names)) < max(len(names), width / 2):
        factor *= 0.7  # does not start with a header
    text = "".join(lines)
    if first and width == 2 and text.count(dialect.delimiter) == text.count(f"{dialect.delimiter} "):
        factor *= 0.4  # "Smith, John" under a heading of one cell
    if agreeing / (last + 1 - first) * factor < 0.5:
        return refused
    return _Fit(agreeing / len(counts) * factor, agreeing, len(counts), width, dialect.delimiter, last + 1 - first)


def _below_titles(block: list[list[str]]) -> list[list[str]]:
    """The rows without those at the start that hold at most half of what a row usually does: padded titles."""
    fills = [filled(row) for row in block]
    usual = sorted(fills)[len(fills) // 2]
    return block[next(i for i, fill in enumerate(fills) if 2 * fill > usual) :]
