"""What rests on customers that are detractors now, and the list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.nps.at_stake import nps_at_stake, nps_detractors
from analytics.nps.leaving import HORIZONS
from analytics.rows import rows as records
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.locale import NOTHING, Locale
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    drawn,
    first_lines,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

ON_SCREEN = 12
MEANS = ("stake", "now_share", "answers_now", "answered_as", "value_at_risk")


def show_stake() -> None:
    """The card: the money in a sentence, and the customers."""
    with st.container(border=True, key="card_follows_stake"):
        drawn(_stake)
        found = session.answer(nps_detractors, most=ROWS_ON_SCREEN)
        if len(found):
            drawn(_list)
            customer_links(records(found.head(ON_SCREEN)), "open_follows_stake")


@told
def _stake() -> Iterator[Piece]:
    found = session.answer(nps_at_stake, months=HORIZONS[0])
    yield partial(section, session.locale()._("What rests on detractors"), stake_sentence(found))


def stake_sentence(found: pd.DataFrame) -> str:
    """What of the revenue rests on them, and what more of it is at stake than with promoters."""
    locale = session.locale()
    _ = locale._
    rows = records(found[found["answered_as"] == "detractor"])
    if not rows:
        return _("No customer is a detractor by its latest answers of the last 12 months.")
    parts = []
    for row in rows:
        parts.append(
            _("{money} in 12 months comes from {customers} of which more people are detractors than promoters: {share} (95%: {interval}) of what customers who answered bring.").format(
                money=locale.money(row["revenue_12m"], row["currency"]),
                customers=locale.n_("{n} customer", "{n} customers", int(row["customers"])),
                share=locale.share(row["now_share"]), interval=locale.shares(row["now_share_low"], row["now_share_high"]),
            )
        )  # fmt: skip
        if row["stake"] is None:
            parts.append(_("How much of it is at stake cannot be told yet."))
            continue
        said = {
            "money": locale.money(row["stake"], row["currency"]),
            "interval": locale.between(locale.money(row["stake_low"], row["currency"]), locale.money(row["stake_high"], row["currency"])),
        }  # fmt: skip
        if row["stands"]:
            parts.append(
                _("If they go on leaving as they have, **{money} more leaves within 12 months than with promoters** (95%: {interval}).").format(**said)
            )  # fmt: skip
        else:
            parts.append(
                _("Whether more leaves with them than with promoters could be chance: a difference of {money} within 12 months (95%: {interval}).").format(**said)
            )  # fmt: skip
    silent = found[found["answered_as"] == "none"]
    if len(silent):
        n = int(silent["customers"].sum())
        parts.append(
            locale.n_(
                "{n} customer did not answer in these 12 months.", "{n} customers did not answer in these 12 months.", n
            )
        )
    return " ".join(parts)


@told
def _list() -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(nps_detractors, most=ROWS_ON_SCREEN)
    heads = [
        _("Customer"),
        _("Owner"),
        _("Detractors of its people"),
        _("Lowest score"),
        _("Last answer"),
        _("Revenue, 12 months"),
        _("Value at risk"),
    ]
    lines = [_line(row, locale) for row in records(rows.head(ON_SCREEN))]
    yield partial(table, heads, lines, caption=_("Customers that are detractors now"), numbers=(2, 3, 5, 6))
    shown, kinds = detractors_table(rows, locale)
    means = words.meanings(*MEANS, of="nps_detractors")
    basis = [session.as_of_words(), _("latest answer of each person in 12 months"), _("most revenue first")]
    first = _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(len(rows)))
    basis[:0] = first_lines(len(rows), ON_SCREEN, first)
    stands_on = " · ".join(basis)
    what = paper("follows_detractors", _("Detractors now"), shown, kinds, meanings=means, basis=stands_on)
    whole = session.answer_later(nps_detractors, lambda found: detractors_table(found, locale)[0])
    yield partial(under_chart, what, session.asked(nps_detractors, most=ROWS_ON_SCREEN), means, stands_on, whole=whole)


def _line(row: Mapping[str, Any], locale: Locale) -> list[str]:
    _ = locale._
    customer = f'<b style="display:inline-block;min-width:10rem">{rich(plain(row["customer"]))}</b>'
    if row["lifecycle"] == "defecting":
        customer += f"<br>{tag('warn', _('drifting away'))}"
    of = _("{n} of {all}").format(n=locale.count(row["detractors"]), all=locale.count(row["answers_now"]))
    return [
        customer,
        rich(plain(owner_words(row["owner"], locale))),
        rich(of),
        rich(locale.count(row["lowest_score"])),
        f'<span class="sh-whole">{rich(locale.day(row["answered_on"]))}</span>',
        rich(locale.money(row["revenue_12m"], row["currency"])),
        rich(locale.money(row["value_at_risk"], row["currency"])) if row["value_at_risk"] is not None else NOTHING,
    ]


def detractors_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """All of them as a sheet."""
    _ = locale._
    said = rows.assign(owner=[owner_words(row["owner"], locale) for row in records(rows)])
    return tables.columns_once(
        said,
        [
            ("customer", _("Customer"), "text"), ("owner", _("Owner"), "text"), ("answers_now", _("People who answered"), "count"),
            ("promoters", _("Promoters"), "count"), ("passives", _("Passives"), "count"), ("detractors", _("Detractors"), "count"),
            ("lowest_score", _("Lowest score"), "number"), ("answered_on", _("Last answer"), "day"),
            ("revenue_12m", _("Revenue, 12 months"), "money"), ("value_at_risk", _("Value at risk"), "money"),
            ("currency", _("Currency"), "text"), ("customer_id", _("Customer number"), "text"),
        ],
    )  # fmt: skip
