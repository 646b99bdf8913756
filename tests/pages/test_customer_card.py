"""One customer's page, on scores written by hand."""

import json
from datetime import date, datetime

import pytest

from analytics.filters import Filters
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import keep
from tests.pages.conftest import words

AS_OF = date(2026, 6, 30)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'
BOND = {
    "customer_id": "007", "customer": "Bond", "owner": "Ann", "value": 1000.0, "risk": 0.4, "value_low": 800.0, "value_high": 1300.0,
    "risk_low": 0.3, "risk_high": 0.5, "alive": 0.8, "none_chance": 0.3, "likely_low": 50.0, "likely_high": 900.0, "tier": "A",
    "revenue": 170.0, "first_on": date(2025, 2, 5), "last_on": date(2026, 2, 6), "days_since": 144.0, "gap_days": 30.0,
    "contacts": 1, "open_deals": 1, "last_contact_on": date(2026, 6, 10), "contact_days": 4, "contact_gap_days": 12.0,
}  # fmt: skip
OTHERS = [
    {"customer_id": f"{n}", "customer": f"Other {n}", "owner": "Bob", "value": 10.0, "risk": 0.1} for n in range(1, 9)
]
GONE = {"customer_id": "g", "customer": "Gone", "owner": None, "lifecycle": "lost", "value": 40.0, "risk": 1.0, "revenue": 99.0,
        "last_on": date(2025, 1, 1), "gap_limit_days": 90.0}  # fmt: skip
MAYBE = {"customer_id": "m", "customer": "Maybe", "owner": None, "lifecycle": "potential", "purchases": 0}
CONTRACT = {"customer_id": "k", "customer": "Contract", "owner": "Ann", "tenure_months": 5.0, "purchases": 1, "value": 120.0, "risk": 0.2,
            "first_on": date(2026, 1, 30), "ends_on": date(2026, 12, 31)}  # fmt: skip


def at_noon(month, day):
    return datetime(2026, month, day, 12)


EVENTS = {
    "deals": [
        {"deal_id": "d1", "deal_name": "Big deal", "customer_id": "007", "owner": "Ann", "status": "open", "stage": "Demo", "amount": 70.0,
         "currency": "USD", "created_at": at_noon(6, 1), "closed_at": None, "pipeline": "Sales"},
        {"deal_id": "d2", "deal_name": "Small deal", "customer_id": "007", "owner": "Ann", "status": "won", "stage": "Won", "amount": 30.0,
         "currency": "USD", "created_at": at_noon(1, 1), "closed_at": at_noon(2, 6), "pipeline": "Sales"},
    ],
    "orders": [
        {"order_id": "o1", "customer_id": "007", "ordered_at": at_noon(2, 6), "amount": 100.0, "currency": "USD", "product": "Scanner"},
        {"order_id": "o2", "customer_id": "007", "ordered_at": at_noon(1, 6), "amount": -5.0, "currency": "USD", "product": "Scanner"},
    ],
    "activities": [
        {"activity_id": "a", "customer_id": "007", "activity_type": "Call", "subject": "Hello", "contact_id": "p", "owner": "Ann",
         "happened_at": at_noon(6, 10), "is_done": True},
    ],
    "contacts": [{"contact_id": "p", "contact_name": "Pat", "customer_id": "007", "title": "Buyer"}],
    "cases": [{"case_id": "c", "customer_id": "007", "subject": "Broken", "opened_at": at_noon(5, 1)}],
    "survey_responses": [
        {"response_id": "s", "customer_id": "007", "answered_at": at_noon(6, 3), "score": 4.0, "scale": "nps", "comment": "too slow"},
    ],
    "subscriptions": [{"subscription_id": "k", "customer_id": "k", "started_on": date(2026, 1, 30), "monthly_revenue": 10.0}],
}  # fmt: skip


@pytest.fixture
def scored(load):
    def put(*customers, **tables) -> Workspace:
        known = [*customers, *OTHERS, GONE, MAYBE, CONTRACT]
        listed = [
            {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]}
            for row in known
        ]
        load(EVENTS | {"customers": listed} | tables, latest_event_at="2026-06-30T09:00:00")
        workspace = Workspace(default_workspace())
        engine = workspace.engine()
        keep(engine, Filters(AS_OF), known)
        engine.close()
        return workspace

    return put


def opened(app, number, **query):
    return app("customer", customer_of=number, **query)


def test_the_card_says_what_the_customer_is_worth_and_why(app, scored):
    scored(BOND)
    at = opened(app, "007")
    text = words(at)
    assert at.title[0].value == "Bond"
    assert "<strong>Protect: Worth $1K over 12 months if it stays, with a risk of 40% that it leaves.</strong>" in text
    assert "A regular customer since 5 Feb 2025." in text
    assert "Customer number 007. Looked after by Ann. Tier A." in text
    assert "$800–1.3K" in text and "30–50%" in text and "$400" in text and "80% likely still a customer today" in text
    # One customer is a chance of nothing and a range, not a number.
    assert "Chance that nothing comes" in text and "if anything, " in text and "$50–900" in text
    assert "Silent for 144 days, usually buys every 30 days" in text and "Contact programme" in text
    assert "Only one contact is known" in text and "1 deal is open, worth $70." in text


def test_one_time_line_with_a_lane_for_each_kind_of_thing(app, scored):
    scored(BOND)
    at = opened(app, "007")
    chart, *_scores = at.get("plotly_chart")
    drawn = json.loads(chart.proto.spec)
    assert drawn["layout"]["yaxis"]["ticktext"] == ["Orders", "Deals", "In touch", "Surveys", "Cases"]
    notes = [note["text"] for note in drawn["layout"]["annotations"]]
    assert "144 d silent, usually 30 d" in notes and "20 d silent, usually 12 d" in notes
    text = words(at)
    assert "Last purchase 144 d ago, usually every 30 d. Last contact 20 d ago, usually every 12 d." in text
    assert "8 events" in text and "too slow" in text


def test_what_changed_is_said_in_sentences(app, scored):
    scored(BOND)
    text = words(opened(app, "007"))
    assert "Orders: <strong>0</strong>, 1 before · $0 against $100." in text
    assert "Times in touch: <strong>1</strong>, 0 before." in text
    assert "Score: <strong>4</strong>, no answer before." in text
    assert "New deals: <strong>1</strong>, 0 before" in text or "New deals: <strong>1</strong>, 1 before" in text


def test_one_that_is_lost_one_that_never_bought_and_one_under_contract(app, scored):
    scored(BOND)
    gone = words(opened(app, "g"))
    assert "<strong>Lost: silent for so long that it has counted as lost since 2 Apr 2025.</strong>" in gone
    assert (
        "It brought $99 in all. Nothing of it is at risk any more" in gone
        and "Value at risk" not in gone.split("Facts")[0]
    )
    assert "Nothing with a date is on record" in gone
    maybe = words(opened(app, "m"))
    assert (
        "<strong>May become a customer: it has not bought yet.</strong>" in maybe
        and "Chance that nothing comes" not in maybe.split("Facts")[0]
    )
    contract = opened(app, "k")
    assert "Under contract since 30 Jan 2026." in words(contract) and "from 1 contract" in words(contract)
    assert json.loads(contract.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]["ticktext"] == ["Contracts"]


def test_leading_zeros_tell_customers_apart_and_an_unknown_one_is_said(app, scored, check):
    scored(BOND)
    assert opened(app, "7").title[0].value == "Other 7"
    at = opened(app, "0007")
    text = words(at)
    assert 'No customer has the number "0007".' in text.replace("&quot;", '"')
    at.button(key="open_near_0").click().run()
    assert check(at).title[0].value == "Bond"


def test_searching_and_choosing(app, scored, check):
    scored(BOND)
    at = app("customer")
    assert "<strong>12 customers.</strong> Search" in words(at)
    assert "$400" in words(at)  # the one with most at risk
    at.text_input(key="customer_search").set_value("other").run()
    box = next(box for box in at.selectbox if box.label == "Customer")
    assert len(box.options) == 8 and "8 customers have it" in words(check(at))
    box.set_value("3").run()
    assert check(at).title[0].value == "Other 3"
    at.text_input(key="customer_search").set_value("nobody").run()
    assert "0 customers have it" in words(check(at)) and at.title[0].value == "Other 3"


def test_filters_narrow_the_search_and_do_not_hide_an_open_card(app, scored):
    scored(BOND)
    at = opened(app, "007", owner="Bob")
    text = words(at)
    assert at.title[0].value == "Bond" and "The filters above leave this customer out" in text
    box = next(box for box in at.selectbox if box.label == "Customer")
    assert len(box.options) == 9  # Bob's eight, and the one that is open
    assert "No customer is left by these filters." in words(app("customer", owner="Nobody"))


def test_hostile_text_is_shown_as_it_is(app, scored):
    row = BOND | {"customer": HOSTILE, "owner": HOSTILE, "segment": HOSTILE}
    told = {
        "deals": [EVENTS["deals"][0] | {"deal_name": HOSTILE, "stage": HOSTILE}],
        "contacts": [EVENTS["contacts"][0] | {"contact_name": HOSTILE, "title": HOSTILE}],
        "survey_responses": [EVENTS["survey_responses"][0] | {"comment": HOSTILE}],
    }
    scored(row, **told)
    at = opened(app, "007")
    text = words(at)
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text
    assert "[a](" not in at.title[0].value
    assert "<img" not in at.get("plotly_chart")[0].proto.spec


def test_no_data_and_hebrew(app, scored):
    assert "Nothing is loaded yet." in words(app("customer"))
    scored(BOND)
    at = opened(app, "007", lang="he")
    drawn = json.loads(at.get("plotly_chart")[0].proto.spec)
    # Time runs from left to right in every language; the names of the lanes stand where reading begins.
    first, last = drawn["layout"]["xaxis"]["range"]
    assert first < last and drawn["layout"]["yaxis"]["side"] == "right"
    app("customer", lang="he")
