"""A group of deals against the rest at one stage: whether it moves on less often, and whether it stays longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.against_rest import Compared, Lasting, against_rest, lasting_against_rest
from analytics.funnel import FATES
from analytics.intervals import newcombe, share_difference
from analytics.rows import numbered, places_in

Kind = Literal["leak", "win_rate", "delay", "rework"]
Names = Mapping[tuple[int, int], str]
REAL = 0.05
HOURS_A_DAY = 24
COLUMNS = ("codes", "fates", "lengths", "n", "amount")  # of `Counts`, beside the stages


@dataclass(frozen=True)
class Pair:
    """One stage in one group of deals, compared with the rest of the deals at that stage, or with another reference.

    `value` and `rest` are chances, or days in a delay; `low` and `high` the interval of their difference. `within`: by how
    many days the means of a delay are told. `place` and `code` say which field and which of its values. `sure` and `sure_rest`
    are the effective numbers behind two chances, `error` the standard error of a difference of days; `drawn` are draws of how
    much worse the group is, where those numbers do not tell it. `rest_name` names the reference.
    """

    kind: Kind
    stage: str | None
    place: int
    segment: str
    code: int
    n: int
    value: float
    rest: float
    low: float
    high: float
    p: float | None
    q: float | None = None
    amount: float = 0.0
    within: float | None = None
    sure: float = 0.0
    sure_rest: float = 0.0
    error: float = 0.0
    drawn: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)
    rest_name: str | None = None

    @property
    def difference(self) -> float:
        return self.value - self.rest

    @property
    def is_real(self) -> bool:
        return self.q is not None and self.q < REAL

    @property
    def is_worse(self) -> bool:
        """Whether the group moves on less often, comes back more often, or stays longer; of a delay its whole interval must
        say so."""
        if self.kind == "delay":
            return self.low > 0
        return self.difference > 0 if self.kind == "rework" else self.difference < 0

    @property
    def is_better(self) -> bool:
        if self.kind == "delay":
            return self.high < 0
        return self.difference < 0 if self.kind == "rework" else self.difference > 0

    @property
    def careful(self) -> float:
        """How much worse, in the careful case."""
        return -self.high if self.kind in ("leak", "win_rate") else self.low

    @property
    def key(self) -> tuple[Kind, str | None, int, int]:
        return self.kind, self.stage, self.place, self.code


@dataclass(frozen=True)
class Counts:
    """Rows of stays counted by stage, code, fate and length in hours, as columns. `names` are the stages by number."""

    names: tuple[str | None, ...]
    stages: NDArray[np.int64]
    codes: NDArray[np.int64]
    fates: NDArray[np.int64]
    lengths: NDArray[np.int64]
    n: NDArray[np.float64]
    amount: NDArray[np.float64]

    @classmethod
    def of(cls, counts: pd.DataFrame, code: str = "code") -> Counts:
        """From rows of `stage, fate, length, n, amount` and a code."""
        stages, names = numbered(counts, ["stage"])
        return cls(
            tuple(name for (name,) in names),
            stages,
            counts[code].to_numpy(dtype=np.int64),
            places_in(FATES, counts["fate"]),
            counts["length"].to_numpy(dtype=np.int64),
            counts["n"].to_numpy(dtype=float),
            counts["amount"].fillna(0).to_numpy(dtype=float),
        )

    def with_(self, other: Counts) -> Counts:
        """These rows and others, after them."""
        names = (*self.names, *(name for name in other.names if name not in self.names))
        moved = np.array([names.index(name) for name in other.names], dtype=np.int64)
        both = (
            ("stages", moved[other.stages] if len(moved) else other.stages),
            *((each, getattr(other, each)) for each in COLUMNS),
        )
        return Counts(names, **{each: np.concatenate((getattr(self, each), more)) for each, more in both})

    @property
    def mark(self) -> tuple[Any, ...]:
        """The same for two sets of codes that part the rows alike."""
        _codes, places = np.unique(self.codes, return_inverse=True)
        sums = (np.bincount(places, weights) for weights in (self.n, self.amount, self.n * (self.lengths + 2.0)))
        return tuple(sorted(zip(*(each.round(6) for each in sums), strict=True)))

    def only(self, kept: NDArray[np.bool_]) -> Counts:
        """The rows kept."""
        return Counts(
            self.names, self.stages[kept], self.codes[kept], self.fates[kept], self.lengths[kept], self.n[kept],
            self.amount[kept],
        )  # fmt: skip

    def at(self, stage: str | None) -> Counts:
        """The rows of one stage."""
        return self.only(self.stages == (self.names.index(stage) if stage in self.names else -1))

    def by(self, groups: NDArray[np.intp], size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Counts by group, length and fate, of the stays whose length is known; and the lengths in days."""
        timed = self.lengths >= 0
        different, places = np.unique(self.lengths[timed], return_inverse=True)
        shape = (size, len(different), len(FATES))
        cells = np.ravel_multi_index((groups[timed], places, self.fates[timed]), shape)
        counts = np.bincount(cells, self.n[timed], size * len(different) * len(FATES)).astype(float)
        return counts.reshape(shape), different / HOURS_A_DAY


@dataclass(frozen=True)
class Groups:
    """The groups of one field at one stage: `counts` by group, length and fate, the lengths in `days`, and what they are called.

    `entered` and `amounts` are of all stays, those without a length too. A group without a name has no value of the field.
    """

    stage: str | None
    place: int
    codes: NDArray[np.int64]
    names: tuple[str | None, ...]
    entered: NDArray[np.float64]
    amounts: NDArray[np.float64]
    counts: NDArray[np.float64]
    days: NDArray[np.float64]

    @classmethod
    def at(cls, stage: str | None, place: int, counted: Counts, names: Names) -> Groups:
        here = counted.at(stage)
        codes, groups = np.unique(here.codes, return_inverse=True)
        counts, days = here.by(groups, len(codes))
        entered, amounts = (np.bincount(groups, weights, len(codes)).astype(float) for weights in (here.n, here.amount))
        called = tuple(names.get((place, code)) for code in codes.tolist())
        return cls(stage, place, codes, called, entered, amounts, counts, days)

    def pair(self, at: int, kind: Kind, value: float, rest: float, low: float, high: float, p: float | None) -> Pair:
        """What came of the group at this place."""
        return Pair(
            kind, self.stage, self.place, self.names[at] or "", int(self.codes[at]), int(self.entered[at]), value, rest,
            low, high, p, amount=float(self.amounts[at]),
        )  # fmt: skip

    def named(self) -> Iterator[int]:
        return (at for at, name in enumerate(self.names) if name is not None)


def compared(stage: str | None, place: int, counted: Counts, names: Names) -> Iterator[Pair]:
    """Every group at a stage against the rest; q-values are still to be given."""
    yield from with_rest(Groups.at(stage, place, counted, names))


def with_rest(groups: Groups) -> Iterator[Pair]:
    """The same of groups already counted."""
    seen = against_rest(groups.counts)
    lasting = lasting_against_rest(groups.counts, groups.days) if groups.stage is not None else None
    yield from told(groups, seen, lasting)


def told(groups: Groups, seen: Compared, lasting: Lasting | None) -> Iterator[Pair]:
    """The pairs of groups whose chances, and how long they stay, were compared."""
    for at in groups.named():
        one, n1, other, n2 = (float(each[at]) for each in (seen.chance, seen.n, seen.chance_rest, seen.n_rest))
        if one == one:
            low, high = newcombe(one, n1, other, n2)
            p = share_difference(one, n1, other, n2)
            kind: Kind = "leak" if groups.stage is not None else "win_rate"
            yield replace(groups.pair(at, kind, one, other, low, high, p), sure=n1, sure_rest=n2)
        if lasting is not None and lasting.within[at] == lasting.within[at]:
            mean, rest, low, high, within = (float(each[at]) for each in _told(lasting))
            pair = groups.pair(at, "delay", mean, rest, low, high, known(float(lasting.p[at])))
            yield replace(pair, within=within, error=float(lasting.error[at]))


def _told(lasting: Lasting) -> tuple[NDArray[np.float64], ...]:
    return lasting.days, lasting.days_rest, lasting.low, lasting.high, lasting.within


def known(value: float) -> float | None:
    """NaN as None."""
    return value if value == value else None


Side = tuple[float, float]  # a chance and its effective number


def parted(cells: Counts, inside: NDArray[np.bool_]) -> tuple[Side, Side] | None:
    """The chances of those inside and outside, by the same time, each with its effective number."""
    seen = against_rest(cells.by(inside.astype(np.intp), 2)[0])
    one, n1, other, n2 = (float(each[1]) for each in (seen.chance, seen.n, seen.chance_rest, seen.n_rest))
    return None if one != one else ((one, n1), (other, n2))


def parted_lasting(cells: Counts, inside: NDArray[np.bool_]) -> Lasting | None:
    """How long those inside stay against those outside: arrays of one."""
    lasting = lasting_against_rest(*cells.by(inside.astype(np.intp), 2))
    own = Lasting(*(getattr(lasting, column.name)[1:] for column in fields_of(lasting)))
    return own if own.within[0] == own.within[0] else None


def remains(kind: Kind, cells: Counts, inside: NDArray[np.bool_], is_higher: bool) -> bool:
    """Whether those inside still differ from those outside, in the same direction, at p < 0.05."""
    if kind == "delay":
        lasting = parted_lasting(cells, inside)
        p = known(float(lasting.p[0])) if lasting else None
        difference = float(lasting.days[0] - lasting.days_rest[0]) if lasting else 0.0
    else:
        sides = parted(cells, inside)
        if sides is None:
            return False
        p, difference = share_difference(*sides[0], *sides[1]), sides[0][0] - sides[1][0]
    return p is not None and p < REAL and (difference > 0) == is_higher
