"""What happened with a customer: one time line, and the list of everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.contact_programme import LEAST_CONTACTS
from analytics.customers.contacts import plain_day
from analytics.customers.timeline import customer_timeline
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.timeline import Silence, lanes_of, timeline_figure, titles
from ui.customer import search
from ui.customer.changes import score_words
from ui.locale import NOTHING, Locale
from ui.parts import Piece, chart, drawn, legend, paper, plain, rich, section, table, told, under_chart

Row = Mapping[str, Any]
MOST_DRAWN = 1000
ON_SCREEN = 10
LEAST_PURCHASES = 3
MEANS = ("event", "what", "detail", "amount", "score")


def show_history(row: Row) -> None:
    """The cards: the time line, and the latest of it."""
    number = row["customer_id"]
    events = session.answer(customer_timeline, search.of_anyone(), customer=number, most=MOST_DRAWN, is_number=True)
    with st.container(border=True, key="card_customer_timeline"):
        drawn(_timeline, row, number)
    if len(events):
        with st.container(border=True, key="card_customer_events"):
            drawn(_events, number)


def lane_names(locale: Locale) -> dict[str, str]:
    _ = locale._
    return {
        "contracts": _("Contracts"), "orders": _("Orders"), "deals": _("Deals"), "contacts": _("In touch"),
        "surveys": _("Surveys"), "cases": _("Cases"),
    }  # fmt: skip


# the time line


@told
def _timeline(row: Row, number: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    as_of = session.filters().as_of
    events = session.answer(customer_timeline, search.of_anyone(), customer=number, most=MOST_DRAWN, is_number=True)
    if events.empty:
        yield partial(section, _("Time line"), _("Nothing with a date is on record of this customer."))
        return
    names = lane_names(locale)
    lanes = lanes_of(events)
    silences = silences_of(row, events)
    yield partial(section, _("Time line"), timeline_sentence(row, events, silences))
    yield partial(legend, _key(events, silences))
    figure = timeline_figure(events, [(lane, names[lane]) for lane in lanes], silences, as_of, look)
    counts = events["event"].value_counts()
    named = titles(locale)
    alt = _("Time line of {customer}: {events}.").format(
        customer=locale.name(row["customer"]),
        events=", ".join(f"{named[kind]} {locale.count(n)}" for kind, n in counts.items()),
    )
    yield partial(chart, figure, "customer_timeline", alt, wide=True)
    shown, kinds = events_table(events, locale)
    means = words.meanings(*MEANS, of="customer_timeline")
    basis = [locale.n_("{n} event", "{n} events", len(events)), session.as_of_words()]
    if len(events) >= MOST_DRAWN:
        basis[0] = _("the newest {n} events; a download has them all").format(n=locale.count(len(events)))
    stands_on = " · ".join(basis)
    what = paper(
        "customer_timeline",
        _("Time line of {customer}").format(customer=row["customer"]),
        shown,
        kinds,
        meanings=means,
        basis=stands_on,
    )
    whole = None
    if len(events) >= MOST_DRAWN:
        whole = session.answer_later(
            customer_timeline, lambda found: events_table(found, locale)[0], customer=number, is_number=True
        )
    asked = session.asked(customer_timeline, search.of_anyone(), customer=number, most=MOST_DRAWN, is_number=True)
    yield partial(under_chart, what, asked, means, stands_on, picture="wide_customer_timeline", whole=whole)


def silences_of(row: Row, events: pd.DataFrame) -> tuple[Silence, ...]:
    """Since when it has not bought, and not been spoken with, against what is usual for it."""
    found = []
    last, met = plain_day(row["last_on"]), plain_day(row["last_contact_on"])
    if last is not None and row["tenure_months"] is None:
        lane = "orders" if events["event"].isin(("order", "return")).any() else "deals"
        usual = row["gap_days"] if (row["purchases"] or 0) >= LEAST_PURCHASES else None
        found.append(Silence(lane, last, usual))
    if met is not None:
        usual = row["contact_gap_days"] if (row["contact_days"] or 0) >= LEAST_CONTACTS else None
        found.append(Silence("contacts", met, usual))
    return tuple(found)


def timeline_sentence(row: Row, events: pd.DataFrame, silences: tuple[Silence, ...]) -> str:
    """From when to when, and how long it has been silent against what is usual."""
    locale = session.locale()
    _ = locale._
    as_of = session.filters().as_of
    first = pd.to_datetime(events["day"]).min()
    parts = [_("All that is on record since {day}.").format(day=locale.day(first))]
    for silence in silences:
        days = (as_of - silence.since).days
        said = {
            "days": locale.days(days),
            "usual": locale.days(max(round(silence.usual_days), 1)) if silence.usual_days else "",
        }
        if silence.lane == "contacts":
            words_ = (
                _("Last contact {days} ago, usually every {usual}.")
                if silence.usual_days
                else _("Last contact {days} ago.")
            )
        else:
            words_ = (
                _("Last purchase {days} ago, usually every {usual}.")
                if silence.usual_days
                else _("Last purchase {days} ago.")
            )
        parts.append(words_.format(**said))
    return " ".join(parts)


def _key(events: pd.DataFrame, silences: tuple[Silence, ...]) -> list[tuple[str, str]]:
    """What the marks mean that are there."""
    look = session.look()
    colors, _ = look.colors, look.locale._
    there, as_of = set(events["event"]), session.filters().as_of
    items = [
        ("order", colors.accent, _("order, by amount")), ("return", f"hollow:{colors.lost}", _("return")),
        ("deal_won", colors.won, _("won, promoter")), ("deal_lost", colors.lost, _("lost, detractor")),
    ]  # fmt: skip
    found = [(swatch, said) for kind, swatch, said in items if kind in there]
    if {"deal_created", "case_opened"} & there:
        found.append((f"hollow:{colors.accent}", _("still open")))
    if any(one.usual_days and (as_of - one.since).days > one.usual_days for one in silences):
        found.append((colors.warning_soft, _("silent for longer than usual")))
    return found


# the list


@told
def _events(number: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    events = session.answer(customer_timeline, search.of_anyone(), customer=number, most=MOST_DRAWN, is_number=True)
    named = titles(locale)
    yield partial(
        section,
        _("The latest"),
        _("The newest first; the table under the time line has all of it.")
        if len(events) > ON_SCREEN
        else _("The newest first."),
    )
    heads = [_("Day"), _("What"), _("About"), _("Amount"), _("Who")]
    lines = []
    for row in records(events.head(ON_SCREEN)):
        what = rich(named[row["event"]])
        if row["score"] is not None:
            what += f" <b>{rich(score_words(locale, row['score']))}</b>"
        if row["detail"]:
            what += f"<br><small>{rich(plain(row['detail']))}</small>"
        people = [plain(name) for name in (row["contact_name"], row["who"]) if name]
        lines.append([
            f'<span class="sh-whole">{rich(locale.day(row["day"]))}</span>', what, rich(plain(_cut(row["what"]))) if row["what"] else NOTHING,
            rich(locale.money(row["amount"], row["currency"])) if row["amount"] is not None else NOTHING,
            "<br>".join(f"<bdi>{rich(name)}</bdi>" for name in people) or NOTHING,
        ])  # fmt: skip
    yield partial(table, heads, lines, caption=_("Latest events"), numbers=(3,))


def _cut(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def events_table(events: pd.DataFrame, locale: Locale) -> tables.Table:
    """Every event, with words for its kind."""
    _ = locale._
    named = titles(locale)
    return tables.columns_once(
        events.assign(event=events["event"].map(named)),
        [
            ("day", _("Day"), "day"), ("event", _("What"), "text"), ("what", _("About"), "text"), ("detail", _("Detail"), "text"),
            ("amount", _("Amount"), "money"), ("currency", _("Currency"), "text"), ("score", _("Score"), "number"),
            ("contact_name", _("Contact"), "text"), ("who", _("By"), "text"), ("event_id", _("Number"), "text"),
        ],
    )  # fmt: skip
