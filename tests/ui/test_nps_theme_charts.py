"""The charts of what customers write, by their traces."""

from datetime import date

import pandas as pd

from ui.charts.nps_themes import HIGH, impact_figure, volume_figure, words_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'


def look(code="en"):
    return Look(Locale(code, "USD"), LIGHT)


def theme(share, impact, real=True, money=100.0):
    return {"mention_share": share, "impact": float(impact), "impact_low": impact - 10.0, "impact_high": impact + 10.0, "n": round(1000 * share),
            "real_impact": real, "revenue_12m": money, "currency": "USD"}  # fmt: skip


def impact(*rows, names=None, code="en"):
    return impact_figure(pd.DataFrame(list(rows)), names or [f"Theme {n}" for n in range(len(rows))], look(code))


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_a_dot_a_theme_with_its_interval_coloured_only_where_it_stands():
    drawn = impact(
        theme(0.2, -60), theme(0.3, 40, money=400.0), theme(0.1, -20, real=False), theme(0.05, -50, real=None)
    )
    *whiskers, dots = drawn.data
    assert [list(each.y) for each in whiskers] == [[-70, -50], [30, 50], [-30, -10], [-60, -40]]
    assert list(dots.x) == [0.2, 0.3, 0.1, 0.05] and list(dots.y) == [-60, 40, -20, -50]
    assert list(dots.marker.line.color) == [LIGHT.lost, LIGHT.won, LIGHT.neutral, LIGHT.neutral]
    assert list(dots.marker.color[2:]) == [LIGHT.surface] * 2 and dots.marker.size[1] > dots.marker.size[0]
    assert [place for place, _said in dots.customdata] == [0, 1, 2, 3] and "n = 200" in dots.customdata[0][1]
    assert any("Theme 0 <b>−60</b>" in text for text in texts(drawn)) and "0" in drawn.layout.yaxis.ticktext


def test_dots_are_alike_where_money_is_not_known_and_labels_part():
    drawn = impact(theme(0.2, -60, money=None), theme(0.201, -58, money=None))
    assert len(set(drawn.data[-1].marker.size)) == 1
    first, second, _line = drawn.layout.annotations
    assert (first.xanchor, first.yanchor, first.xshift, first.yshift) != (
        second.xanchor,
        second.yanchor,
        second.xshift,
        second.yshift,
    )
    assert drawn.layout.height > HIGH


def test_names_of_people_are_no_markup_and_shares_never_flip():
    drawn = impact(theme(0.2, -60), names=[HOSTILE], code="he")
    assert (
        not any("<b onmouseover" in text for text in texts(drawn))
        and "<b onmouseover" not in drawn.data[-1].customdata[0][1]
    )
    assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
    assert impact(theme(0.2, -60), names=[HOSTILE]).layout.height == drawn.layout.height


def test_words_lie_on_the_side_of_who_says_them_and_colour_is_earned():
    rows = pd.DataFrame([
        {"term": "late", "term_odds": 8.0, "term_low": 4.0, "term_high": 16.0, "n": 103, "is_real": True},
        {"term": HOSTILE, "term_odds": 2.0, "term_low": 0.5, "term_high": 8.0, "n": 20, "is_real": False},
        {"term": "שירות", "term_odds": 0.125, "term_low": 0.0625, "term_high": 0.25, "n": 107, "is_real": True},
    ])  # fmt: skip
    drawn = words_figure(rows, look("he"))
    lost, won, chance = drawn.data
    assert (list(lost.x), list(lost.y), lost.marker.color) == ([3], [0], LIGHT.lost)
    assert (list(won.x), list(won.y), won.marker.color) == ([-3], [2], LIGHT.won)
    assert list(chance.x) == [1] and lost.error_x.arrayminus[0] == 1 and lost.error_x.array[0] == 1
    assert drawn.layout.yaxis.side == "right" and "<b onmouseover" not in drawn.layout.yaxis.ticktext[1]
    assert "×1" in drawn.layout.xaxis.ticktext and drawn.layout.shapes[0].x0 == 0


def test_a_period_that_is_not_over_is_hollow_and_one_without_a_share_is_not_there():
    rows = pd.DataFrame([
        {"starts_on": date(2026, 1, 1), "mention_share": 0.1, "mention_low": 0.05, "mention_high": 0.2, "n": 10, "comments": 100, "is_complete": True},
        {"starts_on": date(2026, 4, 1), "mention_share": None, "mention_low": None, "mention_high": None, "n": 0, "comments": 4, "is_complete": True},
        {"starts_on": date(2026, 7, 1), "mention_share": 0.4, "mention_low": 0.3, "mention_high": 0.5, "n": 40, "comments": 100, "is_complete": False},
    ])  # fmt: skip
    for code in ("en", "he"):
        _ribbon, line = volume_figure(rows, look(code)).data
        assert list(line.y) == [0.1, 0.4] and list(line.marker.color) == [LIGHT.accent, LIGHT.surface]
    empty = volume_figure(rows.iloc[1:2], look())
    assert len(empty.data) == 0
