"""The map of a process: stages from top to bottom, moves on between them, past them on one side and back on the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from ui.charts.funnel import LEAST_SHOWN
from ui.charts.paths import move_words
from ui.charts.theme import Look, blend, ink_on, touch
from ui.locale import Locale
from ui.memory import remembered

MEASURES = ("moves", "time", "money")
MOST_STAGES = 25
FROM_OUTSIDE = ("start", "came_in")
COLORS = {
    "forward": "won_fill", "skip": "won_fill", "won": "won_fill", "back": "back_fill", "lost": "lost_fill",
    "handed_off": "handed_fill", "start": "neutral", "came_in": "neutral",
}  # fmt: skip
VALUES = {"moves": "moves", "time": "median_completed_days", "money": "money"}
STAGE_VALUES = {"moves": "visits", "time": "median_days", "money": "money"}

# Across, a hundred parts: moves back, the boxes, moves past stages, and the words of what leaves.
NEAR, FAR, OUT, WIDE = 30.0, 64.0, 85.0, 100.0
MIDDLE = (NEAR + FAR) / 2
REACH = 21.0  # of the widest arc
BOX = 0.54  # of the distance between two stages
END = 0.34  # the same of the two ends
STEPS = 24
NARROWEST = 600  # pixels: labels that fit there fit everywhere
THIN, THICK = 1.5, 15.0


@dataclass(frozen=True)
class Shown:
    """What of a map is drawn: rows of `process_map` and of `process_stages`, how much is left out, and all that is at its ends."""

    arrows: pd.DataFrame
    stages: pd.DataFrame
    hidden_arrows: int
    hidden_moves: int
    hidden_stages: int
    begun: int
    won: int


def simplified(arrows: pd.DataFrame, stages: pd.DataFrame, share: float) -> Shown:
    """The commonest moves that together are at least `share` of all, between the `MOST_STAGES` most visited stages.

    Rows keep their index; stays that go on are no arrows.
    """
    made = arrows[arrows["move"] != "still"]
    seen = stages.sort_values(["visits", "stage_order"], ascending=[False, True]).head(MOST_STAGES)
    names = set(seen["stage"])
    of_stage = made["to_stage"].where(made["move"].isin(FROM_OUTSIDE), made["from_stage"])
    is_inside = ~made["move"].isin(["forward", "skip", "back"]) | made["to_stage"].isin(names)
    ranked = made[of_stage.isin(names) & is_inside].sort_values("moves", ascending=False, kind="stable")
    before = ranked["moves"].cumsum() - ranked["moves"]
    kept = ranked[before < share * made["moves"].sum()].sort_index()
    return Shown(
        kept,
        seen.sort_values(["stage_order", "stage"]),
        len(made) - len(kept),
        int(made["moves"].sum() - kept["moves"].sum()),
        len(stages) - len(seen),
        *(int(made.loc[made["move"] == move, "moves"].sum()) for move in ("start", "won")),
    )


@dataclass
class _Labels:
    """Words beside arrows, where they do not cover each other."""

    look: Look
    unit: float  # pixels from stage to stage
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def put(
        self, words: str, length: int, places: Iterable[tuple[float, float]], color: str, anchor: str = "center"
    ) -> None:
        """Write `words`, about `length` letters long, at the first of `places` that is free, if any is."""
        wide = self.look.px(7.0 * length + 6) / NARROWEST * WIDE
        high = self.look.px(17) / self.unit
        for x, y in places:
            left = {"center": x - wide / 2, "left": x, "right": x - wide}[anchor]
            box = (left, y - high / 2, left + wide, y + high / 2)
            if any(touch(box, other) for other in self.boxes):
                continue
            self.boxes.append(box)
            mirrored = {"left": "right", "right": "left", "center": "center"}[anchor]
            self.notes.append({
                "x": x, "y": y, "text": words, "showarrow": False, "bgcolor": self.look.colors.surface, "borderpad": 1,
                "xanchor": mirrored if self.look.locale.rtl else anchor, "yanchor": "middle",
                "font": {"size": self.look.px(12), "color": color},
            })  # fmt: skip
            return


@remembered
def process_figure(shown: Shown, look: Look, *, measure: str = "moves") -> go.Figure:
    """A box a stage, in order; an arrow a move, as wide as `measure`, one of `MEASURES`.

    Arrows carry `["arrow", index of the row]` as `customdata`, boxes `["stage", index]`.
    """
    arrows, stages = shown.arrows, shown.stages
    currency = next(iter(arrows["currency"].dropna()), None)
    look = Look(look.locale.in_currency(currency or look.locale.currency), look.colors, look.scale)
    unit = look.px(92 if len(stages) <= 6 else 78 if len(stages) <= 12 else 66)
    say = _sayer(look, measure)
    place = {name: number for number, name in enumerate(stages["stage"], 1)}
    is_won = bool((arrows["move"] == "won").any())
    last = len(stages) + 1
    known = _known(arrows, measure)
    most = max([*known.dropna(), 0.0]) or 1.0
    labels = _Labels(look, unit)
    traces: list[dict[str, Any]] = []
    ways, heads = [], []
    exits: dict[str, int] = {}
    spans = [abs(_end(row, place, last) - place.get(row.from_stage, 0)) for row in arrows.itertuples() if row.move not in ("lost", "handed_off", "came_in")]  # fmt: skip
    widest = max([*spans, 4])
    leaving = arrows[arrows["move"].isin(["lost", "handed_off"])].groupby("from_stage").size().to_dict()
    for row in arrows.itertuples():
        value = known[row.Index]
        points, is_arc = _way(row, place, last, widest, _spread(row.from_stage, leaving, exits))
        ways.append((row, points, is_arc, value))
        thick = THIN + (THICK - THIN) * (0.0 if pd.isna(value) else float(value) / most)
        color = getattr(look.colors, COLORS[row.move])
        is_unknown = bool(pd.isna(value)) and row.move not in FROM_OUTSIDE
        traces.append(_line(row, points, look.px(thick), color, is_unknown, look, unit))
        heads.append((points[-2:], _head(look, look.px(thick)), color))
        if row.move in ("lost", "handed_off"):
            labels.boxes.append((FAR, points[0][1] - 0.05, OUT, points[0][1] + 0.05))
    # Straight ways have one place for their words; of the arcs, the widest come first.
    for row, points, is_arc, _value in sorted(ways, key=lambda way: (way[2], -(0 if pd.isna(way[3]) else way[3]))):
        _name(labels, row, points, is_arc, say(row), look)
    boxes = _boxes(shown, look, measure, last if is_won else None)
    span = [0.0, WIDE]
    hidden = {"showticklabels": False, "showgrid": False}
    bottom = last + 0.4 if is_won else last - 0.55
    return look.figure(
        round((bottom + 0.35) * unit / look.scale) + 8,
        [*traces, _heads(heads), *boxes],
        margin={"t": 4, "b": 4, "l": 0, "r": 0},
        annotations=labels.notes,
        barmode="overlay",
        barcornerradius=look.px(5),
        xaxis=hidden | {"range": span[::-1] if look.locale.rtl else span},
        yaxis=hidden | {"range": [bottom, -0.35]},
    )


def _known(arrows: pd.DataFrame, measure: str) -> pd.Series:
    """What each arrow measures; unknown where it rests on too few."""
    values = pd.to_numeric(arrows[VALUES[measure]]).astype("float64")
    return values.mask(pd.to_numeric(arrows["timed"]).fillna(0) < LEAST_SHOWN) if measure == "time" else values


def days_words(locale: Locale, days: float) -> str:
    """A time in days; one that would round to none is told to be short."""
    return locale._("under {days}").format(days=locale.days(0.1)) if 0 < days < 0.05 else locale.days(days)


Say = Callable[[Any], tuple[str, str]]


def _sayer(look: Look, measure: str) -> Say:
    """What to write beside an arrow: its measure, and a quieter word."""
    locale = look.locale

    def say(row: Any) -> tuple[str, str]:
        if measure == "money":
            return locale.money(row.money), ""
        if measure == "time":
            if row.move in FROM_OUTSIDE:
                return "", ""
            timed = 0 if pd.isna(row.timed) else int(row.timed)
            if timed < LEAST_SHOWN:
                return "", locale._("not enough · {n}").format(n=locale.count(timed))
            return days_words(locale, row.median_completed_days), ""
        is_shared = not pd.isna(row.move_share) and row.moves / row.move_share >= LEAST_SHOWN
        return locale.count(row.moves), locale.share(row.move_share) if is_shared else ""

    return say


def _end(row: Any, place: dict[str, int], last: int) -> int:
    return last if row.move == "won" else place.get(row.to_stage, 0)


Points = list[tuple[float, float]]


def _spread(stage: str, leaving: dict[str, int], exits: dict[str, int]) -> Callable[[], float]:
    """How far from the middle of a stage's side its next exit starts."""

    def at() -> float:
        number = exits[stage] = exits.get(stage, 0) + 1
        return min(0.28, BOX / leaving[stage]) * (number - (leaving[stage] + 1) / 2)

    return at


def _way(row: Any, place: dict[str, int], last: int, widest: int, spread: Callable[[], float]) -> tuple[Points, bool]:
    """The points an arrow goes through, and whether it is an arc."""
    source = place.get(row.from_stage, 0)
    if row.move in ("lost", "handed_off"):
        y = source + spread()
        return _straight((FAR, y), (OUT, y)), False
    target = _end(row, place, last)
    if row.move == "came_in":
        y = target - 0.16
        return _straight((NEAR - 12, y), (NEAR, y)), False
    half_source, half_target = (END if each in (0, last) else BOX for each in (source, target))
    if target - source == 1:
        return _straight((MIDDLE, source + half_source / 2), (MIDDLE, target - half_target / 2)), False
    span = abs(target - source)
    # By the logarithm: one very long way must not press all others together.
    out = 5.5 + (REACH - 5.5) * math.log(span) / math.log(widest)
    if target < source:
        return _arc(NEAR, -out, source - 0.12, target + 0.14), True
    return _arc(FAR, out * 0.82, source + 0.12, target - (0.0 if target == last else 0.16)), True


def _straight(start: tuple[float, float], end: tuple[float, float]) -> Points:
    return [tuple(a + (b - a) * step / STEPS for a, b in zip(start, end, strict=True)) for step in range(STEPS + 1)]  # type: ignore[misc]


def _arc(x: float, out: float, first: float, last: float) -> Points:
    """From one box to another at the same side, `out` at the farthest: a cubic Bézier curve."""
    points = []
    for step in range(STEPS + 1):
        t = step / STEPS
        points.append(
            (
                x + 4 * out * t * (1 - t),
                first * ((1 - t) ** 3 + 3 * t * (1 - t) ** 2) + last * (t**3 + 3 * t**2 * (1 - t)),
            )
        )
    return points


def _line(
    row: Any, points: Points, thick: int, color: str, is_unknown: bool, look: Look, unit: float
) -> dict[str, Any]:
    """An arrow without its head, up to where that begins; each of its points can be pointed at."""
    far = _cut(points, 0.7 * _head(look, thick), unit)
    return {
        "type": "scatter", "mode": "lines+markers", "x": [x for x, _y in far], "y": [y for _x, y in far],
        "line": {"color": color, "width": thick, "dash": "dot" if is_unknown else "solid"},
        # Only markers can be clicked: these are not seen.
        "marker": {"size": max(thick, look.px(9)), "color": color, "opacity": 0},
        "customdata": [["arrow", int(row.Index)]] * len(far),
        "text": [_hover(row, look)] * len(far), "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}},
    }  # fmt: skip


def _head(look: Look, thick: int) -> int:
    """The size of an arrow's head."""
    return look.px(7) + round(1.5 * thick)


def _cut(points: Points, pixels: float, unit: float) -> Points:
    """The points without the last so many pixels; across, a part is taken for eight."""
    x_end, y_end = points[-1]
    away = [math.hypot((x - x_end) * 8, (y - y_end) * unit) for x, y in points]
    last = max((number for number, each in enumerate(away[:-1]) if each > pixels), default=0)
    share = (away[last] - pixels) / (away[last] - away[last + 1])
    (x, y), (x_next, y_next) = points[last : last + 2]
    share = max(share, 0.0)
    return [*points[: last + 1], (x + (x_next - x) * share, y + (y_next - y) * share)]


def _heads(heads: list[tuple[Points, int, str]]) -> dict[str, Any]:
    """The heads of all arrows: a point before each, of no size, says where it points."""
    return {
        "type": "scatter", "mode": "markers", "hoverinfo": "skip",
        "x": [x for points, _size, _color in heads for x, _y in points],
        "y": [y for points, _size, _color in heads for _x, y in points],
        "marker": {
            "symbol": "arrow", "angleref": "previous", "opacity": 1, "line": {"width": 0},
            "size": [each for _points, size, _color in heads for each in (0, size)],
            "color": [color for _points, _size, color in heads for _twice in range(2)],
        },
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _hover(row: Any, look: Look) -> str:
    """All that is known of an arrow, in a few lines."""
    locale = look.locale
    _ = locale._
    arrow = "←" if locale.rtl else "→"
    ends = [locale.name(each) for each in (row.from_stage, row.to_stage) if isinstance(each, str) and row.move != "won"]
    said = [look.text(f" {arrow} ".join(look.name(each) for each in ends)), look.text(move_words(locale)[row.move])]
    moves = locale.n_("{n} move", "{n} moves", int(row.moves))
    lines = [" · ".join(said), look.text(f"{moves} · {locale.n_('{n} deal', '{n} deals', int(row.deals))}")]
    if not pd.isna(row.move_share) and row.moves / row.move_share >= LEAST_SHOWN:
        lines.append(look.text(_("{share} of those that left").format(share=locale.share(row.move_share))))
    if not pd.isna(row.timed) and row.timed >= LEAST_SHOWN:
        days = _("half after {days}, a quarter after more than {slow}")
        lines.append(look.text(days.format(days=days_words(locale, row.median_completed_days), slow=days_words(locale, row.p75_completed_days))))  # fmt: skip
    if not pd.isna(row.money):
        lines.append(look.text(locale.money(row.money)))
    return "<br>".join(lines)


def _name(labels: _Labels, row: Any, points: Points, is_arc: bool, said: tuple[str, str], look: Look) -> None:
    """Write beside an arrow what it carries."""
    strong, quiet = said
    if not strong and not quiet:
        return
    words = " ".join(part for part in (f"<b>{look.text(strong)}</b>" if strong else "", look.small(look.text(quiet)) if quiet else "") if part)  # fmt: skip
    length = len(strong) + len(quiet) + 1
    ink = getattr(
        look.colors, {"won_fill": "won", "lost_fill": "lost", "back_fill": "back"}.get(COLORS[row.move], "ink")
    )
    if is_arc:
        labels.put(
            words, length, [points[round(STEPS * t)] for t in (0.5, 0.42, 0.58, 0.36, 0.64, 0.3, 0.7, 0.24, 0.76)], ink
        )
    elif row.move in ("lost", "handed_off"):
        kind = look.text(move_words(look.locale)[row.move])
        labels.put(f"{kind} {words}", length + 5, [(OUT + 1, points[0][1])], ink, "left")
    elif row.move == "came_in":
        labels.put(words, length, [(NEAR - 13, points[0][1])], ink, "right")
    else:
        labels.put(words, length, [(MIDDLE + 2.5, (points[0][1] + points[-1][1]) / 2)], ink, "left")


def _boxes(shown: Shown, look: Look, measure: str, won_at: int | None) -> list[dict[str, Any]]:
    """The stages, darker where more of the measure is, and the two ends."""
    locale, colors, stages = look.locale, look.colors, shown.stages
    _ = locale._
    values = pd.to_numeric(stages[STAGE_VALUES[measure]]).astype("float64").mask(stages["visits"] < LEAST_SHOWN)
    most = max([*values.dropna(), 0.0]) or 1.0
    fills = [colors.raised if pd.isna(value) else blend(colors.heat, 0.08 + 0.62 * value / most) for value in values]
    inks = [ink_on(fill) for fill in fills]
    words = [
        f"<b>{look.name(row.stage, 26)}</b><br>{look.small(look.text(_stage_words(row, look, measure)), ink)}"
        for row, ink in zip(stages.itertuples(), inks, strict=True)
    ]
    common = {
        "type": "bar", "orientation": "h", "base": NEAR, "textposition": "inside", "insidetextanchor": "middle",
        "textangle": 0, "constraintext": "none", "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    boxes = {
        "x": [FAR - NEAR] * len(stages), "y": list(range(1, len(stages) + 1)), "width": BOX, "text": words,
        "textfont": {"size": look.px(13), "color": inks},
        "marker": {"color": fills, "line": {"color": colors.line, "width": 1}},
        "customdata": [["stage", int(index)] for index in stages.index],
        "hovertext": [_stage_hover(row, look) for row in stages.itertuples()],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
    ends = [(0, _("Start"), shown.begun, colors.neutral_soft)]
    if won_at is not None:
        ends.append((won_at, _("Won"), shown.won, colors.won_soft))
    caps = {
        "x": [FAR - NEAR] * len(ends), "y": [end[0] for end in ends], "width": END,
        "text": [f"<b>{look.text(name)}</b> {look.small(locale.count(n), colors.ink)}" for _at, name, n, _fill in ends],
        "textfont": {"size": look.px(13), "color": colors.ink},
        "marker": {"color": [end[3] for end in ends], "line": {"color": colors.line, "width": 1}}, "hoverinfo": "skip",
    }  # fmt: skip
    return [common | boxes, common | caps]


def _stage_words(row: Any, look: Look, measure: str) -> str:
    """The line under a stage's name."""
    locale = look.locale
    _ = locale._
    waiting = locale.n_("{n} waiting", "{n} waiting", int(row.open))
    if measure == "money":
        return " · ".join([locale.money(row.money), _("{money} waiting").format(money=locale.money(row.open_money))])
    if measure == "time":
        return f"{_half_leave(row, look)} · {waiting}"
    visits = locale.n_("{n} visit", "{n} visits", int(row.visits))
    return f"{visits} · {waiting}"


def _half_leave(row: Any, look: Look) -> str:
    """The days by which half have left, those still there counted."""
    locale = look.locale
    _ = locale._
    if row.visits < LEAST_SHOWN:
        return _("not enough · {n}").format(n=locale.count(row.visits))
    if not pd.isna(row.median_days):
        return _("half leave in {days}").format(days=days_words(locale, row.median_days))
    if not pd.isna(row.longest_days):
        return _("half take {days} or more").format(days=locale.days(row.longest_days))
    return _("days not recorded")


def _stage_hover(row: Any, look: Look) -> str:
    locale = look.locale
    visits = locale.n_("{n} visit", "{n} visits", int(row.visits))
    waiting = locale.n_("{n} waiting", "{n} waiting", int(row.open))
    lines = [look.name(row.stage), look.text(f"{visits} · {waiting}")]
    lines.append(look.text(_half_leave(row, look)))
    if not pd.isna(row.money):
        lines.append(look.text(locale.money(row.money)))
    return "<br>".join(lines)
