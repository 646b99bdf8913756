"""The charts of who answers, by their traces."""

import pandas as pd

from ui.charts.nps_reach import Dot, dots_figure, trend_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'


def trend(*rows, code="en"):
    made = [
        {"period": f"2026-{place:02}", "settled": n, "undecided_invited": young, "response_rate": rate, "response_low": rate and rate - 0.1,
         "response_high": rate and rate + 0.1}
        for place, (n, young, rate) in enumerate(rows, 1)
    ]  # fmt: skip
    return trend_figure(pd.DataFrame(made), Look(Locale(code), LIGHT))


def dots(*given, code="en", **options):
    return dots_figure(list(given), Look(Locale(code), LIGHT), (0.0, 1.0), [(0.5, "50%")], **options)


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_periods_with_too_few_have_no_point_and_break_the_line():
    drawn = trend((40, 0, 0.4), (40, 0, 0.5), (9, 0, 0.9), (40, 0, 0.3))
    lines = [trace for trace in drawn.data if trace.mode == "lines" and trace.line.width]
    assert [list(line.x) for line in lines] == [[0, 1], [3]]
    points = drawn.data[-1]
    assert list(points.y) == [0.4, 0.5, 0.3] and "n = 40" in points.customdata[0][0]
    assert "30%" in texts(drawn)


def test_points_are_hollow_while_some_are_undecided():
    points = trend((40, 0, 0.4), (40, 5, 0.5)).data[-1]
    assert list(points.marker.color) == [LIGHT.accent, LIGHT.surface]


def test_time_never_flips_and_nothing_at_all_is_drawn_too():
    drawn = trend((40, 0, 0.4), (40, 0, 0.5), code="he")
    assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
    assert not len(trend((3, 0, 0.5)).data[-1].x)


def test_what_stands_is_in_accent_and_what_is_unknown_says_so():
    real = Dot("A", 0.2, 0.1, 0.3, "20%", "40", True)
    chance, few = Dot("B", 0.5, 0.4, 1.4, "50%", "41"), Dot("C", None, None, None, "not enough · 4", "4")
    drawn = dots(real, chance, few, line=0.4, line_words="all: 40%", heads="invitations")
    first, second = drawn.data
    assert (list(first.x), list(first.y), first.marker.color) == ([0.2], [0], LIGHT.accent)
    assert (list(second.x), list(second.y), second.marker.color) == ([0.5], [1], LIGHT.neutral)
    # An interval is cut at the end of the axis.
    assert second.error_x.array[0] == 0.5 and drawn.layout.shapes[0].x0 == 0.4
    assert {"20%", "50%", "not enough · 4", "all: 40%", "invitations"} <= set(texts(drawn))


def test_names_are_no_markup_and_stand_where_reading_begins():
    drawn = dots(Dot(HOSTILE, 0.2, 0.1, 0.3, "20%"), code="he")
    assert "<b onmouseover" not in drawn.layout.yaxis.ticktext[0] and drawn.layout.yaxis.side == "right"
    assert not dots().data[0].x
