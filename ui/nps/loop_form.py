"""One case: all that was said, and what to note of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.loop import loop_cases
from analytics.rows import rows as records
from data.errors import DataError
from data.loop_cases import LONGEST_NOTE, STATUSES, LoopCase
from ui import session
from ui.bottlenecks.action_sheet import owner_words
from ui.nps.loop_list import list_asked
from ui.nps.loop_words import reason_words, status_word
from ui.parts import ROWS_ON_SCREEN, md, note, plain, problem, rich, section

LATEST_DUE = 3650  # days ahead


def show_case(asked: Mapping[str, Any], standing: pd.DataFrame) -> None:
    """The card: choose a case of the list, read it, note what was done."""
    locale = session.locale()
    _ = locale._
    rows = {
        row["case_number"]: row for row in records(session.answer(loop_cases, most=ROWS_ON_SCREEN, **list_asked(asked)))
    }
    with st.container(border=True, key="card_loop_case"):
        section(_("Work on a case"), _("What you note is kept with this data and stays when more is imported."))
        if (done := session.get("loop_done")) is not None:
            st.success(done, icon=":material/check:")
            session.drop("loop_done")
        if (wrong := session.get("loop_problem")) is not None:
            problem(wrong)
            session.drop("loop_problem")
        if not rows:
            note(_("The list above is empty: show other cases to work on one."))
            return
        if session.get("loop_number") not in rows:
            session.put("loop_number", next(iter(rows)))
        number = st.selectbox(
            _("Case"), list(rows), key="loop_number", persist_state="session", format_func=lambda each: _name(rows[each]),
        )  # fmt: skip
        row = rows[number]
        said, form = st.columns([1, 1], gap="medium")
        with said:
            _said(row)
        with form:
            _form(row, asked["kept"].by_number.get(number) or LoopCase(number), standing)


def _name(row: Mapping[str, Any]) -> str:
    """A case as the list of a widget names it, which shows text as it is."""
    locale = session.locale()
    _ = locale._
    who = [locale.name(each) for each in (row["customer"], row["respondent"]) if each]
    late = row["answer_overdue"]
    about = (
        _("{days} overdue").format(days=locale.days(late, 0))
        if late is not None
        else status_word(row["case_status"], locale)
    )
    return " · ".join([*(who or [_("Unknown customer")]), locale.count(row["score"]), about])


def _said(row: Mapping[str, Any]) -> None:
    """The facts of a case, and the whole comment."""
    locale = session.locale()
    _ = locale._
    facts = [(_("Answer"), f"{locale.count(row['score'])} · {reason_words(row['case_reason'], locale)}")]
    if row["score_before"] is not None:
        facts.append((_("Answer before"), locale.count(row["score_before"])))
    if row["answer_on"] is not None:
        age = _("{days} ago").format(days=locale.days(row["case_age"], 0))
        facts.append((_("Answered on"), f"{locale.day(row['answer_on'])} · {age}" if row["case_status"] != "closed" else locale.day(row["answer_on"])))  # fmt: skip
    facts.append((_("Owner"), plain(owner_words(row["owner"], locale))))
    if row["revenue_12m"] is not None:
        facts.append((_("Revenue, 12 months"), locale.money(row["revenue_12m"], row["currency"])))
    for name, words in (("contacted_on", _("Contacted on")), ("closed_on", _("Closed on"))):
        if row[name] is not None:
            facts.append((words, locale.day(row[name])))
    if row["service_case_on"] is not None:
        hint = _("opened {day}: somebody may have reacted, or it is about something else")
        facts.append((_("Service case"), hint.format(day=locale.day(row["service_case_on"]))))
    lines = "".join(f"<tr><th scope='row' style='text-align:start;font-weight:400;padding-inline-end:1rem'>{rich(name)}</th><td>{rich(value)}</td></tr>" for name, value in facts)  # fmt: skip
    st.html(f'<table class="sh-table"><tbody>{lines}</tbody></table>')
    if row["comment"]:
        st.html(f'<p class="sh-meaning"><strong>{rich(_("What was said"))}</strong> <span style="white-space:pre-wrap">{rich(plain(row["comment"]))}</span></p>')  # fmt: skip
    else:
        note(_("Nothing was written with the score."))
    if row["customer_id"]:
        st.page_link(
            "../pages/customer.py", label=md(row["customer"]), icon=":material/person:",
            query_params=session.link_to(customer_of=row["customer_id"]),
        )  # fmt: skip


def _form(row: Mapping[str, Any], case: LoopCase, standing: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    # What is noted anew is shown anew.
    key = f"{case.number}_{session.get('loop_round', 0)}"
    owners = list(
        dict.fromkeys([each for each in (row["owner"], *standing["owner"].iloc[1:]) if isinstance(each, str) and each])
    )
    due = row["answer_due_on"]
    with st.form(f"loop_form_{key}", border=False):
        st.radio(
            _("Status"), STATUSES, index=STATUSES.index(row["case_status"]), horizontal=True, key=f"loop_status_{key}",
            format_func=lambda status: status_word(status, locale),
        )  # fmt: skip
        st.selectbox(
            _("Owner"), owners, index=0 if row["owner"] else None, key=f"loop_case_owner_{key}", accept_new_options=True,
            placeholder=_("No owner"), format_func=locale.name,
        )  # fmt: skip
        st.date_input(
            _("Answer due"), value=due, format="YYYY-MM-DD", key=f"loop_due_{key}",
            max_value=session.today() + timedelta(days=LATEST_DUE),
        )  # fmt: skip
        st.text_area(_("Note"), value=case.note, max_chars=LONGEST_NOTE, height=96, key=f"loop_note_{key}")
        st.form_submit_button(
            _("Save"), type="primary", icon=":material/check:", key=f"loop_save_{key}", on_click=_save, args=(case, row["owner"], due, key),
        )  # fmt: skip


def _save(case: LoopCase, owner: str | None, due: date | None, key: str) -> None:
    _ = session.locale()._
    new_owner, new_due = session.get(f"loop_case_owner_{key}"), session.get(f"loop_due_{key}")
    try:
        noted = replace(
            case.at(session.get(f"loop_status_{key}"), session.today()), note=session.get(f"loop_note_{key}") or ""
        )
        # What follows from the data goes on following from it.
        if new_owner and new_owner != owner:
            noted = replace(noted, owner=new_owner)
        if new_due and new_due != due:
            noted = replace(noted, due_on=new_due)
        if noted == case:
            return
        session.workspace().keep_loop_cases([noted])
    except DataError as wrong:
        session.put("loop_problem", wrong)
        return
    session.put("loop_done", _("Saved."))
    session.put("loop_round", session.get("loop_round", 0) + 1)
