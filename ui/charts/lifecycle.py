"""The way of customers: stages with the flow between them, how many stand where over time, and who moved from where to where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, blend, ink_on
from ui.memory import remembered

LEAST_SHOWN = 10
LEAST_TESTED = 30
# Where each stage stands: across, and up; who came back is on the way from the lost to the core.
PLACES = {
    "potential": (0, 1), "first_time": (1, 1), "core": (2, 1), "defecting": (3, 1), "lost": (4, 1), "returned": (3, 0),
}  # fmt: skip
HALF_WIDTH, HALF_HEIGHT = 0.29, 0.36
# Each flow as (from, to, where its words stand, and whether above or below its line).
FLOWS: dict[str, tuple[tuple[float, float], tuple[float, float], str]] = {
    "first": ((0 + HALF_WIDTH, 1.12), (1 - HALF_WIDTH, 1.12), "top"),
    "settled": ((1 + HALF_WIDTH, 1.12), (2 - HALF_WIDTH, 1.12), "top"),
    "slipped": ((2 + HALF_WIDTH, 1.14), (3 - HALF_WIDTH, 1.14), "top"),
    "recovered": ((3 - HALF_WIDTH, 0.86), (2 + HALF_WIDTH, 0.86), "bottom"),
    "left": ((3 + HALF_WIDTH, 1.12), (4 - HALF_WIDTH, 1.12), "top"),
    "came_back": ((4, 1 - HALF_HEIGHT), (4, 0), "side"),
}
SHOWN = ("core", "first_time", "defecting", "lost", "returned")


@remembered
def flow_figure(
    stages: pd.DataFrame,
    names: Mapping[str, tuple[str, str]],
    flows: Mapping[str, tuple[int, float]],
    look: Look,
    *,
    picked: str | None = None,
) -> go.Figure:
    """A box a stage in the order of a customer's life, with arrows between them.

    `stages` has lifecycle, customers, share (0 to 1) and money (words, or empty), a row a stage; `names` each stage's name and
    what it means. `flows` has for each name of `FLOWS` how many customers went that way in the last month, and in a month on
    average; a flow that is not there is not drawn. A click on a box finds the stage's name.
    """
    locale, colors = look.locale, look.colors
    told = {row["lifecycle"]: row for row in stages.to_dict("records")}
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    still = {"marker": {"opacity": 0}}
    hits = {
        "type": "scatter", "mode": "markers", "x": [PLACES[name][0] for name in told], "y": [PLACES[name][1] for name in told],
        "marker": {"size": look.px(96), "symbol": "square", "opacity": 0}, "selected": still, "unselected": still,
        "customdata": [[name, look.text(f"<b>{names[name][0]}</b> · {names[name][1]}")] for name in told],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
    }  # fmt: skip
    for name, row in told.items():
        x, y = PLACES[name]
        edge = colors.accent if name == picked else colors.line
        shapes.append(
            _box(
                x - HALF_WIDTH,
                x + HALF_WIDTH,
                y - HALF_HEIGHT,
                y + HALF_HEIGHT,
                colors.raised,
                edge,
                2 if name == picked else 1,
            )
        )
        # The share of all customers, as a bar along the foot of the box.
        foot = y - HALF_HEIGHT
        shapes.append(
            _box(
                x - HALF_WIDTH,
                x - HALF_WIDTH + 2 * HALF_WIDTH * row["share"],
                foot,
                foot + 0.045,
                colors.accent,
                colors.accent,
                0,
            )
        )
        quiet = [names[name][1], *([row["money"]] if row["money"] else [])]
        at = {"x": x, "showarrow": False}
        notes.append(
            at | {"y": y + 0.23, "text": look.text(names[name][0]), "font": {"size": look.px(14), "color": colors.ink}}
        )
        number = f"<b>{locale.count(row['customers'])}</b>"
        notes.append(at | {"y": y + 0.04, "text": number, "font": {"size": look.px(22), "color": colors.ink}})
        words = "<br>".join(look.small(look.text(said)) for said in quiet)
        notes.append(at | {"y": y - 0.09, "text": words, "yanchor": "top"})
    for name, (start, end, side) in FLOWS.items():
        if name in flows:
            notes += _arrow(look, start, end, side, flows[name], names[f"flow_{name}"][0])
    if "came_back" in flows:
        shapes.append(_line(look, (4, 1 - HALF_HEIGHT), (4, 0)))
        notes.append(_head(look, (4, 0), (3 + HALF_WIDTH, 0)))
        shapes.append(_line(look, (3 - HALF_WIDTH, 0), (2, 0)))
        notes.append(_head(look, (2, 0), (2, 1 - HALF_HEIGHT)))
    span = [-0.42, 4.42]
    return look.figure(
        330,
        [hits],
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        annotations=notes,
        shapes=shapes,
        xaxis={"range": span[::-1] if locale.rtl else span, "showticklabels": False, "showgrid": False},
        yaxis={"range": [-0.45, 1.5], "showticklabels": False, "showgrid": False},
    )


def _box(x0: float, x1: float, y0: float, y1: float, fill: str, edge: str, width: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "fillcolor": fill, "layer": "below",
        "line": {"color": edge, "width": width},
    }  # fmt: skip


def _line(look: Look, start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "line", "x0": start[0], "y0": start[1], "x1": end[0], "y1": end[1], "layer": "below",
        "line": {"color": look.colors.neutral, "width": 1.5},
    }  # fmt: skip


def _head(look: Look, start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    return {
        "x": end[0], "y": end[1], "ax": start[0], "ay": start[1], "xref": "x", "yref": "y", "axref": "x", "ayref": "y",
        "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 1.5, "arrowcolor": look.colors.neutral,
    }  # fmt: skip


def _arrow(
    look: Look, start: tuple[float, float], end: tuple[float, float], side: str, flow: tuple[int, float], words: str
) -> list[dict[str, Any]]:
    """An arrow, and by it what it is, how many went that way in the last month, and the average."""
    locale = look.locale
    average = locale._("avg {n}").format(n=_average(look, flow[1]))
    text = f"<b>{locale.count(flow[0])}</b><br>{look.small(look.text(average))}"
    label = {"showarrow": False, "text": text, "font": {"size": look.px(13), "color": look.colors.ink}}
    said = {"showarrow": False, "text": look.small(look.text(words))}
    if side == "side":
        where = {"x": 4, "y": 0.28, "xanchor": look_end(look), "xshift": look.px(6) * (-1 if look.locale.rtl else 1)}
        return [label | where | {"text": f"{look.small(look.text(words))}<br>{text}", "align": look_end(look)}]
    middle = {"x": (start[0] + end[0]) / 2, "y": start[1]}
    if side == "top":
        return [
            _head(look, start, end),
            label
            | middle
            | {"yanchor": "bottom", "yshift": look.px(4), "text": f"{look.small(look.text(words))}<br>{text}"},
        ]
    return [
        _head(look, start, end),
        label | middle | {"yanchor": "top", "yshift": -look.px(4), "text": f"{text}<br>{said['text']}"},
    ]


def look_end(look: Look) -> str:
    """Which edge of words stands at a line that they follow in reading."""
    return "right" if look.locale.rtl else "left"


def _average(look: Look, value: float) -> str:
    return look.locale.count(value) if value >= LEAST_SHOWN or value == round(value) else f"{value:.1f}"


@remembered
def stocks_figure(stocks: pd.DataFrame, days: Sequence[str], names: Mapping[str, str], look: Look) -> go.Figure:
    """A line a stage over the ends of months. `stocks` has a column a stage, a row a day; `names` what each is called.

    The lines are named and counted at their ends.
    """
    locale, colors = look.locale, look.colors
    inks = {
        "core": colors.accent, "first_time": colors.won, "defecting": colors.warning, "lost": colors.lost, "returned": colors.back,
    }  # fmt: skip
    shown = [name for name in SHOWN if stocks[name].any()]
    places = list(range(len(days)))
    top = max(float(stocks[shown].to_numpy().max()) if shown else 1.0, 1.0) * 1.08
    height, upper, lower = 330, 12, 32
    ends = _spread({name: float(stocks[name].iloc[-1]) for name in shown}, 20 * top / (height - upper - lower))
    traces, notes = [], []
    for name in shown:
        values = [int(value) for value in stocks[name]]
        traces.append({
            "type": "scatter", "mode": "lines+markers", "x": places, "y": values, "line": {"color": inks[name], "width": 2.2},
            "marker": {"size": look.px(5), "color": inks[name]},
            "customdata": [[look.text(f"{names[name]} · {day}"), locale.count(value)] for day, value in zip(days, values, strict=True)],
            "hovertemplate": "%{customdata[0]}: <b>%{customdata[1]}</b><extra></extra>",
        })  # fmt: skip
        notes.append({
            "x": places[-1], "y": ends[name], "xanchor": "left", "xshift": look.px(10), "showarrow": False,
            "text": f"{look.text(names[name])} <b>{locale.count(values[-1])}</b>",
            "font": {"color": inks[name], "size": look.px(13)},
        })  # fmt: skip
    every = max(1, -(-len(days) // 7))
    ticks = places[::-every][::-1]
    longest = max((len(names[name]) for name in shown), default=0)
    return look.figure(
        height,
        traces,
        margin={"l": 44, "r": round(min(7.6 * longest + 64, 200)), "t": upper, "b": lower},
        annotations=notes,
        xaxis={
            "tickvals": ticks, "ticktext": [look.text(days[place]) for place in ticks], "showgrid": False,
            "range": [-0.3, len(days) - 0.7],
        },
        yaxis={"range": [0, top], "nticks": 5},
    )  # fmt: skip


def _spread(ends: Mapping[str, float], room: float) -> dict[str, float]:
    """Where the words at the ends of lines stand, so that none covers another: at their values, moved apart."""
    order = sorted(ends, key=lambda name: ends[name])
    placed: list[float] = []
    for name in order:
        placed.append(max(ends[name], placed[-1] + room if placed else room / 2))
    return dict(zip(order, placed, strict=True))


@remembered
def moves_figure(moves: pd.DataFrame, names: Mapping[str, str], look: Look, *, months: int) -> go.Figure:
    """From each stage (a row) to each (a column): how many customers in a month, and their share of those of the row.

    `moves` has before, after, customers (of all `months` together). A row of fewer than 10 customers is not told, one of
    fewer than 30 not coloured. Columns mirror in Hebrew.
    """
    locale, colors = look.locale, look.colors
    table = moves.pivot_table(index="before", columns="after", values="customers", aggfunc="sum", fill_value=0)
    before = [name for name in names if name in table.index]
    after = [name for name in names if name in table.columns and name != "new"]
    shapes, notes, said, where = [], [], [], []
    for row, start in enumerate(before):
        whole = int(table.loc[start].sum())
        for column, end in enumerate(after):
            n = int(table.loc[start, end])
            where.append((column, row))
            said.append(look.text(
                f"{names[start]} {'←' if locale.rtl else '→'} {names[end]}: {locale.count(n)} · {locale.share(n / whole if whole else None)}"
            ))  # fmt: skip
            if not n:
                notes.append(look.note("–", x=column, y=row))
                continue
            if whole < LEAST_SHOWN:
                words = locale._("not enough · {n}").format(n=locale.count(n))
                notes.append(look.note(words, x=column, y=row, font={"size": look.px(11), "color": colors.muted}))
                continue
            share = n / whole
            has_color = whole >= LEAST_TESTED
            fill = blend(colors.heat, share) if has_color else colors.surface
            ink = ink_on(fill) if has_color else colors.muted
            each = _average(look, n / months) if months > 1 else locale.count(n)
            notes.append({
                "x": column, "y": row, "showarrow": False, "text": f"<b>{locale.share(share)}</b><br>{look.small(each, ink)}",
                "font": {"color": ink, "size": look.px(13)},
            })  # fmt: skip
            shapes.append(
                _box(column - 0.48, column + 0.48, row - 0.45, row + 0.45, fill, fill if has_color else colors.line, 1)
            )
    still = {"marker": {"opacity": 0}}
    hits = {
        "type": "scatter", "mode": "markers", "x": [x for x, _y in where], "y": [y for _x, y in where],
        "marker": {"size": look.px(36), "symbol": "square", "opacity": 0}, "selected": still, "unselected": still,
        "customdata": [[words] for words in said], "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    longest = max((len(names[name]) for name in before), default=0)
    span = [-0.5, len(after) - 0.5]
    return look.figure(
        48 * len(before) + 40,
        [hits],
        margin={look.near: round(min(max(7.6 * longest + 24, 92), 190)), look.far: 4, "t": 32, "b": 4},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": span[::-1] if locale.rtl else span, "side": "top", "tickvals": list(range(len(after))),
            "ticktext": [look.text(names[name]) for name in after], "tickangle": 0, "showgrid": False,
            "tickfont": {"color": colors.ink, "size": look.px(12)},
        },
        yaxis=look.lines([look.text(names[name]) for name in before]),
    )  # fmt: skip
