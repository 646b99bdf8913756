"""What bottlenecks of one kind cost: a bar each, largest first, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered


class Bar(NamedTuple):
    """One bottleneck: `name` and `detail` tell where, `sure` is in words; `key` is what a click finds."""

    name: str
    detail: str
    money: float
    low: float
    high: float
    n: int
    sure: str
    key: str


@remembered
def ranking_figure(bars: Sequence[Bar], look: Look, *, currency: str | None = None) -> go.Figure:
    """Bars of money with whiskers, in the order given; beside them number, interval, deals and how sure it is.

    A line at nothing is drawn where an interval reaches it. Bars carry their `key` as `customdata`.
    """
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    places = list(range(len(bars)))
    money, lows, highs = ([getattr(bar, end) for bar in bars] for end in ("money", "low", "high"))
    hover = [
        look.text(f"<b>{look.name(bar.name)}</b> · {look.name(bar.detail, 60)}<br>{locale.money(bar.money)}")
        for bar in bars
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": money,
            "y": places,
            "orientation": "h",
            "width": 0.52,
            "marker": {"color": colors.accent},
            "error_x": look.whisker(lows, highs, money),
            "customdata": [[bar.key] for bar in bars],
            "text": hover,
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
    ]
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    columns = ((54, locale._("money, 95%")), (144, locale._("deals")), (222, locale._("how sure")))
    notes = [look.note(words, **look.beside(shift), **head) for shift, words in columns]
    for place, bar in enumerate(bars):
        range_ = look.small(locale.between(locale.money(bar.low), locale.money(bar.high)))
        notes += [
            look.beside(54) | {"y": place, "text": f"<b>{locale.money(bar.money)}</b><br>{range_}"},
            look.beside(144) | {"y": place, "text": locale.count(bar.n), "font": {"color": colors.muted}},
            look.beside(222) | {"y": place, "text": look.small(look.text(bar.sure))},
        ]
    least, most = min([0.0, *lows]), max([*highs, *money, 1.0])
    longest = max((max(min(len(bar.name), 28), 0.9 * min(len(bar.detail), 34)) for bar in bars), default=0)
    names = [f"<b>{look.name(bar.name)}</b><br>{look.small(look.name(bar.detail, 34))}" for bar in bars]
    return look.figure(
        52 * len(bars) + 44,
        traces,
        margin={look.near: round(min(max(7.4 * longest + 28, 128), 270)), look.far: 276, "t": 34, "b": 4},
        annotations=notes,
        shapes=[look.upright(0)] if least < 0 else [],
        **look.bars((least * 1.01, most * 1.01), names),
    )
