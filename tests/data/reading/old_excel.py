"""Workbooks as Excel 97 to 2003 wrote them (.xls): nothing installed writes those, so here are the few records needed."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import date, datetime

Cell = str | float | date | None
_FREE, _END_OF_CHAIN, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def old_workbook(
    sheets: Mapping[str, Sequence[Sequence[Cell]]], hidden: Sequence[str] = (), password: bool = False
) -> bytes:
    """A workbook with these rows in its sheets."""
    formats = [0, 14]  # general, and a date
    before = [_record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))]
    if password:
        before.append(_record(0x2F, struct.pack("<HHH", 0, 0, 0)))
    before.append(_record(0x42, struct.pack("<H", 1200)))
    before += [_record(0xE0, struct.pack("<HH16x", 0, number)) for number in formats]
    bodies = [_sheet(rows) for rows in sheets.values()]
    size = sum(map(len, before)) + sum(len(_bound(name, 0, 0)) for name in sheets) + 4
    bounds = []
    for name, body in zip(sheets, bodies, strict=True):
        bounds.append(_bound(name, size, int(name in hidden)))
        size += len(body)
    return _in_container(b"".join([*before, *bounds, _record(0x0A, b""), *bodies]))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _bound(name: str, offset: int, hidden: int) -> bytes:
    return _record(0x85, struct.pack("<IBBBB", offset, hidden, 0, len(name), 1) + name.encode("utf-16-le"))


def _sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    width = max(map(len, rows), default=0)
    records = [
        _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)),
        _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0)),
    ]
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, str):
                content = struct.pack("<HHHHB", i, j, 0, len(cell), 1) + cell.encode("utf-16-le")
                records.append(_record(0x204, content))
            elif isinstance(cell, date):
                days = (datetime(cell.year, cell.month, cell.day) - datetime(1899, 12, 30)).days
                records.append(_record(0x203, struct.pack("<HHHd", i, j, 1, days)))
            elif cell is not None:
                records.append(_record(0x203, struct.pack("<HHHd", i, j, 0, cell)))
    return b"".join([*records, _record(0x0A, b"")])


def _in_container(stream: bytes) -> bytes:
    """The stream `Workbook` in a compound file: its FAT in sector 0, the directory in 1, the stream from 2 on."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    chain = [*range(3, 2 + sectors), _END_OF_CHAIN]
    fat = [_FAT, _END_OF_CHAIN, *chain]
    assert len(fat) <= 128
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0, 0
    )  # fmt: skip
    header += struct.pack("<108I", *[_FREE] * 108)
    directory = _entry("Root Entry", 5, _END_OF_CHAIN, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    return (
        header + struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
        + directory.ljust(512, b"\0") + stream.ljust(512 * sectors, b"\0")
    )  # fmt: skip


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    letters = name.encode("utf-16-le") + b"\0\0"
    tree = struct.pack("<BBIII", kind, 1, _FREE, _FREE, child)
    return (
        letters.ljust(64, b"\0") + struct.pack("<H", len(letters)) + tree + bytes(36) + struct.pack("<IQ", start, size)
    )
