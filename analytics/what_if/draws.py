"""Random numbers of a simulation: one stream for each purpose, so that what one lever draws does not move what another draws.

The second half of the draws mirrors the first (antithetic variates, Hammersley and Morton 1956), and what all customers share is
stratified (Latin hypercube, McKay, Beckman and Conover 1979): medians of few draws then are those of many.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analytics.what_if.scenario import Range

Floats = NDArray[np.float64]


class Purpose(IntEnum):
    """What a stream is for; the number is part of its seed."""

    MODEL = 1
    ERROR = 2
    LEVER = 3
    COST = 4
    LEAVING = 5
    LARGEST = 6
    SPENDING = 7
    BUYING = 8
    NEW_RATE = 9
    NEW_MONTHS = 10
    WINS = 11
    SAVING = 12
    COVERING = 13
    NEW_DIFFERING = 14


def stream(seed: int, purpose: Purpose, *which: int) -> np.random.Generator:
    """The generator of a purpose, of one of several."""
    return np.random.default_rng(np.random.SeedSequence([seed & 0xFFFFFFFF, int(purpose), *which]))


def uniforms(random: np.random.Generator, draws: int, columns: int) -> Floats:
    """draws x columns, each column stratified over (0, 1), the second half 1 less the first; draws is even."""
    half = draws // 2
    place = random.permuted(np.tile(np.arange(half, dtype=np.float64)[:, None], (1, columns)), axis=0)
    first = (place + random.random((half, columns))) / half
    return np.concatenate([first, 1 - first])


def normals(random: np.random.Generator, draws: int, columns: int) -> Floats:
    """The same as standard normal numbers."""
    half = ndtri(np.clip(uniforms(random, draws, columns)[: draws // 2], 1e-12, 1 - 1e-12))
    return np.concatenate([half, -half])


def plain_normals(random: np.random.Generator, draws: int, columns: int) -> Floats:
    """Standard normal numbers, mirrored and not stratified, for what varies apart from month to month."""
    half = random.standard_normal((draws // 2, columns))
    return np.concatenate([half, -half])


def triangular(given: Range, u: Floats) -> Floats:
    """The quantiles `u` of the triangular distribution; the number itself where it is sure."""
    low, likely, high = given.low, given.likely, given.high
    if given.is_sure:
        return np.full(np.shape(u), likely)
    turn = (likely - low) / (high - low)
    up = low + np.sqrt(np.maximum(u * (high - low) * (likely - low), 0.0))
    down = high - np.sqrt(np.maximum((1 - u) * (high - low) * (high - likely), 0.0))
    return np.where(u < turn, up, down)


def spread_out(mean: Floats, variance: Floats, z: Floats) -> Floats:
    """The log-normal variable of this mean and variance at the standard normal z: money that is never below 0 and skewed."""
    known = mean > 0
    scale = np.log1p(np.divide(variance, mean * mean, out=np.zeros(np.broadcast(mean, variance).shape), where=known))
    return np.where(known, mean * np.exp(np.sqrt(scale) * z - scale / 2), 0.0)
