"""What comments are about: each theme by how many mention it and how they score, and the words of either side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade, touch
from ui.memory import remembered

HEIGHT = 430
SMALLEST, LARGEST = 12, 44  # pixels across, of dots
# What a plot is taken to measure while labels are placed; it is as wide as its card, so they keep some distance.
WIDE, HIGH = 620, HEIGHT - 60
_LABEL = 16  # pixels that a line of a label takes


@remembered
def impact_figure(rows: pd.DataFrame, names: Sequence[str], look: Look) -> go.Figure:
    """A dot a theme: across how many comments mention it, up how much higher or lower those score, with its 95% interval; as
    large as what its customers bring in a year, where that is known. Coloured only where it stands after correction.

    `rows` has mention_share, impact, impact_low, impact_high, n, real_impact, revenue_12m, currency. A point's `customdata` is its place.
    """
    locale, colors = look.locale, look.colors
    places = rows.to_dict("records")
    sizes = _sizes([row["revenue_12m"] for row in places], look)
    tints = [
        colors.neutral if row["real_impact"] is not True else colors.lost if row["impact"] < 0 else colors.won
        for row in places
    ]
    across = [float(row["mention_share"]) for row in places]
    span = (0.0, max(across, default=0.1) * 1.18 + 0.01)
    ends = [float(row[name]) for row in places for name in ("impact_low", "impact_high")] + [0.0]
    low, high = min(ends), max(ends)
    room = max((high - low) * 0.08, 6)
    step = 50 if high - low > 90 else 20
    ticks = [tick for tick in range(-200, 201, step) if low - room <= tick <= high + room]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": [x, x], "y": [row["impact_low"], row["impact_high"]],
            "line": {"color": tint, "width": 1.5}, "hoverinfo": "skip",
        }
        for x, row, tint in zip(across, places, tints, strict=True)
    ]  # fmt: skip
    hovers = [
        [place, look.text(f"<b>{look.name(name)}</b> {locale.score(row['impact'])} ({locale.scores(row['impact_low'], row['impact_high'])}) · "
                          f"{locale.share(row['mention_share'])} · n = {locale.count(row['n'])}")]
        for place, (name, row) in enumerate(zip(names, places, strict=True))
    ]  # fmt: skip
    traces.append({
        "type": "scatter", "mode": "markers", "x": across, "y": [row["impact"] for row in places],
        "marker": {
            "size": sizes, "opacity": 1,
            "color": [fade(tint, 0.35) if row["real_impact"] is True else colors.surface for tint, row in zip(tints, places, strict=True)],
            "line": {"color": tints, "width": 1.5},
        },
        "customdata": hovers, "hovertemplate": "%{customdata[1]}<extra></extra>",
    })  # fmt: skip
    notes = _labels(places, names, across, sizes, span, (low - room, high + room), look)
    quiet = {"size": look.px(11), "color": colors.muted}
    notes.append(
        look.note(locale._("as the other comments"), x=span[1], y=0, xanchor="right", yanchor="bottom", font=quiet)
    )
    return look.figure(
        HEIGHT,
        traces,
        margin={"l": 52, "r": 16, "t": 12, "b": 48},
        annotations=notes,
        shapes=[{
            "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": 0, "y1": 0,
            "line": {"color": colors.neutral, "width": 1.5}, "layer": "below",
        }],
        xaxis={"range": list(span), "tickformat": ".0%", "showgrid": False, "tickangle": 0,
               "title": look.title(locale._("comments that mention it"))},
        yaxis={"range": [low - room, high + room], "tickvals": ticks, "ticktext": [locale.score(tick) for tick in ticks],
               "title": look.title(locale._("NPS against the other comments"))},
    )  # fmt: skip


def _sizes(money: Sequence[float | None], look: Look) -> list[int]:
    known = [value for value in money if value is not None and value == value and value > 0]
    most = max(known, default=0.0)
    middle = (SMALLEST + LARGEST) // 3
    return [
        look.px(middle if not most or value is None or value != value else SMALLEST + (LARGEST - SMALLEST) * math.sqrt(max(value, 0) / most))
        for value in money
    ]  # fmt: skip


def _labels(
    places: Sequence[dict[str, Any]], names: Sequence[str], across: Sequence[float], sizes: Sequence[int],
    span: tuple[float, float], up: tuple[float, float], look: Look,
) -> list[dict[str, Any]]:  # fmt: skip
    """The name and the difference beside each dot, on the first side where they touch nothing that is there."""
    x_at = [look.px(WIDE) * (x - span[0]) / (span[1] - span[0]) for x in across]
    y_at = [look.px(HIGH) * (float(row["impact"]) - up[0]) / (up[1] - up[0]) for row in places]
    taken = [
        (x - size / 2, y - size / 2, x + size / 2, y + size / 2) for x, y, size in zip(x_at, y_at, sizes, strict=True)
    ]
    ends = [
        [look.px(HIGH) * (float(row[end]) - up[0]) / (up[1] - up[0]) for end in ("impact_low", "impact_high")]
        for row in places
    ]
    taken += [
        (x - 1, low, x + 1, high) for x, (low, high) in zip(x_at, ends, strict=True)
    ]  # the lines of the intervals
    notes = []
    for place in sorted(range(len(places)), key=lambda at: -places[at]["n"]):
        row, x, y, radius = places[place], x_at[place], y_at[place], sizes[place] / 2
        wide, high = look.px(6.6) * (min(len(names[place]), 28) + 5), look.px(_LABEL)
        gap = look.px(5)
        # Beyond the ends of the dot's own interval.
        above, below = max(radius, ends[place][1] - y), max(radius, y - ends[place][0])
        sides = {
            "left": (x + radius + gap, y - high / 2),
            "right": (x - radius - gap - wide, y - high / 2),
            "center": (x - wide / 2, y + above + gap),
            "below": (x - wide / 2, y - below - gap - high),
        }
        boxes = {side: (left, low, left + wide, low + high) for side, (left, low) in sides.items()}
        free = [side for side, box in boxes.items()
                if box[0] >= 0 and box[2] <= look.px(WIDE) and not any(touch(box, other) for other in taken)]  # fmt: skip
        side = free[0] if free else "right" if x > look.px(WIDE) / 2 else "left"
        taken.append(boxes[side])
        reach = radius + gap
        where: dict[str, Any] = {
            "left": {"xanchor": "left", "xshift": reach}, "right": {"xanchor": "right", "xshift": -reach},
            "center": {"yanchor": "bottom", "yshift": above}, "below": {"yanchor": "top", "yshift": -below},
        }[side]  # fmt: skip
        color = look.colors.ink if row["real_impact"] is True else look.colors.muted
        words = f"{look.name(names[place])} <b>{look.locale.score(row['impact'])}</b>"
        at = {"x": across[place], "y": float(row["impact"]), "font": {"size": look.px(12), "color": color}}
        notes.append(look.note("", **where, **at) | {"text": words})
    return notes


@remembered
def words_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """A line a word or phrase: how many times as likely a detractor's comment is to hold it, with its 95% interval, on a log scale;
    the line is "as likely". Coloured only where it stands after correction.

    `rows` has term, term_odds, term_low, term_high, n, is_real.
    """
    locale, colors = look.locale, look.colors
    traces = []
    for kind in ("lost", "won", "neutral"):
        part = [
            (place, row) for place, row in enumerate(rows.itertuples())
            if kind == ("neutral" if not row.is_real else "lost" if row.term_odds > 1 else "won")
        ]  # fmt: skip
        odds = [math.log2(row.term_odds) for _place, row in part]
        color = getattr(colors, kind)
        said = [
            f"<b>×{row.term_odds:.2g}</b> {locale.between(f'{row.term_low:.2g}', f'{row.term_high:.2g}')} · n = {locale.count(row.n)}"
            for _place, row in part
        ]  # fmt: skip
        lows, highs = ([math.log2(getattr(row, end)) for _place, row in part] for end in ("term_low", "term_high"))
        traces.append(look.dots(odds, [place for place, _row in part], lows, highs, said, color, size=10))
    ends = [math.log2(value) for name in ("term_low", "term_high") for value in rows[name]]
    reach = min(max(max(map(abs, ends), default=1.0), 2.0), 10.0)
    ticks = [power for power in range(-9, 10, 3) if abs(power) <= reach]
    names = [look.name(term) for term in rows["term"]]
    longest = max((min(len(str(term)), 28) for term in rows["term"]), default=0)
    head = {"y": 1, "yref": "paper", "yshift": look.px(16), "font": {"size": look.px(11), "color": colors.muted}}
    notes = [
        look.note(locale._("n"), **look.beside(22) | head),
        look.note(locale._("more by promoters"), x=-0.2, xanchor="right", **head),
        look.note(locale._("more by detractors"), x=0.2, xanchor="left", **head),
        *(
            look.beside(22) | {"y": place, "text": locale.count(n), "font": {"size": look.px(12), "color": colors.muted}}
            for place, n in enumerate(rows["n"])
        ),
    ]  # fmt: skip
    return look.figure(
        25 * len(rows) + 66,
        traces,
        margin={look.near: round(min(max(7.4 * longest + 24, 84), 220)), look.far: 48, "t": 30, "b": 28},
        annotations=notes,
        shapes=[look.upright(0)],
        xaxis={
            "range": [-reach * 1.04, reach * 1.04], "tickvals": ticks, "tickangle": 0,
            "ticktext": [f"×{2**power}" if power >= 0 else f"÷{2**-power}" for power in ticks],
        },
        yaxis=look.lines(names) | {"range": [len(rows) - 0.5, -0.6]},
    )  # fmt: skip


@remembered
def volume_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """What part of the comments mention a theme, period by period, with its 95% interval; hollow where the period is not over.

    `rows` has starts_on, mention_share, mention_low, mention_high, n, comments, is_complete; periods with fewer than ten comments
    have no share.
    """
    locale, colors = look.locale, look.colors
    known = rows[rows["mention_share"].notna()]
    days = list(known["starts_on"])
    part = [float(value) for value in known["mention_share"]]
    hovers = [
        [look.text(f"<b>{locale.share(row.mention_share)}</b> {locale.shares(row.mention_low, row.mention_high)} · "
                   f"{locale.count(row.n)} / {locale.count(row.comments)} · {locale.month(row.starts_on)}")]
        for row in known.itertuples()
    ]  # fmt: skip
    traces = [
        look.ribbon(days, [float(value) for value in known["mention_low"]], [float(value) for value in known["mention_high"]]),
        {
            "type": "scatter", "mode": "lines+markers", "x": days, "y": part, "line": {"color": colors.accent, "width": 2},
            "marker": {
                "size": look.px(7), "line": {"color": colors.accent, "width": 1.5},
                "color": [colors.accent if done else colors.surface for done in known["is_complete"]],
            },
            "customdata": hovers, "hovertemplate": "%{customdata[0]}<extra></extra>",
        },
    ] if len(known) else []  # fmt: skip
    notes = []
    if len(known):
        notes.append(look.note(locale.share(part[-1]), x=days[-1], y=part[-1], yshift=look.px(14), font={"size": look.px(12), "color": colors.ink}))  # fmt: skip
    top = max([*map(float, known["mention_high"]), 0.05])
    step = max(1, math.ceil(len(days) / 6))
    return look.figure(
        200,
        traces,
        margin={"l": 44, "r": 24, "t": 12, "b": 28},
        annotations=notes,
        xaxis={"showgrid": False, "tickvals": days[::step], "ticktext": [look.text(locale.month(day)) for day in days[::step]], "tickangle": 0},
        yaxis={"range": [0, top * 1.08], "tickformat": ".0%", "nticks": 4},
    )  # fmt: skip
