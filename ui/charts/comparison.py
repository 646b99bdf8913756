"""Two sides of a comparison at each stage, and what a difference is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

LEAST_SHOWN = 10


@remembered
def sides_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look) -> go.Figure:
    """Two dots and whiskers a row: the first side neutral, the second in accent; beside them the difference.

    `rows` has value_a, low_a, high_a, n_a, the same of b, difference, low, high, real (True, False or None); `names` each
    row's name and the quiet line under it. The point of row i in trace j (0: a, 1: b) is number i.
    """
    locale, colors = look.locale, look.colors
    widest = max(max(7.6 * len(name[:28]), 6.4 * len(line)) for name, line in names)
    near = min(max(widest + 24, 128), 240)
    traces = []
    enough = (rows[["n_a", "n_b"]].min(axis=1) >= LEAST_SHOWN) & rows["difference"].notna()
    for side, shift, ink in (("a", -0.14, colors.neutral), ("b", 0.14, colors.accent)):
        known = rows[f"value_{side}"].where(rows[f"n_{side}"] >= LEAST_SHOWN).astype(float)
        traces.append({
            "type": "scatter", "x": list(known), "y": [place + shift for place in range(len(rows))], "mode": "markers",
            "marker": {"size": look.px(10), "color": ink},
            "error_x": look.whisker(rows[f"low_{side}"].astype(float), rows[f"high_{side}"].astype(float), known, ink),
            "customdata": [
                [locale.share(row[f"value_{side}"]), locale.shares(row[f"low_{side}"], row[f"high_{side}"]),
                 locale.count(row[f"n_{side}"])] for row in rows.to_dict("records")
            ],
            "hovertemplate": "<b>%{customdata[0]}</b> %{customdata[1]} · %{customdata[2]}<extra></extra>",
        })  # fmt: skip
    notes = [look.note(locale._("difference"), **look.beside(88), y=1, yref="paper", yshift=look.px(14))]
    for place, row in enumerate(rows.to_dict("records")):
        if enough.iloc[place]:
            text = f"<b>{_points(look, row['difference'])}</b> {look.small(_range(look, row))}"
            ink = colors.accent if row["real"] is True else colors.ink
        else:
            n = min(row["n_a"], row["n_b"])
            few = (
                locale._("not enough · {n}").format(n=locale.count(n)) if n < LEAST_SHOWN else locale._("not recorded")
            )
            text, ink = look.small(look.text(few)), colors.muted
        notes.append(look.beside(88) | {"y": place, "text": text, "font": {"color": ink}})
    labels = [f"<b>{look.name(name)}</b><br>{look.small(look.text(line))}" for name, line in names]
    highs = [*rows["high_a"].dropna(), *rows["high_b"].dropna()]
    top = min(1.0, max(highs, default=1.0) * 1.08)
    return look.figure(
        62 * len(rows) + 44,
        traces,
        margin={look.near: round(near), look.far: 176, "t": 22, "b": 26},
        annotations=notes,
        xaxis={"range": [-0.02 * top, top * 1.02], "tickformat": ".0%", "nticks": 6, "showgrid": True},
        yaxis=look.lines(labels),
    )


def _points(look: Look, value: float) -> str:
    return look.text(look.locale.points(value * 100))


def _range(look: Look, row: dict[str, Any]) -> str:
    return look.locale.points_between(row["low"] * 100, row["high"] * 100)


@dataclass(frozen=True)
class Step:
    """A step of a waterfall: a whole figure, or a part of the difference and whether it is real (None: not tested)."""

    name: str
    value: float
    said: str
    beside: str = ""
    is_whole: bool = False
    is_real: bool | None = None


@remembered
def waterfall_figure(steps: Sequence[Step], look: Look) -> go.Figure:
    """From the first whole to the last by what lies between: solid where real, outlined where it could be chance."""
    colors = look.colors
    near = min(max(7.6 * max(len(step.name[:28]) for step in steps) + 24, 128), 230)
    traces, notes, shapes = [], [], []
    level = 0.0
    edges: list[float] = [0.0]
    for place, step in enumerate(steps):
        base = 0.0 if step.is_whole else level
        level = step.value if step.is_whole else level + step.value
        edges += [base, level]
        fill = colors.neutral if step.is_whole else colors.accent if step.is_real else colors.surface
        outline = colors.neutral if step.is_whole else colors.accent if step.is_real else colors.muted
        traces.append({
            "type": "bar", "x": [level - base], "y": [place], "base": [base], "orientation": "h", "width": 0.58,
            "marker": {"color": fill, "line": {"color": outline, "width": 1.5}},
            "hovertemplate": f"{look.name(step.name)}: <b>{look.text(step.said)}</b><extra></extra>",
        })  # fmt: skip
        if place + 1 < len(steps):
            shapes.append({
                "type": "line", "x0": level, "x1": level, "y0": place, "y1": place + 1,
                "line": {"color": colors.line, "width": 1}, "layer": "below",
            })  # fmt: skip
        quiet = f" {look.small(look.text(step.beside))}" if step.beside else ""
        notes.append(look.beside(95) | {
            "y": place, "text": f"<b>{look.text(step.said)}</b>{quiet}",
            "font": {"color": colors.accent if step.is_real else colors.ink},
        })  # fmt: skip
    low, high = min(edges), max(edges)
    room = (high - low or 1.0) * 0.02
    if low < 0:
        shapes.append({
            "type": "line", "x0": 0, "x1": 0, "y0": -0.5, "y1": len(steps) - 0.5,
            "line": {"color": colors.muted, "width": 1},
        })  # fmt: skip
    labels = [f"<b>{look.name(step.name)}</b>" if step.is_whole else look.name(step.name) for step in steps]
    axes = look.bars((low - (room if low < 0 else 0), high + room), labels)
    return look.figure(
        46 * len(steps) + 16,
        traces,
        margin={look.near: round(near), look.far: 190, "t": 6, "b": 6},
        annotations=notes,
        shapes=shapes,
        xaxis=axes["xaxis"],
        yaxis=look.lines(labels),
    )
