"""Customers that may be one, on the page of data quality: merged, or said to be two."""

import pytest

from data.importer import load_files
from data.store import Workspace
from data.workspaces import default_workspace

ACCOUNTS = "Account ID,Account name,Industry,City,Tax ID\n1,Acme,,Haifa,512345678\n2,Acme Ltd,Steel,Akko,51-234567-8\n3,Tnuva,Food,Eilat,\n4,תנובה,Food,Eilat,\n"
DEALS = "Deal ID,Deal name,Customer,Stage,Amount,Created,Closed\n" + "".join(
    f"D{n},Deal {n},{('Acme', 'Acme Ltd', 'Tnuva')[n % 3]},{('Won', 'Lost', 'Open')[n % 3]},100,2026-01-{n + 1:02d},{('2026-02-01', '2026-02-02', '')[n % 3]}\n"
    for n in range(12)
)


@pytest.fixture
def two_names(tmp_path):
    files = []
    for name, text in (("accounts.csv", ACCOUNTS), ("deals.csv", DEALS)):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        files.append((path, name))
    workspace = Workspace(default_workspace())
    load_files(workspace, files)
    return workspace


def button(at, key):
    return next(each for each in at.button if each.key == key)


def test_pairs_are_told_with_what_says_so_and_merged_with_a_press(app, read, check, two_names):
    at = app("quality")
    text = read(at)
    assert "2 pairs of customers may be one" in text
    assert "The same tax number, 512345678." in text and "The names sound the same in Hebrew and English." in text
    assert "Haifa" in text and "Akko" in text

    check(button(at, "merge_0").click().run())
    assert "1 customer went into another one." in at.success[0].value
    assert "1 pair of customers may be one" in read(at)
    assert [record.recipe["kind"] for record in two_names.history()] == ["import", "merge"]


def test_a_merge_is_taken_back_in_the_history_by_its_name(app, read, check, two_names):
    button(app("quality"), "merge_0").click().run()
    at = app("import_data")
    assert button(at, "undo_last").label == "Take back the merge"
    button(at, "undo_last").click().run()
    assert "The customers will be as they were before it." in read(at)
    check(button(at, "undo_yes").click().run())
    assert at.success[0].value == "The merge was taken back."
    assert "2 pairs of customers may be one" in read(app("quality"))


def test_two_that_are_two_are_not_asked_about_again(app, read, check, two_names):
    at = app("quality")
    check(button(at, "not_same_1").click().run())
    assert "1 pair of customers may be one" in read(at)
    assert len(two_names.history()) == 1
