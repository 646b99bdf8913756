from pathlib import Path

import pytest

from data.reading import ReadOptions, TextTable, read_tables
from tests.data.kit import empty_database


@pytest.fixture
def scratch():
    with empty_database() as database:
        yield database


@pytest.fixture
def read(scratch, tmp_path):
    """Read text or bytes as a file: `table, rows = read("a,b\\n1,2\\n")`; rows are (line, cell, cell, ...)."""

    def reading(content: str | bytes, name: str = "file.csv", **options) -> tuple[TextTable, list[tuple]]:
        path: Path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (table,) = read_tables(path, scratch, ReadOptions(**options), name)
        return table, scratch.execute(f"from {table.relation} order by line").fetchall()

    return reading


@pytest.fixture
def skipped():
    """What was skipped: {line: reason}."""
    return lambda table: {skip.line: str(skip.reason) for skip in table.skipped_lines}
