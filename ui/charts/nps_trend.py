"""The Net Promoter Score over time: a line with its ribbon, levels between changes, marked days, and the number of answers below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.charts.trend import runs
from ui.memory import remembered

LONGEST_NAME = 20
MOST_TICKS = 9
MOST_COUNTS = 16  # periods of too few answers that get their count written
_MAIN, _BELOW = [0.3, 1], [0, 0.16]


@dataclass(frozen=True)
class Level:
    """A score that held from one change to the next."""

    since: date
    until: date
    score: float


@dataclass(frozen=True)
class Step:
    """A change: its day, and the difference in points."""

    on: date
    difference: float


@remembered
def trend_figure(
    rows: pd.DataFrame,
    labels: Sequence[str],
    levels: Sequence[Level],
    steps: Sequence[Step],
    marks: Sequence[tuple[date, str]],
    target: float | None,
    look: Look,
) -> go.Figure:
    """`rows` of `nps`, one a period, `labels` their names. Below 10 answers no score is shown, and its count is written.

    A period that differs from the one before by a real change is a large point; all others are small. `levels` are drawn through the
    score, `steps` where one ends and the next begins; `marks` are days with names from the data, `target` the score aimed at.
    """
    locale, colors = look.locale, look.colors
    starts, ends = list(rows["starts_on"]), list(rows["ends_on"])
    middles = [_middle(since, until) for since, until in zip(starts, ends, strict=True)]
    shown = list(rows["n"] >= LEAST_SHOWN)
    span = _range(rows[shown], levels, target)
    traces: list[dict[str, Any]] = []
    for first, last in runs(shown):
        part = rows.iloc[first:last]
        if last - first > 1:
            traces.append(look.ribbon(middles[first:last], list(part["low"]), list(part["high"])))
        else:
            traces.append(_lone(look, middles[first], part))
    traces.append(_line(look, rows, labels, middles, shown))
    traces += [
        {
            "type": "scatter", "mode": "lines", "x": [str(level.since), str(level.until)], "y": [level.score, level.score],
            "line": {"color": colors.ink, "width": 2, "dash": "dash"}, "hoverinfo": "skip",
        }
        for level in levels
    ]  # fmt: skip
    traces.append(_counts(look, rows, labels, middles))
    shapes, notes = _upright(look, steps, marks, starts[0], ends[-1])
    notes += _levels_said(look, levels)
    if target is not None:
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target, "layer": "below",
                       "line": {"color": colors.neutral, "width": 1.5, "dash": "dot"}})  # fmt: skip
        words = locale._("target {score}").format(score=locale.score(target))
        notes.append(look.note(words, x=1, xref="paper", xanchor="right", y=target, yanchor="bottom", bgcolor=colors.surface, borderpad=1))  # fmt: skip
    few = [place for place, is_shown in enumerate(shown) if not is_shown and rows["n"].iloc[place]]
    if len(few) <= MOST_COUNTS:
        small = {"size": look.px(11), "color": colors.muted}
        notes += [
            look.note(locale.count(rows["n"].iloc[place]), x=middles[place], y=span[0], yanchor="bottom", font=small)
            for place in few
        ]
    notes.append(look.note(
        locale._("answers"), x=0, xref="paper", xanchor="left", y=_BELOW[1], yref="paper", yanchor="bottom", xshift=look.px(-4),
        font={"size": look.px(11), "color": colors.muted},
    ))  # fmt: skip
    every = -(-len(rows) // MOST_TICKS)
    most = int(max(rows["n"].max(), 1))
    return look.figure(
        430,
        traces,
        margin={"l": 46, "r": 18, "t": 44 if steps or marks else 16, "b": 30},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "type": "date", "anchor": "y2", "showgrid": False, "tickangle": 0, "tickvals": middles[::every],
            "ticktext": [look.text(label) for label in labels[::every]],
            "range": [str(starts[0] - timedelta(days=1)), str(ends[-1] + timedelta(days=2))],
        },
        yaxis={"domain": _MAIN, "range": span, "nticks": 6, "tickvals": _ticks(span), "ticktext": [locale.score(tick) for tick in _ticks(span)]},
        yaxis2={"domain": _BELOW, "range": [0, most * 1.05], "tickvals": [most], "ticktext": [locale.count(most)],
                "tickfont": {"color": colors.muted, "size": look.px(11)}},
    )  # fmt: skip


def _middle(since: date, until: date) -> str:
    whole = pd.Timestamp(since) + (pd.Timestamp(until) + pd.Timedelta(days=1) - pd.Timestamp(since)) / 2
    return whole.isoformat()


def _range(rows: pd.DataFrame, levels: Sequence[Level], target: float | None) -> list[float]:
    """From the least to the most there is to draw, at least forty points, in tens."""
    found = [*rows["low"].dropna(), *rows["high"].dropna(), *(level.score for level in levels)]
    found += [] if target is None else [target]
    least, most = min(found, default=-50.0), max(found, default=50.0)
    room = max(40 - (most - least), 0) / 2
    return [max(10 * ((least - room) // 10), -100.0) - 2, min(10 * -(-(most + room) // 10), 100.0) + 2]


def _ticks(span: Sequence[float]) -> list[int]:
    step = 20 if span[1] - span[0] <= 110 else 50
    return [tick for tick in range(-100, 101, step) if span[0] <= tick <= span[1]]


def _lone(look: Look, middle: str, part: pd.DataFrame) -> dict[str, Any]:
    """A period between two of too few answers: a ribbon has no width there."""
    return {
        "type": "scatter", "x": [middle], "y": list(part["nps"]), "mode": "markers", "hoverinfo": "skip",
        "marker": {"size": 1, "color": look.colors.accent},
        "error_y": look.whisker(part["low"], part["high"], part["nps"], look.colors.accent),
    }  # fmt: skip


def _line(
    look: Look, rows: pd.DataFrame, labels: Sequence[str], middles: Sequence[str], shown: Sequence[bool]
) -> dict[str, Any]:
    """The line, its points: accent and large for a real change, hollow for what could be chance or was not tested."""
    colors = look.colors
    real = [change is True for change in rows["real_change"]]
    return {
        "type": "scatter", "mode": "lines+markers", "connectgaps": False, "x": list(middles),
        "y": [value if is_shown else None for value, is_shown in zip(rows["nps"], shown, strict=True)],
        "line": {"color": colors.accent, "width": 2},
        "marker": {
            "size": [look.px(12 if each else 6) for each in real], "opacity": 1,
            "color": [colors.accent if each else colors.surface for each in real],
            "line": {"color": colors.accent, "width": 1.5},
        },
        "customdata": [[place, *said(look, row, label)] for place, (label, row) in
                       enumerate(zip(labels, rows.to_dict("records"), strict=True))],
        "hovertemplate": "%{customdata[1]}: <b>%{customdata[2]}</b> %{customdata[3]}<extra></extra>",
    }  # fmt: skip


def said(look: Look, row: dict[str, Any], label: str) -> tuple[str, str, str]:
    """Name, score, and what it rests on, for a hover."""
    locale = look.locale
    if row["n"] < LEAST_SHOWN:
        return look.text(label), look.text(locale._("not enough · {n}").format(n=locale.count(row["n"]))), ""
    parts = [locale.scores(row["low"], row["high"]), f"n = {locale.count(row['n'])}"]
    if row["real_change"] is True:
        parts.append(locale._("real change: {points}").format(points=locale.score(row["difference"])))
    elif row["real_change"] is False:
        parts.append(locale._("could be chance: {points}").format(points=locale.score(row["difference"])))
    return look.text(label), locale.score(row["nps"]), look.text(" · ".join(parts))


def _counts(look: Look, rows: pd.DataFrame, labels: Sequence[str], middles: Sequence[str]) -> dict[str, Any]:
    days = [(until - since).days + 1 for since, until in zip(rows["starts_on"], rows["ends_on"], strict=True)]
    return {
        "type": "bar", "x": list(middles), "y": list(rows["n"]), "yaxis": "y2", "marker": {"color": look.colors.neutral, "line": {"width": 0}},
        "width": [0.8 * 86_400_000 * each for each in days],
        "customdata": [[look.text(label), look.locale.count(n)] for label, n in zip(labels, rows["n"], strict=True)],
        "hovertemplate": "%{customdata[0]}: <b>%{customdata[1]}</b><extra></extra>",
    }  # fmt: skip


def _upright(
    look: Look, steps: Sequence[Step], marks: Sequence[tuple[date, str]], first: date, last: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines from top to bottom: changes in their colour with day and points, marked days quiet with their names where there is room."""
    locale, colors = look.locale, look.colors
    shapes, notes = [], []
    days = max((last - first).days, 1)
    named: list[tuple[bool, int]] = []
    wanted = [(step.on, step, "") for step in steps] + [(on, None, name) for on, name in marks]
    for on, step, name in wanted:
        place = (on - first).days
        if not 0 <= place <= days:
            continue
        color = colors.neutral if step is None else colors.won if step.difference > 0 else colors.lost
        shapes.append({
            "type": "line", "x0": str(on), "x1": str(on), "xref": "x", "y0": _MAIN[0], "y1": 1, "yref": "paper",
            "line": {"color": color, "width": 1.5 if step is None else 2, "dash": "dot" if step is None else "solid"},
        })  # fmt: skip
        is_step = step is not None
        if any(abs(place - other) < 0.2 * days for kind, other in named if kind is is_step):
            continue
        named.append((is_step, place))
        words = look.name(name, LONGEST_NAME) if step is None else look.text(f"{locale.day(on)} <b>{locale.score(step.difference)}</b>")  # fmt: skip
        notes.append({
            "text": words, "x": str(on), "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
            # Changes stand above the names of marked days.
            "yshift": look.px(16) if is_step and marks else 0, "xanchor": "right" if place > 0.6 * days else "left",
            "font": {"size": look.px(12 if is_step else 11), "color": color if is_step else colors.muted},
        })  # fmt: skip
    return shapes, notes


def _levels_said(look: Look, levels: Sequence[Level]) -> list[dict[str, Any]]:
    return [
        {
            "text": f"<b>{look.locale.score(level.score)}</b>", "x": str(level.since + (level.until - level.since) / 2), "xref": "x",
            "y": level.score, "yanchor": "bottom", "showarrow": False, "bgcolor": look.colors.surface, "borderpad": 1,
            "font": {"size": look.px(13), "color": look.colors.ink},
        }
        for level in levels
    ]  # fmt: skip
