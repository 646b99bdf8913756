"""The list of themes stays with the workspace, whatever it is called and whoever wrote it."""

import pytest

from data.errors import RequestProblem
from data.store import Settings, Workspace
from data.theme_list import LONGEST_NAME, MOST_WORDS, NAMES, STARTER, Theme, checked, split_words

HOSTILE = "<script>'); DROP TABLE x; --"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_everybody_starts_with_the_same_list_and_may_come_back_to_it(workspace):
    assert workspace.themes() == STARTER and len(NAMES) == len(STARTER)
    assert checked(STARTER) == STARTER  # nothing of it would be changed by being kept
    workspace.save_themes([Theme("Delivery", ("late", "איחור"))])
    assert Workspace(workspace.folder).themes() == (Theme("Delivery", ("late", "איחור")),)
    workspace.save_themes([])
    assert workspace.themes() == ()
    workspace.forget_themes()
    workspace.forget_themes()
    assert workspace.themes() == STARTER


def test_order_names_and_words_are_kept_as_they_are_but_for_what_reorders_or_breaks_lines(workspace):
    kept = workspace.save_themes(
        [Theme(f"  {HOSTILE}\n", (HOSTILE, " late \u202e ", "late", "123", "")), Theme("a", ("x",))]
    )
    assert kept == workspace.themes() == (Theme(HOSTILE, (HOSTILE, "late")), Theme("a", ("x",)))
    assert len(workspace.save_themes([Theme("n" * 99, ("w" * 99,))])[0].name) == LONGEST_NAME


@pytest.mark.parametrize(
    ("themes", "why"),
    [
        ([Theme(" \u200f", ("late",))], "needs a name"),
        ([Theme("Late", ("12", "…"))], "has no words"),
        ([Theme("Late", ("late",)), Theme("LATE", ("x",))], "already"),
        ([Theme("Late", tuple(f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MOST_WORDS + 1)))], "at most"),
        ([Theme(f"Theme {n}", ("late",)) for n in range(41)], "41 themes"),
    ],
)
def test_what_cannot_be_kept_is_said_and_changes_nothing(workspace, themes, why):
    workspace.save_themes([Theme("Mine", ("late",))])
    with pytest.raises(RequestProblem, match=why):
        workspace.save_themes(themes)
    assert workspace.themes() == (Theme("Mine", ("late",)),)


def test_words_are_parted_by_commas_and_lines():
    assert split_words("late, not working\nאיחור;late,, 5") == ("late", "not working", "איחור")


def test_themes_and_settings_do_not_disturb_each_other(workspace):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    stamp = workspace.notes_stamp
    workspace.save_themes([Theme("Mine", ("late",))])
    assert workspace.notes_stamp != stamp
    assert workspace.settings().time_zone == "Asia/Jerusalem" and workspace.marks() == []
