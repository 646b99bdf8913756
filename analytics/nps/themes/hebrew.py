"""Hebrew words without what is written on to them: "and", "that", "in", "the" in front; plural and possession behind.

Nothing is cut off by rule alone, or מחיר (price) would lose its מ. A letter goes only where what is left is a word that is known:
it stands in the comments by itself, or in the themes. And a word that takes the article (המידע) is a word by itself, whatever
its first letter: מידע is not "from" and ידע.
"""

from __future__ import annotations

from collections.abc import Mapping

FINALS = str.maketrans("םןץףך", "מנצפכ")
_TO_FINAL = dict(zip("מנצפכ", "םןץףך", strict=True))
# In the order in which they may stand; each once.
_PREFIXES = (("ו", 0), ("כש", 1), ("ש", 1), ("ב", 2), ("כ", 2), ("ל", 2), ("מ", 2), ("ה", 3))
# What may stand behind, and what stands in its place without it; the first that gives a known word.
_SUFFIXES = (
    ("יהמ", ("", "ה")), ("יהנ", ("", "ה")), ("יכמ", ("", "ה")), ("ינו", ("", "ה")),
    ("ימ", ("", "ה")), ("ות", ("ה", "", "ת")), ("תנו", ("ה",)), ("תכמ", ("ה",)), ("תמ", ("ה",)),
    ("נו", ("",)), ("כמ", ("",)), ("המ", ("",)), ("ת", ("ה", "")), ("י", ("",)),
)  # fmt: skip
_LEAST = 3  # letters that are left


def is_hebrew(word: str) -> bool:
    return "א" <= word[:1] <= "ת"


def folded(word: str) -> str:
    """With no letter in its final form, so that it can be compared with longer ones."""
    return word.translate(FINALS)


def written(word: str) -> str:
    """A folded word as it is written."""
    return word[:-1] + _TO_FINAL.get(word[-1], word[-1]) if len(word) > 1 else word


def stem(word: str, known: Mapping[str, int]) -> str:
    """The word that a folded one comes from; `known` has the folded words there are, and how often each is seen."""
    bare = _without_prefixes(word, known)
    return _without_suffix(bare, known)


def _is_a_base(word: str, known: Mapping[str, int]) -> bool:
    """Whether it takes the article, and so is a word by itself."""
    return f"ה{word}" in known or f"וה{word}" in known or f"שה{word}" in known


def _without_prefixes(word: str, known: Mapping[str, int]) -> str:
    rank = -1
    while not _is_a_base(word, known):
        for prefix, bare, last in _chains(word, rank):
            if _stands(bare, known) and _is_common(prefix, bare, word, known):
                word, rank = bare, last
                break
        else:
            return word
    return word


def _chains(word: str, rank: int) -> list[tuple[str, str, int]]:
    """What may have been put in front, the shortest first: the letters, what is left, and the rank of the last letter."""
    found: list[tuple[str, str, int]] = []
    open_: list[tuple[str, str, int]] = [("", word, rank)]
    while open_:
        before, left, last = open_.pop(0)
        for prefix, own in _PREFIXES:
            if own > last and left.startswith(prefix) and len(left) - len(prefix) >= _LEAST:
                found.append((before + prefix, left[len(prefix) :], own))
                open_.append(found[-1])
    return found


def _stands(bare: str, known: Mapping[str, int]) -> bool:
    return bare in known or _without_suffix(bare, known) != bare


def _is_common(prefix: str, bare: str, word: str, known: Mapping[str, int]) -> bool:
    """Short words are words of others' letters by chance: one of three letters must be seen as often as what it is taken from."""
    if len(bare) > _LEAST or prefix in ("ו", "ה", "וה", "שה"):
        return True
    return known.get(bare, 0) >= known.get(word, 0)


def _without_suffix(word: str, known: Mapping[str, int]) -> str:
    for suffix, instead in _SUFFIXES:
        if not word.endswith(suffix):
            continue
        left = word[: -len(suffix)]
        for end in instead:
            if len(left + end) >= _LEAST and left + end in known:
                return left + end
    return word
