"""How many of today's customers are there month by month, and what they bring: expected in each draw, then as it falls out.

Cells that the same levers act on are a group. Of a group's n customers each is there at the end of a month if its own uniform
number is below its chance to be; the numbers are the same with the scenario and without, so that who is saved is saved and
nobody else changes. How many of n numbers lie below a chance is drawn at knots along the group's curve (multinomial) and read
between them by straight line. Customers who are cells of their own are drawn one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.base import Cells
from analytics.what_if.draws import Floats, Purpose, normals, spread_out, stream, uniforms

_CHUNK = 1000  # draws at once: few enough to stay in the processor's cache


@dataclass(frozen=True)
class Group:
    """Cells that belong together: `rows` among the cells, whether it is one customer alone."""

    rows: NDArray[np.int64]
    is_one: bool


@dataclass(frozen=True)
class Changes:
    """What a scenario does to the cells: for each pattern of levers and month a factor on the hazard and one on the revenue
    (draw x month, None: none), a jump of the hazard (cell x draw x month is too much: by cell, month and draw), and the cap on saves.

    `pattern` says which pattern each cell has. `jumps` are (cell, month, added hazard by draw). `capacity` is how many customers an
    owner can save in a month; `owner` the number of each cell's owner.
    """

    pattern: NDArray[np.int64]
    hazard: tuple[Floats | None, ...]
    revenue: tuple[Floats | None, ...]
    jumps: tuple[tuple[int, int, Floats], ...] = ()
    capacity: float | None = None
    owner: NDArray[np.int64] | None = None

    @property
    def changes_leaving(self) -> bool:
        return any(each is not None for each in self.hazard) or bool(self.jumps)


@dataclass(frozen=True)
class Stock:
    """draw x month: customers there at its end, revenue in it; `start` (by draw) customers there today; `variance` of the revenue by
    single purchases; `saved` by pattern: how many customers are held back in the month, expected."""

    start: Floats
    customers: Floats
    revenue: Floats
    variance: Floats
    saved: tuple[Floats, ...]


@dataclass(frozen=True)
class Drawn:
    """The models in each draw, draw x cell: what hazards and revenues are multiplied by, and how many are there today."""

    hazard: Floats
    there: Floats
    spend: Floats

    @classmethod
    def of(cls, cells: Cells, z: Floats, error: Floats) -> Drawn:
        """From standard normal z (draw x direction) and the factor by which revenue is off as back-tests showed (by draw)."""
        there = np.minimum(cells.alive * np.exp(_along(z, cells.alive_shifts)), cells.customers)
        return cls(
            np.exp(_along(z, cells.hazard_shifts)), there, np.exp(_along(z, cells.spend_shifts)) * error[:, None]
        )


def _along(z: Floats, shifts: Floats) -> Floats:
    """draw x cell. Not by BLAS, whose sums may differ from run to run in the last digit."""
    return np.einsum("dk,ck->dc", z, shifts)


def groups(cells: Cells) -> list[Group]:
    """Single customers, and the other cells by the levers that act on them."""
    alone = np.array([name is not None for name in cells.largest])
    found = [Group(np.array([row]), True) for row in np.flatnonzero(alone)]
    rest = np.flatnonzero(~alone)
    _patterns, code = np.unique(cells.acted_on[rest], axis=0, return_inverse=True)
    found += [Group(rest[code.ravel() == number], False) for number in np.unique(code)]
    return found


def courses(cells: Cells, drawn: Drawn, changes: Changes, seed: int) -> tuple[Stock, Stock]:
    """Today's customers without the scenario and with it, under the same random numbers."""
    parts, (draws, months) = groups(cells), (len(drawn.hazard), cells.months)
    has_change = changes.changes_leaving or any(each is not None for each in changes.revenue)
    sums = [_Sums.empty(draws, months) for _each in range(1 + has_change)]
    saved = np.zeros((len(changes.hazard), draws, months))
    luck: list[_Luck] = []
    for first in range(0, draws, _CHUNK):
        some = slice(first, min(first + _CHUNK, draws))
        futures = [_expected(cells, drawn, parts, None, some, saved)]
        if has_change:
            futures.append(_expected(cells, drawn, parts, changes, some, saved))
        luck = luck or [
            _Luck.of(cells, part, place, draws, seed, [each.chance[place] for each in futures])
            for place, part in enumerate(parts)
        ]
        for total, told in zip(sums, futures, strict=True):
            for place, own in enumerate(luck):
                total.add(some, own, told.chance[place], told.revenue[place], told.variance[place])
    stocks = [total.stock(tuple(saved)) for total in sums]
    return stocks[0], stocks[-1]


@dataclass(frozen=True)
class _Expected:
    """Group x draw x month: the mean chance to be there (today first), the revenue and its variance by purchases."""

    chance: Floats
    revenue: Floats
    variance: Floats


def _expected(
    cells: Cells, drawn: Drawn, parts: list[Group], changes: Changes | None, some: slice, saved: Floats
) -> _Expected:
    """For some of the draws; how many are held back is written to `saved` (pattern x draw x month)."""
    order = np.concatenate([part.rows for part in parts])
    starts = np.concatenate([[0], np.cumsum([len(part.rows) for part in parts])[:-1]])
    number = np.add.reduceat(cells.customers[order], starts)
    hazard, spend, purchase = cells.hazard[order], cells.spend[order], cells.purchase[order]
    # A row a cell: sums over the cells of a group then are sums of rows.
    there, scale, worth = (
        np.ascontiguousarray(each[some][:, order].T) for each in (drawn.there, drawn.hazard, drawn.spend)
    )
    worth = there * worth
    months = cells.months
    draws = there.shape[1]
    chance = np.empty((len(parts), draws, months + 1))
    money, variance = np.empty((2, len(parts), draws, months))
    total, stays = np.zeros_like(there), np.ones_like(there)
    chance[:, :, 0] = np.add.reduceat(there, starts, axis=0) / number[:, None]
    step = _Step(changes, order, some, there, scale) if changes else None
    for month in range(months):
        added = np.broadcast_to(hazard[:, month, None], total.shape)
        if step is not None:
            added = step.added(month, added, stays, saved)
        total = total + added
        stays = np.exp(-scale * total)
        chance[:, :, month + 1] = np.add.reduceat(there * stays, starts, axis=0) / number[:, None]
        brought = worth * stays * spend[:, month, None]
        if step is not None:
            brought = step.paid(month, brought)
        money[:, :, month] = np.add.reduceat(brought, starts, axis=0)
        variance[:, :, month] = np.add.reduceat(brought * purchase[:, None], starts, axis=0)
    return _Expected(chance, money, variance)


class _Step:
    """What the scenario does in one month, for some of the draws."""

    def __init__(self, changes: Changes, order: NDArray[np.int64], some: slice, there: Floats, scale: Floats) -> None:
        self.changes, self.some, self.there, self.scale = changes, some, there, scale
        self.pattern = changes.pattern[order]
        self.place = {int(row): at for at, row in enumerate(order)}
        self.owner = None if changes.owner is None else changes.owner[order]
        self.of_pattern = [np.flatnonzero(self.pattern == number) for number in range(len(changes.hazard))]

    def added(self, month: int, usual: Floats, stays: Floats, saved: Floats) -> Floats:
        """The month's hazard before the draw's own scale, and, into `saved`, how many are held back."""
        added = usual
        for number, rows in enumerate(self.of_pattern):
            factor = self.changes.hazard[number]
            if factor is None or not len(rows):
                continue
            if added is usual:
                added = usual.copy()
            added[rows] = usual[rows] * factor[self.some, month]
        if added is not usual:
            would = self.there * stays * -np.expm1(-self.scale * usual)
            does = self.there * stays * -np.expm1(-self.scale * added)
            held = would - does
            if self.changes.capacity is not None and self.owner is not None:
                share = _reachable(held, self.owner, self.changes.capacity)
                added = np.where(held > 0, usual - (usual - added) * share, added)
                held = np.where(held > 0, held * share, held)
            for number, rows in enumerate(self.of_pattern):
                if self.changes.hazard[number] is not None:
                    saved[number, self.some, month] = held[rows].sum(axis=0)
        for cell, when, jump in self.changes.jumps:
            if when == month:
                if added is usual:
                    added = usual.copy()
                row = self.place[cell]
                added[row] = added[row] + jump[self.some] / self.scale[row]
        return added

    def paid(self, month: int, brought: Floats) -> Floats:
        for number, rows in enumerate(self.of_pattern):
            factor = self.changes.revenue[number]
            if factor is not None and len(rows):
                brought[rows] = brought[rows] * factor[self.some, month]
        return brought


def _reachable(held: Floats, owner: NDArray[np.int64], capacity: float) -> Floats:
    """cell x draw: the part of what would be held back that its owner has the time for."""
    share = np.ones_like(held)
    for number in np.unique(owner):
        own = owner == number
        wanted = np.maximum(held[own], 0.0).sum(axis=0)
        part = np.divide(capacity, wanted, out=np.ones_like(wanted), where=wanted > capacity)
        share[own] = part
    return share


@dataclass(frozen=True)
class _Below:
    """How many of a group's n uniform numbers lie below a chance: exact at `knots`, in between by straight line. draw x knot."""

    knots: Floats
    counts: Floats

    @classmethod
    def of(cls, number: int, seen: list[Floats], half: int, random: np.random.Generator) -> _Below:
        at = np.concatenate([each.mean(axis=0) for each in seen] + [[each.min()] for each in seen])
        low = np.minimum(at, 1 - at)
        # The same knots seen from either end, so that mirrored draws have them too.
        low = np.unique(np.round(low[(low > 1e-9) & (low < 0.5 - 1e-9)], 10))
        knots = np.concatenate([[0.0], low, [0.5], 1 - low[::-1], [1.0]])
        parts = random.multinomial(number, np.diff(knots), size=half).astype(np.float64)
        both = np.concatenate([parts, parts[:, ::-1]])
        return cls(knots, np.concatenate([np.zeros((len(both), 1)), np.cumsum(both, axis=1)], axis=1))

    def at(self, chance: Floats, some: slice) -> Floats:
        place = np.clip(np.searchsorted(self.knots, chance, side="right") - 1, 0, len(self.knots) - 2)
        part = (chance - self.knots[place]) / np.diff(self.knots)[place]
        low = np.take_along_axis(self.counts[some], place, axis=1)
        high = np.take_along_axis(self.counts[some], place + 1, axis=1)
        return np.asarray(low + part * (high - low))


@dataclass(frozen=True)
class _Luck:
    """What is left to chance in a group, once the models and the levers are settled: who leaves, and what they buy."""

    number: int
    uniform: Floats | None  # of one customer, by draw
    below: _Below | None  # of many
    uneven: float  # by how much money is more uneven than heads
    factor: Floats | None  # by draw: how much more or less these customers buy than expected of their like

    @classmethod
    def of(cls, cells: Cells, part: Group, place: int, draws: int, seed: int, seen: list[Floats]) -> _Luck:
        """`seen` are chances of the group in some draws, to know where they lie."""
        number = int(cells.customers[part.rows].sum())
        factor = _differences(cells, part, stream(seed, Purpose.SPENDING, place), draws)
        if part.is_one:
            u = uniforms(stream(seed, Purpose.LARGEST, place), draws, 1)[:, 0]
            return cls(number, u, None, 1.0, factor)
        below = _Below.of(number, seen, draws // 2, stream(seed, Purpose.LEAVING, place))
        return cls(number, None, below, _unevenness(cells, part), factor)

    def there(self, chance: Floats, some: slice) -> Floats:
        """draw x month: how many are there, at these chances to be."""
        if self.uniform is not None:
            return (chance > self.uniform[some, None]).astype(np.float64)
        assert self.below is not None
        return self.below.at(chance, some)


@dataclass
class _Sums:
    """Running sums over groups."""

    start: Floats
    customers: Floats
    revenue: Floats
    variance: Floats

    @classmethod
    def empty(cls, draws: int, months: int) -> _Sums:
        shape = (draws, months)
        return cls(np.zeros(draws), np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def add(self, some: slice, luck: _Luck, chance: Floats, revenue: Floats, variance: Floats) -> None:
        """Those of a group that are there bring what they are expected to, off by how uneven they are."""
        count = luck.there(chance, some)
        self.start[some] += count[:, 0]
        self.customers[some] += count[:, 1:]
        hoped = luck.number * chance[:, 1:]
        off = np.divide(count[:, 1:] - hoped, hoped, out=np.zeros_like(hoped), where=hoped > 0)
        share = np.maximum(1 + luck.uneven * off, 0.0)
        if luck.factor is not None:
            share = share * luck.factor[some, None]
        self.revenue[some] += revenue * share
        self.variance[some] += variance * share

    def stock(self, saved: tuple[Floats, ...]) -> Stock:
        return Stock(self.start, self.customers, self.revenue, self.variance, saved)


def _unevenness(cells: Cells, part: Group) -> float:
    """By how much money is more uneven than heads: the square root of n over the effective number."""
    return float(np.sqrt(cells.customers[part.rows].sum() * _concentration(cells, part)))


def _concentration(cells: Cells, part: Group) -> float:
    money = cells.alive[part.rows] * cells.spend[part.rows].sum(axis=1)
    whole = money.sum()
    return float((cells.concentration[part.rows] * money**2).sum() / whole**2) if whole > 0 else 0.0


def _differences(cells: Cells, part: Group, random: np.random.Generator, draws: int) -> Floats | None:
    """By draw, how much more or less the group's customers buy than expected of their like, the mean being 1."""
    spread = cells.spread[part.rows]
    money = cells.alive[part.rows] * cells.spend[part.rows].sum(axis=1)
    whole = money.sum()
    if whole <= 0 or not (spread > 0).any():
        return None
    variance = float((cells.concentration[part.rows] * (spread * money) ** 2).sum() / whole**2)
    z = normals(random, draws, 1)[:, 0]
    return spread_out(np.ones(draws), np.full(draws, variance), z)
