"""What goes with winning: a dot and whisker a group, one or two a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered

SIDES = (("yes", -0.19), ("no", 0.19))


@remembered
def pairs_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look, *, head: str = "") -> go.Figure:
    """Two chances a line, one above the other: filled for `yes`, hollow for `no`, with their difference beside.

    `rows` has yes, yes_low, yes_high, yes_n, the same of no, difference, difference_low, difference_high and is_real; `names` each
    line's name and the quiet line under it. Chances of fewer than 10 deals are counted, not told. A point carries its line's place.
    """
    locale, colors = look.locale, look.colors
    every = rows.to_dict("records")
    traces, notes = [], []
    tops = []
    for side, shift in SIDES:
        for is_real in (True, False):
            places = [
                place for place, row in enumerate(every) if bool(row["is_real"]) == is_real and _is_told(row, side)
            ]
            values = [float(every[place][side]) for place in places]
            low, high = ([float(every[place][f"{side}_{end}"]) for place in places] for end in ("low", "high"))
            tops += high
            color = colors.accent if is_real and side == "yes" else colors.neutral
            said = [
                [place, _said(look, value, start, end, every[place][f"{side}_n"])]
                for place, value, start, end in zip(places, values, low, high, strict=True)
            ]
            traces.append(
                _dots(look, values, [place + shift for place in places], color, is_hollow=side == "no")
                | {"error_x": look.whisker(low, high, values, color), "customdata": said,
                   "hovertemplate": "%{customdata[1]}<extra></extra>"}
            )  # fmt: skip
            notes += [
                look.note(
                    f"<b>{locale.share(value)}</b>" if side == "yes" else locale.share(value), x=top, y=place + shift,
                    xanchor="left", xshift=look.px(6), font={"size": look.px(12), "color": colors.ink if side == "yes" else colors.muted},
                )
                for place, value, top in zip(places, values, high, strict=True)
            ]  # fmt: skip
        notes += [
            look.note(_few(look, row[f"{side}_n"]), x=0, y=place + shift, xanchor="left", xref="x domain")
            for place, row in enumerate(every)
            if not _is_told(row, side)
        ]
    for place, row in enumerate(every):
        if pd.isna(row["difference"]) or not (_is_told(row, "yes") and _is_told(row, "no")):
            continue
        points = locale.points(row["difference"] * 100)
        range_ = locale.points_between(row["difference_low"] * 100, row["difference_high"] * 100)
        strong = f"<b>{look.text(points)}</b>" if row["is_real"] else look.small(look.text(points))
        notes.append(look.beside(78) | {"y": place, "text": f"{strong}<br>{look.small(range_)}"})
    notes.append(look.note(head, **look.beside(78), y=1, yref="paper", yshift=look.px(14)))
    return look.figure(
        66 * len(every) + 62,
        traces,
        margin={look.near: _room(names), look.far: 156, "t": 30, "b": 30},
        annotations=notes,
        xaxis=_shares_axis(0.0, max(tops, default=1.0) * 1.18),
        yaxis=look.lines(_labels(look, names)),
    )


@remembered
def dots_figure(
    rows: pd.DataFrame,
    names: Sequence[tuple[str, str]],
    look: Look,
    *,
    typical: float | None = None,
    head: str = "",
    line: str = "",
) -> go.Figure:
    """One share a line with its whisker and its number beside; the upright line is `typical`, with the words `line` over it.

    `rows` has rate, low, high, n, is_real, and may have `mark`: a share to point out on the line. Shares may be below 0. A point
    carries its line's place.
    """
    locale, colors = look.locale, look.colors
    every = rows.to_dict("records")
    told = [place for place, row in enumerate(every) if row["n"] >= LEAST_SHOWN and not pd.isna(row["rate"])]
    ends: list[float] = [0.0] if typical is None else [0.0, typical]
    traces, notes = [], []
    for is_real in (True, False):
        places = [place for place in told if bool(every[place]["is_real"]) == is_real]
        values = [float(every[place]["rate"]) for place in places]
        low, high = (
            [
                value if pd.isna(every[place][end]) else float(every[place][end])
                for place, value in zip(places, values, strict=True)
            ]
            for end in ("low", "high")
        )
        ends += [*low, *high]
        color = colors.accent if is_real else colors.neutral
        said = [
            [place, _said(look, value, start, end, every[place]["n"])]
            for place, value, start, end in zip(places, values, low, high, strict=True)
        ]
        traces.append(
            _dots(look, values, places, color, is_hollow=not is_real)
            | {"error_x": look.whisker(low, high, values, color), "customdata": said,
               "hovertemplate": "%{customdata[1]}<extra></extra>"}
        )  # fmt: skip
    marks = [(place, float(every[place]["mark"])) for place in told if not pd.isna(every[place].get("mark"))]
    marks = [(place, mark) for place, mark in marks if mark <= 1]
    if marks:
        ends += [mark for _place, mark in marks]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [mark for _place, mark in marks], "y": [place for place, _mark in marks],
            "marker": {"symbol": "line-ns", "size": look.px(18), "line": {"width": 2, "color": colors.ink}},
            "customdata": [[place, look.text(locale.share(mark))] for place, mark in marks],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        })  # fmt: skip
    for place, row in enumerate(every):
        if place in told:
            range_ = "" if pd.isna(row["low"]) else locale.shares(row["low"], row["high"])
            text = f"<b>{locale.share(row['rate'])}</b> {look.small(range_)}"
        else:
            text = look.small(look.text(_few(look, row["n"])))
        notes.append(look.beside(78) | {"y": place, "text": text})
    over = {"y": 1, "yref": "paper", "yshift": look.px(14)}
    notes.append(look.note(head, **look.beside(78), **over))
    if typical is not None and line:
        notes.append(look.note(line, x=typical, **over))
    least, most = min(ends), max(ends)
    pad = max(0.05 * (most - least), 0.005)
    return look.figure(
        46 * len(every) + 62,
        traces,
        margin={look.near: _room(names), look.far: 156, "t": 30, "b": 30},
        annotations=notes,
        shapes=[] if typical is None else [look.upright(typical)],
        xaxis=_shares_axis(least - pad if least < 0 else -pad / 2, most + pad),
        yaxis=look.lines(_labels(look, names)),
    )


def _is_told(row: dict[str, Any], side: str) -> bool:
    return bool(row[f"{side}_n"] >= LEAST_SHOWN and not pd.isna(row[side]))


def _few(look: Look, n: float) -> str:
    if n < LEAST_SHOWN:
        return look.locale._("not enough · {n}").format(n=look.locale.count(n))
    return look.locale._("not followed that long")


def _said(look: Look, value: float, low: float, high: float, n: float) -> str:
    locale = look.locale
    return look.text(f"<b>{locale.share(value)}</b> {locale.shares(low, high)} · n = {locale.count(n)}")


def _dots(look: Look, x: Sequence[float], y: Sequence[float], color: str, *, is_hollow: bool) -> dict[str, Any]:
    full = {"size": look.px(11), "color": color}
    hollow = {"size": look.px(11), "color": look.colors.surface, "line": {"color": color, "width": 2}}
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "marker": hollow if is_hollow else full,
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _labels(look: Look, names: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{look.name(name)}<br>{look.small(look.text(line))}" if line else look.name(name) for name, line in names]


def _room(names: Sequence[tuple[str, str]]) -> int:
    longest = max((max(min(len(name), 28), 0.85 * len(line)) for name, line in names), default=0)
    return round(min(max(7.2 * longest + 24, 96), 230))


def _shares_axis(low: float, high: float) -> dict[str, Any]:
    return {"range": [low, high], "tickformat": ".0%", "nticks": 6, "showgrid": True, "rangemode": "normal"}
