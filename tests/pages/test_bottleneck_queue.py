"""The queues on the bottlenecks page."""

import json
from datetime import datetime, timedelta

import pytest

from tests.pages.conftest import company, words

VIEW = "queue"


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def grown(n=300):
    """Two deals a day come to Demo and leave it after five days; those of the last three months stay."""
    rows = company(n)
    start = datetime(2026, 1, 1, 9)
    deals, entries = [], []
    for number, deal in enumerate(rows["deals"]):
        came = start + timedelta(hours=12 * number)
        left = came + timedelta(days=5)
        stays = number * 12 / 24 >= 151 - 92 and number % 3 > 0
        deal |= {"created_at": came, "closed_at": None if stays else left, "status": "open" if stays else "won", "stage": "Demo" if stays else "Closed Won"}  # fmt: skip
        same = {"deal_id": deal["deal_id"], "pipeline": "Sales", "visit": 1, "is_recorded": True, "is_skipped": False, "skips_before": 0}  # fmt: skip
        entries.append(same | {"stage": "Demo", "stage_order": 2, "outcome": "open", "entered_at": came, "left_at": None if stays else left, "fate": "still" if stays else "advanced", "next_stage": None if stays else "Closed Won"})  # fmt: skip
        if not stays:
            entries.append(same | {"stage": "Closed Won", "stage_order": 3, "outcome": "won", "entered_at": left, "left_at": None, "fate": "advanced", "next_stage": None})  # fmt: skip
        deals.append(deal)
    return rows | {"deals": deals, "stage_entries": entries}


def test_a_queue_that_grows_is_named_with_its_money(app, load):
    load(grown())
    at = app("bottlenecks", view=VIEW, as_of="2026-05-31")
    text = words(at)
    assert (
        "<strong>The queue at Demo grows by" in text
        and "deals a month</strong>" in text
        and "a real difference" in text
    )
    assert "deals wait there now, worth" in text and "their money changes by" in text
    assert "really grows" in text
    colors = [trace["marker"]["color"] for trace in figures(at)[0]["data"] if trace["type"] == "bar"]
    assert len(set(colors[0])) == 2  # the last three full months are set off


def test_a_steady_company_has_no_growing_queue(app, load, made):
    load(made(400))
    text = words(app("bottlenecks", view=VIEW))
    assert "<strong>No queue grows by more than could be chance.</strong>" in text
    assert "really grows" not in text
    assert "could be chance" in text and "2 comparisons, corrected" in text


def test_the_numbers_of_the_stages_add_up(app, load, made):
    load(made(100))
    at = app("bottlenecks", view=VIEW)
    rows = frames(at, "Money waiting")
    for _stage, part in rows.groupby("Stage"):
        waiting = 0
        for row in part.to_dict("records"):
            waiting += row["Arrived"] - row["Left"]
            assert row["Waiting"] == waiting
    assert len(figures(at)) == 2
    lines = frames(at, "Reached so far")
    assert {"Lead", "Demo", "Lost", "Won"} == set(lines["Line"])


def test_periods_are_chosen(app, load, made, check):
    load(made(100))
    at = app("bottlenecks", view=VIEW)
    at.get_by_key("queue_grain").set_value("week").run()
    check(at)
    assert "Growth is told by the last 3 full weeks." in words(at)
    assert "2026-01-04" in set(frames(at, "Money waiting")["Period"])
    at.get_by_key("queue_grain").set_value("quarter").run()
    assert "2026-Q1" in set(frames(check(at), "Money waiting")["Period"])


def test_the_deals_that_wait_are_listed(app, load, made, check):
    load(made(40))
    at = app("bottlenecks", view=VIEW)
    at.get_by_key("queue_stage").set_value("Demo").run()
    check(at)
    rows = frames(at, "Deal number")
    assert sorted(rows["Deal number"]) == ["D009", "D019", "D029", "D039"]
    waiting = frames(at, "Money waiting")
    assert waiting[waiting["Stage"] == "Demo"]["Waiting"].iloc[-1] == 4
    at.get_by_key("close_queue_deals").click().run()
    assert not [frame for frame in check(at).dataframe if "Deal number" in frame.value]


def test_dates_are_the_periods(app, load, made):
    load(made(100))
    at = app("bottlenecks", view=VIEW, **{"from": "2026-02-01", "to": "2026-03-15"})
    assert "The dates chosen are the periods shown." in words(at)
    rows = frames(at, "Money waiting")
    assert list(dict.fromkeys(rows["Period"])) == ["2026-02", "2026-03"]
    assert set(rows[rows["Period"] == "2026-03"]["Complete"]) == {"no"}


def test_few_deals_are_said_not_shown(app, load, made):
    load(made(6))
    text = words(app("bottlenecks", view=VIEW))
    assert "not enough ·" in text
    assert "Too few deals came and left to say whether a queue grows." in text


def test_money_of_two_currencies_is_told_one_at_a_time(app, load, made, check):
    load(made(200, currencies=("USD", "EUR")))
    at = app("bottlenecks", view=VIEW)
    assert "amounts in 2 currencies do not add up" in words(at)
    stages = frames(at, "Waiting now")
    first = stages["Money waiting"].iloc[-1]
    at.get_by_key("queue_currency").set_value("USD").run()
    second = frames(check(at), "Waiting now")
    assert set(second["Currency"]) == {"USD"}
    assert first > second["Money waiting"].iloc[-1] == 0 and list(second["Waiting now"]) == list(stages["Waiting now"])


def test_without_history_it_says_which_file_would_help(app, load, made):
    rows = made(40)
    for row in rows["stage_entries"]:
        row["is_recorded"] = False
    load(rows, has_history="false")
    at = app("bottlenecks", view=VIEW)
    assert not at.get("plotly_chart") and "This needs a stage history" in words(at)


def test_filters_that_leave_nothing_say_so(app, load, made):
    load(made())
    at = app("bottlenecks", view=VIEW, owner="Nobody")
    assert not at.get("plotly_chart") and "No deal is left to show" in words(at)


def test_without_data_there_is_the_way_in(app):
    assert not app("bottlenecks", view=VIEW).get("plotly_chart")


@pytest.mark.parametrize("language", ["en", "he"])
def test_hostile_names_stay_words(app, load, made, language):
    rows = made(100, names=("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example)"))
    for table in ("stage_entries", "stages", "deals"):
        for row in rows[table]:
            if row["stage"] == "Demo":
                row["stage"] = "<a href='http://evil.example'>Demo</a>"
    load(rows)
    at = app("bottlenecks", view=VIEW, lang=language)
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    assert all("<a href" not in chart.proto.spec for chart in at.get("plotly_chart"))
