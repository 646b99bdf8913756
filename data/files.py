"""Files written whole or not at all: flushed before they count, and a sentence where the disk refuses."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import Timeout

from data.errors import WorkspaceProblem
from data.messages import say

_REFUSAL = re.compile(r"could not (?:write|truncate|sync|fsync) |no space left on device", re.IGNORECASE)
_DAMAGE = re.compile(r"corrupt database|not a valid DuckDB|could not read enough bytes", re.IGNORECASE)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PATH = re.compile(r'"((?:/|[A-Za-z]:\\)[^"]+)"')  # as DuckDB names the file that it could not write


def flush(path: Path) -> None:
    """Make what was written outlast a power cut, where the system can."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop(database: Path) -> None:
    """Remove a DuckDB file, with what it left beside it."""
    for left in (database, database.with_name(f"{database.name}.wal")):
        left.unlink(missing_ok=True)


def is_dead(name: str) -> bool:
    """Whether the process that made this file is gone."""
    match = re.match(r"(?:preparing|CURRENT)-(\d+)-", name)
    return match is not None and is_gone(int(match[1]))


def is_gone(process: int) -> bool:
    """Whether no process has this number. Windows cannot be asked without harm."""
    if os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def undamaged() -> Iterator[None]:
    """Say in a sentence when a data file is not as it was written: DuckDB notices where it reads the place."""
    try:
        yield
    except duckdb.Error as problem:
        if not _DAMAGE.search(str(problem)):
            raise
        raise WorkspaceProblem(
            say("The data of this workspace is damaged: {problem}.", problem=_why(problem)),
            say("Take back the last import, or put the workspace's folder back from a backup."),
        ) from problem


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in a sentence when the disk refuses, which is nobody's bug."""
    try:
        with undamaged():
            yield
    except Timeout as problem:
        raise WorkspaceProblem(
            say("Another import has been writing to the folder {folder} for a while.", folder=str(folder)),
            say("Wait until it is done, and try again."),
        ) from problem
    except (OSError, duckdb.Error) as problem:
        if not _refuses(problem):
            raise
        raise WorkspaceProblem(
            say(
                "The folder {folder} cannot be written: {problem}.",
                folder=_refusing(problem, folder),
                problem=_why(problem),
            ),
            say("Choose another folder, or make room there."),
        ) from problem


@contextmanager
def scratching() -> Iterator[None]:
    """The same for files that are temporary: the way out is another one."""
    try:
        with undamaged():
            yield
    except (OSError, duckdb.Error) as problem:
        if not _refuses(problem):
            raise
        raise _no_room(problem) from problem


@contextmanager
def spilling() -> Iterator[None]:
    """The same where nothing is written but what does not fit into memory: other trouble of the disk is not about room."""
    try:
        with undamaged():
            yield
    except duckdb.Error as problem:
        if not _REFUSAL.search(str(problem)):
            raise
        raise _no_room(problem) from problem


def _no_room(problem: Exception) -> WorkspaceProblem:
    folder = _refusing(problem, Path(tempfile.gettempdir()))
    return WorkspaceProblem(
        say("There is no room for temporary files in {folder}: {problem}.", folder=folder, problem=_why(problem)),
        say("Make room there, or name a folder with more room in the setting TMPDIR, and try again."),
    )


def _refuses(problem: Exception) -> bool:
    """Whether it is the disk that says no. DuckDB says so in other ways too where it was about to commit."""
    return isinstance(problem, (OSError, duckdb.IOException)) or _REFUSAL.search(str(problem)) is not None


def _refusing(problem: Exception, folder: Path) -> str:
    """The folder of the file that was refused; `folder` where the problem names none, or one in there."""
    named = _PATH.search(str(problem))
    place = Path(named[1]).parent if named else folder
    return str(folder if place.is_relative_to(folder) else place)


def _why(problem: Exception) -> str:
    return (getattr(problem, "strerror", None) or str(problem).splitlines()[0]).rstrip(".")
