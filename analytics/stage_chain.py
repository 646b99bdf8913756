"""The pipeline as a chain of stages: what is won more when deals of some groups move on as the others do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.funnel import FATES
from analytics.intervals import LEAST_TESTED
from analytics.question import Answers
from analytics.rows import Row, number, rows
from analytics.survival import CompetingRisks, Lengths

DRAWS = 1000
ADVANCED, BACK = FATES.index("advanced"), FATES.index("back")
WON = -1  # the place of winning among where deals go on to

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StageChances:
    """What becomes of deals at one stage: the chances to move on and to go back of two kinds, and where either leads."""

    move: tuple[float, float]  # of deals of no worse group, of deals of one
    back: tuple[float, float]
    sure: tuple[float, float]  # the effective numbers behind `move`
    leaky_n: int
    on: Floats  # deals by the stage they moved on to; the last is winning
    returned: Floats


@dataclass(frozen=True)
class Funnel:
    """The pipeline as a chain of stages. `came` are the deals by the stage they came to and at which stages they are of a worse group."""

    order: list[str]
    stages: dict[str, StageChances]
    came: list[Row]

    @classmethod
    def of(cls, order: list[str], answers: Answers) -> Funnel:
        lengths = answers["lengths"].rename(columns={"length": "hours"})
        won = {row["stage"] for row in rows(answers["stages"]) if row["outcome"] == "won"}
        ways = {name: (np.zeros(len(order) + 1), np.zeros(len(order) + 1)) for name in order}
        for row in rows(answers["ways"]):
            at = order.index(row["stage"])
            target = row["next_stage"]
            if target in won:
                place = WON
            elif target in order:
                place = order.index(target)
            elif row["fate"] == "advanced" and target is None:
                place = at + 1 if at + 1 < len(order) else WON
            else:
                continue
            ways[row["stage"]][row["fate"] == "back"][place] += row["n"]
        stages = {name: _stage(lengths[(lengths["stage"] == name).fillna(False)], *ways[name]) for name in order}
        return cls(order, stages, rows(answers["came"]))

    def can_mend(self, stage: str) -> bool:
        own = self.stages[stage]
        return own.leaky_n > 0 and own.sure[0] >= LEAST_TESTED and own.move[0] > own.move[1]

    def leaky_n(self, stage: str) -> int:
        return self.stages[stage].leaky_n

    def chance(self, stage: str) -> tuple[float, float]:
        """The chance to move on of deals of a worse group, and of the others."""
        return self.stages[stage].move[1], self.stages[stage].move[0]

    @cached_property
    def entered(self) -> float:
        """The value of all deals where they began; those without an amount count with the average of their like."""
        fit = (row for row in self.came if row["began_known"])
        return sum(number(row["began_amount"]) * row["began"] / row["began_known"] for row in fit)

    @property
    def typical(self) -> set[str]:
        """The stages of the commonest way: from where most deals begin, always on to where most go."""
        if not self.came:
            return set()
        starts = pd.DataFrame(self.came).groupby("stage")["began"].sum()
        at, path = self.order.index(str(starts.idxmax())), set()
        while 0 <= at < len(self.order) and self.order[at] not in path:
            path.add(self.order[at])
            on = self.stages[self.order[at]].on
            at = int(on.argmax()) if on.any() else len(self.order)
        return path

    def gain(self, mended: Sequence[str]) -> Row:
        """What is won more with these stages mended, and its interval by draws of every chance and amount. Seeded.

        At each stage what came there x how many more move on x the chance to be won of those, with the later stages mended too.
        """
        fit = [
            row for row in self.came if row["known"] and row["stage"] in mended and self._is_leaky(row, row["stage"])
        ]
        amounts = np.array([number(row["amount"]) * row["n"] / row["known"] for row in fit])
        spread = np.array([number(row["squares"]) ** 0.5 * row["n"] / row["known"] for row in fit])
        random = np.random.default_rng(1)
        drawn = self._more_won(fit, mended, random) * np.maximum(random.normal(amounts, spread, (DRAWS, len(fit))), 0.0)
        return {"money": float((self._more_won(fit, mended)[0] * amounts).sum())} | ends("money", drawn.sum(axis=1))

    def _is_leaky(self, row: Row, stage: str) -> bool:
        return bool(int(row["leaky"]) >> self.order.index(stage) & 1)

    def _more_won(self, fit: Sequence[Row], mended: Sequence[str], random: np.random.Generator | None = None) -> Floats:
        """How much larger the chance to be won is of those that come to a stage, by draw and row of `fit`."""
        draws, size = DRAWS if random is not None else 1, len(self.order)
        chances = np.zeros(
            (2, size, draws, size + 1)
        )  # of no worse group or of one, from, draw, to; the last is winning
        for at, name in enumerate(self.order):
            chances[:, at] = _steps(self.stages[name], draws, random)
        found, won = np.zeros((draws, len(fit))), {}
        for place, row in enumerate(fit):
            if row["leaky"] not in won:
                kinds = [int(self._is_leaky(row, name) and name not in mended) for name in self.order]
                steps = np.stack([chances[kind, at] for at, kind in enumerate(kinds)], axis=1)  # draw, from, to
                system = np.eye(size) - steps[:, :, :size] * (1 - 1e-12)
                won[row["leaky"]] = np.clip(np.linalg.solve(system, steps[:, :, size:])[:, :, 0], 0.0, 1.0)
            at = self.order.index(row["stage"])
            onward = np.concatenate((won[row["leaky"]], np.ones((draws, 1))), axis=1)
            found[:, place] = ((chances[0, at] - chances[1, at]) * onward).sum(axis=1)
        return found


def _stage(here: pd.DataFrame, on: Floats, returned: Floats) -> StageChances:
    is_leaky = here["is_leaky"].astype(bool)
    risks = [Lengths.of(part, "fate", FATES).known.risks() for part in (here[~is_leaky], here[is_leaky])]
    told = [(own, time) for own in risks if (time := own.horizon()) is not None]
    time = min((time for _own, time in told), default=0.0)
    each = [_chances(own, time) for own in risks]
    return StageChances(
        (each[0][0], each[1][0]), (each[0][1], each[1][1]), (each[0][2], each[1][2]), int(here.loc[is_leaky, "n"].sum()),
        on, returned,
    )  # fmt: skip


def _chances(risks: CompetingRisks, time: float) -> tuple[float, float, float]:
    if not len(risks.durations):
        return 0.0, 0.0, 0.0
    return risks.incidence_at(time, ADVANCED), risks.incidence_at(time, BACK), risks.effective_n(time, ADVANCED)


def _steps(stage: StageChances, draws: int, random: np.random.Generator | None) -> Floats:
    """The chances to go from a stage to each and to winning, by kind and draw: observed, or drawn around that."""
    found = np.zeros((2, draws, len(stage.on)))
    on, returned = (_shares(counts, draws, random) for counts in (stage.on, stage.returned))
    for kind in (0, 1):
        move, back, n = stage.move[kind], stage.back[kind], stage.sure[kind]
        moves = np.full(draws, move)
        if random is not None and n > 0:
            moves = random.beta(move * n + 0.5, (1 - move) * n + 0.5, draws)
        backs = back / (1 - move) * (1 - moves) if move < 1 else np.zeros(draws)
        found[kind] = moves[:, None] * on + backs[:, None] * returned
    return found


def _shares(counts: Floats, draws: int, random: np.random.Generator | None) -> Floats:
    if not counts.any():
        return np.zeros((draws, len(counts)))
    if random is None:
        return np.tile(counts / counts.sum(), (draws, 1))
    drawn = random.gamma(np.maximum(counts, 1e-9), size=(draws, len(counts)))
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), dtype=np.float64)


def ends(name: str, drawn: Floats) -> Row:
    """The 95% interval of draws, as two columns."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {f"{name}_low": float(low), f"{name}_high": float(high)}
