"""Who answers: what part of those asked, whether they differ from the rest, and which customers say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.customers.basis import counts, source
from analytics.nps.response_rate import response_rate
from analytics.nps.silent import silence
from analytics.rows import rows as plain_rows
from ui import session, words
from ui.charts.funnel import LEAST_SHOWN
from ui.customers import guard as customers_guard
from ui.customers.contact import promised_now
from ui.locale import NOTHING
from ui.nps import guard
from ui.nps.reach_differ import show_differ
from ui.nps.reach_follows import show_follows
from ui.nps.reach_rates import show_rates
from ui.nps.reach_silent import show_silent
from ui.parts import Piece, drawn, figure_card, heading, nothing, told


def show() -> None:
    """The view: the sentence, the three rates, who answers by group, who differs, what follows, and the silent customers."""
    title = session.locale()._("NPS")
    if not guard.are_any(title):
        return
    is_scored = session.kept(_has_purchases)
    if is_scored and not customers_guard.is_ready(title):
        return
    rates = session.answer(response_rate, grain="all")
    drawn(_heading, is_scored)
    if rates.empty:
        _without_list()
    else:
        drawn(_figures, rates)
        show_rates()
    if not is_scored:
        _without_purchases()
        return
    promised = promised_now()
    if not rates.empty:
        show_differ()
        show_follows()
    show_silent(promised)


def _has_purchases() -> bool:
    """Whether anything says what customers buy, so that value and risk can be told."""
    return source(plain_rows(session.run(counts(session.tables(), session.filters())))[0]) is not None


# nothing to show


def _without_list() -> None:
    _ = session.locale()._
    with st.container(border=True, key="card_nothing_invitations"):
        nothing(
            "mail",
            _("The response rate needs the list of invitations"),
            _(
                "Answers alone do not say who was asked: without the list every rate would be 100%, which nobody should believe."
            ),
            [
                _(
                    "Add the survey's list of invitations, with the email address or the customer, and the day each was sent."
                )
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def _without_purchases() -> None:
    _ = session.locale()._
    with st.container(border=True, key="card_nothing_silent"):
        nothing(
            "volume_off",
            _("Silent customers need to be known as customers"),
            _(
                "With what they bought, this view says which of them are silent, what is at risk there, and how they differ."
            ),
            [
                _(
                    "Add an export of orders or invoices, a list of subscriptions, or deals with their customer and close date."
                )
            ],
        )
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


# the sentence


@told
def _heading(is_scored: bool) -> Iterator[Piece]:
    rates = session.answer(response_rate, grain="all")
    quiet = session.answer(silence, **promised_now()) if is_scored else None
    yield partial(heading, session.locale()._("NPS"), finding(rates, quiet), remark(rates, quiet))


def finding(rates: pd.DataFrame, quiet: pd.DataFrame | None) -> str:
    """What part answers, with the customers and the revenue behind it; and who says nothing."""
    _ = session.locale()._
    parts = (
        [_rate_words(rates.iloc[0])]
        if len(rates)
        else [_("**Nothing says who was asked**, so there is no response rate.")]
    )
    if quiet is not None and len(quiet):
        parts.append(_silent_words(quiet.iloc[0]))
    return " ".join(parts)


def _rate_words(row: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    if row["settled"] < LEAST_SHOWN:
        return _("**Too few were asked to tell a response rate**: {n} invitations.").format(
            n=locale.count(row["settled"])
        )
    said = _("**{rate} of the invitations are answered** ({between})").format(
        rate=locale.share(row["response_rate"]), between=locale.shares(row["response_low"], row["response_high"])
    )
    if pd.notna(row["revenue_reached"]) and row["accounts_asked"] >= LEAST_SHOWN:
        return said + _(", by customers with {share} of all revenue.").format(
            share=locale.share(row["revenue_reached"])
        )
    return said + "."


def _silent_words(row: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    n = int(row["customers_now"])
    if not n:
        return _("No customer is silent.")
    said = locale.n_("**{n} customer says nothing**", "**{n} customers say nothing**", n)
    if pd.notna(row["value_at_risk"]):
        said += _(": {money} is at risk there").format(money=locale.money(row["value_at_risk"], row["currency"]))
    out = int(row["out_of_contact"])
    if out:
        said += locale.n_("; {n} of them is out of contact too", "; {n} of them are out of contact too", out)
    return said + "."


def remark(rates: pd.DataFrame, quiet: pd.DataFrame | None) -> str:
    """What is not counted, and how many that is."""
    locale = session.locale()
    _ = locale._
    if rates.empty:
        if quiet is None:
            return ""
        return _("Silent customers are told by their answers alone: nobody knows which of them were asked.")
    row = rates.iloc[0]
    parts = []
    if row["undecided_invited"]:
        parts.append(
            locale.n_(
                "{n} invitation of the last 30 days is undecided and in no rate.",
                "{n} invitations of the last 30 days are undecided and in no rate.",
                int(row["undecided_invited"]),
            )
        )
    if row["undelivered"]:
        parts.append(locale.n_("{n} did not arrive.", "{n} did not arrive.", int(row["undelivered"])))
    parts.append(
        _("An answer counts for the latest invitation to the same address, else customer, within 60 days before it.")
    )
    if session.filters().has_period:
        parts.append(_("The period bounds the day of asking."))
    return " ".join(parts)


# the three rates


@told
def _figures(rates: pd.DataFrame) -> Iterator[Piece]:
    yield partial(_three, rates.iloc[0])


def _three(row: pd.Series) -> None:
    locale = session.locale()
    _ = locale._
    between = _("95%: {between}")
    with st.grid(3, min_column_width=300):
        enough = row["settled"] >= LEAST_SHOWN
        expected = NOTHING
        if enough and pd.notna(row["eventual_rate"]):
            expected = _("{rate} expected with the undecided").format(rate=locale.share(row["eventual_rate"]))
        figure_card(
            "reach_people", _("By invitation"), _("answered of those that arrived"),
            locale.share(row["response_rate"]) if enough else NOTHING,
            between.format(between=locale.shares(row["response_low"], row["response_high"])) if enough else _few(row["settled"]),
            _("{n} of {all} · {more}").format(n=locale.count(row["answered"]), all=locale.count(row["settled"]), more=expected),
            meaning=words.meanings("response_rate")[0],
        )  # fmt: skip
        enough = row["accounts_asked"] >= LEAST_SHOWN
        figure_card(
            "reach_accounts", _("By customer"), _("answered at least once"),
            locale.share(row["account_rate"]) if enough else NOTHING,
            between.format(between=locale.shares(row["account_low"], row["account_high"])) if enough else _few(row["accounts_asked"]),
            _("{n} of {all} customers asked").format(
                n=locale.count(row["accounts_answered"]), all=locale.count(row["accounts_asked"])
            ),
            meaning=words.meanings("account_rate")[0],
        )  # fmt: skip
        enough = enough and pd.notna(row["revenue_rate"])
        figure_card(
            "reach_revenue", _("By revenue"), _("of the customers asked"),
            locale.share(row["revenue_rate"]) if enough else NOTHING,
            between.format(between=locale.shares(row["revenue_rate_low"], row["revenue_rate_high"])) if enough
            else _("No revenue is known in one currency.") if pd.isna(row["revenue_rate"]) else _few(row["accounts_asked"]),
            _("{part} of {whole}; {share} of all customers' revenue").format(
                part=locale.money(row["revenue_answered"], row["currency"]), whole=locale.money(row["revenue_asked"], row["currency"]),
                share=locale.share(row["revenue_reached"]),
            ) if enough else "",
            meaning=words.meanings("revenue_rate")[0],
        )  # fmt: skip


def _few(n: float) -> str:
    locale = session.locale()
    return locale._("not enough · {n}").format(n=locale.count(n))
