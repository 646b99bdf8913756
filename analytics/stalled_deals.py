"""Open deals that have been at their stage for longer than deals that moved on from it usually took."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import share
from analytics.push_rate import pushes_of
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from analytics.stall_thresholds import DEFAULT_DAYS, Stalls, Threshold
from data.tables import Tables

COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "pipeline", "stage", "entered_at", "age_days", "threshold_days", "is_learnt",
    "chance_30d", "chance_low", "chance_high", "chance_n", "amount", "currency", "reasons", "expected_close_on", "overdue_days",
    "quiet_days", "pushes", "planned", "undated",
)  # fmt: skip
REASON_COLUMNS = ("wait_reason", "stalled", "value_stalled", "value_known", "currency")
QUIET_DAYS = 30
Reason = Literal["slow", "quiet", "overdue", "pushed", "returned", "single_contact"]
REASONS: tuple[Reason, ...] = ("slow", "quiet", "overdue", "pushed", "returned", "single_contact")
Order = Literal["money", "age"]


def stalled_deals(
    tables: Tables,
    filters: Filters,
    overrides: Mapping[str, float] | None = None,
    default: float = DEFAULT_DAYS,
    owner: str | None = None,
    reason: Reason | None = None,
    order: Order = "money",
    most: int | None = None,
) -> Question:
    """One row a stalled deal, those with most money first. Columns: `COLUMNS`.

    A deal is stalled once it has been at its open stage for longer than the threshold: the time by which 90% of the deals that
    ever move on from the stage have done so, losing and going back as competing ends and open deals censored, and at
    least 7 days; `overrides` by stage go before, and `default` days serve where fewer than 10 moved on, or no file told when.
    Where nothing says since when a deal is at its stage (`undated` counts them), it is stalled once it was quiet for as long.
    Deals with an activity planned within 14 days are not stalled: `planned` counts them. Thresholds are learnt of all deals of
    the pipeline, whatever the other filters; periods do not matter. `owner` ("" for none) and `reason` choose among the
    stalled deals, `most` lists so many of them; `order` "age" has those longest past their threshold first.
    """
    stalls = Stalls(tables, filters, dict(overrides or {}), default)

    def stalled(answers: Answers) -> dict[str, ir.Table]:
        found = stalls.thresholds(answers["lengths"])
        there = stalls.open_deals(found)
        listed = _chosen(_with_reasons(there.filter(_.is_stalled), stalls), owner, reason)
        first = [_.amount.desc(nulls_first=False)] if order == "money" else []
        listed = listed.order_by(*first, _.past_days.desc(), "deal_id")
        return {
            "stalled": listed if most is None else listed.limit(most),
            "counts": there.agg(planned=(_.is_past & _.is_planned).sum(), undated=_.age_days.isnull().sum()),
        }

    return Question(stalls.asks(), partial(_rows, stalls), (stalled,))


def stalled_reasons(
    tables: Tables,
    filters: Filters,
    overrides: Mapping[str, float] | None = None,
    default: float = DEFAULT_DAYS,
    owner: str | None = None,
) -> Question:
    """One row a currency and reason why deals wait, and one without a reason for all stalled deals. Columns: `REASON_COLUMNS`.

    A deal can have several reasons. Arguments as of `stalled_deals`.
    """
    stalls = Stalls(tables, filters, dict(overrides or {}), default)

    def stalled(answers: Answers) -> dict[str, ir.Table]:
        there = stalls.open_deals(stalls.thresholds(answers["lengths"]))
        listed = _chosen(_with_reasons(there.filter(_.is_stalled), stalls), owner, None)
        return {
            "reasons": listed.agg(n=_.count(), money=_.amount.sum(), known=_.amount.count(), by=[*REASONS, "currency"])
        }

    return Question(stalls.asks(), _reason_rows, (stalled,))


def _with_reasons(stalled: ir.Table, stalls: Stalls) -> ir.Table:
    """What is known of why a deal waits: each of `REASONS` as a column, and what they are told by."""
    tables, filters = stalls.tables, stalls.filters
    overdue = ibis.date(filters.as_of).delta(stalled.expected_close_on, unit="day")
    stalled = stalled.mutate(overdue_days=(overdue > 0).ifelse(overdue, ibis.null("int64")))
    pushed = pushes_of(tables, stalls.all_times, stalled)
    contacts = tables.contacts.filter(_.customer_id.notnull()).agg(
        contacts=_.count(), by=_.customer_id.name("contact_of")
    )
    found = stalled.left_join(pushed, [("deal_id", "of_deal")]).left_join(contacts, [("customer_id", "contact_of")])
    is_dated = found.age_days.notnull()
    found = found.mutate(
        slow=is_dated, quiet=~is_dated | (_.quiet_days >= QUIET_DAYS), overdue=_.overdue_days.notnull(),
        pushed=_.pushes > 0, returned=_.visit > 1, single_contact=_.contacts == 1, pushes=_.pushes.fill_null(0),
        past_days=_.age_days.coalesce(_.quiet_days) - _.threshold_days,
    )  # fmt: skip
    return found.mutate(**{name: found[name].fill_null(False) for name in REASONS}).select(
        "deal_id", "deal_name", "customer", "owner", "pipeline", "stage", "entered_at", "age_days", "amount", "currency",
        "expected_close_on", "overdue_days", "quiet_days", "pushes", "past_days", *REASONS,
    )  # fmt: skip


def _chosen(stalled: ir.Table, owner: str | None, reason: Reason | None) -> ir.Table:
    if owner is not None:
        stalled = stalled.filter(_.owner == owner if owner else _.owner.isnull())
    return stalled if reason is None else stalled.filter(_[reason])


def _rows(stalls: Stalls, answers: Answers) -> pd.DataFrame:
    found = stalls.thresholds(answers["lengths"])
    counts = rows(answers["counts"])[0]
    shared: Row = {name: whole(counts[name]) for name in ("planned", "undated")}
    listed = [row | shared for row in rows(answers["stalled"])]
    by_place: dict[tuple[Any, Any], list[Row]] = {}
    for row in listed:
        by_place.setdefault((row["pipeline"], row["stage"]), []).append(row)
        row["reasons"] = [name for name in REASONS if row[name]]
    for place, here in by_place.items():
        threshold = stalls.threshold(found, place)
        for row, chance in zip(here, threshold.chances(row["age_days"] for row in here), strict=True):
            row |= threshold_columns(threshold) | dict(zip(CHANCE, chance, strict=True))
    return frame(listed, COLUMNS)


CHANCE = ("chance_30d", "chance_low", "chance_high", "chance_n")


def threshold_columns(threshold: Threshold) -> Row:
    """What an answer says of a threshold."""
    return {"threshold_days": threshold.days, "is_learnt": threshold.is_learnt}


def _reason_rows(answers: Answers) -> pd.DataFrame:
    cells = rows(answers["reasons"])
    found = []
    for currency in sorted({row["currency"] for row in cells}, key=lambda name: (name is None, str(name))):
        own = [row for row in cells if row["currency"] == currency]
        for reason in (None, *REASONS):
            part = [row for row in own if reason is None or row[reason]]
            if part:
                n, known = (sum(whole(row[name]) for row in part) for name in ("n", "known"))
                money = sum(number(row["money"]) for row in part) if known else None
                found.append(
                    {"wait_reason": reason, "stalled": n, "value_stalled": money, "value_known": share(known, n), "currency": currency}
                )  # fmt: skip
    return frame(found, REASON_COLUMNS)
