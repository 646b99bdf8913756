"""How the open pipeline of one day became that of another, step by step."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.locale import Locale
from ui.memory import remembered

Measure = Literal["money", "deals"]
ENDS = ("opening", "closing")
# Steps that change amounts, not how many deals are open.
UNCOUNTED = ("increased", "decreased")


def step_words(locale: Locale) -> dict[str, str]:
    """The steps in the reader's words, in their order."""
    _ = locale._
    return {
        "opening": _("At the start"),
        "created": _("New"),
        "reopened": _("Opened again"),
        "increased": _("Amount raised"),
        "moved_in": _("From another currency"),
        "decreased": _("Amount cut"),
        "moved_out": _("To another currency"),
        "won": _("Won"),
        "lost": _("Lost"),
        "closing": _("At the end"),
    }


def shown_steps(rows: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The steps drawn: both ends, and what changed the measure between them or has deals of unknown amount."""
    has_some = (rows["money"] != 0) | (rows["deals"] != 0)
    if measure == "deals":
        has_some = (rows["deals"] != 0) & ~rows["step"].isin(UNCOUNTED)
    return rows[has_some | rows["step"].isin(ENDS)]


@remembered
def changes_figure(rows: pd.DataFrame, look: Look, *, measure: Measure) -> go.Figure:
    """The waterfall; bars start at zero, so nothing is cut off. `rows` are those of `pipeline_waterfall` in one currency.

    Point i is row i of `shown_steps(rows, measure)`.
    """
    drawn = shown_steps(rows, measure)
    code = drawn["currency"].iloc[0]
    locale, colors = look.locale.in_currency(code if isinstance(code, str) else look.locale.currency), look.colors
    names, steps = step_words(locale), list(drawn["step"])
    sizes = [float(value) for value in drawn[measure]]
    last = len(steps) - 1
    tops = [sizes[0]]
    for size in sizes[1:-1]:
        tops.append(tops[-1] + size)
    # A bar of a step reaches from where the sum was to where it is.
    spans = [(0.0, sizes[0]), *pairwise(tops), (0.0, sizes[-1])]
    fills = {"opening": colors.accent, "closing": colors.accent, "won": colors.won_fill, "lost": colors.lost_fill}
    is_hollow = {"decreased", "moved_out"}
    bars = {
        "type": "bar",
        "x": list(range(len(steps))),
        "y": [end - start for start, end in spans],
        "base": [start for start, _end in spans],
        "marker": {
            "color": [colors.surface if step in is_hollow else fills.get(step, colors.neutral) for step in steps],
            "line": {"color": [fills.get(step, colors.neutral) for step in steps], "width": 1.5},
        },
        "hoverinfo": "none",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    between = [
        {
            "type": "line", "x0": place + 0.33, "x1": place + 0.67, "y0": level, "y1": level,
            "line": {"color": colors.neutral, "width": 1, "dash": "dot"},
        }
        for place, level in enumerate(tops)
    ]  # fmt: skip
    notes = [
        _note(row, max(span), place, locale, look, measure)
        for place, (row, span) in enumerate(zip(drawn.to_dict("records"), spans, strict=True))
    ]
    across = [-0.55, last + 0.55]
    top, bottom = max(*tops, 0.0), min(*tops, 0.0)
    room = (top - bottom or 1.0) * 0.22
    return look.figure(
        340,
        [bars],
        margin={"t": 12, "b": 48},
        bargap=0.34,
        annotations=notes,
        shapes=between,
        xaxis={
            "range": across[::-1] if locale.rtl else across,
            "tickvals": list(range(len(steps))),
            "ticktext": [look.text(_two_lines(names[step])) for step in steps],
            "tickfont": {"color": colors.ink, "size": look.px(13)},
            "tickangle": 0,
            "showgrid": False,
        },
        yaxis={"range": [bottom, top + room], "showticklabels": False, "showgrid": False},
    )


def _note(row: dict[Any, Any], top: float, place: int, locale: Locale, look: Look, measure: Measure) -> dict[str, Any]:
    """What stands above a bar: its money and deals, the measure in bold."""
    # A currency is a word of the data.
    money = escape(locale.money(row["money"], signed=row["step"] not in ENDS and row["money"] != 0))
    deals = locale.n_("{n} deal", "{n} deals", abs(int(row["deals"])))
    if measure == "deals":
        sign = "" if row["step"] in ENDS else "−" if row["deals"] < 0 else "+"
        said = f"<b>{locale.ltr(sign + locale.count(abs(row['deals'])))}</b>"
    else:
        said = f"<b>{money}</b><br>{look.small(look.text(deals))}"
    return {
        "x": place, "y": top, "yanchor": "bottom", "yshift": 2, "text": said, "showarrow": False,
        "font": {"size": look.px(13), "color": look.colors.ink},
    }  # fmt: skip


def _two_lines(words: str) -> str:
    """A name of several words, broken in the middle so that it does not run into its neighbours."""
    parts = words.split(" ")
    half = (len(parts) + 1) // 2
    return "<br>".join(" ".join(part) for part in (parts[:half], parts[half:]) if part)
