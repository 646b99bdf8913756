"""All customers by value and risk: dots for the many, names and intervals for the few, and the two lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from ui.charts.theme import Look, fade
from ui.locale import Locale
from ui.memory import remembered

HEIGHT = 540
QUADRANTS = ("protect", "keep", "grow", "watch")
# What a plot is taken to measure while labels are placed; it is as wide as its card, so they keep some distance.
WIDE, HIGH = 470, 455
LETTER, LINE = 6.7, 15
SMALLEST, LARGEST = 5, 26  # pixels across, of dots
NAMED_SMALLEST, NAMED_LARGEST = 9, 22
LEAST_VALUE = 1e-3
Tool = Literal["box", "lasso"]


class Drawn(NamedTuple):
    """Where the lines lie, which of them somebody drew, and for how many months value is told."""

    value_limit: float
    risk_limit: float
    is_value_drawn: bool
    is_risk_drawn: bool
    months: int


def quadrant_words(locale: Locale) -> dict[str, str]:
    """The quadrants as people read them."""
    _ = locale._
    return {"protect": _("Protect"), "keep": _("Keep"), "grow": _("Grow"), "watch": _("Watch")}


@remembered
def quadrant_figure(
    cells: pd.DataFrame, named: pd.DataFrame, drawn: Drawn, look: Look, *, tool: Tool = "box"
) -> go.Figure:
    """Value across (log), risk up. `cells` are the squares of `quadrant_cells`, each a dot as large as its customers are many;
    `named` are customers with intervals, their size the revenue of twelve months. Hollow: the quadrant is uncertain.

    A point's `customdata` is its square (across, up, quadrant), or of a named customer its number.
    """
    span = _span(cells, named, drawn)
    colors = {name: getattr(look.colors, name) for name in QUADRANTS}
    traces = [_dots(cells[cells["quadrant"] == name], colors[name], cells, look) for name in QUADRANTS]
    people = named.to_dict("records")
    sizes = _sizes([row["revenue_12m"] for row in people], look)
    if people:
        traces.append(_people(people, sizes, colors, look))
    limit = math.log10(max(drawn.value_limit, LEAST_VALUE))
    return look.figure(
        HEIGHT,
        traces,
        margin={"l": 52, "r": 68, "t": 30, "b": 50},
        annotations=[
            *_corners(cells, colors, look),
            *_line_words(limit, drawn, look),
            *_names(people, sizes, span, limit, look),
        ],
        shapes=[
            _line({"x0": limit, "x1": limit, "y0": 0, "y1": 1, "yref": "y domain"}, look),
            _line({"y0": drawn.risk_limit, "y1": drawn.risk_limit, "x0": 0, "x1": 1, "xref": "x domain"}, look),
        ],
        xaxis={
            "range": list(span),
            **_ticks(span, look),
            "tickangle": 0,
            "title": look.title(
                look.locale._("value over {months} months, if the customer stays").format(
                    months=look.locale.count(drawn.months)
                )
            ),
        },
        yaxis={
            "range": [-0.04, 1.06],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": [look.locale.share(share) for share in (0, 0.25, 0.5, 0.75, 1)],
            "title": look.title(look.locale._("risk of leaving")),
        },
        dragmode="lasso" if tool == "lasso" else "select",
        newselection={"line": {"color": look.colors.accent, "width": 1, "dash": "solid"}},
        activeselection={"fillcolor": look.colors.accent, "opacity": 0.08},
    )


def _span(cells: pd.DataFrame, named: pd.DataFrame, drawn: Drawn) -> tuple[float, float]:
    """How far the axis of values goes: over all customers, the line, and most of the intervals of those named."""
    places = (
        [math.log10(value) for value in cells["value_mid"]]
        + [_log(value) for value in named["value"]]
        + [math.log10(max(drawn.value_limit, LEAST_VALUE))]
    )
    low, high = min(places), max(places)
    for value in named["value_high"].dropna():
        high = max(high, min(math.log10(max(value, LEAST_VALUE)), high + 0.3))
    room = max((high - low) * 0.06, 0.12)
    return low - room, high + room


def _ticks(span: tuple[float, float], look: Look) -> dict[str, Any]:
    """Round amounts that stand apart: ones, or twos and fives too where the axis is short."""
    steps = (1, 2, 5) if span[1] - span[0] < 2.2 else (1, 3) if span[1] - span[0] < 3.2 else (1,)
    found = [step * 10.0**power for power in range(math.floor(span[0]), math.ceil(span[1]) + 1) for step in steps]
    found = [value for value in found if span[0] <= math.log10(value) <= span[1]]
    return {
        "tickvals": [math.log10(value) for value in found],
        "ticktext": [look.locale.money(value) for value in found],
    }


def _line(where: Mapping[str, Any], look: Look) -> dict[str, Any]:
    ink = {"color": look.colors.muted, "width": 1.5, "dash": "dash"}
    return {"type": "line", "line": ink, "layer": "below", **where}


def _dots(part: pd.DataFrame, color: str, cells: pd.DataFrame, look: Look) -> dict[str, Any]:
    locale, most = look.locale, max(float(cells["customers"].max()), 1.0)
    said = [
        look.text(
            f"<b>{locale.n_('{n} customer', '{n} customers', int(row.customers))}</b> · "
            + locale._("{money} at risk").format(money=locale.money(row.value_at_risk))
        )
        for row in part.itertuples()
    ]
    return {
        "type": "scatter", "mode": "markers",
        "x": [round(math.log10(value), 3) for value in part["value_mid"]], "y": [round(risk, 3) for risk in part["risk_mid"]],
        "marker": {
            "color": fade(color, 0.34), "line": {"color": fade(color, 0.75), "width": 1}, "opacity": 1,
            "size": [look.px(max(SMALLEST, LARGEST * math.sqrt(n / max(most, 12.0)))) for n in part["customers"]],
        },
        "customdata": [[int(row.across), int(row.up), row.quadrant] for row in part.itertuples()],
        "text": said, "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0.25}},
    }  # fmt: skip


def _sizes(revenues: Sequence[float | None], look: Look) -> list[int]:
    most = max((value for value in revenues if value is not None and value == value), default=0.0)
    shares = [value / most if most > 0 and value is not None and value == value else 0.0 for value in revenues]
    return [look.px(NAMED_SMALLEST + (NAMED_LARGEST - NAMED_SMALLEST) * math.sqrt(max(share, 0.0))) for share in shares]


def _people(people: list[dict[str, Any]], sizes: list[int], colors: Mapping[str, str], look: Look) -> dict[str, Any]:
    locale = look.locale
    values = [_log(row["value"]) for row in people]
    risks = [row["risk"] for row in people]
    inks = [colors[row["quadrant"]] for row in people]
    thin = {"thickness": 1, "color": look.colors.neutral}
    said = [
        f"<b>{look.name(row['customer'])}</b><br>"
        + look.text(locale._("value {money} (80%: {between})").format(money=locale.money(row["value"]), between=_between(row, locale)))
        + "<br>"
        + look.text(locale._("risk {share} (80%: {between})").format(share=locale.share(row["risk"]), between=locale.shares(row["risk_low"], row["risk_high"])))
        + "<br>"
        + look.text(locale._("{money} at risk").format(money=locale.money(row["value_at_risk"])))
        for row in people
    ]  # fmt: skip
    across = look.whisker([_log(row["value_low"], row["value"]) for row in people], [_log(row["value_high"], row["value"]) for row in people], values)  # fmt: skip
    up = look.whisker([_known(row["risk_low"], row["risk"]) for row in people], [_known(row["risk_high"], row["risk"]) for row in people], risks)  # fmt: skip
    return {
        "type": "scatter", "mode": "markers", "x": values, "y": risks, "error_x": across | thin, "error_y": up | thin,
        "marker": {
            "size": sizes, "opacity": 1,
            "color": [look.colors.surface if row["uncertain"] else ink for row, ink in zip(people, inks, strict=True)],
            "line": {"color": inks, "width": 2},
        },
        "customdata": [[row["customer_id"]] for row in people],
        "text": said, "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 0.35}},
    }  # fmt: skip


def _between(row: Mapping[str, Any], locale: Locale) -> str:
    return locale.between(locale.money(row["value_low"]), locale.money(row["value_high"]))


def _known(value: float | None, instead: float) -> float:
    return instead if value is None or value != value else value


def _log(value: float | None, instead: float = LEAST_VALUE) -> float:
    return math.log10(max(_known(value, instead), LEAST_VALUE))


def _corners(cells: pd.DataFrame, colors: Mapping[str, str], look: Look) -> list[dict[str, Any]]:
    """The name of each quadrant where it lies, with how many are in it."""
    locale, words = look.locale, quadrant_words(look.locale)
    counts = cells.groupby("quadrant")["customers"].sum()
    found = []
    for name, x, y in (("watch", 0, 1), ("protect", 1, 1), ("grow", 0, 0), ("keep", 1, 0)):
        n = locale.n_("{n} customer", "{n} customers", int(counts.get(name, 0)))
        found.append({
            "xref": "x domain", "yref": "y domain", "x": x, "y": y, "showarrow": False,
            "xanchor": "left" if x == 0 else "right", "yanchor": "bottom" if y == 0 else "top",
            "align": "left" if x == 0 else "right", "bgcolor": fade(look.colors.surface, 0.75), "borderpad": 2,
            "font": {"size": look.px(13), "color": colors[name]},
            "text": f"<b>{look.text(words[name])}</b><br>{look.small(look.text(n))}",
        })  # fmt: skip
    return found


def _line_words(limit: float, drawn: Drawn, look: Look) -> list[dict[str, Any]]:
    locale, _ = look.locale, look.locale._
    value = _("your line: {money}") if drawn.is_value_drawn else _("average value: {money}")
    risk = _("your line:<br>{share}") if drawn.is_risk_drawn else _("average<br>risk: {share}")
    return [
        look.note(
            value.format(money=locale.money(drawn.value_limit)),
            x=limit, y=1, yref="paper", yanchor="bottom", yshift=look.px(4), xanchor="center",
        ),
        look.note(
            risk.format(share=locale.share(drawn.risk_limit)),
            x=1, xref="x domain", xanchor="left", xshift=look.px(4), align="left", y=drawn.risk_limit, yanchor="middle",
        ),
    ]  # fmt: skip


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def _names(
    people: list[dict[str, Any]], sizes: list[int], span: tuple[float, float], limit: float, look: Look
) -> list[dict[str, Any]]:
    """The names that find a place beside their mark without covering another; the others are told when pointed at."""
    scale = WIDE / (span[1] - span[0])
    spots = [((_log(row["value"]) - span[0]) * scale, (1.06 - row["risk"]) / 1.1 * HIGH) for row in people]
    taken = [
        _Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2) for (x, y), size in zip(spots, sizes, strict=True)
    ]
    # The corners have words of their own.
    taken += [_Box(x, y, x + 100, y + 38) for x in (0, WIDE - 100) for y in (0, HIGH - 38)]
    found = []
    for place, (row, (x, y), size) in enumerate(zip(people, spots, sizes, strict=True)):
        wide = LETTER * min(len(str(row["customer"])), 22) + 4
        out = size / 2 + 4
        for anchor, left, top, shift in (
            ("left", x + out, y - LINE / 2, (out, 0)),
            ("right", x - out - wide, y - LINE / 2, (-out, 0)),
            ("center", x - wide / 2, y - out - LINE, (0, out + LINE / 2)),
            ("center", x - wide / 2, y + out, (0, -out - LINE / 2)),
        ):
            box = _Box(left, top, left + wide, top + LINE)
            is_inside = box.left >= 0 and box.right <= WIDE and box.top >= 0 and box.bottom <= HIGH
            if is_inside and not any(box.meets(other) for number, other in enumerate(taken) if number != place):
                taken.append(box)
                found.append({
                    "x": _log(row["value"]), "y": row["risk"], "text": look.name(row["customer"], 22), "showarrow": False,
                    "xanchor": anchor, "yanchor": "middle", "xshift": shift[0], "yshift": shift[1],
                    "font": {"size": look.px(12), "color": look.colors.ink}, "bgcolor": fade(look.colors.surface, 0.6),
                    "borderpad": 0,
                })  # fmt: skip
                break
    return found
