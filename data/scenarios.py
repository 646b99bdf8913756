"""Scenarios that people keep under a name: what they wrote, and what was forecast of it on that day."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from data.errors import RequestProblem
from data.messages import say

LONGEST_NAME = 80
MOST_SCENARIOS = 50
LARGEST = 500_000  # characters of what is kept of one
# What cannot be seen in a name, or would turn the direction of text round.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class SavedScenario:
    """A scenario under its name, unique in a workspace whatever the case of its letters.

    `written` is the scenario as JSON, with its name in it; `forecast` what came out, as JSON, on the data and as-of date of that
    day ("": none was kept). What is in them is the business of who wrote them.
    """

    name: str
    written: str
    saved_on: date
    as_of: date
    forecast: str = ""

    @classmethod
    def of(cls, name: str, written: str, saved_on: date, as_of: date, forecast: str = "") -> SavedScenario:
        """A scenario with its name as it is kept. Raises RequestProblem where nothing of the name is left, or it is too large."""
        kept = as_name(name)
        if not kept:
            raise RequestProblem(
                say("A scenario needs a name."), say("Say in a few words what would be done.")
            )  # fmt: skip
        if len(written) + len(forecast) > LARGEST:
            raise RequestProblem(
                say("The scenario is too large to be kept."),
                say("Name customers by quadrant, tier or owner where the list is long."),
            )
        return cls(kept, _named(written, kept), saved_on, as_of, forecast)

    def renamed(self, name: str) -> SavedScenario:
        """The same under another name. Raises RequestProblem for one that cannot be."""
        return SavedScenario.of(name, self.written, self.saved_on, self.as_of, self.forecast)


def as_name(name: str) -> str:
    """A name without what cannot be seen in it, cut to the longest that is kept."""
    return " ".join(_UNSEEN.sub(" ", name).split())[:LONGEST_NAME].strip()


def same(one: str, other: str) -> bool:
    """Whether two names, as they are kept, are one."""
    return as_name(one).casefold() == as_name(other).casefold()


def found(kept: Sequence[SavedScenario], name: str) -> SavedScenario:
    """The one of this name. Raises RequestProblem where there is none."""
    for each in kept:
        if same(each.name, name):
            return each
    raise RequestProblem(
        say('No scenario is called "{name}".', name=as_name(name)),
        say("Kept are: {names}.", names=", ".join(each.name for each in kept[:10]))
        if kept
        else say("None is kept yet: save one on the page What if."),
    )


def free_name(kept: Sequence[SavedScenario], name: str) -> str:
    """The name for a copy: "Name (2)", or the next number that no other has."""
    stem = re.sub(r" \(\d{1,3}\)$", "", as_name(name))
    taken = {each.name.casefold() for each in kept}
    number = 2
    while True:
        end = f" ({number})"
        candidate = stem[: LONGEST_NAME - len(end)].rstrip() + end
        if candidate.casefold() not in taken:
            return candidate
        number += 1


def _named(written: str, name: str) -> str:
    """The text with the name in it that it is kept under."""
    said = json.loads(written)
    return json.dumps({"name": name} | (said | {"name": name}), ensure_ascii=False, separators=(",", ":"))


def copied(scenario: SavedScenario, name: str, on: date) -> SavedScenario:
    """The same scenario under another name, to be changed: saved on this day."""
    return replace(scenario.renamed(name), saved_on=on)
