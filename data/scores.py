"""What models say of each customer, kept beside the data: `<workspace>/scores/`, Parquet, one set a state of the data and settings.

A set has a name that metrics know, `scores_<12 hex digits>`, and may have parts, `scores_<12 hex digits>_<part>`; a query that
names one reads it as a table. Everything there follows from the data and can be deleted.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from contextlib import suppress
from pathlib import Path

FOLDER = "scores"
NAME = re.compile(r"\bscores_[0-9a-f]{12}(?:_[a-z]+)?\b")
# Each is small beside the data; older ones are made again when they are asked for.
KEPT_SETS = 24


def name_of(*stands_on: object) -> str:
    """The name of the scores that stand on these."""
    return f"scores_{hashlib.sha256(repr(stands_on).encode()).hexdigest()[:12]}"


def folder_of(data_file: Path) -> Path:
    """Where the scores of the workspace of a data file lie."""
    return data_file.parent / FOLDER


def file_of(data_file: Path, name: str) -> Path:
    """Where a set, or a part of one, lies for one state of the data."""
    state = f"{data_file.stem}-{data_file.stat().st_mtime_ns:x}"
    return folder_of(data_file) / f"{state}-{name}.parquet"


def named_in(sql: str) -> set[str]:
    """The sets and parts that a query reads."""
    return set(NAME.findall(sql))


def sweep(data_file: Path) -> None:
    """Keep the files written last."""
    with suppress(OSError):
        files = sorted(folder_of(data_file).glob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)
        for file in files[:-KEPT_SETS]:
            file.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove all scores of a workspace."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
