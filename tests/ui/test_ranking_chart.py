"""The ranking by its traces: bars, whiskers, the line at nothing, both directions."""

import pytest

from ui.charts.ranking import Bar, ranking_figure
from ui.charts.theme import DARK, Look
from ui.locale import Locale

BARS = (
    Bar("Proposal", "Source: Event", 2_380_000.0, 1_500_000.0, 3_200_000.0, 146, "very likely real", "one"),
    Bar("Lead <b>", "Owner: Dana", 310_000.0, 20_000.0, 700_000.0, 60, "likely real", "two"),
)


@pytest.fixture
def look():
    return Look(Locale("en", "ILS"))


def text_of(figure):
    return " ".join(str(note.text) for note in figure.layout.annotations)


def test_bars_lie_in_order_with_whiskers(look):
    figure = ranking_figure(BARS, look)
    [bars] = figure.data
    assert list(bars.x) == [2_380_000, 310_000] and bars.orientation == "h"
    assert list(bars.error_x.array) == [820_000, 390_000] and list(bars.error_x.arrayminus) == [880_000, 290_000]
    assert [each[0] for each in bars.customdata] == ["one", "two"]
    assert bars.marker.color == look.colors.accent
    assert figure.layout.yaxis.autorange == "reversed"  # the first on top


def test_number_interval_deals_and_certainty_stand_beside(look):
    text = text_of(ranking_figure(BARS, look))
    for said in ("₪2.38M", "₪1.50M–3.20M", "146", "very likely real", "likely real", "₪310K"):
        assert said in text


def test_the_line_at_nothing_is_there_where_an_interval_reaches_it(look):
    assert not ranking_figure(BARS, look).layout.shapes
    doubtful = (BARS[0], BARS[1]._replace(low=-5_000.0))
    figure = ranking_figure(doubtful, look)
    [line] = figure.layout.shapes
    assert line.x0 == line.x1 == 0
    assert figure.layout.xaxis.range[0] < 0


def test_hebrew_mirrors_and_names_show_as_they_are():
    figure = ranking_figure(BARS, Look(Locale("he", "ILS"), DARK))
    start, end = figure.layout.xaxis.range
    assert start > end
    assert figure.layout.yaxis.side == "right"
    assert "&lt;b&gt;" in figure.layout.yaxis.ticktext[1]
    assert figure.layout.margin.l > figure.layout.margin.r


def test_the_currency_of_the_rows_is_used(look):
    assert "$2.38M" in text_of(ranking_figure(BARS, look, currency="USD"))


def test_every_bar_has_room_of_its_own(look):
    short, long = ranking_figure(BARS[:1], look), ranking_figure(BARS * 4, look)
    assert long.layout.height - short.layout.height == 7 * 52
