"""What kind of file it is, by its content; out of its gzip where it is in one."""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from enum import Enum
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from data.errors import FileProblem
from data.messages import Message, say, say_n

CHUNK = 1 << 20
UNPACKED_LIMIT = 8 << 30  # bytes
RATIO_LIMIT = 200  # real exports shrink 5 to 50 times
RATIO_MATTERS_FROM = 100 << 20  # bytes

_WITH_HEADER = 16 + zlib.MAX_WBITS  # as zlib is told that it is gzip
_GZIP, _OLE = b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # of files, of none, of a part of several
_FOREIGN = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"SQLite format 3", b"{\\rtf", b"7z\xbc\xaf", b"Rar!",
)  # fmt: skip
_WEB_PAGE = re.compile(
    r"\s*<(?:!doctype html|!--|\?xml|(?:html|head|body|meta|title|style|script|div|center|font|table|form)[\s>])",
    re.IGNORECASE,
)
# How JSON starts; a longer text that starts so is not parsed to be sure.
_JSON, _JSON_PARSED = re.compile(r'\s*(?:\[\s*["\[{]|\{\s*")'), 64 << 20
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_OLD_WORKBOOK, _FILE_PASS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F  # how one starts in Excel 97 to 2003
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


class Kind(Enum):
    TEXT = "text"
    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    WEB_PAGE = "html"
    ARCHIVE = "zip"

    @property
    def is_workbook(self) -> bool:
        return self in (Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS)


class NoTable(FileProblem):
    """The file is whole, and is no table."""


class Unpacked(NamedTuple):
    """What a file is, where its content lies unpacked, and what of it was not."""

    kind: Kind
    path: Path
    said: tuple[Message, ...] = ()


def unpack(
    path: Path, name: str, folder: Path, unpacked_limit: int = UNPACKED_LIMIT, ratio_limit: int = RATIO_LIMIT
) -> Unpacked:
    """The kind of the file and where its unpacked content is: `path` itself, or a file in `folder`.

    A zip file of other files is not unpacked. Raises FileProblem for what is broken or unpacks to more than the
    limits, and NoTable for what is no table.
    """
    if path.is_dir():
        raise FileProblem(
            say("{name} is a folder, not a file.", name=name), say("Give the CSV or XLSX files in it, one by one.")
        )
    if path.exists() and not path.is_file():
        raise FileProblem(
            say("{name} is no ordinary file: it can be read once at most.", name=name),
            say("Save what comes out of it as a file, and import that."),
        )
    said: tuple[Message, ...] = ()
    if _starts(path).startswith(_GZIP):
        path, said = _gunzip(path, name, folder, unpacked_limit, ratio_limit)
    start = _starts(path)
    if not start:
        raise NoTable(say("{name} is empty.", name=name), say("Export it again and check that it holds rows."))
    if start.startswith(_ZIP):
        return Unpacked(_kind_of_zip(path, name, unpacked_limit, ratio_limit), path, said)
    if start.startswith(_OLE):
        _check_ole(path, name)
        return Unpacked(Kind.XLS, path, said)
    if start.startswith((_GZIP, *_FOREIGN)):
        refuse_binary(name)
    text = _as_text(start)
    if _JSON.match(text) and _is_json(path):
        raise NoTable(
            say("{name} is a JSON file, not a table.", name=name), say("Export the table as CSV or Excel (XLSX).")
        )
    return Unpacked(Kind.WEB_PAGE if _WEB_PAGE.match(text) else Kind.TEXT, path, said)


def refuse_binary(name: str) -> NoReturn:
    raise NoTable(
        say("{name} is not a text file or an Excel workbook.", name=name), say("Export the table as CSV or XLSX.")
    )


def refuse_web_page(name: str) -> NoReturn:
    raise NoTable(
        say("{name} is a web page or XML, not a table of text.", name=name),
        say("Open it in Excel and save it as CSV or XLSX; if it is a sign-in page, sign in and export again."),
    )


def refuse_protected(name: str) -> NoReturn:
    raise FileProblem(
        say("{name} is protected by a password.", name=name),
        say("Open it in Excel, save it without the password, and import that."),
    )


def check_size(name: str, size: int, packed: int, unpacked_limit: int, ratio_limit: int) -> None:
    """Raises FileProblem where `packed` bytes unpack to a `size` that no honest file has."""
    if size > unpacked_limit or size > max(RATIO_MATTERS_FROM, ratio_limit * packed):
        raise FileProblem(
            say("{name} unpacks to more than {megabytes} MB, which is refused.", name=name, megabytes=size >> 20),
            say("Unpack it yourself, check it, and import smaller parts."),
        )


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)


def _as_text(start: bytes) -> str:
    encoding = next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), "latin-1")
    return start.decode(encoding, "replace")


def _is_json(path: Path) -> bool:
    """Whether a text that starts like JSON is JSON, or has a JSON value in each line."""
    if path.stat().st_size > _JSON_PARSED:
        return True
    content = path.read_bytes()
    text = content.decode(json.detect_encoding(content), "replace").strip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return re.match(r"\s*$|\s*\n\s*[\[{]", text[end:]) is not None


def _gunzip(
    path: Path, name: str, folder: Path, unpacked_limit: int, ratio_limit: int
) -> tuple[Path, tuple[Message, ...]]:
    """What is packed in all its parts, one after the other, and what to say of bytes behind them that are none."""
    target, packed, size = folder / "unpacked", path.stat().st_size, 0
    try:
        with path.open("rb") as source, target.open("wb") as out:
            data = source.read(CHUNK)
            while data.startswith(_GZIP):
                part = zlib.decompressobj(_WITH_HEADER)
                while not part.eof:
                    if not data and not (data := source.read(CHUNK)):
                        raise EOFError
                    piece = part.decompress(data, CHUNK)
                    data = part.unconsumed_tail
                    size += len(piece)
                    check_size(name, size, packed, unpacked_limit, ratio_limit)
                    out.write(piece)
                data = _behind(source, part.unused_data)
            left = len(data) + packed - source.tell() if data else 0
    except (EOFError, zlib.error) as error:
        broken = say("{name} is a broken gzip file: it cannot be unpacked.", name=name)
        if size >= 1 << 20:
            broken = say("{name} is a broken gzip file: it cannot be unpacked after {megabytes} MB.", name=name,
                         megabytes=size >> 20)  # fmt: skip
        raise FileProblem(
            broken,
            say("It may have been cut short on the way; download or pack it again."),
        ) from error
    if not left:
        return target, ()
    return target, (
        say_n(
            "{n} byte after the end of the gzip file was left out.",
            "{n} bytes after the end of the gzip file were left out.",
            left,
        ),
    )


def _behind(source: BinaryIO, data: bytes) -> bytes:
    """What comes after a part and the zeros that tapes are filled up with: none, or enough to tell whether it is a part."""
    while len(data := data.lstrip(b"\0")) < len(_GZIP) and (more := source.read(CHUNK)):
        data += more
    return data


def _kind_of_zip(path: Path, name: str, unpacked_limit: int, ratio_limit: int) -> Kind:
    """What the zip file is: a workbook is one too."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part for part in archive.infolist()}
            is_ods = "mimetype" in parts and archive.read("mimetype")[:80].decode("ascii", "replace").strip() == _ODS
            manifest = "META-INF/manifest.xml"
            is_protected = is_ods and manifest in parts and b"encryption-data" in archive.read(manifest)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise FileProblem(
            say("{name} is a broken workbook or zip file: its end is missing or damaged.", name=name),
            say("It may have been cut short on the way; download or save it again."),
        ) from error
    if is_protected:
        refuse_protected(name)
    kind = Kind.ARCHIVE
    if any(part.startswith("xl/workbook") for part in parts):
        kind = Kind.XLSB if "xl/workbook.bin" in parts else Kind.XLSX
    elif is_ods:
        kind = Kind.ODS
    elif "mimetype" in parts or "[Content_Types].xml" in parts or any(part.startswith("Index/") for part in parts):
        raise NoTable(
            say("{name} is a document of another program, not a workbook.", name=name),
            say("Open it there and save its table as CSV or XLSX."),
        )
    if kind.is_workbook:
        size = sum(part.file_size for part in parts.values())
        packed = sum(part.compress_size for part in parts.values())
        check_size(name, size, packed, unpacked_limit, ratio_limit)
    return kind


def _check_ole(path: Path, name: str) -> None:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content or _has_password(content):
        refuse_protected(name)
    if not any(stream.encode("utf-16-le") in content for stream in ("Workbook", "Book")):
        refuse_binary(name)


def _has_password(content: bytes) -> bool:
    """Whether the workbook of an old Excel file says among its first records that the rest is scrambled."""
    at = content.find(_OLD_WORKBOOK)
    for _ in range(5 if at >= 0 else 0):
        kind, length = struct.unpack("<HH", content[at : at + 4].ljust(4, b"\0"))
        if kind == _FILE_PASS:
            return True
        at += 4 + length
    return False
