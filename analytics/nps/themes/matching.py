"""Which comments a theme is in: its words with what Hebrew writes on to them and their usual endings, by one pattern.

The rule is the same for every comment and hangs on no other, so it runs in the engine over any number of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import ibis
import ibis.expr.types as ir

from analytics.nps.themes.hebrew import FINALS, is_hebrew
from analytics.nps.themes.text import normal_text, words_of
from data.theme_list import Theme

_FRONT = "ו?(?:כש|ש)?[בכלמ]?ה?"
_SHORT_FRONT = "ו?ש?ה?"  # three letters behind "in", "to", "from" are too often another word
_HEBREW_ENDS = "(?:ים|ות|י|ה|ת|ית|יים|יות|נו|כם|ך|ם|ו|ינו|יכם|יהם|יך)?"
_AFTER_HE = "(?:ה|ת|ות|תנו|תכם|תם|תי|תך|תו|ותינו|ותיכם|ותיהם|ותיו)"


@lru_cache(maxsize=400)
def pattern(theme: Theme) -> str:
    """The pattern of a theme's words and phrases between single spaces; "" where it has none."""
    phrases = dict.fromkeys(" ".join(_forms(word) for word in _words(phrase)) for phrase in theme.words)
    found = [phrase for phrase in phrases if phrase]
    return f"(?:{'|'.join(found)})" if found else ""


def _words(phrase: str) -> list[str]:
    """The words of a phrase; one that may end in any way keeps its `*`."""
    found: list[str] = []
    for part in phrase.split():
        words = normal_text(part).split()
        if words and part.endswith("*"):
            words[-1] += "*"
        found += words
    return found


def _forms(word: str) -> str:
    if word.endswith("*"):
        front = _FRONT if is_hebrew(word) else ""
        return f"{front}{word[:-1]}[^ ]*"
    return _hebrew_forms(word) if is_hebrew(word) else _english_forms(word)


def _hebrew_forms(word: str) -> str:
    if len(word) < 3:
        return f"{_SHORT_FRONT}{word}"
    front = _FRONT if len(word) > 3 else _SHORT_FRONT
    if word[-1] == "ה":
        return f"{front}{word[:-1]}{_AFTER_HE}"
    medial = word[-1].translate(FINALS)
    if medial == word[-1]:
        return f"{front}{word}{_HEBREW_ENDS}"
    return f"{front}{word[:-1]}(?:{word[-1]}|{medial}{_HEBREW_ENDS[:-1]})"


def _english_forms(word: str) -> str:
    if len(word) < 3 or not word.isascii():
        return word
    if len(word) == 3:  # any further ending is too often that of another word
        return f"{word}(?:s|es)?"
    if word[-1] == "e":
        return f"{word[:-1]}(?:e|es|ed|ing)"
    if word[-1] == "y" and word[-2] not in "aeiou":
        return f"{word[:-1]}(?:y|ies|ied|ying)"
    return f"{word}(?:s|es|ed|ing|{word[-1]}ed|{word[-1]}ing)?"


def is_about(text: ir.StringValue, theme: Theme) -> ir.BooleanValue:
    """Whether a comment, as `normal` writes it and with a space on either side, mentions a theme."""
    found = pattern(theme)
    return text.re_search(f" {found} ") if found else ibis.literal(False)


def marked(comment: str, themes: Sequence[Theme]) -> list[tuple[str, bool]]:
    """The parts of a comment in order, and whether each is of the words of the themes; together they are the comment."""
    words = words_of(comment)
    joined, starts = "", {}
    for place, word in enumerate(words):
        starts[len(joined) + 1] = place
        joined += " " + word.word
    joined += " "
    hit = [False] * len(comment)
    for theme in themes:
        if not (of_theme := pattern(theme)):
            continue
        for found in re.finditer(rf"(?<= ){of_theme}(?= )", joined):
            first = starts[found.start()]
            last = first + found[0].count(" ")
            hit[words[first].start : words[last].end] = [True] * (words[last].end - words[first].start)
    parts: list[tuple[str, bool]] = []
    for char, is_hit in zip(comment, hit, strict=True):
        if parts and parts[-1][1] == is_hit:
            parts[-1] = (parts[-1][0] + char, is_hit)
        else:
            parts.append((char, is_hit))
    return parts
