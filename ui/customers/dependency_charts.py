"""Who holds how much against an even share, and how much of the revenue the largest customers bring."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.customers.concentration import concentration, revenue_curve
from analytics.customers.rep_dependency import rep_dependency
from ui import session, tables, words
from ui.bottlenecks.action_sheet import owner_words
from ui.charts.dependency import curve_figure, owners_figure
from ui.parts import Piece, chart, drawn, note, paper, plain, section, told, under_chart

ON_SCREEN = 12
LEAST_SHOWN = 10
OWNER_MEANS = ("held", "held_share", "even_share", "handover_low", "hhi", "effective")
CURVE_MEANS = ("revenue", "top1", "top5", "top10", "hhi", "effective", "previous")


def show_owners(mine: pd.DataFrame, owners: pd.DataFrame, handover: tuple[float, float]) -> None:
    """The card: a bar an owner; a click chooses who leaves."""
    if len(mine) < 2:
        return
    with st.container(border=True, key="card_dependency_owners"):
        drawn(_owners, mine, owners, handover, f"dependency_owners_{session.get('leave_round', 0)}")


def _pick(names: list[str], key: str) -> None:
    """Take the clicked bar as the owner who leaves."""
    points = (session.get(key) or {}).get("selection", {}).get("points", [])
    place = (points[0].get("customdata") or [None])[0] if points else None
    if place is not None and int(place) < len(names):
        session.put("leave_kind", "owner")
        session.put("leave_owner", names[int(place)])


@told
def _owners(mine: pd.DataFrame, owners: pd.DataFrame, handover: tuple[float, float], key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    shown = mine.head(ON_SCREEN)
    names = [str(name) for name in shown["owner"]]
    top, even = shown.iloc[0], locale.share(float(shown["even_share"].iloc[0]))
    said = _("{owner} holds {times} times an even share, which is {even} among {owners}. Click a bar to see the customers at stake.").format(
        owner=plain(names[0]), times=locale.ltr(f"{top['held_share'] / top['even_share']:.1f}"), even=even,
        owners=locale.n_("{n} owner", "{n} owners", int(top["owners_holding"])),
    )  # fmt: skip
    yield partial(section, _("What rests on each owner"), said)
    in_words = ", ".join(
        f"{locale.name(name)} {locale.share(row.held_share)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    alt = _("Share of what is expected of customers, by owner: {owners}. An even share would be {even}.").format(
        owners=in_words, even=even
    )
    yield partial(chart, owners_figure(shown, names, look), key, alt, wide=True, on_select=lambda: _pick(names, key))
    rows, kinds = owners_table(owners)
    means = words.meanings(*OWNER_MEANS, of="rep_dependency")
    parts = [
        locale.n_("{n} owner", "{n} owners", int(top["owners_holding"])),
        session.as_of_words(),
        _("over {n} months").format(n=locale.count(session.filters().models.horizon_months)),
        _("a handover loses {range}").format(range=locale.shares(*handover)),
    ]
    if len(mine) > len(shown):
        parts.append(locale.n_("{n} more owner in the table", "{n} more owners in the table", len(mine) - len(shown)))
    basis = " · ".join(parts)
    what = paper("dependency_owners", _("What rests on each owner"), rows, kinds, meanings=means, basis=basis)
    asked = session.asked(rep_dependency, handover=handover)
    yield partial(under_chart, what, asked, means, basis, picture=f"wide_{key}")


def owners_table(owners: pd.DataFrame) -> tables.Table:
    """Every owner and currency with something to hold; shares of fewer than 10 customers are hidden."""
    locale = session.locale()
    _ = locale._
    rows = owners[(owners["held"] > 0) | (owners["open_amount"] > 0)]
    rows = rows.assign(owner=[owner_words(name, locale) for name in rows["owner"]])
    return tables.columns(
        rows,
        [
            ("owner", _("Owner"), "text"),
            ("customers_held", _("Customers"), "count"),
            ("one_contact", _("With one contact"), "count"),
            ("held", _("Rests on the owner"), "money"),
            ("held_share", _("Share"), "share"),
            ("low", _("95% from"), "share"),
            ("high", _("95% to"), "share"),
            ("handover_low", _("Lost if the owner leaves, from"), "money"),
            ("handover_high", _("to"), "money"),
            ("expected", _("Expected of customers"), "money"),
            ("open_amount", _("Open deals"), "money"),
            ("revenue_12m", _("Revenue of 12 months"), "money"),
            ("currency", _("Currency"), "text"),
        ],
    )


def show_curve(curve: pd.DataFrame, customers: pd.DataFrame) -> None:
    """The card: the revenue by the number of largest customers, in the currency of most of it."""
    row = customers.iloc[0]
    with st.container(border=True, key="card_dependency_curve"):
        drawn(_curve, curve, customers) if int(row["n"]) >= LEAST_SHOWN else drawn(_too_few, customers)


@told
def _too_few(customers: pd.DataFrame) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    yield partial(section, _("How much the largest customers bring"))
    yield partial(note, _("not enough · {n}").format(n=locale.count(int(customers["n"].iloc[0]))))


@told
def _curve(curve: pd.DataFrame, customers: pd.DataFrame) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    row = customers.iloc[0]
    currency = row["currency"] if isinstance(row["currency"], str) else None
    mine = curve[curve["currency"].isna() if currency is None else curve["currency"] == currency].reset_index(drop=True)
    said = {
        "one": locale.share(row["top1"]), "five": locale.share(row["top5"]), "ten": locale.share(row["top10"]),
        "customer": plain(row["largest"][0]["name"]), "n": locale.count(row["n"]),
    }  # fmt: skip
    sentence = _("The largest customer, {customer}, brings {one} of the revenue, the largest five {five}, the largest ten {ten} of {n}.").format(**said)  # fmt: skip
    if not pd.isna(row["previous"]):
        sentence += " " + _compared(row)
    yield partial(section, _("How much the largest customers bring"), sentence)
    yield partial(chart, curve_figure(mine, look), "dependency_curve", sentence, wide=True)
    rows, kinds = tables.columns(
        mine,
        [
            ("place", _("Largest customers"), "count"),
            ("customer", _("Customer"), "text"),
            ("revenue", _("Revenue"), "money"),
            ("revenue_share", _("Share of revenue so far"), "share"),
            ("customers_share", _("Share of customers"), "share"),
            ("currency", _("Currency"), "text"),
        ],
    )
    means = words.meanings(*CURVE_MEANS, of="concentration")
    parts = [locale.n_("{n} customer with revenue", "{n} customers with revenue", int(row["n"])), _period(row)]
    if row["revenue_without"]:
        parts.append(_("{money} of nobody left out").format(money=locale.money(row["revenue_without"], currency)))
    if row["revenue_negative"]:
        parts.append(_("{money} below 0 left out").format(money=locale.money(row["revenue_negative"], currency)))
    basis = " · ".join(parts)
    what = paper(
        "dependency_curve", _("How much the largest customers bring"), rows, kinds, meanings=means, basis=basis
    )
    asked = session.asked(revenue_curve) + "\n\n" + session.asked(concentration, holders=("customer",))
    yield partial(under_chart, what, asked, means, basis, picture="wide_dependency_curve")


def _compared(row: pd.Series) -> str:
    """Against the twelve months before, in customers of equal size."""
    locale = session.locale()
    _ = locale._
    now, before = round(row["effective"]), round(1 / row["previous"])
    if now == before:
        return _("It is as concentrated as in the time before.")
    said = {"now": locale.count(now), "before": locale.count(before)}
    return _("That is as concentrated as {now} equal customers; in the time before it was as {before}.").format(**said)


def _period(row: pd.Series) -> str:
    """Which days the revenue is of."""
    locale = session.locale()
    _ = locale._
    if pd.isna(row["since"]):
        return (
            _("all the time the file tells of")
            if row["revenue_basis"] == "summary"
            else _("the last twelve months of those who stay")
        )
    return _("{since} to {until}").format(since=locale.day(row["since"]), until=locale.day(row["until"]))
