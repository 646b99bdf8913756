"""Charts of the lifecycle, of RFM and of the ideal customer, by their traces."""

from itertools import pairwise

import pandas as pd
import pytest

from ui.charts.ideal import traits_figure
from ui.charts.lifecycle import FLOWS, PLACES, flow_figure, moves_figure, stocks_figure
from ui.charts.rfm import grid_figure, segments_figure
from ui.charts.theme import DARK, LIGHT, Look
from ui.locale import Locale

EN, HE = Look(Locale("en")), Look(Locale("he"), DARK)
NAMES = {name: (name.title(), "means it") for name in PLACES} | {f"flow_{name}": (name, "") for name in FLOWS}


def stages(**counts):
    whole = sum(counts.values())
    return pd.DataFrame(
        [
            {"lifecycle": name, "customers": counts.get(name, 0), "share": counts.get(name, 0) / whole, "money": ""}
            for name in PLACES
        ]
    )


def words(figure):
    return " ".join(str(note.text) for note in figure.layout.annotations)


@pytest.mark.parametrize("look", [EN, HE])
def test_a_box_a_stage_and_an_arrow_a_flow(look):
    flows = {name: (place, place / 2) for place, name in enumerate(FLOWS)}
    figure = flow_figure(stages(core=75, lost=25), NAMES, flows, look, picked="lost")
    (hits,) = figure.data
    assert [row[0] for row in hits.customdata] == list(PLACES)
    boxes = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(boxes) == 2 * len(PLACES)
    bars = {
        round(shape.x0 + 0.29): shape.x1 - shape.x0 for shape in boxes if shape.y1 - shape.y0 < 0.1 and shape.y0 > 0
    }
    assert bars[2] == pytest.approx(3 * bars[4])
    heads = [note for note in figure.layout.annotations if note.showarrow]
    assert len(heads) == len(FLOWS) + 1  # who came back goes by way of a box
    assert f"<b>{look.locale.count(75)}</b>" in words(figure) and "2.5" in words(figure)
    start, end = figure.layout.xaxis.range
    assert (start > end) is look.locale.rtl


def test_without_months_there_are_no_arrows():
    figure = flow_figure(stages(core=1), NAMES, {}, EN)
    assert not [note for note in figure.layout.annotations if note.showarrow]


def test_lines_are_named_at_their_ends_without_covering_each_other():
    stocks = pd.DataFrame(
        {"core": [10, 40], "first_time": [5, 39], "defecting": [3, 38], "lost": [0, 37], "returned": [0, 0]}
    )
    figure = stocks_figure(stocks, ["1 May", "1 Jun"], {name: name for name in PLACES}, EN)
    assert len(figure.data) == 4  # nobody came back
    ends = sorted(note.y for note in figure.layout.annotations)
    assert all(later - earlier > 2 for earlier, later in pairwise(ends))
    assert figure.layout.yaxis.range[0] == 0


def test_moves_of_few_are_not_told():
    moves = pd.DataFrame(
        [("core", "core", 80), ("core", "lost", 20), ("lost", "lost", 15), ("returned", "core", 4)],
        columns=["before", "after", "customers"],
    )
    names = {"new": "New"} | {name: name for name in PLACES}
    figure = moves_figure(moves, names, EN, months=10)
    assert "80%" in words(figure) and "not enough · 4" in words(figure)
    assert "<b>100%</b>" in words(figure)
    fills = [shape.fillcolor for shape in figure.layout.shapes]
    assert fills.count(LIGHT.surface) == 1  # 15 customers: told, not coloured
    mirrored = moves_figure(moves, names, HE, months=10).layout.xaxis.range
    assert mirrored[0] > mirrored[1]


def cells(*rows):
    return pd.DataFrame(rows, columns=["recency_score", "frequency_score", "customers", "money"])


@pytest.mark.parametrize("look", [EN, HE])
def test_the_grid_has_the_latest_on_top_and_no_money_of_few(look):
    figure = grid_figure(cells((5, 5, 40, "$1M"), (1, 1, 9, "$2K"), (3, 5, 20, "$9K")), look, picked=(1, 1))
    (hits,) = figure.data
    assert [list(row[1:]) for row in hits.customdata] == [[5, 5], [3, 5], [1, 1]]
    assert list(hits.y) == [0, 1, 2] and list(hits.x) == [1, 1, 0]
    assert "$1M" in words(figure) and "$2K" not in words(figure)
    assert "5" in figure.layout.yaxis.ticktext[0][:2]  # after the mark of an isolate in Hebrew
    start, end = figure.layout.xaxis.range
    assert (start > end) is look.locale.rtl
    assert sum(shape.line.width == 3 for shape in figure.layout.shapes) == 1


def test_segments_by_money():
    rows = pd.DataFrame({
        "rfm_segment": ["loyal", "new"], "customers": [40, 4], "revenue_12m": [1000.0, 900.0], "value_at_risk": [100.0, 9.0],
        "currency": ["USD", "USD"],
    })  # fmt: skip
    figure = segments_figure(rows, ["Loyal", "New"], EN)
    (bars,) = figure.data
    assert list(bars.x) == [1000, 0] and [row[0] for row in bars.customdata] == ["loyal", "new"]
    assert "$1K" in words(figure) and "not enough" in words(figure) and "$900" not in words(figure)
    without = segments_figure(rows.assign(revenue_12m=float("nan")), ["Loyal", "New"], EN)
    assert list(without.data[0].x) == [40, 4]


@pytest.mark.parametrize("look", [EN, HE])
def test_traits_that_could_be_chance_are_hollow(look):
    rows = pd.DataFrame({
        "times_as_often": [2.0, 0.0], "best_rate": [0.4, 0.0], "low": [0.3, 0.0], "high": [0.5, 0.1], "best_rate_all": [0.2, 0.2],
        "customers": [80, 40], "is_real": [True, False],
    })  # fmt: skip
    figure = traits_figure(rows, [("<b>Mining</b>", "Industry"), ("North", "Region")], look)
    real, chance = figure.data
    assert list(real.x) == [2] and real.marker.color == look.colors.accent
    assert list(real.error_x.array) == pytest.approx([0.5]) and list(real.error_x.arrayminus) == pytest.approx([0.5])
    assert chance.marker.color == look.colors.surface and list(chance.x) == [0.05]
    assert figure.layout.xaxis.type == "log" and "&lt;b&gt;Mining" in figure.layout.yaxis.ticktext[0]
