"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
