"""Days that people mark with a short name: a new price list, a new script, a new team."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from data.errors import RequestProblem
from data.messages import say

LONGEST_NAME = 60
MOST_MARKS = 100
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, order=True)
class Mark:
    """A day, and what happened on it. A day can have several, each of another name."""

    on: date
    name: str

    @classmethod
    def of(cls, on: date, name: str) -> Mark:
        """A mark with its name as it is kept. Raises RequestProblem where nothing of it is left."""
        mark = cls(on, " ".join(_CONTROLS.sub(" ", name).split())[:LONGEST_NAME].strip())
        if not mark.name:
            raise RequestProblem(say("A mark needs a name."), say("Say in a few words what happened on that day."))
        return mark
