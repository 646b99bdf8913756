"""A scenario, or what is known without one, with something of it changed: a lever at another amount, or off, or on everyone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.what_if.base import Base, Floats, Pipeline
from analytics.what_if.scenario import LEVERS, LONGEST, NOTHING, Cost, Lever, Range, Scenario
from analytics.what_if.seen import Seen

EVERYONE = Lever("retention", NOTHING)


def with_lever(scenario: Scenario, place: int, lever: Lever) -> Scenario:
    """The scenario with another lever at a place."""
    levers = (*scenario.levers[:place], lever, *scenario.levers[place + 1 :])
    return replace(scenario, levers=levers)


def at_amount(scenario: Scenario, place: int, amount: float) -> Scenario:
    """The scenario with a lever at an amount known for sure."""
    return with_lever(scenario, place, replace(scenario.levers[place], amount=Range.of(amount)))


def scaled(scenario: Scenario, factor: float) -> Scenario:
    """All amounts times a factor, as far as each kind of lever goes."""

    def of(lever: Lever) -> Lever:
        kind, amount = LEVERS[lever.kind], lever.amount
        if kind.unit == "none":
            return lever
        ends = (min(max(each * factor, kind.least), kind.most) for each in (amount.low, amount.likely, amount.high))
        return replace(lever, amount=Range(*ends))

    return replace(scenario, levers=tuple(map(of, scenario.levers)))


def off(lever: Lever) -> Lever:
    """A lever that does nothing and costs nothing, in its place, so that the others meet the same customers."""
    amount = lever.amount if LEVERS[lever.kind].unit == "none" else NOTHING
    return replace(lever, amount=amount, delay_months=LONGEST, ramp_months=0, reward=NOTHING, cost=Cost())


def free(lever: Lever) -> Lever:
    """A lever without its costs."""
    return replace(lever, cost=Cost())


def searched(base: Base) -> Base:
    """The same base for a search, which asks for much of it again and again: what was worked out is kept as long as this is."""
    if base.cells is None:
        return base
    cells = replace(base.cells)
    object.__setattr__(cells, "seen", Seen())
    return replace(base, cells=cells)


def today_only(base: Base, scenario: Scenario) -> tuple[Base, Scenario, tuple[int, ...]]:
    """Nothing but the customers of today and the levers that reach them: no new ones, none won back, no pipeline. With the
    places that those levers had."""
    kept = tuple(
        place for place, lever in enumerate(scenario.levers)
        if LEVERS[lever.kind].acts in ("customers", "all") and (base.size_of[place] > 0 or lever.kind in ("largest_leaves", "market"))
    )  # fmt: skip
    columns = list(kept)
    cells = base.cells
    if cells is not None:
        cells = replace(cells, acted_on=cells.acted_on[:, columns])
    base = replace(
        base, cells=cells, new=None, lost=None, pipeline=None, size_of=base.size_of[columns],
        revenue_of=base.revenue_of[columns], contacted_of=base.contacted_of[columns],
    )  # fmt: skip
    return base, replace(scenario, levers=tuple(scenario.levers[place] for place in kept)), kept


def at_most_months(base: Base, months: int) -> Base:
    """The base cut to its first months."""
    cells, new = base.cells, base.new
    if cells is not None:
        cells = replace(cells, hazard=cells.hazard[:, :months], spend=cells.spend[:, :months])
    if new is not None:
        new = replace(new, staying=new.staying[:months], revenue=new.revenue[:months])
    return replace(base, cells=cells, new=new)


def one_on_everyone(base: Base, scenario: Scenario, lever: Lever = EVERYONE) -> tuple[Base, Scenario]:
    """The same base and scenario with one lever only, which acts on all customers of today."""
    cells, lost = base.cells, base.lost
    if cells is not None:
        cells = replace(cells, acted_on=np.ones((len(cells.customers), 1), dtype=bool))
    if lost is not None:
        lost = replace(lost, acted_on=np.zeros((len(lost.customers), 1), dtype=bool))
    pipeline = Unmoved(base.pipeline, len(scenario.levers)) if base.pipeline is not None else None
    size = float(cells.customers.sum()) if cells is not None else 0.0
    widened = replace(
        base, cells=cells, lost=lost, pipeline=pipeline, size_of=np.array([size]), revenue_of=np.array([base.revenue_12m]),
        contacted_of=np.array([np.nan]),
    )  # fmt: skip
    return widened, replace(scenario, levers=(lever,))


@dataclass(frozen=True)
class Unmoved(Pipeline):
    """A pipeline that no lever touches; it was made for `levers` of them."""

    inner: Pipeline
    levers: int

    @property
    def draws(self) -> int:
        return self.inner.draws

    @property
    def size(self) -> float:
        return self.inner.size

    @property
    def deals_open(self) -> int:
        return self.inner.deals_open

    @property
    def deals_seen(self) -> int:
        return self.inner.deals_seen

    def won(self, amounts: Floats, strength: Floats) -> tuple[Floats, Floats]:
        months = strength.shape[1]
        return self.inner.won(np.zeros((len(amounts), self.levers)), np.zeros((self.levers, months)))
