"""One customer: what it is worth, how likely it is to leave and why, and everything that happened with it."""

from __future__ import annotations

import streamlit as st

from analytics.customers.customer_card import customer_row
from analytics.customers.value_risk import customer_value_risk
from analytics.rows import Row, rows
from ui import session
from ui.bottlenecks.action_sheet import owner_words
from ui.customer import around, search
from ui.customer.head import months_words, show_head, show_reasons
from ui.customer.history import show_history
from ui.customer.scores import show_scores
from ui.customers import guard
from ui.parts import heading, md, no_data, note, nothing, plain, rich, section

_ = session.locale()._
locale = session.locale()
FIRST_SHOWN = 10


def page() -> None:
    title = _("Customer")
    if session.is_empty():
        no_data(title)
        return
    if not guard.is_ready(title):
        return
    number = search.asked_for()
    known = search.named(number) if number else None
    search.show_search(known)
    if number and known is None:
        _unknown(title, number)
    elif known is None:
        _start(title)
    else:
        _card(number)


def _card(number: str) -> None:
    row = rows(session.answer(customer_row, search.of_anyone(), customer=number, lines=around.lines()))[0]
    show_head(row, search.is_left(number))
    show_reasons(row)
    show_history(row)
    show_scores(row)
    around.show_around(number)


def _unknown(title: str, number: str) -> None:
    """A link to a customer that is not there, and the nearest that are."""
    heading(title, _('**No customer has the number "{number}".**').format(number=plain(number)))
    with st.container(border=True, key="card_nothing_customer"):
        why = _("Numbers are compared as they are written: 007 and 7 are two customers.")
        nothing("person_off", _("Nothing to show"), why)
        near = search.near(number)
        if near:
            note(_("The nearest are:"))
        for place, row in enumerate(near):
            _open(row, f"near_{place}")


def _start(title: str) -> None:
    """Before a customer is chosen: those with most at risk."""
    if not guard.are_any(title):
        return
    said = locale.n_("{n} customer", "{n} customers", session.customers())
    what = _("**{customers}.** Search by a part of the name or the number, or open one of those with most at risk.")
    heading(title, what.format(customers=said))
    found = session.answer(customer_value_risk, lines=around.lines(), most=FIRST_SHOWN)
    with st.container(border=True, key="card_customer_first"):
        section(
            _("Most at risk"), _("What is expected to be lost of each within {horizon}.").format(horizon=months_words())
        )
        for place, row in enumerate(rows(found)):
            name, owner, money, risk = st.columns([3, 2, 1.4, 1.4], vertical_alignment="center")
            with name:
                _open(row, f"first_{place}")
            owner.html(f'<p class="sh-note">{rich(plain(owner_words(row["owner"], locale)))}</p>')
            money.html(f"<b>{rich(locale.money(row['value_at_risk'], row['currency']))}</b>")
            share = locale.share(row["risk"])
            risk.html(f'<p class="sh-note">{rich(_("risk {share}").format(share=share))}</p>')


def _open(row: Row, key: str) -> None:
    """A button that opens a customer's card."""
    st.button(
        md(search.label(row)),
        icon=":material/person:",
        type="tertiary",
        key=f"open_{key}",
        on_click=session.take_place,
        args=("customer_of", row["customer_id"]),
    )


page()
