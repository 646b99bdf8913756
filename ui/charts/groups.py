"""How groups differ: a panel a step with a dot a group, and what separates won deals from lost ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered

PANELS_A_ROW = 6
VERDICTS = ("real", "chance")
# Odds that a scale may be labelled at.
ODDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def marks(rows: pd.DataFrame, panels: int) -> list[list[int]]:
    """For each trace of `groups_figure`, the places in `rows` of its points: panel by panel, the real ones first."""
    shown = (rows["n"] >= LEAST_SHOWN) & rows["rate"].notna()
    return [
        [
            place
            for place, (row, yes) in enumerate(zip(rows.itertuples(), shown, strict=True))
            if yes and row.panel == panel and row.is_real == (verdict == "real")
        ]
        for panel in range(panels)
        for verdict in VERDICTS
    ]


@remembered
def groups_figure(
    rows: pd.DataFrame, panels: Sequence[tuple[str, float | None]], groups: Sequence[tuple[str, str]], look: Look
) -> go.Figure:
    """Small multiples: a panel a step, a dot and whisker a group; the line is everyone, the scale is one.

    `rows` has panel and group (places in `panels` and `groups`), rate, low, high, n, is_real. A panel is a name and
    everyone's rate, a group a name and the quiet line under it. The points of trace i are `marks(...)[i]`.
    """
    locale, colors = look.locale, look.colors
    across = min(len(panels), PANELS_A_ROW)
    down = math.ceil(len(panels) / across)
    places = marks(rows, len(panels))
    named = [f"{look.name(name)}<br>{look.small(look.text(line))}" for name, line in groups]
    longest = max((min(len(name), 28) for name, _line in groups), default=0)
    each = 46 if len(groups) <= 8 else 38
    room = {look.near: round(min(max(7.4 * longest + 20, 96), 220)), "t": 46, "b": 30}
    height = (each * len(groups) + 76) * down
    figure = make_subplots(
        down, across, shared_yaxes=True, horizontal_spacing=0.03, vertical_spacing=62 / height,
        figure=look.figure(height, margin=room),
    )  # fmt: skip
    small = {"size": look.px(11), "color": colors.muted}
    drawn = rows.iloc[[place for part in places for place in part]]
    everyone = [typical for _name, typical in panels if typical is not None]
    least = min([*drawn["low"].dropna(), *everyone], default=0.0)
    most = max([*drawn["high"].dropna(), *everyone], default=1.0)
    # Room for a whole mark at 0% and at 100%.
    pad = max(0.06 * (most - least), 0.02)
    span = max(least - pad, -pad), min(most + pad, 1 + pad)

    for number, (name, typical) in enumerate(panels):
        line, column = divmod(number, across)
        here = {"row": line + 1, "col": (across - column if locale.rtl else column + 1)}
        axis = line * across + here["col"]
        axes = {"xref": f"x{axis if axis > 1 else ''}", "yref": f"y{axis if axis > 1 else ''}"}
        if typical is not None:
            figure.add_vline(
                x=typical, line={"color": colors.neutral, "width": 1.5}, layer="below", exclude_empty_subplots=False,
                **here,
            )  # fmt: skip
        all_of = look.small(look.text(locale._("all: {share}").format(share=locale.share(typical))))
        figure.add_annotation(
            text=f"<b>{look.name(name, 22)}</b><br>{all_of}", x=0.5, xref=f"{axes['xref']} domain", y=1,
            yref=f"{axes['yref']} domain", yanchor="bottom", showarrow=False, font={"size": look.px(12)},
        )  # fmt: skip
        for verdict, part in zip(VERDICTS, places[2 * number : 2 * number + 2], strict=True):
            known = rows.iloc[part]
            is_real = verdict == "real"
            color = colors.accent if is_real else colors.neutral
            marker: dict[str, Any] = {"size": look.px(10), "color": color}
            if not is_real:
                marker |= {"color": colors.surface, "line": {"color": color, "width": 2}}
            figure.add_scatter(
                x=known["rate"],
                y=known["group"],
                mode="markers",
                marker=marker,
                error_x=look.whisker(
                    known["low"].fillna(known["rate"]), known["high"].fillna(known["rate"]), known["rate"], color
                )
                | {"thickness": 2 if is_real else 1.5},
                customdata=[
                    [look.text(said)]
                    for said in (
                        f"<b>{locale.share(row.rate)}</b> {locale.shares(row.low, row.high)} · n = {locale.count(row.n)}"
                        for row in known.itertuples()
                    )
                ],
                hovertemplate="%{customdata[0]}<extra></extra>",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
                **here,
            )
            for row in known.itertuples():
                look.note(
                    figure, locale.share(row.rate), x=row.rate, y=row.group, yshift=look.px(13), **axes,
                    font=small | {"color": colors.ink if is_real else colors.muted}, bgcolor=colors.surface, borderpad=0,
                )  # fmt: skip
        for row in rows[(rows["panel"] == number) & ((rows["n"] < LEAST_SHOWN) | rows["rate"].isna())].itertuples():
            words = locale._("not enough · {n}").format(n=locale.count(row.n)) if row.n < LEAST_SHOWN else "–"
            look.note(figure, words, x=0.5, y=row.group, font=small, xref=f"{axes['xref']} domain", yref=axes["yref"])

    hidden = {"zeroline": False, "showline": False, "ticks": "", "fixedrange": True}
    step = (
        0.5
        if span[1] - span[0] > 0.8
        else 0.25
        if span[1] - span[0] > 0.4
        else 0.1
        if span[1] - span[0] > 0.15
        else 0.05
    )
    ticks = [part * step for part in range(round(1 / step) + 1) if span[0] + pad / 2 < part * step < span[1] - pad / 2]
    figure.update_xaxes(
        range=span, tickformat=".0%", tickvals=ticks, showgrid=True,
        gridcolor=colors.grid, tickfont=small, tickangle=0, **hidden,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(groups))), ticktext=named, range=[len(groups) - 0.5, -0.65], showgrid=False,
        showticklabels=False, tickfont={"color": colors.ink, "size": look.px(13)}, **hidden,
    )  # fmt: skip
    return figure.update_yaxes(
        showticklabels=True, side="right" if locale.rtl else "left", col=across if locale.rtl else 1
    )


@remembered
def drivers_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look) -> go.Figure:
    """A dot and whisker a value: the odds to be won against others, on a scale of ratios; the line is "as others".

    `rows` has adjusted_odds_ratio, low, high, is_real; `names` each row's name and the quiet line under it.
    """
    locale, colors = look.locale, look.colors
    figure = look.figure(46 * len(rows) + 58, margin={look.near: 232, look.far: 150, "t": 30, "b": 28})
    least = min([*rows["low"], 0.5], default=0.5)
    most = max([*rows["high"], 2.0], default=2.0)
    span = math.log10(max(least, 0.01)) - 0.05, math.log10(min(most, 100)) + 0.05
    figure.add_vline(x=1, line={"color": colors.neutral, "width": 1.5}, layer="below")
    for is_real in (True, False):
        places = [place for place, real in enumerate(rows["is_real"]) if bool(real) == is_real]
        part = rows.iloc[places]
        color = colors.accent if is_real else colors.neutral
        marker: dict[str, Any] = {"size": look.px(10), "color": color}
        if not is_real:
            marker |= {"color": colors.surface, "line": {"color": color, "width": 2}}
        figure.add_scatter(
            x=part["adjusted_odds_ratio"],
            y=places,
            mode="markers",
            marker=marker,
            error_x=look.whisker(part["low"], part["high"], part["adjusted_odds_ratio"], color)
            | {"thickness": 2 if is_real else 1.5},
            hoverinfo="skip",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )
    for place, row in enumerate(rows.itertuples()):
        text = f"<b>{odds(row.adjusted_odds_ratio)}</b> {look.small(locale.between(odds(row.low), odds(row.high)))}"
        figure.add_annotation(**look.beside(74), y=place, text=text)
    over = {"y": 1, "yref": "paper", "yshift": look.px(14)}
    look.note(figure, locale._("odds"), **look.beside(74), **over)
    look.note(figure, locale._("as others"), x=0, **over)
    ticks = [each for each in ODDS if span[0] <= math.log10(each) <= span[1]]
    figure.update_xaxes(type="log", range=span, tickvals=ticks, ticktext=[f"{each:g}" for each in ticks], showgrid=True)
    labels = [f"{look.name(name, 32)}<br>{look.small(look.text(line))}" for name, line in names]
    return figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=labels,
        showgrid=False,
        side="right" if locale.rtl else "left",
        tickfont={"color": colors.ink, "size": look.px(13)},
    )


def odds(value: float) -> str:
    """An odds ratio in two significant digits, as people write it."""
    if value != value:
        return "–"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"
