"""What changed at a customer: the last ninety days against the ninety before, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.timeline import PERIOD_DAYS, customer_changes
from analytics.rows import rows as records
from ui import session, tables, words
from ui.charts.timeline import titles
from ui.customer import search
from ui.locale import Locale
from ui.parts import Piece, drawn, paper, rich, section, told, under_chart

# What is told first.
ORDER = (
    "order", "return", "contract_started", "contract_ended", "contact", "survey_answer", "deal_created", "deal_won", "deal_lost",
    "case_opened",
)  # fmt: skip


def show_changes(number: str) -> None:
    """What there was more or less of."""
    drawn(_changes, number)


@told
def _changes(number: str) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    changes = session.answer(customer_changes, search.of_anyone(), customer=number, is_number=True)
    said = change_sentences(changes)
    title = _("What changed")
    lead = _("The last {days} against the {n} before.").format(
        days=locale.in_days(locale.count(PERIOD_DAYS)), n=locale.count(PERIOD_DAYS)
    )
    if not said:
        yield partial(section, title, lead + " " + _("Nothing happened in either."))
        return
    yield partial(section, title, lead)
    yield partial(st.html, '<ul class="sh-plain">' + "".join(f"<li>{rich(words_)}</li>" for words_ in said) + "</ul>")
    named = titles(locale)
    rows, kinds = tables.columns_once(
        changes.assign(event=changes["event"].map(named)),
        [
            ("event", _("What"), "text"), ("recent", _("Last days"), "count"), ("earlier_count", _("Days before"), "count"),
            ("money_recent", _("Money, last days"), "money"), ("money_before", _("Money, days before"), "money"),
            ("currency", _("Currency"), "text"), ("score_recent", _("Score, last days"), "number"), ("score_before", _("Score before"), "number"),
        ],
    )  # fmt: skip
    means = words.meanings("recent", "earlier_count", "money_recent", of="customer_changes")
    basis = session.as_of_words()
    what = paper("customer_changes", title, rows, kinds, meanings=means, basis=basis)
    yield partial(
        under_chart,
        what,
        session.asked(customer_changes, search.of_anyone(), customer=number, is_number=True),
        means,
        basis,
    )


def change_sentences(changes: pd.DataFrame) -> list[str]:
    """A sentence for each kind of thing there was more or less of."""
    locale = session.locale()
    _ = locale._
    named = {
        "order": _("Orders"), "return": _("Returns"), "contact": _("Times in touch"), "case_opened": _("New cases"),
        "deal_created": _("New deals"), "deal_won": _("Deals won"), "deal_lost": _("Deals lost"),
        "contract_started": _("Contracts begun"), "contract_ended": _("Contracts ended"),
    }  # fmt: skip
    found = []
    told_ = records(changes)
    for row in sorted((row for row in told_ if row["event"] in ORDER), key=lambda row: ORDER.index(row["event"])):
        now, before = int(row["recent"]), int(row["earlier_count"])
        if row["event"] == "survey_answer":
            found += _score_words(row)
            continue
        counts = _("{name}: **{now}**, {before} before").format(
            name=named[row["event"]], now=locale.count(now), before=locale.count(before)
        )
        if row["money_recent"] is not None or row["money_before"] is not None:
            counts += _(" · {now} against {before}").format(
                now=locale.money(row["money_recent"] or 0.0, row["currency"]),
                before=locale.money(row["money_before"] or 0.0, row["currency"]),
            )
        found.append(counts + ".")
    if found and "contact" not in set(changes["event"]):
        found.append(_("Times in touch: **none** in either."))
    return found


def _score_words(row: Mapping[str, Any]) -> list[str]:
    locale = session.locale()
    _ = locale._
    now, before = row["score_recent"], row["score_before"]
    if now is not None and before is not None:
        return [
            _("Score: **{now}**, {before} before.").format(
                now=score_words(locale, now), before=score_words(locale, before)
            )
        ]
    if now is not None:
        return [_("Score: **{now}**, no answer before.").format(now=score_words(locale, now))]
    if before is not None:
        return [_("No answer to a survey; the score before was {before}.").format(before=score_words(locale, before))]
    return []


def score_words(locale: Locale, score: float) -> str:
    return locale.ltr(f"{score:.1f}".removesuffix(".0"))
