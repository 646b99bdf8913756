"""The chart of the score over time, by its traces."""

from datetime import date

import pandas as pd

from ui.charts.nps_trend import Level, Step, trend_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b> and a very long name of a day'


def month(number, nps, n=100, **given):
    return {
        "period": f"2026-{number:02}", "starts_on": date(2026, number, 1), "ends_on": date(2026, number, 28), "n": n, "nps": nps,
        "low": None if nps is None else nps - 12, "high": None if nps is None else nps + 12, "difference": 5.0, "real_change": False,
    } | given  # fmt: skip


def drawn(*months, levels=(), steps=(), marks=(), target=None, code="en"):
    rows = pd.DataFrame(list(months))
    names = [f"M{place}" for place in range(len(rows))]
    return trend_figure(rows, names, levels, steps, marks, target, Look(Locale(code), LIGHT))


def line(figure):
    return next(trace for trace in figure.data if trace.mode == "lines+markers")


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def test_a_real_change_is_large_and_filled_and_the_rest_is_hollow():
    points = line(drawn(month(1, 20.0), month(2, 22.0), month(3, -10.0, real_change=True), month(4, None, 0)))
    assert list(points.y) == [20, 22, -10, None]
    assert points.marker.color[2] == LIGHT.accent and points.marker.color[1] == LIGHT.surface
    assert points.marker.size[2] > points.marker.size[1]
    assert "real change" in points.customdata[2][3] and "could be chance" in points.customdata[1][3]


def test_below_ten_answers_there_is_a_count_and_no_score():
    figure = drawn(month(1, 20.0), month(2, 100.0, n=9), month(3, 25.0), month(4, 24.0))
    points = line(figure)
    assert points.y[1] is None and points.customdata[1][2] == "not enough · 9"
    assert "9" in texts(figure)
    # A ribbon for two in a row, a whisker for the one by itself.
    ribbons = [trace for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"]
    assert len(ribbons) == 1 and len(ribbons[0].x) == 4
    assert sum(trace.error_y.array is not None for trace in figure.data if trace.type == "scatter") == 1
    bars = next(trace for trace in figure.data if trace.type == "bar")
    assert list(bars.y) == [100, 9, 100, 100]


def test_changes_have_their_levels_day_and_points():
    levels = [Level(date(2026, 1, 1), date(2026, 3, 5), 20.0), Level(date(2026, 3, 5), date(2026, 4, 28), -5.0)]
    figure = drawn(
        *(month(number, 0.0) for number in range(1, 5)), levels=levels, steps=[Step(date(2026, 3, 5), -25.0)]
    )
    (upright,) = figure.layout.shapes
    assert upright.x0 == "2026-03-05" and upright.line.color == LIGHT.lost
    assert "5 Mar 2026 <b>−25</b>" in texts(figure)
    assert "<b>+20</b>" in texts(figure) and "<b>−5</b>" in texts(figure)
    dashed = [
        trace
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "lines" and trace.line.dash == "dash"
    ]
    assert [list(trace.y) for trace in dashed] == [[20, 20], [-5, -5]]


def test_the_target_and_marked_days():
    months = [month(number, 10.0) for number in range(1, 7)]
    marks = [(date(2026, 2, 1), HOSTILE), (date(2026, 2, 10), "Too near"), (date(2027, 1, 1), "Later")]
    figure = drawn(*months, marks=marks, target=30)
    assert "target +30" in texts(figure)
    assert len(figure.layout.shapes) == 3  # the target, and two days that are in the trend
    assert not any("<b onmouseover" in text or "Too near" in text or "Later" in text for text in texts(figure))
    assert figure.layout.yaxis.range[1] > 30


def test_one_period_alone_and_none_with_enough():
    assert line(drawn(month(1, 20.0))).y[0] == 20
    figure = drawn(month(1, 20.0, n=3), month(2, 20.0, n=4))
    assert all(value is None for value in line(figure).y)


def test_time_runs_the_same_way_in_hebrew():
    figure = drawn(month(1, 20.0), month(2, 10.0), code="he")
    low, high = figure.layout.xaxis.range
    assert low < high
