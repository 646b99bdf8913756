"""The contact programme on the page of customers, on scores written by hand."""

import json
import re
from datetime import date, datetime, timedelta

import pytest

from analytics.filters import Filters
from data.customer_settings import CustomerSettings
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import keep
from tests.pages.conftest import words

AS_OF = date(2026, 6, 30)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def customer(number, days=5, **given):
    """A customer of tier A last contacted so many days ago, every ten days until then; its value at risk is half its number."""
    known = (
        {}
        if days is None
        else {"last_contact_on": AS_OF - timedelta(days=days), "contact_days": 9, "contact_gap_days": 10.0}
    )
    return {
        "customer_id": f"C{number:03}", "customer": f"Customer {number}", "owner": ("Ann", "Bob")[number % 2], "tier": "A",
        "value": float(number), "risk": 0.5, "first_on": date(2025, 1, 1),
    } | known | given  # fmt: skip


def forty(late=10):
    """The first of forty customers, by number, are 75 days without contact."""
    return [customer(number, 75 if number <= late else 5) for number in range(1, 41)]


@pytest.fixture
def scored(load):
    """Put customers into the workspace in use, with scores as given, and rows of other tables."""

    def put(known, **tables) -> Workspace:
        day = datetime(2026, 6, 1)
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": day, "closed_at": None, "pipeline": "Sales"}],
            "orders": [{"order_id": "1", "customer_id": known[0]["customer_id"], "ordered_at": day, "amount": 1.0}],
            "customers": [
                {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]} for row in known
            ],
        } | tables  # fmt: skip
        load(rows, latest_event_at="2026-06-30T09:00:00")
        workspace = Workspace(default_workspace())
        engine = workspace.engine()
        keep(engine, Filters(AS_OF), known)
        engine.close()
        return workspace

    return put


def opened(app, **query):
    return app("customers", view="contact", **query)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def lines(at):
    """The rows of the table of customers, their cells as text."""
    html = next(block.proto.body for block in at.get("html") if "min-width:10rem" in block.proto.body)
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html) if "<td" in row]
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in row] for row in found]


def test_the_page_says_who_waits_what_rests_on_them_and_what_falls_due(app, scored):
    scored(forty())
    at = opened(app)
    text = words(at)
    # The first ten come to 55, half of it at risk, of 820.
    assert "<strong>10 of 40 customers have not been heard from for longer than promised</strong>: $28 at risk" in text
    assert "6.7% of all" in text and "10 of them are of tier A" in text
    assert "Promised at least once in: A 30 d, B 60 d, C 90 d." in text
    assert "Tier A: 75% in time" in text
    assert "If nobody calls, 0 more customers fall due within two weeks, and 30 within 12 weeks." in text
    tiers, weeks = figures(at)
    assert tiers["data"][1]["x"] == [0.75] and sum(weeks["data"][0]["y"]) == 30
    first = lines(at)[0]
    assert first[:5] == ["Customer 10", "Ann", "A", "75 d  16 Apr 2026", "30 d  45 d overdue"]
    assert first[5:7] == ["10 d  7.5 times that", "$5"]
    assert len(lines(at)) == 10


def test_owners_are_compared_and_their_customers_listed(app, scored, check):
    scored([customer(number, 75 if number % 2 else 5) for number in range(1, 81)])
    at = opened(app)
    at.segmented_control(key="contact_by").set_value("owner").run()
    text = words(check(at))
    assert "Bob has most overdue: 40 of 40 customers." in text and "2 owners really differ from the others." in text
    at.selectbox(key="contact_owner").set_value("Ann").run()
    assert "Nobody: overdue · Ann" in words(check(at))
    at.selectbox(key="contact_owner").set_value("Bob").run()
    assert "40 customers · overdue · Bob" in words(check(at))
    assert all(line[1] == "Bob" for line in lines(at))


def test_promises_are_kept_for_the_workspace(app, scored, check):
    workspace = scored([customer(1, 40, last_case_on=AS_OF), customer(2, 5)])
    at = opened(app)
    assert "1 of 2 customers have not been heard from" in words(at)
    at.number_input(key="contact_days_A_30").set_value(45)
    at.button(key="contact_keep").click().run()
    assert "Every customer was contacted as promised" in words(check(at))
    assert workspace.customer_settings().tier_days == (45, 60, 90)
    at.number_input(key="contact_days_A_45").set_value(30)
    at.toggle(key="contact_cases_False").set_value(True)
    at.button(key="contact_keep").click().run()
    text = words(check(at))
    assert "Every customer was contacted as promised" in text and "A service case counts as contact." in text
    assert workspace.customer_settings() == CustomerSettings(counts_cases=True)


def test_few_customers_have_no_share_and_are_listed_all_the_same(app, scored):
    scored(forty()[8:12])
    at = opened(app)
    assert "No tier has enough customers to tell a share." in words(at)
    notes = [note["text"] for note in figures(at)[0]["layout"]["annotations"]]
    assert "not enough · 4" in notes and len(lines(at)) == 2


def test_without_any_contact_it_says_what_to_add(app, scored):
    scored([customer(number, None) for number in range(1, 6)])
    text = words(opened(app))
    assert (
        "<strong>Nothing says when customers were last contacted.</strong>" in text and "which of 5 customers" in text
    )
    assert "activities" in text


def test_the_last_activity_of_the_file_serves_and_that_is_said(app, scored):
    made = [customer(number, None) for number in range(1, 6)]
    told = [
        {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": "Ann", "last_activity_at": datetime(2026, 6, 25)}
        for row in made
    ]  # fmt: skip
    scored(made, customers=told)
    text = words(opened(app))
    assert "Every customer was contacted as promised" in text and "No activities are loaded" in text


def test_only_lost_customers(app, scored):
    scored([customer(1, 400, lifecycle="lost"), customer(2, None, lifecycle="potential", value=None, risk=None)])
    assert "No one here is a customer now." in words(opened(app))


def test_hostile_names_are_shown_as_they_are(app, scored):
    made = customer(1, 75, customer=HOSTILE, owner=HOSTILE, contacts=1)
    scored([made, *forty(0)])
    at = opened(app)
    text = words(at)
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text
    links = [link.proto.label for link in at.get("page_link") if "customer_of" in link.proto.query_string]
    assert links and all("[a](" not in label for label in links)


def test_a_customer_links_to_its_card_with_the_filters(app, scored):
    scored(forty())
    at = opened(app, owner="Ann")
    query = next(link.proto.query_string for link in at.get("page_link") if "customer_of" in link.proto.query_string)
    assert "customer_of=C010" in query and "owner=Ann" in query


def test_empty_filtered_and_in_hebrew(app, scored):
    assert "Nothing is loaded yet." in words(app("customers", view="contact"))
    scored(forty())
    assert "No customer is left by these filters." in words(opened(app, owner="Nobody"))
    opened(app, lang="he")
    opened(app, as_of="2026-06-30", owner=["Ann", "Bob"])
