"""Which encoding a text file is in, judged on the whole of it, and the same text as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.errors import FileProblem
from data.messages import Message, say, say_n
from data.reading import mixed, scripts
from data.reading.types import Progress
from data.reading.unpack import refuse_binary

_BYTE_ORDER_MARKS = {  # that of UTF-32 starts with one of UTF-16
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
_LINE_LIMIT = 16 << 20  # bytes
_LOOKED_AT = 1 << 18  # bytes at once: what is made of them stays in the cache of a core
_CONTROLS = bytes(set(range(32)) - set(b"\0\t\n\v\f\r\x1a\x1b"))
_NAMES = {"cp1255": "windows-1255", "cp1252": "windows-1252", "utf_8": "utf-8", "utf_8_sig": "utf-8-sig"}


@dataclass(frozen=True)
class Text:
    """A text file as valid UTF-8 (perhaps with a byte order mark), without NUL."""

    path: Path
    encoding: str
    reason: Message
    repairs: tuple[Message, ...]
    lines: int  # physical lines
    blank_lines_at_end: int
    lone_returns: bool  # CR also stands without LF, in a file that has LF


@dataclass
class _Scan:
    """What one pass over bytes shows."""

    line_feeds: int = 0
    returns: int = 0
    pairs: int = 0  # CR LF
    doubled: int = 0  # CR CR LF, where a program turned LF into CR LF twice
    turned: int = 0  # LF CR
    nuls: int = 0
    ascii: bool = True
    not_utf8_at: int | None = None  # physical line
    last: bytes = b""  # the last two bytes


def decode(path: Path, name: str, folder: Path, wanted: str | None, progress: Progress) -> Text:
    """Decide the encoding (`wanted` overrides), and write UTF-8 into `folder` unless the file is plain UTF-8 already.

    Raises FileProblem for a binary file, an unknown encoding, or bytes that the wanted encoding does not have.
    """
    scan = _scan(path, name, progress)
    encoding, reason = _wanted(wanted, name) if wanted else _guess(path, name, scan)
    repairs: list[Message] = []
    if encoding is None:
        assert scan.not_utf8_at is not None
        path, encoding, reason, repairs = _decode_by_line(path, folder / "decoded", scan.not_utf8_at)
        scan = _scan(path, name, progress)
    elif not (encoding in ("utf-8", "utf-8-sig") and scan.not_utf8_at is None):
        path, replaced = _transcode(path, name, folder / "decoded", encoding, strict=wanted is not None)
        if replaced:
            repairs.append(_not_read(replaced, encoding))
        scan = _scan(path, name, progress)
    returns_become = b"\r"
    if scan.returns and not scan.line_feeds:
        returns_become = b"\n"
    elif 0 < scan.doubled == scan.returns - scan.pairs or (
        scan.turned and scan.turned == scan.returns == scan.line_feeds
    ):
        returns_become = b""
    if scan.nuls or returns_become != b"\r":
        path = _normalise(path, folder / "normalised", returns_become)
        if scan.nuls:
            repairs.append(say_n("{n} NUL character was left out.", "{n} NUL characters were left out.", scan.nuls))
        scan = _scan(path, name, progress)
    return Text(
        path, encoding, reason, tuple(repairs),
        lines=scan.line_feeds + scan.returns - scan.pairs + (scan.last[-1:] not in (b"\n", b"\r")),
        blank_lines_at_end=_blank_lines_at_end(path),
        lone_returns=scan.returns != scan.pairs,
    )  # fmt: skip


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_LOOKED_AT):
            yield chunk


def _scan(path: Path, name: str, progress: Progress) -> _Scan:
    scan, size, done, unbroken, line = (
        _Scan(),
        path.stat().st_size,
        0,
        0,
        b"",
    )  # `line` has begun and is not looked at yet
    for chunk in _chunks(path):
        done += len(chunk)
        ascii_only = chunk.isascii()
        if scan.not_utf8_at is None and not (ascii_only and not line):
            text = line + chunk
            end = text.rfind(b"\n") + 1 if done < size else len(text)
            if not _is_utf8(text[:end]):
                scan.not_utf8_at = scan.line_feeds + 1 + _well_formed(text[:end]).count(b"\n")
            line = text[end:]
        scan.ascii = scan.ascii and ascii_only
        scan.line_feeds += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
        if b"\r" in chunk or b"\r" in scan.last:
            scan.returns += chunk.count(b"\r")
            scan.pairs += (scan.last[-1:] + chunk).count(b"\r\n")
            scan.doubled += (scan.last + chunk).count(b"\r\r\n")
            scan.turned += (scan.last[-1:] + chunk).count(b"\n\r")
        unbroken = 0 if b"\n" in chunk or b"\r" in chunk else unbroken + len(chunk)
        if unbroken > _LINE_LIMIT:
            raise FileProblem(
                say("{name} has a line of more than {megabytes} MB.", name=name, megabytes=_LINE_LIMIT >> 20),
                say("It is not a table of text with a row on each line; export it as CSV or XLSX."),
            )
        scan.nuls += chunk.count(b"\0") if b"\0" in chunk else 0
        scan.last = (scan.last + chunk[-2:])[-2:]
        progress(done / size)
    return scan


def _is_utf8(text: bytes) -> bool:
    """Several times as fast as to decode it."""
    ends = np.array([0, len(text)], np.int32)
    try:
        pa.StringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _well_formed(text: bytes) -> bytes:
    """What comes before the first byte that is not UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return text[: error.start]
    return text


def _not_read(characters: int, encoding: str) -> Message:
    return say_n(
        "{n} character could not be read as {encoding} and is shown as \ufffd.",
        "{n} characters could not be read as {encoding} and are shown as \ufffd.", characters, encoding=encoding,
    )  # fmt: skip


def _wanted(wanted: str, name: str) -> tuple[str, Message]:
    try:
        info = codecs.lookup(wanted.strip())
        "א".encode(info.name, "ignore")  # a codec that is not of text refuses
    except (LookupError, ValueError, TypeError) as error:
        raise FileProblem(
            say("{encoding} is not an encoding that can be read, for {name}.", encoding=wanted, name=name),
            say("Try utf-8, utf-16, windows-1255 or windows-1252."),
        ) from error
    return _NAMES.get(info.name.replace("-", "_"), info.name), say("You chose it.")


def _guess(path: Path, name: str, scan: _Scan) -> tuple[str | None, Message]:
    """The encoding of the whole file; None where it is not UTF-8 or UTF-16, and each line must be looked at."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        family = encoding.removesuffix("-sig").upper()
        if head.startswith(mark) and (encoding != "utf-8-sig" or scan.not_utf8_at is None):
            return encoding, say("The file starts with the byte order mark of {family}.", family=family)
    if wide := _utf_32(head):
        return wide, say("Each character has the zero bytes of UTF-32 beside it.")
    pairs = len(head) // 2
    even, odd = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if max(even, odd) > pairs // 10 and min(even, odd) <= max(even, odd) // 20:
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        return encoding, say("Spaces, digits and punctuation have a zero byte beside them, as in UTF-16.")
    if head.count(0) > len(head) // 50 or len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 50:
        refuse_binary(name)
    if scan.not_utf8_at is None:
        if scan.ascii:
            return "utf-8", say("Only plain ASCII is in it, which reads the same in every encoding.")
        return "utf-8", say("The whole file is valid UTF-8.")
    return None, say("It is not UTF-8.")


def _utf_32(head: bytes) -> str | None:
    """UTF-32 without a byte order mark: of each four bytes one is always zero, and the one beside it nearly always."""
    fours = len(head) // 4
    zeros = [head[i : 4 * fours : 4].count(0) for i in range(4)]
    if fours < 4:
        return None
    if zeros[3] == fours and zeros[2] > 0.9 * fours and zeros[0] < fours // 10:
        return "utf-32-le"
    return "utf-32-be" if zeros[0] == fours and zeros[1] > 0.9 * fours and zeros[3] < fours // 10 else None


def _decode_by_line(path: Path, target: Path, line: int) -> tuple[Path, str, Message, list[Message]]:
    """The text as UTF-8, the encoding of most of its lines, why, and what is to be said of the others.

    line: the first that is not UTF-8.
    """
    seen = mixed.survey(path)
    hebrew, latin = (0, 0) if seen.tells and seen.main == mixed.UTF8 else _hebrew_and_latin(path)
    encoding = seen.main if seen.tells else "windows-1255" if hebrew > latin else "windows-1252"
    if encoding != mixed.UTF8 and (other := scripts.other_encoding(path, encoding)):
        _, replaced = _transcode(path, "", target, other, strict=False)
        unsure = say("Its words make sense in {encoding}. Choose another encoding if names look wrong.", encoding=other)
        repairs = [unsure, _not_read(replaced, other)] if replaced else [unsure]
        reason = say("It is not UTF-8 (line {line}), and hardly a word makes sense in {usual}; nearly all do in {encoding}.",
                     line=line, usual=encoding, encoding=other)  # fmt: skip
        return target, other, reason, repairs
    done = mixed.decode(path, target, seen, encoding)
    repairs = done.repairs()
    if not seen.tells:
        repairs.append(say(
            "Nothing in the file tells its encoding; it was read as {encoding}. Choose another if names look wrong.",
            encoding=encoding,
        ))  # fmt: skip
    if done.replaced:
        repairs.append(_not_read(done.replaced, encoding))
    if seen.is_visual:
        repairs.append(mixed.visual_order(seen))
    counts = {"line": line, "hebrew": hebrew, "latin": latin}
    if encoding == mixed.UTF8:
        good, bad = _good_and_damaged(path)
        reason = say("{good} characters are valid UTF-8 and {bad} are damaged, the first on line {line}.",
                     good=good, bad=bad, line=line)  # fmt: skip
    elif encoding == "windows-1255":
        reason = say(
            "It is not UTF-8 (line {line}); it has {hebrew} Hebrew words and {latin} accented Latin letters.", **counts
        )
    elif encoding == "windows-1252":
        reason = say(
            "It is not UTF-8 (line {line}); it has {latin} accented Latin letters and {hebrew} Hebrew words.", **counts
        )
    else:
        reason = say_n("It is not UTF-8 (line {line}); {n} line makes sense in {encoding} only.",
                       "It is not UTF-8 (line {line}); {n} lines make sense in {encoding} only.",
                       seen.lines[encoding], line=line, encoding=encoding)  # fmt: skip
    return target, encoding, reason, repairs


def _good_and_damaged(path: Path) -> tuple[int, int]:
    """How many characters are valid UTF-8 and not ASCII, and how many are damaged."""
    decoder, good, bad = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        broken = text.count("\ufffd")
        bad, good = bad + broken, good + len(text) - len(text.encode("ascii", "ignore")) - broken
    return good, bad


def _hebrew_and_latin(path: Path) -> tuple[int, int]:
    """Words that start with two Hebrew letters (or are a shekel sign), and accents beside a plain Latin letter."""
    hebrew, latin = 0, 0
    for chunk in _chunks(path):
        codes = np.frombuffer(b" " + chunk + b" ", np.uint8)
        plain = (codes | 0x20) - np.uint8(ord("a")) < 26
        letter = codes - np.uint8(0xE0) <= 0xFA - 0xE0  # of Hebrew in windows-1255, an accent in windows-1252
        starts = letter[1:-1] & letter[2:] & ~(plain | (codes >= 0x80))[:-2]
        beside = (codes >= 0xC0)[1:-1] & (plain[:-2] | plain[2:])
        hebrew, latin = hebrew + int(np.count_nonzero(starts)), latin + int(np.count_nonzero(beside))
        if b"\xa4" in chunk:
            alone = (codes[1:-1] == 0xA4) & (codes[:-2] <= ord("9")) & (codes[2:] <= ord("9"))
            hebrew += int(np.count_nonzero(alone))
    return hebrew, latin


def _transcode(path: Path, name: str, target: Path, encoding: str, strict: bool) -> tuple[Path, int]:
    """Write the text as UTF-8; returns where, and how many characters had to be replaced."""
    decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else "replace")
    replaced, line = 0, 1
    with target.open("wb") as out:
        try:
            for chunk in _with_end(path):
                text = decoder.decode(chunk, final=not chunk)
                replaced += text.count("\ufffd")
                line += text.count("\n")
                out.write(text.encode("utf-8", "replace"))
        except UnicodeDecodeError as error:
            raise FileProblem(
                say("{name} cannot be read as {encoding} near line {line}.", name=name, encoding=encoding, line=line),
                say("Leave the encoding to be decided, or choose another."),
            ) from error
    return target, replaced


def _with_end(path: Path) -> Iterator[bytes]:
    yield from _chunks(path)
    yield b""


def _normalise(path: Path, target: Path, returns_become: bytes) -> Path:
    """Leave out NUL, and write every CR as `returns_become`."""
    with target.open("wb") as out:
        for chunk in _chunks(path):
            out.write(chunk.replace(b"\0", b"").replace(b"\r", returns_become))
    return target


def _blank_lines_at_end(path: Path) -> int:
    """How many lines at the end hold nothing; 0 where none holds anything."""
    end, ends = path.stat().st_size, 0
    with path.open("rb") as file:
        while end:
            start = max(0, end - (1 << 16))
            file.seek(start)
            tail = file.read(end - start)
            text = tail.rstrip(b"\r\n")
            ends += tail.count(b"\n", len(text))
            if text:
                return max(0, ends - 1)
            end = start
    return 0
