import io
import struct
import zipfile
from collections.abc import Mapping

import pytest

from data.errors import FileProblem
from data.reading import ReadOptions, read_tables
from data.reading.archive import Archive
from tests.data.reading.old_excel import old_workbook

OLD = old_workbook({"Deals": [["a", "b"], [1, 2]], "More": [["c", "d"], [3, 4]]})


def zipped(members: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def renamed(content: bytes, name: bytes, packed: bytes) -> bytes:
    """The same zip file with the bytes of a name changed, as programs write it that say nothing of its encoding."""
    assert len(name) == len(packed) and content.count(name) == 2
    return content.replace(name, packed)


@pytest.fixture
def read_zip(scratch, tmp_path):
    def reading(content: bytes, **options):
        path = tmp_path / "upload"
        path.write_bytes(content)
        return read_tables(path, scratch, ReadOptions(**options), "backup.zip")

    return reading


def test_each_file_is_a_table_of_its_own(read_zip, scratch):
    tables = read_zip(zipped({
        "export/": "", "export/Deal.csv": "Id,Name\n1,x\n", "export/Account.tsv": "Id\tName\n2\ty\n3\tz\n",
        "old.xls": OLD, "page.xls": "<table><tr><td>a<td>b<tr><td>1<td>2</table>", "__MACOSX/export/._Deal.csv": b"\0\5",
        "export/.DS_Store": b"\0", "readme.pdf": b"%PDF-1.7", "none.csv": "",
    }))  # fmt: skip
    assert [(table.name, table.sheet, table.encoding, table.rows_read) for table in tables] == [
        ("backup.zip", "export/Deal.csv", "utf-8", 1),
        ("backup.zip", "export/Account.tsv", "utf-8", 2),
        ("backup.zip", "old.xls / Deals", "xls", 1),
        ("backup.zip", "old.xls / More", "xls", 1),
        ("backup.zip", "page.xls", "utf-8", 1),
    ]
    assert [str(repair) for repair in tables[0].repairs] == [
        "2 files in it are no tables and were left out: readme.pdf, none.csv.",
        "2 files that a computer adds by itself were left out: __MACOSX/export/._Deal.csv, export/.DS_Store.",
    ]
    assert not any(table.repairs for table in tables[1:])
    assert scratch.execute(f"from {tables[1].relation}").fetchall() == [(2, "2", "y"), (3, "3", "z")]


def test_one_of_them_by_name(read_zip):
    content = zipped({"a.csv": "a,b\n1,2\n", "old.xls": OLD})
    assert [table.sheet for table in read_zip(content, sheet="a.csv")] == ["a.csv"]
    assert [table.sheet for table in read_zip(content, sheet="old.xls")] == ["old.xls / Deals", "old.xls / More"]
    assert [table.sheet for table in read_zip(content, sheet="old.xls / More")] == ["old.xls / More"]
    with pytest.raises(FileProblem, match=r"backup.zip has no file named x. The files in it are: a.csv, old.xls."):
        read_zip(content, sheet="x")
    with pytest.raises(FileProblem, match=r"backup.zip / old.xls has no sheet named Nope"):
        read_zip(content, sheet="old.xls / Nope")


@pytest.mark.parametrize("name, encoding", [("עסקה.csv", "cp862"), ("é-à.csv", "cp437"), ("דש.csv", "utf-8")])
def test_names_in_old_encodings(read_zip, name, encoding):
    packed = name.encode(encoding)
    stand_in = b"n" * (len(packed) - 4) + b".csv"
    content = renamed(zipped({stand_in.decode(): "a,b\n1,2\n"}), stand_in, packed)
    assert read_zip(content)[0].sheet == name
    assert zipfile.ZipFile(io.BytesIO(content)).infolist()[0].flag_bits & 0x800 == 0


def protected(content: bytes) -> bytes:
    """The flag of encryption on every member."""
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.index(mark) + at
        content = content[:start] + struct.pack("<H", 1) + content[start + 2 :]
    return content


@pytest.mark.parametrize(
    "content, says",
    [
        (protected(zipped({"a.csv": "a,b\n1,2\n"})), "backup.zip is protected by a password. Unpack it with"),
        (
            zipped({"a.csv": "a,b\n1,2\n", "in/more.zip": zipped({"b.csv": "x"})}),
            "holds another packed file, in/more.zip",
        ),
        (zipped({"a.csv": "a,b\n1,2\n", "more": zipped({"b.csv": "x"})}), "holds another packed file, more"),
        (zipped({"a.csv.gz": b"\x1f\x8b"}), "holds another packed file, a.csv.gz"),
        (zipped({}), "zip file with no file in it"),
        (zipped({"a/": "", ".hidden": "x"}), "zip file with no file in it"),
        (zipped({"a.pdf": b"%PDF-1.7", "b.png": b"\x89PNG"}), "no table in it. The files in it are: a.pdf, b.png."),
        (zipped({"a.pdf": b"%PDF-1.7"}), "backup.zip / a.pdf is not a text file"),
        (zipped({"a.csv": "a,b\n1,2\n", "x.xls": old_workbook({"a": []}, password=True)}), "x.xls is protected"),
        (zipped({"a.csv": "a,b\n1,2\n"}, zipfile.ZIP_STORED).replace(b"1,2", b"1,3"), "a.csv in backup.zip is broken"),
        (zipped({f"{n}.csv": "" for n in range(501)}), "501 files; more than 500 are refused"),
    ],
    ids=[str(n) for n in range(11)],
)
def test_what_is_refused(read_zip, content, says):
    with pytest.raises(FileProblem) as problem:
        read_zip(content)
    assert says in str(problem.value) and "backup.zip" in str(problem.value)


@pytest.mark.parametrize("sizes", [[8000], [3000, 3000]], ids=["one", "together"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, sizes):
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({f"{n}.csv": b"0" * size for n, size in enumerate(sizes)}))
    with pytest.raises(FileProblem, match="unpacks to more than"):
        Archive(path, "bomb.zip", unpacked_limit=5000)


def test_a_member_is_known_for_a_bomb_by_its_ratio(tmp_path):
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"noise": bytes(range(256)) * 4, "bomb.csv": b"0" * (101 << 20)}))
    with pytest.raises(FileProblem, match=r"bomb.zip / bomb.csv unpacks to more than 101 MB"):
        Archive(path, "bomb.zip")
