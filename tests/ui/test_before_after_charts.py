"""The charts of before and after, by their traces."""

from datetime import date

import pandas as pd
import pytest

from ui.charts.before_after import marked_figure, pairs_figure, place_of
from ui.charts.theme import DARK, LIGHT, Look
from ui.charts.trend import trend_figure
from ui.locale import Locale


def rows(**changes):
    """Three stages: a real difference, one that could be chance, and too few."""
    found = pd.DataFrame(
        {
            "n_before": [80, 60, 8], "n_after": [90, 70, 40], "before": [20.0, 9.0, 5.0], "before_low": [18.0, 8.0, 1.0],
            "before_high": [22.0, 10.0, 9.0], "after": [14.0, 10.0, 6.0], "after_low": [12.0, 8.5, 2.0],
            "after_high": [16.0, 11.5, 9.0], "difference": [-6.0, 1.0, 1.0], "q_value": [0.001, 0.4, None],
            "unit": ["days"] * 3,
        }
    )  # fmt: skip
    return found.assign(**changes)


NAMES, SAID = ["Proposal", "Demo", "Lead"], ["−6 d", "+1 d", ""]


@pytest.mark.parametrize("look", [Look(Locale("en"), LIGHT), Look(Locale("he"), DARK)])
def test_a_real_difference_is_filled_and_one_that_could_be_chance_is_hollow(look):
    figure = pairs_figure(rows(), NAMES, SAID, look)
    before, real, chance = [trace for trace in figure.data if "markers" in trace.mode]
    colors = look.colors
    assert [before.marker.color, real.marker.color, chance.marker.color] == [
        colors.neutral,
        colors.accent,
        colors.surface,
    ]
    assert chance.marker.line.color == colors.neutral
    assert (list(before.x), list(real.x), list(chance.x)) == ([20.0, 9.0], [14.0], [10.0])
    assert all(one < other for one, other in zip(before.y, [*real.y, *chance.y], strict=True))  # the axis runs down
    assert (list(real.error_x.arrayminus), list(real.error_x.array)) == ([2.0], [2.0])
    assert [tuple(data[:2]) for data in real.customdata] == [(0, "after")]
    words = " ".join(note.text for note in figure.layout.annotations)
    assert "−6 d" in words and "8" in figure.layout.annotations[2].text  # too few: the count is said, no number
    assert figure.layout.yaxis.side == ("right" if look.locale.rtl else "left")
    assert figure.layout.xaxis.range[0] == 0 and figure.layout.xaxis.range[1] > 22  # days never mirror


def test_shares_and_nothing_to_show():
    look = Look(Locale("en"))
    few = rows(n_before=[3, 4, 5])
    figure = pairs_figure(few, NAMES, SAID, look)
    assert not [trace for trace in figure.data if len(trace.x)]
    assert sum("not enough" in note.text for note in figure.layout.annotations) == 3
    shares = {name: [0.5] for name in ("before", "before_low", "before_high", "after", "after_low", "after_high")}
    one = rows().head(1).assign(**shares, unit="share")
    assert pairs_figure(one, NAMES[:1], SAID[:1], look).layout.xaxis.tickformat == ".0%"


def test_names_from_the_data_are_shown_as_they_are():
    hostile = "<b onmouseover=x>" + "y" * 80
    figure = pairs_figure(rows(), [hostile, "שלב", "Lead"], SAID, Look(Locale("en")))
    assert "<b" not in figure.layout.yaxis.ticktext[0] and len(figure.layout.yaxis.ticktext[0]) < 60


def test_where_a_day_lies_on_a_trend():
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    end = date(2026, 4, 1)
    assert place_of(date(2026, 1, 1), months, end) == -0.5
    assert place_of(date(2026, 2, 15), months, end) == pytest.approx(0.5 + 14 / 28)
    assert place_of(date(2026, 3, 31), months, end) == pytest.approx(1.5 + 30 / 31)
    assert place_of(date(2025, 12, 31), months, end) is None and place_of(date(2026, 5, 1), months, end) is None


def test_marked_days_stand_in_the_trend_and_leave_it_as_it_was():
    periods = pd.DataFrame(
        {
            "n": [20] * 12, "chance": [0.4] * 12, "low": [0.3] * 12, "high": [0.5] * 12, "is_mature": [True] * 12,
            "undecided_share": [0.0] * 12, "value_created": [None] * 12, "real_change": [None] * 12, "currency": [None] * 12,
        }
    )  # fmt: skip
    look = Look(Locale("en"))
    plain = trend_figure(periods, [f"m{number}" for number in range(12)], look)
    lines = len(plain.layout.shapes)
    marks = ((3.2, "<i>Script</i>", False), (7.5, "Price list", True), (7.9, "Too near to be named", False))
    figure = marked_figure(plain, marks, look)
    assert len(figure.layout.shapes) == lines + 3 and len(plain.layout.shapes) == lines
    chosen = next(shape for shape in figure.layout.shapes if shape.x0 == 7.5)
    assert chosen.line.color == look.colors.accent and chosen.x0 == chosen.x1
    words = [note.text for note in figure.layout.annotations]
    assert "Price list" in words and "&lt;i&gt;Script&lt;/i&gt;" in words and "Too near to be named" not in words
    assert len(figure.layout.xaxis.tickvals) <= 6 and figure.layout.xaxis.tickangle == 0
