"""What came out of a scenario: the sentence, the six figures, and then the cards that prove them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st

from analytics.rows import Row
from analytics.what_if.scenario import Scenario
from ui import session, words
from ui.locale import NOTHING
from ui.parts import Piece, drawn, figure_card, plain, rich, told
from ui.what_if import results_customers, results_decides, results_fan, results_spans
from ui.what_if.results_basis import HARDLY, SURE, About, chance_words, eighty, kind_of_money, short_chance
from ui.what_if.results_models import model_line
from ui.what_if.words import months_words

HALF_A_CENT = 0.005


def show(scenario: Scenario, *, draws: int, is_final: bool) -> None:
    """All that is told of a scenario, of its first `draws` draws; what takes many simulations waits until `is_final`."""
    about = About(scenario, draws, is_final)
    drawn(_said, about)
    if not scenario.levers:
        return
    drawn(_figures, about)
    results_fan.show(about)
    results_spans.show(about)
    results_decides.show(about)
    results_spans.show_flows(about)
    results_customers.show(about)


@told
def _said(about: About) -> Iterator[Piece]:
    first = finding(about)
    yield partial(st.html, f'<p class="sh-finding">{rich(first)}</p><p class="sh-note">{rich(remark(about))}</p>')


def finding(about: About) -> str:
    """What the scenario brings and how sure that is, what it costs and when that is back, before and after, and with whom."""
    locale = session.locale()
    _ = locale._
    if not about.scenario.levers:
        return _("**No lever is pulled yet.** Without one, the scenario is what comes anyway.")
    verdict, totals = about.verdict(), about.totals()
    if _is_nothing(totals, verdict):
        return _("**{name} changes nothing.** Its levers are at 0, or nothing of what they work on is there.").format(name=_name(about))  # fmt: skip
    parts = [_claim(about, verdict, totals["profit_delta"]), _costs(about, verdict)]
    profit = totals["profit"]

    def money(value: float) -> str:
        return locale.money(value, profit["currency"])

    # The middle of the difference is added: a difference of two middles would not be the one just told.
    parts.append(
        _("Without it, {before} of {kind} would come in that time; with it, {after}.").format(
            before=money(profit["baseline"]), after=money(profit["baseline"] + totals["profit_delta"]["median"]),
            kind=kind_of_money(verdict["margin_used"]),
        )
    )  # fmt: skip
    parts.append(results_customers.named(about))
    return " ".join(part for part in parts if part)


def _is_nothing(totals: dict[str, Row], verdict: Row) -> bool:
    deltas = [row for name, row in totals.items() if name.endswith("_delta")]
    return not any(row[level] for row in deltas for level in ("p05", "p10", "median", "p90", "p95"))


def _name(about: About) -> str:
    _ = session.locale()._
    return _("“{name}”").format(name=plain(about.scenario.name)) if about.scenario.name.strip() else _("This scenario")


def _claim(about: About, verdict: Row, delta: Row) -> str:
    locale = session.locale()
    _ = locale._
    chance, middle = verdict["probability_pays"], delta["median"]
    said = {
        "name": _name(about), "money": locale.money(abs(middle), delta["currency"]), "range": eighty(delta, "", delta["currency"]),
        "months": months_words(delta["horizon_months"], locale), "kind": kind_of_money(verdict["margin_used"]), "chance": chance_words(chance),
    }  # fmt: skip
    if chance >= SURE:
        words_ = _("**{name} brings {money} of {kind} over {months}** (80%: {range}). It pays in {chance} of futures.")
    elif chance <= HARDLY and middle <= -HALF_A_CENT:
        words_ = _("**{name} loses {money} of {kind} over {months}** (80%: {range}). It pays in {chance} of futures.")
    elif middle > -HALF_A_CENT:
        words_ = _("**{name} brings {money} of {kind} over {months} in the middle, and it could be nothing** (80%: {range}). It pays in {chance} of futures.")  # fmt: skip
    else:
        words_ = _("**{name} more likely loses {kind} than brings any: {money} less over {months} in the middle** (80%: {range}). It pays in {chance} of futures.")  # fmt: skip
    return words_.format(**said)


def _costs(about: About, verdict: Row) -> str:
    locale = session.locale()
    _ = locale._
    if verdict["cost_p90"] <= 0:
        return "" if about.is_stress else _("No cost is given, so all that it brings counts as gain.")
    money = verdict["currency"]
    said = {"cost": locale.money(verdict["cost"], money), "range": eighty(verdict, "cost", money)}
    if verdict["payback_month"] is None:
        months = months_words(verdict["horizon_months"], locale)
        return _("It costs {cost} (80%: {range}); in the middle that is not paid back within {months}.").format(**said, months=months)  # fmt: skip
    n = locale.count(verdict["payback_month"])
    return _("It costs {cost} (80%: {range}); in the middle that is paid back in month {n}.").format(**said, n=n)


def remark(about: About) -> str:
    """Against what it is told, which model that is and how it has done before, and whether the figures are still rough."""
    locale = session.locale()
    _ = locale._
    parts = [_("Against doing nothing, in the same futures.")]
    if about.verdict()["margin_used"] is None and about.scenario.levers:
        parts.append(_("No margin is given, so profit is revenue less the costs of the scenario."))
    parts.append(model_line(about))
    if not about.is_final:
        parts.append(_("First figures, from {n} of {all} futures; they are being refined.").format(
            n=locale.count(about.draws), all=locale.count(about.scenario.draws)
        ))  # fmt: skip
    return " ".join(part for part in parts if part)


# the six figures


@told
def _figures(about: About) -> Iterator[Piece]:
    yield partial(_six, _cards(about))


def _six(cards: list[partial[None]]) -> None:
    with st.grid(3, min_column_width=210, gap="small"):
        for card in cards:
            card()


def _cards(about: About) -> list[partial[None]]:
    locale = session.locale()
    _ = locale._
    verdict, totals = about.verdict(), about.totals()
    delta, money = totals["profit_delta"], verdict["currency"]
    months = months_words(verdict["horizon_months"], locale)
    in_80 = _("80%: {range}")
    means = dict(zip(MEANS, words.meanings(*MEANS), strict=True))
    is_free = verdict["cost_p90"] <= 0
    back = ""
    if verdict["payback_p10"] is not None and not is_free:
        last = locale.count(verdict["payback_p90"]) if verdict["payback_p90"] is not None else _("never")
        back = in_80.format(range=f"{locale.count(verdict['payback_p10'])} … {last}")
    returned = ""
    if verdict["return_on_cost"] is not None:
        returned = _("{money} of {kind} for each {one} spent").format(
            money=locale.money(verdict["return_on_cost"], money, signed=True),
            one=locale.money(1, money),
            kind=kind_of_money(verdict["margin_used"]),
        )
    saved = {name: _counted(verdict[name]) for name in ("saved", "saved_p10", "saved_p90")}
    kind = _("More profit") if verdict["margin_used"] is not None else _("More revenue after costs")
    return [
        partial(figure_card, about.key("profit"), kind, "", locale.money(delta["median"], money, signed=True),
                in_80.format(range=eighty(delta, "", money)), _("over {months}, the middle of all futures").format(months=months),
                meaning=means["profit_delta"]),
        partial(figure_card, about.key("chance"), _("Chance that it pays"), "", short_chance(verdict["probability_pays"]),
                locale.n_("of {n} future", "of {n} futures", about.draws), _sure_words(verdict["probability_pays"]), meaning=means["probability_pays"]),
        partial(figure_card, about.key("payback"), _("Paid back"), "", _back(verdict, months),
                back, _("no cost is given") if is_free else _("never in {share} of futures").format(share=chance_words(verdict["never_share"])), meaning=means["payback_month"]),
        partial(figure_card, about.key("saved"), _("Customers kept or won"), "", saved["saved"],
                in_80.format(range=f"{saved['saved_p10']} … {saved['saved_p90']}"), _("more at the end of {months}").format(months=months), meaning=means["saved"]),
        partial(figure_card, about.key("cost"), _("Cost"), "", locale.money(verdict["cost"], money),
                in_80.format(range=eighty(verdict, "cost", money)) if not is_free else "", returned or _("no cost is given"), meaning=means["cost"]),
        partial(figure_card, about.key("npv"), _("Net present value"), "", locale.money(verdict["npv"], money, signed=True),
                in_80.format(range=eighty(verdict, "npv", money)), _("discounted by {share} a year").format(share=locale.share(verdict["discount_rate"])), meaning=means["npv"]),
    ]  # fmt: skip


def _back(verdict: Row, months: str) -> str:
    """The month from which on what was paid is back; nothing where nothing is paid."""
    locale = session.locale()
    if verdict["cost_p90"] <= 0:
        return NOTHING
    if verdict["payback_month"] is None:
        return locale._("not within {months}").format(months=months)
    return locale._("month {n}").format(n=locale.count(verdict["payback_month"]))


MEANS = ("profit_delta", "probability_pays", "payback_month", "saved", "cost", "npv")


def _counted(value: float) -> str:
    locale = session.locale()
    sign = "−" if value < 0 else "+" if value > 0 else ""
    digits = 1 if abs(value) < 9.95 and round(value, 1) % 1 else 0
    return locale.ltr(f"{sign}{abs(value):,.{digits}f}")


def _sure_words(chance: float) -> str:
    _ = session.locale()._
    if chance >= SURE:
        return _("All but sure, as the models have it.")
    if chance <= HARDLY:
        return _("It hardly ever pays, as the models have it.")
    return _("It can go either way.")
