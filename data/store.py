"""Where a workspace lives: one immutable DuckDB file a revision, CURRENT that names the one in force, and notes beside them.

    <workspace>/CURRENT              the name of the data file in force; replaced atomically
    <workspace>/data-000007.duckdb   one revision: the tables, the imports, the rows set aside
    <workspace>/notes.duckdb         what people write: settings; small transactions of its own

A change is made in a copy that nobody reads, and CURRENT moves to it at the end: a process killed at any moment leaves the
state before or the state after. Readers open files read-only, so commands and notebooks work while the app is open.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from filelock import FileLock
from platformdirs import user_data_path

from data import said, upgrade
from data.engine import Engine, connect, create_tables
from data.errors import WorkspaceProblem
from data.messages import say

# Older files make it possible to take imports back; each is a whole copy, so there is a limit.
KEPT_REVISIONS = 10
DEFAULT_NAME = "default"
# Windows keeps these names for devices, with any ending.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(10))}
_ABANDONED_AFTER = 24 * 3600


@dataclass(frozen=True)
class Settings:
    """What people decide for a whole workspace."""

    time_zone: str = "UTC"  # days, weeks and months are cut in it; times without an offset are read in it
    currency: str = ""  # the reporting currency; "" takes the data's own
    week_start: str = "sunday"
    fiscal_year_start: int = 1
    is_tour_seen: bool = False  # the first look around starts by itself once


@dataclass(frozen=True)
class ImportRecord:
    """One import: what came in, when, and whether it was taken back."""

    number: int
    revision: int
    at: datetime
    files: tuple[str, ...]
    rows_loaded: int
    undone: bool
    report: dict[str, Any]


def home() -> Path:
    """The folder that holds all workspaces."""
    chosen = os.environ.get("SHIMUR_HOME")
    return Path(chosen) if chosen else user_data_path("shimur", appauthor=False)


class Workspace:
    """One company's data, in one folder. Made on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def data_file(self) -> Path | None:
        """The data file in force, or None while nothing is loaded."""
        try:
            name = (self.folder / "CURRENT").read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return self.folder / name

    @property
    def revision(self) -> int:
        """Counts changes of data; 0 while nothing was ever loaded."""
        file = self.data_file
        return _revision_of(file) if file else 0

    @property
    def version(self) -> tuple[str, ...]:
        """What tells this state of the data from every other: part of every cache key.

        The time of writing is in it because a workspace can be deleted and made again under its name.
        """
        file = self.data_file
        if file is None:
            return (str(self.folder), "")
        return (str(self.folder), file.name, str(file.stat().st_mtime_ns))

    @property
    def is_empty(self) -> bool:
        file = self.data_file
        if file is None:
            return True
        engine = Engine.open(file)
        try:
            return engine.facts().get("is_empty", "true") == "true"
        finally:
            engine.close()

    def engine(self) -> Engine:
        """Open the data in force, for reading."""
        file = self.data_file
        if file is None or not file.exists():
            raise WorkspaceProblem(
                say("There is no data in {folder} yet.", folder=str(self.folder)),
                say("Import a file first, or load the made-up company."),
            )
        engine = Engine.open(file)
        if upgrade.is_current(engine):
            return engine
        engine.close()
        self._upgrade()
        assert self.data_file is not None
        return Engine.open(self.data_file)

    # Changing the data

    def _upgrade(self) -> None:
        """Put in force the same data as this version writes it, as a revision of its own."""
        settings = self.settings()
        with self._lock(), writing(self.folder):
            assert self.data_file is not None
            engine = Engine.open(self.data_file)
            is_done = upgrade.is_current(engine)  # another process may have come first
            engine.close()
            if is_done:
                return
            copy = self._copy_of(self.data_file)
            try:
                with connect(copy) as database:
                    upgrade.rework(database, settings.time_zone, settings.currency)
                    database.execute("CHECKPOINT")
                self._put_in_force(copy)
            finally:
                copy.unlink(missing_ok=True)

    def prepare_copy(self, *, afresh: bool = False) -> tuple[Path, int]:
        """Copy the data in force to a new file to be changed; returns it and the revision it was made from.

        `afresh` leaves the rows behind and keeps only what is known of the imports.
        """
        self._make()
        self._sweep()
        file = self.data_file
        with writing(self.folder):
            copy = self._copy_of(None if afresh else file)
            if afresh and file is not None:
                with connect(copy) as database:
                    _take_imports(database, file)
            return copy, _revision_of(file) if file else 0

    def _copy_of(self, file: Path | None) -> Path:
        """A new file with the data of `file`, or with empty tables."""
        copy = self.folder / f"preparing-{os.getpid()}-{uuid.uuid4().hex}.duckdb"
        try:
            if file is None:
                with connect(copy) as database:
                    _create_all(database)
            else:
                shutil.copyfile(file, copy)
                with connect(copy) as database:
                    upgrade.add_missing(database)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy

    def publish(self, copy: Path, base: int) -> bool:
        """Put a prepared copy in force. False, and nothing changed, when another change came first."""
        with self._lock(), writing(self.folder):
            if self.revision != base:
                return False
            self._put_in_force(copy)
            return True

    def undo(self, number: int | None = None) -> ImportRecord:
        """Take back the last import, or the one numbered, when it is the last: the data is as before it."""
        with self._lock():
            standing = [record for record in self.history() if not record.undone]
            if not standing:
                raise WorkspaceProblem(say("There is no import to take back."), say("Import a file first."))
            last = standing[-1]
            if number is not None and number not in [record.number for record in standing]:
                raise WorkspaceProblem(
                    say("There is no import {number} to take back.", number=str(number)),
                    say("The last one is import {last}.", last=str(last.number)),
                )
            if number is not None and number != last.number:
                raise WorkspaceProblem(
                    say("Import {number} is not the last one.", number=str(number)),
                    say("Take back import {last} first.", last=str(last.number)),
                )
            current = self.data_file
            assert current is not None
            with writing(self.folder):
                copy = self._copy_of(self._file_before(last))
                try:
                    with connect(copy) as database:
                        _take_imports(database, current)
                        database.execute("UPDATE imports SET undone = true WHERE number = ?", [last.number])
                        database.execute("CHECKPOINT")
                    self._put_in_force(copy)
                finally:
                    copy.unlink(missing_ok=True)
            return last

    def _file_before(self, record: ImportRecord) -> Path | None:
        name = record.report.get("before")
        if name is None:
            return None
        file = self.folder / str(name)
        if not file.exists():
            raise WorkspaceProblem(
                say(
                    "Import {number} is too old to take back: the data from before it is no longer kept.",
                    number=str(record.number),
                ),
                say("Load what is right again instead: rows with the same number are updated."),
            )
        return file

    def _put_in_force(self, copy: Path) -> None:
        revision = self.revision + 1
        # A file may lie there from a process killed between its two steps; CURRENT never named it.
        target = self.folder / f"data-{revision:06d}.duckdb"
        _flush(copy)
        os.replace(copy, target)
        pointer = self.folder / f"CURRENT-{uuid.uuid4().hex}"
        pointer.write_text(target.name, "utf-8")
        _flush(pointer)
        os.replace(pointer, self.folder / "CURRENT")
        _flush(self.folder)
        self._drop_old()

    def _drop_old(self) -> None:
        files = sorted(self.folder.glob("data-*.duckdb"))
        for file in files[:-KEPT_REVISIONS]:
            file.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for left in [*self.folder.glob("preparing-*"), *self.folder.glob("CURRENT-*")]:
            try:
                if time.time() - left.stat().st_mtime > _ABANDONED_AFTER or _is_dead(left.name):
                    left.unlink()
            except OSError:
                continue

    # What is known of the imports

    def history(self) -> list[ImportRecord]:
        """The imports, oldest first, those taken back too."""
        if self.data_file is None:
            return []
        rows = self._ask(
            'SELECT number, revision, "at", files, rows_loaded, undone, report FROM imports ORDER BY number'
        )
        return [
            ImportRecord(
                int(row.number), int(row.revision), row.at.to_pydatetime(), tuple(json.loads(row.files)),
                int(row.rows_loaded), bool(row.undone), json.loads(row.report),
            )
            for row in rows.itertuples()
        ]  # fmt: skip

    def rejects(self, number: int | None = None, limit: int | None = None) -> pd.DataFrame:
        """The rows and cells set aside: import, file, line, column, value, reason (a dumped Message), row (JSON), is_row."""
        where = "" if number is None else f"WHERE import = {int(number)}"
        most = "" if limit is None else f"LIMIT {int(limit)}"
        return self._ask(f'SELECT * FROM rejects {where} ORDER BY import, file, line, "column" {most}')

    def _ask(self, sql: str) -> pd.DataFrame:
        engine = self.engine()
        try:
            return engine.query(sql)
        finally:
            engine.close()

    # What people write

    def settings(self) -> Settings:
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return Settings()
        with self._lock("notes"), connect(notes, read_only=True) as database:
            kept = dict(database.execute("SELECT name, value FROM settings").fetchall())
        return Settings(
            **{field.name: json.loads(kept[field.name]) for field in fields(Settings) if field.name in kept}
        )

    @property
    def notes_stamp(self) -> tuple[str, ...]:
        """What tells this state of the settings from every other."""
        notes = self.folder / "notes.duckdb"
        try:
            found = notes.stat()
        except FileNotFoundError:
            return (str(self.folder), "")
        return (str(self.folder), str(found.st_mtime_ns), str(found.st_size))

    def save_settings(self, settings: Settings) -> None:
        self._make()
        with writing(self.folder), self._lock("notes"), connect(self.folder / "notes.duckdb") as database:
            database.execute("CREATE TABLE IF NOT EXISTS settings (name VARCHAR PRIMARY KEY, value VARCHAR)")
            database.executemany(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)",
                [[name, json.dumps(value)] for name, value in asdict(settings).items()],
            )

    # Files

    def _make(self) -> None:
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def _lock(self, name: str = "data") -> Iterator[None]:
        self._make()
        with writing(self.folder):
            lock = FileLock(self.folder / f".{name}.lock")
            lock.acquire(timeout=60)
        try:
            yield
        finally:
            lock.release()


def _create_all(database: duckdb.DuckDBPyConnection) -> None:
    """The canonical tables, and beside them what the files said: `deals` and `stage_entries` are made from that."""
    create_tables(database)
    said.create(database)
    database.execute(
        """CREATE TABLE imports (number INTEGER, revision INTEGER, "at" TIMESTAMP, files VARCHAR, rows_loaded BIGINT, undone BOOLEAN, report VARCHAR);
           CREATE TABLE rejects (import INTEGER, file VARCHAR, line BIGINT, "column" VARCHAR, value VARCHAR, reason VARCHAR, row VARCHAR, is_row BOOLEAN);
           CREATE TABLE loaded_leads AS FROM leads"""
    )


def _take_imports(database: duckdb.DuckDBPyConnection, source: Path) -> None:
    """What is known of the imports is as in `source`, whatever else is not."""
    database.execute(f"ATTACH '{_text(source)}' AS current (READ_ONLY)")
    database.execute("DELETE FROM imports; INSERT INTO imports SELECT * FROM current.imports")
    database.execute("DETACH current")


def _revision_of(file: Path) -> int:
    match = re.fullmatch(r"data-(\d+)\.duckdb", file.name)
    assert match, file
    return int(match[1])


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def _flush(path: Path) -> None:
    """Make what was written outlast a power cut, where the system can."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_dead(name: str) -> bool:
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


# Named workspaces of one person


def workspaces() -> list[str]:
    """The names of the workspaces there are, the one in use included."""
    folder = home() / "workspaces"
    found = (
        [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        if folder.exists()
        else []
    )
    return sorted({*found, current()}, key=str.casefold)


def current() -> str:
    """The name of the workspace that the app and the commands use."""
    try:
        return (home() / "CURRENT").read_text("utf-8").strip() or DEFAULT_NAME
    except FileNotFoundError:
        return DEFAULT_NAME


def default_workspace() -> Path:
    """The folder of the workspace in use."""
    return home() / "workspaces" / current()


def switch(name: str) -> None:
    """Use the workspace called `name` from now on."""
    _folder_of(name)
    with writing(home()):
        home().mkdir(parents=True, exist_ok=True)
        pointer = home() / f"CURRENT-{uuid.uuid4().hex}"
        pointer.write_text(name, "utf-8")
        os.replace(pointer, home() / "CURRENT")


def create(name: str) -> Workspace:
    """Make an empty workspace."""
    folder = _free_folder(name)
    with writing(folder):
        folder.mkdir(parents=True)
    return Workspace(folder)


def copy(name: str, new: str) -> Workspace:
    """Make a workspace with the same data and notes as another; earlier revisions stay behind."""
    source, target = Workspace(_folder_of(name)), _free_folder(new)
    if not source.folder.exists():
        raise WorkspaceProblem(say("There is no workspace called {name}.", name=name), say("Choose one that there is."))
    passing = target.with_name(f".{uuid.uuid4().hex}")
    with writing(target), source._lock():
        passing.mkdir(parents=True)
        file, notes = source.data_file, source.folder / "notes.duckdb"
        if file is not None and file.exists():
            shutil.copyfile(file, passing / file.name)
            (passing / "CURRENT").write_text(file.name, "utf-8")
        if notes.exists():
            with source._lock("notes"):
                shutil.copyfile(notes, passing / notes.name)
        os.replace(passing, target)
    return Workspace(target)


def delete(name: str) -> None:
    """Remove a workspace and all that is in it."""
    folder = _folder_of(name)
    if folder.exists():
        # Renamed first: what is half deleted must not be taken for a workspace.
        going = folder.with_name(f".{uuid.uuid4().hex}")
        with writing(folder):
            os.replace(folder, going)
        shutil.rmtree(going, ignore_errors=True)
    if name == current():
        left = [other for other in workspaces() if other != name]
        switch(left[0] if left else DEFAULT_NAME)


def _folder_of(name: str) -> Path:
    plain = re.fullmatch(r"[\w֐-׿][\w֐-׿ .&'-]{0,59}", name) and not name.endswith((".", " "))
    if not plain or name.split(".")[0].strip().upper() in _DEVICES:
        raise WorkspaceProblem(
            say("{name} cannot be the name of a workspace.", name=repr(name)),
            say("Use up to 60 letters, digits, spaces and hyphens, and start with a letter or a digit."),
        )
    return home() / "workspaces" / name


def _free_folder(name: str) -> Path:
    folder = _folder_of(name)
    if folder.exists():
        raise WorkspaceProblem(
            say("There is a workspace called {name} already.", name=name), say("Choose another name.")
        )
    return folder
