"""The trend of the score on the page of NPS, on answers written by hand."""

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.marks import Mark
from data.store import Workspace
from data.survey_settings import SurveySettings
from data.workspaces import default_workspace
from tests.pages.conftest import words

HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'
KINDS = {"good": [10, 9, 10, 8, 7, 10, 3, 9, 10, 10], "bad": [0, 8, 5, 7, 10, 3, 6, 8, 9, 2]}


def answers(*stretches):
    """(days, kind) a stretch from the first of January 2026, one answer a day of a stranger."""
    made: list[dict[str, Any]] = []
    day = datetime(2026, 1, 1, 12)
    for days, kind in stretches:
        for number in range(days):
            made.append({
                "response_id": f"R{len(made)}", "customer_id": f"C{len(made)}", "customer": f"Customer {len(made)}", "email": f"{len(made)}@x.com",
                "answered_at": day, "score": float(KINDS[kind][number % 10]), "scale": "nps",
            })  # fmt: skip
            day += timedelta(days=1)
    return made


@pytest.fixture
def surveyed(load):
    """Put answers into the workspace in use; the newest day is the as-of date."""

    def put(made) -> Workspace:
        day = datetime(2026, 1, 1)
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": day, "closed_at": None, "pipeline": "Sales"}],
            "survey_responses": made,
        }
        load(rows, latest_event_at="2026-06-30T09:00:00")
        return Workspace(default_workspace())

    return put


def opened(app, **query):
    return app("nps", view="trend", **query)


def test_since_when_and_how_sure(app, surveyed, check):
    workspace = surveyed(answers((90, "good"), (90, "bad")))
    at = opened(app)
    text = words(at)
    assert re.search(
        r"<strong>NPS fell by (89|9\d) points around \d+ (Mar|Apr) 2026</strong>, from \+6\d to −(29|3\d): a real change",
        text,
    )
    assert "From one month to the next 1 change stands after correction for" in text
    assert "each month would need about" in text
    figure, *_others = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert len(figure["data"]) >= 4
    # A target and a mark are kept with the workspace, and a hostile name stays text.
    at.number_input(key="nps_target_None").set_value(30.0)
    at.button(key="keep_nps_target").click().run()
    assert workspace.survey_settings() == SurveySettings(target=30.0)
    at.text_input(key="nps_mark_name").set_value(HOSTILE)
    at.date_input(key="nps_mark_on").set_value(date(2026, 4, 1))
    at.button(key="nps_mark_add").click().run()
    assert workspace.marks() == [Mark(date(2026, 4, 1), HOSTILE)]
    text = words(check(at))
    assert "<img src=x>" not in text and "&lt;img src=x&gt;" in text
    spec = at.get("plotly_chart")[0].proto.spec
    assert "target +30" in spec and "<img" not in spec
    at.button(key="nps_mark_remove_0").click().run()
    assert workspace.marks() == [] and "No day is marked yet" in words(check(at))


def test_every_grain_and_any_two_periods(app, surveyed, check):
    surveyed(answers((180, "good")))
    at = opened(app)
    assert "Nothing says that NPS really moved" in words(at)
    for grain in ("day", "enough"):
        at.segmented_control(key="nps_grain").set_value(grain).run()
        check(at)
        if grain == "day":
            assert "Choose longer periods" in words(at)
    assert "From one window to the next" in words(at)
    at.segmented_control(key="nps_grain").set_value("month").run()
    at.selectbox(key="nps_compare_first_month").set_value(0).run()
    assert "not enough data for a test" in words(check(at))  # 31 answers against 29
    at.selectbox(key="nps_compare_second_month").set_value(2).run()
    assert "which could be chance" in words(check(at))
    at.selectbox(key="nps_compare_second_month").set_value(0).run()
    assert "Choose two different periods." in words(check(at))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (answers((5, "good")), "Too few answers to tell a score"),
        (answers((1, "good")), "Too few answers to tell a score"),
        (answers((40, "good")), "Too few answers to tell whether NPS moves"),
        ([row | {"answered_at": None} for row in answers((40, "good"))], "No answer has a day"),
    ],
)
def test_too_little_is_said(app, surveyed, made, said):
    surveyed(made)
    assert said in words(opened(app))
