"""Every sentence of the code is said in Hebrew, with the same blanks to fill and the same strong words."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from ui.locale import CATALOGS, HEBREW, catalog

ROOT = Path(__file__).parents[1]
LATIN = re.compile(r"[A-Za-z]")
NIKUD = re.compile(r"[\u0591-\u05bd\u05bf-\u05c7]")  # the maqaf, \u05be, is punctuation

# Names that are the same in every language.
SAME_IN_BOTH = {"AUC", "RFM", "NPS", "SQL", "CSV", "KB", "MB", "GB"}


def recipe() -> tuple[list[str], dict[str, tuple[int, ...] | None]]:
    """The folders that `make translate` reads, and the calls whose literals it takes."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    sources = re.search(r"^SOURCES := (.+)$", text, re.MULTILINE)
    assert sources
    words = shlex.split(text.replace("\\\n", " ").partition("frontend -q extract")[2].partition("\n")[0])
    calls = [words[place + 1] for place, word in enumerate(words) if word == "-k"]
    keywords: dict[str, tuple[int, ...] | None] = {}
    for call in calls:
        name, _, places = call.partition(":")
        keywords[name] = tuple(map(int, places.split(","))) if places else None
    return sources[1].split(), keywords


def forms(said: object) -> tuple[str, ...]:
    """The forms of a sentence: one, or the singular and the plural."""
    return tuple(map(str, said)) if isinstance(said, (list, tuple)) else (str(said or ""),)


def blanks(template: str) -> set[str]:
    return {name for _text, name, _format, _conversion in Formatter().parse(template) if name is not None}


@cache
def source() -> dict[tuple[str, ...], str]:
    """Every sentence in the code, and the file that says it."""
    places, keywords = recipe()
    found: dict[tuple[str, ...], str] = {}
    for place in places:
        path = ROOT / place
        if path.is_dir():
            for name, _line, said, _comments, _context in extract_from_dir(
                path, [("**.py", "python")], keywords=keywords
            ):
                found.setdefault(forms(said), f"{place}/{name}")
        else:
            for _line, said, _comments, _context in extract_from_file("python", path, keywords=keywords):
                found.setdefault(forms(said), place)
    return found


@cache
def hebrew() -> Catalog:
    with (CATALOGS / "he" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="he", abort_invalid=True)


@cache
def entries() -> dict[tuple[str, ...], Message]:
    return {forms(entry.id): entry for entry in hebrew() if entry.id}


def pairs() -> list[tuple[str, str]]:
    """Each English sentence with its Hebrew; singular and plural apart."""
    return [pair for english, entry in entries().items() for pair in zip(english, forms(entry.string), strict=True)]


def test_the_extraction_finds_sentences_of_every_layer() -> None:
    found = source()
    layers = {name.split("/")[0] for name in found.values()}
    assert {"pages", "ui", "analytics", "data"} <= layers
    assert ("Win rate",) in found
    assert ("{n} deal", "{n} deals") in found


def test_the_extraction_reaches_every_marked_sentence() -> None:
    """It cannot look into an f-string, so no sentence may be marked inside one."""
    places, keywords = recipe()
    files = [
        file for place in places for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    unreached = []
    for file in files:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", None))
            if name not in keywords:
                continue
            given = call.args[: len(keywords[name] or (1,))]
            said = tuple(word.value for word in given if isinstance(word, ast.Constant) and isinstance(word.value, str))
            if len(said) == len(given) and said not in source():
                unreached.append(f"{file.relative_to(ROOT)}:{call.lineno}: {said[0]}")
    assert not unreached, "\n".join(unreached)


def test_every_sentence_of_the_code_is_in_hebrew() -> None:
    known = entries()
    missing = [
        f"{place}: {english[0]}"
        for english, place in source().items()
        if english not in known or not all(forms(known[english].string))
    ]
    assert not missing, "run `make translate` and translate:\n" + "\n".join(missing)


def test_nothing_is_translated_that_nobody_says() -> None:
    assert not entries().keys() - source().keys()


def test_no_translation_is_a_guess() -> None:
    assert not [entry.id for entry in hebrew() if entry.id and entry.fuzzy]
    assert not hebrew().obsolete


def test_a_sentence_that_counts_has_both_its_forms() -> None:
    assert hebrew().num_plurals == 2
    counting = [entry for entry in entries().values() if entry.pluralizable]
    assert counting
    for entry in counting:
        said = forms(entry.string)
        assert len(said) == 2 and all(said), entry.id


@pytest.mark.parametrize("n, form", [(0, "עסקאות"), (1, "עסקה"), (2, "עסקאות"), (21, "עסקאות")])
def test_the_form_follows_the_count(n: int, form: str) -> None:
    assert catalog("he").ngettext("{n} deal", "{n} deals", n) == f"{{n}} {form}"


def test_the_blanks_are_the_same() -> None:
    for english, said in pairs():
        assert blanks(said) == blanks(english), said


def test_the_strong_words_are_closed_and_as_many() -> None:
    for english, said in pairs():
        assert said.count("**") == english.count("**"), said
        assert said.count("**") % 2 == 0, said


def test_spaces_at_the_ends_are_kept() -> None:
    for english, said in pairs():
        assert (said[:1].isspace(), said[-1:].isspace()) == (english[:1].isspace(), english[-1:].isspace()), said


def test_words_are_said_in_hebrew_letters_without_points() -> None:
    for english, said in pairs():
        words = "".join(text for text, *_blank in Formatter().parse(english))
        assert HEBREW.search(said) or not LATIN.search(words) or words.strip() in SAME_IN_BOTH, english
        assert not NIKUD.search(said), said


def test_isolates_are_closed() -> None:
    for _english, said in pairs():
        depth = 0
        for letter in said:
            depth += {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}.get(letter, 0)
            assert depth >= 0, said
        assert depth == 0, said
