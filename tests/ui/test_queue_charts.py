"""Where the marks of the queue charts stand."""

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from ui.charts.queue import PANELS_A_ROW, Panel, flow_figure, queue_figure
from ui.charts.theme import Look
from ui.locale import Locale

LABELS = ["Jan 26", "Feb 26", "Mar 26", "Apr 26"]


def queues(panels=2):
    """The last period is not over; the second panel has half of everything."""
    return pd.DataFrame(
        [
            {
                "panel": panel, "place": place, "arrivals": (10 + place) // (panel + 1), "departures": 9 // (panel + 1),
                "waiting": (20 + 5 * place) // (panel + 1), "is_complete": place < 3,
            }
            for panel in range(panels)
            for place in range(4)
        ]
    )  # fmt: skip


def panels(*ways):
    return [Panel(f"Stage {number}", ("+2 a month", "could be chance"), way) for number, way in enumerate(ways)]


def test_a_panel_has_what_came_what_left_and_what_waits():
    figure = queue_figure(queues(), panels("", ""), LABELS, Look(Locale("en")))
    first = [trace for trace in figure.data if trace.xaxis in (None, "x", "x2")]
    lines = [trace for trace in first if trace.type == "scatter"]
    solid = {tuple(trace.y) for trace in lines if trace.line.dash == "solid"}
    assert solid == {(9, 9, 9), (10, 11, 12)}
    dotted = {tuple(trace.y) for trace in lines if trace.line.dash == "dot"}
    assert dotted == {(9, 9), (12, 13)}  # from the last full period on
    (bars,) = [trace for trace in first if trace.type == "bar"]
    assert list(bars.y) == [20, 25, 30, 35] and list(bars.marker.pattern.shape) == ["", "", "", "/"]
    assert all(point[0] == 0 for point in bars.customdata)


def test_only_a_real_change_is_coloured_and_only_what_it_is_told_by():
    look = Look(Locale("en"))
    figure = queue_figure(queues(3), panels("growing", "", "shrinking"), LABELS, look)
    inks = [list(trace.marker.color) for trace in figure.data if trace.type == "bar"]
    neutral = look.colors.neutral
    assert inks == [[look.colors.lost_fill] * 3 + [neutral], [neutral] * 4, [look.colors.won_fill] * 3 + [neutral]]


def test_all_panels_have_one_scale_and_mirror_while_time_does_not():
    drawn = {language: queue_figure(queues(3), panels("", "", ""), LABELS, Look(Locale(language))).to_dict()["layout"] for language in ("en", "he")}  # fmt: skip
    for layout in drawn.values():
        assert len({tuple(layout[name]["range"]) for name in ("yaxis", "yaxis3", "yaxis5")}) == 1
        assert len({tuple(layout[name]["range"]) for name in ("yaxis2", "yaxis4", "yaxis6")}) == 1
        assert layout["xaxis"]["range"][0] < layout["xaxis"]["range"][1]
    assert drawn["en"]["xaxis"]["domain"][0] == 0 and drawn["en"]["xaxis5"]["domain"][1] == pytest.approx(1)
    assert drawn["he"]["xaxis5"]["domain"][0] == 0 and drawn["he"]["xaxis"]["domain"][1] == pytest.approx(1)


def test_more_stages_go_on_below_without_touching():
    layout = queue_figure(queues(PANELS_A_ROW + 1), panels(*[""] * (PANELS_A_ROW + 1)), LABELS, Look(Locale("en"))).to_dict()["layout"]  # fmt: skip
    last = f"yaxis{2 * PANELS_A_ROW + 1}"
    assert layout["yaxis2"]["domain"][0] > layout[last]["domain"][1]
    assert layout[f"yaxis{2 * PANELS_A_ROW + 2}"]["domain"][0] == pytest.approx(0)


def test_one_period_can_be_drawn():
    rows = queues(1)[lambda rows: rows["place"] == 0]
    figure = queue_figure(rows, panels(""), LABELS[:1], Look(Locale("en")))
    assert [note["text"] for note in figure.to_dict()["layout"]["annotations"]].count("Jan 26") == 1


def flow():
    counts = {0: [10, 14, 20], 1: [8, 10, 13], 2: [4, 6, 9], 3: [1, 2, 4]}
    days = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    return pd.DataFrame(
        [
            {"line": line, "day": day, "since_start": n}
            for line, own in counts.items()
            for day, n in zip(days, own, strict=True)
        ]
    )


LINES = [("Lead", "stage"), ("<b>Demo</b>", "stage"), ("Lost", "lost"), ("Won", "won")]


def test_the_flow_has_a_line_a_stage_named_at_its_end_with_who_is_between():
    look = Look(Locale("en"))
    figure = flow_figure(flow(), LINES, LABELS[:3], 1, look)
    shade, *lines = figure.data
    assert list(shade.y) == [10, 14, 20, 9, 6, 4]  # in progress: from the first stage down to those that ended
    assert [list(line.y) for line in lines] == [[10, 14, 20], [8, 10, 13], [4, 6, 9], [1, 2, 4]]
    assert [line.line.color for line in lines] == [
        look.colors.muted,
        look.colors.accent,
        look.colors.lost,
        look.colors.won,
    ]
    notes = figure.to_dict()["layout"]["annotations"]
    assert [note["text"] for note in notes] == [
        "Lead <b>7</b>", "&lt;b&gt;Demo&lt;/b&gt; <b>4</b>", "Lost <b>5</b>", "Won <b>4</b>",
    ]  # fmt: skip


def test_names_of_lines_that_end_together_stand_in_their_order():
    rows = flow()
    rows.loc[rows["line"] < 3, "since_start"] = 9
    notes = flow_figure(rows, LINES, LABELS[:3], None, Look(Locale("he"))).to_dict()["layout"]["annotations"]
    heights = [note["y"] for note in notes]
    assert heights == sorted(heights, reverse=True)
    assert min(one - other for one, other in pairwise(heights)) > 0.3
