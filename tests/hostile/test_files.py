"""What can be in a file that calls itself an export. XLSX has tests of its own."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import struct
import warnings
import zipfile

import pytest

from data.errors import FileProblem
from data.importer import Draft, Upload, load_files
from data.reading import encoding, read_tables, unpack
from data.stages import StageChoices
from data.store import Workspace
from tests.data.kit import ask, balanced, empty_database
from tests.fuzz import books
from tests.hostile.kit import DEALS, HEADER, ROWS, command, read, refused, said, unharmed, zipped

NOISE = bytes(n * n * 7 % 251 for n in range(3000))


def overlapping() -> bytes:
    """A zip bomb whose entries share their bytes: each of the 300 names unpacks the same megabyte."""
    whole = zipped({"000.csv": b"1,2\n" * (1 << 18)})
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    body, entry = whole[:start], whole[start:end]
    entries = b"".join(entry.replace(b"000.csv", f"{n:03}.csv".encode()) for n in range(300))
    return body + entries + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 300, 300, len(entries), len(body), 0)


def lying(content: bytes, size: int) -> bytes:
    """The zip file with another size stated for what is unpacked, in both places."""
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        start = content.index(mark) + at
        content = content[:start] + struct.pack("<I", size) + content[start + 4 :]
    return content


def locked(content: bytes) -> bytes:
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.index(mark) + at
        content = content[:start] + struct.pack("<H", 1) + content[start + 2 :]
    return content


def packed_otherwise(content: bytes) -> bytes:
    """A zip file in a way of packing that nobody has."""
    for mark, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        start = content.index(mark) + at
        content = content[:start] + struct.pack("<H", 97) + content[start + 2 :]
    return content


def links(**members: bytes) -> bytes:
    """A zip file of symbolic links, and of what else is in `members`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            part = zipfile.ZipInfo(f"{name}.csv")
            part.external_attr = (stat.S_IFLNK | 0o777 if content.startswith(b"/") else stat.S_IFREG | 0o644) << 16
            archive.writestr(part, content)
    return out.getvalue()


WIDE = b"Deal ID,Stage," + b",".join(b"f%d" % n for n in range(16_382)) + b"\n"
REFUSED = {
    "empty": (b"", "deals.csv is empty. Export it again"),
    "a byte order mark alone": (b"\xef\xbb\xbf", "holds nothing but blank lines"),
    "a byte order mark of UTF-16 alone": (b"\xff\xfe", "holds nothing but blank lines"),
    "blank lines": (b"\n \r\n\n\t\n", "holds nothing but blank lines"),
    "header only": (HEADER, "There are no rows under the header of deals.csv. Export it again, with its rows."),
    "header only, without a line end": (HEADER.strip(), "There are no rows under the header"),
    "one column": (b"Deal ID\n1\n2\n", "deals.csv holds nothing we recognise. Its columns are: Deal ID."),
    "one cell": (b"x", "holds nothing we recognise"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + NOISE, "deals.csv is not a text file or an Excel workbook."),
    "a PDF": (b"%PDF-1.7\n" + NOISE, "is not a text file"),
    "a program of Windows": (b"MZ\x90\0\3\0\0\0" + NOISE, "is not a text file"),
    "a program of Linux": (b"\x7fELF\2\1\1" + bytes(9) + NOISE, "is not a text file"),
    "a database": (b"SQLite format 3\0" + NOISE, "is not a text file"),
    "Parquet": (b"PAR1" + NOISE + b"PAR1", "is not a text file"),
    "zeros": (bytes(5000), "is not a text file"),
    "a gzip cut short": (gzip.compress(DEALS * 50)[:-9], "deals.csv is a broken gzip file: it cannot be unpacked."),
    "the head of a gzip": (gzip.compress(DEALS)[:5], "is a broken gzip file"),
    "a gzip whose second part is cut short": (gzip.compress(HEADER) + gzip.compress(ROWS * 50)[:-9], "is a broken gzip file"),
    "a gzip whose second part is noise": (gzip.compress(DEALS) + b"\x1f\x8b" + NOISE, "is a broken gzip file"),
    "a gzip of a gzip": (gzip.compress(gzip.compress(DEALS)), "is not a text file"),
    "a gzip of nothing": (gzip.compress(b""), "deals.csv is empty"),
    "a zip cut short": (zipped({"a.csv": DEALS * 50})[:-30], "is a broken workbook or zip file: its end is missing"),
    "the head of a zip": (zipped({"a.csv": DEALS})[:20], "is a broken workbook or zip file"),
    "a nested zip": (zipped({"a.csv": DEALS, "b.zip": zipped({"c.csv": DEALS})}), "holds another packed file, b.zip. Unpack it"),
    "a nested zip under a false name": (zipped({"a.csv": zipped({"c.csv": DEALS})}), "holds another packed file, a.csv"),
    "a nested gzip under a false name": (zipped({"a.csv": gzip.compress(DEALS)}), "holds another packed file, a.csv"),
    "a zip of nothing": (zipped({}), "is a zip file with no file in it"),
    "a zip bomb of entries that overlap": (overlapping(), "unpacks to more than 300 MB, which is refused"),
    "a zip that says too small a size": (lying(zipped({"a.csv": DEALS * 99}), 10), "a.csv in deals.csv is broken"),
    "a zip that says a size of gigabytes": (lying(zipped({"a.csv": DEALS}), 0xFFFFFFF0), "unpacks to more than 4,095 MB"),
    "a locked zip": (locked(zipped({"a.csv": DEALS})), "is protected by a password"),
    "a zip packed as nobody does": (packed_otherwise(zipped({"a.csv": DEALS})), "packed in a way that cannot be read"),
    "a zip of links": (links(passwd=b"/etc/passwd"), "is a zip file with no file in it"),
    "16,384 columns": (WIDE + b"1,Demo" + b",x" * 16_382 + b"\n", "deals.csv has 16,384 columns; more than 2,000 are refused."),
    "16,384 columns and 60 rows": (WIDE + (b"1,Demo" + b",x" * 16_382 + b"\n") * 60, "has 16,384 columns"),
    "a line of quotes": (b'"' * 50_000, "holds nothing we recognise"),
    "a line of commas": (b"," * 50_000, "holds nothing we recognise"),
    "brackets without end": (b"[" * 50_000, "holds nothing we recognise"),
    "XML with entities": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><table><tr><td>&x;</td></tr></table>',
        "is a web page or XML, not a table of text",
    ),
    "a web page of cells that span all": (
        b"<html><body><table><tr><td>a<td>b" + b"<tr><td colspan=1500>x<td>y" * 700,
        "deals.csv is a web page whose cells span far more rows and columns than it has.",
    ),
    "a workbook of 256 sheets": (
        books.sheets([[["Deal ID", "Stage"], ["1", "Demo"]]] * 256), "deals.csv has 256 sheets or tables; more than 255 are refused."
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def draft(filled, tmp_path_factory):
    """An import into a workspace with data, as the import page holds one: other files are put into it."""
    folder = tmp_path_factory.mktemp("draft")
    shutil.copytree(filled, folder / "workspace")
    (folder / "deals.csv").write_bytes(DEALS)
    with Draft(Workspace(folder / "workspace"), [Upload(folder / "deals.csv", "deals.csv")]) as draft:
        yield draft


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_a_sentence(draft, file, case):
    content, says = REFUSED[case]
    path, folder = file(content), draft.workspace.folder
    whole = [(folder / name).read_bytes() for name in ("CURRENT", "data-000002.duckdb")]
    with pytest.raises(FileProblem) as problem:
        draft.revise([Upload(path, path.name)], StageChoices())
    told = said(problem.value)
    assert says in told and path.name in told, told
    assert [(folder / name).read_bytes() for name in ("CURRENT", "data-000002.duckdb")] == whole


@pytest.mark.parametrize("case", ["empty", "header only", "a locked zip"])
def test_the_command_line_says_it_too(workspace, file, case):
    content, says = REFUSED[case]
    refused(workspace, path := file(content), says)
    with unharmed(workspace):
        status, told = command(workspace, "import", path)
    assert status == 2 and says in told and "\n" not in told


# Of each, the rows that come of it, and a part of what is said of it.
READ = {
    "one row": (HEADER + b"1,Demo,5,2024-01-25", 1, ""),
    "cut in the middle of a letter": (HEADER + ROWS + "3,דמו".encode()[:-1], 3, "fewer cells than the header"),
    "UTF-16 with half a letter at the end": (DEALS.decode().encode("utf-16")[:-1], 2, "1 character could not be read"),
    "UTF-16 without a mark": (DEALS.decode().encode("utf-16-le"), 2, ""),
    "UTF-32": (DEALS.decode().encode("utf-32"), 2, ""),
    "NUL in a cell": (HEADER + b"1,De\0mo,5,2024-01-25\n", 1, "1 NUL character was left out."),
    "ragged": (HEADER + b"1,Demo,5,2024-01-25\n2\n3,Demo\n4,Call, later,5,2024-01-25\n", 4, "fewer cells"),
    "a quote that is never closed, near the top": (HEADER + b'0,"Demo,5,2024-01-25\n' + b"".join(b"%d,Demo,5,2024-01-25\n" % n for n in range(1, 2000)), 2000, ""),
    "a cell of 1 MB": (HEADER + b'1,"' + b"x" * (1 << 20) + b'",5,2024-01-25\n2,Demo,6,2024-01-25\n', 2, ""),
    "a header of 100,000 characters": (b"Deal ID,Stage,Amount," + b"y" * 100_000 + b"\n1,Demo,5,x\n", 1, "The header of 1 column is longer than 1,000 characters; only its start is kept. Column 4."),
    "a first header that starts like a zip": (b"PK," + HEADER + b"7,1,Demo,5,2024-01-25\n", 1, ""),
    "a gzip with something after it": (gzip.compress(DEALS) + b"something else", 2, "14 bytes after the end of the gzip file were left out."),
    "a gzip of several, zeros, and a byte": (gzip.compress(HEADER) + bytes(9) + gzip.compress(ROWS) + bytes(9) + b"x", 2, "1 byte after the end of the gzip file was left out."),
    "a gzip of several": (gzip.compress(HEADER) + gzip.compress(ROWS), 2, ""),
    "a gzip with zeros after it": (gzip.compress(DEALS) + bytes(100), 2, ""),
    "a gzip of a zip": (gzip.compress(zipped({"a.csv": DEALS})), 2, ""),
    "a zip packed with bzip2": (zipped({"a.csv": DEALS}, zipfile.ZIP_BZIP2), 2, ""),
    "a zip packed with LZMA": (zipped({"a.csv": DEALS}, zipfile.ZIP_LZMA), 2, ""),
    "a zip of a table and a link": (links(a=DEALS, passwd=b"/etc/passwd"), 2, "1 file in it only points to another place and was left out: passwd.csv."),
    "line ends of an old Mac": (DEALS.replace(b"\n", b"\r"), 2, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_read_as_a_careful_person_would(file, case):
    content, rows, says = READ[case]
    with empty_database() as scratch:
        (table,) = read_tables(file(content), scratch)
    assert table.rows_read == rows
    assert says in " ".join(map(str, table.repairs))


def test_what_was_read_otherwise_is_loaded_and_said_with_its_file(file, tmp_path):
    """In one import, with every row accounted for."""
    cases = [case for case in READ.values() if case[2]]
    paths = [file(content, f"{place}.csv") for place, (content, _, _) in enumerate(cases)]
    report = load_files(Workspace(tmp_path / "new"), [(path, path.name) for path in paths])
    for each, (_, rows, says) in zip(report.files, cases, strict=True):
        assert balanced(each) and each.rows_rejected == 0 and each.rows_read == rows
        assert says in " ".join(map(str, (*each.checks, *each.warnings)))


def test_a_line_of_two_gigabytes_is_refused_without_reading_it(workspace, tmp_path, monkeypatch):
    path = tmp_path / "line.csv"
    with path.open("wb") as out:
        out.write(DEALS)
        out.truncate(2 << 30)  # sparse: it takes no room
    sizes, chunks = [], encoding._chunks

    def counted(*given):
        for chunk in chunks(*given):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(encoding, "_chunks", counted)
    refused(workspace, path, "line.csv has a line of more than 16 MB.")
    assert 16 << 20 < sum(sizes) < 20 << 20
    path.unlink()


def test_a_long_line_at_the_end_of_a_good_file_is_refused_too(workspace, file, monkeypatch):
    monkeypatch.setattr(encoding, "_LINE_LIMIT", 1 << 20)
    refused(workspace, file(DEALS + b'3,"' + b"x" * (3 << 20)), "has a line of more than 1 MB")


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.csv": content})], ids=["gzip", "zip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(workspace, file, pack, monkeypatch, tmp_path):
    monkeypatch.setattr(unpack, "RATIO_MATTERS_FROM", 1 << 20)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    refused(workspace, file(pack(b"0" * (4 << 20))), "MB, which is refused. Unpack it yourself, check it")


def test_a_zip_of_zips_of_zips_is_not_unpacked_at_all(workspace, file):
    bomb = zipped({f"{n}.csv": b"0" * (1 << 20) for n in range(16)})
    for level in range(3):
        bomb = zipped({f"{level}-{n}.zip": bomb for n in range(4)})
    refused(workspace, file(bomb), "holds another packed file, 2-0.zip")


def test_two_files_of_one_name_in_a_zip_are_told_apart(workspace, file):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.csv", HEADER + b"8,Demo,5,2024-01-25\n")
        archive.writestr("a.csv", HEADER + b"9,Demo,5,2024-01-25\n")
    report = read(workspace, file(out.getvalue(), "two.zip"))
    assert [each.sheet for each in report.files] == ["a.csv", "a.csv (2)"]
    assert ask(workspace, "SELECT count(*) FROM deals WHERE deal_id IN ('8', '9')") == [(2,)]


def test_a_zip64_is_read(workspace, file, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    content = zipped({"a.csv": DEALS * 3})
    assert b"PK\6\6" in content
    assert read(workspace, file(content, "big.zip")).files[0].rows_read == 6


def test_formulas_are_kept_as_they_are_and_leave_as_text(workspace, file, tmp_path):
    cells = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "=HYPERLINK(1)"]
    lines = "".join(f"{n},{cell},x{n},2024-01-25,{cell}\n" for n, cell in enumerate(cells))
    read(workspace, file(f"Deal ID,Stage,Amount,Created,=1+1\n{lines},Demo,=2+2,,@x\n".encode(), "=1+1.csv"))
    stages = {stage for (stage,) in ask(workspace, "SELECT DISTINCT stage FROM deals WHERE deal_id <> '3'")}
    assert {"=cmd|' /C calc'!A0", "@SUM(1)", "+1+1"} <= stages
    out = tmp_path / "aside.csv"
    assert command(workspace, "export-rejects", 3, out) == (0, "")
    cells = [cell for line in out.read_text("utf-8-sig").splitlines() for cell in line.split(",")]
    assert "'=1+1.csv" in cells and not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_random_bytes_never_do_harm(workspace, file):
    """Whatever they begin with."""
    for start in (b"", b"PK\3\4", b"\x1f\x8b\x08\0", b"\xff\xfe", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", HEADER):
        status, told = command(workspace, "preview", file(start + os.urandom(2000)))
        assert status == 2 or start == HEADER, told
