"""What every part of the made-up company is drawn with: streams of random numbers, and office hours from Sunday to Thursday."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, part: str) -> np.random.Generator:
    """Random numbers of that part alone, so that a part added later leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def office_time(rng: np.random.Generator, around: datetime, after: datetime) -> datetime:
    """A minute of office hours on that day or the next working one, later than `after`."""
    minutes = int(rng.integers(8 * 60, 18 * 60))
    at = datetime.combine(working_day(around.date()), time(minutes // 60, minutes % 60))
    return at if at > after else after + timedelta(minutes=int(rng.integers(5, 60)))


def working_day(day: date) -> date:
    """That day, or the Sunday after it for a Friday or Saturday."""
    return day + timedelta(days={4: 2, 5: 1}.get(day.weekday(), 0))


def pick(rng: np.random.Generator, things: Sequence[T], shares: Sequence[float] | None = None) -> T:
    """One of the things, with equal chances or by their `shares`."""
    return things[int(rng.choice(len(things), p=shares))]


def choose(rng: np.random.Generator, things: Sequence[T], shares: Sequence[float] | None = None) -> T:
    """As `pick`, several times as fast; shares that add up to less than 1 leave the rest to the last."""
    if shares is None:
        return things[int(rng.random() * len(things))]
    left = rng.random()
    for thing, share in zip(things, shares, strict=True):
        left -= share
        if left < 0:
            return thing
    return things[-1]
