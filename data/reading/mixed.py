"""Text that is not UTF-8, or not all of it: which encoding each line makes sense in, judged by its words.

Bytes above 127 are letters in one encoding and box lines, quotes or letters of another script in the next. A word tells
where it reads naturally in one of them only: `Caf\\xe9` is Café in windows-1252, CafÚ in cp850 and Cafי in windows-1255.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from data.messages import Message, say, say_n
from data.reading.cells import HEBREW_FINALS

SINGLE_BYTE = ("windows-1252", "windows-1255", "cp850", "cp862")
UTF8 = "utf-8"
# Of the lines that are not UTF-8, and of their characters; every line is looked at when it is decoded.
_LINES_SURVEYED, _SURVEYED, _THEN_EVERY = 3_000, 200_000, 100
_OF_A_LINE = 60  # characters of its words, which tell enough
_MARGIN = 1.5  # how much better than the file's main encoding another must read a line
_LINES_NAMED = 5
_BLOCK = 1 << 18  # bytes looked at at once: what is made of them stays in the cache of a core
_STRAYS = range(0xDC80, 0xDD00)  # what Python makes of bytes that are not UTF-8
_HIGH = range(0x80, 0x100)
_WORD = re.compile("(?<![A-Za-z])[A-Za-z]*+[\udc80-\udcff][A-Za-z\udc80-\udcff]*")
_OPENING = frozenset("‚„‹‰ƒˆ˜¤¦")  # never at the end of a word
_QUOTES = ("“‘«", "”’»")  # before a word, and after it
_JOINING = frozenset("–—\xa0\xad·")  # stand between words as well
_SELDOM = frozenset("þÞðÐı")


def _table(encoding: str) -> list[str]:
    """The character of each byte from 128 on; "" where there is none."""
    return [bytes([byte]).decode(encoding, "ignore") for byte in _HIGH]


_TABLES = {encoding: _table(encoding) for encoding in SINGLE_BYTE}
_CHARACTERS = [dict(zip(map(chr, _STRAYS), _TABLES[encoding], strict=True)) for encoding in SINGLE_BYTE]
_READS = {
    encoding: dict(zip(_STRAYS, (character or "\ufffd" for character in table), strict=True))
    for encoding, table in _TABLES.items()
}
_UNREAD = dict.fromkeys(_STRAYS, "\ufffd")


@dataclass
class Survey:
    """What the lines of a file are in."""

    lines: dict[str, int] = field(default_factory=lambda: dict.fromkeys((UTF8, *SINGLE_BYTE), 0))  # that tell
    backward: int = 0  # Hebrew words that begin with a letter that only ends words
    forward: int = 0  # that end with one

    @property
    def tells(self) -> bool:
        return any(self.lines.values())

    @property
    def main(self) -> str:
        """The encoding of most lines that tell."""
        return max(self.lines, key=lambda encoding: self.lines[encoding])

    @property
    def main_single_byte(self) -> str | None:
        """What bytes are in that cannot be UTF-8, as most lines tell."""
        best = max(SINGLE_BYTE, key=lambda encoding: self.lines[encoding])
        return best if self.lines[best] else None

    @property
    def is_visual(self) -> bool:
        """Whether Hebrew is written back to front, as old terminals did."""
        return self.backward > 2 and self.backward > 3 * self.forward


@dataclass
class Decoded:
    """Which lines were read in which encoding other than the main one, and what could not be read."""

    others: dict[str, list[int]] = field(default_factory=dict)
    undecided: list[int] = field(default_factory=list)  # read in the main encoding for want of a better sign
    fallback: str = ""  # what undecided lines were read in
    replaced: int = 0  # characters

    def repairs(self) -> list[Message]:
        messages = [
            say_n(
                "{n} line makes sense in {encoding} only and was read so, unlike the rest: line {lines}.",
                "{n} lines make sense in {encoding} only and were read so, unlike the rest: lines {lines}.",
                len(lines), encoding=encoding, lines=_named(lines),
            )
            for encoding, lines in self.others.items()
        ]  # fmt: skip
        if self.others and self.undecided:  # in a file of one encoding there is nothing to doubt
            messages.append(say_n(
                "{n} line could be in more than one encoding and was read as {encoding}: line {lines}.",
                "{n} lines could be in more than one encoding and were read as {encoding}: lines {lines}.",
                len(self.undecided), encoding=self.fallback, lines=_named(self.undecided),
            ))  # fmt: skip
        return messages


def survey(path: Path) -> Survey:
    """Look at the lines of a file that is not valid UTF-8 as a whole."""
    found, seen, size, passed = Survey(), 0, 0, 0
    with path.open("rb") as file:
        for block in _blocks(file):
            lines = [line for line in block.splitlines() if not line.isascii()]
            if _is_utf8(block):
                found.lines[UTF8] += len(lines)
                continue
            for line in lines:
                weight = 1
                if seen >= _LINES_SURVEYED or size > _SURVEYED:
                    passed, weight = passed + 1, _THEN_EVERY
                    if passed % _THEN_EVERY:
                        continue
                text = line.decode("utf-8", "surrogateescape")
                words = _WORD.findall(text)
                if words:
                    seen, size = seen + 1, size + len(text)
                    _look(found, _first(words), weight)
                else:
                    found.lines[UTF8] += weight
    return found


def _look(found: Survey, words: list[str], weight: int) -> None:
    """Add the words of a line that stands for `weight` lines."""
    scores = _scores(words)
    best = max(scores)
    if best > 0 and _is_one_text(words, scores, best):
        for encoding, score in zip(SINGLE_BYTE, scores, strict=True):
            found.lines[encoding] += weight * (score == best)
    for word in words:
        backward, forward = _direction(word)
        found.backward, found.forward = found.backward + backward, found.forward + forward


def decode(path: Path, target: Path, survey: Survey, main: str) -> Decoded:
    """Write the file as UTF-8, each line read in `main` unless its bytes tell of another encoding."""
    rest = survey.main_single_byte
    done = Decoded(fallback=rest if main == UTF8 and rest else main)
    before = 0  # lines
    with path.open("rb") as file, target.open("wb") as out:
        for block in _blocks(file):
            ends, odd = _odd_lines(block, main)
            at = 0
            for line in odd:
                start, end = int(ends[line - 1]) if line else 0, int(ends[line])
                out.write(block[at:start].decode(main).encode())
                out.write(_read(block[start:end], before + line + 1, done, main, rest).encode())
                at = end
            out.write(block[at:].decode(main).encode())
            before += len(ends)
    return done


def _odd_lines(block: bytes, main: str) -> tuple[NDArray[np.int64], list[int]]:
    """Where the lines of a block end; and those of them that are not beyond doubt in the main encoding.

    That are plain ASCII, what is UTF-8, and in windows-1255 Hebrew words, which make no sense in any other encoding.
    """
    codes = np.frombuffer(block, np.uint8)
    returns = codes == ord("\r")
    returns[:-1] &= codes[1:] != ord("\n")
    is_end = (codes == ord("\n")) | returns
    is_end[-1] = True
    ends = np.flatnonzero(is_end) + 1
    if block.isascii() or (main == UTF8 and _is_utf8(block)):
        return ends, []
    odd = codes >= _HIGH.start
    if main == "windows-1255":
        hebrew, latin = codes - np.uint8(0xE0) <= 0xFA - 0xE0, (codes | 0x20) - np.uint8(ord("a")) < 26
        odd &= ~hebrew
        odd[1:] |= hebrew[1:] & latin[:-1]
        odd[:-1] |= hebrew[:-1] & latin[1:]
    return ends, np.unique(np.searchsorted(ends, np.flatnonzero(odd), side="right")).tolist()


def _read(line: bytes, number: int, done: Decoded, main: str, rest: str | None) -> str:
    """The text of a line by what its bytes tell, noted in `done`."""
    text = line.decode("utf-8", "surrogateescape")
    words = _WORD.findall(text)
    if not words:
        if main != UTF8:
            done.others.setdefault(UTF8, []).append(number)
        return text
    encoding, is_told = _encoding(words, main, rest)
    if not is_told:
        done.undecided.append(number)
    elif encoding is not None and encoding != main:
        done.others.setdefault(encoding, []).append(number)
    text = text.translate(_READS[encoding] if encoding else _UNREAD)
    done.replaced += text.count("\ufffd")
    return text


def _encoding(words: list[str], main: str, rest: str | None) -> tuple[str | None, bool]:
    """What the bytes of a line that are not UTF-8 are in, None if nothing shows it; and whether the bytes tell."""
    words = _first(words)
    scores = _scores(words)
    best = max(scores)
    first = SINGLE_BYTE[scores.index(best)]
    usual = rest if main == UTF8 else main
    if usual is None:
        return (first, True) if best >= 1 and _is_one_text(words, scores, best) else (None, True)
    own = scores[SINGLE_BYTE.index(usual)]
    if best >= 1 and best - own >= _MARGIN and scores.count(best) == 1:
        return first, True
    return usual, own == best and _is_one_text(words, scores, best)


def _first(words: list[str]) -> list[str]:
    """The words at the start of a line that tell its encoding."""
    sizes = accumulate(map(len, words), initial=0)
    return [word[:_OF_A_LINE] for word, before in zip(words, sizes, strict=False) if before < _OF_A_LINE]


def _is_one_text(words: list[str], scores: list[float], best: float) -> bool:
    """Whether all encodings in which a line reads best give the same text."""
    texts = {
        tuple(word.translate(_READS[encoding]) for word in words)
        for encoding, score in zip(SINGLE_BYTE, scores, strict=True)
        if score == best
    }
    return len(texts) == 1


def _scores(words: list[str]) -> list[float]:
    """How naturally words read in each of the encodings; below 0 is unlikely."""
    return [sum(each) for each in zip(*map(_word_scores, words), strict=True)]


@lru_cache(maxsize=1 << 16)
def _word_scores(word: str) -> tuple[float, ...]:
    sums = [0.0] * len(SINGLE_BYTE)
    if len(word) > 1 and len(set(word)) == 1:
        return tuple(sums)  # a line of dashes, or a price class: €€€
    around = f" {word} "
    for at, character in enumerate(word):
        if not character.isascii():
            ends_price = at + 2 == len(word) and word[-1] in "kKmMbB"  # 5 £k
            for n, score in enumerate(_scores_between(around[at : at + 3], ends_price)):
                sums[n] += score
    return tuple(sums)


@lru_cache(maxsize=1 << 17)
def _scores_between(three: str, ends_price: bool) -> tuple[float, ...]:
    """How naturally the middle one of three characters stands between the others, in each of the encodings."""
    scores = []
    for characters in _CHARACTERS:
        before, character, after = (characters.get(each, each) for each in three)
        if not character:
            scores.append(-2.0)
        else:
            scores.append(1.0 if ends_price and character in "£€" else _fit(character, before, after))
    return tuple(scores)


def _fit(character: str, before: str, after: str) -> float:
    """How naturally a character stands between two others: letters of its script are good, those of another bad."""
    plain = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    if "א" <= character <= "ת" or character in "װױײ":
        return -1.0 if plain else float(_is_hebrew(before) or _is_hebrew(after))
    if _is_hebrew(character):  # points and marks
        return 0.5 if _is_hebrew(before) else -1.0
    if character == "₪":
        return -1.0 if plain else 0.5
    if character.isalpha() and character not in "ªºƒˆ˜µ":
        if character > "ɏ":  # not Latin
            return -1.0 if plain else -0.5
        if (before.islower() and character.isupper()) or (character.islower() and after.isupper()):
            return -1.0
        if character in _SELDOM:
            return 0.0
        return 1.0 if plain else -0.5 if before.isalpha() or after.isalpha() else 0.0
    if character in _OPENING:
        return -1.0 if before.isalpha() else -0.5
    if before.isalpha() and after.isalpha():
        if character == "’":
            return 1.0
        return 0.0 if character in _JOINING else -1.0
    if (character in _QUOTES[0] and after.isalpha()) or (character in _QUOTES[1] and before.isalpha()):
        return 1.0
    return -1.0 if "─" <= character <= "▟" and (before != " " or after != " ") else 0.0


def _is_hebrew(character: str) -> bool:
    return "\u0591" <= character <= "״"


def _direction(word: str) -> tuple[bool, bool]:
    """Whether a word in Hebrew begins, and ends, with a letter that only ends words."""
    for encoding in ("windows-1255", "cp862"):
        letters = word.translate(_READS[encoding])
        if len(letters) > 1 and all(map(_is_hebrew, letters)):
            return letters[0] in HEBREW_FINALS, letters[-1] in HEBREW_FINALS
    return False, False


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces of whole lines, which end with LF, CR LF or CR."""
    left = b""
    while chunk := file.read(_BLOCK):
        left += chunk
        end = max(left.rfind(b"\n"), left.rfind(b"\r", 0, len(left) - 1)) + 1
        if end:
            yield left[:end]
            left = left[end:]
    if left:
        yield left


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _named(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:_LINES_NAMED])) + (", ..." if len(lines) > _LINES_NAMED else "")


def visual_order(found: Survey) -> Message:
    return say(
        "The Hebrew is written back to front (visual order): {n} words begin with a letter that only ends words. It was "
        "left as it is; export the file again in logical order.", n=found.backward,
    )  # fmt: skip
