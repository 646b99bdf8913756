"""Whether a text that is not UTF-8 is in an encoding of another script or language than those of each day here.

Hebrew and Western Europe come first (mixed.py). Their tables turn Russian or Polish bytes into letters too, in an order that
no word has: a final letter inside a word, a capital after a small one, a sign between letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from data.reading.cells import HEBREW_FINALS

_LINES = 3_000  # looked at
_RUN = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_NATURAL, _UNNATURAL = 0.85, 0.5  # shares of words that make sense in the encoding to be, and in the usual one at most
_LEAST = 3  # words
_SIGNS = "“”„‘«»–—-…·\xa0€₪£¢°®©™"

_CYRILLIC, _GREEK = range(0x400, 0x500), range(0x370, 0x400)
_ARABIC = range(0x600, 0x700)
_OFTEN = {"cyrillic": frozenset("оаеиОАЕИ"), "arabic": frozenset("اليومنة")}
_TONOS = frozenset("άέήίόύώΆΈΉΊΌΎΏ")
_NEVER_GREEK = frozenset("ΰΐ")
_ICELANDIC = frozenset("áíóúæðÁÍÓÚÆ")
_NOT_TURKISH = frozenset("ÐÞðþýÝ")


def other_encoding(path: Path, usual: str) -> str | None:
    """The encoding of another script in which nearly all words of the file make sense, where in `usual` most do not."""
    words = _words(path)
    if len(words) < _LEAST:
        return None
    own = _share(words, usual, _hebrew if usual in _HEBREW else _latin)
    if own is None:
        return None
    if usual == "windows-1252" and (_share(words, "windows-1254", _latin) or 0) >= _NATURAL and _is_turkish(words):
        return "windows-1254"
    shares = {encoding: _share(words, encoding, natural) or 0 for encoding, natural in _OTHERS.items()}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= _NATURAL and own <= _UNNATURAL else None


def _words(path: Path) -> list[bytes]:
    """Different runs of letters that are not all ASCII, two or more of them, from the first lines that have any."""
    found: dict[bytes, None] = {}
    with path.open("rb") as file:
        for line in islice((line for line in file if not line.isascii()), _LINES):
            found.update((word, None) for word in _RUN.findall(line) if len(word) > 1)
    return list(found)


def _share(words: Iterable[bytes], encoding: str, natural: Callable[[str], bool]) -> float | None:
    """The share of words that are natural in an encoding; None where it reads signs, and nothing else that is not ASCII."""
    read = [word.decode(encoding, "replace").replace("’", "").strip(_SIGNS) for word in words]
    told = [word for word in read if word and not word.isascii()]
    return sum(map(natural, told)) / len(told) if told else None


def _is_cased(word: str) -> bool:
    return word in (word.lower(), word.upper(), word[:1].upper() + word[1:].lower())


def _of(script: range, often: frozenset[str]) -> Callable[[str], bool]:
    def natural(word: str) -> bool:
        return all(ord(c) in script and c.isalpha() for c in word) and _is_cased(word) and not often.isdisjoint(word)

    return natural


def _greek(word: str) -> bool:
    if not all(ord(c) in _GREEK and c.isalpha() for c in word) or not _NEVER_GREEK.isdisjoint(word):
        return False
    accents = sum(c in _TONOS for c in word)
    return _is_cased(word.replace("ς", "σ")) and (accents == 1 or word.isupper() or len(word) < 4)


def _latin(word: str) -> bool:
    letters = [c for c in word if not c.isascii()]
    return all(c.isalpha() and c < "ɐ" and c not in "ªºµƒ" for c in letters) and _is_cased(word)


def _hebrew(word: str) -> bool:
    is_hebrew = all("א" <= c <= "ת" or c in "׳״" for c in word)
    return is_hebrew and HEBREW_FINALS.isdisjoint(word[1:-1])


def _is_turkish(words: Iterable[bytes]) -> bool:
    """Whether letters stand where Turkish has its own and Icelandic others, and nothing speaks of Iceland."""
    text = b" ".join(words).decode("windows-1252", "replace")
    return sum(c in _NOT_TURKISH for c in text) >= _LEAST and sum(c in _ICELANDIC - _NOT_TURKISH for c in text) == 0


_HEBREW = ("windows-1255", "cp862")
_OTHERS = {
    "windows-1251": _of(_CYRILLIC, _OFTEN["cyrillic"]),
    "koi8-r": _of(_CYRILLIC, _OFTEN["cyrillic"]),
    "cp866": _of(_CYRILLIC, _OFTEN["cyrillic"]),
    "windows-1253": _greek,
    "windows-1256": _of(_ARABIC, _OFTEN["arabic"]),
    "windows-1250": _latin,
    "iso-8859-2": _latin,
    "mac-roman": _latin,
}
