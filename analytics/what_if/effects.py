"""What levers do: how strong each is in each month, by which factor it changes the hazard of leaving, and what is paid.

A lever on retention is in points of the target's chance to be there a year on. It scales the hazard of all of its target by one
factor (proportional hazards), the one at which that chance has risen by so many points, so that customers who hardly ever leave gain little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.base import Base
from analytics.what_if.draws import Purpose, stream, triangular, uniforms
from analytics.what_if.scenario import LEVERS, Kind, Lever, Range, Scenario
from data.errors import RequestProblem
from data.messages import say

Floats = NDArray[np.float64]
YEAR = 12
# Levers that change how likely customers are to leave: by points of retention, or by the share of leavers that is held back.
BY_POINTS: frozenset[Kind] = frozenset({"retention", "onboarding", "loyalty"})
BY_SHARE: frozenset[Kind] = frozenset({"contact_coverage", "save_rate"})
# Of a hundred customers one leaves a year whatever is done (closures, mergers), unless fewer leave already.
CHURN_FLOOR = 0.01
_STEPS = 40


def strength(lever: Lever, months: int) -> Floats:
    """The part of its full effect that a lever has in each month: nothing until it starts, then rising evenly over the ramp,
    then fading by its half-life."""
    running = np.arange(1, months + 1, dtype=np.float64) - lever.delay_months
    risen = np.clip(running / lever.ramp_months, 0.0, 1.0) if lever.ramp_months else (running > 0).astype(np.float64)
    if lever.half_life_months is None:
        return risen
    faded = np.maximum(running - max(lever.ramp_months, 1), 0.0) / lever.half_life_months
    return np.asarray(risen * np.exp2(-faded))


def is_running(lever: Lever, months: int) -> NDArray[np.bool_]:
    return np.arange(1, months + 1) > lever.delay_months


def amounts(scenario: Scenario, draws: int, pipeline_draws: int = 0) -> Floats:
    """What each lever is in each draw (draws x levers), its ceiling taken into account. Levers on the pipeline take as many
    different amounts as there are draws of the pipeline."""
    found = np.zeros((draws, len(scenario.levers)))
    for place, lever in enumerate(scenario.levers):
        is_pipeline = LEVERS[lever.kind].acts == "pipeline" and pipeline_draws > 0
        n = pipeline_draws if is_pipeline else draws
        u = uniforms(stream(scenario.seed, Purpose.LEVER, place), n, 1)[:, 0]
        drawn = saturated(triangular(lever.amount, u), lever.ceiling)
        found[:, place] = drawn[pipeline_place(draws, pipeline_draws)] if is_pipeline else drawn
    return found


def pipeline_place(draws: int, pipeline_draws: int) -> NDArray[np.int64]:
    """Which draw of the pipeline each draw takes: those of the mirrored half take the mirrored ones."""
    half, own = draws // 2, pipeline_draws // 2
    first = np.arange(half) % own
    return np.concatenate([first, first + own])


def saturated(amount: Floats, ceiling: float | None) -> Floats:
    """With a ceiling each further step brings less: c (1 - exp(-x / c)) (Jin et al. 2017 name it so for spending on media)."""
    return amount if ceiling is None else np.asarray(-ceiling * np.expm1(-amount / ceiling))


def shares(given: Range | None, scenario: Scenario, purpose: Purpose, place: int, draws: int) -> Floats | None:
    """A share given in percent, drawn, 0 to 1."""
    if given is None:
        return None
    return triangular(given, uniforms(stream(scenario.seed, purpose, place), draws, 1)[:, 0]) / 100


def held_back(base: Base, scenario: Scenario, place: int, amount: Floats) -> Floats:
    """The factor on the hazard (by draw) of a lever that holds back a share of those who would leave.

    Raises RequestProblem where it is not known how many are contacted.
    """
    lever = scenario.levers[place]
    if lever.kind == "contact_coverage":
        known = base.contacted_of[place]
        most = 1.0 - (known if np.isfinite(known) else 0.0)
        saved = shares(lever.save_rate, scenario, Purpose.SAVING, place, len(amount))
        assert saved is not None  # a Lever without it is refused
        return 1 - np.minimum(amount / 100, most) * saved
    covered = shares(lever.coverage, scenario, Purpose.COVERING, place, len(amount))
    if covered is None:
        if not np.isfinite(base.contacted_of[place]):
            raise RequestProblem(
                say("No contacts with customers are on file, so it is not known how many of them a better save rate would reach."),
                say("Add coverage to the lever save_rate: how many percent of them are contacted."),
            )  # fmt: skip
        covered = np.full(len(amount), base.contacted_of[place])
    return 1 - np.minimum(amount / 100, 1.0) * covered


def hazard_factor(year_hazard: Floats, weight: Floats, points: Floats) -> Floats:
    """The factor on the hazards of a target at which its mean chance to be there a year on rises by `points` (0 to 1).

    `year_hazard` is the cumulative hazard of a year, draw x cell, `weight` how many customers are there today. By Newton's method in
    the logarithm of the factor, safeguarded by bisection. It never rises above 1 less the churn floor.
    """
    whole = weight.sum(axis=1)
    is_any = (whole > 0) & (points != 0)
    found = np.ones(len(points))
    if not is_any.any():
        return found
    hazard, part, step = year_hazard[is_any], (weight / np.maximum(whole, 1e-300)[:, None])[is_any], points[is_any]
    now = (part * np.exp(-hazard)).sum(axis=1)
    floor = np.minimum(CHURN_FLOOR, 1 - now)
    goal = np.clip(now + step, np.minimum(CHURN_FLOOR, now), 1 - floor)
    low, high = np.full(len(now), -12.0), np.full(len(now), 6.0)
    # As though all were alike; where nobody would leave, or all would, anything will do to begin with.
    alike = np.log(np.clip(goal, 1e-300, 1 - 1e-16)) / np.log(np.clip(now, 1e-300, 1 - 1e-16))
    at = np.clip(np.log(alike), low + 1, high - 1)
    for _step in range(_STEPS):
        scaled = hazard * np.exp(at)[:, None]
        stays = part * np.exp(-scaled)
        over = stays.sum(axis=1) - goal
        low, high = np.where(over > 0, at, low), np.where(over > 0, high, at)
        slope = -(stays * scaled).sum(axis=1)
        step_to = at - np.divide(over, slope, out=np.zeros_like(over), where=slope < 0)
        inside = (step_to > low) & (step_to < high)
        moved = np.where(inside, step_to, (low + high) / 2)
        step_by = np.where(np.abs(over) < 1e-13, 0.0, moved - at)
        at = at + step_by
        if np.abs(step_by).max() < 1e-12:
            break
    reachable = np.exp(at)
    # Where nobody would leave at all, no factor changes anything.
    found[is_any] = np.where(now >= 1 - 1e-12, 1.0, reachable)
    return found


def of_revenue(lever: Lever, scenario: Scenario, place: int, amount: Floats) -> Floats:
    """What part of its revenue a lever adds or takes at full strength, by draw: 0.05 is 5% more."""
    if lever.kind in ("price", "market"):
        return amount / 100
    if lever.kind == "discount":
        return -amount / 100
    if lever.kind == "loyalty":
        back = shares(lever.reward, scenario, Purpose.SAVING, place, len(amount))
        return -back if back is not None else np.zeros(len(amount))
    return np.zeros(len(amount))


def reaches_new(lever: Lever) -> bool:
    """Whether a lever acts on all customers still to come: those on all customers."""
    return lever.kind == "market" or (LEVERS[lever.kind].acts == "customers" and lever.target.is_everyone)


def part_of_new(base: Base, lever: Lever, place: int) -> float:
    """The part of customers still to come that a lever acts on. Nothing is known of them that a target could choose them by: onboarding
    reaches as many of them as of those who came within the last year, other levers on a target none."""
    if reaches_new(lever):
        return 1.0
    if lever.kind != "onboarding" or base.cells is None:
        return 0.0
    came = base.cells.customers * base.cells.is_new
    return float(came[base.cells.acted_on[:, place]].sum() / came.sum()) if came.sum() > 0 else 0.0
