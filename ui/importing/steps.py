"""The import on its way: one draft a reader, from the files they dropped to what was loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from data import aside, mappings
from data.errors import DataError, FileProblem
from data.files import writing
from data.importer import Draft
from data.load import FileReport
from data.messages import Message, say
from data.reading import TextTable
from data.receiving import Desk, Folder, label
from data.recognise import FileOptions, FilePlan
from data.stages import StageChoices
from data.store import Workspace
from data.uploads import Upload
from ui import session
from ui.parts import md, problem
from ui.uploading import route
from ui.uploading.component import owner


def telling(bar: Any) -> Callable[[float, Message], None]:
    """Show how far the work is in a bar."""
    locale = session.locale()

    def told(share: float, message: Message) -> None:
        bar.progress(min(share, 1.0), text=md(locale.say(message)))

    return told


def size(workspace: Workspace, uploads: Iterable[Upload] = ()) -> int:
    """Bytes of the files and of the data, which is worked through with them."""
    files = [upload.path for upload in uploads] + ([workspace.data_file] if workspace.data_file else [])
    return sum(file.stat().st_size for file in files if file.exists())


def put_down(files: Iterable[Any]) -> tuple[Folder, list[Upload]]:
    """Move what Streamlit received to a folder of its own."""
    folder = Folder(route.folder())
    uploads = []
    with writing(folder.path):
        for place, file in enumerate(files):
            path = folder.path / str(place)
            with path.open("wb") as out:
                shutil.copyfileobj(file, out)
            # The name is the sender's: it is shown, and never used as a path.
            uploads.append(Upload(path, label(file.name)))
    return folder, uploads


def prepare(files: Iterable[Any]) -> None:
    """Prepare an import of what was dropped; what cannot be read is said, and the files are dropped."""
    session.drop("sent_problem")
    try:
        _prepare(*put_down(files))
    except DataError as wrong:
        problem(wrong)


def prepare_sent(desk: Desk, tokens: Sequence[str]) -> None:
    """The same for files that arrived in pieces; what is wrong with them is said until others are sent.

    They are fetched once, and held: a run that is interrupted, as by another click, leaves them for the next.
    """
    sent = session.get("sent")
    if sent is None and not tokens:
        return
    session.drop("sent_problem")
    try:
        if sent is None:
            sent = desk.take(tokens, owner())
            session.put("sent", sent)
        _prepare(*sent)
    except DataError as wrong:
        session.drop("sent")
        session.put("sent_problem", wrong)
        session.put("files_round", session.get("files_round", 0) + 1)
        st.rerun()


def _prepare(folder: Folder, uploads: list[Upload]) -> None:
    """Prepare an import, and show it. A mapping file among the uploads says how the others are read. Raises DataError."""
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
        workspace = session.workspace()
        draft = aside.run(
            lambda told: Draft(workspace, tables, None, told, strict=False, mapping=known or None),
            telling(bar), size(workspace, tables),
        )  # fmt: skip
    except DataError:
        folder.close()
        bar.empty()
        raise
    session.drop("sent")
    session.put("draft", draft)
    session.put("draft_folder", folder)
    session.put("files_round", session.get("files_round", 0) + 1)
    st.rerun()


def _is_mapping(upload: Upload) -> bool:
    return upload.name.lower().endswith(".json")


def load(draft: Draft) -> None:
    """Put the import in force."""
    report = aside.run(draft.publish, telling(st.progress(0.0)), size(draft.workspace, draft.uploads))
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
        folder.close()
    session.drop("draft", "draft_folder", "draft_problem", "mend_found", "loaded")


def revise(
    draft: Draft, uploads: list[Upload], choices: StageChoices | None = None, *, but: DataError | None = None
) -> None:
    """Prepare again with what the person said; what does not work is said and leaves things as they were.

    `but` is what could not be done of it before that.
    """
    before, said = draft.uploads, draft.choices
    bar, much = telling(st.progress(0.0)), size(draft.workspace, uploads)
    try:
        aside.run(lambda told: draft.revise(uploads, choices or said, told, strict=False), bar, much)
        session.put("draft_problem", but)
    except DataError as wrong:
        session.put("draft_problem", wrong)
        aside.run(lambda told: draft.revise(before, said, told, strict=False), bar, much)
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
