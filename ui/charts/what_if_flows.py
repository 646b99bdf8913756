"""Customers who come and who leave, with a scenario and without."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.charts.what_if_fan import counted
from ui.memory import remembered

MOST_BARS = 15
MOST_TICKS = 8


def periods(rows: pd.DataFrame) -> pd.DataFrame:
    """`flows` summed to months, quarters or years, at most `MOST_BARS` of them: course, first, last (months), came, left."""
    months = int(rows["month"].max())
    size = next((size for size in (1, 3, 6, 12) if months / size <= MOST_BARS), 12)
    place = (rows["month"].astype(int) - 1) // size
    summed = rows.assign(place=place).groupby(["course", "place"], as_index=False, sort=True)[["came", "left"]].sum()
    first = summed["place"] * size + 1
    return summed.assign(first=first, last=(first + size - 1).clip(upper=months))


@remembered
def flows_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """A pair of bars a period: up for who comes, down for who leaves, with the scenario; a line across each is what comes without.

    `rows` as `periods` makes them, of the courses baseline and scenario. Time runs from left to right in every language.
    """
    locale, colors = look.locale, look.colors
    with_it, without = (rows[rows["course"] == name].sort_values("first") for name in ("scenario", "baseline"))
    across = list(range(len(with_it)))
    names = [_span(look, int(row.first), int(row.last)) for row in with_it.itertuples(index=False)]
    traces: list[dict[str, Any]] = []
    for column, color, sign, words in (
        ("came", colors.accent, 1, locale._("{months}: {n} come, {without} without it")),
        ("left", colors.neutral, -1, locale._("{months}: {n} leave, {without} without it")),
    ):
        values, usual = with_it[column].astype(float).tolist(), without[column].astype(float).tolist()
        said = [
            [look.text(words.format(months=name, n=counted(look, value), without=counted(look, other)))]
            for name, value, other in zip(names, values, usual, strict=True)
        ]
        traces.append({
            "type": "bar", "x": across, "y": [sign * value for value in values], "marker": {"color": color}, "customdata": said,
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
        traces.append({
            "type": "scatter", "mode": "markers", "x": across, "y": [sign * value for value in usual], "hoverinfo": "skip",
            "marker": {"symbol": "line-ew", "size": look.px(22), "line": {"color": colors.ink, "width": 2}},
        })  # fmt: skip
    every = -(-len(across) // MOST_TICKS)
    most = float(rows[["came", "left"]].astype(float).max().max()) or 1.0
    down, up = (float(rows[name].astype(float).max()) for name in ("left", "came"))
    ticks = _ticks(down, up, most)
    room = (up + down) * 0.08 or 1.0
    return look.figure(
        260,
        traces,
        margin={"l": 46, "r": 12, "t": 12, "b": 46},
        barmode="overlay",
        bargap=0.35,
        shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": colors.ink, "width": 1}}],
        xaxis={
            "range": [-0.6, len(across) - 0.4], "showgrid": False, "tickangle": 0, "tickvals": across[::every],
            "ticktext": [look.text(names[place]) for place in across[::every]], "title": look.title(locale._("months from the start")),
        },
        yaxis={"range": [-down - room, up + room], "tickvals": ticks, "ticktext": [counted(look, abs(tick)) for tick in ticks]},
    )  # fmt: skip


def _span(look: Look, first: int, last: int) -> str:
    return look.locale.count(first) if first == last else look.locale.between(str(first), str(last))


def _ticks(down: float, up: float, most: float) -> list[float]:
    """Round numbers on both sides of zero."""
    size = 10.0 ** (len(str(int(most))) - 1)
    step = next(factor * size for factor in (0.5, 1, 2, 5) if most / (factor * size) <= 3 or factor == 5)
    return [place * step for place in range(-int(down / step), int(up / step) + 1)]
