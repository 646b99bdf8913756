"""What the times of the stages say, in sentences written from the numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ui import session
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.stage_times import WORTH_SHOWING, length, lengths
from ui.parts import plain

# From this share of a stage's visits on, what is odd is worth a sentence.
WORTH_SAYING = 0.05


def finding(known: pd.DataFrame, slowest: Any) -> str:
    """The stage that takes longest, how sure that is, and what the completed visits alone would say."""
    locale = session.locale()
    _ = locale._
    row = known.loc[slowest]
    said = {"stage": plain(row["stage"]), "days": length(locale, row["median_days"])}
    if pd.isna(row["median_days"]):
        longest = length(locale, row["longest_days"])
        words = _("**{stage} takes longest: at least {days}.** Half of its visits have not left yet.")
        return words.format(stage=said["stage"], days=longest) + _completed(row, row["longest_days"])
    range_ = lengths(locale, row["median_low"], row["median_high"])
    if not range_:
        return _("**No stage takes as long as a minute:** half of the visits of each are over at once.")
    words = _("**{stage} takes longest: half of its visits last more than {days}** ({range}).")
    sentence = words.format(**said, range=range_)
    return sentence + _as_long(known, slowest) + _completed(row, row["median_days"])


def _as_long(known: pd.DataFrame, slowest: Any) -> str:
    """Other stages whose interval reaches that of the slowest."""
    locale = session.locale()
    others = known.drop(index=slowest)
    near = others[pd.to_numeric(others["median_high"]) >= known.loc[slowest, "median_low"]]
    if near.empty:
        return ""
    names = locale.listed([plain(name) for name in near["stage"]])
    return " " + locale._("As long may be: {stages}.").format(stages=names)


def _completed(row: pd.Series, true: float) -> str:
    """How far off the median of the completed visits is, where that is worth saying."""
    locale = session.locale()
    _ = locale._
    naive = row["median_completed_days"]
    if pd.isna(naive) or not true or naive / true - 1 > -WORTH_SHOWING:
        return ""
    said = {"days": length(locale, naive), "share": locale.share(1 - naive / true, 0)}
    if pd.isna(row["median_days"]):
        words = _("The completed visits alone would say {days}, at least {share} too short.")
    else:
        words = _("The completed visits alone would say {days}, {share} too short.")
    return " " + words.format(**said)


def remark(rows: pd.DataFrame) -> str:
    """What is counted how."""
    locale = session.locale()
    _ = locale._
    going = int(rows["open"].sum())
    said = locale.n_(
        "{n} visit goes on. It counts for as long as it has lasted.",
        "{n} visits go on. They count for as long as they have lasted.",
        going,
    )
    if session.filters().has_period:
        return _("This is about visits that began in these dates.") + " " + said
    return said


def spread(rows: pd.DataFrame) -> str:
    """From the quickest stage to the slowest."""
    locale = session.locale()
    _ = locale._
    reached = rows[(rows["visits"] >= LEAST_SHOWN) & rows["median_days"].notna()]
    beyond = rows[(rows["visits"] >= LEAST_SHOWN) & rows["median_days"].isna() & rows["longest_days"].notna()]
    parts = []
    if len(reached) > 1:
        days = reached["median_days"].astype(float)
        quick, slow = reached.loc[days.idxmin()], reached.loc[days.idxmax()]
        parts.append(
            _("Half of the visits have left {quick} after {short}, and {slow} after {long}.").format(
                quick=plain(quick["stage"]), short=length(locale, quick["median_days"]),
                slow=plain(slow["stage"]), long=length(locale, slow["median_days"]),
            )
        )  # fmt: skip
    elif len(reached):
        row = reached.iloc[0]
        words = _("Half of the visits have left {stage} after {days}.")
        parts.append(words.format(stage=plain(row["stage"]), days=length(locale, row["median_days"])))
    if len(beyond):
        names = locale.listed([plain(name) for name in beyond["stage"]])
        parts.append(_("Half have not left yet: {stages}.").format(stages=names))
    return " ".join(parts)


def basis(rows: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    return " · ".join(
        [
            locale.n_("{n} visit", "{n} visits", int(rows["visits"].sum())),
            _("as of {day}").format(day=locale.day(session.filters().as_of)),
            _("a deal counts each time it comes to a stage"),
        ]
    )


def flags(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """What is odd about the visits, in sentences with what to do: (`warn` or `out` of the times, sentence) each."""
    _ = session.locale()._
    told = {
        "at_zero": _("{visits} were over within a minute, as when somebody clicks through the stages: {stages}. They are counted and make times look short. Ask the team to move deals on the day it happens."),
        "together": _("{visits} began in the same minute as at least 19 others, as after an import or a clean-up: {stages}. Their times are those of the clean-up. A stage history from before that day would tell the real ones."),
        "assumed": _("{visits} follow from how the deal stands, because no file says when they began: {stages}. A stage history unlocks them: in Salesforce the report Opportunity History, in HubSpot the columns Date entered of each stage."),
        "untimed": _("{visits} have no date of coming or leaving and are not in the times: {stages}. Fill in the dates in the stage history, and import it again."),
        "negative": _("{visits} ended before they began and are not in the times: {stages}. The dates are mistakes: correct them in the CRM, and import again."),
    }  # fmt: skip
    found = []
    for name, words in told.items():
        odd = rows[rows[name] > rows["visits"] * (WORTH_SAYING if name in ("at_zero", "together") else 0)]
        if len(odd):
            kind = "out" if name in ("untimed", "negative") else "warn"
            found.append((kind, words.format(visits=_visits(int(odd[name].sum())), stages=_where(odd, name))))
    return found


def _visits(n: int) -> str:
    return session.locale().n_("{n} visit", "{n} visits", n)


def _where(odd: pd.DataFrame, name: str) -> str:
    """The stages concerned, each with the share of its visits."""
    locale = session.locale()
    shares = [(row["stage"], row[name] / row["visits"]) for row in odd.to_dict("records")]
    return locale.listed([f"{plain(stage)} {locale.share(share)}" for stage, share in shares])
