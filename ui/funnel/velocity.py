"""How much money a day the pipeline turns into sales, its four levers, and which of them moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.filters import Filters
from analytics.sales_velocity import COUNTED, Counted, deals_of_lever, periods, sales_velocity
from ui import session, tables, words
from ui.charts.funnel import LEAST_SHOWN
from ui.charts.velocity import REAL, lever_words, waterfall_figure
from ui.funnel.deal_list import deal_list
from ui.locale import NOTHING, Locale
from ui.looked_at import looked_at
from ui.parts import (
    Piece,
    chart,
    drawn,
    figure_card,
    heading,
    legend,
    note,
    nothing,
    paper,
    plain,
    section,
    told,
    under_chart,
)
from ui.words import Meaning

MEANS = ("velocity", "contribution", "worth_of_tenth", "change_share", "q_value")


def show() -> None:
    """The view."""
    counted: Counted = "open" if session.get("velocity_counted") == "open" else "created"
    found = session.answer(sales_velocity, within=_within_days(), counted=counted)
    several = [name for name in found["currency"].dropna().unique() if isinstance(name, str)]
    currency = _shown_currency(several)
    rows = session.kept(_in_currency, found, currency) if len(several) > 1 else found
    velocity = _by_lever(rows)["velocity"]
    drawn(_heading, rows, counted)
    _show_change(rows, velocity, several, counted)
    if not pd.isna(velocity["value"]):
        _show_levers(rows, counted)
    _show_deals(counted)


def _in_currency(found: pd.DataFrame, currency: str) -> pd.DataFrame:
    return found[found["currency"] == currency]


def _by_lever(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["lever"]: row for row in rows.to_dict("records")}


def _locale_of(velocity: Mapping[str, Any]) -> Locale:
    """The reader's locale, with the currency of these rows."""
    locale = session.locale()
    return locale.in_currency(velocity["currency"] if isinstance(velocity["currency"], str) else locale.currency)


def _within_days() -> Filters:
    """The reader's filters, without a period those of the usual one, as on the overview."""
    return session.kept(looked_at)[0]


def _shown_currency(several: list[str]) -> str | None:
    """The reader's choice, else the workspace's own currency where it is among them."""
    if not several:
        return None
    chosen = session.get("velocity_currency")
    own = session.currency() if session.currency() in several else several[0]
    return chosen if chosen in several else own


@told
def _heading(rows: pd.DataFrame, counted: Counted) -> Iterator[Piece]:
    by = _by_lever(rows)
    locale = _locale_of(by["velocity"])
    yield partial(heading, locale._("Funnel"), *_finding(by["velocity"], by, counted, locale))


def _finding(
    velocity: Mapping[str, Any], by: Mapping[str, Mapping[str, Any]], counted: Counted, locale: Locale
) -> tuple[str, str]:
    """What the velocity is, whether its change is real, and which lever made most of it."""
    _ = locale._
    when = periods(_within_days())
    dates = {"since": locale.day(when.since), "until": locale.day(when.until)}
    said = _("From {since} to {until}, against as many days before.")
    if session.filters().since is None or session.filters().until is None:
        said = _("No full period is chosen, so this is {n} days, from {since} to {until}, against as many before.")
    remark = said.format(**dates, n=locale.count((when.until - when.since).days + 1))
    if pd.isna(velocity["value"]):
        return f"**{_(velocity['reason'] or '')}**", remark
    if velocity["n"] < LEAST_SHOWN:
        few = locale.n_(
            "**{n} deal was won in these dates:** too few to tell a velocity.",
            "**{n} deals were won in these dates:** too few to tell a velocity.",
            int(velocity["n"]),
        )
        return few, remark
    if not by["deals"]["value"]:
        none = (
            _("**No deal was created in these dates,** so there is no velocity; the deals won in them are older.")
            if counted == "created"
            else _("**No deal was open at the end of these dates,** so there is no velocity.")
        )
        return none, remark
    first = _("**The pipeline brings {money} a day** ({range}).").format(
        money=locale.money(velocity["value"]),
        range=locale.between(locale.money(velocity["low"]), locale.money(velocity["high"]))
        if not pd.isna(velocity["low"])
        else _("interval unknown"),
    )
    if pd.isna(velocity["change_share"]):
        return " ".join([first, _("The period before has no velocity to compare with.")]), remark
    change = locale.share(abs(velocity["change_share"]))
    up = velocity["change_share"] >= 0
    if not pd.isna(velocity["q_value"]) and velocity["q_value"] < REAL:
        told = _("It is **up {share}**, a real change.") if up else _("It is **down {share}**, a real change.")
    elif pd.isna(velocity["q_value"]):
        told = (
            _("It is up {share}; too few deals were won to say whether that is real.")
            if up
            else _("It is down {share}; too few deals were won to say whether that is real.")
        )
    else:
        told = _("It is up {share}, which could be chance.") if up else _("It is down {share}, which could be chance.")
    real = [row for name, row in by.items() if name != "velocity" and _is_real(row)]
    lead = ""
    if real:
        most = max(real, key=lambda row: abs(row["contribution"]))
        lead = " " + _("Of its levers, {lever} moved it most: {money} a day.").format(
            lever=_within(lever_words(locale)[most["lever"]], locale),
            money=locale.money(most["contribution"], signed=True),
        )
    return f"{first} {told.format(share=change)}{lead}", remark


def _within(words_: str, locale: Locale) -> str:
    """A label inside a sentence, which does not begin with a capital; Hebrew has none."""
    return words_[:1].lower() + words_[1:] if not locale.rtl else words_


def _is_real(row: Mapping[str, Any]) -> bool:
    return not pd.isna(row["q_value"]) and row["q_value"] < REAL and not pd.isna(row["contribution"])


def _show_change(rows: pd.DataFrame, velocity: Mapping[str, Any], several: list[str], counted: Counted) -> None:
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_velocity"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            section(
                _("What moved it, in money a day"),
                _(
                    "Deals × average won deal × win rate ÷ days of the sales cycle. The four parts add up to the change."
                ),
            )
            with st.container(horizontal=True, width="content", gap="small", key="velocity_switches"):
                st.segmented_control(
                    _("Deals counted"),
                    COUNTED,
                    format_func=lambda name: {"created": _("Created"), "open": _("Open at the end")}[name],
                    default=counted,
                    required=True,
                    key="velocity_counted",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                if len(several) > 1:
                    st.selectbox(
                        _("Currency"),
                        several,
                        index=several.index(str(velocity["currency"])),
                        key="velocity_currency",
                        label_visibility="collapsed",
                        width=110,
                        persist_state="session",
                    )
        if len(several) > 1:
            said = _("Deals in {currency} only: amounts in {n} currencies do not add up.")
            note(said.format(currency=plain(velocity["currency"]), n=locale.count(len(several))))
        is_known = not pd.isna(velocity["contribution"]) and velocity["n"] >= LEAST_SHOWN
        if not is_known:
            with st.container(border=True, key="card_nothing_velocity"):
                _nothing(velocity, locale)
        drawn(_change, rows, counted, is_known)


@told
def _change(rows: pd.DataFrame, counted: Counted, is_known: bool) -> Iterator[Piece]:
    """What each lever made of the change, where that is known, and what it rests on."""
    look = session.look()
    by, colors = _by_lever(rows), look.colors
    velocity = by["velocity"]
    locale = _locale_of(velocity)
    _ = locale._
    if is_known:
        color_key = (
            (colors.won_fill, _("raised it, a real change")),
            (colors.lost_fill, _("lowered it, a real change")),
            (f"hollow:{colors.neutral}", _("could be chance")),
        )
        yield partial(legend, color_key)
        parts = ", ".join(
            f"{lever_words(locale)[name]} {locale.money(row['contribution'], signed=True)}"
            for name, row in by.items()
            if name != "velocity"
        )
        yield partial(
            chart,
            waterfall_figure(rows, look),
            "velocity",
            _("Money a day before {before}, now {now}; {parts}.").format(
                before=locale.money(velocity["previous"]), now=locale.money(velocity["value"]), parts=parts
            ),
            wide=True,
        )
    means = words.meanings(*MEANS, of="sales_velocity")
    basis = _basis(velocity, counted, locale)
    cells, kinds = _table(rows, locale)
    yield partial(
        under_chart,
        paper("sales_velocity", _("Sales velocity"), cells, kinds, meanings=means, basis=basis),
        session.asked(sales_velocity, within=_within_days(), counted=counted),
        means,
        basis,
        picture="wide_velocity" if is_known else "",
    )


def _nothing(velocity: Mapping[str, Any], locale: Locale) -> None:
    _ = locale._
    if pd.isna(velocity["value"]):
        nothing(
            "speed",
            _("There is no velocity to show"),
            _(velocity["reason"] or ""),
            [
                _("Choose dates in which deals were **won**."),
                _("Deals need an **amount**, a **creation date** and a **close date**."),
            ],
        )
    else:
        nothing(
            "speed",
            _("There is no change to take apart"),
            _("It takes 10 won deals in these dates, and a velocity in as many days before."),
            [_("Choose longer dates.")],
        )
    if session.chosen().any:
        st.button(_("Clear the filters"), icon=":material/close:", on_click=session.clear, key="clear_here")


def _basis(velocity: Mapping[str, Any], counted: str, locale: Locale) -> str:
    _ = locale._
    parts = [
        locale.n_("{n} won deal", "{n} won deals", int(velocity["n"])),
        _("{since} to {until}").format(since=locale.day(velocity["since"]), until=locale.day(velocity["until"])),
        _("deals created in it") if counted == "created" else _("deals open at its end"),
        _("95% intervals"),
    ]
    if not pd.isna(velocity["value_known"]) and velocity["value_known"] < 0.995:
        parts.append(_("amount known for {share}").format(share=locale.share(velocity["value_known"])))
    if velocity["undated"]:
        parts.append(_("{n} without a date left out").format(n=locale.count(velocity["undated"])))
    return " · ".join(parts)


def _value(row: Mapping[str, Any], locale: Locale, name: str = "value") -> str:
    value = row[name]
    if pd.isna(value):
        return NOTHING
    match row["unit"]:
        case "money":
            return locale.money(value)
        case "share":
            return locale.share(value)
        case "days":
            return locale.days(value)
        case _:
            return locale.count(value)


def _show_levers(rows: pd.DataFrame, counted: Counted) -> None:
    """A card a lever."""
    _ = session.locale()._
    section(
        _("The four levers"),
        _(
            "What a tenth better would be worth is arithmetic of the formula, not a forecast: the levers pull on each other."
        ),
    )
    for show_card, column in zip(session.kept(_cards, rows, counted), st.columns(4, gap="small"), strict=True):
        with column:
            show_card()


@told
def _cards(rows: pd.DataFrame, counted: Counted) -> Iterator[Piece]:
    """What each lever is, how sure, how it changed, and what a tenth more would be worth by the formula."""
    by = _by_lever(rows)
    locale = _locale_of(by["velocity"])
    _ = locale._
    names = lever_words(locale)
    # Which deals a lever is of: a win rate by closing date is not that of the trend, by creation date.
    of = {
        "deals": _("created in these dates") if counted == "created" else _("open at the end of these dates"),
        "average_won_value": _("of the won deals"),
        "win_rate": _("of the closed deals"),
        "sales_cycle_days": _("half of the won took less"),
    }
    for name in list(names)[1:]:
        row = by[name]
        few = row["n"] < LEAST_SHOWN and name != "deals"  # a count is known, however small
        interval = ""
        if not few and not pd.isna(row["low"]):
            ends = [_value({**row, "value": row[end]}, locale) for end in ("low", "high")]
            if row["unit"] == "share":
                interval = _("95%: {range}").format(range=locale.shares(row["low"], row["high"]))
            elif row["unit"] == "days":
                interval = _("95%: {range}").format(range=locale.days_between(row["low"], row["high"]))
            else:
                interval = _("95%: {range}").format(range=locale.between(*ends))
        value = _("not enough · {n}").format(n=locale.count(row["n"])) if few else _value(row, locale)
        yield partial(
            figure_card,
            f"lever_{name}",
            names[name],
            of[name],
            value,
            interval or " ",
            _verdict(row, locale),
            _tenth(row, locale) if by["velocity"]["n"] >= LEAST_SHOWN else "",
            meaning=_meaning(name),
        )


def _meaning(name: str) -> Meaning:
    return words.meanings(name)[0]


def _verdict(row: Mapping[str, Any], locale: Locale) -> str:
    """How the lever changed, and whether that is real."""
    _ = locale._
    if pd.isna(row["change_share"]):
        return _("nothing before to compare with")
    share = locale.change(row["change_share"])
    before = _value(row, locale, "previous")
    if pd.isna(row["q_value"]):
        return _("◔ {change}, from {before}; not enough data to test").format(change=share, before=before)
    if row["q_value"] < REAL:
        mark = "▲" if row["change_share"] >= 0 else "▼"
        return _("{mark} {change}, from {before}; real change").format(mark=mark, change=share, before=before)
    return _("≈ {change}, from {before}; could be chance").format(change=share, before=before)


def _tenth(row: Mapping[str, Any], locale: Locale) -> str:
    _ = locale._
    if pd.isna(row["worth_of_tenth"]) or not row["worth_of_tenth"]:
        return ""
    money = locale.money(row["worth_of_tenth"], signed=True)
    if row["lever"] == "sales_cycle_days":
        return _("10% shorter: {money} a day").format(money=money)
    return _("10% more: {money} a day").format(money=money)


def _table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    names = lever_words(locale)
    few = (rows["n"] < LEAST_SHOWN) & (rows["lever"] != "deals")
    hidden = {name: pd.to_numeric(rows[name]).mask(few) for name in ("value", "low", "high")}
    shown = rows.assign(
        lever=[names[name] for name in rows["lever"]],
        worth_of_tenth=pd.to_numeric(rows["worth_of_tenth"]).mask(few[rows["lever"] == "velocity"].any() & few.notna()),
        shown=[
            NOTHING if small else _value(row, locale) for row, small in zip(rows.to_dict("records"), few, strict=True)
        ],
        **hidden,
    )
    return tables.columns(
        shown,
        [
            ("lever", _("Lever"), "text"),
            ("shown", _("As shown"), "text"),
            ("value", _("Value"), "number"),
            ("low", _("95% from"), "number"),
            ("high", _("95% to"), "number"),
            ("n", _("Based on"), "count"),
            ("previous", _("Before"), "number"),
            ("change_share", _("Change"), "share"),
            ("contribution", _("Part of the change, a day"), "money"),
            ("worth_of_tenth", _("A tenth better, a day"), "money"),
            ("q_value", _("q-value"), "number"),
            ("currency", _("Currency"), "text"),
        ],
    )


def _show_deals(counted: Counted) -> None:
    """The deals a lever is made of."""
    locale = session.locale()
    _ = locale._
    names = lever_words(locale)
    levers = list(names)[1:]
    with st.container(border=True, key="card_velocity_deals"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            section(_("The deals behind a lever"))
            picked = st.selectbox(
                _("Lever"),
                levers,
                index=None,
                key="velocity_pick",
                placeholder=_("Choose a lever"),
                width=220,
                format_func=lambda name: names[name],
            )
        if picked is None:
            return
        query = deals_of_lever(session.tables(), _within_days(), picked, counted)
        deal_list(query, names[picked], "velocity_deals")
