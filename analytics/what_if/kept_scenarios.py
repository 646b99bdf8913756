"""The scenarios that are kept, as rows; and several of them simulated side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import ibis.expr.types as ir
import pandas as pd

from analytics.filters import Filters
from analytics.question import Answers, Question
from analytics.rows import Row, frame
from analytics.what_if import forecast
from analytics.what_if.compared import Side, alike, by_draw, compared
from analytics.what_if.fitted import base_question
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import of_json
from analytics.what_if.simulate import simulate
from analytics.what_if.told import verdict
from analytics.what_if.what_came import Months
from data.customer_settings import CustomerSettings
from data.errors import RequestProblem
from data.scenarios import SavedScenario
from data.tables import Tables

COLUMNS = (
    "scenario", "saved_on", "forecast_as_of", "lever_count", "lever_kinds", "horizon_months", "seed", "draws", "months_complete",
    "is_readable",
)  # fmt: skip


def scenarios(tables: Tables, filters: Filters, kept: Sequence[SavedScenario]) -> Question:
    """One row a scenario that is kept, the one saved last first. Columns: `COLUMNS`.

    `months_complete`: how many months of its forecast are over by the as-of date; unknown where none was kept. `is_readable` is
    false where what was written makes no scenario any more, and then little else is known.
    """
    return Question({}, lambda answers: frame([_row(each, filters) for each in kept], COLUMNS))


def _row(saved: SavedScenario, filters: Filters) -> Row:
    row: Row = {"scenario": saved.name, "saved_on": saved.saved_on, "forecast_as_of": saved.as_of, "is_readable": True}
    try:
        said = of_json(saved.written)
    except RequestProblem:
        return row | {"is_readable": False}
    kinds = dict.fromkeys(lever.kind for lever in said.levers)
    row |= {"lever_count": len(said.levers), "lever_kinds": ", ".join(kinds), "horizon_months": said.horizon_months}
    row |= {"seed": said.seed, "draws": said.draws}
    if saved.forecast:
        try:
            row["months_complete"] = Months(forecast.read(saved.forecast), filters.as_of).complete
        except RequestProblem:
            row["is_readable"] = False
    return row


def compare_scenarios(
    tables: Tables, filters: Filters, settings: CustomerSettings, asked: Sequence[Scenario]
) -> Question:
    """Up to six scenarios side by side, in the draws of the first one's seed: `compared.compared`. The scores must be there.

    Raises RequestProblem where there are too many, or one cannot be simulated.
    """
    sides = alike(asked)
    bases = [base_question(tables, filters, scenario, settings) for scenario in sides]
    rounds = max((len(each.more) for each in bases), default=0)

    def later(number: int, answers: Answers) -> Mapping[str, ir.Table]:
        found: dict[str, ir.Table] = {}
        for place, each in enumerate(bases):
            if number < len(each.more):
                found |= _named(place, each.more[number](_of(place, answers)))
        return found

    def finish(answers: Answers) -> pd.DataFrame:
        told = []
        for place, (scenario, each) in enumerate(zip(sides, bases, strict=True)):
            outcome = simulate(each.base(_of(place, answers)), scenario)
            told.append(Side(scenario, by_draw(outcome), verdict(outcome)))
        return compared(told)

    asks: dict[str, ir.Table] = {}
    for place, each in enumerate(bases):
        asks |= _named(place, each.asks)
    return Question(asks, finish, tuple(partial(later, number) for number in range(rounds)))


def _named(place: int, asks: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
    return {f"{place + 1}_{name}": expression for name, expression in asks.items()}


def _of(place: int, answers: Answers) -> dict[str, pd.DataFrame]:
    start = f"{place + 1}_"
    return {name.removeprefix(start): found for name, found in answers.items() if name.startswith(start)}
