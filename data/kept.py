"""The files that imports were made of, kept so that an import can be made again: each content once, by its hash, compressed.

<workspace>/sources/<sha256 of the file as it came>.zst
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event

import pyarrow as pa

from data.errors import WorkspaceProblem
from data.files import flush
from data.messages import say

_CHUNK = 1 << 20
_ENDING = ".zst"


def folder_of(workspace: Path) -> Path:
    """Where a workspace keeps them."""
    return workspace / "sources"


def pack(path: Path, packed: Path, stopped: Event | None = None) -> str:
    """Hash a file and write it compressed to `packed`, in one pass; returns the hash, of a part only once it is `stopped`."""
    digest = hashlib.sha256()
    with path.open("rb") as source, pa.output_stream(str(packed), compression="zstd") as out:
        while (chunk := source.read(_CHUNK)) and not (stopped and stopped.is_set()):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def put(workspace: Path, packed: Mapping[str, Path]) -> None:
    """Keep packed files, by their hashes, so that they outlast a power cut."""
    sources = folder_of(workspace)
    new = {digest: path for digest, path in packed.items() if not (sources / f"{digest}{_ENDING}").exists()}
    if not new:
        return
    sources.mkdir(exist_ok=True)
    for digest, path in new.items():
        passing = sources / f"passing-{uuid.uuid4().hex}"
        try:
            shutil.copyfile(path, passing)
            flush(passing)
            os.replace(passing, sources / f"{digest}{_ENDING}")
        finally:
            passing.unlink(missing_ok=True)
    flush(sources)


def restore(workspace: Path, digest: str, path: Path, name: str) -> None:
    """Write the file that was kept, called `name`, to `path`. Raises WorkspaceProblem when it is gone or damaged."""
    found = hashlib.sha256()
    try:
        source = pa.input_stream(str(folder_of(workspace) / f"{digest}{_ENDING}"), compression="zstd")
        with source, path.open("wb") as out:
            while chunk := source.read(_CHUNK):
                found.update(chunk)
                out.write(chunk)
    except FileNotFoundError:
        pass
    except OSError as problem:
        if problem.errno is not None and path.exists():  # the disk, and not what is in the file
            raise
    if found.hexdigest() != digest:
        raise WorkspaceProblem(
            say("{name} is not kept in the workspace any more, or it is damaged.", name=name),
            say("Load what is right again instead: rows with the same number are updated."),
        )


def sweep(workspace: Path, standing: Iterable[str]) -> None:
    """Remove all but the files with these hashes. Only for who holds the lock of the workspace's data."""
    names = {f"{digest}{_ENDING}" for digest in standing}
    sources = folder_of(workspace)
    for file in sources.iterdir() if sources.is_dir() else ():
        if file.name not in names:
            with suppress(OSError):  # in use on Windows: the next sweep takes it
                file.unlink()


def copy(workspace: Path, target: Path) -> None:
    """Keep in another workspace what this one keeps."""
    if folder_of(workspace).is_dir():
        shutil.copytree(folder_of(workspace), folder_of(target))
