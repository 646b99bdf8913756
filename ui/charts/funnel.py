"""Where deals go at each stage, and how many are won by each definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, ink_on
from ui.locale import Locale
from ui.memory import remembered

FATES = {"advanced": "won_fill", "lost": "lost_fill", "back": "back_fill", "handed_off": "handed_fill", "still": ""}
PARTS = {"advanced": "won_fill", "late": "won_soft"} | FATES
LEAST_SHOWN = 10


def parts_of_bars(stages: pd.DataFrame, measure: str = "deals") -> list[str]:
    """What the bars are split into, from the start: the fates, and among those that moved on the ones too late for the window."""
    has_late = measure == "deals" and "late" in stages and pd.to_numeric(stages["late"]).sum() > 0
    return [part for part in PARTS if part != "late" or has_late]


def fate_words(locale: Locale) -> dict[str, str]:
    """What became of deals, in the reader's words."""
    _ = locale._
    return {
        "advanced": _("moved on"),
        "lost": _("lost"),
        "back": _("went back"),
        "handed_off": _("handed off"),
        "still": _("still there, not decided"),
    }


def part_words(locale: Locale) -> dict[str, str]:
    """The same, and what moved on after the conversion window."""
    return fate_words(locale) | {"late": locale._("moved on, too late")}


@remembered
def stages_figure(stages: pd.DataFrame, look: Look, *, measure: str = "deals", weakest: str | None = None) -> go.Figure:
    """One bar a stage, split by what became of the deals that came to it; between two bars the share that moved on.

    `stages` has a row a stage, in order: stage, entered, value_entered, currency, each fate and `<fate>_value`,
    conversion, low, high, is_recorded, of_first, with a conversion window `late`. `measure` is `deals` or `money`; only the stage named `weakest` is tinted. The
    point of row i in the trace of fate j is number i of curve j.
    """
    currency = next(iter(stages["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    in_money = measure == "money"
    total = stages["value_entered" if in_money else "entered"].fillna(0)
    longest = max(total.max(), 1)
    words = part_words(locale)
    names = [look.name(name) for name in stages["stage"]]
    near = min(max(7.6 * max(map(len, stages["stage"].astype(str).str.slice(0, 28))) + 24, 128), 230)
    traces = []
    for fate in parts_of_bars(stages, measure):
        role = PARTS[fate]
        amounts = stages[f"{fate}_value" if in_money else fate].fillna(0)
        if fate == "advanced" and not in_money and "late" in stages:
            amounts = amounts - pd.to_numeric(stages["late"]).fillna(0)
        fill = getattr(colors, role, "")
        said = [locale.money(amount) if in_money else locale.count(amount) for amount in amounts]
        ink = ink_on(fill) if fill else colors.ink
        undimmed = {"marker": {"opacity": 1}, "textfont": {"color": ink}}
        room = 0.075 if in_money else 0.04
        traces.append({
            "type": "bar",
            "x": amounts,
            "y": list(range(len(stages))),
            "orientation": "h",
            "customdata": [
                [look.text(text), look.text(locale.share(part / whole if whole else None))]
                for text, part, whole in zip(said, amounts, total, strict=True)
            ],
            "marker": ({"color": fill} if fill else look.hatch)
            # The outline of a bar of nothing would still be seen.
            | {
                "line": {
                    "color": colors.won_fill if fate == "late" else colors.surface if fill else colors.neutral,
                    "width": [int(amount > 0) for amount in amounts],
                }
            },
            "text": [text if amount > room * longest else "" for text, amount in zip(said, amounts, strict=True)],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "constraintext": "none",
            "textfont": {"size": look.px(12), "color": ink},
            "hovertemplate": f"{look.text(words[fate])}: <b>%{{customdata[0]}}</b> · %{{customdata[1]}}<extra></extra>",
            "selected": undimmed,
            "unselected": undimmed,
        })  # fmt: skip

    notes = [
        look.note(label, **look.beside(shift), y=1, yref="paper", yshift=look.px(16))
        for shift, label in ((66, locale._("move on")), (146, locale._("of first")))
    ]
    records = stages.to_dict("records")
    for place, row in enumerate(records):
        if place + 1 < len(stages):
            notes.append(_move_on(look, place, row, tinted=row["stage"] == weakest))
        if place:
            of_first = {"y": place, "text": locale.share(row["of_first"]), "font": {"color": colors.muted}}
            notes.append(look.beside(146) | of_first)

    labels = []
    for name, row in zip(names, records, strict=True):
        counted = locale.count(row["entered"])
        if pd.notna(row["value_entered"]):
            counted += f" · {locale.money(row['value_entered'])}"
        labels.append(f"<b>{name}</b><br>{look.small(counted)}")
    return look.figure(
        64 * len(stages) + 34,
        traces,
        margin={look.near: round(near), look.far: 176, "t": 34, "b": 4},
        annotations=notes,
        barmode="stack",
        **look.bars((0, longest * 1.004), labels),
    )


def _move_on(look: Look, place: int, row: dict[str, Any], *, tinted: bool) -> dict[str, Any]:
    """The share that went from one stage to the next stands between the two, since it belongs to both."""
    locale, colors = look.locale, look.colors
    ink = colors.lost if tinted else colors.ink
    if not row["is_recorded"]:
        text = look.small(look.text(locale._("not recorded")))
    elif row.get("method") == "no_times":
        text = look.small(look.text(locale._("no dates")))
    elif row["entered"] < LEAST_SHOWN or pd.isna(row["conversion"]):
        text = look.small(look.text(locale._("not enough · {n}").format(n=locale.count(row["entered"]))))
    else:
        range_ = look.small(locale.shares(row["low"], row["high"]), ink if tinted else "")
        text = f"<b>↓ {locale.share(row['conversion'])}</b> {range_}"
    return look.beside(66) | {
        "y": place + 0.5,
        "text": text,
        "font": {"color": ink},
        "bgcolor": colors.lost_soft if tinted else None,
        "borderpad": 4,
    }


@remembered
def definitions_figure(rows: pd.DataFrame, names: Sequence[tuple[str, str]], look: Look) -> go.Figure:
    """A dot and whisker a definition of the win rate; `names` holds each row's name and the quiet line under it.

    `rows` has rate, low, high, n; a row without a rate, or with too few deals, says so instead.
    """
    locale, colors = look.locale, look.colors
    shown = rows["rate"].notna() & (rows["n"] >= LEAST_SHOWN)
    known = rows[shown]
    places = [place for place, yes in enumerate(shown) if yes]
    rates = known["rate"]
    dots = {
        "type": "scatter",
        "x": rates,
        "y": places,
        "mode": "markers",
        "marker": {"size": look.px(10), "color": colors.accent},
        "error_x": look.whisker(known["low"].fillna(rates), known["high"].fillna(rates), rates, colors.accent)
        | {"thickness": 2},
        "hoverinfo": "skip",
    }
    notes = []
    for place, (row, yes) in enumerate(zip(rows[["rate", "low", "high", "n"]].itertuples(), shown, strict=True)):
        if yes:
            interval = locale.shares(row.low, row.high)
            text = f"<b>{locale.share(row.rate)}</b> {look.small(interval)}"
        else:
            few = locale._("not enough · {n}").format(n=locale.count(row.n))
            text = look.small(look.text(few if row.n < LEAST_SHOWN else "–"))
        notes.append(look.beside(64) | {"y": place, "text": text})
    labels = [
        f"<b>{look.text(name)}</b>" + (f"<br>{look.small(look.text(line))}" if line else "") for name, line in names
    ]
    return look.figure(
        52 * len(rows) + 36,
        [dots],
        margin={look.near: 208, look.far: 128, "t": 8, "b": 28},
        annotations=notes,
        xaxis={"range": [-0.02, 1.02], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%", "showgrid": True},
        yaxis=look.lines(labels),
    )
