"""The charts of what goes with winning, by their traces."""

import pandas as pd
import pytest

from ui.charts.causes import dots_figure, pairs_figure
from ui.charts.theme import Look
from ui.locale import Locale

EN, HE = Look(Locale("en")), Look(Locale("he"))
NAMES = [("by 1 d", "40 against 60 deals"), ("by 3 d", "50 against 50 deals"), ("by 7 d", "9 against 80 deals")]


def pairs():
    return pd.DataFrame({
        "yes": [0.5, 0.4, 0.9], "yes_low": [0.4, 0.3, 0.5], "yes_high": [0.6, 0.5, 1.0], "yes_n": [40, 50, 9],
        "no": [0.2, 0.35, 0.3], "no_low": [0.1, 0.25, 0.2], "no_high": [0.3, 0.45, 0.4], "no_n": [60, 50, 80],
        "difference": [0.3, 0.05, 0.6], "difference_low": [0.1, -0.1, 0.1], "difference_high": [0.4, 0.2, 0.8], "is_real": [True, False, False],
    })  # fmt: skip


def dots(**more):
    return pd.DataFrame({
        "rate": [-0.05, 0.2, 0.4], "low": [-0.1, 0.1, 0.3], "high": [0.0, 0.3, 0.5], "n": [30, 9, 40], "is_real": [True, False, False], **more
    })  # fmt: skip


def texts(figure):
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("look", [EN, HE])
def test_pairs_are_filled_and_hollow_and_only_real_ones_have_colour(look):
    figure = pairs_figure(pairs(), NAMES, look, head="difference")
    real_yes, chance_yes, real_no, chance_no = figure.data
    assert list(real_yes.x) == [0.5] and real_yes.marker.color == look.colors.accent
    assert list(chance_yes.x) == [0.4] and chance_yes.marker.color == look.colors.neutral
    assert {real_no.marker.color, chance_no.marker.color} == {look.colors.surface}
    # Each line's two marks stand above and below its middle; a point tells which line it is of.
    assert real_yes.y[0] < 0 < real_no.y[0] and [point[0] for point in chance_no.customdata] == [1, 2]
    assert list(real_yes.error_x.array) == pytest.approx([0.1])
    assert any("not enough · 9" in text or ("9" in text and "·" in text) for text in texts(figure))
    # The difference stands beside what is told on both sides only.
    beside = [note for note in figure.layout.annotations if note.xref == "paper" and note.yref != "paper"]
    assert [note.y for note in beside] == [0, 1] and "30" in beside[0].text


def test_few_deals_are_counted_not_told():
    figure = dots_figure(dots(), NAMES, EN, typical=0.3, line="everyone", head="rate")
    assert sorted(value for trace in figure.data for value in trace.x) == [-0.05, 0.4]
    assert any("not enough · 9" in text for text in texts(figure)) and any("40%" in text for text in texts(figure))
    assert figure.layout.shapes[0].x0 == 0.3
    assert figure.layout.xaxis.range[0] < -0.1 and figure.layout.xaxis.range[1] > 0.5


def test_a_mark_is_drawn_where_it_can_be_reached():
    figure = dots_figure(dots(mark=[0.1, 0.2, 1.4]), NAMES, EN)
    assert [list(trace.x) for trace in figure.data if trace.marker.symbol == "line-ns"] == [[0.1]]
    assert not [trace for trace in dots_figure(dots(), NAMES, EN).data if trace.marker.symbol == "line-ns"]


def test_time_and_shares_never_flip_but_names_stand_where_reading_starts():
    english, hebrew = (dots_figure(dots(), NAMES, look) for look in (EN, HE))
    assert english.layout.xaxis.range == hebrew.layout.xaxis.range
    assert (english.layout.yaxis.side, hebrew.layout.yaxis.side) == ("left", "right")
    assert hebrew.layout.margin.r == english.layout.margin.l and hebrew.layout.margin.l == english.layout.margin.r
    assert pairs_figure(pairs().iloc[:0], [], EN).layout.xaxis.range[0] == 0


def test_names_from_the_data_are_shown_as_they_are():
    figure = dots_figure(dots(), [("<b>x</b>", ""), ("y", ""), ("z", "")], EN)
    assert "&lt;b&gt;" in figure.layout.yaxis.ticktext[0]
