"""Tables written as plain CSV: what is in the file, where it stands, and what is never written over."""

import csv
import io

import pytest
import xlsxwriter

from data.errors import FileProblem, RequestProblem
from data.reading import ReadOptions
from data.reading.write import write_tables


@pytest.fixture
def copied(tmp_path):
    """The bytes of the plain CSV made of a file with this content."""

    def copying(content: str | bytes, **options) -> bytes:
        file = tmp_path / "in.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        (written,) = write_tables([file], tmp_path / "out.csv", ReadOptions(**options))
        return written.out.read_bytes()

    return copying


@pytest.mark.parametrize(
    "content, plain",
    [
        ("a,b,c\n1,2,3\n", "a,b,c\r\n1,2,3\r\n"),
        ("a,b,c\r\n1,2,3\r\n", "a,b,c\r\n1,2,3\r\n"),
        ('first,zip\nJohn,08123\n"Doe, Jane",00120\n', 'first,zip\r\nJohn,08123\r\n"Doe, Jane",00120\r\n'),
        ('a,b,c\n1,"",""\n2,3,4\n', "a,b,c\r\n1,,\r\n2,3,4\r\n"),
        ('a,b\n1,"ha ""ha"" ha"\n3,4\n', 'a,b\r\n1,"ha ""ha"" ha"\r\n3,4\r\n'),
        ('key,val\n1,"{""type"": ""Point"", ""at"": [102.0, 0.5]}"\n',
         'key,val\r\n1,"{""type"": ""Point"", ""at"": [102.0, 0.5]}"\r\n'),
        ("Phone,At,City\n209,37\ufffd36'37.8\"N,Modesto\n", "Phone,At,City\r\n209,\"37\ufffd36'37.8\"\"N\",Modesto\r\n"),
        ('a,b\n1,2\n"Once upon \na time",5\n7,8\n', 'a,b\r\n1,2\r\n"Once upon \na time",5\r\n7,8\r\n'),
        ('a,b\r\n1,2\r\n"Once upon \r\na time",5\r\n', 'a,b\r\n1,2\r\n"Once upon \r\na time",5\r\n'),
        ('a,b\n1,"ha \n""ha"" \nha"\n3,4\n', 'a,b\r\n1,"ha \n""ha"" \nha"\r\n3,4\r\n'),
        ("a,b\n4,ʤ\n", "a,b\r\n4,ʤ\r\n"),
        ('a\n"x\ry"\n\nz\n', 'a\r\n"x\ry"\r\nz\r\n'),  # a lone CR is quoted, a blank line is no row
        ("\ufeffa,b\n =1+1 ,-2\n", "a,b\r\n=1+1,-2\r\n"),  # a copy: formulas as they are; no byte order mark
        ("id,,id\n1,2,3\n", "id,,id\r\n1,2,3\r\n"),
        ("Deals of June,,\n,,\nname,sum,n\nx,1,2\ny,3,4\nname,sum,n\nz,5,6\nTotal,9,12\n",
         "name,sum,n\r\nx,1,2\r\ny,3,4\r\nz,5,6\r\n"),
        ("a,b\n", "a,b\r\n"),
    ],
)  # fmt: skip
def test_the_copy_is_plain_csv(copied, content, plain):
    assert copied(content) == plain.encode()
    assert copied(plain) == plain.encode()


def test_the_options_are_those_of_reading(copied):
    assert (
        copied("שם|סכום\nא|1,5\n".encode("cp862"), encoding="cp862", delimiter="|") == 'שם,סכום\r\nא,"1,5"\r\n'.encode()
    )


def test_several_tables_go_into_a_folder(tmp_path):
    book, other, same = tmp_path / "Book.xlsx", tmp_path / "deals.csv", tmp_path / "more" / "Deals.csv"
    with xlsxwriter.Workbook(book) as workbook:
        for name, cells in (("One", ["a", "b"]), ("שתיים", ["c", "d"])):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, cells)
            sheet.write_row(1, 0, ["1", 2.5])
    same.parent.mkdir()
    for file in (other, same):
        file.write_text("x;y\n1;2\n")
    out = tmp_path / "out"
    written = write_tables([book, other, same], out)
    assert [item.out.name for item in written] == ["Book - One.csv", "Book - שתיים.csv", "deals.csv", "Deals (2).csv"]
    assert sorted(path.name for path in out.iterdir()) == sorted(item.out.name for item in written)
    assert [item.path for item in written] == [str(book), str(book), str(other), str(same)]
    with written[1].out.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["c", "d"], ["1", "2.5"]]


def test_a_folder_takes_one_table_too(tmp_path):
    file = tmp_path / "deals.tsv"
    file.write_text("x\ty\n1\t2\n")
    (written,) = write_tables([file], tmp_path / "new" / "folder")
    assert written.out == tmp_path / "new" / "folder" / "deals.csv"
    assert written.out.read_bytes() == b"x,y\r\n1,2\r\n"


def test_what_cannot_be_written_is_said_and_nothing_is(tmp_path):
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file in files:
        file.write_text("a,b\n1,2\n")
    with pytest.raises(RequestProblem, match=r"2 tables do not fit into one CSV file, out\.csv\."):
        write_tables(files, tmp_path / "out.csv")
    with pytest.raises(RequestProblem, match=r"one\.csv is a file to be read"):
        write_tables(files[:1], tmp_path / "one.csv")
    with pytest.raises(RequestProblem, match=r"one\.csv is a file to be read"):
        write_tables(files[:1], tmp_path)
    with pytest.raises(FileProblem, match="cannot be written"):
        write_tables(files, files[0] / "folder")
    with pytest.raises(FileProblem, match="cannot be opened"):
        write_tables([files[0], tmp_path / "none.csv"], tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.csv", "two.csv"]
    assert files[0].read_text() == "a,b\n1,2\n"


def test_many_rows_keep_their_order(tmp_path):
    file, text = tmp_path / "in.csv", io.StringIO(newline="")
    csv.writer(text).writerows([["id", "note"], *([f"{n:06}", "two\nlines" if n % 7 else "x"] for n in range(12_000))])
    file.write_bytes(text.getvalue().encode())
    (written,) = write_tables([file], tmp_path / "out.csv")
    assert written.out.read_bytes() == file.read_bytes()
