"""How many deals have come to a step by when, and when those that did came there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

LEAST_AT_RISK = 10
TICKS = (1, 2, 5, 7, 10, 15, 20, 30, 60, 90, 120, 180, 365, 730)


@remembered
def timing_figure(
    curves: Sequence[tuple[str, pd.DataFrame]],
    look: Look,
    *,
    ends: tuple[str, str] = ("", ""),
    marks: Sequence[tuple[float, str]] = (),
) -> go.Figure:
    """The chance to have come there by each day. One curve has its ribbon, the chance to be lost, and a histogram below.

    Each of `curves` is a name and rows of within_days, chance, low, high, lost_chance, at_risk, converted_by; the first
    is drawn in the accent colour. Dotted where fewer than 10 are still watched. `ends` are the words for coming there and
    being lost, `marks` days to point out in the histogram, with their words.
    """
    locale, colors = look.locale, look.colors
    single = len(curves) == 1
    traces: list[dict[str, Any]] = []
    inks = (colors.accent, colors.won, colors.lost, colors.back, colors.neutral)
    ends_at: list[tuple[float, str, str]] = []
    for place, (name, rows) in enumerate(curves):
        ink = inks[place % len(inks)]
        sure = rows["at_risk"] >= LEAST_AT_RISK
        watched = rows[sure]
        if single:
            traces.append(look.ribbon(list(watched["within_days"]), list(watched["low"]), list(watched["high"])))
            traces += _line(look, rows, "lost_chance", colors.lost, ends[1])
            ends_at.append((float(rows["lost_chance"].iloc[-1]), ends[1], colors.lost))
        words = ends[0] if single else look.name(name)
        traces += _line(look, rows, "chance", ink, words)
        ends_at.append((float(rows["chance"].iloc[-1]), words, ink))
    top = max((end for end, _words, _ink in ends_at), default=1.0)
    top = min(
        1.0, max(top, *(float(rows["high"].where(rows["at_risk"] >= LEAST_AT_RISK).max()) for _n, rows in curves))
    )
    heights = apart([end for end, *_rest in ends_at], top * 0.085, top * 1.05)
    notes = [
        look.note(
            f"<b>{locale.share(end)}</b> {words}", x=1, xref="paper", xanchor="left", y=height, xshift=look.px(4),
            font={"size": look.px(12), "color": ink},
        )
        for height, (end, words, ink) in zip(heights, ends_at, strict=True)
    ]  # fmt: skip
    last = max(float(rows["within_days"].iloc[-1]) for _name, rows in curves)
    days = _ticks(last)
    x = {
        "range": [0, last],
        "tickvals": days,
        "ticktext": [_tick(look, curves, day) for day in days],
        "showgrid": False,
    }
    y = {"range": [0, top * 1.06], "tickformat": ".0%", "nticks": 6, "rangemode": "tozero"}
    margin = {"l": 46, "r": 124, "t": 14, "b": 58}
    if not single:
        return look.figure(330, traces, margin=margin, annotations=notes, xaxis=x, yaxis=y)
    below = _histogram(look, curves[0][1], marks)
    return look.figure(
        430,
        [*traces, below.trace],
        margin=margin,
        annotations=[*notes, *below.notes],
        shapes=below.shapes,
        bargap=0.12,
        xaxis=x | {"anchor": "y2"},
        yaxis=y | {"domain": [0.36, 1]},
        yaxis2=below.axis,
    )


def _line(look: Look, rows: pd.DataFrame, column: str, ink: str, words: str) -> list[dict[str, Any]]:
    """A curve, dotted from where too few are watched."""
    watched = rows["at_risk"] >= LEAST_AT_RISK
    sure = rows[watched]
    loose = rows[~watched | (rows.index == (sure.index[-1] if len(sure) else -1))]
    return [
        {
            "type": "scatter", "x": list(part["within_days"]), "y": list(part[column]), "mode": "lines",
            "line": {"color": ink, "width": 2.5 if dash == "solid" else 1.5, "dash": dash},
            "customdata": [[look.locale.days(day), look.locale.share(value)]
                           for day, value in zip(part["within_days"], part[column], strict=True)],
            "hovertemplate": f"%{{customdata[0]}}: <b>%{{customdata[1]}}</b> {look.text(words)}<extra></extra>",
        }
        for part, dash in ((sure, "solid"), (loose, "dot"))
        if len(part) > 1 or dash == "solid"
    ]  # fmt: skip


def apart(heights: Sequence[float], least: float, most: float) -> list[float]:
    """The same heights, moved so far apart that words beside them do not touch, and none above `most`."""
    order = sorted(range(len(heights)), key=lambda place: heights[place])
    moved = list(heights)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + least)
    for place in reversed(order):
        moved[place] = min(moved[place], most)
        most = moved[place] - least
    return moved


def _ticks(last: float) -> list[float]:
    step = next((step for step in TICKS if last / step <= 8), 365 * 4)
    return [float(day) for day in range(0, int(last) + 1, step)]


def _tick(look: Look, curves: Sequence[tuple[str, pd.DataFrame]], day: float) -> str:
    """The day, and below it how many deals are still watched then."""
    rows = curves[0][1]
    at = rows[rows["within_days"] >= day - 1e-9]
    words = look.locale.days(day) if day else "0"
    if len(curves) > 1 or not len(at):
        return look.text(words)
    return f"{look.text(words)}<br>{look.small(look.locale.count(at['at_risk'].iloc[0]))}"


class _Below(NamedTuple):
    """The small chart below: its bars, their axis, and the days pointed out in it."""

    trace: dict[str, Any]
    axis: dict[str, Any]
    notes: list[dict[str, Any]]
    shapes: list[dict[str, Any]]


def _histogram(look: Look, rows: pd.DataFrame, marks: Sequence[tuple[float, str]]) -> _Below:
    """How many came there in each step of days."""
    locale, colors = look.locale, look.colors
    days, reached = list(rows["within_days"]), list(rows["converted_by"])
    counts = [later - earlier for earlier, later in pairwise(reached)]
    middles = [(earlier + later) / 2 for earlier, later in pairwise(days)]
    said = [
        [look.text(locale.days_between(earlier, later)), locale.count(n)]
        for earlier, later, n in zip(days, days[1:], counts, strict=False)
    ]
    bars = {
        "type": "bar", "x": middles, "y": counts, "yaxis": "y2", "marker": {"color": colors.accent}, "customdata": said,
        "width": (days[1] - days[0]) * 0.86 if len(days) > 1 else 1,
        "hovertemplate": f"%{{customdata[0]}}: <b>%{{customdata[1]}}</b> {look.text(locale._('deals'))}<extra></extra>",
    }  # fmt: skip
    most = max([*counts, 1])
    axis = {
        "domain": [0, 0.24], "range": [0, most * 1.5], "nticks": 3, "rangemode": "tozero",
        "tickfont": {"color": colors.muted, "size": look.px(11)},
    }  # fmt: skip
    notes = [
        look.note(
            words, x=day, y=most * (1.5 - 0.32 * place), yref="y2", xanchor="left", yanchor="top", xshift=look.px(4),
            font={"size": look.px(11), "color": colors.ink}, bgcolor=colors.surface,
        )
        for place, (day, words) in enumerate(marks)
    ]  # fmt: skip
    shapes = [
        {
            "type": "line", "x0": day, "x1": day, "y0": 0, "y1": most * 1.2, "yref": "y2",
            "line": {"color": colors.ink, "width": 1, "dash": "dot"},
        }
        for day, _words in marks
    ]  # fmt: skip
    return _Below(bars, axis, notes, shapes)
