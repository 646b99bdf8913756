"""Where the marks, steps and cells of the time-in-stage charts stand."""

import numpy as np
import pandas as pd
import pytest

from ui.charts.heat import heat_figure
from ui.charts.stage_times import KINDS, curve_figure, ends_figure, length, lengths, ticks, times_figure
from ui.charts.theme import DARK, Look
from ui.locale import Locale

EN, HE = Look(Locale("en")), Look(Locale("he"))


def stage(name, **told):
    known = {
        "visits": 100, "open": 8, "median_days": 10.0, "median_low": 8.0, "median_high": 12.0, "p75_days": 20.0,
        "p90_days": 40.0, "median_completed_days": 10.0, "longest_days": 90.0,
    }  # fmt: skip
    return {"stage": name, **known, **told}


def stages():
    return pd.DataFrame(
        [
            stage("Lead"),
            stage("Demo", median_completed_days=6.0, median_high=np.nan),
            stage("Offer", median_days=np.nan, median_low=30.0, median_high=np.nan, p75_days=np.nan, p90_days=np.nan, longest_days=45.0),
            stage("Deal", visits=8),
            stage("Sign", median_days=np.nan, p75_days=np.nan, p90_days=np.nan, longest_days=np.nan),
        ]
    )  # fmt: skip


def words(figure):
    return " ".join(note["text"] for note in figure.to_dict()["layout"]["annotations"])


def test_each_stage_has_the_mark_its_numbers_allow():
    figure = times_figure(stages(), EN, chosen="Demo")
    p75, p90, short, medians, beyond = figure.data
    assert (list(p75.x), list(p90.x), list(p90.y)) == ([20, 20], [40, 40], [0, 1])
    assert (list(short.x), list(short.y)) == ([6, 10], [1, 2])  # only where the completed alone would mislead
    assert (list(medians.x), list(medians.y)) == ([10, 10], [0, 1])
    assert medians.error_x.arrayminus == (2, 2) and medians.error_x.array[0] == 2
    assert medians.error_x.array[1] == 45 - 10  # an end not reached goes on to the edge
    assert (list(beyond.x), list(beyond.y), beyond.marker.symbol) == ([45], [2], "triangle-right")
    assert beyond.marker.color == EN.colors.surface  # open
    told = words(figure)
    assert "at least 45 d" in told and "not enough · 8" in told and "no file tells its times" in told
    assert "≥ 45 d" in told and "<b>10 d</b>" in told and "8–12 d" in told
    assert figure.layout.yaxis.ticktext[1] == "<b>Demo</b>"


def test_days_never_flip_but_the_names_change_sides():
    assert times_figure(stages(), EN).layout.xaxis.range[0] < 0 < times_figure(stages(), EN).layout.xaxis.range[1]
    assert times_figure(stages(), EN).layout.xaxis.range == times_figure(stages(), HE).layout.xaxis.range
    assert (times_figure(stages(), EN).layout.yaxis.side, times_figure(stages(), HE).layout.yaxis.side) == (
        "left",
        "right",
    )


def curve(n=100, days=10, at_risk=None):
    steps = np.arange(days + 1.0)
    still = 1 - steps / (2 * days)
    frame = pd.DataFrame({"within_days": steps, "at_risk": at_risk or [n - 5 * day for day in range(days + 1)], "n": n})
    parts = {
        "still": still,
        "advance": 0.6 * (1 - still),
        "loss": 0.4 * (1 - still),
        "back": still * 0,
        "handoff": still * 0,
    }
    for kind, chance in parts.items():
        frame = frame.assign(**{f"{kind}_chance": chance, f"{kind}_low": chance * 0.9, f"{kind}_high": chance * 1.05})
    return frame


def test_a_curve_falls_in_steps_with_a_ribbon_and_a_hollow_point_at_the_half():
    figure = curve_figure([("", curve(), 4.0)], EN)
    ribbon, line, half = figure.data
    assert ribbon.fill == "toself" and len(ribbon.x) == 2 * (2 * 11 - 1)
    assert (line.line.shape, line.y[0], line.y[-1]) == ("hv", 1, 0.5)
    assert (list(half.x), list(half.y), half.marker.color) == ([4], [0.5], EN.colors.surface)
    assert "50%" in words(figure) and "still there" in words(figure) and "half: 4 d" in words(figure)
    assert "<br>" in figure.layout.xaxis.ticktext[0]  # how many are still watched


def test_it_is_dotted_without_a_ribbon_under_ten_still_watched():
    rows = curve(at_risk=[100, 80, 60, 40, 20, 10, 9, 8, 7, 6, 5])
    ribbon, sure, loose, _half = curve_figure([("", rows, None)], EN).data
    assert max(ribbon.x) == max(sure.x) == min(loose.x) == 5
    assert (sure.line.dash, loose.line.dash) == ("solid", "dot")


def test_two_groups_have_ribbons_and_more_have_not():
    two = curve_figure([("Ann", curve(), 4.0), ("all others", curve(), None)], EN)
    assert sum(trace.fill == "toself" for trace in two.data) == 2
    many = curve_figure([(name, curve(), 4.0) for name in "ABCDE"], EN)
    assert not any(trace.fill == "toself" for trace in many.data)
    heights = sorted(note.y for note in many.layout.annotations)
    assert min(np.diff(heights)) > 0.07  # labels at the end do not touch


def test_the_chance_to_move_on_has_no_half_mark():
    figure = curve_figure([("Ann", curve(), 4.0), ("Bob", curve(), 4.0)], EN, kind="advance")
    assert all(trace.mode == "lines" for trace in figure.data)
    assert list(figure.data[1].y)[-1] == pytest.approx(0.3)


def test_ends_are_lines_that_add_up():
    names = [(kind, kind) for kind in KINDS]
    figure = ends_figure(curve(), names, EN)
    lines = [trace for trace in figure.data if trace.fill is None]
    assert len(lines) == 5 and not any(trace.stackgroup for trace in figure.data)
    for day in range(11):
        assert sum(trace.y[day] for trace in lines) == pytest.approx(1)
    assert all(kind in words(figure) for kind in KINDS)


def test_short_times_are_told_in_hours_and_minutes():
    locale = Locale("en")
    assert [length(locale, days) for days in (0, 2 / 1440, 0.5, 1.5, 47.2)] == [
        "under 1 min",
        "2 min",
        "12 h",
        "1.5 d",
        "47 d",
    ]
    assert lengths(locale, 29.2, 34.4) == "29–34 d" and lengths(locale, 30.0, None) == "from 30 d"
    assert lengths(locale, 1 / 24, 3 / 24) == "1–3 h" and lengths(locale, 3 / 1440, 20 / 1440) == "3–20 min"
    assert lengths(locale, None, None) == "" and lengths(locale, 0.0, 0.0) == ""
    scale = ticks(locale, 0.25)
    assert scale["ticktext"] == ["0", "1 h", "2 h", "3 h", "4 h", "5 h", "6 h"]
    assert ticks(locale, 100)["ticktext"][:3] == ["0", "15 d", "30 d"]


GROUPS = [("Web", 300), ("A fair with a long name", 120)]


def cells(**last):
    rows = [
        {"row": 0, "column": 0, "value": 0.5, "n": 200, "way": "", "said": "Web"},
        {"row": 0, "column": 1, "value": 0.2, "n": 90, "way": "lower", "said": "fair"},
        {"row": 1, "column": 0, "value": 0.9, "n": 20, "way": "", "said": "few"},
        {"row": 1, "column": 1, "value": 0.1, "n": 8, "way": "", "said": "none"} | last,
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("look", [EN, Look(Locale("en"), DARK)])
def test_cells_say_value_and_n_and_few_deals_hide_the_value(look):
    figure = heat_figure(cells(), ["Lead", "Demo"], GROUPS, look, measure="leak")
    told = words(figure)
    assert "50%" in told and "<b>▼ 20%</b>" in told and "90%" in told
    assert "10%" not in told and "not enough<br>8" in told
    hatched, hits = figure.data
    assert hatched.marker.pattern.shape == "/" and (list(hatched.x), list(hatched.base)) == ([1], [pytest.approx(0.55)])
    assert [list(told) for told in hits.customdata] == [["Web", 0, 0], ["fair", 0, 1], ["few", 1, 0], ["none", 1, 1]]
    by_place = {(shape.x0 < 0, shape.y0 < 0): shape for shape in figure.layout.shapes}
    assert by_place[False, True].line.width == 2 and by_place[False, True].line.color == look.colors.ink
    assert by_place[True, True].line.width == 1
    assert by_place[True, False].fillcolor == look.colors.surface  # not tested, not coloured


def test_the_cell_chosen_is_framed_and_days_are_days():
    figure = heat_figure(cells(value=12.0, n=40), ["Lead", "Demo"], GROUPS, EN, measure="delay", picked=(1, 1))
    assert figure.layout.shapes[-1].line.color == EN.colors.accent
    assert "12 d" in words(figure)


def test_columns_mirror_in_hebrew():
    english, hebrew = (heat_figure(cells(), ["Lead", "Demo"], GROUPS, look, measure="leak") for look in (EN, HE))
    assert english.layout.xaxis.range == hebrew.layout.xaxis.range[::-1] == (-0.5, 1.5)
    assert hebrew.layout.yaxis.side == "right"


def test_markup_in_names_is_shown_as_it_is():
    name = "<a href='http://evil.example'>x</a>"
    made = (
        heat_figure(cells(), [name, "Demo"], [(name, 3), ("Web", 2)], EN, measure="leak"),
        times_figure(pd.DataFrame([stage(name)]), EN),
        curve_figure([(name, curve(), None), ("b", curve(), None)], EN),
    )
    assert all("<a" not in figure.to_json() for figure in made)
