"""What kind of file it is, by its content; out of its gzip where it is in one."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from enum import Enum
from pathlib import Path
from typing import NoReturn

from data.errors import FileProblem
from data.messages import say

CHUNK = 1 << 20
UNPACKED_LIMIT = 8 << 30  # bytes
RATIO_LIMIT = 200  # real exports shrink 5 to 50 times
RATIO_MATTERS_FROM = 100 << 20  # bytes

_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"SQLite format 3", b"{\\rtf", b"7z\xbc\xaf")
_WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head|<table|<\?xml)", re.IGNORECASE)


class Kind(Enum):
    TEXT = "text"
    WORKBOOK = "workbook"


def unpack(
    path: Path, name: str, folder: Path, unpacked_limit: int = UNPACKED_LIMIT, ratio_limit: int = RATIO_LIMIT
) -> tuple[Kind, Path]:
    """The kind of the file and where its unpacked content is: `path` itself, or a file in `folder`.

    Raises FileProblem for what is no table, is broken, or unpacks to more than the limits.
    """
    if path.is_dir():
        raise FileProblem(
            say("{name} is a folder, not a file.", name=name), say("Give the CSV or XLSX files in it, one by one.")
        )
    if _starts(path).startswith(_GZIP):
        path = _gunzip(path, name, folder, unpacked_limit, ratio_limit)
    start = _starts(path)
    if not start:
        raise FileProblem(say("{name} is empty.", name=name), say("Export it again and check that it holds rows."))
    if start.startswith(_ZIP):
        _check_workbook(path, name, unpacked_limit)
        return Kind.WORKBOOK, path
    if start.startswith(_OLE):
        _refuse_ole(path, name)
    if start.startswith((_GZIP, *_FOREIGN)):
        refuse_binary(name)
    if _WEB_PAGE.match(start.removeprefix(b"\xef\xbb\xbf")):
        raise FileProblem(
            say("{name} is a web page or XML, not a table of text.", name=name),
            say("Open it in Excel and save it as CSV or XLSX; if it is a sign-in page, sign in and export again."),
        )
    return Kind.TEXT, path


def refuse_binary(name: str) -> NoReturn:
    raise FileProblem(
        say("{name} is not a text file or an Excel workbook.", name=name), say("Export the table as CSV or XLSX.")
    )


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)


def _gunzip(path: Path, name: str, folder: Path, unpacked_limit: int, ratio_limit: int) -> Path:
    target, packed, size = folder / "unpacked", path.stat().st_size, 0
    try:
        with gzip.open(path) as source, target.open("wb") as out:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > unpacked_limit or size > max(RATIO_MATTERS_FROM, ratio_limit * packed):
                    raise FileProblem(
                        say("{name} unpacks to more than {megabytes} MB, which is refused.", name=name,
                            megabytes=size >> 20),
                        say("Unpack it yourself, check it, and import smaller parts."),
                    )  # fmt: skip
                out.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileProblem(
            say("{name} is a broken gzip file: it cannot be unpacked after {megabytes} MB.", name=name,
                megabytes=size / (1 << 20)),
            say("It may have been cut short on the way; download or pack it again."),
        ) from error  # fmt: skip
    return target


def _check_workbook(path: Path, name: str, unpacked_limit: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise FileProblem(
            say("{name} is a broken workbook or zip file: its end is missing or damaged.", name=name),
            say("It may have been cut short on the way; download or save it again."),
        ) from error
    if not any(part.filename.startswith("xl/workbook") for part in parts):
        raise FileProblem(
            say("{name} is a zip file without an Excel workbook.", name=name),
            say("Unpack it and import the CSV or XLSX files in it."),
        )
    size = sum(part.file_size for part in parts)
    if size > unpacked_limit:
        raise FileProblem(
            say("{name} unpacks to {megabytes} MB, which is refused.", name=name, megabytes=size >> 20),
            say("Save the sheet as CSV and import that."),
        )


def _refuse_ole(path: Path, name: str) -> NoReturn:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise FileProblem(
            say("{name} is protected by a password.", name=name),
            say("Open it in Excel, save it without the password, and import that."),
        )
    raise FileProblem(
        say("{name} is an Excel file of the old kind (.xls).", name=name),
        say("Open it in Excel and save it as .xlsx or CSV."),
    )
