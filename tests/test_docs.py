"""What the documents say is there."""

import re

import pytest

from data.__main__ import main as data_command
from data.importer import ANALYSES
from data.schema import SCHEMA

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(root, document):
    text = (root / document).read_text("utf-8")
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|toml|txt))`|\]\(([\w./-]+)\)", text)
    paths = {path for pair in named for path in pair if path and not path.startswith(("..", ".venv"))}
    assert paths
    assert not [path for path in paths if not (root / path).exists()]


def test_commands_of_the_readme_are_understood(root, capsys):
    text = (root / "README.md").read_text("utf-8")
    commands = set(re.findall(r"python -m data (\w[\w-]*)", text))
    assert {"import", "preview", "history"} <= commands
    for command in commands:
        with pytest.raises(SystemExit) as end:
            data_command([command, "--help"])
        assert end.value.code == 0
        assert command in capsys.readouterr().out


def test_every_column_is_described():
    for table in SCHEMA.values():
        assert table.meaning and table.label
        for column in table:
            assert column.label and column.meaning.endswith("."), (table.name, column.name)


def test_what_an_analysis_needs_is_a_table():
    assert all(table in SCHEMA for needs in ANALYSES.values() for any_of in needs for table in any_of)
