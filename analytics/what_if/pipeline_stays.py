"""Stays of deals, alike in length and fate, and the chances that follow from them by age, in draws of what is not known.

Counts of stays become gamma variables of that shape (the Bayesian bootstrap of Rubin 1981), made of normal ones after Wilson
and Hilferty (1931), so that one half of the draws mirrors the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.funnel import MOST_ASSUMED
from analytics.rows import Row, number, rows, whole

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MONTH_DAYS = 365.25 / 12
STEP_DAYS = MONTH_DAYS / 2  # of the grid on which deals move
STEPS_A_MONTH = 2
NODES_A_STEP = 4  # how finely chances by age are kept
LONGEST_BAND = 162  # of lengths: five years
# Where bands of lengths end, in days: `base_pipeline._band` says which length is in which.
EDGES: Floats = np.concatenate(
    ([0.0], np.arange(61) + 0.5, 60.5 + 7 * np.arange(1, 53), 424.5 + 28 * np.arange(1, LONGEST_BAND - 112 + 1))
)  # fmt: skip
MIDDLES: Floats = np.concatenate(([0.0], (EDGES[1:-1] + EDGES[2:]) / 2))
FATES = ("advanced", "back", "lost", "handed_off", "still")
ADVANCED, BACK, LOST, STILL = 0, 1, 2, 4
TOLD = 3  # fates that matter for what is won
LEAST_AT_RISK = 5  # where stays come under watch late, fewer than these at risk tell nothing
MOST_STAGES = 30


@dataclass(frozen=True)
class Counted:
    """The answers of the engine (`base_pipeline`), and which stages there are, in order. `months_watched`: how far back all deals
    that came are known, None where as far as there are deals; `months_of_buying` how far back it is known who bought, None where
    it does not matter."""

    order: tuple[str, ...]
    won_stages: frozenset[str]
    stays: pd.DataFrame
    lengths: pd.DataFrame
    arrivals: pd.DataFrame
    amounts: pd.DataFrame
    stage_amounts: pd.DataFrame
    is_stay_late: bool = False
    is_deal_late: bool = False
    months_watched: float | None = None
    months_of_buying: float | None = None


def gamma(shape: float | Floats, draws: int, block: int) -> Floats:
    """Gamma variables of these shapes (mean and variance: the shape), shapes x draws, the second half of the draws mirrored.

    The cube of a normal variable (Wilson and Hilferty 1931). Below 1, where that fails, an exponential one times the shape.
    """
    shapes = np.atleast_1d(np.asarray(shape, dtype=np.float64))
    half = np.random.default_rng([1, block]).standard_normal((len(shapes), draws // 2))
    z = np.concatenate((half, -half), axis=1)
    n = np.maximum(shapes, 1.0)[:, None]
    cubes = np.maximum(1 - 1 / (9 * n) + z / (3 * np.sqrt(n)), 1e-2) ** 3
    return np.asarray(shapes[:, None] * cubes, dtype=np.float64)


def shares(n: Floats, draws: int, block: int) -> Floats:
    """Shares by the Bayesian bootstrap, draws x counts."""
    drawn = gamma(n, draws, block) * (n > 0)[:, None]
    return np.asarray((drawn / drawn.sum(axis=0)).T, dtype=np.float64)


@dataclass(frozen=True)
class Cells:
    """Stays alike: by stage, fate, where to (-1: not known, the number of stages: won), band of length (-1: not known) and of
    when they came under watch; how many, and of open ones what they are worth."""

    stage: Ints
    fate: Ints
    to: Ints
    band: Ints
    watched: Ints
    n: Floats
    known: Floats
    amount: Floats


def cells_of(counted: Counted, share: float) -> tuple[Cells, tuple[str, ...], int]:
    """The stays of deals in the stages, or from creation to the end where no history tells; the stages, and how many have no length."""
    stays = rows(counted.stays)
    order = counted.order
    visits = sum(whole(row["n"]) for row in stays)
    assumed = sum(whole(row["n"]) for row in stays if not row["is_recorded"])
    unknown = sum(whole(row["n"]) for row in stays if row["band"] < 0)
    is_told = visits > 0 and assumed <= MOST_ASSUMED * visits and unknown <= max(MOST_ASSUMED * visits, 1)
    made: dict[tuple[int, ...], list[float]] = {}
    if is_told and len(order) <= MOST_STAGES:
        place = {name: at for at, name in enumerate(order)}
        for row in stays:
            if row["stage"] not in place:
                continue
            fate, at = FATES.index(row["fate"]), place[row["stage"]]
            key = (at, fate, _target(row, fate, at, place, counted.won_stages), *_when(row, counted.is_stay_late))
            _add(made, key, row, share)
    else:
        order, fates = (), {"won": ADVANCED, "lost": LOST, "open": STILL}
        unknown = sum(whole(row["n"]) for row in rows(counted.lengths) if row["band"] < 0)
        for row in rows(counted.lengths):
            fate = fates[row["status"]]
            _add(made, (0, fate, 1 if fate == ADVANCED else -1, *_when(row | {"watched": row["delay"]}, counted.is_deal_late)), row, share)  # fmt: skip
    keys = np.array(sorted(made), dtype=np.int64).reshape(-1, 5)
    sums = np.array([made[key] for key in sorted(made)], dtype=np.float64).reshape(-1, 3)
    return Cells(*keys.T, *sums.T), order, unknown


def _add(made: dict[tuple[int, ...], list[float]], key: tuple[int, ...], row: Row, share: float) -> None:
    weight = share if row["standing"] == "unlinked" else 1.0
    sums = made.setdefault(key, [0.0, 0.0, 0.0])
    for at, value in enumerate((row["n"], row["known"], row["amount"])):
        sums[at] += round(number(value), 2) * weight


def _when(row: Row, is_late: bool) -> tuple[int, int]:
    """The band of a length, -1 where not known, and of when it came under watch."""
    band, watched = whole(row["band"]), whole(row["watched"]) if is_late else 0
    return (-1, 0) if watched < 0 or watched > band else (band, watched)


def _target(row: Row, fate: int, at: int, place: Mapping[str, int], won: frozenset[str]) -> int:
    target = row["next_stage"]
    if fate == ADVANCED:
        return len(place) if target in won else place[target] if target in place else -1 if target else at + 1
    return place[target] if fate == BACK and target in place else -1


def stay_tables(
    cells: Cells, stages: int, draws: int, ratio: Floats, is_late: bool, mean: float
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """`within, leaving, on, returned, ended, stay` of `Chances`."""
    bands = int(cells.band.max(initial=0)) + 1
    edges = EDGES[: bands + 1]
    gap = STEP_DAYS / NODES_A_STEP
    nodes = int(np.ceil(edges[-1] / gap)) + 2  # the last two lie beyond all lengths
    within, chance = np.zeros((2, draws, nodes, stages, TOLD))
    leaving = np.zeros((2, draws, nodes, stages, TOLD))
    on, returned = np.zeros((draws, stages, stages + 1)), np.zeros((draws, stages, stages))
    ended, stay = np.zeros((draws, stages, TOLD)), np.zeros((draws, stages))
    is_open = cells.fate == STILL
    like = cells.amount[is_open].sum() / cells.known[is_open].sum() if cells.known[is_open].sum() > 0 else mean
    for place in range(stages):
        here = np.flatnonzero(cells.stage == place)
        weights = gamma(cells.n[here], draws, 10 + place) if len(here) else np.zeros((0, draws))
        for fate, into in ((ADVANCED, on), (BACK, returned)):
            into[:, place] = _ways(cells, here, weights, fate, place, into.shape[2])
        by_fate, survival = _incidence(cells, here, weights, bands, is_late)
        ended[:, place] = by_fate[-1, :TOLD].T
        steps = np.diff(by_fate.sum(axis=1), axis=0)
        total = steps.sum(axis=0)
        stay[:, place] = np.divide(
            (steps * MIDDLES[:bands, None]).sum(axis=0), total, out=np.zeros(draws), where=total > 0
        )  # fmt: skip
        at: Floats = np.arange(nodes, dtype=np.float64) * gap
        own, area = _at_nodes(by_fate[:, :TOLD], edges, at)
        chance[:, :, place] = own.transpose(2, 0, 1)
        within[:, :, place] = area.transpose(2, 0, 1)
        alive = _at_nodes(survival[:, None], edges, at)[0][:, 0]  # node x draw
        standing = here[is_open[here]]
        age, deals, money = _standing(cells, standing, gap, nodes, like)
        for node in np.flatnonzero(age):
            ahead = (own[node:] - own[node]) / np.maximum(alive[node], 1e-9)
            further = np.concatenate((ahead, np.repeat(ahead[-1:], nodes - len(ahead), axis=0))).transpose(2, 0, 1)
            leaving[0, :, :, place] += deals[node] * further
            leaving[1, :, :, place] += money[node] * further
        leaving[1, :, :, place] *= ratio[:, place, None, None]
    return within, leaving, on, returned, ended, stay


def _ways(cells: Cells, here: Ints, weights: Floats, fate: int, place: int, size: int) -> Floats:
    """Where deals go on to, or back, draws x places; by default to the next stage, or to the one before."""
    found = np.zeros((size, weights.shape[1]))
    own = (cells.fate[here] == fate) & (cells.to[here] >= 0)
    np.add.at(found, cells.to[here][own], weights[own])
    if not own.any():
        found[place + 1 if fate == ADVANCED else max(place - 1, 0)] = 1.0
    return np.asarray((found / found.sum(axis=0)).T, dtype=np.float64)


def _incidence(cells: Cells, here: Ints, weights: Floats, bands: int, is_late: bool) -> tuple[Floats, Floats]:
    """The chance to have ended by each fate at the end of each band (band + 1 x fate x draw), and to be there still."""
    draws = weights.shape[1]
    told = cells.band[here] >= 0
    own, weights = here[told], weights[told]
    found, raw = np.zeros((bands, len(FATES), draws)), np.zeros(bands)
    np.add.at(found, (cells.band[own], cells.fate[own]), weights)
    np.add.at(raw, cells.band[own], cells.n[own])
    at_risk, counted = _ahead(found.sum(axis=1)), _ahead(raw)
    if is_late:
        late, late_raw = np.zeros((bands, draws)), np.zeros(bands)
        after = cells.watched[own] > 0
        np.add.at(late, cells.watched[own][after], weights[after])
        np.add.at(late_raw, cells.watched[own][after], cells.n[own][after])
        at_risk, counted = at_risk - _ahead(late), counted - _ahead(late_raw)
    fit = at_risk > 1e-9
    if is_late:
        fit = fit & (counted >= LEAST_AT_RISK)[:, None]
    hazard = np.divide(
        found[:, :STILL], at_risk[:, None], out=np.zeros_like(found[:, :STILL]), where=fit[:, None]
    )  # fmt: skip
    survival = np.concatenate((np.ones((1, draws)), np.cumprod(np.maximum(1 - hazard.sum(axis=1), 0.0), axis=0)))
    steps = survival[:-1, None] * hazard
    return np.concatenate((np.zeros((1, STILL, draws)), np.cumsum(steps, axis=0))), survival


def _ahead(counts: Floats) -> Floats:
    return np.asarray(counts[::-1].cumsum(axis=0)[::-1], dtype=np.float64)


def _at_nodes(values: Floats, edges: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Values known at edges of bands, in between by straight line and constant after the last, at nodes; and their integral."""
    width = np.diff(edges)
    areas = np.concatenate((
        np.zeros((1, *values.shape[1:])), np.cumsum((values[:-1] + values[1:]) / 2 * width[:, None, None], axis=0),
    ))  # fmt: skip
    band = np.searchsorted(edges, at, side="right") - 1
    inner = np.minimum(band, len(width) - 1)
    since = at - edges[band]
    part = np.where(band < len(width), since / width[inner], 0.0)[:, None, None]
    here = values[band]
    now = here + (values[np.minimum(band + 1, len(width))] - here) * part
    return now, areas[band] + (here + now) / 2 * since[:, None, None]


def _standing(cells: Cells, standing: Ints, gap: float, nodes: int, like: float) -> tuple[Floats, Floats, Floats]:
    """Open deals by node of the age of their stay: whether any, how many, and what they are worth; those of no known age are as
    old as the others, those without an amount are worth as much."""
    deals, money = np.zeros(nodes), np.zeros(nodes)
    known = cells.known[standing].sum()
    each = cells.amount[standing].sum() / known if known > 0 else like
    worth = cells.amount[standing] + (cells.n[standing] - cells.known[standing]) * each
    is_aged = cells.band[standing] >= 0
    age = MIDDLES[np.maximum(cells.band[standing], 0)] / gap
    low = np.minimum(age.astype(np.int64), nodes - 2)
    part = np.minimum(age - low, 1.0)
    for values, into in ((cells.n[standing], deals), (worth, money)):
        np.add.at(into, low[is_aged], (values * (1 - part))[is_aged])
        np.add.at(into, low[is_aged] + 1, (values * part)[is_aged])
        rest = float(values[~is_aged].sum())
        if into.sum() > 0:
            into *= 1 + rest / into.sum()
        else:
            into[0] += rest
    return (deals > 0) | (money != 0), deals, money
