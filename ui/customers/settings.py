"""The customers' part of the settings: margin, costs, horizon, targets of contact, what a handover loses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from data.customer_settings import HORIZONS, TIERS, CustomerSettings
from data.errors import DataError
from ui import session
from ui.parts import note, problem, section


def show() -> None:
    """The card: what holds for the customers of this workspace."""
    _ = session.locale()._
    now = session.customer_settings()
    with st.form("form_customers", border=False), st.container(border=True, key="card_customer_settings"):
        section(
            _("Customers"),
            _(
                "What the models and lists of the customers' page take for granted. Blank: unknown, and then not counted."
            ),
        )
        given = _value(now) | _costs(now) | _people(now)
        if st.form_submit_button(_("Save"), icon=":material/check:", key="save_customers"):
            _save(now, given)
    error = session.get("customers_problem")
    if error is not None:
        session.drop("customers_problem")
        problem(error)
    _lines(now)


def _value(now: CustomerSettings) -> dict[str, Any]:
    locale = session.locale()
    _ = locale._
    first, second, third = st.columns(3, gap="small")
    return {
        "horizon_months": first.selectbox(
            _("How far to look"), list(HORIZONS), index=list(HORIZONS).index(now.horizon_months), key="set_horizon",
            format_func=lambda months: locale.n_("{n} month", "{n} months", months),
            help=_("Over how many months value and risk are told."),
        ),
        "discount_rate": second.number_input(
            _("Discount rate, % a year"), value=round(now.discount_rate * 100, 6), key="set_discount", step=1.0, format="%g",
            help=_("How much less money is worth a year later."),
        ),
        "margin": _maybe(
            third, "margin", _("Margin, %"), None if now.margin is None else round(now.margin * 100, 6), 1.0,
            _("What is left of revenue after the goods. Value is then profit; without it, revenue."),
        ),
    }  # fmt: skip


def _costs(now: CustomerSettings) -> dict[str, Any]:
    _ = session.locale()._
    columns = st.columns(3, gap="small")
    asked = {
        "visit_cost": (_("Cost of a contact"), _("What one call, meeting or visit costs, with the time it takes.")),
        "case_cost": (_("Cost of a service case"), _("What it costs on average to deal with one.")),
        "return_cost": (_("Cost of a returned order"), _("Shipping and handling of one, beside the goods.")),
    }
    return {
        name: _maybe(column, name, label, getattr(now, name), 10.0, help_)
        for column, (name, (label, help_)) in zip(columns, asked.items(), strict=True)
    }


def _maybe(place: Any, name: str, label: str, kept: float | None, step: float, help_: str) -> float | None:
    """A number that may be left blank, and made blank again: for that it must have no value of its own to go back to."""
    key = f"set_{name}_{kept}"
    if session.get(key, ...) is ...:
        session.put(key, kept)
    found: float | None = place.number_input(
        label, value=None, key=key, step=step, format="%g", placeholder=session.locale()._("unknown"), help=help_
    )
    return found


def _people(now: CustomerSettings) -> dict[str, Any]:
    _ = session.locale()._
    columns = st.columns(3, gap="small")
    days = tuple(
        column.number_input(
            _("Contact at least every, days: tier {tier}").format(tier=tier), value=target, key=f"set_days_{tier}", step=1,
            help=_("How long a customer of this tier may go without contact. A: those with the first 80% of all value."),
        )
        for column, tier, target in zip(columns, TIERS, now.tier_days, strict=True)
    )  # fmt: skip
    first, second, third = st.columns(3, gap="small", vertical_alignment="bottom")
    low, high = (
        column.number_input(
            label, value=round(share * 100, 6), key=f"set_handover_{name}", step=1.0, format="%g", help=help_
        )
        for column, name, label, share, help_ in (
            (
                first,
                "low",
                _("A handover loses at least, %"),
                now.handover_loss[0],
                _("What of a customer's value is lost when its owner leaves."),
            ),
            (
                second,
                "high",
                _("A handover loses at most, %"),
                now.handover_loss[1],
                _("What of a customer's value is lost when its owner leaves."),
            ),
        )
    )
    counts = third.checkbox(_("A service case counts as contact"), value=now.counts_cases, key="set_counts_cases")
    return {"tier_days": days, "handover_loss": (low, high), "counts_cases": counts}


def _save(now: CustomerSettings, given: Mapping[str, Any]) -> None:
    try:
        session.workspace().save_customer_settings(replace(now, **_as_kept(now, given)))
    except DataError as error:
        session.put("customers_problem", error)
    else:
        session.put("settings_saved", True)
    st.rerun()


def _as_kept(now: CustomerSettings, given: Mapping[str, Any]) -> dict[str, Any]:
    """What people write in percent, as shares; a field that must not be blank stays as it was."""

    def share(value: float | None) -> float | None:
        return None if value is None else round(value / 100, 8)

    low, high = (share(value) for value in given["handover_loss"])
    rate = share(given["discount_rate"])
    return {
        **given,
        "margin": share(given["margin"]),
        "discount_rate": now.discount_rate if rate is None else rate,
        "tier_days": tuple(
            old if new is None else int(new) for old, new in zip(now.tier_days, given["tier_days"], strict=True)
        ),
        "handover_loss": (now.handover_loss[0] if low is None else low, now.handover_loss[1] if high is None else high),
    }


def _lines(now: CustomerSettings) -> None:
    """The lines of the quadrant, where the reader moved them."""
    locale = session.locale()
    _ = locale._
    if now.value_limit is None and now.risk_limit is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="customers_lines"):
        parts = []
        if now.value_limit is not None:
            parts.append(_("value {money}").format(money=locale.money(now.value_limit)))
        if now.risk_limit is not None:
            parts.append(_("risk {share}").format(share=locale.share(now.risk_limit)))
        note(_("The lines of value and risk were moved: {lines}.").format(lines=" · ".join(parts)))
        if st.button(_("Draw them by expected loss again"), icon=":material/restart_alt:", key="reset_lines"):
            session.workspace().save_customer_settings(replace(now, value_limit=None, risk_limit=None))
            st.rerun()
