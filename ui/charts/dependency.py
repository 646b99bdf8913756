"""On how few people and customers the money rests: bars of owners against an even share, and the curve of revenue by customer."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

MARKED = (1, 5, 10)
TICKS = (
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
)


@remembered
def owners_figure(rows: pd.DataFrame, names: Sequence[str], look: Look) -> go.Figure:
    """A bar an owner, largest first: the share of what rests on all of them, with the even share as a line.

    `rows` has held_share, low, high, even_share, handover_low, handover_high, currency. The bars that are above the even share at
    the low end of their interval are solid. A click finds the place of the row.
    """
    locale, colors = look.locale.in_currency(_currency(rows, look)), look.colors
    shares = rows["held_share"].astype(float)
    even = float(rows["even_share"].iloc[0])
    lows, highs = (rows[name].astype(float).fillna(shares) for name in ("low", "high"))
    is_clear = rows["low"].notna() & (lows > even)
    trace: dict[str, Any] = {
        "type": "bar", "x": shares, "y": list(range(len(rows))), "orientation": "h",
        "marker": {"color": [colors.accent if clear else colors.neutral for clear in is_clear]},
        "customdata": [[place] for place in range(len(rows))], "hoverinfo": "none",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    if rows["low"].notna().any():
        trace["error_x"] = look.whisker(lows.tolist(), highs.tolist(), shares.tolist())
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    notes = [
        look.note(words, **look.beside(shift), **head)
        for shift, words in ((58, locale._("share")), (182, locale._("at stake if this person leaves")))
    ]
    notes.append(
        look.note(
            locale._("even share {share}").format(share=locale.share(even)),
            x=even,
            y=1,
            yref="paper",
            yshift=look.px(20),
        )
    )
    for place, row in enumerate(rows.itertuples()):
        interval = "" if pd.isna(row.low) else look.small(locale.shares(row.low, row.high))
        notes.append(look.beside(58) | {"y": place, "text": f"<b>{locale.share(row.held_share)}</b> {interval}"})
        range_ = locale.between(locale.money(row.handover_low), locale.money(row.handover_high))
        notes.append(look.beside(182) | {"y": place, "text": range_})
    longest = max((min(len(name), 28) for name in names), default=0)
    return look.figure(
        36 * len(rows) + 48,
        [trace],
        margin={look.near: round(min(max(7.6 * longest + 24, 110), 230)), look.far: 276, "t": 40, "b": 4},
        annotations=notes,
        shapes=[look.upright(even)],
        **look.bars((0, max(float(highs.max()), even) * 1.02), [look.name(name) for name in names]),
    )


@remembered
def curve_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """What share of the revenue the largest customers bring, by how many they are (logarithmic), against equal ones.

    `rows` has place, n_customers, revenue_share of one currency, in order.
    """
    locale, colors = look.locale, look.colors
    n = int(rows["n_customers"].iloc[0])
    places, shares = rows["place"].astype(int).tolist(), rows["revenue_share"].astype(float).tolist()
    marked = [(place, share) for place, share in zip(places, shares, strict=True) if place in MARKED]
    said = [[look.text(_said(look, place, share))] for place, share in zip(places, shares, strict=True)]
    line = {
        "type": "scatter", "mode": "lines", "x": places, "y": shares, "line": {"color": colors.accent, "width": 2.5},
        "customdata": said, "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    equal = {
        "type": "scatter", "mode": "lines", "x": places, "y": [place / n for place in places], "hoverinfo": "skip",
        "line": {"color": colors.neutral, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    dots = {
        "type": "scatter", "mode": "markers", "x": [place for place, _share in marked], "y": [share for _place, share in marked],
        "marker": {"color": colors.accent, "size": look.px(9), "line": {"color": colors.surface, "width": 1.5}}, "hoverinfo": "skip",
    }  # fmt: skip
    first = [(place, share) for place, share in marked if n >= 10 or place == 1]
    notes = [
        look.note(
            f"<b>{locale.share(share)}</b>", x=log10(place), y=share, xanchor="right", yanchor="bottom", xshift=-look.px(4),
            yshift=look.px(3), font={"size": look.px(13), "color": colors.ink},
        )
        for place, share in first
    ]  # fmt: skip
    if n >= 20:
        middle = max(place for place in places if place <= max(n // 3, 1))
        notes.append(
            look.note(
                locale._("if all were equal"),
                x=log10(middle),
                y=middle / n,
                xanchor="left",
                yanchor="top",
                xshift=look.px(8),
            )
        )
    ticks = [tick for tick in TICKS if tick <= n * 0.7] + [n]
    return look.figure(
        300,
        [equal, line, dots],
        margin={"l": 48, "r": 16, "t": 18, "b": 48},
        annotations=notes,
        xaxis={
            "type": "log", "range": [-0.12, log10(n) + 0.04 if n > 1 else 0.3], "tickvals": ticks,
            "ticktext": [locale.count(tick) for tick in ticks], "showgrid": False, "tickangle": 0,
            "title": {"text": look.text(locale._("largest customers")), "font": {"size": look.px(12), "color": colors.muted}, "standoff": look.px(6)},
        },
        yaxis={"range": [0, 1.06], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"},
    )  # fmt: skip


def _said(look: Look, place: int, share: float) -> str:
    locale = look.locale
    customers = locale.n_("the largest customer", "the largest {n} customers", place)
    return locale._("{customers}: {share} of the revenue").format(customers=customers, share=locale.share(share))


def _currency(rows: pd.DataFrame, look: Look) -> str:
    found = next(iter(rows["currency"].dropna()), None)
    return found or look.locale.currency
