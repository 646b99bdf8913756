"""Which of the things not known for sure matter most: each at its p10 and at its p90 in turn, all others at their middle (S3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analytics.rows import Row, frame
from analytics.what_if.base import Base, Cells, Floats, Pipeline
from analytics.what_if.changed import searched, with_lever
from analytics.what_if.draws import triangular
from analytics.what_if.effects import YEAR
from analytics.what_if.scenario import LEVERS, Cost, Lever, Range, Scenario
from analytics.what_if.simulate import simulate
from analytics.what_if.told import profit_delta

DRAWS = 2000
_SETTLED = 500  # of them where all that is not known for sure is at its middle: what is left is chance, the same in all
COLUMNS = (
    "input", "lever_place", "lever_kind", "lever_name", "input_low", "input_middle", "input_high", "lever_unit",
    "profit_at_low", "profit_at_high", "swing", "swing_share", "profit_at_middle", "swings_together", "spread_80",
    "currency",
)  # fmt: skip
# What an input is: of a lever its amount, its shares and what it costs; of the models who stays, what they spend, how many come, what is
# won of deals, and how far back-tests showed the models to be off.
Input = Literal[
    "amount", "save_rate", "coverage", "reward", "cost_fixed", "cost_monthly", "cost_per_customer", "cost_per_save",
    "staying", "spending", "new_customers", "pipeline", "back_test_error",
]  # fmt: skip
INPUTS: tuple[Input, ...] = get_args(Input)
MODEL_INPUTS: tuple[Input, ...] = ("staying", "spending", "new_customers", "pipeline", "back_test_error")
LOW, MIDDLE, HIGH = 0.10, 0.50, 0.90
_Z = 1.2815515655446004  # the 90% point of the normal distribution


@dataclass(frozen=True)
class _Tried:
    """An input that is not known for sure: the base and the scenario with it at -1 (p10), 0 and 1 (p90)."""

    row: Row
    at: Callable[[int], tuple[Base, Scenario]]


def tornado(base: Base, scenario: Scenario, draws: int = DRAWS) -> pd.DataFrame:
    """One row an input that is not known for sure, the largest swing first. Columns: `COLUMNS`.

    `profit_at_low` and `profit_at_high` are the median profit deltas over the horizon with the input at its p10 and p90, `swing` the
    distance between them, `swing_share` its square over the sum of squares. `input_low`, `input_middle` and `input_high` are the values
    of inputs that have one. `swings_together` is the root of the sum of squared swings, what the inputs would come to if they did
    not depend on one another; `spread_80` is p90 less p10 of the scenario itself: the difference is what inputs do together, and chance.
    """
    middle_base, middle = searched(settled(base)), _middle(scenario)
    settled_draws = min(draws, _SETTLED)
    usual = _median(middle_base, middle, settled_draws)
    found: list[Row] = []
    for tried in [*_of_levers(middle_base, middle, scenario), *_of_models(base, middle_base, middle)]:
        low, high = (_median(*tried.at(side), settled_draws) for side in (-1, 1))
        found.append(tried.row | {"profit_at_low": low, "profit_at_high": high, "swing": abs(high - low)})
    squares = sum(row["swing"] ** 2 for row in found)
    delta = profit_delta(simulate(base, scenario, draws))
    low, high = np.quantile(delta, [LOW, HIGH])
    for row in found:
        row |= {
            "swing_share": row["swing"] ** 2 / squares if squares else None, "profit_at_middle": usual,
            "swings_together": float(np.sqrt(squares)), "spread_80": float(high - low), "currency": base.currency or None,
        }  # fmt: skip
    found.sort(key=lambda row: -row["swing"])
    return frame(found, COLUMNS)


def settled(base: Base) -> Base:
    """A base whose models are taken to be exactly right; what falls out by chance from customer to customer stays."""
    return replace(
        base,
        error=0.0,
        cells=replace(base.cells, **_no_shifts(base.cells)) if base.cells is not None else None,
        new=None if base.new is None else replace(
            base.new, rate_sd=0.0, hazard_shift=np.zeros_like(base.new.hazard_shift), spend_shift=np.zeros_like(base.new.spend_shift)
        ),
        pipeline=None if base.pipeline is None else OneDraw(base.pipeline, None),
    )  # fmt: skip


def _no_shifts(cells: Cells) -> dict[str, Any]:
    return {
        name: np.zeros_like(getattr(cells, name)) for name in ("hazard_shifts", "alive_shifts", "spend_shifts")
    }  # fmt: skip


# levers


def _middle(scenario: Scenario) -> Scenario:
    return replace(scenario, levers=tuple(_settled_lever(lever) for lever in scenario.levers))


def _settled_lever(lever: Lever) -> Lever:
    cost = Cost(**{each.name: _quantile(getattr(lever.cost, each.name), MIDDLE) for each in fields(Cost)})
    shares: dict[str, Any] = {
        name: _quantile(given, MIDDLE)
        for name in ("save_rate", "coverage", "reward")
        if (given := getattr(lever, name)) is not None
    }
    return replace(lever, amount=_quantile(lever.amount, MIDDLE), cost=cost, **shares)


def _quantile(given: Range, level: float) -> Range:
    """The range as its quantile alone."""
    return Range.of(float(triangular(given, np.array(level))))


def _of_levers(base: Base, middle: Scenario, scenario: Scenario) -> Iterator[_Tried]:
    for place, lever in enumerate(scenario.levers):
        kind = LEVERS[lever.kind]
        named: Row = {"lever_place": place, "lever_kind": lever.kind, "lever_name": lever.name or None}
        inputs: list[tuple[str, str, Range | None, str]] = [
            ("amount", "amount", lever.amount, kind.unit),
            *((name, name, getattr(lever, name), "percent") for name in ("save_rate", "coverage", "reward")),
            *((f"cost_{each.name}", each.name, getattr(lever.cost, each.name), "money") for each in fields(Cost)),
        ]
        for name, own, given, unit in inputs:
            if given is None or given.is_sure or (name == "amount" and unit == "none"):
                continue

            def at(
                side: int, name: str = name, own: str = own, given: Range = given, place: int = place
            ) -> tuple[Base, Scenario]:
                now = middle.levers[place]
                value = _quantile(given, HIGH if side > 0 else LOW)
                set_: dict[str, Any] = {own: value}
                if name.startswith("cost_"):
                    set_ = {"cost": replace(now.cost, **set_)}
                return base, with_lever(middle, place, replace(now, **set_))

            low, usual, high = (_quantile(given, level).likely for level in (LOW, MIDDLE, HIGH))
            yield _Tried(named | {"input": name, "lever_unit": unit, "input_low": low, "input_middle": usual, "input_high": high}, at)  # fmt: skip


# models


def _of_models(base: Base, middle_base: Base, middle: Scenario) -> Iterator[_Tried]:
    """Who stays and what they spend move along the direction in which the models' shared doubt moves the most revenue."""
    tries: dict[Input, Callable[[int], Base] | None] = {
        "staying": _along(base, middle_base, is_staying=True),
        "spending": _along(base, middle_base, is_staying=False),
        "new_customers": _rate(base, middle_base) if middle.counts_new else None,
        "pipeline": _pipeline(base, middle_base, middle) if middle.counts_new or base.cells is None else None,
        "back_test_error": (lambda side: _more(middle_base, np.exp(side * _Z * base.error * np.sqrt(middle.horizon_months / YEAR)))) if base.error > 0 else None,
    }  # fmt: skip
    for name, moved in tries.items():
        if moved is not None:
            yield _Tried({"input": name}, partial(_moved, moved, middle))


def _moved(moved: Callable[[int], Base], scenario: Scenario, side: int) -> tuple[Base, Scenario]:
    return moved(side), scenario


def _along(base: Base, middle: Base, is_staying: bool) -> Callable[[int], Base] | None:
    cells = base.cells
    if cells is None or middle.cells is None:
        return None
    running = np.cumsum(cells.hazard, axis=1)
    worth = (cells.alive[:, None] * np.exp(-running) * cells.spend).sum(axis=1)
    if is_staying:
        # What more of the hazard takes away, at the time the money comes.
        lost = (cells.alive[:, None] * np.exp(-running) * running * cells.spend).sum(axis=1)
        slope = (worth[:, None] * cells.alive_shifts - lost[:, None] * cells.hazard_shifts).sum(axis=0)
    else:
        slope = (worth[:, None] * cells.spend_shifts).sum(axis=0)
    length = float(np.sqrt((slope * slope).sum()))
    if length == 0:
        return None
    direction = _Z * slope / length

    def moved(side: int) -> Base:
        z = side * direction

        def shift(shifts: Floats) -> Floats:
            return np.exp((shifts * z).sum(axis=-1))

        here, new = middle.cells, middle.new
        assert here is not None
        if is_staying:
            factor = shift(cells.hazard_shifts)
            there = np.minimum(here.alive * shift(cells.alive_shifts), here.customers)
            here = replace(here, hazard=here.hazard * factor[:, None], alive=there)
            if new is not None and base.new is not None:
                stays = np.clip(new.staying, 0.0, 1.0) ** shift(base.new.hazard_shift)
                there = np.divide(stays, new.staying, out=np.zeros_like(stays), where=new.staying > 0)
                new = replace(new, staying=stays, revenue=new.revenue * there)
        else:
            here = replace(here, spend=here.spend * shift(cells.spend_shifts)[:, None])
            if new is not None and base.new is not None:
                new = replace(new, revenue=new.revenue * shift(base.new.spend_shift))
        return replace(middle, cells=here, new=new)

    return moved


def _rate(base: Base, middle: Base) -> Callable[[int], Base] | None:
    if base.new is None or middle.new is None or base.new.rate_sd <= 0:
        return None
    rate, sd, new = base.new.rate, base.new.rate_sd, middle.new
    return lambda side: replace(middle, new=replace(new, rate=max(rate + side * _Z * sd, 0.0)))


def _more(base: Base, factor: float) -> Base:
    """All that customers bring, times a factor."""
    cells, new = base.cells, base.new
    return replace(
        base,
        cells=None if cells is None else replace(cells, spend=cells.spend * factor),
        new=None if new is None else replace(new, revenue=new.revenue * factor),
    )


def _pipeline(base: Base, middle: Base, scenario: Scenario) -> Callable[[int], Base] | None:
    if base.pipeline is None:
        return None
    found = base.pipeline
    levers = len(scenario.levers)
    money, _deals = found.won(np.zeros((found.draws, levers)), np.zeros((levers, scenario.horizon_months)))
    order = np.argsort(money.sum(axis=1), kind="stable")
    places = {side: int(order[round((len(order) - 1) * level)]) for side, level in ((-1, LOW), (1, HIGH))}
    seen = middle.pipeline.seen if isinstance(middle.pipeline, OneDraw) else {}
    return lambda side: replace(middle, pipeline=OneDraw(found, places[side], seen))


@dataclass(frozen=True)
class OneDraw(Pipeline):
    """A pipeline as one of its draws has it, the same in all of them; `place` None: as all of them have it on average."""

    inner: Pipeline
    place: int | None
    seen: dict[tuple[bytes, bytes], tuple[Floats, Floats]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def draws(self) -> int:
        return 2

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
        """The amounts are sure: one row says them all."""
        asked = (amounts[:1].tobytes(), strength.tobytes())
        if asked not in self.seen:
            self.seen[asked] = self.inner.won(np.repeat(amounts[:1], self.inner.draws, axis=0), strength)
        money, deals = self.seen[asked]

        def one(of: Floats) -> Floats:
            row = of.mean(axis=0) if self.place is None else of[self.place]
            return np.repeat(row[None, :], len(amounts), axis=0)

        return one(money), one(deals)


def _median(base: Base, scenario: Scenario, draws: int) -> float:
    return float(np.median(profit_delta(simulate(base, scenario, draws))))
