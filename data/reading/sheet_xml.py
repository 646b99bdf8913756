"""What the XML of an .xlsx tells before it is read: how far its sheets reach, and which cells have no value to read.

The reader of workbooks keeps a sheet as one rectangle, so two cells far apart would take all memory there is; and it gives
errors and formulas without a saved value as empty cells. Each part of the file is unpacked here once to see both.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from data.errors import FileProblem
from data.messages import Message, say, say_n
from data.reading.unpack import CHUNK

LARGEST_PART = 2 << 30  # bytes of XML
MOST_CELLS = 30_000_000  # of the rectangle around the cells of a sheet, where most of it is empty
_CROWDED = 1 / 4  # of the rectangle: then it is a table, however large

_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576  # of a sheet of Excel
_NAMED = 3
_SMALL = 4 << 20
_MAIN, _RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
# The opening of any cell; and of those that are not as most are: in columns A to Z, with a value and no error.
_CELL = re.compile(rb"<(?:[^\s<>:/]+:)?c(?=[\s/>])[^>]*>")
_ODD_CELL = re.compile(
    rb'<c(?=[\s/>])(?! r="[A-Z]\d{1,6}+"(?: s="\d++")?+(?: t="(?:[sbn]|str|inlineStr)")?+(?:><(?:v|is)>|/>))[^>]*>'
)
_CELL_END = re.compile(rb"</(?:[^\s<>:/]+:)?c\s*>")
_ATTRIBUTE = re.compile(rb"\s([rt])\s*=\s*[\"']([^\"']*)")
_PLACE = re.compile(rb"([A-Za-z]{1,3})(\d{1,7})")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'][A-Za-z]*(\d{1,18})")
_FORMULA, _SAVED = re.compile(rb"\s*<(?:[^\s<>:/]+:)?f[\s/>]"), re.compile(rb"<(?:[^\s<>:/]+:)?v(?:\s[^>]*)?>[^<]")


@dataclass
class Look:
    """What is to be said of a sheet, and how far it reaches."""

    errors: int = 0
    unsaved: int = 0
    error_places: list[str] = field(default_factory=list)
    unsaved_places: list[str] = field(default_factory=list)
    columns: int = 0
    rows: int = 0
    farthest: str = ""
    bare: int = 0  # cells that do not say where they are

    def repairs(self) -> list[Message]:
        said = []
        if self.errors:
            said.append(say_n("{n} cell shows an error of Excel, as #N/A or #REF!, and was left empty: {cells}.",
                              "{n} cells show an error of Excel, as #N/A or #REF!, and were left empty: {cells}.",
                              self.errors, cells=_listed(self.error_places, self.errors)))  # fmt: skip
        if self.unsaved:
            said.append(say_n("{n} formula was saved without its result and was left empty: {cells}. Open the file in Excel and save it again.",
                              "{n} formulas were saved without their results and were left empty: {cells}. Open the file in Excel and save it again.",
                              self.unsaved, cells=_listed(self.unsaved_places, self.unsaved)))  # fmt: skip
        return said


class Package:
    """An .xlsx as a package of parts; close it, or use it as a context manager."""

    def __init__(self, path: Path, name: str) -> None:
        """Unpack what is needed before any sheet. Raises FileProblem where a part is broken or not what it says to be."""
        self.name = name
        self._archive = zipfile.ZipFile(path)
        try:
            self._parts = {_plain(part.filename): part for part in self._archive.infolist()}
            if len(self._parts) < len(self._archive.infolist()):
                self._refuse()
            self.names, self._sheets = self._places()
            for place, part in self._parts.items():
                if place not in self._sheets and place.endswith((".xml", ".rels")):
                    for _ in self._unpacked(part):
                        pass
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def look(self, place: int) -> Look:
        """Go through the sheet at a place. Raises FileProblem where it is missing or broken, or reaches too far."""
        sheet, part = self.names[place], self._parts.get(self._sheets[place])
        if part is None:
            raise FileProblem(
                say("The sheet {sheet} is missing in {name}.", sheet=sheet, name=self.name),
                say("The file may be damaged. Open it in Excel, save it again as .xlsx, and import that."),
            )
        is_small = part.file_size < _SMALL
        found = Look() if is_small else Look(columns=26, rows=999_999)
        for piece in self._pieces(part):
            wrong = _take(found, piece, _CELL if is_small or b":c" in piece else _ODD_CELL)
            if wrong:
                raise FileProblem(
                    say("The sheet {sheet} of {name} has a cell at {cell}, where no cell can be.", sheet=sheet,
                        name=self.name, cell=wrong),
                    say("Open it in Excel, save it again as .xlsx, and import that."),
                )  # fmt: skip
        if found.bare or is_small or found.columns * found.rows > MOST_CELLS:
            self._check_reach(found, part, sheet)
        return found

    def _check_reach(self, found: Look, part: zipfile.ZipInfo, sheet: str) -> None:
        cells, rows, most, in_row, numbered = 0, 0, 0, 0, 0
        for piece in self._pieces(part):
            numbered = max(numbered, max(map(int, _ROW_NUMBER.findall(piece)), default=0))
            if found.bare:
                for place, row in enumerate(re.split(rb"<(?:[^\s<>:/]+:)?row(?=[\s/>])", piece)):
                    here = len(_CELL.findall(row))
                    in_row = here + (0 if place else in_row)
                    cells, rows, most = cells + here, rows + bool(place), max(most, in_row)
            else:
                cells += len(_CELL.findall(piece))
        # A cell that does not say its place stands after the one before it, and so does such a row.
        area = (found.columns + most) * (numbered + rows)
        if area > MOST_CELLS and cells < _CROWDED * area:
            raise FileProblem(
                say("The sheet {sheet} of {name} has {n} cells far apart, up to cell {cell}: it is too large to be opened.",
                    sheet=sheet, name=self.name, n=cells, cell=found.farthest),
                say("Delete what stands far from the table, or copy the table into a new workbook, and import that."),
            )  # fmt: skip

    def _places(self) -> tuple[list[str], list[str]]:
        """The names of the sheets, and of the part of each."""
        targets = {}
        for link in self._xml(_RELS):
            target = link.get("Target", "").replace("\\", "/")
            target = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
            targets[link.get("Id")] = _plain(target)
        sheets = [element for element in self._xml(_MAIN).iter() if element.tag.rpartition("}")[2] == "sheet"]
        links = [
            next((text for key, text in sheet.items() if key.rpartition("}")[2] == "id"), None) for sheet in sheets
        ]
        names = [sheet.get("name", "") for sheet in sheets]
        if len({*names}) < len(names):
            self._refuse()
        return names, [targets.get(link, "") for link in links]

    def _xml(self, place: str) -> ElementTree.Element:
        part = self._parts.get(place)
        if part is None:
            self._refuse()
        content = b"".join(self._unpacked(part))
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            self._refuse()
        try:
            return ElementTree.fromstring(content)
        except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
            self._refuse()

    def _unpacked(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of a part, which is no more than it is said to be."""
        if part.file_size > LARGEST_PART:
            raise FileProblem(
                say("{name} unpacks to more than {megabytes} MB, which is refused.", name=self.name,
                    megabytes=LARGEST_PART >> 20),
                say("Save the sheet as CSV and import that."),
            )  # fmt: skip
        stated = copy(part)
        stated.file_size = 1 << 62  # else what comes after the stated size is not seen here, and yet read later
        size = 0
        try:
            with self._archive.open(stated) as content:
                while chunk := content.read(CHUNK):
                    size += len(chunk)
                    if size > part.file_size:
                        self._refuse()
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error, NotImplementedError, RuntimeError) as error:
            self._refuse(error)

    def _pieces(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """The content of a sheet in pieces that do not cut a row apart, save one of many megabytes."""
        left = b""
        for chunk in self._unpacked(part):
            left += chunk
            end = left.rfind(b"row>") + len(b"row>")
            if end < len(b"row>"):
                if len(left) < _SMALL:
                    continue
                end = max(0, left.rfind(b"<")) or len(left)
            yield left[:end]
            left = left[end:]
        yield left

    def _refuse(self, error: BaseException | None = None) -> NoReturn:
        refuse_broken(self.name, error)


def refuse_broken(name: str, error: BaseException | None = None) -> NoReturn:
    raise FileProblem(
        say("{name} is a broken workbook.", name=name),
        say("Open it in Excel, save it again as .xlsx, and import that."),
    ) from error


def _take(found: Look, piece: bytes, cells: re.Pattern[bytes]) -> str:
    """Add what the cells of a piece tell; returns the place of one that cannot be, if there is such a one."""
    for cell in cells.finditer(piece):
        attributes = dict(_ATTRIBUTE.findall(cell[0]))
        at = _PLACE.fullmatch(attributes.get(b"r", b""))
        place = at[0].decode() if at else ""
        column, row = (_number(at[1]), int(at[2])) if at else (0, 0)
        if not (0 < column <= _LAST_COLUMN and 0 < row <= _LAST_ROW):
            if b"r" in attributes:
                return attributes[b"r"][:20].decode("ascii", "replace")
            found.bare += 1
        else:
            if column > found.columns or row > found.rows:
                found.farthest = place
            found.columns, found.rows = max(found.columns, column), max(found.rows, row)
        kind = attributes.get(b"t", b"")
        if kind == b"e":
            found.errors += 1
            found.error_places += [place][: _NAMED - len(found.error_places)]
        elif not cell[0].endswith(b"/>") and _FORMULA.match(piece, cell.end()):
            end = _CELL_END.search(piece, cell.end())
            content = piece[cell.end() : end.start() if end else len(piece)]
            if not _SAVED.search(content) and not (kind == b"str" and b"v" in content.rpartition(b"f>")[2]):
                found.unsaved += 1
                found.unsaved_places += [place][: _NAMED - len(found.unsaved_places)]
    return ""


def _number(letters: bytes) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _plain(place: str) -> str:
    return place.replace("\\", "/").casefold()


def _listed(places: list[str], count: int) -> str:
    return ", ".join(place or "?" for place in places) + (", ..." if count > len(places) else "")
