"""The chart of the scores from 0 to 10, by its traces."""

import pandas as pd

from analytics.nps.distribution import COLUMNS, _told
from analytics.rows import frame
from tests.analytics.test_nps_distribution import FILTERS
from ui.charts.nps_distribution import distribution_figure
from ui.charts.theme import DARK, LIGHT, Look
from ui.locale import Locale

NOW = {10: 30, 9: 20, 8: 15, 7: 10, 6: 10, 3: 10, 0: 5}
BEFORE = {10: 60, 9: 20, 8: 10, 5: 10}


def drawn(now=NOW, before=None, code="en", colors=LIGHT):
    rows = frame(_told(now, before, 2, FILTERS), COLUMNS)
    return distribution_figure(pd.DataFrame(rows), Look(Locale(code), colors))


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def test_a_bar_a_score_in_the_colour_of_its_kind_with_its_interval():
    (bars,) = drawn().data
    assert list(bars.x) == list(range(11)) and sum(bars.y) == 1
    assert list(bars.marker.color) == [LIGHT.lost_fill] * 7 + [LIGHT.passive_fill] * 2 + [LIGHT.won_fill] * 2
    assert bars.y[10] == 0.3 and 0 < bars.error_y.arrayminus[10] < 0.3 < bars.y[10] + bars.error_y.array[10]
    assert "30%" in texts(drawn())


def test_each_kind_is_named_with_its_share_and_interval():
    said = " ".join(texts(drawn()))
    assert "<b>Detractors 25%</b>" in said and "<b>Passives 25%</b>" in said and "<b>Promoters 50%</b>" in said
    assert "40–60%" in said


def test_the_share_before_is_a_line_across_its_bar():
    dotted = [shape for shape in drawn(before=BEFORE).layout.shapes if shape.line.dash == "dot"]
    assert len(dotted) == 11 and (dotted[10].y0, dotted[10].x0 < 10 < dotted[10].x1) == (0.6, True)
    assert not [shape for shape in drawn().layout.shapes if shape.line.dash == "dot"]
    top = drawn(before=BEFORE).layout.yaxis.range[1]
    assert top > 0.6
    assert "before: 60%" in drawn(before=BEFORE).data[0].customdata[10][0]


def test_scores_rise_from_left_to_right_in_hebrew_too():
    figure = drawn(code="he", colors=DARK)
    first, last = figure.layout.xaxis.range
    assert first < last and list(figure.data[0].marker.color)[10] == DARK.won_fill
