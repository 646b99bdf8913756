"""The top of a card: who the customer is, what it is worth, how likely it is to leave, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import streamlit as st

from analytics.customers.customer_card import stage_said
from analytics.customers.reasons import next_step, play_of, reasons
from ui import session, words
from ui.bottlenecks.action_sheet import owner_words
from ui.customer.changes import show_changes
from ui.parts import Piece, drawn, figure_card, heading, md, plain, rich, section, told
from ui.words import Meaning

Row = Mapping[str, Any]
MOST_REASONS = 6
_NOT_NOW = ("lost", "potential")


def quadrant_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "protect": _("Protect"), "keep": _("Keep"), "grow": _("Grow"), "watch": _("Watch"),
    }  # fmt: skip


def play_words() -> dict[str, str]:
    _ = session.locale()._
    return {
        "contact_programme": _("Contact programme"), "loyalty_tier": _("Loyalty tier"), "account_plan": _("Account plan"),
        "reconsider": _("Reconsider"), "win_back": _("Win back"),
    }  # fmt: skip


def show_head(row: Row, is_among_chosen: bool) -> None:
    """Name, sentence, figures, and why."""
    drawn(_heading, row, is_among_chosen)
    if row["value"] is not None and row["lifecycle"] not in _NOT_NOW:
        _figures(row)


@told
def _heading(row: Row, is_among_chosen: bool) -> Iterator[Piece]:
    yield partial(heading, md(row["customer"]), finding(row), remark(row, is_among_chosen))


def finding(row: Row) -> str:
    """Where the customer stands, what it is worth and how likely it is to leave."""
    locale = session.locale()
    _ = locale._
    stage = locale.say(stage_said(row, session.filters().as_of))
    match row["lifecycle"]:
        case "potential":
            return f"**{stage}** " + _("So nothing can be told of its value or its risk yet.")
        case "lost":
            brought = locale.money(row["revenue"], row["currency"])
            return f"**{stage}** " + _("It brought {money} in all. Nothing of it is at risk any more, and nothing is counted as savable.").format(money=brought)  # fmt: skip
    if row["value"] is None or row["risk"] is None:
        return f"**{stage}** " + _("No model tells its value or its risk.")
    said = {
        "money": locale.money(row["value"], row["currency"]), "risk": locale.share(row["risk"]),
        "horizon": months_words(),
    }  # fmt: skip
    claim = _("Worth {money} over {horizon} if it stays, with a risk of {risk} that it leaves.").format(**said)
    quadrant = quadrant_words().get(row["quadrant"] or "")
    first = f"**{quadrant}: {claim}**" if quadrant else f"**{claim}**"
    if row["uncertain"]:
        stage += " " + _("It stands near a line, so that the quadrant is uncertain.")
    return f"{first} {stage}"


def months_words() -> str:
    """The horizon in words."""
    locale = session.locale()
    return locale.n_("{n} month", "{n} months", session.filters().models.horizon_months)


def remark(row: Row, is_among_chosen: bool) -> str:
    """Whose it is, and how its value is told."""
    locale = session.locale()
    _ = locale._
    parts = [_("Customer number {number}.").format(number=plain(row["customer_id"]))]
    parts.append(_("Looked after by {owner}.").format(owner=plain(owner_words(row["owner"], locale))))
    if row["segment"]:
        parts.append(_("Segment: {segment}.").format(segment=plain(row["segment"])))
    if row["tier"]:
        parts.append(_("Tier {tier}.").format(tier=row["tier"]))
    if not is_among_chosen:
        parts.append(_("The filters above leave this customer out; its card is shown all the same."))
    if row["other_currencies"]:
        parts.append(
            locale.n_(
                "{n} purchase in another currency is not in the money.", "{n} purchases in other currencies are not in the money.",
                int(row["other_currencies"]),
            )
        )  # fmt: skip
    return " ".join(parts)


def _figures(row: Row) -> None:
    locale = session.locale()
    _ = locale._
    money = row["currency"]
    is_profit = session.customer_settings().margin is not None
    what = _("profit, {horizon}") if is_profit else _("revenue, {horizon}")
    detail = what.format(horizon=months_words())
    eighty = _("80%: {range}")
    means = dict(
        zip(
            ("value", "risk", "value_at_risk", "none_chance"),
            words.meanings("value_low", "risk", "value_at_risk", "none_chance"),
            strict=True,
        )
    )
    with st.grid(4, min_column_width=200):
        figure_card(
            "customer_value", _("Value if it stays"), detail, locale.money(row["value"], money),
            eighty.format(range=locale.between(locale.money(row["value_low"], money), locale.money(row["value_high"], money))) if row["value_low"] is not None and row["value_low"] < row["value_high"] else "",
            _purchases(row),
            meaning=Meaning(_("Value if it stays"), _("What the customer brings over the horizon if it stays, discounted to today. The interval says how far the models may be off.")),
        )  # fmt: skip
        figure_card(
            "customer_risk", _("Risk of leaving"), _("within {horizon}").format(horizon=months_words()), locale.share(row["risk"]),
            eighty.format(range=locale.shares(row["risk_low"], row["risk_high"])) if row["risk_low"] is not None else "",
            _("{share} likely still a customer today").format(share=locale.share(row["alive"])) if row["alive"] is not None else "",
            meaning=means["risk"],
        )  # fmt: skip
        figure_card(
            "customer_at_risk", _("Value at risk"), "", locale.money(row["value_at_risk"], money), "",
            _("{money} is expected to come").format(money=locale.money(row["expected"], money)), meaning=means["value_at_risk"],
        )  # fmt: skip
        likely = ""
        if row["likely_low"] is not None:
            ends = locale.between(locale.money(row["likely_low"], money), locale.money(row["likely_high"], money))
            likely = _("if anything, {range} in 8 of 10 cases").format(range=ends)
        figure_card(
            "customer_nothing", _("Chance that nothing comes"), "", locale.share(row["none_chance"]), likely,
            _("One customer is no average: it buys or it does not."), meaning=means["none_chance"],
        )  # fmt: skip


def _purchases(row: Row) -> str:
    locale = session.locale()
    n = int(row["purchases"] or 0)
    if row["tenure_months"] is not None:
        return locale.n_("from {n} contract", "from {n} contracts", n)
    return locale.n_("from {n} day of purchase", "from {n} days of purchase", n)


def show_reasons(row: Row) -> None:
    """Side by side: why it stands where it does and what to do, and what changed."""
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, height="stretch", key="card_customer_why"):
        drawn(_why, row)
    with right, st.container(border=True, height="stretch", key="card_customer_changes"):
        show_changes(row["customer_id"])


@told
def _why(row: Row) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    as_of = session.filters().as_of
    said = [locale.say(message) for message in reasons(row, as_of, most=MOST_REASONS)]
    yield partial(section, _("Why"), "" if said else _("Nothing about it stands out."))
    if said:
        yield partial(
            st.html,
            '<ul class="sh-plain">' + "".join(f"<li>{rich(_sentence(words_))}</li>" for words_ in said) + "</ul>",
        )
    play, step = play_of(row), next_step(row, as_of)
    if play is not None:
        words_ = locale.say(step) if step else ""
        yield partial(section, _("What to do"))
        yield partial(st.html, f'<div class="sh-act"><h3>{rich(play_words()[play])}</h3><p>{rich(words_)}</p></div>')


def _sentence(text: str) -> str:
    """A reason as a sentence of its own. What stands in it from the data cannot make itself strong."""
    text = text.replace("*", "∗")
    return text[:1].upper() + text[1:]
