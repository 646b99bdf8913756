import gzip
import io
import zipfile

import pytest

from data.errors import FileProblem
from data.reading import read_tables
from data.reading.unpack import Kind, unpack

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
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:40], "leads.csv is a broken gzip file: it cannot be unpacked."),
        (b'\xef\xbb\xbf[{"id": 1, "name": "a, b"},\n {"id": 2}]\n', "leads.csv is a JSON file, not a table."),
        (b'{"id": 1}\n{"id": 2}\n', "is a JSON file"),
        ('{ "results": [] }'.encode("utf-16"), "is a JSON file"),
        (gzip.compress(b"a,b\n1,2\n")[:-6] + b"broken", "broken gzip"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "not a text file"),
        (b"<form><table><tr><td>User<td><input></tr><tr><td>Key<td><input></table>", "web page"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.text", content=b"<x/>"), "document of another program"),
        (zipped(xl__workbook=b"x").replace(b"xl/workbook", b"Index/Table"), "document of another program"),
        (zipped(xl__workbook=b"a" * 99)[:60], "broken workbook"),
        (zipped(xl__workbook=b"not XML"), "broken workbook"),
        (OLE + b"\0" * 600, "not a text file or an Excel workbook"),
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "broken workbook"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"x" * (20 << 20), "line of more than 16 MB"),
    ],
    ids=[str(n) for n in range(23)],  # the bytes hold the time of packing: they cannot name the cases
)
def test_what_is_no_table_gets_a_plain_sentence(read, content, says):
    with pytest.raises(FileProblem) as problem:
        read(content, "C:\\folder\\leads.csv")
    assert says in str(problem.value.sentence)
    assert "leads.csv" in str(problem.value.sentence) and "folder" not in str(problem.value)
    assert str(problem.value.hint).endswith(".")


@pytest.mark.parametrize("start", ['["a"],b', '{"a",b', '[{"a": 1},b', '["a"];b', "[a],b", '["a"]\tb'])
def test_a_table_whose_first_header_looks_like_json_is_a_table(tmp_path, start):
    path = tmp_path / "x.csv"
    path.write_text(f"{start}\n1,2\n", "utf-8")
    assert unpack(path, "x.csv", tmp_path) == (Kind.TEXT, path, ())


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
