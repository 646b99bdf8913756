"""What was set aside is put right without a new upload: in a draft, after it, and in a spreadsheet."""

from __future__ import annotations

import csv as csvs
from datetime import datetime

import pytest

from data.again import fix_again
from data.errors import RequestProblem
from data.importer import Draft, Upload
from data.recognise import FileOptions, Fix
from data.rejects import write_rejects
from data.store import Workspace
from tests.data.kit import ask, balanced, load, write_csv

HEADER = ["Deal ID", "Stage", "Deal size", "Created"]
ROWS = [
    ["1", "Demo", "100", "2024-01-01"],
    ["2", "Demo", "TBD", "2024-01-02"],
    ["3", "Won", "TBD", "2024-01-03"],
    ["", "Demo", "7", "2024-01-04"],
    ["5", "Demo", "8", "soon"],
]
MAPPING = {"Deal size": "amount"}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def file(tmp_path):
    return write_csv(tmp_path / "deals.csv", HEADER, ROWS)


def draft_of(workspace, *files, **options):
    return Draft(workspace, [Upload(path, path.name, FileOptions(mapping=MAPPING, **options)) for path in files])


def all_deals(workspace):
    return ask(workspace, "SELECT deal_id, amount, created_at::DATE::VARCHAR FROM deals ORDER BY 1")


def test_a_draft_says_what_it_sets_aside(workspace, file):
    with draft_of(workspace, file) as draft:
        found = draft.rejects()
        assert [(one.place, one.file, one.line, one.header, one.value, str(one.reason), one.is_row) for one in found] == [
            (0, "deals.csv", 3, "Deal size", "TBD", "Not a number.", False),
            (0, "deals.csv", 4, "Deal size", "TBD", "Not a number.", False),
            (0, "deals.csv", 5, "Deal ID", None, "There is no deal number.", True),
            (0, "deals.csv", 6, "Created", "soon", "Not a date.", False),
        ]  # fmt: skip
        assert found[2].cells == {"Deal ID": None, "Stage": "Demo", "Deal size": "7", "Created": "2024-01-04"}
        assert len(draft.rejects(limit=2)) == 2
        assert [(one.header, one.value, one.rows, one.is_row) for one in draft.alike()] == [
            ("Deal size", "TBD", 2, False), ("Created", "soon", 1, False), ("Deal ID", None, 1, True),
        ]  # fmt: skip


def test_one_fix_for_all_alike_and_one_for_a_line(workspace, file):
    with draft_of(workspace, file) as draft:
        wanted = (Fix("Deal size", "TBD", "0"), Fix("Deal ID", None, "4", line=5), Fix("Created", "soon", "2024-01-05"))
        (upload,) = draft.uploads
        draft.revise([Upload(upload.path, upload.name, FileOptions(mapping=MAPPING, fixes=wanted))], draft.choices)
        assert draft.rejects() == [] and draft.alike() == []
        report = draft.publish()
    (told,) = report.files
    assert balanced(told) and (told.rows_loaded, told.rows_rejected) == (5, 0)
    said = [str(note) for note in told.warnings]
    assert "Deal size: 2 cells changed from TBD to 0, as you said." in said
    assert "Deal ID: 1 cell changed from nothing to 4, as you said." in said
    assert all_deals(workspace) == [
        ("1", 100.0, "2024-01-01"), ("2", 0.0, "2024-01-02"), ("3", 0.0, "2024-01-03"), ("4", 7.0, "2024-01-04"), ("5", 8.0, "2024-01-05"),
    ]  # fmt: skip


def test_the_fix_of_a_line_goes_before_the_one_of_all(workspace, file):
    fixes = (Fix("deal SIZE", "TBD", "1"), Fix("Deal size", "TBD", "2", line=4), Fix("Deal size", "ten", "10"))
    with draft_of(workspace, file, fixes=fixes) as draft:
        draft.publish()
    assert [amount for _, amount, _ in all_deals(workspace)] == [100.0, 1.0, 2.0, 8.0]
    (told,) = workspace.history()[0].report["files"]
    assert "Deal size: no cell reads ten, so nothing was changed there." in told["warnings"]
    assert "deal SIZE: 1 cell changed from TBD to 1, as you said." in told["warnings"]


def test_a_fix_is_made_again_with_its_import(workspace, file, tmp_path):
    load(workspace, write_csv(tmp_path / "first.csv", HEADER, [["9", "Demo", "1", "2024-01-01"]]), mapping=MAPPING)
    with draft_of(workspace, file, fixes=(Fix("Deal size", "TBD", "0"),)) as draft:
        draft.publish()
    workspace.undo(1)
    assert [amount for _, amount, _ in all_deals(workspace)] == [100.0, 0.0, 0.0, 8.0]


def test_a_fix_of_a_column_that_is_not_there_is_refused(workspace, file):
    with pytest.raises(RequestProblem, match=r"No file has a column called Size. The columns are: Deal ID, Stage"):
        draft_of(workspace, file, fixes=(Fix("Size", "TBD", "0"),))


def test_hostile_text_is_only_text(workspace, tmp_path):
    bad = "x'); DROP TABLE deals; --"
    path = write_csv(
        tmp_path / "a.csv", [*HEADER, 'No"te'], [["1", "Demo", "5", "2024-01-01", bad], ["2", "Demo", "6", "", "y"]]
    )
    with draft_of(workspace, path, fixes=(Fix('No"te', bad, "'; --"), Fix("Deal size", "6", bad))) as draft:
        draft.publish()
    assert ask(workspace, "SELECT deal_id, amount, attr_1 FROM deals ORDER BY 1") == [
        ("1", 5.0, "'; --"),
        ("2", None, "y"),
    ]


# After the import


def test_what_was_set_aside_is_put_right_later(workspace, file):
    load(workspace, file, mapping=MAPPING)
    wanted = {"deals.csv": [Fix("Deal size", "TBD", "3"), Fix("Deal ID", None, "4", line=5)]}
    with fix_again(workspace, 1, wanted) as draft:
        assert draft.report is not None
        (told,) = draft.report.files
        # Four lines were set aside in whole or in part: one is new, two get their amount, and one still has no date.
        assert (told.rows_read, told.rows_loaded, told.rows_updated, told.rows_unchanged) == (4, 1, 2, 1)
        assert balanced(told)
        assert any("Only the 4 rows" in str(note) for note in told.warnings)
        draft.publish()
    assert all_deals(workspace) == [
        ("1", 100.0, "2024-01-01"), ("2", 3.0, "2024-01-02"), ("3", 3.0, "2024-01-03"), ("4", 7.0, "2024-01-04"), ("5", 8.0, None),
    ]  # fmt: skip


def test_rows_that_later_files_changed_stay_as_those_said(workspace, file, tmp_path):
    load(workspace, file, mapping=MAPPING)
    load(workspace, write_csv(tmp_path / "later.csv", HEADER, [["1", "Won", "999", "2024-01-01"]]), mapping=MAPPING)
    with fix_again(workspace, 1, {"deals.csv": [Fix("Deal ID", None, "4", line=5)]}) as draft:
        draft.publish()
    assert ask(workspace, "SELECT deal_id, stage, amount FROM deals WHERE deal_id IN ('1', '4') ORDER BY 1") == [
        ("1", "Won", 999.0), ("4", "Demo", 7.0),
    ]  # fmt: skip
    # Made again on its own, once the import it puts right is taken back: only the lines that were set aside.
    workspace.undo(1)
    assert [deal for deal, _, _ in all_deals(workspace)] == ["1", "2", "3", "4", "5"]
    assert ask(workspace, "SELECT amount FROM deals WHERE deal_id = '1'") == [(999.0,)]


def test_files_of_the_import_with_nothing_set_aside_are_left_alone(workspace, file, tmp_path):
    accounts = write_csv(tmp_path / "accounts.csv", ["Account", "Industry"], [["Acme", "tools"]])
    with Draft(workspace, [Upload(file, "deals.csv"), Upload(accounts, "accounts.csv")]) as draft:
        draft.publish()
    load(workspace, write_csv(tmp_path / "later.csv", ["Account", "Industry"], [["Acme", "wire"]]))
    with fix_again(workspace, 1, {"deals.csv": [Fix("Deal ID", None, "4", line=5)]}) as draft:
        assert [told.name for told in draft.publish().files] == ["deals.csv"]
    assert ask(workspace, "SELECT industry FROM customers") == [("wire",)]
    assert ask(workspace, "SELECT count(*) FROM deals") == [(5,)]


def test_an_import_that_is_not_there_cannot_be_put_right(workspace, file):
    load(workspace, file, mapping=MAPPING)
    for number in (1, 7):
        if number == 1:
            workspace.undo()
        with pytest.raises(RequestProblem, match=f"The files of import {number} are not kept"):
            fix_again(workspace, number, {})


# In a spreadsheet


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_rows_set_aside_are_mended_in_a_spreadsheet_and_loaded(workspace, tmp_path, language):
    rows = [*ROWS, ["", "Demo", "-50", "2024-01-06"]]
    load(workspace, write_csv(tmp_path / "deals.csv", HEADER, rows), mapping=MAPPING)
    out = tmp_path / "aside.csv"
    write_rejects(workspace, 1, out)
    with out.open(encoding="utf-8-sig", newline="") as source:
        header, *lines = list(csvs.reader(source))
    place = header.index("Deal ID")
    if language == "he":
        header[:5] = ["קובץ", "שורה", "עמודה", "ערך", "סיבה"]
    for number, line in enumerate(lines):
        if line[header.index("Stage")]:
            line[place] = f"n{number}"
    mended = write_csv(tmp_path / "mended.csv", header, lines)
    report = load(workspace, mended)
    (told,) = report.files
    assert told.columns == {"Deal ID": "deal_id", "Stage": "stage", "Deal size": "amount", "Created": "created_at"}
    # The three lines that only tell of a cell are no rows.
    assert (told.rows_read, told.rows_loaded, len(told.skipped_lines), told.is_remembered) == (2, 2, 3, True)
    assert ask(workspace, "SELECT amount FROM deals WHERE deal_id LIKE 'n%' ORDER BY 1") == [(-50.0,), (7.0,)]


def test_the_words_before_the_columns_are_those_of_the_page(workspace, file):
    from data.rejects import TOLD
    from data.sources import fold
    from ui.import_words import rejected
    from ui.locale import Locale

    load(workspace, file, mapping=MAPPING)
    for language, told in zip(("en", "he"), TOLD, strict=True):
        headers, _ = rejected(workspace, 1, Locale(language, ""))
        assert tuple(fold(header) for header in headers[:5]) == told


# What a report tells of the file


def test_the_report_tells_the_file_and_its_dates(workspace, tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        [*HEADER, "Closed"],
        [["1", "Won", "5", "2024-01-01", "2024-03-01"], ["2", "Won", "5", "2024-02-01", ""]],
    )
    (told,) = load(workspace, path, mapping=MAPPING).files
    assert told.periods == {
        "Created": (datetime(2024, 1, 1), datetime(2024, 2, 1)), "Closed": (datetime(2024, 3, 1), datetime(2024, 3, 1)),
    }  # fmt: skip
    assert told.json()["periods"]["Closed"] == ["2024-03-01T00:00:00", "2024-03-01T00:00:00"]
    assert (len(told.digest), told.loaded_before, told.is_remembered) == (64, None, False)
