"""A grid of stages and groups: a number in each cell, and which of them differ from the other deals of the stage."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.stage_times import length
from ui.charts.theme import Look, blend, ink_on
from ui.memory import remembered

LEAST_SHOWN = 10
LEAST_TESTED = 30
ROW = 52
HALF_WIDTH, HALF_HEIGHT = 0.48, 0.45
# The mark of what stands after correction says which way it differs.
MARKS = {"higher": "▲", "lower": "▼", "": ""}


@remembered
def heat_figure(
    rows: pd.DataFrame,
    stages: Sequence[str],
    groups: Sequence[tuple[str, int]],
    look: Look,
    *,
    measure: str,
    picked: tuple[int, int] | None = None,
) -> go.Figure:
    """A row a stage, a column a group. `rows` has row and column (places in `stages` and `groups`), value, n, way, said.

    `value` is a share, or days where `measure` is delay; `way` is higher or lower where the difference stands after
    correction, else empty; `said` are the words under the pointer. A group is a name and its deals. Cells below 10 deals are
    hatched, below 30 they have no colour. The marks carry words and the places of row and column as `customdata`.
    """
    locale, colors = look.locale, look.colors
    shown = rows[(rows["n"] >= LEAST_SHOWN) & rows["value"].notna()]
    colored = shown[shown["n"] >= LEAST_TESTED]
    most = max(colored["value"].max() if len(colored) else 0.0, 1e-9)
    least = 0.0 if measure != "leak" or not len(colored) else max(colored["value"].min() - 0.15, 0.0)
    still = {"marker": {"opacity": 0}}
    hits = {  # what a click finds; the cells themselves are shapes
        "type": "scatter", "mode": "markers", "x": list(rows["column"]), "y": list(rows["row"]),
        "marker": {"size": look.px(36), "symbol": "square", "opacity": 0}, "selected": still, "unselected": still,
        "customdata": [[row.said, int(row.row), int(row.column)] for row in rows.itertuples()],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    few = rows[rows["n"] < LEAST_SHOWN]
    hatched = {
        "type": "bar", "x": list(few["column"]), "y": [2 * HALF_HEIGHT] * len(few),
        "base": [row - HALF_HEIGHT for row in few["row"]], "width": 2 * HALF_WIDTH, "hoverinfo": "skip", "opacity": 0.5,
        "marker": look.hatch | {"line": {"width": 0}},
    }  # fmt: skip
    cells: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for row in rows.itertuples():
        place = (int(row.row), int(row.column))
        note: dict[str, Any] = {"x": row.column, "y": row.row, "showarrow": False}
        if row.n < LEAST_SHOWN:
            words = locale._("not enough · {n}").format(n=locale.count(row.n))
            notes.append(
                look.note(words.replace(" · ", "<br>"), x=row.column, y=row.row, bgcolor=colors.surface, borderpad=1,
                          font={"size": look.px(11), "color": colors.muted})
            )  # fmt: skip
        elif pd.isna(row.value):
            notes.append(look.note("–", x=row.column, y=row.row))
        else:
            has_color = row.n >= LEAST_TESTED
            share = (row.value - least) / max(most - least, 1e-9)
            fill = blend(colors.heat, share) if has_color else colors.surface
            ink = ink_on(fill) if has_color else colors.muted
            said = locale.share(row.value) if measure != "delay" else length(locale, row.value)
            number = look.text(f"{MARKS[row.way]}{' ' if row.way else ''}{said}")
            quiet = look.small(locale.count(row.n), ink)
            notes.append(
                note
                | {
                    "text": f"<b>{number}</b><br>{quiet}" if row.way else f"{number}<br>{quiet}",
                    "font": {"color": ink, "size": look.px(13)},
                }
            )
            cells.append(_cell(*place, fill, colors.ink if row.way else "" if has_color else colors.line, 2 if row.way else 1))  # fmt: skip
        if place == picked:
            cells.append(_cell(*place, "rgba(0,0,0,0)", colors.accent, 3))
    letters = max(7, 92 // max(len(groups), 1))
    heads = [_head(look, name, letters, n) for name, n in groups]
    tallest = max((head.count("<br>") + 1 for head in heads), default=1)
    longest = max((min(len(name), 22) for name in stages), default=0)
    span = [-0.5, len(groups) - 0.5]
    return look.figure(
        ROW * len(stages) + 17 * tallest + 16,
        [hatched, hits],
        margin={
            look.near: round(min(max(7.6 * longest + 24, 92), 196)),
            look.far: 4,
            "t": 17 * tallest + 12,
            "b": 4,
        },
        annotations=notes,
        shapes=cells,
        barmode="overlay",
        xaxis={
            "range": span[::-1] if locale.rtl else span,
            "side": "top",
            "tickvals": list(range(len(groups))),
            "ticktext": heads,
            "tickangle": 0,
            "showgrid": False,
            "tickfont": {"color": colors.ink, "size": look.px(12)},
        },
        yaxis=look.lines([look.name(name, 22) for name in stages]),
    )


def _cell(row: int, column: int, fill: str, edge: str, width: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": column - HALF_WIDTH, "x1": column + HALF_WIDTH, "y0": row - HALF_HEIGHT, "y1": row + HALF_HEIGHT,
        "fillcolor": fill, "layer": "below", "line": {"color": edge or fill, "width": width},
    }  # fmt: skip


def _head(look: Look, name: str, letters: int, n: int) -> str:
    """A name in three lines at most, and how many deals it has."""
    lines = wrap(" ".join(name.split()), letters, max_lines=3, placeholder="…") or [""]
    quiet = look.small(look.locale.count(n))
    return "<br>".join([*(look.name(line) for line in lines), quiet])
