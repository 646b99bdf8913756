"""Who is who: how many answers are of known customers, whose the others could be, and what was joined without being asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from data import respondent_joins
from data.respondent_joins import WAYS, Joined, Way
from ui import session, tables, words
from ui.locale import Locale
from ui.nps import guard
from ui.nps.matching_joins import show_joins
from ui.nps.matching_list import found, last_step, show_list
from ui.parts import Piece, drawn, heading, nothing, paper, rich, section, table, told, under_chart

MEANS = ("subject", "sureness", "evidence")


def show() -> None:
    """The view. It tells of all answers and invitations, whatever the filters, since who is not known is in no filter."""
    _ = session.locale()._
    title = _("NPS")
    ways = session.kept(joined)
    if not ways:
        guard.are_any(title)
        return
    drawn(_heading, title)
    last_step()
    if sum(each.answers + each.invitations for each in ways if each.way == "unknown"):
        show_list()
    else:
        with st.container(border=True, key="card_nothing_unknown"):
            nothing(
                "how_to_reg", _("Every answer is of a known customer"),
                _("Nothing waits for a decision. Below is how each answer came to its customer."),
            )  # fmt: skip
    with st.container(border=True, key="card_matching_ways"):
        drawn(_ways)
    show_joins()


def joined() -> list[Joined]:
    """How answers and invitations came to their customers."""
    return respondent_joins.joined(session.engine())


@told
def _heading(title: str) -> Iterator[Piece]:
    locale = session.locale()
    yield partial(heading, title, finding(session.kept(joined), locale), remark(session.kept(joined), locale))


def finding(ways: Sequence[Joined], locale: Locale) -> str:
    """How many answers are of known customers, and how many could be decided at once."""
    _ = locale._
    n = sum(each.answers for each in ways)
    unknown = sum(each.answers for each in ways if each.way == "unknown")
    if not n:
        return _("**No answers are loaded yet**, only invitations.")
    if not unknown:
        return _("**Every answer is of a known customer**: all {n} of them.").format(n=locale.count(n))
    said = _("**{share} of the answers are of known customers**: {known} of {n}.").format(
        share=locale.share((n - unknown) / n), known=locale.count(n - unknown), n=locale.count(n)
    )
    suggested = session.kept(found)
    could = suggested[suggested["match_rank"] == 1]["answers"].sum()
    if could:
        said += " " + locale.n_(
            "For {n} more a customer is suggested below.", "For {n} more a customer is suggested below.", int(could)
        )
    return said


def remark(ways: Sequence[Joined], locale: Locale) -> str:
    """What depends on it, and what is not told of."""
    _ = locale._
    said = [
        _("Answers of nobody known count in the score, but in no segment by customer, no account and nothing that follows from it."),
        _("This view tells of all answers and invitations, on every scale, whatever the filters."),
    ]  # fmt: skip
    invited = sum(each.invitations for each in ways)
    unknown = sum(each.invitations for each in ways if each.way == "unknown")
    if unknown:
        said.insert(1, _("Of {n} invitations, {unknown} went to nobody known.").format(n=locale.count(invited), unknown=locale.count(unknown)))  # fmt: skip
    return " ".join(said)


def way_words(locale: Locale) -> dict[Way, str]:
    """The ways in words."""
    _ = locale._
    return {
        "number": _("Customer number in the file"),
        "name": _("Customer's name, as the file of customers has it"),
        "address": _("Email address of a contact"),
        "spelling": _("Name written a little differently"),
        "domain": _("Domain of the email address"),
        "contact": _("Name of a contact"),
        "chosen": _("Chosen by a person"),
        "unknown": _("Not known"),
    }


@told
def _ways() -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    ways = {each.way: each for each in session.kept(joined)}
    listed = [ways[way] for way in WAYS if way in ways]
    n, invited = sum(each.answers for each in listed), sum(each.invitations for each in listed)
    yield partial(section, _("How they were joined"), _("All of them are counted: these shares are no estimates and have no interval."))  # fmt: skip
    named = way_words(locale)
    heads = [_("By"), _("Answers"), _("Share"), _("Invitations"), _("Share")]
    lines = [
        [
            rich(named[each.way]),
            f"<b>{locale.count(each.answers)}</b>",
            locale.share(each.answers / n if n else None),
            locale.count(each.invitations),
            locale.share(each.invitations / invited if invited else None),
        ]
        for each in listed
    ]
    yield partial(table, heads, lines, caption=_("How answers and invitations came to their customers"), numbers=(1, 2, 3, 4))  # fmt: skip
    rows = pd.DataFrame(
        [{"way": named[each.way], "answers": each.answers, "invitations": each.invitations} for each in listed]
    )
    shown, kinds = tables.columns_once(
        rows,
        [("way", _("By"), "text"), ("answers", _("Answers"), "count"), ("invitations", _("Invitations"), "count")],
    )
    basis = " · ".join((
        locale.n_("{n} answer", "{n} answers", n), locale.n_("{n} invitation", "{n} invitations", invited), session.as_of_words(),
    ))  # fmt: skip
    means = words.meanings(*MEANS, of="respondent_matches")
    about = paper("respondent_joins", _("How they were joined"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, about, respondent_joins.joined_sql(session.engine()), means, basis)
