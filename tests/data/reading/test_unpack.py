import gzip
import io
import zipfile

import pytest

from data.errors import FileProblem
from data.reading import read_tables
from data.reading.unpack import unpack

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "leads.csv is empty"),
        (gzip.compress(b""), "leads.csv is empty"),
        (b"\n \n\n", "nothing but blank lines"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a text file"),
        (bytes(range(256)) * 40, "not a text file"),
        (b"%PDF-1.7\nhello", "not a text file"),
        (b"  <!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf<table><tr><td>1</td></tr></table>", "web page"),
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:40], "broken gzip"),
        (gzip.compress(b"a,b\n1,2\n")[:-6] + b"broken", "broken gzip"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "not a text file"),
        (zipped(leads=b"a,b\n"), "without an Excel workbook"),
        (zipped(xl__workbook=b"a" * 99)[:60], "broken workbook"),
        (zipped(xl__workbook=b"not XML"), "broken workbook"),
        (OLE + b"\0" * 600, "old kind"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"x" * (20 << 20), "line of more than 16 MB"),
    ],
    ids=[str(n) for n in range(17)],  # the bytes hold the time of packing: they cannot name the cases
)
def test_what_is_no_table_gets_a_plain_sentence(read, content, says):
    with pytest.raises(FileProblem) as problem:
        read(content, "C:\\folder\\leads.csv")
    assert says in str(problem.value.sentence)
    assert "leads.csv" in str(problem.value.sentence) and "folder" not in str(problem.value)
    assert str(problem.value.hint).endswith(".")


def test_a_missing_file_is_said(scratch, tmp_path):
    with pytest.raises(FileProblem, match="cannot be opened"):
        read_tables(tmp_path / "none.csv", scratch)


def test_a_folder_is_said_to_be_one(scratch, tmp_path):
    (tmp_path / "exports").mkdir()
    with pytest.raises(FileProblem) as problem:
        read_tables(tmp_path / "exports", scratch)
    assert str(problem.value.sentence) == "exports is a folder, not a file."
    assert "CSV or XLSX" in str(problem.value.hint)


def test_gzip_reads_like_the_file_in_it(read):
    table, rows = read(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz")
    assert (table.name, rows) == ("x.csv.gz", [(2, "1", "2")])


def test_a_gzip_bomb_is_refused_before_it_fills_the_disk(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * (8 << 20)))
    with pytest.raises(FileProblem, match="unpacks to more than"):
        unpack(path, "bomb.gz", tmp_path, unpacked_limit=3 << 20)
    assert (tmp_path / "unpacked").stat().st_size <= 3 << 20


def test_a_bomb_is_known_by_its_ratio_when_it_is_large(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * (110 << 20), 1))
    with pytest.raises(FileProblem, match="unpacks to more than"):
        unpack(path, "bomb.gz", tmp_path)


def test_a_zip_bomb_in_a_workbook_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 5000)
    with pytest.raises(FileProblem, match="unpacks to"):
        unpack(path, "bomb.xlsx", tmp_path, unpacked_limit=4000)
