"""What imports set aside, and deals that only a history knows."""

import pytest

from data.__main__ import main
from data.set_aside import Aside, deals_of_history_only, set_aside
from data.store import Workspace

DEALS = "Deal ID,Stage,Amount,Created\n1,Demo,5,2026-01-01\n,Demo,7,2026-01-03\n3,Demo,abc,2026-01-04\n"
HISTORY = "Deal ID,Stage,Entered\n1,Lead,2026-01-01\n1,Demo,2026-01-05\n8,Lead,2026-01-02\n9,Lead,2026-01-03\n"


@pytest.fixture
def load(tmp_path):
    """Import files with these contents, one after the other; returns the workspace."""

    def loaded(*contents: str) -> Workspace:
        for place, content in enumerate(contents):
            file = tmp_path / f"{place}.csv"
            file.write_text(content, "utf-8")
            assert main(["import", str(file), "--workspace", str(tmp_path / "w")]) == 0
        return Workspace(tmp_path / "w")

    return loaded


def only_history(workspace: Workspace) -> int:
    engine = workspace.engine()
    try:
        return deals_of_history_only(engine)
    finally:
        engine.close()


def test_rows_and_cells_set_aside_until_the_import_is_taken_back(load, capsys):
    workspace = load(DEALS, DEALS.replace("abc", "8"))
    assert set_aside(workspace) == [Aside(2, 1, 0), Aside(1, 1, 1)]
    assert main(["quality", "--workspace", str(workspace.folder)]) == 0
    assert "Set aside by import 1: rows 1, cells 1." in capsys.readouterr().out
    workspace.undo(2)
    assert set_aside(workspace) == [Aside(1, 1, 1)]


def test_deals_of_the_history_only(load):
    assert only_history(load(DEALS, HISTORY)) == 2


def test_where_all_deals_are_of_the_history_none_is_amiss(load):
    assert only_history(load(HISTORY)) == 0


def test_an_empty_workspace_has_nothing_aside(tmp_path):
    assert set_aside(Workspace(tmp_path / "none")) == []
