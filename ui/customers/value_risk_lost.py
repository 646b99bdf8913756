"""Customers who have left: what they brought, and who they are. None of it is counted as savable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.value_risk import Lines, Part, customers_listed
from analytics.rows import rows
from ui import session, words
from ui.customers.value_risk_list import item, sheet, show_item
from ui.parts import Piece, drawn, paper, section, told, under_chart

ON_SCREEN = 6


def show_lost(whole: Mapping[str, Any], lines: Lines, currency: str) -> None:
    """The card, where anybody was lost."""
    if whole["lost_customers"]:
        with st.container(border=True, key="card_value_risk_lost"):
            drawn(_lost, dict(whole), lines, currency)


@told
def _lost(whole: dict[str, Any], lines: Lines, currency: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    n, recent = int(whole["lost_customers"]), whole["lost_12m"]
    if recent is None:
        sentence = _("Nothing says when they left.")
    elif recent:
        left = locale.n_(
            "{n} customer was lost in the last twelve months",
            "{n} customers were lost in the last twelve months",
            int(recent),
        )
        money = locale.money(whole["lost_revenue"], currency or None)
        sentence = _("{lost}, who had brought {money} over two years.").format(lost=left, money=money)
    else:
        sentence = _("Nobody was lost in the last twelve months.")
    sentence += " " + locale.n_("{n} is lost in all.", "{n} are lost in all.", n)
    sentence += " " + _("They are never counted as savable: nothing of theirs is in the value at risk.")
    yield partial(section, _("Already lost"), sentence)
    part, as_of = Part(currency, "lost"), session.filters().as_of
    found = rows(session.answer(customers_listed, lines=lines, part=part, most=ON_SCREEN))
    yield partial(_cards, tuple(item(row, as_of, locale) for row in found))
    shown, kinds = sheet(pd.DataFrame(found), as_of, locale)
    basis = " · ".join((
        locale.n_("{n} lost customer", "{n} lost customers", n),
        session.as_of_words(),
        *((_("the first {n} above").format(n=locale.count(ON_SCREEN)),) if n > ON_SCREEN else ()),
    ))  # fmt: skip
    means = words.meanings("lost_customers", "lost_12m", "lost_revenue", "lifecycle")
    whole_list = session.answer_later(
        customers_listed, lambda all_: sheet(all_, as_of, locale)[0], lines=lines, part=part
    )
    yield partial(
        under_chart, paper("lost_customers", _("Already lost"), shown, kinds, meanings=means, basis=basis),
        session.asked(customers_listed, lines=lines, part=part, most=ON_SCREEN), means, basis, whole=whole_list,
    )  # fmt: skip


def _cards(items: tuple[tuple[str, str, str, str], ...]) -> None:
    with st.grid(3, min_column_width=300, gap="small"):
        for place, one in enumerate(items):
            show_item(one, f"value_risk_lost_{place}")
