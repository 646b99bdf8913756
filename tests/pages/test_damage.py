"""Pages over a workspace that somebody or some disk damaged: what, where and what to do, in the reader's language."""

from __future__ import annotations

import shutil

import pytest

from data.store import Settings, Workspace
from data.workspaces import default_workspace
from tests.pages.conftest import company


@pytest.fixture
def harmed(load, tmp_path, monkeypatch):
    """A workspace of its own, to be harmed: `harmed(name of a file, what it holds then)`."""
    made = load(company())
    home = tmp_path / "home"
    shutil.copytree(made.folder.parents[1], home)
    monkeypatch.setenv("SHIMUR_HOME", str(home))
    workspace = Workspace(default_workspace())
    workspace.save_settings(Settings(currency="ILS"))

    def harm(name: str, content: bytes):
        path = workspace.data_file if name == "data" else workspace.folder / name
        assert path is not None
        path.write_bytes(content)
        return workspace.folder

    return harm


def problem(at):
    assert not at.exception and not at.error
    (told,) = [body for body in (each.proto.body for each in at.get("html")) if 'role="alert"' in body]
    return told


SAID = {
    "CURRENT": "does not name a data file that is there.",
    "data": "cannot be opened: it is damaged, or made by a later version of Shimur.",
    "notes.duckdb": "Move it to another folder: the data stays",
}


@pytest.mark.parametrize("page", ["overview", "import_data"])
@pytest.mark.parametrize("name", SAID)
def test_damage_is_said_on_every_page_and_never_ours(app, harmed, name, page):
    folder = harmed(name, b"\xff\0garbage" * 900)
    told = problem(app(page))
    assert SAID[name] in told and folder.name in told


def test_damage_is_said_in_hebrew_too(app, harmed):
    harmed("CURRENT", b"nothing")
    at = app("overview", lang="he")
    told = problem(at)
    assert "CURRENT" in told and "does not name" not in told
    assert any('document.documentElement.dir="rtl"' in each.proto.body for each in at.get("html"))
