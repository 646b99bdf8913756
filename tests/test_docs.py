"""What the documents say is there."""

import re

import pytest

from data.__main__ import main as data_command
from data.schema import SCHEMA
from data.unlocks import ADD, ANALYSES, OPENS, is_known
from ui.import_words import analyses
from ui.locale import Locale

DOCUMENTS = ("README.md", "README.he.md", "ARCHITECTURE.md", "CONTRIBUTING.md")


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


def test_what_an_analysis_needs_is_known_and_said():
    needs = {name: {need for any_of in each for need in any_of} for name, each in ANALYSES.items()}
    assert all(is_known(need) for each in needs.values() for need in each)
    assert not is_known("deals.colour")
    # What has a page is told in sentences: what it opens, and what to add for it.
    assert OPENS.keys() <= ANALYSES.keys()
    assert OPENS.keys() == analyses(Locale("en")).keys()
    assert {need for name in OPENS for need in needs[name]} <= ADD.keys()
    assert ADD.keys() <= {need for each in needs.values() for need in each}


def test_the_hebrew_readme_says_the_same(root):
    english, hebrew = ((root / name).read_text("utf-8") for name in ("README.md", "README.he.md"))
    for shape in (r"^#+ ", r"^\d+\. ", r"^- ", r"^\| `", r"^!\["):
        assert len(re.findall(shape, english, re.M)) == len(re.findall(shape, hebrew, re.M)), shape
    assert re.findall(r"```sh\n(.*?)```", english, re.S) == re.findall(r"```sh\n(.*?)```", hebrew, re.S)
    links = r"\]\(([\w./-]+)\)"
    assert sorted(set(re.findall(links, english)) - {"README.he.md"}) == sorted(
        set(re.findall(links, hebrew)) - {"README.md"}
    )
    assert hebrew.count("<div") == hebrew.count("</div>")
    # Hebrew letters: a page that was only wrapped would pass the rest.
    assert len(re.findall(r"[\u05d0-\u05ea]", hebrew)) > 0.4 * len(
        re.findall(r"[a-zA-Z\u05d0-\u05ea]", re.sub(r"```.*?```", "", hebrew, flags=re.S))
    )
