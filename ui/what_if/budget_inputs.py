"""What a budget is worked out for: the money, the hands, the levers that may be used, and what treating a customer costs."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analytics.what_if.budget_gains import ON_ONE
from analytics.what_if.scenario import Capacity, Cost, Lever, Range, Scenario
from ui import session
from ui.parts import section
from ui.what_if import asked, working
from ui.what_if.words import levers_named

LEFT_OUT, EACH = "what_if_budget_left_out", "what_if_budget_each"


def show() -> Scenario | None:
    """The form. The scenario being worked on with what it says, its levers those that may be used; None without any that can be."""
    current = asked.current()
    named = [
        (lever, " · ".join(part for part in name if part))
        for lever, name in zip(current.levers, levers_named(current, session.locale()), strict=True)
        if lever.kind in ON_ONE
    ]
    if not named:
        return None
    left_out = [name for name in session.get(LEFT_OUT, []) if any(name == words for _lever, words in named)]
    used = [lever for lever, words in named if words not in left_out]
    _form(current, [words for _lever, words in named], left_out, any(lever.cost.is_free for lever in used))
    each = session.get(EACH)
    return replace(current, name="", levers=tuple(_priced(lever, each) for lever in used))


def missing(scenario: Scenario) -> bool:
    """Whether something has to be said before it can be worked out."""
    return not scenario.levers or scenario.budget is None or all(lever.cost.is_free for lever in scenario.levers)


def _priced(lever: Lever, each: float | None) -> Lever:
    return replace(lever, cost=Cost(per_customer=Range.of(each))) if lever.cost.is_free and each else lever


def _form(current: Scenario, names: list[str], left_out: list[str], is_free: bool) -> None:
    locale = session.locale()
    _ = locale._
    symbol = locale.symbol(current.currency).strip()
    draft = working.draft()
    # Whatever is changed elsewhere shows here anew.
    keys = {
        name: f"what_if_budget_{name}_{draft.round}_{value}"
        for name, value in (("money", current.budget), ("hands", current.capacity.per_owner_per_month), ("each", session.get(EACH)))
    }  # fmt: skip
    levers_key = f"what_if_budget_levers_{draft.round}"
    with st.container(border=True, key="card_what_if_budget"):
        section(_("What there is to spend"))
        with (
            st.form("what_if_budget_form", border=False),
            st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
        ):
            st.number_input(
                _("Money, {currency}").format(currency=symbol) if symbol else _("Money"), min_value=0.0, value=current.budget,
                step=1000.0, format="%.0f", key=keys["money"], width=170, placeholder="–",
            )  # fmt: skip
            st.number_input(
                _("An owner can save, a month"), min_value=0.0, value=current.capacity.per_owner_per_month, step=1.0, format="%g",
                key=keys["hands"], width=190, placeholder=_("no limit"),
                help=_("Customers who would have left and stay: how many of them one owner can bring about in a month."),
            )  # fmt: skip
            if is_free:
                st.number_input(
                    _("Treating a customer costs"), min_value=0.0, value=session.get(EACH), step=50.0, format="%.0f", key=keys["each"],
                    width=190, placeholder="–", help=_("For levers that say no cost of their own."),
                )  # fmt: skip
            if len(names) > 1:
                st.multiselect(
                    _("Levers that may be used"), names, default=[name for name in names if name not in left_out], key=levers_key,
                    placeholder="–", width=420,
                )  # fmt: skip
            st.form_submit_button(
                _("Find the best use"), type="primary", key="what_if_budget_run", on_click=_keep, args=(keys, levers_key, names),
            )  # fmt: skip


def _keep(keys: dict[str, str], levers_key: str, names: list[str]) -> None:
    """Take what the form says; money and hands become the scenario's own."""
    money, hands = session.get(keys["money"]), session.get(keys["hands"])
    session.put(EACH, session.get(keys["each"], session.get(EACH)))
    if session.get(levers_key) is not None:
        session.put(LEFT_OUT, [name for name in names if name not in session.get(levers_key)])
    working.change(lambda draft: replace(draft, budget=money, capacity=Capacity(hands).per_owner_per_month))
