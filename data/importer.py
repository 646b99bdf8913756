"""Files in, a new revision out: read, recognise, rename and cast, check, store.

A `Draft` does all of it in a copy of the workspace's data that nobody reads. Looking at its report changes nothing; publishing it puts
the copy in force. The same work is thus behind the preview and the load, and their numbers cannot differ.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import duckdb

from data import leads, references
from data.engine import connect
from data.errors import DataError, FileProblem, NotRecognised, RequestProblem, WorkspaceProblem
from data.load import FileReport, Load
from data.messages import Message, say
from data.reading import ReadOptions, TextTable, read_tables
from data.recognise import LOADED, FileOptions, FilePlan, recognise
from data.said import put_down, take_up
from data.sources import fold
from data.stages import Stage, StageChoices, decide_stages
from data.stays import DEFAULT_PIPELINE, add_deals_of_history, derive
from data.store import Workspace, writing
from data.unlocks import ADD, OPENS, unlocked

Progress = Callable[[float, Message], None]


@dataclass(frozen=True)
class Upload:
    """A file to import: where it lies, what it is called, and what the person says of it."""

    path: Path
    name: str
    options: FileOptions = field(default_factory=FileOptions)


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do."""

    number: int
    revision: int
    files: tuple[FileReport, ...]
    stages: tuple[Stage, ...]
    notes: tuple[Message, ...]
    unlocks: tuple[str, ...]
    locked: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def rows_loaded(self) -> int:
        return sum(file.rows_loaded for file in self.files)

    def json(self) -> dict[str, Any]:
        """The document that `python -m data import --json` prints."""
        return {
            "import": self.number,
            "revision": self.revision,
            "files": [file.json() for file in self.files],
            "unlocks": list(self.unlocks),
            "locked": [{"analysis": name, "needs": list(needs)} for name, needs in self.locked],
            "opens": dict(OPENS),
            "add": {need: ADD[need] for _name, needs in self.locked for need in needs if need in ADD},
            "stages": [
                {
                    "pipeline": s.pipeline,
                    "stage": s.stage,
                    "order": s.order,
                    "outcome": s.outcome,
                    "reason": str(s.reason),
                }
                for s in self.stages
            ],
            "warnings": [str(note) for note in self.notes],
        }


@dataclass(frozen=True)
class Unrecognised:
    """A file, or a sheet, that is set aside until the person says what it is."""

    text: TextTable
    problem: DataError


class Draft:
    """An import on its way. Use as a context manager, or `close` it: it keeps temporary files."""

    def __init__(
        self,
        workspace: Workspace,
        uploads: Sequence[Upload],
        choices: StageChoices | None = None,
        progress: Progress | None = None,
        *,
        strict: bool = True,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Read, recognise and prepare; `facts` are said of the data as a whole. Not `strict`: what is not recognised waits in `unrecognised`."""
        self.workspace = workspace
        self._is_new = not workspace.folder.exists()
        self._scratch_folder = Path(tempfile.mkdtemp(prefix="shimur-"))
        self._copies: list[Path] = []
        # Also for who closes the browser in the middle of it.
        self._tidy = weakref.finalize(self, _drop_all, self._scratch_folder, self._copies)
        self._scratch = connect(self._scratch_folder / "scratch.duckdb", scratch=self._scratch_folder)
        self._scratch.execute("PRAGMA disable_checkpoint_on_shutdown")  # it is thrown away
        self._read: dict[tuple[str, ReadOptions], list[TextTable]] = {}
        self._places: dict[str, int] = {}  # of a text's relation, the place of the upload it came from
        self._copy: Path | None = None
        self._base = 0
        self._facts = dict(facts or {})
        self.uploads: tuple[Upload, ...] = ()
        self.plans: tuple[FilePlan, ...] = ()
        self.unrecognised: tuple[Unrecognised, ...] = ()
        self.stages: tuple[Stage, ...] = ()
        self.report: ImportReport | None = None
        try:
            self.revise(uploads, choices or StageChoices(), progress, strict=strict)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop everything temporary."""
        self._drop_copy()
        self._scratch.close()
        self._tidy()
        if self._is_new:  # looking makes no workspace; one that something was loaded into is not empty and stays
            with suppress(OSError):
                self.workspace.folder.rmdir()

    def _drop_copy(self) -> None:
        _drop_copies(self._copies)
        self._copy = None

    def revise(
        self,
        uploads: Sequence[Upload],
        choices: StageChoices,
        progress: Progress | None = None,
        *,
        strict: bool = True,
    ) -> None:
        """Prepare again with other options; files are read again only where their reading changed."""
        said = progress or (lambda share, message: None)
        self.uploads, self.choices = tuple(_told_apart(uploads)), choices
        time_zone = self.workspace.settings().time_zone
        plans: list[FilePlan] = []
        unknown: list[Unrecognised] = []
        for place, upload in enumerate(self.uploads):
            said(0.5 * place / len(uploads), say("Reading {name}", name=upload.name))
            texts = self._texts(upload)
            self._places |= {text.relation: place for text in texts}
            for text in texts:
                try:
                    plans.append(recognise(self._scratch, text, upload.options, time_zone))
                except NotRecognised as problem:
                    unknown.append(Unrecognised(text, problem))
            if strict and not any(plan.text in texts for plan in plans):
                raise unknown[-1].problem
        if strict and not any(plan.text.rows_read for plan in plans):
            names = ", ".join(upload.name for upload in uploads)
            raise FileProblem(
                say("There are no rows under the header of {names}.", names=names),
                say("Export it again, with its rows."),
            )
        _check_headers(uploads, [plan.text for plan in plans] + [one.text for one in unknown])
        self.plans, self.unrecognised = tuple(plans), tuple(unknown)
        self._prepare(said)

    def place_of(self, text: TextTable) -> int:
        """The place in `uploads` of the file that a text came from."""
        return self._places[text.relation]

    def _texts(self, upload: Upload) -> list[TextTable]:
        key = (str(upload.path), upload.options.reading)
        if key not in self._read:
            self._read[key] = read_tables(upload.path, self._scratch, upload.options.reading, upload.name)
        return self._read[key]

    def _prepare(self, said: Progress) -> None:
        self._drop_copy()
        self.report = None
        if not self.plans:
            return
        with writing(self.workspace.folder):
            self._fill_copy(said)
        said(1.0, say("Ready"))

    def _fill_copy(self, said: Progress) -> None:
        before = self.workspace.data_file
        # Made-up deals must not mix with real ones: they make room, and taking the import back brings them back.
        replaces_demo = not self._facts and _holds_demo(self.workspace)
        self._copy, self._base = self.workspace.prepare_copy(afresh=replaces_demo)
        self._copies.append(self._copy)
        database = self._scratch
        database.execute(f"ATTACH '{str(self._copy).replace(chr(39), chr(39) * 2)}' AS target; USE target")
        try:
            take_up(database)
            number = int(_one(database, "SELECT coalesce(max(number), 0) + 1 FROM imports"))
            pipeline = self.choices.pipeline or _fact(database, "default_pipeline") or DEFAULT_PIPELINE
            load = Load(database, number)
            files = []
            for place, plan in enumerate(sorted(self.plans, key=lambda plan: LOADED.index(plan.table))):
                said(0.5 + 0.3 * place / len(self.plans), say("Checking {name}", name=plan.text.name))
                files.append((plan, load.add(plan)))
            said(0.8, say("Working out the stages"))
            notes = [say("Your data takes the place of the made-up company.")] if replaces_demo else []
            notes += add_deals_of_history(database)
            self.stages = tuple(decide_stages(database, self.choices, pipeline))
            settings = self.workspace.settings()
            notes += derive(database, pipeline, settings.time_zone, settings.currency)
            notes += leads.derive(database, settings.time_zone)
            notes += references.resolve_leads(database)
            put_down(database)
            notes += _write_facts(database, self._base + 1, {"default_pipeline": pipeline} | self._facts)
            said(0.95, say("Adding up"))
            reports = tuple(load.finish(report) for _, report in files)
            order = {plan.text.relation: place for place, plan in enumerate(self.plans)}
            reports = tuple(sorted(reports, key=lambda report: order[report.relation]))
            reports = tuple(self._with_skipped_sheets(report) for report in reports)
            unlocks, locked = unlocked(database)
            self.report = ImportReport(number, self._base + 1, reports, self.stages, tuple(notes), unlocks, locked)
            database.execute(
                """INSERT INTO imports VALUES (?, ?, ?, ?, ?, false, ?)""",
                [
                    number, self._base + 1, datetime.now(UTC).replace(tzinfo=None), json.dumps([file.name for file in reports], ensure_ascii=False),
                    self.report.rows_loaded, json.dumps(self.report.json() | {"before": before.name if before else None}, ensure_ascii=False),
                ],
            )  # fmt: skip
            database.execute("CHECKPOINT target")
        except BaseException:
            database.execute("USE scratch; DETACH target")
            self._drop_copy()
            raise
        database.execute("USE scratch; DETACH target")

    def _with_skipped_sheets(self, report: FileReport) -> FileReport:
        own = [
            unknown.text.sheet
            for unknown in self.unrecognised
            if self.place_of(unknown.text) == self._places[report.relation] and unknown.text.sheet
        ]
        if not own:
            return report
        note = say("These sheets hold nothing we recognise and were left out: {sheets}.", sheets=", ".join(own))
        return replace(report, warnings=(*report.warnings, note))

    def publish(self, progress: Progress | None = None) -> ImportReport:
        """Put the import in force; if another came first, it is made again on top of that one."""
        while self._copy is not None and self.report is not None:
            if self.workspace.publish(self._copy, self._base):
                self._copies.clear()
                self._copy = None
                return self.report
            self._prepare(progress or (lambda share, message: None))
        raise FileProblem(say("There is nothing to load."), say("Choose a file first."))


def load_files(
    workspace: Workspace,
    files: Sequence[tuple[Path, str]],
    progress: Progress | None = None,
    choices: StageChoices | None = None,
) -> ImportReport:
    """Import files as they are recognised, without asking."""
    with Draft(workspace, [Upload(path, name) for path, name in files], choices, progress) as draft:
        return draft.publish(progress)


def load_demo(
    workspace: Workspace, language: Literal["en", "he"] = "en", progress: Progress | None = None
) -> ImportReport:
    """Load the made-up company into an empty workspace."""
    from data.demo import write_company  # only who asks for the company pays for making it

    if not workspace.is_empty:
        raise WorkspaceProblem(
            say("{name} holds data already, and made-up deals must not mix with it.", name=workspace.name),
            say("Choose an empty workspace for the made-up company."),
        )
    with tempfile.TemporaryDirectory(prefix="shimur-demo-") as folder:
        files = write_company(Path(folder), language)
        uploads = [Upload(path, path.name) for path in files]
        facts = {"is_demo": "true", "language": language}
        with Draft(workspace, uploads, None, progress, facts=facts) as draft:
            return draft.publish(progress)


def _drop_copies(copies: list[Path]) -> None:
    for copy in copies:
        for left in copy.parent.glob(copy.name + "*"):
            left.unlink(missing_ok=True)
    copies.clear()


def _drop_all(folder: Path, copies: list[Path]) -> None:
    _drop_copies(copies)
    shutil.rmtree(folder, ignore_errors=True)


def _holds_demo(workspace: Workspace) -> bool:
    if workspace.is_empty:
        return False
    engine = workspace.engine()
    try:
        return engine.facts().get("is_demo") == "true"
    finally:
        engine.close()


def _told_apart(uploads: Iterable[Upload]) -> Iterator[Upload]:
    """The uploads, those with the name of an earlier one numbered: people must be able to tell their rows apart."""
    taken: set[str] = set()
    for upload in uploads:
        numbered = (f"{upload.name} ({number})" for number in count(2))
        name = next(name for name in chain([upload.name], numbered) if name not in taken)
        taken.add(name)
        yield upload if name == upload.name else replace(upload, name=name)


def _check_headers(uploads: Sequence[Upload], texts: Sequence[TextTable]) -> None:
    """A header that the person names must be in one of the files."""
    known = {fold(header) for text in texts for header in text.headers}
    for header in (header for upload in uploads for header in upload.options.mapping):
        if fold(header) not in known:
            raise RequestProblem(
                say("No file has a column called {header}.", header=header),
                say(
                    "The columns are: {columns}.",
                    columns=", ".join(dict.fromkeys(h for t in texts for h in t.headers if h)),
                ),
            )


def _one(database: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = database.execute(sql).fetchone()
    assert row is not None
    return row[0]


def _fact(database: duckdb.DuckDBPyConnection, name: str) -> str | None:
    row = database.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
    return row[0] if row else None


def _write_facts(database: duckdb.DuckDBPyConnection, revision: int, said: Mapping[str, str]) -> list[Message]:
    """Write what is known of the data as a whole; returns what is wrong with its dates."""
    moments = {
        "deals": ("created_at", "closed_at", "stage_changed_at", "last_activity_at", "last_modified_at"),
        "stage_entries": ("entered_at",),
        "customers": ("created_at", "last_activity_at"),
        "leads": ("created_at", "converted_at"),
    }
    # The import's day is a fact of the import; metrics only ever see the moment written here.
    tomorrow = f"TIMESTAMP '{datetime.now(UTC):%Y-%m-%d}' + INTERVAL 1 DAY"
    parts = [
        f"SELECT max({column}) FILTER ({column} < {tomorrow}) AS latest, count(*) FILTER ({column} >= {tomorrow}) AS late FROM {table}"
        for table, columns in moments.items()
        for column in columns
    ]
    latest, late = database.execute(f"SELECT max(latest), sum(late) FROM ({' UNION ALL '.join(parts)})").fetchone() or (
        None,
        0,
    )
    facts = {
        "latest_event_at": latest.isoformat() if latest else None,
        "has_history": "true" if _one(database, "SELECT count(*) FROM recorded_stages") else "false",
        "currency": _one(database, "SELECT mode(currency) FROM deals"),
        "pipeline": _one(database, "SELECT mode(pipeline) FROM deals"),
        "revision": str(revision),
        "is_empty": "false",
        **said,
    }
    database.execute("DELETE FROM facts WHERE name IN (SELECT unnest(?))", [list(facts)])
    database.executemany(
        "INSERT INTO facts VALUES (?, ?)", [[name, value] for name, value in facts.items() if value is not None]
    )
    if late:
        return [
            say("Dates after today cannot have been recorded: {n} of them do not move the as-of date.", n=int(late))
        ]
    return []
