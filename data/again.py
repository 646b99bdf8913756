"""Imports made again from the files that are kept: as they were, or with what was set aside put right."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data import kept, recipes
from data.errors import RequestProblem, WorkspaceProblem
from data.files import writing
from data.history import Done, ImportRecord, Progress
from data.importer import Again, Draft
from data.messages import say
from data.recognise import Fix
from data.store import Workspace
from data.uploads import Upload


def replay(workspace: Workspace, copy: Path, step: ImportRecord, progress: Progress) -> Done:
    """Make an import again on top of the data file `copy`, from its recipe and the files that are kept."""
    recipe = step.recipe
    settings = replace(workspace.settings(), **recipe["settings"])
    with tempfile.TemporaryDirectory(prefix="shimur-again-") as folder:
        uploads = _restored(workspace, step, Path(folder))
        with Draft(
            workspace, uploads, recipes.stages_from(recipe["stages"]), progress, strict=False, facts=recipe["facts"],
            lines=recipe["lines"], again=Again(copy, step, settings),
        ) as draft:  # fmt: skip
            told = draft.report.json() if draft.report is not None else {"files": []}
            _check_same(step, told)
            return Done(draft.report.rows_loaded if draft.report is not None else 0, told)


def _check_same(step: ImportRecord, told: Mapping[str, Any]) -> None:
    """A file that a later version takes for something else must not change what is there unsaid."""
    now = {(file["path"], file["sheet"]): file["table"] for file in told["files"]}
    for file in step.report["files"]:
        if now.get((file["path"], file["sheet"])) != file["table"]:
            raise WorkspaceProblem(
                say("{name} of import {number} is not read as {table} any more.", name=file["path"], number=str(step.number), table=file["table"]),
                say("Take back the imports one by one, the last one first, and load the files again."),
            )  # fmt: skip


def fix_again(
    workspace: Workspace,
    number: int,
    wanted: Mapping[str, Sequence[Fix]],
    progress: Progress | None = None,
) -> Draft:
    """An import of what import `number` set aside, from the files that are kept, put right by `wanted`: fixes by the name of the
    upload, or of the file or sheet as `Workspace.rejects` names it.

    Rows that are in already stay as they are, where the file numbers its rows; others are compared, and not doubled.
    """
    step = next((step for step in workspace.history() if step.number == number and not step.undone), None)
    if step is None or step.recipe.get("kind") != "import":
        raise RequestProblem(
            say("The files of import {number} are not kept.", number=str(number)), say("`history` lists the imports.")
        )
    lines: dict[str, list[int]] = {}
    for file, line in workspace.rejects(number)[["file", "line"]].drop_duplicates().itertuples(index=False):
        lines.setdefault(file, []).append(int(line))
    folder = Path(tempfile.mkdtemp(prefix="shimur-again-"))
    try:
        uploads = [
            replace(
                upload,
                options=replace(upload.options, fixes=(*upload.options.fixes, *_fixes_of(upload.name, wanted))),
            )
            for upload in _restored(workspace, step, folder)
        ]
        draft = Draft(
            workspace, uploads, recipes.stages_from(step.recipe["stages"]), progress, strict=False, lines=lines
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(draft, shutil.rmtree, folder, ignore_errors=True)
    return draft


def _fixes_of(name: str, wanted: Mapping[str, Sequence[Fix]]) -> list[Fix]:
    """Those of an upload, and of its sheets."""
    found = list(wanted.get(name, ()))
    for label, fixes in wanted.items():
        if label.startswith(f"{name} / "):
            found += [replace(fix, sheet=label.removeprefix(f"{name} / ")) for fix in fixes]
    return found


def _restored(workspace: Workspace, step: ImportRecord, folder: Path) -> list[Upload]:
    """The files of an import as they came, in `folder`."""
    uploads = []
    for place, said in enumerate(step.recipe["uploads"]):
        path = folder / str(place)
        with writing(folder):
            kept.restore(workspace.folder, said["digest"], path, said["name"])
        uploads.append(Upload(path, said["name"], recipes.options_from(said["options"])))
    return uploads
