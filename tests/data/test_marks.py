"""Days that people marked stay with the workspace, whatever their names."""

from datetime import date

import pytest

from data.errors import RequestProblem
from data.marks import LONGEST_NAME, Mark
from data.store import Settings, Workspace

HOSTILE = "<script>alert(1)</script> **x** '); DROP TABLE marks; --"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_marks_are_kept_in_order_and_removed(workspace):
    assert workspace.marks() == []
    workspace.add_mark(date(2026, 3, 1), "New price list")
    workspace.add_mark(date(2026, 1, 15), "New team")
    workspace.add_mark(date(2026, 3, 1), "New price list")  # the same again is one
    assert Workspace(workspace.folder).marks() == [
        Mark(date(2026, 1, 15), "New team"),
        Mark(date(2026, 3, 1), "New price list"),
    ]
    workspace.remove_mark(Mark(date(2026, 1, 15), "New team"))
    workspace.remove_mark(Mark(date(2026, 1, 15), "never was"))
    assert [mark.name for mark in workspace.marks()] == ["New price list"]


def test_names_are_kept_as_they_are_but_for_what_reorders_or_breaks_lines(workspace):
    assert workspace.add_mark(date(2026, 3, 1), f"  {HOSTILE}\n ").name == HOSTILE[:LONGEST_NAME].strip()
    assert workspace.add_mark(date(2026, 3, 2), "a\u202eb\x00c\td").name == "a b c d"
    assert workspace.add_mark(date(2026, 3, 3), "מחירון חדש").name == "מחירון חדש"
    assert len(workspace.add_mark(date(2026, 3, 4), "x" * 500).name) == LONGEST_NAME
    assert len(workspace.marks()) == 4


@pytest.mark.parametrize("name", ["", "   ", "\u200f\n"])
def test_a_mark_needs_a_name(workspace, name):
    with pytest.raises(RequestProblem, match="needs a name"):
        workspace.add_mark(date(2026, 3, 1), name)
    assert workspace.marks() == []


def test_there_is_an_end_to_them(workspace, monkeypatch):
    monkeypatch.setattr("data.mark_notes.MOST_MARKS", 3)
    for number in range(3):
        workspace.add_mark(date(2026, 3, 1), str(number))
    workspace.add_mark(date(2026, 3, 1), "0")  # it is there already
    with pytest.raises(RequestProblem, match="3 marks"):
        workspace.add_mark(date(2026, 3, 1), "one more")
    assert len(workspace.marks()) == 3


def test_marks_and_settings_do_not_disturb_each_other(workspace):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    assert workspace.marks() == []
    stamp = workspace.notes_stamp
    workspace.add_mark(date(2026, 3, 1), "New script")
    assert workspace.notes_stamp != stamp
    assert workspace.settings().time_zone == "Asia/Jerusalem"
    workspace.save_settings(Settings(currency="ILS"))
    assert len(workspace.marks()) == 1
