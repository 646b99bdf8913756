"""The charts of the views of what-if other than its main one, by their traces."""

from datetime import date

import pandas as pd
import pytest

from ui.charts.theme import DARK, LIGHT, Look
from ui.charts.what_if_amounts import Beside, amounts_figure, round_ticks
from ui.charts.what_if_budget import money_figure
from ui.charts.what_if_evidence import came_figure
from ui.charts.what_if_looked_back import months_figure
from ui.locale import Locale
from ui.what_if.budget import enough_money

HOSTILE = '<b onmouseover="x">=1+1</b>'
LOOKS = {"en": Look(Locale("en", "USD"), LIGHT), "he": Look(Locale("he", "ILS"), DARK)}


def amounts(*rows, names=None, beside=(), code="en"):
    made = pd.DataFrame([dict(zip(("value", "low", "high", "is_main"), row, strict=True)) for row in rows])
    names = names or [(f"Line {n}", "") for n in range(len(rows))]
    return amounts_figure(made, names, beside, LOOKS[code], currency="USD")


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


# amounts


def test_an_amount_is_a_dot_with_its_whisker_and_only_the_main_ones_are_in_colour():
    drawn = amounts((120.0, 60.0, 190.0, True), (75.0, 20.0, 130.0, False))
    main, others = drawn.data
    assert (list(main.x), list(main.y), main.marker.color) == ([120.0], [0], LIGHT.accent)
    assert (list(others.x), list(others.y), others.marker.color) == ([75.0], [1], LIGHT.neutral)
    assert (main.error_x.arrayminus[0], main.error_x.array[0]) == (60.0, 70.0)
    assert "<b>$120</b> $60–190" in main.customdata[0][0]


def test_nought_is_a_line_where_an_interval_crosses_it_and_always_on_the_scale():
    assert not amounts((120.0, 60.0, 190.0, True)).layout.shapes
    crossed = amounts((10.0, -40.0, 60.0, True))
    assert crossed.layout.shapes[0].x0 == 0.0
    for drawn in (amounts((120.0, 60.0, 190.0, True)), amounts((-20.0, -40.0, -5.0, True)), crossed):
        least, most = drawn.layout.xaxis.range
        assert least <= 0 <= most


def test_words_stand_beside_their_lines_and_a_line_without_an_amount_has_words_only():
    drawn = amounts(
        (10.0, 5.0, 20.0, True), (None, None, None, False), beside=[Beside("it pays", ["92%", "not known"])]
    )
    assert sum(len(trace.x) for trace in drawn.data) == 1
    assert {"it pays", "92%", "not known"} <= set(texts(drawn))
    places = {note.text: note.y for note in drawn.layout.annotations}
    assert (places["92%"], places["not known"]) == (0, 1)


def test_names_from_the_data_are_no_markup_and_stand_where_reading_begins():
    drawn = amounts((10.0, 5.0, 20.0, True), names=[(HOSTILE, "the same money")], code="he")
    assert drawn.layout.yaxis.side == "right" and "<b onmouseover" not in drawn.layout.yaxis.ticktext[0]
    assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]


def test_nothing_but_noughts_still_has_a_scale():
    least, most = amounts((0.0, 0.0, 0.0, True)).layout.xaxis.range
    assert least < 0 < most


@pytest.mark.parametrize("least,most", [(0, 1), (0, 98765), (-3.2e6, 1.1e6), (0, 0.004), (-5, -1)])
def test_ticks_are_round_few_and_inside(least, most):
    ticks = round_ticks(least, most)
    assert 2 <= len(ticks) <= 6
    assert all(least - 1e-9 <= tick <= most + 1e-9 for tick in ticks)
    if least <= 0 <= most:
        assert 0 in ticks


# gain by money


def curve(chosen=(20.0, 120.0), enough=None, code="en"):
    rows = pd.DataFrame({"budget": [0.0, 10, 20, 40], "gain": [0.0, 80, 120, 130], "low": [0.0, 40, 60, 60], "high": [0.0, 120, 190, 210]})  # fmt: skip
    return money_figure(rows, chosen, enough, LOOKS[code], currency="USD")


def test_the_gain_by_money_has_its_band_and_a_point_where_one_is():
    band, line, point = curve().data
    assert list(line.x) == [0, 10, 20, 40] and list(line.y) == [0, 80, 120, 130]
    assert max(band.y) == 210 and min(band.y) == 0
    assert (list(point.x), list(point.y)) == ([20.0], [120.0])
    assert "with $20: <b>$120</b> ($60–190)" in line.customdata[2][0]


def test_where_more_money_stops_paying_is_a_line_with_words():
    assert not curve().layout.shapes
    drawn = curve(enough=40.0)
    assert drawn.layout.shapes[0].x0 == 40.0 and "from $40 on more money does not pay" in texts(drawn)


def test_money_runs_from_left_to_right_in_both_languages():
    for code in ("en", "he"):
        axis = curve(code=code).layout.xaxis
        assert axis.range[0] < axis.range[1]


# what came


def months(code="en", **given):
    rows = pd.DataFrame({
        "month": [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)],
        "baseline": [100.0, 100, 100], "baseline_low": [80.0, 80, 80], "baseline_high": [120.0, 120, 120],
        "scenario": [100.0, 110, 120], "scenario_low": [80.0, 90, 95], "scenario_high": [120.0, 130, 150],
        "actual": [95.0, 140.0, None], "is_complete": [True, False, False],
    } | given)  # fmt: skip
    return months_figure(rows, LOOKS[code], currency="USD")


def test_what_came_lies_over_both_bands_and_a_month_that_is_not_over_is_hollow():
    without, _line, with_, _with_line, came = months().data
    assert max(without.y) == 120 and max(with_.y) == 150
    assert list(came.y) == [95.0, 140.0] and list(came.marker.color) == [LIGHT.ink, LIGHT.surface]
    assert "Jul 26 · came: <b>$95</b>" in came.customdata[0][0] and "so far" in came.customdata[1][0]


def test_without_anything_that_came_the_bands_stand_alone():
    assert not len(months(actual=[None] * 3).data[-1].x)


def test_time_never_flips():
    for code in ("en", "he"):
        axis = months(code).layout.xaxis
        assert axis.range[0] < axis.range[1]


# new customers


def test_new_customers_have_a_bar_a_month_and_the_rate_told_its_band():
    rows = pd.DataFrame({"month": [date(2026, 1, 1), date(2026, 2, 1)], "new_customers": [4, 9]})
    drawn = came_figure(rows, (5.0, 6.5, 8.0), LOOKS["en"])
    assert list(drawn.data[0].y) == [4, 9]
    band, line = drawn.layout.shapes
    assert (band.y0, band.y1, line.y0) == (5.0, 8.0, 6.5)
    assert "told: 6.5 a month" in texts(drawn)
    assert not came_figure(rows, None, LOOKS["en"]).layout.shapes


# where more money stops paying


def test_money_that_a_cost_paid_once_eats_up_is_not_enough():
    def curve_of(*given):
        return [{"cost": cost, "next_unit": next_unit} for cost, next_unit in given]

    assert enough_money(curve_of((0, 0.0), (50, 3.0), (90, 0.0), (95, 0.0))) == 90
    assert enough_money(curve_of((0, 0.0), (50, 3.0))) is None
    assert enough_money(curve_of((90, 0.0), (90, 0.0))) == 90
