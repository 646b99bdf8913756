"""Every line accounted for, and the two ways into DuckDB give the same table."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import FileProblem
from data.reading import ReadOptions, TextTable, loading, read_tables
from data.reading.cells import clean
from tests.data.kit import empty_database

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
CHARACTERS = "ab1 ,;\t|'\"\nאבםש״׳\u200f\xa0.-"


def read_back(path: Path, options: ReadOptions = ReadOptions()) -> tuple[TextTable, list[tuple]]:  # noqa: B008
    with empty_database() as scratch:
        (table,) = read_tables(path, scratch, options)
        return table, scratch.execute(f"from {table.relation} order by line").fetchall()


@pytest.fixture
def ways(monkeypatch):
    """How the last file was loaded: True for regular."""
    taken: list[bool] = []
    regular = loading.load_regular

    def watched(*arguments) -> bool:
        taken.append(regular(*arguments))
        return taken[-1]

    monkeypatch.setattr(loading, "load_regular", watched)
    return taken


def test_a_regular_file_takes_the_fast_way(read, ways):
    read('a,b\n1,"x, y"\n2,"two\nlines"\n3,\n')
    read("a,b\r\n1,2\r\n\r\n")
    assert ways == [True, True]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1\n",
        "a,b\n1,2\n3,4\n1,2,3\n",
        "a,b\n \n1,2\n",
        'a,b\n\n"1\n\n",2\n',
        'a,b\n"x "y" z",2\n',
        'a,b\n"x, y" "z",2\n',
    ],
)
def test_an_irregular_file_takes_the_careful_way(read, ways, content):
    read(content)
    assert True not in ways


def test_blank_lines_in_a_regular_file_take_the_fast_way(read, ways, skipped):
    table, rows = read("a,b\r\n\r\n1,2\r\n\r\n\r\n3,\r\n5,6\r\n\r\n")
    assert ways == [True]
    assert rows == [(3, "1", "2"), (6, "3", None), (7, "5", "6")]
    assert skipped(table) == dict.fromkeys([2, 4, 5, 8], "A blank line.")


def test_a_note_below_a_blank_line_is_one_on_the_fast_way_too(read, ways, skipped):
    table, rows = read("a,b,c,d\n1,2,3,4\n\n5,6,7,8\n\nnote,,,\n")
    assert ways == [True] and [row[0] for row in rows] == [2, 4]
    assert skipped(table) == {3: "A blank line.", 5: "A blank line.", 6: "A note below the table."}


def test_line_numbers_count_the_breaks_inside_cells(read, ways):
    table, rows = read('id,"no\nte"\n1,"a\r\nb\r\nc"\n2,x\n3,"d\n"\n4,y\n\n')
    assert [(row[0], row[1]) for row in rows] == [(3, "1"), (6, "2"), (7, "3"), (9, "4")]
    assert [skip.line for skip in table.skipped_lines] == [10]
    assert rows[0][2] == "a\r\nb\r\nc" and rows[2][2] == "d"
    assert ways == [True]


def test_cells_are_trimmed_and_blank_is_null(read, ways):
    _, rows = read('a,b,c\n x ,"\u200fy\u00a0",\t\n"  ",\u202bz\u202c,x y\n')
    assert rows == [(2, "x", "y", None), (3, None, "z", "x y")]
    assert ways == [True]


def test_short_rows_are_padded_and_said(read):
    table, rows = read("a,b,c\n1,2,3\n4,5\n6,7,8\n9\n1,1,1\n")
    assert rows[1] == (3, "4", "5", None) and rows[3] == (5, "9", None, None)
    assert [str(repair) for repair in table.repairs] == [
        "2 rows have fewer cells than the header; the missing ones are empty. Lines 3, 5."
    ]


def test_a_cell_torn_by_an_unquoted_delimiter_is_joined_where_it_fits(read):
    table, rows = read("id,name,sum\n1,Acme,10\n2,Smith, John,20\n3,a,b,c,30\n4,Hooli,40\n")
    assert rows[1:3] == [(3, "2", "Smith, John", "20"), (4, "3", "a,b,c", "30")]
    said = str(table.repairs[0])
    assert said.startswith("2 rows have more cells than the header") and said.endswith("Check lines 3, 4.")


def test_empty_cells_too_many_are_nothing(read):
    table, rows = read("a,b\n1,2,,\n3,4\n5,6\n")
    assert rows[0] == (2, "1", "2") and not table.repairs


def test_columns_the_header_does_not_name_are_kept(read):
    table, rows = read("a,b\n1,2,3\n4,5,6\n7,8,9\n")
    assert table.headers == ("a", "b", "") and rows[0] == (2, "1", "2", "3")
    assert "1 more column" in str(table.repairs[0])


def test_tables_of_one_scratch_do_not_meet(scratch, tmp_path):
    path = tmp_path / "it's [1].csv"
    path.write_text("a,b\n1,2\n")
    names = {read_tables(path, scratch)[0].relation for _ in range(3)}
    assert len(names) == 3
    assert all(scratch.execute(f"from {name}").fetchall() == [(2, "1", "2")] for name in names)
    left = {name for (name,) in scratch.execute("select table_name from duckdb_tables()").fetchall()}
    assert left == {f"{name}_rows" for name in names}


def test_progress_goes_up_to_one(scratch, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 50_000 + "1\n")
    seen: list[float] = []
    read_tables(path, scratch, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 3


def test_a_large_file_with_long_cells_reads_alike_both_ways(tmp_path, monkeypatch, ways):
    dice, path = random.Random(1), tmp_path / "large.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "note", "n"])
        for i in range(60_000):
            note = "\n".join('שורה "x", y' for _ in range(dice.randint(1, 4))) if i % 3 else "plain"
            writer.writerow([i, note + "z" * (200_000 if i % 20_000 == 5 else 0), i % 7])
    fast = read_back(path)
    monkeypatch.setattr(loading, "load_regular", lambda *_: False)
    assert read_back(path) == fast
    assert ways == [True]
    assert fast[0].rows_read == 60_000


# Any text at all: both ways agree whenever the fast one takes it.
PIECES = st.sampled_from([
    "a", "1", "2.5", ",", ",", ",", "\n", "\n", "\r\n", '"', '""', " ", "\t", ";", 'בע"מ', "\xa0", "\u200f", "'",
    "Total", '"q"', '"a, b"', '"m\nn"', ' "x" ', "\r", "x y",
])  # fmt: skip


@SETTINGS
@given(st.lists(PIECES, min_size=1, max_size=90).map("".join), st.sampled_from([None, ","]))
def test_both_ways_agree(tmp_path, text, delimiter):
    path, options = tmp_path / "any.csv", ReadOptions(delimiter=delimiter)
    path.write_bytes(text.encode())
    try:
        fast = read_back(path, options)
    except FileProblem:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_regular", lambda *_: False)
        assert read_back(path, options) == fast


CELL = st.text(CHARACTERS, max_size=8)


@st.composite
def tables(draw):
    width = draw(st.integers(2, 5))
    headers = [f"header {letter}" for letter in "vwxyz"[:width]]
    row = st.lists(CELL, min_size=width - 1, max_size=width - 1)
    return headers, [[f"id{i}", *cells] for i, cells in enumerate(draw(st.lists(row, max_size=16)))]


@SETTINGS
@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "windows-1255"]),
)
def test_what_is_written_is_read(tmp_path, table, delimiter, quoting, end, encoding):
    headers, rows = table
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([headers, *rows])
    path = tmp_path / "written.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    wanted = ReadOptions(encoding=encoding, delimiter=delimiter)
    read, found = read_back(path, wanted)
    assert read.headers == tuple(headers)
    assert [list(row[1:]) for row in found] == [[clean(cell) or None for cell in row] for row in rows]
    lines, at = [], 2
    for row in rows:
        lines.append(at)
        at += 1 + sum(cell.count("\n") for cell in row)
    assert [row[0] for row in found] == lines
    assert not read.skipped_lines and not read.repairs
    if rows:  # and with nothing said about it
        guessed, again = read_back(path, ReadOptions(encoding=None if encoding != "windows-1255" else encoding))
        assert (guessed.delimiter, again) == (delimiter, found)


@SETTINGS
@given(st.lists(st.sampled_from(["a,b,c", "x,1,2", ",,", "", "x", "x,y", "Total,1,2", "t,,", "q,w,e,r"]), max_size=40))
def test_every_line_is_a_row_or_the_header_or_skipped(tmp_path, lines):
    path = tmp_path / "lines.csv"
    path.write_text("".join(f"{line}\n" for line in ["name,n,m", *lines]))
    table, rows = read_back(path, ReadOptions(delimiter=",", header_line=1))
    accounted = [table.header_line, *(skip.line for skip in table.skipped_lines), *(row[0] for row in rows)]
    assert sorted(accounted) == list(range(1, len(lines) + 2))
    assert table.rows_read == len(rows)
