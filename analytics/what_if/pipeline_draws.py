"""What a pipeline wins in each month, draw by draw, with levers on it and without.

Deals move on a grid of half months. Of those that come to a stage in one step, the share that has left it by the end of another
follows from the integral of the chance to have left by age, so that mean times are kept exactly; stays shorter than a step, and
several in one step, count too.

What the levers do, at the part of their effect that the month has, to all deals there are in that month:
- stage_conversion: of the deals lost at the stage so many move on instead, when they would have been lost, that the chance of a
  stay to end by moving on rises by x points (of more than are lost, of those that go back); with x below 0, of
  those that move on so many are lost.
- win_rate: at every stage the same share of those lost moves on instead, the one by which the chance of a deal that comes to be
  won in the end rises by x points; so those saved early still have the later stages before them. Below 0, as above.
- stage_time, cycle: the clock of a stage runs faster, so that its stays are in the mean x days, or x percent, shorter; with
  all that is left of the stays that have begun. All stays are shorter in proportion, since none can become shorter than 0.
- deal_value: what is won in the month is worth x percent more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.pipeline_chances import Chances, win_rate
from analytics.what_if.pipeline_clock import Clock, clocks, standing
from analytics.what_if.pipeline_stays import ADVANCED, BACK, LOST, STEPS_A_MONTH, TOLD

Floats = NDArray[np.float64]
SHORTEST = 0.02  # of its length, what is left of a stay at least
KEPT = 8  # of what was worked out, for when it is asked again
TRIED = 65  # shares at which the win rate is worked out, to find the one that gives the rate asked for
Lever = tuple[int, str, int | None]  # its place in the scenario, its kind, its stage


@dataclass(frozen=True)
class _Effects:
    """What levers do, rows x steps, of shares rows x steps x stages: `saved` of those lost and `kept` of those going back move
    on, `spoiled` of those moving on are lost; `speed` of the clocks (None: as ever); `value` of what is won, rows x months."""

    saved: Floats
    kept: Floats
    spoiled: Floats
    speed: Floats | None
    value: Floats

    @property
    def moves_deals(self) -> bool:
        return self.speed is not None or any(each.any() for each in (self.saved, self.kept, self.spoiled))


@dataclass(frozen=True)
class DealFlow:
    """A pipeline as `base.Pipeline` has it. B is `draws`; `levers` are those of the scenario that work on it."""

    chances: Chances
    levers: tuple[Lever, ...] = ()
    _baselines: dict[int, tuple[Floats, Floats]] = field(default_factory=dict, compare=False, repr=False)
    _even: dict[int, tuple[list[Clock], Floats]] = field(default_factory=dict, compare=False, repr=False)
    _won: list[tuple[bytes, tuple[Floats, Floats]]] = field(default_factory=list, compare=False, repr=False)

    @property
    def draws(self) -> int:
        return self.chances.draws

    @property
    def size(self) -> float:
        return self.chances.size

    @property
    def deals_open(self) -> int:
        return self.chances.deals_open

    @property
    def deals_seen(self) -> int:
        return self.chances.deals_seen

    @property
    def come(self) -> Floats:
        """Deals that come in a month, by draw."""
        return self.chances.rate

    def won(self, amounts: Floats, strength: Floats) -> tuple[Floats, Floats]:
        """Money won and deals won in each month, B x T both: see `base.Pipeline`. Expected values, given the draw. In draws in
        which no lever does anything, they are the very numbers of the baseline."""
        at = [place for place, _kind, _stage in self.levers]
        # What is asked about another lever leaves the pipeline as it was.
        asked = np.ascontiguousarray(amounts[:, at]).tobytes() + np.ascontiguousarray(strength[at]).tobytes()
        asked += repr((self.levers, strength.shape[1])).encode()
        known = next((found for key, found in reversed(self._won) if key == asked), None)
        if known is None:
            known = self._worked_out(amounts, strength, at)
            self._won.append((asked, known))
            del self._won[:-KEPT]
        return known[0].copy(), known[1].copy()

    def _worked_out(self, amounts: Floats, strength: Floats, at: list[int]) -> tuple[Floats, Floats]:
        months = strength.shape[1]
        if months not in self._baselines:
            self._baselines[months] = self._course(np.arange(self.draws), None, months)
        money, wins = (each.copy() for each in self._baselines[months])
        moved = np.flatnonzero(((amounts[:, at] != 0) & (strength[at] != 0).any(axis=1)).any(axis=1))
        if len(moved):
            effects = self._effects(moved, amounts[moved], strength)
            if effects.moves_deals:
                money[moved], wins[moved] = self._course(moved, effects, months)
            else:
                money[moved] *= effects.value
        return money, wins

    def _effects(self, moved: NDArray[np.int64], amounts: Floats, strength: Floats) -> _Effects:
        chances = self.chances
        months = strength.shape[1]
        shape = (len(moved), months, chances.stages)
        points, days, rate = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2])
        pace, value = np.ones(shape[:2]), np.ones(shape[:2])
        for place, kind, stage in self.levers:
            effect = amounts[:, place, None] * strength[place]
            if kind == "stage_conversion":
                points[:, :, stage] += effect / 100
            elif kind == "stage_time":
                days[:, :, stage] += effect
            elif kind == "win_rate":
                rate += effect / 100
            elif kind == "cycle":
                pace *= np.maximum(1 - effect / 100, SHORTEST)
            else:
                value *= 1 + effect / 100
        ended = chances.ended[moved, None]
        saved = _part(points, ended[..., LOST])
        kept = _part(points - ended[..., LOST], ended[..., BACK])
        spoiled = _part(-points, ended[..., ADVANCED])
        if rate.any():
            more, less = self._shares(moved, rate)
            saved = 1 - (1 - saved) * (1 - more[..., None])
            spoiled = 1 - (1 - spoiled) * (1 - less[..., None])
        stay = chances.stay[moved, None]
        left = pace[..., None] * np.maximum(1 - np.divide(days, stay, out=np.zeros(shape), where=stay > 0), SHORTEST)
        speed = 1 / left if (left != 1).any() else None
        saved, kept, spoiled = (np.repeat(part, STEPS_A_MONTH, axis=1) for part in (saved, kept, spoiled))
        return _Effects(saved, kept, spoiled, None if speed is None else np.repeat(speed, STEPS_A_MONTH, axis=1), value)

    @cached_property
    def _rates(self) -> tuple[Floats, Floats, Floats]:
        """The shares tried, and the win rate at each: of those lost that many saved, or of those moving on that many lost."""
        tried = np.linspace(0.0, 1.0, TRIED)
        return (
            tried,
            np.stack([win_rate(self.chances, saved=share) for share in tried], axis=1),
            np.stack([win_rate(self.chances, spoiled=share) for share in tried], axis=1),
        )

    def _shares(self, moved: NDArray[np.int64], rate: Floats) -> tuple[Floats, Floats]:
        """The shares saved and spoiled, rows x months, by which the win rate rises by `rate`."""
        tried, up, down = self._rates
        more, less = np.zeros_like(rate), np.zeros_like(rate)
        for row, draw in enumerate(moved):
            goal = up[draw, 0] + rate[row]
            more[row] = np.where(rate[row] > 0, np.interp(goal, up[draw], tried), 0.0)
            less[row] = np.where(rate[row] < 0, np.interp(-goal, -down[draw], tried), 0.0)
        return more, less

    def _course(self, rows: NDArray[np.int64], effects: _Effects | None, months: int) -> tuple[Floats, Floats]:
        """Money and deals won by month, in these draws."""
        chances, steps = self.chances, months * STEPS_A_MONTH
        size, n = chances.stages, len(rows)
        on, returned = chances.on[rows], chances.returned[rows]
        hands, leaving = self._leaving(rows, None if effects is None else effects.speed, steps)
        deals = chances.come[rows] / STEPS_A_MONTH
        come = np.stack((deals, deals * chances.value[rows, None]))
        came = np.zeros((2, size, steps, n))
        won = np.zeros((2, n, steps))
        at_once = np.zeros((n, size, TOLD))
        ways, through = np.zeros(0), np.zeros(0)
        for step in range(steps):
            left = leaving[step].copy()
            for clock in hands:
                own, leaving_again = clock.left(came, step)
                left[:, :, clock.stages] += own
                at_once[:, clock.stages] = leaving_again
            if step == 0 or not _is_same(effects, step):
                ways = _ways(effects, step, on, returned)
                # Of those that come to a stage in this step, how many come to each on their way through it.
                inside = np.einsum("rsf,rsfd->rsd", at_once, ways[..., :size])
                through = np.linalg.inv(np.eye(size) - inside)
            entering = come[:, :, :size] + np.einsum("crsf,rsfd->crd", left, ways[..., :size])
            now = np.einsum("crs,rsd->crd", entering, through)
            came[:, :, step] = now.transpose(0, 2, 1)
            for clock in hands:
                clock.keep(now, at_once, step)
            left = left + now[..., None] * at_once
            won[..., step] = np.einsum("crsf,rsf->cr", left, ways[..., size]) + come[:, :, size]
        by_month = won.reshape(2, n, months, STEPS_A_MONTH).sum(axis=3)
        money = by_month[1] if effects is None else by_month[1] * effects.value
        return money, by_month[0]

    def _leaving(self, rows: NDArray[np.int64], speed: Floats | None, steps: int) -> tuple[list[Clock], Floats]:
        """The clocks, and of the deals that stand in their stage now those that leave it in each step."""
        is_usual = speed is None and len(rows) == self.draws
        if is_usual and steps in self._even:
            return self._even[steps]
        hands, times = clocks(self.chances, rows, speed, steps)
        found = hands, standing(self.chances, rows, times)
        if is_usual:  # clocks that go evenly keep nothing of what they are told
            self._even[steps] = found
        return found


def _part(points: Floats, whole: Floats) -> Floats:
    """Which part of `whole` these points are, from 0 to 1."""
    return np.clip(np.divide(points, whole, out=np.zeros_like(points), where=whole > 1e-12), 0.0, 1.0)


def _is_same(effects: _Effects | None, step: int) -> bool:
    """Whether deals move as in the step before."""
    if effects is None:
        return True
    changing = [effects.saved, effects.kept, effects.spoiled, *([] if effects.speed is None else [effects.speed])]
    return all(np.array_equal(each[:, step], each[:, step - 1]) for each in changing)


def _ways(effects: _Effects | None, step: int, on: Floats, returned: Floats) -> Floats:
    """Where those go that leave, by how they would without levers: rows x stages x fates x places, the last being winning."""
    rows, size = on.shape[:2]
    found = np.zeros((rows, size, TOLD, size + 1))
    found[:, :, ADVANCED] = on
    found[:, :, BACK, :size] = returned
    if effects is not None:
        saved, kept, spoiled = (each[:, step, :, None] for each in (effects.saved, effects.kept, effects.spoiled))
        found[:, :, LOST] = saved * on
        found[:, :, BACK] = (1 - kept) * found[:, :, BACK] + kept * on
        found[:, :, ADVANCED] *= 1 - spoiled
    return found
