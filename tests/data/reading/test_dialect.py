import pytest

from data.errors import FileProblem
from data.reading.dialect import Dialect, records


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
    assert not table.repairs


def test_a_quote_that_is_never_closed_takes_one_line_only(read):
    content = "name,n\n" + "x,1\n" * 50 + '"open,2\n' + "y,3\n" * 50_000
    table, rows = read(content)
    assert table.rows_read == 50_051
    assert rows[50] == (52, '"open', "2")


def test_hostile_runs_of_quotes_take_no_time(read):
    table, _ = read("a,b\n" + ('"' * 999 + "x,1\n") * 300)
    assert table.rows_read == 300
