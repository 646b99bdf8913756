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


FRENCH_MORE = ["Nom,Ville", "René Lefèvre,Orléans", "Müller,Köln", "Noël,Besançon"]
HEBREW_MORE = ["שם,עיר", "משרד,חיפה", "חברה,תל אביב", "לקוח,ירושלים"]
OTHERS = {
    "windows-1252 then cp850": (FRENCH_MORE, "windows-1252", ["José,Málaga", "Günther,Zürich"], "cp850"),
    "utf-8 then windows-1255": (HEBREW_MORE, "utf-8", ["דנה לוי,באר שבע", "נועה,אילת"], "windows-1255"),
    "windows-1255 then utf-8": (HEBREW_MORE, "windows-1255", ["דנה לוי,באר שבע", "נועה,אילת"], "utf-8"),
    "utf-8 then windows-1252": (FRENCH_MORE, "utf-8", ["Café,Zoë", "don’t José,x"], "windows-1252"),
    "windows-1255 then windows-1252": (HEBREW_MORE, "windows-1255", ["Café,Orléans", "René,x"], "windows-1252"),
    "windows-1255 then cp862": (HEBREW_MORE, "windows-1255", ["דנה לוי,באר שבע", "נועה,אילת"], "cp862"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_lines_in_another_encoding_are_read_in_it_and_said(read, case):
    lines, main, more, other = OTHERS[case]
    content = "".join(f"{line}\n" for line in lines).encode(main) + "".join(f"{line}\n" for line in more).encode(other)
    table, rows = read(content)
    assert table.encoding == main
    assert [",".join(row[1:]) for row in rows] == [*lines[1:], *more]
    assert [str(repair) for repair in table.repairs] == [
        f"2 lines make sense in {other} only and were read so, unlike the rest: lines 5, 6."
    ]


@pytest.mark.parametrize("lines, encoding", [(FRENCH_MORE, "cp850"), (HEBREW_MORE, "cp862")])
def test_a_whole_file_of_a_dos_program(read, lines, encoding):
    table, rows = read("\r\n".join(lines).encode(encoding))
    assert (table.encoding, table.repairs) == (encoding, ())
    assert f"make sense in {encoding} only" in str(table.encoding_reason)
    assert [",".join(row[1:]) for row in rows] == lines[1:]


def test_a_byte_that_is_not_utf8_inside_a_line_that_is(read):
    table, rows = read("שם,עיר\nמשרד,חיפה\n".encode() + "לקוח ".encode() + b"Caf\xe9,x\n")
    assert (table.encoding, rows[-1]) == ("utf-8", (3, "לקוח Café", "x"))
    assert "1 line makes sense in windows-1252 only" in str(table.repairs[0])


def test_lines_that_tell_nothing_follow_the_file_and_are_said(read):
    content = (
        "Nom,Prix\nRené,5\nMüller,6\nNoël,7\n".encode("cp1252")
        + "José,8\n".encode("cp850")
        + b"a\xa0b,9 \xa3\nStra\xe1e,3\n"
    )
    table, rows = read(content)
    assert [row[1] for row in rows[3:]] == ["José", "a\xa0b", "Straáe"] and rows[4][2] == "9 £"
    assert [str(repair) for repair in table.repairs] == [
        "1 line makes sense in cp850 only and was read so, unlike the rest: line 5.",
        "2 lines could be in more than one encoding and were read as windows-1252: lines 6, 7.",
    ]


def test_a_file_that_tells_nothing_is_said_to_be_a_guess(read):
    table, rows = read(b"a,b\n\xa3 5,\x80\n")
    assert (table.encoding, rows) == ("windows-1252", [(2, "£ 5", "€")])
    assert "Nothing in the file tells its encoding; it was read as windows-1252." in str(table.repairs[0])


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("a,b\ndon’t,“x”\n– y,€€€\n", "windows-1252"),
        ('שם,סכום\nבע"מ,ת\nא,₪ 5\nג׳ירפה – ״צה״ל״,3\nשָׁלוֹם,Acme’s\n', "windows-1255"),
    ],
)
def test_quotes_dashes_and_points_are_signs_not_letters(read, text, encoding):
    table, rows = read(text.encode(encoding))
    assert (table.encoding, table.repairs) == (encoding, ())
    assert [",".join(row[1:]) for row in rows] == text.splitlines()[1:]


def test_hebrew_written_back_to_front_is_said(read):
    lines = [",".join(word[::-1] for word in line.split(",")) for line in ["שם,עיר", "תאריכים,שלום", "בנימין,ירושלים"]]
    table, rows = read("\n".join(lines).encode("iso-8859-8"))
    assert rows[0][1:] == ("םיכיראת", "םולש")
    assert "back to front (visual order): 5 words" in str(table.repairs[0])
