"""Baselines for tests: of customers written by hand, whose model is last year's revenue and one rate, and of fitted workspaces."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.filters import Filters
from analytics.what_if.fitted import base_question
from analytics.what_if.scenario import Lever, Scenario
from data.customer_settings import CustomerSettings
from data.engine import Engine
from tests.analytics.scored import AS_OF, keep, scored

RATE = 0.02  # a month
FILTERS = Filters(AS_OF)
PLAIN = CustomerSettings()


def by_hand(*customers: dict[str, Any], low: float = RATE, high: float = RATE, **tables: Any) -> Engine:
    """An engine with these customers (see `scored`), of whom each leaves at 2% a month and brings what it brought in the last year. Who has
    a `revenue_12m` and no `value` has that as its value, a risk of a fifth, and bought every month for two years."""
    made = [_usual(row) for row in customers]
    ids = [row.get("customer_id", f"C{number:03}") for number, row in enumerate(made, 1)]
    orders = pd.DataFrame({"customer_id": ids, "ordered_at": pd.Timestamp(AS_OF), "amount": 1.0, "currency": "USD"})
    engine = scored(*made, **({"orders": orders} | tables))
    parameter = {"model": "last_year", "parameter": "monthly_churn", "estimate": RATE, "low": low, "high": high}
    keep(engine, FILTERS, made, model="last_year", parameters=[parameter])
    return engine


def _usual(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("lifecycle") in ("lost", "potential") or "revenue_12m" not in row:
        return row
    brought = row["revenue_12m"]
    usual = {
        "value": brought, "risk": 0.2, "alive": 1.0, "mean_value": brought / 12, "age_weeks": 104.0, "revenue": 2 * brought,
        "revenue_before_12m": brought,
    }  # fmt: skip
    return usual | row


def based(
    engine: Engine, *levers: Lever, filters: Filters = FILTERS, settings: CustomerSettings = PLAIN, **options: Any
) -> Any:
    """The `Base` of a scenario with these levers."""
    return base_of(engine, Scenario("a", levers, **options), filters, settings)[0]


def base_of(
    engine: Engine, scenario: Scenario, filters: Filters = FILTERS, settings: CustomerSettings = PLAIN
) -> tuple[Any, dict[str, pd.DataFrame]]:
    """The `Base`, and the answers it was made of."""
    asked = base_question(engine.tables, filters, scenario, settings)
    answers = {name: engine.run(ask) for name, ask in asked.asks.items()}
    for more in asked.more:
        answers |= {name: engine.run(ask) for name, ask in more(answers).items()}
    return asked.base(answers), answers
