"""What some points more of retention are worth with this company's own rates, in the first year and over a lifetime (S2).

"5% more retention raises profit by 25-95%" (Reichheld and Sasser 1990; Reichheld 1996) is about points, not percent, and about what one
customer is worth over all the years it stays, before anything is paid for keeping it. Sharp (2010) shows how little is left of it
in a year's accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analytics.rows import Row, frame, rows
from analytics.what_if.base import Base, Cells
from analytics.what_if.changed import EVERYONE, one_on_everyone, today_only
from analytics.what_if.draws import Floats, Purpose, normals, stream
from analytics.what_if.effects import CHURN_FLOOR
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import Capacity, Range, Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.staying import Drawn
from analytics.what_if.told import YEAR, discount
from data.errors import RequestProblem
from data.messages import Message, say

DRAWS = 2000
POINTS = 5.0
LIFETIME = 60  # months of the base to ask for
COLUMNS = (
    "retention_measure", "points_added", "retention_before", "retention_before_p10", "retention_before_p90", "retention_after",
    "retention_after_p10", "retention_after_p90", "share_more", "share_more_p10", "share_more_p90", "money_without", "money_more",
    "money_more_p10", "money_more_p90", "months_from", "months_to", "is_discounted", "is_profit", "discount_rate", "currency",
)  # fmt: skip
Measure = Literal["in_year", "run_rate", "lifetime", "lifetime_constant"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
CLAIM = (0.25, 0.95)
SOURCES = ("Reichheld and Sasser (1990)", "Reichheld (1996)", "Sharp (2010)")


def retention_effect(base: Base, scenario: Scenario, points: float = POINTS, draws: int = DRAWS) -> pd.DataFrame:
    """One row a measure of `points` more of retention for every customer of today, at once and for nothing. Columns: `COLUMNS`.

    `in_year`: what they bring in the first twelve months. `run_rate`: what they bring in the twelfth month, times twelve. `lifetime`: what they
    bring over all months of the base (ask for `LIFETIME`), discounted. `lifetime_constant`: what one customer is worth for ever if
    retention never changed with age, r / (1 + d - r) (Gupta and Lehmann 2003): the calculation behind the famous figure. `share_more` is what
    is added over what there was, the median with an 80% interval over the draws; new customers are not in it. `retention_before`: the
    share of today's customers that is there after twelve months. Raises RequestProblem where nothing tells how customers leave, or
    points are out of range.
    """
    if not -100 <= points <= 100:
        raise RequestProblem(say("{points} points of retention cannot be.", points=points), say("Choose from {least} to {most}.", least=-100, most=100))  # fmt: skip
    if base.cells is None:
        raise RequestProblem(
            say("Nothing tells how customers of this workspace stay and leave."),
            say("Add an export of orders, or of subscriptions with their first and last day."),
        )
    lever = replace(EVERYONE, amount=Range.of(points))
    asked = replace(scenario, levers=(), horizon_months=base.cells.months, capacity=Capacity(), counts_new=False)
    plain, asked, _places = today_only(base, replace(asked, levers=scenario.levers))
    widened, asked = one_on_everyone(plain, asked, lever)
    outcome = simulate(widened, asked, draws)
    before = retention(base, asked, draws)
    after = np.where(
        points == 0,
        before,
        np.clip(before + points / 100, np.minimum(CHURN_FLOOR, before), np.maximum(1 - CHURN_FLOOR, before)),
    )
    known = _between("retention_before", before) | _between("retention_after", after) | {
        "points_added": points, "discount_rate": scenario.discount_rate, "is_profit": outcome.margin is not None,
    }  # fmt: skip
    found: list[Row] = [known | _of(outcome, measure) | {"currency": base.currency or None} for measure in MEASURES[:3]]
    found.append(known | {"retention_measure": "lifetime_constant", "is_discounted": True} | _constant(before, after, scenario.discount_rate))  # fmt: skip
    return frame(found, COLUMNS)


def retention(base: Base, scenario: Scenario, draws: int = DRAWS) -> Floats:
    """By draw of what the models do not know for sure, the share of today's customers that is there after twelve months."""
    cells = base.cells
    if cells is None:
        raise ValueError("a base without customers")
    z = normals(stream(scenario.seed, Purpose.MODEL), draws // 2 * 2, max(base.directions, 1))[:, : base.directions]
    drawn = Drawn.of(cells, z)
    stays = np.exp(-drawn.hazard * _year_of(cells))
    whole = drawn.there.sum(axis=1)
    return np.divide((drawn.there * stays).sum(axis=1), whole, out=np.ones_like(whole), where=whole > 0)


def constant_effect(before: Floats, after: Floats, rate: float) -> Floats:
    """CLV(after) / CLV(before) - 1 with CLV(r) = r / (1 + d - r), for yearly rates that stay as they are; NaN where there is no value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = after / (1 + rate - after) / (before / (1 + rate - before)) - 1
    return np.where(np.isfinite(found), found, np.nan)


def meaning(table: pd.DataFrame) -> Sequence[Message]:
    """The table in words: what the points come to here, and what the famous figure is about."""
    by = {row["retention_measure"]: row for row in rows(table)}
    said: list[Message] = []
    year, life, constant = (by.get(name) for name in ("in_year", "lifetime", "lifetime_constant"))
    if year and life and year["share_more"] is not None and life["share_more"] is not None:
        said.append(
            say(
                "{points} points more of retention, {before}% to {after}%, would raise what today's customers bring by {year}% in the first "
                "year, and by {lifetime}% over {months} months, discounted.",
                points=year["points_added"], before=_percent(year["retention_before"]), after=_percent(year["retention_after"]),
                year=_percent(year["share_more"]), lifetime=_percent(life["share_more"]), months=int(life["months_to"]),
            )
        )  # fmt: skip
    if constant and constant["share_more"] is not None:
        said.append(
            say(
                "If retention never changed with age, one customer would be worth {lifetime}% more over its whole lifetime.",
                lifetime=_percent(constant["share_more"]),
            )
        )
    said.append(claim())
    return said


def claim() -> Message:
    """What is often quoted, and what it is about."""
    return say(
        "The often quoted {low}% to {high}% more profit from 5% more retention is about 5 points, not 5%, and about what one customer is worth "
        "over its whole lifetime, discounted, before anything is paid for keeping it. A year's profit moves far less.",
        low=_percent(CLAIM[0]), high=_percent(CLAIM[1]),
    )  # fmt: skip


def _year_of(cells: Cells) -> Floats:
    """The cumulative hazard of a year; of a shorter base as it would go on."""
    months = min(YEAR, cells.months)
    return np.asarray(cells.hazard[:, :months].sum(axis=1) * (YEAR / months))


def _of(outcome: Outcome, measure: Measure) -> Row:
    months = outcome.months
    first, last, weight = {
        "in_year": (0, min(YEAR, months), np.ones(months)),
        "run_rate": (min(YEAR, months) - 1, min(YEAR, months), np.full(months, float(YEAR))),
    }.get(measure, (0, months, discount(outcome)))
    without, with_it = (
        (course.profit * weight)[:, first:last].sum(axis=1) for course in (outcome.baseline, outcome.scenario)
    )
    more = with_it - without
    share = np.divide(more, without, out=np.full_like(more, np.nan), where=without > 0)
    return {
        "retention_measure": measure, "months_from": first + 1, "months_to": last, "is_discounted": measure == "lifetime",
        "money_without": float(np.median(without)),
    } | _between("share_more", share) | _between("money_more", more)  # fmt: skip


def _constant(before: Floats, after: Floats, rate: float) -> Row:
    return _between("share_more", constant_effect(before, after, rate))


def _between(name: str, values: Floats) -> Row:
    """The median and 80% of the draws; nothing where no draw has a value."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {name: None, f"{name}_p10": None, f"{name}_p90": None}
    low, middle, high = np.quantile(known, [0.10, 0.50, 0.90])
    return {name: float(middle), f"{name}_p10": float(low), f"{name}_p90": float(high)}


def _percent(share: float) -> float:
    return round(100 * share, 1)
