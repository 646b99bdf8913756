"""The change of the sales velocity, and what of it each lever made."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.locale import Locale
from ui.memory import remembered

REAL = 0.05


def lever_words(locale: Locale) -> dict[str, str]:
    """The velocity and its levers, in the reader's words."""
    _ = locale._
    return {
        "velocity": _("Sales velocity"),
        "deals": _("Deals"),
        "average_won_value": _("Average won deal"),
        "win_rate": _("Win rate"),
        "sales_cycle_days": _("Sales cycle"),
    }


@remembered
def waterfall_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """Money a day before, what each lever added or took, money a day now. `rows` are five rows of `sales_velocity`, one currency.

    A lever whose change stands after correction is filled, green or red by what it did to the money; another is an outline.
    """
    by: Mapping[str, dict[str, object]] = {str(row["lever"]): row for row in rows.to_dict("records")}
    velocity = by["velocity"]
    locale, colors = look.locale.in_currency(_text(velocity["currency"]) or look.locale.currency), look.colors
    _ = locale._
    words = lever_words(locale)
    levers = [row for name, row in by.items() if name != "velocity"]
    before, now = _number(velocity["previous"]), _number(velocity["value"])
    names = [_("Before"), *(words[str(row["lever"])] for row in levers), _("Now")]
    tops = [before]
    for row in levers:
        tops.append(tops[-1] + _number(row["contribution"]))
    tops.append(now)
    lows = [0.0, *(min(first, last) for first, last in pairwise(tops[:-1])), 0.0]
    sizes = [before, *(abs(_number(row["contribution"])) for row in levers), now]

    fills, lines = [colors.neutral], [colors.neutral]
    for row in levers:
        gain = _number(row["contribution"])
        is_real = _is_real(row["q_value"])
        color = colors.won_fill if gain >= 0 else colors.lost_fill
        fills.append(color if is_real else colors.surface)
        lines.append(color if is_real else colors.neutral)
    fills.append(colors.accent)
    lines.append(colors.accent)

    bars = {
        "type": "bar",
        "x": list(range(len(names))),
        "y": sizes,
        "base": lows,
        "marker": {"color": fills, "line": {"color": lines, "width": 1.5}},
        "customdata": [row["lever"] for row in (velocity, *levers, velocity)],
        "hoverinfo": "skip",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    between = [
        {
            "type": "line", "x0": place + 0.33, "x1": place + 0.67, "y0": level, "y1": level,
            "line": {"color": colors.neutral, "width": 1, "dash": "dot"},
        }
        for place, level in enumerate(tops[:-1])
    ]  # fmt: skip
    notes = []
    for place, (low, size) in enumerate(zip(lows, sizes, strict=True)):
        if place in (0, len(names) - 1):
            said = f"<b>{locale.money(size)}</b>"
        else:
            row = levers[place - 1]
            share = _number(row["change_share"])
            change = look.small(locale.change(share))
            mark = "▲" if _number(row["contribution"]) >= 0 else "▼"
            mark = mark if _is_real(row["q_value"]) else "≈" if row["q_value"] == row["q_value"] and row["q_value"] is not None else "◔"  # fmt: skip
            said = f"<b>{locale.money(_number(row['contribution']), signed=True)}</b> {mark}<br>{change}"
        notes.append({
            "x": place, "y": low + size, "yanchor": "bottom", "yshift": 2, "text": said, "showarrow": False,
            "font": {"size": look.px(13), "color": colors.ink},
        })  # fmt: skip
    span = [-0.55, len(names) - 0.45]
    return look.figure(
        330,
        [bars],
        margin={"t": 30, "b": 44},
        bargap=0.34,
        annotations=notes,
        shapes=between,
        xaxis={
            "range": span[::-1] if locale.rtl else span,
            "tickvals": list(range(len(names))),
            "ticktext": [look.text(name) for name in names],
            "tickfont": {"color": colors.ink, "size": look.px(13)},
            "showgrid": False,
        },
        yaxis={"range": [0, max(tops) * 1.2], "showticklabels": False, "showgrid": False},
    )


def _is_real(q_value: object) -> bool:
    return isinstance(q_value, float) and q_value < REAL


def _number(value: object) -> float:
    number = float(value) if isinstance(value, (int, float)) else 0.0
    return number if number == number else 0.0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
