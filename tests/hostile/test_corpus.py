"""What `make fuzz` once found, and what is extreme in one way each, against the oracles of tests/fuzz."""

import pytest

from tests.fuzz.extremes import EXTREMES
from tests.fuzz.fuzzer import CORPUS
from tests.fuzz.targets import Input, importing, reading

FOUND = sorted(path.name for path in CORPUS.iterdir())
SIZE = 1 << 13  # bytes; `make fuzz` takes a megabyte
# Left to `make fuzz`: they take seconds at any size.
LEFT = {
    "apostrophes after commas", "rows of ever more cells", "2,000 columns", "a heading of two lines, wide",
    "JSON, nested and quoted", "a header of one name 100,000 times", "a sheet of two far cells",
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_file_that_was_misread_once(name):
    content = (CORPUS / name).read_bytes()
    assert reading(Input(content))
    assert importing(Input(content))


@pytest.mark.parametrize("name", [name for name in EXTREMES if name not in LEFT])
def test_an_extreme_file(name):
    assert reading(Input(EXTREMES[name](SIZE)))
