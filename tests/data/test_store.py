"""A workspace is before or after, never between, whoever dies and whoever looks on."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data import kept, store, workspaces
from data.database import connect
from data.errors import WorkspaceProblem
from data.importer import Draft, Upload
from data.store import Settings, Workspace
from tests.data.kit import ask, load, tables, write_csv

ROOT = Path(__file__).parents[2]
HEADER = ["Deal ID", "Stage", "Amount", "Created"]


def deals(folder: Path, amount: int, rows: int = 3) -> Path:
    return write_csv(folder / f"deals_{amount}.csv", HEADER, [[n, "Demo", amount, "2024-01-25"] for n in range(rows)])


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMUR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# Files of an earlier version


def test_a_file_of_an_earlier_version_is_brought_up_to_date(workspace, tmp_path):
    report = load(workspace, deals(tmp_path, 5))
    now = tables(workspace)
    with connect(workspace.data_file) as database:
        database.execute(
            """CREATE TABLE stays AS FROM stage_entries; DROP VIEW stage_entries; ALTER TABLE stays RENAME TO stage_entries;
               DROP TABLE like_stays; ALTER TABLE deals DROP COLUMN stays_like"""
        )
        for column in (
            "turn",
            "outcome_visit",
            "deal_no",
            "deal_amount",
            "deal_currency",
            "deal_created_at",
            "deal_closed_at",
        ):
            database.execute(f"ALTER TABLE stage_entries DROP COLUMN {column}")
        database.execute("ALTER TABLE deals DROP COLUMN deal_no")
    engine = workspace.engine()
    assert engine.query("SELECT count(DISTINCT deal_no) AS n, sum(deal_amount) AS worth FROM stage_entries").to_dict(
        "records"
    ) == [{"n": 3, "worth": 15}]
    engine.close()
    assert (tables(workspace), workspace.revision) == (now, report.revision + 1)
    workspace.engine().close()
    assert workspace.revision == report.revision + 1
    load(workspace, deals(tmp_path, 6, rows=4))
    assert ask(workspace, "SELECT count(DISTINCT deal_no), sum(amount) FROM deals") == [(4, 24)]
    workspace.undo()
    assert tables(workspace) == now


# Before or after


def importing(workspace: Workspace, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "data", "import", str(file), "--workspace", str(workspace.folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_import_leaves_before_or_after(workspace, tmp_path):
    """Real processes, killed at random moments from their start to their end."""
    files = {amount: deals(tmp_path, amount, 1000) for amount in (1, 2)}
    load(workspace, files[1])
    chance = random.Random(7)
    started = time.monotonic()
    process = importing(workspace, files[2])
    assert process.wait() == 0
    whole, standing = time.monotonic() - started, 2
    for _ in range(4):
        coming = 3 - standing
        revision = workspace.revision
        process = importing(workspace, files[coming])
        # Most of the time goes into starting; what can break happens in the last part.
        time.sleep(whole * chance.uniform(0.5, 1.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        after = ask(workspace, "SELECT amount, count(*) FROM deals GROUP BY 1")
        assert after in ([(float(standing), 1000)], [(float(coming), 1000)])
        assert ask(workspace, "SELECT count(*), count(DISTINCT deal_id) FROM stage_entries") == [(1000, 1000)]
        if after == [(float(coming), 1000)]:
            standing = coming
            assert workspace.revision == revision + 1
        else:
            assert workspace.revision == revision
        numbers = [record.number for record in workspace.history()]
        assert numbers == list(range(1, len(numbers) + 1))
    # What the dead left behind is swept by the next import, which works as if nothing had happened.
    load(workspace, files[3 - standing])
    assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(float(3 - standing),)]
    assert list(workspace.folder.glob("preparing-*")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", [2, 3, 6, 7, 9, 10])
def test_a_process_killed_at_a_step_of_publishing(workspace, tmp_path, step):
    """Killed before and after the source has its name, the data file has its own, and CURRENT is replaced."""
    load(workspace, deals(tmp_path, 1))
    script = """
import os, signal, sys
from data import store
from data.__main__ import main
left = int(sys.argv[1])
def last_words(call):
    def counted(*arguments, **named):
        global left
        if str(arguments[0]).startswith(sys.argv[3]) or isinstance(arguments[0], int):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return counted
os.replace = last_words(os.replace)
os.fsync = last_words(os.fsync)
store.flush = last_words(store.flush)
main(["import", sys.argv[2], "--workspace", sys.argv[3]])
"""
    arguments = [sys.executable, "-c", script, str(step), str(deals(tmp_path, 2)), str(workspace.folder)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ((amount,),) = ask(workspace, "SELECT DISTINCT amount FROM deals")
    assert (amount, workspace.revision) in ((1.0, 1), (2.0, 2))
    load(workspace, deals(tmp_path, 3))
    assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(3.0,)]
    kept_now = {path.name.removesuffix(".zst") for path in kept.folder_of(workspace.folder).iterdir()}
    assert kept_now == {digest for record in workspace.history() for digest in record.digests}
    assert workspace.undo().number == workspace.history()[-1].number
    assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(amount,)]


def test_current_is_replaced_and_never_written_in_place(workspace, tmp_path):
    load(workspace, deals(tmp_path, 1))
    pointer = workspace.folder / "CURRENT"
    with pointer.open() as before:
        load(workspace, deals(tmp_path, 2))
        assert before.read() == "data-000001.duckdb"
    assert pointer.read_text() == "data-000002.duckdb"
    assert not list(workspace.folder.glob("CURRENT-*"))


def test_what_the_dead_left_is_swept_and_what_the_living_use_is_not(workspace, tmp_path):
    load(workspace, deals(tmp_path, 1))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, alive = (workspace.folder / f"preparing-{pid}-abc.duckdb" for pid in (gone.pid, os.getpid()))
    for left in (dead, alive, dead.with_suffix(".duckdb.wal")):
        left.write_bytes(b"x")
    load(workspace, deals(tmp_path, 2))
    assert (dead.exists(), dead.with_suffix(".duckdb.wal").exists(), alive.exists()) == (False, os.name == "nt", True)


def test_old_revisions_go_and_the_one_in_force_stays(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "KEPT_REVISIONS", 2)
    for amount in range(1, 5):
        load(workspace, deals(tmp_path, amount))
    assert sorted(path.name for path in workspace.folder.glob("data-*")) == [f"data-00000{n}.duckdb" for n in (3, 4)]
    workspace.undo()
    assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(3.0,)]


# Others looking on

READER = """
import sys, time
from pathlib import Path
from data.store import Workspace
workspace = Workspace(Path(sys.argv[1]))
engine = workspace.engine()
print(engine.count("deals"), flush=True)
sys.stdin.readline()
print(engine.query("SELECT max(amount) AS a FROM deals")["a"].iloc[0], flush=True)
"""


def test_commands_work_while_another_process_reads(workspace, tmp_path):
    load(workspace, deals(tmp_path, 1))
    command = [sys.executable, "-c", READER, str(workspace.folder)]
    reader = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    try:
        assert reader.stdout.readline() == "3\n"
        load(workspace, deals(tmp_path, 2))
        workspace.undo()
        load(workspace, deals(tmp_path, 5))
        assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(5.0,)]
        said, _ = reader.communicate("go on\n", timeout=30)
        assert said == "1.0\n"  # what it opened stays as it was
    finally:
        reader.kill()
        reader.wait()


def test_an_engine_of_this_process_does_not_stand_in_the_way(workspace, tmp_path):
    load(workspace, deals(tmp_path, 1))
    engine = workspace.engine()
    load(workspace, deals(tmp_path, 2))
    workspace.undo()
    assert engine.query("SELECT max(amount) AS a FROM deals")["a"].iloc[0] == 1.0
    engine.close()


def test_the_version_tells_every_state_from_every_other(workspace, tmp_path):
    versions = [workspace.version]
    for amount in (1, 2):
        load(workspace, deals(tmp_path, amount))
        versions.append(workspace.version)
    workspace.undo()
    versions.append(workspace.version)
    shutil.rmtree(workspace.folder)
    versions.append(workspace.version)
    load(workspace, deals(tmp_path, 1))
    versions.append(workspace.version)
    assert versions[0] == versions[4]  # nothing is nothing
    assert len(set(versions)) == len(versions) - 1


# Named workspaces


def test_made_switched_copied_deleted(home, tmp_path):
    assert (workspaces.current(), workspaces.workspaces()) == ("default", ["default"])
    first = workspaces.create("Acme & Sons")
    load(first, deals(tmp_path, 1))
    first.save_settings(Settings(time_zone="Asia/Jerusalem", currency="ILS"))
    workspaces.switch("Acme & Sons")
    assert workspaces.default_workspace() == first.folder
    twin = workspaces.copy("Acme & Sons", "עותק שני")
    load(first, deals(tmp_path, 2))
    assert len(list(kept.folder_of(twin.folder).iterdir())) == 1
    assert ask(twin, "SELECT DISTINCT amount FROM deals") == [(1.0,)]
    assert twin.settings() == Settings(time_zone="Asia/Jerusalem", currency="ILS")
    load(twin, deals(tmp_path, 3))
    assert ask(first, "SELECT DISTINCT amount FROM deals") == [(2.0,)]
    assert workspaces.workspaces() == ["Acme & Sons", "עותק שני"]
    workspaces.delete("Acme & Sons")
    assert (workspaces.current(), workspaces.workspaces()) == ("עותק שני", ["עותק שני"])
    assert sorted(path.name for path in (home / "workspaces").iterdir()) == ["עותק שני"]


@pytest.mark.parametrize(
    "name", ["../x", ".", "..", "", " ", "a/b", "a\\b", "CON", "nul", "Com1.txt", ".hidden", "x" * 61, "a.", "a ", "a\nb", "a\x00b", "C:", "~", "-rf", "a*"]
)  # fmt: skip
def test_names_that_are_no_names(home, name):
    for act in (workspaces.create, workspaces.switch, workspaces.delete, lambda name: workspaces.copy("default", name)):
        with pytest.raises(WorkspaceProblem, match="cannot be the name of a workspace"):
            act(name)
    assert not home.exists() or [*home.iterdir()] == []


@pytest.mark.parametrize("name", ["נגב צינורות בע״מ"[:10], "Müller's 2024", "7", "Console", "a-b_c.d", "日本"])
def test_names_that_are_names(home, name):
    assert workspaces.create(name).folder == home / "workspaces" / name


def test_a_name_is_taken_once_and_must_be_there_to_be_copied(home):
    workspaces.create("One")
    with pytest.raises(WorkspaceProblem, match="There is a workspace called One already"):
        workspaces.create("One")
    with pytest.raises(WorkspaceProblem, match="There is no workspace called Two"):
        workspaces.copy("Two", "Three")
    assert workspaces.workspaces() == ["default", "One"]


def test_an_empty_workspace_is_copied_empty(home):
    workspaces.create("One")
    assert workspaces.copy("One", "Two").is_empty


# Settings


def test_settings_are_kept(workspace):
    assert workspace.settings() == Settings()
    chosen = Settings(time_zone="Asia/Jerusalem", currency="₪ILS", week_start="monday", fiscal_year_start=4)
    workspace.save_settings(chosen)
    workspace.save_settings(chosen)
    assert Workspace(workspace.folder).settings() == chosen
    assert workspace.is_empty


# A disk that refuses


def refuse(*_arguments, **_named):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["os.replace", "os.fsync", "shutil.copyfile"])
def test_a_full_disk_is_said_in_a_sentence_and_changes_nothing(workspace, tmp_path, monkeypatch, call):
    load(workspace, deals(tmp_path, 1))
    load(workspace, deals(tmp_path, 2))
    before = tables(workspace)
    with monkeypatch.context() as patched:
        patched.setattr(call, refuse)
        with pytest.raises(
            WorkspaceProblem, match=r"cannot be written: No space left on device\. Choose another folder"
        ):
            load(workspace, deals(tmp_path, 3))
        with pytest.raises(WorkspaceProblem, match="cannot be written"):
            workspace.undo()
    assert (tables(workspace), workspace.revision) == (before, 2)
    assert list(workspace.folder.glob("preparing-*")) == []
    workspace.undo()
    assert ask(workspace, "SELECT DISTINCT amount FROM deals") == [(1.0,)]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WorkspaceProblem, match="cannot be written"):
            load(Workspace(folder), deals(tmp_path, 1))
        assert Workspace(folder).history() == []


def test_no_data_is_said(workspace):
    with pytest.raises(WorkspaceProblem, match="There is no data in"):
        workspace.engine()


def test_a_data_file_is_never_written_again(workspace, tmp_path):
    load(workspace, deals(tmp_path, 1))
    file = workspace.data_file
    assert file is not None
    before = file.read_bytes()
    load(workspace, deals(tmp_path, 2))
    with Draft(workspace, [Upload(deals(tmp_path, 3), "x.csv")]):
        pass
    workspace.undo()
    assert file.read_bytes() == before
    with connect(file, read_only=True) as database:
        assert database.execute("SELECT count(*) FROM deals").fetchone() == (3,)


def test_an_import_is_taken_back_while_its_data_is_being_read(workspace, tmp_path):
    load(workspace, deals(tmp_path, 10))
    engine = workspace.engine()
    workspace.undo(1)
    engine.close()
    assert workspace.is_empty
