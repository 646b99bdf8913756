"""Who is known at a customer, which deals are open with it, and the facts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.catalog import METRICS
from analytics.customers.customer_card import customer_card, customer_contacts, customer_open_deals
from analytics.customers.value_risk import Lines
from analytics.rows import rows as records
from ui import session, tables, words
from ui.customer import search
from ui.locale import NOTHING
from ui.parts import Piece, drawn, paper, plain, rich, section, table, told, under_chart

ON_SCREEN = 8


def lines() -> Lines:
    """How the workspace tells value, and where it draws the lines of the quadrant."""
    set_ = session.customer_settings()
    return Lines(set_.margin, set_.value_limit, set_.risk_limit)


def show_around(number: str) -> None:
    """The cards: contacts and open deals side by side, then the facts."""
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch", key="card_customer_people"):
        drawn(_people, number)
    with right, st.container(border=True, height="stretch", key="card_customer_deals"):
        drawn(_deals, number)
    with st.container(border=True, key="card_customer_facts"):
        drawn(_facts, number)


@told
def _people(number: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    people = session.answer(customer_contacts, search.of_anyone(), customer=number, is_number=True)
    yield partial(section, _("Contacts"), people_sentence(people))
    if people.empty:
        return
    lines_ = []
    for row in records(people.head(ON_SCREEN)):
        name = plain(row["contact_name"] or row["contact_id"])
        unmet = _("not on record")
        job = f"<br><small>{rich(plain(row['job_title']))}</small>" if row["job_title"] else ""
        met = (
            rich(locale.day(row["last_met_on"])) if row["last_met_on"] is not None else f"<small>{rich(unmet)}</small>"
        )
        lines_.append([f"<b>{rich(name)}</b>{job}", met, rich(locale.count(row["meetings"]))])
    yield partial(
        table,
        [_("Name"), _("Last in touch"), _("Times in touch")],
        lines_,
        caption=_("Contacts on file"),
        numbers=(1, 2),
    )
    shown, kinds = tables.columns_once(
        people,
        [
            ("contact_name", _("Name"), "text"), ("job_title", _("Job title"), "text"), ("last_met_on", _("Last in touch"), "day"),
            ("meetings", _("Times in touch"), "count"), ("contact_id", _("Contact number"), "text"),
        ],
    )  # fmt: skip
    means = words.meanings("last_met_on", "meetings", of="customer_contacts")
    basis = locale.n_("{n} contact", "{n} contacts", len(people))
    what = paper("customer_contacts", _("Contacts"), shown, kinds, meanings=means, basis=basis)
    yield partial(
        under_chart,
        what,
        session.asked(customer_contacts, search.of_anyone(), customer=number, is_number=True),
        means,
        basis,
    )


def people_sentence(people: pd.DataFrame) -> str:
    """How many are known and met; one is a warning."""
    locale = session.locale()
    _ = locale._
    n, met = len(people), int((people["meetings"] > 0).sum())
    if not n:
        return _("Nobody at this customer is on file.")
    if n == 1:
        return _("**Only one contact is known**: if that person leaves, nobody here knows this customer.")
    return _("{people} on file, {met} of them met.").format(
        people=locale.n_("{n} person", "{n} people", n), met=locale.count(met)
    )


@told
def _deals(number: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    deals = session.answer(customer_open_deals, search.of_anyone(), customer=number, is_number=True)
    if deals.empty:
        yield partial(section, _("Open deals"), _("No deal is open with this customer."))
        return
    money = deals.groupby("currency", dropna=False)["amount"].sum(min_count=1)
    sums = " · ".join(
        locale.money(total, None if pd.isna(name) else str(name)) for name, total in money.items() if pd.notna(total)
    )
    said = locale.n_("{n} deal is open", "{n} deals are open", len(deals))
    yield partial(
        section, _("Open deals"), _("{deals}, worth {money}.").format(deals=said, money=sums) if sums else f"{said}."
    )
    lines_ = []
    for row in records(deals.head(ON_SCREEN)):
        name = plain(row["deal_name"] or row["deal_id"])
        lines_.append([
            f"<b>{rich(name)}</b><br><small>{rich(plain(row['stage'] or NOTHING))}</small>",
            rich(locale.money(row["amount"], row["currency"])),
            rich(locale.days(row["age_days"], 0)) if row["age_days"] is not None else NOTHING,
        ])  # fmt: skip
    yield partial(table, [_("Deal"), _("Amount"), _("Age")], lines_, caption=_("Open deals"), numbers=(1, 2))
    shown, kinds = tables.columns_once(
        deals,
        [
            ("deal_name", _("Deal"), "text"), ("deal_id", _("Deal number"), "text"), ("owner", _("Owner"), "text"),
            ("stage", _("Stage"), "text"), ("amount", _("Amount"), "money"), ("currency", _("Currency"), "text"),
            ("created_at", _("Created"), "day"), ("expected_close_on", _("Expected close"), "day"), ("age_days", _("Days open"), "days"),
        ],
    )  # fmt: skip
    means = words.meanings("age_days", "amount", of="customer_open_deals")
    basis = locale.n_("{n} deal", "{n} deals", len(deals))
    what = paper("customer_open_deals", _("Open deals"), shown, kinds, meanings=means, basis=basis)
    yield partial(
        under_chart,
        what,
        session.asked(customer_open_deals, search.of_anyone(), customer=number, is_number=True),
        means,
        basis,
    )


@told
def _facts(number: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    asked: dict[str, Any] = {"customer": number, "lines": lines(), "is_number": True}
    facts = session.answer(customer_card, search.of_anyone(), **asked)
    rows = records(facts)
    labels = fact_words()
    listed = [
        row for row in rows if row["fact"] not in ("reason", "next_step", "customer", "lifecycle", "quadrant", "play")
    ]
    yield partial(section, _("Facts"), _("All that is known of the customer, and what the models say; ranges are 80%."))
    shown = pd.DataFrame([
        {"label": labels.get(row["fact"], row["fact"]), "shown": value_words(row), "range": range_words(row), "records": row["records"]} for row in listed
    ])  # fmt: skip
    half = (len(shown) + 1) // 2
    cells = [
        [f"{rich(row['label'])}", f"<b>{rich(plain(row['shown']))}</b>", f"<small>{rich(row['range'])}</small>"]
        for row in records(shown)
    ]
    yield partial(_two_tables, cells[:half], cells[half:])
    table_, kinds = tables.columns_once(
        facts.assign(label=[labels.get(row["fact"], row["fact"]) for row in rows], shown=[value_words(row) for row in rows]),
        [
            ("label", _("Fact"), "text"), ("shown", _("As shown"), "text"), ("value", _("Value"), "number"), ("low_80", _("80% from"), "number"),
            ("high_80", _("80% to"), "number"), ("currency", _("Currency"), "text"), ("records", _("Rests on"), "count"),
        ],
    )  # fmt: skip
    means = words.meanings("value_low", "risk", "value_at_risk", "none_chance", "lifecycle", "tier", of="customer_card")
    basis = session.as_of_words()
    what = paper("customer_card", _("Customer card"), table_, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(customer_card, search.of_anyone(), **asked), means, basis)


def _two_tables(first: list[list[str]], second: list[list[str]]) -> None:
    _ = session.locale()._
    heads = [_("Fact"), _("Value"), _("80% range")]
    for place, (column, cells) in enumerate(zip(st.columns(2, gap="medium"), (first, second), strict=True), 1):
        if cells:
            with column:
                table(heads, cells, caption=_("Facts, part {n}").format(n=place), numbers=(1, 2))


def value_words(row: dict[str, Any]) -> str:
    """A fact as people read it."""
    locale = session.locale()
    value = row["value"]
    if value is None:
        return _day_or_text(row["said"])
    match row["unit"]:
        case "money":
            return locale.money(value, row["currency"])
        case "share":
            return locale.share(value)
        case "days":
            return locale.days(value)
        case "count":
            return locale.count(value)
    return locale.ltr(f"{value:.1f}".removesuffix(".0"))


def _day_or_text(said: str | None) -> str:
    locale = session.locale()
    try:
        return (
            locale.day(pd.Timestamp.fromisoformat(said))
            if said and len(said) == 10 and said[4] == "-"
            else said or NOTHING
        )
    except ValueError:
        return said or NOTHING


def range_words(row: dict[str, Any]) -> str:
    locale = session.locale()
    low, high = row["low_80"], row["high_80"]
    if low is None or high is None:
        return ""
    if row["unit"] == "share":
        return locale.shares(low, high)
    return locale.between(locale.money(low, row["currency"]), locale.money(high, row["currency"]))


def fact_words() -> dict[str, str]:
    """The facts as people call them: what the catalogue calls them, or here."""
    _ = session.locale()._
    own = {
        "customer_id": _("Customer number"), "owner": _("Owner"), "segment": _("Segment"), "currency": _("Currency"), "tier": _("Tier"),
        "value": _("Value if it stays"), "expected": _("Expected"), "value_at_risk": _("Value at risk"), "risk": _("Risk of leaving"),
        "alive": _("Still a customer today"), "none_chance": _("Chance that nothing comes"), "purchases": _("Days of purchase"),
        "revenue": _("Revenue in all"), "revenue_12m": _("Revenue, 12 months"), "revenue_before_12m": _("Revenue, 12 months before"),
        "returned": _("Returned"), "monthly_revenue": _("Monthly revenue"), "tenure_months": _("Months under contract"),
        "days_since": _("Since the last purchase"), "gap_days": _("Usually between purchases"), "contact_gap_days": _("Usually between contacts"),
        "contact_days": _("Days of contact"), "people_met": _("People met in 12 months"), "contacts": _("Contacts on file"),
        "open_deals": _("Open deals"), "open_amount": _("Money in open deals"), "open_cases": _("Open cases"), "cases_12m": _("Cases in 12 months"),
        "last_score": _("Last score"), "score_before": _("Score before"), "if_anything": _("If anything comes"),
        "first_on": _("First purchase"), "last_on": _("Last purchase"), "ends_on": _("Contract ends"), "last_contact_on": _("Last contact"),
        "last_case_on": _("Last case"), "last_answer_on": _("Last answer"), "lifecycle": _("Lifecycle"), "quadrant": _("Quadrant"),
        "customer": _("Customer"), "reason": _("Reason"), "play": _("What to do"), "next_step": _("Next step"),
    }  # fmt: skip
    return own | {name: _(METRICS[name].label) for name in METRICS if name not in own}
