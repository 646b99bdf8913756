"""On whom the customers' money rests: one of our people, one customer, one contact; and what is at stake if one leaves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.customers.concentration import concentration, revenue_curve
from analytics.customers.rep_dependency import rep_dependency, single_totals
from ui import session, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customers import guard
from ui.customers.dependency_charts import show_curve, show_owners
from ui.customers.dependency_leaves import show_leaves
from ui.customers.dependency_single import show_single
from ui.parts import Piece, drawn, figure_card, heading, nothing, plain, told

LEAST_SHOWN = 10


def show() -> None:
    """The view: the largest dependency, three figures, owners and customers as charts, who may leave, and single contacts."""
    _ = session.locale()._
    title = _("Customers")
    if not guard.is_ready(title) or not guard.are_any(title):
        return
    handover = session.customer_settings().handover_loss
    owners = session.answer(rep_dependency, handover=handover)
    customers = session.answer(concentration, holders=("customer",))
    single = session.answer(single_totals)
    if not has_money(owners) and not customers["n"].sum():
        heading(
            title,
            _(
                "**Nothing rests on anybody here.** These customers are lost, or brought nothing in the last twelve months."
            ),
        )
        with st.container(border=True, key="card_nothing_dependency"):
            nothing(
                "hub",
                _("No value to depend on"),
                _("Choose other customers, or an as-of date at which some were there."),
            )
        return
    drawn(_heading, owners, customers)
    drawn(_cards, owners, customers, single)
    if has_money(owners):
        show_owners(main_currency(owners), owners, handover)
    if customers["n"].sum():
        show_curve(session.answer(revenue_curve), customers)
    if has_money(owners):
        show_leaves(owners, handover)
    show_single(single, handover)


def main_currency(owners: pd.DataFrame) -> pd.DataFrame:
    """The owners who hold something in the currency in which most is held, most first; nobody is not among them."""
    named = owners[owners["owner"].notna() & (owners["held"] > 0)]
    if not len(named):
        return named
    currency = named["currency"].iloc[0]
    same = named["currency"].isna() if pd.isna(currency) else named["currency"] == currency
    return named[same].reset_index(drop=True)


def has_money(owners: pd.DataFrame) -> bool:
    """Whether anything rests on somebody with a name."""
    return bool(len(main_currency(owners)))


@told
def _heading(owners: pd.DataFrame, customers: pd.DataFrame) -> Iterator[Piece]:
    yield partial(heading, session.locale()._("Customers"), finding(owners, customers), remark(owners, customers))


def finding(owners: pd.DataFrame, customers: pd.DataFrame) -> str:
    """The person on whom most rests, against an even share, and the range at stake; without owners, the largest customer."""
    locale = session.locale()
    _ = locale._
    mine = main_currency(owners)
    if not len(mine):
        return _of_customer(customers)
    top = mine.iloc[0]
    money = locale.in_currency(top["currency"] if isinstance(top["currency"], str) else locale.currency)
    said = {
        "owner": plain(top["owner"]), "share": locale.share(top["held_share"]), "even": locale.share(top["even_share"]),
        "range": money.between(money.money(top["handover_low"]), money.money(top["handover_high"])),
        "interval": locale.shares(top["low"], top["high"]), "held": money.money(top["held"]),
    }  # fmt: skip
    if len(mine) == 1:
        return _(
            "**Everything rests on {owner}**: {held} over the horizon. If this person leaves, {range} is at stake."
        ).format(**said)
    if pd.isna(top["low"]):
        first = _(
            "**{owner} holds {share} of what customers are expected to bring**, against {even} if all held the same."
        )
    elif top["low"] > top["even_share"]:
        first = _(
            "**{owner} holds {share} of what customers are expected to bring** (95%: {interval}), against {even} if all held the same."
        )
    else:
        first = _(
            "**No one person clearly stands out**: {owner} holds most, {share} (95%: {interval}), against {even} if all held the same."
        )
    return first.format(**said) + " " + _("If this person leaves, {range} is at stake.").format(**said)


def _of_customer(customers: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    row = customers.iloc[0]
    top = row["largest"][0]["name"] if row["largest"] else ""
    said = {"customer": plain(top), "share": locale.share(row["top1"]), "ten": locale.share(row["top10"])}
    return _("**The largest customer, {customer}, brings {share} of the revenue**, the largest ten {ten}. Nobody is named who looks after customers.").format(**said)  # fmt: skip


def remark(owners: pd.DataFrame, customers: pd.DataFrame) -> str:
    """What is counted, and what is left out."""
    locale = session.locale()
    _ = locale._
    months = session.customer_settings().horizon_months
    low, high = session.customer_settings().handover_loss
    mine = main_currency(owners)
    parts = []
    if len(mine):
        parts.append(
            _("Expected over {n} months, with some customers leaving, and open deals at the win rate. A handover is taken to lose {range} of it.").format(
                n=locale.count(months), range=locale.shares(low, high)
            )
        )  # fmt: skip
        nobody = float(mine["held_by_nobody"].iloc[0])
        if nobody > 0:
            currency = mine["currency"].iloc[0]
            money = locale.money(nobody, currency if isinstance(currency, str) else None)
            parts.append(_("Customers without an owner, worth {money}, are left out.").format(money=money))
        if pd.isna(mine["win_rate_open"].iloc[0]) and (mine["open_amount"] > 0).any():
            parts.append(_("Too few deals are closed to tell a win rate, so open deals are left out."))
    others = {
        name for name in [*owners.loc[owners["held"] > 0, "currency"], *customers["currency"]] if isinstance(name, str)
    }
    if len(others) > 1 and len(mine) and isinstance(mine["currency"].iloc[0], str):
        parts.append(_("In {currency} only: amounts of several currencies do not add up.").format(currency=plain(mine["currency"].iloc[0])))  # fmt: skip
    return " ".join(parts)


# three figures


@told
def _cards(owners: pd.DataFrame, customers: pd.DataFrame, single: pd.DataFrame) -> Iterator[Piece]:
    yield partial(_three, owners, customers, single)


def _three(owners: pd.DataFrame, customers: pd.DataFrame, single: pd.DataFrame) -> None:
    with st.grid(3, min_column_width=300, gap="small"):
        _one_person(owners)
        _one_customer(customers)
        _one_contact(single)


def _one_person(owners: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    mine = main_currency(owners)
    meaning = words.meanings("held_share")[0]
    if not len(mine):
        figure_card("one_person", _("One person"), _("largest share of what is expected"), "–", "", _("No customer has an owner in this data."), meaning=meaning)  # fmt: skip
        return
    top = mine.iloc[0]
    interval = (
        "" if pd.isna(top["low"]) else _("95%: {interval}").format(interval=locale.shares(top["low"], top["high"]))
    )
    held = locale.money(top["held"], top["currency"] if isinstance(top["currency"], str) else None)
    said = _("{owner} holds {money} with {customers}").format(
        owner=plain(owner_words(top["owner"], locale)), money=held,
        customers=locale.n_("{n} customer", "{n} customers", int(top["customers_held"])),
    )  # fmt: skip
    figure_card("one_person", _("One person"), _("largest share of what is expected"), locale.share(top["held_share"]), interval, said, meaning=meaning)  # fmt: skip


def _one_customer(customers: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    meaning = words.meanings("top1")[0]
    label, detail = _("One customer"), _("largest share of the revenue")
    if not customers["n"].sum():
        figure_card(
            "one_customer",
            label,
            detail,
            "–",
            "",
            _("No revenue above 0 is known of these customers in this time."),
            meaning=meaning,
        )
        return
    row = customers.iloc[0]
    n = int(row["n"])
    if n < LEAST_SHOWN:
        few = _("not enough · {n}").format(n=locale.count(n))
        figure_card("one_customer", label, detail, few, "", _("Shares of fewer than 10 customers are not told."), meaning=meaning)  # fmt: skip
        return
    interval = _("the largest ten: {share}").format(share=locale.share(row["top10"]))
    equal = locale.count(round(row["effective"]))
    said = _("{customer}. As concentrated as {equal} equal customers").format(
        customer=plain(row["largest"][0]["name"]), equal=equal
    )
    if not pd.isna(row["low"]):
        said += " " + _("(95%: {interval})").format(
            interval=locale.between(locale.count(round(1 / row["high"])), locale.count(round(1 / row["low"])))
        )
    figure_card("one_customer", label, detail, locale.share(row["top1"]), interval, said, meaning=meaning)


def _one_contact(single: pd.DataFrame) -> None:
    locale = session.locale()
    _ = locale._
    meaning = words.meanings("rests_on")[0]
    label, detail = _("One contact"), _("share of what is expected that rests on one")
    found = single[single["rests_on"] == "any_contact"]
    if not len(found) or not found["customers_here"].iloc[0]:
        figure_card("one_contact", label, detail, "–", "", _("No customer is here who is not lost."), meaning=meaning)
        return
    row = found.iloc[0]
    here = int(row["customers_here"])
    if here < LEAST_SHOWN:
        few = _("not enough · {n}").format(n=locale.count(here))
        figure_card("one_contact", label, detail, few, "", _("Shares of fewer than 10 customers are not told."), meaning=meaning)  # fmt: skip
        return
    said = _("{n} of {customers} customers rest on a single contact").format(
        n=locale.count(row["customers_resting"]), customers=locale.count(here)
    )
    interval = _("counted, not estimated")
    figure_card("one_contact", label, detail, locale.share(row["resting_share"]), interval, said, meaning=meaning)
