"""The customers to work through: whom first, why, and what to do; and the sheets to hand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.reasons import play_of
from analytics.customers.value_risk import QUADRANTS, Lines, Part, customers_listed
from analytics.customers.value_risk_totals import part_sums
from analytics.rows import rows
from ui import session, tables
from ui.charts.quadrant import quadrant_words
from ui.customers.value_risk_words import LEAST, between, lifecycle_words, play_words, reasons_of, step_of
from ui.locale import ISOLATES, NOTHING, Locale
from ui.parts import Piece, downloads, drawn, md, note, paper, plain, rich, section, told

ON_SCREEN = 25
HEIGHT = 560


def show_list(lines: Lines, currency: str, counts: Mapping[str, int], picked: Part | None) -> None:
    """The card: customers by value at risk, of a quadrant, of a search, or of those chosen in the chart."""
    locale = session.locale()
    _ = locale._
    words = quadrant_words(locale)
    with st.container(border=True, key="card_value_risk_list", height="stretch"):
        part = Part(currency, _quadrant_asked(counts), str(session.get("value_risk_search") or ""))
        if picked is not None:
            part = replace(part, cells=picked.cells, ids=picked.ids)
        drawn(_title, lines, part)
        st.segmented_control(
            _("Quadrant"), ["all", *(name for name in QUADRANTS if counts.get(name))], default="all", required=True,
            format_func=lambda name: words[name] if name != "all" else _("All"),
            key="value_risk_quadrant", label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="value_risk_find"):
            st.text_input(
                _("Search"), key="value_risk_search", placeholder=_("Customer or owner"), label_visibility="collapsed",
                icon=":material/search:", width="stretch", persist_state="session",
            )  # fmt: skip
            if picked is not None:
                st.button(
                    _("Chosen in the chart"), icon=":material/close:", key="value_risk_unpick", on_click=forget_picked,
                    help=_("List all again"),
                )  # fmt: skip
        drawn(_list, lines, part)


def forget_picked() -> None:
    """List all again; a new key makes the chart forget what was chosen."""
    session.put("value_risk_picked", None)
    session.put("value_risk_round", session.get("value_risk_round", 0) + 1)


def _quadrant_asked(counts: Mapping[str, int]) -> str | None:
    asked = session.get("value_risk_quadrant")
    if asked in QUADRANTS and counts.get(asked):
        return str(asked)
    if asked not in (None, "all"):
        session.put("value_risk_quadrant", "all")
    return None


@told
def _title(lines: Lines, part: Part) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    sums = rows(session.answer(part_sums, lines=lines, part=part))[0]
    n = int(sums["customers"])
    said = locale.n_("{n} customer", "{n} customers", n)
    if n >= LEAST:
        money = locale.money(sums["value_at_risk"], part.currency or None)
        sure = between(sums["value_at_risk_low"], sums["value_at_risk_high"], part.currency or "")
        said = _("{customers}, {money} at risk (80%: {between})").format(customers=said, money=money, between=sure)
    yield partial(section, _("Whom to keep first"), said)


@told
def _list(lines: Lines, part: Part) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    as_of = session.filters().as_of
    found = rows(session.answer(customers_listed, lines=lines, part=part, most=ON_SCREEN))
    if not found:
        yield partial(note, _("No customer is left by this choice."))
        return
    yield partial(_items, tuple(item(row, as_of, locale) for row in found))
    n = int(session.answer(part_sums, lines=lines, part=part)["customers"].iloc[0])
    if n > ON_SCREEN:
        shown = _("The first {shown} of {n} customers; a download has them all.")
        yield partial(note, shown.format(shown=locale.count(ON_SCREEN), n=locale.count(n)))
    yield partial(_take, *_papers(found, lines, part))


def _papers(found: list[dict[str, Any]], lines: Lines, part: Part) -> tuple[Any, Any, Any, str]:
    """The list and the sheets by owner as papers, what fetches all rows of them, and the SQL."""
    locale = session.locale()
    _ = locale._
    as_of = session.filters().as_of
    shown, kinds = sheet(pd.DataFrame(found), as_of, locale)
    basis = _("value over {months} months; intervals are 80%").format(months=locale.count(session.customer_settings().horizon_months))  # fmt: skip
    what = paper("customers_to_keep", _("Whom to keep first"), shown, kinds, basis=basis)
    by_owner = replace(what, name="customers_by_owner", title=_("Customers by owner"), sheets_by=_("Owner"))
    whole = session.answer_later(customers_listed, lambda all_: sheet(all_, as_of, locale)[0], lines=lines, part=part)
    return what, by_owner, whole, session.asked(customers_listed, lines=lines, part=part, most=ON_SCREEN)


def _take(what: Any, by_owner: Any, whole: Any, sql: str) -> None:
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="under_value_risk_take"):
        with st.popover(_("Hand to owners"), icon=":material/assignment_ind:", key="value_risk_sheet"):
            note(_("A workbook with a sheet an owner: customer, what is at risk, why, and the first step."))
            downloads(by_owner, whole)
        with st.popover(_("Download"), icon=":material/download:", type="tertiary", key="value_risk_get"):
            downloads(what, whole)
        with st.popover("SQL", icon=":material/code:", type="tertiary", key="value_risk_sql"):
            st.code(sql, language="sql", height=420, width=680)


# one customer in the list


def item(row: Mapping[str, Any], as_of: date, locale: Locale) -> tuple[str, str, str, str]:
    """A customer's number, its name as markdown, what stands at the end of the first line, and the HTML below."""
    _ = locale._
    currency = row["currency"] or None
    is_lost = row["lifecycle"] == "lost"
    money = row["brought"] if is_lost else row["value_at_risk"]
    what = _("in two years") if is_lost else _("at risk")
    end = f'<p class="sh-verdict"><b>{rich(locale.money(money, currency))}</b> <span class="sh-small">{rich(what)}</span></p>'
    owner = row["owner"] if row["owner"] else _("No owner")
    facts = [f"<bdi>{rich(plain(owner))}</bdi>"]
    if is_lost:
        if row["lost_on"] is not None:
            facts.append(rich(_("lost on {day}").format(day=locale.day(row["lost_on"]))))
    else:
        value = _("value {money}").format(money=locale.money(row["value"], currency))
        range_ = locale.between(locale.money(row["value_low"], currency), locale.money(row["value_high"], currency))
        is_range = row["value_low"] is not None and row["value_low"] < row["value_high"]
        facts.append(rich(f"{value} ({range_})" if is_range else value))
        risk = _("risk {share}").format(share=locale.share(row["risk"]))
        range_ = locale.shares(row["risk_low"], row["risk_high"])
        facts.append(rich(f"{risk} ({range_})" if range_ != NOTHING else risk))
        facts.append(rich(lifecycle_words(locale).get(row["lifecycle"], "")))
    lines = [f'<p class="sh-small">{" · ".join(facts)}</p>']
    why = reasons_of(row, as_of, locale)
    if why:
        lines.append(f"<p>{rich('; '.join(why))}</p>")
    play = play_of(row)
    if play is not None:
        hollow = _("quadrant uncertain") if row["uncertain"] else ""
        name = f"<b>{rich(play_words(locale)[play])}</b>" + (f" <small>({rich(hollow)})</small>" if hollow else "")
        lines.append(f"<p>{name} {rich(step_of(row, as_of, locale))}</p>")
    return (
        row["customer_id"],
        md(row["customer"]),
        end,
        f'<div class="sh-act">{"".join(lines)}</div><hr class="sh-rule">',
    )


def _items(items: tuple[tuple[str, str, str, str], ...]) -> None:
    with st.container(
        height=HEIGHT if len(items) > 4 else "content", border=False, key="value_risk_items", gap="xsmall"
    ):
        for place, one in enumerate(items):
            show_item(one, f"value_risk_item_{place}")


def show_item(one: tuple[str, str, str, str], key: str) -> None:
    """A customer in a list, with the way to its card."""
    number, name, end, below = one
    with st.container(gap=None, key=key):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            st.page_link("../pages/customer.py", label=name, query_params=session.link_to(customer_of=number))
            st.html(end, width="content")
        st.html(below)


# the same as a sheet


def sheet(found: pd.DataFrame, as_of: date, locale: Locale) -> tables.Table:
    """A line a customer: whom, whose, what is at risk, why, what to do. It may be made outside a run."""
    _ = locale._
    told_of = rows(found)
    plays, quadrants, lives = play_words(locale), quadrant_words(locale), lifecycle_words(locale)
    said = found.assign(
        owner=[row["owner"] or _("No owner") for row in told_of],
        quadrant_words=[quadrants.get(row["quadrant"]) for row in told_of],
        near=[_("uncertain") if row["uncertain"] else None for row in told_of],
        life=[lives.get(row["lifecycle"]) for row in told_of],
        why=["; ".join(reasons_of(row, as_of, locale)).translate(ISOLATES) for row in told_of],
        play=[plays.get(play_of(row) or "") for row in told_of],
        step=[step_of(row, as_of, locale).translate(ISOLATES) for row in told_of],
    )
    return tables.columns_once(
        said,
        [
            ("owner", _("Owner"), "text"),
            ("customer", _("Customer"), "text"),
            ("value_at_risk", _("Value at risk"), "money"),
            ("why", _("Why"), "text"),
            ("play", _("Play"), "text"),
            ("step", _("First step"), "text"),
            ("quadrant_words", _("Quadrant"), "text"),
            ("near", _("Near a line"), "text"),
            ("value", _("Value"), "money"),
            ("value_low", _("Value, 80% from"), "money"),
            ("value_high", _("Value, 80% to"), "money"),
            ("risk", _("Risk"), "share"),
            ("risk_low", _("Risk, 80% from"), "share"),
            ("risk_high", _("Risk, 80% to"), "share"),
            ("expected", _("Expected"), "money"),
            ("currency", _("Currency"), "text"),
            ("life", _("Lifecycle"), "text"),
            ("tier", _("Tier"), "text"),
            ("revenue_12m", _("Revenue, 12 months"), "money"),
            ("last_on", _("Last purchase"), "day"),
            ("last_contact_on", _("Last contact"), "day"),
            ("lost_on", _("Lost on"), "day"),
            ("none_chance", _("Chance of nothing"), "share"),
            ("likely_low", _("If anything, from"), "money"),
            ("likely_high", _("If anything, to"), "money"),
            ("customer_id", _("Customer number"), "text"),
        ],
    )
