"""What to say where a view about customers has nothing to show, and while the models are fitted."""

from __future__ import annotations

import streamlit as st

from analytics.customers.basis import counts, source
from analytics.rows import rows
from ui import session
from ui.parts import bug, heading, nothing, problem

_TICK = 0.1


def is_ready(title: str) -> bool:
    """Whether the scores of the customers are there. While they are made, this waits and says how far it is; what stands in
    the way it says, and is False."""
    locale = session.locale()
    _ = locale._
    known = source(rows(session.run(counts(session.tables(), session.filters())))[0])
    if known is None:
        heading(title, _("**Nothing says yet what customers buy, or how long they stay.**"))
        with st.container(border=True, key="card_nothing_customers"):
            nothing(
                "groups",
                _("No purchases"),
                _("Value and risk follow from what customers bought and when."),
                [
                    _("Add an export of orders or invoices, with customer, date and amount,"),
                    _("or a list of subscriptions, with customer, start, end and revenue a month,"),
                    _("or deals with their customer, close date and amount."),
                ],
            )
            st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")
        return False
    fit = session.fit()
    if fit is None:
        return True
    if not fit.done.is_set():
        place = st.empty()
        with place.container():
            heading(
                title,
                _("**The models are being fitted to your customers**, once for this data; you may go on elsewhere."),
            )
            bar = st.progress(0.0)
            while not fit.done.wait(_TICK):
                bar.progress(min(fit.share, 1.0), text=locale.say(fit.doing) if fit.doing else "")
        place.empty()
    if fit.problem is not None:
        heading(title, "")
        problem(fit.problem)
        return False
    if fit.has_failed:
        bug()
        return False
    return True


def are_any(title: str) -> bool:
    """Whether the filters leave any customers; says it where they do not."""
    _ = session.locale()._
    if session.customers():
        return True
    heading(title, _("**No customer is left by these filters.**"))
    with st.container(border=True, key="card_nothing_left"):
        nothing("filter_alt_off", _("Nothing to show"), _("The filters leave no customer. Take one away."))
    return False
