"""The action sheet, read back as the owners' spreadsheets do."""

import io
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest

from ui import export
from ui.bottlenecks.action_sheet import next_step, sheet
from ui.export import Paper
from ui.locale import Locale

AS_OF = date(2026, 4, 23)


def stalled(owners, **told):
    n = len(owners)
    columns = {
        "deal_id": [f"D{place}" for place in range(n)], "deal_name": ["=1+1"] * n, "customer": ["@SUM(A1)"] * n,
        "owner": owners, "stage": ["Demo"] * n, "age_days": [40.0] * n, "threshold_days": [30.0] * n,
        "is_learnt": [True] * n, "chance_30d": [0.25] * n, "chance_low": [0.1] * n, "chance_high": [0.5] * n,
        "amount": [100.0] * n, "currency": ["USD"] * n, "reasons": [["slow", "quiet", "overdue"]] * n,
        "expected_close_on": pd.to_datetime(["2026-04-01"] * n), "overdue_days": [22] * n, "quiet_days": [35.0] * n,
        "pushes": [0] * n,
    }  # fmt: skip
    return pd.DataFrame(columns | told)


def book_of(rows, language="en"):
    locale = Locale(language)
    written, kinds = sheet(rows, AS_OF, locale)
    about = (("Data", "A & B"), ("As of", "2026-04-23"), ("Owner", "=x"))
    what = Paper("action_sheet", "Sheet", written, kinds, about, (), locale, sheets_by=locale._("Owner"))
    return openpyxl.load_workbook(io.BytesIO(export.xlsx(what)))


@pytest.mark.parametrize("language", ["en", "he"])
def test_all_deals_come_first_and_then_those_of_each_owner(language):
    book, locale = book_of(stalled(["Omer", "Dana", "Omer", None]), language), Locale(language)
    assert set(book.sheetnames) == {locale._("All"), "Dana", "Omer", locale._("No owner"), locale._("About")}
    whole = list(book.worksheets[0].values)
    parts = {name: list(book[name].values) for name in book.sheetnames[1:-1]}
    assert [len(parts[name]) - 1 for name in ("Dana", "Omer", locale._("No owner"))] == [1, 2, 1]
    assert all(part[0] == whole[0] and {row[0] for row in part[1:]} == {name} for name, part in parts.items())
    assert all(bool(each.sheet_view.rightToLeft) == (language == "he") for each in book.worksheets)


def test_a_line_says_why_how_much_what_to_do_and_by_when():
    head, line = list(book_of(stalled(["Dana"])).worksheets[0].values)
    told = dict(zip(head, line, strict=True))
    assert told["Why it waits"] == "longer there than usual, quiet 35 d, overdue 22 d"
    assert (told["Amount"], told["Days there"], told["Threshold, days"]) == (100, 40, 30)
    assert told["Next step"] == "Agree a new close date, or close the deal."
    assert told["Until"] == datetime(2026, 4, 30) and told["Expected close"] == datetime(2026, 4, 1)
    assert told["Chance to move on in 30 days"] == 0.25


def test_no_name_is_live():
    book = book_of(stalled(["=HYPERLINK(1)", "+1"]))
    for each in book.worksheets:
        for row in each.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    assert {row[1] for row in list(book.worksheets[0].values)[1:]} == {"'=1+1"}


def test_names_of_sheets_are_such_as_excel_takes():
    long = "A very long name of a person who sells"
    names = ["a/b:c*", "A B C", long + " 1", long + " 2", "History", "All", "About", "'quoted'", "שם"]
    book = book_of(stalled(names))
    assert len(book.sheetnames) == len(names) + 2
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    for name in book.sheetnames:
        assert 0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") and name.lower() != "history"


def test_the_page_prints_with_its_date_and_filters():
    book = book_of(stalled(["Dana"]))
    assert "As of: 2026-04-23" in book.worksheets[1].oddFooter.left.text
    about = {row[0]: row[1] for row in book.worksheets[-1].values}
    assert about["As of"] == "2026-04-23" and about["Owner"] == "'=x"


def test_csv_holds_all_of_them():
    locale = Locale("en")
    written, kinds = sheet(stalled(["Omer", None]), AS_OF, locale)
    text = export.csv(Paper("x", "X", written, kinds, (("As of", "2026-04-23"),), (), locale)).decode("utf-8-sig")
    assert text.count("\r\n") == 3 and "'=1+1" in text and "2026-04-30" in text and "No owner" in text


@pytest.mark.parametrize(
    ("reasons", "start"),
    [
        (["slow"], "Set the next step"), (["slow", "quiet"], "Contact the customer"), (["quiet"], "Contact the customer"),
        (["slow", "pushed"], "Ask what"), (["slow", "returned"], "Find out"), (["slow", "single_contact"], "Bring in"),
        (["slow", "quiet", "overdue"], "Agree a new close date"), ([], "Set the next step"),
    ],
)  # fmt: skip
def test_the_next_step_follows_from_the_most_urgent_reason(reasons, start):
    assert next_step(reasons, Locale("en")).startswith(start)


def test_no_deals_are_still_a_workbook():
    assert book_of(stalled(["x"]).head(0)).sheetnames == ["All", "About"]
