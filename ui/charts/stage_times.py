"""How long stages take: a dot and whisker a stage, and for one stage how it empties and how visits end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade
from ui.charts.timing import apart
from ui.locale import Locale
from ui.memory import remembered

LEAST_SHOWN = 10
LEAST_AT_RISK = 10
HOURS, MINUTES = 24, 24 * 60
# A median of the completed visits nearer than this share to the true one would only hide its dot.
WORTH_SHOWING = 0.03
DAY_TICKS = (1, 2, 5, 7, 10, 15, 20, 30, 60, 90, 120, 180, 365, 730)
HOUR_TICKS = (1, 2, 4, 6, 12)
MINUTE_TICKS = (1, 2, 5, 10, 15, 30)
KINDS = ("advance", "loss", "back", "handoff", "still")
FULL_COLUMNS = ((58, 0), (142, 1), (204, 2))


def length(locale: Locale, days: float | None) -> str:
    """A time in days, or in hours or minutes where it is shorter than a day."""
    if days is None or days != days or days >= 1:
        return locale.days(days)
    if days * MINUTES < 1:
        return locale._("under 1 min")
    if days * HOURS >= 1:
        return locale._("{n} h").format(n=locale.count(days * HOURS))
    return locale._("{n} min").format(n=locale.count(days * MINUTES))


def lengths(locale: Locale, low: float | None, high: float | None) -> str:
    """An interval of such times; an end that was not reached is left open."""
    if low is None or low != low:
        return ""
    if high is None or high != high:
        return locale._("from {days}").format(days=length(locale, low))
    if high >= 1:
        return locale.days_between(low, high)
    if high * MINUTES < 1:
        return ""
    unit, words = (HOURS, locale._("{n} h")) if high * HOURS >= 1 else (MINUTES, locale._("{n} min"))
    digits = 1 if unit == HOURS and round(low * unit) == round(high * unit) else 0
    return words.format(n=locale.between(f"{low * unit:.{digits}f}", f"{high * unit:.{digits}f}"))


def is_short(row: Any) -> bool:
    """Whether the completed visits alone would say a time worth telling from the true one."""
    completed, median = row.median_completed_days, row.median_days
    if completed != completed or completed is None:
        return False
    true = row.longest_days if median != median or median is None else median
    return bool(true and abs(completed / true - 1) >= WORTH_SHOWING)


@remembered
def times_figure(rows: pd.DataFrame, look: Look, *, chosen: str = "") -> go.Figure:
    """A line a stage: where half, three quarters and nine in ten have left, and how many visits there were.

    `rows` are those of `time_in_stage` with a fresh index. Where half have not left, an open arrow stands at the longest
    time seen. Marks carry the row as `customdata`; the stage `chosen` is bold.
    """
    locale, colors = look.locale, look.colors
    _ = locale._
    every = list(rows.itertuples())
    known = [row for row in every if row.visits >= LEAST_SHOWN and not pd.isna(row.longest_days)]
    reached = [row for row in known if not pd.isna(row.median_days)]
    beyond = [row for row in known if pd.isna(row.median_days)]
    short = [row for row in known if is_short(row)]
    ends = [
        value
        for row in known
        for value in (row.p90_days, row.p75_days, row.median_high, row.median_days, row.median_completed_days)
        if not pd.isna(value)
    ]
    last = max([*ends, *(row.longest_days for row in beyond)], default=1.0) or 1.0
    tops = [last if pd.isna(row.median_high) else row.median_high for row in reached]
    middles = [row.median_days for row in reached]
    still = {"marker": {"opacity": 1}}
    shared = {"type": "scatter", "mode": "markers", "selected": still, "unselected": still}

    def said(row: Any, words: str, days: float) -> list[Any]:
        return [row.Index, look.text(f"{words}: <b>{length(locale, days)}</b>")]

    traces: list[dict[str, Any]] = [
        shared
        | {
            "x": [getattr(row, name) for row in known if not pd.isna(getattr(row, name))],
            "y": [row.Index for row in known if not pd.isna(getattr(row, name))],
            "marker": {"symbol": "line-ns", "size": look.px(size), "line": {"color": colors.neutral, "width": 2}},
            "customdata": [said(row, words, getattr(row, name)) for row in known if not pd.isna(getattr(row, name))],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        }
        for name, words, size in (
            ("p75_days", _("three quarters have left after"), 11),
            ("p90_days", _("nine in ten have left after"), 7),
        )
    ]
    traces += [
        shared
        | {
            "x": [row.median_completed_days for row in short],
            "y": [row.Index for row in short],
            "marker": {"size": look.px(10), "color": colors.surface, "line": {"color": colors.neutral, "width": 1.5}},
            "customdata": [
                said(row, _("half of the completed visits alone"), row.median_completed_days) for row in short
            ],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        },
        shared
        | {
            "x": middles,
            "y": [row.Index for row in reached],
            "marker": {"size": look.px(11), "color": colors.accent},
            "error_x": look.whisker([row.median_low for row in reached], tops, middles, colors.accent),
            "customdata": [said(row, _("half have left after"), row.median_days) for row in reached],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        },
        shared
        | {
            "x": [row.longest_days for row in beyond],
            "y": [row.Index for row in beyond],
            "marker": {
                "symbol": "triangle-right",
                "size": look.px(14),
                "color": colors.surface,
                "line": {"color": colors.accent, "width": 2},
            },
            "customdata": [said(row, _("half have not left after"), row.longest_days) for row in beyond],
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        },
    ]
    notes = _columns(every, look) + _quarters(known, last, look)
    for row in beyond:
        at_end = row.longest_days > last * 0.7
        notes.append(
            look.note(
                _("at least {days}").format(days=length(locale, row.longest_days)), x=row.longest_days, y=row.Index,
                xanchor="right" if at_end else "left", xshift=look.px(-12 if at_end else 12), font={"size": look.px(11), "color": colors.ink},
            )
        )  # fmt: skip
    for row in every:
        if row.visits < LEAST_SHOWN:
            words = _("not enough · {n}").format(n=locale.count(row.visits))
        elif pd.isna(row.longest_days):
            words = _("no file tells its times")
        else:
            continue
        notes.append(look.note(words, x=0.02, xref="x domain", xanchor="left", y=row.Index))
    names = [f"<b>{look.name(row.stage, 26)}</b>" if row.stage == chosen else look.name(row.stage, 26) for row in every]
    longest = max((min(len(str(row.stage)), 26) for row in every), default=0)
    scale = ticks(locale, last)
    return look.figure(
        44 * len(rows) + 62,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 24, 96), 216)), look.far: 236, "t": 30, "b": 30},
        annotations=notes,
        xaxis=scale | {"range": [0 - last * 0.012, last * 1.04], "showgrid": True},
        yaxis=look.lines(names),
    )


def _quarters(known: Sequence[Any], last: float, look: Look) -> list[dict[str, Any]]:
    """The marks named once, on the line where they stand farthest apart."""
    apart_by = {row.Index: row.p90_days - row.p75_days for row in known if not pd.isna(row.p90_days)}
    if not apart_by:
        return []
    at = next(row for row in known if row.Index == max(apart_by, key=lambda place: apart_by[place]))
    small = {"size": look.px(11), "color": look.colors.muted}
    words = [(at.p75_days, look.locale.share(0.75)), (at.p90_days, look.locale.share(0.9))]
    if at.p90_days - at.p75_days < last * 0.08:
        words = words[1:]
    return [
        look.note(
            each, x=days, y=at.Index, yshift=look.px(14), font=small, xanchor="right" if days > last * 0.9 else "center"
        )
        for days, each in words
    ]


def _columns(every: Sequence[Any], look: Look) -> list[dict[str, Any]]:
    """Beside each line: half have left after, visits, and how many go on."""
    locale = look.locale
    _ = locale._
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = (_("half have left"), _("visits"), _("going on"))
    notes = [look.note(heads[place], **look.beside(shift), **head) for shift, place in FULL_COLUMNS]
    for row in every:
        shown = row.visits >= LEAST_SHOWN and not pd.isna(row.longest_days)
        median = "–"
        if shown and not pd.isna(row.median_days):
            quiet = look.small(look.text(lengths(locale, row.median_low, row.median_high)))
            median = f"<b>{look.text(length(locale, row.median_days))}</b><br>{quiet}"
        elif shown:
            median = f"<b>{look.text('≥ ' + length(locale, row.longest_days))}</b>"
        texts = (median, locale.count(row.visits), locale.count(row.open))
        notes += [look.beside(shift) | {"y": row.Index, "text": texts[place]} for shift, place in FULL_COLUMNS]
    return notes


@remembered
def curve_figure(
    curves: Sequence[tuple[str, pd.DataFrame, float | None]], look: Look, *, kind: str = "still", height: int = 330
) -> go.Figure:
    """The chance by each day, of `kind` still or advance, in steps. One or two curves have their ribbons.

    Each of `curves` is a name, rows of `stage_curve` and the day by which half have left, where that is known: a hollow
    point stands there on the curve of who is still there. Dotted where fewer than 10 are still watched.
    """
    locale, colors = look.locale, look.colors
    single = len(curves) == 1
    inks = (colors.accent, colors.neutral) if len(curves) == 2 else (
        colors.accent, colors.won, colors.lost, colors.back, colors.neutral,
    )  # fmt: skip
    traces: list[dict[str, Any]] = []
    ends: list[tuple[float, str, str]] = []
    for place, (name, rows, _median) in enumerate(curves):
        ink = inks[place % len(inks)]
        if len(curves) <= 2:
            traces.append(_ribbon(look, rows, kind, ink))
        words = locale._("still there") if single else look.name(name, 16)
        traces += _steps(look, rows, kind, ink, words)
        ends.append((float(rows[f"{kind}_chance"].iloc[-1]), words, ink))
    if kind == "still":
        halves = [
            (median, inks[place % len(inks)]) for place, (_n, _r, median) in enumerate(curves) if median is not None
        ]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [median for median, _ink in halves], "y": [0.5] * len(halves),
            "marker": {"size": look.px(10), "color": colors.surface, "line": {"color": [ink for _m, ink in halves], "width": 2}},
            "customdata": [[look.text(locale._("half have left after {days}").format(days=length(locale, median)))] for median, _ink in halves],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
        if single and halves:
            ends_words = locale._("half: {days}").format(days=length(locale, halves[0][0]))
            half = look.note(ends_words, x=halves[0][0], y=0.5, xanchor="left", yanchor="bottom", xshift=look.px(8), font={"size": look.px(12), "color": colors.ink})  # fmt: skip
            return _plot(look, traces, ends, [rows for _n, rows, _m in curves], height, [half])
    return _plot(look, traces, ends, [rows for _n, rows, _m in curves], height, [])


@remembered
def ends_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look, *, height: int = 330) -> go.Figure:
    """The chance to have ended in each way by each day, and to be still there: lines with ribbons that add up to 100%.

    `names` are the kinds to draw, of `KINDS`, and the words for each.
    """
    colors = look.colors
    inks = {
        "advance": colors.won,
        "loss": colors.lost,
        "back": colors.back,
        "handoff": colors.handed_fill,
        "still": colors.neutral,
    }
    traces: list[dict[str, Any]] = []
    ends: list[tuple[float, str, str]] = []
    for kind, words in names:
        traces.append(_ribbon(look, rows, kind, inks[kind]))
        traces += _steps(look, rows, kind, inks[kind], words)
        ends.append((float(rows[f"{kind}_chance"].iloc[-1]), words, colors.muted if kind == "still" else inks[kind]))
    return _plot(look, traces, ends, [rows], height, [])


def _plot(
    look: Look,
    traces: list[dict[str, Any]],
    ends: list[tuple[float, str, str]],
    rows: Sequence[pd.DataFrame],
    height: int,
    notes: list[dict[str, Any]],
) -> go.Figure:
    heights = apart([end for end, *_rest in ends], 0.075, 1.0)
    notes = notes + [
        look.note(
            f"<b>{look.locale.share(end)}</b> {words}", x=1, xref="paper", xanchor="left", y=at, xshift=look.px(5),
            font={"size": look.px(12), "color": ink},
        )
        for at, (end, words, ink) in zip(heights, ends, strict=True)
    ]  # fmt: skip
    last = max(float(each["within_days"].iloc[-1]) for each in rows)
    x = ticks(look.locale, last, 5)
    if len(rows) == 1:
        watched = [rows[0].loc[rows[0]["within_days"] >= day - 1e-9, "at_risk"] for day in x["tickvals"]]
        x["ticktext"] = [
            f"{look.text(words)}<br>{look.small(look.locale.count(n.iloc[0])) if len(n) else ''}"
            for words, n in zip(x["ticktext"], watched, strict=True)
        ]
    else:
        x["ticktext"] = [look.text(words) for words in x["ticktext"]]
    longest = max((len(words) for _end, words, _ink in ends), default=0)
    return look.figure(
        height,
        traces,
        margin={"l": 46, "r": round(min(max(6.6 * longest + 46, 96), 170)), "t": 12, "b": 46 if len(rows) == 1 else 30},
        annotations=notes,
        xaxis=x | {"range": [0, last], "showgrid": False},
        yaxis={"range": [0, 1.04], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1], "rangemode": "tozero"},
    )


def _stepped(days: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The corners of a curve that holds each value until the next."""
    x, y = [days[0]], [values[0]]
    for (_day, value), (later, after) in pairwise(zip(days, values, strict=True)):
        x += [later, later]
        y += [value, after]
    return x, y


def _ribbon(look: Look, rows: pd.DataFrame, kind: str, ink: str) -> dict[str, Any]:
    watched = rows[rows["at_risk"] >= LEAST_AT_RISK]
    if not len(watched):
        return look.ribbon([], [], [])
    days = list(watched["within_days"])
    x, low = _stepped(days, list(watched[f"{kind}_low"]))
    _x, high = _stepped(days, list(watched[f"{kind}_high"]))
    return look.ribbon(x, low, high) | {"fillcolor": fade(ink, 0.2 if look.dark else 0.15)}


def _steps(look: Look, rows: pd.DataFrame, kind: str, ink: str, words: str) -> list[dict[str, Any]]:
    """A curve in steps, dotted from where too few are watched."""
    watched = rows["at_risk"] >= LEAST_AT_RISK
    sure = rows[watched]
    loose = rows[~watched | (rows.index == (sure.index[-1] if len(sure) else -1))]
    column = f"{kind}_chance"
    return [
        {
            "type": "scatter", "x": list(part["within_days"]), "y": list(part[column]), "mode": "lines",
            "line": {"color": ink, "width": 2.5 if dash == "solid" else 1.5, "dash": dash, "shape": "hv"},
            "customdata": [[look.text(f"{length(look.locale, day)}: <b>{look.locale.share(value)}</b> {words}")]
                           for day, value in zip(part["within_days"], part[column], strict=True)],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        }
        for part, dash in ((sure, "solid"), (loose, "dot"))
        if len(part) > 1 or (dash == "solid" and len(part))
    ]  # fmt: skip


def ticks(locale: Locale, last: float, most: int = 7) -> dict[str, Any]:
    """At most about so many marks of a scale from 0 to `last` days: days, or hours or minutes where it is short."""
    unit, steps = (1, DAY_TICKS) if last >= 2 else (HOURS, HOUR_TICKS) if last * HOURS >= 2 else (MINUTES, MINUTE_TICKS)
    step = next((step for step in steps if last * unit / step <= most), 365 * 4)
    days = [count / unit for count in range(0, int(last * unit + 1e-9) + 1, step)]
    return {"tickangle": 0, "tickvals": days, "ticktext": [length(locale, day) if day else "0" for day in days]}
