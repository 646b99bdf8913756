"""The views of what-if beside its first one, on scores written by hand: a budget, scenarios side by side, what came, how sure."""

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from analytics.filters import Filters
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario, Target
from analytics.what_if.scenario_file import as_json
from analytics.what_if.share import link
from data.messages import say
from data.scenarios import SavedScenario
from data.store import Workspace
from data.workspaces import default_workspace
from tests.analytics.kept_forecast import AS_OF as TOLD_ON
from tests.analytics.kept_forecast import saved as forecast_kept
from tests.analytics.scored import keep
from tests.pages.conftest import words
from tests.pages.test_customer_evidence import a_test, origin
from ui.what_if.evidence_taken import _number

AS_OF = date(2026, 6, 30)
RATE = 0.02  # of customers leave each month
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'
DAY = datetime(2026, 6, 1)


def customer(number, **given):
    """Of forty customers the larger bring more; those of even number are likely to leave."""
    brought = 1000.0 * number
    return {
        "customer_id": f"C{number:03}", "customer": f"Customer {number}", "owner": ("Ann", "Bob")[number % 2], "tier": "A",
        "value": brought, "risk": 0.1 if number % 2 else 0.5, "alive": 1.0, "revenue_12m": brought, "revenue": 2 * brought,
        "revenue_before_12m": brought, "mean_value": brought / 12, "age_weeks": 104.0, "first_on": date(2024, 6, 1), "gap_days": 30.0,
    } | given  # fmt: skip


def forty():
    """Two of them came in each of the last months."""
    return [customer(number, first_on=AS_OF - timedelta(days=15 * number)) for number in range(1, 41)]


@pytest.fixture
def company(load):
    """A workspace with these customers and their scores; orders are rows of who bought when and for how much."""

    def put(known=None, orders=(), report=None) -> Workspace:
        known = forty() if known is None else known
        ordered = orders or [(known[0]["customer_id"], DAY, 1.0)]
        rows = {
            "deals": [{"deal_id": "1", "status": "open", "created_at": DAY, "closed_at": None, "pipeline": "Sales"}],
            "orders": [
                {"order_id": str(place), "customer_id": who, "ordered_at": day, "amount": amount, "currency": "USD"}
                for place, (who, day, amount) in enumerate(ordered)
            ],
            "customers": [
                {"customer_id": row["customer_id"], "customer_name": row["customer"], "owner": row["owner"]} for row in known
            ],
        }  # fmt: skip
        load(rows, latest_event_at="2026-06-30T09:00:00")
        workspace = Workspace(default_workspace())
        engine = workspace.engine()
        rate = {"model": "last_year", "parameter": "monthly_churn", "estimate": RATE, "low": RATE, "high": RATE}
        reason = say("{n} customers order without a contract.", n=len(known)).dump()
        told = {"model": "last_year", "reason": reason, "buyers": len(known), "parameters": [rate]} | (report or {})
        keep(engine, Filters(AS_OF), known, **told)
        engine.close()
        return workspace

    return put


def plan(name="Keep them", points=5.0, each=50.0, **given):
    lever = Lever("retention", Range(points - 2, points, points + 2), cost=Cost(per_customer=Range.of(each)))
    return Scenario(
        **({"name": name, "levers": (lever,), "horizon_months": 24, "draws": 1000, "counts_new": False} | given)
    )


def save(workspace, *scenarios):
    for each in scenarios:
        workspace.save_scenario(SavedScenario.of(each.name, as_json(each), AS_OF, AS_OF))


def opened(app, view, scenario=None, **query):
    return app("what_if", view=view, **({"scenario": link(scenario).text} if scenario else {}), **query)


def figures(at):
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def lines(at, mark):
    """The rows of the table that has `mark` in it, their cells as text."""
    html = next(block.proto.body for block in at.get("html") if mark in block.proto.body and "<table" in block.proto.body)  # fmt: skip
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html) if "<td" in row]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in found]


def clickable(at, key):
    return next(button for button in at.button if button.key == key)


# all of them


@pytest.mark.parametrize("view", ["budget", "compare", "looked_back", "evidence"])
def test_without_data_without_customers_and_in_hebrew(app, company, view):
    assert "Nothing is loaded yet." in words(opened(app, view))
    save(company(), plan(), plan("Another"))
    assert "No customer is left by these filters." in words(opened(app, view, owner="Nobody"))
    opened(app, view, lang="he")


# a budget


def test_a_budget_asks_for_money_and_for_what_treating_costs(app, company, check):
    company()
    at = opened(app, "budget")
    assert "<strong>Say how much money there is</strong>" in words(at)
    money = next(each for each in at.number_input if each.label.startswith("Money"))
    money.set_value(300)
    clickable(at, "what_if_budget_run").click().run()
    assert "<strong>Say what treating a customer costs.</strong>" in words(check(at))
    next(each for each in at.number_input if each.label == "Treating a customer costs").set_value(100)
    clickable(at, "what_if_budget_run").click().run()
    text = words(check(at))
    assert "<strong>With $300: treat 3 customers, for an expected" in text
    assert len(lines(at, "What to do")) == 3


def test_the_best_use_is_told_beside_plain_rules_and_lists_whom_to_treat(app, company):
    company()
    at = opened(app, "budget", plan(budget=500.0, each=50.0))
    text = words(at)
    assert "<strong>With $500: treat 10 customers, for an expected" in text
    assert "when treating the riskiest first and" in text and "It costs $500; after that" in text
    strategies, money = figures(at)
    best, rules = strategies["data"]
    assert best["x"][0] >= max(rules["x"]) and len(rules["x"]) == 3
    gains = money["data"][1]["y"]
    assert gains[0] == 0 and gains == sorted(gains)
    rows = lines(at, "What to do")
    assert len(rows) == 10 and all(row[3] == "$50" for row in rows)
    # Who is more at risk and brings more gains most.
    assert rows[0][0] == "Customer 40" and {row[1] for row in rows} <= {"Ann", "Bob"}
    assert any("customer_of=C040" in each.proto.query_string for each in at.get("page_link"))


def test_levers_that_cannot_be_given_to_one_customer_are_not_asked_about(app, company):
    company()
    market = Scenario("Bad times", (Lever("market", Range.of(-20)),), budget=100.0)
    assert "No lever of this scenario can be given to one customer" in words(opened(app, "budget", market))


def test_too_little_money_treats_nobody_and_says_why(app, company):
    company()
    text = words(opened(app, "budget", plan(budget=10.0, each=50.0)))
    assert "nobody is worth treating" in text and "The budget is too small for any lever." in text


def test_hostile_names_in_the_plan_are_shown_as_they_are(app, company):
    known = forty()
    known[39] = customer(40, customer=HOSTILE, owner=HOSTILE)
    company(known)
    text = words(opened(app, "budget", plan(budget=500.0)))
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text


# side by side


def test_nothing_saved_says_how_to_save(app, company):
    company()
    assert "No scenario is saved yet" in words(opened(app, "compare"))


def test_scenarios_side_by_side_in_the_same_futures(app, company):
    save(company(), plan("Small", 3.0), plan("Large", 9.0), plan("Dear", 5.0, each=5000.0))
    at = opened(app, "compare", plan("Nothing much", 0.0 + 2.0))
    text = words(at)
    assert "<strong>Large is expected to bring most:" in text and "of revenue after costs</strong>" in text
    assert "All are told in the same futures" in text
    (figure,) = figures(at)
    assert len(figure["data"][0]["x"]) == 1 and len(figure["data"][1]["x"]) == 3
    told = {row[0]: row[1:] for row in lines(at, "It pays in")}
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', words(at).split("Scenarios side by side")[1])
    assert heads[1:5] == ["Nothing much", "Dear", "Large", "Small"]
    assert told["Costs"] == ["$2K", "$200K", "$2K", "$2K"]
    assert told["Against the best"][2] == "brings most" and "better in" in told["Against the best"][0]
    assert "Levers differs" in told and "Horizon" in told


def test_what_differs_is_marked_and_horizons_are_made_alike(app, company):
    save(company(), plan("Short", horizon_months=12), plan("Long", seed=7))
    at = opened(app, "compare")
    text = words(at)
    assert "Their horizons differ; here all are told over the shortest, 12 months." in text
    assert "Their seeds or numbers of futures differ" in text
    told = {row[0]: row[1:] for row in lines(at, "It pays in")}
    assert {"Horizon differs", "Seed differs", "Futures differs"} <= set(told)


def test_one_that_cannot_be_worked_out_or_read_is_said_and_the_others_stand(app, company):
    workspace = company()
    nobody = Scenario(
        "For nobody",
        (Lever("retention", Range.of(5), Target(customers=("C999",))),),
        horizon_months=24,
        counts_new=False,
    )
    save(workspace, plan("Fine"), plan("Better", 8.0), nobody)
    workspace.save_scenario(SavedScenario.of("Broken", '{"levers": 3}', AS_OF, AS_OF))
    at = opened(app, "compare", plan("Worked on", 3.0))
    text = words(at)
    assert "<strong>For nobody cannot be worked out on this data:</strong>" in text
    assert "<strong>Better is expected to bring most:" in text
    assert len(lines(at, "It pays in")[0]) == 4
    assert "<strong>The saved scenario Broken cannot be read:</strong>" in text


def test_a_copy_opens_in_the_first_view_under_a_name_of_its_own(app, company, check):
    save(company(), plan("Fine"), plan("Better", 8.0))
    at = opened(app, "compare")
    place = [button.key for button in at.button if button.key and button.key.startswith("compare_copy_")]
    at.button(key=place[1]).click().run()
    assert at.query_params["view"] in ("scenario", ["scenario"])
    assert any(" (2)" in str(each.value) for each in check(at).text_input)


def test_hostile_names_of_scenarios_are_shown_as_they_are(app, company):
    save(company(), plan(HOSTILE), plan("Better", 8.0))
    at = opened(app, "compare")
    text = words(at)
    assert "<img" not in text and "&lt;img src=x&gt;" in text and "<strong>bold" not in text
    assert all("[a](" not in button.label for button in at.button)


# what came of it


def test_nothing_to_look_back_on(app, company):
    workspace = company()
    assert "there is nothing to look back on" in words(opened(app, "looked_back"))
    save(workspace, plan("Without a forecast"))
    text = words(opened(app, "looked_back"))
    assert "Without a forecast cannot be held against what came." in text and "Open it, run it and save it again." in text  # fmt: skip


def test_months_not_over_are_not_judged(app, company):
    now = replace(forecast_kept(Filters(AS_OF)), as_of=AS_OF)
    company().save_scenario(now)
    at = opened(app, "looked_back")
    text = words(at)
    assert "Nothing can be said of Plan yet.</strong> The first month of its forecast is over on 31 Jul 2026" in text
    assert not figures(at)[0]["data"][-1]["x"]


def test_what_came_is_held_against_both_futures(app, company):
    # Told: 100 a month without the plan, 200 with it, give or take 40. The customer was there before.
    orders = [("C001", datetime(2026, 1, 5), 90.0)]
    orders += [("C001", datetime(2026, month, 5), amount) for month, amount in ((4, 190.0), (5, 205.0), (6, 100.0))]
    company(orders=orders).save_scenario(forecast_kept(Filters(TOLD_ON), name=HOSTILE))
    at = opened(app, "looked_back")
    text = words(at)
    assert "Of 3 complete months, 1 within the 80% band of going on as now, 2 within that of" in text
    assert "Together $495 came" in text and "It looks like the scenario." not in text
    assert "<img" not in text and "<strong>bold" not in text
    rows = lines(at, "Told without it")
    assert [row[1] for row in rows] == ["$190", "$205", "$100"]
    assert [row[4] for row in rows] == [
        "within the band with it",
        "within the band with it",
        "within the band without it",
    ]
    came = figures(at)[0]["data"][-1]
    assert came["y"] == [190.0, 205.0, 100.0]


# how sure


def test_untested_is_said_plainly_and_every_assumption_is_listed(app, company):
    company()
    at = opened(app, "evidence", plan("Keep them", 5.0, capacity=Capacity(3.0), seed=11))
    text = words(at)
    assert "cannot be checked yet" in text and "<strong>Untested" in text
    told = {row[1]: row[2] for row in lines(at, "Discount rate a year")}
    assert (told["Seed"], told["Horizon"]) == ("11", "24 months")
    assert told["Amount"] == "5 3–7 percentage points" and told["Customers an owner can save a month"] == "3"
    assert told["Cost, for each customer of the target"].startswith("50")


def test_back_tests_add_to_the_doubt_and_the_bands_show_by_how_much(app, company):
    far = [origin(told=500_000.0), origin("2025-01-01", "2025-12-31", told=600_000.0, came=1_100_000.0)]
    company(report={"model": "mbg_nbd", "back_test": a_test(*far, is_off=True, error=-0.5)})
    at = opened(app, "evidence")
    text = words(at)
    assert "beyond what the models say of themselves" in text and "times as wide" in text
    bands = next(each for each in figures(at) if len(each["data"]) == 2 and each["data"][0].get("error_x"))
    widths = [trace["error_x"]["array"][0] for trace in bands["data"]]
    assert widths[0] > widths[1] > 0


def test_who_is_in_no_figure_is_counted(app, company):
    company([*forty(), customer(50, lifecycle="lost", value=None, risk=None), customer(51, lifecycle="potential", value=None, risk=None, revenue_12m=0.0)])  # fmt: skip
    at = opened(app, "evidence")
    rows = lines(at, "They never bought")
    assert [row[:2] for row in rows] == [["Not yet customers", "1"], ["Lost customers", "1"]]


def test_what_the_fit_warns_of_and_that_nobody_came_is_said(app, company):
    known = [customer(number, first_on=None) for number in range(1, 41)]
    company(known, report={"caution": say("Every chance to leave is unsure.").dump()})
    asked, nobody = (
        plan(counts_new=True),
        "No customer is known to have come of late, so none still to come are counted.",
    )
    assert nobody in words(opened(app, "evidence", asked))
    text = words(opened(app, "scenario", asked))
    assert nobody in text and "Every chance to leave is unsure." in text
    assert "Every chance to leave is unsure." in words(opened(app, "retention", asked))
    assert nobody not in words(opened(app, "scenario", plan(counts_new=False)))


def test_large_amounts_are_written_out():
    assert [_number(each) for each in (3_166_340.0, 148_358.2, 0.17725, True, None)] == ["3,166,340", "148,358", "0.17725", "True", "–"]  # fmt: skip


def test_a_budget_can_be_spread_over_few_customers_by_what_they_brought(app, company):
    company(report={"refused": say("Only {n} customers bought again.", n=4).dump()})
    assert "treat 10 customers" in words(opened(app, "budget", plan(budget=500.0, each=50.0)))
