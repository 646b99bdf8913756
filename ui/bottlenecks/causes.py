"""What goes with winning: how soon and how often deals are contacted, and discounts. Never said to be the cause."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from analytics.discounts import discounts
from analytics.first_contact import first_contact
from analytics.touches import touches
from ui import session
from ui.bottlenecks import contact, discount, guard, touching
from ui.bottlenecks.shared import clearest
from ui.parts import Piece, drawn, heading, told


def show() -> None:
    """The view: the clearest of three differences, then a card each."""
    if not session.deals():
        guard.nothing_left("causes")
        return
    contacts, touched, priced = (session.answer(metric) for metric in (first_contact, touches, discounts))
    drawn(_heading, contacts, touched, priced)
    if contacts["activities"].iloc[0]:
        contact.show_contact(contacts)
        touching.show_touches(touched)
    else:
        contact.without_activities()
    discount.show(priced)


@told
def _heading(contacts: pd.DataFrame, touched: pd.DataFrame, priced: pd.DataFrame) -> Iterator[Piece]:
    _ = session.locale()._
    yield partial(heading, _("Bottlenecks"), finding(contacts, touched, priced), _remark(contacts, touched, priced))


def finding(contacts: pd.DataFrame, touched: pd.DataFrame, priced: pd.DataFrame) -> str:
    """The surest of the differences; that none stands; or what is missing to tell."""
    _ = session.locale()._
    found = [
        (row["q_value"], say(row))
        for row, say in (
            (contact.clearest_contact(contacts), contact.contact_sentence),
            (clearest(touched), touching.touches_sentence),
            (discount.clearest_discount(priced), discount.sentence),
        )
        if row is not None
    ]
    if found:
        return min(found)[1]
    if _tests(contacts, touched, priced):
        return _("**Nothing compared here goes with winning by more than could be chance.**")
    has_activities, has_prices = bool(contacts["activities"].iloc[0]), discount.is_told(priced)
    if not has_activities and not has_prices:
        return _(
            "**This data cannot say what goes with winning.** It has no activities, and no list prices that amounts can be held against."
        )
    if not has_activities:
        return _(
            "**This data cannot say what goes with winning.** It has no activities, and discounts are known only in part."
        )
    return _("**Too few deals to say what goes with winning.** It takes 30 deals on each side of a comparison.")


def _remark(contacts: pd.DataFrame, touched: pd.DataFrame, priced: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    tests = _tests(contacts, touched, priced)
    if not tests:
        return ""
    said = locale.n_("The clearest of {n} comparison.", "The clearest of {n} comparisons.", tests)
    return (
        said
        + " "
        + _(
            "It goes with winning; that does not show that it is the reason. Open deals count for as long as they have been open."
        )
    )


def _tests(*found: pd.DataFrame) -> int:
    return sum(int(each["tests"].max()) for each in found)
