"""The list of cases: whose, how urgent, what was said; and the workbook to work on without the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.loop import ONLY, loop_cases
from analytics.rows import rows as records
from ui import session, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import NOTHING
from ui.nps.loop_words import reason_words, sheet, status_word
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    downloads,
    drawn,
    first_lines,
    note,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

ON_SCREEN = 12
LONGEST = 110  # of a comment on the list; the case itself has all of it
MEANS = ("case_reason", "score_before", "answer_due_on", "answer_overdue", "case_status", "service_case_on", "revenue_12m", "case_number")  # fmt: skip


def list_asked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the list asks for, as the reader narrowed it."""
    only = session.get("loop_only") or "open"
    return {**asked, "only": only if only in ONLY else "open", "owner": session.get("loop_owner")}


def show_list(asked: Mapping[str, Any], standing: pd.DataFrame, ages: Sequence[int]) -> None:
    """The card: the cases of an owner, by how they stand and how old they are."""
    locale = session.locale()
    _ = locale._
    owners = {str(name): locale.name(owner_words(name, locale)) for name in standing["owner"].iloc[1:]}
    if session.get("loop_owner") not in owners:
        session.put("loop_owner", None)
    shown = shown_words()
    with st.container(border=True, key="card_loop_list"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_loop"
            ):
                st.selectbox(
                    _("Owner"), list(owners), index=None, key="loop_owner", width=190, persist_state="session",
                    placeholder=_("All owners"), format_func=lambda name: owners[name],
                )  # fmt: skip
                st.selectbox(
                    _("Shown"), list(shown), key="loop_only", width=190, persist_state="session", format_func=lambda name: shown[name],
                )  # fmt: skip
                st.selectbox(
                    _("Answers of"), ages, key="loop_within", width=170, persist_state="session",
                    format_func=lambda days: _("the last {days}").format(days=locale.days(days, 0)) if days else _("any age"),
                )  # fmt: skip
        wanted = list_asked(asked)
        rows = session.answer(loop_cases, most=ROWS_ON_SCREEN, **wanted)
        with title:
            drawn(_title, len(rows), wanted["only"], owners.get(wanted["owner"] or ""))
        if len(rows):
            drawn(_list, wanted)


def shown_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "open": _("not closed"), "overdue": _("overdue"), "contacted": _("contacted"), "closed": _("closed"), "all": _("all"),
    }  # fmt: skip


@told
def _title(n: int, only: str, owner: str | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    many = (
        _("more than {n} cases").format(n=locale.count(n))
        if n >= ROWS_ON_SCREEN
        else locale.n_("{n} case on the list", "{n} cases on the list", n)
    )
    what = shown_words()[only]
    said = f"{many} · {what}" if n else _("No case on the list · {what}").format(what=what)
    yield partial(section, _("Who to call"), f"{said} · {plain(owner)}" if owner else said)


@told
def _list(asked: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(loop_cases, most=ROWS_ON_SCREEN, **asked)
    heads = [_("Customer"), _("Score"), _("What was said"), _("Owner"), _("Answer due"), _("Status"), _("Revenue, 12 months")]  # fmt: skip
    lines = [_line(row) for row in records(rows.head(ON_SCREEN))]
    yield partial(table, heads, lines, caption=_("Customers to call"), numbers=(1, 6))
    shown, kinds = sheet(rows, locale)
    means = words.meanings(*MEANS, of="loop_cases")
    basis = [session.as_of_words(), _("overdue first, then most revenue")]
    first = _("the first {shown} of {n} cases").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
    basis[:0] = first_lines(len(rows), ON_SCREEN, first)
    about = paper(
        "loop_list", _("Answers that need one back"), shown, kinds, meanings=means, basis=" · ".join(basis[-2:])
    )
    what = replace(about, about=(*about.about, *_chosen_words(asked)))
    whole = session.answer_later(loop_cases, lambda found: sheet(found, locale)[0], **asked)
    yield partial(_take, replace(what, name="loop_sheet", sheets_by=_("Owner")), whole, rows.head(ON_SCREEN))
    listed = session.asked(loop_cases, most=ROWS_ON_SCREEN, **asked)
    yield partial(under_chart, what, listed, means, " · ".join(basis), whole=whole)


def _take(what: Any, whole: Any, first: pd.DataFrame) -> None:
    """The cases to hand out, all of them and then those of each owner; and the customers' cards."""
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="loop_take"):
        customer_links(records(first), "loop_open")
        with st.popover(_("Case sheet by owner"), icon=":material/assignment_turned_in:", key="loop_sheet"):
            downloads(what, whole)
        note(_("A workbook with a sheet an owner. Fill in status, days and notes there, and bring it back below."))


def _chosen_words(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the list was narrowed to, for whoever reads it on paper."""
    locale = session.locale()
    _ = locale._
    if asked["owner"] is not None:
        yield _("Owner"), owner_words(asked["owner"], locale)
    yield _("Shown"), shown_words()[asked["only"]]
    within = asked["within_days"]
    yield _("Answers of"), _("any age") if within is None else _("the last {days}").format(days=locale.days(within, 0))


def _line(row: Mapping[str, Any]) -> list[str]:
    """A case as a line of the table."""
    locale = session.locale()
    _ = locale._
    customer = (
        f'<b style="display:inline-block;min-width:9rem">{rich(plain(row["customer"] or _("Unknown customer")))}</b>'
    )
    if row["respondent"]:
        customer += f"<br><small>{rich(plain(row['respondent']))}</small>"
    score = f"<b>{rich(locale.count(row['score']))}</b>"
    if row["score_before"] is not None:
        before = _("before: {score}").format(score=locale.count(row["score_before"]))
        score += f"<br><small>{rich(before)}</small>"
    return [
        customer,
        score,
        _comment(row["comment"]),
        rich(plain(owner_words(row["owner"], locale))),
        _due(row),
        _status(row),
        rich(locale.money(row["revenue_12m"], row["currency"])) if row["revenue_12m"] is not None else NOTHING,
    ]


def _comment(comment: object) -> str:
    text = " ".join(str(comment).split()) if comment else ""
    if not text:
        return NOTHING
    short = text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
    return f'<span style="display:inline-block;min-width:12rem;max-width:22rem">{rich(plain(short))}</span>'


def _due(row: Mapping[str, Any]) -> str:
    locale = session.locale()
    if row["answer_due_on"] is None:
        return NOTHING
    said = f'<span style="white-space:nowrap">{rich(locale.day(row["answer_due_on"]))}</span>'
    if row["answer_overdue"] is not None:
        late = locale._("{days} overdue").format(days=locale.days(row["answer_overdue"], 0))
        said += f'<br><small style="white-space:nowrap">{rich(late)}</small>'
    return said


def _status(row: Mapping[str, Any]) -> str:
    locale = session.locale()
    _ = locale._
    kind = {"contacted": "plain", "closed": "good"}.get(
        row["case_status"], "bad" if row["answer_overdue"] is not None else "warn"
    )
    words_ = _("Overdue") if row["answer_overdue"] is not None else status_word(row["case_status"], locale)
    said = [tag(kind, words_)]  # type: ignore[arg-type]
    if row["case_reason"] != "detractor":
        said.append(f"<small>{rich(reason_words(row['case_reason'], locale))}</small>")
    if row["service_case_on"] is not None:
        hint = _("service case {day}").format(day=locale.day(row["service_case_on"]))
        said.append(f"<small>{rich(hint)}</small>")
    return "<br>".join(said)
