"""A comment as its words: the same in the engine and in Python.

Lower case; addresses of pages and mail, digits, emoji, vowel points and marks of direction are gone; what joins words (maqaf,
hyphen) parts them; quotation marks within a word (geresh, gershayim, apostrophe) are left out, so that מנכ"ל and doesn't are
one word each.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import ibis.expr.types as ir

_ADDRESSES = r"(https?://|www\.)[^\s]+|[^\s@]+@[^\s@]+\.[^\s@]+"
_NO_WIDTH = "\u200b\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad\ufeff"
_SINGLE = "'’‘`´׳"
_DOUBLE = '"“”״'


def normal(text: ir.StringValue) -> ir.StringValue:
    """The words of a comment with one space between and none around; empty where it has none."""
    found = text.lower().re_replace(_ADDRESSES, " ").re_replace(rf"\p{{M}}|[{_NO_WIDTH}]", "")
    found = found.re_replace(rf"(\p{{L}})[{_SINGLE}](\p{{L}})", r"\1\2")
    found = found.re_replace(rf"([א-ת])[{_DOUBLE}]([א-ת])", r"\1\2")
    return found.re_replace(r"[^\p{L}]+", " ").strip()


class Word(NamedTuple):
    """A word as it is compared, and where it stands in the text."""

    word: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The words of a text, as `normal` has them, each with its place."""
    low = [(char, place) for place, each in enumerate(text) for char in each.lower()]
    plain = "".join(char for char, _place in low)
    gone: set[int] = set()
    for found in re.finditer(_ADDRESSES, plain):
        gone.update(range(*found.span()))
    kept: list[tuple[str, int]] = []
    for at, (char, place) in enumerate(low):
        if at in gone:
            kept.append((" ", place))
        elif char not in _NO_WIDTH and unicodedata.category(char)[0] != "M":
            kept.append((char, place))
    for quotes, letters in ((_SINGLE, r"[^\W\d_]"), (_DOUBLE, "[א-ת]")):
        joined = "".join(char for char, _place in kept)
        inner = {found.end(1) for found in re.finditer(rf"({letters})[{quotes}]({letters})", joined)}
        kept = [pair for at, pair in enumerate(kept) if at not in inner]
    words: list[Word] = []
    begun: list[tuple[str, int]] = []
    for char, place in [*kept, (" ", len(text))]:
        if unicodedata.category(char)[0] == "L":
            begun.append((char, place))
        elif begun:
            end = begun[-1][1] + 1
            while end < len(text) and unicodedata.category(text[end])[0] == "M":
                end += 1
            words.append(Word("".join(char for char, _at in begun), begun[0][1], end))
            begun = []
    return words


def normal_text(text: str) -> str:
    """What `normal` makes of a text."""
    return " ".join(word.word for word in words_of(text))
