"""Take back the list that was worked on without the app: what it would change, what of it cannot be used, and then the change."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.loop import loop_cases
from analytics.rows import rows as rows_of
from data import loop_file
from data.errors import DataError
from data.loop_cases import LoopCases
from data.loop_file import Change, Plan, Standing
from ui import session
from ui.bottlenecks.action_sheet import owner_words
from ui.locale import NOTHING
from ui.nps.loop_words import HEADINGS, in_all_languages, nobody, status_word, statuses
from ui.parts import grid, note, plain, problem, rich, section, table

KINDS = ("xlsx", "csv")
LARGEST = 20  # MB
ON_SCREEN = 12


def show_file(noted: Mapping[str, Any]) -> None:
    """The card: a file, what it would change, and the button that changes it."""
    _ = session.locale()._
    with st.container(border=True, key="card_loop_file"):
        section(
            _("Bring a worked file back"),
            _("The case sheet, as it was filled in. Status, owner, days and notes are taken back, nothing else; you see every change first."),
        )  # fmt: skip
        if (done := session.get("loop_file_done")) is not None:
            st.success(done, icon=":material/check:")
            session.drop("loop_file_done")
        file = st.file_uploader(
            _("Case sheet"), type=KINDS, max_upload_size=LARGEST, key=f"loop_file_{session.get('loop_file_round', 0)}",
        )  # fmt: skip
        if file is None:
            return
        try:
            plan = _plan_of(file, noted)
        except DataError as wrong:
            problem(wrong)
            return
        _show(plan)


def _plan_of(file: Any, noted: Mapping[str, Any]) -> Plan:
    """The plan of a file, worked out once for the same file and notes."""
    key = (file.file_id, repr(noted), session.workspace().version)
    known = session.get("loop_plan")
    if known is None or known[0] != key:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cases"
            path.write_bytes(file.getbuffer())
            found = loop_file.lines(path, file.name, in_all_languages(HEADINGS))
        numbers = tuple(sorted({line.number for line in found}))
        kept: LoopCases = noted["kept"]
        plan = loop_file.plan(found, standing(numbers, noted), kept, statuses(), session.today(), nobody())
        session.put("loop_plan", known := (key, plan))
    plan_: Plan = known[1]
    return plan_


def standing(numbers: tuple[str, ...], noted: Mapping[str, Any]) -> dict[str, Standing]:
    """How the cases of these numbers stand, whatever the reader filters by."""
    now = session.filters()
    everywhere = replace(now, where=(), since=None, until=None, as_of=now.recorded_until or now.as_of)
    question = loop_cases(session.tables(), everywhere, **noted, within_days=None, only="all", numbers=numbers)
    opened = session.engine()
    found = rows_of(question.answer(lambda expression: opened.query(session.sql(expression))))
    return {
        row["case_number"]: Standing(
            row["customer"] or "", row["answer_on"], row["case_status"], row["owner"], row["answer_due_on"],
            row["case_note"] or "", row["contacted_on"], row["closed_on"],
        )
        for row in found
    }  # fmt: skip


def _show(plan: Plan) -> None:
    locale = session.locale()
    _ = locale._
    n = len(plan.changes)
    said = [
        locale.n_("{n} case changes", "{n} cases change", n),
        locale.n_("{n} stays as it is", "{n} stay as they are", plan.unchanged),
        locale.n_("{n} cell or line cannot be used", "{n} cells or lines cannot be used", len(plan.refused)),
    ]
    note(" · ".join(said))
    if plan.changes:
        lines = [_line(change) for change in plan.changes[:ON_SCREEN]]
        table([_("Customer"), _("Now"), _("Then")], lines, caption=_("What the file changes"))
        if n > ON_SCREEN:
            note(locale.n_("{n} more case changes.", "{n} more cases change.", n - ON_SCREEN))
    if plan.refused:
        refused = pd.DataFrame({
            _("Sheet"): [refusal.sheet for refusal in plan.refused], _("Line"): [refusal.line for refusal in plan.refused],
            _("Why it cannot be used"): [locale.say(refusal.why) for refusal in plan.refused],
        })  # fmt: skip
        grid(refused, {_("Line"): "count"}, key="loop_refused")
    if plan.changes:
        label = locale.n_("Change {n} case", "Change {n} cases", n)
        st.button(label, icon=":material/check:", key="loop_apply", on_click=_apply, args=(plan,))


def _apply(plan: Plan) -> None:
    locale = session.locale()
    try:
        session.workspace().keep_loop_cases([change.case for change in plan.changes])
    except DataError as wrong:
        session.put("loop_problem", wrong)
        return
    session.put("loop_file_done", locale.n_("{n} case was changed.", "{n} cases were changed.", len(plan.changes)))
    session.put("loop_round", session.get("loop_round", 0) + 1)
    session.put("loop_file_round", session.get("loop_file_round", 0) + 1)
    session.drop("loop_plan")


def _line(change: Change) -> list[str]:
    now, then = [], []
    for field, (old, new) in change.changed.items():
        name = session.locale()._(HEADINGS[field])
        now.append(f"{rich(name)}: {_value(field, old)}")
        then.append(f"{rich(name)}: <b>{_value(field, new)}</b>")
    return [f"<b>{rich(plain(change.customer))}</b>", "<br>".join(now), "<br>".join(then)]


def _value(field: str, value: Any) -> str:
    locale = session.locale()
    if field == "owner":
        return rich(plain(owner_words(value, locale)))
    if not value:
        return NOTHING
    if field == "status":
        return rich(status_word(value, locale))
    return rich(plain(value)) if field == "note" else rich(locale.day(value))
