"""The one place that decides how charts look: colours by role, type, and how doubt is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any

import plotly.graph_objects as go

from ui.locale import CONTROLS, Locale

FONT = "Inter, Heebo, sans-serif"
Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Colors:
    """Colours named by what they mean. Text roles keep 4.5:1 on `surface`, shapes 3:1."""

    surface: str
    raised: str
    ink: str
    muted: str
    line: str
    grid: str
    accent: str  # the one series a chart is about, and whatever can be clicked
    accent_soft: str
    on_accent: str
    ribbon: str  # interval around `accent`
    won: str  # text and lines: won, advanced, promoters
    won_soft: str
    lost: str  # lost, churned, detractors
    lost_soft: str
    back: str  # moved backwards
    neutral: str  # comparison series
    neutral_soft: str
    warning: str
    warning_soft: str
    protect: str  # high value, high risk
    keep: str  # high value, low risk
    grow: str  # low value, low risk
    watch: str  # low value, high risk
    won_fill: str  # areas are softer, still 3:1; numbers inside them take `ink_on`
    lost_fill: str
    back_fill: str
    handed_fill: str  # far in lightness from won_fill: hue alone fails red-green blindness
    passive_fill: str
    heat: tuple[str, ...]  # light to strong, one hue


LIGHT = Colors(
    surface="#FFFFFF",
    raised="#F6F7F9",
    ink="#171B22",
    muted="#5B6472",
    line="#E1E5EA",
    grid="#EDF0F3",
    accent="#2B59C3",
    on_accent="#FFFFFF",
    accent_soft="#EAF0FC",
    ribbon="rgba(43,89,195,0.15)",
    won="#0F716A",
    won_soft="#E3F3F1",
    lost="#B5400A",
    lost_soft="#FCEDE4",
    back="#8E4BA8",
    neutral="#8893A3",
    neutral_soft="#E9ECF0",
    warning="#8A5B00",
    warning_soft="#FBF3DC",
    protect="#B5400A",
    keep="#2B59C3",
    grow="#0F716A",
    watch="#7B8696",
    won_fill="#3F9B93",
    lost_fill="#DE7A49",
    back_fill="#A56FBD",
    handed_fill="#515C6B",
    passive_fill="#C6CDD6",
    heat=("#F4F7FD", "#D3DFF7", "#A5BEEF", "#6C92E1", "#3E69CC", "#254A9F"),
)

DARK = Colors(
    surface="#101318",
    raised="#161A21",
    ink="#E8EBF0",
    muted="#9AA4B2",
    line="#2A313C",
    grid="#20262F",
    accent="#7EA2FF",
    on_accent="#0B1020",
    accent_soft="#1B2642",
    ribbon="rgba(126,162,255,0.20)",
    won="#2FB5A5",
    won_soft="#12302D",
    lost="#F0844C",
    lost_soft="#3A2115",
    back="#C79BE0",
    neutral="#76818F",
    neutral_soft="#262C36",
    warning="#E0B341",
    warning_soft="#33290F",
    protect="#F0844C",
    keep="#7EA2FF",
    grow="#2FB5A5",
    watch="#8D98A8",
    won_fill="#2E9488",
    lost_fill="#CF6E3D",
    back_fill="#A27BBD",
    handed_fill="#BAC3CF",
    passive_fill="#47515F",
    heat=("#161D2B", "#1E2E52", "#284482", "#3A60B4", "#5F88E6", "#9CB8FF"),
)


@dataclass(frozen=True)
class Look:
    """What a chart must know of its reader: language, colours and size of type."""

    locale: Locale
    colors: Colors = LIGHT
    scale: float = 1.0

    def px(self, size: float) -> int:
        return round(size * self.scale)

    def figure(
        self,
        height: int,
        traces: Iterable[Mapping[str, Any]],
        *,
        margin: Mapping[str, int] | None = None,
        **layout: Any,
    ) -> go.Figure:
        """A figure in the house style; heights and margins grow with the type.

        `traces`, and in `layout` axes, `annotations` and `shapes`, are as Plotly writes them. They are given at once:
        each piece added to a figure has all those before it checked anew.
        """
        colors = self.colors
        room = {"l": 8, "r": 8, "t": 8, "b": 32} | dict(margin or {})
        axis = {
            "gridcolor": colors.grid,
            "linecolor": colors.line,
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "tickfont": {"color": colors.muted, "size": self.px(12)},
        }
        style = {
            "template": "none",
            "height": self.px(height),
            "margin": {side: self.px(room[side]) for side in room} | {"pad": 4},
            "font": {"family": FONT, "size": self.px(13), "color": colors.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "bargap": 0.42,
            "colorway": [colors.accent, colors.won, colors.lost, colors.back, colors.neutral],
            "hoverlabel": {
                "bgcolor": colors.ink,
                "bordercolor": colors.ink,
                "align": "left",
                "font": {"family": FONT, "size": self.px(12), "color": colors.surface},
            },
            "hovermode": "closest",
            "dragmode": False,
            "separators": ".,",
        }
        axes = {name: axis | layout[name] for name in layout if name.startswith(("xaxis", "yaxis"))}
        return go.Figure(list(traces), style | layout | axes)

    def text(self, words: object) -> str:
        """Our own words for a figure. Plotly reads left to right, so Hebrew goes inside an isolate."""
        return self.locale.isolate(str(words))

    def name(self, value: object, longest: int = 28) -> str:
        """A name from the data for a figure: what looks like markup is shown as it is, a long one is cut."""
        words = " ".join(CONTROLS.sub("", str(value)).split())
        words = words if len(words) <= longest else words[: longest - 1] + "…"
        return self.text(escape(words, quote=False))  # Plotly shows &quot; as it is

    def note(self, words: str, **where: Any) -> dict[str, Any]:
        """An annotation of our own words: the direct label that stands in for a legend."""
        quiet = {"showarrow": False, "font": {"size": self.px(12), "color": self.colors.muted}}
        return quiet | where | {"text": self.text(words)}

    def title(self, words: str) -> dict[str, Any]:
        """What an axis measures, written along it."""
        return {
            "text": self.text(words),
            "font": {"size": self.px(12), "color": self.colors.muted},
            "standoff": self.px(8),
        }

    def bars(self, span: tuple[float, float], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Both axes of horizontal bars. In Hebrew they start at the right; time and coordinates never flip."""
        start, end = span[::-1] if self.locale.rtl else span
        return {
            "xaxis": {"range": [start, end], "showticklabels": False, "showgrid": False},
            "yaxis": self.lines(names) | {"range": None, "autorange": "reversed"},
        }

    def lines(self, names: Sequence[str]) -> dict[str, Any]:
        """The axis with a line for each of `names`, the first on top, named where its language begins to read."""
        return {
            "range": [len(names) - 0.5, -0.5],
            "tickvals": list(range(len(names))),
            "ticktext": list(names),
            "showgrid": False,
            "side": "right" if self.locale.rtl else "left",
            "tickfont": {"color": self.colors.ink, "size": self.px(13)},
        }

    def upright(self, x: float, axes: str = "") -> dict[str, Any]:
        """A line from top to bottom behind the marks, on the axes with the number `axes`."""
        return {
            "type": "line", "x0": x, "x1": x, "xref": f"x{axes}", "y0": 0, "y1": 1, "yref": f"y{axes} domain",
            "line": {"color": self.colors.neutral, "width": 1.5}, "layer": "below",
        }  # fmt: skip

    @property
    def dark(self) -> bool:
        return self.colors is DARK

    @property
    def near(self) -> str:
        """The side where reading starts: `l` or `r`, as Plotly names margins."""
        return "r" if self.locale.rtl else "l"

    @property
    def far(self) -> str:
        return "l" if self.locale.rtl else "r"

    def beside(self, shift: int) -> dict[str, Any]:
        """Where a column of numbers stands: in the far margin, `shift` pixels out."""
        out = -1 if self.locale.rtl else 1
        return {
            "x": 0 if self.locale.rtl else 1,
            "xref": "paper",
            "xanchor": "center",
            "xshift": self.px(shift) * out,
            "showarrow": False,
        }

    def small(self, text: str, color: str = "") -> str:
        """A second, quieter line or phrase inside a label."""
        return f"<span style='font-size:{self.px(11)}px;color:{color or self.colors.muted}'>{text}</span>"

    @property
    def hatch(self) -> dict[str, Any]:
        """Marker for what is not decided yet: still open, immature, too young to count."""
        return {
            "color": self.colors.surface,
            "line": {"color": self.colors.neutral, "width": 1},
            "pattern": {
                "shape": "/",
                "fgcolor": self.colors.neutral,
                "bgcolor": self.colors.surface,
                "size": 5,
                "solidity": 0.28,
            },
        }

    def whisker(
        self, low: Sequence[float], high: Sequence[float], value: Sequence[float], color: str = ""
    ) -> dict[str, Any]:
        """Error bar for a 95% interval: thin, no caps, drawn over the mark."""
        plus = [top - middle for top, middle in zip(high, value, strict=True)]
        minus = [middle - bottom for bottom, middle in zip(low, value, strict=True)]
        return {
            "type": "data",
            "symmetric": False,
            "array": plus,
            "arrayminus": minus,
            "color": color or self.colors.ink,
            "thickness": 1.5,
            "width": 0,
        }

    def dots(
        self, values: Sequence[Any], places: Sequence[float], low: Sequence[Any], high: Sequence[Any], said: Sequence[str], color: str,
        size: int = 11,
    ) -> dict[str, Any]:  # fmt: skip
        """The trace of a dot a line with its 95% interval across; `said` are our own words under the pointer."""
        return {
            "type": "scatter", "mode": "markers", "x": list(values), "y": list(places),
            "marker": {"color": color, "size": self.px(size), "line": {"width": 0}},
            "error_x": self.whisker(low, high, values, color),
            "customdata": [[self.text(words)] for words in said], "hovertemplate": "%{customdata[0]}<extra></extra>",
        }  # fmt: skip

    def ribbon(self, x: Sequence[Any], low: Sequence[float], high: Sequence[float]) -> dict[str, Any]:
        """The trace that shades a 95% interval between two lines."""
        return {
            "type": "scatter",
            "x": [*x, *reversed(x)],
            "y": [*high, *reversed(low)],
            "fill": "toself",
            "fillcolor": self.colors.ribbon,
            "line": {"width": 0, "shape": "linear"},
            "hoverinfo": "skip",
            "mode": "lines",
        }

    def css(self) -> str:
        """The same colours for HTML and CSS, as `--sh-<role>`."""
        roles = {field.name: getattr(self.colors, field.name) for field in fields(Colors) if field.name != "heat"}
        return ":root{" + "".join(f"--sh-{name.replace('_', '-')}:{value};" for name, value in roles.items()) + "}"


def touch(one: Box, other: Box) -> bool:
    """Whether two boxes lie on each other."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def blend(scale: Sequence[str], share: float) -> str:
    """The colour at `share` of the way along a scale."""
    place = min(max(share, 0), 1) * (len(scale) - 1)
    first, second = scale[int(place)], scale[min(int(place) + 1, len(scale) - 1)]
    mixed = (round(a + (b - a) * (place - int(place))) for a, b in zip(_rgb(first), _rgb(second), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on `color`: never under 4.5:1."""
    linear = [part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in _rgb(color)]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#FFFFFF" if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else "#000000"


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def fade(color: str, share: float) -> str:
    """`#rrggbb` at a share of its strength."""
    return f"rgba{(*_rgb(color), share)}"
