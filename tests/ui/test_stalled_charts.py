"""The charts of stalled deals, by their traces."""

import pandas as pd
import pytest

from ui.charts.stalled import ages_figure, owners_figure
from ui.charts.theme import Look
from ui.locale import Locale

STAGES = pd.DataFrame(
    {
        "stage": ["Lead", "<b>Demo</b>"], "deals_open": [60, 5], "stalled": [7, 0], "undated": [0, 5],
        "threshold_days": [25.0, 30.0], "is_learnt": [True, False],
    }
)  # fmt: skip
AGES = pd.DataFrame(
    {
        "stage": ["Lead"] * 5, "age_days": [3, 10, 30, 31, 900], "is_past": [False, False, True, True, True],
        "is_planned": [False, True, True, False, False], "n": [40, 10, 3, 4, 3],
    }
)  # fmt: skip


def texts(figure):
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("language", ["en", "he"])
def test_every_deal_is_in_a_dot_of_its_kind(language):
    figure = ages_figure(AGES, STAGES, Look(Locale(language)))
    waiting, planned, stalled = figure.data
    assert [len(trace.x) for trace in (waiting, planned, stalled)] == [2, 1, 2]
    assert all(y == 0 for trace in figure.data for y in trace.y)
    # The largest dot is of most deals; one far away stands beyond the end of the days.
    assert max(waiting.marker.size) > max(stalled.marker.size) >= min(stalled.marker.size) >= 6
    assert min(stalled.x) == 31.5 and max(stalled.x) < 900
    assert any(">" in tick for tick in figure.layout.xaxis.ticktext)
    low, high = figure.layout.xaxis.range  # days never run backwards
    assert low < 0 < high


def test_thresholds_are_lines_dotted_where_not_learnt():
    figure = ages_figure(AGES, STAGES, Look(Locale("en")))
    assert [(line.x0, line.y0 < place < line.y1, line.line.dash) for place, line in enumerate(figure.layout.shapes)] == [
        (25.0, True, "solid"), (30.0, True, "dot"),
    ]  # fmt: skip
    said = texts(figure)
    assert "25 d" in said and any("<b>7</b>" in each and "of 60" in each for each in said)
    assert "nothing says since when" in said
    assert "&lt;b&gt;Demo" in figure.layout.yaxis.ticktext[1]


def test_no_known_age_draws_thresholds_only():
    figure = ages_figure(AGES.head(0), STAGES, Look(Locale("en")))
    assert not any(len(trace.x) for trace in figure.data) and len(figure.layout.shapes) == 2


@pytest.mark.parametrize("language", ["en", "he"])
def test_owners_are_bars_that_mirror(language):
    rows = pd.DataFrame(
        {"stalled": [9, 2], "deals_open": [70, 3], "value_stalled": [1348900.0, 500.0], "currency": ["ILS", "ILS"]}
    )
    figure = owners_figure(rows, ["Dana", "Omer"], Look(Locale(language)))
    assert list(figure.data[0].x) == [1348900.0, 500.0] and [cell[0] for cell in figure.data[0].customdata] == [0, 1]
    start, end = figure.layout.xaxis.range
    assert (start < end) == (language == "en")
    assert any("1.35M" in text for text in texts(figure))
    assert list(owners_figure(rows, ["Dana", "Omer"], Look(Locale(language)), measure="deals").data[0].x) == [9.0, 2.0]
