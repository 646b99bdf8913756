"""Who answers: the response rate over time, and rows of dots with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.charts.trend import runs
from ui.memory import remembered


@dataclass(frozen=True)
class Dot:
    """A row of `dots_figure`: a value with its interval, what is written beside it, and how sure it is.

    `name` is a name from the data, or our own words; without a value only `beside` is written.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    label: str
    beside: str = ""
    is_real: bool = False
    hover: str = ""


@remembered
def trend_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """The response rate period by period: line and 95% ribbon; hollow where some invitations are undecided.

    `rows` has starts_on, period, settled, undecided_invited, response_rate, response_low, response_high. Below 10 invitations there
    is no point.
    """
    locale, colors = look.locale, look.colors
    places = list(range(len(rows)))
    placed = rows.assign(place=places)
    shown = pd.to_numeric(rows["settled"]) >= LEAST_SHOWN
    told = placed[shown]
    traces = []
    for first, end in runs(list(shown)):
        part = placed.iloc[first:end]
        traces.append(look.ribbon(list(part["place"]), list(part["response_low"]), list(part["response_high"])))
        traces.append({
            "type": "scatter", "mode": "lines", "x": list(part["place"]), "y": list(part["response_rate"]), "hoverinfo": "skip",
            "line": {"color": colors.accent, "width": 2},
        })  # fmt: skip
    is_hollow = [bool(n) for n in told["undecided_invited"]]
    hovers = [
        [look.text(f"<b>{locale.share(row.response_rate)}</b> {locale.shares(row.response_low, row.response_high)} · n = {locale.count(row.settled)}")]
        for row in told.itertuples()
    ]  # fmt: skip
    traces.append({
        "type": "scatter", "mode": "markers", "x": list(told["place"]), "y": list(told["response_rate"]),
        "marker": {
            "size": look.px(8), "color": [colors.surface if hollow else colors.accent for hollow in is_hollow],
            "line": {"color": colors.accent, "width": 2},
        },
        "customdata": hovers, "hovertemplate": "%{customdata[0]}<extra></extra>",
    })  # fmt: skip
    notes = []
    if len(told):
        last = told.iloc[-1]
        notes.append(
            look.note(
                locale.share(last["response_rate"]), x=int(last["place"]), y=float(last["response_rate"]), xanchor="left",
                xshift=look.px(10), font={"size": look.px(13), "color": colors.ink},
            )
        )  # fmt: skip
    step = max(1, -(-len(rows) // 12))
    ticks = places[::step]
    top = min(1.0, max([*told["response_high"], 0.1]) * 1.15)
    return look.figure(
        260,
        traces,
        margin={"l": 44, "r": 56, "t": 12, "b": 34},
        annotations=notes,
        xaxis={
            "tickvals": ticks, "ticktext": [look.text(rows["period"].iloc[place]) for place in ticks], "showgrid": False,
            "range": [-0.4, max(len(rows) - 0.6, 0.6)], "tickangle": 0,
        },
        yaxis={"range": [0, top], "tickformat": ".0%"},
    )  # fmt: skip


@remembered
def dots_figure(
    dots: Sequence[Dot],
    look: Look,
    span: tuple[float, float],
    ticks: Sequence[tuple[float, str]],
    line: float | None = None,
    line_words: str = "",
    heads: str = "",
    room: int = 90,
) -> go.Figure:
    """A row a name: a dot for its value with the 95% interval, accent where it stands after correction; `line` is what it is held against.

    `beside` is written in the far margin, `room` pixels wide, under `heads`.
    """
    colors = look.colors
    traces, notes = [], []
    small = {"size": look.px(11), "color": colors.muted}
    start, end = span
    for is_real in (True, False):
        part = [(place, dot) for place, dot in enumerate(dots) if dot.value is not None and dot.is_real == is_real]
        values = [dot.value or 0.0 for _place, dot in part]
        color = colors.accent if is_real else colors.neutral
        ends = [[value if known is None else min(max(known, start), end) for value, known in zip(values, given, strict=True)]
                for given in ([dot.low for _place, dot in part], [dot.high for _place, dot in part])]  # fmt: skip
        said = [dot.hover for _place, dot in part]
        drawn = look.dots(values, [place for place, _dot in part], ends[0], ends[1], said, color)
        traces.append(drawn | {"cliponaxis": False})
    for place, dot in enumerate(dots):
        if dot.value is None:
            notes.append(look.note(dot.label, x=(start + end) / 2, y=place, font=small))
        else:
            ink = small | {"color": colors.ink if dot.is_real else colors.muted}
            notes.append(
                look.note(
                    dot.label, x=dot.value, y=place, yshift=look.px(14), bgcolor=colors.surface, borderpad=0, font=ink
                )
            )
        if dot.beside:
            notes.append(look.beside(room // 2) | {"y": place, "text": look.small(look.text(dot.beside))})
    top = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    if heads:
        notes.append(look.note(heads, **look.beside(room // 2), **top))
    shapes = []
    if line is not None:
        shapes.append(look.upright(line))
        if line_words:
            notes.append(look.note(line_words, x=line, font=small, xanchor="center", bgcolor=colors.surface, **top))
    longest = max((min(len(dot.name), 28) for dot in dots), default=0)
    return look.figure(
        42 * len(dots) + 70,
        traces,
        margin={
            look.near: round(min(max(7.4 * longest + 24, 84), 230)),
            look.far: room if room else 16,
            "t": 36,
            "b": 30,
        },
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [start, end],
            "tickvals": [place for place, _words in ticks],
            "ticktext": [words for _place, words in ticks],
            "tickangle": 0,
        },
        yaxis=look.lines([look.name(dot.name) for dot in dots]) | {"range": [len(dots) - 0.5, -0.6]},
    )
