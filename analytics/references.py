"""What a group of deals at a stage is compared with: the rest, the same group in the period before, a target, the best group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analytics.against_rest import against, chances, lasting_against, restricted_means
from analytics.filters import Filters
from analytics.findings import MOST_GROUPS
from analytics.intervals import LEAST_TESTED, SMALL_CELL, Z, newcombe, normal_p, share_difference, wilson
from analytics.segment_pairs import Counts, Groups, Kind, Pair, known, told
from analytics.survival import kaplan_meier
from data.errors import RequestProblem
from data.messages import say

Floats = NDArray[np.float64]
Reference = Literal["rest", "previous", "target", "best"]
REFERENCES: tuple[Reference, ...] = ("rest", "previous", "target", "best")
REST_NAME = "all other deals at the stage"
# The field of the pairs that are about all deals of a stage.
WHOLE = -2
BEST_DRAWS = 2000
# An average below its target says nothing where more than this share of the stays were not seen to the end.
MOST_UNSEEN = 0.05
Targets = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Against:
    """The reference asked for; `shares` and `days` are the targets by stage, of moving on and of the average stay."""

    kind: Reference = "rest"
    shares: Targets = ()
    days: Targets = ()


def check(reference: Against, filters: Filters) -> None:
    """Raise RequestProblem where what the reference needs is not there."""
    if reference.kind == "previous":
        before(filters)
    if reference.kind == "target":
        if not reference.shares and not reference.days:
            raise RequestProblem(
                say("There is no target to compare with."),
                say("Give one for a stage: a share with --target, or days with --target-days."),
            )
        for stage, share in reference.shares:
            if not 0 < share < 1:
                raise RequestProblem(
                    say('The target of "{stage}" is {share}, and a share is above 0 and below 1.', stage=stage, share=share),
                    say("Write 60% as 0.6."),
                )  # fmt: skip


def before(filters: Filters) -> Filters:
    """The same filters in the period before, of as many days; deals of both are followed to the same day."""
    if filters.since is None or filters.until is None:
        raise RequestProblem(
            say("There is no period to compare with the one before it."), say("Name one with --from and --to.")
        )
    length = filters.until - filters.since + timedelta(days=1)
    return replace(filters, since=filters.since - length, until=filters.until - length)


def whole_stages(counted: Counts) -> Counts:
    """The same rows as one group, of code 0."""
    return replace(counted, codes=np.zeros_like(counted.codes))


# The same group in the period before


def with_previous(groups: Groups, counted: Counts, earlier: Counts, days: str) -> Iterator[Pair]:
    """Every group at a stage, of the stays `counted`, against itself in the period before, `days`."""
    codes, here, then = groups.codes, counted.at(groups.stage), earlier.at(groups.stage)
    then = then.only(np.isin(then.codes, codes))
    places = np.concatenate((np.searchsorted(codes, here.codes), len(codes) + np.searchsorted(codes, then.codes)))
    counts, lengths = here.with_(then).by(places, 2 * len(codes))
    own, other = counts[: len(codes)], counts[len(codes) :]
    for pair in told(
        replace(groups, counts=own, days=lengths), against(own, other), lasting_against(own, other, lengths)
    ):
        yield replace(pair, rest_name=days)


def rework_with_rest(groups: Groups, back: Floats) -> Iterator[Pair]:
    """Every group by how many of its deals came back, `back`, against all other deals at the stage."""
    n = groups.entered
    yield from _shares(groups, n, back, n.sum() - n, back.sum() - back, REST_NAME)


def rework_with_previous(
    groups: Groups, back: Floats, before: Floats, back_before: Floats, days: str
) -> Iterator[Pair]:
    """The same, each group against itself in the period before, when `back_before` of `before` came back."""
    yield from _shares(groups, groups.entered, back, before, back_before, days)


def _shares(groups: Groups, n: Floats, back: Floats, others: Floats, back_others: Floats, name: str) -> Iterator[Pair]:
    for at in groups.named():
        if not n[at] or not others[at]:
            continue
        own, rest = min(back[at] / n[at], 1.0), min(back_others[at] / others[at], 1.0)
        low, high = newcombe(own, n[at], rest, others[at])
        p = share_difference(own, n[at], rest, others[at])
        pair = groups.pair(at, "rework", float(own), float(rest), low, high, p)
        yield replace(pair, sure=float(n[at]), sure_rest=float(others[at]), rest_name=name)


# A target


def with_target(groups: Groups, reference: Against) -> Iterator[Pair]:
    """Every group at a stage against the target of the stage, if there is one.

    A share by the score test, exact where few are expected on either side; days by the normal distribution. An average counts
    no more of a stay than was followed, so that it is at least as long: shorter than the target it is only where nearly all of
    the stays were seen to the end, and the longest of them do not make up for it.
    """
    shares, days = dict(reference.shares), dict(reference.days)
    if groups.stage in shares:
        target = shares[groups.stage]
        chance, n = chances(groups.counts)
        for at in groups.named():
            if chance[at] == chance[at]:
                own, sure = float(chance[at]), float(n[at])
                low, high = (float(end or 0.0) - target for end in wilson(own, sure))
                pair = groups.pair(at, "leak", own, target, low, high, _against_share(own, sure, target))
                yield replace(pair, sure=sure, sure_rest=np.inf, rest_name=f"{target:g}")
    if groups.stage in days:
        target = days[groups.stage]
        mean, error, within = restricted_means(groups.counts, groups.days)
        ended = groups.counts[:, :, :-1].sum(axis=(1, 2))
        for at in groups.named():
            if mean[at] != mean[at] or within[at] <= target:  # stays were not followed that long
                continue
            if mean[at] < target <= mean[at] + _beyond(groups, at, float(within[at])):
                continue
            is_fit = groups.counts[at].sum() >= LEAST_TESTED and ended[at] >= SMALL_CELL and error[at] > 0
            own, doubt = float(mean[at]), Z * float(error[at])
            p = normal_p((own - target) / float(error[at])) if is_fit else None
            pair = groups.pair(at, "delay", own, target, own - target - doubt, own - target + doubt, p)
            yield replace(pair, within=float(within[at]), error=float(error[at]), rest_name=f"{target:g} days")


def _beyond(groups: Groups, at: int, within: float) -> float:
    """What the days of stays after `within` add to the average of the group at this place; without end where too many go on."""
    counts = groups.counts[at]
    lasting = kaplan_meier(groups.days, counts[:, :-1].sum(axis=1), counts[:, -1])
    if lasting.survival[-1] > MOST_UNSEEN:
        return np.inf
    later = groups.days >= within
    return float((lasting.survival[later][:-1] * np.diff(groups.days[later])).sum())


def _against_share(chance: float, n: float, target: float) -> float | None:
    if n < LEAST_TESTED:
        return None
    if n * min(target, 1 - target) < SMALL_CELL:
        from scipy.stats import binomtest

        return float(binomtest(round(chance * n), round(n), target).pvalue)
    return normal_p((chance - target) / (target * (1 - target) / n) ** 0.5)


# The best credible group


def with_best(groups: Groups) -> Iterator[Pair]:
    """Every group at a stage against the best credible one of its field: that of at least 30 deals whose interval has the best
    lower end.

    Whichever group looks best owes some of it to chance, so that the best is chosen anew in every draw: of equal groups for
    the p-value, of groups as they are for the interval, from which what the choice adds is taken off (`_Choice`).
    """
    large = groups.counts.sum(axis=(1, 2)) >= LEAST_TESTED
    large &= np.array([name is not None for name in groups.names])
    chance, n = chances(groups.counts, large)
    is_fit = large & (n >= LEAST_TESTED)
    yield from _best_share(groups, "leak", chance, n, is_fit)
    mean, error, within = restricted_means(groups.counts, groups.days, large)
    ended = groups.counts[:, :, :-1].sum(axis=(1, 2))
    is_fit = large & (mean > 0) & (error > 0) & (ended >= SMALL_CELL)
    if is_fit.sum() < 2:
        return
    size = groups.counts.sum(axis=(1, 2))
    spread = error[is_fit] / mean[is_fit]
    common = float(((spread**2 * size[is_fit]) * size[is_fit]).sum() / size[is_fit].sum())
    # Equal groups are alike in how far stays spread too: the doubt of a group that looks short by chance is not less.
    equal = np.sqrt(common / np.maximum(size, 1.0))
    best = _Choice(-np.log(mean[is_fit]), spread, equal[is_fit], lambda score: -np.exp(-score))
    yield from _told_of_best(groups, "delay", mean, is_fit, best, -1.0, within)


def rework_with_best(groups: Groups, back: Floats) -> Iterator[Pair]:
    """The same by how few come back."""
    n = groups.entered
    chance = np.minimum(np.divide(back, n, out=np.full(len(n), np.nan), where=n > 0), 1.0)
    named = np.array([name is not None for name in groups.names])
    yield from _best_share(groups, "rework", chance, n, named & (n >= LEAST_TESTED))


def _best_share(groups: Groups, kind: Kind, chance: Floats, n: Floats, is_fit: NDArray[np.bool_]) -> Iterator[Pair]:
    """Shares on a scale on which their spread does not depend on them (the arcsine of the root: Anscombe 1948)."""
    if is_fit.sum() < 2:
        return
    sign = 1.0 if kind == "leak" else -1.0
    own, size = chance[is_fit], n[is_fit]
    pooled = float((own * size).sum() / size.sum())
    spread = 1 / np.sqrt(size + 0.5)
    steady = np.arcsin(np.sqrt((own * size + 0.375) / (size + 0.75)))

    def back(score: Floats) -> Floats:
        return np.asarray(sign * np.sin(np.clip(sign * score, 0, np.pi) / 2) ** 2, dtype=np.float64)

    best = _Choice(sign * 2 * steady, spread, spread, back)
    few = size * min(pooled, 1 - pooled) < SMALL_CELL
    yield from _told_of_best(groups, kind, chance, is_fit, best, sign, n=n, few=few)


def _told_of_best(
    groups: Groups, kind: Kind, value: Floats, is_fit: NDArray[np.bool_], best: _Choice, sign: float,
    within: Floats | None = None, n: Floats | None = None, few: NDArray[np.bool_] | None = None,
) -> Iterator[Pair]:  # fmt: skip
    """`value` is told of every group, the comparison of those that fit; `sign` is 1 where more is better."""
    fit = np.flatnonzero(is_fit)
    first = int(fit[best.first])
    rest = float(value[first])
    gaps, p_values = best.gaps, best.p_values
    for at in groups.named():
        if value[at] != value[at]:
            continue
        pair = groups.pair(at, kind, float(value[at]), rest, np.nan, np.nan, None)
        pair = replace(pair, rest_name=groups.names[first], within=None if within is None else float(within[at]))
        if n is not None:
            pair = replace(pair, sure=float(n[at]), sure_rest=float(n[first]))
        if is_fit[at] and at != first:
            place = int(np.searchsorted(fit, at))
            drawn = gaps[:, place]
            low, high = np.sort(-sign * np.quantile(drawn, [0.025, 0.975]))
            p = None if few is not None and (few[place] or few[best.first]) else known(float(p_values[place]))
            pair = replace(pair, low=float(low), high=float(high), p=p, drawn=drawn)
        yield pair


@dataclass(frozen=True)
class _Choice:
    """The choice of the best of several groups. `score` is larger for better ones and nearly normal, `error` its standard
    error, `equal` the same were all groups alike; `back` turns scores into what is told, larger for better.

    The best is the one with the highest `score - Z x equal`. Seeded: the same groups give the same answer.
    """

    score: Floats
    error: Floats
    equal: Floats
    back: Callable[[Floats], Floats]

    @property
    def first(self) -> int:
        return int(np.argmax(self.score - Z * self.equal))

    @property
    def p_values(self) -> Floats:
        """For each group the chance to be so far behind the best, not being it, were all equal and the best chosen among what
        they show.

        The others are drawn, and how far the group itself must then be behind is worked out: tails need no further draws.
        """
        from scipy.special import ndtr

        drawn = self._noise() * self.equal
        ends = drawn - Z * self.equal
        order = np.argsort(ends, axis=1)
        places = np.arange(BEST_DRAWS)
        first = self.first
        found = np.full(len(self.score), np.nan)
        for at, own in enumerate(self.equal.tolist()):
            if at == first:
                continue
            best = np.where(order[:, -1] == at, order[:, -2], order[:, -1])
            top, error = drawn[places, best], self.equal[best]
            limit = top - Z * error + Z * own  # above it the group would be the best itself, and not be compared
            behind = (self.score[first] - self.score[at]) / np.hypot(self.equal[first], own)
            below = np.minimum(top - behind * np.hypot(error, own), limit)
            found[at] = ndtr(below / own).mean() / ndtr(limit / own).mean()
        return found

    @property
    def gaps(self) -> Floats:
        """Draws of how far each group is behind the best, in what is told: observed - error, where the errors are those of
        groups like these when the best is chosen anew (the basic bootstrap: Davison and Hinkley 1997, 5.2).

        Groups like these are as far apart as can be told from chance: drawn around the observed they would be too far apart,
        the same one would be chosen too often, and too little taken off.
        """
        centre = self._shrunk
        drawn = centre + self._noise() * self.error
        off = self.back(drawn) - self.back(centre)
        best = np.argmax(drawn - Z * self.equal, axis=1)
        errors = off[np.arange(BEST_DRAWS), best][:, None] - off
        observed = self.back(self.score)
        return np.asarray(observed[self.first] - observed - errors, dtype=np.float64)

    @property
    def _shrunk(self) -> Floats:
        """The scores drawn together as far as their spread is that of chance (DerSimonian and Laird 1986)."""
        weight = 1 / self.error**2
        mean = float((self.score * weight).sum() / weight.sum())
        beyond = float((weight * (self.score - mean) ** 2).sum()) - (len(weight) - 1)
        spread = max(beyond / float(weight.sum() - (weight**2).sum() / weight.sum()), 0.0)
        return np.asarray(mean + (self.score - mean) * spread / (spread + self.error**2), dtype=np.float64)

    def _noise(self) -> Floats:
        return _noise()[:, : len(self.score)]


@lru_cache(maxsize=1)
def _noise() -> Floats:
    """The same draws for all: `BEST_DRAWS` for each of the most groups there can be."""
    return np.random.default_rng(1).standard_normal((BEST_DRAWS, MOST_GROUPS + 1))
