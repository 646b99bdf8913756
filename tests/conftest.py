"""What every test may ask for."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).parents[1]
# What it keeps names the places of this machine, which have no business in the project's folder.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "shimur-hypothesis")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of real data, kept outside the repository; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("SHIMUR_DATASETS") or ROOT.parent / "shared" / "datasets").resolve()
    if not folder.is_dir():
        pytest.skip("no real data here: SHIMUR_DATASETS names its folder")
    return folder
