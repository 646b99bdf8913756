"""Workbooks made to do harm, or made badly: each ends in a table, or in a sentence that says what to do."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.errors import FileProblem
from data.reading import TextTable, read_tables, readable, sheet_xml, workbook
from tests.data.kit import empty_database
from tests.data.reading.old_excel import Cell, old_workbook
from tests.data.reading.open_document import open_document, row, sheet, words

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
OFFICE = "http://schemas.openxmlformats.org"
MAIN = f'xmlns="{OFFICE}/spreadsheetml/2006/main"'
TYPES, ROOT = "[Content_Types].xml", "_rels/.rels"
BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"


def text(place: str, cell: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{cell}</t></is></c>'


def number(place: str, value: object, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


TOP = f'<row r="1">{text("A1", "Name")}{text("B1", "Amount")}</row>'
ROW = f'<row r="2">{text("A2", "Dana")}{number("B2", 5)}</row>'
READ = [(2, "Dana", "5")]


def links(target: str = "worksheets/sheet1.xml", more: str = "", kind: str = "worksheet") -> str:
    kind = f"{OFFICE}/officeDocument/2006/relationships/{kind}"
    own = f'<Relationship Id="r1" Type="{kind}" Target="{target}"/>'
    return f'{HEAD}<Relationships xmlns="{OFFICE}/package/2006/relationships">{own}{more}</Relationships>'


def book(*names: str, before: str = "") -> str:
    sheets = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r1"/>' for n, name in enumerate(names, 1))
    kinds = f'{MAIN} xmlns:r="{OFFICE}/officeDocument/2006/relationships"'
    return f"{HEAD}<workbook {kinds}>{before}<sheets>{sheets}</sheets></workbook>"


def package(rows: str, parts: Mapping[str, str | None] | None = None, before: str = "", doctype: str = "") -> bytes:
    """An .xlsx of one sheet; `parts` are put in place of its own, or taken out where None."""
    own: dict[str, str | None] = {
        TYPES: f'{HEAD}<Types xmlns="{OFFICE}/package/2006/content-types"/>', BOOK: book("Deals"), LINKS: links(),
        ROOT: links(BOOK, kind="officeDocument"),
        SHEET: f"{HEAD}{doctype}<worksheet {MAIN}>{before}<sheetData>{rows}</sheetData></worksheet>",
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in (own | dict(parts or {})).items():
            if content is not None:
                archive.writestr(place, content)
    return out.getvalue()


@pytest.fixture
def read(tmp_path: Path):
    def reading(content: bytes, name: str = "deals.xlsx") -> tuple[TextTable, list[tuple]]:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with empty_database() as scratch:
            (table,) = read_tables(path, scratch, name=name)
            return table, scratch.execute(f"FROM {table.relation} ORDER BY line").fetchall()

    return reading


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))
BOMB, OUTSIDE = f"<!DOCTYPE x [{ENTITIES}]>", '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>'
NAMED = f'<row r="2">{text("A2", "&e9;")}</row>'
WITH_STRING = TOP + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
BROKEN, MISSING = "deals.xlsx is a broken workbook", "The sheet Deals is missing in deals.xlsx"


def third(place: str) -> str:
    return f'{TOP}{ROW}<row r="3">{text(place, "x")}</row>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (package(TOP + NAMED, doctype=BOMB), BROKEN),
        (package(TOP + NAMED, doctype=OUTSIDE), BROKEN),
        (package(WITH_STRING, {STRINGS: f"{HEAD}{OUTSIDE}<sst {MAIN}><si><t>&e9;</t></si></sst>"}), BROKEN),
        (package(TOP, {BOOK: book("Deals").replace("<workbook", BOMB + "<workbook")}), BROKEN),
        (package(WITH_STRING), BROKEN),  # no such text
        (package(TOP + ROW, {SHEET: None}), MISSING),
        (package(TOP + ROW, {LINKS: links("../../../etc/passwd")}), MISSING),
        (package(TOP + ROW, {LINKS: links("http://127.0.0.1:9/sheet.xml")}), MISSING),
        (package(TOP + ROW, {LINKS: None}), BROKEN),
        (package(TOP + ROW, {BOOK: book("Deals", "Deals")}), BROKEN),
        (package("", {SHEET: f"<worksheet {MAIN}><sheetData>{TOP}<row r='2'><c r='A2'>"}), BROKEN),
        (package(third("XFE3")), "has a cell at XFE3, where no cell can be"),
        (package(third("A0")), "has a cell at A0, where no cell can be"),
        (package(third("3A")), "has a cell at 3A, where no cell can be"),
        (package(third("A4000000000")), "has a cell at A4000000000, where no cell can be"),
        (package(third("XFD1048576")), "has 5 cells far apart, up to cell XFD1048576"),
        (package(third("XFD1048576").replace('r="XFD', "r  =\n'XFD").replace('1048576"', "1048576'")), "has 5 cells far apart"),
        (package(f'<row r="1048576">{text("A1048576", "x")}</row><row r="1">{"<c><v>1</v></c>" * 900}</row>'), "cells far apart"),
        (package(third("XFD3")), "has 16,384 columns; more than 2,000 are refused"),
        (package(TOP + ROW)[:-60], "its end is missing or damaged"),
        (package(""), "has no sheet with data in it"),
    ],
    ids=[
        "XML entities that multiply", "an external XML entity", "an external XML entity in the texts", "XML entities in the book",
        "a text that is not there", "a sheet that is not there", "a link out of the file", "an external link as sheet", "no links",
        "two sheets of one name", "cut short", "column XFE", "row 0", "a place backwards", "row 4,000,000,000", "far cells",
        "far cells, oddly written", "far cells, in no order", "16,384 columns", "a cut zip", "nothing",
    ],
)  # fmt: skip
def test_what_no_table_can_come_of_is_said(read, content, sentence):
    with pytest.raises(FileProblem, match=sentence) as problem:
        read(content)
    assert str(problem.value.hint)


DAYS = f'<styleSheet {MAIN}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
ELSEWHERE = (
    f'<Relationship Id="r9" Type="{OFFICE}/x/externalLink" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
)
RICH = '<c r="A2" t="inlineStr"><is><r><t>rich </t></r><r><t xml:space="preserve"> text </t></r></is></c>'


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (package(TOP + ROW, before='<dimension ref="A1:XFD1048576"/>'), READ),
        (package(TOP + ROW, before='<dimension ref="A1"/>'), READ),
        (package(TOP + ROW, before='<dimension ref="ZZZZZZ99999999999"/>'), READ),
        (package(ROW + TOP), READ),
        (package(TOP + f'<row r="2">{number("B2", 5)}{text("A2", "Dana")}</row>'), READ),
        (package(TOP + ROW, {TYPES: None}), READ),
        (package(TOP + ROW, {TYPES: "<nonsense/>"}), READ),
        (package(TOP + ROW.replace('s="0"', 's="99999999"')), READ),
        (package(TOP + ROW, {LINKS: links(more=ELSEWHERE)}), READ),
        (package((TOP + ROW).replace(' r="A2"', "").replace(' r="B2"', "")), READ),
        (package(TOP + f'<row r="2">{text("A2", "&lt;b&gt; &amp; &#1488;")}</row>'), [(2, "<b> & א", None)]),
        (package(f'{TOP}<row r="2">{RICH}</row>'), [(2, "rich text", None)]),
        (package(f'{TOP}<row r="2">{text("A2", "007")}{number("B2", "1e400")}</row>'), [(2, "007", "inf")]),
        (package(f'{TOP}<row r="2">{number("A2", 45322, 1)}</row>', {STYLES: DAYS}), [(2, "2024-01-31", None)]),
        (package(f'{TOP}<row r="2">{number("A2", 43860, 1)}</row>',
                 {STYLES: DAYS, BOOK: book("Deals", before='<workbookPr date1904="1"/>')}), [(2, "2024-01-31", None)]),
    ],
)  # fmt: skip
def test_what_is_odd_and_harmless_is_read(read, content, rows):
    table, found = read(content)
    assert (found, table.headers, table.repairs) == (rows, ("Name", "Amount"), ())


ERRORS = [
    '<c r="B2" t="e"><v>#REF!</v></c>', '<c r="B3" t="e"><f>A1/0</f><v>#DIV/0!</v></c>', '<c r="B4"><f>A1+1</f></c>',
    '<c r="B5"><f>A1+1</f><v></v></c>', '<c r="B6"><f>A1+1</f><v>7</v></c>', '<c r="B7" t="str"><f>A1</f><v></v></c>',
]  # fmt: skip


@pytest.mark.parametrize("has_prefix", [False, True])
def test_errors_and_formulas_without_results_are_said(read, has_prefix):
    rows = TOP + "".join(f'<row r="{n}">{text(f"A{n}", "x")}{cell}</row>' for n, cell in enumerate(ERRORS, 2))
    content = package(rows)
    if has_prefix:
        rows = rows.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
        root = f"<x:worksheet {MAIN.replace('xmlns', 'xmlns:x')}><x:sheetData>{rows}</x:sheetData></x:worksheet>"
        content = package("", {SHEET: root})
    table, found = read(content)
    assert [amount for _, _, amount in found] == [None, None, None, None, "7", None]
    assert [str(repair) for repair in table.repairs] == [
        "2 cells show an error of Excel, as #N/A or #REF!, and were left empty: B2, B3.",
        "2 formulas were saved without their results and were left empty: B4, B5. Open the file in Excel and save it again.",
    ]


def test_they_are_found_in_a_large_sheet_too(read, monkeypatch):
    monkeypatch.setattr(sheet_xml, "_SMALL", 1 << 16)
    rows = "".join(f'<row r="{n}">{text(f"A{n}", "x")}{number(f"B{n}", n)}</row>' for n in range(2, 30_000))
    last = '<row r="30000"><c r="A30000" t="e"><v>#N/A</v></c><c r="AB30000"><f>1+1</f></c></row>'
    table, found = read(package(TOP + rows + last))
    assert (len(found), found[-1][:3]) == (29_998, (29_999, "x", "29999"))
    assert [str(repair).partition(": ")[2][:7] for repair in table.repairs] == ["A30000.", "AB30000"]


def test_formulas_as_openpyxl_saves_them_have_no_results(read):
    made, out = Workbook(), io.BytesIO()
    page = made.active
    assert page is not None
    for line in (["Name", "Amount"], ["Dana", "=1+1"], ["Yossi", 3]):
        page.append(line)
    made.save(out)
    table, rows = read(out.getvalue())
    assert rows == [(2, "Dana", None), (3, "Yossi", "3")]
    assert [str(repair)[:43] for repair in table.repairs] == ["1 formula was saved without its result and "]


def test_a_part_that_unpacks_to_more_than_it_says_is_refused(read):
    content = bytearray(package(TOP + ROW, {STRINGS: " " * (24 << 20)}))
    entry = content.rfind(STRINGS.encode()) - 46  # in the directory at the end
    assert content[entry : entry + 4] == b"PK\x01\x02"
    struct.pack_into("<I", content, entry + 24, 10)  # bytes, it says
    tracemalloc.start()
    with pytest.raises(FileProblem, match=BROKEN):
        read(bytes(content))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_bomb_is_refused(read):
    with pytest.raises(FileProblem, match="unpacks to more than 101 MB, which is refused"):
        read(package(TOP, {STRINGS: " " * (101 << 20)}))


def test_a_reader_that_panics_has_a_broken_workbook(read, monkeypatch):
    class PanicException(BaseException):  # as one written in Rust raises it
        pass

    def panic(*_: object) -> None:
        raise PanicException("index out of bounds")

    monkeypatch.setattr(workbook, "CalamineWorkbook", type("Reader", (), {"from_filelike": panic}))
    with pytest.raises(FileProblem, match=BROKEN):
        read(package(TOP + ROW))


def test_the_name_of_a_sheet_is_only_a_name(read):
    table, rows = read(package(TOP + ROW, {BOOK: book("\u202eslaeD &lt;b&gt;")}))
    assert (table.sheet, rows) == ("\u202eslaeD <b>", READ)


def test_a_stray_cell_far_below_costs_only_the_lines_between(read):
    table, rows = read(package(TOP + ROW + f'<row r="9000">{text("A9000", "x")}</row>'))
    assert rows == [*READ, (9_000, "x", None)]
    assert [skip.line for skip in table.skipped_lines] == [*range(3, 9_000)]


def test_cells_far_apart_in_an_open_document(read):
    gap = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    last = row('<table:table-cell table:number-columns-repeated="16383"/>', words("x"))
    with pytest.raises(FileProblem, match=r"deals\.ods is (a broken workbook|too large)"):
        read(open_document(sheet("Deals", row(words("Name")), gap, last)), "deals.ods")


def test_an_old_workbook_that_is_cut_short(read):
    rows: list[list[Cell]] = [["Name", "Amount", "Day"]]
    rows += [["Dana", n, date(2024, 1, 31)] for n in range(300)]
    whole = old_workbook({"Deals": rows})
    assert read(whole, "deals.xls")[0].rows_read == 300
    with pytest.raises(FileProblem):
        read(whole[: len(whole) // 2], "deals.xls")


def test_a_workbook_that_takes_too_long_is_given_up(tmp_path):
    path = tmp_path / "deals.xls"
    path.write_bytes(old_workbook({"Deals": [["a", "b"], [1, 2]]}))
    readable.check_readable(path, "deals.xls")
    with pytest.raises(FileProblem, match="too large or too damaged"):
        readable.check_readable(path, "deals.xls", most_seconds=0.001)
