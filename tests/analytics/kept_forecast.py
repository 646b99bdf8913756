"""A scenario kept with a forecast made by hand: around 100 a month without it, around 200 with it, for three months."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from analytics.filters import Filters
from analytics.what_if import forecast
from analytics.what_if.base import Base
from analytics.what_if.outcome import Course, Outcome
from analytics.what_if.scenario import Scenario
from data.scenarios import SavedScenario

AS_OF = date(2026, 3, 31)  # months begin on 1 April
MONTHS = 3


def outcome(without: float = 100.0, with_it: float = 200.0, currency: str = "USD") -> Outcome:
    """2,001 draws in equal steps from 40 below to 40 above the middle, the same in every month."""
    spread = np.linspace(-1, 1, 2001)[:, None] * np.array([[40.0, 40.0, 40.0]])

    def course(middle: float) -> Course:
        nothing = np.zeros_like(spread)
        return Course(middle + spread, nothing, nothing, 10 + spread / 10, nothing, nothing)

    ones = np.ones((2001, MONTHS))
    return Outcome(course(without), course(with_it), ones, ones[:, 0], ones, ones[0], currency, 0.1, None)


def base(basis: str = "orders", currency: str = "USD", new: bool = True) -> Base:
    nothing = np.zeros(0)
    known: Any = object()
    return Base(currency, 1, None, known if new else None, None, known, 0.1, {"basis": basis, "model": "mbg_nbd"}, {}, nothing, nothing, nothing, 0.0, None)  # fmt: skip


def saved(
    filters: Filters | None = None,
    *,
    basis: str = "orders",
    currency: str = "USD",
    new: bool = True,
    name: str = "Plan",
    **options: Any,
) -> SavedScenario:
    scenario = Scenario(name, horizon_months=MONTHS, **options)
    bands = forecast.bands(outcome(currency=currency))
    text = forecast.written(bands, base(basis, currency, new), scenario, filters or Filters(AS_OF), 7)
    return SavedScenario.of(name, "{}", AS_OF, AS_OF, text)
