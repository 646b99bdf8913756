"""Why deals were lost, and whether it differs from stage to stage."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.theme import Look, blend, ink_on
from ui.memory import remembered

FULL = 0.4  # shares below it do not reach the strongest colour


@remembered
def reasons_figure(rows: pd.DataFrame, names: Sequence[str], look: Look, *, measure: str = "deals") -> go.Figure:
    """A bar a reason, largest first, with the interval of its share; deals without a reason are the hatched bar.

    `rows` has reason, deals, share, low, high, money, money_share, money_low, money_high, currency; the last row may be
    the blank one. `measure` is `deals` or `money`.
    """
    currency = next(iter(rows["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    in_money = measure == "money"
    shares, lows, highs = (
        rows[name].astype(float)
        for name in (("money_share", "money_low", "money_high") if in_money else ("share", "low", "high"))
    )
    amounts = rows["money" if in_money else "deals"].fillna(0)
    longest = max((min(len(name), 28) for name in names), default=0)
    traces = []
    blank = rows["reason"].isna().tolist()
    for is_blank in (False, True):
        places = [place for place, each in enumerate(blank) if each == is_blank]
        part = shares.iloc[places].fillna(0)
        traces.append({
            "type": "bar",
            "x": part,
            "y": places,
            "orientation": "h",
            "marker": look.hatch if is_blank else {"color": colors.lost_fill},
            "error_x": look.whisker(lows.iloc[places].fillna(part), highs.iloc[places].fillna(part), part),
            "hoverinfo": "skip",
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        })  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = (
        (40, locale._("money") if in_money else locale._("deals")),
        (116, locale._("share")),
        (188, locale._("together")),
    )
    notes = [look.note(words, **look.beside(shift), **head) for shift, words in heads]
    together = shares.fillna(0).cumsum()
    for place, (amount, rate, low, high) in enumerate(zip(amounts, shares, lows, highs, strict=True)):
        said = locale.money(amount) if in_money else locale.count(amount)
        quiet = look.small(locale.shares(low, high))
        notes += [
            look.beside(40) | {"y": place, "text": f"<b>{said}</b>"},
            look.beside(116) | {"y": place, "text": f"{locale.share(rate)} {quiet}"},
            look.beside(188)
            | {"y": place, "text": locale.share(together.iloc[place]), "font": {"color": colors.muted}},
        ]
    most = max([*highs.dropna(), *shares.dropna()], default=1.0)
    return look.figure(
        38 * len(rows) + 44,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 24, 128), 230)), look.far: 216, "t": 34, "b": 4},
        annotations=notes,
        **look.bars((0, most * 1.01), [look.name(name) for name in names]),
    )


@remembered
def stages_heat_figure(
    rows: pd.DataFrame, reasons: Sequence[str], stages: Sequence[tuple[str, int]], look: Look
) -> go.Figure:
    """A row a stage, a column a reason: its share of the stage's deals with a known reason, and how many they are.

    `rows` has column and row (places in `reasons` and `stages`), deals, share_of_known, is_real; a stage is a name and
    how many of its lost deals have a reason. What stands apart from the other stages is bold and framed.
    """
    locale, colors = look.locale, look.colors
    longest = max((min(len(name), 24) for name, _n in stages), default=0)
    near = round(min(max(7.6 * longest + 24, 110), 220))
    shown = rows[[stages[place][1] >= LEAST_SHOWN for place in rows["row"]]]
    most = max(shown["share_of_known"].max() if len(shown) else 0.0, FULL)
    cells = {  # what a click finds; the cells themselves are shapes
        "type": "scatter",
        "x": shown["column"],
        "y": shown["row"],
        "mode": "markers",
        "marker": {"size": look.px(30), "opacity": 0},
        "customdata": [
            [look.text(f"<b>{locale.share(row.share_of_known)}</b> · n = {locale.count(row.deals)}")]
            for row in shown.itertuples()
        ],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }
    notes, shapes = [], []
    for row in shown.itertuples():
        fill = blend(colors.heat, row.share_of_known / most)
        shapes.append({
            "type": "rect", "x0": row.column - 0.48, "x1": row.column + 0.48, "y0": row.row - 0.44, "y1": row.row + 0.44,
            "fillcolor": fill, "layer": "below",
            "line": {"color": colors.ink if row.is_real else fill, "width": 2 if row.is_real else 0},
        })  # fmt: skip
        said = locale.share(row.share_of_known)
        quiet = look.small(locale.count(row.deals), ink_on(fill))
        notes.append({
            "x": row.column, "y": row.row, "showarrow": False, "font": {"color": ink_on(fill), "size": look.px(12)},
            "text": f"<b>{said}</b> {quiet}" if row.is_real else f"{said} {quiet}",
        })  # fmt: skip
    for place, (_name, n) in enumerate(stages):
        if n < LEAST_SHOWN:
            words = locale._("not enough · {n}").format(n=locale.count(n))
            notes.append(look.note(words, x=(len(reasons) - 1) / 2, y=place))
    span = [-0.5, len(reasons) - 0.5]
    heads = [_wrapped(look, name) for name in reasons]
    labels = [f"{look.name(name, 24)}<br>{look.small(look.text(locale.count(n)))}" for name, n in stages]
    return look.figure(
        44 * len(stages) + 70,
        [cells],
        margin={look.near: near, "t": 60, "b": 6},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": span[::-1] if locale.rtl else span,
            "side": "top",
            "tickvals": list(range(len(reasons))),
            "ticktext": heads,
            "showgrid": False,
            "tickangle": 0,
            "tickfont": {"color": colors.ink, "size": look.px(12)},
        },
        yaxis=look.lines(labels),
    )


def _wrapped(look: Look, name: str) -> str:
    """A name in two lines at most, broken between words."""
    words = name.split()
    best = min(
        range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(" ".join(words[at:]))), default=0
    )
    if not best or len(name) <= 12:
        return look.name(name, 18)
    return f"{look.name(' '.join(words[:best]), 16)}<br>{look.name(' '.join(words[best:]), 16)}"
