"""What a part of a scenario's text can be: a number, a name, keys that are known. What is none is refused, with where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from analytics.what_if.scenario import LONGEST_NAME
from analytics.what_if.scenario_text import Number, Value
from data.errors import RequestProblem
from data.messages import Message, say

_LONGEST_TEXT = 300
_LARGEST_SEED = 2**53
# What would turn the direction of text round, or cannot be seen.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
Made = TypeVar("Made")


def read_each(
    said: Mapping[str, Value], parts: Mapping[str, Callable[[Value, str], Any]], where: str
) -> dict[str, Any]:
    """What `parts` make of the keys that are said; a key without a value counts as not said."""
    return {key: part(said[key], within(where, key)) for key, part in parts.items() if said.get(key) is not None}


def keys_of(value: Value, where: str, known: Iterable[str]) -> dict[str, Value]:
    names = tuple(known)
    if not isinstance(value, dict):
        raise wrong(where, say("keys with values are expected"), say("Known here: {names}.", names=", ".join(names)))
    for key in value:
        if key not in names:
            raise wrong(where, say('there is no key "{key}"', key=shown(key)), nearest(key, names))
    return value


def required(said: Mapping[str, Value], key: str, where: str) -> Value:
    found = said.get(key)
    if found is None:
        raise wrong(where, say("the key {key} is missing", key=key), say("Add it; the example shows how."))
    return found


def a_number(value: Value, where: str) -> float:
    if not isinstance(value, Number):
        raise wrong(where, say("a number is expected, not {value}", value=told(value)), say("Write it in digits alone, such as 5 or 0.35: no quotes, no % and no thousands separator."))  # fmt: skip
    if not math.isfinite(value):
        raise wrong(where, say("{value} is not a number that can be used", value=shown(value.text)), say("Write it in digits, such as 5 or 0.35."))  # fmt: skip
    return float(value)


def a_whole(value: Value, where: str) -> int:
    number = a_number(value, where)
    if not number.is_integer() or abs(number) > _LARGEST_SEED:
        raise wrong(where, say("a whole number is expected, not {value}", value=told(value)), say("Write 12, for example."))  # fmt: skip
    return int(number)


def a_seed(value: Value, where: str) -> int:
    if (seed := a_whole(value, where)) < 0:
        raise wrong(where, say("a seed is 0 or more"), say("Write 1, for example."))
    return seed


def yes_or_no(value: Value, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(where, say("true or false is expected, not {value}", value=told(value)), say("Write true or false, without quotes."))  # fmt: skip
    return value


def a_text(value: Value, where: str) -> str:
    """Text; a number counts as how it was written, so that a customer's number stays what it is."""
    text = value.text if isinstance(value, Number) else value
    if not isinstance(text, str):
        raise wrong(where, say("text is expected, not {value}", value=told(value)), say("Put it in quotes."))
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise wrong(where, say("the text has half a character in it"), say("Write it again."))
    if len(text) > _LONGEST_TEXT:
        raise wrong(where, say("the text is longer than {n} characters", n=_LONGEST_TEXT), say("Write less."))
    return text


def a_name(value: Value, where: str) -> str:
    text = " ".join(UNSEEN.sub(" ", a_text(value, where)).split())
    if len(text) > LONGEST_NAME:
        raise wrong(where, say("the name is longer than {n} characters", n=LONGEST_NAME), say("Write less."))
    return text


def one_of(value: Value, where: str, known: Iterable[Any]) -> Any:
    names = tuple(known)
    if value not in names:
        raise wrong(where, say("{value} is not known", value=told(value)), nearest(value if isinstance(value, str) else "", names))  # fmt: skip
    return value


def nearest(name: str, known: tuple[str, ...]) -> Message:
    if near := get_close_matches(name.strip().casefold()[:80].replace(" ", "_"), known, n=1, cutoff=0.6):
        return say("Perhaps {name} is meant. Known here: {names}.", name=near[0], names=", ".join(known))
    return say("Known here: {names}.", names=", ".join(known))


def within(where: str, key: str) -> str:
    return f"{where}, {key}" if where else key


def shown(text: str) -> str:
    text = UNSEEN.sub(" ", text)
    return text if len(text) <= 60 else text[:59] + "…"


def told(value: Value) -> str | Message:
    match value:
        case None:
            return say("nothing")
        case bool():
            return "true" if value else "false"
        case Number():
            return shown(value.text)
        case str():
            return f'"{shown(value)}"'
        case list():
            return say("a list")
        case _:
            return say("keys with values")


def located(where: str, make: Callable[[], Made]) -> Made:
    """What `make` returns; what is wrong with it is said with where it stands."""
    try:
        return make()
    except RequestProblem as problem:
        raise RequestProblem(say("In the scenario, {where}: {what}", where=where, what=problem.sentence), problem.hint) from None  # fmt: skip


def wrong(where: str, what: Message, hint: Message) -> RequestProblem:
    return RequestProblem(say("In the scenario, {where}: {what}.", where=where, what=what) if where else say("In the scenario, {what}.", what=what), hint)  # fmt: skip
