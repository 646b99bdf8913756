"""Before and after a day: two dots a line, and a trend with the days that were marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import length, ticks
from ui.charts.theme import Look
from ui.memory import remembered

APART = 0.17
LONGEST_NAME = 18
MOST_LABELS = 6  # of months, in half a page


@remembered
def pairs_figure(rows: pd.DataFrame, names: Sequence[str], said: Sequence[str], look: Look) -> go.Figure:
    """A line for each of `rows` of `before_after`, all shares or all days: before above, after below, with whiskers.

    `names` are the lines' names, `said` the words for each difference. After is filled where the difference is real, hollow
    where it could be chance. Marks carry the place of their row and their side as `customdata`.
    """
    locale, colors = look.locale, look.colors
    every = list(rows.itertuples())
    known = [
        place for place, row in enumerate(every)
        if min(row.n_before, row.n_after) >= LEAST_SHOWN and not pd.isna(row.difference)
    ]  # fmt: skip
    is_share = not len(rows) or rows["unit"].iloc[0] == "share"
    real = {place for place in known if is_real(every[place].q_value)}
    traces: list[dict[str, Any]] = []
    for place in known:
        row = every[place]
        traces.append({
            "type": "scatter", "mode": "lines", "x": [row.before, row.after], "y": [place - APART, place + APART],
            "line": {"color": colors.accent if place in real else colors.neutral, "width": 1}, "hoverinfo": "skip",
        })  # fmt: skip
    parts = (
        ("before", known, -APART, colors.neutral, colors.neutral),
        ("after", [place for place in known if place in real], APART, colors.accent, colors.accent),
        ("after", [place for place in known if place not in real], APART, colors.surface, colors.neutral),
    )
    for side, places, shift, fill, ink in parts:
        values = [getattr(every[place], side) for place in places]
        lows, highs = ([getattr(every[place], f"{side}_{end}") for place in places] for end in ("low", "high"))
        words = locale._("before") if side == "before" else locale._("since then")
        traces.append({
            "type": "scatter", "mode": "markers+text", "x": values, "y": [place + shift for place in places],
            "error_x": look.whisker(lows, highs, values, ink),
            "text": [_value(look, is_share, value) for value in values],
            "textposition": "top center" if side == "before" else "bottom center",
            "textfont": {"size": look.px(11), "color": colors.muted if side == "before" else colors.ink},
            "marker": {"size": look.px(10), "color": fill, "line": {"color": ink, "width": 2}, "opacity": 1},
            "customdata": [
                [place, side, look.text(f"{_value(look, is_share, value)} {words} · n = {locale.count(getattr(every[place], f'n_{side}'))}")]
                for place, value in zip(places, values, strict=True)
            ],
            "hovertemplate": "%{customdata[2]}<extra></extra>",
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        })  # fmt: skip
    notes = []
    for place, row in enumerate(every):
        if place in known:
            ink = colors.ink if place in real else colors.muted
            notes.append(look.note(said[place], y=place, font={"size": look.px(12), "color": ink}, **look.beside(92)))
        else:
            few = min(row.n_before, row.n_after)
            words = (
                locale._("not enough · {n}").format(n=locale.count(few)) if few < LEAST_SHOWN else locale._("not known")
            )
            notes.append(look.note(words, x=0.5, xref="paper", y=place))
    ends = [
        getattr(every[place], name)
        for place in known
        for name in ("before_low", "before_high", "after_low", "after_high")
    ]
    return look.figure(
        72 * max(len(every), 1) + 44,
        traces,
        margin={look.near: _room(names), look.far: 184, "t": 8, "b": 32},
        annotations=notes,
        xaxis=_scale(look, is_share, ends) | {"showgrid": True},
        yaxis=look.lines([look.name(name) for name in names]) | {"range": [max(len(every), 1) - 0.5, -0.5]},
    )


def is_real(q_value: Any) -> bool:
    """Whether a difference stands after correction."""
    return not pd.isna(q_value) and q_value < 0.05


def _room(names: Sequence[str]) -> int:
    longest = max((min(len(name), 28) for name in names), default=0)
    return round(min(max(7.4 * longest + 20, 80), 220))


def _value(look: Look, is_share: bool, value: float) -> str:
    return look.locale.share(value) if is_share else length(look.locale, value)


def _scale(look: Look, is_share: bool, ends: Sequence[float]) -> dict[str, Any]:
    """Shares from the least to the most there is; days from 0, so that lengths can be told from the picture."""
    most = max(ends, default=1.0)
    if not is_share:
        found = ticks(look.locale, most)
        return found | {"ticktext": [look.text(words) for words in found["ticktext"]], "range": [0, most * 1.04 or 1]}
    least = min(ends, default=0.0)
    pad = max(0.04 * (most - least), 0.01)
    return {"range": [max(least - pad, -pad), min(most + pad, 1 + pad)], "tickformat": ".0%", "nticks": 7}


def place_of(day: date, starts: Sequence[date], after_last: date) -> float | None:
    """Where a day lies on the scale of a trend, whose period i stands at i; None outside of it."""
    number = bisect_right(starts, day) - 1
    if number < 0 or day > after_last:
        return None
    end = starts[number + 1] if number + 1 < len(starts) else after_last
    whole = max((end - starts[number]).days, 1)
    return number - 0.5 + min((day - starts[number]).days / whole, 1.0)


@remembered
def marked_figure(figure: go.Figure, marks: Sequence[tuple[float, str, bool]], look: Look) -> go.Figure:
    """A trend with upright lines: `marks` are places on its scale, names, and whether it is the day being looked at.

    That one is in the accent colour and named; the others are named where they do not stand too close.
    """
    colors = look.colors
    lines, notes = [], []
    named: list[float] = []
    count = max((len(trace.x) for trace in figure.data if trace.type == "bar"), default=12)
    for place, name, is_chosen in sorted(marks, key=lambda mark: not mark[2]):
        lines.append({
            "type": "line", "x0": place, "x1": place, "xref": "x", "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": colors.accent if is_chosen else colors.neutral, "width": 2 if is_chosen else 1.5, "dash": "dash"},
        })  # fmt: skip
        if all(abs(place - other) > 0.24 * count for other in named):
            named.append(place)
            at_end = place > 0.6 * count
            notes.append({
                "text": look.name(name, LONGEST_NAME), "x": place, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom",
                "xanchor": "right" if at_end else "left", "showarrow": False,
                "font": {"size": look.px(11), "color": colors.accent if is_chosen else colors.muted},
            })  # fmt: skip
    marked = go.Figure(figure)
    shown, every = marked.layout.xaxis.tickvals or (), -(-len(marked.layout.xaxis.tickvals or ()) // MOST_LABELS) or 1
    marked.update_xaxes(tickangle=0, tickvals=shown[::every], ticktext=(marked.layout.xaxis.ticktext or ())[::every])
    marked.update_layout(
        shapes=[*marked.layout.shapes, *lines],
        annotations=[*marked.layout.annotations, *notes],
        margin={"t": look.px(40)},
    )
    return marked
