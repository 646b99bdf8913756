"""What a lever brings of one customer: what it brings more over the horizon, less what it gives away to those who would have stayed.

With discounted money m_t of month t, and S_t the chance to be there without the lever, S'_t with it,

    gain = sum of m_t (S'_t - S_t)  -  r sum of w_t m_t S'_t

where r is what the lever gives back of each purchase (the reward of `loyalty`, a `discount`) and w_t its strength. A lever on
retention scales the hazards of its whole target by one factor, so whose risk is small has little to gain, and a reward is lost on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.draws import Purpose, normals, stream, triangular, uniforms
from analytics.what_if.effects import BY_POINTS, BY_SHARE, YEAR, amounts, hazard_factor, shares, strength
from analytics.what_if.newcomers import per_month
from analytics.what_if.scenario import Kind, Lever, Range, Scenario

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

DRAWS = 2_000
# Levers that can be given to one customer and not to another.
ON_ONE: frozenset[Kind] = BY_POINTS | BY_SHARE | {"discount", "win_back"}
_NODES = 7  # of a lever's range, at which gains are told; between them they are read by straight line
_AHEAD = 500  # customers at once where months meet months


@dataclass(frozen=True)
class Customers:
    """N customers over T months, K directions of what the models do not know; money in the scenario's terms, undiscounted.

    `hazard` and `spend` as in `base.Cells`, of each; `spread` how much one may differ in what it brings from what is expected of its like
    (standard deviation over mean). Of those lost, `monthly` is what they brought a month, and the rest is 0. `rest_hazard` and
    `rest_weight` (M) are customers that are not listed: the hazard of a year and how many, `rest_acted_on` (M x L) by which levers.
    """

    ids: tuple[str, ...]
    alive: Floats
    hazard: Floats
    spend: Floats
    hazard_shifts: Floats
    alive_shifts: Floats
    spend_shifts: Floats
    spread: Floats
    is_new: Flags
    is_lost: Flags
    monthly: Floats
    acted_on: Flags
    rest_hazard: Floats
    rest_weight: Floats
    rest_acted_on: Flags

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def months(self) -> int:
        return int(self.hazard.shape[1])


@dataclass(frozen=True)
class World:
    """What is drawn, the same for all that is compared: of each lever its `effect`, what it gives back and its costs, and z of the models.

    `effect` (D x L) is in points (0 to 1) of retention or of customers who come back, or the part of leavers held back.
    """

    effect: Floats
    back: Floats
    per_customer: Floats
    per_save: Floats
    once: Floats
    z: Floats

    @classmethod
    def of(cls, scenario: Scenario, directions: int, draws: int = DRAWS) -> World:
        size = (draws, len(scenario.levers))
        effect, back = amounts(scenario, draws) / 100, np.zeros(size)
        per_customer, per_save, once = np.zeros(size), np.zeros(size), np.zeros(size)
        for place, lever in enumerate(scenario.levers):
            if lever.kind == "discount":
                back[:, place], effect[:, place] = effect[:, place], 0.0
            elif lever.kind == "loyalty":
                back[:, place] = shares(lever.reward, scenario, Purpose.SAVING, place, draws)
            elif lever.kind in BY_SHARE:
                other = (
                    (lever.save_rate, Purpose.SAVING)
                    if lever.kind == "contact_coverage"
                    else (lever.coverage, Purpose.COVERING)
                )
                drawn = shares(other[0], scenario, other[1], place, draws)
                # Whoever is given the lever is contacted, unless the scenario says how many can be reached.
                effect[:, place] = np.clip(effect[:, place], 0.0, 1.0) * (1.0 if drawn is None else drawn)
            running = max(scenario.horizon_months - lever.delay_months, 0)
            fixed, monthly, each, saved = (
                triangular(given, uniforms(stream(scenario.seed, Purpose.COST, place, number), draws, 1)[:, 0])
                for number, given in enumerate(
                    (lever.cost.fixed, lever.cost.monthly, lever.cost.per_customer, lever.cost.per_save)
                )
            )
            once[:, place] = fixed + monthly * running
            per_customer[:, place], per_save[:, place] = each, saved
        z = normals(stream(scenario.seed, Purpose.MODEL), draws, directions) if directions else np.zeros((draws, 0))
        return cls(effect, back, per_customer, per_save, once, z)

    @property
    def draws(self) -> int:
        return len(self.effect)


@dataclass(frozen=True)
class Gains:
    """O options, each a lever on a customer, J amounts of the lever: `kept` is what staying brings, `given` what a reward of 100% would give away, `saves`
    how many customers it saves (or wins back) over the horizon and `first_year` in the first year. `shift` (O x K) is how a gain moves with what the
    models do not know, as a share of it; `chance` its variance by who happens to leave. `nodes` (L x J) are the amounts, `expected` the mean gain.
    """

    customer: Numbers
    lever: Numbers
    kept: Floats
    given: Floats
    saves: Floats
    first_year: Floats
    shift: Floats
    chance: Floats
    nodes: Floats
    expected: Floats
    expected_saves: Floats
    load: Floats

    def __len__(self) -> int:
        return len(self.customer)


def mean_of(given: Range) -> float:
    """Of the triangular distribution."""
    return (given.low + given.likely + given.high) / 3


def hats(nodes: Floats, at: Floats) -> Floats:
    """draw x node: how much of each node's figure straight lines between the nodes take at each of `at`."""
    if nodes[-1] <= nodes[0]:
        return np.tile(np.eye(1, len(nodes)), (len(at), 1))
    width = (nodes[-1] - nodes[0]) / (len(nodes) - 1)
    return np.maximum(1 - np.abs(at[:, None] - nodes) / width, 0.0)


def gains(customers: Customers, scenario: Scenario, world: World) -> Gains:
    """Of every lever that can be given to one customer, on each customer it acts on."""
    parts = [
        _of_lever(customers, scenario, world, place)
        for place, lever in enumerate(scenario.levers)
        if lever.kind in ON_ONE
    ]
    nodes = np.zeros((len(scenario.levers), _NODES))
    for part in parts:
        nodes[part.place] = part.nodes

    def joined(name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(part, name) for part in parts])

    if not parts:
        none, empty = np.zeros(0, dtype=np.int64), np.zeros((0, _NODES))
        shift = np.zeros((0, world.z.shape[1]))
        return Gains(none, none, empty, empty, empty, empty, shift, np.zeros(0), nodes, *np.zeros((3, 0)))
    columns = ("kept", "given", "saves", "first_year", "shift", "chance")
    found = [joined(name) for name in columns]
    customer, lever = (
        joined("rows").astype(np.int64),
        np.concatenate([np.full(len(part.rows), part.place) for part in parts]),
    )
    expected, saves, load = np.zeros(len(lever)), np.zeros(len(lever)), np.zeros(len(lever))
    kept, given, saved, first_year, shift, chance = found
    for part in parts:
        own = lever == part.place
        weight = hats(nodes[part.place], world.effect[:, part.place]).mean(axis=0)
        back = float(world.back[:, part.place].mean())
        expected[own] = np.einsum("oj,j->o", kept[own] - back * given[own], weight)
        saves[own] = np.einsum("oj,j->o", saved[own], weight)
        load[own] = np.einsum("oj,j->o", first_year[own], weight) / min(YEAR, customers.months)
    return Gains(customer, lever, kept, given, saved, first_year, shift, chance, nodes, expected, saves, load)


@dataclass(frozen=True)
class _Part:
    place: int
    rows: Numbers
    nodes: Floats
    kept: Floats
    given: Floats
    saves: Floats
    first_year: Floats
    shift: Floats
    chance: Floats


def _of_lever(customers: Customers, scenario: Scenario, world: World, place: int) -> _Part:
    lever = scenario.levers[place]
    effect = world.effect[:, place]
    nodes = np.linspace(float(effect.min()), float(effect.max()), _NODES)
    worth = discount_factors(scenario, customers.months)
    acts = customers.acted_on[:, place] & (customers.is_lost if lever.kind == "win_back" else ~customers.is_lost)
    if lever.kind == "onboarding":
        acts = acts & customers.is_new
    rows = np.flatnonzero(acts)
    if lever.kind == "win_back":
        return _won_back(customers, lever, place, rows, nodes, worth)
    strong = strength(lever, customers.months)
    middle = float(effect.mean())
    back = float(world.back[:, place].mean())
    directions = world.z.shape[1]
    # With the models as they are at each amount, then off along each direction, either way, at the middle amount.
    tried = [(0, 0, node) for node in nodes] + [(0, 0, middle)]
    tried += [(direction, side, middle) for direction in range(directions) for side in (-1, 1)]
    factors = [
        float(_factors(customers, lever, place, rows, np.array([[node]]), direction, side)[0])
        for direction, side, node in tried
    ]
    shape = (len(rows), _NODES)
    kept, given, saves, first_year = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    shift, whole, kept_whole = np.zeros((len(rows), directions)), np.zeros(len(rows)), np.zeros(len(rows))
    gives = bool(world.back[:, place].any())
    for first in range(0, len(rows), _AHEAD):
        some = slice(first, first + _AHEAD)
        usual = _Usual.of(customers, rows[some], worth, strong)
        for number in range(_NODES):
            through, stays = usual.course(factors[number])
            kept[some, number] = usual.kept(stays)
            saves[some, number], first_year[some, number] = usual.held(through, stays)
            if gives:
                given[some, number] = usual.given(stays)
        stays = usual.course(factors[_NODES])[1]
        kept_whole[some] = usual.kept(stays)
        whole[some] = kept_whole[some] - (back * usual.given(stays) if gives else 0.0)
        for at, (direction, side, _node) in enumerate(tried[_NODES + 1 :], _NODES + 1):
            off = _Usual.of(customers, rows[some], worth, strong, direction, side)
            stays = off.course(factors[at])[1]
            shift[some, direction] += side / 2 * (off.kept(stays) - (back * off.given(stays) if gives else 0.0))
    factor = factors[_NODES]
    share = np.divide(shift, whole[:, None], out=np.zeros_like(shift), where=np.abs(whole[:, None]) > 1e-12)
    chance = _chance(customers, rows, worth, strong, factor, kept_whole)
    return _Part(place, rows, nodes, kept, given, saves, first_year, share, chance)


def _factors(
    customers: Customers, lever: Lever, place: int, rows: Numbers, effect: Floats, direction: int, side: int
) -> Floats:
    """The factor on the hazard at full strength, for each effect (column); with the models off along a direction."""
    points = effect[:, 0]
    if lever.kind == "discount":
        return np.ones(len(points))
    if lever.kind in BY_SHARE:
        return 1 - points
    months = customers.months
    year = customers.hazard[rows, :YEAR].sum(axis=1) * (YEAR / min(months, YEAR))
    weight = customers.alive[rows]
    if side:
        year = year * np.exp(side * customers.hazard_shifts[rows, direction])
        weight = np.minimum(weight * np.exp(side * customers.alive_shifts[rows, direction]), 1.0)
    if lever.kind != "onboarding":
        others = customers.rest_acted_on[:, place]
        year = np.concatenate([year, customers.rest_hazard[others]])
        weight = np.concatenate([weight, customers.rest_weight[others]])
    shape = (len(points), len(year))
    return hazard_factor(np.broadcast_to(year, shape), np.broadcast_to(weight, shape), points)


@dataclass(frozen=True)
class _Usual:
    """Some customers without the lever, month x customer: the hazard, the chance to get through each month and to be there at its end,
    the money; `strong` is the lever's strength by month."""

    hazard: Floats
    through: Floats
    stays: Floats
    money: Floats
    alive: Floats
    strong: Floats

    @classmethod
    def of(
        cls, customers: Customers, rows: Numbers, worth: Floats, strong: Floats, direction: int = 0, side: int = 0
    ) -> _Usual:
        """With the models off along a direction, to a side."""
        hazard, alive = np.ascontiguousarray(customers.hazard[rows].T), customers.alive[rows]
        money = customers.spend[rows].T * worth[:, None]
        if side:
            hazard *= np.exp(side * customers.hazard_shifts[rows, direction])
            alive = np.minimum(alive * np.exp(side * customers.alive_shifts[rows, direction]), 1.0)
            money *= np.exp(side * customers.spend_shifts[rows, direction])
        through = np.exp(-hazard)
        return cls(hazard, through, _running(through), money, alive, strong)

    def course(self, factor: float) -> tuple[Floats, Floats]:
        """`through` and `stays` with the lever."""
        through = np.exp(self.hazard * -(1 - (1 - factor) * self.strong)[:, None])
        return through, _running(through)

    def kept(self, stays: Floats) -> Floats:
        """What staying brings more."""
        return np.einsum("tn,tn->n", self.money, stays - self.stays) * self.alive

    def given(self, stays: Floats) -> Floats:
        """What a reward of 100% would give away."""
        return np.einsum("tn,tn,t->n", self.money, stays, self.strong) * self.alive

    def held(self, through: Floats, stays: Floats) -> tuple[Floats, Floats]:
        """How many are held back, over the horizon and in the first year."""
        held = through - self.through
        held[1:] *= stays[:-1]
        return held.sum(axis=0) * self.alive, held[:YEAR].sum(axis=0) * self.alive


def _running(through: Floats) -> Floats:
    """The product of the months so far."""
    found = through.copy()
    for month in range(1, len(found)):
        found[month] *= found[month - 1]
    return found


def _chance(customers: Customers, rows: Numbers, worth: Floats, strong: Floats, factor: float, kept: Floats) -> Floats:
    """The variance of what staying brings more, by when each would leave and by how much each buys.

    With E ~ Exp(1) the hazard at which a customer leaves, month t is kept if total'_t < E <= total_t, months t < u both if total'_u < E <= total_t.
    """
    found = np.zeros(len(rows))
    for first in range(0, len(rows), _AHEAD):
        some = rows[first : first + _AHEAD]
        hazard, money = customers.hazard[some], customers.spend[some] * worth
        less = np.exp(-np.cumsum(hazard * (1 - (1 - factor) * strong), axis=1))
        would = np.exp(-np.cumsum(hazard, axis=1))
        both = np.zeros(len(some))
        for lag in range(money.shape[1]):
            end = money.shape[1] - lag
            overlap = np.maximum(less[:, lag:] - would[:, :end], 0.0)
            both += (1 if lag == 0 else 2) * np.einsum("nt,nt,nt->n", money[:, lag:], money[:, :end], overlap)
        found[first : first + _AHEAD] = both * customers.alive[some] * (1 + customers.spread[some] ** 2)
    return np.maximum(found - kept**2, 0.0)


def _won_back(customers: Customers, lever: Lever, place: int, rows: Numbers, nodes: Floats, worth: Floats) -> _Part:
    """Who is lost and comes back brings what it brought, and stays as new customers do."""
    months = customers.months
    came = per_month(np.ones(1), strength(lever, months), lever.delay_months)[0]
    stays = np.exp(-np.cumsum(_new_hazard(customers)))
    # From the month it comes in, by how long it has been back.
    there = np.array([float((came[: month + 1] * stays[month::-1]).sum()) for month in range(months)])
    whole = customers.monthly[rows] * float((there * worth).sum())
    kept = whole[:, None] * np.minimum(nodes, 1.0)
    saves = np.broadcast_to(np.minimum(nodes, 1.0) * came.sum(), kept.shape)
    middle = float(np.minimum(nodes, 1.0).mean())
    # Comes back or not, and if it does, some time within the year.
    chance = np.maximum(whole**2 * (4 / 3 * middle - middle**2), 0.0) if middle > 0 else np.zeros(len(rows))
    shift = np.zeros((len(rows), customers.hazard_shifts.shape[1]))
    first_year = np.broadcast_to(np.minimum(nodes, 1.0) * came[:YEAR].sum(), kept.shape)
    return _Part(place, rows, nodes, kept, np.zeros_like(kept), saves, first_year, shift, chance)


def _new_hazard(customers: Customers) -> Floats:
    """By month, the hazard of customers of the last twelve months; of all, where none of them is new."""
    weight = np.where(customers.is_new & ~customers.is_lost, customers.alive, 0.0)
    weight = weight if weight.sum() > 0 else np.where(customers.is_lost, 0.0, customers.alive)
    return np.einsum("n,nt->t", weight, customers.hazard) / max(float(weight.sum()), 1e-12)


def discount_factors(scenario: Scenario, months: int) -> Floats:
    """What money at the end of each month is worth today."""
    return np.asarray((1 + scenario.discount_rate) ** (-np.arange(1, months + 1) / 12))
