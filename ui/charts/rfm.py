"""Customers by how lately and how often they bought: the grid of scores, and the segments by money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, blend, ink_on
from ui.memory import remembered

LEAST_SHOWN = 10
SCORES = (1, 2, 3, 4, 5)


@remembered
def grid_figure(cells: pd.DataFrame, look: Look, *, picked: tuple[int, int] | None = None) -> go.Figure:
    """Rows from bought lately down to long ago, columns from seldom to often; the colour is the number of customers.

    `cells` has recency_score, frequency_score, customers and money: the words for what they brought, or None. Money of fewer
    than 10 customers is not told. Columns mirror in Hebrew. A click finds the scores of the cell.
    """
    locale, colors = look.locale, look.colors
    told = {(int(row["recency_score"]), int(row["frequency_score"])): row for row in cells.to_dict("records")}
    recencies = [score for score in reversed(SCORES) if any(recency == score for recency, _frequency in told)]
    frequencies = [score for score in SCORES if any(frequency == score for _recency, frequency in told)]
    most = max((row["customers"] for row in told.values()), default=1)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for y, recency in enumerate(recencies):
        for x, frequency in enumerate(frequencies):
            row = told.get((recency, frequency))
            if row is None:
                notes.append(look.note("–", x=x, y=y))
                continue
            fill = blend(colors.heat, row["customers"] / most)
            ink = ink_on(fill)
            few = row["customers"] < LEAST_SHOWN or not row["money"]
            below = "" if few else f"<br>{look.small(row['money'], ink)}"
            notes.append({
                "x": x, "y": y, "showarrow": False, "text": f"<b>{locale.count(row['customers'])}</b>{below}",
                "font": {"color": ink, "size": look.px(14)},
            })  # fmt: skip
            is_picked = (recency, frequency) == picked
            shapes.append(_cell(x, y, fill, colors.accent if is_picked else fill, 3 if is_picked else 1))
    still = {"marker": {"opacity": 0}}
    found = [(x, y, told[r, f]) for y, r in enumerate(recencies) for x, f in enumerate(frequencies) if (r, f) in told]
    hits = {
        "type": "scatter", "mode": "markers", "x": [x for x, _y, _row in found], "y": [y for _x, y, _row in found],
        "marker": {"size": look.px(48), "symbol": "square", "opacity": 0}, "selected": still, "unselected": still,
        "customdata": [[_said(look, row), int(row["recency_score"]), int(row["frequency_score"])] for _x, _y, row in found],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }  # fmt: skip
    rows_ = [_scored(look, score, locale._("bought lately"), locale._("long ago")) for score in recencies]
    columns = [_scored(look, score, locale._("often"), locale._("seldom")) for score in frequencies]
    span = [-0.5, len(frequencies) - 0.5]
    return look.figure(
        60 * len(recencies) + 46,
        [hits],
        margin={look.near: 124, look.far: 4, "t": 40, "b": 4},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": span[::-1] if locale.rtl else span, "side": "top", "tickvals": list(range(len(frequencies))),
            "ticktext": columns, "tickangle": 0, "showgrid": False, "tickfont": {"color": colors.ink, "size": look.px(12)},
        },
        yaxis=look.lines(rows_),
    )  # fmt: skip


def _cell(x: int, y: int, fill: str, edge: str, width: int) -> dict[str, Any]:
    return {
        "type": "rect", "x0": x - 0.48, "x1": x + 0.48, "y0": y - 0.46, "y1": y + 0.46, "fillcolor": fill, "layer": "below",
        "line": {"color": edge, "width": width},
    }  # fmt: skip


def _scored(look: Look, score: int, best: str, worst: str) -> str:
    words = {SCORES[-1]: best, SCORES[0]: worst}.get(score)
    return look.text(f"{score} · {words}") if words else look.text(str(score))


def _said(look: Look, row: dict[str, Any]) -> str:
    locale = look.locale
    customers = locale.n_("{n} customer", "{n} customers", int(row["customers"]))
    scores = locale._("recency {recency}, frequency {frequency}").format(
        recency=row["recency_score"], frequency=row["frequency_score"]
    )
    return look.text(f"<b>{customers}</b> · {scores}")


@remembered
def segments_figure(rows: pd.DataFrame, names: Sequence[str], look: Look, *, picked: str | None = None) -> go.Figure:
    """A bar a segment, most money first. `rows` has rfm_segment, customers, revenue_12m, value_at_risk, currency; `names` what
    each is called. Where no money is known the bars are customers. A click finds the segment."""
    currency = next(iter(rows["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    in_money = bool(rows["revenue_12m"].fillna(0).any())
    sizes = rows["revenue_12m" if in_money else "customers"].fillna(0).astype(float)
    longest = max((min(len(name), 28) for name in names), default=0)
    trace = {
        "type": "bar", "x": sizes, "y": list(range(len(rows))), "orientation": "h",
        "marker": {"color": [colors.accent if picked in (None, name) else colors.neutral for name in rows["rfm_segment"]]},
        "customdata": [[name] for name in rows["rfm_segment"]], "hoverinfo": "none",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = [(52, locale._("in 12 months")), (140, locale._("customers")), (222, locale._("at risk"))]
    if not in_money:
        heads = [(52, locale._("customers"))]
    notes = [look.note(words, **look.beside(shift), **head) for shift, words in heads]
    for place, row in enumerate(rows.to_dict("records")):
        few = row["customers"] < LEAST_SHOWN
        count = f"<b>{locale.count(row['customers'])}</b>"
        if not in_money:
            notes.append(look.beside(52) | {"y": place, "text": count})
            continue
        hidden = look.small(look.text(locale._("not enough")))
        risk = locale.money(row["value_at_risk"]) if row["value_at_risk"] == row["value_at_risk"] else "–"
        notes += [
            look.beside(52) | {"y": place, "text": hidden if few else f"<b>{locale.money(row['revenue_12m'])}</b>"},
            look.beside(140) | {"y": place, "text": count},
            look.beside(222) | {"y": place, "text": hidden if few else risk},
        ]
    sizes = sizes.mask(rows["customers"] < LEAST_SHOWN, 0.0) if in_money else sizes
    trace["x"] = sizes
    return look.figure(
        36 * len(rows) + 40,
        [trace],
        margin={
            look.near: round(min(max(7.6 * longest + 24, 110), 200)),
            look.far: 262 if in_money else 100,
            "t": 34,
            "b": 4,
        },
        annotations=notes,
        **look.bars((0, max(float(sizes.max()), 1e-9) * 1.01), [look.text(name) for name in names]),
    )
