"""How cases are written: on screen, and in the file that people work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.rows import rows as records
from data.loop_cases import STATUSES, Status
from data.messages import N_
from ui import tables
from ui.bottlenecks.action_sheet import owner_words
from ui.locale import LANGUAGES, Locale

# The columns of the file that are taken back, and the day of the answer, by field.
HEADINGS = {
    "status": N_("Status"), "owner": N_("Owner"), "due_on": N_("Answer due"), "note": N_("Note"), "contacted_on": N_("Contacted on"),
    "closed_on": N_("Closed on"), "answer_on": N_("Answered on"),
}  # fmt: skip
# Not bare "Open" and "Closed", which elsewhere are said of deals and dates.
STATUS_WORDS: Mapping[Status, str] = {
    "open": N_("Not contacted"),
    "contacted": N_("Contacted"),
    "closed": N_("Loop closed"),
}
NOBODY = N_("No owner")


def status_word(status: str, locale: Locale) -> str:
    return locale._(next(word for known, word in STATUS_WORDS.items() if known == status))


def reason_words(reason: str, locale: Locale) -> str:
    """Why an answer needs one back."""
    _ = locale._
    return {
        "detractor": _("detractor"), "fallen": _("was a promoter"), "detractor_fallen": _("detractor, was a promoter"),
    }[reason]  # fmt: skip


def in_all_languages(words: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By key, how a word reads in each language of the app: a file may be read in another than it was written in."""
    return {key: tuple(Locale(code)._(word) for code in LANGUAGES) for key, word in words.items()}


def statuses() -> dict[Status, tuple[str, ...]]:
    found = in_all_languages({status: STATUS_WORDS[status] for status in STATUSES})
    return {status: found[status] for status in STATUSES}


def nobody() -> tuple[str, ...]:
    return in_all_languages({"": NOBODY})[""]


def sheet(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line a case, as it is handed out to be worked on and taken back."""
    _ = locale._
    told, headed = records(rows), {field: _(words) for field, words in HEADINGS.items()}
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told],
        case_status=[status_word(row["case_status"], locale) for row in told],
        case_reason=[reason_words(row["case_reason"], locale) for row in told],
        # As text: a blank column stays, for people to write in.
        **{name: [_day(row[name]) for row in told] for name in ("contacted_on", "closed_on", "answer_on", "answer_due_on")},
    )  # fmt: skip
    return tables.columns_once(
        said,
        [
            ("owner", headed["owner"], "text"), ("customer", _("Customer"), "text"), ("respondent", _("Respondent"), "text"),
            ("score", _("Score"), "count"), ("score_before", _("Score before"), "count"), ("comment", _("Comment"), "text"),
            ("case_reason", _("Why"), "text"), ("answer_on", headed["answer_on"], "text"),
            ("case_status", headed["status"], "text"), ("answer_due_on", headed["due_on"], "text"),
            ("answer_overdue", _("Days overdue"), "days"), ("contacted_on", headed["contacted_on"], "text"),
            ("closed_on", headed["closed_on"], "text"), ("case_note", headed["note"], "text"),
            ("revenue_12m", _("Revenue, 12 months"), "money"), ("currency", _("Currency"), "text"),
            ("service_case_on", _("Service case opened"), "day"), ("case_number", _("Key of the case"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip


def _day(value: Any) -> str | None:
    return None if value is None else str(value)


def names(owners: Sequence[object], locale: Locale) -> list[str]:
    return [owner_words(owner, locale) for owner in owners]
