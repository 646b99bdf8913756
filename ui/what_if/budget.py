"""The best use of a budget: which customers get which lever for the money and the hands there are, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.scores import told as said_in
from analytics.rows import Row, rows
from analytics.what_if.budget import budget, budget_curve, budget_notes, budget_strategies
from analytics.what_if.scenario import Scenario
from data.errors import DataError
from ui import session, tables, words
from ui.charts.what_if_amounts import Beside, amounts_figure
from ui.charts.what_if_budget import money_figure
from ui.locale import Locale
from ui.parts import Piece, chart, drawn, heading, legend, note, nothing, paper, problem, section, told, under_chart
from ui.what_if import budget_inputs, budget_list, guard
from ui.what_if.results_basis import chance_words
from ui.what_if.words import months_words, range_words

STRATEGIES_MEAN = ("expected_gain", "net_gain", "treated", "beats_best")
ALIKE = 0.995
CURVE_MEANS = ("budget", "expected_gain", "next_unit")


def show() -> None:
    """The view: the answer, the plan against plain rules, what more money would bring, and the list to hand out."""
    title = session.locale()._("What if")
    if not guard.is_ready(title):
        return
    if not guard.has_customers() or not _is_modelled():
        _without_customers(title)
        return
    place = st.container()
    scenario = budget_inputs.show()
    with place:
        if scenario is None or budget_inputs.missing(scenario):
            _unsaid(title, scenario)
            return
    try:
        asked = _asked(scenario)
        with place:
            drawn(_heading, title, scenario)
    except DataError as error:
        with place:
            heading(title, session.locale()._("**This budget cannot be worked out.**"))
            problem(error)
        return
    best = rows(session.answer(budget_strategies, **asked))[0]
    drawn(_left_out, scenario)
    if not best["treated"]:
        return
    left, right = st.columns(2, gap="small")
    with left, st.container(border=True, key="card_what_if_strategies", height="stretch"):
        drawn(_strategies, scenario)
    with right, st.container(border=True, key="card_what_if_money", height="stretch"):
        drawn(_money, scenario)
    with st.container(border=True, key="card_what_if_chosen"):
        budget_list.show(scenario, asked)


def _is_modelled() -> bool:
    """Whether anything tells what customers will bring, if only that it is what they brought last year."""
    try:
        return session.base(Scenario("")).cells is not None
    except DataError:
        return False


def _asked(scenario: Scenario) -> dict[str, Any]:
    return {"scenario": scenario, "settings": session.customer_settings()}


def _without_customers(title: str) -> None:
    _ = session.locale()._
    why = guard.refused()
    heading(title, _("**No model of the customers, so no budget can be spread over them.**") + (f" {why}" if why else ""))  # fmt: skip
    with st.container(border=True, key="card_nothing_budget"):
        nothing(
            "savings",
            _("This needs customers"),
            _("A budget is spread over customers by what treating each of them is expected to bring."),
            [_("Add an export of orders or invoices, or a list of subscriptions.")],
        )


def _unsaid(title: str, scenario: Scenario | None) -> None:
    """What has to be said before anything can be worked out."""
    _ = session.locale()._
    if scenario is None or not scenario.levers:
        heading(title, _("**No lever of this scenario can be given to one customer and not to another.** Add one in the view What if, such as retention."))  # fmt: skip
    elif scenario.budget is None:
        heading(title, _("**Say how much money there is**, and this view says which customers it is best spent on."))
    else:
        heading(title, _("**Say what treating a customer costs.** No lever of this scenario costs anything so far, so money sets no limit."))  # fmt: skip


# the sentence


@told
def _heading(title: str, scenario: Scenario) -> Iterator[Piece]:
    found = {row["strategy"]: row for row in rows(session.answer(budget_strategies, **_asked(scenario)))}
    yield partial(heading, title, finding(found), remark(scenario, found["best"]))


def finding(found: dict[str, Row]) -> str:
    """Whom to treat, what that is expected to bring, and what plain rules would."""
    locale = session.locale()
    _ = locale._
    best = found["best"]
    currency = best["currency"]
    money = locale.money(best["budget"], currency)
    if not best["treated"]:
        return _("**With {money}, nobody is worth treating.**").format(money=money)
    first = _("**With {money}: treat {customers}, for an expected {gain}**").format(
        money=money, gain=locale.money(best["expected_gain"], currency),
        customers=locale.n_("{n} customer", "{n} customers", int(best["treated"])),
    )  # fmt: skip
    if all(found[rule]["expected_gain"] >= ALIKE * best["expected_gain"] for rule in ("riskiest", "largest")):
        return first + " " + _("(80%: {range}). The money is enough for everybody worth treating, so plain rules bring about the same.").format(
            range=_range(best, "low", "high", locale)
        )  # fmt: skip
    return first + " " + _("(80%: {range}), against {riskiest} when treating the riskiest first and {largest} the largest.").format(
        range=_range(best, "low", "high", locale), riskiest=locale.money(found["riskiest"]["expected_gain"], currency),
        largest=locale.money(found["largest"]["expected_gain"], currency),
    )  # fmt: skip


def _range(row: Row, low: str, high: str, locale: Locale) -> str:
    return range_words(locale.money(row[low], row["currency"]), locale.money(row[high], row["currency"]), locale)


def remark(scenario: Scenario, best: Row) -> str:
    """What the gain is, what is left of it after costs, and how sure that is."""
    locale = session.locale()
    _ = locale._
    margin = scenario.margin if scenario.margin is not None else session.customer_settings().margin
    of = _("profit") if margin is not None else _("revenue")
    parts = [_("The gain is {kind} over {months}, discounted, beyond what would come anyway.").format(kind=of, months=months_words(scenario.horizon_months, locale))]  # fmt: skip
    if best["treated"]:
        parts.append(_("It costs {cost}; after that {net} is left (80%: {range}), and it pays in {chance} of futures.").format(
            cost=locale.money(best["cost"], best["currency"]), net=locale.money(best["net_gain"], best["currency"]),
            range=_range(best, "net_gain_low", "net_gain_high", locale), chance=chance_words(best["probability_pays"]),
        ))  # fmt: skip
    return " ".join(parts)


@told
def _left_out(scenario: Scenario) -> Iterator[Piece]:
    """What there is to say beside: who was left out and why, and how good the plan is."""
    for row in rows(session.answer(budget_notes, **_asked(scenario))):
        message = said_in(row["note"])
        if message is not None:
            yield partial(note, session.locale().say(message).replace("**", ""))


# against plain rules


def strategy_words(locale: Locale) -> dict[str, str]:
    """Ways to spend the money."""
    _ = locale._
    return {
        "best": _("The best use"),
        "most_at_risk": _("Most value at risk first"),
        "riskiest": _("The riskiest first"),
        "largest": _("The largest first"),
    }


@told
def _strategies(scenario: Scenario) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    asked = _asked(scenario)
    found = rows(session.answer(budget_strategies, **asked))
    names, currency = strategy_words(locale), found[0]["currency"]
    yield partial(section, _("Against plain rules"), _strategies_say(found, locale))
    yield partial(legend, [(look.colors.accent, _("the best use, with its 80% interval")), (look.colors.neutral, _("the same money by a rule"))])  # fmt: skip
    drawn_rows = pd.DataFrame({
        "value": [row["expected_gain"] for row in found], "low": [row["low"] for row in found], "high": [row["high"] for row in found],
        "is_main": [row["strategy"] == "best" for row in found],
    })  # fmt: skip
    lines = [(names[row["strategy"]], locale.n_("{n} customer", "{n} customers", int(row["treated"]))) for row in found]
    beside = [Beside(_("gain"), [f"<b>{locale.money(row['expected_gain'], currency)}</b>" for row in found], 76)]
    alt = _("Expected gain of each way to spend the money, with its 80% interval: {lines}.").format(
        lines=", ".join(f"{names[row['strategy']]} {locale.money(row['expected_gain'], currency)} ({_range(row, 'low', 'high', locale)})" for row in found)
    )  # fmt: skip
    figure = amounts_figure(drawn_rows, lines, beside, look, currency=currency)
    yield partial(chart, figure, "what_if_strategies", alt, wide=True)
    table = tables.columns_once(
        pd.DataFrame(found).assign(strategy=[names[row["strategy"]] for row in found]),
        [
            ("strategy", _("Way to spend it"), "text"), ("treated", _("Customers"), "count"), ("saves", _("Kept or won back"), "number"),
            ("cost", _("Costs"), "money"), ("expected_gain", _("Expected gain"), "money"), ("low", _("80% from"), "money"),
            ("high", _("80% to"), "money"), ("net_gain", _("Gain less costs"), "money"), ("net_gain_low", _("Net, 80% from"), "money"),
            ("net_gain_high", _("Net, 80% to"), "money"), ("probability_pays", _("Chance that it pays"), "share"),
            ("short_of_best", _("Short of the best"), "money"), ("beats_best", _("Better than the best in"), "share"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield _under("strategies", _("Against plain rules"), table, STRATEGIES_MEAN, "budget_strategies", scenario, picture="wide_what_if_strategies")  # fmt: skip


def _strategies_say(found: Sequence[Row], locale: Locale) -> str:
    _ = locale._
    others = [row for row in found[1:] if row["treated"]]
    if not others:
        return _("With this money no rule treats anybody.")
    near = max(others, key=lambda row: row["net_gain"])
    return _("The same money and hands, in the same futures. The best of the rules, {rule}, falls short by {money} after costs, and does better in {share} of futures.").format(
        rule=strategy_words(locale)[near["strategy"]].lower(), money=locale.money(near["short_of_best"], near["currency"]),
        share=chance_words(near["beats_best"]),
    )  # fmt: skip


# what more money would bring


@told
def _money(scenario: Scenario) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    found = session.answer(budget_curve, **_asked(scenario))
    known = rows(found)
    currency = known[0]["currency"]
    enough = enough_money(known)
    now = next(row for row in known if row["budget_times"] == 1)
    yield partial(section, _("With more or less money"), _money_says(now, enough, locale))
    nought = pd.DataFrame([{"budget": 0.0, "expected_gain": 0.0, "low": 0.0, "high": 0.0}])
    line = pd.concat([nought, found[["budget", "expected_gain", "low", "high"]].astype(float)], ignore_index=True)
    figure = money_figure(
        line.rename(columns={"expected_gain": "gain"}), (now["budget"], now["expected_gain"]), enough, look, currency=currency
    )  # fmt: skip
    alt = _("Expected gain by money spent: {lines}.").format(
        lines=", ".join(f"{locale.money(row['budget'], currency)} {locale.money(row['expected_gain'], currency)}" for row in known)
    )  # fmt: skip
    yield partial(chart, figure, "what_if_money", alt)
    table = tables.columns_once(
        found,
        [
            ("budget", _("Money"), "money"), ("treated", _("Customers"), "count"), ("cost", _("Costs"), "money"),
            ("expected_gain", _("Expected gain"), "money"), ("low", _("80% from"), "money"), ("high", _("80% to"), "money"),
            ("net_gain", _("Gain less costs"), "money"), ("next_unit", _("One more unit of money brings, beyond itself"), "number"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    yield _under("money", _("With more or less money"), table, CURVE_MEANS, "budget_curve", scenario, picture="chart_what_if_money")  # fmt: skip


def enough_money(found: Sequence[Row]) -> float | None:
    """What is spent from where on no more money pays; None where more would still pay. Too little for a cost that is paid once
    brings nothing either, and is not enough."""
    done = None
    for row in reversed(found):
        if row["next_unit"] > 0:
            break
        done = row["cost"]
    return done


def _money_says(now: Row, enough: float | None, locale: Locale) -> str:
    """What one more unit of money brings, and where more stops paying."""
    _ = locale._
    one = locale.money(1 + now["next_unit"], now["currency"])
    unit = locale.money(1, now["currency"])
    parts = []
    if now["next_unit"] > 0 and not now["currency"]:
        parts.append(_("At this budget each further unit of money brings **{one}**.").format(one=one))
    elif now["next_unit"] > 0:
        parts.append(_("At this budget one more {unit} brings **{one}**.").format(unit=unit, one=one))
    if enough is None:
        parts.append(_("Even four times the money would still pay for itself."))
    elif enough <= now["budget"]:
        parts.append(_("**More money would not pay**: all that is worth its cost, or all there are hands for, is done with {money}.").format(money=locale.money(enough, now["currency"])))  # fmt: skip
    else:
        parts.append(_("From {money} on, more money does not pay.").format(money=locale.money(enough, now["currency"])))  # fmt: skip
    return " ".join(parts)


def _under(
    name: str, title: str, table: tables.Table, means: Sequence[str], of: str, scenario: Scenario, *, picture: str
) -> partial[None]:
    """The row under a chart of the budget."""
    meaning = words.meanings(*means, of=of)
    basis = basis_words(scenario)
    what = paper(f"what_if_{name}", title, *table, meanings=meaning, basis=basis)
    metric = {"budget": budget, "budget_strategies": budget_strategies, "budget_curve": budget_curve}[of]
    return partial(under_chart, what, session.asked(metric, **_asked(scenario)), meaning, basis, picture=picture)


def basis_words(scenario: Scenario) -> str:
    """What the figures stand on."""
    locale = session.locale()
    _ = locale._
    return " · ".join([
        months_words(scenario.horizon_months, locale), _("seed {n}").format(n=locale.ltr(str(scenario.seed))), session.as_of_words(),
    ])  # fmt: skip
