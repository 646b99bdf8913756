"""What is wrong with the data, in sentences and cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from analytics.catalog import METRICS
from analytics.problems import PROBLEMS
from ui.charts.funnel import LEAST_SHOWN
from ui.locale import NOTHING, Locale
from ui.parts import rich
from ui.tables import Table, columns

Row = dict[str, Any]
# The figures a reader sees, in this order; the number of deals stands beside the problem.
SHOWN = ("win_rate", "revenue_won", "average_won_value", "sales_cycle_days", "open_pipeline")
TAGS: dict[str, Literal["bad", "warn", "plain"]] = {"wrong": "bad", "missing": "warn", "info": "plain"}
# Below this part of a figure a change is none to speak of.
LEAST_CHANGE = 0.0005


def severity(name: str, locale: Locale) -> str:
    _ = locale._
    return {"wrong": _("wrong"), "missing": _("missing"), "info": _("worth knowing")}[name]


def by_problem(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each problem, in their order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["problem"], []).append(row)
    return found


def value_of(row: Row, value: float | None, n: float | None, locale: Locale) -> str:
    """A figure as shown; one that rests on fewer than ten deals is not, save for sums and counts."""
    is_counted = row["metric"] in ("deals", "revenue_won", "open_pipeline")
    if value is None or (not is_counted and (n or 0) < LEAST_SHOWN):
        return NOTHING
    match row["unit"]:
        case "money":
            return locale.money(value, row["currency"])
        case "share":
            return locale.share(value, 1)
        case "days":
            return locale.days(value, 1)
    return locale.count(value)


def is_changed(row: Row, other: float | None) -> bool:
    if row["value"] is None or other is None:  # no figure and one of nothing are the same to a reader
        return bool(row["value"] or other)
    return bool(abs(other - row["value"]) > LEAST_CHANGE * abs(row["value"]))


def cell(row: Row, locale: Locale) -> str:
    """A figure without the deals of a problem, or with them taken for lost, and how far that is from it. As HTML."""
    _ = locale._
    if row["if_lost"] is not None and is_changed(row, row["if_lost"]):
        n, how = row["n"] + row["deals_open"], _("if they were lost")
        return f"{rich(value_of(row, row['if_lost'], n, locale))}<br><small>{rich(how)}</small>"
    if not is_changed(row, row["without"]):
        same = _("no change")
        return f"<small>{rich(same)}</small>"
    shown = rich(value_of(row, row["without"], row["n_without"], locale))
    if shown == NOTHING and value_of(row, row["value"], row["n"], locale) == NOTHING:
        return shown
    if shown == rich(value_of(row, row["value"], row["n"], locale)):
        nearly = _("hardly any change")
        return f"<small>{rich(nearly)}</small>"
    return f"{shown}<br><small>{rich(difference(row, row['without'], locale))}</small>"


def difference(row: Row, other: float | None, locale: Locale) -> str:
    if other is None or row["value"] is None:
        return ""
    far = other - row["value"]
    match row["unit"]:
        case "share":
            return locale.points(100 * far, 1 if abs(far) >= 0.0005 else 2)
        case "days":
            return locale.in_days(locale.ltr(f"{far:+,.1f}".replace("-", "−")))
    return locale.change(far / row["value"]) if row["value"] else ""


def strongest(rows: Sequence[Row], locale: Locale) -> str:
    """What the deals of one problem do to the figure they change most, as a sentence; nothing where they change none."""
    return strength(rows, locale)[1]


def strength(rows: Sequence[Row], locale: Locale) -> tuple[float, str]:
    """The same, behind the part of the figure that it changes."""
    _ = locale._
    lost = next((row for row in rows if row["if_lost"] is not None and row["n"] >= LEAST_SHOWN), None)
    if lost is not None and is_changed(lost, lost["if_lost"]):
        said = _("Taken for lost, they move the win rate from {before} to {after}.").format(
            before=value_of(lost, lost["value"], lost["n"], locale),
            after=value_of(lost, lost["if_lost"], lost["n"], locale),
        )
        return _part(lost, lost["if_lost"]), said
    moved = [
        row for row in rows if row["metric"] in SHOWN and is_changed(row, row["without"]) and _is_told(row, locale)
    ]
    if not moved:
        return 0.0, ""
    row = max(moved, key=lambda row: _part(row, row["without"]))
    said = _("Without them: {figure} {after} instead of {before}.").format(
        figure=_(METRICS[row["metric"]].label),
        before=value_of(row, row["value"], row["n"], locale),
        after=value_of(row, row["without"], row["n_without"], locale),
    )
    return _part(row, row["without"]), said


def _part(row: Row, other: float) -> float:
    """How much of a figure changes."""
    return abs(other / row["value"] - 1) if row["value"] else 0.0


def _is_told(row: Row, locale: Locale) -> bool:
    """Whether both figures are shown, and differ as shown."""
    before = value_of(row, row["value"], row["n"], locale)
    after = value_of(row, row["without"], row["n_without"], locale)
    return bool(row["value"] and row["without"]) and NOTHING not in (before, after) and before != after


def caution(row: Row, locale: Locale) -> str:
    """Why leaving the deals out may mislead: all that are closed ended the same way."""
    _ = locale._
    if row["deals_won"] + row["deals_lost"] < LEAST_SHOWN or (row["deals_won"] and row["deals_lost"]):
        return ""
    if row["deals_lost"]:
        return _(
            "All of them that are closed were lost. Leaving them out lifts the win rate by itself: rather mend them."
        )
    return _("All of them that are closed were won. Leaving them out lowers the win rate by itself: rather mend them.")


def finding(rows: Sequence[Row], locale: Locale) -> str:
    """The sentence to leave with."""
    clean, *effects = rows
    checked, bad = int(clean["checked"]), int(clean["checked"] - clean["deals"])
    if not bad:
        return locale.n_(
            "**Nothing is wrong with the {n} deal, as far as can be seen.**",
            "**Nothing is wrong with any of the {n} deals, as far as can be seen.**",
            checked,
        )
    _ = locale._
    said = _("**{n} of {all} deals have something wrong or missing ({share}).**").format(
        n=locale.count(bad), all=locale.count(checked), share=locale.share(bad / checked)
    )
    # Deals that all ended the same way move the win rate whatever is wrong with them: that is no finding.
    groups = (group for group in by_problem(effects).values() if not caution(group[0], locale))
    told = [(strength(group, locale), group[0]) for group in groups]
    # What is only worth knowing comes behind whatever is wrong or missing.
    (_size, strong), row = max(
        told, key=lambda each: (bool(each[0][1]) and each[1]["severity"] != "info", each[0][0]), default=((0.0, ""), {})
    )
    if strong:
        of = _("What matters most: {problem} ({n}).").format(
            n=locale.n_("{n} deal", "{n} deals", int(row["deals"])), problem=_(PROBLEMS[row["problem"]].label)
        )
        said += f" {of} {strong}"
    return said


def table(rows: Sequence[Row], locale: Locale) -> Table:
    """Every problem and figure, to be taken away."""
    _ = locale._
    known = [row for row in rows if row["problem"] in PROBLEMS]
    frame = pd.DataFrame(known, columns=[*rows[0]]).assign(
        problem_words=[_(PROBLEMS[row["problem"]].label) for row in known],
        severity_words=[severity(row["severity"], locale) for row in known],
        figure=[_(METRICS[row["metric"]].label) for row in known],
    )
    return columns(
        frame,
        [
            ("problem_words", _("Problem"), "text"),
            ("severity_words", _("Weight"), "text"),
            ("deals", _("Deals"), "count"),
            ("deal_share", _("Share"), "share"),
            ("deals_won", _("Won"), "count"),
            ("deals_lost", _("Lost"), "count"),
            ("deals_open", _("Open"), "count"),
            ("money", _("Money"), "money"),
            ("figure", _("Figure"), "text"),
            ("value", _("All deals"), "number"),
            ("n", _("Based on"), "count"),
            ("without", _("Without them"), "number"),
            ("n_without", _("Based on, without them"), "count"),
            ("if_lost", _("If they were lost"), "number"),
            ("currency", _("Currency"), "text"),
        ],
    )
