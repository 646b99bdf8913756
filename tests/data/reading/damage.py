"""Made-up tables, written in many ways and then damaged line by line, with the rows that a careful person would read."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

_FIRST = ["דנה", "יוסי", "מיכל", "אבי", "נועה", "Dana", "Omer", "Ruth", "Adam", "Lior"]
_LAST = ["כהן", "לוי", "מזרחי", "פרץ", "ביטון", "Cohen", "Stone", "Baker", "Novak", "Silva"]
_FIRMS = ["אופק", "גליל", "תבור", "כרמל", "Northwind", "Globex", "Initech", "Umbrella", "Vandelay", "Hooli"]
_TRADES = ["מערכות", "שיווק", "הנדסה", "Trading", "Systems", "Foods", "Logistics", "Labs"]
_STAGES = ["פתוח", "הצעת מחיר", "נסגר", "אבד"]
_STATES = ["open", "quoted", "won", "lost"]


@dataclass(frozen=True)
class Written:
    """A table as rows of cells, and how its lines are written."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str = ","
    quotes_all: bool = False

    def line(self, cells: list[str], delimiter: str | None = None, quote: str = '"') -> str:
        delimiter = delimiter or self.delimiter
        quoted = [
            quote + cell.replace(quote, quote * 2) + quote
            if self.quotes_all or delimiter in cell or self.delimiter in cell or quote in cell
            else cell
            for cell in cells
        ]
        return delimiter.join(quoted)


def hebrew_deals(n: int, chance: random.Random) -> Written:
    """Deals of a Hebrew export: semicolons, days first, money with commas, a phone and notes."""
    rows = [
        [
            f"{1000 + i}", f"{chance.choice(_FIRMS)} {chance.choice(_TRADES)}", f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            chance.choice(_STAGES), f"{chance.randint(1, 999):,},{chance.randint(0, 999):03}.00 ₪",
            f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/202{chance.randint(1, 5)}",
            f"05{chance.randint(0, 8)}-{chance.randint(1000000, 9999999)}", chance.choice(["", "", "לחזור אחרי החג, דחוף", "ממתין לאישור"]),
        ]
        for i in range(n)
    ]  # fmt: skip
    return Written(["מספר", "חברה", "איש קשר", "שלב", "סכום", "תאריך", "טלפון", "הערות"], rows, ";")


def orders(n: int, chance: random.Random, delimiter: str = ",", quotes_all: bool = False) -> Written:
    """Orders of an English shop: commas in names and in money, ISO dates, codes."""
    rows = [
        [
            f"ORD-{20000 + i}", f"202{chance.randint(0, 5)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            f"{chance.choice(_FIRMS[4:])} {chance.choice(_TRADES[3:])}, Inc", f"{chance.randint(1, 40)}",
            f"${chance.randint(1, 20)},{chance.randint(0, 999):03}.{chance.randint(0, 99):02}", chance.choice(_STATES),
            f"{chance.choice(_FIRST[5:]).lower()}.{chance.choice(_LAST[5:]).lower()}@mail.example",
        ]
        for i in range(n)
    ]  # fmt: skip
    return Written(["Order", "Date", "Customer", "Items", "Total", "State", "Email"], rows, delimiter, quotes_all)


def wide(n: int, chance: random.Random, width: int = 40) -> Written:
    """Readings of many columns of numbers, between a code and a day."""
    rows = [
        [f"S{chance.randint(100, 999)}", *(f"{chance.randint(0, 99)}.{chance.randint(0, 9)}" for _ in range(width - 2)),
         f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2024"]
        for _ in range(n)
    ]  # fmt: skip
    return Written(["code", *(f"v{i}" for i in range(1, width - 1)), "day"], rows)


def narrow(n: int, chance: random.Random) -> Written:
    """Three columns between tabs."""
    rows = [[f"{chance.choice(_FIRST)} {chance.choice(_LAST)}", f"{chance.randint(18, 80)}", f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}"] for _ in range(n)]  # fmt: skip
    return Written(["name", "age", "time"], rows, "\t")


Damage = Callable[[Written, list[str], random.Random], tuple[str, list[list[str]]]]  # the line, and its rows


def extra_delimiter(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    at = chance.randint(0, len(cells))
    parts = _parts(table, cells)
    return table.delimiter.join([*parts[:at], "", *parts[at:]]), [cells]


def no_delimiter(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    """Between two cells of different kinds: else nobody could tell."""
    parts = _parts(table, cells)
    places = [
        i
        for i in range(1, len(cells))
        if cells[i - 1][-1:].isdigit() != cells[i][:1].isdigit() and cells[i - 1] and cells[i]
    ]
    at = chance.choice(places)
    return table.delimiter.join([*parts[: at - 1], parts[at - 1] + parts[at], *parts[at + 1 :]]), [cells]


def no_cell(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    """A cell and its delimiter are gone."""
    at = chance.randrange(len(cells))
    wanted = [*cells[:at], "", *cells[at + 1 :]]
    return table.line([*cells[:at], *cells[at + 1 :]]), [wanted]


def unquoted(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    """A cell that holds the delimiter, without quotes."""
    words = [
        i
        for i, cell in enumerate(cells)
        if " " in cell and not any(map(str.isdigit, cell)) and table.delimiter not in cell
    ]
    at = chance.choice(words or [0])
    wanted = [*cells]
    wanted[at] = wanted[at].replace(" ", f"{table.delimiter} ", 1) if words else wanted[at]
    parts = _parts(table, cells)
    parts[at] = wanted[at]
    return table.delimiter.join(parts), [wanted]


def stray_quote_before(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return _with_quote(table, cells, chance.randrange(len(cells)), lambda cell: 0)


def stray_quote_after(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return _with_quote(table, cells, chance.randrange(len(cells)), len)


def stray_quote_inside(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return _with_quote(table, cells, chance.randrange(len(cells)), lambda cell: len(cell) // 2)


def other_delimiter(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    others = [other for other in ",;\t|" if other != table.delimiter]
    return table.line(cells, delimiter=chance.choice(others)), [cells]


def blanks_for_delimiters(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return " ".join(_parts(table, cells)), [cells]


def other_quotes(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return table.delimiter.join(f"'{cell}'" for cell in cells), [cells]


def backslashes(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    """A quote in a cell that a backslash escapes, in this row only."""
    words = [i for i, cell in enumerate(cells) if " " in cell]
    at = chance.choice(words or [0])
    wanted = [*cells]
    wanted[at] = f'{cells[at]} 10"{table.delimiter} x'
    parts = _parts(table, cells)
    parts[at] = f'"{cells[at]} 10\\"{table.delimiter} x"'
    return table.delimiter.join(parts), [wanted]


def torn(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    """A break at a delimiter, or at a blank in a cell."""
    line = table.line(cells)
    places = [
        i
        for i, character in enumerate(line)
        if character == table.delimiter and 4 < i < len(line) - 4 and not line[:i].count('"') % 2
    ]
    at = chance.choice(places)
    return line[: at + 1] + "\n" + line[at + 1 :], [cells]


def glued(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    other = [*chance.choice(table.rows)]
    together = [*cells[:-1], table.delimiter.join([cells[-1], *other])]  # a row is known by its line
    return table.line(cells) + table.delimiter + table.line(other), [together]


def trailing_delimiters(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return table.line(cells) + table.delimiter * chance.randint(1, 4), [cells]


def spaces_around(table: Written, cells: list[str], chance: random.Random) -> tuple[str, list[list[str]]]:
    return f" {table.delimiter} ".join(_parts(table, cells)), [cells]


def _parts(table: Written, cells: list[str]) -> list[str]:
    return [table.line([cell]) for cell in cells]


def _with_quote(
    table: Written, cells: list[str], at: int, where: Callable[[str], int]
) -> tuple[str, list[list[str]]]:  # fmt: skip
    parts, wanted = _parts(table, cells), [*cells]
    place = where(cells[at])
    wanted[at] = cells[at][:place] + '"' + cells[at][place:]
    shift = 1 if parts[at].startswith('"') else 0
    parts[at] = parts[at][: place + shift] + '"' + parts[at][place + shift :]
    return table.delimiter.join(parts), [wanted]


ALL = {
    damage.__name__: damage
    for damage in (
        extra_delimiter, no_delimiter, no_cell, unquoted, stray_quote_before, stray_quote_after, stray_quote_inside,
        other_delimiter, blanks_for_delimiters, other_quotes, backslashes, torn, glued, trailing_delimiters, spaces_around,
    )
}  # fmt: skip
