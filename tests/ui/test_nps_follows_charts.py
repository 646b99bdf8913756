"""The charts of what follows from survey answers, by their traces."""

from datetime import date

import pandas as pd

from ui.charts.nps_follows import dots_figure, moves_figure, scores_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'
NAMES = {"promoter": "Promoters", "passive": "Passives", "detractor": "Detractors"}


def look(code="en"):
    return Look(Locale(code, "USD"), LIGHT)


def group(value, n=50, stands=False, **given):
    return {"value": value, "low": value - 0.1, "high": value + 0.2, "n": n, "stands": stands, "beside": "2.5"} | given


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_a_dot_and_a_whisker_a_group_in_accent_only_where_it_stands():
    drawn = dots_figure(pd.DataFrame([group(0.2), group(0.4, stands=True)]), ["A", "B"], "times", look())
    real, chance = drawn.data
    assert (list(real.x), list(real.y), real.marker.color) == ([0.4], [1], LIGHT.accent)
    assert (list(chance.x), chance.marker.color) == ([0.2], LIGHT.neutral)
    assert abs(real.error_x.arrayminus[0] - 0.1) < 1e-9 and "<b>40%</b>" in texts(drawn)


def test_few_have_no_number():
    drawn = dots_figure(pd.DataFrame([group(0.2, n=9), group(float("nan"), n=40)]), ["A", "B"], "", look())
    assert all(not len(trace.x) for trace in drawn.data) and "not enough · 9" in texts(drawn)


def test_points_and_changes_are_written_as_such_and_have_a_line_to_read_against():
    points = dots_figure(
        pd.DataFrame([group(-20.0, low=-30.0, high=-10.0)]), ["A"], "", look(), unit="points", line=18.0
    )
    assert "<b>−20</b>" in texts(points) and points.layout.shapes[0].x0 == 18.0
    change = dots_figure(pd.DataFrame([group(0.25)]), ["A"], "", look(), unit="change", line=0.0)
    assert "<b>+25%</b>" in texts(change) and change.layout.xaxis.range[0] < 0 < change.layout.xaxis.range[1]


def cells(n=40):
    votes = tuple(NAMES)
    return pd.DataFrame([
        {"moved_from": before, "moved_to": now, "n": n, "share": 1 / 3, "of": 3 * n, "stands": (before, now) == ("promoter", "detractor"), "said": "x"}
        for before in votes for now in votes
    ])  # fmt: skip


def test_each_move_has_its_share_and_what_stands_has_a_mark():
    drawn = moves_figure(cells(), NAMES, look())
    (hits,) = drawn.data
    assert list(hits.customdata[2][1:]) == ["promoter", "detractor"] and (hits.x[2], hits.y[2]) == (2, 0)
    assert sum(text.startswith("<b>▼") for text in texts(drawn)) == 1
    assert sum(shape.line.width == 2 for shape in drawn.layout.shapes) == 1
    assert drawn.layout.xaxis.range == (-0.5, 2.5)


def test_moves_of_few_people_are_not_told_and_columns_mirror_in_hebrew():
    assert all("33%" not in text for text in texts(moves_figure(cells(3), NAMES, look())))
    assert moves_figure(cells(), NAMES, look("he")).layout.xaxis.range == (2.5, -0.5)


def test_a_line_a_person_and_names_are_no_markup():
    rows = pd.DataFrame([
        {"person": "@a", "day": date(2026, 1, 5), "score": 9.0, "answered_as": "promoter", "said": "x"},
        {"person": "@a", "day": date(2026, 4, 5), "score": 3.0, "answered_as": "detractor", "said": "x"},
        {"person": "@b", "day": date(2026, 4, 5), "score": 3.0, "answered_as": "detractor", "said": "x"},
    ])  # fmt: skip
    drawn = scores_figure(rows, ["@a", "@b"], [HOSTILE, "Bob"], look())
    first, second = drawn.data
    assert (list(first.y), list(second.y)) == ([9.0, 3.0], [3.0])
    assert list(first.marker.color) == [LIGHT.won, LIGHT.lost]
    assert "<b onmouseover" not in texts(drawn)[0]
    # Both ended at 3: the second name stands below the first.
    assert drawn.layout.annotations[0].yshift != drawn.layout.annotations[1].yshift


def test_one_answer_is_a_chart_too():
    rows = pd.DataFrame(
        [{"person": "", "day": date(2026, 1, 5), "score": 0.0, "answered_as": "detractor", "said": "x"}]
    )
    drawn = scores_figure(rows, [""], ["nobody named"], look("he"))
    assert len(drawn.layout.xaxis.tickvals) == 1 and drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
