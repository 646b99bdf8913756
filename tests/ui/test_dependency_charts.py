"""The charts of dependency and profit, by their traces."""

import numpy as np
import pandas as pd
import pytest

from ui.charts.dependency import curve_figure, owners_figure
from ui.charts.profit import whale_figure
from ui.charts.theme import Look
from ui.locale import Locale

OWNERS = pd.DataFrame({
    "held_share": [0.6, 0.3, 0.1], "low": [0.4, 0.2, 0.05], "high": [0.8, 0.4, 0.2], "even_share": [1 / 3] * 3,
    "handover_low": [60.0, 30.0, 10.0], "handover_high": [180.0, 90.0, 30.0], "currency": ["USD"] * 3,
})  # fmt: skip


def texts(figure):
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("language", ["en", "he"])
def test_a_bar_an_owner_with_the_even_share_and_the_range(language):
    look = Look(Locale(language, "USD"))
    figure = owners_figure(OWNERS, ["Ann", "<b>Ben</b>", "Cy"], look)
    (bars,) = figure.data
    assert list(bars.x) == [0.6, 0.3, 0.1] and list(bars.error_x.array) == pytest.approx([0.2, 0.1, 0.1])
    # Only who is above the even share at the low end is coloured.
    assert list(bars.marker.color) == [look.colors.accent, look.colors.neutral, look.colors.neutral]
    assert figure.layout.shapes[0].x0 == pytest.approx(1 / 3)
    assert any("33%" in text for text in texts(figure)) and any("$60–180" in text for text in texts(figure))
    assert "&lt;b&gt;Ben" in figure.layout.yaxis.ticktext[1]
    start, end = figure.layout.xaxis.range
    assert (start < end) == (language == "en")


def test_owners_without_an_interval_have_no_whisker():
    figure = owners_figure(OWNERS.assign(low=np.nan, high=np.nan), ["Ann", "Ben", "Cy"], Look(Locale("en")))
    assert figure.data[0].error_x.array is None
    assert set(figure.data[0].marker.color) == {Look(Locale("en")).colors.neutral}


def curve_of(n):
    places = list(range(1, n + 1))
    return pd.DataFrame(
        {"place": places, "n_customers": n, "revenue_share": [1 - (1 - place / n) ** 2 for place in places]}
    )


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_curve_marks_one_five_and_ten_and_never_flips(language):
    figure = curve_figure(curve_of(100), Look(Locale(language)))
    equal, line, dots = figure.data
    assert list(dots.x) == [1, 5, 10] and list(line.y)[-1] == 1
    assert list(equal.y) == pytest.approx([place / 100 for place in line.x])
    low, high = figure.layout.xaxis.range
    assert figure.layout.xaxis.type == "log" and low < 0 < high
    assert figure.layout.xaxis.tickvals[-1] == 100
    assert any("19%" in text for text in texts(figure))


def test_a_curve_of_one_customer_can_be_drawn():
    figure = curve_figure(curve_of(1), Look(Locale("en")))
    assert list(figure.data[1].y) == [1]


def whale(profits, scenarios=("as_given", "lower", "higher"), measure="profit"):
    found = []
    for name, less in zip(scenarios, (0, -1, 1), strict=False):
        best = -np.sort(-(np.array(profits, dtype=float) - less))
        up_to, total = np.concatenate([[0], np.cumsum(best)]), best.sum()
        for place, so_far in enumerate(up_to):
            found.append({
                "cost_scenario": name, "currency": "USD", "customers_share": place / len(profits), "cumulative_profit": so_far,
                "profit_share": so_far / total if total > 0 else None, "curve_measure": measure,
                "peak_share": best[best > 0].sum() / total if total > 0 else None,
            })  # fmt: skip
    return pd.DataFrame(found)


PROFITS = [40, 30, 20, 10, 8, 6, 4, 2, 1, -21]


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_whale_rises_above_all_of_it_and_comes_back(language):
    figure = whale_figure(whale(PROFITS), Look(Locale(language)))
    band, line, marks = figure.data
    assert max(line.y) == pytest.approx(1.21) and line.y[-1] == pytest.approx(1)
    assert len(band.x) == 2 * len(line.x)
    assert list(marks.x) == [0.2, 0.9]
    assert any("121%" in text for text in texts(figure))
    low, high = figure.layout.xaxis.range
    assert low < high


def test_a_company_with_a_loss_is_told_in_money():
    figure = whale_figure(whale([5, -10, -20]), Look(Locale("en")))
    line = figure.data[0] if figure.data[0].mode == "lines" and figure.data[0].fill is None else figure.data[1]
    assert line.y[-1] == -25
    assert not figure.layout.shapes and figure.layout.yaxis.range[0] < -25


def test_revenue_has_no_band_and_no_peak():
    look = Look(Locale("en"))
    figure = whale_figure(whale([40, 30, 20, 10, 8, 6], ("as_given",), "revenue"), look)
    line, marks = figure.data
    assert line.line.color == look.colors.neutral and list(marks.x) == [pytest.approx(2 / 6)]
