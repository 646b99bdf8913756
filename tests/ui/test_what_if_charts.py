"""The charts of what-if, by their traces."""

from itertools import pairwise

import pandas as pd
import pytest

from ui.charts.theme import DARK, LIGHT, Look
from ui.charts.what_if_fan import bands_key, fan_figure
from ui.charts.what_if_flows import flows_figure, periods
from ui.charts.what_if_retention import history_figure, worth_figure
from ui.charts.what_if_tornado import tornado_figure
from ui.charts.what_if_waterfall import waterfall_figure
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'
LEVELS = {"p05": -30.0, "p10": -20.0, "p25": -10.0, "median": 0.0, "p75": 10.0, "p90": 20.0, "p95": 30.0}


def look(code="en", colors=LIGHT):
    return Look(Locale(code, "USD"), colors)


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def months(middles, baseline=0.0, dated=True):
    """By month, with bands that widen by the month."""
    days = pd.date_range("2026-07-01", periods=len(middles), freq="MS")
    return pd.DataFrame([
        {"month": place, "starts_on": day.date().isoformat() if dated else None, "baseline": baseline}
        | {name: middle + place * away for name, away in LEVELS.items()}
        for place, (day, middle) in enumerate(zip(days, middles, strict=True), 1)
    ])  # fmt: skip


def fan(middles, *, difference=True, code="en", **given):
    baseline = given.pop("baseline", 0.0)
    rows = months(middles, baseline, given.pop("dated", True))
    options = {"measure": "money", "currency": "USD", "is_difference": difference} | given
    return fan_figure(rows, look(code), **options)


# the fan


def test_a_difference_begins_at_nothing_and_has_three_bands_and_a_line_at_zero():
    wide, eighty, half, zero, middle = fan([-100.0, 0.0, 100.0]).data
    assert list(middle.x) == [0, 1, 2, 3] and list(middle.y) == [0, -100, 0, 100]
    assert list(zero.y) == [0, 0, 0, 0] and zero.line.color == LIGHT.ink
    # Upwards along the top, back along the bottom.
    assert list(wide.y) == [0, -70, 60, 190, 10, -60, -130, 0]
    assert max(eighty.y) == 160 and max(half.y) == 130 and len({wide.fillcolor, eighty.fillcolor, half.fillcolor}) == 3


def test_a_level_begins_in_the_first_month_and_has_the_line_without_it():
    drawn = fan([1000.0, 1010.0], difference=False, baseline=990.0)
    *_bands, without, middle = drawn.data
    assert list(middle.x) == [1, 2] and list(without.y) == [990, 990] and without.line.color == LIGHT.neutral
    assert any("without it" in text for text in texts(drawn)) and len(texts(drawn)) == 4
    assert "$1.01K with it (80%: $970 … $1.05K), $990 without" in middle.customdata[1][0]


def test_the_ends_are_said_and_do_not_lie_on_each_other():
    drawn = fan([1000.0, 1000.0], difference=False, baseline=1000.0)
    span = drawn.layout.yaxis.range
    plot = drawn.layout.height - drawn.layout.margin.t - drawn.layout.margin.b
    places = sorted((note.y - span[0]) / (span[1] - span[0]) * plot + note.yshift for note in drawn.layout.annotations)
    assert all(above - below > 28 for below, above in pairwise(places))
    assert places[0] >= 0 and places[-1] <= plot


def test_the_months_it_is_paid_back_from_are_marked():
    marked = fan([-100.0, 0.0, 100.0], paid_back=2)
    point = marked.data[-1]
    assert (list(point.x), list(point.y)) == ([2], [0]) and "paid back in month 2" in texts(marked)
    assert len(fan([-100.0, 0.0, 100.0]).data) == len(marked.data) - 1


def test_time_is_never_mirrored_and_months_without_dates_are_numbered():
    for code in ("en", "he"):
        axis = fan([1.0] * 36, code=code).layout.xaxis
        assert list(axis.range) == [0, 36] and list(axis.tickvals) == [6, 12, 18, 24, 30, 36]
    assert "month 2:" in fan([1.0, 2.0], dated=False).data[-1].customdata[2][0]


def test_levels_far_from_nothing_need_not_begin_there_but_differences_hold_zero():
    assert fan([1000.0, 1000.0], difference=False, baseline=1000.0).layout.yaxis.range[0] > 0
    assert fan([100.0, 20.0], difference=False, baseline=100.0).layout.yaxis.range[0] <= 0
    low, high = fan([500.0, 600.0]).layout.yaxis.range
    assert low <= 0 < high


def test_customers_are_counted_and_a_scenario_that_changes_nothing_is_drawn():
    assert any("<b>6.5</b>" in text for text in texts(fan([6.5], difference=False, baseline=6.0, measure="customers")))
    rows = months([0.0, 0.0]).assign(**{name: 0.0 for name in LEVELS})
    flat = fan_figure(rows, look(), measure="money", currency="USD", is_difference=True)
    low, high = flat.layout.yaxis.range
    assert low < high


def test_the_key_names_bands_and_the_line_without_it():
    assert len(bands_key(look(), is_difference=True)) == 4
    assert ("line:" + DARK.neutral, "without it") in bands_key(look(colors=DARK), is_difference=False)


# what decides it


def tornado(code="en", names=("Retention", "Cost")):
    rows = pd.DataFrame({"profit_at_low": [-200.0, 900.0], "profit_at_high": [1600.0, 500.0]})
    return tornado_figure(rows, names, [("1 pts", "8 pts"), ("$300", "$700")], 700.0, look(code), currency="USD")


def test_bars_go_from_the_middle_to_both_ends_and_say_the_amounts():
    drawn = tornado()
    low, high = drawn.data
    assert low.base == 700 and list(low.x) == [-900, 200] and low.marker.color == LIGHT.neutral
    assert list(high.x) == [900, -200] and high.marker.color == LIGHT.accent
    said = " ".join(texts(drawn))
    assert "−$200" in said and "8 pts" in said and "all in the middle: +$700" in said


def test_more_is_where_reading_ends_in_both_languages():
    for code, first in (("en", "right"), ("he", "left")):
        drawn = tornado(code)
        start, end = drawn.layout.xaxis.range
        assert (start < end) == (code == "en")
        assert next(note for note in drawn.layout.annotations if "−$200" in note.text).xanchor == first


# lever by lever


def test_steps_begin_where_the_last_ended_and_the_sum_begins_at_nothing():
    rows = pd.DataFrame({"profit_change": [800.0, -300.0, 500.0]})
    (bars,) = (drawn := waterfall_figure(rows, ["A", "Cost", "With it"], 9000.0, look(), currency="USD")).data
    assert list(bars.base) == [0, 800, 0] and list(bars.x) == [800, -300, 500]
    assert list(bars.marker.color) == [LIGHT.accent, LIGHT.neutral, LIGHT.ink]
    assert "without it: $9K" in texts(drawn) and drawn.layout.xaxis.range[0] <= 0
    assert drawn.layout.xaxis.range[1] < 2000  # differences: not stretched by what comes anyway


def test_a_scenario_of_the_sum_alone_and_one_that_loses():
    (bars,) = waterfall_figure(pd.DataFrame({"profit_change": [0.0]}), ["With it"], 0.0, look("he"), currency="USD").data  # fmt: skip
    assert list(bars.base) == [0] and list(bars.x) == [0]
    drawn = waterfall_figure(pd.DataFrame({"profit_change": [-500.0, -500.0]}), ["A", "With it"], 9.0, look(), currency="")  # fmt: skip
    assert drawn.layout.xaxis.range[0] < -500


# who comes and goes


def flows(n):
    return pd.DataFrame([
        {"month": month, "course": course, "came": 10.0, "left": left}
        for course, left in (("baseline", 6.0), ("scenario", 4.0)) for month in range(1, n + 1)
    ])  # fmt: skip


@pytest.mark.parametrize(("n", "bars", "first"), [(12, 12, (1, 1)), (36, 12, (1, 3)), (60, 10, (1, 6)), (16, 6, (1, 3))])  # fmt: skip
def test_months_are_summed_until_they_are_few(n, bars, first):
    summed = periods(flows(n))
    own = summed[summed["course"] == "scenario"]
    assert len(own) == bars and (own["first"].iloc[0], own["last"].iloc[0]) == first
    assert own["last"].iloc[-1] == n and own["came"].sum() == 10 * n and own["left"].sum() == 4 * n


def test_who_comes_is_up_who_leaves_is_down_and_a_line_is_without_it():
    drawn = flows_figure(periods(flows(3)), look("he"))
    came, came_without, left, left_without = drawn.data
    assert list(came.y) == [10, 10, 10] and list(left.y) == [-4, -4, -4] and list(left_without.y) == [-6, -6, -6]
    assert list(came_without.y) == [10, 10, 10]
    assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
    assert all(not text.startswith("−") for text in drawn.layout.yaxis.ticktext)


# what retention is worth


def test_what_points_are_worth_stands_beside_what_is_quoted():
    rows = pd.DataFrame({"change": [0.03, 0.36], "low": [0.02, 0.3], "high": [0.05, 1.4]})
    for code, side in (("en", "left"), ("he", "right")):
        drawn = worth_figure(rows, ["In the first year", "As it is quoted"], look(code))
        (dots,) = drawn.data
        assert list(dots.x) == [0.03, 0.36] and dots.error_x.array[1] == pytest.approx(1.04)
        box = drawn.layout.shapes[0]
        assert (box.x0, box.x1) == (0.25, 0.95) and drawn.layout.yaxis.side == side
        start, end = drawn.layout.xaxis.range
        assert start < 0 and end > 1.4
    assert "quoted: 25–95%" in texts(worth_figure(rows, ["A", "B"], look()))


def test_windows_that_reached_the_goal_are_filled():
    rows = pd.DataFrame({"until": ["2026-01-31", "2026-02-28", "2026-03-31"], "rate": [0.9, 1.05, 1.2]})
    drawn = history_figure(rows, 1.05, look("he"), label="to")
    _line, dots = drawn.data
    assert list(dots.marker.color) == [LIGHT.surface, LIGHT.accent, LIGHT.accent]
    assert list(dots.x) == sorted(dots.x) and any("105%" in text for text in texts(drawn))
    assert drawn.layout.shapes[0].y0 == 1.05
    low, high = drawn.layout.yaxis.range
    assert low < 0.9 and high > 1.2


def test_a_goal_far_away_is_in_sight_and_one_window_is_drawn():
    drawn = history_figure(pd.DataFrame({"until": ["2026-01-31"], "rate": [0.5]}), 3.0, look(), label="to")
    assert drawn.layout.yaxis.range[1] > 3 and len(drawn.layout.yaxis.tickvals)


def test_names_are_no_markup():
    drawn = tornado(names=(look().name(HOSTILE), "Cost"))
    assert "<b onmouseover" not in drawn.layout.yaxis.ticktext[0]
