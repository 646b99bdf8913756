"""Whether what came after answers differs by the answer: chances by a time, and hazard ratios, with customers as clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.intervals import LEAST_TESTED, Z, newcombe, normal_p, wilson
from analytics.nps.following import VOTES
from analytics.rows import Row, with_q_values
from analytics.survival import LEAST_AT_RISK, kaplan_meier
from data.errors import RequestProblem

REAL = 0.05
LEAST_OUTCOMES = 5
PROMOTER = 1
# Standard errors that a difference must be away from nothing to be found in four of five cases.
FOUND = Z + 0.8416212335729143

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """A Kaplan-Meier chance by a time; `n` is how many independent answers would be as sure."""

    value: float
    n: float

    @property
    def interval(self) -> tuple[float | None, float | None]:
        return wilson(self.value, self.n)


def related(found: pd.DataFrame, horizon: int) -> list[Row]:
    """One row a vote, promoters first, whose answers are followed; what came within `horizon` days.

    `found` has a row for answers of one customer that went alike: `customer_id, vote, n, days` (to the outcome, or as long as
    they were watched), `is_outcome`, `tier` and `tenure`. Chances are told by the longest time up to the horizon that every
    vote with 30 answers has ten answers watched at. Hazard ratios are against promoters, adjusted for tier and tenure, with
    standard errors clustered by customer (Lin and Wei 1989).
    """
    seen = found.assign(
        is_outcome=found["is_outcome"] & (found["days"] <= horizon), days=found["days"].clip(upper=horizon)
    )
    parts = {vote: seen[seen["vote"] == vote] for vote in VOTES if (seen["vote"] == vote).any()}
    within = _within(parts, horizon)
    chances = {vote: chance_by(part, within) for vote, part in parts.items()} if within else {}
    ratios = _ratios(seen)
    made: list[Row] = []
    p_values: list[float | None] = []
    for vote, part in parts.items():
        row: Row = {
            "answered_as": VOTES[vote], "n": int(part["n"].sum()), "customers": int(part["customer_id"].nunique()),
            "outcomes": int(part["n"].where(part["is_outcome"], 0).sum()), "within_days": within,
            "outcome_customers": int(part["customer_id"][part["is_outcome"]].nunique()),
        }  # fmt: skip
        chance, base = chances.get(vote), chances.get(PROMOTER)
        if chance is not None:
            row["outcome_chance"] = chance.value
            row["outcome_low"], row["outcome_high"] = chance.interval
            if base is not None and vote != PROMOTER:
                row["chance_difference"] = chance.value - base.value
                low, high = newcombe(chance.value, chance.n, base.value, base.n)
                row["chance_difference_low"], row["chance_difference_high"] = low, high
        ratio = ratios.get(vote)
        row |= ratio or {}
        made.append(row)
        p_values.append(ratio["p_value"] if ratio else None)
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row["stands"] = None if p is None else bool(row["q_value"] < REAL)
    return made


def _within(parts: dict[int, pd.DataFrame], horizon: int) -> int | None:
    """The longest time up to the horizon with ten answers watched of every vote that has 30; None where none has."""
    ends = []
    for part in parts.values():
        days = np.repeat(part["days"].to_numpy(), part["n"].to_numpy())
        if len(days) >= LEAST_TESTED:
            ends.append(int(np.sort(days)[-LEAST_AT_RISK]))
    return min([horizon, *ends]) if ends else None


def chance_by(part: pd.DataFrame, day: int) -> Chance | None:
    """The chance of the outcome by a day, answers of one customer counted as not independent of each other; None where nothing
    was watched.

    The variance is the sum over customers of squared influence (Williams 1995), which without clusters is Greenwood's.
    """
    if part.empty:
        return None
    days, ended, n = part["days"].to_numpy(), part["is_outcome"].to_numpy(dtype=bool), part["n"].to_numpy(dtype=float)
    at, place = np.unique(days, return_inverse=True)
    events = np.bincount(place, n * ended, len(at))
    going = np.bincount(place, n * ~ended, len(at))
    curve = kaplan_meier(at, events, going)
    stays = curve.at(day)
    left = curve.at_risk - events
    share = np.divide(events, curve.at_risk * left, out=np.zeros(len(at)), where=left > 0)
    share[at > day] = 0.0
    own = np.divide(1.0, left, out=np.zeros(len(at)), where=left > 0)
    influence = n * (np.where(ended & (days <= day), own[place], 0.0) - np.cumsum(share)[place])
    codes, _customers = pd.factorize(part["customer_id"])
    variance = stays**2 * float((np.bincount(codes, influence) ** 2).sum())
    chance = 1 - stays
    everyone = float(n.sum())
    watched = float(n[days >= min(day, int(at[-1]))].sum())
    if variance > 1e-12 and 0 < chance < 1:
        return Chance(chance, min(everyone, chance * stays / variance))
    # Nothing or everything came: as sure as the customers watched to the end, or who it came to.
    return Chance(
        chance, float(min(part["customer_id"].nunique(), max(watched, 1.0))) if chance < 1 else float(codes.max() + 1)
    )


# hazard ratios


def _ratios(seen: pd.DataFrame) -> dict[int, Row]:
    """For passives and detractors: `hazard_ratio` against promoters, `low, high, unadjusted_ratio, p_value, detectable_ratio`.

    A vote with fewer than 30 answers, or fewer than 5 to whom it came, has none.
    """
    usable = []
    for vote in VOTES:
        part = seen[seen["vote"] == vote]
        came = part[part["is_outcome"]]
        if part["n"].sum() >= LEAST_TESTED and came["customer_id"].nunique() >= LEAST_OUTCOMES:
            usable.append(vote)
    if PROMOTER not in usable or len(usable) < 2:
        return {}
    rows = seen[seen["vote"].isin(usable)].reset_index(drop=True)
    votes = pd.DataFrame({f"vote_{vote}": (rows["vote"] == vote).astype(float) for vote in usable[1:]})
    try:
        plain = clustered_cox(votes, rows)
    except RequestProblem:
        return {}
    try:
        fit = clustered_cox(pd.concat([votes, _levels(rows)], axis=1), rows)
        is_adjusted = True
    except RequestProblem:
        fit, is_adjusted = plain, False
    found: dict[int, Row] = {}
    for place, vote in enumerate(usable[1:]):
        b, error = float(fit[0][place]), float(fit[1][place])
        found[vote] = {
            "hazard_ratio": math.exp(b), "low": math.exp(b - Z * error), "high": math.exp(b + Z * error),
            "unadjusted_ratio": math.exp(float(plain[0][place])), "is_adjusted": is_adjusted,
            "p_value": normal_p(b / error) if error > 0 else None, "detectable_ratio": math.exp(FOUND * error),
        }  # fmt: skip
    return found


def _levels(rows: pd.DataFrame) -> pd.DataFrame:
    """Indicators for the upper levels of tier and tenure that are there."""
    found = {}
    for name in ("tier", "tenure"):
        for level in sorted(set(rows[name]))[1:]:
            found[f"{name}_{level}"] = (rows[name] == level).astype(float)
    return pd.DataFrame(found, index=rows.index)


def clustered_cox(values: pd.DataFrame, rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Log hazard ratios of the columns of `values`, and their standard errors with customers as clusters (Lin and Wei 1989).

    `rows` has `customer_id, days, is_outcome, n`. Raises RequestProblem where the fit does not come to rest.
    """
    from analytics.churn.cox import fit_cox

    days, ended, n = (
        rows["days"].to_numpy(dtype=float),
        rows["is_outcome"].to_numpy(dtype=bool),
        rows["n"].to_numpy(dtype=float),
    )
    beta = fit_cox(values, days, ended, n).coefficients
    x = values.to_numpy(dtype=float)
    at, place = np.unique(days, return_inverse=True)
    weight = n * np.exp(x @ beta)
    s0, s1 = _still(weight, place, len(at)), _still(weight[:, None] * x, place, len(at))
    mean = s1 / s0[:, None]
    events = np.bincount(place, n * ended, len(at))
    pace = events / s0
    so_far, mean_so_far = np.cumsum(pace), np.cumsum(pace[:, None] * mean, axis=0)
    residual = n[:, None] * ended[:, None] * (x - mean[place]) - weight[:, None] * (
        x * so_far[place, None] - mean_so_far[place]
    )
    squares = _still(weight[:, None] * (x[:, :, None] * x[:, None, :]).reshape(len(x), -1), place, len(at))
    spread = squares.reshape(len(at), x.shape[1], x.shape[1]) / s0[:, None, None] - mean[:, :, None] * mean[:, None, :]
    inverse = np.linalg.pinv((events[:, None, None] * spread).sum(axis=0))
    codes, customers = pd.factorize(rows["customer_id"])
    of_customer = np.zeros((len(customers), x.shape[1]))
    np.add.at(of_customer, codes, residual)
    clusters = max(len(customers), 2)
    variance = inverse @ (of_customer.T @ of_customer) @ inverse * clusters / (clusters - 1)
    return beta, np.sqrt(np.maximum(np.diag(variance), 0.0))


def _still(each: Floats, place: NDArray[np.intp], size: int) -> Floats:
    """The sum over the rows that are still watched at each time."""
    summed = np.zeros((size, *each.shape[1:]))
    np.add.at(summed, place, each)
    return summed[::-1].cumsum(axis=0)[::-1]
