"""One large file of deals, as a company that sells in Hebrew and English would export it: `python -m benchmarks.deals FOLDER [ROWS]`.

Fourteen columns, about 200 bytes a row: numbers, names and notes with commas, quotes and line breaks in them, amounts that are missing here
and there, deals that are open, won and lost. A number of rows and a seed always give the same files:

- `deals.csv`, and `deals_1255.csv` with the very same rows in windows-1255;
- `deals_later.csv`: the same deals a month on, one in twenty changed (moved on, won or lost), and one in fifty more that are new;
- `deals.xlsx`: the first rows as a workbook, dates and amounts as Excel keeps them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

ROWS, SHEET_ROWS = 4_000_000, 200_000
FILES = {"csv": "deals.csv", "1255": "deals_1255.csv", "later": "deals_later.csv", "xlsx": "deals.xlsx"}
HEADERS = (
    "Deal Number", "Deal Name", "Customer", "Owner", "Stage", "Status", "Amount", "Currency", "Source", "Loss Reason",
    "Created", "Expected Close", "Closed", "Note",
)  # fmt: skip
BLOCK = 8 << 20  # characters that are encoded at once

_LISTS = {
    "kinds": ("אלון", "כרמל", "גליל", "דקל", "Orion", "Vertex", "ארז", "צפון", "Delta", "Summit", "נגב", "Harbor", "תבור", "Atlas",
              "שקמה", "Pioneer", "רימון", "Cedar", "ברק", "Lumen", "הדר", "Nova", "סלע", "Quartz"),
    "trades": ("מערכות", "לוגיסטיקה", "Foods", "הנדסה", "Medical", "תקשורת", "Textiles", "נדל\"ן", "Energy", "שיווק", "Software",
               "אגרו", "Motors", "פלסטיק", "Security", "מזון", "Labs", "הדרכה", "Media", "ציוד רפואי", "Shipping", "מתכת", "Print", "מים", "Optics"),
    "forms": ("בע\"מ", "Ltd.", "Group, Inc.", "(1998) בע\"מ", "ושות'", "Holdings", "LLC", "אגודה שיתופית", "Partners", "Israel"),
    "products": ("רישוי שנתי", "Renewal", "הטמעה, הדרכה וליווי", "Pilot", "שדרוג", "Support, 3 years", "התקנה ב\"מפתח\"", "Expansion",
                 "ייעוץ", "Onboarding"),
    "first_names": ("נועה", "David", "אורי", "Maya", "יעל", "Daniel", "תמר", "Jonathan", "איתי", "Sarah"),
    "last_names": ("כהן", "Levi", "מזרחי", "Peretz", "ביטון", "Friedman", "אברהם", "Katz"),
    "stages": ("Lead", "Qualified", "Demo", "Proposal", "Negotiation"),
    "sources": ("Web", "הפניה", "Event", "Outbound", "שותף", "Campaign"),
    "reasons": ("מחיר", "No budget", "מתחרה", "No decision", "עיתוי", "חסר ללקוח פיצ'ר"),
    "notes": ("ביקשו הצעה מעודכנת עד סוף השבוע, כולל תמיכה", "Asked for a discount, waiting for their budget to be approved", "שלחתי חוזה לחתימה",
              "Met the CFO: \"interesting, but not this quarter\"", "לחזור אחרי החגים", "Sent the technical annex\nTo call on Sunday",
              "הלקוח מבקש הנחה של 10% ותנאי תשלום שוטף + 60", "Spoke with purchasing; they compare us with two others"),
}  # fmt: skip
# A deal's place in time: it is made in one of three years, and what happens to it takes up to half a year.
_START, _MONTH_END, _LATER_END = "2023-01-01 08:00:00", "2025-12-31 20:00:00", "2026-01-31 20:00:00"
_SHARE_NEW = 50


def write(folder: Path, rows: int = ROWS, sheet_rows: int = SHEET_ROWS, seed: int = 1) -> dict[str, Path]:
    """Write all files into `folder`: of `rows` deals, and a workbook of at most `sheet_rows` of them; returns them by kind."""
    written = {kind: folder / name for kind, name in FILES.items()}
    write_csv(written["csv"], rows, seed=seed)
    encode(written["csv"], written["1255"])
    write_csv(written["later"], rows, seed=seed, is_later=True)
    write_workbook(written["xlsx"], min(rows, sheet_rows), seed=seed)
    return written


def write_csv(file: Path, rows: int, *, seed: int = 1, is_later: bool = False) -> None:
    """The deals as UTF-8, `rows` of them; `is_later` is the export a month after, with one in fifty more."""
    with duckdb.connect() as database:
        _define(database, seed)
        target = str(file).replace("'", "''")
        database.execute(f"COPY ({_select(rows, is_later)}) TO '{target}' (HEADER)")


def encode(file: Path, target: Path) -> None:
    """The same text in windows-1255. Raises UnicodeEncodeError for what that does not have."""
    with file.open(encoding="utf-8", newline="") as text, target.open("w", encoding="cp1255", newline="") as out:
        shutil.copyfileobj(text, out, BLOCK)


def write_workbook(file: Path, rows: int, *, seed: int = 1) -> None:
    """The first `rows` deals as a sheet, written a row at a time."""
    options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy hh:mm", "strings_to_formulas": False}
    with duckdb.connect() as database, xlsxwriter.Workbook(str(file), options) as book:
        _define(database, seed)
        sheet = book.add_worksheet("Deals")
        sheet.write_row(0, 0, HEADERS)
        cursor, at = database.execute(_select(rows)), 0
        while found := cursor.fetchmany(10_000):
            for row in found:
                at += 1
                _write_row(sheet, at, row)


def _write_row(sheet: Any, at: int, row: tuple[Any, ...]) -> None:
    for place, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, str):
            sheet.write_string(at, place, value)
        elif hasattr(value, "year"):
            sheet.write_datetime(at, place, value)
        else:
            sheet.write_number(at, place, float(value))


def _define(database: duckdb.DuckDBPyConnection, seed: int) -> None:
    """What the rows are made of: lists of words, and dice that always fall the same for a deal."""
    database.execute(f"CREATE MACRO die(i, what, sides) AS (hash(i, what, {int(seed)}) % sides)::BIGINT")
    for name, words in _LISTS.items():
        values = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
        database.execute(f"CREATE MACRO {name}(nth) AS ([{values}])[nth % {len(words)} + 1]")


def _select(rows: int, is_later: bool = False) -> str:
    """The query of the rows, in the order of their numbers.

    A quarter of the deals is open at the end of the first file. A fifth of these changes in the month after.
    """
    changed = "die(i, 11, 100) < 20" if is_later else "false"
    last = rows + rows // _SHARE_NEW if is_later else rows
    quoted = ", ".join(f'{expression} AS "{header}"' for expression, header in zip(_EXPRESSIONS, HEADERS, strict=True))
    return f"""
        WITH made AS (
            SELECT i, die(i, 1, 60000) AS c, die(i, 2, 80) AS o, die(i, 3, 1000) AS luck, die(i, 4, 5) AS reached, die(i, 5, 100000) AS u,
                   i > {rows} AS is_new, {changed} AS may_change,
                   CASE WHEN i > {rows} THEN TIMESTAMP '{_MONTH_END}' + to_seconds(die(i, 6, 30 * 86400))
                        ELSE TIMESTAMP '{_START}' + to_seconds((i - 1) * (1094 * 86400) // {rows} + die(i, 6, 43200)) END AS created
            FROM range(1, {last + 1}) t(i)
        ), decided AS (
            SELECT *, is_new OR luck < 250 AS was_open, was_open AND may_change AND NOT is_new AS is_changed,
                   CASE WHEN is_changed THEN TIMESTAMP '{_MONTH_END}' + to_seconds(die(i, 7, 30 * 86400))
                        ELSE least(created + to_seconds(3600 + die(i, 7, 180 * 86400)),
                                CASE WHEN is_new THEN TIMESTAMP '{_LATER_END}' ELSE TIMESTAMP '{_MONTH_END}' END) END AS moved
            FROM made
        ), told AS (
            SELECT *, CASE WHEN was_open AND NOT is_changed THEN 'Open'
                           WHEN is_changed THEN ['Open', 'Open', 'Won', 'Lost'][die(i, 8, 4) + 1]
                           WHEN luck < 550 THEN 'Won' ELSE 'Lost' END AS status,
                   CASE WHEN is_changed THEN reached + 1 ELSE reached END AS step
            FROM decided
        )
        SELECT {quoted} FROM told"""


_CUSTOMER = "kinds(c) || ' ' || trades(c // 24) || CASE WHEN c // 600 % 10 > 0 THEN ' ' || (c // 600 % 10 + 1) ELSE '' END || ' ' || forms(c // 6000)"
_EXPRESSIONS = (
    "'D-' || lpad(i::VARCHAR, 7, '0')",
    "kinds(c) || ' ' || trades(c // 24) || ' - ' || products(u)",
    _CUSTOMER,
    "first_names(o) || ' ' || last_names(o // 10)",
    "CASE status WHEN 'Open' THEN stages(least(step, 4)) WHEN 'Won' THEN 'Closed Won' ELSE 'Closed Lost' END",
    "status",
    "CASE WHEN u % 25 > 0 THEN round(exp(6.5 + 4.0 * (u + die(i, 9, 100000)) / 200000), 2)::DECIMAL(12, 2) + step * 100 END",
    "['ILS', 'ILS', 'USD', 'EUR'][die(o, 10, 4) + 1]",
    "sources(die(i, 12, 6))",
    "CASE WHEN status = 'Lost' AND u % 10 < 7 THEN reasons(die(i, 13, 6)) END",
    "created",
    "(created + to_days((30 + die(i, 14, 150))::INTEGER))::DATE",
    "CASE WHEN status <> 'Open' THEN moved END",
    "CASE WHEN u % 10 < 4 THEN notes(die(i, 15, 8)) || ' (' || strftime(moved, '%d.%m.%Y') || ')' END",
)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
