"""Whether deals that were touched more often in their first days are won more often afterwards."""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.chance_to_win import FINE_HOURS, KINDS, NONE, against_others, chance, common_horizon
from analytics.contacts import chosen_deals, told_hours, usable_activities
from analytics.contacts import touches as touches_of
from analytics.filters import Filters
from analytics.intervals import share
from analytics.question import Answers, Question
from analytics.rows import MICROSECONDS_A_DAY, Row, frame, rows, whole, with_q_values
from analytics.survival import Lengths
from data.tables import Tables

COLUMNS = (
    "touches", "within_days", "n", "won", "lost", "undecided", "chance", "low", "high", "horizon_days", "difference",
    "difference_low", "difference_high", "p_value", "q_value", "tests", "mean_touches", "ended_before", "too_young", "undated",
    "negative", "activities",
)  # fmt: skip
BANDS = ("0", "1-2", "3-5", "6-10", "11+")
BAND_ENDS = (0, 2, 5, 10)
DAYS = 30.0


def touches(tables: Tables, filters: Filters, days: float = DAYS) -> Question:
    """One row a band of the number of activities done in a deal's first `days`. Columns: `COLUMNS`.

    Only deals still open at that age are compared, by the chance to be won afterwards: a deal that ended sooner had less time to
    be touched (immortal time: van Houwelingen 2007). `ended_before` and `too_young` count the others. Each band is compared with
    all other bands together. The period bounds creation.
    """
    deals = _counted(tables, filters, days)
    reached = deals.filter((_.state == "usable") & (_.life >= days * 24))
    lengths = reached.mutate(hours=told_hours(_.life, FINE_HOURS + int(days * 24)))
    asks = {
        "activities": usable_activities(tables),
        "states": deals.mutate(is_old=(_.life >= days * 24).fill_null(False)).agg(
            n=_.count(), by=["state", "status", "is_old"]
        ),
        "lengths": lengths.agg(n=_.count(), touched=_.touched.sum(), by=["band", "status", "hours"]),
    }
    return Question(asks, partial(_rows, days=days))


def open_deals_by_touches(tables: Tables, filters: Filters, band: str, days: float = DAYS) -> ir.Table:
    """The open deals with so many activities in their first `days` (so far, where younger), largest first, with `touched`."""
    found = _counted(tables, filters, days)
    found = found.filter((_.state == "usable") & (_.status == "open") & (_.band == band))
    return found.mutate(days=_.life / 24).order_by(_.amount.desc(nulls_first=False), "deal_id")


def _counted(tables: Tables, filters: Filters, days: float) -> ir.Table:
    """The deals with how often each was `touched` in its first `days`, and the `band` of that."""
    deals = chosen_deals(tables, filters)
    each = touches_of(tables, filters, deals).filter(~_.is_early)
    each = each.inner_join(deals.select(no="deal_no", born="created_at"), [("of_deal", "no")])
    within = each.filter(filters.microseconds(each.moment, each.born) <= round(days * MICROSECONDS_A_DAY))
    counted = within.agg(touched=_.count(), by=_.of_deal.name("touched_no"))
    deals = deals.left_join(counted, [("deal_no", "touched_no")]).drop("touched_no")
    deals = deals.mutate(
        touched=_.touched.fill_null(0),
        state=ibis.cases((deals.is_undated, "undated"), (deals.is_negative, "negative"), else_="usable"),
    )
    ends = [(_.touched <= most, band) for band, most in zip(BANDS[:-1], BAND_ENDS, strict=True)]
    return deals.mutate(band=ibis.cases(*ends, else_=BANDS[-1]))


def _rows(answers: Answers, days: float) -> pd.DataFrame:
    states = rows(answers["states"])

    def n(**marks: object) -> int:
        return sum(whole(row["n"]) for row in states if all(row[name] == mark for name, mark in marks.items()))

    young = n(state="usable", status="open", is_old=False)
    shared: Row = {
        "within_days": days, "undated": n(state="undated"), "negative": n(state="negative"), "too_young": young,
        "ended_before": n(state="usable", is_old=False) - young, "activities": whole(answers["activities"]["activities"].iloc[0]),
    }  # fmt: skip
    lengths = answers["lengths"]
    after = lengths.assign(hours=(lengths["hours"] - days * 24).astype("int64"))
    known = Lengths.by(after, ["band"], "status", KINDS)
    groups = {band: known.get((band,), NONE) for band in BANDS}
    horizon = common_horizon(list(groups.values()))
    compared = against_others(groups, horizon)
    touched = lengths.groupby("band")["touched"].sum()
    found: list[Row] = [
        shared | {"touches": band, "mean_touches": share(float(touched.get(band, 0)), groups[band].n), "p_value": compared[band][1]}
        | chance(groups[band], horizon) | compared[band][0]
        for band in BANDS
    ]  # fmt: skip
    with_q_values(found, [row["p_value"] for row in found])
    return frame(found, COLUMNS)
