"""The accounts behind a score: those that draw it down most, with what they bring and who looks after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.fields import Field
from analytics.filters import Choice, Filters
from analytics.nps.revenue_weighted import nps_accounts
from analytics.rows import Row, rows
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.links import customer_links
from ui.funnel import field_choice
from ui.funnel.groups import value_words
from ui.locale import NOTHING, Locale
from ui.parts import ROWS_ON_SCREEN, Piece, drawn, first_lines, paper, plain, rich, section, table, told, under_chart

ON_SCREEN = 12
MOST_VALUES = 200
MEANS = ("account_score", "revenue_weight", "weight_share", "pull")


def show_list(field: Field, by: Field) -> None:
    """The card: the accounts of a group, or of all of them."""
    locale = session.locale()
    _ = locale._
    values = list(session.answer_counts(field))[:MOST_VALUES]
    key = f"nps_accounts_of_{field.name}"
    if session.get(key) not in values:
        session.put(key, None)
    with st.container(border=True, key="card_nps_accounts"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            st.selectbox(
                field_choice.words(field, {field.name: field}), values, index=None, key=key, width=220, persist_state="session",
                placeholder=_("All groups"), format_func=lambda value: locale.name(value_words(field, value or None)),
            )  # fmt: skip
        value = session.get(key)
        within = of_group(field, value)
        with title:
            drawn(_title, within)
        if len(session.answer(nps_accounts, within, most=ROWS_ON_SCREEN)):
            drawn(_list, within, field, value)


def of_group(field: Field, value: str | None) -> Filters:
    """The reader's filters, and of a field one value only ("" for none); of None, all of them."""
    now = session.filters()
    return (
        now
        if value is None
        else replace(now, where=(*(each for each in now.where if each.field != field), Choice(field, (value,))))
    )


@told
def _title(within: Filters) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = rows(session.answer(nps_accounts, within, most=ROWS_ON_SCREEN))
    if not found:
        yield partial(section, _("Who draws the score down"), _("No account answered here."))
        return
    has_pull = found[0]["pull"] is not None
    said = (
        _("Accounts that answered, those first that draw the score by revenue down most.")
        if has_pull
        else _("Accounts that answered, the lowest scores first.")
    )
    yield partial(section, _("Who draws the score down"), said)


@told
def _list(within: Filters, field: Field, value: str | None) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = session.answer(nps_accounts, within, most=ROWS_ON_SCREEN)
    first = rows(found.head(ON_SCREEN))
    heads = [
        _("Customer"),
        _("Owner"),
        _("Score"),
        _("People"),
        _("Last answer"),
        _("Revenue before it"),
        _("Draws the score"),
    ]
    yield partial(
        table, heads, [_line(row) for row in first], caption=_("Accounts that answered"), numbers=(2, 3, 4, 5, 6)
    )
    shown, kinds = sheet(found, locale)
    means = words.meanings(*MEANS, of="nps_accounts")
    basis = [session.as_of_words()]
    if value is not None:
        basis.append(value_words(field, value or None))
    n = locale.n_("{n} account", "{n} accounts", len(found))
    said = _("the first {shown} of {accounts}").format(shown=locale.count(ON_SCREEN), accounts=n)
    basis[:0] = first_lines(len(found), ON_SCREEN, said) or [n]
    stands_on = " · ".join(basis)
    what = paper("nps_accounts", _("Who draws the score down"), shown, kinds, meanings=means, basis=stands_on)
    if value is not None:
        chosen = field_choice.words(field, {field.name: field}), value_words(field, value or None)
        what = replace(what, about=(*what.about, chosen))
    yield partial(customer_links, first, "nps_accounts_open")
    sql = session.asked(nps_accounts, within, most=ROWS_ON_SCREEN)
    yield partial(under_chart, what, sql, means, plain(stands_on), whole=_whole(within, locale))


def _whole(within: Filters, locale: Locale) -> Any:
    """All the accounts of the group, asked when called and kept nowhere."""
    question, opened, sql = nps_accounts(session.tables(), within), session.engine(), session.sql
    return lambda: sheet(question.answer(lambda expression: opened.query(sql(expression))), locale)[0]


def _line(row: Row) -> list[str]:
    """An account as a line of the table."""
    locale = session.locale()
    money, pull = row["revenue_weight"], row["pull"]
    share = f"<br><small>{rich(locale.share(row['weight_share']))}</small>" if row["weight_share"] is not None else ""
    return [
        f'<b style="display:inline-block;min-width:10rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.score(row["account_score"])),
        rich(locale.count(row["n"])),
        rich(locale.day(row["answered_on"])) if row["answered_on"] is not None else NOTHING,
        (rich(locale.money(money, row["currency"])) if money is not None else NOTHING) + share,
        rich(locale.score(pull, 1)) if pull is not None else NOTHING,
    ]


def sheet(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """A line an account, as it is handed out."""
    _ = locale._
    said = found.assign(owner=[owner_words(owner, locale) for owner in found["owner"]])
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("customer", _("Customer"), "text"),
            ("account_score", _("Score"), "number"),
            ("n", _("People"), "count"),
            ("answered_on", _("Last answer"), "day"),
            ("revenue_weight", _("Revenue before it"), "money"),
            ("currency", _("Currency"), "text"),
            ("weight_share", _("Share of the revenue"), "share"),
            ("pull", _("Draws the score by, points"), "number"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
