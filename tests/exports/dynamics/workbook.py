"""Writes a workbook for each of some views, as Excel gets them: `python tests/exports/dynamics/workbook.py`.

The first three columns are hidden, days are numbers that a format shows as dates, money is formatted, and a very hidden
sheet says which view it was.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

HIDDEN = ("(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On")
OPPORTUNITIES: list[tuple[Any, ...]] = [
    ("(Do Not Modify) Opportunity", *HIDDEN, "Topic", "Potential Customer", "Est. Close Date", "Est. Revenue", "Actual Revenue", "Actual Close Date",
     "Probability", "Rating", "Pipeline Phase", "Status", "Status Reason", "Owner", "Created On"),
    ("0f6a1c1e-0001-4e10-9c1a-000000000001", "q1Zx==", 45306.5, "10 scanners", "Acme", 45412, 12000, None, None, 60, "Warm",
     "2 - Proposal", "Open", "On Hold", "Dana Levi", 45296.395833333336),
    ("0f6a1c1e-0001-4e10-9c1a-000000000002", "q2Zx==", 45356.25, "5 printers", "Beta", 45350, 5000, 4200.5, 45352, 100, "Hot",
     "3 - Close", "Won", "Won", "Noa Bar", 45297.5),
    ("0f6a1c1e-0001-4e10-9c1a-000000000003", "q3Zx==", 45357.25, "Licences", "Beta", 45360, 800, 0, 45353, 0, "Cold",
     "1 - Lead Outreach", "Lost", "Out-Sold", "Noa Bar", 45298),
]  # fmt: skip
LEADS: list[tuple[Any, ...]] = [
    ("(Do Not Modify) Lead", *HIDDEN, "Name", "Topic", "Company Name", "Email", "Lead Source", "Status", "Status Reason", "Owner", "Created On"),
    ("0f6a1c1e-0002-4e10-9c1a-000000000001", "l1Zx==", 45306.5, "Ada Cohen", "10 scanners", "Acme", "ada@acme.example", "Web", "Qualified", "Qualified", "Dana Levi", 45290.25),
    ("0f6a1c1e-0002-4e10-9c1a-000000000002", "l2Zx==", 45306.5, "Ben Levi", "Tapes", "Zeta", "", "Trade Show", "Disqualified", "No longer interested", "Noa Bar", 45291.25),
    ("0f6a1c1e-0002-4e10-9c1a-000000000003", "l3Zx==", 45306.5, "Gil Dror", "Labels", "Omega", "", "Web", "Open", "Contacted", "Noa Bar", 45292.25),
]  # fmt: skip
ACCOUNTS: list[tuple[Any, ...]] = [
    ("(Do Not Modify) Account", *HIDDEN, "Account Name", "Main Phone", "Address 1: City", "Primary Contact", "Industry", "Annual Revenue", "Owner", "Created On"),
    ("0f6a1c1e-0003-4e10-9c1a-000000000001", "a1Zx==", 45306.5, "Acme", "00972 3 555", "Haifa", "Ada Cohen", "Retail", 1500000, "Dana Levi", 45000),
    ("0f6a1c1e-0003-4e10-9c1a-000000000002", "a2Zx==", 45306.5, "Beta, Ltd", "", "Łódź", "", "", "", "Noa Bar", 45001.5),
]  # fmt: skip
ACTIVITIES: list[tuple[Any, ...]] = [
    ("(Do Not Modify) Activity", *HIDDEN, "Subject", "Regarding", "Activity Type", "Activity Status", "Owner", "Priority", "Start Date", "Due Date", "Actual End"),
    ("0f6a1c1e-0004-4e10-9c1a-000000000001", "b1Zx==", 45306.5, "Call, \"first\"", "10 scanners", "Phone Call", "Completed", "Dana Levi", "Normal", "", 45300, 45300.5),
    ("0f6a1c1e-0004-4e10-9c1a-000000000002", "b2Zx==", 45306.5, "Demo", "5 printers", "Appointment", "Scheduled", "Noa Bar", "High", 45400.375, 45400.5, ""),
    ("0f6a1c1e-0004-4e10-9c1a-000000000003", "b3Zx==", 45306.5, "ERP Integration Failure", "", "Task", "Open", "SYSTEM", "Normal", "", "", ""),
]  # fmt: skip
VIEWS = {
    "opportunities": ("Open Opportunities", OPPORTUNITIES),
    "leads": ("Open Leads", LEADS),
    "accounts": ("Active Accounts", ACCOUNTS),
    "activities": ("All Activities", ACTIVITIES),
}
# Days that a view shows without a format of their own, as it happens.
BARE = ("Created On",)


def write(folder: Path) -> list[Path]:
    paths = []
    for name, (view, rows) in VIEWS.items():
        path = folder / f"{name}.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.set_properties({"created": datetime(2024, 4, 1)})
            day, money = (book.add_format({"num_format": code}) for code in ("m/d/yyyy h:mm", '"$"#,##0.00'))
            sheet = book.add_worksheet(view)
            for place, header in enumerate(rows[0]):
                is_day = ("Date" in header or header.endswith((" On", " End"))) and header not in BARE
                form = day if is_day else money if header.endswith("Revenue") else None
                sheet.set_column(place, place, 20, form, {"hidden": place < 3})
                sheet.write_string(0, place, str(header))
                for line, row in enumerate(rows[1:], 1):
                    if row[place] not in (None, ""):
                        sheet.write(line, place, row[place], form)
            hidden = book.add_worksheet("hiddenSheet")
            hidden.write(0, 0, "opportunity:q1Zx==")
            hidden.very_hidden()
        paths.append(path)
    return paths


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
