"""What came, month by month, over what had been told with the scenario and without it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade
from ui.charts.what_if_amounts import round_ticks
from ui.memory import remembered

MOST_TICKS = 8


@remembered
def months_figure(rows: pd.DataFrame, look: Look, *, currency: str | None, is_money: bool = True) -> go.Figure:
    """The 80% bands of baseline (grey) and scenario (accent), their middle lines, and a point a month for what came: filled where
    the month is over, hollow where it is not yet.

    `rows` has month (its first day), baseline, baseline_low, baseline_high, scenario, scenario_low, scenario_high, actual (missing:
    not come yet) and is_complete, in order. Time runs from left to right in both languages.
    """
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    written = locale.money if is_money else locale.count
    # A month is drawn in its middle: noon of the fifteenth.
    days = [(pd.Timestamp(day) + timedelta(days=14)).isoformat() for day in rows["month"]]
    labels = [locale.month(pd.Timestamp(day).date()) for day in rows["month"]]
    traces: list[dict[str, Any]] = []
    for name, words, color, dash in (
        ("baseline", locale._("without the scenario"), colors.neutral, "dot"), ("scenario", locale._("with the scenario"), colors.accent, "solid"),
    ):  # fmt: skip
        middle, low, high = ([float(each) for each in rows[name + end]] for end in ("", "_low", "_high"))
        said = [
            [look.text(f"{label} · {words}: <b>{written(value)}</b> {locale.between(written(bottom), written(top))}")]
            for label, value, bottom, top in zip(labels, middle, low, high, strict=True)
        ]
        traces.append(look.ribbon(days, low, high) | {"fillcolor": fade(color, 0.18)})
        traces.append({
            "type": "scatter", "mode": "lines", "x": days, "y": middle, "line": {"color": color, "width": 2, "dash": dash},
            "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
    traces.append(_came(rows, days, labels, look, written))
    every = -(-len(days) // MOST_TICKS)
    numbers = rows[["baseline_low", "baseline_high", "scenario_low", "scenario_high", "actual"]].astype(float)
    least, most = min(float(numbers.min().min()), 0.0), max(float(numbers.max().max()), 1.0)
    ticks = round_ticks(least, most * 1.02)
    room = timedelta(days=20)
    return look.figure(
        360,
        traces,
        margin={"l": 66, "r": 20, "t": 14, "b": 32},
        xaxis={
            "type": "date", "showgrid": False, "tickangle": 0, "tickvals": days[::every],
            "ticktext": [look.text(label) for label in labels[::every]],
            "range": [(pd.Timestamp(days[0]) - room).isoformat(), (pd.Timestamp(days[-1]) + room).isoformat()],
        },
        yaxis={"range": [least * 1.06, most * 1.08], "tickvals": ticks, "ticktext": [written(tick) for tick in ticks]},
    )  # fmt: skip


def _came(rows: pd.DataFrame, days: list[str], labels: list[str], look: Look, written: Any) -> dict[str, Any]:
    """The points of what came."""
    colors = look.colors
    part = [
        (day, label, float(row.actual), bool(row.is_complete))
        for day, label, row in zip(days, labels, rows.itertuples(), strict=True)
        if pd.notna(row.actual)
    ]
    so_far = look.locale._("so far")
    came = look.locale._("came")
    said = [
        [look.text(f"{label} · {came if is_over else so_far}: <b>{written(value)}</b>")]
        for _day, label, value, is_over in part
    ]
    return {
        "type": "scatter", "mode": "markers", "x": [day for day, *_rest in part], "y": [value for _d, _l, value, _o in part],
        "marker": {
            "color": [colors.ink if is_over else colors.surface for *_rest, is_over in part], "symbol": "diamond",
            "size": look.px(10), "line": {"color": colors.ink, "width": 1.5},
        },
        "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
