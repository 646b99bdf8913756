"""Dependency and profit on the page of customers, on scores and orders written by hand."""

import json
from datetime import datetime

import pytest

from analytics.filters import Filters
from data.customer_settings import CustomerSettings
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import AS_OF, keep
from tests.pages.conftest import words

DAY = datetime(2026, 6, 1)
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'


def customer(number, **given):
    """Ann has three of four."""
    return {
        "customer_id": f"C{number:03}", "customer": f"Customer {number}", "owner": "Bob" if number % 4 == 0 else "Ann", "value": 100.0 * number,
        "risk": 0.1, "revenue_12m": 10.0 * number, "contacts": 1 if number > 36 else 2,
    } | given  # fmt: skip


def forty(**given):
    return [customer(number, **given) for number in range(1, 41)]


@pytest.fixture
def company(load):
    """Customers with an order each: as many pieces as their number, for 10, of goods for 6; the first pays 2."""

    def put(customers, products=True, settings=None) -> Workspace:
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": DAY, "closed_at": None, "pipeline": "Sales"}],
            "orders": [
                {"order_id": str(n), "customer_id": row["customer_id"], "ordered_at": DAY, "product_id": "p", "quantity": float(n),
                 "amount": n * (2.0 if n == 1 else 10.0), "currency": "USD"}
                for n, row in enumerate(customers, 1)
            ],
            "customers": [
                {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]} for row in customers
            ],
        }  # fmt: skip
        if products:
            rows["products"] = [{"product_id": "p", "product_name": "Pump", "list_price": 10.0, "unit_cost": 6.0}]
        load(rows, latest_event_at="2026-06-30T09:00:00")
        workspace = Workspace(default_workspace())
        if settings is not None:
            workspace.save_customer_settings(settings)
        engine = workspace.engine()
        keep(engine, Filters(AS_OF), customers)
        engine.close()
        return workspace

    return put


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def test_the_page_says_on_whom_most_rests(app, company, check):
    company(forty())
    at = app("customers", view="dependency")
    text = words(at)
    # Of 820 x 90 expected, Bob has 4 + 8 + ... + 40 = 220.
    assert "<strong>Ann holds 73% of what customers are expected to bring</strong>" in text
    assert "against 50% if all held the same" in text
    assert "$5.4K–16.2K" in text and "is at stake" in text
    assert len(figures(at)) == 2
    assert "If Ann leaves" in text and "with 30 customers" in text
    at.get_by_key("leave_owner").set_value("Bob").run()
    assert "If Bob leaves" in words(check(at)) and "with 10 customers" in words(at)
    at.get_by_key("leave_kind").set_value("customer").run()
    assert "If Customer 40 leaves, it takes" in words(check(at))
    at.get_by_key("leave_kind").set_value("contact").run()
    assert "The files name no contacts" in words(check(at))


def test_who_rests_on_one_contact_is_listed(app, company):
    company(forty())
    text = words(app("customers", view="dependency"))
    assert "4 of 40 customers rest on a single contact" in text
    assert text.count("one contact on file") == 4


def test_the_handover_of_the_settings_holds(app, company):
    company(forty(), settings=CustomerSettings(handover_loss=(0.2, 0.5)))
    assert "$10.8K–27K" in words(app("customers", view="dependency"))


def test_customers_without_owners_can_still_be_concentrated(app, company):
    company(forty(owner=None))
    text = words(app("customers", view="dependency"))
    assert "The largest customer, Customer 40, brings" in text and "Nobody is named who looks after customers" in text


def test_few_customers_are_counted_and_not_told(app, company):
    company(forty()[:8])
    text = words(app("customers", view="dependency"))
    assert "not enough · 8" in text


def test_a_time_without_revenue_still_has_what_is_expected(app, company):
    company(forty())
    at = app("customers", view="dependency", to="2020-01-01")
    assert "Ann holds 73%" in words(at) and "No revenue above 0 is known" in words(at)
    assert len(figures(at)) == 1


def test_nothing_is_left_of_lost_customers(app, company):
    company(forty(lifecycle="lost"), settings=None)
    at = app("customers", view="dependency", to="2020-01-01")
    assert "Nothing rests on anybody here" in words(at)


@pytest.mark.parametrize("view", ["dependency", "profit"])
def test_in_hebrew_with_hostile_names(app, company, view):
    company(forty(customer=HOSTILE), settings=CustomerSettings(visit_cost=10.0))
    at = app("customers", view=view, lang="he")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec


@pytest.mark.parametrize("view", ["dependency", "profit"])
def test_no_customer_left_and_nothing_loaded(app, company, view):
    assert "Nothing is loaded yet" in words(app("customers", view=view))
    company(forty())
    assert "No customer is left by these filters" in words(app("customers", view=view, owner="Nobody"))


@pytest.mark.parametrize("view", ["dependency", "profit"])
def test_deals_that_name_no_customer_tell_nothing(app, load, made, view):
    load(made())
    assert "Nothing says yet what customers buy" in words(app("customers", view=view))


# profit


def test_the_page_says_who_brings_the_profit(app, company):
    company(forty())
    at = app("customers", view="profit")
    text = words(at)
    # The best eight bring 33 + ... + 40 = 292 of 820 - 1 pieces x 4, less the loss of the first.
    assert "<strong>The best fifth of the customers bring 36% of the profit</strong>; 1 of 40 cost more" in text
    assert "$4 together" in text and "sell at list price" in text
    assert "unit costs of products, for 100% of revenue" in text
    assert "Not counted, since nobody said what it costs: contacts, service cases, returns" in text
    (whale,) = figures(at)
    assert max(whale["data"][1]["y"]) > 1


def test_without_any_cost_it_is_called_revenue(app, company):
    company(forty(), products=False)
    text = words(app("customers", view="profit"))
    assert "This is revenue, not profit: nothing says what customers cost." in text
    assert "a column Unit cost in the file of products, or a margin" in text and "0 of 4 kinds" in text


def test_a_margin_makes_profit_of_it(app, company):
    company(forty(), products=False, settings=CustomerSettings(margin=0.4))
    text = words(app("customers", view="profit"))
    assert "The best fifth of the customers bring" in text and "margin 40%" in text


def test_few_customers_have_no_curve(app, company):
    company(forty()[:8])
    at = app("customers", view="profit")
    assert "Too few customers to tell who brings the profit" in words(at) and not at.get("plotly_chart")


def test_a_time_without_sales_says_so(app, company):
    company(forty())
    assert "No sales with a known profit" in words(app("customers", view="profit", to="2020-01-01"))
