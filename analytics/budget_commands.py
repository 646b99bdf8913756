"""The commands about the best use of a budget, and the options they have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analytics.calls import Asked, Call, Command
from analytics.question import Question
from analytics.what_if.budget import budget, budget_curve, budget_strategies
from analytics.what_if_commands import scenario_of
from data.messages import Message


class Said(Mapping[str, Any]):
    """What a result says of how it was asked; the `notes` are there once it is answered."""

    def __init__(self, notes: list[Message], **given: Any) -> None:
        self._notes, self._given = notes, given

    def __getitem__(self, name: str) -> Any:
        if name == "notes" and self._notes:
            return " ".join(map(str, self._notes)).removesuffix(".")
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._given, *(["notes"] if self._notes else [])])

    def __len__(self) -> int:
        return len(self._given) + bool(self._notes)


def _asked(metric: Callable[..., Question]) -> Callable[[Call], Asked]:
    def ask(call: Call) -> Asked:
        scenario = scenario_of(call.options.scenario)
        notes: list[Message] = []
        margin = call.customers.margin if scenario.margin is None else scenario.margin
        said = Said(
            notes, scenario=scenario.name, budget=scenario.budget, per_owner_per_month=scenario.capacity.per_owner_per_month,
            horizon_months=scenario.horizon_months, seed=scenario.seed, value_is="revenue" if margin is None else "profit", margin=margin,
        )  # fmt: skip
        return Asked(metric(call.tables, call.filters, scenario, call.customers, notes=notes), said)

    return ask


def _scenario(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", required=True, metavar="FILE",
        help="a scenario with a budget, as YAML or JSON, - for what is piped in; what_if --example prints one to begin from",
    )  # fmt: skip


BUDGETS: dict[str, Command] = {
    name: Command(_asked(metric), _scenario, has_by=False, of_customers=True, needs_scores=True)
    for name, metric in (("budget", budget), ("budget_strategies", budget_strategies), ("budget_curve", budget_curve))
}
