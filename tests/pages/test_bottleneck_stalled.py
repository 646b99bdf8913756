"""Stalled deals on the page of bottlenecks."""

import json
import re
from datetime import datetime

import pytest

from tests.pages.conftest import company, words


def opened(app, **query):
    return app("bottlenecks", view="stalled", **query)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def lines(at):
    """The rows of the table of deals, their cells as text."""
    html = next(block.proto.body for block in at.get("html") if "min-width:11rem" in block.proto.body)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html) if "<td" in row]
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in row] for row in rows]


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


@pytest.fixture
def hundred(load, made):
    """A hundred deals: ten open at Demo, where 30 moved on and 10 were lost after six days. The last record is of 23 April."""
    load(made(100))


def test_the_page_says_how_many_wait_what_they_are_worth_and_where(app, hundred):
    at = opened(app)
    text = words(at)
    # Nine of ten came to Demo more than the least threshold, 7 days, before the last record.
    assert "<strong>9 open deals wait too long, worth $9.44K</strong>: 90% of the money in open deals." in text
    assert "All are in Demo, where 10 deals are open." in text
    (ages,) = figures(at)  # all ten are of one owner
    notes = [note["text"] for note in ages["layout"]["annotations"]]
    assert any("<b>9</b>" in note and "of 10" in note for note in notes) and "7 d" in notes


def test_the_deals_are_listed_most_money_first(app, hundred, check):
    at = opened(app)
    found = lines(at)
    assert [row[0].split("  ")[0] for row in found[:2]] == ["Omer deal 89", "Omer deal 79"]
    assert "threshold 7 d" in found[0][3]
    at.get_by_key("stall_order").set_value("age").run()
    assert lines(check(at))[0][0].startswith("Omer deal 9")


def test_a_threshold_that_the_reader_sets_holds(app, hundred, check):
    at = opened(app)
    box = next(box for box in at.number_input if box.label == "Demo")
    assert box.value is None and box.placeholder == "learnt: 7 d"
    box.set_value(60.0)
    at.get_by_key("stall_use").click().run()
    text = words(check(at))
    assert "<strong>4 open deals wait too long" in text
    assert frames(at, "Threshold is")["Threshold is"].tolist()[-1] == "set by you"
    at.get_by_key("stall_reset").click().run()
    assert "<strong>9 open deals wait too long" in words(check(at))


def rows_with(made, **told):
    """The hundred deals, with more known of the open ones; `told` by name is a list that goes round."""
    rows = made(100)
    for place, row in enumerate(row for row in rows["deals"] if row["status"] == "open"):
        row |= {name: values[place % len(values)] for name, values in told.items()}
    return rows


def test_reasons_and_owners_choose_among_the_deals(app, load, made, check):
    long_ago = datetime(2026, 1, 20)
    load(rows_with(made, last_activity_at=[long_ago, datetime(2026, 4, 20)], owner=["Dana", "Omer", "Omer"]))
    at = opened(app)
    everyone = lines(at)
    assert len(everyone) == 9
    _ages, owners = figures(at)
    assert len(owners["data"][0]["y"]) == 2
    assert "Omer holds the most" in words(at)
    at.get_by_key("stall_reason").set_value("quiet").run()
    quiet = lines(check(at))
    assert 0 < len(quiet) < 9 and all("quiet 9" in row[-1] for row in quiet)
    at.get_by_key("stall_owner").set_value("Dana").run()
    assert {row[1] for row in lines(check(at))} == {"Dana"}
    assert "Dana · quiet" in words(at)


def test_the_action_sheet_can_be_taken_and_says_what_the_list_was_narrowed_to(app, hundred, check):
    at = opened(app)
    assert at.get_by_key("get_action_sheet_xlsx").label == "XLSX"
    assert at.get_by_key("get_action_sheet_csv").label == "CSV"
    assert {"Owner", "Deal", "Why it waits", "Amount", "Next step", "Until"} <= set(frames(at, "Next step"))
    assert set(frames(at, "Next step")["Until"].dt.strftime("%Y-%m-%d")) == {"2026-04-30"}


def test_without_a_history_the_day_of_the_last_change_serves(app, load, made):
    rows = rows_with(made)
    for stay in rows["stage_entries"]:
        stay["is_recorded"] = False
    load(rows, has_history="false")
    at = opened(app)
    assert "No threshold could be learnt here" in words(at)
    assert "threshold 30 d" in lines(at)[0][3]
    assert "Moves on in 30 days" not in words(at)


def test_the_last_activity_serves_where_no_stay_has_a_date(app, load, made):
    rows = rows_with(made, last_activity_at=[datetime(2026, 1, 20), datetime(2026, 4, 20)])
    for stay in rows["stage_entries"]:
        stay |= {"is_recorded": False, "entered_at": None, "left_at": None}
    load(rows, has_history="false")
    at = opened(app)
    assert "<strong>5 open deals wait too long" in words(at)
    assert "Nothing says since when 10 deals are at their stage" in words(at)
    assert {row[-1] for row in lines(at)} == {"quiet 94 d"}


def test_without_any_date_the_page_says_which_column_helps(app, load, made):
    rows = made(100)
    for stay in rows["stage_entries"]:
        stay |= {"is_recorded": False, "entered_at": None, "left_at": None}
    load(rows, has_history="false")
    at = opened(app)
    text = words(at)
    assert "Last Stage Change Date" in text and "Last Activity Date" in text
    assert not at.get("plotly_chart")


def test_no_deal_left(app, hundred):
    assert "No deal is left to show" in words(opened(app, owner="Nobody"))


def test_no_deal_open(app, load, made):
    rows = made(100)
    gone = {row["deal_id"] for row in rows["deals"] if row["status"] == "open"}
    load({name: [row for row in each if row.get("deal_id") not in gone] for name, each in rows.items()})
    at = opened(app)
    assert "No deal is open" in words(at) and not at.get("plotly_chart")


def test_deals_within_their_threshold_are_no_cause_for_worry(app, load, made):
    load(made(100))
    at = opened(app, as_of="2026-01-18")  # one open deal, five days at Demo
    assert "No open deal waits too long" in words(at)
    assert len(at.get("plotly_chart")) == 1


def test_in_hebrew_with_hostile_names_and_two_currencies(app, load):
    hostile = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example) :material/home:")
    rows = company(100, names=hostile, currencies=("USD", "EUR"))
    for place, row in enumerate(row for row in rows["deals"] if row["status"] == "open"):
        row |= {"currency": ("USD", "EUR")[place % 2], "owner": hostile[place % 2]}
    load(rows)
    at = opened(app, lang="he")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    assert "$" in words(at) and "€" in words(at)
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec and "<a href" not in chart.proto.spec


def test_nothing_loaded(app):
    assert "Nothing is loaded yet" in words(opened(app))
