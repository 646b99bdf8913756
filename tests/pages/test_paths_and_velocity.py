"""The views of paths and velocity, and the tour, on small workspaces."""

import json

import pandas as pd
import pytest

from data import store, workspaces


def figure(at, place=0):
    return json.loads(at.get("plotly_chart")[place].proto.spec)


@pytest.fixture
def with_returns(made):
    """Of every ten deals the two that were lost last came back to Lead once."""

    def rows(n: int = 40, **options):
        found = made(n, **options)
        for entry in list(found["stage_entries"]):
            if entry["stage"] == "Demo" and entry["fate"] == "lost":
                came, middle = entry["entered_at"], entry["entered_at"] + pd.Timedelta(days=2)
                last = entry["left_at"]
                entry |= {"left_at": middle, "fate": "back", "next_stage": "Lead"}
                again = entry | {"stage": "Lead", "stage_order": 1, "visit": 2, "entered_at": middle, "left_at": last}
                found["stage_entries"].append(again | {"fate": "lost", "next_stage": "Closed Lost"})
                assert came < middle < last
        return found

    return rows


def test_moves_and_paths_are_told(app, load, with_returns, read):
    load(with_returns(800))
    at = app("funnel", view="paths")
    text = read(at)
    assert "10% of the deals came back to a stage they had left" in text
    assert "it does not show that going back is the cause" in text
    assert "Lead → Demo → Lead" in text
    marks = next(trace for trace in figure(at)["data"] if trace.get("mode") == "markers")
    assert any("Demo to Lead" in words for words in marks["text"])


def test_a_way_chosen_lists_its_deals(app, load, with_returns, read):
    load(with_returns())
    at = app("funnel", view="paths")
    at.get_by_key("path_pick").set_value("way\x1freworked").run()
    assert "4 deals" in read(at)
    assert len(at.dataframe[-1].value) == 4


def test_a_clicked_mark_lists_its_deals(app, load, with_returns, check):
    load(with_returns())
    at = app("funnel", view="paths")
    at.get_by_key("path_pick").set_value("move\x1fback\x1fDemo\x1fLead").run()
    assert len(check(at).dataframe[-1].value) == 4


def test_without_history_it_says_what_to_add(app, load, made, read):
    load(made(), has_history="false")
    text = read(app("funnel", view="paths"))
    assert "Paths need a stage history" in text
    assert "one row a stay" in text


def test_two_currencies_are_not_added(app, load, made, read):
    load(made(currencies=("USD", "EUR")))
    at = app("funnel", view="paths")
    at.get_by_key("path_measure").set_value("money").run()
    assert "Money is in EUR only" in read(at)
    text = read(app("funnel", view="velocity"))
    assert "Deals in USD only" in text


def test_velocity_tells_its_period_and_its_levers(app, load, made, read):
    load(made(400))
    text = read(app("funnel", view="velocity", **{"from": "2026-07-01", "to": "2026-09-30"}))
    assert "The pipeline brings" in text
    assert "From 1 Jul 2026 to 30 Sep 2026" in text
    assert "10% shorter" in text
    assert "No full period is chosen" in read(app("funnel", view="velocity"))


def test_velocity_of_a_few_shows_counts_and_no_money(app, load, made, read):
    load(made(10))
    text = read(app("funnel", view="velocity"))
    assert "too few to tell a velocity" in text
    assert "not enough · 3" in text and "not enough · 10" not in text
    assert "10% more: " not in text and "10% shorter: " not in text


def test_velocity_of_nothing_won_says_so(app, load, made, read):
    load(made())
    text = read(app("funnel", view="velocity", **{"from": "2027-01-01", "to": "2027-01-31", "as_of": "2027-01-31"}))
    assert "No deal was won in the period" in text


@pytest.mark.parametrize("view", ["paths", "velocity"])
def test_hebrew_mirrors(app, load, with_returns, check, view):
    load(with_returns(400, names=("דנה", "עומר")))
    at = check(app("funnel", view=view, lang="he"))
    first, last = figure(at)["layout"]["xaxis"]["range"]
    assert first > last


HOSTILE = "<img src=x onerror=alert(1)> ![p](http://evil.example/p.png)"


@pytest.mark.parametrize("language", ["en", "he"])
def test_hostile_stages_stay_text(app, load, with_returns, language):
    rows = with_returns()
    for table in ("deals", "stage_entries", "stages"):
        for row in rows[table]:
            for name in ("stage", "next_stage"):
                if row.get(name) == "Demo":
                    row[name] = HOSTILE
    load(rows)
    at = app("funnel", view="paths", lang=language)
    at.get_by_key("path_pick").set_value("move\x1flost\x1fLead\x1f").run()
    assert not any("<img" in block.proto.body for block in at.get("html"))
    assert "<img" not in json.dumps(figure(at))


def test_the_tour_starts_once_when_data_comes_in(app, load, made, read):
    at = app("overview")
    assert "Step 1" not in read(at)
    load(made())
    at.run()
    assert "Step 1 of 4" in read(at)
    for step in (2, 3, 4):
        at.get_by_key("tour_next").click().run()
        assert f"Step {step} of 4" in read(at)
    at.get_by_key("tour_next").click().run()
    assert "of 4" not in read(at)
    assert store.Workspace(workspaces.default_workspace()).settings().is_tour_seen
    assert "Step 1 of 4" not in read(app("overview"))
    closes = lambda: [block for block in at.get("html") if "stSidebarCollapseButton" in block.proto.body]  # noqa: E731
    assert not closes()
    at.get_by_key("tour_start").click().run()
    assert closes()
    at.get_by_key("tour_skip").click().run()
    assert "Step 1 of 4" not in read(at)


def test_data_that_was_there_starts_no_tour(app, load, made, read):
    load(made())
    assert "Step 1 of 4" not in read(app("overview"))
