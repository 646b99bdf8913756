"""What to say where nothing can be simulated, and while the models are fitted; and which levers the data can tell of."""

from __future__ import annotations

import streamlit as st

from analytics.customers.basis import counts, source
from analytics.customers.scores import told
from analytics.rows import rows
from ui import session
from ui.customers import guard
from ui.parts import heading, nothing


def is_ready(title: str) -> bool:
    """Whether there is something to simulate. Waits for the models of the customers; what stands in the way it says, and is False."""
    if has_customers():
        return guard.is_ready(title) and guard.are_any(title)
    if has_deals():
        return True
    _ = session.locale()._
    heading(
        title, _("**Nothing says yet what customers buy, or what comes of deals.** So there is nothing to simulate.")
    )
    with st.container(border=True, key="card_nothing_what_if"):
        nothing(
            "alt_route",
            _("This needs customers or deals"),
            _("A scenario is told against what would come without it, and that follows from your own data."),
            [
                _("Add an export of orders or invoices, with customer, date and amount,"),
                _("or a list of subscriptions, with customer, start, end and revenue a month,"),
                _("or deals, with created and closed dates, outcome and amount."),
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
    return False


def has_customers() -> bool:
    """Whether anything tells what customers buy or how long they stay."""
    return session.kept(_has_customers)


def _has_customers() -> bool:
    return source(rows(session.run(counts(session.tables(), session.filters())))[0]) is not None


def has_deals() -> bool:
    """Whether there are deals at all, whatever the filters leave."""
    return session.all_deals() > 0


def refused() -> str:
    """Why no model of the customers could be fitted; "" where one was, or where none tells of them. The scores must be there."""
    if not has_customers():
        return ""
    why = told(session.report().get("refused"))
    return session.locale().say(why) if why is not None else ""
