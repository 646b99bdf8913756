"""Value and risk on the page of customers, on scores written by hand."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from analytics.filters import Filters
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import keep
from tests.pages.conftest import words
from ui.customers.value_risk import points_chosen

AS_OF = date(2026, 6, 30)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def customer(number, **given):
    return {
        "customer_id": f"C{number:03}", "customer": f"Customer {number}", "owner": ("Ann", "Bob")[number % 2], "value": 100.0 * number,
        "risk": 0.05 * (number % 10), "value_low": 50.0 * number, "value_high": 200.0 * number, "risk_variance": 100.0,
        "revenue_12m": 10.0 * number, "revenue_before_12m": 10.0, "contacts": 1,
    } | given  # fmt: skip


def twenty(**given):
    return [customer(number, **given) for number in range(1, 21)]


LOST = [
    customer(
        90, lifecycle="lost", last_on=date(2026, 2, 1), gap_limit_days=60.0, revenue_12m=70.0, revenue_before_12m=30.0
    )
]
NEVER = [customer(99, lifecycle="potential", value=None, risk=None, purchases=0, currency=None, revenue_12m=None)]


@pytest.fixture
def scored(load):
    """Put customers into the workspace in use, with scores as given; a report may say more."""

    def put(customers, **report) -> Workspace:
        day = datetime(2026, 6, 1)
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": day, "closed_at": None, "pipeline": "Sales"}],
            "orders": [{"order_id": "1", "customer_id": customers[0]["customer_id"], "ordered_at": day, "amount": 1.0}],
            "customers": [
                {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]}
                for row in customers
            ],
        }
        load(rows, latest_event_at="2026-06-30T09:00:00")
        workspace = Workspace(default_workspace())
        engine = workspace.engine()
        keep(engine, Filters(AS_OF), customers, **report)
        engine.close()
        return workspace

    return put


def opened(app, **query):
    return app("customers", view="value_risk", **query)


def figure(at):
    (chart,) = at.get("plotly_chart")
    return json.loads(chart.proto.spec)


def names(at):
    return [link.proto.label for link in at.get("page_link") if "customer_of=" in link.proto.query_string]


def test_the_page_says_what_is_at_risk_and_who_comes_first(app, scored):
    scored([*twenty(), *LOST, *NEVER])
    at = opened(app)
    text = words(at)
    # Value at risk of n is 5 n (n mod 10): 15 has 375, 19 has 855, and all have 5,100 of 21,000.
    assert "<strong>$5.1K of $21K revenue is at risk</strong> over 12 months (80%:" in text
    assert "First comes Customer 19, with $855 at risk." in text
    assert "1 lost customer is not in it, and never counted as savable." in text
    assert "1 never bought and has no value yet." in text
    assert "Value is revenue, as no margin was given." in text
    assert names(at)[:2] == ["Customer 19", "Customer 18"]
    # Each adds a variance of 100: 1.28 x the root of 2,000 is 57.
    assert "$5.04K–5.16K" in text
    assert "only one contact known" in text and "Contact programme" in text


def test_the_chart_has_all_customers_and_the_lines(app, scored):
    scored(twenty())
    drawn = figure(opened(app))
    dots = [trace for trace in drawn["data"] if "error_x" not in trace]
    assert len(dots) == 4
    (people,) = [trace for trace in drawn["data"] if "error_x" in trace]
    assert len(people["x"]) == 12
    notes = [note["text"] for note in drawn["layout"]["annotations"]]
    assert "average value: $1.05K" in notes
    assert drawn["layout"]["dragmode"] == "select"


def test_the_list_is_of_a_quadrant_and_of_a_search(app, scored, check):
    scored(twenty())
    at = opened(app)
    at.get_by_key("value_risk_quadrant").set_value("grow").run()
    grown = names(check(at))
    assert grown and "Customer 19" not in grown
    at.get_by_key("value_risk_quadrant").set_value("all").run()
    at.get_by_key("value_risk_search").set_value("customer 7").run()
    assert names(check(at)) == ["Customer 7"]
    at.get_by_key("value_risk_search").set_value("nobody").run()
    assert names(check(at)) == [] and "No customer is left by this choice." in words(at)


def test_customers_chosen_in_the_chart_are_listed(app, scored, check):
    scored(twenty())
    at = opened(app)
    assert points_chosen([]) is None
    chosen = points_chosen([{"customdata": ["C019"]}, {"customdata": ["C007"]}])
    assert chosen == ((), ("C019", "C007"))
    assert points_chosen([{"customdata": [12, 3, "keep"]}]) == (((12, 3, "keep"),), ())
    at.session_state["value_risk_picked"] = chosen
    at.run()
    assert names(check(at)) == ["Customer 19", "Customer 7"]
    at.get_by_key("value_risk_unpick").click().run()
    assert len(names(check(at))) == 20


def test_a_reader_moves_the_lines_and_puts_them_back(app, scored, check):
    workspace = scored(twenty())
    at = opened(app)
    boxes = {box.label: box for box in at.number_input}
    boxes["High value from"].set_value(500.0).run()
    assert workspace.customer_settings().value_limit == 500
    notes = [note["text"] for note in figure(check(at))["layout"]["annotations"]]
    assert "your line: $500" in notes
    assert "Your lines put 6 customers in another quadrant." in words(at)
    at.get_by_key("value_risk_reset").click().run()
    assert workspace.customer_settings().value_limit is None
    assert "average value: $1.05K" in [note["text"] for note in figure(check(at))["layout"]["annotations"]]


def test_a_margin_is_told_as_profit(app, scored):
    workspace = scored(twenty())
    workspace.save_customer_settings(replace(workspace.customer_settings(), margin=0.5))
    text = words(opened(app))
    assert "<strong>$2.55K of $10.5K profit is at risk</strong>" in text
    assert "no margin" not in text


def test_one_currency_is_told_at_a_time(app, scored, check):
    scored([*twenty(), *(customer(n, currency="EUR") for n in range(30, 45))])
    at = opened(app)
    assert "$5.1K" in words(at) and "Amounts of several currencies are not added" in words(at)
    at.get_by_key("value_risk_currency").set_value("EUR").run()
    text = words(check(at))
    assert "€" in text and "$5.1K" not in text
    assert "Customer 19" not in names(at)


def test_few_customers_have_no_sums(app, scored):
    scored(twenty()[:6])
    at = opened(app)
    text = words(at)
    assert "<strong>6 customers are too few</strong>" in text
    assert "Value if all stay" not in text and len(names(at)) == 6


@pytest.mark.parametrize(
    ("customers", "sentence"),
    [
        (NEVER, "1 customer, and no purchase yet."),
        (LOST, "The only customer here is lost."),
        ([customer(1, value=None, risk=None)], "Of 1 customer no value can be told."),
    ],
)
def test_without_anything_at_risk_the_page_says_why(app, scored, customers, sentence):
    scored(customers)
    at = opened(app)
    assert sentence in words(at) and not at.get("plotly_chart")


def test_who_is_lost_is_listed_apart(app, scored):
    scored([*twenty(), *LOST])
    at = opened(app)
    text = words(at)
    assert "1 customer was lost in the last twelve months, who had brought $100 over two years." in text
    assert names(at)[-1] == "Customer 90" and "lost on 2 Apr 2026" in text and "Win back" in text


def test_filters_choose_and_leave_nothing(app, scored):
    scored(twenty())
    at = opened(app, owner="Ann")
    assert set(names(at)) == {f"Customer {n}" for n in range(2, 21, 2)}
    assert "No customer is left by these filters." in words(opened(app, owner="Nobody"))


def test_hebrew(app, scored):
    scored([*twenty(), *LOST, *NEVER])
    opened(app, lang="he")


def test_names_are_shown_as_they_are(app, scored):
    scored([customer(20, customer=HOSTILE, owner=HOSTILE, risk=0.9), *twenty()[:-1]])
    at = opened(app)
    text = words(at)
    assert "<img src=x>" not in text and "**bold**" not in text
    assert "\\*\\*bold" in names(at)[0] and "\\<img" in names(at)[0]
    (people,) = [trace for trace in figure(at)["data"] if "error_x" in trace]
    assert "<img" not in people["text"][0]


def test_nothing_loaded(app):
    at = opened(app)
    assert "Nothing is loaded yet." in words(at)
