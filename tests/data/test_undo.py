"""An import taken back is as if it had never been loaded, whatever came after it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data import history, kept, store
from data.database import connect
from data.errors import WorkspaceProblem
from data.importer import Draft, Upload, load_demo
from data.schema import SCHEMA
from data.stages import StageChoices
from data.store import Settings, Workspace
from tests.data.kit import ask, load, write_csv

DEALS = ["Deal ID", "Stage", "Amount", "Created", "Colour"]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def csv(tmp_path):
    def write(name: str, header: Sequence[str], *rows: Sequence[Any]) -> Path:
        return write_csv(tmp_path / name, header, rows)

    return write


def state(workspace: Workspace) -> dict[str, Any]:
    """All that is known, save what counts imports."""
    if workspace.data_file is None or workspace.is_empty:
        return {}
    with connect(workspace.data_file, read_only=True) as database:
        there = database.execute("SELECT table_name, column_name FROM duckdb_columns() ORDER BY ALL").fetchall()
        asked = {
            "facts": "SELECT * FROM facts WHERE name <> 'revision'",
            "rejects": "SELECT * EXCLUDE (import) FROM rejects",
        }
        asked |= {table: f"SELECT * FROM {table}" for table in ("headers", "stages")}
        for table in SCHEMA:
            # Columns beside those of the schema hold what files said and the numbers of lines.
            own = [
                column for name, column in there if name == table and (column in SCHEMA[table] or column[:5] == "attr_")
            ]
            asked[table] = f"SELECT {', '.join(own)} FROM {table}"
        return {name: (sql, database.execute(f"{sql} ORDER BY ALL").fetchall()) for name, sql in asked.items()}


# The last one, at once


def test_the_last_one_is_taken_back_at_once(workspace, csv):
    load(workspace, csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"]))
    before = state(workspace)
    load(workspace, csv("b.csv", DEALS, [1, "Won", 6, "2024-01-25", "blue"]))
    assert history.replays(workspace, 2) == 0
    assert workspace.undo().number == 2
    assert state(workspace) == before


# An older one


def test_an_older_one_is_taken_back_and_the_later_ones_stay(workspace, csv):
    load(workspace, csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"], [2, "Demo", 7, "2024-01-26", "red"]))
    load(workspace, csv("b.csv", DEALS, [2, "Won", 70, "2024-01-26", "blue"], [3, "Demo", 8, "2024-01-27", ""]))
    load(
        workspace,
        csv(
            "c.csv",
            DEALS,
            [3, "Won", 80, "2024-01-27", "green"],
            [4, "Demo", "TBD", "2024-01-28", ""],
            ["", "Demo", 1, "", ""],
        ),
    )
    seen: list[float] = []
    assert workspace.undo(2, lambda share, message: seen.append(share)).number == 2
    assert ask(workspace, "SELECT deal_id, stage, amount FROM deals ORDER BY 1") == [
        ("1", "Demo", 5.0), ("2", "Demo", 7.0), ("3", "Won", 80.0), ("4", "Demo", None),
    ]  # fmt: skip
    assert seen == sorted(seen) and seen[-1] == 1.0
    first, second, third = workspace.history()
    assert [(step.number, step.undone) for step in (first, second, third)] == [(1, False), (2, True), (3, False)]
    # Deal 3 was updated before, and is new now.
    (file,) = third.report["files"]
    assert (third.rows_loaded, file["rows_loaded"], file["rows_updated"], file["rows_rejected"]) == (2, 2, 0, 1)
    assert ask(workspace, "SELECT import, line, is_row FROM rejects ORDER BY line") == [(3, 3, False), (3, 4, True)]


def test_who_when_and_the_number_of_what_is_made_again_stay(workspace, csv, monkeypatch):
    monkeypatch.setenv("LOGNAME", "dana")
    monkeypatch.delenv("SHIMUR_MODE", raising=False)
    load(workspace, csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"]))
    load(workspace, csv("b.csv", DEALS, [2, "Demo", 5, "2024-01-25", "red"]))
    before = workspace.history()[1]
    assert before.who == "dana"
    monkeypatch.setenv("LOGNAME", "roni")
    workspace.undo(1)
    after = workspace.history()[1]
    assert (after.number, after.at, after.who, after.digests, after.files) == (
        2,
        before.at,
        "dana",
        before.digests,
        ("b.csv",),
    )
    monkeypatch.setenv("SHIMUR_MODE", "public")
    load(workspace, csv("c.csv", DEALS, [3, "Demo", 5, "2024-01-25", "red"]))
    assert workspace.history()[2].who == "visitor"


def test_one_after_the_other_in_any_order(workspace, csv, tmp_path):
    files = [
        csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"], [9, "Demo", n, "2024-01-25", ""]) for n in (1, 2, 3)
    ]
    for file in files:
        load(workspace, file)
    workspace.undo(2)
    workspace.undo(1)
    fresh = Workspace(tmp_path / "fresh")
    load(fresh, files[2])
    assert state(workspace) == state(fresh)
    workspace.undo()
    assert workspace.is_empty
    with pytest.raises(WorkspaceProblem, match="There is no import to take back"):
        workspace.undo()
    with pytest.raises(WorkspaceProblem, match=r"There is no import to take back"):
        workspace.undo(2)


def test_a_file_from_before_that_is_gone_is_made_again(workspace, csv, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "KEPT_REVISIONS", 1)
    files = [csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]) for n in (1, 2, 3)]
    for file in files:
        load(workspace, file)
    assert history.replays(workspace, 3) == 2
    workspace.undo()
    fresh = Workspace(tmp_path / "fresh")
    load(fresh, files[0])
    load(fresh, files[1])
    assert state(workspace) == state(fresh)


def test_an_import_of_an_earlier_version_cannot_be_made_again(workspace, csv):
    for n in (1, 2, 3):
        load(workspace, csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]))
    with connect(workspace.data_file) as database:
        database.execute("UPDATE imports SET recipe = NULL WHERE number = 2")
    before = state(workspace), workspace.revision
    with pytest.raises(
        WorkspaceProblem, match=r"Import 2 would have to be made again.*Take back the imports one by one"
    ):
        workspace.undo(1)
    assert (state(workspace), workspace.revision) == before
    assert not list(workspace.folder.glob("preparing-*"))
    workspace.undo(3)
    workspace.undo(2)
    assert ask(workspace, "SELECT deal_id FROM deals") == [("1",)]


def test_a_file_that_this_version_takes_for_something_else_is_said(workspace, csv):
    for n in (1, 2):
        load(workspace, csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]))
    with connect(workspace.data_file) as database:
        database.execute(
            """UPDATE imports SET report = replace(report, '"table": "deals"', '"table": "leads"') WHERE number = 2"""
        )
    with pytest.raises(WorkspaceProblem, match=r"2.csv of import 2 is not read as leads any more"):
        workspace.undo(1)
    assert ask(workspace, "SELECT count(*) FROM deals") == [(2,)]


def test_a_kept_file_that_is_damaged_is_said(workspace, csv):
    for n in (1, 2):
        load(workspace, csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]))
    (digest,) = workspace.history()[1].digests
    file = kept.folder_of(workspace.folder) / f"{digest}.zst"
    file.write_bytes(file.read_bytes()[:-3] + b"xyz")
    with pytest.raises(WorkspaceProblem, match=r"2.csv is not kept in the workspace any more, or it is damaged"):
        workspace.undo(1)
    file.unlink()
    with pytest.raises(WorkspaceProblem, match=r"2.csv is not kept"):
        workspace.undo(1)
    assert ask(workspace, "SELECT count(*) FROM deals") == [(2,)]


def test_options_stages_and_settings_of_then_count(workspace, csv, tmp_path):
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem", currency="ILS"))
    first = csv("first.csv", DEALS, [1, "Start", 5, "2024-01-25", "red"])
    second = csv(
        "second.csv",
        ["Ident", "Phase", "Sum", "Day"],
        [7, "Yes", 5, "02/03/2024 01:00"],
        [8, "No", 6, "03/03/2024 01:00"],
        [9, "Perhaps", 6, "04/03/2024 01:00"],
    )
    options: dict[str, Any] = {
        "mapping": {"Ident": "deal_id", "Phase": "stage", "Sum": "amount", "Day": "created_at"}, "table": "deals", "date_order": "mdy",
    }  # fmt: skip
    choices = StageChoices(won=("Yes",), lost=("No",), order=("Perhaps",))
    load(workspace, first)
    load(workspace, second, choices=choices, **options)
    workspace.save_settings(Settings())
    workspace.undo(1)
    fresh = Workspace(tmp_path / "fresh")
    fresh.save_settings(Settings(time_zone="Asia/Jerusalem", currency="ILS"))
    load(fresh, second, choices=choices, **options)
    assert state(workspace) == state(fresh)
    assert ask(workspace, "SELECT deal_id, status, created_at::VARCHAR FROM deals ORDER BY 1") == [
        ("7", "won", "2024-02-02 23:00:00"), ("8", "lost", "2024-03-02 23:00:00"), ("9", "open", "2024-04-02 22:00:00"),
    ]  # fmt: skip


def test_stages_that_only_the_import_taken_back_had_are_passed_over(workspace, csv):
    load(workspace, csv("a.csv", DEALS, [1, "Handshake", 5, "2024-01-25", "red"]))
    load(workspace, csv("b.csv", DEALS, [2, "Demo", 5, "2024-01-25", "red"]), choices=StageChoices(won=("Handshake",)))
    workspace.undo(1)
    assert ask(workspace, "SELECT deal_id, stage, status FROM deals") == [("2", "Demo", "open")]


# The made-up company


def test_made_up_deals_come_back_and_can_go_first(workspace, csv, tmp_path):
    load_demo(workspace)
    made_up = state(workspace)
    mine = csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"])
    load(workspace, mine)
    alone = Workspace(tmp_path / "alone")
    load(alone, mine)
    assert state(workspace) == state(alone)
    twin = tmp_path / "twin"
    shutil.copytree(workspace.folder, twin)
    workspace.undo(1)
    assert state(workspace) == state(alone)
    workspace.undo()
    assert workspace.is_empty
    Workspace(twin).undo(2)
    assert state(Workspace(twin)) == made_up


# Files that are kept


def test_a_file_is_kept_once_and_goes_with_the_last_import_of_it(workspace, csv):
    first = csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"])
    report = load(workspace, first)
    sources = kept.folder_of(workspace.folder)
    assert [path.name for path in sources.iterdir()] == [f"{report.files[0].digest}.zst"]
    twin = first.with_name("twin.csv")
    shutil.copyfile(first, twin)
    again = load(workspace, twin)
    assert (again.files[0].digest, again.files[0].loaded_before) == (report.files[0].digest, 1)
    assert any(
        f"loaded before, as import 1 on {workspace.history()[0].at.date()}" in str(note)
        for note in again.files[0].warnings
    )
    assert len(list(sources.iterdir())) == 1
    workspace.undo(1)
    assert workspace.history()[1].report["files"][0]["loaded_before"] is None
    assert len(list(sources.iterdir())) == 1
    workspace.undo(2)
    assert list(sources.iterdir()) == []


def test_what_is_kept_is_the_file_to_the_byte(workspace, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("מספר,שלב\r\n1,ליד\r\n".encode("cp1255"))
    load(workspace, path, table="deals", mapping={"מספר": "deal_id", "שלב": "stage"})
    (digest,) = workspace.history()[0].digests
    kept.restore(workspace.folder, digest, tmp_path / "back.csv", "a.csv")
    assert (tmp_path / "back.csv").read_bytes() == path.read_bytes()
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_look_keeps_nothing(workspace, csv):
    load(workspace, csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"]))
    with Draft(workspace, [Upload(csv("b.csv", DEALS, [2, "Demo", 5, "2024-01-25", "red"]), "b.csv")]) as draft:
        assert draft.report is not None and draft.report.files[0].digest
    assert len(list(kept.folder_of(workspace.folder).iterdir())) == 1


def test_a_disk_that_refuses_the_source_changes_nothing(workspace, csv, monkeypatch):
    load(workspace, csv("a.csv", DEALS, [1, "Demo", 5, "2024-01-25", "red"]))
    before = state(workspace), workspace.revision
    with monkeypatch.context() as patched:
        replace = os.replace

        def refuse(source: Any, target: Any) -> None:
            if str(target).endswith(".zst"):
                raise OSError(28, "No space left on device")
            replace(source, target)

        patched.setattr(os, "replace", refuse)
        with pytest.raises(WorkspaceProblem, match="No space left on device"):
            load(workspace, csv("b.csv", DEALS, [2, "Demo", 5, "2024-01-25", "red"]))
    assert (state(workspace), workspace.revision) == before
    assert len(list(kept.folder_of(workspace.folder).iterdir())) == 1


def test_undo_that_fails_in_the_middle_changes_nothing(workspace, csv, monkeypatch):
    for n in (1, 2, 3):
        load(workspace, csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]))
    before = state(workspace), workspace.revision, workspace.history()
    calls = []

    def broken(*_arguments: Any) -> None:
        calls.append(1)
        raise KeyError("surprise")

    monkeypatch.setattr("data.importer.decide_stages", broken)
    with pytest.raises(KeyError):
        workspace.undo(1)
    monkeypatch.undo()
    assert calls and (state(workspace), workspace.revision, workspace.history()) == before
    assert not list(workspace.folder.glob("preparing-*"))


# Another kind of step


class Shout:
    """A kind of step for this test: it writes all colours in capitals, with a mark."""

    @staticmethod
    def replay(workspace: Workspace, copy: Path, step: Any, progress: Any) -> history.Done:
        with connect(copy) as database:
            database.execute("UPDATE customers SET industry = upper(industry) || ?", [step.recipe["mark"]])
        return history.Done(0, {"files": [], "mark": step.recipe["mark"]})


def test_another_kind_of_step_is_made_taken_back_and_made_again(workspace, csv, monkeypatch):
    monkeypatch.setitem(history.REPLAYED_BY, "shout", "tests.shout")
    monkeypatch.setitem(sys.modules, "tests.shout", Shout)
    header = ["Account", "Industry"]
    load(workspace, csv("a.csv", header, ["Acme", "tools"]))
    load(workspace, csv("b.csv", header, ["Bolt", "cars"]))
    step = history.make(workspace, {"kind": "shout", "mark": "!"})
    assert (step.number, workspace.history()[2].report["mark"]) == (3, "!")
    load(workspace, csv("c.csv", header, ["Coil", "wire"]))
    asked = "SELECT customer_name, industry FROM customers ORDER BY 1"
    assert ask(workspace, asked) == [("Acme", "TOOLS!"), ("Bolt", "CARS!"), ("Coil", "wire")]
    workspace.undo(1)
    assert ask(workspace, asked) == [("Bolt", "CARS!"), ("Coil", "wire")]
    workspace.undo(3)
    assert ask(workspace, asked) == [("Bolt", "cars"), ("Coil", "wire")]


def test_a_kind_of_a_later_version_is_said(workspace, csv):
    for n in (1, 2):
        load(workspace, csv(f"{n}.csv", DEALS, [n, "Demo", n, "2024-01-25", "red"]))
    with connect(workspace.data_file) as database:
        database.execute("UPDATE imports SET recipe = ? WHERE number = 2", [json.dumps({"kind": "wish"})])
    with pytest.raises(WorkspaceProblem, match="Import 2 was made by a later version"):
        workspace.undo(1)


# Any files, any of them taken back

_IDS, _STAGES = ("1", "2", "3", "4"), ("New", "Demo", "Won", "Lost")
_DAYS = ("2024-01-05", "2024-02-10", "2024-03-15", "2024-04-20", "2024-05-25", "")
_AMOUNTS, _WORDS = ("10", "20", "30.5", "TBD", ""), ("red", "blue", "Acme", "acme", "Bolt", "")
# Kinds of files: the table they are loaded into, their columns, and what may stand there. Several columns are no column of ours.
_KINDS: dict[str, tuple[str, dict[str, Sequence[str]]]] = {
    "deals": ("deals", {"Deal ID": (*_IDS, ""), "Stage": _STAGES, "Amount": _AMOUNTS, "Created": _DAYS, "Colour": _WORDS}),
    "more_deals": (
        "deals",
        {"Deal ID": _IDS, "Stage": _STAGES, "Deal Name": _WORDS, "Account": _WORDS, "Owner": _WORDS, "Closed": _DAYS, "Shape": _WORDS},
    ),
    "unnumbered_deals": ("deals", {"Deal Name": _WORDS, "Stage": _STAGES, "Amount": _AMOUNTS, "Account": _WORDS, "Created": _DAYS}),
    "stage_columns": (
        "deals",
        {"Deal ID": _IDS, "Stage": _STAGES, 'Date entered "New (Sales)"': _DAYS, 'Date entered "Demo (Sales)"': _DAYS},
    ),
    "history": ("stage_entries", {"Deal ID": _IDS, "Stage": _STAGES, "Entered": _DAYS}),
    "accounts": ("customers", {"Account": _WORDS, "Industry": _WORDS, "Tier": _WORDS}),
    "people": ("people", {"Name": _WORDS, "Team": _WORDS, "Manager": _WORDS}),
    "leads": ("leads", {"Lead ID": _IDS, "Lead Name": _WORDS, "Lead Status": _STAGES, "Created": _DAYS, "Colour": _WORDS}),
}  # fmt: skip


def some_files(folder: Path, chance: random.Random) -> list[tuple[Path, str]]:
    """Three or four small files, some of one kind and so pictures of the same rows at other times, and their tables."""
    made = []
    for number in range(chance.choice((3, 4))):
        kind = chance.choice(("deals", "deals", *_KINDS))
        table, columns = _KINDS[kind]
        rows = [[chance.choice(cells) for cells in columns.values()] for _ in range(chance.randint(1, 5))]
        made.append((write_csv(folder / f"{number}_{kind}.csv", list(columns), rows), table))
    return made


def taken_back_is_as_never_loaded(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = some_files(folder, chance)
    out = chance.randrange(len(made))
    taken, others = Workspace(folder / "taken"), Workspace(folder / "others")
    for number, (path, table) in enumerate(made):
        options: dict[str, Any] = {"table": table}
        load(taken, path, **options)
        if number != out:
            load(others, path, **options)
    taken.undo(out + 1)
    assert state(taken) == state(others), (seed, out, [path.read_text("utf-8") for path, _ in made])
    # What stands tells the same as if it had been loaded so.
    assert told(taken) == told(others)


def told(workspace: Workspace) -> list[Any]:
    keys = ("rows_loaded", "rows_updated", "rows_unchanged", "rows_removed", "rows_rejected", "warnings", "totals")
    standing = [step for step in workspace.history() if not step.undone]
    return [[file[key] for key in keys] for step in standing for file in step.report["files"]]


@pytest.mark.parametrize("seed", range(4))
def test_any_import_can_be_taken_back(tmp_path, seed):
    taken_back_is_as_never_loaded(tmp_path, seed)


@pytest.mark.truth
@pytest.mark.parametrize("seed", range(100, 125))
def test_any_import_can_be_taken_back_many_times(tmp_path, seed):
    taken_back_is_as_never_loaded(tmp_path, seed)
