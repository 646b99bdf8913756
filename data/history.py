"""The history of a workspace: every change of its data is a numbered step that can be made again from its recipe.

A step is a row of the table `imports`. Its `recipe` is JSON with everything the step needs, and a `kind`. `REPLAYED_BY` names
the module that makes a kind of step; the module has one function,

    replay(workspace: Workspace, copy: Path, step: ImportRecord, progress: Progress) -> Done

which changes the data file `copy`, and nothing else, as `step.recipe` says, and returns what became of it. It is the same
function that makes the step the first time (`make`) and that makes it again when an earlier step is taken back
(`take_back`), so the two cannot differ. It must depend on nothing but the data in `copy`, the recipe, the number and the
moment of the step, and the sources that the workspace keeps; and it must not fail on what an earlier step, taken back since,
would have brought: what is not there is passed over.

A new kind is thus a module with `replay`, a line in `REPLAYED_BY`, and `make(workspace, {"kind": ..., ...})` where it is
asked for. (Imports, which are looked at before they are made, put themselves in force: `importer.Draft`.)
"""

from __future__ import annotations

import getpass
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from data.database import connect
from data.errors import WorkspaceProblem
from data.files import drop
from data.messages import Message, say

if TYPE_CHECKING:
    from data.engine import Engine
    from data.store import Workspace

REPLAYED_BY = {"import": "data.again", "merge": "data.merges", "respondents": "data.respondent_steps"}
# Columns of the table `imports`, which holds the steps.
COLUMNS = {
    "number": "INTEGER", "revision": "INTEGER", "at": "TIMESTAMP", "files": "VARCHAR", "rows_loaded": "BIGINT", "undone": "BOOLEAN",
    "report": "VARCHAR", "who": "VARCHAR", "digests": "VARCHAR", "recipe": "VARCHAR",
}  # fmt: skip
_ALL = "SELECT {} FROM imports ORDER BY number".format(", ".join(f'"{name}"' for name in COLUMNS))

Progress = Callable[[float, Message], None]


@dataclass(frozen=True)
class ImportRecord:
    """One import, or another change of the data: what came in, when, by whom, and whether it was taken back."""

    number: int
    revision: int
    at: datetime
    files: tuple[str, ...]
    rows_loaded: int
    undone: bool
    report: dict[str, Any]
    who: str = ""
    digests: tuple[str, ...] = ()  # sha256 of each uploaded file
    recipe: dict[str, Any] = field(default_factory=dict)  # empty where an earlier version made the step


@dataclass(frozen=True)
class Done:
    """What became of a step."""

    rows_loaded: int
    report: Mapping[str, Any]


def who() -> str:
    """The login name of the person, or "visitor" where the app is open to the public."""
    if os.environ.get("SHIMUR_MODE") == "public":
        return "visitor"
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def create(database: duckdb.DuckDBPyConnection) -> None:
    """Make the table, empty."""
    database.execute(f"CREATE TABLE imports ({', '.join(f'{_quoted(name)} {kind}' for name, kind in COLUMNS.items())})")


def add(database: duckdb.DuckDBPyConnection, step: ImportRecord) -> None:
    """Write a step into the database in use."""
    database.execute(
        f"INSERT INTO imports ({', '.join(map(_quoted, COLUMNS))}) VALUES ({', '.join('?' * len(COLUMNS))})",
        [
            step.number, step.revision, step.at, _json(list(step.files)), step.rows_loaded, step.undone, _json(step.report), step.who,
            _json(list(step.digests)), _json(step.recipe),
        ],
    )  # fmt: skip


def read(engine: Engine) -> list[ImportRecord]:
    """The steps in a data file, oldest first, those taken back too."""
    return [_record(row) for row in engine.rows(_ALL)]


def in_use(database: duckdb.DuckDBPyConnection) -> list[ImportRecord]:
    """The same, of the database in use."""
    return [_record(row) for row in database.execute(_ALL).fetchall()]


def _record(row: tuple[Any, ...]) -> ImportRecord:
    number, revision, at, files, rows_loaded, undone, report, who, digests, recipe = row
    return ImportRecord(
        number, revision, at, tuple(json.loads(files)), rows_loaded, undone, json.loads(report), who or "",
        tuple(json.loads(digests or "[]")), json.loads(recipe or "{}"),
    )  # fmt: skip


def take_over(database: duckdb.DuckDBPyConnection, source: Path) -> None:
    """What is known of the steps is as in the file `source`, whatever else is not."""
    path = str(source).replace("'", "''")
    database.execute(f"ATTACH '{path}' AS current (READ_ONLY)")
    database.execute("DELETE FROM imports; INSERT INTO imports BY NAME SELECT * FROM current.imports")
    database.execute("DETACH current")


def next_number(database: duckdb.DuckDBPyConnection) -> int:
    """The number of the step that would come next in the database in use."""
    row = database.execute("SELECT coalesce(max(number), 0) + 1 FROM imports").fetchone()
    return int(row[0]) if row else 1


def make(workspace: Workspace, recipe: Mapping[str, Any], progress: Progress | None = None) -> ImportRecord:
    """Make a step of one of the kinds in `REPLAYED_BY` and put it in force; returns it. Whatever it raises changes nothing."""
    while True:
        before = workspace.data_file
        copy, base = workspace.prepare_copy()
        try:
            with connect(copy) as database:
                number = next_number(database)
            step = ImportRecord(number, base + 1, now(), (), 0, False, {}, who(), (), dict(recipe))
            done = _replay(workspace, copy, step, progress or (lambda share, message: None))
            report = dict(done.report) | {"before": before.name if before else None}
            step = ImportRecord(
                number, base + 1, step.at, (), done.rows_loaded, False, report, step.who, (), step.recipe
            )
            with connect(copy) as database:
                add(database, step)
                database.execute("CHECKPOINT")  # a disk that is full must be noticed now
            if workspace.publish(copy, base):
                return step
        finally:
            drop(copy)


def take_back(workspace: Workspace, number: int | None = None, progress: Progress | None = None) -> ImportRecord:
    """Take back a step, the last one where no number is given: the data is as if it had never been made.

    The data from before it is put in force again, with the steps after it made again on top. Where that data is no longer kept,
    the steps before it are made again too.
    """
    while True:
        base = workspace.revision
        standing = [step for step in workspace.history() if not step.undone]
        step = _wanted(standing, number)
        copy = _without(workspace, standing, step, progress or (lambda share, message: None))
        try:
            if workspace.publish(copy, base):
                return step
        finally:
            drop(copy)


def replays(workspace: Workspace, number: int) -> int:
    """How many steps taking back the step `number` makes again; with 0 it is done at once."""
    standing = [step for step in workspace.history() if not step.undone]
    start, _ = _start(workspace, standing, standing.index(_wanted(standing, number)))
    return len(standing) - start - 1


def _wanted(standing: Sequence[ImportRecord], number: int | None) -> ImportRecord:
    if not standing:
        raise WorkspaceProblem(say("There is no import to take back."), say("Import a file first."))
    found = standing[-1] if number is None else next((step for step in standing if step.number == number), None)
    if found is None:
        raise WorkspaceProblem(
            say("There is no import {number} to take back.", number=str(number)),
            say("The last one is import {last}.", last=str(standing[-1].number)),
        )
    return found


def _start(workspace: Workspace, standing: Sequence[ImportRecord], place: int) -> tuple[int, Path | None]:
    """The step to begin with so that the one at `place` can be left out, and the data file from before it; None is no data."""
    for start in range(place, 0, -1):
        name = standing[start].report.get("before")
        if name and (workspace.folder / name).exists():
            return start, workspace.folder / name
    # Before the first of all that stand there was nothing; the file says so too, at once.
    name = standing[0].report.get("before")
    return 0, workspace.folder / name if name and (workspace.folder / name).exists() else None


def _without(workspace: Workspace, standing: Sequence[ImportRecord], out: ImportRecord, progress: Progress) -> Path:
    """A new data file as if `out`, one of the standing steps, had never been made."""
    start, file = _start(workspace, standing, standing.index(out))
    again = [step for step in standing[start:] if step is not out]
    _check_recipes(again)
    current = workspace.data_file
    assert current is not None
    copy = workspace.copy_of(file)
    try:
        with connect(copy) as database:
            take_over(database, current)
            database.execute("UPDATE imports SET undone = true WHERE number = ?", [out.number])
            database.execute("CHECKPOINT")
        for place, step in enumerate(again):
            told = _part_of(progress, place, len(again), step.number)
            done = _replay(workspace, copy, step, told)
            # The file before the first step is one that is kept; what lies between two steps made again is not.
            report = dict(done.report) | {"before": file.name if file and not place else None}
            with connect(copy) as database:
                database.execute(
                    "UPDATE imports SET rows_loaded = ?, report = ? WHERE number = ?",
                    [done.rows_loaded, _json(report), step.number],
                )
                database.execute("CHECKPOINT")
    except BaseException:
        drop(copy)
        raise
    progress(1.0, say("Ready"))
    return copy


def _part_of(progress: Progress, place: int, parts: int, number: int) -> Progress:
    def told(share: float, message: Message) -> None:
        progress((place + share) / parts, say("Import {number} again: {step}", number=str(number), step=message))

    return told


def _check_recipes(steps: Sequence[ImportRecord]) -> None:
    for step in steps:
        kind = step.recipe.get("kind")
        if not kind:
            raise WorkspaceProblem(
                say("Import {number} would have to be made again, and the version that made it kept no files for that.", number=str(step.number)),
                say("Take back the imports one by one, the last one first, or load what is right again: rows with the same number are updated."),
            )  # fmt: skip
        if kind not in REPLAYED_BY:
            raise WorkspaceProblem(
                say("Import {number} was made by a later version of Shimur.", number=str(step.number)),
                say("Open this workspace with that version."),
            )


def _replay(workspace: Workspace, copy: Path, step: ImportRecord, progress: Progress) -> Done:
    done: Done = importlib.import_module(REPLAYED_BY[step.recipe["kind"]]).replay(workspace, copy, step, progress)
    return done


def _quoted(name: str) -> str:
    return f'"{name}"'


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)
