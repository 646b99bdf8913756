"""How many gave each score from 0 to 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

LEAST_PROMOTER, LEAST_PASSIVE = 9, 7
_KINDS = (("detractors", 0, 6), ("passives", 7, 8), ("promoters", 9, 10))  # with their first and last score


@remembered
def distribution_figure(rows: pd.DataFrame, look: Look) -> go.Figure:
    """A bar a score with its share and 95% interval, and above each kind what share it is. A line across a bar is the share before.

    `rows` are those of `nps_distribution`, with at least 10 answers in all. Scores rise from left to right in both languages.
    """
    locale, colors = look.locale, look.colors
    scores = rows[rows["answer_kind"] == "score"].sort_values("score")
    fills = [_fill(int(score), look) for score in scores["score"]]
    places = scores["score"].astype(int).tolist()
    shares = scores["answer_share"].astype(float).tolist()
    lows, highs = scores["low"].astype(float).tolist(), scores["high"].astype(float).tolist()
    has_before = bool(scores["earlier_share"].notna().any())
    before = scores["earlier_share"].astype(float).tolist() if has_before else []
    top = max([*highs, *before, 0.05]) * 1.42
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "x": places, "y": shares, "marker": {"color": fills, "line": {"width": 0}},
            "error_y": look.whisker(lows, highs, shares, colors.muted), "width": 0.74,
            "customdata": [[look.text(_hover(row, look))] for row in scores.to_dict("records")],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        }
    ]  # fmt: skip
    shapes = [
        {
            "type": "line", "x0": place - 0.42, "x1": place + 0.42, "y0": earlier, "y1": earlier,
            "line": {"color": colors.ink, "width": 2, "dash": "dot"},
        }
        for place, earlier in zip(places, before, strict=False)
    ]  # fmt: skip
    notes = [
        look.note(
            locale.share(share), x=place, y=max(high, earlier), yanchor="bottom", yshift=look.px(2),
            font={"size": look.px(12), "color": colors.ink},
        )
        for place, share, high, earlier in zip(places, shares, highs, before or [0.0] * len(places), strict=True)
    ]  # fmt: skip
    kinds = {row["answer_kind"]: row for row in rows.to_dict("records")}
    names = {
        "detractors": locale._("Detractors"),
        "passives": locale._("Passives"),
        "promoters": locale._("Promoters"),
    }
    inks = {"detractors": colors.lost, "passives": colors.muted, "promoters": colors.won}
    for kind, first, last in _KINDS:
        shapes.append({
            "type": "line", "x0": first - 0.4, "x1": last + 0.4, "y0": top * 0.9, "y1": top * 0.9,
            "line": {"color": _fill(first, look), "width": 3},
        })  # fmt: skip
        row = kinds[kind]
        label = f"<b>{names[kind]} {locale.share(row['answer_share'])}</b>"
        between = look.small(locale.shares(row["low"], row["high"]))
        notes.append(
            look.note(
                f"{label}<br>{between}" if last - first < 4 else f"{label}  {between}", x=(first + last) / 2, y=top * 0.9,
                yanchor="bottom", yshift=look.px(3), font={"size": look.px(13), "color": inks[kind]},
            )
        )  # fmt: skip
    return look.figure(
        330,
        traces,
        bargap=0.2,
        margin={"l": 10, "r": 10, "t": 36, "b": 30},
        annotations=notes,
        shapes=shapes,
        xaxis={"tickvals": places, "ticktext": [str(place) for place in places], "showgrid": False, "range": [-0.6, 10.6], "tickangle": 0},
        yaxis={"range": [0, top], "showticklabels": False, "showgrid": False},
    )  # fmt: skip


def _fill(score: int, look: Look) -> str:
    colors = look.colors
    if score >= LEAST_PROMOTER:
        return colors.won_fill
    return colors.passive_fill if score >= LEAST_PASSIVE else colors.lost_fill


def _hover(row: Mapping[str, Any], look: Look) -> str:
    locale = look.locale
    said = f"<b>{locale.share(row['answer_share'])}</b> {locale.shares(row['low'], row['high'])} · n = {locale.count(row['n'])}"
    if not pd.isna(row["earlier_share"]):
        said += " · " + locale._("before: {share}").format(share=locale.share(row["earlier_share"]))
    return said
