"""Time to convert, trend and comparison on the funnel page."""

import json
import re

import pytest

from tests.pages.conftest import company, words


def figure(at, place=0):
    return json.loads(at.get("plotly_chart")[place].proto.spec)


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


def test_time_to_convert_says_chance_and_typical_time(app, load, made):
    load(made(200))
    at = app("funnel", view="time")
    text = words(at)
    assert "<strong>30% of deals are won within 30 d</strong>" in text
    assert "typically take 10 d" in text
    assert "20 deals are still open. They are not counted as lost." in text
    assert "From creation to won" in text
    rows = frames(at, "Still watched")
    assert rows["Seen so far"].max() == 60


def test_steps_are_chosen_and_kept_in_the_address(app, load, made, check):
    load(made(200))
    at = app("funnel", view="time", stage_of="Demo")
    assert "From Demo to won" in words(at)
    key = next(box.key for box in at.selectbox if box.label == "From step")
    at.get_by_key(key).set_value("Lead").run()
    check(at)
    assert "From Lead to won" in words(at)
    assert at.query_params["stage_of"] in ("Lead", ["Lead"])
    at.get_by_key("time_goal").set_value("Demo").run()
    assert "From Lead to Demo" in words(check(at))


def test_a_step_back_to_an_address_without_a_view_is_followed(app, load, made, check):
    load(made(40))
    at = app("funnel", view="time", stage_of="Demo")
    assert "From Demo to won" in words(at)
    at.query_params.pop("stage_of")
    at.run()
    assert "From creation to won" in words(check(at))
    at.query_params.pop("view")
    at.run()
    assert "From creation to won" not in words(check(at))
    assert "view" not in at.query_params


def test_lines_by_a_field_are_tested_as_one_family(app, load, made, check):
    load(made(200))
    at = app("funnel", view="time", by="owner")  # as a link to it says
    check(at)
    assert "2 groups tested" in words(at)
    notes = " ".join(note["text"] for note in figure(at)["layout"]["annotations"])
    assert "Dana" in notes and "Omer" in notes


def test_the_deals_behind_the_time_are_listed(app, load, made, check):
    load(made(40))
    at = app("funnel", view="time")
    at.get_by_key("time_end").set_value("open").run()
    check(at)
    rows = frames(at, "Deal number")
    assert sorted(rows["Deal number"]) == ["D009", "D019", "D029", "D039"]
    assert set(rows["Status"]) == {"open"}


def test_too_few_deals_have_no_curve(app, load, made):
    load(made(5))
    at = app("funnel", view="time")
    assert "Too few deals" in words(at)
    assert not at.get("plotly_chart")


def test_the_young_end_of_the_trend_is_hatched(app, load, made):
    load(made(100))
    at = app("funnel", view="trend", as_of="2026-03-12")
    text = words(at)
    assert "The last period is too young to judge" in text and "can only rise" in text
    traces = figure(at)["data"]
    assert any(trace.get("marker", {}).get("pattern", {}).get("shape") == "/" for trace in traces)
    rows = frames(at, "Converted by the same age")
    assert list(rows["Period"]) == ["2026-01", "2026-02", "2026-03"]
    assert rows["Deals"].sum() == 67
    assert rows["Remark"].iloc[-1] == "too early: sure so far"


def test_a_period_of_the_trend_lists_its_deals(app, load, made, check):
    load(made(100))
    at = app("funnel", view="trend")
    at.get_by_key("trend_period").set_value(1).run()
    assert len(frames(check(at), "Deal number")) == 28
    at.get_by_key("trend_grain").set_value("quarter").run()
    check(at)
    at = app("funnel", view="trend", stage_of="Demo")
    assert "Moved on from Demo" in words(at)


def changed(n=400):
    """In the second half Dana's deals are won half as often, and there are more of them."""
    rows = company(n)
    for number, deal in enumerate(rows["deals"]):
        deal["source"] = "Fair" if number % 3 else "Web"
        if number >= n // 2 and deal["status"] == "won" and number % 10 < 8:
            deal["status"] = "lost"
    return rows


def test_two_periods_and_what_their_difference_is_made_of(app, load, check):
    load(changed())
    at = app("funnel", view="compare", **{"from": "2026-08-01", "to": "2027-01-31"})
    text = words(at)
    assert "<strong>The win rate fell by" in text and "a real change:" in text
    assert "of it come from winning the same kinds of deals" in text and "from other kinds of deals (by source)" in text
    assert "They add up exactly." in text
    rows = frames(at, "Size of won deals")
    parts = ["Number of deals", "Mix", "Win rates", "Size of won deals"]
    cents = (rows[[*parts, "Together"]] * 100).round().astype(int)
    assert (cents[parts].sum(axis=1) == cents["Together"]).all()
    assert (cents.iloc[:-1].sum() == cents.iloc[-1]).all()
    assert (cents["Mix"] >= (rows["Mix: 95% from"] * 100).round() - 1).all()
    of_rate = next(
        frame.value for frame in at.dataframe if "Mix: 95% from" in frame.value and "Together" not in frame.value
    )
    for part in ("Mix", "Win rates"):
        assert (of_rate[f"{part}: 95% from"] <= of_rate[part]).all() and (
            of_rate[part] <= of_rate[f"{part}: 95% to"]
        ).all()
    at.get_by_key("compare_side").set_value("a").run()
    assert len(frames(check(at), "Deal number")) > 50


def test_printed_points_add_up(app, load):
    load(changed())
    at = app("funnel", view="compare", **{"from": "2026-08-01", "to": "2027-01-31"})
    html = next(block.proto.body for block in at.get("html") if "Together" in block.proto.body)
    lines = [re.findall(r"[+−]?[\d.]+(?= pts)", line) for line in html.split("<tr>")[2:]]
    points = [[float(each.replace("−", "-")) for each in line] for line in lines]
    assert len(points) == 3 and all(len(line) == 2 for line in points)
    for *groups, together in zip(*points, strict=True):
        assert sum(groups) == pytest.approx(together)


def test_two_owners_are_compared(app, load, made, check):
    load(made(200))
    at = app("funnel", view="compare")
    at.get_by_key("compare_field").set_value("owner").run()
    check(at)
    assert "Omer wins" in words(at) or "Dana wins" in words(at)
    assert "could be chance" in words(at)


def test_columns_of_a_comparison_are_named_by_their_sides(app, load, made, check):
    load(made(200))
    at = app("funnel", view="compare")
    at.get_by_key("compare_field").set_value("owner").run()
    check(at)
    assert {"Deals: Dana", "Share: Omer", "95% to: Dana"} <= set(frames(at, "Verdict"))
    assert {"Lead", "Demo", "Won"} <= set(frames(at, "Verdict")["Stage"])


def test_one_value_cannot_be_compared(app, load, made, check):
    load(made(40, names=("Dana",)))
    at = app("funnel", view="compare")
    at.get_by_key("compare_field").set_value("owner").run()
    assert "no two sides" in words(check(at))


@pytest.mark.parametrize("view", ["time", "trend", "compare"])
def test_every_view_in_hebrew_with_hostile_names_and_two_currencies(app, load, made, view):
    hostile = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example) :material/home:")
    rows = made(200, names=hostile, currencies=("USD", "EUR"))
    for table in ("stage_entries", "stages"):
        for row in rows[table]:
            if row["stage"] == "Demo":
                row["stage"] = "<a href='http://evil.example'>Demo</a>"
    load(rows)
    at = app("funnel", view=view, lang="he", stage_of="<a href='http://evil.example'>Demo</a>")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec and "<a href" not in chart.proto.spec


@pytest.mark.parametrize("view", ["time", "trend", "compare"])
def test_filters_that_leave_nothing_say_so(app, load, made, view):
    load(made())
    at = app("funnel", view=view, owner="Nobody")
    assert not at.get("plotly_chart")
    assert "<strong>" in words(at)


def test_without_history_only_creation_and_winning_are_told(app, load, made, check):
    rows = made(100)
    for row in rows["stage_entries"]:
        row["is_recorded"] = False
    load(rows, has_history="false")
    for view in ("time", "trend"):
        assert app("funnel", view=view).get("plotly_chart")
    at = app("funnel", view="compare")
    at.get_by_key("compare_field").set_value("owner").run()
    notes = " ".join(note["text"] for note in figure(check(at))["layout"]["annotations"])
    assert "not enough" not in notes and "not recorded" not in notes
    assert "add a stage history" in words(at)
    assert list(frames(at, "Verdict")["Stage"]) == ["Won"]
