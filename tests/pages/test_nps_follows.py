"""What follows from survey answers on the page of NPS, and the answers on the card of a customer; on rows written by hand."""

import json
from datetime import date, datetime, timedelta

import pytest

from analytics.filters import Filters
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import keep
from tests.pages.conftest import words

AS_OF = date(2026, 6, 30)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def at(days):
    return datetime.combine(AS_OF - timedelta(days=days), datetime.min.time()) + timedelta(hours=9)


def answer(customer, days, score, **given):
    return {
        "response_id": f"{customer}-{days}", "customer_id": customer, "respondent": f"Person of {customer}", "email": f"{customer}@x.example",
        "answered_at": at(days), "score": float(score), "scale": "nps", "comment": None,
    } | given  # fmt: skip


def ninety():
    """Forty-five promoters of whom eight leave, and as many detractors of whom thirty do; ten of those who stay have fallen since."""
    known, orders, answers = [], [], []
    for n in range(90):
        name, is_detractor = f"C{n:03}", n >= 45
        leaves = n % 45 < (30 if is_detractor else 8)
        known.append({
            "customer_id": name, "customer": HOSTILE if n == 89 else f"Customer {n}", "owner": ("Ann", "Bob")[n % 2], "gap_limit_days": 60.0,
            "revenue_12m": 1000.0 + n, "value": 10.0, "risk": 0.5, "lifecycle": "lost" if leaves else "core",
        })  # fmt: skip
        until = 300 - 5 * (n % 30) if leaves else 0
        for day in range(500, until, -30):
            orders.append(
                {
                    "order_id": f"{name}-{day}",
                    "customer_id": name,
                    "ordered_at": at(day),
                    "amount": 100.0,
                    "currency": "USD",
                }
            )
        answers.append(answer(name, 400, 3 if is_detractor else 9))
        if not leaves:
            answers.append(answer(name, 20, 2 if is_detractor or n % 45 < 18 else 10, comment=HOSTILE))
    return known, orders, answers


@pytest.fixture
def loaded(load):
    """Put customers into the workspace in use, with scores as given, and rows of other tables."""

    def put(known, scored=True, **tables) -> None:
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": at(30), "closed_at": None, "pipeline": "Sales"}],
            "customers": [
                {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]} for row in known
            ],
        } | tables  # fmt: skip
        load(rows, latest_event_at="2026-06-30T09:00:00")
        if scored:
            engine = Workspace(default_workspace()).engine()
            keep(engine, Filters(AS_OF), known)
            engine.close()

    return put


def opened(app):
    return app("nps", view="follows")


def figures(page):
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def test_what_follows_is_said_shown_and_listed(app, loaded):
    known, orders, answers = ninety()
    loaded(known, orders=orders, survey_responses=answers)
    page = opened(app)
    said = words(page)
    assert "times as fast as after a promoter" in said and "15 customers that are detractors now" not in said
    assert "25 customers that are detractors now" in said  # fifteen that stayed, and ten that fell
    assert "That is a real change" in said and "10 fell and 0 rose" in said
    # Leaving, buying again, revenue, the moves, and how early: a figure each.
    assert len(figures(page)) == 5
    assert HOSTILE not in said and "&lt;img src=x&gt;" in said
    labels = [
        link.proto.page_link.label if hasattr(link.proto, "page_link") else link.proto.label
        for link in page.get("page_link")
    ]
    assert any("Customer" in label for label in labels)
    # The choice of a move changes who is listed.
    chosen = page.selectbox(key="follows_moved")
    assert chosen.value == "fell" and "Nobody made this move" not in said
    chosen.set_value("detractor_promoter").run()
    assert "Nobody made this move" in words(page)


def test_six_months_are_another_answer(app, loaded):
    known, orders, answers = ninety()
    loaded(known, orders=orders, survey_responses=answers)
    page = opened(app)
    assert "After 12 months, " in words(page)
    page.segmented_control(key="follows_months").set_value(6).run()
    assert "After 6 months, " in words(page)


def test_little_is_said_to_be_little(app, loaded):
    known, orders, answers = ninety()
    loaded(known[:3], orders=[row for row in orders if row["customer_id"] < "C003"], survey_responses=answers[:3])
    said = words(opened(app))
    assert "Too little has happened to tell" in said and "No customer is a detractor" in said
    assert "Nobody answered twice yet" in said


def test_without_purchases_the_moves_are_there_all_the_same(app, loaded):
    known, _orders, answers = ninety()
    loaded(known, scored=False, survey_responses=answers)
    page = opened(app)
    said = words(page)
    assert "Nothing says yet what customers buy" in said and "The same people again" in said
    assert len(figures(page)) == 1 and not [box for box in page.selectbox if box.key == "follows_moved"]


def test_where_only_tenures_are_known_it_says_which_file_to_add(app, loaded):
    known, _orders, answers = ninety()
    told = [{"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": "Ann", "tenure_months": 5.0, "is_churned": n % 2 == 0}
            for n, row in enumerate(known)]  # fmt: skip
    loaded(known, customers=told, survey_responses=answers)
    said = words(opened(app))
    assert "What follows from an answer cannot be told" in said and "Add an export of orders" in said


def test_the_card_of_a_customer_has_what_its_people_answered(app, loaded):
    known, orders, answers = ninety()
    own = [row for row in answers if row["customer_id"] == "C089"]
    own += [answer("C089", 10, 4, email="other@x", scale="csat", respondent=HOSTILE, response_id="csat")]
    loaded(known, orders=orders, survey_responses=[*answers, own[-1]])
    page = app("customer", customer_of="C089")
    said = words(page)
    assert "What its people answered" in said and "2 answers of 1 person" in said
    assert HOSTILE not in said and "csat" in said
    page = app("customer", customer_of="C000")
    assert "What its people answered" in words(page)


def test_a_customer_that_nobody_answered_for_has_no_such_card(app, loaded):
    known, orders, answers = ninety()
    loaded(known, orders=orders, survey_responses=[row for row in answers if row["customer_id"] != "C001"])
    assert "What its people answered" not in words(app("customer", customer_of="C001"))
