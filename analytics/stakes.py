"""What the real differences between groups of deals cost, and which of them are the same one seen twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.intervals import share
from analytics.rows import Row, number
from analytics.segment_pairs import Counts, Pair, parted, parted_lasting, remains
from analytics.survival import Lengths

MOST_PRICED = {"leak": 12, "win_rate": 12, "delay": 6}
MOST_STRENGTHS = 4
DRAWS = 4000
KINDS = ("won", "lost", "open")
AFTERWARDS = -1  # the cell of rows that tell what became, how many hours later, of all that moved on


@dataclass
class Priced:
    """What is known of a real pair once its deals were counted by which other real pairs they belong to."""

    pair: Pair
    row: Row = field(default_factory=dict)
    same_as: Pair | None = None

    @property
    def careful(self) -> float:
        """What is at stake even in the careful case: money, or deals where there is none."""
        return number(self.row.get("money_low", self.row["deals_low"]))


def to_price(pairs: Sequence[Pair]) -> list[Pair]:
    """The real pairs to look at closer: by kind the worse ones by what they may cost at the most careful, and the
    clearest of those that do better at the same stages."""
    found: list[Pair] = []
    for kind, most in MOST_PRICED.items():
        real = [pair for pair in pairs if pair.kind == kind and pair.is_real]
        worse = sorted(
            (pair for pair in real if pair.is_worse), key=lambda pair: -pair.careful * (pair.amount or pair.n)
        )
        stages = {pair.stage for pair in worse[:most]}
        better = (pair for pair in real if pair.is_better and pair.stage in stages)
        found += worse[:most] + sorted(better, key=lambda pair: pair.p or 0)[:MOST_STRENGTHS]
    return found


def groups_of(pairs: Sequence[Pair]) -> list[tuple[int, int]]:
    """The groups the pairs are about, as field and value; the place of each is its bit in `cell`."""
    return sorted({(pair.place, pair.code) for pair in pairs})


Between = Callable[[datetime, datetime], float]  # the days from one moment to an earlier one that durations count


@dataclass(frozen=True)
class Worth:
    """What the deals of a group at a stage are worth: `n` came there, `known` of them have an amount, and how many are open."""

    n: int
    known: int
    amount: float
    squares: float
    deals_open: int
    value_open: float

    @classmethod
    def of(cls, counted: pd.DataFrame) -> Worth:
        """From rows of `n, known, amount, squares` by fate."""
        open_ = counted[counted["fate"] == "still"]
        return cls(
            int(counted["n"].sum()), int(counted["known"].sum()), number(counted["amount"].sum()),
            number(counted["squares"].sum()), int(open_["n"].sum()), number(open_["amount"].sum()),
        )  # fmt: skip

    @property
    def row(self) -> Row:
        found: Row = {"value_known": share(self.known, self.n), "deals_open": self.deals_open}
        return found | ({"value_open": self.value_open} if self.known else {})


def prices(found_in: pd.DataFrame | None, wanted: Sequence[Pair], between: Between) -> list[Priced]:
    """What each pair costs, from the stays counted by cell, those `AFTERWARDS` too; repeats are marked."""
    if not wanted or found_in is None:
        return []
    is_after = found_in["cell"] == AFTERWARDS
    won_after, rows = after(found_in), found_in[~is_after]
    counted, bits = Counts.of(rows, "cell"), groups_of(wanted)
    found = []
    for pair in wanted:
        bit = bits.index((pair.place, pair.code))
        at_stage, cells = counted.at(pair.stage), _at(rows, pair.stage)
        own, inside = cells[(cells["cell"].to_numpy() >> bit) % 2 == 1], (at_stage.codes >> bit) % 2 == 1
        worth = Worth.of(own)
        if pair.kind == "delay":
            span = between(cells["last_entered"].max(), cells["first_entered"].min())
            row = delay(_lasting_again(pair, at_stage, inside), worth, span)
        else:
            row = leak(_parted_again(pair, at_stage, inside), worth, *won_after.get(pair.stage, (1.0, 0.0)))
        found.append(Priced(pair, row | worth.row))
    for kind in MOST_PRICED:
        _without_repeats([each for each in found if each.pair.kind == kind], counted, bits)
    return found


def _parted_again(pair: Pair, at_stage: Counts, inside: NDArray[np.bool_]) -> Pair:
    seen = parted(at_stage, inside)
    if seen is None:
        raise ValueError("a pair that was compared cannot be compared again")
    return replace(pair, value=seen[0][0], sure=seen[0][1], rest=seen[1][0], sure_rest=seen[1][1])


def _lasting_again(pair: Pair, at_stage: Counts, inside: NDArray[np.bool_]) -> Pair:
    seen = parted_lasting(at_stage, inside)
    if seen is None:
        raise ValueError("a pair that was compared cannot be compared again")
    return replace(pair, value=float(seen.days[0]), rest=float(seen.days_rest[0]), error=float(seen.error[0]))


def leak(pair: Pair, worth: Worth, win: float, win_n: float) -> Row:
    """(conversion of the reference - its own) x entries x average amount x chance to be won afterwards.

    The interval carries the doubt of all four: draws from the distributions of the two conversions and of the win rate
    (beta, by their effective numbers) and of the average (normal). Seeded.
    """
    random = np.random.default_rng(1)
    gap = beta(random, pair.rest, pair.sure_rest) - beta(random, pair.value, pair.sure)
    if pair.drawn is not None:
        gap = random.choice(pair.drawn, DRAWS)
    low, high = np.quantile(gap, [0.025, 0.975]) * worth.n
    row: Row = {"deals_low": float(low), "win_rate_after": win}
    if worth.known:
        mean = worth.amount / worth.known
        error = (max(worth.squares / worth.known - mean**2, 0.0) / max(worth.known - 1, 1)) ** 0.5
        value = np.maximum(random.normal(mean, error, DRAWS), 0.0)
        wins: NDArray[np.float64] | float = beta(random, win, win_n) if win_n else win
        low, high = np.quantile(gap * value * wins, [0.025, 0.975]) * worth.n
        row |= {"money": _worse(pair) * worth.n * mean * win, "money_low": float(low), "money_high": float(high)}
    return row


def delay(pair: Pair, worth: Worth, span: float) -> Row:
    """Extra days x what the group's deals bring to the stage a day: so much more waits there at any time (Little 1961).

    A day's value is over the `span` of days between the first and the last deal that came to the stage. The interval carries
    the doubt of the extra days (normal) and of how many deals came and how large (compound Poisson). Seeded.
    """
    random = np.random.default_rng(1)
    span = max(span, 1.0)
    extra = random.normal(_worse(pair), pair.error, DRAWS)
    if pair.drawn is not None:
        extra = random.choice(pair.drawn, DRAWS)
    row: Row = {"deals_low": float(np.quantile(extra, 0.025)) * worth.n / span}
    if worth.known:
        a_day = worth.n / worth.known / span
        flow = np.maximum(random.normal(worth.amount, worth.squares**0.5, DRAWS), 0.0) * a_day
        low, high = np.quantile(extra * flow, [0.025, 0.975])
        row |= {"value_per_day": worth.amount * a_day, "money": _worse(pair) * worth.amount * a_day}
        row |= {"money_low": float(low), "money_high": float(high)}
    return row


def rework(pair: Pair, again: Worth, days: float, error: float, span: float) -> Row:
    """The part of the repeated visits that the reference does not have x how long they last x what comes back a day.

    `again` is the worth of the repeated visits, `days` how long they last on average and `error` its standard error, `span`
    the days between the first and the last visit of the stage. The interval as in `delay`, the shares drawn too. Seeded.
    """
    if not again.known:
        return {}
    random = np.random.default_rng(1)
    own, rest = beta(random, pair.value, pair.sure), beta(random, pair.rest, pair.sure_rest)
    more = 1 - rest / own
    if pair.drawn is not None:
        more = random.choice(pair.drawn, DRAWS) / pair.value
    scale = again.n / again.known / max(span, 1.0)
    flow = np.maximum(random.normal(again.amount, again.squares**0.5, DRAWS), 0.0) * scale
    low, high = np.quantile(more * np.maximum(random.normal(days, error, DRAWS), 0.0) * flow, [0.025, 0.975])
    money = _worse(pair) / pair.value * days * again.amount * scale
    return {"money": money, "money_low": float(low), "money_high": float(high)}


def _worse(pair: Pair) -> float:
    """How much worse the group is than its reference, what the choice of the reference adds to it taken off."""
    if pair.drawn is not None:
        return float(pair.drawn.mean())
    return pair.rest - pair.value if pair.kind in ("leak", "win_rate") else pair.difference


def _at(cells: pd.DataFrame, stage: str | None) -> pd.DataFrame:
    return cells[cells["stage"].isna()] if stage is None else cells[(cells["stage"] == stage).fillna(False)]


def beta(random: np.random.Generator, chance: float, n: float) -> NDArray[np.float64]:
    """Draws of a share seen in `n` cases: its posterior after Jeffreys' prior. Of one that is given, `n` is infinite."""
    if n == np.inf:
        return np.full(DRAWS, chance)
    return random.beta(chance * n + 0.5, (1 - chance) * n + 0.5, DRAWS)


def after(cells: pd.DataFrame) -> dict[str | None, tuple[float, float]]:
    """The chance that a deal that moved on from a stage is won in the end, and the effective number behind it."""
    moved_on = cells[cells["cell"] == AFTERWARDS]
    found = {}
    for (stage,), lengths in Lengths.by(moved_on.rename(columns={"length": "hours"}), ["stage"], "fate", KINDS).items():
        risks = lengths.risks()
        time = risks.horizon()
        if time is not None:
            found[stage] = risks.incidence_at(time, 0), risks.effective_n(time, 0)
    return found


def _without_repeats(every: list[Priced], counted: Counts, bits: list[tuple[int, int]]) -> None:
    """Set `same_as` where what is worse disappears once the deals of a costlier one, or of what is better, are left out.

    Two that disappear without each other cannot be told apart: the one with less money names the other.
    """
    order = sorted((each for each in every if each.pair.is_worse), key=lambda each: -each.careful)
    better = [each for each in every if each.pair.is_better]

    def inside(cells: Counts, one: Priced) -> NDArray[np.bool_]:
        return (cells.codes >> bits.index((one.pair.place, one.pair.code))) % 2 == 1

    def stands(one: Priced, other: Priced) -> bool:
        cells = counted.at(one.pair.stage)
        cells = cells.only(~inside(cells, other))
        return remains(one.pair.kind, cells, inside(cells, one), one.pair.difference > 0)

    shown: list[Priced] = []
    for each in order:
        for other in [*shown, *better]:
            if other.pair.stage != each.pair.stage or other.same_as is not None or stands(each, other):
                continue
            if stands(other, each) or other.pair.is_worse:
                each.same_as = other.pair
                break
        if each.same_as is not None:
            continue
        for other in shown:
            if other.same_as is None and other.pair.stage == each.pair.stage and not stands(other, each):
                other.same_as = each.pair
        shown.append(each)
