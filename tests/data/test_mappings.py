"""How a file is read is said once: it is remembered for files of its shape, and kept in a mapping file."""

from __future__ import annotations

import json

import pytest

from data import mappings
from data.errors import FileProblem
from data.importer import Draft, Upload
from data.reading import ReadOptions
from data.recognise import FileOptions
from data.stages import StageChoices
from data.store import Settings, Workspace
from tests.data.kit import ask, load, write_csv

HEADER = ["Ident", "Phase", "Größe", "Wann"]
ROWS = [["1", "Neu", "5", "02/03/2024"], ["2", "Gut", "6", "03/04/2024"]]
MAPPING = {"Ident": "deal_id", "Phase": "stage", "Größe": "amount", "Wann": "created_at"}
CHOICES = StageChoices(order=("Neu",), won=("Gut",))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def file(tmp_path):
    return write_csv(tmp_path / "a.csv", HEADER, ROWS)


def looked_at(workspace, *files, known=None, choices=None, **options):
    """The draft's only report, without loading."""
    uploads = [Upload(path, path.name, FileOptions(**options)) for path in files]
    with Draft(workspace, uploads, choices, mapping=known) as draft:
        assert draft.report is not None
        return draft.report.files[0]


# Remembered


def test_what_was_chosen_is_taken_for_the_next_file_of_the_shape(workspace, file, tmp_path):
    first = load(workspace, file, table="deals", mapping=MAPPING, date_order="mdy", rules={"amount": "if_blank"}).files[
        0
    ]
    assert not first.is_remembered
    # The same columns in another order, written a little differently.
    again = write_csv(
        tmp_path / "b.csv",
        ["WANN", "größe", "Phase", "ident"],
        [["05/06/2024", "7", "Neu", "3"], ["05/06/2024", "9", "Neu", "1"]],
    )
    with Draft(workspace, [Upload(again, "b.csv")]) as draft:
        options = draft.uploads[0].options
        assert (options.table, options.date_order, options.rules) == ("deals", "mdy", {"amount": "if_blank"})
        told = draft.publish().files[0]
    assert told.is_remembered
    assert "Read like the last file with these columns." in map(str, told.warnings)
    assert ask(workspace, "SELECT deal_id, amount, created_at::DATE::VARCHAR FROM deals ORDER BY 1") == [
        ("1", 5.0, "2024-05-06"), ("2", 6.0, "2024-03-04"), ("3", 7.0, "2024-05-06"),
    ]  # fmt: skip


def test_another_shape_and_a_chosen_option_are_left_alone(workspace, file, tmp_path):
    load(workspace, file, table="deals", mapping=MAPPING, date_order="mdy")
    more = write_csv(tmp_path / "b.csv", [*HEADER, "Mehr"], [[*row, "x"] for row in ROWS])
    with Draft(workspace, [Upload(more, "b.csv")], strict=False) as draft:
        assert draft.uploads[0].options == FileOptions()
    told = looked_at(workspace, file, table="deals", mapping=MAPPING, date_order="dmy")
    assert (told.is_remembered, told.date_order) == (False, "dmy")


def test_a_revised_draft_is_the_persons_own(workspace, file):
    load(workspace, file, table="deals", mapping=MAPPING, date_order="mdy")
    with Draft(workspace, [Upload(file, "a.csv")], strict=False) as draft:
        assert draft.plans and draft.report is not None and draft.report.files[0].is_remembered
        draft.revise([Upload(file, "a.csv")], draft.choices, strict=False)
        assert not draft.plans


def test_nothing_is_remembered_where_nothing_was_chosen_or_loaded(workspace, tmp_path, file):
    load(workspace, write_csv(tmp_path / "plain.csv", ["Deal ID", "Stage"], [["1", "Demo"]]))
    looked_at(workspace, file, table="deals", mapping=MAPPING)
    assert mappings.remembered(workspace) == {}


def test_it_can_be_forgotten_and_settings_live_beside_it(workspace, file):
    workspace.save_settings(Settings(currency="ILS"))
    load(workspace, file, table="deals", mapping=MAPPING)
    (shape,) = mappings.remembered(workspace)
    assert shape == mappings.shape(HEADER) == mappings.shape(["wann", "PHASE", "Ident", "GRÖSSE"])
    mappings.forget(workspace, shape)
    mappings.forget(workspace, "never there")
    assert mappings.remembered(workspace) == {}
    assert workspace.settings() == Settings(currency="ILS")


def test_only_mappings_in_the_notes_leave_the_settings_as_they_are(workspace, file):
    load(workspace, file, table="deals", mapping=MAPPING)
    assert workspace.settings() == Settings()


def test_a_way_of_reading_is_remembered_where_the_headers_show_only_then(workspace, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\nreport of may,\nDeal ID,Stage\n1,Demo\n2,Won\n", "utf-8")
    load(workspace, path, reading=ReadOptions(header_line=3), table="deals")
    path.write_text("x,y\nreport of june,\nDeal ID,Stage\n3,Demo\n4,Won\n", "utf-8")
    told = looked_at(workspace, path)
    assert (told.header_line, told.headers, told.is_remembered) == (3, ("Deal ID", "Stage"), True)


def test_stages_chosen_before_are_taken_for_an_empty_workspace_only(workspace, file, tmp_path):
    load(workspace, file, table="deals", mapping=MAPPING, choices=CHOICES)
    workspace.undo()
    load(workspace, file)
    assert ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order") == [("Neu", "open"), ("Gut", "won")]
    load(workspace, file, table="deals", mapping=MAPPING, choices=StageChoices(order=("Neu", "Gut"), won=()))
    workspace_stages = ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order")
    load(workspace, write_csv(tmp_path / "c.csv", HEADER, ROWS[:1]))
    assert ask(workspace, "SELECT stage, outcome FROM stages ORDER BY stage_order") == workspace_stages


# In a file


def saved(workspace, tmp_path, file, **options):
    with Draft(workspace, [Upload(file, file.name, FileOptions(**options))], CHOICES) as draft:
        path = tmp_path / "mapping.json"
        path.write_text(mappings.as_file(draft), "utf-8")
    return path


def test_a_mapping_is_saved_and_read_back(workspace, tmp_path, file):
    path = saved(
        workspace,
        tmp_path,
        file,
        table="deals",
        mapping=MAPPING,
        date_order="mdy",
        rules={"amount": "never"},
        vat_rate=17.0,
    )
    document = json.loads(path.read_text("utf-8"))
    assert document == {
        "version": 1,
        "files": [{
            "headers": HEADER, "table": "deals", "source": "generic", "columns": MAPPING, "date_order": "mdy", "encoding": None,
            "delimiter": None, "header_line": None, "rules": {"amount": "never"}, "vat_rate": 17.0,
        }],
        "stages": {"order": ["Neu"], "won": ["Gut"], "lost": [], "pipeline": None},
    }  # fmt: skip
    other = Workspace(tmp_path / "other")
    with Draft(other, [Upload(file, "a.csv")], mapping=mappings.from_file(path)) as draft:
        told = draft.publish().files[0]
    assert (told.is_remembered, told.columns, told.date_order) == (True, MAPPING, "mdy")
    assert "Read as the mapping file says." in map(str, told.warnings)
    assert ask(other, "SELECT stage, outcome FROM stages ORDER BY stage_order") == [("Neu", "open"), ("Gut", "won")]


def test_the_persons_own_word_goes_before_the_file(workspace, tmp_path, file):
    known = mappings.from_file(saved(workspace, tmp_path, file, table="deals", mapping=MAPPING, date_order="mdy"))
    told = looked_at(workspace, file, known=known, date_order="dmy")
    assert (told.date_order, told.columns) == ("dmy", MAPPING)
    assert looked_at(workspace, file, known=known).date_order == "mdy"


def test_a_month_without_a_stage_is_no_mistake_and_a_file_of_another_shape_is_said(workspace, tmp_path, file):
    known = mappings.from_file(saved(workspace, tmp_path, file, table="deals", mapping=MAPPING))
    quiet = write_csv(tmp_path / "june.csv", HEADER, ROWS[:1])
    assert looked_at(workspace, quiet, known=known).is_remembered
    other = write_csv(tmp_path / "other.csv", ["Deal ID", "Stage"], [["1", "Demo"]])
    told = looked_at(workspace, other, known=known)
    assert not told.is_remembered
    assert "The mapping file has nothing for a file with these columns." in map(str, told.warnings)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "it is not JSON."),
        ("[]", 'it has no "version": 1.'),
        ('{"version": 2, "files": []}', 'it has no "version": 1.'),
        ('{"version": 1}', 'it names no "files".'),
        ('{"version": 1, "files": []}', 'it names no "files".'),
        ('{"version": 1, "files": [{}]}', 'each of its "files" needs "headers"'),
        ('{"version": 1, "files": [{"headers": [1]}]}', 'each of its "files" needs "headers"'),
        ('{"version": 1, "files": [{"headers": ["a"], "columns": ["a"]}]}', '"columns" must name a field'),
        ('{"version": 1, "files": [{"headers": ["a"], "columns": {"b": null}}]}', 'its "columns" have b, which is not one of its "headers".'),
        ('{"version": 1, "files": [{"headers": ["a"], "table": "moons"}]}', '"table" must be one of '),
        ('{"version": 1, "files": [{"headers": ["a"], "source": "siebel"}]}', '"source" must be one of '),
        ('{"version": 1, "files": [{"headers": ["a"], "date_order": "dym"}]}', '"date_order" must be one of '),
        ('{"version": 1, "files": [{"headers": ["a"], "rules": {"a": "maybe"}}]}', '"rules" must be overwrite, if_blank, never.'),
        ('{"version": 1, "files": [{"headers": ["a"], "header_line": -1}]}', '"header_line" must be'),
        ('{"version": 1, "files": [{"headers": ["a"], "vat_rate": "17"}]}', '"vat_rate" must be'),
        ('{"version": 1, "files": [{"headers": ["a"], "encoding": 5}]}', '"encoding" must be a word.'),
        ('{"version": 1, "files": [{"headers": ["a"]}], "stages": {"won": "Gut"}}', '"stages" must have lists'),
    ],
)  # fmt: skip
def test_a_broken_mapping_file_is_refused_in_a_sentence(tmp_path, content, words):
    path = tmp_path / "mapping.json"
    path.write_text(content, "utf-8")
    with pytest.raises(FileProblem) as refused:
        mappings.from_file(path)
    assert words in str(refused.value)
    assert str(refused.value).startswith("mapping.json is not a mapping file: ")


def test_a_mapping_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(FileProblem, match=r"none.json cannot be opened"):
        mappings.from_file(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00\x01\xff")
    with pytest.raises(FileProblem, match="it is not JSON"):
        mappings.from_file(tmp_path / "bytes.json")
