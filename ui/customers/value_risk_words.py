"""Value and risk in words: what is at risk, who is not counted, what to do about a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from analytics.customers.reasons import next_step, reasons
from analytics.customers.scores import told as said_in_report
from analytics.customers.value_risk import Lines
from ui import session
from ui.locale import Locale
from ui.parts import plain

LEAST = 10  # below so many customers, sums are not shown


def lines_of_workspace() -> Lines:
    """How value is told and where the lines lie, as people decided for the workspace."""
    kept = session.customer_settings()
    return Lines(kept.margin, kept.value_limit, kept.risk_limit)


def play_words(locale: Locale) -> dict[str, str]:
    """The plays as people read them."""
    _ = locale._
    return {
        "contact_programme": _("Contact programme"),
        "loyalty_tier": _("Loyalty tier"),
        "account_plan": _("Account plan"),
        "reconsider": _("Reconsider"),
        "win_back": _("Win back"),
    }


def lifecycle_words(locale: Locale) -> dict[str, str]:
    """The stages of a customer's life as people read them."""
    _ = locale._
    return {
        "potential": _("never bought"),
        "first_time": _("bought once"),
        "core": _("regular"),
        "returned": _("back again"),
        "defecting": _("drifting away"),
        "lost": _("lost"),
    }


def reasons_of(row: Mapping[str, Any], as_of: date, locale: Locale) -> list[str]:
    """What stands out about a customer, what says most first."""
    return [locale.say(message) for message in reasons(row, as_of)]


def step_of(row: Mapping[str, Any], as_of: date, locale: Locale) -> str:
    """What to do first."""
    message = next_step(row, as_of)
    return locale.say(message) if message is not None else ""


def months_words(locale: Locale) -> str:
    return locale.n_("{n} month", "{n} months", session.customer_settings().horizon_months)


def finding(whole: Mapping[str, Any], first: pd.DataFrame) -> str:
    """How much of how much is at risk, how many customers carry half of it, and who comes first."""
    locale = session.locale()
    _ = locale._
    n = int(whole["customers"])
    if n < LEAST:
        return locale.n_(
            "**{n} customer is too few** to say what is at risk in all; the list tells of it.",
            "**{n} customers are too few** to say what is at risk in all; the list tells of each.",
            n,
        )
    currency = whole["currency"] if isinstance(whole["currency"], str) else ""
    said = {
        "money": locale.money(whole["value_at_risk"], currency or None),
        "whole": locale.money(whole["value"], currency or None),
        "between": between(whole["value_at_risk_low"], whole["value_at_risk_high"], currency),
        "months": months_words(locale),
        "share": locale.share(whole["at_risk_share"]),
    }
    money = _("profit") if session.customer_settings().margin is not None else _("revenue")
    sentence = _("**{money} of {whole} {kind} is at risk** over {months} (80%: {between}).").format(**said, kind=money)
    half = int(whole["half_customers"])
    if half:
        carriers = locale.n_("{n} customer carries half of it", "{n} customers carry half of it", half)
        sentence += " " + _("{carriers}, of {n} in all.").format(carriers=carriers, n=locale.count(n))
    if len(first):
        top = first.iloc[0]
        sentence += " " + _("First comes {customer}, with {money} at risk.").format(
            customer=plain(top["customer"]), money=locale.money(top["value_at_risk"], currency or None)
        )
    return sentence


def between(low: float, high: float, currency: str) -> str:
    locale = session.locale()
    return locale.between(locale.money(low, currency or None), locale.money(high, currency or None))


def remark(whole: Mapping[str, Any], currencies: int) -> str:
    """Who is not in it, and who is near a line."""
    locale = session.locale()
    _ = locale._
    parts = []
    if whole["lost_customers"]:
        parts.append(
            locale.n_(
                "{n} lost customer is not in it, and never counted as savable.",
                "{n} lost customers are not in it, and never counted as savable.",
                int(whole["lost_customers"]),
            )
        )
    if whole["potential_customers"]:
        parts.append(
            locale.n_("{n} never bought and has no value yet.", "{n} never bought and have no value yet.", int(whole["potential_customers"]))
        )  # fmt: skip
    if whole["unvalued_customers"]:
        parts.append(
            locale.n_("Of {n} no value can be told.", "Of {n} no value can be told.", int(whole["unvalued_customers"]))
        )
    if whole["uncertain_customers"]:
        parts.append(
            locale.n_(
                "{n} is so near a line that its quadrant is uncertain.",
                "{n} are so near a line that their quadrant is uncertain.",
                int(whole["uncertain_customers"]),
            )
        )
    if currencies > 1:
        parts.append(_("Amounts of several currencies are not added: one is shown at a time."))
    if session.customer_settings().margin is None:
        parts.append(_("Value is revenue, as no margin was given."))
    return " ".join([*parts, *_doubts(session.report(), locale)])


def _doubts(report: Mapping[str, Any], locale: Locale) -> list[str]:
    """What the fit warns of, and by how much the model missed when it was tested on the company's own past."""
    _ = locale._
    warned = said_in_report(report.get("caution"))
    found = [] if warned is None else [locale.say(warned)]
    test = report.get("back_test")
    if isinstance(test, Mapping) and test.get("is_off"):
        off = locale.share(abs(test["error"]))
        if test["error"] < 0:
            found.append(_("Tested on your own past, the model told {share} too little.").format(share=off))
        else:
            found.append(_("Tested on your own past, the model told {share} too much.").format(share=off))
    return found
