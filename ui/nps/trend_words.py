"""What the trend says: whether the score moved, since when, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import pandas as pd

from analytics.intervals import LEAST_TESTED
from analytics.nps.evidence import Tally, interval
from ui import session
from ui.charts.funnel import LEAST_SHOWN

Grain = Literal["day", "week", "month", "quarter", "year", "enough"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year", "enough")


def grain_words() -> dict[Grain, str]:
    _ = session.locale()._
    return {
        "day": _("Day"), "week": _("Week"), "month": _("Month"), "quarter": _("Quarter"), "year": _("Year"),
        "enough": _("Enough answers"),
    }  # fmt: skip


def label(row: Any, grain: Grain) -> str:
    """A period's name on the axis and in lists: from a row of the trend."""
    locale = session.locale()
    start: date = row.starts_on
    match grain:
        case "day" | "week":
            return locale.day(start).rsplit(" ", 1)[0]
        case "quarter" if start.month % 3 == 1 and "Q" in row.period:
            return locale.ltr(f"Q{start.month // 3 + 1} {start:%y}")
        case "year" if row.period.isdigit():
            return locale.ltr(row.period)
        case "enough":
            return locale.day(start)
    return locale.month(date.fromisoformat(f"{row.period[:7]}-01") if "Q" not in row.period else start)


def long_label(row: Any, grain: Grain) -> str:
    """The same for a list to choose from, with its year and how many answered."""
    locale = session.locale()
    if grain in ("day", "week"):
        name = locale.day(row.starts_on)
    elif grain == "enough":
        name = f"{locale.day(row.starts_on)} – {locale.day(row.ends_on)}"
    else:
        name = label(row, grain)
    return f"{name} · {locale.ltr(f'n = {row.n:,}')}"


def whole(rows: pd.DataFrame) -> Tally:
    """All answers of a trend."""
    return Tally(*(int(rows[name].sum()) for name in ("n", "promoters", "detractors")))


def finding(rows: pd.DataFrame, changes: pd.DataFrame, grain: Grain) -> str:
    """Whether the score is really moving, since when, and what stands from one period to the next."""
    locale = session.locale()
    _ = locale._
    every = whole(rows)
    answers = locale.n_("{n} answer", "{n} answers", every.n)
    if every.n < LEAST_SHOWN:
        return _("**Too few answers to tell a score:** {answers}.").format(answers=answers)
    score, range_ = locale.score(every.score), locale.scores(*interval(every))
    if every.n < 2 * LEAST_TESTED:
        return _("**Too few answers to tell whether NPS moves.** It is {score} ({range}) over {answers}.").format(
            score=score, range=range_, answers=answers
        )
    if not len(changes):
        first = _("**Nothing says that NPS really moved.** It is {score} ({range}) over all {answers}, and no day parts them into better and worse.")  # fmt: skip
        return " ".join([first.format(score=score, range=range_, answers=answers), between(rows, grain)])
    last = changes.iloc[-1]
    template = (
        _("**NPS fell by {points} points around {day}**, from {before} to {after}: a real change ({range}).")
        if last["difference"] < 0
        else _("**NPS rose by {points} points around {day}**, from {before} to {after}: a real change ({range}).")
    )
    told = [template.format(
        points=locale.count(abs(last["difference"])), day=locale.day(last["on"]), before=locale.score(last["before"]),
        after=locale.score(last["after"]), range=locale.scores(last["low"], last["high"]),
    )]  # fmt: skip
    if len(changes) > 1:
        told.append(locale.n_("{n} change came before it.", "{n} changes came before it.", len(changes) - 1))
    told.append(between(rows, grain))
    return " ".join(told)


def between(rows: pd.DataFrame, grain: Grain) -> str:
    """What stands from one period to the next, and over how many comparisons."""
    locale = session.locale()
    _ = locale._
    tests = int(rows["tests"].iloc[0]) if len(rows) else 0
    said = {
        "day": _("From one day to the next"), "week": _("From one week to the next"), "month": _("From one month to the next"),
        "quarter": _("From one quarter to the next"), "year": _("From one year to the next"),
        "enough": _("From one window to the next"),
    }[grain]  # fmt: skip
    if not tests:
        return _("{between} nothing can be compared: that takes 30 answers on both sides.").format(between=said)
    n = int(rows["real_change"].eq(True).sum())
    stands = locale.n_("{n} change stands", "{n} changes stand", n) if n else _("nothing stands")
    comparisons = locale.n_("{n} comparison", "{n} comparisons", tests)
    return _("{between} {changes} after correction for {comparisons}.").format(
        between=said, changes=stands, comparisons=comparisons
    )


def remark(rows: pd.DataFrame, grain: Grain) -> str:
    """What is not counted, which periods hold too little, and how windows are cut."""
    locale = session.locale()
    _ = locale._
    parts = [_("Only answers from 0 to 10 count; of several by one person within 24 hours, the last.")]
    if grain == "enough":
        parts.append(
            _("Windows do not overlap and are cut from the newest answer back; the oldest takes what is left.")
        )
    few = int(((rows["n"] > 0) & (rows["n"] < LEAST_SHOWN)).sum())
    if few:
        parts.append(
            locale.n_(
                "{n} period has fewer than 10 answers: its score is not shown, only how many there are.",
                "{n} periods have fewer than 10 answers: their scores are not shown, only how many there are.",
                few,
            )
        )
    if len(rows) and not bool(rows["is_complete"].iloc[-1]):
        parts.append(_("The last period is not over."))
    return " ".join(parts)


def needed(changes: pd.DataFrame) -> str:
    """How many answers a month the flag from one month to the next would need to see the last change."""
    locale = session.locale()
    if not len(changes) or pd.isna(changes["answers_needed"].iloc[-1]):
        return ""
    last = changes.iloc[-1]
    return locale._("To see a change of {points} points from one month to the next in four of five cases, each month would need about {needed} answers; it has {have}. Changes are sought over all days at once for that reason.").format(
        points=locale.count(abs(last["difference"])), needed=locale.count(last["answers_needed"]),
        have=locale.count(last["answers_a_month"]),
    )  # fmt: skip


def verdict(is_real: Any) -> str:
    """Whether a difference stands, in the words that are the same everywhere."""
    _ = session.locale()._
    if is_real is None or pd.isna(is_real):
        return _("not enough data")
    return _("real change") if bool(is_real) else _("could be chance")


def alt(rows: pd.DataFrame, labels: Sequence[str], changes: pd.DataFrame) -> str:
    """The picture in a sentence."""
    locale = session.locale()
    _ = locale._
    shown = [(name, row) for name, row in zip(labels, rows.itertuples(), strict=True) if row.n >= LEAST_SHOWN]
    if not shown:
        return _("No period has 10 answers or more, so that no score is shown.")
    last, first = shown[-1], shown[0]
    told = _("The Net Promoter Score of {n} periods, from {first_score} in {first} to {last_score} in {last}, each with its 95% interval.").format(
        n=locale.count(len(shown)), first=first[0], last=last[0], first_score=locale.score(first[1].nps), last_score=locale.score(last[1].nps),
    )  # fmt: skip
    days = ", ".join(locale.day(day) for day in changes["on"])
    return told + (" " + _("Changes are drawn on {days}.").format(days=days) if days else "")


def scored(score: float, n: int) -> str:
    """A score and the number of its answers, as a cell of a table."""
    locale = session.locale()
    if n < LEAST_SHOWN:
        return locale._("not enough · {n}").format(n=locale.count(n))
    return f"<b>{locale.score(score)}</b> <small>{locale.ltr(f'n = {n:,}')}</small>"
