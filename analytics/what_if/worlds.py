"""What holds in each draw: how the models are off, how strong the levers are, and what they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.what_if import effects
from analytics.what_if.base import Base, Cells, NewCustomers
from analytics.what_if.draws import Floats, Purpose, normals, plain_normals, spread_out, stream
from analytics.what_if.effects import BY_POINTS, BY_SHARE, YEAR, part_of_new, pipeline_place, reaches_new, strength
from analytics.what_if.newcomers import Arrivals, Came, Curve, Newcomers, per_month
from analytics.what_if.scenario import LEVERS, Scenario
from analytics.what_if.staying import Changes, Drawn, Stock

_GONE = 700.0  # a hazard that nobody survives


@dataclass
class Worlds:
    """The draws of a simulation. `amounts` is draw x lever, `z` draw x direction of the models' doubt, `error` (draw x month) the factor by which
    customers' revenue is off as back-tests showed."""

    base: Base
    scenario: Scenario
    amounts: Floats
    z: Floats
    error: Floats
    _factors: dict[int, Floats] = field(default_factory=dict)
    _factors_of_new: dict[int, Floats] = field(default_factory=dict)
    _won: list[tuple[Floats, Floats]] = field(default_factory=list)

    @classmethod
    def of(cls, base: Base, scenario: Scenario, draws: int) -> Worlds:
        amounts = effects.amounts(scenario, draws, base.pipeline.draws if base.pipeline else 0)
        z = normals(stream(scenario.seed, Purpose.MODEL), draws, max(base.directions, 1))[:, : base.directions]
        error = off_course(base.error, scenario, draws)
        return cls(base, scenario, amounts, z, error)

    @property
    def draws(self) -> int:
        return len(self.amounts)

    @property
    def months(self) -> int:
        return self.scenario.horizon_months

    @property
    def counts_wins(self) -> bool:
        """Whether new business is told in won deals: where nothing tells of new customers."""
        return self.base.pipeline is not None and self.base.new is None and self.scenario.counts_new

    @property
    def cells(self) -> Cells:
        assert self.base.cells is not None
        return self.base.cells

    def drawn(self) -> Drawn:
        return Drawn.of(self.cells, self.z)

    # Levers on customers.

    def strength(self, place: int) -> Floats:
        return strength(self.scenario.levers[place], self.months)

    def of_hazard(self, place: int) -> Floats | None:
        """The factor on the hazard of a lever's target at full strength, by draw; None where it changes nothing."""
        lever = self.scenario.levers[place]
        if lever.kind not in BY_POINTS | BY_SHARE or not self.amounts[:, place].any():
            return None
        if place not in self._factors:
            if lever.kind in BY_SHARE:
                factor = effects.held_back(self.base, self.scenario, place, self.amounts[:, place])
            else:
                drawn, rows = self.drawn(), np.flatnonzero(self.cells.acted_on[:, place])
                yearly = drawn.hazard[:, rows] * _year(self.cells.hazard[rows])
                factor = effects.hazard_factor(yearly, drawn.there[:, rows], self.amounts[:, place] / 100)
            self._factors[place] = factor
        return self._factors[place]

    def changes(self) -> Changes:
        patterns, code = np.unique(self.cells.acted_on, axis=0, return_inverse=True)
        hazard = tuple(self._product(self._leaving_levers(row)) for row in patterns)
        revenue = tuple(self._paid_by(row) for row in patterns)
        capacity = self.scenario.capacity.per_owner_per_month
        owner = None
        if capacity is not None:
            _names, owner = np.unique([name or "" for name in self.cells.owner], return_inverse=True)
        return Changes(code.ravel(), hazard, revenue, tuple(self._jumps()), capacity, owner)

    def _leaving_levers(self, row: NDArray[np.bool_]) -> list[int]:
        return [int(place) for place in np.flatnonzero(row) if self.of_hazard(int(place)) is not None]

    def _product(self, places: list[int]) -> Floats | None:
        """The factor of several levers together, draw x month; None of none."""
        found: Floats | None = None
        for place in places:
            full = self.of_hazard(place)
            assert full is not None
            each = 1 - self.strength(place)[None, :] * (1 - full[:, None])
            found = each if found is None else found * each
        return found

    def _paid_by(self, row: NDArray[np.bool_]) -> Floats | None:
        """The factor on revenue, draw x month, of the levers that act on a pattern, and of the market."""
        return self._paid([
            place for place, lever in enumerate(self.scenario.levers)
            if row[place] or lever.kind == "market"
        ])  # fmt: skip

    def _paid(self, places: list[int]) -> Floats | None:
        found: Floats | None = None
        for place in places:
            part = effects.of_revenue(self.scenario.levers[place], self.scenario, place, self.amounts[:, place])
            if not part.any():
                continue
            each = np.maximum(1 + self.strength(place)[None, :] * part[:, None], 0.0)
            found = each if found is None else found * each
        return found

    def _jumps(self) -> list[tuple[int, int, Floats]]:
        found: list[tuple[int, int, Floats]] = []
        for place, lever in enumerate(self.scenario.levers):
            if lever.delay_months >= self.months:
                continue
            if lever.kind == "largest_leaves":
                alone = np.array([name is not None for name in self.cells.largest])
                if alone.any():
                    worth = self.cells.alive * self.cells.spend[:, :YEAR].sum(axis=1)
                    largest = int(np.argmax(np.where(alone, worth, -1.0)))
                    found.append((largest, lever.delay_months, np.full(self.draws, _GONE)))
            elif lever.kind == "owner_leaves":
                lost = np.minimum(self.amounts[:, place] / 100, 1.0)
                jump = np.where(lost < 1, -np.log1p(-np.minimum(lost, 1 - 1e-300)), _GONE)
                if jump.any():
                    rows = np.flatnonzero(self.cells.acted_on[:, place])
                    found += [(int(row), lever.delay_months, jump) for row in rows]
        return found

    # Newcomers.

    def newcomers(self, *, is_changed: bool) -> Newcomers:
        new = self.base.new
        assert new is not None
        levers = list(enumerate(self.scenario.levers)) if is_changed else []
        curve = self._curve(new)
        leaving = self._product_of_new(curve, [place for place, _lever in levers if self._holds_new(place)])
        # In a market that shrinks fewer come; each of them buys as usual.
        paying = [place for place, lever in levers if reaches_new(lever) and lever.kind != "market"]
        return Newcomers(curve, self._arrivals(new, is_changed), leaving, self._paid(paying))

    def _curve(self, new: NewCustomers) -> Curve:
        scale = np.exp(np.einsum("dk,k->d", self.z, new.hazard_shift))
        worth = np.exp(np.einsum("dk,k->d", self.z, new.spend_shift))
        return Curve.of(new.staying[: self.months], new.revenue[: self.months], scale, worth, new.purchase)

    def _holds_new(self, place: int) -> bool:
        lever = self.scenario.levers[place]
        holds = lever.kind in BY_POINTS | BY_SHARE and bool(self.amounts[:, place].any())
        return holds and part_of_new(self.base, lever, place) > 0

    def _product_of_new(self, curve: Curve, places: list[int]) -> Floats | None:
        """The factor on the hazard of newcomers, draw x month: points of retention are of their own first year, of all of them so many as
        of the part that is reached."""
        found: Floats | None = None
        for place in places:
            lever = self.scenario.levers[place]
            if lever.kind in BY_SHARE:
                full = effects.held_back(self.base, self.scenario, place, self.amounts[:, place])
            else:
                yearly = curve.scale[:, None] * _year(curve.hazard[None, :])
                points = self.amounts[:, place] / 100 * part_of_new(self.base, self.scenario.levers[place], place)
                full = effects.hazard_factor(yearly, np.ones((self.draws, 1)), points)
            self._factors_of_new[place] = full
            each = 1 - self.strength(place)[None, :] * (1 - full[:, None])
            found = each if found is None else found * each
        return found

    def _arrivals(self, new: NewCustomers, is_changed: bool) -> Arrivals:
        seed, size = self.scenario.seed, (self.draws, self.months)
        if not self.scenario.counts_new or new.rate <= 0:
            rate, usual = np.zeros(self.draws), np.zeros(size)
        else:
            z = normals(stream(seed, Purpose.NEW_RATE), self.draws, 1)[:, 0]
            rate = spread_out(np.full(self.draws, new.rate), np.full(self.draws, new.rate_sd**2), z)
            mean = np.broadcast_to(rate[:, None], size)
            usual = spread_out(mean, mean * new.dispersion, plain_normals(stream(seed, Purpose.NEW_MONTHS), *size))
        # Customers of one month differ: the fewer, the less they average out.
        among = np.divide(new.spread**2, usual, out=np.zeros(size), where=usual > 0)
        unlike = spread_out(np.ones(size), among, plain_normals(stream(seed, Purpose.NEW_DIFFERING), *size))
        if not is_changed:
            return Arrivals(usual, worth=unlike)
        referred: dict[int, Floats] = {}
        back: dict[int, Floats] = {}
        monthly: dict[int, Floats] = {}
        for place, lever in enumerate(self.scenario.levers):
            amount = self.amounts[:, place]
            if not amount.any():
                continue
            strong = self.strength(place)
            if lever.kind == "referral":
                referred[place] = amount[:, None] / 100 / 12 * strong[None, :]
            elif lever.kind == "win_back" and self.base.lost is not None:
                lost = self.base.lost
                rows = np.flatnonzero(lost.acted_on[:, place])
                share = per_month(np.minimum(amount / 100, 1.0), strong, lever.delay_months)
                back[place] = share * lost.customers[rows].sum()
                monthly[place] = share * (lost.customers * lost.monthly)[rows].sum()
            elif lever.kind == "market":
                usual = usual * np.maximum(1 + strong[None, :] * amount[:, None] / 100, 0.0)
        added, worth = self._by_pipeline(rate)
        return Arrivals(usual, referred, back, monthly, added, unlike if worth is None else worth * unlike)

    def _by_pipeline(self, rate: Floats) -> tuple[dict[int, Floats], Floats | None]:
        """The newcomers that levers on the pipeline add, for as many new customers as a win has been, and what each is worth beside the usual, by the
        month it comes in."""
        pipeline = self.base.pipeline
        places = self.on_pipeline()
        if pipeline is None or not places:
            return {}, None
        (value, wins), (value_then, wins_then) = self.pipeline()
        place = pipeline_place(self.draws, pipeline.draws)
        usual = wins.mean(axis=1)
        each = rate / np.maximum(usual[place], 1e-12)
        change = (wins_then - wins)[place] * each[:, None]
        size, size_then = (_ratio(money, n) for money, n in ((value, wins), (value_then, wins_then)))
        worth = _ratio(size_then, size)[place]
        return {place: change / len(places) for place in places}, worth

    def on_pipeline(self) -> list[int]:
        """The levers on the pipeline that do anything."""
        return [
            place for place, lever in enumerate(self.scenario.levers)
            if LEVERS[lever.kind].acts == "pipeline" and self.amounts[:, place].any() and self.strength(place).any()
        ]  # fmt: skip

    def pipeline(self) -> list[tuple[Floats, Floats]]:
        """Money and deals won, pipeline draw x month, without the scenario and with it."""
        pipeline = self.base.pipeline
        assert pipeline is not None
        if not self._won:
            first = np.zeros(pipeline.draws, dtype=np.int64)
            place = pipeline_place(self.draws, pipeline.draws)
            # Some draw of each of the pipeline's: with few draws not all of them are there, and the rest is not looked at.
            first[place] = np.arange(self.draws)
            amounts = self.amounts[first]
            strong = np.stack([self.strength(at) for at in range(len(self.scenario.levers))]) if self.scenario.levers else np.zeros((0, self.months))  # fmt: skip
            plain = pipeline.won(np.zeros_like(amounts), strong)
            self._won = [plain, pipeline.won(amounts, strong) if amounts.any() else plain]
        return self._won

    # What is paid for.

    def saves(self, stock: Stock, came: Came) -> dict[int, Floats]:
        """By lever, who stays or comes because of it, draw x month; who is held back by several levers counts in parts, by how much each
        lowers the hazard."""
        found: dict[int, Floats] = dict(came.extra)
        patterns = (
            np.unique(self.cells.acted_on, axis=0) if self.base.cells is not None else np.zeros((0, 0), dtype=bool)
        )
        for row, saved in zip(patterns, stock.saved, strict=False):
            self._share({place: self._factors[place] for place in self._leaving_levers(row)}, saved, found)
        self._share(self._factors_of_new, came.held, found)
        return found

    def _share(self, factors: Mapping[int, Floats], saved: Floats, found: dict[int, Floats]) -> None:
        if not factors:
            return
        parts = {
            place: -np.log(np.maximum(1 - self.strength(place)[None, :] * (1 - full[:, None]), 1e-12))
            for place, full in factors.items()
        }
        whole = sum(parts.values())
        for place, part in parts.items():
            share = np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
            found[place] = found.get(place, 0.0) + saved * share


def _year(hazard: Floats) -> Floats:
    """The cumulative hazard of the first year, by row; of less than a year, as if it went on so. rows"""
    months = hazard.shape[-1]
    return np.asarray(hazard[..., :YEAR].sum(axis=-1) * (YEAR / min(months, YEAR)))


def _ratio(one: Floats, other: Floats) -> Floats:
    return np.divide(one, other, out=np.ones_like(one), where=other > 0)


def off_course(error: float, scenario: Scenario, draws: int) -> Floats:
    """draw x month: the factor by which revenue comes out otherwise than the models say. It wanders (Brownian motion of its logarithm), so
    that the revenue of the first year is off by `error`, and of more years by its square root as often, as the back-tests took it to be."""
    months = scenario.horizon_months
    if not error:
        return np.ones((draws, months))
    steps = plain_normals(stream(scenario.seed, Purpose.ERROR), draws, months)
    # The mean of a year's months of a walk of unit steps has the variance sum of min(i, j) / 144.
    year = np.arange(1, YEAR + 1)
    unit = np.minimum(year[:, None], year[None, :]).sum() / YEAR**2
    return np.asarray(np.exp(error / np.sqrt(unit) * np.cumsum(steps, axis=1)))
