"""How many deals leave their stage in each step, while the clocks of stages run as ever, or faster or slower.

A stage's clock says how old a stay is: where levers make stays shorter, it runs faster from then on. Of deals that come to a
stage evenly over one step, those gone at the end of another follow from the integral of the chance to have left by age, so that
the mean times of a step's deals are exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.what_if.pipeline_chances import Chances
from analytics.what_if.pipeline_stays import NODES_A_STEP, STEP_DAYS, TOLD

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Clock:
    """Stages whose clocks go alike. `times` is what they show at the end of each step, rows x steps + 1, in steps; `rows` the
    draws. From step `turn` on they go evenly."""

    def __init__(self, chances: Chances, rows: Ints, stages: Sequence[int], times: Floats, turn: int) -> None:
        self.stages = slice(stages[0], stages[-1] + 1) if list(stages) == list(range(stages[0], stages[-1] + 1)) else list(stages)  # fmt: skip
        self.size, self.turn, self.times, self.steps = len(stages), turn, times, times.shape[1] - 1
        own = chances.within
        self.nodes = own.shape[1]
        self.table = (own if len(stages) == chances.stages else own[:, :, list(stages)]).reshape(-1, len(stages) * TOLD)
        self.first = rows[:, None] * self.nodes
        self.gone = np.zeros((2, self.size, TOLD, len(rows)))
        if turn < self.steps:
            pace = times[:, turn + 1, None] - times[:, turn, None]
            areas = self._integral(pace * np.arange(self.steps - turn + 1))
            by_age = np.diff(areas, axis=2)
            kernel = (
                np.concatenate((by_age[:, :, :1], np.diff(by_age, axis=2)), axis=2)
                / (pace * STEP_DAYS)[..., None, None]
            )
            # Latest first, so that it lies against those that came, in their order: ages x stages x fates x rows.
            self.kernel = np.ascontiguousarray(kernel[:, :, ::-1].transpose(2, 1, 3, 0))

    def _integral(self, ages: Floats) -> Floats:
        """`within` at ages in steps (rows x ages): rows x stages x ages x fates."""
        at = ages * NODES_A_STEP
        low = np.minimum(at.astype(np.int64), self.nodes - 2)
        place = low + self.first
        early = np.take(self.table, place, axis=0)
        each = early + (np.take(self.table, place + 1, axis=0) - early) * (at - low)[..., None]
        return each.reshape(*ages.shape, self.size, TOLD).transpose(0, 2, 1, 3)

    def left(self, came: Floats, step: int) -> tuple[Floats, Floats]:
        """Of those that came in earlier steps (2 x stages x steps x rows), those that leave in this one, 2 x rows x stages x fates; and
        of those that come in it the shares that leave again at once, rows x stages x fates. To be asked step by step."""
        own = came[:, self.stages]
        found = np.zeros_like(self.gone)
        early = min(self.turn, step)  # those that came before the clock went evenly
        if self.turn:
            seen = min(self.turn, step + 1)
            ages = np.maximum(self.times[:, step + 1, None] - self.times[:, : seen + 1], 0.0)
            if seen == step + 1:
                ages[:, seen] = 0.0
            areas = self._integral(ages)
            pace = np.diff(self.times[:, : seen + 1], axis=1)[:, None, :, None] * STEP_DAYS
            shares = np.ascontiguousarray(((areas[:, :, :-1] - areas[:, :, 1:]) / pace).transpose(2, 1, 3, 0))
            gone = np.einsum("cser,esfr->csfr", own[:, :, :early], shares[:early])
            found = gone - self.gone
            self.gone = gone
        if step < self.turn:
            return found.transpose(0, 3, 1, 2), shares[step].transpose(2, 0, 1)
        latest = self.steps - self.turn - 1
        if step > self.turn:
            kernel = self.kernel[latest - (step - self.turn) : latest]
            found = found + np.einsum("cser,esfr->csfr", own[:, :, self.turn : step], kernel)
        return found.transpose(0, 3, 1, 2), self.kernel[latest].transpose(2, 0, 1)

    def keep(self, now: Floats, at_once: Floats, step: int) -> None:
        """Remember those that came in a step and left again in it."""
        if step < self.turn:
            gone = now[:, :, self.stages, None] * at_once[:, self.stages]
            self.gone = self.gone + gone.transpose(0, 2, 3, 1)


def clocks(chances: Chances, rows: Ints, speed: Floats | None, steps: int) -> tuple[list[Clock], Floats]:
    """The clocks of the stages, and what they show: rows x stages x steps + 1. `speed` is rows x steps x stages."""
    size = chances.stages
    even = np.arange(steps + 1.0)
    if speed is None:
        times = np.broadcast_to(even, (len(rows), size, steps + 1))
        return [Clock(chances, rows, range(size), times[:, 0], 0)], times
    turns = []
    times = np.empty((len(rows), size, steps + 1))
    for stage in range(size):
        own = speed[:, :, stage]
        changes = np.flatnonzero((own[:, 1:] != own[:, :-1]).any(axis=0))
        turns.append(int(changes[-1]) + 1 if len(changes) else 0)
        times[:, stage, 0] = 0.0
        times[:, stage, 1:] = own.cumsum(axis=1) if turns[-1] else own[:, :1] * even[1:]
    alike: list[list[int]] = []
    for stage in range(size):
        of_same = [group for group in alike if np.array_equal(times[:, group[0]], times[:, stage])]
        if of_same:
            of_same[0].append(stage)
        else:
            alike.append([stage])
    return [Clock(chances, rows, group, times[:, group[0]], turns[group[0]]) for group in alike], times


def standing(chances: Chances, rows: Ints, times: Floats) -> Floats:
    """Of the deals that stand in their stage now, those that leave it in each step: steps x 2 x rows x stages x fates."""
    nodes, size, steps = chances.within.shape[1], chances.stages, times.shape[2] - 1
    at = np.minimum(times * NODES_A_STEP, nodes - 1.0)
    low = np.minimum(at.astype(np.int64), nodes - 2)
    part = (at - low)[..., None]
    row, stage = rows[:, None, None], np.arange(size)[None, :, None]
    found = np.empty((steps, 2, len(rows), size, TOLD))
    for channel, table in enumerate(chances.leaving):
        gone = table[row, low, stage]
        gone = gone + (table[row, low + 1, stage] - gone) * part
        found[:, channel] = np.diff(gone, axis=2).transpose(2, 0, 1, 3)
    return found
