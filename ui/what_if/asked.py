"""The scenario being worked on, and what is asked of it: worked out once for the same scenario, data and filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from analytics.what_if.base import Base
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import Scenario
from ui import session
from ui.what_if import working


def current() -> Scenario:
    """The scenario being worked on, as it last made sense: what a link brought, else a starter for this workspace."""
    return working.scenario()


def base(scenario: Scenario) -> Base:
    """What would come without the scenario, as the models have it; shared with other scenarios that ask about the same."""
    return session.base(scenario)


def outcome(scenario: Scenario, draws: int | None = None) -> Outcome:
    """What comes of the scenario, draw by draw: too large to keep, so for figures that nothing made of it can give."""
    return session.outcome(_drawn(scenario, draws))


def of_outcome(make: Callable[[Outcome], pd.DataFrame], scenario: Scenario, draws: int | None = None) -> pd.DataFrame:
    """What `make` tells of the scenario's outcome, in so many draws (None: as the scenario says). Nobody may change it."""
    return session.of_outcome(make, _drawn(scenario, draws))


def of_base(
    make: Callable[..., pd.DataFrame], scenario: Scenario, draws: int | None = None, **options: Any
) -> pd.DataFrame:
    """What `make(base, scenario, **options)` tells, in so many draws (None: as the scenario says). Nobody may change it."""
    return session.of_base(make, _drawn(scenario, draws), **options)


def _drawn(scenario: Scenario, draws: int | None) -> Scenario:
    return scenario if draws is None else replace(scenario, draws=draws)
