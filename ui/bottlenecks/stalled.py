"""Open deals that wait too long: how many, where, whose, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st
from ibis import _ as col

from analytics.stalled_stages import stalled_owners, stalled_stages
from ui import session
from ui.bottlenecks import guard
from ui.bottlenecks.stalled_list import money_words, show_deals, show_owners
from ui.bottlenecks.stalled_stages import show_stages, thresholds
from ui.parts import Piece, drawn, heading, nothing, plain, told


def show() -> None:
    """The view: the sentence, ages against thresholds by stage, the money by owner, and the deals."""
    set_ = thresholds()
    stages = session.answer(stalled_stages, **set_)
    n = int(stages["deals_open"].sum())
    if not n:
        _without_open_deals()
        return
    if not stages["stalled"].sum() and stages["undated"].sum() == n and not _is_followed():
        _without_dates(n)
        return
    owners = session.answer(stalled_owners, **set_)
    drawn(_heading, stages, owners)
    show_stages(stages, set_)
    if stages["stalled"].sum():
        show_owners(owners, set_)
        show_deals(owners, set_)


# nothing to show


def _is_followed() -> bool:
    """Whether anything says when something last happened with an open deal."""
    return session.kept(_is_followed_found)


def _is_followed_found() -> bool:
    deals = replace(session.filters(), since=None, until=None).deals(session.tables())
    known = deals.filter((col.status == "open") & col.last_activity_at.coalesce(col.last_modified_at).notnull())
    return bool(len(session.run(known.select("deal_id").limit(1))))


def _without_open_deals() -> None:
    _ = session.locale()._
    if session.chosen().any:
        guard.nothing_left("stalled")
        return
    heading(_("Bottlenecks"), _("**No deal is open.** Nothing can wait too long."))
    guard.too_few(
        "stalled",
        _("All deals are closed"),
        _("An export of open deals, or of all deals, shows which of them wait too long."),
    )


def _without_dates(n: int) -> None:
    locale = session.locale()
    _ = locale._
    heading(
        _("Bottlenecks"),
        _(
            "**Nothing says since when deals are at their stages.** {deals} cannot be told apart from fresh ones."
        ).format(deals=locale.n_("{n} open deal", "{n} open deals", n)),
    )
    with st.container(border=True, key="card_nothing_stalled"):
        nothing(
            "event_busy",
            _("This needs one date of each open deal"),
            _("With it, this view lists the deals that wait too long, with the money in them and whose they are."),
            [
                _("Best: a **stage history**. Thresholds are then learnt from the deals themselves."),
                _("Or a column with the day of the last stage change, such as **Last Stage Change Date**."),
                _("Or a column with the last activity, such as **Last Activity Date**: quiet deals are then listed."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


# the sentence


@told
def _heading(stages: pd.DataFrame, owners: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Bottlenecks"), finding(stages, owners), remark(stages, owners))


def finding(stages: pd.DataFrame, owners: pd.DataFrame) -> str:
    """How many deals wait too long, what they are worth, what part of all that is, and where most are."""
    locale = session.locale()
    _ = locale._
    n, open_ = int(stages["stalled"].sum()), int(stages["deals_open"].sum())
    if not n:
        return _("**No open deal waits too long.** All {deals} are within the threshold of their stage, or have a next step.").format(
            deals=locale.count(open_)
        )  # fmt: skip
    deals = locale.n_("{n} open deal waits too long", "{n} open deals wait too long", n)
    money = money_words(owners)
    first = _("**{deals}, worth {money}**").format(deals=deals, money=money) if money else f"**{deals}**"
    is_one = stages["value_open"].notna().any() and stages["value_open"].sum() > 0
    column = "value_stalled" if is_one else "stalled"
    whole = stages["value_open" if is_one else "deals_open"].sum()
    share = locale.share(float(stages[column].sum() / whole))
    of = (_("{share} of the money in open deals") if is_one else _("{share} of the open deals")).format(share=share)
    top = stages.loc[pd.to_numeric(stages[column]).fillna(0).idxmax()]
    said = {
        "stage": plain(top["stage"]), "n": locale.count(top["stalled"]), "open": locale.count(top["deals_open"]),
        "money": locale.money(top["value_stalled"], top["currency"]),
    }  # fmt: skip
    if (stages["stalled"] > 0).sum() < 2:
        where = _("All are in {stage}, where {open} deals are open.").format(**said)
    elif is_one:
        where = _("Most of the money is in {stage}: {money} in {n} of its {open} open deals.").format(**said)
    else:
        where = _("Most are in {stage}: {n} of its {open} open deals.").format(**said)
    return f"{first}: {of}. {where}"


def remark(stages: pd.DataFrame, owners: pd.DataFrame) -> str:
    """What was not counted, and what is not known."""
    locale = session.locale()
    _ = locale._
    parts = []
    planned, undated = int(stages["planned"].sum()), int(stages["undated"].sum())
    if planned:
        parts.append(
            locale.n_(
                "{n} more is past its threshold, but has an activity planned within 14 days.",
                "{n} more are past their threshold, but have an activity planned within 14 days.",
                planned,
            )
        )
    if undated:
        parts.append(
            locale.n_(
                "Nothing says since when {n} deal is at its stage: it counts once it was quiet for that long.",
                "Nothing says since when {n} deals are at their stage: they count once they were quiet for that long.",
                undated,
            )
            if _is_followed()
            else locale.n_(
                "Nothing says since when {n} deal is at its stage: it is left out.",
                "Nothing says since when {n} deals are at their stage: they are left out.",
                undated,
            )
        )
    elif not _is_followed():
        parts.append(_("No activities are known, so nothing is said of quiet deals."))
    known = owners["value_known"] * owners["deals_open"]
    missing = round(float(owners["deals_open"].sum() - known.sum()))
    if missing and money_words(owners):
        parts.append(locale.n_("{n} open deal has no amount.", "{n} open deals have no amount.", missing))
    if session.filters().has_period:
        parts.append(_("The dates chosen above do not matter here: this is about deals open now."))
    return " ".join(parts)
