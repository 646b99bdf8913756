"""Figures are given whole: what `go.Figure` takes is checked, so these tests ask only where things stand."""

import pandas as pd
import pytest

from ui.charts.groups import groups_figure, marks
from ui.charts.theme import Look
from ui.locale import Locale

PANELS = [(f"Step {number}", 0.5) for number in range(8)]
GROUPS = [("Event", "40 deals"), ("Partner", "9 deals")]


def groups():
    """Eight steps of two groups; the second has too few deals at the last step, and a real difference at the first."""
    rows = [
        {"panel": panel, "group": group, "rate": 0.4, "low": 0.3, "high": 0.5, "n": 40, "is_real": panel == 0 == group - 1}
        for panel in range(8)
        for group in range(2)
    ]  # fmt: skip
    rows[-1] |= {"n": 9}
    return pd.DataFrame(rows)


def test_each_mark_is_known_by_its_place_in_the_rows():
    parts = marks(groups(), 8)
    assert parts[:2] == [[1], [0]]  # the first step: what is real, then what could be chance
    assert parts[-2:] == [[], [14]]  # too few deals are not drawn
    for trace, part in zip(groups_figure(groups(), PANELS, GROUPS, Look(Locale("en"))).data, parts, strict=True):
        assert list(trace.y) == [place % 2 for place in part]


@pytest.mark.parametrize(("language", "first", "last"), [("en", "x", "x8"), ("he", "x6", "x11")])
def test_panels_begin_where_the_language_does_and_go_on_below(language, first, last):
    figure = groups_figure(groups(), PANELS, GROUPS, Look(Locale(language)))
    layout = figure.to_dict()["layout"]
    names = {note["xref"]: note["text"] for note in layout["annotations"] if "Step" in note["text"]}
    assert "Step 0" in names[f"{first} domain"] and "Step 7" in names[f"{last} domain"]
    named = [name for name in layout if name.startswith("yaxis") and layout[name]["showticklabels"]]
    assert named == (["yaxis", "yaxis7"] if language == "en" else ["yaxis6", "yaxis12"])
    above, below = layout["yaxis"]["domain"], layout["yaxis7"]["domain"]
    assert above[1] == pytest.approx(1) and below[0] == 0 and below[1] < above[0]
    assert layout["xaxis"]["domain"][0] == 0 and layout["xaxis6"]["domain"][1] == pytest.approx(1)
