"""A first look around in four steps, on a card that covers nothing: it starts by itself once, when data first comes in."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from ui import session
from ui.parts import rich

STEP = "tour_step"
WAS_EMPTY = "tour_was_empty"
STARTS = "tour_starts"
# On a phone the sidebar, where the tour is started, lies over the page and would hide the card; it is closed once a start.
_CLOSE_SIDEBAR = """<script>/* {start} */ (() => {{
  const bar = document.querySelector('[data-testid="stSidebar"]')
  const is_open = bar && bar.dataset.collapsed !== 'true' && bar.getAttribute('aria-expanded') !== 'false'
  if (is_open && innerWidth <= 768) bar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click()
}})()</script>"""


class _Step(NamedTuple):
    title: str
    text: str
    page: str
    label: str


def _steps() -> tuple[_Step, ...]:
    _ = session.locale()._
    overview, funnel = "../pages/overview.py", "../pages/funnel.py"
    return (
        _Step(
            _("What to look at first"),
            _(
                "**The Overview says it in sentences:** the headline figures, and what is worth acting on first. Each figure has "
                "its 95% interval; a change is called real only when it is hard to explain by chance."
            ),
            overview,
            _("Open the Overview"),
        ),
        _Step(
            _("Read a bar and its doubt"),
            _(
                "**A bar is all deals that came to a stage,** split by what became of them; the parts always add up. Hatched deals "
                "are not decided: they are never counted as lost. Beside a share stands its interval: where two overlap, do not "
                "bet on the difference."
            ),
            funnel,
            _("Open the Funnel"),
        ),
        _Step(
            _("Go down to the deals"),
            _(
                "**Filter by dates, owner or any column of your files;** the filters hold on every page and sit in the address, so "
                "a link carries them. Click a piece of a bar to list its deals."
            ),
            funnel,
            _("Open the Funnel"),
        ),
        _Step(
            _("Take it away"),
            _(
                "**Under every chart: Table, Download, SQL, Meaning.** The files name their filters and date; Meaning says in plain "
                "words what a number is."
            ),
            funnel,
            _("Open the Funnel"),
        ),
    )


def button() -> None:
    """In the sidebar: start the tour, or start it again."""
    _ = session.locale()._
    if not session.is_empty():
        st.button(_("Tour"), icon=":material/explore:", type="tertiary", on_click=_start, key="tour_start")


def show(*, here: bool) -> None:
    """The card of the step the reader is at, if any; only where `here`, so that an import stays undisturbed."""
    if session.is_empty():
        session.put(WAS_EMPTY, True)
        session.drop(STEP)
        return
    if session.get(WAS_EMPTY):
        session.drop(WAS_EMPTY)
        _start_once()
    step = session.get(STEP)
    if step is None or not here:
        return
    locale = session.locale()
    _ = locale._
    steps = _steps()
    now = steps[step]
    place = _("Step {n} of {of}").format(n=locale.count(step + 1), of=locale.count(len(steps)))
    with st.container(border=True, key="card_tour"):
        if session.get(STARTS):
            st.html(_CLOSE_SIDEBAR.format(start=session.get(STARTS)), unsafe_allow_javascript=True)
        st.html(
            f'<div role="status"><p class="sh-label">{rich(_("Tour"))} · {rich(place)}</p>'
            f'<h2 class="sh-h2">{rich(now.title)}</h2><p class="sh-note">{rich(now.text)}</p></div>'
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour_buttons"):
            is_last = step + 1 == len(steps)
            st.button(
                _("Done") if is_last else _("Next"),
                on_click=_go,
                args=(None if is_last else step + 1,),
                key="tour_next",
            )
            if step:
                st.button(_("Back"), type="tertiary", on_click=_go, args=(step - 1,), key="tour_back")
            st.page_link(now.page, label=now.label, icon=":material/open_in_new:")
            if not is_last:
                st.button(_("Skip the tour"), type="tertiary", on_click=_go, args=(None,), key="tour_skip")


def _start_once() -> None:
    """Begin, unless it was shown in this workspace before; that it was is kept with the workspace's settings."""
    settings = session.settings()
    if not settings.is_tour_seen:
        session.workspace().save_settings(replace(settings, is_tour_seen=True))
        session.put(STEP, 0)


def _start() -> None:
    session.put(STARTS, session.get(STARTS, 0) + 1)
    _go(0)


def _go(step: int | None) -> None:
    session.put(STEP, step)
