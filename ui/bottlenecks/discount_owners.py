"""Who gives discounts: the average on the won deals of each owner, against those of all others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.discounts import discounts
from ui import session, tables, words
from ui.bottlenecks.shared import REAL
from ui.charts.causes import dots_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

OWNER_MEANS = ("discount", "discounted_share", "given_away", "difference", "q_value")
MOST_OWNERS = 12


def show(first: pd.Series) -> None:
    """The card, where any owner has 10 won deals; `first` is the row of all deals."""
    owner = session.find("owner")
    if owner is None:
        return
    by_owner = session.answer(discounts, by=owner)
    if (pd.to_numeric(by_owner["won"]) >= LEAST_SHOWN).any():
        with st.container(border=True, key="card_discount_owners"):
            drawn(_owners_told, by_owner, first)


@told
def _owners_told(by_owner: pd.DataFrame, first: pd.Series) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    shown = (
        by_owner.sort_values("given_away", ascending=False, na_position="last").head(MOST_OWNERS).reset_index(drop=True)
    )
    said = _("The average discount on won deals, those who gave away most first. The line is everyone.")
    if len(by_owner) > MOST_OWNERS:
        said += " " + _("{n} more are in the table.").format(n=locale.count(len(by_owner) - MOST_OWNERS))
    yield partial(section, _("Who gives discounts"), said)
    yield partial(note, _owners_say(by_owner))
    rows = pd.DataFrame({name: pd.to_numeric(shown[of]) for name, of in
                         (("rate", "discount"), ("low", "discount_low"), ("high", "discount_high"), ("n", "won"))})  # fmt: skip
    rows["is_real"] = pd.to_numeric(shown["q_value"]) < REAL
    key = by_owner.columns[0]
    owners = [_("No owner") if pd.isna(name) else str(name) for name in shown[key]]
    names = [
        (name, locale.money(money, first["currency"])) for name, money in zip(owners, shown["given_away"], strict=True)
    ]
    yield partial(
        chart,
        dots_figure(rows, names, look, typical=float(first["discount"]), line=_("everyone"), head=_("average discount")),
        "discount_owners",
        _("Average discount by owner: {lines}.").format(
            lines=", ".join(f"{locale.name(name)} {locale.share(rate)}" for name, rate, n in zip(owners, rows["rate"], rows["n"], strict=True) if n >= LEAST_SHOWN)
        ),
        wide=True,
    )  # fmt: skip
    few = pd.to_numeric(by_owner["won"]) < LEAST_SHOWN
    sheet, kinds = tables.columns(
        by_owner.assign(**{name: pd.to_numeric(by_owner[name]).mask(few) for name in ("discount", "discount_low", "discount_high", "discounted_share", "difference")}),
        [
            (key, _("Owner"), "text"), ("won", _("Won"), "count"), ("discount", _("Average discount"), "share"),
            ("discount_low", _("95% from"), "share"), ("discount_high", _("95% to"), "share"), ("discounted_share", _("With a discount"), "share"),
            ("difference", _("Difference from the others"), "share"), ("q_value", _("q-value"), "number"), ("given_away", _("Given away"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings(*OWNER_MEANS, of="discounts")
    basis = locale.n_("{n} won deal", "{n} won deals", int(pd.to_numeric(by_owner["won"]).sum()))
    what = paper("discount_owners", _("Who gives discounts"), sheet, kinds, meanings=means, basis=basis)
    asked = session.asked(discounts, by=session.find("owner"))
    yield partial(under_chart, what, asked, means, basis, picture="wide_discount_owners")


def _owners_say(by_owner: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    real = by_owner[pd.to_numeric(by_owner["q_value"]) < REAL].sort_values("q_value")
    family = locale.n_("{n} owner compared", "{n} owners compared", int(by_owner["tests"].max()))
    if not len(real):
        return _(
            "No owner's discounts differ from those of the others by more than could be chance ({family})."
        ).format(family=family)
    names = [plain(_("No owner") if pd.isna(name) else name) for name in real.iloc[:3, 0]]
    return _("Discounts differ from those of the others, and it stands after correction: **{names}** ({family}).").format(names=locale.listed(names), family=family)  # fmt: skip
