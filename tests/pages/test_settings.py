"""Workspaces and what holds for a whole workspace."""

import pytest

from data import workspaces
from data.customer_settings import CustomerSettings
from data.store import Settings, Workspace


def here():
    return Workspace(workspaces.default_workspace())


def test_settings_are_kept(app, load, made, check):
    load(made())
    at = app("settings")
    named = {box.label: box for box in at.selectbox}
    named["Time zone"].set_value("Asia/Jerusalem")
    named["The week starts on"].set_value("monday")
    named["The fiscal year starts in"].set_value(4)
    named["Currency"].set_value("EUR")
    at.get_by_key("save_settings").click().run()
    check(at)
    assert here().settings() == Settings("Asia/Jerusalem", "EUR", "monday", 4)


def test_the_chosen_currency_is_written(app, load, made, read):
    load(made(currencies=(None,)), currency="").save_settings(Settings(currency="EUR"))
    assert "€" in read(app())


def test_a_workspace_is_made_switched_and_deleted(app, load, made, check):
    load(made())
    at = app("settings")
    at.get_by_key("new_workspace").set_value("North")
    at.get_by_key("create_workspace").click().run()
    check(at)
    assert workspaces.current() == "North"
    assert here().is_empty
    at.get_by_key("delete_workspace").click().run()
    at.get_by_key("delete_confirm").click().run()
    assert workspaces.workspaces() == ["default"]
    assert not here().is_empty


def test_a_copy_has_the_data(app, load, made, check):
    load(made())
    at = app("settings")
    at.get_by_key("copy_name").set_value("Copy of it")
    at.get_by_key("copy_workspace").click().run()
    check(at)
    assert workspaces.current() == "Copy of it"
    assert here().engine().count("deals") == 40


@pytest.mark.parametrize("name", ["../up", "default", "", "a/b"])
def test_a_name_that_will_not_do_is_refused_in_words(app, load, made, read, name):
    load(made())
    at = app("settings")
    at.get_by_key("new_workspace").set_value(name)
    at.get_by_key("create_workspace").click().run()
    assert 'class="sh-problem"' in read(at)
    assert workspaces.workspaces() == ["default"]


def test_another_workspace_has_other_numbers_and_no_filters(app, load, made, read):
    load(made(40))
    at = app("funnel", owner="Dana")
    assert "20 deals" in read(at)
    workspaces.create("Other")
    workspaces.switch("Other")
    load(made(30))
    at.run()
    assert "30 deals" in read(at)
    assert "owner" not in at.query_params
    workspaces.switch("default")
    assert "40 deals" in read(at.run())


def test_hebrew(app, load, made, check):
    load(made())
    check(app("settings", lang="he"))


def test_public_visitors_see_no_workspaces_and_can_wipe(app, load, made, read, monkeypatch, tmp_path):
    import streamlit as st

    from ui import visitors

    load(made())
    monkeypatch.setenv("SHIMUR_MODE", "public")
    monkeypatch.setattr(type(st.context), "cookies", {visitors.COOKIE: "v" * 43})
    at = app("settings")
    assert "wiped 60 minutes after" in read(at)
    assert not [button for button in at.button if button.key == "delete_workspace"]
    folder = visitors.folder_of({visitors.COOKIE: "v" * 43})
    assert folder
    (folder / "kept").write_text("x")
    at.get_by_key("wipe").click().run()
    at.get_by_key("wipe_confirm").click().run()
    assert not (folder / "kept").exists()
    assert "Nothing is loaded yet" in read(app())


def test_a_public_visitor_without_a_cookie_gets_nothing(app, load, made, read, monkeypatch):
    import streamlit as st

    load(made())
    monkeypatch.setenv("SHIMUR_MODE", "public")
    monkeypatch.setattr(type(st.context), "cookies", {})
    text = read(app())
    assert "This page needs a cookie" in text
    assert "40 deals" not in text


def test_what_holds_for_customers_is_kept(app, load, made, check):
    load(made())
    at = app("settings")
    assert at.get_by_key("set_margin_None").value is None
    at.get_by_key("set_margin_None").set_value(35.0)
    at.get_by_key("set_discount").set_value(8.0)
    at.get_by_key("set_horizon").set_value(24)
    at.get_by_key("set_visit_cost_None").set_value(120.0)
    at.get_by_key("set_days_B").set_value(45)
    at.get_by_key("set_handover_low").set_value(5.0)
    at.get_by_key("set_counts_cases").set_value(True)
    at.get_by_key("save_customers").click().run()
    check(at)
    assert here().customer_settings() == CustomerSettings(
        horizon_months=24, discount_rate=0.08, margin=0.35, visit_cost=120.0, tier_days=(30, 45, 90), handover_loss=(0.05, 0.30),
        counts_cases=True,
    )  # fmt: skip
    at.get_by_key("set_margin_35.0").set_value(None)
    at.get_by_key("save_customers").click().run()
    assert here().customer_settings().margin is None and here().customer_settings().visit_cost == 120.0


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("set_margin_None", 135.0, "1.35 is not a share from 0 to 1."),
        ("set_case_cost_None", -5.0, "−5 is no amount of money."),
        ("set_handover_low", 60.0, "The lowest loss (0.6) is above the highest (0.3)."),
        ("set_days_A", 0, "A target of contact is a number of days, 1 or more."),
    ],
)
def test_what_cannot_be_of_customers_is_refused_in_words(app, load, made, read, key, value, words):
    load(made())
    at = app("settings")
    at.get_by_key(key).set_value(value)
    at.get_by_key("save_customers").click().run()
    assert words in read(at)
    assert here().customer_settings() == CustomerSettings()


def test_moved_lines_can_be_put_back(app, load, made, read):
    load(made()).save_customer_settings(CustomerSettings(value_limit=5000.0, risk_limit=0.25))
    at = app("settings")
    assert "value $5K · risk 25%" in read(at)
    at.get_by_key("reset_lines").click().run()
    assert here().customer_settings() == CustomerSettings()
    assert not [button for button in at.button if button.key == "reset_lines"]
