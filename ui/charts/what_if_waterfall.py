"""From doing nothing to the scenario, step by step: what each lever adds, what it costs, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

PER_ROW = 36
NARROWEST, WIDEST = 130, 250
LETTER = 7.2


@remembered
def waterfall_figure(rows: pd.DataFrame, names: Sequence[str], without: float, look: Look, *, currency: str) -> go.Figure:  # fmt: skip
    """A bar a step, each from where the one before it ended; the last, in ink, is the sum of all. The line they start from is
    `without`, what comes if nothing is done: bars are differences from it, so none is cut short.

    `rows` in order, the last one the sum of all before, with profit_change. Text is for the caller to make harmless.
    """
    locale, colors = look.locale.in_currency(currency), look.colors
    amounts = rows["profit_change"].astype(float).tolist()
    last = len(rows) - 1
    ends = [*accumulate(amounts[:last]), amounts[last]]
    starts = [0.0, *ends[: last - 1], 0.0] if last else [0.0]
    inks = [colors.ink if place == last else colors.accent if amount >= 0 else colors.neutral for place, amount in enumerate(amounts)]  # fmt: skip
    bars: dict[str, Any] = {
        "type": "bar", "orientation": "h", "base": starts, "x": [end - start for start, end in zip(starts, ends, strict=True)],
        "y": list(range(len(rows))), "marker": {"color": inks},
        "customdata": [[f"{name.replace('<br>', ' ')} {locale.money(amount, signed=True)}"] for name, amount in zip(names, amounts, strict=True)],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    every = [*starts, *ends, 0.0]
    width = max(every) - min(every) or 1.0
    notes = []
    for place, (start, end, amount) in enumerate(zip(starts, ends, amounts, strict=True)):
        anchor = "right" if locale.rtl else "left"
        notes.append(look.note(
            f"<b>{locale.money(amount, signed=True)}</b>", x=max(start, end), y=place, xanchor=anchor, xshift=look.px(-5 if locale.rtl else 5),
            font={"size": look.px(12), "color": colors.ink if place == last else colors.muted},
        ))  # fmt: skip
    notes.append(look.note(
        locale._("without it: {money}").format(money=locale.money(without)), x=0, y=1, yref="paper", yanchor="bottom", yshift=look.px(4),
        xanchor="center" if min(every) < -0.2 * width else "right" if locale.rtl else "left",
        font={"size": look.px(12), "color": colors.ink},
    ))  # fmt: skip
    shapes = [look.upright(0.0) | {"line": {"color": colors.ink, "width": 1}}]
    shapes += [
        {"type": "line", "x0": end, "x1": end, "y0": place + 0.29, "y1": place + 0.71, "line": {"color": colors.neutral, "width": 1}}
        for place, end in enumerate(ends[:-1])
    ]  # fmt: skip
    longest = max((len(part) for name in names for part in name.split("<br>")), default=0)
    return look.figure(
        PER_ROW * len(rows) + 40,
        [bars],
        margin={look.near: round(min(max(LETTER * longest + 16, NARROWEST), WIDEST)), look.far: 12, "t": 28, "b": 6},
        annotations=notes,
        shapes=shapes,
        **look.bars((min(every) - 0.03 * width, max(every) + 0.2 * width), names),
    )
