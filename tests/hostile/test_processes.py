"""Processes that die, that meet, and clocks that jump."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from data import history, kept, store
from data.database import to_read
from data.errors import WorkspaceProblem
from data.importer import Draft, Upload, load_files
from data.store import Settings, Workspace
from tests.data.kit import ask, tables
from tests.hostile.kit import DEALS, HEADER, command, in_children, left_over, read, said, state, unharmed

# Does something, and before each call of whatever can change a file in the workspace keeps the folder as a process killed
# there would leave it; then does it once more and is killed half way. All in processes that are gone when it is looked at.
_DIES = """
import shutil
from pathlib import Path
from data.merges import merge
folder, temporary, work = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
copytree = shutil.copytree
def watched(target, at_step):
    count = [0]
    def counted(call):
        def called(*given, **named):
            if any(str(each).startswith(target) for each in given if isinstance(each, (str, Path))):
                count[0] += 1
                at_step(count[0])
            return call(*given, **named)
        return called
    for module, name in ((os, "replace"), (os, "unlink"), (shutil, "copyfile")):
        setattr(module, name, counted(getattr(module, name)))
    store.flush = kept.flush = counted(store.flush)
    history.connect = counted(history.connect)
    if "merge" in work:
        merge(Workspace(Path(target)), work["merge"])
    else:
        main([*work["words"], "--workspace", target])
    return count[0]
def kill(step):
    if step == steps // 2:
        os.kill(os.getpid(), signal.SIGKILL)
for name in ("done", "killed"):
    copytree(folder, f"{temporary}/{name}")
steps = forked(lambda: watched(f"{temporary}/done", lambda n: copytree(f"{temporary}/done", f"{temporary}/{n}", copy_function=shutil.copy)))
print(steps, forked(lambda: watched(f"{temporary}/killed", kill)))
"""


def customers(workspace: Workspace, file: Callable[..., Path]) -> None:
    read(
        workspace,
        file(HEADER.replace(b"\n", b",Customer\n") + b"20,Demo,1,2024-01-25,Acme\n21,Demo,2,2024-01-25,Acme Ltd\n"),
    )


@pytest.mark.parametrize("done", ["import", "undo", "merge"])
def test_killed_at_every_step(workspace, file, tmp_path, done):
    """Before or after, never between; the next one sweeps what was left and works."""
    if done == "merge":
        customers(workspace, file)
    path = file(HEADER + b"9,Demo,9,2024-01-25\n")
    work = {
        "import": {"words": ["import", str(path)]},
        "undo": {"words": ["undo", "1"]},
        "merge": {"merge": {"Acme Ltd": "Acme"}},
    }
    before = state(workspace)
    died = tmp_path / "died"
    died.mkdir()
    steps, ended = map(int, in_children(_DIES, workspace.folder, died, json.dumps(work[done])).split()[-2:])
    assert steps > 6 and ended == -9
    after = state(Workspace(died / "done"))
    assert after[1] != before[1]
    seen: dict[bytes, bool] = {}
    for name in (*map(str, range(1, steps + 1)), "killed"):
        left = Workspace(died / name)
        assert left.data_file is not None
        content = left.data_file.read_bytes()
        if content not in seen:
            now = (tables(left), [record.undone for record in left.history()])
            assert now in (rows_and_undone(before), rows_and_undone(after)), name
            seen[content] = now == rows_and_undone(after)
        if name == {"import": "killed", "undo": "killed", "merge": "2"}[done]:
            read(left, file(HEADER + b"10,Demo,10,2024-01-25\n"))
            assert ask(left, "SELECT count(*) FROM deals WHERE deal_id = '10'") == [(1,)]
            digests = {digest for record in left.history() if not record.undone for digest in record.digests}
            assert {path.stem for path in kept.folder_of(left.folder).iterdir()} == digests
    assert {*seen.values()} == {False, True}


def rows_and_undone(then):
    """Of a state, what is before or after: who took how long is not."""
    return then[1], [record.undone for record in then[2]]


@pytest.mark.parametrize("harm", ["damaged", "cut short", "gone"])
def test_a_kept_file_that_is_harmed_is_said_and_nothing_changes(workspace, file, harm):
    """To take back the first import, the second is made again from the file that was kept."""
    digest = workspace.history()[1].digests[0]
    source = kept.folder_of(workspace.folder) / f"{digest}.zst"
    whole = source.read_bytes()
    if harm == "gone":
        source.unlink()
    else:
        source.write_bytes(whole[:-9] if harm == "cut short" else whole[:20] + b"\xff" * 8 + whole[28:])
    with unharmed(workspace):
        with pytest.raises(WorkspaceProblem) as problem:
            workspace.undo(1)
        assert said(problem.value).startswith("second.csv is not kept in the workspace any more, or it is damaged.")
        assert command(workspace, "undo", 1) == (2, str(problem.value))
    assert workspace.undo().number == 2  # which needs no file


# Two at once


def test_two_threads_import_at_once(workspace, file):
    files = [file(HEADER + f"{n},Demo,{n},2024-01-25\n".encode(), f"{n}.csv") for n in (10, 11)]
    threads = [threading.Thread(target=load_files, args=(workspace, [(path, path.name)])) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(workspace, "SELECT deal_id FROM deals ORDER BY CAST(deal_id AS INTEGER)") == [
        (str(n),) for n in (1, 2, 3, 10, 11)
    ]
    assert [record.number for record in workspace.history()] == [1, 2, 3, 4]
    assert left_over(workspace) == []


_BOTH = """
from pathlib import Path
children = []
for path in sys.argv[2:]:
    child = os.fork()
    if not child:
        os._exit(main(["import", path, "--workspace", sys.argv[1]]))
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


def test_two_processes_import_at_once(workspace, file):
    files = [file(HEADER + f"{n},Demo,{n},2024-01-25\n".encode(), f"{n}.csv") for n in (10, 11)]
    assert in_children(_BOTH, workspace.folder, *files).splitlines()[-1] == "[0, 0]"
    assert ask(workspace, "SELECT count(*) FROM deals") == [(5,)]
    assert [record.number for record in workspace.history()] == [1, 2, 3, 4]
    assert left_over(workspace) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_drafts_are_put_in_force_in_any_order(workspace, file, order):
    files = [file(HEADER + f"10,Demo,{n},2024-01-25\n".encode(), f"{n}.csv") for n in (20, 21)]
    with (
        Draft(workspace, [Upload(files[0], "20.csv")]) as first,
        Draft(workspace, [Upload(files[1], "21.csv")]) as second,
    ):
        drafts = (first, second)
        assert [drafts[place].publish().number for place in order] == [3, 4]
    assert ask(workspace, "SELECT amount FROM deals WHERE deal_id = '10'") == [((20.0, 21.0)[order[1]],)]


def test_an_import_looked_at_while_another_is_taken_back(workspace, file):
    with Draft(workspace, [Upload(file(HEADER + b"10,Demo,5,2024-01-25\n"), "late.csv")]) as draft:
        assert workspace.undo().number == 2
        assert draft.publish().number == 3
    assert ask(workspace, "SELECT deal_id, amount FROM deals ORDER BY CAST(deal_id AS INTEGER)") == [
        ("1", 5.0),
        ("2", 7.0),
        ("10", 5.0),
    ]


def test_whoever_waits_too_long_is_told(workspace, file, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    with unharmed(workspace), FileLock(workspace.folder / ".data.lock"):
        with pytest.raises(WorkspaceProblem) as problem:
            load_files(workspace, [(file(DEALS), "deals.csv")])
        assert "Another import has been writing to the folder" in said(problem.value)
        with pytest.raises(WorkspaceProblem):
            workspace.undo()
    read(workspace, file(DEALS))


_HOLDS = """
import os, signal, sys
from filelock import FileLock
FileLock(sys.argv[1]).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_dead_hold_no_lock(workspace, file, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 1)
    lock = workspace.folder / ".data.lock"
    assert subprocess.run([sys.executable, "-c", _HOLDS, str(lock)], check=False).returncode == -9
    read(workspace, file(HEADER + b"9,Demo,9,2024-01-25\n"))


# Clocks


def test_the_history_does_not_follow_a_clock_that_jumps(workspace, file, monkeypatch):
    for n, at in ((10, datetime(2049, 1, 1)), (11, datetime(1999, 12, 31))):
        monkeypatch.setattr(history, "now", lambda at=at: at)
        path = file(HEADER + f"1,Demo,{n},2024-01-25\n".encode(), f"{n}.csv")
        os.utime(path, (4e9, 4e9))  # and the file is from 2096
        read(workspace, path)
    assert [record.number for record in workspace.history()] == [1, 2, 3, 4]
    assert [record.at.year for record in workspace.history()][2:] == [2049, 1999]
    assert ask(workspace, "SELECT amount FROM deals WHERE deal_id = '1'") == [(11.0,)]
    assert workspace.undo(3).number == 3
    assert ask(workspace, "SELECT amount FROM deals WHERE deal_id = '1'") == [(11.0,)]


def test_an_import_left_waiting_for_days_still_lands(workspace, file, monkeypatch):
    """Somebody looks at it over a weekend, or the clock jumps, and another import takes its copy for one left behind."""
    with Draft(workspace, [Upload(file(HEADER + b"10,Demo,5,2024-01-25\n"), "slow.csv")]) as draft:
        with monkeypatch.context() as later:
            now = time.time()
            later.setattr(time, "time", lambda: now + 3 * 86_400)
            with Draft(workspace, [Upload(file(HEADER + b"11,Demo,5,2024-01-25\n", "quick.csv"), "quick.csv")]):
                pass
        assert draft.publish().number == 3
    assert ask(workspace, "SELECT count(*) FROM deals") == [(4,)]
    assert left_over(workspace) == []


def test_days_that_are_no_days_and_hours_that_are_not_there(workspace, file):
    """Dates of 1900 and 2999, the hour that a change to summer time leaves out, and the one that comes twice."""
    workspace.save_settings(Settings(time_zone="Asia/Jerusalem"))
    content = b"Deal ID,Stage,Amount,Created\n" + b"".join(
        f"{n},Demo,5,{at}\n".encode()
        for n, at in enumerate(
            ["1900-01-01 00:00", "2999-12-31 23:59", "2024-03-29 02:30", "2024-10-27 01:30", "2024-02-30 10:00"], 20
        )
    )
    report = read(workspace, file(content))
    assert report.files[0].rows_read == 5
    empty = ask(workspace, "SELECT deal_id FROM deals WHERE CAST(deal_id AS INTEGER) >= 20 AND created_at IS NULL")
    assert empty == [("24",)]
    assert workspace.undo().number == 3


def test_many_threads_open_a_file_at_once(tmp_path):
    """The first says how the file is to be read; the others must not come in between."""
    found, problems = [], []

    def opened_by(path, ready):
        ready.wait()
        try:
            found.append(to_read(path))
        except duckdb.Error as problem:
            problems.append(problem)

    for number in range(40):
        path = tmp_path / f"{number}.duckdb"
        duckdb.connect(str(path)).close()
        ready = threading.Barrier(4)
        threads = [threading.Thread(target=opened_by, args=(path, ready)) for _each in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while found:
            found.pop().close()
    assert problems == []
