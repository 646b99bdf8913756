"""Files written whole or not at all: flushed before they count, and a sentence where the disk refuses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from data.errors import WorkspaceProblem
from data.messages import say


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
    """Whether the process that made this file is gone. Windows cannot be asked without harm."""
    match = re.match(r"preparing-(\d+)-", name)
    if not match or os.name == "nt":
        return False
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in a sentence when the disk refuses, which is nobody's bug."""
    try:
        yield
    except (OSError, duckdb.IOException) as problem:
        why = getattr(problem, "strerror", None) or str(problem).splitlines()[0]
        raise WorkspaceProblem(
            say("The folder {folder} cannot be written: {problem}.", folder=str(folder), problem=why),
            say("Choose another folder, or make room there."),
        ) from problem
