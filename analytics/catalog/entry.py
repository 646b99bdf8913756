"""The shape of an entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# A "number" is a column whose rows have different units.
# "points" are those of the Net Promoter Score.
Unit = Literal["count", "share", "money", "days", "points", "number", "text", "flag"]
Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Metric:
    """One number, or one column of an answer; `source` names where its formula comes from, where it is not plain counting."""

    name: str
    label: str
    meaning: str
    formula: str
    unit: Unit
    better: Better = "neither"
    source: str = ""


@dataclass(frozen=True)
class Answer:
    """One command: what it answers and the columns of its rows."""

    name: str
    label: str
    meaning: str
    columns: tuple[str, ...]
