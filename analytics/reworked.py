"""The visits of deals that came back to a stage: how many there are, how long they last and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.against_rest import restricted_means
from analytics.filters import Filters
from analytics.findings import FOLLOWED_DAYS, Search, followed_from
from analytics.funnel import FATES, Counting
from analytics.question import Answers
from analytics.references import WHOLE
from analytics.rows import rows
from analytics.segment_pairs import Groups, Pair
from analytics.stays import entries
from analytics.survival import LEAST_AT_RISK, Lengths


def repeats(search: Search, answers: Answers) -> dict[str, ir.Table]:
    """By stage and group, the visits after the first: how many deals came back, how long they then stay, what they are worth."""
    places = search.fit(answers)
    deals = search.with_values(places)
    coded = deals.select(of_deal=deals.deal_no, **{f"f{place}": search.code(deals, place) for place in places})
    every = _visits(search, replace(search.filters, where=()))
    end = (_.fate == "still").ifelse(ibis.timestamp(search.filters.now), _.left_at)
    taken = search.filters.hours(end, _.entered_at).fill_null(-1)
    again = every.filter(_.visit > 1).mutate(hours=(taken < 0).ifelse(-1, taken - taken % 24))
    first = every.filter(_.visit == 1).select(
        first_no=_.deal_no, first_in=_.pipeline, first_stage=_.stage, first_at=_.entered_at
    )
    again = again.inner_join(coded, [("deal_no", "of_deal")]).left_join(
        first, [("deal_no", "first_no"), ("pipeline", "first_in"), ("stage", "first_stage")]
    )
    # Of deals that were all followed for as long: those that came lately had less time to come back.
    in_time = (again.first_at < followed_from(search.filters)) & (
        again.entered_at <= again.first_at + ibis.interval(days=FOLLOWED_DAYS)
    )
    parts = [
        again.agg(
            n=again.count(), deals=again.count(where=(again.visit == 2) & in_time.fill_null(False)), known=again.deal_amount.count(),
            amount=again.deal_amount.sum(), squares=(again.deal_amount * again.deal_amount).sum(),
            by=["stage", "fate", "hours", again[f"f{place}"].name("code")],
        ).mutate(place=ibis.literal(place))
        for place in places
    ]  # fmt: skip
    # A group's visits are divided by the days of those let through, not of all there are.
    spans = _visits(search, search.filters).agg(first=_.entered_at.min(), last=_.entered_at.max(), by="stage")
    return {"spans": spans} | ({"again": ibis.union(*parts) if len(parts) > 1 else parts[0]} if parts else {})


def _visits(search: Search, filters: Filters) -> ir.Table:
    """Every visit of an open stage, the first ones too."""
    return entries(search.tables, filters, Counting()).filter((_.outcome == "open") & ~_.is_skipped)


Returned = Mapping[tuple[int, str | None], Mapping[int, float]]  # deals by code, of a field at a stage


def came_back(again: pd.DataFrame | None) -> Returned:
    """How many deals came back in time, by the place of the field, the stage and the code of the value."""
    return _summed(again, "deals")


def followed(counted: pd.DataFrame) -> Returned:
    """How many deals were followed long enough to tell, by the same."""
    return _summed(counted[counted["place"] >= 0], "followed")


def _summed(counted: pd.DataFrame | None, column: str) -> Returned:
    found: dict[tuple[int, str | None], dict[int, float]] = {}
    if counted is not None:
        summed = counted.groupby(["place", "stage", "code"], as_index=False)[column].sum()
        columns = (summed[name].tolist() for name in ("place", "stage", "code", column))
        for place, stage, code, deals in zip(*columns, strict=True):
            found.setdefault((place, stage), {})[code] = float(deals)
    return found


def returned(again: Returned, groups: Groups) -> NDArray[np.float64]:
    """How many deals of each group came back, or were followed."""
    if groups.place == WHOLE:
        place = min((place for place, _stage in again), default=0)
        return np.array([sum(again.get((place, groups.stage), {}).values())])
    back = again.get((groups.place, groups.stage), {})
    return np.array([back.get(code, 0.0) for code in groups.codes.tolist()])


def of_group(counted: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """The rows of a pair's group at its stage; of a whole stage those by any one field."""
    places = counted["place"].to_numpy()
    fields = places[places >= 0]
    chosen = fields.min() if pair.place == WHOLE and len(fields) else pair.place
    kept = (places == chosen) & (counted["stage"] == pair.stage).to_numpy()
    return counted[kept] if pair.place == WHOLE else counted[kept & (counted["code"] == pair.code).to_numpy()]


Lasted = tuple[
    float, float, float
]  # how long visits last on average, its standard error, the longest time counted; days


def lasted(again: pd.DataFrame | None) -> dict[tuple[int, str | None, int], Lasted]:
    """How long the repeated visits last, by the place of the field, the stage and the code; of whole stages too.

    Groups of which too few are known to tell are not there.
    """
    if again is None or again.empty:
        return {}
    keys = ["place", "stage", "code"]
    first = again[again["place"] == again["place"].min()].assign(place=WHOLE, code=0)
    first = first.groupby([*keys, "fate", "hours"], as_index=False, dropna=False)["n"].sum()
    found = {}
    for key, lengths in Lengths.by(pd.concat([again, first]), keys, "fate", FATES).items():
        known = lengths.known
        if known.n >= LEAST_AT_RISK:
            days, error, within = (float(each[0]) for each in restricted_means(known.counts[None], known.days))
            if days == days:
                found[key] = days, error, within
    return found


def spans(search: Search, frame: pd.DataFrame) -> dict[str | None, float]:
    """The days from the first visit of each stage to the last one."""
    timed = (each for each in rows(frame) if each["last"] is not None and each["first"] is not None)
    return {each["stage"]: search.days_between(each["last"], each["first"]) for each in timed}
