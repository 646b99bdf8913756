"""Scenarios stay with the workspace under names of their own, whatever those are."""

import json
from datetime import date

import pytest

from data.errors import RequestProblem
from data.scenarios import LARGEST, LONGEST_NAME, SavedScenario, found
from data.store import Settings, Workspace

HOSTILE = "<script>alert(1)</script> **x** '); DROP TABLE saved_scenarios; --"
DAY, LATER = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def saved(name, says=None, forecast=""):
    return SavedScenario.of(name, json.dumps({"name": "as written"} | (says or {"levers": []})), DAY, DAY, forecast)


def names(workspace):
    return [each.name for each in Workspace(workspace.folder).scenarios()]


def test_scenarios_are_kept_the_last_first_with_their_name_in_them(workspace):
    assert workspace.scenarios() == []
    workspace.save_scenario(saved("Call them", forecast='{"a":1}'))
    workspace.save_scenario(saved("מבצע שימור"))
    assert names(workspace) == ["מבצע שימור", "Call them"]
    kept = found(workspace.scenarios(), " call THEM ")
    assert json.loads(kept.written) == {"name": "Call them", "levers": []}
    assert (kept.saved_on, kept.as_of, kept.forecast) == (DAY, DAY, '{"a":1}')


def test_the_same_name_is_asked_about_and_replaced_when_told_so(workspace):
    workspace.save_scenario(saved("Plan", {"seed": 1}))
    workspace.save_scenario(saved("Other"))
    with pytest.raises(RequestProblem, match='"Plan" already'):
        workspace.save_scenario(saved("PLAN", {"seed": 2}))
    assert json.loads(workspace.scenarios()[1].written)["seed"] == 1
    workspace.save_scenario(saved("PLAN", {"seed": 2}), replacing=True)
    assert names(workspace) == ["PLAN", "Other"]
    assert json.loads(workspace.scenarios()[0].written) == {"name": "PLAN", "seed": 2}


def test_renaming_and_copying_and_removing(workspace):
    workspace.save_scenario(saved("One", forecast="{}"))
    workspace.save_scenario(saved("Two"))
    with pytest.raises(RequestProblem, match='"two" already'):
        workspace.rename_scenario("One", "two")
    assert workspace.rename_scenario("One", "ONE").name == "ONE"
    assert workspace.duplicate_scenario("ONE", LATER).name == "ONE (2)"
    copy = workspace.duplicate_scenario("ONE (2)", LATER)
    assert (copy.name, copy.saved_on, copy.as_of, copy.forecast) == ("ONE (3)", LATER, DAY, "{}")
    assert json.loads(copy.written)["name"] == "ONE (3)"
    long = workspace.save_scenario(saved("x" * LONGEST_NAME))
    assert workspace.duplicate_scenario(long.name, LATER).name == "x" * (LONGEST_NAME - 4) + " (2)"
    for name in ("one", "Two", "never was"):
        workspace.remove_scenario(name)
    assert set(names(workspace)) == {"ONE (2)", "ONE (3)", long.name, "x" * (LONGEST_NAME - 4) + " (2)"}
    with pytest.raises(RequestProblem, match='"One"'):
        workspace.rename_scenario("One", "Three")


def test_names_are_kept_as_they_are_but_for_what_cannot_be_seen(workspace):
    assert workspace.save_scenario(saved(f"  {HOSTILE}\n")).name == HOSTILE
    assert workspace.save_scenario(saved("a\u202eb\x00c\td")).name == "a b c d"
    assert len(workspace.save_scenario(saved("x" * 500)).name) == LONGEST_NAME
    workspace.remove_scenario(HOSTILE)
    assert len(workspace.scenarios()) == 2


@pytest.mark.parametrize("name", ["", "   ", "\u200f\n"])
def test_a_scenario_needs_a_name(name):
    with pytest.raises(RequestProblem, match="needs a name"):
        saved(name)


def test_there_is_an_end_to_them(workspace, monkeypatch):
    monkeypatch.setattr("data.scenario_notes.MOST_SCENARIOS", 2)
    workspace.save_scenario(saved("0"))
    workspace.save_scenario(saved("1"))
    for change in (lambda: workspace.save_scenario(saved("2")), lambda: workspace.duplicate_scenario("0", DAY)):
        with pytest.raises(RequestProblem, match="2 scenarios already"):
            change()
    workspace.save_scenario(saved("1", {"seed": 3}), replacing=True)
    assert names(workspace) == ["1", "0"]
    with pytest.raises(RequestProblem, match="too large"):
        saved("2", {"seed": 4}, "x" * LARGEST)


def test_scenarios_and_other_notes_do_not_disturb_each_other(workspace):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    assert workspace.scenarios() == []
    before = workspace.notes_stamp
    workspace.save_scenario(saved("One"))
    workspace.add_mark(DAY, "New team")
    assert workspace.notes_stamp != before
    assert workspace.settings().time_zone == "Asia/Jerusalem"
    assert names(workspace) == ["One"]
    assert [mark.name for mark in workspace.marks()] == ["New team"]
