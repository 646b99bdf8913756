"""How good predicted chances are: do they order customers rightly, and does what they say come true."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analytics.intervals import Z, wilson
from analytics.rows import Row

BINS = 10
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc(happened: Flags, chance: Floats) -> float:
    """The chance that one to whom it happened has the higher number than one to whom it did not; ties count half.

    0.5 where all or none of the cases happened.
    """
    n1 = int(happened.sum())
    n0 = len(happened) - n1
    if not n0 or not n1:
        return 0.5
    return float((_ranks(chance)[happened].sum() - n1 * (n1 + 1) / 2) / (n0 * n1))


def auc_interval(happened: Flags, chance: Floats) -> tuple[float, float]:
    """The 95% interval of `auc` (DeLong, DeLong and Clarke-Pearson 1988; ranks as Sun and Xu 2014).

    Made on the scale of log odds, where it cannot leave 0 to 1; with a perfect order, Hanley and McNeil's bound of no
    exception among the smaller group (the rule of three).
    """
    n1 = int(happened.sum())
    n0 = len(happened) - n1
    if min(n0, n1) < 2:
        return 0.0, 1.0
    whole = _ranks(chance)
    above = (whole[happened] - _ranks(chance[happened])) / n0
    below = 1 - (whole[~happened] - _ranks(chance[~happened])) / n1
    area = float(above.mean())
    error = math.sqrt(np.var(above, ddof=1) / n1 + np.var(below, ddof=1) / n0)
    if error == 0 or not 0 < area < 1:
        slack = min(1.0, 3 / min(n0, n1))
        return (max(0.0, area - slack), 1.0) if area >= 0.5 else (0.0, min(1.0, area + slack))
    centre, half = math.log(area / (1 - area)), Z * error / (area * (1 - area))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))


def brier(happened: Flags, chance: Floats) -> float:
    """The mean squared distance of chance and what happened (Brier 1950)."""
    return float(np.mean((chance - happened) ** 2))


def calibration_error(happened: Flags, chance: Floats, bins: int = BINS) -> float:
    """The mean distance of predicted and observed share over bins of equal width, weighted by their cases (Naeini 2015)."""
    place = _bin(chance, bins)
    n, said, came = _sums(place, bins, happened, chance)
    return float(np.abs(said - came).sum() / n.sum())


def lift(happened: Flags, chance: Floats, share: float = 0.1) -> float | None:
    """How many times as often it happened among the `share` with the highest chance as among all; ties shared evenly."""
    n, whole = len(happened), float(happened.mean()) if len(happened) else 0.0
    if not whole:
        return None
    return _caught(happened, chance, share * n) / (share * n) / whole


def calibration_bins(happened: Flags, chance: Floats, bins: int = BINS) -> list[Row]:
    """One row a bin of equal width that holds a case: bounds, n, mean predicted, share observed with Wilson's interval."""
    n, said, came = _sums(_bin(chance, bins), bins, happened, chance)
    found = []
    for place in np.flatnonzero(n):
        low, high = wilson(came[place] / n[place], n[place])
        found.append(
            {
                "bin": int(place) + 1, "chance_from": place / bins, "chance_to": (place + 1) / bins, "n": int(n[place]),
                "events": int(came[place]), "chance_predicted": said[place] / n[place], "share_left": came[place] / n[place],
                "share_left_low": low, "share_left_high": high,
            }
        )  # fmt: skip
    return found


def deciles(happened: Flags, chance: Floats, parts: int = 10) -> list[Row]:
    """One row a tenth of the cases, the highest chances first, with lift and the share of all events caught so far."""
    n, whole = len(happened), float(happened.mean()) if len(happened) else 0.0
    order = np.argsort(-chance, kind="stable")
    found: list[Row] = []
    for number, rows in enumerate(np.array_split(order, min(parts, n)), 1) if n else ():
        came = int(happened[rows].sum())
        low, high = wilson(came / len(rows), len(rows))
        found.append(
            {
                "bin": number, "chance_from": float(chance[rows].min()), "chance_to": float(chance[rows].max()),
                "n": len(rows), "events": came, "chance_predicted": float(chance[rows].mean()), "share_left": came / len(rows),
                "share_left_low": low, "share_left_high": high, "lift": came / len(rows) / whole if whole else None,
                "events_so_far": sum(row["events"] for row in found) + came,
            }
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Judged:
    """What predicted chances are worth, beside `brier_baseline`: the same chance for all."""

    n: int
    events: int
    auc: float
    auc_low: float
    auc_high: float
    brier: float
    brier_baseline: float
    calibration_error: float
    lift_top_decile: float | None

    @property
    def has_skill(self) -> bool:
        """Whether they are better than chance: the AUC's interval lies above 0.5 and Brier's score below the baseline's."""
        return self.auc_low > 0.5 and self.brier < self.brier_baseline


def judged(happened: Flags, chance: Floats, baseline: Floats | None = None) -> Judged:
    """Judge chances that were predicted for cases that had no part in making them; `baseline` is what no model would say."""
    low, high = auc_interval(happened, chance)
    plain = np.full(len(happened), happened.mean()) if baseline is None else baseline
    return Judged(
        len(happened), int(happened.sum()), auc(happened, chance), low, high, brier(happened, chance),
        brier(happened, plain), calibration_error(happened, chance), lift(happened, chance),
    )  # fmt: skip


def normal_quantile(level: float) -> float:
    """How many standard errors hold `level` of a normal distribution, both sides together."""
    return float(ndtri(0.5 + level / 2))


def _bin(chance: Floats, bins: int) -> NDArray[np.int64]:
    return np.clip((chance * bins).astype(np.int64), 0, bins - 1)


def _sums(place: NDArray[np.int64], bins: int, happened: Flags, chance: Floats) -> tuple[Floats, Floats, Floats]:
    weights = (np.ones(len(place)), chance, happened.astype(np.float64))
    n, said, came = (np.asarray(np.bincount(place, each, bins), dtype=np.float64) for each in weights)
    return n, said, came


def _caught(happened: Flags, chance: Floats, count: float) -> float:
    """The events among the `count` cases with the highest chance; those of equal chance at the edge in part."""
    values, place = np.unique(-chance, return_inverse=True)
    n, came = np.bincount(place), np.bincount(place, happened.astype(float))
    before = np.cumsum(n) - n
    part = np.clip((count - before) / n, 0.0, 1.0)
    return float((came * part).sum()) if len(values) else 0.0


def _ranks(values: Floats) -> Floats:
    """From 1, equal values in the middle of their ranks. SciPy's statistics take long to load, and most callers need none."""
    from scipy.stats import rankdata

    found: Floats = rankdata(values)
    return found
