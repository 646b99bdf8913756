"""What scenario commands answer, of baselines written by hand: a question for each that asks the engine nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pandas as pd

from analytics.filters import Filters
from analytics.question import Question
from analytics.what_if import told
from analytics.what_if.acted_on import acted_on
from analytics.what_if.base import Base
from analytics.what_if.break_even import break_even
from analytics.what_if.goal_seek import goal_seek
from analytics.what_if.past_retention import past_retention
from analytics.what_if.retention_effect import retention_effect
from analytics.what_if.scenario import Cost, Lever, Range, Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.tornado import tornado
from analytics.what_if.waterfall import waterfall
from data.customer_settings import CustomerSettings
from data.tables import Tables
from tests.analytics.what_if_bases import base, cells

AS_OF = date(2026, 1, 1)
SCENARIO = Scenario(
    "", (Lever("retention", Range(1, 3, 5), cost=Cost(fixed=Range(5, 10, 20))),), horizon_months=12, draws=100
)


def plain() -> Base:
    row = {"customers": 50, "hazard": 0.03, "spend": 10.0, "acted_on": (0,)}
    return base(cells(row, months=12), revenue_12m=6000.0)


def _made(make: Callable[[Base, Scenario], pd.DataFrame], tables: Tables, filters: Filters) -> Question:
    return Question({}, lambda answers: make(plain(), SCENARIO))


def _acted_on(tables: Tables, filters: Filters) -> Question:
    return acted_on(tables, filters, SCENARIO, CustomerSettings())


WHAT_IF: dict[str, Callable[..., Question]] = {
    "what_if": partial(_made, lambda base, scenario: told.totals(simulate(base, scenario))),
    "what_if_months": partial(_made, lambda base, scenario: told.by_month(simulate(base, scenario), AS_OF)),
    "what_if_flows": partial(_made, lambda base, scenario: told.flows(simulate(base, scenario), AS_OF)),
    "what_if_verdict": partial(_made, lambda base, scenario: told.verdict(simulate(base, scenario))),
    "what_if_spans": partial(_made, lambda base, scenario: told.spans(simulate(base, scenario))),
    "what_if_break_even": partial(_made, partial(break_even, draws=100)),
    "what_if_tornado": partial(_made, partial(tornado, draws=100)),
    "what_if_waterfall": partial(_made, partial(waterfall, draws=100)),
    "what_if_customers": _acted_on,
    "retention_effect": partial(_made, partial(retention_effect, draws=100)),
    "past_retention": past_retention,
    "goal_seek": partial(_made, partial(goal_seek, goal="retention", value=0.8, draws=100)),
}
