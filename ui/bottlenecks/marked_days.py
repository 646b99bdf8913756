"""The day to compare around: chosen, marked with a name for next time, or one that was marked before."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from data.errors import DataError
from data.marks import LONGEST_NAME, Mark
from ui import session
from ui.parts import md, note, problem

WINDOWS = (30, 60, 90, 180, 365, 0)  # 0: as many days as there are
USUAL = 90
EARLIEST = date(1990, 1, 1)


def chosen_day() -> date:
    """The reader's day; at first the latest marked one, else the first of the month that is 90 days back."""
    last = session.filters().as_of
    known = session.get("ba_on")
    if not isinstance(known, date):
        marked = [mark.on for mark in session.marks() if EARLIEST <= mark.on <= last]
        known = marked[-1] if marked else (last - timedelta(days=USUAL)).replace(day=1)
    on = min(max(known, EARLIEST), last)
    if on != session.get("ba_on"):
        session.put("ba_on", on)
    return on


def chosen_window() -> int | None:
    """On how many days either side; None for as many as there are."""
    known = session.get("ba_window", USUAL)
    return (known or None) if known in WINDOWS else USUAL


def choices(on: date, window: int | None) -> None:
    """The day, its windows, the days marked before, and how to mark this one."""
    locale = session.locale()
    _ = locale._
    marks = session.marks()
    here = [mark for mark in marks if mark.on == on]
    if session.get("ba_window") not in WINDOWS:
        session.put("ba_window", USUAL if window is None and session.get("ba_window") is None else window or 0)
    with st.container(border=True, key="card_before_after_day"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="switches_before_after"):
            st.date_input(
                _("Compare before and since"), min_value=EARLIEST, max_value=session.filters().as_of, format="YYYY-MM-DD",
                width=190, key="ba_on", persist_state="session",
            )  # fmt: skip
            st.selectbox(
                _("On either side"), WINDOWS, key="ba_window", width=190, persist_state="session",
                format_func=lambda days: locale.n_("{n} day", "{n} days", days) if days else _("As many as there are"),
            )  # fmt: skip
            if marks:
                places = list(range(len(marks)))
                known = marks.index(here[0]) if here else None
                if session.get("ba_mark") != known:
                    session.put("ba_mark", known)
                st.selectbox(
                    _("Marked days"), places, index=None, key="ba_mark", width=280, placeholder=_("Choose a marked day"),
                    format_func=lambda place: f"{locale.day(marks[place].on)} · {locale.name(marks[place].name)}",
                    on_change=_go_to, args=(tuple(marks),),
                )  # fmt: skip
            st.text_input(
                _("What happened that day"), key="ba_name", max_chars=LONGEST_NAME, width=260,
                placeholder=_("New price list, new script, new team…"),
            )  # fmt: skip
            st.button(_("Mark this day"), icon=":material/flag:", key="ba_add", on_click=_add, args=(on,))
            for number, mark in enumerate(here):
                st.button(
                    _("Remove {name}").format(name=md(mark.name)), icon=":material/close:", type="tertiary",
                    key=f"ba_remove_{number}", on_click=_remove, args=(mark,),
                )  # fmt: skip
        if (failed := session.get("ba_problem")) is not None:
            problem(failed)
            session.drop("ba_problem")
        elif not marks:
            note(_("No day is marked yet. Choose the day something changed and give it a name: it is kept with this data and shows in the trend."))  # fmt: skip


def _go_to(marks: tuple[Mark, ...]) -> None:
    place = session.get("ba_mark")
    if place is not None and place < len(marks):
        session.put("ba_on", marks[place].on)


def _add(on: date) -> None:
    try:
        session.workspace().add_mark(on, session.get("ba_name") or "")
    except DataError as failed:
        session.put("ba_problem", failed)
    else:
        session.put("ba_name", "")


def _remove(mark: Mark) -> None:
    try:
        session.workspace().remove_mark(mark)
    except DataError as failed:
        session.put("ba_problem", failed)
