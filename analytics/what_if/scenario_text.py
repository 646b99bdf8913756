"""A scenario's text as plain values, YAML or JSON: mappings, lists, text, numbers as they were written, yes or no, nothing.

Read by itself, not by what YAML makes of values: there `007` is 7, `no` is false and a repeated key overrides the one before.
"""

from __future__ import annotations

import json
import math
import re

import yaml

from data.errors import RequestProblem
from data.messages import Message, say

LARGEST = 256 * 1024  # characters of a scenario
_DEEPEST = 20
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Number(float):
    """A number, and how it was written: `text`."""

    text: str

    def __new__(cls, text: str, value: float | None = None) -> Number:
        made = super().__new__(cls, text if value is None else value)
        made.text = text
        return made


Value = dict[str, "Value"] | list["Value"] | str | Number | bool | None


def parsed(text: str) -> Value:
    """What a YAML text says; JSON is YAML. Raises RequestProblem, with the line, where it is not YAML, is too long, or uses
    what a scenario has no need of: anchors, tags, several documents."""
    _check_length(text)
    try:
        node = _Loader(text.removeprefix("\ufeff")).whole()
        if node is None:
            raise RequestProblem(say("The scenario is empty."), say("Write at least its levers."))
        return _value(node, 0)
    except RecursionError:
        raise _too_deep() from None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        why = " ".join(str(problem.problem or problem.context or "").split())
        raise _not_yaml((mark.line if mark else 0) + 1, why) from None
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, max(int(problem.position), 0)) + 1
        raise _not_yaml(line, say("a character that cannot be written in YAML")) from None


def parsed_json(text: str) -> Value:
    """The same of JSON alone, which is quicker."""
    _check_length(text)
    try:
        found: Value = json.loads(
            text,
            object_pairs_hook=_without_repeats,
            parse_int=Number,
            parse_float=Number,
            parse_constant=lambda word: Number(word, math.nan if word == "NaN" else math.inf),
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as problem:
        raise _not_yaml(problem.lineno, say("JSON was expected")) from None
    return found


def _check_length(text: str) -> None:
    if len(text) > LARGEST:
        raise RequestProblem(
            say("The scenario has {n} characters; {most} can be read.", n=len(text), most=LARGEST),
            say("Name customers by quadrant, tier or owner where the list is long."),
        )


class _Loader(yaml.SafeLoader):
    """Composes nodes without anchors, which a small file can blow up with."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RequestProblem(
                say("Line {line} of the scenario uses an anchor (& or *).", line=event.start_mark.line + 1),
                say("Write it out, or put the text in quotes."),
            )
        found: yaml.Node | None = super().compose_node(parent, index)
        return found

    def whole(self) -> yaml.Node | None:
        try:
            found: yaml.Node | None = self.get_single_node()
            return found
        finally:
            self.dispose()


def _value(node: yaml.Node, depth: int) -> Value:
    if depth > _DEEPEST:
        raise _too_deep()
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        pairs = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _not_yaml(key.start_mark.line + 1, say("a key is not text"))
            pairs.append((str(key.value), _value(value, depth + 1)))
        return _without_repeats(pairs, line)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_value(each, depth + 1) for each in node.value]
    if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
        return _scalar(str(node.value), is_quoted=node.style is not None)
    raise _not_yaml(line, say("a tag (!) has no place in a scenario"))


_PLAIN = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
}


def _scalar(text: str, is_quoted: bool) -> Value:
    if is_quoted:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text):
        return Number(text)
    if _ENDLESS.fullmatch(text):
        return Number(text, math.nan)
    return text


def _without_repeats(pairs: list[tuple[str, Value]], line: int | None = None) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value in pairs:
        if key in found:
            raise RequestProblem(
                say('The scenario says "{key}" twice in one place.', key=key[:80])
                if line is None
                else say('From line {line} on, the scenario says "{key}" twice in one place.', key=key[:80], line=line),
                say("Keep one of the two."),
            )
        found[key] = value
    return found


def _not_yaml(line: int, why: Message | str) -> RequestProblem:
    return RequestProblem(
        say("Line {line} of the scenario cannot be read: {why}.", line=line, why=why),
        say('Indent with spaces, write "key: value", and put text with : or # in quotes.'),
    )  # fmt: skip


def _too_deep() -> RequestProblem:
    return RequestProblem(
        say("The scenario is nested deeper than one can be."), say("Begin from the example and change it.")
    )
