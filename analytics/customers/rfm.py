"""Recency, frequency and money of customers by rank, and the segments they make (R9).

Recency here is the days since the last purchase, and frequency the days of purchase; the purchase models mean others by the
same words (weeks from the first purchase to the last, and purchases after the first).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.customers.scores import RFM_SEGMENTS

Counts = NDArray[np.int64]
LEAST_FOR_FIFTHS = 100  # below it customers are cut into thirds, which score 1, 3 and 5
MOST_SCORE = 5

# The segment of each pair of scores: a row for recency 1 (longest silent) to 5 (bought lately), a column for frequency 1 to 5.
_BY_SCORES = (
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("needs_attention", "needs_attention", "needs_attention", "loyal", "loyal"),
    ("new", "promising", "promising", "loyal", "champions"),
    ("new", "promising", "loyal", "champions", "champions"),
)
_TABLE = np.array([[RFM_SEGMENTS.index(name) for name in row] for row in _BY_SCORES])
# Money moves a customer where frequency misleads: few but large purchases, or many small ones.
_OF_MUCH_MONEY = {"at_risk": "cannot_lose", "hibernating": "at_risk"}
_OF_LITTLE_MONEY = {"champions": "loyal", "cannot_lose": "at_risk"}
MUCH, LITTLE = 5, 2


def rfm_scores(frame: pd.DataFrame) -> tuple[Counts, Counts, Counts]:
    """Recency, frequency and monetary score of each row, 1 (worst) to 5, from `days_since, purchases, revenue`.

    Fifths by rank among those who ever bought, thirds (1, 3, 5) below 100 of them. Equal values score alike, by the lowest of
    their ranks: who bought once has frequency 1, however many they are. 0 for who never bought, or where no date is known.
    """
    recency = -frame["days_since"].to_numpy(dtype=np.float64)
    frequency = frame["purchases"].to_numpy(dtype=np.float64)
    monetary = frame["revenue"].to_numpy(dtype=np.float64)
    known = (frequency > 0) & ~np.isnan(recency)
    return _scores(recency, known), _scores(frequency, known), _scores(monetary, known)


def rfm_segment(recency: Counts, frequency: Counts, monetary: Counts) -> NDArray[np.object_]:
    """The segment of each row, one of `RFM_SEGMENTS`, None for scores of 0.

    By recency and frequency (`_BY_SCORES`). With a monetary score of 5, at risk becomes cannot lose and hibernating at risk;
    with 1 or 2, champions become loyal and cannot lose at risk.
    """
    known = recency > 0
    plain = _TABLE[np.where(known, recency, 1) - 1, np.where(known, frequency, 1) - 1]
    found = np.where(monetary >= MUCH, _moved(_OF_MUCH_MONEY)[plain], plain)
    found = np.where(monetary <= LITTLE, _moved(_OF_LITTLE_MONEY)[plain], found)
    names: NDArray[np.object_] = np.array(RFM_SEGMENTS, dtype=object)[found]
    names[~known] = None
    return names


def _moved(to: dict[str, str]) -> Counts:
    """The number of the segment that each segment becomes."""
    return np.array([RFM_SEGMENTS.index(to.get(name, name)) for name in RFM_SEGMENTS], dtype=np.int64)


def _scores(values: NDArray[np.float64], known: NDArray[np.bool_]) -> Counts:
    found = np.zeros(len(values), dtype=np.int64)
    found[known] = _by_rank(np.nan_to_num(values[known]))
    return found


def _by_rank(values: NDArray[np.float64]) -> Counts:
    """1 to 5 by rank, rising with the value."""
    n = len(values)
    share = np.searchsorted(np.sort(values), values) / max(n, 1)
    if n < LEAST_FOR_FIFTHS:
        return np.minimum((share * 3).astype(np.int64), 2) * 2 + 1
    return np.minimum((share * MOST_SCORE).astype(np.int64), MOST_SCORE - 1) + 1
