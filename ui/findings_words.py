"""Findings as sentences, written from their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.fields import find
from data.schema import Tables
from ui.funnel.groups import value_words
from ui.locale import Locale
from ui.parts import plain

Row = Mapping[str, Any]
DOTS = {"very_likely": 5, "likely": 4, "fairly_likely": 3}


def title(row: Row, tables: Tables, locale: Locale) -> str:
    """What goes wrong, and where."""
    _ = locale._
    said = {"field": field_label(row, tables, locale), "segment": plain(segment_label(row, tables))}
    if row["kind"] == "leak":
        words = _("Deals with {field} “{segment}” stop at {stage}")
        return words.format(**said, stage=plain(row["stage"]))
    return _("Deals with {field} “{segment}” are won less often").format(**said)


def why(row: Row, also: Sequence[str], locale: Locale) -> str:
    """The numbers behind it."""
    _ = locale._
    said = {
        "share": locale.share(row["conversion"]),
        "rest": locale.share(row["conversion_rest"]),
        "n": locale.count(row["n"]),
        "less": locale.points(-100 * row["difference"], 0).replace("+", ""),
        "range": locale.between(*(f"{-100 * row[end]:.0f}".replace("-", "−") for end in ("high", "low"))),
    }
    if row["kind"] == "leak":
        words = _(
            "{share} of the {n} deals that came there move on, against {rest} of the others: {less} less ({range})."
        )
    else:
        words = _("{share} of the {n} deals are won in time, against {rest} of the others: {less} less ({range}).")
    sentences = [words.format(**said)]
    if also:
        sentences.append(_("Seen through other fields too: {names}.").format(names=locale.listed(also)))
    return " ".join(sentences)


def sure(row: Row, locale: Locale) -> str:
    _ = locale._
    return {
        "very_likely": _("very likely real"),
        "likely": _("likely real"),
        "fairly_likely": _("fairly likely"),
    }.get(row["certainty"], _("could be chance"))


def field_label(row: Row, tables: Tables, locale: Locale) -> str:
    return locale._(find(row["field"], tables).label)


def segment_label(row: Row, tables: Tables) -> str:
    """The value, or our words for a size."""
    return value_words(find(row["field"], tables), row["segment"])
