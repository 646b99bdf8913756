"""Whether customers who do not answer are gone more often afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import streamlit as st

from analytics.nps.silence_follows import silence_follows
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.nps_reach import Dot, dots_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, note, paper, section, told, under_chart

REAL = 0.05
MEANS = ("gone_as", "gone_silent_share", "gone_answered_share", "followed_months", "customers_followed")


def show_follows() -> None:
    """The card; nothing where no invitation is old enough, or no purchase has a day."""
    if session.answer(silence_follows).empty:
        return
    with st.container(border=True, key="card_reach_follows"):
        drawn(_card)


@told
def _card() -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(silence_follows)
    rows = records(found)
    yield partial(section, _("What follows silence"), sentence(rows, locale))
    dots = [dot for row in rows for dot in (_dot(row, "silent", locale), _dot(row, "answered", locale))]
    most = max((dot.high or 0.0 for dot in dots), default=0.0)
    end = min(max(most * 1.15, 0.2), 1.03)
    step = 0.1 if end <= 0.6 else 0.25
    ticks = [(place * step, f"{place * step:.0%}") for place in range(int(end / step) + 1)]
    said = ", ".join(f"{dot.name} {dot.label}" for dot in dots)
    figure = dots_figure(dots, look, (-0.01, end), ticks, heads=_("invitations"))
    yield partial(
        chart,
        figure,
        "reach_follows",
        _("Share of customers gone, with 95% intervals: {rows}.").format(rows=said),
        wide=True,
    )
    yield partial(
        note,
        _("It says what goes together. Customers who were leaving anyway answer less, and large ones have more people who can answer: that asking for answers keeps customers does not follow."),
    )  # fmt: skip
    shown, kinds = tables.columns_once(
        found,
        [
            ("followed_months", _("Months"), "count"),
            ("gone_silent_share", _("Gone, not answered"), "share"), ("gone_silent_low", _("Not answered: 95% from"), "share"),
            ("gone_silent_high", _("Not answered: 95% to"), "share"), ("asked_silent", _("Not answered"), "count"),
            ("gone_answered_share", _("Gone, answered"), "share"), ("gone_answered_low", _("Answered: 95% from"), "share"),
            ("gone_answered_high", _("Answered: 95% to"), "share"), ("asked_answered", _("Answered"), "count"),
            ("difference", _("Difference"), "share"), ("low", _("Difference from"), "share"), ("high", _("Difference to"), "share"),
            ("q_value", _("q-value"), "number"), ("customers_followed", _("Customers"), "count"),
        ],
    )  # fmt: skip
    means = words.meanings(*MEANS, of="silence_follows")
    basis = " · ".join([
        locale.n_("{n} customer", "{n} customers", int(found["customers_followed"].max())), session.as_of_words(),
        _("followed from day 30 after asking"),
    ])  # fmt: skip
    what = paper("reach_follows", _("What follows silence"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(silence_follows), means, basis, picture="wide_reach_follows")


def _dot(row: dict[str, Any], side: str, locale: Locale) -> Dot:
    _ = locale._
    name = (_("{n} months, not answered") if side == "silent" else _("{n} months, answered")).format(
        n=locale.count(row["followed_months"])
    )
    n, rate = row[f"asked_{side}"], row[f"gone_{side}_share"]
    if n < LEAST_SHOWN or rate is None:
        return Dot(name, None, None, None, _("not enough · {n}").format(n=locale.count(n)), locale.count(n))
    low, high = row[f"gone_{side}_low"], row[f"gone_{side}_high"]
    said = f"<b>{locale.share(rate)}</b> {locale.shares(low, high)} · n = {locale.count(n)}"
    is_real = side == "silent" and row["q_value"] is not None and row["q_value"] < REAL
    return Dot(name, rate, low, high, locale.share(rate), locale.count(n), is_real, said)


def sentence(rows: list[dict[str, Any]], locale: Locale) -> str:
    """Whether more are gone after silence, over the longest time that can be told."""
    _ = locale._
    tested = [row for row in rows if row["q_value"] is not None]
    if not tested:
        return _("Not enough to tell: each side needs 30 customers whose months are over.")
    row = tested[-1]
    rates = {
        "silent": locale.share(row["gone_silent_share"]), "answered": locale.share(row["gone_answered_share"]),
        "months": locale.count(row["followed_months"]), "between": locale.points_between(100 * row["low"], 100 * row["high"]),
    }  # fmt: skip
    if row["q_value"] >= REAL:
        claim = _("**No relation found**: the difference could be chance.")
    elif row["difference"] > 0:
        claim = _("**Who does not answer is gone more often.**")
    else:
        claim = _("**Who does not answer is gone less often.**")
    if row["gone_as"] == "contract_ended":
        figures = _("{silent} of those who did not answer had no contract {months} months later, {answered} of those who did ({between} points).")  # fmt: skip
    else:
        figures = _("{silent} of those who did not answer bought nothing for {months} months, {answered} of those who did ({between} points).")  # fmt: skip
    return f"{claim} {figures.format(**rates)}"
