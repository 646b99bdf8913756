"""The page of what-if: the form that builds a scenario and what comes of it, on a small company written by hand."""

import re
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import streamlit as st

from analytics.customers import scores
from analytics.filters import Filters
from analytics.what_if import share
from analytics.what_if.scenario import Lever, Range, Scenario
from analytics.what_if.scenario_file import written
from analytics.what_if.told import verdict
from data.store import Workspace
from data.workspaces import default_workspace
from tests.pages.conftest import company, publish, sound, words
from ui.what_if import asked, results

FILTERS = Filters(date(2026, 6, 30), pipeline="Sales", recorded_until=date(2026, 6, 30))
START = datetime(2025, 1, 6, 9)
DEALS = [
    {"deal_id": "1", "status": "open", "created_at": START, "closed_at": None, "pipeline": "Sales", "currency": "USD"}
]
HOSTILE = '=HYPERLINK("http://x") **bold** <img src=x> [a](http://x)'
LINKED = Scenario("Call them", (Lever("retention", Range(3, 5, 8)), Lever("price", Range(1, 2, 3))), 12, draws=200)


@pytest.fixture(autouse=True)
def _told_briefly(monkeypatch):
    """What came out is told in a line: how it is drawn has tests of its own."""

    def show(scenario, *, draws, is_final):
        found = asked.of_outcome(verdict, scenario, draws)
        chance = found["probability_pays"].iloc[0]
        st.html(
            f"<p>RESULT {scenario.name} levers={len(scenario.levers)} draws={draws} final={is_final} {chance:.2f}</p>"
        )

    monkeypatch.setattr(results, "show", show)


def buyers(n=30, owners=("Ann", "Bob"), name="Customer {}"):
    """Every third of the customers stopped buying a year before the end; the others buy every 30 days."""
    orders, known = [], []
    for number in range(1, n + 1):
        who = {"customer_id": f"C{number:03}"}
        known.append(
            who
            | {
                "customer_name": name.format(number),
                "owner": owners[number % len(owners)],
                "segment": ("Retail", "Export")[number % 2],
            }
        )
        for at in range(6 if number % 3 == 0 else 18):
            orders.append(who | {"order_id": f"{number}-{at}", "ordered_at": START + timedelta(days=30 * at + number % 7), "amount": 100.0 + number, "currency": "USD"})  # fmt: skip
    return {"customers": known, "orders": orders}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A home whose customers buy freely, with the models fitted once: no test need wait for them."""
    home = tmp_path_factory.mktemp("shop")
    made = buyers()
    publish(
        home / "workspaces" / "default", {"deals": DEALS} | made, "Region", {"latest_event_at": "2026-06-30T09:00:00"}
    )
    workspace = Workspace(home / "workspaces" / "default")
    engine = workspace.engine()
    scores.ensure(engine, engine.tables, FILTERS)
    engine.close()
    return home


@pytest.fixture
def shop(fitted, tmp_path, monkeypatch):
    """The workspace in use is one of its own, with these customers."""
    home = tmp_path / "home"
    shutil.copytree(fitted, home)
    monkeypatch.setenv("SHIMUR_HOME", str(home))
    return Workspace(default_workspace())


def opened(app, scenario=LINKED, **query):
    linked = {} if scenario is None else {"scenario": share.link(scenario).text}
    return app("what_if", **linked, **query)


def result(at):
    """What the last scenario came to: its name, levers, draws, whether that is final, and the chance that it pays."""
    found = re.findall(r"RESULT (.*?)</p>", words(at))
    return found[-1] if found else ""


def number(at, start):
    return next(each for each in at.number_input if each.key.startswith(start))


def button(at, start):
    return next(each for each in at.button if each.key.startswith(start))


def lever_number(at, place=0):
    found = [each.key for each in at.number_input if each.key.startswith("lever_amount_low_")]
    return found[place].rsplit("_", 1)[1]


def open_part(at, key):
    """Open a popover or a fold, whose content is made when it is open."""
    at.session_state[key] = True
    return sound(at.run())


def open_button(at, of):
    """Open what lies behind a button above the form."""
    key = next(key for key in at.session_state._state.filtered_state if key.startswith(of))
    return open_part(at, key)


def shown_levers(at):
    return at.session_state["what_if_good"].levers


def test_a_first_visit_has_a_scenario_of_its_own_and_what_comes_of_it(app, shop):
    at = opened(app, None)
    text = words(at)
    # Twenty still buy; the ten that stopped are lost.
    assert "$14.7K in 12 months · 74% stay a year" in text
    assert re.search(r"74% → .*77–82%.* stay a year", text)
    assert result(at).startswith("Keep more of the customers to protect levers=1 draws=10000 final=True")


def test_a_link_opens_its_scenario_whatever_else_is_in_the_address(app, shop):
    at = opened(app, lang="he")
    assert result(at).startswith("Call them levers=2 draws=200 final=True")
    assert "scenario" not in at.session_state["chosen"].where


def test_a_damaged_link_is_told_and_the_starter_opens(app, shop):
    at = app("what_if", scenario="AQ")
    assert "The link to a scenario is cut off or damaged." in words(at)
    assert result(at).startswith("Keep more of the customers to protect")


def test_a_moved_lever_is_drawn_in_few_draws_and_then_in_all(app, shop, monkeypatch):
    shown = []
    told = results.show

    def noted(scenario, *, draws, is_final):
        shown.append((draws, is_final))
        told(scenario, draws=draws, is_final=is_final)

    monkeypatch.setattr(results, "show", noted)
    at = opened(app, replace(LINKED, draws=2000))
    assert shown == [(500, False), (2000, True)]
    number(at, "lever_amount_high").set_value(20.0).run()
    assert shown[2:] == [(500, False), (2000, True)]
    sound(at).run()
    assert shown[4:] == [(2000, True)]
    assert re.search(r"→ .*77–94%", words(at))


def test_a_lever_is_added_changed_and_taken_out(app, shop):
    at = open_part(opened(app), "what_if_add_2")
    button(at, "what_if_add_discount").click().run()
    assert "levers=3" in result(sound(at))
    at.selectbox(key=f"lever_kind_{lever_number(at, 2)}").set_value("owner_leaves").run()
    assert "levers=3" in result(sound(at))
    key = f"lever_owner_{lever_number(at, 2)}"
    assert at.selectbox(key=key).value in ("Ann", "Bob")
    at.selectbox(key=key).set_value("Ann").run()
    assert words(sound(at)).count("10 customers") == 1
    button(at, f"lever_remove_{lever_number(at)}").click().run()
    assert "levers=2" in result(sound(at))
    button(at, f"lever_copy_{lever_number(at)}").click().run()
    assert "levers=3" in result(sound(at))


def test_numbers_out_of_order_are_refused_beside_the_lever_and_can_be_put_in_order(app, shop):
    at = opened(app)
    number(at, "lever_amount_low").set_value(9.0).run()
    text = words(sound(at))
    assert "The range 9, 5, 8 is not in order." in text and "Nothing is computed yet" in text
    assert not result(at)
    button(at, "lever_order").click().run()
    assert [number(at, f"lever_amount_{end}").value for end in ("low", "likely", "high")] == [5.0, 8.0, 9.0]
    assert "levers=2" in result(sound(at))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("lever_amount_high", 101.0, "cannot be 3 to 101"), ("what_if_horizon_months", 2, "2 months cannot be simulated"), ("what_if_margin", 140.0, "is not a share")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_computed(app, shop, field, value, said):
    at = opened(app)
    number(at, field).set_value(value).run()
    assert said in words(sound(at))
    assert not result(at)


def test_a_target_without_anybody_is_said_beside_its_lever(app, shop):
    at = opened(app)
    first = lever_number(at)
    at = open_part(at, f"lever_whom_{first}")
    at.multiselect(key=f"lever_owners_{first}_0").set_value(["Ann"]).run()
    assert "10 customers" in words(at) and "levers=2" in result(sound(at))
    at = open_part(at, f"lever_whom_{first}")
    pills = next(each for each in at.get("button_group") if each.key == f"lever_lifecycles_{first}_0")
    pills.set_value(["returned"]).run()
    text = words(sound(at))
    assert "acts on nobody" in text and "Nothing is computed yet" in text
    at = open_part(at, f"lever_whom_{first}")
    button(at, f"lever_everyone_{first}").click().run()
    assert "levers=2" in result(sound(at))


def test_costs_and_timing_are_behind_the_fold_and_one_number_is_known_for_sure(app, shop):
    at = opened(app)
    first = lever_number(at)
    at.number_input(key=f"lever_fixed_likely_{first}").set_value(5000.0).run()
    assert [at.number_input(key=f"lever_fixed_{end}_{first}").value for end in ("low", "likely", "high")] == [
        5000.0
    ] * 3
    at.number_input(key=f"lever_delay_months_{first}").set_value(3).run()
    assert "After 3 months · 1 kind of cost" in words(at)
    at.number_input(key=f"lever_fixed_high_{first}").set_value(7000.0).run()
    assert shown_levers(at)[0].cost.fixed == Range(5000, 5000, 7000)
    assert "levers=2" in result(sound(at))


def test_a_scenario_is_saved_changed_and_opened_again(app, shop):
    at = opened(app)
    assert "Not saved" in words(at)
    at.button(key="what_if_save").click().run()
    assert "Saved on" in words(sound(at)) and "Changed" not in words(at)
    assert [each.name for each in shop.scenarios()] == ["Call them"]
    assert shop.scenarios()[0].forecast
    number(at, "lever_amount_high").set_value(7.0).run()
    assert "Changed since it was saved" in words(sound(at))
    at = open_button(at, "what_if_open_")
    button(at, "what_if_open_0").click().run()
    assert number(sound(at), "lever_amount_high").value == 8.0
    assert "Changed" not in words(at)


def test_a_new_name_renames_what_is_saved_and_a_taken_one_is_asked_about(app, shop):
    at = opened(app)
    at.button(key="what_if_save").click().run()
    name = next(each for each in at.text_input if each.key.startswith("what_if_name"))
    name.set_value("Write to them").run()
    at.button(key="what_if_save").click().run()
    assert [each.name for each in shop.scenarios()] == ["Write to them"]
    at.button(key="what_if_duplicate").click().run()
    name = next(each for each in at.text_input if each.key.startswith("what_if_name"))
    assert name.value == "Write to them (2)"
    name.set_value("Write to them").run()
    at.button(key="what_if_save").click().run()
    assert "A scenario with this name is kept already." in words(sound(at))
    at.button(key="what_if_replace").click().run()
    assert len(shop.scenarios()) == 1 and "already" not in words(sound(at))


def test_a_saved_scenario_is_deleted_after_a_question(app, shop):
    at = opened(app)
    at.button(key="what_if_save").click().run()
    at = open_button(at, "what_if_open_")
    at.button(key="what_if_delete_0").click().run()
    assert len(shop.scenarios()) == 1
    at.button(key="what_if_delete_sure").click().run()
    assert shop.scenarios() == [] and "Not saved" in words(sound(at))


def test_a_file_opens_its_scenario_and_one_that_is_none_is_refused(app, shop):
    at = open_button(opened(app, None), "what_if_open_")
    at.file_uploader[0].upload("plan.yaml", b"levers: 7", "application/yaml").run()
    assert "a list is expected" in words(sound(at))
    at.file_uploader[0].upload("plan.yaml", written(LINKED).encode(), "application/yaml").run()
    assert result(sound(at)).startswith("Call them levers=2")


def test_the_scenario_stays_when_another_page_is_open_and_when_filters_change(app, shop):
    at = opened(app)
    number(at, "lever_amount_high").set_value(7.0).run()
    at.switch_page("../pages/customers.py").run()
    at.switch_page("../pages/what_if.py").run()
    assert number(sound(at), "lever_amount_high").value == 7.0
    owner = next(each for each in at.get("button_group") if each.key.startswith("filter_owner"))
    owner.set_value(["Ann"]).run()
    assert number(sound(at), "lever_amount_high").value == 7.0
    assert "15 customers" in words(at) and "levers=2" in result(at)


def test_sharing_shows_a_link_that_opens_the_same(app, shop):
    at = open_part(opened(app), "what_if_share")
    link = at.code[0].value
    assert share.opened(link.split("scenario=")[1].split("&")[0]) == LINKED


def test_names_of_a_hostile_scenario_are_shown_as_they_are(app, shop):
    at = opened(app, replace(LINKED, name=HOSTILE[:60], levers=(replace(LINKED.levers[0], name=HOSTILE[:60]),)))
    assert "&lt;img src=x&gt;" in words(at)
    assert "<h3" in words(at) and "<strong>bold" not in words(at).split("RESULT")[0]


# little or nothing to go by


def test_an_empty_workspace_offers_files(app):
    at = app("what_if")
    assert "Nothing is loaded yet" in words(at)


def test_without_customers_only_deals_are_told_of(app, load):
    rows = company(40)
    for row in rows["deals"]:
        row["customer"] = None
    load(rows)
    at = opened(app, None)
    kinds = next(each for each in at.selectbox if each.key.startswith("lever_kind"))
    assert [option.split(" · ")[0] for option in kinds.options] == ["Pipeline"] * 5
    assert result(at).startswith("Win more deals levers=1 draws=10000 final=True")


def test_one_customer_is_told_of_as_any_other(app, load):
    load({"deals": DEALS} | buyers(1), latest_event_at="2026-06-30T09:00:00")
    at = opened(app, None)
    assert "1 customer ·" in words(at) and "levers=1" in result(at)


def test_without_any_model_it_is_said_why_and_what_to_add(app, load):
    made = buyers(1)
    load(
        {"deals": DEALS, "customers": made["customers"], "orders": made["orders"][:1]},
        latest_event_at="2026-06-30T09:00:00",
    )
    at = opened(app, None)
    text = words(at)
    assert "No model of your customers or deals is possible" in text and "orders or invoices of two years" in text
    assert not result(at) and not at.number_input
