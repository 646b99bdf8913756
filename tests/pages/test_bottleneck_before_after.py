"""Before and after a day, on small workspaces."""

import json
from datetime import date, timedelta

import pytest

from data import workspaces
from data.marks import Mark
from data.store import Workspace
from tests.pages.conftest import START, company, sound, words

PAGE = {"view": "before_after"}
DAY = date(2026, 7, 1)
HOSTILE = "<img src=x onerror=alert(1)> **bold** :rocket:"


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def here():
    return Workspace(workspaces.default_workspace())


def changed(n=300, day=DAY):
    """From the day on, deals stay at Lead four times as long."""
    rows = company(n)
    later = timedelta(days=12)
    for entry in rows["stage_entries"]:
        if entry["entered_at"].date() >= day and entry["stage"] == "Lead" and entry["left_at"]:
            entry["left_at"] += later
    return rows


def asked(app, on=DAY, **query):
    at = app("bottlenecks", **PAGE, **query)
    at.get_by_key("ba_on").set_value(on).run()
    return sound(at)


def test_a_change_is_told_with_its_interval(app, load):
    load(changed())
    at = asked(app)
    text = words(at)
    assert "Since 1 Jul 2026 deals leave Lead 12 d later" in text and "a real change" in text
    assert "a difference does not prove its cause" in text
    assert "Compared are the 90 d before and the 90 d from that day on." in text
    pairs = figures(at)[0]
    after = [trace for trace in pairs["data"] if trace.get("customdata") and trace["customdata"][0][1] == "after"]
    assert after[0]["customdata"][0][0] == 0  # Lead, filled
    assert "How long it takes changed at" in text and "no sign of it" in text
    assert "more waits there" in text


def test_nothing_changed_is_said_so(app, load, made):
    load(made(300))
    text = words(asked(app))
    assert "Nothing shows a real change since 1 Jul 2026" in text
    assert "None of" in text and "could be chance" in text


def test_shorter_windows_than_asked_are_said_so(app, load):
    load(changed())
    at = asked(app, date(2026, 2, 15))
    assert "You asked for 90 d; the data has no more on both sides." in words(at)
    at.get_by_key("ba_window").set_value(0).run()
    assert "You asked for" not in words(sound(at))


def test_a_day_is_marked_found_again_and_removed(app, load):
    load(changed())
    at = asked(app)
    at.get_by_key("ba_name").set_value(HOSTILE).run()
    at.get_by_key("ba_add").click().run()
    text = words(sound(at))
    assert here().marks() == [Mark(DAY, HOSTILE)]
    assert "<img src=x" not in text
    trend = figures(at)[-1]
    assert len(trend["layout"]["shapes"]) == 1
    named = next(note["text"] for note in trend["layout"]["annotations"] if "img" in note["text"])
    assert "<img" not in named
    at = app("bottlenecks", **PAGE)  # the latest marked day is where a reader begins
    assert at.get_by_key("ba_on").value == DAY
    at.get_by_key("ba_remove_0").click().run()
    sound(at)
    assert here().marks() == []


def test_a_mark_without_a_name_is_refused(app, load):
    load(changed(120))
    at = asked(app, date(2026, 3, 1))
    at.get_by_key("ba_add").click().run()
    assert "A mark needs a name." in words(sound(at))
    assert here().marks() == []


def test_marked_days_are_choices(app, load):
    load(changed())
    for number, name in enumerate(("Price list", "Script")):
        here().add_mark(DAY + timedelta(days=30 * number), name)
    at = app("bottlenecks", **PAGE)
    assert at.get_by_key("ba_on").value == DAY + timedelta(days=30)
    at.get_by_key("ba_mark").set_value(0).run()
    assert at.get_by_key("ba_on").value == DAY and "Since 1 Jul 2026" in words(sound(at))


def test_the_deals_of_either_side_are_listed(app, load):
    load(changed())
    at = asked(app)
    at.get_by_key("ba_stage").set_value("Lead").run()
    sound(at)
    came = [START + timedelta(days=number) for number in range(300)]
    since = sum(DAY <= day.date() < DAY + timedelta(days=90) for day in came)
    assert f"{since} deals" in words(at)
    at.get_by_key("ba_side").set_value("before").run()
    assert f"{sum(DAY - timedelta(days=90) <= day.date() < DAY for day in came)} deals" in words(sound(at))
    for measure in ("move_on", "days"):
        at.get_by_key("ba_measure").set_value(measure).run()
        sound(at)
    at.get_by_key("ba_stage").set_value("").run()
    assert "Whole deals, closer" in words(sound(at))


@pytest.mark.parametrize("facts", [{}, {"has_history": "false"}])
@pytest.mark.parametrize("query", [{}, {"lang": "he"}, {"owner": "Nobody"}, {"from": "2026-06-20", "to": "2026-07-05"}])
def test_it_shows_something_whatever_is_left(app, load, facts, query):
    load(company(100), **facts)
    sound(app("bottlenecks", **PAGE, **query))


def test_few_deals_and_none(app, load):
    load(company(12))
    text = words(asked(app, date(2026, 1, 10)))
    assert "It takes 10 deals on either side to compare them" in text
    at = app("bottlenecks", **PAGE, as_of="2020-01-01")
    assert "No deal is left to show" in words(sound(at))


def test_a_day_outside_the_data_is_said_so(app, load):
    load(company(100))
    text = words(asked(app, date(2020, 1, 1)))
    assert "This day cannot be compared" in text and "Choose a day in between" in text


def test_without_data_it_says_what_to_do(app):
    assert "Nothing is loaded yet" in words(app("bottlenecks", **PAGE))
