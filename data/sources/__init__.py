"""What the CRMs call things: one file a source, and a general one for all the rest.

A source names, for each table, the headers that mean each column. Headers are compared folded: without case, spaces and
punctuation, in any language. Where headers are whole sentences, as in surveys, patterns say which column they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Headers = Mapping[str, Mapping[str, tuple[str, ...]]]  # table -> column -> what files call it


@dataclass(frozen=True)
class StageColumn:
    """A column that holds when a deal entered one stage."""

    stage: str
    pipeline: str | None


@dataclass(frozen=True)
class Source:
    """One kind of export. `signature` headers appear in its files and in no others."""

    name: str
    label: str
    headers: Headers
    signature: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # table -> column -> a regular expression for headers that are whole sentences; a match counts as a sign too
    patterns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # table -> headers that look like one of its columns and are none; and headers that a file of it never has
    aside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unlike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # table -> header -> a column and its value: what having the header says of all rows of a file
    implied: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    empty_ids: tuple[str, ...] = ()  # written where there is no id
    id_prefix: str = ""  # written before every id
    converted: tuple[str, ...] = ()  # statuses of a lead that became a deal
    stage_column: Callable[[str], StageColumn | None] = lambda header: None


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """A header or name without what people write differently: case, accents, spaces, punctuation."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if letter.isalnum()).casefold()


def entered_stage(inside: str) -> StageColumn:
    """`Stage (Pipeline)` taken apart; both may themselves hold brackets."""
    text = inside.strip()
    depth = 0
    for place in range(len(text) - 1, 0, -1) if text.endswith(")") else ():
        depth += {")": 1, "(": -1}.get(text[place], 0)
        if depth == 0:
            stage, pipeline = text[:place].rstrip(), text[place + 1 : -1].strip()
            return StageColumn(stage, pipeline) if stage and pipeline else StageColumn(text, None)
    match = re.fullmatch(r"(?P<stage>.+?)\s*\((?P<pipeline>.+)\)", text)
    return StageColumn(match["stage"], match["pipeline"]) if match else StageColumn(text, None)
