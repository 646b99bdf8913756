"""Both futures at once: what comes without the scenario and with it, month by month, in the same draws (S1, S5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.what_if.base import Base
from analytics.what_if.costs import costs
from analytics.what_if.draws import Floats, Purpose, plain_normals, spread_out, stream
from analytics.what_if.effects import pipeline_place, reaches_new
from analytics.what_if.newcomers import Came, come, nobody
from analytics.what_if.outcome import Course, Outcome
from analytics.what_if.scenario import LEVERS, Scenario
from analytics.what_if.staying import Stock, courses
from analytics.what_if.worlds import Worlds
from data.errors import RequestProblem
from data.messages import say


def simulate(base: Base, scenario: Scenario, draws: int | None = None) -> Outcome:
    """The baseline and the scenario over `draws` worlds (default: the scenario's; an even number of them).

    A lever of 0 changes nothing at all. Raises RequestProblem where a lever acts on nobody, or lacks what it needs.
    """
    _check(base, scenario)
    number = (scenario.draws if draws is None else draws) // 2 * 2
    months = scenario.horizon_months
    worlds = Worlds.of(base, scenario, number)
    if base.cells is None:
        nothing = np.zeros((number, months))
        empty = Stock(np.zeros(number), nothing, nothing, nothing, ())
        stocks = (empty, empty)
    else:
        stocks = courses(base.cells, worlds.drawn(), worlds.changes(), scenario.seed)
    came = _newcomers(worlds, stocks)
    won = _won(worlds)
    months_off = plain_normals(stream(scenario.seed, Purpose.BUYING), number, months)
    both = [
        _course(stock, each, deals, months_off, worlds.error)
        for stock, each, deals in zip(stocks, came, won, strict=True)
    ]
    saves = worlds.saves(stocks[1], came[1]) | _wins_added(worlds, won)
    paid = costs(scenario, base, saves, came[1], number)
    margin = scenario.margin if scenario.margin is not None else base.margin
    part = 1.0 if margin is None else margin
    baseline, with_it = (
        replace(course, cost=cost, profit=course.revenue * part - cost)
        for course, cost in zip(both, (np.zeros((number, months)), paid), strict=True)
    )
    return Outcome(
        baseline, with_it, worlds.amounts, stocks[0].start, with_it.customers - baseline.customers, base.size_of,
        base.currency, scenario.discount_rate, margin,
    )  # fmt: skip


def _check(base: Base, scenario: Scenario) -> None:
    for place, lever in enumerate(scenario.levers):
        acts = LEVERS[lever.kind].acts
        if acts == "pipeline" and base.pipeline is None:
            raise RequestProblem(
                say("The lever {lever} works on deals, and there are too few deals to tell what becomes of them.", lever=lever.kind),
                say("Add an export of deals with the day each was created and closed, or take the lever out."),
            )  # fmt: skip
        if acts == "customers" and base.cells is None:
            raise RequestProblem(
                say("The lever {lever} works on customers, and nothing tells what they buy.", lever=lever.kind),
                say("Add an export of orders, invoices or contracts, or take the lever out."),
            )
        is_to_come = reaches_new(lever) and base.new is not None and scenario.counts_new
        if (
            acts in ("customers", "lost")
            and lever.kind != "largest_leaves"
            and not (base.size_of[place] > 0 or is_to_come)
        ):
            raise RequestProblem(
                say("The lever {lever} acts on nobody: no customer is in its target.", lever=lever.kind),
                say("Choose another target, or take the lever out."),
            )
        if acts in ("new", "lost") and base.new is None:
            raise RequestProblem(
                say("The lever {lever} brings customers, and nothing tells what a new customer brings.", lever=lever.kind),
                say("Add an export with the dates of orders or contracts, or take the lever out."),
            )  # fmt: skip


def _newcomers(worlds: Worlds, stocks: tuple[Stock, Stock]) -> tuple[Came, Came]:
    if worlds.base.new is None:
        nothing = nobody(*stocks[0].customers.shape)
        return nothing, nothing
    return come(worlds.newcomers(is_changed=False), stocks[0]), come(worlds.newcomers(is_changed=True), stocks[1])


def _won(worlds: Worlds) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Money and deals won, draw x month, without the scenario and with it, where these are what new business is counted by."""
    pipeline = worlds.base.pipeline
    number, months = len(worlds.amounts), worlds.scenario.horizon_months
    if pipeline is None or worlds.counts_wins is False:
        nothing = np.zeros((number, months))
        return (nothing, nothing), (nothing, nothing)
    place = pipeline_place(number, pipeline.draws)
    z = plain_normals(stream(worlds.scenario.seed, Purpose.WINS), number, months)
    found = []
    for value, wins in worlds.pipeline():
        # Wins fall out like counts (Poisson), each of its own size.
        expected = value[place]
        found.append((spread_out(expected, expected * pipeline.size, z), spread_out(wins[place], wins[place], z)))
    return found[0], found[1]


def _wins_added(worlds: Worlds, won: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]) -> dict[int, Floats]:
    """By lever on the pipeline the deals won because of it; of several levers each has an equal part."""
    places = worlds.on_pipeline() if worlds.counts_wins else []
    return {place: (won[1][1] - won[0][1]) / len(places) for place in places}


def _course(stock: Stock, came: Came, won: tuple[Floats, Floats], off: Floats, error: Floats) -> Course:
    """What a month brings is more or less than expected by the luck of single purchases, and as far as the models are off."""
    expected = (stock.revenue + came.revenue) * error
    variance = (stock.variance + came.variance) * error
    revenue = spread_out(expected, variance, off) + won[0]
    entered = came.came + won[1]
    there = stock.customers + came.customers + np.cumsum(won[1], axis=1)
    before = np.concatenate([stock.start[:, None], there[:, :-1]], axis=1)
    nothing = np.zeros_like(revenue)
    return Course(revenue, nothing, nothing, there, entered, before + entered - there)
