"""What was joined to a customer without being asked, or by a person, each with a way to undo it."""

from __future__ import annotations

import streamlit as st

from data import respondent_joins
from data.respondent_joins import Join
from data.respondents import Decision
from ui import session
from ui.locale import Locale
from ui.nps.matching_list import counted, keep, subject_words
from ui.parts import plain, rich, section, tag

MOST_KEPT, MOST_SHOWN = 200, 8


def show_joins() -> None:
    """The card; nothing where every join was by number, exact name or a contact's address."""
    locale = session.locale()
    _ = locale._
    listed = session.kept(_listed)
    if not listed:
        return
    with st.container(border=True, key="card_matching_joins"):
        section(
            _("Joined by likeness, or by a person"),
            _("Undo what is wrong: the answers are of nobody known again, and are not joined so any more, in files loaded later either."),
        )  # fmt: skip
        most = session.get("joins_shown") or MOST_SHOWN
        for place, join in enumerate(listed[:most]):
            _show(place, join, locale)
        if len(listed) > most:
            more = locale.n_("{n} more", "{n} more", len(listed) - most)
            st.button(more, type="tertiary", key="joins_more", on_click=session.put, args=("joins_shown", most + 20))


def _listed() -> list[Join]:
    return respondent_joins.joins(session.engine(), MOST_KEPT)


def _show(place: int, join: Join, locale: Locale) -> None:
    _ = locale._
    with st.container(key=f"join_{place}"):
        said, act = st.columns([4, 1], vertical_alignment="center")
        with said:
            by = tag("good", _("chosen")) if join.way == "chosen" else tag("plain", subject_words(locale)[join.subject])
            owner = f" ({rich(plain(join.owner))})" if join.owner else ""
            rows = {"answers": join.answers, "invitations": join.invitations}
            arrow = "←" if locale.rtl else "→"
            st.html(
                f'<div class="sh-act"><h3><bdi>{rich(plain(join.written))}</bdi> {arrow} <bdi>{rich(plain(join.customer))}</bdi>{owner} {by}</h3>'
                f"<p>{rich(counted(rows, locale))}</p></div>"
            )
        with act:
            st.button(
                _("Undo"), key=f"unjoin_{join.subject}_{join.written}_{join.customer_id}", icon=":material/link_off:", width="stretch",
                on_click=keep, args=((Decision(join.subject, join.written, join.customer_id, is_same=False),),),
            )  # fmt: skip
