"""What customers write, on the page of NPS, on comments written by hand."""

import json
from datetime import datetime, timedelta

import pytest

from data.theme_list import STARTER, Theme
from tests.pages.conftest import words

HOSTILE = "late delivery <img src=x> **bold** [a](http://x) =1+1"
LAST = datetime(2026, 6, 30, 9)


def answer(number, score, comment, days):
    return {
        "response_id": f"R{number}", "score": float(score), "scale": "nps", "comment": comment, "customer_id": f"C{number % 9}",
        "customer": f"Customer {number % 9}", "answered_at": LAST - timedelta(days=days), "respondent": f"P{number}",
    }  # fmt: skip


def company(comments=True):
    """Forty late deliveries of late scored low, fifty of the half year before praised, ten that say something else."""
    said = [("Delivery was late again" if n % 2 else "The courier came late", n % 5, n) for n in range(40)]
    said += [("The service is great", 10, 200 + n) for n in range(50)] + [
        ("we go on as before", 7, 30 + n) for n in range(10)
    ]
    said.append((HOSTILE, 0, 1))
    rows = [answer(n, score, comment if comments else None, days) for n, (comment, score, days) in enumerate(said)]
    orders = [
        {
            "order_id": str(n),
            "customer_id": f"C{n}",
            "amount": 100.0,
            "currency": "USD",
            "ordered_at": LAST - timedelta(days=9),
        }
        for n in range(9)
    ]
    names = [{"customer_id": f"C{n}", "customer_name": f"Customer {n}", "owner": "Ann **x**"} for n in range(9)]
    deals = [{"deal_id": "1", "status": "open", "created_at": LAST, "closed_at": None, "pipeline": "Sales"}]
    return {"survey_responses": rows, "orders": orders, "customers": names, "deals": deals}


@pytest.fixture
def opened(app, load):
    def open_it(rows=None, **query):
        workspace = load(company() if rows is None else rows, latest_event_at="2026-06-30T09:00:00")
        return app("nps", view="themes", **query), workspace

    return open_it


def test_the_page_says_what_takes_most_who_wrote_it_and_what_is_heard_more(opened, check):
    at, _workspace = opened()
    text = words(at)
    assert (
        "<strong>Delivery takes most: comments that mention it score" in text
        and "9 customers that bring $900 a year mention it." in text
    )
    assert "It is heard more:" in text and "in the last 180 days, 0% in the 180 before." in text
    assert "101 of 101 answers say something in words; 9.9% of them mention none of the themes." in text
    assert "Detractors write more of:" in text and "Promoters write more of:" in text and "service" in text
    bubbles = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert len(bubbles["data"][-1]["x"]) == 2  # Delivery and Service: the others are mentioned by none
    # What they wrote is shown as it is, its words marked.
    assert "&lt;img src=x&gt;" in text and "<img" not in text and "<strong>bold" not in text
    assert text.count("<mark") >= 12 and ">late delivery</mark>" not in text and ">delivery</mark>" in text
    links = [link.proto.query_string for link in at.get("page_link")]
    assert any("customer_of=C1" in query for query in links)
    at.selectbox(key="theme_pick").set_value("").run()
    assert "we go on as before" in words(check(at)) and "<mark" not in words(at)


def test_the_list_is_changed_kept_and_taken_back(opened, check):
    at, workspace = opened()
    name = next(box for box in at.text_input if box.label == "Name")
    name.set_value("Late goods")
    next(box for box in at.text_area if box.label.startswith("Words")).set_value("courier, late*")
    next(button for button in at.button if button.label == "Keep this theme").click().run()
    assert workspace.themes() == (Theme("Late goods", ("courier", "late*")), *STARTER[1:])
    assert "<strong>Late goods takes most" in words(check(at))
    next(box for box in at.text_area if box.label.startswith("Words")).set_value("123")
    next(button for button in at.button if button.label == "Keep this theme").click().run()
    assert "has no words" in words(check(at)) and workspace.themes()[0].words == ("courier", "late*")
    next(box for box in at.selectbox if box.label == "Merge into").set_value(1).run()
    next(button for button in at.button if button.label == "Merge").click().run()
    assert (
        workspace.themes()[0] == Theme("Price", (*STARTER[1].words, "courier", "late*"))
        and len(workspace.themes()) == len(STARTER) - 1
    )
    next(button for button in at.button if button.label == "Remove this theme").click().run()
    assert workspace.themes() == STARTER[2:]
    at.button(key="theme_reset").click().run()
    assert workspace.themes() == STARTER and not check(at).exception


def test_a_suggestion_becomes_a_theme(opened, check):
    at, workspace = opened()
    at.selectbox(key="theme_learn").set_value(False).run()
    take = next(box for box in at.selectbox if box.label == "Add as a theme")
    take.set_value(0).run()
    at.button(key="theme_add").click().run()
    assert len(workspace.themes()) == len(STARTER) + 1 and workspace.themes()[:-1] == STARTER
    assert set(workspace.themes()[-1].words) & {"late", "delivery", "service", "great"}
    check(at)


def test_without_comments_it_says_what_to_add(opened):
    at, _workspace = opened(company(comments=False))
    assert "<strong>Nobody said why.</strong>" in words(at) and "comments" in words(at)


def test_in_hebrew_all_of_it_stands(opened):
    at, _workspace = opened(lang="he")
    assert len(at.get("plotly_chart")) == 3
