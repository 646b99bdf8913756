"""A scenario as people write it: YAML (JSON is YAML) in, YAML and JSON out. Nothing of a file is ignored: what cannot be a
scenario's is refused, with where it stands and what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from analytics.customers.scores import LIFECYCLE
from analytics.customers.value_risk import QUADRANTS
from analytics.what_if.scenario import (
    KINDS,
    LONGEST_NAME,
    NOTHING,
    Capacity,
    Cost,
    Kind,
    Lever,
    Range,
    Scenario,
    Target,
)
from analytics.what_if.scenario_example import example
from analytics.what_if.scenario_text import Value, parsed, parsed_json
from analytics.what_if.scenario_values import (
    UNSEEN,
    a_name,
    a_number,
    a_seed,
    a_text,
    a_whole,
    keys_of,
    located,
    one_of,
    read_each,
    required,
    shown,
    wrong,
    yes_or_no,
)  # fmt: skip
from data.customer_settings import TIERS
from data.errors import RequestProblem
from data.messages import listed, say

__all__ = ["as_json", "as_name", "as_values", "example", "of_json", "read", "target_values", "written"]
MOST_VALUES = 500  # of one field: customers picked by hand

# By their place in a target: one or several.
_TARGETS = {
    "quadrants": ("quadrant", QUADRANTS),
    "tiers": ("tier", TIERS),
    "lifecycles": ("lifecycle", LIFECYCLE),
    "owners": ("owner", None),
    "customers": ("customer", None),
}
# Characters that JSON takes as they are and YAML does not, or takes for the end of a line.
_NO_YAML = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SCENARIO = (
    "name", "horizon_months", "seed", "draws", "discount_rate", "margin", "currency", "counts_new", "levers", "budget", "capacity",
)  # fmt: skip
_LEVER = (
    "lever", "target", "amount", "low", "likely", "high", "name", "delay_months", "ramp_months", "half_life_months", "ceiling",
    "save_rate", "coverage", "reward", "stage", "owner", "cost",
)  # fmt: skip
_RANGE = ("low", "likely", "high")
_COST = ("fixed", "monthly", "per_customer", "per_save")


def read(text: str) -> Scenario:
    """The scenario of a YAML or JSON text. Raises RequestProblem."""
    return _scenario(parsed(text))


def of_json(text: str) -> Scenario:
    """The scenario of what `as_json` wrote. Raises RequestProblem."""
    return _scenario(parsed_json(text))


def written(scenario: Scenario) -> str:
    """The scenario as YAML that reads back to the same one."""
    return yaml.dump(as_values(scenario), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def as_json(scenario: Scenario) -> str:
    """The scenario on one line, for storing: the same scenario, the same text. It is YAML too."""
    said = json.dumps(as_values(scenario), ensure_ascii=False, separators=(",", ":"))
    return _NO_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


class _Dumper(yaml.SafeDumper):
    """Writes text with what cannot be seen in it in double quotes, where each of it is spelt out."""


def _spelt(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if UNSEEN.search(text) else None)


_Dumper.add_representer(str, _spelt)


def as_name(text: str) -> str:
    """A name without what cannot be seen in it, as it is kept."""
    return " ".join(UNSEEN.sub(" ", text).split())[:LONGEST_NAME].strip()


def as_values(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain values, in the order and shape of a file; what is as it is without saying so is left out."""
    usual = Scenario("")
    found: dict[str, Any] = {"name": as_name(scenario.name)}
    found |= {"horizon_months": scenario.horizon_months, "seed": scenario.seed, "draws": scenario.draws}
    found["discount_rate"] = _short(scenario.discount_rate)
    for key in ("margin", "currency"):
        found |= _unless_usual(key, getattr(scenario, key), None)
    found |= _unless_usual("counts_new", scenario.counts_new, usual.counts_new)
    found["levers"] = [_lever_values(lever) for lever in scenario.levers]
    found |= _unless_usual("budget", scenario.budget, None)
    most = scenario.capacity.per_owner_per_month
    return found | ({} if most is None else {"capacity": {"per_owner_per_month": _short(most)}})


def _lever_values(lever: Lever) -> dict[str, Any]:
    usual = Lever("largest_leaves", NOTHING)
    found: dict[str, Any] = {"lever": lever.kind} | _unless_usual("name", as_name(lever.name), "")
    if not lever.target.is_everyone:
        found["target"] = target_values(lever.target)
    if lever.kind != "largest_leaves":
        found |= {"amount": _short(lever.amount.low)} if lever.amount.is_sure else _range_values(lever.amount)
    for key in ("delay_months", "ramp_months", "half_life_months", "ceiling", "stage", "owner"):
        found |= _unless_usual(key, getattr(lever, key), getattr(usual, key))
    for key in ("save_rate", "coverage", "reward"):
        if getattr(lever, key) != getattr(usual, key):
            found[key] = _one_or_range(getattr(lever, key))
    costs = {key: getattr(lever.cost, key) for key in _COST}
    said = {key: _one_or_range(cost) for key, cost in costs.items() if cost != NOTHING}
    return found | ({"cost": said} if said else {})


def target_values(target: Target) -> dict[str, str | list[str]]:
    """Whom a lever acts on, as a file says it; nothing for everyone. Raises RequestProblem where a field is named twice."""
    said = [(name, getattr(target, key)) for key, (name, _known) in _TARGETS.items() if getattr(target, key)]
    said += [(name, values) for name, values in target.where]
    if len({_TARGETS.get(name, (name,))[0] for name, _values in said}) < len(said):
        raise RequestProblem(
            say("The target names a field twice: {names}.", names=listed(name for name, _values in said)),
            say("Name each field once, with all its values."),
        )
    return {name: values[0] if len(values) == 1 else list(values) for name, values in said}


def _unless_usual(key: str, value: Any, usual: Any) -> dict[str, Any]:
    if value == usual:
        return {}
    return {key: _short(value) if isinstance(value, float) else value}


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def _one_or_range(value: Range) -> Any:
    return _short(value.low) if value.is_sure else _range_values(value)


def _range_values(value: Range) -> dict[str, float]:
    return {key: _short(getattr(value, key)) for key in _RANGE}


# Reading


def _scenario(value: Value) -> Scenario:
    said = keys_of(value, "", _SCENARIO)
    levers = required(said, "levers", "")
    if not isinstance(levers, list):
        raise wrong("levers", say("a list is expected"), say('Begin each lever with "- lever:" on a line of its own.'))
    # What is not said is left to the scenario's own defaults.
    numbers: dict[str, Callable[[Value, str], Any]] = {
        "horizon_months": a_whole, "seed": a_seed, "draws": a_whole, "discount_rate": a_number, "margin": a_number, "currency": a_text,
        "counts_new": yes_or_no, "budget": a_number, "capacity": _capacity, "name": a_name,
    }  # fmt: skip
    options: dict[str, Any] = {"name": ""} | read_each(said, numbers, "")
    return Scenario(levers=tuple(_lever(each, f"levers {at}") for at, each in enumerate(levers, 1)), **options)


def _lever(value: Value, where: str) -> Lever:
    said = keys_of(value, where, _LEVER)
    kind: Kind = one_of(required(said, "lever", where), f"{where}, lever", KINDS)
    parts: dict[str, Callable[[Value, str], Any]] = {
        "target": _target, "name": a_name, "delay_months": a_whole, "ramp_months": a_whole, "half_life_months": a_number,
        "ceiling": a_number, "save_rate": _number_or_range, "coverage": _number_or_range, "reward": _number_or_range,
        "stage": a_text, "owner": a_text, "cost": _cost,
    }  # fmt: skip
    options = read_each(said, parts, where)
    amount = _amount(said, kind, where)
    return located(where, lambda: Lever(kind, amount, **options))


def _amount(said: Mapping[str, Value], kind: Kind, where: str) -> Range:
    given = {key: said[key] for key in _RANGE if said.get(key) is not None}
    if kind == "largest_leaves":
        if given or said.get("amount") is not None:
            raise wrong(where, say("the lever largest_leaves has no amount"), say("Leave out amount, low, likely and high."))  # fmt: skip
        return NOTHING
    if said.get("amount") is not None:
        if given:
            raise wrong(where, say("there is an amount beside {names}", names=", ".join(given)), say("Keep the amount, or low, likely and high."))  # fmt: skip
        return _number_or_range(said["amount"], f"{where}, amount")
    if not given:
        raise wrong(where, say("its amount is missing"), say("Add low, likely and high, or amount for a number known for sure."))  # fmt: skip
    return _range(given, where)


def _range(said: Mapping[str, Value], where: str) -> Range:
    low, likely, high = (a_number(required(said, key, where), f"{where}, {key}") for key in _RANGE)
    return located(where, lambda: Range(low, likely, high))


def _number_or_range(value: Value, where: str) -> Range:
    if isinstance(value, dict):
        return _range(keys_of(value, where, _RANGE), where)
    return Range.of(a_number(value, where))


def _cost(value: Value, where: str) -> Cost:
    costs = read_each(keys_of(value, where, _COST), dict.fromkeys(_COST, _number_or_range), where)
    return located(where, lambda: Cost(**costs))


def _capacity(value: Value, where: str) -> Capacity:
    said = keys_of(value, where, ("per_owner_per_month",))
    return Capacity(**read_each(said, {"per_owner_per_month": a_number}, where))


def _target(value: Value, where: str) -> Target:
    if not isinstance(value, dict):
        raise wrong(where, say("a field and its values are expected"), say("Write quadrant: protect, for example."))
    found: dict[str, Any] = {}
    fields: list[tuple[str, tuple[str, ...]]] = []
    for name, said in value.items():
        place = next((key for key, (one, _known) in _TARGETS.items() if name in (one, key)), None)
        at = f"{where}, {shown(name)}"
        values = _values(said, at)
        if place is None:
            if not name.strip():
                raise wrong(where, say("a field has no name"), say("Write quadrant: protect, for example."))
            fields.append((name, values))
            continue
        if place in found:
            raise wrong(at, say("it is said twice"), say("Keep one of the two."))
        known = _TARGETS[place][1]
        found[place] = tuple(one_of(each, at, known) for each in values) if known else values
    return Target(**found, where=tuple(fields))


def _values(value: Value, where: str) -> tuple[str, ...]:
    """The values of a field, as written: a customer's number stays what it was."""
    many = value if isinstance(value, list) else [value]
    if not many:
        raise wrong(where, say("the list is empty"), say("Name at least one, or leave the field out."))
    if len(many) > MOST_VALUES:
        raise wrong(where, say("{n} values are more than {most}", n=len(many), most=MOST_VALUES), say("Name customers by quadrant, tier or owner where the list is long."))  # fmt: skip
    return tuple(("true" if each else "false") if isinstance(each, bool) else a_text(each, where) for each in many)
