"""Which costs are known, what they were taken to be, and where to say the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.customers.profit import LEAST_GOODS, Costs
from ui import session
from ui.parts import Piece, drawn, rich, section, table, tag, told


def show_inputs(mine: pd.DataFrame, costs: Costs) -> None:
    """The card: a line a kind of cost, and a link to the settings."""
    _ = session.locale()._
    with st.container(border=True, key="card_profit_inputs"):
        drawn(_inputs, mine, costs)
        st.page_link("../pages/settings.py", label=_("Change them in the settings"), icon=":material/settings:")


@told
def _inputs(mine: pd.DataFrame, costs: Costs) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    row = mine.iloc[0]
    currency = row["currency"] if isinstance(row["currency"], str) else None
    counted = row["costs_counted"].split(", ")
    lines = [_goods(float(row["goods_known"] or 0), costs, "goods" in counted)]
    for kind, name, cost, none in (
        ("visits", _("One contact"), costs.visit, _("no activities are known")),
        ("cases", _("One service case"), costs.case, _("no service cases are known")),
        ("returns", _("One returned order"), costs.returned, _("returns are known from orders only")),
    ):
        what = _("nobody said") if cost is None else locale.money(cost, currency)
        if cost is not None and kind not in counted:
            what += " · " + none
        lines.append([rich(name), rich(what), _mark(kind in counted)])
    n = sum(kind in counted for kind in ("goods", "visits", "cases", "returns"))
    sentence = (
        _("All four kinds of cost are counted.")
        if n == 4
        else _("{n} of 4 kinds of cost are counted. A cost that nobody gave is unknown; it is not taken for 0.").format(
            n=locale.count(n)
        )
    )
    yield partial(section, _("What profit is made of"), sentence)
    yield partial(table, [_("Cost"), _("Taken to be"), _("Counted")], lines, caption=_("What profit is made of"))


def _goods(known: float, costs: Costs, is_counted: bool) -> list[str]:
    locale = session.locale()
    _ = locale._
    parts = []
    if known >= LEAST_GOODS:
        parts.append(_("unit costs of products, for {share} of revenue").format(share=locale.share(known)))
    elif known:
        parts.append(
            _("unit costs are known for {share} of revenue only, too little to be used").format(
                share=locale.share(known)
            )
        )
    if costs.margin is not None and known < 1:
        parts.append(_("margin {share} where no unit cost is known").format(share=locale.share(costs.margin)))
    if not parts:
        parts.append(_("nobody said: a column Unit cost in the file of products, or a margin"))
    return [rich(_("Goods")), rich(" · ".join(parts)), _mark(is_counted)]


def _mark(is_counted: bool) -> str:
    _ = session.locale()._
    return tag("good", _("counted")) if is_counted else tag("warn", _("unknown"))
