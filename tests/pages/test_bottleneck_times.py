"""Time in stage on the bottlenecks page."""

import json
from datetime import timedelta

import pytest

from tests.pages.conftest import START, company, words


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


def open_times(app, **query):
    return app("bottlenecks", view="times", **query)


def test_the_slowest_stage_and_how_sure_that_is(app, load, made):
    load(made(200))
    at = open_times(app)
    text = words(at)
    assert "<strong>Demo takes longest: half of its visits last more than 6 d</strong>" in text
    assert "20 visits go on. They count for as long as they have lasted." in text
    assert "Half of the visits have left Lead after 4 d, and Demo after 6 d." in text
    rows = frames(at, "Half have left after, days")
    assert list(rows["Stage"]) == ["Lead", "Demo"] and list(rows["Visits"]) == [200, 80]
    assert list(rows["Going on"]) == [0, 20]
    assert len(at.get("plotly_chart")) == 3


def test_what_the_completed_alone_would_say_is_called_too_short(app, load, made):
    rows = made(200)
    for number, stay in enumerate(stay for stay in rows["stage_entries"] if stay["stage"] == "Demo" and not stay["is_skipped"]):  # fmt: skip
        if stay["left_at"]:
            stay["left_at"] = stay["entered_at"] + timedelta(days=2 + number % 7 * 4)
    load(rows, latest_event_at="2026-08-20T09:00:00")
    text = words(open_times(app))
    assert "The completed visits alone would say" in text and "too short" in text


def test_a_median_not_reached_is_at_least_so_long(app, load, made):
    rows = made(100)
    for stay in rows["stage_entries"]:
        if stay["stage"] == "Demo" and not stay["is_skipped"]:
            stay |= {"fate": "still", "left_at": None, "next_stage": None}
    load(rows)
    at = open_times(app)
    assert "<strong>Demo takes longest: at least" in words(at)
    assert "Half have not left yet: Demo." in words(at)
    assert "≥" in words(at) and "at least" in json.dumps(figures(at)[0]["layout"]["annotations"], ensure_ascii=False)


def test_a_stage_is_chosen_and_kept_in_the_address(app, load, made, check):
    load(made(200))
    at = open_times(app, stage_of="Lead")
    assert "How Lead empties" in words(at)
    key = next(box.key for box in at.selectbox if box.label == "Stage")
    at.get_by_key(key).set_value("Demo").run()
    assert "How Demo empties" in words(check(at))
    assert at.query_params["stage_of"] in ("Demo", ["Demo"])
    rows = frames(at, "Days there")
    assert len(rows) == 20 and rows["Days there"].is_monotonic_decreasing


def test_the_ends_of_a_stage_add_up(app, load, made):
    load(made(200))
    at = open_times(app, stage_of="Lead")
    rows = frames(at, "moved on")
    assert (rows[["still there", "moved on", "lost", "went back", "handed off"]].sum(axis=1) - 100).abs().max() < 1e-6
    assert [rows[name].iloc[-1] for name in ("moved on", "lost")] == pytest.approx([40, 50])
    # Nine in ten have left after 4 days; the rest, which skips the next stage, after 10.
    assert "<strong>By 8 d, 40% have moved on and 50% were lost</strong>; 10% are still there." in words(at)


def test_lines_by_a_field_come_with_a_corrected_verdict(app, load, made):
    load(made(200))
    at = open_times(app, stage_of="Demo", by="owner")
    assert "could be chance" in words(at) and "comparisons at all stages" in words(at)
    notes = json.dumps(figures(at)[1]["layout"]["annotations"])
    assert "Dana" in notes and "Omer" in notes


def test_a_slower_group_is_named(app, load, made):
    rows = made(400)
    for stay in rows["stage_entries"]:
        if stay["stage"] == "Lead" and int(stay["deal_id"][1:]) % 2 and stay["left_at"]:
            stay["left_at"] += timedelta(days=8)
    load(rows)
    text = words(open_times(app, stage_of="Lead", by="owner"))
    assert "Longer than the others: Omer (half have left after 12 d)." in text
    assert "Shorter: Dana (half have left after 4 d)." in text and "Stands after correction (" in text


def test_what_is_odd_is_said_with_what_to_do(app, load, made):
    rows = made(100)
    leads = [stay for stay in rows["stage_entries"] if stay["stage"] == "Lead"]
    for stay in leads[:30]:
        stay["entered_at"] = START + timedelta(minutes=30)
    for stay in leads[40:60]:
        stay["left_at"] = stay["entered_at"]
    leads[70]["left_at"] = leads[70]["entered_at"] - timedelta(days=1)
    leads[71]["is_recorded"] = False
    load(rows)
    text = words(open_times(app))
    assert "30 visits began in the same minute as at least 19 others" in text and "Lead 30%" in text
    assert "20 visits were over within a minute" in text
    assert "1 visit ended before they began" in text and "1 visit follow from how the deal stands" in text


def test_without_history_the_file_that_unlocks_it_is_named(app, load, made):
    rows = made(40)
    for stay in rows["stage_entries"]:
        stay["is_recorded"] = False
    load(rows, has_history="false")
    at = open_times(app)
    assert "This needs a stage history" in words(at) and not at.get("plotly_chart")


def test_a_history_of_too_few_stays_says_so(app, load, made):
    rows = made(40)
    for stay in rows["stage_entries"]:
        stay["is_recorded"] = False
    load(rows)
    at = open_times(app)
    assert "The times of the stages are not known" in words(at) and not at.get("plotly_chart")


@pytest.mark.parametrize(("size", "said"), [(5, "It takes 10 visits"), (40, "not enough · 8")])
def test_few_visits_are_counted_and_not_told(app, load, made, size, said):
    rows = made(size)
    if size == 40:
        rows["stage_entries"] = [stay for stay in rows["stage_entries"] if stay["stage"] != "Demo" or int(stay["deal_id"][1:]) < 20]  # fmt: skip
    load(rows)
    at = open_times(app)
    assert said in words(at) + json.dumps([figure["layout"] for figure in figures(at)], ensure_ascii=False)


def test_filters_that_leave_nothing_say_so(app, load, made):
    load(made())
    at = open_times(app, owner="Nobody")
    assert "No deal is left to show" in words(at) and not at.get("plotly_chart")


def test_nothing_is_loaded(app):
    assert "Nothing is loaded yet" in words(open_times(app))


def test_in_hebrew_with_hostile_names_and_two_currencies(app, load):
    hostile = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example) :material/home:")
    rows = company(200, names=hostile, currencies=("USD", "EUR"))
    for table in ("stage_entries", "stages"):
        for row in rows[table]:
            if row["stage"] == "Demo":
                row["stage"] = "<a href='http://evil.example'>Demo</a>"
    load(rows)
    at = open_times(app, lang="he", by="owner")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    assert len(at.get("plotly_chart")) == 3
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec and "<a href" not in chart.proto.spec
