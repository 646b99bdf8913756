"""How much of the machine databases may take; the environment says it, and every connection of the process keeps to it.

SHIMUR_MEMORY    memory, like 512MB or 2GB: what all data files open for reading may take together, and an import by itself
SHIMUR_THREADS   threads of a database, 1 or more; as many as there are cores where it says nothing

What needs more memory goes to a folder for temporary files, of this process alone and gone with it. It is where the system keeps such
files (TMPDIR), so never among the workspaces, and at most three quarters of what is free there when it is made.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import duckdb

from data.errors import RequestProblem, WorkspaceProblem
from data.files import is_gone
from data.messages import say

MEMORY, THREADS = "SHIMUR_MEMORY", "SHIMUR_THREADS"
# A laptop's share.
DEFAULT_MEMORY = "2GB"
# With less DuckDB refuses to sort what it could sort on disk.
LEAST_MEMORY = 128 << 20
_PREFIX, _DAY = "shimur-spilled-", 86_400
_UNITS = {"MB": 10**6, "MIB": 1 << 20, "GB": 10**9, "GIB": 1 << 30, "TB": 10**12, "TIB": 1 << 40}


def memory() -> int:
    """The bytes a database may take. Raises RequestProblem where the setting is no amount of memory, or too little."""
    given = os.environ.get(MEMORY) or DEFAULT_MEMORY
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?([MGT]I?B)", given.strip().upper())
    found = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if found < LEAST_MEMORY:
        raise RequestProblem(
            say("{setting} is {given}, which is no amount of memory to work with.", setting=MEMORY, given=repr(given)),
            say("Write it like 512MB or 2GB, at least 128MiB, or leave it out for {default}.", default=DEFAULT_MEMORY),
        )
    return found


def share(readers: int) -> int:
    """The bytes that each of so many data files open for reading may take."""
    return max(memory() // max(readers, 1), LEAST_MEMORY)


@contextmanager
def at_most(database: duckdb.DuckDBPyConnection, amount: int) -> Iterator[None]:
    """Let a database take no more than so many bytes for a while."""
    database.execute(f"SET memory_limit = '{min(amount, memory())}B'")
    try:
        yield
    finally:
        database.execute(f"SET memory_limit = '{memory()}B'")


def threads() -> int | None:
    """The threads of a database; None for as many as there are cores. Raises RequestProblem where the setting is no such number."""
    given = os.environ.get(THREADS, "").strip()
    if given and not re.fullmatch(r"[1-9]\d{0,2}", given):
        raise RequestProblem(
            say("{setting} is {given}, which is no number of threads.", setting=THREADS, given=repr(given)),
            say("Write a whole number from 1 to 999, or leave it out for one a core."),
        )
    return int(given) if given else None


def check() -> None:
    """Raises RequestProblem where a setting makes no sense: better when the process starts than at the first question."""
    memory()
    threads()


def settings(folder: Path | None = None) -> dict[str, str]:
    """What DuckDB is told when it opens a database; what does not fit into memory goes to `folder`, or to the one of the process."""
    at_most = threads()
    return {
        "memory_limit": f"{memory()}B",
        "temp_directory": str(folder or spilled()),
        "max_temp_directory_size": f"{_room()}B",
        **({} if at_most is None else {"threads": str(at_most)}),
    }


def all_threads() -> str:
    """The SQL that gives a database all the threads it may have."""
    at_most = threads()
    return "RESET threads" if at_most is None else f"SET threads = {at_most}"


@lru_cache(maxsize=1)
def spilled() -> Path:
    """The folder of this process for what does not fit into memory."""
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _sweep(folder: Path) -> None:
    """Drop what processes that were killed left. One of another container may seem dead: only what is a day old."""
    for left in folder.glob("shimur-*-*-*"):  # of an import too
        # Somebody else's folder may be called like ours, with a word where ours have the process.
        with suppress(OSError, ValueError):
            if is_gone(int(left.name.split("-")[2])) and time.time() - left.stat().st_mtime > _DAY:
                shutil.rmtree(left, ignore_errors=True)


@lru_cache(maxsize=1)
def _room() -> int:
    """Bytes. Asked once: every connection to a file in one process must have the same settings."""
    return shutil.disk_usage(tempfile.gettempdir()).free * 3 // 4


@contextmanager
def kept() -> Iterator[None]:
    """Say in a sentence when the work within needs more than there is, which is nobody's bug."""
    try:
        yield
    except duckdb.OutOfMemoryException as problem:
        raise WorkspaceProblem(
            say("This needs more than the {memory} of memory that {setting} allows, and more than the disk has room for in {folder}.",
                memory=os.environ.get(MEMORY) or DEFAULT_MEMORY, setting=MEMORY, folder=tempfile.gettempdir()),
            say("Make room there, or allow more memory."),
        ) from problem  # fmt: skip
