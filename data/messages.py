"""Sentences made where the data is, said where the reader is.

A `Message` keeps its English template and its values apart, so that the screen can translate it, the command line
can print it, and a table can store it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice


@dataclass(frozen=True)
class Message:
    """An English template with `{named}` places, and what goes into them."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    many: str = ""  # the plural template, chosen by the value `n`

    def __str__(self) -> str:
        template = self.many if self.many and self.values["n"] != 1 else self.text
        return template.format(**{name: _plain(value) for name, value in self.values.items()})

    def __hash__(self) -> int:
        return hash(self.dump())

    def dump(self) -> str:
        """The message as one line of JSON, for a table."""
        content = {"text": self.text, "values": dict(self.values)} | ({"many": self.many} if self.many else {})
        return json.dumps(content, ensure_ascii=False, default=str)

    @classmethod
    def parse(cls, line: str) -> Message:
        content = json.loads(line)
        return cls(content["text"], content["values"], content.get("many", ""))


def N_(text: str) -> str:
    """Mark a literal for translation without making a sentence of it yet."""
    return text


def N_n(one: str, many: str) -> tuple[str, str]:
    """The same for the two forms of a sentence about `n` things: what `say_n` begins with."""
    return one, many


def say(text: str, /, **values: object) -> Message:
    """Make a sentence; `text` is a literal, so that the catalogue of translations can be extracted."""
    return Message(text, values)


def say_n(one: str, many: str, /, n: int, **values: object) -> Message:
    """Make a sentence about `n` things."""
    return Message(one, {"n": n} | values, many)


def listed(names: Iterable[str], most: int = 20, longest: int = 60) -> str:
    """Names from data, one after the other, so that a sentence with them stays one: the first ones, and of each its start."""
    first = list(islice(names, most + 1))
    cut = [name if len(name) <= longest else name[: longest - 1] + "…" for name in first[:most]]
    return ", ".join(cut) + (", ..." if len(first) > most else "")


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return value
