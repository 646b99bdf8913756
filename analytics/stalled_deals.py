"""Open deals that have been at their stage for longer than deals that moved on from it usually took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.funnel import FATES
from analytics.incidence import quantile_of_those
from analytics.push_rate import pushes_of
from analytics.question import Answers, Question
from analytics.rows import Row, days, frame, rows, whole
from analytics.survival import CompetingRisks, Lengths, aalen_johansen
from analytics.time_in_stage import MINUTES_A_DAY, OF_MANY_GROUPS, visits
from data.tables import Tables

COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "pipeline", "stage", "entered_at", "age_days", "threshold_days", "is_learnt",
    "chance_30d", "amount", "currency", "reasons", "overdue_days", "quiet_days", "pushes", "planned", "undated",
)  # fmt: skip
ADVANCED = FATES.index("advanced")
# Of the deals that move on from a stage, so many have done so by the threshold; it takes so many to learn it.
SHARE, LEAST_ADVANCED = 0.9, 10
LEAST_DAYS, DEFAULT_DAYS = 7.0, 30.0
AHEAD_DAYS, PLANNED_DAYS, QUIET_DAYS = 30, 14, 30

Place = tuple[Any, Any]  # pipeline, stage


@dataclass(frozen=True)
class Threshold:
    """After how many days a deal at a stage is stalled, and what deals at that stage do; `risks` is None where too few moved on."""

    days: float
    is_learnt: bool
    risks: CompetingRisks | None = None

    def chance(self, age: float, ahead: float = AHEAD_DAYS) -> float | None:
        """The chance that a deal that has been there for `age` days moves on within `ahead` more; None where too few were followed."""
        if self.risks is None:
            return None
        horizon = self.risks.horizon()
        place = int((self.risks.durations <= age).sum()) - 1
        still = float(self.risks.survival[place]) if place >= 0 else 1.0
        if horizon is None or age >= horizon or still <= 0:
            return None
        until = min(age + ahead, horizon)
        return (self.risks.incidence_at(until, ADVANCED) - self.risks.incidence_at(age, ADVANCED)) / still


def stalled_deals(
    tables: Tables, filters: Filters, overrides: Mapping[str, float] | None = None, default: float = DEFAULT_DAYS
) -> Question:
    """One row a stalled deal, those with most money first. Columns: `COLUMNS`.

    A deal is stalled once it has been at its open stage for longer than the threshold: the time by which 90% of the deals that
    ever move on from the stage have done so, losing and going back as competing ends and open deals censored, and at
    least 7 days; `overrides` by stage go before, and `default` days serve where fewer than 10 moved on. Deals with an activity
    planned within 14 days are not stalled: `planned` counts them. `undated` are open deals of which nothing says since when
    they are at their stage. Thresholds are learnt of all deals of the pipeline, whatever the other filters; periods do not matter.
    """
    filters = replace(filters, since=None, until=None)
    everyone = visits(tables, replace(filters, where=()), steps=OF_MANY_GROUPS)
    lengths = everyone.agg(n=_.count(), by=["pipeline", "stage", "fate", "length"])
    there = _open_visits(tables, filters)
    told = dict(overrides or {})

    def stalled(answers: Answers) -> dict[str, ir.Table]:
        found = thresholds(answers["lengths"], told, default)
        slow = there.mutate(threshold=_threshold_sql(found, told, default))
        slow = slow.filter(_.age_days > _.threshold)
        return {
            "stalled": _with_reasons(slow.filter(~_.is_planned), tables, filters),
            "planned": slow.agg(planned=_.is_planned.sum()),
        }

    asks = {"lengths": lengths, "undated": there.agg(undated=_.age_days.isnull().sum())}
    return Question(asks, partial(_rows, overrides=told, default=default), (stalled,))


def thresholds(lengths: pd.DataFrame, overrides: Mapping[str, float], default: float) -> dict[Place, Threshold]:
    """The threshold of each stage, from rows of `pipeline, stage, fate, length` (minutes) and `n`."""
    found = {}
    for place, every in Lengths.by(
        lengths.rename(columns={"length": "hours"}), ["pipeline", "stage"], "fate", FATES
    ).items():
        known = every.known
        learnt, risks = None, None
        if known.n and known.counts[:, ADVANCED].sum() >= LEAST_ADVANCED:
            risks = aalen_johansen(known.hours / MINUTES_A_DAY, known.counts[:, :-1], known.counts[:, -1])
            horizon = risks.horizon()
            learnt = None if horizon is None else quantile_of_those(risks, ADVANCED, SHARE, horizon)
        own = overrides.get(place[1])
        if own is not None:
            found[place] = Threshold(own, False, risks)
        elif learnt is not None:
            found[place] = Threshold(max(LEAST_DAYS, learnt), True, risks)
        else:
            found[place] = Threshold(default, False, risks)
    return found


def _open_visits(tables: Tables, filters: Filters) -> ir.Table:
    """The deals still at an open stage, one row each, with `age_days` (null where nothing says since when) and `is_planned`."""
    now = ibis.timestamp(filters.now)
    stays = filters.stage_entries(tables).filter((_.outcome == "open") & (_.fate == "still") & ~_.is_skipped)
    deals = filters.deals(tables).filter(_.status == "open")
    age = days(now, stays.entered_at)
    stays = stays.select(
        "stage", "entered_at", "visit", of_deal=_.deal_no, age_days=(age >= 0).ifelse(age, ibis.null("float64"))
    )
    last = ibis.date(filters.as_of + timedelta(days=PLANNED_DAYS))
    is_planned = (_.next_activity_on >= ibis.date(filters.as_of)) & (_.next_activity_on <= last)
    return (
        deals.drop("stage")
        .inner_join(stays, [("deal_no", "of_deal")])
        .drop("of_deal")
        .mutate(is_planned=is_planned.fill_null(False))
    )


def _threshold_sql(found: Mapping[Place, Threshold], overrides: Mapping[str, float], default: float) -> ir.Value:
    cases = [((_.pipeline == pipeline) & (_.stage == stage), each.days) for (pipeline, stage), each in found.items()]
    cases += [(_.stage == stage, own) for stage, own in overrides.items()]
    return ibis.cases(*cases, else_=default) if cases else ibis.literal(default)


def _with_reasons(stalled: ir.Table, tables: Tables, filters: Filters) -> ir.Table:
    """What else is known of why a deal waits: days past its expected close, days without activity, how often it was put off."""
    now = ibis.timestamp(filters.now)
    last = stalled.last_activity_at.coalesce(stalled.last_modified_at)
    stalled = stalled.mutate(
        overdue_days=ibis.date(filters.as_of).delta(stalled.expected_close_on, unit="day"), quiet_days=days(now, last)
    )
    pushed = pushes_of(tables, filters, stalled)
    contacts = tables.contacts.filter(_.customer_id.notnull()).agg(
        contacts=_.count(), by=_.customer_id.name("contact_of")
    )
    return (
        stalled.left_join(pushed, [("deal_id", "of_deal")])
        .left_join(contacts, [("customer_id", "contact_of")])
        .select(
            "deal_id", "deal_name", "customer", "owner", "pipeline", "stage", "entered_at", "age_days", "amount", "currency",
            "overdue_days", "quiet_days", "pushes", "visit", "contacts",
        )
        .order_by(_.amount.desc(nulls_first=False), "deal_id")
    )  # fmt: skip


def _rows(answers: Answers, overrides: Mapping[str, float], default: float) -> pd.DataFrame:
    found = thresholds(answers["lengths"], overrides, default)
    shared: Row = {
        "planned": whole(_only(answers["planned"], "planned")), "undated": whole(_only(answers["undated"], "undated"))
    }  # fmt: skip
    listed = []
    for row in rows(answers["stalled"]):
        own = overrides.get(row["stage"])
        threshold = found.get((row["pipeline"], row["stage"])) or Threshold(default if own is None else own, False)
        overdue, quiet = row["overdue_days"], row["quiet_days"]
        is_quiet = quiet is not None and quiet >= QUIET_DAYS
        reasons = {
            "slow": True, "overdue": overdue is not None and overdue > 0, "quiet": is_quiet, "pushed": whole(row["pushes"]) > 0,
            "returned": whole(row["visit"]) > 1, "single_contact": row["contacts"] == 1,
        }  # fmt: skip
        listed.append(
            row | shared
            | {
                "threshold_days": threshold.days, "is_learnt": threshold.is_learnt, "chance_30d": threshold.chance(row["age_days"]),
                "reasons": [name for name, holds in reasons.items() if holds], "pushes": whole(row["pushes"]),
                "overdue_days": overdue if overdue is not None and overdue > 0 else None,
            }
        )  # fmt: skip
    return frame(listed, COLUMNS)


def _only(answer: pd.DataFrame, name: str) -> Any:
    value = answer[name].iloc[0]
    return None if pd.isna(value) else value
