"""The heat map on the bottlenecks page."""

import json
from datetime import timedelta

import pytest

from tests.pages.conftest import company, words


def figure(at, place=0):
    return json.loads(at.get("plotly_chart")[place].proto.spec)


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


def notes(at):
    return " ".join(note["text"] for note in figure(at)["layout"]["annotations"])


def open_heat(app, **query):
    return app("bottlenecks", **{"view": "heat", "by": "owner", **query})


THREE = ("Dana", "Omer", "Yael")


def leaking(n=420):
    """Most of Omer's deals that would move on from Lead are lost there."""
    rows = company(n, names=THREE)
    for number, deal in enumerate(rows["deals"]):
        if number % 3 == 1 and number % 10 in (5, 7, 8, 9):
            own = [stay for stay in rows["stage_entries"] if stay["deal_id"] == deal["deal_id"]]
            first = own[0] | {"fate": "lost", "next_stage": "Closed Lost"}
            rows["stage_entries"] = [stay for stay in rows["stage_entries"] if stay["deal_id"] != deal["deal_id"]]
            rows["stage_entries"].append(first)
            deal |= {"status": "lost", "stage": "Lead", "closed_at": first["left_at"]}
    return rows


def test_every_stage_and_group_has_its_share_and_its_deals(app, load, made):
    load(made(210, names=THREE))
    at = open_heat(app)
    text = words(at)
    assert "No group moves on from a stage more or less often than the others by more than could be chance" in text
    assert "comparisons</strong>" not in text and "comparisons)" in text
    rows = frames(at, "Verdict")
    assert len(rows) == 6 and set(rows["Group"]) == set(THREE) and set(rows["Stage"]) == {"Lead", "Demo"}
    assert rows[rows["Stage"] == "Lead"]["Deals"].tolist() == [70] * 3
    assert set(rows[rows["Stage"] == "Lead"]["Verdict"]) == {"could be chance"}
    assert set(rows[rows["Stage"] == "Demo"]["Verdict"]) == {"not tested"}  # 28 deals each
    assert "▲" not in notes(at) and "▼" not in notes(at)


def test_the_worst_real_cell_is_said_and_marked(app, load):
    load(leaking())
    at = open_heat(app)
    text = words(at)
    assert "<strong>At Lead, deals of Omer move on less often:" in text and "It stands after correction over" in text
    rows = frames(at, "Verdict").set_index(["Stage", "Group"])
    assert rows.loc[("Lead", "Omer"), "Verdict"] == "worse, stands after correction"
    assert rows.loc[("Lead", "Dana"), "Verdict"] == "better, stands after correction"
    assert "<b>▼" in notes(at) and "<b>▲" in notes(at)


@pytest.mark.parametrize(("measure", "column"), [("delay", "Days at the stage"), ("rework", "come back")])
def test_the_measure_is_chosen(app, load, made, check, measure, column):
    rows = made(200)
    for stay in rows["stage_entries"]:
        if stay["stage"] == "Lead" and int(stay["deal_id"][1:]) % 2 and stay["left_at"]:
            stay["left_at"] += timedelta(days=3)
    load(rows)
    at = open_heat(app)
    at.get_by_key("heat_measure").set_value(measure).run()
    told = frames(check(at), "Verdict").set_index(["Stage", "Group"])
    assert column in told
    if measure == "delay":
        assert told.loc[("Lead", "Omer"), column] == pytest.approx(7)
        assert "At Lead, deals of Omer stay longer: 7 d on average against" in words(at)
    else:
        assert set(told[column]) == {0}


def test_a_cell_shows_its_curve_and_its_open_deals(app, load, made, check):
    load(made(300, names=THREE))
    at = open_heat(app)
    assert len(at.get("plotly_chart")) == 1
    at.get_by_key("heat_stage").set_value("Demo").run()
    at.get_by_key("heat_group").set_value("Omer").run()
    check(at)
    assert "Omer · Demo:" in words(at) and "Verdict: could be chance." in words(at)
    told = " ".join(note["text"] for note in figure(at, 1)["layout"]["annotations"])
    assert "Omer" in told and "all others" in told
    rows = frames(at, "Deal number")
    assert len(rows) == 10 and set(rows["Owner"]) == {"Omer"} and set(rows["Stage"]) == {"Demo"}
    at.get_by_key("close_heat_deals").click().run()
    assert len(check(at).get("plotly_chart")) == 1


def test_few_deals_have_no_number(app, load, made):
    rows = made(200)
    for deal in rows["deals"][:9]:
        deal["owner"] = "Rare"
    for deal in rows["deals"][10:30]:
        deal["owner"] = "Some"
    load(rows)
    at = open_heat(app)
    assert "not enough<br>9" in notes(at)
    rows = frames(at, "Verdict").set_index(["Stage", "Group"])
    assert rows.loc[("Lead", "Rare"), "Verdict"] == "not enough data"
    assert rows.loc[("Lead", "Rare"), "move on"] != rows.loc[("Lead", "Rare"), "move on"]
    assert rows.loc[("Lead", "Some"), "Verdict"] == "not tested" and rows.loc[("Lead", "Some"), "move on"] >= 0
    assert "Those without colour have fewer than 30 deals" in words(at)


def test_of_many_groups_the_others_are_reached(app, load, made, check):
    load(made(400, names=tuple(f"Rep {number:02}" for number in range(15))))
    at = open_heat(app)
    assert "12 of 15 groups are shown" in words(at)
    assert len(figure(at)["layout"]["xaxis"]["ticktext"]) == 12
    at.get_by_key("heat_part").set_value(1).run()
    assert len(figure(check(at))["layout"]["xaxis"]["ticktext"]) == 3
    assert len({*frames(at, "Verdict")["Group"]}) == 15


def test_a_field_with_too_many_values_says_so_and_another_can_be_chosen(app, load, made, check):
    load(made(420, names=tuple(f"Rep {number:03}" for number in range(210))))
    at = open_heat(app)
    assert "at most 200 groups" in words(at) and not at.get("plotly_chart")
    key = next(box.key for box in at.selectbox if box.label == "Groups by")
    at.get_by_key(key).set_value("deal_size").run()
    assert len(check(at).get("plotly_chart")) == 1


def test_one_value_makes_no_groups(app, load, made):
    load(made(40, names=("Dana",)))
    at = open_heat(app)
    assert "No two groups to compare" in words(at)


def test_without_history_the_file_that_unlocks_it_is_named(app, load, made):
    rows = made(40)
    for stay in rows["stage_entries"]:
        stay["is_recorded"] = False
    load(rows, has_history="false")
    at = open_heat(app)
    assert "This needs a stage history" in words(at) and not at.get("plotly_chart")


def test_filters_that_leave_nothing_say_so(app, load, made):
    load(made())
    at = open_heat(app, owner="Nobody")
    assert "No deal is left to show" in words(at) and not at.get("plotly_chart")


def test_nothing_is_loaded(app):
    assert "Nothing is loaded yet" in words(open_heat(app))


def test_a_cell_of_a_hostile_name_shows_it_as_it_is(app, load, check):
    hostile = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example) :material/home:")
    load(company(200, names=hostile))
    at = open_heat(app)
    at.get_by_key("heat_stage").set_value("Demo").run()
    at.get_by_key("heat_group").set_value(hostile[0]).run()
    html = "\n".join(block.proto.body for block in check(at).get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    assert all("<img" not in chart.proto.spec for chart in at.get("plotly_chart"))


def test_in_hebrew_with_hostile_names_and_two_currencies(app, load):
    hostile = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example) :material/home:")
    load(company(200, names=hostile, currencies=("USD", "EUR")))
    at = open_heat(app, lang="he")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
    span = figure(at)["layout"]["xaxis"]["range"]
    assert span[0] > span[1]
