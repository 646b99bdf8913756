"""The charts of the contact programme, by their traces."""

from datetime import date, timedelta

import pandas as pd

from ui.charts.contact import coverage_figure, weeks_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'


def group(in_time, of, **given):
    rate = in_time / of
    return {
        "in_time_share": rate, "in_time_low": rate / 2, "in_time_high": min(1.0, rate * 1.2), "customers_now": of, "overdue": of - in_time,
        "risk_overdue": 1000.0 * (of - in_time), "currency": "USD", "is_real": False,
    } | given  # fmt: skip


def coverage(*groups, names=None, everyone=0.5, code="en"):
    rows = pd.DataFrame(list(groups))
    return coverage_figure(
        rows, names or [f"Group {n}" for n in range(len(groups))], everyone, Look(Locale(code, "USD"), LIGHT)
    )


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_a_dot_and_a_whisker_a_group_and_the_line_is_everyone():
    drawn = coverage(group(30, 40, is_real=True), group(10, 50))
    real, chance = drawn.data
    assert (list(real.x), list(real.y), real.marker.color) == ([0.75], [0], LIGHT.accent)
    assert (list(chance.x), list(chance.y), chance.marker.color) == ([0.2], [1], LIGHT.neutral)
    assert real.error_x.arrayminus[0] == 0.375
    (line,) = drawn.layout.shapes
    assert line.x0 == 0.5 and "all: 50%" in texts(drawn)
    assert "<b>$10K</b>" in texts(drawn) and any("<b>40</b>" in text and "of 50" in text for text in texts(drawn))


def test_few_customers_have_no_number():
    drawn = coverage(group(4, 9), everyone=None)
    assert all(not len(trace.x) for trace in drawn.data)
    assert "not enough · 9" in texts(drawn) and not drawn.layout.shapes


def test_without_money_there_is_no_column_of_it():
    drawn = coverage(group(30, 40, risk_overdue=None, currency=None))
    assert "at risk" not in texts(drawn) and "overdue" in texts(drawn)


def test_names_stand_where_reading_begins_shares_never_flip_and_are_no_markup():
    drawn = coverage(group(30, 40), names=[HOSTILE], code="he")
    assert drawn.layout.yaxis.side == "right" and drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
    assert "<b onmouseover" not in drawn.layout.yaxis.ticktext[0]


def weeks(*numbers, code="en"):
    rows = pd.DataFrame([
        {"starts_on": date(2026, 7, 1) + timedelta(days=7 * place), "due_soon": due, "planned_contacts": planned, "value_at_risk": 10.0 * due,
         "currency": "USD"}
        for place, (due, planned) in enumerate(numbers)
    ])  # fmt: skip
    return weeks_figure(rows, Look(Locale(code, "USD"), LIGHT))


def test_a_bar_a_week_its_planned_part_hatched():
    bare, planned = weeks((5, 2), (0, 0), (3, 3)).data
    assert list(bare.y) == [3, 0, 0] and list(planned.y) == [2, 0, 3]
    assert planned.marker.pattern.shape == "/"
    assert "5 customers" in bare.customdata[0][0] and "$50 at risk" in bare.customdata[0][0]


def test_weeks_run_from_left_to_right_in_both_languages():
    for code in ("en", "he"):
        axis = weeks((1, 0), (2, 0), code=code).layout.xaxis
        assert axis.range[0] < axis.range[1] and len(axis.ticktext) == 2
    assert list(weeks((1, 0), (2, 0)).layout.xaxis.ticktext) == ["1 Jul", "8 Jul"]
