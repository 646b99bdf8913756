"""Everything that happened with one customer, on one line of time with a lane for each kind of thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.locale import Locale
from ui.memory import remembered

# The lanes from the top, and the events in each.
LANES: dict[str, tuple[str, ...]] = {
    "contracts": ("contract_started", "contract_ended"),
    "orders": ("order", "return"),
    "deals": ("deal_created", "deal_won", "deal_lost"),
    "contacts": ("contact",),
    "surveys": ("survey_answer",),
    "cases": ("case_opened", "case_closed"),
}
SMALLEST, LARGEST = 6, 24  # pixels across
PROMOTER, DETRACTOR = 9, 6
MOST_TICKS = 7
INSIDE = 0.3  # of the whole time: a silence as long as that has room for its words
APART = 0.03  # of the whole time between two scores that are both written


@dataclass(frozen=True)
class Silence:
    """Since when a customer is quiet in a lane, and after how many days it is usually heard of again; None: unknown."""

    lane: str
    since: date
    usual_days: float | None


def lanes_of(events: pd.DataFrame) -> list[str]:
    """The lanes that have anything in them, from the top."""
    there = set(events["event"])
    return [lane for lane, kinds in LANES.items() if there & set(kinds)]


@remembered
def timeline_figure(
    events: pd.DataFrame, names: Sequence[tuple[str, str]], silences: Sequence[Silence], as_of: date, look: Look
) -> go.Figure:
    """A lane for each of `names` (lane, what people call it), time from left to right in every language, `as_of` at its end.

    `events` has day, event, what, amount, currency, score, scale, who, contact_name, event_id. Orders are sized by amount,
    returns hollow; a deal, a case and a contract is a line from its beginning to its end, or to the as-of date while it goes on.
    A silence longer than usual is shaded from its first day on, and says how long it is.
    """
    places = {lane: place for place, (lane, _name) in enumerate(names)}
    days = pd.to_datetime(events["day"])
    first = min([days.min().date(), *(silence.since for silence in silences)]) if len(events) else as_of
    whole = max((as_of - first).days, 30)
    span = (first - timedelta(days=math.ceil(whole * 0.03)), as_of + timedelta(days=math.ceil(whole * 0.03)))
    traces: list[dict[str, Any]] = []
    for lane, place in places.items():
        part = events[events["event"].isin(LANES[lane])]
        match lane:
            case "orders":
                traces += _orders(part, place, look)
            case "surveys":
                traces.append(_surveys(part, place, whole, look))
            case "contacts":
                traces.append(_contacts(part, place, look))
            case _:
                traces += _spans(part, lane, place, as_of, look)
    shapes, notes = [], []
    for silence in silences:
        shape, note = _silence(silence, places, as_of, whole, look)
        shapes += shape
        notes += note
    shapes.append({
        "type": "line", "x0": as_of.isoformat(), "x1": as_of.isoformat(), "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": look.colors.neutral, "width": 1}, "layer": "below",
    })  # fmt: skip
    ticks = _ticks(*span)
    longest = max((len(name) for _lane, name in names), default=0)
    return look.figure(
        52 * len(names) + 46,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 24, 84), 150)), look.far: 14, "t": 12, "b": 32},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "type": "date", "range": [span[0].isoformat(), span[1].isoformat()],
            "tickvals": [day.isoformat() for day in ticks], "ticktext": [look.text(look.locale.month(day)) for day in ticks],
            "tickangle": 0,
        },
        yaxis=look.lines([look.text(name) for _lane, name in names]) | {"range": [len(names) - 0.45, -0.6]},
    )  # fmt: skip


def _ticks(first: date, last: date) -> list[date]:
    """First days of months, few enough to be read."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= MOST_TICKS), 120)
    start = first.year * 12 + first.month  # the month after the first day's, counted from 0
    return [
        date(month // 12, month % 12 + 1, 1) for month in range(start, last.year * 12 + last.month) if month % step == 0
    ]


def _dates(part: pd.DataFrame) -> list[str]:
    return [day.date().isoformat() for day in pd.to_datetime(part["day"])]


def _known(value: object) -> bool:
    return value is not None and value == value and value != ""


def _words(row: Any, look: Look, *, title: str) -> str:
    """What stands beside the pointer: the day, what it is, and the little else that is known."""
    locale = look.locale
    parts = [f"<b>{look.text(title)}</b>", look.text(locale.day(pd.Timestamp(row.day)))]
    if _known(row.what):
        parts.append(look.name(row.what, 60))
    if _known(row.amount):
        parts.append(look.text(locale.money_exact(row.amount, row.currency if _known(row.currency) else None)))
    parts += [look.name(name, 40) for name in (row.contact_name, row.who) if _known(name)]
    return "<br>".join(parts)


def titles(locale: Locale) -> dict[str, str]:
    """The events as people call them."""
    _ = locale._
    return {
        "deal_created": _("Deal opened"), "deal_won": _("Deal won"), "deal_lost": _("Deal lost"), "order": _("Order"),
        "return": _("Return"), "survey_answer": _("Survey answer"), "contact": _("In touch"), "case_opened": _("Case opened"),
        "case_closed": _("Case closed"), "contract_started": _("Contract began"), "contract_ended": _("Contract ended"),
    }  # fmt: skip


def _hover(words: list[str]) -> dict[str, Any]:
    return {"customdata": [[said] for said in words], "hovertemplate": "%{customdata[0]}<extra></extra>"}


def _said(part: pd.DataFrame, look: Look) -> dict[str, Any]:
    named = titles(look.locale)
    return _hover([_words(row, look, title=named[row.event]) for row in part.itertuples()])


def _orders(part: pd.DataFrame, place: int, look: Look) -> list[dict[str, Any]]:
    """A circle an order, its area the amount; returns are hollow."""
    amounts = pd.to_numeric(part["amount"]).abs()
    most = float(amounts.max()) if amounts.notna().any() else 0.0
    found = []
    for kind, color in (("order", look.colors.accent), ("return", look.colors.lost)):
        own = part[part["event"] == kind]
        sizes = [
            look.px(max(SMALLEST, LARGEST * math.sqrt(size / most))) if most and size == size else look.px(SMALLEST)
            for size in amounts[own.index]
        ]
        fill = {"color": color, "opacity": 0.65, "line": {"width": 0}} if kind == "order" else {
            "color": look.colors.surface, "line": {"color": color, "width": 2}}  # fmt: skip
        found.append({
            "type": "scatter", "mode": "markers", "x": _dates(own), "y": [place] * len(own), "marker": fill | {"size": sizes},
        } | _said(own, look))  # fmt: skip
    return found


def _contacts(part: pd.DataFrame, place: int, look: Look) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers", "x": _dates(part), "y": [place] * len(part),
        "marker": {"symbol": "line-ns", "size": look.px(16), "line": {"color": look.colors.ink, "width": 1.5}},
    } | _said(part, look)  # fmt: skip


def _surveys(part: pd.DataFrame, place: int, whole: int, look: Look) -> dict[str, Any]:
    """A point an answer with its score; those of other scales than 0 to 10 are neutral."""
    colors = look.colors

    def ink(row: Any) -> str:
        if not _known(row.score) or (_known(row.scale) and row.scale != "nps"):
            return colors.neutral
        return colors.won if row.score >= PROMOTER else colors.lost if row.score <= DETRACTOR else colors.neutral

    texts = _apart(part, whole)
    words = []
    for row in part.itertuples():
        title = (
            look.locale._("Survey answer: {score}").format(score=f"{row.score:g}")
            if _known(row.score)
            else titles(look.locale)["survey_answer"]
        )
        words.append(_words(row, look, title=title))
    return {
        "type": "scatter", "mode": "markers+text", "x": _dates(part), "y": [place] * len(part), "text": texts, "textposition": "top center",
        "textfont": {"size": look.px(11), "color": colors.ink},
        "marker": {"size": look.px(10), "color": [ink(row) for row in part.itertuples()], "line": {"width": 0}},
    } | _hover(words)  # fmt: skip


def _apart(part: pd.DataFrame, whole: int) -> list[str]:
    """The scores to write: the newest first, none too near one that is written."""
    days = list(pd.to_datetime(part["day"]))
    written: list[pd.Timestamp] = []
    texts = [""] * len(part)
    for place in sorted(range(len(part)), key=lambda place: days[place], reverse=True):
        score = part["score"].iloc[place]
        if _known(score) and all(abs((days[place] - other).days) >= APART * whole for other in written):
            written.append(days[place])
            texts[place] = f"{score:g}"
    return texts


_ENDS = {
    "deals": ("deal_created", ("deal_won", "deal_lost")),
    "cases": ("case_opened", ("case_closed",)),
    "contracts": ("contract_started", ("contract_ended",)),
}


def _spans(part: pd.DataFrame, lane: str, place: int, as_of: date, look: Look) -> list[dict[str, Any]]:
    """A line from the beginning to the end of each deal, case or contract, and a mark at its end."""
    colors = look.colors
    begins, ends = _ENDS[lane]
    is_begin = part["event"] == begins
    started = part[is_begin].assign(x=_dates(part[is_begin]))
    ended = part[~is_begin].assign(x=_dates(part[~is_begin]))
    known = {number: day for number, day in zip(ended["event_id"], ended["x"], strict=True) if _known(number)}
    xs: list[str | None] = []
    for number, day in zip(started["event_id"], started["x"], strict=True):
        xs += [day, known.get(number, as_of.isoformat()), None]
    width = {"contracts": 7, "deals": 3, "cases": 3}[lane]
    line = {
        "type": "scatter", "mode": "lines", "x": xs, "y": [None if x is None else place for x in xs], "hoverinfo": "skip",
        "line": {"color": colors.accent if lane == "contracts" else colors.neutral, "width": look.px(width)},
        "opacity": 0.6 if lane == "contracts" else 1,
    }  # fmt: skip
    still = started[~started["event_id"].isin(known)]
    inks = {
        "deal_won": (colors.won, "circle"),
        "deal_lost": (colors.lost, "x"),
        "case_closed": (colors.neutral, "circle"),
        "contract_ended": (colors.lost, "x"),
    }
    marks = [line, {
        "type": "scatter", "mode": "markers", "x": list(started["x"]), "y": [place] * len(started),
        "marker": {"symbol": "line-ns", "size": look.px(10), "line": {"color": colors.neutral, "width": 1.5}},
    } | _said(started, look)]  # fmt: skip
    for kind in ends:
        own = ended[ended["event"] == kind]
        color, symbol = inks[kind]
        marks.append({
            "type": "scatter", "mode": "markers", "x": list(own["x"]), "y": [place] * len(own),
            "marker": {"symbol": symbol, "size": look.px(9), "color": color, "line": {"width": 0}},
        } | _said(own, look))  # fmt: skip
    if lane != "contracts":
        marks.append({
            "type": "scatter", "mode": "markers", "x": [as_of.isoformat()] * len(still), "y": [place] * len(still),
            "marker": {"size": look.px(9), "color": colors.surface, "line": {"color": colors.accent, "width": 2}},
        } | _said(still, look))  # fmt: skip
    return marks


def _silence(
    silence: Silence, places: dict[str, int], as_of: date, whole: int, look: Look
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The days since a lane was last heard of, where they are more than usual."""
    days = (as_of - silence.since).days
    if silence.lane not in places or not silence.usual_days or days <= silence.usual_days:
        return [], []
    locale, place = look.locale, places[silence.lane]
    usual = max(round(silence.usual_days), 1)
    box = {
        "type": "rect", "x0": silence.since.isoformat(), "x1": as_of.isoformat(), "y0": place - 0.34, "y1": place + 0.34,
        "fillcolor": look.colors.warning_soft, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    words = locale._("{days} silent, usually {usual}").format(days=locale.days(days), usual=locale.days(usual))
    # Nothing happened within it, so that is where the words stand, if they fit.
    is_wide = days >= INSIDE * whole
    note = look.note(
        words, x=as_of.isoformat(), y=place, yshift=0 if is_wide else look.px(19), xanchor="right",
        font={"size": look.px(11), "color": look.colors.warning},
    )  # fmt: skip
    return [box], [note]
