"""Writes `board.xlsx` and `hebrew_board.xlsx`, as monday.com exports a board: `python tests/exports/monday/workbook.py`.

The name and the description of the board stand above, the header comes again for each group, and the subitems of an item
stand below it with a header of their own. Some days are dates, some are text.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

Row = tuple[Any, ...]
HEADER: Row = (
    "Name",
    "Subitems",
    "Owner",
    "Stage",
    "Deal Value",
    "Account",
    "Creation log",
    "Expected Close Date",
    "Won?",
    "Tags",
    "Tags",
    "Item ID (auto generated)",
)
SUBITEMS: Row = ("Subitems", "Name", "Owner", "Status", "Date", "Item ID (auto generated)")
BOARD: list[Row] = [
    ("Deals",),
    ("Everything we sell, \"big\" and small",),
    (),
    ("Active deals",),
    HEADER,
    ("Harbour cranes", "Call, Quote", "Dana Levi", "Proposal", 12500, "Acme", "Jan 5, 2024 9:30 AM", datetime(2024, 6, 30), None, "port", "big", 5550001),
    SUBITEMS,
    (None, "Call", "Dana Levi", "Done", datetime(2024, 1, 10), 7770001),
    (None, "Quote", "Noa Bar", "Working on it", datetime(2024, 3, 10), 7770002),
    ("Quay, north", None, "Noa Bar, Dana Levi", "Discovery", 800.5, "Beta", "Jan 6, 2024 10:00 AM", None, None, None, None, 5550002),
    (None, None, None, None, 13300.5),
    (),
    ("Closed won",),
    HEADER,
    ("Quay, south", None, "Noa Bar", "Won", 3000, "Beta", "Jan 7, 2024 10:00 AM", datetime(2024, 3, 5), "v", None, None, 5550003),
    (None, None, None, None, 3000),
    (),
    ("Closed lost",),
    HEADER,
    ("Quay, west", "Call", "Dana Levi", "Lost", None, "Acme", "Jan 8, 2024 10:00 AM", datetime(2024, 2, 10), None, None, None, 5550004),
    SUBITEMS,
    (None, "Call", "Dana Levi", "Stuck", None, 7770003),
]  # fmt: skip
HEBREW_HEADER: Row = (
    "Name",
    "אחראי",
    "שלב",
    "סכום",
    "לקוח",
    "תאריך סגירה צפוי",
    "אופן תשלום",
    "Item ID (auto generated)",
)
HEBREW_BOARD: list[Row] = [
    ("עסקאות",),
    (),
    ("פעילות",),
    HEBREW_HEADER,
    ("מחסן חכם", "דנה לוי", "הצעת מחיר", 12500, "נגב צינורות בע\"מ", "May 2, 2024", "העברה", 5560001),
    (),
    ("סגורות",),
    HEBREW_HEADER,
    ("סורקים 10\"", "נועה בר", "זכייה", 3000.5, "גליל בע״מ", "Dec 31, 2025", None, 5560002),
]  # fmt: skip


def write(folder: Path) -> list[Path]:
    paths = []
    for name, rows in (("board", BOARD), ("hebrew_board", HEBREW_BOARD)):
        path = folder / f"{name}.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.set_properties({"created": datetime(2024, 4, 1)})
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet = book.add_worksheet(str(rows[0][0]).lower())
            for line, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(line, place, cell, day if isinstance(cell, datetime) else None)
        paths.append(path)
    return paths


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
