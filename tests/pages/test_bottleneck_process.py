"""The view of the process map, its paths and the deals behind them."""

import json

import pandas as pd
import pytest

from ui.funnel.variants import code


@pytest.fixture
def with_returns(made):
    """Of every ten deals the one that was lost at Demo came back to Lead first."""

    def rows(n: int = 40, **options):
        found = made(n, **options)
        for entry in list(found["stage_entries"]):
            if entry["stage"] == "Demo" and entry["fate"] == "lost":
                middle, last = entry["entered_at"] + pd.Timedelta(days=2), entry["left_at"]
                entry |= {"left_at": middle, "fate": "back", "next_stage": "Lead"}
                again = entry | {"stage": "Lead", "stage_order": 1, "visit": 2, "entered_at": middle, "left_at": last}
                found["stage_entries"].append(again | {"fate": "lost", "next_stage": "Closed Lost"})
        return found

    return rows


@pytest.fixture
def view(app):
    return lambda **query: app("bottlenecks", view="process", **query)


def figure(at):
    return json.loads(at.get("plotly_chart")[0].proto.spec)


def drawn(at):
    return [trace for trace in figure(at)["data"] if trace.get("mode") == "lines+markers"]


def test_the_finding_the_map_and_the_paths(view, load, with_returns, read):
    load(with_returns(400))
    at = view()
    text = read(at)
    assert "<strong>90% of deals keep to the straight road</strong>" in text
    assert "All go back <strong>from Demo to Lead</strong>" in text
    # 40 deals were 4 days more at Lead each.
    assert "spends 4 d at stages it had been at before, 160 deal-days in all" in text
    assert "<strong>The busiest way is from Lead to Demo:</strong> 160 moves" in text
    assert "Every move is drawn" in text
    assert "Lead → Demo → Lead" in text and "Came back to a stage" in text
    assert len(drawn(at)) == 6  # begun, on, past Demo to won, lost, won, back


def test_time_and_money_change_the_arrows_and_the_sentence(view, load, with_returns, read, check):
    load(with_returns(400))
    at = view()
    at.get_by_key("process_measure").set_value("time").run()
    assert "<strong>The longest wait is before going from Lead to Won:</strong>" in read(check(at))
    assert "half leave in 4 d" in json.dumps(figure(at))
    at.get_by_key("process_measure").set_value("money").run()
    assert "<strong>Most money goes from Lead to Demo:</strong>" in read(check(at))


def test_a_simpler_map_says_what_it_leaves_out(view, load, with_returns, read, check):
    load(with_returns(400))
    at = view()
    whole = len(drawn(at))
    at.get_by_key("process_detail").set_value(50).run()
    left = len(drawn(check(at)))
    assert left < whole
    assert f"{whole - left} rarer arrows are not drawn" in read(at)


@pytest.mark.parametrize(
    ("picked", "deals"),
    [
        (code("arrow", "back", "Demo", "Lead"), 4),
        (code("arrow", "won", "Lead", "Won"), 4),
        (code("arrow", "start", "", "Lead"), 40),
        (code("arrow", "still", "Demo", ""), 4),
        (code("stage", "Demo"), 16),
        (code("way", "reworked"), 4),
        (code("path", "1.2.1"), 4),
    ],
)
def test_what_is_chosen_lists_its_deals(view, load, with_returns, check, picked, deals):
    load(with_returns())
    at = view()
    at.get_by_key("process_pick").set_value(picked).run()
    assert len(check(at).dataframe[-1].value) == deals


def test_two_currencies_are_not_added(view, load, made, read, check):
    load(made(currencies=("USD", "EUR")))
    at = view()
    at.get_by_key("process_measure").set_value("money").run()
    assert "Money is in EUR only" in read(check(at)) or "Money is in USD only" in read(at)


def test_without_history_it_says_what_to_add(view, load, made, read):
    load(made(), has_history="false")
    at = view()
    assert "This needs a stage history" in read(at) and not at.get("plotly_chart")


def test_filters_that_leave_nothing_say_so(view, load, made, read):
    load(made())
    at = view(owner="Nobody")
    assert "No deal is left to show" in read(at) and not at.get("plotly_chart")


def test_a_few_deals_have_counts_and_no_shares(view, load, made, read):
    load(made(7))
    text = read(view())
    assert "7 deals are too few to tell the usual road" in text
    assert "All 40 deals kept to the straight road" not in text


def test_nobody_came_back(view, load, made, read):
    load(made())
    assert "All 40 deals kept to the straight road" in read(view())


def test_no_data(app):
    assert not app("bottlenecks", view="process").get("plotly_chart")


HOSTILE = "<img src=x onerror=alert(1)> **strong**"


@pytest.mark.parametrize("language", ["en", "he"])
def test_hostile_stages_stay_text_and_hebrew_mirrors(view, load, with_returns, language):
    rows = with_returns()
    for table in ("deals", "stage_entries", "stages"):
        for row in rows[table]:
            for name in ("stage", "next_stage"):
                if row.get(name) == "Demo":
                    row[name] = HOSTILE
    load(rows)
    at = view(lang=language)
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<strong>strong" not in html
    assert "<img" not in at.get("plotly_chart")[0].proto.spec
    first, last = figure(at)["layout"]["xaxis"]["range"]
    assert (first > last) == (language == "he")
