"""Customers still to come: how many a month, as they came lately, and what one of them brings."""

from __future__ import annotations

import math
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.rows import number, rows
from analytics.what_if.base import Floats, NewCustomers
from analytics.what_if.base_models import DAYS_A_MONTH, YEAR, Bought, Model, ratio, steady
from analytics.what_if.scenario import Scenario

MONTHS = 24
LEAST_MONTHS = 3
MOST_LEAD_IN = 6
LEAST_REPEATS = 30  # purchases, for their mean to be told by themselves
# Levers whose customers come and go as new ones do, even where those to come are not counted.
_LIKE_NEW = frozenset({"onboarding", "referral", "win_back"})


def asks(found: ir.Table, filters: Filters, model: Model, currency: str, is_contract: bool) -> Mapping[str, ir.Table]:
    """What is asked of `base_people.people`: `new_months`, who came in each of the last months, `new_span`, how long the history is,
    and `new_alike`, what the model has to know of those who came within a year (of all, for one that knows too little)."""
    came = found.filter(found.currency == currency, found.lifecycle != "potential", found.first_on.notnull())
    months = came.filter(came.ago >= 0, came.ago < MONTHS).group_by("ago").agg(
        customers=_.count(), firsts=_.first_value.sum(), firsts_squared=(_.first_value * _.first_value).sum(),
        repeats=_.repeat_purchases.sum(where=_.mean_repeat_value > 0),
        again=(_.repeat_purchases * _.mean_repeat_value).sum(),
    ).order_by("ago")  # fmt: skip
    # Whoever was a customer before the file begins seems new in its first months, until usual gaps have gone by.
    lead_in = ibis.literal(0.0) if is_contract else 2 * came.gap_days.median().coalesce(0.0)
    days = ibis.date(filters.as_of).delta(came.first_on.min(), unit="day")
    span = came.agg(days=days, lead_in=lead_in)
    keys = model.new_keys(came)
    alike = came.filter(came.ago < YEAR).mutate(**keys) if keys else came
    told = model.new_sums(alike)
    asked = {"new_months": months, "new_span": span}
    if told:
        grouped = alike.group_by(list(keys)).agg(**told).order_by(list(keys)) if keys else alike.agg(**told)
        asked["new_alike"] = grouped
    return asked


def is_asked(scenario: Scenario) -> bool:
    return scenario.counts_new or any(lever.kind in _LIKE_NEW for lever in scenario.levers)


def new_customers(answers: Mapping[str, pd.DataFrame], model: Model, scenario: Scenario) -> NewCustomers | None:
    """From the answers to `asks`; None where nothing has a date, or fewer than three months can be counted, or nobody came to be like.

    The rate is the mean of the last twelve months (of all, where there are fewer), in which each season is once. How sure it is:
    the spread from month to month, and by how much more than that it has changed from one year to the next, which it may do again.
    """
    if not can_be_told(answers, scenario):
        return None
    seen = _months_seen(answers)
    found = answers["new_months"]
    counts, firsts, squares = np.zeros((3, MONTHS))
    ago = found["ago"].to_numpy(dtype=np.int64)
    counts[ago], firsts[ago] = found["customers"], steady(found["firsts"])
    squares[ago] = steady(found["firsts_squared"])
    recent = counts[: min(seen, YEAR)]
    whole = recent if recent.any() else counts[:seen]
    alike = answers.get("new_alike", pd.DataFrame())
    first, repeats, again = (
        firsts[: len(whole)].sum(),
        float(steady(found["repeats"]).sum()),
        float(steady(found["again"]).sum()),
    )
    bought = Bought(
        first=float(first / whole.sum()),
        uneven=float(ratio(squares[: len(whole)].sum(), first)),
        again=again / repeats if repeats >= LEAST_REPEATS and again > 0 else None,
    )
    one = model.newcomer(alike, bought, scenario.horizon_months)
    rate, rate_sd, dispersion = came(counts[:seen])
    if not scenario.counts_new:
        rate, rate_sd, dispersion = 0.0, 0.0, 1.0
    return NewCustomers(
        rate, rate_sd, dispersion, one.staying, one.revenue, one.hazard_shift, one.spend_shift, one.purchase, seen, one.spread,
    )  # fmt: skip


def can_be_told(answers: Mapping[str, pd.DataFrame], scenario: Scenario) -> bool:
    """Whether there are three months to count, and anybody who came in them."""
    seen = _months_seen(answers)
    if seen < LEAST_MONTHS or not is_asked(scenario):
        return False
    has_any = bool((answers["new_months"]["ago"] < seen).any())
    return has_any and not ("new_alike" in answers and answers["new_alike"].empty)


def _months_seen(answers: Mapping[str, pd.DataFrame]) -> int:
    """How many months before the as-of date can be counted; 0 where nothing has a date."""
    span = rows(answers["new_span"])[0]
    if span["days"] is None:
        return 0
    lead_in = min(math.ceil(number(span["lead_in"]) / DAYS_A_MONTH), MOST_LEAD_IN)
    return max(min(int(number(span["days"]) // DAYS_A_MONTH) - lead_in, MONTHS), 0)


def came(counts: Floats) -> tuple[float, float, float]:
    """The rate of a month, the standard deviation of what it will be, and variance over mean from month to month; `counts` from the last
    month backwards.

    Dispersion is 1 or more: counts as they fall out by themselves (Poisson) at least. From two years the change of the rate beyond
    chance is taken to be as likely again, either way: the square of the change, less what chance makes of it.
    """
    recent, before = counts[:YEAR], counts[YEAR : 2 * YEAR]
    n = len(recent)
    rate = float(recent.mean())
    spread = float(recent.var(ddof=1)) if n > 1 else rate
    dispersion = max(spread / rate, 1.0) if rate > 0 else 1.0
    # None came: half a customer might have (Jeffreys' prior).
    variance = dispersion * max(rate, 0.5 / n) / n
    if len(before) == YEAR:
        by_chance = variance + dispersion * max(float(before.mean()), 0.5 / YEAR) / YEAR
        variance += max((rate - float(before.mean())) ** 2 - by_chance, 0.0)
    return rate, math.sqrt(variance), dispersion
