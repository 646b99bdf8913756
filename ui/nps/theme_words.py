"""Themes and what is said of them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from data.theme_list import NAMES
from ui import session
from ui.locale import Locale
from ui.parts import plain


def theme_name(name: object, locale: Locale) -> str:
    """A theme's name; those that everybody starts with are translated, others are as people wrote them."""
    if not isinstance(name, str) or not name:
        return locale._("None of the themes")
    return locale._(name) if name in NAMES else name


def clearest(found: pd.DataFrame) -> dict[str, Any] | None:
    """The theme that takes most points and really does, else None."""
    known = [row for row in found.to_dict("records") if row["real_impact"] is True and row["impact"] < 0]
    return min(known, key=lambda row: float(row["added_points"])) if known else None


def risen(found: pd.DataFrame) -> dict[str, Any] | None:
    """The theme that really is heard more than before, by the largest part of comments; else None."""
    known = [row for row in found.to_dict("records") if row["real_rise"] is True and row["rise"] > 0]
    return max(known, key=lambda row: float(row["rise"])) if known else None


def finding(found: pd.DataFrame, days: int) -> str:
    """What those who score low write about, what rests on them, and what is heard more than before."""
    locale = session.locale()
    _ = locale._
    worst, more = clearest(found), risen(found)
    parts = []
    if worst is not None:
        parts.append(
            _("**{theme} takes most: comments that mention it score {points} points lower than the others** ({interval}).").format(
                theme=plain(theme_name(worst["theme"], locale)), points=locale.count(-worst["impact"]),
                interval=locale.scores(worst["impact_low"], worst["impact_high"]),
            )
        )  # fmt: skip
        if pd.notna(worst["revenue_12m"]) and worst["revenue_12m"] > 0:
            parts.append(
                _("{customers} that bring {money} a year mention it.").format(
                    customers=locale.n_("{n} customer", "{n} customers", int(worst["customers"])),
                    money=locale.money(worst["revenue_12m"], worst["currency"]),
                )
            )
    elif not int(found["tests"].max()):
        parts.append(_("**Too few comments to tell which themes go with a lower score.**"))
    else:
        parts.append(
            _("**No theme really goes with a lower score:** the differences could be chance, or too few write.")
        )
    if more is not None:
        name = plain(theme_name(more["theme"], locale))
        shares = {
            "now": locale.share(more["share_now"]),
            "before": locale.share(more["share_before"]),
            "days": locale.count(days),
        }
        parts.append(
            _("It is heard more: {now} of comments in the last {days} days, {before} in the {days} before.").format(**shares)
            if worst is not None and more["theme"] == worst["theme"]
            else _("{theme} is heard more: {now} of comments in the last {days} days, {before} in the {days} before.").format(theme=name, **shares)
        )  # fmt: skip
    return " ".join(parts)


def remark(found: pd.DataFrame, answers: int) -> str:
    """How many answers say something in words, and how many of those no theme has."""
    locale = session.locale()
    _ = locale._
    comments, rest = int(found["comments"].iloc[0]), found[found["theme"].isna()].iloc[0]
    said = (
        _("{comments} of {answers} answers say something in words; {share} of them mention none of the themes.")
        if rest["n"]
        else _("{comments} of {answers} answers say something in words; each of them mentions a theme.")
    )
    return " ".join([
        said.format(
            comments=locale.count(comments), answers=locale.count(answers), share=locale.share(rest["mention_share"])
        ),
        _("The difference says who writes of what, not what would follow if that changed."),
    ])  # fmt: skip


def rise_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """Whether a theme is heard more or less than before: the kind of tag, and the words; nothing where it could be chance."""
    _ = session.locale()._
    if row["real_rise"] is not True:
        return "", ""
    return ("warn", _("heard more")) if row["rise"] > 0 else ("plain", _("heard less"))
