"""How sure: the evidence for the models, on reports written by hand and on models of who leaves that are fitted here."""

import json
import re
from datetime import date, datetime

import numpy as np
import pytest

from analytics.filters import Filters
from data.messages import say
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.scored import keep
from tests.pages.conftest import words

AS_OF = date(2026, 6, 30)
REASON = say("{n} customers order without a contract, so nobody says when one has left: that follows from how each of them buys.", n=300).dump()  # fmt: skip
PARAMETERS = [
    {"model": "mbg_nbd", "parameter": name, "estimate": value, "low": value * 0.9, "high": value * 1.1}
    for name, value in (("r", 1.0), ("alpha", 10.0), ("a", 1.0), ("b", 3.0))
] + [
    {"model": "gamma_gamma", "parameter": name, "estimate": 4.0, "low": 3.0, "high": 5.0, "currency": "USD"}
    for name in "pqv"
]


def origin(cutoff="2025-07-01", until="2026-06-30", weeks=52, told=900_000.0, came=1_000_000.0, **given):
    return {
        "cutoff": cutoff, "until": until, "weeks": weeks, "customers": 300, "model": "mbg_nbd", "spend_model": "gamma_gamma",
        "predicted": 900.0, "predicted_low": 850.0, "predicted_high": 950.0, "actual": 1000.0, "error": -0.1, "naive": 800.0,
        "revenue_predicted": told, "revenue_low": told * 0.95, "revenue_high": told * 1.05, "revenue_actual": came,
        "revenue_error": (told - came) / came if came else None, "revenue_naive": 700_000.0, "captured_top_tenth": 0.4, "naive_captured": 0.35,
        "rank_correlation": 0.5, "brier": 0.15, "brier_baseline": 0.2, "calibration_error": 0.03, "inside_range": 0.78, "inside_customers": 200,
    } | given  # fmt: skip


def a_test(*origins, **given):
    tenths = [
        {
            "decile": number, "customers": 30, "predicted": 90.0, "predicted_low": 80.0, "predicted_high": 100.0, "actual": 100.0,
            "revenue_predicted": 90_000.0, "revenue_low": 80_000.0, "revenue_high": 99_000.0, "revenue_actual": 100_000.0,
        }
        for number in range(1, 11)
    ]  # fmt: skip
    bins = [
        {
            "bin": place, "chance_from": place / 10 - 0.1, "chance_to": place / 10, "customers": n, "none_predicted": place / 10 - 0.05,
            "none_observed": observed, "none_low": observed - 0.05, "none_high": observed + 0.05,
        }
        for place, n, observed in ((1, 8, 0.1), (5, 92, 0.44), (9, 200, 0.7))
    ]  # fmt: skip
    return {
        "refused": None, "model": "mbg_nbd", "currency": "USD", "is_money": True, "sampled_of": None,
        "origins": list(origins or (origin(told=970_000.0),)), "deciles": tenths, "none_bins": bins, "error": -0.03, "is_off": False, "one_way": None,
        "has_skill": True, "is_used": True, "unused": None,
    } | given  # fmt: skip


def of_buyers(test, **given):
    return {
        "basis": "orders", "reason": REASON, "buyers": 300, "model": "mbg_nbd", "refused": None, "caution": None,
        "model_reason": say("Customers buy freely.").dump(), "parameters": PARAMETERS,
        "spend": [{"currency": "USD", "model": "gamma_gamma", "reason": say("It hardly hangs on it (rank correlation {rho}).", rho=0.1).dump()}],
        "back_test": test,
    } | given  # fmt: skip


@pytest.fixture
def reported(load):
    """A workspace with one buyer and a report of its fit."""

    def put(report, customers=None, **tables):
        rows = {
            "orders": [{"order_id": "1", "customer_id": "C1", "ordered_at": datetime(2026, 6, 1), "amount": 1.0}],
            "customers": [{"customer_id": "C1", "customer_name": "One"}],
        }  # fmt: skip
        deal = {
            "deal_id": "1",
            "status": "open",
            "created_at": datetime(2026, 6, 1),
            "closed_at": None,
            "pipeline": "Sales",
        }
        rows = rows if customers is None else {"customers": customers}
        load({"deals": [deal]} | rows | tables, latest_event_at="2026-06-30T09:00:00")
        engine = Workspace(default_workspace()).engine()
        keep(engine, Filters(AS_OF), [{"customer_id": "C1", "value": 1.0, "risk": 0.1}], **report)
        engine.close()

    return put


def opened(app, **query):
    return app("customers", view="evidence", **query)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def test_a_test_that_was_stood_is_the_finding(app, reported):
    reported(of_buyers(a_test()))
    at = opened(app)
    text = words(at)
    assert "<strong>In the twelve months to 30 Jun 2026 $1M came, and $970K had been told</strong> (80%: " in text
    assert "within 10% of it." in text
    assert "300 customers order without a contract" in text and "(rank correlation 0.1)" in text
    assert "What came lay within the 80% range." in text
    assert "<strong>40% of all that came</strong>; 10% would be chance" in text
    assert "200 customers told to buy nothing with a chance of about 85%, <strong>70% bought nothing</strong>" in text
    assert "78% brought an amount within the range" in text
    assert "half of them go 14 weeks or longer" in text and "25% never come back" in text
    _origins, tenths, chances = figures(at)
    assert len(tenths["data"][0]["y"]) == 10
    assert len(chances["data"][1]["x"]) == 2  # 8 customers are too few for a dot
    assert "filters above change nothing here" in text


def test_a_miss_is_labelled_with_its_side(app, reported):
    reported(of_buyers(a_test(origin(told=780_000.0), error=-0.22, is_off=True)))
    text = words(opened(app))
    assert "<strong>In the twelve months to 30 Jun 2026 $1M came, where $780K had been told</strong>" in text
    assert "22% too little. More came than the model tells, so read its figures as cautious." in text
    assert "What came lay outside the 80% range." in text
    assert "The range holds for customers who go on as the model has them" in text


def test_several_tests_that_miss_one_way_are_a_caution(app, reported):
    both = (origin(told=1_200_000.0), origin("2025-12-31", weeks=26, told=560_000.0, came=500_000.0))
    reported(of_buyers(a_test(*both, error=0.2, is_off=True, one_way="high")))
    text = words(opened(app))
    assert "20% too much. Less came than the model tells" in text
    assert "In all 2 tests less came than was told" in text
    assert "What came lay within the 80% range in 0 of 2 tests." in text


def test_tests_that_miss_to_both_sides_say_so(app, reported):
    both = (origin(told=800_000.0), origin("2025-12-31", weeks=26, told=560_000.0, came=500_000.0))
    reported(of_buyers(a_test(*both, error=-0.2, is_off=True)))
    assert "20% too little. Later tests missed to the other side." in words(opened(app))


def test_nothing_that_came_is_said_without_a_share(app, reported):
    test = a_test(origin(came=0.0, actual=0.0, captured_top_tenth=None, naive_captured=None, inside_range=None), error=None, is_off=True)  # fmt: skip
    reported(of_buyers(test))
    text = words(opened(app))
    assert "nothing came of what was told." in text and "None of them bought anything." in text


def test_a_model_without_skill_is_said_not_to_be_used(app, reported):
    unused = say("In the back-test the model did not tell better than chance, so it is not used.").dump()
    test = a_test(origin(told=500_000.0), error=-0.5, is_off=True, has_skill=False, is_used=False, unused=unused)
    churn = [{"model": "last_year", "parameter": "monthly_churn", "estimate": 0.02, "low": 0.01, "high": 0.03}]
    reported(of_buyers(test, refused=unused, model="last_year", parameters=churn, spend=[]))
    text = words(opened(app))
    assert "<strong>The model did not stand its test and is not used.</strong>" in text
    assert "<b>Not used</b> In the back-test the model did not tell better than chance" in text
    assert "2.0%" in text and "1.0–3.0%" in text


@pytest.mark.parametrize("lang", ["en", "he"])
def test_what_cannot_be_tested_is_said_with_its_reason(app, reported, lang):
    why = say("The file sums up each customer without dates, so no part of it can be held back to test the model on.").dump()  # fmt: skip
    test = {"refused": why, "is_used": True, "origins": [], "deciles": [], "none_bins": []}
    reported(of_buyers(test, basis="orders"))
    at = opened(app, lang=lang)
    assert not figures(at)
    if lang == "en":
        assert "cannot be checked yet.</strong> The file sums up each customer without dates" in words(at)


def test_purchases_stand_where_no_amounts_are_known(app, reported):
    nothing = dict.fromkeys(("revenue_predicted", "revenue_low", "revenue_high", "revenue_actual", "revenue_error", "revenue_naive"))  # fmt: skip
    tenths = [row | dict.fromkeys(name for name in row if name.startswith("revenue")) for row in a_test()["deciles"]]
    reported(of_buyers(a_test(origin(**nothing), is_money=False, currency="", deciles=tenths)))
    text = words(opened(app))
    assert "1,000 purchases came, and 900 purchases had been told" in text
    assert "in purchases: no amounts are known" in text


@pytest.mark.parametrize("lang", ["en", "he"])
def test_it_is_shown_in_both_languages(app, reported, lang):
    reported(of_buyers(a_test()))
    at = opened(app, lang=lang)
    assert len(figures(at)) == 3
    start, end = figures(at)[1]["layout"]["xaxis"]["range"]
    assert (start < end) is (lang == "en")


def test_nothing_loaded_and_filters_that_leave_nothing(app, reported):
    opened(app)
    reported(of_buyers(a_test()))
    at = opened(app, customer_name="Nobody")
    assert len(figures(at)) == 3  # models learn from all customers


def with_tenure(n=240):
    """Customers of a file with tenure and a flag: those on a monthly plan leave three times as often."""
    random = np.random.default_rng(3)
    made = []
    for number in range(n):
        plan = ("month", "year")[number % 2]
        left = random.random() < (0.6 if plan == "month" else 0.2)
        made.append(
            {
                "customer_id": f"C{number}", "customer_name": f"Customer {number}", "segment": plan, "tenure_months": float(random.integers(1, 60)),
                "is_churned": bool(left), "monthly_revenue": float(random.integers(10, 90)),
            }
        )  # fmt: skip
    return made


CONTRACTS = {
    "basis": "tenure", "reason": say("Of {n} customers the file says how long they have been customers and whether they left.", n=240).dump(),
    "buyers": 240, "model": "cox", "model_reason": say("What is known tells who leaves.").dump(), "refused": None, "spend": [],
    "tail_reason": say("Beyond {months} months too few were followed.", months=50).dump(), "n": 240, "events": 90, "predicted": 0.31,
    "observed": 0.33, "misses": False,
    "calibration": [
        {"fifth": fifth, "from_months": 0, "n": 48, "predicted": 0.1 * number, "observed": 0.1 * number + 0.02, "low": 0.1 * number - 0.05, "high": 0.1 * number + 0.1}
        for number, fifth in enumerate((1, 2, 3, 4, 5, None), 1)
    ],
}  # fmt: skip


def test_contracts_have_risks_models_drivers_and_a_leak_check(app, reported):
    reported(CONTRACTS, customers=with_tenure())
    at = opened(app)
    text = words(at)
    assert "<strong>The risks come true: 31% were told to leave within the horizon, 33% do.</strong>" in text
    assert "5 of 5 dots lie on the line within their interval." in text
    assert "Beyond 50 months too few were followed." in text
    auc = re.search(r"the first the higher chance <strong>(\d+)% of the time", text)
    assert auc and int(auc[1]) > 55
    assert "<strong>Segment</strong> tells most." in text
    assert "No column gives away who left" in text
    assert len(figures(at)) == 2


def test_risks_that_do_not_come_true_are_said(app, reported):
    reported(CONTRACTS | {"observed": 0.6, "misses": True}, customers=with_tenure(20))
    text = words(opened(app))
    assert "<strong>The risks do not come true: 31% were told" in text
    assert "No model of who leaves" in text


def test_too_few_who_left_are_said(app, reported):
    reported(CONTRACTS | {"observed": None, "predicted": None, "calibration": []}, customers=with_tenure(20))
    at = opened(app, lang="en")
    assert "Too few customers have left to hold the risks against what happened</strong>: 90 of 240" in words(at)
    assert not figures(at)
