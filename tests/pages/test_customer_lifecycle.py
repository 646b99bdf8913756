"""Lifecycle, RFM and the ideal customer on the page of customers, from orders and contracts to the screen."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.pages.conftest import words

NOW = datetime(2026, 6, 30, 9)
DAY = timedelta(days=1)
VIEWS = ("lifecycle", "rfm", "ideal")
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def company(n=160, never=30):
    """Customers who buy at paces of their own and leave at random; those in Mining buy five times as much."""
    random = np.random.default_rng(5)
    orders: list[dict[str, Any]] = []
    customers: list[dict[str, Any]] = []
    for number in range(n + never):
        industry = "Mining" if number % 4 == 0 else "Retail"
        customers.append({
            "customer_id": f"C{number:03}", "customer_name": HOSTILE if number == 3 else f"Customer {number}",
            "owner": ("Ann", "Bob")[number % 2], "industry": industry, "segment": "Big" if number % 3 else "Small",
        })  # fmt: skip
        ago = int(random.integers(250, 800))
        while number < n and ago >= 0:
            orders.append({
                "order_id": str(len(orders)), "customer_id": f"C{number:03}", "ordered_at": NOW - ago * DAY,
                "amount": float(random.uniform(50, 150)) * (5 if industry == "Mining" else 1), "currency": "USD",
            })  # fmt: skip
            ago -= max(1, round(random.exponential(45)))
            if random.random() < 0.06:
                break
    deals = [{
        "deal_id": "1", "customer_id": "C180", "status": "open", "created_at": NOW - 9 * DAY, "closed_at": None, "amount": 700.0,
        "currency": "USD", "pipeline": "Sales",
    }]  # fmt: skip
    return {"customers": customers, "orders": orders, "deals": deals}


@pytest.fixture
def buyers(load):
    load(company(), latest_event_at=NOW.isoformat())


def opened(app, view, **query):
    return app("customers", view=view, **query)


def finding(at):
    return re.findall(r'sh-finding">(.*?)</p>', words(at))[0]


def bold_counts(notes):
    """The numbers set bold in the notes of a figure."""
    return [int(found) for note in notes for found in re.findall(r"<b>(\d+)</b>", note["text"])]


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def test_the_lifecycle_says_who_is_leaving_and_how_many_left(app, buyers, check):
    at = opened(app, "lifecycle")
    assert re.search(
        r"<strong>\d+ of \d+ customers are defecting, with \$[\d.]+K? at risk\.</strong> \d+ were lost in the last month",
        finding(at),
    )
    assert "30 customers have never bought." in words(at)
    flow, trend, moves = figures(at)
    boxes = {row[0] for row in flow["data"][0]["customdata"]}
    assert boxes == {"potential", "first_time", "core", "returned", "defecting", "lost"}
    assert len(trend["data"][0]["x"]) == 13
    labels = [note["text"] for note in moves["layout"]["annotations"]]
    assert any("%" in label for label in labels)
    assert "Silent longer than 95% of such gaps <small>(in force)</small>" in words(at)
    at.get_by_key("lifecycle_stage").set_value("lost").run()
    assert "Lost customers: silent for good" in words(check(at))
    at.get_by_key("lifecycle_span").set_value("last").run()
    at.get_by_key("churn_definition").set_value("q80").run()
    assert "not lost by the rule in force" in words(check(at))


def test_the_boxes_hold_all_customers(app, buyers):
    (flow, *_others) = figures(opened(app, "lifecycle"))
    notes = [note for note in flow["layout"]["annotations"] if note.get("font", {}).get("size") == 22]
    assert sum(bold_counts(notes)) == 190


def test_rfm_says_who_brings_the_money_and_lists_a_segment(app, buyers, check):
    at = opened(app, "rfm")
    assert re.search(r"<strong>\d+ champions and loyal customers of 160 customers bring \d+% of the year", finding(at))
    bars, grid = figures(at)
    assert bars["data"][0]["orientation"] == "h"
    assert sum(bold_counts(grid["layout"]["annotations"])) == 160
    at.get_by_key("rfm_segment").set_value("champions").run()
    assert "Thank them, ask for references" in words(check(at))
    at.session_state["rfm_cell"] = (5, 5)
    at.run()
    assert "Recency 5, frequency 5" in words(check(at))


def test_the_ideal_customer_and_who_looks_like_it(app, buyers):
    at = opened(app, "ideal")
    assert finding(at).startswith("<strong>Industry: Mining: ")
    assert "30 in the table" not in words(at)
    (dots,) = figures(at)
    assert "Mining" in dots["layout"]["yaxis"]["ticktext"][0]
    text = words(at)
    assert "Prospects that look like them" in text and "1 open deal" in text
    assert "it does not show that it is the reason" in text


@pytest.mark.parametrize("view", VIEWS)
def test_in_hebrew_and_without_anybody_left(app, buyers, view):
    assert finding(opened(app, view, lang="he"))
    at = opened(app, view, industry="No such")
    assert "<strong>No customer is left by these filters.</strong>" in words(at)


@pytest.mark.parametrize("view", VIEWS)
def test_names_from_the_data_stay_names(app, buyers, view):
    text = words(opened(app, view))
    assert "<img src=x>" not in text and "<strong>bold</strong>" not in text


@pytest.mark.parametrize("view", VIEWS)
def test_without_purchases_the_page_says_what_to_add(app, load, made, view):
    rows = made(20)
    for row in rows["deals"]:
        row["customer_id"] = None
    load({**rows, "customers": [{"customer_id": "A", "customer_name": "Ann"}]})
    assert "Add an export of orders or invoices" in words(opened(app, view))


@pytest.mark.parametrize("view", VIEWS)
def test_one_customer(app, load, view):
    rows = company(1, 0)
    rows["deals"][0]["customer_id"] = "C000"
    load({**rows, "orders": rows["orders"][:1]}, latest_event_at=NOW.isoformat())
    assert finding(opened(app, view))


def test_contracts_have_stages_and_no_rfm(app, load):
    months = [{
        "customer_id": f"C{number:03}", "customer_name": f"Customer {number}", "tenure_months": float(number % 40 + 1),
        "is_churned": number % 4 == 0, "monthly_revenue": 100.0, "industry": ("A", "B")[number % 2],
    } for number in range(240)]  # fmt: skip
    deals = company(1, 0)["deals"]
    load({"customers": months, "deals": [{**deals[0], "customer_id": None}]}, latest_event_at=NOW.isoformat())
    at = opened(app, "lifecycle")
    assert "Nothing says when customers bought, so no moves can be told." in words(at)
    assert "One definition of lost only" in words(at) and len(figures(at)) == 1
    assert "RFM ranks purchases" in words(opened(app, "rfm"))
    assert finding(opened(app, "ideal"))
