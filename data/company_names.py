"""When two names can be one company's: written in Hebrew or English, with or without what says how it is incorporated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

# What only says how a company is incorporated, as whole words, after `_words`.
_LEGAL = """
    ltd limited inc incorporated corp corporation co company llc llp lp plc gmbh ag sa sarl sas srl spa bv nv ab oy as aps pty pte kg
    בעמ חברה חב שותפות מוגבלת עמותה רשומה ער
"""
_FINALS = str.maketrans("ךםןףץ", "כמנפצ")
_MARKS = re.compile(r"[\u0591-\u05c7'\"`\u2018\u2019\u201c\u201d\u05f3\u05f4.]")
_PARENTHESES = re.compile(r"\([^)]*\)")

# How the consonants of both scripts sound; where one can sound in two ways, both are tried. Vowels do not count.
_SOUNDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("tch", ("C",)), ("sch", ("S",)), ("sh", ("S",)), ("ch", ("K", "C", "")), ("tz", ("C",)), ("ts", ("C",)), ("th", ("T",)), ("ph", ("P",)),
    ("kh", ("K",)), ("ck", ("K",)), ("gh", ("G",)), ("x", ("KS",)), ("b", ("B",)), ("v", ("B",)), ("w", ("B", "")), ("c", ("K", "S")), ("k", ("K",)),
    ("q", ("K",)), ("g", ("G",)), ("j", ("G", "")), ("d", ("D",)), ("f", ("P",)), ("p", ("P",)), ("l", ("L",)), ("m", ("M",)), ("n", ("N",)),
    ("r", ("R",)), ("s", ("S",)), ("z", ("Z",)), ("t", ("T",)),
    ("ב", ("B",)), ("ג", ("G",)), ("ד", ("D",)), ("ו", ("", "B")), ("ז", ("Z",)), ("ח", ("", "K")), ("ט", ("T",)), ("כ", ("K",)), ("ל", ("L",)),
    ("מ", ("M",)), ("נ", ("N",)), ("ס", ("S",)), ("פ", ("P",)), ("צ", ("C",)), ("ק", ("K",)), ("ר", ("R",)), ("ש", ("S",)), ("ת", ("T",)),
)  # fmt: skip
_SOUND_OF = dict(_SOUNDS)
_SOUND = re.compile("|".join(letters for letters, _ in _SOUNDS))
_MOST_WAYS = 16


@lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters, without marks, final letters and forms of incorporation."""
    text = unicodedata.normalize("NFKD", _PARENTHESES.sub(" ", name)).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = _MARKS.sub("", text).replace("&", " and ")
    found = [word.translate(_FINALS) for word in re.findall(r"\w+", text)]
    legal = [word for word in found if word in _LEGAL_FOLDED]
    kept = [word for word in found if word not in _LEGAL_FOLDED and word not in ("the", "and")]
    return tuple(kept or legal)  # a company may be called nothing else


_LEGAL_FOLDED = frozenset(word.translate(_FINALS) for word in _LEGAL.split())


def essence(name: str) -> str:
    """What is left of a name for telling companies apart: equal for "Acme Ltd." and "ACME"."""
    return " ".join(words(name))


@lru_cache(maxsize=100_000)
def sounds(name: str) -> frozenset[str]:
    """The ways the consonants of a name can sound, in either script; names that share one may be the same name."""
    ways: list[tuple[str, ...]] = []
    for word in words(name):
        ways += [_SOUND_OF[letters] for letters in _SOUND.findall(word)]
    return frozenset(_without_doubles("".join(way)) for way in _first(product(*ways)))


def _first(ways: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for number, way in enumerate(ways):
        if number == _MOST_WAYS:
            return
        yield way


def _without_doubles(text: str) -> str:
    return re.sub(r"(.)\1+", r"\1", text)


def is_hebrew(name: str) -> bool:
    return any("\u05d0" <= letter <= "\u05ea" for letter in name)
