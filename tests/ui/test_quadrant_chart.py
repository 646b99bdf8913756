"""The chart of customers by value and risk, by its traces."""

import math

import pandas as pd
import pytest

from ui.charts.quadrant import Drawn, quadrant_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

AT = Drawn(100.0, 0.25, False, False, 12)
HOSTILE = '<b onmouseover="x">=1+1</b> **bold**'


def cells(*rows):
    columns = ["across", "up", "quadrant", "customers", "value_mid", "risk_mid", "value_at_risk", "uncertain_customers"]
    return pd.DataFrame(list(rows), columns=columns)


def person(name="Ann", **given):
    row = {
        "customer_id": "1", "customer": name, "value": 200.0, "value_low": 100.0, "value_high": 400.0, "risk": 0.5, "risk_low": 0.4,
        "risk_high": 0.6, "value_at_risk": 90.0, "quadrant": "protect", "uncertain": False, "revenue_12m": 50.0,
    }  # fmt: skip
    return row | given


MANY = cells((12, 8, "protect", 4, 200.0, 0.5, 400.0, 0), (6, 2, "grow", 100, 20.0, 0.1, 200.0, 9))


def figure(found=MANY, people=(), at=AT, code="en", **options):
    named = pd.DataFrame(list(people), columns=list(person()))
    return quadrant_figure(found, named, at, Look(Locale(code, "USD"), LIGHT), **options)


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_dots_stand_for_customers_and_say_which():
    protect, keep, grow, watch = figure().data
    assert (protect.x[0], protect.y[0]) == (pytest.approx(math.log10(200), abs=1e-3), 0.5)
    assert list(protect.customdata[0]) == [12, 8, "protect"] and list(grow.customdata[0]) == [6, 2, "grow"]
    assert grow.marker.size[0] > protect.marker.size[0]
    assert len(keep.x) == len(watch.x) == 0
    assert "4 customers" in protect.text[0] and "$400 at risk" in protect.text[0]


def test_lines_lie_where_they_are_said_to_and_are_told_in_words():
    drawn = figure()
    upright, level = drawn.layout.shapes
    assert (upright.x0, level.y0) == (2.0, 0.25)
    assert "average value: $100" in texts(drawn) and "average<br>risk: 25%" in texts(drawn)
    moved = texts(figure(at=Drawn(100.0, 0.25, True, False, 12)))
    assert "your line: $100" in moved and "average<br>risk: 25%" in moved


def test_corners_are_named_with_how_many_are_in_them():
    corners = [note for note in figure().layout.annotations if note.text.startswith("<b>")]
    assert [(c.x, c.y) for c in corners] == [(0, 1), (1, 1), (0, 0), (1, 0)]
    for words, note in zip(("Watch", "Protect", "Grow", "Keep"), corners, strict=True):
        assert words in note.text
    assert "4 customers" in corners[1].text and "0 customers" in corners[3].text


def test_the_few_have_both_intervals_and_are_hollow_where_uncertain():
    people = [person(), person("Bob", customer_id="2", value=50.0, quadrant="watch", uncertain=True, revenue_12m=None)]
    trace = figure(people=people).data[-1]
    assert trace.error_x.array[0] == pytest.approx(math.log10(2))
    assert trace.error_y.arrayminus[0] == pytest.approx(0.1)
    assert list(trace.marker.color) == [LIGHT.protect, LIGHT.surface]
    assert list(trace.marker.line.color) == [LIGHT.protect, LIGHT.watch]
    assert trace.marker.size[0] > trace.marker.size[1]
    assert [list(data) for data in trace.customdata] == [["1"], ["2"]]


def test_names_do_not_cover_each_other():
    crowd = [person(f"Customer {n}", customer_id=str(n), value=200.0 + n) for n in range(12)]
    shown = [text for text in texts(figure(people=crowd)) if text.startswith("Customer")]
    assert 1 <= len(shown) < 12
    apart = [person(f"Customer {n}", customer_id=str(n), value=10.0 * 4**n, risk=0.2 + 0.15 * n) for n in range(4)]
    assert len([text for text in texts(figure(people=apart)) if text.startswith("Customer")]) == 4


def test_a_hostile_name_is_shown_as_it_is():
    drawn = figure(people=[person(HOSTILE, value=30.0)])
    (name,) = [text for text in texts(drawn) if "onmouseover" in text or "=1+1" in text]
    assert "<b o" not in name and "&lt;b" in name
    assert "<b onmouseover" not in drawn.data[-1].text[0]


def test_hebrew_words_are_isolated_and_the_axes_do_not_turn():
    english, hebrew = figure(), figure(code="he")
    assert english.layout.xaxis.range == hebrew.layout.xaxis.range
    assert hebrew.layout.xaxis.autorange != "reversed"


def test_dragging_draws_a_box_or_a_line():
    assert figure().layout.dragmode == "select" and figure(tool="lasso").layout.dragmode == "lasso"


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e9])
def test_any_value_has_a_place(value):
    drawn = figure(people=[person(value=value, value_low=0.0, value_high=value)], at=Drawn(0.0, 0.0, True, True, 36))
    assert all(math.isfinite(place) for place in drawn.data[-1].x)
    assert all(math.isfinite(end) for end in drawn.layout.xaxis.range)
