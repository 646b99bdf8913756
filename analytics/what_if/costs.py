"""What a scenario costs, month by month and draw by draw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analytics.what_if.base import Base
from analytics.what_if.draws import Floats, Purpose, stream, triangular, uniforms
from analytics.what_if.effects import is_running, part_of_new
from analytics.what_if.newcomers import Came
from analytics.what_if.scenario import Lever, Range, Scenario


def costs(scenario: Scenario, base: Base, saves: Mapping[int, Floats], came: Came, draws: int) -> Floats:
    """draw x month. `saves` are, by lever, how many customers stay or come because of it in each month."""
    months = scenario.horizon_months
    paid = np.zeros((draws, months))
    for place, lever in enumerate(scenario.levers):
        if lever.cost.is_free:
            continue
        running = is_running(lever, months)
        first = lever.delay_months
        fixed, monthly, each, saved = (
            _drawn(given, scenario, place, number, draws)
            for number, given in enumerate((lever.cost.fixed, lever.cost.monthly, lever.cost.per_customer, lever.cost.per_save))
        )  # fmt: skip
        if first < months:
            paid[:, first] += fixed
        paid += monthly[:, None] * running
        paid += each[:, None] * _reached(lever, float(np.nan_to_num(base.size_of[place])), months)
        paid += each[:, None] * came.usual * running * part_of_new(base, lever, place)
        if place in saves:
            paid += saved[:, None] * np.maximum(saves[place], 0.0)
    return paid


def _drawn(given: Range, scenario: Scenario, place: int, number: int, draws: int) -> Floats:
    if given.is_sure:
        return np.full(draws, given.likely)
    return triangular(given, uniforms(stream(scenario.seed, Purpose.COST, place, number), draws, 1)[:, 0])


def _reached(lever: Lever, customers: float, months: int) -> Floats:
    """How many customers a lever reaches for the first time in each month: all at once, or evenly over its ramp."""
    found = np.zeros(months)
    over = max(lever.ramp_months, 1)
    found[lever.delay_months : lever.delay_months + over] = customers / over
    return found
