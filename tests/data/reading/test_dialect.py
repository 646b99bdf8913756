import csv
import io

import pytest

from data.errors import FileProblem
from data.reading.records import errors, records
from data.reading.types import Dialect


@pytest.mark.parametrize(
    "content, delimiter, headers",
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1;2\n", ";", ("a", "b")),
        ("a\tb\n1\t2\n", "\t", ("a", "b")),
        ("a|b\n1|2\n", "|", ("a", "b")),
        ("name;sum\nx;1,5\ny;2,5\n", ";", ("name", "sum")),  # as many commas in the rows as semicolons
        ("name\tsum\nCohen, Dan\t1\nLevi, Noa\t2\n", "\t", ("name", "sum")),
        ("a,note\n1,x;y;z\n2,u;v;w\n", ",", ("a", "note")),
        ('a,b\n"1;2;3;4","5;6;7;8"\n', ",", ("a", "b")),  # counts of characters alone would say semicolon
        ("name\nAcme\nGlobex\n", "", ("name",)),
        ("name\nAcme, Inc\nGlobex\nInitech, Ltd\nHooli\n", "", ("name",)),
        ("name\nSmith, John\nDoe, Jane\n", "", ("name",)),
        ("only,a,header\n", ",", ("only", "a", "header")),
        ("My report\n\na,b,c\n1,2,3\n", ",", ("a", "b", "c")),
        ("sep=;\na;b,c\n1;2,3\n", ";", ("a", "b,c")),
        ("'a','b, c'\n'1','2, 3'\n", ",", ("a", "b, c")),
        ("name,n\nO'Hara,1\n'Abd,2\nD'Arcy,3\nit's,4\n", ",", ("name", "n")),
    ],
)
def test_the_delimiter(read, content, delimiter, headers):
    table, _ = read(content)
    assert (table.delimiter, table.headers) == (delimiter, headers)


TITLES = {
    "a title": ["Deals"], "a title with a comma": ["Deals, June 2024"], "a year": ["2024"], "a blank line too": ["Deals", ""],
    "a title of two cells": ["Made by|Dana"], "two titles": ["Deals", "Until|30.6.2024"],
}  # fmt: skip
MONEY = {
    "thousands commas": "₪ 12,537.50", "decimal commas": "1537,50", "both": "€ 12.537,50", "decimal points": "1537.50",
    "millions": "$1,234,567", "spaces": "1 537,50 zł",
}  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("money", MONEY)
@pytest.mark.parametrize("titles", TITLES)
@pytest.mark.parametrize("padded", [True, False], ids=["padded", "bare"])
def test_titles_above_and_commas_in_money_do_not_mislead(read, delimiter, money, titles, padded):
    header = ["no", "deal", "sum", "created", "owner"]
    rows = [[str(n), f"deal {n}", MONEY[money], "24.1.2024", "Dana; or | Noa" if n == 7 else "Dana"] for n in range(12)]
    above = [title.split("|") for title in TITLES[titles]]
    above = [cells + [""] * (5 - len(cells)) for cells in above] if padded else above
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([*above, header, *rows])
    table, found = read(out.getvalue())
    assert (table.delimiter, table.headers, table.header_line) == (delimiter, tuple(header), len(above) + 1)
    assert [list(row[1:]) for row in found] == rows


def test_a_hebrew_report_with_a_padded_title_and_totals(read, skipped):
    header = "מספר עסקה;שם עסקה;לקוח;סכום;תאריך סגירה"
    rows = [f'{n};עסקה {n};חברת "דוגמה" {n} בע"מ;₪ 12,{n}.50;' for n in range(500, 540)]
    lines = ["דוח עסקאות;;;;", header, *rows, 'סה"כ;;;₪ 1,000,000;']
    table, found = read("\r\n".join(lines).encode("cp1255"))
    assert (table.encoding, table.delimiter, table.headers) == ("windows-1255", ";", tuple(header.split(";")))
    assert found[0] == (3, "500", "עסקה 500", 'חברת "דוגמה" 500 בע"מ', "₪ 12,500.50", None) and len(found) == 40
    assert skipped(table) == {1: "A title above the table.", 43: "A row of totals."}


@pytest.mark.parametrize(
    "content, delimiter",
    [
        ("2022;2023;2024\n1,5;2,5;3,55\n4,5;6;7\n", ";"),  # the header looks like a row
        ("1;x, y;2024-01-01\n2;z, w;2024-01-02\n", ";"),  # no header: both split all lines, one into more cells
    ],
)
def test_the_wider_split_is_preferred_where_it_fits_all_lines(read, content, delimiter):
    assert read(content)[0].delimiter == delimiter


def test_the_reason_counts(read):
    table, _ = read("a;b\n1;2\n3;4\n")
    assert str(table.delimiter_reason) == "Split at “;”, 3 of the first 3 lines have 2 cells."


@pytest.mark.parametrize("wanted", ["\t", "tab", "Tab", "\\t"])
def test_tab_has_names(read, wanted):
    assert read("a,b\tc\n1,2\t3\n", delimiter=wanted)[0].headers == ("a,b", "c")


def test_any_one_character_may_be_chosen(read):
    assert read("a~ b\n1 ~2\n", delimiter="~")[1] == [(2, "1", "2")]
    assert read("a b\n1 2\n", delimiter=" ")[1] == [(2, "1", "2")]
    assert read("a,b\n1,2\n", delimiter="")[1] == [(2, "1,2")]


@pytest.mark.parametrize("wanted", ["ab", '"', "\n"])
def test_what_cannot_delimit_is_said(read, wanted):
    with pytest.raises(FileProblem, match="cannot separate"):
        read("a,b\n1,2\n", delimiter=wanted)


@pytest.mark.parametrize(
    "line, cells",
    [
        ('בע"מ,1', ['בע"מ', "1"]),
        ('"חברה בע"מ",1', ['חברה בע"מ', "1"]),
        ('"חברה ""בע""מ",1', ['חברה "בע"מ', "1"]),
        ('"בע"מ, ת"א",1', ['בע"מ, ת"א', "1"]),
        ('"ארגון "הצלה"",1', ['ארגון "הצלה"', "1"]),
        ('"לול" ושות,1', ['"לול" ושות', "1"]),
        ('"לול,1', ['"לול', "1"]),
        ('"a" , "b, c"', ["a", "b, c"]),
        ('"א, ב" "ג",1', ['א, ב" "ג', "1"]),
        ('"a\nb" ,1', ["a\nb", "1"]),
        ('"שורה\nבע"מ\nסוף",1', ['שורה\nבע"מ\nסוף', "1"]),
        ('"""",1', ['"', "1"]),
    ],
)
def test_quotes_of_all_kinds_survive_between_plain_neighbours(read, line, cells):
    assert [r.cells for r in records([f"{part}\n" for part in line.split("\n")], Dialect(","), 2)] == [cells]
    table, rows = read(f"first,second\nbefore,x\n{line}\nafter,y\n")
    height = line.count("\n") + 1
    assert rows == [(2, "before", "x"), (3, *cells), (3 + height, "after", "y")]
    breaks_rules = errors(f"{line}\n".splitlines(keepends=True), Dialect(",")) > 0 and '" ,' not in line
    assert ["a quote that does not belong there" in str(repair) for repair in table.repairs] == [True] * breaks_rules


def test_a_quote_that_is_never_closed_takes_one_line_only(read):
    content = "name,n\n" + "x,1\n" * 50 + '"open,2\n' + "y,3\n" * 50_000
    table, rows = read(content)
    assert table.rows_read == 50_051
    assert rows[50] == (52, '"open', "2")


def test_hostile_runs_of_quotes_take_no_time(read):
    table, _ = read("a,b\n" + ('"' * 999 + "x,1\n") * 300)
    assert table.rows_read == 300


@pytest.mark.parametrize(
    "content, delimiter, cells",
    [
        ("a~b~c\n1~x, y~2\n3~z, w~4\n", "~", ["1", "x, y", "2"]),
        ("a^b^c\n1^x^2\n", "^", ["1", "x", "2"]),
        ("a¦b¦c\n1¦x, y¦2\n", "¦", ["1", "x, y", "2"]),
        ("name:kind:day\nx:y:2/1/03\nz:w:3/1/03\n", ":", ["x", "y", "2/1/03"]),
        ("name+ kind+ day\nx/y+ b+ 2/1/03\nz+ w+ 3/1/03\n", "+", ["x/y", "b", "2/1/03"]),
        ("'it''s':'a':'b'\n'c''s':'d: e':'f'\n", ":", ["c's", "d: e", "f"]),
        ("'a','b'\n'x \"y\"','z, w'\n", ",", ['x "y"', "z, w"]),
    ],
)
def test_delimiters_and_quotes_that_few_use(read, content, delimiter, cells):
    table, rows = read(content)
    assert (table.delimiter, list(rows[0][1:])) == (delimiter, cells)


@pytest.mark.parametrize(
    "content",
    ["time\n12:30:15\n13:40:11\n", "email address\na@b.com\nc@d.com\n", "link\nhttp://a.b/?c=d&e=f\nhttp://a.b/?c=e&e=g\n",
     "full name\nDana Levi\nNoa Cohen\n", "Deal name\nDeal 1\nDeal 2\nDeal 3\n", "Note\nSome text here\nMore of it, in a line\n"],
)  # fmt: skip
def test_marks_inside_words_do_not_split_a_column(read, content):
    table, rows = read(content)
    assert table.delimiter == "" and [row[1] for row in rows] == content.splitlines()[1:]


@pytest.mark.parametrize(
    "line, cells",
    [
        (r'"he said \"hi\"",2', ['he said "hi"', "2"]),
        (r'"a \"b\", c",2', ['a "b", c', "2"]),
        (r'"C:\\dir\new","\"2\""', [r"C:\dir\new", '"2"']),  # a backslash before any other character is one
        (r"x\,0,2", ["x,0", "2"]),
    ],
)
def test_backslashes_that_escape(read, line, cells):
    table, rows = read(f"name,n\n{line}\nlast,3\n")
    assert [list(row[1:]) for row in rows] == [cells, ["last", "3"]]
    assert not table.repairs


@pytest.mark.parametrize(
    "content, cells",
    [
        ('k,v\n"C:\\dir\\","x"\n"D:\\","y"\n', ["C:\\dir\\", "x"]),
        ('k,v\n1,"{""a"": ""x \\""y\\"" z""}"\n', ["1", '{"a": "x \\"y\\" z"}']),
    ],
)
def test_backslashes_that_are_backslashes(read, content, cells):
    assert list(read(content)[1][0][1:]) == cells


@pytest.mark.parametrize(
    "content, headers, rows",
    [
        (" id  day n\n 00001 19970101  1\n 00002 19970112 12\n", ("id", "day", "n"),
         [("00001", "19970101", "1"), ("00002", "19970112", "12")]),
        ("Name            City           Sum\nDana Levi       Tel Aviv        12\nNoa             Haifa          150\n",
         ("Name", "City", "Sum"), [("Dana Levi", "Tel Aviv", "12"), ("Noa", "Haifa", "150")]),
        ("Id   Name        Sum\n1    Dana Levi    12\n2                150\n3    Noa\n44   Ron Ben      7\n",
         ("Id", "Name", "Sum"), [("1", "Dana Levi", "12"), ("2", None, "150"), ("3", "Noa", None), ("44", "Ron Ben", "7")]),
        ("id  created           n\n1   2024-01-01 10:30  5\n2   2024-01-01 11:30  15\n",
         ("id", "created", "n"), [("1", "2024-01-01 10:30", "5"), ("2", "2024-01-01 11:30", "15")]),
        ("Name           Sum\nLevi, Dana      5\nCohen, Noa     12\n", ("Name", "Sum"), [("Levi, Dana", "5"), ("Cohen, Noa", "12")]),
        ('a b c\n1 "x y" 2\n3 z 4\n5 "" 6\n', ("a", "b", "c"), [("1", "x y", "2"), ("3", "z", "4"), ("5", None, "6")]),
    ],
    ids=["words", "gaps", "places", "times", "commas", "quotes"],
)  # fmt: skip
def test_cells_apart_by_spaces(read, content, headers, rows):
    table, found = read(content)
    assert (table.delimiter, table.headers, [row[1:] for row in found]) == (" ", headers, rows)
    assert not table.repairs and not table.skipped_lines
    assert "spaces stand between cells" in str(table.delimiter_reason)
    again, same = read(content, delimiter=" ")
    assert again.delimiter == " " and (content.startswith(("Name", "Id")) or same == found)


def test_a_title_above_text_apart_by_spaces(read, skipped):
    table, rows = read(
        "Sales of June\n\nName      City       Sum\nDana Levi  Tel Aviv   12\nNoa        Haifa     150\n\n"
    )
    assert (table.headers, rows[0]) == (("Name", "City", "Sum"), (4, "Dana Levi", "Tel Aviv", "12"))
    assert skipped(table) == {1: "A title above the table.", 2: "A blank line.", 6: "A blank line."}


def test_a_word_over_two_columns_is_left_whole_and_said(read):
    lines = [
        "Id   Name        Sum",
        "1    Dana Levi    12",
        "2                150",
        "3    Noa",
        "44   Ron Ben      7",
    ] * 1
    wide = [
        *lines,
        *(f"{n:<5}Dana          {n}" for n in range(10, 700)),
        "800  Abcdefghijklmnopq",
        "801  Noa           5",
    ]
    table, rows = read("\n".join(wide))
    assert rows[-2] == (len(wide) - 1, "800", "Abcdefghijklmnopq", None) and rows[-1][1:] == ("801", "Noa", "5")
    assert [str(repair) for repair in table.repairs] == [
        f"In 1 row a word stands across two columns and was left whole, in the first of them. Check line {len(wide) - 1}."
    ]


def test_more_words_than_columns_are_said(read):
    content = (
        " id  day n\n"
        + "".join(f" {n:05} 19970101  1\n" for n in range(600))
        + " 00700 19970102  1 2\n 00701 19970103\n"
    )
    table, rows = read(content)
    assert rows[-1] == (603, "00701", "19970103", None)
    assert [str(repair).split(",")[0] for repair in table.repairs] == [
        "1 row has fewer cells than the header; the missing ones are empty. Line 603.", "1 row has more cells than the header",
    ]  # fmt: skip
