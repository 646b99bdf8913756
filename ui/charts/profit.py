"""The whale curve: profit added up customer by customer, the best first."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered


@remembered
def whale_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """The cumulative share of profit by the share of customers, with a band from costs a third lower to a third higher.

    `rows` are those of `whale_curve` of one currency. Where there is no profit in all, and so no share of it, the axis is money.
    A curve of revenue has no band, and is drawn in the colour of comparisons.
    """
    given = _of(rows, "as_given")
    currency = next(iter(given["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    is_profit = given["curve_measure"].iloc[0] == "profit"
    in_money = bool(given["profit_share"].isna().all())
    column = "cumulative_profit" if in_money else "profit_share"
    xs, ys = given["customers_share"].astype(float).tolist(), given[column].astype(float).tolist()
    written = [locale.money(y) if in_money else locale.share(y) for y in ys]
    words = (
        locale._("the best {customers} of customers: {share}")
        if is_profit
        else locale._("the largest {customers} of customers: {share}")
    )
    said = [[look.text(words.format(customers=locale.share(x), share=y))] for x, y in zip(xs, written, strict=True)]
    traces = []
    lower, higher = _of(rows, "lower"), _of(rows, "higher")
    has_band = len(lower) == len(higher) == len(given) and not (
        lower[column].isna().any() or higher[column].isna().any()
    )
    bounds = (
        [(min(a, b), max(a, b)) for a, b in zip(lower[column].astype(float), higher[column].astype(float), strict=True)]
        if has_band
        else []
    )
    if bounds:
        traces.append(look.ribbon(xs, [low for low, _high in bounds], [high for _low, high in bounds]))
    traces.append({
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
        "line": {"color": colors.accent if is_profit else colors.neutral, "width": 2.5},
    })  # fmt: skip
    top = max([*ys, *(high for _low, high in bounds), 0 if in_money else 1.0])
    bottom = min([*ys, *(low for low, _high in bounds), 0.0])
    notes, marks = [], []
    fifth = next((place for place, x in enumerate(xs) if x >= 0.2), None)
    if fifth is not None and len(xs) > 5:
        marks.append(fifth)
        notes.append(
            _label(
                look,
                xs[fifth],
                ys[fifth],
                written[fifth],
                locale._("from {share}").format(share=locale.share(xs[fifth])),
            )
        )
    peak = max(range(len(ys)), key=lambda place: ys[place])
    if is_profit and peak < len(ys) - 1:
        marks.append(peak)
        high = (
            written[peak]
            if in_money
            else locale.share(float(given["peak_share"].iloc[0]), 1 if ys[peak] < 1.095 else 0)
        )
        notes.append(
            look.note(
                locale._("highest: {share}").format(share=high),
                x=xs[peak],
                y=ys[peak],
                xanchor="right",
                yanchor="bottom",
                yshift=look.px(6),
            )
        )
    traces.append({
        "type": "scatter", "mode": "markers", "x": [xs[place] for place in marks], "y": [ys[place] for place in marks], "hoverinfo": "skip",
        "marker": {"color": colors.accent if is_profit else colors.neutral, "size": look.px(9), "line": {"color": colors.surface, "width": 1.5}},
    })  # fmt: skip
    shapes = []
    if not in_money:
        shapes.append(
            {
                "type": "line",
                "x0": 0,
                "x1": 1,
                "y0": 1,
                "y1": 1,
                "line": {"color": colors.neutral, "width": 1, "dash": "dot"},
                "layer": "below",
            }
        )
    room = (top - bottom) * 0.12
    return look.figure(
        320,
        traces,
        margin={"l": 56, "r": 20, "t": 14, "b": 50},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [-0.01, 1.02], "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1], "tickformat": ".0%", "showgrid": False,
            "title": {"text": look.text(_axis(look, is_profit)), "font": {"size": look.px(12), "color": colors.muted}, "standoff": look.px(6)},
        },
        yaxis={"range": [bottom - (room if bottom < 0 else 0), top + room], "nticks": 6} | ({} if in_money else {"tickformat": ".0%"}),
    )  # fmt: skip


def _axis(look: Look, is_profit: bool) -> str:
    _ = look.locale._
    return _("customers, those with most profit first") if is_profit else _("customers, those with most revenue first")


def _label(look: Look, x: float, y: float, strong: str, quiet: str) -> dict[str, object]:
    return look.note(
        f"<b>{strong}</b> {look.small(look.text(quiet))}", x=x, y=y, xanchor="left", yanchor="top", xshift=look.px(8), yshift=-look.px(2),
        font={"size": look.px(13), "color": look.colors.ink},
    )  # fmt: skip


def _of(rows: pd.DataFrame, scenario: str) -> pd.DataFrame:
    return rows[rows["cost_scenario"] == scenario]
