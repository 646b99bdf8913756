"""How long open deals have been at their stage, after how many days that is too long, and what deals do from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.funnel import FATES
from analytics.incidence import quantile_of_those
from analytics.rows import rows, whole
from analytics.survival import LEAST_AT_RISK, CompetingRisks, Lengths, aalen_johansen
from analytics.time_in_stage import MINUTES_A_DAY, NEGATIVE, OF_MANY_GROUPS, UNTIMED, is_told, visits
from data.tables import Tables

ADVANCED = FATES.index("advanced")
# Of the deals that move on from a stage, so many have done so by the threshold; it takes so many to learn it.
SHARE, LEAST_ADVANCED = 0.9, 10
LEAST_DAYS, DEFAULT_DAYS = 7.0, 30.0
AHEAD_DAYS, PLANNED_DAYS = 30, 14
MOST_UNSEEN = 0.05

Place = tuple[Any, Any]  # pipeline, stage


class Chance(NamedTuple):
    """A chance with its 95% interval, and of how many visits it is told; None where they are too few."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NO_CHANCE = Chance(None, None, None, 0)


@dataclass(frozen=True)
class Threshold:
    """After how many days a deal at a stage is stalled, and what deals at that stage do.

    `advanced` moved on after a time that a file gave; `risks` is None where too few did.
    """

    days: float
    is_learnt: bool = False
    advanced: int = 0
    risks: CompetingRisks | None = None
    stage_order: int = 0

    def chances(self, ages: Iterable[float | None], ahead: float = AHEAD_DAYS) -> list[Chance]:
        """The chance that a deal that has been there for each of `ages` days moves on within `ahead` more.

        Told where at least 10 visits had lasted as long, and to the end of that time 10, or half of those still there by
        then, were followed; or where the share still there when they became fewer is 5% at most. The Aalen-Johansen estimate
        of those still there, with Wilson's interval on the effective number.
        """
        if self.risks is None:
            return [NO_CHANCE for _age in ages]
        told: dict[tuple[int, int], Chance] = {}
        found = []
        for age in ages:
            if age is None:
                found.append(NO_CHANCE)
                continue
            start, end = np.searchsorted(self.risks.durations, [age, age + ahead], side="right").tolist()
            start = start if age > 0 else 0  # who comes now may be gone at once
            if (start, end) not in told:
                told[start, end] = _chance(self.risks, start, end, age + ahead)
            found.append(told[start, end])
        return found


def _chance(risks: CompetingRisks, start: int, end: int, until: float) -> Chance:
    """The chance of the visits with the durations from place `start` on to have moved on by `until`, before place `end`."""
    left = aalen_johansen(risks.durations[start:], risks.events[start:], risks.censored[start:])
    n = int(left.n)
    if n < LEAST_AT_RISK:
        return Chance(None, None, None, n)
    if _unseen(left, end - start) > MOST_UNSEEN:
        return Chance(None, None, None, n)
    value = left.incidence_at(until, ADVANCED)
    low, high = left.interval(until, ADVANCED)
    return Chance(value, min(low or 0.0, value), max(high or 0.0, value), n)


def _unseen(left: CompetingRisks, within: int) -> float:
    """The chance to be still there when too few were followed any longer, before the duration at place `within`; 0 if never."""
    still = float(left.survival[within - 1]) if within else 1.0
    followed = left.n - float(left.of_any[:within].sum() + left.censored[:within].sum())
    if followed >= min(LEAST_AT_RISK, left.n * still / 2):
        return 0.0
    at_risk = left.at_risk[:within]
    enough = (at_risk >= LEAST_AT_RISK) | (at_risk >= left.n * left.survival_before[:within] / 2)
    return float(left.survival[np.flatnonzero(enough)[-1]])


@dataclass(frozen=True)
class Stalls:
    """The open deals and the thresholds of their stages; `overrides` by stage go before what is learnt.

    Thresholds are learnt of all deals of the pipeline, whatever the other filters; periods do not matter.
    """

    tables: Tables
    filters: Filters
    overrides: Mapping[str, float] = field(default_factory=dict)
    default: float = DEFAULT_DAYS

    def asks(self) -> dict[str, ir.Table]:
        """What thresholds are learnt from."""
        everyone = visits(self.tables, replace(self.all_times, where=()), steps=OF_MANY_GROUPS)
        keys = ["pipeline", "stage", "fate", "is_recorded", "length"]
        return {"lengths": everyone.agg(n=_.count(), stage_order=_.stage_order.min(), by=keys)}

    @property
    def all_times(self) -> Filters:
        """The filters without their period."""
        return replace(self.filters, since=None, until=None)

    def thresholds(self, lengths: pd.DataFrame) -> dict[Place, Threshold]:
        """The threshold of each stage, from the rows of `lengths`, in the order of stages."""
        took = Lengths.by(lengths.rename(columns={"length": "hours"}), ["pipeline", "stage"], "fate", FATES)
        found = {}
        for place, counts in _counted(lengths).items():
            known = took[place].known
            advanced = int(known.counts[:, ADVANCED].sum()) if is_told(counts) else 0
            learnt, risks = None, None
            if advanced >= LEAST_ADVANCED:
                risks = aalen_johansen(known.hours / MINUTES_A_DAY, known.counts[:, :-1], known.counts[:, -1])
                horizon = risks.horizon()
                learnt = None if horizon is None else quantile_of_those(risks, ADVANCED, SHARE, horizon)
            own = self.overrides.get(place[1])
            days = own if own is not None else self.default if learnt is None else max(LEAST_DAYS, learnt)
            is_learnt = own is None and learnt is not None
            found[place] = Threshold(days, is_learnt, advanced, risks, whole(counts["stage_order"]))
        return dict(sorted(found.items(), key=lambda each: (str(each[0][0]), each[1].stage_order, str(each[0][1]))))

    def threshold(self, found: Mapping[Place, Threshold], place: Place) -> Threshold:
        """The threshold of a stage, learnt or not."""
        own = self.overrides.get(place[1])
        return found.get(place) or Threshold(self.default if own is None else own)

    def open_deals(self, found: Mapping[Place, Threshold]) -> ir.Table:
        """The deals still at an open stage, one row each: the columns of `deals` and `stage_order, entered_at, visit`;

        `threshold_days` is that of its stage; `age_days` is null where nothing says since when they are there, `quiet_days` where no activity or change is known;
        `is_planned`, `is_past`: for longer than the threshold there, or where that is not known, quiet for longer;
        `is_stalled`: past it with nothing planned.
        """
        filters = self.all_times
        now = ibis.timestamp(filters.now)
        stays = filters.stage_entries(self.tables).filter((_.outcome == "open") & (_.fate == "still") & ~_.is_skipped)
        deals = filters.deals(self.tables).filter(_.status == "open")
        age = filters.days(now, stays.entered_at)
        stays = stays.select(
            "stage", "stage_order", "entered_at", "visit", of_deal=_.deal_no, age_days=_not_below_0(age)
        )
        last = ibis.date(filters.as_of + timedelta(days=PLANNED_DAYS))
        is_planned = (_.next_activity_on >= ibis.date(filters.as_of)) & (_.next_activity_on <= last)
        there = deals.drop("stage").inner_join(stays, [("deal_no", "of_deal")]).drop("of_deal")
        quiet = filters.days(now, there.last_activity_at.coalesce(there.last_modified_at))
        there = there.mutate(is_planned=is_planned.fill_null(False), quiet_days=_not_below_0(quiet))
        there = there.mutate(threshold_days=self._days(found))
        is_past = _.age_days.coalesce(_.quiet_days) > _.threshold_days
        there = there.mutate(is_past=is_past.fill_null(False))
        return there.mutate(is_stalled=there.is_past & ~there.is_planned)

    def _days(self, found: Mapping[Place, Threshold]) -> ir.Value:
        cases = [
            ((_.pipeline == pipeline) & (_.stage == stage), each.days) for (pipeline, stage), each in found.items()
        ]
        cases += [(_.stage == stage, own) for stage, own in self.overrides.items()]
        return ibis.cases(*cases, else_=self.default) if cases else ibis.literal(self.default)


def _not_below_0(days: ir.FloatingValue) -> ir.FloatingValue:
    return (days >= 0).ifelse(days, ibis.null("float64"))


def _counted(lengths: pd.DataFrame) -> dict[Place, dict[str, Any]]:
    """Of each stage, how many visits there are, and how many of them have no times that a file gave."""
    n = lengths["n"]
    counted = lengths.assign(
        visits=n,
        assumed=n.where(~lengths["is_recorded"].astype(bool), 0),
        untimed=n.where(lengths["length"] == UNTIMED, 0),
        negative=n.where(lengths["length"] == NEGATIVE, 0),
    ).groupby(["pipeline", "stage"], dropna=False, sort=False)
    sums = counted[["visits", "assumed", "untimed", "negative"]].sum()
    both = sums.assign(stage_order=counted["stage_order"].min()).reset_index()
    return {(row["pipeline"], row["stage"]): row for row in rows(both)}
