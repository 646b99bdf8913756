"""Where deals go from each stage: forward above, back below, and what stays or leaves in the bar itself."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import FATES, LEAST_SHOWN, fate_words
from ui.charts.theme import Look, fade, ink_on
from ui.locale import Locale
from ui.memory import remembered

# In an order that lets what moves on leave at the top of a bar, and what goes back at its foot.
PARTS = ("advanced", "still", "handed_off", "lost", "back")
PART_OF = {"forward": "advanced", "skip": "advanced", "won": "advanced"}
HALF = 0.15  # half the width of a bar, in stages
STEPS = 24
THIN = 0.012  # of the tallest bar: what goes back or past a stage is never too thin to see
NAMED = 0.03  # of the stays that left: a smaller move is named only under the pointer


def move_words(locale: Locale) -> dict[str, str]:
    """The kinds of moves, in the reader's words."""
    _ = locale._
    return {
        "forward": _("to the next stage"),
        "skip": _("past a stage"),
        "won": _("won"),
        "lost": _("lost"),
        "back": _("back"),
        "handed_off": _("handed off"),
        "still": _("still there"),
        "start": _("begun here"),
        "came_in": _("from outside"),
    }


@remembered
def moves_figure(
    moves: pd.DataFrame, stages: Sequence[tuple[int, str]], look: Look, *, measure: str = "deals"
) -> go.Figure:
    """A bar a stage, all its stays; ribbons to where they went. `moves` are rows of `stage_moves` with a fresh index.

    `stages` are the open ones, (order, name) each, in order; a last bar stands for won. `measure` is `deals` or `money`.
    The marks on ribbons carry the row of `moves` as `customdata`; bars carry words, share, the place of the stage and the part.
    """
    in_money = measure == "money"
    currency = next(iter(moves["currency"].dropna()), None)
    locale, colors = look.locale.in_currency(currency or look.locale.currency), look.colors
    _ = locale._
    size = moves["money" if in_money else "moves"].fillna(0).astype(float)
    say = locale.money if in_money else locale.count
    place = {order: number for number, (order, _name) in enumerate(stages)}
    end = len(stages)
    rows = moves.assign(size=size, part=[PART_OF.get(move, move) for move in moves["move"]])

    sizes = rows.groupby(["stage_order", "part"])["size"].sum().to_dict()
    of_part = {part: [float(sizes.get((order, part), 0.0)) for order, _name in stages] for part in PARTS}
    whole = [sum(amounts) for amounts in zip(*of_part.values(), strict=True)]
    won = float(size[moves["move"] == "won"].sum())
    tallest = max([*whole, won, 1.0])
    unit = tallest
    heads = [_lines(name, 16 if end <= 6 else 11) for name in (*(name for _order, name in stages), _("Won"))]
    above = 17 * (max(map(len, heads)) - 1)
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []

    # Bars hang from one line, so that forward ribbons stay level.
    points: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "hover": [], "row": [], "color": []}
    between = rows[rows["move"].isin(["forward", "skip", "won", "back"]) & (rows["size"] > 0)]
    between = between.assign(
        source=[place.get(order, -1) for order in between["stage_order"]],
        target=[
            end if move == "won" else place.get(order, -1)
            for move, order in zip(between["move"], between["next_order"].fillna(-1).astype(int), strict=True)
        ],
    )
    between = between[(between["source"] >= 0) & (between["target"] >= 0)]
    forward = between[between["target"] > between["source"]]
    # The longest jump leaves and comes in highest, so that ribbons do not cross.
    starts = _stacked(forward.sort_values("target", ascending=False), "source")
    ends = _stacked(forward.sort_values("source"), "target")

    def shape(x: list[float], y: list[float], color: str) -> None:
        traces.append({
            "type": "scatter", "x": x, "y": y, "mode": "lines", "fill": "toself", "fillcolor": color,
            "line": {"width": 0}, "hoverinfo": "skip",
        })  # fmt: skip

    top = 0.0
    for row in forward.sort_values("size", ascending=False).itertuples():
        source, target, start, finish = int(row.source), int(row.target), starts[row.Index], ends[row.Index]
        thick = max(row.size, THIN * unit)
        rise = 0.0 if target - source == 1 else unit * (0.13 + 0.09 * (target - source - 2))
        x = _steps(source + HALF, target - HALF)
        upper = [_between(-start, -finish, t) + rise * _arch(t) for t in _shares()]
        lower = [each - thick for each in upper]
        top = max(top, *upper)
        color = fade(colors.won_fill, 0.34 if target - source == 1 or target == end else 0.5)
        shape([*x, *reversed(x)], [*upper, *reversed(lower)], color)
        _point(points, row, x[STEPS // 2], upper[STEPS // 2] - thick / 2, colors.won, look, say)

    bottom = tallest
    backward = between[between["target"] < between["source"]]
    landed: dict[int, int] = {}
    for number, row in enumerate(
        backward.assign(span=backward["source"] - backward["target"]).sort_values(["span", "source"]).itertuples()
    ):
        source, target = int(row.source), int(row.target)
        thick = min(max(row.size, THIN * unit), 0.25 * unit)
        deepest = max([whole[each] for each in range(target, source + 1)])
        depth = deepest + unit * (0.10 + 0.085 * (row.span - 1)) + 0.03 * unit * (number % 2)
        nth = landed.get(target, 0)
        landed[target] = nth + 1
        x = _steps(source - HALF * 0.35, target + HALF * (0.1 + 0.5 * nth / max(len(stages), 1)))
        middle_line = [_dip(whole[source], whole[target], depth, t) for t in _shares()]
        outer = [-(each + thick / 2) for each in middle_line]
        inner = [-(each - thick / 2) for each in middle_line]
        shape([*x, *reversed(x)], [*outer, *reversed(inner)], fade(colors.back_fill, 0.75))
        bottom = max(bottom, *(-each for each in outer))
        _point(points, row, x[STEPS // 2], -middle_line[STEPS // 2], colors.back, look, say)
        notes.append({
            "x": x[-1], "y": -whole[target], "ax": 0, "ay": look.px(14), "text": "", "showarrow": True, "arrowhead": 2,
            "arrowsize": 1.1, "arrowwidth": 1.5, "arrowcolor": colors.back, "standoff": 0,
        })  # fmt: skip

    traces.append({
        "type": "scatter", "x": points["x"], "y": points["y"], "mode": "markers",
        "customdata": [[row] for row in points["row"]],
        "marker": {"size": look.px(9), "color": colors.surface, "line": {"color": points["color"], "width": 2}, "opacity": 1},
        "text": points["hover"], "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    })  # fmt: skip
    for x_, y_, text, color in zip(points["x"], points["y"], points["text"], points["color"], strict=True):
        if text:
            notes.append({
                "x": x_, "y": y_, "yshift": look.px(15), "text": text, "showarrow": False,
                "font": {"size": look.px(12), "color": color}, "bgcolor": fade(colors.surface, 0.78), "borderpad": 1,
            })  # fmt: skip

    words = fate_words(locale)
    base = [0.0] * (end + 1)
    for part in PARTS:
        amounts = [*of_part[part], won if part == "advanced" else 0.0]
        fill = getattr(colors, FATES[part], "")
        said = [say(amount) for amount in amounts]
        shares = [locale.share(amount / of if of else None) for amount, of in zip(amounts, [*whole, won], strict=True)]
        traces.append({
            "type": "bar",
            "x": list(range(end + 1)),
            "y": [-amount for amount in amounts],
            "base": [-each for each in base],
            "width": 2 * HALF,
            "customdata": [
                [look.text(one), look.text(other), number, part]
                for number, (one, other) in enumerate(zip(said, shares, strict=True))
            ],
            "marker": ({"color": fill} if fill else look.hatch)
            | {"line": {"color": colors.surface if fill else colors.neutral, "width": [int(each > 0) for each in amounts]}},
            "text": [one if amount > 0.055 * unit else "" for one, amount in zip(said, amounts, strict=True)],
            "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
            "textfont": {"size": look.px(12), "color": ink_on(fill) if fill else colors.ink},
            "hovertemplate": f"{look.text(words[part])}: <b>%{{customdata[0]}}</b> · %{{customdata[1]}}<extra></extra>",
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        })  # fmt: skip
        base = [before + amount for before, amount in zip(base, amounts, strict=True)]

    for number, (head, amount) in enumerate(zip(heads, [*whole, won], strict=True)):
        name = "<br>".join(map(look.name, head))
        notes.append({
            "x": number, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": look.px(10),
            "showarrow": False, "text": f"<b>{name}</b><br>{look.small(say(amount))}", "font": {"color": colors.ink},
        })  # fmt: skip
    span = [-0.5, end + 0.5]
    hidden = {"showticklabels": False, "showgrid": False}
    return look.figure(
        470 + above,
        traces,
        margin={"t": 64 + above, "b": 8, "l": 4, "r": 4},
        annotations=notes,
        barmode="overlay",
        xaxis=hidden | {"range": span[::-1] if locale.rtl else span},
        yaxis=hidden | {"range": [-(bottom + 0.05 * unit), top + 0.07 * unit]},
    )


def _lines(name: str, longest: int) -> list[str]:
    """A name in lines of at most `longest` letters, broken after spaces and marks where it can be; four lines at most."""
    lines = [""]
    for word in re.split(r"(?<=[\s_/.-])", name):
        pieces = [word[start : start + longest] for start in range(0, len(word), longest)]
        for piece in pieces:
            if lines[-1] and len(lines[-1] + piece.rstrip()) > longest:
                lines.append("")
            lines[-1] += piece
    return (
        [line.strip() for line in lines]
        if len(lines) <= 4
        else [*(line.strip() for line in lines[:3]), lines[3].strip() + "…"]
    )


def _stacked(rows: pd.DataFrame, side: str) -> dict[int, float]:
    """How high each row begins where those of one `side` stand on each other, in this order."""
    begins: dict[int, float] = (rows.groupby(side)["size"].cumsum() - rows["size"]).to_dict()
    return begins


def _point(points: dict[str, list[Any]], row: Any, x: float, y: float, color: str, look: Look, say: Any) -> None:
    """A mark on a ribbon: it can be clicked, and says how many went this way."""
    locale = look.locale
    of = locale.share(row.move_share)
    counted = say(row.size)
    points["x"].append(x)
    points["y"].append(y)
    points["row"].append(row.Index)
    points["color"].append(color)
    large = row.move_share is not None and row.move_share >= NAMED and row.leaving >= LEAST_SHOWN
    points["text"].append(f"<b>{counted}</b> {look.small(of)}" if large else "")
    words = locale._("{source} to {target}: {n} · {share} of those that left").format(
        source=look.name(row.stage), target=look.name(locale._(row.next_stage) if row.move == "won" else row.next_stage),
        n=counted, share=of if row.leaving >= LEAST_SHOWN else locale._("too few for a share"),
    )  # fmt: skip
    points["hover"].append(look.text(words))


def _shares() -> list[float]:
    return [step / STEPS for step in range(STEPS + 1)]


def _steps(first: float, last: float) -> list[float]:
    return [first + (last - first) * share for share in _shares()]


def _between(first: float, last: float, share: float) -> float:
    """From one height to another without a corner at either end."""
    return first + (last - first) * (3 * share**2 - 2 * share**3)


def _arch(share: float) -> float:
    return math.sin(math.pi * share) ** 0.7 if 0 < share < 1 else 0.0


def _dip(first: float, last: float, depth: float, share: float) -> float:
    """Down from one foot and up to another, as deep as `depth` between."""
    if share < 0.5:
        return first + (depth - first) * math.sin(math.pi * share)
    return last + (depth - last) * math.sin(math.pi * share)
