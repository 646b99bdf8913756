"""One file of the made-up company, in both languages at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from data.demo.words import Both

# A date, a moment, a text in both languages or the same in both, a number, or nothing.
Cell = date | datetime | Both | str | int | None


@dataclass(frozen=True)
class Table:
    """One export: the name of its file, its header, and rows as long as the header."""

    name: Both
    header: tuple[Both, ...]
    rows: Sequence[tuple[Cell, ...]]
