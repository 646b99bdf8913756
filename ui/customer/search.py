"""Finding a customer by a part of its name or number, in the engine."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analytics.customers import scores
from analytics.customers.one_customer import MOST_FOUND, nearest, search
from analytics.filters import Filters
from analytics.rows import Row, rows
from ui import session
from ui.parts import note


def asked_for() -> str:
    """The number of the customer whose card is open, as the address says; "" where none is."""
    value = session.get("places", {}).get("customer_of", "")
    return value if isinstance(value, str) else ""


def of_anyone() -> Filters:
    """The reader's day without what narrows the customers: a card is the same whatever they are, and is not asked for anew."""
    return replace(session.filters(), where=(), since=None, until=None, pipeline=None, without=())


def found(text: str) -> list[Row]:
    """The first customers that the filters leave with the text in their name or number."""
    return rows(session.run(search(scores.chosen(session.tables(), session.filters()), text)))


def named(number: str) -> Row | None:
    """The customer with this number, whatever the filters leave; None where there is none."""
    every = scores.every(session.filters())
    known = rows(
        session.run(every.filter(every.customer_id == number).select("customer_id", "customer", "owner").limit(1))
    )
    return known[0] if known else None


def near(number: str) -> list[Row]:
    """The customers whose name or number is written most like it."""
    return rows(session.run(nearest(scores.every(session.filters()), number)))


def is_left(number: str) -> bool:
    """Whether the filters leave the customer."""
    left = scores.chosen(session.tables(), session.filters())
    return bool(len(session.run(left.filter(left.customer_id == number).select("customer_id").limit(1))))


def show_search(now: Row | None) -> None:
    """The two boxes: what to look for, and the customers that have it."""
    locale = session.locale()
    _ = locale._
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="customer_search_row"):
        text = st.text_input(
            _("Find a customer"), key="customer_search", persist_state="session", type="search", live="300ms", width=260,
            placeholder=_("Name or number"), max_chars=100,
        )  # fmt: skip
        matches = found(text or "")
        known = {row["customer_id"]: row for row in matches}
        if now is not None:
            known = {now["customer_id"]: now} | known
        st.selectbox(
            _("Customer"), list(known), index=0 if now is not None else None, key=session.place_key("customer_of"), width=380,
            format_func=lambda number: label(known[number]), placeholder=_("Choose a customer"),
            on_change=session.keep_place, args=("customer_of",),
        )  # fmt: skip
        if text:
            n = len(matches)
            words = (
                locale._("the first {n} that have it").format(n=locale.count(n))
                if n >= MOST_FOUND
                else locale.n_("{n} customer has it", "{n} customers have it", n)
            )
            note(words)


def label(row: Row) -> str:
    """Name and number, where the two differ."""
    locale = session.locale()
    name, number = str(row["customer"]), str(row["customer_id"])
    return locale.name(name) if name == number else f"{locale.name(name)} · {locale.ltr(number)}"
