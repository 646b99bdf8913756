"""What the hostile tests share: a workspace with data, and whether anything happened to it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from data import kept
from data.__main__ import main
from data.errors import DataError
from data.importer import ImportReport, load_files
from data.store import Workspace
from tests.data.kit import balanced, tables
from ui.locale import Locale

ROOT = Path(__file__).parents[2]
HEADER = b"Deal ID,Stage,Amount,Created\n"
ROWS = b"1,Demo,5,2024-01-25\n2,Signed,7,2024-01-26\n"
DEALS = HEADER + ROWS


def state(workspace: Workspace) -> tuple[Any, ...]:
    """All that is in force: the pointer, every row, the history and the files that are kept."""
    current = (workspace.folder / "CURRENT").read_bytes()
    sources = sorted(path.name for path in kept.folder_of(workspace.folder).iterdir())
    return current, tables(workspace), workspace.history(), sources


def left_over(workspace: Workspace) -> list[str]:
    """Files of work that was not finished."""
    marks = ("preparing-*", "CURRENT-*", "sources/passing-*", "*.wal")
    return [path.name for mark in marks for path in workspace.folder.glob(mark)]


@contextmanager
def unharmed(workspace: Workspace) -> Iterator[None]:
    """Not a byte in the workspace changes, and nothing is left lying about in it."""
    before = files_of(workspace)
    yield
    assert files_of(workspace) == before
    assert (left := left_over(workspace)) == [], left


def files_of(workspace: Workspace) -> dict[str, str]:
    """Every file of the workspace, locks apart, with the hash of what is in it."""
    found = [path for path in workspace.folder.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in found}


def said(problem: DataError) -> str:
    """The problem as an English reader gets it; a Hebrew one must get one too, with the same names in it."""
    english = " ".join(Locale("en").say(part) for part in (problem.sentence, problem.hint))
    hebrew = " ".join(Locale("he").say(part) for part in (problem.sentence, problem.hint))
    for text in (english, hebrew):
        assert "{" not in text and len(text) < 1000, text
    for value in problem.sentence.values.values():
        if isinstance(value, str):
            assert Locale("he").name(value) in hebrew
    assert english.endswith(".") and "Traceback" not in english
    return english


def refused(workspace: Workspace, path: Path, says: str) -> None:
    """The file is refused in a sentence that names it, and nothing happens."""
    with unharmed(workspace), pytest.raises(DataError) as problem:
        load_files(workspace, [(path, path.name)])
    told = said(problem.value)
    assert says in told and path.name in told, told


def read(workspace: Workspace, path: Path, name: str | None = None) -> ImportReport:
    """The file is loaded with every row accounted for."""
    report = load_files(workspace, [(path, name or path.name)])
    assert all(balanced(file) for file in report.files)
    assert (left := left_over(workspace)) == [], left
    return report


def command(workspace: Workspace, *arguments: object) -> tuple[int, str]:
    """The status of a command, and the sentence on its standard error."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stderr", err)
        status = main([*map(str, arguments), "--workspace", str(workspace.folder)])
    return status, err.getvalue().strip().removesuffix(" The options for that are --table and --map.")


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


# A process in which everything is imported and no thread runs: it forks off one for each script, and that as many as it likes.
_PARENT = """
import json, os, signal, sys, tempfile, traceback
from data import history, kept, store
from data.__main__ import main
from data.importer import load_files
from data.store import Workspace

def forked(work):
    "The status of a child that did `work`: 0 to 255, or minus the signal that ended it."
    sys.stdout.flush(); sys.stderr.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 70
    try:
        status = work() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush(); sys.stderr.flush()
        os._exit(status)

def run(script, arguments, environment, out, err):
    for place, path in enumerate((out, err), 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), place)
    sys.argv, tempfile.tempdir = ["", *arguments], None
    os.environ |= environment
    exec(script, globals())

for line in sys.stdin:
    print(forked(lambda: run(*json.loads(line))), flush=True)
"""


class Parent:
    """Runs scripts in processes of their own without importing everything for each."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        self._process.communicate()

    def run(self, *asked: object) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


_parent = cache(Parent)


def in_children(script: str, *arguments: object, **environment: str) -> str:
    """What a script prints that can fork; its standard error must stay empty of tracebacks."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        status = _parent().run(script, [*map(str, arguments)], environment, str(out), str(err))
        assert status == 0 and "Traceback" not in err.read_text(), err.read_text()
        return out.read_text()


@contextmanager
def parent_gone() -> Iterator[None]:
    """Ends the process that scripts are run in, once it is not needed any more."""
    yield
    if _parent.cache_info().currsize:
        _parent().close()
    _parent.cache_clear()


def numbered(lines: Sequence[str]) -> bytes:
    """A file of deals, one a stage."""
    return HEADER + b"".join(f"{n},{line},{n},2024-01-25\n".encode() for n, line in enumerate(lines))
