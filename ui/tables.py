"""Answers as tables with words for columns, in the reader's language, and how each column is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analytics.catalog import METRICS
from ui.charts.funnel import LEAST_SHOWN, fate_words
from ui.export import Kind
from ui.locale import Locale

Table = tuple[pd.DataFrame, Mapping[str, Kind]]


def _table(rows: pd.DataFrame, columns: Sequence[tuple[str, str, Kind]]) -> Table:
    """Choose and name the columns: (key, words, kind) each. Numbers that are all unknown are left out."""
    kept = [
        (key, words, kind)
        for key, words, kind in columns
        if key in rows and (kind in ("text", "count") or rows[key].notna().any())
    ]
    shown = pd.DataFrame({words: _typed(rows[key], kind) for key, words, kind in kept})
    return shown, {words: kind for _key, words, kind in kept}


def _typed(column: pd.Series, kind: Kind) -> pd.Series:
    if kind == "text":
        return column.astype(object).where(column.notna(), None).astype("str").where(column.notna(), None)
    if kind == "day":
        return pd.to_datetime(column).dt.normalize()
    numbers = pd.to_numeric(column)
    return numbers.astype("Int64") if kind == "count" else numbers.astype("float64")


def _hidden_when_few(rows: pd.DataFrame, shares: Sequence[str], n: str) -> pd.DataFrame:
    """Shares of fewer than 10 are not shown anywhere on screen or on paper."""
    few = pd.to_numeric(rows[n]).fillna(0) < LEAST_SHOWN
    return rows.assign(**{name: pd.to_numeric(rows[name]).mask(few) for name in shares})


def stages(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    fates = fate_words(locale)
    rows = _hidden_when_few(rows, ("conversion", "low", "high"), "entered")
    rows = rows.assign(**{name: rows[name].where(rows["is_recorded"]) for name in ("conversion", "low", "high")})
    return _table(
        rows,
        [
            ("stage", _("Stage"), "text"),
            ("entered", _("Deals"), "count"),
            *((fate, words, "count") for fate, words in fates.items()),
            ("conversion", _("move on"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("of_first", _("of first"), "share"),
            ("value_entered", _("Money"), "money"),
            *((f"{fate}_value", _("Money: {fate}").format(fate=words), "money") for fate, words in fates.items()),
            ("currency", _("Currency"), "text"),
        ],
    )


def deals(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    rows = rows.assign(fate=rows["fate"].map(fate_words(locale)))
    return _table(
        rows,
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("amount", _("Amount"), "money"),
            ("currency", _("Currency"), "text"),
            ("created_at", _("Created"), "day"),
            ("entered_at", _("Came to the stage"), "day"),
            ("left_at", _("Left it"), "day"),
            ("days", _("Days in it"), "days"),
            ("fate", _("What became of it"), "text"),
            ("next_stage", _("Next stage"), "text"),
        ],
    )


def skippers(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    return _table(
        rows,
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("amount", _("Amount"), "money"),
            ("currency", _("Currency"), "text"),
            ("stage", _("Went past"), "text"),
            ("reached", _("Came to"), "text"),
            ("at", _("On"), "day"),
        ],
    )


def win_rates(rows: pd.DataFrame, names: Sequence[str], locale: Locale) -> Table:
    _ = locale._
    rows = _hidden_when_few(rows.assign(name=list(names)), ("rate", "low", "high"), "n")
    return _table(
        rows,
        [
            ("name", _("Definition"), "text"),
            ("rate", _("Win rate"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("won", _("Won"), "number"),
            ("total", _("Of"), "number"),
            ("currency", _("Currency"), "text"),
            ("n", _("Deals"), "count"),
            ("undecided", _("Undecided"), "count"),
        ],
    )


def summary(rows: Sequence[Mapping[str, object]], values: Sequence[str], locale: Locale) -> Table:
    """Figures of different units in one table: the value as shown and as a plain number."""
    _ = locale._
    frame = pd.DataFrame(rows).assign(label=[_(METRICS[str(row["metric"])].label) for row in rows], shown=values)
    return _table(
        frame,
        [
            ("label", _("Figure"), "text"),
            ("shown", _("As shown"), "text"),
            ("value", _("Value"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("n", _("Deals"), "count"),
            ("undecided", _("Undecided"), "count"),
            ("previous", _("Before"), "number"),
            ("currency", _("Currency"), "text"),
        ],
    )
