"""The charts of closing the loop, by their traces."""

import pandas as pd

from ui.charts.nps_loop import curve_figure, shares_figure, standing_figure
from ui.charts.theme import LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'
LOOK = Look(Locale("en", "USD"), LIGHT)


def owner(late, still, contacted, closed, **given):
    return {
        "overdue_cases": late, "open_cases_now": late + still, "contacted_cases": contacted, "closed_cases": closed,
        "cases": late + still + contacted + closed, "revenue_overdue": 1000.0 * late, "currency": "USD",
    } | given  # fmt: skip


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_the_parts_of_a_bar_are_all_the_cases():
    drawn = standing_figure(pd.DataFrame([owner(3, 2, 1, 4), owner(0, 1, 0, 0)]), ["Ann", "Bob"], LOOK)
    assert [list(trace.x) for trace in drawn.data] == [[3, 0], [2, 1], [1, 0], [4, 0]]
    assert "<b>$3K</b>" in texts(drawn) and any("<b>3</b>" in text and "of 10" in text for text in texts(drawn))


def test_without_money_there_is_no_column_of_it_and_names_are_no_markup():
    rows = pd.DataFrame([owner(3, 2, 1, 4, revenue_overdue=None, currency=None)])
    drawn = standing_figure(rows, [HOSTILE], Look(Locale("he", "USD"), LIGHT))
    assert drawn.layout.yaxis.side == "right" and "<b onmouseover" not in drawn.layout.yaxis.ticktext[0]
    assert not any("$" in text for text in texts(drawn))


def point(step, day, share, *, sure=True):
    return {"loop_step": step, "day_after": float(day), "reached_share": share, "reached_low": share / 2, "reached_high": min(1, share * 1.5), "is_sure": sure}  # fmt: skip


def test_the_curve_is_firm_while_ten_are_watched_and_dotted_after():
    rows = pd.DataFrame([
        point("contact", 0, 0.0), point("contact", 5, 0.4), point("contact", 40, 0.6, sure=False), point("contact", 300, 0.6, sure=False),
        point("close", 0, 0.0), point("close", 9, 0.2),
    ])  # fmt: skip
    ribbon, firm, dotted, closed = curve_figure(rows, 7, LOOK).data
    assert ribbon.fill == "toself" and list(firm.x) == [0, 5] and list(firm.y) == [0, 0.4]
    assert (list(dotted.x), dotted.line.dash) == ([5, 40], "dot")  # the flat end is cut
    assert list(closed.x) == [0, 9]
    drawn = curve_figure(rows, 7, LOOK)
    assert drawn.layout.shapes[0].x0 == 7 and "contacted 60%" in texts(drawn)


def test_few_have_no_number_and_those_watched_too_short_say_so():
    rows = pd.DataFrame([
        {"share": 0.5, "low": 0.3, "high": 0.7, "is_real": True, "n": 30}, {"share": 0.9, "low": 0.1, "high": 1.0, "is_real": False, "n": 9},
        {"share": None, "low": None, "high": None, "is_real": False, "n": 12},
    ])  # fmt: skip
    drawn = shares_figure(rows, ["Ann", "Bob", "Cy"], "n", 0.4, LOOK)
    real, chance = drawn.data
    assert (list(real.x), real.marker.color, list(chance.x)) == ([0.5], LIGHT.accent, [])
    assert {"not enough · 9", "too early", "all: 40%"} <= set(texts(drawn))
