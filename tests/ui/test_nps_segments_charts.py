"""The charts of segments, by their traces."""

import pandas as pd

from ui.charts.nps_segments import moved_figure, scores_figure
from ui.charts.theme import DARK, LIGHT, Look
from ui.locale import Locale

HOSTILE = '<b onmouseover="x">=1+1</b>'


def look(code="en", colors=LIGHT):
    return Look(Locale(code, "USD"), colors)


def group(promoters, passives, detractors, **given):
    n = promoters + passives + detractors
    nps = 100 * (promoters - detractors) / max(n, 1)
    return {"n": n, "nps": nps if n else None, "low": nps - 10 if n else None, "high": nps + 10 if n else None, "promoters": promoters, "passives": passives,
            "detractors": detractors, "is_real": False, "said": f"{n} answers"} | given  # fmt: skip


def scores(*groups, names=None, typical=5.0, code="en", with_shares=True):
    rows = pd.DataFrame(list(groups))
    return scores_figure(
        rows, names or [f"Group {n}" for n in range(len(groups))], typical, look(code), with_shares=with_shares
    )


def texts(drawn):
    return [note.text for note in drawn.layout.annotations]


def test_a_dot_with_its_interval_and_the_shares_beside():
    drawn = scores(group(30, 10, 10, is_real=True), group(10, 10, 20))
    real, chance, *shares = drawn.data
    assert (list(real.x), list(real.y), real.marker.color) == ([40.0], [0], LIGHT.accent)
    assert (list(chance.x), list(chance.y), chance.marker.color) == ([-25.0], [1], LIGHT.neutral)
    assert list(real.error_x.array) == [10.0] and list(real.error_x.arrayminus) == [10.0]
    assert [list(each.x) for each in shares] == [[0.2, 0.5], [0.2, 0.25], [0.6, 0.25]]
    assert shares[2].marker.color == LIGHT.won_fill and list(shares[2].text) == ["60%", "25%"]
    assert any("<b>+40</b>" in text and "+30 … +50" in text for text in texts(drawn))
    assert "all: +5" in texts(drawn) and drawn.layout.shapes[0].x0 == 5.0


def test_few_answers_have_no_number():
    drawn = scores(group(4, 3, 2), group(0, 0, 0), typical=None)
    assert all(not len(trace.x) for trace in drawn.data)
    assert {"not enough · 9", "not enough · 0"} <= set(texts(drawn)) and not drawn.layout.shapes


def test_without_shares_there_is_one_panel():
    drawn = scores(group(30, 10, 10), with_shares=False)
    assert len(drawn.data) == 2 and "xaxis2" not in drawn.layout


def test_an_unknown_interval_is_no_whisker():
    drawn = scores(group(30, 10, 10, low=None, high=None), with_shares=False)
    assert list(drawn.data[1].error_x.array) == [0.0]


def test_scores_never_flip_and_names_are_no_markup():
    left, right = scores(group(30, 10, 10), names=[HOSTILE]), scores(group(30, 10, 10), names=[HOSTILE], code="he")
    for drawn in (left, right):
        assert drawn.layout.xaxis.range[0] < drawn.layout.xaxis.range[1]
        assert "<b onmouseover" not in drawn.layout.yaxis.ticktext[0]
    # The shares stand at the end of the line, and are stacked as the language reads.
    assert (
        left.layout.xaxis.domain[0] < left.layout.xaxis2.domain[0]
        and right.layout.xaxis2.domain[0] < right.layout.xaxis.domain[0]
    )
    assert tuple(right.layout.xaxis2.range) == (1, 0) and right.layout.yaxis.side == "right"


def moved(n_earlier, n, earlier, now, is_real=False):
    difference = None if earlier is None or now is None else now - earlier
    return {"n_earlier": n_earlier, "nps_earlier": earlier, "n": n, "nps": now, "low": None if now is None else now - 10,
            "high": None if now is None else now + 10, "difference": difference, "is_real": is_real,
            "points_low": None if difference is None else difference - 15, "points_high": None if difference is None else difference + 15}  # fmt: skip


def test_a_hollow_dot_before_and_a_full_one_now():
    rows = pd.DataFrame(
        [moved(100, 120, 30.0, 5.0, True), moved(50, 60, 0.0, 4.0), moved(5, 60, 0.0, 7.0), moved(40, 0, 9.0, None)]
    )
    drawn = moved_figure(rows, list("abcd"), look(colors=DARK))
    real, chance, before = drawn.data
    assert (list(real.x), list(chance.x)) == ([5.0], [4.0, 7.0]) and real.marker.color == DARK.accent
    assert (list(before.x), list(before.y)) == ([30.0, 0.0, 9.0], [0, 1, 3]) and before.marker.color == DARK.surface
    assert any("<b>−25</b>" in text and "−40 … −10" in text for text in texts(drawn))
    assert {"not enough · 5", "not enough · 0"} <= set(texts(drawn))
