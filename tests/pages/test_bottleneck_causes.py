"""What goes with winning, on the bottlenecks page."""

import json
import re
from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.pages.conftest import START, words

PRICES = {"p1": 100.0, "p2": 900.0}


def frames(at, column):
    return next(frame.value for frame in at.dataframe if column in frame.value)


def figures(at):
    return [json.loads(each.proto.spec) for each in at.get("plotly_chart")]


def told(at):
    """What the page says in sentences, without markup and without the meanings of the figures."""
    blocks = [block.proto.body for block in at.get("html")]
    return re.sub(
        r"<[^>]*>",
        "",
        "\n".join(block for block in blocks if "sh-finding" in block or "sh-note" in block or "sh-nothing" in block),
    )


@pytest.fixture
def rich_data(made):
    """400 deals: those called on the first day win most; those 20% below list price win no more than others."""
    random = np.random.default_rng(5)
    rows = made(10)
    deals, activities = [], []
    for number in range(400):
        like, created = rows["deals"][number % 10], START + timedelta(hours=10 * number)
        wait = float(random.exponential(2.0))
        is_won = random.random() < (0.75 if wait < 1 else 0.3)
        closed: datetime | None = created + timedelta(days=5 + float(random.exponential(30)))
        if number % 8 == 7:
            is_won, closed = False, None
        product = f"p{1 + number % 2}"
        deals.append(
            like | {
                "deal_id": f"D{number:03}", "deal_name": f"Deal {number}", "status": "open" if closed is None else "won" if is_won else "lost",
                "stage": "Demo" if closed is None else "Closed Won" if is_won else "Closed Lost", "created_at": created, "closed_at": closed,
                "product_id": product, "amount": PRICES[product] * (0.8 if number % 3 == 0 else 1.0),
            }
        )  # fmt: skip
        if number % 16 != 15:  # every other open deal is not called at all
            activities += [
                {"activity_id": f"A{number}-{n}", "deal_id": f"D{number:03}", "happened_at": created + timedelta(days=wait + 3 * n), "is_done": True}
                for n in range(number % 5 + 1)
                if closed is None or created + timedelta(days=wait + 3 * n) < closed
            ]  # fmt: skip
    known = {deal["deal_id"] for deal in rows["deals"]}
    entries = [entry for entry in rows["stage_entries"] if entry["deal_id"] not in known]
    first = {"pipeline": "Sales", "stage": "Lead", "stage_order": 1, "outcome": "open", "visit": 1, "is_recorded": True, "is_skipped": False, "skips_before": 0, "left_at": None, "next_stage": None, "fate": "still"}  # fmt: skip
    entries += [first | {"deal_id": deal["deal_id"], "entered_at": deal["created_at"]} for deal in deals]
    products = [{"product_id": name, "product_name": name, "list_price": price} for name, price in PRICES.items()]
    return {
        "deals": deals,
        "activities": activities,
        "products": products,
        "stage_entries": entries,
        "stages": rows["stages"],
    }


def test_the_sentence_names_what_goes_with_winning_and_claims_no_cause(app, load, rich_data):
    load(rich_data)
    text = told(app("bottlenecks", view="causes"))
    assert "Deals contacted within" in text and "are won more often" in text
    assert "that does not show that it is the reason" in text
    assert "stands after correction" in text
    assert "because" not in text and "causes" not in text


def test_open_deals_nobody_called_are_listed_with_owner_and_money(app, load, rich_data, check):
    load(rich_data)
    at = app("bottlenecks", view="causes")
    listed = frames(at, "Days since")
    assert len(listed) == 25 and {"Deal", "Owner", "Amount", "Stage"} <= set(listed)
    assert "<strong>25 open deals</strong> worth" in words(at)
    at = app("bottlenecks", view="causes", as_of="2026-06-22")
    at.get_by_key("contact_age").set_value(1.0).run()
    every = frames(check(at), "Days since")
    at.get_by_key("contact_age").set_value(14.0).run()
    later = frames(check(at), "Days since")
    assert 0 < len(later) < len(every) and later["Days since"].min() >= 14 > every["Days since"].min() >= 1


def test_a_click_lists_the_deals_of_a_mark(app, load, rich_data, check):
    load(rich_data)
    at = app("bottlenecks", view="causes")
    at.get_by_key("touches_band").set_value("3-5").run()
    assert "Activities" in frames(check(at), "Days since") or any("Activities" in frame.value for frame in at.dataframe)
    at.get_by_key("discounts_band").set_value("up_to_20").run()
    priced = frames(check(at), "Below list price")
    assert set(priced["Discount"].round(6)) == {20.0} and len(priced) == 134
    at.get_by_key("close_discounted").click().run()
    assert not any("Below list price" in frame.value for frame in check(at).dataframe)


def test_discounts_say_what_is_given_away(app, load, rich_data):
    load(rich_data)
    at = app("bottlenecks", view="causes")
    text = told(at)
    assert "of the won deals were below list price, and gave away $" in text
    assert "10–20% off" in figures(at)[2]["layout"]["yaxis"]["ticktext"][1]
    assert "that alone makes their chance look higher" in text
    table = frames(at, "Break-even chance")
    assert (
        list(table["Price"])[:3] == ["all", "Above list price", "At list price"]
        and table["Break-even chance"].notna().sum() == 1
    )
    assert "Who gives discounts" in words(at) and "A deal brings</th>" in words(at)


def test_without_activities_and_prices_the_files_are_named(app, load, made):
    load(made(200))
    at = app("bottlenecks", view="causes")
    text = words(at)
    assert "This data cannot say what goes with winning." in text
    assert "Tasks and Events" in text and "product number or name, and list price" in text
    assert not at.get("plotly_chart")


def test_amounts_of_several_units_are_not_taken_for_prices(app, load, rich_data):
    for place, deal in enumerate(rich_data["deals"]):
        deal["amount"] = 10_000.0 + 333 * place if place % 10 else deal["amount"]
    load(rich_data)
    text = words(app("bottlenecks", view="causes"))
    assert "Discounts need the quantity of each deal" in text and "Quantity" in text


def test_where_lost_deals_have_no_amount_only_what_was_given_away_is_told(app, load, rich_data):
    for deal in rich_data["deals"]:
        if deal["status"] == "lost":
            deal["amount"] = 0.0
    load(rich_data)
    at = app("bottlenecks", view="causes")
    text = told(at)
    assert "Most lost deals have no amount" in text and "gave away" in text and "A deal brings</th>" not in words(at)
    assert len(figures(at)) == 3  # contact, touches, owners


def test_two_currencies_are_not_added(app, load, rich_data):
    for place, deal in enumerate(rich_data["deals"]):
        deal["currency"] = ("USD", "EUR")[place % 4 == 3]
    load(rich_data)
    text = words(app("bottlenecks", view="causes"))
    assert "if contact were the reason" not in text and "in another currency" in text


def test_filters_that_leave_nothing_or_little_say_so(app, load, rich_data):
    load(rich_data)
    at = app("bottlenecks", view="causes", owner="Nobody")
    assert "No deal is left to show" in words(at) and not at.get("plotly_chart")
    at = app("bottlenecks", view="causes", **{"from": "2026-01-05", "to": "2026-01-07"})
    assert "Too few deals to say what goes with winning" in words(at)


def test_in_hebrew_with_hostile_names_and_without_history(app, load, rich_data):
    for place, deal in enumerate(rich_data["deals"]):
        deal["owner"] = ("<img src=x onerror=alert(1)>", "**strong** [l](http://evil.example)")[place % 2]
        deal["deal_name"] = "<a href='http://evil.example'>x</a>"
    for entry in rich_data["stage_entries"]:
        entry["is_recorded"] = False
    load(rich_data, has_history="false")
    at = app("bottlenecks", view="causes", lang="he")
    html = "\n".join(block.proto.body for block in at.get("html"))
    assert "<img" not in html.replace('<img alt=""', "") and "<a " not in html
    assert len(figures(at)) == 4
    for figure in at.get("plotly_chart"):
        assert "<img" not in figure.proto.spec
