"""Segments on the NPS page: groups, who moved, other ways to count, and the accounts behind the score."""

import json
import re
from datetime import datetime

import pytest

from tests.pages.conftest import words

HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'
KINDS = (10, 8, 2)


def answers(segment, on, *counts):
    """So many promoters, passives and detractors of a segment, each a customer of its own."""
    scores = [score for score, n in zip(KINDS, counts, strict=True) for _n in range(n)]
    return [{"customer_id": f"{segment}{place}", "segment": segment, "score": float(score), "on": datetime.fromisoformat(on)} for place, score in enumerate(scores)]  # fmt: skip


def rows_of(*parts, name="", owner="Ann", money=True, listed=True):
    """Workspace rows of answers; each customer ordered for its place in the order of customers, all in spring 2025."""
    made = [row for part in parts for row in part]
    ids = list(dict.fromkeys(row["customer_id"] for row in made))
    segments = {row["customer_id"]: row["segment"] for row in made}
    found = {
        "deals": [{"deal_id": "1", "status": "open", "created_at": datetime(2026, 6, 1), "closed_at": None, "pipeline": "Sales"}],
        "survey_responses": [
            {"response_id": f"R{number}", "customer_id": row["customer_id"], "score": row["score"], "scale": "nps", "answered_at": row["on"]}
            for number, row in enumerate(made)
        ],
    }  # fmt: skip
    if listed:
        found["customers"] = [
            {"customer_id": number, "customer_name": name or f"Customer {number}", "owner": owner, "segment": segments[number]}
            for number in ids
        ]  # fmt: skip
    if money:
        found["orders"] = [
            {"order_id": f"O{place}{year}", "customer_id": number, "ordered_at": datetime(year, 1, 5), "amount": 100.0 + place}
            for place, number in enumerate(ids) for year in (2025, 2026)
        ]  # fmt: skip
    return found


TWO = (
    answers("Large", "2025-03-01", 30, 10, 10), answers("Small", "2025-03-01", 20, 10, 20),
    answers("Large", "2026-03-01", 30, 10, 10), answers("Small", "2026-03-01", 2, 8, 40),
)  # fmt: skip


def opened(app, **query):
    return app("nps", view="segments", **query)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


@pytest.fixture
def surveyed(load):
    def put(*parts, **how):
        return load(rows_of(*parts, **how), latest_event_at="2026-06-30T09:00:00")

    return put


def test_groups_who_moved_ways_to_count_and_accounts(app, surveyed):
    surveyed(*TWO)
    at = opened(app)
    text = words(at)
    # Large: 60 of 100 promoters less 20; small: 22 less 60.
    assert "<strong>Small really scores lower than all others</strong>: NPS −38 against +40" in text
    assert "1 other group really differs too." in text and "NPS +1 of 200 answers." in text
    groups, moved, mix, counted = figures(at)
    assert groups["data"][0]["x"] == [40.0, -38.0]
    assert [trace["x"] for trace in groups["data"][2:]] == [[0.2, 0.6], [0.2, 0.18], [0.6, 0.22]]
    assert "<strong>Small fell by 76 points</strong>" in text and "other group" in text
    assert moved["data"][2]["x"] == [40.0, 0.0]
    # Each kind as many as before: nothing is mix.
    assert "The score changed by −38 points." in text and "a real change" in text
    assert mix["data"][0]["x"] == pytest.approx([-38, -38]) and mix["data"][1]["x"] == pytest.approx([0])
    assert (
        "One vote an account, by the last answer of each person: NPS" in text
        and "By revenue: 100% of the answers" in text
    )
    assert len(counted["data"]) == 2
    lines = re.findall(r"min-width:10rem\">(Customer [^<]+)</b>", text)
    assert len(lines) == 12 and lines[0].startswith("Customer Small")
    links = [link.proto.query_string for link in at.get("page_link") if "customer_of" in link.proto.query_string]
    assert len(links) == 12


def test_another_field_and_one_group_of_it(app, surveyed, check):
    surveyed(*TWO)
    # All customers have the same owner, which makes no groups.
    at = opened(app, by="owner")
    assert next(box for box in at.selectbox if box.label == "Groups by").options == ["Segment"]
    picker = at.selectbox(key="nps_accounts_of_segment")
    picker.set_value("Large").run()
    lines = re.findall(r"min-width:10rem\">(Customer [^<]+)</b>", words(check(at)))
    assert lines and all(line.startswith("Customer Large") for line in lines)


def test_few_answers_have_no_number_and_no_money_says_what_to_add(app, surveyed):
    surveyed(answers("Large", "2026-03-01", 6, 3, 3), answers("Small", "2026-03-01", 1, 1, 1), money=False)
    text = words(at := opened(app))
    assert "<strong>Too few answers to tell the groups apart (Segment).</strong>" in text
    assert "1 group has fewer than 10 answers and no number." in text
    notes = [note["text"] for note in figures(at)[0]["layout"]["annotations"]]
    assert "not enough · 3" in notes
    assert "Not enough answers to compare two stretches of time" in text
    assert "No score by revenue" in text


def test_answers_of_nobody_known_have_no_groups(app, surveyed):
    surveyed(answers("Large", "2026-03-01", 6, 3, 3), listed=False, money=False)
    assert "Nothing tells the customers who answered apart." in words(opened(app))


def test_hostile_names_are_shown_as_they_are(app, surveyed):
    hostile = [row | {"segment": HOSTILE} for row in answers("x", "2026-03-01", 40, 0, 0)]
    surveyed(hostile, answers("Small", "2026-03-01", 0, 0, 40), name=HOSTILE, owner=HOSTILE)
    at = opened(app)
    text = words(at)
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text
    labels = [link.proto.label for link in at.get("page_link") if "customer_of" in link.proto.query_string]
    assert labels and all("[a](" not in label for label in labels)


def test_empty_filtered_and_in_hebrew(app, surveyed):
    assert "Nothing is loaded yet." in words(app("nps", view="segments"))
    surveyed(*TWO)
    assert "No survey answer is left by these filters." in words(opened(app, segment="Nothing"))
    at = opened(app, lang="he", segment="Large")
    assert len(figures(at)) == 4
