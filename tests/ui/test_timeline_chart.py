"""The time line of one customer, by its traces."""

from datetime import date

import pandas as pd

from ui.charts.theme import DARK, LIGHT, Look
from ui.charts.timeline import LANES, Silence, lanes_of, timeline_figure
from ui.locale import Locale

AS_OF = date(2026, 6, 30)
HOSTILE = '<b onmouseover="x">=1+1</b>'
COLUMNS = ["day", "event", "what", "detail", "amount", "currency", "score", "scale", "who", "contact_name", "event_id"]


def event(day, kind, number="1", **said):
    return {"day": date(2026, *day), "event": kind, "event_id": number} | said


def figure(*happened, silences=(), code="en", colors=LIGHT):
    rows = pd.DataFrame(list(happened), columns=COLUMNS)
    names = [(lane, lane.title()) for lane in lanes_of(rows)]
    return timeline_figure(rows, names, list(silences), AS_OF, Look(Locale(code, "USD"), colors))


def marks(drawn, kind="markers"):
    return [trace for trace in drawn.data if kind in trace.mode and len(trace.x)]


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_only_lanes_with_something_in_them_are_drawn_in_their_order():
    rows = pd.DataFrame(
        [event((1, 1), "case_opened"), event((1, 2), "order"), event((1, 3), "return")], columns=COLUMNS
    )
    assert lanes_of(rows) == ["orders", "cases"]
    assert {kind for kinds in LANES.values() for kind in kinds} == {
        "deal_created", "deal_won", "deal_lost", "order", "return", "survey_answer", "contact", "case_opened", "case_closed",
        "contract_started", "contract_ended",
    }  # fmt: skip


def test_orders_are_as_large_as_their_amounts_and_returns_hollow():
    drawn = figure(
        event((1, 1), "order", amount=400.0),
        event((2, 1), "order", amount=100.0),
        event((3, 1), "return", amount=-100.0),
    )
    orders, returned = marks(drawn)
    assert orders.marker.size[0] == 2 * orders.marker.size[1]  # the area is the amount
    assert returned.marker.color == LIGHT.surface and returned.marker.line.color == LIGHT.lost
    assert list(orders.x) == ["2026-01-01", "2026-02-01"]
    unknown = marks(figure(event((1, 1), "order")))[0]
    assert unknown.marker.size[0] > 0


def test_a_deal_is_a_line_to_its_end_or_to_the_as_of_date():
    drawn = figure(
        event((1, 1), "deal_created", "a"), event((2, 1), "deal_won", "a"), event((3, 1), "deal_created", "b")
    )
    line = next(trace for trace in drawn.data if trace.mode == "lines")
    assert list(line.x) == ["2026-01-01", "2026-02-01", None, "2026-03-01", "2026-06-30", None]
    _began, won, still = marks(drawn)
    assert (won.marker.color, list(won.x)) == (LIGHT.won, ["2026-02-01"])
    assert (still.marker.color, list(still.x)) == (LIGHT.surface, ["2026-06-30"])


def test_an_end_without_a_beginning_is_drawn_too():
    drawn = figure(event((2, 1), "deal_lost", "a"))
    (lost,) = marks(drawn)
    assert lost.marker.color == LIGHT.lost and list(lost.x) == ["2026-02-01"]


def test_scores_say_what_they_are_and_those_too_near_are_not_written():
    drawn = figure(
        event((1, 1), "survey_answer", score=3.0), event((3, 1), "survey_answer", score=8.0), event((3, 2), "survey_answer", score=10.0),
        event((6, 1), "survey_answer", score=2.0, scale="csat"),
    )  # fmt: skip
    (answers,) = marks(drawn)
    assert list(answers.marker.color) == [LIGHT.lost, LIGHT.neutral, LIGHT.won, LIGHT.neutral]
    assert list(answers.text) == ["3", "", "10", "2"]


def test_a_silence_is_shaded_only_where_it_is_longer_than_usual():
    silent = [event((1, 1), "order", amount=1.0), event((1, 2), "contact")]
    drawn = figure(
        *silent, silences=[Silence("orders", date(2026, 1, 1), 30.0), Silence("contacts", date(2026, 6, 1), 40.0)]
    )
    boxes = [shape for shape in drawn.layout.shapes if shape.type == "rect"]
    assert [(box.x0, box.x1, box.y0 < 0 < box.y1) for box in boxes] == [("2026-01-01", "2026-06-30", True)]
    assert texts(drawn) == ["180 d silent, usually 30 d"]
    assert (
        texts(
            figure(
                *silent, silences=[Silence("orders", date(2026, 1, 1), None), Silence("deals", date(2026, 1, 1), 1.0)]
            )
        )
        == []
    )


def test_time_runs_from_left_to_right_in_both_languages_and_names_stand_where_reading_begins():
    happened = (event((1, 1), "order", amount=1.0), event((5, 1), "contact"))
    for code, side, colors in (("en", "left", LIGHT), ("he", "right", DARK)):
        axes = figure(*happened, code=code, colors=colors).layout
        assert axes.xaxis.range[0] < "2026-01-01" and axes.xaxis.range[1] > "2026-06-30"
        assert axes.yaxis.side == side and axes.yaxis.range[0] > axes.yaxis.range[1]


def test_ticks_are_few_and_first_days_of_months():
    years = figure(event((1, 1), "contact") | {"day": date(2012, 3, 5)}, event((6, 1), "contact"))
    ticks = years.layout.xaxis.tickvals
    assert 2 <= len(ticks) <= 8 and all(tick.endswith("-01") for tick in ticks)


def test_names_from_the_data_cannot_be_markup():
    drawn = figure(event((1, 1), "contact", what=HOSTILE, who=HOSTILE, contact_name=HOSTILE))
    (trace,) = marks(drawn)
    assert "<b onmouseover" not in trace.customdata[0][0] and "&lt;b onmouseover" in trace.customdata[0][0]
