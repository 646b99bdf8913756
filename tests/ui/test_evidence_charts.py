"""The charts of "How sure", by their traces."""

import pandas as pd
import pytest

from ui.charts.evidence import calibration_figure, deciles_figure, origins_figure
from ui.charts.theme import DARK, Look
from ui.locale import Locale

ORIGINS = pd.DataFrame(
    {
        "told": [900.0, 400.0], "low": [800.0, 350.0], "high": [1000.0, 450.0], "came": [1200.0, 410.0], "naive": [1500.0, 380.0],
        "error": [-0.25, None],
    }
)  # fmt: skip
NAMES = [("from 1 Jan 2026", "26 weeks"), ("from 1 Apr 2026", "13 weeks")]
DECILES = pd.DataFrame(
    {
        "decile": [1, 2, 3], "customers": [12, 11, 9], "told": [100.0, 50.0, 10.0], "low": [80.0, 40.0, 5.0], "high": [130.0, 70.0, 20.0],
        "came": [90.0, 60.0, 5.0],
    }
)  # fmt: skip
CHANCES = pd.DataFrame(
    {
        "predicted": [0.1, 0.5, 0.9], "observed": [0.12, 0.8, 0.9], "low": [0.05, 0.7, 0.6], "high": [0.2, 0.9, 0.99], "n": [40, 50, 9],
    }
)  # fmt: skip


def texts(figure):
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("language", ["en", "he"])
def test_a_line_a_day_with_what_was_told_came_and_was_before(language):
    figure = origins_figure(ORIGINS, NAMES, Look(Locale(language)), currency="USD")
    naive, told, came = figure.data
    assert list(told.x) == [900, 400] and list(told.y) == [0, 1]
    assert list(told.error_x.array) == [100, 50] and list(told.error_x.arrayminus) == [100, 50]
    assert list(came.x) == [1200, 410] and came.marker.symbol == "diamond"
    assert list(naive.x) == [1500, 380]
    said = " ".join(texts(figure))
    assert "−25%" in said and "<b>–</b>" in said
    low, high = figure.layout.xaxis.range  # amounts never run backwards
    assert low < 0 < 1500 < high
    assert all("$" in tick for tick in figure.layout.xaxis.ticktext)


def test_without_amounts_they_are_counts():
    figure = origins_figure(ORIGINS, NAMES, Look(Locale("en")), currency=None, is_money=False)
    assert figure.layout.xaxis.ticktext[0] == "0" and "$" not in "".join(figure.layout.xaxis.ticktext)
    assert figure.data[1].customdata[0][0] == "told: <b>900</b>"


@pytest.mark.parametrize(("language", "first_is_left"), [("en", True), ("he", False)])
def test_tenths_are_pairs_of_bars_and_mirror(language, first_is_left):
    figure = deciles_figure(DECILES, Look(Locale(language)), currency="USD")
    told, came = figure.data
    assert list(told.y) == [100, 50] and list(came.y) == [90, 60]
    assert list(told.error_y.array) == [30, 20]
    start, end = figure.layout.xaxis.range
    assert (start < end) is first_is_left
    # What was told stands first, as one reads along the axis.
    assert told.x[0] < came.x[0]
    assert any("9" in text for text in texts(figure))
    assert list(figure.layout.xaxis.tickvals) == [1, 2, 3]


def test_chances_stand_against_the_line_and_few_are_left_out():
    figure = calibration_figure(CHANCES, Look(Locale("en"), DARK), across="told", up="left")
    line, dots = figure.data
    assert list(line.x) == list(line.y)
    assert list(dots.x) == [0.1, 0.5] and list(dots.y) == [0.12, 0.8]
    assert list(dots.marker.color) == [DARK.accent, DARK.surface]  # the second lies off the line
    assert "n = 40" in dots.customdata[0][0] and "5–20%" in dots.customdata[0][0]
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.xaxis.title.text == "told"


def test_nothing_to_draw_draws_nothing():
    nothing = CHANCES.assign(n=3)
    assert not figure_dots(calibration_figure(nothing, Look(Locale("he")), across="a", up="b"))
    zero = ORIGINS.assign(**{name: 0.0 for name in ("told", "low", "high", "came", "naive")}, error=None)
    assert list(origins_figure(zero, NAMES, Look(Locale("en")), currency=None).data[1].x) == [0, 0]
    assert not list(deciles_figure(DECILES.assign(customers=2), Look(Locale("en")), currency=None).data[0].y)


def figure_dots(figure):
    return list(figure.data[1].x)
