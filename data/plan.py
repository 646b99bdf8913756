"""What the person says of a file, and what is made of it: which table it is, and what each of its columns becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from data.messages import Message
from data.reading import ReadOptions, TextTable
from data.sources import Source, StageColumn
from data.values import DateOrder, Reading

Confidence = Literal["sure", "check", "aside"]
Rule = Literal["overwrite", "if_blank", "never"]


@dataclass(frozen=True)
class Fix:
    """A cell put right: in column `header`, what reads `was` becomes `becomes`; in one line, or wherever it reads so."""

    header: str
    was: str | None  # None: an empty cell
    becomes: str
    line: int | None = None
    sheet: str | None = None  # the sheet it is of, where a workbook has several


@dataclass(frozen=True)
class FileOptions:
    """What the person says of a file; None leaves it to us."""

    table: str | None = None
    source: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)  # header -> column; None keeps it as an attribute
    date_order: DateOrder | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    rules: Mapping[str, Rule] = field(
        default_factory=dict
    )  # column -> what an update does to it; "overwrite" where absent
    fixes: tuple[Fix, ...] = ()
    seen_on: date | None = None  # the day the file shows, where it is a picture of a day
    vat_rate: float | None = None  # per cent that the amounts include


@dataclass(frozen=True)
class ColumnPlan:
    """What one column of a file becomes."""

    position: int
    header: str
    field: str | None  # a column of the table, or None for an attribute
    stage: StageColumn | None  # for "date entered ..." columns
    confidence: Confidence
    reason: Message
    filled: float
    samples: tuple[str, ...]
    reading: Reading | None = None

    @property
    def name(self) -> str:
        return f"c{self.position}"


@dataclass(frozen=True)
class FilePlan:
    """What one file, or one sheet, becomes."""

    text: TextTable
    table: str
    source: Source
    columns: tuple[ColumnPlan, ...]
    options: FileOptions = field(default_factory=FileOptions)
    doubt: Message | None = None  # said where another table fits about as well
    is_partial: bool = False  # only some of the file's rows are loaded

    @property
    def label(self) -> str:
        """What people call the file, or the sheet of it."""
        return named(self.text)

    def column(self, name: str) -> ColumnPlan | None:
        return next((column for column in self.columns if column.field == name and not column.stage), None)

    @property
    def stage_columns(self) -> tuple[ColumnPlan, ...]:
        return tuple(column for column in self.columns if column.stage)

    @property
    def date_order(self) -> DateOrder | None:
        orders = [column.reading.order for column in self.columns if column.reading and column.reading.order]
        if orders:
            return orders[0]
        dated = any(column.reading and column.reading.kind in ("date", "timestamp") for column in self.columns)
        return "ymd" if dated else None


def named(text: TextTable) -> str:
    """What people call a file, or a sheet of it."""
    return f"{text.name} / {text.sheet}" if text.sheet else text.name
