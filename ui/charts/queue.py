"""Queues at stages: who comes, who leaves and who waits, a panel a stage; and the cumulative flow through all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.charts.timing import apart
from ui.memory import remembered

PANELS_A_ROW = 5
GAP = 0.035  # between panels, of the width
HEIGHT = 300  # of a row of panels
FLOWS, WAITING = (0.47, 1.0), (0.0, 0.30)  # the two parts of a panel, of its height


class Panel(NamedTuple):
    """A stage: its name, the quiet lines under it, and which way its queue really goes ("growing", "shrinking", "")."""

    name: str
    lines: tuple[str, ...]
    way: str


@remembered
def queue_figure(rows: pd.DataFrame, panels: Sequence[Panel], labels: Sequence[str], look: Look) -> go.Figure:
    """Small multiples: above, arrivals (accent) and departures (neutral) a period; below, how many wait at its end.

    `rows` has panel and place (in `panels` and `labels`), arrivals, departures, waiting, is_complete; all panels have one
    scale. The last three complete bars of a queue that really grows or shrinks are coloured; what is not over is dotted and
    hatched. The first of a point's customdata is its panel.
    """
    locale, colors = look.locale, look.colors
    across = min(len(panels), PANELS_A_ROW)
    down = math.ceil(len(panels) / across)
    height = HEIGHT * down
    top = float(max(rows["arrivals"].max(), rows["departures"].max(), 1)) * 1.12
    most = float(max(rows["waiting"].max(), 1)) * 1.25
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for number, panel in enumerate(panels):
        part = rows[rows["panel"] == number]
        line, column = divmod(number, across)
        shown = across - 1 - column if locale.rtl else column  # in Hebrew the first panel is the rightmost one
        above, below = _axis(2 * number), _axis(2 * number + 1)
        axes |= _axes(look, labels, (across, down), (line, shown), (above, below), (top, most))
        traces += _flows(look, part, labels, number, above)
        traces.append(_bars(look, part, labels, number, below, panel.way))
        notes.append({
            "text": f"<b>{look.name(panel.name, 20)}</b>" + "".join(
                f"<br>{look.small(look.text(line), _ink(look, panel.way))}" for line in panel.lines
            ),
            "x": 0.5, "xref": f"x{above} domain", "y": 1, "yref": f"y{above} domain", "yanchor": "bottom", "yshift": look.px(4),
            "showarrow": False, "font": {"size": look.px(13)},
        })  # fmt: skip
        notes += [_last(look, part, below), *_ends(look, labels, below)]
        if not column:
            notes += [
                look.note(
                    words, x=0, xref=f"x{own} domain", y=1, yref=f"y{own} domain", xanchor="left", yanchor="bottom",
                    yshift=look.px(1), font={"size": look.px(11), "color": colors.muted},
                ) for own, words in ((below, locale._("waiting")),)
            ]  # fmt: skip
    margin = {"l": 34, "r": 16, "t": 64, "b": 28}
    return look.figure(height + 40, traces, margin=margin, annotations=notes, bargap=0.3, **axes)


def _axis(place: int) -> str:
    """What Plotly writes after `x` or `y` for an axis."""
    return str(place + 1) if place else ""


def _ink(look: Look, way: str) -> str:
    return {"growing": look.colors.lost, "shrinking": look.colors.won}.get(way, look.colors.muted)


def _axes(
    look: Look, labels: Sequence[str], size: tuple[int, int], at: tuple[int, int], own: tuple[str, str], tops: tuple[float, float]
) -> dict[str, Any]:  # fmt: skip
    """The four axes of one panel."""
    (across, down), (line, column) = size, at
    width = (1 - GAP * (across - 1)) / across
    gap = 96 / (HEIGHT * down)
    tall = (1 - gap * (down - 1)) / down
    left, bottom = column * (width + GAP), (down - 1 - line) * (tall + gap)
    small = {"size": look.px(11), "color": look.colors.muted}
    x = {
        "domain": [left, left + width], "range": [-0.7, len(labels) - 0.3], "showgrid": False, "showticklabels": False,
    }  # fmt: skip
    y = {"nticks": 4, "tickfont": small, "showticklabels": column == 0}
    found: dict[str, Any] = {}
    for axis, (low, high), top, is_below in ((own[0], FLOWS, tops[0], False), (own[1], WAITING, tops[1], True)):
        found[f"xaxis{axis}"] = x | {"anchor": f"y{axis}"}
        found[f"yaxis{axis}"] = y | {
            "anchor": f"x{axis}", "range": [0, top], "domain": [bottom + low * tall, bottom + high * tall],
        } | ({"showgrid": False, "showticklabels": False} if is_below else {})  # fmt: skip
    return found


def _ends(look: Look, labels: Sequence[str], axis: str) -> list[dict[str, Any]]:
    """The first and the last period, named within the width of the panel."""
    quiet = {"size": look.px(11), "color": look.colors.muted}
    return [
        look.note(
            labels[place], x=x, xref=f"x{axis} domain", xanchor=anchor, y=0, yref=f"y{axis} domain", yanchor="top",
            yshift=look.px(-3), font=quiet,
        )
        for place, x, anchor in ((0, 0, "left"), (len(labels) - 1, 1, "right"))[: len(labels)]
    ]  # fmt: skip


def _flows(look: Look, part: pd.DataFrame, labels: Sequence[str], panel: int, axis: str) -> list[dict[str, Any]]:
    """Arrivals and departures; of a period that is not over dotted."""
    locale = look.locale
    found = []
    for name, ink, words in (
        ("departures", look.colors.neutral, locale._("left")),
        ("arrivals", look.colors.accent, locale._("arrived")),
    ):
        whole = part[part["is_complete"]]
        cut = [
            part[(part["place"] >= place - 1) & (part["place"] <= place + 1)]
            for place in part.loc[~part["is_complete"], "place"]
        ]
        for rows, dash in ((whole, "solid"), *((each, "dot") for each in cut)):
            found.append({
                "type": "scatter", "x": list(rows["place"]), "y": list(rows[name]), "mode": "lines",
                "xaxis": f"x{axis}", "yaxis": f"y{axis}",
                "line": {"color": ink, "width": (2.5 if name == "arrivals" else 2) if dash == "solid" else 1.5, "dash": dash},
                "customdata": [
                    [panel, look.text(labels[place]), locale.count(n)] for place, n in zip(rows["place"], rows[name], strict=True)
                ],
                "hovertemplate": f"%{{customdata[1]}}: <b>%{{customdata[2]}}</b> {look.text(words)}<extra></extra>",
            })  # fmt: skip
    return found


def _bars(look: Look, part: pd.DataFrame, labels: Sequence[str], panel: int, axis: str, way: str) -> dict[str, Any]:
    """How many wait at the end of each period; hatched while it is not over."""
    colors, locale = look.colors, look.locale
    fill = {"growing": colors.lost_fill, "shrinking": colors.won_fill}.get(way, colors.neutral)
    recent = set(part.loc[part["is_complete"], "place"].tail(3)) if way else set()
    whole = list(part["is_complete"])
    inks = [fill if place in recent else colors.neutral for place in part["place"]]
    return {
        "type": "bar", "x": list(part["place"]), "y": list(part["waiting"]), "xaxis": f"x{axis}", "yaxis": f"y{axis}",
        "marker": {
            "color": inks,
            "pattern": look.hatch["pattern"] | {"shape": ["" if over else "/" for over in whole]},
            "line": {"width": [0 if over else 1 for over in whole], "color": colors.neutral},
        },
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        "customdata": [
            [panel, look.text(labels[place]), locale.count(n)] for place, n in zip(part["place"], part["waiting"], strict=True)
        ],
        "hovertemplate": f"%{{customdata[1]}}: <b>%{{customdata[2]}}</b> {look.text(locale._('waiting'))}<extra></extra>",
    }  # fmt: skip


def _last(look: Look, part: pd.DataFrame, axis: str) -> dict[str, Any]:
    """The number that waits now, over its bar."""
    last = part.iloc[-1]
    return look.note(
        f"<b>{look.locale.count(last['waiting'])}</b>", x=int(last["place"]), y=float(last["waiting"]), xref=f"x{axis}",
        yref=f"y{axis}", yanchor="bottom", font={"size": look.px(12), "color": look.colors.ink},
    )  # fmt: skip


@remembered
def flow_figure(
    rows: pd.DataFrame, lines: Sequence[tuple[str, str]], labels: Sequence[str], chosen: int | None, look: Look
) -> go.Figure:
    """The cumulative flow: a line a stage, each named at its end with the deals between it and the next; those in progress
    are shaded together.

    `rows` has line (a place in `lines`, from above), day and since_start; `lines` are a name and a kind (stage, lost,
    handed_off, won); `labels` name the days. The line `chosen` is drawn in the accent colour. Time does not flip.
    """
    locale, colors = look.locale, look.colors
    inks = {"lost": colors.lost, "won": colors.won, "handed_off": colors.handed_fill}
    traces: list[dict[str, Any]] = []
    ends: list[tuple[float, str, str]] = []
    days = list(rows.loc[rows["line"] == 0, "day"])
    ended = next((place for place, (_name, kind) in enumerate(lines) if kind != "stage"), None)
    if ended:
        first, last = (list(rows.loc[rows["line"] == place, "since_start"]) for place in (0, ended))
        traces.append(look.ribbon(days, last, first))
    last_of = [float(rows.loc[rows["line"] == place, "since_start"].iloc[-1]) for place in range(len(lines))]
    for place, (name, kind) in enumerate(lines):
        part = rows[rows["line"] == place]
        ink = colors.accent if place == chosen else inks.get(kind, colors.muted)
        words = look.name(name, 22) if kind == "stage" else look.text(name)
        between = last_of[place] - (last_of[place + 1] if place + 1 < len(lines) else 0)
        traces.append({
            "type": "scatter", "x": list(part["day"]), "y": list(part["since_start"]), "mode": "lines",
            "line": {"color": ink, "width": 2.5 if place == chosen or kind != "stage" else 1.5},
            "customdata": [
                [look.text(locale.day(day)), locale.count(n)] for day, n in zip(part["day"], part["since_start"], strict=True)
            ],
            "hovertemplate": f"%{{customdata[0]}}: <b>%{{customdata[1]}}</b> {words}<extra></extra>",
        })  # fmt: skip
        ends.append((last_of[place], f"{words} <b>{locale.count(between)}</b>", ink))
    top = max(last_of[0], 1.0) * 1.04
    # Of two lines that end together the one before stands above.
    heights = apart([end - place * 1e-6 for place, (end, *_rest) in enumerate(ends)], top * 0.058, top)
    notes = [
        {
            "text": words, "x": 1, "xref": "paper", "xanchor": "left", "y": height, "xshift": look.px(6), "showarrow": False,
            "font": {"size": look.px(12), "color": ink},
        }
        for height, (_end, words, ink) in zip(heights, ends, strict=True)
    ]  # fmt: skip
    return look.figure(
        360, traces, margin={"l": 44, "r": 176, "t": 16, "b": 30}, annotations=notes,
        xaxis={"type": "date", "showgrid": False, "range": [days[0], days[-1]], **_dates(look, days, labels)},
        yaxis={"range": [0, top * 1.02], "nticks": 5, "rangemode": "tozero"},
    )  # fmt: skip


def _dates(look: Look, days: Sequence[Any], labels: Sequence[str]) -> dict[str, Any]:
    every = max(1, math.ceil(len(days) / 7))
    shown = range(0, len(days), every)
    return {
        "tickvals": [days[place] for place in shown], "ticktext": [look.text(labels[place]) for place in shown], "tickangle": 0,
    }  # fmt: skip
