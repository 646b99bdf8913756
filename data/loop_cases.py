"""What people note of the answers that need one back: who looks after it, how far that has come, until when, and a remark."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from data.errors import RequestProblem
from data.messages import say

Status = Literal["open", "contacted", "closed"]
STATUSES: tuple[Status, ...] = ("open", "contacted", "closed")
LONGEST_OWNER, LONGEST_NOTE = 120, 1000
# What `analytics.nps.loop` calls an answer: a letter first, so that no spreadsheet takes it for a number.
NUMBER = re.compile(r"K[0-9a-f]{16}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
COLUMNS = ("number", "status", "owner", "due_on", "note", "contacted_on", "closed_on")


@dataclass(frozen=True)
class LoopCase:
    """What was noted of one answer. Without an owner or a due day, those that follow from the data hold.

    Raises RequestProblem for what cannot be: a status that there is not, or days the wrong way round.
    """

    number: str
    status: Status = "open"
    owner: str | None = None
    due_on: date | None = None
    note: str = ""
    contacted_on: date | None = None
    closed_on: date | None = None

    def __post_init__(self) -> None:
        if not NUMBER.fullmatch(self.number):
            raise RequestProblem(
                say("{number} is no number of a case.", number=self.number),
                say("Take the number as the exported file has it."),
            )
        if self.status not in STATUSES:
            raise RequestProblem(
                say("{status} is no status of a case.", status=self.status), say("Write open, contacted or closed.")
            )
        object.__setattr__(self, "owner", _clean(self.owner or "", LONGEST_OWNER) or None)
        object.__setattr__(self, "note", _clean(self.note, LONGEST_NOTE))
        if self.contacted_on and self.closed_on and self.closed_on < self.contacted_on:
            raise RequestProblem(
                say("A case cannot be closed ({closed}) before anybody was in touch ({contacted}).",
                    closed=self.closed_on, contacted=self.contacted_on),
                say("Exchange the two days."),
            )  # fmt: skip

    def at(self, status: Status, day: date) -> LoopCase:
        """The same at a status since `day`; a status that it has already keeps its days.

        Who closes a case was in touch, and a case opened again was not.
        """
        if status == self.status:
            return self
        if status == "open":
            return replace(self, status=status, contacted_on=None, closed_on=None)
        contacted = min(self.contacted_on or day, day)
        return replace(self, status=status, contacted_on=contacted, closed_on=day if status == "closed" else None)

    def known_by(self, day: date) -> LoopCase:
        """How it stood at the end of a day."""
        if self.status == "closed" and self.closed_on and self.closed_on > day:
            return replace(self, status="contacted", closed_on=None).known_by(day)
        if self.status == "contacted" and self.contacted_on and self.contacted_on > day:
            return replace(self, status="open", contacted_on=None)
        return self


@dataclass(frozen=True)
class LoopCases:
    """All that was noted, by the number of the case."""

    cases: tuple[LoopCase, ...] = ()

    def __repr__(self) -> str:
        """Short, and different for different cases: part of what answers are kept by."""
        return f"LoopCases({self._digest})"

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self.written().encode()).hexdigest()

    @cached_property
    def by_number(self) -> Mapping[str, LoopCase]:
        return {case.number: case for case in self.cases}

    @property
    def days(self) -> Iterator[date]:
        """The days on which anybody was in touch, or a case was closed."""
        for case in self.cases:
            yield from (day for day in (case.contacted_on, case.closed_on) if day is not None)

    def known_by(self, day: date) -> LoopCases:
        """How they stood at the end of a day."""
        return LoopCases(tuple(case.known_by(day) for case in self.cases))

    def written(self) -> str:
        """As one text that the engine reads, in the order of their numbers."""
        found = sorted(self.cases, key=lambda case: case.number)
        return json.dumps([asdict(case) for case in found], ensure_ascii=False, default=date.isoformat)


def _clean(text: str, longest: int) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())[:longest].strip()
