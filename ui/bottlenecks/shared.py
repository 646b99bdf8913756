"""What the cards of this view share: which difference is surest, the columns of a chance, and lists of open deals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ui import session, tables
from ui.charts.funnel import LEAST_SHOWN
from ui.export import Kind
from ui.locale import Locale

REAL = 0.05
Record = dict[str, Any]
_OF_CHANCE = ("chance", "low", "high", "difference", "difference_low", "difference_high")


def clearest(found: pd.DataFrame) -> Record | None:
    """The row whose difference from the others is surest; None where none stands after correction."""
    real = found[pd.to_numeric(found["q_value"]) < REAL].sort_values(["q_value", "p_value"])
    return {str(name): value for name, value in real.iloc[0].items()} if len(real) else None


def without_few(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without the chances of fewer than 10 deals."""
    few = pd.to_numeric(rows["n"]) < LEAST_SHOWN
    return rows.assign(**{name: pd.to_numeric(rows[name]).mask(few) for name in _OF_CHANCE})


def chance_columns() -> list[tuple[str, str, Kind]]:
    """The columns of a chance and of its difference, as `tables.columns` takes them."""
    _ = session.locale()._
    return [
        ("won", _("Won"), "count"), ("lost", _("Lost"), "count"), ("undecided", _("Undecided"), "count"),
        ("chance", _("Chance to be won"), "share"), ("low", _("95% from"), "share"), ("high", _("95% to"), "share"),
        ("horizon_days", _("Told by, days"), "days"), ("difference", _("Difference"), "share"),
        ("difference_low", _("Difference from"), "share"), ("difference_high", _("Difference to"), "share"), ("q_value", _("q-value"), "number"),
    ]  # fmt: skip


def open_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """Open deals with whom to ask, what they are worth and how old they are."""
    _ = locale._
    return tables.columns(
        rows,
        [
            ("deal_name", _("Deal"), "text"), ("deal_id", _("Deal number"), "text"), ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"), ("amount", _("Amount"), "money"), ("currency", _("Currency"), "text"),
            ("stage", _("Stage"), "text"), ("created_at", _("Created"), "day"), ("days", _("Days since"), "days"),
            ("next_step", _("Next step"), "text"), ("touched", _("Activities"), "count"),
        ],
    )  # fmt: skip
