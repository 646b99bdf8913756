"""Workspaces and what holds for a whole workspace."""

import pytest

from data import workspaces
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
