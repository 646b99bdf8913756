"""Inputs that are extreme in one way each: what makes a reader slow, if anything does.

Each function of `EXTREMES` gives about `size` bytes, under the name of what it is.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable

from tests.fuzz import books

MEGABYTE = 1 << 20
_HEAD = "Deal ID,Deal name,Stage,Amount,Created date\n"


def _filled(piece: str, size: int, start: str = "", end: str = "") -> bytes:
    """The piece again and again, between a start and an end."""
    body, unit = size - len(start.encode()) - len(end.encode()), piece.encode()
    return start.encode() + unit * max(1, body // len(unit)) + end.encode()


def _columns(n: int, rows: int = 3) -> bytes:
    lines = [",".join(f"h{i}" for i in range(n)), *(",".join(str(i) for i in range(n)) for _ in range(rows))]
    return "\n".join(lines).encode()


def _page(inner: bytes) -> bytes:
    return b"<html><body>" + inner + b"</body></html>"


def _noise(letters: bytes, size: int) -> bytes:
    return bytes(random.Random(5).choices(letters, k=size))


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


EXTREMES: dict[str, Callable[[int], bytes]] = {
    # one character
    "only quotes": lambda n: b'"' * n,
    "only apostrophes": lambda n: b"'" * n,
    "only commas": lambda n: b"," * n,
    "only tabs": lambda n: b"\t" * n,
    "only spaces": lambda n: b" " * n,
    "only line feeds": lambda n: b"\n" * n,
    "only carriage returns": lambda n: b"\r" * n,
    "only CR CR LF": lambda n: b"\r\r\n" * (n // 3),
    "only one letter": lambda n: b"a" * n,
    "only digits": lambda n: b"7" * n,
    "only NUL": lambda n: b"\0" * n,
    "only backslashes": lambda n: b"\\" * n,
    "only letters of windows-1255": lambda n: "ש".encode("cp1255") * n,
    "only byte order marks": lambda n: b"\xef\xbb\xbf" * (n // 3),
    "only marks of UTF-16": lambda n: b"\xff\xfe" * (n // 2),
    # quotes
    "an unclosed quote": lambda n: _filled("1,Acme,Open,100,2024-01-05\n", n, _HEAD + '0,"Beta,Open,5,2024-01-05\n'),
    "an unclosed quote on every line": lambda n: _filled('1,"Acme,Open,100,2024-01-05\n', n, _HEAD),
    "a stray quote in every cell": lambda n: _filled('1,Ac"me,Op"en,1"00,2024\n', n, _HEAD),
    "quotes in quoted cells": lambda n: _filled('1,"Ac"me" Ltd",Open,"1"0",2024\n', n, _HEAD),
    "quotes opened and left, two a line": lambda n: _filled('"a,"b\n', n, "x,y\n"),
    "quote, letter, quote": lambda n: _filled('"a', n),
    "quote, comma": lambda n: _filled('",', n),
    "quote, comma, line end": lambda n: _filled('",\n', n, "a,b\n"),
    "quote, line end": lambda n: _filled('"\n', n, "a,b\n"),
    "a line of quotes": lambda n: _filled('"', n, "a,b\n1,2\n", "\n3,4\n"),
    "a line of quotes and commas": lambda n: _filled('","', n, "a,b\n1,2\n", "\n3,4\n"),
    "a line of quotes and blanks": lambda n: _filled('" ', n, "a,b\n1,2\n", "\n3,4\n"),
    "pairs of quotes in an open cell": lambda n: _filled('""', n, 'a,b\n1,"', "\n3,4\n"),
    "a quoted cell of many lines": lambda n: _filled("line\n", n, 'a,b\n1,"', '"\n3,4\n'),
    "a quoted cell of many lines, unclosed": lambda n: _filled("line\n", n, 'a,b\n1,"', "\n3,4\n"),
    "apostrophes as quotes": lambda n: _filled("'1','Ac''me','it''s\n", n, "'a','b','c'\n"),
    "apostrophes after commas": lambda n: _filled(",'x''", n, "'a','b'\n"),
    "escaped quotes": lambda n: _filled('1,"a\\"b\\",c"\n', n, "a,b\n"),
    "a backslash before every quote": lambda n: _filled('\\"', n, "a,b\n1,", "\n"),
    # lines
    "300k lines of three characters": lambda n: _filled("a,b", 3) + _filled("\n1,2", n),
    "lines of one character": lambda n: _filled("x\n", n),
    "lines of one comma": lambda n: _filled(",\n", n, "a,b\n"),
    "blank lines between rows": lambda n: _filled("1,2\n\n\n\n", n, "a,b\n"),
    "blank lines at the end": lambda n: _filled("\n", n, _HEAD + "1,a,b,2,3\n"),
    "blank lines at the start": lambda n: b"\n" * n + _HEAD.encode() + b"1,a,b,2,3\n",
    "lone CR among LF": lambda n: _filled("1,2\r3,4\n", n, "a,b\n"),
    "one long line of words": lambda n: _filled("word ", n),
    "one long line after the header": lambda n: _filled("word ", n, "a,b\n1,", "\n2,3\n"),
    "one long line of commas after the header": lambda n: _filled(",", n, "a,b\n1,", "\n2,3\n"),
    "one long line of cells after the header": lambda n: _filled("x,", n, "a,b\n1,", "\n2,3\n"),
    "rows of ever more cells": lambda n: "\n".join(",".join("x" * i) for i in range(1, int(n**0.5))).encode(),
    "half the rows too long": lambda n: _filled("1,2\n1,2,3,4,5,6\n", n, "a,b\n"),
    "half the rows too short": lambda n: _filled("1\n1,2,3\n", n, "a,b,c\n"),
    "rows in turn of four delimiters": lambda n: _filled("1,2\n1;2\n1\t2\n1|2\n", n, "a,b\n"),
    "the header again and again": lambda n: _filled("a,b\n", n),
    "the header, then half of it": lambda n: _filled("a,b\n1,2\nTitle,\n", n, "a,b\n"),
    "totals again and again": lambda n: _filled("Total,5\n", n, "a,b\n"),
    "page numbers again and again": lambda n: _filled("Page 1 of 2,\n", n, "a,b\n1,2\n"),
    "titles and totals of a board": lambda n: _filled("Group\nName,Status\nx,y\n,5\n", n),
    "a board with subitems": lambda n: _filled("Item,Open\nSubitems,Name,Owner\n,a,b\n", n, "Group\nName,Status\n"),
    # width
    "16,384 columns": lambda n: _columns(16_384, max(1, n // 90_000)),
    "a header of 100,000 names": lambda n: _columns(100_000, 1),
    "2,000 columns": lambda n: _columns(2_000, max(1, n // 9_000)),
    "a header of one name 100,000 times": lambda n: _filled("name,", n, "", "\n") + _filled("1,", n // 4),
    "empty names over many cells": lambda n: _filled(",", n // 8, "", "\n") + _filled("1,", n // 8, "", "\n"),
    "a heading of two lines, wide": lambda n: _filled("Group,,", n // 4, "", "\n") + _filled("a,b,", n // 4, "", "\n") * 2,
    # spaces and places
    "words apart by spaces": lambda n: _filled("ab   12    cd  34\n", n, "aa   bb    cc  dd\n"),
    "a long line of spaces": lambda n: _filled(" ", n, "aa   bb\n11   22\n", "x\n33   44\n"),
    "tabs and spaces": lambda n: _filled(" \t ", n, "aa\tbb\n1\t", "\n"),
    "spaces around every cell": lambda n: _filled(f"1,{' ' * 40}a{' ' * 40}\n", n, "a,b\n"),
    "blanks of every kind": lambda n: _filled("1,\u00a0\u2003\u200f\ufeffx\u2066\u3000\n", n, "a,b\n"),
    # numbers, dates, names
    "a long number": lambda n: _filled("9", n, "Deal ID,Amount,Stage,Created date\n1,", ",Open,2024-01-05\n"),
    "long numbers": lambda n: _filled("1," + "9" * 300 + ".5,Open,2024-01-05\n", n, "Deal ID,Amount,Stage,Created date\n"),
    "a long number in groups": lambda n: _filled("999,", n, 'Deal ID,Amount\n1,"', '9"\n2,3\n'),
    "minus signs": lambda n: _filled("-", n, "Deal ID,Amount,Stage,Created date\n1,", "5,Open,2024-01-05\n"),
    "brackets": lambda n: _filled("(", n, "Deal ID,Amount,Stage,Company\n1,5,Open,", "\n"),
    "pairs of brackets": lambda n: _filled("()", n, "Deal ID,Amount,Stage,Company\n1,5,Open,", "\n"),
    "currency signs": lambda n: _filled("₪", n, "Deal ID,Amount,Stage,Created date\n1,", "5,Open,2024-01-05\n"),
    "a long date": lambda n: _filled("2024-01-05 ", n, "Deal ID,Amount,Stage,Created date\n1,5,Open,", "\n"),
    "dates of as many shapes": lambda n: _HEAD.encode() + "\n".join(
        f"{i},d,Open,5,{'x' * (i % 50)}{i % 28 + 1}/{'y' * (i % 31)}{i % 12 + 1}/2024" for i in range(n // 60)
    ).encode(),
    "an address of many points": lambda n: _filled("a.", n, "Deal ID,Owner email,Stage\n1,x@", "\n"),
    "an address of many at signs": lambda n: _filled("a@", n, "Deal ID,Owner email,Stage\n1,", "\n"),
    "a name of many spaces": lambda n: _filled(" a", n, "Deal ID,Company,Stage\n1,", "\n"),
    "a long header": lambda n: _filled("name ", n, "", ",Amount\n1,2\n"),
    "a long header of brackets": lambda n: _filled("(", n, "Deal ID,Amount ", "\n1,2\n"),
    "as many stages as deals": lambda n: _HEAD.encode() + "\n".join(
        f"{i},Deal {i},Stage {i},{i},2024-01-05" for i in range(n // 40)
    ).encode(),
    "one id on every row": lambda n: _filled("1,Acme,Open,100,2024-01-05\n", n, _HEAD),
    "formulas": lambda n: _filled("=1+1,@x,+5,-3,2024-01-05\n", n, _HEAD),
    # other formats
    "JSON, nested": lambda n: b"[" * n,
    "JSON, nested and quoted": lambda n: b'["a",' * (n // 5),
    "JSON, of objects": lambda n: b'{"a":' * (n // 5),
    "JSON, a long list that ends wrong": lambda n: b'["' + b"a" * n,
    "JSON of lines": lambda n: b'{"a": 1, "b": [2]}\n' * (n // 19),
    "nested tables": lambda n: _page(b"<table><tr><td>" * (n // 15)),
    "nested divs": lambda n: _page(b"<table><tr><td>" + b"<div>" * (n // 5)),
    "rows without cells": lambda n: _page(b"<table>" + b"<tr>" * (n // 4)),
    "cells without ends": lambda n: _page(b"<table><tr><td>a<td>b" + b"<tr><td>1<td>2" * (n // 14)),
    "cells over many rows": lambda n: _page(b"<table>" + b"<tr><td rowspan=60000>x<td>y" * (n // 28)),
    "cells over many columns": lambda n: _page(b"<table>" + b"<tr><td colspan=16384>x" * (n // 23)),
    "rows far below": lambda n: _page(b"<table><tr><td>a<td>b" + b"<tr index=999999><td>1<td>2" * (n // 28)),
    "a comment without an end": lambda n: _page(b"<!--" + b"<table>" * (n // 7)),
    "comments opened and left": lambda n: _page(b"<!--" * (n // 4)),
    "tags without an end": lambda n: _page(b"<table><tr><td " + b"a=" * (n // 2)),
    "many left brackets": lambda n: _page(b"<table><tr><td>" + b"<" * n),
    "many end tags": lambda n: _page(b"<table>" + b"</" * (n // 2)),
    "attributes without values": lambda n: _page(b"<table><tr><td " + b"a " * (n // 2) + b">x</table>"),
    "quotes in a tag": lambda n: _page(b"<table><tr><td a='" + b'"' * n),
    "character references": lambda n: _page(b"<table><tr><td>a<td>b<tr><td>" + b"&#x41;" * (n // 6) + b"<td>2"),
    "ampersands": lambda n: _page(b"<table><tr><td>a<td>b<tr><td>" + b"&" * n + b"<td>2"),
    "scripts opened and left": lambda n: _page(b"<table><tr><td>" + b"<script>" * (n // 8)),
    "declarations": lambda n: _page(b"<!" * (n // 2)),
    "processing instructions": lambda n: _page(b"<?" * (n // 2)),
    "marked sections": lambda n: _page(b"<table><tr><td>" + b"<![CDATA[" * (n // 9)),
    "an old workbook of noise": lambda n: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + _noise(bytes(256), n),
    "a zip file of many files": lambda n: _zipped({f"f{i}.csv": b"a,b\n1,2\n" for i in range(n // 1000)}),
    "a gzip file": lambda n: gzip.compress(_filled("1,Acme,Open,100,2024-01-05\n", n, _HEAD)),
    # noise
    "noise of all bytes": lambda n: _noise(bytes(range(256)), n),
    "noise of delimiters and quotes": lambda n: _noise(b"\",;'\n\\ a1", n),
    "noise of quotes and lines": lambda n: _noise(b'"\n,a', n),
    "noise of letters and lines": lambda n: _noise(b"ab1 \n", n),
    "noise of windows-1255": lambda n: _noise(bytes(range(0xE0, 0xFB)) + b" ,\n1a", n),
    "noise of high bytes": lambda n: _noise(bytes(range(0x80, 0x100)) + b",\n", n),
    "noise of UTF-16": lambda n: b"\xff\xfe" + _noise(b"a\0,\n\r\xd8\xdc", n),
    "words of letters and high bytes": lambda n: _noise(b"ab\xe9\xf9", n),
    # workbooks
    "a sheet of one far cell": lambda n: books.book([[("XFD1048576", "1")]]),
    "a sheet of two far cells": lambda n: books.book([[("A1", "1"), ("B2", "2"), ("A1000000", "3")]]),
    "a sheet of 16,384 columns": lambda n: books.grid([[f"h{i}" for i in range(16_384)], [str(i) for i in range(16_384)]]),
    "a sheet of many rows": lambda n: books.grid([["a", "b"]] + [["1", "2"]] * (n // 80)),
    "a workbook of many sheets": lambda n: books.sheets([[["a", "b"], ["1", "2"]]] * max(1, n // 5000)),
    "a cell of a megabyte": lambda n: books.grid([["a", "b"], ["x" * n, "2"]]),
    "merged cells": lambda n: books.grid([["a", "b"], ["1", "2"]], merged=[f"A{i}:A{i + 1}" for i in range(3, n // 40)]),
    "entities in entities": lambda n: books.with_entities(),
}  # fmt: skip
