"""How many of today's customers are there month by month, and what they bring: expected in each draw, then as it falls out.

Cells that the same levers act on are a group. Of a group's n customers each is there at the end of a month if its own uniform
number is below its chance to be; the numbers are the same with the scenario and without, so that who is saved is saved and
nobody else changes. How many of n numbers lie below a chance is drawn at knots (multinomial) that do not hang on what is done, so that
other amounts of a lever meet the same luck, and read between them by straight line. Customers who are cells of their own are drawn
one by one, each by a stream of its own. Money is more uneven than heads: it hangs on so many of the n as there are in effect (one over
the concentration), at the chance that money is weighted by, so that nobody who is saved is ever worth less than nothing.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.base import Cells
from analytics.what_if.draws import Floats, Purpose, normals, spread_out, stream, uniforms
from analytics.what_if.seen import Seen, digest

_CHUNK = 1000  # draws at once: few enough to stay in the processor's cache
# Chances at which it is drawn how many lie below: evenly in the middle, ever closer towards the ends, where next to nobody leaves or
# stays. The same seen from either end, so that mirrored draws have them too.
_LOW = np.concatenate([0.02 * 0.8 ** np.arange(34, 0, -1), np.linspace(0.02, 0.495, 96)])
_KNOTS: Floats = np.concatenate([[0.0], _LOW, [0.5], 1 - _LOW[::-1], [1.0]])


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

    def told(self) -> Hashable:
        """What tells them from others of the same cells."""
        jumps = tuple((cell, month, digest(added)) for cell, month, added in self.jumps)
        return digest(*self.hazard), digest(*self.revenue), jumps, self.capacity


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
    def of(cls, cells: Cells, z: Floats) -> Drawn:
        """From standard normal z (draw x direction)."""
        there = np.minimum(cells.alive * np.exp(_along(z, cells.alive_shifts)), cells.customers)
        return cls(np.exp(_along(z, cells.hazard_shifts)), there, np.exp(_along(z, cells.spend_shifts)))


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
    seen = cells.seen or Seen()
    known = (seed, digest(drawn.hazard, drawn.there, drawn.spend)) if cells.seen else ()
    luck = seen.once((known, "luck"), lambda: _Lucks.of(cells, len(drawn.hazard), seed))
    usual = seen.once((known, "usual"), lambda: _course(cells, drawn, luck, None))
    if not (changes.changes_leaving or any(each is not None for each in changes.revenue)):
        nothing = np.zeros_like(usual.revenue)
        return usual, replace(usual, saved=(nothing,) * len(changes.hazard))
    asked = changes.told() if cells.seen else ()
    return usual, seen.once((known, asked), lambda: _course(cells, drawn, luck, changes))


def _course(cells: Cells, drawn: Drawn, luck: _Lucks, changes: Changes | None) -> Stock:
    draws, months = len(drawn.hazard), cells.months
    total = _Sums.empty(draws, months)
    saved = np.zeros((len(changes.hazard) if changes else 0, draws, months))
    for first in range(0, draws, _CHUNK):
        some = slice(first, min(first + _CHUNK, draws))
        told = _expected(cells, drawn, luck.alone, luck.parts, changes, some, saved)
        total.add_ones(some, told.ones)
        for at, own in enumerate(luck.own):
            total.add(some, own, told, at)
    return total.stock(tuple(saved))


@dataclass(frozen=True)
class _Lucks:
    """What is left to chance: of customers that are cells of their own, and of `parts`, the other groups."""

    alone: _Alone
    parts: list[Group]
    own: list[_Luck]

    @classmethod
    def of(cls, cells: Cells, draws: int, seed: int) -> _Lucks:
        every = groups(cells)
        parts = [(place, part) for place, part in enumerate(every) if not part.is_one]
        return cls(
            _Alone.of(cells, every, draws, seed),
            [part for _place, part in parts],
            [_Luck.of(cells, part, place, draws, seed) for place, part in parts],
        )


@dataclass(frozen=True)
class _Alone:
    """Customers that are cells of their own: `rows` among the cells; customer x draw the number that says when each leaves, and how much
    more or less it buys than expected of its like."""

    rows: NDArray[np.int64]
    uniform: Floats
    factor: Floats

    @classmethod
    def of(cls, cells: Cells, every: list[Group], draws: int, seed: int) -> _Alone:
        ones = [part for part in every if part.is_one]
        uniform, factor = np.empty((len(ones), draws)), np.ones((len(ones), draws))
        for at, part in enumerate(ones):
            # By its name, so that it has the same luck in every scenario, whichever levers act on it.
            own = crc32(str(cells.largest[part.rows[0]]).encode())
            uniform[at] = uniforms(stream(seed, Purpose.LARGEST, own), draws, 1)[:, 0]
            differing = _differences(cells, part, stream(seed, Purpose.SPENDING, own, 1), draws)
            if differing is not None:
                factor[at] = differing
        rows = np.array([part.rows[0] for part in ones], dtype=np.int64)
        return cls(rows, uniform, factor)


@dataclass(frozen=True)
class _Ones:
    """Of customers that are cells of their own, summed: month x draw who is there (today first), revenue and its variance by purchases."""

    customers: Floats
    revenue: Floats
    variance: Floats


@dataclass(frozen=True)
class _Expected:
    """Group x draw x month: the mean chance to be there (today first) and that of money, the revenue and its variance by purchases;
    and customers that are cells of their own, as it falls out."""

    chance: Floats
    of_money: Floats
    revenue: Floats
    variance: Floats
    ones: _Ones


def _expected(
    cells: Cells, drawn: Drawn, alone: _Alone, parts: list[Group], changes: Changes | None, some: slice, saved: Floats
) -> _Expected:
    """For some of the draws; how many are held back is written to `saved` (pattern x draw x month)."""
    # A row a cell, those of one customer first: sums over the cells of a group then are sums of rows.
    order = np.concatenate([alone.rows, *(part.rows for part in parts)])
    one = len(alone.rows)
    ends = one + np.cumsum([len(part.rows) for part in parts], dtype=np.int64)
    of_group = [slice(end - len(part.rows), end) for end, part in zip(ends, parts, strict=True)]
    hazard, spend, purchase, number = (
        each[order] for each in (cells.hazard, cells.spend, cells.purchase, cells.customers)
    )
    there, scale, worth = (
        np.ascontiguousarray(each[some][:, order].T) for each in (drawn.there, drawn.hazard, drawn.spend)
    )
    # What a customer alone brings, if it is there; of the others what all bring if none left.
    every = worth * number[:, None]
    worth[:one] *= alone.factor[:, some]
    worth[one:] *= there[one:]
    likely, uniform = there[:one] / number[:one, None], alone.uniform[:, some]
    months, draws = cells.months, there.shape[1]
    chance = np.empty((len(parts), draws, months + 1))
    of_money, money, variance = np.empty((3, len(parts), draws, months))
    ones = _Ones(np.empty((months + 1, draws)), np.empty((months, draws)), np.empty((months, draws)))
    whole = [number[rows].sum() for rows in of_group]
    total, stays = np.zeros_like(there), np.ones_like(there)
    ones.customers[0] = (likely > uniform).sum(axis=0)
    for at, rows in enumerate(of_group):
        chance[at, :, 0] = there[rows].sum(axis=0) / whole[at]
    step = _Step(changes, order, some, there, scale) if changes else None
    brought = np.empty_like(there)
    for month in range(months):
        added = np.broadcast_to(hazard[:, month, None], total.shape)
        if step is not None:
            added = step.added(month, added, stays, saved)
        total += added
        stays = np.exp(-scale * total)
        is_there = likely * stays[:one] > uniform
        ones.customers[month + 1] = is_there.sum(axis=0)
        np.multiply(worth, spend[:, month, None], out=brought)
        brought[:one] *= is_there
        brought[one:] *= stays[one:]
        for at, rows in enumerate(of_group):
            most = np.einsum("rd,r->d", every[rows], spend[rows, month])
            of_money[at, :, month] = np.divide(brought[rows].sum(axis=0), most, out=np.zeros(draws), where=most > 0)
        if step is not None:
            step.pay(month, brought)
        ones.revenue[month] = brought[:one].sum(axis=0)
        ones.variance[month] = np.einsum("rd,r->d", brought[:one], purchase[:one])
        for at, rows in enumerate(of_group):
            chance[at, :, month + 1] = np.einsum("rd,rd->d", there[rows], stays[rows]) / whole[at]
            money[at, :, month] = brought[rows].sum(axis=0)
            variance[at, :, month] = np.einsum("rd,r->d", brought[rows], purchase[rows])
    return _Expected(chance, of_money, money, variance, ones)


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
        held = np.zeros(0)
        for number, rows in enumerate(self.of_pattern):
            factor = self.changes.hazard[number]
            if factor is None or not len(rows):
                continue
            if added is usual:
                added, held = usual.copy(), np.zeros_like(stays)
            own, scale = usual[rows], self.scale[rows]
            less = own * factor[self.some, month]
            added[rows] = less
            # Who would leave, less who does: exactly none where nothing is changed.
            stay = self.there[rows] * stays[rows] * np.exp(-scale * less)
            held[rows] = stay * -np.expm1(-scale * (own - less))
        if added is not usual:
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

    def pay(self, month: int, brought: Floats) -> None:
        """Change what is brought, in its place."""
        for number, rows in enumerate(self.of_pattern):
            factor = self.changes.revenue[number]
            if factor is not None and len(rows):
                brought[rows] *= factor[self.some, month]


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
    def of(cls, number: int, half: int, random: np.random.Generator) -> _Below:
        parts = random.multinomial(number, np.diff(_KNOTS), size=half).astype(np.float64)
        both = np.concatenate([parts, parts[:, ::-1]])
        return cls(_KNOTS, np.concatenate([np.zeros((len(both), 1)), np.cumsum(both, axis=1)], axis=1))

    def at(self, chance: Floats, some: slice) -> Floats:
        place = np.clip(np.searchsorted(self.knots, chance, side="right") - 1, 0, len(self.knots) - 2)
        part = (chance - self.knots[place]) / np.diff(self.knots)[place]
        low = np.take_along_axis(self.counts[some], place, axis=1)
        high = np.take_along_axis(self.counts[some], place + 1, axis=1)
        return np.asarray(low + part * (high - low))


@dataclass(frozen=True)
class _Luck:
    """What is left to chance in a group, once the models and the levers are settled: who leaves, and what they buy."""

    heads: _Below
    money: _Below  # of those among them that money hangs on
    number: int  # how many those are
    factor: Floats | None  # by draw: how much more or less these customers buy than expected of their like

    @classmethod
    def of(cls, cells: Cells, part: Group, place: int, draws: int, seed: int) -> _Luck:
        every, alike = int(cells.customers[part.rows].sum()), _concentration(cells, part)
        number = min(max(round(1 / alike), 1), every) if alike > 0 else every
        money = _Below.of(number, draws // 2, stream(seed, Purpose.LEAVING, place))
        heads = money
        if every > number:
            others = _Below.of(every - number, draws // 2, stream(seed, Purpose.LEAVING, place, 1))
            heads = _Below(_KNOTS, money.counts + others.counts)
        return cls(heads, money, number, _differences(cells, part, stream(seed, Purpose.SPENDING, place), draws))


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

    def add(self, some: slice, luck: _Luck, told: _Expected, group: int) -> None:
        """Those of a group that are there bring what they are expected to."""
        count = luck.heads.at(told.chance[group], some)
        self.start[some] += count[:, 0]
        self.customers[some] += count[:, 1:]
        hoped = luck.number * told.of_money[group]
        share = np.divide(luck.money.at(told.of_money[group], some), hoped, out=np.zeros_like(hoped), where=hoped > 0)
        if luck.factor is not None:
            share = share * luck.factor[some, None]
        self.revenue[some] += told.revenue[group] * share
        self.variance[some] += told.variance[group] * share

    def add_ones(self, some: slice, ones: _Ones) -> None:
        self.start[some] += ones.customers[0]
        self.customers[some] += ones.customers[1:].T
        self.revenue[some] += ones.revenue.T
        self.variance[some] += ones.variance.T

    def stock(self, saved: tuple[Floats, ...]) -> Stock:
        return Stock(self.start, self.customers, self.revenue, self.variance, saved)


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
