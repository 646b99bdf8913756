"""Where a workspace lives: one immutable DuckDB file a revision, CURRENT that names the one in force, and notes beside them.

    <workspace>/CURRENT              the name of the data file in force; replaced atomically
    <workspace>/data-000007.duckdb   one revision: the tables, the imports, the rows set aside
    <workspace>/scores/              what models say of each customer (data/scores.py); can be deleted, is made again
    <workspace>/sources/             the files that imports were made of (data/kept.py)
    <workspace>/notes.duckdb         what people write: settings, mappings, marked days; small transactions of its own

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from filelock import FileLock, Timeout

from data import history, kept, loop_notes, mark_notes, merged, remake, said, scenario_notes, theme_notes, upgrade
from data.customer_settings import CustomerSettings
from data.database import connect, create_tables, opened, quoted
from data.errors import WorkspaceProblem
from data.facts import fact
from data.files import drop, flush, is_dead, writing
from data.history import ImportRecord, Progress
from data.loop_cases import LoopCase, LoopCases
from data.marks import Mark
from data.messages import Message, say
from data.scenarios import SavedScenario
from data.sql import columns_of
from data.survey_settings import SurveySettings
from data.theme_list import STARTER, Theme

if TYPE_CHECKING:
    import pandas as pd

    from data.engine import Engine

__all__ = ["ImportRecord", "Settings", "Workspace", "writing"]

# Older files make it possible to take imports back; each is a whole copy, so there is a limit.
KEPT_REVISIONS = 10
_ABANDONED_AFTER = 24 * 3600
PATIENCE = 60  # seconds for another process to finish its writing
_DATA_FILE = re.compile(r"data-(\d{6,})\.duckdb")


@dataclass(frozen=True)
class Settings:
    """What people decide for a whole workspace."""

    time_zone: str = "UTC"  # days, weeks and months are cut in it; times without an offset are read in it
    currency: str = ""  # the reporting currency; "" takes the data's own
    week_start: str = "sunday"
    fiscal_year_start: int = 1
    is_tour_seen: bool = False  # the first look around starts by itself once
    calendar: str = "every_day"  # which days a duration counts: one of `data.calendars.CALENDARS`


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
            with (self.folder / "CURRENT").open("rb") as pointer:
                name = pointer.read(100).decode("utf-8", "replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            # A first import that was killed leaves its file and no CURRENT; more files had one.
            if any(_revision_of(file) > 1 for file in self._data_files()):
                raise self._lost() from None
            return None
        except OSError as problem:
            raise self._lost() from problem
        file = self.folder / name
        if not _DATA_FILE.fullmatch(name) or not file.is_file():
            raise self._lost()
        return file

    def _data_files(self) -> list[Path]:
        """The data files that are there, the newest last."""
        return sorted((f for f in self.folder.glob("data-*") if _DATA_FILE.fullmatch(f.name)), key=_revision_of)

    def _lost(self) -> WorkspaceProblem:
        """What to say where CURRENT is damaged: it names the data file in force, and nobody else may choose one."""
        return WorkspaceProblem(
            say("The file CURRENT in {folder} does not name a data file that is there.", folder=str(self.folder)),
            _way_back(self._data_files()),
        )

    def check(self, within: duckdb.DuckDBPyConnection | None = None) -> None:
        """Raises WorkspaceProblem where the data in force cannot be opened."""
        if file := self.data_file:
            with self._opening(file), opened(file, within, read_only=True):
                pass

    @contextmanager
    def _opening(self, file: Path) -> Iterator[None]:
        try:
            yield
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as problem:
            earlier = [other for other in self._data_files() if _revision_of(other) < _revision_of(file)]
            raise WorkspaceProblem(
                say("{name} in {folder} cannot be opened: it is damaged, or made by a later version of Shimur.",
                    name=file.name, folder=str(self.folder)),
                _way_back(earlier),
            ) from problem  # fmt: skip

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
        with self._opening(file), opened(file, read_only=True) as database:
            return fact(database, "is_empty") != "false"

    def engine(self) -> Engine:
        """Open the data in force, for reading."""
        from data.engine import Engine  # an import asks nothing, and starts sooner without what questions are made of

        file = self.data_file
        if file is None:
            raise WorkspaceProblem(
                say("There is no data in {folder} yet.", folder=str(self.folder)),
                say("Import a file first, or load the made-up company."),
            )
        with self._opening(file):
            engine = Engine.open(file)
            if upgrade.is_current(engine.columns):
                return engine
        engine.close()
        self._upgrade()
        assert self.data_file is not None
        return Engine.open(self.data_file)

    # Changing the data: `within` is a connection that files can be opened in, so that none has to be made for it

    def _upgrade(self) -> None:
        """Put in force the same data as this version writes it, as a revision of its own."""
        settings = self.settings()
        with self.lock(), writing(self.folder):
            assert self.data_file is not None
            if _is_current(self.data_file):  # another process came first
                return
            copy = self._copy_of(self.data_file)
            try:
                with connect(copy) as database:
                    remake.rework(database, settings.time_zone, settings.currency)
                    database.execute("CHECKPOINT")
                self._put_in_force(copy)
            finally:
                drop(copy)

    def prepare_copy(
        self, *, afresh: bool = False, within: duckdb.DuckDBPyConnection | None = None
    ) -> tuple[Path, int]:
        """Copy the data in force to a new file to be changed; returns it and the revision it was made from.

        `afresh` leaves the rows behind and keeps only what is known of the imports.
        """
        self._make()
        self._sweep()
        file = self.data_file
        with writing(self.folder):
            copy = self._copy_of(None if afresh else file, within)
            if afresh and file is not None:
                with opened(copy, within) as database:
                    history.take_over(database, file)
            return copy, _revision_of(file) if file else 0

    def empty(self, copy: Path) -> None:
        """Leave in a copy only what is known of the imports."""
        fresh = self._copy_of(None)
        try:
            with connect(fresh) as database:
                history.take_over(database, copy)
            os.replace(fresh, copy)
        finally:
            drop(fresh)

    def copy_of(self, file: Path | None, within: duckdb.DuckDBPyConnection | None = None) -> Path:
        """A new file, to be changed, with the data of an earlier one as this version writes it, or with empty tables."""
        with writing(self.folder):
            is_old = file is not None and not _is_current(file, within)
            copy = self._copy_of(file, within)
            if is_old:
                settings = self.settings()
                with connect(copy) as database:
                    remake.rework(database, settings.time_zone, settings.currency)
            return copy

    def _copy_of(self, file: Path | None, within: duckdb.DuckDBPyConnection | None = None) -> Path:
        """A new file with the data of `file`, with what it lacks added empty, or with empty tables."""
        copy = self.folder / f"preparing-{os.getpid()}-{uuid.uuid4().hex}.duckdb"
        try:
            if file is None:
                with opened(copy, within) as database:
                    _create_all(database)
            else:
                shutil.copyfile(file, copy)
                with opened(copy, within) as database:
                    upgrade.add_missing(database)
        except BaseException:
            drop(copy)
            raise
        return copy

    def publish(
        self,
        copy: Path,
        base: int,
        sources: Mapping[str, Path] | None = None,
        within: duckdb.DuckDBPyConnection | None = None,
    ) -> bool:
        """Put a prepared copy in force, once the packed `sources` it was made of are kept, by their hashes.

        False, and nothing changed, when another change came first.
        """
        with self.lock(), writing(self.folder):
            if self.revision != base:
                return False
            kept.put(self.folder, sources or {})
            self._put_in_force(copy)
            with suppress(OSError, duckdb.Error):  # the import is in: what is left behind, the next one sweeps
                kept.sweep(self.folder, self._digests(within))
            return True

    def _digests(self, within: duckdb.DuckDBPyConnection | None) -> set[str]:
        """The hashes of the files that what stands was made of."""
        assert self.data_file is not None
        with opened(self.data_file, within, read_only=True) as database:
            rows = database.execute("SELECT digests FROM imports WHERE NOT undone AND digests IS NOT NULL").fetchall()
        return {digest for (digests,) in rows for digest in json.loads(digests)}

    def undo(self, number: int | None = None, progress: Progress | None = None) -> ImportRecord:
        """Take back an import, the last one where no number is given: the data is as if it had never been loaded."""
        return history.take_back(self, number, progress)

    def _put_in_force(self, copy: Path) -> None:
        revision = self.revision + 1
        # A file may lie there from a process killed between its two steps; CURRENT never named it.
        target = self.folder / f"data-{revision:06d}.duckdb"
        flush(copy)
        os.replace(copy, target)
        pointer = self.folder / f"CURRENT-{os.getpid()}-{uuid.uuid4().hex}"
        pointer.write_text(target.name, "utf-8")
        flush(pointer)
        os.replace(pointer, self.folder / "CURRENT")
        with suppress(OSError):  # from here on it is in force, whatever becomes of the rest
            flush(self.folder)
        self._drop_old()

    def _drop_old(self) -> None:
        for file in self._data_files()[:-KEPT_REVISIONS]:
            with suppress(OSError):  # in use on Windows: the next import drops it
                file.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for left in [*self.folder.glob("preparing-*"), *self.folder.glob("CURRENT-*")]:
            try:
                if time.time() - left.stat().st_mtime > _ABANDONED_AFTER or is_dead(left.name):
                    left.unlink()
            except OSError:
                continue

    # What is known of the imports

    def history(self) -> list[ImportRecord]:
        """The imports, oldest first, those taken back too."""
        if self.data_file is None:
            return []
        engine = self.engine()
        try:
            return history.read(engine)
        finally:
            engine.close()

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
        with self.reading_notes(notes) as database:
            is_there = columns_of(database, "settings")
            said = dict(database.execute("SELECT name, value FROM settings").fetchall()) if is_there else {}
        return Settings(
            **{field.name: json.loads(said[field.name]) for field in fields(Settings) if field.name in said}
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
        with self.notes() as database:
            database.execute("CREATE TABLE IF NOT EXISTS settings (name VARCHAR PRIMARY KEY, value VARCHAR)")
            database.executemany(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)",
                [[name, json.dumps(value)] for name, value in asdict(settings).items()],
            )

    def customer_settings(self) -> CustomerSettings:
        """What people decided about customers."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return CustomerSettings()
        with self.reading_notes(notes) as database:
            is_there = columns_of(database, "customer_settings")
            said = dict(database.execute("SELECT name, value FROM customer_settings").fetchall()) if is_there else {}
        return CustomerSettings(
            **{field.name: json.loads(said[field.name]) for field in fields(CustomerSettings) if field.name in said}
        )

    def save_customer_settings(self, settings: CustomerSettings) -> None:
        with self.notes() as database:
            database.execute("CREATE TABLE IF NOT EXISTS customer_settings (name VARCHAR PRIMARY KEY, value VARCHAR)")
            database.executemany(
                "INSERT OR REPLACE INTO customer_settings VALUES (?, ?)",
                [[name, json.dumps(value)] for name, value in settings.written().items()],
            )

    def survey_settings(self) -> SurveySettings:
        """What people decided about surveys."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return SurveySettings()
        with self.reading_notes(notes) as database:
            is_there = columns_of(database, "survey_settings")
            said = dict(database.execute("SELECT name, value FROM survey_settings").fetchall()) if is_there else {}
        return SurveySettings(
            **{field.name: json.loads(said[field.name]) for field in fields(SurveySettings) if field.name in said}
        )

    def keep_survey_settings(self, settings: SurveySettings) -> None:
        with self.notes() as database:
            database.execute("CREATE TABLE IF NOT EXISTS survey_settings (name VARCHAR PRIMARY KEY, value VARCHAR)")
            database.executemany(
                "INSERT OR REPLACE INTO survey_settings VALUES (?, ?)",
                [[name, json.dumps(value)] for name, value in settings.written().items()],
            )

    def loop_cases(self) -> LoopCases:
        """What was noted of the answers that need one back."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return LoopCases()
        with self.reading_notes(notes) as database:
            return loop_notes.read(database)

    def keep_loop_cases(self, cases: Sequence[LoopCase]) -> None:
        """Keep what is noted of these cases, all of them or none."""
        with self.notes() as database:
            loop_notes.keep(database, cases)

    def marks(self) -> list[Mark]:
        """The days that people marked, the earliest first."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return []
        with self.reading_notes(notes) as database:
            return mark_notes.read(database)

    def add_mark(self, on: date, name: str) -> Mark:
        """Mark a day; raises RequestProblem for a mark that cannot be kept."""
        with self.notes() as database:
            return mark_notes.add(database, on, name)

    def remove_mark(self, mark: Mark) -> None:
        with self.notes() as database:
            mark_notes.remove(database, mark)

    def scenarios(self) -> list[SavedScenario]:
        """The scenarios that are kept, the one saved last first."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return []
        with self.reading_notes(notes) as database:
            return scenario_notes.read(database)

    def save_scenario(self, scenario: SavedScenario, *, replacing: bool = False) -> SavedScenario:
        """Keep a scenario; raises RequestProblem for one that cannot be kept, or whose name is taken unless it is `replacing`."""
        with self.notes() as database:
            return scenario_notes.save(database, scenario, replacing=replacing)

    def rename_scenario(self, name: str, to: str) -> SavedScenario:
        with self.notes() as database:
            return scenario_notes.rename(database, name, to)

    def duplicate_scenario(self, name: str, on: date) -> SavedScenario:
        """Keep a copy as "Name (2)", saved on this day."""
        with self.notes() as database:
            return scenario_notes.duplicate(database, name, on)

    def remove_scenario(self, name: str) -> None:
        with self.notes() as database:
            scenario_notes.remove(database, name)

    def themes(self) -> tuple[Theme, ...]:
        """What survey comments are listened for: the list that people made, else the one everybody starts with."""
        notes = self.folder / "notes.duckdb"
        if not notes.exists():
            return STARTER
        with self.reading_notes(notes) as database:
            found = theme_notes.read(database)
        return STARTER if found is None else found

    def save_themes(self, themes: Sequence[Theme]) -> tuple[Theme, ...]:
        """Keep these themes instead of those before; raises RequestProblem for what cannot be kept."""
        with self.notes() as database:
            return theme_notes.save(database, themes)

    def forget_themes(self) -> None:
        """Back to the list that everybody starts with."""
        with self.notes() as database:
            theme_notes.forget(database)

    @contextmanager
    def notes(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database of what people write, for a small transaction."""
        self._make()
        notes = self.folder / "notes.duckdb"
        if notes.exists():
            with self.reading_notes(notes):
                pass
        with writing(self.folder), self.lock("notes"), connect(notes) as database:
            yield database

    @contextmanager
    def reading_notes(self, notes: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The same for looking only. Raises WorkspaceProblem where it cannot be opened."""
        with self._may_lock("notes"):
            try:
                database = connect(notes, read_only=True)
            except (duckdb.IOException, duckdb.SerializationException, duckdb.InvalidInputException) as problem:
                raise WorkspaceProblem(
                    say("{name} in {folder} cannot be opened: it is damaged, or made by a later version of Shimur.",
                        name=notes.name, folder=str(self.folder)),
                    say("Move it to another folder: the data stays, and only settings and saved ways of reading files have to be chosen again."),
                ) from problem  # fmt: skip
            with database:
                yield database

    # Files

    def _make(self) -> None:
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def lock(self, name: str = "data") -> Iterator[None]:
        self._make()
        with writing(self.folder):
            lock = FileLock(self.folder / f".{name}.lock")
            lock.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _may_lock(self, name: str) -> Iterator[None]:
        """The lock, for who only reads: where the folder may not be written, its writers are waited for by nobody."""
        with ExitStack() as held:
            try:
                held.enter_context(self.lock(name))
            except WorkspaceProblem as problem:
                if not isinstance(problem.__cause__, OSError) or isinstance(problem.__cause__, Timeout):
                    raise
            yield


def _create_all(database: duckdb.DuckDBPyConnection) -> None:
    """The canonical tables, and beside them what the files said: `deals` and `stage_entries` are made from that."""
    create_tables(database)
    said.create(database)
    history.create(database)
    merged.create(database)
    database.execute(
        """CREATE TABLE rejects (import INTEGER, file VARCHAR, line BIGINT, "column" VARCHAR, value VARCHAR, reason VARCHAR, row VARCHAR, is_row BOOLEAN);
           CREATE TABLE loaded_leads AS FROM leads"""
    )


def _is_current(file: Path, within: duckdb.DuckDBPyConnection | None = None) -> bool:
    with opened(file, within, read_only=True) as database:
        return upgrade.is_current(lambda table: columns_of(database, quoted(table)))


def _revision_of(file: Path) -> int:
    match = _DATA_FILE.fullmatch(file.name)
    assert match, file
    return int(match[1])


def _way_back(files: Sequence[Path]) -> Message:
    """What to do where the data in force cannot be had; `files` could be put in force instead, the last one first."""
    if not files:
        return say("Put the folder back from a backup, or choose another folder.")
    return say(
        "Put the folder back from a backup, or copy it and write {name}, the newest data file that is left, into CURRENT.",
        name=files[-1].name,
    )
