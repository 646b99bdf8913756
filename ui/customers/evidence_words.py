"""Words that the cards of "How sure" share."""

from __future__ import annotations

from data.schema import SCHEMA
from ui import session
from ui.parts import plain, rich


def basis(*parts: str) -> str:
    """What figures stand on, with the as-of date where the data have one."""
    locale, known = session.locale(), [part for part in parts if part]
    if session.chosen().as_of or session.latest_day():
        known.insert(1, locale._("as of {day}").format(day=locale.day(session.filters().as_of)))
    return " · ".join(known)


def customers(n: int) -> str:
    return session.locale().n_("{n} customer", "{n} customers", n)


def wide(text: str, rem: int = 13) -> str:
    """A sentence in a cell of a table, as HTML: it wraps, but not letter by letter on a phone."""
    return f'<span style="display:inline-block;min-width:{rem}rem">{rich(text)}</span>'


def field(name: str) -> str:
    """What a column of customers is called: our word for one of ours, else its header."""
    labels = {column.name: column.label for column in SCHEMA["customers"]}
    return session.locale()._(labels[name]) if name in labels else plain(name)
