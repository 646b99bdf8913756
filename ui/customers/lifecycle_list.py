"""The customers behind a stage, a segment or a definition: the first of them with the way to their cards, all to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import streamlit as st

from analytics.rows import rows
from ui import session, tables
from ui.customers.lifecycle_words import segment_words, stage_words
from ui.locale import Locale
from ui.parts import downloads, md, note, paper, plain, rich, section

ON_SCREEN = 12
Line = Callable[[Mapping[str, Any], Locale], tuple[str, list[str]]]


def show_customers(
    query: ir.Table,
    name: str,
    title: str,
    sentence: str,
    line: Line,
    as_table: Callable[[pd.DataFrame, Locale], tables.Table],
) -> None:
    """The card's list. `line` says of a row what stands at its end, and the facts below its name; both are plain words."""
    locale = session.locale()
    _ = locale._
    n = session.count(query)
    found = rows(session.run(query.limit(ON_SCREEN)))
    section(title, sentence)
    with st.container(gap="xsmall", key=f"people_{name}"):
        for place, row in enumerate(found):
            end, facts = line(row, locale)
            with st.container(gap=None, key=f"person_item_{name}_{place}"):
                with st.container(
                    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
                ):
                    st.page_link(
                        "../pages/customer.py", label=md(row["customer"]),
                        query_params=session.link_to(customer_of=row["customer_id"]),
                    )  # fmt: skip
                    st.html(f'<p class="sh-verdict"><b>{rich(end)}</b></p>', width="content")
                said = " · ".join(f"<bdi>{rich(fact)}</bdi>" for fact in facts if fact)
                st.html(f'<div class="sh-act"><p class="sh-small">{said}</p></div><hr class="sh-rule">')
    shown, kinds = as_table(pd.DataFrame(found, columns=list(query.columns)), locale)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"under_people_{name}"):
        note(
            _("The first {shown} of {n} customers; a download has them all.").format(
                shown=locale.count(ON_SCREEN), n=locale.count(n)
            )
            if n > ON_SCREEN
            else locale.n_("{n} customer", "{n} customers", n)
        )
        with st.popover(_("Download"), icon=":material/download:", type="tertiary", key=f"people_get_{name}"):
            whole = session.later(query, lambda frame: as_table(frame, locale)[0])
            downloads(paper(name, title, shown, kinds, basis=sentence.replace("**", "")), whole)
        with st.popover("SQL", icon=":material/code:", type="tertiary", key=f"people_sql_{name}"):
            st.code(session.readable_sql(query), language="sql", height=420, width=680)


def member_line(row: Mapping[str, Any], locale: Locale) -> tuple[str, list[str]]:
    """A customer of a stage or segment."""
    _ = locale._
    currency = row["currency"] or None
    facts = [plain(row["owner"] or _("No owner"))]
    if row["purchases"]:
        facts.append(locale.n_("{n} purchase", "{n} purchases", int(row["purchases"])))
    if row["days_since"] is not None:
        facts.append(_("last {days} ago").format(days=locale.days(row["days_since"], 0)))
    if row["revenue_12m"]:
        facts.append(_("{money} in 12 months").format(money=locale.money(row["revenue_12m"], currency)))
    if row["open_deals"]:
        facts.append(locale.n_("{n} open deal", "{n} open deals", int(row["open_deals"])))
    if row["value_at_risk"] is not None:
        return _("{money} at risk").format(money=locale.money(row["value_at_risk"], currency)), facts
    if row["lifecycle"] == "potential":
        return (
            _("{money} in open deals").format(money=locale.money(row["open_amount"])) if row["open_amount"] else ""
        ), facts
    return _("{money} in all").format(money=locale.money(row["revenue"], currency)), facts


def member_table(found: pd.DataFrame, locale: Locale) -> tables.Table:
    """The customers of a stage or segment as a sheet."""
    _ = locale._
    stages, segments = stage_words(locale), segment_words(locale)
    said = found.assign(
        stage=[stages[name][0] if isinstance(name, str) else None for name in found["lifecycle"]],
        segment=[segments[name][0] if isinstance(name, str) else None for name in found["rfm_segment"]],
    )
    return tables.columns_once(
        said,
        [
            ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"),
            ("stage", _("Lifecycle"), "text"),
            ("segment", _("RFM segment"), "text"),
            ("last_on", _("Last purchase"), "day"),
            ("days_since", _("Days since"), "days"),
            ("purchases", _("Purchases"), "count"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("revenue", _("Revenue, all years"), "money"),
            ("value", _("Value"), "money"),
            ("risk", _("Risk"), "share"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("open_deals", _("Open deals"), "count"),
            ("open_amount", _("Money in open deals"), "money"),
            ("currency", _("Currency"), "text"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )


def money_of(found: pd.DataFrame, column: str, locale: Locale) -> str:
    """The money of rows with `currency`, each currency apart; nothing where none is known."""
    valued = found[found[column].notna() & (found[column] != 0)]
    sums = valued.groupby("currency", dropna=False)[column].sum().sort_values(ascending=False)
    return " · ".join(locale.money(total, None if pd.isna(name) else str(name)) for name, total in sums.items())
