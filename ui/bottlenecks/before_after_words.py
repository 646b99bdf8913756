"""What the view of before and after says in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from ui import session
from ui.charts.before_after import is_real
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import length
from ui.locale import NOTHING
from ui.parts import plain

LEAST_TESTED = 30
# What the table and the finding call a measure of stages, and of whole deals.
OF_DEALS = {"move_on": "win", "days": "cycle"}


def measure_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "days": _("Time"),
        "move_on": _("Moving on"),
        "come_back": _("Coming back"),
    }


def name(row: Any) -> str:
    """The stage of a row, or what stands for whole deals."""
    _ = session.locale()._
    if isinstance(row.stage, str):
        return row.stage
    return _("Whole deals: won") if row.measure == "win" else _("Whole deals: until closed")


def value(row: Any, side: str) -> str:
    """The measure of one side."""
    locale = session.locale()
    found = getattr(row, side)
    if getattr(row, f"n_{side}") < LEAST_SHOWN or pd.isna(found):
        return NOTHING
    return locale.share(found) if row.unit == "share" else length(locale, found)


def interval(row: Any, side: str) -> str:
    locale = session.locale()
    low, high = getattr(row, f"{side}_low"), getattr(row, f"{side}_high")
    if value(row, side) == NOTHING or pd.isna(low):
        return ""
    return locale.shares(low, high) if row.unit == "share" else locale.days_between(low, high)


def is_told(row: Any) -> bool:
    """Whether there is enough on both sides to show a difference."""
    return min(row.n_before, row.n_after) >= LEAST_SHOWN and not pd.isna(row.difference)


def difference(row: Any) -> str:
    """How much more or less, with its sign."""
    locale = session.locale()
    if row.unit == "share":
        return locale.points(row.difference * 100)
    return locale.ltr(f"{_sign(row.difference)}{length(locale, abs(row.difference))}")


def spread(row: Any) -> str:
    """The interval of the difference; both ends with their signs where it holds nought."""
    locale = session.locale()
    low, high = row.low, row.high
    if row.unit == "share":
        return locale.points_between(low * 100, high * 100)
    ends = [f"{_sign(end)}{abs(end):,.{1 if max(abs(low), abs(high)) < 9.95 else 0}f}" for end in (low, high)]
    return locale.ltr(f"{ends[0]} … {ends[1]}")


def size(row: Any) -> tuple[str, str]:
    """How large a difference is, without its sign, and its interval."""
    locale = session.locale()
    low, high = row.low, row.high
    how = (
        locale.points(abs(row.difference) * 100).replace("+", "")
        if row.unit == "share"
        else length(locale, abs(row.difference))
    )
    if low < 0 < high or row.unit == "share":
        return how, spread(row)
    return how, locale.days_between(*sorted((abs(low), abs(high))))


def _sign(number: float) -> str:
    return "+" if number > 0 else "−" if number < 0 else ""


def verdict(row: Any) -> tuple[str, str]:
    """Whether the difference stands: the kind of tag, and its words."""
    _ = session.locale()._
    if pd.isna(row.q_value):
        return "plain", _("not enough data") if min(row.n_before, row.n_after) < LEAST_TESTED else _("no test")
    if not is_real(row.q_value):
        return "plain", _("could be chance")
    return ("good" if is_better(row) else "bad"), _("real change")


def is_better(row: Any) -> bool:
    """Whether the difference is for the better: more that move on or are won, shorter, fewer that come back."""
    return bool((row.difference > 0) == (row.measure in ("move_on", "win")))


def earlier(row: Any) -> str:
    """Whether it had been changing before."""
    _ = session.locale()._
    if row.trend_before is None or pd.isna(row.trend_before):
        return _("not tested")
    return _("was already changing") if row.trend_before else _("no sign of it")


def worth(row: Any) -> str:
    """The money of a real difference, and what it is."""
    locale = session.locale()
    _ = locale._
    if not is_real(row.q_value) or pd.isna(row.money):
        return ""
    currency = row.currency if isinstance(row.currency, str) else None
    said = {"money": locale.money(abs(row.money), currency), "days": locale.days(row.compared_days)}
    if row.unit == "days":
        return (_("{money} more waits there") if row.money > 0 else _("{money} less waits there")).format(**said)
    return (_("{money} more won in {days}") if row.money > 0 else _("{money} less won in {days}")).format(**said)


def worth_range(row: Any) -> str:
    """The interval of that money, from low to high of what the sign says."""
    locale = session.locale()
    if not worth(row):
        return ""
    currency = row.currency if isinstance(row.currency, str) else None
    low, high = sorted((row.money_low, row.money_high), key=abs)
    if row.money_low < 0 < row.money_high:
        return locale.ltr(f"{locale.money(row.money_low, currency)} … {locale.money(row.money_high, currency)}")
    return locale.between(locale.money(abs(low), currency), locale.money(abs(high), currency))


def finding(rows: pd.DataFrame, on: date) -> str:
    """What changed most surely, or that nothing did."""
    locale = session.locale()
    _ = locale._
    tested = rows[rows["q_value"].notna()]
    said = {"day": locale.day(on), "n": locale.count(len(tested))}
    if tested.empty:
        return _("**Too few deals around {day} to say whether anything changed.** It takes 30 on either side.").format(**said)  # fmt: skip
    real = tested[tested["q_value"] < 0.05]
    if real.empty:
        return _(
            "**Nothing shows a real change since {day}:** of {n} comparisons none stands after correction. Each difference could be chance."
        ).format(**said)
    # Curves may differ where their means do not: such a difference is not what to say first.
    is_unclear = (real["low"] < 0) & (real["high"] > 0)
    row = next(real.assign(is_unclear=is_unclear).sort_values(["is_unclear", "q_value", "p_value"]).itertuples())
    how, range_ = size(row)
    sentence = _claim(row).format(
        day=said["day"], stage=plain(row.stage), size=how, range=range_, within=locale.days(row.within_days)
    )
    if not pd.isna(row.trend_before) and row.trend_before:
        sentence += " " + _("**But it was already changing before.**")
    if len(real) > 1:
        sentence += " " + locale.n_(
            "{n} more difference is a real change too.", "{n} more differences are real changes too.", len(real) - 1
        )
    return sentence


def _claim(row: Any) -> str:
    _ = session.locale()._
    is_more = row.difference > 0
    if row.measure == "days":
        if is_more:
            return _("**Since {day} deals leave {stage} {size} later** on average ({range}): a real change.")
        return _("**Since {day} deals leave {stage} {size} sooner** on average ({range}): a real change.")
    if row.measure == "cycle":
        if is_more:
            return _("**Deals created since {day} close {size} later** on average ({range}): a real change.")
        return _("**Deals created since {day} close {size} sooner** on average ({range}): a real change.")
    if row.measure == "move_on":
        if is_more:
            return _("**Since {day} more deals move on from {stage}: {size} more** ({range}): a real change.")
        return _("**Since {day} fewer deals move on from {stage}: {size} less** ({range}): a real change.")
    if row.measure == "come_back":
        if is_more:
            return _("**Since {day} more deals come back to {stage}: {size} more** ({range}): a real change.")
        return _("**Since {day} fewer deals come back to {stage}: {size} less** ({range}): a real change.")
    if is_more:
        return _("**Of deals created since {day}, {size} more are won within {within}** ({range}): a real change.")
    return _("**Of deals created since {day}, {size} fewer are won within {within}** ({range}): a real change.")


def remark(rows: pd.DataFrame, asked: int | None) -> str:
    """How long the windows are, how both sides are made alike, and that a difference proves no cause."""
    locale = session.locale()
    _ = locale._
    days = int(rows["compared_days"].max())
    parts = [_("Compared are the {days} before and the {days} from that day on.").format(days=locale.days(days))]
    if asked is not None and days < asked:
        parts.append(_("You asked for {days}; the data has no more on both sides.").format(days=locale.days(asked)))
    least = int(rows["compared_days"].min())
    if least < days:
        parts.append(_("Of the stages it is {days}: their history begins later.").format(days=locale.days(least)))
    parts.append(
        _("What began before is followed up to that day and no further, so that the change cannot reach back.")
    )
    parts.append(_("Other things may have changed at the same time: a difference does not prove its cause."))
    return " ".join(parts)


def sentence(measure: str, rows: pd.DataFrame) -> str:
    """What the chart of one measure shows."""
    locale = session.locale()
    _ = locale._
    tested = rows[rows["q_value"].notna()]
    if tested.empty:
        return _("There are too few on either side to test any difference.")
    real = [name(row) for row in tested.itertuples() if is_real(row.q_value)]
    said = {"names": locale.listed([plain(each) for each in real]), "n": locale.count(len(tested))}
    if not real:
        return _("None of {n} differences stands after correction: each could be chance.").format(**said)
    changed = {
        "days": _("**How long it takes changed at {names}.**"),
        "move_on": _("**The chance to move on changed at {names}.**"),
    }.get(measure, _("**How many come back changed at {names}.**"))
    changed = changed.format(**said)
    if len(real) == len(tested):
        return changed
    return changed + " " + _("Of {n} differences, the others could be chance.").format(**said)


def left_by(curves: pd.DataFrame, stage: str | None) -> str:
    """How many had left by the age at which half of those before had, on either side."""
    locale = session.locale()
    _ = locale._
    before, after = (curves[curves["side"] == side] for side in ("before", "after"))
    if before.empty or after.empty:
        return _("One side has nothing to show.")
    half = before[before["still_chance"] <= 0.5]
    until = min(before["within_days"].max(), after["within_days"].max())
    age = min(float(half["within_days"].iloc[0]) if len(half) else until, until)
    left = [1 - float(part.loc[part["within_days"] <= age, "still_chance"].iloc[-1]) for part in (before, after)]
    said = {
        "days": length(locale, age), "before": locale.share(left[0]), "after": locale.share(left[1]),
        "stage": plain(stage or ""),
    }  # fmt: skip
    if stage is None:
        return _("Within {days}, **{before} of the deals created before had closed, {after} of those since**.").format(**said)  # fmt: skip
    return _("Within {days}, **{before} of those that came before had left {stage}, {after} of those since**.").format(**said)  # fmt: skip


def basis(rows: pd.DataFrame, on: date) -> str:
    locale = session.locale()
    _ = locale._
    tests = rows["tests"].max()
    of_stages = rows[rows["stage"].notna()]
    one = of_stages[of_stages["measure"] == ("days" if (rows["measure"] == "days").any() else rows["measure"].iloc[0])]
    counted = one if len(one) else rows[rows["measure"] == rows["measure"].iloc[0]]
    undecided = [int(counted[f"undecided_{side}"].sum()) for side in ("before", "after")]
    every = [int(counted[f"n_{side}"].sum()) for side in ("before", "after")]
    words_ = _("{before} visits before, {after} since {day}") if len(one) else _("{before} deals before, {after} since {day}")  # fmt: skip
    parts = [
        words_.format(before=locale.count(every[0]), after=locale.count(every[1]), day=locale.day(on)),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
        locale.n_("{n} comparison tested", "{n} comparisons tested", 0 if pd.isna(tests) else int(tests)),
    ]
    if sum(every):
        parts.append(_("{share} undecided").format(share=locale.share(sum(undecided) / sum(every))))
    return " · ".join(parts)
