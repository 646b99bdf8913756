"""What the ranking says in sentences, written from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ui import session
from ui.findings_words import field_label, segment_label, sure
from ui.parts import plain

Row = Mapping[str, Any]


def kinds() -> dict[str, str]:
    """The kinds of bottlenecks, in the reader's words."""
    _ = session.locale()._
    return {"leak": _("Leaks"), "delay": _("Delays"), "rework": _("Rework")}


def kind_notes() -> dict[str, str]:
    _ = session.locale()._
    return {
        "leak": _("Fewer deals move on. The money is what would have been won."),
        "delay": _("Deals stay longer. The money is delayed, not lost: so much more waits there at any time."),
        "rework": _(
            "More deals come back within 90 days. The money is delayed by that: so much more waits there at any time."
        ),
    }


def group(row: Row) -> str:
    """The group of a row with its field."""
    locale = session.locale()
    if row["field"] is None:
        return locale._("all deals")
    field, segment = field_label(row, session.tables(), locale), segment_label(row, session.tables())
    return locale._("{field}: {segment}").format(field=locale.name(field), segment=locale.name(segment))


def who(row: Row) -> str:
    """The deals of a row, in a sentence."""
    locale = session.locale()
    _ = locale._
    if row["field"] is None:
        return _("All deals")
    return _("Deals with {field} “{segment}”").format(
        field=field_label(row, session.tables(), locale), segment=plain(segment_label(row, session.tables()))
    )


def compared_with(row: Row) -> str:
    """What a row is compared with, in a sentence."""
    locale = session.locale()
    _ = locale._
    match row["reference"]:
        case "previous":
            first, last = (date.fromisoformat(day) for day in row["reference_name"].split(":"))
            return _("the period before ({first} to {last})").format(first=locale.day(first), last=locale.day(last))
        case "best":
            called = segment_label({**row, "segment": row["reference_name"]}, session.tables())
            return _("“{segment}”, the best credible group").format(segment=plain(called))
        case "target":
            return _("the target")
    return _("all others there")


def headline(row: Row) -> str:
    """The claim: who does worse where."""
    _ = session.locale()._
    said = {
        "leak": _("{who} stop at {stage}"), "delay": _("{who} wait longer at {stage}"),
        "rework": _("{who} come back to {stage} more often"),
    }[row["kind"]]  # fmt: skip
    return said.format(who=who(row), stage=plain(row["stage"]))


def numbers(row: Row) -> str:
    """The figures behind the claim, and what it is compared with."""
    locale = session.locale()
    _ = locale._
    rest, is_target = compared_with(row), row["reference"] == "target"
    if row["kind"] == "delay":
        said = (
            _("{own} on average; the target is {other}")
            if is_target
            else _("{own} on average, against {other} of {rest}")
        )
        own, other = locale.days(row["stay_days"]), locale.days(row["stay_days_rest"])
    else:
        own, other = locale.share(row["share"]), locale.share(row["share_rest"])
        if row["kind"] == "rework":
            said = _("{own} come back, against {other} of {rest}")
        else:
            said = (
                _("{own} move on; the target is {other}")
                if is_target
                else _("{own} move on, against {other} of {rest}")
            )
    return said.format(own=own, other=other, rest=rest)


def cost(row: Row) -> str:
    """What it costs with its interval, in the words of its kind."""
    locale = session.locale()
    _ = locale._
    said = (
        _("{money} ({range}) would not have been lost")
        if row["kind"] == "leak"
        else _("{money} ({range}) less would wait at any time")
    )
    return said.format(
        money=_money(row["money"], row),
        range=locale.between(_money(row["money_low"], row), _money(row["money_high"], row)),
    )


def _money(value: float, row: Row) -> str:
    return session.locale().money(value, row["currency"])


def finding(found: Sequence[Row]) -> tuple[str, str]:
    """The biggest thing, how much money and how sure; or that nothing stands, and the closest miss."""
    locale = session.locale()
    _ = locale._
    tests = int(found[0]["tests"]) if found else 0
    first = next((row for kind in kinds() for row in found if row["kind"] == kind and row["rank"] == 1), None)
    family = locale.n_(
        "{n} comparison was made; what is shown stands after correction for it.",
        "{n} comparisons were made; what is shown stands after correction for them.",
        tests,
    )
    if first is not None:
        sentence = _("**{claim}:** {numbers}. {cost}; {sure}.").format(
            claim=headline(first), numbers=numbers(first), cost=cost(first), sure=sure(first, locale)
        )
        return sentence, family
    if not tests:
        return _("**Nothing could be compared:** it takes two groups of 30 deals at a stage."), ""
    sentence = locale.n_(
        "**Nothing stands beyond chance:** {n} comparison of stages and groups.",
        "**Nothing stands beyond chance:** {n} comparisons of stages and groups.",
        tests,
    )
    return sentence, closest(found)


def closest(found: Sequence[Row]) -> str:
    """Of what does not stand and looks worse, what came closest."""
    _ = session.locale()._
    tested = [row for row in found if row["p_value"] is not None and row["money"] is None and _looks_worse(row)]
    if not tested:
        return ""
    row = min(tested, key=lambda row: float(row["p_value"]))
    if row["q_value"] < 0.05:
        return ""
    return _("Closest: {claim}, {numbers}. This could be chance.").format(claim=headline(row), numbers=numbers(row))


def _looks_worse(row: Row) -> bool:
    gap = row["days_delta"] if row["kind"] == "delay" else row["share_delta"]
    return gap is not None and (gap < 0 if row["kind"] == "leak" else gap > 0)


def said_of(kind: str, found: Sequence[Row]) -> str:
    """The sentence above a chart: the first of its kind, or that none stands."""
    locale = session.locale()
    _ = locale._
    own = [row for row in found if row["kind"] == kind]
    tests = sum(row["p_value"] is not None for row in own)
    ranked = [row for row in own if row["rank"] is not None]
    if ranked:
        first = min(ranked, key=lambda row: row["rank"])
        stand = locale.n_("**{n} stands after correction.**", "**{n} stand after correction.**", len(ranked))
        most = _("Most is at stake, even in the careful case, with {group} at {stage}: {numbers}.").format(
            group=plain(group(first)), stage=plain(first["stage"]), numbers=numbers(first)
        )
        return f"{stand} {most}"
    if not tests:
        return _("Nothing of this kind could be compared.")
    none = locale.n_(
        "The {n} comparison of this kind does not stand beyond chance.",
        "Of {n} comparisons of this kind none stands beyond chance.",
        tests,
    )
    return f"{none} {closest(own)}".strip()
