"""The import on its way: one draft a reader, from the files they dropped to what was loaded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from data import mappings
from data.errors import DataError, FileProblem
from data.importer import Draft
from data.load import FileReport
from data.messages import Message, say
from data.reading import TextTable
from data.recognise import FileOptions, FilePlan
from data.stages import StageChoices
from data.uploads import Upload
from ui import session
from ui.parts import md, problem


def telling(bar: Any) -> Callable[[float, Message], None]:
    """Show how far the work is in a bar."""
    locale = session.locale()

    def told(share: float, message: Message) -> None:
        bar.progress(min(share, 1.0), text=md(locale.say(message)))

    return told


def put_down(files: Iterable[Any]) -> tuple[Path, list[Upload]]:
    """Move what the browser sent to a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="shimur-upload-"))
    uploads = []
    for place, file in enumerate(files):
        # The name is the sender's: it is shown, and never used as a path.
        path = folder / f"{place}{''.join(Path(file.name).suffixes[-2:])[-12:]}"
        with path.open("wb") as out:
            shutil.copyfileobj(file, out)
        uploads.append(Upload(path, file.name))
    return folder, uploads


def prepare(files: Iterable[Any]) -> None:
    """Prepare an import of what was dropped; what cannot be read is said, and the files are dropped.

    A mapping file among them says how the others are read.
    """
    folder, uploads = put_down(files)
    bar = st.progress(0.0)
    try:
        known: dict[str, mappings.Remembered] = {}
        for upload in uploads:
            if _is_mapping(upload):
                known |= mappings.from_file(upload.path, upload.name)
        tables = [upload for upload in uploads if not _is_mapping(upload)]
        if not tables:
            raise FileProblem(
                say("A mapping file says how files are read, and holds none itself."),
                say("Drop it together with the files."),
            )
        draft = Draft(session.workspace(), tables, None, telling(bar), strict=False, mapping=known or None)
    except DataError as wrong:
        shutil.rmtree(folder, ignore_errors=True)
        bar.empty()
        problem(wrong)
        return
    session.put("draft", draft)
    session.put("draft_folder", folder)
    session.put("files_round", session.get("files_round", 0) + 1)
    st.rerun()


def _is_mapping(upload: Upload) -> bool:
    return upload.name.lower().endswith(".json")


def load(draft: Draft) -> None:
    """Put the import in force."""
    report = draft.publish(telling(st.progress(0.0)))
    forget()
    session.put("loaded", report)
    session.clear()
    st.rerun()


def forget() -> None:
    """Drop the import that was being prepared, and what was said of the last one."""
    draft, folder = session.get("draft"), session.get("draft_folder")
    if draft is not None:
        draft.close()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    session.drop("draft", "draft_folder", "draft_problem", "mend_found", "loaded")


def revise(
    draft: Draft, uploads: list[Upload], choices: StageChoices | None = None, *, but: DataError | None = None
) -> None:
    """Prepare again with what the person said; what does not work is said and leaves things as they were.

    `but` is what could not be done of it before that.
    """
    before, said = draft.uploads, draft.choices
    told = telling(st.progress(0.0))
    try:
        draft.revise(uploads, choices or said, told, strict=False)
        session.put("draft_problem", but)
    except DataError as wrong:
        session.put("draft_problem", wrong)
        draft.revise(before, said, told, strict=False)
    session.put("draft_round", draft_round() + 1)
    st.rerun()


def draft_round() -> int:
    """Part of the key of every grid: a new number makes it forget what was typed into it."""
    return session.get("draft_round", 0)


def with_options(draft: Draft, text: TextTable, **changes: Any) -> list[Upload]:
    """The uploads, the one that the text came from with other options."""
    return changed(draft, {draft.place_of(text): changes})


def changed(draft: Draft, changes: Mapping[int, Mapping[str, Any]]) -> list[Upload]:
    """The uploads, those at the places named with other options."""
    return [
        replace(upload, options=replace(upload.options, **changes[place])) if place in changes else upload
        for place, upload in enumerate(draft.uploads)
    ]


def options_of(draft: Draft, text: TextTable) -> FileOptions:
    return draft.uploads[draft.place_of(text)].options


def files_known(draft: Draft) -> int:
    """How many of the files hold something to load; a workbook with several such sheets is one."""
    return len({draft.place_of(plan.text) for plan in draft.plans})


def report_of(draft: Draft, plan: FilePlan) -> FileReport | None:
    """What the draft would do with a file; None while nothing is prepared."""
    files = draft.report.files if draft.report is not None else ()
    return next((file for file in files if file.relation == plan.text.relation), None)


def is_remembered(draft: Draft, plan: FilePlan) -> bool:
    """Whether a file is read as one of its shape was before: nothing needs to be looked at again."""
    report = report_of(draft, plan)
    return report is not None and report.is_remembered


def is_edited(key: str) -> bool:
    """Whether something was typed into a grid and not applied yet."""
    state = session.get(key)
    return bool(state and state["edited_rows"])
