"""Where the lines of the quadrant lie, why there, and how a reader moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from ui import session
from ui.parts import note


def show_lines(whole: Mapping[str, Any], *, is_main: bool) -> None:
    """A button that tells of the lines and lets the reader move them. The value line holds for the main currency only."""
    locale = session.locale()
    _ = locale._
    kept = session.customer_settings()
    currency = whole["currency"] if isinstance(whole["currency"], str) else None
    with (
        st.popover(_("Where the lines lie"), icon=":material/straighten:", type="tertiary", key="value_risk_lines"),
        st.container(width=420, key="lines_inside"),
    ):
        value, risk = locale.money_exact(_rounded(whole["value_limit"]), currency), locale.share(whole["risk_limit"], 1)
        note(
            _("**Value from {money} on is high**: that is what a customer is worth on average.").format(money=value)
            if kept.value_limit is None or not is_main
            else _("**Value from {money} on is high**: a line you drew.").format(money=value)
        )
        note(
            _("**Risk from {share} on is high**: that is the mean risk, each customer counted by its value, so one right at both lines loses about what a customer loses on average.").format(share=risk)
            if kept.risk_limit is None
            else _("**Risk from {share} on is high**: a line you drew.").format(share=risk)
        )  # fmt: skip
        if session.filters().where:
            note(_("Both are of all customers, whatever is filtered, so filters do not move them."))
        st.number_input(
            _("High value from"), min_value=0.0, value=kept.value_limit if is_main else None, step=None, format="%.0f",
            placeholder=_("average: {money}").format(money=value), key=_key("value"), on_change=_keep, disabled=not is_main,
            help=None if is_main else _("A line in money can be drawn for the currency of most customers only."),
        )  # fmt: skip
        st.number_input(
            _("High risk from, %"), min_value=0.0, max_value=100.0, value=None if kept.risk_limit is None else 100 * kept.risk_limit,
            format="%.1f", placeholder=_("average: {share}").format(share=risk), key=_key("risk"), on_change=_keep,
        )  # fmt: skip
        if kept.value_limit is None and kept.risk_limit is None:
            note(_("They are kept for everyone who uses this workspace."))
            return
        moved = int(whole["moved_customers"])
        note(
            locale.n_(
                "Your lines put {n} customer in another quadrant.",
                "Your lines put {n} customers in another quadrant.",
                moved,
            )
        )
        st.button(_("Reset"), icon=":material/restart_alt:", key="value_risk_reset", on_click=_reset)


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value) if abs(value) >= 100 else round(value, 2)


def _key(name: str) -> str:
    """A new number makes an input forget what it showed."""
    return f"value_risk_{name}_line_{session.get('value_risk_lines_round', 0)}"


def _keep() -> None:
    value, risk = session.get(_key("value")), session.get(_key("risk"))
    kept = session.customer_settings()
    session.workspace().save_customer_settings(
        replace(kept, value_limit=value, risk_limit=None if risk is None else risk / 100)
    )


def _reset() -> None:
    session.put("value_risk_lines_round", session.get("value_risk_lines_round", 0) + 1)
    session.workspace().save_customer_settings(replace(session.customer_settings(), value_limit=None, risk_limit=None))
