"""Answers as tables with words for columns, in the reader's language, and how each column is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analytics.catalog import ANSWERS, METRICS
from ui.charts.funnel import LEAST_SHOWN, fate_words
from ui.export import Kind
from ui.locale import Locale
from ui.memory import remembered

Table = tuple[pd.DataFrame, Mapping[str, Kind]]


@remembered
def columns(rows: pd.DataFrame, columns: Sequence[tuple[str, str, Kind]]) -> Table:
    """Choose and name the columns: (key, words, kind) each. Numbers that are all unknown are left out."""
    return columns_once(rows, columns)


def columns_once(rows: pd.DataFrame, columns: Sequence[tuple[str, str, Kind]]) -> Table:
    """The same, not remembered: for lists that may be long."""
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


@remembered
def stages(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    fates = fate_words(locale)
    has_windows = "late" in rows and rows["late"].notna().any()
    rows = _hidden_when_few(rows, ("conversion", "low", "high"), "entered")
    rows = rows.assign(**{name: rows[name].where(rows["is_recorded"]) for name in ("conversion", "low", "high")})
    return columns(
        rows,
        [
            ("stage", _("Stage"), "text"),
            ("entered", _("Deals"), "count"),
            *((fate, words, "count") for fate, words in fates.items()),
            ("conversion", _("move on"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            *([("late", _("moved on, too late"), "count")] if has_windows else []),
            ("window_days", _("Window, days"), "days"),
            ("of_first", _("of first"), "share"),
            ("value_entered", _("Money"), "money"),
            *((f"{fate}_value", _("Money: {fate}").format(fate=words), "money") for fate, words in fates.items()),
            ("currency", _("Currency"), "text"),
        ],
    )


@remembered
def deals(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    rows = rows.assign(fate=rows["fate"].map(fate_words(locale)))
    return columns(
        rows,
        [
            ("deal_name", _("Deal"), "text"),
            ("deal_id", _("Deal number"), "text"),
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("owner_then", _("Owner at the time"), "text"),
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


@remembered
def owners(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    for at in ("then", "now"):
        rows = _hidden_when_few(rows, tuple(f"{name}_{at}" for name in ("conversion", "low", "high")), f"entered_{at}")
    return columns(
        rows,
        [
            ("stage", _("Stage"), "text"),
            ("owner", _("Owner"), "text"),
            ("entered_then", _("Deals, owner then"), "count"),
            ("conversion_then", _("move on, owner then"), "share"),
            ("low_then", _("95% from, owner then"), "share"),
            ("high_then", _("95% to, owner then"), "share"),
            ("entered_now", _("Deals, owner now"), "count"),
            ("conversion_now", _("move on, owner now"), "share"),
            ("low_now", _("95% from, owner now"), "share"),
            ("high_now", _("95% to, owner now"), "share"),
        ],
    )


@remembered
def skippers(rows: pd.DataFrame, locale: Locale) -> Table:
    _ = locale._
    return columns(
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


@remembered
def win_rates(rows: pd.DataFrame, names: Sequence[str], locale: Locale) -> Table:
    _ = locale._
    rows = _hidden_when_few(rows.assign(name=list(names)), ("rate", "low", "high"), "n")
    return columns(
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


@remembered
def findings(rows: Sequence[Mapping[str, object]], locale: Locale) -> Table:
    """Every stage and group compared, those worth acting on first."""
    _ = locale._
    kinds = {
        "leak": _("moves on less or more"),
        "win_rate": _("won less or more"),
        "delay": _("stays longer or shorter"),
        "dependency": _("much depends on one owner"),
    }
    shown = pd.DataFrame(rows, columns=list(ANSWERS["findings"].columns))
    return columns(
        shown.assign(kind=shown["kind"].map(kinds)),
        [
            ("rank", _("Rank"), "count"),
            ("kind", _("Kind"), "text"),
            ("stage", _("Stage"), "text"),
            ("field", _("Field"), "text"),
            ("segment", _("Group"), "text"),
            ("n", _("Deals"), "count"),
            ("conversion", _("move on"), "share"),
            ("conversion_rest", _("others"), "share"),
            ("low", _("Difference from"), "share"),
            ("high", _("Difference to"), "share"),
            ("stay_days", _("Days at the stage"), "days"),
            ("stay_days_rest", _("Days of the rest"), "days"),
            ("days_low", _("Extra days from"), "days"),
            ("days_high", _("Extra days to"), "days"),
            ("within_days", _("Days counted of each stay"), "days"),
            ("open_share", _("Share of the open pipeline"), "share"),
            ("q_value", _("q-value"), "number"),
            ("money", _("Money at stake"), "money"),
            ("money_low", _("95% from"), "money"),
            ("money_high", _("95% to"), "money"),
            ("currency", _("Currency"), "text"),
            ("repeats", _("Disappears with"), "text"),
        ],
    )


def summary(rows: Sequence[Mapping[str, object]], values: Sequence[str], locale: Locale) -> Table:
    """Figures of different units in one table: the value as shown and as a plain number."""
    _ = locale._
    frame = pd.DataFrame(rows).assign(label=[_(METRICS[str(row["metric"])].label) for row in rows], shown=values)
    return columns(
        frame,
        [
            ("label", _("Figure"), "text"),
            ("shown", _("As shown"), "text"),
            ("value", _("Value"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("n", _("Based on"), "count"),
            ("undecided", _("Undecided"), "count"),
            ("previous", _("Before"), "number"),
            ("currency", _("Currency"), "text"),
        ],
    )


def groups(rows: pd.DataFrame, locale: Locale, *, is_win_rate: bool) -> Table:
    """A breakdown; `rows` has the words of stage, group and verdict beside the figures of `n` deals."""
    _ = locale._
    return columns(
        _hidden_when_few(rows, ("rate", "low", "high"), "n"),
        [
            ("stage_words", _("Stage"), "text"),
            ("group_words", _("Group"), "text"),
            ("n", _("Deals"), "count"),
            ("rate", _("Win rate") if is_win_rate else _("move on"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("q_value", _("q-value"), "number"),
            ("verdict", _("Verdict"), "text"),
            ("value_entered", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def standing(rows: pd.DataFrame, locale: Locale) -> Table:
    """Deals as they stand, with the days something took and how often they came back where there are such columns."""
    _ = locale._
    rows = rows.assign(status=rows["status"].map({"won": _("won"), "lost": _("lost"), "open": _("open")}))
    return columns(
        rows,
        [
            *_named_deal(locale),
            ("stage", _("Stage"), "text"),
            ("status", _("Status"), "text"),
            ("days", _("Days"), "days"),
            ("repeats", _("Times it came back"), "count"),
            ("repeat_days", _("Days in repeat stays"), "days"),
        ],
    )


def troubled(rows: pd.DataFrame, locale: Locale) -> Table:
    """Deals that have a problem, with what it is told by."""
    _ = locale._
    rows = rows.assign(status=rows["status"].map({"won": _("won"), "lost": _("lost"), "open": _("open")}))
    return columns(
        rows,
        [
            *_named_deal(locale),
            ("expected_close_on", _("Expected close"), "day"),
            ("stage", _("Stage"), "text"),
            ("status", _("Status"), "text"),
        ],
    )


def lost_deals(rows: pd.DataFrame, locale: Locale) -> Table:
    """Lost deals with where and why."""
    _ = locale._
    return columns(
        rows, [*_named_deal(locale), ("stage", _("Lost at"), "text"), ("lost_reason", _("Lost reason"), "text")]
    )


def _named_deal(locale: Locale) -> list[tuple[str, str, Kind]]:
    _ = locale._
    return [
        ("deal_name", _("Deal"), "text"),
        ("deal_id", _("Deal number"), "text"),
        ("customer", _("Customer"), "text"),
        ("owner", _("Owner"), "text"),
        ("amount", _("Amount"), "money"),
        ("currency", _("Currency"), "text"),
        ("created_at", _("Created"), "day"),
        ("closed_at", _("Closed"), "day"),
    ]


def drivers(rows: pd.DataFrame, locale: Locale) -> Table:
    """What separates won from lost; `rows` has the words of field, value and verdict beside the figures."""
    _ = locale._
    return columns(
        _hidden_when_few(rows, ("win_rate",), "n"),
        [
            ("field_words", _("Field"), "text"),
            ("value_words", _("Value"), "text"),
            ("n", _("Closed deals"), "count"),
            ("won", _("Won"), "count"),
            ("lost", _("Lost"), "count"),
            ("undecided", _("Undecided"), "count"),
            ("undecided_share", _("Share undecided"), "share"),
            ("win_rate", _("Win rate"), "share"),
            ("expected_win_rate", _("Others like them"), "share"),
            ("odds_ratio", _("Plain odds"), "number"),
            ("adjusted_odds_ratio", _("Odds"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("q_value", _("q-value"), "number"),
            ("verdict", _("Verdict"), "text"),
            ("deals_difference", _("Won deals more or fewer"), "number"),
            ("money_difference", _("Money"), "money"),
            ("currency", _("Currency"), "text"),
            ("same_as", _("Same deals as"), "text"),
        ],
    )


def lost_reasons(rows: pd.DataFrame, locale: Locale) -> Table:
    """Lost reasons; `rows` has the words of stage, reason and verdict beside the figures of `n` lost deals."""
    _ = locale._
    rows = _hidden_when_few(rows, ("share", "low", "high", "money_share", "money_low", "money_high"), "n")
    return columns(
        _hidden_when_few(rows, ("share_of_known",), "n_known"),
        [
            ("stage_words", _("Stage"), "text"),
            ("reason_words", _("Lost reason"), "text"),
            ("deals", _("Lost deals"), "count"),
            ("n", _("Of"), "count"),
            ("share", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("share_of_known", _("Share of those with a reason"), "share"),
            ("q_value", _("q-value"), "number"),
            ("verdict", _("Verdict"), "text"),
            ("money", _("Money"), "money"),
            ("money_share", _("Share of money"), "share"),
            ("money_low", _("Money: 95% from"), "share"),
            ("money_high", _("Money: 95% to"), "share"),
            ("currency", _("Currency"), "text"),
        ],
    )
