"""What follows from survey answers: chances by vote, moves between two answers, and one customer's answers over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look, blend, ink_on
from ui.memory import remembered

LEAST_TESTED = 30
VOTES = ("promoter", "passive", "detractor")
_HALF_WIDTH, _HALF_HEIGHT = 0.48, 0.45


@remembered
def dots_figure(
    rows: pd.DataFrame, names: Sequence[str], head: str, look: Look, *, unit: str = "share", line: float | None = None
) -> go.Figure:
    """A row a group: a dot for its figure with the 95% interval. `rows` has value, low, high, n, stands, beside (words for the
    column at the far side under `head`). What stands after correction is in accent; below 10 the number is hidden.

    `unit` is share, change (a share with its sign) or points; `line` is an upright line to read the dots against.
    """
    locale, colors = look.locale, look.colors
    told = {"share": locale.share, "change": locale.change, "points": locale.score}[unit]
    shown = rows[(rows["n"] >= LEAST_SHOWN) & rows["value"].notna()]
    traces, notes = [], []
    for stands in (True, False):
        part = [
            (place, row)
            for place, row in zip(shown.index, shown.itertuples(), strict=True)
            if bool(row.stands) == stands
        ]
        color = colors.accent if stands else colors.neutral
        values = [float(row.value) for _place, row in part]
        lows = [float(row.value if pd.isna(row.low) else row.low) for _place, row in part]
        highs = [float(row.value if pd.isna(row.high) else row.high) for _place, row in part]
        said = [_hover(row, unit, look) for _place, row in part]
        traces.append(look.dots(values, [place for place, _row in part], lows, highs, said, color))
        notes += [
            look.note(f"<b>{told(row.value)}</b>", x=row.value, y=place, yshift=look.px(15), bgcolor=colors.surface, borderpad=0,
                      font={"size": look.px(12), "color": colors.ink})
            for place, row in part
        ]  # fmt: skip
    low, high = _span(shown, unit, line)
    for place, row in rows.iterrows():
        if row["n"] < LEAST_SHOWN:
            words = locale._("not enough · {n}").format(n=locale.count(row["n"]))
            notes.append(
                look.note(words, x=(low + high) / 2, y=place, font={"size": look.px(11), "color": colors.muted})
            )
        notes.append(look.beside(76) | {"y": place, "text": look.text(row["beside"])})
    if head:
        notes.append(look.note(head, **look.beside(76), y=1, yref="paper", yshift=look.px(14)))
    longest = max((len(name) for name in names), default=0)
    return look.figure(
        46 * len(rows) + 62,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 20, 84), 190)), look.far: 152, "t": 28, "b": 30},
        annotations=notes,
        shapes=[look.upright(line)] if line is not None else [],
        xaxis={"range": [low, high], "tickangle": 0, **_scale(low, high, unit, look)},
        yaxis=look.lines([look.name(name) for name in names]) | {"range": [len(rows) - 0.5, -0.6]},
    )  # fmt: skip


def _scale(low: float, high: float, unit: str, look: Look) -> dict[str, Any]:
    """Four or five round marks, in the reader's words."""
    steps = (
        (5, 10, 20, 25, 50, 100) if unit == "points" else (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
    )
    step = next((step for step in steps if (high - low) / step <= 5), steps[-1])
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    marks = [round(place * step, 6) for place in range(first, last + 1)]
    told = {"share": look.locale.share, "change": look.locale.change, "points": look.locale.score}[unit]
    texts = [look.locale.ltr("0%") if not mark and unit != "points" else told(mark) for mark in marks]
    return {"tickvals": marks, "ticktext": texts}


def _hover(row: Any, unit: str, look: Look) -> str:
    locale = look.locale
    n = locale._("n = {n}").format(n=locale.count(row.n))
    if pd.isna(row.low):
        return n
    between = {
        "share": lambda: locale.shares(row.low, row.high),
        "change": lambda: locale.between(locale.change(row.low), locale.change(row.high)),
        "points": lambda: locale.scores(row.low, row.high),
    }[unit]()
    return f"<b>{between}</b> · {n}"


def _span(shown: pd.DataFrame, unit: str, line: float | None) -> tuple[float, float]:
    """From the least to the most that is drawn, with room; shares begin at nothing."""
    ends = [
        *shown["low"].dropna(),
        *shown["high"].dropna(),
        *shown["value"].dropna(),
        *([] if line is None else [line]),
    ]
    least, most = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = max((most - least) * 0.12, 5.0 if unit == "points" else 0.02)
    if unit == "share":
        return -0.03 * min(most + room, 1.05), min(most + room, 1.05)
    return least - room, most + room


@remembered
def moves_figure(cells: pd.DataFrame, names: Mapping[str, str], look: Look) -> go.Figure:
    """From what people were (rows) to what they are (columns): the share of those who stood there, and how many.

    `cells` has moved_from, moved_to, n, share, of, stands, said (words under the pointer). Falls and rises that stand after
    correction have a mark and an edge. The marks carry the words and both names as `customdata`.
    """
    locale, colors = look.locale, look.colors
    most = max(float(cells["share"].max() or 0.0), 1e-9) if cells["share"].notna().any() else 1.0
    places = {name: place for place, name in enumerate(VOTES)}
    still = {"marker": {"opacity": 0}}
    hits = {
        "type": "scatter", "mode": "markers", "x": [places[row.moved_to] for row in cells.itertuples()],
        "y": [places[row.moved_from] for row in cells.itertuples()], "selected": still, "unselected": still,
        "marker": {"size": look.px(44), "symbol": "square", "opacity": 0},
        "customdata": [[look.text(row.said), row.moved_from, row.moved_to] for row in cells.itertuples()],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    shapes, notes, of = [], [], {}
    for row in cells.itertuples():
        x, y = places[row.moved_to], places[row.moved_from]
        of[row.moved_from] = int(row.of)
        has_color = row.of >= LEAST_TESTED and pd.notna(row.share)
        fill = blend(colors.heat, row.share / most) if has_color else colors.surface
        ink = ink_on(fill) if has_color else colors.muted
        edge = colors.ink if row.stands else fill if has_color else colors.line
        shapes.append({
            "type": "rect", "x0": x - _HALF_WIDTH, "x1": x + _HALF_WIDTH, "y0": y - _HALF_HEIGHT, "y1": y + _HALF_HEIGHT,
            "fillcolor": fill, "layer": "below", "line": {"color": edge, "width": 2 if row.stands else 1},
        })  # fmt: skip
        mark = "" if not row.stands else "▼ " if x > y else "▲ "
        if row.of < LEAST_SHOWN:
            words = look.text(locale._("not enough · {n}").format(n=locale.count(row.n)))
        else:
            quiet = look.small(look.text(locale.n_("{n} person", "{n} people", int(row.n))), ink)
            words = f"<b>{mark}{locale.share(row.share)}</b><br>{quiet}"
        notes.append({"x": x, "y": y, "showarrow": False, "text": words, "font": {"color": ink, "size": look.px(13)}})
    span = [-0.5, len(VOTES) - 0.5]
    heads = [look.text(names[name]) for name in VOTES]
    sides = [f"{look.text(names[name])}<br>{look.small(locale.count(of.get(name, 0)))}" for name in VOTES]
    return look.figure(
        66 * len(VOTES) + 40,
        [hits],
        margin={look.near: 104, look.far: 4, "t": 28, "b": 4},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": span[::-1] if locale.rtl else span, "side": "top", "tickvals": list(range(len(VOTES))), "ticktext": heads,
            "tickangle": 0, "showgrid": False, "tickfont": {"color": colors.ink, "size": look.px(12)},
        },
        yaxis=look.lines(sides),
    )  # fmt: skip


@remembered
def scores_figure(rows: pd.DataFrame, people: Sequence[str], names: Sequence[str], look: Look) -> go.Figure:
    """The answers of a customer's people over time: a line a person, whose points are coloured by what they are.

    `rows` has person, day, score, answered_as, said; `people` are persons and `names` what they are called, in the same order.
    The bands say what is a promoter, a passive and a detractor.
    """
    colors = look.colors
    fills = {"promoter": colors.won, "passive": colors.neutral, "detractor": colors.lost}
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    ends: dict[float, int] = {}
    for person, name in zip(people, names, strict=True):
        own = rows[rows["person"] == person].sort_values("day")
        traces.append({
            "type": "scatter", "mode": "lines+markers", "x": list(own["day"]), "y": list(own["score"]),
            "line": {"color": colors.neutral, "width": 1.5, "shape": "linear"},
            "marker": {"color": [fills[each] for each in own["answered_as"]], "size": look.px(10), "line": {"width": 0}},
            "customdata": [[look.text(said)] for said in own["said"]], "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
        last = own.iloc[-1]
        # Names of people with the same last score stand one above the other.
        shift = ends.get(last["score"], 0)
        ends[last["score"]] = shift + 1
        notes.append(
            look.note(look.name(name, 18), x=last["day"], y=last["score"], xanchor="left", xshift=look.px(9), yshift=look.px(-13 * shift),
                      font={"size": look.px(11), "color": colors.muted})
        )  # fmt: skip
    days = pd.to_datetime(rows["day"])
    first, last = days.min(), days.max()
    room = max((last - first) * 0.05, pd.Timedelta(days=10))
    bands = [(-0.5, 6.5, colors.lost_soft), (8.5, 10.5, colors.won_soft)]
    shapes = [
        {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high, "fillcolor": fill, "line": {"width": 0}, "layer": "below"}
        for low, high, fill in bands
    ]  # fmt: skip
    return look.figure(
        230,
        traces,
        margin={"l": 30, "r": 130, "t": 8, "b": 30},
        annotations=notes,
        shapes=shapes,
        xaxis={"type": "date", "range": [first - room, last + room], "showgrid": False, **_ticks(first, last, look)},
        yaxis={"range": [-0.5, 10.5], "tickvals": [0, 2, 4, 6, 8, 10]},
    )


def _ticks(first: pd.Timestamp, last: pd.Timestamp, look: Look) -> dict[str, Any]:
    """At most five days in the reader's words."""
    count = 1 if first == last else 2 if (last - first).days < 60 else 4
    days = [first + (last - first) * place / max(count - 1, 1) for place in range(count)]
    return {"tickvals": days, "ticktext": [look.text(look.locale.month(day.date())) for day in days], "tickangle": 0}
