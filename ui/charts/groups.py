"""How groups differ: a panel a step with a dot a group, and what separates won deals from lost ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered

PANELS_A_ROW = 6
# Odds that a scale may be labelled at.
ODDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def marks(rows: pd.DataFrame, panels: int) -> list[list[int]]:
    """For each trace of `groups_figure`, the places in `rows` of its points: panel by panel, the real ones first."""
    parts: list[list[int]] = [[] for _panel in range(panels) for _verdict in (True, False)]
    shown = (rows["n"] >= LEAST_SHOWN) & rows["rate"].notna()
    for place, (panel, is_real, yes) in enumerate(zip(rows["panel"], rows["is_real"], shown, strict=True)):
        if yes:
            parts[2 * panel + (not is_real)].append(place)
    return parts


@remembered
def groups_figure(
    rows: pd.DataFrame, panels: Sequence[tuple[str, float | None]], groups: Sequence[tuple[str, str]], look: Look
) -> go.Figure:
    """Small multiples: a panel a step, a dot and whisker a group; the line is everyone, the scale is one.

    `rows` has panel and group (places in `panels` and `groups`), rate, low, high, n, is_real. A panel is a name and
    everyone's rate, a group a name and the quiet line under it. The points of trace i are `marks(...)[i]`.
    """
    locale, colors = look.locale, look.colors
    across = min(len(panels), PANELS_A_ROW)
    down = math.ceil(len(panels) / across)
    parts = marks(rows, len(panels))
    every = list(rows[["panel", "group", "rate", "low", "high", "n", "is_real"]].itertuples())
    named = [f"{look.name(name)}<br>{look.small(look.text(line))}" for name, line in groups]
    longest = max((min(len(name), 28) for name, _line in groups), default=0)
    each = 46 if len(groups) <= 8 else 38
    room = {look.near: round(min(max(7.4 * longest + 20, 96), 220)), "t": 46, "b": 30}
    height = (each * len(groups) + 76) * down
    small = {"size": look.px(11), "color": colors.muted}
    drawn = rows.iloc[[place for part in parts for place in part]]
    everyone = [typical for _name, typical in panels if typical is not None]
    least = min([*drawn["low"].dropna(), *everyone], default=0.0)
    most = max([*drawn["high"].dropna(), *everyone], default=1.0)
    # Room for a whole mark at 0% and at 100%.
    pad = max(0.06 * (most - least), 0.02)
    span = max(least - pad, -pad), min(most + pad, 1 + pad)

    traces, notes, lines = [], [], []
    for number, (name, typical) in enumerate(panels):
        line, column = divmod(number, across)
        # In Hebrew the first panel is the rightmost one.
        own = _axis(line * across + (across - 1 - column if locale.rtl else column))
        x, y = f"x{own}", f"y{own}"
        all_of = locale._("all: not enough to say")
        if typical is not None:
            lines.append(look.upright(typical, own))
            all_of = locale._("all: {share}").format(share=locale.share(typical))
        all_of = look.small(look.text(all_of))
        notes.append({
            "text": f"<b>{look.name(name, 22)}</b><br>{all_of}", "x": 0.5, "xref": f"{x} domain", "y": 1,
            "yref": f"{y} domain", "yanchor": "bottom", "showarrow": False, "font": {"size": look.px(12)},
        })  # fmt: skip
        for is_real, part in zip((True, False), parts[2 * number : 2 * number + 2], strict=True):
            known = [every[place] for place in part]
            rates = [row.rate for row in known]
            color = colors.accent if is_real else colors.neutral
            said = (
                f"<b>{locale.share(row.rate)}</b> {locale.shares(row.low, row.high)} · n = {locale.count(row.n)}"
                for row in known
            )
            traces.append(_dots(look, rates, [row.group for row in known], is_real=is_real) | {
                "xaxis": x,
                "yaxis": y,
                "error_x": look.whisker(
                    [row.rate if pd.isna(row.low) else row.low for row in known],
                    [row.rate if pd.isna(row.high) else row.high for row in known],
                    rates,
                    color,
                ) | {"thickness": 2 if is_real else 1.5},
                "customdata": [[look.text(words)] for words in said],
                "hovertemplate": "%{customdata[0]}<extra></extra>",
            })  # fmt: skip
            notes += [
                look.note(
                    locale.share(row.rate), x=row.rate, y=row.group, yshift=look.px(13), xref=x, yref=y,
                    font=small | {"color": colors.ink if is_real else colors.muted}, bgcolor=colors.surface, borderpad=0,
                )
                for row in known
            ]  # fmt: skip
        for row in every:
            if row.panel == number and (row.n < LEAST_SHOWN or pd.isna(row.rate)):
                words = locale._("not enough · {n}").format(n=locale.count(row.n)) if row.n < LEAST_SHOWN else "–"
                notes.append(look.note(words, x=0.5, y=row.group, font=small, xref=f"{x} domain", yref=y))

    wide = span[1] - span[0]
    step = 0.5 if wide > 0.8 else 0.25 if wide > 0.4 else 0.1 if wide > 0.15 else 0.05
    ticks = [part * step for part in range(round(1 / step) + 1) if span[0] + pad / 2 < part * step < span[1] - pad / 2]
    return look.figure(
        height,
        traces,
        margin=room,
        annotations=notes,
        shapes=lines,
        **_panel_axes(
            across,
            down,
            62 / height,
            {
                "range": span,
                "tickformat": ".0%",
                "tickvals": ticks,
                "showgrid": True,
                "tickfont": small,
                "tickangle": 0,
            },
            look.lines(named) | {"range": [len(groups) - 0.5, -0.65]},
            across - 1 if locale.rtl else 0,
        ),
    )


def _axis(place: int) -> str:
    """What Plotly writes after `x` or `y` for the axes of a panel."""
    return str(place + 1) if place else ""


def _panel_axes(
    across: int, down: int, gap: float, x: dict[str, Any], y: dict[str, Any], named: int
) -> dict[str, dict[str, Any]]:
    """The axes of panels side by side and, `gap` of the height apart, one row below another. The column `named` has the names."""
    width, height = (1 - 0.03 * (across - 1)) / across, (1 - gap * (down - 1)) / down
    axes = {}
    for place in range(across * down):
        line, column = divmod(place, across)
        own, left, bottom = _axis(place), column * (width + 0.03), (down - 1 - line) * (height + gap)
        axes[f"xaxis{own}"] = x | {"anchor": f"y{own}", "domain": [left, left + width]}
        axes[f"yaxis{own}"] = y | {
            "anchor": f"x{own}",
            "domain": [bottom, bottom + height],
            "showticklabels": column == named,
        }
    return axes


def _dots(look: Look, x: Sequence[float], y: Sequence[int], *, is_real: bool) -> dict[str, Any]:
    """Marks that can be clicked: filled where the difference is real, hollow where it could be chance."""
    real = {"size": look.px(10), "color": look.colors.accent}
    chance = {"size": look.px(10), "color": look.colors.surface, "line": {"color": look.colors.neutral, "width": 2}}
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": real if is_real else chance,
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


@remembered
def drivers_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look) -> go.Figure:
    """A dot and whisker a value: the odds to be won against others, on a scale of ratios; the line is "as others".

    `rows` has adjusted_odds_ratio, low, high, is_real; `names` each row's name and the quiet line under it.
    """
    locale, colors = look.locale, look.colors
    least = min([*rows["low"], 0.5], default=0.5)
    most = max([*rows["high"], 2.0], default=2.0)
    span = math.log10(max(least, 0.01)) - 0.05, math.log10(min(most, 100)) + 0.05
    traces = []
    for is_real in (True, False):
        places = [place for place, real in enumerate(rows["is_real"]) if bool(real) == is_real]
        part = rows.iloc[places]
        ratios = list(part["adjusted_odds_ratio"])
        color = colors.accent if is_real else colors.neutral
        whisker = look.whisker(part["low"], part["high"], ratios, color) | {"thickness": 2 if is_real else 1.5}
        traces.append(_dots(look, ratios, places, is_real=is_real) | {"error_x": whisker, "hoverinfo": "skip"})
    over = {"y": 1, "yref": "paper", "yshift": look.px(14)}
    notes = [
        look.note(locale._("odds"), **look.beside(74), **over),
        look.note(locale._("as others"), x=0, **over),
    ]
    for place, row in enumerate(rows.itertuples()):
        text = f"<b>{odds(row.adjusted_odds_ratio)}</b> {look.small(locale.between(odds(row.low), odds(row.high)))}"
        notes.append(look.beside(74) | {"y": place, "text": text})
    ticks = [each for each in ODDS if span[0] <= math.log10(each) <= span[1]]
    labels = [f"{look.name(name, 32)}<br>{look.small(look.text(line))}" for name, line in names]
    return look.figure(
        46 * len(rows) + 58,
        traces,
        margin={look.near: 262, look.far: 150, "t": 30, "b": 28},
        annotations=notes,
        shapes=[look.upright(1)],
        xaxis={
            "type": "log",
            "range": span,
            "tickvals": ticks,
            "ticktext": [f"{each:g}" for each in ticks],
            "showgrid": True,
        },
        yaxis=look.lines(labels),
    )


def odds(value: float) -> str:
    """An odds ratio in two significant digits, as people write it."""
    if value != value:
        return "–"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"
