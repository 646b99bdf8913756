"""What is planted in a made-up text of some shape is read of it: the names, the rows and every cell."""

from __future__ import annotations

import itertools

import pytest

from data.reading import ReadOptions, read_tables
from data.reading.write import write_tables
from tests.data.reading.shapes import (
    ENGLISH,
    FOOTERS,
    HEBREW,
    PREAMBLES,
    Row,
    Sheet,
    Written,
    contacts,
    deals,
    measures,
    padded,
    plain,
    titled,
)  # fmt: skip

TABLES: dict[str, tuple[Row, list[Row]]] = {
    "deals": (ENGLISH, deals()), "Hebrew deals": (HEBREW, deals(hebrew=True)), "words": contacts(), "numbers": measures(),
}  # fmt: skip
DELIMITERS = [",", ";", "\t", "|", "^", "~", "||", "::", "|~|"]
ENDS = ["\n", "\r\n", "\r", "\n\r", "\r\r\n"]
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "windows-1255", "cp862",
    "iso-8859-8",
]  # fmt: skip


@pytest.fixture
def tables(scratch, tmp_path):
    """The tables of a text, each with the cells of its rows."""

    def reading(content: bytes | str, **options) -> list[tuple]:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = read_tables(path, scratch, ReadOptions(**options), "file.csv")
        return [(table, _rows(scratch, table)) for table in found]

    return reading


def _rows(scratch, table) -> list[Row]:
    return [
        [cell or "" for cell in row[1:]] for row in scratch.execute(f"from {table.relation} order by line").fetchall()
    ]


def _is_right(found: list[tuple], sheet: Sheet) -> bool:
    rows = [[cell.strip() for cell in row] for row in sheet.rows]
    return len(found) == 1 and list(found[0][0].headers) == sheet.headers and found[0][1] == rows


def _right(tables, cases) -> tuple[list, int]:
    """What was read wrongly, and how many were tried."""
    wrong, tried = [], 0
    for name, sheet, how in cases:
        tried += 1
        if not _is_right(tables(how.text(sheet)), sheet):
            wrong.append(name)
    return wrong, tried


def _some(cases, every: int):
    return itertools.islice(cases, 0, None, every)


def test_text_above_and_below_a_table_is_no_part_of_it(tables):
    cases = (
        ((name, delimiter, around), titled(plain(*TABLES[name]), above, below), Written(delimiter))
        for name, delimiter in itertools.product(TABLES, DELIMITERS)
        for around, above, below in (
            *((title, make(len(TABLES[name][0])), []) for title, make in PREAMBLES.items()),
            *((title, [], make(len(TABLES[name][0]))) for title, make in FOOTERS.items()),
        )
    )
    wrong, tried = _right(tables, _some(cases, 11))  # 11 and the 20 layouts have no divisor in common
    assert tried > 60 and len(wrong) <= 0.02 * tried, wrong


def test_quotes_and_escapes(tables):
    cases = (
        ((name, delimiter, quote, every, escape), plain(*TABLES[name]), Written(delimiter, quote, every, escape))
        for name, delimiter in itertools.product(TABLES, DELIMITERS[:4])
        for quote, every, escape in itertools.product("\"'", [False, True], ["", "\\"])
    )
    wrong, tried = _right(tables, _some(cases, 5))
    assert tried > 20 and len(wrong) <= 0.02 * tried, wrong


def test_ends_of_lines(tables):
    cases = (
        ((name, end, last), plain(*TABLES[name]), Written(end=end, last_end=end * last))
        for name, end, last in itertools.product(["deals"], ENDS, [0, 1, 2])
    )
    wrong, tried = _right(tables, cases)
    assert tried == 15 and not wrong


def test_encodings(tables):
    cases = []
    for name, encoding in itertools.product(["deals", "Hebrew deals"], ENCODINGS):
        headers, rows = TABLES[name]
        told = [
            [cell.replace("₪", "") if encoding in ("cp862", "iso-8859-8") else cell for cell in row] for row in rows
        ]
        cases.append(((name, encoding), plain(headers, told), Written(encoding=encoding)))
    assert not _right(tables, cases)[0]


OTHER_SCRIPTS = {
    "windows-1251": "Сделка,Сумма,Город\nПоставка оборудования,100,Москва\nДоговор услуг,200,Казань\nремонт насоса,300,Тула\n",
    "koi8-r": "Сделка,Сумма,Город\nПоставка оборудования,100,Москва\nДоговор услуг,200,Казань\nремонт насоса,300,Тула\n",
    "cp866": "Сделка,Сумма,Город\nПоставка оборудования,100,Москва\nДоговор услуг,200,Казань\nремонт насоса,300,Тула\n",
    "windows-1250": "Nazwa,Kwota,Miasto\nZażółć gęślą,5,Łódź\nŚwieży chleb,6,Kraków\nMąka pszenna,7,Gdańsk\n",
    "windows-1253": "Όνομα,Ποσό,Πόλη\nΓιώργος,5,Αθήνα\nΜαρία,6,Θεσσαλονίκη\nσυμφωνία,7,Πάτρα\n",
    "windows-1254": "İsim,Tutar,Şehir\nAyşe Yılmaz,5,İstanbul\nMehmet Çağlar,6,Eskişehir\nsözleşme,7,Muğla\n",
    "windows-1256": "الاسم,المبلغ,المدينة\nمحمد علي,5,القاهرة\nشركة النور,6,حيفا\nعقد خدمات,7,الناصرة\n",
    "mac-roman": "Nom,Prix,Ville\nRené Lefèvre,5,Orléans\nÉmile Noël,6,Besançon\nMüller,7,Köln\n",
}


@pytest.mark.parametrize("encoding", OTHER_SCRIPTS)
def test_other_scripts_are_no_mojibake_and_said(tables, encoding):
    text = OTHER_SCRIPTS[encoding]
    ((table, rows),) = tables(text.encode(encoding))
    assert table.encoding == encoding
    assert [list(table.headers), *rows] == [line.split(",") for line in text.splitlines()]
    assert f"make sense in {encoding}. Choose another" in str(table.repairs[0])


HEADLESS = ["28/01/2025,MG-87,₪1200.50", "01/02/2025,RI-38,29.81", "02/02/2025,RI-80,80.08"]


def test_a_table_without_a_header_keeps_its_first_row(tables, tmp_path):
    text = "\n".join(HEADLESS) + "\n"
    ((table, rows),) = tables(text)
    assert (table.header_line, table.headers) == (0, ("Column 1", "Column 2", "Column 3"))
    assert rows == [line.split(",") for line in HEADLESS] and "no names" in str(table.header_reason)
    (tmp_path / "in.csv").write_text(text)
    (written,) = write_tables([tmp_path / "in.csv"], tmp_path / "out.csv")
    assert written.out.read_text().splitlines() == HEADLESS  # no header is made up in the copy


@pytest.mark.parametrize("above", [["Sales of June"], ["Sales of June", "", "Made by Dana"]])
def test_titles_above_a_table_without_a_header(tables, above):
    ((table, rows),) = tables("\n".join([*above, "", *HEADLESS]))
    assert (table.header_line, len(rows), len(table.skipped_lines)) == (0, 3, len(above) + 1)


def test_a_person_says_that_there_is_no_header(tables):
    ((table, rows),) = tables("Avi,Haifa\nBen,Lod\n", header_line=0)
    assert (table.headers, rows) == (("Column 1", "Column 2"), [["Avi", "Haifa"], ["Ben", "Lod"]])


NAMES = {
    "years": (["Owner", "2023", "2024", "2025"], [["Dana", "5.5", "6.5", "7"], ["Omer", "1.5", "2", "3"]]),
    "days overdue": (["Customer", "30", "60", "90"], [["Oren", "5", "6", "17"], ["Gil", "1", "2", "3"]]),
    "numbers from one": (["1", "2", "3"], [["5", "2", "9"], ["4", "8", "1"]]),
    "codes": (["Q1", "Q2", "Q3"], [["yes", "no", "5"], ["no", "no", "4"]]),
    "no name": (["", "Name", "Sum"], [["0", "Dana", "5"], ["1", "Omer", "7"]]),
    "twice": (["Name", "Sum", "Name"], [["Dana", "5", "Haifa"], ["Omer", "7", "Lod"]]),
    "one row": (["Name", "Sum"], [["Dana", "5"]]),
    "no row": (["Name", "Sum", "Day"], []),
    "one column": (["Name"], [["Dana"], ["Omer"], ["Noa"]]),
    "an empty column": (["Name", "", "Sum"], [["Dana", "", "5"], ["Omer", "", "7"]]),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_header_is_a_header(tables, case):
    headers, rows = NAMES[case]
    found = tables(Written().text(plain(headers, rows)))
    assert _is_right(found, plain(headers, rows)), found


def test_a_row_of_units_and_names_in_a_second_language_are_no_rows(tables):
    rows = [["Dana", "5.5", "10"], ["Omer", "7", "12"], ["Noa", "3", "9"]]
    for second in (["(text)", "(₪)", "(kg)"], ["שם", "סכום", "משקל"]):
        ((table, found),) = tables(Written().text(Sheet((["Name", "Sum", "Weight"], second, *rows), [], rows)))
        assert (found, [skip.line for skip in table.skipped_lines]) == (rows, [2])


def test_a_row_in_another_script_than_the_header_is_a_row(tables):
    rows = [["Person 1", "3", "Kcda522d4353b166c"], ["Person 2", "3", "K8c6d22ff6f63fc67"]]
    header = ["משיב", "ציון", "מפתח המקרה"]
    ((table, found),) = tables(Written().text(Sheet((header, *rows), [], rows)))
    assert (found, table.skipped_lines) == (rows, ())


def test_a_heading_of_three_lines_names_each_column_by_its_path(tables):
    rows = [[f"Unit {n}", "5", "4.5", "7", "6.5", "₪900"] for n in range(9)]
    lines = (
        ["Unit", "Staff", "", "", "", "Cost"],
        ["", "Clerks", "", "Drivers", "", ""],
        ["", "Heads", "FTE", "Heads", "FTE", ""],
    )
    ((table, found),) = tables(Written().text(Sheet((*lines, *rows), [], rows)))
    assert table.headers == (
        "Unit", "Staff / Clerks / Heads", "Staff / Clerks / FTE", "Staff / Drivers / Heads", "Staff / Drivers / FTE", "Cost",
    )  # fmt: skip
    assert found == rows


SECOND = (["Product", "Units", "Price"], [["Pump", "5", "20.50"], ["Valve", "7", "3.10"], ["Pipe", "9", "1.00"]])
BETWEEN: dict[str, list[Row | str]] = {
    "a blank line": [""],
    "a blank line and a title": ["", "Products"],
    "padded blanks and a title": [padded([], 6), padded([], 6), padded(["Products"], 6), padded([], 6)],
    "a title alone": ["Products"],
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "||"])
@pytest.mark.parametrize("between", BETWEEN)
def test_tables_below_each_other_are_read_each_on_its_own(tables, between, delimiter):
    first = plain(ENGLISH, deals(8))
    second = plain(*SECOND)
    both = Sheet((*first.lines, *BETWEEN[between], *second.lines), [], [])
    found = tables(Written(delimiter).text(both))
    assert len(found) == 2 and _is_right(found[:1], first) and _is_right(found[1:], second), found
    titled_ = "Products" if "title" in between else "table 2"
    assert [table.sheet for table, _ in found] == ["table 1", titled_]
    assert "holds 2 tables, one below the other" in str(found[0][0].repairs[0])
    accounted = [
        line
        for table, _ in found
        for line in [table.header_line, *(skip.line for skip in table.skipped_lines)]
    ]  # fmt: skip
    assert len(accounted) + 8 + 3 == len(both.lines) and len(set(accounted)) == len(accounted)
    assert len(tables(Written(delimiter).text(both), sheet=titled_)) == 1


def test_the_largest_of_several_tables_is_the_copy_and_the_others_are_beside_it(tmp_path):
    sheet = Sheet((*plain(*SECOND).lines, "", "Deals", ENGLISH, *deals(8)), [], [])
    (tmp_path / "in.csv").write_bytes(Written().text(sheet))
    written = write_tables([tmp_path / "in.csv"], tmp_path / "out.csv")
    assert [one.out.name for one in written] == ["out - table 1.csv", "out.csv"]
    assert [len(one.out.read_text(encoding="utf-8").splitlines()) for one in written] == [4, 9]


ONE_TABLE: dict[str, list[Row | str]] = {
    "the header on each page": [ENGLISH, *deals(4), ENGLISH, *deals(4, seed=2)],
    "the header after a blank line": [ENGLISH, *deals(4), "", ENGLISH, *deals(4, seed=2)],
    "groups with their titles": [ENGLISH, padded(["North"], 6), *deals(4), padded(["South"], 6), *deals(4, seed=2)],
    "blank lines between rows": [ENGLISH, *deals(4), "", *deals(4, seed=2)],
    "totals of groups": [ENGLISH, *deals(4), ["Total for Dana", "", "₪5", "", "", ""], *deals(4, seed=2)],
    "a row of words after a blank line": [
        ["Name", "City", "Phone"], ["Avi", "Haifa", "03-1234567"], ["Ben", "Lod", "03-7654321"], "",
        ["Dan", "Haifa", "no phone"], ["Gil", "Lod", "03-1111111"],
    ],
    "words and a note at the end": [contacts()[0], *contacts()[1], "", "Notes", "All."],
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_TABLE)
def test_parts_of_one_table_stay_one_table(tables, case):
    found = tables(Written().text(Sheet(tuple(ONE_TABLE[case]), [], [])))
    assert len(found) == 1 and list(found[0][0].headers) == ONE_TABLE[case][0]


@pytest.mark.parametrize("odd", ["D-3,;,", "D-3,x,"])
def test_a_row_of_its_number_alone_is_no_title_of_a_further_table(read, odd):
    _table, rows = read(f"Deal,Note,Amount\nD-1,,1\nD-2,,\n{odd}\nD-4,1,\n")
    assert [row[1] for row in rows] == ["D-1", "D-2", "D-3", "D-4"]
