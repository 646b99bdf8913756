"""Where the mean of votes changes: a scan over dates, held against answers dealt to the days at random. Pure numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.intervals import LEAST_TESTED

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ALPHA = 0.01
# Dealt at random this often, and no further where the first of them already say that chance does as well.
FIRST_DEALS, DEALS, LIKELY = 99, 999, 5
MOST_STEPS = 150  # days are put together into about so many steps of equally many answers
MOST_CHANGES = 8
SEED = 8


@dataclass(frozen=True)
class Daily:
    """Answers day by day, in order of the day: `day` counts days from the first. All arrays are as long."""

    day: Whole
    n: Whole
    promoters: Whole
    detractors: Whole

    def part(self, first: int, last: int) -> Daily:
        """The days at the places from `first` to before `last`."""
        return Daily(self.day[first:last], self.n[first:last], self.promoters[first:last], self.detractors[first:last])


@dataclass(frozen=True)
class Repeats:
    """What answers of the same people have in common: squares of as many rows as there are blocks of `days` days.

    Of all pairs of two different answers of one person, one in the block of the row and one in the block of the column:
    how many (`n`), and the sums of the first vote (`votes`) and of the product of both (`products`).
    """

    days: int
    n: Floats
    votes: Floats
    products: Floats


@dataclass(frozen=True)
class Change:
    """The place of the first day after a change, the p-value, and how many times the error is what it would be if nobody
    had answered more than once."""

    place: int
    p_value: float
    error_times: float = 1.0


def changes(daily: Daily, repeats: Repeats | None = None) -> list[Change]:
    """The days on which the mean vote changed, in order; each has at least 30 answers on either side up to the next.

    The date with the largest standardised difference of the means before and after is held against the same of the answers
    dealt to the days at random (permutation, seeded); where chance does as well in 1% or more, nothing changed. Both sides of a
    change are scanned in the same way (binary segmentation, Scott and Knott 1974), then each date is sought anew between its
    neighbours (Bai 1997). Where people answer repeatedly, the difference is divided by the error that this gives.
    """
    found: list[Change] = []
    parts = [(0, len(daily.day))]
    while parts and len(found) < MOST_CHANGES:
        first, last = parts.pop(0)
        change = _change(daily, first, last, repeats)
        if change is not None:
            found.append(change)
            parts += [(first, change.place), (change.place, last)]
    return _sought_anew(daily, sorted(found, key=lambda change: change.place), repeats)


def _change(daily: Daily, first: int, last: int, repeats: Repeats | None) -> Change | None:
    part = daily.part(first, last)
    if part.n.sum() < 2 * LEAST_TESTED:
        return None
    ends = _steps(part.n)
    counts = np.add.reduceat(part.n, np.r_[0, ends[:-1]])
    promoters = np.add.reduceat(part.promoters, np.r_[0, ends[:-1]])
    detractors = np.add.reduceat(part.detractors, np.r_[0, ends[:-1]])
    times = np.ones(len(ends) - 1) if repeats is None else _error_times(part, ends[:-1], repeats)
    scores = _scores(counts, (promoters - detractors)[None, :], int(promoters.sum() + detractors.sum()))[0]
    if not len(scores) or not np.isfinite(scores).any():
        return None
    observed = float(np.nanmax(scores / times))
    p_value = _p_value(observed, counts, int(promoters.sum()), int(detractors.sum()))
    if p_value >= ALPHA:
        return None
    best = _best(part, repeats)
    return Change(first + best[0], p_value, best[1]) if best is not None else None


def _steps(n: Whole) -> Whole:
    """Where steps of about equally many answers end: places in the days, the last is past the end."""
    if len(n) <= MOST_STEPS:
        return np.arange(1, len(n) + 1)
    step = (np.cumsum(n) - 1) * MOST_STEPS // n.sum()
    return np.r_[np.flatnonzero(np.diff(step)) + 1, len(n)]


def _scores(counts: Whole, votes: Whole | Floats, squares: int) -> Floats:
    """The standardised difference of the means after and before each end of a step but the last: a row for each of `votes`.

    Not a number where a side has fewer than 30 answers. The variance is that of all together, which dealing does not change.
    """
    n, before = counts.sum(), np.cumsum(counts)[:-1]
    after = n - before
    total = votes.sum(axis=1, keepdims=True)
    mean = total / n
    variance = np.maximum(squares / n - mean**2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = np.cumsum(votes, axis=1)[:, :-1]
        error = np.sqrt(variance * (1 / before + 1 / after))
        scores = np.abs((total - sums) / after - sums / before) / error
    scores[:, (before < LEAST_TESTED) | (after < LEAST_TESTED)] = np.nan
    return scores


def _p_value(observed: float, counts: Whole, promoters: int, detractors: int) -> float:
    """How often answers dealt to the steps at random differ as much somewhere, told from 99 where that is often (Besag and Clifford
    1991), else from 999."""
    random = np.random.default_rng(SEED)
    as_much = 0
    for dealt, until in ((FIRST_DEALS, FIRST_DEALS), (DEALS - FIRST_DEALS, DEALS)):
        votes = _dealt(random, counts, promoters, detractors, dealt)
        scores = _scores(counts, votes, promoters + detractors)
        as_much += int((np.nanmax(scores, axis=1) >= observed * (1 - 1e-12)).sum())
        if as_much >= LIKELY and until == FIRST_DEALS:
            return (1 + as_much) / (1 + until)
    return (1 + as_much) / (1 + DEALS)


def _dealt(random: np.random.Generator, counts: Whole, promoters: int, detractors: int, times: int) -> Whole:
    """The sum of votes of each step with all answers dealt at random, `times` rows: every order of the answers is as likely."""
    votes = np.empty((times, len(counts)), dtype=np.int64)
    promoters_left, detractors_left = np.full(times, promoters), np.full(times, detractors)
    left = int(counts.sum())
    for place, n in enumerate(counts.tolist()):
        up = random.hypergeometric(promoters_left, left - promoters_left, n)
        passives_left = left - promoters_left - detractors_left
        down = random.hypergeometric(detractors_left, passives_left, n - up)
        votes[:, place] = up - down
        promoters_left, detractors_left, left = promoters_left - up, detractors_left - down, left - n
    return votes


def _best(part: Daily, repeats: Repeats | None) -> tuple[int, float] | None:
    """The day that parts most: its place, and how many times its error is; None where none has enough answers on both sides."""
    votes = part.promoters - part.detractors
    squares = int(part.promoters.sum() + part.detractors.sum())
    scores = _scores(part.n, votes[None, :], squares)[0]
    places = np.arange(1, len(part.day))
    times = np.ones(len(places)) if repeats is None else _error_times(part, places, repeats)
    if not np.isfinite(scores).any():
        return None
    best = int(np.nanargmax(scores / times))
    return best + 1, float(times[best])


def _sought_anew(daily: Daily, found: Sequence[Change], repeats: Repeats | None) -> list[Change]:
    """The changes, each at the best day between the one before and the next."""
    kept = list(found)
    for place, change in enumerate(kept):
        first = kept[place - 1].place if place else 0
        last = kept[place + 1].place if place + 1 < len(kept) else len(daily.day)
        better = _best(daily.part(first, last), repeats)
        if better is not None:
            kept[place] = replace(change, place=first + better[0], error_times=better[1])
    return kept


def _error_times(part: Daily, places: Whole, repeats: Repeats) -> Floats:
    """How many times the error of the difference is, at each of `places`, because people answered more than once; never below 1.

    The variance of a difference of means whose answers come from fewer people is more by the sum over pairs of answers of one
    person of c c' r r', where c is 1 / n of the later side or -1 / n of the earlier one and r a vote less its side's mean.
    """
    days = repeats.days
    block = part.day // days
    first, last = int(block[0]), int(block[-1]) + 1
    if last - first < 2:
        return np.ones(len(places))
    own = slice(first, last)
    pairs, votes, products = repeats.n[own, own], repeats.votes[own, own], repeats.products[own, own]
    n = np.bincount(block - first, part.n, last - first)
    up = np.bincount(block - first, part.promoters, last - first)
    down = np.bincount(block - first, part.detractors, last - first)
    known_at, known = [], []
    for cut in range(1, last - first):
        before, after = n[:cut].sum(), n[cut:].sum()
        if min(before, after) < LEAST_TESTED:
            continue
        means = np.r_[
            np.full(cut, (up - down)[:cut].sum() / before), np.full(last - first - cut, (up - down)[cut:].sum() / after)
        ]
        shares = np.r_[np.full(cut, -1 / before), np.full(last - first - cut, 1 / after)]
        together = products - votes * means[None, :] - votes.T * means[:, None] + pairs * np.outer(means, means)
        more = float(shares @ together @ shares)
        alone = sum(
            (up[side].sum() + down[side].sum() - size * (((up - down)[side].sum() / size) ** 2)) / size**2
            for side, size in ((slice(None, cut), before), (slice(cut, None), after))
        )
        known_at.append((first + cut) * days)
        known.append(np.sqrt(max(1.0, 1 + more / alone)) if alone > 0 else 1.0)
    if not known:
        return np.ones(len(places))
    return np.interp(part.day[places], known_at, known)
