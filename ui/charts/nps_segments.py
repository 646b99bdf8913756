"""The score of groups, with the shares it is made of; how groups moved; and the same score counted in other ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look, ink_on
from ui.memory import remembered

KINDS = ("detractors", "passives", "promoters")
# The parts of the width for the scores and for the shares, and the least share that is written in its bar.
SCORES, SHARES = 0.60, 0.34
LEAST_WRITTEN = 0.12


@remembered
def scores_figure(
    rows: pd.DataFrame, names: Sequence[str], typical: float | None, look: Look, *, with_shares: bool = False
) -> go.Figure:
    """A line a group: a dot for its score with the 95% interval, the number beside; the upright line is all of them together.

    `rows` has nps, low, high, n, is_real, and said, the words under the name; with `with_shares` promoters, passives and detractors
    too, stacked in a panel of their own. Below 10 answers there is no number; what stands after correction is in accent.
    """
    locale, colors = look.locale, look.colors
    every = list(rows.itertuples())
    known = [row.n >= LEAST_SHOWN and not pd.isna(row.nps) for row in every]
    small = {"size": look.px(11), "color": colors.muted}
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for is_real in (True, False):
        part = [place for place, row in enumerate(every) if known[place] and bool(row.is_real) == is_real]
        traces.append(_dots(look, every, part, colors.accent if is_real else colors.neutral))
    for place, row in enumerate(every):
        if not known[place]:
            few = locale._("not enough · {n}").format(n=locale.count(row.n))
            notes.append(look.note(few, x=0, y=place, font=small))
            continue
        color = colors.accent if row.is_real else colors.ink
        notes.append(look.beside(64) | {
            "y": place, "text": f"<b>{locale.score(row.nps)}</b><br>{look.small(locale.scores(row.low, row.high))}",
            "font": {"color": color},
        })  # fmt: skip
    shapes: list[dict[str, Any]] = []
    if typical is not None:
        shapes.append(look.upright(typical))
        words = locale._("all: {score}").format(score=locale.score(typical))
        notes.append(look.note(words, x=typical, xref="x", y=1, yref="paper", yshift=look.px(14), font=small, bgcolor=colors.surface))  # fmt: skip
    shown = [row for place, row in enumerate(every) if known[place]]
    span = _span(
        [each for row in shown for each in (row.low, row.high, row.nps)] + ([typical] if typical is not None else [])
    )
    axes: dict[str, Any] = {"xaxis": _scale(span)}
    if with_shares:
        first, second = ((1 - SCORES, 1.0), (0.0, SHARES)) if locale.rtl else ((0.0, SCORES), (1 - SHARES, 1.0))
        axes["xaxis"] |= {"domain": first}
        axes["xaxis2"] = {"domain": second, "range": [1, 0] if locale.rtl else [0, 1], "showticklabels": False, "showgrid": False, "anchor": "y"}  # fmt: skip
        traces += _shares(look, every, known)
        notes.append(look.note(locale._("shares of answers"), x=0.5, xref="x2 domain", y=1, yref="paper", yshift=look.px(14), font=small))  # fmt: skip
    labels = [f"{look.name(name)}<br>{look.small(look.text(row.said))}" for name, row in zip(names, every, strict=True)]
    longest = max(
        [min(len(name), 28) for name in names] + [min(len(str(row.said)), 40) * 0.8 for row in every], default=0
    )
    return look.figure(
        46 * len(every) + 70,
        traces,
        margin={look.near: round(min(max(7.4 * longest + 24, 96), 240)), look.far: 128, "t": 34, "b": 30},
        barmode="stack",
        annotations=notes,
        shapes=shapes,
        yaxis=look.lines(labels) | {"range": [len(every) - 0.5, -0.5]} | ({"anchor": "x"} if with_shares else {}),
        **axes,
    )


def _dots(look: Look, every: Sequence[Any], part: Sequence[int], color: str) -> dict[str, Any]:
    """The dots and whiskers of some of the lines."""
    locale = look.locale
    scores = [every[place].nps for place in part]
    lows, highs = (
        [score if pd.isna(getattr(every[place], end)) else getattr(every[place], end) for place, score in zip(part, scores, strict=True)]
        for end in ("low", "high")
    )  # fmt: skip
    said = [
        f"<b>{locale.score(every[place].nps)}</b> {locale.scores(every[place].low, every[place].high)} · n = {locale.count(every[place].n)}"
        for place in part
    ]  # fmt: skip
    return look.dots(scores, part, lows, highs, said, color)


def _shares(look: Look, every: Sequence[Any], known: Sequence[bool]) -> list[dict[str, Any]]:
    """A stacked bar a line: detractors, passives and promoters as shares of the answers."""
    locale, colors = look.locale, look.colors
    fills = {"detractors": colors.lost_fill, "passives": colors.passive_fill, "promoters": colors.won_fill}
    places = [place for place, yes in enumerate(known) if yes]
    traces = []
    for kind in KINDS:
        shares = [getattr(every[place], kind) / every[place].n for place in places]
        traces.append({
            "type": "bar", "orientation": "h", "x": shares, "y": places, "xaxis": "x2", "yaxis": "y", "width": 0.5,
            "marker": {"color": fills[kind], "line": {"color": colors.surface, "width": 1}},
            "text": [locale.share(share) if share >= LEAST_WRITTEN else "" for share in shares], "textposition": "inside",
            "insidetextanchor": "middle", "textangle": 0, "textfont": {"color": ink_on(fills[kind]), "size": look.px(11)},
            "customdata": [[locale.share(share)] for share in shares], "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
    return traces


@remembered
def moved_figure(rows: pd.DataFrame, names: Sequence[str], look: Look) -> go.Figure:
    """A line a group: a hollow dot for its score before, a full one for the score now with its interval, the change beside.

    `rows` has nps_earlier, n_earlier, nps, low, high, n, difference, points_low, points_high, is_real. A side below 10 answers has no dot.
    """
    locale, colors = look.locale, look.colors
    every = list(rows.itertuples())
    has_before = [row.n_earlier >= LEAST_SHOWN for row in every]
    has_now = [row.n >= LEAST_SHOWN for row in every]
    small = {"size": look.px(11), "color": colors.muted}
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for is_real in (True, False):
        part = [place for place, row in enumerate(every) if has_now[place] and bool(row.is_real) == is_real]
        traces.append(_dots(look, every, part, colors.accent if is_real else colors.neutral))
    before = [place for place, yes in enumerate(has_before) if yes]
    traces.append({
        "type": "scatter", "mode": "markers", "x": [every[place].nps_earlier for place in before], "y": before,
        "marker": {"color": colors.surface, "size": look.px(10), "line": {"color": colors.muted, "width": 1.5}},
        "customdata": [[look.text(f"<b>{locale.score(every[place].nps_earlier)}</b> · n = {locale.count(every[place].n_earlier)}")] for place in before],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    })  # fmt: skip
    for place, row in enumerate(every):
        if has_before[place] and has_now[place] and not pd.isna(row.difference):
            notes.append(look.beside(64) | {
                "y": place, "text": f"<b>{locale.score(row.difference)}</b><br>{look.small(locale.scores(row.points_low, row.points_high))}",
                "font": {"color": colors.accent if row.is_real else colors.ink},
            })  # fmt: skip
        else:
            least = min(row.n_earlier, row.n)
            few = locale._("not enough · {n}").format(n=locale.count(least))
            notes.append(look.beside(64) | {"y": place, "text": look.text(few), "font": small})
    words = locale._("change")
    notes.append(
        look.beside(64) | {"y": 1, "yref": "paper", "yshift": look.px(14), "text": look.text(words), "font": small}
    )
    values = [row.nps_earlier for place, row in enumerate(every) if has_before[place]]
    values += [each for place, row in enumerate(every) if has_now[place] for each in (row.nps, row.low, row.high)]
    longest = max((min(len(name), 28) for name in names), default=0)
    return look.figure(
        44 * len(every) + 66,
        traces,
        margin={look.near: round(min(max(7.4 * longest + 24, 96), 230)), look.far: 128, "t": 30, "b": 30},
        annotations=notes,
        xaxis=_scale(_span(values)),
        yaxis=look.lines([look.name(name) for name in names]) | {"range": [len(every) - 0.5, -0.5]},
    )


def _span(values: Sequence[float | None]) -> tuple[float, float]:
    """The scores to show, with room for a whole mark at the ends."""
    known = [float(value) for value in values if value is not None and not pd.isna(value)]
    low, high = min([*known, 0.0]), max([*known, 0.0])
    room = max(0.05 * (high - low), 3.0)
    return max(low - room, -108.0), min(high + room, 108.0)


def _scale(span: tuple[float, float]) -> dict[str, Any]:
    """The axis of scores, which never flips; its numbers have their signs."""
    wide = span[1] - span[0]
    step = 50 if wide > 160 else 25 if wide > 70 else 10 if wide > 25 else 5
    ticks = [value for value in range(-100, 101, step) if span[0] <= value <= span[1]]
    return {
        "range": list(span), "tickvals": ticks, "ticktext": [f"+{value}" if value > 0 else str(value).replace("-", "−") for value in ticks],
        "showgrid": True, "tickangle": 0,
    }  # fmt: skip
