"""Names, links, folders and disks: where files come from and where the data lies."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from data import duplicates
from data.errors import WorkspaceProblem
from data.importer import load_files
from data.store import Settings, Workspace
from tests.data.kit import ask
from tests.hostile.kit import (
    DEALS,
    HEADER,
    command,
    in_children,
    left_over,
    read,
    refused,
    said,
    unharmed,
    zipped,
)

NAMES = [
    "../../etc/passwd.csv", "/etc/shadow.csv", "C:\\Windows\\system.csv", "..", "a\nb.csv", "a\x1b[31mred.csv", "gpj.\u202evsc.csv",
    "x" * 300 + ".csv", "'; DROP TABLE deals; --.csv", "100%s{n}{0}.csv", "<script>alert(1)</script>.csv", " ", "",
]  # fmt: skip


def test_names_of_files_are_names_and_nothing_else(workspace, file):
    """As many uploads in one import: no name reaches the disk, SQL, a template or a formula."""
    path, around = file(DEALS), sorted(path.name for path in workspace.folder.iterdir())
    report = load_files(workspace, [(path, name) for name in NAMES])
    assert len(report.files) == len(NAMES) == len({each.name for each in report.files})
    record = workspace.history()[-1]
    assert list(record.files) == [each.name for each in report.files]
    new = {path.name for path in workspace.folder.iterdir()} - {*around}
    assert new == {"data-000003.duckdb"} and left_over(workspace) == []
    workspace.undo()
    assert workspace.history()[-1].undone


def test_paths_in_a_zip_lead_nowhere(workspace, file, tmp_path):
    names = ["../../evil.csv", "/etc/passwd.csv", "C:\\windows\\evil.csv", "a\nb\x1b[31m\u202egpj.csv"]
    outside = sorted(path.name for path in tmp_path.parent.iterdir())
    report = read(workspace, file(zipped(dict.fromkeys(names, DEALS)), "names.zip"))
    assert [each.sheet for each in report.files] == ["".join(filter(str.isprintable, name)) for name in names]
    assert sorted(path.name for path in tmp_path.parent.iterdir()) == outside


def test_names_that_mean_something_to_shells_and_globs(workspace, file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for n, name in enumerate(
        ["a.csv", "*.csv", "[a].csv", "?.csv", "-rf.csv", "$(x).csv", "a b;c.csv", "100%.csv"], 10
    ):
        file(HEADER + f"{n},Demo,5,2024-01-25\n".encode(), name)
    names = ("*.csv", "[a].csv", "?.csv", "./-rf.csv", "$(x).csv", "a b;c.csv", "100%.csv")
    assert command(workspace, "import", *names) == (0, "")
    # Each brought its own row, and no glob took its neighbours.
    assert ask(workspace, "SELECT deal_id FROM deals ORDER BY CAST(deal_id AS INTEGER)") == [
        (str(n),) for n in (1, 2, 3, 11, 12, 13, 14, 15, 16, 17)
    ]


# Links and what is no file


def test_a_link_to_a_file_is_read_as_the_file(workspace, file, tmp_path):
    (tmp_path / "link.csv").symlink_to(file(DEALS.replace(b"Demo", b"Call")))
    assert read(workspace, tmp_path / "link.csv").files[0].rows_read == 2


def test_links_that_lead_nowhere_folders_and_pipes_are_refused(workspace, tmp_path):
    for name, target in (("gone.csv", "nothing"), ("loop.csv", "loop.csv")):
        (tmp_path / name).symlink_to(tmp_path / target)
        refused(workspace, tmp_path / name, "cannot be opened. Check that the file is there")
    refused(workspace, tmp_path / "never.csv", "never.csv cannot be opened")
    (tmp_path / "folder.csv").mkdir()
    refused(workspace, tmp_path / "folder.csv", "folder.csv is a folder, not a file.")
    os.mkfifo(tmp_path / "pipe.csv")
    refused(workspace, tmp_path / "pipe.csv", "pipe.csv is no ordinary file")
    refused(workspace, Path("/dev/zero"), "zero is no ordinary file")


def test_a_linked_workspace_is_the_workspace(workspace, file, tmp_path):
    (tmp_path / "link").symlink_to(workspace.folder)
    read(Workspace(tmp_path / "link"), file(HEADER + b"9,Demo,5,2024-01-25\n"))
    assert ask(workspace, "SELECT count(*) FROM deals") == [(4,)]
    assert (tmp_path / "link").is_symlink()


def test_nothing_is_written_through_links_in_a_workspace(workspace, file, tmp_path):
    """CURRENT and the data in force are moved away and linked; an import replaces the links and not what they lead to."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    data = workspace.data_file
    for path in (data, workspace.folder / "CURRENT"):
        shutil.move(path, elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)
    (workspace.folder / "data-000003.duckdb").symlink_to(elsewhere / "victim")
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    read(workspace, file(HEADER + b"9,Demo,5,2024-01-25\n"))
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before
    assert not (workspace.folder / "CURRENT").is_symlink() and workspace.revision == 3


# A workspace that somebody else touched


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\0", b"data-000009.duckdb", b"../../outside.duckdb", b"/etc/passwd", b"data-1.duckdb", b"x" * 5000, None, "folder"]
)  # fmt: skip
def test_a_damaged_current_is_said_and_never_followed(workspace, file, content):
    with unharmed(workspace):
        pointer = workspace.folder / "CURRENT"
        whole = pointer.read_bytes()
        pointer.unlink()
        if content == "folder":
            pointer.mkdir()
        elif content is not None:
            pointer.write_bytes(content)
        path = file(DEALS)
        for words in (
            ["import", path],
            ["preview", path],
            ["history"],
            ["undo"],
            ["quality"],
            ["export-rejects", 1, path],
            ["demo"],
        ):
            status, told = command(workspace, *words)
            assert status == 2, told
            assert told.startswith(f"The file CURRENT in {workspace.folder} does not name a data file that is there.")
            assert "write data-000002.duckdb, the newest data file that is left, into CURRENT" in told
        assert path.read_bytes() == DEALS
        for read_so in (lambda: workspace.version, lambda: workspace.is_empty):
            with pytest.raises(WorkspaceProblem) as problem:
                read_so()
            said(problem.value)
        if content is not None:
            pointer.rmdir() if content == "folder" else pointer.unlink()
        pointer.write_bytes(whole)


def damages(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 2
    return {
        "empty": b"", "text": b"hello" * 1000, "short": whole[:5000], "half": whole[:middle],
        "no head": bytes(12288) + whole[12288:], "of a later version": whole[:12] + b"\xfa" + whole[13:],
        "scrambled": whole[:12288] + bytes(byte ^ 0x55 for byte in whole[12288:]),
    }  # fmt: skip


@pytest.mark.parametrize("case", damages(b""))
def test_damaged_data_is_said_with_the_way_back(workspace, file, case):
    data = workspace.data_file
    whole = data.read_bytes()
    with unharmed(workspace):
        data.write_bytes(damages(whole)[case])
        for words in (["import", file(DEALS)], ["history"]):
            status, told = command(workspace, *words)
            assert status == 2, told
            assert "damaged" in told and str(workspace.folder) in told
        data.write_bytes(whole)
    data.write_bytes(damages(whole)[case])
    (workspace.folder / "CURRENT").write_text("data-000001.duckdb")  # as the sentence says
    assert ask(workspace, "SELECT count(*) FROM deals") == [(2,)]
    if case == "half":
        read(workspace, file(HEADER + b"9,Demo,5,2024-01-25\n"))


def test_damaged_notes_are_said_and_the_data_stays(workspace, file):
    workspace.save_settings(Settings(currency="ILS"))
    notes = workspace.folder / "notes.duckdb"
    whole = notes.read_bytes()
    with unharmed(workspace):
        for content in (b"hello" * 3000, b"", whole[:5000]):
            notes.write_bytes(content)
            status, told = command(workspace, "import", file(DEALS))
            assert status == 2 and told.startswith("notes.duckdb in ") and "Move it to another folder" in told
            with pytest.raises(WorkspaceProblem, match=r"notes\.duckdb"):
                workspace.save_settings(Settings())
        assert command(workspace, "history") == (0, "")
        notes.write_bytes(whole)
    notes.unlink()  # as the sentence says
    read(workspace, file(HEADER + b"9,Demo,5,2024-01-25\n"))


# Disks that refuse

_LIMITED = """
import resource
from pathlib import Path
def limited(words, most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write beyond it fails, as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    return main([*words, "--workspace", sys.argv[1]])
for words, most in json.loads(sys.argv[2]):
    print(words[0], most, forked(lambda: limited(words, most)), flush=True)
"""


def test_a_full_disk_at_every_size(workspace, file, tmp_path):
    """No file may grow beyond a limit: of the scratch, of the copy, of a packed source, of what is written out."""
    notes = [os.urandom(1000).hex() for _ in range(400)]
    rows = "".join(f"{n},Demo,{n},2024-01-25,{note}\n" for n, note in enumerate(notes))
    path = file(HEADER.replace(b"\n", b",Notes\n") + rows.encode())
    size, out = workspace.data_file.stat().st_size, tmp_path / "out.csv"
    works = [(["import", str(path)], most) for most in (1 << 10, size // 2, size - 1)]
    works += [(["undo"], size // 2), (["read", str(path), "--out", str(out)], 1 << 19)]
    with unharmed(workspace):
        lines = in_children(_LIMITED, workspace.folder, json.dumps(works)).splitlines()
    assert lines == [f"{words[0]} {most} 2" for words, most in works]
    assert not out.exists() and not list(tmp_path.glob("*.part"))
    read(workspace, path)


_SPILLS = """
import resource
from data import limits
from data.engine import Engine
from data.errors import WorkspaceProblem
limits.LEAST_MEMORY = 1 << 20
os.environ |= {"SHIMUR_MEMORY": "32MiB", "SHIMUR_THREADS": "1"}
engine = Engine.in_memory({})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    engine.query("SELECT md5(range::VARCHAR) AS a FROM range(1500000) ORDER BY a LIMIT 1 OFFSET 1400000")
except WorkspaceProblem as problem:
    print(problem)
print(len(engine.query("FROM range(3)")))
"""


def test_a_full_disk_while_a_question_is_answered(workspace, tmp_path):
    """What does not fit into memory does not fit on the disk either: a sentence, and the next question is answered."""
    told, *rows = in_children(_SPILLS, TMPDIR=str(tmp_path)).splitlines()
    assert told.startswith(f"There is no room for temporary files in {tmp_path}")
    assert told.endswith("name a folder with more room in the setting TMPDIR, and try again.")
    assert rows == ["3"]


def test_a_device_that_is_full(workspace):
    status, told = command(workspace, "export-rejects", 1, "/dev/full")
    assert (status, told) == (2, "/dev/full cannot be written: No space left on device. Choose another place.")


_READ_ONLY = """
from pathlib import Path
from data import duplicates, mappings
folder, bare, file = map(Path, sys.argv[1:])
def powerless():
    with __import__("tempfile").TemporaryDirectory() as made:  # what is imported late is imported now
        load_files(Workspace(Path(made) / "w"), [(file, file.name)])
    if os.getuid() == 0:
        os.setgid(65534); os.setuid(65534)
    for words in (["import", str(file)], ["undo"], ["demo"], ["preview", str(file)], ["export-rejects", "1", str(folder / "x")]):
        print(main([*words, "--workspace", str(folder)]), flush=True)
    for locked in map(Workspace, (folder, bare)):
        print([step.number for step in locked.history()], locked.settings().currency, len(locked.rejects()), locked.is_empty,
              mappings.remembered(locked), duplicates.not_same(locked))
forked(powerless)
"""


def test_a_folder_that_may_only_be_read(workspace):
    """By another person, where it is root who tests: root may write anything. What only reads works, also without locks."""
    workspace.save_settings(Settings(currency="ILS"))
    duplicates.say_not_same(workspace, "a", "b")
    place = Path(tempfile.gettempdir()) / f"shimur-test-{os.getpid()}"
    place.mkdir(mode=0o755)
    (place / "deals.csv").write_bytes(DEALS)
    try:
        locked, bare = Workspace(place / "locked"), Workspace(place / "bare")
        shutil.copytree(workspace.folder, locked.folder)
        shutil.copytree(workspace.folder, bare.folder, ignore=shutil.ignore_patterns("*.lock"))
        folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
        with unharmed(locked), unharmed(bare):
            for folder in folders:
                folder.chmod(0o555)
            told = in_children(_READ_ONLY, locked.folder, bare.folder, place / "deals.csv").splitlines()
            for folder in folders:
                folder.chmod(0o755)
        assert told == ["2"] * 5 + ["[1, 2] ILS 0 False {} [('a', 'b')]"] * 2
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize(("setting", "hint"), [("SHIMUR_MEMORY", "512MB or 2GB"), ("SHIMUR_THREADS", "from 1 to 999")])
def test_a_setting_that_makes_no_sense_ends_in_one_sentence_and_status_2(workspace, file, monkeypatch, setting, hint):
    monkeypatch.setenv(setting, "lots")
    with unharmed(workspace):
        status, told = command(workspace, "import", file(DEALS))
    assert status == 2 and told.startswith(f"{setting} is 'lots', which is no ") and hint in told and "\n" not in told
