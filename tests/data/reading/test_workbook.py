import gzip
from datetime import date, datetime, time, timedelta

import pytest

from data.errors import FileProblem
from data.reading import ReadOptions, read_tables
from tests.data.reading.files import workbook
from tests.data.reading.old_excel import Cell, old_workbook
from tests.data.reading.open_document import BLANK, day, number, open_document, row, sheet, words


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
    assert not last.repairs and [str(repair) for repair in first.repairs] == [
        "1 hidden sheet was left out: Hidden.",
        "1 cell shows an error of Excel, as #N/A or #REF!, and was left empty: A7.",
    ]
    assert (last.header_line, last.headers[-2:], last.rows_read) == (2, ("שם", "עיר"), 1)


def test_cells_merged_over_rows_are_said(scratch, tmp_path):
    def build(book):
        sheet = book.add_worksheet("Deals")
        sheet.merge_range(0, 0, 0, 2, "Deals of June")
        sheet.write_row(1, 0, ["Region", "Deal", "Amount"])
        sheet.merge_range(2, 0, 3, 0, "North")
        sheet.write_row(2, 1, ["a", 1])
        sheet.write_row(3, 1, ["b", 2])

    path = tmp_path / "merged.xlsx"
    path.write_bytes(workbook(build))
    (table,) = read_tables(path, scratch)
    assert scratch.execute(f"SELECT c0, c1 FROM {table.relation} ORDER BY line").fetchall() == [
        ("North", "a"),
        (None, "b"),
    ]
    assert [str(repair)[:42] for repair in table.repairs] == ["1 cell is merged over several rows: only t"]


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
        for at in range(1, 5):
            sheet.write_row(at, 0, [1, 2])
        sheet.write_row(5, 0, [1, 2, "", "note"])

    table, rows = read(workbook(build))
    assert table.headers == ("a", "b", "", "")
    assert rows[-1] == (6, "1", "2", None, "note")


def test_an_old_excel_file(scratch, tmp_path, skipped):
    path = tmp_path / "upload"
    rows: list[list[Cell]] = [[], ["עסקאות יוני"], ["שם", "סכום", "תאריך"]]
    rows += [["דנה", 1.5, date(2024, 1, 31)], [], ['בע"מ', 7, None]]
    path.write_bytes(old_workbook({"גיליון": rows, "Lists": [["a", "b"], [1, 2]]}, hidden=["Lists"]))
    (table,) = read_tables(path, scratch, name="deals.xls")
    assert (table.sheet, table.encoding, table.headers) == ("גיליון", "xls", ("שם", "סכום", "תאריך"))
    assert scratch.execute(f"from {table.relation}").fetchall() == [
        (4, "דנה", "1.5", "2024-01-31"), (6, 'בע"מ', "7", None),
    ]  # fmt: skip
    assert list(skipped(table)) == [1, 2, 5]
    assert [str(repair) for repair in table.repairs] == ["1 hidden sheet was left out: Lists."]
    assert read_tables(path, scratch, ReadOptions(sheet="Lists"))[0].headers == ("a", "b")


def test_an_open_document_spreadsheet(scratch, tmp_path, skipped):
    path = tmp_path / "upload"
    path.write_bytes(open_document(
        sheet("עסקאות", row() * 2, row(words("שם"), words("סכום"), words("תאריך")),
              row(words("דנה"), number(5), day("2024-01-31")), row(words("two</text:p><text:p>lines"), number(1.5)),
              f'<table:table-row table:number-rows-repeated="1048570">{BLANK}</table:table-row>'),
        sheet("Lists", row(words("a"), words("b")), row(number(1), number(2)), style="hidden"),
    ))  # fmt: skip
    (table,) = read_tables(path, scratch, name="deals.ods")
    assert (table.sheet, table.encoding, table.header_line) == ("עסקאות", "ods", 3)
    assert scratch.execute(f"from {table.relation}").fetchall() == [
        (4, "דנה", "5", "2024-01-31"), (5, "two\nlines", "1.5", None),
    ]  # fmt: skip
    assert list(skipped(table)) == [1, 2]
    assert [str(repair) for repair in table.repairs] == ["1 hidden sheet was left out: Lists."]


@pytest.mark.parametrize(
    "content",
    [
        old_workbook({"Deals": [["a", "b"], [1, 2]]}, password=True),
        open_document(sheet("Deals", row(number(1), number(2))), manifest="<manifest:encryption-data/>"),
    ],
    ids=["xls", "ods"],
)
def test_a_protected_workbook_is_said_to_be_one(read, content):
    with pytest.raises(FileProblem, match=r"file.csv is protected by a password. Open it in Excel, save it without"):
        read(content)


def test_six_hundred_columns_with_names_that_repeat(read):
    """HubSpot's exports: as many columns, labels twice, and cells of 180 KB."""
    names = [*(f"Property {n}" for n in range(598)), "Amount", "Amount"]
    text = "א long mail, " * 14_000
    cells = [[f"{row}.{n}" for n in range(599)] + [text if row == 7 else "x"] for row in range(12)]

    def build(book):
        sheet = book.add_worksheet()
        for at, line in enumerate([names, *cells]):
            sheet.write_row(at, 0, [cell[:32_000] for cell in line])  # no cell of Excel holds more

    table, rows = read(workbook(build))
    assert (table.headers, table.rows_read) == (tuple(names), 12)
    assert rows[7][1:] == (*cells[7][:-1], text[:32_000].strip())
    lines = [",".join(f'"{cell}"' for cell in line) for line in [names, *cells]]
    table, rows = read("\n".join(lines) + "\n")
    assert (table.headers, table.rows_read, table.repairs) == (tuple(names), 12, ())
    assert rows[7][1:] == (*cells[7][:-1], text.strip()) and len(text) > 180_000
