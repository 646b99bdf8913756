"""Whose cases wait, how fast somebody is in touch, and what became of the customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look
from ui.memory import remembered


@remembered
def standing_figure(owners: pd.DataFrame, names: Sequence[str], look: Look) -> go.Figure:
    """A bar an owner: cases overdue, in time still, contacted and closed; beside it how many are overdue and whose revenue waits.

    `owners` has overdue_cases, open_cases_now, contacted_cases, closed_cases, cases, revenue_overdue, currency.
    """
    locale, colors = look.locale, look.colors
    in_money = bool(owners["revenue_overdue"].notna().any())
    late = owners["overdue_cases"].astype(int)
    parts = [
        (late, {"color": colors.lost_fill}, locale._("overdue")),
        (owners["open_cases_now"].astype(int) - late, look.hatch, locale._("open, still in time")),
        (owners["contacted_cases"].astype(int), {"color": colors.neutral}, locale._("contacted")),
        (owners["closed_cases"].astype(int), {"color": colors.won_fill}, locale._("closed")),
    ]
    places = list(range(len(owners)))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "orientation": "h", "x": list(counted), "y": places, "marker": marker,
            "customdata": [[look.text(f"{locale.count(n)} {words}")] for n in counted],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        }
        for counted, marker, words in parts
    ]  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = [(136 if in_money else 56, locale._("overdue"))]
    if in_money:
        heads.append((48, locale._("revenue waiting")))
    notes = [look.note(words, **look.beside(shift), **head) for shift, words in heads]
    for place, row in enumerate(owners.itertuples()):
        of = look.small(look.text(locale._("of {n}").format(n=locale.count(row.cases))))
        notes.append(look.beside(heads[0][0]) | {"y": place, "text": f"<b>{locale.count(row.overdue_cases)}</b> {of}"})
        if in_money:
            notes.append(look.beside(48) | {"y": place, "text": f"<b>{locale.money(row.revenue_overdue, row.currency)}</b>"})  # fmt: skip
    longest = max((min(len(name), 28) for name in names), default=0)
    most = max(int(owners["cases"].max()), 1)
    axes = look.bars((0, most), [look.name(name) for name in names])
    return look.figure(
        34 * len(owners) + 52,
        traces,
        barmode="stack",
        bargap=0.38,
        margin={look.near: round(min(max(7.6 * longest + 24, 84), 230)), look.far: 190 if in_money else 110, "t": 36, "b": 8},
        annotations=notes,
        xaxis=axes["xaxis"],
        yaxis=axes["yaxis"] | {"autorange": None, "range": [len(owners) - 0.5, -0.6]},
    )  # fmt: skip


@remembered
def curve_figure(curve: pd.DataFrame, sla_days: int, look: Look) -> go.Figure:
    """Two steps that rise with the days after the answer: contacted, and closed, each with its 95% interval; the upright line is the
    day by which somebody is to be in touch. Dotted below ten who are watched.

    `curve` has loop_step, day_after, reached_share, reached_low, reached_high, is_sure.
    """
    locale, colors = look.locale, look.colors
    traces: list[dict[str, Any]] = []
    notes = []
    # What comes after the last step is a flat line: it is cut.
    steps = curve[curve["reached_share"].groupby(curve["loop_step"]).diff().fillna(0) > 0]["day_after"]
    last = max(1.3 * float(steps.max()) if len(steps) else 0.0, 4.0 * sla_days)
    words = {"contact": (locale._("contacted"), colors.accent), "close": (locale._("closed"), colors.won)}
    ends: list[float] = []
    for step, (name, color) in words.items():
        own = curve[(curve["loop_step"] == step) & (curve["day_after"] <= last)]
        if own.empty:
            continue
        days, shares = list(own["day_after"]), list(own["reached_share"])
        sure = own[own["is_sure"].astype(bool)]
        if step == "contact" and len(sure) > 1:
            band = look.ribbon(*_steps(sure["day_after"], sure["reached_low"], sure["reached_high"]))
            traces.append(band)
        said = [
            [look.text(_said(locale, name, row.day_after, row.reached_share, row.reached_low, row.reached_high))]
            for row in own.itertuples()
        ]
        line = {"type": "scatter", "mode": "lines", "line": {"color": color, "width": 2, "shape": "hv"}, "customdata": said,
                "hovertemplate": "%{customdata[0]}<extra></extra>"}  # fmt: skip
        firm = len(sure)
        traces.append(line | {"x": days[:firm], "y": shares[:firm], "customdata": said[:firm]})
        if firm < len(days):
            start = max(firm - 1, 0)
            dotted = {"line": {"color": color, "width": 2, "shape": "hv", "dash": "dot"}}
            traces.append(line | dotted | {"x": days[start:], "y": shares[start:], "customdata": said[start:]})
        # Two labels at one height would lie on each other.
        at = shares[-1] - 0.07 if any(abs(shares[-1] - end) < 0.06 for end in ends) else shares[-1]
        ends.append(at)
        notes.append(look.note(f"{name} {locale.share(shares[-1])}", x=last, y=at, xanchor="left", xshift=6, font={"size": look.px(12), "color": color}))  # fmt: skip
    due = locale._("due: {days}").format(days=locale.days(sla_days, 0))
    notes.append(look.note(due, x=sla_days, y=1, yref="paper", yanchor="bottom", xanchor="left"))
    return look.figure(
        260,
        traces,
        margin={"l": 44, "r": 104, "t": 26, "b": 44},
        annotations=notes,
        shapes=[look.upright(sla_days)],
        xaxis={"range": [0, last * 1.02], "showgrid": False, "title": {"text": look.text(locale._("days after the answer")), "font": {"size": look.px(12), "color": colors.muted}, "standoff": 8}},
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]},
    )  # fmt: skip


def _steps(days: pd.Series, low: pd.Series, high: pd.Series) -> tuple[list[float], list[float], list[float]]:
    """The corners of a step: the value holds until the next day."""
    x, bottom, top = [], [], []
    known = list(zip(days, low, high, strict=True))
    for place, (day, least, most) in enumerate(known):
        if place:
            x.append(float(day))
            bottom.append(float(known[place - 1][1]))
            top.append(float(known[place - 1][2]))
        x.append(float(day))
        bottom.append(float(least))
        top.append(float(most))
    return x, bottom, top


def _said(locale: Any, name: str, day: float, share: float, low: float, high: float) -> str:
    within = locale._("{share} {what} within {days}").format(
        share=locale.share(share), what=name, days=locale.days(day, 0)
    )
    return f"<b>{within}</b> {locale.shares(low, high)}"


@remembered
def shares_figure(rows: pd.DataFrame, names: Sequence[str], n: str, everyone: float | None, look: Look) -> go.Figure:
    """A dot and a whisker a row: a share with its 95% interval; the line is everyone. Accent where the difference is real.

    `rows` has share, low, high, is_real and, in the column `n`, how many it rests on: below 10 the number is hidden.
    """
    locale, colors = look.locale, look.colors
    traces, notes = [], []
    small = {"size": look.px(11), "color": colors.muted}
    for is_real in (True, False):
        part = [
            (place, row)
            for place, row in enumerate(rows.to_dict("records"))
            if row[n] >= LEAST_SHOWN and not pd.isna(row["share"]) and bool(row["is_real"]) == is_real
        ]
        color = colors.accent if is_real else colors.neutral
        shares = [row["share"] for _place, row in part]
        lows, highs = ([row[end] for _place, row in part] for end in ("low", "high"))
        said = [
            f"<b>{locale.share(row['share'])}</b> {locale.shares(row['low'], row['high'])} · n = {locale.count(row[n])}"
            for _place, row in part
        ]
        traces.append(look.dots(shares, [place for place, _row in part], lows, highs, said, color))
        notes += [
            look.note(f"{locale.share(row['share'])}", x=row["share"], y=place, yshift=look.px(14), bgcolor=colors.surface, borderpad=0, font=small)
            for place, row in part
        ]  # fmt: skip
    for place, row in enumerate(rows.to_dict("records")):
        if row[n] < LEAST_SHOWN:
            few = locale._("not enough · {n}").format(n=locale.count(row[n]))
            notes.append(look.note(few, x=0.5, y=place, font=small))
        elif pd.isna(row["share"]):
            notes.append(look.note(locale._("too early"), x=0.5, y=place, font=small))
        notes.append(look.beside(40) | {"y": place, "text": look.small(look.text(f"n = {locale.count(row[n])}"))})
    shapes = []
    if everyone is not None:
        shapes.append(look.upright(everyone))
        words = locale._("all: {share}").format(share=locale.share(everyone))
        notes.append(look.note(words, x=everyone, y=1, yref="paper", yshift=look.px(16), xanchor="center", font=small))
    longest = max((min(len(name), 28) for name in names), default=0)
    return look.figure(
        44 * len(rows) + 66,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 24, 84), 230)), look.far: 80, "t": 32, "b": 30},
        annotations=notes,
        shapes=shapes,
        xaxis={"range": [-0.03, 1.03], "tickformat": ".0%", "tickvals": [0, 0.5, 1], "tickangle": 0},
        yaxis=look.lines([look.name(name) for name in names]) | {"range": [len(rows) - 0.5, -0.6]},
    )  # fmt: skip
