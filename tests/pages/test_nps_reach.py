"""Who answers, on the page of NPS: on a survey and scores written by hand."""

import re
from datetime import date, datetime

import pytest

from analytics.filters import Filters
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.nps_asked import AS_OF, at, invited, replied
from tests.analytics.scored import keep
from tests.pages.conftest import words

HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def customer(number, **given):
    """Every third is asked and silent; its value at risk is half its number. Of the silent ones every second is out of contact."""
    contact = 75 if number % 6 == 0 else 5
    return {
        "customer_id": f"C{number:03}", "customer": f"Customer {number}", "owner": ("Ann", "Bob")[number % 2], "tier": "A", "value": float(number),
        "risk": 0.5, "revenue_12m": 10.0, "first_on": date(2025, 1, 1), "last_contact_on": at(contact).date(), "contact_days": 5,
        "contact_gap_days": 10.0,
    } | given  # fmt: skip


def survey(known, *, with_list=True):
    """Everybody asked 100 days ago; every third never answers, the others do two days later and are asked again 10 days ago."""
    answers = [
        {"response_id": row["customer_id"]} | replied(row["customer_id"], 98, 9 if number % 2 else 3)
        for number, row in enumerate(known, 1)
        if number % 3
    ]
    asked = [invited(row["customer_id"], 100) for row in known] + [invited(row["customer_id"], 10) for row in answers]
    return {"survey_responses": answers} | ({"survey_invitations": asked} if with_list else {})


@pytest.fixture
def surveyed(load):
    """Put customers with scores, and a survey of them, into the workspace in use."""

    def put(known, *, buys=True, **options):
        day = datetime(2026, 6, 1)
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": day, "closed_at": None, "pipeline": "Sales"}],
            "customers": [{"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]} for row in known],
        } | survey(known, **options)  # fmt: skip
        if buys:
            rows["orders"] = [
                {"order_id": row["customer_id"], "customer_id": row["customer_id"], "ordered_at": day, "amount": 10.0, "currency": "USD"}
                for row in known
            ]  # fmt: skip
        load(rows, latest_event_at="2026-06-30T09:00:00")
        engine = Workspace(default_workspace()).engine()
        keep(engine, Filters(AS_OF), known)
        engine.close()

    return put


def sixty():
    return [customer(number) for number in range(1, 61)]


def opened(app, **query):
    return app("nps", view="reach", **query)


def lines(at):
    """The rows of the table of customers, their cells as text."""
    html = next(block.proto.body for block in at.get("html") if "min-width:10rem" in block.proto.body)
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html) if "<td" in row]
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in row] for row in found]


def test_the_page_says_who_answers_who_does_not_and_what_is_at_risk(app, surveyed, check):
    surveyed(sixty())
    page = opened(app)
    text = words(page)
    assert (
        "<strong>67% of the invitations are answered</strong>" in text
        and "by customers with 67% of all revenue" in text
    )
    # 3 + 6 + ... + 60 is 630, and half of it is at risk; ten of the twenty are 75 days without contact.
    assert (
        "<strong>20 customers say nothing</strong>: $315 is at risk there; 10 of them are out of contact too." in text
    )
    assert "40 invitations of the last 30 days are undecided" in text
    assert "40 of 60 · " in text and "40 of 60 customers asked" in text and "$400 of $600" in text
    listed = lines(page)
    assert len(listed) == 12 and listed[0][:2] == ["Customer 60", "Ann"] and listed[0][6] == "$30"
    assert listed[0][2] == "Asked once, on 22 Mar 2026, and did not answer." and "out of contact" in listed[0][7]
    # Those out of contact come first, though others have more at risk.
    assert [line[0] for line in listed][9:11] == ["Customer 6", "Customer 57"]
    links = [link.proto.query_string for link in page.get("page_link")]
    assert any("customer_of=C060" in link for link in links)
    page.segmented_control(key="reach_by").set_value("owner").run()
    assert "No difference stands after correction, of 2 comparisons" in words(check(page))
    page.selectbox(key="reach_owner").set_value("Bob").run()
    assert "10 customers · Bob" in words(check(page)) and {line[1] for line in lines(page)} == {"Bob"}


def test_without_a_list_of_invitations_no_rate_is_told(app, surveyed):
    surveyed(sixty(), with_list=False)
    page = opened(app)
    text = words(page)
    assert "<strong>Nothing says who was asked</strong>, so there is no response rate." in text
    assert (
        "<strong>20 customers say nothing</strong>" in text
        and "The response rate needs the list of invitations" in text
    )
    assert lines(page)[0][2] == "No answer is on record." and not page.get("plotly_chart")


def test_without_purchases_the_rates_stand_alone(app, surveyed):
    surveyed(sixty(), buys=False)
    page = opened(app)
    text = words(page)
    assert (
        "<strong>67% of the invitations are answered</strong>" in text
        and "No revenue is known in one currency." in text
    )
    assert "Silent customers need to be known as customers" in text


def test_few_and_hostile_ones_in_hebrew(app, surveyed):
    surveyed([customer(number, customer=HOSTILE, owner=HOSTILE) for number in range(1, 5)])
    page = opened(app)
    text = words(page)
    assert "<strong>Too few were asked to tell a response rate</strong>: 4 invitations." in text
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text
    assert all("[a](" not in link.proto.label for link in page.get("page_link"))
    assert len(lines(opened(app, lang="he"))) == 1
    assert "No survey answer is left by these filters." in words(opened(app, owner="Nobody"))
