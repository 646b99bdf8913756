"""The stalled deals in words: why each waits, what to do about it, and the sheet that goes to the owners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from ui import tables
from ui.locale import ISOLATES, Locale

DUE_DAYS = 7
# What to do first, by what is known; a deal that is only slow comes last.
URGENCY = ("overdue", "quiet", "single_contact", "pushed", "returned", "slow")


def reason_words(locale: Locale) -> dict[str, str]:
    """The reasons as people read them."""
    _ = locale._
    return {
        "slow": _("longer there than usual"),
        "quiet": _("quiet"),
        "overdue": _("overdue"),
        "pushed": _("put off"),
        "returned": _("came back"),
        "single_contact": _("one contact"),
    }


def reasons_of(row: Mapping[str, Any], locale: Locale, *, slow: bool = True) -> list[str]:
    """Why a deal waits, with its numbers; `slow` is left out where age and threshold stand beside."""
    _ = locale._
    said = reason_words(locale)
    for name, days in (("quiet", row["quiet_days"]), ("overdue", row["overdue_days"])):
        if days is not None and days == days:
            said[name] = f"{said[name]} {locale.days(days, 0)}"
    if row["pushes"]:
        said["pushed"] = locale.n_("put off once", "put off {n} times", int(row["pushes"]))
    return [said[name] for name in row["reasons"] if slow or name != "slow"]


def next_step(reasons: list[str], locale: Locale) -> str:
    """What to do first about a deal that waits for these reasons."""
    _ = locale._
    steps = {
        "overdue": _("Agree a new close date, or close the deal."),
        "quiet": _("Contact the customer and set the next step."),
        "single_contact": _("Bring in a second person at the customer."),
        "pushed": _("Ask what must happen before the customer can decide."),
        "returned": _("Find out why it came back, and set the next step."),
        "slow": _("Set the next step, or close the deal."),
    }
    return next(steps[name] for name in (*URGENCY, "slow") if name in reasons or name == "slow")


def sheet(rows: pd.DataFrame, as_of: date, locale: Locale) -> tables.Table:
    """A line a deal: owner, deal, why it waits, money, what to do and by when."""
    _ = locale._
    told = rows.to_dict("records")
    said = rows.assign(
        owner=[owner_words(row["owner"], locale) for row in told],
        deal_name=[row["deal_id"] if pd.isna(row["deal_name"]) else row["deal_name"] for row in told],
        why=[_plain(locale.listed(reasons_of(row, locale))) for row in told],
        step=[next_step(row["reasons"], locale) for row in told],
        due=[as_of + timedelta(days=DUE_DAYS)] * len(rows),
        threshold=[_("learnt") if row["is_learnt"] else _("given") for row in told],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("deal_name", _("Deal"), "text"),
            ("customer", _("Customer"), "text"),
            ("stage", _("Stage"), "text"),
            ("why", _("Why it waits"), "text"),
            ("amount", _("Amount"), "money"),
            ("currency", _("Currency"), "text"),
            ("step", _("Next step"), "text"),
            ("due", _("Until"), "day"),
            ("age_days", _("Days there"), "days"),
            ("threshold_days", _("Threshold, days"), "days"),
            ("threshold", _("Threshold is"), "text"),
            ("chance_30d", _("Chance to move on in 30 days"), "share"),
            ("chance_low", _("95% from"), "share"),
            ("chance_high", _("95% to"), "share"),
            ("expected_close_on", _("Expected close"), "day"),
            ("deal_id", _("Deal number"), "text"),
        ],
    )


def owner_words(owner: object, locale: Locale) -> str:
    """The owner's name, or that there is none."""
    return owner if isinstance(owner, str) and owner else locale._("No owner")


def _plain(words: str) -> str:
    """Without the marks that keep numbers in one piece on screen: a cell of a workbook needs none."""
    return words.translate(ISOLATES)
