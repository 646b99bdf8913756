"""The map of the process by its traces."""

from itertools import pairwise

import pandas as pd
import pytest

from analytics.process_map import ARROW_COLUMNS, NODE_COLUMNS
from ui.charts.process_map import FAR, MOST_STAGES, NEAR, days_words, process_figure, simplified
from ui.charts.theme import DARK, LIGHT, Look
from ui.locale import Locale


def arrow(source, target, move, moves, share=None, days=None, timed=None, money=None):
    made = {"from_stage": source, "to_stage": target, "move": move, "moves": moves, "deals": moves, "move_share": share}
    made |= {"timed": moves if timed is None else timed, "median_completed_days": days, "p75_completed_days": days}
    return dict.fromkeys(ARROW_COLUMNS) | made | {"money": money, "currency": "ILS" if money else None}


def stage(name, order, visits, waiting=0, days=None, longest=50.0, money=None):
    made = {"stage": name, "stage_order": order, "visits": visits, "deals": visits, "open": waiting}
    return dict.fromkeys(NODE_COLUMNS) | made | {"median_days": days, "longest_days": longest, "money": money, "open_money": 0.0}  # fmt: skip


ARROWS = pd.DataFrame([
    arrow(None, "Lead", "start", 100, money=1000.0),
    arrow("Lead", "Offer", "forward", 60, 0.6, 5.0, money=600.0),
    arrow("Lead", "Deal", "skip", 20, 0.2, 9.0, money=900.0),
    arrow("Lead", None, "lost", 15, 0.15, 0.01, money=10.0),
    arrow("Lead", None, "still", 25),
    arrow("Offer", "Deal", "forward", 50, 0.9, 30.0, money=500.0),
    arrow("Offer", "Lead", "back", 8, 0.1, 20.0, money=80.0),
    arrow("Deal", "Won", "won", 40, 0.8, 2.0, money=400.0),
    arrow("Deal", "Other", "handed_off", 5, 0.1, 2.0, timed=5, money=50.0),
    arrow("Deal", None, "lost", 6, 0.1, 2.0, timed=6, money=50.0),
    arrow(None, "Offer", "came_in", 3, money=5.0),
])  # fmt: skip
STAGES = pd.DataFrame([stage("Lead", 1, 120, 25, 8.0), stage("Offer", 2, 63, 3, None), stage("Deal", 3, 70, 20, 0.01)])
ENGLISH, HEBREW = Look(Locale("en", "ILS")), Look(Locale("he", "ILS"))


def lines(figure):
    """The arrows of a figure, by the row they stand for."""
    return {
        trace.customdata[0][1]: trace
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "lines+markers"
    }


def words(figure):
    return [note.text for note in figure.layout.annotations]


def test_every_move_has_its_arrow_and_every_stage_its_box():
    figure = process_figure(simplified(ARROWS, STAGES, 1.0), ENGLISH)
    assert lines(figure).keys() == set(ARROWS.index[ARROWS["move"] != "still"])
    boxes, ends = (trace for trace in figure.data if trace.type == "bar")
    assert [list(each) for each in boxes.customdata] == [["stage", 0], ["stage", 1], ["stage", 2]]
    assert "Lead" in boxes.text[0] and "120 visits · 25 waiting" in boxes.text[0]
    assert "Start" in ends.text[0] and "100" in ends.text[0] and "40" in ends.text[1]


def test_ways_past_stages_run_on_one_side_and_ways_back_on_the_other():
    figure = process_figure(simplified(ARROWS, STAGES, 1.0), ENGLISH)
    drawn = lines(figure)
    assert min(drawn[2].x) >= FAR and drawn[2].y[0] < drawn[2].y[-1]
    assert max(drawn[6].x) <= NEAR and drawn[6].y[0] > drawn[6].y[-1]
    assert drawn[6].line.color == LIGHT.back_fill and drawn[3].line.color == LIGHT.lost_fill
    assert len(set(drawn[1].x)) == 1  # straight down to the neighbour
    assert drawn[8].y[0] != drawn[9].y[0]  # two ways out of one stage do not lie on each other


@pytest.mark.parametrize(("measure", "widest"), [("moves", 0), ("time", 5), ("money", 0)])
def test_width_follows_the_measure(measure, widest):
    drawn = lines(process_figure(simplified(ARROWS, STAGES, 1.0), ENGLISH, measure=measure))
    assert max(drawn, key=lambda row: drawn[row].line.width) == widest


def test_words_of_each_measure():
    shown = simplified(ARROWS, STAGES, 1.0)
    moves = " ".join(words(process_figure(shown, ENGLISH)))
    assert "<b>60</b>" in moves and "60%" in moves and "lost" in moves
    time = " ".join(words(process_figure(shown, ENGLISH, measure="time")))
    assert "<b>30 d</b>" in time and "not enough · 5" in time and "20%" not in time
    assert "not enough · 8" in time  # eight moves back
    assert "₪500" in " ".join(words(process_figure(shown, ENGLISH, measure="money")))


def test_what_rests_on_too_few_is_dotted_and_thin():
    drawn = lines(process_figure(simplified(ARROWS, STAGES, 1.0), ENGLISH, measure="time"))
    assert drawn[8].line.dash == "dot" and drawn[8].line.width == min(each.line.width for each in drawn.values())
    assert drawn[0].line.dash == "solid"  # there is no time before the start


def test_stages_tell_half_or_at_least():
    boxes = next(trace for trace in process_figure(simplified(ARROWS, STAGES, 1.0), ENGLISH, measure="time").data if trace.type == "bar")  # fmt: skip
    assert "half leave in 8 d" in boxes.text[0]
    assert "half take 50 d or more" in boxes.text[1]
    assert "under 0.1 d" in boxes.text[2]
    assert days_words(Locale("en"), 0.0) == "0 d"


def test_the_rarest_are_left_out_and_counted():
    shown = simplified(ARROWS, STAGES, 0.8)
    total = ARROWS.loc[ARROWS["move"] != "still", "moves"].sum()
    kept = shown.arrows["moves"].sum()
    assert kept + shown.hidden_moves == total and kept >= 0.8 * total
    assert len(shown.arrows) + shown.hidden_arrows == 10
    assert shown.arrows["moves"].min() >= ARROWS.drop(shown.arrows.index)["moves"].drop(4).max()
    assert (shown.begun, shown.won) == (100, 40)
    assert simplified(ARROWS, STAGES, 1.0).hidden_arrows == 0


def test_more_stages_than_fit_are_the_most_visited():
    names = [f"Stage {number}" for number in range(40)]
    stages = pd.DataFrame([stage(name, number, 500 - number) for number, name in enumerate(names)])
    arrows = pd.DataFrame(
        [arrow(None, names[0], "start", 500)]
        + [arrow(one, other, "forward", 400, 0.9, 2.0) for one, other in pairwise(names)]
    )
    shown = simplified(arrows, stages, 1.0)
    assert list(shown.stages["stage"]) == names[:MOST_STAGES] and shown.hidden_stages == 15
    assert len(shown.arrows) == MOST_STAGES and shown.hidden_moves == 400 * 15
    figure = process_figure(shown, ENGLISH)
    assert len(lines(figure)) == MOST_STAGES
    assert not any("Won" in text for trace in figure.data if trace.type == "bar" for text in trace.text)


def test_labels_do_not_cover_each_other():
    names = [f"S{number}" for number in range(12)]
    stages = pd.DataFrame([stage(name, number, 500) for number, name in enumerate(names)])
    arrows = pd.DataFrame(
        [arrow(names[one], names[other], "skip" if one < other else "back", 20 + one, 0.1, 2.0)
         for one in range(12) for other in range(12) if abs(one - other) > 1]
    )  # fmt: skip
    notes = process_figure(simplified(arrows, stages, 1.0), ENGLISH).layout.annotations
    assert 0 < len(notes) < len(arrows)  # the others are told under the pointer
    places = [(note.x, note.y) for note in notes]
    for number, (x, y) in enumerate(places):
        for other_x, other_y in places[:number]:
            assert abs(x - other_x) > 7 or abs(y - other_y) > 0.2


def test_hebrew_is_mirrored_and_the_projector_is_larger():
    shown = simplified(ARROWS, STAGES, 1.0)
    figure = process_figure(shown, HEBREW)
    assert figure.layout.xaxis.range[0] > figure.layout.xaxis.range[1]
    assert figure.layout.yaxis.range == process_figure(shown, ENGLISH).layout.yaxis.range
    large = process_figure(shown, Look(Locale("en", "ILS"), DARK, 1.25))
    assert large.layout.height > 1.2 * process_figure(shown, ENGLISH).layout.height
    assert lines(large)[6].line.color == DARK.back_fill


def test_names_from_the_data_stay_text():
    hostile = "<img src=x onerror=alert(1)>"
    named = ARROWS.replace("Offer", hostile), STAGES.replace("Offer", hostile)
    assert "<img" not in process_figure(simplified(*named, 1.0), ENGLISH).to_json().replace("\\u003c", "<")


def test_one_stage_without_any_move():
    waiting = pd.DataFrame([arrow(None, "Lead", "start", 3), arrow("Lead", None, "still", 3)])
    figure = process_figure(simplified(waiting, STAGES.head(1), 1.0), ENGLISH, measure="time")
    assert len(lines(figure)) == 1
