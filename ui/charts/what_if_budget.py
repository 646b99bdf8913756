"""What each amount of money is expected to bring, if it is spent as well as can be."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.charts.what_if_amounts import round_ticks
from ui.memory import remembered


@remembered
def money_figure(
    rows: pd.DataFrame, chosen: tuple[float, float], enough: float | None, look: Look, *, currency: str | None
) -> go.Figure:
    """The expected gain by money spent, with its 80% interval; a point at what was `chosen` (money, gain), and a line where more
    money stops paying for itself.

    `rows` has budget, gain, low, high, in order of budget.
    """
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    money = [float(each) for each in rows["budget"]]
    gain, low, high = ([float(each) for each in rows[name]] for name in ("gain", "low", "high"))
    said = [
        [look.text(locale._("with {money}: {gain} ({range})").format(
            money=locale.money(spent), gain=f"<b>{locale.money(value)}</b>",
            range=locale.between(locale.money(bottom), locale.money(top))))]
        for spent, value, bottom, top in zip(money, gain, low, high, strict=True)
    ]  # fmt: skip
    traces: list[dict[str, Any]] = [
        look.ribbon(money, low, high),
        {
            "type": "scatter", "mode": "lines", "x": money, "y": gain, "line": {"color": colors.accent, "width": 2.5},
            "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
        },
        {
            "type": "scatter", "mode": "markers", "x": [chosen[0]], "y": [chosen[1]], "hoverinfo": "skip",
            "marker": {"color": colors.accent, "size": look.px(12), "line": {"color": colors.surface, "width": 2}},
        },
    ]  # fmt: skip
    last = max([*money, chosen[0]])
    most, least = max([*high, chosen[1], 1.0]), min([*low, 0.0])
    is_late = chosen[0] > 0.6 * last
    notes = [
        look.note(
            f"<b>{locale.money(chosen[1])}</b>", x=chosen[0], y=chosen[1], xanchor="right" if is_late else "left",
            yanchor="bottom" if is_late else "top", xshift=look.px(-6 if is_late else 8), bgcolor=colors.surface, borderpad=1,
            font={"size": look.px(13), "color": colors.ink},
        )
    ]  # fmt: skip
    shapes: list[dict[str, Any]] = []
    if enough is not None:
        shapes.append(look.upright(enough) | {"line": {"color": colors.neutral, "width": 1.5, "dash": "dot"}})
        words = locale._("from {money} on more money does not pay").format(money=locale.money(enough))
        # Above the plot and not beside its line, which may stand at either edge.
        notes.append(look.note(words, x=1, xref="paper", y=1, yref="paper", yshift=look.px(16), xanchor="right"))
    across, up = round_ticks(0.0, last), round_ticks(least, most * 1.04)
    return look.figure(
        330,
        traces,
        margin={"l": 72, "r": 20, "t": 34, "b": 54},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [-last * 0.01, last * 1.03 or 1.0], "tickvals": across, "ticktext": [locale.money(each) for each in across],
            "showgrid": False, "tickangle": 0, "title": look.title(locale._("money spent")),
        },
        yaxis={
            "range": [least * 1.06, most * 1.08], "tickvals": up, "ticktext": [locale.money(each) for each in up],
            "title": look.title(locale._("expected gain")),
        },
    )  # fmt: skip
