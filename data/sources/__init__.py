"""What the CRMs call things: one file a source, and a general one for all the rest.

A source names, for each table, the headers that mean each column. Headers are compared folded: without case, spaces and
punctuation, in any language.
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
    """`Stage (Pipeline)` taken apart; the pipeline may itself hold brackets."""
    match = re.fullmatch(r"(?P<stage>.+?)\s*\((?P<pipeline>.+)\)", inside.strip())
    return StageColumn(match["stage"], match["pipeline"]) if match else StageColumn(inside.strip(), None)
