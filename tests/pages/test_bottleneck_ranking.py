"""The ranking of bottlenecks on its page."""

import json
import re

import pytest

from tests.pages.conftest import company, words


def leaking(n=400, **options):
    """More of Dana's deals are lost at Lead, and every tenth of those still waits there: so the page has something to rank."""
    rows = company(n, **options)
    names = options.get("names", ("Dana", "Omer"))
    weak = {row["deal_id"] for row in rows["deals"] if row["owner"] == names[0]}
    gone = {row["deal_id"] for row in rows["deals"] if row["deal_id"] in weak and int(row["deal_id"][1:]) % 4 == 0}
    for row in rows["deals"]:
        if row["deal_id"] in gone:
            waits = int(row["deal_id"][1:]) % 40 == 0
            row["status"], row["stage"] = ("open", "Lead") if waits else ("lost", "Closed Lost")
            row["closed_at"] = None if waits else row["closed_at"] or row["created_at"]
    kept = []
    for row in rows["stage_entries"]:
        if row["deal_id"] in gone:
            if row["stage"] != "Lead":
                continue
            waits = int(row["deal_id"][1:]) % 40 == 0
            row["fate"], row["next_stage"] = ("still", None) if waits else ("lost", "Closed Lost")
            row["left_at"] = None if waits else row["left_at"] or row["entered_at"]
        kept.append(row)
    return rows | {"stage_entries": kept}


def charts(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def select(at, label):
    return at.get_by_key(next(box.key for box in at.selectbox if box.label == label))


def test_the_biggest_leak_comes_first_with_money_and_certainty(app, load):
    load(leaking())
    at = app("bottlenecks", by="owner")
    text = words(at)
    assert re.search(
        r"<strong>Deals with Owner “Dana” stop at Lead:</strong> \d+% move on, against \d+% of all others there", text
    )
    assert "would not have been lost" in text and "very likely real" in text
    assert "stands after correction" in text
    [figure, *_others] = charts(at)
    assert figure["data"][0]["type"] == "bar" and figure["data"][0]["error_x"]["array"]
    assert "If all of it were mended" in text and "more would be won" in text


def test_the_open_deals_behind_it_are_listed(app, load, check):
    rows = leaking()
    load(rows)
    at = app("bottlenecks", by="owner")
    select(at, "Bottleneck").select_index(0).run()
    check(at)
    listed = next(frame.value for frame in at.dataframe if "Deal number" in frame.value)
    there = {row["deal_id"] for row in rows["stage_entries"] if row["stage"] == "Lead" and row["fate"] == "still"}
    assert set(listed["Deal number"]) == there and len(there) == 10 and "Owner" in listed and "Amount" in listed


def test_every_comparison_is_in_the_table_with_its_verdict(app, load):
    load(leaking())
    at = app("bottlenecks", by="owner")
    tables = [frame.value for frame in at.dataframe if "How sure" in frame.value]
    assert len(tables) == 3
    said = {word for frame in tables for word in frame["How sure"]}
    assert "very likely real" in said and said & {"could be chance", "not enough data"}


def test_the_best_group_and_the_period_before_are_compared_with(app, load, check):
    load(leaking())
    at = app("bottlenecks", by="owner")
    at.get_by_key("bn_reference").set_value("best").run()
    assert "“Omer”, the best credible group" in words(check(at))
    assert "If all of it were mended" not in words(at)
    at.get_by_key("bn_reference").set_value("previous").run()
    assert "Choose dates" in words(check(at)) and not charts(at)


def test_the_period_before_is_named(app, load, check):
    load(leaking())
    at = app("bottlenecks", by="owner", **{"from": "2026-06-01", "to": "2026-12-31"})
    at.get_by_key("bn_reference").set_value("previous").run()
    assert "comparisons" in words(check(at))


def test_targets_are_asked_for_and_compared_with(app, load, check):
    load(leaking())
    at = app("bottlenecks", by="owner")
    at.get_by_key("bn_reference").set_value("target").run()
    assert "Give a target" in words(check(at))
    at.get_by_key("bn_share_Lead").set_value(90.0)
    at.get_by_key("bn_target_go").click().run()
    text = words(check(at))
    assert "the target is 90%" in text and '<h2 class="sh-h2">Rework' not in text and "All deals stop at Lead" in text


def test_where_nothing_stands_the_count_and_the_closest_are_told(app, load, made):
    load(made(40))
    at = app("bottlenecks", by="owner")
    text = words(at)
    assert "Nothing stands beyond chance" in text or "Nothing could be compared" in text
    assert "If all of it were mended" not in text


def test_several_currencies_need_a_choice(app, load, check):
    load(leaking(currencies=("USD", "EUR")))
    at = app("bottlenecks")
    assert "A ranking by money needs one currency" in words(at)
    at.get_by_key("bn_currency_USD").click().run()
    assert "A ranking by money needs one currency" not in words(check(at))


def test_without_history_it_says_what_is_missing(app, load, made):
    load(made(60), has_history="false")
    text = words(app("bottlenecks"))
    assert "This needs a stage history" in text


def test_without_data_and_with_nothing_left_it_says_so(app, load, made):
    app("bottlenecks")
    load(made(40))
    assert "No deal is left to show" in words(app("bottlenecks", owner="Nobody"))


@pytest.mark.parametrize("reference", ["rest", "best"])
def test_in_hebrew_with_hostile_names(app, load, check, reference):
    load(leaking(names=("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example)")))
    if reference == "rest":
        at = app("bottlenecks", lang="he", by="owner")
    else:
        at = app("bottlenecks", lang="he")
        at.get_by_key("bn_reference").set_value(reference).run()
    html = "\n".join(block.proto.body for block in check(at).get("html"))
    assert "<img src=x" not in html and "<a " not in html
    assert all("<img" not in chart.proto.spec for chart in at.get("plotly_chart"))
