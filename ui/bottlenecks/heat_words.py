"""What the cells of the heat map say, in sentences written from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ui import session, tables
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.heat import LEAST_TESTED
from ui.charts.stage_times import length
from ui.funnel.groups import value_words
from ui.parts import plain

REAL = 0.05
DELTAS = {
    "leak": ("share_delta", "share_low", "share_high"), "delay": ("days_delta", "days_low", "days_high"),
    "rework": ("share_delta", "share_low", "share_high"),
}  # fmt: skip
VALUES = {"leak": ("share", "share_rest"), "delay": ("stay_days", "stay_days_rest"), "rework": ("share", "share_rest")}
MOST_NAMED = 8


def way(row: Mapping[str, Any], measure: str) -> str:
    """`higher` or `lower` where the difference stands after correction; of days where its whole interval says so."""
    if not is_real(row):
        return ""
    delta, low, high = (row[name] for name in DELTAS[measure])
    if measure == "delay":
        return "higher" if low > 0 else "lower" if high < 0 else ""
    return "higher" if delta > 0 else "lower"


def is_real(row: Mapping[str, Any]) -> bool:
    q = row["q_value"]
    return q is not None and q == q and q < REAL and row["n"] >= LEAST_TESTED


def is_worse(row: Mapping[str, Any], measure: str) -> bool:
    return way(row, measure) == ("lower" if measure == "leak" else "higher")


def verdict(row: Mapping[str, Any] | None, measure: str) -> str:
    """What the test says, in words: worse or better, could be chance, or why there is none."""
    _ = session.locale()._
    if row is None:
        return _("cannot be told")
    if row["n"] < LEAST_SHOWN:
        return _("not enough data")
    if row["q_value"] is None or row["q_value"] != row["q_value"]:
        return _("not tested")
    if not is_real(row):
        return _("could be chance")
    if not way(row, measure):
        return _("leave at other times than the others, not later on average; stands after correction")
    return _("worse, stands after correction") if is_worse(row, measure) else _("better, stands after correction")


def _number(value: float | None, measure: str) -> str:
    locale = session.locale()
    return length(locale, value) if measure == "delay" else locale.share(value)


def difference(row: Mapping[str, Any], measure: str) -> str:
    """The interval of the difference from the other deals."""
    locale = session.locale()
    _delta, low, high = (row[name] for name in DELTAS[measure])
    if low is None or low != low:
        return ""
    if measure != "delay":
        return locale._("{range} pts").format(range=locale.points_between(low * 100, high * 100))
    return locale._("{range} d").format(range=locale.points_between(low, high))


def said_of_cell(
    row: Mapping[str, Any] | None, measure: str, stage: str, group: str, n: int, *, strong: bool = False
) -> str:
    """A cell in words. `strong` is a sentence for HTML, else the words under the pointer."""
    locale, look = session.locale(), session.look()
    _ = locale._
    name = plain if strong else look.name
    first = f"{name(group)} · {name(stage)}"
    if n < LEAST_SHOWN:
        told = _("not enough · {n}").format(n=locale.count(n))
        return f"**{first}**: {told}" if strong else look.text(f"{first}<br>{told}")
    deals = locale.n_("{n} deal", "{n} deals", n)
    value, rest = (row[name] if row else None for name in VALUES[measure])
    if row is None or value is None or value != value:
        told = _("cannot be told")
        return f"**{first}**: {told} ({deals})" if strong else look.text(f"{first}<br>{told} · {deals}")
    words = {
        "leak": _("{value} move on, of the others {rest}"),
        "delay": _("{value} on average, the others {rest}"),
        "rework": _("{value} come back, of the others {rest}"),
    }[measure]
    told = words.format(value=_number(value, measure), rest=_number(rest, measure))
    off = difference(row, measure)
    counted = ""
    if measure == "delay" and row["within_days"] == row["within_days"] and row["within_days"] is not None:
        counted = _("of each stay up to {days} counted").format(days=length(locale, row["within_days"]))
    if strong:
        more = "; ".join(part for part in (deals, counted, _("difference {range}").format(range=off) if off else "") if part)  # fmt: skip
        return f"**{first}: {told}** ({more}). {_('Verdict')}: {verdict(row, measure)}."
    lines = [f"<b>{first}</b>", f"{told} · {deals}", f"{verdict(row, measure)}" + (f" · {off}" if off else "")]
    return look.text("<br>".join([*lines, *([counted] if counted else [])]))


def _real_cells(found: pd.DataFrame, measure: str) -> list[dict[str, Any]]:
    """The cells that stand after correction, the largest careful difference first, worse before better."""
    own = [row for row in found[found["kind"] == measure].to_dict("records") if way(row, measure)]
    _delta, low, high = DELTAS[measure]

    def careful(row: Mapping[str, Any]) -> float:
        return float(min(abs(row[low]), abs(row[high])))

    return sorted(own, key=lambda row: (not is_worse(row, measure), -careful(row)))


def cell_words(found: pd.DataFrame, measure: str, field: Any) -> list[str]:
    """The first of the cells that stand out, for a chart's description."""
    locale = session.locale()
    return [
        f"{locale.name(value_words(field, row['segment']))} {locale.name(row['stage'])} "
        f"{_number(row[VALUES[measure][0]], measure)} {verdict(row, measure)}"
        for row in _real_cells(found, measure)[:MOST_NAMED]
    ]


def finding(found: pd.DataFrame, measure: str, field: Any) -> str:
    """The worst cell that is real, or that none is, over how many comparisons."""
    locale = session.locale()
    _ = locale._
    tests = locale.n_("{n} comparison", "{n} comparisons", int(found["tests"].max()))
    real = _real_cells(found, measure)
    if not real:
        if not found["tests"].max():
            return _("**No group is large enough to be compared.** It takes 30 deals on either side.")
        none = {
            "leak": _("**No group moves on from a stage more or less often than the others by more than could be chance** ({tests})."),
            "delay": _("**No group stays at a stage longer or shorter than the others by more than could be chance** ({tests})."),
            "rework": _("**No group comes back to a stage more or less often than the others by more than could be chance** ({tests})."),
        }  # fmt: skip
        return none[measure].format(tests=tests)
    first = real[0]
    said = {
        "group": plain(value_words(field, first["segment"])), "stage": plain(first["stage"]),
        "value": _number(first[VALUES[measure][0]], measure), "rest": _number(first[VALUES[measure][1]], measure),
        "range": difference(first, measure),
    }  # fmt: skip
    worse = {
        "leak": _("**At {stage}, deals of {group} move on less often: {value} against {rest} of the others** ({range})."),
        "delay": _("**At {stage}, deals of {group} stay longer: {value} on average against {rest} of the others** ({range})."),
        "rework": _("**To {stage}, deals of {group} come back more often: {value} against {rest} of the others** ({range})."),
    }  # fmt: skip
    better = {
        "leak": _("**No group does worse than could be chance. At {stage}, deals of {group} move on more often: {value} against {rest} of the others** ({range})."),
        "delay": _("**No group does worse than could be chance. At {stage}, deals of {group} stay shorter: {value} on average against {rest} of the others** ({range})."),
        "rework": _("**No group does worse than could be chance. To {stage}, deals of {group} come back less often: {value} against {rest} of the others** ({range})."),
    }  # fmt: skip
    sentence = (worse if is_worse(first, measure) else better)[measure].format(**said)
    stands = _("It stands after correction over {tests}.").format(tests=tests)
    more = ""
    if len(real) > 1:
        more = " " + locale.n_("{n} other cell does too.", "{n} other cells do too.", len(real) - 1)
    return f"{sentence} {stands}{more}"


def remark(found: pd.DataFrame, field: Any) -> str:
    """What is not in the grid."""
    locale = session.locale()
    _ = locale._
    parts = [_("A deal counts once at each stage it came to; deals still there are followed as far as they went.")]
    if session.filters().has_period:
        parts.append(_("This is about the deals created in these dates."))
    return " ".join(parts)


def heat_table(rows: pd.DataFrame, measure: str, field: Any) -> tables.Table:
    """Every cell of a measure, those of all groups; numbers of fewer than 10 deals are not shown."""
    _ = session.locale()._
    numbers = [*VALUES[measure], *DELTAS[measure], "within_days", "q_value"]
    shown = rows.assign(
        group_words=[value_words(field, name) for name in rows["segment"]],
        verdict=[verdict(row, measure) for row in rows.to_dict("records")],
        **{name: pd.to_numeric(rows[name]).mask(rows["n"] < LEAST_SHOWN) for name in dict.fromkeys(numbers)},
    )
    kind: Any = "days" if measure == "delay" else "share"
    value, rest = VALUES[measure]
    delta, low, high = DELTAS[measure]
    named = {"leak": _("move on"), "delay": _("Days at the stage"), "rework": _("come back")}[measure]
    return tables.columns(
        shown,
        [
            ("stage", _("Stage"), "text"),
            ("group_words", _("Group"), "text"),
            ("n", _("Deals"), "count"),
            (value, named, kind),
            (rest, _("others"), kind),
            (delta, _("Difference"), kind),
            (low, _("Difference from"), kind),
            (high, _("Difference to"), kind),
            ("within_days", _("Days counted of each stay"), "days"),
            ("q_value", _("q-value"), "number"),
            ("verdict", _("Verdict"), "text"),
        ],
    )
