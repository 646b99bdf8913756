"""Everything an answer rests on, row by row: what was said, what was fitted, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from analytics.filters import UNDATED, Filters
from analytics.what_if.base import Base
from analytics.what_if.model_line import model_line
from analytics.what_if.scenario import LEVERS, NOTHING, Lever, Range, Scenario
from analytics.what_if.scenario_file import target_values
from data.messages import N_, Message, listed, say

Unit = Literal[
    "points", "percent", "days", "per_hundred", "none", "months", "money", "share", "count", "day", "text", "kind"
]
Part = Literal["scenario", "lever", "data", "model"]
# Where it comes from.
SAID, SETTINGS, USUAL, FITTED, DATA = (
    N_("said in the scenario"), N_("a setting of the workspace"), N_("so unless something else is said"),
    N_("fitted on this company's data"), N_("the data"),
)  # fmt: skip
_SHARES = {
    "save_rate": N_("Of those contacted who would have left, stay"),
    "coverage": N_("Of the target, contacted"),
    "reward": N_("Reward, of what is bought"),
}
_COSTS = {
    "fixed": N_("Cost, once"),
    "monthly": N_("Cost, a month"),
    "per_customer": N_("Cost, for each customer of the target"),
    "per_save": N_("Cost, for each customer saved"),
}
_LEFT_OUT = {
    "other_currency": N_("Left out: customers in another currency"),
    "unvalued": N_("Left out: customers of whom too little is known"),
    "potential": N_("Left out: those who have not bought yet"),
    "lost": N_("Left out: customers who are lost"),
}


@dataclass(frozen=True)
class Assumption:
    """One thing assumed. `lever` is its number from 1, of a lever; `low` and `high` the ends of a range of which `value` is the likeliest.
    Text from the data is in `value` as it is."""

    part: Part
    what: Message
    value: str | float | int | bool | date | Message | None
    unit: Unit
    source: Message
    low: float | None = None
    high: float | None = None
    lever: int | None = None


def assumptions(base: Base, scenario: Scenario, filters: Filters, revision: int) -> tuple[Assumption, ...]:
    """All that the answer to a scenario rests on: with it, the same data and this version, the answer is the same to the byte.

    `revision` is that of the data. A range has three numbers, a number known for sure one.
    """
    return (*_of_scenario(base, scenario), *_of_levers(base, scenario), *_of_data(base, filters, revision), *_of_model(base))  # fmt: skip


def _of_scenario(base: Base, scenario: Scenario) -> Iterator[Assumption]:
    usual = Scenario("")

    def row(what: str, value: object, unit: Unit, source: str = SAID) -> Assumption:
        return Assumption("scenario", say(what), value, unit, say(source))  # type: ignore[arg-type]

    yield row(N_("Scenario"), scenario.name or None, "text")
    yield row(N_("Horizon"), scenario.horizon_months, "months")
    yield row(N_("Seed"), scenario.seed, "count")
    yield row(N_("Draws"), scenario.draws, "count")
    yield row(N_("Discount rate a year"), scenario.discount_rate, "share")
    margin = scenario.margin if scenario.margin is not None else base.margin
    if margin is None:
        yield row(N_("Margin"), say("not known: profit is revenue less costs"), "text", USUAL)
    else:
        yield row(N_("Margin"), margin, "share", SAID if scenario.margin is not None else SETTINGS)
    yield row(N_("Currency"), base.currency or None, "text", SAID if scenario.currency else DATA)
    yield row(N_("Customers still to come are counted"), scenario.counts_new, "text", USUAL if scenario.counts_new == usual.counts_new else SAID)  # fmt: skip
    most = scenario.capacity.per_owner_per_month
    if most is not None:
        yield row(N_("Customers an owner can save a month"), most, "count")
    if scenario.budget is not None:
        yield row(N_("Budget"), scenario.budget, "money")


def _of_levers(base: Base, scenario: Scenario) -> Iterator[Assumption]:
    for place, lever in enumerate(scenario.levers):
        yield from (
            Assumption("lever", what, value, unit, say(source), low, high, place + 1)
            for what, value, unit, source, low, high in _of_lever(base, lever, place)
        )


_Cell = tuple[Message, str | float | int | Message | None, Unit, str, float | None, float | None]


def _of_lever(base: Base, lever: Lever, place: int) -> Iterator[_Cell]:
    def row(what: str, value: str | float | int | Message | None, unit: Unit, source: str = SAID) -> _Cell:
        return say(what), value, unit, source, None, None

    def ranged(what: str, given: Range, unit: Unit) -> _Cell:
        ends = (None, None) if given.is_sure else (given.low, given.high)
        return say(what), given.likely, unit, SAID, *ends

    yield row(N_("Lever"), lever.kind, "kind")
    if lever.name:
        yield row(N_("Called"), lever.name, "text")
    if LEVERS[lever.kind].unit != "none":
        yield ranged(N_("Amount"), lever.amount, LEVERS[lever.kind].unit)
    if LEVERS[lever.kind].acts in ("customers", "lost"):
        yield row(N_("Acts on"), _whom(lever), "text")
        if place < len(base.size_of):
            yield row(N_("Customers it acts on"), float(base.size_of[place]), "count", DATA)
            yield row(N_("What they brought in the last twelve months"), float(base.revenue_of[place]), "money", DATA)
            if np.isfinite(base.contacted_of[place]):
                yield row(N_("Of them contacted within what is promised"), float(base.contacted_of[place]), "share", DATA)  # fmt: skip
    if lever.stage:
        yield row(N_("Stage"), lever.stage, "text")
    if lever.owner:
        yield row(N_("Owner"), lever.owner, "text")
    yield row(N_("Starts after"), lever.delay_months, "months")
    yield row(N_("Grows to its full effect over"), lever.ramp_months, "months")
    if lever.half_life_months is None:
        yield row(N_("Half of its effect is gone every"), say("never: it lasts"), "text", USUAL)
    else:
        yield row(N_("Half of its effect is gone every"), lever.half_life_months, "months")
    if lever.ceiling is not None:
        yield row(N_("The most that can be reached"), lever.ceiling, LEVERS[lever.kind].unit)
    for name, what in _SHARES.items():
        share: Range | None = getattr(lever, name)
        if share is not None and not (name == "reward" and share == NOTHING):
            yield ranged(what, share, "percent")
    for name, what in _COSTS.items():
        cost: Range = getattr(lever.cost, name)
        if cost != NOTHING:
            yield ranged(what, cost, "money")


def _whom(lever: Lever) -> str | Message:
    """Whom a lever acts on; customers picked by hand by how many they are, since the list of customers names them."""
    if lever.target.is_everyone:
        return say("all customers")
    said = {name: [values] if isinstance(values, str) else values for name, values in target_values(lever.target).items()}  # fmt: skip
    picked = said.pop("customer", None)
    parts = [f"{name}: {listed(values)}" for name, values in said.items()]
    return "; ".join([*parts, *([f"customer: {len(picked)}"] if picked else [])])


def _of_data(base: Base, filters: Filters, revision: int) -> Iterator[Assumption]:
    def row(what: str, value: object, unit: Unit) -> Assumption:
        return Assumption("data", say(what), value, unit, say(DATA))  # type: ignore[arg-type]

    yield row(N_("As of"), filters.as_of if filters.as_of < UNDATED else say("no dates in the data"), "day")
    yield row(N_("Revision of the data"), revision, "count")
    for choice in filters.where:
        yield row(N_("Filter"), f"{choice.field.name}: {listed(choice.values)}", "text")
    yield row(N_("Revenue of the last twelve months"), base.revenue_12m, "money")
    if base.cells is not None:
        yield row(N_("Customers today"), float(base.cells.customers.sum()), "count")
        yield row(N_("Of them expected to be there still"), float(base.cells.alive.sum()), "count")
    for name, n in base.counts.items():
        if n and name in _LEFT_OUT:
            yield row(_LEFT_OUT[name], n, "count")
    if base.pipeline is not None:
        yield row(N_("Open deals"), base.pipeline.deals_open, "count")
        yield row(N_("Deals that the pipeline was learnt from"), base.pipeline.deals_seen, "count")


def _of_model(base: Base) -> Iterator[Assumption]:
    fitted = say(FITTED)
    yield Assumption("model", say("Model"), model_line(base.report), "text", fitted)
    error = say("What back-tests showed beyond it: standard deviation of the logarithm of a year's revenue")
    yield Assumption("model", error, base.error, "share", fitted)
    for row in _rows(base.report.get("parameters")):
        what = say("Parameter {name} of the model {model}", name=str(row["parameter"]), model=str(row["model"]))
        yield Assumption("model", what, _number(row["estimate"]), "none", fitted, _number(row["low"]), _number(row["high"]))  # fmt: skip
    if base.new is not None:
        spread = 1.2816 * base.new.rate_sd  # 80% of a normal distribution
        what = say("New customers a month, as in the last {n} months", n=base.new.months_seen)
        low, high = max(base.new.rate - spread, 0.0), base.new.rate + spread
        yield Assumption("model", what, base.new.rate, "none", fitted, low, high)


def _rows(found: object) -> list[Mapping[str, object]]:
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None
