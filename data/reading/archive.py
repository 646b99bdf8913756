"""The files in a zip file."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple, NoReturn

from data.errors import FileProblem
from data.messages import Message, listed, say, say_n
from data.reading.unpack import CHUNK, RATIO_LIMIT, UNPACKED_LIMIT, check_size

MOST_FILES = 500
_NAMED = 20

_SYSTEM = re.compile(r"(?:^|/)(?:__MACOSX/|\.(?!\.?/)|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_PACKED = re.compile(r"\.(?:zip|gz|tgz|rar|7z|tar|bz2|xz|zst)$", re.IGNORECASE)
_UTF8 = 0x800  # the flag of a name that is in UTF-8
_ENCRYPTED = 0x1
_HEBREW = re.compile(rb"[\x80-\x9a]{2}")


class Member(NamedTuple):
    """A file of a zip file, unpacked."""

    name: str
    path: Path


class Archive:
    """A zip file, to be read one member at a time."""

    def __init__(
        self, path: Path, name: str, unpacked_limit: int = UNPACKED_LIMIT, ratio_limit: int = RATIO_LIMIT
    ) -> None:
        """Look at what is in it. Raises FileProblem for what is protected, too large, or holds another archive."""
        self.path, self.name = path, name
        with zipfile.ZipFile(path) as archive:
            parts = [(_name(part), part) for part in archive.infolist() if not part.is_dir()]
        parts = _told_apart(parts)
        self.left_out = tuple(name for name, _ in parts if _SYSTEM.search(name))
        self.links = tuple(name for name, part in parts if _is_link(part) and not _SYSTEM.search(name))
        left = {*self.left_out, *self.links}
        self.parts = tuple((name, part) for name, part in parts if name not in left)
        if not self.parts:
            raise FileProblem(
                say("{name} is a zip file with no file in it.", name=name),
                say("Pack the CSV or XLSX files again, or import them one by one."),
            )
        self._refuse(unpacked_limit, ratio_limit)

    def _refuse(self, unpacked_limit: int, ratio_limit: int) -> None:
        if any(part.flag_bits & _ENCRYPTED for _, part in self.parts):
            raise FileProblem(
                say("{name} is protected by a password.", name=self.name),
                say("Unpack it with its password and import the files in it."),
            )
        if len(self.parts) > MOST_FILES:
            raise FileProblem(
                say("{name} holds {n} files; more than {most} are refused.", name=self.name, n=len(self.parts),
                    most=MOST_FILES),
                say("Unpack it and import the files you need."),
            )  # fmt: skip
        nested = next((name for name, _ in self.parts if _PACKED.search(name)), None)
        if nested:
            self.refuse_nested(nested)
        for name, part in self.parts:
            check_size(f"{self.name} / {name}", part.file_size, part.compress_size, unpacked_limit, ratio_limit)
        sizes = sum(part.file_size for _, part in self.parts)
        check_size(self.name, sizes, self.path.stat().st_size, unpacked_limit, ratio_limit)

    def refuse_nested(self, member: str) -> NoReturn:
        raise FileProblem(
            say("{name} holds another packed file, {member}.", name=self.name, member=member),
            say("Unpack it and import the files in it."),
        )

    def members(self, folder: Path) -> Iterator[Member]:
        """Each file in turn, unpacked into `folder` until the next is asked for. Raises FileProblem for a broken one."""
        target = folder / "member"
        with zipfile.ZipFile(self.path) as archive:
            for name, part in self.parts:
                try:
                    with archive.open(part) as source, target.open("wb") as out:
                        while chunk := source.read(CHUNK):  # never more than the size it states
                            out.write(chunk)
                except (zipfile.BadZipFile, EOFError, zlib.error) as error:
                    raise FileProblem(
                        say("{member} in {name} is broken: it cannot be unpacked.", member=name, name=self.name),
                        say("The zip file may have been cut short on the way; download or pack it again."),
                    ) from error
                except (NotImplementedError, RuntimeError) as error:
                    raise FileProblem(
                        say("{member} in {name} is packed in a way that cannot be read.", member=name, name=self.name),
                        say("Unpack it and import the files in it."),
                    ) from error
                yield Member(name, target)
                target.unlink(missing_ok=True)

    def said(self, no_tables: Sequence[str]) -> Iterator[Message]:
        """What of it was not read."""
        if self.links:
            yield say_n(
                "{n} file in it only points to another place and was left out: {files}.",
                "{n} files in it only point to another place and were left out: {files}.",
                len(self.links), files=_listed(self.links),
            )  # fmt: skip
        if no_tables:
            yield say_n(
                "{n} file in it is no table and was left out: {files}.",
                "{n} files in it are no tables and were left out: {files}.", len(no_tables), files=_listed(no_tables),
            )  # fmt: skip
        if self.left_out:
            yield say_n(
                "{n} file that a computer adds by itself was left out: {files}.",
                "{n} files that a computer adds by itself were left out: {files}.",
                len(self.left_out), files=_listed(self.left_out),
            )  # fmt: skip

    def without_table(self, wanted: str | None) -> tuple[Message, Message]:
        """What to say when no table was found in it, or not the wanted one."""
        files = _listed([name for name, _ in self.parts])
        if wanted is not None:
            return (
                say("{name} has no file named {file}.", name=self.name, file=wanted),
                say("The files in it are: {files}.", files=files),
            )
        return (
            say("{name} is a zip file with no table in it.", name=self.name),
            say("The files in it are: {files}. Pack or import CSV or XLSX files.", files=files),
        )


def _listed(names: Sequence[str]) -> str:
    return listed(names, _NAMED)


def _is_link(part: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(part.external_attr >> 16)


def _told_apart(parts: Sequence[tuple[str, zipfile.ZipInfo]]) -> list[tuple[str, zipfile.ZipInfo]]:
    """The parts, those with the name of an earlier one numbered: their rows must be told apart."""
    found: dict[str, zipfile.ZipInfo] = {}
    for name, part in parts:
        numbered = (name if n == 1 else f"{name} ({n})" for n in count(1))
        found[next(each for each in numbered if each not in found)] = part
    return [*found.items()]


def _name(part: zipfile.ZipInfo) -> str:
    """The name of a part, with the letters that old programs of Hebrew Windows, or of a Mac, packed without saying so."""
    name = part.filename
    if not part.flag_bits & _UTF8 and not name.isascii():
        packed = name.encode("cp437", "replace")
        try:
            name = packed.decode("utf-8")
        except UnicodeDecodeError:
            name = packed.decode("cp862") if _HEBREW.search(packed) else name
    return "".join(letter for letter in name if letter.isprintable())
