"""The chance to be won from some moment on, of groups side by side: all told by the same time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.intervals import LEAST_TESTED, newcombe, share_difference
from analytics.rows import Row
from analytics.survival import LEAST_AT_RISK, CompetingRisks, Lengths

KINDS = ("won", "lost", "open")
DRAWS = 4000
NONE = Lengths(np.empty(0, dtype=np.int64), np.empty((0, len(KINDS))))
# Lengths are told in full hours up to so many, beyond in full days, so that there are not as many different ones as deals.
FINE_HOURS = 480

Floats = NDArray[np.float64]
Key = TypeVar("Key")


def common_horizon(groups: Sequence[Lengths]) -> float | None:
    """The time in days by which all groups can be told; None where there are too few deals.

    The shortest `CompetingRisks.horizon` of the groups with 30 deals, or where none has so many, of those with 10. A group
    of which no deal is open sets no bound: its chance does not change any more.
    """
    for least in (LEAST_TESTED, LEAST_AT_RISK):
        enough = [each for each in groups if each.n >= least]
        if enough:
            until = min(_told_until(each) for each in enough)
            return until if until < math.inf else float(max(each.days[-1] for each in enough))
    return None


def _told_until(lengths: Lengths) -> float:
    if not lengths.counts[:, -1].any():
        return math.inf
    horizon = lengths.risks().horizon()
    return 0.0 if horizon is None else horizon


def chance(lengths: Lengths, horizon: float | None) -> Row:
    """How many deals there are and became what, and the chance to be won by `horizon` with its 95% interval (Aalen-Johansen).

    Open deals are censored. The chance is None where the deals were not followed that long.
    """
    won, lost, undecided = (int(each) for each in lengths.counts.sum(axis=0))
    row: Row = {"n": lengths.n, "won": won, "lost": lost, "undecided": undecided, "horizon_days": horizon}
    if horizon is None or not lengths.n or _told_until(lengths) < horizon:
        return row
    risks = lengths.risks()
    low, high = risks.interval(horizon, 0)
    return row | {"chance": risks.incidence_at(horizon, 0), "low": low, "high": high}


def against(own: Lengths, rest: Lengths, horizon: float | None) -> tuple[Row, float | None]:
    """The difference of two chances by the same time, its interval (Newcombe 1998) and the p-value of there being none.

    There is no p-value where either has fewer than 30 deals, or as few effective ones.
    """
    if horizon is None or any(not each.n or _told_until(each) < horizon for each in (own, rest)):
        return {}, None
    (rate, n), (rate_rest, n_rest) = (_share(each.risks(), horizon) for each in (own, rest))
    low, high = newcombe(rate, n, rate_rest, n_rest)
    p = share_difference(rate, n, rate_rest, n_rest) if min(own.n, rest.n) >= LEAST_TESTED else None
    return {"difference": rate - rate_rest, "difference_low": low, "difference_high": high}, p


def against_others(groups: Mapping[Key, Lengths], horizon: float | None) -> dict[Key, tuple[Row, float | None]]:
    """`against` of each group with all the others together."""
    found: dict[Key, tuple[Row, float | None]] = {}
    for key, own in groups.items():
        rest = NONE
        for other, each in groups.items():
            rest = rest if other == key else rest.with_(each)
        found[key] = against(own, rest, horizon)
    return found


def drawn(lengths: Lengths, horizon: float, random: np.random.Generator) -> Floats:
    """Seeded draws of a chance: Jeffreys' posterior of a share seen in the effective number of deals."""
    rate, n = _share(lengths.risks(), horizon)
    return random.beta(rate * n + 0.5, (1 - rate) * n + 0.5, DRAWS)


def _share(risks: CompetingRisks, horizon: float) -> tuple[float, float]:
    return risks.incidence_at(horizon, 0), risks.effective_n(horizon, 0)
