"""Files in, a new revision out: read, recognise, rename and cast, check, store.

A `Draft` does all of it in a copy of the workspace's data that nobody reads. Looking at its report changes nothing; publishing it puts
the copy in force. The same work is thus behind the preview and the load, and their numbers cannot differ.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import duckdb

from data import fixes, following, history, limits, mappings, recipes, whole
from data.database import connect
from data.errors import FileProblem, NotRecognised, WorkspaceProblem
from data.facts import fact, holds_demo, write_facts
from data.files import scratching, writing
from data.fixes import Alike, SetAside
from data.history import ImportRecord, Progress
from data.load import FileReport, Load
from data.messages import Message, say
from data.reader import Reader
from data.reading import TextTable
from data.recognise import FileOptions, FilePlan, recognise
from data.remake import remake
from data.said import let_go, put_down, take_up
from data.stages import Stage, StageChoices, decide_stages
from data.stays import DEFAULT_PIPELINE, add_deals_of_history
from data.store import Settings, Workspace
from data.unlocks import unlocked
from data.uploads import ImportReport, Unrecognised, Upload, check_headers, periods, told_apart

__all__ = ["Draft", "ImportReport", "Unrecognised", "Upload", "load_demo", "load_files"]


_SMALL = 2 << 20  # bytes of the files and of the data
_LINES_KEPT = 1_000  # of those that a file skips, in the history: a sheet can have a million blank ones


@dataclass(frozen=True)
class Again:
    """An import that was made before, to be made again on top of a data file of its own."""

    copy: Path
    step: ImportRecord
    settings: Settings


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
        mapping: mappings.Mappings | None = None,
        lines: Mapping[str, Sequence[int]] | None = None,
        again: Again | None = None,
    ) -> None:
        """Read, recognise and prepare; `facts` are said of the data as a whole. Not `strict`: what is not recognised waits in `unrecognised`.

        Files of a shape that `mapping`, or else what the workspace remembers, has something for are read like that. Where there
        are `lines`, only these are loaded, of the files named there (by what people call the file, or the sheet).
        """
        self.workspace = workspace
        self._is_new = not workspace.folder.exists()
        with scratching():
            self._scratch_folder = Path(tempfile.mkdtemp(prefix=f"shimur-import-{os.getpid()}-"))
        self._copies: list[Path] = []
        # Also for who closes the browser in the middle of it.
        self._tidy = weakref.finalize(self, _drop_all, self._scratch_folder, self._copies)
        with scratching():
            self._scratch = connect(self._scratch_folder / "scratch.duckdb", scratch=self._scratch_folder)
        self._scratch.execute("PRAGMA disable_checkpoint_on_shutdown")  # it is thrown away
        self._reader = Reader(self._scratch, self._scratch_folder)
        self._places: dict[str, int] = {}  # of a text's relation, the place of the upload it came from
        self._copy: Path | None = None
        self._base = 0
        self._facts = dict(facts or {})
        self._mapping, self._lines, self._again = mapping, lines, again
        # Of an upload's path, the options it got from what is remembered.
        self._taken: dict[str, FileOptions | None] = {}
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
        self._reader.close()
        self._drop_copy()
        self._scratch.close()
        self._tidy()
        if self._is_new:  # looking makes no workspace; one that something was loaded into is not empty and stays
            with suppress(OSError):
                self.workspace.folder.rmdir()

    def _drop_copy(self) -> None:
        _drop_copies(self._copies)
        self._copy = None

    # Reading

    def revise(
        self,
        uploads: Sequence[Upload],
        choices: StageChoices,
        progress: Progress | None = None,
        *,
        strict: bool = True,
    ) -> None:
        """Prepare again with other options; files are read again only where their reading changed."""
        self._reader.may_glance = self._may_glance(uploads)
        said = progress or (lambda share, message: None)
        with limits.kept(), scratching():
            try:
                self._revise(uploads, choices, said, strict)
            except whole.NotPlain:
                self._reader.read_wholly()
                self._revise(uploads, choices, said, strict)

    def _may_glance(self, uploads: Sequence[Upload]) -> bool:
        """Whether a large file could be loaded at once: alone, into an empty workspace."""
        if len(uploads) > 1 or self._lines is not None or self._facts:
            return False
        file = self.workspace.data_file
        return (
            self._again is not None or self.workspace.is_empty or (file is not None and holds_demo(file, self._scratch))
        )

    def _revise(self, uploads: Sequence[Upload], choices: StageChoices, said: Progress, strict: bool) -> None:
        self.uploads, self.choices = tuple(told_apart(uploads)), choices
        self._share_out()
        settings = self._again.settings if self._again else self.workspace.settings()
        plans: list[FilePlan] = []
        unknown: list[Unrecognised] = []
        for place, upload in enumerate(self.uploads):
            said(0.5 * place / len(uploads), say("Reading {name}", name=upload.name))
            self._reader.pack(upload)
            upload = self._as_remembered(upload)
            self.uploads = (*self.uploads[:place], upload, *self.uploads[place + 1 :])
            texts = self._reader.texts(upload)
            self._places |= {text.relation: place for text in texts}
            is_known = False
            for text in texts:
                try:
                    plan = self._plan_of(text, upload, settings)
                    if self._lines is None:
                        plans.append(plan)
                    elif plan.label in self._lines:
                        plans.append(self._reader.some_lines(plan, self._lines[plan.label]))
                        self._places[plans[-1].text.relation] = place
                    is_known = True
                except NotRecognised as problem:
                    unknown.append(Unrecognised(text, problem))
            if strict and not is_known:
                raise unknown[-1].problem
        if strict and not any(plan.text.rows_read for plan in plans):
            names = ", ".join(upload.name for upload in uploads)
            raise FileProblem(
                say("There are no rows under the header of {names}.", names=names),
                say("Export it again, with its rows."),
            )
        check_headers(self.uploads, [plan.text for plan in plans] + [one.text for one in unknown])
        self.plans, self.unrecognised = tuple(plans), tuple(unknown)
        self._prepare(said, settings)

    def _plan_of(self, text: TextTable, upload: Upload, settings: Settings) -> FilePlan:
        if text.glance is None:
            return recognise(self._scratch, text, upload.options, settings.time_zone)
        plan = whole.plain_plan(self._scratch, text, upload.options, settings.time_zone)
        if plan is None:
            raise whole.NotPlain
        return plan

    def _share_out(self) -> None:
        """Small work is done sooner by one thread than by several."""
        data = self.workspace.data_file
        files = [upload.path for upload in self.uploads] + ([data] if data else [])
        size = sum(file.stat().st_size for file in files if file.exists())
        self._scratch.execute("SET threads = 1" if size < _SMALL else limits.all_threads())

    def place_of(self, text: TextTable) -> int:
        """The place in `uploads` of the file that a text came from."""
        return self._places[text.relation]

    def texts_of(self, place: int) -> list[TextTable]:
        """The tables in the upload at `place`, as they are read."""
        return self._reader.texts(self.uploads[place])

    def is_as_remembered(self, upload: Upload) -> bool:
        """Whether an upload is read as files of its shape were before, or as the mapping file says."""
        taken = self._taken.get(str(upload.path))
        return taken is not None and mappings.lasting(upload.options) == mappings.lasting(taken)

    def _as_remembered(self, upload: Upload) -> Upload:
        """The upload with what is remembered for files of its shape, looked up once; the person's own word goes before."""
        path = str(upload.path)
        if path in self._taken or self._again is not None:
            return upload
        self._taken[path] = None
        known = self._mapping
        if known is None and mappings.lasting(upload.options) == FileOptions() and not self._facts:
            known = mappings.remembered(self.workspace)
        if known is None:
            return upload
        found = mappings.found_for(
            known, lambda reading: self._reader.texts(replace(upload, options=FileOptions(reading=reading)))
        )
        if found is None:
            return upload
        options = mappings.under(upload.options, found.options)
        self._taken[path] = options
        if self.choices == StageChoices() and found.stages is not None and (self._mapping or self.workspace.is_empty):
            self.choices = found.stages
        return replace(upload, options=options)

    # Preparing

    def _prepare(self, said: Progress, settings: Settings | None = None) -> None:
        self._drop_copy()
        self.report = None
        if not self.plans:
            return
        is_glanced = any(plan.text.glance for plan in self.plans)
        modestly = limits.at_most(self._scratch, whole.MEMORY) if is_glanced else nullcontext()
        with writing(self.workspace.folder), modestly:
            self._fill_copy(said, settings or self.workspace.settings())
        said(1.0, say("Ready"))

    def _fill_copy(self, said: Progress, settings: Settings) -> None:
        before = self.workspace.data_file
        digests = [digest for digest, _ in self._reader.packed(self.uploads)]
        replaces_demo = self._begin()
        database = self._scratch
        database.execute(f"ATTACH '{str(self._copy).replace(chr(39), chr(39) * 2)}' AS target; USE target")
        try:
            take_up(database)
            following.take_back(database)
            step = self._again.step if self._again else self._new_step(database, before, digests, settings)
            pipeline = self.choices.pipeline or fact(database, "default_pipeline") or DEFAULT_PIPELINE
            load = Load(database, step.number, step.at.date(), settings.time_zone)
            notes = [say("Your data takes the place of the made-up company.")] if replaces_demo else []
            if any(plan.text.glance for plan in self.plans):
                reports = [self._load_at_once(database, load, said, pipeline, settings)]
            else:
                reports = self._load_in_turn(database, load, said, pipeline, settings, notes)
            put_down(database)
            notes += write_facts(database, self._base + 1, step.at, {"default_pipeline": pipeline} | self._facts)
            said(0.95, say("Adding up"))
            standing = [
                record for record in history.in_use(database) if not record.undone and record.number < step.number
            ]
            order = {plan.text.relation: place for place, plan in enumerate(self.plans)}
            completed = [self._completed(report, digests, standing) for report in reports]
            completed.sort(key=lambda report: order[report.relation])
            unlocks, locked = unlocked(database)
            self.report = ImportReport(
                step.number, step.revision, tuple(completed), self.stages, tuple(notes), unlocks, locked
            )
            if self._again is None:
                history.add(
                    database,
                    replace(
                        step, files=tuple(file.name for file in completed), rows_loaded=self.report.rows_loaded,
                        report=self.report.json(_LINES_KEPT) | {"before": before.name if before else None},
                    ),
                )  # fmt: skip
            database.execute("CHECKPOINT target")
        except BaseException:
            let_go(database)
            database.execute("USE scratch; DETACH target")
            self._drop_copy()
            raise
        database.execute("USE scratch; DETACH target")

    def _load_in_turn(
        self, database: duckdb.DuckDBPyConnection, load: Load, said: Progress, pipeline: str, settings: Settings,
        notes: list[Message],
    ) -> list[FileReport]:  # fmt: skip
        files = []
        for place, plan in enumerate(sorted(self.plans, key=load.turn_of)):
            said(0.5 + 0.3 * place / len(self.plans), say("Checking {name}", name=plan.text.name))
            files.append(load.add(plan))
        said(0.8, say("Working out the stages"))
        load.snapshots.settle()
        notes += add_deals_of_history(database)
        self.stages = tuple(decide_stages(database, self.choices, pipeline))
        notes += load.snapshots.record(pipeline)
        notes += remake(database, pipeline, settings.time_zone, settings.currency)
        return [load.finish(report) for report in files]

    def _load_at_once(
        self, database: duckdb.DuckDBPyConnection, load: Load, said: Progress, pipeline: str, settings: Settings
    ) -> FileReport:
        (plan,) = self.plans
        said(0.5, say("Loading {name}", name=plan.text.name))
        try:
            done = whole.load(database, load, plan, self.choices, pipeline, settings.time_zone, settings.currency)
        except whole.NotPlain:
            load.let_go()
            raise
        self.plans, self.stages = (done.plan,), done.stages
        return done.report

    def _begin(self) -> bool:
        """Get the copy that is to be filled; returns whether made-up deals had to make room.

        They must not mix with real ones, and taking the import back brings them back.
        """
        if self._again is not None:
            self._copy, self._base = self._again.copy, self._again.step.revision - 1
            replaces_demo = not self._facts and holds_demo(self._copy, self._scratch)
            if replaces_demo:
                self.workspace.empty(self._copy)
            return replaces_demo
        self.workspace.check(self._scratch)
        file = self.workspace.data_file
        replaces_demo = not self._facts and file is not None and holds_demo(file, self._scratch)
        self._copy, self._base = self.workspace.prepare_copy(afresh=replaces_demo, within=self._scratch)
        self._copies.append(self._copy)
        return replaces_demo

    def _new_step(
        self, database: duckdb.DuckDBPyConnection, before: Path | None, digests: Sequence[str], settings: Settings
    ) -> ImportRecord:
        recipe = {
            "kind": "import",
            "uploads": [
                {"name": upload.name, "digest": digest, "options": recipes.options_json(upload.options)}
                for upload, digest in zip(self.uploads, digests, strict=True)
            ],
            "stages": recipes.stages_json(self.choices),
            "facts": self._facts,
            "lines": {name: list(lines) for name, lines in self._lines.items()} if self._lines is not None else None,
            "settings": {"time_zone": settings.time_zone, "currency": settings.currency},
        }
        return ImportRecord(
            history.next_number(database), self._base + 1, history.now(), (), 0, False, {"before": before.name if before else None},
            history.who(), tuple(digests), recipe,
        )  # fmt: skip

    def _completed(self, report: FileReport, digests: Sequence[str], standing: Sequence[ImportRecord]) -> FileReport:
        """The report with what only the whole import tells: the file itself, its dates, what came with it."""
        place = self._places[report.relation]
        plan = next(plan for plan in self.plans if plan.text.relation == report.relation)
        before = next((step for step in reversed(standing) if digests[place] in step.digests), None)
        notes = []
        if before is not None and self._lines is None:
            notes.append(
                say(
                    "This very file was loaded before, as import {number} on {day}.",
                    number=str(before.number), day=before.at.date(),
                )
            )  # fmt: skip
        own = [
            unknown.text.sheet
            for unknown in self.unrecognised
            if self.place_of(unknown.text) == place and unknown.text.sheet
        ]
        first = next(plan for plan in self.plans if self.place_of(plan.text) == place)
        if own and plan is first:
            sheets = ", ".join(own)
            notes.append(
                say("These sheets or files hold nothing we recognise and were left out: {sheets}.", sheets=sheets)
            )
        is_remembered = self.is_as_remembered(self.uploads[place])
        if is_remembered:
            notes.append(
                say("Read as the mapping file says.")
                if self._mapping
                else say("Read like the last file with these columns.")
            )
        elif self._mapping is not None:
            notes.append(say("The mapping file has nothing for a file with these columns."))
        return replace(
            report, warnings=(*report.warnings, *notes), digest=digests[place], loaded_before=before.number if before else None,
            periods=report.periods or periods(self._scratch, plan), is_remembered=is_remembered,
        )  # fmt: skip

    # What is set aside

    def rejects(self, limit: int | None = None) -> list[SetAside]:
        """The rows and cells that are not loaded as they are, in the order of the files and their lines."""
        return self._of_rejects(lambda number, texts: fixes.set_aside(self._scratch, number, texts, limit))

    def alike(self) -> list[Alike]:
        """The same, those with one value in one column together, the most frequent first."""
        return self._of_rejects(lambda number, texts: fixes.alike(self._scratch, number, texts))

    def _of_rejects(self, ask: Any) -> Any:
        if self._copy is None or self.report is None:
            return []
        texts = {plan.label: (self.place_of(plan.text), plan.text) for plan in self.plans}
        path = str(self._copy).replace("'", "''")
        self._scratch.execute(f"ATTACH '{path}' AS target (READ_ONLY)")
        try:
            return ask(self.report.number, texts)
        finally:
            self._scratch.execute("DETACH target")

    # In force

    def publish(self, progress: Progress | None = None) -> ImportReport:
        """Put the import in force; if another came first, it is made again on top of that one."""
        while self._copy is not None and self.report is not None:
            # After a day another import may take the copy for one that was left behind: it is made again.
            if self._copy.exists() and self.workspace.publish(
                self._copy, self._base, dict(self._reader.packed(self.uploads)), self._scratch
            ):
                self._copies.clear()
                self._copy = None
                if not self._facts:
                    mappings.remember(self.workspace, self)
                return self.report
            self.revise(self.uploads, self.choices, progress)
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
