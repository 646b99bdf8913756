"""Workbooks written part by part, so that each part can be as no program would write it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def book(sheets: Sequence[Iterable[tuple[str, str]]], merged: Sequence[str] = ()) -> bytes:
    """A workbook of sheets of (place, text) cells, in the order of their rows."""
    return packed(parts([_sheet(cells, merged) for cells in sheets]))


def grid(rows: Sequence[Sequence[str]], merged: Sequence[str] = ()) -> bytes:
    """A workbook of one sheet."""
    return packed(parts([_sheet(_placed(rows), merged)]))


def sheets(grids: Sequence[Sequence[Sequence[str]]]) -> bytes:
    return packed(parts([_sheet(_placed(rows), ()) for rows in grids]))


def with_entities() -> bytes:
    """A workbook whose sheet asks for a billion letters by entities in entities, and for a file."""
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    content = parts([_sheet(_placed([["a", "b"], ["1", "ENTITY"]]), ())])
    sheet = content["xl/worksheets/sheet1.xml"].decode().replace("ENTITY", "&i;&file;")
    outer = f'{_HEAD}<!DOCTYPE x [{entities}<!ENTITY file SYSTEM "file:///etc/hostname">]>\n'
    return packed(content | {"xl/worksheets/sheet1.xml": sheet.replace(_HEAD, outer).encode()})


def parts(sheets: Sequence[str]) -> dict[str, bytes]:
    """The parts of a workbook with these sheets, by their names."""
    numbers = range(1, len(sheets) + 1)
    content = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="s{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="s{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + "</Relationships>",
    } | {f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in zip(numbers, sheets, strict=True)}
    return {name: part.encode("utf-8", "replace") for name, part in content.items()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _placed(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    return [(f"{column(i)}{line}", text) for line, row in enumerate(rows, 1) for i, text in enumerate(row) if text]


def column(place: int) -> str:
    """The letters of a column, from 0."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _sheet(cells: Iterable[tuple[str, str]], merged: Sequence[str]) -> str:
    out, open_row = [f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'], ""
    for place, text in cells:
        row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if row != open_row:
            out.append(f'{"</row>" if open_row else ""}<row r="{row}">')
            open_row = row
        number = text.isascii() and text.isdigit() and len(text) < 15
        out.append(
            f'<c r="{place}"><v>{text}</v></c>'
            if number
            else f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        )
    out.append(f"{'</row>' if open_row else ''}</sheetData>")
    if merged:
        spans = "".join(f'<mergeCell ref="{span}"/>' for span in merged)
        out.append(f'<mergeCells count="{len(merged)}">{spans}</mergeCells>')
    return "".join([*out, "</worksheet>"])
