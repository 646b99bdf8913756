"""Amounts with their intervals, a line each, all under one scale: ways to spend money, scenarios, models."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

COLUMN = 100  # pixels of a column of words
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Beside(NamedTuple):
    """A column of words beside the lines: what stands above it, and a text a line, in our own words; `width` is in pixels."""

    head: str
    texts: Sequence[str]
    width: int = COLUMN


@remembered
def amounts_figure(
    rows: pd.DataFrame, names: Sequence[tuple[str, str]], beside: Sequence[Beside], look: Look, *, currency: str | None
) -> go.Figure:
    """A line an amount: a dot with its interval across, filled where `is_main`, grey otherwise; nought is a line.

    `rows` has value, low, high (money) and is_main; where value is missing the line has words only. `names` are each line's name, from
    the data or our own, and the quiet words under it.
    """
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    traces: list[dict[str, Any]] = []
    for is_main, color in ((True, colors.accent), (False, colors.neutral)):
        part = [
            (place, row)
            for place, row in enumerate(rows.itertuples())
            if bool(row.is_main) == is_main and pd.notna(row.value)
        ]
        values, lows, highs = ([float(getattr(row, name)) for _at, row in part] for name in ("value", "low", "high"))
        said = [
            f"<b>{locale.money(value)}</b> {locale.between(locale.money(low), locale.money(high))}"
            for value, low, high in zip(values, lows, highs, strict=True)
        ]
        traces.append(look.dots(values, [place for place, _row in part], lows, highs, said, color))
    least, most = _ends(rows)
    ticks = round_ticks(least, most, 3)
    wide, notes = 0, []
    for column in beside:
        shift = wide + column.width // 2 + 6
        wide += column.width
        notes.append(look.note(column.head, **look.beside(shift), y=1, yref="paper", yshift=look.px(16)))
        notes += [look.beside(shift) | {"y": place, "text": look.text(text)} for place, text in enumerate(column.texts)]
    longest = max((max(7.4 * len(name[:24]), 6.2 * len(line)) for name, line in names), default=0.0)
    labels = [look.name(name, 24) + (f"<br>{look.small(look.text(line))}" if line else "") for name, line in names]
    room = (most - least) * 0.04
    return look.figure(
        52 * len(rows) + 66,
        traces,
        margin={look.near: round(min(max(longest + 20, 100), 200)), look.far: wide + 16, "t": 36, "b": 30},
        annotations=notes,
        shapes=[look.upright(0.0)] if least < 0 else [],
        xaxis={
            "range": [least - room, most + room], "tickvals": ticks, "ticktext": [locale.money(tick) for tick in ticks],
            "showgrid": True, "tickangle": 0,
        },
        yaxis=look.lines(labels),
    )  # fmt: skip


def _ends(rows: pd.DataFrame) -> tuple[float, float]:
    """From the least to the most there is to draw, nought among it."""
    found = rows[["value", "low", "high"]].astype(float)
    least, most = found.min().min(), found.max().max()
    least, most = (0.0 if pd.isna(each) else float(each) for each in (least, most))
    least, most = min(least, 0.0), max(most, 0.0)
    return (least, most) if most > least else (least, least + 1.0)


def round_ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Round numbers from `least` to `most`, at most one more than `about`, nought among them where it lies between."""
    span = most - least
    if span <= 0:
        return [least]
    size = 10.0 ** floor(log10(span / about))
    step = next(size * part for part in _STEPS if span / (size * part) <= about)
    first, last = -(-least // step), most // step
    return [step * number for number in range(int(first), int(last) + 1)]
