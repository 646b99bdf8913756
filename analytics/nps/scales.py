"""Answers on scales that are not NPS, each under its own name: CSAT, CES, 1 to 5, 1 to 10."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import mean_interval, share, wilson
from analytics.nps.answers import NPS, TABLE, chosen
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole
from data.messages import Message, say
from data.tables import Tables

COLUMNS = (
    "scale", "is_nps", "n", "scale_low", "scale_high", "off_scale", "mean_score", "mean_low", "mean_high", "top_from", "top_box_share",
    "top_low", "top_high", "bottom_to", "bottom_box_share", "bottom_low", "bottom_high", "lowest", "highest", "reason",
)  # fmt: skip
MOST_SCALES = 50
_BETWEEN = re.compile(r"^(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)$")
_TOPS = (5, 7, 10, 100)
# Scales of up to so many points are told by their two outer points on either side, those of fewer than five by one.
_MOST_POINTS, _LEAST_FOR_TWO = 11, 5
_OUTER = 0.2  # of longer ones, and of answers with a fraction, a fifth at either end


@dataclass(frozen=True)
class Scale:
    """A scale by its name and its ends, and from and up to where an answer is at its upper or lower end."""

    name: str
    low: float
    high: float
    top_from: float
    bottom_to: float


def survey_scales(tables: Tables, filters: Filters) -> Question:
    """A row a scale that answers are on, the one with most answers first; NPS is one of them. Columns: `COLUMNS`.

    The mean has Student's interval, shares have Wilson's. The top share is of the upper two points (CSAT: 4 and 5 of 5), of one on
    scales of fewer than five points, and of the upper fifth on longer ones; the bottom share likewise. Answers off the scale
    that its name gives are counted in `off_scale` and are in nothing else. What counts as an answer is as for NPS.
    """
    found = scored(tables, filters)
    known = found.group_by("scale").agg(
        n=_.count(), lowest=_.score.min(), highest=_.score.max(), is_whole=(_.score == _.score.floor()).all()
    )
    known = known.order_by(_.n.desc(), _.scale).limit(MOST_SCALES)

    def more(told: Answers) -> dict[str, ir.Table]:
        scales = [scale_of(row) for row in rows(told["known"])]
        return {"summed": _summed(found, scales)} if scales else {}

    def finish(told: Answers) -> pd.DataFrame:
        sums = {row["scale"]: row for row in rows(told["summed"])} if "summed" in told else {}
        return frame([_told(row, sums[row["scale"]]) for row in rows(told["known"])], COLUMNS)

    return Question({"known": known}, finish, (more,))


def scored(tables: Tables, filters: Filters) -> ir.Table:
    """The answers with a score, on whatever scale, that the filters and the period let through; of repeated ones the last."""
    now = ibis.timestamp(filters.now)
    found = tables[TABLE].filter(
        _.score.notnull(),
        (_.answered_at < now) | _.answered_at.isnull(),
        _.superseded_at.isnull() | (_.superseded_at >= now),
    )
    found = chosen(found, tables, filters)
    if filters.has_period:
        found = found.filter(filters.period_bounds(found.answered_at))
    return found.mutate(scale=found.scale.fill_null(""))


def scale_of(row: Mapping[str, Any]) -> Scale:
    """The scale of a row with `scale`, `lowest`, `highest` and `is_whole`: by its name, else by the answers there are."""
    name, lowest, highest = row["scale"], number(row["lowest"]), number(row["highest"])
    match = _BETWEEN.match(name)
    if name == NPS:
        low, high = 0.0, 10.0
    elif match and float(match[1]) < float(match[2]):
        low, high = float(match[1]), float(match[2])
    else:
        top = next((float(top) for top in _TOPS if highest <= top), highest)
        low, high = min(0.0 if lowest < 1 else 1.0, lowest), top
    points = high - low + 1
    if row["is_whole"] and points <= _MOST_POINTS:
        outer = 1 if points >= _LEAST_FOR_TWO else 0
        return Scale(name, low, high, high - outer, low + outer)
    return Scale(name, low, high, high - _OUTER * (high - low), low + _OUTER * (high - low))


def _summed(found: ir.Table, scales: list[Scale]) -> ir.Table:
    """One row a scale: what of its answers is on it, their sums, and how many are at its ends."""

    def of(column: str) -> ir.Value:
        return ibis.cases(
            *((_.scale == scale.name, ibis.literal(float(getattr(scale, column)))) for scale in scales),
            else_=ibis.null("float64"),
        )

    found = found.mutate(low=of("low"), high=of("high"), top=of("top_from"), bottom=of("bottom_to"))
    found = found.filter(_.low.notnull())
    is_on = (found.score >= found.low) & (found.score <= found.high)
    return found.group_by("scale").agg(
        on=is_on.sum(),
        total=found.score.sum(where=is_on),
        squares=(found.score * found.score).sum(where=is_on),
        tops=(is_on & (found.score >= found.top)).sum(),
        bottoms=(is_on & (found.score <= found.bottom)).sum(),
    )


def _told(known: Row, summed: Row) -> Row:
    scale = scale_of(known)
    n, tops, bottoms = (whole(summed[name]) for name in ("on", "tops", "bottoms"))
    mean_low, mean_high = mean_interval(n, number(summed["total"]), number(summed["squares"]))
    top, bottom = share(tops, n), share(bottoms, n)
    (top_low, top_high), (bottom_low, bottom_high) = wilson(top, n), wilson(bottom, n)
    said = why(scale, known)
    return {
        "scale": scale.name, "is_nps": scale.name == NPS, "n": n, "scale_low": scale.low, "scale_high": scale.high,
        "off_scale": whole(known["n"]) - n, "mean_score": share(number(summed["total"]), n), "mean_low": mean_low,
        "mean_high": mean_high, "top_from": scale.top_from, "top_box_share": top, "top_low": top_low, "top_high": top_high,
        "bottom_to": scale.bottom_to, "bottom_box_share": bottom, "bottom_low": bottom_low, "bottom_high": bottom_high,
        "lowest": known["lowest"], "highest": known["highest"], "reason": str(said) if said else None,
    }  # fmt: skip


def why(scale: Scale, known: Mapping[str, Any]) -> Message | None:
    """Why answers on a scale are no NPS; of NPS, what is to be checked. `known` has `lowest`. None where all is well."""
    if scale.name == NPS:
        if number(known["lowest"]) > 0:
            return say("Nobody answered 0: please check that the scale of the question begins with 0.")
        return None
    if not _BETWEEN.match(scale.name):
        return say(
            "Not NPS: the file gives these answers a name of their own. NPS is only the question whether one would recommend, from 0 to 10."
        )
    if (scale.low, scale.high) == (1, 10):
        return say(
            "Not NPS: nobody could answer 0, and a scale from 1 to 10 is answered differently from one from 0 to 10."
        )
    if scale.high < 10:
        return (
            say(
                "Not NPS: the scale ends at {high}. Counted as NPS, nobody could be a promoter: that needs 9 or 10.",
                high=_plain(scale.high),
            )
            if scale.high < 9
            else say("Not NPS: the scale ends at {high}, and that of NPS at 10.", high=_plain(scale.high))
        )
    return say(
        "Not NPS: the scale goes from {low} to {high}, that of NPS from 0 to 10.",
        low=_plain(scale.low), high=_plain(scale.high),
    )  # fmt: skip


def _plain(value: float) -> str:
    return f"{value:g}"
