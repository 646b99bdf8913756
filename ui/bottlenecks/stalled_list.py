"""The stalled deals: whose they are, which they are, and the sheet to act by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.stalled_deals import REASONS, stalled_deals, stalled_reasons
from analytics.stalled_stages import stalled_owners
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words, reason_words, reasons_of, sheet
from ui.bottlenecks.stalled_stages import Thresholds
from ui.charts.stalled import owners_figure
from ui.locale import NOTHING
from ui.parts import (
    ROWS_ON_SCREEN,
    Piece,
    chart,
    downloads,
    drawn,
    note,
    paper,
    plain,
    rich,
    section,
    table,
    tag,
    told,
    under_chart,
)

ON_SCREEN = 12  # deals, and owners
LEAST_AT_RISK = 10
OWNER_MEANS = ("stalled", "value_stalled", "deals_open", "value_open")
DEAL_MEANS = ("age_days", "threshold_days", "chance_30d", "chance_n", "reasons", "overdue_days", "quiet_days")


def _main_currency(owners: pd.DataFrame) -> str | None:
    """The currency with most stalled deals that have an amount."""
    valued = owners[owners["value_stalled"].notna() & owners["currency"].notna()]
    return str(valued.groupby("currency")["stalled"].sum().idxmax()) if len(valued) else None


def money_words(owners: pd.DataFrame, column: str = "value_stalled") -> str:
    """The money of all rows, each currency apart."""
    locale = session.locale()
    valued = owners[owners[column].notna() & (owners["stalled"] > 0)]
    sums = valued.groupby("currency", dropna=False)[column].sum().sort_values(ascending=False)
    return " · ".join(locale.money(total, None if pd.isna(name) else str(name)) for name, total in sums.items())


# whose


def show_owners(owners: pd.DataFrame, set_: Thresholds) -> None:
    """The card: the owners with most money in stalled deals."""
    if owners["owner"].nunique(dropna=False) < 2:
        return
    with st.container(border=True, key="card_stall_owners"):
        drawn(_owners, owners, set_, _main_currency(owners), _owners_key())


def _owners_key() -> str:
    return f"stall_owners_{session.get('stall_round', 0)}"


def _ranked(owners: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """The owners with stalled deals of one currency, or of any where no amount is known; most first."""
    part = owners[owners["currency"] == currency] if currency else owners
    part = part[part["stalled"] > 0]
    by = ["value_stalled", "stalled"] if part["value_stalled"].notna().any() else ["stalled"]
    return part.sort_values(by, ascending=False, kind="stable").head(ON_SCREEN).reset_index(drop=True)


def _pick_owner(names: list[str]) -> None:
    """Take the clicked bar as the owner whose deals are listed."""
    points = (session.get(_owners_key()) or {}).get("selection", {}).get("points", [])
    place = (points[0].get("customdata") or [None])[0] if points else None
    if place is not None and int(place) < len(names):
        session.put("stall_owner", names[int(place)])


@told
def _owners(owners: pd.DataFrame, set_: Thresholds, currency: str | None, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    shown = _ranked(owners, currency)
    in_money = bool(shown["value_stalled"].notna().any())
    names = [owner_words(name, locale) for name in shown["owner"]]
    top = shown.iloc[0]
    part = owners[owners["currency"] == currency] if currency else owners
    whole = float(part["value_stalled" if in_money else "stalled"].sum())
    said = {
        "owner": plain(names[0]), "n": locale.count(top["stalled"]), "money": locale.money(top["value_stalled"], top["currency"]),
        "share": locale.share(float(top["value_stalled" if in_money else "stalled"]) / whole if whole else None),
    }  # fmt: skip
    sentence = (
        _("{owner} holds the most: {money} in {n} stalled deals, {share} of the money. Click a bar to list its deals.")
        if in_money
        else _("{owner} has the most: {n} stalled deals, {share} of all. Click a bar to list its deals.")
    ).format(**said)
    several = [name for name in owners["currency"].dropna().unique()]
    if currency and len(several) > 1:
        sentence += " " + _("In {currency} only: amounts of several currencies do not add up.").format(currency=plain(currency))  # fmt: skip
    yield partial(section, _("Stalled deals by owner"), sentence)
    figure = owners_figure(shown, names, look, measure="money" if in_money else "deals")
    in_words = ", ".join(
        f"{locale.name(name)} {locale.money(row.value_stalled, row.currency) if in_money else locale.count(row.stalled)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    codes = ["" if pd.isna(name) else str(name) for name in shown["owner"]]
    yield partial(
        chart,
        figure,
        chart_key,
        _("Stalled deals by owner: {owners}.").format(owners=in_words),
        wide=True,
        on_select=lambda: _pick_owner(codes),
    )
    rows, kinds = owners_table(owners)
    means = words.meanings(*OWNER_MEANS, of="stalled_owners")
    more = int(part.loc[part["stalled"] > 0, "owner"].nunique(dropna=False)) - len(shown)
    basis = [locale.n_("{n} stalled deal", "{n} stalled deals", int(part["stalled"].sum()))]
    basis.append(_("as of {day}").format(day=locale.day(session.filters().as_of)))
    if more > 0:
        basis.append(locale.n_("{n} more owner in the table", "{n} more owners in the table", more))
    stands_on = " · ".join(basis)
    what = paper("stalled_owners", _("Stalled deals by owner"), rows, kinds, meanings=means, basis=stands_on)
    asked = session.asked(stalled_owners, **set_)
    yield partial(under_chart, what, asked, means, stands_on, picture=f"wide_{chart_key}")


def owners_table(owners: pd.DataFrame) -> tables.Table:
    """Every owner and currency."""
    locale = session.locale()
    _ = locale._
    return tables.columns(
        owners.assign(owner=[owner_words(name, locale) for name in owners["owner"]]),
        [
            ("owner", _("Owner"), "text"),
            ("stalled", _("Stalled"), "count"),
            ("deals_open", _("Open deals"), "count"),
            ("planned", _("Past it, planned"), "count"),
            ("value_stalled", _("Money stalled"), "money"),
            ("value_open", _("Money open"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


# which


def show_deals(owners: pd.DataFrame, set_: Thresholds) -> None:
    """The card: the stalled deals of an owner, for a reason, and the sheet to take away."""
    locale = session.locale()
    _ = locale._
    names = _owner_names(owners)
    if session.get("stall_owner") not in names:
        session.put("stall_owner", None)
    owner = session.get("stall_owner")
    reasons = session.answer(stalled_reasons, owner=owner, **set_)
    counts = reasons.groupby("wait_reason")["stalled"].sum().to_dict()
    offered = [name for name in REASONS if counts.get(name)]
    if session.get("stall_reason") not in offered:
        session.put("stall_reason", None)
    with st.container(border=True, key="card_stall_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            drawn(_deals_title, reasons, session.get("stall_reason"), owner, names)
            with st.container(
                horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="switches_stall"
            ):
                st.selectbox(
                    _("Owner"), list(names), index=None, key="stall_owner", width=190, persist_state="session",
                    placeholder=_("All owners"), format_func=lambda name: names[name], on_change=_next_round,
                )  # fmt: skip
                said = reason_words(locale)
                st.selectbox(
                    _("Reason"), offered, index=None, key="stall_reason", width=220, persist_state="session",
                    placeholder=_("All reasons"),
                    format_func=lambda name: f"{said[name]} · {locale.count(counts.get(name, 0))}",
                )  # fmt: skip
                st.selectbox(
                    _("First"), ["money", "age"], key="stall_order", width=190, persist_state="session",
                    format_func=lambda name: {"money": _("most money"), "age": _("longest past it")}[name],
                )  # fmt: skip
        chosen = {"owner": owner, "reason": session.get("stall_reason"), "order": session.get("stall_order") or "money"}
        drawn(_deals, reasons, {**set_, **chosen})


def _next_round() -> None:
    """A new key makes the chart forget what was clicked."""
    session.put("stall_round", session.get("stall_round", 0) + 1)


def _owner_names(owners: pd.DataFrame) -> dict[str, str]:
    """The owners with stalled deals by their code, "" for none; most first."""
    locale = session.locale()
    found = owners.loc[owners["stalled"] > 0, "owner"]
    return {"" if pd.isna(name) else str(name): locale.name(owner_words(name, locale)) for name in found}


def _of_reason(reasons: pd.DataFrame, reason: str | None) -> pd.DataFrame:
    return reasons[reasons["wait_reason"].isna() if reason is None else reasons["wait_reason"] == reason]


@told
def _deals_title(
    reasons: pd.DataFrame, reason: str | None, owner: str | None, names: dict[str, str]
) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    chosen = _of_reason(reasons, reason)
    deals = locale.n_("{n} deal", "{n} deals", int(chosen["stalled"].sum()))
    money = money_words(chosen)
    parts = [_("{deals}, worth {money}").format(deals=deals, money=money) if money else deals]
    if owner is not None:
        parts.append(plain(names[owner]))
    if reason is not None:
        parts.append(reason_words(locale)[reason])
    yield partial(section, _("The deals to act on"), " · ".join(parts))


@told
def _deals(reasons: pd.DataFrame, asked: dict[str, Any]) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    rows = session.answer(stalled_deals, most=ROWS_ON_SCREEN, **asked)
    n = int(_of_reason(reasons, asked["reason"])["stalled"].sum())
    has_chances = bool(rows["chance_n"].any())
    heads = [_("Deal"), _("Owner"), _("Stage"), _("There for"), _("Moves on in 30 days"), _("Amount"), _("Why")]
    lines = [heads, *(_line(row) for row in rows.head(ON_SCREEN).to_dict("records"))]
    if not has_chances:
        lines = [[*line[:4], *line[5:]] for line in lines]
    numbers = (3, 4, 5) if has_chances else (3, 4)
    yield partial(table, lines[0], lines[1:], caption=_("Stalled deals"), numbers=numbers)
    as_of = session.filters().as_of
    shown, kinds = sheet(rows, as_of, locale)
    means = words.meanings(*DEAL_MEANS, of="stalled_deals")
    basis = [_("as of {day}").format(day=locale.day(as_of))]
    if has_chances:
        basis.append(_("chance as of deals that had waited as long"))
    everyone = [locale.n_("{n} deal", "{n} deals", n), *basis]
    first = _("the first {shown} of {n} deals").format(shown=locale.count(ON_SCREEN), n=locale.count(n))
    stands_on = " · ".join([first, *basis] if n > ON_SCREEN else everyone)
    whole_basis = " · ".join(everyone)
    about = paper("stalled_deals", _("Stalled deals"), shown, kinds, meanings=means, basis=whole_basis)
    chosen = tuple((name, words_) for name, words_ in _chosen_words(asked))
    what = replace(about, about=(*about.about, *chosen))
    whole = session.answer_later(stalled_deals, lambda found: sheet(found, as_of, locale)[0], **asked)
    yield partial(_take, replace(what, name="action_sheet", title=_("Action sheet"), sheets_by=_("Owner")), whole)
    listed = session.asked(stalled_deals, most=ROWS_ON_SCREEN, **asked)
    yield partial(under_chart, what, listed, means, stands_on, whole=whole)


def _take(what: Any, whole: Any) -> None:
    """The sheet to hand out, all deals and then those of each owner."""
    _ = session.locale()._
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="stall_take"):
        with st.popover(_("Action sheet by owner"), icon=":material/assignment_turned_in:", key="stall_sheet"):
            downloads(what, whole)
        note(_("A workbook with a sheet an owner: deal, why it waits, money, next step and by when."))


def _chosen_words(asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the list was narrowed to, and the thresholds that the reader set, for whoever reads it on paper."""
    locale = session.locale()
    _ = locale._
    if asked["owner"] is not None:
        yield _("Owner"), owner_words(asked["owner"], locale)
    if asked["reason"] is not None:
        yield _("Reason"), reason_words(locale)[asked["reason"]]
    if asked["overrides"]:
        yield _("Thresholds"), ", ".join(f"{stage}: {days:g}" for stage, days in asked["overrides"].items())


def _line(row: Mapping[str, Any]) -> list[str]:
    """A deal as a line of the table."""
    locale = session.locale()
    _ = locale._
    name = row["deal_id"] if pd.isna(row["deal_name"]) else row["deal_name"]
    deal = f'<b style="display:inline-block;min-width:11rem">{rich(plain(name))}</b>'
    if isinstance(row["customer"], str) and row["customer"] not in str(name):
        deal += f"<br><small>{rich(plain(row['customer']))}</small>"
    over = _("threshold {days}").format(days=locale.days(row["threshold_days"]))
    return [
        deal,
        rich(plain(owner_words(row["owner"], locale))),
        rich(plain(row["stage"])),
        f"{rich(locale.days(row['age_days'], 0)) if not pd.isna(row['age_days']) else NOTHING}<br><small>{rich(over)}</small>",
        _chance_words(row),
        rich(locale.money(row["amount"], row["currency"])),
        " ".join(tag("plain", words_) for words_ in reasons_of(row, locale, slow=False))
        or f"<small>{rich(reason_words(locale)['slow'])}</small>",
    ]


def _chance_words(row: Mapping[str, Any]) -> str:
    locale = session.locale()
    _ = locale._
    if not pd.isna(row["chance_30d"]):
        return f"<b>{locale.share(row['chance_30d'])}</b><br><small>{rich(locale.shares(row['chance_low'], row['chance_high']))}</small>"
    if pd.isna(row["age_days"]) or not (row["chance_n"] or row["is_learnt"]):
        return NOTHING
    if row["chance_n"] < LEAST_AT_RISK:
        return f"<small>{rich(_('not enough · {n}').format(n=locale.count(row['chance_n'])))}</small>"
    return f"<small>{rich(_('not followed that long'))}</small>"
