import codecs

import pytest

from data.errors import FileProblem

HEBREW = 'שם,עיר\nחברה בע"מ,תל אביב\nמשרד,חיפה\n'
FRENCH = "Nom,Ville\nRené Lefèvre,Orléans\nÉmile,Besançon\n"


@pytest.mark.parametrize(
    "content, encoding, says",
    [
        (b"a,b\n1,2\n", "utf-8", "ASCII"),
        (HEBREW.encode(), "utf-8", "valid UTF-8"),
        (codecs.BOM_UTF8 + HEBREW.encode(), "utf-8-sig", "byte order mark of UTF-8"),
        (HEBREW.encode("utf-16"), "utf-16", "byte order mark of UTF-16"),
        (codecs.BOM_UTF16_BE + HEBREW.encode("utf-16-be"), "utf-16", "byte order mark of UTF-16"),
        (HEBREW.encode("utf-16-le"), "utf-16-le", "zero byte"),
        (HEBREW.encode("utf-16-be"), "utf-16-be", "zero byte"),
        (HEBREW.encode("cp1255"), "windows-1255", "8 Hebrew words and 0 accented"),
        (FRENCH.encode("cp1252"), "windows-1252", "5 accented Latin letters and 0 Hebrew"),
        ("שם,סכום\nא,100 ₪\n".encode("cp1255"), "windows-1255", "Hebrew words"),
    ],
)
def test_the_encoding_and_its_reason(read, content, encoding, says):
    table, rows = read(content)
    assert table.encoding == encoding
    assert says in str(table.encoding_reason)
    text = content.decode(encoding)
    assert [row[1:] for row in rows] == [tuple(line.split(",")) for line in text.splitlines()[1:]]
    assert table.headers == tuple(text.lstrip("\ufeff").splitlines()[0].split(","))


def test_the_whole_file_is_judged_not_its_head(read):
    table, rows = read(b"name,n\n" + b"plain,1\n" * 400_000 + "שלום עולם,2\n".encode("cp1255"))
    assert table.encoding == "windows-1255"
    assert "line 400,002" in str(table.encoding_reason)
    assert rows[-1] == (400_002, "שלום עולם", "2")


def test_characters_on_a_chunk_border_are_whole(read):
    table, rows = read(("a,b\n" + "x" * ((1 << 20) - 5) + "שלום,1\n").encode())
    assert table.encoding == "utf-8" and rows[0][1].endswith("xשלום")


def test_one_damaged_byte_does_not_turn_utf8_into_mojibake(read):
    table, rows = read("שם,עיר\nמשרד,חיפה\n".encode() + b"x\xd7,y\n")
    assert table.encoding == "utf-8"
    assert rows == [(2, "משרד", "חיפה"), (3, "x\ufffd", "y")]
    assert "1 character could not be read" in str(table.repairs[0])


def test_the_person_overrides(read):
    assert read(FRENCH.encode("cp1252"), encoding="cp1255")[0].encoding == "windows-1255"
    table, rows = read(FRENCH.encode("latin-1"), encoding="latin-1")
    assert str(table.encoding_reason) == "You chose it." and rows[0][1] == "René Lefèvre"


@pytest.mark.parametrize("encoding, says", [("klingon", "not an encoding"), ("base64", "not an encoding")])
def test_an_unknown_encoding_is_said(read, encoding, says):
    with pytest.raises(FileProblem, match=says):
        read(HEBREW, encoding=encoding)


def test_a_wrong_encoding_is_said_with_the_line(read):
    with pytest.raises(FileProblem, match=r"cannot be read as utf-8 near line \d"):
        read(HEBREW.encode("cp1255"), encoding="utf-8")


def test_nul_bytes_are_left_out_and_said(read):
    table, rows = read("name,n\n" + "first row,1\n" * 20 + "sec\0ond,2\n")
    assert rows[-1] == (22, "second", "2")
    assert [str(repair) for repair in table.repairs] == ["1 NUL character was left out."]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_kind_of_line_end(read, end):
    _, rows = read(end.join(["a,b", "1,2", "3,4", ""]))
    assert rows == [(2, "1", "2"), (3, "3", "4")]


def test_a_lone_return_inside_a_cell_stays(read):
    _, rows = read('a,b\r\n"x\ry",2\r\n3,4\r\n')
    assert rows == [(2, "x\ry", "2"), (4, "3", "4")]
