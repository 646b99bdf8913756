"""How many new customers came each month, and how many a month are told to come."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.charts.what_if_amounts import round_ticks
from ui.memory import remembered

MOST_TICKS = 5


@remembered
def came_figure(rows: pd.DataFrame, told: tuple[float, float, float] | None, look: Look) -> go.Figure:
    """A bar a month for the new customers that came; the band and its line are how many a month are told for the months to come, with
    the 80% interval of the average (low, rate, high).

    `rows` has month (its first day) and new_customers, in order. Time runs from left to right in both languages.
    """
    locale, colors = look.locale, look.colors
    places = list(range(len(rows)))
    counts = [int(n) for n in rows["new_customers"]]
    labels = [locale.month(pd.Timestamp(day).date()) for day in rows["month"]]
    said = [
        [look.text(f"{label}: <b>{locale.n_('{n} customer', '{n} customers', n)}</b>")]
        for label, n in zip(labels, counts, strict=True)
    ]
    bars = {
        "type": "bar", "x": places, "y": counts, "marker": {"color": colors.neutral},
        "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    most, shapes, notes = float(max([*counts, 1])), [], []
    if told is not None:
        low, rate, high = told
        most = max(most, high)
        shapes = [
            {
                "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "line": {"width": 0},
                "fillcolor": colors.ribbon, "layer": "above",
            },
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": rate, "y1": rate, "layer": "above",
                "line": {"color": colors.accent, "width": 2},
            },
        ]  # fmt: skip
        words = locale._("told: {n} a month").format(n=f"{rate:.1f}".removesuffix(".0"))
        notes.append(look.note(
            words, x=1, xref="paper", xanchor="right", y=1, yref="paper", yanchor="bottom",
            font={"size": look.px(12), "color": colors.ink},
        ))  # fmt: skip
    every = -(-len(rows) // MOST_TICKS)
    ticks = [tick for tick in round_ticks(0.0, most * 1.05) if tick == int(tick)]
    return look.figure(
        240,
        [bars],
        bargap=0.25,
        margin={"l": 44, "r": 14, "t": 24, "b": 30},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "tickvals": places[::every], "ticktext": [look.text(label) for label in labels[::every]], "showgrid": False,
            "range": [-0.7, len(rows) - 0.3], "tickangle": 0,
        },
        yaxis={"range": [0, most * 1.2], "tickvals": ticks, "ticktext": [locale.count(tick) for tick in ticks]},
    )  # fmt: skip
