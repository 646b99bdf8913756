import shutil

import pytest

from data.importer import load_files
from data.store import Workspace
from tests.hostile.kit import DEALS, parent_gone


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A folder with two imports in it, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    workspace = Workspace(folder / "workspace")
    for name, content in (("first.csv", DEALS), ("second.csv", DEALS.replace(b"5", b"6") + b"3,Demo,8,2024-01-27\n")):
        (folder / name).write_bytes(content)
        load_files(workspace, [(folder / name, name)])
    return workspace.folder


@pytest.fixture(scope="session", autouse=True)
def _parent():
    with parent_gone():
        yield


@pytest.fixture
def workspace(filled, tmp_path):
    """A workspace with two imports in it."""
    shutil.copytree(filled, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def file(tmp_path):
    """Write a file: `file(content)`, or `file(content, name)`."""

    def write(content: bytes, name: str = "deals.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
