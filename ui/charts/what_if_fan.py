"""A scenario against doing nothing, month by month: bands, the middle line, and where both end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade
from ui.charts.timing import apart
from ui.memory import remembered

HEIGHT = 360
PLOT = 292  # pixels between the margins, where labels are kept apart
LABEL = 33  # pixels a label of two lines takes
RIGHT = 118
BANDS = (("p05", "p95", 0.10), ("p10", "p90", 0.13), ("p25", "p75", 0.22))
MOST_TICKS = 9
Measure = Literal["money", "customers"]


@remembered
def fan_figure(
    rows: pd.DataFrame,
    look: Look,
    *,
    measure: Measure,
    currency: str,
    is_difference: bool,
    paid_back: int | None = None,
) -> go.Figure:
    """50%, 80% and 90% bands of one quantity by month, the middle line, and what would come without the scenario: a line, or zero
    where `is_difference`, with the months it has paid back from marked.

    `rows` of one quantity of `by_month`, a row a month: month, starts_on (text, or nothing where the data have no dates), baseline, median, p05, p10, p25, p75, p90, p95.
    """
    colors = look.colors
    locale = look.locale.in_currency(currency)
    look = Look(locale, colors, look.scale)
    rows = rows.sort_values("month", kind="stable")
    months = rows["month"].astype(int).tolist()
    of = {name: rows[name].astype(float).tolist() for name in ("median", *(end for band in BANDS for end in band[:2]))}
    without = [0.0] * len(months) if is_difference else rows["baseline"].astype(float).tolist()
    if is_difference:  # nothing has happened yet when it begins
        months, without = [0, *months], [0.0, *without]
        of = {name: [0.0, *values] for name, values in of.items()}
    starts = _starts(rows, is_difference)
    traces = [
        look.ribbon(months, of[low], of[high]) | {"fillcolor": fade(colors.accent, share)} for low, high, share in BANDS
    ]
    traces.append(_line(months, without, colors.ink if is_difference else colors.neutral, 1 if is_difference else 2))
    traces.append(_line(months, of["median"], colors.accent, 2.5) | {
        "customdata": [[_said(look, months[place], start, place, of, without, measure, is_difference)] for place, start in enumerate(starts)],
        "hovertemplate": "%{customdata[0]}<extra></extra>", "hoverinfo": None,
    })  # fmt: skip
    span = _span([*of["p05"], *of["p95"], *without], is_difference)
    ends = {"p95": of["p95"][-1], "median": of["median"][-1], "p05": of["p05"][-1]}
    if not is_difference:
        ends["without"] = without[-1]
    notes = _ends(look, ends, months[-1], span, measure, is_difference)
    if paid_back is not None and paid_back in months:
        value = of["median"][months.index(paid_back)]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [paid_back], "y": [value], "hoverinfo": "skip",
            "marker": {"size": look.px(9), "color": colors.surface, "line": {"color": colors.accent, "width": 2.5}},
        })  # fmt: skip
        is_late = paid_back > months[-1] * 0.6
        notes.append(look.note(
            locale._("paid back in month {n}").format(n=locale.count(paid_back)), x=paid_back, y=value, ax=0, ay=look.px(-58),
            showarrow=True, arrowcolor=colors.neutral, arrowwidth=1, arrowhead=0, font={"size": look.px(12), "color": colors.ink},
            xanchor="right" if is_late else "left" if paid_back < months[-1] * 0.2 else "center",
        ))  # fmt: skip
    ticks = _ticks(span)
    every = next(step for step in (1, 2, 3, 6, 12) if len(months) / step <= MOST_TICKS or step == 12)
    marked = [place for place, month in enumerate(months) if month and month % every == 0]
    return look.figure(
        HEIGHT,
        traces,
        margin={"l": 66, "r": RIGHT, "t": 20, "b": 48},
        annotations=notes,
        xaxis={
            "range": [months[0], months[-1]], "showgrid": False, "tickangle": 0, "title": look.title(locale._("months from the start")),
            "tickvals": [months[place] for place in marked], "ticktext": [locale.count(months[place]) for place in marked],
        },
        yaxis={"range": span, "tickvals": ticks, "ticktext": [_written(look, tick, measure) for tick in ticks]},
    )  # fmt: skip


def bands_key(look: Look, *, is_difference: bool) -> list[tuple[str, str]]:
    """What the bands and lines are, for the key above the chart."""
    _, accent = look.locale._, look.colors.accent
    own = [("line:" + accent, _("middle: half of all futures bring more"))]
    if not is_difference:
        own.append(("line:" + look.colors.neutral, _("without it")))
    shades = (
        (0.40, _("5 of 10 futures")),
        (0.22, _("8 of 10")),
        (0.10, _("9 of 10")),
    )
    return [*own, *((fade(accent, share), words) for share, words in shades)]


def _line(xs: Sequence[int], ys: Sequence[float], color: str, width: float) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": list(xs), "y": list(ys), "line": {"color": color, "width": width}, "hoverinfo": "skip"}  # fmt: skip


def _starts(rows: pd.DataFrame, is_difference: bool) -> list[date | None]:
    days = [None if pd.isna(day) else pd.Timestamp(day).date() for day in rows["starts_on"]]
    return [None, *days] if is_difference else days


def _written(look: Look, value: float, measure: Measure, *, signed: bool = False) -> str:
    if measure == "money":
        return look.locale.money(value, signed=signed)
    return counted(look, value, signed=signed)


def counted(look: Look, value: float, *, signed: bool = False) -> str:
    """A number of customers as expected: with a digit where it is small."""
    sign = "−" if value < 0 else "+" if signed and value else ""
    digits = 1 if abs(value) < 9.95 and round(value, 1) % 1 else 0
    return look.locale.ltr(f"{sign}{abs(value):,.{digits}f}")


def _said(
    look: Look, month: int, start: date | None, place: int, of: Mapping[str, Sequence[float]], without: Sequence[float], measure: Measure,
    is_difference: bool,
) -> str:  # fmt: skip
    locale = look.locale
    if not month:
        return look.text(locale._("today"))
    values = {
        "month": locale.month(start) if start else locale._("month {n}").format(n=month), "middle": _written(look, of["median"][place], measure, signed=is_difference),
        "range": f"{_written(look, of['p10'][place], measure)} … {_written(look, of['p90'][place], measure)}",
        "without": _written(look, without[place], measure),
    }  # fmt: skip
    words = (
        locale._("{month}: {middle} (80%: {range})")
        if is_difference
        else locale._("{month}: {middle} with it (80%: {range}), {without} without")
    )
    return look.text(words.format(**values))


def _span(values: Sequence[float], is_difference: bool) -> list[float]:
    low, high = min(values), max(values)
    if is_difference or low < 0 or low < 0.6 * high:
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return [low - (room if low else 0.0), high + room]


def _ticks(span: Sequence[float]) -> list[float]:
    """Round numbers in the span, some five of them."""
    rough = (span[1] - span[0]) / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough)
    first = math.ceil(span[0] / step)
    return [round(place * step, 10) for place in range(first, math.floor(span[1] / step) + 1)]


def _ends(
    look: Look, ends: Mapping[str, float], last: int, span: Sequence[float], measure: Measure, is_difference: bool
) -> list[dict[str, Any]]:
    """The labels behind the last month, kept apart, each in the colour of its line."""
    _, colors = look.locale._, look.colors
    words = {
        "p95": _("1 in 20 higher"), "median": _("middle") if is_difference else _("with it, middle"), "p05": _("1 in 20 lower"),
        "without": _("without it"),
    }  # fmt: skip
    order = sorted(ends, key=lambda name: ends[name])
    heights = [(ends[name] - span[0]) / (span[1] - span[0]) * PLOT for name in order]
    places = apart(heights, LABEL, PLOT)
    inks = {"median": colors.accent, "without": colors.ink}
    notes = []
    for name, height, place in zip(order, heights, places, strict=True):
        number = _written(look, ends[name], measure, signed=is_difference)
        text = f"<b>{number}</b><br>{look.small(look.text(words[name]))}"
        notes.append(look.note("", x=last, y=ends[name], xanchor="left", xshift=look.px(6), yshift=look.px(place - height), align="left",
                               font={"size": look.px(12), "color": inks.get(name, colors.muted)}) | {"text": text})  # fmt: skip
    return notes
