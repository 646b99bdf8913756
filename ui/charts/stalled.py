"""How long open deals have been at their stages against the thresholds, and who has the stalled ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look
from ui.memory import remembered

BINS = 40
STEPS = (1, 2, 5, 7, 10, 14, 20, 30, 60, 90, 180, 365)
TICKS = (1, 2, 5, 7, 10, 15, 20, 30, 60, 90, 120, 180, 365, 730)
SMALLEST, LARGEST = 6, 24  # pixels across
KINDS = ("waiting", "planned", "stalled")


@remembered
def ages_figure(ages: pd.DataFrame, stages: pd.DataFrame, look: Look) -> go.Figure:
    """A row a stage, a dot for the open deals of about the same age, its area their number; a line where they are stalled.

    `ages` has stage, age_days, is_past, is_planned, n; `stages`, one row each in order, has stage, deals_open, stalled,
    undated, threshold_days, is_learnt. A threshold that was not learnt is dotted. Ages far beyond the others stand together at the end.
    """
    locale, colors = look.locale, look.colors
    places = {name: place for place, name in enumerate(stages["stage"])}
    last = _last(ages, stages)
    dots = _dots(ages, places, last)
    most = max((n for _kind, _x, _y, n, _words in dots), default=1)
    inks: dict[str, dict[str, Any]] = {
        "waiting": {"color": colors.neutral, "line": {"width": 0}},
        "planned": {"color": colors.surface, "line": {"color": colors.accent, "width": 1.5}},
        "stalled": {"color": colors.accent, "line": {"width": 0}},
    }
    traces = []
    for kind in KINDS:
        own = [dot for dot in dots if dot[0] == kind]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [dot[1] for dot in own], "y": [dot[2] for dot in own],
            "marker": inks[kind] | {
                "size": [look.px(max(SMALLEST, LARGEST * math.sqrt(dot[3] / most))) for dot in own], "opacity": 1,
            },
            "customdata": [[_said(look, dot[3], dot[4])] for dot in own],
            "hovertemplate": "%{customdata[0]}<extra></extra>",
        })  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    notes = [
        look.note(words, **look.beside(shift), **head)
        for shift, words in ((44, locale._("threshold")), (128, locale._("stalled")))
    ]
    shapes = []
    for place, row in enumerate(stages.itertuples()):
        shapes.append({
            "type": "line", "x0": row.threshold_days, "x1": row.threshold_days, "y0": place - 0.36, "y1": place + 0.36,
            "line": {"color": colors.ink, "width": 1.5, "dash": "solid" if row.is_learnt else "dot"},
        })  # fmt: skip
        of = look.small(look.text(locale._("of {n}").format(n=locale.count(row.deals_open))))
        if row.undated >= row.deals_open:
            words = locale._("nothing says since when")
            notes.append(look.note(words, x=last / 2, y=place, bgcolor=colors.surface))
        notes += [
            look.beside(44) | {"y": place, "text": look.text(locale.days(row.threshold_days))},
            look.beside(128) | {"y": place, "text": f"<b>{locale.count(row.stalled)}</b> {of}"},
        ]
    longest = max((min(len(name), 28) for name in places), default=0)
    is_cut = bool((ages["age_days"] > last).any())
    ticks = _spread(last)
    return look.figure(
        46 * len(stages) + 76,
        traces,
        margin={look.near: round(min(max(7.6 * longest + 24, 110), 230)), look.far: 176, "t": 34, "b": 34},
        annotations=notes,
        shapes=shapes,
        xaxis={
            "range": [-last * 0.02, last * (1.09 if is_cut else 1.03)],
            "tickvals": [0, *ticks, *([last * 1.05] if is_cut else [])],
            "ticktext": [
                "0",
                *map(locale.count if locale.is_working_time else locale.days, ticks),
                *([locale.ltr(f"> {last:.0f}")] if is_cut else []),
            ],
            "tickangle": 0,
        },
        yaxis=look.lines([look.name(name) for name in places]),
    )


def _spread(last: float) -> list[int]:
    """Days to name that stand at least a tenth of the axis apart, and away from its end."""
    kept: list[int] = []
    for tick in TICKS:
        if tick - (kept[-1] if kept else 0) >= last * 0.1 and tick <= last * 0.93:
            kept.append(tick)
    return kept


def _last(ages: pd.DataFrame, stages: pd.DataFrame) -> float:
    """How far the axis goes: over the thresholds and nearly all deals."""
    ordered = ages.sort_values("age_days")
    seen = ordered["n"].cumsum()
    usual = ordered["age_days"][seen >= 0.95 * seen.iloc[-1]].iloc[0] if len(ordered) else 0
    far = max(
        float(stages["threshold_days"].max()) * 1.5, min(float(usual) + 1, float(stages["threshold_days"].max()) * 6)
    )
    step = _step(far)
    return float(math.ceil(far / step) * step)


def _step(last: float) -> float:
    return float(next((step for step in STEPS if last / step <= BINS), STEPS[-1]))


def _dots(ages: pd.DataFrame, places: dict[str, int], last: float) -> list[tuple[str, float, int, int, str]]:
    """Kind, place on both axes, number and range of days of each dot."""
    step = _step(last)
    is_far = ages["age_days"] > last
    kinds = ages["is_past"].map({True: "stalled", False: "waiting"})
    kinds = kinds.mask(ages["is_past"].astype(bool) & ages["is_planned"].astype(bool), "planned")
    cells = ages.assign(kind=kinds, bin=(ages["age_days"] // step).mask(is_far, -1), days=ages["age_days"] * ages["n"])
    found = []
    for (stage, bin_, kind), part in cells.groupby(["stage", "bin", "kind"], sort=True):
        n = int(part["n"].sum())
        low, high = int(part["age_days"].min()), int(part["age_days"].max())
        x = last * 1.05 if bin_ < 0 else float(part["days"].sum() / n) + 0.5
        found.append((str(kind), x, places[stage], n, f"{low}–{high}" if low < high else f"{low}"))
    return found


def _said(look: Look, n: int, days: str) -> str:
    locale = look.locale
    deals = locale.n_("{n} deal", "{n} deals", n)
    return look.text(f"<b>{deals}</b> · {locale.in_days(locale.ltr(days))}")


@remembered
def owners_figure(rows: pd.DataFrame, names: Sequence[str], look: Look, *, measure: str = "money") -> go.Figure:
    """A bar an owner, largest first: the money of the stalled deals, or with `measure` deals their number.

    `rows` has stalled, deals_open, value_stalled, value_open, currency. A click finds the place of the row.
    """
    currency = next(iter(rows["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    in_money = measure == "money"
    sizes = rows["value_stalled" if in_money else "stalled"].fillna(0).astype(float)
    longest = max((min(len(name), 28) for name in names), default=0)
    trace = {
        "type": "bar", "x": sizes, "y": list(range(len(rows))), "orientation": "h", "marker": {"color": colors.accent},
        "customdata": [[place] for place in range(len(rows))], "hoverinfo": "none",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    head = {"y": 1, "yref": "paper", "yshift": look.px(16)}
    heads = ([(44, locale._("money"))] if in_money else []) + [(130, locale._("deals"))]
    notes = [look.note(words, **look.beside(shift), **head) for shift, words in heads]
    for place, row in enumerate(rows.itertuples()):
        of = look.small(look.text(locale._("of {n}").format(n=locale.count(row.deals_open))))
        notes.append(look.beside(130) | {"y": place, "text": f"<b>{locale.count(row.stalled)}</b> {of}"})
        if in_money:
            notes.append(look.beside(44) | {"y": place, "text": f"<b>{locale.money(row.value_stalled)}</b>"})
    return look.figure(
        34 * len(rows) + 44,
        [trace],
        margin={look.near: round(min(max(7.6 * longest + 24, 110), 230)), look.far: 176, "t": 34, "b": 4},
        annotations=notes,
        **look.bars((0, max(sizes.max(), 1e-9) * 1.01), [look.name(name) for name in names]),
    )
