import gzip
import io
from datetime import datetime, time, timedelta

import pytest
import xlsxwriter

from data.errors import FileProblem
from data.reading import ReadOptions, read_tables


def workbook(build) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        build(book)
    return out.getvalue()


@pytest.fixture
def deals() -> bytes:
    def build(book):
        first, hidden, _ = (book.add_worksheet(name) for name in ("Deals", "Hidden", "Empty"))
        book.add_chartsheet("Chart")
        last = book.add_worksheet("לקוחות")
        day, moment, clock, span = (
            book.add_format({"num_format": form}) for form in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm", "hh:mm", "[h]:mm")
        )
        first.write(0, 0, "Deals of June")
        first.write_row(2, 0, [" name", "n", "ok", "when", ""])
        first.write_row(3, 0, ["x\u200f", 5.0, True])
        first.write_datetime(3, 3, datetime(2024, 1, 31), day)
        first.write_row(5, 0, ['בע"מ', 1.5, False])
        first.write_datetime(5, 3, datetime(2024, 1, 31, 10, 30), moment)
        first.write_formula(6, 0, "=1/0", None, "#DIV/0!")
        first.write_number(6, 1, 12345678901)
        first.write_datetime(6, 3, time(9, 36), clock)
        first.write_row(7, 0, ["two\nlines", -0.25])
        first.write_datetime(7, 3, timedelta(days=1, hours=12), span)
        first.write_blank(8, 7, None, day)
        hidden.write_row(0, 0, ["a", "b"])
        hidden.hide()
        last.write_row(1, 1, ["שם", "עיר"])
        last.write_row(2, 1, ["דנה", "חיפה"])

    return workbook(build)


def test_each_visible_sheet_with_data_is_a_table(scratch, tmp_path, deals):
    path = tmp_path / "upload"
    path.write_bytes(deals)
    first, last = read_tables(path, scratch, name="June.xlsx")
    assert (first.name, first.sheet, last.sheet, first.encoding, first.delimiter) == (
        "June.xlsx", "Deals", "לקוחות", "xlsx", "",
    )  # fmt: skip
    assert (first.header_line, first.headers) == (3, ("name", "n", "ok", "when"))
    assert scratch.execute(f"from {first.relation} order by line").fetchall() == [
        (4, "x", "5", "true", "2024-01-31"),
        (6, 'בע"מ', "1.5", "false", "2024-01-31T10:30:00"),
        (7, None, "12345678901", None, "09:36:00"),
        (8, "two\nlines", "-0.25", None, "36:00:00"),
    ]
    assert [(skip.line, str(skip.reason)) for skip in first.skipped_lines] == [
        (1, "A title above the table."), (2, "A blank line."), (5, "A blank line."),
    ]  # fmt: skip
    assert not first.repairs
    assert (last.header_line, last.headers[-2:], last.rows_read) == (2, ("שם", "עיר"), 1)


def test_a_sheet_by_name_even_a_hidden_one(scratch, tmp_path, deals):
    path = tmp_path / "upload"
    path.write_bytes(gzip.compress(deals))
    (table,) = read_tables(path, scratch, ReadOptions(sheet="Hidden"))
    assert (table.sheet, table.headers, table.rows_read) == ("Hidden", ("a", "b"), 0)
    with pytest.raises(FileProblem, match="no sheet named Nope") as problem:
        read_tables(path, scratch, ReadOptions(sheet="Nope"))
    assert "Deals, Hidden, Empty" in str(problem.value.hint)


def test_a_workbook_without_data_is_said(read):
    with pytest.raises(FileProblem, match="no sheet with data"):
        read(workbook(lambda book: book.add_worksheet()))


def test_values_beyond_the_header_keep_their_columns(read):
    def build(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        for row in range(1, 5):
            sheet.write_row(row, 0, [1, 2])
        sheet.write_row(5, 0, [1, 2, "", "note"])

    table, rows = read(workbook(build))
    assert table.headers == ("a", "b", "", "")
    assert rows[-1] == (6, "1", "2", None, "note")
