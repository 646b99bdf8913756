"""Small pictures of the overview: how a figure went, with its doubt."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import groupby

from ui.charts.theme import Look

WIDTH, HEIGHT, EDGE = 132, 44, 4
Point = tuple[float | None, float | None, float | None]  # value, low, high


def sparkline(points: Sequence[Point], before: int, look: Look) -> str:
    """A trend and its 95% band as the address of a picture, since `st.html` drops inline SVG.

    The first `before` points are the time compared with, drawn in the neutral colour. A point without a value is a gap;
    one without an interval has no band. Empty where fewer than two points have a value.
    """
    values = [value for value, _low, _high in points if value is not None]
    if len(values) < 2:
        return ""
    known = [each for point in points for each in point if each is not None]
    # One part with few deals must not flatten all the others: its band may leave the picture.
    room = max(max(values) - min(values), 0.1 * max(map(abs, values)))
    bottom, top = max(min(known), min(values) - room), min(max(known), max(values) + room)
    across = (WIDTH - 2 * EDGE) / (len(points) - 1)
    up = (HEIGHT - 2 * EDGE) / ((top - bottom) or 1)

    def place(rank: int, value: float) -> str:
        inside = min(max(value, bottom), top)
        return f"{EDGE + rank * across:.1f},{HEIGHT - EDGE - (inside - bottom) * up:.1f}"

    drawn = []
    for part, color in ((range(before + 1), look.colors.neutral), (range(before, len(points)), look.colors.accent)):
        ranks = [rank for rank in part if rank < len(points)]
        for run in _runs(ranks, [points[rank][1] is not None and points[rank][2] is not None for rank in ranks]):
            edge = [place(rank, points[rank][2] or 0.0) for rank in run]
            edge += [place(rank, points[rank][1] or 0.0) for rank in reversed(run)]
            drawn.append(f'<polygon points="{" ".join(edge)}" fill="{color}" opacity=".15"/>')
        for run in _runs(ranks, [points[rank][0] is not None for rank in ranks]):
            line = " ".join(place(rank, points[rank][0] or 0.0) for rank in run)
            drawn.append(
                f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.75" stroke-linejoin="round" stroke-linecap="round"/>'
            )
    last = max(rank for rank, point in enumerate(points) if point[0] is not None)
    x, y = place(last, points[last][0] or 0.0).split(",")
    drawn.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{look.colors.accent}"/>')
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">{"".join(drawn)}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def _runs(ranks: Sequence[int], known: Sequence[bool]) -> list[list[int]]:
    """The stretches of two or more neighbours that are all known."""
    pairs = zip(ranks, known, strict=True)
    runs = [[rank for rank, _yes in run] for yes, run in groupby(pairs, key=lambda pair: pair[1]) if yes]
    return [run for run in runs if len(run) > 1]
