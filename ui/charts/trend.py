"""Conversion by when deals began: a line where it can be told, a hatched end where it is too early; deals and money below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

LEAST_SHOWN = 10


@remembered
def trend_figure(rows: pd.DataFrame, labels: Sequence[str], look: Look) -> go.Figure:
    """`rows` has a row a period, in order: chance, low, high, is_mature, undecided_share, n, value_created, real_change,
    currency; `labels` names them. The point of period i in any trace has i as its customdata's first."""
    currency = next(iter(rows["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    has_money = bool(rows["value_created"].notna().any())
    traces, notes = [], []
    domains = [[0.42, 1], [0.24, 0.36], [0, 0.12]] if has_money else [[0.34, 1], [0, 0.24]]
    places = list(range(len(rows)))
    enough = rows["n"] >= LEAST_SHOWN
    ripe = rows["is_mature"].eq(True) & enough & rows["chance"].notna()
    young = rows["is_mature"].eq(False) & enough & rows["chance"].notna()
    tops = [*rows["high"][ripe].dropna(), *rows["chance"][young]]
    top = min(1.0, max(tops, default=0.1) * 1.12) or 0.1

    # A gap in the line where a period is too small, not a bridge over it.
    values = rows["chance"].where(ripe)
    for run in runs(list(ripe)):
        part = rows.iloc[run[0] : run[1]]
        traces.append(look.ribbon(places[run[0] : run[1]], list(part["low"]), list(part["high"])))
        if len(part) == 1:  # a ribbon has no width there
            traces.append({
                "type": "scatter", "x": [places[run[0]]], "y": list(part["chance"]), "mode": "markers",
                "marker": {"size": 1, "color": colors.accent}, "hoverinfo": "skip",
                "error_y": look.whisker(part["low"], part["high"], part["chance"], colors.accent),
            })  # fmt: skip
    traces.append({
        "type": "scatter", "x": places, "y": list(values), "mode": "lines+markers", "connectgaps": False,
        "line": {"color": colors.accent, "width": 2.5},
        "marker": {
            "size": [look.px(10 if change is True else 6) for change in rows["real_change"]], "color": colors.accent,
            "opacity": 1,
        },
        "customdata": [[place, *_said(look, row, label)] for place, (label, row) in
                       enumerate(zip(labels, rows.to_dict("records"), strict=True))],
        "hovertemplate": "%{customdata[1]}: <b>%{customdata[2]}</b> %{customdata[3]}<extra></extra>",
    })  # fmt: skip
    if rows["is_mature"].eq(False).any():
        hatched, sure, early = _unripe(look, rows, labels, young, top)
        traces = [hatched, *traces, sure]
        notes.append(early)
    if ripe.any():
        last = max(place for place in places if ripe.iloc[place])
        notes.append(look.note(
            f"<b>{locale.share(rows['chance'].iloc[last])}</b>", x=last,
            y=min(_clear_of_ribbon(rows, ripe, last), top * 0.97), yanchor="bottom", yshift=look.px(4),
            font={"color": colors.accent, "size": look.px(13)},
        ))  # fmt: skip
    below = [("2", rows["n"], locale._("Deals"), locale.count)]
    if has_money:
        below.append(("3", rows["value_created"].fillna(0), locale._("Money"), locale.money))
    axes = {"yaxis": {"range": [-0.03 * top, top], "tickformat": ".0%", "nticks": 5, "domain": domains[0]}}
    for (own, amounts, words, written), domain in zip(below, domains[1:], strict=True):
        bars, axes[f"yaxis{own}"] = _bars(look, amounts, labels, own, domain, written)
        traces.append(bars)
        notes.append(look.note(
            words, x=0, xref="paper", xanchor="left", y=domain[1], yref="paper", yanchor="bottom", xshift=look.px(-4),
            font={"size": look.px(11), "color": colors.muted},
        ))  # fmt: skip
    every = max(1, -(-len(rows) // 12))
    shown = places[::every]
    axes["xaxis"] = {
        "tickvals": shown, "ticktext": [look.text(labels[place]) for place in shown], "showgrid": False,
        "range": [-0.6, len(rows) - 0.4], "anchor": "y3" if has_money else "y2",
    }  # fmt: skip
    margin = {"l": 52, "r": 20, "t": 26, "b": 30}
    return look.figure(470 if has_money else 390, traces, margin=margin, annotations=notes, bargap=0.25, **axes)


def _clear_of_ribbon(rows: pd.DataFrame, ripe: pd.Series, place: int) -> float:
    """A height above the ribbon for words as wide as a period and a half, centred on the last point of a line."""
    high = float(rows["high"].iloc[place])
    if not place or not ripe.iloc[place - 1]:
        return high
    return max(high, high + 0.75 * (float(rows["high"].iloc[place - 1]) - high))


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Where flags are set without a break: first and one past the last."""
    found: list[tuple[int, int]] = []
    for place, flag in enumerate(flags):
        if flag and found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        elif flag:
            found.append((place, place + 1))
    return found


def _said(look: Look, row: dict, label: str) -> tuple[str, str, str]:
    locale = look.locale
    if row["n"] < LEAST_SHOWN:
        return look.text(label), look.text(locale._("not enough · {n}").format(n=locale.count(row["n"]))), ""
    return look.text(label), locale.share(row["chance"]), locale.shares(row["low"], row["high"])


def _unripe(
    look: Look, rows: pd.DataFrame, labels: Sequence[str], young: pd.Series, top: float
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The hatched end, what is sure so far in it (hollow points on a dotted line), and its words."""
    locale, colors = look.locale, look.colors
    places = [place for place, mature in enumerate(rows["is_mature"]) if mature is False]
    hatched = {
        "type": "bar", "x": places, "y": [top] * len(places), "width": 1, "marker": look.hatch | {"line": {"width": 0}},
        "opacity": 0.35, "hoverinfo": "skip",
    }  # fmt: skip
    shown = [place for place in places if young.iloc[place]]
    undecided = look.text(locale._("still undecided"))
    sure = {
        "type": "scatter", "x": shown, "y": [rows["chance"].iloc[place] for place in shown], "mode": "lines+markers",
        "line": {"color": colors.accent, "width": 1.5, "dash": "dot"},
        "marker": {"size": look.px(7), "color": colors.surface, "line": {"color": colors.accent, "width": 2}},
        "customdata": [
            [place, look.text(labels[place]), locale.share(rows["chance"].iloc[place]),
             locale.share(rows["undecided_share"].iloc[place])] for place in shown
        ],
        "hovertemplate": f"%{{customdata[1]}}: <b>≥ %{{customdata[2]}}</b> · {undecided} %{{customdata[3]}}<extra></extra>",
    }  # fmt: skip
    words = look.note(
        locale._("too early"), x=(places[0] + places[-1]) / 2, y=1, yref="paper", yanchor="bottom",
        font={"size": look.px(11), "color": colors.muted},
    )  # fmt: skip
    return hatched, sure, words


def _bars(
    look: Look,
    amounts: pd.Series,
    labels: Sequence[str],
    own: str,
    domain: list[float],
    written: Callable[[float], str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A small row of bars under the line, of what began in each period, and its axis: `own` is the number of that."""
    bars = {
        "type": "bar", "x": list(range(len(amounts))), "y": list(amounts), "yaxis": f"y{own}",
        "marker": {"color": look.colors.neutral},
        "customdata": [[place, look.text(label), written(amount)] for place, (label, amount) in
                       enumerate(zip(labels, amounts, strict=True))],
        "hovertemplate": "%{customdata[1]}: <b>%{customdata[2]}</b><extra></extra>",
    }  # fmt: skip
    most = float(max([*amounts, 0])) or 1.0
    axis = {
        "domain": domain, "range": [0, most * 1.05], "tickvals": [most], "ticktext": [written(most)],
        "tickfont": {"color": look.colors.muted, "size": look.px(11)},
    }  # fmt: skip
    return bars, axis
