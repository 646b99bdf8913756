"""What becomes of deals at each stage and when, how many come and what they are worth, in draws of what is not known of it.

Deals pass through the stages of their pipeline; how long a stay lasts and how it ends hangs on the stage and on how long it has
lasted, not on what was before (a semi-Markov chain). Lengths and fates are those of Aalen and Johansen (1978): open deals
are followed for as long as they have stayed, and stays first seen in their midst are at risk from then on. Where no file says
when deals came to their stages, there is one stage, from creation to the end.

What is not known is drawn by the Bayesian bootstrap (Rubin 1981): each count n of stays alike becomes a gamma variable of shape
n, as though each stay had an exponential weight. Row b and row b + B/2 mirror each other: gamma variables are made of normal
ones, after Wilson and Hilferty (1931).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.rows import Row, number, rows, whole
from analytics.what_if.pipeline_stays import (
    ADVANCED,
    BACK,
    LOST,
    MONTH_DAYS,
    Counted,
    Floats,
    cells_of,
    gamma,
    shares,
    stay_tables,
)  # fmt: skip
from data.messages import Message, say

LEAST_CLOSED = 30
RATIO_SPREAD = 0.25  # how much larger or smaller won deals may be than those entered, before data: sd of the logarithm
LIKELY_DRAWS, FEWEST_DRAWS, STAGES_AT_ONCE = 400, 100, 6
# How long it must be known who bought before a deal, to tell that its customer is new; and the months that are looked at all the same.
LOOK_BACK_MONTHS, LEAST_MONTHS = 6, 3
UNLIKELY = 5  # deals that did not come where so many were to be expected: nobody wrote them down


@dataclass(frozen=True)
class Refusal:
    """Why there are no chances, and what was counted."""

    why: Message
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Chances:
    """What is known of the pipeline, in B draws. S stages, N nodes of age, `NODES_A_STEP` to a step, three fates: advanced, back, lost.

    `within` is the integral over age of the chance to have ended a stay by a fate, in days; `leaving` the same chance summed over
    the open deals, by time from now, for deals (0) and for what would be won of them (1). `on` are the shares of deals that
    move on by where to, the last being winning, `returned` of those that go back. `rate` deals come in a month; `begin` are their
    shares by the stage they begin at, the last being won at once; `value` is what one brings, if won. `ended` is the chance ever to end by a fate, `stay` the mean
    length of stays that end, in days. `order` has the names of the stages; it is empty where there is one, from creation to end.
    """

    order: tuple[str, ...]
    within: Floats  # B x N x S x 3
    leaving: Floats  # 2 x B x N x S x 3
    on: Floats  # B x S x (S + 1)
    returned: Floats  # B x S x S
    rate: Floats  # B
    begin: Floats  # B x (S + 1)
    value: Floats  # B
    ended: Floats  # B x S x 3
    stay: Floats  # B x S
    size: float
    deals_open: int
    deals_seen: int
    counts: Mapping[str, int]
    report: Mapping[str, Any]

    @property
    def draws(self) -> int:
        return len(self.value)

    @property
    def stages(self) -> int:
        return int(self.stay.shape[1])

    @property
    def come(self) -> Floats:
        """Deals that come in a month, by the stage they begin at: B x (S + 1)."""
        return self.rate[:, None] * self.begin


def fitted(counted: Counted) -> Chances | Refusal:
    """The chances of a pipeline, or why there are none: fewer than 30 closed deals, none won, or no amount of any."""
    months, over = _months(counted)
    share = _share_new(counted.arrivals, months)
    deals = [(row, share if row["standing"] == "unlinked" else 1.0) for row in rows(counted.amounts)]

    def n(*statuses: str) -> float:
        return sum(whole(row["n"]) * weight for row, weight in deals if row["status"] in statuses)

    closed, won, seen, still = n("won", "lost"), n("won"), n("won", "lost", "open"), n("open")
    counts = {
        "deals_seen": round(seen),
        "deals_open": round(still),
        "deals_closed": round(closed),
        "deals_won": round(won),
    }
    if round(closed) < LEAST_CLOSED:
        many = {"least": LEAST_CLOSED, "n": round(closed)}
        if counted.months_of_buying is not None:  # known customers are told from new ones
            return Refusal(say("It takes {least} closed deals of new customers to say what the pipeline will win; there are {n}.", **many), counts)  # fmt: skip
        return Refusal(say("It takes {least} closed deals to say what the pipeline will win; there are {n}.", **many), counts)  # fmt: skip
    if won <= 0:
        return Refusal(say("No deal was won yet, so nothing can be said of what the pipeline will win."), counts)
    worth = _worth([(row, weight) for row, weight in deals if row["status"] == "won"])
    if worth is None:
        return Refusal(say("No won deal has an amount, so nothing can be said of what the pipeline will win."), counts)
    if not any(whole(row["n"]) for row in rows(counted.arrivals) if 0 <= row["ago"] < max(months, 1)):
        return Refusal(say("No deal was created of late, so nothing says how many will come."), counts)
    cells, order, unknown = cells_of(counted, share)
    counts["stays_without_length"] = unknown
    stages = max(len(order), 1)
    draws = (
        LIKELY_DRAWS
        if stages <= STAGES_AT_ONCE
        else max(LIKELY_DRAWS * STAGES_AT_ONCE // stages // 2 * 2, FEWEST_DRAWS)
    )
    mean, error, size = worth
    value = mean * gamma((mean / error) ** 2, draws, 1)[0] * (error / mean) ** 2 if error > 0 else np.full(draws, mean)
    rate = _rate(counted.arrivals, share, draws, months, over)
    begin = _begin(counted.arrivals, order, share, draws, max(months, 1))
    ratio = _ratios(counted, order, share, draws)
    is_late = counted.is_stay_late if order else counted.is_deal_late
    within, leaving, on, returned, ended, stay = stay_tables(cells, stages, draws, ratio, is_late, mean)
    found = Chances(
        order, within, leaving, on, returned, rate, begin, value, ended, stay, size, round(still), round(seen), counts, {}
    )  # fmt: skip
    rates = win_rate(found)
    report = {
        "has_history": bool(order), "months_seen": over, "won_value": mean, "share_new_of_unlinked": share,
        **_told("deals_a_month", rate), **_told("win_rate", rates),
    }  # fmt: skip
    return replace(found, report=report)


def win_rate(chances: Chances, saved: float = 0.0, spoiled: float = 0.0) -> Floats:
    """The chance of a deal that comes to be won in the end, by draw; where of those lost at any stage the share `saved` moves
    on instead, and of those that move on the share `spoiled` is lost."""
    size = chances.stages
    move = chances.ended[:, :, ADVANCED] * (1 - spoiled) + chances.ended[:, :, LOST] * saved
    steps = move[:, :, None] * chances.on
    inside = steps[:, :, :size] + chances.ended[:, :, BACK, None] * chances.returned
    won = np.linalg.solve(np.eye(size) - inside * (1 - 1e-12), steps[:, :, size:])[:, :, 0]
    return np.clip((chances.begin[:, :size] * won).sum(axis=1) + chances.begin[:, size], 0.0, 1.0)


def _told(name: str, drawn: Floats) -> Row:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {name: float(drawn.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}


def _months(counted: Counted) -> tuple[int, float]:
    """The last months of which all that came are known: how many whole ones, twelve at most, and their length.

    Deals are known from the first one on, or from the first file on. Months without any deal before the others do not count
    where there should have been several, since one deal of long ago does not say that they were watched. Where it matters who had
    bought before, customers look new who bought before anything was recorded: so months that follow too soon do not count.
    """
    came = rows(counted.arrivals)
    longest = max((number(row["longest"]) for row in came), default=0.0) / MONTH_DAYS
    seen = longest if counted.months_watched is None else min(longest, counted.months_watched)
    months = min(int(seen), 12)
    by_month = np.zeros(12)
    for row in came:
        if 0 <= row["ago"] < 12:
            by_month[int(row["ago"])] += whole(row["n"])
    gap = months - int(np.max(np.flatnonzero(by_month[:months]), initial=-1)) - 1
    if 0 < gap < months and gap * by_month[:months].sum() / (months - gap) > UNLIKELY:
        months -= gap
    if counted.months_of_buying is not None:
        months = min(months, max(int(counted.months_of_buying) - LOOK_BACK_MONTHS, LEAST_MONTHS))
    return months, float(months) if months else max(seen, 0.25)


def _share_new(arrivals: pd.DataFrame, months: int) -> float:
    """Of deals whose customer is known, those of customers that had not bought: in these last months, else ever."""
    told = rows(arrivals)
    for latest in (months, np.inf):
        n = {
            standing: sum(whole(row["n"]) for row in told if row["standing"] == standing and row["ago"] < latest)
            for standing in ("new", "known")
        }  # fmt: skip
        if sum(n.values()):
            return n["new"] / sum(n.values())
    return 1.0


def _worth(won: list[tuple[Row, float]]) -> tuple[float, float, float] | None:
    """What a won deal is worth, the standard error of that, and its size by money: of the last two years, where that is enough."""
    for recent in (True, False):
        kept = [(row, weight) for row, weight in won if row["is_recent"] or not recent]
        n = sum(whole(row["known"]) * weight for row, weight in kept)
        total, squares = (
            sum(number(row[name]) * weight for row, weight in kept) for name in ("total", "squares")
        )  # fmt: skip
        if n >= (LEAST_CLOSED if recent else 1) and total > 0:
            mean = total / n
            variance = max(squares / n - mean**2, 0.0) * n / (n - 1) if n > 1.5 else mean**2
            return mean, float((variance / n) ** 0.5), squares / total
    return None


def _rate(arrivals: pd.DataFrame, share: float, draws: int, months: int, over: float) -> Floats:
    """Deals that come in a month, by draw.

    Their spread from month to month beyond chance makes the mean less sure: gamma variables of variance dispersion x mean / months.
    """
    own = np.zeros(max(months, 1))
    for row in rows(arrivals):
        if 0 <= row["ago"] < len(own) and row["standing"] != "known":
            own[int(row["ago"])] += whole(row["n"]) * (share if row["standing"] == "unlinked" else 1.0)
    mean = float(own.sum()) / over
    if mean <= 0:
        return np.zeros(draws)
    dispersion = max(1.0, float(own.var(ddof=1)) / mean) if months >= LEAST_MONTHS else 1.0
    return np.asarray(gamma(float(own.sum()) / dispersion, draws, 2)[0] * dispersion / over, dtype=np.float64)


def _begin(arrivals: pd.DataFrame, order: tuple[str, ...], share: float, draws: int, months: int) -> Floats:
    """At which stage deals begin, by draw: shares, the last of those won at once; what is lost at once is in none."""
    size = max(len(order), 1)
    if not order:
        return np.tile(np.append(np.ones(1), 0.0), (draws, 1))
    n = np.zeros(size + 2)  # stages, won, lost
    for row in rows(arrivals):
        if row["standing"] == "known" or not 0 <= row["ago"] < months:
            continue
        at = order.index(row["began"]) if row["began"] in order else {"won": size, "lost": size + 1}.get(row["began_outcome"], -1)  # fmt: skip
        if at >= 0:
            n[at] += whole(row["n"]) * (share if row["standing"] == "unlinked" else 1.0)
    if n.sum() <= 0:
        n[0] = 1.0
    return shares(n, draws, 3)[:, : size + 1]


def _ratios(counted: Counted, order: tuple[str, ...], share: float, draws: int) -> Floats:
    """How large won deals are beside those that were decided, by draw and stage they came to: whether larger ones win less.

    Drawn near 1 the more, the less is known: the logarithm has a normal prior of spread `RATIO_SPREAD`.
    """
    own = rows(counted.stage_amounts) if order else [row | {"stage": ""} for row in rows(counted.amounts)]
    found = np.ones((draws, max(len(order), 1)))
    for place, name in enumerate(order or ("",)):
        n, total, squares = np.zeros(2), np.zeros(2), np.zeros(2)
        for row in own:
            if row["stage"] == name and row["status"] in ("won", "lost"):
                at, weight = int(row["status"] == "lost"), share if row["standing"] == "unlinked" else 1.0
                n[at] += whole(row["known"]) * weight
                total[at] += number(row["total"]) * weight
                squares[at] += number(row["squares"]) * weight
        if (n <= 0).any() or (total <= 0).any():
            continue
        mean = total / n
        spread = np.maximum(squares / n / mean**2 - 1, 0.0)
        part = 1 - total[0] / total.sum()  # a change of the mean of won deals moves that of decided ones too
        log = np.log(mean[0] * n.sum() / total.sum())
        variance = part**2 * float((np.where(n >= 2, spread, 1.0) / n).sum())
        weight = RATIO_SPREAD**2 / (RATIO_SPREAD**2 + variance) if variance > 0 else 1.0
        half = np.random.default_rng([1, 4, place]).standard_normal(draws // 2)
        z = np.concatenate((half, -half))
        found[:, place] = np.exp(log * weight + z * (weight * variance) ** 0.5)
    return found
