"""Which tiers and whose customers are contacted in time, and what the workspace promises them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.contact_programme import DUE_WITHIN, contact_coverage
from analytics.fields import find
from data.customer_settings import TIERS
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.contact import LEAST_TESTED, coverage_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.parts import Piece, chart, drawn, legend, note, paper, plain, section, told, under_chart

ON_SCREEN = 12
REAL = 0.05
MEANS = ("in_time_share", "target_days", "overdue", "due_soon", "never", "risk_overdue")
Promised = dict[str, Any]


def show_coverage(coverage: pd.DataFrame, promised: Promised) -> None:
    """The card: the share contacted in time by tier or by owner, and what is promised."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_contact_coverage"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(_("Contacted in time"))
            with st.container(
                horizontal=True, vertical_alignment="center", width="content", gap="small", key="contact_set"
            ):
                by = st.segmented_control(
                    _("By"), ["tier", "owner"], default="tier", required=True, key="contact_by", persist_state="session",
                    format_func=lambda name: {"tier": _("Tier"), "owner": _("Owner")}[name], label_visibility="collapsed",
                )  # fmt: skip
                _promises_form()
        drawn(_coverage, coverage, promised, by or "tier")


def _promises_form() -> None:
    """What each tier is promised, for the whole workspace."""
    _ = session.locale()._
    set_ = session.customer_settings()
    with (
        st.popover(_("Promises"), icon=":material/tune:", key="contact_promises", width="content"),
        st.form("contact_form", border=False),
    ):
        note(_("How many days may pass without contact. This holds for the whole workspace."))
        first, second, third = (
            st.number_input(
                _("Tier {tier}").format(tier=tier), 1, 9999, value=now, step=1, key=f"contact_days_{tier}_{now}"
            )
            for tier, now in zip(TIERS, set_.tier_days, strict=True)
        )
        counts = st.toggle(
            _("A service case is a contact too"), value=set_.counts_cases, key=f"contact_cases_{set_.counts_cases}"
        )
        if st.form_submit_button(_("Keep these"), key="contact_keep"):
            session.workspace().save_customer_settings(
                replace(set_, tier_days=(first, second, third), counts_cases=counts)
            )
            st.rerun()


@told
def _coverage(coverage: pd.DataFrame, promised: Promised, by: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    every = coverage.iloc[0]
    if by == "owner":
        field = find("owner", session.tables(), "customers")
        asked = {"by": field, **promised}
        found = session.answer(contact_coverage, **asked)
        name = next(column for column in found.columns if column not in coverage.columns)
        found = found[found["tier"].isna()]
        found = found.sort_values("overdue", ascending=False, kind="stable").rename(columns={name: "group"})
        names = [owner_words(owner, locale) for owner in found["group"]]
    else:
        asked = dict(promised)
        found = coverage[coverage["tier"].notna()] if coverage["tier"].notna().any() else coverage.head(1)
        names = [
            _("Tier {tier}").format(tier=tier) if isinstance(tier, str) else _("All customers")
            for tier in found["tier"]
        ]
    found = found.assign(is_real=(pd.to_numeric(found["q_value"]) < REAL).fillna(False)).reset_index(drop=True)
    shown, shown_names = found.head(ON_SCREEN), names[:ON_SCREEN]
    yield partial(note, coverage_sentence(found, names, by))
    if by == "owner":
        key = [
            (look.colors.accent, _("differs from the others: stands after correction")),
            (look.colors.neutral, _("could be chance, or too few to test")),
        ]
        yield partial(legend, key)
    typical = float(every["in_time_share"]) if every["customers_now"] >= LEAST_SHOWN else None
    figure = coverage_figure(shown, shown_names, typical, look)
    said = ", ".join(
        f"{locale.name(name)} {locale.share(row.in_time_share)}"
        if row.customers_now >= LEAST_SHOWN
        else f"{locale.name(name)} –"
        for name, row in zip(shown_names, shown.itertuples(), strict=True)
    )
    yield partial(
        chart,
        figure,
        f"in_time_{by}",
        _("Share of customers contacted in time: {groups}.").format(groups=said),
        wide=True,
    )
    rows, kinds = coverage_table(found, names, by)
    means = words.meanings(*MEANS, of="contact_coverage")
    basis = [
        locale.n_("{n} customer", "{n} customers", int(every["customers_now"])),
        session.as_of_words(),
    ]
    if by == "owner" and found["tests"].notna().any():
        basis.append(locale.n_("{n} comparison, corrected", "{n} comparisons, corrected", int(found["tests"].max())))
        if len(found) > len(shown):
            basis.append(
                locale.n_("{n} more owner in the table", "{n} more owners in the table", len(found) - len(shown))
            )
    stands_on = " · ".join(basis)
    what = paper(f"in_time_{by}", _("Contacted in time"), rows, kinds, meanings=means, basis=stands_on)
    yield partial(
        under_chart, what, session.asked(contact_coverage, **asked), means, stands_on, picture=f"wide_in_time_{by}"
    )


def coverage_sentence(found: pd.DataFrame, names: list[str], by: str) -> str:
    """What the dots say: of the tiers one after the other, of the owners who stands out."""
    locale = session.locale()
    _ = locale._
    known = found[found["customers_now"] >= LEAST_SHOWN]
    if by == "tier":
        said = [
            _("{name}: {share} in time").format(name=plain(names[place]), share=locale.share(row["in_time_share"]))
            for place, row in known.iterrows()
        ]
        return (_("Where the last contact is within the days promised. {groups}.").format(groups=", ".join(said)) if said
                else _("No tier has enough customers to tell a share."))  # fmt: skip
    worst = found.iloc[0]
    first = _("{owner} has most overdue: {late} of {n}.").format(
        owner=plain(names[0]), late=locale.count(worst["overdue"]), n=locale.n_("{n} customer", "{n} customers", int(worst["customers_now"]))
    )  # fmt: skip
    real = int(found["is_real"].sum())
    if not (found["customers_now"] >= LEAST_TESTED).any():
        return first + " " + _("No owner has the 30 customers that a comparison takes.")
    return (
        first
        + " "
        + (
            locale.n_("{n} owner really differs from the others.", "{n} owners really differ from the others.", real)
            if real
            else _("The differences between owners could be chance.")
        )
    )


def coverage_table(found: pd.DataFrame, names: list[str], by: str) -> tables.Table:
    """The groups with all their figures; shares of fewer than ten are left out."""
    _ = session.locale()._
    few = found["customers_now"] < LEAST_SHOWN
    hidden = {name: pd.to_numeric(found[name]).mask(few) for name in ("in_time_share", "in_time_low", "in_time_high")}
    return tables.columns_once(
        found.assign(name=names, **hidden),
        [
            ("name", _("Owner") if by == "owner" else _("Tier"), "text"),
            ("customers_now", _("Customers"), "count"),
            ("in_time", _("In time"), "count"),
            ("in_time_share", _("Share in time"), "share"),
            ("in_time_low", _("95% from"), "share"),
            ("in_time_high", _("95% to"), "share"),
            ("due_soon", _("Due in {n} days").format(n=DUE_WITHIN), "count"),
            ("overdue", _("Overdue"), "count"),
            ("never", _("Never in contact"), "count"),
            ("value_overdue", _("Value, overdue"), "money"),
            ("risk_overdue", _("At risk, overdue"), "money"),
            ("currency", _("Currency"), "text"),
            ("q_value", _("q-value"), "number"),
        ],
    )
