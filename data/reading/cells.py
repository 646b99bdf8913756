"""What counts as blank around and inside a cell."""

from __future__ import annotations

import re

BIDI_CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BYTE_ORDER_MARK = "\ufeff"
ASCII_BLANKS = " \t\n\r\v\f"
WIDE_BLANKS = "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200C))) + "\u2028\u2029\u202f\u205f\u3000"
HEBREW_FINALS = frozenset("ךםןףץ")  # letters that only end words
OUTER = ASCII_BLANKS + WIDE_BLANKS + BIDI_CONTROLS + BYTE_ORDER_MARK

_UNSEEN = re.compile(f"[{BIDI_CONTROLS}{BYTE_ORDER_MARK}]")
_NUMBER_LIKE = re.compile(r"\W*\d[\d\W]*")


def clean(cell: str) -> str:
    """The cell without outer blanks and bidi controls."""
    return cell.strip(OUTER)


def clean_header(cell: str) -> str:
    """A header trimmed, with no bidi control or byte order mark anywhere in it."""
    return clean(_UNSEEN.sub("", cell))


def is_number_like(cell: str) -> bool:
    """Numbers, money, percentages, dates and times in digits: something with a digit and without a letter."""
    return _NUMBER_LIKE.fullmatch(cell) is not None


def filled(cells: list[str]) -> int:
    """How many cells hold something."""
    return sum(1 for cell in cells if clean(cell))
