"""Words that the cards of what follows share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.nps.leaving import horizon_days
from analytics.rows import rows as records
from ui.locale import NOTHING, Locale

Row = Mapping[str, Any]


def group_words(locale: Locale) -> dict[str, str]:
    """What people and customers are called, in the plural."""
    _ = locale._
    return {
        "promoter": _("Promoters"), "passive": _("Passives"), "detractor": _("Detractors"), "none": _("No answer"),
    }  # fmt: skip


def one_words(locale: Locale) -> dict[str, str]:
    """What one is."""
    _ = locale._
    return {"promoter": _("promoter"), "passive": _("passive"), "detractor": _("detractor")}


def ratio(value: float, locale: Locale) -> str:
    """A ratio as it is read: 2.5 times, 0.74 times."""
    return locale.ltr(f"{value:.1f}" if value >= 0.95 else f"{value:.2f}")


def ratios(low: float, high: float, locale: Locale) -> str:
    """Its interval."""
    return locale.between(
        f"{low:.1f}" if low >= 0.95 else f"{low:.2f}", f"{high:.1f}" if high >= 0.95 else f"{high:.2f}"
    )


def within(days: float | None, months: int, locale: Locale) -> str:
    """The time that chances are told by: the months asked for, or the days that answers could be watched so far."""
    if days is None or days != days:
        return NOTHING
    if int(days) == horizon_days(months):
        return locale.n_("{n} month", "{n} months", months)
    return locale.n_("{n} day", "{n} days", int(days))


def row_of(found: pd.DataFrame, name: str) -> dict[str, Any] | None:
    """The row of a vote, unknown as None; None where nobody answered so."""
    own = found[found["answered_as"] == name]
    return records(own)[0] if len(own) else None
