"""Who may leave, and which customers are then at stake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.rep_dependency import Leaver, if_leaves, leavers
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.locale import NOTHING, Locale
from ui.parts import ROWS_ON_SCREEN, Piece, drawn, note, paper, plain, rich, section, table, told, under_chart

ON_SCREEN = 10
MEANS = ("held", "held_part", "handover_low", "handover_high", "open_amount", "risk")


def show_leaves(owners: pd.DataFrame, handover: tuple[float, float]) -> None:
    """The card: choose who leaves; what is at stake, and with whom."""
    locale = session.locale()
    _ = locale._
    kinds: dict[Leaver, str] = {"owner": _("Owner"), "customer": _("Customer"), "contact": _("Contact")}
    if session.get("leave_kind") not in kinds:
        session.put("leave_kind", "owner")
    with st.container(border=True, key="card_dependency_leaves"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            title = st.container(width="content")
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_leave"
            ):
                picked = st.segmented_control(
                    _("Who leaves"), list(kinds), format_func=lambda name: kinds[name], required=True, key="leave_kind",
                    persist_state="session",
                )  # fmt: skip
                kind: Leaver = picked or "owner"
                names = owner_names(owners) if kind == "owner" else _others(kind)
                if session.get(f"leave_{kind}") not in names:
                    session.put(f"leave_{kind}", next(iter(names), None))
                chosen: str | None = st.selectbox(
                    _("If this one leaves"), list(names), key=f"leave_{kind}", width=300, persist_state="session",
                    format_func=lambda code: locale.name(names[code]), on_change=_next_round,
                )  # fmt: skip
        if chosen is None:
            with title:
                section(_("If somebody leaves"))
            note(
                _("The files name no contacts of these customers.")
                if kind == "contact"
                else _("No customer is here who is not lost.")
            )
            return
        whole = _of_owner(owners, chosen) if kind == "owner" else None
        asked: dict[str, Any] = {"leaver": kind, "name": chosen, "handover": handover}
        with title:
            drawn(_title, kind, names[chosen], asked, whole)
        drawn(_list, kind, asked, whole)


def _next_round() -> None:
    """A new key makes the chart forget what was clicked."""
    session.put("leave_round", session.get("leave_round", 0) + 1)


def owner_names(owners: pd.DataFrame) -> dict[str, str]:
    """The owners on whom something rests, most first, "" for nobody."""
    locale = session.locale()
    found = owners.loc[owners["held"] > 0, "owner"]
    return {"" if pd.isna(name) else str(name): owner_words(name, locale) for name in found}


def _others(kind: Leaver) -> dict[str, str]:
    return session.kept(_others_found, kind)


def _others_found(kind: Leaver) -> dict[str, str]:
    found = session.run(leavers(session.tables(), session.filters(), kind))
    return {str(code): str(name) for code, name in zip(found["code"], found["name"], strict=True)}


def _of_owner(owners: pd.DataFrame, name: str) -> tuple[tuple[int, float, float, str | None], ...]:
    """How many customers, the range and the currency, for each currency."""
    mine = owners[(owners["owner"].isna() if name == "" else owners["owner"] == name) & (owners["held"] > 0)]
    return tuple(
        (
            int(row.customers_held),
            float(row.handover_low),
            float(row.handover_high),
            row.currency if isinstance(row.currency, str) else None,
        )
        for row in mine.itertuples()
    )


def _ranges(
    rows: pd.DataFrame, whole: tuple[tuple[int, float, float, str | None], ...] | None
) -> tuple[tuple[int, float, float, str | None], ...]:
    if whole is not None:
        return whole
    found = []
    for currency, part in rows.groupby("currency", dropna=False):
        low, high = float(part["handover_low"].sum()), float(part["handover_high"].sum())
        found.append((len(part), low, high, None if pd.isna(currency) else str(currency)))
    return tuple(found)


@told
def _title(kind: Leaver, name: str, asked: Mapping[str, Any], whole: Any) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(if_leaves, most=ROWS_ON_SCREEN, **asked)
    ranges = _ranges(rows, whole)
    customers = locale.n_("{n} customer", "{n} customers", sum(each[0] for each in ranges))
    money = " · ".join(_range(locale, low, high, currency) for _n, low, high, currency in ranges)
    said = {"name": plain(name), "money": money, "customers": customers}
    sentence = {
        "owner": _("If {name} leaves, {money} is at stake, with {customers}."),
        "contact": _("If {name} leaves, {money} is at stake, with {customers}."),
        "customer": _("If {name} leaves, it takes {money} over the horizon (80%)."),
    }[kind].format(**said)
    yield partial(section, _("If somebody leaves"), sentence)


def _range(locale: Locale, low: float, high: float, currency: str | None) -> str:
    return locale.between(locale.money(low, currency), locale.money(high, currency))


@told
def _list(kind: Leaver, asked: dict[str, Any], whole: Any) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(if_leaves, most=ROWS_ON_SCREEN, **asked)
    heads = [_("Customer"), _("Owner"), _("Expected"), _("Open deals"), _("At stake"), _("Risk"), _("Contacts")]
    lines = [_line(row) for row in rows.head(ON_SCREEN).to_dict("records")]
    yield partial(table, heads, lines, caption=_("Customers at stake"), numbers=(2, 3, 4, 5, 6))
    shown, kinds = stake_table(rows, locale)
    means = words.meanings(*MEANS, of="if_leaves")
    n = sum(each[0] for each in _ranges(rows, whole))
    parts = [
        _("the first {shown} of {n} customers").format(shown=locale.count(ON_SCREEN), n=locale.count(n))
        if n > ON_SCREEN
        else locale.n_("{n} customer", "{n} customers", n),
        session.as_of_words(),
        _("its value with its 80% interval")
        if kind == "customer"
        else _("a handover loses {range}").format(range=locale.shares(*asked["handover"])),
    ]
    basis = " · ".join(parts)
    what = paper("if_leaves", _("Customers at stake"), shown, kinds, meanings=means, basis=basis)
    more = session.answer_later(if_leaves, lambda found: stake_table(found, locale)[0], **asked)
    yield partial(under_chart, what, session.asked(if_leaves, most=ROWS_ON_SCREEN, **asked), means, basis, whole=more)


def _line(row: Mapping[str, Any]) -> list[str]:
    locale = session.locale()
    currency = row["currency"] if isinstance(row["currency"], str) else None
    few = row["contacts"]
    return [
        f'<b style="display:inline-block;min-width:11rem">{rich(plain(row["customer"]))}</b>',
        rich(plain(owner_words(row["owner"], locale))),
        rich(locale.money(row["expected"], currency)),
        rich(locale.money(row["open_amount"], currency)) if row["open_amount"] else NOTHING,
        f"<b>{rich(_range(locale, row['handover_low'], row['handover_high'], currency))}</b>",
        rich(locale.share(row["risk"])),
        NOTHING if pd.isna(few) else rich(locale.count(few)),
    ]


def stake_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    """All customers at stake."""
    _ = locale._
    return tables.columns_once(
        rows.assign(owner=[owner_words(name, locale) for name in rows["owner"]]),
        [
            ("customer", _("Customer"), "text"),
            ("customer_id", _("Customer number"), "text"),
            ("owner", _("Owner"), "text"),
            ("held_part", _("Part"), "share"),
            ("expected", _("Expected"), "money"),
            ("open_amount", _("Open deals"), "money"),
            ("handover_low", _("At stake, from"), "money"),
            ("handover_high", _("At stake, to"), "money"),
            ("risk", _("Risk"), "share"),
            ("contacts", _("Contacts"), "count"),
            ("currency", _("Currency"), "text"),
        ],
    )
