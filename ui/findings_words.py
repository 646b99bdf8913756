"""Findings as sentences, written from their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analytics.dependency import HANDOVER_LOSS
from analytics.fields import find
from data.tables import Tables
from ui.funnel.groups import value_words
from ui.locale import Locale
from ui.parts import plain

Row = Mapping[str, Any]
DOTS = {"very_likely": 5, "likely": 4, "fairly_likely": 3}


def title(row: Row, tables: Tables, locale: Locale) -> str:
    """What goes wrong, and where."""
    _ = locale._
    said = {"field": field_label(row, tables, locale), "segment": plain(segment_label(row, tables))}
    if row["kind"] == "dependency":
        return _("Much of the open pipeline depends on {owner}").format(owner=said["segment"])
    if row["kind"] == "leak":
        words = _("Deals with {field} “{segment}” stop at {stage}")
        return words.format(**said, stage=plain(row["stage"]))
    if row["kind"] == "delay":
        words = _("Deals with {field} “{segment}” wait longer at {stage}")
        return words.format(**said, stage=plain(row["stage"]))
    return _("Fewer deals with {field} “{segment}” are won in the same time").format(**said)


def why(row: Row, also: Sequence[str], locale: Locale) -> str:
    """The numbers behind it."""
    _ = locale._
    sentences = [{"delay": _delay, "dependency": _dependency}.get(row["kind"], _less)(row, locale)]
    if also:
        sentences.append(_("Seen through other fields too: {names}.").format(names=locale.listed(also)))
    return " ".join(sentences)


def _less(row: Row, locale: Locale) -> str:
    _ = locale._
    if row["kind"] == "leak":
        words = _(
            "{share} of the {n} deals that came there move on, against {rest} of the others: {less} less ({range})."
        )
    else:
        words = _(
            "{share} of the {n} deals are won by the same age, against {rest} of the others: {less} less ({range}). Open "
            "deals are followed too, so this can differ from the win rate of closed deals."
        )
    return words.format(
        share=locale.share(row["conversion"]),
        rest=locale.share(row["conversion_rest"]),
        n=locale.count(row["n"]),
        less=locale.points(-100 * row["difference"], 0).replace("+", ""),
        range=locale.between(*(f"{-100 * row[end]:.0f}".replace("-", "−") for end in ("high", "low"))),
    )


def _delay(row: Row, locale: Locale) -> str:
    words = locale._(
        "The {n} deals that came there stay {days} on average, against {rest} of the others: {more} longer ({range}), counting"
        " {within} of a stay at most. Delayed, not lost: so much more money waits there at any time."
    )
    days = [row["stay_days"], row["stay_days_rest"], row["days_difference"]]
    return words.format(
        n=locale.count(row["n"]),
        **dict(zip(("days", "rest", "more"), _subtracting(days, locale), strict=True)),
        range=locale.between(
            *(f"{row[end]:,.{0 if row['days_low'] >= 1 else 1}f}" for end in ("days_low", "days_high"))
        ),
        within=locale.days(row["within_days"]),
    )


def _subtracting(days: Sequence[float], locale: Locale) -> list[str]:
    """A length, a shorter one and their difference, with a digit after the point where they would not subtract without."""
    shown = [round(each, 1 if each < 9.95 else 0) for each in days]
    if math.isclose(shown[0] - shown[1], shown[2], abs_tol=1e-6):
        return [locale.days(each) for each in days]
    longer, shorter = (round(each, 1) for each in days[:2])
    return [locale.days(each, 1) for each in (longer, shorter, longer - shorter)]


def _dependency(row: Row, locale: Locale) -> str:
    loss = locale.shares(HANDOVER_LOSS[0], HANDOVER_LOSS[-1])
    words = locale._(
        "{share} of its money is in this owner's {n} open deals; shared evenly among {owners} owners it would be {even}. If the"
        " deals change hands, we assume that {loss} of what they would bring is lost; {win} of the money of closed deals is won."
    )
    return words.format(
        share=locale.share(row["open_share"]),
        n=locale.count(row["n"]),
        owners=locale.count(row["owners"]),
        even=locale.share(1 / row["owners"]),
        loss=loss,
        win=locale.share(row["win_rate_after"]),
    )


def sure(row: Row, locale: Locale) -> str:
    _ = locale._
    return {
        "very_likely": _("very likely real"),
        "likely": _("likely real"),
        "fairly_likely": _("fairly likely"),
        "counted": _("counted, not estimated"),
    }.get(row["certainty"], _("could be chance"))


def field_label(row: Row, tables: Tables, locale: Locale) -> str:
    return locale._(find(row["field"], tables).label)


def segment_label(row: Row, tables: Tables) -> str:
    """The value, or our words for a size."""
    return value_words(find(row["field"], tables), row["segment"])
