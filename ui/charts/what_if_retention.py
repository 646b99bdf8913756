"""What points of retention are worth, beside the figure that is quoted everywhere; and how often a goal was reached before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade
from ui.memory import remembered

QUOTED = (0.25, 0.95)  # Reichheld and Sasser, 1990: the profit of a customer after five points more of retention
PER_ROW = 44
MOST_TICKS = 8


@remembered
def worth_figure(rows: pd.DataFrame, names: Sequence[str], look: Look) -> go.Figure:
    """A line a way of counting: by how much more it comes to, a dot with its 80% whisker, beside the 25-95% that is quoted.

    `rows` has change, low, high (1 is twice as much); `names` are our own words.
    """
    locale, colors = look.locale, look.colors
    values, lows, highs = (rows[name].astype(float).tolist() for name in ("change", "low", "high"))
    said = [
        locale._("{change} (80%: {range})").format(change=locale.change(value), range=locale.between(locale.change(low), locale.change(high)))
        for value, low, high in zip(values, lows, highs, strict=True)
    ]  # fmt: skip
    dots = look.dots(values, list(range(len(rows))), lows, highs, said, colors.accent)
    top, bottom = max(*highs, QUOTED[1]), min(*lows, 0.0)
    room = (top - bottom) * 0.04
    notes = [
        look.note(
            f"<b>{locale.change(value)}</b>", x=value, y=place, yanchor="bottom", yshift=look.px(7),
            font={"size": look.px(12), "color": colors.ink},
        )
        for place, value in enumerate(values)
    ]  # fmt: skip
    notes.append(look.note(
        locale._("quoted: {range}").format(range=locale.between(locale.share(QUOTED[0]), locale.share(QUOTED[1]))), x=sum(QUOTED) / 2, y=1,
        yref="paper", yanchor="bottom", yshift=look.px(3),
    ))  # fmt: skip
    quoted = {
        "type": "rect", "x0": QUOTED[0], "x1": QUOTED[1], "y0": 0, "y1": 1, "yref": "y domain", "layer": "below", "line": {"width": 0},
        "fillcolor": fade(colors.neutral, 0.16),
    }  # fmt: skip
    step = next(
        each
        for each in (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
        if (top - bottom) / each <= MOST_TICKS or each == 50.0
    )
    ticks = [place * step for place in range(int(bottom / step) - 1, int(top / step) + 2)]
    longest = max((len(part) for part in names), default=0)
    return look.figure(
        PER_ROW * len(rows) + 56,
        [dots],
        margin={look.near: round(min(max(7.0 * longest + 16, 120), 220)), look.far: 16, "t": 26, "b": 28},
        annotations=notes,
        shapes=[quoted, look.upright(0.0)],
        xaxis={"range": [bottom - room, top + room], "tickvals": ticks, "ticktext": [locale.change(tick) if tick else "0%" for tick in ticks]},
        yaxis=look.lines(names),
    )  # fmt: skip


@remembered
def history_figure(rows: pd.DataFrame, goal: float, look: Look, *, label: str) -> go.Figure:
    """The company's own past windows of twelve months, by the day each ended: accent where the goal was reached, hollow where not.

    `rows` has until (date) and rate (1 is 100%), in order of time; `label` names the rate.
    """
    locale, colors = look.locale, look.colors
    days: list[date] = [pd.Timestamp(day).date() for day in rows["until"]]
    rates = rows["rate"].astype(float).tolist()
    is_reached = [rate >= goal for rate in rates]
    across = [day.isoformat() for day in days]
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": across, "y": rates, "line": {"color": colors.neutral, "width": 1.5}, "hoverinfo": "skip"},
        {
            "type": "scatter", "mode": "markers", "x": across, "y": rates,
            "marker": {
                "size": look.px(8), "color": [colors.accent if yes else colors.surface for yes in is_reached],
                "line": {"color": [colors.accent if yes else colors.neutral for yes in is_reached], "width": 1.5},
            },
            "customdata": [
                [look.text(locale._("{month}: {rate}").format(month=locale.month(day), rate=locale.share(rate, 1)))]
                for day, rate in zip(days, rates, strict=True)
            ],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        },
    ]  # fmt: skip
    low, high = min(*rates, goal, rates[0]), max(*rates, goal, rates[0])
    room = (high - low) * 0.14 or 0.02
    span = [low - room, high + room]
    step = next(
        each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0) if (span[1] - span[0]) / each <= 6 or each == 5.0
    )
    ticks = [place * step for place in range(int(span[0] / step), int(span[1] / step) + 1) if place * step >= span[0]]
    every = -(-len(days) // MOST_TICKS)
    marked = list(range(len(days) - 1, -1, -every))[::-1]
    notes = [
        look.note(
            locale._("goal {share}").format(share=locale.share(goal)), x=0, xref="paper", xanchor="left", y=goal, yanchor="bottom",
            bgcolor=colors.surface, borderpad=1, font={"size": look.px(12), "color": colors.ink},
        ),
        look.note(
            f"<b>{locale.share(rates[-1], 1)}</b>", x=across[-1], y=rates[-1], xanchor="left", xshift=look.px(8),
            font={"size": look.px(12), "color": colors.ink},
        ),
    ]  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal, "layer": "below", "line": {"color": colors.ink, "width": 1, "dash": "dot"},
    }  # fmt: skip
    return look.figure(
        250,
        traces,
        margin={"l": 52, "r": 62, "t": 14, "b": 46},
        annotations=notes,
        shapes=[line],
        xaxis={
            "type": "date", "showgrid": False, "tickangle": 0, "tickvals": [across[place] for place in marked],
            "ticktext": [look.text(locale.month(days[place])) for place in marked], "title": look.title(label),
        },
        yaxis={"range": span, "tickvals": ticks, "ticktext": [locale.share(tick, 0) for tick in ticks]},
    )  # fmt: skip
