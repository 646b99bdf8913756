"""What is done with a scenario as a whole: open, save, rename, duplicate, delete, share."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analytics.what_if import forecast
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import as_json, of_json, read
from data.errors import DataError, RequestProblem
from data.messages import say
from data.scenarios import SavedScenario, free_name, same
from ui import session
from ui.parts import md, note, problem, rich
from ui.what_if import asked, sharing, working

KINDS = ("yaml", "yml", "json")
LARGEST = 1  # MB
_TAKEN, _REMOVING, _UPLOADS = "what_if_taken", "what_if_removing", "what_if_uploads"


def show() -> None:
    """The row of buttons above the form, and how the scenario stands to what is kept."""
    _ = session.locale()._
    kept = session.scenarios()
    is_wrong = bool(working.draft().problems())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_if_bar"):
        opener = st.popover(
            _("Open a scenario"), icon=":material/folder_open:", key=f"what_if_open_{_round()}", on_change="rerun"
        )
        st.button(
            _("Save"), icon=":material/save:", key="what_if_save", disabled=is_wrong, on_click=_save,
            help=_("Put right what is wrong first.") if is_wrong else None,
        )  # fmt: skip
        st.button(
            _("Copy the scenario"), icon=":material/content_copy:", key="what_if_duplicate", on_click=_duplicate, args=(kept,),
            disabled=is_wrong,
        )  # fmt: skip
        share = st.popover(
            _("Link and file"), icon=":material/share:", key="what_if_share", on_change="rerun", disabled=is_wrong
        )
        st.html(f'<p class="sh-where">{rich(_standing(kept))}</p>', width="content")
    if opener.open:
        with opener, st.container(width=420):
            _open(kept)
    if share.open:
        with share, st.container(width=480):
            sharing.show(working.scenario())
    if session.get(_TAKEN) is not None:
        _taken()


def _round() -> int:
    """Part of the key of what closes when a scenario was opened."""
    return working.draft().round


def _standing(kept: list[SavedScenario]) -> str:
    _ = session.locale()._
    name = working.saved_as()
    known = next((each for each in kept if name is not None and same(each.name, name)), None)
    if known is None:
        return _("Not saved")
    day = session.locale().day(known.saved_on)
    if _is_changed(known):
        return _("Changed since it was saved on {day}").format(day=day)
    return _("Saved on {day}").format(day=day)


def _is_changed(known: SavedScenario) -> bool:
    try:
        return as_json(of_json(known.written)) != as_json(working.scenario())
    except DataError:
        return True


# save


def _save(*, replacing: bool = False) -> None:
    """Keep the scenario under its name; the one that was opened keeps its place under a new name."""
    kept, scenario, before = session.scenarios(), working.scenario(), working.saved_as()
    workspace = session.workspace()
    is_known = before is not None and any(same(each.name, before) for each in kept)
    session.drop(_TAKEN)
    try:
        made = _with_forecast(scenario)
        if not is_known and not replacing and any(same(each.name, made.name) for each in kept):
            session.put(_TAKEN, made.name)
            return
        if before is not None and is_known and not same(before, made.name) and not replacing:
            workspace.rename_scenario(before, made.name)
        workspace.save_scenario(made, replacing=replacing or is_known)
    except DataError as error:
        working.note_problem(error)
    else:
        working.is_saved_as(made.name)


def _with_forecast(scenario: Scenario) -> SavedScenario:
    """The scenario with what is forecast of it today; without a forecast where it cannot be simulated."""
    filters = session.filters()
    try:
        bands = asked.of_outcome(forecast.bands, scenario)
        told = forecast.written(bands, asked.base(scenario), scenario, filters, session.workspace().revision)
    except RequestProblem:
        told = ""
    return SavedScenario.of(scenario.name, as_json(scenario), session.today(), filters.as_of, told)


def _taken() -> None:
    """Another scenario has the name: save in its place, or leave it."""
    _ = session.locale()._
    with st.container(border=True, key="card_what_if_taken", horizontal=True, vertical_alignment="center", gap="small"):
        note(_("A scenario with this name is kept already. Save in its place, or write another name."))
        st.button(
            _("Save in its place"),
            key="what_if_replace",
            icon=":material/save:",
            on_click=_save,
            kwargs={"replacing": True},
        )
        st.button(_("Cancel"), key="what_if_keep_both", type="tertiary", on_click=session.drop, args=(_TAKEN,))


def _duplicate(kept: list[SavedScenario]) -> None:
    """Go on with a copy; it is not saved until it is."""
    scenario = working.scenario()
    working.open_scenario(replace(scenario, name=_free(kept, scenario.name)))


def _free(kept: list[SavedScenario], name: str) -> str:
    return free_name(kept, name or session.locale()._("Scenario"))


# open


def _open(kept: list[SavedScenario]) -> None:
    """The scenarios that are kept, a file, and a fresh start."""
    locale = session.locale()
    _ = locale._
    if not kept:
        note(_("No scenario is saved yet."))
    for place, each in enumerate(kept):
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"what_if_kept_{place}"):
            st.button(
                f"{md(each.name)} · {locale.day(each.saved_on)}", key=f"what_if_open_{place}_{_round()}", type="tertiary",
                icon=":material/description:", on_click=_take, args=(each,),
            )  # fmt: skip
            st.button(
                _("Delete"), key=f"what_if_delete_{place}", type="tertiary", icon=":material/delete:",
                on_click=session.put, args=(_REMOVING, each.name),
            )  # fmt: skip
        if session.get(_REMOVING) == each.name:
            _confirm(each)
    st.button(_("Start anew"), key="what_if_anew", type="tertiary", icon=":material/restart_alt:", on_click=_start_anew)
    _upload()


def _confirm(saved: SavedScenario) -> None:
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what_if_confirm"):
        note(_("It cannot be brought back."))
        st.button(
            _("Delete it"), key="what_if_delete_sure", icon=":material/delete:", on_click=_delete, args=(saved.name,)
        )
        st.button(_("Keep it"), key="what_if_delete_not", type="tertiary", on_click=session.drop, args=(_REMOVING,))


def _delete(name: str) -> None:
    session.workspace().remove_scenario(name)
    before = working.saved_as()
    if before is not None and same(before, name):
        working.is_saved_as(None)
    session.drop(_REMOVING)


def _start_anew() -> None:
    working.open_scenario(working.starter())


def _take(saved: SavedScenario) -> None:
    try:
        working.open_scenario(of_json(saved.written), saved.name)
    except DataError as error:
        working.note_problem(error)


def _upload() -> None:
    """A scenario from a file, as this page or the command line write it."""
    _ = session.locale()._
    file = st.file_uploader(
        _("A scenario file (YAML)"), type=KINDS, max_upload_size=LARGEST, key=f"what_if_file_{session.get(_UPLOADS, 0)}",
    )  # fmt: skip
    if file is None:
        return
    try:
        found = opened_file(file.getvalue())
    except DataError as wrong:
        problem(wrong, "file")
        return
    session.put(_UPLOADS, session.get(_UPLOADS, 0) + 1)
    working.open_scenario(found)
    st.rerun()


def opened_file(content: bytes) -> Scenario:
    """The scenario of a file. Raises RequestProblem for what is none."""
    try:
        return read(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RequestProblem(
            say("The file is not text in UTF-8."), say("Save it as UTF-8, or download a scenario here and change it.")
        ) from None
