"""Texts of known truth: a made-up table, in many layouts, written with many delimiters, quotes, line ends and encodings."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

Row = list[str]


@dataclass(frozen=True)
class Sheet:
    """What is written, and what is to be read of it. Lines are rows of cells, or text as it stands in the file."""

    lines: tuple[Row | str, ...]
    headers: Row
    rows: list[Row]


@dataclass(frozen=True)
class Written:
    """How a sheet is written."""

    delimiter: str = ","
    quote: str = '"'
    quotes_all: bool = False
    escape: str = ""  # doubled quotes where it is empty
    end: str = "\n"
    last_end: str | None = None
    encoding: str = "utf-8"

    def text(self, sheet: Sheet) -> bytes:
        lines = [line if isinstance(line, str) else self._line(line) for line in sheet.lines]
        last = self.end if self.last_end is None else self.last_end
        return (self.end.join(lines) + last).encode(self.encoding)

    def _line(self, row: Sequence[str]) -> str:
        return self.delimiter.join(map(self._cell, row))

    def _cell(self, cell: str) -> str:
        special = [self.delimiter, self.quote, "\n", "\r", *([self.escape] if self.escape else [])]
        if not (self.quotes_all or any(mark in cell for mark in special)):
            return cell
        if self.escape:
            cell = cell.replace(self.escape, self.escape * 2).replace(self.quote, self.escape + self.quote)
        else:
            cell = cell.replace(self.quote, self.quote * 2)
        return f"{self.quote}{cell}{self.quote}"


ENGLISH = ["Deal ID", "Deal name", "Amount", "Stage", "Created", "Owner"]
HEBREW = ["מזהה עסקה", "שם העסקה", "סכום", "שלב", "נוצר בתאריך", "אחראי"]
_NAMES = ["Website, phase 2", 'Pump 12" spare', "Renewal 2025", "Support", "Training day", "Audit; yearly"]
_HEBREW_NAMES = ["אתר, שלב ב", 'חברת אורן בע"מ', "חידוש 2025", "תמיכה", "יום הדרכה", "ביקורת; שנתית"]
_STAGES, _HEBREW_STAGES = ["New", "Demo", "Won", "Lost"], ["חדש", "הדגמה", "נסגר בהצלחה", "הפסד"]
_OWNERS, _HEBREW_OWNERS = ["Dana Levi", "Omer Katz", "Noa Bar"], ["דנה לוי", "עומר כץ", "נועה בר"]


def deals(count: int = 12, hebrew: bool = False, seed: int = 1) -> list[Row]:
    """Rows of deals: ids, names with commas and quotes, money with thousands, stages, days, owners; some are blank."""
    chance = random.Random(seed)
    names, stages, owners = (_HEBREW_NAMES, _HEBREW_STAGES, _HEBREW_OWNERS) if hebrew else (_NAMES, _STAGES, _OWNERS)
    return [
        [
            f"D-{1000 + n}", chance.choice(names), f"₪{chance.randrange(1_000, 99_000):,}.00" if n % 5 else "",
            chance.choice(stages), f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/2025",
            chance.choice(owners) if n % 4 else "",
        ]
        for n in range(1, count + 1)
    ]  # fmt: skip


def contacts(count: int = 9) -> tuple[Row, list[Row]]:
    """A table of words alone."""
    people = ["Avi", "Ben", "Gil", "Dor", "Hila", "Vered", "Ziv", "Tal", "Yael"]
    places = ["Haifa", "Eilat", "Lod", "Yavne"]
    return ["Name", "City", "Role"], [[people[n % 9], places[n % 4], ["Buyer", "Manager"][n % 2]] for n in range(count)]


def measures(count: int = 9) -> tuple[Row, list[Row]]:
    """A table of numbers alone."""
    return ["T", "Cp", "S"], [[f"{5 * n}.00", f"{n * n / 7:.4f}", str(n * 3)] for n in range(1, count + 1)]


def plain(headers: Row, rows: list[Row]) -> Sheet:
    return Sheet((headers, *rows), headers, rows)


def titled(sheet: Sheet, above: Iterable[Row | str] = (), below: Iterable[Row | str] = ()) -> Sheet:
    return replace(sheet, lines=(*above, *sheet.lines, *below))


def padded(cells: Sequence[str], width: int) -> Row:
    return [*cells, *[""] * (width - len(cells))]


PREAMBLES: dict[str, Callable[[int], list[Row | str]]] = {
    "a title": lambda width: ["Deals of June"],
    "a title and a blank line": lambda width: ["Deals of June", ""],
    "a padded title": lambda width: [padded(["Deals of June"], width), padded([], width)],
    "labels": lambda width: [["Report:", "Deals"], ["Printed:", "31/12/2025"], ["By:", "Dana"], ""],
    "labels in one cell": lambda width: ["Report: Deals", "Printed: 31/12/2025", "Company: Oren", ""],
    "comments": lambda width: ["# exported by a program", "# version 2.1, build 77", "# rows: 12"],
    "a sentence with delimiters": lambda width: [
        "Deals, leads, and customers of all branches, as of today", "Please do not pass on", "",
    ],
    "forty lines": lambda width: [f"Line {n} of the terms of use" for n in range(1, 41)],
    "padded labels": lambda width: [
        padded(["Company", "Oren"], width), padded(["Year", "2025"], width), padded([], width),
    ],
}  # fmt: skip

FOOTERS: dict[str, Callable[[int], list[Row | str]]] = {
    "a total": lambda width: [padded(["Total", "", "₪1,000.00"], width)],
    "a Hebrew total": lambda width: [padded(['סה"כ', "", "₪1,000.00"], width)],
    "a count of rows": lambda width: ["", "(12 rows affected)"],
    "a count right below": lambda width: ["(12 rows affected)"],
    "an end mark": lambda width: ["-- end --"],
    "the end of a report": lambda width: ["*** End of report ***"],
    "a copyright": lambda width: ["", "Copyright (c) 2025 Oren Ltd. All rights reserved."],
    "a signature": lambda width: ["", "Signed: Dana Levi", "Date: 01/01/2026"],
    "notes": lambda width: ["", "Notes", "Amounts include VAT.", "Deals without an owner are not counted."],
    "padded notes": lambda width: [padded([], width), padded(["Amounts include VAT."], width)],
    "a page": lambda width: [padded(["Page 1 of 1"], width)],
}
