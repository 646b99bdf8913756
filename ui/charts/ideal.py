"""Which traits the best customers share: how often customers with each are among the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered


@remembered
def traits_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look) -> go.Figure:
    """A dot and whisker a trait: how many times as often customers with it are among the best as all are; the line is 1.

    `rows` has times_as_often, best_rate, low, high, best_rate_all, customers and is_real; `names` each line's value and, quietly,
    its field. What could be chance is hollow. The axis is logarithmic, so that twice and half are as far from the line.
    """
    locale, colors = look.locale, look.colors
    every = rows.to_dict("records")
    traces, notes = [], []
    ends = [0.5, 2.0]
    for is_real in (True, False):
        places = [place for place, row in enumerate(every) if bool(row["is_real"]) == is_real]
        values = [_shown(every[place]["times_as_often"]) for place in places]
        low, high = (
            [_shown(every[place][end] / every[place]["best_rate_all"]) for place in places] for end in ("low", "high")
        )
        ends += [*low, *high]
        color = colors.accent if is_real else colors.neutral
        full = {"size": look.px(11), "color": color}
        hollow = {"size": look.px(11), "color": colors.surface, "line": {"color": color, "width": 2}}
        traces.append({
            "type": "scatter", "mode": "markers", "x": values, "y": places, "marker": full if is_real else hollow,
            "error_x": look.whisker(low, high, values, color), "customdata": [[_said(look, every[place])] for place in places],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
    for place, row in enumerate(every):
        rate = locale.share(row["best_rate"])
        strong = f"<b>{rate}</b>" if row["is_real"] else rate
        notes.append(
            look.beside(56) | {"y": place, "text": f"{strong} {look.small(locale.shares(row['low'], row['high']))}"}
        )
        notes.append(look.beside(146) | {"y": place, "text": look.small(locale.count(row["customers"]), colors.ink)})
    over = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    notes += [
        look.note(locale._("among the best"), **look.beside(56), **over),
        look.note(locale._("customers"), **look.beside(146), **over),
        look.note(locale._("as often as all"), x=0, **over),
    ]
    least, most = max(min(ends), 0.05), max(ends)
    ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 8) if least / 1.1 <= tick <= most * 1.1]
    return look.figure(
        44 * len(every) + 70,
        traces,
        margin={look.near: _room(names), look.far: 184, "t": 34, "b": 30},
        annotations=notes,
        shapes=[look.upright(1)],
        xaxis={
            "type": "log", "range": [_log(least / 1.08), _log(most * 1.08)], "tickvals": ticks,
            "ticktext": [locale.ltr(f"×{tick:g}") for tick in ticks], "showgrid": True,
        },
        yaxis=look.lines([
            f"{look.name(name)}<br>{look.small(look.text(field))}" for name, field in names
        ]),
    )  # fmt: skip


def _shown(times: float) -> float:
    """A place on a logarithmic axis: none of the best is drawn at its edge."""
    return max(float(times), 0.05)


def _log(value: float) -> float:
    return math.log10(value)


def _said(look: Look, row: dict[str, Any]) -> str:
    locale = look.locale
    times = locale.ltr(f"×{row['times_as_often']:.2g}")
    return look.text(
        f"<b>{times}</b> · {locale.share(row['best_rate'])} {locale.shares(row['low'], row['high'])} · n = {locale.count(row['customers'])}"
    )


def _room(names: Sequence[tuple[str, str]]) -> int:
    longest = max((max(min(len(name), 28), 0.85 * len(field)) for name, field in names), default=0)
    return round(min(max(7.2 * longest + 24, 96), 230))
