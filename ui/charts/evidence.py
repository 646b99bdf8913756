"""How well models told what came: totals by cut-off day, tenths of the customers, and chances against what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered


@remembered
def origins_figure(
    rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look, *, currency: str | None, is_money: bool = True
) -> go.Figure:
    """A line a cut-off day: what was told as a dot with its 80% interval, what came as a diamond, the naive forecast hollow.

    `rows` has told, low, high, came, naive and error (a share, or missing); `names` each row's name and the quiet line under
    it; without `is_money` they are purchases. The column at the far side says by how much each missed.
    """
    locale, colors = look.locale, look.colors
    written = _writes(look, currency, is_money)
    places = list(range(len(rows)))
    told = rows["told"].astype(float)
    marks = (
        ("naive", -0.2, {"color": colors.surface, "symbol": "circle", "line": {"color": colors.neutral, "width": 2}}, locale._("the same again")),
        ("told", 0.0, {"color": colors.accent, "symbol": "circle"}, locale._("told")),
        ("came", 0.2, {"color": colors.ink, "symbol": "diamond"}, locale._("came")),
    )  # fmt: skip
    traces: list[dict[str, Any]] = []
    for column, shift, marker, words in marks:
        values = rows[column].astype(float)
        said = [[look.text(f"{words}: <b>{written(value)}</b>")] for value in values]
        trace = {
            "type": "scatter", "mode": "markers", "x": list(values), "y": [place + shift for place in places],
            "marker": {"size": look.px(11)} | marker, "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
        }  # fmt: skip
        if column == "told":
            trace["error_x"] = look.whisker(rows["low"].astype(float), rows["high"].astype(float), told, colors.accent)
        traces.append(trace)
    notes = [look.note(locale._("missed by"), **look.beside(56), y=1, yref="paper", yshift=look.px(14))]
    for place, error in enumerate(rows["error"]):
        text = "–" if pd.isna(error) else locale.change(float(error))
        notes.append(look.beside(56) | {"y": place, "text": f"<b>{text}</b>"})
    most = float(rows[["high", "came", "naive"]].astype(float).max().max())
    longest = max(max(7.4 * len(name[:32]), 6.4 * len(line)) for name, line in names)
    labels = [f"{look.name(name, 32)}<br>{look.small(look.text(line))}" for name, line in names]
    ticks = _ticks(most * 1.04)
    return look.figure(
        78 * len(rows) + 56,
        traces,
        margin={look.near: round(min(max(longest + 24, 120), 250)), look.far: 112, "t": 26, "b": 30},
        annotations=notes,
        xaxis={
            "range": [-most * 0.02, most * 1.06 or 1.0], "tickvals": ticks, "ticktext": [written(tick) for tick in ticks],
            "showgrid": True, "tickangle": 0,
        },
        yaxis=look.lines(labels),
    )  # fmt: skip


@remembered
def deciles_figure(rows: pd.DataFrame, look: Look, *, currency: str | None, is_money: bool = True) -> go.Figure:
    """Two bars a tenth of the customers, the best first: what was told with its 80% interval, and what came.

    `rows` has decile, customers, told, low, high, came; tenths of fewer than 10 customers have no bar.
    """
    locale, colors = look.locale, look.colors
    written = _writes(look, currency, is_money)
    enough = rows["customers"].astype(float) >= LEAST_SHOWN
    shown = rows[enough]
    tenths = list(shown["decile"].astype(int))
    traces: list[dict[str, Any]] = []
    for column, ink, words, shift in (
        ("told", colors.neutral, locale._("told"), -0.2),
        ("came", colors.accent, locale._("came"), 0.2),
    ):
        values = shown[column].astype(float)
        said = [
            [look.text(f"{words}: <b>{written(value)}</b>"), f"n = {locale.count(n)}"]
            for value, n in zip(values, shown["customers"], strict=True)
        ]
        trace = {
            "type": "bar", "x": [tenth + shift for tenth in tenths], "y": list(values), "width": 0.38,
            "marker": {"color": ink}, "customdata": said,
            "hovertemplate": "%{customdata[0]} · %{customdata[1]}<extra></extra>",
        }  # fmt: skip
        if column == "told":
            trace["error_y"] = look.whisker(shown["low"].astype(float), shown["high"].astype(float), values)
        traces.append(trace)
    few = rows[~enough]
    notes = [
        look.note(locale._("not enough · {n}").format(n=locale.count(row.customers)), x=row.decile, y=0, yanchor="bottom")
        for row in few.itertuples()
    ]  # fmt: skip
    every = list(rows["decile"].astype(int))
    ends = [0.4, max(every, default=1) + 0.6]
    most = float(shown[["high", "came"]].astype(float).max().max()) if len(shown) else 1.0
    ticks = _ticks(most * 1.04)
    return look.figure(
        360,
        traces,
        margin={look.near: 64, look.far: 12, "t": 10, "b": 52},
        annotations=notes,
        bargap=0.1,
        xaxis={
            "range": ends[::-1] if locale.rtl else ends, "tickvals": every, "ticktext": [str(tenth) for tenth in every],
            "showgrid": False,
            "title": {"text": look.text(locale._("tenths, those of whom most was told first")),
                      "font": {"size": look.px(12), "color": colors.muted}},
        },
        yaxis={
            "range": [0, most * 1.06 or 1.0], "tickvals": ticks, "ticktext": [written(tick) for tick in ticks],
            "side": "right" if locale.rtl else "left",
        },
    )  # fmt: skip


@remembered
def calibration_figure(rows: pd.DataFrame, look: Look, *, across: str, up: str) -> go.Figure:
    """Chances that were told against what happened: on the line they came true. `across` and `up` are the words of the axes.

    `rows` has predicted, observed, low, high, n; dots of fewer than 10 are left out.
    """
    locale, colors = look.locale, look.colors
    shown = rows[(rows["n"].astype(float) >= LEAST_SHOWN) & rows["observed"].notna()]
    told, came = shown["predicted"].astype(float), shown["observed"].astype(float)
    low, high = shown["low"].astype(float), shown["high"].astype(float)
    is_off = (told < low) | (told > high)
    said = [
        [look.text(locale._("told {told}, came {came} ({range}) · n = {n}").format(
            told=locale.share(row.predicted), came=locale.share(row.observed), range=locale.shares(row.low, row.high),
            n=locale.count(row.n)))]
        for row in shown.itertuples()
    ]  # fmt: skip
    most = min(1.0, max([*told, *high, 0.1]) * 1.08)
    line = {
        "type": "scatter", "x": [0, most], "y": [0, most], "mode": "lines", "hoverinfo": "skip",
        "line": {"color": colors.neutral, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    dots = {
        "type": "scatter", "x": list(told), "y": list(came), "mode": "markers", "customdata": said,
        "marker": {
            "size": look.px(10), "color": [colors.surface if off else colors.accent for off in is_off],
            "line": {"color": colors.accent, "width": 2},
        },
        "error_y": look.whisker(low, high, came, colors.accent),
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    axis = {"range": [-0.02 * most, most * 1.02], "tickformat": ".0%", "nticks": 6, "showgrid": True}
    words = {"font": {"size": look.px(12), "color": colors.muted}}
    return look.figure(
        360,
        [line, dots],
        margin={"l": 64, "r": 16, "t": 12, "b": 54},
        annotations=[
            look.note(locale._("as told"), x=most, y=most, xanchor="right", yanchor="bottom", xshift=look.px(-14))
        ],
        xaxis=axis | {"title": words | {"text": look.text(across)}},
        yaxis=axis | {"title": words | {"text": look.text(up), "standoff": look.px(8)}},
    )


def _writes(look: Look, currency: str | None, is_money: bool) -> Callable[[float], str]:
    """How an amount is written: money, or a number of purchases."""
    locale = look.locale.in_currency(currency or look.locale.currency)
    return locale.money if is_money else locale.count


def _ticks(most: float) -> list[float]:
    """Round numbers from 0, four to six of them."""
    if most <= 0:
        return [0.0]
    size = 10.0 ** (len(str(int(most))) - 1) if most >= 1 else 1.0
    step = next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5) if most / (size * part) <= 5.5)
    return [step * number for number in range(int(most / step) + 1)]
