"""How well the contact programme is kept, and what falls due in the weeks to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered

LEAST_TESTED = 30


@remembered
def coverage_figure(rows: pd.DataFrame, names: Sequence[str], everyone: float | None, look: Look) -> go.Figure:
    """A row a tier or an owner: a dot for the share contacted in time with its 95% interval; the line is everyone.

    `rows` has in_time_share, in_time_low, in_time_high, customers_now, overdue, risk_overdue, currency, is_real. Below 10
    customers the number is hidden; what stands after correction is in accent.
    """
    locale, colors = look.locale, look.colors
    traces, notes = [], []
    small = {"size": look.px(11), "color": colors.muted}
    in_money = bool(rows["risk_overdue"].notna().any())
    for is_real in (True, False):
        part = [
            (place, row)
            for place, row in enumerate(rows.itertuples())
            if row.customers_now >= LEAST_SHOWN and bool(row.is_real) == is_real
        ]
        shares = [row.in_time_share for _place, row in part]
        color = colors.accent if is_real else colors.neutral
        hovers = [
            f"<b>{locale.share(row.in_time_share)}</b> {locale.shares(row.in_time_low, row.in_time_high)} · n = {locale.count(row.customers_now)}"
            for _place, row in part
        ]
        lows, highs = ([getattr(row, end) for _place, row in part] for end in ("in_time_low", "in_time_high"))
        traces.append(look.dots(shares, [place for place, _row in part], lows, highs, hovers, color))
        notes += [
            look.note(
                locale.share(row.in_time_share), x=row.in_time_share, y=place, yshift=look.px(14), bgcolor=colors.surface,
                borderpad=0, font=small | {"color": colors.ink if is_real else colors.muted},
            )
            for place, row in part
        ]  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = [(130 if in_money else 56, locale._("overdue"))] + ([(44, locale._("at risk"))] if in_money else [])
    notes += [look.note(words, **look.beside(shift), **head) for shift, words in heads]
    for place, row in enumerate(rows.itertuples()):
        if row.customers_now < LEAST_SHOWN:
            words = locale._("not enough · {n}").format(n=locale.count(row.customers_now))
            notes.append(look.note(words, x=0.5, y=place, font=small))
        of = look.small(look.text(locale._("of {n}").format(n=locale.count(row.customers_now))))
        notes.append(look.beside(heads[0][0]) | {"y": place, "text": f"<b>{locale.count(row.overdue)}</b> {of}"})
        if in_money:
            notes.append(
                look.beside(44) | {"y": place, "text": f"<b>{locale.money(row.risk_overdue, row.currency)}</b>"}
            )
    shapes = [look.upright(everyone)] if everyone is not None else []
    if everyone is not None:
        words = locale._("all: {share}").format(share=locale.share(everyone))
        notes.append(look.note(words, x=everyone, font=small, xanchor="center", bgcolor=colors.surface, **head))
    longest = max((min(len(name), 28) for name in names), default=0)
    return look.figure(
        44 * len(rows) + 70,
        traces,
        margin={
            look.near: round(min(max(7.6 * longest + 24, 84), 230)),
            look.far: 176 if in_money else 116,
            "t": 36,
            "b": 30,
        },
        annotations=notes,
        shapes=shapes,
        xaxis={"range": [-0.03, 1.03], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickangle": 0},
        yaxis=look.lines([look.name(name) for name in names]) | {"range": [len(rows) - 0.5, -0.6]},
    )


@remembered
def weeks_figure(weeks: pd.DataFrame, look: Look) -> go.Figure:
    """A bar a coming week: the customers whose contact falls due in it; the hatched part has one planned by then.

    `weeks` has starts_on, due_soon, planned_contacts, value_at_risk, currency.
    """
    locale, colors = look.locale, look.colors
    labels = [look.text(_short(locale.day(day))) for day in weeks["starts_on"]]
    places = list(range(len(weeks)))
    planned = weeks["planned_contacts"].astype(int)
    bare = weeks["due_soon"].astype(int) - planned
    most = max(int(weeks["due_soon"].max()), 1)

    def said(row: Any) -> str:
        customers = locale.n_("{n} customer", "{n} customers", int(row.due_soon))
        money = row.value_at_risk
        at_risk = (
            ""
            if pd.isna(money)
            else " · " + locale._("{money} at risk").format(money=locale.money(money, row.currency))
        )
        return look.text(f"<b>{customers}</b>{at_risk}")

    words = [[said(row)] for row in weeks.itertuples()]
    hover = {"customdata": words, "hovertemplate": "%{customdata[0]}<extra></extra>"}
    traces = [
        {"type": "bar", "x": places, "y": list(bare), "marker": {"color": colors.accent}} | hover,
        {"type": "bar", "x": places, "y": list(planned), "marker": look.hatch} | hover,
    ]
    notes = [
        look.note(locale.count(n), x=place, y=int(n), yanchor="bottom", font={"size": look.px(12), "color": colors.ink})
        for place, n in zip(places, weeks["due_soon"], strict=True)
    ]
    return look.figure(
        220,
        traces,
        barmode="stack",
        bargap=0.35,
        margin={"l": 10, "r": 10, "t": 18, "b": 30},
        annotations=notes,
        xaxis={
            "tickvals": places,
            "ticktext": labels,
            "showgrid": False,
            "range": [-0.6, len(weeks) - 0.4],
            "tickangle": 0,
        },
        yaxis={"range": [0, most * 1.18], "showticklabels": False, "showgrid": False},
    )


def _short(day: str) -> str:
    """A day without its year."""
    return day.rsplit(" ", 1)[0]
