"""What the purchase models know of customers: repeat purchases, when the last one was, and how long ago the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from data.errors import RequestProblem
from data.messages import Message, say

Floats = NDArray[np.float64]
LEAST_REPEATERS = 50  # below it a model learns little but its own starting point
LEAST_GAPS = 2.0  # how many usual gaps between purchases a history must span


class NoModel(RequestProblem):
    """A model cannot be fitted to this data; the sentence says why."""


@dataclass(frozen=True)
class Histories:
    """Customers with the same history counted once: arrays of one length, times in weeks.

    `x` repeat purchases (days with a purchase after the first), `t_x` age at the last purchase (0 where x is 0), `T` age at
    the as-of date, both since the first purchase, `n` how many customers.
    """

    x: Floats
    t_x: Floats
    T: Floats
    n: Floats

    @classmethod
    def of(cls, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, n: ArrayLike | None = None) -> Histories:
        """Group equal histories, in the order of (x, T, t_x). Raises NoModel where values contradict each other."""
        repeats, last, age = (np.asarray(each, dtype=np.float64).ravel() for each in (x, t_x, T))
        counts = np.ones(len(repeats)) if n is None else np.asarray(n, dtype=np.float64).ravel()
        _check(repeats, last, age, counts)
        key = np.zeros(len(repeats), dtype=np.int64)
        for each in (repeats, age, last):
            codes, distinct = pd.factorize(each, sort=True)
            key = key * max(len(distinct), 1) + codes
        codes, distinct = pd.factorize(key)
        order = np.argsort(distinct)
        place = np.empty(len(distinct), dtype=np.int64)
        place[codes[::-1]] = np.arange(len(key))[::-1]
        total = np.bincount(codes, counts, len(distinct)).astype(np.float64)
        first = place[order]
        return cls(repeats[first], last[first], age[first], total[order])

    @property
    def customers(self) -> int:
        return int(self.n.sum())

    @property
    def repeaters(self) -> int:
        return int(self.n[self.x > 0].sum())

    @property
    def usual_gap(self) -> float | None:
        """The median over repeaters of the weeks between purchases; None without repeaters."""
        again = self.x > 0
        if not again.any():
            return None
        gaps, counts = self.t_x[again] / self.x[again], self.n[again]
        order = np.argsort(gaps)
        reached = np.cumsum(counts[order])
        return float(gaps[order][np.searchsorted(reached, reached[-1] / 2)])

    def sample(self, size: int) -> Histories:
        """About so many of the histories, evenly spread over all, as they are ordered."""
        kept = np.linspace(0, len(self.x) - 1, size).round().astype(int)
        return Histories(self.x[kept], self.t_x[kept], self.T[kept], self.n[kept] * (self.n.sum() / self.n[kept].sum()))

    def check_enough(self) -> None:
        """Raises NoModel where there is too little to fit a purchase model to (R11)."""
        if not self.customers:
            raise _refused(say("There are no customers with a purchase."))
        if not self.repeaters:
            raise _refused(say("Every customer bought once: nothing tells how often they come back."))
        if self.repeaters < LEAST_REPEATERS:
            raise _refused(
                say(
                    "Only {n} customers bought again; a purchase model needs {least}.",
                    n=self.repeaters,
                    least=LEAST_REPEATERS,
                )
            )
        gap, span = self.usual_gap or 0.0, float(self.T.max())
        if span < LEAST_GAPS * gap:
            raise _refused(
                say(
                    "The history of {weeks} weeks is too short: customers usually buy again after {gap} weeks, and it takes twice that to see who stays away.",
                    weeks=round(span, 1),
                    gap=round(gap, 1),
                )
            )


def sound(x: Floats, t_x: Floats, T: Floats) -> NDArray[np.bool_]:
    """Which histories do not contradict themselves, as `Histories.of` asks: one wrong row must not spoil all others."""
    is_known = np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T)
    is_whole = (x >= 0) & (x == np.floor(x))
    return is_known & is_whole & (t_x >= 0) & (t_x <= T) & ((x > 0) == (t_x > 0))


def _refused(sentence: Message) -> NoModel:
    return NoModel(
        sentence, say("The value then rests on the revenue of the last twelve months and how long customers stay.")
    )


def _check(x: Floats, t_x: Floats, T: Floats, n: Floats) -> None:
    if not len(x) == len(t_x) == len(T) == len(n):
        raise _contradicts(say("Repeat purchases, recency and age must be as many."))
    wrong = (
        (~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T) & np.isfinite(n)), say("Repeat purchases, recency and age must be known numbers.")),
        ((x < 0) | (x != np.floor(x)), say("Repeat purchases must be whole numbers of 0 and more.")),
        ((t_x < 0) | (T < 0) | (n < 0), say("Recency, age and counts cannot be below 0.")),
        (t_x > T, say("The last purchase cannot come after the as-of date: recency is the age at the last purchase, not the time since it.")),
        ((x == 0) & (t_x > 0), say("A customer without a repeat purchase has a recency of 0.")),
        ((x > 0) & (t_x <= 0), say("A customer with repeat purchases has a recency above 0: purchases of one day are one.")),
    )  # fmt: skip
    for is_wrong, sentence in wrong:
        if is_wrong.any():
            raise _contradicts(sentence)


def _contradicts(sentence: Message) -> NoModel:
    return NoModel(sentence, say("Correct the file and import it again."))
