"""The workspaces of one person, by name, in one folder; one of them is in use.

<home>/CURRENT              the name of the one in use
<home>/workspaces/<name>/   one workspace (data/store.py)
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from pathlib import Path

from platformdirs import user_data_path

from data import kept
from data.errors import WorkspaceProblem
from data.files import writing
from data.messages import say
from data.store import Workspace

DEFAULT_NAME = "default"
# Windows keeps these names for devices, with any ending.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(10))}


def home() -> Path:
    """The folder that holds all workspaces."""
    chosen = os.environ.get("SHIMUR_HOME")
    return Path(chosen) if chosen else user_data_path("shimur", appauthor=False)


def workspaces() -> list[str]:
    """The names of the workspaces there are, the one in use included."""
    folder = home() / "workspaces"
    found = (
        [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        if folder.exists()
        else []
    )
    return sorted({*found, current()}, key=str.casefold)


def current() -> str:
    """The name of the workspace that the app and the commands use."""
    try:
        return (home() / "CURRENT").read_text("utf-8").strip() or DEFAULT_NAME
    except FileNotFoundError:
        return DEFAULT_NAME


def default_workspace() -> Path:
    """The folder of the workspace in use."""
    return home() / "workspaces" / current()


def switch(name: str) -> None:
    """Use the workspace called `name` from now on."""
    _folder_of(name)
    with writing(home()):
        home().mkdir(parents=True, exist_ok=True)
        pointer = home() / f"CURRENT-{uuid.uuid4().hex}"
        pointer.write_text(name, "utf-8")
        os.replace(pointer, home() / "CURRENT")


def create(name: str) -> Workspace:
    """Make an empty workspace."""
    folder = _free_folder(name)
    with writing(folder):
        folder.mkdir(parents=True)
    return Workspace(folder)


def copy(name: str, new: str) -> Workspace:
    """Make a workspace with the same data and notes as another; earlier revisions stay behind."""
    source, target = Workspace(_folder_of(name)), _free_folder(new)
    if not source.folder.exists():
        raise WorkspaceProblem(say("There is no workspace called {name}.", name=name), say("Choose one that there is."))
    passing = target.with_name(f".{uuid.uuid4().hex}")
    with writing(target), source.lock():
        passing.mkdir(parents=True)
        file, notes = source.data_file, source.folder / "notes.duckdb"
        if file is not None and file.exists():
            shutil.copyfile(file, passing / file.name)
            (passing / "CURRENT").write_text(file.name, "utf-8")
        kept.copy(source.folder, passing)
        if notes.exists():
            with source.lock("notes"):
                shutil.copyfile(notes, passing / notes.name)
        os.replace(passing, target)
    return Workspace(target)


def delete(name: str) -> None:
    """Remove a workspace and all that is in it."""
    folder = _folder_of(name)
    if folder.exists():
        # Renamed first: what is half deleted must not be taken for a workspace.
        going = folder.with_name(f".{uuid.uuid4().hex}")
        with writing(folder):
            os.replace(folder, going)
        shutil.rmtree(going, ignore_errors=True)
    if name == current():
        left = [other for other in workspaces() if other != name]
        switch(left[0] if left else DEFAULT_NAME)


def _folder_of(name: str) -> Path:
    plain = re.fullmatch(r"[\w֐-׿][\w֐-׿ .&'-]{0,59}", name) and not name.endswith((".", " "))
    if not plain or name.split(".")[0].strip().upper() in _DEVICES:
        raise WorkspaceProblem(
            say("{name} cannot be the name of a workspace.", name=repr(name)),
            say("Use up to 60 letters, digits, spaces and hyphens, and start with a letter or a digit."),
        )
    return home() / "workspaces" / name


def _free_folder(name: str) -> Path:
    folder = _folder_of(name)
    if folder.exists():
        raise WorkspaceProblem(
            say("There is a workspace called {name} already.", name=name), say("Choose another name.")
        )
    return folder
