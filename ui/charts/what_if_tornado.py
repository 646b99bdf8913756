"""What decides a result: how far it moves when one assumption goes from low to high and the others stay in the middle."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

PER_ROW = 46
NARROWEST, WIDEST = 130, 250  # pixels of the names
LETTER = 7.2


@remembered
def tornado_figure(rows: pd.DataFrame, names: Sequence[str], spans: Sequence[tuple[str, str]], middle: float, look: Look, *, currency: str) -> go.Figure:  # fmt: skip
    """A line an assumption, the one that moves the result most on top: neutral to the result at its low, accent to that at its high.

    `rows` in order, with profit_at_low and profit_at_high (money); `names` of the assumptions and `spans`, their low and high as
    written; `middle` the result with all of them in the middle. Text is for the caller to make harmless (`Look.name`, `Look.text`).
    """
    locale, colors = look.locale.in_currency(currency), look.colors
    ends = {side: rows[f"profit_at_{side}"].astype(float).tolist() for side in ("low", "high")}
    every = [*ends["low"], *ends["high"], middle]
    width = max(every) - min(every) or abs(middle) or 1.0
    traces, notes = [], []
    for place, (side, color) in enumerate((("low", colors.neutral), ("high", colors.accent))):
        said = [
            locale._("{amount}: {money}").format(amount=span[place], money=locale.money(value, signed=True))
            for span, value in zip(spans, ends[side], strict=True)
        ]
        traces.append({
            "type": "bar", "orientation": "h", "base": middle, "x": [value - middle for value in ends[side]], "y": list(range(len(rows))),
            "marker": {"color": color}, "customdata": [[look.text(each)] for each in said], "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
    for line, (span, low, high) in enumerate(zip(spans, ends["low"], ends["high"], strict=True)):
        for written, value, is_above in ((span[0], low, low > high), (span[1], high, high >= low)):
            # In Hebrew more is to the left.
            anchor = "left" if is_above != locale.rtl else "right"
            text = f"<b>{locale.money(value, signed=True)}</b>  {look.small(look.text(written))}"
            notes.append(look.note("", x=value, y=line, xanchor=anchor, xshift=look.px(5 if anchor == "left" else -5),
                                   font={"size": look.px(11), "color": colors.ink}, bgcolor=colors.surface, borderpad=1) | {"text": text})  # fmt: skip
    notes.append(look.note(
        locale._("all in the middle: {money}").format(money=locale.money(middle, signed=True)), x=middle, y=1, yref="paper", yanchor="bottom",
        yshift=look.px(4), font={"size": look.px(12), "color": colors.ink},
    ))  # fmt: skip
    shapes = [look.upright(middle) | {"layer": "above", "line": {"color": colors.ink, "width": 1}}]
    if min(every) - 0.3 * width < 0 < max(every) + 0.3 * width and abs(middle) > 0.04 * width:
        shapes.append(look.upright(0.0) | {"line": {"color": colors.neutral, "width": 1, "dash": "dot"}})
    longest = max((len(part) for name in names for part in name.split("<br>")), default=0)
    return look.figure(
        PER_ROW * len(rows) + 40,
        traces,
        margin={look.near: round(min(max(LETTER * longest + 16, NARROWEST), WIDEST)), look.far: 12, "t": 30, "b": 6},
        barmode="overlay",
        bargap=0.5,
        annotations=notes,
        shapes=shapes,
        **look.bars((min(every) - 0.8 * width, max(every) + 0.8 * width), names),
    )
