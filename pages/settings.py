"""The workspaces, and what holds for a whole workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import available_timezones

import streamlit as st
from babel import Locale as BabelLocale
from babel.numbers import list_currencies

from data import workspaces
from data.errors import DataError
from ui import session, visitors
from ui.customers import settings as customers
from ui.locale import Locale
from ui.parts import calendar_words, heading, problem, section

locale = session.locale()
_ = locale._

WEEK_STARTS = {"sunday": _("Sunday"), "monday": _("Monday"), "saturday": _("Saturday")}


def attempt(act: Callable[[], object]) -> None:
    """Do what a button says; what is wrong with a name is said on the page."""
    try:
        act()
    except DataError as error:
        session.put("settings_problem", error)


def create_workspace() -> None:
    name = (session.get("new_workspace") or "").strip()

    def act() -> None:
        workspaces.create(name)
        workspaces.switch(name)
        session.put("new_workspace", "")

    attempt(act)


def copy_workspace() -> None:
    name = (session.get("copy_name") or "").strip()

    def act() -> None:
        workspaces.copy(workspaces.current(), name)
        workspaces.switch(name)
        session.put("copy_name", "")

    attempt(act)


@st.dialog(_("Delete a workspace"))
def confirm_delete(name: str) -> None:
    st.write(_("Its data, its history of imports and its settings will be gone. This cannot be undone."))
    if st.button(
        _("Delete it for good"),
        type="primary",
        icon=":material/delete:",
        key="delete_confirm",
        on_click=lambda: attempt(lambda: workspaces.delete(name)),
    ):
        st.rerun()


@st.dialog(_("Wipe my data"))
def confirm_wipe() -> None:
    st.write(_("Everything you loaded here will be gone. This cannot be undone."))
    if st.button(_("Wipe it now"), type="primary", icon=":material/delete:", key="wipe_confirm", on_click=session.wipe):
        st.rerun()


def show_workspaces() -> None:
    current = workspaces.current()
    names = sorted({*workspaces.workspaces(), current}, key=str.casefold)
    with st.container(border=True, key="card_workspaces"):
        section(
            _("Workspaces"),
            _(
                "Each has its own data and settings; nothing of one is seen in another. Commands use the one chosen "
                "here."
            ),
        )
        chosen = st.selectbox(
            _("Workspace in use"), names, index=names.index(current), key=f"use_{current}_{len(names)}", width=420
        )
        if chosen != current:
            workspaces.switch(chosen)
            st.rerun()
        make, duplicate, remove = st.columns(3, gap="small", vertical_alignment="bottom")
        with make:
            st.text_input(_("Name of a new workspace"), key="new_workspace", max_chars=60)
            st.button(_("Make it"), icon=":material/add:", on_click=create_workspace, key="create_workspace")
        with duplicate:
            st.text_input(_("Name of a copy of this one"), key="copy_name", max_chars=60)
            st.button(_("Copy"), icon=":material/content_copy:", on_click=copy_workspace, key="copy_workspace")
        with remove:
            if st.button(_("Delete this workspace…"), icon=":material/delete:", key="delete_workspace"):
                confirm_delete(current)


def show_visitor() -> None:
    with st.container(border=True, key="card_visitor"):
        section(
            _("Your data here"),
            _(
                "It is in a private workspace that only this browser can open, and it is wiped {n} minutes after you "
                "last used it."
            ).format(n=locale.count(visitors.idle_minutes())),
        )
        if st.button(_("Wipe my data…"), icon=":material/delete:", key="wipe"):
            confirm_wipe()


def show_settings(locale: Locale) -> None:
    now = session.settings()
    with st.form("form_settings", border=False), st.container(border=True, key="card_settings"):
        section(_("How time and money are told"))
        first, second = st.columns(2, gap="small")
        zones = sorted(available_timezones())
        zone = first.selectbox(
            _("Time zone"),
            zones,
            index=zones.index(now.time_zone) if now.time_zone in zones else None,
            help=_("Days, weeks and months are cut in it."),
        )
        codes = ["", *sorted(list_currencies(BabelLocale("en")))]
        own = session.facts().get("currency", "")
        currency = second.selectbox(
            _("Currency"),
            codes,
            index=codes.index(now.currency) if now.currency in codes else 0,
            format_func=lambda code: (
                code or (_("The data's own ({code})").format(code=own) if own else _("The data's own"))
            ),
            help=_("The sign written before amounts. Amounts are not converted."),
        )
        week = first.selectbox(
            _("The week starts on"),
            list(WEEK_STARTS),
            index=list(WEEK_STARTS).index(now.week_start) if now.week_start in WEEK_STARTS else 0,
            format_func=lambda day: WEEK_STARTS[day],
        )
        year = second.selectbox(
            _("The fiscal year starts in"),
            list(range(1, 13)),
            index=now.fiscal_year_start - 1,
            format_func=locale.month_name,
        )
        days = calendar_words(locale)
        calendar = st.selectbox(
            _("Durations count"),
            list(days),
            index=list(days).index(session.calendar()),
            format_func=lambda name: days[name],
            help=_("How long stages, cycles and waits take, everywhere. Dates stay dates."),
            key="set_calendar",
        )
        if st.form_submit_button(_("Save"), type="primary", icon=":material/check:", key="save_settings"):
            session.workspace().save_settings(
                replace(
                    now,
                    time_zone=zone or "UTC",
                    currency=currency,
                    week_start=week,
                    fiscal_year_start=year,
                    calendar=calendar,
                )
            )
            session.put("settings_saved", True)
            st.rerun()
    if session.get("settings_saved"):
        session.drop("settings_saved")
        st.toast(_("Saved."), icon=":material/check:")


heading(_("Settings"), _("**They hold for this workspace**, on every page and in every command."))
error = session.get("settings_problem")
if error is not None:
    session.drop("settings_problem")
    problem(error)
show_settings(locale)
customers.show()
if visitors.public():
    show_visitor()
else:
    show_workspaces()
